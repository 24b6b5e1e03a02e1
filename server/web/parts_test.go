package web_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// A multipart body of very many parts is refused before they are read, and nothing of it is
// kept.
func TestTooManyParts(t *testing.T) {
	b := newBureau(t)
	a := b.application("2026-06-15")
	page := b.officer.get("/" + a.GetName())
	token := filePart{"form_token", "", page.with(nil).Get("form_token")}
	values, files := []filePart{token}, []filePart{token}
	for i := range 2000 {
		values = append(values, filePart{"v" + strconv.Itoa(i), "", "x"})
		files = append(files, filePart{"applications", "x.csv", ledgerFile})
	}
	values = append(values, filePart{"kind", "", "FORM"}, filePart{"file", "a.pdf", casePDF})
	for path, parts := range map[string][]filePart{"/" + a.GetName() + "/attachments": values, "/import": files} {
		if s := b.officer.uploads(path, parts...); s.status != http.StatusBadRequest || !strings.Contains(s.text, "至多16个") {
			t.Errorf("%s answered %d:\n%s", path, s.status, s.text)
		}
	}
	if s := b.officer.get("/" + a.GetName()); strings.Contains(s.text, "a.pdf") {
		t.Error("the file was kept")
	}
}
