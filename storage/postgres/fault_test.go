package postgres_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"gongkai/storage"
	"gongkai/storage/internal/sqlstore"
	"gongkai/storage/postgres"
	"gongkai/storage/storagetest/pgtest"
)

// logOnce stores an application under a request id as the service does: whoever repeats
// the request is told what came of it.
func logOnce(t testing.TB, s storage.Store, request string) (object string, err error) {
	hash := sha256.Sum256([]byte(request))
	err = s.Update(context.Background(), "east", func(w storage.Writer) error {
		e, err := w.EventByRequest("east", request)
		if err == nil {
			object = e.Object
			return nil
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		a := received(t)
		if err := insert(w, a, storage.Event{Revision: 1, RequestID: request, RequestHash: hash[:]}); err != nil {
			return err
		}
		object = storage.ApplicationObject(a.ID)
		return nil
	})
	return object, err
}

// load is clients that log applications and repeat what has no clear outcome.
type load struct {
	t       testing.TB
	store   storage.Store
	stop    chan struct{}
	end     func()
	clients sync.WaitGroup
	logged  atomic.Int64
	unknown atomic.Int64
	refused atomic.Int64

	mu           sync.Mutex
	acknowledged map[string]string // request → object
}

func startLoad(t testing.TB, s storage.Store, clients int) *load {
	l := &load{t: t, store: s, stop: make(chan struct{}), acknowledged: map[string]string{}}
	l.end = sync.OnceFunc(func() {
		close(l.stop)
		l.clients.Wait()
	})
	t.Cleanup(l.end)
	for i := range clients {
		l.clients.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-l.stop:
					return
				default:
					if !l.log(fmt.Sprintf("%d-%d", i, n)) {
						return
					}
				}
			}
		})
	}
	return l
}

// log logs one application, again until it is acknowledged; any error that should not be
// ends the client.
func (l *load) log(request string) bool {
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for {
		object, err := logOnce(l.t, l.store, request)
		switch {
		case err == nil:
			l.mu.Lock()
			l.acknowledged[request] = object
			l.mu.Unlock()
			l.logged.Add(1)
			return true
		case errors.Is(err, storage.ErrOutcomeUnknown):
			l.unknown.Add(1)
		case errors.Is(err, storage.ErrFull), errors.Is(err, storage.ErrBusy), errors.Is(err, storage.ErrUnreachable):
			l.refused.Add(1)
		default:
			l.t.Errorf("request %s: %v", request, err)
			return false
		}
		<-pause.C
	}
}

// await waits until n more applications were acknowledged.
func (l *load) await(n int64) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for until := l.logged.Load() + n; l.logged.Load() < until && !l.t.Failed(); {
		<-tick.C
	}
}

// check ends the load and compares what is stored with what was acknowledged: each
// request once, numbers and events without gaps.
func (l *load) check() {
	l.t.Helper()
	l.end()
	l.t.Logf("%d acknowledged, %d unknown and %d refused on the way", l.logged.Load(), l.unknown.Load(), l.refused.Load())
	h := &hammer{t: l.t, stores: []storage.Store{l.store}}
	g := &agency{id: "east"}
	g.inserted.Store(l.logged.Load())
	h.agencies = append(h.agencies, g)
	h.check()
	h.report()
	objects := map[string]bool{}
	err := l.store.View(context.Background(), func(r storage.Reader) error {
		for request, object := range l.acknowledged {
			e, err := r.EventByRequest("east", request)
			if err != nil || e.Object != object || objects[object] {
				l.t.Errorf("request %s was answered with %s, is stored as %q (%v), doubled: %v", request, object, e.Object, err, objects[object])
			}
			objects[object] = true
		}
		return nil
	})
	if err != nil {
		l.t.Errorf("view: %v", err)
	}
}

// TestKilled kills connections, backends and the whole server under load.
func TestKilled(t *testing.T) {
	p := pgtest.StartOwn(t)
	prepare(t, p)
	rounds := 5
	if testing.Short() {
		rounds = 2
	}
	backend := func(t *testing.T, dsn string, n int) (pid int) {
		pids, err := p.Backends(t.Context(), dsn)
		if err != nil || len(pids) == 0 {
			t.Fatalf("backends %v: %v", pids, err)
		}
		return pids[n%len(pids)]
	}
	tests := []struct {
		name string
		kill func(t *testing.T, dsn string, n int)
	}{
		{"connections are terminated", func(t *testing.T, dsn string, _ int) {
			pids, err := p.Backends(t.Context(), dsn)
			for _, pid := range pids {
				err = errors.Join(err, p.Exec(t.Context(), "SELECT pg_terminate_backend($1)", pid))
			}
			if err != nil {
				t.Fatal(err)
			}
		}},
		{"a backend is killed", func(t *testing.T, dsn string, n int) {
			p.KillBackend(t, backend(t, dsn, n))
			p.Await(t)
		}},
		{"the server is killed", func(t *testing.T, _ string, _ int) {
			p.Kill(t)
			p.Restart(t)
		}},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dsn := database(t, p, fmt.Sprintf("killed_%d", i))
			s := open(t, dsn, postgres.Options{}, asIs)
			addAgency(t, s, "east", "")
			l := startLoad(t, s, 16)
			for n := range rounds {
				l.await(50)
				test.kill(t, dsn, n)
			}
			l.await(50)
			l.check()
		})
	}
}

// TestIdleConnections: connections that broke while nobody used them are nobody's affair.
func TestIdleConnections(t *testing.T) {
	p := pgtest.Start(t)
	prepare(t, p)
	dsn := database(t, p, "idle")
	s := open(t, dsn, volatile, asIs)
	addAgency(t, s, "east", "")
	for i := range 3 {
		err := s.View(t.Context(), func(r storage.Reader) error { _, err := r.Agency("east"); return err })
		if err != nil {
			t.Errorf("view %d: %v", i, err)
		}
		if _, err := logOnce(t, s, fmt.Sprint(i)); err != nil {
			t.Errorf("update %d: %v", i, err)
		}
		pids, err := p.Backends(t.Context(), dsn)
		if err != nil || len(pids) < 2 {
			t.Fatalf("backends %v: %v", pids, err)
		}
		for _, pid := range pids {
			if err := p.Exec(t.Context(), "SELECT pg_terminate_backend($1, 5000)", pid); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestCommitUnanswered holds a COMMIT in its wait for a standby that does not exist, and
// ends the wait in the ways a server knows. The act stands here and may be lost with this
// server: it is not acknowledged, and the repeated request finds it.
func TestCommitUnanswered(t *testing.T) {
	p := pgtest.StartOwn(t, "synchronous_standby_names=nobody")
	ctx := t.Context()
	dsn, err := p.Create(ctx, "unanswered")
	if err != nil {
		t.Fatal(err)
	}
	alone := open(t, dsn+"&synchronous_commit=local", postgres.Options{}, asIs)
	addAgency(t, alone, "east", "")
	s := open(t, dsn, postgres.Options{}, asIs)
	for _, how := range []string{"pg_cancel_backend", "pg_terminate_backend"} {
		t.Run(how, func(t *testing.T) {
			answer := make(chan error, 1)
			go func() {
				_, err := logOnce(t, s, how)
				answer <- err
			}()
			pid, err := p.Waiting(ctx, "SyncRep")
			if err == nil {
				err = p.Exec(ctx, "SELECT "+how+"($1)", pid)
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := <-answer; !errors.Is(err, storage.ErrOutcomeUnknown) {
				t.Errorf("error %v, want outcome unknown", err)
			}
			object, err := logOnce(t, alone, how)
			if err != nil {
				t.Errorf("the request again: %v", err)
			}
			err = alone.View(ctx, func(r storage.Reader) error {
				e, err := r.EventByRequest("east", how)
				if e.Object != object {
					t.Errorf("the request is %s, was answered with %s", e.Object, object)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	err = alone.View(ctx, func(r storage.Reader) error {
		list, err := all(r, "east")
		if len(list) != 2 {
			t.Errorf("%d applications, want each of 2 requests once", len(list))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// at is a data source name with another address.
func at(t *testing.T, dsn string, addresses ...string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Del("host")
	q.Del("port")
	u.Host, u.RawQuery = strings.Join(addresses, ","), q.Encode()
	return u.String()
}

// proxy stands between the store and a server on loopback.
type proxy struct {
	net.Listener
	target string
	frozen atomic.Bool

	mu    sync.Mutex
	conns []net.Conn
}

func startProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: l, target: target}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { p.serve(c, &wg) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.cut()
		wg.Wait()
	})
	return p
}

func (p *proxy) serve(c net.Conn, wg *sync.WaitGroup) {
	up, err := net.Dial("tcp", p.target)
	if err != nil {
		c.Close()
		return
	}
	p.mu.Lock()
	p.conns = append(p.conns, c, up)
	p.mu.Unlock()
	wg.Go(func() { p.copy(up, c) })
	p.copy(c, up)
}

// copy carries bytes until the network freezes: then it keeps both ends and carries none.
func (p *proxy) copy(to, from net.Conn) {
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		if p.frozen.Load() && err == nil {
			continue
		}
		if err == nil {
			_, err = to.Write(buffer[:n])
		}
		if err != nil {
			from.Close()
			to.Close()
			return
		}
	}
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}

// TestNetworkFreezes: on a network that swallows everything, each call ends in its time,
// and when the network is back, so is the store.
func TestNetworkFreezes(t *testing.T) {
	p := pgtest.StartOwn(t, pgtest.Loopback, "fsync=off")
	prepare(t, p)
	network := startProxy(t, p.Address())
	const patience = 300 * time.Millisecond
	s := open(t, at(t, database(t, p, "frozen"), network.Addr().String()), volatile, func(d *sqlstore.Dialect) { d.Patience = patience })
	addAgency(t, s, "east", "")
	l := startLoad(t, s, 8)
	for range 3 {
		l.await(20)
		network.frozen.Store(true)
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		if err := s.View(ctx, func(r storage.Reader) error { _, err := r.Agency("east"); return err }); err == nil {
			t.Error("a view read through a frozen network")
		}
		cancel()
		if _, err := logOnce(t, s, "frozen"); err == nil {
			t.Error("an update went through a frozen network")
		}
		// That they came back is the point: the network stays frozen until they do.
		t.Logf("the calls took %v, patience is %v", time.Since(start), patience)
		network.cut()
		network.frozen.Store(false)
	}
	l.await(20)
	if _, err := logOnce(t, s, "frozen"); err != nil {
		t.Errorf("after the freeze: %v", err)
	}
	l.logged.Add(1)
	l.check()
}

// TestNoPatienceIsFound: a store without patience waits in a frozen network for as long as
// it stays frozen, where another has long come back.
func TestNoPatienceIsFound(t *testing.T) {
	p := pgtest.StartOwn(t, pgtest.Loopback, "fsync=off")
	prepare(t, p)
	const patience = 300 * time.Millisecond
	dsn := database(t, p, "impatient")
	logs := func(patience time.Duration, request string) (network *proxy, back chan error) {
		network = startProxy(t, p.Address())
		s := open(t, at(t, dsn, network.Addr().String()), volatile, func(d *sqlstore.Dialect) { d.Patience = patience })
		if _, err := logOnce(t, s, request+" before"); err != nil {
			t.Fatal(err)
		}
		network.frozen.Store(true)
		back = make(chan error, 1)
		go func() {
			_, err := logOnce(t, s, request)
			back <- err
		}()
		return network, back
	}
	first := open(t, dsn, volatile, asIs)
	addAgency(t, first, "east", "")
	endless, waiting := logs(0, "endless")
	patient, back := logs(patience, "patient")
	if err := <-back; err == nil {
		t.Error("an update went through a frozen network")
	}
	select {
	case err := <-waiting:
		t.Errorf("the update without patience came back: %v", err)
	default:
	}
	for _, network := range []*proxy{endless, patient} {
		network.frozen.Store(false)
		network.cut()
	}
	if err := <-waiting; err != nil {
		t.Logf("the update without patience, once it was cut off: %v", err)
	}
}

func TestFaults(t *testing.T) {
	said := func(severity, code string) error {
		return fmt.Errorf("execute: %w", &pgconn.PgError{SeverityUnlocalized: severity, Code: code})
	}
	tests := []struct {
		name              string
		err               error
		before, committed sqlstore.Fault
	}{
		{"the update's own", errRefused, sqlstore.FaultNone, sqlstore.FaultNone},
		{"serialization", said("ERROR", "40001"), sqlstore.FaultRetry, sqlstore.FaultRetry},
		{"deadlock", said("ERROR", "40P01"), sqlstore.FaultRetry, sqlstore.FaultRetry},
		{"taken", said("ERROR", "23505"), sqlstore.FaultRetry, sqlstore.FaultRetry},
		{"disk full", said("ERROR", "53100"), sqlstore.FaultFull, sqlstore.FaultFull},
		{"no memory", said("ERROR", "53200"), sqlstore.FaultFull, sqlstore.FaultFull},
		{"too many connections", said("FATAL", "53300"), sqlstore.FaultAway, sqlstore.FaultNone},
		{"read-only", said("ERROR", "25006"), sqlstore.FaultFull, sqlstore.FaultFull},
		{"corrupted", said("ERROR", "XX001"), sqlstore.FaultFatal, sqlstore.FaultFatal},
		{"starting", said("FATAL", "57P03"), sqlstore.FaultAway, sqlstore.FaultNone},
		{"terminated", said("FATAL", "57P01"), sqlstore.FaultRetry, sqlstore.FaultNone},
		{"disk full and dead", said("PANIC", "53100"), sqlstore.FaultFull, sqlstore.FaultNone},
		{"broken pipe", fmt.Errorf("write: %w", &net.OpError{Op: "write", Err: io.ErrClosedPipe}), sqlstore.FaultRetry, sqlstore.FaultNone},
		{"end of file", fmt.Errorf("read: %w", io.ErrUnexpectedEOF), sqlstore.FaultRetry, sqlstore.FaultNone},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := []sqlstore.Fault{postgres.Fault(test.err, false), postgres.Fault(test.err, true)}
			if diff := cmp.Diff([]sqlstore.Fault{test.before, test.committed}, got); diff != "" {
				t.Errorf("faults differ:\n%s", diff)
			}
		})
	}
}
