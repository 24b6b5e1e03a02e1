package server_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// TestFrozenYearOfAnHeir: once a unit is merged its cases count with its successor, so
// that no act in its register changes the successor's frozen year silently.
func TestFrozenYearOfAnHeir(t *testing.T) {
	r := newArchive(t, "2026-01-20")
	for _, id := range []string{"heir", "old"} {
		r.agency(t, id, "")
	}
	heir := &archive{env: r.env, parent: "agencies/heir", chief: r.conn(t, workflow.Supervisor, "heir"), other: r.conn(t, workflow.Supervisor, "heir")}
	old := &archive{env: r.env, parent: "agencies/old", chief: r.conn(t, workflow.Supervisor, "old")}
	open := must(old.create(t, handedOver("2024-05-06")))(t)
	_, err := pb.NewAgencyServiceClient(r.admin).UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{
		Agency: &pb.Agency{Name: "agencies/old", Successor: "agencies/heir", AbolishDate: "2024-06-01"}, UpdateMask: "successor,abolish_date",
	})
	if err != nil {
		t.Fatal(err)
	}
	must(heir.freeze(t, heir.chief, 2025))(t)
	_, err = old.act(t, open.GetName(), replied("2025-02-10")...)
	wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_YEAR_FROZEN)
	if !strings.Contains(status.Convert(err).Message(), "--agency heir --year 2025") {
		t.Errorf("the refusal names no agency: %v", err)
	}
	if _, err = old.act(t, open.GetName(), replied("2026-01-12")...); err != nil {
		t.Errorf("open over the end of 2025 as before: %v", err)
	}
}

// TestHeirOfAFrozenYear: a merger that is entered after the year was frozen, with a day
// before, would move cases into the successor's year or out of it.
func TestHeirOfAFrozenYear(t *testing.T) {
	r := newArchive(t, "2026-01-20")
	for _, id := range []string{"heir", "old", "idle", "older"} {
		r.agency(t, id, "")
	}
	of := func(id string) *archive {
		return &archive{env: r.env, parent: "agencies/" + id, chief: r.conn(t, workflow.Supervisor, id), other: r.conn(t, workflow.Supervisor, id)}
	}
	heir := of("heir")
	must(of("old").create(t, handedOver("2025-05-06")))(t)
	must(of("older").create(t, handedOver("2025-03-04")))(t)
	must(heir.freeze(t, heir.chief, 2025))(t)
	merge := func(id, successor, on string) error {
		_, err := pb.NewAgencyServiceClient(r.admin).UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{
			Agency: &pb.Agency{Name: "agencies/" + id, Successor: successor, AbolishDate: on}, UpdateMask: "successor,abolish_date",
		})
		return err
	}
	if err := merge("idle", "agencies/heir", "2024-06-01"); err != nil {
		t.Errorf("nothing of its counts: %v", err)
	}
	if err := merge("older", "agencies/idle", "2025-06-01"); err != nil {
		t.Errorf("through its own year of 2025 it counts by itself: %v", err)
	}
	wantRefusal(t, merge("older", "agencies/idle", "2024-06-01"), codes.FailedPrecondition, pb.Reason_YEAR_FROZEN)
	wantRefusal(t, merge("old", "agencies/heir", "2024-06-01"), codes.FailedPrecondition, pb.Reason_YEAR_FROZEN)
	must(heir.amend(t, heir.chief, 2025, "合并日期漏登"))(t)
	if err := merge("old", "agencies/heir", "2024-06-01"); err != nil {
		t.Errorf("while the year is being amended: %v", err)
	}
	must(heir.freeze(t, heir.other, 2025))(t)
	wantRefusal(t, merge("old", "agencies/heir", "2025-06-01"), codes.FailedPrecondition, pb.Reason_YEAR_FROZEN)
	wantRefusal(t, merge("old", "", ""), codes.FailedPrecondition, pb.Reason_YEAR_FROZEN)
}

// TestFrozenYearKeepsItsPrint: the print of the coded table has no date, so that another one
// would show a frozen year otherwise than it was submitted.
func TestFrozenYearKeepsItsPrint(t *testing.T) {
	r := newArchive(t, "2017-02-20").office(t, "own")
	print := func(variant string) error {
		_, err := pb.NewAgencyServiceClient(r.admin).UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{
			Agency: &pb.Agency{Name: r.parent, CodesVariant: variant}, UpdateMask: "codes_variant",
		})
		return err
	}
	if err := print("national"); err != nil {
		t.Fatal(err)
	}
	if err := print(""); err != nil {
		t.Fatal(err)
	}
	must(r.freeze(t, r.chief, 2016))(t)
	if err := print("shanghai"); err != nil {
		t.Errorf("the same print by its name: %v", err)
	}
	wantRefusal(t, print("national"), codes.FailedPrecondition, pb.Reason_YEAR_FROZEN)
}
