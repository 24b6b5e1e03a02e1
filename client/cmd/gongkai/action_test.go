package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"

	"gongkai/client/internal/grpctest"
	pb "gongkai/proto/disclosure/v1"
)

// sample fills a field with a value and gives the flags that should do the same.
func sample(m protoreflect.Message, field protoreflect.FieldDescriptor) (flags []string) {
	flag := "--" + strings.ReplaceAll(string(field.Name()), "_", "-")
	switch {
	case field.Kind() == protoreflect.BoolKind:
		m.Set(field, protoreflect.ValueOfBool(true))
		return []string{flag}
	case field.Kind() == protoreflect.Int32Kind:
		m.Set(field, protoreflect.ValueOfInt32(7))
		return []string{flag, "7"}
	case field.Kind() == protoreflect.Int64Kind:
		m.Set(field, protoreflect.ValueOfInt64(8_000_000_000))
		return []string{flag, "8000000000"}
	case field.Kind() == protoreflect.EnumKind:
		m.Set(field, protoreflect.ValueOfEnum(2))
		return []string{flag, strings.ToLower(string(field.Enum().Values().ByNumber(2).Name()))}
	case field.Kind() == protoreflect.MessageKind:
		list := m.Mutable(field).List()
		list.Append(protoreflect.ValueOfMessage((&pb.Amendment{Revision: 3, Change: &pb.Amendment_Strike{Strike: true}}).ProtoReflect()))
		list.Append(protoreflect.ValueOfMessage((&pb.Amendment{Change: &pb.Amendment_Action{Action: &pb.Action{
			Action: &pb.Action_Extend{Extend: &pb.Extend{Workdays: 10}},
		}}}).ProtoReflect()))
		return []string{flag, `{"revision": 3, "strike": true}`, flag, `{"action": {"extend": {"workdays": 10}}}`}
	case field.IsList():
		list := m.Mutable(field).List()
		list.Append(protoreflect.ValueOfString("身份证明, 附件"))
		list.Append(protoreflect.ValueOfString("描述"))
		return []string{flag, "身份证明, 附件", flag, "描述"}
	}
	value := "text of " + string(field.Name())
	m.Set(field, protoreflect.ValueOfString(value))
	return []string{flag, value}
}

// testActions runs the command of each field of a oneof with every flag and compares what
// arrives with the message filled field by field.
func testActions(t *testing.T, prefix []string, oneof protoreflect.OneofDescriptor, request func(action protoreflect.Message) proto.Message, empty func() protoreflect.Message, answer proto.Message) {
	server := grpctest.Serve(t, answers(answer))
	for i := range oneof.Fields().Len() {
		choice := oneof.Fields().Get(i)
		action := empty()
		fields := choice.Message().Fields()
		name := strings.ReplaceAll(string(choice.Name()), "_", "-")
		args := append(slices.Clone(prefix), name, "2026-00001", "--agency", "jyj", "--etag", "e1", "--request-id", "id-1", "--what-if")
		chosen := action.Mutable(choice).Message()
		for j := range fields.Len() {
			args = append(args, sample(chosen, fields.Get(j))...)
		}
		if got := invoke(t, server, args...); got.code != 0 {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		calls := server.Calls()
		if diff := cmp.Diff(request(action), calls[len(calls)-1].Requests[0], protocmp.Transform()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestActionCommands(t *testing.T) {
	t.Parallel()
	testActions(t, nil, (&pb.Action{}).ProtoReflect().Descriptor().Oneofs().ByName("action"), func(action protoreflect.Message) proto.Message {
		return &pb.ActOnApplicationRequest{
			Name: "agencies/jyj/applications/no:2026-00001", Etag: "e1", RequestId: "id-1", ValidateOnly: true,
			Actions: []*pb.Action{action.Interface().(*pb.Action)},
		}
	}, func() protoreflect.Message { return (&pb.Action{}).ProtoReflect() }, &pb.Application{})
}

func TestRemedyActionCommands(t *testing.T) {
	t.Parallel()
	testActions(t, []string{"remedy"}, (&pb.RemedyAction{}).ProtoReflect().Descriptor().Oneofs().ByName("action"), func(action protoreflect.Message) proto.Message {
		return &pb.ActOnRemedyRequest{
			Name: "agencies/jyj/remedies/2026-00001", Etag: "e1", RequestId: "id-1", ValidateOnly: true,
			Action: action.Interface().(*pb.RemedyAction),
		}
	}, func() protoreflect.Message { return (&pb.RemedyAction{}).ProtoReflect() }, &pb.Remedy{})
}

// TestActionsOneToOne checks that commands, labels and fields of the oneof are the same.
func TestActionsOneToOne(t *testing.T) {
	t.Parallel()
	var fields, commands, labels []string
	for _, m := range []proto.Message{&pb.Action{}, &pb.RemedyAction{}} {
		each(m, func(name protoreflect.Name) { fields = append(fields, string(name)) })
	}
	a := &app{}
	for _, cmd := range append(a.actions(), a.remedyActions()...) {
		commands = append(commands, strings.ReplaceAll(cmd.Name(), "-", "_"))
	}
	for name := range actionLabels {
		labels = append(labels, string(name))
	}
	if diff := cmp.Diff(fields, commands); diff != "" {
		t.Error(diff)
	}
	slices.Sort(fields)
	slices.Sort(labels)
	if diff := cmp.Diff(fields, labels); diff != "" {
		t.Error(diff)
	}
	for name := range actionExamples {
		if !slices.Contains(fields, string(name)) {
			t.Errorf("example of no action: %s", name)
		}
	}
}

func TestApplicationCreate(t *testing.T) {
	t.Parallel()
	server := grpctest.Serve(t, answers(&pb.Application{Warnings: []string{"证件号码校验位不符"}}))
	got := invoke(t, server, "application", "create", "--agency", "jyj", "--application-no", "2026-00007", "--channel", "post-signed",
		"--arrive-date", "2026-03-02", "--applicant-kind", "NATURAL_PERSON", "--applicant-name", "张三", "--id-type", "身份证", "--id-number", "x",
		"--phone", "1", "--address", "路", "--postcode", "200000", "--email", "e@example", "--description", "预算", "--remark", "注",
		"--actions", `{"request_supplement": {"notify_date": "2026-03-03", "items": ["描述"]}}`, "--request-id", "id-1", "--what-if")
	if got.code != 0 || got.stderr != "提示: 证件号码校验位不符\n" {
		t.Errorf("got %+v", got)
	}
	want := &pb.CreateApplicationRequest{
		Parent: "agencies/jyj",
		Application: &pb.Application{
			ApplicationNo: "2026-00007", Channel: pb.Application_POST_SIGNED, ArriveDate: "2026-03-02", Description: "预算", Remark: "注",
			Applicant: &pb.Applicant{
				Kind: pb.Applicant_NATURAL_PERSON, DisplayName: "张三", IdType: "身份证", IdNumber: "x", Phone: "1", Address: "路", Postcode: "200000", Email: "e@example",
			},
		},
		RequestId: "id-1", ValidateOnly: true,
		Actions: []*pb.Action{{Action: &pb.Action_RequestSupplement{RequestSupplement: &pb.RequestSupplement{NotifyDate: "2026-03-03", Items: []string{"描述"}}}}},
	}
	if diff := cmp.Diff(proto.Message(want), server.Calls()[0].Requests[0], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

// TestRequests checks what other commands make of their flags.
func TestRequests(t *testing.T) {
	t.Parallel()
	report := write(t, "report.json", "\ufeff{\"figures\": {}}")
	tests := []struct {
		name   string
		args   []string
		want   proto.Message
		answer proto.Message
	}{
		{
			"chain of actions",
			[]string{"application", "act", "1", "--agency", "a", "--actions", `{"archive": {"archive_date": "d"}}`, "--actions", `{"release": {}}`, "--request-id", "i"},
			&pb.ActOnApplicationRequest{Name: "agencies/a/applications/no:1", RequestId: "i", Actions: []*pb.Action{
				{Action: &pb.Action_Archive{Archive: &pb.Archive{ArchiveDate: "d"}}}, {Action: &pb.Action_Release{Release: &pb.Release{}}},
			}},
			&pb.Application{},
		},
		{
			"resource name instead of a number",
			[]string{"application", "get", "agencies/b/applications/x1"},
			&pb.GetApplicationRequest{Name: "agencies/b/applications/x1"},
			&pb.Application{},
		},
		{
			"filter",
			[]string{"application", "list", "--agency", "a", "--filter", `state = "CLOSED"`},
			&pb.ListApplicationsRequest{Parent: "agencies/a", PageSize: pageSize, Filter: `state = "CLOSED"`},
			&pb.ListApplicationsResponse{},
		},
		{
			"search",
			[]string{"application", "search", "征地", "补偿", "--agency", "a", "--name", "张三", "--id-number", "1x", "--phone", "2", "--filter", `state = "CLOSED"`},
			&pb.SearchApplicationsRequest{
				Parent: "agencies/a", PageSize: searchPage, Words: "征地 补偿", DisplayName: "张三", IdNumber: "1x", Phone: "2", Filter: `state = "CLOSED"`,
			},
			&pb.SearchApplicationsResponse{},
		},
		{
			"day of due",
			[]string{"due", "--agency", "a", "--on", "2026-03-02"},
			&pb.ListDueApplicationsRequest{Parent: "agencies/a", PageSize: pageSize, OnDate: "2026-03-02"},
			&pb.ListDueApplicationsResponse{},
		},
		{
			"new agency",
			[]string{"agency", "create", "jyj", "--name", "教育局", "--parent", "zf", "--review-steps", "officer", "--review-steps", "SUPERVISOR", "--codes-variant", "national", "--request-id", "i"},
			&pb.CreateAgencyRequest{AgencyId: "jyj", RequestId: "i", Agency: &pb.Agency{
				DisplayName: "教育局", Parent: "agencies/zf", ReviewSteps: []string{"officer", "supervisor"}, CodesVariant: "national",
			}},
			&pb.Agency{},
		},
		{
			"no chain of approvals any more",
			[]string{"agency", "update", "jyj", "--review-steps", "", "--parent", "", "--etag", "e", "--request-id", "i"},
			&pb.UpdateAgencyRequest{Agency: &pb.Agency{Name: "agencies/jyj", Etag: "e"}, UpdateMask: "parent,review_steps", RequestId: "i"},
			&pb.Agency{},
		},
		{
			"user of the installation",
			[]string{"user", "get", "root"},
			&pb.GetPrincipalRequest{Name: "principals/root"},
			&pb.Principal{},
		},
		{
			"user of an agency",
			[]string{"user", "delete", "w", "--agency", "a"},
			&pb.DeletePrincipalRequest{Name: "agencies/a/principals/w"},
			&pb.Principal{},
		},
		{
			"remedy",
			[]string{"remedy", "create", "--agency", "a", "--kind", "litigation", "--application", "1", "--file-date", "d", "--after-reconsideration", "--capacity", "reviewer", "--request-id", "i"},
			&pb.CreateRemedyRequest{Parent: "agencies/a", RequestId: "i", Remedy: &pb.Remedy{
				Kind: pb.Remedy_LITIGATION, Application: "agencies/a/applications/no:1", FileDate: "d", AfterReconsideration: true, Capacity: pb.Remedy_REVIEWER,
			}},
			&pb.Remedy{},
		},
		{
			"complaint about no application",
			[]string{"remedy", "create", "--agency", "a", "--kind", "complaint", "--file-date", "d", "--request-id", "i"},
			&pb.CreateRemedyRequest{Parent: "agencies/a", RequestId: "i", Remedy: &pb.Remedy{Kind: pb.Remedy_COMPLAINT, FileDate: "d"}},
			&pb.Remedy{},
		},
		{
			"figures",
			[]string{"figure", "set", "--agency", "a", "--year", "2025", "1110=3", "t2.8.fees=0.50", "--request-id", "i"},
			&pb.SetFiguresRequest{Parent: "agencies/a", RequestId: "i", Figures: []*pb.Figure{{Year: 2025, Code: "1110", Value: "3"}, {Year: 2025, Code: "t2.8.fees", Value: "0.50"}}},
			&pb.SetFiguresResponse{},
		},
		{
			"report to check",
			[]string{"report", "check", report, "--form", "table-2021"},
			&pb.CheckReportRequest{Json: `{"figures": {}}`, Form: "table-2021"},
			&pb.CheckReportResponse{},
		},
		{
			"report from stdin",
			[]string{"report", "check", "-"},
			&pb.CheckReportRequest{Json: "{}"},
			&pb.CheckReportResponse{},
		},
		{
			"workdays back, as known then",
			[]string{"calendar", "add", "2026-03-02", "--workdays", "-3", "--known-on", "2025-01-01"},
			&pb.AddWorkdaysRequest{Date: "2026-03-02", Workdays: -3, KnownOnDate: "2025-01-01"},
			&pb.AddWorkdaysResponse{},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := grpctest.Serve(t, answers(test.answer))
			if got := invoke(t, server, test.args...); got.code != 0 {
				t.Fatalf("got %+v", got)
			}
			if diff := cmp.Diff(test.want, server.Calls()[0].Requests[0], protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
