package document

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"
)

// LetterRow is a row of a form.
type LetterRow struct{ Label, Value string }

// LetterValues are what takes the place of the placeholders of a template. Lines of a value
// are parted by line feeds. Rows take that of a table row that holds {{#rows}}, where
// {{label}} and {{value}} are those of the row.
type LetterValues struct {
	Text map[string]string
	Rows []LetterRow
}

// The placeholders of rows.
const (
	placeRows  = "rows"
	placeLabel = "label"
	placeValue = "value"
)

// TemplateError says why a template is not taken or cannot be filled.
type TemplateError struct{ ZH, EN string }

// Error is the English text.
func (e *TemplateError) Error() string { return e.EN }

func templateError(zh, en string, args ...any) *TemplateError {
	return &TemplateError{fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)}
}

// placeholder is {{name}}, {{#rows}} or {{/rows}}, wherever Word has cut it into runs.
var placeholder = regexp.MustCompile(`\{\{\s*([#/]?)\s*([\p{L}\p{N}_.]+)\s*\}\}`)

// filled reports whether a part of a DOCX is text that may hold placeholders.
func filled(name string) bool {
	base := path.Base(name)
	return path.Dir(name) == "word" && path.Ext(name) == ".xml" && (base == "document.xml" || base == "footnotes.xml" || base == "endnotes.xml" ||
		strings.HasPrefix(base, "header") || strings.HasPrefix(base, "footer"))
}

// WriteLetter writes a template with its placeholders replaced, in one pass: what a value
// holds is never expanded. A placeholder without a value is a *TemplateError that names it.
func WriteLetter(w io.Writer, template []byte, v LetterValues) error {
	p, err := openTemplate(template)
	if err != nil {
		return err
	}
	out := zip.NewWriter(w)
	for _, f := range p.files {
		if !filled(f.Name) {
			if err := out.Copy(f); err != nil {
				return fmt.Errorf("copy part %s: %w", f.Name, err)
			}
			continue
		}
		doc, err := p.parse(f)
		if err != nil {
			return err
		}
		if err := settled(doc); err != nil { // a template may be older than this rule
			return inPart(f.Name, err)
		}
		if err := v.fill(doc); err != nil {
			return inPart(f.Name, err)
		}
		to, err := out.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: epoch})
		if err != nil {
			return fmt.Errorf("begin part %s: %w", f.Name, err)
		}
		if _, err := doc.WriteTo(to); err != nil {
			return fmt.Errorf("write part %s: %w", f.Name, err)
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("close the letter: %w", err)
	}
	return nil
}

// Letter is WriteLetter to memory.
func Letter(template []byte, v LetterValues) ([]byte, error) {
	var out bytes.Buffer
	err := WriteLetter(&out, template, v)
	return out.Bytes(), err
}

func (v LetterValues) fill(doc *etree.Document) error {
	for _, row := range elements(doc.Root(), "tr") {
		if err := v.repeat(row); err != nil {
			return err
		}
	}
	for _, p := range elements(doc.Root(), "p") {
		if err := v.paragraph(p, v.Text); err != nil {
			return err
		}
	}
	return nil
}

// isWord reports whether an element is the one of WordprocessingML that has this name.
func isWord(e *etree.Element, tag string) bool {
	return e.Tag == tag && e.NamespaceURI() == wordNamespace
}

// elements lists the elements of WordprocessingML with a name below another, in the order of
// the document.
func elements(root *etree.Element, tag string) []*etree.Element {
	var out []*etree.Element
	var walk func(*etree.Element)
	walk = func(e *etree.Element) {
		if isWord(e, tag) {
			out = append(out, e)
		}
		for _, c := range e.ChildElements() {
			walk(c)
		}
	}
	if root != nil {
		walk(root)
	}
	return out
}

// texts lists the pieces of text of one paragraph, without those of a text box that stands in
// it, which has paragraphs of its own.
func texts(p *etree.Element) []*etree.Element {
	var out []*etree.Element
	var walk func(*etree.Element)
	walk = func(e *etree.Element) {
		for _, c := range e.ChildElements() {
			switch {
			case isWord(c, "t"):
				out = append(out, c)
			case !isWord(c, "p"):
				walk(c)
			}
		}
	}
	walk(p)
	return out
}

func textOf(ts []*etree.Element) string {
	var b strings.Builder
	for _, t := range ts {
		b.WriteString(t.Text())
	}
	return b.String()
}

// repeat puts one copy of a row for each of the rows in its place.
func (v LetterValues) repeat(row *etree.Element) error {
	marked := false
	for _, p := range elements(row, "p") {
		for _, m := range placeholder.FindAllStringSubmatch(textOf(texts(p)), -1) {
			marked = marked || m[1] == "#" && m[2] == placeRows
		}
	}
	if !marked {
		return nil
	}
	parent := row.Parent()
	for _, r := range v.Rows {
		one := row.Copy()
		parent.InsertChildAt(row.Index(), one)
		values := maps.Clone(v.Text)
		if values == nil {
			values = map[string]string{}
		}
		values["#"+placeRows], values["/"+placeRows], values[placeLabel], values[placeValue] = "", "", r.Label, r.Value
		for _, p := range elements(one, "p") {
			if err := v.paragraph(p, values); err != nil {
				return err
			}
			p.CreateAttr(doneMark, "1")
		}
	}
	parent.RemoveChildAt(row.Index())
	return nil
}

// doneMark stands on paragraphs that are filled already, and on no paragraph that is written.
const doneMark = "gongkai-filled"

// paragraph fills one paragraph. A placeholder that stands alone gives a paragraph for each
// of its lines.
func (v LetterValues) paragraph(p *etree.Element, values map[string]string) error {
	if p.RemoveAttr(doneMark) != nil {
		return nil
	}
	ts := texts(p)
	full := textOf(ts)
	found := placeholder.FindAllStringSubmatchIndex(full, -1)
	if err := complete(full); err != nil {
		return err
	}
	if len(found) == 0 {
		return nil
	}
	hits := make([]hit, len(found))
	for i, m := range found {
		name := full[m[2]:m[3]] + full[m[4]:m[5]]
		value, ok := values[name]
		if !ok {
			return templateError("没有占位符{{%s}}", "there is no placeholder {{%s}}", name)
		}
		hits[i] = hit{m[0], m[1], printable(strings.ReplaceAll(value, "\r\n", "\n"))}
	}
	if alone(p, full, found, ts) {
		lay(p, hits[0].value)
		return nil
	}
	substitute(ts, full, hits)
	return nil
}

// alone reports whether a paragraph holds one placeholder and nothing else that is seen.
func alone(p *etree.Element, full string, found [][]int, ts []*etree.Element) bool {
	if len(found) != 1 || strings.TrimSpace(full) != full[found[0][0]:found[0][1]] || len(ts) == 0 {
		return false
	}
	for _, other := range []string{"drawing", "pict", "object", "fldChar", "sectPr", "br", "tab"} {
		for _, e := range elements(p, other) {
			if e.Parent() == nil || !isWord(e.Parent(), "tabs") {
				return false
			}
		}
	}
	return true
}

// Of what is to keep with the next paragraph: a line shorter than shortLine draws the one above
// along, as 特此告知 does, and one longer than longLine need not keep, since it fills half a
// page. LibreOffice would move it as a whole.
const (
	shortLine = 26 // characters, of 28 in a line
	longLine  = 300
)

// lay puts a paragraph for each line in the place of one; for no line none, unless its cell
// would be left without. What is to keep with the next paragraph is the last of them.
func lay(p *etree.Element, value string) {
	parent := p.Parent()
	lines := strings.Split(value, "\n")
	if value == "" && !lastOfCell(p) {
		parent.RemoveChildAt(p.Index())
		return
	}
	last := len(lines) - 1
	keep := last
	for keep > 0 && utf8.RuneCountInString(lines[keep]) < shortLine {
		keep--
	}
	for i, line := range lines {
		one := p
		if i < last {
			one = p.Copy()
			parent.InsertChildAt(p.Index(), one) // first: outside, a prefix means nothing
			strip(one, "bookmarkStart", "bookmarkEnd")
			for _, a := range slices.Clone(one.Attr) {
				if a.Key == "paraId" || a.Key == "textId" {
					one.RemoveAttr(a.FullKey())
				}
			}
		}
		if i < keep || utf8.RuneCountInString(line) > longLine {
			strip(one, "keepNext")
		}
		ts := texts(one)
		full := textOf(ts)
		m := placeholder.FindStringIndex(full)
		substitute(ts, full, []hit{{m[0], m[1], line}})
	}
}

// strip takes elements out of a paragraph.
func strip(p *etree.Element, tags ...string) {
	for _, tag := range tags {
		for _, e := range elements(p, tag) {
			e.Parent().RemoveChildAt(e.Index())
		}
	}
}

// lastOfCell reports whether a paragraph is the only one of a cell, which must have one, or
// of a header, footer or body, or the one after a table, with which no cell may end.
func lastOfCell(p *etree.Element) bool {
	all := p.Parent().ChildElements()
	if n := len(all); n > 1 && all[n-1] == p && isWord(p.Parent(), "tc") && isWord(all[n-2], "tbl") {
		return true
	}
	n := 0
	for _, c := range all {
		if isWord(c, "p") || isWord(c, "tbl") || isWord(c, "sdt") {
			n++
		}
	}
	return n == 1
}

// hit is a placeholder in the text of a paragraph, and what takes its place.
type hit struct {
	from, to int
	value    string
}

// substitute cuts placeholders out of the runs over which they lie; each value goes to the
// run in which its placeholder begins, and so bears its form.
func substitute(ts []*etree.Element, full string, hits []hit) {
	start := 0
	for _, t := range ts {
		text := t.Text()
		end := start + len(text)
		var b strings.Builder
		at := start
		for _, h := range hits {
			lo, hi := max(h.from, start), min(h.to, end)
			if lo >= hi {
				continue
			}
			b.WriteString(full[at:lo])
			if h.from >= start {
				b.WriteString(h.value)
			}
			at = hi
		}
		if at > start {
			b.WriteString(full[at:end])
			write(t, b.String())
		}
		start = end
	}
}

// write sets the text of a piece; its lines are parted by breaks.
func write(t *etree.Element, text string) {
	run, prefix := t.Parent(), t.Space
	t.CreateAttr("xml:space", "preserve")
	lines := strings.Split(text, "\n")
	t.SetText(lines[0])
	at := t.Index()
	for i, line := range lines[1:] {
		br, next := etree.NewElement("br"), etree.NewElement("t")
		br.Space, next.Space = prefix, prefix
		next.CreateAttr("xml:space", "preserve")
		next.SetText(line)
		run.InsertChildAt(at+2*i+1, br)
		run.InsertChildAt(at+2*i+2, next)
	}
}

func clipText(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
