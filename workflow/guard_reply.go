package workflow

import (
	"slices"

	"gongkai/workflow/outcome"
)

// otherPerson: whoever drafted cannot approve. The role of the step is the caller's
// affair and asked when the act is entered.
var otherPerson = Guard{Early: true, Check: func(j *judging) *Refusal {
	if j.act.By == "" || j.act.By != j.a.Draft.By {
		return nil
	}
	return refuse(NeedsSecondPerson, "", "Art 45", "起草人不能审核自己的答复；请由他人审核", "who drafted a reply cannot approve it; another person must")
}}

var secondPerson = Guard{Early: true, Check: func(j *judging) *Refusal {
	if j.act.By == "" || j.act.By != j.a.RegisteredBy {
		return nil
	}
	return refuse(NeedsSecondPerson, "", "Art 45", "登记人不能作废自己登记的申请；请由另一人办理", "who registered an application cannot void it; another person must")
}}

var noChain = Guard{Evidence: true, Early: true, Fresh: true, Check: func(j *judging) *Refusal {
	if len(j.settings.ReviewSteps) == 0 {
		return nil
	}
	return refuse(ChainRequired, "", "Art 45", "本机关设有审核流程，请用“提交审核”", "the agency has a chain of approvals: submit the draft for review")
}}

var chain = Guard{Early: true, Fresh: true, Check: func(j *judging) *Refusal {
	if len(j.settings.ReviewSteps) > 0 {
		return nil
	}
	return refuse(ChainEmpty, "", "Art 45", "本机关没有设审核流程，请直接签发", "the agency has no chain of approvals: decide")
}}

var basisAllowed = ofFields(func(j *judging) *Refusal {
	r, ok := outcome.Of(j.act.Basis)
	switch {
	case !ok:
		return refuse(FieldInvalid, "basis", "Art 36", "没有名为“%s”的答复依据", "no basis is called %q", j.act.Basis)
	case r.Only2008 && j.a.Regime == R2019:
		return refuse(BasisNotAllowed, "basis", r.Article, "“%[1]s”只适用于2019年5月15日以前收到的申请；本申请收到日期为%[2]s",
			"%[3]s is for applications received before 2019-05-15 only; this one was received on %[2]s", r.LabelZH, j.a.ReceiveDate, j.act.Basis)
	case r.Year2021 && j.act.Date < firstFeeDay:
		return refuse(BasisNotAllowed, "basis", r.Article, "“%[1]s”自2021年1月1日起才有依据", "%[2]s exists from 2021-01-01 only", r.LabelZH, j.act.Basis)
	case slices.Contains(closings, j.act.Basis) && j.act.Origin != Ledger && !noticeAsReply(j):
		return refuse(BasisNotAllowed, "basis", r.Article, "“%[1]s”不是答复；请用相应的办结步骤（逾期不补正、逾期未缴费、撤回）",
			"%[2]s is no reply; record the lapse or the withdrawal instead", r.LabelZH, j.act.Basis)
	}
	return nil
})

// noticeAsReply reports whether the notice to correct is itself the reply (2008 Art 21(4)).
func noticeAsReply(j *judging) bool {
	return j.a.Regime == R2008 && j.act.Basis == "other.not_supplemented"
}

// closings are the bases of conclusions that need no reply.
var closings = []Basis{"other.not_supplemented", "other.fee_unpaid", "other.withdrawn"}

var repeatProven = evidence(func(j *judging) *Refusal {
	if j.act.Basis != "not_processed.repeat" {
		return nil
	}
	if j.act.Prior == "" {
		return refuse(RepeatNotProven, "prior_application_no", "Art 36(6)", "不予重复处理须写明本机关已答复的前一申请编号", "name the earlier application that this agency has answered")
	}
	if j.prior == nil {
		return nil
	}
	p := j.prior(j.act.Prior)
	if p == nil || p.ID == j.a.ID || p.firstReply() == 0 || p.firstReply() > j.act.Date {
		return refuse(RepeatNotProven, "prior_application_no", "Art 36(6)", "申请%s在本机关没有于%s以前送达的答复，不属于重复申请；前件未答复的，两件均应答复",
			"application %s has no reply of this agency delivered by %s; while the earlier one is open both are to be answered", j.act.Prior, j.act.Date)
	}
	if p.Applicant.Name != j.a.Applicant.Name || p.Applicant.Kind != j.a.Applicant.Kind {
		return refuse(RepeatNotProven, "prior_application_no", "Art 36(6)", "申请%s的申请人不是同一人", "application %s is of another applicant", j.act.Prior)
	}
	return nil
})

var supplementedOnce = ofFields(func(j *judging) *Refusal {
	if j.act.Basis != "unavailable.still_unclear" || !j.a.Supplement.ReceiveDate.IsZero() {
		return nil
	}
	return refuse(SupplementMissing, "basis", "Art 30", "“补正后申请内容仍不明确”须先告知补正并收到补正", "still unclear needs a supplement that was requested and received first")
})

var reviewFirstTold = evidence(func(j *judging) *Refusal {
	r, _ := outcome.Of(j.act.Basis)
	first := r.Remedy == outcome.ReviewFirst && r.Article != "37" || j.settings.queryReviewFirst(j.act.Basis, j.act.Date)
	if !first || j.act.Date < firstReviewFirstDay || j.act.ReviewFirst {
		return nil
	}
	return refuse(ReviewFirstNotTold, "review_first_told", "行政复议法 2023 Art 23", "依据《条例》第%s条不予公开的答复须告知先申请行政复议；请核对文书并确认review_first_told",
		"a refusal under Art %s must tell that reconsideration comes first; check the letter and set review_first_told", r.Article)
})

var thirdPartyTold = evidence(func(j *judging) *Refusal {
	if j.act.Basis != "disclosed.provided" || !j.act.Told.IsZero() {
		return nil
	}
	for _, c := range j.a.Consultations {
		if c.Kind == ThirdParty && c.Opinion == Objection {
			return refuse(ThirdPartyNotTold, "third_party_notify_date", "Art 32", "第三方不同意公开而决定公开的，须书面告知第三方内容和理由；请填third_party_notify_date",
				"a third party objects: it must be told in writing what is disclosed and why; give third_party_notify_date")
		}
	}
	return nil
})

var reasonsAsked = evidence(func(j *judging) *Refusal {
	if j.act.Basis != "not_processed.excessive" || !j.a.Reasons.NotifyDate.IsZero() {
		return nil
	}
	return refuse(EvidenceMissing, "basis", "Art 35", "以无正当理由大量反复申请不予处理的，须先要求申请人说明理由", "ask the applicant for reasons first")
})
