package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/report"
)

// update runs a mutating call in the register of an agency. Whatever it writes goes past
// the frost, so that no path of the service changes a frozen year silently.
func (s *Server) update(ctx context.Context, agency string, fn func(storage.Writer) error) error {
	err := s.store.Update(ctx, agency, func(w storage.Writer) error {
		return fn(&guarded{Writer: w, server: s, frost: &frost{w, agency, s.today().Year()}})
	})
	s.written.Add(1)
	return err
}

// Written grows whenever something may have been recorded.
func (s *Server) Written() int64 { return s.written.Load() }

// guarded is a Writer that asks the frost first, and gives every change of a row its instant.
type guarded struct {
	storage.Writer
	server *Server
	frost  *frost // nil: it was asked
}

// judged is a Writer for what the frost has been asked about as a whole.
func judged(w storage.Writer) storage.Writer {
	if g, ok := w.(*guarded); ok {
		return &guarded{Writer: g.Writer, server: g.server}
	}
	return w
}

func (g *guarded) stamp(events []storage.Event) time.Time {
	now := g.server.instants.next(g.server.now())
	for i := range events {
		events[i].Time = now
	}
	return now
}

// passes asks the frost about a change, and notes that years before the current one
// moved where they do.
func (g *guarded) passes(agency string, was, is []report.Count) error {
	if err := g.frost.counts(was, is); err != nil {
		return err
	}
	if firstOf(was, is) < g.server.today().Year() && !slices.Equal(was, is) {
		g.server.moves.add(agency)
	}
	return nil
}

// InsertApplication is storage.Writer.
func (g *guarded) InsertApplication(a *workflow.Application, c storage.Caches, events ...storage.Event) error {
	var room [8]report.Count
	if err := g.passes(a.Agency, nil, report.AppendTuples(room[:0], a)); err != nil {
		return err
	}
	a.UpdateTime = g.stamp(events)
	a.CreateTime = a.UpdateTime
	return g.Writer.InsertApplication(a, c, events...)
}

// UpdateApplication is storage.Writer.
func (g *guarded) UpdateApplication(before, after *workflow.Application, c storage.Caches, events ...storage.Event) error {
	var x, y [8]report.Count
	if err := g.passes(after.Agency, report.AppendTuples(x[:0], before), report.AppendTuples(y[:0], after)); err != nil {
		return err
	}
	after.UpdateTime = g.stamp(events)
	return g.Writer.UpdateApplication(before, after, c, events...)
}

// InsertRemedy is storage.Writer.
func (g *guarded) InsertRemedy(r *workflow.Remedy, e storage.Event) error {
	if err := g.passes(r.Agency, nil, report.RemedyTuples(r)); err != nil {
		return err
	}
	e.Time = g.stamp(nil)
	return g.Writer.InsertRemedy(r, e)
}

// UpdateRemedy is storage.Writer.
func (g *guarded) UpdateRemedy(before, after workflow.Remedy, e storage.Event) error {
	if err := g.passes(after.Agency, report.RemedyTuples(&before), report.RemedyTuples(&after)); err != nil {
		return err
	}
	e.Time = g.stamp(nil)
	return g.Writer.UpdateRemedy(before, after, e)
}

// PutFigure is storage.Writer.
func (g *guarded) PutFigure(f storage.Figure, e storage.Event) error {
	if err := g.frost.figure(f); err != nil {
		return err
	}
	e.Time = g.stamp(nil)
	g.server.moves.add(e.Agency)
	return g.Writer.PutFigure(f, e)
}

// UpdateAgency is storage.Writer.
func (g *guarded) UpdateAgency(a storage.Agency, e storage.Event) error {
	if err := g.frost.agencyChanged(a); err != nil {
		return err
	}
	e.Time = g.stamp(nil)
	g.server.moves.add(a.ID)
	return g.Writer.UpdateAgency(a, e)
}

// moves counts, for each agency, the acts that may have changed an earlier year, so that
// freezing notices what came between looking and keeping.
type moves struct {
	mu sync.Mutex
	n  map[string]int64
}

func (m *moves) add(agency string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.n == nil {
		m.n = map[string]int64{}
	}
	m.n[agency]++
}

func (m *moves) of(agency string) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.n[agency]
}

// frost refuses what would change the tables of a frozen year. It looks for frozen years
// only where a year before the current one would change: an act of this year costs the
// comparison of a few tuples. A nil frost refuses nothing.
type frost struct {
	reader   storage.Reader
	agency   string
	thisYear int
}

func (m mutation) frost(r storage.Reader) *frost { return &frost{r, m.agency, m.year} }

func (b *bench) frost() *frost { return &frost{b.reader, b.agency, b.today.Year()} }

func (m *importer) frost(r storage.Reader) *frost { return &frost{r, m.agency.ID, m.today.Year()} }

// application compares what an application counted and would count; before is nil for a
// new one.
func (f *frost) application(before, after *workflow.Application) error {
	var was []report.Count
	if before != nil {
		was = report.Tuples(before)
	}
	return f.counts(was, report.Tuples(after))
}

// remedy compares what a remedy counted and would count; before is nil for a new one.
func (f *frost) remedy(before, after *workflow.Remedy) error {
	var was []report.Count
	if before != nil {
		was = report.RemedyTuples(before)
	}
	return f.counts(was, report.RemedyTuples(after))
}

// firstOf is the earliest year that counts name; a year far away if they name none.
func firstOf(lists ...[]report.Count) int {
	first := lastYear + 1
	for _, list := range lists {
		for _, c := range list {
			first = min(first, c.Tuple.Year)
		}
	}
	return first
}

// counts refuses a change of what a case counts that a frozen year would show.
func (f *frost) counts(was, is []report.Count) error {
	if f == nil || slices.Equal(was, is) {
		return nil
	}
	var years map[int]frozenFacts
	for year := firstOf(was, is); year < f.thisYear; year++ {
		removed, added := report.Changes(was, is, year)
		if len(removed)+len(added) == 0 {
			continue
		}
		if years == nil {
			var err error
			if years, err = f.shown(); err != nil {
				return err
			}
		}
		if facts, ok := years[year]; ok {
			return f.refusal(facts, changedCells(facts, removed, added))
		}
	}
	return nil
}

// figure refuses another value of a frozen year.
func (f *frost) figure(fig storage.Figure) error {
	if f == nil || fig.Year >= f.thisYear {
		return nil
	}
	years, err := f.years()
	if err != nil {
		return err
	}
	facts, ok := years[fig.Year]
	if !ok {
		return nil
	}
	value, entered := facts.Figures[fig.Code]
	if entered && value == fig.Value {
		return nil
	}
	return f.refusal(facts, []report.Message{{ZH: "填报项" + fig.Code, EN: "figure " + fig.Code}})
}

// settings refuses those by which a frozen year would be read or printed otherwise.
func (f *frost) settings(s workflow.Settings) error {
	if f == nil {
		return nil
	}
	years, err := f.years()
	if err != nil {
		return err
	}
	for _, year := range slices.Sorted(maps.Keys(years)) {
		facts := years[year]
		if cmp.Or(report.VariantOf(s, year), report.Shanghai) != cmp.Or(report.Variant(facts.Variant), report.Shanghai) {
			return f.refusal(facts, []report.Message{{ZH: "统计表的版式或者归类的读法", EN: "the print of the tables, or how cases are read"}})
		}
	}
	return nil
}

// years are the years that are frozen and not being amended.
func (f *frost) years() (map[int]frozenFacts, error) { return f.yearsOf(f.agency) }

func (f *frost) yearsOf(agency string) (map[int]frozenFacts, error) {
	list, err := f.reader.Latest(agency, frozenPrefix, "", lastYear-firstYear+1)
	if err != nil {
		return nil, err
	}
	out := map[int]frozenFacts{}
	for i := range list {
		var facts frozenFacts
		if err := decodeFacts(&list[i], &facts); err != nil {
			return nil, err
		}
		if facts.State == stateFrozen {
			facts.agency = agency
			out[facts.Year] = facts
		}
	}
	return out, nil
}

// cellsNamed is how many cells a refusal names.
const cellsNamed = 3

func (f *frost) refusal(facts frozenFacts, cells []report.Message) error {
	more := ""
	if len(cells) > cellsNamed {
		more = "…"
		cells = cells[:cellsNamed]
	}
	zh, en := make([]string, len(cells)), make([]string, len(cells))
	for i, c := range cells {
		zh[i], en[i] = c.ZH, c.EN
	}
	out := failf(pb.Reason_YEAR_FROZEN,
		"%[5]s的%[1]d年度报告已冻结（第%[2]d版），本次操作会改变：%[3]s。如确需更正，请先用 gongkai report amend --agency %[5]s --year %[1]d 写明理由并打开更正，办理后由另一人重新冻结（第49条、第50条）",
		"the report of %[5]s on %[1]d is frozen (version %[2]d), and this would change: %[4]s. If it must be, open an amendment with a reason: gongkai report amend --agency %[5]s --year %[1]d; another person freezes it again afterwards (Arts 49, 50)",
		facts.Year, facts.Version, listed(strings.Join(zh, "；")+more), listed(strings.Join(en, "; ")+more), facts.agency)
	out.meta = map[string]string{"year": fmt.Sprint(facts.Year), "version": fmt.Sprint(facts.Version)}
	return out
}

// changedCells names the cells that a change would move: of the form that was submitted,
// else of the first form that shows it.
func changedCells(facts frozenFacts, removed, added []report.Count) []report.Message {
	was, is := report.Tally{}, report.Tally{}
	was.Add(removed, 1)
	is.Add(added, 1)
	for _, form := range append([]report.Form{report.Form(facts.Form)}, report.Forms()...) {
		before, err := report.Compute(form, report.Variant(facts.Variant), facts.Year, was, nil)
		if err != nil {
			continue
		}
		after, err := report.Compute(form, report.Variant(facts.Variant), facts.Year, is, nil)
		if err != nil {
			continue
		}
		if list := movedCells(&before, &after); len(list) > 0 {
			return list
		}
	}
	return []report.Message{{ZH: "报表背后的明细", EN: "what stands behind the tables"}}
}

// movedCells names the cells whose figure differs, those that are no sums first.
func movedCells(before, after *report.Report) []report.Message {
	var parts, sums []report.Message
	for i := range before.Lines {
		line := &before.Lines[i]
		for j, c := range line.Cells {
			x, y := c.Value, after.Lines[i].Cells[j].Value
			if x == y {
				continue
			}
			change := "+"
			if y.Figure < x.Figure {
				change = "−"
			}
			text := cellLabel(line, c)
			text.ZH, text.EN = text.ZH+change, text.EN+change
			if c.Column == "total" || line.Key == "total" {
				sums = append(sums, text)
			} else {
				parts = append(parts, text)
			}
		}
	}
	return slices.Concat(parts, sums)
}

// cellLabel names a cell by its row and column.
func cellLabel(line *report.Line, c report.Cell) report.Message {
	if c.LabelZH == "" {
		return report.Message{ZH: line.LabelZH, EN: line.LabelEN}
	}
	return report.Message{ZH: line.LabelZH + "／" + c.LabelZH, EN: line.LabelEN + " / " + c.LabelEN}
}

// thawed tells a row of a ledger that would change a frozen year as a refused row.
func thawed(v verdict, err error) (verdict, error) {
	f, ok := errors.AsType[*fault](err)
	if !ok || f.reason != pb.Reason_YEAR_FROZEN {
		return v, err
	}
	return verdict{refused: []problem{{-1, "", f.reason.String(), f.zh, f.en}}}, nil
}
