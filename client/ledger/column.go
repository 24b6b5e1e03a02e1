package ledger

import "slices"

// Kind says how the text of a column can be damaged, and so what is checked of it.
type Kind uint8

// The kinds of column.
const (
	// Text is taken as it stands.
	Text Kind = iota
	// Date is normalised to ISO 8601 by ParseDate.
	Date
	// Digits holds numbers that name something; a spreadsheet that takes them for
	// quantities keeps 15 digits and drops the rest.
	Digits
)

// Column is one column of a sheet.
type Column struct {
	// Key is the name that scripts use. It stands as a heading too.
	Key string
	// Headings are the Chinese names read; the first one is written.
	Headings []string
	// Kind says which damage is looked for.
	Kind Kind
	// Required columns must be in the file. Whether a cell may be empty is for the server.
	Required bool
}

// Columns returns the columns of a sheet in the order in which they are written, nil
// for a sheet that does not exist. The caller may change what it gets.
func Columns(s Sheet) []Column {
	columns := slices.Clone(tables[s])
	for i := range columns {
		columns[i].Headings = slices.Clone(columns[i].Headings)
	}
	return columns
}

// tables are the three tables of the ledger format. Order matters twice: it is the order
// of writing, and the earliest heading of a key wins.
var tables = map[Sheet][]Column{
	Applications: {
		{"application_no", names("申请编号", "登记编号", "收件编号", "流水号", "查询编号", "序号"), Digits, true},
		{"agency", names("机关代码", "受理机关"), Text, false},
		{"channel", names("申请方式", "受理方式", "收到方式"), Text, true},
		{"arrive_date", names("到达日期"), Date, false},
		{"receive_date", names("收到日期", "受理时间", "申请日期", "申请时间"), Date, false},
		{"applicant_kind", names("申请人类型", "申请主体"), Text, true},
		{"applicant_name", names("申请人", "姓名", "名称"), Text, false},
		{"id_type", names("证件类型"), Text, false},
		{"id_number", names("证件号码", "证件号", "统一社会信用代码"), Digits, false},
		{"phone", names("联系电话", "手机号"), Digits, false},
		{"address", names("通信地址", "地址"), Text, false},
		{"postcode", names("邮政编码"), Digits, false},
		{"email", names("电子邮箱"), Text, false},
		{"description", names("申请内容", "申请信息描述", "名称或内容描述"), Text, false},
		{"supplement_request_date", names("补正告知日期"), Date, false},
		{"supplement_due_date", names("补正期限"), Date, false},
		{"supplement_receive_date", names("补正收到日期"), Date, false},
		{"consultations", names("征求意见"), Text, false},
		{"reasons_request_date", names("说明理由告知日期"), Date, false},
		{"reasons_receive_date", names("说明理由收到日期"), Date, false},
		{"deferral_notify_date", names("延迟答复告知日期"), Date, false},
		{"deferral_due_date", names("延迟答复期限"), Date, false},
		{"extension_workdays", names("延期工作日"), Text, false},
		{"extension_notify_date", names("延期告知日期"), Date, false},
		{"fee_notice_date", names("收费通知日期"), Date, false},
		{"fee_paid_date", names("缴费日期"), Date, false},
		{"fee_amount", names("信息处理费"), Text, false},
		{"basis", names("答复类型", "处理结果"), Text, false},
		{"reply_date", names("答复日期"), Date, false},
		{"reply_no", names("答复文号", "文号"), Text, false},
		{"delivery_mode", names("送达方式"), Text, false},
		{"delivery_date", names("送达日期", "交邮日期"), Date, false},
		{"close_date", names("办结日期"), Date, false},
		{"due_date", names("应答复日期", "办理期限"), Date, false},
		{"on_time", names("是否超期"), Text, false},
		{"state", names("状态"), Text, false},
		{"remark", names("备注"), Text, false},
	},
	Remedies: {
		{"application_no", names("申请编号"), Digits, false},
		{"kind", names("类型"), Text, true},
		{"file_date", names("提起日期"), Date, true},
		{"after_reconsideration", names("复议后起诉"), Text, false},
		{"capacity", names("身份"), Text, false},
		{"result", names("结果"), Text, false},
		{"conclude_date", names("审结日期"), Date, false},
		{"agency", names("机关代码"), Text, false},
		{"remark", names("备注"), Text, false},
	},
	Figures: {
		{"year", names("年度"), Text, true},
		{"code", names("代码"), Text, true},
		{"value", names("数值"), Text, true},
	},
}

// sheetNames are the names under which a second or third sheet of a workbook is found.
var sheetNames = map[Sheet][]string{
	Remedies: {"remedies", "行政救济", "复议诉讼"},
	Figures:  {"figures", "数据"},
}

func names(headings ...string) []string { return headings }
