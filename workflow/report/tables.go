package report

import (
	"slices"

	"gongkai/workflow"
)

// The formats under Art 50 of the Regulation: 国办公开办函〔2019〕60号 for 2019 and 2020,
// 国办公开办函〔2021〕30号 since. Both have six chapters, of which 一, 五 and 六 are prose;
// tables 三 and 四 differ in the row 其他处理 only.

const (
	source2019 = "国办公开办函〔2019〕60号"
	source2021 = "国办公开办函〔2021〕30号"
)

var (
	tables2019 = formatTables(proactive2019, other2019)
	tables2021 = formatTables(proactive2021, other2021)
)

var other2019 = []Row{
	concluded("other", "（六）", "其他处理", "other handling", source2019, 2,
		"other.notCorrectedInTime", "other.feeNotPaid", "other.other"),
}

var other2021 = []Row{
	{Number: "（六）", LabelZH: "其他处理", LabelEN: "other handling", Level: 2},
	result("other.notCorrectedInTime", "1.", "申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请",
		"not corrected in time, no longer processed", "Art 30", 3),
	result("other.feeNotPaid", "2.", "申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请",
		"fee not paid in time, no longer processed", "国办函〔2020〕109号", 3),
	result("other.other", "3.", "其他", "other", source2021, 3),
}

func formatTables(proactive []Table, other []Row) []Table {
	tables := []Table{{ChapterZH: "一、总体情况", ChapterEN: "1. Overview"}}
	tables = append(tables, proactive...)
	return append(
		tables,
		Table{
			ChapterZH: "三、收到和处理政府信息公开申请情况", ChapterEN: "3. Applications received and handled",
			TitleZH: "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）",
			TitleEN: "(in each column, item 1 plus item 2 equals item 3 plus item 4)",
			Member:  "rows", Columns: applicantColumns, Rows: applicationRows(other),
		},
		Table{
			ChapterZH: "四、政府信息公开行政复议、行政诉讼情况", ChapterEN: "4. Administrative reconsiderations and suits",
			Columns: resultColumns, Rows: remedyRows,
		},
		Table{ChapterZH: "五、存在的主要问题及改进情况", ChapterEN: "5. Main problems and improvements"},
		Table{ChapterZH: "六、其他需要报告的事项", ChapterEN: "6. Other matters to report"},
	)
}

const (
	organisationsZH = "法人或其他组织"
	organisationsEN = "legal persons and other organisations"
)

var applicantColumns = []Column{
	{Key: "naturalPerson", LabelZH: "自然人", LabelEN: "natural persons", Where: Where{Kind: workflow.NaturalPerson}},
	organisation("business", "商业企业", "businesses", workflow.Business),
	organisation("research", "科研机构", "research bodies", workflow.Research),
	organisation("socialOrg", "社会公益组织", "public interest bodies", workflow.PublicInterest),
	organisation("legalService", "法律服务机构", "legal service bodies", workflow.LegalService),
	organisation("other", "其他", "others", workflow.OtherKind),
	{
		Key: "total", LabelZH: "总计", LabelEN: "total",
		Sum: []string{"naturalPerson", "business", "research", "socialOrg", "legalService", "other"},
	},
}

func organisation(key, zh, en string, kind workflow.ApplicantKind) Column {
	return Column{
		Key: key, LabelZH: zh, LabelEN: en, GroupZH: organisationsZH, GroupEN: organisationsEN, Where: Where{Kind: kind},
	}
}

// stock is a row of applications by another flow than their conclusion.
func stock(key, number, zh, en string, where Where) Row {
	return Row{
		Key: key, Number: number, LabelZH: zh, LabelEN: en, UnitZH: "件", UnitEN: "cases", Source: "Art 50(1)(2)",
		Level: 1, Where: where,
	}
}

// concluded is a row of results: the conclusions whose basis belongs to an outcome.
func concluded(key, number, zh, en, source string, level int, outcomes ...string) Row {
	return Row{
		Key: key, Number: number, LabelZH: zh, LabelEN: en, UnitZH: "件", UnitEN: "cases", Source: source,
		Level: level, Where: Where{Flow: Concluded, Outcomes: outcomes},
	}
}

// result is a row whose key is its outcome.
func result(key, number, zh, en, source string, level int) Row {
	return concluded(key, number, zh, en, source, level, key)
}

var stockRows = []Row{
	stock("newReceived", "一、", "本年新收政府信息公开申请数量", "1. new applications", Where{Flow: Received}),
	stock("carriedIn", "二、", "上年结转政府信息公开申请数量", "2. carried over from the year before", Where{Flow: Carried, When: AtStart}),
}

var resultRows = []Row{
	{Number: "三、", LabelZH: "本年度办理结果", LabelEN: "3. results of the year", Level: 1},
	result("granted", "（一）", "予以公开", "disclosed", "Art 36(1), (2)", 2),
	result("partial", "（二）", "部分公开（区分处理的，只计这一情形，不计其他情形）",
		"disclosed in part (counts here only)", "Art 37", 2),
	{Number: "（三）", LabelZH: "不予公开", LabelEN: "not disclosed", Level: 2},
	result("denied.stateSecret", "1.", "属于国家秘密", "state secret", "Art 14", 3),
	result("denied.lawForbidden", "2.", "其他法律行政法规禁止公开",
		"forbidden by another law or administrative regulation", "Art 14", 3),
	result("denied.threeSecurityOneStability", "3.", "危及“三安全一稳定”",
		"endangers national, public or economic security or social stability", "Art 14", 3),
	result("denied.thirdPartyRights", "4.", "保护第三方合法权益", "rights of a third party", "Arts 15, 32", 3),
	result("denied.internalAffairs", "5.", "属于三类内部事务信息", "internal affairs (three kinds)", "Art 16(1)", 3),
	result("denied.processInfo", "6.", "属于四类过程性信息", "deliberative information (four kinds)", "Art 16(2)", 3),
	result("denied.enforcementFile", "7.", "属于行政执法案卷", "enforcement file", "Art 16(2)", 3),
	result("denied.adminQuery", "8.", "属于行政查询事项", "matter of a registry query", "Art 36(7)", 3),
	{Number: "（四）", LabelZH: "无法提供", LabelEN: "cannot be provided", Level: 2},
	result("unable.notHeld", "1.", "本机关不掌握相关政府信息", "not held by this organ", "Art 36(4), (5)", 3),
	result("unable.needsCreation", "2.", "没有现成信息需要另行制作", "would have to be created", "Art 38", 3),
	result("unable.stillUnclear", "3.", "补正后申请内容仍不明确", "still unclear after correction", "Art 30", 3),
	{Number: "（五）", LabelZH: "不予处理", LabelEN: "not processed", Level: 2},
	result("notProcessed.petition", "1.", "信访举报投诉类申请", "petition, report or complaint", "Art 39(1)", 3),
	result("notProcessed.duplicate", "2.", "重复申请", "repeated application", "Art 36(6)", 3),
	result("notProcessed.publication", "3.", "要求提供公开出版物", "asks for a publication", "Art 39(2)", 3),
	result("notProcessed.massiveRepeated", "4.", "无正当理由大量反复申请", "excessive without good reason", "Art 35", 3),
	result("notProcessed.confirmReissue", "5.", "要求行政机关确认或重新出具已获取信息",
		"asks to confirm or reissue information already obtained", source2019, 3),
}

// applicationRows is table 三 with the rows of 其他处理 in their place.
func applicationRows(other []Row) []Row {
	rows := slices.Concat(stockRows, resultRows, other)
	total := Row{
		Key: "total", Number: "（七）", LabelZH: "总计", LabelEN: "total", UnitZH: "件", UnitEN: "cases",
		Source: "Art 50(1)(2)", Level: 2,
	}
	for _, r := range rows {
		if r.Where.Flow == Concluded {
			total.Sum = append(total.Sum, r.Key)
		}
	}
	return append(rows, total,
		stock("carriedForward", "四、", "结转下年度继续办理", "4. carried over to the next year", Where{Flow: Carried, When: AtEnd}))
}

var resultColumns = []Column{
	{Key: "upheld", LabelZH: "结果维持", LabelEN: "upheld", Where: Where{Flow: Decided, Result: workflow.Upheld}},
	{Key: "corrected", LabelZH: "结果纠正", LabelEN: "corrected", Where: Where{Flow: Decided, Result: workflow.Corrected}},
	{Key: "other", LabelZH: "其他结果", LabelEN: "other result", Where: Where{Flow: Decided, Result: workflow.OtherResult}},
	{Key: "pending", LabelZH: "尚未审结", LabelEN: "pending", Where: Where{Flow: Pending, When: AtEnd}},
	{Key: "total", LabelZH: "总计", LabelEN: "total", Sum: []string{"upheld", "corrected", "other", "pending"}},
}

// remedyRows are the three groups that the form prints side by side.
var remedyRows = []Row{
	remedies("review", "行政复议", "administrative reconsiderations", 1, Where{Remedy: workflow.Reconsideration}),
	{LabelZH: "行政诉讼", LabelEN: "administrative suits", Level: 1},
	remedies("litigationDirect", "未经复议直接起诉", "filed without reconsideration", 2,
		Where{Remedy: workflow.Litigation, Suit: DirectSuit}),
	remedies("litigationAfterReview", "复议后起诉", "filed after reconsideration", 2,
		Where{Remedy: workflow.Litigation, Suit: AfterReview}),
}

func remedies(key, zh, en string, level int, where Where) Row {
	return Row{
		Key: key, LabelZH: zh, LabelEN: en, UnitZH: "件", UnitEN: "cases", Source: "Art 50(1)(3)", Level: level, Where: where,
	}
}
