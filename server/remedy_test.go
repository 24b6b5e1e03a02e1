package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	pb "gongkai/proto/disclosure/v1"
)

func suit(application string) *pb.Remedy {
	return &pb.Remedy{Kind: pb.Remedy_LITIGATION, Application: application, FileDate: "2026-06-10", AfterReconsideration: true, Remark: "一审"}
}

func (o *office) remedy(t *testing.T, r *pb.Remedy) *pb.Remedy {
	t.Helper()
	out, err := o.remedies.CreateRemedy(t.Context(), &pb.CreateRemedyRequest{Parent: "agencies/own", Remedy: r})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func conclude(result pb.Remedy_Result, on string) *pb.RemedyAction {
	return &pb.RemedyAction{Action: &pb.RemedyAction_Conclude{Conclude: &pb.Conclude{Result: result, ConcludeDate: on}}}
}

func remand(on, reason string) *pb.RemedyAction {
	return &pb.RemedyAction{Action: &pb.RemedyAction_Remand{Remand: &pb.Remand{RemandDate: on, Reason: reason}}}
}

func strike(reason string) *pb.RemedyAction {
	return &pb.RemedyAction{Action: &pb.RemedyAction_Strike{Strike: &pb.Strike{Reason: reason}}}
}

func TestRemedies(t *testing.T) {
	o := newOffice(t, today)
	a := o.register(t, handedOver("2026-06-01"))
	created := o.remedy(t, suit("agencies/own/applications/no:2026-00001"))
	want := suit(a.GetName())
	want.Name, want.CreateTime, want.Etag, want.ApplicationNo = created.GetName(), created.GetCreateTime(), `"1"`, "2026-00001"
	want.Capacity, want.Result = pb.Remedy_ORIGINAL, pb.Remedy_PENDING
	sameMessage(t, "created", want, created)
	for _, tt := range []struct {
		name   string
		by     pb.RemedyServiceClient
		action *pb.RemedyAction
		then   func()
	}{
		{"concluded", o.remedies, conclude(pb.Remedy_CORRECTED, "2026-06-20"), func() {
			want.Result, want.ConcludeDate, want.Etag = pb.Remedy_CORRECTED, "2026-06-20", `"2"`
		}},
		{"remanded", o.remedies, remand("2026-06-25", "发回重审"), func() {
			want.Result, want.ConcludeDate, want.Etag = pb.Remedy_PENDING, "", `"3"`
		}},
		{"struck", o.chief, strike("重复登记"), func() { want.Void, want.Etag = true, `"4"` }},
	} {
		got, err := tt.by.ActOnRemedy(t.Context(), &pb.ActOnRemedyRequest{Name: created.GetName(), Etag: want.GetEtag(), Action: tt.action})
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		tt.then()
		sameMessage(t, tt.name, want, got)
	}
	read, err := o.remedies.GetRemedy(t.Context(), &pb.GetRemedyRequest{Name: created.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	sameMessage(t, "read", want, read)
}

func TestRemediesAreRefused(t *testing.T) {
	o := newOffice(t, today)
	name := o.remedy(t, suit("")).GetName()
	complaint := o.remedy(t, &pb.Remedy{Kind: pb.Remedy_COMPLAINT, FileDate: "2026-06-10"}).GetName()
	filing := func(change func(*pb.Remedy)) func(context.Context) error {
		return func(ctx context.Context) error {
			r := suit("")
			change(r)
			_, err := o.remedies.CreateRemedy(ctx, &pb.CreateRemedyRequest{Parent: "agencies/own", Remedy: r})
			return err
		}
	}
	acting := func(c pb.RemedyServiceClient, name, etag string, a *pb.RemedyAction) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := c.ActOnRemedy(ctx, &pb.ActOnRemedyRequest{Name: name, Etag: etag, Action: a})
			return err
		}
	}
	for _, tt := range []struct {
		name   string
		call   func(context.Context) error
		code   codes.Code
		reason pb.Reason
		field  string
		zh, en string
	}{
		{"no kind", filing(func(r *pb.Remedy) { r.Kind = 0 }), codes.InvalidArgument, pb.Reason_FIELD_INVALID, "remedy.kind", "类型", "kind"},
		{"no day", filing(func(r *pb.Remedy) { r.FileDate = "" }), codes.InvalidArgument, pb.Reason_FIELD_INVALID, "remedy.file_date", "file_date", "file_date"},
		{"a day that is none", filing(func(r *pb.Remedy) { r.FileDate = "2026-6-1" }), codes.InvalidArgument, pb.Reason_FIELD_INVALID, "remedy.file_date", "2026-6-1", "2026-6-1"},
		{"tomorrow", filing(func(r *pb.Remedy) { r.FileDate = "2026-07-01" }), codes.InvalidArgument, pb.Reason_DATE_IN_FUTURE, "remedy.file_date", "晚于今天", "after today"},
		{"before any Regulation", filing(func(r *pb.Remedy) { r.FileDate = "2008-04-30" }), codes.InvalidArgument, pb.Reason_OUT_OF_SCOPE, "remedy.file_date", "2008年5月1日", "2008-05-01"},
		{"a reconsideration after one", filing(func(r *pb.Remedy) { r.Kind = pb.Remedy_RECONSIDERATION }), codes.InvalidArgument, pb.Reason_FIELD_INVALID, "remedy.after_reconsideration", "行政诉讼", "suit"},
		{"a long remark", filing(func(r *pb.Remedy) { r.Remark = strings.Repeat("长", 10_001) }), codes.InvalidArgument, pb.Reason_FIELD_INVALID, "remedy.remark", "最多10000个", "at most 10000"},
		{"an application that is none", filing(func(r *pb.Remedy) { r.Application = "2026-00001" }), codes.InvalidArgument, pb.Reason_FIELD_INVALID, "remedy.application", "no:{申请编号}", "no:{application_no}"},
		{"an unknown application", filing(func(r *pb.Remedy) { r.Application = "agencies/own/applications/no:1" }), codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND, "remedy.application", "没有该记录", "does not exist"},
		{"no action", acting(o.remedies, name, "", nil), codes.InvalidArgument, pb.Reason_FIELD_INVALID, "action", "没有写明", "no action"},
		{"no result", acting(o.remedies, name, "", conclude(0, "2026-06-20")), codes.InvalidArgument, pb.Reason_FIELD_INVALID, "action.conclude.result", "结果", "result"},
		{"pending as a result", acting(o.remedies, name, "", conclude(pb.Remedy_PENDING, "2026-06-20")), codes.InvalidArgument, pb.Reason_FIELD_INVALID, "action.conclude.result", "维持", "UPHELD"},
		{"concluded before it was filed", acting(o.remedies, name, "", conclude(pb.Remedy_UPHELD, "2026-06-09")), codes.FailedPrecondition, pb.Reason_DATE_ORDER, "action.conclude.conclude_date", "早于", "before"},
		{"concluded tomorrow", acting(o.remedies, name, "", conclude(pb.Remedy_UPHELD, "2026-07-01")), codes.InvalidArgument, pb.Reason_DATE_IN_FUTURE, "action.conclude.conclude_date", "晚于今天", "after today"},
		{"remanded while pending", acting(o.remedies, name, "", remand("2026-06-20", "再审")), codes.FailedPrecondition, pb.Reason_ACTION_NOT_POSSIBLE, "action.remand", "尚未审结", "PENDING"},
		{"struck without a reason", acting(o.chief, name, "", strike(" ")), codes.InvalidArgument, pb.Reason_FIELD_INVALID, "action.strike.reason", "reason", "reason"},
		{"struck by an officer", acting(o.remedies, name, "", strike("重复")), codes.PermissionDenied, pb.Reason_ROLE_NOT_ALLOWED, "action.strike", "您的角色", "your role"},
		{"a complaint concluded", acting(o.remedies, complaint, "", conclude(pb.Remedy_UPHELD, "2026-06-20")), codes.FailedPrecondition, pb.Reason_ACTION_NOT_POSSIBLE, "action.conclude", "举报投诉", "complaint"},
		{"a stale etag", acting(o.remedies, name, `"2"`, conclude(pb.Remedy_UPHELD, "2026-06-20")), codes.Aborted, pb.Reason_STALE_ETAG, "", "重新读取", "read it again"},
		{"an unknown remedy", acting(o.remedies, "agencies/own/remedies/zzzz", "", conclude(pb.Remedy_UPHELD, "2026-06-20")), codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND, "", "没有该记录", "does not exist"},
		{"an application as a remedy", acting(o.remedies, "agencies/own/applications/1", "", conclude(pb.Remedy_UPHELD, "2026-06-20")), codes.InvalidArgument, pb.Reason_FIELD_INVALID, "name", "remedies", "remedies"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o.unchanged(t, func(ctx context.Context) {
				got := wantRefusal(t, tt.call(ctx), tt.code, tt.reason)
				if got.field != tt.field || !strings.Contains(got.zh, tt.zh) || !strings.Contains(got.en, tt.en) {
					t.Errorf("at %q: %q / %q; want %q: %q / %q", got.field, got.zh, got.en, tt.field, tt.zh, tt.en)
				}
			})
		})
	}
}

func TestRemedyRetries(t *testing.T) {
	o := newOffice(t, today)
	o.register(t, handedOver("2026-06-01"))
	creating := &pb.CreateRemedyRequest{Parent: "agencies/own", Remedy: suit("agencies/own/applications/no:2026-00001"), RequestId: uuid.NewString()}
	o.unchanged(t, func(ctx context.Context) {
		only := &pb.CreateRemedyRequest{Parent: "agencies/own", Remedy: creating.GetRemedy(), ValidateOnly: true, RequestId: creating.GetRequestId()}
		would, err := o.remedies.CreateRemedy(ctx, only)
		if err != nil || would.GetName() != "" || would.GetResult() != pb.Remedy_PENDING || would.GetApplicationNo() != "2026-00001" {
			t.Errorf("would be %v, %v", would, err)
		}
	})
	created, err := o.remedies.CreateRemedy(t.Context(), creating)
	if err != nil {
		t.Fatal(err)
	}
	acting := &pb.ActOnRemedyRequest{Name: created.GetName(), Etag: created.GetEtag(), RequestId: uuid.NewString(), Action: conclude(pb.Remedy_UPHELD, "2026-06-20")}
	o.unchanged(t, func(ctx context.Context) {
		would, err := o.remedies.ActOnRemedy(ctx, &pb.ActOnRemedyRequest{Name: created.GetName(), ValidateOnly: true, Action: acting.GetAction()})
		if err != nil || would.GetResult() != pb.Remedy_UPHELD || would.GetEtag() != `"2"` {
			t.Errorf("would be %v, %v", would, err)
		}
	})
	acted, err := o.remedies.ActOnRemedy(t.Context(), acting)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.chief.ActOnRemedy(t.Context(), &pb.ActOnRemedyRequest{Name: created.GetName(), Action: strike("重复登记")}); err != nil {
		t.Fatal(err)
	}
	o.unchanged(t, func(ctx context.Context) {
		again, err := o.remedies.CreateRemedy(ctx, creating)
		if err != nil {
			t.Fatal(err)
		}
		sameMessage(t, "creating again", created, again)
		if again, err = o.remedies.ActOnRemedy(ctx, acting); err != nil {
			t.Fatal(err)
		}
		sameMessage(t, "acting again", acted, again)
		_, err = o.chief.ActOnRemedy(ctx, acting)
		wantRefusal(t, err, codes.AlreadyExists, pb.Reason_REQUEST_ID_REUSED)
		acting.Action = conclude(pb.Remedy_OTHER, "2026-06-20")
		_, err = o.remedies.ActOnRemedy(ctx, acting)
		wantRefusal(t, err, codes.AlreadyExists, pb.Reason_REQUEST_ID_REUSED)
	})
}

func TestListRemedies(t *testing.T) {
	o := newOffice(t, today)
	a := o.register(t, handedOver("2026-06-01"))
	var all, ofIt []string
	for i := range 5 {
		r := suit("")
		if i%2 == 0 {
			r.Application = a.GetName()
		}
		name := o.remedy(t, r).GetName()
		all = append(all, name)
		if i%2 == 0 {
			ofIt = append(ofIt, name)
		}
	}
	for _, tt := range []struct {
		name string
		req  *pb.ListRemediesRequest
		want string
	}{
		{"all", &pb.ListRemediesRequest{}, fmt.Sprint([][]string{all})},
		{"pages", &pb.ListRemediesRequest{PageSize: 2}, fmt.Sprint([][]string{all[:2], all[2:4], all[4:]})},
		{"of an application", &pb.ListRemediesRequest{Application: a.GetName()}, fmt.Sprint([][]string{ofIt})},
		{"of a number in pages", &pb.ListRemediesRequest{Application: "agencies/own/applications/no:2026-00001", PageSize: 2}, fmt.Sprint([][]string{ofIt[:2], ofIt[2:]})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.req.Parent = "agencies/own"
			var pages [][]string
			for {
				res, err := o.remedies.ListRemedies(t.Context(), tt.req)
				if err != nil {
					t.Fatal(err)
				}
				var page []string
				for _, r := range res.GetRemedies() {
					page = append(page, r.GetName())
				}
				pages = append(pages, page)
				if tt.req.PageToken = res.GetNextPageToken(); tt.req.GetPageToken() == "" {
					break
				}
			}
			if diff := cmp.Diff(tt.want, fmt.Sprint(pages)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	_, err := o.remedies.ListRemedies(t.Context(), &pb.ListRemediesRequest{Parent: "agencies/own", Application: "agencies/own/applications/zz"})
	if r := wantRefusal(t, err, codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND); r.field != "application" {
		t.Errorf("at %s", r.field)
	}
	_, err = o.remedies.ListRemedies(t.Context(), &pb.ListRemediesRequest{Parent: "agencies/own", PageToken: "x"})
	wantRefusal(t, err, codes.InvalidArgument, pb.Reason_INVALID_PAGE_TOKEN)
}
