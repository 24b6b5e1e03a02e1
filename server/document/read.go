package document

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"gongkai/workflow/report"
)

// ErrLayout says that a file is not in the layout that Write gives it.
var ErrLayout = errors.New("not a report as this package writes it")

// LayoutError says where a file departs from the layout, and what belongs there.
type LayoutError struct {
	Sheet       string // empty in a CSV
	Row, Column int    // from 1; in a CSV the row is the line of the file
	Text        string // what stands there
	Want        string // what belongs there; empty: a figure
	Form        report.Form
}

// Error implements error.
func (e *LayoutError) Error() string {
	where := fmt.Sprintf("row %d, column %d", e.Row, e.Column)
	if e.Sheet != "" {
		where = fmt.Sprintf("sheet %s, cell %s", e.Sheet, place(e.Column-1, e.Row-1))
	}
	want := strconv.Quote(e.Want)
	if e.Want == "" {
		want = "a number, 待填 or nothing"
	}
	return fmt.Sprintf("%s: %q stands where %s has %s: %v", where, clip(e.Text), e.Form, want, ErrLayout)
}

// Unwrap returns ErrLayout.
func (e *LayoutError) Unwrap() error { return ErrLayout }

func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// table is a sheet as rows of text.
type table struct {
	name  string
	rows  [][]string
	lines []int // of a CSV, in which a row need not be a line
}

// line is the number of a row as an editor shows it.
func (t *table) line(row int) int {
	if last := len(t.lines) - 1; last >= 0 {
		return t.lines[min(row, last)] + max(row-last, 0)
	}
	return row + 1
}

// Read reads an XLSX or CSV that Write wrote, also after figures were filled in and the
// file was saved by a spreadsheet. The form is known by its words, a figure by its place
// among them, so that a table may have moved but not changed.
//
// The report that comes back has the lines, figures and missing keys of the form. What a
// file does not hold stays empty: prose, appendix, warnings, and the backlog of the coded
// table, which is why a report that was read is checked by report.Check on its JSON. A
// figure that is empty or 待填 is unknown.
func Read(r io.ReaderAt, size int64, format Format) (d Document, err error) {
	defer func() { // no file, however it was made, may end the process that reads it
		if p := recover(); p != nil {
			d, err = Document{}, fmt.Errorf("read a report: reading it failed (%v): %w", p, ErrLayout)
		}
	}()
	var tables []table
	switch format {
	case XLSX:
		tables, err = readXLSX(r, size)
	case CSV:
		tables, err = readCSV(r, size)
	case DOCX, HTML:
		err = fmt.Errorf("format %q is written only: %w; xlsx and csv are read", format, ErrFormat)
	default:
		err = fmt.Errorf("format %q: %w; xlsx and csv are read", format, ErrFormat)
	}
	if err != nil {
		return Document{}, fmt.Errorf("read a report: %w", err)
	}
	d, err = recognise(tables)
	if err != nil {
		return Document{}, fmt.Errorf("read a report: %w", err)
	}
	return d, nil
}

var titlePattern = regexp.MustCompile(`^(.*)([0-9]{4})` + titleSuffix + `$`)

// recognise tries each form.
func recognise(tables []table) (Document, error) {
	d, year, err := heading(tables)
	if err != nil {
		return Document{}, err
	}
	var nearest *LayoutError
	matched := -1
	for _, f := range report.Forms() {
		for _, v := range variants(f) {
			if d.Report, err = report.Compute(f, v, year, nil, nil); err != nil {
				return Document{}, err
			}
			d.Report.Warnings = nil
			n, miss, err := fill(&d, tables)
			switch {
			case err != nil:
				return Document{}, err
			case miss == nil:
				return d, nil
			case n > matched:
				matched, nearest = n, miss
			}
		}
	}
	return Document{}, nearest
}

func variants(f report.Form) []report.Variant {
	if f == report.Codes2014 {
		return []report.Variant{report.Shanghai, report.National}
	}
	return []report.Variant{""}
}

// heading reads the title and the notes.
func heading(tables []table) (d Document, year int, err error) {
	for _, t := range tables {
		for i := range t.rows {
			first := t.at(i, 0)
			if m := titlePattern.FindStringSubmatch(first); m != nil && year == 0 {
				d.AgencyName = m[1]
				year, _ = strconv.Atoi(m[2]) // four digits
			}
			d.Provisional = d.Provisional || strings.HasPrefix(first, provisionalNote)
		}
	}
	if year == 0 {
		return d, 0, fmt.Errorf("no title “…NNNN%s” that names agency and year: %w", titleSuffix, ErrLayout)
	}
	return d, year, nil
}

// fill takes the figures for an empty report from the tables. If they are not in its form,
// it returns the place where they departed after how many words.
func fill(d *Document, tables []table) (int, *LayoutError, error) {
	p, err := newPage(d)
	if err != nil {
		return 0, nil, err
	}
	d.Report.Missing = nil
	words := 0
	for _, g := range p.grids() {
		t, top, n, miss := g.find(tables)
		words += n
		if miss != nil {
			miss.Form = d.Report.Form
			return words, miss, nil
		}
		if err := g.take(t, top, &d.Report); err != nil {
			return 0, nil, err
		}
	}
	return 0, nil, nil
}

// find looks for the grid by all its words, and returns the table and row where it begins.
func (g *grid) find(tables []table) (*table, int, int, *LayoutError) {
	best := -1
	miss := &LayoutError{Row: 1, Column: 1, Want: g.boxes[0].text}
	for i := range tables {
		t := &tables[i]
		for top := range t.rows {
			n, b := g.agrees(t, top)
			if b == nil {
				return t, top, n, nil
			}
			if n > best {
				best = n
				miss = &LayoutError{Sheet: t.name, Row: t.line(top + b.row), Column: b.col + 1, Text: t.at(top+b.row, b.col), Want: b.text}
			}
		}
	}
	return nil, 0, best, miss
}

// agrees counts the words that are in place, up to the first that is not.
func (g *grid) agrees(t *table, top int) (int, *box) {
	n := 0
	for i := range g.boxes {
		b := &g.boxes[i]
		if b.role == figure {
			continue
		}
		if dense(t.at(top+b.row, b.col)) != dense(b.text) {
			return n, b
		}
		n++
	}
	return n, nil
}

// dense is a text without its white space, which is for the eye.
func dense(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

func (t *table) at(row, column int) string {
	if row >= len(t.rows) || column >= len(t.rows[row]) {
		return ""
	}
	return t.rows[row][column]
}

// take puts the figures into the cells of the report, which the boxes point to.
func (g *grid) take(t *table, top int, r *report.Report) error {
	for i := range g.boxes {
		b := &g.boxes[i]
		if b.role != figure {
			continue
		}
		text := strings.TrimSpace(t.at(top+b.row, b.col))
		if text == "" || text == toFill {
			if b.cell.Entered {
				r.Missing = append(r.Missing, b.cell.Path[len(b.cell.Path)-1])
			}
			b.cell.Value = report.Value{}
			continue
		}
		f, err := parseFigure(text)
		if err != nil {
			return &LayoutError{Sheet: t.name, Row: t.line(top + b.row), Column: b.col + 1, Text: text, Form: r.Form}
		}
		b.cell.Value = report.Known(f)
	}
	return nil
}

// parseFigure reads a number as a form prints it or as a spreadsheet stores it, which may
// be the nearest binary fraction.
func parseFigure(text string) (report.Figure, error) {
	f, err := report.ParseFigure(text)
	if err == nil {
		return f, nil
	}
	binary, floatErr := strconv.ParseFloat(text, 64)
	if floatErr != nil {
		return 0, err
	}
	rounded, floatErr := strconv.ParseFloat(strconv.FormatFloat(binary, 'g', mostDigits, 64), 64)
	if floatErr != nil {
		return 0, err
	}
	return report.ParseFigure(strconv.FormatFloat(rounded, 'f', -1, 64))
}
