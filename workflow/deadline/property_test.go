package deadline_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"gongkai/workflow/calendar"
	"gongkai/workflow/deadline"
)

// facts draws a history; rapid minimises its seed only, so a failure prints the facts.
func facts(t *rapid.T) deadline.Facts {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	f := lawful(r, calendar.Embedded(), nil)
	t.Logf("%+v", f)
	return f
}

var publicOnly = cmpopts.IgnoreUnexported(deadline.Result{})

func TestOrderOfEntryNeverMatters(t *testing.T) {
	cal := calendar.Embedded()
	rapid.Check(t, func(t *rapid.T) {
		f := facts(t)
		day := f.Receive.AddDays(rapid.IntRange(0, 120).Draw(t, "day"))
		other := f
		other.Pauses = rapid.Permutation(f.Pauses).Draw(t, "pauses")
		before := slices.Clone(other.Pauses)
		r, steps := deadline.Explain(f, cal)
		s, otherSteps := deadline.Explain(other, cal)
		if diff := cmp.Diff(r, s, publicOnly); diff != "" {
			t.Fatalf("the order of the consultations changes the period:\n%s", diff)
		}
		if a, b := r.On(day, cal), s.On(day, cal); a != b {
			t.Fatalf("on %s: %+v and %+v", day, a, b)
		}
		counts := func(s deadline.Step) deadline.Step {
			return deadline.Step{Date: s.Date, Counted: s.Counted, N: s.N}
		}
		if diff := cmp.Diff(steps, otherSteps, cmp.Transformer("counts", counts)); diff != "" {
			t.Fatalf("the order of the consultations changes the trace:\n%s", diff)
		}
		if !slices.Equal(before, other.Pauses) {
			t.Fatal("Compute reordered the facts of its caller")
		}
	})
}

func TestDueNeverDependsOnTheDay(t *testing.T) {
	cal := calendar.Embedded()
	rapid.Check(t, func(t *rapid.T) {
		f := facts(t)
		r := deadline.Compute(f, cal)
		for d := f.Receive; d < f.Receive.AddDays(150); d++ {
			s := r.On(d, cal)
			switch {
			case s.Suspended || s.Unconfirmed:
				if s.Due != 0 || s.Left != 0 || s.Overdue {
					t.Fatalf("on %s the clock stands and yet %+v", d, s)
				}
			case s.Due != r.Due || s.Overdue != (d > r.Due) || s.Left != cal.WorkdaysBetween(d, r.Due):
				t.Fatalf("on %s %+v, due %s", d, s, r.Due)
			}
		}
	})
}

func TestExplainAccountsForEveryDay(t *testing.T) {
	cal := calendar.Embedded()
	rapid.Check(t, func(t *rapid.T) {
		f := facts(t)
		r, steps := deadline.Explain(f, cal)
		if diff := cmp.Diff(deadline.Compute(f, cal), r, publicOnly); diff != "" {
			t.Fatalf("Explain and Compute differ:\n%s", diff)
		}
		first := slices.IndexFunc(steps, func(s deadline.Step) bool { return s.Date == r.Base })
		if first < 0 || steps[0].Date != f.Receive {
			t.Fatalf("the trace begins with neither receipt nor base %s: %+v", r.Base, steps)
		}
		n := 0
		for i, s := range steps[first:] {
			if s.Date != r.Base.AddDays(i) {
				t.Fatalf("%s follows after %d days, want %s", s.Date, i, r.Base.AddDays(i))
			}
			if s.Counted {
				n++
			}
			if s.N != n || s.ReasonZH == "" || s.ReasonEN == "" || s.Source == "" {
				t.Fatalf("step %+v, want number %d with reasons and source", s, n)
			}
			if day := cal.Day(s.Date); s.Counted && (!day.Workday || s.Date == r.Base) {
				t.Fatalf("%s was counted", s.Date)
			}
		}
		last := steps[len(steps)-1]
		if r.Wait == deadline.Running && last.Date != r.Due && r.Due > r.Base {
			t.Fatalf("the trace ends on %s, due %s", last.Date, r.Due)
		}
		deferred := r.Due != r.Plain && r.Quota == f.Regime.Days()
		if r.Wait == deadline.Running && !deferred && (n != r.Quota || !last.Counted && f.OrderDate.IsZero()) {
			t.Fatalf("%d days counted of %d, the last: %+v", n, r.Quota, last)
		}
		// A correction may leave a supplement requested after the last day.
		if r.Wait != deadline.Running && n > r.Quota && !f.SupplementOpen {
			t.Fatalf("%d days counted of %d while the clock waits", n, r.Quota)
		}
	})
}

// TestRemainingIsWhatTheTraceLeaves reads the same number in two ways.
func TestRemainingIsWhatTheTraceLeaves(t *testing.T) {
	cal := calendar.Embedded()
	rapid.Check(t, func(t *rapid.T) {
		f := facts(t)
		r, steps := deadline.Explain(f, cal)
		if r.Wait != deadline.Running {
			return
		}
		for _, step := range steps {
			if s := r.On(step.Date, cal); step.Date >= r.Base && s.Suspended && s.Remaining != r.Quota-step.N {
				t.Fatalf("on %s %d left, but %d of %d used", step.Date, s.Remaining, step.N, r.Quota)
			}
		}
	})
}

// earlier compares last days, of which one that nothing fixes yet is the latest.
func earlier(a, b deadline.Date) bool {
	return !a.IsZero() && (b.IsZero() || a < b)
}

func TestExtensionIsNeverEarlier(t *testing.T) {
	cal := calendar.Embedded()
	rapid.Check(t, func(t *rapid.T) {
		f := facts(t)
		f.ExtensionNotify, f.ExtensionWorkdays = 0, 0
		r := deadline.Compute(f, cal)
		f.ExtensionNotify = r.Base.AddDays(rapid.IntRange(0, 60).Draw(t, "notify"))
		f.ExtensionWorkdays = rapid.IntRange(1, f.Regime.Days()).Draw(t, "workdays")
		s := deadline.Compute(f, cal)
		if earlier(s.Due, r.Due) || s.Plain != r.Plain {
			t.Fatalf("due %s, plain %s; extended by %d: due %s, plain %s", r.Due, r.Plain, f.ExtensionWorkdays, s.Due, s.Plain)
		}
		ordinary := f.DeferralDue.IsZero() && f.OrderDate.IsZero() && r.Wait == deadline.Running && s.Wait == deadline.Running
		if ordinary && s.Due <= r.Due {
			t.Fatalf("extended by %d from %s to %s", f.ExtensionWorkdays, r.Due, s.Due)
		}
	})
}

func TestConsultationIsNeverEarlier(t *testing.T) {
	cal := calendar.Embedded()
	rapid.Check(t, func(t *rapid.T) {
		f := facts(t)
		// Beside it, another letter sent on the last day would now stop the clock too.
		alone := len(f.Pauses) == 0 && (f.Regime == deadline.R2019 || f.SupplementNotify.IsZero())
		r := deadline.Compute(f, cal)
		send := r.Base.AddDays(rapid.IntRange(-20, 80).Draw(t, "send"))
		end := send.AddDays(rapid.IntRange(0, 40).Draw(t, "end"))
		f.Pauses = append(f.Pauses, deadline.Pause{Kind: deadline.ThirdParty, Send: send, Receive: send, Due: end, End: end})
		s := deadline.Compute(f, cal)
		if earlier(s.Due, r.Due) || earlier(s.Plain, r.Plain) {
			t.Fatalf("due %s, plain %s; with a consultation of %s to %s due %s, plain %s", r.Due, r.Plain, send, end, s.Due, s.Plain)
		}
		if r.Due.IsZero() || !alone {
			return
		}
		if most := cal.AddWorkdays(r.Due, max(0, cal.WorkdaysBetween(send, end))); s.Due > most {
			t.Fatalf("a consultation of %s to %s moves due from %s to %s, at most to %s", send, end, r.Due, s.Due, most)
		}
	})
}

func TestSafeIsNeverLater(t *testing.T) {
	cal := calendar.Embedded()
	rapid.Check(t, func(t *rapid.T) {
		if r := deadline.Compute(facts(t), cal); earlier(r.Due, r.Safe) {
			t.Fatalf("safe %s, due %s", r.Safe, r.Due)
		}
	})
}

func TestComputeAllocatesNothing(t *testing.T) {
	cal := calendar.Embedded()
	for _, test := range []struct {
		name  string
		facts deadline.Facts
	}{
		{"without consultation", scenario2},
		{"with two consultations", busy},
		{"with a late supplement", supplemented(received("2026-04-03"), "2026-04-16", "2026-04-30")},
		{"deferred", scenario49},
	} {
		t.Run(test.name, func(t *testing.T) {
			if n := testing.AllocsPerRun(100, func() { deadline.Compute(test.facts, cal) }); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

// What a reply has used of its period is what the explanation counts up to that day.
func TestUsedIsWhatTheTraceCounts(t *testing.T) {
	cal := calendar.Embedded()
	rapid.Check(t, func(t *rapid.T) {
		f := facts(t)
		r, steps := deadline.Explain(f, cal)
		for _, s := range steps {
			if s.Kind == deadline.StartDay {
				continue
			}
			if n := r.Used(f, s.Date, cal); n != s.N {
				t.Fatalf("%d workdays used on %s, the trace counts %d", n, s.Date, s.N)
			}
		}
	})
}

// A reply that comes too late has used the workdays since as well, and nothing that began
// after the last day is taken out.
func TestUsedAfterTheLastDay(t *testing.T) {
	cal := calendar.Embedded()
	rapid.Check(t, func(t *rapid.T) {
		f := facts(t)
		f.DeferralDue = 0 // it names a day, and the period that it replaces may end later
		r := deadline.Compute(f, cal)
		if r.Due.IsZero() {
			t.Skip("the clock waits")
		}
		day := r.Due.AddDays(rapid.IntRange(0, 200).Draw(t, "days late"))
		if got, want := r.Used(f, day, cal), r.Used(f, r.Due, cal)+cal.WorkdaysBetween(r.Due, day); got != want {
			t.Fatalf("%d workdays used on %s, want %d", got, day, want)
		}
	})
}
