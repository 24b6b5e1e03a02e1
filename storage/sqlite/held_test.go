package sqlite_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gongkai/storage"
)

var errSeen = errors.New("refused by what another wrote")

// TestRefusedByWhatIsGone: nobody is refused because of what another member of his group
// wrote, if that was not stored. The three must come to one group in their order, so that
// is tried with more and more time between them.
func TestRefusedByWhatIsGone(t *testing.T) {
	for pause := 20 * time.Millisecond; !refusedByWhatIsGone(t, pause); pause *= 2 {
		if pause > 10*time.Second {
			t.Fatal("nothing was undone")
		}
	}
}

// refusedByWhatIsGone reports whether a group was undone.
func refusedByWhatIsGone(t *testing.T, pause time.Duration) bool {
	t.Helper()
	var undone atomic.Bool
	s, armed := faulty(t, func(text string, run func(context.Context) (driver.Result, error)) (driver.Result, error) {
		if text == "ROLLBACK" {
			undone.Store(true)
		}
		if undone.Load() && strings.HasPrefix(text, "BEGIN IMMEDIATE") {
			return nil, errInjected
		}
		return run(context.Background())
	})
	armed.Store(true)
	record := func(w storage.Writer, object string) error {
		return w.Record(storage.Event{Object: object, Revision: 1, Action: "act", Facts: []byte("{}")})
	}
	update := func(fn func(storage.Writer) error) chan error {
		done := make(chan error, 1)
		go func() { done <- s.Update(t.Context(), "east", fn) }()
		return done
	}
	begun, release := make(chan struct{}, 9), make(chan struct{})
	first := update(func(storage.Writer) error {
		begun <- struct{}{}
		<-release
		return nil
	})
	<-begun
	second := update(func(w storage.Writer) error { return record(w, "object/1") })
	<-time.NewTimer(pause).C
	third := update(func(w storage.Writer) error {
		events, err := w.Events("east", "object/1")
		if err == nil {
			err = record(w, "object/2")
		}
		if err == nil && len(events) > 0 {
			err = errSeen
		}
		return err
	})
	<-time.NewTimer(pause).C
	close(release)
	if err := <-first; err != nil && !errors.Is(err, errInjected) {
		t.Errorf("who wrote nothing: %v", err)
	}
	stored, refused := <-second, <-third
	armed.Store(false)
	if !undone.Load() || stored == nil {
		return false
	}
	if errors.Is(refused, errSeen) {
		t.Errorf("refused because of what the other wrote, who was told: %v", stored)
	}
	return true
}
