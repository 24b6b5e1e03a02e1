// Package faults takes the ground away under a store: disks that lose power, fill up, turn
// read-only or grow slow, and the files that may be left where a machine stopped between
// two writes. It knows files and directories only: what must have survived is for the
// tests that use it to say.
//
// Mounting needs root on Linux. What cannot be had is skipped with a line that says how to
// get it; where CI is set that is a failure, because nobody reads what was skipped there.
package faults

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// Disk is a directory that can lose power.
type Disk interface {
	// Dir is where a program works. No test touches it while a program does.
	Dir() string
	// Cut takes the power: what is not durable by now is lost. Programs that still run there
	// must be killed before Restore.
	Cut() error
	// Restore gives the power back and returns where what survived can be looked at by this
	// process, until Mount.
	Restore() (string, error)
	// Mount brings Dir back.
	Mount() error
	// Close gives everything back.
	Close() error
}

// Skip skips a test for want of something, or fails it where CI is set.
func Skip(t testing.TB, what, remedy string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing here, and CI must not skip: %s", what, remedy)
	}
	t.Skipf("skipped: %s is missing; %s", what, remedy)
}

// NeedRoot skips a test that mounts unless root runs it.
func NeedRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		Skip(t, "root", "mounting needs it: run the test binary with sudo, or in a container with --privileged")
	}
}

// NeedCommand skips a test that runs a program of the system unless it is installed.
func NeedCommand(t testing.TB, name, pkg string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		Skip(t, "the command "+name, "apt-get install "+pkg)
	}
}

// Memory makes a directory in memory, where the system has one: what is tested there does
// not wait for the disk of the machine.
func Memory(t testing.TB) string {
	t.Helper()
	base := "/dev/shm"
	if info, err := os.Stat(base); err != nil || !info.IsDir() {
		base = ""
	}
	dir, err := os.MkdirTemp(base, "gongkai-*") //nolint:usetesting // it lies in memory, not where temporary files lie
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// run runs a program of the system and says what it complained of.
func run(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %v: %w: %s", name, args, err, out)
	}
	return nil
}

// Plain is a directory whose power stays on: killing the program is the only fault.
type Plain struct{ dir string }

// NewPlain makes a directory that loses nothing.
func NewPlain(dir string) *Plain { return &Plain{dir} }

// Dir is Disk.
func (p *Plain) Dir() string { return p.dir }

// Cut is Disk.
func (*Plain) Cut() error { return nil }

// Restore is Disk.
func (p *Plain) Restore() (string, error) { return p.dir, nil }

// Mount is Disk.
func (*Plain) Mount() error { return nil }

// Close is Disk.
func (*Plain) Close() error { return nil }

// empty removes what lies in a directory.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(dir+"/"+e.Name()))
	}
	return err
}
