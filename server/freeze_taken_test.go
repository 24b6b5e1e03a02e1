package server_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// TestFreezeOfAReceivedReport: what was taken in is derived from no case, so that a frozen
// version of it would vouch for zeros.
func TestFreezeOfAReceivedReport(t *testing.T) {
	e := start(t, today)
	e.agency(t, "sent", "")
	conn := e.conn(t, workflow.Supervisor, "sent")
	freezes, rollups := pb.NewFreezeServiceClient(conn), pb.NewRollupServiceClient(conn)
	_, err := rollups.PutReceivedReport(t.Context(), &pb.PutReceivedReportRequest{
		Parent: "agencies/sent", Year: 2025, Form: "table-2021", Json: `{"rows":{"newReceived":{"naturalPerson":1,"total":1},"carriedForward":{"naturalPerson":1,"total":1}}}`,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = freezes.FreezeReport(t.Context(), &pb.FreezeReportRequest{Parent: "agencies/sent", Year: 2025, Form: "table-2021"})
	wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID)
	if _, err := freezes.FreezeReport(t.Context(), &pb.FreezeReportRequest{Parent: "agencies/sent", Year: 2024, Form: "table-2021"}); err != nil {
		t.Errorf("a year of its own: %v", err)
	}
}

// TestNumbersByCaseAndYear: a number with the serial of its application belongs to the year
// of the application, whatever year is asked for.
func TestNumbersByCaseAndYear(t *testing.T) {
	o := newOffice(t, "2026-01-20")
	before, now := o.register(t, handedOver("2025-12-03")), o.register(t, handedOver("2026-01-05"))
	_, err := pb.NewSettingServiceClient(o.admin).UpdateSettings(t.Context(), &pb.UpdateSettingsRequest{
		Parent: "agencies/own", Values: map[string]string{"number.reply": "答〔{year}〕{case}号"},
	})
	if err != nil {
		t.Fatal(err)
	}
	settings := pb.NewSettingServiceClient(o.conn(t, workflow.Officer, "own"))
	take := func(a *pb.Application, year int32) (string, error) {
		got, err := settings.TakeNumber(t.Context(), &pb.TakeNumberRequest{Parent: "agencies/own", Kind: "reply", Application: a.GetName(), Year: year})
		return got.GetNumber(), err
	}
	for a, want := range map[*pb.Application]string{before: "答〔2025〕1号", now: "答〔2026〕1号"} {
		if got, err := take(a, 0); err != nil || got != want {
			t.Errorf("%s: %q, %v", a.GetApplicationNo(), got, err)
		}
	}
	_, err = take(before, 2025)
	wantRefusal(t, err, codes.AlreadyExists, pb.Reason_NUMBER_TAKEN)
}
