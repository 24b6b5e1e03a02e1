// Package sqlite is the store on one SQLite file: the driver, its pragmas, its error
// codes and the schema. The queries and the group commit are those of every engine.
//
// A file has one process: a second one is refused, because group commit and the
// counters assume a single writer.
package sqlite

import (
	"context"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"gongkai/storage/internal/sqlstore"
)

//go:embed schema/*.sql
var schema embed.FS

// versionFloor is SQLite 3.51.3, the first release in which a checkpoint that runs
// beside a commit cannot lose the commit.
const versionFloor = 3_051_003

// checkpointPages is the length of the log, in pages of 4 KiB, from which it is copied into
// the database, and crowdedPages that from which the writer waits for those who read, for
// so many milliseconds.
const (
	checkpointPages = 4000
	crowdedPages    = 4 * checkpointPages
	crowdedWait     = "2000"
)

// groupTime lets half of those at work come while the other half is committed.
const groupTime = 2 * time.Millisecond

// Options are what may be chosen; the zero value holds the defaults.
type Options struct {
	Readers int // views at a time; 0: 8
	Queue   int // updates that may wait; 0: 1,024

	bulk bool // see OpenBulk
}

// Store is a storage.Store on one file.
type Store struct {
	*sqlstore.Store
	lock io.Closer
}

// Open opens the store in a file, which it creates if need be.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	if v := sqlite3.SQLITE_VERSION_NUMBER; v < versionFloor {
		return nil, fmt.Errorf("open %s: SQLite %d is older than %d", path, v, versionFloor)
	}
	lock, err := lockFile(ctx, path+".lock")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	var s *sqlstore.Store
	if err = refuseRestoring(path); err == nil {
		s, err = open(ctx, path, o)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), lock.Close())
	}
	return &Store{Store: s, lock: lock}, nil
}

// refuseRestoring refuses to begin an empty register where one was to be restored: what lay
// there may be out of the way already.
func refuseRestoring(path string) error {
	_, err := os.Stat(path)
	if _, e := os.Stat(path + restoring); errors.Is(err, fs.ErrNotExist) && e == nil {
		return errors.New("恢复没有完成：请重新运行gongkaid restore · a restore was broken off here: run gongkaid restore again")
	}
	return nil
}

// open opens a file whose lock is held. It creates the file itself, for its owner alone:
// SQLite would let others read it, and gives the log the same mode.
func open(ctx context.Context, path string, o Options) (*sqlstore.Store, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	c, err := configure(path, o)
	if err != nil {
		return nil, err
	}
	return sqlstore.Open(ctx, c)
}

func configure(path string, o Options) (c sqlstore.Config, err error) {
	c.Dialect = sqlstore.Dialect{
		Goose:      goose.DialectSQLite3,
		BeginWrite: "BEGIN IMMEDIATE", BeginRead: "BEGIN", GroupTime: groupTime,
		TellsKey: true, ByPlace: true, Fault: fault, Watch: watch, Rest: newCheckpoint(), Last: truncate, Index: index{},
	}
	c.Writers, c.Readers, c.Queue = 1, orDefault(o.Readers, 8), orDefault(o.Queue, 1024)
	if c.Schema, err = fs.Sub(schema, "schema"); err != nil {
		return c, err
	}
	if c.Write, err = newConnector(path, o.writePragmas()); err != nil {
		return c, err
	}
	c.Read, err = newConnector(path, readPragmas)
	return c, err
}

func orDefault(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

// Close closes the store and lets another process have the file.
func (s *Store) Close() error {
	if err := s.Store.Close(); err != nil {
		return err
	}
	if err := s.lock.Close(); err != nil {
		return fmt.Errorf("give up the lock: %w", err)
	}
	return nil
}

// lockFile holds an exclusive transaction on a file of its own for as long as the
// process lives: the one lock that SQLite offers on every system it runs on.
func lockFile(ctx context.Context, path string) (io.Closer, error) {
	c, err := sqlite.NewConnector(dsn(path, url.Values{"_pragma": {"busy_timeout(0)"}}))
	if err != nil {
		return nil, err
	}
	conn, err := c.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := execute(ctx, conn, "BEGIN EXCLUSIVE"); err != nil {
		if code(err)&0xff == sqlite3.SQLITE_BUSY {
			err = fmt.Errorf("another process has it open (数据库已被另一进程打开): stop that one first")
		}
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// dsn is the name of a file as the driver wants it.
func dsn(path string, query url.Values) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}
	return u.String()
}

// code is the extended result code of SQLite, 0 if the error is not SQLite's.
func code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

// fault classes errors. A failed write of the log at COMMIT may have completed it; a
// failed sync says that what the system holds is no longer what the disk will hold.
func fault(err error, committing bool) sqlstore.Fault {
	switch c := code(err); {
	case c&0xff == sqlite3.SQLITE_FULL, c&0xff == sqlite3.SQLITE_READONLY,
		c == sqlite3.SQLITE_IOERR_WRITE && !committing:
		return sqlstore.FaultFull
	case c == sqlite3.SQLITE_IOERR_FSYNC, c == sqlite3.SQLITE_IOERR_DIR_FSYNC,
		c&0xff == sqlite3.SQLITE_CORRUPT, c&0xff == sqlite3.SQLITE_NOTADB:
		return sqlstore.FaultFatal
	}
	return sqlstore.FaultNone
}

// watch notes rollbacks that SQLite does of itself, after which a statement would
// commit alone.
func watch(c driver.Conn) (func() bool, error) {
	h, ok := c.(sqlite.HookRegisterer)
	if !ok {
		return nil, errors.New("the driver offers no rollback hook")
	}
	ended := false
	h.RegisterRollbackHook(func() { ended = true })
	return func() bool {
		was := ended
		ended = false
		return was
	}, nil
}
