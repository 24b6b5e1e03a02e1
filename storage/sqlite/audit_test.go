package sqlite_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"gongkai/storage"
	"gongkai/storage/sqlite"
)

// treesOf are the sizes and roots of the trees in a store, and those made of its leaves.
func treesOf(t *testing.T, store storage.Viewer) (got, want map[string]string, idle map[string]int64) {
	t.Helper()
	got, want, idle = map[string]string{}, map[string]string{}, map[string]int64{}
	err := store.View(t.Context(), func(r storage.Reader) error {
		in := r.(storage.Inspector)
		counters, err := in.Counters()
		if err != nil {
			return err
		}
		for _, c := range counters {
			got[c.Agency], idle[c.Agency] = c.Edge.Root().String(), c.Idle
		}
		rows, err := in.EventRows(0, 1_000_000)
		edges := map[string]*storage.Edge{"north": {}} // which has no events
		for _, x := range rows {
			if edges[x.Agency] == nil {
				edges[x.Agency] = &storage.Edge{}
			}
			h, _ := storage.LeafHash(x.Leaf)
			edges[x.Agency].Append(h, nil)
		}
		for id, e := range edges {
			want[id] = e.Root().String()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got, want, idle
}

// before3 is a register as programs wrote it that kept no trees.
func before3(t *testing.T, path string) *sql.DB {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range must(filepath.Glob("schema/000[12]_*.sql"))(t) {
		files[filepath.Base(name)] = &fstest.MapFile{Data: must(os.ReadFile(name))(t)}
	}
	db := must(sql.Open("sqlite", path))(t)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	p := must(goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true)))(t)
	must(p.Up(t.Context()))(t)
	for key, id := range []string{"", "east", "west", "north"} {
		if key > 0 {
			must(db.Exec("INSERT INTO agency (key, id, name, settings, create_time, revision) VALUES ($1, $2, $2, '{}', 0, 1)", key, id))(t)
		}
	}
	return db
}

// addOld stores an event as such programs did.
func addOld(t *testing.T, db *sql.DB, key int, agency string, n, revision int64) {
	t.Helper()
	e := storage.Event{Agency: agency, N: n, Object: "object/1", Revision: revision, Action: "act", Facts: []byte("{}")}
	var stored any
	if revision > 0 {
		stored = revision
	}
	must(db.Exec("INSERT INTO event (agency, n, object, revision, time, actor, action, facts, leaf) VALUES ($1, $2, $3, $4, $5, '', 'act', '{}', $6)",
		key, n, e.Object, stored, e.Time.UnixMicro(), e.Hash()))(t)
	must(db.Exec("UPDATE agency SET events = $2 WHERE key = $1", key, n))(t)
}

// TestTreesOfOldRegister: a register that was written before there were trees gets them
// when it is opened, and goes on from there.
func TestTreesOfOldRegister(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	db := before3(t, path)
	places := [3]int64{}
	for i := range 25_000 { // more than are read at once
		key := (i + i/7) % 3
		places[key]++
		revision := places[key]
		if i%10 == 0 {
			revision = 0
		}
		if i == 0 {
			must(db.Exec("BEGIN"))(t)
		}
		addOld(t, db, key, []string{"", "east", "west"}[key], places[key], revision)
	}
	must(db.Exec("COMMIT"))(t)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	store := must(sqlite.Open(t.Context(), path, sqlite.Options{}))(t)
	defer store.Close()
	got, want, idle := treesOf(t, store)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("trees of an old register:\n%s", diff)
	}
	if idle[""]+idle["east"]+idle["west"] != 2500 {
		t.Errorf("idle events: %v, want 2,500 together", idle)
	}
	for _, id := range []string{"", "east", "north"} {
		must(0, store.Update(t.Context(), id, func(w storage.Writer) error {
			return w.Record(storage.Event{Object: "object/2", Revision: 1, Action: "act", Facts: []byte("{}")})
		}))(t)
	}
	if got, want, _ = treesOf(t, store); !cmp.Equal(want, got) {
		t.Errorf("trees after more events:\n%s", cmp.Diff(want, got))
	}
}

// TestTreeBehind: a tree that lags behind the events, because an older program wrote in
// between, is brought up to them; nothing is built on a register whose events are not
// those that it counts.
func TestTreeBehind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gongkai.db")
	record := func(n int64) error {
		store := must(sqlite.Open(t.Context(), path, sqlite.Options{}))(t)
		defer store.Close()
		err := store.Update(t.Context(), "", func(w storage.Writer) error {
			return w.Record(storage.Event{Object: "object/1", Revision: n, Action: "act", Facts: []byte("{}")})
		})
		if err == nil {
			got, want, _ := treesOf(t, store)
			if delete(want, "north"); !cmp.Equal(want, got) {
				t.Errorf("trees with event %d:\n%s", n, cmp.Diff(want, got))
			}
		}
		return err
	}
	for n := int64(1); n < 4; n++ {
		must(0, record(n))(t)
	}
	db := must(sql.Open("sqlite", path))(t)
	defer db.Close()
	addOld(t, db, 0, "", 4, 4)
	addOld(t, db, 0, "", 5, 5)
	must(0, record(6))(t)
	for _, spoil := range []string{
		"UPDATE agency SET events = 7 WHERE key = 0",
		"UPDATE agency SET events = 5 WHERE key = 0",
		"UPDATE agency SET edge = zeroblob(8) WHERE key = 0; DELETE FROM event WHERE n = 2",
		"UPDATE agency SET edge = x'01' WHERE key = 0",
	} {
		must(db.Exec(spoil))(t)
		if err := record(7); err == nil {
			t.Errorf("%s: the register takes events", spoil)
		}
	}
}
