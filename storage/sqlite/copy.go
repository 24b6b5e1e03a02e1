package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"gongkai/storage/internal/sqlstore"
)

// bulk is how a file is copied as a whole. What is sorted for an index goes to the disk:
// a large register would not fit into memory.
func bulk(path string) (b sqlstore.Bulk, err error) {
	b = sqlstore.Bulk{
		Refuse: `SELECT '' WHERE false`, // whoever holds the lock is alone
		Columns: `SELECT t.name, c.name, c.type, c.pk FROM pragma_table_list t JOIN pragma_table_info(t.name) c
			WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite#_%' ESCAPE '#' ORDER BY t.name, c.cid`,
		Aside: `SELECT 'DROP ' || type || ' "' || name || '"', sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL
			ORDER BY rowid`,
		Rows: 1,
		End:  `SELECT '' WHERE false`, // new keys follow the largest
	}
	b.Config, err = configure(path, Options{Readers: 2})
	return b, err
}

// CopySource is a file that is copied. No server may have it open, nor open it meanwhile.
type CopySource struct {
	*sqlstore.Source
	lock io.Closer
}

// OpenCopySource opens a register to copy all of it.
func OpenCopySource(ctx context.Context, path string) (_ *CopySource, err error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	lock, err := lockFile(ctx, path+".lock")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	b, err := bulk(path)
	if err == nil {
		b.Read, err = readOnlyConnector(ctx, path)
	}
	var s *sqlstore.Source
	if err == nil {
		s, err = sqlstore.OpenSource(ctx, b)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), lock.Close())
	}
	return &CopySource{s, lock}, nil
}

// Close gives the file free.
func (s *CopySource) Close() error { return errors.Join(s.Source.Close(), s.lock.Close()) }

// CopyTarget is a file that becomes a copy. Until it is finished, nobody can open it.
type CopyTarget struct {
	*sqlstore.Target
	path string
	lock io.Closer
}

// OpenCopyTarget makes a file for a copy. What an earlier one left unfinished is removed;
// anything else that lies there is not touched.
func OpenCopyTarget(ctx context.Context, path string) (*CopyTarget, error) {
	lock, err := lockFile(ctx, path+".lock")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	t, err := openCopyTarget(ctx, path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), lock.Close())
	}
	return &CopyTarget{t, path, lock}, nil
}

func openCopyTarget(ctx context.Context, path string) (*sqlstore.Target, error) {
	b, err := bulk(path)
	if err != nil {
		return nil, err
	}
	b.Begin = []string{"PRAGMA foreign_keys = OFF", "PRAGMA temp_store = FILE"}
	if err := clearUnfinished(ctx, b, path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	return sqlstore.OpenTarget(ctx, b)
}

// clearUnfinished removes an unfinished copy, and refuses everything else.
func clearUnfinished(ctx context.Context, b sqlstore.Bulk, path string) error {
	switch info, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist), err == nil && info.Size() == 0:
		return refuseLogs(path)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("不是普通文件 · it is no regular file: %w", fs.ErrExist)
	}
	t, err := sqlstore.OpenTarget(ctx, b)
	if err != nil {
		return err
	}
	state, err := t.State(ctx)
	if err = errors.Join(err, t.Close()); err != nil {
		return err
	}
	if state != sqlstore.Unfinished {
		return fmt.Errorf("已存在，不会覆盖；目标须为空 · it holds something, which is not replaced: %w", fs.ErrExist)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// refuseLogs refuses a name beside which lies the log of a database that is gone.
func refuseLogs(path string) error {
	for _, suffix := range []string{"-wal", "-journal"} {
		if info, err := os.Lstat(path + suffix); err == nil && info.Size() > 0 {
			return fmt.Errorf("%s已存在，不会覆盖 · %s lies beside it: %w", path+suffix, path+suffix, fs.ErrExist)
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Sound reads the whole copy and returns what is wrong with its pages and references.
func (t *CopyTarget) Sound(ctx context.Context) ([]string, error) {
	c, err := readOnly(t.path, false)
	if err != nil {
		return nil, err
	}
	return (&ReadOnly{connector: c}).Check(ctx)
}

// Finish makes the copy a register, on the disk.
func (t *CopyTarget) Finish(ctx context.Context) error {
	if err := t.Target.Finish(ctx); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(t.path))
}

// Close gives the file free.
func (t *CopyTarget) Close() error { return errors.Join(t.Target.Close(), t.lock.Close()) }
