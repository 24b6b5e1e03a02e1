package deadline_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/workflow/calendar"
	"gongkai/workflow/deadline"
)

// on reads a day; nothing is the unknown day.
func on(s string) deadline.Date {
	if s == "" {
		return 0
	}
	d, err := calendar.Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

// received starts the facts of an application.
func received(day string) deadline.Facts {
	return deadline.Facts{Regime: deadline.RegimeOf(on(day)), Receive: on(day)}
}

// with changes facts, so that a variant is told by its difference.
func with(f deadline.Facts, change func(*deadline.Facts)) deadline.Facts {
	f.Pauses = append([]deadline.Pause(nil), f.Pauses...)
	change(&f)
	return f
}

func extended(f deadline.Facts, notify string, workdays int) deadline.Facts {
	return with(f, func(f *deadline.Facts) { f.ExtensionNotify, f.ExtensionWorkdays = on(notify), workdays })
}

func supplemented(f deadline.Facts, notify, receive string) deadline.Facts {
	return with(f, func(f *deadline.Facts) { f.SupplementNotify, f.SupplementReceive = on(notify), on(receive) })
}

func consulted(f deadline.Facts, pauses ...deadline.Pause) deadline.Facts {
	return with(f, func(f *deadline.Facts) { f.Pauses = append(f.Pauses, pauses...) })
}

func thirdParty(send, receive, end string) deadline.Pause {
	return deadline.Pause{Kind: deadline.ThirdParty, Send: on(send), Receive: on(receive), End: on(end)}
}

func lapsed(p deadline.Pause) deadline.Pause {
	p.Lapsed = true
	return p
}

var (
	scenario2  = received("2026-02-14")
	scenario10 = consulted(received("2026-03-02"), thirdParty("2026-03-10", "", "2026-03-23"))
	scenario11 = consulted(received("2026-03-02"), thirdParty("2026-03-10", "2026-03-12", ""))
	scenario20 = received("2019-04-08")
	scenario30 = with(received("2026-03-23"), func(f *deadline.Facts) { f.FeePaid = on("2026-04-10") })
	scenario35 = with(received("2026-03-02"), func(f *deadline.Facts) { f.OrderDate, f.OrderWorkdays = on("2026-06-12"), 20 })
	scenario49 = with(received("2026-03-02"), func(f *deadline.Facts) {
		f.DeferralNotify, f.DeferralDue = on("2026-03-25"), on("2026-06-30")
	})
)

// TestScenarios gives the answers of the specification, by the number of the scenario.
func TestScenarios(t *testing.T) {
	scenario12 := consulted(received("2026-05-06"), thirdParty("2026-05-12", "", "2026-05-26"), thirdParty("2026-05-20", "", "2026-06-05"))
	scenario13 := consulted(received("2026-05-06"), thirdParty("2026-05-12", "", "2026-05-26"),
		deadline.Pause{Kind: deadline.CoMaker, Send: on("2026-05-20"), Receive: on("2026-05-21"), Lapsed: true})
	scenario14 := consulted(received("2018-09-17"),
		deadline.Pause{Kind: deadline.Organ, Send: on("2018-09-19"), Due: on("2018-09-30"), End: on("2018-09-28")},
		deadline.Pause{Kind: deadline.CoMaker, Send: on("2018-09-19"), Receive: on("2018-09-20")})
	scenario8 := with(received("2026-04-03"), func(f *deadline.Facts) {
		f.SupplementNotify, f.Reopened = on("2026-04-15"), on("2026-05-08")
	})
	for _, test := range []struct {
		name  string
		facts deadline.Facts
		asOf  string // the plan as it was known on a day; empty: all that is known
		due   string
		wait  deadline.Wait
	}{
		{name: "1 make-up Sunday before 春节 2019", facts: received("2019-02-03"), due: "2019-03-01"},
		{name: "2 make-up Saturday before 春节 2026", facts: scenario2, due: "2026-03-20"},
		{name: "3 online on a holiday, not confirmed", facts: deadline.Facts{Regime: deadline.R2019}, wait: deadline.ForConfirmation},
		{name: "3 confirmed after the holiday", facts: received("2026-05-06"), due: "2026-06-02"},
		{name: "4 ordinary mail confirmed on a make-up Sunday", facts: received("2026-09-20"), due: "2026-10-23"},
		{name: "5 EMS signed on Friday", facts: received("2026-04-03"), due: "2026-05-07"},
		{name: "6 restart by the supplement", facts: supplemented(received("2026-04-03"), "2026-04-15", "2026-04-30"), due: "2026-06-01"},
		{
			name: "7 supplement awaited", wait: deadline.ForSupplement,
			facts: with(received("2026-04-03"), func(f *deadline.Facts) { f.SupplementNotify, f.SupplementOpen = on("2026-04-15"), true }),
		},
		{name: "8 lapse excused", facts: scenario8, due: "2026-06-04"},
		{name: "8 lapse excused with the text", facts: supplemented(scenario8, "2026-04-15", "2026-05-08"), due: "2026-06-04"},
		{name: "10 without the consultation", facts: received("2026-03-02"), due: "2026-03-30"},
		{name: "10 third party answers", facts: scenario10, due: "2026-04-13"},
		{name: "11 third party silent, lapse not yet recorded", facts: scenario11, due: "2026-04-23"},
		{
			name: "11 third party silent, lapse recorded", due: "2026-04-23",
			facts: consulted(received("2026-03-02"), lapsed(thirdParty("2026-03-10", "2026-03-12", ""))),
		},
		{
			name: "11 opinion after the period", due: "2026-04-23",
			facts: consulted(received("2026-03-02"), thirdParty("2026-03-10", "2026-03-12", "2026-04-20")),
		},
		{name: "12 overlapping consultations", facts: scenario12, due: "2026-06-29"},
		// Its 15 workdays end on 06-11: 12 of them after 05-26, with 10 before: 22 to add.
		{name: "13 co-maker never answers", facts: scenario13, due: "2026-07-03"},
		{name: "14 other organ under the Regulation of 2008", facts: scenario14, due: "2018-10-12"},
		{name: "15 extension on the due day", facts: extended(received("2026-03-02"), "2026-03-30", 20), due: "2026-04-28"},
		{name: "18 Regulation of 2008 answered under that of 2019", facts: received("2019-04-26"), due: "2019-05-20"},
		{name: "18 extended", facts: extended(received("2019-04-26"), "2019-05-20", 15), due: "2019-06-11"},
		{name: "19 first day of the Regulation of 2019", facts: received("2019-05-15"), due: "2019-06-13"},
		{name: "19 the day before", facts: received("2019-05-14"), due: "2019-06-04"},
		{name: "20 before the notice", facts: scenario20, asOf: "2019-03-21", due: "2019-04-29"},
		{name: "20 from the notice on", facts: scenario20, asOf: "2019-03-22", due: "2019-04-28"},
		{name: "20 later receipt before the notice", facts: received("2019-04-11"), asOf: "2019-03-21", due: "2019-05-03"},
		{name: "20 later receipt", facts: received("2019-04-11"), due: "2019-05-05"},
		{name: "21 first plan for 春节 2020", facts: received("2020-01-16"), asOf: "2020-01-26", due: "2020-02-18"},
		{name: "21 春节 2020 prolonged", facts: received("2020-01-16"), due: "2020-02-20"},
		{name: "22 across the year", facts: received("2025-12-22"), due: "2026-01-20"},
		{name: "23 confirmed on a make-up Sunday", facts: received("2026-01-04"), due: "2026-01-30"},
		{name: "25 no calendar for the next year", facts: received("2026-12-14"), due: "2027-01-12"},
		{
			name: "29 fee awaited", wait: deadline.ForFee,
			facts: with(received("2026-03-23"), func(f *deadline.Facts) { f.FeeOpen = true }),
		},
		{name: "30 fee paid", facts: scenario30, due: "2026-05-12"},
		{name: "35 order on review", facts: scenario35, due: "2026-07-13"},
		{name: "46 extension consumed by the restart", facts: extended(supplemented(received("2026-03-02"), "2026-03-09", "2026-03-20"), "2026-03-06", 20), due: "2026-04-20"},
		{name: "47 consultation and extension", facts: extended(scenario10, "2026-04-10", 10), due: "2026-04-27"},
		{name: "48 supplement under the Regulation of 2008", facts: supplemented(received("2018-09-17"), "2018-09-20", "2018-10-10"), due: "2018-10-26"},
		{name: "49 reasons only asked", facts: received("2026-03-02"), due: "2026-03-30"},
		{name: "49 deferred", facts: scenario49, due: "2026-06-30"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := deadline.Compute(test.facts, calendar.Embedded().AsOf(on(test.asOf)))
			if r.Due != on(test.due) || r.Wait != test.wait {
				t.Errorf("due %q, waiting for %q; want %q, %q", r.Due, r.Wait, test.due, test.wait)
			}
		})
	}
}

// TestResult looks at what else follows from the facts.
func TestResult(t *testing.T) {
	organ := deadline.Pause{Kind: deadline.Organ, Send: on("2026-03-10"), Receive: on("2026-03-11"), Due: on("2026-03-31"), End: on("2026-03-23")}
	type result struct {
		Due, Plain, Safe, Base string
		Quota                  int
		Provisional            bool
	}
	for _, test := range []struct {
		name  string
		facts deadline.Facts
		want  result
	}{
		{"firm", scenario2, result{Due: "2026-03-20", Plain: "2026-03-20", Safe: "2026-03-20", Base: "2026-02-14", Quota: 20}},
		{
			"provisional", received("2026-12-14"),
			result{Due: "2027-01-12", Plain: "2027-01-12", Safe: "2027-01-12", Base: "2026-12-14", Quota: 20, Provisional: true},
		},
		{
			"a day named in the next year does not move",
			with(received("2026-12-14"), func(f *deadline.Facts) { f.DeferralNotify, f.DeferralDue = on("2026-12-20"), on("2027-02-26") }),
			result{Due: "2027-02-26", Plain: "2027-01-12", Safe: "2027-02-26", Base: "2026-12-14", Quota: 20},
		},
		{
			"extension", extended(scenario10, "2026-04-10", 10),
			result{Due: "2026-04-27", Plain: "2026-04-13", Safe: "2026-04-27", Base: "2026-03-02", Quota: 30},
		},
		{
			"supplement requested on the last day for it", supplemented(received("2026-04-03"), "2026-04-15", "2026-04-30"),
			result{Due: "2026-06-01", Plain: "2026-06-01", Safe: "2026-06-01", Base: "2026-04-30", Quota: 20},
		},
		{
			"supplement requested late", supplemented(received("2026-04-03"), "2026-04-16", "2026-04-30"),
			result{Due: "2026-06-01", Plain: "2026-06-01", Safe: "2026-05-07", Base: "2026-04-30", Quota: 20},
		},
		{
			"supplement requested late and awaited",
			with(received("2026-04-03"), func(f *deadline.Facts) { f.SupplementNotify, f.SupplementOpen = on("2026-04-16"), true }),
			result{Safe: "2026-05-07", Base: "2026-04-03", Quota: 20},
		},
		{
			"a disputed restart never makes the safe day later", extended(supplemented(received("2026-03-02"), "2026-03-12", "2026-03-13"), "2026-03-06", 20),
			result{Due: "2026-04-13", Plain: "2026-04-13", Safe: "2026-04-13", Base: "2026-03-13", Quota: 20},
		},
		{
			"late supplement after a payment",
			supplemented(scenario30, "2026-04-20", "2026-04-27"),
			result{Due: "2026-05-27", Plain: "2026-05-27", Safe: "2026-05-12", Base: "2026-04-27", Quota: 20},
		},
		{
			"pause without a statutory period", consulted(received("2026-03-02"), organ),
			result{Due: "2026-04-13", Plain: "2026-04-13", Safe: "2026-03-30", Base: "2026-03-02", Quota: 20},
		},
		{
			// 15 workdays from the sending: 03-11 to 03-31, all left out.
			"receipt of the letter not proven", consulted(received("2026-03-02"), lapsed(thirdParty("2026-03-10", "", ""))),
			result{Due: "2026-04-21", Plain: "2026-04-21", Safe: "2026-03-30", Base: "2026-03-02", Quota: 20},
		},
		{
			"letter sent on the last day stops nothing", consulted(received("2026-03-02"), thirdParty("2026-03-30", "2026-03-31", "2026-04-10")),
			result{Due: "2026-03-30", Plain: "2026-03-30", Safe: "2026-03-30", Base: "2026-03-02", Quota: 20},
		},
		{
			"letter sent in the extension", consulted(extended(received("2026-03-02"), "2026-03-30", 5), thirdParty("2026-03-31", "2026-04-01", "2026-04-08")),
			result{Due: "2026-04-14", Plain: "2026-03-30", Safe: "2026-04-14", Base: "2026-03-02", Quota: 25},
		},
		{
			"letter of the old period", supplemented(scenario10, "2026-03-11", "2026-03-18"),
			result{Due: "2026-04-16", Plain: "2026-04-16", Safe: "2026-04-16", Base: "2026-03-18", Quota: 20},
		},
		{
			"order", scenario35,
			result{Due: "2026-07-13", Plain: "2026-07-13", Safe: "2026-07-13", Base: "2026-06-12", Quota: 20},
		},
		{
			"order with a day, while a supplement is awaited",
			with(received("2026-03-02"), func(f *deadline.Facts) {
				f.SupplementNotify, f.SupplementOpen = on("2026-03-09"), true
				f.OrderDate, f.OrderDue = on("2026-06-12"), on("2026-06-26")
			}),
			result{Due: "2026-06-26", Plain: "2026-06-26", Safe: "2026-06-26", Base: "2026-06-12", Quota: 9},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := deadline.Compute(test.facts, calendar.Embedded())
			got := result{
				Due: r.Due.String(), Plain: r.Plain.String(), Safe: r.Safe.String(), Base: r.Base.String(),
				Quota: r.Quota, Provisional: r.Provisional,
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRegime(t *testing.T) {
	for _, test := range []struct {
		receive string
		want    deadline.Regime
		days    int
	}{
		{"2008-05-01", deadline.R2008, 15},
		{"2019-05-14", deadline.R2008, 15},
		{"2019-05-15", deadline.R2019, 20},
	} {
		if got := deadline.RegimeOf(on(test.receive)); got != test.want || got.Days() != test.days {
			t.Errorf("%s: regime %d with %d days, want %d with %d", test.receive, got, got.Days(), test.want, test.days)
		}
	}
}

func TestExpiry(t *testing.T) {
	for _, test := range []struct {
		name   string
		regime deadline.Regime
		pause  deadline.Pause
		want   string
	}{
		{"third party", deadline.R2019, thirdParty("2026-03-10", "2026-03-12", ""), "2026-04-02"},
		{"answered before", deadline.R2019, thirdParty("2026-03-10", "2026-03-12", "2026-03-16"), "2026-04-02"},
		{"receipt not proven", deadline.R2019, thirdParty("2026-03-10", "", ""), "2026-03-31"},
		{"the law's period stands beside a day named", deadline.R2019, deadline.Pause{Kind: deadline.CoMaker, Send: on("2026-03-10"), Receive: on("2026-03-12"), Due: on("2026-03-20")}, "2026-04-02"},
		{"other organ", deadline.R2019, deadline.Pause{Kind: deadline.Organ, Send: on("2026-03-10"), Due: on("2026-03-20")}, "2026-03-20"},
		{"other organ without a day", deadline.R2019, deadline.Pause{Kind: deadline.Organ, Send: on("2026-03-10")}, ""},
		{"third party of 2008", deadline.R2008, deadline.Pause{Kind: deadline.ThirdParty, Send: on("2018-03-12"), Due: on("2018-03-30")}, "2018-03-30"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.pause.Expiry(test.regime, calendar.Embedded()); got != on(test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
