package server_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// stage is an application that a supervisor of its agency has brought into a state, by
// actions on the days before today.
type stage struct {
	name    string
	state   pb.Application_State
	agency  string
	arrive  string
	channel pb.Application_Channel
	actions []proto.Message
}

// stages are applications in every state; some states have several, because what is
// possible on a day depends on more than the state.
func stages() []stage {
	ask := &pb.AskReasons{NotifyDate: "2026-06-02", DueDate: "2026-06-10"}
	reasons := []proto.Message{ask, &pb.ReceiveReasons{ReceiveDate: "2026-06-04", Accepted: true}}
	consult := &pb.Consult{Kind: "THIRD_PARTY", SendDate: "2026-06-02", ReceiveDate: "2026-06-02"}
	decide := &pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-06-10"}
	deliver := &pb.Deliver{Mode: "POST", DeliverDate: "2026-06-11"}
	supplement := &pb.RequestSupplement{NotifyDate: "2026-06-02", NoticeReceiveDate: "2026-06-02", Workdays: 1, Items: []string{"名称"}}
	draft := &pb.SubmitForReview{Basis: "disclosed.provided", SubmitDate: "2026-06-10"}
	list := []stage{
		{name: "unconfirmed", state: pb.Application_SUBMITTED, channel: pb.Application_FAX},
		{name: "received", state: pb.Application_RECEIVED},
		{name: "received under 2008", state: pb.Application_RECEIVED, arrive: "2019-05-14"},
		{name: "received where drafts are approved", state: pb.Application_RECEIVED, agency: "chain"},
		{name: "held", state: pb.Application_RECEIVED, actions: []proto.Message{&pb.Hold{HoldDate: "2026-06-02", Reason: "裁定"}}},
		{name: "assigned", state: pb.Application_RECEIVED, actions: []proto.Message{&pb.Assign{AssignDate: today, Holder: "法规处"}}},
		{name: "unclear", state: pb.Application_SUPPLEMENT_PENDING, actions: []proto.Message{supplement}},
		{name: "reasons accepted", state: pb.Application_PROCESSING, actions: reasons},
		{name: "third party silent", state: pb.Application_PROCESSING, actions: []proto.Message{consult, &pb.LapseOpinion{LapseDate: "2026-06-25"}}},
		{name: "consulting", state: pb.Application_CONSULTING, actions: []proto.Message{consult}},
		{name: "reasons asked", state: pb.Application_REASONS_PENDING, actions: []proto.Message{ask}},
		{name: "deferred", state: pb.Application_DEFERRED, actions: append(reasons, &pb.Defer{NotifyDate: "2026-06-05", DueDate: "2026-07-31", Reason: "数量大"})},
		{name: "fee due", state: pb.Application_FEE_PENDING, actions: []proto.Message{&pb.NotifyFee{ReceiveDate: "2026-06-25", AmountFen: 10000, Tariff: "PER_PAGE"}}},
		{name: "fee unpaid", state: pb.Application_FEE_PENDING, arrive: "2026-05-06", actions: []proto.Message{&pb.NotifyFee{ReceiveDate: "2026-05-07", AmountFen: 10000, Tariff: "PER_PAGE"}}},
		{name: "first step of approval", state: pb.Application_UNDER_REVIEW, agency: "chain", actions: []proto.Message{draft}},
		{name: "second step of approval", state: pb.Application_UNDER_REVIEW, agency: "chain", actions: []proto.Message{draft}},
		{name: "decided", state: pb.Application_DECIDED, actions: []proto.Message{decide}},
		{name: "answered", state: pb.Application_CLOSED, actions: []proto.Message{decide, deliver}},
		{name: "not corrected", state: pb.Application_CLOSED, actions: []proto.Message{supplement, &pb.LapseSupplement{LapseDate: "2026-06-05"}}},
		{name: "to be answered anew", state: pb.Application_REDECIDING, actions: []proto.Message{decide, deliver, &pb.Replace{ReplaceDate: "2026-06-12", Reason: "自行纠错"}}},
		{name: "archived", state: pb.Application_ARCHIVED, actions: []proto.Message{decide, deliver, &pb.Archive{ArchiveDate: "2026-06-12"}}},
		{name: "void", state: pb.Application_VOID, channel: pb.Application_FAX, actions: []proto.Message{&pb.Void{VoidDate: "2026-06-02", Reason: "误登记"}}},
	}
	for i := range list {
		s := &list[i]
		if s.agency == "" {
			s.agency = "own"
		}
		if s.arrive == "" {
			s.arrive = "2026-06-01"
		}
		if s.channel == 0 {
			s.channel = pb.Application_IN_PERSON
		}
	}
	return list
}

// actionOnStage is one action of the interface, today, with a stage at which it is possible;
// supervisor is that for a supervisor, if it is another one.
type actionOnStage struct {
	message           proto.Message
	stage, supervisor string
}

func actionsOnStages() []actionOnStage {
	return []actionOnStage{
		{&pb.Confirm{ReceiveDate: today}, "unconfirmed", ""},
		{&pb.RequestSupplement{NotifyDate: today, Workdays: 10, Items: []string{"名称"}}, "received", ""},
		{&pb.SubmitSupplement{ReceiveDate: today, GoodCause: "住院"}, "unclear", ""},
		{&pb.LapseSupplement{LapseDate: today}, "unclear", ""},
		{&pb.Reopen{ReceiveDate: today, Reason: "住院"}, "not corrected", ""},
		{&pb.Correct{Reason: "笔误", Amendments: []*pb.Amendment{{Revision: 1, Change: &pb.Amendment_Registration{Registration: &pb.Registration{ApplicantKind: "BUSINESS"}}}}}, "received", ""},
		{&pb.Consult{Kind: "CO_MAKER", SendDate: today}, "received", ""},
		{&pb.ReceiveOpinion{ReceiveDate: today, Opinion: "CONSENT"}, "consulting", ""},
		{&pb.LapseOpinion{LapseDate: today}, "consulting", ""},
		{&pb.RecordLateOpinion{ReceiveDate: today, Opinion: "CONSENT"}, "third party silent", ""},
		{&pb.Extend{Workdays: 20, NotifyDate: today}, "received", ""},
		{&pb.AskReasons{NotifyDate: today}, "received", ""},
		{&pb.ReceiveReasons{ReceiveDate: today}, "reasons asked", ""},
		{&pb.LapseReasons{LapseDate: today}, "reasons asked", ""},
		{&pb.Defer{NotifyDate: today, DueDate: "2026-07-31", Reason: "数量大"}, "reasons accepted", ""},
		{&pb.NotifyFee{ReceiveDate: today, AmountFen: 10000, Tariff: "PER_REQUEST"}, "received", ""},
		{&pb.PayFee{PayDate: today}, "fee due", ""},
		{&pb.LapseFee{LapseDate: today}, "fee unpaid", ""},
		{&pb.CancelFee{CancelDate: today, Reason: "误发"}, "fee due", ""},
		{&pb.Withdraw{WithdrawDate: today}, "received", ""},
		{&pb.Void{VoidDate: today, Reason: "重复登记"}, "received", ""},
		{&pb.Decide{Basis: "disclosed.provided", DecideDate: today}, "received", ""},
		{&pb.SubmitForReview{Basis: "disclosed.provided", SubmitDate: today}, "received where drafts are approved", ""},
		{&pb.Approve{ApproveDate: today}, "first step of approval", "second step of approval"},
		{&pb.ReturnDraft{ReturnDate: today, Reason: "依据有误"}, "first step of approval", ""},
		{&pb.Deliver{Mode: "POST", DeliverDate: today}, "decided", ""},
		{&pb.FailDelivery{FailDate: today, Reason: "查无此人"}, "answered", ""},
		{&pb.OrderRedecision{ReceiveDate: today}, "answered", ""},
		{&pb.Replace{ReplaceDate: today, Reason: "自行纠错"}, "archived", ""},
		{&pb.DeliverRedecision{Basis: "disclosed.provided", Mode: "POST", DeliverDate: today}, "to be answered anew", ""},
		{&pb.Archive{ArchiveDate: today}, "answered", ""},
		{&pb.Hold{HoldDate: today, Reason: "裁定"}, "received", ""},
		{&pb.Release{ReleaseDate: today}, "held", ""},
		{&pb.Close{CloseDate: today, Reason: "申请人死亡"}, "received", ""},
		{&pb.Assign{AssignDate: today, Holder: "法规处"}, "received", ""},
		{&pb.AcceptAssignment{AcceptDate: today}, "assigned", ""},
		{&pb.SendBack{ReturnDate: today, Reason: "不属本处职责"}, "assigned", ""},
	}
}

// gallery is every stage in a register, with an officer and a supervisor of each agency
// who took no part in it but for one approval.
type gallery struct {
	stages map[string]stage
	apps   map[string]*pb.Application
	people map[string]map[workflow.Role]pb.ApplicationServiceClient
}

func newGallery(t *testing.T) *gallery {
	t.Helper()
	e := start(t, today)
	g := &gallery{map[string]stage{}, map[string]*pb.Application{}, map[string]map[workflow.Role]pb.ApplicationServiceClient{}}
	clerks := map[string]pb.ApplicationServiceClient{}
	for agency, steps := range map[string][]string{"own": nil, "chain": {"OFFICER", "SUPERVISOR"}} {
		if _, err := pb.NewAgencyServiceClient(e.admin).CreateAgency(t.Context(), &pb.CreateAgencyRequest{
			AgencyId: agency, Agency: &pb.Agency{DisplayName: "测试机关", ReviewSteps: steps},
		}); err != nil {
			t.Fatal(err)
		}
		clerks[agency] = pb.NewApplicationServiceClient(e.conn(t, workflow.Supervisor, agency))
		g.people[agency] = map[workflow.Role]pb.ApplicationServiceClient{}
		for _, role := range []workflow.Role{workflow.Officer, workflow.Supervisor} {
			g.people[agency][role] = pb.NewApplicationServiceClient(e.conn(t, role, agency))
		}
	}
	for _, s := range stages() {
		in := handedOver(s.arrive)
		in.Channel = s.channel
		req := &pb.CreateApplicationRequest{Parent: "agencies/" + s.agency, Application: in}
		for _, m := range s.actions {
			req.Actions = append(req.Actions, action(m))
		}
		a, err := clerks[s.agency].CreateApplication(t.Context(), req)
		if err != nil || a.GetState() != s.state {
			t.Fatalf("%s: %v (%v), want %v", s.name, a.GetState(), err, s.state)
		}
		g.stages[s.name], g.apps[s.name] = s, a
	}
	second := g.apps["second step of approval"]
	if _, err := g.people["chain"][workflow.Officer].ActOnApplication(t.Context(), &pb.ActOnApplicationRequest{
		Name: second.GetName(), Actions: []*pb.Action{action(&pb.Approve{ApproveDate: "2026-06-12"})},
	}); err != nil {
		t.Fatal(err)
	}
	return g
}

// try checks an action on a stage by a role without doing it.
func (g *gallery) try(ctx context.Context, m proto.Message, stage string, role workflow.Role) (*pb.Application, error) {
	return g.people[g.stages[stage].agency][role].ActOnApplication(ctx, &pb.ActOnApplicationRequest{
		Name: g.apps[stage].GetName(), ValidateOnly: true, Actions: []*pb.Action{action(m)},
	})
}

// TestRolesOfActions tries each action of the interface by an officer and by a supervisor:
// where it is possible, the officer is refused what the law's table leaves to supervisors and
// nothing else; where it is not, both hear that rather than of their role.
func TestRolesOfActions(t *testing.T) {
	g := newGallery(t)
	fields := (&pb.Action{}).ProtoReflect().Descriptor().Oneofs().ByName("action").Fields()
	all := actionsOnStages()
	if fields.Len() != len(all) {
		t.Errorf("%d actions, the interface has %d", len(all), fields.Len())
	}
	var denied, everywhere []string
	for i, x := range all {
		name := string(fields.Get(i).Name())
		t.Run(name, func(t *testing.T) {
			if got := x.message.ProtoReflect().Descriptor(); got != fields.Get(i).Message() {
				t.Fatalf("stands where %s should, in the order of the interface", got.Name())
			}
			got, err := g.try(t.Context(), x.message, x.stage, workflow.Officer)
			if !officerMay(name) {
				denied = append(denied, name)
				if r := wantRefusal(t, err, codes.PermissionDenied, pb.Reason_ROLE_NOT_ALLOWED); r.field != "actions[0]."+name {
					t.Errorf("denied at %q", r.field)
				}
			} else if err != nil || got.GetRevision() != g.revision(t, x.stage)+1 {
				t.Errorf("%s by an officer: revision %d, %v", x.stage, got.GetRevision(), err)
			}
			if x.supervisor == "" {
				x.supervisor = x.stage
			}
			got, err = g.try(t.Context(), x.message, x.supervisor, workflow.Supervisor)
			if err != nil || got.GetRevision() != g.revision(t, x.supervisor)+1 {
				t.Errorf("%s by a supervisor: revision %d, %v", x.supervisor, got.GetRevision(), err)
			}
			if g.impossible(t, name, x.message) == 0 {
				everywhere = append(everywhere, name)
			}
		})
	}
	if diff := cmp.Diff([]string{"reopen", "correct", "extend", "defer", "void", "order_redecision", "replace"}, denied); diff != "" {
		t.Errorf("denied to officers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"correct"}, everywhere); diff != "" {
		t.Errorf("possible in every state (-want +got):\n%s", diff)
	}
}

// revision is how many acts a stage has; nothing was added by trying.
func (g *gallery) revision(t *testing.T, stage string) int64 {
	t.Helper()
	a, err := g.people[g.stages[stage].agency][workflow.Officer].GetApplication(t.Context(), &pb.GetApplicationRequest{Name: g.apps[stage].GetName()})
	if err != nil {
		t.Fatal(err)
	}
	return a.GetRevision()
}

// impossible tries an action at every stage from which the law's table has no row for it,
// and returns how many there are.
func (g *gallery) impossible(t *testing.T, name string, m proto.Message) (n int) {
	t.Helper()
	for stage, s := range g.stages {
		if slices.ContainsFunc(workflow.Transitions(workflow.Regime(g.apps[stage].GetRegime())), func(row workflow.Transition) bool {
			return string(row.Action) == name && slices.Contains(row.From, workflow.State(s.state.String()))
		}) {
			continue
		}
		n++
		for _, role := range []workflow.Role{workflow.Officer, workflow.Supervisor} {
			_, err := g.try(t.Context(), m, stage, role)
			if r := wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_ACTION_NOT_POSSIBLE); r.field != "actions[0]."+name {
				t.Errorf("%s by %s: %+v", stage, role, r)
			}
		}
	}
	return n
}
