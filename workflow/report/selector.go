package report

import (
	"fmt"
	"slices"

	"gongkai/workflow"
	"gongkai/workflow/outcome"
)

// Selector says what is behind a derived cell: a tuple counts in the cell if one of the
// rows and one of the columns that the cell adds up admit it.
type Selector struct {
	Cell string // its full name
	Year int
	// Amount says that the cell adds up money, so that it has as many entries as
	// payments, not as its figure.
	Amount        bool
	rows, columns []*Where
	row           *Row
	read          readings
}

// ParseCell reads the name of a cell (ROW/COLUMN; ROW for the total or the only figure)
// and returns what is behind it. A cell that is entered for the year is ErrEntered, an
// unknown one a *CellError, which is ErrCell.
func ParseCell(form Form, v Variant, year int, cell string) (Selector, error) {
	p, err := form.find(v, cell)
	if err != nil {
		return Selector{}, err
	}
	read, err := v.readings()
	if err != nil {
		return Selector{}, err
	}
	row := &p.table.Rows[p.row]
	if row.entered(year) {
		return Selector{}, fmt.Errorf("cell %s: %w", p.name(), ErrEntered)
	}
	return Selector{
		Cell: p.name(), Year: year, Amount: row.Where.Flow == Fee,
		rows: p.table.rowWheres(p.row, nil), columns: p.table.columnWheres(p.column, nil), row: row, read: read,
	}, nil
}

// rowWheres expands a row that is a sum into the conditions of its parts.
func (t *Table) rowWheres(i int, dst []*Where) []*Where {
	if len(t.Rows[i].Sum) == 0 {
		dst = append(dst, &t.Rows[i].Where)
		if also := t.Rows[i].Also; also != nil {
			dst = append(dst, also)
		}
		return dst
	}
	for _, key := range t.Rows[i].Sum {
		dst = t.rowWheres(t.row(key), dst)
	}
	return dst
}

func (t *Table) columnWheres(j int, dst []*Where) []*Where {
	if len(t.Columns[j].Sum) == 0 {
		return append(dst, &t.Columns[j].Where)
	}
	for _, key := range t.Columns[j].Sum {
		dst = t.columnWheres(t.column(key), dst)
	}
	return dst
}

// Matches reports whether a tuple counts in the cell.
func (s Selector) Matches(t Tuple) bool {
	seen := sighted{tuple: t}
	seen.outcome, seen.code = s.read.of(t.Basis)
	admits := func(w *Where) bool { return w.admits(seen, s.Year) }
	return slices.ContainsFunc(s.rows, admits) && slices.ContainsFunc(s.columns, admits)
}

// Value is the cell's figure for a tally: the matching tuples, in the row's unit.
func (s Selector) Value(tally Tally) Figure {
	var n int64
	for t, count := range tally {
		if s.Matches(t) {
			n += count
		}
	}
	return s.row.worth(n)
}

// Term is one conjunction for a store's search. A tuple counts in the cell if and only
// if one of the cell's terms holds: every named field of the tuple lies in the list,
// and its year in [From, To]. An empty list admits everything.
type Term struct {
	Flow     Flow
	From, To int // years of the tuple; From 0: however long ago
	Channels []workflow.Channel
	Kinds    []workflow.ApplicantKind
	Bases    []outcome.Basis
	Timings  []workflow.Timing
	Remedy   workflow.RemedyKind
	Suit     Suit
	Results  []workflow.RemedyResult
}

// Terms returns the terms of the cell, one a flow.
func (s Selector) Terms() []Term {
	var terms []Term
	for _, row := range s.rows {
		for _, col := range s.columns {
			for _, t := range s.flows(row, col) {
				t.Remedy, t.Suit = row.Remedy, row.Suit
				i := slices.IndexFunc(terms, func(o Term) bool { return o.Flow == t.Flow })
				if i < 0 {
					i = len(terms)
					terms = append(terms, t)
				}
				terms[i].widen(row, col, s.read)
			}
		}
	}
	return terms
}

// flows returns the flows and years that a row and its column ask for.
func (s Selector) flows(row, col *Where) []Term {
	w := row
	if w.Flow == "" {
		w = col
	}
	year := s.Year
	switch w.When {
	case During:
		return []Term{{Flow: w.Flow, From: year, To: year}}
	case AtStart:
		year--
	case AtEnd:
	}
	return []Term{{Flow: w.Flow, From: year, To: year}, {Flow: openOf(w.Flow), To: year}}
}

// widen lets a row and its column in. Rows of one sum differ in one dimension only, and
// so do columns; that makes the union of each list exact.
func (t *Term) widen(row, col *Where, read readings) {
	t.Channels = union(t.Channels, row.Channels)
	t.Timings = union(t.Timings, row.Timings)
	if col.Kind != "" {
		t.Kinds = union(t.Kinds, []workflow.ApplicantKind{col.Kind})
	}
	for _, w := range []*Where{row, col} {
		if w.Result != "" {
			t.Results = union(t.Results, []workflow.RemedyResult{w.Result})
		}
	}
	if row.Code == "" && len(row.Outcomes) == 0 {
		return
	}
	for _, b := range outcome.Rows() {
		class, code := read.of(b.Basis)
		if row.Code != "" && row.Code == code || slices.Contains(row.Outcomes, class) {
			t.Bases = union(t.Bases, []outcome.Basis{b.Basis})
		}
	}
}

func union[T comparable](a, b []T) []T {
	for _, v := range b {
		if !slices.Contains(a, v) {
			a = append(a, v)
		}
	}
	return a
}

// Matches reports whether a tuple meets the term.
func (t Term) Matches(u Tuple) bool {
	return t.Flow == u.Flow && t.From <= u.Year && u.Year <= t.To &&
		admitted(t.Channels, u.Channel) && admitted(t.Kinds, u.Kind) && admitted(t.Bases, u.Basis) &&
		admitted(t.Timings, u.Timing) && (t.Remedy == "" || t.Remedy == u.Remedy) && admitted(t.Results, u.Result) &&
		(t.Suit == AnySuit || (t.Suit == AfterReview) == u.AfterReview)
}

func admitted[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }
