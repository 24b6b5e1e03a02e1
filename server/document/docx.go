package document

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// epoch is the date of every part: a document must not depend on the day it is written.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// part begins a file inside a package.
func part(z *zip.Writer, name string) (*bufio.Writer, error) {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: epoch})
	if err != nil {
		return nil, fmt.Errorf("begin part %s: %w", name, err)
	}
	return bufio.NewWriter(w), nil
}

func writeDOCX(w io.Writer, p *page) error {
	z := zip.NewWriter(w)
	for _, f := range docxParts {
		if err := docxPart(z, f.name, strings.ReplaceAll(f.content, "{title}", escaped(p.title()))); err != nil {
			return err
		}
	}
	b, err := part(z, "word/document.xml")
	if err != nil {
		return err
	}
	b.WriteString(xml.Header + `<w:document xmlns:w="` + wordNamespace + `"><w:body>` + "\n")
	fmt.Fprintf(b, `<w:p><w:pPr><w:pStyle w:val="Title"/></w:pPr><w:r><w:t xml:space="preserve">%s</w:t><w:br/><w:t>%s</w:t></w:r></w:p>`+"\n", escaped(p.agency), escaped(p.about))
	for _, n := range p.notes {
		paragraph(b, "Note", "", "（"+n+"）")
	}
	for i := range p.sections {
		docxSection(b, &p.sections[i])
	}
	if err := docxAppendix(b, p); err != nil {
		return err
	}
	b.WriteString(pageSetup + "</w:body></w:document>\n")
	if err := b.Flush(); err != nil {
		return err
	}
	return z.Close()
}

func docxPart(z *zip.Writer, name, content string) error {
	b, err := part(z, name)
	if err != nil {
		return err
	}
	b.WriteString(xml.Header + content)
	return b.Flush()
}

// escaped is a text for an XML document. Writing to memory cannot fail.
func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

func paragraph(b *bufio.Writer, style, properties, text string) {
	fmt.Fprintf(b, `<w:p><w:pPr><w:pStyle w:val="%s"/>%s</w:pPr>`, style, properties)
	run(b, "", text)
	b.WriteString("</w:p>\n")
}

func run(b *bufio.Writer, properties, text string) {
	if properties != "" {
		properties = "<w:rPr>" + properties + "</w:rPr>"
	}
	fmt.Fprintf(b, `<w:r>%s<w:t xml:space="preserve">%s</w:t></w:r>`, properties, escaped(text))
}

// docxSection begins the long table 三 on a page of its own, so that it stands on one.
func docxSection(b *bufio.Writer, s *section) {
	if s.chapter != "" {
		properties := ""
		if s.grid != nil && s.grid.alone() {
			properties = "<w:pageBreakBefore/>"
		}
		paragraph(b, "Heading1", properties, s.chapter)
	}
	for _, text := range s.prose {
		paragraph(b, "Normal", `<w:ind w:firstLineChars="200" w:firstLine="640"/>`, text)
	}
	if s.grid != nil {
		docxTable(b, s.grid)
		paragraph(b, "Gap", "", "")
	}
}

// longTable is the number of rows above which a table fills a page.
const longTable = 20

// alone reports whether the table begins a page, so that it stands on one. The coded
// table is longer than any page and begins where it may.
func (g *grid) alone() bool { return g.rows > longTable && g.head > 1 }

// twips are the unit of lengths, 1440 an inch.
func twips(mm float64) int { return int(math.Round(mm / 25.4 * 1440)) }

func docxTable(b *bufio.Writer, g *grid) {
	b.WriteString(`<w:tbl><w:tblPr><w:tblStyle w:val="Grid"/>`)
	fmt.Fprintf(b, `<w:tblW w:w="%d" w:type="dxa"/><w:jc w:val="center"/><w:tblLayout w:type="fixed"/><w:tblCaption w:val="%s"/></w:tblPr><w:tblGrid>`, twips(156), escaped(g.chapter))
	for _, w := range g.widths {
		fmt.Fprintf(b, `<w:gridCol w:w="%d"/>`, twips(w))
	}
	b.WriteString("</w:tblGrid>\n")
	matrix := g.matrix()
	for r, places := range matrix {
		b.WriteString(`<w:tr><w:trPr><w:cantSplit/>`)
		if r < g.head {
			b.WriteString(`<w:tblHeader/>`)
		}
		b.WriteString(`</w:trPr>`)
		for c := 0; c < len(places); c += places[c].width {
			docxCell(b, g, places[c], r)
		}
		b.WriteString("</w:tr>\n")
	}
	b.WriteString("</w:tbl>\n")
}

// docxCell writes what a box has in a row: its text in its first row, in the others an
// empty cell that continues it.
func docxCell(b *bufio.Writer, g *grid, x *box, row int) {
	fmt.Fprintf(b, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/>`, twips(g.span(x)))
	if x.width > 1 {
		fmt.Fprintf(b, `<w:gridSpan w:val="%d"/>`, x.width)
	}
	switch {
	case x.row < row:
		b.WriteString(`<w:vMerge/><w:vAlign w:val="center"/></w:tcPr><w:p><w:pPr><w:pStyle w:val="Cell"/></w:pPr></w:p></w:tc>`)
		return
	case x.height > 1:
		b.WriteString(`<w:vMerge w:val="restart"/>`)
	}
	if x.missing() {
		b.WriteString(`<w:shd w:val="clear" w:color="auto" w:fill="FFF4CC"/>`)
	}
	b.WriteString(`<w:vAlign w:val="center"/></w:tcPr><w:p><w:pPr><w:pStyle w:val="Cell"/>`)
	if x.indent > 0 {
		fmt.Fprintf(b, `<w:ind w:leftChars="%d" w:left="%d"/>`, int(100*indent)*x.indent, int(indent*g.size*20)*x.indent)
	}
	if !x.left() {
		b.WriteString(`<w:jc w:val="center"/>`)
	}
	b.WriteString("</w:pPr>")
	size := int(2 * g.fit(x))
	properties := ""
	if x.missing() {
		properties = `<w:color w:val="AA0000"/>`
	}
	run(b, properties+fmt.Sprintf(`<w:sz w:val="%d"/><w:szCs w:val="%d"/>`, size, size), x.text)
	b.WriteString("</w:p></w:tc>")
}

// left reports whether the text begins at the left, as sentences do; names of columns and
// figures stand in the middle.
func (b *box) left() bool {
	return b.role == rowHead && b.height == 1 || b.role == columnHead && b.height > 1 && b.width > 1
}

func docxAppendix(b *bufio.Writer, p *page) error {
	if p.appendix == nil {
		return nil
	}
	paragraph(b, "Heading1", "<w:pageBreakBefore/>", appendixTitle)
	open := false
	end := func() {
		if open {
			b.WriteString("</w:p>\n")
		}
		open = false
	}
	begin := func(_, label string) error {
		end()
		paragraph(b, "Entry", "<w:keepNext/>", label)
		return nil
	}
	number := func(s string) error {
		if open {
			s = "、" + s
		} else {
			b.WriteString(`<w:p><w:pPr><w:pStyle w:val="Numbers"/></w:pPr>`)
		}
		open = true
		_, err := fmt.Fprintf(b, `<w:r><w:t xml:space="preserve">%s</w:t></w:r>`, escaped(s))
		return err
	}
	if err := p.entries(begin, number); err != nil {
		return err
	}
	end()
	return nil
}
