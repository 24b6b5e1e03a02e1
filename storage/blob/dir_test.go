package blob_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gongkai/storage"
	"gongkai/storage/blob"
	"gongkai/storage/storagetest"
)

func openDir(t testing.TB, now func() time.Time) blob.Store {
	t.Helper()
	d, err := blob.OpenDir(filepath.Join(t.TempDir(), "register.db.files"), now)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDir(t *testing.T) { storagetest.TestBlobs(t, openDir) }

// kept is a directory with one content, and where that lies.
func kept(t testing.TB, content string) (d *blob.Dir, root, path string, c storage.Content) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "files")
	d, err := blob.OpenDir(root, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	keep(t, d, content)
	c = storage.Content{Sum: sha256.Sum256([]byte(content)), Size: int64(len(content))}
	name := c.Sum.String()
	return d, root, filepath.Join(root, name[:2], name[2:4], name), c
}

func keep(t testing.TB, d *blob.Dir, content string) {
	t.Helper()
	draft, err := d.Draft()
	if err != nil {
		t.Fatal(err)
	}
	defer draft.Discard() //nolint:errcheck // it is kept, or the test is over
	if _, err := io.WriteString(draft, content); err != nil {
		t.Fatal(err)
	}
	if err := d.Keep(t.Context(), draft); err != nil {
		t.Fatal(err)
	}
}

// TestEveryFlip changes each byte of a content, one at a time: each is found, and nobody
// gets the last piece.
func TestEveryFlip(t *testing.T) {
	content := strings.Repeat("附件", 40)
	d, _, path, c := kept(t, content)
	for i := range len(content) {
		changed := []byte(content)
		changed[i] ^= 1 << (i % 8)
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		got := 0
		err := blob.Send(t.Context(), d, c, func(piece []byte) error { got += len(piece); return nil })
		if !errors.Is(err, blob.ErrDamaged) || got > 0 {
			t.Fatalf("byte %d changed: %d bytes sent, %v", i, got, err)
		}
	}
	keep(t, d, content)
	if err := blob.Check(t.Context(), d, c); err != nil {
		t.Errorf("kept again: %v", err)
	}
}

// TestDamage finds every other way in which a file can be wrong.
func TestDamage(t *testing.T) {
	for _, tt := range []struct {
		name   string
		damage func(path string) error
		want   error
	}{
		{"gone", os.Remove, blob.ErrMissing},
		{"empty", func(p string) error { return os.Truncate(p, 0) }, blob.ErrDamaged},
		{"cut", func(p string) error { return os.Truncate(p, 3) }, blob.ErrDamaged},
		{"longer", func(p string) error { return os.Truncate(p, 1<<20) }, blob.ErrDamaged},
		{"a directory", func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o700)) }, blob.ErrDamaged},
		{"another file", func(p string) error { return os.WriteFile(p, []byte("0123456789"), 0o600) }, blob.ErrDamaged},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, _, path, c := kept(t, "0123456780")
			if err := tt.damage(path); err != nil {
				t.Fatal(err)
			}
			if err := blob.Check(t.Context(), d, c); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// TestLinks plants links that lead out of the directory: none is followed.
func TestLinks(t *testing.T) {
	content := "0123456789"
	d, root, path, c := kept(t, content)
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(path), os.Symlink(outside, path)); err != nil {
		t.Fatal(err)
	}
	if err := blob.Check(t.Context(), d, c); err == nil {
		t.Error("a link in the place of a content was followed")
	}
	keep(t, d, content)
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		t.Errorf("kept again it is %v, %v", info.Mode(), err)
	}
	away := t.TempDir()
	top := filepath.Join(root, c.Sum.String()[:2])
	if err := errors.Join(os.RemoveAll(top), os.Symlink(away, top)); err != nil {
		t.Fatal(err)
	}
	draft, err := d.Draft()
	if err != nil {
		t.Fatal(err)
	}
	defer draft.Discard() //nolint:errcheck // what is left of it goes with the directory
	_, err = io.WriteString(draft, content)
	if err = errors.Join(err, d.Keep(t.Context(), draft)); err == nil {
		t.Error("a content was kept behind a link")
	}
	if names, err := os.ReadDir(away); err != nil || len(names) > 0 {
		t.Errorf("the directory outside holds %v, %v", names, err)
	}
}

// TestForeignNames: what lies in the directory under other names is no content.
func TestForeignNames(t *testing.T) {
	d, root, path, c := kept(t, "content")
	for _, name := range []string{
		"lost+found", "README", c.Sum.String(), filepath.Join("zz", "zz", "x"), filepath.Join(c.Sum.String()[:2], "x"),
		filepath.Join(c.Sum.String()[:2], c.Sum.String()[2:4], strings.ToUpper(c.Sum.String())),
		filepath.Join(c.Sum.String()[:2], c.Sum.String()[2:4], "0"+c.Sum.String()[1:63]),
	} {
		name = filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte("x"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	list, err := d.List(t.Context(), storage.Digest{}, 100)
	if err != nil || len(list) != 1 || list[0].Sum != c.Sum {
		t.Errorf("listed %v, %v", list, err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// TestModes: nobody but the owner reads a directory or file, and nothing is written where
// nothing may be.
func TestModes(t *testing.T) {
	_, root, path, c := kept(t, "content")
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", p, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := blob.OpenDirReadOnly(root)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := blob.Check(t.Context(), r, c); err != nil {
		t.Errorf("read-only: %v", err)
	}
	if _, err := r.Draft(); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("a draft where nothing is written: %v", err)
	}
	none, err := blob.OpenDirReadOnly(filepath.Join(filepath.Dir(path), "none"))
	if err != nil {
		t.Fatal(err)
	}
	if err := blob.Check(t.Context(), none, c); !errors.Is(err, blob.ErrMissing) {
		t.Errorf("in a directory that is not there: %v", err)
	}
	if list, err := none.List(t.Context(), storage.Digest{}, 1); err != nil || len(list) > 0 {
		t.Errorf("listed there: %v, %v", list, err)
	}
}

// TestDigests reads sums back, and nothing that is none.
func TestDigests(t *testing.T) {
	sum := storage.Digest(sha256.Sum256([]byte("x")))
	if got, err := storage.ParseDigest(sum.String()); err != nil || got != sum {
		t.Errorf("%s came back as %s, %v", sum, got, err)
	}
	for _, text := range []string{"", "../..", strings.ToUpper(sum.String()), sum.String()[1:], sum.String() + "0", strings.Repeat("g", 64), "0x" + sum.String()[2:]} {
		if got, err := storage.ParseDigest(text); err == nil {
			t.Errorf("%q was read as %s", text, got)
		}
	}
}

// BenchmarkDir keeps and reads contents of three sizes.
func BenchmarkDir(b *testing.B) {
	for _, size := range []int{64 << 10, 2 << 20, 32 << 20} {
		content := []byte(strings.Repeat("x", size))
		b.Run(fmt.Sprintf("keep/%dKiB", size>>10), func(b *testing.B) {
			d, ok := openDir(b, time.Now).(*blob.Dir)
			if !ok {
				b.Fatal("not a directory")
			}
			defer d.Close()
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				keepBytes(b, d, content)
			}
		})
		b.Run(fmt.Sprintf("read/%dKiB", size>>10), func(b *testing.B) {
			d, _, _, c := kept(b, string(content))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if err := blob.Check(context.Background(), d, c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// keepBytes writes in the pieces in which an upload comes.
func keepBytes(b *testing.B, d *blob.Dir, content []byte) {
	draft, err := d.Draft()
	if err != nil {
		b.Fatal(err)
	}
	defer draft.Discard() //nolint:errcheck // it is kept
	for rest := content; len(rest) > 0; {
		n := min(len(rest), blob.ChunkSize)
		if _, err := draft.Write(rest[:n]); err != nil {
			b.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := d.Keep(context.Background(), draft); err != nil {
		b.Fatal(err)
	}
}
