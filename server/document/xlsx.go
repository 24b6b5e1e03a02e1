package document

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"gongkai/workflow/report"
)

const (
	sheetTop      = 3    // rows above a grid: title, chapter, notes
	appendixSheet = "附录" // name of the last sheet
	mostDigits    = 15   // of a number that a spreadsheet keeps
)

// workbook is an XLSX in the making.
type workbook struct {
	file   *excelize.File
	styles map[look]int
	err    error // the first
}

// look is how a cell looks; cells that look alike share a style.
type look struct {
	size                        float64
	family, align, number, fill string
	indent                      int
	bordered, wrap, shrink      bool
}

func writeXLSX(w io.Writer, p *page) (err error) {
	b := &workbook{file: excelize.NewFile(), styles: map[look]int{}}
	defer func() { err = errors.Join(err, b.file.Close()) }()
	for i, g := range p.grids() {
		if i == 0 {
			b.do(b.file.SetSheetName("Sheet1", g.sheet))
		} else {
			_, err := b.file.NewSheet(g.sheet)
			b.do(err)
		}
		b.sheet(p, g)
	}
	appendix := ""
	if p.appendix != nil {
		n, err := b.file.NewSheet(appendixSheet)
		b.do(err)
		appendix = fmt.Sprintf("xl/worksheets/sheet%d.xml", n+1)
	}
	b.do(b.file.SetDocProps(&excelize.DocProperties{Title: p.title(), Creator: "gongkai", Language: "zh-CN"}))
	if b.err != nil {
		return b.err
	}
	var whole bytes.Buffer
	if err := b.file.Write(&whole); err != nil {
		return err
	}
	return repack(w, whole.Bytes(), appendix, p)
}

func (b *workbook) do(err error) {
	if b.err == nil {
		b.err = err
	}
}

// repack writes the package again with fixed dates and with the appendix, which may be
// too long for memory and is therefore written straight through.
func repack(w io.Writer, whole []byte, appendix string, p *page) error {
	in, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		return err
	}
	out := zip.NewWriter(w)
	for _, f := range in.File {
		b, err := part(out, f.Name)
		if err != nil {
			return err
		}
		if f.Name == appendix {
			err = xlsxAppendix(b, p, mostSheetRows)
		} else {
			err = copyPart(b, f)
		}
		if err != nil {
			return err
		}
		if err := b.Flush(); err != nil {
			return err
		}
	}
	return out.Close()
}

func copyPart(w io.Writer, f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	if _, err = io.Copy(w, r); err != nil { //nolint:gosec // G110: the package is the one just written
		return err
	}
	return r.Close()
}

func (b *workbook) sheet(p *page, g *grid) {
	name := g.sheet
	for c, mm := range g.widths {
		column := place(c, 0)
		b.do(b.file.SetColWidth(name, column[:len(column)-1], column[:len(column)-1], excelWidth(mm)))
	}
	last := len(g.widths) - 1
	b.line(g, 0, last, p.title(), look{size: 16, family: "方正小标宋简体", align: "center", wrap: true}, 1.4)
	b.line(g, 1, last, g.chapter, look{size: 12, family: "黑体", align: "left"}, 1.8)
	b.line(g, 2, last, strings.Join(p.notes, ""), look{size: 10, family: "仿宋_GB2312", align: "left", wrap: true}, 1.4)
	for r, h := range g.heights() {
		b.do(b.file.SetRowHeight(name, sheetTop+r+1, math.Ceil(h)))
	}
	for i := range g.boxes {
		b.box(g, &g.boxes[i])
	}
	b.print(g)
}

// line writes a text over the whole width above the grid.
func (b *workbook) line(g *grid, row, last int, text string, l look, spacing float64) {
	first := place(0, row)
	b.do(b.file.SetCellStr(g.sheet, first, literal(text)))
	b.do(b.file.MergeCell(g.sheet, first, place(last, row)))
	b.do(b.file.SetCellStyle(g.sheet, first, place(last, row), b.style(l)))
	lines := math.Max(1, math.Ceil(ems(text)*l.size*pointMM/(156-padding)))
	b.do(b.file.SetRowHeight(g.sheet, row+1, math.Ceil(lines*l.size*spacing)))
}

// literal keeps a text from being read as a character's number: _x0041_ stands for A in a
// sheet, and _x005F_ for the line below.
func literal(s string) string {
	const length = len("_x0041_")
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte(s[i])
		if i+length > len(s) || s[i] != '_' || s[i+1] != 'x' || s[i+length-1] != '_' {
			continue
		}
		if _, err := strconv.ParseUint(s[i+2:i+length-1], 16, 16); err == nil {
			b.WriteString("x005F_")
		}
	}
	return b.String()
}

func (b *workbook) box(g *grid, x *box) {
	first, last := place(x.col, sheetTop+x.row), place(x.col+x.width-1, sheetTop+x.row+x.height-1)
	l := look{size: g.size, family: "宋体", align: "center", indent: x.indent, bordered: true, wrap: x.role != figure, shrink: x.role == figure}
	if x.left() {
		l.align = "left"
	}
	switch {
	case x.missing():
		l.fill = "FFF4CC"
		b.do(b.file.SetCellStr(g.sheet, first, x.text))
	case x.role == figure:
		l.number = b.figure(g.sheet, first, x.cell.Value.Figure)
	default:
		b.do(b.file.SetCellStr(g.sheet, first, x.text))
	}
	if first != last {
		b.do(b.file.MergeCell(g.sheet, first, last))
	}
	b.do(b.file.SetCellStyle(g.sheet, first, last, b.style(l)))
}

// figure writes a number and returns its format. A figure with more digits than a
// spreadsheet keeps is written as text, so that none is lost.
func (b *workbook) figure(sheet, cell string, f report.Figure) string {
	text := f.String()
	digits := 0
	for _, r := range text {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || digits > mostDigits {
		b.do(b.file.SetCellStr(sheet, cell, text))
		return "@"
	}
	b.do(b.file.SetCellFloat(sheet, cell, value, -1, 64))
	if f.IsWhole() {
		return "0"
	}
	return "0.######"
}

func (b *workbook) style(l look) int {
	if id, ok := b.styles[l]; ok {
		return id
	}
	s := &excelize.Style{
		Font: &excelize.Font{Family: l.family, Size: l.size},
		Alignment: &excelize.Alignment{
			Horizontal: l.align, Vertical: "center", Indent: 2 * l.indent, WrapText: l.wrap, ShrinkToFit: l.shrink,
		},
	}
	if l.bordered {
		for _, side := range []string{"left", "top", "right", "bottom"} {
			s.Border = append(s.Border, excelize.Border{Type: side, Color: "000000", Style: 1})
		}
	}
	if l.fill != "" {
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{l.fill}}
	}
	if l.number != "" {
		s.CustomNumFmt = &l.number
	}
	id, err := b.file.NewStyle(s)
	b.do(err)
	b.styles[l] = id
	return id
}

// print sets the page: A4, one page wide, and the heading repeated where a table goes on.
func (b *workbook) print(g *grid) {
	size, orientation, wide, high, yes := 9, "portrait", 1, 1, true
	if g.rows > 40 {
		high = 0
	}
	b.do(b.file.SetPageLayout(g.sheet, &excelize.PageLayoutOptions{Size: &size, Orientation: &orientation, FitToWidth: &wide, FitToHeight: &high}))
	b.do(b.file.SetSheetProps(g.sheet, &excelize.SheetPropsOptions{FitToPage: &yes}))
	side, top := 0.8, 1.0
	b.do(b.file.SetPageMargins(g.sheet, &excelize.PageLayoutMarginsOptions{Left: &side, Right: &side, Top: &top, Bottom: &top, Horizontally: &yes}))
	b.do(b.file.SetHeaderFooter(g.sheet, &excelize.HeaderFooterOptions{OddFooter: "&C— &P —"}))
	if g.head == 0 {
		return
	}
	below := sheetTop + g.head
	b.do(b.file.SetPanes(g.sheet, &excelize.Panes{Freeze: true, YSplit: below, TopLeftCell: place(0, below), ActivePane: "bottomLeft"}))
	b.do(b.file.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", Scope: g.sheet,
		RefersTo: fmt.Sprintf("'%s'!$%d:$%d", g.sheet, sheetTop+1, below),
	}))
}

// place is the address of a cell, counted from 0. It cannot fail: no grid is that wide.
func place(column, row int) string {
	name, _ := excelize.ColumnNumberToName(column + 1)
	return name + strconv.Itoa(row+1)
}

// excelWidth turns mm into the unit of column widths, characters of 7 pixels beside 5 of
// padding.
func excelWidth(mm float64) float64 { return math.Round(((mm/25.4*96)-5)/7*100) / 100 }
