package faults_test

import (
	"testing"

	"gongkai/storage/storagetest/pgtest"
)

// TestExactlyOnce: whatever is sent again is done once, while the server is killed.
func TestExactlyOnce(t *testing.T) {
	takesSeconds(t)
	t.Run("sqlite", func(t *testing.T) { exactlyOnce(t, "") })
	t.Run("postgres", func(t *testing.T) { exactlyOnce(t, database(t, pgtest.StartOwn(t))) })
}

func exactlyOnce(t *testing.T, dsn string) {
	r := random(t)
	s := serve(t, "", dsn)
	found(t, s)
	n := count(operations, 1200)
	kills := max(3, n/2000)
	l := storms(t, r, s, n, s.address)
	for range kills {
		l.await(int64(n / (kills + 1)))
		s.kill()
	}
	report(t, l.check())
	s.signal(sigterm)
	checkRegister(t, s)
}

// TestKeyOutsideIsFound: a server that stores the key outside the transaction doubles.
func TestKeyOutsideIsFound(t *testing.T) {
	takesSeconds(t)
	s := serve(t, variantKeyOutside, "")
	found(t, s)
	l := storms(t, random(t), s, 600, s.address)
	l.await(300)
	s.kill()
	wantProblems(t, l.check())
}

// TestEagerIsFound: a server that acknowledges before the commit loses.
func TestEagerIsFound(t *testing.T) {
	takesSeconds(t)
	s := serve(t, variantEager, "")
	found(t, s)
	l := storms(t, random(t), s, 0, s.address)
	for range 3 {
		l.await(200)
		s.kill()
	}
	l.await(50)
	wantProblems(t, l.check())
}
