package workflow_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// TestHoldings: who has an application in hand follows from the assignments, changes no
// clock, and is theirs once the time to send it back is over.
func TestHoldings(t *testing.T) {
	const submit = "2026-03-02 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON\n"
	day := func(text string) workflow.Date { return day(t, text) }
	tests := []struct {
		name   string
		lines  string
		reason workflow.Reason
		want   []workflow.Holding
	}{
		{"assigned", "2026-03-03 assign holder=甲处", "", []workflow.Holding{{Holder: "甲处", Since: day("2026-03-03")}}},
		{"accepted", "2026-03-03 assign holder=甲处\n2026-03-04 accept_assignment", "", []workflow.Holding{{Holder: "甲处", Since: day("2026-03-03"), Accepted: day("2026-03-04")}}},
		{
			"sent back to whoever had it", "2026-03-03 assign holder=甲处\n2026-03-05 assign holder=乙处\n2026-03-06 send_back reason=不属本处", "",
			[]workflow.Holding{
				{Holder: "甲处", Since: day("2026-03-03")},
				{Holder: "乙处", Since: day("2026-03-05"), Returned: true},
				{Holder: "甲处", Since: day("2026-03-06"), Accepted: day("2026-03-06")},
			},
		},
		{
			"sent back to nobody in particular", "2026-03-03 assign holder=甲处\n2026-03-04 send_back reason=不属本处", "",
			[]workflow.Holding{{Holder: "甲处", Since: day("2026-03-03"), Returned: true}, {Since: day("2026-03-04"), Accepted: day("2026-03-04")}},
		},
		{"on the last day to send it back", "2026-03-06 assign holder=甲处\n2026-03-09 send_back reason=不属本处", "", []workflow.Holding{
			{Holder: "甲处", Since: day("2026-03-06"), Returned: true}, {Since: day("2026-03-09"), Accepted: day("2026-03-09")},
		}},
		{"after it", "2026-03-06 assign holder=甲处\n2026-03-10 send_back reason=不属本处", workflow.PeriodOver, nil},
		{"after signing for it", "2026-03-03 assign holder=甲处\n2026-03-03 accept_assignment\n2026-03-04 send_back reason=不属本处", workflow.ActionNotPossible, nil},
		{"nobody has it", "2026-03-03 accept_assignment", workflow.ActionNotPossible, nil},
		{"to whoever has it", "2026-03-03 assign holder=甲处\n2026-03-04 assign holder=甲处", workflow.ActionNotPossible, nil},
		{"to nobody", "2026-03-03 assign", workflow.FieldInvalid, nil},
		{"back without a reason", "2026-03-03 assign holder=甲处\n2026-03-03 send_back", workflow.FieldInvalid, nil},
	}
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list := acts(t, workflow.Entered, submit+tt.lines)
			app, events, _, err := rules.Enter(workflow.Application{}, list, workflow.Person{Name: "x", Role: workflow.Officer}, benchToday)
			if tt.reason != "" {
				if no := refusalOf(t, err); no.Reason != tt.reason {
					t.Errorf("refused with %s: %s", no.Reason, no.EN)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, app.Holdings); diff != "" {
				t.Errorf("holdings:\n%s", diff)
			}
			if due := rules.Deadline(&app).Due; due != day("2026-03-30") {
				t.Errorf("the assignment moved the last day to %s", due)
			}
			replayed, err := rules.Replay(events)
			if diff := diffApplications(app, replayed); diff != "" || err != nil {
				t.Errorf("replay (%v):\n%s", err, diff)
			}
		})
	}
}

// TestLateCause: what was concluded late bears a warning until its cause is given.
func TestLateCause(t *testing.T) {
	for name, tt := range map[string]struct {
		lines string
		warns bool
		cause string
	}{
		"late without": {"2026-04-10 decide basis=disclosed.provided\n2026-04-10 deliver mode=POST", true, ""},
		"late with":    {"2026-04-10 decide basis=disclosed.provided\n2026-04-10 deliver mode=POST late_cause=检索量大", false, "检索量大"},
		"in time":      {"2026-03-10 decide basis=disclosed.provided\n2026-03-10 deliver mode=POST", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			rules := workflow.Rules{Calendar: calendar.Embedded()}
			list := acts(t, workflow.Entered, "2026-03-02 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON\n"+tt.lines)
			app, _, _, err := rules.Enter(workflow.Application{}, list, workflow.Person{Name: "x", Role: workflow.Officer}, benchToday)
			if err != nil {
				t.Fatal(err)
			}
			warns := false
			for _, w := range rules.Warnings(&app) {
				warns = warns || w.Code == "LATE_CAUSE_MISSING"
			}
			if warns != tt.warns || app.Conclusion.LateCause != tt.cause {
				t.Errorf("warns %v, cause %q", warns, app.Conclusion.LateCause)
			}
		})
	}
}
