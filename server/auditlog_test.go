package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// auditLines lists all pages of a request, a line for each record.
func auditLines(t *testing.T, client pb.AuditServiceClient, req *pb.ListAuditRecordsRequest) (lines []string) {
	t.Helper()
	for {
		res, err := client.ListAuditRecords(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(res.GetAuditRecords()); req.GetPageSize() > 0 && n > int(req.GetPageSize()) {
			t.Fatalf("a page of %d", n)
		}
		for _, r := range res.GetAuditRecords() {
			lines = append(lines, fmt.Sprintf("%d %s %s %s", r.GetN(), r.GetAction(), r.GetObject(), r.GetMethod()))
		}
		if req.PageToken = res.GetNextPageToken(); req.GetPageToken() == "" {
			return lines
		}
	}
}

// TestAuditRecords: what was done, read and refused is found by each filter, page by page as
// at once, without personal data, and that it was read is the newest record afterwards.
func TestAuditRecords(t *testing.T) {
	o := newOffice(t, today)
	ctx := t.Context()
	conn, who := o.person(t, workflow.Auditor, "own")
	client := pb.NewAuditServiceClient(conn)
	start := o.head(t, "own")
	a, b := o.register(t, handedOver("2026-06-01")), o.register(t, handedOver("2026-06-02"))
	reader, name := o.person(t, workflow.Officer, "own")
	apps := pb.NewApplicationServiceClient(reader)
	for _, err := range []error{
		second(apps.GetApplication(ctx, &pb.GetApplicationRequest{Name: a.GetName()})),
		second(apps.ListApplications(ctx, &pb.ListApplicationsRequest{Parent: "agencies/own"})),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.statistician.GetApplication(ctx, &pb.GetApplicationRequest{Name: b.GetName()}); err == nil {
		t.Fatal("the statistician reads a case")
	}
	const wantRead, wantList = "read read/application/1 ApplicationService/GetApplication", "read read/application ApplicationService/ListApplications"
	refuse := "refuse refused/ApplicationService/GetApplication ApplicationService/GetApplication"
	created := func(id int) string { return fmt.Sprintf("submit application/%d ", id) }
	place := func(n int64, line string) string { return fmt.Sprintf("%d %s", start+n, line) }
	hired := place(3, "create_principal principal/"+name[strings.LastIndexByte(name, '/')+1:]+" ")
	first, other := place(1, created(1)), place(2, created(2))
	read, list, refused := place(4, wantRead), place(5, wantList), place(6, refuse)
	for _, tt := range []struct {
		name string
		req  *pb.ListAuditRecordsRequest
		want []string
	}{
		{"by person", &pb.ListAuditRecordsRequest{Actor: name}, []string{list, read}},
		{"by short name", &pb.ListAuditRecordsRequest{Actor: name[strings.LastIndexByte(name, '/')+1:]}, []string{list, read}},
		{"by refusal", &pb.ListAuditRecordsRequest{Action: "refuse"}, []string{refused}},
		{"by method", &pb.ListAuditRecordsRequest{Method: "ApplicationService/ListApplications"}, []string{list}},
		{"by short method", &pb.ListAuditRecordsRequest{Method: "GetApplication"}, []string{refused, read}},
		{"by application", &pb.ListAuditRecordsRequest{Application: "agencies/own/applications/no:" + a.GetApplicationNo()}, []string{list, read, first}},
		{"by one that was only listed and refused", &pb.ListAuditRecordsRequest{Application: b.GetName()}, []string{refused, list, other}},
		{"by both", &pb.ListAuditRecordsRequest{Application: b.GetName(), Action: "read"}, []string{list}},
		{"by a method that none called", &pb.ListAuditRecordsRequest{Method: "Application"}, nil},
		{"until before all", &pb.ListAuditRecordsRequest{UntilTime: timestamppb.New(time.Now().Add(-time.Hour))}, nil},
		{"from after all", &pb.ListAuditRecordsRequest{FromTime: timestamppb.New(time.Now().Add(time.Hour))}, nil},
		{"of an hour", &pb.ListAuditRecordsRequest{FromTime: timestamppb.New(time.Now().Add(-time.Hour)), UntilTime: timestamppb.New(time.Now().Add(time.Hour)), Action: "submit"}, []string{other, first}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int32{0, 1, 2} {
				tt.req.Parent, tt.req.PageSize, tt.req.PageToken = "agencies/own", size, ""
				if got := auditLines(t, client, tt.req); !slices.Equal(got, tt.want) {
					t.Errorf("pages of %d: got\n%s\nwant\n%s", size, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
				}
			}
		})
	}
	t.Run("everything, from the newest to the first", func(t *testing.T) {
		n := o.head(t, "own")
		lines := auditLines(t, client, &pb.ListAuditRecordsRequest{Parent: "agencies/own", PageSize: 1000})
		if len(lines) != int(n) || !slices.Contains(lines, hired) || !strings.HasPrefix(lines[n-1], "1 ") {
			t.Errorf("%d records of %d:\n%s", len(lines), n, strings.Join(lines, "\n"))
		}
		got := o.since(t, "own", n)
		if len(got) != 1 || got[0].Actor != who || got[0].Method != "AuditService/ListAuditRecords" || got[0].Kind != "audit" || got[0].IDs != fmt.Sprintf("1-%d", n) {
			t.Errorf("the reading was recorded as %+v", got)
		}
	})
	t.Run("nothing shown, nothing recorded", func(t *testing.T) {
		n := o.head(t, "own")
		auditLines(t, client, &pb.ListAuditRecordsRequest{Parent: "agencies/own", Action: "nothing"})
		if got := o.head(t, "own"); got != n {
			t.Errorf("%d records became %d", n, got)
		}
	})
	t.Run("no personal data", func(t *testing.T) {
		res, err := client.ListAuditRecords(ctx, &pb.ListAuditRecordsRequest{Parent: "agencies/own", PageSize: 1000})
		if err != nil || strings.Contains(res.String(), "测试甲") || strings.Contains(res.String(), "经费") {
			t.Errorf("answered %v, %v", res, err)
		}
	})
}

func wantCode(t *testing.T, err error, want codes.Code) {
	t.Helper()
	if got := status.Code(err); got != want {
		t.Errorf("answered %v (%v), want %v", got, err, want)
	}
}

func second[T any](_ T, err error) error { return err }

// TestAuditRecordsRefused: only the agency's own auditor reads its records; another's learns
// not even that it exists; and what is asked wrongly is told.
func TestAuditRecordsRefused(t *testing.T) {
	o := newOffice(t, today)
	o.agency(t, "below", "own")
	a := o.register(t, handedOver("2026-06-01"))
	ask := func(role workflow.Role, agency string, req *pb.ListAuditRecordsRequest) error {
		return second(pb.NewAuditServiceClient(o.conn(t, role, agency)).ListAuditRecords(t.Context(), req))
	}
	for _, role := range workflow.Roles() {
		want := codes.PermissionDenied
		if role == workflow.Auditor {
			want = codes.OK
		}
		wantCode(t, ask(role, "own", &pb.ListAuditRecordsRequest{Parent: "agencies/own"}), want)
	}
	for name, tt := range map[string]struct {
		req  *pb.ListAuditRecordsRequest
		want codes.Code
	}{
		"the agency below":          {&pb.ListAuditRecordsRequest{Parent: "agencies/below"}, codes.NotFound},
		"an agency that is not":     {&pb.ListAuditRecordsRequest{Parent: "agencies/nowhere"}, codes.NotFound},
		"the installation":          {&pb.ListAuditRecordsRequest{}, codes.NotFound},
		"an application not there":  {&pb.ListAuditRecordsRequest{Parent: "agencies/own", Application: "agencies/own/applications/no:2026-99999"}, codes.NotFound},
		"an application of another": {&pb.ListAuditRecordsRequest{Parent: "agencies/own", Application: strings.Replace(a.GetName(), "own", "below", 1)}, codes.NotFound},
		"no application":            {&pb.ListAuditRecordsRequest{Parent: "agencies/own", Application: "x"}, codes.InvalidArgument},
		"a page of less than none":  {&pb.ListAuditRecordsRequest{Parent: "agencies/own", PageSize: -1}, codes.InvalidArgument},
		"a page of nothing":         {&pb.ListAuditRecordsRequest{Parent: "agencies/own", PageToken: "x"}, codes.InvalidArgument},
		"an instant that is none":   {&pb.ListAuditRecordsRequest{Parent: "agencies/own", FromTime: &timestamppb.Timestamp{Nanos: -1}}, codes.InvalidArgument},
		"an end before the beginning": {&pb.ListAuditRecordsRequest{
			Parent: "agencies/own", FromTime: timestamppb.New(time.Unix(2, 0)), UntilTime: timestamppb.New(time.Unix(1, 0)),
		}, codes.InvalidArgument},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, ask(workflow.Auditor, "own", tt.req), tt.want) })
	}
	t.Run("a page of another list", func(t *testing.T) {
		client := pb.NewAuditServiceClient(o.conn(t, workflow.Auditor, "own"))
		res, err := client.ListAuditRecords(t.Context(), &pb.ListAuditRecordsRequest{Parent: "agencies/own", PageSize: 1})
		if err != nil || res.GetNextPageToken() == "" {
			t.Fatal(res, err)
		}
		_, err = client.ListAuditRecords(t.Context(), &pb.ListAuditRecordsRequest{Parent: "agencies/own", Action: "read", PageToken: res.GetNextPageToken()})
		wantCode(t, err, codes.InvalidArgument)
	})
}
