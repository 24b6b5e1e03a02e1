package outcome

// rows is the whole table; a change of the law is a change of a row.
var rows = []Row{
	{
		Basis: "disclosed.already_public", LabelZH: "已主动公开，告知获取方式", LabelEN: "already public; told how to obtain it",
		Article: "36(1)", Row2021: "granted", Code2014: "3310",
		Exact: ExactBoth, Remedy: Either, Suit: Heard,
	},
	{
		Basis: "disclosed.provided", LabelZH: "予以公开", LabelEN: "disclosed",
		Article: "36(2)", Row2021: "granted", Code2014: "3320",
		Exact: ExactBoth, Remedy: Either, Suit: Heard,
	},
	{
		Basis: "disclosed.in_part", LabelZH: "部分公开", LabelEN: "disclosed in part",
		Article: "37", Row2021: "partial", Code2014: "3330",
		Exact: ExactBoth, Remedy: ReviewFirst, Suit: AfterReview,
	},
	{
		Basis: "refused.state_secret", LabelZH: "国家秘密", LabelEN: "state secret",
		Article: "14", Row2021: "denied.stateSecret", Code2014: "3341",
		Exact: ExactBoth, Remedy: ReviewFirst, Suit: AfterReview,
	},
	{
		Basis: "refused.prohibited_by_law", LabelZH: "其他法律行政法规禁止公开", LabelEN: "disclosure prohibited by another law or administrative regulation",
		Article: "14", Row2021: "denied.lawForbidden", Code2014: "3346",
		Exact: ExactRow, Remedy: ReviewFirst, Suit: AfterReview,
	},
	{
		Basis: "refused.security_stability", LabelZH: "危及“三安全一稳定”", LabelEN: "endangers national, public or economic security or social stability",
		Article: "14", Row2021: "denied.threeSecurityOneStability", Code2014: "3344",
		Exact: ExactBoth, Remedy: ReviewFirst, Suit: AfterReview,
	},
	{
		Basis: "refused.trade_secret", LabelZH: "商业秘密", LabelEN: "trade secret",
		Article: "15", Row2021: "denied.thirdPartyRights", Code2014: "3342",
		Exact: ExactBoth, Remedy: ReviewFirst, Suit: AfterReview,
	},
	{
		Basis: "refused.personal_privacy", LabelZH: "个人隐私", LabelEN: "personal privacy",
		Article: "15", Row2021: "denied.thirdPartyRights", Code2014: "3343",
		Exact: ExactBoth, Remedy: ReviewFirst, Suit: AfterReview,
	},
	{
		Basis: "refused.third_party_other", LabelZH: "第三方其他合法权益", LabelEN: "other lawful interest of a third party",
		Article: "15", Row2021: "denied.thirdPartyRights", Code2014: "3346",
		Exact: ExactRow, Remedy: ReviewFirst, Suit: AfterReview,
	},
	{
		Basis: "refused.internal_affairs", LabelZH: "三类内部事务信息", LabelEN: "internal affairs (three kinds)",
		Article: "16(1)", Row2021: "denied.internalAffairs", Code2014: "3345",
		Exact: ExactRow, Remedy: ReviewFirst, Suit: AfterReview,
	},
	{
		Basis: "refused.deliberative", LabelZH: "四类过程性信息", LabelEN: "deliberative information (four kinds)",
		Article: "16(2)", Row2021: "denied.processInfo", Code2014: "3345",
		Exact: ExactRow, Remedy: ReviewFirst, Suit: AfterReview,
	},
	{
		Basis: "refused.enforcement_file", LabelZH: "行政执法案卷", LabelEN: "administrative enforcement file",
		Article: "16(2)", Row2021: "denied.enforcementFile", Code2014: "3346",
		Exact: ExactRow, Remedy: ReviewFirst, Suit: AfterReview,
	},
	{
		Basis: "refused.registry_query", LabelZH: "行政查询事项", LabelEN: "matter of a registry query",
		Article: "36(7)", Row2021: "denied.adminQuery", Code2014: "3380",
		Exact: ExactRow, Remedy: Either, Suit: Barred,
	},
	{
		Basis: "unavailable.not_our_remit", LabelZH: "不属于本机关负责公开", LabelEN: "another organ is responsible",
		Article: "36(5)", Row2021: "unable.notHeld", Code2014: "3350",
		Exact: ExactBoth, Remedy: Either, Suit: Heard,
	},
	{
		Basis: "unavailable.nonexistent", LabelZH: "经检索信息不存在", LabelEN: "searched for, does not exist",
		Article: "36(4)", Row2021: "unable.notHeld", Code2014: "3360",
		Exact: ExactBoth, Remedy: Either, Suit: Heard,
	},
	{
		Basis: "unavailable.needs_creation", LabelZH: "没有现成信息需要另行制作", LabelEN: "not at hand, would have to be made",
		Article: "38", Row2021: "unable.needsCreation", Code2014: "3345",
		Exact: ExactRow, Remedy: Either, Suit: Barred,
	},
	{
		Basis: "unavailable.still_unclear", LabelZH: "补正后申请内容仍不明确", LabelEN: "still unclear after correction",
		Article: "30", Row2021: "unable.stillUnclear", Code2014: "3370",
		Exact: ExactRow, Remedy: Either, Suit: Heard,
	},
	{
		Basis: "not_processed.petition", LabelZH: "信访举报投诉类申请", LabelEN: "petition, report or complaint",
		Article: "39(1)", Row2021: "notProcessed.petition", Code2014: "3380",
		Exact: ExactRow, Remedy: Either, Suit: Barred,
	},
	{
		Basis: "not_processed.repeat", LabelZH: "重复申请", LabelEN: "repeated application",
		Article: "36(6)", Row2021: "notProcessed.duplicate", Code2014: "3346",
		Exact: ExactRow, Remedy: Either, Suit: BarredIfDisclosed,
	},
	{
		Basis: "not_processed.publication", LabelZH: "要求提供公开出版物", LabelEN: "asks for a public publication",
		Article: "39(2)", Row2021: "notProcessed.publication", Code2014: "3380",
		Exact: ExactRow, Remedy: Either, Suit: Barred,
	},
	{
		Basis: "not_processed.excessive", LabelZH: "无正当理由大量反复申请", LabelEN: "excessive applications without good reason",
		Article: "35", Row2021: "notProcessed.massiveRepeated", Code2014: "3346",
		Exact: ExactRow, Remedy: Either, Suit: Heard,
	},
	{
		Basis: "not_processed.reissue", LabelZH: "要求确认或重新出具已获取信息", LabelEN: "asks to confirm or reissue what was obtained",
		Article: "-", Row2021: "notProcessed.confirmReissue", Code2014: "3345",
		Exact: ExactRow, Remedy: Either, Suit: Heard,
	},
	{
		Basis: "other.not_supplemented", LabelZH: "逾期不补正", LabelEN: "not corrected in time",
		Article: "30", Row2021: "other.notCorrectedInTime", Code2014: "3370",
		Exact: ExactRow, Remedy: Either, Suit: Heard,
	},
	{
		Basis: "other.fee_unpaid", LabelZH: "逾期未缴费", LabelEN: "fee not paid in time",
		Article: "109号 6", Row2021: "other.feeNotPaid", Code2014: "",
		Exact: ExactRow, Remedy: Either, Suit: Heard, Year2021: true,
	},
	{
		Basis: "other.not_government_information", LabelZH: "不是《条例》所指政府信息", LabelEN: "not government information under the Regulation",
		Article: "2", Row2021: "other.other", Code2014: "3345",
		Exact: ExactCode, Remedy: Either, Suit: Heard,
	},
	{
		Basis: "refused.no_special_need", LabelZH: "与自身特殊需要无关", LabelEN: "unrelated to the applicant's own special needs",
		Article: "2008:13", Row2021: "other.other", Code2014: "3346",
		Exact: ExactNone, Remedy: Either, Suit: Heard, Only2008: true,
	},
	{
		Basis: "refused.other_statutory", LabelZH: "法律法规规定的其他情形", LabelEN: "other case provided for by law or regulation",
		Article: "2008:21(2)", Row2021: "other.other", Code2014: "3346",
		Exact: ExactCode, Remedy: Either, Suit: Heard, Only2008: true,
	},
	{
		Basis: "other.other_channel", LabelZH: "告知通过其他途径办理", LabelEN: "told to use another channel",
		Article: "2008:21", Row2021: "other.other", Code2014: "3380",
		Exact: ExactCode, Remedy: Either, Suit: Heard, Only2008: true,
	},
	{
		Basis: "other.withdrawn", LabelZH: "申请人撤回", LabelEN: "withdrawn by the applicant",
		Article: "-", Row2021: "other.other", Code2014: "",
		Exact: ExactNone, Remedy: NoRemedy, Suit: NoSuit,
	},
	{
		Basis: "other.other", LabelZH: "其他", LabelEN: "other",
		Article: "-", Row2021: "other.other", Code2014: "",
		Exact: ExactNone, Remedy: Either, Suit: Heard,
	},
}
