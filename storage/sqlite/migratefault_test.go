//go:build linux

package sqlite_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gongkai "gongkai/storage/sqlite"
	"gongkai/storage/storagetest/faults"
)

// autocommit lets each statement of a migration stand for itself.
var autocommit = wrongStore{name: "migrates outside a transaction", wrap: func(c driver.Connector) driver.Connector {
	return statements{c, func(string) error { return nil }, true}
}}

// statements lets see, and fail, the statements that goose runs.
type statements struct {
	driver.Connector
	before func(text string) error
	loose  bool // no transaction holds them together
}

func (s statements) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := s.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &statementConn{c.(rawConn), s}, nil
}

type statementConn struct {
	rawConn
	statements statements
}

func (c *statementConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.statements.before(text); err != nil {
		return nil, err
	}
	return c.rawConn.ExecContext(ctx, text, args)
}

func (c *statementConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if c.statements.loose {
		return noTx{}, nil
	}
	return c.rawConn.BeginTx(ctx, o)
}

type noTx struct{}

func (noTx) Commit() error   { return nil }
func (noTx) Rollback() error { return nil }

// step is one migration, from a register of the version before that holds rows.
type step struct {
	to       int64
	dir      string // where it is tried
	file     []byte // the register before
	old, new string // what a register says before it and after it
	rows     string // of the old tables, which must stay
}

func newStep(t *testing.T, to int64) *step {
	t.Helper()
	s := &step{to: to, dir: faults.Memory(t)}
	path := filepath.Join(t.TempDir(), "old.db")
	if to > 1 {
		if err := must(gongkai.OpenAt(t.Context(), path, rightStore.wrap, to-1))(t).Close(); err != nil {
			t.Fatal(err)
		}
		fillTables(t, path)
		s.file = must(os.ReadFile(path))(t)
		s.old, s.rows = shape(t, path), oldRows(t, path, path)
	}
	if err := must(gongkai.OpenAt(t.Context(), path, rightStore.wrap, to))(t).Close(); err != nil {
		t.Fatal(err)
	}
	s.new = shape(t, path)
	return s
}

func (s *step) path() string { return filepath.Join(s.dir, "gongkai.db") }

// place makes the files those given.
func (s *step) place(t *testing.T, files map[string][]byte) {
	t.Helper()
	(&stage{path: s.path()}).place(t, files)
}

func (s *step) begin(t *testing.T) {
	t.Helper()
	files := map[string][]byte{}
	if s.file != nil {
		files["gongkai.db"] = s.file
	}
	s.place(t, files)
}

// check wants a register that is wholly old or wholly new, whose migration ends when it is
// opened again, and in which every row is as it was.
func (s *step) check(t *testing.T) error {
	t.Helper()
	if _, err := os.Stat(s.path()); err == nil {
		// The log and whatever else is there is recovered by a connection that writes nothing.
		is := shape(t, s.path())
		fresh := s.to == 1 && !strings.Contains(is, "TABLE agency") // of what comes before, the tool keeps its own table only
		if is != s.old && is != s.new && !fresh {
			return fmt.Errorf("neither old nor new: %s", firstDifference(s.new, is))
		}
	}
	store, err := gongkai.OpenAt(t.Context(), s.path(), rightStore.wrap, s.to)
	if err != nil {
		return fmt.Errorf("open again: %w", err)
	}
	if err := store.Close(); err != nil {
		return err
	}
	if is := shape(t, s.path()); is != s.new {
		return fmt.Errorf("after opening again: %s", firstDifference(s.new, is))
	}
	if s.file == nil {
		return nil
	}
	before := filepath.Join(t.TempDir(), "before.db")
	write(t, before, string(s.file))
	if rows := oldRows(t, before, s.path()); rows != s.rows {
		return fmt.Errorf("rows differ: %s", firstDifference(s.rows, rows))
	}
	return nil
}

// shape is the schema of a register, with its number and how many rows its tables have.
func shape(t testing.TB, path string) string {
	t.Helper()
	db := must(sql.Open("sqlite", "file:"+path))(t)
	defer db.Close()
	lines := strings.Split(must(textOf(db, `SELECT coalesce(group_concat(type || ' ' || name || ' ' || coalesce(sql, ''), char(1)), '') FROM (SELECT * FROM sqlite_schema ORDER BY name)`))(t), "\x01")
	for i, line := range lines {
		kind, rest, _ := strings.Cut(line, " ")
		name, text, _ := strings.Cut(rest, " ")
		lines[i] = strings.ToUpper(kind) + " " + name + " " + strings.Join(strings.Fields(text), " ")
		if kind == "table" {
			lines[i] += " " + must(textOf(db, "SELECT count(*) FROM \""+name+"\""))(t)
		}
	}
	return strings.Join(lines, "\n")
}

func textOf(db *sql.DB, query string) (s string, err error) {
	err = db.QueryRow(query).Scan(&s)
	return s, err
}

// tablesOf lists the tables of a register that hold its business, with their columns.
func tablesOf(t testing.TB, db *sql.DB) map[string][]string {
	t.Helper()
	tables := map[string][]string{}
	for line := range strings.SplitSeq(must(textOf(db, `SELECT group_concat(m.name || ' ' || c.name, char(10)) FROM sqlite_schema m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'sqlite%' AND m.sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY m.name, c.cid`))(t), "\n") {
		table, column, _ := strings.Cut(line, " ")
		tables[table] = append(tables[table], column)
	}
	return tables
}

// fillTables writes rows that no program would, but every schema must keep.
func fillTables(t testing.TB, path string) {
	t.Helper()
	db := must(sql.Open("sqlite", "file:"+path))(t)
	defer db.Close()
	for table, columns := range tablesOf(t, db) {
		for i := range 40 {
			values := make([]string, len(columns))
			for j, c := range columns {
				kind := must(textOf(db, fmt.Sprintf("SELECT upper(type) FROM pragma_table_info('%s') WHERE name = '%s'", table, c)))(t)
				switch {
				case c == "agency":
					values[j] = "0"
				case c == "parent" || table == "remedy" && c == "application":
					values[j] = "NULL"
				case slices.Contains([]string{"settings", "numbers", "facts"}, c):
					values[j] = "'{}'"
				case c == "acts":
					values[j] = "'[]'"
				case kind == "BLOB":
					values[j] = fmt.Sprintf("x'%02x%02x'", i, j)
				case kind == "TEXT":
					values[j] = fmt.Sprintf("'值 %d %d'", i, j)
				case kind == "BOOLEAN":
					values[j] = fmt.Sprint(i % 2)
				default:
					values[j] = fmt.Sprint(1000*j + i + 1)
				}
			}
			if _, err := db.Exec("INSERT OR IGNORE INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"); err != nil {
				t.Fatalf("fill %s: %v", table, err)
			}
		}
	}
}

// oldRows are the rows of the tables and columns that an old register has, as they are in
// another.
func oldRows(t testing.TB, old, in string) string {
	t.Helper()
	before := must(sql.Open("sqlite", "file:"+old+"?mode=ro"))(t)
	defer before.Close()
	db := must(sql.Open("sqlite", "file:"+in))(t)
	defer db.Close()
	var lines []string
	i := 0
	for table, columns := range tablesOf(t, before) {
		i++
		var err error
		if lines, err = dumpTable(t.Context(), db, lines, 0, "SELECT '"+table+"', "+strings.Join(columns, ", ")+" FROM "+table); err != nil {
			return err.Error()
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// interrupt tries a migration with its power cut at n of its operations, or at all of them;
// with each operation failing; and with each statement failing.
func (s *step) interrupt(t *testing.T, seed uint64, places int, wrong wrongStore) (tried int, err error) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 10))
	s.begin(t)
	w := watch(t, s.dir, true)
	defer theVFS().forget(s.dir)
	w.arm(1<<30, false, false)
	if err := s.migrate(t, wrong.wrap); err != nil {
		return 0, err
	}
	count, _ := w.disarm()
	ops := w.ops
	w.keep = false
	volume := faults.NewVolume(rnd)
	if s.file != nil {
		volume.Put("gongkai.db", s.file)
	}
	for k, op := range ops {
		volume.Apply(op)
		for luck := range faults.Luck(4) {
			if places < len(ops)*4 && rnd.IntN(len(ops)*4) >= places {
				continue
			}
			s.place(t, volume.Crash(luck))
			tried++
			if err := s.check(t); err != nil {
				return tried, fmt.Errorf("seed %d: power cut at operation %d of %d, luck %d: %w", seed, k+1, len(ops), luck, err)
			}
		}
	}
	errs := rnd.Perm(4 * count)
	if places < len(ops)*4 { // goose waits a second after each error of a fresh register
		errs = errs[:min(len(errs), 12)]
	}
	for _, i := range errs {
		n, kind := i/4+1, i%4
		s.begin(t)
		w.arm(n, kind&1 != 0, kind&2 != 0)
		_ = s.migrate(t, wrong.wrap)
		w.disarm()
		tried++
		if err := s.check(t); err != nil {
			return tried, fmt.Errorf("I/O error of kind %d at operation %d: %w", kind, n, err)
		}
	}
	return tried, s.failStatements(t, &tried, wrong)
}

// failStatements lets each statement of a migration fail in turn.
func (s *step) failStatements(t *testing.T, tried *int, wrong wrongStore) error {
	t.Helper()
	for n := 1; ; n++ {
		s.begin(t)
		left := n
		failed := false
		err := s.migrate(t, func(c driver.Connector) driver.Connector {
			return statements{wrong.wrap(c), func(string) error {
				if left--; left == 0 {
					failed = true
					return errInjected
				}
				return nil
			}, false}
		})
		if !failed {
			return err
		}
		*tried++
		if err := s.check(t); err != nil {
			return fmt.Errorf("statement %d fails: %w", n, err)
		}
	}
}

func (s *step) migrate(t *testing.T, wrap func(driver.Connector) driver.Connector) error {
	t.Helper()
	store, err := gongkai.OpenAt(t.Context(), s.path(), wrap, s.to)
	if err != nil {
		return err
	}
	_ = store.Close() // of a disk that fails it cannot say otherwise
	return nil
}

// TestMigrationInterrupted interrupts every migration: a register is wholly old or wholly new,
// opening it again ends the migration, and no row is another.
func TestMigrationInterrupted(t *testing.T) {
	places := 60
	if short(t, 0) > 0 {
		places = 1 << 30
	}
	last := must(gongkai.KnownSchema())(t)
	for to := int64(1); to <= last; to++ {
		t.Run(fmt.Sprint(to), func(t *testing.T) {
			tried, err := newStep(t, to).interrupt(t, *faultSeed, places, rightStore)
			if err != nil {
				t.Errorf("again: go test ./storage/sqlite -run '%s' -seed %d -cuts %d\n%.1500v", t.Name(), *faultSeed, *cuts, err)
			}
			if t.Logf("seed %d: interrupted %d times", *faultSeed, tried); tried < 5 {
				t.Error("that shows little")
			}
		})
	}
}

// TestCanaryMigration: a migration outside a transaction is caught.
func TestCanaryMigration(t *testing.T) {
	short(t, 0)
	_, err := newStep(t, 1).interrupt(t, *faultSeed, 200, autocommit)
	if t.Logf("%.500v", err); err == nil || !strings.Contains(err.Error(), "open again") && !strings.Contains(err.Error(), "neither old nor new") {
		t.Errorf("the harness did not notice, or something else: %v", err)
	}
}
