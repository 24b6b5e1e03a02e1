package server_test

import (
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
	"gongkai/workflow/scenario"
)

// histories reads what was recorded: every accepted act as it was sent, and nothing else.
func (p *play) histories() {
	p.t.Helper()
	for p.current = range p.sent {
		res, err := p.apps[workflow.Officer].ListEvents(p.t.Context(), &pb.ListEventsRequest{Name: p.name()})
		if err != nil {
			p.t.Fatal(err)
		}
		var got []*pb.Action
		for i, e := range res.GetEvents() {
			got = append(got, e.GetAction())
			if i < len(p.sent[p.current]) {
				fillLetter(p.sent[p.current][i], e.GetAction())
			}
			if e.GetRevision() != int64(i+1) || e.GetArticle() == "" || e.GetFromLedger() {
				p.t.Errorf("%s: event %d is %v", p.current, i+1, e)
			}
		}
		if diff := cmp.Diff(p.sent[p.current], got, protocmp.Transform()); diff != "" {
			p.t.Errorf("%s (-sent +recorded):\n%s", p.current, diff)
		}
		a, _ := p.read()
		if last := res.GetEvents()[len(got)-1]; last.GetState() != a.GetState() {
			p.t.Errorf("%s: the history ends in %v, the application is %v", p.current, last.GetState(), a.GetState())
		}
	}
}

// fillLetter puts the number of the letter that the service found into an action that left
// it out because just one could be meant.
func fillLetter(sent, recorded *pb.Action) {
	x := sent.ProtoReflect().WhichOneof(sent.ProtoReflect().Descriptor().Oneofs().Get(0))
	if x == nil || !recorded.ProtoReflect().Has(x) {
		return
	}
	from, to := recorded.ProtoReflect().Get(x).Message(), sent.ProtoReflect().Get(x).Message()
	if f := x.Message().Fields().ByName("consultation"); f != nil && !to.Has(f) && from.Has(f) {
		to.Set(f, from.Get(f))
	}
}

// isResult reports whether a row of the form that tells a row or a code counts what came of
// a case. Each case is in one such row at most; a sum of others is none.
func isResult(key, row string) bool {
	if key == "code" {
		return row > "3300" && row < "3400" && row != "3340"
	}
	return !slices.Contains([]string{"newReceived", "carriedIn", "carriedForward", "total"}, row) && !strings.HasPrefix(row, "review") && !strings.HasPrefix(row, "litigation")
}

// counted finds in which rows of results the annual report of its year counts the
// application at hand, by what is behind each of them.
func (p *play) counted(w scenario.Want, a *pb.Application) string {
	p.t.Helper()
	year, err := strconv.Atoi(strings.Split(a.GetConclusion().GetCloseDate(), "-")[0])
	if err != nil {
		p.fatalf(w.Line, "%s of a case that is not closed", w.Key)
	}
	form := map[string]string{"row": "table-2021", "code": "codes-2014"}[w.Key]
	var rows []string
	for _, row := range p.report(w.Line, form, year).GetRows() {
		if row.GetKey() == "" || !isResult(w.Key, row.GetKey()) || !derived(row) {
			continue
		}
		entries := p.behind(w.Line, form, year, row.GetKey()).GetEntries()
		if slices.ContainsFunc(entries, func(e *pb.CellEntry) bool { return e.GetApplication() == a.GetName() }) {
			rows = append(rows, row.GetKey())
		}
	}
	return strings.Join(rows, " ")
}

// derived reports whether a row has figures and they come from cases.
func derived(row *pb.ReportRow) bool {
	return len(row.GetCells()) > 0 && !row.GetCells()[0].GetEntered()
}

// report computes a form; the identities that it is to keep must hold.
func (p *play) report(line int, form string, year int) *pb.AnnualReport {
	p.t.Helper()
	rep, err := p.reports.ComputeAnnualReport(p.t.Context(), &pb.ComputeAnnualReportRequest{Parent: p.parent, Form: form, Year: int32(year)})
	if err != nil {
		p.fatalf(line, "computing %s of %d: %v", form, year, err)
	}
	for _, f := range rep.GetFindings() {
		if f.GetStatus() == pb.Finding_FAIL {
			p.errorf(line, "%s of %d fails %s: %s", form, year, f.GetId(), f.GetMessage())
		}
	}
	return rep
}

// behind lists all that is behind a cell: as many entries as its figure.
func (p *play) behind(line int, form string, year int, cell string) *pb.ListCellEntriesResponse {
	p.t.Helper()
	res, err := p.reports.ListCellEntries(p.t.Context(), &pb.ListCellEntriesRequest{Parent: p.parent, Form: form, Year: int32(year), Cell: cell})
	if err != nil {
		p.fatalf(line, "listing %s of %s: %v", cell, form, err)
	}
	if res.GetValue() != strconv.Itoa(len(res.GetEntries())) {
		p.errorf(line, "%s of %s is %s with %d entries behind it", cell, form, res.GetValue(), len(res.GetEntries()))
	}
	return res
}

// ask puts a question of a script that the interface answers.
func (p *play) ask(s scenario.Step) {
	p.t.Helper()
	text := func(name string) string { v, _ := s.Field(name); return v }
	number := func(name string) int {
		n, err := strconv.Atoi(text(name))
		if err != nil {
			p.fatalf(s.Line, "%s: %v", name, err)
		}
		return n
	}
	var key, got string
	switch s.Name {
	case "add_workdays":
		res, err := p.days.AddWorkdays(p.t.Context(), &pb.AddWorkdaysRequest{Date: text("date"), Workdays: int32(number("workdays")), KnownOnDate: text("as_of")})
		if err != nil {
			p.fatalf(s.Line, "counting workdays: %v", err)
		}
		key, got = "date", res.GetDate()
	case "cell":
		key, got = "value", p.cell(s.Line, text("form"), number("year"), text("cell"))
	default:
		p.fatalf(s.Line, "no question is called %q", s.Name)
	}
	if len(s.Wants) == 0 {
		p.errorf(s.Line, "a question without an answer")
	}
	for _, w := range s.Wants {
		if w.Key != key || w.Value() != got {
			p.errorf(w.Line, "%s is %q, want %s %q", key, got, w.Key, w.Value())
		}
	}
}

// cell is a figure of the report, which must be that of the list behind it.
func (p *play) cell(line int, form string, year int, cell string) string {
	p.t.Helper()
	key, column, _ := strings.Cut(cell, "/")
	for _, row := range p.report(line, form, year).GetRows() {
		for _, c := range row.GetCells() {
			if row.GetKey() != key || c.GetColumn() != column && (column != "" || c.GetColumn() != "total") {
				continue
			}
			if listed := p.behind(line, form, year, cell).GetValue(); listed != c.GetValue() {
				p.errorf(line, "%s of %s is %s in the report, %s in the list", cell, form, c.GetValue(), listed)
			}
			return c.GetValue()
		}
	}
	p.fatalf(line, "%s has no cell %s", form, cell)
	return ""
}
