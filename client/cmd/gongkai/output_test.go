package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"gongkai/client/internal/grpctest"
	pb "gongkai/proto/disclosure/v1"
)

var update = flag.Bool("update", false, "write the golden files")

// application is one with a little of everything.
func application() *pb.Application {
	return &pb.Application{
		Name: "agencies/a/applications/x", ApplicationNo: "2026-00001", State: pb.Application_CONSULTING, Channel: pb.Application_ONLINE_FORM,
		ArriveDate: "2026-03-02", ReceiveDate: "2026-03-02", Regime: 2019, Revision: 5, Etag: "e",
		Applicant:   &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON, DisplayName: "张三", IdNumber: "310101199001011234"},
		Description: "第一行\r\n第二行\t\x1b[2J\u202e",
		Deadline:    &pb.Deadline{DueDate: "2026-03-30", WorkdaysLeft: proto.Int32(0), Provisional: true},
		Consultations: []*pb.Consultation{
			{Consultation: 1, Kind: pb.Consultation_THIRD_PARTY, SendDate: "2026-03-03"},
			{Consultation: 2, Kind: pb.Consultation_ORGAN, SendDate: "2026-03-04", Opinion: pb.Consultation_CONSENT},
		},
		CreateTime: timestamppb.New(time.Date(2026, 3, 2, 16, 30, 0, 0, time.UTC)),
	}
}

func report() *pb.AnnualReport {
	cell := func(column, value string, path ...string) *pb.ReportCell {
		return &pb.ReportCell{Column: column, ColumnLabel: map[string]string{"naturalPerson": "自然人", "total": "总计"}[column], Value: value, Path: path}
	}
	return &pb.AnnualReport{
		Agency: "a", AgencyDisplayName: "市教育局", Year: 2025, Form: "table-2021", Missing: []string{"t2.5.licences"}, Provisional: true,
		Warnings: []string{"表样与年度不常见"},
		Findings: []*pb.Finding{{Id: "B1/total", Status: pb.Finding_FAIL, Message: "不等"}, {Id: "A1", Status: pb.Finding_PASS, Message: "相等"}},
		Rows: []*pb.ReportRow{
			{LabelZh: "三、收到和处理政府信息公开申请情况", LabelEn: "3. Applications"},
			{
				Key: "newReceived", LabelZh: "一、本年新收", LabelEn: "1. New", Unit: "件", Level: 1,
				Cells: []*pb.ReportCell{cell("naturalPerson", "12", "rows", "newReceived", "naturalPerson"), cell("total", "12", "rows", "newReceived", "total")},
			},
			{
				Key: "carriedIn", LabelZh: "二、上年结转", LabelEn: "2. Carried in", Unit: "件", Level: 1,
				Cells: []*pb.ReportCell{cell("naturalPerson", "0", "rows", "carriedIn", "naturalPerson"), cell("total", "0", "rows", "carriedIn", "total")},
			},
			{LabelZh: "二、主动公开", LabelEn: "2. Disclosure"},
			{Key: "t2.5.licences", LabelZh: "行政许可", LabelEn: "Licences", Unit: "件", Level: 1, Cells: []*pb.ReportCell{cell("", "", "t2", "licences")}},
			{Key: "t2.8.fees", LabelZh: "行政事业性收费", Unit: "万元", Level: 1, Cells: []*pb.ReportCell{cell("", "0.50", "t2", "fees")}},
		},
	}
}

// entries answers with two pages behind a cell.
func entries(call grpctest.Call) ([]proto.Message, error) {
	if call.Requests[0].(*pb.ListCellEntriesRequest).GetPageToken() == "" {
		return []proto.Message{&pb.ListCellEntriesResponse{Value: "3", NextPageToken: "2", Entries: []*pb.CellEntry{
			{ApplicationNo: "2026-00001"}, {ApplicationNo: "2026-00002"},
		}}}, nil
	}
	return []proto.Message{&pb.ListCellEntriesResponse{Value: "3", Entries: []*pb.CellEntry{
		{RemedyKind: "litigation", ApplicationNo: "2026-00001", FileDate: "2026-04-01"},
	}}}, nil
}

// importing is the answer to an import.
func importing() grpctest.Answer {
	return answers(
		&pb.ImportLedgerResponse{Read: 1, Imported: 1, Refused: nil, Dated: 1},
		&pb.ImportLedgerResponse{
			Read: 2, Imported: 1, Unchanged: 0, RefusedCount: 1, Dated: 2, Classified: 1,
			Refused:            []*pb.RowProblem{{File: "a.csv", Row: 3, Column: "申请方式", Value: "=飞鸽", Reason: "FIELD_INVALID", Message: "应为当面、信函等"}},
			Warnings:           []*pb.RowProblem{{File: "a.csv", Row: 2, Column: "证件号码", Value: "1", Reason: "FIELD_INVALID", Message: "校验位不符"}},
			DueDateDifferences: []*pb.DueDateDifference{{File: "a.csv", Row: 2, ApplicationNo: "1", GivenDate: "2026-03-31", ComputedDate: "2026-03-30"}},
			Reports: []*pb.AnnualReportFigures{{
				Year: 2026, Form: "table-2021",
				Json: `{"agency":"a","year":2026,"form":"table-2021","figures":{"rows":{"newReceived":{"naturalPerson":1,"total":1},"granted":{"naturalPerson":0,"total":null}},"review":{"upheld":0}},"missing":["x"],"provisional":false}`,
			}},
			Done: true,
		},
	)
}

// TestOutput compares what commands print with golden files. A golden file shows the
// exit code, stdout and stderr.
func TestOutput(t *testing.T) {
	t.Parallel()
	due := answers(&pb.ListDueApplicationsResponse{Applications: []*pb.DueApplication{
		{ApplicationNo: "2026-00001", State: pb.Application_PROCESSING, Deadline: &pb.Deadline{DueDate: "2026-03-02", WorkdaysLeft: proto.Int32(-3), Overdue: true}},
		{ApplicationNo: "2026-00002", State: pb.Application_DECIDED, Deadline: &pb.Deadline{DueDate: "2026-03-30", WorkdaysLeft: proto.Int32(0), Provisional: true}},
		{ApplicationNo: "2026-00003", State: pb.Application_CONSULTING, Deadline: &pb.Deadline{Suspended: true}},
		{ApplicationNo: "2026-00004", State: pb.Application_SUBMITTED},
	}})
	explain := answers(&pb.ExplainDeadlineResponse{
		ApplicationNo: "2026-00001", Deadline: &pb.Deadline{DueDate: "2026-03-30", WorkdaysLeft: proto.Int32(5)},
		Trace: []*pb.TraceDay{
			{Date: "2026-03-03", Counted: true, N: 1, ReasonZh: "工作日", ReasonEn: "workday", Source: "Art 33"},
			{Date: "2026-03-07", ReasonZh: "周六", ReasonEn: "Saturday", Source: "民法典 Art 203"},
		},
	})
	findings := answers(&pb.CheckReportResponse{Findings: []*pb.Finding{
		{Id: "B1/naturalPerson", Status: pb.Finding_PASS, Message: "相等", Left: "12", Right: "12"},
		{Id: "C1/review", Status: pb.Finding_FAIL, Message: "<不等>", Left: "-3", Right: "2.5"},
		{Id: "BLANK", Status: pb.Finding_UNCERTAIN, Message: "空白", Left: ""},
	}})
	noApplications := answers(&pb.ListApplicationsResponse{})
	applications := answers(&pb.ListApplicationsResponse{Applications: []*pb.Application{application(), {ApplicationNo: "=1+1", Applicant: &pb.Applicant{DisplayName: "＝公司, 有限"}}}})
	events := answers(&pb.ListEventsResponse{Events: []*pb.Event{{
		Revision: 2, Actor: "agencies/a/principals/w", State: pb.Application_PROCESSING, Article: "33",
		Action:     &pb.Action{Action: &pb.Action_Extend{Extend: &pb.Extend{Workdays: 10, NotifyDate: "2026-03-02"}}},
		RecordTime: timestamppb.New(time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)),
	}}})
	notices := answers(&pb.ListNoticesResponse{Notices: []*pb.Notice{{
		Year: 2026, Title: "国办发明电〔2025〕7号", Rest: []*pb.DayRange{{FirstDate: "2026-01-01", LastDate: "2026-01-03", Festival: "元旦"}, {FirstDate: "2026-10-01", LastDate: "2026-10-07", Festival: "国庆节"}},
	}}})
	ledgerFile := write(t, "a.csv", "申请编号,申请方式,申请人类型,收到日期,颜色\n1,当面,自然人,2026-03-02,红\n2,=飞鸽,自然人,2026-03-02,\n3,当面,自然人,2026-02-30,\n")
	fileToCheck := write(t, "r.json", "{}")

	tests := []struct {
		name   string
		answer grpctest.Answer
		line   string
	}{
		{"get", answers(application()), "application get 1 --agency a"},
		{"list", applications, "application list --agency a"},
		{"list-empty", noApplications, "application list --agency a"},
		{"history", events, "application history 1 --agency a"},
		{"due", due, "due --agency a"},
		{"explain", explain, "explain 2026-00001 --agency a"},
		{"report", answers(report()), "report --agency a --year 2025 --form table-2021"},
		{"cell", entries, "report cell --agency a --year 2025 --form table-2021 --cell granted"},
		{"cell-entered", answers(&pb.ListCellEntriesResponse{Entered: true}), "report cell --agency a --year 2025 --form table-2021 --cell t2.8.fees"},
		{"check", findings, "report check " + fileToCheck},
		{"notices", notices, "calendar notices"},
		{"import", importing(), "import --agency a --dry-run " + ledgerFile},
	}
	for _, test := range tests {
		for _, variant := range []string{"-o json", "-o csv", "-o table", "-o table --lang en"} {
			name := test.name + strings.NewReplacer("-o ", "-", " --lang ", "-").Replace(variant)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				got := invoke(t, grpctest.Serve(t, test.answer), strings.Fields(test.line+" "+variant)...)
				if strings.Contains(variant, "json") && !json.Valid([]byte(got.stdout)) {
					t.Errorf("no JSON: %s", got.stdout)
				}
				golden(t, name, fmt.Sprintf("exit code %d\n-- stdout --\n%s-- stderr --\n%s", got.code, got.stdout, got.stderr))
			})
		}
	}
}

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

// TestJSONIsStable prints one message many times: protojson varies its spaces.
func TestJSONIsStable(t *testing.T) {
	t.Parallel()
	server := grpctest.Serve(t, answers(application()))
	first := invoke(t, server, "application", "get", "1", "--agency", "a", "-o", "json")
	for range 20 {
		if again := invoke(t, server, "application", "get", "1", "--agency", "a", "-o", "json"); again != first {
			t.Fatal(cmp.Diff(first.stdout, again.stdout))
		}
	}
}

func TestListBreaksOff(t *testing.T) {
	t.Parallel()
	server := grpctest.Serve(t, func(call grpctest.Call) ([]proto.Message, error) {
		if call.Requests[0].(*pb.ListApplicationsRequest).GetPageToken() == "" {
			return []proto.Message{&pb.ListApplicationsResponse{Applications: []*pb.Application{application()}, NextPageToken: "2"}}, nil
		}
		return nil, status.Error(codes.PermissionDenied, "no")
	})
	for _, format := range []string{"json", "csv", "table"} {
		if got := invoke(t, server, "application", "list", "--agency", "a", "-o", format); got.code != exitAccess {
			t.Errorf("%s: %+v", format, got)
		}
		got := invoke(t, server, "application", "list", "--agency", "a", "-o", format, "--limit", "1")
		if got.code != 0 || strings.Count(got.stdout, "2026-00001") != 1 {
			t.Errorf("%s with a limit: %+v", format, got)
		}
	}
}

func TestGridAligns(t *testing.T) {
	t.Parallel()
	rows := [][]string{
		{"2026-00001", "征求意见中", "x"},
		{"沪公〔2026〕1号", "CLOSED", "x"},
		{"é（e\u0301）", "第一行\n二", "x"},
		{"", "", "x"},
	}
	var out strings.Builder
	if err := grid(&out, []string{"申请编号", "状态", "x"}, rows); err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(out.String()) {
		before, _, found := strings.Cut(strings.TrimRight(line, "\n"), "x")
		if !found {
			continue
		}
		n++
		if got, want := uniseg.StringWidth(before), 15+2+10+2; got != want {
			t.Errorf("column 3 begins at %d, want %d: %q", got, want, line)
		}
	}
	if n != len(rows)+1 {
		t.Errorf("%d lines with the last column, want %d", n, len(rows)+1)
	}
}

func TestGuarded(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, cell, want string }{
		{"text", "预算", "预算"},
		{"formula", "=1+1", "'=1+1"},
		{"command", "@SUM(A1)", "'@SUM(A1)"},
		{"minus", "-2+3", "'-2+3"},
		{"full width", "＝1", "'＝1"},
		{"after spaces", "  =1", "'  =1"},
		{"already guarded", "'=1", "''=1"},
		{"tab", "\tx", "'\tx"},
		{"negative number", "-3", "-3"},
		{"negative decimal", "-0.5", "-0.5"},
		{"phone", "+8621", "'+8621"},
		{"dash", "-", "'-"},
		{"empty", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := guarded([]string{test.cell})[0]; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
