package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/storage"
	"gongkai/workflow"
)

var groupTests = map[string]func(*testing.T, *fixture){
	"group numbers without gaps":         groupNumbers,
	"group survives failing members":     groupFailures,
	"group refusal sees what came first": groupRefusal,
	"group counts once":                  groupRerun,
	"group ignores a late cancel":        groupLateCancel,
	"group leaves out who has gone":      groupCancelled,
	"group queue is bounded":             groupBusy,
	"group tells who may stay":           groupUse,
	"group shows what it acknowledged":   groupVisible,
}

var errRefused = errors.New("refused by the test")

// occupy makes the writer of an agency wait inside an Update until release is called,
// so that whoever comes meanwhile stands in the queue and joins one group.
func (f *fixture) occupy(agency string) (release func()) {
	entered, gate, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	var once sync.Once
	go func() {
		done <- f.store.Update(context.Background(), agency, func(storage.Writer) error {
			once.Do(func() { close(entered) })
			<-gate
			return nil
		})
	}()
	<-entered
	return func() {
		close(gate)
		if err := <-done; err != nil {
			f.t.Errorf("the update that occupied the writer: %v", err)
		}
	}
}

// together runs updates that all wait in the queue before the first one runs. They come
// in any order.
func (f *fixture) together(agency string, fns ...func(storage.Writer) error) []error {
	release := f.occupy(agency)
	errs := make([]error, len(fns))
	var wg, queued sync.WaitGroup
	for i, fn := range fns {
		queued.Add(1)
		wg.Go(func() {
			queued.Done()
			errs[i] = f.store.Update(context.Background(), agency, fn)
		})
	}
	queued.Wait()
	release()
	wg.Wait()
	return errs
}

func groupNumbers(t *testing.T, f *fixture) {
	byHand := received("2026-03-02")
	byHand.ApplicationNo = caseNo(100)
	f.add("east", byHand)
	got := append(f.logTogether(16, 20), byHand.ApplicationNo)
	slices.Sort(got)
	want := make([]string, len(got))
	for i := range want {
		want[i] = caseNo(i + 1)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("numbers differ:\n%s", diff)
	}
}

// logTogether stores applications by several clients, one in seven of which is refused
// after it was written, and returns the numbers of the others.
func (f *fixture) logTogether(writers, each int) (got []string) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for j := range each {
				a := received("2026-03-02")
				err := f.store.Update(context.Background(), "east", func(w storage.Writer) error {
					if err := insert(w, a); err != nil {
						return err
					}
					if (i+j)%7 == 0 {
						a.ApplicationNo = "" // taken back with all that was written
						return errRefused
					}
					return nil
				})
				if errors.Is(err, errRefused) {
					continue
				}
				if err != nil {
					f.t.Errorf("insert: %v", err)
				}
				mu.Lock()
				got = append(got, a.ApplicationNo)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return got
}

// bad are the ways in which a member of a group may fail.
var bad = map[string]func(storage.Writer) error{
	"error before a write": func(storage.Writer) error { return errRefused },
	"error after a write": func(w storage.Writer) error {
		return errors.Join(w.Record(event("bad/1", 1)), errRefused)
	},
	"panic before a write": func(storage.Writer) error { panic("refused by the test") },
	"panic after a write": func(w storage.Writer) error {
		if err := w.Record(event("bad/2", 1)); err != nil {
			return err
		}
		panic(errRefused)
	},
}

// groupFailures puts every kind of failure among members that succeed.
func groupFailures(t *testing.T, f *fixture) {
	good := func(i int) func(storage.Writer) error {
		return func(w storage.Writer) error { return w.Record(event(fmt.Sprintf("good/%d", i), 1)) }
	}
	var fns []func(storage.Writer) error
	var names []string
	for round := range 5 {
		for name, fn := range bad {
			fns = append(fns, fn, good(len(fns)))
			names = append(names, name, fmt.Sprintf("good in round %d", round))
		}
	}
	for i, err := range f.together("east", fns...) {
		if isGood := strings.HasPrefix(names[i], "good"); isGood != (err == nil) {
			t.Errorf("%s: error %v", names[i], err)
		}
		if strings.HasPrefix(names[i], "panic") && (err == nil || !strings.Contains(err.Error(), "refused by the test")) {
			t.Errorf("%s: error %v does not tell the panic", names[i], err)
		}
	}
	f.checkGood(t, len(fns))
}

// checkGood checks that of n members every second one left its event, and nobody else.
func (f *fixture) checkGood(t *testing.T, n int) {
	t.Helper()
	f.view(func(r storage.Reader) error {
		var places []int64
		for i := range n {
			events, err := r.Events("east", fmt.Sprintf("good/%d", i))
			if err != nil {
				return err
			}
			for _, e := range events {
				places = append(places, e.N)
			}
		}
		slices.Sort(places)
		for i, n := range places {
			if n != int64(i+1) {
				t.Fatalf("places %v have a gap or a double", places)
			}
		}
		if len(places) != n/2 {
			t.Errorf("%d events of good members, want %d", len(places), n/2)
		}
		for _, object := range []string{"bad/1", "bad/2"} {
			events, err := r.Events("east", object)
			if len(events) != 0 || err != nil {
				t.Errorf("%s left %d events (%v)", object, len(events), err)
			}
		}
		return nil
	})
}

// groupRefusal: of many who want the same, one gets it and the others are told of it.
func groupRefusal(t *testing.T, f *fixture) {
	a := f.add("east", received("2026-03-02"))
	b := concluded(a, "2026-03-20", "disclosed.provided")
	fns := make([]func(storage.Writer) error, 16)
	for i := range fns {
		fns[i] = func(w storage.Writer) error { return change(w, a, b) }
	}
	won := 0
	for _, err := range f.together("east", fns...) {
		if err == nil {
			won++
		} else if !errors.Is(err, storage.ErrStale) {
			t.Errorf("error %v, want stale", err)
		}
	}
	if won != 1 {
		t.Errorf("%d updates of one revision succeeded, want 1", won)
	}
}

// groupRerun: a member that runs again counts, numbers and tallies once.
func groupRerun(t *testing.T, f *fixture) {
	var runs atomic.Int64
	fns := make([]func(storage.Writer) error, 24)
	for i := range fns {
		fns[i] = func(w storage.Writer) error {
			runs.Add(1)
			a := received("2026-03-02")
			if err := insert(w, a); err != nil {
				return err
			}
			if i%4 == 3 {
				return errRefused
			}
			return nil
		}
	}
	f.together("east", fns...)
	if runs.Load() < int64(len(fns)) {
		t.Errorf("%d runs of %d members", runs.Load(), len(fns))
	}
	f.checkTally(t, "east", 18)
	f.view(func(r storage.Reader) error {
		list, err := r.Applications("east", storage.Query{Limit: 100})
		for i, a := range list {
			if want := caseNo(i + 1); a.ApplicationNo != want {
				t.Errorf("number %s, want %s", a.ApplicationNo, want)
			}
		}
		return err
	})
}

func groupLateCancel(t *testing.T, f *fixture) {
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		a := received("2026-03-02")
		err := f.store.Update(ctx, "east", func(w storage.Writer) error {
			cancel()
			return insert(w, a)
		})
		if err != nil {
			t.Fatalf("an update that was cancelled after it began: %v", err)
		}
	}
	f.checkTally(t, "east", 20)
}

func groupCancelled(t *testing.T, f *fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ran := false
	run := func(storage.Writer) error { ran = true; return nil }
	wantErr(t, "cancelled before the queue", f.store.Update(ctx, "east", run), context.Canceled)

	release := f.occupy("east")
	ctx, cancel = context.WithCancel(t.Context())
	left := make(chan error)
	go func() { left <- f.store.Update(ctx, "east", run) }()
	cancel()
	wantErr(t, "cancelled in the queue", <-left, context.Canceled)
	release()
	f.update("east", func(w storage.Writer) error { return w.Record(event("object/1", 1)) })
	if ran {
		t.Error("an update ran although its caller had left")
	}
}

func groupBusy(t *testing.T, f *fixture) {
	release := f.occupy("east")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const most = 1 << 16
	var wg sync.WaitGroup
	busy := make(chan struct{})
	var once sync.Once
	for i := range most {
		select {
		case <-busy:
		default:
			wg.Go(func() {
				err := f.store.Update(ctx, "east", func(storage.Writer) error { return nil })
				if errors.Is(err, storage.ErrBusy) {
					once.Do(func() { close(busy) })
				} else if err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("waiting update %d: %v", i, err)
				}
			})
			continue
		}
		break
	}
	select {
	case <-busy:
	default:
		t.Errorf("%d updates wait and none was refused", most)
	}
	cancel()
	release()
	wg.Wait()
	err := storage.ErrBusy
	for errors.Is(err, storage.ErrBusy) { // until those who left are out of the queue
		err = f.store.Update(t.Context(), "east", func(w storage.Writer) error { return w.Record(event("object/1", 1)) })
	}
	if err != nil {
		t.Errorf("after the queue was full: %v", err)
	}
}

// groupUse: who keeps a Reader or Writer finds it dead, and a failing view harms nobody.
func groupUse(t *testing.T, f *fixture) {
	var kept storage.Writer
	f.update("east", func(w storage.Writer) error { kept = w; return nil })
	if err := kept.Record(event("late/1", 1)); err == nil {
		t.Error("a kept Writer wrote")
	}
	if _, err := kept.Events("east", "late/1"); err == nil {
		t.Error("a kept Writer read")
	}
	f.checkViews(t)
	f.view(func(r storage.Reader) error {
		events, err := r.Events("east", "late/1")
		if len(events) != 0 {
			t.Errorf("%d events by a kept Writer", len(events))
		}
		return err
	})
}

// checkViews ends views in every wrong way and checks that every connection is whole.
func (f *fixture) checkViews(t *testing.T) {
	t.Helper()
	var reader storage.Reader
	err := f.store.View(t.Context(), func(r storage.Reader) error { reader = r; return errRefused })
	wantErr(t, "view", err, errRefused)
	if _, err := reader.Agencies("", 1); err == nil {
		t.Error("a kept Reader read")
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a panic in a view did not come through")
			}
		}()
		_ = f.store.View(t.Context(), func(storage.Reader) error { panic(errRefused) })
	}()
	ctx, cancel := context.WithCancel(t.Context())
	err = f.store.View(ctx, func(r storage.Reader) error {
		cancel()
		_, err := r.Agencies("", 1)
		return err
	})
	wantErr(t, "cancelled view", err, context.Canceled)
	for range 50 {
		f.view(func(r storage.Reader) error { _, err := r.Agency("east"); return err })
	}
}

func groupVisible(t *testing.T, f *fixture) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 25 {
				a := received("2026-03-02")
				if err := f.store.Update(context.Background(), "west", func(w storage.Writer) error { return insert(w, a) }); err != nil {
					t.Errorf("insert: %v", err)
					return
				}
				var got *workflow.Application
				err := f.store.View(context.Background(), func(r storage.Reader) (err error) {
					got, err = r.Application("west", a.ID)
					return err
				})
				if err != nil || got.ApplicationNo != a.ApplicationNo {
					t.Errorf("client %d does not see what was acknowledged: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
}
