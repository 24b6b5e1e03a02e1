package deadline_test

import (
	"gongkai/workflow/calendar"
	"gongkai/workflow/deadline"
)

// naive is the answer period read a second time, by somebody who had not seen the
// first reading: one day after the other, with nothing clever. It is slow on purpose.
type naive struct {
	due    deadline.Date // zero: no day can be named
	plain  deadline.Date // without extension, deferral and order
	safe   deadline.Date // without what is disputed
	paused int           // workdays not counted on the way to due
	waits  wait
}

// wait says for what the clock waits.
type wait string

const (
	nothing      wait = ""
	confirmation wait = "confirmation"
	supplement   wait = "supplement"
	fee          wait = "fee"
	consultation wait = "consultation"
)

// letter is one interval (sent, ended] of days that do not count.
type letter struct {
	sent, ended deadline.Date
	waits       wait // nobody has ended it yet
	disputed    bool
}

// far is a day that no period of these tests reaches.
const far = deadline.Date(1 << 20)

func naiveOf(f deadline.Facts, cal *calendar.Calendar) naive {
	if f.Receive.IsZero() {
		return naive{waits: confirmation}
	}
	var n naive
	n.plain, _, n.waits = naiveCount(f, cal, false, false)
	n.due, n.paused, n.waits = naiveCount(f, cal, true, false)
	n.safe, _, _ = naiveCount(f, cal, true, true)
	// A deferral of a period that was then restarted went with it, like an extension.
	if !f.DeferralDue.IsZero() && f.DeferralNotify >= naiveBase(f) && n.waits != supplement && n.waits != fee {
		n.due, n.safe, n.paused, n.waits = f.DeferralDue, f.DeferralDue, 0, nothing
	}
	if !f.OrderDate.IsZero() {
		n.due, n.paused, n.waits = naiveOrder(f, cal), 0, nothing
		n.safe, n.plain = n.due, n.due
	}
	// What is disputed can only take time away from the agency.
	if !n.due.IsZero() && !n.safe.IsZero() && n.safe > n.due {
		n.safe = n.due
	}
	return n
}

func naiveOrder(f deadline.Facts, cal *calendar.Calendar) deadline.Date {
	if !f.OrderDue.IsZero() {
		return f.OrderDue
	}
	return naiveWorkday(cal, f.OrderDate, f.OrderWorkdays)
}

// naiveWorkday is the n-th workday after a day.
func naiveWorkday(cal *calendar.Calendar, d deadline.Date, n int) deadline.Date {
	for n > 0 {
		d++
		if cal.Day(d).Workday {
			n--
		}
	}
	return d
}

// naiveCount walks the period once, with or without the extension, with or without
// what is disputed.
func naiveCount(f deadline.Facts, cal *calendar.Calendar, extended, safely bool) (due deadline.Date, paused int, w wait) {
	quota, longest := 15, 15
	if f.Regime == deadline.R2019 {
		quota, longest = 20, 20
	}
	late := f.Regime == deadline.R2019 && !f.SupplementNotify.IsZero() &&
		f.SupplementNotify > naiveWorkday(cal, f.Receive, 7)
	ignoreSupplement := safely && late

	if f.Regime == deadline.R2019 && f.SupplementOpen && !ignoreSupplement {
		return 0, 0, supplement
	}
	if f.Regime == deadline.R2019 && f.FeeOpen {
		return 0, 0, fee
	}
	if ignoreSupplement {
		f.SupplementReceive = 0
	}
	base := naiveBase(f)
	if extended && f.ExtensionNotify >= base && !f.ExtensionNotify.IsZero() {
		quota += min(f.ExtensionWorkdays, longest)
	}

	letters := naiveLetters(f, cal)
	count := 0
	for d := base + 1; d < base+4000; d++ {
		if !cal.Day(d).Workday {
			continue
		}
		inside := false
		for _, l := range letters {
			if safely && l.disputed {
				continue
			}
			if l.sent >= base && d > l.sent && d <= l.ended {
				inside = true
				if l.ended == far {
					return 0, 0, l.waits
				}
				if l.waits != nothing {
					w = l.waits
				}
			}
		}
		if inside {
			paused++
			continue
		}
		count++
		if count == quota {
			return d, paused, w
		}
	}
	return 0, paused, w
}

// naiveBase is the day of receipt or of the latest restart.
func naiveBase(f deadline.Facts) deadline.Date {
	base := f.Receive
	if f.Regime == deadline.R2019 && f.SupplementReceive > base {
		base = f.SupplementReceive
	}
	if f.Regime == deadline.R2019 && f.FeePaid > base {
		base = f.FeePaid
	}
	if f.Reopened > base {
		base = f.Reopened
	}
	return base
}

// naiveStand says whether something is awaited on a day, and how much of the period was
// not used when the day was over.
func naiveStand(f deadline.Facts, cal *calendar.Calendar, day deadline.Date) (stands bool, remaining int) {
	base, quota := naiveBase(f), 15
	if f.Regime == deadline.R2019 {
		quota = 20
	}
	if f.ExtensionNotify >= base && !f.ExtensionNotify.IsZero() {
		quota += f.ExtensionWorkdays
	}
	letters := naiveLetters(f, cal)
	for d := base; d <= day; d++ {
		inside := false
		stands = false
		for _, l := range letters {
			if l.sent < base {
				continue
			}
			inside = inside || d > l.sent && d <= l.ended
			stands = stands || l.waits != nothing && d >= l.sent && d <= l.ended && l.ended > l.sent
		}
		if d > base && cal.Day(d).Workday && !inside {
			quota--
			if quota == 0 {
				return false, 0 // the period is used up: nothing can stop it any more
			}
		}
	}
	return stands, quota
}

// naiveLetters lists what stops the clock under the regime.
func naiveLetters(f deadline.Facts, cal *calendar.Calendar) []letter {
	var out []letter
	if f.Regime == deadline.R2008 && !f.SupplementNotify.IsZero() {
		if f.SupplementOpen {
			out = append(out, letter{sent: f.SupplementNotify, ended: far, waits: supplement})
		} else if !f.SupplementReceive.IsZero() {
			out = append(out, letter{sent: f.SupplementNotify, ended: f.SupplementReceive})
		}
	}
	for _, p := range f.Pauses {
		if f.Regime == deadline.R2008 && p.Kind != deadline.ThirdParty {
			continue // Art 24(3) of 2008 names third parties only
		}
		l := letter{sent: p.Send, ended: naivePeriod(f.Regime, p, cal)}
		if p.End.IsZero() && !p.Lapsed {
			l.waits = consultation
		}
		// An opinion or the returned letter ends the time needed for it whenever it was
		// received; only a period that nothing but the sending began is disputed.
		l.disputed = p.Kind == deadline.Organ || p.Receive.IsZero() && p.End.IsZero()
		if l.ended.IsZero() {
			if p.Lapsed && p.End.IsZero() {
				continue // no period is known that could have run out
			}
			l.ended = far
		}
		if !p.End.IsZero() && p.End < l.ended {
			l.ended = p.End
		}
		out = append(out, l)
	}
	return out
}

// naivePeriod is the last day of the party's own period; zero where none was set.
func naivePeriod(regime deadline.Regime, p deadline.Pause, cal *calendar.Calendar) deadline.Date {
	switch {
	case regime == deadline.R2008 || p.Kind == deadline.Organ:
		return p.Due
	case p.Receive.IsZero():
		return naiveWorkday(cal, p.Send, 15)
	}
	return naiveWorkday(cal, p.Receive, 15)
}
