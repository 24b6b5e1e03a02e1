package faults_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage/storagetest/pgtest"
)

// lockRow is the lock of an agency's register as the statement says it.
const lockRow = " FOR NO KEY UPDATE"

// TestPairs runs every use case at once with every other, itself included: on SQLite, and
// on PostgreSQL by two servers.
func TestPairs(t *testing.T) {
	takesSeconds(t)
	t.Run("sqlite", func(t *testing.T) {
		s := serve(t, "", "")
		report(t, pairs(t, s, s))
		s.signal(sigterm)
		checkRegister(t, s)
	})
	t.Run("postgres", func(t *testing.T) {
		p := pgtest.StartOwn(t, "deadlock_timeout=50ms")
		dsn := database(t, p)
		s := serve(t, "", dsn)
		report(t, pairs(t, s, serve(t, "", dsn)))
		n, err := p.Deadlocks(t.Context(), dsn)
		t.Logf("%d deadlocks (%v) were broken by the database", n, err)
		checkRegister(t, s)
	})
}

// TestLockLeftOutIsFound has two servers whose statements lose the lock on their way.
func TestLockLeftOutIsFound(t *testing.T) {
	takesSeconds(t)
	p := pgtest.StartOwn(t, pgtest.Loopback)
	network := startProxy(t, p.Address())
	network.rewrite = without(lockRow)
	dsn := through(t, database(t, p), network)
	s := serve(t, "", dsn)
	problems := pairs(t, s, serve(t, "", dsn))
	store, err := openStore(t.Context(), s.data, dsn)
	if err != nil {
		t.Fatal(err)
	}
	problems = append(problems, findings(t, store)...)
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	wantProblems(t, problems)
}

// desks opens two servers to the people of one agency.
func desks(t *testing.T, servers ...*process) (out []desk) {
	t.Helper()
	first := servers[0]
	found(t, first)
	token := supervisors(t, first, "desk", 1)[0]
	serial := new(atomic.Int64)
	var cases []string
	c := pb.NewApplicationServiceClient(dial(t, first.address, token))
	for range 8 {
		a, err := c.CreateApplication(t.Context(), &pb.CreateApplicationRequest{Parent: agency, Application: handedOver("")})
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, a.GetName())
	}
	for _, s := range servers {
		out = append(out, desk{supervisor: dial(t, s.address, token), admin: dial(t, s.address, first.token()), cases: cases, serial: serial})
	}
	return out
}

// enough problems say what there is to say.
const enough = 50

// mostRounds is how many rounds one register bears: each writes 76 versions of a setting, of
// which an agency keeps 200.
const mostRounds = 2

// pairs runs the pairs and returns what should not be.
func pairs(t *testing.T, servers ...*process) (problems []string) {
	t.Helper()
	if n := count(rounds, 1); n > mostRounds {
		t.Fatalf("%d rounds: a setting keeps no more versions than %d rounds make; use -count for a register anew", n, mostRounds)
	}
	open := desks(t, servers...)
	var mu sync.Mutex
	succeeded, refused := map[string]int{}, map[string]int{}
	do := func(n int, d desk) {
		use := useCases[n]
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		err := use.do(ctx, d)
		mu.Lock()
		defer mu.Unlock()
		switch status.Code(err) {
		case codes.OK:
			succeeded[use.name]++
		case codes.FailedPrecondition, codes.Aborted, codes.AlreadyExists:
			refused[use.name]++
		default:
			problems = append(problems, fmt.Sprintf("%s: %v", use.name, err))
		}
	}
	for range count(rounds, 1) {
		for a := range useCases {
			for b := a; b < len(useCases) && len(problems) < enough; b++ {
				var pair sync.WaitGroup
				for i := range 4 {
					pair.Go(func() { do(a, open[i%2]) })
					pair.Go(func() { do(b, open[(i+1)%2]) })
				}
				pair.Wait()
			}
		}
	}
	t.Logf("succeeded: %v; refused by the law: %v", succeeded, refused)
	for _, use := range useCases {
		if succeeded[use.name] == 0 {
			problems = append(problems, use.name+" never succeeded")
		}
	}
	return problems
}
