package sqlite_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"modernc.org/sqlite"

	"gongkai/storage"
	gongkai "gongkai/storage/sqlite"
	"gongkai/storage/storagetest"
	"gongkai/workflow"
)

// errInjected is what a faulty connection says.
var errInjected = errors.New("injected fault")

// tamper stands between the store and the driver: it may rewrite a statement when it is
// prepared and run instead of one when it is executed.
type tamper struct {
	rewrite func(text string) string
	exec    func(text string, run func(context.Context) (driver.Result, error)) (driver.Result, error)
}

type tamperedConnector struct {
	driver.Connector
	tamper
}

func (c tamperedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &tamperedConn{conn.(rawConn), c.tamper}, nil
}

// rawConn is what the store and goose ask of a connection.
type rawConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	sqlite.HookRegisterer
}

type tamperedConn struct {
	rawConn
	tamper
}

func (c *tamperedConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	if c.rewrite != nil {
		text = c.rewrite(text)
	}
	s, err := c.rawConn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return &tamperedStmt{s.(rawStmt), text, c.tamper}, nil
}

type rawStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type tamperedStmt struct {
	rawStmt
	text string
	tamper
}

func (s *tamperedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if s.exec == nil {
		return s.rawStmt.ExecContext(ctx, args)
	}
	return s.exec(s.text, func(ctx context.Context) (driver.Result, error) { return s.rawStmt.ExecContext(ctx, args) })
}

func openTampered(ctx context.Context, dir string, t tamper) (storage.Store, error) {
	return gongkai.OpenWith(ctx, filepath.Join(dir, "register.db"), func(c driver.Connector) driver.Connector {
		return tamperedConnector{c, t}
	})
}

// swallow answers a statement without running it.
func swallow(prefix string) tamper {
	return tamper{exec: func(text string, run func(context.Context) (driver.Result, error)) (driver.Result, error) {
		if strings.HasPrefix(text, prefix) {
			return driver.RowsAffected(1), nil
		}
		return run(context.Background())
	}}
}

func replace(old, with string) tamper {
	return tamper{rewrite: func(text string) string { return strings.Replace(text, old, with, 1) }}
}

// canaries are wrong stores, and a test of the suite that must catch each.
var canaries = map[string]struct {
	tamper
	caught string
}{
	"tally is not written":       {swallow("INSERT INTO tally"), "tally_of_random_histories"},
	"counters are not written":   {swallow("UPDATE agency SET events"), "life_reopen_keeps_everything"},
	"each statement commits":     {swallow("BEGIN"), "group_survives_failing_members"},
	"revision is not compared":   {replace(" AND revision = ?", ""), "application_is_stale"},
	"agency is not compared":     {replace("WHERE id = ? AND agency = ? AND revision = ?", "WHERE id = ? AND ? > 0 AND revision = ?"), "application_of_another_agency"},
	"personal data are not kept": {swallow("INSERT INTO event_personal"), "event_round_trip"},
	"commit is put off":          {swallow("COMMIT"), "group_shows_what_it_acknowledged"},
	"removed tokens are found":   {replace(" AND p.remove_time IS NULL", ""), "principals"},
	"ended sign-ins are found":   {replace("s.end_time IS NULL AND ", ""), "sign-in_ended"},
	"removed persons call on":    {replace("s.end_time IS NULL AND p.remove_time IS NULL", "s.end_time IS NULL"), "sign-in_of_a_removed"},
	"sign-ins of all are ended":  {replace("SET end_time = ? WHERE agency = ? AND id", "SET end_time = ? WHERE ? >= 0 AND id"), "sign-in_ended"},
	"failures are not kept":      {replace("failures = excluded.failures, ", ""), "credential"},
	"void cases are listed":      {replace("t.state <> 'VOID'", "1 = 1"), "list_filters"},
	"the last day is left out":   {replace("t.receive_date <= ", "t.receive_date < "), "list_of_random_cases"},
}

const canaryVariable = "GONGKAI_CANARY"

// TestCanary shows that the suite catches wrong stores: each runs in a process of its
// own, which must fail, and by the right test.
func TestCanary(t *testing.T) {
	if name := os.Getenv(canaryVariable); name != "" {
		storagetest.Test(t, func(ctx context.Context, dir string) (storage.Store, error) {
			return openTampered(ctx, dir, canaries[name].tamper)
		})
		return
	}
	for name, canary := range canaries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCanary$/^"+canary.caught+"$", "-test.timeout=30s")
			cmd.Env = append(os.Environ(), canaryVariable+"="+name)
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Errorf("the suite did not notice:\n%s", out)
			} else if !strings.Contains(string(out), "--- FAIL: TestCanary/"+canary.caught) && !strings.Contains(string(out), "panic: test timed out") {
				t.Errorf("the wrong test noticed (%v):\n%s", err, out)
			}
		})
	}
}

// numbered stores n applications at once, each in an update of its own, and returns the
// numbers that were acknowledged and the errors of the others.
func numbered(s storage.Store, n int) (acknowledged []string, errs []error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			no, err := logOne(s)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
			} else {
				acknowledged = append(acknowledged, no)
			}
		})
	}
	wg.Wait()
	return acknowledged, errs
}

func logOne(s storage.Store) (no string, err error) {
	err = s.Update(context.Background(), "east", func(w storage.Writer) error {
		next, err := w.NextNumber(2026)
		if err != nil {
			return err
		}
		a := &workflow.Application{ApplicationNo: next, Revision: 1, State: workflow.Received}
		if err := w.InsertApplication(a, storage.Caches{}, storage.Event{Revision: 1, Action: "submit"}); err != nil {
			return err
		}
		no = next
		return nil
	})
	return no, err
}

// faulty opens a store with the agency "east"; fail decides, once armed, which
// statements fail and how.
func faulty(t *testing.T, fail func(text string, run func(context.Context) (driver.Result, error)) (driver.Result, error)) (storage.Store, *atomic.Bool) {
	t.Helper()
	armed := new(atomic.Bool)
	s, err := openTampered(t.Context(), t.TempDir(), tamper{
		exec: func(text string, run func(context.Context) (driver.Result, error)) (driver.Result, error) {
			if armed.Load() {
				return fail(text, run)
			}
			return run(context.Background())
		},
	})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	addEast(t, s)
	return s, armed
}

func addEast(t testing.TB, s storage.Store) {
	t.Helper()
	err := s.Update(context.Background(), "", func(w storage.Writer) error {
		return w.InsertAgency(storage.Agency{ID: "east", Revision: 1}, storage.Event{Object: storage.AgencyObject("east"), Revision: 1})
	})
	if err != nil {
		t.Fatalf("insert agency: %v", err)
	}
}

// checkStored compares what is stored with what was acknowledged; maybe many more may
// be there.
func checkStored(t *testing.T, s storage.Store, acknowledged []string, maybe int) {
	t.Helper()
	err := s.View(context.Background(), func(r storage.Reader) error {
		list, err := r.Applications("east", storage.Query{Limit: 1000})
		if n := len(list) - len(acknowledged); n < 0 || n > maybe {
			t.Errorf("%d applications are stored, %d were acknowledged, %d more may be", len(list), len(acknowledged), maybe)
		}
		for i, a := range list {
			if want := fmt.Sprintf("2026-%05d", i+1); a.ApplicationNo != want {
				t.Errorf("number %s, want %s", a.ApplicationNo, want)
			}
		}
		for _, no := range acknowledged {
			if _, err := r.ApplicationByNumber("east", no); err != nil {
				t.Errorf("acknowledged: %v", err)
			}
		}
		return err
	})
	if err != nil {
		t.Errorf("view: %v", err)
	}
}

// failCommit makes COMMIT answer with an error, after it was carried out or without.
func failCommit(done bool) func(string, func(context.Context) (driver.Result, error)) (driver.Result, error) {
	return func(text string, run func(context.Context) (driver.Result, error)) (driver.Result, error) {
		if text != "COMMIT" {
			return run(context.Background())
		}
		if done {
			if _, err := run(context.Background()); err != nil {
				return nil, err
			}
		}
		return nil, errInjected
	}
}

// TestCommitFails: whoever wrote is told that nobody knows, and the store goes on.
func TestCommitFails(t *testing.T) {
	tests := []struct {
		name string
		done bool // the commit that failed was carried out
	}{{"nothing stands", false}, {"everything stands", true}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, armed := faulty(t, failCommit(test.done))
			before, errs := numbered(s, 20)
			if len(errs) != 0 {
				t.Fatalf("before the fault: %v", errs)
			}
			armed.Store(true)
			none, errs := numbered(s, 20)
			armed.Store(false)
			if len(none) != 0 {
				t.Errorf("%d updates were acknowledged without a commit", len(none))
			}
			for _, err := range errs {
				if !errors.Is(err, storage.ErrOutcomeUnknown) {
					t.Errorf("error %v, want outcome unknown", err)
				}
			}
			unknown := 0
			if test.done {
				unknown = len(errs)
			}
			after, errs := numbered(s, 20)
			if len(errs) != 0 {
				t.Errorf("after the fault: %v", errs)
			}
			checkStored(t, s, append(before, after...), unknown)
		})
	}
}

// TestTransactionEnds: a statement that was interrupted takes the transaction with it.
// The members before it run again; nothing commits alone.
func TestTransactionEnds(t *testing.T) {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	n := 0
	s, armed := faulty(t, func(text string, run func(context.Context) (driver.Result, error)) (driver.Result, error) {
		if n++; strings.HasPrefix(text, "INSERT INTO event_personal") && n%7 == 0 {
			if _, err := run(context.Background()); err != nil {
				return nil, err
			}
			return run(cancelled) // a statement of the writer under a request's context
		}
		return run(context.Background())
	})
	armed.Store(true)
	personal := func(i int) error {
		return s.Update(context.Background(), "east", func(w storage.Writer) error {
			return w.Record(storage.Event{Object: fmt.Sprintf("object/%d", i), Revision: 1, Personal: []byte("{}")})
		})
	}
	var wg sync.WaitGroup
	var failed atomic.Int64
	acknowledged := make([]bool, 200)
	for i := range acknowledged {
		wg.Go(func() {
			if err := personal(i); err == nil {
				acknowledged[i] = true
			} else {
				failed.Add(1)
			}
		})
	}
	wg.Wait()
	if failed.Load() == 0 {
		t.Error("no statement was interrupted: the test shows nothing")
	}
	checkPersonal(t, s, acknowledged)
}

// checkPersonal checks that the event of an object is stored, whole, if and only if it
// was acknowledged.
func checkPersonal(t *testing.T, s storage.Store, acknowledged []bool) {
	t.Helper()
	for i, ok := range acknowledged {
		err := s.View(t.Context(), func(r storage.Reader) error {
			events, err := r.Events("east", fmt.Sprintf("object/%d", i))
			if stored := len(events) == 1 && events[0].Personal != nil; stored != ok {
				t.Errorf("event %d: acknowledged %v, stored %v", i, ok, stored)
			}
			return err
		})
		if err != nil {
			t.Errorf("view: %v", err)
		}
	}
}

// TestCountersFail: a fault at the group's end fails those who wrote, and leaves nothing.
func TestCountersFail(t *testing.T) {
	s, armed := faulty(t, func(text string, run func(context.Context) (driver.Result, error)) (driver.Result, error) {
		if strings.HasPrefix(text, "UPDATE agency SET events") {
			return nil, errInjected
		}
		return run(context.Background())
	})
	armed.Store(true)
	none, errs := numbered(s, 20)
	armed.Store(false)
	for _, err := range errs {
		if !errors.Is(err, errInjected) || errors.Is(err, storage.ErrOutcomeUnknown) {
			t.Errorf("error %v, want the fault itself", err)
		}
	}
	after, errs := numbered(s, 20)
	if len(none) != 0 || len(errs) != 0 {
		t.Errorf("%d acknowledged under the fault, %v after it", len(none), errs)
	}
	checkStored(t, s, after, 0)
}
