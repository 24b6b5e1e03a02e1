package server_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

func TestListApplications(t *testing.T) {
	o := newOffice(t, today)
	for i := range 7 {
		in := handedOver(fmt.Sprintf("2026-06-%02d", i+1))
		if i%2 == 1 {
			in.Applicant.Kind = pb.Applicant_BUSINESS
			in.ApplicationNo = fmt.Sprintf("公司/%d", i)
		}
		o.register(t, in)
	}
	numbers := func(t *testing.T, req *pb.ListApplicationsRequest) (pages [][]string) {
		t.Helper()
		req.Parent = "agencies/own"
		for {
			res, err := o.officer.ListApplications(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			page := []string{}
			for _, a := range res.GetApplications() {
				page = append(page, a.GetApplicationNo())
			}
			pages = append(pages, page)
			if req.PageToken = res.GetNextPageToken(); req.GetPageToken() == "" {
				return pages
			}
		}
	}
	all := []string{"2026-00001", "公司/1", "2026-00002", "公司/3", "2026-00003", "公司/5", "2026-00004"}
	for _, tt := range []struct {
		name string
		req  *pb.ListApplicationsRequest
		want [][]string
	}{
		{"all", &pb.ListApplicationsRequest{}, [][]string{all}},
		{"the largest page", &pb.ListApplicationsRequest{PageSize: 5000}, [][]string{all}},
		{"pages", &pb.ListApplicationsRequest{PageSize: 3}, [][]string{all[:3], all[3:6], all[6:]}},
		{"a page that just fits", &pb.ListApplicationsRequest{PageSize: 7}, [][]string{all}},
		{"filtered pages", &pb.ListApplicationsRequest{PageSize: 2, Filter: "applicant_kind = BUSINESS"}, [][]string{{"公司/1", "公司/3"}, {"公司/5"}}},
		{"a number", &pb.ListApplicationsRequest{Filter: `application_no = "公司/3"`}, [][]string{{"公司/3"}}},
		{"a number that nobody has", &pb.ListApplicationsRequest{Filter: `application_no = "公司/4"`}, [][]string{{}}},
		{"days", &pb.ListApplicationsRequest{Filter: "receive_date > 2026-06-02 AND receive_date <= 2026-06-04"}, [][]string{{"2026-00002", "公司/3"}}},
		{"nothing", &pb.ListApplicationsRequest{Filter: "state = CLOSED"}, [][]string{{}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, numbers(t, tt.req)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	first, err := o.officer.ListApplications(t.Context(), &pb.ListApplicationsRequest{Parent: "agencies/own", PageSize: 3})
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.officer.ListApplications(t.Context(), &pb.ListApplicationsRequest{
		Parent: "agencies/own", PageToken: first.GetNextPageToken(), Filter: "state = RECEIVED",
	})
	wantRefusal(t, err, codes.InvalidArgument, pb.Reason_INVALID_PAGE_TOKEN)
	other, err := o.officer.ListApplications(t.Context(), &pb.ListApplicationsRequest{Parent: "agencies/own", PageToken: first.GetNextPageToken(), PageSize: 1})
	if err != nil || len(other.GetApplications()) != 1 || other.GetApplications()[0].GetApplicationNo() != all[3] {
		t.Errorf("a page of another size: %v, %v", other, err)
	}
}

func TestListEvents(t *testing.T) {
	o := newOffice(t, today)
	in := handedOver("2026-06-01")
	in.Channel = pb.Application_FAX
	name := o.register(t, in, action(&pb.Confirm{ReceiveDate: "2026-06-02"})).GetName()
	acts := []*pb.Action{
		action(&pb.Extend{Workdays: 10, NotifyDate: "2026-06-20", Approver: "测试负责人", Reason: "案情复杂"}),
		action(&pb.Consult{Kind: "THIRD_PARTY", SendDate: "2026-06-10", ReceiveDate: "2026-06-11", Party: "测试公司"}),
		action(&pb.ReceiveOpinion{Consultation: 1, ReceiveDate: "2026-06-23", Opinion: "OBJECTION"}),
		action(&pb.Correct{Reason: "意见日期登错", Amendments: []*pb.Amendment{
			{Revision: 5, Change: &pb.Amendment_Action{Action: action(&pb.ReceiveOpinion{Consultation: 1, ReceiveDate: "2026-06-24", Opinion: "OBJECTION"})}},
			{Revision: 1, Change: &pb.Amendment_Registration{Registration: &pb.Registration{ArriveDate: "2026-06-01", Channel: "FAX", ApplicantKind: "BUSINESS"}}},
		}}),
	}
	after := o.act(t, name, acts...)
	if after.GetApplicant().GetKind() != pb.Applicant_BUSINESS || after.GetConsultations()[0].GetEndDate() != "2026-06-24" {
		t.Errorf("corrected: %v", after)
	}
	want := []*pb.Event{
		{Revision: 1, State: pb.Application_SUBMITTED, Article: "Arts 29, 31(2), 31(3)"},
		{Revision: 2, State: pb.Application_RECEIVED, Article: "Art 31(2), 31(3)", Action: action(&pb.Confirm{ReceiveDate: "2026-06-02"})},
		{Revision: 3, State: pb.Application_RECEIVED, Article: "Art 33", Action: acts[0]},
		{Revision: 4, State: pb.Application_CONSULTING, Article: "Arts 11, 17(3), 32, 34", Action: acts[1]},
		{Revision: 5, State: pb.Application_PROCESSING, Article: "Arts 32, 34", Action: acts[2]},
		{Revision: 6, State: pb.Application_PROCESSING, Article: "Art 45", Action: acts[3]},
	}
	got := o.history(t, name)
	for _, e := range got {
		if !strings.HasPrefix(e.GetActor(), "agencies/own/principals/supervisor-") || !e.GetRecordTime().IsValid() {
			t.Errorf("event %d by %q at %v", e.GetRevision(), e.GetActor(), e.GetRecordTime())
		}
	}
	known := protocmp.IgnoreFields(&pb.Event{}, "actor", "record_time")
	if diff := cmp.Diff(want, got, protocmp.Transform(), known); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	audited, err := o.auditor.ListEvents(t.Context(), &pb.ListEventsRequest{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	want[2].Action = action(&pb.Extend{Workdays: 10, NotifyDate: "2026-06-20"})
	want[3].Action = action(&pb.Consult{Kind: "THIRD_PARTY", SendDate: "2026-06-10", ReceiveDate: "2026-06-11"})
	want[5].Action = action(&pb.Correct{Amendments: acts[3].GetCorrect().GetAmendments()})
	if diff := cmp.Diff(want, audited.GetEvents(), protocmp.Transform(), known); diff != "" {
		t.Errorf("to an auditor (-want +got):\n%s", diff)
	}
}

// TestArticleOfAnActEnteredLate: the facts of its own day choose the row.
func TestArticleOfAnActEnteredLate(t *testing.T) {
	o := newOffice(t, today)
	name := o.register(t, handedOver("2019-05-14")).GetName()
	o.act(t, name, action(&pb.Decide{Basis: "disclosed.provided", DecideDate: "2019-05-20"}), action(&pb.Extend{Workdays: 5, NotifyDate: "2019-05-16"}))
	got := o.history(t, name)
	for i, want := range []string{"Art 20; 207号 RECEIVED", "Art 21 DECIDED", "Art 24 DECIDED"} {
		if e := got[i]; e.GetArticle()+" "+e.GetState().String() != want {
			t.Errorf("event %d: %s %s, want %s", i+1, e.GetArticle(), e.GetState(), want)
		}
	}
}

func TestListPossibleActions(t *testing.T) {
	o := newOffice(t, today)
	name := o.register(t, handedOver("2026-06-01")).GetName()
	possible := func(ctx context.Context, c pb.ApplicationServiceClient) map[string]*pb.PossibleAction {
		res, err := c.ListPossibleActions(ctx, &pb.ListPossibleActionsRequest{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		out, last := map[string]*pb.PossibleAction{}, true
		for _, a := range res.GetActions() {
			if a.GetPossible() && !last {
				t.Errorf("%s is possible and comes after one that is not", a.GetAction())
			}
			if a.GetPossible() != (a.GetRefusal() == "") {
				t.Errorf("%v", a)
			}
			out[a.GetAction()], last = a, a.GetPossible()
		}
		if len(out) != 37 {
			t.Errorf("%d actions", len(out))
		}
		return out
	}
	officer, supervisor := possible(t.Context(), o.officer), possible(t.Context(), o.supervisor)
	sameMessage(t, "extending as supervisor", &pb.PossibleAction{
		Action: "extend", Label: "延期", Possible: true, Article: "Art 33", LastDate: "2026-06-30",
	}, supervisor["extend"])
	if e := officer["extend"]; e.GetPossible() || !strings.Contains(e.GetRefusal(), "您的角色不能办理") {
		t.Errorf("extending as officer: %v", e)
	}
	if e := possible(inEnglish(t.Context()), o.officer)["pay_fee"]; e.GetLabel() != "fee paid" || !strings.Contains(e.GetRefusal(), "possible in FEE_PENDING") {
		t.Errorf("paying in English: %v", e)
	}
}

func TestExplainDeadline(t *testing.T) {
	o := newOffice(t, today)
	running := o.register(t, handedOver("2026-02-14"))
	explain := func(name, on string) *pb.ExplainDeadlineResponse {
		t.Helper()
		res, err := o.officer.ExplainDeadline(t.Context(), &pb.ExplainDeadlineRequest{Name: name, OnDate: on})
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	got := explain("agencies/own/applications/no:2026-00001", "2026-03-19")
	sameMessage(t, "deadline", &pb.Deadline{DueDate: "2026-03-20", SafeDueDate: "2026-03-20", WorkdaysLeft: proto.Int32(1)}, got.GetDeadline())
	counted := slices.DeleteFunc(slices.Clone(got.GetTrace()), func(d *pb.TraceDay) bool { return !d.GetCounted() })
	if len(counted) != 20 || counted[4].GetDate() != "2026-02-28" || counted[19].GetDate() != "2026-03-20" || counted[19].GetN() != 20 {
		t.Errorf("counted %v", counted)
	}
	for _, d := range got.GetTrace() {
		if d.GetReasonZh() == "" || d.GetReasonEn() == "" || d.GetSource() == "" {
			t.Errorf("a day without its reason: %v", d)
		}
	}
	fax := handedOver("2026-06-29")
	fax.Channel = pb.Application_FAX
	if got := explain(o.register(t, fax).GetName(), ""); len(got.GetTrace()) != 0 || got.GetDeadline().GetDueDate() != "" {
		t.Errorf("unconfirmed: %v", got)
	}
	lapsed := o.register(t, handedOver("2026-06-01"), action(&pb.RequestSupplement{NotifyDate: "2026-06-03", NoticeReceiveDate: "2026-06-03", Workdays: 5, Items: []string{"名称"}}))
	if d := lapsed.GetDeadline(); !d.GetSuspended() || d.GetDueDate() != "" || d.GetWorkdaysRemaining() != 20 {
		t.Errorf("waiting for a supplement: %v", d)
	}
	o.act(t, lapsed.GetName(), action(&pb.LapseSupplement{LapseDate: "2026-06-11"}))
	if tr := explain(lapsed.GetName(), "").GetTrace(); len(tr) != 3 || tr[2].GetDate() != "2026-06-03" {
		t.Errorf("the trace of a lapsed case ends with the notice: %v", tr)
	}
	o.act(t, running.GetName(), action(&pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-03-23"}), action(&pb.Deliver{Mode: "POST", DeliverDate: "2026-03-24"}))
	closed := explain(running.GetName(), "2026-03-30")
	sameMessage(t, "deadline of a closed case", &pb.Deadline{DueDate: "2026-03-20"}, closed.GetDeadline())
	if diff := cmp.Diff(got.GetTrace(), closed.GetTrace(), protocmp.Transform()); diff != "" {
		t.Errorf("the trace changed with the closing:\n%s", diff)
	}
	if c := o.get(t, running.GetName()); c.GetConclusion().GetTiming() != pb.Application_OVERDUE || len(c.GetWarnings()) == 0 {
		t.Errorf("closed late: %v", c)
	}
}

// TestTraceOfTheCalendarOfItsTime: a closed case is explained by what was known when it
// was concluded, and not by what came to be known or was done later.
func TestTraceOfTheCalendarOfItsTime(t *testing.T) {
	o := newOffice(t, today)
	a := o.register(t, handedOver("2020-01-16"),
		action(&pb.Decide{Basis: "disclosed.provided", DecideDate: "2020-01-19"}), action(&pb.Deliver{Mode: "POST", DeliverDate: "2020-01-20"}),
		action(&pb.Replace{ReplaceDate: "2020-06-01", Reason: "自行纠错"}),
		action(&pb.DeliverRedecision{Basis: "disclosed.in_part", Mode: "POST", DeliverDate: "2020-06-10"}), action(&pb.Archive{ArchiveDate: "2021-01-04"}))
	res, err := o.officer.ExplainDeadline(t.Context(), &pb.ExplainDeadlineRequest{Name: a.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	last := res.GetTrace()[len(res.GetTrace())-1]
	if res.GetDeadline().GetDueDate() != "2020-02-18" || last.GetDate() != "2020-02-18" || last.GetN() != 20 {
		t.Errorf("due %s, the trace ends with %v", res.GetDeadline().GetDueDate(), last)
	}
}

// TestLargestPages: a page of as many rows as the store gives at once ends where the next
// begins.
func TestLargestPages(t *testing.T) {
	o := newOffice(t, today)
	const rows, most = 1003, 1000
	var all sync.WaitGroup
	for worker := range 16 {
		all.Go(func() {
			for i := worker; i < rows; i += 16 {
				if _, err := o.officer.CreateApplication(t.Context(), &pb.CreateApplicationRequest{Parent: "agencies/own", Application: handedOver("2026-06-01")}); err != nil {
					t.Error(err)
				}
				if _, err := o.remedies.CreateRemedy(t.Context(), &pb.CreateRemedyRequest{Parent: "agencies/own", Remedy: suit("")}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for name, page := range map[string]func(token string) (int, string, error){
		"applications": func(token string) (int, string, error) {
			res, err := o.officer.ListApplications(t.Context(), &pb.ListApplicationsRequest{Parent: "agencies/own", PageSize: most, PageToken: token})
			return len(res.GetApplications()), res.GetNextPageToken(), err
		},
		"due": func(token string) (int, string, error) {
			res, err := o.officer.ListDueApplications(t.Context(), &pb.ListDueApplicationsRequest{Parent: "agencies/own", PageSize: most, PageToken: token})
			return len(res.GetApplications()), res.GetNextPageToken(), err
		},
		"remedies": func(token string) (int, string, error) {
			res, err := o.remedies.ListRemedies(t.Context(), &pb.ListRemediesRequest{Parent: "agencies/own", PageSize: most, PageToken: token})
			return len(res.GetRemedies()), res.GetNextPageToken(), err
		},
	} {
		first, token, err := page("")
		second, end, again := page(token)
		if err != nil || again != nil || first != most || second != rows-most || end != "" {
			t.Errorf("%s: pages of %d and %d, then %q: %v, %v", name, first, second, end, err, again)
		}
	}
}

// TestForeignApplicationIsMissing: what is another agency's is answered as what does not
// exist, to the last detail of the status, by name and by number.
func TestForeignApplicationIsMissing(t *testing.T) {
	o := newOffice(t, today)
	o.agency(t, "other", "own")
	there := pb.NewApplicationServiceClient(o.conn(t, workflow.Officer, "other"))
	foreign, err := there.CreateApplication(t.Context(), &pb.CreateApplicationRequest{Parent: "agencies/other", Application: handedOver("2026-06-01")})
	if err != nil {
		t.Fatal(err)
	}
	own := strings.Replace(foreign.GetName(), "other", "own", 1)
	missing := o.register(t, handedOver("2026-06-01"))
	for _, tt := range []struct{ name, foreign, missing string }{
		{"under its own name", foreign.GetName(), "agencies/other/applications/zzzz"},
		{"under our name", own, "agencies/own/applications/zzzz"},
		{"by number", "agencies/other/applications/no:2026-00001", "agencies/other/applications/no:2026-09999"},
		{"of no agency", "agencies/nowhere/applications/1", "agencies/own/applications/no:1"},
	} {
		for call, fn := range map[string]func(string) error{
			"get": func(name string) error {
				_, err := o.supervisor.GetApplication(t.Context(), &pb.GetApplicationRequest{Name: name})
				return err
			},
			"act": func(name string) error {
				return acting(&pb.Hold{HoldDate: "2026-06-02", Reason: "裁定"})(t.Context(), o, name)
			},
			"events": func(name string) error {
				_, err := o.auditor.ListEvents(t.Context(), &pb.ListEventsRequest{Name: name})
				return err
			},
			"remedy": func(name string) error {
				_, err := o.remedies.CreateRemedy(t.Context(), &pb.CreateRemedyRequest{Parent: "agencies/own", Remedy: &pb.Remedy{
					Kind: pb.Remedy_LITIGATION, FileDate: "2026-06-02", Application: name,
				}})
				return err
			},
		} {
			a, b := status.Convert(fn(tt.foreign)), status.Convert(fn(tt.missing))
			if a.Code() != codes.NotFound || !proto.Equal(a.Proto(), b.Proto()) {
				t.Errorf("%s %s: foreign %v, missing %v", call, tt.name, a.Proto(), b.Proto())
			}
		}
	}
	if got := o.get(t, missing.GetName()); got.GetRevision() != 1 {
		t.Errorf("our own changed: %v", got)
	}
}
