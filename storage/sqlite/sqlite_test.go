package sqlite_test

import (
	"context"
	"flag"
	"path/filepath"
	"testing"

	"gongkai/storage"
	"gongkai/storage/sqlite"
	"gongkai/storage/storagetest"
)

var (
	size     = flag.Int("applications", 10_000, "applications in the store that is measured")
	agencies = flag.Int("agencies", 1, "agencies that share them")
)

func open(ctx context.Context, dir string) (storage.Store, error) {
	return sqlite.Open(ctx, filepath.Join(dir, "register.db"), sqlite.Options{})
}

func TestStore(t *testing.T) { storagetest.Test(t, open) }

func BenchmarkStore(b *testing.B) { storagetest.Benchmark(b, open, *size, *agencies) }
