package workflow

import (
	"cmp"
	"fmt"
	"slices"

	"gongkai/workflow/calendar"
	"gongkai/workflow/deadline"
)

// Guard is a condition of the law on an act. It says why not.
type Guard struct {
	// Evidence guards ask for proof that a ledger has no column for: there they warn.
	Evidence bool
	// Early guards look at the case, the day and the person alone, so that an action can be shown as
	// impossible before its fields are filled in.
	Early bool
	// Fresh guards ask by what holds on the day of entry (the agency's settings) and are
	// not asked again of what is recorded.
	Fresh bool
	Check func(*judging) *Refusal
}

// judging is an act before the law: the case as it stood before it, the calendar as it
// was known on its day, the deadline that ran then.
type judging struct {
	settings Settings
	prior    func(number string) *Application // of a repeat; nil: cannot be looked up
	a        *Application
	act      *Act
	cal      *calendar.Calendar
	due      *deadline.Result
}

// deadline is that of the case before the act.
func (j *judging) deadline() deadline.Result {
	if j.due == nil {
		r := deadline.Compute(j.a.Facts(), j.cal)
		j.due = &r
	}
	return *j.due
}

func early(check func(*judging) *Refusal) Guard { return Guard{Early: true, Check: check} }

func ofFields(check func(*judging) *Refusal) Guard { return Guard{Check: check} }

func evidence(check func(*judging) *Refusal) Guard { return Guard{Evidence: true, Check: check} }

// supplementNoticeWorkdays is the time within which a supplement is asked for (Art 30),
// usualSupplementWorkdays the length rarely exceeded (J 一(二)4).
const (
	supplementNoticeWorkdays = 7
	usualSupplementWorkdays  = 15
	feeWorkdays              = 20
	redecisionWorkdays       = 20
)

var (
	firstFeeDay         = calendar.New(2021, 1, 1)
	firstReviewFirstDay = calendar.New(2024, 1, 1)
)

var inScope = ofFields(func(j *judging) *Refusal {
	if j.act.Date < deadline.FirstDay {
		return refuse(OutOfScope, "", "《条例》2008 Art 38", "收到日期%s早于2008年5月1日，当时《条例》尚未施行，不能登记；请核对日期",
			"received on %s, before 2008-05-01, when no Regulation was in force; check the date", j.act.Date)
	}
	return nil
})

// stillThere refuses what arrives at an agency that was abolished by then: its successor
// answers. It is asked on entry only, because an abolition may be recorded later.
var stillThere = Guard{Fresh: true, Check: func(j *judging) *Refusal {
	l := j.settings.Lineage
	if l.Abolished.IsZero() || j.act.Date < l.Abolished {
		return nil
	}
	if l.Successor == "" {
		return refuse(DateOrder, "arrive_date", "国办公开办函〔2019〕14号", "本机关已于%[2]s撤销，不能登记%[1]s到达的申请；请告知申请人向承继其职权的机关提出",
			"this agency was abolished on %[2]s and cannot register what arrived on %[1]s; have the applicant apply to the agency that took over", j.act.Date, l.Abolished)
	}
	return refuse(DateOrder, "arrive_date", "国办公开办函〔2019〕14号", "本机关已于%[2]s撤销，不能登记%[1]s到达的申请；请由承继机关%[3]s登记",
		"this agency was abolished on %[2]s and cannot register what arrived on %[1]s; have its successor %[3]s register it", j.act.Date, l.Abolished, l.Successor)
}}

var notAfterDue = early(func(j *judging) *Refusal {
	due := j.deadline().Due
	if due.IsZero() || j.act.Date <= due {
		return nil
	}
	return refuse(PeriodOver, "", "", "%s已超过答复期限%s，期限届满后不得办理该步骤；请尽快答复",
		"%s is after the last day for the reply, %s; an expired period allows this no more, so reply now", j.act.Date, due)
})

var supplementedBefore = early(func(j *judging) *Refusal {
	if j.a.Supplement.NotifyDate.IsZero() || j.settings.Text(SetSecondSupplement, j.act.Date) == choseSupervisor {
		return nil
	}
	return refuse(SecondSupplement, "", "Art 30", "已于%s告知过补正，补正只能一次性告知；仍不明确的，请电话或当面沟通后以“补正后申请内容仍不明确”答复",
		"a supplement was requested on %s and may be requested once only; if still unclear, call or meet the applicant, then decide unavailable.still_unclear",
		j.a.Supplement.NotifyDate)
})

var supplementPeriodGiven = evidence(func(j *judging) *Refusal {
	if j.act.Due.IsZero() && j.act.Workdays == 0 {
		return refuse(FieldInvalid, "due_date", "Art 30", "请写明补正期限（due_date）或者工作日数（workdays）",
			"give the applicant's last day (due_date) or a number of workdays (workdays)")
	}
	return nil
})

var withinSupplement = evidence(func(j *judging) *Refusal {
	due := j.a.Supplement.DueDate
	if j.act.GoodCause || !j.a.Supplement.missed(j.act) {
		return nil
	}
	return refuse(PeriodOver, "receive_date", "Art 30", "%s收到补正，已超过补正期限%s；期内交邮的请填post_date，有正当理由的请填good_cause，否则按逾期不补正办结",
		"received on %s, after the applicant's last day %s; give post_date if posted in time or good_cause if excused, else record the lapse", j.act.Date, due)
})

// missed reports whether a corrected application was neither received nor posted within
// the applicant's period.
func (s Supplement) missed(act *Act) bool {
	sent := cmp.Or(act.Post, act.Date)
	return !s.DueDate.IsZero() && sent > s.DueDate
}

var noticeAfterLetter = ofFields(func(j *judging) *Refusal {
	if sent := j.a.Supplement.NotifyDate; !j.act.Receive.IsZero() && j.act.Receive < sent {
		return refuse(DateOrder, "notice_receive_date", "Art 30", "补正告知书的送达日期%s早于发出日期%s", "the notice of %[2]s cannot have arrived on %[1]s", j.act.Receive, sent)
	}
	return nil
})

var supplementOver = early(func(j *judging) *Refusal {
	due := j.a.Supplement.due(j.act.Receive, j.cal)
	if !due.IsZero() && j.act.Date <= due {
		return refuse(PeriodRunning, "", "Art 30", "补正期限至%s届满，次日起方可按逾期不补正办结", "the applicant has until %s; the lapse may be recorded from the next day on", due)
	}
	return nil
})

var noticeProven = evidence(func(j *judging) *Refusal {
	if j.a.Supplement.NoticeDate.IsZero() && j.act.Receive.IsZero() {
		return refuse(EvidenceMissing, "notice_receive_date", "Art 30", "没有补正告知书的送达证明，期限未起算；请填notice_receive_date",
			"it is not proven that the notice arrived, so no period ran; give notice_receive_date")
	}
	return nil
})

var lapsedForSupplement = early(func(j *judging) *Refusal {
	if j.a.Supplement.Lapsed && len(j.a.Replies) == 0 {
		return nil
	}
	return refuse(ActionNotPossible, "", "Art 30", "只有因逾期不补正办结的申请可以恢复办理；其他情形请用“自行重作”",
		"only an application closed for want of a supplement can be taken up again; otherwise replace the reply")
})

var partyDayNamed = evidence(func(j *judging) *Refusal {
	free := j.act.Consulted == Organ || j.a.Regime == R2008
	if free && j.act.Due.IsZero() {
		return refuse(FieldInvalid, "due_date", "Arts 11, 17(3); 2008 Art 23", "法律没有规定该意见的期限，征求意见书须写明期限，请填due_date",
			"the law sets no period for this opinion, so the letter must name a day: give due_date")
	}
	return nil
})

var consultationOpen = ofFields(func(j *judging) *Refusal {
	n := j.a.consultationOf(j.act)
	if n == 0 || !j.a.Consultations[n-1].Open() {
		return refuse(ConsultationUnknown, "consultation", "Arts 32, 34", "没有待答复的%[1]s；只有一件待答复时可不填编号",
			"%[2]s is not open; the number may be left out only while just one is open", letterZH(j.act.Consultation), letterEN(j.act.Consultation))
	}
	return nil
})

func letterZH(n int) string {
	if n == 0 {
		return "征求意见（未指明编号）"
	}
	return fmt.Sprintf("第%d号征求意见", n)
}

func letterEN(n int) string {
	if n == 0 {
		return "a consultation without number"
	}
	return fmt.Sprintf("consultation %d", n)
}

var letterAfterSending = ofFields(func(j *judging) *Refusal {
	sent := j.a.Consultations[j.a.consultationOf(j.act)-1].SendDate
	if !j.act.Receive.IsZero() && j.act.Receive < sent {
		return refuse(DateOrder, "party_receive_date", "Arts 32, 34", "对方收到征求意见书的日期%s早于发函日期%s", "the party cannot have received on %s the letter of %s", j.act.Receive, sent)
	}
	return nil
})

var consultationOver = ofFields(func(j *judging) *Refusal {
	n := j.a.consultationOf(j.act)
	if n == 0 || j.act.Returned {
		return nil
	}
	p := j.a.Consultations[n-1].pause(j.act.Receive)
	last := p.Expiry(j.a.Regime, j.cal)
	if last.IsZero() {
		return refuse(PeriodRunning, "lapse_date", "Arts 11, 17(3); 2008 Art 23", "征求意见书没有写明期限，不能记为逾期；请记录收到意见或者退回（returned）",
			"the letter named no day, so nothing has lapsed; record the opinion or that the letter came back (returned)")
	}
	if j.act.Date <= last {
		return refuse(PeriodRunning, "lapse_date", "Arts 32, 34", "意见期限至%s届满，次日起方可记为逾期；信件退回的请填returned",
			"the party has until %s; the lapse may be recorded from the next day on, or returned if the letter came back", last)
	}
	return nil
})

// unanswered reports whether a consultation ended without an answer in time.
func (c Consultation) unanswered() bool {
	return !c.Open() && (c.Lapsed || c.Opinion == NoAnswer || !c.LateDate.IsZero())
}

var someUnanswered = early(func(j *judging) *Refusal {
	if slices.ContainsFunc(j.a.Consultations, Consultation.unanswered) {
		return nil
	}
	return refuse(ConsultationUnknown, "consultation", "Art 32", "没有逾期未答复的征求意见；仍在期限内的请用“收到意见”",
		"no consultation ended without an answer; while one is open, record the opinion itself")
})

var consultationLapsed = ofFields(func(j *judging) *Refusal {
	if n := j.a.consultationOf(j.act); n != 0 && j.a.Consultations[n-1].unanswered() {
		return nil
	}
	return refuse(ConsultationUnknown, "consultation", "Art 32", "%[1]s不是逾期未答复的征求意见；请写明编号", "%[2]s did not end without an answer; give the number of one that did",
		letterZH(j.act.Consultation), letterEN(j.act.Consultation))
})

var extendedBefore = early(func(j *judging) *Refusal {
	if j.a.Extension.Workdays == 0 {
		return nil
	}
	return refuse(SecondExtension, "", "Art 33", "已于%s延期%d个工作日，每件申请只能延期一次", Plural(j.a.Extension.Workdays, "extended on %s by %d workday already", "extended on %s by %d workdays already")+"; an application is extended once only",
		j.a.Extension.NotifyDate, j.a.Extension.Workdays)
})

var notDeferred = early(func(j *judging) *Refusal {
	if j.a.Deferral.DueDate.IsZero() {
		return nil
	}
	return refuse(AlreadyExtended, "", "Art 35", "已确定延迟答复至%s，不能再延期", "deferred to %s; a deferred application is not extended as well", j.a.Deferral.DueDate)
})

var extensionLength = ofFields(func(j *judging) *Refusal {
	most := j.a.Regime.Days()
	if j.act.Workdays >= 1 && j.act.Workdays <= most {
		return nil
	}
	return refuse(ExtensionTooLong, "workdays", "Art 33; 2008 Art 24", "延期%d个工作日不合法，可延长1至%d个工作日", "%d workdays are not lawful; 1 to %d may be added", j.act.Workdays, most)
})

var reasonsOver = early(func(j *judging) *Refusal {
	due := j.a.Reasons.DueDate
	switch {
	case due.IsZero():
		return refuse(PeriodRunning, "", "Art 35", "要求说明理由的通知书没有写明期限，不能记为逾期；可以直接答复", "the letter named no day for the explanation, so nothing has lapsed; decide instead")
	case j.act.Date <= due:
		return refuse(PeriodRunning, "", "Art 35", "说明理由的期限至%s届满，次日起方可记为逾期", "the applicant has until %s to explain; the lapse may be recorded from the next day on", due)
	}
	return nil
})

var neitherExtendedNorDeferred = early(func(j *judging) *Refusal {
	if j.a.Extension.Workdays > 0 {
		return refuse(AlreadyExtended, "", "Art 35", "已延期的申请不能再延迟答复", "an extended application cannot be deferred as well")
	}
	if !j.a.Deferral.DueDate.IsZero() {
		return refuse(AlreadyExtended, "", "Art 35", "已确定延迟答复至%s，不能再次延迟", "deferred to %s already; it cannot be deferred again", j.a.Deferral.DueDate)
	}
	return nil
})

var reasonsAccepted = Guard{Early: true, Evidence: true, Check: func(j *judging) *Refusal {
	if j.a.Reasons.Accepted {
		return nil
	}
	return refuse(ReasonsNotAccepted, "", "Art 35", "延迟答复须以申请人说明的理由合理为前提；请先记录收到说明并认可（accepted）",
		"deferral needs reasons of the applicant that were found reasonable; record them as accepted first")
}}

var deferralLater = ofFields(func(j *judging) *Refusal {
	if due := j.deadline().Due; j.act.Due <= due {
		return refuse(DateOrder, "due_date", "Art 35", "延迟答复日期%s应晚于现答复期限%s", "the deferred date %s must be after the present last day %s", j.act.Due, due)
	}
	return nil
})

var feeInForce = early(func(j *judging) *Refusal {
	if j.a.ReceiveDate >= firstFeeDay {
		return nil
	}
	return refuse(FeeNotAllowed, "", "Art 42(2); 109号", "%s收到的申请不能收取信息处理费，收费办法自2021年1月1日起施行",
		"no processing fee for an application received on %s; the rules on fees apply from 2021-01-01", j.a.ReceiveDate)
})

var feeAmount = ofFields(func(j *judging) *Refusal {
	if j.act.Amount > 0 {
		return nil
	}
	return refuse(FieldInvalid, "amount_fen", "109号 Arts 4, 5", "收费金额应大于0", "the amount must be above 0")
})

var oneTariff = ofFields(func(j *judging) *Refusal {
	for _, p := range j.a.Payments {
		if p.Tariff != "" && j.act.Tariff != "" && p.Tariff != j.act.Tariff {
			return refuse(FeeNotAllowed, "tariff", "109号 Art 3", "该申请已按另一标准收费，按件、按量只能选择其一", "this application was charged by the other tariff; by request and by page are never both charged")
		}
	}
	return nil
})

var feeInTime = early(func(j *judging) *Refusal {
	if j.act.Date <= j.a.Fee.DueDate {
		return nil
	}
	return refuse(PeriodOver, "", "109号 Art 6", "%s缴费，已超过缴费期限%s；应按逾期未缴费办结", "paid on %s, after the last day %s; record the lapse", j.act.Date, j.a.Fee.DueDate)
})

var feeFull = ofFields(func(j *judging) *Refusal {
	if j.act.Amount == 0 || j.act.Amount >= j.a.Fee.Amount {
		return nil
	}
	return refuse(FeeNotFull, "amount_fen", "109号 Art 6", "只缴%d分，少于通知的%d分；请在期限内收齐后登记", "%d fen are less than the %d of the notice; record the payment once it is full", j.act.Amount, j.a.Fee.Amount)
})

var feeOver = early(func(j *judging) *Refusal {
	if j.act.Date > j.a.Fee.DueDate {
		return nil
	}
	return refuse(PeriodRunning, "", "109号 Art 6", "缴费期限至%s届满，次日起方可按逾期未缴费办结", "the applicant has until %s to pay; the lapse may be recorded from the next day on", j.a.Fee.DueDate)
})

var notHeld = early(func(j *judging) *Refusal {
	if !j.a.Hold {
		return nil
	}
	return refuse(Held, "", "法释〔2025〕8号 Art 13", "法院已裁定停止公开，解除前不得送达", "a court stays the disclosure; nothing may be delivered until it is released")
})

var held = early(func(j *judging) *Refusal {
	if j.a.Hold {
		return nil
	}
	return refuse(ActionNotPossible, "", "法释〔2025〕8号 Art 13", "没有暂缓交付的裁定，无从解除", "nothing is stayed, so there is nothing to release")
})

var validCourier = ofFields(func(j *judging) *Refusal {
	if j.act.Mode != DeliverCourier {
		return nil
	}
	return refuse(CourierNotValid, "mode", "〔2016〕235号", "其他快递不是有效送达；请改由邮政企业寄送或者直接送达", "another courier is no valid delivery; post it with 邮政企业 or hand it over")
})

var replyDelivered = early(func(j *judging) *Refusal {
	if j.a.Reply().DeliverDate.IsZero() {
		return refuse(ActionNotPossible, "", "〔2016〕235号", "该申请未经答复办结，没有可退的答复", "closed without a reply, so none can come back")
	}
	return nil
})

var signedAfterOrder = ofFields(func(j *judging) *Refusal {
	if sign := j.act.Sign; !sign.IsZero() && sign < j.a.Redecision.OrderDate {
		return refuse(DateOrder, "decide_date", "行政复议法 Art 64", "签发日期%s早于责令重作之日%s", "signed on %s, before the order of %s", sign, j.a.Redecision.OrderDate)
	}
	return nil
})
