package faults_test

import (
	"math/rand/v2"
	"testing"

	"gongkai/storage/storagetest/pgtest"
)

// TestLinearizable: each case is as if calls came one after another, whatever is killed.
func TestLinearizable(t *testing.T) {
	takesSeconds(t)
	n := count(operations, 1500)
	for range count(rounds, 1) {
		t.Run("sqlite", func(t *testing.T) { linearizable(t, n, "", func(_ *rand.Rand, s *process) { s.kill() }) })
		t.Run("postgres", func(t *testing.T) {
			p := pgtest.StartOwn(t)
			linearizable(t, n, database(t, p), func(r *rand.Rand, s *process) { killOne(t, r, p, s) })
		})
	}
}

func linearizable(t *testing.T, n int, dsn string, fault func(*rand.Rand, *process)) {
	r := random(t)
	s := serve(t, "", dsn)
	found(t, s)
	h := newHistories(t, s, n)
	faults := 0
	h.run(r, s, false, func() { fault(r, s); faults++ })
	report(t, h.check())
	if faults < 3 || h.unknown.Load()*100 < h.calls.Load() {
		t.Errorf("%d faults and %d unknown outcomes of %d calls: too few to count", faults, h.unknown.Load(), h.calls.Load())
	}
	s.signal(sigterm)
	checkRegister(t, s)
}

// TestLinearizableFindsOut: a service that checks no version, and one that reads from a
// stale cache, have histories that nothing explains.
func TestLinearizableFindsOut(t *testing.T) {
	takesSeconds(t)
	t.Run("version not checked", func(t *testing.T) {
		s := serve(t, "", "")
		found(t, s)
		h := newHistories(t, s, 1000)
		h.run(random(t), s, true, nil)
		wantProblems(t, h.check())
	})
	t.Run("stale cache", func(t *testing.T) {
		s := serve(t, variantStale, "")
		found(t, s)
		h := newHistories(t, s, 1000)
		h.run(random(t), s, false, nil)
		wantProblems(t, h.check())
	})
}
