//go:build linux

package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gongkai/storage"
	"gongkai/storage/sqlite"
)

// childVariable names the directory in which a child process works.
const childVariable = "GONGKAI_STORE_CHILD"

// child starts a test of this program in a process of its own.
func child(t *testing.T, test, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+test+"$")
	cmd.Env = append(os.Environ(), childVariable+"="+dir)
	return cmd
}

// TestKill kills a process under load: each update that it reported is there.
func TestKill(t *testing.T) {
	if dir := os.Getenv(childVariable); dir != "" {
		work(t, dir, nil)
		return
	}
	dir := t.TempDir()
	s, err := open(t.Context(), dir)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	addEast(t, s)
	if err := s.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	var acknowledged []string
	for range 5 {
		acknowledged = append(acknowledged, killedAfter(t, dir, 200)...)
		s, err := open(t.Context(), dir)
		if err != nil {
			t.Fatalf("open after the kill: %v", err)
		}
		checkNumbers(t, s, acknowledged)
		if err := s.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
	}
}

// work logs applications for ever and prints the number of each that was acknowledged.
func work(t *testing.T, dir string, onError func(error)) {
	s, err := open(context.Background(), dir)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for {
				no, err := logOne(s)
				if err != nil {
					if onError != nil {
						onError(err)
					}
					return
				}
				fmt.Println("number", no)
			}
		})
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// killedAfter runs a child until it acknowledged n updates, kills it, and returns all
// that it acknowledged.
func killedAfter(t *testing.T, dir string, n int) []string {
	t.Helper()
	cmd := child(t, "TestKill", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := numbersOf(bufio.NewScanner(out), func(count int) {
		if count == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Errorf("kill: %v", err)
			}
		}
	})
	if err := cmd.Wait(); err == nil {
		t.Error("the child ended of itself")
	}
	if len(acknowledged) < n {
		t.Fatalf("the child acknowledged %d updates, want %d", len(acknowledged), n)
	}
	return acknowledged
}

// numbersOf collects the numbers that a child printed in whole lines.
func numbersOf(lines *bufio.Scanner, each func(int)) (numbers []string) {
	for lines.Scan() {
		if no, ok := strings.CutPrefix(lines.Text(), "number "); ok && len(no) == len("2026-00001") {
			numbers = append(numbers, no)
			each(len(numbers))
		}
	}
	return numbers
}

func checkNumbers(t *testing.T, s storage.Store, acknowledged []string) {
	t.Helper()
	seen := map[string]bool{}
	for _, no := range acknowledged {
		if seen[no] {
			t.Errorf("%s was given twice", no)
		}
		seen[no] = true
	}
	err := s.View(context.Background(), func(r storage.Reader) error {
		for _, no := range acknowledged {
			if _, err := r.ApplicationByNumber("east", no); err != nil {
				t.Errorf("acknowledged: %v", err)
			}
		}
		return nil
	})
	if err != nil {
		t.Errorf("view: %v", err)
	}
}

// TestFileLimit runs a child against a limit of the file size: writes are refused,
// nothing acknowledged is lost, and once there is room again the same store goes on.
func TestFileLimit(t *testing.T) {
	if dir := os.Getenv(childVariable); dir != "" {
		limited(t, dir)
		return
	}
	dir := t.TempDir()
	s, err := open(t.Context(), dir)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	addEast(t, s)
	if err := s.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	out, err := child(t, "TestFileLimit", dir).CombinedOutput()
	if err != nil {
		t.Fatalf("child: %v\n%s", err, out)
	}
	acknowledged := numbersOf(bufio.NewScanner(strings.NewReader(string(out))), func(int) {})
	if len(acknowledged) < 10 || !strings.Contains(string(out), "went on") {
		t.Fatalf("the child acknowledged %d updates:\n%s", len(acknowledged), out)
	}
	if s, err = open(t.Context(), dir); err != nil {
		t.Fatalf("open: %v", err)
	}
	checkNumbers(t, s, acknowledged)
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func limited(t *testing.T, dir string) {
	signal.Ignore(syscall.SIGXFSZ)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	s, err := open(t.Context(), dir)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 20, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	for err = nil; err == nil; {
		var no string
		if no, err = logOne(s); err == nil {
			fmt.Println("number", no)
		}
	}
	if !errors.Is(err, storage.ErrFull) && !errors.Is(err, storage.ErrOutcomeUnknown) {
		t.Errorf("error %v at the limit", err)
	}
	if err := s.View(t.Context(), func(r storage.Reader) error { _, err := r.Agency("east"); return err }); err != nil {
		t.Errorf("reading at the limit: %v", err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	no, err := logOne(s)
	if err != nil {
		t.Fatalf("with room again: %v", err)
	}
	fmt.Println("number", no)
	fmt.Println("went on")
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// TestSecondProcess: a file that is open is refused, in this process and in another.
func TestSecondProcess(t *testing.T) {
	if dir := os.Getenv(childVariable); dir != "" {
		_, err := open(t.Context(), dir)
		fmt.Println("refused:", err)
		return
	}
	dir := t.TempDir()
	s, err := open(t.Context(), dir)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	if _, err := open(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "another process has it open") {
		t.Errorf("second open in one process: %v", err)
	}
	out, err := child(t, "TestSecondProcess", dir).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "another process has it open") {
		t.Errorf("second process: %v\n%s", err, out)
	}
	if err := s.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	if s, err = open(t.Context(), dir); err != nil {
		t.Fatalf("open after the close: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// TestStrangeFiles: what is no register, or one of a later program, is refused.
func TestStrangeFiles(t *testing.T) {
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign.db")
	if err := os.WriteFile(foreign, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), foreign, sqlite.Options{}); err == nil {
		t.Error("a foreign file was opened")
	}
	later := filepath.Join(dir, "数据 #1%.db")
	s, err := sqlite.Open(t.Context(), later, sqlite.Options{})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	if info, err := os.Stat(later); err != nil {
		t.Errorf("the file has another name: %v", err)
	} else if info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the file: mode %v", info.Mode())
	}
	db := bare(t, later)
	if _, err := db.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), later, sqlite.Options{}); err == nil || !strings.Contains(err.Error(), "newer program") {
		t.Errorf("the schema of a later program: %v", err)
	}
}

// TestViewEnds: a view that takes too long loses its transaction, not its connection's
// place in the pool.
func TestViewEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes the five seconds that it tests; run without -short")
	}
	t.Parallel()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "register.db"), sqlite.Options{Readers: 1})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	addEast(t, s)
	err = s.View(t.Context(), func(r storage.Reader) error {
		if _, err := r.Agency("east"); err != nil {
			return err
		}
		<-time.After(5500 * time.Millisecond)
		_, err := r.Agency("east")
		return err
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a view of more than five seconds: %v", err)
	}
	if err := s.View(t.Context(), func(r storage.Reader) error { _, err := r.Agency("east"); return err }); err != nil {
		t.Errorf("the next view: %v", err)
	}
}
