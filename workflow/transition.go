package workflow

import (
	"cmp"
	"slices"

	"gongkai/workflow/deadline"
)

// Transition is one row of the law's own order of steps: from which states an action
// leads where, on which conditions, who may do it, and by which article.
type Transition struct {
	// Name tells apart the rows of one action between which the facts choose.
	Name   string
	Action Action
	From   []State
	To     State
	Stay   bool // the state stays; To is empty
	// Case chooses among the rows of one action; nil: always.
	Case func(*Application, *Act) bool
	// Guards are asked in order; the first refusal stands.
	Guards []Guard
	Roles  []Role
	Basis  string // the article
}

// The sets of states that several rows start from.
var (
	examined  = []State{Received, Processing}
	decidable = []State{Received, Processing, ReasonsPending, Deferred}
	// running has a day of receipt and no delivered reply.
	running = []State{
		Received, SupplementPending, Processing, Consulting, ReasonsPending, Deferred, FeePending, UnderReview, Decided,
	}
	anyOpen = append([]State{Submitted, Redeciding}, running...)
	every   = append([]State{Closed, Archived}, anyOpen...)
	ended   = []State{Closed, Archived}
	// since2019 have no counterpart in the Regulation of 2008.
	since2019 = []State{ReasonsPending, Deferred, FeePending}
)

// The sets of roles.
var (
	handlers    = []Role{Officer, Supervisor}
	supervisors = []Role{Supervisor}
)

// Transitions returns the whole workflow of an application under a regime. Everything
// else in this package, the diagram included, derives from it.
func Transitions(r Regime) []Transition {
	out := []Transition{}
	for _, t := range table {
		if t.only == 0 || t.only == r {
			row := t.Transition
			if r == R2008 {
				row.Basis = cmp.Or(t.basis2008, t.Basis)
				row.From = slices.DeleteFunc(slices.Clone(t.From), func(s State) bool { return slices.Contains(since2019, s) })
			}
			out = append(out, row)
		}
	}
	return out
}

// regimeRow is a row with what differs between the regimes.
type regimeRow struct {
	Transition
	only      Regime // 0: both
	basis2008 string // article of 2008 for the same step
}

// row makes a transition to another state, stay one that remains.
func row(name string, action Action, from []State, to State, basis, basis2008 string, roles []Role, guards ...Guard) regimeRow {
	return regimeRow{
		Transition: Transition{
			Name: name, Action: action, From: from, To: to, Stay: to == "", Guards: guards, Roles: roles, Basis: basis,
		},
		basis2008: basis2008,
	}
}

func (t regimeRow) when(fits func(*Application, *Act) bool) regimeRow { t.Case = fits; return t }

func (t regimeRow) since2019() regimeRow { t.only = R2019; return t }

const stay = ""

// The table. Law without a name is the Regulation; 207号 is 国办公开办函〔2015〕207号, 235号
// 〔2016〕235号, 109号 国办函〔2020〕109号, SPC 法释〔2025〕8号.
var table = []regimeRow{
	row("submit_confirmed", ActSubmit, []State{""}, Received, "Arts 29, 31(1), 31(2)", "Art 20; 207号", handlers, inScope, stillThere).when(confirmedOnArrival),
	row("submit_unconfirmed", ActSubmit, []State{""}, Submitted, "Arts 29, 31(2), 31(3)", "Art 20; 207号", handlers, inScope, stillThere).when(not(confirmedOnArrival)),
	row("confirm", ActConfirm, []State{Submitted}, Received, "Art 31(2), 31(3)", "207号", handlers, inScope),

	row("request_supplement", ActRequestSupplement, examined, SupplementPending, "Art 30", "Art 21(4)", handlers, supplementedBefore, notAfterDue, supplementPeriodGiven),
	row("submit_supplement", ActSubmitSupplement, []State{SupplementPending}, Processing, "Art 30", "Art 21(4)", handlers, withinSupplement),
	row("lapse_supplement", ActLapseSupplement, []State{SupplementPending}, Closed, "Art 30", "Art 21(4)", handlers, noticeAfterLetter, supplementOver, noticeProven),
	row("reopen", ActReopen, []State{Closed}, Processing, "Art 30", "Art 21(4)", supervisors, lapsedForSupplement),

	row("consult", ActConsult, []State{Received, Processing, Consulting}, Consulting, "Arts 11, 17(3), 32, 34", "Art 23", handlers, notAfterDue, partyDayNamed),
	row("consult_deferred", ActConsult, []State{Deferred}, Consulting, "Arts 11, 17(3), 32, 34", "", handlers, notAfterDue, partyDayNamed).since2019(),
	row("receive_opinion", ActReceiveOpinion, []State{Consulting}, stay, "Arts 32, 34", "Art 23", handlers, consultationOpen, letterAfterSending).when(not(lastOpinion)),
	row("receive_last_opinion", ActReceiveOpinion, []State{Consulting}, Processing, "Arts 32, 34", "Art 23", handlers, consultationOpen, letterAfterSending).when(lastOpinionOf(Processing)),
	row("receive_last_opinion_deferred", ActReceiveOpinion, []State{Consulting}, Deferred, "Arts 32, 34, 35", "", handlers, consultationOpen, letterAfterSending).when(lastOpinionOf(Deferred)).since2019(),
	row("lapse_opinion", ActLapseOpinion, []State{Consulting}, stay, "Arts 32, 34", "Art 23", handlers, consultationOpen, letterAfterSending, consultationOver).when(not(lastOpinion)),
	row("lapse_last_opinion", ActLapseOpinion, []State{Consulting}, Processing, "Arts 32, 34", "Art 23", handlers, consultationOpen, letterAfterSending, consultationOver).when(lastOpinionOf(Processing)),
	row("lapse_last_opinion_deferred", ActLapseOpinion, []State{Consulting}, Deferred, "Arts 32, 34, 35", "", handlers, consultationOpen, letterAfterSending, consultationOver).when(lastOpinionOf(Deferred)).since2019(),
	row("record_late_opinion", ActRecordLateOpinion, anyOpen, stay, "Art 32", "Art 23", handlers, someUnanswered, consultationLapsed),

	row("extend", ActExtend, []State{Received, Processing, Consulting, ReasonsPending}, stay, "Art 33", "Art 24", supervisors, extendedBefore, notDeferred, notAfterDue, extensionLength),
	row("ask_reasons", ActAskReasons, examined, ReasonsPending, "Art 35", "", handlers, notAfterDue).since2019(),
	row("receive_reasons", ActReceiveReasons, []State{ReasonsPending}, Processing, "Art 35", "", handlers).since2019(),
	row("lapse_reasons", ActLapseReasons, []State{ReasonsPending}, Processing, "Art 35", "", handlers, reasonsOver).since2019(),
	row("defer", ActDefer, []State{ReasonsPending, Processing}, Deferred, "Art 35", "", supervisors, notAfterDue, neitherExtendedNorDeferred, reasonsAccepted, deferralLater).since2019(),

	row("notify_fee", ActNotifyFee, examined, FeePending, "Art 42; 109号 Arts 2–6", "", handlers, feeInForce, notAfterDue, feeAmount, oneTariff).since2019(),
	row("pay_fee", ActPayFee, []State{FeePending}, Processing, "109号 Art 6", "", handlers, feeInTime, feeFull).since2019(),
	row("lapse_fee", ActLapseFee, []State{FeePending}, Closed, "109号 Art 6", "", handlers, feeOver).since2019(),
	row("cancel_fee", ActCancelFee, []State{FeePending}, Processing, "109号", "", handlers).since2019(),

	row("decide", ActDecide, decidable, Decided, "Art 36", "Art 21", handlers,
		noChain, basisAllowed, repeatProven, supplementedOnce, reviewFirstTold, thirdPartyTold, reasonsAsked),
	row("submit_for_review", ActSubmitForReview, decidable, UnderReview, "Arts 36, 45", "Art 21", handlers,
		chain, basisAllowed, repeatProven, supplementedOnce, reviewFirstTold, thirdPartyTold, reasonsAsked),
	row("approve_step", ActApprove, []State{UnderReview}, stay, "Art 45", "", handlers, otherPerson).when(not(lastStep)),
	row("approve_last_step", ActApprove, []State{UnderReview}, Decided, "Arts 36, 45", "Art 21", handlers, otherPerson).when(lastStep),
	row("return_draft", ActReturnDraft, []State{UnderReview}, Processing, "Art 45", "", handlers),
	row("deliver", ActDeliver, []State{Decided}, Closed, "235号", "235号", handlers, notHeld, validCourier),
	row("fail_delivery", ActFailDelivery, []State{Closed}, Decided, "235号", "235号", handlers, replyDelivered).when(not(redecided)),
	row("fail_delivery_redecision", ActFailDelivery, []State{Closed}, Redeciding, "235号", "235号", handlers, replyDelivered).when(redecided),

	row("order_redecision", ActOrderRedecision, ended, Redeciding, "行政复议法 Arts 64, 66; 行政诉讼法 Arts 70, 72", "", supervisors),
	row("order_in_open_state", ActOrderRedecision, append([]State{Redeciding}, running...), stay, "行政复议法 Art 66; 行政诉讼法 Art 72", "", supervisors),
	row("replace", ActReplace, ended, Redeciding, "Arts 18, 47, 51", "Art 33", supervisors),
	row("deliver_redecision", ActDeliverRedecision, []State{Redeciding}, Closed, "行政复议法 Art 64; 行政诉讼法 Art 70; 235号", "", handlers, notHeld, validCourier, signedAfterOrder, basisAllowed),
	row("archive", ActArchive, []State{Closed}, Archived, "Art 45", "", handlers),

	row("hold", ActHold, anyOpen, stay, "法释〔2025〕8号 Art 13", "法释〔2025〕8号 Art 13", handlers),
	row("release", ActRelease, anyOpen, stay, "法释〔2025〕8号 Art 13", "法释〔2025〕8号 Art 13", handlers, held),
	row("withdraw", ActWithdraw, running, Closed, "Art 36; 60号 一(三)", "Art 21", handlers),
	row("close", ActClose, running, Closed, "60号 一(三)", "", handlers),
	row("void_unconfirmed", ActVoid, []State{Submitted}, Void, "Art 45", "", supervisors),
	row("void", ActVoid, append([]State{Closed, Archived, Redeciding}, running...), Void, "Art 45", "", supervisors, secondPerson),
	row("assign", ActAssign, anyOpen, stay, "Art 45", "", handlers, otherHolder),
	row("accept_assignment", ActAcceptAssignment, anyOpen, stay, "Art 45", "", handlers, assigned, notAccepted),
	row("send_back", ActSendBack, anyOpen, stay, "Art 45", "", handlers, assigned, notAccepted, sentBackInTime),
	row("correct", ActCorrect, append([]State{Void}, every...), stay, "Art 45", "", supervisors),
}

func not(fits func(*Application, *Act) bool) func(*Application, *Act) bool {
	return func(a *Application, act *Act) bool { return !fits(a, act) }
}

// confirmedOnArrival reports whether the channel itself fixes the day of receipt: in
// person and signed for, and before 2019-05-15 by e-mail (207号). The rule in force on
// the day of arrival decides.
func confirmedOnArrival(_ *Application, act *Act) bool {
	switch act.Channel {
	case InPerson, Oral, PostSigned:
		return true
	case Email:
		return deadline.RegimeOf(act.Date) == R2008
	case OnlineForm:
		return act.Setting == choseAutomatic
	case PostOrdinary, Fax:
	}
	return false
}

// lastOpinion reports whether no other consultation is open beside the one that the act
// ends. An act that names none ends none.
func lastOpinion(a *Application, act *Act) bool {
	n := a.consultationOf(act)
	if n == 0 {
		return false
	}
	for i := range a.Consultations {
		if i+1 != n && a.Consultations[i].Open() {
			return false
		}
	}
	return true
}

func lastOpinionOf(resume State) func(*Application, *Act) bool {
	return func(a *Application, act *Act) bool { return a.Resume == resume && lastOpinion(a, act) }
}

func lastStep(a *Application, _ *Act) bool { return a.Draft.Step+1 >= a.Draft.Steps }

func redecided(a *Application, _ *Act) bool { return a.Reply().Redecision }
