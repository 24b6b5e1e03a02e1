package document

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"gongkai/workflow/report"
)

// What the documents say beside the words of the forms.
const (
	toFill           = "待填"
	titleSuffix      = "年政府信息公开工作年度报告"
	codedTitle       = "政府信息公开情况统计表"
	provisionalNote  = "暂定：所依据的放假安排尚未全部公布，有关期限和数字可能变动。"
	missingNote      = "本报告尚有%d项数据待填。"
	appendixTitle    = "附录：各项数据所依据的申请"
	appendixCell     = "单元格"
	appendixLabel    = "栏目"
	appendixNumber   = "申请"
	applicantsHead   = "申请人情况" // over the columns of table 三
	informationHead  = "信息内容"  // over the rows of table 二
	nothing          = "——"
	mostNameRunes    = 500
	labelSeparator   = "－"
	ofThesePrefix    = "其中："
	ofTheseIndention = "　　　"
)

// page is a document laid out.
type page struct {
	agency   string
	about    string // the rest of the title, a line of its own where there is room
	notes    []string
	sections []section
	labels   map[string]string // what each cell is called in the appendix
	appendix iter.Seq2[Entry, error]
}

func (p *page) title() string { return p.agency + p.about }

// section is a chapter of prose (no grid) or of figures.
type section struct {
	chapter string
	prose   []string
	grid    *grid
}

// builder takes the lines of the report in the order of the form.
type builder struct {
	lines  []report.Line
	labels map[string]string
	path   []string // titles above the present row, by level
}

func newPage(d *Document) (*page, error) {
	name := oneLine(d.AgencyName)
	if n := len([]rune(name)); n > mostNameRunes {
		return nil, fmt.Errorf("the agency's name has %d characters, at most %d are printed: %w", n, mostNameRunes, ErrContent)
	}
	tables, err := d.Report.Form.Tables(d.Report.Variant)
	if err != nil {
		return nil, err
	}
	b := &builder{lines: d.Report.Lines, labels: map[string]string{}}
	p := &page{agency: name, about: fmt.Sprintf("%d%s", d.Report.Year, titleSuffix), labels: b.labels, appendix: d.Appendix}
	if d.Provisional {
		p.notes = append(p.notes, provisionalNote)
	}
	if n := len(d.Report.Missing); n > 0 {
		p.notes = append(p.notes, fmt.Sprintf(missingNote, n))
	}
	for _, n := range d.Notes {
		p.notes = append(p.notes, oneLine(n))
	}
	if d.Report.Form == report.Codes2014 {
		err = p.addCoded(b, tables, d)
	} else {
		err = p.addChapters(b, tables, []string{d.Prose, d.Problems, d.Others})
	}
	return p, err
}

func (p *page) addCoded(b *builder, tables []report.Table, d *Document) error {
	if prose := paragraphs(d.Prose); len(prose) > 0 {
		p.sections = append(p.sections, section{prose: prose})
	}
	g, err := b.coded(tables)
	if err != nil {
		return err
	}
	g.chapter = fmt.Sprintf("%s（%d年度）", codedTitle, d.Report.Year)
	p.sections = append(p.sections, section{chapter: g.chapter, grid: g})
	return nil
}

// addChapters lays out the six chapters; prose is the text of those without figures, in
// their order.
func (p *page) addChapters(b *builder, tables []report.Table, prose []string) error {
	for len(tables) > 0 {
		n := 1
		for n < len(tables) && tables[n].ChapterZH == "" {
			n++
		}
		chapter := tables[:n]
		tables = tables[n:]
		s := section{chapter: chapter[0].ChapterZH}
		var err error
		switch {
		case len(chapter[0].Rows) == 0:
			if s.prose = paragraphs(prose[0]); len(s.prose) == 0 {
				s.prose = []string{"（" + toFill + "）"}
			}
			prose = prose[1:]
		case len(chapter) > 1:
			s.grid, err = b.proactive(chapter)
		case chapter[0].Member != "":
			s.grid, err = b.applications(&chapter[0])
		default:
			s.grid, err = b.remedies(&chapter[0])
		}
		if err != nil {
			return err
		}
		if s.grid != nil {
			s.grid.chapter = s.chapter
		}
		p.sections = append(p.sections, s)
	}
	return nil
}

// grids are the tables of the page.
func (p *page) grids() []*grid {
	var list []*grid
	for _, s := range p.sections {
		if s.grid != nil {
			list = append(list, s.grid)
		}
	}
	return list
}

// below notes that what follows stands under a title of a level.
func (b *builder) below(level int, title string) {
	for len(b.path) <= level {
		b.path = append(b.path, "")
	}
	b.path = append(b.path[:level], title)
}

// next returns the cells of the report for the next row of the form that has figures.
func (b *builder) next(t *report.Table, row *report.Row) ([]report.Cell, error) {
	for len(b.lines) > 0 && len(b.lines[0].Cells) == 0 {
		b.lines = b.lines[1:]
	}
	if len(b.lines) == 0 {
		return nil, fmt.Errorf("row %q is not in the report: %w", row.Key, ErrContent)
	}
	line := b.lines[0]
	b.lines = b.lines[1:]
	if line.Key != row.Key || len(line.Cells) != len(t.Columns) {
		return nil, fmt.Errorf("row %q with %d figures stands where row %q with %d belongs: %w", line.Key, len(line.Cells), row.Key, len(t.Columns), ErrContent)
	}
	b.below(row.Level, row.Title())
	for i, c := range line.Cells {
		b.labels[c.Name()] = b.label(&t.Columns[i])
	}
	return line.Cells, nil
}

// label names a cell by the headings above it.
func (b *builder) label(c *report.Column) string {
	parts := append(slices.Clone(b.path), c.GroupZH)
	if c.Key != "" {
		parts = append(parts, c.LabelZH)
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), labelSeparator)
}

// sorted puts the boxes in order: tables are built group by group.
func (g *grid) sorted() *grid {
	slices.SortFunc(g.boxes, func(a, b box) int { return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.col, b.col)) })
	return g
}
