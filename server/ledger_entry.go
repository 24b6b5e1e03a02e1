package server

import (
	"slices"
	"strconv"
	"strings"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/deadline"
	"gongkai/workflow/outcome"
	"gongkai/workflow/report"
)

// entry is one application as a ledger tells it. Rows are read into entries, stored
// applications are told as entries, and the two are compared column by column; so what
// is written reads back the same.
type entry struct {
	text    [columns]string // free texts, and values of closed sets by their stored form
	day     [columns]workflow.Date
	letters []letterEntry
	// given are the columns that hold something.
	given columnSet

	extension int   // workdays
	fee       int64 // fen
	courier   workflow.Date
	byDefault bool // the basis is a default of the coded table
}

// letterEntry is one consultation.
type letterEntry struct {
	kind                  workflow.ConsultationKind
	sent, received, ended workflow.Date
	number                int           // of a stored one
	known, open           bool          // stored; nobody has answered yet
	late                  bool          // stored without the opinion that came after its period
	told                  workflow.Date // receipt that became known with the end
}

// columnSet is a set of columns of applications.
type columnSet uint64

func setOf(list ...column) columnSet {
	var s columnSet
	for _, c := range list {
		s |= 1 << c
	}
	return s
}

func (s columnSet) has(c column) bool { return s&(1<<c) != 0 }

func (e *entry) setText(c column, text string) {
	if e.text[c] = plainText(text); e.text[c] != "" {
		e.given |= 1 << c
	}
}

// plainText is a text as it comes back from a file: without space around it, with line
// breaks of one kind.
func plainText(text string) string {
	text = workflow.Trim(text)
	if strings.Contains(text, "\r") {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	return text
}

func (e *entry) setDay(c column, d workflow.Date) {
	if e.day[c] = d; !d.IsZero() {
		e.given |= 1 << c
	}
}

func (e *entry) drop(c column) {
	e.text[c], e.day[c] = "", 0
	e.given &^= 1 << c
}

func (e *entry) basis() outcome.Basis { return outcome.Basis(e.text[colBasis]) }

// regime is that of the day of receipt, or while that is unknown of arrival.
func (e *entry) regime() deadline.Regime {
	d := e.day[colReceive]
	if d.IsZero() {
		d = e.day[colArrive]
	}
	return deadline.RegimeOf(d)
}

// yuan writes fen as an amount in 元.
func yuan(fen int64) string {
	if fen == 0 {
		return ""
	}
	text := strconv.FormatInt(fen/100, 10)
	if rest := fen % 100; rest != 0 {
		text += "." + strconv.Itoa(int(100 + rest))[1:]
	}
	return text
}

// fenOf reads an amount in 元 with at most two decimals.
func fenOf(text string) (int64, bool) {
	const perFen = 10_000 // a Figure counts millionths
	text = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), "¥"), "元")
	f, err := report.ParseFigure(text)
	if err != nil || f < 0 || f%perFen != 0 || f/perFen > maxFen {
		return 0, false
	}
	return int64(f / perFen), true
}

// entryOf tells a stored application as a ledger does: its first conclusion, and the
// steps that have columns.
func entryOf(a *workflow.Application, rules workflow.Rules) entry {
	var e entry
	for _, t := range []struct {
		at   column
		text string
	}{
		{colNo, a.ApplicationNo},
		{colAgency, a.Agency},
		{colChannel, string(a.Channel)},
		{colKind, string(a.Applicant.Kind)},
		{colName, a.Applicant.Name},
		{colIDType, a.Applicant.IDType},
		{colIDNumber, a.Applicant.IDNumber},
		{colPhone, a.Applicant.Phone},
		{colAddress, a.Applicant.Address},
		{colPostcode, a.Applicant.Postcode},
		{colEmail, a.Applicant.Email},
		{colDescription, a.Description},
		{colRemark, a.Remark},
		{colOnTime, string(a.Conclusion.Timing)},
		{colState, string(a.State)},
	} {
		e.setText(t.at, t.text)
	}
	e.fee = feeOf(a)
	e.setText(colFeeAmount, yuan(e.fee))
	if e.extension = a.Extension.Workdays; e.extension != 0 {
		e.setText(colExtensionWorkdays, strconv.Itoa(e.extension))
	}
	e.tellDays(a)
	e.setDay(colDue, ledgerDue(a, rules))
	e.tellReply(a)
	e.tellLetters(a)
	return e
}

func (e *entry) tellDays(a *workflow.Application) {
	for _, d := range []struct {
		at  column
		day workflow.Date
	}{
		{colArrive, a.ArriveDate},
		{colReceive, a.ReceiveDate},
		{colSupplementRequest, a.Supplement.NotifyDate},
		{colSupplementDue, a.Supplement.DueDate},
		{colSupplementReceive, a.Supplement.ReceiveDate},
		{colReasonsRequest, a.Reasons.NotifyDate},
		{colReasonsReceive, a.Reasons.ReceiveDate},
		{colDeferralNotify, a.Deferral.NotifyDate},
		{colDeferralDue, a.Deferral.DueDate},
		{colExtensionNotify, a.Extension.NotifyDate},
		{colFeeNotice, a.Fee.ReceiveDate},
		{colFeePaid, a.Fee.PayDate},
	} {
		e.setDay(d.at, d.day)
	}
}

// feeOf is what was paid, or while nothing was, what is asked for.
func feeOf(a *workflow.Application) int64 {
	if a.Fee.PayDate.IsZero() {
		return a.Fee.Amount
	}
	var sum int64
	for _, p := range a.Payments {
		sum += p.Amount
	}
	return sum
}

// ledgerDue is the due date as a ledger writes it: of a closed application the one that
// its first conclusion was judged by, of an open one today's answer.
func ledgerDue(a *workflow.Application, rules workflow.Rules) workflow.Date {
	if !a.Conclusion.Date.IsZero() {
		return a.Conclusion.DueDate
	}
	return rules.Deadline(a).Due
}

// tellReply tells the first conclusion, or the reply that is still to be delivered.
func (e *entry) tellReply(a *workflow.Application) {
	end := a.Conclusion.Date
	e.setText(colBasis, string(a.Conclusion.Basis))
	e.setDay(colClose, end)
	if len(a.Replies) > 0 {
		r := a.Replies[0]
		e.setDay(colReply, r.DecideDate)
		e.setText(colReplyNo, r.DocumentNo)
		if end.IsZero() {
			e.setText(colBasis, string(r.Basis))
		}
		if r.DeliverDate == end && !end.IsZero() {
			e.setDay(colDelivery, end)
			e.setText(colMode, string(r.Mode))
			return
		}
	}
	for _, act := range a.Acts {
		if act.Date == end && slices.Contains(closingActs, act.Action) && act.Origin == workflow.Ledger {
			e.tellClosing(&act)
		}
	}
}

// tellClosing tells the letter that a ledger gave with a closing without reply.
func (e *entry) tellClosing(act *workflow.Act) {
	if !act.Sign.IsZero() {
		e.setDay(colReply, act.Sign)
	}
	if act.Document != "" {
		e.setText(colReplyNo, act.Document)
	}
	if act.Mode != "" {
		e.setText(colMode, string(act.Mode))
		e.setDay(colDelivery, act.Date)
	}
}

// closingActs end an application without a reply.
var closingActs = []workflow.Action{workflow.ActLapseSupplement, workflow.ActLapseFee, workflow.ActWithdraw, workflow.ActClose}

func (e *entry) tellLetters(a *workflow.Application) {
	for i, c := range a.Consultations {
		l := letterEntry{
			kind: c.Kind, sent: c.SendDate, received: c.ReceiveDate, ended: max(c.EndDate, c.LateDate),
			number: i + 1, known: true, open: c.Open(),
		}
		e.letters = append(e.letters, l)
	}
	slices.SortStableFunc(e.letters, func(x, y letterEntry) int { return int(x.sent) - int(y.sent) })
	if len(e.letters) > 0 {
		e.setText(colConsultations, lettersText(e.letters, true))
	}
}

// lettersText writes consultations as kind:sent:received:ended, one after another.
func lettersText(list []letterEntry, keys bool) string {
	parts := make([]string, len(list))
	for i, l := range list {
		fields := []string{letterWords.text(l.kind, keys), l.sent.String(), l.received.String(), l.ended.String()}
		parts[i] = strings.TrimRight(strings.Join(fields, ":"), ":")
	}
	return strings.Join(parts, ";")
}

// cells writes an entry in the order of the columns.
func (e *entry) cells(keys bool) []string {
	out := make([]string, columns)
	for c := range columns {
		if applicationColumns[c].day {
			out[c] = e.day[c].String()
		} else {
			out[c] = e.text[c]
		}
	}
	out[colChannel] = channelWords.text(workflow.Channel(e.text[colChannel]), keys)
	out[colKind] = kindWords.text(workflow.ApplicantKind(e.text[colKind]), keys)
	out[colMode] = modeWords.text(workflow.DeliveryMode(e.text[colMode]), keys)
	out[colOnTime] = timingWords.text(workflow.Timing(e.text[colOnTime]), keys)
	out[colConsultations] = lettersText(e.letters, keys)
	if !keys {
		if row, ok := outcome.Of(e.basis()); ok {
			out[colBasis] = row.LabelZH
		}
		out[colState] = workflow.State(e.text[colState]).ZH()
	}
	return out
}

// confirmedOnArrival reports whether the channel itself fixes the day of receipt, by the
// rule in force on the day of arrival (2019 Art 31; 207号).
func confirmedOnArrival(channel workflow.Channel, arrived workflow.Date) bool {
	switch channel {
	case workflow.InPerson, workflow.Oral, workflow.PostSigned:
		return true
	case workflow.Email:
		return deadline.RegimeOf(arrived) == deadline.R2008
	case workflow.PostOrdinary, workflow.OnlineForm, workflow.Fax:
	}
	return false
}

// expiry is the last day of a consultation's own period by the calendar as it was known
// when it ended; zero where only the answer ends it.
func (l letterEntry) expiry(regime deadline.Regime, cal *calendar.Calendar) workflow.Date {
	p := deadline.Pause{Kind: l.kind, Send: l.sent, Receive: l.received}
	last := p.Expiry(regime, cal)
	if last.IsZero() {
		return 0
	}
	return max(last, p.Expiry(regime, cal.AsOf(last.AddDays(1))))
}
