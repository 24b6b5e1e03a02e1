package report_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"gongkai/workflow"
	"gongkai/workflow/outcome"
	"gongkai/workflow/report"
)

// busy is a tally in which every row and column of the forms has its cases.
func busy(year int) report.Tally {
	tally := report.Tally{}
	kinds := []workflow.ApplicantKind{workflow.NaturalPerson, workflow.Business, workflow.Research, workflow.PublicInterest, workflow.LegalService, workflow.OtherKind}
	rng := rand.New(rand.NewPCG(2025, 1))
	for _, row := range outcome.Rows() {
		for _, kind := range kinds {
			tally[report.Tuple{Flow: report.Received, Year: year, Kind: kind, Channel: workflow.OnlineForm}] += rng.Int64N(5)
			tally[report.Tuple{Flow: report.Concluded, Year: year, Kind: kind, Basis: row.Basis, Timing: workflow.OnTime}] += rng.Int64N(5)
			tally[report.Tuple{Flow: report.Carried, Year: year - 1, Kind: kind}] += rng.Int64N(2)
			tally[report.Tuple{Flow: report.Carried, Year: year, Kind: kind}] += rng.Int64N(2)
		}
	}
	for _, result := range []workflow.RemedyResult{workflow.Upheld, workflow.Corrected, workflow.OtherResult} {
		for _, after := range []bool{false, true} {
			tally[report.Tuple{Flow: report.Decided, Year: year, Remedy: workflow.Litigation, AfterReview: after, Result: result}] += 1 + rng.Int64N(3)
		}
		tally[report.Tuple{Flow: report.Decided, Year: year, Remedy: workflow.Reconsideration, Result: result}] += 1 + rng.Int64N(3)
	}
	tally[report.Tuple{Flow: report.Pending, Year: year, Remedy: workflow.Reconsideration}] = 2
	tally[report.Tuple{Flow: report.Filed, Year: year, Remedy: workflow.Complaint}] = 3
	return tally
}

func TestProse(t *testing.T) {
	proactive := map[string]report.Figure{
		"t2.1.documents.made": report.Whole(4), "t2.1.documents.total": report.Whole(31), "t2.1.documents.inForce": report.Whole(31),
		"t2.5.licences": report.Whole(120), "t2.5.licences.decisions": report.Whole(120), "1100": report.Whole(1728),
	}
	var text strings.Builder
	for _, tc := range []struct {
		name    string
		form    report.Form
		year    int
		tally   report.Tally
		figures map[string]report.Figure
	}{
		{"the sample of 2019, coded", report.Codes2014, 2019, sample(t), proactive},
		{"the sample of 2019, table", report.Table2019, 2019, sample(t), proactive},
		{"nothing at all", report.Table2021, 2025, nil, nil},
		{"nothing at all, coded", report.Codes2014, 2018, nil, nil},
		{"busy, coded", report.Codes2014, 2018, busy(2018), nil},
		{"busy, 2019", report.Table2019, 2020, busy(2020), proactive},
		{"busy, 2021", report.Table2021, 2025, busy(2025), proactive},
	} {
		r := compute(t, tc.form, "", tc.year, tc.tally, tc.figures)
		fmt.Fprintf(&text, "== %s\n%s\n", tc.name, report.Prose(&r))
	}
	golden(t, "prose.golden", text.String())
}

// TestProseSaysTheFigures reads the numbers back out of the prose of random years.
func TestProseSaysTheFigures(t *testing.T) {
	said := func(text, label string) string {
		m := regexp.MustCompile(regexp.QuoteMeta(label) + `(-?[0-9.]+)(件|条)`).FindStringSubmatch(text)
		if m == nil {
			return "nothing"
		}
		return m[1]
	}
	for year := 2019; year < 2030; year++ {
		r := compute(t, report.Table2021, "", year, busy(year), nil)
		text := report.Prose(&r)
		for label, name := range map[string]string{
			"新收政府信息公开申请": "newReceived", "上年结转政府信息公开申请": "carriedIn", "办结政府信息公开申请": "total", "予以公开": "granted",
			"部分公开": "partial", "结转下年度继续办理": "carriedForward", "政府信息公开行政复议": "review", "复议后起诉": "litigationAfterReview",
			"未经复议直接起诉": "litigationDirect", "自然人申请": "newReceived/naturalPerson",
		} {
			if want := cell(t, r, name); said(text, label) != want {
				t.Errorf("%d: %s is %s, want %s, in:\n%s", year, label, said(text, label), want, text)
			}
		}
	}
}

func TestProseFitsTheChapter(t *testing.T) {
	huge := report.Tally{}
	for tuple := range busy(2025) {
		huge[tuple] = 1_000_000_000
	}
	figures := map[string]report.Figure{}
	for _, key := range []string{"t2.1.documents.made", "t2.1.documents.inForce", "t2.5.licences", "t2.6.penalties", "t2.6.coercion", "1100"} {
		figures[key] = report.Whole(9_999_999_999)
	}
	for _, form := range report.Forms() {
		r := compute(t, form, "", 2025, huge, figures)
		if n := utf8.RuneCountInString(report.Prose(&r)); n == 0 || n > report.MostProse {
			t.Errorf("%s: %d characters, want 1 to %d", form, n, report.MostProse)
		}
	}
}
