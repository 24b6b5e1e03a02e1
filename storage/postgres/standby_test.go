package postgres_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/storage"
	"gongkai/storage/postgres"
	"gongkai/storage/storagetest/pgtest"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

var (
	promotions    = flag.Int("promotions", 1, "standbys to promote after the primary was killed, for each way of committing")
	promotionSeed = flag.Uint64("promotion-seed", uint64(time.Now().UnixNano()), "seed of when the primary is killed")
)

// office is one service on a database of two servers, and clients that log applications
// over gRPC until each is acknowledged.
type office struct {
	t       *testing.T
	ctx     context.Context
	client  pb.ApplicationServiceClient
	stop    context.CancelFunc
	clients sync.WaitGroup
	logged  atomic.Int64
	unclear atomic.Int64 // answers that told of no outcome

	mu    sync.Mutex
	acked map[string]*pb.Application // by request id
}

// startOffice serves a register with one agency.
func startOffice(t *testing.T, dsn string) *office {
	t.Helper()
	store, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	token := server.NewToken()
	if _, err := server.FirstAdministrator(t.Context(), store, token, time.Now()); err != nil {
		t.Fatal(err)
	}
	s, err := server.New(server.Config{Store: store, Now: time.Now, Today: calendar.New(2026, 6, 30), Log: slog.New(slog.DiscardHandler)})
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
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, client: pb.NewApplicationServiceClient(conn), acked: map[string]*pb.Application{}}
	as := func(token string) context.Context {
		return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	_, err = pb.NewAgencyServiceClient(conn).CreateAgency(as(token), &pb.CreateAgencyRequest{AgencyId: "east", Agency: &pb.Agency{DisplayName: "east"}})
	if err != nil {
		t.Fatal(err)
	}
	sun, err := pb.NewPrincipalServiceClient(conn).CreatePrincipal(as(token), &pb.CreatePrincipalRequest{
		Parent: "agencies/east", PrincipalId: "sun", Principal: &pb.Principal{Role: pb.Principal_SUPERVISOR},
	})
	if err != nil {
		t.Fatal(err)
	}
	o.ctx = as(sun.GetToken())
	work, end := context.WithCancel(o.ctx)
	o.stop = sync.OnceFunc(func() { end(); o.clients.Wait() })
	t.Cleanup(func() {
		o.stop()
		stop()
		if err := <-served; err != nil {
			t.Errorf("serving: %v", err)
		}
		_ = conn.Close()
		_ = store.Close() // its server may be gone
	})
	for i := range 8 {
		o.clients.Go(func() {
			for n := 0; work.Err() == nil; n++ {
				o.log(work, fmt.Sprintf("%08x-0000-4000-8000-%012x", i, n))
			}
		})
	}
	return o
}

// create asks for an application under a request id.
func (o *office) create(ctx context.Context, request string) (*pb.Application, error) {
	return o.client.CreateApplication(ctx, &pb.CreateApplicationRequest{
		Parent: "agencies/east", RequestId: request, Application: &pb.Application{
			Channel: pb.Application_IN_PERSON, ArriveDate: "2026-06-01", Description: "批复",
			Applicant: &pb.Applicant{Kind: pb.Applicant_BUSINESS, DisplayName: "某公司" + request},
		},
	})
}

// log asks again until it is told what came of it.
func (o *office) log(ctx context.Context, request string) {
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for ctx.Err() == nil {
		a, err := o.create(ctx, request)
		switch status.Code(err) {
		case codes.OK:
			o.mu.Lock()
			o.acked[request] = a
			o.mu.Unlock()
			o.logged.Add(1)
			return
		case codes.Unavailable, codes.ResourceExhausted, codes.DeadlineExceeded, codes.Canceled:
			o.unclear.Add(1)
		default:
			o.t.Errorf("request %s: %v", request, err)
			return
		}
		<-pause.C
	}
}

// await waits until n more applications were acknowledged.
func (o *office) await(n int64) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for until := o.logged.Load() + n; o.logged.Load() < until && !o.t.Failed(); {
		<-tick.C
	}
}

// check compares what is stored with what was acknowledged, and returns what is lost.
func (o *office) check(dsn string) (lost []string) {
	o.t.Helper()
	o.stop()
	s := open(o.t, dsn, postgres.Options{}, asIs)
	stored := map[string]string{} // by applicant, who is told by the request
	var list []*workflow.Application
	err := s.View(o.t.Context(), func(r storage.Reader) (err error) {
		list, err = all(r, "east")
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	for _, a := range list {
		if other, ok := stored[a.Applicant.Name]; ok {
			o.t.Errorf("request of %s was carried out twice: %s and %s", a.Applicant.Name, other, a.ApplicationNo)
		}
		stored[a.Applicant.Name] = a.ApplicationNo
	}
	for request, a := range o.acked {
		if got := stored["某公司"+request]; got != a.GetApplicationNo() {
			lost = append(lost, fmt.Sprintf("%s was answered with %s and is %q", request, a.GetApplicationNo(), got))
		}
	}
	for _, f := range findings(o.t, s) {
		o.t.Errorf("verification finds %+v", f)
	}
	o.t.Logf("%d acknowledged, %d answers without outcome on the way, %d stored, %d lost", o.logged.Load(), o.unclear.Load(), len(list), len(lost))
	return lost
}

// TestPromotion kills the primary under load and promotes its synchronous standby, which
// may lag at that moment: nothing that was acknowledged is lost, nothing is done twice, and
// the service goes on by itself. The former primary then follows, and its turn comes again.
func TestPromotion(t *testing.T) {
	for _, how := range []string{"on", "remote_apply"} {
		t.Run(how, func(t *testing.T) {
			a := pgtest.StartOwn(t)
			alone, err := a.Create(t.Context(), "promotion")
			if err != nil {
				t.Fatal(err)
			}
			b := pgtest.StartStandby(t, a, "standby0")
			a.Synchronize(t, "standby0")
			either, err := pgtest.Either(a, b, with(t, alone, "synchronous_commit", how))
			if err != nil {
				t.Fatal(err)
			}
			random := rand.New(rand.NewPCG(*promotionSeed, 1))
			t.Logf("seed %d", *promotionSeed)
			o := startOffice(t, either)
			for round := range *promotions {
				o.await(int64(30 + random.IntN(100)))
				if random.IntN(2) == 0 {
					promoteLagging(t, a, b)
				} else {
					a.Kill(t)
					b.Promote(t)
				}
				o.await(30) // it heals by itself
				name := fmt.Sprintf("standby%d", round+1)
				a.Follow(t, b, name)
				b.Synchronize(t, name)
				a, b = b, a
			}
			o.await(30)
			for _, l := range o.check(either) {
				t.Errorf("lost: %s", l)
			}
		})
	}
}

// promoteLagging kills the primary while a commit waits for the standby, and promotes the
// standby without what it did not receive.
func promoteLagging(t *testing.T, primary, standby *pgtest.Server) {
	t.Helper()
	sever := standby.Freeze(t)
	if _, err := primary.Waiting(t.Context(), "SyncRep"); err != nil {
		t.Fatal(err)
	}
	primary.Kill(t)
	sever()
	standby.Promote(t)
}

// TestAsynchronous holds the test above to its purpose: a standby that the primary does
// not wait for lacks what was acknowledged.
func TestAsynchronous(t *testing.T) {
	a := pgtest.StartOwn(t)
	alone, err := a.Create(t.Context(), "asynchronous")
	if err != nil {
		t.Fatal(err)
	}
	b := pgtest.StartStandby(t, a, "standby")
	either, err := pgtest.Either(a, b, alone)
	if err != nil {
		t.Fatal(err)
	}
	o := startOffice(t, either)
	o.await(20)
	sever := b.Freeze(t)
	o.await(100)
	a.Kill(t)
	sever()
	b.Promote(t)
	if lost := o.check(either); len(lost) == 0 {
		t.Error("nothing was lost though the primary waited for nobody")
	}
}

// TestUnreachable: while the database is down, whoever reads is told to come again, and
// nobody that something is wrong with the service; when it is back, so are the answers.
func TestUnreachable(t *testing.T) {
	p := pgtest.StartOwn(t)
	dsn, err := p.Create(t.Context(), "unreachable")
	if err != nil {
		t.Fatal(err)
	}
	o := startOffice(t, dsn)
	o.await(5)
	o.stop()
	var request string
	for request = range o.acked {
	}
	name := o.acked[request].GetName()
	p.Kill(t)
	for down := 0; down < 20; {
		_, err := o.client.GetApplication(o.ctx, &pb.GetApplicationRequest{Name: name})
		if err == nil && down == 0 {
			continue // a backend that has not noticed yet answers what is true
		}
		if down++; status.Code(err) != codes.Unavailable {
			t.Fatalf("a read while the database is down: %v, want %v", err, codes.Unavailable)
		}
	}
	p.Restart(t)
	again, err := o.create(o.ctx, request)
	if err != nil || again.GetName() != name {
		t.Errorf("the request again: %v, %v; want %s", again, err, name)
	}
}
