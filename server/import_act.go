package server

import (
	"cmp"
	"slices"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
)

// ledgerAct is an act with the column that its day stands in and all that it takes up.
type ledgerAct struct {
	workflow.Act
	at   column
	uses columnSet
	rank int
	// letter is the consultation that an opinion is about.
	letter *letterEntry
}

// actsOf are the acts that an entry tells and the other one, of what is stored, does
// not, in the order of the format: by date, on one day by rank.
type actsOf struct {
	cal      *calendar.Calendar
	e, old   *entry
	acts     []ledgerAct
	warnings []problem
}

// particularColumns are what the registration takes up.
var particularColumns = setOf(colNo, colAgency, colChannel, colArrive, colKind, colName, colIDType, colIDNumber, colPhone,
	colAddress, colPostcode, colEmail, colDescription, colRemark)

func (b *actsOf) add(at column, day workflow.Date, uses columnSet, act workflow.Act) {
	act.Date, act.Origin = day, workflow.Ledger
	spec, _ := workflow.SpecOf(act.Action)
	b.acts = append(b.acts, ledgerAct{Act: act, at: at, uses: uses, rank: spec.Rank})
}

// step adds the act of a column that is new.
func (b *actsOf) step(at column, uses columnSet, act workflow.Act) {
	if b.e.given.has(at) && !b.old.given.has(at) {
		b.add(at, b.e.day[at], uses|setOf(at), act)
	}
}

// build makes the acts.
func (b *actsOf) build() []ledgerAct {
	e := b.e
	b.acts = make([]ledgerAct, 0, 8)
	b.receipt()
	b.step(colReasonsRequest, 0, workflow.Act{Action: workflow.ActAskReasons})
	b.step(colReasonsReceive, 0, workflow.Act{Action: workflow.ActReceiveReasons, Accepted: e.given.has(colDeferralNotify)})
	b.step(colExtensionNotify, setOf(colExtensionWorkdays), workflow.Act{Action: workflow.ActExtend, Workdays: e.extension})
	b.step(colDeferralNotify, setOf(colDeferralDue), workflow.Act{Action: workflow.ActDefer, Due: e.day[colDeferralDue]})
	b.step(colSupplementRequest, setOf(colSupplementDue), workflow.Act{Action: workflow.ActRequestSupplement, Due: e.day[colSupplementDue]})
	due := e.day[colSupplementDue]
	late := !due.IsZero() && e.day[colSupplementReceive] > due
	b.step(colSupplementReceive, 0, workflow.Act{Action: workflow.ActSubmitSupplement, GoodCause: late})
	if late && !b.old.given.has(colSupplementReceive) {
		b.warn(colSupplementReceive, pb.Reason_EVIDENCE_MISSING.String(), "补正晚于补正期限，台账没有记录期内交邮或者正当理由，按有正当理由登记（《条例》第三十条）",
			"the supplement came after its last day; the ledger does not say whether it was posted in time or excused, and it is taken as excused (Art 30)")
	}
	b.step(colFeeNotice, setOf(colFeeAmount), workflow.Act{Action: workflow.ActNotifyFee, Amount: e.fee})
	b.step(colFeePaid, 0, workflow.Act{Action: workflow.ActPayFee})
	b.conclusion()
	b.letters()
	slices.SortStableFunc(b.acts, func(x, y ledgerAct) int {
		return cmp.Or(cmp.Compare(x.Date, y.Date), cmp.Compare(x.rank, y.rank))
	})
	return b.acts
}

func (b *actsOf) warn(at column, reason, zh, en string) {
	b.warnings = append(b.warnings, problem{at: at, reason: reason, zh: zh, en: en})
}

// receipt adds the registration and, where the channel does not fix the day of receipt,
// its confirmation.
func (b *actsOf) receipt() {
	e := b.e
	arrive, receive := e.day[colArrive], e.day[colReceive]
	at := colArrive
	if arrive.IsZero() {
		arrive, at = receive, colReceive
	}
	channel := workflow.Channel(e.text[colChannel])
	fixed := confirmedOnArrival(channel, arrive)
	if !b.old.given.has(colNo) {
		uses := particularColumns
		if fixed {
			uses |= setOf(colReceive)
		}
		b.add(at, arrive, uses, workflow.Act{Action: workflow.ActSubmit, Channel: channel, Kind: workflow.ApplicantKind(e.text[colKind])})
	}
	if !fixed {
		b.step(colReceive, 0, workflow.Act{Action: workflow.ActConfirm})
	}
}

// answeredOn is the day of the reply, and the column that gives it; 0 if there is none.
func (e *entry) answeredOn() (workflow.Date, column) {
	for _, c := range []column{colReply, colDelivery} {
		if d := e.day[c]; !d.IsZero() {
			return d, c
		}
	}
	if !e.courier.IsZero() {
		return e.courier, colDelivery
	}
	return e.day[colClose], colClose
}

// closing is the act that ends an application without a reply, if its basis is one of
// those and either nothing was delivered or the applicant still owed something.
func (e *entry) closing() (workflow.Action, bool) {
	supplement := e.given.has(colSupplementRequest) && !e.given.has(colSupplementReceive)
	fee := e.given.has(colFeeNotice) && !e.given.has(colFeePaid)
	free := !e.given.has(colDelivery) || supplement || fee
	switch b := e.basis(); {
	case b == "other.not_supplemented" && supplement:
		return workflow.ActLapseSupplement, true
	case b == "other.fee_unpaid" && fee:
		return workflow.ActLapseFee, true
	case b == "other.withdrawn" && free:
		return workflow.ActWithdraw, true
	case b == "other.other" && free:
		return workflow.ActClose, true
	}
	return "", false
}

// concludedOn is the day of the closing, and the column that gives it.
func (e *entry) concludedOn() (workflow.Date, column) {
	if d := e.day[colClose]; !d.IsZero() {
		return d, colClose
	}
	return e.day[colDelivery], colDelivery
}

const replyColumns = columnSet(1<<colBasis | 1<<colReply | 1<<colReplyNo)

// conclusion adds the reply and its delivery, or the closing without one.
func (b *actsOf) conclusion() {
	e := b.e
	if e.basis() == "" {
		return
	}
	end, endAt := e.concludedOn()
	ending := !end.IsZero() && b.old.given&setOf(colClose) == 0
	if action, ok := e.closing(); ok && !end.IsZero() {
		if ending {
			b.add(endAt, end, replyColumns|setOf(colDelivery, colMode, colClose), workflow.Act{
				Action: action, Sign: e.day[colReply], Document: e.text[colReplyNo], Mode: workflow.DeliveryMode(e.text[colMode]),
			})
		}
		return
	}
	day, at := e.answeredOn()
	if !b.old.given.has(colReply) && !b.old.given.has(colClose) {
		b.add(at, day, replyColumns, workflow.Act{Action: workflow.ActDecide, Basis: e.basis(), Document: e.text[colReplyNo]})
	}
	if ending {
		b.add(endAt, end, setOf(colDelivery, colMode, colClose), workflow.Act{Action: workflow.ActDeliver, Mode: workflow.DeliveryMode(e.text[colMode])})
		if !e.given.has(colDelivery) {
			b.warn(colClose, pb.Reason_EVIDENCE_MISSING.String(), "台账没有对应的补正告知或者收费通知，按办结日期送达的答复登记",
				"the ledger has no supplement request or fee notice for this closing; it is recorded as a reply delivered on close_date")
		}
	}
}

// letters adds the consultations and what ended them.
func (b *actsOf) letters() {
	number := 0
	for _, l := range b.old.letters {
		number = max(number, l.number)
	}
	for i := range b.e.letters {
		l := &b.e.letters[i]
		if !l.known {
			number++
			l.number = number
			b.add(colConsultations, l.sent, setOf(colConsultations), workflow.Act{Action: workflow.ActConsult, Consulted: l.kind, Receive: l.received})
		}
		switch {
		case !l.known || l.open:
			b.endLetter(l)
		case l.late:
			b.answer(l, workflow.ActRecordLateOpinion, l.ended)
		}
	}
}

// answer adds the opinion on a letter, of which a ledger tells the day only.
func (b *actsOf) answer(l *letterEntry, action workflow.Action, day workflow.Date) {
	b.add(colConsultations, day, setOf(colConsultations), workflow.Act{Action: action, Consultation: l.number, Receive: l.told})
	b.acts[len(b.acts)-1].letter = l
}

// endLetter ends an open consultation: by the answer, by the end of its period, or,
// where the row was decided and tells neither, on the day of the reply. Of an application
// that is still open it is left for later rows to tell.
func (b *actsOf) endLetter(l *letterEntry) {
	regime := b.e.regime()
	var lapse workflow.Date // first day on which the lapse may be recorded; 0: never
	if !l.endless(regime) {
		lapse = l.expiry(regime, b.cal).AddDays(1)
	}
	decided := b.decided()
	switch {
	case !l.ended.IsZero() && (lapse.IsZero() || l.ended < lapse):
		b.answer(l, workflow.ActReceiveOpinion, l.ended)
	case !l.ended.IsZero():
		b.answer(l, workflow.ActLapseOpinion, lapse)
		b.answer(l, workflow.ActRecordLateOpinion, l.ended)
	case !decided.IsZero() && (lapse.IsZero() || decided < lapse):
		b.answer(l, workflow.ActReceiveOpinion, decided)
		b.warn(colConsultations, "CONSULTATION_END_ASSUMED", "征求意见没有结束日期，按答复日期结束；请核对（影响期限计算）",
			"a consultation has no end; it is taken to have ended on the day of the reply, which moves the due date: check it")
	case !decided.IsZero(), !lapse.IsZero() && b.goesOn(lapse):
		b.answer(l, workflow.ActLapseOpinion, lapse)
	}
}

// stepsAfterOpinion are not possible while an opinion is awaited.
var stepsAfterOpinion = []workflow.Action{workflow.ActRequestSupplement, workflow.ActNotifyFee, workflow.ActAskReasons, workflow.ActDefer}

// goesOn reports whether a step from that day on shows that nobody waited for the
// opinion any more. While none does, its lapse is for an officer to record.
func (b *actsOf) goesOn(from workflow.Date) bool {
	return slices.ContainsFunc(b.acts, func(a ledgerAct) bool {
		return a.Date >= from && slices.Contains(stepsAfterOpinion, a.Action)
	})
}

// decided is the day of the reply, if it is new; 0 if there is none, or a closing that
// needs none.
func (b *actsOf) decided() workflow.Date {
	if _, closing := b.e.closing(); closing || b.e.basis() == "" || b.old.given&setOf(colReply, colClose) != 0 {
		return 0
	}
	day, _ := b.e.answeredOn()
	return day
}

// fieldColumns are the columns of fields of acts other than the day.
var fieldColumns = map[string]column{
	"channel": colChannel, "applicant_kind": colKind, "basis": colBasis, "mode": colMode,
	"workdays": colExtensionWorkdays, "amount_fen": colFeeAmount,
}

// column says which column of a row a refusal is about.
func (a *ledgerAct) column(field string) column {
	switch {
	case field == "due_date" && a.Action == workflow.ActRequestSupplement:
		return colSupplementDue
	case field == "due_date" && a.Action == workflow.ActDefer:
		return colDeferralDue
	}
	if c, ok := fieldColumns[field]; ok && a.uses.has(c) {
		return c
	}
	return a.at
}

// refusedAct tells a refusal as a problem of the row.
func (e *entry) refusedAct(a *ledgerAct, err error) (problem, error) {
	f := faultOf(err)
	if f == nil {
		return problem{}, err
	}
	at := a.column(f.field)
	value := e.text[at]
	if applicationColumns[at].day {
		value = e.day[at].String()
	}
	return problem{at, value, f.reason.String(), f.zh, f.en}, nil
}

// warningColumns say which column a warning of the workflow is about.
var warningColumns = map[string]column{
	"SUPPLEMENT_NOTICE_LATE": colSupplementRequest, "SUPPLEMENT_PERIOD_LONG": colSupplementDue, "DEFERRAL_LONG": colDeferralDue,
	"APPROVER_UNKNOWN": colExtensionNotify, "OVERDUE": colDelivery,
}

// warningsOf lists what to look at in an application that a row has led to.
func (e *entry) warningsOf(a *workflow.Application, rules workflow.Rules) []problem {
	var out []problem
	for _, w := range rules.Warnings(a) {
		at, ok := warningColumns[w.Code]
		switch {
		case w.Code == "OVERDUE":
			_, at = e.concludedOn()
		case w.Code == string(workflow.EvidenceMissing) && e.basis() == "other.not_supplemented":
			at = colSupplementRequest
		case !ok:
			at = colBasis
		}
		out = append(out, problem{at, "", w.Code, w.ZH, w.EN})
	}
	if a.State == workflow.Decided {
		out = append(out, problem{colDelivery, "", "DECIDED_NOT_DELIVERED", "已签发，没有送达日期，尚未办结", "decided, not delivered: the application stays open"})
	}
	if e.byDefault {
		row, _ := outcome.Of(e.basis())
		out = append(out, problemf(colBasis, row.LabelZH, pb.Reason_REASON_UNSPECIFIED, "该类型对应多种依据，按默认登记为“%[1]s”；请核对", "several bases share this type; %[2]s is taken by default: check it", row.LabelZH, row.Basis))
		out[len(out)-1].reason = "BASIS_BY_DEFAULT"
	}
	if p := checkIdentity(e.text[colIDType], e.text[colIDNumber], workflow.ApplicantKind(e.text[colKind])); p != nil {
		out = append(out, *p)
	}
	return out
}
