package faults_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
)

// drainTime is how long a stop may take.
const drainTime = 10 * time.Second

// departures are officers who register until they are refused: what they were told when
// the server stopped under them.
type departures struct {
	answered atomic.Int64

	mu       sync.Mutex
	told     map[string]bool // request: whether it was acknowledged
	problems []string
}

// stopUnderLoad has officers register, stops the server and tells how long that took.
func (d *departures) stopUnderLoad(t *testing.T, r *rand.Rand, s *process, tokens []string) (took time.Duration) {
	t.Helper()
	var officers sync.WaitGroup
	before := d.answered.Load()
	for _, token := range tokens {
		conn := dial(t, s.address, token)
		for range 4 { // on one connection
			o := &officer{random: forked(r), service: pb.NewApplicationServiceClient(conn)}
			officers.Go(func() {
				for d.log(o) {
				}
			})
		}
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for until := before + int64(50+r.IntN(100)); d.answered.Load() < until; {
		<-tick.C
	}
	began := time.Now()
	s.signal(sigterm)
	took = time.Since(began)
	officers.Wait()
	return took
}

// log registers once; false if it was refused.
func (d *departures) log(o *officer) bool {
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	id := o.uuid()
	_, err := o.service.CreateApplication(ctx, &pb.CreateApplicationRequest{Parent: agency, Application: handedOver(id), RequestId: id})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told[id] = err == nil
	if err != nil && status.Code(err) != codes.Unavailable {
		d.problems = append(d.problems, fmt.Sprintf("told %v", err))
	}
	if err == nil {
		d.answered.Add(1)
	}
	return err == nil
}

// check compares what is stored with what was told: a stop lets what has begun come to its
// end, so that UNAVAILABLE means that nothing was done.
func (d *departures) check(t *testing.T, s *process, token string) []string {
	t.Helper()
	stored := map[string]bool{}
	for _, a := range all(t, s.address, token) {
		stored[a.GetRemark()] = true
	}
	for id, acknowledged := range d.told {
		if acknowledged != stored[id] {
			d.problems = append(d.problems, fmt.Sprintf("request %s: acknowledged %v, stored %v", id, acknowledged, stored[id]))
		}
	}
	return d.problems
}

// TestStopsGracefully stops the server under load: nothing acknowledged is lost, nothing
// refused is done, and it does not take long.
func TestStopsGracefully(t *testing.T) {
	takesSeconds(t)
	s := serve(t, "", "")
	d, slowest := departAgain(t, s, count(rounds, 3))
	t.Logf("%d acknowledged, %d refused; the slowest stop took %v", d.answered.Load(), int64(len(d.told))-d.answered.Load(), slowest)
	if slowest > drainTime {
		t.Errorf("a stop took %v", slowest)
	}
	s.signal(sigterm)
	checkRegister(t, s)
}

func departAgain(t *testing.T, s *process, times int) (d *departures, slowest time.Duration) {
	t.Helper()
	found(t, s)
	r := random(t)
	tokens := supervisors(t, s, "leaving", 4)
	d = &departures{told: map[string]bool{}}
	for range times {
		slowest = max(slowest, d.stopUnderLoad(t, r, s, tokens))
		s.start()
	}
	problems := d.check(t, s, tokens[0])
	if s.variant == "" {
		report(t, problems)
	} else {
		wantProblems(t, problems)
	}
	return d, slowest
}

// TestAbruptStopIsFound: a server that ends without waiting leaves calls done and unanswered.
func TestAbruptStopIsFound(t *testing.T) {
	takesSeconds(t)
	departAgain(t, serve(t, variantAbrupt, ""), 5)
}
