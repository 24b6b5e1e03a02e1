package document

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"strconv"
	"strings"
)

// writeHTML writes one page that needs nothing else: no script, no file beside it.
func writeHTML(w io.Writer, p *page) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>%s</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>%s<br>%s</h1>\n",
		html.EscapeString(p.title()), stylesheet, html.EscapeString(p.agency), html.EscapeString(p.about))
	for _, n := range p.notes {
		fmt.Fprintf(b, "<p class=\"note\">（%s）</p>\n", html.EscapeString(n))
	}
	for i := range p.sections {
		htmlSection(b, &p.sections[i])
	}
	if err := htmlAppendix(b, p); err != nil {
		return err
	}
	b.WriteString("</body>\n</html>\n")
	return b.Flush()
}

func htmlSection(b *bufio.Writer, s *section) {
	if s.grid != nil {
		class := "figures"
		switch {
		case s.grid.alone():
			class += " alone"
		case s.grid.rows <= longTable:
			class += " whole"
		}
		fmt.Fprintf(b, "<section class=\"%s\">\n", class)
		htmlTable(b, s.grid)
	} else {
		b.WriteString("<section>\n")
		if s.chapter != "" {
			fmt.Fprintf(b, "<h2>%s</h2>\n", html.EscapeString(s.chapter))
		}
		for _, text := range s.prose {
			fmt.Fprintf(b, "<p>%s</p>\n", html.EscapeString(text))
		}
	}
	b.WriteString("</section>\n")
}

// htmlTable has the chapter's heading for its caption, so that a reader of the page by ear
// hears it with the table, and no printer parts the two.
func htmlTable(b *bufio.Writer, g *grid) {
	fmt.Fprintf(b, "<table style=\"font-size:%spt\">\n<caption><h2>%s</h2></caption>\n<colgroup>", decimal(g.size), html.EscapeString(g.chapter))
	for _, w := range g.widths {
		fmt.Fprintf(b, "<col style=\"width:%.2f%%\">", w/1.56)
	}
	b.WriteString("</colgroup>\n")
	if g.head > 0 {
		b.WriteString("<thead>\n")
	} else {
		b.WriteString("<tbody>\n")
	}
	i := 0
	for row := range g.rows {
		if row > 0 && row == g.head {
			b.WriteString("</thead>\n<tbody>\n")
		}
		b.WriteString("<tr>")
		for ; i < len(g.boxes) && g.boxes[i].row == row; i++ {
			htmlBox(b, g, &g.boxes[i])
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody>\n</table>\n")
}

func htmlBox(b *bufio.Writer, g *grid, x *box) {
	tag, attributes := "td", ""
	switch x.role {
	case columnHead:
		tag, attributes = "th", scope("col", x.width)
	case rowHead:
		tag, attributes = "th", scope("row", x.height)
	case figure, note:
	}
	if x.height > 1 {
		attributes += fmt.Sprintf(" rowspan=\"%d\"", x.height)
	}
	if x.width > 1 {
		attributes += fmt.Sprintf(" colspan=\"%d\"", x.width)
	}
	if x.missing() {
		attributes += " class=\"missing\""
	}
	if x.indent > 0 {
		attributes += fmt.Sprintf(" style=\"padding-left:%sem\"", decimal(indent*float64(x.indent)))
	}
	if size := g.fit(x); size < g.size {
		attributes += fmt.Sprintf(" style=\"font-size:%spt\"", decimal(size))
	}
	fmt.Fprintf(b, "<%s%s>%s</%s>", tag, attributes, html.EscapeString(x.text), tag)
}

// scope names what a heading heads: one line of cells or several.
func scope(direction string, lines int) string {
	if lines > 1 {
		direction += "group"
	}
	return fmt.Sprintf(" scope=\"%s\"", direction)
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func htmlAppendix(b *bufio.Writer, p *page) error {
	if p.appendix == nil {
		return nil
	}
	fmt.Fprintf(b, "<section class=\"appendix\">\n<h2>%s</h2>\n", appendixTitle)
	open := false
	begin := func(_, label string) error {
		if open {
			b.WriteString("</p>\n")
		}
		open = false
		_, err := fmt.Fprintf(b, "<h3>%s</h3>\n<p>", html.EscapeString(label))
		return err
	}
	number := func(s string) error {
		if open {
			b.WriteString("、")
		}
		open = true
		_, err := b.WriteString(html.EscapeString(s))
		return err
	}
	if err := p.entries(begin, number); err != nil {
		return err
	}
	if open {
		b.WriteString("</p>\n")
	}
	b.WriteString("</section>\n")
	return nil
}

// stylesheet sets the page like an official document: A4, the title in 小标宋, headings in
// 黑体, text in 仿宋, each with what other systems have instead.
var stylesheet = strings.TrimLeft(`
@page { size: A4 portrait; margin: 30mm 26mm 28mm 28mm; }
body { max-width: 156mm; margin: 10mm auto; color: #000; background: #fff;
  font: 16pt/1.75 FangSong_GB2312, "仿宋_GB2312", FangSong, "仿宋", STFangsong, "Noto Serif CJK SC", serif; }
h1 { font: 22pt/1.4 FZXiaoBiaoSong-B05S, "方正小标宋简体", "方正小标宋_GBK", STSong, SimSun, "宋体", "Noto Serif CJK SC", serif; text-align: center; margin: 0 0 8mm; }
h2 { font: 16pt/1.75 SimHei, "黑体", STHeiti, "Noto Sans CJK SC", sans-serif; margin: 0; text-align: left; text-indent: 2em; }
h3 { font: inherit; margin: 4mm 0 0; break-after: avoid; }
p { margin: 0; text-indent: 2em; text-align: justify; overflow-wrap: anywhere; }
.note { font-size: 12pt; text-align: center; text-indent: 0; }
table { width: 100%; table-layout: fixed; border-collapse: collapse; line-height: 1.3; margin-bottom: 6mm; }
caption { font-size: 16pt; text-align: left; }
th, td { border: 1px solid #000; padding: 0.8mm; font-weight: normal; text-align: center; vertical-align: middle; overflow-wrap: anywhere; }
th[scope=row], thead th[rowspan][colspan] { text-align: left; }
td { white-space: nowrap; }
.missing { color: #a00; background: #fff4cc; }
.appendix p { font-size: 10.5pt; text-indent: 0; }
.appendix h3 { font-size: 10.5pt; }
@media print {
  body { margin: 0; max-width: none; }
  tr { break-inside: avoid; }
  thead { display: table-header-group; }
  .whole, .alone { break-inside: avoid; }
  .alone, .appendix { break-before: page; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
`, "\n")
