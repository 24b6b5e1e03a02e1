package deadline_test

import (
	"math/rand/v2"

	"gongkai/workflow/calendar"
	"gongkai/workflow/deadline"
)

// history invents the facts of one application, act by act in the order of time, so that
// each act is one that the law allows on its day.
type history struct {
	*rand.Rand
	cal   *calendar.Calendar
	facts deadline.Facts
	day   deadline.Date // of the latest act
	ended bool          // nothing can follow: something is awaited, deferred or ordered
}

var (
	firstReceipt = deadline.FirstDay
	lastReceipt  = calendar.New(2026, 12, 31)
)

// lawful invents a history; every eighth is then disturbed, as a correction may leave
// facts that no sequence of acts could have made.
func lawful(r *rand.Rand, cal *calendar.Calendar, pauses []deadline.Pause) deadline.Facts {
	h := history{Rand: r, cal: cal}
	receive := firstReceipt + deadline.Date(r.IntN(int(lastReceipt-firstReceipt)+1))
	h.facts = deadline.Facts{Regime: deadline.RegimeOf(receive), Receive: receive, Pauses: pauses[:0]}
	h.day = receive
	for range r.IntN(5) {
		if h.act(); h.ended {
			break
		}
	}
	if h.IntN(40) == 0 {
		h.order()
	}
	if h.IntN(8) == 0 {
		h.disturb()
	}
	return h.facts
}

func (h *history) act() {
	due := naiveOf(h.facts, h.cal).due
	if due.IsZero() || due < h.day {
		h.ended = true
		return
	}
	switch h.IntN(8) {
	case 0:
		h.supplement(due)
	case 1, 2:
		h.extend(due)
	case 3:
		h.fee(due)
	case 4:
		h.deferral(due)
	default:
		h.consult(due)
	}
}

// until is a day from the latest act up to a last one, each end more often than chance.
func (h *history) until(last deadline.Date) deadline.Date {
	switch h.IntN(6) {
	case 0:
		return h.day
	case 1:
		return last
	}
	return h.day + deadline.Date(h.IntN(int(last-h.day)+1))
}

func (h *history) after(d deadline.Date, most int) deadline.Date {
	return d + deadline.Date(h.IntN(most+1))
}

// consult sends one to three letters, the later ones while the first is still out.
func (h *history) consult(due deadline.Date) {
	sent := h.until(due)
	latest := sent
	for range 1 + h.IntN(3) {
		p := h.letter(sent)
		h.facts.Pauses = append(h.facts.Pauses, p)
		latest = max(latest, h.over(p))
		h.ended = h.ended || p.End.IsZero() && !p.Lapsed
		sent = min(h.after(sent, 25), max(due, sent))
	}
	h.day = latest
}

func (h *history) letter(sent deadline.Date) deadline.Pause {
	kinds := []deadline.ConsultationKind{deadline.ThirdParty, deadline.ThirdParty, deadline.CoMaker, deadline.Organ}
	p := deadline.Pause{Kind: kinds[h.IntN(len(kinds))], Send: sent}
	if h.IntN(3) > 0 {
		p.Receive = h.after(sent, 9)
	}
	needsDay := h.facts.Regime == deadline.R2008 || p.Kind == deadline.Organ
	if needsDay && h.IntN(20) > 0 || h.IntN(5) == 0 {
		p.Due = h.after(max(sent, p.Receive), 30)
	}
	switch h.IntN(5) {
	case 0: // silent: its period runs out
		p.Lapsed = !needsDay || !p.Due.IsZero()
	case 1:
		if h.IntN(4) > 0 {
			p.End = h.after(max(sent, p.Receive), 60) // perhaps after its period
		} // else nobody has answered yet
	default:
		p.End = h.after(max(sent, p.Receive), 25)
	}
	return p
}

// over is the first day on which another act can follow a letter.
func (h *history) over(p deadline.Pause) deadline.Date {
	if p.Lapsed {
		return max(naivePeriod(h.facts.Regime, p, h.cal)+1, p.Send)
	}
	return max(p.End, p.Send)
}

func (h *history) supplement(due deadline.Date) {
	f := &h.facts
	if !f.SupplementNotify.IsZero() {
		return
	}
	f.SupplementNotify = h.until(due)
	answer := h.after(f.SupplementNotify, 35)
	switch h.IntN(6) {
	case 0:
		f.SupplementOpen, h.ended = true, true
	case 1: // lapsed for good
		h.ended = true
	case 2: // lapsed and excused, with or without the text in hand
		f.Reopened = answer
		if h.IntN(2) == 0 {
			f.SupplementReceive = answer
		}
	default:
		f.SupplementReceive = answer
	}
	h.day = answer
}

func (h *history) extend(due deadline.Date) {
	if f := &h.facts; f.ExtensionWorkdays == 0 {
		f.ExtensionNotify, f.ExtensionWorkdays = h.until(due), 1+h.IntN(f.Regime.Days())
		h.day = f.ExtensionNotify
	}
}

func (h *history) fee(due deadline.Date) {
	f := &h.facts
	if f.Regime != deadline.R2019 || f.Receive < calendar.New(2021, 1, 1) || !f.FeePaid.IsZero() {
		return
	}
	notify := h.until(due)
	if h.IntN(3) == 0 {
		f.FeeOpen, h.ended = true, true
		return
	}
	f.FeePaid = h.after(notify, 28)
	h.day = f.FeePaid
}

func (h *history) deferral(due deadline.Date) {
	f := &h.facts
	if f.Regime != deadline.R2019 || f.ExtensionWorkdays != 0 {
		return
	}
	f.DeferralNotify = h.until(due)
	f.DeferralDue = h.after(f.DeferralNotify, 120)
	h.day, h.ended = f.DeferralNotify, true
	if f.DeferralDue >= h.day && h.IntN(3) == 0 {
		h.consult(f.DeferralDue)
	}
}

func (h *history) order() {
	f := &h.facts
	f.OrderDate = h.after(h.day, 200)
	if h.IntN(2) == 0 {
		f.OrderDue = h.after(f.OrderDate, 60)
		return
	}
	f.OrderWorkdays = 1 + h.IntN(30)
}

// disturb moves one fact to where it could not have happened.
func (h *history) disturb() {
	f := &h.facts
	shift := deadline.Date(h.IntN(61) - 30)
	if n := len(f.Pauses); n > 0 && h.IntN(2) == 0 {
		p := &f.Pauses[h.IntN(n)]
		move := []*deadline.Date{&p.Send, &p.Receive, &p.End, &p.Due}[h.IntN(4)]
		if !move.IsZero() {
			*move += shift
		}
		return
	}
	days := []*deadline.Date{&f.Receive, &f.SupplementNotify, &f.SupplementReceive, &f.FeePaid, &f.Reopened, &f.ExtensionNotify}
	if move := days[h.IntN(len(days))]; !move.IsZero() {
		*move += shift
	}
}
