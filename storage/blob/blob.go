// Package blob keeps the contents of attachments: bytes of any kind under their SHA-256,
// which is their only name. What a file was called, whose it is and whether it is needed,
// the register says.
//
// A content is on the disk before a row may name it; one that nobody names is removed once
// it is old. Dir is the store in a directory; package postgres has one in a database.
package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"gongkai/storage"
)

// ChunkSize is the size of the pieces in which contents are moved.
const ChunkSize = 256 << 10

// What a store answers of a content that it should have.
var (
	// ErrMissing: there is nothing under the sum.
	ErrMissing = errors.New("the content is missing")
	// ErrDamaged: what lies under the sum has another sum or size.
	ErrDamaged = errors.New("the content is damaged")
)

// Store keeps contents. All methods are safe for concurrent use.
type Store interface {
	// Draft begins a content.
	Draft() (*Draft, error)
	// Keep puts a whole draft on the disk under its sum. It replaces what lies there, which
	// is the same bytes or damaged. The draft must still be discarded.
	Keep(ctx context.Context, d *Draft) error
	// Open reads a content, which may be damaged: whoever reads it compares the sum.
	// ErrMissing if there is none.
	Open(ctx context.Context, sum storage.Digest) (io.ReadCloser, error)
	// List lists contents in the order of their sums, after one. At most limit.
	List(ctx context.Context, after storage.Digest, limit int) ([]Entry, error)
	// Remove removes a content unless it came, or came again, at or after an instant.
	Remove(ctx context.Context, sum storage.Digest, before time.Time) error
	// Sweep removes drafts that were left behind before an instant, and counts them.
	Sweep(ctx context.Context, before time.Time) (int, error)
	// Close gives up what the store holds.
	Close() error
}

// Entry is a content as it lies in a store.
type Entry struct {
	storage.Content
	Time time.Time // when it came, or came again
}

// Draft is a content that is on its way: a temporary file that grows by Write. It is for
// one goroutine.
type Draft struct {
	file    *os.File
	path    string // within the root that remove removes from
	remove  func(path string) error
	hash    hash.Hash
	size    int64
	settled bool // kept or removed
}

func newDraft(file *os.File, path string, remove func(string) error) *Draft {
	return &Draft{file: file, path: path, remove: remove, hash: sha256.New()}
}

// Write appends to the draft.
func (d *Draft) Write(p []byte) (int, error) {
	n, err := d.file.Write(p)
	d.hash.Write(p[:n])
	d.size += int64(n)
	return n, full(err)
}

// ReadAt reads what was written, for whoever looks at the content before it is kept.
func (d *Draft) ReadAt(p []byte, off int64) (int, error) { return d.file.ReadAt(p, off) }

// Size is how many bytes were written so far.
func (d *Draft) Size() int64 { return d.size }

// Content is what was written so far.
func (d *Draft) Content() storage.Content {
	c := storage.Content{Size: d.size}
	d.hash.Sum(c.Sum[:0])
	return c
}

// Discard removes the draft unless it was kept, and gives up its file.
func (d *Draft) Discard() error {
	err := d.file.Close()
	if errors.Is(err, os.ErrClosed) {
		err = nil
	}
	if d.settled {
		return err
	}
	d.settled = true
	return errors.Join(err, d.remove(d.path))
}

// Check reads a content and compares it with what it should be: nil, ErrMissing,
// ErrDamaged, or why it cannot be read.
func Check(ctx context.Context, s Store, c storage.Content) error {
	return Send(ctx, s, c, func([]byte) error { return nil })
}

// Send hands a content to each, piece by piece of at most ChunkSize. The last piece is
// handed over only once the sum of all is right, so that nobody takes a damaged content
// for a whole one. each must not keep the piece.
func Send(ctx context.Context, s Store, c storage.Content, each func(piece []byte) error) (err error) {
	from, err := s.Open(ctx, c.Sum)
	if err != nil {
		return fmt.Errorf("read %s: %w", c.Sum, err)
	}
	return errors.Join(send(ctx, from, c, each), from.Close())
}

// Send is the Send of what was written.
func (d *Draft) Send(ctx context.Context, each func(piece []byte) error) error {
	return send(ctx, io.NewSectionReader(d, 0, d.size), d.Content(), each)
}

func send(ctx context.Context, from io.Reader, c storage.Content, each func([]byte) error) error {
	sum, left := sha256.New(), c.Size
	most := min(ChunkSize, c.Size+1)
	held, next := make([]byte, 0, most), make([]byte, most)
	for {
		n, err := io.ReadFull(from, next)
		if n == 0 && errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("read %s: %w", c.Sum, unreadable(err))
		}
		if left -= int64(n); left < 0 {
			break
		}
		if len(held) > 0 {
			if err := each(held); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		sum.Write(next[:n])
		held, next = next[:n], held[:most]
	}
	if left != 0 {
		return fmt.Errorf("%w: %s has not %d bytes", ErrDamaged, c.Sum, c.Size)
	}
	if is := storage.Digest(sum.Sum(nil)); is != c.Sum {
		return fmt.Errorf("%w: %s has the sum %s", ErrDamaged, c.Sum, is)
	}
	if len(held) == 0 {
		return nil
	}
	return each(held)
}

// unreadable counts what the disk does not give back as damaged.
func unreadable(err error) error {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// full tells a disk that takes no more, or nothing at all, as the register does. One that
// fails to sync (EIO) is turned read-only by the kernel a moment later.
func full(err error) error {
	for _, cause := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EIO} {
		if errors.Is(err, cause) {
			return fmt.Errorf("%w: %w", storage.ErrFull, err)
		}
	}
	return err
}
