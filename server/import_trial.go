package server

import (
	"bytes"
	"cmp"
	"compress/flate"
	"context"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/report"
)

// rehearsal is what a dry run would have written: what it adds to the counts, and its
// rows in a compact form, because a later row of the file may be about the same
// application. It holds a few dozen bytes a row.
type rehearsal struct {
	tally    report.Tally
	years    map[int]bool
	entered  map[int]map[string]storage.Figure
	remedies map[ledgerRemedy][]workflow.Remedy

	seed  maphash.Seed
	rows  map[uint64]place
	later map[uint64][]place // of numbers that came more than once
	often map[string]*workflow.Application
	packs []pack
	open  pack
}

// place is a row of a pack.
type place struct{ pack, row int32 }

// pack is a number of rows of one sheet, compressed once it is full.
type pack struct {
	sheet *sheet
	rows  []*pb.LedgerRow
	data  []byte
}

// What came often is kept as it would stand, so that its rows are not read back for each
// that follows: so many applications, of which so many rows came.
const (
	oftenKept = 1000
	oftenRows = 8
)

// packRows is how many rows are compressed together: reading one back costs them all.
const packRows = 256

func newRehearsal() *rehearsal {
	return &rehearsal{
		tally: report.Tally{}, years: map[int]bool{}, entered: map[int]map[string]storage.Figure{},
		remedies: map[ledgerRemedy][]workflow.Remedy{},
		seed:     maphash.MakeSeed(), rows: map[uint64]place{}, later: map[uint64][]place{},
		often: map[string]*workflow.Application{},
	}
}

// rehearse judges a row by what is stored and by the rows that came before.
func (m *importer) rehearse(r storage.Reader, s *sheet, d *draft) (verdict, error) {
	v, number := d.verdict, d.entry.text[colNo]
	base, replayed, err := m.replayRows(v.before, number)
	if err != nil {
		return v, err
	}
	if replayed {
		if v, err = m.judge(base, d.entry); err != nil {
			return v, err
		}
	}
	if !v.imported {
		return v, nil
	}
	if err := m.frost(r).application(v.before, v.after); err != nil {
		return v, err
	}
	if v.before != nil {
		m.trial.add(report.Tuples(v.before), -1)
	}
	m.trial.add(report.Tuples(v.after), 1)
	m.trial.note(number, v.after)
	return v, m.trial.keep(s, d.LedgerRow, number)
}

// note keeps an application whose number came often.
func (t *rehearsal) note(number string, a *workflow.Application) {
	if len(t.later[maphash.String(t.seed, number)]) < oftenRows {
		return
	}
	for other := range t.often {
		if len(t.often) < oftenKept {
			break
		}
		delete(t.often, other)
	}
	t.often[number] = a
}

// replayRows applies the rows of a number that came before to what is stored of it.
func (m *importer) replayRows(base *workflow.Application, number string) (*workflow.Application, bool, error) {
	t := m.trial
	if a, ok := t.often[number]; ok {
		return a, true, nil
	}
	key := maphash.String(t.seed, number)
	first, ok := t.rows[key]
	if !ok {
		return base, false, nil
	}
	done := false
	for _, at := range append([]place{first}, t.later[key]...) {
		s, row, err := t.read(at)
		if err != nil {
			return nil, false, err
		}
		e, _ := readEntry(&record{sheet: s, row: row.GetRow(), cells: row.GetCells()}, m.agency, m.today)
		if e.text[colNo] != number {
			continue
		}
		v, err := m.judge(base, e)
		if err != nil {
			return nil, false, err
		}
		if v.after != nil {
			base, done = v.after, true
		}
	}
	return base, done, nil
}

// expected is an application as it would stand after the rows before; nil if there would
// be none.
func (m *importer) expected(r storage.Reader, number string) (*workflow.Application, error) {
	a, err := m.stored(r, number)
	if err != nil || m.trial == nil {
		return a, err
	}
	a, _, err = m.replayRows(a, number)
	return a, err
}

// add counts tuples and notes the years that they touch.
func (t *rehearsal) add(counts []report.Count, n int64) {
	t.tally.Add(counts, n)
	for _, c := range counts {
		t.years[c.Tuple.Year] = true
	}
}

// keep remembers a row.
func (t *rehearsal) keep(s *sheet, row *pb.LedgerRow, number string) error {
	if len(t.open.rows) == packRows || t.open.sheet != s && len(t.open.rows) > 0 {
		if err := t.close(); err != nil {
			return err
		}
	}
	t.open.sheet = s
	at := place{int32(len(t.packs)), int32(len(t.open.rows))}
	t.open.rows = append(t.open.rows, row)
	key := maphash.String(t.seed, number)
	if _, ok := t.rows[key]; ok {
		t.later[key] = append(t.later[key], at)
	} else {
		t.rows[key] = at
	}
	return nil
}

// close compresses the pack that is open.
func (t *rehearsal) close() error {
	raw, err := proto.Marshal(&pb.RowBatch{Rows: t.open.rows})
	if err != nil {
		return fmt.Errorf("packing rows: %w", err)
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err == nil {
		_, err = w.Write(raw)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return fmt.Errorf("packing rows: %w", err)
	}
	t.packs = append(t.packs, pack{sheet: t.open.sheet, data: bytes.Clone(b.Bytes())})
	t.open = pack{}
	return nil
}

// read finds a row again.
func (t *rehearsal) read(at place) (*sheet, *pb.LedgerRow, error) {
	if int(at.pack) == len(t.packs) {
		return t.open.sheet, t.open.rows[at.row], nil
	}
	p := t.packs[at.pack]
	raw, err := io.ReadAll(flate.NewReader(bytes.NewReader(p.data)))
	var rows pb.RowBatch
	if err == nil {
		err = proto.Unmarshal(raw, &rows)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("unpacking rows: %w", err)
	}
	return p.sheet, rows.GetRows()[at.row], nil
}

// remedy remembers what became of a remedy.
func (t *rehearsal) remedy(e *remedyRow, before *workflow.Remedy, steps []remedyStep) {
	if len(steps) == 0 {
		return
	}
	last := steps[len(steps)-1].Remedy
	if before != nil {
		t.add(report.RemedyTuples(before), -1)
	}
	t.add(report.RemedyTuples(&last), 1)
	list := t.remedies[e.ledgerRemedy]
	for len(list) < e.nth {
		list = append(list, workflow.Remedy{})
	}
	list[e.nth-1] = last
	t.remedies[e.ledgerRemedy] = list
}

// overlay puts what the run would have written over what is stored.
func (t *rehearsal) overlay(key ledgerRemedy, list []workflow.Remedy) []workflow.Remedy {
	for i, r := range t.remedies[key] {
		switch {
		case i >= len(list):
			list = append(list, r)
		case r.Kind != "":
			list[i] = r
		}
	}
	return list
}

// figure remembers a figure.
func (t *rehearsal) figure(f storage.Figure) {
	if t.entered[f.Year] == nil {
		t.entered[f.Year] = map[string]storage.Figure{}
	}
	t.entered[f.Year][f.Code] = f
	t.years[f.Year] = true
}

// figures puts what the run would have entered over what is stored of a year.
func (t *rehearsal) figures(year int, have map[string]storage.Figure) {
	maps.Copy(have, t.entered[year])
}

// reports computes the reports that would follow, of each year that the run touches, in
// the forms usual for it.
func (m *importer) reports(ctx context.Context) ([]*pb.AnnualReportFigures, error) {
	t := m.trial
	var out []*pb.AnnualReportFigures
	years := make([]int, 0, len(t.years))
	for y := range t.years {
		years = append(years, y)
	}
	slices.SortFunc(years, cmp.Compare[int])
	err := m.server.store.View(ctx, func(r storage.Reader) error {
		out = nil
		for _, year := range years {
			list, err := m.reportsOf(r, year)
			if err != nil {
				return err
			}
			out = append(out, list...)
		}
		return nil
	})
	return out, err
}

func (m *importer) reportsOf(r storage.Reader, year int) ([]*pb.AnnualReportFigures, error) {
	tally, err := r.Tally(m.agency.ID, firstYear, year)
	if err != nil {
		return nil, err
	}
	tally.Merge(m.trial.tally)
	list, err := r.Figures(m.agency.ID, year)
	if err != nil {
		return nil, err
	}
	entered := byCode(list)
	for code, f := range m.trial.entered[year] {
		entered[code] = f.Value
	}
	var out []*pb.AnnualReportFigures
	for _, form := range usualForms(year) {
		rep, err := fill(m.agency, year, form, tally, entered)
		if err != nil {
			return nil, err
		}
		json := rep.AppendJSON(nil, m.agency.ID, m.server.provisional(year))
		out = append(out, &pb.AnnualReportFigures{Year: int32(year), Form: string(form), Json: string(json)})
	}
	return out, nil
}

// usualForms are the forms in use for reports on a year.
func usualForms(year int) []report.Form {
	var out []report.Form
	for _, f := range report.Forms() {
		if f.Usual(year) {
			out = append(out, f)
		}
	}
	if out == nil {
		out = append(out, report.DefaultForm(year))
	}
	return out
}
