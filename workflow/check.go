package workflow

import (
	"slices"
	"strings"
)

// checkAct asks what needs no history: the fields that an action requires, values that
// exist, a day that is not in the future.
func checkAct(act *Act, today Date) error {
	spec, ok := SpecOf(act.Action)
	if !ok || act.Action == ActCorrect {
		return refuse(FieldInvalid, "action", "", "没有名为“%s”的步骤", "no action is called %q", act.Action)
	}
	if act.Date.IsZero() {
		return refuse(FieldInvalid, spec.Date, "", "“%[1]s”缺少日期%[3]s", "%[2]s needs its day, %[3]s", spec.ZH, spec.EN, spec.Date)
	}
	for _, d := range facts(act) {
		if d.day > today {
			return refuse(DateInFuture, d.field, "", "%[3]s为%[1]s，晚于今天（%[2]s）；只能登记已经发生的事实", "%[3]s is %[1]s, after today (%[2]s); only facts that have happened are recorded", d.day, today, d.field)
		}
	}
	if err := ordered(act); err != nil {
		return err
	}
	for _, name := range spec.Required {
		if !filled(act, name) && (act.Origin != Ledger || !slices.Contains(unknownInLedgers, name)) {
			return refuse(FieldInvalid, name, "", "“%[1]s”缺少必填项%[3]s", "%[2]s needs %[3]s", spec.ZH, spec.EN, name)
		}
	}
	if lastResortUnexplained(act, spec) {
		return refuse(FieldInvalid, "reason", "60号 一(三)", "“其他”须写明如何处理及理由（reason）", "other.other needs what was done and why (reason)")
	}
	return known(act)
}

// lastResortUnexplained reports whether 其他处理 is given without saying what was done.
func lastResortUnexplained(act *Act, spec Spec) bool {
	return act.Basis == "other.other" && act.Origin != Ledger && slices.Contains(spec.Optional, "reason") && strings.TrimSpace(act.Text.Reason) == ""
}

// unknownInLedgers are required fields that a ledger has no column for.
var unknownInLedgers = names("items", "reason", "tariff", "mode", "opinion")

type fact struct {
	field string
	day   Date
}

// facts are the days of an act that must have happened.
func facts(act *Act) []fact {
	spec, _ := SpecOf(act.Action)
	return []fact{
		{spec.Date, act.Date},
		{receiveField(act.Action), act.Receive},
		{"post_date", act.Post},
		{"decide_date", act.Sign},
		{"third_party_notify_date", act.Told},
	}
}

// sequence says which of two days of one act cannot lie before the other.
type sequence struct {
	action        Action
	first, second string // fields of the interface
}

var sequences = []sequence{
	{ActRequestSupplement, "notify_date", "notice_receive_date"},
	{ActRequestSupplement, "notify_date", "due_date"},
	{ActRequestSupplement, "notice_receive_date", "due_date"},
	{ActSubmitSupplement, "post_date", "receive_date"},
	{ActLapseSupplement, "notice_receive_date", "lapse_date"},
	{ActConsult, "send_date", "receive_date"},
	{ActConsult, "send_date", "due_date"},
	{ActReceiveOpinion, "party_receive_date", "receive_date"},
	{ActLapseOpinion, "party_receive_date", "lapse_date"},
	{ActAskReasons, "notify_date", "due_date"},
	{ActOrderRedecision, "receive_date", "due_date"},
	{ActDeliverRedecision, "decide_date", "deliver_date"},
}

// ordered asks that the days of one act fit each other.
func ordered(act *Act) error {
	for _, q := range sequences {
		if q.action != act.Action {
			continue
		}
		first, second := dayOf(act, q.first), dayOf(act, q.second)
		if !first.IsZero() && !second.IsZero() && second < first {
			return refuse(DateOrder, q.second, "", "%[3]s为%[1]s，早于%[4]s的%[2]s；请核对日期", "%[3]s, %[1]s, is before %[4]s, %[2]s; check the dates",
				second, first, q.second, q.first)
		}
	}
	return nil
}

// dayOf is a day of an act by the name of its field.
func dayOf(act *Act, field string) Date {
	switch field {
	case dateField(act.Action):
		return act.Date
	case "due_date":
		return act.Due
	case "post_date":
		return act.Post
	case "decide_date":
		return act.Sign
	}
	return act.Receive
}

// receiveField is the name that the interface gives to the receipt of a letter.
func receiveField(a Action) string {
	switch a {
	case ActRequestSupplement, ActLapseSupplement:
		return "notice_receive_date"
	case ActReceiveOpinion, ActLapseOpinion:
		return "party_receive_date"
	default:
		return "receive_date"
	}
}

func dateField(a Action) string {
	spec, _ := SpecOf(a)
	return spec.Date
}

// filled reports whether a field of the interface has a value in the act.
func filled(act *Act, name string) bool {
	switch name {
	case "channel":
		return act.Channel != ""
	case "applicant_kind":
		return act.Kind != ""
	case "items":
		return slices.ContainsFunc(act.Text.Items, func(s string) bool { return strings.TrimSpace(s) != "" })
	case "kind":
		return act.Consulted != ""
	case "opinion":
		return act.Opinion != ""
	case "workdays":
		return act.Workdays != 0
	case "due_date":
		return !act.Due.IsZero()
	case "reason":
		return strings.TrimSpace(act.Text.Reason) != ""
	case "amount_fen":
		return act.Amount != 0
	case "tariff":
		return act.Tariff != ""
	case "basis":
		return act.Basis != ""
	case "mode":
		return act.Mode != ""
	case "holder":
		return strings.TrimSpace(act.Holder) != ""
	}
	return false
}

// known asks that values of closed sets are of them.
func known(act *Act) error {
	checks := []struct {
		field, value string
		ok           bool
	}{
		{"channel", string(act.Channel), act.Channel == "" || slices.Contains(Channels(), act.Channel)},
		{"applicant_kind", string(act.Kind), act.Kind == "" || slices.Contains(ApplicantKinds(), act.Kind)},
		{"kind", string(act.Consulted), act.Consulted == "" || slices.Contains(ConsultationKinds(), act.Consulted)},
		{"opinion", string(act.Opinion), act.Opinion == "" || act.Opinion == Consent || act.Opinion == Objection},
		{"tariff", string(act.Tariff), act.Tariff == "" || act.Tariff == PerRequest || act.Tariff == PerPage},
		{"mode", string(act.Mode), act.Mode == "" || slices.Contains(DeliveryModes(), act.Mode)},
	}
	for _, c := range checks {
		if !c.ok {
			return refuse(FieldInvalid, c.field, "", "%s的值“%s”无效", "%s has no value %q", c.field, c.value)
		}
	}
	if act.Workdays < 0 || act.Workdays > 1000 {
		return refuse(FieldInvalid, "workdays", "", "工作日数%d无效，应为1至1000", "%d workdays: give 1 to 1,000", act.Workdays)
	}
	if act.Amount < 0 {
		return refuse(FieldInvalid, "amount_fen", "", "金额%d无效", "amount %d: give fen, above 0", act.Amount)
	}
	return nil
}
