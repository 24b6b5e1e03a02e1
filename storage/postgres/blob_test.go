package postgres_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gongkai/storage"
	"gongkai/storage/blob"
	"gongkai/storage/postgres"
	"gongkai/storage/storagetest"
	"gongkai/storage/storagetest/pgtest"
)

// openBlobs opens the contents of a database of its own.
func openBlobs(t testing.TB, p *pgtest.Server, name string, now func() time.Time, o postgres.Options) (b *postgres.Blobs, dsn string) {
	t.Helper()
	dsn, err := p.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := postgres.Open(t.Context(), dsn, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err = postgres.OpenBlobs(t.Context(), dsn, filepath.Join(t.TempDir(), "drafts"), now, o)
	if err != nil {
		t.Fatal(err)
	}
	return b, dsn
}

func TestBlobs(t *testing.T) {
	p := pgtest.Start(t)
	var n atomic.Int64
	storagetest.TestBlobs(t, func(t testing.TB, now func() time.Time) blob.Store {
		b, _ := openBlobs(t, p, fmt.Sprintf("blobs%d", n.Add(1)), now, volatile)
		return b
	})
}

// TestBlobsDamaged spoils what a content consists of: each is found, and keeping the same
// again mends it.
func TestBlobsDamaged(t *testing.T) {
	b, dsn := openBlobs(t, pgtest.Start(t), "damaged", time.Now, volatile)
	defer b.Close()
	content := bytes.Repeat([]byte("0123456789"), 60_000)
	c := storage.Content{Sum: sha256.Sum256(content), Size: int64(len(content))}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	for text, want := range map[string]error{
		"UPDATE chunk SET data = set_byte(data, 5, get_byte(data, 5) # 4) WHERE n = 1": blob.ErrDamaged,
		"UPDATE chunk SET data = substring(data for 9) WHERE n = 2":                    blob.ErrDamaged,
		"UPDATE chunk SET data = data || 'x' WHERE n = 2":                              blob.ErrDamaged,
		"DELETE FROM chunk WHERE n = 0":                                                blob.ErrDamaged,
		"DELETE FROM chunk WHERE n = 2":                                                blob.ErrDamaged,
		"UPDATE chunk SET n = n + 10":                                                  blob.ErrDamaged,
		"DELETE FROM content":                                                          blob.ErrMissing,
	} {
		if err := keepBytes(t.Context(), b, content); err != nil {
			t.Fatal(err)
		}
		if err := blob.Check(t.Context(), b, c); err != nil {
			t.Fatalf("before %s: %v", text, err)
		}
		if _, err := conn.Exec(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if err := blob.Check(t.Context(), b, c); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
}

// TestBlobsReadOnly: without a directory for drafts contents are only read, by another
// server on the same database too.
func TestBlobsReadOnly(t *testing.T) {
	b, dsn := openBlobs(t, pgtest.Start(t), "shared", time.Now, volatile)
	defer b.Close()
	if err := keepBytes(t.Context(), b, []byte("shared")); err != nil {
		t.Fatal(err)
	}
	other, err := postgres.OpenBlobs(t.Context(), dsn, "", time.Now, volatile)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := blob.Check(t.Context(), other, storage.Content{Sum: sha256.Sum256([]byte("shared")), Size: 6}); err != nil {
		t.Errorf("read through another server: %v", err)
	}
	if d, err := other.Draft(); err == nil {
		t.Errorf("a draft without a directory: %v", d)
	}
}

func keepBytes(ctx context.Context, s blob.Store, content []byte) error {
	d, err := s.Draft()
	if err != nil {
		return err
	}
	if _, err = io.Copy(d, bytes.NewReader(content)); err == nil {
		err = s.Keep(ctx, d)
	}
	return errors.Join(err, d.Discard())
}

// BenchmarkBlobs compares the pieces in rows with the large objects of the same server, on
// one that keeps what it acknowledges.
func BenchmarkBlobs(b *testing.B) {
	blobs, dsn := openBlobs(b, pgtest.StartOwn(b), "bench", time.Now, postgres.Options{})
	defer blobs.Close()
	conn, err := pgx.Connect(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(b.Context()))
	for _, size := range []int{1 << 20, 32 << 20} {
		content := bytes.Repeat([]byte("0123456789abcdef"), size/16)
		c := storage.Content{Sum: sha256.Sum256(content), Size: int64(size)}
		var oid uint32
		for _, m := range []struct {
			name string
			do   func() error
		}{
			{"rows/keep", func() error { return keepBytes(b.Context(), blobs, content) }},
			{"rows/read", func() error { return blob.Check(b.Context(), blobs, c) }},
			{"largeobject/keep", func() (err error) { oid, err = writeLarge(b.Context(), conn, content); return err }},
			{"largeobject/read", func() error { return readLarge(b.Context(), conn, oid, size) }},
		} {
			b.Run(fmt.Sprintf("%s/%dMiB", m.name, size>>20), func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if err := m.do(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func writeLarge(ctx context.Context, conn *pgx.Conn, content []byte) (oid uint32, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		objects := tx.LargeObjects()
		if oid, err = objects.Create(ctx, 0); err != nil {
			return err
		}
		o, err := objects.Open(ctx, oid, pgx.LargeObjectModeWrite)
		if err != nil {
			return err
		}
		for len(content) > 0 {
			n := min(len(content), blob.ChunkSize)
			if _, err := o.Write(content[:n]); err != nil {
				return err
			}
			content = content[n:]
		}
		return nil
	})
	return oid, err
}

func readLarge(ctx context.Context, conn *pgx.Conn, oid uint32, size int) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		objects := tx.LargeObjects()
		o, err := objects.Open(ctx, oid, pgx.LargeObjectModeRead)
		if err != nil {
			return err
		}
		sum, piece, n := sha256.New(), make([]byte, blob.ChunkSize), 0
		for {
			k, err := o.Read(piece)
			sum.Write(piece[:k])
			n += k
			if errors.Is(err, io.EOF) || err == nil && k == 0 {
				break
			}
			if err != nil {
				return err
			}
		}
		if n != size {
			return fmt.Errorf("%d bytes came back", n)
		}
		return nil
	})
}
