package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gongkai/storage"
	"gongkai/storage/internal/sqlstore"
	"gongkai/storage/postgres"
	"gongkai/storage/storagetest/pgtest"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/report"
)

var (
	errRefused = errors.New("refused by the test")
	noon       = time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)
)

// received is an application as it stands after its receipt.
func received(t testing.TB) *workflow.Application {
	t.Helper()
	d, err := calendar.Parse("2026-03-02")
	if err != nil {
		t.Fatal(err)
	}
	return &workflow.Application{
		Revision: 1, CreateTime: noon, UpdateTime: noon, Applicant: workflow.Applicant{Kind: workflow.NaturalPerson, Name: "王𠮷"},
		State: workflow.Received, Channel: workflow.OnlineForm, ArriveDate: d, ReceiveDate: d,
	}
}

// insert stores an application under the next number.
func insert(w storage.Writer, a *workflow.Application, e storage.Event) error {
	no, err := w.NextNumber(2026)
	if err != nil {
		return err
	}
	a.ApplicationNo = no
	return w.InsertApplication(a, storage.Caches{}, e)
}

func addAgency(t testing.TB, s storage.Store, id, parent string) {
	t.Helper()
	err := s.Update(t.Context(), "", func(w storage.Writer) error {
		return w.InsertAgency(storage.Agency{ID: id, Parent: parent, Revision: 1}, storage.Event{Object: storage.AgencyObject(id), Revision: 1})
	})
	if err != nil {
		t.Fatalf("insert agency %s: %v", id, err)
	}
}

// database makes a fresh one of a server, with the tables in it.
func database(t testing.TB, p *pgtest.Server, name string) string {
	t.Helper()
	dsn, err := p.Clone(t.Context(), template, name)
	if err != nil {
		t.Fatal(err)
	}
	return dsn
}

// open opens a store for the time of a test.
func open(t testing.TB, dsn string, o postgres.Options, change func(*sqlstore.Dialect)) storage.Store {
	t.Helper()
	s, err := postgres.OpenWith(t.Context(), dsn, o, change)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, storage.ErrClosed) {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func asIs(*sqlstore.Dialect) {}

// hammer is what several servers do to a few agencies at once, and what must come of it.
type hammer struct {
	t        testing.TB
	stores   []storage.Store
	agencies []*agency

	mu       sync.Mutex
	problems []string
}

type agency struct {
	id       string
	shared   int64        // an application that all change
	inside   atomic.Int32 // updates that run at this moment
	inserted atomic.Int64
	changed  atomic.Int64
	recorded atomic.Int64
}

func newHammer(t testing.TB, ids []string, stores ...storage.Store) *hammer {
	t.Helper()
	h := &hammer{t: t, stores: stores}
	for _, id := range ids {
		addAgency(t, stores[0], id, "")
		g := &agency{id: id}
		g.inserted.Store(1)
		a := received(t)
		if err := stores[0].Update(t.Context(), id, func(w storage.Writer) error { return insert(w, a, storage.Event{Revision: 1}) }); err != nil {
			t.Fatalf("insert: %v", err)
		}
		g.shared = a.ID
		h.agencies = append(h.agencies, g)
	}
	return h
}

func (h *hammer) complain(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.problems = append(h.problems, fmt.Sprintf(format, args...))
}

// run has clients do steps, each on the stores in turn.
func (h *hammer) run(clients, each int) {
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 1))
			for n := range each {
				g := h.agencies[random.IntN(len(h.agencies))]
				h.step(h.stores[(i+n)%len(h.stores)], g, random.IntN(steps))
			}
		})
	}
	wg.Wait()
}

// What a step does: insert, insert and take back, change the shared application, or
// record something that changes nothing.
const (
	stepInsert = iota
	stepRefused
	stepChange
	stepRecord
	steps
)

// notes is the object of what is recorded.
const notes = "notes"

func (h *hammer) step(s storage.Store, g *agency, kind int) {
	err := s.Update(context.Background(), g.id, func(w storage.Writer) error {
		if g.inside.Add(1) != 1 {
			h.complain("two updates of %s run at once", g.id)
		}
		defer g.inside.Add(-1)
		switch kind {
		case stepChange:
			return g.change(w, received(h.t))
		case stepRecord:
			return w.Record(storage.Event{Object: notes})
		}
		if err := insert(w, received(h.t), storage.Event{Revision: 1}); err != nil || kind == stepInsert {
			return err
		}
		return errRefused
	})
	switch {
	case err == nil && kind == stepInsert:
		g.inserted.Add(1)
	case err == nil && kind == stepChange:
		g.changed.Add(1)
	case err == nil && kind == stepRecord:
		g.recorded.Add(1)
	case kind != stepRefused || !errors.Is(err, errRefused):
		h.complain("update of %s: %v", g.id, err)
	}
}

// change stores the shared application with one more revision.
func (g *agency) change(w storage.Writer, a *workflow.Application) error {
	stored, err := w.Application(g.id, g.shared)
	if err != nil {
		return err
	}
	a.ID, a.ApplicationNo, a.Revision = stored.ID, stored.ApplicationNo, stored.Revision
	b := *a
	b.Revision++
	return w.UpdateApplication(a, &b, storage.Caches{}, storage.Event{Object: storage.ApplicationObject(a.ID), Revision: b.Revision})
}

// check compares what every store shows with what was acknowledged.
func (h *hammer) check() {
	for _, s := range h.stores {
		for _, g := range h.agencies {
			err := s.View(context.Background(), func(r storage.Reader) error { return h.checkAgency(r, g) })
			if err != nil {
				h.complain("view of %s: %v", g.id, err)
			}
		}
	}
}

func (h *hammer) checkAgency(r storage.Reader, g *agency) error {
	list, err := all(r, g.id)
	if err != nil {
		return err
	}
	var numbers, want []string
	var places []int64
	for i, a := range list {
		numbers, want = append(numbers, a.ApplicationNo), append(want, fmt.Sprintf("2026-%05d", i+1))
		events, err := r.Events(g.id, storage.ApplicationObject(a.ID))
		if err != nil {
			return err
		}
		for _, e := range events {
			places = append(places, e.N)
		}
		if a.ID == g.shared && a.Revision != g.changed.Load()+1 {
			h.complain("%s: revision %d after %d changes", g.id, a.Revision, g.changed.Load())
		}
	}
	if int64(len(list)) != g.inserted.Load() {
		h.complain("%s: %d applications, %d were acknowledged", g.id, len(list), g.inserted.Load())
	}
	slices.Sort(numbers)
	if diff := cmp.Diff(want, numbers); diff != "" {
		h.complain("%s: numbers differ:\n%s", g.id, diff)
	}
	events, err := r.Events(g.id, notes)
	if err != nil {
		return err
	}
	for _, e := range events {
		places = append(places, e.N)
	}
	if int64(len(events)) != g.recorded.Load() {
		h.complain("%s: %d notes, %d were acknowledged", g.id, len(events), g.recorded.Load())
	}
	h.checkPlaces(g.id, places)
	return h.checkTally(r, g.id, list)
}

// all lists the applications of an agency.
func all(r storage.Reader, agency string) (list []*workflow.Application, err error) {
	for q := (storage.Query{Limit: 1000}); ; {
		page, err := r.Applications(agency, q)
		if err != nil || len(page) == 0 {
			return list, err
		}
		list = append(list, page...)
		q.After = page[len(page)-1].ID
	}
}

func (h *hammer) checkPlaces(id string, places []int64) {
	slices.Sort(places)
	for i, n := range places {
		if n != int64(i+1) {
			h.complain("%s: event %d stands at place %d: a gap or a double", id, i+1, n)
			return
		}
	}
}

func (h *hammer) checkTally(r storage.Reader, id string, list []*workflow.Application) error {
	want := report.Tally{}
	for range list {
		want.Add(report.Tuples(received(h.t)), 1)
	}
	got, err := r.Tally(id, 0, 9999)
	if diff := cmp.Diff(want, got); diff != "" {
		h.complain("%s: tally differs:\n%s", id, diff)
	}
	return err
}

func (h *hammer) report() {
	h.t.Helper()
	for _, p := range h.problems {
		h.t.Error(p)
	}
}

// TestServers: servers that share a database are as one in the register of an agency.
func TestServers(t *testing.T) {
	p := pgtest.Start(t)
	prepare(t, p)
	each := 40
	if testing.Short() {
		each = 12
	}
	t.Run("one agency", func(t *testing.T) {
		dsn := database(t, p, "servers_one")
		h := newHammer(t, []string{"east"}, open(t, dsn, volatile, asIs), open(t, dsn, volatile, asIs))
		h.run(32, each)
		h.check()
		h.report()
	})
	t.Run("many agencies", func(t *testing.T) {
		dsn := database(t, p, "servers_many")
		ids := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
		few, more := postgres.Options{Writers: 1, Volatile: true}, postgres.Options{Writers: 3, Volatile: true}
		h := newHammer(t, ids, open(t, dsn, few, asIs), open(t, dsn, more, asIs), open(t, dsn, few, asIs))
		h.run(32, each)
		h.check()
		h.report()
		noDeadlocks(t, p, dsn)
	})
	t.Run("lock left out", func(t *testing.T) {
		dsn := database(t, p, "servers_unlocked")
		unlocked := func(d *sqlstore.Dialect) { d.LockRow = "" }
		a, b := open(t, dsn, volatile, unlocked), open(t, dsn, volatile, unlocked)
		addAgency(t, a, "east", "")
		if !meet(t, 10*time.Second, a, b) {
			t.Error("without the lock, two servers were not in one register at once")
		}
	})
	t.Run("lock in place", func(t *testing.T) {
		dsn := database(t, p, "servers_locked")
		a, b := open(t, dsn, volatile, asIs), open(t, dsn, volatile, asIs)
		addAgency(t, a, "east", "")
		if meet(t, 300*time.Millisecond, a, b) {
			t.Error("two servers were in one register at once")
		}
	})
}

// meet lets each store enter the register of one agency and wait there for the other, and
// reports whether they met.
func meet(t *testing.T, patience time.Duration, stores ...storage.Store) bool {
	t.Helper()
	var inside atomic.Int32
	var once sync.Once
	met := make(chan struct{})
	var wg sync.WaitGroup
	for _, s := range stores {
		wg.Go(func() {
			err := s.Update(t.Context(), "east", func(storage.Writer) error {
				defer inside.Add(-1)
				if int(inside.Add(1)) == len(stores) {
					once.Do(func() { close(met) })
				}
				select {
				case <-met:
				case <-time.After(patience):
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	select {
	case <-met:
		return true
	default:
		return false
	}
}

// noDeadlocks checks that no transactions of a database waited for each other in a circle.
func noDeadlocks(t *testing.T, p *pgtest.Server, dsn string) {
	t.Helper()
	n, err := p.Deadlocks(t.Context(), dsn)
	if err != nil || n != 0 {
		t.Errorf("%d deadlocks (%v), want none: groups lock in the order of agencies", n, err)
	}
}

// TestMovesAtOnce: of two moves that would close a circle together, one is refused.
func TestMovesAtOnce(t *testing.T) {
	p := pgtest.Start(t)
	prepare(t, p)
	dsn := database(t, p, "moves")
	stores := []storage.Store{open(t, dsn, volatile, asIs), open(t, dsn, volatile, asIs)}
	rounds := 60
	if testing.Short() {
		rounds = 20
	}
	for round := range rounds {
		ids := []string{fmt.Sprintf("a%d", round), fmt.Sprintf("b%d", round)}
		for _, id := range ids {
			addAgency(t, stores[0], id, "")
		}
		errs := moveBelow(stores, ids)
		refused := slices.IndexFunc(errs, func(err error) bool { return errors.Is(err, storage.ErrCycle) })
		if refused < 0 || errs[1-refused] != nil {
			t.Fatalf("round %d: one must be refused, the other succeed: %v", round, errs)
		}
	}
}

// moveBelow moves each of two agencies below the other at once.
func moveBelow(stores []storage.Store, ids []string) []error {
	errs := make([]error, len(ids))
	var wg, ready sync.WaitGroup
	ready.Add(len(ids))
	for i, id := range ids {
		wg.Go(func() {
			ready.Done()
			ready.Wait()
			errs[i] = stores[i].Update(context.Background(), id, func(w storage.Writer) error {
				a := storage.Agency{ID: id, Parent: ids[1-i], Revision: 2}
				return w.UpdateAgency(a, storage.Event{Object: storage.AgencyObject(id), Revision: 2})
			})
		})
	}
	wg.Wait()
	return errs
}

// TestGrowth: what was planned on an empty table does not walk through the agency when
// there are thousands of cases, though the server has not looked at them of itself yet.
func TestGrowth(t *testing.T) {
	p := pgtest.Start(t)
	prepare(t, p)
	dsn := database(t, p, "growth")
	s, err := postgres.Open(t.Context(), dsn, volatile)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	addAgency(t, s, "east", "")
	const cases, together = 2000, 20
	for range cases / together {
		err := s.Update(t.Context(), "east", func(w storage.Writer) error {
			for range together {
				if err := insert(w, received(t), storage.Event{Revision: 1}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatalf("insert: %v", err)
		}
	}
	if err := s.Close(); err != nil { // and the backends tell their counts
		t.Fatalf("close: %v", err)
	}
	for pids := []int{0}; len(pids) > 0; {
		if pids, err = p.Backends(t.Context(), dsn); err != nil {
			t.Fatal(err)
		}
	}
	const touched = `SELECT (seq_tup_read + COALESCE(idx_tup_fetch, 0))::text FROM pg_stat_user_tables WHERE relname = 'application'`
	read, err := strconv.Atoi(lines(t, "pgx", dsn, touched)[0])
	if err != nil || read > 100*cases {
		t.Errorf("%d rows were read to insert %d (%v): the plans are those of an empty table", read, cases, err)
	}
	t.Logf("%d rows were read to insert %d", read, cases)
}
