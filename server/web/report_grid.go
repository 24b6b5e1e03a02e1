package web

import (
	"slices"
	"strings"

	pb "gongkai/proto/disclosure/v1"
)

// chapter is a chapter of a report: of prose, or of tables as the form prints them.
type chapter struct {
	Title  string
	Number int32 // of a chapter of prose; 0: none
	Grids  []grid
}

// grid is a table of a chapter.
type grid struct {
	Name string // for who hears it
	Kind string // of its look
	Head [][]box
	Body [][]box
}

// box is one place of a grid, which may span rows and columns.
type box struct {
	Text          string
	Head          string // scope of a heading: col, row, colgroup, rowgroup; empty: none
	Height, Width int
	Indent        int
	Cell          *figureCell // of a figure
}

// figureCell is one figure.
type figureCell struct {
	Value   string
	Missing bool   // it must be entered and is not
	Link    string // to what is behind it; empty: nothing can be shown
	Doubt   bool   // a check that does not pass rests on it
	Label   string // for who hears it
	Was     string // another figure that stands now; empty: the same
	Input   *field // while figures are being entered
}

// layout lays a report out.
type layout struct {
	view *reportView
	form *form
	bad  map[string]bool // cells that are evidence of what does not pass
}

// layOut makes the chapters of a report as the form prints them.
func layOut(v *reportView, f *form) []chapter {
	l := &layout{view: v, form: f, bad: map[string]bool{}}
	for _, c := range v.Open {
		for _, cell := range c.GetCells() {
			l.bad[cell] = true
		}
	}
	rows := v.Report.GetRows()
	if v.Form == "codes-2014" {
		return []chapter{{Title: text{"政府信息公开情况统计表", "Table of information disclosure"}.in(v.language), Number: 1, Grids: []grid{l.coded(rows)}}}
	}
	var out []chapter
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && (rows[n].GetLevel() > 0 || rows[n].GetKey() != "") {
			n++
		}
		out = append(out, l.chapter(rows[:n], int32(len(out)+1)))
		rows = rows[n:]
	}
	if v.Edit {
		out = slices.DeleteFunc(out, func(c chapter) bool { return !c.entered() })
	}
	return out
}

// entered tells whether figures are entered in a chapter.
func (c chapter) entered() bool {
	for _, g := range c.Grids {
		for _, line := range g.Body {
			if slices.ContainsFunc(line, func(b box) bool { return b.Cell != nil && b.Cell.Input != nil }) {
				return true
			}
		}
	}
	return false
}

func (l *layout) chapter(rows []*pb.ReportRow, number int32) chapter {
	c := chapter{Title: l.label(rows[0])}
	at := slices.IndexFunc(rows, func(r *pb.ReportRow) bool { return len(r.GetCells()) > 0 })
	switch {
	case at < 0:
		c.Number = number
	case hasColumn(rows[at], "naturalPerson"):
		c.Grids = []grid{l.applications(rows[1:], c.Title)}
	case hasColumn(rows[at], "upheld"):
		c.Grids = []grid{l.remedies(rows[1:], c.Title)}
	default:
		c.Grids = l.proactive(rows[1:])
	}
	return c
}

func hasColumn(r *pb.ReportRow, key string) bool {
	return slices.ContainsFunc(r.GetCells(), func(c *pb.ReportCell) bool { return c.GetColumn() == key })
}

func (l *layout) label(r *pb.ReportRow) string {
	return text{r.GetLabelZh(), r.GetLabelEn()}.in(l.view.language)
}

func (l *layout) text(zh, en string) string { return text{zh, en}.in(l.view.language) }

// coded is the table of 2014: a line for each figure.
func (l *layout) coded(rows []*pb.ReportRow) grid {
	g := grid{Kind: "coded", Name: l.text("情况统计表", "coded table"), Head: [][]box{{
		{Text: l.text("统计指标", "Item"), Head: "col"},
		{Text: l.text("代码", "Code"), Head: "col"},
		{Text: l.text("单位", "Unit"), Head: "col"},
		{Text: l.text("统计数", "Figure"), Head: "col"},
	}}}
	among := int32(-1) // level of the rows that belong to an 其中：
	for _, r := range rows {
		name := box{Text: l.label(r), Head: "row", Indent: int(r.GetLevel())}
		switch {
		case strings.HasPrefix(r.GetLabelZh(), "其中："):
			among = r.GetLevel()
		case r.GetLevel() == among && !numbered(r.GetLabelZh()):
			name.Text = l.text("　　　", "") + name.Text
		default:
			among = -1
		}
		if len(r.GetCells()) == 0 {
			name.Head, name.Width = "colgroup", 4
			g.Body = append(g.Body, []box{name})
			continue
		}
		g.Body = append(g.Body, []box{name, {Text: r.GetKey()}, {Text: r.GetUnit()}, l.figure(r, r.GetCells()[0])})
	}
	return g
}

// numbered tells whether a label begins with a number, as （一） or 1. do.
func numbered(label string) bool {
	return strings.IndexAny(label, "（123456789") == 0
}

// proactive is table 二: an item of Art 20 after the other, each with columns of its own.
func (l *layout) proactive(rows []*pb.ReportRow) []grid {
	var out []grid
	for _, r := range rows {
		if len(r.GetCells()) == 0 {
			out = append(out, grid{Kind: "proactive", Name: l.label(r)})
			continue
		}
		g := &out[len(out)-1]
		if g.Head == nil {
			head := []box{{Text: l.text("信息内容", "Information"), Head: "col"}}
			for _, c := range r.GetCells() {
				head = append(head, box{Text: c.GetColumnLabel(), Head: "col"})
			}
			g.Head = [][]box{{{Text: g.Name, Head: "colgroup", Width: len(head)}}, head}
		}
		line := []box{{Text: l.label(r), Head: "row"}}
		for _, c := range r.GetCells() {
			line = append(line, l.figure(r, c))
		}
		g.Body = append(g.Body, line)
	}
	return out
}

// stub is how many columns head the rows of table 三.
const stub = 3

// applications is table 三: a heading spans the rows of its group, and the rule of the sums
// stands in the corner.
func (l *layout) applications(rows []*pb.ReportRow, name string) grid {
	g := grid{Kind: "applications", Name: name}
	var corner string
	if rows[0].GetKey() == "" {
		corner, rows = l.label(rows[0]), rows[1:]
	}
	var open []box // headings that begin with the next row
	for i, r := range rows {
		level := max(1, int(r.GetLevel()))
		if len(r.GetCells()) == 0 {
			open = append(open, box{Text: l.label(r), Head: "rowgroup", Height: rowsBelow(rows, i)})
			continue
		}
		if g.Head == nil {
			g.Head = l.applicants(r.GetCells(), corner)
		}
		line := append(open, box{Text: l.label(r), Head: "row", Width: stub - level + 1})
		for _, c := range r.GetCells() {
			line = append(line, l.figure(r, c))
		}
		g.Body, open = append(g.Body, line), nil
	}
	return g
}

// rowsBelow counts the rows with figures that stand under a heading.
func rowsBelow(rows []*pb.ReportRow, at int) int {
	n := 0
	for _, r := range rows[at+1:] {
		if r.GetLevel() <= rows[at].GetLevel() {
			break
		}
		if len(r.GetCells()) > 0 {
			n++
		}
	}
	return n
}

// applicants heads the columns of table 三: natural persons, the organisations under one
// heading, and the total.
func (l *layout) applicants(cells []*pb.ReportCell, corner string) [][]box {
	head := [][]box{
		{
			{Text: corner, Head: "col", Width: stub, Height: 3},
			{Text: l.text("申请人情况", "Applicants"), Head: "colgroup", Width: len(cells)},
		}, nil, nil,
	}
	grouped := false
	for _, c := range cells {
		if c.GetColumn() == "naturalPerson" || c.GetColumn() == "total" {
			head[1] = append(head[1], box{Text: c.GetColumnLabel(), Head: "col", Height: 2})
			continue
		}
		if !grouped {
			head[1] = append(head[1], box{Text: l.text("法人或其他组织", "Legal persons and other organisations"), Head: "colgroup", Width: len(cells) - 2})
		}
		grouped = true
		head[2] = append(head[2], box{Text: c.GetColumnLabel(), Head: "col"})
	}
	return head
}

// remedies is table 四: the rows of the form stand side by side as blocks of columns.
func (l *layout) remedies(rows []*pb.ReportRow, name string) grid {
	g := grid{Kind: "remedies", Name: name, Head: make([][]box, 3), Body: make([][]box, 1)}
	for i, r := range rows {
		if len(r.GetCells()) == 0 {
			width := 0
			for _, below := range rows[i+1:] {
				if below.GetLevel() > r.GetLevel() {
					width += len(below.GetCells())
				}
			}
			g.Head[0] = append(g.Head[0], box{Text: l.label(r), Head: "colgroup", Width: width})
			continue
		}
		level := min(2, max(1, int(r.GetLevel())))
		g.Head[level-1] = append(g.Head[level-1], box{Text: l.label(r), Head: "colgroup", Width: len(r.GetCells())})
		for _, c := range r.GetCells() {
			g.Head[level] = append(g.Head[level], box{Text: c.GetColumnLabel(), Head: "col", Height: 3 - level})
			g.Body[0] = append(g.Body[0], l.figure(r, c))
		}
	}
	return g
}

// figure is a cell of the report, as it is shown or entered.
func (l *layout) figure(r *pb.ReportRow, c *pb.ReportCell) box {
	name := cellName(c)
	cell := &figureCell{Value: c.GetValue(), Missing: c.GetValue() == "", Doubt: l.bad[name], Label: l.label(r)}
	if label := c.GetColumnLabel(); c.GetColumn() != "" {
		cell.Label += l.text("，", ", ") + label
	}
	if before, ok := l.view.before[name]; ok && before != cell.Value {
		cell.Was = before
	}
	if l.view.Path != "" && l.view.AsOf == "" {
		cell.Link = l.view.Link(l.view.Path+"/cell", "cell", name)
	}
	if c.GetEntered() && l.view.Edit {
		cell.Input = l.form.watch(l.form.Field(figureInput(name), cell.Label), c.GetValue())
	}
	return box{Cell: cell}
}

// cellName is a cell as the API names it.
func cellName(c *pb.ReportCell) string {
	path := c.GetPath()
	last := path[len(path)-1]
	if c.GetColumn() == "" || c.GetEntered() {
		return last
	}
	return path[len(path)-2] + "/" + last
}
