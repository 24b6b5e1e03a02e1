package server_test

import (
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/testing/protocmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// asker registers applications of named persons at one agency and asks for advice.
type asker struct {
	e      *env
	apps   pb.ApplicationServiceClient
	advice pb.AdviceServiceClient
}

func newAsker(t *testing.T) *asker {
	t.Helper()
	e := start(t, today)
	e.agency(t, "own", "")
	conn := e.conn(t, workflow.Officer, "own")
	return &asker{e: e, apps: pb.NewApplicationServiceClient(conn), advice: pb.NewAdviceServiceClient(conn)}
}

func (k *asker) register(t *testing.T, arrived string, who *pb.Applicant, text string, actions ...*pb.Action) *pb.Application {
	t.Helper()
	who.Kind = pb.Applicant_NATURAL_PERSON
	a, err := k.apps.CreateApplication(t.Context(), &pb.CreateApplicationRequest{
		Parent: "agencies/own", Actions: actions,
		Application: &pb.Application{Applicant: who, Channel: pb.Application_IN_PERSON, ArriveDate: arrived, Description: text},
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAdviseOutcome(t *testing.T) {
	t.Parallel()
	k := newAsker(t)
	a := k.register(t, "2026-06-09", &pb.Applicant{DisplayName: "张三"}, "某文件")
	answers := map[string]string{}
	for _, step := range []struct{ question, choice string }{{"handling", "proceed"}, {"kind", "information"}, {"held", "ready"}, {"give", "part"}, {"withheld", "internal_affairs"}} {
		got, err := k.advice.AdviseOutcome(inEnglish(t.Context()), &pb.AdviseOutcomeRequest{Name: a.GetName(), Answers: answers})
		if err != nil || got.GetQuestion().GetId() != step.question || got.GetProposal() != nil || len(got.GetSettled()) != len(answers) {
			t.Fatalf("%v: asked %v, %v; want %s", answers, got, err, step.question)
		}
		answers[step.question] = step.choice
	}
	got, err := k.advice.AdviseOutcome(inEnglish(t.Context()), &pb.AdviseOutcomeRequest{Name: a.GetName(), Answers: answers})
	if err != nil {
		t.Fatal(err)
	}
	p := got.GetProposal()
	if got.GetQuestion() != nil || len(p.GetReasons()) != 5 || len(p.GetElements()) < 2 || len(p.GetMissing()) != 0 {
		t.Errorf("proposal %v", got)
	}
	want := &pb.Proposal{
		Basis: "disclosed.in_part", Label: "disclosed in part", Article: "Arts 36(2), 37, 36(3), 16(1)", Row: "partial", Code: "3330",
		ReviewFirst: true, Action: "decide", WithheldBasis: "refused.internal_affairs",
	}
	if diff := gocmp.Diff(want, p, protocmp.Transform(), protocmp.IgnoreFields(p, "reasons", "elements", "warnings", "remedy_text")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(p.GetRemedyText(), "第十四条至第十六条") || !strings.Contains(strings.Join(p.GetWarnings(), "\n"), "remedy.court") {
		t.Errorf("remedy %q, warnings %q", p.GetRemedyText(), p.GetWarnings())
	}
	if _, err := k.apps.ActOnApplication(t.Context(), &pb.ActOnApplicationRequest{
		Name: a.GetName(), Actions: []*pb.Action{action(&pb.Decide{Basis: p.GetBasis(), DecideDate: today, ReviewFirstTold: true})},
	}); err != nil {
		t.Errorf("what was proposed without anything missing is refused: %v", err)
	}
}

func TestAdviseOutcomeRefusals(t *testing.T) {
	t.Parallel()
	k := newAsker(t)
	k.e.agency(t, "other", "")
	a := k.register(t, "2026-06-09", &pb.Applicant{}, "某文件")
	stranger := pb.NewAdviceServiceClient(k.e.conn(t, workflow.Officer, "other"))
	auditor := pb.NewAdviceServiceClient(k.e.conn(t, workflow.Auditor, "own"))
	for _, test := range []struct {
		name   string
		client pb.AdviceServiceClient
		req    *pb.AdviseOutcomeRequest
		want   codes.Code
	}{
		{"an unknown question", k.advice, &pb.AdviseOutcomeRequest{Name: a.GetName(), Answers: map[string]string{"x": "y"}}, codes.InvalidArgument},
		{"an unknown choice", k.advice, &pb.AdviseOutcomeRequest{Name: a.GetName(), Answers: map[string]string{"handling": "y"}}, codes.InvalidArgument},
		{"a choice that facts rule out", k.advice, &pb.AdviseOutcomeRequest{Name: a.GetName(), Answers: map[string]string{"handling": "fee_unpaid"}}, codes.InvalidArgument},
		{"no day", k.advice, &pb.AdviseOutcomeRequest{Name: a.GetName(), DecideDate: "2026-02-30"}, codes.InvalidArgument},
		{"a day before receipt", k.advice, &pb.AdviseOutcomeRequest{Name: a.GetName(), DecideDate: "2026-06-08"}, codes.InvalidArgument},
		{"no application", k.advice, &pb.AdviseOutcomeRequest{Name: "agencies/own/applications/no:2026-99999"}, codes.NotFound},
		{"another agency's", stranger, &pb.AdviseOutcomeRequest{Name: a.GetName()}, codes.NotFound},
		{"an auditor", auditor, &pb.AdviseOutcomeRequest{Name: a.GetName()}, codes.PermissionDenied},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got, err := test.client.AdviseOutcome(t.Context(), test.req); status.Code(err) != test.want {
				t.Errorf("got %v, %v; want %v", got, err, test.want)
			}
		})
	}
}

func TestComputeFee(t *testing.T) {
	t.Parallel()
	k := newAsker(t)
	for _, test := range []struct {
		name string
		req  *pb.ComputeFeeRequest
		want []int64
		code codes.Code
	}{
		{"30 applications", &pb.ComputeFeeRequest{Applications: 30}, []int64{2000_00}, codes.OK},
		{"35 applications", &pb.ComputeFeeRequest{Applications: 35}, []int64{3000_00}, codes.OK},
		{"the 45th and all 45", &pb.ComputeFeeRequest{Applications: 45, Ordinal: 45}, []int64{300_00, 5500_00}, codes.OK},
		{"both tariffs", &pb.ComputeFeeRequest{Applications: 10, Pages: 250}, []int64{0, 4700_00}, codes.OK},
		{"nothing asked", &pb.ComputeFeeRequest{}, nil, codes.InvalidArgument},
		{"a negative number", &pb.ComputeFeeRequest{Pages: -1}, nil, codes.InvalidArgument},
		{"too many", &pb.ComputeFeeRequest{Applications: 10_001}, nil, codes.InvalidArgument},
		{"no agency", &pb.ComputeFeeRequest{Parent: "agencies/none", Pages: 1}, nil, codes.NotFound},
		{"neither agency nor application", &pb.ComputeFeeRequest{Parent: "agencies/own/remedies/1", Pages: 1}, nil, codes.InvalidArgument},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.req.Parent == "" {
				test.req.Parent = "agencies/own"
			}
			got, err := k.advice.ComputeFee(t.Context(), test.req)
			if status.Code(err) != test.code {
				t.Fatalf("%v, want %v", err, test.code)
			}
			var sums []int64
			for _, c := range got.GetCalculations() {
				var tiers int64
				for _, tier := range c.GetTiers() {
					tiers += tier.GetAmountFen()
				}
				if tiers != c.GetAmountFen() || c.GetArticle() == "" {
					t.Errorf("tiers add up to %d: %v", tiers, c)
				}
				sums = append(sums, c.GetAmountFen())
			}
			if diff := gocmp.Diff(test.want, sums); diff != "" {
				t.Errorf("sums in fen (-want +got):\n%s", diff)
			}
		})
	}
}

// TestComputeFeeCounts counts by the day of receipt and leaves out void applications,
// other months and other persons.
func TestComputeFeeCounts(t *testing.T) {
	t.Parallel()
	k := newAsker(t)
	who := func() *pb.Applicant { return &pb.Applicant{DisplayName: "张三", IdNumber: "11010119900307123x"} }
	last := k.register(t, "2026-06-29", who(), "最后一件")
	for i := range 12 {
		k.register(t, fmt.Sprintf("2026-06-%02d", i+1), who(), "某文件")
	}
	k.register(t, "2026-05-29", who(), "上月")
	k.register(t, "2026-06-02", &pb.Applicant{DisplayName: "张三", IdNumber: "110101199003071248"}, "同名")
	void := k.register(t, "2026-06-02", who(), "误登记")
	supervisor := pb.NewApplicationServiceClient(k.e.conn(t, workflow.Supervisor, "own"))
	if _, err := supervisor.ActOnApplication(t.Context(), &pb.ActOnApplicationRequest{Name: void.GetName(), Actions: []*pb.Action{action(&pb.Void{VoidDate: "2026-06-03", Reason: "误"})}}); err != nil {
		t.Fatal(err)
	}
	got, err := k.advice.ComputeFee(t.Context(), &pb.ComputeFeeRequest{Parent: last.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	if got.GetApplications() != 13 || got.GetOrdinal() != 13 || got.GetMonth() != "2026-06" || len(got.GetWarnings()) != 0 {
		t.Errorf("%v", got)
	}
	if c := got.GetCalculations(); len(c) != 2 || c[0].GetAmountFen() != 100_00 || c[1].GetAmountFen() != 300_00 {
		t.Errorf("%v", c)
	}
}

func TestFindSimilar(t *testing.T) {
	t.Parallel()
	k := newAsker(t)
	const text = "请求公开某区2024年道路养护工程的招标文件及中标合同"
	answered := []*pb.Action{action(&pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-05-18", DocumentNo: "1号"}), action(&pb.Deliver{Mode: "POST", DeliverDate: "2026-05-20"})}
	k.register(t, "2026-05-11", &pb.Applicant{DisplayName: "张三", Phone: "13900000000"}, text, answered...)
	k.register(t, "2026-05-12", &pb.Applicant{DisplayName: "张三", Phone: "13900000000"}, text)
	for range 2 {
		k.register(t, "2026-05-12", &pb.Applicant{DisplayName: "李四", Phone: "13800000000"}, "申请公开某区２０２４年道路养护工程的招标文件、中标合同")
	}
	k.register(t, "2026-05-12", &pb.Applicant{DisplayName: "王五"}, "学校食堂采购合同")
	target := k.register(t, "2026-06-09", &pb.Applicant{DisplayName: "张三", Phone: "+86 139 0000 0000"}, strings.ReplaceAll(text, "的", "的 "))
	got, err := k.advice.FindSimilar(t.Context(), &pb.FindSimilarRequest{Name: target.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	if got.GetScanned() != 6 || got.GetBoundReached() || got.GetFirstMonth() != "2026-05" || len(got.GetApplications()) != 4 {
		t.Errorf("%v", got)
	}
	wantMonths := []*pb.MonthCount{{Month: "2026-05", Count: 2}, {Month: "2026-06", Count: 1}}
	if diff := gocmp.Diff(wantMonths, got.GetMonths(), protocmp.Transform()); diff != "" {
		t.Errorf("months (-want +got):\n%s", diff)
	}
	all := strings.Join(got.GetSuggestions(), "\n")
	for _, want := range []string{"第36条第（六）项", "2026-05-20", "两件均应答复", "第44条"} {
		if !strings.Contains(all, want) {
			t.Errorf("no suggestion says %q: %s", want, all)
		}
	}
	raw, err := protojson.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, personal := range []string{"张三", "李四", "1390000", "道路"} {
		if strings.Contains(string(raw), personal) {
			t.Errorf("the answer holds %q", personal)
		}
	}
	few, err := k.advice.FindSimilar(t.Context(), &pb.FindSimilarRequest{Name: target.GetName(), Limit: 1})
	if err != nil || len(few.GetApplications()) != 1 || few.GetApplications()[0].GetLikeness() != 100 {
		t.Errorf("%v, %v", few, err)
	}
}

// TestPossibleAfter asks what would be possible after acts that are not recorded.
func TestPossibleAfter(t *testing.T) {
	t.Parallel()
	k := newAsker(t)
	a := k.register(t, "2026-06-09", &pb.Applicant{}, "某文件")
	got, err := k.apps.ListPossibleActions(t.Context(), &pb.ListPossibleActionsRequest{
		Name: a.GetName(), Actions: []*pb.Action{action(&pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-06-15"})},
	})
	if err != nil {
		t.Fatal(err)
	}
	possible := map[string]bool{}
	for _, p := range got.GetActions() {
		possible[p.GetAction()] = p.GetPossible()
	}
	if !possible["deliver"] || possible["decide"] {
		t.Errorf("possible after a decision: %v", possible)
	}
	if now, err := k.apps.GetApplication(t.Context(), &pb.GetApplicationRequest{Name: a.GetName()}); err != nil || now.GetRevision() != a.GetRevision() {
		t.Errorf("%v, %v: asking changed it", now, err)
	}
	_, err = k.apps.ListPossibleActions(t.Context(), &pb.ListPossibleActionsRequest{Name: a.GetName(), Actions: []*pb.Action{action(&pb.Deliver{Mode: "POST", DeliverDate: "2026-06-15"})}})
	if status.Code(err) != codes.FailedPrecondition {
		t.Errorf("a chain that is refused: %v", err)
	}
}
