package faults_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage/storagetest/pgtest"
)

// healing is how soon calls must succeed again after the network is back.
const healing = 5 * time.Second

// TestNetwork breaks the networks between officers and program and between program and
// database: cut after some bytes, frozen both ways or one, slow.
func TestNetwork(t *testing.T) {
	takesSeconds(t)
	r := random(t)
	p := pgtest.StartOwn(t, pgtest.Loopback)
	inner := startProxy(t, p.Address())
	dsn := through(t, database(t, p), inner)
	s := serve(t, "", dsn)
	found(t, s)
	outer := startProxy(t, s.address)
	l := storms(t, r, s, 0, outer.address())
	done := map[string]int{}
	slowest := time.Duration(0)
	for range count(rounds, 5) {
		l.await(20)
		network, name := outer, "outside: "
		if r.IntN(2) == 0 {
			network, name = inner, "inside: "
		}
		done[name+network.trouble(r)]++
		<-time.NewTimer(time.Duration(100+r.IntN(900)) * time.Millisecond).C
		network.heal()
		slowest = max(slowest, heals(t, s, l.token))
	}
	l.await(50)
	t.Logf("faults: %v; it answered again within %v", done, slowest)
	if took := time.Duration(l.slowest.Load()); took > callTime+time.Second {
		t.Errorf("a call with a deadline of %v took %v", callTime, took)
	}
	if slowest > healing+callTime {
		t.Errorf("after the network was back it took %v to answer", slowest)
	}
	report(t, l.check())
	s.signal(sigterm)
	checkRegister(t, s)
}

// heals waits until a call succeeds, and tells how long that took.
func heals(t *testing.T, s *process, token string) time.Duration {
	t.Helper()
	began := time.Now()
	c := pb.NewApplicationServiceClient(dial(t, s.address, token))
	for {
		ctx, cancel := context.WithTimeout(t.Context(), callTime)
		_, err := c.ListApplications(ctx, &pb.ListApplicationsRequest{Parent: agency, PageSize: 1}, grpc.WaitForReady(true))
		cancel()
		if took := time.Since(began); err == nil || took > time.Minute {
			return took
		}
	}
}
