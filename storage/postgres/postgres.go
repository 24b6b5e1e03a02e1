// Package postgres is the store on one PostgreSQL database: the driver, what a connection
// must promise, error codes and the schema. The queries and the group commit are those of
// every engine.
//
// Several servers may share a database: the row of an agency is the lock of its register.
// Backups, standbys and their promotion are PostgreSQL's affair; whom a connection may be
// made to, the data source name says (several hosts, target_session_attrs=read-write).
package postgres

import (
	"context"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"gongkai/storage/internal/sqlstore"
)

//go:embed schema/*.sql
var schema embed.FS

// patience bounds a statement of a writer, and making a connection. It is longer than
// idleTime, so that whoever waits for an agency outlasts a server that died with its lock.
const (
	patience = 8 * time.Second
	idleTime = "5s"
)

// groupTime is many times SQLite's: so much longer do the messages of a member take.
const groupTime = 40 * time.Millisecond

// migrateTime is how many seconds a server waits while another one migrates.
const migrateTime = 600

// Options are what may be chosen; the zero value holds the defaults.
type Options struct {
	Writers int // groups in flight at a time; 0: 4
	Readers int // views at a time; 0: 8
	Queue   int // updates that may wait for one writer; 0: 1,024
	// Volatile admits a server that does not keep what it acknowledges (fsync = off).
	// Only tests want that.
	Volatile bool
}

// Store is a storage.Store on one database.
type Store struct{ *sqlstore.Store }

// Open opens the store in the database that a data source name names, in either form that
// libpq knows: a URL, postgres://user@host:5432/database?…, or pairs, host=… dbname=….
// The database must exist, in UTF-8; its tables are made if need be.
func Open(ctx context.Context, dsn string, o Options) (*Store, error) {
	c, err := configure(dsn, o)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s, err := sqlstore.Open(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return &Store{s}, nil
}

func configure(dsn string, o Options) (c sqlstore.Config, err error) {
	c.Dialect = sqlstore.Dialect{
		Goose: goose.DialectPostgres,
		// READ WRITE, which a standby refuses: the writer then looks for the primary.
		BeginWrite: "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
		BeginRead:  "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
		// NO KEY: references to the agency's row from another register do not wait.
		LockRow: " FOR NO KEY UPDATE", Patience: patience, GroupTime: groupTime,
		Fault: fault, Watch: watch, Rest: replan, Index: index{},
	}
	c.Writers, c.Readers, c.Queue = orDefault(o.Writers, 4), orDefault(o.Readers, 8), orDefault(o.Queue, 1024)
	if c.MigrateLock, err = lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, migrateTime)); err != nil {
		return c, err
	}
	if c.Schema, err = fs.Sub(schema, "schema"); err != nil {
		return c, err
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return c, err
	}
	views := config.Copy()
	views.RuntimeParams["plan_cache_mode"] = "force_custom_plan" // lists differ in what they ask for
	c.Read = connector(views, o)
	config.OnNotice = noteUnconfirmed
	config.RuntimeParams["idle_in_transaction_session_timeout"] = idleTime
	// Interrupted in its wait for a standby, a COMMIT would say that it succeeded.
	config.RuntimeParams["statement_timeout"] = "0"
	c.Write = connector(config, o)
	return c, nil
}

func orDefault(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

// server is how a server names itself; a copy knows it by that.
const server = "gongkaid"

// connector connects, and refuses a server that would not keep what it acknowledges or
// sorts texts by other bytes.
func connector(config *pgx.ConnConfig, o Options) driver.Connector {
	switch name := config.RuntimeParams["application_name"]; name {
	case copier, server:
	case "":
		config.RuntimeParams["application_name"] = server
	default: // of the operator's choice, beside ours
		config.RuntimeParams["application_name"] = server + ": " + name
	}
	return stdlib.GetConnector(*config, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		if err := check(ctx, c, o); err != nil {
			return errors.Join(err, c.Close(ctx))
		}
		return nil
	}))
}

// check reads back what the store rests on. A role or database may have commits answered
// before they are on the disk: that alone a connection can mend.
func check(ctx context.Context, c *pgx.Conn, o Options) error {
	var encoding, sync, pages, commit string
	err := c.QueryRow(ctx, `SELECT current_setting('server_encoding'), current_setting('fsync'), current_setting('full_page_writes'),
		CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', false)
		ELSE current_setting('synchronous_commit') END`).Scan(&encoding, &sync, &pages, &commit)
	switch {
	case err != nil:
		return fmt.Errorf("read the server's settings: %w", err)
	case encoding != "UTF8":
		return fmt.Errorf("数据库编码是%s，应为UTF8 · the database is encoded in %s: create one with ENCODING 'UTF8'", encoding, encoding)
	case commit == "off":
		return errors.New("synchronous_commit不能打开 · synchronous_commit cannot be switched on")
	case o.Volatile || sync == "on" && pages == "on":
		return nil
	}
	return fmt.Errorf("fsync=%s、full_page_writes=%s：断电会丢失数据，两者都应为on · "+
		"a power cut would lose what was acknowledged: set both to on in postgresql.conf", sync, pages)
}
