package document_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"gongkai/server/document"
	"gongkai/workflow/report"
)

var readable = []document.Format{document.XLSX, document.CSV}

// figures are counts and amounts of any size that a report can hold, small ones mostly.
var figures = rapid.OneOf(
	rapid.Custom(func(t *rapid.T) report.Figure { return report.Whole(rapid.Int64Range(0, 5000).Draw(t, "count")) }),
	rapid.Custom(func(t *rapid.T) report.Figure { return report.Whole(rapid.Int64Range(-99, 1e10).Draw(t, "large")) }),
	rapid.Custom(func(t *rapid.T) report.Figure {
		return report.Figure(rapid.Int64Range(-math.MaxInt64, math.MaxInt64).Draw(t, "millionths"))
	}),
)

// reports are reports in any form with any figures, of which some were not entered.
var reports = rapid.Custom(func(t *rapid.T) document.Document {
	f := rapid.SampledFrom(forms).Draw(t, "form")
	r, err := report.Compute(f.form, f.variant, rapid.IntRange(2008, 2099).Draw(t, "year"), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Missing, r.Warnings = nil, nil
	for i := range r.Lines {
		for j := range r.Lines[i].Cells {
			c := &r.Lines[i].Cells[j]
			if c.Entered && rapid.IntRange(0, 3).Draw(t, "missing") == 0 {
				c.Value = report.Value{}
				r.Missing = append(r.Missing, c.Path[len(c.Path)-1])
			} else {
				c.Value = report.Known(figures.Draw(t, "figure"))
			}
		}
	}
	name := rapid.OneOf(rapid.SampledFrom(hostile), rapid.String(), rapid.StringMatching(`[=+'@-]{0,3}[一-龥]{1,9}局[0-9]{0,4}`)).Draw(t, "agency")
	return document.Document{Report: r, AgencyName: name, Provisional: rapid.Bool().Draw(t, "provisional")}
})

// words are what is compared of a name: every document folds its white space, and XML has
// no control characters.
func words(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return 0xFFFD
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

func TestReadBack(t *testing.T) {
	for _, f := range readable {
		t.Run(string(f), func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				d := reports.Draw(r, "document")
				if rapid.Bool().Draw(r, "with appendix") {
					for _, l := range d.Report.Lines {
						if len(l.Cells) > 0 {
							d.Appendix = entries(document.Entry{Cell: l.Cells[0].Name(), Number: "=1"})
						}
					}
				}
				var b bytes.Buffer
				if err := document.Write(&b, f, d); err != nil {
					r.Fatal(err)
				}
				got, err := document.Read(bytes.NewReader(b.Bytes()), int64(b.Len()), f)
				if err != nil {
					r.Fatal(err)
				}
				got.Report.BacklogIn, got.Report.BacklogOut = 0, 0
				d.AgencyName, d.Appendix = words(d.AgencyName), nil
				if diff := cmp.Diff(d, got); diff != "" {
					r.Errorf("read back (-written +read):\n%s", diff)
				}
			})
		})
	}
}

// TestReadSample checks that what comes back is judged as the report itself is.
func TestReadSample(t *testing.T) {
	for name, d := range documents(t) {
		for _, f := range readable {
			t.Run(name+"."+string(f), func(t *testing.T) {
				got := read(t, f, write(t, f, d))
				want := d.Report.AppendFigures(nil)
				if diff := cmp.Diff(string(want), string(got.Report.AppendFigures(nil))); diff != "" {
					t.Errorf("figures (-written +read):\n%s", diff)
				}
				if diff := cmp.Diff(d.Report.Missing, got.Report.Missing); diff != "" {
					t.Errorf("missing (-written +read):\n%s", diff)
				}
			})
		}
	}
}

// edited writes a workbook, changes it as an office would, and gives its new bytes.
func edited(t testing.TB, d document.Document, change func(*excelize.File) error) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(write(t, document.XLSX, d)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := change(f); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open2021(t testing.TB) document.Document {
	return document.Document{Report: compute(t, report.Table2021, "", 2025, nil, nil), AgencyName: "示例局"}
}

// TestReadFilled fills figures in as spreadsheets store them, and moves the table.
func TestReadFilled(t *testing.T) {
	data := edited(t, open2021(t), func(f *excelize.File) error {
		return errors.Join(
			f.SetCellValue("表二", "B17", 0.1+0.2), f.SetCellValue("表二", "B6", "12"), f.SetCellValue("表二", "C6", " 0 "),
			f.SetCellValue("表二", "D6", nil), f.SetCellValue("表三", "D7", 4),
			f.InsertRows("表三", 1, 2), f.SetSheetName("表四", "Sheet9"),
		)
	})
	got := read(t, document.XLSX, data)
	for cell, want := range map[string]string{
		"t2.8.fees": "0.3", "t2.1.rules.made": "12", "t2.1.rules.repealed": "0", "t2.1.rules.inForce": "", "newReceived/naturalPerson": "4", "review/total": "0",
	} {
		c, err := got.Report.Cell(cell)
		if err != nil || c.Value.String() != want {
			t.Errorf("%s = %q (%v), want %q", cell, c.Value, err, want)
		}
	}
	want := "t2.1.rules.inForce t2.1.documents.made t2.1.documents.repealed t2.1.documents.inForce t2.5.licences t2.6.penalties t2.6.coercion"
	if missing := strings.Join(got.Report.Missing, " "); missing != want {
		t.Errorf("missing: %s, want %s", missing, want)
	}
}

// TestReadResaved reads a CSV as spreadsheets save it: GB18030, padded rows, an appendix.
func TestReadResaved(t *testing.T) {
	d := document.Document{Report: numbered(t, report.Table2021, "", 2023), AgencyName: "示例局", Provisional: true}
	d.Appendix = entries(document.Entry{Cell: "granted/total", Number: "1"})
	text := strings.TrimPrefix(string(write(t, document.CSV, d)), "\ufeff")
	text = strings.ReplaceAll(text, "\r\n\r\n", "\r\n,,,,,\r\n")
	data, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, document.CSV, data)
	if diff := cmp.Diff(d.Report.Lines, got.Report.Lines); diff != "" || !got.Provisional || got.AgencyName != "示例局" {
		t.Errorf("provisional %t, agency %q, lines (-written +read):\n%s", got.Provisional, got.AgencyName, diff)
	}
}

// TestReadLongAppendix reads a report whose appendix is far longer than what is read.
func TestReadLongAppendix(t *testing.T) {
	d := document.Document{Report: numbered(t, report.Table2021, "", 2023), AgencyName: "示例局"}
	d.Appendix = func(yield func(document.Entry, error) bool) {
		for i := range 150_000 {
			if !yield(document.Entry{Cell: "granted/total", Number: fmt.Sprintf("示例申请编号〔2023〕%d", i)}, nil) {
				return
			}
		}
	}
	for _, f := range readable {
		got := read(t, f, write(t, f, d))
		if diff := cmp.Diff(d.Report.Lines, got.Report.Lines); diff != "" {
			t.Errorf("%s (-written +read):\n%s", f, diff)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	csvOf := func(old, text string) []byte {
		return bytes.ReplaceAll(write(t, document.CSV, open2021(t)), []byte(old), []byte(text))
	}
	set := func(sheet, cell string, value any) []byte {
		return edited(t, open2021(t), func(f *excelize.File) error { return f.SetCellValue(sheet, cell, value) })
	}
	for _, tc := range []struct {
		name   string
		format document.Format
		data   []byte
		want   error
		says   string
	}{
		{"word in a figure", document.XLSX, set("表三", "D7", "约3件"), document.ErrLayout, `sheet 表三, cell D7: "约3件" stands where table-2021 has a number`},
		{"infinite figure", document.XLSX, set("表三", "D7", "inf"), document.ErrLayout, "cell D7"},
		{"huge figure", document.XLSX, set("表三", "D7", 1e300), document.ErrLayout, "cell D7"},
		{"changed label", document.XLSX, set("表三", "C11", "1.国家机密"), document.ErrLayout, `sheet 表三, cell C11: "1.国家机密" stands where table-2021 has "1.属于国家秘密"`},
		{"word in a CSV", document.CSV, csvOf("行政许可,待填", "行政许可,若干"), document.ErrLayout, `row 11, column 2: "若干"`},
		{"no title", document.CSV, csvOf("年政府信息公开工作年度报告", "年报"), document.ErrLayout, "no title"},
		{"another table", document.CSV, []byte("甲2023年政府信息公开工作年度报告\n统计指标,代码\n"), document.ErrLayout, `row 2, column 3: "" stands where codes-2014 has "单位"`},
		{"nothing", document.CSV, nil, document.ErrLayout, "no title"},
		{"no package", document.XLSX, []byte("PK"), document.ErrLayout, "zip"},
		{"long CSV", document.CSV, bytes.Repeat([]byte("甲,乙\n"), 1<<20), document.ErrTooLarge, "bytes"},
		{"many rows", document.CSV, bytes.Repeat([]byte("甲\n"), 2001), document.ErrTooLarge, "2000 rows"},
		{"neither encoding", document.CSV, []byte("\xff\xff\xff"), document.ErrLayout, "no title"},
		{"written only", document.DOCX, nil, document.ErrFormat, "xlsx and csv are read"},
		{"no format", "pdf", nil, document.ErrFormat, "xlsx and csv are read"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := document.Read(bytes.NewReader(tc.data), int64(len(tc.data)), tc.format)
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v, want %v that says %s", err, tc.want, tc.says)
			}
		})
	}
}

// TestLayoutError checks that the place can be told to a person in their own words.
func TestLayoutError(t *testing.T) {
	data := bytes.ReplaceAll(write(t, document.CSV, open2021(t)), []byte("\n结果维持"), []byte("\n维持"))
	_, err := document.Read(bytes.NewReader(data), int64(len(data)), document.CSV)
	want := &document.LayoutError{Row: 52, Column: 1, Text: "维持", Want: "结果维持", Form: report.Table2021}
	var got *document.LayoutError
	if !errors.As(err, &got) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLargeFigures keeps every digit, also where a spreadsheet would round.
func TestLargeFigures(t *testing.T) {
	for _, f := range []report.Figure{math.MaxInt64, -math.MaxInt64, 9_007_199_254_740_993, 123_456, -500_000, 1} {
		d := open2021(t)
		c := &d.Report.Lines[3].Cells[0]
		c.Value = report.Known(f)
		d.Report.Missing = d.Report.Missing[1:]
		for _, format := range readable {
			back := read(t, format, write(t, format, d)).Report
			got, err := back.Cell(c.Name())
			if err != nil || got.Value != c.Value {
				t.Errorf("%s: %s came back as %s (%v)", format, f, got.Value, err)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, d := range documents(f) {
		for _, format := range readable {
			f.Add(write(f, format, d), format == document.CSV)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, text bool) {
		format := document.XLSX
		if text {
			format = document.CSV
		}
		d, err := document.Read(bytes.NewReader(data), int64(len(data)), format)
		if err != nil {
			return
		}
		again := read(t, format, write(t, format, d))
		d.AgencyName = words(d.AgencyName)
		if diff := cmp.Diff(d, again); diff != "" {
			t.Errorf("read, written and read again (-first +second):\n%s", diff)
		}
	})
}
