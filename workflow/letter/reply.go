package letter

import (
	"gongkai/workflow"
	"gongkai/workflow/outcome"
)

// answerable are the states in which a reply may be written: while it may be decided, and
// once it was.
var answerable = []workflow.State{
	workflow.Received, workflow.Processing, workflow.ReasonsPending, workflow.Deferred, workflow.SupplementPending, workflow.FeePending,
	workflow.Decided, workflow.Closed, workflow.Redeciding, workflow.Archived,
}

// ruling is what a reply on one basis says beside what all replies say.
type ruling struct {
	basis    outcome.Basis
	article  Text
	cite     string // of 2019; empty: the law has no article, and the officer names the basis
	cite2008 string // of the Regulation of 2008; empty as above
	elements []Element
	body     []paragraph
}

const (
	// without names no article: its basis is a field.
	without = ""
	refuses = "根据{legal_basis}的规定，本机关决定不予公开。"
	notify  = "根据{legal_basis}的规定，特此告知。"

	regulation2008 = "2008年施行的" + regulation
)

func cites(articles string) string { return regulation + articles }

var (
	lawField    = field("law", "法律、行政法规及条款", "law and article", "如：《某某法》第某条", "name of the law and its article")
	toldField   = field(keyTold, "告知第三方之日", "day the third party was told", "第三方不同意而决定公开的，写明书面告知的日期", "where its objection was overridden").optional().date()
	thirdParty  = field(keyThirdParty, "征求第三方意见的结果", "what the third party answered", "如：第三方不同意公开", "such as: it objects").known("act consult")
	askedPoints = field("points", "告知补正的事项", "what was asked for", "补正告知书列明的事项", "what the notice listed").lines().known("act request_supplement: items")
	noticeDay   = fact("supplement_notify_date", "告知补正之日", "day of the notice to supplement", "act request_supplement")
)

// overruled tells why what a third party objected to is disclosed all the same.
var overruled = []paragraph{
	{
		text: "本机关已书面征求第三方的意见，第三方不同意公开。经审查，{overrule_reasons}。根据{third_party_rule}的规定，本机关决定予以公开，并已于{third_party_notify_date}将决定公开的政府信息内容和理由书面告知第三方。",
		when: []string{keyOverruled, keyTold},
	},
	{
		text: "本机关已书面征求第三方的意见，第三方不同意公开。经审查，{overrule_reasons}。根据{third_party_rule}的规定，本机关决定予以公开。",
		when: []string{keyOverruled}, unless: []string{keyTold},
	},
}

// thirdPartyGrounds are those on which a third party is asked (Arts 15, 32).
var thirdPartyGrounds = []outcome.Basis{"refused.trade_secret", "refused.personal_privacy", "refused.third_party_other"}

// rulings are in the order of the law's own classes, as package outcome has them.
var rulings = []ruling{
	{
		"disclosed.already_public",
		Text{"第三十六条第一项", "Art 36(1)"},
		cites("第三十六条第一项"), regulation2008 + "第二十一条第一项",
		[]Element{
			field("way", "获取的方式、途径", "the way to it", "能直接找到该信息的网址、公报期号或者查阅地点", "address, issue or reading room that leads to this very information").lines(),
			field("since", "公开日期", "since when", "YYYY-MM-DD", "YYYY-MM-DD").date(),
		},
		[]paragraph{{text: "经查，{you}申请公开的政府信息已于{since}主动公开。根据{legal_basis}的规定，现将获取该政府信息的方式、途径告知如下：{way}。"}},
	},
	{
		"disclosed.provided",
		Text{"第三十六条第二项、第四十条", "Arts 36(2), 40"},
		cites("第三十六条第二项"), regulation2008 + "第二十一条第一项",
		[]Element{
			field("information", "提供的政府信息", "what is provided", "写明名称、文号和页数", "title, number and pages").lines(),
			field("form", "提供的形式", "form", "如：纸质复印件、电子文件", "such as paper copies or files"),
			field("form_reason", "改用其他形式的理由", "why another form than asked", "危及载体安全或者公开成本过高的具体情形", "risk to the carrier, or cost").optional(), toldField,
		},
		[]paragraph{
			{text: "经审查，{you}申请公开的政府信息可以公开。根据{legal_basis}的规定，本机关决定予以公开，现以{form}的形式向{you}提供：{information}。"},
			{text: "按照{you}要求的形式提供，{form_reason}。根据{form_rule}的规定，改以上述形式提供。", when: []string{"form_reason"}},
			overruled[0], overruled[1],
		},
	},
	{
		"disclosed.in_part",
		Text{"第三十六条第二项、第三十七条", "Arts 36(2), 37"},
		cites("第三十六条第二项、第三十七条"), regulation2008 + "第二十二条",
		append([]Element{
			field("given", "公开的内容", "what is disclosed", "写明名称、文号和页数", "title, number and pages").lines(),
			field("form", "提供的形式", "form", "如：纸质复印件、电子文件", "such as paper copies or files"),
		}, append(partElements(""), toldField)...),
		[]paragraph{
			{text: "经审查，{you}申请公开的信息中含有不应当公开或者不属于政府信息的内容，但是能够作区分处理。根据{legal_basis}的规定，本机关决定部分公开，现以{form}的形式向{you}提供可以公开的内容：{given}。"},
			{text: "{parts}"},
			overruled[0], overruled[1],
		},
	},
	{
		"refused.state_secret",
		Text{"第三十六条第三项、第十四条", "Arts 36(3), 14"},
		cites("第十四条、第三十六条第三项"), regulation2008 + "第十四条第四款、第二十一条第二项",
		[]Element{field(keyFacts, "定密依据", "proof of classification", "写明已依法定密、在保密期限内，不写秘密内容", "that it is lawfully classified and still is; nothing of its content").lines()},
		[]paragraph{{text: "经审查，{you}申请公开的政府信息属于依法确定的国家秘密。{facts}。"}, {text: refuses}},
	},
	{
		"refused.prohibited_by_law",
		Text{"第三十六条第三项、第十四条和禁止公开的法律、行政法规", "Arts 36(3), 14, and the law that forbids it"},
		cites("第十四条、第三十六条第三项"), regulation2008 + "第二十一条第二项",
		[]Element{lawField, factsElement},
		[]paragraph{{text: "经审查，{facts}。{law}禁止公开该信息。"}, {text: "根据{law}和{legal_basis}的规定，本机关决定不予公开。"}},
	},
	{
		"refused.security_stability",
		Text{"第三十六条第三项、第十四条", "Arts 36(3), 14"},
		cites("第十四条、第三十六条第三项"), regulation2008 + "第八条、第二十一条第二项",
		[]Element{
			field("interest", "可能危及的利益", "interest at risk", "四项之一", "one of four").oneOf(
				Choice{"national", Text{"国家安全", "national security"}}, Choice{"public", Text{"公共安全", "public security"}},
				Choice{"economic", Text{"经济安全", "economic security"}}, Choice{"social", Text{"社会稳定", "social stability"}},
			), factsElement,
		},
		[]paragraph{{text: "经审查，{you}申请公开的政府信息公开后可能危及{interest}。{facts}。"}, {text: refuses}},
	},
	{
		"refused.trade_secret",
		Text{"第三十六条第三项、第十五条、第三十二条", "Arts 36(3), 15, 32"},
		cites("第十五条、第三十二条、第三十六条第三项"), regulation2008 + "第十四条第四款、第二十三条",
		[]Element{thirdParty, factsElement},
		[]paragraph{{text: "经审查，{you}申请公开的政府信息涉及第三方商业秘密，公开会对第三方合法权益造成损害。本机关已书面征求第三方的意见，{third_party_opinion}。{facts}。"}, {text: refuses}},
	},
	{
		"refused.personal_privacy",
		Text{"第三十六条第三项、第十五条、第三十二条", "Arts 36(3), 15, 32"},
		cites("第十五条、第三十二条、第三十六条第三项"), regulation2008 + "第十四条第四款、第二十三条",
		[]Element{thirdParty, factsElement},
		[]paragraph{{text: "经审查，{you}申请公开的政府信息涉及第三方个人隐私，公开会对第三方合法权益造成损害。本机关已书面征求第三方的意见，{third_party_opinion}。{facts}。"}, {text: refuses}},
	},
	{
		"refused.third_party_other",
		Text{"第三十六条第三项、第十五条、第三十二条", "Arts 36(3), 15, 32"},
		cites("第十五条、第三十二条、第三十六条第三项"), without,
		[]Element{field("right", "第三方权益的种类", "kind of right", "如：著作权；不写第三方身份", "such as copyright; not who it is"), thirdParty, factsElement},
		[]paragraph{{text: "经审查，{you}申请公开的政府信息公开后会对第三方的{right}造成损害。本机关已书面征求第三方的意见，{third_party_opinion}。{facts}。"}, {text: refuses}},
	},
	{
		"refused.internal_affairs",
		Text{"第三十六条第三项、第十六条第一款", "Arts 36(3), 16(1)"},
		cites("第十六条第一款、第三十六条第三项"), without,
		[]Element{
			field("internal_kind", "内部事务的种类", "kind", "三类之一", "one of three").oneOf(
				Choice{"personnel", Text{"人事管理", "personnel"}}, Choice{"logistics", Text{"后勤管理", "logistics"}}, Choice{"procedure", Text{"内部工作流程", "internal procedure"}},
			), factsElement,
		},
		[]paragraph{{text: "经审查，{you}申请公开的信息属于本机关{internal_kind}方面的内部事务信息。{facts}。"}, {text: refuses}},
	},
	{
		"refused.deliberative",
		Text{"第三十六条第三项、第十六条第二款", "Arts 36(3), 16(2)"},
		cites("第十六条第二款、第三十六条第三项"), without,
		[]Element{
			field("process_kind", "过程性信息的种类", "kind", "四类之一", "one of four").oneOf(
				Choice{"discussion", Text{"讨论记录", "record of a discussion"}}, Choice{"draft", Text{"过程稿", "draft"}},
				Choice{"consultation", Text{"磋商信函", "correspondence"}}, Choice{"report", Text{"请示报告", "report to a superior"}},
			),
			field("final_act", "对应的决定", "decision that it led to", "写明该信息是在作出哪项决定之前形成的", "the decision before which it was made"), factsElement,
		},
		[]paragraph{{text: "经审查，{you}申请公开的信息是本机关在{final_act}之前形成的{process_kind}，属于行政机关在履行行政管理职能过程中形成的过程性信息，法律、法规、规章没有规定应当公开。{facts}。"}, {text: refuses}},
	},
	{
		"refused.enforcement_file",
		Text{"第三十六条第三项、第十六条第二款", "Arts 36(3), 16(2)"},
		cites("第十六条第二款、第三十六条第三项"), without,
		[]Element{
			field("case_file", "行政执法案卷", "file", "写明案由或者案号", "matter or number of the file"), factsElement,
			field("inspection", "当事人查阅的途径", "a party's way to inspect", "当事人另有查阅权的，写明法律和条款、向谁提出", "the law, and whom to ask").optional(),
		},
		[]paragraph{
			{text: "经审查，{you}申请公开的信息是{case_file}的行政执法案卷信息，法律、法规、规章没有规定应当公开。{facts}。"},
			{text: refuses},
			{text: "案件当事人可以{inspection}。", when: []string{"inspection"}},
		},
	},
	{
		"refused.registry_query",
		Text{"第三十六条第七项", "Art 36(7)"},
		cites("第三十六条第七项"), without,
		[]Element{
			field("registry_kind", "登记资料的种类", "kind of register", "如：不动产登记资料", "such as the land register"), lawField,
			field("registry", "办理查询的机构", "where to ask", "名称、地址、需要的材料", "name, address, papers needed"),
		},
		[]paragraph{{text: "经审查，{you}申请公开的信息属于{registry_kind}，{law}对该信息的获取有特别规定。根据{legal_basis}的规定，告知{you}依照上述规定办理查询，查询机构为：{registry}。"}},
	},
	{
		"unavailable.not_our_remit",
		Text{"第三十六条第五项、第十条", "Arts 36(5), 10"},
		cites("第十条、第三十六条第五项"), regulation2008 + "第十七条、第二十一条第三项",
		[]Element{factsElement, field(keyOrgan, "负责公开的机关及联系方式", "organ responsible, with contact", "能够确定的，写明名称、地址、电话", "name, address, telephone, if it can be determined").optional()},
		[]paragraph{
			{text: "经审查，{you}申请公开的政府信息不属于本机关负责公开。{facts}。"},
			{text: notify},
			{text: "负责公开该政府信息的行政机关为：{responsible_organ}，{you}可以向其提出申请。", when: []string{keyOrgan}},
		},
	},
	{
		"unavailable.nonexistent",
		Text{"第三十六条第四项", "Art 36(4)"},
		cites("第三十六条第四项"), regulation2008 + "第二十一条第三项",
		[]Element{
			field("search", "检索情况", "search", "写明检索的范围、系统、关键词和方式", "where, in which systems, by which terms"),
			field("search_result", "检索结果的说明", "explanation", "如：未制作也未获取；或者已超过保管期限、依法销毁、灭失", "never made or obtained, or lost or destroyed"),
		},
		[]paragraph{{text: "收到申请后，本机关进行了检索：{search}。经检索，{you}申请公开的政府信息不存在：{search_result}。"}, {text: notify}},
	},
	{
		"unavailable.needs_creation",
		Text{"第三十八条", "Art 38"},
		cites("第三十八条"), without,
		[]Element{
			field("needed", "需要加工、分析的内容", "what would have to be made", "写明需要汇总、统计、分析什么", "what would have to be compiled or analysed"),
			field("existing", "现有的相关信息", "what exists", "便于申请人另行申请的，写明名称", "titles that may be asked for").optional(),
		},
		[]paragraph{
			{text: "经审查，本机关没有{you}申请公开的现成信息，提供该信息需要对现有政府信息进行加工、分析：{needed}。根据{legal_basis}的规定，本机关不予提供。"},
			{text: "本机关现有的相关政府信息为：{existing}。", when: []string{"existing"}},
		},
	},
	{
		"unavailable.still_unclear",
		Text{"第三十条", "Art 30"},
		cites("第三十条"), regulation2008 + "第二十一条第四项",
		[]Element{
			noticeDay, fact("supplement_receive_date", "收到补正之日", "day the supplement came", "act submit_supplement"), askedPoints,
			field("supplement_content", "补正的内容", "what came", "申请人补正了什么", "what the applicant supplemented").lines(), factsElement,
		},
		[]paragraph{{text: "因申请内容不明确，本机关于{supplement_notify_date}告知{you}补正下列事项：{points_line}。本机关于{supplement_receive_date}收到补正材料，内容为：{supplement_content}。"}, {text: "经审查，补正后申请内容仍不明确：{facts}。根据{legal_basis}的规定，本机关无法提供，特此告知。"}},
	},
	{
		"not_processed.petition",
		Text{"第三十九条第一款", "Art 39(1)"},
		cites("第三十九条第一款"), without,
		[]Element{factsElement, field("channel_for", "反映诉求的渠道", "right channel", "如：某县信访局，电话、地址", "such as the petition office").optional()},
		[]paragraph{
			{text: "经审查，{you}是以政府信息公开申请的形式进行信访、投诉、举报等活动：{facts}。根据{legal_basis}的规定，本机关不作为政府信息公开申请处理。"},
			{text: "{you}可以通过以下渠道反映：{channel_for}。", when: []string{"channel_for"}},
		},
	},
	{
		"not_processed.repeat",
		Text{"第三十六条第六项", "Art 36(6)"},
		cites("第三十六条第六项"), without,
		[]Element{
			field(keyPrior, "前次申请编号", "number of the earlier application", "本机关已答复的申请", "one that this agency answered"),
			field("earlier_no", "前次答复文号", "number of the earlier reply", "如：某公开答〔2025〕8号", "as it is printed").known("application fields." + keyPrior),
			field("earlier_date", "前次答复日期", "day of the earlier reply", "YYYY-MM-DD", "YYYY-MM-DD").date().known("application fields." + keyPrior), factsElement,
		},
		[]paragraph{{text: "经查，{you}曾就相同内容向本机关提出政府信息公开申请（申请编号：{prior_application_no}），本机关已于{earlier_date}作出答复（{earlier_no}）。{facts}。根据{legal_basis}的规定，本机关不予重复处理。"}},
	},
	{
		"not_processed.publication",
		Text{"第三十九条第二款", "Art 39(2)"},
		cites("第三十九条第二款"), without,
		[]Element{
			field("publication", "要求提供的公开出版物", "publication", "名称、期号", "title and issue"),
			field("where", "获取的途径", "where to get it", "如：网址、图书馆、书店", "address, library, bookshop"),
		},
		[]paragraph{{text: "经审查，{you}要求提供的{publication}属于公开出版物，本机关不作为政府信息公开申请处理。根据{legal_basis}的规定，现告知获取的途径：{where}。"}},
	},
	{
		"not_processed.excessive",
		Text{"第三十五条", "Art 35"},
		cites("第三十五条"), without,
		[]Element{
			field("count", "申请的数量、频次", "number and frequency", "写明期间和件数", "the period and how many"),
			fact("reasons_notify_date", "要求说明理由之日", "day reasons were asked for", "act ask_reasons"),
			field("reasons_given", "申请人说明的理由", "reasons given", "没有说明的，写“未说明理由”", "say so if none were given"), field(keyFacts, "对理由的审查意见", "why the reasons fail", "写明为何不合理", "why they are not good").lines(),
		},
		[]paragraph{{text: "经统计，{you}于{count}，申请公开政府信息的数量、频次明显超过合理范围。本机关于{reasons_notify_date}要求{you}说明理由，{you}的说明为：{reasons_given}。经审查，申请理由不合理：{facts}。根据{legal_basis}的规定，本机关不予处理。"}},
	},
	{
		"not_processed.reissue",
		Text{"没有专门条款，由本机关写明依据", "no article: the office names its ground"},
		without, without,
		[]Element{
			field("obtained", "已获取的政府信息", "what was obtained", "名称、文号", "title and number"),
			field("obtained_date", "获取日期", "day it was obtained", "YYYY-MM-DD", "YYYY-MM-DD").date(),
		},
		[]paragraph{{text: "经查，{you}已于{obtained_date}获取{obtained}，本次申请是要求本机关对已获取的政府信息进行确认或者重新出具。根据{legal_basis}，本机关不予处理。"}},
	},
	{
		"other.not_supplemented",
		Text{"第三十条", "Art 30"},
		cites("第三十条"), without,
		[]Element{noticeDay, fact("supplement_period", "补正期限", "time for the supplement", "act request_supplement: due_date, workdays")},
		[]paragraph{{text: "因申请内容不明确，本机关于{supplement_notify_date}告知{you}在{supplement_period}补正。{you}无正当理由逾期未补正。根据{legal_basis}的规定，视为放弃申请，本机关不再处理该政府信息公开申请。"}},
	},
	{
		"other.fee_unpaid",
		Text{"第四十二条；国办函〔2020〕109号 第六条", "Art 42; 国办函〔2020〕109号 Art 6"},
		cites("第四十二条和") + feeRules + "第六条", without,
		[]Element{
			fact("fee_receive_date", "收到收费通知之日", "day the fee notice was received", "act notify_fee"), fact("fee_due", "缴费期限", "last day to pay", "act notify_fee"),
		},
		[]paragraph{{text: "{you}于{fee_receive_date}收到本机关的收费通知，缴费期限至{fee_due}届满，逾期未缴纳。根据{legal_basis}的规定，视为放弃申请，本机关不再处理该政府信息公开申请。"}},
	},
	{
		"other.not_government_information",
		Text{"第二条", "Art 2"},
		cites("第二条"), regulation2008 + "第二条",
		[]Element{
			factsElement,
			field(keyParty, "党务信息", "Party affairs", "适用《中国共产党党务公开条例（试行）》的，选择“是”", "yes, if the Party's own rules apply").optional().oneOf(
				Choice{choiceYes, Text{"申请信息适用《中国共产党党务公开条例（试行）》，本机关不予公开，特此告知", "yes"}},
			),
		},
		[]paragraph{
			{text: "经审查，{facts}。{you}申请公开的信息不属于{legal_basis}规定的政府信息，本机关不予提供。", unless: []string{keyParty}},
			{text: "经审查，{facts}。{you}申请公开的信息不属于{legal_basis}规定的政府信息。{party_affairs}。", when: []string{keyParty}},
		},
	},
	{
		"refused.no_special_need",
		Text{"2008年《条例》第十三条", "2008 Art 13"},
		without, regulation2008 + "第十三条",
		[]Element{factsElement},
		[]paragraph{{text: "经审查，{you}申请公开的政府信息与{you}自身生产、生活、科研等特殊需要无关：{facts}。"}, {text: "根据{legal_basis}的规定，本机关不予提供。"}},
	},
	{
		"refused.other_statutory",
		Text{"2008年《条例》第二十一条第二项", "2008 Art 21(2)"},
		without, regulation2008 + "第二十一条第二项",
		[]Element{lawField, factsElement},
		[]paragraph{{text: "经审查，{facts}。"}, {text: "根据{law}和{legal_basis}的规定，本机关决定不予公开。"}},
	},
	{
		"other.other_channel",
		Text{"2008年《条例》第二十一条", "2008 Art 21"},
		without, regulation2008 + "第二十一条",
		[]Element{factsElement, field("channel_for", "应当通过的途径", "right channel", "机构、地址、电话", "office, address, telephone")},
		[]paragraph{{text: "经审查，{facts}。根据{legal_basis}的规定，告知{you}通过以下途径办理：{channel_for}。"}},
	},
	{
		"other.other",
		Text{"没有专门条款，由本机关写明依据", "no article: the office names its ground"},
		without, without,
		[]Element{factsElement, field(keyDecision, "处理决定", "decision", "写明如何处理", "what is done")},
		[]paragraph{{text: "经审查，{facts}。根据{legal_basis}，本机关{decision}。"}},
	},
}

// replies are the reply on each basis.
var replies = repliesOf(rulings)

func repliesOf(rulings []ruling) []Kind {
	var out []Kind
	for _, r := range rulings {
		row, _ := outcome.Of(r.basis)
		elements := append([]Element{addresseeElement, receiptElement, numberElement, subjectElement}, r.elements...)
		elements = append(elements, extraElement, enclosuresElement, contactElement, reviewElement, courtElement, onlineElement)
		body := append([]paragraph{opening}, process...)
		body = append(append(body, r.body...), paragraph{text: "{extra}"})
		out = append(out, Kind{
			Key: Reply, Basis: r.basis, Label: Text{"答复书：" + row.LabelZH, "reply: " + row.LabelEN}, Title: "政府信息公开申请答复书", Addressee: Applicant,
			Article: r.article, Remedy: ByBasis, Number: "reply", Elements: append(elements, overrideElements...), states: answerable,
			When: Text{"可以作出该答复时，或者已经签发的", "when this reply may be decided, or was"}, body: body, cite: r.cite, cite2008: r.cite2008, grounds: "本答复",
		})
	}
	return out
}

// process tells what came between application and reply.
var process = []paragraph{
	{text: "因申请内容不明确，本机关于{supplement_notify_date}告知{you}补正，并于{supplement_receive_date}收到补正材料。", when: []string{"supplement_receive_date"}, unless: []string{"supplement_content"}},
	{text: "本机关于{extension_notify_date}告知{you}延长答复期限{extension_workdays}个工作日。", when: []string{"extension_notify_date"}},
	{text: "{redecision_cause}，本机关现重新作出答复。", when: []string{keyRedecision}},
}

// partGrounds are the grounds on which a part may be withheld, as the wording cites them.
var partGrounds = []outcome.Basis{
	"refused.state_secret", "refused.prohibited_by_law", "refused.security_stability", "refused.trade_secret", "refused.personal_privacy",
	"refused.third_party_other", "refused.internal_affairs", "refused.deliberative", "refused.enforcement_file", "other.not_government_information",
}

// partElements are what must be said of one part that is withheld (Art 37).
func partElements(suffix string) []Element {
	var grounds []Choice
	for _, b := range partGrounds {
		row, _ := outcome.Of(b)
		grounds = append(grounds, Choice{string(b), Text{row.LabelZH, row.LabelEN}})
	}
	return []Element{
		field("withheld"+suffix, "不公开的部分", "part withheld", "写明是哪一部分，不写其内容", "which part, not what it says"),
		field("ground"+suffix, "该部分的依据", "ground of that part", "每一部分各写依据", "one for each part").oneOf(grounds...),
		field("reason"+suffix, "该部分的理由", "reasons for that part", "该部分为何不公开", "why that part is withheld"),
	}
}
