package document_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	"gongkai/server/document"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
	"gongkai/workflow/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); -update rewrites it:\n%s", path, diff)
	}
}

// forms are the layouts, each with a year in which it was in use.
var forms = []struct {
	name    string
	form    report.Form
	variant report.Variant
	year    int
}{
	{"codes-shanghai", report.Codes2014, report.Shanghai, 2019},
	{"codes-national", report.Codes2014, report.National, 2018},
	{"table-2019", report.Table2019, "", 2020},
	{"table-2021", report.Table2021, "", 2023},
}

func compute(t testing.TB, form report.Form, v report.Variant, year int, tally report.Tally, figures map[string]report.Figure) report.Report {
	t.Helper()
	r, err := report.Compute(form, v, year, tally, figures)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// numbered is a report in which every figure is another one, so that a figure tells its
// cell: 1001, 1002, … in the order of print.
func numbered(t testing.TB, form report.Form, v report.Variant, year int) report.Report {
	t.Helper()
	r := compute(t, form, v, year, nil, nil)
	n := int64(1000)
	for i := range r.Lines {
		for j := range r.Lines[i].Cells {
			n++
			r.Lines[i].Cells[j].Value = report.Known(report.Whole(n))
		}
	}
	r.Missing, r.Warnings = nil, nil
	return r
}

// sample is the case behind the report of 2019 that the project starts from: one letter,
// refused as no government information, upheld in reconsideration and in court.
func sample(t testing.TB) report.Report {
	day := calendar.New(2019, 6, 20)
	a := &workflow.Application{
		State: workflow.Closed, Channel: workflow.PostOrdinary, ReceiveDate: calendar.New(2019, 6, 3),
		Applicant:  workflow.Applicant{Kind: workflow.NaturalPerson},
		Conclusion: workflow.Conclusion{Date: day, Basis: outcome.Basis("other.not_government_information"), Timing: workflow.OnTime},
	}
	tally := report.Tally{}
	tally.Add(report.Tuples(a), 1)
	for _, kind := range []workflow.RemedyKind{workflow.Reconsideration, workflow.Litigation} {
		tally.Add(report.RemedyTuples(&workflow.Remedy{Kind: kind, FileDate: day, ConcludeDate: day, Result: workflow.Upheld}), 1)
	}
	figures := map[string]report.Figure{}
	for key, n := range map[string]int64{
		"1100": 1728, "1110": 0, "1220": 1273, "1230": 0, "1240": 455, "1250": 0, "2100": 1, "2210": 0, "2211": 0, "2220": 1, "2221": 1,
		"2230": 3, "2240": 0, "2250": 0, "8100": 1, "8200": 1, "8300": 2, "8310": 2, "8320": 0, "9100": 5, "9200": 7,
	} {
		figures[key] = report.Whole(n)
	}
	return compute(t, report.Codes2014, report.Shanghai, 2019, tally, figures)
}

func write(t testing.TB, f document.Format, d document.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := document.Write(&b, f, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func entries(list ...document.Entry) iter.Seq2[document.Entry, error] {
	return func(yield func(document.Entry, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func read(t testing.TB, f document.Format, data []byte) document.Document {
	t.Helper()
	d, err := document.Read(bytes.NewReader(data), int64(len(data)), f)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// documents are what the golden files and the rendered pages show.
func documents(t testing.TB) map[string]document.Document {
	list := map[string]document.Document{}
	for _, f := range forms {
		list[f.name] = document.Document{
			Report: numbered(t, f.form, f.variant, f.year), AgencyName: "上海市示例局",
			Prose:    "本年度报告所列数据的统计期限自1月1日起至12月31日止。\n\n一年来，本机关依法办理政府信息公开申请，<按时>答复率100% & 无逾期。",
			Problems: "存在的主要问题：公开目录更新不够及时。", Others: "本年度收取政府信息公开信息处理费0元。",
		}
	}
	s := document.Document{Report: sample(t), AgencyName: "上海市示例局𠮷", Provisional: true}
	s.Appendix = entries(
		document.Entry{Cell: "3100", Number: "2019-001"}, document.Entry{Cell: "3140", Number: "2019-001"},
		document.Entry{Cell: "3345", Number: "2019-001"}, document.Entry{Cell: "3345", Number: "=2019+1"},
	)
	list["sample"] = s
	open := document.Document{Report: compute(t, report.Table2021, "", 2025, nil, nil), AgencyName: "示例县人民政府办公室", Provisional: true}
	open.Appendix = entries(
		document.Entry{Cell: "newReceived/naturalPerson", Number: "公开申〔2025〕1号"},
		document.Entry{Cell: "newReceived/naturalPerson", Number: "公开申〔2025〕2号"},
		document.Entry{Cell: "denied.stateSecret/total", Number: "公开申〔2025〕2号"},
		document.Entry{Cell: "litigationAfterReview/upheld", Number: "<&>"},
	)
	list["open"] = open
	return list
}

// part is a file inside a package.
func part(t testing.TB, data []byte, name string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	content, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestGolden keeps the documents as they are. XML is broken into lines, one an element.
func TestGolden(t *testing.T) {
	lines := func(data []byte) []byte { return bytes.ReplaceAll(data, []byte("><"), []byte(">\n<")) }
	for name, d := range documents(t) {
		t.Run(name, func(t *testing.T) {
			golden(t, name+".html", write(t, document.HTML, d))
			golden(t, name+".csv", write(t, document.CSV, d))
			golden(t, name+".document.xml", lines(part(t, write(t, document.DOCX, d), "word/document.xml")))
			book := write(t, document.XLSX, d)
			var sheets bytes.Buffer
			for i := range strings.Count(string(part(t, book, "xl/workbook.xml")), "<sheet ") {
				sheets.Write(part(t, book, fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)))
				sheets.WriteByte('\n')
			}
			sheets.Write(part(t, book, "xl/sharedStrings.xml"))
			golden(t, name+".sheets.xml", lines(sheets.Bytes()))
		})
	}
}

// TestWellFormed reads every part of the packages as XML.
func TestWellFormed(t *testing.T) {
	for name, d := range documents(t) {
		for _, f := range []document.Format{document.DOCX, document.XLSX} {
			data := write(t, f, d)
			z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range z.File {
				decoder := xml.NewDecoder(bytes.NewReader(part(t, data, file.Name)))
				for err == nil {
					_, err = decoder.Token()
				}
				if !errors.Is(err, io.EOF) {
					t.Errorf("%s.%s, part %s: %v", name, f, file.Name, err)
				}
				err = nil
			}
		}
	}
}

func TestSameBytes(t *testing.T) {
	for name, d := range documents(t) {
		for _, f := range document.Formats() {
			if !bytes.Equal(write(t, f, d), write(t, f, d)) {
				t.Errorf("%s.%s: written twice, the bytes differ", name, f)
			}
		}
	}
}

// hostile are texts that something along the way could take for more than text.
var hostile = []string{
	"=1+1", "+甲", "-1", "@SUM(A1)", "＝1", "'=1", "''-", "<b>&amp;</b>", "]]>", "𠮷野家", `"引号",逗号`, "_x0041_x0042_", "甲\x00乙", "{title}", "2023", "a\r\n\tb",
}

// kept is what a document keeps of a hostile text: its words in one line.
func kept(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "\x00", "\uFFFD")), " ")
}

func TestTextStaysText(t *testing.T) {
	for _, text := range hostile {
		t.Run(text, func(t *testing.T) {
			d := document.Document{Report: numbered(t, report.Table2021, "", 2023), AgencyName: text, Prose: kept(text)}
			d.Appendix = entries(document.Entry{Cell: "newReceived/total", Number: text})
			title := kept(text) + "2023年政府信息公开工作年度报告"
			noFormula(t, write(t, document.XLSX, d), title, kept(text))
			for _, row := range csvRows(t, write(t, document.CSV, d)) {
				for _, cell := range row {
					if strings.ContainsAny(cell[:min(len(cell), 1)], "=+-@") || strings.HasPrefix(cell, "＝") {
						t.Errorf("a spreadsheet runs %q", cell)
					}
				}
			}
			page := write(t, document.HTML, d)
			root, err := html.Parse(bytes.NewReader(page))
			if err != nil {
				t.Fatal(err)
			}
			if got := textOf(find(root, "title")[0]); got != title {
				t.Errorf("title of the page: %q, want %q", got, title)
			}
			if n := len(find(root, "script")) + len(find(root, "b")); n > 0 {
				t.Errorf("%d elements came out of a text", n)
			}
			texts := strings.Join(wordTexts(t, part(t, write(t, document.DOCX, d), "word/document.xml")), "\n")
			if !strings.Contains(texts, kept(text)+"\n2023年政府信息公开工作年度报告") || strings.Count(texts, kept(text)) < 3 {
				t.Errorf("the text is not thrice in the DOCX: %s", texts[:200])
			}
		})
	}
}

func noFormula(t *testing.T, data []byte, title, number string) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for sheet, want := range map[string]map[string]string{"表三": {"A1": title}, "附录": {"C3": number}} {
		for cell, text := range want {
			formula, err := f.GetCellFormula(sheet, cell)
			if formula != "" || err != nil {
				t.Errorf("%s is a formula %q (%v)", cell, formula, err)
			}
			if got, err := f.GetCellValue(sheet, cell); got != text || err != nil {
				t.Errorf("%s!%s = %q (%v), want %q", sheet, cell, got, err, text)
			}
		}
	}
}
