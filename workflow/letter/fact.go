package letter

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gongkai/workflow"
	"gongkai/workflow/outcome"
)

var channels = map[workflow.Channel]string{
	workflow.InPerson: "当面提交", workflow.Oral: "口头", workflow.PostSigned: "邮寄", workflow.PostOrdinary: "平常信函", workflow.OnlineForm: "网络",
	workflow.Email: "电子邮件", workflow.Fax: "传真",
}

var modes = map[workflow.DeliveryMode]string{
	workflow.DeliverInPerson: "当面", workflow.DeliverPost: "邮寄", workflow.DeliverEmail: "电子邮件", workflow.DeliverCourier: "其他快递", workflow.DeliverOtherwise: "其他方式",
}

// facts are what the case tells: raw, as fields would have it, and what letters write
// without an element.
func (f *filling) facts() {
	a := f.Application
	put := func(key, text string) { f.raw[key], f.values[key] = text, text }
	f.values["you"] = "贵单位"
	if a.Applicant.Kind == workflow.NaturalPerson || a.Applicant.Kind == "" {
		f.values["you"] = "您"
	}
	put("application_no", a.ApplicationNo)
	put("applicant", a.Applicant.Name)
	put("address", strings.TrimSpace(a.Applicant.Address+" "+a.Applicant.Postcode))
	put("channel", channels[a.Channel])
	put("arrive_date", Day(a.ArriveDate))
	put("receive_date", Day(a.ReceiveDate))
	put("state", a.State.ZH())
	put("remark", a.Remark)
	f.raw[keySubject] = strings.TrimRight(oneLine(a.Description), "。；;. ")
	if f.kind.Addressee == Applicant || f.kind.Addressee == File {
		f.raw[keyAddressee] = a.Applicant.Name
	}
	f.clock(put)
	f.supplement(put)
	f.consulted(put)
	f.reasons(put)
	f.fee(put)
	f.earlier()
	f.stories(put)
}

// clock tells the last days: of the period as it began, before and after an extension.
func (f *filling) clock(put func(key, text string)) {
	a := f.Application
	put("days", strconv.Itoa(a.Regime.Days()))
	put("due", Day(f.Rules.Deadline(a).Due))
	if !a.State.Open() {
		put("due", Day(a.Conclusion.DueDate))
	}
	plain := workflow.Application{Regime: a.Regime, ReceiveDate: a.ReceiveDate, ReceiveRule: a.ReceiveRule}
	put("plain_due", Day(f.Rules.Deadline(&plain).Due))
	before := *a
	before.Extension, before.Deferral = workflow.Extension{}, workflow.Deferral{}
	due := f.Rules.Deadline(&before).Due
	if due.IsZero() {
		before.Consultations = nil
		due = f.Rules.Deadline(&before).Due
	}
	put("original_due", Day(due))
	if e := a.Extension; e.Workdays > 0 {
		f.raw["head_agreed"] = choiceYes
		put("extension_notify_date", Day(e.NotifyDate))
		put(keyWorkdays, strconv.Itoa(e.Workdays))
		put("extended_due", Day(f.Rules.Deadline(a).Due))
		if given := f.given[keyWorkdays]; f.kind.Key == "extension" && given != "" && given != f.raw[keyWorkdays] {
			f.gap(keyWorkdays, "fields."+keyWorkdays, fmt.Sprintf("已登记延长%d个工作日，文书不能写%s个；登记有误的请先更正", e.Workdays, given), fmt.Sprintf("%d working days are on record, so the letter cannot say %s; correct the record if it is wrong", e.Workdays, given))
		}
		f.raw["extension_reason"] = f.act(workflow.ActExtend).Text.Reason
		return
	}
	if n, err := strconv.Atoi(f.given[keyWorkdays]); err == nil {
		after := *a
		after.Extension = workflow.Extension{Workdays: n, NotifyDate: f.Day}
		put("extended_due", Day(f.Rules.Deadline(&after).Due))
	}
}

// act is the latest act of a kind; a zero one if there is none.
func (f *filling) act(action workflow.Action) workflow.Act {
	for _, act := range slices.Backward(f.Application.Acts) {
		if act.Action == action {
			return act
		}
	}
	return workflow.Act{}
}

func (f *filling) supplement(put func(key, text string)) {
	s := f.Application.Supplement
	put("supplement_notify_date", Day(s.NotifyDate))
	put("supplement_receive_date", Day(s.ReceiveDate))
	f.raw["points"] = strings.Join(f.act(workflow.ActRequestSupplement).Text.Items, "\n")
	switch {
	case s.NotifyDate.IsZero():
	case s.Workdays > 0:
		put("supplement_period", fmt.Sprintf("收到补正告知书之日起%d个工作日内", s.Workdays))
	case !s.DueDate.IsZero():
		put("supplement_period", Day(s.DueDate)+"以前（含当日）")
	}
}

// opinionConsent is what a letter says of a third party that agreed.
const opinionConsent = "第三方同意公开"

func (f *filling) consulted(put func(key, text string)) {
	for _, c := range f.Application.Consultations {
		f.raw["consulted"] = string(c.Kind)
		if c.Kind != workflow.ThirdParty {
			continue
		}
		put("consult_send_date", Day(c.SendDate))
		switch {
		case c.Opinion == workflow.Objection:
			f.raw[keyThirdParty] = "第三方不同意公开"
		case c.Opinion == workflow.Consent:
			f.raw[keyThirdParty] = opinionConsent
		case c.Lapsed || c.Opinion == workflow.NoAnswer:
			f.raw[keyThirdParty] = "第三方逾期未提出意见"
		}
	}
	if f.kind.Addressee == ThirdParty {
		f.raw[keyAddressee] = f.act(workflow.ActConsult).Text.Party
	}
}

func (f *filling) reasons(put func(key, text string)) {
	a := f.Application
	put("reasons_notify_date", Day(a.Reasons.NotifyDate))
	put("reasons_receive_date", Day(a.Reasons.ReceiveDate))
	f.raw["reasons_due"], f.raw["defer_due"] = a.Reasons.DueDate.String(), a.Deferral.DueDate.String()
}

// fee tells the fee of a notice: that on record, or that of what the fields say by the
// tariff.
func (f *filling) fee(put func(key, text string)) {
	fee := f.Application.Fee
	put("fee_receive_date", Day(fee.ReceiveDate))
	put("fee_due", Day(fee.DueDate))
	f.raw[keyTariff] = string(fee.Tariff)
	tariff := workflow.Tariff(f.given[keyTariff])
	if tariff == "" {
		tariff = fee.Tariff
	}
	n, err := strconv.Atoi(f.given[keyQuantity])
	if err != nil || tariff == "" {
		return
	}
	if tariff == workflow.PerRequest {
		amount := tariff.Price(n)
		put("calculation", fmt.Sprintf("按照该办法第四条，同一申请人一个自然月内第11件至第30件每件100元，第31件以上每增加10件每件提高100元；本件为本月第%d件，收费%s元", n, yuan(amount)))
		put("amount", yuan(amount))
		return
	}
	total, lines := tariff.Fee(n)
	var parts []string
	for _, l := range lines {
		if l.Price == 0 {
			parts = append(parts, fmt.Sprintf("第%d页至第%d页免费", l.First, l.Last))
			continue
		}
		parts = append(parts, fmt.Sprintf("第%d页至第%d页每页%s元计%s元", l.First, l.Last, yuan(l.Price), yuan(l.Amount)))
	}
	put("calculation", fmt.Sprintf("按照该办法第五条，共%d页，%s", n, strings.Join(parts, "，")))
	put("amount", yuan(total))
}

func yuan(fen int64) string {
	if fen%100 == 0 {
		return strconv.FormatInt(fen/100, 10)
	}
	return fmt.Sprintf("%d.%02d", fen/100, fen%100)
}

// earlier tells the reply that a repeat was given before.
func (f *filling) earlier() {
	if f.Rules.Prior == nil || f.given[keyPrior] == "" {
		return
	}
	prior := f.Rules.Prior(f.given[keyPrior])
	if prior == nil {
		return
	}
	r := prior.Reply()
	f.raw["earlier_no"] = r.DocumentNo
	if f.raw["earlier_date"] = r.DeliverDate.String(); r.DeliverDate.IsZero() {
		f.raw["earlier_date"] = r.DecideDate.String()
	}
}

// stories are the lines of the case sheet.
func (f *filling) stories(put func(key, text string)) {
	a := f.Application
	said := func(key, format string, present workflow.Date, args ...any) {
		if !present.IsZero() {
			put(key, fmt.Sprintf(format, args...))
		}
	}
	said("supplement_story", "%s告知补正；收到补正：%s", a.Supplement.NotifyDate, Day(a.Supplement.NotifyDate), cmp.Or(Day(a.Supplement.ReceiveDate), "无"))
	said("extension_story", "%s告知延长%d个工作日", a.Extension.NotifyDate, Day(a.Extension.NotifyDate), a.Extension.Workdays)
	said("fee_story", "%s元，收到通知：%s；缴纳：%s", a.Fee.ReceiveDate, yuan(a.Fee.Amount), Day(a.Fee.ReceiveDate), cmp.Or(Day(a.Fee.PayDate), "无"))
	var consulted, replied, done []string
	for _, c := range a.Consultations {
		consulted = append(consulted, Day(c.SendDate)+"发出；答复："+cmp.Or(Day(c.EndDate), "无"))
	}
	for _, r := range a.Replies {
		row, _ := outcome.Of(r.Basis)
		replied = append(replied, strings.TrimSpace(fmt.Sprintf("%s %s签发 %s；%s送达：%s", r.DocumentNo, Day(r.DecideDate), row.LabelZH, modes[r.Mode], cmp.Or(Day(r.DeliverDate), "未送达"))))
	}
	for _, act := range a.Acts {
		spec, _ := workflow.SpecOf(act.Action)
		done = append(done, Day(act.Date)+" "+spec.ZH)
	}
	put("consult_story", strings.Join(consulted, "\n"))
	put("reply_story", strings.Join(replied, "\n"))
	put("story", strings.Join(done, "\n"))
}

// derive makes what the wording says of several elements together.
func (f *filling) derive() {
	f.values["points_line"] = strings.ReplaceAll(f.values["points"], "\n", "；")
	if points := f.values["points"]; strings.Contains(points, "\n") {
		f.values["points"] = itemized(points)
	}
	f.values["form_rule"], f.values["third_party_rule"] = cites("第四十条"), cites("第三十二条")
	if f.before2019() {
		f.values["form_rule"], f.values["third_party_rule"] = regulation2008+"第二十六条", regulation2008+"第二十三条"
	}
	if f.kind.Basis != inPart {
		return
	}
	var parts []string
	for n := 1; n <= maxParts; n++ {
		s := suffixOf(n)
		if f.values["withheld"+s] == "" {
			continue
		}
		parts = append(parts, f.part(s))
	}
	f.values["parts"] = strings.Join(parts, "\n")
}

// part says of one part why it is withheld (Art 37). The words 不予公开 stand only where Arts
// 14 to 16 do: they alone ask for reconsideration first.
func (f *filling) part(suffix string) string {
	ground := outcome.Basis(f.given["ground"+suffix])
	cite := f.values["ground"+suffix]
	if k, ok := Of(Reply, ground); ok {
		if cite = f.cite(&k); cite == "" {
			f.gap("ground"+suffix, "fields.ground"+suffix, "2008年《条例》没有“"+f.values["ground"+suffix]+"”的条款，请改用当时的依据", "the Regulation of 2008 has no article for this ground: choose one of its own")
		}
	}
	end := "根据" + cite + "的规定，对该部分不予公开"
	if ground == "other.not_government_information" {
		end = "该部分不属于" + cite + "规定的政府信息，不予提供"
	}
	trim := func(key string) string { return strings.TrimRight(f.values[key+suffix], "。；;. ") }
	asked := ""
	if slices.Contains(thirdPartyGrounds, ground) {
		asked = "本机关已书面征求第三方的意见，" + strings.TrimRight(f.values[keyThirdParty], "。；;. ") + "。"
	}
	return fmt.Sprintf("其中，%s：%s%s。%s。", trim("withheld"), asked, trim("reason"), end)
}

var numerals = []string{"一", "二", "三", "四", "五", "六", "七", "八", "九", "十"}

// itemized numbers the lines of a list, unless they bear numbers already.
func itemized(text string) string {
	lines := strings.Split(text, "\n")
	if len(lines) > len(numerals) || strings.ContainsAny(string([]rune(lines[0])[:1]), "（(一1①") {
		return text
	}
	for i := range lines {
		lines[i] = "（" + numerals[i] + "）" + strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}

// oneLine joins the lines of a text, with a space only where Latin words would touch.
func oneLine(text string) string {
	var b strings.Builder
	last := ' '
	for word := range strings.FieldsSeq(text) {
		first, _ := utf8.DecodeRuneInString(word)
		if b.Len() > 0 && first < latinEnd && last < latinEnd {
			b.WriteByte(' ')
		}
		b.WriteString(word)
		last, _ = utf8.DecodeLastRuneInString(word)
	}
	return b.String()
}

// latinEnd is the first character of the blocks that set no space between words.
const latinEnd = '\u2e80'
