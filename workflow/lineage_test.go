package workflow_test

import (
	"errors"
	"testing"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// TestAbolishedAgencyRegisters: what arrives once an agency is abolished is its successor's;
// what arrived before stays, also when it is read again under the abolition.
func TestAbolishedAgencyRegisters(t *testing.T) {
	rules := workflow.Rules{Calendar: calendar.Embedded(), Settings: workflow.Settings{
		Lineage: workflow.Lineage{Abolished: day(t, "2026-03-02"), Successor: "wlj"},
	}}
	register := func(rules workflow.Rules, on string) (workflow.Application, error) {
		act := workflow.Act{Channel: workflow.InPerson, Kind: workflow.Business, Date: day(t, on)}
		a, _, err := rules.Register(workflow.Application{Agency: "wtj", ApplicationNo: "1"}, act, workflow.Person{Name: "wu", Role: workflow.Officer}, day(t, "2026-06-30"))
		return a, err
	}
	if _, err := register(rules, "2026-03-01"); err != nil {
		t.Errorf("the day before: %v", err)
	}
	var refused *workflow.Refusal
	if _, err := register(rules, "2026-03-02"); !errors.As(err, &refused) || refused.Reason != workflow.DateOrder || refused.Field != "arrive_date" {
		t.Errorf("on the day: %v", err)
	}
	a, err := register(workflow.Rules{Calendar: calendar.Embedded()}, "2026-03-09")
	if err != nil {
		t.Fatal(err)
	}
	if err := rules.Fold(&a); err != nil {
		t.Errorf("recorded before the abolition was: %v", err)
	}
}
