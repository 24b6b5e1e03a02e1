package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"

	"modernc.org/sqlite"
)

// pragma is a setting of a connection and what it reads back as.
type pragma struct{ name, set, want string }

// commonPragmas are those of every connection. The first one bounds the wait for locks
// and must stand before all that may wait.
var commonPragmas = []pragma{
	{"busy_timeout", "5000", "5000"},
	{"foreign_keys", "1", "1"},
	{"temp_store", "MEMORY", "2"},
	{"trusted_schema", "0", "0"},
	{"cell_size_check", "1", "1"},
	{"mmap_size", "0", "0"},
}

// writePragmas make a commit durable: the log is synced before anybody is answered, and
// copied by the writer itself, which hears of errors; SQLite's own checkpoint swallows them.
var writePragmas = slices.Concat(commonPragmas, []pragma{
	{"journal_mode", "WAL", "wal"},
	{"synchronous", "FULL", "2"},
	{"wal_autocheckpoint", "0", "0"},
	{"journal_size_limit", "67108864", "67108864"},
	{"secure_delete", "1", "1"},
	{"cache_size", "-65536", "-65536"},
})

var readPragmas = slices.Concat(commonPragmas, []pragma{
	{"query_only", "1", "1"},
	{"cache_size", "-16384", "-16384"},
})

// connector connects and refuses a connection that did not take its settings.
type connector struct {
	driver.Connector
	pragmas []pragma
}

func newConnector(path string, pragmas []pragma) (driver.Connector, error) {
	query := url.Values{"_txlock": {"immediate"}, "_dqs": {"0"}, "_defensive": {"1"}, "_error_rc": {"1"}}
	for _, p := range pragmas {
		query.Add("_pragma", p.name+"("+p.set+")")
	}
	c, err := sqlite.NewConnector(dsn(path, query))
	if err != nil {
		return nil, err
	}
	return connector{c, pragmas}, nil
}

// Connect is driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range c.pragmas {
		values, err := rowOf(ctx, conn, "PRAGMA "+p.name)
		if err == nil && (len(values) == 0 || fmt.Sprint(values[0]) != p.want) {
			err = fmt.Errorf("pragma %s is %v, not %s", p.name, values, p.want)
		}
		if err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}

// newCheckpoint returns what copies the log into the database once it is long. The answers
// of the group are out already. Readers do not wait for it, nor it for them: but while one
// reads, whatever came since stays in the log, and the log goes on growing if the next
// reader has begun when that one ends. So one that has grown very long waits a moment for
// those who read, and is begun anew; if they last, so much longer.
func newCheckpoint() func(context.Context, driver.Conn) error {
	next := int64(crowdedPages)
	return func(ctx context.Context, c driver.Conn) error {
		state, err := rowOf(ctx, c, "PRAGMA wal_checkpoint(NOOP)")
		if err != nil {
			return fmt.Errorf("read the length of the log: %w", err)
		}
		pages, _ := state[1].(int64)
		switch {
		case pages < checkpointPages:
			next = crowdedPages
			return nil
		case pages < next:
			_, err = rowOf(ctx, c, "PRAGMA wal_checkpoint(PASSIVE)")
		default:
			var begun bool
			if begun, err = restart(ctx, c); !begun {
				next = pages + crowdedPages
			}
		}
		if err != nil {
			return fmt.Errorf("copy the log into the database: %w", err)
		}
		return nil
	}
}

// restart copies the whole log into the database, so that the next commit begins it anew,
// and reports whether those who read left room for that.
func restart(ctx context.Context, c driver.Conn) (begun bool, err error) {
	if _, err := rowOf(ctx, c, "PRAGMA busy_timeout("+crowdedWait+")"); err != nil {
		return false, err
	}
	state, err := rowOf(ctx, c, "PRAGMA wal_checkpoint(RESTART)")
	_, again := rowOf(ctx, c, "PRAGMA busy_timeout("+commonPragmas[0].set+")")
	if err = errors.Join(err, again); err != nil {
		return false, err
	}
	return state[0] == int64(0), nil
}

// truncate leaves no log behind.
func truncate(ctx context.Context, c driver.Conn) error {
	if _, err := rowOf(ctx, c, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return fmt.Errorf("copy the log into the database: %w", err)
	}
	return nil
}

// rowOf returns the first row of a query, or none.
func rowOf(ctx context.Context, c driver.Conn, text string) (_ []driver.Value, err error) {
	q, ok := c.(driver.QueryerContext)
	if !ok {
		return nil, errors.New("the driver cannot query")
	}
	rows, err := q.QueryContext(ctx, text, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	values := make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(values); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return values, nil
}

// execute runs a statement that returns nothing.
func execute(ctx context.Context, c driver.Conn, text string) error {
	x, ok := c.(driver.ExecerContext)
	if !ok {
		return errors.New("the driver cannot execute")
	}
	_, err := x.ExecContext(ctx, text, nil)
	return err
}
