package document

import (
	"errors"
	"path"
	"regexp"
	"strings"

	"github.com/beevik/etree"
)

// brace is what is left of a placeholder that is not complete: braces that are parted, or of
// full width, as a Chinese keyboard writes them.
var brace = regexp.MustCompile(`[{｛]\s*[{｛]|[}｝]\s*[}｝]`)

// complete refuses a paragraph in which a placeholder is not.
func complete(full string) error {
	rest := placeholder.ReplaceAllString(full, "")
	switch {
	case !brace.MatchString(rest):
		return nil
	case strings.ContainsAny(rest, "｛｝"):
		return templateError("占位符的花括号是全角的：“%s”；请改用半角的{{ }}", "a placeholder has braces of full width: %q; write {{ }}", clipText(rest))
	}
	return templateError("占位符没有写完整：“%s”", "a placeholder is not complete: %q", clipText(rest))
}

// partNames are the parts of a document as Word and WPS call them, by how their paths begin.
var partNames = []struct{ begin, zh, en string }{
	{"word/document", "正文", "text"},
	{"word/header", "页眉", "header"},
	{"word/footer", "页脚", "footer"},
	{"word/footnotes", "脚注", "footnotes"},
	{"word/endnotes", "尾注", "endnotes"},
	{"word/comments", "批注", "comments"},
	{"docProps/", "文件属性", "properties of the file"},
	{"word/diagrams/", "SmartArt图形", "SmartArt"},
	{"word/charts/", "图表", "chart"},
}

// inPart says in which part of the file a template is wrong.
func inPart(name string, err error) error {
	bad, ok := errors.AsType[*TemplateError](err)
	if !ok {
		return err
	}
	for _, p := range partNames {
		if strings.HasPrefix(name, p.begin) {
			return &TemplateError{p.zh + "（" + name + "）：" + bad.ZH, p.en + " (" + name + "): " + bad.EN}
		}
	}
	return &TemplateError{name + "：" + bad.ZH, name + ": " + bad.EN}
}

// settled refuses what is not the text of a letter but how it came about: tracked changes, of
// which a reader of the letter would see what was deleted, and comments. A control bound to
// data shows these when the letter is opened, not what was filled in.
func settled(doc *etree.Document) error {
	var err error
	var walk func(*etree.Element)
	walk = func(e *etree.Element) {
		if err == nil && e.NamespaceURI() == wordNamespace {
			err = settledElement(e)
		}
		for _, c := range e.ChildElements() {
			if err == nil {
				walk(c)
			}
		}
	}
	walk(doc.Root())
	return err
}

func settledElement(e *etree.Element) error {
	switch tag := e.Tag; {
	case tag == "ins" || tag == "del" || tag == "moveFrom" || tag == "moveTo" || tag == "cellIns" || tag == "cellDel" || tag == "cellMerge" || strings.HasSuffix(tag, "Change"):
		return templateError("留有修订痕迹（%s）：“%s”；请接受或者拒绝全部修订后再上传", "there are tracked changes (%s): %q; accept or reject all of them", tag, clipText(around(e)))
	case tag == "comment" || tag == "commentReference" || tag == "commentRangeStart":
		return templateError("留有批注：“%s”；请删除全部批注后再上传", "there is a comment: %q; delete all of them", clipText(around(e)))
	case tag == "sdt":
		if bound := elements(e, "dataBinding"); len(bound) > 0 && strings.Contains(allText(e), "{{") {
			return templateError("占位符在绑定了数据的内容控件中：“%s”；请删除该控件，保留文字", "a placeholder stands in a content control that is bound to data: %q; remove the control and keep its text", clipText(allText(e)))
		}
	}
	return nil
}

// around is the text of the paragraph in which an element stands, or its own.
func around(e *etree.Element) string {
	for p := e; p != nil; p = p.Parent() {
		if isWord(p, "p") {
			return allText(p)
		}
	}
	return allText(e)
}

// allText is the character data below an element.
func allText(e *etree.Element) string {
	var b strings.Builder
	var walk func(*etree.Element)
	walk = func(e *etree.Element) {
		b.WriteString(strings.TrimSpace(e.Text()))
		for _, c := range e.ChildElements() {
			walk(c)
		}
	}
	walk(e)
	return b.String()
}

// reached refuses placeholders where none is filled in: in attributes, as WordArt has its
// text, in drawings and in parts that are not the text.
func reached(name string, doc *etree.Document) error {
	if strings.HasPrefix(name, "word/glossary/") || strings.HasPrefix(name, "customXml/") { // nothing of it is shown
		return nil
	}
	fills := map[*etree.Element]bool{}
	if filled(name) {
		for _, p := range elements(doc.Root(), "p") {
			for _, t := range texts(p) {
				fills[t] = true
			}
		}
	}
	var rest strings.Builder
	var walk func(*etree.Element) error
	walk = func(e *etree.Element) error {
		for _, a := range e.Attr {
			if strings.Contains(a.Value, "{{") {
				return templateError("占位符“%s”在艺术字或者图片的说明中，不能填写；请改用普通文字或者文本框", "the placeholder %q stands in WordArt or in the description of a picture and cannot be filled; use text or a text box", clipText(a.Value))
			}
		}
		if !fills[e] {
			rest.WriteString(strings.TrimSpace(e.Text()))
		}
		for _, c := range e.ChildElements() {
			if err := walk(c); err != nil {
				return err
			}
		}
		return nil
	}
	if err := walk(doc.Root()); err != nil {
		return err
	}
	if at := strings.Index(rest.String(), "{{"); at >= 0 {
		return templateError("占位符“%s”不能填写；请移到正文、页眉、页脚或者文本框的普通文字中", "the placeholder %q cannot be filled; move it into plain text, a header, footer or text box", clipText(rest.String()[at:]))
	}
	return nil
}

// isXML reports whether a part of a template is XML.
func isXML(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".xml" || ext == ".rels"
}
