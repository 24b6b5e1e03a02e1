package deadline_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/workflow/calendar"
	"gongkai/workflow/deadline"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestTrace keeps the explanations as an officer or a judge reads them.
func TestTrace(t *testing.T) {
	for _, test := range []struct {
		name  string
		facts deadline.Facts
		asOf  string
	}{
		{name: "scenario-02", facts: scenario2},
		{name: "scenario-10", facts: scenario10},
		{name: "scenario-20-before", facts: scenario20, asOf: "2019-03-21"},
		{name: "scenario-20", facts: scenario20},
		{name: "extension", facts: extended(scenario10, "2026-04-10", 3)},
		{name: "awaited", facts: scenario11},
		{name: "supplement-awaited", facts: with(received("2026-03-02"), func(f *deadline.Facts) {
			f.SupplementNotify, f.SupplementOpen = on("2026-03-09"), true
		})},
		{name: "supplement-2008", facts: supplemented(received("2018-09-17"), "2018-09-20", "2018-10-10")},
		{name: "restart", facts: supplemented(received("2026-04-03"), "2026-04-15", "2026-04-30")},
		{name: "provisional", facts: received("2026-12-14")},
		{name: "deferral", facts: consulted(with(received("2026-03-02"), func(f *deadline.Facts) {
			f.DeferralNotify, f.DeferralDue = on("2026-03-25"), on("2026-04-10")
		}), thirdParty("2026-04-01", "2026-04-02", "2026-04-08"))},
		{name: "order", facts: scenario35},
	} {
		t.Run(test.name, func(t *testing.T) {
			golden(t, test.name+".golden", trace(test.facts, calendar.Embedded().AsOf(on(test.asOf))))
		})
	}
}

func trace(f deadline.Facts, cal *calendar.Calendar) string {
	r, steps := deadline.Explain(f, cal)
	var b strings.Builder
	fmt.Fprintf(&b, "due %s, plain %s, safe %s, base %s, quota %d", r.Due, r.Plain, r.Safe, r.Base, r.Quota)
	if r.Wait != deadline.Running {
		fmt.Fprintf(&b, ", waits for %s", r.Wait)
	}
	if r.Provisional {
		b.WriteString(", provisional")
	}
	b.WriteString("\n\n")
	for _, s := range steps {
		n := "  -"
		if s.Counted {
			n = fmt.Sprintf("%3d", s.N)
		}
		fmt.Fprintf(&b, "%s %s %s | %s | %s | %s\n", s.Date, s.Date.Weekday().String()[:3], n, s.ReasonZH, s.ReasonEN, s.Source)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); -update rewrites it:\n%s", path, diff)
	}
}

func TestNoTraceWithoutReceipt(t *testing.T) {
	r, steps := deadline.Explain(deadline.Facts{Regime: deadline.R2019}, calendar.Embedded())
	if r.Wait != deadline.ForConfirmation || steps != nil {
		t.Errorf("waits for %q with %d days explained", r.Wait, len(steps))
	}
}
