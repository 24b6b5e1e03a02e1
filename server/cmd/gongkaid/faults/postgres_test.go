package faults_test

import (
	"math/rand/v2"
	"syscall"
	"testing"

	"gongkai/storage/storagetest/pgtest"
)

const sigterm = syscall.SIGTERM

// database makes an empty one.
func database(t testing.TB, p *pgtest.Server) string {
	t.Helper()
	dsn, err := p.Create(t.Context(), "faults")
	if err != nil {
		t.Fatal(err)
	}
	return dsn
}

// TestPostgresKilled kills a backend, the database server and the program in turn.
func TestPostgresKilled(t *testing.T) {
	takesSeconds(t)
	r := random(t)
	p := pgtest.StartOwn(t)
	dsn := database(t, p)
	s := serve(t, "", dsn)
	found(t, s)
	l := storms(t, r, s, 0, s.address)
	done := map[string]int{}
	for range count(rounds, 6) {
		l.await(int64(20 + r.IntN(60)))
		done[killOne(t, r, p, s)]++
	}
	l.await(100)
	t.Logf("killed: %v", done)
	report(t, l.check())
	s.signal(sigterm)
	checkRegister(t, s)
}

// killOne kills something and waits until it is there again.
func killOne(t *testing.T, r *rand.Rand, p *pgtest.Server, s *process) string {
	t.Helper()
	switch r.IntN(3) {
	case 0:
		pids, err := p.Backends(t.Context(), s.database)
		if err != nil || len(pids) == 0 {
			t.Fatalf("backends %v: %v", pids, err)
		}
		p.KillBackend(t, pids[r.IntN(len(pids))])
		p.Await(t)
		return "backend"
	case 1:
		p.Kill(t)
		p.Restart(t)
		return "postmaster"
	}
	s.kill()
	return "program"
}

// TestRetriedWithoutKey: the same clients find out a program that forgets keys, on
// PostgreSQL as well.
func TestRetriedWithoutKey(t *testing.T) {
	takesSeconds(t)
	r := random(t)
	s := serve(t, variantKeyOutside, database(t, pgtest.StartOwn(t)))
	found(t, s)
	l := storms(t, r, s, 0, s.address)
	for range 2 {
		l.await(100)
		s.kill()
	}
	l.await(50)
	wantProblems(t, l.check())
}
