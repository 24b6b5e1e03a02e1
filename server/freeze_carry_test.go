package server_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	pb "gongkai/proto/disclosure/v1"
)

// Every difference of the carry-over is a named application with its reason.
func TestCompareCarryOver(t *testing.T) {
	r := newArchive(t, "2025-12-30").office(t, "own")
	names := map[string]*pb.Application{}
	for _, name := range []string{"stays", "concluded late", "corrected", "voided"} {
		names[name] = must(r.create(t, handedOver("2025-12-22")))(t)
	}
	client := pb.NewFreezeServiceClient(r.officer)
	r.look(t, "2026-01-20")
	same := must(client.CompareCarryOver(t.Context(), &pb.CompareCarryOverRequest{Parent: r.parent, Year: 2026}))(t)
	sameMessage(t, "before anything changed", &pb.CompareCarryOverResponse{CarriedForward: "4", CarriedIn: "4"}, same)

	names["registered late"] = must(r.create(t, handedOver("2025-12-31")))(t)
	must(r.act(t, names["stays"].GetName(), replied("2026-01-12")...))(t)
	must(r.act(t, names["concluded late"].GetName(), replied("2025-12-29")...))(t)
	must(r.act(t, names["corrected"].GetName(), kindCorrected("RESEARCH")))(t)
	must(pb.NewApplicationServiceClient(r.other).ActOnApplication(t.Context(), &pb.ActOnApplicationRequest{
		Name: names["voided"].GetName(), Actions: []*pb.Action{action(&pb.Void{VoidDate: "2026-01-20", Reason: "重复登记"})},
	}))(t)
	got := must(client.CompareCarryOver(inEnglish(t.Context()), &pb.CompareCarryOverRequest{Parent: r.parent, Year: 2026}))(t)
	if got.GetCarriedForward() != "4" || got.GetCarriedIn() != "3" || got.GetFrozen() {
		t.Errorf("%s carried forward, %s in, frozen %v", got.GetCarriedForward(), got.GetCarriedIn(), got.GetFrozen())
	}
	reasons := map[string]string{}
	for _, d := range got.GetDifferences() {
		reasons[fmt.Sprint(d.GetEntry().GetApplicationNo(), " ", d.GetAdded())] = d.GetReason()
		if d.GetActor() == "" || d.GetRecordTime().AsTime().Before(r.now().Truncate(time.Second)) {
			t.Errorf("recorded by %q at %v", d.GetActor(), d.GetRecordTime().AsTime())
		}
	}
	want := map[string]string{
		names["registered late"].GetApplicationNo() + " true": "registered late: received 2025-12-31, recorded after the carry-over",
		names["concluded late"].GetApplicationNo() + " false": "deliver: first concluded 2025-12-29, before —",
		names["corrected"].GetApplicationNo() + " false":      "correct: kind of applicant research bodies, before natural persons",
		names["corrected"].GetApplicationNo() + " true":       "correct: kind of applicant research bodies, before natural persons",
		names["voided"].GetApplicationNo() + " false":         "voided: it was registered by mistake and counts no more",
	}
	if diff := cmp.Diff(want, reasons); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}

	frozen := must(r.freeze(t, r.chief, 2025))(t)
	after := must(client.CompareCarryOver(t.Context(), &pb.CompareCarryOverRequest{Parent: r.parent, Year: 2026}))(t)
	sameMessage(t, fmt.Sprint("against the frozen report ", frozen.GetVersion()), &pb.CompareCarryOverResponse{CarriedForward: "3", CarriedIn: "3", Frozen: true}, after)
}

// TestChecksAgainstTheFrozenYear: what this year carries in is held against what was
// submitted for the last, not against what its cases say while they are being amended.
func TestChecksAgainstTheFrozenYear(t *testing.T) {
	r := newArchive(t, "2026-01-20").office(t, "own")
	must(r.create(t, handedOver("2025-12-22")))(t)
	carried := func() pb.Finding_Status {
		t.Helper()
		res, err := pb.NewOversightServiceClient(r.chief).ListChecks(t.Context(), &pb.ListChecksRequest{Parent: r.parent, Year: 2026, Form: "table-2021"})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range res.GetChecks() {
			if c.GetId() == "B4/total" {
				return c.GetStatus()
			}
		}
		t.Fatal("no check of what was carried over")
		return 0
	}
	must(r.freeze(t, r.chief, 2025))(t)
	if got := carried(); got != pb.Finding_PASS {
		t.Errorf("carried over as submitted: %v", got)
	}
	must(r.amend(t, r.chief, 2025, "漏登"))(t)
	must(r.create(t, handedOver("2025-12-23")))(t)
	if got := carried(); got != pb.Finding_FAIL {
		t.Errorf("one more than was submitted: %v", got)
	}
	must(r.freeze(t, r.other, 2025))(t)
	if got := carried(); got != pb.Finding_PASS {
		t.Errorf("submitted anew: %v", got)
	}
}
