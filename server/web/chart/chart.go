// Package chart draws the figures of an office as SVG: what came in and went out, the days
// that replies took, how applications ended, and who has how much in hand. It is pure: it
// asks nobody for data and knows no page; equal data are drawn as equal bytes.
//
// A drawing carries no style and no script, only presentation attributes and classes that a
// stylesheet may restyle, so that a page with a strict content security policy can show it.
// What colours tell, patterns or words tell as well, for print in black and white. Each
// drawing has a title and a description, and comes with a table of the same data.
package chart

import (
	"html/template"
)

// The drawing is 440 units wide: at 390 pixels its letters are still read, and at 1,280 it
// stands beside another.
const (
	width    = 440.0
	left     = 44.0
	right    = 8.0
	fontSize = 13.0
	small    = 11.0
)

// Options are common to all charts.
type Options struct {
	// ID makes the ids within a drawing unique on its page: letters, digits and hyphens.
	ID string
	// English picks the language of words; Chinese is the default.
	English bool
}

// Figure is a chart and its data.
type Figure struct {
	Title string
	// SVG is the drawing.
	SVG template.HTML
	// Table holds the same data for those who do not see the drawing.
	Table template.HTML
}

// HTML is the whole figure: caption, drawing, and the table to be unfolded.
func (f Figure) HTML() template.HTML { return f.html("数据表") }

// EnglishHTML is HTML with its own words in English.
func (f Figure) EnglishHTML() template.HTML { return f.html("Table of the data") }

func (f Figure) html(unfold string) template.HTML {
	head := el("figcaption").say(f.Title)
	summary := el("summary").say(unfold)
	return template.HTML(`<figure class="chart">`) + head.html() + f.SVG +
		template.HTML(`<details class="chart-data">`) + summary.html() + f.Table + template.HTML(`</details></figure>`)
}

// text is what a person reads, in both languages.
type text struct{ zh, en string }

func (o Options) pick(t text) string {
	if o.English {
		return t.en
	}
	return t.zh
}

// id is an id within the drawing.
func (o Options) id(name string) string {
	clean := []rune{}
	for _, r := range o.ID {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' {
			clean = append(clean, r)
		}
	}
	return "chart-" + string(clean) + "-" + name
}

// canvas is a drawing in the making.
type canvas struct {
	Options
	root  *node
	links bool
}

// begin opens a drawing of a height. desc says in words what it shows.
func (o Options) begin(height float64, title, desc string) *canvas {
	root := el("svg", "xmlns", "http://www.w3.org/2000/svg", "class", "chart-svg", "viewBox", "0 0 "+num(width)+" "+num(height),
		"width", width, "height", height, "font-size", fontSize, "fill", "currentColor",
		"aria-labelledby", o.id("title")+" "+o.id("desc"))
	root.add(el("title", "id", o.id("title")).say(title), el("desc", "id", o.id("desc")).say(desc))
	c := &canvas{Options: o, root: root}
	root.add(c.patterns())
	return c
}

// end closes the drawing. With links in it, it is no single picture for who hears it.
func (c *canvas) end(title string, t *node) Figure {
	role := "img"
	if c.links {
		role = "group"
	}
	c.root.set("role", role)
	return Figure{Title: title, SVG: c.root.html(), Table: t.html()}
}

// ink is how an area is told from others: by colour and, without colours, by pattern.
type ink struct{ class, fill, stroke string }

func (c *canvas) solid() ink { return ink{"chart-solid", "#1f5fa8", "#1f5fa8"} }
func (c *canvas) light() ink { return ink{"chart-light", "#c9dbef", "#1f5fa8"} }
func (c *canvas) dark() ink  { return ink{"chart-dark", "#8f1d1d", "#8f1d1d"} }
func (c *canvas) hatched() ink {
	return ink{"chart-hatched", "url(#" + c.id("hatch") + ")", "#8a5a00"}
}

func (c *canvas) striped() ink {
	return ink{"chart-striped", "url(#" + c.id("stripe") + ")", "#1f5fa8"}
}

// patterns are the hatchings of the inks.
func (c *canvas) patterns() *node {
	tile := func(id, ground, line, path string) *node {
		return el("pattern", "id", c.id(id), "width", 5, "height", 5, "patternUnits", "userSpaceOnUse").add(
			el("rect", "width", 5, "height", 5, "fill", ground), el("path", "d", path, "stroke", line, "stroke-width", 1.2))
	}
	return el("defs").add(
		tile("hatch", "#f6d58a", "#8a5a00", "M-1 6L6 -1M-1 1L1 -1M4 6L6 4"),
		tile("stripe", "#e8f0f9", "#1f5fa8", "M0 1.2H5M0 3.7H5"),
	)
}

// area is a rectangle with a tooltip, if there is anything to see.
func (c *canvas) area(x, y, w, h float64, i ink, tip string) *node {
	r := el("rect", "class", i.class, "x", x, "y", y, "width", w, "height", h, "fill", i.fill, "stroke", i.stroke, "stroke-width", 0.8)
	if tip != "" {
		r.add(el("title").say(tip))
	}
	return r
}

// upright is a bar from a base line upwards; what is more than nothing can be seen.
func (c *canvas) upright(x, w float64, a axis, n int64, i ink, tip string) *node {
	h := max(1, a.from-a.at(n))
	return c.area(x, a.from-h, w, h, i, tip)
}

// empty says that there is nothing to draw.
func (c *canvas) empty(x, y float64) {
	c.root.add(label(x, y, "middle", fontSize, c.pick(text{"没有数据", "no data"})).set("class", "chart-empty"))
}

func (c *canvas) line(x1, y1, x2, y2 float64, class string) *node {
	return el("line", "class", class, "x1", x1, "y1", y1, "x2", x2, "y2", y2, "stroke", "#8c959f", "stroke-width", 0.6)
}

func label(x, y float64, anchor string, size float64, words string) *node {
	return el("text", "x", x, "y", y, "text-anchor", anchor, "font-size", size).say(words)
}

// legend explains inks in one row.
func (c *canvas) legend(y float64, entries ...legendEntry) {
	x := 4.0
	for _, e := range entries {
		if e.line {
			c.root.add(el("path", "d", "M"+num(x)+" "+num(y-4)+"h14", "stroke", e.ink.stroke, "stroke-width", 2))
		} else {
			c.root.add(c.area(x, y-9, 14, 10, e.ink, ""))
		}
		c.root.add(label(x+18, y, "start", small, e.words))
		x += 18 + extent(e.words, small) + 14
	}
}

type legendEntry struct {
	ink   ink
	words string
	line  bool
}
