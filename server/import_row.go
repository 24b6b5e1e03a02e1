package server

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/deadline"
	"gongkai/workflow/outcome"
)

// future are the days that may lie after today: those that a letter names.
var future = setOf(colSupplementDue, colDeferralDue, colDue)

// readEntry reads a row of applications. What cannot be read goes to the problems of the
// record; what is read but has no place in the register is dropped with a warning.
func readEntry(r *record, agency storage.Agency, today workflow.Date) (entry, []problem) {
	var e entry
	r.agency(colAgency, agency)
	for c, spec := range applicationColumns {
		at := column(c)
		switch {
		case at == colDue:
			if r.text(at) != "" { // compared with what is computed, never taken over
				e.day[at], _ = ledgerDate(r.text(at))
			}
		case spec.day && future.has(at):
			e.setDay(at, r.date(at))
		case spec.day:
			e.setDay(at, r.past(at, today))
		case spec.most > 0:
			e.setText(at, r.free(at))
		}
	}
	if r.required(colNo); r.required(colChannel) != "" {
		e.setText(colChannel, string(choice(r, colChannel, channelWords)))
	}
	if r.required(colKind) != "" {
		e.setText(colKind, string(choice(r, colKind, kindWords)))
	}
	e.setText(colMode, string(choice(r, colMode, modeWords)))
	e.readNumbers(r)
	e.readLetters(r, today)
	e.readBasis(r)
	return e, e.tidy(r)
}

// readNumbers reads the extension and the fee; nought is none.
func (e *entry) readNumbers(r *record) {
	if text := r.text(colExtensionWorkdays); text != "" {
		digits := strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(text, "工作日"), "个"))
		n, err := strconv.Atoi(digits)
		switch {
		case err != nil || n < 0:
			r.refuse(colExtensionWorkdays, pb.Reason_FIELD_INVALID, "应为工作日数，例如20", "give a number of workdays, such as 20")
		case n > 0:
			e.extension = n
			e.setText(colExtensionWorkdays, strconv.Itoa(n))
		}
	}
	if text := r.text(colFeeAmount); text != "" {
		fen, ok := fenOf(text)
		if !ok {
			r.refuse(colFeeAmount, pb.Reason_FIELD_INVALID, "应为以元为单位的金额，最多两位小数，例如3000.50", "give an amount in yuan with at most two decimals, such as 3000.50")
			return
		}
		e.fee = fen
		e.setText(colFeeAmount, yuan(fen))
	}
}

// readLetters reads kind:sent:received:ended, several separated by semicolons.
func (e *entry) readLetters(r *record, today workflow.Date) {
	text := r.text(colConsultations)
	if text == "" {
		return
	}
	text = strings.NewReplacer("；", ";", "：", ":").Replace(text)
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if len(e.letters) == maxActions {
			r.refuse(colConsultations, pb.Reason_FIELD_INVALID, "一行最多%d次征求意见", "a row has at most %d consultations", maxActions)
			return
		}
		l, p := readLetter(part, today)
		if p != nil {
			p.value = r.text(colConsultations)
			r.problems = append(r.problems, *p)
			return
		}
		e.letters = append(e.letters, l)
	}
	slices.SortStableFunc(e.letters, func(x, y letterEntry) int { return int(x.sent) - int(y.sent) })
	e.setText(colConsultations, lettersText(e.letters, true))
}

// readLetter reads one consultation.
func readLetter(part string, today workflow.Date) (letterEntry, *problem) {
	bad := func(reason pb.Reason, zh, en string, args ...any) (letterEntry, *problem) {
		p := problemf(colConsultations, "", reason, zh, en, args...)
		return letterEntry{}, &p
	}
	fields := strings.Split(part, ":")
	kind, ok := letterWords.parse(strings.TrimSpace(fields[0]))
	if !ok || len(fields) > 4 {
		return bad(pb.Reason_FIELD_INVALID, "“%[1]s”应写作“种类:发函日期:收到日期:结束日期”，种类为第三方、共同制作机关、其他机关，例如第三方:2026-03-10:2026-03-12:2026-03-23",
			"%[1]q: write kind:sent:received:ended with kind third_party, co_maker or organ, such as third_party:2026-03-10:2026-03-12:2026-03-23", part)
	}
	l := letterEntry{kind: kind}
	days := []*workflow.Date{&l.sent, &l.received, &l.ended}
	for i, text := range fields[1:] {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if *days[i], ok = ledgerDate(text); !ok {
			return bad(pb.Reason_FIELD_INVALID, "“%[1]s”不是有效日期；应写作2026-03-02", "%[1]q is not a day; write 2026-03-02", text)
		}
		if *days[i] > today {
			return bad(pb.Reason_DATE_IN_FUTURE, "%[1]s晚于今天（%[2]s）；台账只登记已经发生的事实", "%[1]s lies after today, %[2]s; a ledger holds only what has happened", text, today)
		}
	}
	switch {
	case l.sent.IsZero():
		return bad(pb.Reason_FIELD_INVALID, "“%[1]s”缺少发函日期", "%[1]q lacks the day on which the letter was sent", part)
	case !l.received.IsZero() && l.received < l.sent, !l.ended.IsZero() && l.ended < max(l.sent, l.received):
		return bad(pb.Reason_DATE_ORDER, "“%[1]s”的日期应依次为发函、收到、结束", "%[1]q: the days must be in the order sent, received, ended", part)
	}
	return l, nil
}

// readBasis reads the basis; of one that is unclear the candidates are named.
func (e *entry) readBasis(r *record) {
	text := r.text(colBasis)
	if text == "" {
		return
	}
	basis, byDefault, err := outcome.Parse(clip(text)) // no label is longer
	if unclear, ok := errors.AsType[*outcome.ParseError](err); ok {
		zh, en := unclear.ZH(), unclear.Error()
		if len(unclear.Candidates) == 0 {
			zh += "；请写答复类型的名称或代码，例如予以公开（disclosed.provided）"
			en += "; give a basis or its label, such as disclosed.provided (予以公开)"
		}
		r.problems = append(r.problems, problem{colBasis, text, pb.Reason_FIELD_INVALID.String(), zh, en})
		return
	}
	e.setText(colBasis, string(basis))
	e.byDefault = byDefault
}

// tidy takes out what has no meaning without something else, so that the same row is
// always the same entry.
func (e *entry) tidy(r *record) []problem {
	var out []problem
	if workflow.DeliveryMode(e.text[colMode]) == workflow.DeliverCourier && e.given.has(colDelivery) {
		e.courier = e.day[colDelivery]
		out = append(out, problemf(colMode, r.text(colMode), pb.Reason_COURIER_NOT_VALID,
			"其他快递不是有效送达，该申请未办结；请改由邮政企业寄送或者直接送达（〔2016〕235号）", "another courier is no valid delivery, so the application stays open; post it with 邮政企业 or hand it over (〔2016〕235号)"))
		e.drop(colDelivery)
		e.drop(colMode)
	}
	if e.given.has(colMode) && !e.given.has(colDelivery) {
		out = append(out, notStored(r, colMode, colDelivery))
		e.drop(colMode)
	}
	if e.given.has(colReplyNo) && e.given&setOf(colReply, colDelivery, colClose) == 0 && e.courier.IsZero() {
		out = append(out, notStored(r, colReplyNo, colReply))
		e.drop(colReplyNo)
	}
	if e.fee > 0 && e.given&setOf(colFeeNotice, colFeePaid) == 0 {
		out = append(out, notStored(r, colFeeAmount, colFeeNotice))
		e.fee = 0
		e.drop(colFeeAmount)
	}
	if last, _ := e.answeredOn(); !last.IsZero() {
		for i := range e.letters {
			if l := &e.letters[i]; l.ended > last {
				l.ended = 0
				out = append(out, problemf(colConsultations, r.text(colConsultations), pb.Reason_REASON_UNSPECIFIED,
					"意见在答复（%[1]s）以后收到，未登记；不影响期限", "an opinion came after the reply of %[1]s and is not stored; the due date does not depend on it", last))
				out[len(out)-1].reason = notStoredReason
			}
		}
	}
	return out
}

// notStoredReason is that of a warning about a cell that has no place in the register.
const notStoredReason = "NOT_STORED"

// notStored warns of a cell that says nothing without another one.
func notStored(r *record, at, without column) problem {
	spec := applicationColumns[without]
	return problem{
		at, r.text(at), notStoredReason,
		fmt.Sprintf("没有%s，该内容未登记", spec.zh), fmt.Sprintf("not stored, because %s is empty", spec.key),
	}
}

// need is a column that says nothing without another one.
type need struct{ given, needs column }

var needs = []need{
	{colSupplementDue, colSupplementRequest},
	{colSupplementReceive, colSupplementRequest},
	{colReasonsReceive, colReasonsRequest},
	{colDeferralNotify, colReasonsRequest},
	{colDeferralNotify, colDeferralDue},
	{colDeferralDue, colDeferralNotify},
	{colExtensionWorkdays, colExtensionNotify},
	{colExtensionNotify, colExtensionWorkdays},
	{colFeeNotice, colFeeAmount},
	{colFeePaid, colFeeNotice},
}

// sequences are days of which the second cannot lie before the first.
var sequences = [][2]column{
	{colArrive, colReceive},
	{colSupplementRequest, colSupplementDue},
	{colSupplementRequest, colSupplementReceive},
	{colReasonsRequest, colReasonsReceive},
	{colReasonsRequest, colDeferralNotify},
	{colReasonsReceive, colDeferralNotify},
	{colFeeNotice, colFeePaid},
	{colReply, colDelivery},
	{colReply, colClose},
}

// check asks what lies between the columns of an entry, before the law is asked: days in
// their order, nothing without what it rests on.
func (e *entry) check() []problem {
	var out []problem
	add := func(at column, reason pb.Reason, zh, en string, args ...any) {
		value := e.text[at]
		if applicationColumns[at].day {
			value = e.day[at].String()
		}
		out = append(out, problemf(at, value, reason, zh, en, args...))
	}
	if e.given&setOf(colArrive, colReceive) == 0 {
		add(colReceive, pb.Reason_FIELD_INVALID, "收到日期、到达日期至少填一项", "give receive_date or arrive_date")
		return out
	}
	e.checkReceipt(add)
	for _, n := range needs {
		if e.given.has(n.given) && !e.given.has(n.needs) {
			a, b := applicationColumns[n.given], applicationColumns[n.needs]
			add(n.given, pb.Reason_FIELD_INVALID, "有%[1]s而没有%[2]s；请补填%[2]s", "%[3]s is given without %[4]s; give %[4]s too", a.zh, b.zh, a.key, b.key)
		}
	}
	for _, s := range sequences {
		if first, second := e.day[s[0]], e.day[s[1]]; !first.IsZero() && !second.IsZero() && second < first {
			e.outOfOrder(add, s[1], s[0])
		}
	}
	if len(out) == 0 {
		e.checkAfterReceipt(add)
	}
	if len(out) == 0 {
		e.checkReply(add)
	}
	return out
}

type adder func(at column, reason pb.Reason, zh, en string, args ...any)

func (e *entry) outOfOrder(add adder, at, after column) {
	a, b := applicationColumns[at], applicationColumns[after]
	add(at, pb.Reason_DATE_ORDER, "%[1]s（%[2]s）早于%[3]s（%[4]s）；请核对日期", "%[5]s, %[2]s, is before %[6]s, %[4]s; check the dates",
		a.zh, e.day[at], b.zh, e.day[after], a.key, b.key)
}

// checkReceipt asks that the days of arrival and receipt fit the channel.
func (e *entry) checkReceipt(add adder) {
	arrive, receive := e.day[colArrive], e.day[colReceive]
	if arrive.IsZero() || receive.IsZero() || arrive == receive || !confirmedOnArrival(workflow.Channel(e.text[colChannel]), arrive) {
		return
	}
	add(colReceive, pb.Reason_DATE_ORDER, "该申请方式以到达之日为收到申请之日，收到日期应与到达日期（%[1]s）相同（《条例》第三十一条；国办公开办函〔2015〕207号）",
		"for this channel the day of arrival is the day of receipt; receive_date must be %[1]s like arrive_date (Art 31; 〔2015〕207号)", arrive)
}

// checkAfterReceipt asks that nothing happened before the application was received.
func (e *entry) checkAfterReceipt(add adder) {
	from := colReceive
	if e.day[colReceive].IsZero() {
		from = colArrive
	}
	for c, spec := range applicationColumns {
		at := column(c)
		if d := e.day[c]; spec.day && at != colDue && at != colArrive && !d.IsZero() && d < e.day[from] {
			e.outOfOrder(add, at, from)
		}
	}
	for _, l := range e.letters {
		if l.sent < e.day[from] {
			add(colConsultations, pb.Reason_DATE_ORDER, "发函日期%[1]s早于收到申请（%[2]s）；请核对日期", "sent on %[1]s, before the application was received on %[2]s; check the dates", l.sent, e.day[from])
			return
		}
	}
}

// checkReply asks that a conclusion has its basis, and a basis its conclusion.
func (e *entry) checkReply(add adder) {
	delivery, end := e.day[colDelivery], e.day[colClose]
	concluded := e.given&setOf(colReply, colDelivery, colClose) != 0 || !e.courier.IsZero()
	switch {
	case e.basis() == "" && concluded:
		add(colBasis, pb.Reason_FIELD_INVALID, "已答复或者办结的申请须填答复类型", "an application that was answered or closed needs its basis")
	case e.basis() != "" && !concluded:
		add(colReply, pb.Reason_FIELD_INVALID, "有答复类型而没有答复日期、送达日期、办结日期；请补填", "there is a basis without reply_date, delivery_date or close_date; give the day")
	case !end.IsZero() && !delivery.IsZero() && end != delivery:
		add(colClose, pb.Reason_DATE_ORDER, "办结日期应与送达日期（%[1]s）相同，或者留空", "close_date must be that of the delivery, %[1]s, or empty", delivery)
	case !end.IsZero() && delivery.IsZero() && !closesWithoutReply(e.basis()):
		if !e.courier.IsZero() {
			add(colMode, pb.Reason_COURIER_NOT_VALID, "其他快递不是有效送达，不能办结；请改由邮政企业寄送或者直接送达", "another courier is no valid delivery, so it closes nothing; post it with 邮政企业 or hand it over")
			return
		}
		add(colDelivery, pb.Reason_FIELD_INVALID, "办结须有送达日期；只有逾期不补正、逾期未缴费、撤回、其他可以不经送达办结",
			"closing needs delivery_date; only other.not_supplemented, other.fee_unpaid, other.withdrawn and other.other close without")
	}
}

// closesWithoutReply reports whether a basis may conclude an application of which
// nothing was delivered.
func closesWithoutReply(b outcome.Basis) bool {
	switch b {
	case "other.not_supplemented", "other.fee_unpaid", "other.withdrawn", "other.other":
		return true
	}
	return false
}

// endless reports whether only its answer ends a consultation.
func (l letterEntry) endless(regime deadline.Regime) bool {
	return l.kind == workflow.Organ || regime == deadline.R2008
}
