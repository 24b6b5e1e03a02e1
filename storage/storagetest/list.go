package storagetest

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	diff "github.com/google/go-cmp/cmp"

	"gongkai/storage"
	"gongkai/workflow"
)

var listTests = map[string]func(*testing.T, *fixture){
	"list filters":         listFilters,
	"list order of due":    listDue,
	"list of random cases": listRandom,
}

// naive answers a query by looking at every case: the specification of Applications.
func naive(cases []*workflow.Application, q storage.Query) []*workflow.Application {
	var list []*workflow.Application
	for _, a := range cases {
		if admits(a, q) && (q.Order != storage.ByDue || a.State.Open()) {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b *workflow.Application) int {
		if q.Order == storage.ByDue {
			x, y := dueOf(a), dueOf(b)
			if x != y && (x.IsZero() || y.IsZero()) {
				return -cmp.Compare(x, y)
			}
			return cmp.Or(cmp.Compare(x, y), cmp.Compare(a.ID, b.ID))
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return list
}

func admits(a *workflow.Application, q storage.Query) bool {
	closed := a.Conclusion.Date
	paid := slices.ContainsFunc(a.Payments, func(p workflow.Payment) bool { return p.Amount != 0 })
	ordered := a.State.Open() && slices.ContainsFunc(a.Acts, func(act workflow.Act) bool {
		return act.Action == workflow.ActOrderRedecision || act.Action == workflow.ActReplace
	})
	var basis workflow.Basis
	if !closed.IsZero() {
		basis = a.CountedBasis()
	}
	return among(q.States, a.State) && among(q.Channels, a.Channel) && among(q.Kinds, a.Applicant.Kind) &&
		among(q.Bases, basis) && among(q.Timings, a.Conclusion.Timing) &&
		inside(a.ReceiveDate, q.ReceiveFrom, q.ReceiveTo) && inside(closed, q.CloseFrom, q.CloseTo) &&
		inside(dueOf(a), q.DueFrom, q.DueTo) && (!q.Undated || dueOf(a).IsZero()) &&
		openOver(a, q.OpenOver) && (a.State != workflow.Void || !dated(q)) && (!q.Paid || paid) && (!q.Ordered || ordered) &&
		(q.Holder == "" || a.Holder() == q.Holder) &&
		(q.LapsedBefore.IsZero() || inside(cachesFor(a).Lapse, 1, q.LapsedBefore.AddDays(-1)))
}

func openOver(a *workflow.Application, d workflow.Date) bool {
	closed := a.Conclusion.Date
	return d == 0 || inside(a.ReceiveDate, 0, d) && (closed.IsZero() || closed > d)
}

func dated(q storage.Query) bool {
	return q.ReceiveFrom|q.ReceiveTo|q.CloseFrom|q.CloseTo|q.OpenOver != 0
}

func among[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

func inside(d, from, to workflow.Date) bool {
	return from == 0 && to == 0 || !d.IsZero() && d >= from && (to == 0 || d <= to)
}

// checkList reads a query in pages of every size and compares with the naive answer.
func (f *fixture) checkList(t *testing.T, name string, cases []*workflow.Application, q storage.Query) {
	t.Helper()
	var want []int64
	for _, a := range naive(cases, q) {
		want = append(want, a.ID)
	}
	byID := map[int64]*workflow.Application{}
	for _, a := range cases {
		byID[a.ID] = a
	}
	for _, limit := range []int{1, 3, 1000} {
		var got []int64
		q := q
		q.Limit = limit
		f.view(func(r storage.Reader) error {
			for {
				page, err := r.Applications("east", q)
				if err != nil || len(page) == 0 {
					return err
				}
				if len(page) > limit {
					t.Errorf("%s: a page of %d holds %d", name, limit, len(page))
				}
				for _, a := range page {
					got = append(got, a.ID)
					q.After, q.AfterDue = a.ID, dueOf(byID[a.ID])
				}
			}
		})
		if d := diff.Diff(want, got); d != "" {
			t.Errorf("%s in pages of %d differs:\n%s", name, limit, d)
		}
	}
}

func listFilters(t *testing.T, f *fixture) {
	m := &model{random: rand.New(rand.NewPCG(7, 7))}
	f.grow(t, m, 120)
	f.add("west", received("2024-03-02"))
	q := func(change func(*storage.Query)) storage.Query {
		var q storage.Query
		change(&q)
		return q
	}
	tests := []struct {
		name string
		q    storage.Query
	}{
		{"all", storage.Query{}},
		{"states", q(func(q *storage.Query) { q.States = []workflow.State{workflow.Closed, workflow.Void} })},
		{"channels", q(func(q *storage.Query) { q.Channels = workflow.Channels()[:3] })},
		{"kinds", q(func(q *storage.Query) { q.Kinds = workflow.ApplicantKinds()[:2] })},
		{"bases", q(func(q *storage.Query) { q.Bases = []workflow.Basis{"other.other"} })},
		{"timings", q(func(q *storage.Query) { q.Timings = []workflow.Timing{workflow.Late} })},
		{"received from", q(func(q *storage.Query) { q.ReceiveFrom = date("2024-06-01") })},
		{"received to", q(func(q *storage.Query) { q.ReceiveTo = date("2024-06-01") })},
		{"received in a year", q(func(q *storage.Query) { q.ReceiveFrom, q.ReceiveTo = date("2024-01-01"), date("2024-12-31") })},
		{"closed from", q(func(q *storage.Query) { q.CloseFrom = date("2025-01-01") })},
		{"closed to", q(func(q *storage.Query) { q.CloseTo = date("2024-12-31") })},
		{"closed in a year", q(func(q *storage.Query) { q.CloseFrom, q.CloseTo = date("2024-01-01"), date("2024-12-31") })},
		{"closed over years", q(func(q *storage.Query) { q.CloseFrom, q.CloseTo = date("2024-06-01"), date("2025-03-01") })},
		{"open over", q(func(q *storage.Query) { q.OpenOver = date("2024-12-31") })},
		{"paid", q(func(q *storage.Query) { q.Paid = true })},
		{"ordered", q(func(q *storage.Query) { q.Ordered = true })},
		{"ordered by due", q(func(q *storage.Query) { q.Order, q.Ordered = storage.ByDue, true })},
		{"held", q(func(q *storage.Query) { q.Holder = "法规科" })},
		{"held, of a state", q(func(q *storage.Query) {
			q.Holder, q.States = "法规科", []workflow.State{workflow.Closed, workflow.Received}
		})},
		{"held, by due", q(func(q *storage.Query) { q.Order, q.Holder = storage.ByDue, "法规科" })},
		{"held, by due, of a state", q(func(q *storage.Query) {
			q.Order, q.Holder, q.States = storage.ByDue, "办公室", []workflow.State{workflow.Received}
		})},
		{"held, due between", q(func(q *storage.Query) {
			q.Order, q.Holder, q.DueFrom, q.DueTo = storage.ByDue, "法规科", date("2024-03-01"), date("2025-03-01")
		})},
		{"held, without a due date", q(func(q *storage.Query) { q.Order, q.Holder, q.Undated = storage.ByDue, "法规科", true })},
		{"lapsed", q(func(q *storage.Query) { q.LapsedBefore = date("2025-01-01") })},
		{"lapsed by due", q(func(q *storage.Query) { q.Order, q.LapsedBefore = storage.ByDue, date("2025-01-01") })},
		{"by due", q(func(q *storage.Query) { q.Order = storage.ByDue })},
		{"by due of a kind", q(func(q *storage.Query) { q.Order, q.Kinds = storage.ByDue, workflow.ApplicantKinds()[:3] })},
		{"due from", q(func(q *storage.Query) { q.Order, q.DueFrom = storage.ByDue, date("2024-09-01") })},
		{"due to", q(func(q *storage.Query) { q.Order, q.DueTo = storage.ByDue, date("2024-09-01") })},
		{"due between, of some states", q(func(q *storage.Query) {
			q.Order, q.DueFrom, q.DueTo = storage.ByDue, date("2024-03-01"), date("2025-03-01")
			q.States = []workflow.State{workflow.Received, workflow.Decided}
		})},
		{"without a due date", q(func(q *storage.Query) { q.Order, q.Undated = storage.ByDue, true })},
	}
	for _, test := range tests {
		if n := len(naive(m.cases, test.q)); n == 0 || n == len(m.cases) && test.name != "all" {
			t.Errorf("%s selects %d of %d cases: the test shows nothing", test.name, n, len(m.cases))
		}
		f.checkList(t, test.name, m.cases, test.q)
	}
}

// grow runs random steps until there are n cases.
func (f *fixture) grow(t *testing.T, m *model, n int) {
	t.Helper()
	for len(m.cases) < n {
		f.update("east", func(w storage.Writer) error {
			for range 20 {
				if err := m.apply(w); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func listDue(t *testing.T, f *fixture) {
	var cases []*workflow.Application
	for _, day := range []string{"2026-03-05", "2026-03-02", "2026-03-05", "2026-03-01", "2026-03-02"} {
		cases = append(cases, f.add("east", received(day)))
	}
	for range 3 { // without a due date
		a := received("2026-03-01")
		a.State, a.ReceiveDate = workflow.Submitted, 0
		cases = append(cases, f.add("east", a))
	}
	closed := concluded(cases[0], "2026-03-20", "other.other")
	f.change(cases[0], closed)
	cases[0] = closed
	f.checkList(t, "by due", cases, storage.Query{Order: storage.ByDue})
}

// edge is a day on which something happened to some case.
func (m *model) edge() workflow.Date {
	a := pick(m.random, m.cases...)
	return cmp.Or(pick(m.random, a.ReceiveDate, a.Conclusion.Date), a.ReceiveDate, m.date())
}

// listRandom asks random combinations of filters.
func listRandom(t *testing.T, f *fixture) {
	m := &model{random: rand.New(rand.NewPCG(11, 3))}
	f.grow(t, m, 60)
	r := m.random
	maybe := func() bool { return r.IntN(4) == 0 }
	for range 120 {
		q := storage.Query{Order: storage.Order(r.IntN(2)), Paid: r.IntN(8) == 0, Ordered: r.IntN(8) == 0}
		if maybe() {
			q.Holder = pick(r, "法规科", "办公室", "nobody's name")
		}
		if maybe() {
			q.LapsedBefore = m.date()
		}
		if maybe() {
			q.States = []workflow.State{pick(r, workflow.States()...), workflow.Closed, workflow.Received}
		}
		if maybe() {
			q.Kinds = workflow.ApplicantKinds()[r.IntN(3):]
		}
		if maybe() {
			q.Bases = []workflow.Basis{"disclosed.provided"}
		}
		if maybe() {
			q.ReceiveFrom, q.ReceiveTo = m.edge(), m.edge()
		}
		if maybe() {
			q.CloseFrom = m.edge()
			q.CloseTo = max(q.CloseFrom, m.edge())
		}
		if maybe() {
			q.OpenOver = m.edge()
		}
		f.checkList(t, "random query", m.cases, q)
	}
	f.checkPending(t, m.cases)
}

// checkPending counts what is open up to every bound.
func (f *fixture) checkPending(t *testing.T, cases []*workflow.Application) {
	t.Helper()
	open := naive(cases, storage.Query{Order: storage.ByDue})
	if len(open) < 10 || dueOf(open[0]).IsZero() || !dueOf(open[len(open)-1]).IsZero() {
		t.Fatalf("%d cases are open, or all with a due date, or none: the test shows nothing", len(open))
	}
	for limit := 1; limit <= len(open)+1; limit++ {
		want := map[storage.Pending]int{}
		for _, a := range open[:min(limit, len(open))] {
			want[storage.Pending{State: a.State, Due: dueOf(a)}]++
		}
		f.view(func(r storage.Reader) error {
			list, err := r.Pending("east", limit)
			got := map[storage.Pending]int{}
			for _, p := range list {
				got[storage.Pending{State: p.State, Due: p.Due}] += p.N
			}
			if d := diff.Diff(want, got); d != "" {
				t.Fatalf("first %d open applications (-want +got):\n%s", limit, d)
			}
			return err
		})
	}
}
