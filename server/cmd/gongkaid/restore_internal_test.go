package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gongkai/storage/sqlite"
)

// TestServeDuringRestore: a server that is started while a register is being restored is
// refused, and leaves nothing in the way of it.
func TestServeDuringRestore(t *testing.T) {
	dir := t.TempDir()
	backup, data := filepath.Join(dir, "backup.db"), filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), backup, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	err = sqlite.Restore(t.Context(), backup, filepath.Join(data, databaseFile), sqlite.RestoreOptions{
		Now: time.Now,
		Verify: func(ctx context.Context, _ *sqlite.ReadOnly) error {
			if store, err := (serveFlags{data: data}).open(ctx); err == nil {
				t.Error("it is served")
				return store.Close()
			}
			return nil
		},
	})
	if err != nil {
		t.Error(err)
	}
}
