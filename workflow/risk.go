package workflow

import (
	"gongkai/workflow/calendar"
	"gongkai/workflow/deadline"
)

// Risk is what threatens an open application on a day.
type Risk string

// The risks in the order of gravity. Stored strings never change.
const (
	RiskOverdue          Risk = "OVERDUE"            // the reply is overdue (Art 33), or that which was ordered
	RiskOrder            Risk = "ORDER"              // the period of a court, of a reconsideration organ, of an own replacement ends
	RiskDueToday         Risk = "DUE_TODAY"          // due today
	RiskSupplementWindow Risk = "SUPPLEMENT_WINDOW"  // the workdays for the one notice end (Art 30)
	RiskUnconfirmed      Risk = "UNCONFIRMED"        // arrival not confirmed in time (Art 31)
	RiskPartySilent      Risk = "THIRD_PARTY_SILENT" // whoever was asked is silent beyond the period (Arts 32, 34)
	RiskApplicantLapsed  Risk = "APPLICANT_LAPSED"   // the applicant's own period is over (Art 30; 109号 Art 6)
	RiskInternal         Risk = "INTERNAL"           // past the agency's own earlier limit
	RiskDueSoon          Risk = "DUE_SOON"           // due within the agency's thresholds
	RiskUndelivered      Risk = "UNDELIVERED"        // decided, not yet delivered
	RiskNone             Risk = "NONE"
)

// Risks returns every risk, the gravest first.
func Risks() []Risk {
	return []Risk{
		RiskOverdue, RiskOrder, RiskDueToday, RiskSupplementWindow, RiskUnconfirmed, RiskPartySilent,
		RiskApplicantLapsed, RiskInternal, RiskDueSoon, RiskUndelivered, RiskNone,
	}
}

// Light is how near the last day is. No rule of the law knows lights; the thresholds are
// the agency's.
type Light string

// The lights.
const (
	Black  Light = "BLACK"  // 黑牌: overdue
	Red    Light = "RED"    // 红灯: few workdays left, the last day included
	Yellow Light = "YELLOW" // 黄灯: soon
	Green  Light = "GREEN"  // 绿灯: more
	Grey   Light = "GREY"   // 灰灯: the clock stands, or has not begun
)

// Watch looks at open applications from one day, by the rules and thresholds of an agency.
type Watch struct {
	rules                          Rules
	day                            Date
	yellow, red, internal, confirm int
}

// Watch begins to look from a day: the thresholds are those of that day.
func (r Rules) Watch(day Date) Watch {
	return Watch{
		rules: r, day: day,
		yellow: r.Settings.Int("lights.yellow", day), red: r.Settings.Int("lights.red", day),
		internal: r.Settings.Int("internal.days_before", day), confirm: r.Settings.Int("confirm.workdays", day),
	}
}

// Standing is how an open application stands on the day of a watch.
type Standing struct {
	Deadline deadline.Result
	Status   deadline.Status
	Risk     Risk
	Light    Light  // by the deadline of the reply
	Date     Date   // by when what is at risk must be done; zero: nothing fixes a day
	Left     int    // workdays from the day of the watch to Date; negative: past
	ZH, EN   string // what to do, with the article
	Internal Date   // the agency's own limit; zero: none, or no date is fixed
	// Supplement is the last day for the one notice that asks for a supplement, while it
	// is still possible, with a light of its own (Art 30).
	Supplement      Date
	SupplementLight Light
}

// Standing judges one application, folded and open.
func (w Watch) Standing(a *Application) Standing {
	r := w.rules.Deadline(a)
	s := Standing{Deadline: r, Status: r.On(w.day, w.rules.Calendar)}
	s.Light = w.clockLight(a, &s)
	s.Internal = w.internalDate(r.Due)
	if last := w.noticeLast(a, r); !last.IsZero() && last >= w.day {
		s.Supplement, s.SupplementLight = last, w.light(last)
	}
	look := look{Watch: w, a: a, s: &s}
	for i := range riskRows {
		row := &riskRows[i]
		day, fits := row.fits(&look)
		if !fits {
			continue
		}
		s.Risk, s.Date = row.risk, day
		s.Left = w.rules.Calendar.WorkdaysBetween(w.day, day)
		s.ZH, s.EN = row.text(&look)
		return s
	}
	panic("the last row of the table of risks fits everything")
}

// light is that of a day that somebody must keep.
func (w Watch) light(last Date) Light {
	switch left := w.rules.Calendar.WorkdaysBetween(w.day, last); {
	case w.day > last:
		return Black
	case left <= w.red:
		return Red
	case left <= w.yellow:
		return Yellow
	}
	return Green
}

// clockLight is grey while the clock stands. Before the arrival is confirmed no clock of
// the reply runs; the light then warns of the confirmation, which is never black, because
// no reply is overdue.
func (w Watch) clockLight(a *Application, s *Standing) Light {
	switch {
	case s.overdue(w.day):
		return Black
	case s.Status.Unconfirmed && w.day > w.confirmLast(a):
		return Red
	case s.Status.Unconfirmed:
		return Yellow
	case s.Status.Suspended || s.Deadline.Due.IsZero():
		return Grey
	}
	return w.light(s.Deadline.Due)
}

// overdue asks the date itself, so that nothing which stands beside it can hide it.
func (s *Standing) overdue(day Date) bool {
	return !s.Deadline.Due.IsZero() && day > s.Deadline.Due
}

// runs reports whether a last day is fixed and the clock runs towards it.
func (s *Standing) runs() bool { return !s.Deadline.Due.IsZero() && !s.Status.Suspended }

// confirmLast is the last day for confirming an arrival with the applicant: for ordinary
// post the day it came in, else some workdays after it (Art 31(2), 31(3)).
func (w Watch) confirmLast(a *Application) Date {
	if a.Channel == PostOrdinary {
		return w.rules.Calendar.RollForward(a.ArriveDate)
	}
	return w.rules.Calendar.AddWorkdays(a.ArriveDate, w.confirm)
}

// internalDate is the agency's own limit before a last day.
func (w Watch) internalDate(due Date) Date {
	if w.internal == 0 || due.IsZero() {
		return 0
	}
	return w.rules.Calendar.AddWorkdays(due, -w.internal)
}

// noticeLast is the last day for asking for a supplement; zero where no notice may be
// given any more. Once an extension, a consultation or a restart has moved the answer
// period somebody has examined the application, and the window is not watched.
func (w Watch) noticeLast(a *Application, r deadline.Result) Date {
	untouched := a.Supplement.NotifyDate.IsZero() && r.Base == a.ReceiveDate && !a.ReceiveDate.IsZero() &&
		r.Due == w.rules.Calendar.AddWorkdays(a.ReceiveDate, a.Regime.Days())
	if !untouched || a.Regime != R2019 || a.State != Received && a.State != Processing {
		return 0
	}
	return w.rules.lastDate(a, ActRequestSupplement)
}

// ordered reports whether the period is that of an order, or of a replacement made so
// late. An order comes once the time of the law is over (行政诉讼法 Art 47); an agency that
// takes back its own reply before that is under nobody's order.
func (w Watch) ordered(a *Application) bool {
	return !a.Redecision.OrderDate.IsZero() && a.ReceiveDate <= w.rules.Calendar.AddWorkdays(w.day, -R2019.Days())
}

// The limits of each risk, for whoever lists applications in the order of their last
// days. All are inclusive.

// ListedStatus is the status that follows from the state and the last day of an open
// application, as lists hold them. Only in a consultation they do not tell it (ok is
// false): there the clock stands for a time while a last day is fixed. What remains of a
// period that stands is not known.
func (w Watch) ListedStatus(state State, due Date) (s deadline.Status, ok bool) {
	r := deadline.Result{Due: due}
	switch {
	case state == Consulting:
		return s, false
	case state == Submitted:
		r.Wait = deadline.ForConfirmation
	case due.IsZero():
		return deadline.Status{Suspended: true}, true
	}
	return r.On(w.day, w.rules.Calendar), true
}

// SoonLast is the latest last day that is not green.
func (w Watch) SoonLast() Date {
	return w.rules.Calendar.AddWorkdays(w.day, max(w.yellow, w.red)+1).AddDays(-1)
}

// InternalLast is the latest last day whose own limit may be past; zero: none is set.
func (w Watch) InternalLast() Date {
	if w.internal == 0 {
		return 0
	}
	return w.rules.Calendar.AddWorkdays(w.day, w.internal+1)
}

// WindowDues are the first and latest last day of applications whose window for a
// supplement closes within the red threshold.
func (w Watch) WindowDues() (first, last Date) {
	cal, rest := w.rules.Calendar, R2019.Days()-supplementNoticeWorkdays
	return cal.AddWorkdays(cal.RollForward(w.day), rest), cal.AddWorkdays(cal.AddWorkdays(w.day, w.red), rest)
}

// Stint is a time with one holder and its workdays.
type Stint struct {
	Holder      string // empty: nobody in particular
	First, Last Date   // Last is zero for the present holder of an open application
	Workdays    int
}

// Stints divides the workdays from receipt up to a day among those who had the application
// in hand: the day of handing over still counts for who gives it away. The parts add up
// to the workdays of the whole time.
func (a *Application) Stints(until Date, cal *calendar.Calendar) []Stint {
	first := a.ReceiveDate
	if first.IsZero() {
		first = a.ArriveDate
	}
	until = max(until, first)
	var out []Stint
	holder := ""
	for _, h := range a.Holdings {
		last := min(max(h.Since, first), until)
		if last > first {
			out = append(out, Stint{Holder: holder, First: first, Last: last, Workdays: cal.WorkdaysBetween(first, last)})
		}
		holder, first = h.Holder, last
	}
	present := Stint{Holder: holder, First: first, Last: until, Workdays: cal.WorkdaysBetween(first, until)}
	if a.State.Open() {
		present.Last = 0
	}
	return append(out, present)
}
