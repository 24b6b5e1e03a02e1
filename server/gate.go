package server

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/access"
)

// mostWaiting bounds the queue of a class where nothing is known yet of how long its
// calls take.
const mostWaiting = 1024

// Bounds of what a refused caller is told to wait.
const (
	leastRetry = 100 * time.Millisecond
	mostRetry  = 10 * time.Second
)

// gate admits the calls of one class: so many at a time, and of those who wait only as
// many as can be served while they still have use for it. Whoever has the fewest places
// goes first, so that one caller with a hundred calls does not stand before another's one.
type gate struct {
	class  access.Class
	places int
	// unbounded lets everybody stand in line for as long as they like: what a test must
	// find out.
	unbounded bool

	mu      sync.Mutex
	used    int
	holds   map[string]int // places by caller
	waiting []*waiter
	mean    time.Duration // how long a call takes, lately
}

type waiter struct {
	who      string
	admitted chan struct{}
}

func newGate(class access.Class, places int) *gate {
	return &gate{class: class, places: places, holds: map[string]int{}}
}

// enter waits for a place, for no more than the class's share of the call's deadline, and
// refuses at once what will not get one by then.
func (g *gate) enter(ctx context.Context, who string) (leave func(), err error) {
	patience := callTimeout / g.share()
	if end, ok := ctx.Deadline(); ok {
		patience = end.Sub(machineTime()) / g.share()
	}
	w, err := g.queue(who, patience)
	if err != nil {
		return nil, err
	}
	if g.unbounded {
		patience = math.MaxInt64
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-w.admitted:
	case <-ctx.Done():
		if g.abandon(w) {
			return nil, ctx.Err()
		}
	case <-timer.C:
		if g.abandon(w) {
			return nil, g.refusal(patience)
		}
	}
	began := machineTime()
	return func() { g.leave(who, machineTime().Sub(began)) }, nil
}

// share is the part of its deadline that a call may spend waiting: lower classes give up
// sooner, because what they do takes longer.
func (g *gate) share() time.Duration {
	if g.class <= access.Work {
		return 2
	}
	return 4
}

// queue takes a place, or stands in line for one if that is worth while.
func (g *gate) queue(who string, patience time.Duration) (*waiter, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	w := &waiter{who: who, admitted: make(chan struct{})}
	if g.used < g.places && g.holds[who] < g.most() {
		g.admit(w)
		return w, nil
	}
	wait := g.mean * time.Duration(len(g.waiting)+1) / time.Duration(g.places)
	if !g.unbounded && (wait > patience || len(g.waiting) >= mostWaiting) {
		return nil, g.refusal(wait)
	}
	g.waiting = append(g.waiting, w)
	return w, nil
}

// most is how many places one caller may hold. Calls that last for minutes are not waited
// for: whoever takes his time over all of them must leave some to others.
func (g *gate) most() int {
	if g.class != access.Bulk || g.places == 1 {
		return g.places
	}
	return g.places - max(1, g.places/4)
}

// admit gives a place; g.mu is held.
func (g *gate) admit(w *waiter) {
	g.used++
	g.holds[w.who]++
	close(w.admitted)
}

// abandon takes a waiter out of the line; false if it was admitted meanwhile.
func (g *gate) abandon(w *waiter) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, w)
	if i < 0 {
		return false
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	return true
}

// leave gives a place back, and on to whoever waits with the fewest.
func (g *gate) leave(who string, took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mean += (took - g.mean) / 16
	g.used--
	if g.holds[who]--; g.holds[who] == 0 {
		delete(g.holds, who)
	}
	if len(g.waiting) == 0 {
		return
	}
	next := 0
	for i, w := range g.waiting {
		if g.holds[w.who] < g.holds[g.waiting[next].who] {
			next = i
		}
	}
	w := g.waiting[next]
	if g.holds[w.who] >= g.most() {
		return
	}
	g.waiting = slices.Delete(g.waiting, next, next+1)
	g.admit(w)
}

// refusal tells a caller to come back, and when.
func (g *gate) refusal(wait time.Duration) error {
	return overloaded(wait, "系统繁忙，没有办理；请稍后重试", "too much at once, nothing was done; try again later")
}

// overloaded is a refusal for now.
func overloaded(wait time.Duration, zh, en string, args ...any) *fault {
	f := failf(pb.Reason_OVERLOADED, zh, en, args...)
	f.retry = min(max(wait, leastRetry), mostRetry)
	return f
}
