package storagetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/storage"
	"gongkai/workflow"
)

var applicationTests = map[string]func(*testing.T, *fixture){
	"application round trip":              applicationRoundTrip,
	"application of another agency":       applicationElsewhere,
	"application number is taken":         applicationNumber,
	"application is stale":                applicationStale,
	"application particulars are mended":  applicationMended,
	"numbers skip those given by hand":    numbersByHand,
	"numbers of a failed update are free": numbersOfFailures,
	"remedy round trip":                   remedyRoundTrip,
	"remedies are listed":                 remedyLists,
	"caches are derived anew":             recached,
}

func applicationRoundTrip(t *testing.T, f *fixture) {
	a := f.add("east", received("2026-03-02"))
	empty := f.add("east", &workflow.Application{
		ApplicationNo: "手工-1", Revision: 1, CreateTime: noon, UpdateTime: noon, State: workflow.Submitted,
		Acts: []workflow.Act{{Action: workflow.ActSubmit, Date: date("2026-03-01")}},
	})
	b := concluded(a, "2026-03-20", "disclosed.provided")
	f.change(a, b)
	f.view(func(r storage.Reader) error {
		for _, want := range []*workflow.Application{b, empty} {
			got, err := r.Application("east", want.ID)
			if diff := cmp.Diff(stored(want), got); diff != "" || err != nil {
				t.Errorf("application differs (%v):\n%s", err, diff)
			}
			got, err = r.ApplicationByNumber("east", want.ApplicationNo)
			if diff := cmp.Diff(stored(want), got); diff != "" || err != nil {
				t.Errorf("application by number differs (%v):\n%s", err, diff)
			}
		}
		return nil
	})
}

func applicationElsewhere(t *testing.T, f *fixture) {
	a := f.add("east", received("2026-03-02"))
	f.view(func(r storage.Reader) error {
		for _, agency := range []string{"west", "", "nowhere"} {
			_, err := r.Application(agency, a.ID)
			wantErr(t, "by id in "+agency, err, storage.ErrNotFound)
			_, err = r.ApplicationByNumber(agency, a.ApplicationNo)
			wantErr(t, "by number in "+agency, err, storage.ErrNotFound)
		}
		_, err := r.Application("east", a.ID+1)
		wantErr(t, "an id that is not there", err, storage.ErrNotFound)
		list, err := r.Applications("west", storage.Query{Limit: 10})
		if len(list) != 0 {
			t.Errorf("the other agency lists %d applications", len(list))
		}
		return err
	})
	b := concluded(a, "2026-03-20", "disclosed.provided")
	err := f.store.Update(t.Context(), "west", func(w storage.Writer) error { return change(w, a, b) })
	wantErr(t, "update from another agency", err, storage.ErrNotFound)
}

func applicationNumber(t *testing.T, f *fixture) {
	a, b := received("2026-03-02"), received("2026-03-03")
	a.ApplicationNo, b.ApplicationNo = "甲-1", "甲-2"
	f.add("east", a)
	f.add("east", b)
	again := received("2026-03-04")
	again.ApplicationNo = "甲-1"
	err := f.store.Update(t.Context(), "east", func(w storage.Writer) error { return insert(w, again) })
	wantErr(t, "insert under a number that is taken", err, storage.ErrExists)
	renamed := *b
	renamed.ApplicationNo, renamed.Revision = "甲-1", 2
	err = f.store.Update(t.Context(), "east", func(w storage.Writer) error { return change(w, b, &renamed) })
	wantErr(t, "change to a number that is taken", err, storage.ErrExists)
	f.add("west", again)
	f.view(func(r storage.Reader) error {
		got, err := r.ApplicationByNumber("west", "甲-1")
		if diff := cmp.Diff(stored(again), got); diff != "" {
			t.Errorf("the same number elsewhere differs:\n%s", diff)
		}
		return err
	})
}

func applicationStale(t *testing.T, f *fixture) {
	a := f.add("east", received("2026-03-02"))
	b := concluded(a, "2026-03-20", "disclosed.provided")
	f.change(a, b)
	late := concluded(a, "2026-03-21", "other.other")
	err := f.store.Update(t.Context(), "east", func(w storage.Writer) error { return change(w, a, late) })
	wantErr(t, "update of what was read before", err, storage.ErrStale)
	f.view(func(r storage.Reader) error {
		got, err := r.Application("east", a.ID)
		if diff := cmp.Diff(stored(b), got); diff != "" {
			t.Errorf("application differs:\n%s", diff)
		}
		return err
	})
}

func applicationMended(t *testing.T, f *fixture) {
	a := f.add("east", received("2026-03-02"))
	b := *a
	b.Revision, b.ApplicationNo, b.Description, b.Remark = 2, "改-1", "", "更正"
	b.Applicant = workflow.Applicant{Kind: workflow.Business, Name: "某公司"}
	b.Channel, b.ReceiveDate = workflow.Fax, date("2026-03-01")
	f.change(a, &b)
	f.view(func(r storage.Reader) error {
		got, err := r.ApplicationByNumber("east", "改-1")
		if err != nil {
			return err
		}
		if diff := cmp.Diff(stored(&b), got); diff != "" {
			t.Errorf("application differs:\n%s", diff)
		}
		list, err := r.Applications("east", storage.Query{
			Limit: 10, Channels: []workflow.Channel{workflow.Fax}, Kinds: []workflow.ApplicantKind{workflow.Business}, ReceiveTo: date("2026-03-01"),
		})
		if len(list) != 1 {
			t.Errorf("%d applications are listed under what was mended, want 1", len(list))
		}
		return err
	})
}

func numbersByHand(t *testing.T, f *fixture) {
	for _, n := range []int{2, 3} {
		a := received("2026-03-02")
		a.ApplicationNo = caseNo(n)
		f.add("east", a)
	}
	for _, want := range []string{caseNo(1), caseNo(4)} {
		if a := f.add("east", received("2026-03-02")); a.ApplicationNo != want {
			t.Errorf("number %s, want %s", a.ApplicationNo, want)
		}
	}
	f.update("west", func(w storage.Writer) error {
		for _, want := range []string{"2025-00001", "2025-00002"} {
			got, err := w.NextNumber(2025)
			if err != nil || got != want {
				t.Errorf("number %s (%v), want %s", got, err, want)
			}
		}
		return nil
	})
}

func numbersOfFailures(t *testing.T, f *fixture) {
	refused := func(w storage.Writer) error {
		_, err := w.NextNumber(2026)
		if err == nil {
			err = errRefused
		}
		return err
	}
	written := func(w storage.Writer) error {
		if err := insert(w, received("2026-03-02")); err != nil {
			return err
		}
		return errRefused
	}
	for _, fn := range []func(storage.Writer) error{refused, written} {
		wantErr(t, "refusal", f.store.Update(t.Context(), "east", fn), errRefused)
	}
	if a := f.add("east", received("2026-03-02")); a.ApplicationNo != caseNo(1) {
		t.Errorf("number %s after refusals, want %s", a.ApplicationNo, caseNo(1))
	}
}

// suit is a litigation as it stands when it is filed.
func suit(application int64) *workflow.Remedy {
	return &workflow.Remedy{
		ApplicationID: application, Kind: workflow.Litigation, FileDate: date("2026-04-01"), AfterReview: true,
		Capacity: workflow.OriginalOrgan, Result: workflow.Pending, Remark: "诉𠮷", Revision: 1, CreateTime: noon,
	}
}

func (f *fixture) addRemedy(agency string, r *workflow.Remedy) *workflow.Remedy {
	f.t.Helper()
	f.update(agency, func(w storage.Writer) error {
		x := *r
		err := w.InsertRemedy(&x, event("", 1))
		if err == nil {
			*r = x
		}
		return err
	})
	return r
}

func remedyRoundTrip(t *testing.T, f *fixture) {
	a := f.add("east", received("2026-03-02"))
	r := f.addRemedy("east", suit(a.ID))
	next := *r
	next.Result, next.ConcludeDate, next.Revision = workflow.Corrected, date("2026-09-01"), 2
	update := func(agency string) error {
		return f.store.Update(t.Context(), agency, func(w storage.Writer) error {
			return w.UpdateRemedy(*r, next, event(storage.RemedyObject(r.ID), 2))
		})
	}
	wantErr(t, "update from another agency", update("west"), storage.ErrNotFound)
	wantErr(t, "update", update("east"), nil)
	wantErr(t, "update again", update("east"), storage.ErrStale)
	f.view(func(v storage.Reader) error {
		want := next
		want.Agency, want.ApplicationNo = "east", a.ApplicationNo
		got, err := v.Remedy("east", r.ID)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("remedy differs:\n%s", diff)
		}
		_, notFound := v.Remedy("west", r.ID)
		wantErr(t, "remedy of another agency", notFound, storage.ErrNotFound)
		return err
	})
	err := f.store.Update(t.Context(), "west", func(w storage.Writer) error { return w.InsertRemedy(suit(a.ID), event("", 1)) })
	wantErr(t, "remedy about another agency's application", err, storage.ErrNotFound)
}

func remedyLists(t *testing.T, f *fixture) {
	a, b := f.add("east", received("2026-03-02")), f.add("east", received("2026-03-03"))
	var ids []int64
	for _, application := range []int64{a.ID, 0, b.ID, a.ID, 0} {
		ids = append(ids, f.addRemedy("east", suit(application)).ID)
	}
	f.addRemedy("west", suit(0))
	tests := []struct {
		name string
		q    storage.RemedyQuery
		want []int64
	}{
		{"all", storage.RemedyQuery{Limit: 10}, ids},
		{"first page", storage.RemedyQuery{Limit: 2}, ids[:2]},
		{"next page", storage.RemedyQuery{Limit: 2, After: ids[1]}, ids[2:4]},
		{"of an application", storage.RemedyQuery{Limit: 10, Application: a.ID}, []int64{ids[0], ids[3]}},
		{"of none", storage.RemedyQuery{Limit: 10, NoApplication: true}, []int64{ids[1], ids[4]}},
	}
	f.view(func(r storage.Reader) error {
		for _, test := range tests {
			list, err := r.Remedies("east", test.q)
			var got []int64
			for _, x := range list {
				got = append(got, x.ID)
			}
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("%s: remedies differ (%v):\n%s", test.name, err, diff)
			}
		}
		return nil
	})
}
