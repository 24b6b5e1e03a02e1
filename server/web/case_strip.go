package web

import (
	"strconv"
	"time"

	pb "gongkai/proto/disclosure/v1"
)

// clockStrip is the clock of an application as a calendar: weeks side by side, each with its
// days. Screen readers get the table below it instead.
type clockStrip struct {
	Weeks   []clockWeek
	Days    []*pb.TraceDay // of the table
	Cut     int            // days that the table leaves out
	Counted int32          // workdays used or foreseen
	Paused  int            // days taken out of the period
	Held    bool           // the clock stands: the strip ends where it stopped
}

// clockWeek is one row of days.
type clockWeek struct {
	Label string // month and day of its first day
	Cells []clockDay
	Gap   int // days left out before it
}

// clockDay is one day.
type clockDay struct {
	Day, Mark, Title string
	Class            string // of its look
}

// What a strip shows of a very long period: its beginning and its end.
const (
	stripHead = 84
	stripTail = 42
	longPause = 21 // a pause longer than this is shown by its first and last days
	pauseEnds = 3
)

// stripOf lays out the days of a period.
func (p *page) stripOf(e *pb.ExplainDeadlineResponse) clockStrip {
	days := e.GetTrace()
	s := clockStrip{Days: days, Held: e.GetDeadline().GetSuspended()}
	for _, d := range days {
		s.Counted = max(s.Counted, d.GetN())
		if d.GetKind() == pb.TraceDay_SUSPENDED {
			s.Paused++
		}
	}
	if len(days) > stripHead+stripTail {
		s.Cut = len(days) - stripHead - stripTail
		s.Days = append(days[:stripHead:stripHead], days[len(days)-stripTail:]...)
	}
	s.Weeks = p.weeks(s.Days, e.GetDeadline().GetDueDate())
	return s
}

// weeks breaks days into weeks that begin on Mondays; a long pause is folded.
func (p *page) weeks(days []*pb.TraceDay, due string) []clockWeek {
	var out []clockWeek
	var before time.Time
	for i, d := range days {
		t, err := time.Parse(time.DateOnly, d.GetDate())
		if err != nil || folded(days, i) {
			continue
		}
		gap := 0
		if !before.IsZero() {
			gap = int(t.Sub(before).Hours()/24) - 1
		}
		if len(out) == 0 || t.Weekday() == time.Monday || gap > 0 {
			out = append(out, clockWeek{Label: p.monthDay(t), Gap: max(gap, 0)})
		}
		w := &out[len(out)-1]
		c := p.clockDay(d, t, due)
		if len(w.Cells) == 0 {
			c.Class += " c" + strconv.Itoa((int(t.Weekday())+6)%7+1)
		}
		w.Cells = append(w.Cells, c)
		before = t
	}
	return out
}

// folded tells whether a day lies within a long pause, away from both its ends.
func folded(days []*pb.TraceDay, at int) bool {
	if days[at].GetKind() != pb.TraceDay_SUSPENDED {
		return false
	}
	from, to := at, at
	for from > 0 && days[from-1].GetKind() == pb.TraceDay_SUSPENDED {
		from--
	}
	for to+1 < len(days) && days[to+1].GetKind() == pb.TraceDay_SUSPENDED {
		to++
	}
	return to-from >= longPause && at-from >= pauseEnds && to-at >= pauseEnds
}

func (p *page) monthDay(t time.Time) string {
	if p.lang == english {
		return t.Format("2 Jan")
	}
	return strconv.Itoa(int(t.Month())) + "月" + strconv.Itoa(t.Day()) + "日"
}

// clockDay is a day with its mark: the number of the workday, or why it does not count.
func (p *page) clockDay(d *pb.TraceDay, t time.Time, due string) clockDay {
	c := clockDay{Day: strconv.Itoa(t.Day()), Title: d.GetDate() + " " + text{d.GetReasonZh(), d.GetReasonEn()}.in(p.lang)}
	switch d.GetKind() {
	case pb.TraceDay_START:
		c.Class, c.Mark = "start", text{"起", "in"}.in(p.lang)
	case pb.TraceDay_WORKDAY:
		c.Class, c.Mark = "work", strconv.Itoa(int(d.GetN()))
	case pb.TraceDay_SUSPENDED:
		c.Class, c.Mark = "pause", text{"停", "–"}.in(p.lang)
	case pb.TraceDay_REST:
		c.Class, c.Mark = "rest", text{"休", "·"}.in(p.lang)
	case pb.TraceDay_KIND_UNSPECIFIED:
		c.Class = "rest"
	}
	today := p.today()
	switch {
	case d.GetDate() == today:
		c.Class += " today"
	case d.GetDate() < today:
		c.Class += " gone"
	}
	if d.GetDate() == due {
		c.Class += " last"
	}
	return c
}
