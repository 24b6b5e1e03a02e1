package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"modernc.org/sqlite"
)

// backupPages is how many pages are copied between two looks at the context.
const backupPages = 1024

// Backup copies the register in a file, as it is at one moment, while a server may write
// it. The copy appears at to once it is whole, checked and on the disk; what stands there
// already is not replaced. progress, which may be nil, hears of pages.
func Backup(ctx context.Context, path, to string, progress func(done, total int)) error {
	return BackupWith(ctx, path, to, progress, func(context.Context, *ReadOnly) error { return nil })
}

// BackupWith is Backup that calls complete with the copy before it appears, so that what
// lies beside a register is there once its copy is. An error keeps the copy from appearing.
func BackupWith(ctx context.Context, path, to string, progress func(done, total int), complete func(context.Context, *ReadOnly) error) error {
	if err := backup(ctx, path, to, progress, complete); err != nil {
		return fmt.Errorf("back up %s to %s: %w", path, to, err)
	}
	return nil
}

func backup(ctx context.Context, path, to string, progress func(done, total int), complete func(context.Context, *ReadOnly) error) (err error) {
	if err := checkTarget(to); err != nil {
		return err
	}
	c, err := readOnlyConnector(ctx, path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(to), "."+filepath.Base(to)+".*.partial") // for its owner alone
	if err != nil {
		return err
	}
	temporary := f.Name()
	defer func() {
		if e := os.Remove(temporary); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}()
	if err := f.Close(); err != nil {
		return err
	}
	if progress == nil {
		progress = func(int, int) {}
	}
	if err := copyPages(ctx, c, temporary, progress); err != nil {
		return err
	}
	copied, err := OpenReadOnly(ctx, temporary)
	if err != nil {
		return err
	}
	if err := errors.Join(complete(ctx, copied), copied.Close()); err != nil {
		return err
	}
	return place(ctx, temporary, to)
}

// checkTarget refuses a name that is taken, or beside which lies the log of another
// database: whoever opened the copy would mix the two.
func checkTarget(to string) error {
	for _, suffix := range []string{"", "-wal", "-journal"} {
		_, err := os.Lstat(to + suffix)
		if err == nil {
			return fmt.Errorf("%s已存在，不会覆盖 · %s: %w", to+suffix, to+suffix, fs.ErrExist)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// copyPages copies within one read transaction: what is committed meanwhile changes
// neither the copy nor its beginning.
func copyPages(ctx context.Context, c driver.Connector, to string, progress func(done, total int)) (err error) {
	conn, err := c.Connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := execute(ctx, conn, "BEGIN"); err != nil {
		return err
	}
	if _, err := rowOf(ctx, conn, "SELECT count(*) FROM sqlite_schema"); err != nil { // the moment
		return err
	}
	source, ok := conn.(interface {
		NewBackup(to string) (*sqlite.Backup, error)
	})
	if !ok {
		return errors.New("the driver cannot back up")
	}
	b, err := source.NewBackup(dsn(to, url.Values{"_pragma": {"journal_mode(OFF)", "synchronous(OFF)"}, "_error_rc": {"1"}}))
	if err != nil {
		return err
	}
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return errors.Join(err, b.Finish())
		}
		if more, err = b.Step(backupPages); err != nil {
			return errors.Join(err, b.Finish())
		}
		progress(b.PageCount()-b.Remaining(), b.PageCount())
	}
	target, err := b.Commit()
	if err != nil {
		return err
	}
	// Without a log of its own the copy can be read where nothing can be written.
	return errors.Join(execute(ctx, target, "PRAGMA journal_mode = DELETE"), target.Close())
}

// place checks a copy and gives it its name.
func place(ctx context.Context, temporary, to string) error {
	c, err := readOnlyConnector(ctx, temporary)
	if err != nil {
		return err
	}
	faults, err := (&ReadOnly{connector: c}).Check(ctx)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return fmt.Errorf("数据库文件已损坏 · the file is damaged: %s", strings.Join(faults, "; "))
	}
	if err := syncFile(temporary, os.O_RDWR); err != nil {
		return err
	}
	if err := rename(temporary, to); err != nil {
		return err
	}
	if runtime.GOOS == "windows" { // directories cannot be synced there, nor need they be
		return nil
	}
	return syncFile(filepath.Dir(to), os.O_RDONLY)
}

// rename gives a file a name that must be free. Where the file system has no links,
// somebody else may still take it in between.
func rename(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := checkTarget(to); err != nil {
		return err
	}
	return os.Rename(from, to)
}

func syncFile(path string, mode int) error {
	f, err := os.OpenFile(path, mode, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
