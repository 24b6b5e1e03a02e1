package main

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// label names a field for people: by its whole path if that has a name of its own, else
// by its last part.
func label(path string) text {
	if t, ok := fieldLabels[path]; ok {
		return t
	}
	last := path[strings.LastIndexByte(path, '.')+1:]
	if t, ok := fieldLabels[last]; ok {
		return t
	}
	if t, ok := actionLabels[protoreflect.Name(last)]; ok {
		return t
	}
	name := strings.ReplaceAll(last, "_", " ")
	return text{name, name}
}

// isRequired tells whether the service refuses a message without the field.
func isRequired(desc protoreflect.FieldDescriptor) bool {
	return slices.Contains(strings.Fields(requiredFields[desc.Parent().Name()]), string(desc.Name()))
}

// requiredFields repeats what the comments of the proto files say, which no descriptor
// carries.
var requiredFields = map[protoreflect.Name]string{
	"UploadAttachmentHeader":    "parent kind file_name size sha256",
	"WithdrawAttachmentRequest": "name reason",
	"ConfirmOneTimeCodeRequest": "one_time_code",

	"Confirm":           "receive_date",
	"RequestSupplement": "notify_date items",
	"SubmitSupplement":  "receive_date",
	"LapseSupplement":   "lapse_date",
	"Reopen":            "receive_date reason",
	"Correct":           "reason",
	"Consult":           "kind send_date",
	"ReceiveOpinion":    "receive_date opinion",
	"LapseOpinion":      "lapse_date",
	"RecordLateOpinion": "receive_date opinion",
	"Extend":            "workdays notify_date",
	"AskReasons":        "notify_date",
	"ReceiveReasons":    "receive_date",
	"LapseReasons":      "lapse_date",
	"Defer":             "notify_date due_date reason",
	"NotifyFee":         "receive_date amount_fen tariff",
	"PayFee":            "pay_date",
	"LapseFee":          "lapse_date",
	"CancelFee":         "cancel_date reason",
	"Withdraw":          "withdraw_date",
	"Void":              "void_date reason",
	"Decide":            "basis decide_date",
	"SubmitForReview":   "basis submit_date",
	"Approve":           "approve_date",
	"ReturnDraft":       "return_date reason",
	"Deliver":           "mode deliver_date",
	"FailDelivery":      "fail_date reason",
	"OrderRedecision":   "receive_date",
	"Replace":           "replace_date reason",
	"DeliverRedecision": "basis mode deliver_date",
	"Archive":           "archive_date",
	"Hold":              "hold_date reason",
	"Release":           "release_date",
	"Close":             "close_date reason",
	"Assign":            "assign_date holder",
	"AcceptAssignment":  "accept_date",
	"SendBack":          "return_date reason",

	"Application": "applicant channel arrive_date",
	"Applicant":   "kind",
	"Remedy":      "kind file_date",
	"Conclude":    "result conclude_date",
	"Remand":      "remand_date reason",
	"Strike":      "reason",
	"Agency":      "display_name",
	"Principal":   "role",

	"AddWorkdaysRequest":         "date workdays",
	"ComputeAnnualReportRequest": "parent year form",
	"FreezeReportRequest":        "parent year",
	"AmendReportRequest":         "parent year reason",
	"DiffReportRequest":          "parent year",
	"CompareCarryOverRequest":    "parent year",
	"ExportReportRequest":        "parent year form format",
	"ListCellEntriesRequest":     "parent year form cell",
	"ListChecksRequest":          "parent year form",
	"AcceptCheckRequest":         "parent year form id reason",
	"GetNarrativeRequest":        "parent year",
	"ComputeRollupRequest":       "parent year form",
	"PutReceivedReportRequest":   "parent year form",
	"GetReceivedReportRequest":   "parent year form",
}

// fieldChoices are the values of text fields that take one of a few, and the part of an
// enum that an act takes.
var fieldChoices = map[protoreflect.Name]string{
	"Consult.kind":                    "THIRD_PARTY CO_MAKER ORGAN",
	"ReceiveOpinion.opinion":          "CONSENT OBJECTION",
	"RecordLateOpinion.opinion":       "CONSENT OBJECTION",
	"NotifyFee.tariff":                "PER_REQUEST PER_PAGE",
	"Deliver.mode":                    "IN_PERSON POST EMAIL OTHER_COURIER OTHER",
	"DeliverRedecision.mode":          "IN_PERSON POST EMAIL OTHER_COURIER OTHER",
	"Conclude.result":                 "UPHELD CORRECTED OTHER",
	"Agency.review_steps":             "officer supervisor",
	"Agency.codes_variant":            "shanghai national",
	"ComputeAnnualReportRequest.form": "codes-2014 table-2019 table-2021",
	"FreezeReportRequest.form":        "codes-2014 table-2019 table-2021",
	"DiffReportRequest.form":          "codes-2014 table-2019 table-2021",
	"ListCellEntriesRequest.form":     "codes-2014 table-2019 table-2021",
	"ComputeRollupRequest.form":       "codes-2014 table-2019 table-2021",
	"PutReceivedReportRequest.form":   "codes-2014 table-2019 table-2021",
	"GetReceivedReportRequest.form":   "codes-2014 table-2019 table-2021",
	"CheckReportRequest.form":         "codes-2014 table-2019 table-2021",
}

// valueLabels name the values of enums.
var valueLabels = map[string]text{
	"ENVELOPE":        {"信封", "envelope"},
	"FORM":            {"申请表", "form"},
	"IDENTITY":        {"身份证明", "proof of identity"},
	"SUPPLEMENT":      {"补正材料", "supplement"},
	"CONSULTATION":    {"征求意见材料", "consultation"},
	"REPLY":           {"答复书", "reply"},
	"INFORMATION":     {"公开的信息", "information provided"},
	"DELIVERY_PROOF":  {"送达凭证", "proof of delivery"},
	"REMEDY_DOCUMENT": {"救济文书", "document of a remedy"},
	"OTHER_DOCUMENT":  {"其他材料", "other document"},

	"START":     {"起算", "start"},
	"WORKDAY":   {"工作日", "workday"},
	"REST":      {"非工作日", "no workday"},
	"SUSPENDED": {"不计入", "taken out"},

	"LETTER":        {"文书", "letter"},
	"APPLICANT":     {"申请人", "applicant"},
	"FILE":          {"附卷", "file"},
	"NO_REMEDY":     {"没有救济告知", "no remedy paragraph"},
	"BY_BASIS":      {"按依据和日期告知", "by basis and date"},
	"EITHER":        {"复议或者诉讼", "reconsideration or suit"},
	"FIELD":         {"填写", "a field"},
	"CASE":          {"案件记录", "the case"},
	"SETTING":       {"机关设置", "a setting"},
	"CASE_OR_FIELD": {"案件记录或者填写", "the case or a field"},
	"HEAD":          {"发文机关标志", "head"},
	"NUMBER":        {"发文字号", "document number"},
	"TITLE":         {"标题", "title"},
	"ADDRESSEE":     {"主送", "addressee"},
	"BODY":          {"正文", "text"},
	"REMEDY":        {"救济告知", "remedies"},
	"ENCLOSURE":     {"附件", "enclosure"},
	"CONTACT":       {"联系方式", "contact"},
	"SIGNATURE":     {"落款", "signature"},
	"DATE":          {"成文日期", "date"},
	"ROW":           {"表格的行", "row"},

	"XLSX":               {"Excel工作簿", "Excel workbook"},
	"DOCX":               {"Word文档", "Word document"},
	"HTML":               {"网页（供打印）", "page for print"},
	"CSV":                {"纯文本表格", "plain table"},
	"DERIVED":            {"由申请统计", "derived from cases"},
	"ZERO":               {"零报告", "zero report"},
	"SILENT":             {"未报", "silent"},
	"SUBMITTED":          {"待确认", "awaiting confirmation"},
	"RECEIVED":           {"已登记", "received"},
	"SUPPLEMENT_PENDING": {"待补正", "awaiting supplement"},
	"PROCESSING":         {"办理中", "in process"},
	"CONSULTING":         {"征求意见中", "consulting"},
	"REASONS_PENDING":    {"待说明理由", "awaiting reasons"},
	"DEFERRED":           {"延迟答复", "deferred"},
	"FEE_PENDING":        {"待缴费", "awaiting fee"},
	"UNDER_REVIEW":       {"审核中", "under review"},
	"DECIDED":            {"已签发待送达", "decided, to be delivered"},
	"CLOSED":             {"已办结", "closed"},
	"REDECIDING":         {"重新办理", "deciding anew"},
	"ARCHIVED":           {"已归档", "archived"},
	"VOID":               {"作废", "void"},

	"IN_PERSON":     {"当面", "in person"},
	"ORAL":          {"口头", "oral"},
	"POST_SIGNED":   {"挂号信、EMS", "signed-for post"},
	"POST_ORDINARY": {"平常信函", "ordinary post"},
	"ONLINE_FORM":   {"网络", "online form"},
	"EMAIL":         {"电子邮件", "e-mail"},
	"FAX":           {"传真", "fax"},
	"POST":          {"邮寄", "post"},
	"OTHER_COURIER": {"其他快递", "other courier"},

	"NATURAL_PERSON":  {"自然人", "natural person"},
	"BUSINESS":        {"商业企业", "business"},
	"RESEARCH":        {"科研机构", "research"},
	"PUBLIC_INTEREST": {"社会公益组织", "public interest"},
	"LEGAL_SERVICE":   {"法律服务机构", "legal service"},
	"OTHER":           {"其他", "other"},

	"ON_TIME":  {"按时", "on time"},
	"EXTENDED": {"延期", "extended"},
	"OVERDUE":  {"超期", "overdue"},

	"THIRD_PARTY": {"第三方", "third party"},
	"CO_MAKER":    {"共同制作机关", "co-maker"},
	"ORGAN":       {"其他机关", "other organ"},
	"CONSENT":     {"同意", "consent"},
	"OBJECTION":   {"不同意", "objection"},
	"NO_ANSWER":   {"未答复", "no answer"},
	"PER_REQUEST": {"按件", "per request"},
	"PER_PAGE":    {"按量", "per page"},

	"RECONSIDERATION": {"行政复议", "reconsideration"},
	"LITIGATION":      {"行政诉讼", "litigation"},
	"COMPLAINT":       {"举报投诉", "complaint"},
	"PENDING":         {"尚未审结", "pending"},
	"UPHELD":          {"维持", "upheld"},
	"CORRECTED":       {"纠正", "corrected"},
	"FROZEN":          {"已冻结", "frozen"},
	"AMENDING":        {"更正中", "being amended"},
	"ORIGINAL":        {"原行为机关", "original organ"},
	"REVIEWER":        {"复议机关", "reviewing organ"},

	"CHANGE_PASSWORD":      {"修改口令", "change the password"},
	"ENROL_ONE_TIME_CODE":  {"绑定验证器", "enrol one-time codes"},
	"VERIFY_ONE_TIME_CODE": {"输入动态验证码", "give a one-time code"},

	"OFFICER":       {"经办人", "officer"},
	"SUPERVISOR":    {"负责人", "supervisor"},
	"STATISTICIAN":  {"统计员", "statistician"},
	"AUDITOR":       {"审计员", "auditor"},
	"ADMINISTRATOR": {"管理员", "administrator"},

	"SYSTEM_ADMINISTRATOR":   {"系统管理员", "system administrator"},
	"SECURITY_ADMINISTRATOR": {"安全管理员", "security administrator"},

	"PASS":           {"通过", "pass"},
	"FAIL":           {"不符", "fail"},
	"UNCERTAIN":      {"待核", "uncertain"},
	"NOT_ASSESSABLE": {"无法判断", "not assessable"},

	"BLACK":              {"黑牌", "black"},
	"RED":                {"红灯", "red"},
	"YELLOW":             {"黄灯", "yellow"},
	"GREEN":              {"绿灯", "green"},
	"GREY":               {"灰灯", "grey"},
	"ORDER":              {"责令期限", "ordered period"},
	"DUE_TODAY":          {"今日到期", "due today"},
	"SUPPLEMENT_WINDOW":  {"补正窗口将关闭", "supplement window"},
	"UNCONFIRMED":        {"逾期未确认", "unconfirmed"},
	"THIRD_PARTY_SILENT": {"被征求方逾期", "party silent"},
	"APPLICANT_LAPSED":   {"申请人逾期", "applicant lapsed"},
	"INTERNAL":           {"超内部期限", "past internal limit"},
	"DUE_SOON":           {"将到期", "due soon"},
	"UNDELIVERED":        {"未送达", "undelivered"},
	"NONE":               {"无", "none"},
}
