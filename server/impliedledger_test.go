package server_test

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
	"gongkai/workflow/report"
)

// statutory is a report as it is published: its figures by their place in "figures",
// such as rows/granted/total, review/upheld or codes/3100.
type statutory struct {
	name    string
	form    report.Form
	variant report.Variant
	year    int
	figures map[string]report.Figure
	random  bool // made up, from a seed
	seed    int
}

func (s *statutory) count(path ...string) int {
	return int(s.figures[strings.Join(path, "/")] / report.Whole(1))
}

// applicantColumns are the columns of table 三 without the total.
var applicantColumns = []struct {
	key  string
	kind workflow.ApplicantKind
}{
	{"naturalPerson", workflow.NaturalPerson},
	{"business", workflow.Business},
	{"research", workflow.Research},
	{"socialOrg", workflow.PublicInterest},
	{"legalService", workflow.LegalService},
	{"other", workflow.OtherKind},
}

// codeChannels are the channels of 3110 to 3140.
var codeChannels = map[string][]workflow.Channel{
	"3110": {workflow.InPerson, workflow.Oral},
	"3120": {workflow.Fax},
	"3130": {workflow.OnlineForm, workflow.Email},
	"3140": {workflow.PostSigned, workflow.PostOrdinary},
}

// impliedRemedy is a row of the second sheet.
type impliedRemedy struct {
	no, kind         string
	filed, concluded workflow.Date // concluded zero: pending to this day
	result           string
	afterReview      bool
	reviewer         bool
}

// implied is a ledger from which a report must follow.
type implied struct {
	year     int
	cases    []impliedCase
	remedies []impliedRemedy
	figures  map[string]string // by code
}

// impliedLedger makes a ledger whose import must yield exactly the figures of a report:
// for each application counted a lawful history, for each remedy its dates, and beside
// them rows that no cell of the year counts.
func impliedLedger(t testing.TB, s *statutory) *implied {
	t.Helper()
	h := fnv.New64a()
	h.Write([]byte(s.name))
	c := &clerk{t: t, rng: rand.New(rand.NewPCG(h.Sum64(), 1)), cal: calendar.Embedded()}
	l := &implied{year: s.year, figures: map[string]string{}}
	if s.form == report.Codes2014 {
		c.codedTable(s)
		l.remedies = c.codedRemedies(s)
	} else {
		c.tableThree(s)
		l.remedies = c.tableFour(s)
	}
	c.bystanders(s.year)
	c.rng.Shuffle(len(c.cases), func(i, j int) { c.cases[i], c.cases[j] = c.cases[j], c.cases[i] })
	l.cases = c.cases
	for path, f := range s.figures {
		member, key, _ := strings.Cut(path, "/")
		if key == "7000" && s.variant == report.National {
			f *= 10_000 // kept in yuan, printed in 10,000 yuan
		}
		if (member == "codes" || member == "t2") && report.CheckFigure(s.year, key, f) == nil {
			l.figures[key] = f.String()
		}
	}
	return l
}

// flows are the applications of one column: those received before the year and in it,
// and the rows on which some of them end in it.
type flows struct {
	kinds               []workflow.ApplicantKind
	carriedIn, received int
	channels            [][]workflow.Channel // of each received; nil: any
	ends                []ending
}

// ending is a conclusion that a cell asks for.
type ending struct {
	fits     func(outcome.Row) bool
	pace     pace
	feeYears bool // only for applications received since fees may be charged
}

// register meets the needs of a column. Which of the endings fall to applications
// carried in is drawn; the others go to those received in the year, and what has no
// ending stays open over its last day.
func (c *clerk) register(year int, f flows, fees []int64) {
	c.rng.Shuffle(len(f.ends), func(i, j int) { f.ends[i], f.ends[j] = f.ends[j], f.ends[i] })
	most := len(f.ends)
	if year <= feesFrom.Year() {
		slices.SortStableFunc(f.ends, func(a, b ending) int { return rank(a.feeYears) - rank(b.feeYears) })
		most = slices.IndexFunc(append(f.ends, ending{feeYears: true}), func(e ending) bool { return e.feeYears })
	}
	low, high := max(0, len(f.ends)-f.received), min(f.carriedIn, most)
	if low > high {
		c.t.Fatalf("%d: %d carried in and %d received cannot end %d times", year, f.carriedIn, f.received, len(f.ends))
	}
	old := max(low, high-c.among(0, 2))
	for i := range f.carriedIn {
		n := need{kind: pick(c, f.kinds...), channels: workflow.Channels(), receive: december(year - 1), close: yearOf(year)}
		c.settle(n, f.ends[:old], i, year)
	}
	for i := range f.received {
		n := need{kind: pick(c, f.kinds...), channels: workflow.Channels(), receive: yearOf(year), close: yearOf(year)}
		if f.channels != nil {
			n.channels = f.channels[i]
		}
		if i < len(fees) && !(old+i < len(f.ends) && f.ends[old+i].feeYears) {
			n.fen, n.paid = fees[i], yearOf(year)
		}
		c.settle(n, f.ends[old:], i, year)
	}
}

func rank(b bool) int {
	if b {
		return 1
	}
	return 0
}

func december(year int) span { return span{calendar.New(year, 12, 1), calendar.New(year, 12, 31)} }

// settle registers an application that ends in the i-th of the ways given, or else
// after the year, or not to this day.
func (c *clerk) settle(n need, ends []ending, i, year int) {
	if i < len(ends) {
		n.ends, n.pace = ends[i].fits, ends[i].pace
	} else {
		if n.receive.last.Year() == year && !c.one(5) {
			n.receive = december(year)
		}
		n.close = span{calendar.New(year+1, 1, 1), calendar.New(year+1, 3, 31)}
		if c.one(2) {
			n.ends = anyRow
		}
	}
	c.add(n)
}

func anyRow(outcome.Row) bool { return true }

// tableThree registers the applications of the forms of 2019 and 2021.
func (c *clerk) tableThree(s *statutory) {
	for _, col := range applicantColumns {
		f := flows{
			kinds:     []workflow.ApplicantKind{col.kind},
			carriedIn: s.count("rows", "carriedIn", col.key), received: s.count("rows", "newReceived", col.key),
		}
		for _, path := range slices.Sorted(maps.Keys(s.figures)) {
			part := strings.Split(path, "/")
			if part[0] != "rows" || part[2] != col.key || slices.Contains([]string{"newReceived", "carriedIn", "total", "carriedForward"}, part[1]) {
				continue
			}
			e := ending{fits: func(r outcome.Row) bool { return r.Row2021 == part[1] || r.Row2019() == part[1] }, feeYears: part[1] == "other.feeNotPaid"}
			for range s.count(path) {
				f.ends = append(f.ends, e)
			}
		}
		var fees []int64 // which these forms do not show
		if s.year >= feesFrom.Year() {
			fees = []int64{12_345, 700}
		}
		c.register(s.year, f, fees)
		if open := f.carriedIn + f.received - len(f.ends); open != s.count("rows", "carriedForward", col.key) {
			c.t.Fatalf("%s: %d stay open in column %s, %d are printed", s.name, open, col.key, s.count("rows", "carriedForward", col.key))
		}
	}
}

// codedTable registers the applications of the coded table, which says nothing of
// carry-over and of applicants.
func (c *clerk) codedTable(s *statutory) {
	n := func(code string) int { return s.count("codes", code) }
	f := flows{kinds: workflow.ApplicantKinds(), received: n("3100")}
	for _, code := range slices.Sorted(maps.Keys(codeChannels)) {
		for range n(code) {
			f.channels = append(f.channels, codeChannels[code])
		}
	}
	for _, code := range slices.Sorted(maps.Keys(s.figures)) {
		code = strings.TrimPrefix(code, "codes/")
		if code < "3310" || code > "3380" || code == "3340" {
			continue
		}
		for range n(code) {
			f.ends = append(f.ends, ending{fits: func(r outcome.Row) bool { return r.Code2014 == code }})
		}
	}
	if n("3200") < len(f.ends) {
		c.t.Fatalf("%s: more replies (%d) than conclusions (%d)", s.name, len(f.ends), n("3200"))
	}
	for len(f.ends) < n("3200") {
		f.ends = append(f.ends, ending{fits: func(r outcome.Row) bool { return r.Code2014 == "" && !r.Year2021 }})
	}
	c.rng.Shuffle(len(f.ends), func(i, j int) { f.ends[i], f.ends[j] = f.ends[j], f.ends[i] })
	for i := range f.ends {
		f.ends[i].pace = inTime
		if i < n("3220") {
			f.ends[i].pace = delayed
		}
	}
	f.carriedIn = max(0, n("3200")-n("3100"))
	if s.year > firstDay.Year() {
		f.carriedIn += c.among(0, 2)
	}
	c.register(s.year, f, c.fees(s, f.received))
}

// fees divides what was paid in the year among applications; before 2021 the figure is
// entered.
func (c *clerk) fees(s *statutory, received int) []int64 {
	fen := int64(s.figures["codes/7000"]) / int64(report.Whole(1)/100)
	if s.variant == report.National {
		fen = int64(s.figures["codes/7000"])
	}
	if s.year < feesFrom.Year() || fen == 0 {
		return nil
	}
	if received == 0 {
		c.t.Fatalf("%s: a fee without an application", s.name)
	}
	parts := min(int64(received), 3, fen)
	out := make([]int64, parts)
	for i := range out {
		out[i] = fen / parts
	}
	out[0] += fen % parts
	return out
}

// bystanders are applications that count nowhere in the year: concluded before it,
// received after it, never confirmed.
func (c *clerk) bystanders(year int) {
	if year-1 > firstDay.Year() {
		for range 2 {
			c.add(need{kind: pick(c, workflow.ApplicantKinds()...), channels: workflow.Channels(), receive: yearOf(year - 1), close: yearOf(year - 1), ends: anyRow})
		}
	}
	later := span{calendar.New(year+1, 1, 1), calendar.New(year+1, 2, 10)}
	for range 2 {
		c.add(need{kind: pick(c, workflow.ApplicantKinds()...), channels: workflow.Channels(), receive: later, close: span{later.first, later.last.AddDays(80)}, ends: anyRow})
	}
	for range 2 {
		made := impliedCase{kind: pick(c, workflow.ApplicantKinds()...), channel: pick(c, workflow.OnlineForm, workflow.PostOrdinary, workflow.Fax)}
		made.cells = map[string]string{"channel": spellings[made.channel][0], "arrive_date": c.dayIn(yearOf(year)).String()}
		c.person(&made)
		made.no = fmt.Sprintf("U%d-%d", year, len(c.cases))
		made.cells["application_no"] = made.no
		c.cases = append(c.cases, made)
	}
}

// tableFour files the remedies of the forms of 2019 and 2021.
func (c *clerk) tableFour(s *statutory) []impliedRemedy {
	var out []impliedRemedy
	for _, group := range []struct {
		key, kind string
		after     bool
	}{{"review", "reconsideration", false}, {"litigationDirect", "litigation", false}, {"litigationAfterReview", "litigation", true}} {
		for _, result := range []string{"upheld", "corrected", "other", "pending"} {
			for range s.count(group.key, result) {
				out = append(out, c.remedy(s.year, group.kind, result, group.after))
			}
		}
	}
	for range c.among(0, 3) {
		out = append(out, impliedRemedy{kind: "complaint", filed: c.dayIn(yearOf(s.year))})
	}
	return append(out, c.idleRemedies(s.year)...)
}

// codedRemedies files those of sections 4 to 6, which do not count what is pending.
func (c *clerk) codedRemedies(s *statutory) []impliedRemedy {
	var out []impliedRemedy
	for _, section := range []struct{ digit, kind string }{{"4", "reconsideration"}, {"5", "litigation"}} {
		for i, result := range []string{"upheld", "corrected", "other"} {
			for range s.count("codes", fmt.Sprintf("%s%d00", section.digit, i+1)) {
				out = append(out, c.remedy(s.year, section.kind, result, section.kind == "litigation" && c.one(2)))
			}
		}
		out = append(out, c.remedy(s.year, section.kind, "pending", false))
	}
	for range s.count("codes", "6000") {
		filed := c.dayIn(yearOf(s.year))
		out = append(out, impliedRemedy{no: c.answered(filed), kind: "complaint", filed: filed})
	}
	return append(out, c.idleRemedies(s.year)...)
}

// remedy is one that ended in the year, or stood undecided over its end.
func (c *clerk) remedy(year int, kind, result string, after bool) impliedRemedy {
	r := impliedRemedy{kind: kind, result: result, afterReview: after}
	if result == "pending" {
		r.filed = c.dayIn(yearOf(year))
		if c.one(2) {
			r.result = pick(c, "upheld", "corrected", "other")
			r.concluded = c.dayIn(span{calendar.New(year+1, 1, 1), calendar.New(year+1, 6, 1)})
		}
	} else {
		r.concluded = c.dayIn(yearOf(year))
		r.filed = max(firstDay, r.concluded.AddDays(-c.among(0, 250)))
	}
	r.no = c.answered(r.filed)
	return r
}

// answered names an application closed by a day, or none: a case may concern what an
// agency published by itself.
func (c *clerk) answered(by workflow.Date) string {
	for range 4 {
		if a := pick(c, append(c.cases, impliedCase{})...); !a.closed.IsZero() && a.closed <= by {
			return a.no
		}
	}
	return ""
}

// idleRemedies count nowhere in the year.
func (c *clerk) idleRemedies(year int) []impliedRemedy {
	out := []impliedRemedy{
		{kind: "litigation", filed: yearOf(year).first, concluded: yearOf(year).last, result: "corrected", reviewer: true},
		{kind: "litigation", filed: calendar.New(year+1, 1, 1), concluded: calendar.New(year+1, 1, 2), result: "upheld"},
		{kind: "complaint", filed: calendar.New(year+1, 1, 1)},
	}
	if year > firstDay.Year() {
		out = append(out, impliedRemedy{kind: "reconsideration", filed: yearOf(year - 1).first, concluded: yearOf(year - 1).last, result: "other"})
	}
	return out
}

// key identifies a remedy as a list of entries shows it.
func (r impliedRemedy) key() string { return r.kind + " " + r.no + " " + r.filed.String() }

// row writes a remedy with the headings of the ledger.
func (r impliedRemedy) row() map[string]string {
	out := map[string]string{"application_no": r.no, "kind": r.kind, "file_date": r.filed.String(), "result": r.result, "conclude_date": r.concluded.String()}
	if r.result == "pending" || r.concluded.IsZero() {
		out["result"] = ""
	}
	if r.kind == "litigation" {
		out["after_reconsideration"] = map[bool]string{true: "是", false: "否"}[r.afterReview]
	}
	if r.reviewer {
		out["capacity"] = "复议机关"
	}
	return out
}

// rows are the three sheets as text.
func (l *implied) rows() (applications, remedies, figures []map[string]string) {
	for _, c := range l.cases {
		applications = append(applications, c.cells)
	}
	for _, r := range l.remedies {
		remedies = append(remedies, r.row())
	}
	for _, code := range slices.Sorted(maps.Keys(l.figures)) {
		figures = append(figures, map[string]string{"year": fmt.Sprint(l.year), "code": code, "value": l.figures[code]})
	}
	slices.SortStableFunc(remedies, func(a, b map[string]string) int { return cmp.Compare(a["kind"], b["kind"]) })
	return applications, remedies, figures
}
