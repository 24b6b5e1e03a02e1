package sqlite

import (
	"context"
	"database/sql/driver"

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
