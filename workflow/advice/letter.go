package advice

import (
	"strings"

	"gongkai/workflow/outcome"
)

// skeleton are the ten elements of every letter (国办公开办函〔2020〕2号 五2).
var skeleton = Text{
	"标题、文号、申请人姓名（名称）、申请事实、法律依据、处理决定、复议诉讼的权利和期限、答复主体、答复日期、印章（国办公开办函〔2020〕2号 五）",
	"title, document number, applicant, what was asked, legal basis, decision, rights and periods of remedy, answering organ, date, seal (国办公开办函〔2020〕2号)",
}

// fileNote stands for a letter where the law asks for none.
var fileNote = Text{"法律没有规定文书：附卷说明；宜书面告知申请人并写明救济途径", "the law asks for no letter: put a note on file; telling the applicant with the remedies is good practice"}

// letterRow is what the letter on a basis must say beside the skeleton, and how it cites
// the law: Art 36 and the other article, down to paragraph and item.
type letterRow struct {
	basis    outcome.Basis
	article  Text
	elements []Text
}

var letterRows = []letterRow{
	{"disclosed.already_public", Text{"第36条第（一）项", "Art 36(1)"}, []Text{{"获取该信息的准确方式、途径（网址、公报期号、查阅点）和公开时间", "the exact way to this very information: address, issue, reading room; and since when"}}},
	{"disclosed.provided", Text{"第36条第（二）项", "Art 36(2)"}, []Text{{"所提供的信息（附件、页数）和提供的形式；改用其他形式的，说明理由（第40条）", "the information, its attachments and pages, and the form; why another form than asked (Art 40)"}}},
	{"disclosed.in_part", Text{"第36条第（二）项、第37条", "Arts 36(2), 37"}, []Text{{"公开哪些、不公开哪些；对每一不公开部分写明依据和理由", "what is given and what is not; ground and reasons for each part withheld"}}},
	{"refused.state_secret", Text{"第36条第（三）项、第14条", "Arts 36(3), 14"}, []Text{{"属于国家秘密的依据，不写内容；定密证据附卷", "the ground without the content; the proof of classification goes on file"}}},
	{"refused.prohibited_by_law", Text{"第36条第（三）项、第14条", "Arts 36(3), 14"}, []Text{{"禁止公开的法律、行政法规名称和条款", "name and article of the law or administrative regulation that forbids it"}}},
	{"refused.security_stability", Text{"第36条第（三）项、第14条", "Arts 36(3), 14"}, []Text{{"危及国家安全、公共安全、经济安全、社会稳定中的哪一项，在本件中为何", "which of the four interests, and why in this case"}}},
	{"refused.trade_secret", Text{"第36条第（三）项、第15条", "Arts 36(3), 15"}, []Text{thirdPartyElement}},
	{"refused.personal_privacy", Text{"第36条第（三）项、第15条", "Arts 36(3), 15"}, []Text{thirdPartyElement}},
	{"refused.third_party_other", Text{"第36条第（三）项、第15条", "Arts 36(3), 15"}, []Text{thirdPartyElement}},
	{"refused.internal_affairs", Text{"第36条第（三）项、第16条第一款", "Arts 36(3), 16(1)"}, []Text{{"属于人事管理、后勤管理、内部工作流程中的哪一类", "which of personnel, logistics or internal procedure"}}},
	{"refused.deliberative", Text{"第36条第（三）项、第16条第二款", "Arts 36(3), 16(2)"}, []Text{{"属于讨论记录、过程稿、磋商信函、请示报告中的哪一类，对应的决定，不公开的理由", "which of the four kinds, for which decision, and why it is not disclosed"}}},
	{"refused.enforcement_file", Text{"第36条第（三）项、第16条第二款", "Arts 36(3), 16(2)"}, []Text{{"哪一案卷；当事人另有查阅权的，写明所依据的法律", "which file; the law that gives a party its own right to inspect"}}},
	{"refused.registry_query", Text{"第36条第（七）项", "Art 36(7)"}, []Text{{"特别规定的法律、行政法规和条款，办理的登记机构；不写“不予公开”", "law and article of the special way and the registry; do not write 不予公开"}}},
	{"unavailable.not_our_remit", Text{"第36条第（五）项、第10条", "Arts 36(5), 10"}, []Text{{"理由；能确定负责公开的机关的，写明名称、联系方式", "why; name and contact of the organ responsible, if it can be determined"}}},
	{"unavailable.nonexistent", Text{"第36条第（四）项", "Art 36(4)"}, []Text{{"已经检索，检索的范围、方式，结果“经检索该政府信息不存在”", "that a search was made, where and how, and its result"}}},
	{"unavailable.needs_creation", Text{"第38条", "Art 38"}, []Text{{"需要加工、分析的内容；现有哪些信息", "what would have to be compiled or analysed; what exists"}}},
	{"unavailable.still_unclear", Text{"第30条", "Art 30"}, []Text{{"告知补正的内容，收到的补正，为何仍不明确", "what was asked, what came, and why it is still unclear"}}},
	{"not_processed.petition", Text{"第39条第一款", "Art 39(1)"}, []Text{{"不作为政府信息公开申请处理；可以告知相应渠道", "that it is not handled as an application; the right channel may be named"}}},
	{"not_processed.repeat", Text{"第36条第（六）项", "Art 36(6)"}, []Text{{"前次答复的文号、日期；不予重复处理", "number and date of the earlier answer; that it is not handled again"}}},
	{"not_processed.publication", Text{"第39条第二款", "Art 39(2)"}, []Text{{"获取的途径", "where to get it"}}},
	{"not_processed.excessive", Text{"第35条", "Art 35"}, []Text{{"件数和频次、要求说明理由的通知、对理由的审查意见", "the count, the letter that asked for reasons, and why they fail"}}},
	{"not_processed.reissue", Text{"没有条款（国办公开办函〔2020〕2号 四(四)5）", "no article (国办公开办函〔2020〕2号)"}, []Text{{"何时已获取何信息", "what was given, and when"}}},
	{"other.not_supplemented", Text{"第30条", "Art 30"}, []Text{fileNote}},
	{"other.fee_unpaid", Text{"第42条、109号第6条", "Art 42, 109号 Art 6"}, []Text{fileNote}},
	{"other.not_government_information", Text{"第2条", "Art 2"}, []Text{{"为何不是政府信息；党务信息写明适用《中国共产党党务公开条例（试行）》", "why it is none; for Party affairs the regulation that applies"}}},
	{"other.withdrawn", Text{"没有条款", "no article"}, []Text{{"附卷：申请人或者有权代理人的撤回声明", "on file: the statement of the applicant or of an agent with authority"}}},
	{"other.other", Text{"没有条款", "no article"}, []Text{{"理由（必填）", "the reason, in words"}}},
	{"refused.no_special_need", Text{"2008年《条例》第13条", "2008 Art 13"}, []Text{{"为何与自身生产、生活、科研等特殊需要无关", "why it is unrelated to the applicant's special needs"}}},
	{"refused.other_statutory", Text{"2008年《条例》第21条第（二）项", "2008 Art 21(2)"}, []Text{{"所依据的法律、法规和条款", "the law or regulation with its article"}}},
	{"other.other_channel", Text{"2008年《条例》第21条", "2008 Art 21"}, []Text{{"应当通过的途径", "the channel"}}},
}

var thirdPartyElement = Text{"权益的种类；已征求第三方意见，不公开的理由；不写明第三方身份", "the kind of right, that the third party was asked and why it is refused; not who it is"}

func letterOf(b outcome.Basis) letterRow {
	for _, r := range letterRows {
		if r.basis == b {
			return r
		}
	}
	return letterRow{basis: b}
}

// elementsOf is what a letter on a basis must contain; no skeleton where no letter is due.
func elementsOf(b outcome.Basis) []Text {
	own := letterOf(b).elements
	if _, ends := endings[b]; ends {
		return own
	}
	return append([]Text{skeleton}, own...)
}

// articleOf cites the law, for a disclosure in part with the ground of the part withheld.
func articleOf(r outcome.Row, ground outcome.Basis) Text {
	t := letterOf(r.Basis).article
	if ground != "" {
		g := letterOf(ground).article
		t.ZH += "、" + g.ZH
		t.EN += ", " + strings.TrimPrefix(g.EN, "Arts ")
	}
	return t
}
