package faults_test

import (
	"fmt"
	"testing"

	"gongkai/storage"
	"gongkai/storage/postgres"
	"gongkai/storage/storagetest/pgtest"
)

// formerCases is how many applications the former register holds.
const formerCases = 15

// most is how many messages a migration takes at the outside.
const most = 1000

// TestMigrationCut cuts the connection before each message of a migration in turn: the
// next start brings the database to its end, and nothing of the register differs.
func TestMigrationCut(t *testing.T) {
	takesSeconds(t)
	r := random(t)
	p := pgtest.StartOwn(t, pgtest.Loopback, "fsync=on", "synchronous_commit=off")
	formerDatabase(t, p, "former")
	step := 8 // a sample; with -rounds each message
	if *rounds > 0 {
		step = 1
	}
	cuts := 0
	for n := 1 + r.IntN(step); n < most; n += step {
		cut, problems := migrate(t, p, n, nil)
		if report(t, problems); !cut {
			t.Logf("%d cuts among %d messages", cuts, n-1)
			break
		}
		cuts++
	}
	if cuts == 0 {
		t.Error("nothing was cut")
	}
}

// TestMigrationOutsideIsFound takes BEGIN off the migration: a cut leaves it half done.
func TestMigrationOutsideIsFound(t *testing.T) {
	takesSeconds(t)
	p := pgtest.StartOwn(t, pgtest.Loopback, "synchronous_commit=off")
	formerDatabase(t, p, "former")
	var problems []string
	for n, cut := 10, true; cut && len(problems) == 0 && n < most; n += 4 {
		var found []string
		cut, found = migrate(t, p, n, without("begin"))
		problems = append(problems, found...)
	}
	wantProblems(t, problems)
}

// migrate opens a copy of the former register and cuts the connection before its nth
// message, then opens it undisturbed. It reports whether anything was cut, and what is
// wrong.
func migrate(t *testing.T, p *pgtest.Server, n int, rewrite func([]byte)) (cut bool, problems []string) {
	t.Helper()
	dsn, err := p.Clone(t.Context(), "former", fmt.Sprintf("former_%d", n))
	if err != nil {
		t.Fatal(err)
	}
	network := startProxy(t, p.Address())
	network.rewrite = rewrite
	network.pieces.Store(int64(n))
	s, err := postgres.Open(t.Context(), through(t, dsn, network), postgres.Options{Writers: 1, Readers: 1})
	if err == nil {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	cut = err != nil
	s, err = postgres.Open(t.Context(), dsn, postgres.Options{Writers: 1, Readers: 1})
	if err != nil {
		return cut, []string{fmt.Sprintf("cut before message %d, it does not open again: %v", n, err)}
	}
	problems = findings(t, s)
	err = s.View(t.Context(), func(r storage.Reader) error {
		list, err := r.Applications("east", storage.Query{Limit: 1000})
		if len(list) != formerCases {
			problems = append(problems, fmt.Sprintf("cut before message %d: %d applications, there were %d", n, len(list), formerCases))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return cut, problems
}
