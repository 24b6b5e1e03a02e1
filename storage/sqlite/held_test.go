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
// wrote, if that was not stored.
func TestRefusedByWhatIsGone(t *testing.T) {
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
	begun, release := make(chan struct{}, 9), make(chan struct{})
	first, second, third := make(chan error, 1), make(chan error, 1), make(chan error, 1)
	go func() {
		first <- s.Update(t.Context(), "east", func(storage.Writer) error {
			begun <- struct{}{}
			<-release
			return nil
		})
	}()
	<-begun
	go func() {
		second <- s.Update(t.Context(), "east", func(w storage.Writer) error { return record(w, "object/1") })
	}()
	<-time.NewTimer(50 * time.Millisecond).C
	go func() {
		third <- s.Update(t.Context(), "east", func(w storage.Writer) error {
			events, err := w.Events("east", "object/1")
			if err == nil {
				err = record(w, "object/2")
			}
			if err == nil && len(events) > 0 {
				err = errSeen
			}
			return err
		})
	}()
	<-time.NewTimer(50 * time.Millisecond).C
	close(release)
	<-first
	stored, refused := <-second, <-third
	armed.Store(false)
	if !undone.Load() || stored == nil {
		t.Fatalf("nothing was undone: %v, %v", stored, refused)
	}
	if errors.Is(refused, errSeen) {
		t.Errorf("refused because of what the other wrote, who was told: %v", stored)
	}
}
