package postgres

import (
	"context"
	"database/sql/driver"

	"gongkai/storage/internal/sqlstore"
)

// OpenWith opens a store whose dialect a test has changed.
func OpenWith(ctx context.Context, dsn string, o Options, change func(*sqlstore.Dialect)) (*sqlstore.Store, error) {
	c, err := configure(dsn, o)
	if err != nil {
		return nil, err
	}
	change(&c.Dialect)
	return sqlstore.Open(ctx, c)
}

// Connect opens a bare connection as the writers have them.
func Connect(ctx context.Context, dsn string, o Options) (driver.Conn, error) {
	c, err := configure(dsn, o)
	if err != nil {
		return nil, err
	}
	return c.Write.Connect(ctx)
}

// Fault classes an error as the store does.
func Fault(err error, committing bool) sqlstore.Fault { return fault(err, committing) }
