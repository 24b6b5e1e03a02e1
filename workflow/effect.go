package workflow

import (
	"slices"

	"gongkai/workflow/calendar"
	"gongkai/workflow/deadline"
)

// effect is what an act changes beside the state. It judges nothing. The slices it
// appends to belong to the fold that runs.
type effect func(a *Application, act *Act, cal *calendar.Calendar)

// effects holds one for each action that changes more than the state.
var effects = map[Action]effect{
	ActSubmit:            submit,
	ActConfirm:           confirm,
	ActRequestSupplement: requestSupplement,
	ActSubmitSupplement: func(a *Application, act *Act, _ *calendar.Calendar) {
		a.Supplement.ReceiveDate = act.Date
	},
	ActLapseSupplement: lapseSupplement,
	ActReopen: func(a *Application, act *Act, _ *calendar.Calendar) {
		a.Supplement.ReceiveDate, a.Supplement.Lapsed, a.ReopenDate = act.Date, false, act.Date
		a.Conclusion = Conclusion{}
	},
	ActConsult:           consult,
	ActReceiveOpinion:    endConsultation,
	ActLapseOpinion:      endConsultation,
	ActRecordLateOpinion: recordLateOpinion,
	ActExtend: func(a *Application, act *Act, _ *calendar.Calendar) {
		a.Extension = Extension{Workdays: act.Workdays, NotifyDate: act.Date, Survives: act.Setting == choseSurvives}
	},
	ActAskReasons: func(a *Application, act *Act, _ *calendar.Calendar) {
		a.Reasons = Reasons{NotifyDate: act.Date, DueDate: act.Due}
	},
	ActReceiveReasons: func(a *Application, act *Act, _ *calendar.Calendar) {
		a.Reasons.ReceiveDate, a.Reasons.Accepted = act.Date, act.Accepted
	},
	ActLapseReasons: func(a *Application, _ *Act, _ *calendar.Calendar) { a.Reasons.Lapsed = true },
	ActDefer: func(a *Application, act *Act, _ *calendar.Calendar) {
		a.Deferral = Deferral{NotifyDate: act.Date, DueDate: act.Due}
	},
	ActNotifyFee: func(a *Application, act *Act, _ *calendar.Calendar) {
		a.Fee = Fee{ReceiveDate: act.Date, Amount: act.Amount, Tariff: act.Tariff}
	},
	ActPayFee: payFee,
	ActLapseFee: func(a *Application, act *Act, cal *calendar.Calendar) {
		a.conclude(act.Date, "other.fee_unpaid", cal)
		a.Fee.Lapsed = true
	},
	ActCancelFee:        func(a *Application, _ *Act, _ *calendar.Calendar) { a.Fee = Fee{} },
	ActAssign:           assign,
	ActAcceptAssignment: func(a *Application, act *Act, _ *calendar.Calendar) { a.holding().Accepted = act.Date },
	ActSendBack:         sendBack,
	ActWithdraw: func(a *Application, act *Act, cal *calendar.Calendar) {
		a.conclude(act.Date, "other.withdrawn", cal)
	},
	ActClose: func(a *Application, act *Act, cal *calendar.Calendar) {
		a.conclude(act.Date, "other.other", cal)
		a.Conclusion.LateCause = act.LateCause
	},
	ActDecide: decide,
	ActSubmitForReview: func(a *Application, act *Act, _ *calendar.Calendar) {
		a.Draft = Draft{Basis: act.Basis, DocumentNo: act.Document, By: act.By, Steps: act.Steps}
	},
	ActApprove: approve,
	ActReturnDraft: func(a *Application, _ *Act, _ *calendar.Calendar) {
		a.Draft = Draft{}
	},
	ActDeliver:         deliver,
	ActFailDelivery:    failDelivery,
	ActOrderRedecision: orderRedecision,
	ActReplace: func(a *Application, act *Act, _ *calendar.Calendar) {
		a.Redecision = Redecision{OrderDate: act.Date, Workdays: redecisionWorkdays}
	},
	ActDeliverRedecision: deliverRedecision,
	ActHold:              func(a *Application, _ *Act, _ *calendar.Calendar) { a.Hold = true },
	ActRelease:           func(a *Application, _ *Act, _ *calendar.Calendar) { a.Hold = false },
}

func submit(a *Application, act *Act, _ *calendar.Calendar) {
	a.Channel, a.Applicant.Kind, a.ArriveDate, a.RegisteredBy = act.Channel, act.Kind, act.Date, act.By
	a.Regime = deadline.RegimeOf(act.Date)
	if confirmedOnArrival(a, act) {
		a.receive(act.Date)
		if act.Channel == OnlineForm {
			a.ReceiveRule = SetOnlineReceipt + "=" + choseAutomatic
		}
	}
}

// confirm fixes the day of receipt: that of the confirmation, or an earlier one where the
// agency has set so.
func confirm(a *Application, act *Act, cal *calendar.Calendar) {
	a.receive(act.Date)
	day, key := act.Date, ""
	switch act.Setting {
	case choseArrival:
		day, key = a.ArriveDate, SetEarlyReceipt
	case choseLastDay:
		day, key = a.lastConfirmation(cal), SetDelayedConfirm
	}
	if day < act.Date {
		a.receive(day)
		a.ReceiveRule = key + "=" + act.Setting
	}
}

// lastConfirmation is the last day for confirming an arrival: the same for an ordinary
// letter (Art 31(2)), the next workday for what came otherwise.
func (a *Application) lastConfirmation(cal *calendar.Calendar) Date {
	if a.Channel == PostOrdinary {
		return a.ArriveDate
	}
	return cal.AddWorkdays(a.ArriveDate, 1)
}

// receive fixes the day of receipt, and with it the regime.
func (a *Application) receive(day Date) {
	a.ReceiveDate, a.Regime = day, deadline.RegimeOf(day)
}

func requestSupplement(a *Application, act *Act, cal *calendar.Calendar) {
	s := Supplement{NotifyDate: act.Date, NoticeDate: act.Receive, DueDate: act.Due}
	if act.Due.IsZero() {
		s.Workdays = act.Workdays
	}
	s.Restarts = a.Regime == R2008 && act.Setting == choseRestart
	s.Late = a.Regime == R2019 && act.Date > cal.AddWorkdays(a.ReceiveDate, supplementNoticeWorkdays)
	a.Supplement = s
}

// due is the applicant's last day: the one named, or counted from its receipt of the
// notice; received is that day where it became known later.
func (s Supplement) due(received Date, cal *calendar.Calendar) Date {
	if s.Workdays == 0 {
		return s.DueDate
	}
	return cal.AddWorkdays(max(s.NotifyDate, s.NoticeDate, received), s.Workdays)
}

func lapseSupplement(a *Application, act *Act, cal *calendar.Calendar) {
	a.Supplement.DueDate = a.Supplement.due(act.Receive, cal)
	a.Supplement.NoticeDate = max(a.Supplement.NoticeDate, act.Receive)
	a.conclude(act.Date, "other.not_supplemented", cal)
	a.Supplement.Lapsed = true
}

func consult(a *Application, act *Act, _ *calendar.Calendar) {
	switch a.State {
	case Deferred:
		a.Resume = Deferred
	case Consulting:
	default:
		a.Resume = Processing
	}
	a.Consultations = append(a.Consultations, Consultation{
		Revision: act.Revision, Kind: act.Consulted, SendDate: act.Date, ReceiveDate: act.Receive, DueDate: act.Due,
	})
}

// address fixes which consultation an opinion is about: the letter named when it was
// recorded, else the one of that number, else the only one that it can mean. The number
// of an act is what it is in the history as it now stands.
func (a *Application) address(act *Act) {
	switch act.Action {
	case ActReceiveOpinion, ActLapseOpinion, ActRecordLateOpinion:
	default:
		return
	}
	n := act.Consultation
	if act.Letter != 0 {
		n = 1 + slices.IndexFunc(a.Consultations, func(c Consultation) bool { return c.Revision == act.Letter })
	} else if n == 0 {
		n = a.onlyConsultation(act.Action != ActRecordLateOpinion)
	}
	if n < 1 || n > len(a.Consultations) {
		return
	}
	if letter := a.Consultations[n-1].Revision; act.Consultation != n || act.Letter != letter {
		act.Consultation, act.Letter = n, letter
	}
}

// onlyConsultation is the number of the one consultation that is open or not; 0 if there
// is none or more than one.
func (a *Application) onlyConsultation(open bool) int {
	n := 0
	for i, c := range a.Consultations {
		if c.Open() == open {
			if n != 0 {
				return 0
			}
			n = i + 1
		}
	}
	return n
}

// consultationOf is the number of the consultation that an act is about; 0 if there is
// none.
func (a *Application) consultationOf(act *Act) int {
	if n := act.Consultation; n >= 1 && n <= len(a.Consultations) && a.Consultations[n-1].Revision == act.Letter {
		return n
	}
	return 0
}

func endConsultation(a *Application, act *Act, _ *calendar.Calendar) {
	n := a.consultationOf(act)
	if n == 0 {
		return
	}
	c := &a.Consultations[n-1]
	c.ReceiveDate = max(c.ReceiveDate, act.Receive)
	switch {
	case act.Action == ActReceiveOpinion:
		c.EndDate, c.Opinion = act.Date, act.Opinion
	case act.Returned:
		c.EndDate, c.Opinion = act.Date, NoAnswer
	default:
		c.Lapsed, c.Opinion = true, NoAnswer
		if c.Kind == CoMaker {
			c.Opinion = Consent // Art 34: silence is consent
		}
	}
}

func recordLateOpinion(a *Application, act *Act, _ *calendar.Calendar) {
	n := a.consultationOf(act)
	if n == 0 {
		return
	}
	a.Consultations[n-1].Opinion, a.Consultations[n-1].LateDate = act.Opinion, act.Date
}

func payFee(a *Application, act *Act, _ *calendar.Calendar) {
	paid := act.Amount
	if paid == 0 {
		paid = a.Fee.Amount
	}
	a.Fee.PayDate, a.Fee.Paid = act.Date, paid
	a.Payments = append(a.Payments, Payment{Date: act.Date, Amount: paid, Tariff: a.Fee.Tariff})
}

func decide(a *Application, act *Act, _ *calendar.Calendar) {
	a.reply(Reply{Basis: act.Basis, DecideDate: act.Date, DocumentNo: act.Document})
}

// reply adds a reply; one that was signed before and never delivered gives way.
func (a *Application) reply(r Reply) {
	if n := len(a.Replies); n > 0 && a.Replies[n-1].DeliverDate.IsZero() {
		a.Replies = a.Replies[:n-1]
	}
	a.Replies = append(a.Replies, r)
}

func approve(a *Application, act *Act, _ *calendar.Calendar) {
	a.Draft.Step++
	if a.Draft.Step >= a.Draft.Steps {
		a.reply(Reply{Basis: a.Draft.Basis, DecideDate: act.Date, DocumentNo: a.Draft.DocumentNo})
		a.Draft = Draft{}
	}
}

func deliver(a *Application, act *Act, cal *calendar.Calendar) {
	r := a.Reply()
	r.Mode, r.DeliverDate = act.Mode, act.Date
	a.conclude(act.Date, r.Basis, cal)
	a.Conclusion.LateCause = act.LateCause
	a.reply(r)
}

// failDelivery takes back the delivery of the latest reply: of a re-decision, which must
// then be given anew, or of the reply that concluded the case, which thereby is open again.
func failDelivery(a *Application, _ *Act, _ *calendar.Calendar) {
	last := len(a.Replies) - 1
	if last < 0 {
		return
	}
	if a.Replies[last].Redecision {
		a.Replies = a.Replies[:last]
		return
	}
	a.Replies[last].DeliverDate, a.Replies[last].Mode = 0, ""
	a.Conclusion = Conclusion{}
}

func orderRedecision(a *Application, act *Act, _ *calendar.Calendar) {
	r := Redecision{OrderDate: act.Date, DueDate: act.Due, Workdays: act.Workdays}
	if r.DueDate.IsZero() && r.Workdays == 0 {
		r.Workdays = redecisionWorkdays
	}
	a.Redecision = r
}

func deliverRedecision(a *Application, act *Act, _ *calendar.Calendar) {
	sign := act.Sign
	if sign.IsZero() {
		sign = act.Date
	}
	a.Replies = append(a.Replies, Reply{
		Basis: act.Basis, DecideDate: sign, DocumentNo: act.Document, Mode: act.Mode, DeliverDate: act.Date, Redecision: true,
	})
}

// conclude records the first closing. It is called while the case still stands as it did
// before the closing act, because the clock is judged by that. An order to reply, which
// comes when the time of the law was missed, gives no other measure: overdue stays.
func (a *Application) conclude(day Date, basis Basis, cal *calendar.Calendar) {
	facts := a.Facts()
	facts.OrderDate, facts.OrderDue, facts.OrderWorkdays = 0, 0, 0
	r := deadline.Compute(facts, cal)
	c := Conclusion{Date: day, Basis: basis, Timing: OnTime, DueDate: r.Due, Calendar: cal.Revision(), Workdays: r.Used(facts, day, cal)}
	if r.Wait != deadline.Running {
		c.DueDate = 0 // the clock stood, so nothing could be late
	}
	switch {
	case c.DueDate.IsZero() || day <= r.Plain:
	case day <= r.Due:
		c.Timing = Extended
	default:
		c.Timing = Late
	}
	a.Conclusion, a.Draft = c, Draft{}
}

// pause is the consultation as the clock sees it; received is the party's receipt of the
// letter where it became known later.
func (c Consultation) pause(received Date) deadline.Pause {
	return deadline.Pause{
		Kind: c.Kind, Send: c.SendDate, Receive: max(c.ReceiveDate, received), Due: c.DueDate, End: c.EndDate,
	}
}

// Facts is all that the answer period depends on.
func (a *Application) Facts() deadline.Facts {
	f := deadline.Facts{
		Regime: a.Regime, Receive: a.ReceiveDate,
		SupplementNotify: a.Supplement.NotifyDate, SupplementReceive: a.Supplement.ReceiveDate,
		SupplementOpen: a.State == SupplementPending,
		FeeOpen:        a.State == FeePending, FeePaid: a.feePaid(), Reopened: a.ReopenDate,
		ExtensionWorkdays: a.Extension.Workdays, ExtensionNotify: a.Extension.NotifyDate,
		DeferralNotify: a.Deferral.NotifyDate, DeferralDue: a.Deferral.DueDate,
		OrderDate: a.Redecision.OrderDate, OrderDue: a.Redecision.DueDate, OrderWorkdays: a.Redecision.Workdays,
		SupplementRestarts: a.Supplement.Restarts, ExtensionSurvives: a.Extension.Survives, ReceiveRule: a.ReceiveRule,
	}
	if len(a.Consultations) > 0 {
		f.Pauses = make([]deadline.Pause, len(a.Consultations))
		for i, c := range a.Consultations {
			f.Pauses[i] = c.pause(0)
			f.Pauses[i].Lapsed = c.Lapsed
		}
	}
	return f
}

// feePaid is the latest payment; a later notice, also one withdrawn, does not undo it.
func (a *Application) feePaid() Date {
	if n := len(a.Payments); n > 0 {
		return a.Payments[n-1].Date
	}
	return 0
}

// firstReply is the day on which the first reply reached the applicant.
func (a *Application) firstReply() Date {
	for _, r := range a.Replies {
		if !r.DeliverDate.IsZero() {
			return r.DeliverDate
		}
	}
	return 0
}
