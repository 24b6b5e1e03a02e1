package transfer_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gongkai/storage"
	"gongkai/storage/storagetest/pgtest"
	"gongkai/storage/transfer"
)

// childVariable names what a child process copies: from, to.
const childVariable = "GONGKAI_COPY_CHILD"

var (
	kills = flag.Int("kills", 3, "copies to kill in the middle, each way")
	seed  = flag.Uint64("seed", uint64(time.Now().UnixNano()), "seed of what the tests choose")
)

// TestKilled kills copies in the middle, wherever they are. Each leaves either nothing,
// or a copy that nobody serves, or a whole one; and the next copy is whole.
func TestKilled(t *testing.T) {
	if ends := os.Getenv(childVariable); ends != "" {
		copyAndTell(t, strings.Split(ends, "|"))
		return
	}
	p := pgtest.Start(t)
	random := rand.New(rand.NewPCG(*seed, 1))
	t.Logf("seed %d", *seed)
	from := filepath.Join(t.TempDir(), "from.db")
	fill(t, from)
	there := create(t, p, "source")
	want, err := transfer.Copy(t.Context(), from, there, volatile)
	if err != nil {
		t.Fatal(err)
	}
	steps := killedAt(t, from, filepath.Join(t.TempDir(), "whole.db"), 1<<30)
	if steps < 10 {
		t.Fatalf("a copy told of %d steps only", steps)
	}
	for i := range *kills {
		for _, ends := range [][2]string{{from, create(t, p, fmt.Sprintf("killed_%d", i))}, {there, filepath.Join(t.TempDir(), "to.db")}} {
			at := random.IntN(steps)
			killedAt(t, ends[0], ends[1], at)
			if s, err := open(t.Context(), ends[1]); err == nil { // before it began, or after it ended
				whole := has(t, s, "west")
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				if at > 2 && at < steps-2 || whole != (at >= steps-2) {
					t.Errorf("killed at step %d of %d, it is served; whole: %v", at, steps, whole)
				}
				continue
			} else if !strings.Contains(err.Error(), "unfinished copy") {
				t.Errorf("killed at step %d of %d, it refuses: %v", at, steps, err)
			}
			got, err := transfer.Copy(t.Context(), ends[0], ends[1], volatile)
			if err != nil {
				t.Errorf("after a kill at step %d of %d: %v", at, steps, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("after a kill at step %d of %d, sums differ:\n%s", at, steps, diff)
			}
		}
	}
}

// has reports whether a register holds an agency.
func has(t testing.TB, s storage.Store, agency string) (found bool) {
	t.Helper()
	err := s.View(t.Context(), func(r storage.Reader) error {
		list, err := r.Agencies("", 10)
		for _, a := range list {
			found = found || a.ID == agency
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// copyAndTell copies, and waits at every step until it is told to go on.
func copyAndTell(t *testing.T, ends []string) {
	in := bufio.NewReader(os.Stdin)
	tell := func() {
		fmt.Println("step")
		_, _ = in.ReadString('\n') // the end of the input lets it run
	}
	o := volatile
	o.Progress = func(string, int64) { tell() }
	o.Verify = func(context.Context, storage.Viewer, func(context.Context) ([]string, error)) error {
		tell()
		return nil
	}
	tell()
	if _, err := transfer.Copy(context.Background(), ends[0], ends[1], o); err != nil {
		t.Fatal(err)
	}
	tell()
}

// killedAt copies in a child process that is killed at a step, and returns how many steps
// it told of.
func killedAt(t *testing.T, from, to string, step int) (steps int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), childVariable+"="+from+"|"+to)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said = append(said, lines.Text())
		if lines.Text() != "step" {
			continue
		}
		if steps == step {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		steps++
		fmt.Fprintln(in)
	}
	if err := cmd.Wait(); (err == nil) == (steps > step) {
		t.Fatalf("killed at step %d after %d: %v\n%s", step, steps, err, strings.Join(said, "\n"))
	}
	return steps
}
