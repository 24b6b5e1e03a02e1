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

// What a clock without a date waits for.
const (
	Running         Wait = ""
	ForConfirmation Wait = "CONFIRMATION" // Art 31(3): no day of receipt yet
	ForSupplement   Wait = "SUPPLEMENT"   // 2019 Art 30: restarts with it; 2008: goes on after it
	ForFee          Wait = "FEE"          // 国办函〔2020〕109号: restarts with the payment
	ForOpinion      Wait = "OPINION"      // a consultation whose end nothing fixes
)

// Result is the answer period as the facts fix it; it does not depend on today.
type Result struct {
	// Due is the last day on which a reply is in time; zero while the clock waits.
	Due Date
	// Plain is Due without extension and deferral: the measure of 按时办结.
	Plain Date
	// Safe is Due without what may be disputed: a supplement asked for late, pauses
	// without a statutory period, receipts that are not proven. It may be a date while
	// Due waits for something that is disputed.
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

	stands []stand // the times in which something is awaited, ordered, with gaps between
}

// stand is a time in which the clock stands because an opinion or a supplement is awaited:
// after one day, up to and including the last; last is zero while nothing fixes the end.
type stand struct {
	after, last Date
	remaining   int // workdays of the period not used when it began
}

// interval is the days after the first up to and including the last that do not count;
// last is zero while nothing fixes the end.
type interval struct {
	after, last Date
	kind        ConsultationKind // empty: the supplement of the 2008 regime
	open        bool             // it is still awaited
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
	if f.Receive.IsZero() {
		return Result{Wait: ForConfirmation}
	}
	r := Result{Base: base(f)}
	r.Quota = quota(f, r.Base)
	var scratch [4]interval
	spans := intervals(f, r.Base, cal, scratch[:0], false)
	r.Due, r.Wait = walk(r.Base, r.Quota, spans, cal)
	r.Plain = r.Due
	if r.Quota != f.Regime.Days() {
		r.Plain, _ = walk(r.Base, f.Regime.Days(), spans, cal)
	}
	r.stand(spans, cal)
	if w := void(f); w != Running {
		r.Due, r.Plain, r.Wait, r.Remaining, r.stands = 0, 0, w, f.Regime.Days(), nil
	}
	r.Safe = safe(f, cal, r)
	named := r.replace(f, cal)
	r.Provisional = !named && (cal.Provisional(r.Base) || cal.Provisional(r.Due))
	return r
}

// void says for which restart a clock waits that does not run at all until then.
func void(f Facts) Wait {
	switch {
	case f.restarts() && f.SupplementOpen:
		return ForSupplement
	case f.FeeOpen:
		return ForFee
	}
	return Running
}

// deferred reports whether a deferral replaces the current period.
func deferred(f Facts, base Date) bool {
	return !f.DeferralDue.IsZero() && f.DeferralNotify >= base && void(f) == Running
}

// replace lets what replaces the period prevail, an order before a deferral. Both name a
// day, so no consultation stops them. It reports whether the day was named, not counted.
func (r *Result) replace(f Facts, cal *calendar.Calendar) (named bool) {
	switch {
	case !f.OrderDate.IsZero():
		due := f.OrderDue
		if due.IsZero() {
			due = cal.AddWorkdays(f.OrderDate, f.OrderWorkdays)
		}
		r.Due, r.Plain, r.Safe = due, due, due
		r.Base, r.Quota = f.OrderDate, cal.WorkdaysBetween(f.OrderDate, due)
		named = !f.OrderDue.IsZero()
	case deferred(f, r.Base):
		r.Due, r.Safe = f.DeferralDue, f.DeferralDue
		named = true
	default:
		return false
	}
	r.Wait, r.Remaining, r.stands = Running, 0, nil
	return named
}

// stand notes when the clock stands: from what is still awaited until its period ends.
func (r *Result) stand(spans []interval, cal *calendar.Calendar) {
	covered, used := r.Base, 0
	for _, s := range spans {
		if !r.Due.IsZero() && s.after >= r.Due {
			return
		}
		if s.after > covered {
			used += cal.WorkdaysBetween(covered, s.after)
		}
		covered = max(covered, s.after, s.last)
		if s.open && (s.last.IsZero() || s.last > s.after) {
			r.await(s, r.Quota-used)
		}
		if s.last.IsZero() {
			return
		}
	}
}

// await adds a time to those in which the clock stands, or prolongs the latest.
func (r *Result) await(s interval, remaining int) {
	r.Remaining = remaining
	if n := len(r.stands); n > 0 && s.after <= r.stands[n-1].last {
		latest := &r.stands[n-1]
		latest.last = max(latest.last, s.last)
		if s.last.IsZero() {
			latest.last = 0
		}
		return
	}
	r.stands = append(r.stands, stand{after: s.after, last: s.last, remaining: remaining})
}

// base is the day from which the current period counts: the latest restart.
func base(f Facts) Date {
	b := f.Receive
	if f.restarts() {
		b = max(b, f.SupplementReceive)
	}
	return max(b, f.FeePaid, f.Reopened)
}

// restarts reports whether the period starts anew with the supplement.
func (f Facts) restarts() bool { return f.Regime == R2019 || f.SupplementRestarts }

// quota is the workdays of the period that counts from base: an extension granted before
// a restart is consumed with the old period.
func quota(f Facts, base Date) int {
	if f.ExtensionNotify.IsZero() || f.ExtensionNotify < base && !f.ExtensionSurvives {
		return f.Regime.Days()
	}
	return f.Regime.Days() + f.ExtensionWorkdays
}

// intervals lists what stops the clock that counts from base, ordered by the day it
// began: before base no clock ran that it could stop. With undisputed it leaves out what
// a court might count after all.
func intervals(f Facts, base Date, cal *calendar.Calendar, spans []interval, undisputed bool) []interval {
	for _, p := range f.Pauses {
		if p.Send < base || f.Regime == R2008 && p.Kind != ThirdParty {
			continue // 2008 Art 24(3) names third parties only
		}
		if undisputed && p.disputed() {
			continue
		}
		s := interval{after: p.Send, last: p.end(f.Regime, cal), kind: p.Kind, open: p.End.IsZero() && !p.Lapsed}
		if s.open || !s.last.IsZero() {
			spans = append(spans, s)
		}
	}
	if !f.restarts() && f.SupplementNotify >= base && (f.SupplementOpen || !f.SupplementReceive.IsZero()) {
		spans = append(spans, interval{after: f.SupplementNotify, last: f.SupplementReceive, open: f.SupplementOpen})
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
			return 0, s.wait()
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

func (s interval) wait() Wait {
	if s.kind == "" {
		return ForSupplement
	}
	return ForOpinion
}

// safe recomputes the period without what may be disputed, which never gives a later day.
func safe(f Facts, cal *calendar.Calendar, r Result) Date {
	late := f.Regime == R2019 && !f.SupplementNotify.IsZero() &&
		f.SupplementNotify > cal.AddWorkdays(f.Receive, supplementNoticeWorkdays)
	if late {
		f.SupplementOpen, f.SupplementReceive = false, 0
	}
	set := f.SupplementRestarts || f.ExtensionSurvives && f.ExtensionNotify < r.Base
	f.SupplementRestarts, f.ExtensionSurvives = false, false // the agency's own reading
	if !late && !set && !slices.ContainsFunc(f.Pauses, Pause.disputed) || void(f) != Running {
		return r.Due
	}
	b := base(f)
	var scratch [4]interval
	due, _ := walk(b, quota(f, b), intervals(f, b, cal, scratch[:0], true), cal)
	if r.Due.IsZero() {
		return due
	}
	return min(due, r.Due)
}

// disputed reports whether no statute bounds a pause, or nothing but the sending proves
// when its period began.
func (p Pause) disputed() bool {
	return p.Kind == Organ || p.Receive.IsZero() && p.End.IsZero()
}

// Used counts the workdays of the period that the facts make, from its base up to a day:
// those taken out of it do not count, nor those after the day on which it stopped. The
// result must be what Compute makes of the facts.
func (r Result) Used(f Facts, day Date, cal *calendar.Calendar) int {
	switch r.Wait {
	case ForConfirmation, ForFee:
		return 0
	case ForSupplement:
		day = min(day, f.SupplementNotify)
	case ForOpinion, Running:
	}
	end := r.Due
	if deferred(f, r.Base) {
		end = r.Plain // a deferral names a day, which nothing moves
	}
	used, covered := cal.WorkdaysBetween(r.Base, max(day, r.Base)), r.Base
	if !f.OrderDate.IsZero() {
		return used
	}
	var scratch [4]interval
	for _, s := range intervals(f, r.Base, cal, scratch[:0], false) {
		if !end.IsZero() && s.after >= end {
			break
		}
		last := s.last
		if last.IsZero() || last > day {
			last = day
		}
		if from := max(s.after, covered); last > from {
			used -= cal.WorkdaysBetween(from, last)
			covered = last
		}
	}
	return used
}

// On looks at the period from one day.
func (r Result) On(day Date, cal *calendar.Calendar) Status {
	if r.Wait == ForConfirmation {
		return Status{Unconfirmed: true}
	}
	for _, s := range r.stands {
		if s.after <= day && (s.last.IsZero() || day <= s.last) {
			return Status{Suspended: true, Remaining: s.remaining}
		}
	}
	if r.Wait != Running {
		return Status{Suspended: true, Remaining: r.Remaining}
	}
	return Status{Due: r.Due, Left: cal.WorkdaysBetween(day, r.Due), Overdue: day > r.Due}
}
