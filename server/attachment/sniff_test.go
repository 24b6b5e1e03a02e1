package attachment_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"runtime"
	"strings"
	"testing"

	"gongkai/server/attachment"
)

// part is one part of an archive.
type part struct {
	name string
	mode fs.FileMode
}

// archive makes a zip of parts.
func archive(t testing.TB, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		h := &zip.FileHeader{Name: p.name, Method: zip.Deflate}
		h.SetMode(p.mode | 0o644)
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(w, "<x/>")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func named(names ...string) (parts []part) {
	for _, n := range names {
		parts = append(parts, part{name: n})
	}
	return parts
}

const (
	pdf  = "%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF\n"
	jpeg = "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00 picture \xff\xd9"
	png  = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR picture \x00\x00\x00\x00IEND\xaeB`\x82"
	mail = "Received: from a\r\n\tby b\r\nFrom: a@example.cn\r\nSubject: x\r\n\r\n<html><script>1</script></html>\r\n"
)

func TestSniff(t *testing.T) {
	docx := archive(t, named("[Content_Types].xml", "_rels/.rels", "word/document.xml")...)
	for _, tt := range []struct {
		name    string
		content string
		media   string
		err     error
	}{
		{"PDF", pdf, attachment.PDF, nil},
		{"PDF with a little after its end", pdf + "\x00\x00\r\n% scanned", attachment.PDF, nil},
		{"JPEG", jpeg, attachment.JPEG, nil},
		{"JPEG with what a telephone adds", jpeg + strings.Repeat("SEFT\x00", 300), attachment.JPEG, nil},
		{"PNG", png, attachment.PNG, nil},
		{"TIFF of Intel", "II*\x00\x08\x00\x00\x00", attachment.TIFF, nil},
		{"TIFF of Motorola", "MM\x00*\x00\x00\x00\x08", attachment.TIFF, nil},
		{"OFD", string(archive(t, named("OFD.xml", "Doc_0/Document.xml")...)), attachment.OFD, nil},
		{"DOCX", string(docx), attachment.DOCX, nil},
		{"XLSX", string(archive(t, named("[Content_Types].xml", "xl/workbook.xml")...)), attachment.XLSX, nil},
		{"mail", mail, attachment.Mail, nil},
		{"text", "申请公开某文件\r\n", attachment.Text, nil},
		{"text in GB 18030", "\xc9\xea\xc7\xeb\xb1\xed\n", attachment.Text, nil},
		{"text with a colon", "申请人：张三\n电话: 1\n", attachment.Text, nil},

		{"nothing", "", "", attachment.ErrUnknown},
		{"HTML", "<!DOCTYPE html><p>", "", attachment.ErrUnknown},
		{"HTML behind blanks", strings.Repeat(" \n", 200) + "<ScRiPt>alert(1)</script>", "", attachment.ErrUnknown},
		{"SVG", `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "", attachment.ErrUnknown},
		{"XML", `<?xml version="1.0"?><a/>`, "", attachment.ErrUnknown},
		{"a script", "#!/bin/sh\nrm -rf /\n", "", attachment.ErrUnknown},
		{"a Windows program", "MZ\x90\x00\x03\x00", "", attachment.ErrUnknown},
		{"a Linux program", "\x7fELF\x02\x01", "", attachment.ErrUnknown},
		{"GIF", "GIF89a\x01\x00", "", attachment.ErrUnknown},
		{"an old Word document", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "", attachment.ErrUnknown},
		{"RAR", "Rar!\x1a\x07\x01\x00", "", attachment.ErrUnknown},
		{"text with a zero byte late", strings.Repeat("字", 50_000) + "\x00", "", attachment.ErrUnknown},
		{"text in UTF-16", "\xff\xfe3u\x00\x00", "", attachment.ErrUnknown},
		{"a ZIP of anything", string(archive(t, named("a.exe")...)), "", attachment.ErrUnknown},

		{"PDF that is cut off", pdf[:20], "", attachment.ErrBroken},
		{"PNG that is cut off", png[:30], "", attachment.ErrBroken},
		{"DOCX that is cut off", string(docx[:len(docx)-30]), "", attachment.ErrBroken},

		{"HTML called PDF", "%PDF-1.7\n<html><script>alert(1)</script>\n%%EOF", "", attachment.ErrAmbiguous},
		{"PDF that is a ZIP", pdf + string(archive(t, named("a")...)), "", attachment.ErrAmbiguous},
		{"JPEG that is a ZIP", jpeg + string(docx), "", attachment.ErrAmbiguous},
		{"text that is a ZIP", "text\n" + string(docx), "", attachment.ErrUnknown},
		{"JPEG that is a PDF", "\xff\xd8\xff\xfe\x00\x20" + pdf + "\xff\xd9", "", attachment.ErrAmbiguous},
		{"JPEG that ends as PHP", jpeg + "<?php system($_GET[0]); ?>", "", attachment.ErrAmbiguous},
		{"PNG with a page behind it", png + "<html>", "", attachment.ErrAmbiguous},
		{"PDF with much behind its end", pdf + strings.Repeat("x", 1500), "", attachment.ErrAmbiguous},
		{"text that is a PDF", "first a line\n" + pdf, "", attachment.ErrAmbiguous},
		{"DOCX and XLSX", string(archive(t, named("[Content_Types].xml", "word/document.xml", "xl/workbook.xml")...)), "", attachment.ErrAmbiguous},
		{"DOCX with two parts of one name", string(archive(t, named("[Content_Types].xml", "word/document.xml", "word/document.xml")...)), "", attachment.ErrAmbiguous},
		{"DOCX behind another archive", "PK\x03\x04" + strings.Repeat("x", 10_000) + string(docx), "", attachment.ErrAmbiguous},

		{"OFD with a link in it", string(archive(t, part{name: "OFD.xml"}, part{"x", fs.ModeSymlink})), "", attachment.ErrUnsafe},
		{"OFD that leads out", string(archive(t, named("OFD.xml", "../../etc/passwd")...)), "", attachment.ErrUnsafe},
		{"OFD that leads out in between", string(archive(t, named("OFD.xml", "a/../../b")...)), "", attachment.ErrUnsafe},
		{"OFD with an absolute part", string(archive(t, named("OFD.xml", "/etc/passwd")...)), "", attachment.ErrUnsafe},
		{"OFD with a drive", string(archive(t, named("OFD.xml", "C:/x")...)), "", attachment.ErrUnsafe},
		{"OFD with backslashes", string(archive(t, named("OFD.xml", `..\x`)...)), "", attachment.ErrUnsafe},
		{"DOCX with macros", string(archive(t, named("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")...)), "", attachment.ErrUnsafe},
	} {
		t.Run(tt.name, func(t *testing.T) {
			media, err := attachment.Sniff(strings.NewReader(tt.content), int64(len(tt.content)))
			if media != tt.media || !errors.Is(err, tt.err) || tt.err == nil && err != nil {
				t.Errorf("got %q, %v; want %q, %v", media, err, tt.media, tt.err)
			}
		})
	}
}

// directory is an archive that is nothing but the list of its n parts, behind a beginning.
func directory(begin string, n int) []byte {
	const entry, end, end64 = 46, 22, 56
	b := []byte(begin)
	at := len(b)
	b = append(b, bytes.Repeat(append([]byte("PK\x01\x02"), make([]byte, entry-4)...), n)...)
	last := binary.LittleEndian.AppendUint64([]byte("PK\x06\x06"), end64-12)
	last = append(last, make([]byte, 12)...)
	for _, v := range []int{n, n, entry * n, at} {
		last = binary.LittleEndian.AppendUint64(last, uint64(v))
	}
	last = append(last, "PK\x06\x07\x00\x00\x00\x00"...)
	last = binary.LittleEndian.AppendUint64(last, uint64(at+entry*n))
	last = append(last, "\x01\x00\x00\x00PK\x05\x06\x00\x00\x00\x00"...)
	last = append(last, bytes.Repeat([]byte{0xff}, end-10)...)
	return append(b, append(last, 0, 0)...)
}

// TestSniffDirectory: a file of the largest size that is one long list of parts is refused
// before the list is made, whatever it begins like.
func TestSniffDirectory(t *testing.T) {
	const n = 720_000
	for _, tt := range []struct {
		name, begin string
		err         error
	}{
		{"an archive", "PK\x03\x04" + strings.Repeat("\x00", 26), attachment.ErrUnsafe},
		{"a picture", jpeg, attachment.ErrAmbiguous},
	} {
		t.Run(tt.name, func(t *testing.T) {
			content := directory(tt.begin, n)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := attachment.Sniff(bytes.NewReader(content), int64(len(content)))
			runtime.ReadMemStats(&after)
			if !errors.Is(err, tt.err) {
				t.Errorf("got %v, want %v", err, tt.err)
			}
			const most = 48 << 20
			if took := after.TotalAlloc - before.TotalAlloc; took > most {
				t.Errorf("%d bytes took %d of memory", len(content), took)
			}
		})
	}
	if _, err := zip.NewReader(bytes.NewReader(directory("", 1)), int64(len(directory("", 1)))); err != nil {
		t.Errorf("what is tried is no archive: %v", err)
	}
}

// TestTypes: what is said to be accepted is what Sniff returns.
func TestTypes(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range attachment.Types() {
		if seen[a.Media] || !strings.HasPrefix(a.Ending, ".") || a.ZH == "" || a.EN == "" {
			t.Errorf("%+v", a)
		}
		seen[a.Media] = true
	}
	if len(seen) != 9 {
		t.Errorf("%d types", len(seen))
	}
}

// FuzzSniff: whatever comes, it is one of the types or refused, and nothing panics.
func FuzzSniff(f *testing.F) {
	for _, s := range []string{pdf, jpeg, png, mail, "text", string(archive(f, named("OFD.xml")...)), "PK\x03\x04"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		media, err := attachment.Sniff(bytes.NewReader(content), int64(len(content)))
		if (media == "") != (err != nil) {
			t.Fatalf("%q and %v", media, err)
		}
		if media == attachment.Text && bytes.ContainsRune(content, 0) {
			t.Fatal("text with a zero byte")
		}
	})
}
