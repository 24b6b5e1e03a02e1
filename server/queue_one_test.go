package server_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// TestQueueOfOne compares the entry of one application with that of the whole queue.
func TestQueueOfOne(t *testing.T) {
	o := newOffice(t, today)
	open := o.register(t, handedOver("2026-06-12"))
	o.register(t, handedOver("2026-05-06"))
	closed := o.register(t, handedOver("2026-06-01"))
	o.act(t, closed.GetName(), action(&pb.Withdraw{WithdrawDate: "2026-06-05"}))
	c := pb.NewQueueServiceClient(o.conn(t, workflow.Officer, "own"))
	for _, e := range queue(t, t.Context(), c, &pb.ListQueueRequest{Parent: "agencies/own", PageSize: 10}) {
		one, err := c.ListQueue(t.Context(), &pb.ListQueueRequest{Parent: "agencies/own", Name: e.GetName()})
		if err != nil || len(one.GetEntries()) != 1 || one.GetNextPageToken() != "" || one.GetOnDate() != today {
			t.Fatalf("%s: %v, %v", e.GetName(), one, err)
		}
		sameMessage(t, e.GetName(), e, one.GetEntries()[0])
	}
	rest, err := c.ListQueue(t.Context(), &pb.ListQueueRequest{Parent: "agencies/own", Name: closed.GetName()})
	if err != nil || len(rest.GetEntries()) != 0 {
		t.Errorf("one at rest: %v, %v", rest, err)
	}
	o.agency(t, "other", "")
	stranger := pb.NewQueueServiceClient(o.conn(t, workflow.Supervisor, "other"))
	for name, req := range map[string]*pb.ListQueueRequest{
		"another agency's by its own parent": {Parent: "agencies/own", Name: open.GetName()},
		"another agency's by one's own":      {Parent: "agencies/other", Name: open.GetName()},
		"unknown":                            {Parent: "agencies/other", Name: "agencies/other/applications/zzz"},
	} {
		if _, err := stranger.ListQueue(t.Context(), req); status.Code(err) != codes.NotFound {
			t.Errorf("%s: %v, want NOT_FOUND", name, err)
		}
	}
}

// TestExplainWhatWouldBe compares the deadline after acts that are only asked about with
// that after the same acts once they are recorded.
func TestExplainWhatWouldBe(t *testing.T) {
	o := newOffice(t, today)
	a := o.register(t, handedOver("2026-06-12"))
	c := pb.NewApplicationServiceClient(o.conn(t, workflow.Supervisor, "own"))
	acts := []*pb.Action{
		action(&pb.Consult{Kind: "THIRD_PARTY", SendDate: "2026-06-15", ReceiveDate: "2026-06-16"}),
		action(&pb.ReceiveOpinion{ReceiveDate: "2026-06-23", Opinion: "CONSENT"}),
		action(&pb.Extend{Workdays: 10, NotifyDate: "2026-06-24"}),
	}
	before, err := c.ExplainDeadline(t.Context(), &pb.ExplainDeadlineRequest{Name: a.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	would, err := c.ExplainDeadline(t.Context(), &pb.ExplainDeadlineRequest{Name: a.GetName(), Actions: acts})
	if err != nil {
		t.Fatal(err)
	}
	if still, err := c.ExplainDeadline(t.Context(), &pb.ExplainDeadlineRequest{Name: a.GetName()}); err != nil {
		t.Fatal(err)
	} else {
		sameMessage(t, "nothing is recorded", before, still)
	}
	o.act(t, a.GetName(), acts...)
	after, err := c.ExplainDeadline(t.Context(), &pb.ExplainDeadlineRequest{Name: a.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	sameMessage(t, "what would be", after, would)
	kinds := map[pb.TraceDay_Kind]int{}
	for _, d := range after.GetTrace() {
		kinds[d.GetKind()]++
		if (d.GetKind() == pb.TraceDay_WORKDAY) != d.GetCounted() {
			t.Errorf("%s is %s, counted %v", d.GetDate(), d.GetKind(), d.GetCounted())
		}
	}
	if kinds[pb.TraceDay_START] != 1 || kinds[pb.TraceDay_WORKDAY] != 30 || kinds[pb.TraceDay_SUSPENDED] != 8 || kinds[pb.TraceDay_REST] == 0 {
		t.Errorf("the days are %v", kinds)
	}
	_, err = c.ExplainDeadline(t.Context(), &pb.ExplainDeadlineRequest{Name: a.GetName(), Actions: acts[2:]})
	if status.Code(err) != codes.FailedPrecondition {
		t.Errorf("a second extension: %v", err)
	}
}
