package postgres_test

import (
	"context"
	"flag"
	"fmt"
	"hash/crc32"
	"testing"

	"go.uber.org/goleak"

	"gongkai/storage"
	"gongkai/storage/postgres"
	"gongkai/storage/storagetest"
	"gongkai/storage/storagetest/pgtest"
)

var (
	size     = flag.Int("applications", 10_000, "applications in the store that is measured")
	agencies = flag.Int("agencies", 1, "agencies that share them")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// volatile are the options on a server whose fsync is off.
var volatile = postgres.Options{Volatile: true}

const template = "template"

// prepare makes the template of the databases of a test.
func prepare(t testing.TB, p *pgtest.Server) {
	t.Helper()
	dsn, err := p.Create(t.Context(), template)
	if err != nil {
		t.Fatalf("create the template: %v", err)
	}
	s, err := postgres.Open(t.Context(), dsn, volatile)
	if err != nil {
		t.Fatalf("migrate the template: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatalf("close the template: %v", err)
	}
}

// databases returns an opener: a directory stands for a database.
func databases(t testing.TB, p *pgtest.Server, o postgres.Options) storagetest.Open {
	t.Helper()
	prepare(t, p)
	return func(ctx context.Context, dir string) (storage.Store, error) {
		dsn, err := p.Clone(ctx, template, fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(dir))))
		if err != nil {
			return nil, err
		}
		return postgres.Open(ctx, dsn, o)
	}
}

func TestStore(t *testing.T) { storagetest.Test(t, databases(t, pgtest.Start(t), volatile)) }

// BenchmarkStore measures on a server that keeps what it acknowledges.
func BenchmarkStore(b *testing.B) {
	storagetest.Benchmark(b, databases(b, pgtest.StartOwn(b), postgres.Options{}), *size, *agencies)
}
