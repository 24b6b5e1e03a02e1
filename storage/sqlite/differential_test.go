package sqlite_test

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	gongkai "gongkai/storage/sqlite"
	"gongkai/storage/storagetest/faults"
)

var sequences = flag.Int("sequences", 3, "random lives whose SQL is run by the C library as well")

// script is the SQL that a store ran, with what it got, as the command sqlite3 takes it and
// prints. The command has one connection only, so that transactions take turns.
type script struct {
	turn sync.Mutex
	mu   sync.Mutex
	sql  strings.Builder
	want strings.Builder
}

// ofIndex are the statements on the index of words, whose table SQLite has been able to make
// since 3.43 only, and Debian's command is older.
var ofIndex = regexp.MustCompile(`\bsearch\b`)

// statement adds a statement and how many rows it changed; negative: whatever.
func (s *script) statement(text string, args []driver.NamedValue, changed int64) {
	if ofIndex.MatchString(text) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sql.WriteString(literal(text, args) + "\n;\n")
	if changed >= 0 {
		s.sql.WriteString("SELECT changes();\n")
		fmt.Fprintln(&s.want, changed)
	}
}

var parameter = regexp.MustCompile(`\$[0-9]+|\?`)

// literal writes the arguments into a statement.
func literal(text string, args []driver.NamedValue) string {
	next := 0
	return parameter.ReplaceAllStringFunc(text, func(p string) string {
		if p != "?" {
			next, _ = strconv.Atoi(p[1:])
			next--
		}
		v := args[next].Value
		next++
		return quoted(v)
	})
}

// quoted is a value as the command writes it in its mode "quote".
func quoted(v driver.Value) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return map[bool]string{true: "1", false: "0"}[v]
	case []byte:
		return "X'" + hex.EncodeToString(v) + "'"
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	}
	return fmt.Sprintf("'%v'", v)
}

// wrap lets a script hear of all that is run on a connector.
func (s *script) wrap(c driver.Connector) driver.Connector { return scribe{c, s} }

type scribe struct {
	driver.Connector
	script *script
}

func (c scribe) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &scribeConn{conn.(rawConn), c.script}, nil
}

type scribeConn struct {
	rawConn
	script *script
}

func (c *scribeConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	r, err := c.rawConn.ExecContext(ctx, text, args)
	if err == nil && !strings.HasPrefix(text, "PRAGMA") {
		c.script.statement(text, args, -1)
	}
	return r, err
}

func (c *scribeConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	p, err := c.rawConn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return &scribeStmt{p.(rawStmt), text, c.script}, nil
}

type scribeStmt struct {
	rawStmt
	text   string
	script *script
}

func (s *scribeStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	begins, ends := strings.HasPrefix(s.text, "BEGIN"), s.text == "COMMIT" || s.text == "ROLLBACK"
	if begins {
		s.script.turn.Lock()
	}
	r, err := s.rawStmt.ExecContext(ctx, args)
	if ends || begins && err != nil {
		defer s.script.turn.Unlock()
	}
	if err != nil {
		return r, err
	}
	changed := int64(-1)
	if !begins && !ends {
		changed, err = r.RowsAffected()
	}
	s.script.statement(s.text, args, changed)
	return r, err
}

func (s *scribeStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := s.rawStmt.QueryContext(ctx, args)
	if err != nil || strings.HasPrefix(s.text, "PRAGMA") || ofIndex.MatchString(s.text) {
		return rows, err
	}
	s.script.statement(s.text, args, -1)
	return &scribeRows{Rows: rows, script: s.script}, nil
}

// scribeRows notes each row; what is not read to its end is read here.
type scribeRows struct {
	driver.Rows
	script *script
	ended  bool
}

func (r *scribeRows) Next(values []driver.Value) error {
	err := r.Rows.Next(values)
	if err != nil {
		r.ended = true
		return err
	}
	r.script.mu.Lock()
	defer r.script.mu.Unlock()
	for i, v := range values {
		if i > 0 {
			r.script.want.WriteByte(',')
		}
		r.script.want.WriteString(quoted(v))
	}
	r.script.want.WriteByte('\n')
	return nil
}

func (r *scribeRows) Close() error {
	values := make([]driver.Value, len(r.Columns()))
	for !r.ended {
		_ = r.Next(values)
	}
	return r.Rows.Close()
}

// TestSameSQLOnC runs the SQL of random lives, statement by statement, with the command
// sqlite3 of the system: each gets the same rows, and both files hold the same.
func TestSameSQLOnC(t *testing.T) {
	faults.NeedCommand(t, "sqlite3", "sqlite3")
	short(t, 0)
	statements := 0
	for i := range *sequences {
		n, err := sameOnC(t, *faultSeed+uint64(i), nil)
		if statements += n; err != nil {
			t.Fatalf("again: go test ./storage/sqlite -run '^TestSameSQLOnC$' -seed %d -sequences 1\n%.2000v", *faultSeed+uint64(i), err)
		}
	}
	if t.Logf("seed %d: %d sequences, %d statements", *faultSeed, *sequences, statements); statements < 300**sequences {
		t.Error("that shows little")
	}
}

// TestCanarySameSQLOnC: an engine that writes one text otherwise is caught.
func TestCanarySameSQLOnC(t *testing.T) {
	faults.NeedCommand(t, "sqlite3", "sqlite3")
	short(t, 0)
	_, err := sameOnC(t, *faultSeed, func(sql string) string {
		return strings.Replace(sql, "某路1号", "某路２号", 1)
	})
	if t.Logf("%.300v", err); err == nil {
		t.Error("the harness did not notice")
	}
}

// sameOnC runs one life and compares; other changes what the command is given.
func sameOnC(t *testing.T, seed uint64, other func(string) string) (statements int, err error) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "gongkai.db")
	s := &script{}
	e := serveOn(t, path, must(gongkai.OpenWith(t.Context(), path, s.wrap))(t), 0)
	e.lives(seed, 2)
	e.close()
	text := s.sql.String()
	if other != nil {
		text = other(text)
	}
	copied := filepath.Join(dir, "c.db")
	cmd := exec.CommandContext(t.Context(), "sqlite3", "-batch", "-bail", copied)
	cmd.Stdin = strings.NewReader(".mode quote\nPRAGMA foreign_keys=1; PRAGMA synchronous=OFF;\n" + text)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("sqlite3: %w: %s", err, complaints.String())
	}
	statements = strings.Count(text, "\n;\n")
	if want := s.want.String(); out.String() != want {
		return statements, fmt.Errorf("the rows differ: %s", firstDifference(want, out.String()))
	}
	ours, theirs := dumpOnC(t, path), dumpOnC(t, copied)
	if ours != theirs {
		return statements, errors.New("the files differ: " + firstDifference(ours, theirs))
	}
	return statements, os.Remove(copied)
}

// dumpOnC is the whole of a register as SQL, but for the times of its migrations.
func dumpOnC(t *testing.T, path string) string {
	t.Helper()
	out := must(exec.CommandContext(t.Context(), "sqlite3", path, ".dump agency principal application remedy figure tally event event_personal attachment search_progress search_changed").Output())(t)
	var lines []string
	for line := range strings.Lines(string(out)) {
		if !strings.Contains(line, "goose_db_version VALUES") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}
