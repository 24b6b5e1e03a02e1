package storagetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/report"
)

var agencyTests = map[string]func(*testing.T, *fixture){
	"agency round trip":          agencyRoundTrip,
	"agency list pages":          agencyPages,
	"agency tree":                agencyTree,
	"agency cycles are refused":  agencyCycles,
	"agency continues others":    agencyContinues,
	"names that no row has":      unkeptNames,
	"agency is stale":            agencyStale,
	"agency as it became":        agencyBecame,
	"agency only at the top":     agencyOnlyAtTop,
	"principals":                 principals,
	"principals of two agencies": principalsApart,
	"figures":                    figures,
}

func agencyRoundTrip(t *testing.T, f *fixture) {
	want := storage.Agency{
		ID: "水务局", DisplayName: "某市水务局 '𠮷' \"\"", Parent: "east", CreateTime: noon, Revision: 1,
		Settings: workflow.Settings{ReviewSteps: []workflow.Role{workflow.Supervisor}, CodesVariant: "national"},
	}
	f.addAgency(want)
	f.view(func(r storage.Reader) error {
		got, err := r.Agency(want.ID)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("agency differs:\n%s", diff)
		}
		for _, id := range []string{"", "nowhere"} {
			_, err := r.Agency(id)
			wantErr(t, "agency "+id, err, storage.ErrNotFound)
		}
		return err
	})
	err := f.store.Update(t.Context(), "", func(w storage.Writer) error {
		return w.InsertAgency(want, event(storage.AgencyObject(want.ID), 2))
	})
	wantErr(t, "the id again", err, storage.ErrExists)
	err = f.store.Update(t.Context(), "", func(w storage.Writer) error {
		return w.InsertAgency(storage.Agency{ID: "x", Parent: "nowhere", Revision: 1}, event(storage.AgencyObject("x"), 1))
	})
	wantErr(t, "a parent that is not there", err, storage.ErrNotFound)
}

// unkeptNames asks by texts with NUL, which PostgreSQL cannot keep: nothing has them.
func unkeptNames(t *testing.T, f *fixture) {
	const name = "east\x00"
	f.view(func(r storage.Reader) error {
		_, agency := r.Agency(name)
		_, principal := r.Principal("east", name)
		_, number := r.ApplicationByNumber("east", name)
		_, list := r.Applications(name, storage.Query{Limit: 1})
		for what, err := range map[string]error{"agency": agency, "principal": principal, "number": number, "list of an agency": list} {
			wantErr(t, what, err, storage.ErrNotFound)
		}
		held, err := r.Applications("east", storage.Query{Holder: name, Limit: 1})
		if len(held) > 0 {
			t.Errorf("a holder with NUL has %d", len(held))
		}
		return err
	})
	wantErr(t, "update", f.store.Update(t.Context(), name, func(storage.Writer) error { return nil }), storage.ErrNotFound)
}

func agencyPages(t *testing.T, f *fixture) {
	for _, id := range []string{"north", "a", "south"} {
		f.addAgency(storage.Agency{ID: id, CreateTime: noon, Revision: 1})
	}
	var got []string
	f.view(func(r storage.Reader) error {
		for after := ""; ; {
			page, err := r.Agencies(after, 2)
			if err != nil || len(page) == 0 {
				return err
			}
			for _, a := range page {
				got, after = append(got, a.ID), a.ID
			}
		}
	})
	if diff := cmp.Diff([]string{"a", "east", "north", "south", "west"}, got); diff != "" {
		t.Errorf("agencies differ:\n%s", diff)
	}
}

func agencyTree(t *testing.T, f *fixture) {
	parent := "east"
	want := []string{"east"}
	for _, id := range []string{"east1", "east2", "east3", "east4"} {
		f.addAgency(storage.Agency{ID: id, Parent: parent, CreateTime: noon, Revision: 1})
		parent, want = id, append(want, id)
	}
	f.view(func(r storage.Reader) error {
		for id, want := range map[string][]string{"east": want, "east3": want[3:], "west": {"west"}} {
			got, err := r.Descendants(id)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("descendants of %s differ (%v):\n%s", id, err, diff)
			}
		}
		for _, id := range []string{"", "nowhere"} {
			_, err := r.Descendants(id)
			wantErr(t, "descendants of "+id, err, storage.ErrNotFound)
		}
		return nil
	})
}

func agencyCycles(t *testing.T, f *fixture) {
	f.addAgency(storage.Agency{ID: "below", Parent: "east", CreateTime: noon, Revision: 1})
	for _, parent := range []string{"east", "below"} {
		err := f.store.Update(t.Context(), "east", func(w storage.Writer) error {
			return w.UpdateAgency(storage.Agency{ID: "east", Parent: parent, Revision: 2}, event(storage.AgencyObject("east"), 2))
		})
		wantErr(t, "east below "+parent, err, storage.ErrCycle)
	}
	f.view(func(r storage.Reader) error {
		got, err := r.Agency("east")
		if got.Parent != "" || got.Revision != 1 {
			t.Errorf("a refused move left %+v", got)
		}
		return err
	})
}

func agencyStale(t *testing.T, f *fixture) {
	next := storage.Agency{ID: "west", DisplayName: "West", Parent: "east", CreateTime: noon, Revision: 2}
	f.update("west", func(w storage.Writer) error {
		return w.UpdateAgency(next, event(storage.AgencyObject("west"), 2))
	})
	for _, revision := range []int64{2, 4} {
		err := f.store.Update(t.Context(), "west", func(w storage.Writer) error {
			return w.UpdateAgency(storage.Agency{ID: "west", Revision: revision}, event(storage.AgencyObject("west"), revision))
		})
		wantErr(t, "stale revision", err, storage.ErrStale)
	}
	f.view(func(r storage.Reader) error {
		got, err := r.Agency("west")
		if diff := cmp.Diff(next, got); diff != "" {
			t.Errorf("agency differs:\n%s", diff)
		}
		return err
	})
}

// agencyBecame: who writes sees the agency as it is by then, also after a change that was
// undone, and whatever he does with what he read.
func agencyBecame(t *testing.T, f *fixture) {
	see := func(w storage.Writer, revision int64) error {
		got, err := w.Agency("east")
		if err == nil && got.Revision != revision {
			t.Errorf("revision %d is seen, want %d", got.Revision, revision)
		}
		got.Revision = 99
		return err
	}
	change := func(w storage.Writer, revision int64) error {
		return w.UpdateAgency(storage.Agency{ID: "east", CreateTime: noon, Revision: revision}, event(storage.AgencyObject("east"), revision))
	}
	for revision := int64(1); revision < 4; revision++ {
		undone := f.store.Update(t.Context(), "east", func(w storage.Writer) error {
			return errors.Join(see(w, revision), change(w, revision+1), see(w, revision+1), errRefused)
		})
		if !errors.Is(undone, errRefused) || errors.Is(undone, storage.ErrStale) {
			t.Fatal(undone)
		}
		f.update("east", func(w storage.Writer) error {
			return errors.Join(see(w, revision), see(w, revision), change(w, revision+1), see(w, revision+1))
		})
		f.update("west", func(w storage.Writer) error { return see(w, revision+1) })
	}
}

func agencyOnlyAtTop(t *testing.T, f *fixture) {
	err := f.store.Update(t.Context(), "east", func(w storage.Writer) error {
		return w.InsertAgency(storage.Agency{ID: "new", Revision: 1}, event(storage.AgencyObject("new"), 1))
	})
	if err == nil {
		t.Error("an agency was created in the register of another")
	}
	err = f.store.Update(t.Context(), "nowhere", func(storage.Writer) error { return nil })
	wantErr(t, "update of an agency that is not there", err, storage.ErrNotFound)
}

func principals(t *testing.T, f *fixture) {
	li := storage.Principal{Agency: "east", ID: "li", Role: workflow.Officer, TokenHash: []byte("hash of li 0123456789abcdef-----"), CreateTime: noon}
	admin := storage.Principal{ID: "admin", Role: workflow.Administrator, TokenHash: []byte("hash of admin"), CreateTime: noon}
	for _, p := range []storage.Principal{li, admin} {
		f.update(p.Agency, func(w storage.Writer) error { return w.InsertPrincipal(p, event(storage.PrincipalObject(p.ID), 1)) })
	}
	taken := func(what string, p storage.Principal) {
		err := f.store.Update(t.Context(), p.Agency, func(w storage.Writer) error {
			return w.InsertPrincipal(p, event(storage.PrincipalObject(p.ID), 2))
		})
		wantErr(t, what, err, storage.ErrExists)
	}
	taken("an id that is taken", storage.Principal{Agency: "east", ID: "li", TokenHash: []byte("other"), CreateTime: noon})
	chen := storage.Principal{Agency: "west", ID: "chen", Role: workflow.Auditor, TokenHash: []byte("hash of chen"), CreateTime: noon, Person: "1003"}
	f.update("west", func(w storage.Writer) error {
		return w.InsertPrincipal(chen, event(storage.PrincipalObject("chen"), 1))
	})
	second := storage.Principal{Agency: "east", ID: "chen", TokenHash: []byte("another of chen"), CreateTime: noon, Person: "1003"}
	taken("a person who has one in another agency", second)
	taken("a token that is taken", storage.Principal{Agency: "east", ID: "wang", TokenHash: li.TokenHash, CreateTime: noon})
	f.view(func(r storage.Reader) error {
		for _, want := range []storage.Principal{li, admin, chen} {
			got, err := r.PrincipalByToken(want.TokenHash)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("principal by token differs (%v):\n%s", err, diff)
			}
		}
		_, err := r.PrincipalByToken([]byte("unknown"))
		wantErr(t, "unknown token", err, storage.ErrNotFound)
		return nil
	})
	principalRemoved(t, f, li)
	f.update("west", func(w storage.Writer) error {
		return w.RemovePrincipal("chen", noon, event(storage.PrincipalObject("chen"), 2))
	})
	f.update("east", func(w storage.Writer) error {
		return w.InsertPrincipal(second, event(storage.PrincipalObject("chen"), 1))
	})
	taken("an id that was taken once", storage.Principal{Agency: "east", ID: "li", TokenHash: []byte("new"), CreateTime: noon})
}

func principalRemoved(t *testing.T, f *fixture, li storage.Principal) {
	remove := func() error {
		return f.store.Update(t.Context(), "east", func(w storage.Writer) error {
			return w.RemovePrincipal("li", noon.Add(time.Hour), event(storage.PrincipalObject("li"), 3))
		})
	}
	if err := remove(); err != nil {
		t.Fatalf("remove: %v", err)
	}
	wantErr(t, "remove again", remove(), storage.ErrNotFound)
	f.view(func(r storage.Reader) error {
		_, err := r.PrincipalByToken(li.TokenHash)
		wantErr(t, "removed token", err, storage.ErrNotFound)
		want := li
		want.RemoveTime = noon.Add(time.Hour)
		got, err := r.Principal("east", "li")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("removed principal differs:\n%s", diff)
		}
		return err
	})
}

func principalsApart(t *testing.T, f *fixture) {
	for _, agency := range []string{"east", "west"} {
		for _, id := range []string{"b", "a"} {
			f.update(agency, func(w storage.Writer) error {
				p := storage.Principal{Agency: agency, ID: id, Role: workflow.Auditor, TokenHash: []byte(agency + id), CreateTime: noon}
				return w.InsertPrincipal(p, event(storage.PrincipalObject(id), 1))
			})
		}
	}
	f.view(func(r storage.Reader) error {
		list, err := r.Principals("west")
		if len(list) != 2 || list[0].ID != "a" || list[1].ID != "b" || list[0].Agency != "west" {
			t.Errorf("principals of west: %+v", list)
		}
		_, notFound := r.Principal("", "a")
		wantErr(t, "principal of another register", notFound, storage.ErrNotFound)
		_, notFound = r.Principals("nowhere")
		wantErr(t, "principals of no agency", notFound, storage.ErrNotFound)
		return err
	})
}

func figures(t *testing.T, f *fixture) {
	put := func(year int, code string, value report.Figure) {
		revision := int64(1)
		f.view(func(r storage.Reader) error {
			events, err := r.Events("east", storage.FigureObject(year, code))
			revision += int64(len(events))
			return err
		})
		f.update("east", func(w storage.Writer) error {
			return w.PutFigure(storage.Figure{Year: year, Code: code, Value: value}, event(storage.FigureObject(year, code), revision))
		})
	}
	put(2026, "3345", report.Whole(7))
	put(2026, "1100", 1_500_000)
	put(2025, "1100", report.Whole(-1))
	put(2026, "3345", 0)
	f.view(func(r storage.Reader) error {
		all := []storage.Figure{{Year: 2025, Code: "1100", Value: report.Whole(-1)}, {Year: 2026, Code: "1100", Value: 1_500_000}, {Year: 2026, Code: "3345"}}
		for year, want := range map[int][]storage.Figure{0: all, 2026: all[1:], 2024: nil} {
			got, err := r.Figures("east", year)
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
				t.Errorf("figures of %d differ (%v):\n%s", year, err, diff)
			}
		}
		if other, err := r.Figures("west", 0); len(other) != 0 || err != nil {
			t.Errorf("figures of the other agency: %v, %v", other, err)
		}
		history, err := r.Events("east", storage.FigureObject(2026, "3345"))
		if len(history) != 2 {
			t.Errorf("history of a replaced figure has %d events, want 2", len(history))
		}
		return err
	})
}

// agencyContinues: whoever took an agency over finds it, and finds it no more once another
// did or nobody.
func agencyContinues(t *testing.T, f *fixture) {
	f.succeeded("east")
	for _, id := range []string{"b", "a"} {
		f.addAgency(storage.Agency{ID: id, DisplayName: id, CreateTime: noon, Revision: 1})
	}
	revision := int64(1)
	for _, step := range []struct {
		successor  string
		east, west []string
	}{
		{"east", []string{"b"}, nil}, {"west", nil, []string{"b"}}, {"", nil, nil}, {"east", []string{"b"}, nil},
	} {
		revision++
		b := storage.Agency{ID: "b", DisplayName: "b", CreateTime: noon, Revision: revision}
		b.Settings.Lineage.Successor = step.successor
		f.update("b", func(w storage.Writer) error { return w.UpdateAgency(b, event(storage.AgencyObject("b"), revision)) })
		f.succeeded("east", step.east...)
		f.succeeded("west", step.west...)
	}
	a := storage.Agency{ID: "a", DisplayName: "a", CreateTime: noon, Revision: 2}
	a.Settings.Lineage.Successor = "east"
	f.update("a", func(w storage.Writer) error { return w.UpdateAgency(a, event(storage.AgencyObject("a"), 2)) })
	f.succeeded("east", "a", "b")
}

// succeeded holds the agencies that an agency took over against what is wanted.
func (f *fixture) succeeded(id string, want ...string) {
	f.t.Helper()
	f.view(func(r storage.Reader) error {
		list, err := r.Predecessors(id)
		var got []string
		for _, a := range list {
			got = append(got, a.ID)
			if a.Settings.Lineage.Successor != id {
				f.t.Errorf("%s has the successor %q, want %s", a.ID, a.Settings.Lineage.Successor, id)
			}
		}
		if !slices.Equal(got, want) {
			f.t.Errorf("%s took over %v, want %v", id, got, want)
		}
		return err
	})
}
