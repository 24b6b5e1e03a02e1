package deadline_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/workflow/calendar"
	"gongkai/workflow/deadline"
)

func TestOn(t *testing.T) {
	march := received("2026-03-02")
	supplement2019 := with(march, func(f *deadline.Facts) { f.SupplementNotify, f.SupplementOpen = on("2026-03-09"), true })
	supplement2008 := with(received("2018-09-17"), func(f *deadline.Facts) { f.SupplementNotify, f.SupplementOpen = on("2018-09-20"), true })
	organ := deadline.Pause{Kind: deadline.Organ, Send: on("2026-03-10")}
	// The first period ran out on 03-17 unrecorded, the second letter left on 03-19.
	gap := consulted(march,
		deadline.Pause{Kind: deadline.Organ, Send: on("2026-03-10"), Due: on("2026-03-17")},
		deadline.Pause{Kind: deadline.Organ, Send: on("2026-03-19"), Due: on("2026-03-26")})
	due := func(day string, left int) deadline.Status {
		return deadline.Status{Due: on(day), Left: left, Overdue: left < 0}
	}
	suspended := func(remaining int) deadline.Status {
		return deadline.Status{Suspended: true, Remaining: remaining}
	}
	for _, test := range []struct {
		name  string
		facts deadline.Facts
		day   string
		want  deadline.Status
	}{
		{"not confirmed", deadline.Facts{Regime: deadline.R2019}, "2026-03-02", deadline.Status{Unconfirmed: true}},
		{"day of receipt", march, "2026-03-02", due("2026-03-30", 20)},
		{"day before the last", march, "2026-03-29", due("2026-03-30", 1)},
		{"last day", march, "2026-03-30", due("2026-03-30", 0)},
		{"day after", march, "2026-03-31", due("2026-03-30", -1)},
		{"two days after", march, "2026-04-01", due("2026-03-30", -2)},
		{"rest day after a last day on Friday", scenario2, "2026-03-21", deadline.Status{Due: on("2026-03-20"), Overdue: true}},
		{"opinion awaited, day before the letter", scenario11, "2026-03-09", due("2026-04-23", 32)},
		{"opinion awaited, day of the letter", scenario11, "2026-03-10", suspended(14)},
		{"opinion awaited", scenario11, "2026-03-25", suspended(14)},
		{"opinion awaited, last day of its period", scenario11, "2026-04-02", suspended(14)},
		{"opinion did not come", scenario11, "2026-04-03", due("2026-04-23", 13)},
		{"opinion came", scenario10, "2026-03-23", due("2026-04-13", 14)},
		{"opinion awaited on and on", consulted(march, organ), "2027-03-01", suspended(14)},
		{"opinion awaited in the extension", extended(scenario11, "2026-03-10", 5), "2026-03-25", suspended(19)},
		{"second letter after the first ran out: first", gap, "2026-03-12", suspended(14)},
		{"second letter after the first ran out: between", gap, "2026-03-18", due("2026-04-14", 18)},
		{"second letter after the first ran out: second", gap, "2026-03-20", suspended(12)},
		{"letter sent on the last day", consulted(march, thirdParty("2026-03-30", "", "")), "2026-03-31", due("2026-03-30", -1)},
		{"letter of an organ under the Regulation of 2008", consulted(received("2018-09-17"), deadline.Pause{Kind: deadline.Organ, Send: on("2018-09-19")}), "2018-10-12", due("2018-10-12", 0)},
		{"supplement awaited", supplement2019, "2026-05-01", suspended(20)},
		{"supplement awaited, day of the notice", supplement2019, "2026-03-09", suspended(20)},
		{"supplement of 2008 awaited: the clock goes on where it stood", supplement2008, "2018-12-03", suspended(12)},
		{"fee awaited", with(march, func(f *deadline.Facts) { f.FeeOpen = true }), "2026-04-20", suspended(20)},
		{"deferred", scenario49, "2026-06-29", due("2026-06-30", 1)},
		{"deferred and over", scenario49, "2026-07-01", due("2026-06-30", -1)},
		{"a day named does not stand while an opinion is awaited", consulted(scenario49, thirdParty("2026-04-07", "2026-04-08", "")), "2026-04-10", due("2026-06-30", 54)},
		{"ordered", scenario35, "2026-07-13", due("2026-07-13", 0)},
	} {
		t.Run(test.name, func(t *testing.T) {
			cal := calendar.Embedded()
			got := deadline.Compute(test.facts, cal).On(on(test.day), cal)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
