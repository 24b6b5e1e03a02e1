package storagetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"gongkai/storage"
)

var auditTests = map[string]func(*testing.T, *fixture){
	"tree over the leaves":          treeOverLeaves,
	"tree of a failed update":       treeOfFailure,
	"tree survives reopening":       treeReopened,
	"idle events do not count":      eventsIdle,
	"origin of the register":        origin,
	"trees of many updates at once": treeOfGroup,
}

// leaves reads the leaves of every agency in the order of the store.
func (f *fixture) leaves() map[string][]tlog.Hash {
	f.t.Helper()
	out := map[string][]tlog.Hash{}
	f.view(func(r storage.Reader) error {
		in, ok := r.(storage.Inspector)
		if !ok {
			return errors.New("the engine offers no inspection")
		}
		rows, err := in.EventRows(0, 100_000)
		for _, x := range rows {
			h, ok := storage.LeafHash(x.Leaf)
			if !ok {
				return fmt.Errorf("event %d of %q has no leaf", x.N, x.Agency)
			}
			out[x.Agency] = append(out[x.Agency], h)
		}
		return err
	})
	return out
}

// wantTrees compares the trees of the store with those that the library makes of the
// leaves, which keeps every hash.
func (f *fixture) wantTrees() {
	f.t.Helper()
	leaves := f.leaves()
	f.view(func(r storage.Reader) error {
		heads, err := r.Heads()
		for _, h := range heads {
			list := leaves[h.Agency]
			if h.Fault != nil || h.Edge.Size() != int64(len(list)) || h.Events != int64(len(list)) {
				f.t.Errorf("tree of %q has %d leaves, the agency counts %d and has %d events (%v)", h.Agency, h.Edge.Size(), h.Events, len(list), h.Fault)
			} else if want := rootOf(f.t, list); h.Edge.Root() != want {
				f.t.Errorf("root of %q at %d is %s, want %s", h.Agency, len(list), h.Edge.Root(), want)
			}
			delete(leaves, h.Agency)
		}
		if len(leaves) > 0 {
			f.t.Errorf("no trees of %d registers", len(leaves))
		}
		return err
	})
}

func rootOf(t testing.TB, leaves []tlog.Hash) tlog.Hash {
	t.Helper()
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var list []tlog.Hash
		for _, i := range indexes {
			list = append(list, stored[i])
		}
		return list, nil
	})
	for i, leaf := range leaves {
		more, err := tlog.StoredHashesForRecordHash(int64(i), leaf, read)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(int64(len(leaves)), read)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func treeOverLeaves(t *testing.T, f *fixture) {
	f.wantTrees()
	for i := range 70 {
		agency := []string{"east", "west", ""}[i%3]
		f.update(agency, func(w storage.Writer) error {
			list := make([]storage.Event, i%4+1)
			for j := range list {
				list[j] = event(fmt.Sprintf("object/%d", i), int64(j+1))
			}
			return w.Record(list...)
		})
		if i%10 == 0 {
			f.wantTrees()
		}
	}
	f.add("east", received("2026-03-02"))
	f.wantTrees()
}

func treeOfFailure(t *testing.T, f *fixture) {
	f.update("east", func(w storage.Writer) error { return w.Record(event("object/1", 1)) })
	err := f.store.Update(t.Context(), "east", func(w storage.Writer) error {
		if err := w.Record(event("object/2", 1), event("object/2", 2)); err != nil {
			return err
		}
		return errRefused
	})
	wantErr(t, "refusal", err, errRefused)
	err = f.store.Update(t.Context(), "east", func(w storage.Writer) error { return w.Record(event("object/1", 1)) })
	wantErr(t, "the revision again", err, storage.ErrExists)
	f.wantTrees()
	f.update("east", func(w storage.Writer) error { return w.Record(event("object/2", 1)) })
	f.wantTrees()
}

func treeReopened(t *testing.T, f *fixture) {
	for i := range 21 {
		f.update("west", func(w storage.Writer) error { return w.Record(event("object/1", int64(i+1))) })
		if i%5 == 0 {
			if err := f.store.Close(); err != nil {
				t.Fatal(err)
			}
			f.reopen()
		}
	}
	f.wantTrees()
}

// treeOfGroup has members of one group fail among others that stand.
func treeOfGroup(t *testing.T, f *fixture) {
	const seed = 7
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, seed))
	done := make(chan error, 120)
	for i := range cap(done) {
		agency, fails := []string{"east", "west"}[rnd.IntN(2)], rnd.IntN(4) == 0
		go func() {
			err := f.store.Update(t.Context(), agency, func(w storage.Writer) error {
				err := w.Record(event(fmt.Sprintf("object/%d", i), 1), event(fmt.Sprintf("object/%d", i), 0))
				if err == nil && fails {
					return errRefused
				}
				return err
			})
			if errors.Is(err, errRefused) == fails {
				err = nil
			}
			done <- err
		}()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	f.wantTrees()
}

func eventsIdle(t *testing.T, f *fixture) {
	counts := func() (out map[string]int64) {
		f.view(func(r storage.Reader) (err error) {
			out, err = r.EventCounts([]string{"east", "west"})
			return err
		})
		return out
	}
	f.update("east", func(w storage.Writer) error { return w.Record(event("object/1", 1)) })
	before := counts()
	f.update("east", func(w storage.Writer) error {
		return w.Record(event("read/application", 0), event("refused/x", 0))
	})
	if diff := cmp.Diff(before, counts()); diff != "" {
		t.Errorf("events that changed nothing count:\n%s", diff)
	}
	f.update("east", func(w storage.Writer) error { return w.Record(event("object/1", 2)) })
	before["east"]++
	if diff := cmp.Diff(before, counts()); diff != "" {
		t.Errorf("an event that changed something:\n%s", diff)
	}
	f.wantTrees()
}

func origin(t *testing.T, f *fixture) {
	want := f.leaves()[""][0]
	f.view(func(r storage.Reader) error {
		got, err := r.Origin()
		if string(got) != string(want[:]) {
			t.Errorf("origin is %x, want %s", got, want)
		}
		return err
	})
}
