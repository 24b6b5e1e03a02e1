package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"gongkai/client"
	"gongkai/client/ledger"
	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/report"
)

// everySheet exports everything, with Chinese headings or keys.
func everySheet(t testing.TB, conn *grpc.ClientConn, agency, headings string) (pages []page) {
	t.Helper()
	for _, s := range []ledger.Sheet{ledger.Applications, ledger.Remedies, ledger.Figures} {
		pages = append(pages, page{s, written(t, conn, agency, string(s), headings)})
	}
	return pages
}

func rowsOf(pages []page) (out [][]cells) {
	for _, p := range pages {
		out = append(out, p.rows)
	}
	return out
}

// allReports computes every form of the years that the tests use.
func allReports(t testing.TB, e *env, agency string) (out []string) {
	t.Helper()
	reports := pb.NewReportServiceClient(e.conn(t, workflow.Statistician, agency))
	for _, year := range []int32{2018, 2019, 2025, 2026} {
		for _, form := range report.Forms() {
			rep, err := reports.ComputeAnnualReport(t.Context(), &pb.ComputeAnnualReportRequest{Parent: "agencies/" + agency, Year: year, Form: string(form)})
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rep.GetRows() {
				for _, c := range row.GetCells() {
					out = append(out, fmt.Sprint(year, form, c.GetPath(), c.GetValue()))
				}
			}
		}
	}
	return out
}

// carriesOver exports an agency, takes the export back, which must change nothing, and
// imports it elsewhere, which must give the same export and the same reports.
func carriesOver(t *testing.T, from *env, conn *grpc.ClientConn) {
	t.Helper()
	other := start(t, today)
	other.agency(t, "own", "")
	for _, headings := range []string{"zh", "key"} {
		pages := everySheet(t, conn, "own", headings)
		total := int64(len(pages[0].rows) + len(pages[1].rows) + len(pages[2].rows))
		back := brought(t, conn, "own", false, pages...)
		if back.GetUnchanged() != total {
			t.Errorf("%s: taken back, %d of %d rows are unchanged: imported %d, refused %v", headings, back.GetUnchanged(), total, back.GetImported(), back.refused)
		}
		if len(back.differences) > 0 {
			t.Errorf("%s: due dates differ from those exported: %v", headings, back.differences)
		}
	}
	pages := everySheet(t, conn, "own", "zh")
	second := other.conn(t, workflow.Officer, "own")
	if out := brought(t, second, "own", false, pages...); out.GetRefusedCount() > 0 {
		t.Fatalf("refused elsewhere: %v", out.refused)
	}
	want, got := rowsOf(pages), rowsOf(everySheet(t, second, "own", "zh"))
	for i, row := range want[0] {
		other := got[0][i]
		if strings.Contains(row["consultations"], "其他机关") { // the day named in the letter has no column
			delete(row, "due_date")
			delete(other, "due_date")
		}
		if row["state"] != other["state"] { // nor have the steps that led to these states
			if s := row["state"]; s != "重新办理" && s != "已归档" && s != "征求意见中" && s != "办理中" {
				t.Errorf("%s is %s elsewhere, not %s", row["application_no"], other["state"], s)
			}
			delete(row, "state")
			delete(other, "state")
		}
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("exported from elsewhere (-first +second):\n%s", diff)
	}
	if diff := gocmp.Diff(allReports(t, from, "own"), allReports(t, other, "own")); diff != "" {
		t.Errorf("reports (-first +second):\n%s", diff)
	}
}

func TestExportOfLedger(t *testing.T) {
	e := start(t, today)
	e.agency(t, "own", "")
	conn := e.conn(t, workflow.Officer, "own")
	brought(t, conn, "own", false, everyway(), someRemedies, someFigures)
	carriesOver(t, e, conn)
}

// TestExportOfEntered does the same with applications that were entered by hand.
func TestExportOfEntered(t *testing.T) {
	o := newOffice(t, today)
	busyYear(t, o)
	for _, actions := range enteredByHand() {
		o.register(t, handedOver("2026-03-02"), actions...)
	}
	carriesOver(t, o.env, o.conn(t, workflow.Officer, "own"))
}

// enteredByHand are ways of a case received on 2026-03-02 that use what a ledger has
// columns for, and some that go beyond.
func enteredByHand() [][]*pb.Action {
	reply := func(basis, signed, delivered string) []*pb.Action {
		return []*pb.Action{
			action(&pb.Decide{Basis: basis, DecideDate: signed, DocumentNo: "告2号", Reason: "理由", ReviewFirstTold: true}),
			action(&pb.Deliver{Mode: "POST", DeliverDate: delivered}),
		}
	}
	with := func(more []*pb.Action, first ...*pb.Action) []*pb.Action { return append(first, more...) }
	supplement := action(&pb.RequestSupplement{NotifyDate: "2026-03-04", NoticeReceiveDate: "2026-03-05", DueDate: "2026-03-20", Items: []string{"名称"}})
	return [][]*pb.Action{
		with(reply("refused.trade_secret", "2026-04-10", "2026-04-13"),
			action(&pb.Consult{Kind: "THIRD_PARTY", SendDate: "2026-03-10", ReceiveDate: "2026-03-12", Party: "某公司"}),
			action(&pb.ReceiveOpinion{ReceiveDate: "2026-03-23", Opinion: "OBJECTION"})),
		with(reply("disclosed.in_part", "2026-04-10", "2026-04-13"),
			action(&pb.Consult{Kind: "THIRD_PARTY", SendDate: "2026-03-10"}), action(&pb.LapseOpinion{LapseDate: "2026-04-03"}),
			action(&pb.RecordLateOpinion{ReceiveDate: "2026-04-08", Opinion: "CONSENT"})),
		with(reply("disclosed.provided", "2026-05-08", "2026-05-12"),
			action(&pb.AskReasons{NotifyDate: "2026-03-04"}), action(&pb.ReceiveReasons{ReceiveDate: "2026-03-10", Accepted: true}),
			action(&pb.Defer{NotifyDate: "2026-03-25", DueDate: "2026-05-15", Reason: "数量大"})),
		with(reply("disclosed.provided", "2026-05-08", "2026-05-12"),
			action(&pb.NotifyFee{ReceiveDate: "2026-03-24", AmountFen: 300000, Tariff: "PER_REQUEST"}), action(&pb.PayFee{PayDate: "2026-04-10", AmountFen: 300000})),
		{
			action(&pb.NotifyFee{ReceiveDate: "2026-03-24", AmountFen: 300050, Tariff: "PER_REQUEST"}), action(&pb.LapseFee{LapseDate: "2026-04-23"}),
		},
		{supplement, action(&pb.LapseSupplement{LapseDate: "2026-03-23"})},
		with(reply("unavailable.still_unclear", "2026-05-08", "2026-05-12"), supplement,
			action(&pb.LapseSupplement{LapseDate: "2026-03-23"}), action(&pb.Reopen{ReceiveDate: "2026-05-07", Reason: "住院"})),
		with(reply("disclosed.provided", "2026-04-01", "2026-04-02"), supplement, action(&pb.SubmitSupplement{ReceiveDate: "2026-03-22", PostDate: "2026-03-20"})),
		{action(&pb.Withdraw{WithdrawDate: "2026-03-06", Reason: "不需要"})},
		{action(&pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-03-05"}), action(&pb.Withdraw{WithdrawDate: "2026-03-06"})},
		{action(&pb.Close{CloseDate: "2026-03-06", Reason: "申请人死亡"})},
		append(reply("disclosed.provided", "2026-03-10", "2026-03-11"), action(&pb.FailDelivery{FailDate: "2026-03-16", Reason: "地址有误"}),
			action(&pb.Deliver{Mode: "IN_PERSON", DeliverDate: "2026-03-18"}), action(&pb.Archive{ArchiveDate: "2026-06-01"})),
		append(reply("refused.state_secret", "2026-03-10", "2026-03-11"), action(&pb.OrderRedecision{ReceiveDate: "2026-06-12"}),
			// on the same basis: a ledger does not tell another one
			action(&pb.DeliverRedecision{Basis: "refused.state_secret", Mode: "POST", DeliverDate: "2026-06-20", DecideDate: "2026-06-19"})),
	}
}

func TestExportLeavesOutVoid(t *testing.T) {
	o := newOffice(t, today)
	a := o.register(t, handedOver("2026-06-01"))
	other := pb.NewApplicationServiceClient(o.conn(t, workflow.Supervisor, "own"))
	_, err := other.ActOnApplication(t.Context(), &pb.ActOnApplicationRequest{Name: a.GetName(), Actions: []*pb.Action{action(&pb.Void{VoidDate: "2026-06-02", Reason: "误登记"})}})
	if err != nil {
		t.Fatal(err)
	}
	conn := o.conn(t, workflow.Officer, "own")
	if rows := written(t, conn, "own", "applications", ""); len(rows) != 0 {
		t.Errorf("exported: %v", rows)
	}
	out := brought(t, conn, "own", false, applications(open.with("application_no", a.GetApplicationNo())))
	if len(out.refused) != 1 || out.refused[0].GetReason() != "LEDGER_CONFLICT" || out.refused[0].GetColumn() != "申请编号" {
		t.Errorf("the number of a void application: imported %d, %v", out.GetImported(), out.refused)
	}
}

func TestExportColumns(t *testing.T) {
	e := start(t, today)
	e.agency(t, "own", "")
	ledgers := pb.NewLedgerServiceClient(e.conn(t, workflow.Officer, "own"))
	for _, s := range []ledger.Sheet{ledger.Applications, ledger.Remedies, ledger.Figures} {
		var want []string
		for _, c := range ledger.Columns(s) {
			want = append(want, c.Key)
		}
		stream, err := ledgers.ExportLedger(t.Context(), &pb.ExportLedgerRequest{Parent: "agencies/own", Sheet: string(s)})
		if err != nil {
			t.Fatal(err)
		}
		m, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(want, m.GetKeys()); diff != "" {
			t.Errorf("%s (-client +server):\n%s", s, diff)
		}
	}
	for _, tt := range []struct {
		name   string
		req    *pb.ExportLedgerRequest
		code   codes.Code
		reason pb.Reason
	}{
		{"no sheet", &pb.ExportLedgerRequest{Parent: "agencies/own"}, codes.InvalidArgument, pb.Reason_FIELD_INVALID},
		{"headings", &pb.ExportLedgerRequest{Parent: "agencies/own", Sheet: "figures", Headings: "fr"}, codes.InvalidArgument, pb.Reason_FIELD_INVALID},
		{"another agency", &pb.ExportLedgerRequest{Parent: "agencies/other", Sheet: "figures"}, codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stream, err := ledgers.ExportLedger(t.Context(), tt.req)
			if err == nil {
				_, err = stream.Recv()
			}
			wantRefusal(t, err, tt.code, tt.reason)
		})
	}
}

// register is a ledger of n applications of five events each, as CSV.
func registerCSV(n int) []byte {
	var b bytes.Buffer
	b.WriteString("申请编号,申请方式,到达日期,收到日期,申请人类型,申请人,联系电话,申请内容,延期工作日,延期告知日期,答复类型,答复日期,答复文号,送达方式,送达日期\n")
	cal := calendar.Embedded()
	kinds := []string{"自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他"}
	bases := []string{"予以公开", "部分公开", "经检索信息不存在", "国家秘密", "重复申请", "商业秘密"}
	for i := range n {
		arrive := calendar.New(2020, 1, 2).AddDays(i % 1900)
		receive := cal.AddWorkdays(arrive, 1)
		told, decided := cal.AddWorkdays(receive, 15), cal.AddWorkdays(receive, 22+i%10)
		fmt.Fprintf(&b, "L-%07d,网络,%s,%s,%s,申请人%d,010-00000000,申请公开本机关某年度某项目的批复文件及其附件,15,%s,%s,%s,告〔2020〕%d号,邮寄,%s\n",
			i+1, arrive, receive, kinds[i%len(kinds)], i, told, bases[i%len(bases)], decided, i+1, cal.AddWorkdays(decided, 1))
	}
	return b.Bytes()
}

// importCSV imports a ledger of applications by the client.
func importCSV(ctx context.Context, t testing.TB, c *client.Client, agency string, data []byte, progress func(client.Progress)) (*client.Balance, error) {
	t.Helper()
	reader, err := ledger.NewReader(bytes.NewReader(data), int64(len(data)), ledger.Applications)
	if err != nil {
		t.Fatal(err)
	}
	return c.Import(ctx, client.Import{
		Agency: agency, Sources: []client.Source{{Name: "a.csv", Sheet: ledger.Applications, Reader: reader}}, Progress: progress,
	})
}

func exportCSV(t testing.TB, c *client.Client, agency string) string {
	t.Helper()
	var b strings.Builder
	if _, err := c.Export(t.Context(), client.Export{Agency: agency, Sheet: ledger.Applications}, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestImportKilledAndRunAgain(t *testing.T) {
	const n = 4000
	data := registerCSV(n)
	whole, broken := start(t, today), start(t, today)
	var clients []*client.Client
	for _, e := range []*env{whole, broken} {
		e.agency(t, "own", "")
		clients = append(clients, client.New(e.conn(t, workflow.Officer, "own"), client.English))
	}
	if b, err := importCSV(t.Context(), t, clients[0], "own", data, nil); err != nil || b.Imported != n {
		t.Fatalf("imported %+v, %v", b, err)
	}
	ctx, kill := context.WithCancel(t.Context())
	_, err := importCSV(ctx, t, clients[1], "own", data, func(p client.Progress) {
		if p.Rows >= n/4 {
			kill()
		}
	})
	if err == nil {
		t.Fatal("the import was not killed")
	}
	again, err := importCSV(t.Context(), t, clients[1], "own", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	if again.Imported+again.Unchanged != n || again.Unchanged < n/4 || again.Imported == 0 {
		t.Errorf("run again: %d imported, %d unchanged, %v refused", again.Imported, again.Unchanged, again.Refused)
	}
	if exportCSV(t, clients[0], "own") != exportCSV(t, clients[1], "own") {
		t.Error("the register differs from that of an import in one go")
	}
	if diff := gocmp.Diff(allReports(t, whole, "own"), allReports(t, broken, "own")); diff != "" {
		t.Errorf("reports (-in one go +in two):\n%s", diff)
	}
}

// BenchmarkImport imports ledgers of applications with five events each, from the file to
// the commit. Run it with -benchtime=1x: each round is a whole ledger.
func BenchmarkImport(b *testing.B) {
	for _, n := range registerSizes(b) {
		data := registerCSV(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				e := start(b, today)
				e.agency(b, "own", "")
				c := client.New(e.conn(b, workflow.Officer, "own"), client.English)
				b.StartTimer()
				balance, err := importCSV(b.Context(), b, c, "own", data, nil)
				if err != nil || balance.Imported != int64(n) {
					b.Fatalf("%d imported: %v", balance.Imported, err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkExport exports ledgers of closed applications.
func BenchmarkExport(b *testing.B) {
	for _, n := range registerSizes(b) {
		e := start(b, today)
		e.agency(b, "own", "")
		conn := e.conn(b, workflow.Officer, "own")
		c := client.New(conn, client.English)
		if _, err := importCSV(b.Context(), b, c, "own", registerCSV(n), nil); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				stream, err := c.Ledgers.ExportLedger(b.Context(), &pb.ExportLedgerRequest{Parent: "agencies/own", Sheet: "applications"})
				if err != nil {
					b.Fatal(err)
				}
				rows := 0
				for {
					m, err := stream.Recv()
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					rows += len(m.GetRows())
				}
				if rows != n {
					b.Fatalf("%d of %d rows", rows, n)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
