package transfer_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gongkai/storage"
	"gongkai/storage/postgres"
	"gongkai/storage/sqlite"
	"gongkai/storage/storagetest/pgtest"
	"gongkai/storage/transfer"
)

var volatile = transfer.Options{Volatile: true, Now: now}

// TestRandom: whatever the tables of a register hold, by way of the other engine it comes
// back as it was.
func TestRandom(t *testing.T) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set("8"); err != nil { // each makes and drops a database
			t.Fatal(err)
		}
	}
	p := pgtest.Start(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		dir := filepath.Join(t.TempDir(), fmt.Sprint(n))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		from, back := filepath.Join(dir, "from.db"), filepath.Join(dir, "back.db")
		fillRandomly(t.Context(), rt, from)
		between, err := p.Create(t.Context(), fmt.Sprintf("random_%d", n))
		if err != nil {
			rt.Fatal(err)
		}
		there, err := transfer.Copy(t.Context(), from, between, volatile)
		if err != nil {
			rt.Fatalf("copy to PostgreSQL: %v", err)
		}
		home, err := transfer.Copy(t.Context(), between, back, volatile)
		if err != nil {
			rt.Fatalf("copy to SQLite: %v", err)
		}
		if diff := cmp.Diff(there, home); diff != "" {
			rt.Errorf("the sums of the two copies differ:\n%s", diff)
		}
		if diff := cmp.Diff(dump(t.Context(), rt, from), dump(t.Context(), rt, back)); diff != "" {
			rt.Errorf("what came back differs:\n%s", diff)
		}
		if err := p.Exec(t.Context(), "DROP DATABASE "+filepath.Base(strings.Split(between, "?")[0])); err != nil {
			rt.Fatalf("a connection was left: %v", err)
		}
	})
}

// TestSameEngine copies from file to file and from database to database.
func TestSameEngine(t *testing.T) {
	p := pgtest.Start(t)
	dir := t.TempDir()
	from, file := filepath.Join(dir, "from.db"), filepath.Join(dir, "to.db")
	fill(t, from)
	databases := []string{create(t, p, "one"), create(t, p, "two")}
	var sums [][]storage.CopySum
	for _, step := range [][2]string{{from, file}, {file, databases[0]}, {databases[0], databases[1]}} {
		got, err := transfer.Copy(t.Context(), step[0], step[1], volatile)
		if err != nil {
			t.Fatalf("copy from %s to %s: %v", step[0], step[1], err)
		}
		sums = append(sums, got)
	}
	for _, got := range sums[1:] {
		if diff := cmp.Diff(sums[0], got); diff != "" {
			t.Errorf("sums differ:\n%s", diff)
		}
	}
	if diff := cmp.Diff(dump(t.Context(), t, from), dump(t.Context(), t, file)); diff != "" {
		t.Errorf("the file differs:\n%s", diff)
	}
	for _, s := range sums[0] {
		if s.Table == "event" && s.Agency == "east" && s.Rows == 40 {
			return
		}
	}
	t.Errorf("no sum of the 40 events of east: %v", sums[0])
}

// TestRefused: nothing is replaced, and nothing is copied that is in use or no register.
func TestRefused(t *testing.T) {
	p := pgtest.Start(t)
	sound := filepath.Join(t.TempDir(), "sound.db")
	fill(t, sound)
	served := create(t, p, "served")
	if _, err := transfer.Copy(t.Context(), sound, served, volatile); err != nil {
		t.Fatal(err)
	}
	beside := func(t *testing.T) string { return filepath.Join(t.TempDir(), "to.db") }
	for _, tc := range []struct {
		name string
		ends func(t *testing.T) (from, to string)
		want string
		is   error
	}{
		{"a file that is no register", func(t *testing.T) (string, string) {
			path := filepath.Join(t.TempDir(), "x.db")
			write(t, path, strings.Repeat("no database ", 1000))
			return path, beside(t)
		}, "", nil},
		{"a file that is not there", func(t *testing.T) (string, string) { return "nowhere.db", beside(t) }, "", fs.ErrNotExist},
		{"a target that holds a register", func(t *testing.T) (string, string) { return copied(t, sound), copied(t, sound) }, "", fs.ErrExist},
		{"a target that holds anything else", func(t *testing.T) (string, string) {
			to := beside(t)
			write(t, to, "kept")
			return copied(t, sound), to
		}, "", nil},
		{"a log beside the target", func(t *testing.T) (string, string) {
			to := beside(t)
			write(t, to+"-wal", "kept")
			return copied(t, sound), to
		}, "", fs.ErrExist},
		{"a database that holds a register", func(t *testing.T) (string, string) { return copied(t, sound), served }, "", fs.ErrExist},
		{"a database that holds anything else", func(t *testing.T) (string, string) {
			to := create(t, p, "other")
			execute(t, "pgx", to, "CREATE TABLE other (id BIGINT)")
			return copied(t, sound), to
		}, "", fs.ErrExist},
		{"a file that is served", func(t *testing.T) (string, string) {
			from := copied(t, sound)
			keepOpen(t, must(sqlite.Open(t.Context(), from, sqlite.Options{}))(t))
			return from, beside(t)
		}, "another process has it open", nil},
		{"a database that is served", func(t *testing.T) (string, string) {
			keepOpen(t, must(postgres.Open(t.Context(), served, postgres.Options{Volatile: true}))(t))
			return served, beside(t)
		}, "a server has it open", nil},
		{"a database that is served under a name", func(t *testing.T) (string, string) {
			keepOpen(t, must(postgres.Open(t.Context(), served+"&application_name=city-1", postgres.Options{Volatile: true}))(t))
			return served, beside(t)
		}, "a server has it open", nil},
		{"an earlier schema", func(t *testing.T) (string, string) {
			from := copied(t, sound)
			execute(t, "sqlite", from, "DELETE FROM goose_db_version WHERE version_id > 0")
			return from, beside(t)
		}, "needs", nil},
		{"a later schema", func(t *testing.T) (string, string) {
			from := copied(t, sound)
			execute(t, "sqlite", from, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)")
			return from, beside(t)
		}, "newer program", nil},
		{"a table that only the source has", func(t *testing.T) (string, string) {
			from := copied(t, sound)
			execute(t, "sqlite", from, "CREATE TABLE other (id BIGINT PRIMARY KEY)")
			return from, beside(t)
		}, "other", nil},
		{"a column of another type", func(t *testing.T) (string, string) {
			from := copied(t, sound)
			execute(t, "sqlite", from, "UPDATE event SET actor = CAST('x' AS BLOB) WHERE seq = 7")
			return from, create(t, p, "blob")
		}, "seq 7: column actor", nil},
		{"a boolean that is none", func(t *testing.T) (string, string) {
			from := copied(t, sound)
			execute(t, "sqlite", from, "UPDATE application SET paid = 2 WHERE id = 3")
			return from, create(t, p, "boolean")
		}, "id 3: column paid", nil},
		{"a reference to nothing", func(t *testing.T) (string, string) {
			from := copied(t, sound)
			execute(t, "sqlite", from, "UPDATE application SET agency = 99 WHERE id = 3")
			return from, create(t, p, "reference")
		}, "foreign key", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			from, to := tc.ends(t)
			_, err := transfer.Copy(t.Context(), from, to, volatile)
			if err == nil || tc.is != nil && !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %v %s", err, tc.is, tc.want)
			}
		})
	}
}

// TestTampered holds the proof to its purpose: a row of the copy that is changed while
// others are still on their way is named.
func TestTampered(t *testing.T) {
	p := pgtest.Start(t)
	from := filepath.Join(t.TempDir(), "from.db")
	fill(t, from)
	for _, tc := range []struct{ name, change, want string }{
		{"a row is changed", "UPDATE agency SET name = 'West' WHERE id = 'west'", `table agency of agency "west"`},
		{"a row is lost", "DELETE FROM agency WHERE id = 'west'", `table agency of agency "west"`},
		{"a row is added", "INSERT INTO agency (key, id, name, settings, create_time, revision) VALUES (77, 'x', '', '{}', 0, 1)", "only in the copy"},
	} {
		for driver, to := range map[string]string{"sqlite": filepath.Join(t.TempDir(), "to.db"), "pgx": create(t, p, "tampered_"+tc.name[len("a row is "):])} {
			t.Run(tc.name+" on "+driver, func(t *testing.T) {
				o := volatile
				o.Progress = afterFirst("agency", func() { execute(t, driver, to, tc.change) })
				_, err := transfer.Copy(t.Context(), from, to, o)
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("error %v, want one that says %s", err, tc.want)
				}
				refuses(t, to)
			})
		}
	}
}

// afterFirst does something when the table has been written.
func afterFirst(table string, do func()) func(string, int64) {
	return func(name string, _ int64) {
		if name == table && do != nil {
			do()
			do = nil
		}
	}
}

// refuses fails unless a target refuses to be served.
func refuses(t testing.TB, to string) {
	t.Helper()
	s, err := open(t.Context(), to)
	if err == nil {
		s.Close()
		t.Errorf("%s is served", to)
	} else if !strings.Contains(err.Error(), "unfinished copy") {
		t.Errorf("%s refuses: %v, want it to say that the copy is unfinished", to, err)
	}
}

func open(ctx context.Context, database string) (storage.Store, error) {
	if transfer.OnPostgres(database) {
		return postgres.Open(ctx, database, postgres.Options{Volatile: true})
	}
	return sqlite.Open(ctx, database, sqlite.Options{})
}

// TestVerifyRefuses: what the verification finds leaves the copy unfinished; the next one
// begins anew.
func TestVerifyRefuses(t *testing.T) {
	p := pgtest.Start(t)
	from := filepath.Join(t.TempDir(), "from.db")
	fill(t, from)
	refused := errors.New("found something")
	for _, to := range []string{filepath.Join(t.TempDir(), "to.db"), create(t, p, "refused")} {
		o := volatile
		o.Verify = func(ctx context.Context, v storage.Viewer, sound func(context.Context) ([]string, error)) error {
			faults, err := sound(ctx)
			if err != nil || len(faults) > 0 {
				t.Errorf("the file of the copy: %q, %v", faults, err)
			}
			return errors.Join(refused, v.View(ctx, func(r storage.Reader) error { _, err := r.Agency("west"); return err }))
		}
		if _, err := transfer.Copy(t.Context(), from, to, o); err == nil || err.Error() != "verify the copy: "+refused.Error() {
			t.Errorf("error %v, want only %v", err, refused)
		}
		refuses(t, to)
		if _, err := transfer.Copy(t.Context(), from, to, volatile); err != nil {
			t.Errorf("the second copy: %v", err)
		}
		s, err := open(t.Context(), to)
		if err != nil {
			t.Fatal(err)
		}
		keepOpen(t, s)
	}
}

func create(t testing.TB, p *pgtest.Server, name string) string {
	t.Helper()
	return must(p.Create(t.Context(), name))(t)
}

func must[T any](answer T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
}

func keepOpen(t testing.TB, s storage.Store) {
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// copied is a copy of a register at rest, to be spoiled.
func copied(t testing.TB, path string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "register.db")
	write(t, to, string(must(os.ReadFile(path))(t)))
	return to
}

// execute runs a statement behind the store's back, references unchecked.
func execute(t testing.TB, driver, dsn, text string) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err == nil {
		_, err = db.ExecContext(t.Context(), text)
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		t.Errorf("%s: %v", text, err)
	}
}
