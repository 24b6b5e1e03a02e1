package chart

import (
	"fmt"
	"slices"
)

// Period is a month, a week, or a year.
type Period struct {
	// Label is short and stands below the drawing, such as 3月 or 12周.
	Label string
	// In came in, Out were concluded, Open were open at its end.
	In, Out, Open int64
	// Ahead has not begun yet; its counts are not drawn.
	Ahead bool
}

// Flow draws what came in, what was concluded and what was open at the end of each period:
// bars above, and below them, on a scale of its own, the backlog.
func Flow(title string, periods []Period, o Options) Figure {
	const height, barTop, barEnd, openTop, openEnd = 300.0, 32.0, 166.0, 196.0, 264.0
	var in, out, most, mostOpen, last int64
	for _, p := range seen(periods) {
		in, out, last = sum(in, p.In), sum(out, p.Out), atLeastNone(p.Open)
		most, mostOpen = max(most, p.In, p.Out), max(mostOpen, p.Open)
	}
	desc := o.pick(text{
		fmt.Sprintf("共收到%s件，办结%s件，期末在办%s件。", count(in), count(out), count(last)),
		fmt.Sprintf("%s received, %s concluded, %s open at the end.", count(in), count(out), count(last)),
	})
	c := o.begin(height, title, desc)
	c.legend(14,
		legendEntry{c.solid(), o.pick(text{"收到", "received"}), false},
		legendEntry{c.striped(), o.pick(text{"办结", "concluded"}), false},
		legendEntry{c.dark(), o.pick(text{"期末在办", "open at the end"}), true})
	bars, open := newAxis(most, barEnd, barTop, 4), newAxis(mostOpen, openEnd, openTop, 2)
	c.grid(bars)
	c.grid(open)
	room := (width - left - right) / float64(max(1, len(periods)))
	c.periodLabels(periods, room, height-16)
	for i, p := range periods {
		if p.Ahead {
			continue
		}
		c.pair(left+room*float64(i), room, bars, p)
	}
	c.backlog(periods, room, open)
	if sum(in, out, mostOpen) == 0 {
		c.empty((left+width-right)/2, 104)
	}
	return c.end(title, flowTable(title, periods, o))
}

func seen(periods []Period) []Period {
	return slices.DeleteFunc(slices.Clone(periods), func(p Period) bool { return p.Ahead })
}

// widestBar keeps a single period from filling the drawing.
const widestBar = 40.0

// pair draws the two bars of a period.
func (c *canvas) pair(x, room float64, a axis, p Period) {
	w := min(room*0.36, widestBar)
	x += room/2 - w
	for i, b := range []struct {
		n     int64
		ink   ink
		words text
	}{{p.In, c.solid(), text{"收到", "received"}}, {p.Out, c.striped(), text{"办结", "concluded"}}} {
		if b.n <= 0 {
			continue
		}
		c.root.add(c.upright(x+float64(i)*w, w, a, b.n, b.ink, p.Label+" "+c.pick(b.words)+" "+count(b.n)))
	}
}

func (c *canvas) periodLabels(periods []Period, room, y float64) {
	widest := 0.0
	for _, p := range periods {
		widest = max(widest, extent(p.Label, small))
	}
	step := every(len(periods), room*float64(len(periods)), widest)
	for i := 0; i < len(periods); i += step {
		c.root.add(label(left+room*(float64(i)+0.5), y, "middle", small, cut(periods[i].Label, small, room*float64(step))))
	}
}

// backlog draws the line of what was open.
func (c *canvas) backlog(periods []Period, room float64, a axis) {
	path, verb, lastX, lastY, last := "", "M", 0.0, 0.0, int64(0)
	var dots []*node
	for i, p := range periods {
		if p.Ahead {
			continue
		}
		lastX, lastY, last = left+room*(float64(i)+0.5), a.at(p.Open), atLeastNone(p.Open)
		path += verb + num(lastX) + " " + num(lastY)
		verb = "L"
		dots = append(dots, el("circle", "class", "chart-dot", "cx", lastX, "cy", lastY, "r", min(2.6, room/3), "fill", c.dark().fill).
			add(el("title").say(p.Label+" "+c.pick(text{"期末在办", "open at the end"})+" "+count(last))))
	}
	if path == "" {
		return
	}
	c.root.add(el("path", "class", "chart-line", "d", path, "fill", "none", "stroke", c.dark().stroke, "stroke-width", 2))
	c.root.add(dots...)
	words := c.brief(last)
	x, anchor := lastX+6, "start"
	if lastX+6+1.3*extent(words, small) > width { // bold is wider
		x, anchor = lastX, "end"
	}
	c.root.add(label(x, max(lastY-7, 190), anchor, small, words).set("font-weight", "bold").set("class", "chart-value"))
}

func flowTable(title string, periods []Period, o Options) *node {
	head := []string{o.pick(text{"时间", "Period"}), o.pick(text{"收到", "Received"}), o.pick(text{"办结", "Concluded"}), o.pick(text{"期末在办", "Open at the end"})}
	var rows [][]string
	for _, p := range seen(periods) {
		rows = append(rows, []string{p.Label, count(atLeastNone(p.In)), count(atLeastNone(p.Out)), count(atLeastNone(p.Open))})
	}
	return table(title, head, rows)
}
