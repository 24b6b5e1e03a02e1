package faults_test

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// today is the day of every server here.
const today = "2026-06-30"

// startTime bounds a start, with the recovery of the database.
const startTime = 60 * time.Second

// process is gongkaid in a process of its own, which a test ends and starts again.
type process struct {
	t        testing.TB
	variant  string // broken in a way that a test must find out; empty: the program itself
	data     string
	database string // of PostgreSQL; empty: a file in data
	address  string

	mu     sync.Mutex
	cmd    *exec.Cmd
	stderr bytes.Buffer
}

// serve starts a server for the time of a test.
func serve(t testing.TB, variant, database string) *process {
	t.Helper()
	s := newProcess(t, variant, database)
	s.start()
	return s
}

// newProcess prepares a server that has not started.
func newProcess(t testing.TB, variant, database string) *process {
	t.Helper()
	s := &process{t: t, variant: variant, database: database, data: t.TempDir(), address: "127.0.0.1:0"}
	t.Cleanup(func() {
		if s.cmd != nil {
			s.signal(syscall.SIGKILL)
		}
		if t.Failed() {
			said := s.stderr.String()
			t.Logf("the server said, at the end:\n%s", said[max(0, len(said)-2000):])
		}
	})
	return s
}

// command is how the server is started.
func (s *process) command() *exec.Cmd {
	if s.variant != "" {
		cmd := exec.Command(os.Args[0], s.data, s.address, s.database)
		cmd.Env = append(os.Environ(), variantVariable+"="+s.variant)
		return cmd
	}
	path, err := program()
	if err != nil {
		s.t.Fatal(err)
	}
	args := []string{"serve", "--data", s.data, "--listen", s.address, "--today", today}
	if s.database != "" {
		args = append(args, "--database", s.database)
	}
	return exec.Command(path, args...)
}

// start starts the server and waits until it answers, on the same address as before.
func (s *process) start() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	cmd := s.command()
	cmd.Stderr = &s.stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	late := time.AfterFunc(startTime, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	line, err := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "serving ")
	if err != nil || !ok {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		s.t.Fatalf("the server said %q (%v):\n%s", line, err, s.stderr.String())
	}
	s.address, s.cmd = address, cmd
}

// signal ends the server and waits until it has; of SIGTERM it must end well.
func (s *process) signal(signal syscall.Signal) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Errorf("signal the server: %v", err)
	}
	err := s.cmd.Wait()
	if signal == syscall.SIGTERM && err != nil {
		s.t.Errorf("the server ended with %v:\n%s", err, s.stderr.String())
	}
	s.cmd = nil
}

// kill ends the server as a crash would, and starts it again.
func (s *process) kill() {
	s.t.Helper()
	s.signal(syscall.SIGKILL)
	s.start()
}

// token is that of the first administrator.
func (s *process) token() string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.data, "admin.token"))
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}
