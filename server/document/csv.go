package document

import (
	"encoding/csv"
	"io"
	"strings"
	"unicode/utf8"
)

// utf8Mark in front tells spreadsheets that the text is UTF-8.
const utf8Mark = "\ufeff"

// writeCSV writes the tables one below the other. What spans several places stands at the
// first of them, and the others are empty.
func writeCSV(w io.Writer, p *page) error {
	if _, err := io.WriteString(w, utf8Mark); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	rows := [][]string{{safe(p.title())}}
	for _, n := range p.notes {
		rows = append(rows, []string{safe(n)})
	}
	for _, g := range p.grids() {
		rows = append(rows, nil, []string{g.chapter})
		rows = append(rows, g.texts()...)
	}
	if err := c.WriteAll(rows); err != nil {
		return err
	}
	if p.appendix == nil {
		return nil
	}
	if err := c.WriteAll([][]string{nil, {appendixTitle}, {appendixCell, appendixLabel, appendixNumber}}); err != nil {
		return err
	}
	record := make([]string, 3)
	begin := func(name, label string) error {
		record[0], record[1] = name, label
		return nil
	}
	err := p.entries(begin, func(number string) error {
		record[2] = safe(number)
		return c.Write(record)
	})
	if err != nil {
		return err
	}
	c.Flush()
	return c.Error()
}

// texts is the grid as rows of text.
func (g *grid) texts() [][]string {
	rows := make([][]string, g.rows)
	for i := range rows {
		rows[i] = make([]string, len(g.widths))
	}
	for _, b := range g.boxes {
		rows[b.row][b.col] = strings.Repeat("　　", b.indent) + b.text
	}
	return rows
}

// safe puts an apostrophe before a text that a spreadsheet would run as a formula, and
// before one that looks as if that had been done, so that plain finds the text again.
func safe(s string) string {
	if runnable(s) {
		return "'" + s
	}
	return s
}

func plain(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && runnable(rest) {
		return rest
	}
	return s
}

// runnable reports whether a text is, after apostrophes, a formula. The full-width
// forms count because input methods and imports fold them.
func runnable(s string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, "'"))
	return strings.ContainsRune("=+-@\t\r\n＝＋－＠", r)
}
