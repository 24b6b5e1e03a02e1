package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"gongkai/storage"
)

// draftDir is where drafts lie, within the directory: a rename leads to no other disk.
const draftDir = "draft"

// Beside is the directory of the contents of a database file.
func Beside(database string) string { return database + ".files" }

// Dir keeps contents as files: the first two and the next two digits of a sum name the
// directories above a file that the whole sum names. No other name is ever used, and no
// link within leads out.
type Dir struct {
	root *os.Root // nil: there is no directory, and so no content
	now  func() time.Time
	mu   sync.Mutex // a content does not come again while it is removed

	synced sync.Map // names of directories that are on the disk
}

// OpenDir opens a directory, which it makes for its owner alone if need be.
func OpenDir(path string, now func() time.Time) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("open the attachments: %w", err)
	}
	d, err := OpenDirReadOnly(path)
	if err != nil {
		return nil, err
	}
	d.now = now
	if err := errors.Join(syncDir(os.Open(filepath.Dir(path))), d.makeDir(draftDir)); err != nil {
		return nil, errors.Join(fmt.Errorf("open the attachments: %w", err), d.Close())
	}
	return d, nil
}

// OpenDirReadOnly opens a directory to read from. One that is not there is empty.
func OpenDirReadOnly(path string) (*Dir, error) {
	root, err := os.OpenRoot(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &Dir{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the attachments: %w", err)
	}
	return &Dir{root: root}, nil
}

// Close is Store.
func (d *Dir) Close() error {
	if d.root == nil {
		return nil
	}
	return d.root.Close()
}

// place is where a content lies.
func place(sum storage.Digest) string {
	name := sum.String()
	return path.Join(name[:2], name[2:4], name)
}

// Draft is Store.
func (d *Dir) Draft() (*Draft, error) {
	if d.now == nil {
		return nil, fmt.Errorf("begin an attachment: %w", fs.ErrPermission)
	}
	name := path.Join(draftDir, rand.Text())
	f, err := d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("begin an attachment: %w", full(err))
	}
	return newDraft(f, name, d.root.Remove), nil
}

// Keep is Store: the file is synced, then given its name, then that name is synced.
func (d *Dir) Keep(_ context.Context, draft *Draft) error {
	sum := draft.Content().Sum
	if err := d.keep(draft, place(sum)); err != nil {
		return fmt.Errorf("keep %s: %w", sum, full(err))
	}
	return nil
}

func (d *Dir) keep(draft *Draft, to string) error {
	if err := errors.Join(draft.file.Sync(), draft.file.Close()); err != nil {
		return err
	}
	above := path.Dir(to)
	if err := d.makeDir(path.Dir(above)); err != nil {
		return err
	}
	if err := d.makeDir(above); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	if err := d.root.Chtimes(draft.path, now, now); err != nil {
		return err
	}
	if err := d.root.Rename(draft.path, to); err != nil {
		return err
	}
	draft.settled = true
	return d.sync(above)
}

// makeDir makes a directory that is on the disk when it returns, even if another call, or
// a process that died, made it just before.
func (d *Dir) makeDir(name string) error {
	err := d.root.Mkdir(name, 0o700)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, synced := d.synced.Load(name); synced && err != nil {
		return nil
	}
	if err := d.sync(path.Dir(name)); err != nil {
		return err
	}
	d.synced.Store(name, nil)
	return nil
}

func (d *Dir) sync(name string) error {
	return syncDir(d.root.Open(name))
}

// syncDir syncs an open directory and closes it.
func syncDir(f *os.File, err error) error {
	if err != nil {
		return err
	}
	if runtime.GOOS == "windows" { // directories cannot be synced there, nor need they be
		return f.Close()
	}
	return errors.Join(f.Sync(), f.Close())
}

// Open is Store.
func (d *Dir) Open(_ context.Context, sum storage.Digest) (io.ReadCloser, error) {
	if d.root == nil {
		return nil, ErrMissing
	}
	f, err := d.root.Open(place(sum))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrMissing
	}
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(ErrDamaged, err, f.Close())
	}
	return f, nil
}

// Remove is Store.
func (d *Dir) Remove(_ context.Context, sum storage.Digest, before time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := d.removeOld(place(sum), before); err != nil {
		return fmt.Errorf("remove %s: %w", sum, err)
	}
	return nil
}

func (d *Dir) removeOld(name string, before time.Time) (bool, error) {
	if d.root == nil {
		return false, nil
	}
	info, err := d.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case !info.ModTime().Before(before):
		return false, nil
	}
	return true, d.root.Remove(name)
}

// Sweep is Store.
func (d *Dir) Sweep(ctx context.Context, before time.Time) (n int, err error) {
	names, err := d.names(draftDir)
	for _, name := range names {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			break
		}
		var removed bool
		if removed, err = d.removeOld(path.Join(draftDir, name), before); removed && err == nil {
			n++
		}
	}
	if err != nil {
		return n, fmt.Errorf("sweep drafts: %w", err)
	}
	return n, nil
}

// names lists what lies in a directory, in order; nothing if it is not there.
func (d *Dir) names(dir string) ([]string, error) {
	if d.root == nil {
		return nil, nil
	}
	f, err := d.root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	names, err := f.Readdirnames(-1)
	slices.Sort(names)
	return names, errors.Join(err, f.Close())
}

// List is Store. What does not lie where a content of its name would is none.
func (d *Dir) List(ctx context.Context, after storage.Digest, limit int) (list []Entry, err error) {
	from := after.String()
	tops, err := d.names(".")
	for _, top := range tops {
		if err != nil || len(list) >= limit {
			break
		}
		if len(top) != 2 || top < from[:2] {
			continue
		}
		if err = ctx.Err(); err == nil {
			list, err = d.listUnder(list, top, from, limit)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("list the attachments: %w", err)
	}
	return list, nil
}

// listUnder appends the contents in one of the upper directories.
func (d *Dir) listUnder(list []Entry, top, from string, limit int) ([]Entry, error) {
	middles, err := d.names(top)
	if err != nil {
		return list, err
	}
	for _, middle := range middles {
		if len(middle) != 2 || top+middle < from[:4] {
			continue
		}
		names, err := d.names(path.Join(top, middle))
		if err != nil {
			return list, err
		}
		for _, name := range names {
			if len(list) >= limit {
				return list, nil
			}
			sum, err := storage.ParseDigest(name)
			if err != nil || name <= from || !strings.HasPrefix(name, top+middle) {
				continue
			}
			info, err := d.root.Lstat(place(sum))
			if errors.Is(err, fs.ErrNotExist) { // it was removed meanwhile
				continue
			}
			if err != nil {
				return list, err
			}
			list = append(list, Entry{storage.Content{Sum: sum, Size: info.Size()}, info.ModTime()})
		}
	}
	return list, nil
}

var _ Store = (*Dir)(nil)
