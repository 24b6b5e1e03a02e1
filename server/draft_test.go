package server_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// What a draft is told is what it is told once it is registered, and asking records nothing.
func TestDraftsAreJudgedAsRegistered(t *testing.T) {
	e := start(t, today)
	e.agency(t, "jyj", "")
	conn := e.conn(t, workflow.Officer, "jyj")
	apps, advice := pb.NewApplicationServiceClient(conn), pb.NewAdviceServiceClient(conn)
	who := &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON, DisplayName: "示例人", Phone: "13800000000"}
	old := &pb.Application{Channel: pb.Application_IN_PERSON, ArriveDate: "2026-06-01", Applicant: who, Description: "2025年度示例预算"}
	if _, err := apps.CreateApplication(t.Context(), &pb.CreateApplicationRequest{Parent: "agencies/jyj", Application: old}); err != nil {
		t.Fatal(err)
	}
	confirm := []*pb.Action{{Action: &pb.Action_Confirm{Confirm: &pb.Confirm{ReceiveDate: "2026-06-29"}}}}
	draft := &pb.Application{Channel: pb.Application_POST_ORDINARY, ArriveDate: "2026-06-26", Applicant: who, Description: "2025年度示例预算明细"}
	const name = "agencies/jyj/applications/-"
	before, err := apps.ExplainDeadline(t.Context(), &pb.ExplainDeadlineRequest{Name: name, Draft: draft, Actions: confirm})
	if err != nil {
		t.Fatal(err)
	}
	like, err := advice.FindSimilar(t.Context(), &pb.FindSimilarRequest{Name: name, Draft: draft})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(like.GetApplications()); n != 1 || len(like.GetApplications()[0].GetSameBy()) == 0 {
		t.Errorf("like the draft are %v, want the earlier one of the same applicant", like.GetApplications())
	}
	list, err := apps.ListApplications(t.Context(), &pb.ListApplicationsRequest{Parent: "agencies/jyj"})
	if err != nil || len(list.GetApplications()) != 1 {
		t.Fatalf("asking about a draft left %d applications (%v), want 1", len(list.GetApplications()), err)
	}
	made, err := apps.CreateApplication(t.Context(), &pb.CreateApplicationRequest{Parent: "agencies/jyj", Application: draft, Actions: confirm})
	if err != nil {
		t.Fatal(err)
	}
	after, err := apps.ExplainDeadline(t.Context(), &pb.ExplainDeadlineRequest{Name: made.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	after.ApplicationNo = "" // which a draft has not got
	if diff := cmp.Diff(after, before, protocmp.Transform()); diff != "" {
		t.Errorf("the draft was told otherwise (-registered +draft):\n%s", diff)
	}
	if len(before.GetTrace()) == 0 || before.GetDeadline().GetDueDate() == "" {
		t.Errorf("the draft has no deadline: %v", before)
	}
}

func TestDraftsRefused(t *testing.T) {
	e := start(t, today)
	e.agency(t, "jyj", "")
	e.agency(t, "other", "")
	apps := pb.NewApplicationServiceClient(e.conn(t, workflow.Officer, "jyj"))
	good := func() *pb.Application {
		return &pb.Application{Channel: pb.Application_IN_PERSON, ArriveDate: "2026-06-26", Applicant: &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON}}
	}
	confirm := []*pb.Action{{Action: &pb.Action_Confirm{Confirm: &pb.Confirm{ReceiveDate: "2026-06-29"}}}}
	for _, x := range []struct {
		name   string
		req    *pb.ExplainDeadlineRequest
		reason pb.Reason
		field  string
	}{
		{"an id", &pb.ExplainDeadlineRequest{Name: "agencies/jyj/applications/abc", Draft: good()}, pb.Reason_FIELD_INVALID, "name"},
		{"another agency", &pb.ExplainDeadlineRequest{Name: "agencies/other/applications/-", Draft: good()}, pb.Reason_RESOURCE_NOT_FOUND, ""},
		{"no draft", &pb.ExplainDeadlineRequest{Name: "agencies/jyj/applications/-"}, pb.Reason_RESOURCE_NOT_FOUND, ""},
		{"no channel", &pb.ExplainDeadlineRequest{Name: "agencies/jyj/applications/-", Draft: &pb.Application{ArriveDate: "2026-06-26"}}, pb.Reason_FIELD_INVALID, "draft.channel"},
		{"nothing to confirm", &pb.ExplainDeadlineRequest{Name: "agencies/jyj/applications/-", Draft: good(), Actions: confirm}, pb.Reason_ACTION_NOT_POSSIBLE, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, err := apps.ExplainDeadline(t.Context(), x.req)
			if !client.ReasonIs(err, x.reason) || x.field != "" && client.Metadata(err)["field"] != x.field {
				t.Errorf("answered %v (field %q), want %s at %q", err, client.Metadata(err)["field"], x.reason, x.field)
			}
		})
	}
}

// What is open is counted once each: late, due, waiting or standing still.
func TestQueueCounts(t *testing.T) {
	e := start(t, today) // a Tuesday
	e.agency(t, "jyj", "")
	conn := e.conn(t, workflow.Supervisor, "jyj")
	apps, queue := pb.NewApplicationServiceClient(conn), pb.NewQueueServiceClient(conn)
	register := func(day string, acts ...*pb.Action) {
		t.Helper()
		_, err := apps.CreateApplication(t.Context(), &pb.CreateApplicationRequest{Parent: "agencies/jyj", Actions: acts, Application: &pb.Application{
			Channel: pb.Application_IN_PERSON, ArriveDate: day, Applicant: &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON},
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	register("2026-05-29")                                                                                                                                                                    // due 06-29
	register("2026-06-01")                                                                                                                                                                    // due 06-30
	register("2026-06-02")                                                                                                                                                                    // due 07-01
	register("2026-06-05")                                                                                                                                                                    // due 07-06, next week
	register("2026-06-04", assign("科室"))                                                                                                                                                      // due 07-03
	register("2026-06-15", &pb.Action{Action: &pb.Action_RequestSupplement{RequestSupplement: &pb.RequestSupplement{NotifyDate: "2026-06-18", DueDate: "2026-07-10", Items: []string{"一"}}}}) // stands still
	register("2026-06-16", &pb.Action{Action: &pb.Action_Decide{Decide: &pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-06-29"}}})                                                  // to be delivered
	for _, x := range []struct {
		name string
		req  *pb.ListQueueRequest
		want *pb.QueueCounts
	}{
		{"all", &pb.ListQueueRequest{Count: true}, &pb.QueueCounts{Open: 7, Overdue: 1, DueToday: 1, DueNext: 1, DueThisWeek: 3, Suspended: 1, Undelivered: 1}},
		{"of one", &pb.ListQueueRequest{Count: true, Holder: "科室"}, &pb.QueueCounts{Open: 1, DueThisWeek: 1}},
		{"a week later", &pb.ListQueueRequest{Count: true, OnDate: "2026-07-06"}, &pb.QueueCounts{Open: 7, Overdue: 4, DueToday: 1, DueThisWeek: 1, Suspended: 1, Undelivered: 1}},
		{"not asked for", &pb.ListQueueRequest{}, nil},
	} {
		t.Run(x.name, func(t *testing.T) {
			x.req.Parent = "agencies/jyj"
			res, err := queue.ListQueue(t.Context(), x.req)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(x.want, res.GetCounts(), protocmp.Transform()); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}

func assign(holder string) *pb.Action {
	return &pb.Action{Action: &pb.Action_Assign{Assign: &pb.Assign{AssignDate: "2026-06-08", Holder: holder}}}
}
