package storagetest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/storage"
	"gongkai/workflow"
)

var lifeTests = map[string]func(*testing.T, *fixture){
	"life reopen keeps everything": lifeReopen,
	"life close waits":             lifeClose,
	"life view is one moment":      lifeSnapshot,
}

func lifeReopen(t *testing.T, f *fixture) {
	a := f.add("east", received("2026-03-02"))
	b := concluded(a, "2026-03-20", "disclosed.provided")
	f.change(a, b)
	remedy := f.addRemedy("east", suit(a.ID))
	tally := f.tally("east")
	if err := f.store.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	f.reopen()
	f.view(func(r storage.Reader) error {
		got, err := r.Application("east", a.ID)
		if diff := cmp.Diff(stored(b), got); diff != "" || err != nil {
			t.Errorf("application differs (%v):\n%s", err, diff)
		}
		if _, err := r.Remedy("east", remedy.ID); err != nil {
			t.Errorf("remedy: %v", err)
		}
		events, err := r.Events("east", storage.ApplicationObject(a.ID))
		if len(events) != 2 {
			t.Errorf("%d events, want 2", len(events))
		}
		return err
	})
	if diff := cmp.Diff(tally, f.tally("east")); diff != "" {
		t.Errorf("tally differs:\n%s", diff)
	}
	next := f.add("east", received("2026-03-03"))
	if next.ApplicationNo != caseNo(2) || next.ID == a.ID {
		t.Errorf("after reopening, number %s and id %d", next.ApplicationNo, next.ID)
	}
	f.view(func(r storage.Reader) error {
		events, err := r.Events("east", storage.ApplicationObject(next.ID))
		if len(events) != 1 || events[0].N != 4 {
			t.Errorf("after reopening, the next event is %+v, want place 4", events)
		}
		return err
	})
}

func lifeClose(t *testing.T, f *fixture) {
	acknowledged := f.closeUnderLoad()
	wantErr(t, "view of a closed store", f.store.View(t.Context(), func(storage.Reader) error { return nil }), storage.ErrClosed)
	wantErr(t, "update of a closed store", f.store.Update(t.Context(), "east", func(storage.Writer) error { return nil }), storage.ErrClosed)
	wantErr(t, "close of a closed store", f.store.Close(), storage.ErrClosed)
	f.reopen()
	f.view(func(r storage.Reader) error {
		for no := range acknowledged {
			if _, err := r.ApplicationByNumber("east", no); err != nil {
				t.Errorf("acknowledged before the close: %v", err)
			}
		}
		return nil
	})
}

// closeUnderLoad closes the store while 16 clients write, and returns the numbers that
// were acknowledged.
func (f *fixture) closeUnderLoad() map[string]bool {
	var wg sync.WaitGroup
	var mu sync.Mutex
	acknowledged := map[string]bool{}
	for range 16 {
		wg.Go(func() {
			for {
				a := received("2026-03-02")
				err := f.store.Update(context.Background(), "east", func(w storage.Writer) error { return insert(w, a) })
				if errors.Is(err, storage.ErrClosed) {
					return
				}
				if err != nil {
					f.t.Errorf("insert: %v", err)
					return
				}
				mu.Lock()
				acknowledged[a.ApplicationNo] = true
				n := len(acknowledged)
				mu.Unlock()
				if n == 100 {
					wg.Go(func() {
						if err := f.store.Close(); err != nil {
							f.t.Errorf("close: %v", err)
						}
					})
				}
			}
		})
	}
	wg.Wait()
	return acknowledged
}

// lifeSnapshot: what is committed during a view does not show in it.
func lifeSnapshot(t *testing.T, f *fixture) {
	a := f.add("east", received("2026-03-02"))
	f.view(func(r storage.Reader) error {
		if _, err := r.Application("east", a.ID); err != nil {
			return err
		}
		b := concluded(a, "2026-03-20", "disclosed.provided")
		f.change(a, b)
		f.add("east", received("2026-03-03"))
		got, err := r.Application("east", a.ID)
		if diff := cmp.Diff(stored(a), got); diff != "" {
			t.Errorf("the view moved:\n%s", diff)
		}
		list, listErr := r.Applications("east", storage.Query{Limit: 10, States: []workflow.State{workflow.Received}})
		if len(list) != 1 {
			t.Errorf("the view lists %d applications, want 1", len(list))
		}
		return errors.Join(err, listErr)
	})
}
