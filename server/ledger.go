package server

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// column is a column of a sheet, in the order of writing.
type column int

// columnSpec is a column by its key and by the heading that is written.
type columnSpec struct {
	key, zh string
	day     bool // holds a day
	most    int  // characters, of a free text
	lines   bool // a free text of several lines
}

// The columns of applications.
const (
	colNo column = iota
	colAgency
	colChannel
	colArrive
	colReceive
	colKind
	colName
	colIDType
	colIDNumber
	colPhone
	colAddress
	colPostcode
	colEmail
	colDescription
	colSupplementRequest
	colSupplementDue
	colSupplementReceive
	colConsultations
	colReasonsRequest
	colReasonsReceive
	colDeferralNotify
	colDeferralDue
	colExtensionWorkdays
	colExtensionNotify
	colFeeNotice
	colFeePaid
	colFeeAmount
	colBasis
	colReply
	colReplyNo
	colMode
	colDelivery
	colClose
	colDue
	colOnTime
	colState
	colRemark

	columns // how many there are
)

var applicationColumns = []columnSpec{
	colNo:                {key: "application_no", zh: "申请编号", most: maxNumber},
	colAgency:            {key: "agency", zh: "机关代码"},
	colChannel:           {key: "channel", zh: "申请方式"},
	colArrive:            {key: "arrive_date", zh: "到达日期", day: true},
	colReceive:           {key: "receive_date", zh: "收到日期", day: true},
	colKind:              {key: "applicant_kind", zh: "申请人类型"},
	colName:              {key: "applicant_name", zh: "申请人", most: maxShort},
	colIDType:            {key: "id_type", zh: "证件类型", most: maxNumber},
	colIDNumber:          {key: "id_number", zh: "证件号码", most: maxNumber},
	colPhone:             {key: "phone", zh: "联系电话", most: maxNumber},
	colAddress:           {key: "address", zh: "通信地址", most: maxAddress},
	colPostcode:          {key: "postcode", zh: "邮政编码", most: maxNumber},
	colEmail:             {key: "email", zh: "电子邮箱", most: maxShort},
	colDescription:       {key: "description", zh: "申请内容", most: maxDescription, lines: true},
	colSupplementRequest: {key: "supplement_request_date", zh: "补正告知日期", day: true},
	colSupplementDue:     {key: "supplement_due_date", zh: "补正期限", day: true},
	colSupplementReceive: {key: "supplement_receive_date", zh: "补正收到日期", day: true},
	colConsultations:     {key: "consultations", zh: "征求意见"},
	colReasonsRequest:    {key: "reasons_request_date", zh: "说明理由告知日期", day: true},
	colReasonsReceive:    {key: "reasons_receive_date", zh: "说明理由收到日期", day: true},
	colDeferralNotify:    {key: "deferral_notify_date", zh: "延迟答复告知日期", day: true},
	colDeferralDue:       {key: "deferral_due_date", zh: "延迟答复期限", day: true},
	colExtensionWorkdays: {key: "extension_workdays", zh: "延期工作日"},
	colExtensionNotify:   {key: "extension_notify_date", zh: "延期告知日期", day: true},
	colFeeNotice:         {key: "fee_notice_date", zh: "收费通知日期", day: true},
	colFeePaid:           {key: "fee_paid_date", zh: "缴费日期", day: true},
	colFeeAmount:         {key: "fee_amount", zh: "信息处理费"},
	colBasis:             {key: "basis", zh: "答复类型"},
	colReply:             {key: "reply_date", zh: "答复日期", day: true},
	colReplyNo:           {key: "reply_no", zh: "答复文号", most: maxShort},
	colMode:              {key: "delivery_mode", zh: "送达方式"},
	colDelivery:          {key: "delivery_date", zh: "送达日期", day: true},
	colClose:             {key: "close_date", zh: "办结日期", day: true},
	colDue:               {key: "due_date", zh: "应答复日期", day: true},
	colOnTime:            {key: "on_time", zh: "是否超期"},
	colState:             {key: "state", zh: "状态"},
	colRemark:            {key: "remark", zh: "备注", most: maxRemark, lines: true},
}

// The columns of remedies.
const (
	colRemedyNo column = iota
	colRemedyKind
	colRemedyFile
	colRemedyAfter
	colRemedyCapacity
	colRemedyResult
	colRemedyConclude
	colRemedyAgency
	colRemedyRemark
)

var remedyColumns = []columnSpec{
	colRemedyNo:       {key: "application_no", zh: "申请编号", most: maxNumber},
	colRemedyKind:     {key: "kind", zh: "类型"},
	colRemedyFile:     {key: "file_date", zh: "提起日期", day: true},
	colRemedyAfter:    {key: "after_reconsideration", zh: "复议后起诉"},
	colRemedyCapacity: {key: "capacity", zh: "身份"},
	colRemedyResult:   {key: "result", zh: "结果"},
	colRemedyConclude: {key: "conclude_date", zh: "审结日期", day: true},
	colRemedyAgency:   {key: "agency", zh: "机关代码"},
	colRemedyRemark:   {key: "remark", zh: "备注", most: maxRemark, lines: true},
}

// The columns of figures.
const (
	colYear column = iota
	colCode
	colValue
)

var figureColumns = []columnSpec{
	colYear:  {key: "year", zh: "年度"},
	colCode:  {key: "code", zh: "代码"},
	colValue: {key: "value", zh: "数值"},
}

// The sheets of a ledger.
const (
	applicationSheet = "applications"
	remedySheet      = "remedies"
	figureSheet      = "figures"
)

// columnsOf are the columns of a sheet; nil for a sheet that does not exist.
func columnsOf(name string) []columnSpec {
	switch name {
	case applicationSheet:
		return applicationColumns
	case remedySheet:
		return remedyColumns
	case figureSheet:
		return figureColumns
	}
	return nil
}

func columnKeys(specs []columnSpec) []string {
	keys := make([]string, len(specs))
	for i, c := range specs {
		keys[i] = c.key
	}
	return keys
}

// sheet is what a file says of its columns.
type sheet struct {
	name, file string
	specs      []columnSpec
	at         []int    // place of each column among the cells; -1: the file has none
	headings   []string // of each column, as the file has it
	width      int
	nth        map[ledgerRemedy]int // of remedies: how often each came already
}

// newSheet reads the beginning of a sheet.
func newSheet(m *pb.SheetStart) (*sheet, error) {
	specs := columnsOf(m.GetSheet())
	if specs == nil {
		return nil, invalid("sheet.sheet", "没有名为“%s”的表，应为applications、remedies或者figures", "no sheet is called %q; give applications, remedies or figures", m.GetSheet())
	}
	s := &sheet{
		name: m.GetSheet(), file: clip(m.GetFile()), specs: specs, width: len(m.GetKeys()),
		at: make([]int, len(specs)), headings: make([]string, len(specs)), nth: map[ledgerRemedy]int{},
	}
	for c := range s.at {
		s.at[c] = -1
	}
	for i, key := range m.GetKeys() {
		for c, spec := range specs {
			if spec.key != key {
				continue
			}
			if s.at[c] >= 0 {
				return nil, invalid("sheet.keys", "列“%[1]s”出现了两次", "column %[1]q stands twice", key)
			}
			s.at[c] = i
			if i < len(m.GetHeadings()) {
				s.headings[c] = clip(m.GetHeadings()[i])
			}
		}
	}
	return s, nil
}

// heading is a column as the file calls it; one that the file has not, by its own name.
func (s *sheet) heading(c column, lang language) string {
	if c < 0 {
		return ""
	}
	return cmp.Or(s.headings[c], lang.pick(s.specs[c].zh, s.specs[c].key))
}

// problem is something about one cell of a row.
type problem struct {
	at     column // -1: the row
	value  string
	reason string
	zh, en string
}

// problemf makes a problem; zh and en take the same arguments.
func problemf(at column, value string, reason pb.Reason, zh, en string, args ...any) problem {
	args = clipped(args)
	return problem{at, value, reason.String(), fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)}
}

// problemPB renders a problem of a row. Its value is the cell as the file has it.
func (s *sheet) problemPB(row *pb.LedgerRow, p problem, lang language) *pb.RowProblem {
	value := p.value
	if p.at >= 0 {
		r := record{sheet: s, cells: row.GetCells()}
		value = cmp.Or(r.text(p.at), value)
	}
	return &pb.RowProblem{
		File: s.file, Row: row.GetRow(), Column: s.heading(p.at, lang), Value: clip(value), Reason: p.reason, Message: lang.pick(p.zh, p.en),
	}
}

// clip shortens a text for a message.
func clip(text string) string {
	const most = 200
	n := 0
	for i := range text {
		if n++; n > most {
			return text[:i] + "…"
		}
	}
	return text
}

// record is one row under the columns of its sheet.
type record struct {
	sheet    *sheet
	row      int32
	cells    []string
	problems []problem
}

// text is a cell without the space around it; empty: not known.
func (r *record) text(c column) string {
	i := r.sheet.at[c]
	if i < 0 || i >= len(r.cells) {
		return ""
	}
	return plainText(r.cells[i])
}

// refuse notes what is wrong with a cell.
func (r *record) refuse(at column, reason pb.Reason, zh, en string, args ...any) {
	r.problems = append(r.problems, problemf(at, r.text(at), reason, zh, en, args...))
}

// free reads a free text, in which a line break is a space unless lines are allowed.
func (r *record) free(c column) string {
	text, spec := r.text(c), &r.sheet.specs[c]
	if !spec.lines && strings.ContainsFunc(text, unicode.IsControl) {
		text = strings.Join(strings.FieldsFunc(text, unicode.IsControl), " ")
	}
	if len(text) <= spec.most && !strings.ContainsFunc(text, workflow.Hidden) {
		return text
	}
	if f := faultOf(checkText(spec.key, text, spec.most, spec.lines)); f != nil {
		r.problems = append(r.problems, problem{c, "", f.reason.String(), f.zh, f.en})
	}
	return text
}

// required reads a cell that may not be empty.
func (r *record) required(c column) string {
	text := r.text(c)
	if text == "" {
		r.refuse(c, pb.Reason_FIELD_INVALID, "必填，不能为空", "required, but empty")
	}
	return text
}

// date reads a day.
func (r *record) date(c column) workflow.Date {
	text := r.text(c)
	if text == "" {
		return 0
	}
	d, ok := ledgerDate(text)
	if !ok {
		r.refuse(c, pb.Reason_FIELD_INVALID, "不是有效日期；应写作2026-03-02，年份在1900年至2200年之间", "not a day of the calendar; write 2026-03-02, in the years 1900 to 2200")
	}
	return d
}

// past reads a day that may not lie after today.
func (r *record) past(c column, today workflow.Date) workflow.Date {
	d := r.date(c)
	if d > today {
		r.refuse(c, pb.Reason_DATE_IN_FUTURE, "%s晚于今天（%s）；台账只登记已经发生的事实", "%s lies after today, %s; a ledger holds only what has happened", d, today)
	}
	return d
}

// choice reads a value of a closed set; empty for an empty cell.
func choice[T ~string](r *record, c column, v *vocabulary[T]) T {
	text := r.text(c)
	if text == "" {
		return ""
	}
	value, ok := v.parse(text)
	if !ok {
		zh, en := v.choices()
		r.refuse(c, pb.Reason_FIELD_INVALID, "没有这个值；应为：%[1]s", "no such value; give one of %[2]s", zh, en)
	}
	return value
}

// agency refuses a row of another agency; for the one of the import its name will do, or
// one that it had.
func (r *record) agency(c column, a storage.Agency) {
	text := r.text(c)
	if text == "" || text == a.ID || text == a.DisplayName ||
		slices.ContainsFunc(a.Settings.Lineage.Names, func(d workflow.Dated) bool { return d.Value == text }) {
		return
	}
	r.refuse(c, pb.Reason_FIELD_INVALID, "该行属于其他机关；本次导入的机关为%s", "the row is of another agency; this import is for %s", a.ID)
}

// ledgerDate reads a day in the notations of ledgers: 2026-03-02, 2026/3/2, 2026.3.2,
// 2026年3月2日 and 20260302.
func ledgerDate(text string) (workflow.Date, bool) {
	if d, err := calendar.Parse(text); err == nil {
		return d, true
	}
	if strings.Trim(text, "0123456789-/.年月日") != "" {
		return 0, false
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	switch {
	case len(parts) == 1 && len(text) == 8:
		parts = []string{text[:4], text[4:6], text[6:]}
	case len(parts) != 3:
		return 0, false
	}
	d, err := calendar.Parse(fmt.Sprintf("%s-%02s-%02s", parts[0], parts[1], parts[2]))
	return d, err == nil
}
