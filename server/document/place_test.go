package document_test

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	"gongkai/server/document"
	"gongkai/workflow/report"
)

// matrix is a table as a reader sees it: the text at every place, that of a merged cell
// at all the places that it spans.
type matrix [][]string

// put fills a span, and fails if something stands there already.
func (m *matrix) put(t testing.TB, row, col, height, width int, text string) {
	t.Helper()
	for r := row; r < row+height; r++ {
		for len(*m) <= r {
			*m = append(*m, nil)
		}
		line := &(*m)[r]
		for c := col; c < col+width; c++ {
			for len(*line) <= c {
				*line = append(*line, "")
			}
			if (*line)[c] != "" {
				t.Errorf("%q and %q overlap at row %d, column %d", (*line)[c], text, r, c)
			}
			(*line)[c] = text
		}
	}
}

// full fails if the table has a hole or a ragged edge.
func (m matrix) full(t testing.TB) {
	t.Helper()
	for r, line := range m {
		if len(line) != len(m[0]) || slices.Contains(line, "") {
			t.Errorf("row %d has a hole or another width than the first: %q", r, line)
		}
	}
}

func find(n *html.Node, tag string) []*html.Node {
	var list []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == tag {
			list = append(list, d)
		}
	}
	return list
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func attribute(n *html.Node, name string) int {
	for _, a := range n.Attr {
		if a.Key == name {
			v, _ := strconv.Atoi(a.Val)
			return v
		}
	}
	return 1
}

// htmlTables places cells as browsers do: each at the first free place of its row.
func htmlTables(t testing.TB, data []byte) []matrix {
	root, err := html.Parse(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var list []matrix
	for _, table := range find(root, "table") {
		if len(find(table, "caption")) != 1 {
			t.Error("a table lacks its caption")
		}
		var m matrix
		for r, tr := range find(table, "tr") {
			c := 0
			for cell := range tr.ChildNodes() {
				if cell.Data == "th" && attribute(cell, "scope") != 0 {
					t.Errorf("heading %q lacks its scope", textOf(cell))
				}
				for r < len(m) && c < len(m[r]) && m[r][c] != "" {
					c++
				}
				m.put(t, r, c, attribute(cell, "rowspan"), attribute(cell, "colspan"), textOf(cell))
			}
		}
		list = append(list, m)
	}
	return list
}

type wordTable struct {
	Grid []struct{} `xml:"tblGrid>gridCol"`
	Rows []struct {
		Cells []struct {
			Span *struct {
				Val int `xml:"val,attr"`
			} `xml:"tcPr>gridSpan"`
			Merge *struct {
				Val string `xml:"val,attr"`
			} `xml:"tcPr>vMerge"`
			Text []string `xml:"p>r>t"`
		} `xml:"tc"`
	} `xml:"tr"`
}

type wordDocument struct {
	Tables []wordTable `xml:"body>tbl"`
	Texts  []string    `xml:"body>p>r>t"`
}

func word(t testing.TB, data []byte) wordDocument {
	t.Helper()
	var d wordDocument
	if err := xml.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func wordTexts(t testing.TB, data []byte) []string { return word(t, data).Texts }

func wordTables(t testing.TB, data []byte) []matrix {
	var list []matrix
	for _, table := range word(t, part(t, data, "word/document.xml")).Tables {
		var m matrix
		for r, row := range table.Rows {
			c := 0
			for _, cell := range row.Cells {
				width := 1
				if cell.Span != nil {
					width = cell.Span.Val
				}
				text := strings.Join(cell.Text, "")
				if cell.Merge != nil && cell.Merge.Val == "" {
					text = m[r-1][c]
					for _, above := range m[r-1][c : c+width] {
						if above != text {
							t.Errorf("row %d, column %d continues %q over %q", r, c, text, above)
						}
					}
				}
				m.put(t, r, c, 1, width, text)
				c += width
			}
			if c != len(table.Grid) {
				t.Errorf("row %d spans %d columns of %d", r, c, len(table.Grid))
			}
		}
		list = append(list, m)
	}
	return list
}

// sheetTop is the number of rows above a table in a sheet.
const sheetTop = 3

func sheetTables(t testing.TB, data []byte) []matrix {
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []matrix
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		merged, err := f.GetMergeCells(sheet)
		if err != nil {
			t.Fatal(err)
		}
		var m matrix
		for _, span := range merged {
			left, top, _ := excelize.CellNameToCoordinates(span.GetStartAxis())
			right, bottom, _ := excelize.CellNameToCoordinates(span.GetEndAxis())
			if top > sheetTop {
				m.put(t, top-1-sheetTop, left-1, bottom-top+1, right-left+1, span.GetCellValue())
			}
		}
		for r, row := range rows[sheetTop:] {
			for c, text := range row {
				if text != "" && (r >= len(m) || c >= len(m[r]) || m[r][c] == "") {
					m.put(t, r, c, 1, 1, text)
				}
			}
		}
		list = append(list, m)
	}
	return list
}

func csvRows(t testing.TB, data []byte) [][]string {
	t.Helper()
	body, ok := bytes.CutPrefix(data, []byte("\ufeff"))
	if !ok {
		t.Error("the CSV lacks the mark of UTF-8")
	}
	c := csv.NewReader(bytes.NewReader(body))
	c.FieldsPerRecord = -1
	rows, err := c.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestPlaces reads each format with what others read it with, and finds every figure of
// the report exactly once: beside the label of its row and below that of its column.
func TestPlaces(t *testing.T) {
	for _, f := range forms {
		r := numbered(t, f.form, f.variant, f.year)
		d := document.Document{Report: r, AgencyName: "示例局"}
		for _, format := range []struct {
			format document.Format
			tables func(testing.TB, []byte) []matrix
		}{{document.HTML, htmlTables}, {document.DOCX, wordTables}, {document.XLSX, sheetTables}} {
			t.Run(f.name+"."+string(format.format), func(t *testing.T) {
				tables := format.tables(t, write(t, format.format, d))
				for _, m := range tables {
					m.full(t)
				}
				checkPlaces(t, r, tables)
			})
		}
	}
}

func checkPlaces(t *testing.T, r report.Report, tables []matrix) {
	t.Helper()
	seen := map[string]bool{}
	for _, l := range r.Lines {
		for _, c := range l.Cells {
			text := c.Value.String()
			seen[text] = true
			left, above, n := around(tables, text)
			if n != 1 {
				t.Errorf("%s = %s stands at %d places, not at one", c.Name(), text, n)
				continue
			}
			if !contains(left, l.LabelZH) && !contains(above, l.LabelZH) {
				t.Errorf("%s: neither left %q nor above %q is %q", c.Name(), left, above, l.LabelZH)
			}
			if r.Form == report.Codes2014 {
				if want := []string{l.Key, l.UnitZH}; !slices.Equal(left[1:], want) {
					t.Errorf("%s: left of it stand %q, not %q", c.Name(), left[1:], want)
				}
				continue
			}
			if above[len(above)-1] != c.LabelZH {
				t.Errorf("%s: its column is headed %q, not %q", c.Name(), above[len(above)-1], c.LabelZH)
			}
		}
	}
	for _, m := range tables {
		for _, row := range m {
			for _, text := range row {
				if isNumber(text) && !seen[text] && r.Form != report.Codes2014 {
					t.Errorf("%s is no figure of the report", text)
				}
			}
		}
	}
}

// around finds a text and returns the words left of it and above it, the nearest last.
func around(tables []matrix, text string) (left, above []string, n int) {
	for _, m := range tables {
		for r, row := range m {
			c := len(row) - 1
			if row[c] != text {
				if c = slices.Index(row, text); c < 0 {
					continue
				}
			} else {
				c = slices.Index(row, text)
			}
			if len(m[0]) == 4 && row[0] != "" && c == 1 && m[0][1] == "代码" {
				continue // a code, not a figure
			}
			n++
			left = slices.Compact(slices.Clone(row[:c]))
			for _, line := range m[:r] {
				if !isNumber(line[c]) {
					above = append(above, line[c])
				}
			}
			left = slices.DeleteFunc(left, func(s string) bool { return isNumber(s) && m[0][1] != "代码" })
		}
	}
	return left, above, n
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

// contains looks for a label among texts; the coded table indents what belongs together.
func contains(texts []string, label string) bool {
	return slices.ContainsFunc(texts, func(s string) bool { return strings.TrimLeft(s, "　") == label })
}

// TestCSVPlaces compares the tables of the CSV with those of the sheets, place by place:
// what spans several places stands at the first.
func TestCSVPlaces(t *testing.T) {
	for _, f := range forms {
		t.Run(f.name, func(t *testing.T) {
			d := document.Document{Report: numbered(t, f.form, f.variant, f.year), AgencyName: "示例局"}
			rows := csvRows(t, write(t, document.CSV, d))[1:]
			for _, m := range sheetTables(t, write(t, document.XLSX, d)) {
				rows = rows[1:] // the chapter
				for r := range m {
					for c, text := range rows[r] {
						covered := c > 0 && m[r][c] == m[r][c-1] || r > 0 && m[r][c] == m[r-1][c]
						if text = strings.TrimLeft(text, "　"); text != strings.TrimLeft(m[r][c], "　") && (text != "" || !covered) {
							t.Errorf("row %d, column %d: %q, in the sheet %q", r, c, text, m[r][c])
						}
					}
				}
				rows = rows[len(m):]
			}
			if len(rows) > 0 {
				t.Errorf("rows after the tables: %q", rows)
			}
		})
	}
}

// TestSpans checks the spans that the format of 2021 and 2019 prove by their row counts.
func TestSpans(t *testing.T) {
	for _, tc := range []struct {
		form  report.Form
		year  int
		spans map[string]int
	}{
		{report.Table2019, 2020, map[string]int{"三、本年度办理结果": 20, "（三）不予公开": 8, "（四）无法提供": 3, "（五）不予处理": 5}},
		{report.Table2021, 2023, map[string]int{"三、本年度办理结果": 22, "（三）不予公开": 8, "（四）无法提供": 3, "（五）不予处理": 5, "（六）其他处理": 3}},
	} {
		t.Run(string(tc.form), func(t *testing.T) {
			data := write(t, document.HTML, document.Document{Report: numbered(t, tc.form, "", tc.year)})
			root, err := html.Parse(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			for _, th := range find(root, "th") {
				if want, ok := tc.spans[textOf(th)]; ok {
					if got := attribute(th, "rowspan"); got != want {
						t.Errorf("%s spans %d rows, want %d", textOf(th), got, want)
					}
					delete(tc.spans, textOf(th))
				}
			}
			if len(tc.spans) > 0 {
				t.Errorf("not found: %v", tc.spans)
			}
		})
	}
}

var errFull = errors.New("the disk is full")

// narrow takes so many bytes and then fails.
type narrow struct{ room int }

func (n *narrow) Write(p []byte) (int, error) {
	if len(p) > n.room {
		return 0, errFull
	}
	n.room -= len(p)
	return len(p), nil
}

func TestWriteFails(t *testing.T) {
	broken := errors.New("broken")
	r := numbered(t, report.Table2021, "", 2023)
	short := r
	short.Lines = r.Lines[:len(r.Lines)-6]
	other := r
	other.Form = report.Table2019
	cumulative := r
	cumulative.Form = report.Cumulative
	failing := func(yield func(document.Entry, error) bool) { yield(document.Entry{}, broken) }
	for _, tc := range []struct {
		name string
		d    document.Document
		want error
	}{
		{"row missing", document.Document{Report: short}, document.ErrContent},
		{"lines of another form", document.Document{Report: other}, document.ErrContent},
		{"form without layout", document.Document{Report: cumulative}, report.ErrForm},
		{"no form", document.Document{}, report.ErrForm},
		{"long name", document.Document{Report: r, AgencyName: strings.Repeat("长", 501)}, document.ErrContent},
		{"appendix of no cell", document.Document{Report: r, Appendix: entries(document.Entry{Cell: "granted/nobody"})}, document.ErrContent},
		{"appendix breaks off", document.Document{Report: r, Appendix: failing}, broken},
	} {
		for _, f := range document.Formats() {
			t.Run(tc.name+"."+string(f), func(t *testing.T) {
				if err := document.Write(io.Discard, f, tc.d); !errors.Is(err, tc.want) {
					t.Errorf("got %v, want %v", err, tc.want)
				}
			})
		}
	}
	d := document.Document{Report: r, Appendix: entries(document.Entry{Cell: "granted/total", Number: "1"})}
	if err := document.Write(io.Discard, "pdf", d); !errors.Is(err, document.ErrFormat) {
		t.Errorf("pdf: %v", err)
	}
	for _, f := range document.Formats() {
		whole := len(write(t, f, d))
		for room := 0; room < whole; room += 1 + whole/20 {
			if err := document.Write(&narrow{room}, f, d); !errors.Is(err, errFull) {
				t.Errorf("%s with room for %d of %d bytes: %v", f, room, whole, err)
			}
		}
	}
}

// counter counts what was written.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// TestAppendixStreams checks that entries go out while they come in, so that an appendix
// of any length takes no memory.
func TestAppendixStreams(t *testing.T) {
	const many = 40_000
	for _, f := range document.Formats() {
		t.Run(string(f), func(t *testing.T) {
			var written counter
			var halfway, end counter
			d := document.Document{Report: numbered(t, report.Table2021, "", 2023)}
			d.Appendix = func(yield func(document.Entry, error) bool) {
				for i := range many {
					if i == many/2 {
						halfway = written
					}
					if !yield(document.Entry{Cell: "newReceived/total", Number: "公开申" + strconv.Itoa(i*7919)}, nil) {
						return
					}
				}
				end = written
			}
			if err := document.Write(&written, f, d); err != nil {
				t.Fatal(err)
			}
			if end <= halfway || end-halfway < written/4 {
				t.Errorf("%d bytes were out at half of the entries, %d at their end, %d in all", halfway, end, written)
			}
		})
	}
}
