package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// CellError says that a form has no such cell, and what its nearest cells are called.
type CellError struct {
	Form Form
	Cell string
	Near []string
}

// Error implements error.
func (e *CellError) Error() string {
	return fmt.Sprintf("cell %q of %s: %v; near it: %s", clip(e.Cell), e.Form, ErrCell, strings.Join(e.Near, ", "))
}

// Unwrap returns ErrCell.
func (e *CellError) Unwrap() error { return ErrCell }

// place is where a cell stands in a form.
type place struct {
	table       *Table
	row, column int
}

// name is the cell as commands write it.
func (p place) name() string {
	row, col := &p.table.Rows[p.row], &p.table.Columns[p.column]
	if row.Entered || col.Key == "" {
		return row.figureKey(col)
	}
	return row.Key + "/" + col.Key
}

// places lists every cell of the tables in the order of print.
func places(tables []Table) []place {
	var out []place
	for i := range tables {
		t := &tables[i]
		for r := range t.Rows {
			if t.Rows[r].Heading() {
				continue
			}
			for c := range t.Columns {
				out = append(out, place{t, r, c})
			}
		}
	}
	return out
}

// Cells returns the names of every cell of the form in the order of print.
func (f Form) Cells(v Variant) ([]string, error) {
	tables, err := f.Tables(v)
	if err != nil {
		return nil, err
	}
	all := places(tables)
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.name()
	}
	return names, nil
}

// find looks a cell up. A row alone names its total, or its only figure; figures of
// table 二 may be written with a slash as well.
func (f Form) find(v Variant, cell string) (place, error) {
	tables, err := f.Tables(v)
	if err != nil {
		return place{}, err
	}
	row, column, split := strings.Cut(strings.TrimSpace(cell), "/")
	if !split {
		column = "total"
	}
	all := places(tables)
	for _, p := range all {
		r, c := &p.table.Rows[p.row], &p.table.Columns[p.column]
		whole := !split && row == r.figureKey(c) && (c.Key == "" || r.Entered)
		if whole || row == r.Key && column == c.Key && c.Key != "" {
			return p, nil
		}
	}
	return place{}, &CellError{Form: f, Cell: cell, Near: nearest(all, cell)}
}

// nearest returns the names most like the one asked for. The names of a form number a
// few hundred at most, and what is asked for is cut to their length.
func nearest(all []place, cell string) []string {
	const most = 5
	cell = cell[:min(len(cell), 64)]
	names := make([]string, len(all))
	distance := make(map[string]int, len(all))
	for i, p := range all {
		names[i] = p.name()
		distance[names[i]] = distanceOf(cell, names[i])
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(distance[a], distance[b]) })
	return names[:min(len(names), most)]
}

// distanceOf is the Levenshtein distance of two short texts, byte by byte.
func distanceOf(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// Cell looks up a cell of the report by the name that commands use: ROW/COLUMN, or ROW
// for the total or the only figure. An unknown one is a *CellError.
func (r *Report) Cell(name string) (Cell, error) {
	p, err := r.Form.find(r.Variant, name)
	if err != nil {
		return Cell{}, err
	}
	key := p.table.Rows[p.row].Key
	for i := range r.Lines {
		if r.Lines[i].Key == key {
			return r.Lines[i].Cells[p.column], nil
		}
	}
	return Cell{}, fmt.Errorf("the report on %d lacks row %q: %w", r.Year, key, ErrCell)
}

// CheckFigure says whether a figure may be entered under a key for a year: the key must
// be one of any form's (ErrFigureKey) and not derived from cases in that year (ErrDerived),
// and the value must suit it (ErrFigure): no decimals but in amounts, fees to the fen,
// negative only where the form counts changes.
func CheckFigure(year int, key string, value Figure) error {
	derived := false
	var all []place
	for _, tables := range [][]Table{shanghaiTables, nationalTables, tables2019, tables2021} {
		for _, p := range places(tables) {
			row, col := &p.table.Rows[p.row], &p.table.Columns[p.column]
			if row.Entered || row.EnteredBefore > 0 {
				all = append(all, p)
			}
			if row.figureKey(col) != key {
				continue
			}
			if row.entered(year) {
				return checkValue(row, col, key, value)
			}
			derived = true
		}
	}
	if derived {
		return fmt.Errorf("figure %s for %d: %w", key, year, ErrDerived)
	}
	return fmt.Errorf("figure %q: %w; near it: %s", key, ErrFigureKey, strings.Join(nearest(all, key), ", "))
}

func checkValue(row *Row, col *Column, key string, value Figure) error {
	if m := specOf(row, col).fault(value); m.EN != "" {
		return fmt.Errorf("figure %s %s: %w", key, m.EN, ErrFigure)
	}
	switch {
	case value > mostFigure || value < -mostFigure:
		return fmt.Errorf("figure %s: %s is beyond ten thousand million: %w", key, value, ErrFigure)
	case row.Scale != 0 && value%fen != 0:
		return fmt.Errorf("figure %s: %s yuan has more than two decimals: %w", key, value, ErrFigure)
	}
	return nil
}

// mostFigure bounds what is taken for a figure at all, so that sums of a form cannot
// overflow.
const mostFigure = 10_000_000_000 * unit
