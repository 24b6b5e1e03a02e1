package web

import (
	"fmt"
	"strings"
)

// labels name the values of the API's enums, by their names there, and of the text fields
// that take one of a few.
var labels = map[string]text{
	"SUBMITTED":          {"待确认", "Awaiting confirmation"},
	"RECEIVED":           {"已登记", "Received"},
	"SUPPLEMENT_PENDING": {"待补正", "Awaiting supplement"},
	"PROCESSING":         {"办理中", "In process"},
	"CONSULTING":         {"征求意见中", "Consulting"},
	"REASONS_PENDING":    {"待说明理由", "Awaiting reasons"},
	"DEFERRED":           {"延迟答复", "Deferred"},
	"FEE_PENDING":        {"待缴费", "Awaiting fee"},
	"UNDER_REVIEW":       {"审核中", "Under review"},
	"DECIDED":            {"已签发待送达", "Decided, to be delivered"},
	"CLOSED":             {"已办结", "Closed"},
	"REDECIDING":         {"重新办理", "Deciding anew"},
	"ARCHIVED":           {"已归档", "Archived"},
	"VOID":               {"作废", "Void"},

	"IN_PERSON":     {"当面", "In person"},
	"ORAL":          {"口头", "Oral"},
	"POST_SIGNED":   {"挂号信、EMS", "Signed-for post"},
	"POST_ORDINARY": {"平常信函", "Ordinary post"},
	"ONLINE_FORM":   {"网络", "Online form"},
	"EMAIL":         {"电子邮件", "E-mail"},
	"FAX":           {"传真", "Fax"},
	"POST":          {"邮寄", "Post"},
	"OTHER_COURIER": {"其他快递", "Other courier"},

	"NATURAL_PERSON":  {"自然人", "Natural person"},
	"BUSINESS":        {"商业企业", "Business"},
	"RESEARCH":        {"科研机构", "Research institution"},
	"PUBLIC_INTEREST": {"社会公益组织", "Public-interest organisation"},
	"LEGAL_SERVICE":   {"法律服务机构", "Legal service organisation"},
	"OTHER":           {"其他", "Other"},

	"ON_TIME":  {"按时", "On time"},
	"EXTENDED": {"延期", "Extended"},
	"OVERDUE":  {"超期", "Overdue"},

	"THIRD_PARTY": {"第三方", "Third party"},
	"CO_MAKER":    {"共同制作机关", "Co-maker"},
	"ORGAN":       {"其他机关", "Other organ"},
	"CONSENT":     {"同意", "Consent"},
	"OBJECTION":   {"不同意", "Objection"},
	"NO_ANSWER":   {"未答复", "No answer"},
	"PER_REQUEST": {"按件", "Per request"},
	"PER_PAGE":    {"按量", "Per page"},

	"RECONSIDERATION": {"行政复议", "Reconsideration"},
	"LITIGATION":      {"行政诉讼", "Litigation"},
	"COMPLAINT":       {"举报投诉", "Complaint"},
	"PENDING":         {"尚未审结", "Pending"},
	"UPHELD":          {"维持", "Upheld"},
	"CORRECTED":       {"纠正", "Corrected"},
	"FROZEN":          {"已冻结", "Frozen"},
	"AMENDING":        {"更正中", "Being amended"},
	"ORIGINAL":        {"原行为机关", "Original organ"},
	"REVIEWER":        {"复议机关", "Reviewing organ"},

	"OFFICER":       {"经办人", "Officer"},
	"SUPERVISOR":    {"负责人", "Supervisor"},
	"STATISTICIAN":  {"统计员", "Statistician"},
	"AUDITOR":       {"审计员", "Auditor"},
	"ADMINISTRATOR": {"管理员", "Administrator"},

	"SYSTEM_ADMINISTRATOR":   {"系统管理员", "System administrator"},
	"SECURITY_ADMINISTRATOR": {"安全管理员", "Security administrator"},

	"PASS":           {"通过", "Pass"},
	"FAIL":           {"不符", "Fail"},
	"UNCERTAIN":      {"待核", "Uncertain"},
	"NOT_ASSESSABLE": {"无法判断", "Not assessable"},

	"BLACK":  {"黑牌", "Black"},
	"RED":    {"红灯", "Red"},
	"YELLOW": {"黄灯", "Yellow"},
	"GREEN":  {"绿灯", "Green"},
	"GREY":   {"灰灯", "Grey"},

	"ORDER":              {"责令期限", "Ordered period"},
	"DUE_TODAY":          {"今日到期", "Due today"},
	"SUPPLEMENT_WINDOW":  {"补正窗口将关闭", "Supplement window"},
	"UNCONFIRMED":        {"逾期未确认", "Unconfirmed"},
	"THIRD_PARTY_SILENT": {"被征求方逾期", "Party silent"},
	"APPLICANT_LAPSED":   {"申请人逾期", "Applicant lapsed"},
	"INTERNAL":           {"超内部期限", "Past internal limit"},
	"DUE_SOON":           {"将到期", "Due soon"},
	"UNDELIVERED":        {"未送达", "Undelivered"},
	"NONE":               {"在办", "Open"},

	"ENVELOPE":        {"信封", "Envelope"},
	"FORM":            {"申请表", "Form"},
	"IDENTITY":        {"身份证明", "Proof of identity"},
	"SUPPLEMENT":      {"补正材料", "Supplement"},
	"CONSULTATION":    {"征求意见材料", "Consultation"},
	"REPLY":           {"答复书", "Reply"},
	"INFORMATION":     {"公开的信息", "Information provided"},
	"DELIVERY_PROOF":  {"送达凭证", "Proof of delivery"},
	"REMEDY_DOCUMENT": {"救济文书", "Document of a remedy"},
	"OTHER_DOCUMENT":  {"其他材料", "Other document"},
	"LETTER":          {"文书", "Letter"},

	"upload_attachment":   {"上传", "Stored"},
	"download_attachment": {"下载", "Read"},
	"withdraw_attachment": {"撤下", "Withdrawn"},

	"id_number": {"证件号码相同", "Same identity number"},
	"phone":     {"电话相同", "Same phone"},
	"name":      {"姓名相同", "Same name"},

	"DERIVED": {"由申请统计", "Derived from cases"},
	"ZERO":    {"零报告", "Zero report"},
	"SILENT":  {"未报", "Silent"},
}

// labelOf names a value for people; one that has no label shows as it is.
func labelOf(l language, value any) string {
	name := fmt.Sprint(value)
	if t, ok := labels[name]; ok {
		return t.in(l)
	}
	if strings.HasSuffix(name, "_UNSPECIFIED") {
		return ""
	}
	return name
}
