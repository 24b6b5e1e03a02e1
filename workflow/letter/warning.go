package letter

import (
	"slices"
	"strings"

	"gongkai/workflow"
	"gongkai/workflow/outcome"
)

// warning is a thing to look at before a letter is sent.
type warning struct {
	when func(*filling) bool
	text Text
}

// plain are the replies that refuse nothing under Arts 14 to 16, whose words must not say so.
var plain = []outcome.Basis{"refused.registry_query", "unavailable.nonexistent", "unavailable.not_our_remit", "unavailable.needs_creation"}

var warnings = []warning{
	{(*filling).tellsWhoApplied, Text{"文书写有申请人的姓名或者名称；除非确有必要，不要向第三方透露申请人", "the letter names the applicant; unless it is needed, do not tell a third party who applied"}},
	{(*filling).cameOnline, Text{
		"申请通过网络提出：通过互联网送达决定的，应当同时提供网上申请行政复议的途径，请设置" + settingOnline + "（行政复议法第22条第二款）",
		"the application came online: a decision delivered online must offer reconsideration online; set " + settingOnline + " (行政复议法 Art 22(2))",
	}},
	{func(f *filling) bool { return f.out.Override != "" }, Text{
		"救济告知为另拟的文字，请法制人员核对；理由将与文书一并留存", "the remedy paragraph is in other words than the law's rows: let legal staff check it; the reason is kept",
	}},
	{(*filling).otherFee, Text{"计算的数额与已登记的收费通知不一致，请核对", "the amount differs from that of the notice on record: check it"}},
	{(*filling).afterDue, Text{"已超过答复期限（第33条）", "the last day for the reply has passed (Art 33)"}},
	{func(f *filling) bool { return f.kind.Number != "" && len(f.Rules.Settings.Values["number.word"]) == 0 }, Text{
		"本机关没有设置机关代字number.word，发文字号不完整（GB/T 9704）", "the agency has set no number.word, so the document number is not complete (GB/T 9704)",
	}},
	{(*filling).saysRefused, Text{"该答复不是依据第十四条至第十六条的不予公开决定，请不要写“不予公开”", "this is no refusal under Arts 14 to 16: do not write 不予公开"}},
	{(*filling).consented, Text{"第三方同意公开，不公开的理由请核对（第32条）", "the third party consented: check why it is refused (Art 32)"}},
}

// warn says what to look at first.
func (f *filling) warn() {
	for _, w := range warnings {
		if w.when(f) {
			f.out.Warnings = append(f.out.Warnings, w.text)
		}
	}
}

func (f *filling) tellsWhoApplied() bool {
	name := f.Application.Applicant.Name
	return f.kind.Addressee == ThirdParty && name != "" && slices.ContainsFunc(f.out.Blocks, func(b Block) bool {
		return b.Role != To && strings.Contains(b.Text, name)
	})
}

func (f *filling) cameOnline() bool {
	channel := f.Application.Channel
	return f.values[placeRemedy] != "" && f.values["online_review"] == "" && (channel == workflow.OnlineForm || channel == workflow.Email)
}

func (f *filling) otherFee() bool {
	amount := f.Application.Fee.Amount
	return f.kind.Key == "fee" && amount > 0 && f.values["amount"] != "" && f.values["amount"] != yuan(amount)
}

func (f *filling) afterDue() bool {
	due := f.Rules.Deadline(f.Application).Due
	return f.kind.Key == Reply && f.Application.State.Open() && !due.IsZero() && due < f.Day
}

func (f *filling) saysRefused() bool {
	if !slices.Contains(plain, f.kind.Basis) {
		return false
	}
	for _, text := range f.given {
		if strings.Contains(text, "不予公开") {
			return true
		}
	}
	return false
}

func (f *filling) consented() bool {
	return strings.HasPrefix(string(f.kind.Basis), "refused.") && f.raw[keyThirdParty] == opinionConsent
}
