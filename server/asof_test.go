package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
)

// What was known at an instant is the same for ever, whatever is recorded afterwards.
func TestReportAsOf(t *testing.T) {
	r := newArchive(t, "2026-01-20").office(t, "own")
	client := pb.NewReportServiceClient(r.chief)
	a := must(r.create(t, handedOver("2025-12-22")))(t)
	if _, err := client.SetFigures(t.Context(), &pb.SetFiguresRequest{Parent: r.parent, Figures: []*pb.Figure{{Year: 2025, Code: "t2.5.licences", Value: "3"}}}); err != nil {
		t.Fatal(err)
	}
	r.clock.Add(int64(time.Second))
	at := timestamppb.New(r.now())
	then := r.report(t, 2025, "table-2021", at)
	now := r.report(t, 2025, "table-2021", nil)
	now.AsOfTime = at
	sameMessage(t, "as of now", now, then)
	raw := must(proto.MarshalOptions{Deterministic: true}.Marshal(then))(t)

	if _, err := r.act(t, a.GetName(), kindCorrected("RESEARCH")); err != nil { // at the very same instant
		t.Fatal(err)
	}
	r.look(t, "2027-02-01")
	if _, err := r.act(t, a.GetName(), replied("2025-12-29")...); err != nil {
		t.Fatal(err)
	}
	if _, err := client.SetFigures(t.Context(), &pb.SetFiguresRequest{Parent: r.parent, Figures: []*pb.Figure{{Year: 2025, Code: "t2.5.licences", Value: "4"}, {Year: 2025, Code: "t2.6.penalties", Value: "1"}}}); err != nil {
		t.Fatal(err)
	}
	_, err := pb.NewAgencyServiceClient(r.admin).UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{Agency: &pb.Agency{Name: r.parent, DisplayName: "新名称", CodesVariant: "national"}, UpdateMask: "display_name,codes_variant"})
	if err != nil {
		t.Fatal(err)
	}
	again := must(proto.MarshalOptions{Deterministic: true}.Marshal(r.report(t, 2025, "table-2021", at)))(t)
	if string(raw) != string(again) {
		t.Errorf("another report as of %v", at.AsTime())
	}
	if cmp.Equal(then.GetRows(), r.report(t, 2025, "table-2021", nil).GetRows(), protocmp.Transform()) {
		t.Error("nothing changed since")
	}
	_, err = client.ComputeAnnualReport(t.Context(), &pb.ComputeAnnualReportRequest{Parent: r.parent, Year: 2025, Form: "table-2021", AsOfTime: timestamppb.New(r.now().Add(time.Second))})
	if no := wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID); no.field != "as_of_time" {
		t.Errorf("at %q", no.field)
	}
	early := r.report(t, 2025, "table-2021", timestamppb.New(time.Date(2025, 12, 31, 15, 59, 0, 0, time.UTC)))
	if w := early.GetWarnings(); len(w) == 0 || !strings.Contains(strings.Join(w, ""), "年度尚未结束") {
		t.Errorf("before the end of the year: %q", w)
	}
}
