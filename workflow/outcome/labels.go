package outcome

import "strings"

// tableLabel is a printed label of table 三: a row, or a block of rows such as
// 不予公开, which fits many bases.
type tableLabel struct {
	block string // （三）
	item  string // 1
	text  string
	row   string // prefix of Row2021
}

// numbers lists the ways in which a register writes the number before the label.
func (l tableLabel) numbers() []string {
	var out []string
	for _, block := range []string{l.block, strings.Trim(l.block, "（）") + "、"} {
		full := block + l.item
		out = append(out, full)
		if l.item != "" {
			out = append(out, full+".")
		}
		out = append(out, "三、"+full, "三、"+full+".", "三"+full, "三"+full+".")
	}
	if l.item != "" {
		out = append(out, l.item+".", l.item)
	}
	return append(out, "")
}

var tableLabels = []tableLabel{
	{"（一）", "", "予以公开", "granted"},
	{"（二）", "", "部分公开", "partial"},
	{"（二）", "", "部分公开（区分处理的，只计这一情形，不计其他情形）", "partial"},
	{"（三）", "1", "属于国家秘密", "denied.stateSecret"},
	{"（三）", "2", "其他法律行政法规禁止公开", "denied.lawForbidden"},
	{"（三）", "3", "危及“三安全一稳定”", "denied.threeSecurityOneStability"},
	{"（三）", "4", "保护第三方合法权益", "denied.thirdPartyRights"},
	{"（三）", "5", "属于三类内部事务信息", "denied.internalAffairs"},
	{"（三）", "6", "属于四类过程性信息", "denied.processInfo"},
	{"（三）", "7", "属于行政执法案卷", "denied.enforcementFile"},
	{"（三）", "8", "属于行政查询事项", "denied.adminQuery"},
	{"（四）", "1", "本机关不掌握相关政府信息", "unable.notHeld"},
	{"（四）", "2", "没有现成信息需要另行制作", "unable.needsCreation"},
	{"（四）", "3", "补正后申请内容仍不明确", "unable.stillUnclear"},
	{"（五）", "1", "信访举报投诉类申请", "notProcessed.petition"},
	{"（五）", "2", "重复申请", "notProcessed.duplicate"},
	{"（五）", "3", "要求提供公开出版物", "notProcessed.publication"},
	{"（五）", "4", "无正当理由大量反复申请", "notProcessed.massiveRepeated"},
	{"（五）", "5", "要求行政机关确认或重新出具已获取信息", "notProcessed.confirmReissue"},
	{"（六）", "1", "申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请", "other.notCorrectedInTime"},
	{"（六）", "2", "申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请", "other.feeNotPaid"},
	{"（六）", "3", "其他", "other.other"},
	{"（三）", "", "不予公开", "denied"},
	{"（四）", "", "无法提供", "unable"},
	{"（五）", "", "不予处理", "notProcessed"},
	{"（六）", "", "其他处理", "other"},
}

// codeLabel is a printed label of the coded table, section 三（三）.
type codeLabel struct {
	code   string
	number string
	text   string
}

var codeLabels = []codeLabel{
	{"3310", "1.", "属于已主动公开范围数"},
	{"3320", "2.", "同意公开答复数"},
	{"3330", "3.", "同意部分公开答复数"},
	{"3340", "4.", "不同意公开答复数"},
	{"3341", "其中：", "涉及国家秘密"},
	{"3342", "其中：", "涉及商业秘密"},
	{"3343", "其中：", "涉及个人隐私"},
	{"3344", "其中：", "危及国家安全、公共安全、经济安全和社会稳定"},
	{"3345", "其中：", "不是《条例》所指政府信息"},
	{"3346", "其中：", "法律法规规定的其他情形"},
	{"3350", "5.", "不属于本行政机关公开数"},
	{"3360", "6.", "申请信息不存在数"},
	{"3370", "7.", "告知作出更改补充数"},
	{"3380", "8.", "告知通过其他途径办理数"},
}

// aliases are spellings met in registers that no form prints.
var aliases = []struct {
	text  string
	basis Basis
}{
	{"已主动公开", "disclosed.already_public"},
	{"法律行政法规禁止公开", "refused.prohibited_by_law"},
	{"三安全一稳定", "refused.security_stability"},
	{"内部事务信息", "refused.internal_affairs"},
	{"过程性信息", "refused.deliberative"},
	{"非本机关公开", "unavailable.not_our_remit"},
	{"不属于本机关公开", "unavailable.not_our_remit"},
	{"信息不存在", "unavailable.nonexistent"},
	{"政府信息不存在", "unavailable.nonexistent"},
	{"需要另行制作", "unavailable.needs_creation"},
	{"补正后仍不明确", "unavailable.still_unclear"},
	{"公开出版物", "not_processed.publication"},
	{"大量反复申请", "not_processed.excessive"},
	{"逾期未补正", "other.not_supplemented"},
	{"逾期不缴费", "other.fee_unpaid"},
	{"撤回", "other.withdrawn"},
	{"撤回申请", "other.withdrawn"},
	{"申请人撤回申请", "other.withdrawn"},
}
