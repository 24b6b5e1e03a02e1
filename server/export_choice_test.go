package server_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// An export of what was asked for holds the same applications as the list or the search
// that asks the same, and nothing of another sheet can be asked for so.
func TestExportOfWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	e := start(t, today)
	e.agency(t, "own", "")
	conn := e.conn(t, workflow.Officer, "own")
	apps := pb.NewApplicationServiceClient(conn)
	for i, description := range []string{"经费支出明细", "采购合同", "经费预算", "招生计划"} {
		req := &pb.CreateApplicationRequest{Parent: "agencies/own", Application: &pb.Application{
			Channel: pb.Application_IN_PERSON, ArriveDate: []string{"2026-06-01", "2026-06-02"}[i%2], Description: description,
			Applicant: &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON, DisplayName: "示例人"},
		}}
		if i == 2 {
			req.Actions = []*pb.Action{{Action: &pb.Action_Assign{Assign: &pb.Assign{AssignDate: "2026-06-01", Holder: "财务科"}}}}
		}
		if _, err := apps.CreateApplication(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name string
		req  *pb.ExportLedgerRequest
		want string // descriptions in order
	}{
		{"all", &pb.ExportLedgerRequest{}, "经费支出明细 采购合同 经费预算 招生计划"},
		{"filter", &pb.ExportLedgerRequest{Filter: "receive_date >= 2026-06-02"}, "采购合同 招生计划"},
		{"words, newest first", &pb.ExportLedgerRequest{Words: "经费"}, "经费预算 经费支出明细"},
		{"words and filter", &pb.ExportLedgerRequest{Words: "经费", Filter: "receive_date = 2026-06-02"}, ""},
		{"holder", &pb.ExportLedgerRequest{Filter: `holder = "财务科"`}, "经费预算"},
		{"holder and words", &pb.ExportLedgerRequest{Filter: `holder = "财务科"`, Words: "采购"}, ""},
		{"number", &pb.ExportLedgerRequest{Filter: `application_no = "2026-00002"`}, "采购合同"},
		{"no such number", &pb.ExportLedgerRequest{Filter: `application_no = "2026-99999"`}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := exportedTexts(t.Context(), pb.NewLedgerServiceClient(conn), tt.req)
			if err != nil || strings.Join(got, " ") != tt.want {
				t.Errorf("got %v, %v; want %s", got, err, tt.want)
			}
		})
	}
	for name, req := range map[string]*pb.ExportLedgerRequest{
		"bad filter":        {Filter: "x = 1"},
		"single character":  {Words: "经"},
		"number with words": {Words: "经费", Filter: `application_no = "2026-00002"`},
		"another sheet":     {Sheet: "remedies", Words: "经费"},
	} {
		if _, err := exportedTexts(t.Context(), pb.NewLedgerServiceClient(conn), req); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v, want INVALID_ARGUMENT", name, err)
		}
	}
}

// exportedTexts are the descriptions of an export of applications.
func exportedTexts(ctx context.Context, c pb.LedgerServiceClient, req *pb.ExportLedgerRequest) (out []string, err error) {
	req.Parent, req.Headings = "agencies/own", "key"
	if req.GetSheet() == "" {
		req.Sheet = "applications"
	}
	stream, err := c.ExportLedger(ctx, req)
	if err != nil {
		return nil, err
	}
	at := -1
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		for i, key := range m.GetKeys() {
			if key == "description" {
				at = i
			}
		}
		for _, r := range m.GetRows() {
			out = append(out, r.GetCells()[at])
		}
	}
}
