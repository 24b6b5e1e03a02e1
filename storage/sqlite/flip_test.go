package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var flips = flag.Duration("flips", 4*time.Second, "how long bytes of a register are flipped")

// dumped are the tables that hold business data, and what of them is compared. Left out is
// what no event tells of and what does no harm: the place of an event in the store, how
// far behind the numbers are counted, the moment within a minute at which an agency or
// principal was created, a tally of nothing, and the hash of a token (its index tells).
var dumped = []string{
	`SELECT key, * FROM (SELECT key, id, name, parent, settings, revision, events, edge, idle FROM agency)`,
	`SELECT agency, id, role, remove_time FROM principal`,
	`SELECT * FROM application`,
	`SELECT * FROM remedy`,
	`SELECT * FROM figure`,
	`SELECT * FROM tally WHERE data <> ''`,
	`SELECT agency, n, object, revision, time, actor, action, request_id, request_hash, facts, leaf, salt, data
		FROM event e LEFT JOIN event_personal p ON p.seq = e.seq`,
}

// dump writes down what a register says, value by value with its type.
func dump(ctx context.Context, path string) (string, error) {
	return dumpFrom(ctx, "file:"+path+"?mode=ro&immutable=1")
}

// dumpBeside does so while the register is written, its log included.
func dumpBeside(ctx context.Context, path string) (string, error) {
	return dumpFrom(ctx, "file:"+path+"?mode=ro")
}

func dumpFrom(ctx context.Context, dsn string) (_ string, err error) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return "", err
	}
	defer db.Close()
	var lines []string
	for i, query := range dumped {
		if lines, err = dumpTable(ctx, db, lines, i, query); err != nil {
			return "", err
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n"), nil
}

func dumpTable(ctx context.Context, db *sql.DB, lines []string, table int, query string) ([]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		lines = append(lines, fmt.Sprintf("%d %#v", table, values))
	}
	return lines, rows.Err()
}

// TestVerifyFlippedBytes flips bytes of the file itself. Each time the file is refused, or
// something is found, or the register says the same as before.
func TestVerifyFlippedBytes(t *testing.T) {
	sound := soundRegister(t, 4)
	raw := must(os.ReadFile(sound))(t)
	want := must(dump(t.Context(), sound))(t)
	path := filepath.Join(t.TempDir(), "gongkai.db")
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 2))
	var refused, found, unused int
	for start := time.Now(); time.Since(start) < *flips; {
		flipped := slices.Clone(raw)
		at := rnd.IntN(len(flipped))
		for again := rnd.IntN(8); again > 0 && flipped[at] == 0; again-- { // free space is zeros
			at = rnd.IntN(len(flipped))
		}
		was := flipped[at]
		flipped[at] ^= byte(1 + rnd.IntN(255))
		if err := os.WriteFile(path, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		v, err := verifyFile(ctx, path)
		hung := ctx.Err() != nil
		cancel()
		switch {
		case hung:
			t.Errorf("seed %d: byte %d %#x→%#x: verifying takes too long", seed, at, was, flipped[at])
		case err != nil:
			refused++
		case len(v.findings) > 0:
			found++
		default:
			unused++
			if got, err := dump(t.Context(), path); err != nil || got != want {
				t.Errorf("seed %d: byte %d %#x→%#x went unnoticed (%v):\n%s", seed, at, was, flipped[at], err, firstDifference(want, got))
			}
		}
	}
	t.Logf("seed %d: %d refused, %d found, %d unused", seed, refused, found, unused)
	if found == 0 || unused == 0 {
		t.Errorf("%d refused, %d found, %d unused", refused, found, unused)
	}
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return x[i] + "\n" + y[i]
		}
	}
	return fmt.Sprintf("%d and %d lines", len(x), len(y))
}

// TestVerifyTruncatedFile cuts the file at every page, and somewhere within one.
func TestVerifyTruncatedFile(t *testing.T) {
	raw := must(os.ReadFile(soundRegister(t, 2)))(t)
	path := filepath.Join(t.TempDir(), "gongkai.db")
	for size := 0; size < len(raw); size += 4096 {
		for _, cut := range []int{size, size + 100} {
			write(t, path, string(raw[:cut]))
			if v, err := verifyFile(t.Context(), path); err == nil && len(v.findings) == 0 {
				t.Errorf("cut to %d of %d bytes, the file passes", cut, len(raw))
			}
		}
	}
}

// TestVerifyDamagedLog flips and cuts the log of a server that was killed. What is left is
// an earlier state of the register, whole: never a mixture of two.
func TestVerifyDamagedLog(t *testing.T) {
	e := serve(t, t.TempDir())
	e.lives(9, 4)
	full := wantClean(t, e.path)
	file, log := must(os.ReadFile(e.path))(t), must(os.ReadFile(e.path+"-wal"))(t)
	path := filepath.Join(t.TempDir(), "gongkai.db")
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 3))
	earlier, refused := 0, 0
	for range 40 {
		damaged, at := slices.Clone(log), rnd.IntN(len(log))
		if rnd.IntN(2) == 0 {
			damaged[at] ^= byte(1 + rnd.IntN(255))
		} else {
			damaged = damaged[:at]
		}
		for name, raw := range map[string][]byte{path: file, path + "-wal": damaged} {
			write(t, name, string(raw))
		}
		if err := os.Remove(path + "-shm"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		v, err := verifyFile(t.Context(), path)
		switch {
		case err != nil: // not even the schema is left
			refused++
		case len(v.findings) > 0:
			t.Errorf("seed %d: log damaged at %d: a mixture:\n%s", seed, at, v)
		case v.Events < full.Events:
			earlier++
		}
	}
	if earlier < 20 {
		t.Errorf("seed %d: %d earlier states, %d refused", seed, earlier, refused)
	}
}
