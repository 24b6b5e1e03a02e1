package document

import (
	"math"

	"gongkai/workflow/report"
)

// role is what a box is for.
type role int

const (
	columnHead role = iota // heads the columns below it
	rowHead                // heads the row, or the rows, beside it
	note                   // code, unit, ——
	figure
)

// box is a cell as printed, which may span rows and columns of its grid.
type box struct {
	row, col      int
	height, width int
	role          role
	text          string
	indent        int
	cell          *report.Cell // of a figure
}

// missing reports whether the box is a figure that nobody has entered.
func (b box) missing() bool { return b.role == figure && !b.cell.Value.Known }

// grid is a table of boxes that fill it without overlapping, in the order of rows and
// then columns.
type grid struct {
	sheet   string    // short name
	chapter string    // heading above it
	widths  []float64 // of the columns in mm, 156 in all: the type area of an official A4 page
	size    float64   // of the type in points
	head    int       // rows that head the columns
	rows    int
	boxes   []box
}

func (g *grid) add(r role, row, col, height, width int, text string) {
	g.boxes = append(g.boxes, box{row: row, col: col, height: height, width: width, role: r, text: text})
}

func (g *grid) addFigure(row, col, width int, c *report.Cell) {
	text := c.Value.String()
	if !c.Value.Known {
		text = toFill
	}
	g.boxes = append(g.boxes, box{row: row, col: col, height: 1, width: width, role: figure, text: text, cell: c})
}

// matrix is the grid as a table of places: the box that covers each.
func (g *grid) matrix() [][]*box {
	m := make([][]*box, g.rows)
	for i := range m {
		m[i] = make([]*box, len(g.widths))
	}
	for i := range g.boxes {
		b := &g.boxes[i]
		for r := range b.height {
			for c := range b.width {
				m[b.row+r][b.col+c] = b
			}
		}
	}
	return m
}

// span is the width of a box in mm.
func (g *grid) span(b *box) float64 {
	var mm float64
	for _, w := range g.widths[b.col : b.col+b.width] {
		mm += w
	}
	return mm
}

const (
	pointMM = 25.4 / 72
	padding = 1.6 // mm, both sides of a cell together
	indent  = 2.0 // em for each level
)

// fit is the size of type in points: that of the grid, or less for a figure with many
// digits, because digits must not break over lines.
func (g *grid) fit(b *box) float64 {
	if b.role != figure {
		return g.size
	}
	room := (g.span(b) - padding) / pointMM
	return min(g.size, math.Floor(2*room/ems(b.text))/2)
}

// ems is the width of a text in units of its size.
func ems(s string) float64 {
	var n float64
	for _, r := range s {
		if r < 0x2000 {
			n += 0.55
		} else {
			n++
		}
	}
	return max(n, 0.5)
}

// heights are the row heights in points that the texts need when they wrap. XLSX has to
// be told; the other formats find out by themselves.
func (g *grid) heights() []float64 {
	const line, margin = 1.3, 6
	heights := make([]float64, g.rows)
	for i := range heights {
		heights[i] = g.size*line + margin
	}
	need := func(b *box) float64 {
		room := (g.span(b)-padding)/pointMM/g.size - indent*float64(b.indent)
		return g.size*line*math.Ceil(ems(b.text)/max(room-0.5, 1)) + margin
	}
	for i := range g.boxes {
		b := &g.boxes[i]
		if b.role == figure {
			continue // shrinks instead
		}
		var has float64
		for _, h := range heights[b.row : b.row+b.height] {
			has += h
		}
		if lack := need(b) - has; lack > 0 {
			for r := range b.height {
				heights[b.row+r] += lack / float64(b.height)
			}
		}
	}
	return heights
}
