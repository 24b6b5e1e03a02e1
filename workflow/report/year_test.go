package report_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/report"
)

// drawnCase is an application or remedy at some point of its life.
func drawnCase(t *rapid.T) []report.Count {
	first := calendar.New(2022, 1, 1)
	from := first.AddDays(rapid.IntRange(0, 1800).Draw(t, "from"))
	to := workflow.Date(0)
	if rapid.Bool().Draw(t, "ended") {
		to = from.AddDays(rapid.IntRange(0, 900).Draw(t, "days"))
	}
	if rapid.Bool().Draw(t, "remedy") {
		r := workflow.Remedy{
			Kind:     rapid.SampledFrom([]workflow.RemedyKind{workflow.Reconsideration, workflow.Litigation, workflow.Complaint}).Draw(t, "kind"),
			FileDate: from, Capacity: workflow.OriginalOrgan, Result: workflow.Pending, ConcludeDate: to,
		}
		if !to.IsZero() {
			r.Result = workflow.Upheld
		}
		return report.RemedyTuples(&r)
	}
	a := workflow.Application{
		ReceiveDate: from, Channel: workflow.Email,
		Applicant:  workflow.Applicant{Kind: rapid.SampledFrom(workflow.ApplicantKinds()).Draw(t, "applicant")},
		Conclusion: workflow.Conclusion{Date: to},
	}
	if !to.IsZero() {
		a.Conclusion.Basis, a.Conclusion.Timing = "disclosed.provided", workflow.OnTime
	}
	return report.Tuples(&a)
}

// What a tally says about a year gives the same report on it, whatever the form.
func TestYearGivesTheSameReport(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tally := report.Tally{}
		for range rapid.IntRange(1, 12).Draw(t, "cases") {
			tally.Add(drawnCase(t), 1)
		}
		year := rapid.IntRange(2022, 2027).Draw(t, "year")
		for _, form := range report.Forms() {
			want, err := report.Compute(form, "", year, tally, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := report.Compute(form, "", year, tally.Year(year), nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s on %d (-all +year):\n%s", form, year, diff)
			}
		}
	})
}

// Changes are empty exactly where what the year's tables count stays.
func TestChangesAreWhatTheYearShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawnCase(t), drawnCase(t)
		year := rapid.IntRange(2022, 2027).Draw(t, "year")
		removed, added := report.Changes(before, after, year)
		got, want := report.Tally{}, report.Tally{}
		got.Add(report.AppendYear(nil, before, year), 1)
		got.Add(removed, -1)
		got.Add(added, 1)
		want.Add(report.AppendYear(nil, after, year), 1)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("before − removed + added is not after:\n%s", diff)
		}
		same := cmp.Equal(report.Tally.Year(tallyOf(before), year), want)
		if same != (len(removed)+len(added) == 0) {
			t.Errorf("the year's tables are the same: %v; removed %v, added %v", same, removed, added)
		}
	})
}

func tallyOf(counts []report.Count) report.Tally {
	t := report.Tally{}
	t.Add(counts, 1)
	return t
}

// The end of a case that stood open changes no table of the years before.
func TestConcludingLaterChangesNoEarlierYear(t *testing.T) {
	a := workflow.Application{ReceiveDate: calendar.New(2024, 11, 4), Applicant: workflow.Applicant{Kind: workflow.Business}, Channel: workflow.Fax}
	open := report.Tuples(&a)
	a.Conclusion = workflow.Conclusion{Date: calendar.New(2026, 1, 5), Basis: "disclosed.provided", Timing: workflow.Late}
	for year, changes := range map[int]bool{2023: false, 2024: false, 2025: false, 2026: true} {
		removed, added := report.Changes(open, report.Tuples(&a), year)
		if changes != (len(removed)+len(added) > 0) {
			t.Errorf("%d: removed %v, added %v", year, removed, added)
		}
	}
	late := a
	late.Conclusion.Date = calendar.New(2025, 12, 31)
	if removed, added := report.Changes(open, report.Tuples(&late), 2025); len(removed) != 1 || len(added) != 1 {
		t.Errorf("concluded in the year itself: removed %v, added %v", removed, added)
	}
}
