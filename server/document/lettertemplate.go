package document

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/flate"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/beevik/etree"
)

// What a template may cost. A letter with a coat of arms and fonts' names is far below.
const (
	TemplateBytes    = 512 << 10 // of the file
	templateEntries  = 1000
	templateUnfolded = 16 << 20 // of all parts together
	templateRatio    = 100
	templateDepth    = 256 // of elements within each other
)

// template is an office's DOCX, opened within its bounds.
type template struct {
	files []*zip.File
	names map[string]bool
	left  int64 // bytes that may still be unfolded
}

// openTemplate reads the directory and refuses what no letter needs.
func openTemplate(data []byte) (*template, error) {
	if len(data) > TemplateBytes {
		return nil, templateError("模板有%d字节，最多%d字节", "the template has %d bytes; at most %d", len(data), TemplateBytes)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if errors.Is(err, zip.ErrInsecurePath) {
		return nil, templateError("模板内有指向包外的路径", "a part of the template has a path that leads out of it")
	}
	if err != nil {
		return nil, templateError("不是DOCX文件，或者文件已损坏", "it is no DOCX file, or a damaged one")
	}
	if len(z.File) > templateEntries {
		return nil, templateError("模板有%d个部件，最多%d个", "the template has %d parts; at most %d", len(z.File), templateEntries)
	}
	p := &template{files: z.File, names: map[string]bool{}, left: templateUnfolded}
	var whole uint64
	for _, f := range z.File {
		if err := p.entry(f); err != nil {
			return nil, err
		}
		whole += f.UncompressedSize64
	}
	if whole > templateUnfolded || whole > templateRatio*uint64(len(data)) {
		return nil, tooLarge()
	}
	for _, need := range []string{"[Content_Types].xml", "_rels/.rels", "word/document.xml"} {
		if !p.names[need] {
			return nil, templateError("不是DOCX文件：没有%s", "it is no DOCX file: it has no %s", need)
		}
	}
	return p, nil
}

func tooLarge() *TemplateError {
	return templateError("模板解压后超过%d MiB，或者超过压缩前的%d倍", "the template unfolds to more than %d MiB, or more than %d-fold", templateUnfolded>>20, templateRatio)
}

// entry refuses a part by its name and form.
func (p *template) entry(f *zip.File) error {
	name := f.Name
	switch {
	case name == "" || strings.HasPrefix(name, "/") || strings.ContainsAny(name, "\\:\x00") || path.Clean(name) != strings.TrimSuffix(name, "/") || strings.HasPrefix(name, ".."):
		return templateError("模板内的路径“%s”不正常", "a part of the template has the path %q", clipText(name))
	case p.names[strings.ToLower(name)]:
		return templateError("模板内的部件“%s”出现两次", "the part %q is there twice", clipText(name))
	case f.Method != zip.Store && f.Method != zip.Deflate || f.Flags&1 != 0:
		return templateError("模板内的部件“%s”已加密或者压缩方式不明", "the part %q is encrypted or packed in an unknown way", clipText(name))
	case foreign(name):
		return templateError("模板含有宏、控件或者嵌入的对象（%s），请删除后另存为DOCX", "the template holds a macro, control or embedded object (%s); remove it and save it as DOCX", clipText(name))
	}
	p.names[strings.ToLower(name)] = true
	p.names[name] = true
	return nil
}

// foreign reports whether a part is one that runs or carries something else.
func foreign(name string) bool {
	low := strings.ToLower(name)
	for _, dir := range []string{"word/embeddings/", "word/activex/", "customui/", "userCustomization/", "word/afchunk", "word/webextensions/"} {
		if strings.HasPrefix(low, strings.ToLower(dir)) {
			return true
		}
	}
	ext := path.Ext(low)
	return ext == ".bin" || ext == ".exe" || ext == ".dll" || ext == ".js" || ext == ".vbs" || strings.Contains(low, "vba")
}

// read unfolds a part, whatever its header says of its size.
func (p *template) read(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, templateError("模板内的部件“%s”不能读取", "the part %q cannot be read", clipText(f.Name))
	}
	data, err := io.ReadAll(io.LimitReader(r, p.left+1))
	if closed := r.Close(); err == nil {
		err = closed
	}
	if p.left -= int64(len(data)); p.left < 0 {
		return nil, tooLarge()
	}
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) || errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, templateError("模板内的部件“%s”已损坏", "the part %q is damaged", clipText(f.Name))
	}
	if err != nil {
		return nil, fmt.Errorf("read part %s: %w", f.Name, err)
	}
	return data, nil
}

// parse reads a part that is XML.
func (p *template) parse(f *zip.File) (*etree.Document, error) {
	data, err := p.read(f)
	if err != nil {
		return nil, err
	}
	if err := plainXML(data); err != nil {
		return nil, templateError("模板内的部件“%[1]s”不能读取：%[2]s", "the part %[1]q cannot be read: %[3]s", clipText(f.Name), err.ZH, err.EN)
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(data); err != nil || doc.Root() == nil {
		return nil, templateError("模板内的部件“%s”不是XML", "the part %q is no XML", clipText(f.Name))
	}
	return doc, nil
}

// plainXML refuses what is not well formed, declares entities, or nests without end.
func plainXML(data []byte) *TemplateError {
	d := xml.NewDecoder(bytes.NewReader(data))
	depth := 0
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return templateError("不是UTF-8编码的XML", "it is no XML in UTF-8")
		}
		switch t := token.(type) {
		case xml.Directive:
			return templateError("含有DOCTYPE或者实体声明", "it declares a document type or entities")
		case xml.StartElement:
			if depth++; depth > templateDepth {
				return templateError("元素嵌套超过%d层", "its elements nest more than %d deep", templateDepth)
			}
		case xml.EndElement:
			depth--
		case xml.ProcInst:
			if t.Target != "xml" && t.Target != "mso-application" {
				return templateError("含有处理指令", "it holds a processing instruction")
			}
		}
	}
}

// CheckLetterTemplate reads an office's template and lists its placeholders in order. What
// is wrong with it is a *TemplateError; whether the placeholders are the right ones, the
// caller knows.
func CheckLetterTemplate(data []byte) ([]string, error) {
	p, err := openTemplate(data)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, f := range p.files {
		if !isXML(f.Name) {
			if _, err := p.read(f); err != nil {
				return nil, err
			}
			continue
		}
		doc, err := p.parse(f)
		if err != nil {
			return nil, err
		}
		if err := p.harmless(f.Name, doc); err != nil {
			return nil, err
		}
		if err := cmp.Or(settled(doc), reached(f.Name, doc)); err != nil {
			return nil, inPart(f.Name, err)
		}
		if !filled(f.Name) {
			continue
		}
		found, err := placeholders(doc)
		if err != nil {
			return nil, inPart(f.Name, err)
		}
		for _, name := range found {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out, nil
}

// placeholders lists those of a part, and refuses one that is not complete or a list that is
// not that of a row.
func placeholders(doc *etree.Document) ([]string, error) {
	rows := map[*etree.Element]bool{}
	for _, r := range elements(doc.Root(), "tr") {
		for _, p := range elements(r, "p") {
			rows[p] = true
		}
	}
	var out []string
	for _, p := range elements(doc.Root(), "p") {
		full := textOf(texts(p))
		if err := complete(full); err != nil {
			return nil, err
		}
		for _, m := range placeholder.FindAllStringSubmatch(full, -1) {
			if m[1] != "" && (m[2] != placeRows || !rows[p]) {
				return nil, templateError("{{%s%s}}只能用于表格的一行，且只有{{#rows}}、{{/rows}}", "{{%s%s}} may stand only in a row of a table, and only as {{#rows}} and {{/rows}}", m[1], m[2])
			}
			out = append(out, m[2])
		}
	}
	return out, nil
}

// harmless refuses what runs something or fetches something from elsewhere.
func (p *template) harmless(name string, doc *etree.Document) error {
	switch {
	case name == "[Content_Types].xml":
		return plainTypes(doc)
	case path.Ext(name) == ".rels":
		return p.links(name, doc)
	}
	return plainFields(doc)
}

func plainTypes(doc *etree.Document) error {
	for _, e := range doc.Root().ChildElements() {
		if kind := strings.ToLower(e.SelectAttrValue("ContentType", "")); strings.Contains(kind, "macro") || strings.Contains(kind, "vba") || strings.Contains(kind, "activex") || strings.Contains(kind, "oleobject") {
			return templateError("模板是带宏的文档，或者含有控件；请另存为不带宏的DOCX", "the template is a document with macros or controls; save it as DOCX without")
		}
	}
	return nil
}

// carriers are the kinds of relationships by which a document runs or takes in another.
var carriers = []string{"attachedtemplate", "oleobject", "package", "control", "vbaproject", "afchunk", "subdocument", "frame", "mailmergesource", "webextension"}

// links asks that all that a part refers to lies in the file.
func (p *template) links(name string, doc *etree.Document) error {
	from := path.Dir(path.Dir(name))
	for _, e := range doc.Root().ChildElements() {
		target, kind := e.SelectAttrValue("Target", ""), e.SelectAttrValue("Type", "")
		if strings.EqualFold(e.SelectAttrValue("TargetMode", ""), "External") || strings.Contains(target, ":") || strings.HasPrefix(target, `\\`) || strings.HasPrefix(target, "//") {
			return templateError("模板链接到文件以外的“%s”，请删除该链接或者图片后再上传", "the template links to %q outside the file; remove the link or picture", clipText(target))
		}
		if base := strings.ToLower(path.Base(kind)); slices.Contains(carriers, base) {
			return templateError("模板含有宏、控件或者嵌入的对象（%s），请删除", "the template holds a macro, control or embedded object (%s); remove it", base)
		}
		at := path.Join(from, target)
		if strings.HasPrefix(target, "/") {
			at = strings.TrimPrefix(path.Clean(target), "/")
		}
		if at, _, _ = strings.Cut(at, "#"); !p.names[at] && !p.names[strings.ToLower(at)] {
			return templateError("模板引用了不存在的部件“%s”", "the template refers to the part %q, which is not there", clipText(target))
		}
	}
	return nil
}

// fields are those that a letter may have: numbers of pages. All others fetch, run or change
// something when the file is opened.
var fields = []string{"PAGE", "NUMPAGES", "SECTIONPAGES"}

func plainFields(doc *etree.Document) error {
	f := &fieldCheck{}
	if err := f.walk(doc.Root()); err != nil {
		return err
	}
	return plainField(strings.Join(f.open, " "))
}

func plainField(code string) error {
	name, _, _ := strings.Cut(strings.TrimSpace(code), " ")
	if name != "" && !slices.Contains(fields, strings.ToUpper(name)) {
		return templateError("模板含有域代码“%s”；只能使用：%s", "the template holds the field %q; there may be only %s", clipText(name), strings.Join(fields, ", "))
	}
	return nil
}

// fieldCheck walks a part with the codes of the fields that are open, the innermost last:
// the code of one may be cut into many runs.
type fieldCheck struct{ open []string }

func (f *fieldCheck) walk(e *etree.Element) error {
	if e.NamespaceURI() == wordNamespace {
		if err := f.element(e); err != nil {
			return err
		}
	}
	for _, c := range e.ChildElements() {
		if err := f.walk(c); err != nil {
			return err
		}
	}
	return nil
}

func (f *fieldCheck) element(e *etree.Element) error {
	last := len(f.open) - 1
	switch e.Tag {
	case "fldSimple":
		return plainField(attr(e, "instr"))
	case "fldChar":
		return f.mark(attr(e, "fldCharType"))
	case "instrText":
		if last < 0 {
			return plainField(e.Text())
		}
		f.open[last] += e.Text()
	case "altChunk", "subDoc", "object", "control":
		return templateError("模板含有嵌入的对象（%s），请删除", "the template holds an embedded object (%s); remove it", e.Tag)
	}
	return nil
}

// mark begins a field, or judges the code of the innermost, which ends where its result
// begins.
func (f *fieldCheck) mark(kind string) error {
	last := len(f.open) - 1
	switch {
	case kind == "begin":
		f.open = append(f.open, "")
		return nil
	case last < 0:
		return nil
	}
	code := f.open[last]
	f.open[last] = ""
	if kind == "end" {
		f.open = f.open[:last]
	}
	return plainField(code)
}

// attr is an attribute of WordprocessingML, by whatever prefix.
func attr(e *etree.Element, key string) string {
	for _, a := range e.Attr {
		if a.Key == key && a.NamespaceURI() == wordNamespace {
			return a.Value
		}
	}
	return ""
}
