package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/access"
)

// stay takes a place and holds it for a while, and says how the call fared.
func stay(ctx context.Context, g *gate, who string, length time.Duration) error {
	leave, err := g.enter(ctx, who)
	if err != nil {
		return err
	}
	defer leave()
	<-time.NewTimer(length).C // of a bubble's clock
	return nil
}

// wantOverloaded demands a refusal that says when to come again.
func wantOverloaded(t *testing.T, what string, err error) {
	t.Helper()
	f, ok := errors.AsType[*fault](err)
	if !ok || f.reason != pb.Reason_OVERLOADED || f.retry < leastRetry || f.retry > mostRetry {
		t.Errorf("%s: %v, want overloaded with a time to come again", what, err)
	}
}

// offered is what an open loop gets out of a gate: calls come whether or not those before
// them were answered, and each waits for no longer than its deadline.
type offered struct{ served, refused, late int }

// offer sends calls to a gate at a rate for a while. A refusal must come at once or when
// the share of the deadline is over.
func offer(t *testing.T, g *gate, every, service, deadline, length time.Duration) offered {
	t.Helper()
	var mu sync.Mutex
	var got offered
	var wg sync.WaitGroup
	for i := range int(length / every) {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			err := stay(ctx, g, fmt.Sprint("caller", i%20), service)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && ctx.Err() == nil:
				got.served++
			case errors.Is(err, context.DeadlineExceeded) || err == nil:
				got.late++
			default:
				wantOverloaded(t, "call", err)
				got.refused++
			}
		})
		<-time.NewTimer(every).C
	}
	wg.Wait()
	return got
}

// TestOverloadedGate offers ten times what a gate can serve: it serves nearly what it
// could, and whom it admits it answers in time.
func TestOverloadedGate(t *testing.T) {
	const places, service, deadline, length = 4, 20 * time.Millisecond, time.Second, 10 * time.Second
	capacity := places * int(length/service)
	synctest.Test(t, func(t *testing.T) {
		got := offer(t, newGate(access.Search, places), service/places/10, service, deadline, length)
		if got.served < capacity*9/10 || got.late > 0 || got.refused == 0 {
			t.Errorf("of %d that it could serve: %+v", capacity, got)
		}
	})
	t.Run("unbounded queue", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := newGate(access.Search, places)
			g.unbounded = true
			got := offer(t, g, service/places/10, service, deadline, length)
			if got.late < capacity { // most callers are gone when their turn comes
				t.Errorf("a queue without bounds was not found out: %+v", got)
			}
		})
	})
}

// TestGateIsFair: one caller with many calls does not keep out another with one.
func TestGateIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(access.Work, 4)
		var mu sync.Mutex
		var order []string
		var wg sync.WaitGroup
		call := func(who string) {
			wg.Go(func() {
				if err := stay(t.Context(), g, who, 10*time.Millisecond); err != nil {
					t.Errorf("%s: %v", who, err)
				}
				mu.Lock()
				defer mu.Unlock()
				order = append(order, who)
			})
			synctest.Wait()
		}
		for range 100 {
			call("greedy")
		}
		call("modest")
		wg.Wait()
		if at := slices.Index(order, "modest"); at < 4 || at > 8 {
			t.Errorf("the modest caller was number %d of %d", at+1, len(order))
		}
	})
}

// TestBulkLeavesRoom: one caller whose transfers never end does not hold every place.
func TestBulkLeavesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(access.Bulk, 4)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { _ = stay(ctx, g, "greedy", time.Hour) })
		}
		synctest.Wait()
		if err := stay(ctx, g, "modest", time.Second); err != nil {
			t.Errorf("beside one who holds what he can: %v", err)
		}
		g.mu.Lock()
		n := g.holds["greedy"]
		g.mu.Unlock()
		if n != 3 {
			t.Errorf("one caller holds %d of 4 places", n)
		}
		wg.Wait()
		if g.used != 0 || len(g.waiting) != 0 {
			t.Errorf("%d places used, %d wait", g.used, len(g.waiting))
		}
	})
}

// TestGateLeavesNothing: whoever gave up holds no place and stands in no line.
func TestGateLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(access.Report, 1)
		leave, err := g.enter(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() { left <- stay(ctx, g, "b", time.Second) }()
		synctest.Wait()
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled in the line: %v", err)
		}
		began := time.Now()
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantOverloaded(t, "no place in time", stay(ctx, g, "b", time.Second))
		if waited := time.Since(began); waited != time.Second/4 {
			t.Errorf("it waited %v, a quarter of its second is its share", waited)
		}
		leave()
		if g.used != 0 || len(g.waiting) != 0 || len(g.holds) != 0 {
			t.Errorf("%d places used, %d wait, %d callers hold", g.used, len(g.waiting), len(g.holds))
		}
		if err := stay(t.Context(), g, "b", 0); err != nil {
			t.Errorf("after all: %v", err)
		}
	})
}

func TestQuotas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := quotas{perSecond: 10, atOnce: 2, callers: map[string]*quota{}}
		granted := func(who string) (n int) {
			for range 100 {
				if err := q.spend(who); err == nil {
					n++
				} else {
					wantOverloaded(t, who, err)
				}
			}
			return n
		}
		if got := granted("a"); got != 21 { // two seconds' worth, and one
			t.Errorf("%d calls at once", got)
		}
		if got := granted("b"); got != 21 {
			t.Errorf("another's calls at once: %d", got)
		}
		<-time.NewTimer(time.Second).C
		if got := granted("a"); got != 10 {
			t.Errorf("%d calls after a second", got)
		}
		end, err := q.begin("a")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.begin("a"); err != nil {
			t.Errorf("a second call: %v", err)
		}
		_, err = q.begin("a")
		wantOverloaded(t, "a third call", err)
		end()
		if _, err := q.begin("a"); err != nil {
			t.Errorf("after one ended: %v", err)
		}
	})
}

// TestQuotasForget: callers who came once are not remembered for ever, those who run are.
func TestQuotasForget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := quotas{perSecond: 10, atOnce: 1, callers: map[string]*quota{}}
		if _, err := q.begin("running"); err != nil {
			t.Fatal(err)
		}
		for i := range 3 * mostIdle {
			if err := q.spend(fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
			if i%mostIdle == 0 {
				<-time.NewTimer(time.Minute).C
			}
		}
		if n := len(q.callers); n > 2*mostIdle {
			t.Errorf("%d callers are remembered", n)
		}
		_, err := q.begin("running")
		wantOverloaded(t, "the call that runs", err)
	})
}
