package sqlite

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"gongkai/storage/internal/sqlstore"
)

// ReadOnly is a register that is only read. It takes no lock, so that it may stand beside
// the server that writes the file.
type ReadOnly struct {
	*sqlstore.Views
	connector driver.Connector
}

// OpenReadOnly opens an existing file for reading. One whose schema this program does not
// know is refused.
func OpenReadOnly(ctx context.Context, path string) (*ReadOnly, error) {
	c, err := readOnlyConnector(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("open %s to read: %w", path, err)
	}
	config, err := configure(path, Options{Readers: 2})
	if err != nil {
		return nil, fmt.Errorf("open %s to read: %w", path, err)
	}
	config.Read = c
	return &ReadOnly{sqlstore.OpenViews(config), c}, nil
}

// readOnlyPragmas keep more pages than a view of the server does: whoever opens a file to
// read it reads all of it, by its history.
var readOnlyPragmas = slices.Concat(commonPragmas, []pragma{
	{"query_only", "1", "1"},
	{"cache_size", "-65536", "-65536"},
})

// readOnlyConnector finds out how a file can be read and whether its schema is known. On
// a medium that cannot be written, SQLite reads a file without a log only if it is told
// that nobody will change it.
func readOnlyConnector(ctx context.Context, path string) (driver.Connector, error) {
	return connectorFor(ctx, path, checkSchema)
}

// connectorFor is readOnlyConnector with another idea of what schema will do.
func connectorFor(ctx context.Context, path string, check func(context.Context, driver.Connector) error) (driver.Connector, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	var c driver.Connector
	var first error
	for _, immutable := range []bool{false, true} {
		if _, err := os.Stat(path + "-wal"); immutable && !errors.Is(err, fs.ErrNotExist) {
			break
		}
		var err error
		if c, err = readOnly(path, immutable); err != nil {
			return nil, err
		}
		if err = check(ctx, c); err == nil {
			return c, nil
		}
		first = cmp.Or(first, err)
		if kind := code(err) & 0xff; kind != sqlite3.SQLITE_CANTOPEN && kind != sqlite3.SQLITE_READONLY {
			break
		}
	}
	return nil, first
}

func readOnly(path string, immutable bool) (driver.Connector, error) {
	query := url.Values{"mode": {"ro"}, "_dqs": {"0"}, "_defensive": {"1"}, "_error_rc": {"1"}}
	if immutable {
		query.Set("immutable", "1")
	}
	for _, p := range readOnlyPragmas {
		query.Add("_pragma", p.name+"("+p.set+")")
	}
	c, err := sqlite.NewConnector(dsn(path, query))
	if err != nil {
		return nil, err
	}
	return connector{c, readOnlyPragmas}, nil
}

// errOlder says what mends a schema that is older than ours.
var errOlder = errors.New("serve it once with this program")

// checkSchema refuses a file that is no register, or one of another schema than ours.
func checkSchema(ctx context.Context, c driver.Connector) (err error) {
	known, err := knownSchema()
	if err != nil {
		return err
	}
	conn, err := c.Connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	values, err := rowOf(ctx, conn, "SELECT max(version_id) FROM goose_db_version WHERE is_applied")
	if code(err) == sqlite3.SQLITE_ERROR {
		return fmt.Errorf("不是公开申请登记簿 · it is no register: %w", err)
	}
	if err != nil {
		return err
	}
	switch version, _ := values[0].(int64); {
	case version > known:
		return fmt.Errorf("数据库结构版本%[1]d，本程序只认识到%[2]d：请使用更新的程序 · it has schema %[1]d, this program knows up to %[2]d: use a newer program", version, known)
	case version < known:
		return fmt.Errorf("数据库结构版本%[1]d，本程序需要%[2]d：请先用本程序启动一次服务 · it has schema %[1]d, this program needs %[2]d: %[3]w", version, known, errOlder)
	}
	return nil
}

// knownSchema is the number of the last migration.
func knownSchema() (last int64, err error) {
	files, err := fs.Glob(schema, "schema/*.sql")
	for _, name := range files {
		number, _, _ := strings.Cut(strings.TrimPrefix(name, "schema/"), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("number of migration %s: %w", name, err)
		}
		last = max(last, n)
	}
	return last, err
}

// Check reads the whole file, and returns what SQLite finds wrong with its pages, indexes
// and references; none if it is sound.
func (r *ReadOnly) Check(ctx context.Context) (faults []string, err error) {
	conn, err := r.connector.Connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("check the file: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return checkFile(ctx, conn)
}

func checkFile(ctx context.Context, c driver.Conn) ([]string, error) {
	faults, err := columnOf(ctx, c, "PRAGMA integrity_check")
	if err != nil {
		return nil, fmt.Errorf("check the file: %w", err)
	}
	if slices.Equal(faults, []string{"ok"}) {
		faults = nil
	}
	missing, err := columnOf(ctx, c, "SELECT \"table\" || ' row ' || COALESCE(rowid, '?') || ' refers to a ' || parent || ' that is not there' FROM pragma_foreign_key_check LIMIT 100")
	if err != nil {
		return nil, fmt.Errorf("check the references: %w", err)
	}
	return append(faults, missing...), nil
}

// columnOf returns one column of all rows of a query.
func columnOf(ctx context.Context, c driver.Conn, text string) (list []string, err error) {
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
	for {
		if err := rows.Next(values); err != nil {
			if errors.Is(err, io.EOF) {
				return list, nil
			}
			return list, err
		}
		list = append(list, fmt.Sprint(values[0]))
	}
}
