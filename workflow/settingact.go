package workflow

import (
	"fmt"

	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
)

var (
	// lastEarlyDay is the last day before 国办公开办函〔2015〕207号.
	lastEarlyDay = calendar.New(2015, 10, 31)
	queryBasis   = Basis("refused.registry_query")
)

// choose returns what the agency has set for a new act by the date of the fact that the
// setting is about; empty: the default. A ledger's row says the days itself.
func (s Settings) choose(a *Application, act *Act) string {
	other := func(key string, on Date) string {
		if v := s.Text(key, on); v != settingRows[settingIndex[key]].Default {
			return v
		}
		return ""
	}
	switch {
	case act.Action == ActRequestSupplement:
		return other(SetSupplement2008, act.Date)
	case act.Action == ActExtend:
		return other(SetExtensionRestart, act.Date)
	case act.Origin == Ledger:
	case act.Action == ActSubmit && act.Channel == OnlineForm && act.Date >= firstDay2019:
		return other(SetOnlineReceipt, act.Date)
	case act.Action == ActConfirm && a.ArriveDate >= firstDay2019:
		return other(SetDelayedConfirm, a.ArriveDate)
	case act.Action == ActConfirm && a.ArriveDate <= lastEarlyDay && (a.Channel == Fax || a.Channel == OnlineForm):
		return other(SetEarlyReceipt, a.ArriveDate)
	}
	return ""
}

// settled says what the agency's settings decided in a case.
func settled(a *Application) []Warning {
	var out []Warning
	add := func(rule string) {
		out = append(out, Warning{
			"SETTING_APPLIED", fmt.Sprintf("按本机关设置%s办理，并非默认规则", rule), fmt.Sprintf("decided by the agency's setting %s, not by the default", rule),
		})
	}
	if a.ReceiveRule != "" {
		add(a.ReceiveRule)
	}
	if a.Supplement.Restarts {
		add(SetSupplement2008 + "=" + choseRestart)
	}
	if a.Extension.Survives {
		add(SetExtensionRestart + "=" + choseSurvives)
	}
	supplements := 0
	for i := range a.Acts {
		if a.Acts[i].Action == ActRequestSupplement {
			supplements++
		}
	}
	if supplements > 1 {
		add(SetSecondSupplement + "=" + choseSupervisor)
	}
	return out
}

// queryReviewFirst reports whether the agency has reconsideration come first against a
// referral to a registry.
func (s Settings) queryReviewFirst(b Basis, decided Date) bool {
	return b == queryBasis && decided >= firstReviewFirstDay && s.Text(SetQueryReviewFirst, decided) == choseYes
}

// ReviewFirst is the function of that name, as the agency reads the law on 复议前置.
func (s Settings) ReviewFirst(b Basis, decided Date) Access {
	if !s.queryReviewFirst(b, decided) {
		return ReviewFirst(b, decided)
	}
	row, _ := outcome.Of(b)
	return Access{
		WayReviewFirst, "行政复议法 2023 Art 23(1)(4); 设置 " + SetQueryReviewFirst + "=" + choseYes,
		"“" + row.LabelZH + "”按本机关设置视同不予公开，应当先申请行政复议", "by the agency's setting reconsideration comes first against the referral to a registry",
	}
}

// SilenceAccess is the function of that name, as the agency reads the law from 2024 on.
func (s Settings) SilenceAccess(filed Date) Access {
	usual := SilenceAccess(filed)
	chosen := s.Text(SetSilenceReview, filed)
	rule := "; 设置 " + SetSilenceReview + "=" + chosen
	switch {
	case usual.Way != WayDoubtful:
	case chosen == choseOpen:
		return Access{WayOpen, usual.Source + rule, "可以申请行政复议，也可以提起行政诉讼", "reconsideration or suit, as the applicant chooses"}
	case chosen == choseRequired:
		return Access{WayReviewFirst, usual.Source + rule, "逾期不答复的，应当先申请行政复议", "against silence reconsideration comes first"}
	}
	return usual
}
