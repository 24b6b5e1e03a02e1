// Package pgtest gives tests a PostgreSQL: a throw-away cluster made with the binaries of
// this machine, or the server that GONGKAI_TEST_POSTGRES names. It knows neither the store
// nor its tables; whoever wants them makes a template and clones it.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Variable names a server whose user may create databases, as a URL. Its databases whose
// names begin with gongkai_test_ are the tests' own.
const Variable = "GONGKAI_TEST_POSTGRES"

// Loopback is a setting for StartOwn: the server listens on a free port of 127.0.0.1, too.
const Loopback = "listen_addresses=127.0.0.1"

const howTo = "PostgreSQL is missing: install it (apt-get install postgresql), or set " + Variable +
	"=postgres://user@host/postgres to a server whose user may create databases"

// Server is a running PostgreSQL.
type Server struct {
	base    url.URL
	prefix  string
	cluster *cluster // nil: somebody else's

	mu    sync.Mutex // one database is made at a time
	admin *pgx.Conn
	made  []string
}

// Start gives a server for the time of a test. Without one the test is skipped, in CI it
// fails. It does not keep what it acknowledges: fsync is off.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{prefix: fmt.Sprintf("gongkai_test_%d_", os.Getpid())}
	if dsn := os.Getenv(Variable); dsn != "" {
		u, err := url.Parse(dsn)
		if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
			t.Fatalf("%s is no URL of the form postgres://user@host/postgres", Variable)
		}
		s.base = *u
		t.Cleanup(func() { s.drop(t) })
		return s
	}
	s.own(t, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "deadlock_timeout=50ms")
	return s
}

// StartOwn gives a cluster of the test's own, with settings in the form name=value, which
// it may kill. It keeps what it acknowledges unless they say otherwise.
func StartOwn(t testing.TB, settings ...string) *Server {
	t.Helper()
	s := &Server{prefix: "gongkai_test_"}
	s.own(t, settings...)
	return s
}

// own makes a cluster and starts it.
func (s *Server) own(t testing.TB, settings ...string) {
	t.Helper()
	bin, err := binaries()
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	} else if err != nil {
		t.Skip(err)
	}
	if s.cluster, err = newCluster(bin, settings); err != nil {
		t.Fatalf("make a cluster: %v", err)
	}
	t.Cleanup(func() {
		s.forget()
		if err := s.cluster.remove(); err != nil {
			t.Errorf("remove the cluster: %v", err)
		}
	})
	query := url.Values{"host": {s.cluster.dir}, "port": {s.cluster.port}, "user": {clusterUser}}
	s.base = url.URL{Scheme: "postgres", RawQuery: query.Encode()}
	s.Restart(t)
}

// DSN names a database of the server.
func (s *Server) DSN(database string) string {
	u := s.base
	u.Path = "/" + database
	return u.String()
}

// Address is where a server that was started with Loopback listens.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", s.cluster.port) }

// Create makes an empty database unless it is there, and names it.
func (s *Server) Create(ctx context.Context, name string) (dsn string, err error) {
	return s.make(ctx, name, "template0")
}

// Clone makes a database as a copy of one that was made before and that nobody is
// connected to, unless it is there, and names it.
func (s *Server) Clone(ctx context.Context, template, name string) (dsn string, err error) {
	return s.make(ctx, name, s.prefix+template)
}

func (s *Server) make(ctx context.Context, name, template string) (dsn string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name = s.prefix + name
	c, err := s.connect(ctx)
	if err != nil {
		return "", err
	}
	var there bool
	if err := c.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil || there {
		return s.DSN(name), err
	}
	s.made = append(s.made, name)
	_, err = c.Exec(ctx, "CREATE DATABASE "+quoted(name)+" TEMPLATE "+quoted(template)+" ENCODING 'UTF8'")
	if err != nil {
		return "", fmt.Errorf("create database %s: %w", name, err)
	}
	return s.DSN(name), nil
}

// Exec runs a statement as the server's administrator.
func (s *Server) Exec(ctx context.Context, statement string, args ...any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	if _, err := c.Exec(ctx, statement, args...); err != nil {
		return fmt.Errorf("execute %q: %w", statement, err)
	}
	return nil
}

// Backends lists the processes that serve a database, but for those of the tests' own.
func (s *Server) Backends(ctx context.Context, dsn string) (pids []int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, err
	}
	rows, err := c.Query(ctx, "SELECT pid FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()", strings.TrimPrefix(u.Path, "/"))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int])
}

// Waiting waits until a backend waits for an event, and returns its process id.
func (s *Server) Waiting(ctx context.Context, event string) (pid int, err error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.connect(ctx)
	if err != nil {
		return 0, err
	}
	for err = pgx.ErrNoRows; errors.Is(err, pgx.ErrNoRows); {
		err = c.QueryRow(ctx, "SELECT pid FROM pg_stat_activity WHERE wait_event = $1", event).Scan(&pid)
	}
	return pid, err
}

// Deadlocks counts those that the server had to break in a database.
func (s *Server) Deadlocks(ctx context.Context, dsn string) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.connect(ctx)
	if err != nil {
		return 0, err
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return 0, err
	}
	err = c.QueryRow(ctx, "SELECT deadlocks FROM pg_stat_database WHERE datname = $1", strings.TrimPrefix(u.Path, "/")).Scan(&n)
	return n, err
}

// connect returns the administrator's connection, a new one if it broke. s.mu is held.
func (s *Server) connect(ctx context.Context) (*pgx.Conn, error) {
	if s.admin != nil && s.admin.Ping(ctx) == nil {
		return s.admin, nil
	}
	dsn := s.base.String()
	if s.cluster != nil {
		dsn = s.DSN("postgres")
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("connect to the test server: %w", err)
	}
	config.RuntimeParams["synchronous_commit"] = "local" // whatever standby the store waits for
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to the test server: %w", err)
	}
	s.admin = c
	return c, nil
}

// forget closes the administrator's connection.
func (s *Server) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.admin != nil {
		_ = s.admin.Close(context.Background()) // nothing rests on it
		s.admin = nil
	}
}

// drop removes what was made on somebody else's server.
func (s *Server) drop(t testing.TB) {
	var errs []error
	for _, name := range s.made {
		errs = append(errs, s.Exec(context.Background(), "DROP DATABASE IF EXISTS "+quoted(name)+" WITH (FORCE)"))
	}
	s.forget()
	if err := errors.Join(errs...); err != nil {
		t.Errorf("drop the databases of the test: %v", err)
	}
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }
