package document_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"gongkai/server/document"
)

var pdfPage = regexp.MustCompile(`/Type\s*/Page\b`)

// TestRendered has LibreOffice turn the documents into PDF and counts the pages: each
// table but the coded one stands on one page. It needs soffice on the path, and a Chinese
// font (Debian: libreoffice-calc, libreoffice-writer, fonts-noto-cjk).
//
// GONGKAI_DOCUMENTS names a directory that keeps the documents and PDF, to be looked at;
// they are laid out anew in it each time.
func TestRendered(t *testing.T) {
	if testing.Short() {
		t.Skip("starts LibreOffice a dozen times; run without -short")
	}
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("LibreOffice is not installed; with it (apt install libreoffice-calc libreoffice-writer fonts-noto-cjk) the layout of each page is checked")
	}
	dir := os.Getenv("GONGKAI_DOCUMENTS")
	if dir == "" {
		dir = t.TempDir()
	}
	for name, pages := range map[string]map[document.Format]int{
		"codes-shanghai": {document.DOCX: 3, document.XLSX: 2},
		"codes-national": {document.DOCX: 3, document.XLSX: 2},
		"table-2019":     {document.DOCX: 3, document.XLSX: 3},
		"table-2021":     {document.DOCX: 3, document.XLSX: 3},
		"sample":         {document.DOCX: 4, document.XLSX: 3},
		"open":           {document.DOCX: 4, document.XLSX: 4},
	} {
		d := documents(t)[name]
		for _, f := range document.Formats() {
			path := filepath.Join(dir, name+"."+string(f))
			if err := os.WriteFile(path, write(t, f, d), 0o644); err != nil {
				t.Fatal(err)
			}
			if want, ok := pages[f]; ok {
				if got := rendered(t, soffice, path, filepath.Join(dir, string(f))); got != want {
					t.Errorf("%s has %d pages, want %d", path, got, want)
				}
			}
		}
	}
}

// rendered is the number of pages of a document.
func rendered(t *testing.T, soffice, path, dir string) int {
	t.Helper()
	command := exec.CommandContext(t.Context(), soffice, "-env:UserInstallation=file://"+filepath.Join(t.TempDir(), "profile"),
		"--headless", "--convert-to", "pdf", "--outdir", dir, path)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("convert %s: %v\n%s", path, err, out)
	}
	base := filepath.Base(path)
	pdf, err := os.ReadFile(filepath.Join(dir, base[:len(base)-len(filepath.Ext(base))]+".pdf"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Fatalf("%s did not become a PDF", path)
	}
	return len(pdfPage.FindAll(pdf, -1))
}
