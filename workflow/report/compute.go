package report

import (
	"fmt"
	"slices"
)

// Message is a text in both languages.
type Message struct{ ZH, EN string }

// Report is one form computed for one year: its lines in the order of print.
type Report struct {
	Form     Form
	Variant  Variant
	Year     int
	Lines    []Line
	Missing  []string // keys of the figures that must be entered and are not, in the order of print
	Warnings []Message
	// What stood open over the two ends of the year: the coded table has no rows for
	// it, yet A10 needs it.
	BacklogIn, BacklogOut int64
	NoBacklog             bool // it is not known
}

// Line is one line of a report: a chapter or heading (no cells) or a row of figures.
type Line struct {
	Key              string // empty: a heading
	LabelZH, LabelEN string
	UnitZH, UnitEN   string
	Source           string
	Level            int // depth in the form, 0 for a chapter
	Cells            []Cell
}

// Cell is one figure.
type Cell struct {
	Column           string // empty where the row has one figure
	LabelZH, LabelEN string // of the column
	Path             []string
	Value            Value
	Entered          bool // typed in, so that no case counts in it
}

// Name is the cell as commands write it: ROW/COLUMN, or ROW where there is one figure;
// of table 二 the key of the figure.
func (c Cell) Name() string {
	last := c.Path[len(c.Path)-1]
	if c.Column == "" || c.Entered {
		return last
	}
	return c.Path[len(c.Path)-2] + "/" + last
}

// Compute fills a form for a year from the tally of an agency (or of several, merged)
// and from the figures that were entered for the year, by key. The tally must hold this year
// and the one before, and what is open today from all years up to it; more does no harm. Of the year that is still running, 结转下年 is what is open now.
//
// Cases decide every cell that the form derives. An entered total such as 8300 stays
// as entered: whether it agrees with its parts is for Findings to say.
func Compute(form Form, v Variant, year int, tally Tally, figures map[string]Figure) (Report, error) {
	tables, err := form.Tables(v)
	if err != nil {
		return Report{}, fmt.Errorf("compute the report on %d: %w", year, err)
	}
	r := Report{Form: form, Variant: v, Year: year, Lines: make([]Line, 0, 80)}
	if form == Codes2014 && v == "" {
		r.Variant = Shanghai
	}
	read, err := v.readings()
	if err != nil {
		return Report{}, fmt.Errorf("compute the report on %d: %w", year, err)
	}
	near := tally.near(year, read)
	for i := range tables {
		r.addTable(&tables[i], near, figures)
	}
	for _, n := range near {
		if standing(Carried, year-1, n.tuple) {
			r.BacklogIn += n.n
		}
		if standing(Carried, year, n.tuple) {
			r.BacklogOut += n.n
		}
	}
	r.warn()
	return r, nil
}

// sighted is a tuple that may count in a year, with what the forms read from its basis.
type sighted struct {
	tuple         Tuple
	n             int64
	outcome, code string
}

// near picks the tuples that can count in a report on the year.
func (t Tally) near(year int, read readings) []sighted {
	out := make([]sighted, 0, len(t))
	for tuple, n := range t {
		open := (tuple.Flow == Open || tuple.Flow == Undecided) && tuple.Year <= year
		if !open && tuple.Year != year && tuple.Year != year-1 {
			continue
		}
		s := sighted{tuple: tuple, n: n}
		s.outcome, s.code = read.of(tuple.Basis)
		out = append(out, s)
	}
	return out
}

func (r *Report) addTable(t *Table, near []sighted, figures map[string]Figure) {
	if t.ChapterZH != "" {
		r.Lines = append(r.Lines, Line{LabelZH: t.ChapterZH, LabelEN: t.ChapterEN})
	}
	if t.TitleZH != "" {
		r.Lines = append(r.Lines, Line{LabelZH: t.TitleZH, LabelEN: t.TitleEN, Level: 1})
	}
	counts := t.count(near, r.Year)
	cells := make([]Cell, 0, len(t.Rows)*len(t.Columns))
	for i := range t.Rows {
		row := &t.Rows[i]
		line := Line{
			Key: row.Key, LabelZH: row.Title(), LabelEN: row.LabelEN, UnitZH: row.UnitZH, UnitEN: row.UnitEN,
			Source: row.Source, Level: row.Level,
		}
		if !row.Heading() {
			start := len(cells)
			for j := range t.Columns {
				cells = append(cells, r.cell(t, i, j, counts, figures))
			}
			line.Cells = cells[start:len(cells):len(cells)]
		}
		r.Lines = append(r.Lines, line)
	}
}

func (r *Report) cell(t *Table, i, j int, counts []int64, figures map[string]Figure) Cell {
	row, col := &t.Rows[i], &t.Columns[j]
	c := Cell{Column: col.Key, LabelZH: col.LabelZH, LabelEN: col.LabelEN, Path: t.path(row, col), Entered: row.entered(r.Year)}
	if !c.Entered {
		c.Value = Known(row.worth(t.value(i, j, counts)))
		return c
	}
	key := row.figureKey(col)
	if f, ok := figures[key]; ok {
		c.Value = Known(row.printed(f))
	} else {
		r.Missing = append(r.Missing, key)
	}
	return c
}

// count counts the cells that are no sums, row by row. A row and a column are judged
// apart, so that a tuple costs rows plus columns, not rows times columns.
func (t *Table) count(near []sighted, year int) []int64 {
	counts := make([]int64, len(t.Rows)*len(t.Columns))
	if !slices.ContainsFunc(t.Rows, Row.counts) {
		return counts
	}
	for _, s := range near {
		for i := range t.Rows {
			row := &t.Rows[i]
			if !row.counts() || !row.admits(s, year) {
				continue
			}
			for j := range t.Columns {
				col := &t.Columns[j]
				if len(col.Sum) == 0 && col.Where.admits(s, year) {
					counts[i*len(t.Columns)+j] += s.n
				}
			}
		}
	}
	return counts
}

// counts reports whether the row's own condition counts cases.
func (r Row) counts() bool { return !r.Heading() && !r.Entered && len(r.Sum) == 0 }

func (t *Table) value(i, j int, counts []int64) int64 {
	var n int64
	switch {
	case len(t.Columns[j].Sum) > 0:
		for _, key := range t.Columns[j].Sum {
			n += t.value(i, t.column(key), counts)
		}
	case len(t.Rows[i].Sum) > 0:
		for _, key := range t.Rows[i].Sum {
			n += t.value(t.row(key), j, counts)
		}
	default:
		n = counts[i*len(t.Columns)+j]
	}
	return n
}

func (t *Table) row(key string) int {
	return slices.IndexFunc(t.Rows, func(r Row) bool { return r.Key == key && key != "" })
}

func (t *Table) column(key string) int {
	return slices.IndexFunc(t.Columns, func(c Column) bool { return c.Key == key })
}

// path is where a cell stands inside "figures".
func (t *Table) path(row *Row, col *Column) []string {
	switch {
	case t.Member == "":
		return []string{row.Key, col.Key}
	case col.Key == "" || row.Entered:
		return []string{t.Member, row.figureKey(col)}
	}
	return []string{t.Member, row.Key, col.Key}
}

// figureKey is the key under which a figure of the row is entered.
func (r *Row) figureKey(col *Column) string {
	if col.Key == "" {
		return r.Key
	}
	return r.Key + "." + col.Key
}

// worth is a count in the row's unit.
func (r *Row) worth(n int64) Figure {
	if r.Scale == 0 {
		return Whole(n)
	}
	return Figure(n) * r.Scale
}

// printed is an entered figure in the row's unit: fees are entered in yuan whatever
// the form prints.
func (r *Row) printed(f Figure) Figure {
	if r.Scale == 0 {
		return f
	}
	return f / fen * r.Scale
}

// fen is one fen as a figure in yuan.
const fen = unit / 100

// warn notes what a reader should look at. 其他处理 is for a very few special cases
// (国办公开办函〔2019〕60号), so that more than one in twenty deserves a look.
func (r *Report) warn() {
	if !r.Form.Usual(r.Year) {
		r.Warnings = append(r.Warnings, Message{
			fmt.Sprintf("%d年度报告通常采用%s，不采用%s", r.Year, DefaultForm(r.Year), r.Form),
			fmt.Sprintf("reports on %d usually follow %s, not %s", r.Year, DefaultForm(r.Year), r.Form),
		})
	}
	r.Warnings = append(r.Warnings, r.Variant.Decisions()...)
	row := "other.other"
	if r.Form == Table2019 {
		row = "other"
	}
	last, err := r.Cell(row)
	if err != nil {
		return
	}
	all, err := r.Cell("total")
	if err == nil && tooMany(last.Value.Figure, all.Value.Figure) {
		r.Warnings = append(r.Warnings, Message{
			fmt.Sprintf("“其他处理”的兜底情形共%s件，超过办理结果总数的5%%，请逐件核对归类", last.Value),
			fmt.Sprintf(last.Value.Figure.plural("%s application", "%s applications")+" ended in the last resort of 其他处理, more than 5%% of all: check each one's class", last.Value),
		})
	}
}
