package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing/fstest"

	"github.com/pressly/goose/v3"

	"gongkai/storage/internal/sqlstore"
)

// OpenWith opens a file through other connectors: tests put faults there.
func OpenWith(ctx context.Context, path string, wrap func(driver.Connector) driver.Connector) (*sqlstore.Store, error) {
	c, err := configure(path, Options{})
	if err != nil {
		return nil, err
	}
	c.Write, c.Read = wrap(c.Write), wrap(c.Read)
	return sqlstore.Open(ctx, c)
}

// Connect opens a bare connection with the writer's pragmas.
func Connect(ctx context.Context, path string) (driver.Conn, error) {
	c, err := configure(path, Options{})
	if err != nil {
		return nil, err
	}
	return c.Write.Connect(ctx)
}

// OpenResting opens a file through other connectors and copies the log into the database
// whenever it is told to, as a store does whose log is long.
func OpenResting(ctx context.Context, path string, wrap func(driver.Connector) driver.Connector, now func() bool) (*sqlstore.Store, error) {
	c, err := configure(path, Options{})
	if err != nil {
		return nil, err
	}
	c.Write, c.Read = wrap(c.Write), wrap(c.Read)
	c.Rest = func(ctx context.Context, conn driver.Conn) error {
		if !now() {
			return nil
		}
		_, err := rowOf(ctx, conn, "PRAGMA wal_checkpoint(PASSIVE)")
		return err
	}
	return sqlstore.Open(ctx, c)
}

// OpenAt opens a file with the migrations up to a number only, as an older program did.
func OpenAt(ctx context.Context, path string, wrap func(driver.Connector) driver.Connector, last int64) (_ io.Closer, err error) {
	c, err := configure(path, Options{})
	if err != nil {
		return nil, err
	}
	c.Write, c.Read = wrap(c.Write), wrap(c.Read)
	older := fstest.MapFS{}
	names, err := fs.Glob(c.Schema, "*.sql")
	for _, name := range names {
		text, e := fs.ReadFile(c.Schema, name)
		if number, _, _ := strings.Cut(name, "_"); number <= fmt.Sprintf("%04d", last) {
			older[name] = &fstest.MapFile{Data: text}
		}
		err = errors.Join(err, e)
	}
	if err != nil {
		return nil, err
	}
	known, err := knownSchema()
	if err != nil || last == known {
		return opened(sqlstore.Open(ctx, c))
	}
	db := sql.OpenDB(c.Write)
	db.SetMaxOpenConns(1)
	p, err := goose.NewProvider(goose.DialectSQLite3, db, older, goose.WithDisableGlobalRegistry(true))
	if err == nil {
		_, err = p.Up(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// opened is a store that was opened, or no closer at all.
func opened(s *sqlstore.Store, err error) (io.Closer, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// KnownSchema is the number of the last migration.
func KnownSchema() (int64, error) { return knownSchema() }
