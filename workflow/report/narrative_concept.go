package report

import "strings"

// concept is something that the chapters of a report give a number of, and the cells in
// which the tables of each form count it. The first one whose words stand in a label is
// the one meant.
type concept struct {
	key    string   // in the id of the check
	words  []string // each a way to say it: all of "a+b" must stand in the label, "!c" must not
	exact  []string // labels of a bare number that mean it
	money  bool
	codes  []string // cells of the coded table
	tables []string // cells of tables 三 and 四
	fujian []string // cells of the provincial layout before 2019
	other  []string // cells of the tables under another lawful reading
	// joined says that the words run several kinds together: the sum is read, and noted.
	joined bool
	// loose says that the words are also used for other things: a number that disagrees
	// may be about those.
	loose bool
	// generic says that the words mean applications only where the sentence is about
	// them (办结, 收到).
	generic bool
	// within says that the concept divides another, which the sentence named before.
	within string
}

// cells are the cells of the form that count the concept.
func (c *concept) cells(form Form) []string {
	switch form {
	case Codes2014:
		return c.codes
	case Cumulative:
		return c.fujian
	case Table2019, Table2021:
		return c.tables
	}
	return nil
}

// said reports whether the label of a number, without spaces, says the concept.
func (c *concept) said(label string) bool {
	for _, way := range c.words {
		if meant(way, label) {
			return true
		}
	}
	return false
}

func meant(way, label string) bool {
	parts := strings.Split(way, "!")
	for _, not := range parts[1:] {
		if strings.Contains(label, not) {
			return false
		}
	}
	for word := range strings.SplitSeq(parts[0], "+") {
		if !strings.Contains(label, word) {
			return false
		}
	}
	return true
}

// foreign are words of other business: a generic verb beside one of them says nothing
// about applications for information.
var foreign = []string{
	"许可", "处罚", "强制", "信访", "提案", "建议", "热线", "咨询", "来电", "来信", "留言", "文件", "公文", "稿", "审批", "登记",
	"电话", "舆情", "培训", "会议", "检查", "依法行政", "公证", "调解", "举报", "投诉", "问政", "回复", "备案",
}

// suits are both groups of table 四.
var suits = []string{"litigationDirect", "litigationAfterReview"}

// resultsIn are the concepts of the results of a remedy, in the sentence that names it.
func resultsIn(within string, rows []string, codes string, upheld, corrected, other string) []concept {
	in := func(column string) []string {
		var cells []string
		for _, row := range rows {
			cells = append(cells, row+"/"+column)
		}
		return cells
	}
	code := func(n string) []string {
		if codes == "" {
			return nil
		}
		return []string{codes + n}
	}
	list := []concept{
		{key: within + ".upheld", words: []string{"维持", "驳回原告"}, codes: code(upheld), tables: in("upheld")},
		{key: within + ".corrected", words: []string{"纠正", "纠错"}, codes: code(corrected), tables: in("corrected")},
		{key: within + ".other", words: []string{"其他结果", "其他情形"}, codes: code(other), tables: in("other")},
		{key: within + ".pending", words: []string{"尚未审结", "未审结"}, tables: in("pending")},
	}
	for i := range list {
		list[i].within = within
	}
	return list
}

// row is a concept that both languages of the tables name by a row.
func rowConcept(key string, words ...string) concept {
	return concept{key: key, words: words, tables: []string{key}}
}

// blockConcept is one of the four groups of results.
func blockConcept(i int, code, fujian []string, words ...string) concept {
	b := blocks[i]
	return concept{key: b.name, words: words, codes: code, tables: b.rows, fujian: fujian}
}

// concepts, most special first.
var concepts = joinConcepts(
	remedyConcepts,
	resultsIn("litigationDirect", suits[:1], "", "", "", ""),
	resultsIn("litigationAfterReview", suits[1:], "", "", "", ""),
	resultsIn("review", []string{"review"}, "4", "100", "200", "300"),
	resultsIn("litigation", suits, "5", "100", "200", "300"),
	groundConcepts, channelConcepts, outcomeConcepts, stockConcepts,
)

func joinConcepts(lists ...[]concept) []concept {
	var out []concept
	for _, list := range lists {
		out = append(out, list...)
	}
	return out
}

var remedyConcepts = []concept{
	{key: "litigationAfterReview", words: []string{"复议后起诉", "复议后提起", "复议后诉讼", "复议后行政诉讼", "经复议后"}, tables: suits[1:]},
	{key: "litigationDirect", words: []string{"未经复议", "直接起诉", "直接提起"}, tables: suits[:1]},
	{
		key: "remedies", words: []string{"复议+诉讼", "复议+应诉"}, joined: true, codes: []string{"4000", "5000"},
		tables: append([]string{"review"}, suits...), fujian: []string{"review/year", "litigation/year"},
	},
	{
		key: "suitsAndComplaints", words: []string{"诉讼+申诉", "诉讼+举报", "诉讼+投诉"}, joined: true, codes: []string{"5000", "6000"},
		tables: suits, fujian: []string{"litigation/year", "complaints/year"},
	},
	{key: "review", words: []string{"复议!维持!纠正!纠错!其他结果!其他情形!审结!撤销!被依法"}, codes: []string{"4000"}, tables: []string{"review"}, fujian: []string{"review/year"}},
	{key: "litigation", words: []string{"诉讼!维持!纠正!纠错!其他结果!其他情形!审结!驳回!撤销!败诉!胜诉!被依法", "应诉案件"}, codes: []string{"5000"}, tables: suits, fujian: []string{"litigation/year"}},
	{key: "complaints", words: []string{"举报投诉!申请!热线", "投诉举报!申请!热线"}, codes: []string{"6000"}, fujian: []string{"complaints/year"}, loose: true},
}

// groundConcepts are single rows of results.
var groundConcepts = []concept{
	rowConcept("denied.stateSecret", "国家秘密"),
	rowConcept("denied.lawForbidden", "行政法规禁止公开"),
	rowConcept("denied.threeSecurityOneStability", "三安全一稳定"),
	rowConcept("denied.thirdPartyRights", "第三方合法权益"),
	rowConcept("denied.internalAffairs", "内部事务"),
	rowConcept("denied.processInfo", "过程性"),
	rowConcept("denied.enforcementFile", "执法案卷"),
	rowConcept("denied.adminQuery", "行政查询"),
	rowConcept("unable.notHeld", "不掌握"),
	rowConcept("unable.needsCreation", "另行制作"),
	rowConcept("unable.stillUnclear", "补正后+不明确"),
	rowConcept("notProcessed.petition", "信访举报投诉类"),
	{key: "notProcessed.duplicate", words: []string{"重复申请"}, tables: []string{"notProcessed.duplicate"}, loose: true},
	rowConcept("notProcessed.publication", "公开出版物"),
	rowConcept("notProcessed.massiveRepeated", "大量反复申请"),
	rowConcept("notProcessed.confirmReissue", "重新出具"),
	{key: "other.notCorrectedInTime", words: []string{"逾期不补正"}, tables: []string{"other.notCorrectedInTime"}, loose: true},
	{key: "other.feeNotPaid", words: []string{"逾期未缴", "逾期未按收费通知"}, tables: []string{"other.feeNotPaid"}, loose: true},
	{key: "replies.public", words: []string{"已主动公开范围"}, codes: []string{"3310"}},
	{key: "replies.otherWay", words: []string{"其他途径办理"}, codes: []string{"3380"}},
	{key: "replies.notOurs", words: []string{"不属于本行政机关", "非本机关", "不属于本机关"}, codes: []string{"3350"}},
	{key: "replies.nonexistent", words: []string{"信息不存在"}, codes: []string{"3360"}},
	{key: "replies.unclear", words: []string{"更改补充", "内容不明确"}, codes: []string{"3370"}},
}

var outcomeConcepts = []concept{
	{
		key: "grantedOrPartial", words: []string{"予以公开+部分公开", "同意公开+部分公开"}, codes: []string{"3320", "3330"},
		tables: []string{"granted", "partial"}, fujian: []string{"replies.granted/year", "replies.partial/year"},
	},
	{key: "partial", words: []string{"部分公开", "区分处理"}, exact: []string{"部分"}, codes: []string{"3330"}, tables: []string{"partial"}, fujian: []string{"replies.partial/year"}},
	blockConcept(0, []string{"3340"}, []string{"replies.denied/year"}, "不予公开", "不同意公开", "不予以公开"),
	{key: "denied", exact: []string{"不予", "不同意"}, codes: []string{"3340"}, tables: blocks[0].rows, fujian: []string{"replies.denied/year"}},
	{key: "granted", words: []string{"予以公开", "同意公开", "全部公开", "准予公开"}, exact: []string{"同意"}, codes: []string{"3320"}, tables: []string{"granted"}, fujian: []string{"replies.granted/year"}},
	blockConcept(1, nil, nil, "无法提供"),
	blockConcept(2, nil, nil, "不予处理"),
	blockConcept(3, nil, []string{"replies.otherTypes/year"}, "其他处理"),
}

var stockConcepts = []concept{
	{key: "carriedForward", words: []string{"结转下", "结转至下", "结转到下", "转下年", "转下一年", "转入下", "下年结转", "下年度结转"}, codes: []string{"backlogOut"}, tables: []string{"carriedForward"}},
	{key: "carriedIn", words: []string{"上年结转", "上年度结转", "上一年结转", "上一年度结转", "结转上年", "上年度+结转", "上年+结转", "去年结转"}, codes: []string{"backlogIn"}, tables: []string{"carriedIn"}},
	{key: "carried", words: []string{"结转"}, codes: []string{"backlogOut"}, tables: []string{"carriedForward"}, other: []string{"carriedIn"}, loose: true},
	{key: "inTime", words: []string{"按时办结"}, codes: []string{"3210"}},
	{key: "extended", words: []string{"延期办结"}, codes: []string{"3220"}},
	{key: "handled", words: []string{"办结"}, codes: []string{"3200"}, tables: []string{"total"}, generic: true},
	{key: "takenUp", words: []string{"收办"}, tables: []string{"newReceived", "carriedIn"}, loose: true, generic: true},
	{key: "received", words: []string{"新收", "新增+申请", "收到", "受理", "接收", "接到"}, codes: []string{"3100"}, tables: []string{"newReceived"}, fujian: []string{"received/year"}, other: []string{"newReceived", "carriedIn"}, generic: true},
	{key: "replied", words: []string{"答复"}, codes: []string{"3300"}, tables: []string{"total"}, fujian: []string{"replies/year"}, loose: true, generic: true},
	{key: "dealtWith", words: []string{"办理+申请"}, codes: []string{"3200"}, tables: []string{"total"}, fujian: []string{"received/year"}, other: []string{"newReceived", "carriedIn"}, loose: true, generic: true},
	{key: "proactive", words: []string{"主动公开+信息!网站!微信!微博!公报!其他方式!新媒体!平台"}, codes: []string{"1100"}, fujian: []string{"proactiveDocs/year"}},
	{key: "fee", words: []string{"处理费", "收取+费用"}, money: true, codes: []string{"7000"}, tables: []string{feeKey}},
}

// channelConcepts divide what was received, and stand before the verb that counts it all.
// Where the form has no cell for a channel, its number is no claim.
var channelConcepts = []concept{
	{key: "inPerson", words: []string{"当面申请", "当面提交", "现场申请"}, codes: []string{"3110"}, fujian: []string{"received.inPerson/year"}},
	{key: "letterOrFax", words: []string{"信函+传真"}, codes: []string{"3120", "3140"}, fujian: []string{"received.letterFax/year"}},
	{key: "fax", words: []string{"传真申请", "传真方式"}, codes: []string{"3120"}},
	{key: "online", words: []string{"网络申请", "网上申请", "在线申请", "网络方式"}, codes: []string{"3130"}, fujian: []string{"received.online/year"}},
	{key: "letter", words: []string{"信函申请", "信函方式", "邮寄申请"}, codes: []string{"3140"}, fujian: []string{"received.letterFax/year"}},
	{key: "naturalPerson", words: []string{"自然人"}, tables: []string{"newReceived/naturalPerson"}, other: []string{"total/naturalPerson"}, loose: true},
	{key: "organisations", words: []string{"法人或其他组织", "法人或者其他组织"}, tables: organisations("newReceived"), other: organisations("total"), loose: true},
}

// feeKey is the place of what was collected in the year, in yuan: tables 三 and 四 have
// no cell for it, chapter 六 reports it.
const feeKey = "fee"
