package server

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gongkai/storage"
	"gongkai/storage/sqlite"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// TestReceivedBound says that no more than so many applications are looked at, that the
// bound is told, and that one application less does not reach it.
func TestReceivedBound(t *testing.T) {
	t.Parallel()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "gongkai.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := New(Config{Store: store, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	event := func(i int) storage.Event {
		return storage.Event{Revision: 1, Action: "submit", Facts: []byte(fmt.Sprintf(`{"v":1,"n":%d}`, i)), Time: time.Unix(1, 0)}
	}
	if err := store.Update(t.Context(), "", func(w storage.Writer) error {
		e := event(0)
		e.Object = "agencies/own"
		return w.InsertAgency(storage.Agency{ID: "own", Revision: 1, CreateTime: time.Unix(1, 0)}, e)
	}); err != nil {
		t.Fatal(err)
	}
	first := calendar.New(2026, 3, 2)
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	for i := range 5 {
		act := workflow.Act{Date: first.AddDays(i), Channel: workflow.InPerson, Kind: workflow.NaturalPerson}
		a, _, err := rules.Register(workflow.Application{Agency: "own", ApplicationNo: fmt.Sprint(i)}, act, workflow.Person{}, first.AddDays(9))
		if err != nil {
			t.Fatal(err)
		}
		a.CreateTime, a.UpdateTime = time.Unix(1, 0), time.Unix(1, 0)
		if err := store.Update(t.Context(), "own", func(w storage.Writer) error {
			return w.InsertApplication(&a, cachesOf(rules, &a), event(i))
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name string
		to   workflow.Date
		most int
		want []string
		more bool
	}{
		{"all", first.AddDays(9), 5, []string{"0", "1", "2", "3", "4"}, false},
		{"one too many", first.AddDays(9), 4, []string{"0", "1", "2", "3"}, true},
		{"up to a day", first.AddDays(1), 4, []string{"0", "1"}, false},
		{"nothing left to look at", first.AddDays(9), 0, nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			n, more, err := s.received(t.Context(), "own", first, test.to, test.most, func(a *workflow.Application) error {
				got = append(got, a.ApplicationNo)
				return nil
			})
			if err != nil || n != len(test.want) || more != test.more {
				t.Errorf("%d looked at, more %t, %v", n, more, err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
