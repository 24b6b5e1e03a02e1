package advice

import (
	"slices"

	"gongkai/workflow"
)

// questions are the seven steps of an office (补不补 — 是不是 — 谁负责 — 有没有 — 给不给 —
// 怎么给 — 怎么答; 国办公开办函〔2020〕2号). The first five are asked, two of them in one
// question, so that five answers lead to every basis; the last two are what a proposal
// says. Of several grounds the must-refuse of Arts 14 and 15 stand before Art 16.
var questions = []Question{
	{
		ID: First, Article: "30",
		ZH:      "申请能否进入实体办理？",
		EN:      "Can the application be dealt with on its merits?",
		settled: handlingSettled,
		Choices: []Choice{
			{ID: "proceed", Next: "kind", ZH: "能：内容明确，没有撤回，没有逾期", EN: "yes: it is clear, not withdrawn, and nothing has lapsed"},
			{ID: "unclear", Basis: "unavailable.still_unclear", ZH: "不能：补正并当面或者电话沟通后仍不明确", EN: "no: still unclear after a supplement and a talk in person or by telephone"},
			{ID: "not_supplemented", Basis: "other.not_supplemented", fits: supplementAsked, ZH: "不能：无正当理由逾期不补正", EN: "no: not supplemented in time, without good reason"},
			{ID: "fee_unpaid", Basis: "other.fee_unpaid", fits: feeAsked, ZH: "不能：逾期未缴纳信息处理费", EN: "no: the processing fee was not paid in time"},
			{ID: "withdrawn", Basis: "other.withdrawn", ZH: "不能：申请人已撤回", EN: "no: the applicant withdrew it"},
		},
	},
	{
		ID: "kind", Article: "2, 35, 36(6), 36(7), 39",
		ZH:      "申请实质上要的是什么？",
		EN:      "What does the application ask for in substance?",
		settled: kindSettled,
		Choices: []Choice{
			{ID: "information", Next: "held", ZH: "政府信息；此前的同一申请未获本机关答复的，也选此项", EN: "government information; also where an earlier application for the same has no answer of this agency yet"},
			{ID: "petition", Basis: "not_processed.petition", ZH: "信访、投诉、举报", EN: "a petition, complaint or report"},
			{ID: "publication", Basis: "not_processed.publication", ZH: "公报、报刊、书籍等公开出版物本身", EN: "a gazette, newspaper, periodical or book itself"},
			{ID: "reissue", Basis: "not_processed.reissue", ZH: "确认或者重新出具已经获取的信息", EN: "confirmation or another copy of what the applicant has already"},
			{ID: "repeat", Basis: "not_processed.repeat", ZH: "本机关已答复该申请人的相同信息", EN: "the same information on which this agency has answered the same applicant"},
			{ID: "excessive", Basis: "not_processed.excessive", fits: mayBeExcessive, ZH: "数量、频次明显超过合理范围，说明的理由不合理", EN: "clearly too many or too often, and the reasons given are not reasonable"},
			{ID: "registry", Basis: "refused.registry_query", ZH: "工商、不动产登记资料等，法律、行政法规另有获取规定", EN: "registry records and the like, for which a law or administrative regulation has a way of its own"},
			{ID: "not_information", Basis: "other.not_government_information", ZH: "不是《条例》第2条的政府信息（如党务信息）", EN: "no government information under Art 2, such as Party affairs"},
			{ID: "other_channel", Basis: "other.other_channel", fits: of2008, ZH: "应告知通过其他途径办理", EN: "something for which another channel exists"},
			{ID: "other", Basis: "other.other", ZH: "以上都不是（极少数特殊情况，须写明理由）", EN: "none of these; a last resort that needs its reason in words"},
		},
	},
	{
		ID: "held", Article: "10, 36(4), 36(5), 38",
		ZH: "由谁负责公开？检索结果如何？",
		EN: "Which organ is responsible, and what did the search find?",
		Choices: []Choice{
			{ID: "ready", Next: "give", ZH: "本机关负责，检索到现成信息", EN: "this agency is; the information is there as it is"},
			{ID: "other_organ", Basis: "unavailable.not_our_remit", ZH: "其他机关负责，本机关不掌握", EN: "another organ is responsible"},
			{ID: "nothing", Basis: "unavailable.nonexistent", ZH: "本机关负责，经检索没有（含灭失、依法销毁）", EN: "this agency is; a search found nothing, or it is lost or was lawfully destroyed"},
			{ID: "needs_work", Basis: "unavailable.needs_creation", ZH: "没有现成信息，需要加工、分析", EN: "it would have to be compiled or analysed"},
		},
	},
	{
		ID: "give", Article: "36(1), 36(2), 36(3), 37",
		ZH: "能否公开？",
		EN: "May it be disclosed?",
		Choices: []Choice{
			{ID: "public", Basis: "disclosed.already_public", ZH: "已经主动公开", EN: "it is public already"},
			{ID: "all", Basis: "disclosed.provided", ZH: "可以全部公开；涉及的机关、第三方已协商或者征求意见", EN: "all of it; organs and third parties concerned have been heard"},
			{ID: "part", Next: "withheld", ZH: "能够区分，部分公开", EN: "in part: what may not be open can be taken out"},
			{ID: "none", Next: "ground", ZH: "不予公开，且不能区分", EN: "no, and nothing can be separated"},
		},
	},
	{
		ID: "ground", Article: "14, 15, 16, 36(3)",
		ZH:      "不予公开的主要依据是什么？",
		EN:      "On what main ground is it refused?",
		Choices: append(grounds(false), only2008...),
	},
	{
		ID: "withheld", Article: "14, 15, 16, 37",
		ZH: "不公开的部分，主要依据是什么？",
		EN: "On what main ground is the part withheld?",
		Choices: append(grounds(true), Choice{
			ID: "other", Basis: "disclosed.in_part", ZH: "不属于第14至16条（如不是政府信息、不存在、须加工）", EN: "none of Arts 14 to 16: no government information, not there, or to be compiled",
		}),
	},
}

// groundRows are the grounds of Arts 14, 15 and 16.
var groundRows = []Choice{
	{ID: "state_secret", Basis: "refused.state_secret", ZH: "依法确定的国家秘密（第14条）", EN: "state secret, lawfully classified (Art 14)"},
	{ID: "prohibited_by_law", Basis: "refused.prohibited_by_law", ZH: "其他法律、行政法规禁止公开（第14条）", EN: "another law or administrative regulation forbids it (Art 14)"},
	{ID: "security_stability", Basis: "refused.security_stability", ZH: "可能危及国家安全、公共安全、经济安全、社会稳定（第14条）", EN: "may endanger national, public or economic security or social stability (Art 14)"},
	{ID: "trade_secret", Basis: "refused.trade_secret", fits: notAllConsent, ZH: "第三方的商业秘密（第15条）", EN: "a third party's trade secret (Art 15)"},
	{ID: "personal_privacy", Basis: "refused.personal_privacy", fits: notAllConsent, ZH: "第三方的个人隐私（第15条）", EN: "a third party's privacy (Art 15)"},
	{ID: "third_party_other", Basis: "refused.third_party_other", fits: notAllConsent, ZH: "第三方的其他合法权益（第15条）", EN: "another lawful interest of a third party (Art 15)"},
	{ID: "internal_affairs", Basis: "refused.internal_affairs", ZH: "人事管理、后勤管理、内部工作流程（第16条第一款）", EN: "personnel, logistics or internal procedure (Art 16(1))"},
	{ID: "deliberative", Basis: "refused.deliberative", ZH: "讨论记录、过程稿、磋商信函、请示报告（第16条第二款）", EN: "records of discussion, drafts, letters of consultation, requests for instructions (Art 16(2))"},
	{ID: "enforcement_file", Basis: "refused.enforcement_file", ZH: "行政执法案卷（第16条第二款）", EN: "enforcement file (Art 16(2))"},
}

// only2008 are grounds of applications received up to 2019-05-14.
var only2008 = []Choice{
	{ID: "no_special_need", Basis: "refused.no_special_need", fits: of2008, ZH: "与自身生产、生活、科研等特殊需要无关（2008年《条例》第13条）", EN: "unrelated to the applicant's own special needs (2008 Art 13)"},
	{ID: "other_statutory", Basis: "refused.other_statutory", fits: of2008, ZH: "法律、法规规定的其他情形（2008年《条例》第21条第（二）项）", EN: "another case provided for by law or regulation (2008 Art 21(2))"},
}

// grounds are the choices among them for the whole, or for a part that is withheld.
func grounds(part bool) []Choice {
	out := slices.Clone(groundRows)
	for i := range out {
		if part {
			out[i].Ground, out[i].Basis = out[i].Basis, "disclosed.in_part"
		}
	}
	return out
}

// handlingSettled: what lapsed or was withdrawn is on record, with nothing to ask. A case
// that was taken up again is open.
func handlingSettled(a *workflow.Application) string {
	switch {
	case a.Supplement.Lapsed && len(a.Replies) == 0 && a.ReopenDate.IsZero():
		return "not_supplemented"
	case a.Fee.Lapsed && len(a.Replies) == 0:
		return "fee_unpaid"
	case a.Conclusion.Basis == "other.withdrawn" && len(a.Replies) == 0:
		return "withdrawn"
	}
	return ""
}

// kindSettled: reasons that were given and not accepted settle Art 35.
func kindSettled(a *workflow.Application) string {
	if r := a.Reasons; !r.ReceiveDate.IsZero() && !r.Accepted {
		return "excessive"
	}
	return ""
}

func supplementAsked(a *workflow.Application) bool { return !a.Supplement.NotifyDate.IsZero() }

func feeAsked(a *workflow.Application) bool { return !a.Fee.ReceiveDate.IsZero() }

// mayBeExcessive: Art 35 came in 2019, and reasons that were accepted end the question.
func mayBeExcessive(a *workflow.Application) bool {
	return a.Regime == workflow.R2019 && !a.Reasons.Accepted
}

func of2008(a *workflow.Application) bool { return a.Regime == workflow.R2008 }

// notAllConsent reports whether a third party's rights may stand against disclosure: it
// does not where every one that was asked agreed (Arts 15, 32).
func notAllConsent(a *workflow.Application) bool {
	asked := false
	for _, c := range a.Consultations {
		if c.Kind != workflow.ThirdParty {
			continue
		}
		asked = true
		if c.Opinion != workflow.Consent {
			return true
		}
	}
	return !asked
}
