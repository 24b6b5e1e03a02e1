package report

import (
	"slices"

	"gongkai/workflow"
)

// The coded table 《政府信息公开情况统计表》 (国办发〔2014〕32号); the codes are an
// addition of Shanghai's. It has nine chapters with one column of figures.

var (
	shanghaiTables = codedTables(slices.Concat(openedHead, openedShanghai), feeShanghai, nil)
	nationalTables = codedTables(slices.Concat(openedHead, openedNational), feeNational, fundsNational)
)

var codedColumn = []Column{{LabelZH: "统计数", LabelEN: "figure"}}

func codedTables(opened []Row, fee Row, funds []Row) []Table {
	tables := []Table{
		{ChapterZH: "一、主动公开情况", ChapterEN: "1. Proactive disclosure", Rows: opened},
		{ChapterZH: "二、回应解读情况", ChapterEN: "2. Responses and explanations", Rows: responses},
		{ChapterZH: "三、依申请公开情况", ChapterEN: "3. Disclosure on application", Rows: applications},
		{Rows: codedRemedies},
		{Rows: []Row{fee}},
		{ChapterZH: "八、机构建设和保障经费情况", ChapterEN: "8. Offices and funds", Rows: slices.Concat(offices, funds)},
		{ChapterZH: "九、政府信息公开会议和培训情况", ChapterEN: "9. Meetings and training", Rows: meetings},
	}
	for i := range tables {
		tables[i].Member, tables[i].Columns = "codes", codedColumn
	}
	return tables
}

// entry is a row of figures that no case can tell.
func entry(key, number, zh, en, unitZH, unitEN string, level int) Row {
	return Row{
		Key: key, Number: number, LabelZH: zh, LabelEN: en, UnitZH: unitZH, UnitEN: unitEN,
		Source: "国办发〔2014〕32号", Level: level, Entered: true,
	}
}

var openedHead = []Row{
	entry("1100", "（一）", "主动公开政府信息数（不同渠道和方式公开相同信息计1条）",
		"items disclosed proactively (the same item by several ways counts once)", "条", "items", 1),
}

var openedShanghai = []Row{
	entry("1110", "其中：", "政府公报公开政府信息数", "in the gazette", "条", "items", 2),
	entry("1220", "", "政府网站公开政府信息数", "on the website", "条", "items", 2),
	entry("1230", "", "政务微博公开政府信息数", "by microblog", "条", "items", 2),
	entry("1240", "", "政务微信公开政府信息数", "by WeChat", "条", "items", 2),
	entry("1250", "", "其他方式公开政府信息数", "by other ways", "条", "items", 2),
}

var openedNational = []Row{
	entry("1110", "其中：", "主动公开规范性文件数", "of these, normative documents", "条", "items", 2),
	entry("1120", "", "制发规范性文件总数", "normative documents made in all", "件", "documents", 2),
	{Number: "（二）", LabelZH: "通过不同渠道和方式公开政府信息的情况", LabelEN: "disclosure by way", Level: 1},
	entry("1210", "1.", "政府公报公开政府信息数", "in the gazette", "条", "items", 2),
	entry("1220", "2.", "政府网站公开政府信息数", "on the website", "条", "items", 2),
	entry("1230", "3.", "政务微博公开政府信息数", "by microblog", "条", "items", 2),
	entry("1240", "4.", "政务微信公开政府信息数", "by WeChat", "条", "items", 2),
	entry("1250", "5.", "其他方式公开政府信息数", "by other ways", "条", "items", 2),
}

var responses = []Row{
	entry("2100", "（一）", "回应公众关注热点或重大舆情数（不同方式回应同一热点或舆情计1次）",
		"responses to matters of public concern (one matter by several ways counts once)", "次", "times", 1),
	{Number: "（二）", LabelZH: "通过不同渠道和方式回应解读的情况", LabelEN: "responses and explanations by way", Level: 1},
	entry("2210", "1.", "参加或举办新闻发布会总次数", "press conferences attended or held", "次", "times", 2),
	entry("2211", "其中：", "主要负责同志参加新闻发布会次数", "of these, attended by the principal", "次", "times", 3),
	entry("2220", "2.", "政府网站在线访谈次数", "online interviews on the website", "次", "times", 2),
	entry("2221", "其中：", "主要负责同志参加政府网站在线访谈次数", "of these, with the principal", "次", "times", 3),
	entry("2230", "3.", "政策解读稿件发布数", "policy explanations published", "篇", "articles", 2),
	entry("2240", "4.", "微博微信回应事件数", "matters responded to by microblog or WeChat", "次", "times", 2),
	entry("2250", "5.", "其他方式回应事件数", "matters responded to by other ways", "次", "times", 2),
}

// counted is a row of cases.
func counted(key, number, zh, en string, level int, where Where, sum ...string) Row {
	return Row{
		Key: key, Number: number, LabelZH: zh, LabelEN: en, UnitZH: "件", UnitEN: "cases",
		Source: "国办发〔2014〕32号", Level: level, Where: where, Sum: sum,
	}
}

// replied is a cell of section 三（三）: the replies whose basis bears the code.
func replied(key, number, zh, en string, level int) Row {
	return counted(key, number, zh, en, level, Where{Flow: Concluded, Code: key})
}

func channel(list ...workflow.Channel) Where { return Where{Flow: Received, Channels: list} }

func timing(list ...workflow.Timing) Where { return Where{Flow: Concluded, Timings: list} }

var applications = []Row{
	counted("3100", "（一）", "收到申请数", "applications received", 1, Where{Flow: Received}),
	counted("3110", "1.", "当面申请数", "in person", 2, channel(workflow.InPerson, workflow.Oral)),
	counted("3120", "2.", "传真申请数", "by fax", 2, channel(workflow.Fax)),
	counted("3130", "3.", "网络申请数", "online", 2, channel(workflow.OnlineForm, workflow.Email)),
	counted("3140", "4.", "信函申请数", "by letter", 2, channel(workflow.PostSigned, workflow.PostOrdinary)),
	counted("3200", "（二）", "申请办结数", "applications concluded", 1, Where{Flow: Concluded}),
	counted("3210", "1.", "按时办结数", "in time", 2, timing(workflow.OnTime)),
	counted("3220", "2.", "延期办结数", "extended", 2, timing(workflow.Extended, workflow.Late)),
	counted("3300", "（三）", "申请答复数", "replies", 1, Where{}, "3310", "3320", "3330", "3340", "3350", "3360", "3370", "3380"),
	replied("3310", "1.", "属于已主动公开范围数", "already public", 2),
	replied("3320", "2.", "同意公开答复数", "disclosed", 2),
	replied("3330", "3.", "同意部分公开答复数", "disclosed in part", 2),
	counted("3340", "4.", "不同意公开答复数", "refused", 2, Where{}, "3341", "3342", "3343", "3344", "3345", "3346"),
	replied("3341", "其中：", "涉及国家秘密", "state secrets", 3),
	replied("3342", "", "涉及商业秘密", "trade secrets", 3),
	replied("3343", "", "涉及个人隐私", "personal privacy", 3),
	replied("3344", "", "危及国家安全、公共安全、经济安全和社会稳定",
		"endangers national, public or economic security or social stability", 3),
	replied("3345", "", "不是《条例》所指政府信息", "not government information under the Regulation", 3),
	replied("3346", "", "法律法规规定的其他情形", "other cases provided for by law or regulation", 3),
	replied("3350", "5.", "不属于本行政机关公开数", "for another organ to disclose", 2),
	replied("3360", "6.", "申请信息不存在数", "information does not exist", 2),
	replied("3370", "7.", "告知作出更改补充数", "told to change or supplement", 2),
	replied("3380", "8.", "告知通过其他途径办理数", "told to use another channel", 2),
}

func decided(kind workflow.RemedyKind, result workflow.RemedyResult) Where {
	return Where{Flow: Decided, Remedy: kind, Result: result}
}

var codedRemedies = []Row{
	counted("4000", "四、", "行政复议数量", "4. Administrative reconsiderations", 0, Where{}, "4100", "4200", "4300"),
	counted("4100", "（一）", "维持具体行政行为数", "act upheld", 1, decided(workflow.Reconsideration, workflow.Upheld)),
	counted("4200", "（二）", "被依法纠错数", "corrected", 1, decided(workflow.Reconsideration, workflow.Corrected)),
	counted("4300", "（三）", "其他情形数", "other", 1, decided(workflow.Reconsideration, workflow.OtherResult)),
	counted("5000", "五、", "行政诉讼数量", "5. Administrative suits", 0, Where{}, "5100", "5200", "5300"),
	counted("5100", "（一）", "维持具体行政行为或者驳回原告诉讼请求数", "act upheld or claim dismissed", 1, decided(workflow.Litigation, workflow.Upheld)),
	counted("5200", "（二）", "被依法纠错数", "corrected", 1, decided(workflow.Litigation, workflow.Corrected)),
	counted("5300", "（三）", "其他情形数", "other", 1, decided(workflow.Litigation, workflow.OtherResult)),
	counted("6000", "六、", "举报投诉数量", "6. Reports and complaints", 0, Where{Flow: Filed, Remedy: workflow.Complaint}),
}

// feeSince is the first year in which a processing fee could be paid (国办函〔2020〕109号);
// the cost fees before it belong to no application of the register.
const feeSince = 2021

var (
	feeShanghai = feeRow("元", "yuan", unit/100)
	feeNational = feeRow("万元", "10,000 yuan", unit/1_000_000)
)

func feeRow(unitZH, unitEN string, fen Figure) Row {
	return Row{
		Key: "7000", Number: "七、", LabelZH: "依申请公开信息收取的费用", LabelEN: "7. Fees charged on applications",
		UnitZH: unitZH, UnitEN: unitEN, Source: "国办发〔2014〕32号; 国办函〔2020〕109号",
		EnteredBefore: feeSince, Money: true, Where: Where{Flow: Fee}, Scale: fen,
	}
}

var offices = []Row{
	entry("8100", "（一）", "政府信息公开工作专门机构数", "special offices for disclosure", "个", "offices", 1),
	entry("8200", "（二）", "设置政府信息公开查阅点数", "reading places", "个", "places", 1),
	entry("8300", "（三）", "从事政府信息公开工作人员数", "staff for disclosure", "人", "persons", 1),
	entry("8310", "1.", "专职人员数（不包括政府公报及政府网站工作人员数）", "full time (without gazette and website)", "人", "persons", 2),
	entry("8320", "2.", "兼职人员数", "part time", "人", "persons", 2),
}

var fundsNational = []Row{{
	Key: "8400", Number: "（四）", LabelZH: "政府信息公开专项经费（不包括用于政府公报编辑管理及政府网站建设维护等方面的经费）",
	LabelEN: "special funds (without gazette and website)", UnitZH: "万元", UnitEN: "10,000 yuan",
	Source: "国办发〔2014〕32号", Level: 1, Entered: true, Money: true,
}}

var meetings = []Row{
	entry("9100", "（一）", "召开政府信息公开工作会议或专题会议数", "meetings on disclosure", "次", "times", 1),
	entry("9200", "（二）", "举办各类培训班数", "training courses", "次", "times", 1),
	entry("9300", "（三）", "接受培训人员数", "persons trained", "人次", "persons", 1),
}
