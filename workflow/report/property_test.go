package report_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
	"gongkai/workflow/report"
)

var forms = []struct {
	form    report.Form
	variant report.Variant
}{
	{report.Codes2014, report.Shanghai},
	{report.Codes2014, report.National},
	{report.Table2019, ""},
	{report.Table2021, ""},
}

func dates(from, to int) *rapid.Generator[workflow.Date] {
	return rapid.Custom(func(t *rapid.T) workflow.Date {
		start := calendar.New(from, 1, 1)
		return start.AddDays(rapid.IntRange(0, 366*(to-from)).Draw(t, "days"))
	})
}

var bases = rapid.Custom(func(t *rapid.T) outcome.Basis {
	return rapid.SampledFrom(outcome.Rows()).Draw(t, "row").Basis
})

var timings = rapid.SampledFrom([]workflow.Timing{workflow.OnTime, workflow.Extended, workflow.Late})

// applications are cases as they can stand: open or concluded, with payments and later
// replies.
var applications = rapid.Custom(func(t *rapid.T) *workflow.Application {
	a := &workflow.Application{
		State: workflow.Processing, Channel: rapid.SampledFrom(workflow.Channels()).Draw(t, "channel"),
		ReceiveDate: dates(2017, 2024).Draw(t, "received"),
		Applicant:   workflow.Applicant{Kind: rapid.SampledFrom(workflow.ApplicantKinds()).Draw(t, "kind")},
	}
	if rapid.Bool().Draw(t, "concluded") {
		conclude(t, a)
	}
	if rapid.Bool().Draw(t, "paid") {
		a.Payments = []workflow.Payment{{Date: dates(2021, 2025).Draw(t, "paid on"), Amount: rapid.Int64Range(1, 1_000_000).Draw(t, "fen")}}
	}
	return a
})

func conclude(t *rapid.T, a *workflow.Application) {
	a.State = workflow.Closed
	a.Conclusion = workflow.Conclusion{
		Date: a.ReceiveDate.AddDays(rapid.IntRange(0, 900).Draw(t, "days open")), Basis: bases.Draw(t, "basis"), Timing: timings.Draw(t, "timing"),
	}
	if rapid.Bool().Draw(t, "replaced") {
		a.Replies = []workflow.Reply{
			{Basis: a.Conclusion.Basis, DeliverDate: a.Conclusion.Date},
			{Basis: bases.Draw(t, "later basis"), DeliverDate: a.Conclusion.Date.AddDays(rapid.IntRange(0, 400).Draw(t, "days later"))},
		}
	}
}

var remedies = rapid.Custom(func(t *rapid.T) *workflow.Remedy {
	r := &workflow.Remedy{
		Kind:        rapid.SampledFrom([]workflow.RemedyKind{workflow.Reconsideration, workflow.Litigation, workflow.Complaint}).Draw(t, "kind"),
		FileDate:    dates(2017, 2024).Draw(t, "filed"),
		AfterReview: rapid.Bool().Draw(t, "after review"),
		Result:      rapid.SampledFrom([]workflow.RemedyResult{workflow.Pending, workflow.Upheld, workflow.Corrected, workflow.OtherResult}).Draw(t, "result"),
	}
	if r.Result != workflow.Pending {
		r.ConcludeDate = r.FileDate.AddDays(rapid.IntRange(0, 900).Draw(t, "days"))
	}
	return r
})

// register is a tally of random cases; with them, so that a test can count by hand.
func register(t *rapid.T) (report.Tally, []*workflow.Application) {
	tally := report.Tally{}
	cases := rapid.SliceOfN(applications, 0, 60).Draw(t, "applications")
	for _, a := range cases {
		tally.Add(report.Tuples(a), 1)
	}
	for _, r := range rapid.SliceOfN(remedies, 0, 30).Draw(t, "remedies") {
		tally.Add(report.RemedyTuples(r), 1)
	}
	return tally, cases
}

func TestIdentitiesHoldOnEveryRegister(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tally, _ := register(t)
		year := rapid.IntRange(2016, 2027).Draw(t, "year")
		for _, f := range forms {
			r, err := report.Compute(f.form, f.variant, year, tally, nil)
			if err != nil {
				t.Fatal(err)
			}
			held := 0
			for _, finding := range r.Findings() {
				id, _, _ := strings.Cut(finding.ID, "/")
				switch id {
				case "A6", "A7", "A8": // rest on entered figures
				case "A9":
					if finding.Status != report.Pass && finding.Status != report.Uncertain {
						t.Errorf("%s %d: %s %s", f.form, year, finding.ID, finding.Status)
					}
				default:
					held++
					if finding.Status != report.Pass {
						t.Errorf("%s %d: %s %s: %s", f.form, year, finding.ID, finding.Status, finding.Message.EN)
					}
				}
			}
			if held < 7 {
				t.Errorf("%s: only %d identities were judged", f.form, held)
			}
		}
	})
}

func TestCarryOverFromYearToYear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tally, cases := register(t)
		year := rapid.IntRange(2017, 2026).Draw(t, "year")
		before, err := report.Compute(report.Table2021, "", year-1, tally, nil)
		if err != nil {
			t.Fatal(err)
		}
		now, err := report.Compute(report.Table2021, "", year, tally, nil)
		if err != nil {
			t.Fatal(err)
		}
		findings, err := report.CheckAgainst(now.AppendJSON(nil, "a", false), before.AppendJSON(nil, "a", false), "")
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, f := range findings {
			if strings.HasPrefix(f.ID, "B4/") {
				seen++
				if f.Status != report.Pass {
					t.Errorf("%s %s: %s", f.ID, f.Status, f.Message.EN)
				}
			}
		}
		if seen != 7 {
			t.Errorf("%d columns compared with the year before, want 7", seen)
		}
		standing := 0
		end := calendar.New(year, 12, 31)
		for _, a := range cases {
			if a.ReceiveDate <= end && (a.Conclusion.Date.IsZero() || a.Conclusion.Date > end) {
				standing++
			}
		}
		if c, err := now.Cell("carriedForward"); err != nil || c.Value.Figure != report.Whole(int64(standing)) {
			t.Errorf("结转下年 %v (%v), counted by hand %d", c.Value, err, standing)
		}
	})
}

func TestEveryDerivedCellIsTheSumOfItsTuples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tally, _ := register(t)
		year := rapid.IntRange(2016, 2027).Draw(t, "year")
		for _, f := range forms {
			r, err := report.Compute(f.form, f.variant, year, tally, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range r.Lines {
				for _, c := range l.Cells {
					checkCell(t, r, c, tally)
				}
			}
		}
	})
}

func checkCell(t *rapid.T, r report.Report, c report.Cell, tally report.Tally) {
	s, err := report.ParseCell(r.Form, r.Variant, r.Year, c.Name())
	if c.Entered {
		if !errors.Is(err, report.ErrEntered) {
			t.Errorf("%s: %v, want ErrEntered", c.Name(), err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Value(tally); got != c.Value.Figure {
		t.Errorf("%s %d %s: the cell is %s, its tuples make %s", r.Form, r.Year, c.Name(), c.Value, got)
	}
	terms := s.Terms()
	for tuple := range tally {
		narrowed := 0
		for _, term := range terms {
			if term.Matches(tuple) {
				narrowed++
			}
		}
		if want := s.Matches(tuple); want && narrowed != 1 || !want && narrowed != 0 {
			t.Errorf("%s: tuple %s matches the cell: %v, but %d of its terms", c.Name(), tuple.Key(), want, narrowed)
		}
	}
}

func TestTallyFollowsTheLifeOfACase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tally, _ := register(t)
		before := tally.Clone()
		a := applications.Draw(t, "case")
		open := *a
		open.State, open.Conclusion, open.Replies, open.Payments = workflow.Processing, workflow.Conclusion{}, nil, nil
		tally.Add(report.Tuples(&open), 1)
		tally.Add(report.Tuples(&open), -1)
		tally.Add(report.Tuples(a), 1)
		direct := before.Clone()
		direct.Add(report.Tuples(a), 1)
		if diff := cmp.Diff(direct, tally); diff != "" {
			t.Errorf("a case that was open first counts otherwise (-direct +by way of open):\n%s", diff)
		}
		tally.Add(report.Tuples(a), -1)
		if diff := cmp.Diff(before, tally); diff != "" {
			t.Errorf("taking a case away leaves a trace:\n%s", diff)
		}
		for tuple, n := range tally {
			if n == 0 {
				t.Errorf("tally holds a zero for %s", tuple.Key())
			}
		}
	})
}

func TestMergeIsAddition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, _ := register(t)
		b, _ := register(t)
		ab, ba := a.Clone(), b.Clone()
		ab.Merge(b)
		ba.Merge(a)
		if diff := cmp.Diff(ab, ba); diff != "" {
			t.Fatalf("order matters:\n%s", diff)
		}
		year := rapid.IntRange(2017, 2025).Draw(t, "year")
		values := func(tally report.Tally) map[string]report.Figure {
			r, err := report.Compute(report.Table2021, "", year, tally, nil)
			if err != nil {
				t.Fatal(err)
			}
			m := map[string]report.Figure{}
			for _, l := range r.Lines {
				for _, c := range l.Cells {
					m[c.Name()] = c.Value.Figure
				}
			}
			return m
		}
		sum := values(a)
		for name, f := range values(b) {
			sum[name] += f
		}
		if diff := cmp.Diff(sum, values(ab)); diff != "" {
			t.Errorf("a roll-up is not the sum of its reports:\n%s", diff)
		}
	})
}

func TestTupleKeyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tally, _ := register(t)
		keys := map[string]report.Tuple{}
		for tuple := range maps.Keys(tally) {
			key := tuple.Key()
			if other, ok := keys[key]; ok {
				t.Errorf("%+v and %+v share the key %s", tuple, other, key)
			}
			keys[key] = tuple
			back, err := report.ParseKey(key)
			if err != nil || back != tuple {
				t.Errorf("key %s reads as %+v (%v), want %+v", key, back, err, tuple)
			}
		}
	})
}

func TestParseKeyRefuses(t *testing.T) {
	for _, key := range []string{
		"", "R", "X2019", "R2019|z", "Rx", "R+2019", "R02019", "C2019||n|no.such.basis|t", "R2019|p|n|", "R2019|IN_PERSON|n",
		"D2019|||||r|b|u", "R2019|p|n||||||", "C2019||n|disclosed.provided|q", "受2019",
	} {
		if got, err := report.ParseKey(key); err == nil {
			t.Errorf("key %q was read as %+v", key, got)
		}
	}
}

func TestFigures(t *testing.T) {
	for _, tc := range []struct {
		text, want string
		ok         bool
	}{
		{"0", "0", true},
		{"12", "12", true},
		{" 3.50 ", "3.5", true},
		{"-0.000001", "-0.000001", true},
		{"9223372036854.775807", "9223372036854.775807", true},
		{"9223372036854.775808", "", false},
		{"1.0000001", "", false},
		{"1.", "", false},
		{".5", "", false},
		{"1e3", "", false},
		{"1,000", "", false},
		{"١", "", false},
		{"--1", "", false},
		{"", "", false},
	} {
		f, err := report.ParseFigure(tc.text)
		if tc.ok != (err == nil) || tc.ok && f.String() != tc.want {
			t.Errorf("%q reads as %s, %v; want %q", tc.text, f, err, tc.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		f := report.Figure(rapid.Int64().Draw(t, "millionths"))
		if f == -1<<63 {
			t.Skip("the one figure whose magnitude does not fit")
		}
		if back, err := report.ParseFigure(f.String()); err != nil || back != f {
			t.Errorf("%s reads as %s, %v", f, back, err)
		}
	})
}
