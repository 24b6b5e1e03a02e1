package server_test

import (
	"math/rand/v2"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// TestReceivedWorkbook: the workbook that one office writes is taken in by another, and
// counts there as it did at home.
func TestReceivedWorkbook(t *testing.T) {
	t.Parallel()
	e := start(t, today)
	e.agency(t, "city", "")
	e.agency(t, "home", "city")
	e.agency(t, "town", "city")
	addCases(t, e, rand.New(rand.NewPCG(5, 5)), "home", 150)
	conn := e.conn(t, workflow.Supervisor, "city")
	rollups := pb.NewRollupServiceClient(conn)
	sum := func(agency, form string) map[string]string {
		t.Helper()
		got, err := rollups.ComputeRollup(t.Context(), &pb.ComputeRollupRequest{Parent: "agencies/" + agency, Year: 2025, Form: form, OwnOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for path, f := range pathFigures(t, got.GetReport()) {
			if f != 0 {
				out[path] = f.String()
			}
		}
		return out
	}
	for _, form := range []string{"table-2021", "table-2019", "codes-2014"} {
		book := exportedReport(t, conn, &pb.ExportReportRequest{Parent: "agencies/home", Year: 2025, Form: form, Format: pb.ExportReportRequest_XLSX, Prose: true})
		got, err := rollups.PutReceivedReport(t.Context(), &pb.PutReceivedReportRequest{Parent: "agencies/town", Year: 2025, Form: form, Xlsx: book.data})
		if err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		for _, f := range got.GetFindings() {
			if f.GetStatus() == pb.Finding_FAIL {
				t.Errorf("%s: %s %s", form, f.GetId(), f.GetMessage())
			}
		}
		home := sum("home", form)
		if diff := gocmp.Diff(home, sum("town", form)); diff != "" || len(home) < 15 {
			t.Errorf("%s, %d figures (-home +taken in):\n%s", form, len(home), diff)
		}
	}
}
