package web

// ledgerBases name the bases of conclusions as registers write them (答复类型), in the order
// of the law's classes. A test holds them to the service's own.
var ledgerBases = []struct {
	key  string
	text text
}{
	{"disclosed.already_public", text{"已主动公开，告知获取方式", "already public; told how to obtain it"}},
	{"disclosed.provided", text{"予以公开", "disclosed"}},
	{"disclosed.in_part", text{"部分公开", "disclosed in part"}},
	{"refused.state_secret", text{"国家秘密", "state secret"}},
	{"refused.prohibited_by_law", text{"其他法律行政法规禁止公开", "disclosure prohibited by another law or administrative regulation"}},
	{"refused.security_stability", text{"危及“三安全一稳定”", "endangers national, public or economic security or social stability"}},
	{"refused.trade_secret", text{"商业秘密", "trade secret"}},
	{"refused.personal_privacy", text{"个人隐私", "personal privacy"}},
	{"refused.third_party_other", text{"第三方其他合法权益", "other lawful interest of a third party"}},
	{"refused.internal_affairs", text{"三类内部事务信息", "internal affairs (three kinds)"}},
	{"refused.deliberative", text{"四类过程性信息", "deliberative information (four kinds)"}},
	{"refused.enforcement_file", text{"行政执法案卷", "administrative enforcement file"}},
	{"refused.registry_query", text{"行政查询事项", "matter of a registry query"}},
	{"unavailable.not_our_remit", text{"不属于本机关负责公开", "another organ is responsible"}},
	{"unavailable.nonexistent", text{"经检索信息不存在", "searched for, does not exist"}},
	{"unavailable.needs_creation", text{"没有现成信息需要另行制作", "not at hand, would have to be made"}},
	{"unavailable.still_unclear", text{"补正后申请内容仍不明确", "still unclear after correction"}},
	{"not_processed.petition", text{"信访举报投诉类申请", "petition, report or complaint"}},
	{"not_processed.repeat", text{"重复申请", "repeated application"}},
	{"not_processed.publication", text{"要求提供公开出版物", "asks for a public publication"}},
	{"not_processed.excessive", text{"无正当理由大量反复申请", "excessive applications without good reason"}},
	{"not_processed.reissue", text{"要求确认或重新出具已获取信息", "asks to confirm or reissue what was obtained"}},
	{"other.not_supplemented", text{"逾期不补正", "not corrected in time"}},
	{"other.fee_unpaid", text{"逾期未缴费", "fee not paid in time"}},
	{"other.not_government_information", text{"不是《条例》所指政府信息", "not government information under the Regulation"}},
	{"refused.no_special_need", text{"与自身特殊需要无关", "unrelated to the applicant's own special needs"}},
	{"refused.other_statutory", text{"法律法规规定的其他情形", "other case provided for by law or regulation"}},
	{"other.other_channel", text{"告知通过其他途径办理", "told to use another channel"}},
	{"other.withdrawn", text{"申请人撤回", "withdrawn by the applicant"}},
	{"other.other", text{"其他", "other"}},
}

// basisLabel names a basis; one that has no label shows as it is.
func basisLabel(l language, key string) string {
	for _, b := range ledgerBases {
		if b.key == key {
			return b.text.in(l)
		}
	}
	return key
}
