package deadline

import (
	"slices"

	"gongkai/workflow/calendar"
)

// consultationWorkdays is the time a third party or co-maker has from its receipt of
// the letter (2019 Arts 32, 34).
const consultationWorkdays = 15

// supplementNoticeWorkdays is the time within which a supplement is asked for (2019 Art 30).
const supplementNoticeWorkdays = 7

// Wait says what a clock that gives no date is waiting for.
type Wait string

// What a void clock waits for.
const (
	Running           Wait = ""
	ForConfirmation   Wait = "CONFIRMATION" // Art 31(3): no day of receipt yet
	ForSupplement     Wait = "SUPPLEMENT"   // Art 30: restarts with the supplement
	ForFee            Wait = "FEE"          // 国办函〔2020〕109号: restarts with the payment
	ForOpinion        Wait = "OPINION"      // a consultation whose end nothing fixes
	ForSupplement2008 Wait = "SUPPLEMENT_2008"
)

// Result is the answer period as the facts fix it; it does not depend on today.
type Result struct {
	// Due is the last day on which a reply is in time; zero while the clock waits.
	Due Date
	// Plain is Due without extension and deferral: the measure of 按时办结.
	Plain Date
	// Safe is Due without what may be disputed: a supplement asked for late, pauses
	// without a statutory period, receipts that are not proven.
	Safe Date
	// Base is the day that does not count: of receipt, or of the latest restart.
	Base Date
	// Quota is the workdays of the period, extension included.
	Quota int
	// Wait says what the clock waits for; empty while Due is a date.
	Wait Wait
	// Provisional: a year without a notice is needed, the date may still move.
	Provisional bool
	// Remaining is the workdays of the period that a clock which stands has not used.
	Remaining int

	openAfter Date // the clock stands after this day: an opinion is awaited
	openLast  Date // up to this day; zero: nothing fixes the end
}

// interval is the days after the first up to and including the last that do not count;
// last is zero while nothing fixes the end.
type interval struct {
	after, last Date
	kind        ConsultationKind // empty: the supplement of the 2008 regime
	open        bool             // nobody has answered yet
}

// Status is a Result seen from one day.
type Status struct {
	Due         Date // zero while suspended or waiting
	Left        int  // workdays after the day up to Due; 0 on the last day, negative after
	Remaining   int  // while suspended: workdays of the period not yet used
	Suspended   bool
	Unconfirmed bool
	Overdue     bool
}

// Days is the length of the answer period in workdays (2019 Art 33; 2008 Art 24).
func (r Regime) Days() int {
	if r == R2008 {
		return 15
	}
	return 20
}

// RegimeOf returns the regime of an application received on a day: no transitional rule
// exists, so the day decides (law in force on it).
func RegimeOf(receive Date) Regime {
	if receive < firstDay2019 {
		return R2008
	}
	return R2019
}

// FirstDay is the day on which the first Regulation came into force.
var (
	FirstDay     = calendar.New(2008, 5, 1)
	firstDay2019 = calendar.New(2019, 5, 15)
)

// Compute returns the answer period that the facts fix under a calendar.
func Compute(f Facts, cal *calendar.Calendar) Result {
	r := Result{Base: f.Receive}
	if f.Receive.IsZero() {
		r.Wait = ForConfirmation
		return r
	}
	r.Base = base(f)
	r.Quota = f.Regime.Days()
	if extensionCounts(f, r.Base) {
		r.Quota += f.ExtensionWorkdays
	}
	var scratch [4]interval
	spans := intervals(f, cal, scratch[:0], false)
	r.Due, r.Wait = walk(r.Base, r.Quota, spans, cal)
	r.Plain = r.Due
	if r.Quota != f.Regime.Days() {
		r.Plain, _ = walk(r.Base, f.Regime.Days(), spans, cal)
	}
	r.Safe = safe(f, cal, r)
	r.stand(spans, cal)
	r.override(f, cal)
	r.Provisional = cal.Provisional(r.Base) || !r.Due.IsZero() && cal.Provisional(r.Due)
	return r
}

// override lets what replaces the period prevail: a void clock, a deferral, an order.
func (r *Result) override(f Facts, cal *calendar.Calendar) {
	switch {
	case f.SupplementOpen && f.Regime == R2019:
		r.Due, r.Plain, r.Safe, r.Wait, r.Remaining = 0, 0, 0, ForSupplement, f.Regime.Days()
	case f.SupplementOpen:
		r.Wait = ForSupplement2008
	case f.FeeOpen:
		r.Due, r.Plain, r.Safe, r.Wait, r.Remaining = 0, 0, 0, ForFee, f.Regime.Days()
	case !f.DeferralDue.IsZero() && f.DeferralNotify >= r.Base:
		if r.Wait == Running {
			r.Due, r.Safe = f.DeferralDue, f.DeferralDue
		}
	}
	if !f.OrderDate.IsZero() {
		due := f.OrderDue
		if due.IsZero() {
			due = cal.AddWorkdays(f.OrderDate, f.OrderWorkdays)
		}
		r.Due, r.Plain, r.Safe, r.Wait = due, due, due, Running
		r.Base, r.Quota, r.openAfter = f.OrderDate, cal.WorkdaysBetween(f.OrderDate, due), 0
	}
}

// stand notes what stops the clock now: the consultations that nobody has answered.
func (r *Result) stand(spans []interval, cal *calendar.Calendar) {
	covered, used := r.Base, 0
	endless := false
	for _, s := range spans {
		if !r.Due.IsZero() && s.after >= r.Due {
			break
		}
		if r.openAfter.IsZero() {
			used += max(0, cal.WorkdaysBetween(covered, s.after))
		}
		if s.open {
			if r.openAfter.IsZero() {
				r.openAfter, r.Remaining = s.after, max(0, r.Quota-used)
			}
			endless = endless || s.last.IsZero()
			r.openLast = max(r.openLast, s.last)
		}
		covered = max(covered, s.last)
	}
	if endless {
		r.openLast = 0
	}
}

// base is the day from which the current period counts: the latest restart.
func base(f Facts) Date {
	b := f.Receive
	if f.Regime == R2019 {
		b = max(b, f.SupplementReceive)
	}
	return max(b, f.FeePaid, f.Reopened)
}

// extensionCounts reports whether the extension belongs to the current period: one
// granted before a restart is consumed with the old period.
func extensionCounts(f Facts, base Date) bool {
	return f.ExtensionWorkdays > 0 && f.ExtensionNotify >= base
}

// intervals lists what stops the clock, ordered by the day it began. With undisputed
// it leaves out what a court might count after all.
func intervals(f Facts, cal *calendar.Calendar, spans []interval, undisputed bool) []interval {
	for _, p := range f.Pauses {
		if f.Regime == R2008 && p.Kind != ThirdParty {
			continue // 2008 Art 24(3) names third parties only
		}
		if undisputed && (p.Kind == Organ || p.Receive.IsZero() && p.End.IsZero()) {
			continue
		}
		spans = append(spans, interval{after: p.Send, last: p.end(f.Regime, cal), kind: p.Kind, open: p.End.IsZero() && !p.Lapsed})
	}
	if f.Regime == R2008 && !f.SupplementReceive.IsZero() {
		spans = append(spans, interval{after: f.SupplementNotify, last: f.SupplementReceive})
	}
	slices.SortStableFunc(spans, func(a, b interval) int { return int(a.after) - int(b.after) })
	return spans
}

// end is the last day that a consultation takes out of the period: the earliest of the
// opinion, the end of its period, the day named in the letter.
func (p Pause) end(regime Regime, cal *calendar.Calendar) Date {
	end := p.End
	limit := p.Due
	if regime == R2019 && p.Kind != Organ {
		from := p.Receive
		if from.IsZero() {
			from = p.Send
		}
		limit = cal.AddWorkdays(from, consultationWorkdays)
	}
	if end.IsZero() || !limit.IsZero() && limit < end {
		end = limit
	}
	return end
}

// Expiry returns the last day of a consultation's own period; zero where nothing sets one.
func (p Pause) Expiry(regime Regime, cal *calendar.Calendar) Date {
	p.End = 0
	return p.end(regime, cal)
}

// walk counts quota workdays after base, leaving out the spans that began while the
// clock still ran: the day the count reaches quota. A span may begin on any counted
// day before the last; overlapping spans are merged, never added up.
func walk(base Date, quota int, spans []interval, cal *calendar.Calendar) (Date, Wait) {
	due := cal.AddWorkdays(base, quota)
	covered := base
	for _, s := range spans {
		if s.after >= due {
			break
		}
		if s.last.IsZero() {
			return 0, ForOpinion
		}
		from := max(s.after, covered)
		if s.last <= from {
			continue
		}
		if n := cal.WorkdaysBetween(from, s.last); n > 0 {
			due = cal.AddWorkdays(due, n)
		}
		covered = s.last
	}
	return due, Running
}

// safe recomputes the period without what may be disputed.
func safe(f Facts, cal *calendar.Calendar, r Result) Date {
	b, quota := r.Base, r.Quota
	late := f.Regime == R2019 && !f.SupplementReceive.IsZero() && b == f.SupplementReceive &&
		f.SupplementNotify > cal.AddWorkdays(f.Receive, supplementNoticeWorkdays)
	if late {
		b, quota = f.Receive, f.Regime.Days()
		if f.ExtensionWorkdays > 0 {
			quota += f.ExtensionWorkdays
		}
	}
	if !late && !disputed(f) {
		return r.Due
	}
	var scratch [4]interval
	due, _ := walk(b, quota, intervals(f, cal, scratch[:0], true), cal)
	return due
}

func disputed(f Facts) bool {
	return slices.ContainsFunc(f.Pauses, func(p Pause) bool {
		return p.Kind == Organ || p.Receive.IsZero() && p.End.IsZero()
	})
}

// On looks at the period from one day.
func (r Result) On(day Date, cal *calendar.Calendar) Status {
	s := Status{Unconfirmed: r.Wait == ForConfirmation}
	if s.Unconfirmed {
		return s
	}
	s.Suspended = r.Wait != Running || r.standsOn(day)
	if s.Suspended {
		s.Remaining = r.Remaining
		if r.Wait != ForSupplement2008 {
			return s
		}
	}
	s.Due = r.Due
	s.Left = cal.WorkdaysBetween(day, r.Due)
	s.Overdue = day > r.Due
	return s
}

// standsOn reports whether an opinion is awaited on a day: asked for before it, neither
// answered nor run out.
func (r Result) standsOn(day Date) bool {
	return !r.openAfter.IsZero() && r.openAfter <= day && (r.openLast.IsZero() || day <= r.openLast)
}
