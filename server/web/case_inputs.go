package web

// inputKind says how an input of an act is shown and read.
type inputKind int

const (
	textInput inputKind = iota
	dayInput
	numberInput
	areaInput
	linesInput  // a repeated field, one element a line
	yuanInput   // a field in fen, entered in yuan
	checkInput  // true if ticked
	choiceInput // one of the choices
	basisInput  // the basis of a reply
	numberOfLetter
)

// input is one field of an act as its dialog asks for it.
type input struct {
	name    string // of the field of the message
	label   text
	kind    inputKind
	must    bool
	now     bool     // today, if nothing else is entered
	start   string   // what it holds at first
	hint    text     // what would be right
	choices []string // by their labels
	length  int
}

// step is what an officer may do, with its inputs: those that are needed come first.
type step struct {
	title  text
	inputs []input
	// then may be recorded at once with it.
	then string
	// letter is the kind of letter that goes with it.
	letter string
}

const (
	wordsLength = 10_000
	shortLength = 200
)

// The inputs that several acts have.
func theDay(name, zh, en string) input {
	return input{name: name, label: text{zh, en}, kind: dayInput, must: true, now: true}
}

func aDay(name, zh, en string) input { return input{name: name, label: text{zh, en}, kind: dayInput} }

func why(zh, en string) input {
	return input{name: "reason", label: text{zh, en}, kind: areaInput, length: wordsLength}
}

func (i input) needed() input { i.must = true; return i }

func (i input) hinted(zh, en string) input { i.hint = text{zh, en}; return i }

func choice(name, zh, en string, choices ...string) input {
	return input{name: name, label: text{zh, en}, kind: choiceInput, must: true, choices: choices}
}

var (
	documentNo = input{name: "document_no", label: text{"答复文号", "Document number"}, length: shortLength}
	lateCause  = input{
		name: "late_cause", label: text{"逾期原因", "Cause of lateness"}, length: shortLength,
		hint: text{"超过答复期限的填写；不写个人姓名", "if it is late; names no person"},
	}
	theLetter  = input{name: "consultation", label: text{"征求意见书", "Letter"}, kind: numberOfLetter, hint: text{"只有一份未结的，可不选", "may be left out while one is open"}}
	partyGotIt = aDay("party_receive_date", "被征求方收到之日", "Day the party received the letter").hinted("未登记的，在此补填", "if not recorded yet")
	opinion    = choice("opinion", "意见", "Opinion", "CONSENT", "OBJECTION")
	byMode     = choice("mode", "送达方式", "Way of delivery", "IN_PERSON", "POST", "EMAIL", "OTHER").hinted(
		"其他快递不是有效送达（〔2016〕235号）", "other couriers are no valid delivery (〔2016〕235号)")
	theBasis = input{name: "basis", label: text{"答复依据", "Basis"}, kind: basisInput, must: true}
)

// draftInputs are those of a reply, signed or submitted for review.
func draftInputs(day input) []input {
	return []input{
		theBasis, day, documentNo,
		{name: "prior_application_no", label: text{"前次申请编号", "Number of the earlier application"}, length: shortLength, hint: text{"重复申请填写已答复的那一件", "of a repeated application: the one that was answered"}},
		{name: "review_first_told", label: text{"答复书已写明复议前置", "The letter names reconsideration first"}, kind: checkInput, hint: text{"依第14至16条不予公开的，2024年起须写明", "refusals under Arts 14–16 must, from 2024"}},
		aDay("third_party_notify_date", "告知第三方之日", "Day the third party was told").hinted("第三方不同意而决定公开的（第32条）", "where its objection is overridden (Art 32)"),
		why("办理情况和理由", "What was done, and why").hinted("依据为“其他”的填写", "where the basis is “other”"),
	}
}

// steps are all acts on an application, by the names of the fields of Action.
var steps = map[string]step{
	"confirm": {title: text{"确认收到", "Confirm receipt"}, inputs: []input{
		theDay("receive_date", "确认收到之日", "Day of confirmation").hinted("双方确认之日为收到申请之日（第31条）", "the day of receipt (Art 31)"),
	}, letter: "receipt"},
	"request_supplement": {title: text{"告知补正", "Request a supplement"}, inputs: []input{
		{name: "items", label: text{"需要补正的事项", "What to supplement"}, kind: linesInput, must: true, hint: text{"一次性全部告知，每行一项", "all at once, one a line"}},
		{name: "workdays", label: text{"补正期限（工作日）", "Workdays for the supplement"}, kind: numberInput, start: "10", hint: text{"自收到告知之日起，一般不超过15个", "from receipt of the notice, usually at most 15"}},
		theDay("notify_date", "告知发出之日", "Day the notice was sent"),
		aDay("notice_receive_date", "申请人收到之日", "Day the applicant received it"),
		aDay("due_date", "或者补正截止日", "Or last day").hinted("与工作日二者填一", "instead of workdays"),
	}, letter: "supplement"},
	"submit_supplement": {title: text{"收到补正", "Supplement received"}, inputs: []input{
		theDay("receive_date", "收到补正之日", "Day it was received"),
		aDay("post_date", "申请人交邮之日", "Day it was posted").hinted("在途时间不计算", "time in the mail does not count"),
		{name: "good_cause", label: text{"逾期的正当理由", "Good cause for lateness"}, kind: areaInput, length: wordsLength},
	}},
	"lapse_supplement": {title: text{"逾期不补正", "Supplement lapsed"}, inputs: []input{
		theDay("lapse_date", "办结之日", "Day of closing"),
		aDay("notice_receive_date", "申请人收到告知之日", "Day the applicant received the notice").hinted("未登记的，在此补填", "if not recorded yet"),
	}},
	"reopen": {title: text{"恢复办理", "Reopen for good cause"}, inputs: []input{
		theDay("receive_date", "收到补正之日", "Day the supplement was received"), why("正当理由和认可人", "Good cause, and who accepted it").needed(),
	}},
	"correct": {title: text{"更正记录", "Correct"}, inputs: []input{why("更正的理由", "Why it is corrected").needed()}},
	"consult": {title: text{"征求意见", "Consult"}, inputs: []input{
		choice("kind", "征求对象", "Who is asked", "THIRD_PARTY", "CO_MAKER", "ORGAN"),
		theDay("send_date", "征求意见书发出之日", "Day the letter left"),
		{name: "party", label: text{"被征求方", "Party"}, length: shortLength},
		aDay("receive_date", "被征求方收到之日", "Day the party received it").hinted("自此起15个工作日；未能证明的自发出起算", "15 workdays from it; unproven: from sending"),
		aDay("due_date", "函中所定截止日", "Day named in the letter").hinted("征求其他机关的必须写明", "needed for other organs"),
	}, letter: "consultation"},
	"receive_opinion": {title: text{"收到意见", "Opinion received"}, inputs: []input{
		opinion, theDay("receive_date", "收到意见之日", "Day it arrived"), theLetter, partyGotIt,
	}},
	"lapse_opinion": {title: text{"意见期限届满", "Opinion lapsed"}, inputs: []input{
		theDay("lapse_date", "登记届满之日", "Day of the lapse"), theLetter,
		{name: "returned", label: text{"征求意见书被退回", "The letter came back"}, kind: checkInput},
		partyGotIt,
	}},
	"record_late_opinion": {title: text{"收到迟到意见", "Late opinion received"}, inputs: []input{
		opinion, theDay("receive_date", "收到意见之日", "Day it arrived"), theLetter,
	}},
	"extend": {title: text{"延期", "Extend"}, inputs: []input{
		{name: "workdays", label: text{"延长的工作日", "Workdays added"}, kind: numberInput, must: true, start: "20", hint: text{"至多20个工作日，一次（第33条）", "at most 20, once (Art 33)"}},
		theDay("notify_date", "告知申请人之日", "Day the applicant was told"),
		why("延期的理由", "Reason told to the applicant"),
		{name: "approver", label: text{"同意延期的负责人", "Head who agreed"}, length: shortLength, hint: text{"不是本人的填写", "if not yourself"}},
	}, letter: "extension"},
	"ask_reasons": {title: text{"要求说明理由", "Ask for reasons"}, inputs: []input{
		theDay("notify_date", "告知发出之日", "Day the notice was sent"),
		aDay("due_date", "说明理由的截止日", "Last day named"),
		why("申请的数量、频次", "Number and frequency found"),
	}, letter: "reasons"},
	"receive_reasons": {title: text{"收到说明", "Reasons received"}, inputs: []input{
		theDay("receive_date", "收到说明之日", "Day they arrived"),
		{name: "accepted", label: text{"理由合理", "The reasons are accepted"}, kind: checkInput, hint: text{"合理的才能延迟答复（第35条）", "only then the reply may be deferred (Art 35)"}},
	}},
	"lapse_reasons": {title: text{"逾期未说明", "Reasons lapsed"}, inputs: []input{theDay("lapse_date", "登记逾期之日", "Day of the lapse")}},
	"defer": {title: text{"延迟答复", "Defer"}, inputs: []input{
		aDay("due_date", "延迟至", "Later date").needed().hinted("在答复期限之后", "after the due date"),
		theDay("notify_date", "告知申请人之日", "Day the applicant was told"), why("理由", "Grounds").needed(),
	}, letter: "deferral"},
	"notify_fee": {title: text{"收费通知", "Fee notice"}, inputs: []input{
		{name: "amount_fen", label: text{"金额（元）", "Amount (yuan)"}, kind: yuanInput, must: true},
		choice("tariff", "计收方式", "Tariff", "PER_REQUEST", "PER_PAGE"),
		theDay("receive_date", "申请人收到通知之日", "Day the applicant received the notice"),
	}, letter: "fee"},
	"pay_fee": {title: text{"缴费", "Fee paid"}, inputs: []input{
		theDay("pay_date", "缴费之日", "Day of payment"),
		{name: "amount_fen", label: text{"实缴金额（元）", "Amount paid (yuan)"}, kind: yuanInput, hint: text{"留空为通知的金额", "empty: the amount of the notice"}},
	}},
	"lapse_fee":  {title: text{"逾期未缴费", "Fee lapsed"}, inputs: []input{theDay("lapse_date", "办结之日", "Day of closing")}},
	"cancel_fee": {title: text{"撤销收费", "Cancel the fee"}, inputs: []input{theDay("cancel_date", "撤销之日", "Day of the cancellation"), why("理由", "Why").needed()}},
	"withdraw":   {title: text{"撤回", "Withdraw"}, inputs: []input{theDay("withdraw_date", "撤回之日", "Day of the withdrawal"), why("证明方式", "How it is proven")}, letter: "withdrawal"},
	"void":       {title: text{"作废", "Void"}, inputs: []input{theDay("void_date", "作废之日", "Day"), why("理由", "Why").needed()}},
	"decide":     {title: text{"签发", "Decide"}, inputs: draftInputs(theDay("decide_date", "签发日期", "Day of signature")), then: "deliver", letter: "reply"},
	"submit_for_review": {
		title: text{"提交审核", "Submit for review"}, inputs: draftInputs(theDay("submit_date", "提交之日", "Day")),
	},
	"approve":      {title: text{"审核通过", "Approve"}, inputs: []input{theDay("approve_date", "审核之日", "Day")}},
	"return_draft": {title: text{"退回", "Return the draft"}, inputs: []input{theDay("return_date", "退回之日", "Day"), why("修改意见", "What to change").needed()}},
	"deliver": {title: text{"送达", "Deliver"}, inputs: []input{
		byMode, theDay("deliver_date", "送达之日", "Day that counts").hinted("当面为签收之日，邮寄为交邮之日", "in person: of signature; by post: of posting"), lateCause,
	}},
	"fail_delivery": {title: text{"退件", "Delivery failed"}, inputs: []input{theDay("fail_date", "退回之日", "Day it came back"), why("原因", "What went wrong").needed()}},
	"order_redecision": {title: text{"责令重作", "Order to redecide"}, inputs: []input{
		theDay("receive_date", "收到决定、判决之日", "Day the order was received"),
		{name: "workdays", label: text{"限期（工作日）", "Workdays set"}, kind: numberInput, hint: text{"未定的为20个", "20 if none are set"}},
		aDay("due_date", "或者截止日", "Or last day"), why("决定、判决", "The order"),
	}},
	"replace": {title: text{"自行重作", "Replace own reply"}, inputs: []input{theDay("replace_date", "撤销之日", "Day"), why("理由", "Why").needed()}},
	"deliver_redecision": {title: text{"送达重作答复", "Deliver the new reply"}, inputs: []input{
		theBasis, byMode, theDay("deliver_date", "送达之日", "Day that counts"),
		aDay("decide_date", "签发日期", "Day of signature").hinted("留空为送达之日", "empty: that of delivery"), documentNo,
	}},
	"archive":           {title: text{"归档", "Archive"}, inputs: []input{theDay("archive_date", "归档之日", "Day")}},
	"hold":              {title: text{"暂缓交付", "Hold"}, inputs: []input{theDay("hold_date", "暂缓之日", "Day"), why("裁定", "The order").needed()}},
	"release":           {title: text{"解除暂缓", "Release"}, inputs: []input{theDay("release_date", "解除之日", "Day")}},
	"close":             {title: text{"不经答复办结", "Close without a reply"}, inputs: []input{theDay("close_date", "办结之日", "Day"), why("无须答复的理由", "Why no reply is owed").needed(), lateCause}},
	"assign":            {title: text{"转办", "Assign"}, inputs: []input{{name: "holder", label: text{"承办部门或者人员", "Department or officer"}, must: true, length: shortLength}, theDay("assign_date", "转办之日", "Day"), why("说明", "Note")}},
	"accept_assignment": {title: text{"签收转办", "Accept the assignment"}, inputs: []input{theDay("accept_date", "签收之日", "Day")}},
	"send_back":         {title: text{"退回转办", "Send the assignment back"}, inputs: []input{theDay("return_date", "退回之日", "Day"), why("理由", "Why").needed()}},
}

// registrationInputs are the particulars of a registration that a correction may change.
var registrationInputs = []input{
	aDay("arrive_date", "到达日期", "Arrived on"),
	{name: "channel", label: text{"到达方式", "Way of arrival"}, kind: choiceInput, choices: []string{"IN_PERSON", "ORAL", "POST_SIGNED", "POST_ORDINARY", "ONLINE_FORM", "EMAIL", "FAX"}},
	{name: "applicant_kind", label: text{"申请人类别", "Kind of applicant"}, kind: choiceInput, choices: []string{"NATURAL_PERSON", "BUSINESS", "RESEARCH", "PUBLIC_INTEREST", "LEGAL_SERVICE", "OTHER"}},
}

// remedySteps are the acts on a remedy, by the names of the fields of RemedyAction.
var remedySteps = map[string]step{
	"conclude": {title: text{"审结", "Conclude"}, inputs: []input{choice("result", "结果", "Result", "UPHELD", "CORRECTED", "OTHER"), theDay("conclude_date", "生效之日", "Day it took effect")}},
	"remand":   {title: text{"发回重审、再审", "Remand"}, inputs: []input{theDay("remand_date", "日期", "Day"), why("理由", "Why").needed()}},
	"strike":   {title: text{"作废", "Strike"}, inputs: []input{why("理由", "Why").needed()}},
}

// bases2008 are the bases of the Regulation of 2008 alone.
var bases2008 = []string{"refused.no_special_need", "refused.other_statutory", "other.other_channel"}

// regime2008 is the year of the Regulation that came before that of 2019.
const regime2008 = 2008
