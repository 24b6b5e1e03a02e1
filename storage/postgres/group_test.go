package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gongkai/storage"
	"gongkai/storage/postgres"
	"gongkai/storage/storagetest/pgtest"
)

// TestHeldAgency: whoever waits in vain for an agency that somebody else holds is told so;
// the others of his group are served.
func TestHeldAgency(t *testing.T) {
	t.Parallel()
	p := pgtest.Start(t)
	prepare(t, p)
	dsn := database(t, p, "held")
	s := open(t, dsn, postgres.Options{Writers: 1, Volatile: true}, asIs)
	for _, id := range []string{"a", "b"} {
		err := s.Update(t.Context(), "", func(w storage.Writer) error {
			return w.InsertAgency(storage.Agency{ID: id, Revision: 1}, storage.Event{Object: storage.AgencyObject(id), Revision: 1})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	other, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(context.Background())
	if _, err := other.Exec(t.Context(), "BEGIN; SELECT 1 FROM agency WHERE id = 'b' FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	act := func(agency string) chan error {
		done := make(chan error, 1)
		go func() {
			done <- s.Update(t.Context(), agency, func(w storage.Writer) error {
				return w.Record(storage.Event{Object: "object/1", Action: "act", Facts: []byte("{}")})
			})
		}()
		return done
	}
	begun, release := make(chan struct{}, 9), make(chan struct{})
	first := make(chan error, 1)
	go func() {
		first <- s.Update(t.Context(), "a", func(w storage.Writer) error {
			begun <- struct{}{}
			<-release
			return nil
		})
	}()
	<-begun
	free, held := act("a"), act("b")
	<-time.NewTimer(100 * time.Millisecond).C
	close(release)
	for name, done := range map[string]chan error{"first": first, "free": free} {
		if err := <-done; err != nil {
			t.Errorf("%s, whose agency nobody holds: %v", name, err)
		}
	}
	if err := <-held; !errors.Is(err, storage.ErrUnreachable) {
		t.Errorf("whose agency is held: %v", err)
	}
}

// TestUpdateUnreachable: an update that finds no server is told so, and not that the disk
// is full.
func TestUpdateUnreachable(t *testing.T) {
	t.Parallel()
	p := pgtest.StartOwn(t, "fsync=off")
	prepare(t, p)
	s := open(t, database(t, p, "gone"), volatile, asIs)
	p.Kill(t)
	t.Cleanup(func() { p.Restart(t) })
	end := time.Now().Add(30 * time.Second)
	var err error
	for err == nil || errors.Is(err, storage.ErrOutcomeUnknown) { // its backends live a moment longer
		if time.Now().After(end) {
			t.Fatalf("a server that was killed still answers: %v", err)
		}
		err = s.Update(t.Context(), "", func(storage.Writer) error { return nil })
	}
	if !errors.Is(err, storage.ErrUnreachable) || errors.Is(err, storage.ErrFull) {
		t.Errorf("without a server: %v", err)
	}
}
