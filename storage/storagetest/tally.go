package storagetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/report"
)

var tallyTests = map[string]func(*testing.T, *fixture){
	"tally of random histories":       tallyRandom,
	"tally within an update":          tallyWithin,
	"tally of remedies":               tallyRemedies,
	"tally of years and agencies":     tallyYears,
	"tally of what was never counted": tallyVoid,
	"tallies of many agencies":        talliesOfMany,
	"events of many agencies":         eventsOfMany,
	"figures of many agencies":        figuresOfMany,
	"latest events of many agencies":  latestOfMany,
}

// tally reads the whole tally of an agency.
func (f *fixture) tally(agency string) report.Tally {
	f.t.Helper()
	var got report.Tally
	f.view(func(r storage.Reader) (err error) {
		got, err = r.Tally(agency, calendar.MinYear, calendar.MaxYear)
		return err
	})
	return got
}

// checkTally compares the tally with that of n applications received on one day.
func (f *fixture) checkTally(t *testing.T, agency string, n int64) {
	t.Helper()
	want := report.Tally{}
	want.Add(report.Tuples(received("2026-03-02")), n)
	if diff := cmp.Diff(want, f.tally(agency)); diff != "" {
		t.Errorf("tally of %s differs:\n%s", agency, diff)
	}
}

// model is a register that keeps everything in memory.
type model struct {
	random *rand.Rand
	cases  []*workflow.Application
}

func (m *model) date() workflow.Date { return date("2023-01-01").AddDays(m.random.IntN(1400)) }

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// step returns a random next state of a random or new case.
func (m *model) step() (before, after *workflow.Application) {
	if len(m.cases) == 0 || m.random.IntN(3) == 0 {
		a := received(m.date().String())
		a.Channel = pick(m.random, workflow.Channels()...)
		a.Applicant.Kind = pick(m.random, workflow.ApplicantKinds()...)
		return nil, a
	}
	a := pick(m.random, m.cases...)
	b := *a
	b.Revision++
	switch m.random.IntN(5) {
	case 0:
		b.State, b.Conclusion, b.Replies = workflow.Void, workflow.Conclusion{}, nil
	case 1:
		b.State, b.ReceiveDate = workflow.Submitted, 0
		b.Conclusion, b.Replies = workflow.Conclusion{}, nil
	case 2:
		b.Acts = append(slices.Clone(a.Acts), workflow.Act{Action: pick(m.random, workflow.ActReplace, workflow.ActOrderRedecision), Date: m.date()})
		b.Payments = append(append([]workflow.Payment{}, a.Payments...), workflow.Payment{Date: m.date(), Amount: int64(m.random.IntN(900))})
	case 3:
		b.Applicant.Kind, b.Channel, b.ReceiveDate = pick(m.random, workflow.ApplicantKinds()...), pick(m.random, workflow.Channels()...), m.date()
		b.Holdings = append(slices.Clone(a.Holdings), workflow.Holding{Holder: pick(m.random, "法规科", "办公室", "")})
	default:
		b.ReceiveDate = max(b.ReceiveDate, date("2023-01-01"))
		day := b.ReceiveDate.AddDays(m.random.IntN(900))
		basis := pick(m.random, workflow.Basis("disclosed.provided"), "other.other")
		b.State = workflow.Closed
		b.Replies = append(append([]workflow.Reply{}, a.Replies...), workflow.Reply{Basis: basis, DeliverDate: day})
		b.Conclusion = workflow.Conclusion{Date: day, Basis: basis, Timing: pick(m.random, workflow.OnTime, workflow.Extended, workflow.Late)}
	}
	return a, &b
}

// tallyRandom runs random histories, many steps in one Update and some of them refused
// after they wrote, and compares the tally with the sum over all cases.
func tallyRandom(t *testing.T, f *fixture) {
	const seed = 20260302
	m := &model{random: rand.New(rand.NewPCG(seed, 1))}
	for round := range 60 {
		kept := m.cases
		err := f.store.Update(t.Context(), "east", func(w storage.Writer) error {
			m.cases = append([]*workflow.Application{}, kept...)
			for range 1 + m.random.IntN(12) {
				if err := m.apply(w); err != nil {
					return err
				}
			}
			if m.random.IntN(5) == 0 {
				return errRefused
			}
			return nil
		})
		if errors.Is(err, errRefused) {
			m.cases = kept
		} else if err != nil {
			t.Fatalf("seed %d, round %d: %v", seed, round, err)
		}
		want := report.Tally{}
		for _, a := range m.cases {
			want.Add(report.Tuples(a), 1)
		}
		if diff := cmp.Diff(want, f.tally("east")); diff != "" {
			t.Fatalf("seed %d, round %d: tally differs:\n%s", seed, round, diff)
		}
	}
	if len(m.cases) < 50 {
		t.Errorf("only %d cases came to be", len(m.cases))
	}
}

func (m *model) apply(w storage.Writer) error {
	before, after := m.step()
	if before == nil {
		m.cases = append(m.cases, after)
		return insert(w, after)
	}
	for i, a := range m.cases {
		if a == before {
			m.cases[i] = after
		}
	}
	return change(w, before, after)
}

func tallyWithin(t *testing.T, f *fixture) {
	f.add("east", received("2026-03-02"))
	want := report.Tally{}
	want.Add(report.Tuples(received("2026-03-02")), 2)
	f.update("east", func(w storage.Writer) error {
		if err := insert(w, received("2026-03-02")); err != nil {
			return err
		}
		got, err := w.Tally("east", 2026, 2026)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("tally within the update differs:\n%s", diff)
		}
		return err
	})
}

func tallyRemedies(t *testing.T, f *fixture) {
	reviewer := suit(0)
	reviewer.Capacity = workflow.ReviewOrgan
	complaint := suit(0)
	complaint.Kind = workflow.Complaint
	first := f.addRemedy("east", suit(0))
	for _, r := range []*workflow.Remedy{reviewer, complaint} {
		f.addRemedy("east", r)
	}
	check := func(what string, remedies ...*workflow.Remedy) {
		t.Helper()
		want := report.Tally{}
		for _, r := range remedies {
			want.Add(report.RemedyTuples(r), 1)
		}
		if diff := cmp.Diff(want, f.tally("east")); diff != "" {
			t.Errorf("%s: tally differs:\n%s", what, diff)
		}
	}
	check("filed", first, complaint)
	decided := *first
	decided.Result, decided.ConcludeDate, decided.Revision = workflow.Upheld, date("2027-02-01"), 2
	void := decided
	void.Void, void.Revision = true, 3
	for _, step := range []struct{ before, after workflow.Remedy }{{*first, decided}, {decided, void}} {
		f.update("east", func(w storage.Writer) error {
			return w.UpdateRemedy(step.before, step.after, event(storage.RemedyObject(first.ID), step.after.Revision))
		})
		check(fmt.Sprintf("revision %d", step.after.Revision), &step.after, complaint)
	}
}

func tallyYears(t *testing.T, f *fixture) {
	want := map[int]report.Tally{}
	for _, day := range []string{"2024-05-01", "2025-05-01", "2026-05-01"} {
		a := f.add("east", received(day))
		want[a.ReceiveDate.Year()] = report.Tally{}
		want[a.ReceiveDate.Year()].Add(report.Tuples(a), 1)
	}
	f.view(func(r storage.Reader) error {
		for year, tally := range want {
			got, err := r.Tally("east", year, year)
			if diff := cmp.Diff(tally, got); diff != "" || err != nil {
				t.Errorf("tally of %d differs (%v):\n%s", year, err, diff)
			}
		}
		two := want[2024].Clone()
		two.Merge(want[2025])
		got, err := r.Tally("east", 2024, 2025)
		if diff := cmp.Diff(two, got); diff != "" || err != nil {
			t.Errorf("tally of two years differs (%v):\n%s", err, diff)
		}
		other, err := r.Tally("west", 2000, 2100)
		if len(other) != 0 {
			t.Errorf("tally of the other agency: %v", other)
		}
		return err
	})
}

func tallyVoid(t *testing.T, f *fixture) {
	a := f.add("east", received("2026-03-02"))
	b := *a
	b.State, b.Revision = workflow.Void, 2
	f.change(a, &b)
	if got := f.tally("east"); len(got) != 0 {
		t.Errorf("a void application left %v", got)
	}
}
