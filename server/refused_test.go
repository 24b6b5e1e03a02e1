package server_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/server/access"
	"gongkai/storage"
	"gongkai/workflow"
)

// crowded counts which calls wait for the register at a time, and lets none through until
// told. What the server writes on its own, as the index, passes.
type crowded struct {
	storage.Store
	held    atomic.Bool
	release chan struct{}
	waiting atomic.Int64
	most    atomic.Int64
}

func (c *crowded) Update(ctx context.Context, agency string, fn func(storage.Writer) error) error {
	if _, called := metadata.FromIncomingContext(ctx); called && c.held.Load() {
		n := c.waiting.Add(1)
		for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
		}
		select {
		case <-c.release:
		case <-ctx.Done():
			c.waiting.Add(-1)
			return ctx.Err()
		}
		c.waiting.Add(-1)
	}
	return c.Store.Update(ctx, agency, fn)
}

// TestRefusedAreHeldToLimits: calls that are refused write too, and are held to the same
// limits as those that are served: nobody fills the writer's queue with what he may not do.
func TestRefusedAreHeldToLimits(t *testing.T) {
	const many, calls = 100, 4
	e := start(t, today)
	e.agency(t, "own", "")
	store := &crowded{Store: e.store, release: make(chan struct{})}
	e = e.serveWith(t, store, server.Limits{Calls: calls, Places: map[access.Class]int{access.Work: 64}})
	client := pb.NewApplicationServiceClient(e.conn(t, workflow.Statistician, "own"))
	store.held.Store(true)
	var wg sync.WaitGroup
	var told [17]atomic.Int64
	for range many {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			_, err := client.GetApplication(ctx, &pb.GetApplicationRequest{Name: "agencies/own/applications/aaaa"})
			told[codeOf(err)].Add(1)
		})
	}
	deadline := time.Now().Add(3 * time.Second)
	for time.Now().Before(deadline) && store.waiting.Load()+told[codes.ResourceExhausted].Load() < many {
		<-time.After(10 * time.Millisecond)
	}
	close(store.release)
	wg.Wait()
	if n := store.most.Load(); n > calls {
		t.Errorf("%d refused calls of one principal waited for the register at once, at most %d calls are allowed", n, calls)
	}
	if told[codes.PermissionDenied].Load() == 0 || told[codes.PermissionDenied].Load()+told[codes.ResourceExhausted].Load() != many {
		t.Errorf("%d were refused by role, %d by load, of %d", told[codes.PermissionDenied].Load(), told[codes.ResourceExhausted].Load(), many)
	}
}

// TestTrialAtTheWall: who asks on trial for what is another agency's, or not for his role,
// is on record as if he had meant it.
func TestTrialAtTheWall(t *testing.T) {
	o := newOffice(t, today)
	o.agency(t, "other", "")
	a := o.register(t, handedOver("2026-06-01"))
	stranger, _ := o.person(t, workflow.Officer, "other")
	counter, _ := o.person(t, workflow.Statistician, "own")
	ask := func(c pb.ApplicationServiceClient) error {
		_, err := c.ActOnApplication(t.Context(), &pb.ActOnApplicationRequest{
			Name: a.GetName(), ValidateOnly: true, Actions: []*pb.Action{action(&pb.PayFee{PayDate: today})},
		})
		return err
	}
	before := o.head(t, "other")
	if err := ask(pb.NewApplicationServiceClient(stranger)); codeOf(err) != codes.NotFound {
		t.Fatal(err)
	}
	if list := o.since(t, "other", before); len(list) != 1 || list[0].Why != "RESOURCE_NOT_FOUND" {
		t.Errorf("at the wall: %+v", list)
	}
	before = o.head(t, "own")
	if err := ask(pb.NewApplicationServiceClient(counter)); codeOf(err) != codes.PermissionDenied {
		t.Fatal(err)
	}
	if list := o.since(t, "own", before); len(list) != 1 || list[0].Why != "ROLE_NOT_ALLOWED" {
		t.Errorf("by the role: %+v", list)
	}
}
