package server_test

import (
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
	"gongkai/workflow/report"
)

// TestRollupSeesEveryAct: what a sum keeps of its units is read anew after each act of
// theirs, and years do not mix.
func TestRollupSeesEveryAct(t *testing.T) {
	e := start(t, today)
	e.agency(t, "top", "")
	for _, id := range []string{"a", "b"} {
		e.agency(t, id, "top")
	}
	conn := e.conn(t, workflow.Statistician, "top")
	received := func(year int32) report.Figure {
		got, err := pb.NewRollupServiceClient(conn).ComputeRollup(t.Context(), &pb.ComputeRollupRequest{Parent: "agencies/top", Year: year, Form: "table-2021"})
		if err != nil {
			t.Fatal(err)
		}
		return pathFigures(t, got.GetReport())["[rows newReceived total]"]
	}
	check := func(want ...int64) {
		t.Helper()
		for i, year := range []int32{2024, 2025, 2026} { // as many as are kept
			if got := received(year); got != report.Whole(want[i]) {
				t.Errorf("%d: received %v, want %v", year, got, want[i])
			}
		}
	}
	log := func(agency, arrived string) {
		t.Helper()
		req := &pb.CreateApplicationRequest{Parent: "agencies/" + agency, Application: newApplication()}
		req.Application.ArriveDate = arrived
		if _, err := pb.NewApplicationServiceClient(e.conn(t, workflow.Officer, agency)).CreateApplication(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	check(0, 0, 0)
	log("a", "2026-06-01")
	check(0, 0, 1)
	log("b", "2025-06-02")
	log("b", "2026-06-01")
	check(0, 1, 2)
	for year := int32(2020); year < 2024; year++ { // others take their room
		if got := received(year); got != 0 {
			t.Errorf("%d: received %v", year, got)
		}
	}
	check(0, 1, 2)
}
