package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// clusterUser owns everything in a cluster of the tests' own.
const clusterUser = "test"

// startTime bounds the start of a server, and its recovery after it was killed.
const startTime = 30 * time.Second

// guard runs a server until its standard input ends, which it does even if the process
// of the test is killed.
const guard = `exec 3<&0
"$@" 3<&- & server=$!
(read -r _ <&3; kill -QUIT $server) & reader=$!
wait $server; code=$?
kill $reader
exit $code`

// cluster is a data directory and the server on it.
type cluster struct {
	bin, dir, port string
	settings       []string
	stdin          io.Closer     // of the guard; nil: not running
	ended          chan struct{} // closed when the server has ended
}

// binaries finds the newest server on this machine.
func binaries() (dir string, err error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		return "", errors.New(howTo)
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // 0: not Debian's
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

// newCluster makes a data directory. Its path is short, because that of the socket in it
// must be.
func newCluster(bin string, settings []string) (*cluster, error) {
	dir, err := os.MkdirTemp("/tmp", "pgt")
	if err != nil {
		return nil, err
	}
	c := &cluster{bin: bin, dir: dir, port: "5432", settings: settings} // the port is part of the socket's name
	if slices.Contains(settings, Loopback) {
		if c.port, err = freePort(); err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
	initdb, err := c.command(filepath.Join(bin, "initdb"), "-D", c.data(), "-U", clusterUser, "-A", "trust", "-E", "UTF8",
		"--locale=C.UTF-8", "--no-sync", "--no-instructions")
	if err == nil {
		var out []byte
		if out, err = initdb.CombinedOutput(); err != nil {
			err = fmt.Errorf("initdb: %w\n%s", err, out)
		}
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return c, nil
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

// command runs a program as the user that PostgreSQL is willing to run as.
func (c *cluster) command(name string, args ...string) (*exec.Cmd, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = c.dir
	// One locale and no settings of the person who runs the tests.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC"}
	return cmd, unprivileged(cmd, c.dir)
}

func (c *cluster) start() error {
	args := []string{"-c", guard, "guard", filepath.Join(c.bin, "postgres"), "-D", c.data(), "-k", c.dir, "-p", c.port}
	for _, s := range slices.Concat([]string{"listen_addresses=", "max_connections=300", "timezone=UTC"}, c.settings) {
		args = append(args, "-c", s)
	}
	cmd, err := c.command("sh", args...)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(c.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the child has its own
	cmd.Stdout, cmd.Stderr = log, log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	c.stdin, c.ended = stdin, ended
	go func() {
		_ = cmd.Wait() // its exit code is that of a server that was told to quit
		close(ended)
	}()
	return nil
}

// stop ends the server at once, as a power cut would, but for what the system keeps.
func (c *cluster) stop() {
	if c.stdin == nil {
		return
	}
	_ = c.stdin.Close()
	<-c.ended
	c.stdin = nil
}

func (c *cluster) remove() error {
	c.stop()
	return os.RemoveAll(c.dir)
}

// pid is the process id of the server.
func (c *cluster) pid() (int, error) {
	text, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(first)
}

// Kill kills the server with SIGKILL; its backends notice and end. Only a server of the
// test's own can be killed.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	pid, err := s.cluster.pid()
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGKILL)
	}
	if err != nil {
		t.Errorf("kill the server: %v", err)
	}
}

// KillBackend kills one backend of a server of the test's own with SIGKILL. The server
// then ends all the others and recovers.
func (s *Server) KillBackend(t testing.TB, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Errorf("kill backend %d: %v", pid, err)
	}
}

// Restart starts a server of the test's own, again if it runs or was killed, and waits
// until it answers. Backends of a killed server keep a new one from starting until they
// have noticed.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	s.cluster.stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := s.cluster.start(); err != nil {
			t.Fatalf("start the server: %v", err)
		}
		if s.answers(ctx, tick) {
			return
		}
		if ctx.Err() != nil {
			log, _ := os.ReadFile(filepath.Join(s.cluster.dir, "log"))
			t.Fatalf("the server does not answer:\n%s", log)
		}
		s.cluster.stop()
		<-tick.C
	}
}

// Await waits until a server of the test's own answers, which it does not while it
// recovers.
func (s *Server) Await(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	if !s.answers(ctx, tick) {
		t.Fatal("the server does not answer")
	}
}

// answers waits until the server answers; false if it ended or the time is up.
func (s *Server) answers(ctx context.Context, tick *time.Ticker) bool {
	for {
		if s.Exec(ctx, "SELECT 1") == nil {
			return true
		}
		select {
		case <-tick.C:
		case <-s.cluster.ended:
			return false
		case <-ctx.Done():
			return false
		}
	}
}
