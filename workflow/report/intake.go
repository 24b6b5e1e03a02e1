package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gongkai/workflow"
)

// Intake is the report of an agency that keeps its cases elsewhere, taken in as data:
// only figures that the form knows, so that no prose and no name comes along.
type Intake struct {
	Form  Form
	Cells map[string]Figure // by place: "granted/total", "3100", "t2.1.rules.made"
	Blank []string          // places that the report left empty; their figure is 0
}

// LostParts is the finding that totals come without the parts that make them up.
const LostParts = "PARTS"

// Variant is the print of the coded table that the report is in, told by its codes.
func (r Intake) Variant() Variant {
	for _, code := range []string{"1120", "1210", "8400"} {
		if _, ok := r.Cells[code]; ok {
			return National
		}
	}
	return Shanghai
}

// ReadIntake reads a report given as data, as Check does, and checks it. The data may
// say of itself which form and year it is of; if that is another than the ones asked for,
// it is a *PublishedError as any other data that is no such report.
func ReadIntake(data []byte, form Form, year int) (Intake, []Finding, error) {
	out := Intake{Form: form}
	named, err := readPublished(data, "")
	if err != nil {
		return out, nil, fmt.Errorf("take a report in: %w", err)
	}
	if named.formName != "" && named.form != form {
		return out, nil, fmt.Errorf("take a report in: %w", notPublished("form", "为"+named.formName+"，应为"+string(form),
			fmt.Sprintf("is %s, not %s", named.formName, form)))
	}
	if named.year != 0 && named.year != year {
		return out, nil, fmt.Errorf("take a report in: %w", notPublished("year", fmt.Sprintf("为%d，应为%d", named.year, year),
			fmt.Sprintf("is %d, not %d", named.year, year)))
	}
	named.form = form
	named.missing = nil // what was not entered counts as a blank here
	if err := named.read(); err != nil {
		return out, nil, fmt.Errorf("take a report in: %w", err)
	}
	if len(named.grid) == 0 {
		return out, nil, fmt.Errorf("take a report in: %w", notPublished("figures", "中没有该表式的任何数据", "hold no figure of the form"))
	}
	out.Cells, out.Blank = named.grid, named.blank
	return out, append(append(named.faults(), out.lost()...), named.grid.findings(form, false)...), nil
}

// Findings checks the identities again on what was taken in.
func (r Intake) Findings() []Finding {
	p := published{blank: r.Blank}
	return append(append(p.faults(), r.lost()...), grid(r.Cells).findings(r.Form, false)...)
}

// lost says which totals the report gives that its parts do not make up. A sum over
// several reports adds parts alone, so that it lacks the difference.
func (r Intake) lost() []Finding {
	var list []string
	parts := r.parts()
	all := Report{Form: r.Form}
	tables, _ := r.Form.Tables("") // of a form that was read
	for i := range tables {
		all.addTable(&tables[i], nil, nil)
	}
	all.Add(r.Cells)
	for i := range all.Lines {
		for _, c := range all.Lines[i].Cells {
			name := c.Name()
			if typed, ok := r.Cells[name]; ok && !parts[name] && typed != c.Value.Figure {
				list = append(list, name)
			}
		}
	}
	for key := range r.Cells {
		if !parts[key] && strings.HasPrefix(key, "blockSums.") {
			list = append(list, key)
		}
	}
	if len(list) == 0 {
		return nil
	}
	slices.Sort(list)
	return []Finding{{ID: LostParts, Status: Uncertain, Message: Message{
		fmt.Sprintf("%d个合计数与其各分项之和不一致或者没有分项，汇总只计分项：%s。", len(list), few(list, "、")),
		fmt.Sprintf(workflow.Plural(len(list), "%d total is not the sum of its parts or comes without parts", "%d totals are not the sum of their parts or come without parts")+"; a roll-up adds the parts only: %s.", len(list), few(list, ", ")),
	}}}
}

// parts are the cells of the form that are no sums of others.
func (r Intake) parts() map[string]bool {
	out := map[string]bool{}
	for _, v := range []Variant{Shanghai, National} {
		tables, err := r.Form.Tables(v)
		if err != nil {
			tables, _ = r.Form.Tables("") // forms with one print
		}
		for _, p := range places(tables) {
			if p.part() {
				out[p.name()] = true
			}
		}
	}
	return out
}

// codedTotals are rows of the coded table that count cases by themselves and yet are the
// sum of rows below them, which is all that a report from elsewhere can add.
var codedTotals = map[string][]string{"3100": {"3110", "3120", "3130", "3140"}, "3200": {"3210", "3220"}}

func (p place) part() bool {
	row := &p.table.Rows[p.row]
	_, total := codedTotals[row.Key]
	return !total && len(row.Sum) == 0 && len(p.table.Columns[p.column].Sum) == 0
}

// Zero reports whether the report says that there was nothing.
func (r Intake) Zero() bool {
	for _, f := range r.Cells {
		if f != 0 {
			return false
		}
	}
	return true
}

// AppendFigures appends the figures in the shape in which reports are exchanged; what
// was left blank is null.
func (r Intake) AppendFigures(dst []byte) ([]byte, error) {
	top := map[string]any{}
	for key, f := range r.Cells {
		at := top
		path := r.path(key)
		for _, name := range path[:len(path)-1] {
			next, ok := at[name].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[name] = next
			}
			at = next
		}
		at[path[len(path)-1]] = f
		if slices.Contains(r.Blank, key) {
			at[path[len(path)-1]] = nil
		}
	}
	text, err := json.Marshal(top) // in the order of names
	if err != nil {
		return dst, fmt.Errorf("write the figures: %w", err)
	}
	return append(dst, text...), nil
}

// path is where the figure of a place stands inside "figures".
func (r Intake) path(key string) []string {
	row, column, split := strings.Cut(key, "/")
	switch {
	case !split && r.Form == Codes2014:
		return []string{"codes", key}
	case !split:
		return []string{"t2", key}
	case strings.HasPrefix(row, "blockSums."):
		return []string{"blockSums", strings.TrimPrefix(row, "blockSums."), column}
	case slices.Contains([]string{"review", "litigationDirect", "litigationAfterReview"}, row):
		return []string{row, column}
	}
	return []string{"rows", row, column}
}

// InPrint gives figures of one print of the coded table the codes and units of the other:
// the gazette is 1110 in Shanghai's and 1210 in the national one, fees are in 元 and in
// 万元. What the other print lacks is left out.
func InPrint(form Form, from, to Variant, figures map[string]Figure) map[string]Figure {
	national := to == National
	if form != Codes2014 || (from == National) == national || len(figures) == 0 {
		return figures
	}
	out := make(map[string]Figure, len(figures))
	for code, f := range figures {
		switch {
		case code == "7000" && national:
			out[code] = f / 10_000
		case code == "7000":
			out[code] = f * 10_000
		case code == "1110" && national:
			out["1210"] = f
		case code == "1210" && !national:
			out["1110"] = f
		case code == "1110", code == "1120", code == "8400":
		default:
			out[code] = f
		}
	}
	return out
}

// Merge adds the figures of another report in the same form on the same year, both of
// them computed, so that sums stay sums.
func (r *Report) Merge(o *Report) {
	figures := map[string]Figure{}
	for i := range o.Lines {
		for _, c := range o.Lines[i].Cells {
			if c.Value.Known {
				figures[c.Name()] = c.Value.Figure
			}
		}
	}
	figures = InPrint(r.Form, o.Variant.Print(), r.Variant.Print(), figures)
	for i := range r.Lines {
		cells := r.Lines[i].Cells
		for j := range cells {
			if f, ok := figures[cells[j].Name()]; ok {
				cells[j].Value = Known(cells[j].Value.Figure + f)
			}
		}
	}
	r.BacklogIn, r.BacklogOut = r.BacklogIn+o.BacklogIn, r.BacklogOut+o.BacklogOut
	r.given(figures)
}

// given takes keys out of the missing ones, and looks again at what to warn of.
func (r *Report) given(figures map[string]Figure) {
	r.Missing = slices.DeleteFunc(r.Missing, func(key string) bool { _, ok := figures[key]; return ok })
	r.Warnings = nil
	r.warn()
}

// Add adds figures by the names of their cells, such as those of reports that were taken
// in: to the parts alone, from which the sums follow. A name that the form lacks is left
// out. What stood open is not said by a coded table that comes from elsewhere, so that A10
// can no longer be assessed.
func (r *Report) Add(figures map[string]Figure) {
	tables, err := r.Form.Tables(r.Variant)
	if err != nil || len(figures) == 0 {
		return
	}
	r.NoBacklog = true
	lines := r.Lines
	for i := range tables {
		t := &tables[i]
		if t.ChapterZH != "" {
			lines = lines[1:]
		}
		if t.TitleZH != "" {
			lines = lines[1:]
		}
		t.add(lines[:len(t.Rows)], figures)
		lines = lines[len(t.Rows):]
	}
	r.given(figures)
}

// add adds figures to the lines of one grid.
func (t *Table) add(lines []Line, figures map[string]Figure) {
	extra := make([]Figure, len(t.Rows)*len(t.Columns))
	for i := range t.Rows {
		for j := range lines[i].Cells {
			p := place{t, i, j}
			f, given := figures[p.name()]
			if !p.part() || !given {
				continue
			}
			extra[i*len(t.Columns)+j] = f
			lines[i].Cells[j].Value.Known = true
		}
	}
	for i := range t.Rows {
		for j := range lines[i].Cells {
			if lines[i].Cells[j].Value.Known {
				lines[i].Cells[j].Value.Figure += t.extra(i, j, extra)
			}
		}
	}
}

// extra is what parts add to a cell.
func (t *Table) extra(i, j int, parts []Figure) Figure {
	sum := t.Rows[i].Sum
	if below, ok := codedTotals[t.Rows[i].Key]; ok {
		sum = below
	}
	var f Figure
	switch {
	case len(t.Columns[j].Sum) > 0:
		for _, key := range t.Columns[j].Sum {
			f += t.extra(i, t.column(key), parts)
		}
	case len(sum) > 0:
		for _, key := range sum {
			f += t.extra(t.row(key), j, parts)
		}
	default:
		f = parts[i*len(t.Columns)+j]
	}
	return f
}
