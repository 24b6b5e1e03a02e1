package document_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gongkai/server/document"
)

// repack copies a package, with parts changed, added (nil before) or left out (nil after).
func repack(t testing.TB, data []byte, change map[string]func([]byte) []byte) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	put := func(name string, content []byte) {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range z.File {
		content := partOf(t, data, f.Name)
		if fn := change[f.Name]; fn != nil {
			delete(change, f.Name)
			if content = fn(content); content == nil {
				continue
			}
		}
		put(f.Name, content)
	}
	for name, fn := range change {
		put(name, fn(nil))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func insert(before, text string) func([]byte) []byte {
	return func(b []byte) []byte { return []byte(strings.Replace(string(b), before, text+before, 1)) }
}

func is(text string) func([]byte) []byte { return func([]byte) []byte { return []byte(text) } }

const link = `<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s"%s/>`

func linked(kind, target, mode string) func([]byte) []byte {
	return insert("</Relationships>", fmt.Sprintf(link, kind, target, mode))
}

// TestHostileTemplates refuses each in words that say what is wrong.
func TestHostileTemplates(t *testing.T) {
	t.Parallel()
	const doc, rels, types = "word/document.xml", "word/_rels/document.xml.rels", "[Content_Types].xml"
	field := func(code string) func([]byte) []byte {
		return insert("<w:sectPr>", `<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>`+code+`<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>`)
	}
	paragraph := func(text string) func([]byte) []byte {
		return insert("<w:sectPr>", `<w:p><w:r><w:t>`+text+`</w:t></w:r></w:p>`)
	}
	for _, test := range []struct {
		name   string
		change map[string]func([]byte) []byte
		want   string
	}{
		{"zip bomb of one part", map[string]func([]byte) []byte{"word/media/a.png": func([]byte) []byte { return make([]byte, 17<<20) }}, "16 MiB"},
		{"zip bomb by ratio", map[string]func([]byte) []byte{"word/media/a.png": func([]byte) []byte { return make([]byte, 8<<20) }}, "100"},
		{"path upwards", map[string]func([]byte) []byte{"../evil.xml": is("<a/>")}, "路径"},
		{"absolute path", map[string]func([]byte) []byte{"/etc/evil.xml": is("<a/>")}, "路径"},
		{"path of another system", map[string]func([]byte) []byte{`word\evil.xml`: is("<a/>")}, "路径"},
		{"drive", map[string]func([]byte) []byte{"C:evil.xml": is("<a/>")}, "路径"},
		{"two parts that differ in case", map[string]func([]byte) []byte{"WORD/document.xml": is("<a/>")}, "两次"},
		{"macro", map[string]func([]byte) []byte{"word/vbaProject.bin": is("x")}, "宏"},
		{"macro by type", map[string]func([]byte) []byte{types: func(b []byte) []byte {
			return bytes.Replace(b, []byte("wordprocessingml.document.main+xml"), []byte("document.macroEnabled.main+xml"), 1)
		}}, "宏"},
		{"embedded workbook", map[string]func([]byte) []byte{"word/embeddings/a.xlsx": is("x")}, "嵌入"},
		{"control", map[string]func([]byte) []byte{"word/activeX/activeX1.xml": is("<a/>")}, "控件"},
		{"external picture", map[string]func([]byte) []byte{rels: linked("image", "http://127.0.0.1/a.png", ` TargetMode="External"`)}, "文件以外"},
		{"external template", map[string]func([]byte) []byte{rels: linked("attachedTemplate", "file:///a.dotm", ` TargetMode="External"`)}, "文件以外"},
		{"network share without a mode", map[string]func([]byte) []byte{rels: linked("image", `\\host\a.png`, "")}, "文件以外"},
		{"hyperlink", map[string]func([]byte) []byte{rels: linked("hyperlink", "https://example.com", ` TargetMode="external"`)}, "文件以外"},
		{"embedded object", map[string]func([]byte) []byte{rels: linked("oleObject", "styles.xml", "")}, "嵌入"},
		{"part that is not there", map[string]func([]byte) []byte{rels: linked("image", "media/none.png", "")}, "不存在"},
		{"part outside", map[string]func([]byte) []byte{rels: linked("image", "../../../etc/passwd", "")}, "不存在"},
		{"entities", map[string]func([]byte) []byte{doc: func(b []byte) []byte {
			return bytes.Replace(b, []byte("<w:document"), []byte(`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><w:document`), 1)
		}}, "实体"},
		{"nesting without end", map[string]func([]byte) []byte{doc: is(strings.Repeat("<a>", 300) + strings.Repeat("</a>", 300))}, "嵌套"},
		{"field that runs", map[string]func([]byte) []byte{doc: field(`<w:r><w:instrText>DDEAUTO c:\\a</w:instrText></w:r>`)}, "DDEAUTO"},
		{"field in pieces", map[string]func([]byte) []byte{doc: field(`<w:r><w:instrText>INCLUDE</w:instrText></w:r><w:r><w:instrText>PICTURE "http://a"</w:instrText></w:r>`)}, "INCLUDEPICTURE"},
		{"simple field", map[string]func([]byte) []byte{doc: insert("<w:sectPr>", `<w:p><w:fldSimple w:instr=" DATE \@ yyyy "><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p>`)}, "DATE"},
		{"imported piece", map[string]func([]byte) []byte{doc: insert("<w:sectPr>", `<w:altChunk/>`)}, "嵌入"},
		{"placeholder that does not end", map[string]func([]byte) []byte{doc: paragraph("{{organ")}, "没有写完整"},
		{"placeholder of no name", map[string]func([]byte) []byte{doc: paragraph("{{a b}}")}, "没有写完整"},
		{"rows outside of a table", map[string]func([]byte) []byte{doc: paragraph("{{#rows}}")}, "表格"},
		{"unknown list", map[string]func([]byte) []byte{doc: paragraph("{{#cases}}")}, "表格"},
		{"no document", map[string]func([]byte) []byte{doc: func([]byte) []byte { return nil }}, "word/document.xml"},
		{"not UTF-8", map[string]func([]byte) []byte{doc: is("<a>\xff</a>")}, "UTF-8"},
		{"other encoding", map[string]func([]byte) []byte{doc: is(`<?xml version="1.0" encoding="UTF-16"?><a/>`)}, "不"},
		{"no XML", map[string]func([]byte) []byte{doc: is("hello")}, "XML"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := document.CheckLetterTemplate(repack(t, builtin(t, document.LetterForm), test.change))
			var bad *document.TemplateError
			if !errors.As(err, &bad) || !strings.Contains(bad.ZH, test.want) || bad.EN == "" || strings.Contains(bad.ZH+bad.EN, "%!") {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	t.Run("no zip", func(t *testing.T) {
		t.Parallel()
		if _, err := document.CheckLetterTemplate([]byte("x")); err == nil {
			t.Error("it was taken")
		}
	})
	t.Run("too many parts", func(t *testing.T) {
		t.Parallel()
		change := map[string]func([]byte) []byte{}
		for i := range 1000 {
			change[fmt.Sprintf("docProps/%d.xml", i)] = is("<a/>")
		}
		if _, err := document.CheckLetterTemplate(repack(t, builtin(t, document.LetterForm), change)); err == nil || !strings.Contains(err.Error(), "1000") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("too long", func(t *testing.T) {
		t.Parallel()
		if _, err := document.CheckLetterTemplate(make([]byte, document.TemplateBytes+1)); err == nil || !strings.Contains(err.Error(), "bytes") {
			t.Errorf("got %v", err)
		}
	})
}

// FuzzLetterTemplate: whatever is taken can be filled, and nothing else happens.
func FuzzLetterTemplate(f *testing.F) {
	f.Add(builtin(f, document.LetterForm))
	f.Add(builtin(f, document.SheetForm))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		names, err := document.CheckLetterTemplate(data)
		if err != nil {
			return
		}
		v := document.LetterValues{Text: map[string]string{}}
		for _, n := range names {
			v.Text[n], v.Text["#"+n], v.Text["/"+n] = "甲\n乙", "", ""
		}
		if _, err := document.Letter(data, v); err != nil {
			t.Errorf("taken, but it cannot be filled: %v", err)
		}
	})
}
