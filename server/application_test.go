package server_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/protobuf/proto"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

func TestCreateApplication(t *testing.T) {
	o := newOffice(t, today)
	got, err := o.officer.CreateApplication(t.Context(), &pb.CreateApplicationRequest{Parent: "agencies/own", Application: handedOver("2026-06-01")})
	if err != nil {
		t.Fatal(err)
	}
	want := handedOver("2026-06-01")
	want.Name, want.CreateTime, want.UpdateTime = got.GetName(), got.GetCreateTime(), got.GetCreateTime()
	want.ApplicationNo, want.State, want.StateLabel = "2026-00001", pb.Application_RECEIVED, "已登记"
	want.ReceiveDate, want.Regime, want.Revision, want.Etag = "2026-06-01", 2019, 1, `"1"`
	want.Deadline = &pb.Deadline{DueDate: "2026-06-30", SafeDueDate: "2026-06-30", WorkdaysLeft: proto.Int32(0)}
	sameMessage(t, "created", want, got)
	sameMessage(t, "read by name", want, o.get(t, got.GetName()))
	sameMessage(t, "read by number", want, o.get(t, "agencies/own/applications/no:2026-00001"))
	english, err := o.officer.GetApplication(inEnglish(t.Context()), &pb.GetApplicationRequest{Name: got.GetName()})
	if err != nil || english.GetStateLabel() != "received" {
		t.Errorf("in English: %v, %v", english.GetStateLabel(), err)
	}
	if !strings.HasPrefix(got.GetName(), "agencies/own/applications/") {
		t.Errorf("name %q", got.GetName())
	}
	blanks := handedOver("2026-06-01")
	blanks.ApplicationNo, blanks.Applicant.DisplayName, blanks.Applicant.IdNumber = " 甲1号\u3000", "\u3000测试甲 ", "000000000000000000"
	trimmed := o.register(t, blanks)
	if trimmed.GetApplicationNo() != "甲1号" || trimmed.GetApplicant().GetDisplayName() != "测试甲" {
		t.Errorf("with blanks: %v", trimmed)
	}
	if w := trimmed.GetWarnings(); len(w) != 1 || !strings.Contains(w[0], "GB 11643") {
		t.Errorf("a wrong check digit is warned of as %q", w)
	}
}

func TestCreateApplicationWithActions(t *testing.T) {
	o := newOffice(t, today)
	in := handedOver("2025-12-30")
	in.Channel, in.ApplicationNo = pb.Application_FAX, "沪公/2025/1号"
	got := o.register(t, in,
		action(&pb.Confirm{ReceiveDate: "2026-01-04"}), action(&pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-01-20", DocumentNo: "公开〔2026〕1号"}),
		action(&pb.Deliver{Mode: "POST", DeliverDate: "2026-01-21"}))
	if got.GetState() != pb.Application_CLOSED || got.GetRevision() != 4 || got.GetReceiveDate() != "2026-01-04" {
		t.Errorf("got %v", got)
	}
	sameMessage(t, "conclusion", &pb.Conclusion{
		CloseDate: "2026-01-21", Basis: "disclosed.provided", Timing: pb.Application_ON_TIME, DueDate: "2026-01-30", WorkdaysTaken: 13,
	}, got.GetConclusion())
	sameMessage(t, "deadline of a closed case", &pb.Deadline{DueDate: "2026-01-30"}, got.GetDeadline())
	sameMessage(t, "by its number", got, o.get(t, "agencies/own/applications/no:沪公/2025/1号"))
	o.unchanged(t, func(ctx context.Context) {
		_, err := o.supervisor.CreateApplication(ctx, &pb.CreateApplicationRequest{
			Parent: "agencies/own", Application: handedOver("2026-06-01"),
			Actions: []*pb.Action{action(&pb.Hold{HoldDate: "2026-06-02", Reason: "裁定"}), action(&pb.PayFee{PayDate: "2026-06-03"})},
		})
		if r := wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_ACTION_NOT_POSSIBLE); r.field != "actions[1].pay_fee" {
			t.Errorf("at %s", r.field)
		}
	})
	next := o.register(t, handedOver("2026-06-01"))
	if next.GetApplicationNo() != "2026-00001" {
		t.Errorf("after a refusal the next number is %s", next.GetApplicationNo())
	}
}

// badInput is one way to go wrong on an application received on 2026-06-01.
type badInput struct {
	name   string
	call   func(ctx context.Context, o *office, name string) error
	code   codes.Code
	reason pb.Reason
	field  string
	zh, en string // parts of the texts
}

func create(change func(*pb.CreateApplicationRequest)) func(context.Context, *office, string) error {
	return func(ctx context.Context, o *office, _ string) error {
		req := &pb.CreateApplicationRequest{Parent: "agencies/own", Application: handedOver("2026-06-01")}
		change(req)
		_, err := o.officer.CreateApplication(ctx, req)
		return err
	}
}

func acting(actions ...proto.Message) func(context.Context, *office, string) error {
	return func(ctx context.Context, o *office, name string) error {
		req := &pb.ActOnApplicationRequest{Name: name}
		for _, a := range actions {
			req.Actions = append(req.Actions, action(a))
		}
		_, err := o.supervisor.ActOnApplication(ctx, req)
		return err
	}
}

func badInputs() []badInput {
	supplement := &pb.RequestSupplement{NotifyDate: "2026-06-02", Workdays: 10, Items: []string{"名称"}}
	reply := &pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-06-10"}
	return []badInput{
		{
			"received before any Regulation", create(func(r *pb.CreateApplicationRequest) { r.Application.ArriveDate = "2008-04-30" }),
			codes.InvalidArgument, pb.Reason_OUT_OF_SCOPE, "application.arrive_date", "早于2008年5月1日", "before 2008-05-01",
		},
		{
			"arrived tomorrow", create(func(r *pb.CreateApplicationRequest) { r.Application.ArriveDate = "2026-07-01" }),
			codes.InvalidArgument, pb.Reason_DATE_IN_FUTURE, "application.arrive_date", "晚于今天（2026-06-30）", "after today (2026-06-30)",
		},
		{
			"an act of tomorrow", acting(&pb.Hold{HoldDate: "2026-07-01", Reason: "裁定"}),
			codes.InvalidArgument, pb.Reason_DATE_IN_FUTURE, "actions[0].hold.hold_date", "晚于今天", "after today",
		},
		{
			"reply before receipt", acting(&pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-05-31"}),
			codes.FailedPrecondition, pb.Reason_DATE_ORDER, "actions[0].decide.decide_date", "早于申请到达日期2026-06-01", "before the application arrived on 2026-06-01",
		},
		{
			"second supplement", acting(supplement, &pb.SubmitSupplement{ReceiveDate: "2026-06-04"}, &pb.RequestSupplement{NotifyDate: "2026-06-05", Workdays: 10, Items: []string{"名称"}}),
			codes.FailedPrecondition, pb.Reason_SECOND_SUPPLEMENT, "actions[2].request_supplement", "补正只能一次性告知", "once only",
		},
		{
			"extension of 25 days", acting(&pb.Extend{Workdays: 25, NotifyDate: "2026-06-10"}),
			codes.FailedPrecondition, pb.Reason_EXTENSION_TOO_LONG, "actions[0].extend.workdays", "1至20个工作日", "1 to 20",
		},
		{
			"two outcomes", acting(reply, &pb.Decide{Basis: "denied.state_secret", DecideDate: "2026-06-11", ReviewFirstTold: true}),
			codes.FailedPrecondition, pb.Reason_ACTION_NOT_POSSIBLE, "actions[1].decide", "已签发待送达", "DECIDED",
		},
		{
			"a basis that does not exist", acting(&pb.Decide{Basis: "disclosed", DecideDate: "2026-06-10"}),
			codes.InvalidArgument, pb.Reason_FIELD_INVALID, "actions[0].decide.basis", "没有名为“disclosed”", "no basis is called \"disclosed\"",
		},
		{
			"an earlier reply that nobody gave", acting(&pb.Decide{Basis: "not_processed.repeat", DecideDate: "2026-06-10", PriorApplicationNo: "2020-00001"}),
			codes.FailedPrecondition, pb.Reason_REPEAT_NOT_PROVEN, "actions[0].decide.prior_application_no", "2020-00001", "2020-00001",
		},
		{
			"a field left out", acting(&pb.Extend{NotifyDate: "2026-06-10"}),
			codes.InvalidArgument, pb.Reason_FIELD_INVALID, "actions[0].extend.workdays", "workdays", "workdays",
		},
		{"no day", acting(&pb.Approve{}), codes.InvalidArgument, pb.Reason_FIELD_INVALID, "actions[0].approve.approve_date", "缺少日期", "needs its day"},
		{"a day that is none", acting(&pb.Approve{ApproveDate: "2026-06-31"}), codes.InvalidArgument, pb.Reason_FIELD_INVALID, "actions[0].approve.approve_date", "2026-06-31", "2026-06-31"},
		{"no action", acting(), codes.InvalidArgument, pb.Reason_FIELD_INVALID, "actions", "至少一个步骤", "at least one"},
		{
			"another's role", func(ctx context.Context, o *office, name string) error {
				_, err := o.officer.ActOnApplication(ctx, &pb.ActOnApplicationRequest{Name: name, Actions: []*pb.Action{action(&pb.Extend{Workdays: 5, NotifyDate: "2026-06-10"})}})
				return err
			}, codes.PermissionDenied, pb.Reason_ROLE_NOT_ALLOWED, "actions[0].extend", "不能办理“延期”", "may not extend",
		},
		{
			"a correction that contradicts", acting(&pb.Correct{Reason: "错登", Amendments: []*pb.Amendment{{Change: &pb.Amendment_Action{Action: action(&pb.PayFee{PayDate: "2026-06-10"})}}}}),
			codes.FailedPrecondition, pb.Reason_ACTION_NOT_POSSIBLE, "actions[0].correct.amendments", "缴费", "fee paid",
		},
		{
			"a stale etag", func(ctx context.Context, o *office, name string) error {
				_, err := o.officer.ActOnApplication(ctx, &pb.ActOnApplicationRequest{Name: name, Etag: `"7"`, Actions: []*pb.Action{action(reply)}})
				return err
			}, codes.Aborted, pb.Reason_STALE_ETAG, "", "重新读取", "read it again",
		},
		{"no application", create(func(r *pb.CreateApplicationRequest) { r.Application = nil }), codes.InvalidArgument, pb.Reason_FIELD_INVALID, "application.arrive_date", "arrive_date", "arrive_date"},
		{
			"no channel", create(func(r *pb.CreateApplicationRequest) { r.Application.Channel = 0 }),
			codes.InvalidArgument, pb.Reason_FIELD_INVALID, "application.channel", "缺少必填项channel", "needs channel",
		},
		{
			"a channel that is none", create(func(r *pb.CreateApplicationRequest) { r.Application.Channel = 99 }),
			codes.InvalidArgument, pb.Reason_FIELD_INVALID, "application.channel", "“99”无效", "\"99\"",
		},
		{
			"no kind of applicant", create(func(r *pb.CreateApplicationRequest) { r.Application.Applicant = nil }),
			codes.InvalidArgument, pb.Reason_FIELD_INVALID, "application.applicant.kind", "缺少必填项", "needs",
		},
		{
			"a long description", create(func(r *pb.CreateApplicationRequest) { r.Application.Description = strings.Repeat("长", 100_001) }),
			codes.InvalidArgument, pb.Reason_FIELD_INVALID, "application.description", "最多100000个", "at most 100000",
		},
		{
			"a name of two lines", create(func(r *pb.CreateApplicationRequest) { r.Application.Applicant.DisplayName = "甲\n乙" }),
			codes.InvalidArgument, pb.Reason_FIELD_INVALID, "application.applicant.display_name", "U+000A", "U+000A",
		},
		{
			"a name that shows as another", create(func(r *pb.CreateApplicationRequest) { r.Application.Applicant.DisplayName = "甲\u202e乙" }),
			codes.InvalidArgument, pb.Reason_FIELD_INVALID, "application.applicant.display_name", "U+202E", "U+202E",
		},
		{
			"an amount that no fee comes to", acting(&pb.NotifyFee{ReceiveDate: "2026-06-03", AmountFen: 1 << 62, Tariff: "PER_REQUEST"}),
			codes.InvalidArgument, pb.Reason_FIELD_INVALID, "actions[0].notify_fee.amount_fen", "最多1000000000分", "at most 1000000000",
		},
		{
			"5 MB of text", create(func(r *pb.CreateApplicationRequest) { r.Application.Description = strings.Repeat("x", 5<<20) }),
			codes.ResourceExhausted, pb.Reason_MESSAGE_TOO_LARGE, "", "4 MiB", "4 MiB",
		},
		{
			"a number that is taken", create(func(r *pb.CreateApplicationRequest) { r.Application.ApplicationNo = "2026-00001" }),
			codes.AlreadyExists, pb.Reason_NUMBER_TAKEN, "application.application_no", "已被使用", "is taken",
		},
		{
			"a request id that is none", create(func(r *pb.CreateApplicationRequest) { r.RequestId = "1" }),
			codes.InvalidArgument, pb.Reason_FIELD_INVALID, "request_id", "UUID", "UUID",
		},
		{
			"text that is not UTF-8", func(ctx context.Context, o *office, _ string) error {
				conn := o.conn(o.t, workflow.Officer, "own")
				return conn.Invoke(ctx, pb.ApplicationService_CreateApplication_FullMethodName, &pb.CreateApplicationRequest{}, &pb.Application{},
					grpc.ForceCodecV2(broken{encoding.GetCodecV2("proto")}))
			}, codes.InvalidArgument, pb.Reason_MESSAGE_MALFORMED, "", "UTF-8", "UTF-8",
		},
		{
			"the token of a removed user", func(ctx context.Context, o *office, name string) error {
				conn, person := o.person(o.t, workflow.Officer, "own")
				if _, err := pb.NewPrincipalServiceClient(o.admin).DeletePrincipal(ctx, &pb.DeletePrincipalRequest{Name: person}); err != nil {
					return err
				}
				_, err := pb.NewApplicationServiceClient(conn).ActOnApplication(ctx, &pb.ActOnApplicationRequest{Name: name, Actions: []*pb.Action{action(reply)}})
				return err
			}, codes.Unauthenticated, pb.Reason_TOKEN_INVALID, "", "令牌无效", "token",
		},
		{
			"an unknown field of a filter", listing(&pb.ListApplicationsRequest{Filter: "colour = red"}),
			codes.InvalidArgument, pb.Reason_INVALID_FILTER, "filter", "没有字段“colour”，可用：state", "no field \"colour\"; there are state",
		},
		{
			"an unknown operator of a filter", listing(&pb.ListApplicationsRequest{Filter: "state > VOID"}),
			codes.InvalidArgument, pb.Reason_INVALID_FILTER, "filter", "state不能用>", "state does not take >",
		},
		{"a negative page", listing(&pb.ListApplicationsRequest{PageSize: -1}), codes.InvalidArgument, pb.Reason_FIELD_INVALID, "page_size", "-1", "-1"},
		{"a token that is none", listing(&pb.ListApplicationsRequest{PageToken: "x"}), codes.InvalidArgument, pb.Reason_INVALID_PAGE_TOKEN, "page_token", "翻页", "page"},
	}
}

func listing(req *pb.ListApplicationsRequest) func(context.Context, *office, string) error {
	return func(ctx context.Context, o *office, _ string) error {
		r, ok := proto.Clone(req).(*pb.ListApplicationsRequest)
		if !ok {
			return fmt.Errorf("cloning %T", req)
		}
		r.Parent = "agencies/own"
		_, err := o.officer.ListApplications(ctx, r)
		return err
	}
}

func TestBadInput(t *testing.T) {
	o := newOffice(t, today)
	name := o.register(t, handedOver("2026-06-01")).GetName()
	for _, tt := range badInputs() {
		t.Run(tt.name, func(t *testing.T) {
			o.unchanged(t, func(ctx context.Context) {
				got := wantRefusal(t, tt.call(ctx, o, name), tt.code, tt.reason)
				if got.field != tt.field {
					t.Errorf("at %q, want %q", got.field, tt.field)
				}
				if !strings.Contains(got.zh, tt.zh) || !strings.Contains(got.en, tt.en) {
					t.Errorf("says %q / %q, want %q / %q", got.zh, got.en, tt.zh, tt.en)
				}
			})
		})
	}
	if got := o.register(t, handedOver("2026-06-01")).GetApplicationNo(); got != "2026-00002" {
		t.Errorf("after all refusals the next number is %s", got)
	}
}

func TestExtensionAfterTheDueDay(t *testing.T) {
	o := newOffice(t, today)
	name := o.register(t, handedOver("2026-05-06")).GetName()
	o.unchanged(t, func(ctx context.Context) {
		got := wantRefusal(t, acting(&pb.Extend{Workdays: 5, NotifyDate: "2026-06-03"})(ctx, o, name), codes.FailedPrecondition, pb.Reason_PERIOD_OVER)
		if !strings.Contains(got.zh, "已超过答复期限2026-06-02") || !strings.Contains(got.zh, "（第33条）") || !strings.Contains(got.en, "2026-06-02") {
			t.Errorf("says %q / %q", got.zh, got.en)
		}
	})
	late := o.get(t, name).GetDeadline()
	if !late.GetOverdue() || late.GetWorkdaysLeft() != -19 {
		t.Errorf("deadline %v", late)
	}
}

// TestRetries: a request that is sent again is answered as it was the first time,
// whatever has happened since, and does nothing.
func TestRetries(t *testing.T) {
	o := newOffice(t, today)
	in := handedOver("2026-06-01")
	in.Channel = pb.Application_EMAIL
	creating := &pb.CreateApplicationRequest{
		Parent: "agencies/own", Application: in, RequestId: uuid.NewString(),
		Actions: []*pb.Action{action(&pb.Confirm{ReceiveDate: "2026-06-02"})},
	}
	created, err := o.officer.CreateApplication(t.Context(), creating)
	if err != nil {
		t.Fatal(err)
	}
	acting := &pb.ActOnApplicationRequest{
		Name: created.GetName(), Etag: created.GetEtag(), RequestId: uuid.NewString(),
		Actions: []*pb.Action{
			action(&pb.RequestSupplement{NotifyDate: "2026-06-03", Workdays: 10, Items: []string{"时间"}}),
			action(&pb.SubmitSupplement{ReceiveDate: "2026-06-05"}),
		},
	}
	acted, err := o.officer.ActOnApplication(t.Context(), acting)
	if err != nil {
		t.Fatal(err)
	}
	o.act(t, created.GetName(), action(&pb.Correct{Reason: "到达日期有误", Amendments: []*pb.Amendment{
		{Revision: 1, Change: &pb.Amendment_Registration{Registration: &pb.Registration{ArriveDate: "2026-05-29", ApplicantKind: "BUSINESS"}}},
	}}))
	o.unchanged(t, func(ctx context.Context) {
		again, err := o.officer.CreateApplication(ctx, creating)
		if err != nil {
			t.Fatal(err)
		}
		sameMessage(t, "creating again", created, again)
		if again, err = o.officer.ActOnApplication(ctx, acting); err != nil {
			t.Fatal(err)
		}
		sameMessage(t, "acting again", acted, again)

		_, err = o.supervisor.ActOnApplication(ctx, acting)
		wantRefusal(t, err, codes.AlreadyExists, pb.Reason_REQUEST_ID_REUSED)
		acting.Actions = acting.Actions[:1]
		_, err = o.officer.ActOnApplication(ctx, acting)
		wantRefusal(t, err, codes.AlreadyExists, pb.Reason_REQUEST_ID_REUSED)
		creating.RequestId = acting.GetRequestId()
		_, err = o.officer.CreateApplication(ctx, creating)
		got := wantRefusal(t, err, codes.AlreadyExists, pb.Reason_REQUEST_ID_REUSED)
		if !strings.Contains(got.zh, "请换用新的UUID") || !strings.Contains(got.en, "take a new UUID") {
			t.Errorf("says %q / %q", got.zh, got.en)
		}
	})
}

func TestValidateOnlyLeavesNoTrace(t *testing.T) {
	o := newOffice(t, today)
	name := o.register(t, handedOver("2026-06-01")).GetName()
	id := uuid.NewString()
	o.unchanged(t, func(ctx context.Context) {
		would, err := o.officer.CreateApplication(ctx, &pb.CreateApplicationRequest{
			Parent: "agencies/own", Application: handedOver("2026-06-02"), ValidateOnly: true, RequestId: id,
			Actions: []*pb.Action{action(&pb.Hold{HoldDate: "2026-06-03", Reason: "裁定"})},
		})
		if err != nil || would.GetName() != "" || would.GetApplicationNo() != "" || would.GetRevision() != 2 || !would.GetHold() ||
			would.GetDeadline().GetDueDate() != "2026-07-01" {
			t.Errorf("created would be %v, %v", would, err)
		}
		would, err = o.supervisor.ActOnApplication(ctx, &pb.ActOnApplicationRequest{
			Name: name, ValidateOnly: true, RequestId: id, Actions: []*pb.Action{action(&pb.Extend{Workdays: 5, NotifyDate: "2026-06-30"})},
		})
		if err != nil || would.GetName() != name || would.GetRevision() != 2 || would.GetDeadline().GetDueDate() != "2026-07-07" {
			t.Errorf("extended would be %v, %v", would, err)
		}
		for _, tt := range badInputs()[:13] {
			if got := refusalOf(tt.call(ctx, o, name)); got.reason != tt.reason.String() {
				t.Errorf("%s: %v", tt.name, got)
			}
		}
		_, err = o.supervisor.ActOnApplication(ctx, &pb.ActOnApplicationRequest{
			Name: name, ValidateOnly: true, Etag: `"2"`, Actions: []*pb.Action{action(&pb.Extend{Workdays: 5, NotifyDate: "2026-06-30"})},
		})
		wantRefusal(t, err, codes.Aborted, pb.Reason_STALE_ETAG)
		_, err = o.supervisor.CreateApplication(ctx, &pb.CreateApplicationRequest{
			Parent: "agencies/own", ValidateOnly: true, Application: func() *pb.Application { a := handedOver("2026-06-02"); a.ApplicationNo = "2026-00001"; return a }(),
		})
		wantRefusal(t, err, codes.AlreadyExists, pb.Reason_NUMBER_TAKEN)
	})
	real, err := o.officer.CreateApplication(t.Context(), &pb.CreateApplicationRequest{Parent: "agencies/own", Application: handedOver("2026-06-02"), RequestId: id})
	if err != nil || real.GetApplicationNo() != "2026-00002" {
		t.Errorf("then %v, %v", real, err)
	}
}

// TestOneOfManyWins: of many who act on what they all have read, one succeeds.
func TestOneOfManyWins(t *testing.T) {
	o := newOffice(t, today)
	a := o.register(t, handedOver("2026-06-01"))
	const people = 32
	for round := range 5 {
		errs := make([]error, people)
		var all sync.WaitGroup
		for i := range people {
			all.Go(func() {
				_, errs[i] = o.officer.ActOnApplication(t.Context(), &pb.ActOnApplicationRequest{
					Name: a.GetName(), Etag: a.GetEtag(), Actions: []*pb.Action{action(&pb.Hold{HoldDate: "2026-06-02", Reason: strconv.Itoa(i)})},
				})
			})
		}
		all.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			wantRefusal(t, err, codes.Aborted, pb.Reason_STALE_ETAG)
		}
		next := o.get(t, a.GetName())
		if won != 1 || next.GetRevision() != a.GetRevision()+1 {
			t.Fatalf("round %d: %d won, revision %d after %d", round, won, next.GetRevision(), a.GetRevision())
		}
		a = next
	}
}

func TestNumbersAreGivenOnce(t *testing.T) {
	o := newOffice(t, today)
	const people = 32
	got := make([]string, people)
	var all sync.WaitGroup
	for i := range people {
		all.Go(func() {
			a, err := o.officer.CreateApplication(t.Context(), &pb.CreateApplicationRequest{Parent: "agencies/own", Application: handedOver("2026-06-01")})
			if err != nil {
				t.Error(err)
			}
			got[i] = a.GetApplicationNo()
		})
	}
	all.Wait()
	seen := map[string]bool{}
	for _, n := range got {
		seen[n] = true
	}
	for i := range people {
		if n := fmt.Sprintf("2026-%05d", i+1); !seen[n] {
			t.Errorf("number %s is missing", n)
		}
	}
}
