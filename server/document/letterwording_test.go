package document_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"gongkai/server/document"
)

// wordings are the letters and forms of every kind and basis, as package letter composes
// them: what is read from its golden files is what is sent.
func wordings(t *testing.T) map[string]document.LetterValues {
	t.Helper()
	paths, err := filepath.Glob("../../workflow/letter/testdata/*.txt")
	if err != nil || len(paths) < 40 {
		t.Fatal("no letters", err, len(paths))
	}
	out := map[string]document.LetterValues{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		v := document.LetterValues{Text: map[string]string{"organ": "某县教育局", "number": "", "addressee": "", "body": "", "remedy": "", "enclosures": "", "date": "", "contact": ""}}
		add := func(name, text string) {
			if v.Text[name] != "" {
				text = v.Text[name] + "\n" + text
			}
			v.Text[name] = text
		}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSuffix(line, "\n")
			if row, ok := strings.CutPrefix(line, "| "); ok {
				label, value, _ := strings.Cut(strings.TrimSuffix(row, " |"), " | ")
				v.Rows = append(v.Rows, document.LetterRow{Label: label, Value: strings.ReplaceAll(value, " ⏎ ", "\n")})
				continue
			}
			role, said, _ := strings.Cut(strings.TrimPrefix(line, "["), "] ")
			switch role {
			case "NUMBER", "TITLE", "BODY", "REMEDY", "DATE", "CONTACT":
				add(strings.ToLower(role), said)
			case "ADDRESSEE":
				add("addressee", strings.TrimSuffix(said, "："))
			case "ENCLOSURE":
				add("enclosures", said)
			}
		}
		out[strings.TrimSuffix(filepath.Base(path), ".txt")] = v
	}
	return out
}

// onOnePage are the letters and forms that stand on one page with ordinary facts. The
// others say more than a page holds: most of them why, and what may be done against it.
var onOnePage = []string{
	"approval", "co_maker", "consulting_notice", "correction", "deferral", "delivery_receipt", "extension", "inquiry", "opinion_form", "overrule", "receipt",
	"reply.other.other", "reply.other.other_channel", "secrecy_review", "transfer", "withdrawal",
}

// TestLettersRendered has LibreOffice lay every letter and form out: one page where that is
// enough, else two, and all that they say is there.
func TestLettersRendered(t *testing.T) {
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
	letters := wordings(t)
	args := []string{"-env:UserInstallation=file://" + filepath.Join(t.TempDir(), "profile"), "--headless", "--convert-to", "pdf", "--outdir", dir}
	for name, v := range letters {
		layout := document.LetterForm
		if len(v.Rows) > 0 {
			layout = document.SheetForm
		}
		data, err := document.Letter(builtin(t, layout), v)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		path := filepath.Join(dir, name+".docx")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	if out, err := exec.CommandContext(t.Context(), soffice, args...).CombinedOutput(); err != nil {
		t.Fatalf("convert: %v\n%s", err, out)
	}
	for name, v := range letters {
		path := filepath.Join(dir, name+".pdf")
		pdf, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%s did not become a PDF: %v", name, err)
			continue
		}
		want := 2
		if slices.Contains(onOnePage, name) {
			want = 1
		}
		if n := len(pdfPage.FindAll(pdf, -1)); n != want {
			t.Errorf("%s has %d pages, want %d", name, n, want)
		}
		said, err := exec.CommandContext(t.Context(), pdftotext, "-raw", path, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		for i, page := range strings.Split(strings.TrimSuffix(string(said), "\f"), "\f") {
			if n := ownText(page, v); n < 26 && len(v.Rows) == 0 { // a line, less its indent
				t.Errorf("page %d of %s has %d characters of text beside the signature, want a line:\n%s", i+1, name, n, page)
			}
		}
		read := strings.Join(strings.Fields(string(said)), "")
		lines := strings.Split(v.Text["title"]+"\n"+v.Text["number"]+"\n"+v.Text["enclosures"]+"\n"+v.Text["date"], "\n")
		for _, r := range v.Rows {
			lines = append(lines, strings.Split(r.Value, "\n")...)
		}
		for _, line := range append(lines, strings.Split(v.Text["body"], "\n")[0]) {
			if line = strings.Join(strings.Fields(line), ""); !strings.Contains(strings.ReplaceAll(read, "—1—", ""), line) {
				t.Errorf("%s does not show %q", name, line)
			}
		}
	}
}

// ownText counts the characters on a page, of whole lines, that are the letter's own text: its
// body and what may be done against it, not signature, date or contact, nor a piece of them.
func ownText(page string, v document.LetterValues) int {
	n, text := 0, strings.Join(strings.Fields(v.Text["body"]+v.Text["remedy"]), "")
	for line := range strings.Lines(page) {
		line = strings.Join(strings.Fields(line), "")
		if line != v.Text["organ"] && line != v.Text["date"] && strings.Contains(text, line) {
			n += utf8.RuneCountInString(line)
		}
	}
	return n
}
