package transfer_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/server/verify"
	"gongkai/storage"
	"gongkai/storage/storagetest/pgtest"
	"gongkai/storage/transfer"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// serve serves a register until end is called.
func serve(t *testing.T, store storage.Store) (conn *grpc.ClientConn, end func()) {
	t.Helper()
	s, err := server.New(server.Config{Store: store, Now: now, Today: calendar.New(2026, 6, 30), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	conn, err = grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	return conn, func() {
		_ = conn.Close()
		stop()
		if err := <-served; err != nil {
			t.Errorf("serving: %v", err)
		}
		if err := store.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	}
}

// desk is an officer who logs and decides, and keeps what was answered.
type desk struct {
	t       *testing.T
	token   string
	answers map[string]*pb.Application // by request id
}

func (d *desk) context() context.Context {
	return metadata.AppendToOutgoingContext(d.t.Context(), "authorization", "Bearer "+d.token)
}

// repeat sends every request again, and one more that has other contents.
func (d *desk) repeat(conn *grpc.ClientConn) {
	d.t.Helper()
	for request, want := range d.answers {
		got, err := d.send(conn, request, "第"+request+"号批复")
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" || err != nil {
			d.t.Errorf("request %s again (%v), the answer differs:\n%s", request, err, diff)
		}
		if _, err := d.send(conn, request, "别的"); status.Code(err) != codes.AlreadyExists {
			d.t.Errorf("request %s with other contents: %v, want %v", request, err, codes.AlreadyExists)
		}
	}
}

// next logs one more application, and decides the one before by its number.
func (d *desk) next(conn *grpc.ClientConn) {
	d.t.Helper()
	n := len(d.answers)
	request := fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
	a, err := d.send(conn, request, "第"+request+"号批复")
	if err != nil {
		d.t.Fatal(err)
	}
	if want := fmt.Sprintf("2026-%05d", n+1); a.GetApplicationNo() != want {
		d.t.Errorf("number %s, want %s", a.GetApplicationNo(), want)
	}
	_, err = pb.NewApplicationServiceClient(conn).ActOnApplication(d.context(), &pb.ActOnApplicationRequest{Name: a.GetName(), Actions: []*pb.Action{
		{Action: &pb.Action_Decide{Decide: &pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-06-10"}}},
	}})
	if err != nil {
		d.t.Errorf("decide: %v", err)
	}
	d.answers[request] = a
}

func (d *desk) send(conn *grpc.ClientConn, request, description string) (*pb.Application, error) {
	return pb.NewApplicationServiceClient(conn).CreateApplication(d.context(), &pb.CreateApplicationRequest{
		Parent: "agencies/east", RequestId: request, Application: &pb.Application{
			Channel: pb.Application_IN_PERSON, ArriveDate: "2026-06-01", Description: description,
			Applicant: &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON, DisplayName: "王𠮷"},
		},
	})
}

// TestServed moves a register there and back between days of work: requests of all days
// get their first answers, numbers go on, and its history holds.
func TestServed(t *testing.T) {
	p := pgtest.Start(t)
	dir := t.TempDir()
	places := []string{filepath.Join(dir, "a.db"), create(t, p, "served"), filepath.Join(dir, "b.db"), create(t, p, "served_again")}
	store := must(open(t.Context(), places[0]))(t)
	d := &desk{t: t, answers: map[string]*pb.Application{}}
	admin := server.NewToken()
	if _, err := server.FirstAdministrator(t.Context(), store, admin, noon); err != nil {
		t.Fatal(err)
	}
	conn, end := serve(t, store)
	d.token = admin
	must(pb.NewAgencyServiceClient(conn).CreateAgency(d.context(), &pb.CreateAgencyRequest{AgencyId: "east", Agency: &pb.Agency{DisplayName: "东局"}}))(t)
	d.token = must(pb.NewPrincipalServiceClient(conn).CreatePrincipal(d.context(), &pb.CreatePrincipalRequest{
		Parent: "agencies/east", PrincipalId: "sun", Principal: &pb.Principal{Role: pb.Principal_SUPERVISOR},
	}))(t).GetToken()
	for i, place := range places {
		if i > 0 {
			end()
			o := volatile
			o.Verify = clean(t)
			if _, err := transfer.Copy(t.Context(), places[i-1], place, o); err != nil {
				t.Fatalf("copy %d: %v", i, err)
			}
			conn, end = serve(t, must(open(t.Context(), place))(t))
		}
		d.repeat(conn)
		d.next(conn)
		d.next(conn)
	}
	end()
}

// clean verifies a register as the command does.
func clean(t *testing.T) func(context.Context, storage.Viewer, func(context.Context) ([]string, error)) error {
	return func(ctx context.Context, v storage.Viewer, sound func(context.Context) ([]string, error)) error {
		sum, err := verify.Verify(ctx, v, verify.Config{
			Rules: func(a storage.Agency) workflow.Rules {
				return workflow.Rules{Calendar: calendar.Embedded(), Settings: a.Settings}
			},
			Sound: sound, Report: func(f verify.Finding) { t.Errorf("finding %+v", f) },
		})
		if err == nil && sum.Applications == 0 {
			t.Error("the verification saw no application")
		}
		return err
	}
}
