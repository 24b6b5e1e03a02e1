package document

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
)

// LetterLayout is one of our templates.
type LetterLayout string

// The layouts.
const (
	LetterForm LetterLayout = "letter" // 信函格式 (GB/T 9704 10.1)
	SheetForm  LetterLayout = "sheet"  // a table of rows to be filled in
)

// letterGrid gives 22 lines of 28 characters to the type area of 156 mm by 225 mm (GB/T 9704
// 5.2.3): a line is 225 mm / 22, and 28 characters of 16 pt are drawn together to 156 mm.
const (
	letterLine  = 579 // twentieths of a point
	letterDrawn = `<w:spacing w:val="-5"/>`
)

// letterSection is the page of a letter: A4, margins 37, 35, 28 and 26 mm. Its first page
// bears no number, ends with the red lines of 信函格式, and begins at 30 mm (GB/T 9704 10.1);
// on the others a header without text takes the 7 mm between.
const letterSection = `<w:sectPr><w:headerReference xmlns:r="` + relationships + `" w:type="default" r:id="rId5"/><w:footerReference xmlns:r="` + relationships + `" w:type="default" r:id="rId3"/><w:footerReference xmlns:r="` + relationships + `" w:type="first" r:id="rId4"/>` +
	`<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1701" w:right="1474" w:bottom="1985" w:left="1588" w:header="851" w:footer="1100" w:gutter="0"/><w:titlePg/></w:sectPr>`

// redLine is a double line of 170 mm, which reaches 7 mm beyond the type area on each side.
func redLine(side, kind string) string {
	return `<w:pBdr><w:` + side + ` w:val="` + kind + `" w:sz="24" w:space="4" w:color="C00000"/></w:pBdr>`
}

// letterHeader reaches from 15 to 37 mm.
const letterHeader = `<w:hdr xmlns:w="` + wordNamespace + `"><w:p><w:pPr><w:pStyle w:val="Normal"/><w:spacing w:line="1247" w:lineRule="exact"/></w:pPr></w:p></w:hdr>`

const beyond = `<w:ind w:left="-397" w:right="-397"/>`

// letterBody is the text of a letter. A placeholder alone in a paragraph becomes a paragraph
// for each of its lines, or none. What stands above the signature keeps with it, so that no
// page holds the signature alone (GB/T 9704 7.3.5).
var letterBody = []struct{ style, text string }{
	{"LetterHead", "{{organ}}"},
	{"LetterNumber", "{{number}}"},
	{"Title", "{{title}}"},
	{"Addressee", "{{addressee}}："},
	{"Body", "{{body}}"},
	{"Body", "{{remedy}}"},
	{"Enclosure", "{{enclosures}}"},
	{"Signature", "{{organ}}"},
	{"Signature", "{{date}}"},
	{"Body", "{{contact}}"},
}

// letterStyles are those of GB/T 9704 beside the common ones.
func letterStyles() string {
	line := fmt.Sprintf(`<w:spacing w:line="%d" w:lineRule="exact"/>`, letterLine)
	sign := fmt.Sprintf(`<w:keepNext/><w:keepLines/><w:spacing w:line="%d" w:lineRule="exact"/><w:ind w:leftChars="1100" w:left="3520"/><w:jc w:val="center"/>`, letterLine)
	return style("LetterHead", "发文机关标志", redLine("bottom", "thickThinSmallGap")+`<w:spacing w:after="120" w:line="700" w:lineRule="atLeast"/>`+beyond+`<w:jc w:val="center"/>`, song+`<w:color w:val="C00000"/><w:sz w:val="52"/><w:szCs w:val="52"/>`) +
		style("LetterNumber", "发文字号", line+`<w:jc w:val="right"/>`, "") +
		style("Addressee", "主送", line+`<w:jc w:val="left"/>`, letterDrawn) +
		style("Body", "正文", `<w:widowControl/>`+line+`<w:ind w:firstLineChars="200" w:firstLine="630"/><w:jc w:val="both"/>`, letterDrawn) +
		style("Enclosure", "附件说明", `<w:widowControl/>`+line+`<w:ind w:firstLineChars="200" w:firstLine="630"/><w:jc w:val="left"/>`, letterDrawn) +
		style("Signature", "落款", sign, letterDrawn) +
		style("FirstFooter", "首页页脚", redLine("top", "thinThickSmallGap")+`<w:spacing w:line="240" w:lineRule="auto"/>`+beyond, `<w:sz w:val="18"/>`) +
		style("Entry1", "表格项目", `<w:spacing w:line="400" w:lineRule="atLeast"/><w:jc w:val="center"/>`, `<w:sz w:val="24"/><w:szCs w:val="24"/>`) +
		style("Entry2", "表格内容", `<w:spacing w:line="400" w:lineRule="atLeast"/><w:ind w:left="57" w:right="57"/><w:jc w:val="left"/>`, `<w:sz w:val="24"/><w:szCs w:val="24"/>`)
}

// LetterTemplate writes our template of a layout; its title is for the properties of the
// file. It is the same bytes each time.
func LetterTemplate(layout LetterLayout, title string) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range docxParts {
		content := strings.ReplaceAll(f.content, "{title}", escaped(title))
		switch f.name {
		case "[Content_Types].xml":
			content = strings.Replace(content, "</Types>", `<Override PartName="/word/footer2.xml" ContentType="`+contentPrefix+`footer+xml"/><Override PartName="/word/header1.xml" ContentType="`+contentPrefix+`header+xml"/></Types>`, 1)
		case "word/_rels/document.xml.rels":
			content = strings.Replace(content, "</Relationships>", `<Relationship Id="rId4" Type="`+relationships+`/footer" Target="footer2.xml"/><Relationship Id="rId5" Type="`+relationships+`/header" Target="header1.xml"/></Relationships>`, 1)
		case "word/styles.xml":
			content = strings.Replace(content, "</w:styles>", letterStyles()+"</w:styles>", 1)
		}
		if err := docxPart(z, f.name, content); err != nil {
			return nil, err
		}
	}
	footer, body := `<w:p><w:pPr><w:pStyle w:val="FirstFooter"/></w:pPr></w:p>`, letterParagraphs()
	section := letterSection
	if layout == SheetForm {
		footer, body, section = `<w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr></w:p>`, sheetTable(), pageSetup
	}
	if err := docxPart(z, "word/footer2.xml", `<w:ftr xmlns:w="`+wordNamespace+`">`+footer+`</w:ftr>`); err != nil {
		return nil, err
	}
	if err := docxPart(z, "word/header1.xml", letterHeader); err != nil {
		return nil, err
	}
	if err := docxPart(z, "word/document.xml", `<w:document xmlns:w="`+wordNamespace+`"><w:body>`+body+section+`</w:body></w:document>`); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("close the template: %w", err)
	}
	return out.Bytes(), nil
}

func letterParagraphs() string {
	var b strings.Builder
	keep := ""
	for _, p := range letterBody {
		if p.text == "{{body}}" {
			keep = `<w:keepNext/>`
		}
		switch {
		case p.style == "Signature":
			keep = "" // its style says so
		case p.text == "{{contact}}":
			keep = `<w:keepLines/>` // its second line alone would be a page without text
		}
		b.WriteString(placeholderParagraph(p.style, keep, p.text))
		if p.style == "LetterNumber" || p.text == "{{remedy}}" || p.text == "{{enclosures}}" { // blank lines above title, enclosures and signature, where the seal goes
			b.WriteString(`<w:p><w:pPr><w:pStyle w:val="Normal"/>` + keep + `</w:pPr></w:p>`)
		}
	}
	return b.String()
}

func placeholderParagraph(style, keep, text string) string {
	return `<w:p><w:pPr><w:pStyle w:val="` + style + `"/>` + keep + `</w:pPr><w:r><w:t xml:space="preserve">` + text + `</w:t></w:r></w:p>`
}

// sheetTable is the table of a form; its one row is repeated.
func sheetTable() string {
	const label, text = 46, 110 // mm
	cell := func(mm float64, style, text string) string {
		return fmt.Sprintf(`<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>%s</w:tc>`, twips(mm), placeholderParagraph(style, "", text))
	}
	return placeholderParagraph("Title", "", "{{title}}") +
		fmt.Sprintf(`<w:tbl><w:tblPr><w:tblStyle w:val="Grid"/><w:tblW w:w="%d" w:type="dxa"/><w:jc w:val="center"/><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid><w:gridCol w:w="%d"/><w:gridCol w:w="%d"/></w:tblGrid>`,
			twips(label+text), twips(label), twips(text)) +
		`<w:tr><w:trPr><w:cantSplit/><w:trHeight w:val="850" w:hRule="atLeast"/></w:trPr>` + cell(label, "Entry1", "{{#rows}}{{label}}") + cell(text, "Entry2", "{{value}}{{/rows}}") + `</w:tr></w:tbl>` +
		`<w:p><w:pPr><w:pStyle w:val="Gap"/></w:pPr></w:p>`
}
