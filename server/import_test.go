package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"gongkai/client/ledger"
	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// cells is a row by the keys of its columns.
type cells map[string]string

// with is the row with other cells; an empty one takes a cell away.
func (c cells) with(pairs ...string) cells {
	out := maps.Clone(c)
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

// answered is a row with which nothing is wrong.
var answered = cells{
	"channel": "当面", "receive_date": "2026-03-02", "applicant_kind": "自然人", "applicant_name": "甲", "basis": "予以公开",
	"reply_date": "2026-03-16", "reply_no": "告〔2026〕1号", "delivery_mode": "邮寄", "delivery_date": "2026-03-17",
}

// open is a row of an application that nobody has answered.
var open = cells{"channel": "当面", "receive_date": "2026-06-15", "applicant_kind": "自然人"}

// page is one sheet of a test.
type page struct {
	sheet ledger.Sheet
	rows  []cells
}

func applications(rows ...cells) page { return page{ledger.Applications, rows} }
func remedies(rows ...cells) page     { return page{ledger.Remedies, rows} }
func figures(rows ...cells) page      { return page{ledger.Figures, rows} }

// outcome is all that an import answered.
type importOutcome struct {
	*pb.ImportLedgerResponse // the last message
	refused, warnings        []*pb.RowProblem
	differences              []*pb.DueDateDifference
}

// bring imports pages through the interface itself.
func bring(ctx context.Context, conn *grpc.ClientConn, agency string, dryRun bool, pages ...page) (importOutcome, error) {
	var out importOutcome
	stream, err := pb.NewLedgerServiceClient(conn).ImportLedger(ctx)
	if err != nil {
		return out, err
	}
	send := func(m *pb.ImportLedgerRequest) {
		if err == nil {
			err = stream.Send(m)
		}
	}
	send(&pb.ImportLedgerRequest{Part: &pb.ImportLedgerRequest_Header{Header: &pb.ImportHeader{Parent: "agencies/" + agency, DryRun: dryRun}}})
	for _, p := range pages {
		start := &pb.SheetStart{Sheet: string(p.sheet), File: string(p.sheet) + ".csv"}
		for _, c := range ledger.Columns(p.sheet) {
			start.Keys, start.Headings = append(start.Keys, c.Key), append(start.Headings, c.Headings[0])
		}
		send(&pb.ImportLedgerRequest{Part: &pb.ImportLedgerRequest_Sheet{Sheet: start}})
		for part := range slices.Chunk(p.rows, 300) {
			batch := &pb.RowBatch{}
			for _, row := range part {
				r := &pb.LedgerRow{Row: int32(2 + slices.IndexFunc(p.rows, func(c cells) bool { return sameRow(c, row) }))}
				for _, key := range start.Keys {
					r.Cells = append(r.Cells, row[key])
				}
				batch.Rows = append(batch.Rows, r)
			}
			send(&pb.ImportLedgerRequest{Part: &pb.ImportLedgerRequest_Rows{Rows: batch}})
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return out, err
	}
	if err := stream.CloseSend(); err != nil {
		return out, err
	}
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out.ImportLedgerResponse = m
		out.refused, out.warnings = append(out.refused, m.GetRefused()...), append(out.warnings, m.GetWarnings()...)
		out.differences = append(out.differences, m.GetDueDateDifferences()...)
	}
}

func sameRow(a, b cells) bool { return maps.Equal(a, b) }

// brought is bring that must succeed.
func brought(t testing.TB, conn *grpc.ClientConn, agency string, dryRun bool, pages ...page) importOutcome {
	t.Helper()
	out, err := bring(t.Context(), conn, agency, dryRun, pages...)
	if err != nil {
		t.Fatal(err)
	}
	if !out.GetDone() {
		t.Fatal("the last message is not the summary")
	}
	return out
}

// written exports a sheet as it stands.
func written(t testing.TB, conn *grpc.ClientConn, agency, sheet, headings string) (rows []cells) {
	t.Helper()
	stream, err := pb.NewLedgerServiceClient(conn).ExportLedger(t.Context(), &pb.ExportLedgerRequest{Parent: "agencies/" + agency, Sheet: sheet, Headings: headings})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, m.GetKeys()...)
		for _, r := range m.GetRows() {
			if int(r.GetRow()) != len(rows)+2 {
				t.Errorf("row %d follows row %d", r.GetRow(), len(rows)+1)
			}
			row := cells{}
			for i, text := range r.GetCells() {
				if text != "" {
					row[keys[i]] = text
				}
			}
			rows = append(rows, row)
		}
	}
}

func TestImportTwiceChangesNothing(t *testing.T) {
	e := start(t, today)
	e.agency(t, "own", "")
	conn := e.conn(t, workflow.Officer, "own")
	pages := []page{everyway(), someRemedies, someFigures}
	total := int64(len(pages[0].rows) + len(pages[1].rows) + len(pages[2].rows))
	first := brought(t, conn, "own", false, pages...)
	for _, p := range first.refused {
		t.Errorf("row %d, %s %q: %s", p.GetRow(), p.GetColumn(), p.GetValue(), p.GetMessage())
	}
	if first.GetImported() != total {
		t.Fatalf("%d of %d rows imported", first.GetImported(), total)
	}
	before := [][]cells{written(t, conn, "own", "applications", ""), written(t, conn, "own", "remedies", ""), written(t, conn, "own", "figures", "")}
	again := brought(t, conn, "own", false, pages...)
	if again.GetUnchanged() != total || again.GetImported() != 0 {
		t.Errorf("again: %d unchanged, %d imported, %d refused, want %d unchanged: %v", again.GetUnchanged(), again.GetImported(), again.GetRefusedCount(), total, again.refused)
	}
	after := [][]cells{written(t, conn, "own", "applications", ""), written(t, conn, "own", "remedies", ""), written(t, conn, "own", "figures", "")}
	if diff := gocmp.Diff(before, after); diff != "" {
		t.Errorf("the second import changed (-before +after):\n%s", diff)
	}
}

// valueUnder is the cell of a row under a heading, as a problem repeats it.
func valueUnder(row cells, heading string) string {
	for _, c := range ledger.Columns(ledger.Applications) {
		if c.Headings[0] == heading {
			return row[c.Key]
		}
	}
	return ""
}

func TestImportWarnings(t *testing.T) {
	e := start(t, today)
	e.agency(t, "own", "")
	conn := e.conn(t, workflow.Officer, "own")
	for _, tt := range []struct {
		name           string
		row            cells
		column, reason string
	}{
		{"wrong check digit of a person", answered.with("id_number", "110105194912310021"), "证件号码", "CHECK_DIGIT"},
		{"wrong check digit of a firm", answered.with("applicant_kind", "商业企业", "id_number", "91350100M000100Y44"), "证件号码", "CHECK_DIGIT"},
		{"decided, not delivered", answered.with("delivery_date", "", "delivery_mode", ""), "送达日期", "DECIDED_NOT_DELIVERED"},
		{"default basis", answered.with("receive_date", "2018-09-17", "reply_date", "2018-09-18", "delivery_date", "2018-09-18", "basis", "3380"), "答复类型", "BASIS_BY_DEFAULT"},
		{"approver unknown", answered.with("extension_notify_date", "2026-03-10", "extension_workdays", "5"), "延期告知日期", "APPROVER_UNKNOWN"},
		{"endless consultation", answered.with("consultations", "其他机关:2026-03-10"), "征求意见", "CONSULTATION_END_ASSUMED"},
		{"courier", answered.with("delivery_mode", "其他快递"), "送达方式", "COURIER_NOT_VALID"},
		{"overdue", answered.with("receive_date", "2026-01-16"), "送达日期", "OVERDUE"},
		{"supplement notice late", answered.with("supplement_request_date", "2026-03-12", "supplement_receive_date", "2026-03-13"), "补正告知日期", "SUPPLEMENT_NOTICE_LATE"},
		{"supplement late", answered.with("supplement_request_date", "2026-03-04", "supplement_due_date", "2026-03-09", "supplement_receive_date", "2026-03-10"), "补正收到日期", "EVIDENCE_MISSING"},
		{"excessive without a letter", answered.with("basis", "not_processed.excessive"), "答复类型", "EVIDENCE_MISSING"},
		{"repeat without the earlier number", answered.with("basis", "重复申请"), "答复类型", "REPEAT_NOT_PROVEN"},
		{"mode without delivery", open.with("delivery_mode", "邮寄"), "送达方式", "NOT_STORED"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := brought(t, conn, "own", false, applications(tt.row.with("application_no", tt.name)))
			if out.GetImported() != 1 {
				t.Fatalf("not imported: %v", out.refused)
			}
			if !slices.ContainsFunc(out.warnings, func(p *pb.RowProblem) bool {
				return p.GetColumn() == tt.column && p.GetReason() == tt.reason && p.GetMessage() != "" && p.GetRow() == 2 && p.GetValue() == valueUnder(tt.row, tt.column)
			}) {
				t.Errorf("no warning %s on %s among %v", tt.reason, tt.column, out.warnings)
			}
		})
	}
	right := brought(t, conn, "own", false, applications(
		answered.with("application_no", "x1", "id_number", "11010519491231002X"),
		answered.with("application_no", "x2", "applicant_kind", "商业企业", "id_number", "91350100M000100Y43")))
	if len(right.warnings) > 0 {
		t.Errorf("warnings without a cause: %v", right.warnings)
	}
}

func TestImportComparesDueDates(t *testing.T) {
	e := start(t, today)
	e.agency(t, "own", "")
	conn := e.conn(t, workflow.Officer, "own")
	rows := applications(
		answered.with("application_no", "1", "due_date", "2026-03-30"),
		answered.with("application_no", "2", "due_date", "2026-03-31"),
		open.with("application_no", "3", "due_date", "2026-07-14"),
	)
	for range 2 { // known rows are compared as well
		out := brought(t, conn, "own", false, rows)
		if len(out.differences) != 1 || out.differences[0].GetApplicationNo() != "2" || out.differences[0].GetRow() != 3 ||
			out.differences[0].GetGivenDate() != "2026-03-31" || out.differences[0].GetComputedDate() != "2026-03-30" {
			t.Errorf("differences: %v", out.differences)
		}
	}
	if got := written(t, conn, "own", "applications", "")[1]["due_date"]; got != "2026-03-30" {
		t.Errorf("the file's date was taken over: %s", got)
	}
}

func TestImportAppendsLaterFacts(t *testing.T) {
	e := start(t, today)
	e.agency(t, "own", "")
	conn := e.conn(t, workflow.Officer, "own")
	row := cells{"application_no": "1", "channel": "网络", "arrive_date": "2026-03-01", "applicant_kind": "自然人"}
	for _, tt := range []struct {
		name  string
		pairs []string
		state string
	}{
		{"arrived", nil, "SUBMITTED"},
		{"confirmed", []string{"receive_date", "2026-03-02"}, "RECEIVED"},
		{"asked", []string{"consultations", "第三方:2026-03-10"}, "CONSULTING"},
		{"answered", []string{"consultations", "第三方:2026-03-10:2026-03-12:2026-03-23"}, "PROCESSING"},
		{"extended, entered late", []string{"extension_notify_date", "2026-03-20", "extension_workdays", "5"}, "PROCESSING"},
		{"decided", []string{"basis", "部分公开", "reply_date", "2026-04-10", "reply_no", "告1号"}, "DECIDED"},
		{"delivered", []string{"delivery_date", "2026-04-13", "delivery_mode", "邮寄"}, "CLOSED"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			row = row.with(tt.pairs...)
			out := brought(t, conn, "own", false, applications(row))
			if out.GetImported() != 1 {
				t.Fatalf("imported %d, unchanged %d, refused %v", out.GetImported(), out.GetUnchanged(), out.refused)
			}
			got := written(t, conn, "own", "applications", "key")[0]
			if got["state"] != tt.state {
				t.Errorf("state %s, want %s", got["state"], tt.state)
			}
		})
	}
	whole := e.conn(t, workflow.Officer, "own")
	got := written(t, whole, "own", "applications", "")[0]
	e.agency(t, "fresh", "")
	fresh := e.conn(t, workflow.Officer, "fresh")
	brought(t, fresh, "fresh", false, applications(row))
	want := written(t, fresh, "fresh", "applications", "")[0].with("agency", "own")
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("row by row it became another application (-at once +step by step):\n%s", diff)
	}
}

func TestImportRefusesContradictions(t *testing.T) {
	e := start(t, today)
	e.agency(t, "own", "")
	conn := e.conn(t, workflow.Officer, "own")
	known := answered.with("application_no", "1", "consultations", "第三方:2026-03-03:2026-03-04:2026-03-09")
	brought(t, conn, "own", false, applications(known))
	for _, tt := range []struct {
		name, key, column, given, stored string
	}{
		{"channel", "channel", "申请方式", "传真", "当面"},
		{"receipt", "receive_date", "收到日期", "2026-03-03", "2026-03-02"},
		{"name", "applicant_name", "申请人", "乙", "甲"},
		{"name never known", "phone", "联系电话", "13800000000", ""},
		{"basis", "basis", "答复类型", "部分公开", "予以公开"},
		{"delivery", "delivery_date", "送达日期", "2026-03-18", "2026-03-17"},
		{"consultation", "consultations", "征求意见", "第三方:2026-03-03:2026-03-04:2026-03-10", "第三方:2026-03-03:2026-03-04:2026-03-09"},
		{"step after the end", "fee_notice_date", "收费通知日期", "2026-03-04", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := brought(t, conn, "own", false, applications(known.with(tt.key, tt.given, "fee_amount", map[bool]string{true: "1"}[tt.key == "fee_notice_date"])))
			if len(out.refused) == 0 || out.GetRefusedCount() != 1 {
				t.Fatalf("not refused: imported %d, unchanged %d", out.GetImported(), out.GetUnchanged())
			}
			p := out.refused[0]
			if tt.stored == "" && tt.key == "fee_notice_date" {
				if p.GetColumn() != tt.column {
					t.Errorf("%s: %s", p.GetColumn(), p.GetMessage())
				}
				return
			}
			if p.GetColumn() != tt.column || p.GetReason() != "LEDGER_CONFLICT" || p.GetValue() != tt.given || !strings.Contains(p.GetMessage(), "“"+tt.stored+"”") {
				t.Errorf("%s %q %s: %s", p.GetColumn(), p.GetValue(), p.GetReason(), p.GetMessage())
			}
		})
	}
	out := brought(t, conn, "own", false, applications(cells{"application_no": "1", "channel": "当面", "applicant_kind": "公民"}))
	if out.GetUnchanged() != 1 {
		t.Errorf("what a row does not tell contradicts: %v", out.refused)
	}
}

// TestImportNumberAgain gives later facts of an application further down in the same file,
// in the same batch or in one that is judged while the first has not been committed.
func TestImportNumberAgain(t *testing.T) {
	e := start(t, today)
	var rows []cells
	for i := range 500 {
		rows = append(rows, open.with("application_no", fmt.Sprint("a", i), "remark", "第一行\r\n第二行"))
	}
	for i := 499; i >= 0; i -= 2 {
		rows = append(rows, cells{"application_no": fmt.Sprint("a", i), "channel": "当面", "applicant_kind": "个人", "basis": "撤回", "close_date": "2026-06-16", "remark": "第一行\n第二行"})
	}
	rows = append(rows, cells{"application_no": "a7", "channel": "当面", "applicant_kind": "个人", "basis": "撤回", "close_date": "2026-06-17"})
	for _, dryRun := range []bool{true, false} {
		agency := fmt.Sprint("dry-", dryRun)
		e.agency(t, agency, "")
		out := brought(t, e.conn(t, workflow.Officer, agency), agency, dryRun, applications(rows...))
		if out.GetImported() != 750 || out.GetRefusedCount() != 1 || out.refused[0].GetColumn() != "办结日期" || out.refused[0].GetRow() != 752 {
			t.Errorf("dry run %v: imported %d, unchanged %d, refused %v", dryRun, out.GetImported(), out.GetUnchanged(), out.refused)
		}
	}
}

func TestDryRunForetells(t *testing.T) {
	e := start(t, today)
	e.agency(t, "own", "")
	conn := e.conn(t, workflow.Officer, "own")
	brought(t, conn, "own", false, applications(open.with("application_no", "old")), figures(cells{"year": "2026", "code": "t2.6.penalties", "value": "3"}))
	sheet := everyway()
	later := sheet.rows[2].with("basis", "撤回", "close_date", "2026-06-20") // of one above
	sheet.rows = append(sheet.rows, sheet.rows[0].with("reply_no", ""), later, later.with("close_date", "2026-06-21"),
		open.with("application_no", "old", "basis", "撤回", "close_date", "2026-06-20"), open.with("application_no", "bad", "channel", "飞鸽"))
	pages := []page{sheet, someRemedies, remedies(cells{"application_no": "nowhere", "kind": "行政复议", "file_date": "2026-04-01"}), someFigures}
	before := written(t, conn, "own", "applications", "")
	dry := brought(t, conn, "own", true, pages...)
	if diff := gocmp.Diff(before, written(t, conn, "own", "applications", "")); diff != "" {
		t.Fatalf("the dry run wrote:\n%s", diff)
	}
	if n := len(written(t, conn, "own", "remedies", "")); n != 0 {
		t.Fatalf("the dry run wrote %d remedies", n)
	}
	done := brought(t, conn, "own", false, pages...)
	counts := func(o importOutcome) string {
		return fmt.Sprint(o.GetRead(), o.GetImported(), o.GetUnchanged(), o.GetRefusedCount(), o.GetDated(), o.GetClassified(), len(o.warnings), o.refused)
	}
	if counts(dry) != counts(done) {
		t.Errorf("foretold %s\nbecame   %s", counts(dry), counts(done))
	}
	if len(done.GetReports()) > 0 {
		t.Error("a real import answers with reports")
	}
	stats := pb.NewReportServiceClient(e.conn(t, workflow.Statistician, "own"))
	var forms []string
	for _, r := range dry.GetReports() {
		forms = append(forms, fmt.Sprint(r.GetYear(), " ", r.GetForm()))
		rep, err := stats.ComputeAnnualReport(t.Context(), &pb.ComputeAnnualReportRequest{Parent: "agencies/own", Year: r.GetYear(), Form: r.GetForm()})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rep.GetRows() {
			for _, c := range row.GetCells() {
				if c.GetValue() != "" && !strings.Contains(r.GetJson(), strconv.Quote(c.GetPath()[len(c.GetPath())-1])+":"+c.GetValue()) {
					t.Errorf("%d %s: %v is %s, foretold %s", r.GetYear(), r.GetForm(), c.GetPath(), c.GetValue(), r.GetJson())
				}
			}
		}
	}
	if diff := gocmp.Diff([]string{"2018 codes-2014", "2026 table-2021"}, forms); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
}

func TestImportAsksForWhatItNeeds(t *testing.T) {
	e := start(t, today)
	e.agency(t, "own", "")
	e.agency(t, "other", "")
	officer := e.conn(t, workflow.Officer, "own")
	_, err := bring(t.Context(), officer, "other", false)
	wantRefusal(t, err, codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND)
	_, err = bring(t.Context(), officer, "nowhere", true)
	wantRefusal(t, err, codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND)
	_, err = bring(t.Context(), e.conn(t, workflow.Statistician, "own"), "own", false)
	wantRefusal(t, err, codes.PermissionDenied, pb.Reason_ROLE_NOT_ALLOWED)
	rows := &pb.ImportLedgerRequest{Part: &pb.ImportLedgerRequest_Rows{Rows: &pb.RowBatch{Rows: make([]*pb.LedgerRow, 1001)}}}
	header := &pb.ImportLedgerRequest{Part: &pb.ImportLedgerRequest_Header{Header: &pb.ImportHeader{Parent: "agencies/own"}}}
	sheet := func(name string, keys ...string) *pb.ImportLedgerRequest {
		return &pb.ImportLedgerRequest{Part: &pb.ImportLedgerRequest_Sheet{Sheet: &pb.SheetStart{Sheet: name, Keys: keys}}}
	}
	for _, tt := range []struct {
		name     string
		messages []*pb.ImportLedgerRequest
	}{
		{"nothing", nil},
		{"no header", []*pb.ImportLedgerRequest{sheet("applications")}},
		{"rows without a sheet", []*pb.ImportLedgerRequest{header, rows}},
		{"two headers", []*pb.ImportLedgerRequest{header, header}},
		{"unknown sheet", []*pb.ImportLedgerRequest{header, sheet("drawings")}},
		{"a column twice", []*pb.ImportLedgerRequest{header, sheet("figures", "year", "year")}},
		{"too many rows", []*pb.ImportLedgerRequest{header, sheet("figures", "year"), rows}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stream, err := pb.NewLedgerServiceClient(officer).ImportLedger(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range tt.messages {
				_ = stream.Send(m) // the answer tells what was wrong
			}
			_ = stream.CloseSend()
			_, err = stream.Recv()
			wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID)
		})
	}
}

// FuzzImportRow reads rows of any text: none may break the service, and what is taken
// over must be told again as the same.
func FuzzImportRow(f *testing.F) {
	e := start(f, today)
	e.agency(f, "own", "")
	conn := e.conn(f, workflow.Officer, "own")
	keys := make([]string, 0, 40)
	for _, c := range ledger.Columns(ledger.Applications) {
		keys = append(keys, c.Key)
	}
	for _, row := range everyway().rows {
		var texts []string
		for _, key := range keys {
			texts = append(texts, row[key])
		}
		f.Add(strings.Join(texts, "\t"))
	}
	f.Add("1\t\t当面\t\t2026-03-02\t自然人\t\t\t\t\t\t\t\t\t\t\t\t;;:::;第三方:2026-03-03;第三方:2026-03-03::2026-03-03\t\t\t\t\t-1\t\t\t\t1e9")
	n := 0
	f.Fuzz(func(t *testing.T, text string) {
		n++
		row := cells{}
		for i, cell := range strings.Split(strings.ToValidUTF8(text, "?"), "\t") {
			if i < len(keys) {
				row[keys[i]] = cell
			}
		}
		row["application_no"] = fmt.Sprint("n", n)
		out := brought(t, conn, "own", false, applications(row))
		if out.GetImported()+out.GetRefusedCount() != 1 {
			t.Fatalf("imported %d, refused %d, unchanged %d", out.GetImported(), out.GetRefusedCount(), out.GetUnchanged())
		}
		if again := brought(t, conn, "own", false, applications(row)); again.GetUnchanged() != out.GetImported() {
			t.Errorf("the same row again: %v", again.refused)
		}
	})
}
