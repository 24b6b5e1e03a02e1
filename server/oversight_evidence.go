package server

import (
	"errors"
	"slices"
	"strings"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
	"gongkai/workflow/report"
)

const (
	// mostEntries is how many cases a check names.
	mostEntries = 100
	// mostRecount is how many concluded applications are counted one by one for an answer.
	mostRecount = 5000
	// mostUnits is how many units below have their chapters compared.
	mostUnits = 200
)

// checks runs the catalogue on a report as it stands.
func (s *Server) checks(r storage.Reader, agency string, year int, form report.Form) ([]checkFacts, error) {
	a, err := r.Agency(agency)
	if err != nil {
		return nil, err
	}
	g := gathering{reader: r, agency: a, law: s.law(a), year: year, form: form}
	e, err := g.evidence()
	if err != nil {
		return nil, err
	}
	verdicts := report.Assess(e)
	list := make([]checkFacts, 0, len(verdicts))
	for i := range verdicts {
		c, err := g.check(&verdicts[i])
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// gathering collects the evidence of one report.
type gathering struct {
	reader storage.Reader
	agency storage.Agency
	law    workflow.Rules
	year   int
	form   report.Form
}

func (g *gathering) evidence() (*report.Evidence, error) {
	rep, err := compute(g.reader, g.agency, g.year, g.form)
	if err != nil {
		return nil, err
	}
	e := rep.Evidence()
	if err := g.before(e); err != nil {
		return nil, err
	}
	if e.Chapters, err = chaptersOf(g.reader, g.agency.ID, g.year); err != nil {
		return nil, err
	}
	if e.ChaptersBefore, err = chaptersOf(g.reader, g.agency.ID, g.year-1); err != nil {
		return nil, err
	}
	if err := g.others(e); err != nil {
		return nil, err
	}
	cases := &report.CaseEvidence{}
	if cases.Tally, err = g.reader.Tally(g.agency.ID, firstYear, g.year); err != nil {
		return nil, err
	}
	if err := g.recount(cases); err != nil {
		return nil, err
	}
	if cases.DirectSuits, err = g.directSuits(rep.Variant); err != nil {
		return nil, err
	}
	e.Know(cases)
	return e, nil
}

// before puts last year's report beside this one: as it was frozen, or as the cases give
// it now. An agency that had nothing at all last year has none.
func (g *gathering) before(e *report.Evidence) error {
	if g.year == firstYear {
		return nil
	}
	var rep report.Report
	frozen, err := versions(g.reader, g.agency.ID, g.year-1)
	if err != nil {
		return err
	}
	if len(frozen) > 0 {
		rep, err = frozen[len(frozen)-1].report(g.form)
	} else {
		rep, err = compute(g.reader, g.agency, g.year-1, g.form)
	}
	if err != nil {
		return err
	}
	if len(frozen) == 0 && blank(&rep) {
		return nil
	}
	if err := e.Against(rep.AppendJSON(nil, g.agency.ID, false)); err != nil && !errors.Is(err, report.ErrForm) {
		return err
	}
	return nil
}

// blank reports whether a report has no figure but zeros.
func blank(rep *report.Report) bool {
	return !slices.ContainsFunc(rep.Lines, func(l report.Line) bool {
		return slices.ContainsFunc(l.Cells, func(c report.Cell) bool { return c.Value.Known && c.Value.Figure != 0 })
	})
}

// others are the chapters of the units below, which whoever may ask about this agency may
// read as well.
func (g *gathering) others(e *report.Evidence) error {
	if len(e.Chapters) == 0 {
		return nil
	}
	ids, err := g.reader.Descendants(g.agency.ID)
	if err != nil {
		return err
	}
	for _, id := range ids[:min(len(ids), mostUnits)] {
		if id == g.agency.ID {
			continue
		}
		text, err := chaptersOf(g.reader, id, g.year)
		if err != nil {
			return err
		}
		if len(text) > 0 {
			e.Others = append(e.Others, report.Chapters{Agency: id, Text: text})
		}
	}
	return nil
}

// recount counts what was concluded in the year one by one, and finds what ended in 其他
// without a reason. Of a year with too many nothing is counted.
func (g *gathering) recount(cases *report.CaseEvidence) error {
	concluded := int64(0)
	for t, n := range cases.Tally {
		if t.Flow == report.Concluded && t.Year == g.year {
			concluded += n
		}
	}
	if concluded > mostRecount {
		return nil
	}
	counts := report.Tally{}
	q := storage.Query{CloseFrom: calendar.New(g.year, 1, 1), CloseTo: calendar.New(g.year, 12, 31), Limit: scanBatch}
	for read := 0; ; {
		list, err := g.reader.Applications(g.agency.ID, q)
		if err != nil {
			return err
		}
		for _, a := range list {
			if err := g.law.Fold(a); err != nil {
				return err
			}
			q.After = a.ID
			for _, c := range report.Tuples(a) {
				if c.Tuple.Flow == report.Concluded && c.Tuple.Year == g.year {
					counts.Add([]report.Count{c}, 1)
				}
			}
			if unreasoned(a) {
				cases.Unreasoned = append(cases.Unreasoned, report.Case{Application: a.ID, ApplicationNo: a.ApplicationNo})
			}
		}
		if read += len(list); read > 2*mostRecount {
			return nil // the counts are off by far, so that the tally is what is wrong
		}
		if len(list) < q.Limit {
			cases.Recount = counts
			return nil
		}
	}
}

// unreasoned reports whether an application counts in 其他 and nothing says why: neither
// the act that ended it, nor, of a ledger, the remark.
func unreasoned(a *workflow.Application) bool {
	const last = "other.other"
	return a.CountedBasis() == last && strings.TrimSpace(a.Remark) == "" &&
		!slices.ContainsFunc(a.Acts, func(act workflow.Act) bool { return act.Basis == last && strings.TrimSpace(act.Text.Reason) != "" })
}

// reviewFirst is the day from which a refusal to disclose is brought before the
// reconsideration authority first (行政复议法 2023 Art 23(1)(4)).
var reviewFirst = calendar.New(2024, 1, 1)

// directSuits are the suits counted in the year that went to court directly over a refusal
// under Arts 14 to 16.
func (g *gathering) directSuits(v report.Variant) ([]report.Case, error) {
	if g.form == report.Codes2014 {
		return nil, nil
	}
	sel, err := report.ParseCell(g.form, v, g.year, "litigationDirect/total")
	if err != nil {
		return nil, err
	}
	b := behind{reader: g.reader, agency: g.agency, law: g.law, terms: sel.Terms(), size: maxRows}
	if _, err := b.page(cellKey{}); err != nil {
		return nil, err
	}
	var out []report.Case
	for _, e := range b.entries {
		_, text, ok := child(e.GetApplication(), "applications")
		if !ok {
			continue
		}
		a, err := g.reader.Application(g.agency.ID, idOf(text))
		if err != nil {
			return nil, err
		}
		if err := g.law.Fold(a); err != nil {
			return nil, err
		}
		filed, err := calendar.Parse(e.GetFileDate())
		if err != nil {
			return nil, err
		}
		if refusedBefore(a, filed) {
			out = append(out, report.Case{Application: a.ID, ApplicationNo: a.ApplicationNo, Remedy: workflow.Litigation, FileDate: filed})
		}
	}
	return out, nil
}

// refusedBefore reports whether the last decision before a day was one that the law sends
// to reconsideration first.
func refusedBefore(a *workflow.Application, filed workflow.Date) bool {
	refused := false
	for _, r := range a.Replies {
		if r.DecideDate > filed {
			break
		}
		row, known := outcome.Of(r.Basis)
		refused = known && row.Remedy == outcome.ReviewFirst && r.DecideDate >= reviewFirst
	}
	return refused
}

// check is a verdict with its cases by name.
func (g *gathering) check(v *report.Verdict) (checkFacts, error) {
	c := checkFacts{
		ID: v.ID, Status: string(v.Status), Hard: v.Hard, ZH: v.Message.ZH, EN: v.Message.EN, Left: v.Left.String(), Right: v.Right.String(),
		Source: v.Source, Cells: v.Cells,
	}
	for _, x := range v.Cases[:min(len(v.Cases), mostEntries)] {
		e := entryFacts{No: x.ApplicationNo, Remedy: strings.ToLower(string(x.Remedy))}
		if x.Application != 0 {
			e.Application = applicationName(g.agency.ID, x.Application)
		}
		if !x.FileDate.IsZero() {
			e.FileDate = x.FileDate.String()
		}
		c.Entries = append(c.Entries, e)
	}
	if len(v.Terms) == 0 {
		return c, nil
	}
	b := behind{reader: g.reader, agency: g.agency, law: g.law, terms: v.Terms, size: mostEntries}
	if _, err := b.page(cellKey{}); err != nil {
		return c, err
	}
	for _, e := range b.entries {
		c.Entries = append(c.Entries, entryFacts{Application: e.GetApplication(), No: e.GetApplicationNo(), Remedy: e.GetRemedyKind(), FileDate: e.GetFileDate()})
	}
	return c, nil
}
