package workflow

import "strings"

// look is an application that the table of risks is asked about.
type look struct {
	Watch
	a *Application
	s *Standing
}

// riskRow is one reason to look at an application. Of two rows that fit the earlier one
// counts, so that rows stand in the order of gravity, special cases first.
type riskRow struct {
	risk Risk
	fits func(*look) (Date, bool)
	// zh and en tell what to do; their verb takes the date of the risk.
	zh, en string
}

// text fills in the date where the row tells it.
func (r *riskRow) text(l *look) (zh, en string) {
	day := l.s.Date.String()
	return strings.Replace(r.zh, "%s", day, 1), strings.Replace(r.en, "%s", day, 1)
}

// due makes a condition on the last day of the reply, and narrower ones beside it.
func due(when func(*look) bool, also ...func(*look) bool) func(*look) (Date, bool) {
	return func(l *look) (Date, bool) {
		ok := when(l)
		for _, fits := range also {
			ok = ok && fits(l)
		}
		return l.s.Deadline.Due, ok
	}
}

func isOverdue(l *look) bool { return l.s.overdue(l.day) }

func isToday(l *look) bool { return l.s.runs() && l.s.Deadline.Due == l.day }

func isSoon(l *look) bool {
	return l.s.runs() && l.s.Deadline.Due >= l.day && (l.s.Light == Yellow || l.s.Light == Red)
}

func isOrdered(l *look) bool { return l.ordered(l.a) }

// isAnew reports whether a day was set for a new decision, which no extension moves.
func isAnew(l *look) bool { return !l.a.Redecision.OrderDate.IsZero() }

func isDecided(l *look) bool { return l.a.State == Decided }

func isHeld(l *look) bool { return l.a.Hold }

func isRunning(l *look) bool { return l.s.runs() }

// pastInternal: a reply that is signed has kept the agency's own limit.
func pastInternal(l *look) (Date, bool) {
	d := l.s.Internal
	return d, l.s.runs() && !isDecided(l) && !d.IsZero() && l.day > d
}

func windowCloses(l *look) (Date, bool) {
	return l.s.Supplement, l.s.SupplementLight == Red
}

// unconfirmed takes the channel: for ordinary post another rule applies than for the rest.
func unconfirmed(post, past bool) func(*look) (Date, bool) {
	return func(l *look) (Date, bool) {
		last := l.confirmLast(l.a)
		return last, l.a.State == Submitted && (l.a.Channel == PostOrdinary) == post && (l.day > last) == past
	}
}

// silent finds the earliest period of an open consultation of a kind that is over.
func silent(kind ConsultationKind) func(*look) (Date, bool) {
	return func(l *look) (first Date, fits bool) {
		for _, c := range l.a.Consultations {
			last := l.expiry(c)
			if c.Open() && c.Kind == kind && !last.IsZero() && last < l.day && (first.IsZero() || last < first) {
				first = last
			}
		}
		return first, l.a.State == Consulting && !first.IsZero()
	}
}

func (l *look) expiry(c Consultation) Date {
	return c.pause(0).Expiry(l.a.Regime, l.rules.Calendar)
}

// awaited is the period of the applicant in a state, whether past or not. Where an order
// gives the reply a day nevertheless, that day counts.
func awaited(state State, last func(*Application) Date, past bool) func(*look) (Date, bool) {
	return func(l *look) (Date, bool) {
		d := last(l.a)
		return d, l.a.State == state && !l.s.runs() && (!d.IsZero() && l.day > d) == past
	}
}

func supplementDue(a *Application) Date { return a.Supplement.DueDate }
func feeDue(a *Application) Date        { return a.Fee.DueDate }

// LapseDate is the last day of those whom an open application waits for: the applicant, or
// the first of the parties asked. Zero: it waits for nobody, or no day is known.
func (r Rules) LapseDate(a *Application) (first Date) {
	switch a.State {
	case SupplementPending:
		return supplementDue(a)
	case FeePending:
		return feeDue(a)
	case Consulting:
		l := look{Watch: Watch{rules: r}, a: a}
		for _, c := range a.Consultations {
			if last := l.expiry(c); c.Open() && !last.IsZero() && (first.IsZero() || last < first) {
				first = last
			}
		}
	default:
	}
	return first
}

// opinionAwaited is the next day on which a consultation's period ends.
func opinionAwaited(l *look) (first Date, fits bool) {
	first = l.rules.LapseDate(l.a)
	return first, l.a.State == Consulting && l.s.Status.Suspended && !first.IsZero()
}

func always(*look) (Date, bool) { return 0, true }

// The table of risks. 109号 is 国办函〔2020〕109号, 235号 〔2016〕235号.
var riskRows = []riskRow{
	{
		RiskOverdue, due(isOverdue, isDecided, isHeld),
		"答复期限%s已过，法院裁定停止公开期间不得送达，期限不因此停止（法释〔2025〕8号第13条）；裁定解除后立即送达",
		"the last day %s is over; a court stays the delivery, which stops no clock (法释〔2025〕8号 Art 13): deliver as soon as it is released",
	},
	{
		RiskOverdue, due(isOverdue, isAnew),
		"责令或者重作的期限%s已过，请立即重新答复并送达（行政复议法第64、66条，行政诉讼法第70、72条）",
		"the ordered period ended on %s: decide anew and deliver now (行政复议法 Arts 64, 66; 行政诉讼法 Arts 70, 72)",
	},
	{
		RiskOverdue, due(isOverdue, isDecided),
		"答复期限%s已过，答复已签发，请立即送达（第33条）；办结时填写超期原因",
		"the last day was %s and the reply is signed: deliver it now (Art 33) and give the cause on closing",
	},
	{
		RiskOverdue, due(isOverdue),
		"答复期限%s已过，请立即答复并送达（第33条）；办结时填写超期原因",
		"the last day was %s: reply now (Art 33) and give the cause on closing",
	},
	{
		RiskOrder, due(isSoon, isOrdered),
		"责令或者重作的期限至%s届满，请在此前重新答复并送达（行政复议法第64、66条，行政诉讼法第70、72条）",
		"the ordered period ends on %s: decide anew and deliver by then (行政复议法 Arts 64, 66; 行政诉讼法 Arts 70, 72)",
	},
	{
		RiskDueToday, due(isToday, isAnew),
		"今日（%s）为重作期限最后一日，请今日重新答复并送达（第51条，行政复议法第64条，行政诉讼法第70条）",
		"today (%s) is the last day for the new decision: deliver it today (Art 51; 行政复议法 Art 64; 行政诉讼法 Art 70)",
	},
	{
		RiskDueToday, due(isToday, isDecided),
		"今日（%s）为答复期限最后一日，答复已签发，请今日送达（第33条）",
		"today (%s) is the last day and the reply is signed: deliver it today (Art 33)",
	},
	{
		RiskDueToday, due(isToday),
		"今日（%s）为答复期限最后一日，请今日答复并送达，或者依法延期（第33条）",
		"today (%s) is the last day: reply and deliver today, or extend lawfully (Art 33)",
	},
	{
		RiskSupplementWindow, windowCloses,
		"申请内容不明确的，应在%s以前一次性告知补正（第30条），逾期告知属程序瑕疵",
		"if the application is unclear, ask for a supplement by %s, once only (Art 30); a later notice is a defect",
	},
	{
		RiskUnconfirmed, unconfirmed(true, true),
		"平信应在收到当日（%s）与申请人确认收到日期，请立即确认（第31条第2项）",
		"ordinary post is confirmed with the applicant the day it arrives (%s): do it now (Art 31(2))",
	},
	{
		RiskUnconfirmed, unconfirmed(false, true),
		"应在%s以前与申请人确认收到日期，请立即确认（第31条第3项）",
		"the arrival was to be confirmed with the applicant by %s: do it now (Art 31(3))",
	},
	{
		RiskPartySilent, silent(ThirdParty),
		"第三方逾期未提出意见（期限至%s），请记录逾期，由本机关决定是否公开（第32条）",
		"the third party was silent until %s: record the lapse and decide whether to disclose (Art 32)",
	},
	{
		RiskPartySilent, silent(CoMaker),
		"共同制作机关逾期未答复（期限至%s），视为同意公开，请记录逾期（第34条）",
		"the co-maker was silent until %s, which is consent: record the lapse (Art 34)",
	},
	{
		RiskPartySilent, silent(Organ),
		"被征求意见的机关逾期未答复（期限至%s），请催办或者记录逾期（第11条、第17条第3款）",
		"the organ asked was silent until %s: remind it or record the lapse (Arts 11, 17(3))",
	},
	{
		RiskApplicantLapsed, awaited(SupplementPending, supplementDue, true),
		"补正期限%s已过，告知书有送达证明的按逾期不补正办结，不再处理（第30条）",
		"the applicant's period ended on %s: with proof that the notice arrived, record the lapse (Art 30)",
	},
	{
		RiskApplicantLapsed, awaited(FeePending, feeDue, true),
		"缴费期限%s已过，按逾期未缴费办结，不再处理（109号第6条）",
		"the period for payment ended on %s: record the lapse (109号 Art 6)",
	},
	{
		RiskInternal, pastInternal,
		"内部期限%s已过，请尽快提交答复意见（本机关规定）",
		"the agency's own limit of %s is past: put in the reply",
	},
	{
		RiskDueSoon, due(isSoon, isAnew),
		"重作期限至%s届满，请在此前重新答复并送达（第51条，行政复议法第64条，行政诉讼法第70条）",
		"the new decision is due on %s: deliver it by then (Art 51; 行政复议法 Art 64; 行政诉讼法 Art 70)",
	},
	{
		RiskDueSoon, due(isSoon, isDecided),
		"答复已签发，请在%s以前送达（第33条）",
		"the reply is signed: deliver it by %s (Art 33)",
	},
	{
		RiskDueSoon, due(isSoon),
		"答复期限至%s届满，请在此前答复并送达，或者依法延期（第33条）",
		"the last day is %s: reply and deliver by then, or extend lawfully (Art 33)",
	},
	{
		RiskUndelivered, due(isRunning, isDecided, isHeld),
		"答复已签发，法院裁定停止公开期间不得送达（法释〔2025〕8号第13条）；期限至%s",
		"the reply is signed; a court stays its delivery (法释〔2025〕8号 Art 13); the last day is %s",
	},
	{
		RiskUndelivered, due(isRunning, isDecided),
		"答复已签发未送达，请送达，期限至%s（235号）",
		"the reply is signed and not delivered; the last day is %s (235号)",
	},
	{
		RiskNone, unconfirmed(true, false),
		"平信请于收到当日（%s）与申请人确认收到日期（第31条第2项）",
		"confirm ordinary post with the applicant the day it arrives, %s (Art 31(2))",
	},
	{
		RiskNone, unconfirmed(false, false),
		"请在%s以前与申请人确认收到日期（第31条第3项）",
		"confirm the arrival with the applicant by %s (Art 31(3))",
	},
	{RiskNone, awaited(SupplementPending, supplementDue, false), "等待申请人补正（第30条）", "awaiting the supplement (Art 30)"},
	{RiskNone, awaited(FeePending, feeDue, false), "等待申请人缴费（109号第6条）", "awaiting payment (109号 Art 6)"},
	{
		RiskNone, opinionAwaited,
		"等待意见，期限至%s（第32、34条）",
		"awaiting an opinion until %s (Arts 32, 34)",
	},
	{RiskNone, due(isRunning), "答复期限至%s（第33条）", "the last day is %s (Art 33)"},
	{RiskNone, always, "等待意见，期限停计（第11条、第17条第3款）", "awaiting an opinion; the clock stands (Arts 11, 17(3))"},
}
