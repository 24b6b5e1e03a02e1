package calendar

import (
	"cmp"
	"slices"
	"time"
)

// Notice is one holiday notice of the State Council, or one that amends it.
type Notice struct {
	Year      int
	Title     string // title or number
	KnownFrom Date   // an amendment: the day of its issue; zero: known always
	Amends    bool   // its year had a notice before it
	Rest      []Range
	Work      []Range // make-up workdays
}

// Range is consecutive days named by a notice for one festival.
type Range struct {
	First, Last Date
	FestivalZH  string
	FestivalEN  string
	KnownTo     Date // the day on which an amendment superseded it; zero: it stands
	line        int  // of the text that it was read from
}

// Notices lists the notices that the plan knows, by year, an amendment after the
// notice that it amends.
func (c *Calendar) Notices() []Notice {
	out := make([]Notice, 0, len(c.notices))
	for i, n := range c.notices {
		if day(n.knownFrom) > c.since {
			continue
		}
		notice := Notice{Year: n.year, Title: n.title, KnownFrom: day(n.knownFrom), Amends: i > 0 && c.notices[i-1].year == n.year}
		for _, h := range n.holidays {
			notice.Rest = append(notice.Rest, c.span(h, h.first, h.last))
			for _, w := range h.work {
				notice.Work = joined(notice.Work, c.span(h, w, w))
			}
		}
		out = append(out, notice)
	}
	return out
}

func (c *Calendar) span(h holiday, first, last int) Range {
	r := Range{First: day(first), Last: day(last), FestivalZH: h.festival.zh, FestivalEN: h.festival.en}
	if until := day(h.until); until <= c.since {
		r.KnownTo = until
	}
	return r
}

// joined appends a range, making one of two that follow each other for one festival.
func joined(list []Range, r Range) []Range {
	if n := len(list); n > 0 && list[n-1].Last+1 == r.First && list[n-1].FestivalZH == r.FestivalZH {
		list[n-1].Last = r.Last
		return list
	}
	return append(list, r)
}

// notice is one row of the table of notices; days are written 20080101.
type notice struct {
	year      int
	title     string
	knownFrom int // an amendment: the day of its issue
	holidays  []holiday
}

// holiday is what a notice says of one festival: one rests from the first to the last
// day and works on the others instead.
type holiday struct {
	festival    festival
	first, last int
	work        []int
	until       int // superseded by the amendment of this day
}

// festival is a name as the notices write it, with a translation.
type festival struct{ zh, en string }

// span is consecutive days of one kind in a plan.
type span struct {
	first, last Date
	kind        Kind
	festival    festival
	notice      string
}

// day reads a date of the tables; 0 gives the zero date.
func day(ymd int) Date {
	if ymd == 0 {
		return 0
	}
	return New(ymd/10_000, time.Month(ymd/100%100), ymd%100)
}

// noticed lists in order the days that the notices named once the amendment of a day
// was known.
func noticed(all []notice, since Date) []span {
	var out []span
	for _, n := range all {
		if day(n.knownFrom) > since {
			continue
		}
		for _, h := range n.holidays {
			if h.until != 0 && day(h.until) <= since {
				continue
			}
			out = append(out, span{first: day(h.first), last: day(h.last), kind: Rest, festival: h.festival, notice: n.title})
			for _, w := range h.work {
				out = append(out, span{first: day(w), last: day(w), kind: MakeUp, festival: h.festival, notice: n.title})
			}
		}
	}
	return ordered(out)
}

func ordered(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	return spans
}
