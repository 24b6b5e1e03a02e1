package audit_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"gongkai/server/audit"
	"gongkai/storage"
	"gongkai/storage/sqlite"
)

// tampered is a copy of a register that is changed behind the store's back.
type tampered struct {
	*register
	db *sql.DB
}

// exec tampers; a statement that touches nothing proves nothing.
func (c *tampered) exec(text string, args ...any) {
	c.Helper()
	n := must(must(c.db.Exec(text, args...))(c).RowsAffected())(c)
	if n == 0 {
		c.Fatalf("%s %v touched nothing", text, args)
	}
}

func (c *tampered) number(text string, args ...any) (n int64) {
	c.Helper()
	if err := c.db.QueryRow(text, args...).Scan(&n); err != nil {
		c.Fatalf("%s %v: %v", text, args, err)
	}
	return n
}

// erase erases all personal data, as the law may ask.
func (c *tampered) erase() {
	c.Helper()
	rows := must(c.db.Query("SELECT seq, salt, data FROM event_personal"))(c)
	defer rows.Close()
	seals := map[int64][]byte{}
	for rows.Next() {
		var seq int64
		var salt, data []byte
		if err := rows.Scan(&seq, &salt, &data); err != nil {
			c.Fatal(err)
		}
		seals[seq] = storage.Seal(salt, data)
	}
	if err := rows.Err(); err != nil {
		c.Fatal(err)
	}
	for seq, seal := range seals {
		c.exec("UPDATE event_personal SET salt = NULL, data = $2 WHERE seq = $1", seq, seal)
	}
}

// remake makes the leaves fit the events again, and the trees and counts of the agencies
// the leaves, as whoever knows how would do.
func (c *tampered) remake(trees bool) {
	c.Helper()
	store := must(sqlite.OpenReadOnly(c.Context(), c.path))(c)
	var rows []storage.EventRow
	err := store.View(c.Context(), func(r storage.Reader) (err error) {
		rows, err = r.(storage.Inspector).EventRows(0, 1_000_000)
		return err
	})
	if err != nil {
		c.Fatal(err)
	}
	if err := store.Close(); err != nil {
		c.Fatal(err)
	}
	edges := map[string]*storage.Edge{}
	for _, x := range rows {
		leaf, _ := storage.LeafHash(x.Hash())
		c.exec("UPDATE event SET leaf = $2 WHERE seq = $1", x.Seq, leaf[:])
		if edges[x.Agency] == nil {
			edges[x.Agency] = &storage.Edge{}
		}
		edges[x.Agency].Append(leaf, nil)
	}
	if !trees {
		return
	}
	for id, e := range edges {
		c.exec("UPDATE agency SET edge = $2, events = $3 WHERE id = $1", id, must(e.MarshalBinary())(c), e.Size())
	}
}

// target is the record that is tampered with: one that a checkpoint holds.
type target struct {
	agency string
	key, n int64
	seq    int64
	size   int64 // of what the checkpoints hold
}

func (c *tampered) target(rnd *rand.Rand) target {
	c.Helper()
	for {
		t := target{agency: []string{"", "east", "west", "north"}[rnd.IntN(4)]}
		t.size = c.covered[t.agency]
		if t.size < 4 {
			continue
		}
		t.n = rnd.Int64N(t.size-2) + 2
		t.key = c.number("SELECT key FROM agency WHERE id = $1", t.agency)
		t.seq = c.number("SELECT seq FROM event WHERE agency = $1 AND n = $2", t.key, t.n)
		return t
	}
}

// forgery is what a tamperer does to one record. It returns the first record from which
// on the register is not what it was.
type forgery struct {
	name string
	do   func(c *tampered, rnd *rand.Rand, t target) (from int64)
}

var columns = []string{
	"object = object || 'x'", "revision = COALESCE(revision, 0) + 5000", "time = time + 1", "actor = 'principals/zhao'", "action = 'void'",
	"request_id = 'r-other'", "request_hash = x'ffff'", `facts = '{"v":1,"n":0}'`,
}

var forgeries = []forgery{
	{"change", func(c *tampered, rnd *rand.Rand, t target) int64 {
		c.exec("UPDATE event SET "+columns[rnd.IntN(len(columns))]+" WHERE seq = $1", t.seq)
		return t.n
	}},
	{"change words", func(c *tampered, rnd *rand.Rand, t target) int64 {
		t.seq = c.number("SELECT seq FROM event_personal ORDER BY abs(seq - $1) LIMIT 1", t.seq)
		what := []string{`UPDATE event_personal SET data = x'7b7d'`, `UPDATE event_personal SET salt = zeroblob(16)`, `DELETE FROM event_personal`}[rnd.IntN(3)]
		c.exec(what+" WHERE seq = $1", t.seq)
		return -t.seq
	}},
	{"delete", func(c *tampered, _ *rand.Rand, t target) int64 {
		c.exec("DELETE FROM event WHERE seq = $1", t.seq)
		return t.n
	}},
	{"delete and count anew", func(c *tampered, _ *rand.Rand, t target) int64 {
		c.exec("DELETE FROM event WHERE seq = $1", t.seq)
		c.exec("UPDATE event SET n = n - 1 WHERE agency = $1 AND n > $2", t.key, t.n)
		return t.n
	}},
	{"insert", func(c *tampered, _ *rand.Rand, t target) int64 {
		c.insert(t)
		return t.n
	}},
	{"insert and count anew", func(c *tampered, _ *rand.Rand, t target) int64 {
		c.exec("UPDATE event SET seq = -seq - 1 WHERE seq > $1", t.seq)
		c.exec("UPDATE event SET seq = -seq WHERE seq < 0")
		must(c.db.Exec("UPDATE event_personal SET seq = -seq - 1 WHERE seq > $1", t.seq))(c) // which may have none
		must(c.db.Exec("UPDATE event_personal SET seq = -seq WHERE seq < 0"))(c)
		c.exec("UPDATE event SET n = n + 1 WHERE agency = $1 AND n > $2", t.key, t.n)
		c.exec(`INSERT INTO event (seq, agency, n, object, time, actor, action, facts, leaf)
			VALUES ($1, $2, $3, 'application/1', 0, 'principals/li', 'act', '{"v":1}', zeroblob(32))`, t.seq+1, t.key, t.n+1)
		return t.n + 1
	}},
	{"move", func(c *tampered, _ *rand.Rand, t target) int64 { // its place in the store
		before := c.number("SELECT max(seq) FROM event WHERE agency = $1 AND seq < $2", t.key, t.seq)
		c.exchange("seq", before, t.seq)
		return t.n - 1
	}},
	{"move and count anew", func(c *tampered, _ *rand.Rand, t target) int64 {
		before := c.number("SELECT max(seq) FROM event WHERE agency = $1 AND seq < $2", t.key, t.seq)
		c.exchange("seq", before, t.seq)
		c.exec("UPDATE event SET n = CASE n WHEN $2 THEN $2 - 1 ELSE $2 END WHERE agency = $1 AND n IN ($2 - 1, $2)", t.key, t.n)
		return t.n - 1
	}},
	{"cut off", func(c *tampered, _ *rand.Rand, t target) int64 {
		c.exec("DELETE FROM event WHERE agency = $1 AND n >= $2", t.key, t.n)
		return t.n
	}},
	{"cut off and count anew", func(c *tampered, _ *rand.Rand, t target) int64 {
		c.exec("DELETE FROM event WHERE agency = $1 AND n >= $2", t.key, t.n)
		c.exec("UPDATE agency SET events = $2 - 1 WHERE key = $1", t.key, t.n)
		return t.n
	}},
	{"empty", func(c *tampered, _ *rand.Rand, t target) int64 {
		c.exec("DELETE FROM event WHERE agency = $1", t.key)
		c.exec("UPDATE agency SET events = 0, edge = NULL WHERE key = $1", t.key)
		return 1
	}},
}

// insert puts a record in behind another one of the same place.
func (c *tampered) insert(t target) {
	c.Helper()
	c.exec(`INSERT INTO event (agency, n, object, time, actor, action, facts, leaf)
		VALUES ($1, $2, 'application/1', 0, 'principals/li', 'act', '{"v":1}', zeroblob(32))`, t.key, t.n)
}

// exchange exchanges the places in the store of two events.
func (c *tampered) exchange(column string, a, b int64) {
	c.Helper()
	for _, table := range []string{"event", "event_personal"} {
		for _, step := range [][2]int64{{a, -1}, {b, a}, {-1, b}} {
			must(c.db.Exec(fmt.Sprintf("UPDATE %s SET %s = $2 WHERE seq = $1", table, column), step[0], step[1]))(c)
		}
	}
}

// forge tampers with a copy of a register: at random, with the leaves made anew or not,
// and the trees. It returns what must be found.
func (r *register) forge(t testing.TB, rnd *rand.Rand) (c *tampered, name, agency string, from int64) {
	t.Helper()
	c = r.copied(t)
	f, at, skill := forgeries[rnd.IntN(len(forgeries))], c.target(rnd), rnd.IntN(3)
	from = f.do(c, rnd, at)
	agency = at.agency
	if from < 0 {
		var n int64
		row := c.db.QueryRow("SELECT g.id, e.n FROM event e JOIN agency g ON g.key = e.agency WHERE e.seq = $1", -from)
		if err := row.Scan(&agency, &n); err != nil {
			t.Fatal(err)
		}
		from = n
	}
	if skill > 0 {
		c.remake(skill > 1)
	}
	return c, fmt.Sprintf("%s (skill %d) at record %d of %q", f.name, skill, from, agency), agency, from
}

// told reports whether findings name a record, and how closely at best.
func told(found []audit.Finding, agency string, n int64) bool {
	return slices.ContainsFunc(found, func(f audit.Finding) bool { return f.Covers(agency, n) })
}

// TestTampering: whatever is done to a record that a checkpoint holds is found, and told
// by agency and record.
func TestTampering(t *testing.T) {
	t.Logf("seed %d, %d registers", *seed, *tampers)
	rnd := rand.New(rand.NewPCG(*seed, 10))
	r := newRegister(t, rnd, 7)
	for i := range *tampers {
		c, name, agency, from := r.forge(t, rnd)
		if from > r.covered[agency] { // words of a record that no checkpoint holds yet
			continue
		}
		found, sum := c.verify(nil)
		if !told(found, agency, from) {
			t.Errorf("seed %d, tampering %d, %s: %+v\n%+v", *seed, i, name, found, sum)
		}
	}
}

// TestSwapped: last week's file is found by this week's checkpoints, and another register
// by any.
func TestSwapped(t *testing.T) {
	rnd := rand.New(rand.NewPCG(*seed, 11))
	r, other := newRegister(t, rnd, 3), newRegister(t, rnd, 3)
	old := r.copied(t)
	store := must(sqlite.Open(t.Context(), r.path, sqlite.Options{}))(t)
	r.update(store, "east", func(w storage.Writer) error { return w.Record(someEvents(rnd, 900)...) })
	must(audit.Write(t.Context(), store, r.signer, audit.NewLog(r.checkpoints), noon))(t)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	found, _ := old.verify(nil, r.files()...)
	if len(found) != 1 || found[0].Check != audit.Truncated || found[0].Agency != "east" {
		t.Errorf("last week's file: %+v", found)
	}
	swapped := other.copied(t)
	found, _ = swapped.verify(nil, r.files()...)
	if len(found) < 2 || found[0].Check != audit.Foreign {
		t.Errorf("another register: %+v", found)
	}
}

// blind is a verifier that skips leaves: of every second record it sees what was there
// before anybody tampered.
type blind struct {
	storage.Viewer
	sound map[int64]storage.EventRow
}

type blindReader struct {
	storage.Inspector
	sound map[int64]storage.EventRow
}

func (b blind) View(ctx context.Context, fn func(storage.Reader) error) error {
	return b.Viewer.View(ctx, func(r storage.Reader) error {
		return fn(blindReader{r.(storage.Inspector), b.sound})
	})
}

func (b blindReader) EventRows(after int64, limit int) ([]storage.EventRow, error) {
	rows, err := b.Inspector.EventRows(after, limit)
	for i := range rows {
		if x, ok := b.sound[rows[i].Seq]; ok && x.N%2 == 0 {
			rows[i] = x
		}
	}
	return rows, err
}

// TestBlindVerifier: the property above fails for a verifier that skips leaves.
func TestBlindVerifier(t *testing.T) {
	t.Logf("seed %d", *seed)
	rnd := rand.New(rand.NewPCG(*seed, 12))
	r := newRegister(t, rnd, 7)
	sound := map[int64]storage.EventRow{}
	store := must(sqlite.OpenReadOnly(t.Context(), r.path))(t)
	err := store.View(t.Context(), func(v storage.Reader) error {
		rows, err := v.(storage.Inspector).EventRows(0, 1_000_000)
		for _, x := range rows {
			sound[x.Seq] = x
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	missed := 0
	for range 60 {
		c, _, agency, from := r.forge(t, rnd)
		if found, _ := c.verify(func(v storage.Viewer) storage.Viewer { return blind{v, sound} }); from <= r.covered[agency] && !told(found, agency, from) {
			missed++
		}
	}
	if missed == 0 {
		t.Error("a verifier that skips every second leaf finds all the same: the tampering tests nothing")
	}
	t.Logf("a verifier that skips leaves misses %d of 60", missed)
}
