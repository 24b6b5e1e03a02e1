package server_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// overseer is an office with what its report is checked by.
type overseer struct {
	*office
	checks, officers pb.OversightServiceClient
	figures          pb.ReportServiceClient
}

func newOverseer(t *testing.T) *overseer {
	t.Helper()
	o := newOffice(t, today)
	statistician := o.conn(t, workflow.Statistician, "own")
	return &overseer{
		office: o, checks: pb.NewOversightServiceClient(statistician), figures: pb.NewReportServiceClient(statistician),
		officers: pb.NewOversightServiceClient(o.conn(t, workflow.Officer, "own")),
	}
}

// list returns the checks of a report by id.
func (o *overseer) list(t *testing.T, year int32, form string) map[string]*pb.Check {
	t.Helper()
	res, err := o.checks.ListChecks(inEnglish(t.Context()), &pb.ListChecksRequest{Parent: "agencies/own", Year: year, Form: form})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*pb.Check{}
	for _, c := range res.GetChecks() {
		if out[c.GetId()] != nil || c.GetMessage() == "" || c.GetSource() == "" {
			t.Errorf("%s stands twice, or without words or source", c.GetId())
		}
		out[c.GetId()] = c
	}
	return out
}

// ended registers an application of 2026 and ends it on a basis.
func (o *overseer) ended(t *testing.T, basis string) *pb.Application {
	t.Helper()
	if basis == "other.withdrawn" {
		return o.register(t, handedOver("2026-03-02"), action(&pb.Withdraw{WithdrawDate: "2026-03-06", Reason: "不需要"}))
	}
	return o.register(t, handedOver("2026-03-02"),
		action(&pb.Decide{Basis: basis, DecideDate: "2026-03-05", ReviewFirstTold: strings.HasPrefix(basis, "refused.")}), action(&pb.Deliver{Mode: "IN_PERSON", DeliverDate: "2026-03-06"}))
}

func (o *overseer) narrate(t *testing.T, year int32, chapters map[int32]string) {
	t.Helper()
	if _, err := o.checks.SetNarrative(t.Context(), &pb.SetNarrativeRequest{Parent: "agencies/own", Year: year, Chapters: chapters}); err != nil {
		t.Fatal(err)
	}
}

func TestListChecks(t *testing.T) {
	o := newOverseer(t)
	o.ended(t, "disclosed.provided")
	refused := o.ended(t, "refused.internal_affairs")
	if _, err := o.remedies.CreateRemedy(t.Context(), &pb.CreateRemedyRequest{Parent: "agencies/own", Remedy: &pb.Remedy{
		Application: refused.GetName(), Kind: pb.Remedy_LITIGATION, FileDate: "2026-04-01", Capacity: pb.Remedy_ORIGINAL,
	}}); err != nil {
		t.Fatal(err)
	}
	o.narrate(t, 2026, map[int32]string{1: "收到政府信息公开申请3件，办结2件。", 5: "无"})
	got := o.list(t, 2026, "table-2021")
	for id, want := range map[string]pb.Finding_Status{
		"B1/total": pb.Finding_PASS, "X.noCell": pb.Finding_PASS, "X.register": pb.Finding_PASS, "P/received.1": pb.Finding_FAIL, "P/handled.1": pb.Finding_PASS,
		"X.chapter5Empty": pb.Finding_FAIL, "X.directSuit": pb.Finding_UNCERTAIN, "X.feesVersusChapter6": pb.Finding_NOT_ASSESSABLE, "BLANK": pb.Finding_UNCERTAIN,
	} {
		if got[id].GetStatus() != want {
			t.Errorf("%s is %s, want %s: %s", id, got[id].GetStatus(), want, got[id].GetMessage())
		}
	}
	suit := got["X.directSuit"]
	want := []*pb.CellEntry{{Application: refused.GetName(), ApplicationNo: refused.GetApplicationNo(), RemedyKind: "litigation", FileDate: "2026-04-01"}}
	if diff := cmp.Diff(want, suit.GetEntries(), protocmp.Transform()); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"newReceived/total"}, got["P/received.1"].GetCells()); diff != "" || !got["P/received.1"].GetHard() {
		t.Errorf("evidence of the claim:\n%s", diff)
	}
	late := o.list(t, 2026, "codes-2014")
	if c := late["X.ambiguousBasis/refused.internal_affairs"]; c.GetStatus() != pb.Finding_UNCERTAIN || len(c.GetEntries()) != 1 || c.GetEntries()[0].GetApplication() != refused.GetName() {
		t.Errorf("ambiguous basis: %v", c)
	}
}

// What a check names opens into exactly what it counts.
func TestCheckCellsOpen(t *testing.T) {
	o := newOverseer(t)
	o.ended(t, "disclosed.provided")
	o.ended(t, "other.withdrawn")
	for _, form := range []string{"table-2019", "table-2021", "codes-2014"} {
		for id, c := range o.list(t, 2026, form) {
			for _, cell := range c.GetCells() {
				if _, err := o.figures.ListCellEntries(t.Context(), &pb.ListCellEntriesRequest{Parent: "agencies/own", Year: 2026, Form: form, Cell: cell}); err != nil {
					t.Errorf("%s of %s: %v", id, form, err)
				}
			}
		}
	}
}

// A case that the form has no column for is shown the day it happens.
func TestCaseInNoCell(t *testing.T) {
	o := newOverseer(t)
	o.ended(t, "disclosed.provided")
	if c := o.list(t, 2026, "table-2021")["X.noCell"]; c.GetStatus() != pb.Finding_PASS {
		t.Fatalf("before: %v", c)
	}
	stray := &workflow.Application{Agency: "own", ApplicationNo: "2026-90000", Revision: 1, Acts: []workflow.Act{
		{Revision: 1, Action: workflow.ActSubmit, Channel: workflow.InPerson, Date: day(t, "2026-05-06")},
	}}
	insertStray(t, o.env, stray)
	c := o.list(t, 2026, "table-2021")["X.noCell"]
	if c.GetStatus() != pb.Finding_FAIL || !c.GetHard() || len(c.GetEntries()) != 1 || c.GetEntries()[0].GetApplicationNo() != "2026-90000" {
		t.Errorf("after: %v", c)
	}
}

func TestAcceptCheck(t *testing.T) {
	o := newOverseer(t)
	o.ended(t, "other.withdrawn")
	id := uuid.NewString()
	accept := func(check, reason, request string) (*pb.Check, error) {
		return o.checks.AcceptCheck(t.Context(), &pb.AcceptCheckRequest{
			Parent: "agencies/own", Year: 2026, Form: "table-2021", Id: check, Reason: reason, RequestId: request,
		})
	}
	first, err := accept("X.otherShare", "仅有一件，申请人撤回", id)
	if err != nil {
		t.Fatal(err)
	}
	if first.GetAcceptReason() != "仅有一件，申请人撤回" || first.GetAcceptActor() == "" || first.GetAcceptTime() == nil || first.GetStatus() != pb.Finding_UNCERTAIN {
		t.Errorf("accepted as %v", first)
	}
	if c := o.list(t, 2026, "table-2021")["X.otherShare"]; c.GetAcceptReason() == "" || c.GetAcceptTime() == nil {
		t.Errorf("not kept: %v", c)
	}
	open, err := o.checks.ListChecks(t.Context(), &pb.ListChecksRequest{Parent: "agencies/own", Year: 2026, Form: "table-2021", OpenOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range open.GetChecks() {
		if c.GetId() == "X.otherShare" || c.GetStatus() == pb.Finding_PASS || c.GetStatus() == pb.Finding_NOT_ASSESSABLE {
			t.Errorf("open: %v", c)
		}
	}
	// Other evidence: the acceptance lapses, while the same request still has its result.
	o.ended(t, "other.withdrawn")
	if c := o.list(t, 2026, "table-2021")["X.otherShare"]; c.GetAcceptReason() != "" {
		t.Errorf("it stands for other evidence: %v", c)
	}
	again, err := accept("X.otherShare", "仅有一件，申请人撤回", id)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again, protocmp.Transform()); diff != "" {
		t.Errorf("again (-first +again):\n%s", diff)
	}
	if c := o.list(t, 2026, "table-2021")["X.otherShare"]; c.GetAcceptReason() != "" {
		t.Errorf("the retry accepted it anew: %v", c)
	}
	if _, err := accept("X.otherShare", "撤回两件", uuid.NewString()); err != nil {
		t.Fatal(err)
	}
	if c := o.list(t, 2026, "table-2021")["X.otherShare"]; c.GetAcceptReason() != "撤回两件" {
		t.Errorf("accepted anew: %v", c)
	}
}

func TestAcceptCheckRefuses(t *testing.T) {
	o := newOverseer(t)
	o.ended(t, "other.withdrawn")
	o.narrate(t, 2026, map[int32]string{1: "收到政府信息公开申请3件。"})
	for _, tc := range []struct {
		name, check, reason string
		code                codes.Code
		why                 pb.Reason
	}{
		{"passes", "B1/total", "x", codes.FailedPrecondition, pb.Reason_CHECK_NOT_ACCEPTABLE},
		{"hard", "P/received.1", "x", codes.FailedPrecondition, pb.Reason_CHECK_NOT_ACCEPTABLE},
		{"unknown", "B9", "x", codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND},
		{"no reason", "X.otherShare", " ", codes.InvalidArgument, pb.Reason_FIELD_INVALID},
		{"long reason", "X.otherShare", strings.Repeat("由", 2001), codes.InvalidArgument, pb.Reason_FIELD_INVALID},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := o.checks.AcceptCheck(t.Context(), &pb.AcceptCheckRequest{Parent: "agencies/own", Year: 2026, Form: "table-2021", Id: tc.check, Reason: tc.reason})
			wantRefusal(t, err, tc.code, tc.why)
		})
	}
	_, err := o.officers.AcceptCheck(t.Context(), &pb.AcceptCheckRequest{Parent: "agencies/own", Year: 2026, Form: "table-2021", Id: "X.otherShare", Reason: "x"})
	wantRefusal(t, err, codes.PermissionDenied, pb.Reason_ROLE_NOT_ALLOWED)
	o.agency(t, "far", "")
	_, err = o.checks.ListChecks(t.Context(), &pb.ListChecksRequest{Parent: "agencies/far", Year: 2026, Form: "table-2021"})
	wantRefusal(t, err, codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND)
}

func TestNarrative(t *testing.T) {
	o := newOverseer(t)
	o.ended(t, "disclosed.provided")
	id := uuid.NewString()
	set := func(request string, chapters map[int32]string) *pb.Narrative {
		t.Helper()
		n, err := o.checks.SetNarrative(t.Context(), &pb.SetNarrativeRequest{Parent: "agencies/own", Year: 2026, Chapters: chapters, RequestId: request})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	first := set(id, map[int32]string{1: "甲", 6: "无"})
	set(uuid.NewString(), map[int32]string{1: "乙"})
	if diff := cmp.Diff(first, set(id, map[int32]string{6: "无", 1: "甲"}), protocmp.Transform()); diff != "" {
		t.Errorf("again (-first +again):\n%s", diff)
	}
	got, err := o.officers.GetNarrative(t.Context(), &pb.GetNarrativeRequest{Parent: "agencies/own", Year: 2026})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[int32]string{1: "乙", 6: "无"}, got.GetChapters()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// The suggestion, kept as it is, agrees with the tables.
	o.narrate(t, 2026, map[int32]string{1: got.GetSuggestion()})
	n := 0
	for check, c := range o.list(t, 2026, "table-2021") {
		if strings.HasPrefix(check, "P/") {
			n++
			if c.GetStatus() != pb.Finding_PASS {
				t.Errorf("%s: %s", check, c.GetMessage())
			}
		}
	}
	if n < 4 {
		t.Errorf("%d claims in %q", n, got.GetSuggestion())
	}
	for name, chapters := range map[string]map[int32]string{"none": nil, "seven": {7: "x"}, "long": {2: strings.Repeat("长", 100_001)}} {
		_, err := o.checks.SetNarrative(t.Context(), &pb.SetNarrativeRequest{Parent: "agencies/own", Year: 2026, Chapters: chapters})
		if err == nil {
			t.Errorf("%s was taken", name)
			continue
		}
		wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID)
	}
}

// insertStray writes an application that no call would take, past the service.
func insertStray(t *testing.T, e *env, a *workflow.Application) {
	t.Helper()
	if err := (workflow.Rules{Calendar: calendar.Embedded()}).Fold(a); err != nil {
		t.Fatal(err)
	}
	err := e.store.Update(t.Context(), "own", func(w storage.Writer) error {
		return w.InsertApplication(a, storage.Caches{}, storage.Event{Agency: "own", Revision: 1, Action: "submit", Facts: []byte("{}")})
	})
	if err != nil {
		t.Fatal(err)
	}
}
