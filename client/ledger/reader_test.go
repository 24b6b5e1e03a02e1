package ledger_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"gongkai/client/ledger"
)

// read collects all rows and issues of a CSV text.
func read(t *testing.T, text string, sheet ledger.Sheet) (*ledger.Reader, []ledger.Row, []ledger.Issue) {
	t.Helper()
	r, err := ledger.NewReader(strings.NewReader(text), int64(len(text)), sheet)
	if err != nil {
		t.Fatalf("open %q: %v", text, err)
	}
	rows, issues, err := all(r)
	if err != nil {
		t.Fatalf("read %q: %v", text, err)
	}
	return r, rows, issues
}

func all(r *ledger.Reader) (rows []ledger.Row, issues []ledger.Issue, err error) {
	for {
		row, found, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows, issues, nil
		}
		if err != nil {
			return rows, issues, err
		}
		issues = append(issues, found...)
		if len(found) == 0 {
			rows = append(rows, row)
		}
	}
}

func gb18030(tb testing.TB, text string) []byte {
	tb.Helper()
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestEncodingsAndDelimiters(t *testing.T) {
	const text = "申请编号|申请方式|申请主体|申请人|备注\nA1|网络|公民|𠮷野家|\"甲|\"\"乙\"\"\n丙\"\n"
	want := map[string]string{
		"application_no": "A1", "channel": "网络", "applicant_kind": "公民", "applicant_name": "𠮷野家",
	}
	encodings := map[string]func(string) string{
		"utf-8":          func(s string) string { return s },
		"utf-8 bom":      func(s string) string { return "\ufeff" + s },
		"gb18030":        func(s string) string { return string(gb18030(t, s)) },
		"gb18030 bom":    func(s string) string { return string(gb18030(t, "\ufeff"+s)) },
		"gbk without 𠮷":  func(s string) string { return string(gb18030(t, strings.ReplaceAll(s, "𠮷", "吉"))) },
		"cr":             func(s string) string { return strings.ReplaceAll(s, "\n", "\r") },
		"crlf":           func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"no end of line": func(s string) string { return strings.TrimSuffix(s, "\n") },
		"ascii headings": func(s string) string {
			return strings.NewReplacer("申请编号", "application_no", "申请方式", "channel", "申请主体", "applicant_kind", "申请人", "applicant_name", "备注", "remark").Replace(s)
		},
		"gb, ascii heads": func(s string) string {
			return string(gb18030(t, strings.NewReplacer("申请编号", "application_no", "申请方式", "channel", "申请主体", "applicant_kind", "申请人", "applicant_name", "备注", "remark").Replace(s)))
		},
	}
	for name, encode := range encodings {
		for _, delim := range []string{",", ";", "\t"} {
			t.Run(fmt.Sprintf("%s %q", name, delim), func(t *testing.T) {
				_, rows, issues := read(t, encode(strings.ReplaceAll(text, "|", delim)), ledger.Applications)
				if len(rows) != 1 || len(issues) > 0 {
					t.Fatal(rows, issues)
				}
				got := rows[0].Map()
				remark := got["remark"]
				delete(got, "remark")
				if strings.Contains(name, "gbk") {
					got["applicant_name"] = strings.ReplaceAll(got["applicant_name"], "吉", "𠮷")
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
				lines := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(remark)
				if lines != "甲"+delim+"\"乙\"\n丙" {
					t.Errorf("remark %q", remark)
				}
			})
		}
	}
}

func TestLateEncoding(t *testing.T) {
	head := "year,code,value\n" + strings.Repeat("2020,3100,1\n", 20_000)
	for name, tail := range map[string]string{
		"utf-8": "2020,公报,2\n", "gb18030": string(gb18030(t, "2020,公报,2\n")),
	} {
		t.Run(name, func(t *testing.T) {
			_, rows, issues := read(t, head+tail, ledger.Figures)
			if len(issues) > 0 || rows[len(rows)-1].Cell("code") != "公报" {
				t.Error(issues, rows[len(rows)-1])
			}
		})
	}
}

func TestHeader(t *testing.T) {
	const required = "申请编号,申请方式,申请人类型"
	tests := []struct {
		name, line string
		sheet      ledger.Sheet
		want       ledger.Header
	}{
		{
			name: "earliest listed wins, wherever it stands", sheet: ledger.Applications,
			line: "申请时间,申请日期,序号,流水号,申请方式,申请人类型",
			want: ledger.Header{
				Keys:   []string{"receive_date", "application_no", "channel", "applicant_kind"},
				Known:  map[string]string{"receive_date": "申请日期", "application_no": "流水号", "channel": "申请方式", "applicant_kind": "申请人类型"},
				Unused: []string{"申请时间", "序号"},
			},
		},
		{
			name: "the key comes before its headings; the same heading twice", sheet: ledger.Figures,
			line: "年度,YEAR,代码,代码,value",
			want: ledger.Header{
				Keys:   []string{"year", "code", "value"},
				Known:  map[string]string{"year": "YEAR", "code": "代码", "value": "value"},
				Unused: []string{"年度", "代码"},
			},
		},
		{
			name: "unknown and unnamed", sheet: ledger.Applications,
			line: required + ",,处室,承办人, ,",
			want: ledger.Header{
				Keys:    []string{"application_no", "channel", "applicant_kind"},
				Known:   map[string]string{"application_no": "申请编号", "channel": "申请方式", "applicant_kind": "申请人类型"},
				Unknown: []string{"#D", "处室", "承办人"},
			},
		},
		{
			name: "width, spaces, line breaks", sheet: ledger.Applications,
			line: "\u3000ａｐｐｌｉｃａｔｉｏｎ＿ｎｏ ,\"申请\n方式\",申 请 人类型,ＥＭＡＩＬ",
			want: ledger.Header{
				Keys: []string{"application_no", "channel", "applicant_kind", "email"},
				Known: map[string]string{
					"application_no": "ａｐｐｌｉｃａｔｉｏｎ＿ｎｏ", "channel": "申请\n方式", "applicant_kind": "申 请 人类型", "email": "ＥＭＡＩＬ",
				},
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, _, _ := read(t, tt.line+"\n", tt.sheet)
			if diff := cmp.Diff(tt.want, r.Header()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEveryHeadingIsRead(t *testing.T) {
	for _, sheet := range []ledger.Sheet{ledger.Applications, ledger.Remedies, ledger.Figures} {
		columns := ledger.Columns(sheet)
		for i, column := range columns {
			for _, heading := range append(column.Headings, column.Key) {
				titles := make([]string, len(columns))
				for j := range columns {
					titles[j] = columns[j].Key
				}
				titles[i] = heading
				r, _, _ := read(t, strings.Join(titles, ";"), sheet)
				if got := r.Header().Known[column.Key]; got != heading {
					t.Errorf("%s %s: %q read as %q", sheet, column.Key, heading, got)
				}
			}
		}
	}
	if n := len(ledger.Columns(ledger.Applications)); n != 37 {
		t.Errorf("%d columns of applications", n)
	}
	if ledger.Columns("x") != nil {
		t.Error("columns of an unknown sheet")
	}
}

func TestNotALedger(t *testing.T) {
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("年度,代码,数值\n")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, text string
		sheet      ledger.Sheet
		want       error
		keys       []string
	}{
		{"empty", "", ledger.Figures, ledger.ErrHeader, nil},
		{"mark only", "\ufeff", ledger.Figures, ledger.ErrHeader, nil},
		{"title before the headings", "台账,,\n年度,代码,数值\n", ledger.Figures, ledger.ErrHeader, []string{"year", "code", "value"}},
		{"first row empty", "\n年度,代码,数值\n", ledger.Figures, ledger.ErrHeader, []string{"year", "code", "value"}},
		{"one missing", "年度,代码\n", ledger.Figures, ledger.ErrHeader, []string{"value"}},
		{"utf-16", utf16, ledger.Figures, ledger.ErrEncoding, nil},
		{"utf-16 without mark", utf16[2:], ledger.Figures, ledger.ErrEncoding, nil},
		{"utf-16 ascii without mark", "y\x00e\x00a\x00r\x00", ledger.Figures, ledger.ErrEncoding, nil},
		{"xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", ledger.Figures, ledger.ErrFormat, nil},
		{"html", " \r\n<html><table>", ledger.Figures, ledger.ErrFormat, nil},
		{"broken headings", "年度,代码,数值,\xff\xfe\n", ledger.Figures, ledger.ErrEncoding, nil},
		{"quote never closed", "年度,代码,\"数值\n1,2,3\n", ledger.Figures, ledger.ErrFormat, nil},
		{"endless first row", strings.Repeat("x", 1<<17), ledger.Figures, ledger.ErrHeader, nil},
		{"too many columns", "年度,代码,数值" + strings.Repeat(",x", 1000) + "\n", ledger.Figures, ledger.ErrHeader, nil},
		{"no such sheet", "年度,代码,数值\n", "letters", ledger.ErrSheet, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ledger.NewCSVReader(strings.NewReader(tt.text), tt.sheet)
			var file *ledger.FileError
			if !errors.Is(err, tt.want) || !errors.As(err, &file) {
				t.Fatalf("error %v, want %v", err, tt.want)
			}
			if file.ZH == "" || file.EN == "" {
				t.Errorf("no message: %+v", file)
			}
			if tt.keys != nil {
				if diff := cmp.Diff(tt.keys, file.Keys); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestRowsAndNumbers(t *testing.T) {
	text := "年度,代码,数值,,说明\n" +
		"\n" + // 2
		" ,\u3000,,\n" + // 3
		"2020,1\n" + // 4: short
		"2020,2,\"a\r\nb\",,\n" + // 5, over two lines
		"年度,代码, 数值 ,,说明,\n" + // 6: the header again
		"年度,代码,数值,,\n" + // 7: not quite
		"\u30002020\u00a0,3,x,注,备注,,\n" + // 8: empty surplus
		"2020,4,x,,,surplus\n" + // 9
		"2020,5,x\"y\",,\n" + // 10: quote within
		"2020,\"6\"z,1" // 11: text after a quote
	_, rows, issues := read(t, text, ledger.Figures)
	var got []string
	for _, row := range rows {
		got = append(got, fmt.Sprintf("%d %q", row.Number, row.Cells))
	}
	want := []string{
		`4 ["2020" "1" ""]`,
		`5 ["2020" "2" "a\r\nb"]`,
		`7 ["年度" "代码" "数值"]`,
		`8 ["2020" "3" "x"]`,
		`10 ["2020" "5" "x\"y\""]`,
		`11 ["2020" "6z" "1"]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(issues) != 1 || issues[0].Row != 9 || issues[0].Column != "F" || issues[0].Value != "surplus" {
		t.Errorf("issues %+v", issues)
	}
}

func TestCellIssues(t *testing.T) {
	const head = "application_no,channel,applicant_kind,applicant_name,id_number,phone,postcode,答复日期,remark\n"
	row := func(at int, value string) string {
		cells := []string{"A1", "网络", "自然人", "张三", "11010519491231002X", "13800138000", "100000", "2026-03-02", ""}
		cells[at] = value
		return strings.Join(cells, ",") + "\n"
	}
	tests := []struct {
		name, row, key, column, reason string
	}{
		{"sound", row(3, "李四"), "", "", ""},
		{"broken UTF-8", row(3, "张\xe4\xb8"), "applicant_name", "applicant_name", ledger.ReasonMalformed},
		{"half a character each", row(3, "\xe4\xb8,\xad"), "applicant_name", "applicant_name", ledger.ReasonMalformed},
		{"NUL", row(3, "张\x00三"), "applicant_name", "applicant_name", ledger.ReasonMalformed},
		{"day that is none", row(7, "2026/2/30"), "reply_date", "答复日期", ledger.ReasonInvalid},
		{"serial number", row(7, "46083"), "reply_date", "答复日期", ledger.ReasonInvalid},
		{"identity number", row(4, "1.10105E+17"), "id_number", "id_number", ledger.ReasonInvalid},
		{"phone", row(5, "1.38E+10"), "phone", "phone", ledger.ReasonInvalid},
		{"phone with all digits", row(5, "1.3800138000E+10"), "", "", ""},
		{"international phone", row(5, "+86 138 0013 8000"), "", "", ""},
		{"long cell", row(8, strings.Repeat("x", ledger.MaxCell+1)), "remark", "remark", ledger.ReasonTooLarge},
		{"longest cell", row(8, strings.Repeat("x", ledger.MaxCell)), "", "", ""},
		{"long row", strings.Repeat(strings.Repeat("x", ledger.MaxCell)+",", 6) + "\n", "", "", ledger.ReasonTooLarge},
		{"wide row", strings.Repeat("x,", ledger.MaxColumns+5) + "\n", "", "", ledger.ReasonTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, rows, issues := read(t, head+"中文,网络,自然人,王五\n"+tt.row+row(3, "赵六"), ledger.Applications)
			if tt.reason == "" {
				if len(issues) > 0 || len(rows) != 3 {
					t.Fatalf("%d rows, %+v", len(rows), issues)
				}
				return
			}
			if len(rows) != 2 || rows[1].Cell("applicant_name") != "赵六" {
				t.Fatalf("reading did not go on: %d rows", len(rows))
			}
			if len(issues) == 0 {
				t.Fatal("no issue")
			}
			got := issues[0]
			if got.Row != 3 || got.Key != tt.key || got.Column != tt.column || got.Reason != tt.reason || got.ZH == "" || got.EN == "" {
				t.Errorf("issue %+v", got)
			}
			if len(got.Value) > 200 || strings.ToValidUTF8(got.Value, "") != got.Value {
				t.Errorf("value %q", got.Value)
			}
		})
	}
}

func TestExpandedPhone(t *testing.T) {
	_, rows, _ := read(t, "application_no,channel,applicant_kind,phone\n1,网络,其他,1.3800138000E+10\n", ledger.Applications)
	if got := rows[0].Cell("phone"); got != "13800138000" {
		t.Errorf("phone %q", got)
	}
}

func TestBrokenGB18030(t *testing.T) {
	text := string(gb18030(t, "年度,代码,数值\n2020,甲,\ufffd\n2020,")) + "\xff\xff" + string(gb18030(t, ",乙\n2020,丙,丁\n"))
	_, rows, issues := read(t, text, ledger.Figures)
	if len(rows) != 2 || rows[0].Cell("value") != "\ufffd" || rows[1].Cell("code") != "丙" {
		t.Errorf("rows %v", rows)
	}
	if len(issues) != 1 || issues[0].Row != 3 || issues[0].Key != "code" || issues[0].Reason != ledger.ReasonMalformed {
		t.Errorf("issues %+v", issues)
	}
}

func TestOpenQuoteEndsTheFile(t *testing.T) {
	r, err := ledger.NewCSVReader(strings.NewReader("年度,代码,数值\n2020,1,2\n2020,\"1,2\n2020,1,2\n"), ledger.Figures)
	if err != nil {
		t.Fatal(err)
	}
	rows, _, err := all(r)
	var file *ledger.FileError
	if len(rows) != 1 || !errors.As(err, &file) || file.Row != 3 {
		t.Fatal(rows, err)
	}
	if _, _, again := r.Next(); !errors.Is(again, ledger.ErrFormat) {
		t.Errorf("then %v", again)
	}
}

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "台账.xlsx") // the name says nothing
	text := "年度,代码,数值\n2020,3100,1\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := ledger.Open(path, ledger.Figures)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := all(r); err != nil {
		t.Fatal(err)
	}
	if done, total := r.Progress(); done != int64(len(text)) || total != done {
		t.Errorf("progress %d of %d", done, total)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, _, err := r.Next(); err == nil {
		t.Error("read after Close")
	}
	sheets, err := ledger.Sheets(path)
	if diff := cmp.Diff([]ledger.Sheet{ledger.Figures}, sheets); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if _, err := ledger.Open(path+"x", ledger.Figures); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent file: %v", err)
	}
}

// generated is a ledger of any length that exists nowhere.
type generated struct {
	rows, at int
	rest     string
}

func (g *generated) Read(p []byte) (int, error) {
	if g.rest == "" {
		if g.at == g.rows {
			return 0, io.EOF
		}
		g.at++
		g.rest = fmt.Sprintf("A%d,网络,自然人,\"张,三\",2026/3/2,%s\n", g.at, strings.Repeat("申请内容", 20))
		if g.at == 1 {
			g.rest = "申请编号,申请方式,申请人类型,申请人,收到日期,申请内容\n"
		}
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

func TestMemoryIsFlat(t *testing.T) {
	const rows = 200_000
	r, err := ledger.NewCSVReader(&generated{rows: rows}, ledger.Applications)
	if err != nil {
		t.Fatal(err)
	}
	held := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var early uint64
	for n := 1; ; n++ {
		row, issues, err := r.Next()
		if errors.Is(err, io.EOF) {
			if n != rows {
				t.Errorf("%d rows", n-1)
			}
			break
		}
		if err != nil || len(issues) > 0 || row.Cell("receive_date") != "2026-03-02" {
			t.Fatal(row, issues, err)
		}
		if n == 1000 {
			early = held()
		}
	}
	if late := held(); late > early+1<<20 {
		t.Errorf("heap grew from %d to %d bytes", early, late)
	}
	if done, total := r.Progress(); done < rows*200 || total != 0 {
		t.Errorf("progress %d of %d", done, total)
	}
}
