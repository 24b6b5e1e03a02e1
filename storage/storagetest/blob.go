package storagetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gongkai/storage"
	"gongkai/storage/blob"
)

// OpenBlobs opens an empty store of contents that reads a clock.
type OpenBlobs func(t testing.TB, now func() time.Time) blob.Store

// TestBlobs holds a store of contents to the contract of package blob.
func TestBlobs(t *testing.T, open OpenBlobs) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, *blobFixture){
		"sizes": testBlobSizes, "missing": testBlobMissing, "twice": testBlobTwice, "discarded": testBlobDiscarded,
		"list": testBlobList, "remove": testBlobRemove, "sweep": testBlobSweep, "again while removed": testBlobAgain,
		"copy": testBlobCopy,
	} {
		t.Run(name, func(t *testing.T) {
			f := &blobFixture{t: t, open: open}
			f.at.Store(noon.UnixNano())
			f.store = f.another(t)
			test(t, f)
		})
	}
}

type blobFixture struct {
	t     *testing.T
	open  OpenBlobs
	store blob.Store
	at    atomic.Int64 // of the clock
}

func (f *blobFixture) now() time.Time { return time.Unix(0, f.at.Load()) }

func (f *blobFixture) another(t *testing.T) blob.Store {
	t.Helper()
	s := f.open(t, f.now)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the contents: %v", err)
		}
	})
	return s
}

// bytesOf are n bytes that a seed makes.
func bytesOf(n int, seed uint64) []byte {
	b := make([]byte, n)
	if _, err := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(b); err != nil {
		panic(err) // it never fails
	}
	return b
}

func contentOf(b []byte) storage.Content {
	return storage.Content{Sum: sha256.Sum256(b), Size: int64(len(b))}
}

func keepIn(ctx context.Context, s blob.Store, content []byte) (err error) {
	d, err := s.Draft()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Discard()) }()
	if _, err := io.Copy(d, bytes.NewReader(content)); err != nil {
		return err
	}
	return s.Keep(ctx, d)
}

func (f *blobFixture) keep(content []byte) storage.Content {
	f.t.Helper()
	if err := keepIn(f.t.Context(), f.store, content); err != nil {
		f.t.Fatalf("keep %d bytes: %v", len(content), err)
	}
	return contentOf(content)
}

func readBlob(ctx context.Context, s blob.Store, c storage.Content) ([]byte, error) {
	var out []byte
	err := blob.Send(ctx, s, c, func(piece []byte) error {
		if len(piece) == 0 || len(piece) > blob.ChunkSize {
			return fmt.Errorf("a piece of %d bytes", len(piece))
		}
		out = append(out, piece...)
		return nil
	})
	return out, err
}

func testBlobSizes(t *testing.T, f *blobFixture) {
	for _, n := range []int{0, 1, 1000, blob.ChunkSize - 1, blob.ChunkSize, blob.ChunkSize + 1, 3 * blob.ChunkSize, 3*blob.ChunkSize + 7} {
		want := bytesOf(n, uint64(n))
		c := f.keep(want)
		got, err := readBlob(t.Context(), f.store, c)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes came back as %d, %v", n, len(got), err)
		}
		short, long := c, c
		short.Size, long.Size = max(0, c.Size-1), c.Size+1
		if err := blob.Check(t.Context(), f.store, long); !errors.Is(err, blob.ErrDamaged) {
			t.Errorf("%d bytes as one more: %v", n, err)
		}
		if err := blob.Check(t.Context(), f.store, short); n > 0 && !errors.Is(err, blob.ErrDamaged) {
			t.Errorf("%d bytes as one less: %v", n, err)
		}
	}
}

func testBlobMissing(t *testing.T, f *blobFixture) {
	c := contentOf([]byte("never kept"))
	if got, err := readBlob(t.Context(), f.store, c); !errors.Is(err, blob.ErrMissing) || len(got) > 0 {
		t.Errorf("read %q, %v", got, err)
	}
	if err := f.store.Remove(t.Context(), c.Sum, f.now()); err != nil {
		t.Errorf("remove: %v", err)
	}
	if list, err := f.store.List(t.Context(), storage.Digest{}, 10); err != nil || len(list) > 0 {
		t.Errorf("list: %v, %v", list, err)
	}
}

func testBlobTwice(t *testing.T, f *blobFixture) {
	content := bytesOf(300_000, 1)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := keepIn(t.Context(), f.store, content); err != nil {
				t.Errorf("keep: %v", err)
			}
		})
	}
	wg.Wait()
	if got, err := readBlob(t.Context(), f.store, contentOf(content)); err != nil || !bytes.Equal(got, content) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
	if list, err := f.store.List(t.Context(), storage.Digest{}, 10); err != nil || len(list) != 1 {
		t.Errorf("list: %v, %v", list, err)
	}
}

func testBlobDiscarded(t *testing.T, f *blobFixture) {
	d, err := f.store.Draft()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write([]byte("broken off")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Discard(), d.Discard()); err != nil {
		t.Errorf("discard: %v", err)
	}
	if err := blob.Check(t.Context(), f.store, contentOf([]byte("broken off"))); !errors.Is(err, blob.ErrMissing) {
		t.Errorf("a discarded draft: %v", err)
	}
	f.at.Add(int64(time.Hour))
	if n, err := f.store.Sweep(t.Context(), f.now().Add(time.Hour*24*365*10)); n != 0 || err != nil {
		t.Errorf("it left %d drafts, %v", n, err)
	}
}

func testBlobList(t *testing.T, f *blobFixture) {
	var want []blob.Entry
	for i := range 25 {
		content := bytesOf(10+i, uint64(i))
		f.at.Add(int64(time.Second))
		want = append(want, blob.Entry{Content: f.keep(content), Time: f.now()})
	}
	slices.SortFunc(want, func(a, b blob.Entry) int { return bytes.Compare(a.Sum[:], b.Sum[:]) })
	var got []blob.Entry
	for after := (storage.Digest{}); ; {
		page, err := f.store.List(t.Context(), after, 4)
		if err != nil || len(page) > 4 {
			t.Fatalf("%d on a page, %v", len(page), err)
		}
		if len(page) == 0 {
			break
		}
		got, after = append(got, page...), page[len(page)-1].Sum
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b time.Time) bool { return a.Sub(b).Abs() < time.Millisecond })); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
}

func testBlobRemove(t *testing.T, f *blobFixture) {
	content := []byte("old")
	c := f.keep(content)
	came := f.now()
	check := func(what string, want error) {
		t.Helper()
		if err := blob.Check(t.Context(), f.store, c); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	remove := func(before time.Time) {
		t.Helper()
		if err := f.store.Remove(t.Context(), c.Sum, before); err != nil {
			t.Errorf("remove: %v", err)
		}
	}
	remove(came.Add(-time.Second))
	check("a young one", nil)
	f.at.Add(int64(time.Hour))
	f.keep(content)
	remove(came.Add(time.Second))
	check("one that came again", nil)
	remove(came.Add(2 * time.Hour))
	check("an old one", blob.ErrMissing)
	f.keep(content)
	check("kept after it was removed", nil)
}

func testBlobSweep(t *testing.T, f *blobFixture) {
	left, err := f.store.Draft()
	if err != nil {
		t.Fatal(err)
	}
	defer left.Discard() //nolint:errcheck // it is swept, as after a crash
	c := f.keep([]byte("kept"))
	long := time.Now().Add(24 * time.Hour) //nolint:forbidigo // the system dates what is written
	if n, err := f.store.Sweep(t.Context(), time.Unix(0, 0)); n != 0 || err != nil {
		t.Errorf("a young draft: %d swept, %v", n, err)
	}
	if n, err := f.store.Sweep(t.Context(), long); n != 1 || err != nil {
		t.Errorf("an old draft: %d swept, %v", n, err)
	}
	if n, err := f.store.Sweep(t.Context(), long); n != 0 || err != nil {
		t.Errorf("once more: %d swept, %v", n, err)
	}
	if err := blob.Check(t.Context(), f.store, c); err != nil {
		t.Errorf("what was kept: %v", err)
	}
}

// testBlobAgain keeps a content over and over while it is removed as old: after Keep it is
// always there, because it came just now.
func testBlobAgain(t *testing.T, f *blobFixture) {
	content := bytesOf(1000, 7)
	c := contentOf(content)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			if err := f.store.Remove(context.WithoutCancel(t.Context()), c.Sum, f.now().Add(-time.Minute)); err != nil {
				t.Errorf("remove: %v", err)
				return
			}
		}
	})
	for range 30 {
		f.at.Add(int64(time.Hour))
		if err := keepIn(t.Context(), f.store, content); err != nil {
			t.Errorf("keep: %v", err)
		}
		if err := blob.Check(t.Context(), f.store, c); err != nil {
			t.Errorf("just kept: %v", err)
		}
	}
	close(done)
	wg.Wait()
}

func testBlobCopy(t *testing.T, f *blobFixture) {
	content := bytesOf(blob.ChunkSize+5, 9)
	c, to := f.keep(content), f.another(t)
	for i, want := range []bool{true, false} {
		copied, err := blob.Copy(t.Context(), f.store, to, c)
		if copied != want || err != nil {
			t.Errorf("copy %d: %v, %v", i, copied, err)
		}
	}
	if got, err := readBlob(t.Context(), to, c); err != nil || !bytes.Equal(got, content) {
		t.Errorf("the copy has %d bytes, %v", len(got), err)
	}
	none := contentOf([]byte("none"))
	if copied, err := blob.Copy(t.Context(), f.store, to, none); copied || !errors.Is(err, blob.ErrMissing) {
		t.Errorf("copy of what is missing: %v, %v", copied, err)
	}
	wrong := c
	wrong.Size--
	if copied, err := blob.Copy(t.Context(), f.store, f.another(t), wrong); copied || !errors.Is(err, blob.ErrDamaged) {
		t.Errorf("copy of what has another size: %v, %v", copied, err)
	}
}
