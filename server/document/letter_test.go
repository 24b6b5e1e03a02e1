package document_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gongkai/server/document"
)

const rare = "𠮷"

func builtin(t testing.TB, layout document.LetterLayout) []byte {
	t.Helper()
	data, err := document.LetterTemplate(layout, "答复书")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// letterValues are those of a letter that has everything.
func letterValues() document.LetterValues {
	return document.LetterValues{Text: map[string]string{
		"organ": "某县教育局", "number": "某教公开答〔2026〕3号", "title": "某县教育局政府信息公开申请答复书", "addressee": "张" + rare,
		"body":   strings.Repeat("本机关收到您提出的政府信息公开申请，现答复如下。", 12) + "\n“&<{{title}}>”",
		"remedy": "如对本答复不服，可以申请行政复议。", "enclosures": "附件1：甲\n附件2：乙", "date": "2026年3月20日", "contact": "（联系方式：电话）",
	}}
}

// partOf is a part of a package.
func partOf(t testing.TB, data []byte, name string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// lines are the paragraphs of a document as they are read; a break is ⏎.
func lines(t testing.TB, data []byte) []string {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(partOf(t, data, "word/document.xml")); err != nil {
		t.Fatal(err)
	}
	var out []string
	var walk func(*etree.Element)
	walk = func(e *etree.Element) {
		switch e.FullTag() {
		case "w:p":
			out = append(out, "")
		case "w:t":
			out[len(out)-1] += e.Text()
		case "w:br":
			out[len(out)-1] += "⏎"
		}
		for _, c := range e.ChildElements() {
			walk(c)
		}
	}
	walk(doc.Root())
	return out
}

func TestLetterTemplate(t *testing.T) {
	t.Parallel()
	for layout, want := range map[document.LetterLayout][]string{
		document.LetterForm: {"organ", "number", "title", "addressee", "body", "remedy", "enclosures", "date", "contact"},
		document.SheetForm:  {"title", "rows", "label", "value"},
	} {
		got, err := document.CheckLetterTemplate(builtin(t, layout))
		if err != nil {
			t.Fatalf("%s: %v", layout, err)
		}
		if layout == document.SheetForm {
			slices.Sort(got)
			slices.Sort(want)
			got = slices.Compact(got)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", layout, diff)
		}
	}
	if !bytes.Equal(builtin(t, document.LetterForm), builtin(t, document.LetterForm)) {
		t.Error("the template is not the same bytes each time")
	}
}

func TestLetterFilled(t *testing.T) {
	t.Parallel()
	v := letterValues()
	got, err := document.Letter(builtin(t, document.LetterForm), v)
	if err != nil {
		t.Fatal(err)
	}
	body := strings.Split(v.Text["body"], "\n")
	want := []string{
		"某县教育局", "某教公开答〔2026〕3号", "", "某县教育局政府信息公开申请答复书", "张" + rare + "：", body[0], body[1], "如对本答复不服，可以申请行政复议。", "",
		"附件1：甲", "附件2：乙", "", "某县教育局", "2026年3月20日", "（联系方式：电话）",
	}
	if diff := cmp.Diff(want, lines(t, got)); diff != "" {
		t.Error(diff)
	}
	again, err := document.Letter(builtin(t, document.LetterForm), v)
	if err != nil || !bytes.Equal(got, again) {
		t.Errorf("a letter is not the same bytes each time: %v", err)
	}
}

// TestLetterWithout leaves out what a letter does not have: its paragraph goes.
// What marks one place of a template marks one of the letter, and of the paragraphs that take
// its place the last keeps with the next: with the one above if it is short, not if it is long.
func TestLinesOfAPlaceholder(t *testing.T) {
	marked := repack(t, builtin(t, document.LetterForm), map[string]func([]byte) []byte{
		"word/document.xml": insert(`<w:r><w:t xml:space="preserve">{{body}}`, `<w:bookmarkStart w:id="1" w:name="here"/><w:bookmarkEnd w:id="1"/>`),
	})
	long := strings.Repeat("本机关收到申请", 50)
	for body, want := range map[string]string{
		"某一段。\n某二段。\n" + long[:300]: "--k", "某一段。\n某二段。\n特此告知。": "kkk", long[:300] + "\n" + long[:300] + "\n特此告知。": "-kk",
		long[:300] + "\n" + long: "--", "特此告知。": "k",
	} {
		v := letterValues()
		v.Text["body"] = body
		data, err := document.Letter(marked, v)
		if err != nil {
			t.Fatal(err)
		}
		xml := string(partOf(t, data, "word/document.xml"))
		if n := strings.Count(xml, "bookmarkStart"); n != 1 {
			t.Errorf("%d bookmarks of one name", n)
		}
		got := ""
		for p := range strings.SplitSeq(xml, "<w:p>") {
			for line := range strings.SplitSeq(body, "\n") {
				if strings.Contains(p, ">"+line+"<") {
					if strings.Contains(p, "<w:keepNext/>") {
						got += "k"
					} else {
						got += "-"
					}
					break
				}
			}
		}
		if got != want {
			t.Errorf("of %.40q %q keep, want %q", body, got, want)
		}
	}
}

func TestLetterWithout(t *testing.T) {
	t.Parallel()
	v := letterValues()
	v.Text["enclosures"], v.Text["remedy"], v.Text["number"] = "", "", ""
	got, err := document.Letter(builtin(t, document.LetterForm), v)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(lines(t, got)); n != 11 {
		t.Errorf("%d paragraphs are left: %q", n, lines(t, got))
	}
}

func TestSheetFilled(t *testing.T) {
	t.Parallel()
	got, err := document.Letter(builtin(t, document.SheetForm), document.LetterValues{
		Text: map[string]string{"title": "审批表"},
		Rows: []document.LetterRow{{"申请人", "张" + rare}, {"意见", "□ 甲\n□ 乙"}, {"签名", ""}, {"{{title}}", "{{value}}"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"审批表", "申请人", "张" + rare, "意见", "□ 甲⏎□ 乙", "签名", "", "{{title}}", "{{value}}", ""}
	if diff := cmp.Diff(want, lines(t, got)); diff != "" {
		t.Error(diff)
	}
}

// TestUnknownPlaceholder is named.
func TestUnknownPlaceholder(t *testing.T) {
	t.Parallel()
	v := letterValues()
	delete(v.Text, "remedy")
	if _, err := document.Letter(builtin(t, document.LetterForm), v); err == nil || !strings.Contains(err.Error(), "{{remedy}}") {
		t.Errorf("got %v", err)
	}
}

// TestPlaceholdersAcrossRuns cuts a paragraph with placeholders into runs wherever it likes:
// what is read afterwards is each placeholder replaced by its value, once.
func TestPlaceholdersAcrossRuns(t *testing.T) {
	t.Parallel()
	base := builtin(t, document.LetterForm)
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"organ", "答复.文号", "a_1"}
		values := map[string]string{}
		for _, n := range names {
			values[n] = rapid.StringOf(rapid.SampledFrom([]rune("甲𠮷&<>\"'{}{{organ}} \n;"))).Draw(t, n)
		}
		var full, want strings.Builder
		for range rapid.IntRange(1, 6).Draw(t, "pieces") {
			plain := rapid.StringOf(rapid.SampledFrom([]rune("乙丙&<> ，"))).Draw(t, "plain")
			n := rapid.SampledFrom(names).Draw(t, "name")
			full.WriteString(plain + "{{" + rapid.SampledFrom([]string{"", " "}).Draw(t, "blank") + n + "}}")
			want.WriteString(plain + values[n])
		}
		full.WriteString("终")
		want.WriteString("终")
		var runs strings.Builder
		for _, r := range cut(t, full.String()) {
			runs.WriteString(`<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">` + escape(r) + `</w:t></w:r>`)
		}
		doc := `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p>` + runs.String() + `</w:p></w:body></w:document>`
		got, err := document.Letter(repackIn(t, base, doc), document.LetterValues{Text: values})
		if err != nil {
			t.Fatal(err)
		}
		if read := linesIn(t, got); read != strings.ReplaceAll(want.String(), "\n", "⏎") {
			t.Fatalf("%q became %q, want %q", full.String(), read, want.String())
		}
	})
}

// cut parts a text at characters anywhere.
func cut(t *rapid.T, text string) []string {
	var out []string
	for rest := []rune(text); len(rest) > 0; {
		n := rapid.IntRange(1, min(4, len(rest))).Draw(t, "cut")
		out = append(out, string(rest[:n]))
		rest = rest[n:]
	}
	return out
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func repackIn(t *rapid.T, data []byte, doc string) []byte {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		if f.Name != "word/document.xml" {
			err = errors.Join(err, w.Copy(f))
		}
	}
	f, fault := w.Create("word/document.xml")
	if fault == nil {
		_, fault = f.Write([]byte(doc))
	}
	if err = errors.Join(err, fault, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func linesIn(t *rapid.T, data []byte) string {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	doc := etree.NewDocument()
	if _, err := doc.ReadFrom(f); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range doc.FindElements("//w:r/*") {
		switch e.FullTag() {
		case "w:t":
			b.WriteString(e.Text())
		case "w:br":
			b.WriteString("⏎")
		}
	}
	return b.String()
}

// TestLetterLayout has LibreOffice lay a letter out: 28 characters a line, 22 lines a page,
// and every character there, also one beyond the basic plane.
func TestLetterLayout(t *testing.T) {
	if testing.Short() {
		t.Skip("starts LibreOffice; run without -short")
	}
	soffice, err := exec.LookPath("soffice")
	pdftotext, err2 := exec.LookPath("pdftotext")
	if err != nil || err2 != nil {
		t.Skip("LibreOffice or pdftotext is not installed")
	}
	dir := os.Getenv("GONGKAI_DOCUMENTS")
	if dir == "" {
		dir = t.TempDir()
	}
	v := letterValues()
	v.Text["body"] = strings.Repeat("本机关收到申请", 250) + "\n“&<{{title}}>”" + rare
	data, err := document.Letter(builtin(t, document.LetterForm), v)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "letter.docx")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if n := rendered(t, soffice, path, dir); n != 4 {
		t.Errorf("%d pages", n)
	}
	out, err := exec.CommandContext(t.Context(), pdftotext, "-layout", filepath.Join(dir, "letter.pdf"), "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	pages := strings.Split(string(out), "\f")
	full := 0
	for line := range strings.Lines(pages[1]) {
		if n := len([]rune(strings.TrimSpace(line))); n == 28 {
			full++
		}
	}
	if full != 22 {
		t.Errorf("the second page has %d lines of 28 characters:\n%s", full, pages[1])
	}
	if all := strings.Join(strings.Fields(string(out)), ""); !strings.Contains(all, "“&<{{title}}>”"+rare) || !strings.Contains(all, "张"+rare+"：") {
		t.Errorf("characters are lost:\n%s", out)
	}
}

func BenchmarkLetter(b *testing.B) {
	template, v := builtin(b, document.LetterForm), letterValues()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := document.Letter(template, v); err != nil {
			b.Fatal(err)
		}
	}
}
