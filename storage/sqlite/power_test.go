//go:build linux

package sqlite_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gongkai/storage"
	"gongkai/storage/blob"
	"gongkai/storage/sqlite"
	"gongkai/storage/storagetest/faults"
)

var cuts = flag.Int("cuts", 0, "how often the power is cut, the server killed or the disk filled; 0: a few times")

// epoch is how many rounds one register lives: after that a fresh one begins, so that a
// long run does not look at the same rows for ever.
const epoch = 20

// toll is what became of many cuts under load.
type toll struct {
	rounds, acknowledged, unknown, kept int
	lost, doubled, found                int
	slowest                             time.Duration // until the server was ready again
	first                               string
}

func (s *toll) bad() int { return s.lost + s.doubled + s.found }

func (s *toll) String() string {
	return fmt.Sprintf("%d rounds: %d calls acknowledged, %d of unknown outcome of which %d had been kept; %d lost, %d doubled, %d findings; ready again after at most %v%s",
		s.rounds, s.acknowledged, s.unknown, s.kept, s.lost, s.doubled, s.found, s.slowest.Round(time.Millisecond), s.first)
}

func (s *toll) tell(format string, args ...any) {
	if s.first == "" {
		text := fmt.Sprintf(format, args...)
		s.first = "; first: " + text[:min(len(text), 1500)]
	}
}

// cutUnderLoad serves on a disk and cuts its power n times under load, or kills the server
// only, where the disk is plain. After each time the register is verified and holds all that
// was acknowledged before; the server is started on it again, and each call is sent again.
func cutUnderLoad(t *testing.T, disk faults.Disk, seed uint64, n int, start starter) *toll {
	t.Helper()
	sum := &toll{}
	for sum.rounds < n && sum.bad() == 0 {
		l := newTraffic(seed + uint64(sum.rounds))
		for range min(epoch, n-sum.rounds) {
			if cutOnce(t, disk, l, sum, start); sum.bad() > 0 {
				break
			}
		}
		if sum.bad() == 0 {
			wipe(t, disk)
		}
	}
	return sum
}

func cutOnce(t *testing.T, disk faults.Disk, l *traffic, sum *toll, start starter) {
	t.Helper()
	began := time.Now()
	c := start(t, disk.Dir())
	if l.begun {
		sum.slowest = max(sum.slowest, time.Since(began))
	}
	l.connect(t, c, disk.Dir())
	l.again(sum)
	stop := l.run()
	if err := l.await(50 + l.rnd.IntN(60)); err != nil {
		sum.found++
		sum.tell("%v", err)
	}
	l.freeze() // what is acknowledged later may be lost
	if err := disk.Cut(); err != nil {
		t.Fatalf("cut the power: %v", err)
	}
	c.kill()
	stop()
	where, err := disk.Restore()
	if err != nil {
		t.Fatalf("restore the disk: %v", err)
	}
	sum.rounds++
	sum.unknown += len(l.open)
	l.check(t, filepath.Join(where, "gongkai.db"), sum)
	if err := disk.Mount(); err != nil {
		t.Fatalf("mount the disk: %v", err)
	}
}

// wipe begins anew on a disk.
func wipe(t *testing.T, disk faults.Disk) {
	t.Helper()
	entries, err := os.ReadDir(disk.Dir())
	for _, e := range entries {
		if err == nil {
			err = os.RemoveAll(filepath.Join(disk.Dir(), e.Name()))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// check looks at what is left: each acknowledged call is there once, and the register agrees
// with its own history.
func (l *traffic) check(t *testing.T, path string, sum *toll) {
	t.Helper()
	v, err := verifyFile(t.Context(), path)
	for range 5 { // a busy machine is no finding
		if !errors.Is(err, context.DeadlineExceeded) {
			break
		}
		v, err = verifyFile(t.Context(), path)
	}
	if err != nil {
		sum.found++
		sum.tell("verifying: %v", err)
		return
	}
	if n := len(v.findings); n > 0 {
		sum.found += n
		sum.tell("%v", v)
	}
	store, err := sqlite.OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer store.Close()
	contents := must(blob.OpenDir(blob.Beside(path), time.Now))(t)
	defer contents.Close()
	l.wasKept(t, store, sum)
	calls := l.frozen()
	sum.acknowledged += len(calls) - l.checked
	l.checked = len(calls)
	names := map[string]string{} // object of the history → name in the answers
	for len(calls) > 0 {
		page := calls[:min(500, len(calls))]
		calls = calls[len(page):]
		err := store.View(t.Context(), func(r storage.Reader) error {
			for _, c := range page {
				e, err := r.EventByRequest(agencyOfLoad, c.id)
				if err != nil {
					sum.lost++
					sum.tell("%s was acknowledged as %s and is lost: %v", c.id, c.name, err)
					continue
				}
				if before, ok := names[e.Object]; ok && (c.creates || before != c.name) {
					sum.doubled++
					sum.tell("%s was acknowledged as %s and is %s, which is %s", c.id, c.name, e.Object, before)
				}
				names[e.Object] = c.name
				if c.content != nil {
					if err := blob.Check(t.Context(), contents, *c.content); err != nil {
						sum.lost++
						sum.tell("the content of %s was acknowledged: %v", c.name, err)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatalf("view: %v", err)
		}
	}
}

// wasKept counts the calls of unknown outcome that had come true.
func (l *traffic) wasKept(t *testing.T, store *sqlite.ReadOnly, sum *toll) {
	t.Helper()
	err := store.View(t.Context(), func(r storage.Reader) error {
		for _, c := range l.open {
			if _, err := r.EventByRequest(agencyOfLoad, c.id); err == nil {
				sum.kept++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("view: %v", err)
	}
}

// short is how many rounds a test takes unless it is told.
func short(t *testing.T, n int) int {
	t.Helper()
	if testing.Short() {
		t.Skip("takes some seconds; run without -short")
	}
	if *cuts > 0 {
		return *cuts
	}
	return n
}

func wantNothingLost(t *testing.T, sum *toll) {
	t.Helper()
	t.Logf("seed %d: %v", *faultSeed, sum)
	if sum.bad() > 0 {
		t.Errorf("again: go test ./storage/sqlite -run '^%s$' -seed %d -cuts %d\n%v", t.Name(), *faultSeed, sum.rounds, sum)
	}
	if sum.acknowledged < 40*sum.rounds || sum.unknown == 0 {
		t.Errorf("too little happened to show anything: %v", sum)
	}
	if sum.slowest > 5*time.Second {
		t.Errorf("the server was ready after %v, 5 s are allowed", sum.slowest)
	}
}

// TestKilledServer kills the program under load with SIGKILL.
func TestKilledServer(t *testing.T) {
	n := short(t, 12)
	wantNothingLost(t, cutUnderLoad(t, plainDisk(t), *faultSeed, n, program(t)))
}

// TestPowerCutExt4 cuts the power of a real file system under the program.
func TestPowerCutExt4(t *testing.T) {
	n := short(t, 12)
	wantNothingLost(t, cutUnderLoad(t, ext4Disk(t), *faultSeed, n, program(t)))
}

// TestPowerCutFuse cuts the power of a file system that keeps nothing but what was synced.
func TestPowerCutFuse(t *testing.T) {
	n := short(t, 12)
	wantNothingLost(t, cutUnderLoad(t, fuseDisk(t), *faultSeed, n, program(t)))
}

// wrongStores are what the cuts must notice, by the disk that shows it.
var wrongStores = []struct {
	wrongStore
	on   string
	disk func(testing.TB) faults.Disk
	most int // rounds within which it must be noticed
}{
	{halved, "a plain disk", plainDisk, 60},
	{hasty, "a plain disk", plainDisk, 20},
	{normal, "ext4", ext4Disk, 20},
	{hasty, "ext4", ext4Disk, 20},
	{normal, "FUSE", fuseDisk, 20},
	{off, "FUSE", fuseDisk, 20},
	{late, "FUSE", fuseDisk, 20},
}

func plainDisk(t testing.TB) faults.Disk { return faults.NewPlain(t.TempDir()) }
func ext4Disk(t testing.TB) faults.Disk  { return faults.NewExt4(t, 256) }
func fuseDisk(t testing.TB) faults.Disk  { return faults.NewFuse(t) }

// TestCanaryCuts: the same server on wrong stores is caught. It is this program, because the
// real one cannot open such a store.
func TestCanaryCuts(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds; run without -short")
	}
	if dir := os.Getenv(childVariable); dir != "" {
		serveWrong(t, dir, os.Getenv(canaryVariable))
		return
	}
	for _, w := range wrongStores {
		t.Run(w.name+" on "+w.on, func(t *testing.T) {
			sum := cutUnderLoad(t, w.disk(t), *faultSeed, w.most, thisProgram(w.name))
			t.Log(sum)
			if sum.bad() == 0 {
				t.Errorf("the harness did not notice: %v", sum)
			}
		})
	}
}

// TestFirstStartPowerCut: whoever was told that the service is up can get in after the cut.
func TestFirstStartPowerCut(t *testing.T) {
	for range short(t, 3) {
		disk := faults.NewFuse(t)
		c := program(t)(t, disk.Dir())
		if err := disk.Cut(); err != nil {
			t.Fatal(err)
		}
		c.kill()
		where := must(disk.Restore())(t)
		token := must(os.ReadFile(filepath.Join(where, "admin.token")))(t)
		if len(token) < 20 {
			t.Errorf("the administrator's token is %q", token)
		}
		wantClean(t, filepath.Join(where, "gongkai.db"))
		if err := disk.Mount(); err != nil {
			t.Fatal(err)
		}
		c = program(t)(t, disk.Dir())
		newTraffic(1).connect(t, c, disk.Dir())
		c.kill()
		if err := disk.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
