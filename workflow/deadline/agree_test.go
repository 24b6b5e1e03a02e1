package deadline_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"gongkai/workflow/calendar"
	"gongkai/workflow/deadline"
)

var (
	histories = flag.Int("histories", 200_000, "random histories on which both readings of the law must agree")
	seed      = flag.Uint64("seed", 0, "seed of the first history; 0: another one every time")
)

// TestNaive compares the deadline with a second reading of the law by a different hand:
//
//	go test ./workflow/deadline -run TestNaive -histories=10000000
func TestNaive(t *testing.T) {
	start := *seed
	if start == 0 {
		start = rand.Uint64()
	}
	t.Logf("%d histories, -seed=%d", *histories, start)
	workers := runtime.GOMAXPROCS(0)
	var all sync.WaitGroup
	counts := make([]kinds, workers)
	for w := range workers {
		all.Go(func() {
			cal := calendar.Embedded()
			r := rand.New(rand.NewPCG(start, uint64(w)))
			pauses := make([]deadline.Pause, 0, 16)
			for i := w; i < *histories; i += workers {
				f := lawful(r, cal, pauses)
				day := f.Receive + deadline.Date(r.IntN(90))
				counts[w].add(f)
				if diff := disagreement(f, cal, day); diff != "" {
					t.Errorf("seed %d, history %d: %s\n%+v", start, i, diff, f)
					return
				}
			}
		})
	}
	all.Wait()
	var sum kinds
	for _, c := range counts {
		for i := range c {
			sum[i] += c[i]
		}
	}
	for i, name := range kindNames {
		t.Logf("%9d %s", sum[i], name)
		if *histories >= 10_000 && sum[i]*500 < *histories {
			t.Errorf("only %d histories with %s: the comparison proves little", sum[i], name)
		}
	}
}

// kinds counts the histories by what occurs in them, so that the comparison is known to
// have met everything.
type kinds [len(kindNames)]int

var kindNames = [...]string{
	"the regime of 2008", "one consultation", "several consultations", "a consultation that lapsed",
	"a receipt not proven", "an opinion awaited", "a supplement awaited", "a supplement received", "a lapse excused",
	"an extension", "a fee awaited", "a fee paid", "a deferral", "an order",
}

func (k *kinds) add(f deadline.Facts) {
	lapsed, unproven, open := false, false, false
	for _, p := range f.Pauses {
		lapsed = lapsed || p.Lapsed
		unproven = unproven || p.Receive.IsZero()
		open = open || p.End.IsZero() && !p.Lapsed
	}
	for i, holds := range [len(kindNames)]bool{
		f.Regime == deadline.R2008, len(f.Pauses) == 1, len(f.Pauses) > 1, lapsed,
		unproven, open, f.SupplementOpen, !f.SupplementReceive.IsZero(), !f.Reopened.IsZero(),
		f.ExtensionWorkdays > 0, f.FeeOpen, !f.FeePaid.IsZero(), !f.DeferralDue.IsZero(), !f.OrderDate.IsZero(),
	} {
		if holds {
			k[i]++
		}
	}
}

// disagreement says in what the two readings differ; empty if in nothing.
func disagreement(f deadline.Facts, cal *calendar.Calendar, day deadline.Date) string {
	n, r := naiveOf(f, cal), deadline.Compute(f, cal)
	for _, d := range [...]struct {
		name       string
		got, naive deadline.Date
	}{{"due", r.Due, n.due}, {"plain", r.Plain, n.plain}, {"safe", r.Safe, n.safe}} {
		if d.got != d.naive {
			return fmt.Sprintf("%s is %q, by the naive reading %q", d.name, d.got, d.naive)
		}
	}
	waits := map[deadline.Wait]wait{
		deadline.Running: nothing, deadline.ForConfirmation: confirmation, deadline.ForSupplement: supplement,
		deadline.ForFee: fee, deadline.ForOpinion: consultation,
	}
	if got := waits[r.Wait]; r.Due.IsZero() && got != n.waits {
		return fmt.Sprintf("the clock waits for %q, by the naive reading for %q", got, n.waits)
	}
	replaced := !f.OrderDate.IsZero() || !f.DeferralDue.IsZero()
	if r.Wait != deadline.Running || replaced {
		return ""
	}
	s := r.On(day, cal)
	stands, remaining := naiveStand(f, cal, day)
	if s.Suspended != stands || stands && s.Remaining != remaining {
		return fmt.Sprintf("on %s the clock stands: %t with %d left, by the naive reading %t with %d", day, s.Suspended, s.Remaining, stands, remaining)
	}
	return ""
}
