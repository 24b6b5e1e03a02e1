package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"

	"github.com/jackc/pgx/v5"

	"gongkai/storage/internal/sqlstore"
)

// copier is how a copy names itself to the server.
const copier = "gongkaid copy"

// copyWait bounds the wait for those who hold what a copy needs: the server may not have
// noticed yet that an earlier one is dead.
const copyWait = "10s"

// servers lists who serves the register.
const servers = `SELECT 'gongkaid（进程' || pid || '）正在使用该数据库，请先停止 · a server has it open (process ' || pid || '): stop that one first'
	FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
	AND (application_name = '` + server + `' OR application_name LIKE '` + server + `: %') LIMIT 1`

// bulk is how a database is copied as a whole, into or out of the schema that is first on
// the search path.
func bulk(dsn string, o Options) (b sqlstore.Bulk, err error) {
	b = sqlstore.Bulk{
		Refuse: servers,
		Columns: `SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL),
			COALESCE(array_position(i.indkey::int2[], a.attnum) + 1, 0)::bigint
			FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
			LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
			WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname, a.attnum`,
		Aside: `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
			format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
			FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
			UNION ALL
			SELECT format('DROP INDEX %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
			FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
			WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
			AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)`,
		Rows: 500,
		End: `SELECT format('SELECT setval(%L, COALESCE((SELECT max(%I) FROM %s), 0) + 1, false)',
			pg_get_serial_sequence(c.oid::regclass::text, a.attname), a.attname, c.oid::regclass)
			FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attidentity <> '' AND NOT a.attisdropped
			WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
			UNION ALL SELECT 'ANALYZE'`,
	}
	if b.Config, err = configure(dsn, o); err != nil {
		return b, err
	}
	b.Rest = nil // it plans anew what is never run again
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return b, err
	}
	maps.Copy(config.RuntimeParams, map[string]string{
		"application_name": copier, "lock_timeout": copyWait, "statement_timeout": "0", "idle_in_transaction_session_timeout": "0",
	})
	b.Write = connector(config, o)
	return b, nil
}

// CopySource is a database that is copied. No server may have it open; while it is open
// here, nobody can write it.
type CopySource struct{ *sqlstore.Source }

// OpenCopySource opens a register to copy all of it.
func OpenCopySource(ctx context.Context, dsn string, o Options) (*CopySource, error) {
	b, err := bulk(dsn, o)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	b.Read = b.Write
	b.Begin = []string{"LOCK TABLE agency IN EXCLUSIVE MODE"} // every act locks the row of an agency
	s, err := sqlstore.OpenSource(ctx, b)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return &CopySource{s}, nil
}

// CopyTarget is a database that becomes a copy. Until it is finished, no server opens it.
type CopyTarget struct{ *sqlstore.Target }

// OpenCopyTarget connects to an empty database. What an earlier copy left unfinished is
// removed; anything else that lies there is not touched.
func OpenCopyTarget(ctx context.Context, dsn string, o Options) (*CopyTarget, error) {
	b, err := bulk(dsn, o)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	// One copy at a time; the lock ends with the connection.
	b.Begin = []string{"SELECT pg_advisory_lock(hashtext('" + copier + "'))"}
	t, err := sqlstore.OpenTarget(ctx, b)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := prepareTarget(ctx, t); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database: %w", err), t.Close())
	}
	return &CopyTarget{t}, nil
}

func prepareTarget(ctx context.Context, t *sqlstore.Target) error {
	if err := t.Refused(ctx); err != nil {
		return err
	}
	state, err := t.State(ctx)
	if err != nil {
		return err
	}
	switch state {
	case sqlstore.Empty:
		return nil
	case sqlstore.Unfinished:
		return t.Clear(ctx)
	case sqlstore.Taken:
	}
	return fmt.Errorf("数据库不是空的，不会覆盖 · the database is not empty, and is not replaced: %w", fs.ErrExist)
}

// Sound has nothing to say: the server keeps its own pages and references.
func (t *CopyTarget) Sound(context.Context) ([]string, error) { return nil, nil }

// ReadOnly is a register that is only read, beside the servers that write it.
type ReadOnly struct{ *sqlstore.Views }

// OpenReadOnly opens the register in a database for reading. One whose schema this program
// does not know is refused.
func OpenReadOnly(ctx context.Context, dsn string, o Options) (*ReadOnly, error) {
	c, err := configure(dsn, o)
	if err == nil {
		err = sqlstore.CheckVersion(ctx, c)
	}
	if err != nil {
		return nil, fmt.Errorf("open the database to read: %w", err)
	}
	return &ReadOnly{sqlstore.OpenViews(c)}, nil
}

// Check has nothing to say: the server keeps its own pages and references.
func (r *ReadOnly) Check(context.Context) ([]string, error) { return nil, nil }
