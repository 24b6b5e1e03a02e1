package workflow_test

import (
	"testing"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// typical is the case that an office has most often: registered, consulted on, answered.
func typical() []workflow.Act {
	on := func(m, d int) workflow.Date { return calendar.New(2026, 3, 1).AddDays((m-3)*31 + d - 1) }
	return []workflow.Act{
		{Action: workflow.ActSubmit, Date: on(3, 2), Channel: workflow.InPerson, Kind: workflow.NaturalPerson, Origin: workflow.Ledger},
		{Action: workflow.ActConsult, Date: on(3, 4), Consulted: workflow.ThirdParty, Origin: workflow.Ledger},
		{Action: workflow.ActReceiveOpinion, Date: on(3, 13), Opinion: workflow.Consent, Origin: workflow.Ledger},
		{Action: workflow.ActDecide, Date: on(3, 16), Basis: "disclosed.provided", Origin: workflow.Ledger},
		{Action: workflow.ActDeliver, Date: on(3, 17), Mode: workflow.DeliverPost, Origin: workflow.Ledger},
	}
}

var benchToday = calendar.New(2026, 12, 31)

func BenchmarkFold(b *testing.B) {
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	app, _, _, err := rules.Enter(workflow.Application{}, typical(), workflow.Person{}, benchToday)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := rules.Fold(&app); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkApply(b *testing.B) {
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	acts := typical()
	app, _, _, err := rules.Enter(workflow.Application{}, acts[:4], workflow.Person{}, benchToday)
	if err != nil {
		b.Fatal(err)
	}
	deliver := acts[4]
	deliver.Origin = workflow.Entered
	by := workflow.Person{Name: "principals/li", Role: workflow.Officer}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := rules.Apply(app, deliver, by, benchToday); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEnter(b *testing.B) {
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	acts := typical()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, _, err := rules.Enter(workflow.Application{ApplicationNo: "2026-1"}, acts, workflow.Person{}, benchToday); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPossible(b *testing.B) {
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	app, _, _, err := rules.Enter(workflow.Application{}, typical()[:2], workflow.Person{}, benchToday)
	if err != nil {
		b.Fatal(err)
	}
	by := workflow.Person{Name: "principals/li", Role: workflow.Officer}
	b.ReportAllocs()
	for b.Loop() {
		if got := rules.Possible(&app, by, calendar.New(2026, 3, 5)); len(got) == 0 {
			b.Fatal("nothing is possible")
		}
	}
}
