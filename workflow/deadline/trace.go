package deadline

import (
	"slices"
	"strconv"

	"gongkai/workflow/calendar"
)

// DayKind is what a day is to a period.
type DayKind string

// The kinds.
const (
	StartDay     DayKind = "START"     // of the event from which the period counts; does not count itself
	WorkDay      DayKind = "WORKDAY"   // counts
	RestDay      DayKind = "REST"      // no workday
	SuspendedDay DayKind = "SUSPENDED" // taken out of the period
)

// Step is one day of a period: counted or skipped, with the article or notice.
type Step struct {
	Date     Date
	Kind     DayKind
	Counted  bool
	N        int // workdays used with this day
	ReasonZH string
	ReasonEN string
	Source   string
}

// traceLimit bounds an explanation: a deferral or order may lie years ahead.
const traceLimit = 2000

// Explain returns the period with each of its days. While the clock waits the trace ends
// with the day on which it stopped.
func Explain(f Facts, cal *calendar.Calendar) (Result, []Step) {
	r := Compute(f, cal)
	if r.Wait == ForConfirmation {
		return r, nil
	}
	t := tracer{facts: f, cal: cal, result: r, end: r.Due}
	if deferred(f, r.Base) {
		t.end = r.Plain // a deferral names a day, which nothing moves
	}
	t.begin()
	if f.OrderDate.IsZero() {
		t.spans = intervals(f, r.Base, cal, nil, false)
	}
	t.days(t.last())
	return r, t.steps
}

type tracer struct {
	facts  Facts
	cal    *calendar.Calendar
	result Result
	spans  []interval
	end    Date // no span that began on it or later stops the clock; zero: not known
	steps  []Step
	n      int
}

func (t *tracer) add(d Date, kind DayKind, zh, en, source string) {
	if kind == WorkDay {
		t.n++
	}
	t.steps = append(t.steps, Step{Date: d, Kind: kind, Counted: kind == WorkDay, N: t.n, ReasonZH: zh, ReasonEN: en, Source: source})
}

// begin writes the day that does not count, and the restart if there was one.
func (t *tracer) begin() {
	f := t.facts
	art := "《条例》2019 Art 31"
	if f.Regime == R2008 {
		art = "国办公开办函〔2015〕207号"
	}
	if f.ReceiveRule != "" {
		art += "；设置 " + f.ReceiveRule
	}
	t.add(f.Receive, StartDay, "收到申请之日，开始的当日不计入", "day of receipt, does not count", art+"；"+firstDayRule(f.Receive))
	if t.result.Base == f.Receive {
		return
	}
	zh, en, source := "", "", ""
	switch t.result.Base {
	case f.OrderDate:
		zh, en, source = "收到重作决定或者自行重作之日，期限由此计算", "day of the order, the ordered period counts from it", "行政复议法 2023 Art 64；行政诉讼法 Art 70"
	case f.Reopened:
		zh, en, source = "有正当理由恢复办理，期限重新计算", "taken up again for good cause, the period starts anew", "《条例》2019 Art 30"
		if f.Regime == R2008 {
			source = "《条例》2008 Art 21(4)"
		}
	case f.FeePaid:
		zh, en, source = "缴费完成，期限自次日起重新计算", "fee paid, the period starts anew on the next day", "国办函〔2020〕109号"
	default:
		zh, en, source = "收到补正申请之日，期限重新计算", "supplemented application received, the period starts anew", "《条例》2019 Art 30"
		if f.SupplementRestarts {
			source = "《条例》2008 Art 21(4)；设置 law.supplement_2008=restart"
		}
	}
	if f.OrderDate.IsZero() && f.ExtensionSurvives && !f.ExtensionNotify.IsZero() && f.ExtensionNotify < t.result.Base {
		zh, en = zh+"；延长的工作日计入", en+"; the workdays of the extension are added"
		source += "；设置 law.extension_restart=survives"
	}
	t.add(t.result.Base, StartDay, zh, en, source)
}

// firstDayRule is the rule, in force on a day, that the day of an event does not count.
func firstDayRule(d Date) string {
	switch {
	case d >= calendar.New(2021, 1, 1):
		return "民法典 Art 201"
	case d >= calendar.New(2017, 10, 1):
		return "民法总则 Art 201"
	}
	return "民法通则 Art 154"
}

// last is the last day that the trace shows.
func (t *tracer) last() Date {
	r := t.result
	switch r.Wait {
	case ForSupplement:
		return t.facts.SupplementNotify
	case ForOpinion:
		return r.stands[len(r.stands)-1].after
	case ForFee, ForConfirmation:
		return r.Base
	case Running:
	}
	return min(r.Due, r.Base.AddDays(traceLimit))
}

// days writes each day after the base up to the last.
func (t *tracer) days(last Date) {
	t.steps = slices.Grow(t.steps, max(0, int(last-t.result.Base)))
	for d := t.result.Base.AddDays(1); d <= last; d = d.AddDays(1) {
		day := t.cal.Day(d)
		if s, ok := t.pausedBy(d); ok {
			zh, en, source := s.why(t.facts.Regime)
			t.add(d, SuspendedDay, zh, en, source)
			continue
		}
		if !day.Workday {
			t.add(d, RestDay, restZH(day), restEN(day), restSource(day))
			continue
		}
		zh, en, source := t.counted(d, day)
		t.add(d, WorkDay, zh, en, source)
	}
}

// pausedBy finds the span that takes a day out of the period: one that began while the
// period still ran.
func (t *tracer) pausedBy(d Date) (interval, bool) {
	for _, s := range t.spans {
		if s.after < d && (s.last.IsZero() || d <= s.last) && (t.end.IsZero() || s.after < t.end) {
			return s, true
		}
	}
	return interval{}, false
}

// counted says why a workday counts, and in which part of the period it lies.
func (t *tracer) counted(d Date, day calendar.Day) (zh, en, source string) {
	n, quota := t.n+1, t.facts.Regime.Days()
	zh, en, source = "工作日，第"+strconv.Itoa(n)+"日", "workday "+strconv.Itoa(n), "《条例》2019 Art 33"
	if t.facts.Regime == R2008 {
		source = "《条例》2008 Art 24"
	}
	switch {
	case !t.facts.OrderDate.IsZero():
		source = "重作决定所定期限"
	case deferred(t.facts, t.result.Base) && d > t.result.Plain:
		zh, en, source = zh+"（延迟答复期内）", en+" (deferred)", "《条例》2019 Art 35"
	case n > quota:
		more := strconv.Itoa(n - quota)
		zh, en = zh+"（延期第"+more+"日）", en+" (day "+more+" of the extension)"
	}
	if day.Kind == calendar.MakeUp {
		zh, en, source = zh+"，调休上班", en+", make-up workday", source+"；"+day.Notice
	}
	sentZH, sentEN := t.sent(d)
	zh, en = zh+sentZH, en+sentEN
	if day.Provisional {
		zh, en = zh+"，暂定", en+", provisional"
	}
	return zh, en, source
}

// sent says of a day on which a letter left why it still counts.
func (t *tracer) sent(d Date) (zh, en string) {
	if t.result.Wait == ForSupplement && t.facts.Regime == R2019 && d == t.facts.SupplementNotify {
		return "，告知补正，收到补正后期限重新计算", ", supplement requested, the period starts anew with it"
	}
	for _, s := range t.spans {
		switch {
		case s.after != d || s.last == d || !t.end.IsZero() && d > t.end:
		case s.kind == "":
			return "，告知补正，当日仍计入", ", supplement requested, this day still counts"
		default:
			return "，征求意见书发出，当日仍计入", ", letter sent for an opinion, this day still counts"
		}
	}
	return "", ""
}

// why names what stops the clock.
func (s interval) why(regime Regime) (zh, en, source string) {
	switch s.kind {
	case ThirdParty:
		zh, en, source = "征求第三方意见所需时间，不计入期限", "third party consulted, not counted", "《条例》2019 Arts 32, 33(3)"
		if regime == R2008 {
			source = "《条例》2008 Art 24(3)"
		}
	case CoMaker:
		zh, en, source = "征求共同制作机关意见所需时间，不计入期限", "co-maker consulted, not counted", "《条例》2019 Arts 34, 33(3)"
	case Organ:
		zh, en, source = "征求其他机关意见所需时间，不计入期限", "other organ consulted, not counted", "《条例》2019 Arts 11, 17(3), 33(3)"
	default:
		return "等待补正，不计入期限", "waiting for the supplement, not counted", "《条例》2008 Art 21(4)"
	}
	if s.open {
		zh, en = zh+"（意见未到，计至其期限届满）", en+" (no opinion yet: shown to the end of its period)"
	}
	return zh, en, source
}

func restZH(day calendar.Day) string {
	zh := "休息日"
	if day.FestivalZH != "" {
		zh = day.FestivalZH + "放假"
	}
	if day.Provisional {
		zh += "，暂定"
	}
	return zh
}

func restEN(day calendar.Day) string {
	en := "weekend"
	if day.FestivalEN != "" {
		en = "public holiday: " + day.FestivalEN
	}
	if day.Provisional {
		en += ", provisional"
	}
	return en
}

func restSource(day calendar.Day) string {
	if day.Notice != "" {
		return day.Notice
	}
	if day.Kind == calendar.Statutory {
		return "《全国年节及纪念日放假办法》"
	}
	return "《国务院关于职工工作时间的规定》"
}
