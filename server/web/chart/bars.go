package chart

import (
	"fmt"
	"strings"
)

// Bar is one way in which applications ended.
type Bar struct {
	Label string
	Cases int64
	// Link opens what is behind it: a path of this site; empty: none.
	Link string
}

// Load is what one officer or department has in hand.
type Load struct {
	Name string
	// Open are all; Overdue and Soon are parts of them.
	Open, Overdue, Soon int64
	// Link opens what is behind it: a path of this site; empty: none.
	Link string
}

// loadsAtMost is how many rows of a workload are drawn; the others are drawn as one.
const loadsAtMost = 30

// row is one name with a bar in segments.
type row struct {
	name, value, link string
	parts             []part
}

type part struct {
	n     int64
	ink   ink
	words string
}

func (r row) total() (n int64) {
	for _, p := range r.parts {
		n = sum(n, p.n)
	}
	return n
}

// Outcomes draws how applications ended, a row for each outcome in the order given.
func Outcomes(title string, bars []Bar, o Options) Figure {
	var all int64
	for _, b := range bars {
		all = sum(all, b.Cases)
	}
	desc := o.pick(text{fmt.Sprintf("共%s件。", count(all)), fmt.Sprintf("%s in all.", count(all))})
	if b, ok := largest(bars); ok {
		desc += o.pick(text{fmt.Sprintf("最多的是%s，%s件，占%s。", b.Label, count(b.Cases), share(b.Cases, all)), fmt.Sprintf(" Most: %s, %s, %s.", b.Label, count(b.Cases), share(b.Cases, all))})
	}
	c := o.begin(rowsHeight(len(bars), 4), title, desc)
	var rows []row
	var data [][]string
	for _, b := range bars {
		n := atLeastNone(b.Cases)
		rows = append(rows, row{b.Label, count(n) + " · " + share(n, all), b.Link, []part{{n, c.solid(), ""}}})
		data = append(data, []string{b.Label, count(n), share(n, all)})
	}
	c.rows(rows, 4)
	return c.end(title, table(title, []string{o.pick(text{"结果", "Outcome"}), o.pick(text{"件数", "Cases"}), o.pick(text{"占比", "Share"})}, data))
}

func largest(bars []Bar) (most Bar, ok bool) {
	for _, b := range bars {
		if b.Cases > most.Cases {
			most, ok = b, true
		}
	}
	return most, ok
}

// Workload draws what each officer or department has in hand, a row for each.
func Workload(title string, loads []Load, o Options) Figure {
	var open, overdue, soon int64
	for _, l := range loads {
		open, overdue, soon = sum(open, l.Open), sum(overdue, l.Overdue), sum(soon, l.Soon)
	}
	shown := o.gathered(loads)
	c := o.begin(rowsHeight(len(shown), 24), title, o.pick(text{
		fmt.Sprintf("在办%s件，其中超期%s件，将到期%s件。", count(open), count(overdue), count(soon)),
		fmt.Sprintf("%s open, of them %s overdue and %s due soon.", count(open), count(overdue), count(soon)),
	}))
	late, near, rest := o.pick(text{"超期", "overdue"}), o.pick(text{"将到期", "due soon"}), o.pick(text{"其他在办", "other open"})
	c.legend(14, legendEntry{c.dark(), late, false}, legendEntry{c.hatched(), near, false}, legendEntry{c.light(), rest, false})
	var rows []row
	for _, l := range shown {
		over, next := min(atLeastNone(l.Overdue), atLeastNone(l.Open)), atLeastNone(l.Soon)
		next = min(next, atLeastNone(l.Open)-over)
		rows = append(rows, row{l.Name, o.loadWords(l), l.Link, []part{{over, c.dark(), late}, {next, c.hatched(), near}, {atLeastNone(l.Open) - over - next, c.light(), rest}}})
	}
	c.rows(rows, 24)
	var data [][]string
	for _, l := range loads {
		data = append(data, []string{o.holder(l.Name), count(atLeastNone(l.Open)), count(atLeastNone(l.Overdue)), count(atLeastNone(l.Soon))})
	}
	head := []string{o.pick(text{"承办人", "Holder"}), o.pick(text{"在办", "Open"}), o.pick(text{"超期", "Overdue"}), o.pick(text{"将到期", "Due soon"})}
	return c.end(title, table(title, head, data))
}

// holder names who has something in hand.
func (o Options) holder(name string) string {
	if name == "" {
		return o.pick(text{"未分派", "nobody"})
	}
	return name
}

func (o Options) loadWords(l Load) string {
	words := count(atLeastNone(l.Open))
	if l.Overdue > 0 {
		words += o.pick(text{"（超期" + count(l.Overdue) + "）", " (" + count(l.Overdue) + " overdue)"})
	}
	return words
}

// gathered are the rows that are drawn.
func (o Options) gathered(loads []Load) (shown []Load) {
	rest := Load{}
	for i, l := range loads {
		if i < loadsAtMost {
			l.Name = o.holder(l.Name)
			shown = append(shown, l)
			continue
		}
		rest.Open, rest.Overdue, rest.Soon = sum(rest.Open, l.Open), sum(rest.Overdue, l.Overdue), sum(rest.Soon, l.Soon)
	}
	if n := len(loads) - loadsAtMost; n > 0 {
		rest.Name = o.pick(text{fmt.Sprintf("其余%d行（见数据表）", n), fmt.Sprintf("%d more (see the table)", n)})
		shown = append(shown, rest)
	}
	return shown
}

const (
	rowRoom   = 34.0
	rowBar    = 11.0
	emptyRoom = 40.0
)

func rowsHeight(n int, top float64) float64 {
	if n == 0 {
		return top + emptyRoom
	}
	return top + rowRoom*float64(n) + 4
}

// rows draws names above bars, so that both have the whole width.
func (c *canvas) rows(rows []row, top float64) {
	if len(rows) == 0 {
		c.empty(width/2, top+24)
		return
	}
	most := int64(1)
	for _, r := range rows {
		most = max(most, r.total())
	}
	for i, r := range rows {
		y := top + rowRoom*float64(i)
		value := label(width-2, y+14, "end", fontSize, r.value).set("class", "chart-value")
		room := width - 12 - extent(r.value, fontSize)
		name := label(2, y+14, "start", fontSize, cut(r.name, fontSize, room))
		if name.words != plain(r.name) {
			name.add(el("title").say(r.name))
		}
		g := el("g", "class", "chart-row").add(name, value, c.line(2, y+20+rowBar, width-2, y+20+rowBar, "chart-grid"))
		x := 2.0
		for _, p := range r.parts {
			if p.n <= 0 {
				continue
			}
			w := max(0.8, (width-4)*float64(p.n)/float64(most))
			g.add(c.area(x, y+20, w, rowBar, p.ink, strings.TrimSpace(r.name+" "+p.words+" "+count(p.n))))
			x += w
		}
		c.root.add(c.linked(r.link, g))
	}
}

// linked makes a row open a page of this site; any other address is dropped.
func (c *canvas) linked(link string, g *node) *node {
	if !strings.HasPrefix(link, "/") || strings.HasPrefix(link, "//") || strings.ContainsAny(link, "\\\r\n\t") {
		return g
	}
	c.links = true
	return el("a", "href", link).add(g)
}
