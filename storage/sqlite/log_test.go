package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"gongkai/storage"
	gongkai "gongkai/storage/sqlite"
)

// TestLogUnderReaders: the log does not grow with all that is written, though there is
// always somebody who reads.
func TestLogUnderReaders(t *testing.T) {
	const updates, size, bound = 800, 512 << 10, 300 << 20 // 400 MiB and more are written
	path := filepath.Join(t.TempDir(), "register.db")
	s, err := gongkai.Open(t.Context(), path, gongkai.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	addEast(t, s)
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for i := range 3 {
		readers.Go(func() {
			<-time.NewTimer(time.Duration(i) * 50 * time.Millisecond).C
			for ctx.Err() == nil {
				err := s.View(t.Context(), func(r storage.Reader) error {
					_, err := r.Heads()
					<-time.NewTimer(150 * time.Millisecond).C
					return err
				})
				if err != nil {
					t.Errorf("view: %v", err)
				}
			}
		})
	}
	words := make([]byte, size)
	longest := int64(0)
	for n := range int64(updates) {
		err := s.Update(t.Context(), "east", func(w storage.Writer) error {
			return w.Record(storage.Event{Object: "object/1", Revision: n + 1, Personal: words})
		})
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		longest = max(longest, info.Size())
	}
	stop()
	readers.Wait()
	if longest > bound {
		t.Errorf("%d MiB were written and the log grew to %d MiB", updates*size>>20, longest>>20)
	}
	t.Logf("%d MiB were written, the log grew to %d MiB", updates*size>>20, longest>>20)
}
