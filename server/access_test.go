package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/access"
	"gongkai/workflow"
)

// methods returns every method of the API by its full name.
func methods() map[string]protoreflect.MethodDescriptor {
	out := map[string]protoreflect.MethodDescriptor{}
	protoregistry.GlobalFiles.RangeFilesByPackage("disclosure.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			s := f.Services().Get(i)
			for j := range s.Methods().Len() {
				m := s.Methods().Get(j)
				out[fmt.Sprintf("/%s/%s", s.FullName(), m.Name())] = m
			}
		}
		return true
	})
	return out
}

// requestFor is an otherwise empty request about a thing of an agency.
func requestFor(m protoreflect.MethodDescriptor, agency string) proto.Message {
	req := dynamicpb.NewMessage(m.Input())
	set := func(msg protoreflect.Message, field, value string) {
		if f := msg.Descriptor().Fields().ByName(protoreflect.Name(field)); f != nil && f.Kind() == protoreflect.StringKind {
			msg.Set(f, protoreflect.ValueOfString(value))
		}
	}
	collection := map[string]string{
		"disclosure.v1.ApplicationService": "/applications/no:2026-00001",
		"disclosure.v1.RemedyService":      "/remedies/1",
		"disclosure.v1.PrincipalService":   "/principals/nobody",
		"disclosure.v1.AgencyService":      "",
	}[string(m.Parent().FullName())]
	set(req, "parent", "agencies/"+agency)
	set(req, "name", "agencies/"+agency+collection)
	if f := m.Input().Fields().ByName("agency"); f != nil && m.Name() == "UpdateAgency" {
		set(req.Mutable(f).Message(), "name", "agencies/"+agency)
	}
	if f := m.Input().Fields().ByName("header"); f != nil {
		set(req.Mutable(f).Message(), "parent", "agencies/"+agency)
	}
	return req
}

// invoke calls any method with one request and returns the error of its first answer.
func invoke(ctx context.Context, conn *grpc.ClientConn, name string, m protoreflect.MethodDescriptor, req proto.Message) error {
	resp := dynamicpb.NewMessage(m.Output())
	if !m.IsStreamingClient() && !m.IsStreamingServer() {
		return conn.Invoke(ctx, name, req, resp)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: m.IsStreamingClient()}, name)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(req); err != nil && !errors.Is(err, io.EOF) { // of a refused stream RecvMsg says why
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	return stream.RecvMsg(resp)
}

// TestAccessMatrix is the page of who may call what, from the outside: every method by
// every role of the own agency, of the one above, of one beside, and by the installation's
// administrator.
func TestAccessMatrix(t *testing.T) {
	e := start(t, today)
	e.agency(t, "top", "")
	e.agency(t, "own", "top")
	e.agency(t, "other", "")
	all := methods()
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	conns := map[string]*grpc.ClientConn{"installation ADMINISTRATOR": e.admin}
	order := []string{"installation ADMINISTRATOR"}
	for _, role := range []workflow.Role{workflow.SystemAdministrator, workflow.SecurityAdministrator, workflow.Auditor} {
		order = append(order, "installation "+string(role))
	}
	for _, agency := range []string{"own", "top", "other"} {
		for _, role := range workflow.Roles() {
			if role.Separate() { // they belong to no agency
				continue
			}
			who := agency + " " + string(role)
			conns[who], order = e.conn(t, role, agency), append(order, who)
		}
	}
	var b strings.Builder
	b.WriteString("Who may call what about agency own, which lies below top; other lies beside.\nyes: admitted; role: PERMISSION_DENIED; none: NOT_FOUND, as if it did not exist.\n")
	for _, name := range names {
		fmt.Fprintf(&b, "\n%s\n", strings.TrimPrefix(name, "/disclosure.v1."))
		for _, who := range order {
			conn := conns[who]
			if conn == nil { // anew each time: a call may end its sign-in
				conn = e.conn(t, workflow.Role(strings.TrimPrefix(who, "installation ")), "")
			}
			err := invoke(t.Context(), conn, name, all[name], requestFor(all[name], "own"))
			verdict := "yes"
			switch code := status.Code(err); {
			case code == codes.PermissionDenied:
				verdict = "role"
			case code == codes.NotFound && !withinReach(name, who):
				verdict = "none"
			case code == codes.Internal || code == codes.Unknown || code == codes.Unimplemented:
				t.Errorf("%s by %s: %v", name, who, err)
			}
			fmt.Fprintf(&b, "  %-28s %s\n", who, verdict)
		}
	}
	golden(t, "access.golden", b.String())
}

// withinReach reports by the table whether NOT_FOUND tells of a missing thing rather than
// of reach: a caller within reach gets it for the thing of these requests, which does not
// exist.
func withinReach(name, who string) bool {
	agency, role, _ := strings.Cut(who, " ")
	i := slices.IndexFunc(access.Rules(), func(r access.Rule) bool { return r.Method == name })
	rule := access.Rules()[i]
	return agency == "own" || agency == "installation" || agency == "top" && slices.Contains(rule.Below, workflow.Role(role))
}

// TestForeignIsMissing holds the whole answer about another agency's things against the
// answer about an agency that does not exist: they must be the same to the letter.
func TestForeignIsMissing(t *testing.T) {
	e := start(t, today)
	e.agency(t, "own", "")
	e.agency(t, "other", "")
	for name, m := range methods() {
		for _, role := range workflow.Roles() {
			if role.Separate() { // nothing is foreign to them
				continue
			}
			conn := e.conn(t, role, "own")
			foreign := invoke(t.Context(), conn, name, m, requestFor(m, "other"))
			missing := invoke(t.Context(), conn, name, m, requestFor(m, "nowhere"))
			a, b := status.Convert(foreign), status.Convert(missing)
			if diff := cmp.Diff(details(a), details(b)); a.Code() != b.Code() || diff != "" {
				t.Errorf("%s by %s: foreign %v, missing %v: %s", name, role, a, b, diff)
			}
		}
	}
}

// details are all that a status says, but for the id of the agency asked for.
func details(s *status.Status) []string {
	out := []string{s.Code().String(), s.Message()}
	for _, d := range s.Details() {
		out = append(out, fmt.Sprint(d))
	}
	for i := range out {
		out[i] = strings.NewReplacer("nowhere", "X", "other", "X", "  ", " ").Replace(out[i])
	}
	return out
}

// golden compares with a file under testdata, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// refusal is what a refused call says: code, reason, and both texts.
type refusal struct {
	code   codes.Code
	reason string
	field  string
	zh, en string
}

func refusalOf(err error) refusal {
	s := status.Convert(err)
	out := refusal{code: s.Code()}
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			out.reason, out.field = d.GetReason(), d.GetMetadata()["field"]
		case *errdetails.LocalizedMessage:
			if d.GetLocale() == "en" {
				out.en = d.GetMessage()
			} else {
				out.zh = d.GetMessage()
			}
		}
	}
	return out
}

// wantRefusal asks for code and reason, and that both languages say something.
func wantRefusal(t *testing.T, err error, code codes.Code, reason pb.Reason) refusal {
	t.Helper()
	got := refusalOf(err)
	if got.code != code || got.reason != reason.String() {
		t.Errorf("got %v %q (%v), want %v %v", got.code, got.reason, err, code, reason)
	}
	if got.zh == "" || got.en == "" || strings.Contains(got.zh+got.en, "%!") {
		t.Errorf("texts zh %q, en %q", got.zh, got.en)
	}
	return got
}
