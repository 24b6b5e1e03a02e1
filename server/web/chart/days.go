package chart

import (
	"fmt"
	"slices"
	"strconv"
)

// Taken says how many applications were answered after so many workdays.
type Taken struct {
	Workdays int
	Cases    int64
}

// Limits are those of the law in workdays: the ordinary one, and that after an extension;
// zero: none is drawn.
type Limits struct{ Ordinary, Extended int }

// binsAtMost is how many bars a histogram has, and one for all that took longer.
const binsAtMost = 60

// histogram is days put into bins.
type histogram struct {
	width int // days of a bin
	bins  []int64
	over  int64 // beyond the last bin

	within, extended, late int64 // by the limits
}

func newHistogram(taken []Taken, l Limits) histogram {
	longest, bound := 0, max(binsAtMost, 3*l.Ordinary, l.Extended+l.Ordinary)
	for _, t := range taken {
		if t.Cases > 0 {
			longest = max(longest, t.Workdays)
		}
	}
	shown := min(max(longest, l.Ordinary, l.Extended, 10), bound)
	h := histogram{width: (shown + binsAtMost - 1) / binsAtMost}
	h.bins = make([]int64, shown/h.width+1)
	for _, t := range taken {
		days, n := max(0, t.Workdays), atLeastNone(t.Cases)
		// A bin holds the days up to its own: with bins of two, 19 and 20 stand together.
		if bin := (days + h.width - 1) / h.width; bin < len(h.bins) {
			h.bins[bin] = sum(h.bins[bin], n)
		} else {
			h.over = sum(h.over, n)
		}
		switch {
		case l.Ordinary == 0 || days <= l.Ordinary:
			h.within = sum(h.within, n)
		case days <= l.Extended:
			h.extended = sum(h.extended, n)
		default:
			h.late = sum(h.late, n)
		}
	}
	return h
}

// Days draws how many workdays replies took, against the limits.
func Days(title string, taken []Taken, l Limits, o Options) Figure {
	const height, top, bottom = 250.0, 52.0, 206.0
	h := newHistogram(taken, l)
	total := sum(h.within, h.extended, h.late)
	c := o.begin(height, title, o.daysWords(h, l, total))
	// Whether each was in time follows from its own last day, which another chart tells.
	within := text{"期限内 ", "in time "}
	if l.Ordinary > 0 {
		within = text{fmt.Sprintf("%d日以内 ", l.Ordinary), fmt.Sprintf("up to %d ", l.Ordinary)}
	}
	entries := []legendEntry{{c.light(), o.pick(within) + share(h.within, total), false}}
	if l.Extended > l.Ordinary {
		days := fmt.Sprintf("%d–%d", l.Ordinary+1, l.Extended)
		entries = append(entries, legendEntry{c.hatched(), o.pick(text{days + "日 ", days + " "}) + share(h.extended, total), false})
	}
	c.legend(14, append(entries, legendEntry{c.dark(), o.pick(text{"更长 ", "longer "}) + share(h.late, total), false})...)
	a := newAxis(max(slices.Max(h.bins), h.over), bottom, top, 4)
	c.grid(a)
	room := (width - left - right) / float64(len(h.bins)+1)
	for i, n := range append(slices.Clone(h.bins), h.over) {
		if n > 0 {
			c.root.add(c.upright(left+room*float64(i)+room*0.1, room*0.8, a, n, c.daysInk(i*h.width, i == len(h.bins), l), o.binWords(h, i)+" "+count(n)))
		}
	}
	if total == 0 {
		c.empty(left+90, 130)
	}
	c.dayLabels(h, room, bottom+16)
	c.limitLine(l.Ordinary, h, room, top, bottom, text{"一般期限%d日", "ordinary limit %d"}, 44)
	c.limitLine(l.Extended, h, room, top, bottom, text{"延期后%d日", "extended %d"}, 44)
	c.root.add(label((left+width-right)/2, height-6, "middle", small, o.pick(text{"答复所用工作日", "workdays until the reply"})))
	return c.end(title, daysTable(title, h, o))
}

func (o Options) daysWords(h histogram, l Limits, total int64) string {
	return o.pick(text{
		fmt.Sprintf("共%s件：%d个工作日以内%s件，延期期限%d个工作日以内%s件，更长的%s件。", count(total), l.Ordinary, count(h.within), l.Extended, count(h.extended), count(h.late)),
		fmt.Sprintf(Plural(total, "%s reply: %s within", "%s replies: %s within")+" %d workdays, %s within the extended %d, %s after longer.", count(total), count(h.within), l.Ordinary, count(h.extended), l.Extended, count(h.late)),
	})
}

func (c *canvas) daysInk(days int, over bool, l Limits) ink {
	switch {
	case !over && (l.Ordinary == 0 || days <= l.Ordinary):
		return c.light()
	case !over && days <= l.Extended:
		return c.hatched()
	}
	return c.dark()
}

// binWords names a bin.
func (o Options) binWords(h histogram, i int) string {
	last := i * h.width
	first := max(0, last-h.width+1)
	switch {
	case i == len(h.bins):
		return o.pick(text{fmt.Sprintf("%d日以上", (i-1)*h.width), fmt.Sprintf(Plural((i-1)*h.width, "over %d day", "over %d days"), (i-1)*h.width)})
	case first == last:
		return o.pick(text{fmt.Sprintf("%d日", last), fmt.Sprintf(Plural(last, "%d day", "%d days"), last)})
	}
	return o.pick(text{fmt.Sprintf("%d–%d日", first, last), fmt.Sprintf("%d–%d days", first, last)})
}

func (c *canvas) dayLabels(h histogram, room, y float64) {
	step := 5
	for float64(step/h.width)*room < 24 {
		step += 5
	}
	for days := 0; days/h.width < len(h.bins); days += step {
		x := left + room*(float64(days/h.width)+0.5)
		if days%h.width == 0 && (h.over == 0 || x < width-2*left) {
			c.root.add(label(x, y, "middle", small, strconv.Itoa(days)))
		}
	}
	if h.over > 0 {
		c.root.add(label(width-right, y, "end", small, ">"+strconv.Itoa((len(h.bins)-1)*h.width)))
	}
}

// limitLine marks the end of the last day that is in time.
func (c *canvas) limitLine(days int, h histogram, room, top, bottom float64, words text, y float64) {
	if days == 0 {
		return
	}
	x := left + room*float64(days/h.width+1)
	c.root.add(el("line", "class", "chart-limit", "x1", x, "y1", top-4, "x2", x, "y2", bottom, "stroke", "currentColor", "stroke-width", 1.4, "stroke-dasharray", "5 3"))
	anchor := "middle"
	if x > width-60 {
		anchor, x = "end", width-right
	}
	c.root.add(label(x, y, anchor, small, fmt.Sprintf(c.pick(words), days)))
}

func daysTable(title string, h histogram, o Options) *node {
	var rows [][]string
	for i, n := range append(slices.Clone(h.bins), h.over) {
		if n > 0 {
			rows = append(rows, []string{o.binWords(h, i), count(n)})
		}
	}
	return table(title, []string{o.pick(text{"所用工作日", "Workdays"}), o.pick(text{"件数", "Cases"})}, rows)
}
