package report_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gongkai/workflow"
	"gongkai/workflow/report"
)

// situation is what a check looks at, in the shortest words.
type situation struct {
	form     report.Form
	year     int    // 2025 if not said
	figures  string // members of "figures"
	before   string // the same of the year before
	chapters map[int]string
	earlier  map[int]string
	cases    *report.CaseEvidence
	others   []report.Chapters
}

func (x situation) assess(t testing.TB) []report.Verdict {
	t.Helper()
	year := x.year
	if year == 0 {
		year = 2025
	}
	form := x.form
	if form == "" {
		form = report.Table2021
	}
	document := func(year int, figures string) string {
		return fmt.Sprintf(`{"format": %q, "year": %d, "figures": {%s}}`, form, year, figures)
	}
	before := ""
	if x.before != "" {
		before = document(year-1, x.before)
	}
	e := evidence(t, document(year, x.figures), before)
	e.Chapters, e.ChaptersBefore, e.Others = x.chapters, x.earlier, x.others
	if x.cases != nil {
		e.Know(x.cases)
	}
	return report.Assess(e)
}

func tuplesTally(tuples ...report.Tuple) report.Tally {
	tally := report.Tally{}
	for _, t := range tuples {
		tally.Add([]report.Count{{Tuple: t, N: 1}}, 1)
	}
	return tally
}

func concludedOn(basis workflow.Basis, timing workflow.Timing) report.Tuple {
	return report.Tuple{Flow: report.Concluded, Year: 2025, Kind: workflow.NaturalPerson, Basis: basis, Timing: timing}
}

func cases(tuples ...report.Tuple) *report.CaseEvidence {
	return &report.CaseEvidence{Tally: tuplesTally(tuples...), Recount: tuplesTally(tuples...)}
}

const (
	granted = "disclosed.provided"
	long    = "本机关高度重视政府信息公开工作，按照要求及时公开各类信息，规范办理依申请公开，加强平台建设和监督保障，组织业务培训，回应社会关切，取得了较好的成效，群众满意度不断提高。"
	fresh   = "今年以来重点推进财政预算、教育招生、食品药品、生态环境等领域的信息公开，新设查阅场所三处，编制公开指南，开展第三方评估，对评估中发现的栏目空白逐项整改并建立长效机制。"
)

// catalogueCases has an input that each check passes and one that it does not. alone says
// that of all checks nothing else objects to that input.
var catalogueCases = []struct {
	id         string
	pass, fail situation
	status     report.Status
	alone      bool
}{
	{"VALUE/3100", situation{}, situation{form: report.Codes2014, year: 2016, figures: `"codes": {"3100": -1}`}, report.Fail, true},
	{"BLANK", situation{figures: `"rows": {"granted": {"total": 1}}`}, situation{figures: `"rows": {"granted": {"total": null}}`}, report.Uncertain, true},
	{"KEYS", situation{}, situation{figures: `"rows": {"gift": {"total": 1}}`}, report.Uncertain, true},
	{"A1", codesOf(`"3100": 2, "3110": 1, "3120": 0, "3130": 1, "3140": 0`), codesOf(`"3100": 2, "3110": 1, "3120": 0, "3130": 0, "3140": 0`), report.Fail, true},
	{"A2", codesOf(`"3200": 2, "3210": 1, "3220": 1`), codesOf(`"3200": 2, "3210": 1, "3220": 0`), report.Fail, true},
	{"A3", codesOf(`"3300": 1, "3310": 1`), codesOf(`"3300": 1, "3310": 1, "3320": 1`), report.Fail, true},
	{"A4", codesOf(`"3340": 1, "3341": 1`), codesOf(`"3340": 1, "3341": 2`), report.Fail, true},
	{"A5/4000", codesOf(`"4000": 1, "4100": 1, "4200": 0, "4300": 0`), codesOf(`"4000": 1, "4100": 0, "4200": 0, "4300": 0`), report.Fail, true},
	{"A5/5000", codesOf(`"5000": 1, "5100": 1, "5200": 0, "5300": 0`), codesOf(`"5000": 1, "5100": 2, "5200": 0, "5300": 0`), report.Fail, true},
	{"A6", codesOf(`"8300": 2, "8310": 1, "8320": 1`), codesOf(`"8300": 2, "8310": 1, "8320": 0`), report.Fail, true},
	{"A7/2211", codesOf(`"2210": 1, "2211": 1`), codesOf(`"2210": 1, "2211": 2`), report.Fail, true},
	{"A8/1220", codesOf(`"1100": 2, "1220": 2`), codesOf(`"1100": 2, "1220": 3`), report.Uncertain, true},
	{"A9", codesOf(`"3200": 2, "3300": 2`), codesOf(`"3200": 2, "3300": 1`), report.Uncertain, true},
	{
		"B1/total",
		situation{figures: rows("newReceived", 2, "carriedIn", 1, "total", 2, "carriedForward", 1)},
		situation{figures: rows("newReceived", 2, "carriedIn", 1, "total", 2, "carriedForward", 2)},
		report.Fail, true,
	},
	{
		"B2/total",
		situation{figures: rows("granted", 1, "total", 1)},
		situation{figures: rows("granted", 2, "total", 1)},
		report.Fail, true,
	},
	{
		"B3/granted",
		situation{figures: `"rows": {"granted": {"naturalPerson": 1, "total": 1}}`},
		situation{figures: `"rows": {"granted": {"naturalPerson": 2, "total": 1}}`},
		report.Fail, true,
	},
	{
		"B4/total",
		situation{figures: rows("carriedIn", 2), before: rows("carriedForward", 2)},
		situation{figures: rows("carriedIn", 2), before: rows("carriedForward", 3)},
		report.Fail, true,
	},
	{
		"C1/review",
		situation{figures: `"review": {"upheld": 1, "corrected": 0, "other": 0, "pending": 0, "total": 1}`},
		situation{figures: `"review": {"upheld": 1, "corrected": 0, "other": 0, "pending": 1, "total": 1}`},
		report.Fail, true,
	},
	{
		"T2/t2.1.rules",
		situation{figures: `"t2": {"t2.1.rules.made": 1, "t2.1.rules.repealed": 0, "t2.1.rules.inForce": 6}`, before: `"t2": {"t2.1.rules.inForce": 5}`},
		situation{figures: `"t2": {"t2.1.rules.made": 1, "t2.1.rules.repealed": 0, "t2.1.rules.inForce": 7}`, before: `"t2": {"t2.1.rules.inForce": 5}`},
		report.Uncertain, true,
	},
	{
		"F1/year",
		situation{form: report.Cumulative, year: 2016, figures: `"rows": {"received": {"year": 1}, "received.online": {"year": 1}}`},
		situation{form: report.Cumulative, year: 2016, figures: `"rows": {"received": {"year": 1}, "received.online": {"year": 2}}`},
		report.Fail, true,
	},
	{
		"F2/year",
		situation{form: report.Cumulative, year: 2016, figures: `"rows": {"replies": {"year": 1}, "replies.granted": {"year": 1}}`},
		situation{form: report.Cumulative, year: 2016, figures: `"rows": {"replies": {"year": 1}, "replies.granted": {"year": 2}}`},
		report.Fail, true,
	},
	{
		"F3/year",
		situation{form: report.Cumulative, year: 2016, figures: `"rows": {"proactiveDocs": {"year": 1}, "proactiveDocs.website": {"year": 1}}`},
		situation{form: report.Cumulative, year: 2016, figures: `"rows": {"proactiveDocs": {"year": 1}, "proactiveDocs.website": {"year": 2}}`},
		report.Fail, true,
	},
	{
		"F4/review",
		situation{form: report.Cumulative, year: 2016, figures: `"rows": {"review": {"year": 1, "cumulative": 3}}`, before: `"rows": {"review": {"cumulative": 2}}`},
		situation{form: report.Cumulative, year: 2016, figures: `"rows": {"review": {"year": 1, "cumulative": 3}}`, before: `"rows": {"review": {"cumulative": 1}}`},
		report.Fail, true,
	},
	{
		"P/received.1",
		situation{figures: rows("newReceived", 2), chapters: map[int]string{1: "收到政府信息公开申请2件"}},
		situation{figures: rows("newReceived", 2), chapters: map[int]string{1: "收到政府信息公开申请3件"}},
		report.Fail, true,
	},
	{"X.noCell", situation{cases: cases(concludedOn(granted, workflow.OnTime))}, situation{cases: cases(concludedOn("", workflow.OnTime))}, report.Fail, true},
	{
		"X.register",
		situation{cases: cases(concludedOn(granted, workflow.OnTime))},
		situation{cases: &report.CaseEvidence{Tally: tuplesTally(concludedOn(granted, workflow.OnTime)), Recount: tuplesTally(concludedOn(granted, workflow.Extended))}},
		report.Fail, true,
	},
	{
		"X.overdue",
		situation{form: report.Codes2014, cases: cases(concludedOn(granted, workflow.Extended))},
		situation{form: report.Codes2014, cases: cases(concludedOn(granted, workflow.Late))},
		report.Uncertain, false, // X.form: the form is an old one
	},
	{
		"X.otherNoReason",
		situation{cases: cases(concludedOn(granted, workflow.OnTime))},
		situation{cases: &report.CaseEvidence{Recount: report.Tally{}, Unreasoned: []report.Case{{Application: 7, ApplicationNo: "2025-00007"}}}},
		report.Uncertain, true,
	},
	{"X.otherShare", situation{figures: rows("other.other", 1, "total", 20)}, situation{figures: rows("other.other", 2, "total", 39)}, report.Uncertain, true},
	{
		"X.ambiguousBasis/other.withdrawn", situation{}, situation{cases: cases(concludedOn("other.withdrawn", workflow.OnTime))}, report.Uncertain, true,
	},
	{
		"X.directSuit",
		situation{cases: cases()},
		situation{cases: &report.CaseEvidence{Recount: report.Tally{}, DirectSuits: []report.Case{{Application: 7, Remedy: workflow.Litigation}}}},
		report.Uncertain, true,
	},
	{
		"X.remediesWithoutRefusal",
		situation{form: report.Codes2014, year: 2016, figures: adverse(1, 1)},
		situation{form: report.Codes2014, year: 2016, figures: adverse(1, 0)},
		report.Uncertain, true,
	},
	{
		"X.yearOnYear/newReceived",
		situation{figures: rows("newReceived", 10), before: rows("newReceived", 2)},
		situation{figures: rows("newReceived", 11), before: rows("newReceived", 2)},
		report.Uncertain, true,
	},
	{"X.form", situation{}, situation{year: 2020}, report.Uncertain, true},
	{
		"X.feesVersusChapter6",
		situation{cases: cases(), chapters: map[int]string{6: "无"}},
		situation{cases: &report.CaseEvidence{Tally: tuplesTally(report.Tuple{Flow: report.Fee, Year: 2025}), Recount: report.Tally{}}, chapters: map[int]string{6: "无。"}},
		report.Fail, true,
	},
	{"X.chapter5Empty", situation{chapters: map[int]string{5: long}}, situation{chapters: map[int]string{5: " 无。 "}}, report.Fail, true},
	{"X.chapter1Length", situation{chapters: map[int]string{1: long}}, situation{chapters: map[int]string{1: strings.Repeat("公", 1001)}}, report.Uncertain, true},
	{
		"X.sameText/yearBefore.5",
		situation{chapters: map[int]string{5: long}, earlier: map[int]string{5: fresh}},
		situation{chapters: map[int]string{5: "2025年" + long}, earlier: map[int]string{5: "2024年" + long}},
		report.Uncertain, true,
	},
	{
		"X.sameText/zjz.1",
		situation{chapters: map[int]string{1: long}, others: []report.Chapters{{Agency: "zjz", Text: map[int]string{1: fresh}}}},
		situation{chapters: map[int]string{1: long}, others: []report.Chapters{{Agency: "zjz", Text: map[int]string{1: long}}}},
		report.Uncertain, true,
	},
}

// codesOf is a coded table of a year in which it was in use.
func codesOf(codes string) situation {
	return situation{form: report.Codes2014, year: 2016, figures: `"codes": {` + codes + `}`}
}

// rows are totals of rows of table 三.
func rows(pairs ...any) string {
	var list []string
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, fmt.Sprintf(`%q: {"total": %d}`, pairs[i], pairs[i+1]))
	}
	return `"rows": {` + strings.Join(list, ", ") + `}`
}

func adverse(suits, refused int) string {
	return fmt.Sprintf(`"codes": {"4000": 0, "5000": %d, "3330": 0, "3340": %d, "3350": 0, "3360": 0, "3370": 0, "3380": 0}`, suits, refused)
}

func TestCatalogue(t *testing.T) {
	for _, tc := range catalogueCases {
		t.Run(tc.id, func(t *testing.T) {
			for _, v := range tc.pass.assess(t) {
				if v.ID == tc.id && v.Status != report.Pass && v.Status != report.NotAssessable {
					t.Errorf("the good one is %s: %s", v.Status, v.Message.EN)
				}
			}
			found := false
			for _, v := range tc.fail.assess(t) {
				objects := v.Status == report.Fail || v.Status == report.Uncertain
				if v.ID == tc.id {
					found = true
					if v.Status != tc.status {
						t.Errorf("the bad one is %s, want %s", v.Status, tc.status)
					}
				} else if objects && tc.alone {
					t.Errorf("%s objects as well: %s", v.ID, v.Message.EN)
				}
			}
			if !found {
				t.Error("no verdict on the bad one")
			}
		})
	}
}

// Every row of the catalogue has a case above that it alone objects to, or is named here
// with the checks that object as well.
func TestCatalogueIsProven(t *testing.T) {
	covered := map[string]string{
		"A10":        "TestBacklog",
		"X.twoCells": "TestMisplaced: no form has overlapping rows",
		"X.overdue":  "X.form, since the coded table is an old one",
	}
	for _, tc := range catalogueCases {
		head, _, _ := strings.Cut(tc.id, "/")
		if tc.alone {
			covered[head] = ""
		}
	}
	for _, row := range report.Catalogue() {
		if _, ok := covered[row.ID]; !ok {
			t.Errorf("nothing proves that %s can object", row.ID)
		}
		if row.Source == "" || row.ZH == "" || row.EN == "" {
			t.Errorf("%s lacks a source or words", row.ID)
		}
		delete(covered, row.ID)
	}
	if left := slices.Sorted(maps.Keys(covered)); left != nil {
		t.Errorf("not in the catalogue: %v", left)
	}
}

// A10 takes what was open from the report itself.
func TestBacklog(t *testing.T) {
	tally := tuplesTally(report.Tuple{Flow: report.Received, Year: 2016, Channel: workflow.Fax, Kind: workflow.Business}, report.Tuple{Flow: report.Open, Year: 2016, Kind: workflow.Business})
	for _, tc := range []struct {
		name string
		in   int64
		want report.Status
	}{{"balanced", 0, report.Pass}, {"one too many", 1, report.Fail}} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := report.Compute(report.Codes2014, "", 2016, tally, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.BacklogIn += tc.in
			found := false
			for _, v := range report.Assess(r.Evidence()) {
				found = found || v.ID == "A10"
				if v.Status == report.Fail && v.ID != "A10" || v.ID == "A10" && v.Status != tc.want {
					t.Errorf("%s is %s", v.ID, v.Status)
				}
			}
			if !found {
				t.Error("no verdict on A10")
			}
		})
	}
}

// A tuple must meet one row and one column, of a form whose rows overlap as of any other.
func TestMisplaced(t *testing.T) {
	result := func(key string, outcomes ...string) report.Row {
		return report.Row{Key: key, Where: report.Where{Flow: report.Concluded, Outcomes: outcomes}}
	}
	columns := []report.Column{{Key: "naturalPerson", Where: report.Where{Kind: workflow.NaturalPerson}}}
	one := concludedOn(granted, workflow.OnTime)
	business := one
	business.Kind = workflow.Business
	for _, tc := range []struct {
		name      string
		rows      []report.Row
		tuple     report.Tuple
		none, two report.Tally
	}{
		{"in one", []report.Row{result("a", "granted"), result("b", "partial")}, one, report.Tally{}, report.Tally{}},
		{"in two", []report.Row{result("a", "granted"), result("b", "partial", "granted")}, one, report.Tally{}, report.Tally{one: 1}},
		{"in no row", []report.Row{result("b", "partial")}, one, report.Tally{one: 1}, report.Tally{}},
		{"in no column", []report.Row{result("a", "granted")}, business, report.Tally{business: 1}, report.Tally{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			none, two := report.Misplaced([]report.Table{{Columns: columns, Rows: tc.rows}}, 2025, tuplesTally(tc.tuple))
			if diff := cmp.Diff(tc.none, none) + cmp.Diff(tc.two, two); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFeesAgainstChapter6(t *testing.T) {
	paid := func(fen int64) *report.CaseEvidence {
		return &report.CaseEvidence{Tally: report.Tally{{Flow: report.Fee, Year: 2025}: fen}}
	}
	for _, tc := range []struct {
		name, text string
		fen        int64
		want       report.Status
	}{
		{"the amount", "本年度1件收取信息处理费380元。", 38000, report.Pass},
		{"another amount", "本年度1件收取信息处理费370元。", 38000, report.Fail},
		{"万元", "收取信息处理费0.038万元", 38000, report.Pass},
		{"fen", "收取信息处理费380.5元", 38050, report.Pass},
		{"none", "无", 38000, report.Fail},
		{"silent", "本年度无其他重大事项，现将有关情况报告如上。", 38000, report.Uncertain},
		{"two amounts", "收取信息处理费380元，其中收取信息处理费200元。", 38000, report.Uncertain},
		{"not collected", "未收取信息处理费", 38000, report.Fail},
		{"zero", "全年收取信息处理费0元", 0, report.Pass},
		{"an amount that nobody paid", "全年收取信息处理费100元", 0, report.Fail},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []report.Status
			for _, v := range (situation{cases: paid(tc.fen), chapters: map[int]string{6: tc.text}}).assess(t) {
				if v.ID == "X.feesVersusChapter6" {
					got = append(got, v.Status)
				}
			}
			if !slices.Equal(got, []report.Status{tc.want}) {
				t.Errorf("%q, want %s alone", got, tc.want)
			}
		})
	}
}

// A report that is computed from cases never fails a hard check, whatever they are.
func TestComputedReportsFailNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tally, list := register(t)
		form := rapid.SampledFrom(report.Forms()).Draw(t, "form")
		year := rapid.IntRange(2016, 2026).Draw(t, "year")
		r, err := report.Compute(form, "", year, tally, nil)
		if err != nil {
			t.Fatal(err)
		}
		before, err := report.Compute(form, "", year-1, tally, nil)
		if err != nil {
			t.Fatal(err)
		}
		e := r.Evidence()
		if form != report.Codes2014 {
			if err := e.Against(before.AppendJSON(nil, "jyj", false)); err != nil {
				t.Fatal(err)
			}
		}
		recount := report.Tally{}
		for _, a := range list {
			for _, c := range report.Tuples(a) {
				if c.Tuple.Flow == report.Concluded && c.Tuple.Year == year {
					recount.Add([]report.Count{c}, 1)
				}
			}
		}
		e.Know(&report.CaseEvidence{Tally: tally, Recount: recount})
		e.Chapters = map[int]string{1: report.Prose(&r)}
		seen := map[string]bool{}
		for _, v := range report.Assess(e) {
			if v.Hard && v.Status == report.Fail {
				t.Fatalf("%s fails: %s", v.ID, v.Message.EN)
			}
			if seen[v.ID] || v.Message.ZH == "" || v.Message.EN == "" {
				t.Fatalf("%s stands twice or lacks words", v.ID)
			}
			seen[v.ID] = true
			for _, cell := range v.Cells {
				if _, err := report.ParseCell(form, "", year, cell); err != nil && !strings.Contains(err.Error(), report.ErrEntered.Error()) {
					t.Fatalf("%s: %v", v.ID, err)
				}
			}
		}
	})
}
