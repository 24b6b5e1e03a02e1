package ledger_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"gongkai/client/ledger"
)

type create = func(io.Writer, ledger.Sheet, ledger.Options) *ledger.Writer

// write makes a file of figures from texts, one a row.
func write(t rapid.TB, create create, texts []string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := create(&out, ledger.Figures, ledger.Options{})
	for _, text := range texts {
		if err := w.Write(map[string]string{"year": "2026", "value": text}); err != nil {
			t.Fatalf("write %q: %v", text, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// values reads such a file again.
func values(t rapid.TB, data []byte) []string {
	t.Helper()
	r, err := open(data, ledger.Figures)
	if err != nil {
		t.Fatal(err)
	}
	rows, issues, err := all(r)
	if err != nil || len(issues) > 0 {
		t.Fatal(issues, err)
	}
	var texts []string
	for _, row := range rows {
		texts = append(texts, row.Cell("value"))
	}
	return texts
}

const formulaFirst = "=+-@\t\r\n＝＋－＠"

func TestFormulaText(t *testing.T) {
	texts := []string{
		"=1+1", "+86 138", "-20", "@sum", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠1", "=", "-",
		"'=1", "''=1", "'", "''", "'a", "''a", "'-", "'＝", "a=1", "1-2", "=cmd|' /C calc'!A0", `=HYPERLINK("x","y")`,
		"x,=1", "x;=1", "x\t=1", "x\n=1", `"=1"`, "'\"=1", "普通文字",
	}
	for name, create := range map[string]create{"csv": ledger.NewCSV, "xlsx": ledger.NewXLSX} {
		t.Run(name, func(t *testing.T) {
			data := write(t, create, texts)
			if diff := cmp.Diff(texts, values(t, data)); diff != "" {
				t.Error(diff)
			}
			for _, cell := range cells(t, name, data) {
				if strings.ContainsRune(formulaFirst, []rune(cell + " ")[0]) {
					t.Errorf("cell %q would run", cell)
				}
			}
		})
	}
}

// cells gives all cells of a file as another reader sees them.
func cells(t *testing.T, name string, data []byte) (cells []string) {
	t.Helper()
	if name == "csv" {
		records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range records {
			cells = append(cells, record...)
		}
		return cells
	}
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sheet := f.GetSheetName(0)
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		for j, text := range row {
			place, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				t.Fatal(err)
			}
			if formula, err := f.GetCellFormula(sheet, place); formula != "" || err != nil {
				t.Errorf("%s is a formula %q (%v)", place, formula, err)
			}
			cells = append(cells, text)
		}
	}
	return cells
}

// TestRoundTrip: what is written reads back, save white space at the ends; a leading tab
// or line break stays.
func TestRoundTrip(t *testing.T) {
	pieces := rapid.SampledFrom([]string{
		"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＠", "'", "''", `"`, ",", ";", " ", "\u3000", "a", "中", "𠮷", "_x0041_", "&<", "1",
	})
	for name, create := range map[string]create{"csv": ledger.NewCSV, "xlsx": ledger.NewXLSX} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				texts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
					text := strings.Join(rapid.SliceOfN(pieces, 0, 6).Draw(t, "pieces"), "")
					text = strings.TrimRightFunc(text, unicode.IsSpace)
					return strings.TrimLeft(text, " \u3000")
				}), 1, 5).Draw(t, "texts")
				data := write(t, create, texts)
				if diff := cmp.Diff(texts, values(t, data)); diff != "" {
					t.Fatal(diff)
				}
				again := write(t, create, values(t, data))
				if name == "csv" && !bytes.Equal(data, again) {
					t.Fatal("written otherwise the second time")
				}
			})
		})
	}
}

func TestRoundTripOfAllSheets(t *testing.T) {
	for _, sheet := range []ledger.Sheet{ledger.Applications, ledger.Remedies, ledger.Figures} {
		for _, headings := range []string{"", "zh", "key"} {
			for name, create := range map[string]create{"csv": ledger.NewCSV, "xlsx": ledger.NewXLSX} {
				t.Run(string(sheet)+" "+headings+" "+name, func(t *testing.T) {
					want := map[string]string{}
					for i, c := range ledger.Columns(sheet) {
						want[c.Key] = c.Key + " 值"
						if c.Kind == ledger.Date {
							want[c.Key] = "2026-03-1" + string(rune('0'+i%10))
						}
					}
					var out bytes.Buffer
					w := create(&out, sheet, ledger.Options{Headings: headings})
					if err := w.Write(want); err != nil {
						t.Fatal(err)
					}
					if err := w.Close(); err != nil {
						t.Fatal(err)
					}
					r, err := open(out.Bytes(), sheet)
					if err != nil {
						t.Fatal(err)
					}
					rows, issues, err := all(r)
					if err != nil || len(issues) > 0 || len(rows) != 1 {
						t.Fatal(rows, issues, err)
					}
					if diff := cmp.Diff(want, rows[0].Map()); diff != "" {
						t.Error(diff)
					}
				})
			}
		}
	}
}

func TestCSVForm(t *testing.T) {
	var out bytes.Buffer
	w := ledger.NewCSV(&out, ledger.Figures, ledger.Options{})
	if err := w.Write(map[string]string{"year": " 2026\u3000", "code": "a\"b", "value": "x,y"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "\ufeff年度,代码,数值\r\n2026,\"a\"\"b\",\"x,y\"\r\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	out.Reset()
	if err := ledger.NewCSV(&out, ledger.Figures, ledger.Options{Headings: "key"}).Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "year,code,value\r\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestWriteSaysWhich: what no workbook holds is told by its application, in both languages.
func TestWriteSaysWhich(t *testing.T) {
	w := ledger.NewXLSX(io.Discard, ledger.Applications, ledger.Options{})
	err := w.Write(map[string]string{"application_no": "示教〔2026〕1号", "description": strings.Repeat("长", 32768)})
	file, ok := errors.AsType[*ledger.FileError](err)
	if !ok || !errors.Is(err, ledger.ErrCell) || !strings.Contains(file.ZH, "示教〔2026〕1号") || !strings.Contains(file.EN, "示教〔2026〕1号") || !strings.Contains(file.ZH, "CSV") {
		t.Errorf("refused by %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestWriteRefuses(t *testing.T) {
	tests := []struct {
		name   string
		create create
		cells  map[string]string
	}{
		{"NUL", ledger.NewCSV, map[string]string{"code": "\x00"}},
		{"broken UTF-8", ledger.NewCSV, map[string]string{"code": "\xff"}},
		{"another sheet's key", ledger.NewCSV, map[string]string{"channel": "网络"}},
		{"long", ledger.NewCSV, map[string]string{"code": strings.Repeat("x", ledger.MaxCell+1)}},
		{"long for a workbook", ledger.NewXLSX, map[string]string{"code": strings.Repeat("𠮷", 16384)}},
		{"control character in a workbook", ledger.NewXLSX, map[string]string{"code": "a\x01"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			w := tt.create(&out, ledger.Figures, ledger.Options{})
			if err := w.Write(tt.cells); !errors.Is(err, ledger.ErrCell) {
				t.Errorf("error %v", err)
			}
			if err := w.Write(map[string]string{"value": "1"}); err != nil {
				t.Error(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"1"}, values(t, out.Bytes())); diff != "" {
				t.Error(diff)
			}
			if err := w.Write(nil); err == nil {
				t.Error("written after Close")
			}
		})
	}
}

func TestWrongWriter(t *testing.T) {
	if err := ledger.NewCSV(io.Discard, "letters", ledger.Options{}).Write(nil); !errors.Is(err, ledger.ErrSheet) {
		t.Error(err)
	}
	if err := ledger.NewXLSX(io.Discard, "letters", ledger.Options{}).Close(); !errors.Is(err, ledger.ErrSheet) {
		t.Error(err)
	}
	if err := ledger.NewCSV(io.Discard, ledger.Figures, ledger.Options{Headings: "en"}).Close(); err == nil {
		t.Error("unknown headings")
	}
	failing := ledger.NewCSV(full{}, ledger.Figures, ledger.Options{})
	if err := failing.Close(); !errors.Is(err, io.ErrShortWrite) {
		t.Error(err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// TestAgainstEncodingCSV compares with the standard library on well-formed files.
func TestAgainstEncodingCSV(t *testing.T) {
	field := rapid.StringMatching(`[a-z中,;"\n ]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.SliceOfN(rapid.SliceOfN(field, 3, 3), 1, 6).Draw(t, "records")
		var out bytes.Buffer
		w := csv.NewWriter(&out)
		if err := w.WriteAll(append([][]string{{"year", "code", "value"}}, records...)); err != nil {
			t.Fatal(err)
		}
		r, err := open(out.Bytes(), ledger.Figures)
		if err != nil {
			t.Fatal(err)
		}
		rows, issues, err := all(r)
		if err != nil || len(issues) > 0 {
			t.Fatal(issues, err)
		}
		for i, record := range records {
			want := make([]string, len(record))
			for j := range record {
				want[j] = strings.TrimSpace(record[j])
			}
			if strings.Join(want, "") == "" {
				continue
			}
			if len(rows) == 0 || rows[0].Number != i+2 {
				t.Fatalf("row %d is missing: %v", i+2, rows)
			}
			if diff := cmp.Diff(want, rows[0].Cells); diff != "" {
				t.Fatal(diff)
			}
			rows = rows[1:]
		}
		if len(rows) > 0 {
			t.Fatal("more rows than were written")
		}
	})
}
