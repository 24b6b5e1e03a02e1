package report_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); -update rewrites it:\n%s", path, diff)
	}
}

func compute(t testing.TB, form report.Form, v report.Variant, year int, tally report.Tally, figures map[string]report.Figure) report.Report {
	t.Helper()
	r, err := report.Compute(form, v, year, tally, figures)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func cell(t testing.TB, r report.Report, name string) string {
	t.Helper()
	c, err := r.Cell(name)
	if err != nil {
		t.Fatal(err)
	}
	return c.Value.String()
}

// page writes a report as the golden files show it: one line each, cells with their
// column and place.
func page(r report.Report) string {
	var b strings.Builder
	for _, l := range r.Lines {
		fmt.Fprintf(&b, "%s%s | %s", strings.Repeat("  ", l.Level), l.LabelZH, l.LabelEN)
		if l.Key != "" {
			fmt.Fprintf(&b, " | %s | %s %s | %s", l.Key, l.UnitZH, l.UnitEN, l.Source)
		}
		b.WriteByte('\n')
		for _, c := range l.Cells {
			mark := "derived"
			if c.Entered {
				mark = "entered"
			}
			fmt.Fprintf(&b, "%s- %s %s | %s = %q %s\n", strings.Repeat("  ", l.Level+1), c.LabelZH, c.LabelEN, strings.Join(c.Path, "."), c.Value, mark)
		}
	}
	fmt.Fprintf(&b, "missing: %s\n", strings.Join(r.Missing, " "))
	for _, w := range r.Warnings {
		fmt.Fprintf(&b, "warning: %s | %s\n", w.ZH, w.EN)
	}
	return b.String()
}

func TestLayout(t *testing.T) {
	for _, tc := range []struct {
		name    string
		form    report.Form
		variant report.Variant
		year    int
	}{
		{"codes-shanghai", report.Codes2014, report.Shanghai, 2018},
		{"codes-national", report.Codes2014, report.National, 2018},
		{"table-2019", report.Table2019, "", 2020},
		{"table-2021", report.Table2021, "", 2023},
		{"unusual", report.Codes2014, "", 2022},
	} {
		t.Run(tc.name, func(t *testing.T) {
			golden(t, tc.name+".golden", page(compute(t, tc.form, tc.variant, tc.year, nil, nil)))
		})
	}
}

func day(t testing.TB, s string) workflow.Date {
	t.Helper()
	d, err := calendar.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// sample is the case behind the report of 2019 that the project starts from: one letter,
// refused as no government information, upheld in reconsideration and in court.
func sample(t testing.TB) report.Tally {
	a := &workflow.Application{
		State: workflow.Closed, Channel: workflow.PostOrdinary, ReceiveDate: day(t, "2019-06-03"),
		Applicant:  workflow.Applicant{Kind: workflow.NaturalPerson},
		Conclusion: workflow.Conclusion{Date: day(t, "2019-06-20"), Basis: "other.not_government_information", Timing: workflow.OnTime},
	}
	tally := report.Tally{}
	tally.Add(report.Tuples(a), 1)
	for _, r := range []workflow.Remedy{
		{Kind: workflow.Reconsideration, FileDate: day(t, "2019-07-01"), Result: workflow.Upheld, ConcludeDate: day(t, "2019-08-30")},
		{Kind: workflow.Litigation, AfterReview: true, FileDate: day(t, "2019-09-10"), Result: workflow.Upheld, ConcludeDate: day(t, "2019-12-05")},
	} {
		tally.Add(report.RemedyTuples(&r), 1)
	}
	return tally
}

func TestSampleDerivedCells(t *testing.T) {
	r := compute(t, report.Codes2014, "", 2019, sample(t), nil)
	one := map[string]bool{"3100": true, "3140": true, "3200": true, "3210": true, "3300": true, "3340": true, "3345": true, "4000": true, "4100": true, "5000": true, "5100": true}
	derived := 0
	for _, l := range r.Lines {
		for _, c := range l.Cells {
			if c.Entered {
				continue
			}
			derived++
			want := "0"
			if one[c.Name()] {
				want = "1"
			}
			if got := c.Value.String(); got != want {
				t.Errorf("cell %s is %s, want %s", c.Name(), got, want)
			}
		}
	}
	if derived != 32 {
		t.Errorf("%d cells are derived, want 32", derived)
	}
	if len(r.Warnings) != 0 {
		t.Errorf("warnings %v", r.Warnings)
	}
	after := compute(t, report.Table2019, "", 2019, sample(t), nil)
	for name, want := range map[string]string{
		"newReceived": "1", "newReceived/naturalPerson": "1", "other/naturalPerson": "1", "total": "1", "carriedForward": "0",
		"review/upheld": "1", "litigationAfterReview/upheld": "1", "litigationDirect": "0", "review": "1",
	} {
		if got := cell(t, after, name); got != want {
			t.Errorf("cell %s of the table of 2019 is %s, want %s", name, got, want)
		}
	}
}

func TestSampleAsPublished(t *testing.T) {
	var published struct {
		Figures struct{ Codes map[string]report.Figure }
	}
	data, err := os.ReadFile(filepath.Join(sharedReports(t), "shanghai-prison-bureau-2019.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &published); err != nil {
		t.Fatal(err)
	}
	figures := map[string]report.Figure{}
	for key, f := range published.Figures.Codes {
		if report.CheckFigure(2019, key, f) == nil {
			figures[key] = f
		}
	}
	r := compute(t, report.Codes2014, report.Shanghai, 2019, sample(t), figures)
	var got struct{ Codes map[string]report.Figure }
	if err := json.Unmarshal(r.AppendFigures(nil), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(published.Figures.Codes, got.Codes); diff != "" {
		t.Errorf("table differs from the published one (-published +computed):\n%s", diff)
	}
	if len(r.Missing) != 0 {
		t.Errorf("missing %v", r.Missing)
	}
	for _, f := range r.Findings() {
		if f.Status != report.Pass {
			t.Errorf("%s: %s %s", f.ID, f.Status, f.Message.EN)
		}
	}
}

// sharedReports is the folder of published reports beside the repository.
func sharedReports(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "reports")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the published reports are missing: %v", err)
		}
		t.Skipf("no published reports in %s beside the repository", dir)
	}
	return dir
}

func TestFees(t *testing.T) {
	tally := report.Tally{
		{Flow: report.Fee, Year: 2022}: 300_050, // fen
		{Flow: report.Fee, Year: 2020}: 999,
	}
	entered := map[string]report.Figure{"7000": report.Whole(120)}
	for _, tc := range []struct {
		name    string
		variant report.Variant
		year    int
		figures map[string]report.Figure
		want    string
		missing bool
	}{
		{"counted in yuan from 2021 on", report.Shanghai, 2022, entered, "3000.5", false},
		{"counted in 10,000 yuan", report.National, 2022, entered, "0.30005", false},
		{"entered in yuan before", report.Shanghai, 2020, entered, "120", false},
		{"entered in yuan, printed in 10,000", report.National, 2020, entered, "0.012", false},
		{"not entered", report.National, 2020, nil, "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := compute(t, report.Codes2014, tc.variant, tc.year, tally, tc.figures)
			if got := cell(t, r, "7000"); got != tc.want {
				t.Errorf("7000 is %q, want %q", got, tc.want)
			}
			if missing := strings.Contains(strings.Join(r.Missing, " "), "7000"); missing != tc.missing {
				t.Errorf("missing: %v, want %v", missing, tc.missing)
			}
		})
	}
}

func TestStandingOverYearEnds(t *testing.T) {
	tally := report.Tally{}
	open := &workflow.Application{State: workflow.Processing, Channel: workflow.Fax, ReceiveDate: day(t, "2022-12-20"), Applicant: workflow.Applicant{Kind: workflow.Business}}
	tally.Add(report.Tuples(open), 1)
	ended := *open
	ended.State, ended.Conclusion = workflow.Closed, workflow.Conclusion{Date: day(t, "2024-01-03"), Basis: "disclosed.provided", Timing: workflow.Late}
	tally.Add(report.Tuples(&ended), 1)
	for _, tc := range []struct {
		year              int
		in, done, forward string
	}{
		{2021, "0", "0", "0"}, {2022, "0", "0", "2"}, {2023, "2", "0", "2"}, {2024, "2", "1", "1"}, {2025, "1", "0", "1"},
	} {
		r := compute(t, report.Table2021, "", tc.year, tally, nil)
		got := []string{cell(t, r, "carriedIn/business"), cell(t, r, "total/business"), cell(t, r, "carriedForward/business")}
		if diff := cmp.Diff([]string{tc.in, tc.done, tc.forward}, got); diff != "" {
			t.Errorf("%d: in, done, forward (-want +got):\n%s", tc.year, diff)
		}
	}
}

func TestTuplesThatDoNotCount(t *testing.T) {
	received := day(t, "2024-03-01")
	for _, tc := range []struct {
		name string
		got  []report.Count
	}{
		{"not yet received", report.Tuples(&workflow.Application{State: workflow.Submitted})},
		{"void", report.Tuples(&workflow.Application{State: workflow.Void, ReceiveDate: received})},
		{"reviewing authority", report.RemedyTuples(&workflow.Remedy{Kind: workflow.Litigation, Capacity: workflow.ReviewOrgan, FileDate: received})},
		{"void remedy", report.RemedyTuples(&workflow.Remedy{Kind: workflow.Complaint, FileDate: received, Void: true})},
	} {
		if len(tc.got) != 0 {
			t.Errorf("%s contributes %v", tc.name, tc.got)
		}
	}
}

func TestJSON(t *testing.T) {
	figures := map[string]report.Figure{"t2.1.rules.made": report.Whole(3), "t2.8.fees": 1_250_000}
	r := compute(t, report.Table2021, "", 2024, sample(t), figures)
	got := string(r.AppendJSON(nil, "a\"1", true))
	again := compute(t, report.Table2021, "", 2024, sample(t), figures)
	if diff := cmp.Diff(got, string(again.AppendJSON(nil, "a\"1", true))); diff != "" {
		t.Errorf("the same report gives other bytes:\n%s", diff)
	}
	golden(t, "report.json.golden", got+"\n")
	findings, err := report.Check([]byte(got), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if f.Status != report.Pass {
			t.Errorf("own report: %s %s %s", f.ID, f.Status, f.Message.EN)
		}
	}
}

func TestComputeRefuses(t *testing.T) {
	for _, tc := range []struct {
		form    report.Form
		variant report.Variant
	}{{"table-1999", ""}, {report.Cumulative, ""}, {report.Codes2014, "tibetan"}} {
		if _, err := report.Compute(tc.form, tc.variant, 2020, nil, nil); !errors.Is(err, report.ErrForm) {
			t.Errorf("form %q variant %q: %v, want ErrForm", tc.form, tc.variant, err)
		}
	}
}
