package document

// The parts of a DOCX beside its text. Fonts are named as official documents ask (GB/T
// 9704: title in 小标宋, headings in 黑体, text in 仿宋), and the font table says what takes
// their place where a system lacks them.

const (
	wordNamespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
	relationships = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	contentPrefix = "application/vnd.openxmlformats-officedocument.wordprocessingml."
)

// pageSetup is A4 with the type area of an official document, 156 mm by 225 mm.
const pageSetup = `<w:sectPr><w:footerReference xmlns:r="` + relationships + `" w:type="default" r:id="rId3"/>` +
	`<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="2098" w:right="1474" w:bottom="1985" w:left="1588" w:header="851" w:footer="1400" w:gutter="0"/></w:sectPr>`

const (
	serif = `<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman" w:eastAsia="仿宋_GB2312"/>`
	song  = `<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman" w:eastAsia="方正小标宋简体"/>`
	black = `<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman" w:eastAsia="黑体"/>`
	plate = `<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman" w:eastAsia="宋体"/>`
)

var docxParts = []struct{ name, content string }{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/word/document.xml" ContentType="` + contentPrefix + `document.main+xml"/>` +
		`<Override PartName="/word/styles.xml" ContentType="` + contentPrefix + `styles+xml"/>` +
		`<Override PartName="/word/fontTable.xml" ContentType="` + contentPrefix + `fontTable+xml"/>` +
		`<Override PartName="/word/footer1.xml" ContentType="` + contentPrefix + `footer+xml"/>` +
		`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="` + relationships + `/officeDocument" Target="word/document.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`},
	{"docProps/core.xml", `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">` +
		`<dc:title>{title}</dc:title><dc:language>zh-CN</dc:language></cp:coreProperties>`},
	{"word/_rels/document.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="` + relationships + `/styles" Target="styles.xml"/>` +
		`<Relationship Id="rId2" Type="` + relationships + `/fontTable" Target="fontTable.xml"/>` +
		`<Relationship Id="rId3" Type="` + relationships + `/footer" Target="footer1.xml"/></Relationships>`},
	{"word/fontTable.xml", `<w:fonts xmlns:w="` + wordNamespace + `">` +
		`<w:font w:name="仿宋_GB2312"><w:altName w:val="仿宋,FangSong,STFangsong,Noto Serif CJK SC"/><w:charset w:val="86"/><w:family w:val="modern"/></w:font>` +
		`<w:font w:name="方正小标宋简体"><w:altName w:val="方正小标宋_GBK,宋体,SimSun,Noto Serif CJK SC"/><w:charset w:val="86"/><w:family w:val="roman"/></w:font>` +
		`<w:font w:name="黑体"><w:altName w:val="SimHei,STHeiti,Noto Sans CJK SC"/><w:charset w:val="86"/><w:family w:val="swiss"/></w:font>` +
		`<w:font w:name="宋体"><w:altName w:val="SimSun,STSong,Noto Serif CJK SC"/><w:charset w:val="86"/><w:family w:val="roman"/></w:font></w:fonts>`},
	{"word/footer1.xml", `<w:ftr xmlns:w="` + wordNamespace + `"><w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>` +
		`<w:r><w:t xml:space="preserve">— </w:t></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>` +
		`<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t xml:space="preserve"> —</w:t></w:r></w:p></w:ftr>`},
	{"word/styles.xml", `<w:styles xmlns:w="` + wordNamespace + `"><w:docDefaults><w:rPrDefault><w:rPr>` + serif +
		`<w:sz w:val="32"/><w:szCs w:val="32"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault></w:docDefaults>` +
		style("Normal", "Normal", `<w:spacing w:line="560" w:lineRule="exact"/><w:jc w:val="both"/>`, "") +
		style("Title", "Title", `<w:spacing w:before="0" w:after="240" w:line="640" w:lineRule="atLeast"/><w:jc w:val="center"/>`, song+`<w:sz w:val="44"/><w:szCs w:val="44"/>`) +
		style("Heading1", "heading 1", `<w:keepNext/><w:spacing w:line="560" w:lineRule="exact"/><w:ind w:firstLineChars="200" w:firstLine="640"/><w:outlineLvl w:val="0"/>`, black) +
		style("Note", "Note", `<w:spacing w:after="120" w:line="400" w:lineRule="atLeast"/><w:jc w:val="center"/>`, `<w:sz w:val="24"/><w:szCs w:val="24"/>`) +
		style("Cell", "Cell", `<w:spacing w:line="240" w:lineRule="auto"/><w:jc w:val="left"/>`, plate+`<w:sz w:val="18"/><w:szCs w:val="18"/>`) +
		style("Gap", "Gap", `<w:spacing w:line="240" w:lineRule="exact"/>`, `<w:sz w:val="18"/><w:szCs w:val="18"/>`) +
		style("Entry", "Entry", `<w:keepNext/><w:spacing w:before="120" w:line="300" w:lineRule="atLeast"/>`, black+`<w:sz w:val="21"/><w:szCs w:val="21"/>`) +
		style("Numbers", "Numbers", `<w:spacing w:line="300" w:lineRule="atLeast"/><w:jc w:val="left"/>`, `<w:sz w:val="21"/><w:szCs w:val="21"/>`) +
		style("Footer", "footer", `<w:spacing w:line="240" w:lineRule="auto"/><w:jc w:val="center"/>`, plate+`<w:sz w:val="28"/><w:szCs w:val="28"/>`) +
		`<w:style w:type="table" w:styleId="Grid"><w:name w:val="Table Grid"/><w:tblPr><w:tblBorders>` +
		border("top") + border("left") + border("bottom") + border("right") + border("insideH") + border("insideV") +
		`</w:tblBorders><w:tblCellMar><w:top w:w="23" w:type="dxa"/><w:left w:w="45" w:type="dxa"/><w:bottom w:w="23" w:type="dxa"/><w:right w:w="45" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style></w:styles>`},
}

func style(id, name, paragraph, run string) string {
	first := `<w:style w:type="paragraph" w:styleId="` + id + `">`
	if id == "Normal" {
		first = `<w:style w:type="paragraph" w:default="1" w:styleId="Normal">`
	}
	return first + `<w:name w:val="` + name + `"/><w:pPr>` + paragraph + `</w:pPr><w:rPr>` + run + `</w:rPr></w:style>`
}

func border(side string) string {
	return `<w:` + side + ` w:val="single" w:sz="4" w:space="0" w:color="000000"/>`
}
