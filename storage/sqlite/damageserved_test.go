//go:build linux

package sqlite_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gongkai/storage"
	gongkai "gongkai/storage/sqlite"
	"gongkai/storage/storagetest/faults"
)

var damagesTried = flag.Int("damages", 120, "damaged files that are verified and served")

const (
	damageVariable = "GONGKAI_DAMAGE" // first seed and number of damages
	blindVariable  = "GONGKAI_BLIND"  // a verification that looks at half of what it finds
	pageBytes      = 4096
)

// fileSet is a register as it lies on a disk, by the endings of their names.
type fileSet map[string][]byte

// damageKind is a way to spoil files. whole: nothing may be missing afterwards; earlier: what is
// left is an earlier state.
type damageKind struct {
	name           string
	log            bool // of a register whose server was killed
	whole, earlier bool
	do             func(f fileSet, rnd *rand.Rand)
}

var damageKinds = []damageKind{
	{"bytes changed", false, false, false, func(f fileSet, rnd *rand.Rand) {
		for range 1 + rnd.IntN(8) {
			f[""][rnd.IntN(len(f[""]))] ^= byte(1 + rnd.IntN(255))
		}
	}},
	{"header changed", false, false, false, func(f fileSet, rnd *rand.Rand) { f[""][rnd.IntN(100)] ^= byte(1 + rnd.IntN(255)) }},
	{"page zeroed", false, false, false, func(f fileSet, rnd *rand.Rand) {
		clear(pageOf(f[""], rnd))
	}},
	{"page of garbage", false, false, false, func(f fileSet, rnd *rand.Rand) {
		for i, p := 0, pageOf(f[""], rnd); i < len(p); i++ {
			p[i] = byte(rnd.Uint32())
		}
	}},
	{"page in another's place", false, false, false, func(f fileSet, rnd *rand.Rand) { copy(pageOf(f[""], rnd), pageOf(f[""], rnd)) }},
	{"file cut", false, false, false, func(f fileSet, rnd *rand.Rand) { f[""] = f[""][:rnd.IntN(len(f[""]))] }},
	{"garbage behind the file", false, true, false, func(f fileSet, rnd *rand.Rand) { f[""] = append(f[""], bytes.Repeat([]byte("x"), rnd.IntN(9000))...) }},
	{"foreign file", false, false, false, func(f fileSet, rnd *rand.Rand) {
		f[""] = bytes.Repeat([]byte("GIF89a"), 1+rnd.IntN(9000))
	}},
	{"log cut", true, false, true, func(f fileSet, rnd *rand.Rand) { f["-wal"] = f["-wal"][:rnd.IntN(len(f["-wal"]))] }},
	{"log changed", true, false, true, func(f fileSet, rnd *rand.Rand) { f["-wal"][rnd.IntN(len(f["-wal"]))] ^= byte(1 + rnd.IntN(255)) }},
	{"garbage behind the log", true, true, false, func(f fileSet, rnd *rand.Rand) {
		f["-wal"] = append(f["-wal"], bytes.Repeat([]byte("x"), rnd.IntN(9000))...)
	}},
	{"index of the log missing", true, true, false, func(f fileSet, _ *rand.Rand) { delete(f, "-shm") }},
	{"index of the log cut", true, true, false, func(f fileSet, rnd *rand.Rand) { f["-shm"] = f["-shm"][:rnd.IntN(len(f["-shm"]))] }},
	{"index of the log garbage", true, true, false, func(f fileSet, rnd *rand.Rand) {
		for i := range f["-shm"] {
			f["-shm"][i] = byte(rnd.Uint32())
		}
	}},
}

func pageOf(file []byte, rnd *rand.Rand) []byte {
	at := rnd.IntN(len(file)/pageBytes) * pageBytes
	return file[at : at+pageBytes]
}

// damageSum is what a child tells of its damages.
type damageSum struct {
	Tried, Refused, Found, Unused, Earlier, Served int
	Wrong                                          []string
}

// spoiled is the child's side: a sound register, and one with a log, to spoil.
type spoiled struct {
	t      *testing.T
	path   string
	sound  [2]fileSet // without a log, with it
	says   [2]string
	events [2]int64
	sum    damageSum
}

// TestDamagedServed damages files in all ways, verifies them and tries to serve them: nothing
// panics or hangs, and no change of what the register says goes unnoticed. Each bunch runs in
// a process of its own, which tells how far it came.
func TestDamagedServed(t *testing.T) {
	if dir := os.Getenv(childVariable); dir != "" {
		spoilAll(t, dir)
		return
	}
	short(t, 0)
	sum := damageChildren(t, *damagesTried)
	t.Logf("seed %d: %d damaged: %d refused, %d found by verify, %d earlier states, %d say the same; %d were served", *faultSeed, sum.Tried, sum.Refused, sum.Found, sum.Earlier, sum.Unused, sum.Served)
	for _, wrong := range sum.Wrong {
		t.Errorf("again: go test ./storage/sqlite -run '^TestDamagedServed$' -seed %d -damages %d\n%s", *faultSeed, *damagesTried, wrong)
	}
	if sum.Tried < *damagesTried || sum.Refused == 0 || sum.Found == 0 || sum.Served == 0 {
		t.Errorf("that shows little: %+v", sum)
	}
}

// TestCanaryDamagedServed: a verification that skips findings is caught.
func TestCanaryDamagedServed(t *testing.T) {
	short(t, 0)
	t.Setenv(blindVariable, "1")
	if sum := damageChildren(t, 150); len(sum.Wrong) == 0 {
		t.Errorf("the harness did not notice: %+v", sum)
	} else {
		t.Logf("%d of %d went unnoticed: %.300s", len(sum.Wrong), sum.Tried, sum.Wrong[0])
	}
}

func damageChildren(t *testing.T, n int) damageSum {
	t.Helper()
	dir := faults.Memory(t)
	layRegisters(t, dir)
	const bunch = 1000
	var all damageSum
	for first := 0; first < n; first += bunch {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDamagedServed$", "-test.timeout=0")
		cmd.Env = append(os.Environ(), childVariable+"="+dir, fmt.Sprintf("%s=%d %d %d", damageVariable, *faultSeed, first, min(bunch, n-first)))
		out, err := cmd.CombinedOutput()
		last := ""
		lines := bufio.NewScanner(bytes.NewReader(out))
		lines.Buffer(nil, 16<<20)
		var sum damageSum
		done := false
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "damage "); ok {
				last = text
			} else if text, ok := strings.CutPrefix(lines.Text(), "sum "); ok {
				done = json.Unmarshal([]byte(text), &sum) == nil
			}
		}
		if err != nil || !done {
			sum.Wrong = append(sum.Wrong, fmt.Sprintf("the process died at damage %s: %v\n%s", last, err, out[max(0, len(out)-3000):]))
		}
		all.Tried, all.Refused, all.Found, all.Unused = all.Tried+sum.Tried, all.Refused+sum.Refused, all.Found+sum.Found, all.Unused+sum.Unused
		all.Earlier, all.Served, all.Wrong = all.Earlier+sum.Earlier, all.Served+sum.Served, append(all.Wrong, sum.Wrong...)
	}
	return all
}

// layRegisters puts a register that was closed, and one whose server was killed, in a directory.
func layRegisters(t *testing.T, dir string) {
	t.Helper()
	e := serve(t, t.TempDir())
	e.lives(11, 3)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		write(t, filepath.Join(dir, "killed.db"+suffix), string(must(os.ReadFile(e.path+suffix))(t)))
	}
	e.close()
	write(t, filepath.Join(dir, "closed.db"), string(must(os.ReadFile(e.path))(t)))
}

// spoilAll is what the child does.
func spoilAll(t *testing.T, dir string) {
	var seed uint64
	var first, n int
	if _, err := fmt.Sscan(os.Getenv(damageVariable), &seed, &first, &n); err != nil {
		t.Fatal(err)
	}
	s := &spoiled{t: t, path: filepath.Join(faults.Memory(t), "gongkai.db")}
	s.sound[0] = fileSet{"": must(os.ReadFile(filepath.Join(dir, "closed.db")))(t)}
	s.sound[1] = fileSet{}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		s.sound[1][suffix] = must(os.ReadFile(filepath.Join(dir, "killed.db"+suffix)))(t)
	}
	for i := range s.sound {
		s.place(s.sound[i])
		s.events[i] = wantClean(t, s.path).Events
		s.says[i] = must(dumpBeside(t.Context(), s.path))(t)
	}
	for i := first; i < first+n; i++ {
		fmt.Println("damage", i)
		s.one(rand.New(rand.NewPCG(seed, uint64(i))), damageKinds[i%len(damageKinds)], i)
	}
	text := must(json.Marshal(s.sum))(t)
	fmt.Println("sum", string(text))
}

func (s *spoiled) place(f fileSet) {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal", ".lock"} {
		if err := os.Remove(s.path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.t.Fatal(err)
		}
	}
	for suffix, data := range f {
		if err := os.WriteFile(s.path+suffix, data, 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *spoiled) one(rnd *rand.Rand, k damageKind, i int) {
	from := 0
	if k.log {
		from = 1
	}
	f := fileSet{}
	for suffix, data := range s.sound[from] {
		f[suffix] = bytes.Clone(data)
	}
	k.do(f, rnd)
	s.sum.Tried++
	if wrong := s.noticed(k, f, from, rnd); wrong != "" {
		s.sum.Wrong = append(s.sum.Wrong, fmt.Sprintf("damage %d (%s): %s", i, k.name, wrong))
	}
	if wrong := s.served(f); wrong != "" {
		s.sum.Wrong = append(s.sum.Wrong, fmt.Sprintf("damage %d (%s), served: %s", i, k.name, wrong))
	}
}

// noticed verifies files that were damaged: what it says is what is.
func (s *spoiled) noticed(k damageKind, f fileSet, from int, rnd *rand.Rand) string {
	s.place(f)
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	v, err := verifyFile(ctx, s.path)
	if ctx.Err() != nil {
		return "verifying takes more than 10 s"
	}
	if os.Getenv(blindVariable) != "" && rnd.IntN(2) == 0 {
		v.findings = nil
	}
	switch {
	case err != nil && err.Error() == "":
		return "refused without a word"
	case err != nil && k.whole, len(v.findings) > 0 && (k.whole || k.earlier):
		return fmt.Sprintf("nothing is lost, and yet: %v %v", err, v)
	case err != nil:
		s.sum.Refused++
	case len(v.findings) > 0:
		s.sum.Found++
	case k.earlier && v.Events < s.events[from]:
		s.sum.Earlier++
	default:
		s.sum.Unused++
		if text, err := dumpBeside(ctx, s.path); err != nil || text != s.says[from] {
			return fmt.Sprintf("unnoticed (%v): %s", err, firstDifference(s.says[from], text))
		}
	}
	return ""
}

// served opens damaged files as a server does, reads and writes: it may be refused, but must
// not take long.
func (s *spoiled) served(f fileSet) string {
	s.place(f)
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	store, err := gongkai.Open(ctx, s.path, gongkai.Options{Readers: 1})
	if err != nil {
		if ctx.Err() != nil {
			return "opening takes more than 10 s"
		}
		return ""
	}
	_ = store.View(ctx, func(r storage.Reader) error {
		list, err := r.Agencies("", 100)
		for _, a := range list {
			_, e1 := r.Applications(a.ID, storage.Query{Limit: 1000})
			_, e2 := r.Tally(a.ID, 2000, 2030)
			_, e3 := r.Events(a.ID, storage.AgencyObject(a.ID))
			err = errors.Join(err, e1, e2, e3)
		}
		return err
	})
	err = store.Update(ctx, "shi", func(w storage.Writer) error {
		return w.Record(storage.Event{Object: "object/1", Revision: 1, Action: "test", Facts: []byte("{}")})
	})
	_ = store.Close() // a damaged file may say so once more
	if err == nil {
		s.sum.Served++
	} else if strings.Contains(err.Error(), "panicked") {
		return err.Error()
	}
	if ctx.Err() != nil {
		return "serving takes more than 10 s"
	}
	return ""
}
