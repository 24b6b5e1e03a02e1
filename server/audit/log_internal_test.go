package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gongkai/storage"
	"gongkai/storage/sqlite"
)

var noon = time.Date(2026, 6, 30, 4, 0, 0, 0, time.UTC)

func signerOf(t *testing.T, text string) (note.Signer, note.Verifiers) {
	t.Helper()
	key := ed25519.NewKeyFromSeed([]byte(fmt.Sprintf("%-32.32s", text)))
	s, err := NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := VerifierKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	v, err := Verifiers(public)
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

// TestTornLog cuts a file of checkpoints at every byte, as a crash may: whole ones stay,
// what is left of one is passed over, and what is added later runs into nothing.
func TestTornLog(t *testing.T) {
	signer, keys := signerOf(t, "log")
	var text strings.Builder
	var ends []int // of the notes, without the empty line behind
	for n := range int64(3) {
		c := Checkpoint{Installation: "0123456789abcdef", Agency: "jyj", Size: n + 1, Time: noon}
		msg, err := c.Sign(signer)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(msg)
		ends = append(ends, text.Len())
		text.WriteByte('\n')
	}
	c := Checkpoint{Installation: "0123456789abcdef", Agency: "jyj", Size: 9, Time: noon}
	more, err := c.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	read := func(path string) (sizes []int64) {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := notes(bytes.NewReader(raw), func(msg []byte) error {
			c, err := open(msg, keys)
			switch {
			case err == nil:
				sizes = append(sizes, c.Size)
			case !errors.Is(err, errMalformed):
				return err
			}
			return nil
		}); err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		return sizes
	}
	path := filepath.Join(t.TempDir(), "log")
	for cut := range text.Len() + 1 {
		if err := os.WriteFile(path, []byte(text.String()[:cut]), 0o600); err != nil {
			t.Fatal(err)
		}
		var want []int64
		for i, end := range ends {
			if end <= cut {
				want = append(want, int64(i+1))
			}
		}
		if got := read(path); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("cut at %d: %v, want %v", cut, got, want)
		}
		l := NewLog(path)
		if err := l.add([][]byte{more}); err != nil {
			t.Fatal(err)
		}
		if got := read(path); fmt.Sprint(got) != fmt.Sprint(append(want, 9)) {
			t.Fatalf("cut at %d and added to: %v, want %v and 9", cut, got, want)
		}
		if last, err := l.last(); err != nil || last["jyj"].Size != 9 {
			t.Fatalf("cut at %d: last %+v (%v)", cut, last, err)
		}
	}
}

// office is a register, a keeper of its checkpoints and a clock.
type office struct {
	*testing.T
	store  storage.Store
	keeper *Keeper
	log    bytes.Buffer
	now    time.Time
	n      int64
}

func newOffice(t *testing.T) *office {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "gongkai.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	signer, _ := signerOf(t, "office")
	o := &office{T: t, store: store, now: noon}
	o.keeper = &Keeper{
		Store: store, Signer: signer, File: NewLog(filepath.Join(t.TempDir(), "log")), Now: func() time.Time { return o.now },
		Log: slog.New(slog.NewTextHandler(&o.log, nil)), Written: func() int64 { return 0 }, Every: 5 * time.Minute, Records: 10,
	}
	return o
}

// record stores n events of the installation's own register.
func (o *office) record(n int64) {
	o.Helper()
	err := o.store.Update(o.Context(), "", func(w storage.Writer) error {
		for i := range n {
			if err := w.Record(storage.Event{Object: "object/1", Revision: o.n + i + 1, Time: o.now, Action: "act", Facts: []byte("{}")}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		o.Fatal(err)
	}
	o.n += n
}

// size is that of the last checkpoint in the file.
func (o *office) size() int64 {
	o.Helper()
	last, err := o.keeper.File.last()
	if err != nil {
		o.Fatal(err)
	}
	return last[""].Size
}

// TestKeeperDue: a checkpoint is due after so many records or so much time, whichever is
// first, and never without a new record.
func TestKeeperDue(t *testing.T) {
	o := newOffice(t)
	last := map[string]kept{}
	for _, step := range []struct {
		name    string
		records int64
		after   time.Duration
		want    int64
	}{
		{"nothing recorded", 0, time.Hour, 0},
		{"the first record", 1, 0, 1},
		{"few and soon", 9, 4 * time.Minute, 1},
		{"one more makes ten", 1, 0, 11},
		{"few", 3, time.Minute, 11},
		{"five minutes later", 0, 4 * time.Minute, 14},
		{"nothing since", 0, time.Hour, 14},
	} {
		if step.records > 0 {
			o.record(step.records)
		}
		o.now = o.now.Add(step.after)
		if err := o.keeper.round(t.Context(), last, false); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := o.size(); got != step.want {
			t.Errorf("%s: checkpoint at %d, want %d", step.name, got, step.want)
		}
	}
}

// TestKeeperEnds: the last checkpoints are written however soon the server stops, and one
// that finds a register older than its checkpoints says so.
func TestKeeperEnds(t *testing.T) {
	o := newOffice(t)
	o.record(3)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	o.keeper.Run(stopped)
	if o.size() != 3 || o.log.Len() > 0 {
		t.Fatalf("stopped at once: checkpoint at %d; %s", o.size(), &o.log)
	}
	older := newOffice(t)
	older.keeper.File = o.keeper.File
	older.record(2)
	older.keeper.Run(stopped)
	if !strings.Contains(older.log.String(), "not the one of its checkpoints") {
		t.Errorf("an older register: %q", &older.log)
	}
}

// TestKeeperDisk: a disk that takes no checkpoints is told of, and tried again.
func TestKeeperDisk(t *testing.T) {
	o := newOffice(t)
	o.record(1)
	path := o.keeper.File.path
	o.keeper.File = NewLog(filepath.Join(path, "none"))
	last := map[string]kept{}
	if err := o.keeper.round(t.Context(), last, false); err == nil || len(last) > 0 {
		t.Fatalf("no such directory: %v, %v", err, last)
	}
	o.keeper.File = NewLog(path)
	if err := o.keeper.round(t.Context(), last, false); err != nil || o.size() != 1 {
		t.Fatalf("tried again: %v, checkpoint at %d", err, o.size())
	}
}
