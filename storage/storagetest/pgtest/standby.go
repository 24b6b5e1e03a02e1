package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// StartStandby gives a server that follows one of a test's own by streaming replication,
// and calls itself by a name there.
func StartStandby(t testing.TB, of *Server, name string) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "pgt") //nolint:usetesting // short, because the path of the socket in it must be
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{prefix: of.prefix, cluster: &cluster{bin: of.cluster.bin, dir: dir, port: of.cluster.port}}
	t.Cleanup(func() {
		s.forget()
		if err := s.cluster.remove(); err != nil {
			t.Errorf("remove the standby: %v", err)
		}
	})
	query := url.Values{"host": {dir}, "port": {s.cluster.port}, "user": {clusterUser}}
	s.base = url.URL{Scheme: "postgres", RawQuery: query.Encode()}
	s.Follow(t, of, name)
	return s
}

// Follow makes a server of the test's own anew, as a standby of another one: a former
// primary comes back so.
func (s *Server) Follow(t testing.TB, of *Server, name string) {
	t.Helper()
	s.forget()
	s.cluster.stop()
	if err := os.RemoveAll(s.cluster.data()); err != nil {
		t.Fatal(err)
	}
	copied, err := s.cluster.command(filepath.Join(s.cluster.bin, "pg_basebackup"), "-D", s.cluster.data(), "-R", "-X", "stream", "-c", "fast", "--no-sync",
		"-h", of.cluster.dir, "-p", of.cluster.port, "-U", clusterUser)
	if err == nil {
		var out []byte
		if out, err = copied.CombinedOutput(); err != nil {
			err = fmt.Errorf("pg_basebackup: %w\n%s", err, out)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	s.cluster.settings = slices.DeleteFunc(s.cluster.settings, func(v string) bool { return strings.HasPrefix(v, "cluster_name=") })
	s.cluster.settings = append(s.cluster.settings, "cluster_name="+name) // by which the primary knows it
	s.Restart(t)
}

// Promote makes a standby a primary.
func (s *Server) Promote(t testing.TB) {
	t.Helper()
	if err := s.Exec(context.Background(), "SELECT pg_promote(true, 60)"); err != nil {
		t.Fatalf("promote: %v", err)
	}
}

// Synchronize has a server answer a commit only once the standby of a name has it, or at
// once if the name is empty.
func (s *Server) Synchronize(t testing.TB, standby string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	err := s.Exec(ctx, "ALTER SYSTEM SET synchronous_standby_names = '"+standby+"'")
	if err == nil {
		err = s.Exec(ctx, "SELECT pg_reload_conf()")
	}
	for there := standby == ""; err == nil && !there; {
		err = s.scan(ctx, &there, "SELECT EXISTS (SELECT 1 FROM pg_stat_replication WHERE application_name = $1 AND sync_state = 'sync')", standby)
	}
	if err != nil {
		t.Fatalf("synchronize with %q: %v", standby, err)
	}
}

// Freeze stops a standby from receiving, until sever is called: then it receives nothing
// more, not even what is on its way.
func (s *Server) Freeze(t testing.TB) (sever func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	pid, tick := 0, time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for pid == 0 {
		if err := s.scan(ctx, &pid, "SELECT COALESCE(max(pid), 0) FROM pg_stat_wal_receiver"); err != nil {
			t.Fatalf("find the receiver: %v", err)
		}
		<-tick.C
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatalf("stop the receiver: %v", err)
	}
	return func() {
		for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGCONT} {
			if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
				t.Errorf("sever the receiver: %v", err)
			}
		}
	}
}

// scan reads one value as the server's administrator.
func (s *Server) scan(ctx context.Context, into any, query string, args ...any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	return c.QueryRow(ctx, query, args...).Scan(into)
}

// Either names a database of two servers, of which a connection takes the one that writes.
func Either(a, b *Server, dsn string) (string, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return "", err
	}
	q := u.Query()
	q.Set("host", a.cluster.dir+","+b.cluster.dir)
	q.Set("port", a.cluster.port+","+b.cluster.port)
	q.Set("target_session_attrs", "read-write")
	q.Set("connect_timeout", "2")
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// Shell runs a script as the user of a server of the test's own, in its directory, with the
// server's programs first on the path.
func (s *Server) Shell(t testing.TB, script string, env ...string) {
	t.Helper()
	cmd, err := s.cluster.command("sh", "-euc", script)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(cmd.Env, "PATH="+s.Programs()+":"+os.Getenv("PATH"))
	cmd.Env = append(cmd.Env, env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
}

// Programs is the directory of the programs of a server of the test's own.
func (s *Server) Programs() string { return s.cluster.bin }

// Dir is the directory of a server of the test's own.
func (s *Server) Dir() string { return s.cluster.dir }
