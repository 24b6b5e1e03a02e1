package server_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// office is the agency "own" with a person of each role, in a register of its own.
type office struct {
	*env
	officer, supervisor, statistician, auditor pb.ApplicationServiceClient
	remedies, chief                            pb.RemedyServiceClient
}

func newOffice(t testing.TB, on string) *office {
	t.Helper()
	e := start(t, on)
	e.agency(t, "own", "")
	officer, supervisor := e.conn(t, workflow.Officer, "own"), e.conn(t, workflow.Supervisor, "own")
	return &office{
		env:     e,
		officer: pb.NewApplicationServiceClient(officer), supervisor: pb.NewApplicationServiceClient(supervisor),
		statistician: pb.NewApplicationServiceClient(e.conn(t, workflow.Statistician, "own")),
		auditor:      pb.NewApplicationServiceClient(e.conn(t, workflow.Auditor, "own")),
		remedies:     pb.NewRemedyServiceClient(officer), chief: pb.NewRemedyServiceClient(supervisor),
	}
}

// handedOver is an application brought in person on a day, with all particulars.
func handedOver(on string) *pb.Application {
	return &pb.Application{
		Applicant: &pb.Applicant{
			Kind: pb.Applicant_NATURAL_PERSON, DisplayName: "测试甲", IdType: "身份证", IdNumber: "000000000000000001",
			Phone: "00000000", Address: "测试路1号", Postcode: "000000", Email: "jia@example.invalid",
		},
		Channel: pb.Application_IN_PERSON, ArriveDate: on, Description: "测试路改造的\n经费决算", Remark: "内部备注",
	}
}

// action wraps the message of one action.
func action(m proto.Message) *pb.Action {
	out := &pb.Action{}
	fields := out.ProtoReflect().Descriptor().Oneofs().Get(0).Fields()
	for i := range fields.Len() {
		if f := fields.Get(i); f.Message().FullName() == m.ProtoReflect().Descriptor().FullName() {
			out.ProtoReflect().Set(f, protoreflect.ValueOfMessage(m.ProtoReflect()))
		}
	}
	return out
}

// register registers an application and applies actions with it, as the supervisor.
func (o *office) register(t testing.TB, a *pb.Application, actions ...*pb.Action) *pb.Application {
	t.Helper()
	out, err := o.supervisor.CreateApplication(t.Context(), &pb.CreateApplicationRequest{Parent: "agencies/own", Application: a, Actions: actions})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// act applies actions as the supervisor.
func (o *office) act(t testing.TB, name string, actions ...*pb.Action) *pb.Application {
	t.Helper()
	out, err := o.supervisor.ActOnApplication(t.Context(), &pb.ActOnApplicationRequest{Name: name, Actions: actions})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (o *office) get(t testing.TB, name string) *pb.Application {
	t.Helper()
	out, err := o.officer.GetApplication(t.Context(), &pb.GetApplicationRequest{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (o *office) history(t testing.TB, name string) []*pb.Event {
	t.Helper()
	out, err := o.officer.ListEvents(t.Context(), &pb.ListEventsRequest{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return out.GetEvents()
}

// everything is all that a caller can see of it.
func (o *office) everything(t testing.TB) []proto.Message {
	t.Helper()
	apps, err := o.officer.ListApplications(t.Context(), &pb.ListApplicationsRequest{Parent: "agencies/own", PageSize: 1000})
	if err != nil {
		t.Fatal(err)
	}
	remedies, err := o.remedies.ListRemedies(t.Context(), &pb.ListRemediesRequest{Parent: "agencies/own", PageSize: 1000})
	if err != nil {
		t.Fatal(err)
	}
	out := []proto.Message{apps, remedies}
	for _, a := range apps.GetApplications() {
		for _, e := range o.history(t, a.GetName()) {
			out = append(out, e)
		}
	}
	return out
}

// unchanged calls fn and asks that it leaves no trace, not even a number taken.
func (o *office) unchanged(t *testing.T, fn func(context.Context)) {
	t.Helper()
	before := o.everything(t)
	fn(t.Context())
	if diff := cmp.Diff(before, o.everything(t), protocmp.Transform()); diff != "" {
		t.Errorf("it left a trace (-before +after):\n%s", diff)
	}
}

// sameMessage compares two messages.
func sameMessage(t *testing.T, what string, want, got proto.Message) {
	t.Helper()
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
