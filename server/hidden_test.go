package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// TestTextsWithNUL puts the character that PostgreSQL cannot store, and C ends a text at,
// into each text of each request, each condition of a filter and each name of a thing: no
// answer may blame the service for it.
func TestTextsWithNUL(t *testing.T) {
	texts := map[bool][]string{false: {"甲\x00乙", "\x00"}}
	for _, field := range []string{"state", "basis", "holder", "application_no", "receive_date"} {
		texts[true] = append(texts[true], fmt.Sprintf("%s = \"甲\x00乙\"", field))
	}
	onEngines(t, func(t *testing.T, f *filing) {
		conns := []*grpc.ClientConn{f.admin, f.conn}
		for _, role := range []workflow.Role{workflow.Supervisor, workflow.Administrator, workflow.Auditor} {
			conns = append(conns, f.env.conn(t, role, "own"))
		}
		asked := 0
		for name, m := range methods() {
			for _, path := range textsOf(m.Input(), nil) {
				for _, text := range append(namesOf(searching(m), path), texts[path[len(path)-1].Name() == "filter"]...) {
					req := searching(m)
					putText(req.ProtoReflect(), path, text)
					for _, conn := range conns {
						asked++
						if err := invoke(t.Context(), conn, name, m, req); blames(status.Code(err)) {
							t.Errorf("%s with %q as its %s: %v", name, text, path[len(path)-1].FullName(), err)
						} else if status.Code(err) != codes.PermissionDenied {
							break // for whoever may call it the same code reads it
						}
					}
				}
			}
		}
		if asked < 1000 {
			t.Errorf("only %d requests", asked)
		}
	})
}

// namesOf are names of things that end in NUL, for the fields that hold one.
func namesOf(req proto.Message, path []protoreflect.FieldDescriptor) []string {
	const own = "agencies/own"
	switch field := path[len(path)-1]; {
	case len(path) == 1 && !field.IsList() && strings.HasPrefix(req.ProtoReflect().Get(field).String(), own):
		return []string{own + "\x00", own + "/applications/no:\x00", own + "/principals/a\x00", req.ProtoReflect().Get(field).String() + "\x00"}
	case field.Name() == "application":
		return []string{own + "/applications/no:\x00", "no:\x00"}
	}
	return nil
}

// blames reports a code that says the service is at fault.
func blames(c codes.Code) bool {
	return slices.Contains([]codes.Code{codes.Internal, codes.Unavailable, codes.DataLoss, codes.Unimplemented}, c)
}

// searching is a request about an agency that reads a filter or a holder if it has one.
func searching(m protoreflect.MethodDescriptor) proto.Message {
	req := requestFor(m, "own")
	msg, fields := req.ProtoReflect(), m.Input().Fields()
	if m.Name() == "ListQueue" { // whose name asks for one application only
		msg.Clear(fields.ByName("name"))
	}
	for field, value := range map[protoreflect.Name]string{"words": "经费", "sheet": "applications"} {
		if f := fields.ByName(field); f != nil && f.Kind() == protoreflect.StringKind {
			msg.Set(f, protoreflect.ValueOfString(value))
		}
	}
	return req
}

// TestHolderIsAText: who is asked for is a text as assignments write it.
func TestHolderIsAText(t *testing.T) {
	o := newOffice(t, today)
	queue := pb.NewQueueServiceClient(o.conn(t, workflow.Supervisor, "own"))
	for _, holder := range []string{"规划\x00科", "规划\u202e科", "规划\n科", strings.Repeat("科", 1000)} {
		_, err := queue.ListQueue(t.Context(), &pb.ListQueueRequest{Parent: "agencies/own", Holder: holder})
		if got := wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID); got.field != "holder" {
			t.Errorf("%q is refused at %q", holder, got.field)
		}
	}
	for _, filter := range []string{"holder = \"规划\x00科\"", "application_no = \"\u202e1\"", "state = CLOSED \x1b"} {
		_, err := o.officer.ListApplications(t.Context(), &pb.ListApplicationsRequest{Parent: "agencies/own", Filter: filter})
		if got := wantRefusal(t, err, codes.InvalidArgument, pb.Reason_INVALID_FILTER); got.field != "filter" || !strings.Contains(got.en, "control character U+") {
			t.Errorf("%q is refused at %q: %s", filter, got.field, got.en)
		}
	}
}
