package faults_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

var (
	seed       = flag.Uint64("seed", 0, "seed of the faults and of what clients do; 0: a new one, which is printed")
	rounds     = flag.Int("rounds", 0, "faults in a test; 0: a few")
	operations = flag.Int("operations", 0, "what clients do in a test; 0: a few")
)

// program builds gongkaid once, as a user would, and tells where it is.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "gongkaid")
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", path, "gongkai/server/cmd/gongkaid").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building gongkaid: %w\n%s", err, out)
	}
	return path, nil
})

// scratch is where the program lies.
var scratch string

func TestMain(m *testing.M) {
	flag.Parse()
	if name := os.Getenv(variantVariable); name != "" {
		serveVariant(name, os.Args[len(os.Args)-3:])
		return
	}
	code, err := inScratch(func() int { return goleakless(m) })
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func inScratch(run func() int) (code int, err error) {
	if scratch, err = os.MkdirTemp("", "gongkai-faults-"); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	return run(), nil
}

// goleakless runs the tests and demands that no goroutine is left of them.
func goleakless(m *testing.M) int {
	code := m.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// random gives a test its source of chance and says how to have the same again.
func random(t *testing.T) *rand.Rand {
	t.Helper()
	s := *seed
	if s == 0 {
		s = rand.Uint64()
	}
	t.Logf("again with -run '^%s$' -seed %d", t.Name(), s)
	return rand.New(rand.NewPCG(s, 1))
}

// forked is a source of its own for one of several clients.
func forked(r *rand.Rand) *rand.Rand { return rand.New(rand.NewPCG(r.Uint64(), r.Uint64())) }

// count is how often something happens: as the flag says, or a few times.
func count(flag *int, few int) int {
	if *flag > 0 {
		return *flag
	}
	return few
}

// takesSeconds skips a test where only quick ones are wanted.
func takesSeconds(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("kills servers for seconds; run without -short")
	}
}
