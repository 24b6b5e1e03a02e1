package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"gongkai/storage/blob"
)

// RestoreOptions say how to restore.
type RestoreOptions struct {
	// Aside is where a register goes that is in the way; empty: it is not touched, and the
	// backup not restored.
	Aside string
	// Verify looks at what is restored before it is put in its place. An error keeps it out.
	Verify func(ctx context.Context, restored *ReadOnly) error
	// Progress hears of pages and of contents that are attached; nil: nobody does.
	Progress func(what string, done int64)
	// Now tells when what is attached arrives.
	Now func() time.Time
}

// restoring is what follows the name of a register while it is being restored.
const restoring = ".restoring"

// Restore puts a backup in the place of a register, with what is attached to it. All of it
// is copied, checked and on the disk before the register appears, last of all; until then
// whatever lies there stays, and no server can open it. A backup that an older program
// made is migrated. Broken off, the next Restore begins anew.
func Restore(ctx context.Context, backup, to string, o RestoreOptions) (err error) {
	lock, err := lockFile(ctx, to+".lock")
	if err != nil {
		return fmt.Errorf("restore %s to %s: %w", backup, to, err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if o.Progress == nil {
		o.Progress = func(string, int64) {}
	}
	temporary := to + restoring
	err = removeAll(temporary)
	if err == nil {
		err = errors.Join(restore(ctx, backup, temporary, to, o), removeAll(temporary))
	}
	if err != nil {
		return fmt.Errorf("restore %s to %s: %w", backup, to, err)
	}
	return nil
}

func restore(ctx context.Context, backup, temporary, to string, o RestoreOptions) error {
	if o.Aside == "" {
		if err := checkTarget(to); err != nil {
			return err
		}
	} else if err := checkTarget(o.Aside); err != nil {
		return err
	}
	if err := unpack(ctx, backup, temporary, o); err != nil {
		return err
	}
	if err := restoreAttached(ctx, backup, temporary, o); err != nil {
		return err
	}
	if o.Verify != nil {
		if err := verifyRestored(ctx, temporary, o); err != nil {
			return err
		}
	}
	if o.Aside != "" {
		if err := moveAll(to, o.Aside); err != nil {
			return err
		}
	}
	if err := placeAttached(ctx, temporary, to, o); err != nil {
		return err
	}
	return place(ctx, temporary, to)
}

// unpack copies the backup's pages, and migrates the copy if need be.
func unpack(ctx context.Context, backup, temporary string, o RestoreOptions) error {
	older := false
	c, err := connectorFor(ctx, backup, func(ctx context.Context, c driver.Connector) error {
		err := checkSchema(ctx, c)
		if older = errors.Is(err, errOlder); older {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := copyPages(ctx, c, temporary, func(done, _ int) { o.Progress("page", int64(done)) }); err != nil || !older {
		return err
	}
	s, err := open(ctx, temporary, Options{})
	if err != nil {
		return err
	}
	return s.Close()
}

func verifyRestored(ctx context.Context, temporary string, o RestoreOptions) (err error) {
	r, err := OpenReadOnly(ctx, temporary)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return o.Verify(ctx, r)
}

// restoreAttached copies what is attached, and refuses a backup that lacks any of it.
func restoreAttached(ctx context.Context, backup, temporary string, o RestoreOptions) error {
	return copyAttached(ctx, temporary, blob.Beside(backup), blob.Beside(temporary), o)
}

// copyAttached copies all of it or says what it could not.
func copyAttached(ctx context.Context, register, from, to string, o RestoreOptions) (err error) {
	r, err := OpenReadOnly(ctx, register)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	source, err := blob.OpenDirReadOnly(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := blob.OpenDir(to, o.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	sum, err := blob.CopyAll(ctx, r, source, target, func(s blob.CopySum) { o.Progress("content", s.Files) })
	errs := []error{err}
	for _, f := range sum.Faults {
		errs = append(errs, fmt.Errorf("%s of agency %s: %w", f.Object, f.Agency, f.Err))
	}
	return errors.Join(errs...)
}

// placeAttached gives what is attached its name. Where there is such a directory already,
// the contents join those in it: each bears the name of its sum.
func placeAttached(ctx context.Context, temporary, to string, o RestoreOptions) error {
	from, beside := blob.Beside(temporary), blob.Beside(to)
	if _, err := os.Stat(beside); err == nil {
		return copyAttached(ctx, temporary, from, beside, o)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(from, beside); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(to))
}

// companions are what belongs to a file and bears its name, in the order in which they
// are moved. The file goes first: without it nothing of this is ever read.
func companions(path string) []string {
	return []string{path, path + "-wal", path + "-shm", path + "-journal", blob.Beside(path)}
}

// moveAll moves a register with all that belongs to it. It may lie there no more.
func moveAll(from, to string) error {
	names := companions(to)
	for i, name := range companions(from) {
		if err := os.Rename(name, names[i]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return syncDirectory(filepath.Dir(from))
}

// removeAll removes a register that was never whole.
func removeAll(path string) error {
	var errs []error
	for _, name := range companions(path) {
		errs = append(errs, os.RemoveAll(name))
	}
	return errors.Join(errs...)
}

// syncDirectory makes names durable. Directories cannot be synced on Windows, nor need they.
func syncDirectory(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	return syncFile(dir, os.O_RDONLY)
}
