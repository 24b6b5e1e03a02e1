package postgres_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/stdlib"

	"gongkai/storage"
	"gongkai/storage/postgres"
	"gongkai/storage/sqlite"
	"gongkai/storage/storagetest/pgtest"
)

// TestOpenAtOnce: servers that start together on an empty database migrate it once.
func TestOpenAtOnce(t *testing.T) {
	p := pgtest.Start(t)
	dsn, err := p.Create(t.Context(), "at_once")
	if err != nil {
		t.Fatal(err)
	}
	stores := make([]storage.Store, 4)
	var wg sync.WaitGroup
	for i := range stores {
		wg.Go(func() {
			s, err := postgres.Open(t.Context(), dsn, volatile)
			if err != nil {
				t.Errorf("open %d: %v", i, err)
				return
			}
			stores[i] = s
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for i, s := range stores {
		addAgency(t, s, fmt.Sprint("agency", i), "")
	}
	for i, s := range stores {
		err := s.View(t.Context(), func(r storage.Reader) error {
			list, err := r.Agencies("", 10)
			if len(list) != len(stores) {
				t.Errorf("store %d shows %d agencies, want %d", i, len(list), len(stores))
			}
			return err
		})
		if err != nil {
			t.Errorf("view: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}

// TestOpenRefuses: what cannot hold a register says why.
func TestOpenRefuses(t *testing.T) {
	p := pgtest.StartOwn(t, "fsync=off")
	prepare(t, p)
	dsn := database(t, p, "later")
	if _, err := exec(t, dsn, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, true)`); err != nil {
		t.Fatal(err)
	}
	if err := p.Exec(t.Context(), `CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, dsn string
		o         postgres.Options
		want      string
	}{
		{"a server that forgets", database(t, p, "volatile"), postgres.Options{}, "fsync=off"},
		{"another encoding", p.DSN("latin"), volatile, "LATIN1"},
		{"the schema of a later program", dsn, volatile, "newer program"},
		{"no such database", p.DSN("nowhere"), volatile, "nowhere"},
		{"no name of a data source", "postgres://%zz", volatile, "parse"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := postgres.Open(t.Context(), test.dsn, test.o)
			if err == nil {
				s.Close()
				t.Fatal("it was opened")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q does not say %q", err, test.want)
			}
		})
	}
}

// TestSession: whatever a role's defaults say, a writer's commits are on the disk before
// they are acknowledged, and nothing interrupts them; a stronger setting stays.
func TestSession(t *testing.T) {
	p := pgtest.Start(t)
	prepare(t, p)
	dsn := database(t, p, "session")
	for _, test := range []struct{ set, want string }{{"off", "on"}, {"remote_apply", "remote_apply"}, {"local", "local"}} {
		c, err := postgres.Connect(t.Context(), with(t, dsn, "synchronous_commit", test.set), volatile)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{"synchronous_commit": "", "statement_timeout": "", "idle_in_transaction_session_timeout": "", "application_name": ""}
		for name := range got {
			row := c.(*stdlib.Conn).Conn().QueryRow(t.Context(), "SELECT current_setting($1)", name)
			var value string
			if err := row.Scan(&value); err != nil {
				t.Fatal(err)
			}
			got[name] = value
		}
		want := map[string]string{
			"synchronous_commit": test.want, "statement_timeout": "0", "idle_in_transaction_session_timeout": "5s", "application_name": "gongkaid",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("settings differ:\n%s", diff)
		}
		c.Close()
	}
}

func with(t *testing.T, dsn, name, value string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// TestHosts: a data source may name several servers; the one that takes writes is found,
// over loopback and over a socket.
func TestHosts(t *testing.T) {
	p := pgtest.StartOwn(t, pgtest.Loopback, "fsync=off")
	standby := pgtest.StartOwn(t, pgtest.Loopback, "fsync=off", "default_transaction_read_only=on")
	prepare(t, p)
	dsn := database(t, p, "hosts")
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	if err := standby.Exec(t.Context(), "SET default_transaction_read_only = off"); err != nil {
		t.Fatal(err)
	}
	if err := standby.Exec(t.Context(), "CREATE DATABASE "+strings.TrimPrefix(u.Path, "/")); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, dsn string }{
		{"socket", dsn},
		{"loopback", at(t, dsn, p.Address())},
		{"one that is down, one that reads only", with(t, at(t, dsn, "127.0.0.1:1", standby.Address(), p.Address()), "target_session_attrs", "read-write")},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := open(t, test.dsn, volatile, asIs)
			addAgency(t, s, fmt.Sprint("agency", i), "")
			err := s.View(t.Context(), func(r storage.Reader) error {
				list, err := r.Agencies("", 10)
				if len(list) != i+1 {
					t.Errorf("%d agencies, want %d", len(list), i+1)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// exec runs a statement without the store.
func exec(t testing.TB, dsn, statement string) (sql.Result, error) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return db.ExecContext(t.Context(), statement)
}

// strings of a query, one line a row.
func lines(t *testing.T, name, dsn, query string) []string {
	t.Helper()
	db, err := sql.Open(name, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		list = append(list, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// What the two engines say of their columns and indexes, in one form. An integer is one
// of 64 bits; SQLite calls it INTEGER where it is the row's id.
const (
	sqliteColumns = `SELECT m.name || '.' || c.name || ' ' ||
		CASE c.type WHEN 'INTEGER' THEN 'BIGINT' WHEN 'BLOB' THEN 'BYTEA' ELSE c.type END ||
		CASE WHEN c."notnull" OR c.pk > 0 THEN ' NOT NULL' ELSE '' END || CASE c.pk WHEN 0 THEN '' ELSE ' key ' || c.pk END
		FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%'`
	postgresColumns = `SELECT c.relname || '.' || a.attname || ' ' || upper(format_type(a.atttypid, a.atttypmod)) ||
		CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END || COALESCE(' key ' || array_position(i.indkey::int2[], a.attnum) + 1, '')
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
		WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'goose%'`
	sqliteIndexes = `SELECT i.name || ' ' || i."unique" || ' ' || i.partial || ' ' ||
		(SELECT group_concat(COALESCE(name, 'expression'), ',') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno))
		FROM sqlite_schema m JOIN pragma_index_list(m.name) i WHERE m.type = 'table' AND i.origin = 'c'`
	postgresIndexes = `SELECT x.relname || ' ' || i.indisunique::int || ' ' || (i.indpred IS NOT NULL)::int || ' ' ||
		(SELECT string_agg(CASE i.indkey[n - 1] WHEN 0 THEN 'expression' ELSE pg_get_indexdef(x.oid, n::int, false) END, ',' ORDER BY n) FROM generate_series(1, i.indnatts) n)
		FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'goose%'
		AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.oid AND k.contype IN ('p', 'u'))`
	// What is ordered or indexed must be compared by bytes.
	uncollated = `SELECT DISTINCT c.relname || ' ' || i.indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
		JOIN unnest(i.indcollation::oid[]) k ON k NOT IN (0, 'pg_catalog."C"'::regcollation)
		WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'goose%'`
)

// own are the tables that each engine has in its own way: the search index, and contents of
// attachments, which stand in files beside SQLite's.
var own = regexp.MustCompile(`^(search(_held|_config|_data|_docsize|_idx|_document|_document_tokens)?|content|chunk)[. ]`)

// TestSchema holds both engines to the same tables, columns and indexes.
func TestSchema(t *testing.T) {
	p := pgtest.Start(t)
	prepare(t, p)
	dsn := database(t, p, "schema")
	file := filepath.Join(t.TempDir(), "register.db")
	s, err := sqlite.Open(t.Context(), file, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]struct{ lite, post string }{
		"columns": {sqliteColumns, postgresColumns}, "indexes": {sqliteIndexes, postgresIndexes},
	} {
		want, got := lines(t, "sqlite", file, q.lite), lines(t, "pgx", dsn, q.post)
		if len(want) < 6 {
			t.Errorf("SQLite has only the %s %q", name, want)
		}
		want, got = slices.DeleteFunc(want, own.MatchString), slices.DeleteFunc(got, own.MatchString)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s differ, SQLite's - and PostgreSQL's +:\n%s", name, diff)
		}
	}
	if wrong := lines(t, "pgx", dsn, uncollated); len(wrong) > 0 {
		t.Errorf("indexed, but not COLLATE \"C\": %q", wrong)
	}
}
