// Package calendar says which days are workdays (工作日) and counts them.
//
// It holds the State Council's holiday notices (放假调休) of 2008 to 2026 with their
// make-up workdays and their amendments in mid-year, so that a period can be counted
// under the plan as it was known on any day. A year without a notice falls back on the
// statutory days of 《全国年节及纪念日放假办法》 and is marked provisional, until the text of
// its notice is read and taken in.
//
// It does not know the periods of any law, when a yearly notice was issued, or what
// day it is today.
package calendar

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"sort"
	"sync"
	"time"
)

// Calendar is the plan of rest days and workdays as it was known on some day. It
// covers the years MinYear to MaxYear: no day outside them is a workday, and a count
// that would leave them ends at their first or last workday. A Calendar never changes
// and may be shared.
type Calendar struct {
	since    Date      // the amendment that made this plan; zero: none yet
	earlier  *Calendar // the plan before it
	spans    []span    // the days that a notice or statute names, ordered, disjoint
	firm     Date      // first and
	firmLast Date      // last day fixed by a notice
	revision string
	notices  []notice // all of them, also those that this plan does not know yet

	upTo     []int32 // upTo[d-firstDay]: workdays up to and including d
	workdays []Date  // every workday in order
}

var (
	firstDay = New(MinYear, time.January, 1)
	lastDay  = New(MaxYear, time.December, 31)
)

// Kind says why a day is a workday or a day of rest.
type Kind string

// The kinds of day.
const (
	Weekday   Kind = "WEEKDAY"   // Monday to Friday: work
	Weekend   Kind = "WEEKEND"   // Saturday or Sunday: rest
	Rest      Kind = "REST"      // 放假: rest by a notice
	MakeUp    Kind = "MAKE_UP"   // 调休上班: a weekend day worked by a notice
	Statutory Kind = "STATUTORY" // rest by 《全国年节及纪念日放假办法》, where no notice fixes the year
)

// Day is what is known of one day.
type Day struct {
	Date        Date
	Workday     bool
	Kind        Kind
	FestivalZH  string // the festival for which one rests or makes up
	FestivalEN  string
	Notice      string // the notice that names the day; empty: the weekday or the statute decides
	Provisional bool   // no notice fixes the year
}

var embedded = sync.OnceValue(func() *Calendar {
	return chain(notices)
})

// Embedded returns the plan with all that is known.
func Embedded() *Calendar { return embedded() }

// AsOf returns the plan as it was known on a day: without the amendments of a later
// date. An amendment is known from the day of its issue. A zero day, or one after all
// that c knows, gives c. Embedded yearly notices are taken as always known, others from
// their day.
func (c *Calendar) AsOf(d Date) *Calendar {
	if d.IsZero() {
		return c
	}
	for c.earlier != nil && d < c.since {
		c = c.earlier
	}
	return c
}

// Revision names the plan: the last year with a notice and a fingerprint of its days.
// It changes exactly when that year or some day does.
func (c *Calendar) Revision() string { return c.revision }

// IsWorkday reports whether a day is a workday.
func (c *Calendar) IsWorkday(d Date) bool { return c.rank(d) != c.rank(d-1) }

// AddWorkdays returns the n-th workday after d, or before it if n is negative; d itself
// never counts (民法典 Art 201). With n = 0 it returns d, workday or not.
func (c *Calendar) AddWorkdays(d Date, n int) Date {
	if n == 0 || d.IsZero() {
		return d
	}
	last := len(c.workdays) - 1
	n = min(max(n, -last), last)
	i := c.rank(d) + n - 1
	if n < 0 {
		i = c.rank(d-1) + n
	}
	return c.workdays[min(max(i, 0), last)]
}

// WorkdaysBetween counts the workdays after a up to and including b; if b lies before
// a, it returns minus those after b up to and including a. Between a known and an
// unknown day there are none.
func (c *Calendar) WorkdaysBetween(a, b Date) int {
	if a.IsZero() || b.IsZero() {
		return 0
	}
	return c.rank(b) - c.rank(a)
}

// RollForward returns the last day of a period of natural days that would end on d: d
// itself, or the next workday if d is a day of rest (民法典 Art 203). A make-up workday
// is no day of rest.
func (c *Calendar) RollForward(d Date) Date {
	if c.IsWorkday(d) {
		return d
	}
	return c.AddWorkdays(d, 1)
}

// Provisional reports whether no notice fixes the year of a day, so that the plan for
// it may still change.
func (c *Calendar) Provisional(d Date) bool {
	return !d.IsZero() && (d < c.firm || d > c.firmLast)
}

// Day says what a day is, and why.
func (c *Calendar) Day(d Date) Day {
	out := Day{Date: d, Workday: c.IsWorkday(d), Provisional: c.Provisional(d)}
	if d < firstDay || d > lastDay {
		return out
	}
	if s, ok := c.named(d); ok {
		out.Kind, out.Notice = s.kind, s.notice
		out.FestivalZH, out.FestivalEN = s.festival.zh, s.festival.en
		return out
	}
	out.Kind = Weekday
	if !out.Workday {
		out.Kind = Weekend
	}
	return out
}

// rank counts the workdays up to and including a day.
func (c *Calendar) rank(d Date) int {
	if d < firstDay {
		return 0
	}
	return int(c.upTo[min(d, lastDay)-firstDay])
}

// named finds the span in which a day lies.
func (c *Calendar) named(d Date) (span, bool) {
	i := sort.Search(len(c.spans), func(i int) bool { return d <= c.spans[i].last })
	if i == len(c.spans) || d < c.spans[i].first {
		return span{}, false
	}
	return c.spans[i], true
}

// plan lays out the days as they were known from one amendment until the next.
func plan(since Date, earlier *Calendar, all []notice) *Calendar {
	c := &Calendar{since: since, earlier: earlier, notices: all, spans: noticed(all, since)}
	c.firm = c.spans[0].first
	lastYear := lastYearOf(all, since)
	c.firmLast = New(lastYear, time.December, 31)
	c.spans = ordered(append(c.spans, statutory(all[0].year, lastYear)...))
	c.count(lastYear)
	return c
}

// count fills the tables in one pass and takes the fingerprint of every day on which
// they depart from the plain week.
func (c *Calendar) count(lastYear int) {
	c.upTo = make([]int32, 0, lastDay-firstDay+1)
	c.workdays = make([]Date, 0, (lastDay-firstDay)*5/7+2)
	sum := fnv.New32a()
	spans := c.spans
	var key [4]byte
	for d := firstDay; d <= lastDay; d++ {
		if len(spans) > 0 && spans[0].last < d {
			spans = spans[1:]
		}
		plain := d%7 != 0 && d%7 != 6
		work := plain
		if len(spans) > 0 && spans[0].first <= d {
			work = spans[0].kind == MakeUp
		}
		if work {
			c.workdays = append(c.workdays, d)
		}
		if work != plain {
			binary.BigEndian.PutUint32(key[:], uint32(d))
			_, _ = sum.Write(key[:]) // a hash never returns an error
		}
		c.upTo = append(c.upTo, int32(len(c.workdays)))
	}
	c.revision = fmt.Sprintf("%d-%08x", lastYear, sum.Sum32())
}
