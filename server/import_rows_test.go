package server_test

import (
	"fmt"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// wrong is a row with something wrong, and how that must be reported.
type wrong struct {
	name   string
	row    cells
	column string
	reason pb.Reason
	says   string // in the message, in English
}

func wrongRows() []wrong {
	return []wrong{
		{"no number", answered.with("application_no", ""), "申请编号", pb.Reason_FIELD_INVALID, "required"},
		{"no channel", answered.with("channel", ""), "申请方式", pb.Reason_FIELD_INVALID, "required"},
		{"unknown channel", answered.with("channel", "飞鸽"), "申请方式", pb.Reason_FIELD_INVALID, "IN_PERSON"},
		{"no kind", answered.with("applicant_kind", ""), "申请人类型", pb.Reason_FIELD_INVALID, "required"},
		{"unknown kind", answered.with("applicant_kind", "外星人"), "申请人类型", pb.Reason_FIELD_INVALID, "NATURAL_PERSON"},
		{"neither receipt nor arrival", answered.with("receive_date", ""), "收到日期", pb.Reason_FIELD_INVALID, "arrive_date"},
		{"another agency", answered.with("agency", "other"), "机关代码", pb.Reason_FIELD_INVALID, "another agency"},
		{"no date", answered.with("reply_date", "2026-02-30"), "答复日期", pb.Reason_FIELD_INVALID, "2026-03-02"},
		{"answered before it was received", answered.with("reply_date", "2026-02-27"), "答复日期", pb.Reason_DATE_ORDER, "before"},
		{"delivered before it was signed", answered.with("delivery_date", "2026-03-13"), "送达日期", pb.Reason_DATE_ORDER, "before"},
		{"arrival and receipt differ in person", answered.with("arrive_date", "2026-03-01"), "收到日期", pb.Reason_DATE_ORDER, "day of arrival"},
		{"received before it arrived", answered.with("channel", "网络", "arrive_date", "2026-03-03"), "收到日期", pb.Reason_DATE_ORDER, "before"},
		{"a fact after today", answered.with("delivery_date", "2026-07-01"), "送达日期", pb.Reason_DATE_IN_FUTURE, "after today"},
		{"before the Regulation", answered.with("receive_date", "2008-04-30"), "收到日期", pb.Reason_OUT_OF_SCOPE, "2008-05-01"},
		{"unknown basis", answered.with("basis", "不知道"), "答复类型", pb.Reason_FIELD_INVALID, "disclosed.provided"},
		{"a basis of many", answered.with("basis", "不予公开"), "答复类型", pb.Reason_FIELD_INVALID, "refused.state_secret"},
		{"a reply without a basis", answered.with("basis", ""), "答复类型", pb.Reason_FIELD_INVALID, "basis"},
		{"a basis without a reply", open.with("basis", "予以公开"), "答复日期", pb.Reason_FIELD_INVALID, "reply_date"},
		{"closed otherwise than delivered", answered.with("close_date", "2026-03-18"), "办结日期", pb.Reason_DATE_ORDER, "2026-03-17"},
		{"closed without delivery", answered.with("delivery_date", "", "delivery_mode", "", "close_date", "2026-03-17"), "送达日期", pb.Reason_FIELD_INVALID, "other.withdrawn"},
		{"closed by a courier", answered.with("delivery_mode", "其他快递", "close_date", "2026-03-17"), "送达方式", pb.Reason_COURIER_NOT_VALID, "courier"},
		{"supplement before its request", answered.with("supplement_request_date", "2026-03-04", "supplement_receive_date", "2026-03-03"), "补正收到日期", pb.Reason_DATE_ORDER, "before"},
		{"supplement without a request", answered.with("supplement_receive_date", "2026-03-03"), "补正收到日期", pb.Reason_FIELD_INVALID, "supplement_request_date"},
		{"last day before the request", answered.with("supplement_request_date", "2026-03-04", "supplement_due_date", "2026-03-03", "supplement_receive_date", "2026-03-06"), "补正期限", pb.Reason_DATE_ORDER, "before"},
		{"extension after the due date", answered.with("extension_notify_date", "2026-03-31", "extension_workdays", "10", "reply_date", "2026-04-01", "delivery_date", "2026-04-01"), "延期告知日期", pb.Reason_PERIOD_OVER, "after the last day"},
		{"extension too long", answered.with("extension_notify_date", "2026-03-10", "extension_workdays", "21"), "延期工作日", pb.Reason_EXTENSION_TOO_LONG, "1 to 20"},
		{"extension of no length", answered.with("extension_notify_date", "2026-03-10"), "延期告知日期", pb.Reason_FIELD_INVALID, "extension_workdays"},
		{"extension that is no number", answered.with("extension_notify_date", "2026-03-10", "extension_workdays", "十"), "延期工作日", pb.Reason_FIELD_INVALID, "workdays"},
		{"deferral without reasons", answered.with("deferral_notify_date", "2026-03-10", "deferral_due_date", "2026-04-30"), "延迟答复告知日期", pb.Reason_FIELD_INVALID, "reasons_request_date"},
		{"deferral to an earlier day", answered.with("reasons_request_date", "2026-03-04", "deferral_notify_date", "2026-03-10", "deferral_due_date", "2026-03-20"), "延迟答复期限", pb.Reason_DATE_ORDER, "after the present last day"},
		{"fee without an amount", open.with("fee_notice_date", "2026-06-16"), "收费通知日期", pb.Reason_FIELD_INVALID, "fee_amount"},
		{"fee of three decimals", open.with("fee_notice_date", "2026-06-16", "fee_amount", "1.005"), "信息处理费", pb.Reason_FIELD_INVALID, "two decimals"},
		{"fee before there were fees", answered.with("receive_date", "2020-03-02", "fee_notice_date", "2020-03-03", "fee_amount", "100"), "收费通知日期", pb.Reason_FEE_NOT_ALLOWED, "2021-01-01"},
		{"paid without a notice", answered.with("fee_paid_date", "2026-03-03"), "缴费日期", pb.Reason_FIELD_INVALID, "fee_notice_date"},
		{"lapse while the period runs", open.with("receive_date", "2026-03-02", "supplement_request_date", "2026-03-03", "supplement_due_date", "2026-03-20", "basis", "逾期不补正", "close_date", "2026-03-19"), "办结日期", pb.Reason_PERIOD_RUNNING, "2026-03-20"},
		{"still unclear without a supplement", answered.with("basis", "unavailable.still_unclear"), "答复类型", pb.Reason_SUPPLEMENT_MISSING, "supplement"},
		{"a basis of 2008", answered.with("basis", "refused.other_statutory"), "答复类型", pb.Reason_BASIS_NOT_ALLOWED, "before 2019-05-15"},
		{"consultation that cannot be read", answered.with("consultations", "邻居:2026-03-04"), "征求意见", pb.Reason_FIELD_INVALID, "kind:sent:received:ended"},
		{"consultation without a day", answered.with("consultations", "第三方"), "征求意见", pb.Reason_FIELD_INVALID, "sent"},
		{"consultation out of order", answered.with("consultations", "第三方:2026-03-04:2026-03-03"), "征求意见", pb.Reason_DATE_ORDER, "order"},
		{"consultation before receipt", answered.with("consultations", "第三方:2026-02-27::2026-03-04"), "征求意见", pb.Reason_DATE_ORDER, "before"},
		{"unknown mode", answered.with("delivery_mode", "飞鸽"), "送达方式", pb.Reason_FIELD_INVALID, "POST"},
		{"too long a name", answered.with("applicant_name", strings.Repeat("长", 201)), "申请人", pb.Reason_FIELD_INVALID, "200"},
	}
}

func TestImportReportsWrongRows(t *testing.T) {
	e := start(t, today)
	for _, lang := range []string{"zh", "en"} {
		e.agency(t, lang, "")
		conn := e.conn(t, workflow.Officer, lang)
		ctx := t.Context()
		if lang == "en" {
			ctx = inEnglish(ctx)
		}
		list := wrongRows()
		var rows []cells
		for i, w := range list {
			rows = append(rows, answered.with("application_no", fmt.Sprint("good-", i)))
			if w.name != "no number" {
				w.row = w.row.with("application_no", fmt.Sprint("wrong-", i))
			}
			rows = append(rows, w.row)
		}
		out, err := bring(ctx, conn, lang, false, applications(rows...))
		if err != nil {
			t.Fatal(err)
		}
		if int(out.GetImported()) != len(list) || int(out.GetRefusedCount()) != len(list) || int(out.GetRead()) != len(rows) {
			t.Errorf("%d read, %d imported, %d refused, want %d good and as many wrong", out.GetRead(), out.GetImported(), out.GetRefusedCount(), len(list))
		}
		found := map[int32]*pb.RowProblem{}
		for _, p := range out.refused {
			found[p.GetRow()] = p
		}
		for i, w := range list {
			t.Run(lang+"/"+w.name, func(t *testing.T) {
				p := found[int32(2*i+3)]
				if p == nil {
					t.Fatal("not refused")
				}
				if p.GetColumn() != w.column || p.GetReason() != w.reason.String() || p.GetFile() != "applications.csv" {
					t.Errorf("%s, %s: %s: %s", p.GetFile(), p.GetColumn(), p.GetReason(), p.GetMessage())
				}
				if lang == "en" && !strings.Contains(p.GetMessage(), w.says) {
					t.Errorf("%q does not say %q", p.GetMessage(), w.says)
				}
				if lang == "zh" && !strings.ContainsFunc(p.GetMessage(), func(r rune) bool { return r > 0x4e00 }) {
					t.Errorf("%q is not Chinese", p.GetMessage())
				}
			})
		}
		if got := len(written(t, conn, lang, "applications", "")); got != len(list) {
			t.Errorf("%d applications are stored, want %d", got, len(list))
		}
	}
}

// everyway are rows that use every column.
func everyway() page {
	rows := []cells{
		answered,
		answered.with("close_date", "2026-03-17", "agency", "own", "phone", "13800000000", "address", "某市\n某路", "postcode", "000001", "email", "a@example.cn",
			"id_type", "居民身份证", "id_number", "11010519491231002X", "description", "某地块\n征收批复", "remark", "  备注 "),
		open, open.with("channel", "网络", "receive_date", "", "arrive_date", "2026-06-20"), open.with("channel", "平信", "arrive_date", "2026-06-12"),
		answered.with("supplement_request_date", "2026-03-05", "supplement_due_date", "2026-03-10", "supplement_receive_date", "2026-03-12", "reply_date", "2026-04-01", "delivery_date", "2026-04-02"),
		open.with("receive_date", "2026-03-02", "supplement_request_date", "2026-03-05", "supplement_due_date", "2026-03-10", "basis", "逾期不补正", "close_date", "2026-03-11"),
		open.with("receive_date", "2026-03-02", "supplement_request_date", "2026-03-05", "basis", "逾期不补正", "delivery_date", "2026-04-11", "delivery_mode", "邮寄", "reply_date", "2026-04-10", "reply_no", "告3号"),
		answered.with("consultations", "第三方:2026-03-10:2026-03-12:2026-03-23", "reply_date", "2026-04-10", "delivery_date", "2026-04-13"),
		answered.with("consultations", "third_party:2026/3/10；co_maker:20260311:2026年3月12日", "reply_date", "2026-04-10", "delivery_date", "2026-04-13"),
		answered.with("consultations", "其他机关:2026-03-10", "reply_date", "2026-03-20", "delivery_date", "2026-03-20"),
		answered.with("consultations", "第三方:2026-03-03::2026-04-01", "reply_date", "2026-04-10", "delivery_date", "2026-04-13"),
		answered.with("consultations", "第三方:2026-03-03::2026-05-01", "reply_date", "2026-04-10", "delivery_date", "2026-04-13"),
		open.with("consultations", "第三方:2026-06-16"), open.with("receive_date", "2026-05-06", "consultations", "第三方:2026-05-12;第三方:2026-05-20:2026-05-21"),
		answered.with("reasons_request_date", "2026-03-04", "reasons_receive_date", "2026-03-09", "deferral_notify_date", "2026-03-25", "deferral_due_date", "2026-06-30", "reply_date", "2026-05-01", "delivery_date", "2026-05-06"),
		answered.with("extension_notify_date", "2026-03-30", "extension_workdays", "20个工作日", "reply_date", "2026-04-28", "delivery_date", "2026-04-28"),
		answered.with("fee_notice_date", "2026-03-24", "fee_paid_date", "2026-04-10", "fee_amount", "3000.50", "reply_date", "2026-05-01", "delivery_date", "2026-05-12"),
		open.with("receive_date", "2026-03-02", "fee_notice_date", "2026-03-24", "fee_amount", "300", "basis", "other.fee_unpaid", "close_date", "2026-04-23"),
		open.with("receive_date", "2026-03-02", "basis", "撤回", "close_date", "2026-03-06"),
		open.with("receive_date", "2026-03-02", "basis", "other.other", "close_date", "2026-03-06", "reply_no", "终〔2026〕1号"),
		open.with("receive_date", "2026-03-02", "basis", "other.not_supplemented", "close_date", "2026-03-06"),
		answered.with("delivery_date", "", "delivery_mode", ""), answered.with("delivery_mode", "其他快递"),
		answered.with("reply_date", "", "delivery_mode", ""),
		answered.with("channel", "EMS", "receive_date", "2018-09-17", "supplement_request_date", "2018-09-20", "supplement_receive_date", "2018-10-10", "reply_date", "2018-10-25", "delivery_date", "2018-10-26", "basis", "3345"),
		answered.with("channel", "电子邮件", "receive_date", "2018-09-17", "reply_date", "2018-10-11", "delivery_date", "2018-10-12", "consultations", "第三方:2018-09-20", "basis", "3320"),
		answered.with("receive_date", "2026-01-16", "reply_date", "2026-05-08", "delivery_date", "2026-05-08"), // late
	}
	for i := range rows {
		rows[i] = rows[i].with("application_no", fmt.Sprintf("2026-%05d", i+1))
	}
	return applications(rows...)
}

var someRemedies = remedies(
	cells{"application_no": "2026-00001", "kind": "行政复议", "file_date": "2026-04-01"},
	cells{"application_no": "2026-00001", "kind": "litigation", "file_date": "2026-05-01", "after_reconsideration": "是", "result": "纠正", "conclude_date": "2026-06-01"},
	cells{"application_no": "2026-00001", "kind": "litigation", "file_date": "2026-05-01", "after_reconsideration": "no", "capacity": "复议机关", "remark": "另案"},
	cells{"kind": "举报投诉", "file_date": "2026-04-01"},
	cells{"kind": "举报投诉", "file_date": "2026-04-01", "remark": "第二件"},
)

var someFigures = figures(
	cells{"year": "2026", "code": "t2.5.licences", "value": "12"},
	cells{"year": "2018", "code": "1110", "value": "2"},
	cells{"year": "2018", "code": "7000", "value": "12.5"},
)

// TestImportSpellings reads every spelling of the format and writes the first one.
func TestImportSpellings(t *testing.T) {
	e := start(t, today)
	e.agency(t, "own", "")
	conn := e.conn(t, workflow.Officer, "own")
	want := map[string][3]string{} // by number: the column, its Chinese word, its key
	for _, tt := range []struct {
		key       string
		spellings map[string]string // enum key to what is read, the written one first
	}{
		{"channel", map[string]string{
			"IN_PERSON": "当面", "ORAL": "口头", "FAX": "传真", "ONLINE_FORM": "网络 网上 在线", "EMAIL": "电子邮件", "POST_ORDINARY": "信函 平信", "POST_SIGNED": "挂号信 EMS ems 邮寄",
		}},
		{"applicant_kind", map[string]string{
			"NATURAL_PERSON": "自然人 公民 个人", "BUSINESS": "商业企业", "RESEARCH": "科研机构", "PUBLIC_INTEREST": "社会公益组织", "LEGAL_SERVICE": "法律服务机构", "OTHER": "其他",
		}},
		{"delivery_mode", map[string]string{"IN_PERSON": "当面", "POST": "邮寄", "EMAIL": "电子邮件", "OTHER": "其他"}},
		{"receive_date", map[string]string{"2026-03-02": "2026-03-02 2026/3/2 2026.3.2 2026年3月2日 20260302"}},
		{"extension_workdays", map[string]string{"20": "20 20个工作日 20工作日"}},
		{"basis", map[string]string{
			"disclosed.provided": "予以公开 （一）予以公开 3320 同意公开答复数", "unavailable.nonexistent": "经检索信息不存在 3360", "refused.state_secret": "国家秘密 属于国家秘密 （三）1.属于国家秘密",
		}},
	} {
		for key, list := range tt.spellings {
			words := strings.Fields(list)
			for _, text := range append(words, key, strings.ToLower(key)) {
				row := answered.with("application_no", tt.key+text, tt.key, text)
				if tt.key == "extension_workdays" {
					row["extension_notify_date"] = "2026-03-10"
				}
				if out := brought(t, conn, "own", false, applications(row)); out.GetRefusedCount() > 0 {
					t.Errorf("%s %q: %v", tt.key, text, out.refused)
				}
				want[tt.key+text] = [3]string{tt.key, words[0], key}
			}
		}
	}
	zh, keys := written(t, conn, "own", "applications", "zh"), written(t, conn, "own", "applications", "key")
	for i := range zh {
		w := want[zh[i]["application_no"]]
		if got := [3]string{w[0], zh[i][w[0]], keys[i][w[0]]}; got != w {
			t.Errorf("%s is written as %q, want %q", zh[i]["application_no"], got, w)
		}
	}
	if len(zh) != len(want) {
		t.Errorf("%d applications, want %d", len(zh), len(want))
	}
}

// TestImportUnderAFormerName: the ledgers of an agency that was renamed since bear the name
// that it had; that of another agency is none of its own.
func TestImportUnderAFormerName(t *testing.T) {
	e := start(t, today)
	e.agency(t, "own", "")
	agencies := pb.NewAgencyServiceClient(e.admin)
	before, err := agencies.GetAgency(t.Context(), &pb.GetAgencyRequest{Name: "agencies/own"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = agencies.UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{
		Agency: &pb.Agency{Name: "agencies/own", DisplayName: "示例市教育和体育局"}, UpdateMask: "display_name", EffectiveDate: "2026-06-01",
	})
	if err != nil {
		t.Fatal(err)
	}
	row := func(no, agency string) cells { return open.with("application_no", no, "agency", agency) }
	got := brought(t, e.conn(t, workflow.Officer, "own"), "own", false,
		applications(row("1", before.GetDisplayName()), row("2", "示例市教育和体育局"), row("3", "own"), row("4", "示例市体育局")),
		remedies(cells{"application_no": "1", "kind": "行政复议", "file_date": "2026-06-20", "agency": before.GetDisplayName()}))
	if len(got.refused) != 1 || got.refused[0].GetRow() != 5 {
		t.Errorf("refused are %v, want the row of another agency alone", got.refused)
	}
}

// TestImportNumberOfTwoLines: a number that was broken into lines in its cell is the same in
// the sheet of remedies as in that of applications.
func TestImportNumberOfTwoLines(t *testing.T) {
	e := start(t, today)
	e.agency(t, "own", "")
	got := brought(t, e.conn(t, workflow.Officer, "own"), "own", false,
		applications(answered.with("application_no", "示教\n〔2026〕1号")),
		remedies(cells{"application_no": "示教\n〔2026〕1号", "kind": "行政复议", "file_date": "2026-04-20"}))
	if len(got.refused) != 0 || got.GetImported() != 2 {
		t.Errorf("imported are %d, refused %v", got.GetImported(), got.refused)
	}
}
