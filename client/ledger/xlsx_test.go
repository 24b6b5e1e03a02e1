package ledger_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"gongkai/client/ledger"
)

// pack builds a workbook by hand from its sheet, styles and shared strings, so that a
// test can say what no library would write.
func pack(tb testing.TB, rows string, more map[string]string) []byte {
	tb.Helper()
	parts := map[string]string{
		"_rels/.rels":                `<Relationships xmlns="r"><Relationship Id="r1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="rel"><sheets><sheet name="一" r:id="s1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="s1" Type="http://x/worksheet" Target="worksheets/a.xml"/><Relationship Id="s2" Type="http://x/styles" Target="/xl/styles.xml"/><Relationship Id="s3" Type="http://x/sharedStrings" Target="shared.xml"/><Relationship Id="s4" Type="http://x/worksheet" Target="worksheets/b.xml"/></Relationships>`,
		"xl/worksheets/a.xml":        `<?xml version="1.0" encoding="UTF-8"?><worksheet><sheetData>` + rows + `</sheetData></worksheet>`,
		"xl/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/><numFmt numFmtId="165" formatCode="000000"/><numFmt numFmtId="166" formatCode="[Red]#,##0&quot;day&quot;\y"/></numFmts>` +
			`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="31"/><xf numFmtId="20"/></cellXfs></styleSheet>`,
		"xl/shared.xml": `<sst><si><t>张三</t></si><si><r><t>李</t></r><r><t xml:space="preserve">四 </t></r><rPh sb="0" eb="1"><t>り</t></rPh></si><si><t>a_x000D_b_x005F_x0041_</t></si><si/></sst>`,
	}
	maps.Copy(parts, more)
	return archive(tb, parts)
}

func archive(tb testing.TB, parts map[string]string) []byte {
	tb.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, part := range parts {
		w, err := z.Create(name)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := io.WriteString(w, part); err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func open(data []byte, sheet ledger.Sheet) (*ledger.Reader, error) {
	return ledger.NewReader(bytes.NewReader(data), int64(len(data)), sheet)
}

const xlsxHead = `<row r="1"><c r="A1" t="inlineStr"><is><t>application_no</t></is></c><c r="B1" t="str"><v>channel</v></c><c r="C1" t="inlineStr"><is><t>applicant_kind</t></is></c>` +
	`<c r="D1" t="str"><v>applicant_name</v></c><c r="E1" t="str"><v>id_number</v></c><c r="F1" t="str"><v>phone</v></c><c r="G1" t="str"><v>postcode</v></c><c r="H1" t="str"><v>答复日期</v></c><c r="I1" t="str"><v>信息处理费</v></c></row>`

func TestXLSXCells(t *testing.T) {
	tests := []struct {
		name, cell, key, want string
		book                  string
	}{
		{"shared text", `<c r="D2" t="s"><v>0</v></c>`, "applicant_name", "张三", ""},
		{"rich text without phonetics", `<c r="D2" t="s"><v>1</v></c>`, "applicant_name", "李四", ""},
		{"escaped characters", `<c r="D2" t="s"><v>2</v></c>`, "applicant_name", "a\rb_x0041_", ""},
		{"empty shared text", `<c r="D2" t="s"><v>3</v></c>`, "applicant_name", "", ""},
		{"no place", `<c t="inlineStr"><is><t>王五</t></is></c>`, "application_no", "王五", ""},
		{"references", `<c r="D2" t="str"><v>&lt;a&amp;&#20013;&gt;</v></c>`, "applicant_name", "<a&中>", ""},
		{"formula result", `<c r="D2" t="str"><f>A1</f><v>甲</v></c>`, "applicant_name", "甲", ""},
		{"formula number", `<c r="I2"><f>1+1</f><v>2</v></c>`, "fee_amount", "2", ""},
		{"boolean", `<c r="D2" t="b"><v>1</v></c>`, "applicant_name", "TRUE", ""},
		{"fraction", `<c r="I2"><v>45.300000000000004</v></c>`, "fee_amount", "45.3", ""},
		{"small fraction", `<c r="I2"><v>1E-3</v></c>`, "fee_amount", "0.001", ""},
		{"negative", `<c r="I2"><v>-20</v></c>`, "fee_amount", "-20", ""},
		{"zero", `<c r="I2"><v>0</v></c>`, "fee_amount", "0", ""},
		{"number with unit", `<c r="I2" s="4"><v>20</v></c>`, "fee_amount", "20", ""},
		{"date", `<c r="H2" s="1"><v>46083</v></c>`, "reply_date", "2026-03-02", ""},
		{"date with time", `<c r="H2" s="2"><v>46083.99999</v></c>`, "reply_date", "2026-03-02", ""},
		{"Chinese built-in date", `<c r="H2" s="5"><v>46083</v></c>`, "reply_date", "2026-03-02", ""},
		{"date of 1904", `<c r="H2" s="1"><v>44621</v></c>`, "reply_date", "2026-03-02", `<workbook xmlns:r="rel"><workbookPr date1904="1"/><sheets><sheet name="x" r:id="s1"/></sheets></workbook>`},
		{"ISO date cell", `<c r="H2" t="d"><v>2026-03-02T00:00:00</v></c>`, "reply_date", "2026-03-02", ""},
		{"date as text", `<c r="H2" t="str"><v>2026年3月2日</v></c>`, "reply_date", "2026-03-02", ""},
		{"date as number", `<c r="H2"><v>20260302</v></c>`, "reply_date", "2026-03-02", ""},
		{"first of March 1900", `<c r="H2" s="1"><v>61</v></c>`, "reply_date", "1900-03-01", ""},
		{"first day", `<c r="H2" s="1"><v>1</v></c>`, "reply_date", "1900-01-01", ""},
		{"last day", `<c r="H2" s="1"><v>2958465.5</v></c>`, "reply_date", "9999-12-31", ""},
		{"date in a text column", `<c r="D2" s="1"><v>46083</v></c>`, "applicant_name", "2026-03-02", ""},
		{"identity number as text", `<c r="E2" t="str"><v>11010519491231002X</v></c>`, "id_number", "11010519491231002X", ""},
		{"identity number of 15 digits", `<c r="E2"><v>110105491231002</v></c>`, "id_number", "110105491231002", ""},
		{"phone number", `<c r="F2"><v>13800138000</v></c>`, "phone", "13800138000", ""},
		{"phone number in notation", `<c r="F2"><v>1.3800138E10</v></c>`, "phone", "13800138000", ""},
		{"postcode", `<c r="G2"><v>200003</v></c>`, "postcode", "200003", ""},
		{"postcode format", `<c r="G2" s="3"><v>10020</v></c>`, "postcode", "010020", ""},
		{"apostrophe", `<c r="D2" t="str"><v>'=1+1</v></c>`, "applicant_name", "=1+1", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			more := map[string]string{}
			if tt.book != "" {
				more["xl/workbook.xml"] = tt.book
			}
			r, err := open(pack(t, xlsxHead+`<row r="2">`+tt.cell+`</row><row><c><v>9</v></c></row>`, more), ledger.Applications)
			if err != nil {
				t.Fatal(err)
			}
			rows, issues, err := all(r)
			if err != nil || len(issues) > 0 || rows[len(rows)-1].Number != 3 {
				t.Fatal(rows, issues, err)
			}
			if got := rows[0].Cell(tt.key); tt.want != "" && got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestXLSXIssues(t *testing.T) {
	tests := []struct{ name, cell, key, reason string }{
		{"18 digits", `<c r="E2"><v>110105194912310000</v></c>`, "id_number", ledger.ReasonInvalid},
		{"18 digits in notation", `<c r="E2"><v>1.1010519491231E+17</v></c>`, "id_number", ledger.ReasonInvalid},
		{"16 digits", `<c r="F2"><v>1000000000000001</v></c>`, "phone", ledger.ReasonInvalid},
		{"notation as text", `<c r="E2" t="str"><v>1.10105E+17</v></c>`, "id_number", ledger.ReasonInvalid},
		{"application number of 18 digits", `<c r="A2"><v>202603020000000001</v></c>`, "application_no", ledger.ReasonInvalid},
		{"application number as date", `<c r="A2" s="1"><v>46083</v></c>`, "application_no", ledger.ReasonInvalid},
		{"postcode without its zero", `<c r="G2"><v>10020</v></c>`, "postcode", ledger.ReasonInvalid},
		{"serial without style", `<c r="H2"><v>46083</v></c>`, "reply_date", ledger.ReasonInvalid},
		{"29 February 1900", `<c r="H2" s="1"><v>60</v></c>`, "reply_date", ledger.ReasonInvalid},
		{"day before the first", `<c r="H2" s="1"><v>0.5</v></c>`, "reply_date", ledger.ReasonInvalid},
		{"beyond the last", `<c r="H2" s="1"><v>2958466</v></c>`, "reply_date", ledger.ReasonInvalid},
		{"negative day", `<c r="H2" s="1"><v>-1</v></c>`, "reply_date", ledger.ReasonInvalid},
		{"error value", `<c r="D2" t="e"><f>A9</f><v>#REF!</v></c>`, "applicant_name", ledger.ReasonInvalid},
		{"formula without result", `<c r="D2"><f>A9</f></c>`, "applicant_name", ledger.ReasonInvalid},
		{"shared text that is none", `<c r="D2" t="s"><v>99</v></c>`, "applicant_name", ledger.ReasonMalformed},
		{"number that is none", `<c r="I2"><v>0x1p4</v></c>`, "fee_amount", ledger.ReasonMalformed},
		{"infinity", `<c r="I2"><v>Inf</v></c>`, "fee_amount", ledger.ReasonMalformed},
		{"NUL", `<c r="D2" t="str"><v>a_x0000_</v></c>`, "applicant_name", ledger.ReasonMalformed},
		{"beyond the headings", `<c r="K2" t="str"><v>x</v></c>`, "", ledger.ReasonInvalid},
		{"column 1,001", `<c r="ALM2" t="str"><v>x</v></c>`, "", ledger.ReasonTooLarge},
		{"long text", `<c r="D2" t="str"><v>` + strings.Repeat("中", 400_000) + `</v></c>`, "applicant_name", ledger.ReasonTooLarge},
		{"long inline text", `<c r="D2" t="inlineStr"><is><t>` + strings.Repeat("中", 400_000) + `</t></is></c>`, "applicant_name", ledger.ReasonTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := open(pack(t, xlsxHead+`<row r="2">`+tt.cell+`</row><row r="3"><c r="A3"><v>9</v></c></row>`, nil), ledger.Applications)
			if err != nil {
				t.Fatal(err)
			}
			rows, issues, err := all(r)
			if err != nil || len(rows) != 1 || rows[0].Cell("application_no") != "9" {
				t.Fatal(rows, issues, err)
			}
			if len(issues) != 1 || issues[0].Row != 2 || issues[0].Key != tt.key || issues[0].Reason != tt.reason || issues[0].ZH == "" {
				t.Errorf("issues %+v", issues)
			}
			if len(issues[0].Value) > 200 {
				t.Errorf("value of %d bytes", len(issues[0].Value))
			}
		})
	}
}

// TestXLSXOfExcelize reads what another program wrote, with several sheets.
func TestXLSXOfExcelize(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	sheets := []struct {
		name string
		rows [][]any
	}{
		{"说明", [][]any{{"本工作簿"}}},
		{"台账", [][]any{{"申请编号", "申请方式", "申请人类型", "收到日期"}, {"A1", "网络", "公民", time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)}, {}, {"A2", "信函", "公民", "2026.3.3"}}},
		{"复议诉讼", [][]any{{"申请编号", "类型", "提起日期"}, {"A1", "行政复议", "2026/4/1"}}},
		{"数据", [][]any{{"年度", "代码", "数值"}, {2026, 7000, 12.5}}},
	}
	for _, s := range sheets {
		if _, err := f.NewSheet(s.name); err != nil {
			t.Fatal(err)
		}
		for i, row := range s.rows {
			if err := f.SetSheetRow(s.name, fmt.Sprintf("A%d", i+1), &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := f.DeleteSheet("Sheet1"); err != nil {
		t.Fatal(err)
	}
	f.SetActiveSheet(1)
	if err := f.SetSheetVisible("说明", false); err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/x.csv"
	if err := f.SaveAs(strings.TrimSuffix(path, ".csv") + ".xlsx"); err != nil {
		t.Fatal(err)
	}
	got := map[ledger.Sheet][]map[string]string{}
	path = strings.TrimSuffix(path, ".csv") + ".xlsx"
	kinds, err := ledger.Sheets(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range kinds {
		r, err := ledger.Open(path, kind)
		if err != nil {
			t.Fatal(err)
		}
		rows, issues, err := all(r)
		if err != nil || len(issues) > 0 {
			t.Fatal(issues, err)
		}
		if done, total := r.Progress(); done == 0 || done > total {
			t.Errorf("progress %d of %d", done, total)
		}
		for _, row := range rows {
			got[kind] = append(got[kind], row.Map())
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	want := map[ledger.Sheet][]map[string]string{
		ledger.Applications: {
			{"application_no": "A1", "channel": "网络", "applicant_kind": "公民", "receive_date": "2026-03-02"},
			{"application_no": "A2", "channel": "信函", "applicant_kind": "公民", "receive_date": "2026-03-03"},
		},
		ledger.Remedies: {{"application_no": "A1", "kind": "行政复议", "file_date": "2026-04-01"}},
		ledger.Figures:  {{"year": "2026", "code": "7000", "value": "12.5"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestXLSXSheetsByHeadings finds the ledgers of a workbook whose sheets are called
// anything, and says so where a sheet has the name of a ledger and other headings.
func TestXLSXSheetsByHeadings(t *testing.T) {
	application, remedy, figure := []any{"申请编号", "申请方式", "申请人类型"}, []any{"类型", "提起日期"}, []any{"年度", "代码", "数值"}
	tests := []struct {
		name   string
		sheets []string
		rows   [][]any
		want   []ledger.Sheet
		err    string
	}{
		{"any names, a cover first", []string{"封面", "表1", "救济", "其他"}, [][]any{{"某局"}, application, remedy, figure}, []ledger.Sheet{ledger.Applications, ledger.Remedies, ledger.Figures}, ""},
		{"any order", []string{"a", "b"}, [][]any{remedy, application}, []ledger.Sheet{ledger.Applications, ledger.Remedies}, ""},
		{"a named sheet with other headings", []string{"台账", "行政救济"}, [][]any{application, {"类型"}}, nil, "工作表“行政救济”：第1行应为列名，缺少必需的列：提起日期。"},
		{"an empty named sheet", []string{"台账", "行政救济"}, [][]any{application, {}}, []ledger.Sheet{ledger.Applications}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := excelize.NewFile()
			defer f.Close()
			for i, name := range test.sheets {
				if _, err := f.NewSheet(name); err != nil {
					t.Fatal(err)
				}
				if err := f.SetSheetRow(name, "A1", &test.rows[i]); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.DeleteSheet("Sheet1"); err != nil {
				t.Fatal(err)
			}
			path := t.TempDir() + "/x.xlsx"
			if err := f.SaveAs(path); err != nil {
				t.Fatal(err)
			}
			got, err := ledger.Sheets(path)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			var file *ledger.FileError
			if errors.As(err, &file) != (test.err != "") || file != nil && !strings.HasPrefix(file.ZH, test.err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestXLSXDamaged(t *testing.T) {
	good := pack(t, xlsxHead, nil)
	many := map[string]string{}
	for i := range 1001 {
		many[fmt.Sprintf("x%d", i)] = ""
	}
	tests := []struct {
		name string
		data []byte
		want error
	}{
		{"cut off", good[:len(good)/2], ledger.ErrFormat},
		{"another zip", archive(t, map[string]string{"a.txt": "x"}), ledger.ErrFormat},
		{"a thousand and one parts", archive(t, many), ledger.ErrLimit},
		{"no XML", pack(t, "", map[string]string{"xl/workbook.xml": "\x00"}), ledger.ErrFormat},
		{"no sheets", pack(t, "", map[string]string{"xl/workbook.xml": "<workbook/>"}), ledger.ErrFormat},
		{"sheet ends early", pack(t, "", map[string]string{"xl/worksheets/a.xml": "<worksheet><sheetData><row r='1'><c r='A1'><v>1"}), ledger.ErrFormat},
		{"rows out of order", pack(t, `<row r="0"/>`, nil), ledger.ErrFormat},
		{"cells out of order", pack(t, `<row r="1"><c r="B1"/><c r="A1"/></row>`, nil), ledger.ErrFormat},
		{"broken UTF-8", pack(t, "<row><c t='str'><v>\xff</v></c></row>", nil), ledger.ErrFormat},
		{"empty sheet", pack(t, "", nil), ledger.ErrHeader},
		{"first row empty", pack(t, strings.ReplaceAll(xlsxHead, `r="1"`, `r="2"`), nil), ledger.ErrHeader},
		{"shared text without end", pack(t, "", map[string]string{"xl/shared.xml": "<sst><si><t>" + strings.Repeat("x", 9<<20)}), ledger.ErrLimit},
		{"entity", pack(t, `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><row><c t="str"><v>&e;</v></c></row>`, nil), ledger.ErrFormat},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := open(tt.data, ledger.Applications)
			var file *ledger.FileError
			if !errors.Is(err, tt.want) || !errors.As(err, &file) || file.ZH == "" {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

func TestXLSXDamagedLater(t *testing.T) {
	r, err := open(pack(t, xlsxHead+`<row r="2"><c r="A2"><v>1</v></c></row><row r="2"/>`, nil), ledger.Applications)
	if err != nil {
		t.Fatal(err)
	}
	rows, _, err := all(r)
	if len(rows) != 1 || !errors.Is(err, ledger.ErrFormat) {
		t.Error(rows, err)
	}
}

// bomb is an archive whose one sheet unpacks to size bytes of blanks. claimed is what
// the directory says of it.
func bomb(tb testing.TB, size, claimed int) []byte {
	tb.Helper()
	var packed bytes.Buffer
	deflate, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := io.CopyN(deflate, blanks{}, int64(size)); err != nil {
		tb.Fatal(err)
	}
	if err := deflate.Close(); err != nil {
		tb.Fatal(err)
	}
	small, err := zip.NewReader(bytes.NewReader(pack(tb, "", nil)), int64(len(pack(tb, "", nil))))
	if err != nil {
		tb.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range small.File {
		if f.Name != "xl/worksheets/a.xml" {
			if err := z.Copy(f); err != nil {
				tb.Fatal(err)
			}
		}
	}
	w, err := z.CreateRaw(&zip.FileHeader{
		Name: "xl/worksheets/a.xml", Method: zip.Deflate,
		CompressedSize64: uint64(packed.Len()), UncompressedSize64: uint64(claimed),
	})
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := w.Write(packed.Bytes()); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestZipBomb(t *testing.T) {
	tests := []struct {
		name          string
		size, claimed int
		want          error
	}{
		{"honest ratio", 65 << 20, 65 << 20, ledger.ErrLimit},
		{"claims a gigabyte", 1 << 20, 1 << 30, ledger.ErrLimit},
		{"claims little", 65 << 20, 1 << 10, ledger.ErrFormat},
		{"one endless mark", 32 << 20, 32 << 20, ledger.ErrLimit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := bomb(t, tt.size, tt.claimed)
			allocated := testing.AllocsPerRun(1, func() {
				if _, err := open(data, ledger.Applications); !errors.Is(err, tt.want) {
					t.Errorf("error %v", err)
				}
			})
			if allocated > 5000 {
				t.Errorf("%v allocations", allocated)
			}
		})
	}
}

func TestXLSXFromPipe(t *testing.T) {
	if _, err := ledger.NewCSVReader(bytes.NewReader(pack(t, xlsxHead, nil)), ledger.Applications); !errors.Is(err, ledger.ErrFormat) {
		t.Error(err)
	}
}
