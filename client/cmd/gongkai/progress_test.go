package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gongkai/client"
)

func TestMeter(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	now := start
	var out strings.Builder
	m := &meter{out: &out, now: func() time.Time { return now }, lang: "en", start: start}
	step := func(after time.Duration, p client.Progress) {
		now = start.Add(after)
		m.importing(p)
	}
	step(0, client.Progress{Rows: 1, Done: 1, Total: 100}) // no time has passed
	step(time.Second, client.Progress{Rows: 1000, Done: 25, Total: 100})
	step(time.Second+interval/2, client.Progress{Rows: 1500, Done: 50, Total: 100}) // too soon
	step(2*time.Second, client.Progress{Rows: 3000, Done: 50})
	now = start.Add(4 * time.Second)
	m.exporting(8000)
	m.end()
	m.end() // nothing left to wipe
	want := []string{"", "1000 rows, 1000 rows/s, 25%, 3s left", "3000 rows, 1500 rows/s", "8000 rows, 2000 rows/s", ""}
	if diff := cmp.Diff(want, strings.Split(out.String(), "\r\x1b[K")); diff != "" {
		t.Error(diff)
	}
}

// TestQuietInAPipe checks that nothing moves where stderr is no terminal.
func TestQuietInAPipe(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	now := start
	var stderr strings.Builder
	a := &app{stderr: &stderr, now: func() time.Time { return now }}
	m := a.meter()
	now = now.Add(time.Minute)
	m.importing(client.Progress{Rows: 1})
	m.end()
	if stderr.String() != "" {
		t.Errorf("wrote %q", stderr.String())
	}
}
