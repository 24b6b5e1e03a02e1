package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"gongkai/client/internal/grpctest"
	pb "gongkai/proto/disclosure/v1"
)

// TestImportOfAWorkbook takes all sheets of a workbook, save the one that has a file of
// its own.
func TestImportOfAWorkbook(t *testing.T) {
	t.Parallel()
	book := excelize.NewFile()
	for sheet, rows := range map[string][]string{
		"Sheet1": {"申请编号,申请方式,申请人类型", "1,当面,自然人"}, "行政救济": {"类型,提起日期", "行政复议,2026-03-02"}, "数据": {"年度,代码,数值", "2025,1110,3"},
	} {
		if _, err := book.NewSheet(sheet); err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			for j, cell := range strings.Split(row, ",") {
				name, err := excelize.CoordinatesToCellName(j+1, i+1)
				if err != nil {
					t.Fatal(err)
				}
				if err := book.SetCellStr(sheet, name, cell); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	path := filepath.Join(t.TempDir(), "台账.xlsx")
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	server := grpctest.Serve(t, answers(&pb.ImportLedgerResponse{Read: 3, Imported: 3, Done: true}))
	if got := invoke(t, server, "import", "--agency", "a", path, "--figures", write(t, "f.csv", "年度,代码,数值\n2024,1110,3\n")); got.code != 0 {
		t.Fatalf("got %+v", got)
	}
	var sheets []string
	for _, m := range server.Calls()[0].Requests {
		if s := m.(*pb.ImportLedgerRequest).GetSheet(); s != nil {
			sheets = append(sheets, s.GetSheet()+" "+s.GetFile())
		}
	}
	if diff := cmp.Diff([]string{"applications 台账.xlsx", "remedies 台账.xlsx#remedies", "figures f.csv"}, sheets); diff != "" {
		t.Error(diff)
	}
}

func TestImportOfSeparateFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"applications.csv", "remedies.csv", "figures.csv"} {
		text := map[string]string{
			"applications.csv": "申请编号,申请方式,申请人类型\n1,当面,自然人\n", "remedies.csv": "类型,提起日期\n行政复议,2026-03-02\n", "figures.csv": "年度,代码,数值\n2025,1110,3\n",
		}[name]
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server := grpctest.Serve(t, answers(&pb.ImportLedgerResponse{Read: 3, Imported: 3, Done: true}))
	got := invoke(t, server, "import", "--agency", "a", filepath.Join(dir, "applications.csv"), "--remedies", filepath.Join(dir, "remedies.csv"), "--figures", filepath.Join(dir, "figures.csv"), "-o", "json")
	want := result{0, `{
  "read": 3,
  "imported": 3,
  "unchanged": 0,
  "refused": [],
  "warnings": [],
  "unknown_columns": [],
  "due_date_differences": [],
  "reports": []
}
`, ""}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Error(diff)
	}
	var sheets []string
	for _, m := range server.Calls()[0].Requests {
		if s := m.(*pb.ImportLedgerRequest).GetSheet(); s != nil {
			sheets = append(sheets, s.GetSheet()+" "+s.GetFile())
		}
	}
	if diff := cmp.Diff([]string{"applications applications.csv", "remedies remedies.csv", "figures figures.csv"}, sheets); diff != "" {
		t.Error(diff)
	}
}

func TestImportThatBreaksOff(t *testing.T) {
	t.Parallel()
	file := write(t, "a.csv", "申请编号,申请方式,申请人类型\n1,当面,自然人\n2,\"当面,自然人\n")
	server := grpctest.Serve(t, answers(&pb.ImportLedgerResponse{Read: 1, Imported: 1, Done: true}))
	got := invoke(t, server, "import", "--agency", "a", file)
	if got.code != exitInvalid || !strings.Contains(got.stdout, "导入") || !strings.Contains(got.stderr, "不会重复") || !strings.Contains(got.stderr, "a.csv: 第3行有未闭合的双引号") {
		t.Errorf("got %+v", got)
	}
	refused := grpctest.Serve(t, fails(status.Error(codes.PermissionDenied, "no")))
	if got := invoke(t, refused, "import", "--agency", "a", write(t, "b.csv", "申请编号,申请方式,申请人类型\n1,当面,自然人\n")); got.code != exitAccess || got.stdout != "" {
		t.Errorf("got %+v", got)
	}
}

// sheets answers an export with one row a sheet, and fails at the last one if told so.
func sheets(failing bool) grpctest.Answer {
	return func(call grpctest.Call) ([]proto.Message, error) {
		switch call.Requests[0].(*pb.ExportLedgerRequest).GetSheet() {
		case "applications":
			return []proto.Message{&pb.ExportLedgerResponse{Keys: []string{"application_no", "description"}, Rows: []*pb.LedgerRow{{Row: 2, Cells: []string{"1", "=1"}}}}}, nil
		case "remedies":
			return []proto.Message{&pb.ExportLedgerResponse{Keys: []string{"kind"}}}, nil
		}
		if failing {
			return nil, status.Error(codes.Internal, "oops")
		}
		return []proto.Message{&pb.ExportLedgerResponse{Keys: []string{"year", "code", "value"}, Rows: []*pb.LedgerRow{{Row: 2, Cells: []string{"2025", "1110", "3"}}}}}, nil
	}
}

// Of chosen applications only their own sheet is written.
func TestExportOfChosenApplications(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	server := grpctest.Serve(t, sheets(false))
	got := invoke(t, server, "export", "--agency", "a", "--dir", dir, "--filter", "state = CLOSED", "--words", "经费", "-o", "csv")
	if want := fmt.Sprintf("sheet,file,rows\napplications,%s/applications.csv,1\n", dir); got.code != 0 || got.stdout != want {
		t.Errorf("got %+v, want %q", got, want)
	}
	calls := server.Calls()
	sent := calls[len(calls)-1].Requests[0].(*pb.ExportLedgerRequest)
	if sent.GetFilter() != "state = CLOSED" || sent.GetWords() != "经费" {
		t.Errorf("sent %v", sent)
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	got := invoke(t, grpctest.Serve(t, sheets(false)), "export", "--agency", "a", "--dir", dir, "--headings", "key", "-o", "csv")
	want := fmt.Sprintf("sheet,file,rows\napplications,%[1]s/applications.csv,1\nremedies,%[1]s/remedies.csv,0\nfigures,%[1]s/figures.csv,1\n", dir)
	if got.code != 0 || got.stdout != want {
		t.Errorf("got %+v", got)
	}
	text, err := os.ReadFile(filepath.Join(dir, "figures.csv"))
	if err != nil || string(text) != "year,code,value\r\n2025,1110,3\r\n" {
		t.Errorf("figures: %q, %v", text, err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "applications.csv")); err != nil || !strings.Contains(string(text), ",'=1,") {
		t.Errorf("applications: %q, %v", text, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "applications.csv")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the file: %v, %v", info, err)
	}

	// A broken export leaves what stands and nothing else.
	if got := invoke(t, grpctest.Serve(t, sheets(true)), "export", "--agency", "a", "--dir", dir); got.code != exitOther {
		t.Errorf("got %+v", got)
	}
	again, err := os.ReadFile(filepath.Join(dir, "figures.csv"))
	if err != nil || string(again) != string(text) {
		t.Errorf("figures after a broken export: %q, %v", again, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 3 {
		t.Errorf("left %v, %v", left, err)
	}
}
