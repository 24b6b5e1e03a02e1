package document_test

import (
	"errors"
	"strings"
	"testing"

	"gongkai/server/document"
)

// templatesEdited are templates as Word and WPS leave them, each with the place that is named.
func templatesEdited() []struct{ name, part, text, before, place, want string } {
	const doc, end = "word/document.xml", "<w:sectPr>"
	run := func(inner string) string { return `<w:p>` + inner + `</w:p>` }
	const vml = `xmlns:v="urn:schemas-microsoft-com:vml"`
	return []struct{ name, part, text, before, place, want string }{
		{"inserted", doc, run(`<w:ins w:id="1" w:author="甲"><w:r><w:t>新{{organ}}</w:t></w:r></w:ins>`), end, "正文", "修订"},
		{"deleted", doc, run(`<w:del w:id="1" w:author="甲"><w:r><w:delText>旧{{organ}}</w:delText></w:r></w:del>`), end, "旧{{organ}}", "修订"},
		{"moved away", doc, run(`<w:moveFrom w:id="1"><w:r><w:t>{{organ}}</w:t></w:r></w:moveFrom>`), end, "正文", "修订"},
		{"deleted paragraph mark", doc, run(`<w:pPr><w:rPr><w:del w:id="1"/></w:rPr></w:pPr><w:r><w:t>末段</w:t></w:r>`), end, "末段", "修订"},
		{"changed form", doc, run(`<w:r><w:rPr><w:rPrChange w:id="1"><w:rPr/></w:rPrChange></w:rPr><w:t>字</w:t></w:r>`), end, "正文", "修订"},
		{"change in a footer", "word/footer2.xml", run(`<w:ins w:id="1"><w:r><w:t>甲</w:t></w:r></w:ins>`), "</w:ftr>", "页脚（word/footer2.xml）", "修订"},
		{"comment", doc, run(`<w:r><w:t>核对本段</w:t></w:r><w:r><w:commentReference w:id="0"/></w:r>`), end, "核对本段", "批注"},
		{"full-width braces", doc, run(`<w:r><w:t>｛｛organ｝｝</w:t></w:r>`), end, "正文", "全角"},
		{"mixed braces", doc, run(`<w:r><w:t>{{organ｝｝</w:t></w:r>`), end, "正文", "全角"},
		{"parted braces", doc, run(`<w:r><w:t>{ {organ} }</w:t></w:r>`), end, "正文", "没有写完整"},
		{"cut over two paragraphs", doc, run(`<w:r><w:t>{{or</w:t></w:r>`) + run(`<w:r><w:t>gan}}</w:t></w:r>`), end, "{{or", "没有写完整"},
		{"bound control", doc, `<w:sdt><w:sdtPr><w:dataBinding w:xpath="/a"/></w:sdtPr><w:sdtContent>` + run(`<w:r><w:t>{{or</w:t></w:r><w:r><w:t>gan}}</w:t></w:r>`) + `</w:sdtContent></w:sdt>`, end, "{{organ}}", "内容控件"},
		{"WordArt", doc, run(`<w:r><w:pict><v:shape ` + vml + `><v:textpath string="{{organ}}"/></v:shape></w:pict></w:r>`), end, "{{organ}}", "艺术字"},
		{"text of a drawing", doc, run(`<w:r><w:drawing><a:t xmlns:a="urn:a">{{or</a:t><a:t xmlns:a="urn:a">gan}}</a:t></w:drawing></w:r>`), end, "{{organ}}", "不能填写"},
		{"properties of the file", "docProps/core.xml", "{{organ}}", "</dc:title>", "文件属性", "不能填写"},
	}
}

// TestEditedTemplates refuses what would not be filled, or would show how the template came
// about, and says where it stands.
func TestEditedTemplates(t *testing.T) {
	t.Parallel()
	for _, test := range templatesEdited() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			data := repack(t, builtin(t, document.LetterForm), map[string]func([]byte) []byte{test.part: insert(test.before, test.text)})
			if !strings.Contains(string(partOf(t, data, test.part)), test.text) {
				t.Fatal("the template is not changed")
			}
			_, err := document.CheckLetterTemplate(data)
			var bad *document.TemplateError
			if !errors.As(err, &bad) || !strings.Contains(bad.ZH, test.want) || !strings.Contains(bad.ZH, test.place) || bad.EN == "" {
				t.Errorf("got %v, want %q at %q", bad, test.want, test.place)
			}
		})
	}
}

// TestOldTemplateIsNotUsed: one that was taken before these rules is not filled either.
func TestOldTemplateIsNotUsed(t *testing.T) {
	t.Parallel()
	data := repack(t, builtin(t, document.LetterForm), map[string]func([]byte) []byte{
		"word/document.xml": insert("<w:sectPr>", `<w:p><w:del w:id="1"><w:r><w:delText>{{organ}}</w:delText></w:r></w:del></w:p>`),
	})
	if _, err := document.Letter(data, letterValues()); err == nil || !strings.Contains(err.Error(), "tracked changes") {
		t.Errorf("got %v", err)
	}
}

// TestPlacesFilled: a placeholder is filled in a control, a text box and a header, and in
// both forms that a text box may have.
func TestPlacesFilled(t *testing.T) {
	t.Parallel()
	const box = `<w:p><w:r><mc:AlternateContent xmlns:mc="urn:mc"><mc:Choice><w:txbxContent><w:p><w:r><w:t>框{{or</w:t></w:r><w:r><w:t>gan}}</w:t></w:r></w:p></w:txbxContent></mc:Choice>` +
		`<mc:Fallback><w:txbxContent><w:p><w:r><w:t>框{{organ}}</w:t></w:r></w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:r></w:p>`
	const control = `<w:sdt><w:sdtPr><w:text/></w:sdtPr><w:sdtContent><w:p><w:r><w:t>控件{{organ}}</w:t></w:r></w:p></w:sdtContent></w:sdt>` +
		`<w:p><w:sdt><w:sdtContent><w:r><w:t>{{enclosures}}</w:t></w:r></w:sdtContent></w:sdt></w:p>`
	const nested = `<w:tbl><w:tr><w:tc><w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl><w:p><w:r><w:t>{{number}}</w:t></w:r></w:p></w:tc></w:tr></w:tbl>`
	data := repack(t, builtin(t, document.LetterForm), map[string]func([]byte) []byte{
		"word/document.xml": insert("<w:sectPr>", box+control+nested), "word/footer2.xml": insert("</w:ftr>", `<w:p><w:r><w:t>脚{{organ}}</w:t></w:r></w:p>`),
	})
	if _, err := document.CheckLetterTemplate(data); err != nil {
		t.Fatal(err)
	}
	v := letterValues()
	v.Text["number"] = ""
	out, err := document.Letter(data, v)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(partOf(t, out, "word/document.xml"))
	if n := strings.Count(doc, "框某县教育局"); n != 2 {
		t.Errorf("the two forms of the box are filled %d times:\n%s", n, doc)
	}
	for _, want := range []string{"控件某县教育局", "附件2：乙", `</w:tbl><w:p><w:r><w:t xml:space="preserve"></w:t></w:r></w:p></w:tc>`} {
		if !strings.Contains(strings.ReplaceAll(doc, `<w:t xml:space="preserve"/>`, `<w:t xml:space="preserve"></w:t>`), want) {
			t.Errorf("%s is not in %s", want, doc)
		}
	}
	if foot := string(partOf(t, out, "word/footer2.xml")); !strings.Contains(foot, "脚某县教育局") || strings.Contains(doc, "{{o") {
		t.Errorf("left unfilled: %s\n%s", foot, doc)
	}
}
