//go:build linux

package sqlite_test

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gongkai/storage"
	gongkai "gongkai/storage/sqlite"
	"gongkai/storage/storagetest/faults"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

var (
	faultSeed = flag.Uint64("seed", 1, "from which the fault tests draw their accidents")
	images    = flag.Int("images", 600, "files as a power cut may leave them that are looked at")
)

// wrongStore is one that a fault test must catch; the zero value is the right one.
type wrongStore struct {
	name string
	wrap func(driver.Connector) driver.Connector
	busy bool // its connection may stand in a transaction between groups
}

var (
	rightStore = wrongStore{wrap: func(c driver.Connector) driver.Connector { return c }}
	normal     = wrongStore{name: "synchronous normal", wrap: synchronous("NORMAL")}
	off        = wrongStore{name: "synchronous off", wrap: synchronous("OFF")}
	hasty      = wrongStore{name: "answers before the commit", wrap: early, busy: true}
	halved     = wrongStore{name: "commits in two transactions", wrap: split}
)

// pragmaAfter weakens each connection once it has been checked.
type pragmaAfter struct {
	driver.Connector
	text string
}

func (p pragmaAfter) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	_, err = c.(driver.ExecerContext).ExecContext(ctx, p.text, nil)
	return c, err
}

func synchronous(mode string) func(driver.Connector) driver.Connector {
	return func(c driver.Connector) driver.Connector { return pragmaAfter{c, "PRAGMA synchronous = " + mode} }
}

// early acknowledges at once and commits a little later, once all has been set up.
func early(c driver.Connector) driver.Connector {
	var mu sync.Mutex // held while the commit is owed
	var owed error
	commits := 0
	return tamperedConnector{c, tamper{exec: func(text string, run func(context.Context) (driver.Result, error)) (driver.Result, error) {
		mu.Lock()
		if text == "COMMIT" {
			commits++
		}
		if err := owed; err != nil || text != "COMMIT" || commits < 8 {
			defer mu.Unlock()
			if owed = nil; err != nil {
				return nil, err
			}
			return run(context.Background())
		}
		time.AfterFunc(2*time.Millisecond, func() {
			defer mu.Unlock()
			_, owed = run(context.Background())
		})
		return driver.RowsAffected(0), nil
	}}}
}

// split commits what an update wrote, and its counters after that.
func split(c driver.Connector) driver.Connector {
	var begin, commit func(context.Context) (driver.Result, error)
	return tamperedConnector{c, tamper{exec: func(text string, run func(context.Context) (driver.Result, error)) (driver.Result, error) {
		switch {
		case strings.HasPrefix(text, "BEGIN"):
			begin = run
		case text == "COMMIT":
			commit = run
		case strings.HasPrefix(text, "UPDATE agency SET events") && begin != nil && commit != nil:
			if _, err := commit(context.Background()); err != nil {
				return nil, err
			}
			if _, err := begin(context.Background()); err != nil {
				return nil, err
			}
		}
		return run(context.Background())
	}}}
}

// recording is a load on a store, all that SQLite asked of the disk meanwhile, and what the
// register said after each update.
type recording struct {
	ops   []faults.Op
	marks []int            // operations when update i was acknowledged; 0 is the empty register
	says  map[[32]byte]int // what it said → after how many updates
	texts []string         // the same, to show
}

// record runs a load of updates of all sizes, drawn from a seed. Now and then the log is
// copied into the file, which otherwise only a long one is.
func record(t testing.TB, seed uint64, updates int, wrong wrongStore) *recording {
	t.Helper()
	dir := t.TempDir()
	w := watch(t, dir, true)
	path := filepath.Join(dir, "gongkai.db")
	rnd := rand.New(rand.NewPCG(seed, 4))
	store, err := gongkai.OpenResting(t.Context(), path, wrong.wrap, func() bool { return rnd.IntN(6) == 0 && !wrong.busy })
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	r := &recording{says: map[[32]byte]int{}}
	note := func(i int) {
		w.mark()
		if err := store.Update(context.Background(), "", func(storage.Writer) error { return nil }); err != nil { // a wrong store commits now
			t.Fatal(err)
		}
		text := must(dumpBeside(t.Context(), path))(t)
		key := sha256.Sum256([]byte(text))
		if _, ok := r.says[key]; !ok { // a wrong store may still say what it said before
			r.says[key] = i
		}
		r.texts = append(r.texts, text)
	}
	addEast(t, store)
	note(0)
	for i := 1; i <= updates; i++ {
		if err := store.Update(context.Background(), "east", func(w storage.Writer) error { return writeSome(w, rnd) }); err != nil {
			t.Fatalf("update %d: %v", i, err)
		}
		note(i)
	}
	if err := store.Close(); err != nil && !wrong.busy {
		t.Fatalf("close: %v", err)
	}
	theVFS().forget(dir)
	r.ops, r.marks = w.ops, w.marks
	return r
}

// writeSome writes from one application to a group of them, and changes some.
func writeSome(w storage.Writer, rnd *rand.Rand) error {
	n := 1
	if rnd.IntN(4) == 0 {
		n += rnd.IntN(12)
	}
	for range n {
		no, err := w.NextNumber(2026)
		if err != nil {
			return err
		}
		day := calendar.New(2026, 1, 5).AddDays(rnd.IntN(150))
		a := &workflow.Application{
			ApplicationNo: no, Revision: 1, State: workflow.Received, Channel: workflow.OnlineForm, ReceiveDate: day,
			Description: strings.Repeat("关于征地补偿的批复 ", 1+rnd.IntN(200)),
		}
		e := storage.Event{Revision: 1, Action: "submit", Facts: []byte("{}"), Personal: []byte(`{"name":"某人"}`)}
		if err := w.InsertApplication(a, storage.Caches{Due: day.AddDays(28)}, e); err != nil {
			return err
		}
		if rnd.IntN(2) == 0 {
			b := *a
			b.Revision, b.State, b.Remark = 2, workflow.Closed, "已答复"
			b.Conclusion = workflow.Conclusion{Date: day.AddDays(9), Basis: "disclosed.provided", Timing: workflow.OnTime}
			e := storage.Event{Object: storage.ApplicationObject(a.ID), Revision: 2, Action: "decide", Facts: []byte("{}")}
			if err := w.UpdateApplication(a, &b, storage.Caches{}, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// crashes is what became of a recording.
type crashes struct {
	images, distinct     int
	lost, mixed, corrupt int
	first                string // the first that is not sound
}

func (c crashes) bad() int { return c.lost + c.mixed + c.corrupt }

func (c crashes) String() string {
	return fmt.Sprintf("%d images, %d distinct: %d lost an acknowledged update, %d are a mixture, %d corrupt%s", c.images, c.distinct, c.lost, c.mixed, c.corrupt, c.first)
}

func (c *crashes) add(d crashes) {
	c.images, c.distinct = c.images+d.images, c.distinct+d.distinct
	c.lost, c.mixed, c.corrupt = c.lost+d.lost, c.mixed+d.mixed, c.corrupt+d.corrupt
	if c.first == "" {
		c.first = d.first
	}
}

// crash cuts the power at n places of a recording and looks at what may be left.
func (r *recording) crash(t testing.TB, seed uint64, n int) (c crashes) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 5))
	each := max(1, (n+len(r.ops))/(len(r.ops)+1))
	step := max(1, len(r.ops)*each/n)
	volume := faults.NewVolume(rnd)
	seen := map[[32]byte]bool{}
	dir := faults.Memory(t)
	acknowledged := -1
	for k := 0; k <= len(r.ops); k++ {
		for acknowledged+1 < len(r.marks) && r.marks[acknowledged+1] <= k {
			acknowledged++
		}
		if k%step == 0 {
			for i := range each {
				luck := faults.Luck(i % 4)
				if each < 4 {
					luck = faults.Luck(rnd.IntN(4))
				}
				files := volume.Crash(luck)
				c.images++
				if key := digest(files); !seen[key] {
					seen[key] = true
					c.distinct++
					r.look(t, &c, dir, files, acknowledged, fmt.Sprintf("; seed %d, cut at operation %d of %d, luck %d", seed, k, len(r.ops), luck))
				}
			}
		}
		if k < len(r.ops) {
			volume.Apply(r.ops[k])
		}
	}
	return c
}

// look opens what was left and compares it with what the register said when it was
// acknowledged last, or after the update that was under way.
func (r *recording) look(t testing.TB, c *crashes, dir string, files map[string][]byte, acknowledged int, where string) {
	path := filepath.Join(dir, "gongkai.db")
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := recovered(t.Context(), path)
	is, known := r.says[sha256.Sum256([]byte(text))]
	bad := ""
	switch {
	case err != nil && acknowledged < 0 && len(files) == 0:
	case err != nil:
		c.corrupt++
		bad = fmt.Sprintf(": corrupt: %v", err)
	case known && is < acknowledged:
		c.lost++
		bad = fmt.Sprintf(": %d updates are left of %d acknowledged", is, acknowledged)
	case !known && acknowledged >= 0, known && is > acknowledged+1:
		c.mixed++
		bad = fmt.Sprintf(": neither what it said after %d updates nor after one more: %s", acknowledged, firstDifference(r.texts[acknowledged], text))
	}
	if bad != "" && c.first == "" {
		c.first = where + bad[:min(len(bad), 400)]
	}
}

// recovered opens a register as the program does, lets SQLite check it, and says what it says.
func recovered(ctx context.Context, path string) (string, error) {
	s, err := gongkai.Open(ctx, path, gongkai.Options{Readers: 1})
	if err != nil {
		return "", err
	}
	if err := s.Close(); err != nil {
		return "", err
	}
	read, err := gongkai.OpenReadOnly(ctx, path)
	if err != nil {
		return "", err
	}
	faulty, err := read.Check(ctx)
	if err := errors.Join(err, read.Close()); err != nil {
		return "", err
	}
	if len(faulty) > 0 {
		return "", fmt.Errorf("damaged: %s", strings.Join(faulty, "; "))
	}
	return dump(ctx, path)
}

func digest(files map[string][]byte) [32]byte {
	h := sha256.New()
	for _, name := range []string{"gongkai.db", "gongkai.db-wal", "gongkai.db-journal"} {
		fmt.Fprintf(h, "%d %v\n", len(files[name]), files[name] != nil)
		h.Write(files[name])
	}
	return [32]byte(h.Sum(nil))
}

// crashRuns looks at n images of loads of their own.
func crashRuns(t testing.TB, seed uint64, n int, wrong wrongStore) (sum crashes) {
	t.Helper()
	const perLoad = 2500
	for i := uint64(0); sum.images < n; i++ {
		r := record(t, seed+i, 40, wrong)
		sum.add(r.crash(t, seed+i, min(perLoad, n-sum.images)))
	}
	return sum
}

// TestCrashImages cuts the power at every write and sync: what was acknowledged is there,
// what was under way is there wholly or not at all.
func TestCrashImages(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds; run without -short")
	}
	sum := crashRuns(t, *faultSeed, *images, rightStore)
	t.Logf("seed %d: %v", *faultSeed, sum)
	if sum.bad() > 0 {
		t.Errorf("again: go test ./storage/sqlite -run '^TestCrashImages$' -seed %d -images %d\n%v", *faultSeed, *images, sum)
	}
	if sum.distinct < sum.images/4 {
		t.Errorf("only %d of %d images differ: the test shows little", sum.distinct, sum.images)
	}
}

// TestCanaryCrashImages: stores that do not sync, sync late or answer early are caught, and
// one that commits in two halves.
func TestCanaryCrashImages(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds; run without -short")
	}
	for _, tc := range []struct {
		wrongStore
		caught func(crashes) int
	}{
		{normal, func(c crashes) int { return c.lost }},
		{off, func(c crashes) int { return c.corrupt }},
		{hasty, func(c crashes) int { return c.lost }},
		{halved, func(c crashes) int { return c.mixed }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sum := crashRuns(t, *faultSeed, 250, tc.wrongStore)
			t.Log(sum)
			if tc.caught(sum) == 0 {
				t.Errorf("the harness did not notice: %v", sum)
			}
		})
	}
}
