package storagetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/storage"
	"gongkai/workflow"
)

// recached: the order of a list follows, and nothing else does.
func recached(t *testing.T, f *fixture) {
	a := f.add("east", received("2026-03-02"))
	b := f.add("east", received("2026-03-03"))
	before, err := eventsOf(f, a)
	if err != nil {
		t.Fatal(err)
	}
	want := storage.Caches{Due: date("2026-12-01"), Safe: date("2026-11-30"), Lapse: date("2026-10-30")}
	f.update("east", func(w storage.Writer) error {
		wantErr(t, "a revision that is not there", w.Recache(a.ID, a.Revision+1, want), storage.ErrStale)
		wantErr(t, "an id that is not there", w.Recache(b.ID+1, 1, want), storage.ErrNotFound)
		return w.Recache(a.ID, a.Revision, want)
	})
	f.update("west", func(w storage.Writer) error {
		wantErr(t, "another agency", w.Recache(a.ID, a.Revision, storage.Caches{}), storage.ErrNotFound)
		return nil
	})
	f.view(func(r storage.Reader) error {
		got, err := r.Caches("east", a.ID)
		if got != want || err != nil {
			t.Errorf("caches are %+v, %v", got, err)
		}
		_, err = r.Caches("west", a.ID)
		wantErr(t, "caches elsewhere", err, storage.ErrNotFound)
		list, err := r.Applications("east", storage.Query{Order: storage.ByDue, Limit: 10})
		if err != nil || len(list) != 2 || list[0].ID != b.ID || list[1].ID != a.ID {
			t.Errorf("the list by due date is %v, %v", list, err)
		}
		same, err := r.Application("east", a.ID)
		if diff := cmp.Diff(stored(a), same); diff != "" || err != nil {
			t.Errorf("the application changed (%v):\n%s", err, diff)
		}
		return nil
	})
	if after, err := eventsOf(f, a); err != nil || after != before {
		t.Errorf("%d events before, %d after, %v", before, after, err)
	}
}

func eventsOf(f *fixture, a *workflow.Application) (n int, err error) {
	f.view(func(r storage.Reader) error {
		list, e := r.Events("east", storage.ApplicationObject(a.ID))
		n, err = len(list), e
		return nil
	})
	return n, err
}
