package workflow_test

import (
	"strings"
	"testing"

	"gongkai/workflow"
	"gongkai/workflow/scenario"
)

// parse reads one line of a script.
func parse(t *testing.T, line string) scenario.Step {
	t.Helper()
	script, err := scenario.Parse([]byte("title\n-- steps --\n" + line))
	if err != nil {
		t.Fatal(err)
	}
	return script.Steps[0]
}

var head = workflow.Person{Name: "principals/head", Role: workflow.Supervisor}

func TestCorrect(t *testing.T) {
	amendment := func(revision int64, line string) workflow.Amendment {
		c := workflow.Amendment{Revision: revision}
		if line == "" {
			c.Strike = true
			return c
		}
		act, err := actOf(parse(t, line))
		if err != nil {
			t.Fatal(err)
		}
		c.Act = act
		return c
	}
	answered := received + "2026-03-20 decide basis=disclosed.provided\n2026-04-01 deliver mode=POST\n"
	chain := chained + "2026-03-04 submit_for_review basis=disclosed.provided by=SUPERVISOR\n2026-03-05 approve by=OFFICER\n"
	tests := []struct {
		name    string
		lines   string
		changes []workflow.Amendment
		reason  workflow.Reason
		field   string
		check   func(*testing.T, *workflow.Application)
	}{
		{"delivered in time after all", answered, []workflow.Amendment{amendment(3, "2026-03-30 deliver mode=POST")}, "", "", func(t *testing.T, a *workflow.Application) {
			if a.Conclusion.Timing != workflow.OnTime || a.Conclusion.Date != day(t, "2026-03-30") {
				t.Errorf("conclusion %+v", a.Conclusion)
			}
		}},
		{"the delivery never happened", answered, []workflow.Amendment{amendment(3, "")}, "", "", func(t *testing.T, a *workflow.Application) {
			if a.State != workflow.Decided || !a.Conclusion.Date.IsZero() {
				t.Errorf("%s, conclusion %+v", a.State, a.Conclusion)
			}
		}},
		{"an extension that was left out", answered, []workflow.Amendment{amendment(0, "2026-03-04 extend workdays=5")}, "", "", func(t *testing.T, a *workflow.Application) {
			if a.Conclusion.Timing != workflow.Extended || a.Acts[1].By != head.Name || a.Acts[1].Revision != 4 {
				t.Errorf("conclusion %+v, act %+v", a.Conclusion, a.Acts[1])
			}
		}},
		{"arrived a day later", answered, []workflow.Amendment{{Revision: 1, Act: workflow.Act{Action: workflow.ActSubmit, Date: day(t, "2026-03-04")}}}, "", "", func(t *testing.T, a *workflow.Application) {
			if a.ReceiveDate != day(t, "2026-03-04") || a.Channel != workflow.InPerson || a.Applicant.Kind != workflow.NaturalPerson || a.RegisteredBy != "principals/officer" || a.Conclusion.Timing != workflow.OnTime {
				t.Errorf("%+v", a)
			}
		}},
		{"arrived under the Regulation of 2008", received, []workflow.Amendment{{Revision: 1, Act: workflow.Act{Action: workflow.ActSubmit, Date: day(t, "2019-05-14")}}}, "", "", func(t *testing.T, a *workflow.Application) {
			if a.Regime != workflow.R2008 {
				t.Errorf("regime %d", a.Regime)
			}
		}},
		{"a draft keeps its chain", chain, []workflow.Amendment{amendment(2, "2026-03-04 submit_for_review basis=disclosed.in_part")}, "", "", func(t *testing.T, a *workflow.Application) {
			if a.State != workflow.UnderReview || a.Draft.Steps != 2 || a.Draft.By != "principals/supervisor" || a.Draft.Basis != "disclosed.in_part" {
				t.Errorf("%s, draft %+v", a.State, a.Draft)
			}
		}},
		{"a letter that was never sent, its opinion another's", received + "2026-03-04 consult kind=THIRD_PARTY\n2026-03-06 consult kind=CO_MAKER\n2026-03-10 receive_opinion consultation=1 opinion=OBJECTION\n", []workflow.Amendment{amendment(2, ""), amendment(4, "2026-03-10 receive_opinion consultation=2 opinion=CONSENT")}, "", "", func(t *testing.T, a *workflow.Application) {
			if a.State != workflow.Processing || len(a.Consultations) != 1 || a.Consultations[0].Kind != workflow.CoMaker || a.Consultations[0].Opinion != workflow.Consent {
				t.Errorf("%s, %+v", a.State, a.Consultations)
			}
		}},
		{"a letter that was never sent, yet answered", received + "2026-03-04 consult kind=THIRD_PARTY\n2026-03-06 consult kind=CO_MAKER\n2026-03-10 receive_opinion consultation=1 opinion=OBJECTION\n", []workflow.Amendment{amendment(2, "")}, workflow.ConsultationUnknown, "consultation", nil},
		{"a void case is none", received + "2026-03-20 void reason=误登记\n", []workflow.Amendment{amendment(2, "")}, "", "", func(t *testing.T, a *workflow.Application) {
			if a.State != workflow.Received {
				t.Errorf("state %s", a.State)
			}
		}},
		{"arrived after the reply", answered, []workflow.Amendment{{Revision: 1, Act: workflow.Act{Action: workflow.ActSubmit, Date: day(t, "2026-03-23")}}}, workflow.DateOrder, "decide_date", nil},
		{"decided before it arrived", answered, []workflow.Amendment{amendment(2, "2026-03-01 decide basis=disclosed.provided")}, workflow.DateOrder, "decide_date", nil},
		{"decided after the delivery", answered, []workflow.Amendment{amendment(2, "2026-04-02 decide basis=disclosed.provided")}, workflow.ActionNotPossible, "", nil},
		{"arrived before any Regulation", received, []workflow.Amendment{{Revision: 1, Act: workflow.Act{Action: workflow.ActSubmit, Date: day(t, "2008-04-30")}}}, workflow.OutOfScope, "", nil},
		{"in the future", answered, []workflow.Amendment{amendment(3, "2030-01-01 deliver mode=POST")}, workflow.DateInFuture, "deliver_date", nil},
		{"a repeat of nothing", answered, []workflow.Amendment{amendment(2, "2026-03-20 decide basis=not_processed.repeat prior_application_no=2026-9")}, workflow.RepeatNotProven, "prior_application_no", nil},
		{"the registration struck", answered, []workflow.Amendment{amendment(1, "")}, workflow.FieldInvalid, "amendments", nil},
		{"an act in place of the registration", answered, []workflow.Amendment{amendment(1, "2026-03-01 withdraw")}, workflow.FieldInvalid, "amendments", nil},
		{"a registration in place of an act", answered, []workflow.Amendment{{Revision: 2, Act: workflow.Act{Action: workflow.ActSubmit, Date: day(t, "2026-03-01")}}}, workflow.FieldInvalid, "amendments", nil},
		{"a second registration", answered, []workflow.Amendment{amendment(0, "2026-03-01 submit channel=FAX applicant_kind=OTHER")}, workflow.FieldInvalid, "amendments", nil},
		{"an act that is not there", answered, []workflow.Amendment{amendment(9, "")}, workflow.FieldInvalid, "amendments", nil},
		{"nothing struck", answered, []workflow.Amendment{amendment(0, "")}, workflow.FieldInvalid, "amendments", nil},
		{"the same act twice", answered, []workflow.Amendment{amendment(3, ""), amendment(3, "")}, workflow.FieldInvalid, "amendments", nil},
		{"two acts added", answered, []workflow.Amendment{amendment(0, "2026-03-04 extend workdays=5"), amendment(0, "2026-03-05 hold reason=裁定")}, workflow.FieldInvalid, "amendments", nil},
		{"nothing changed", answered, nil, workflow.FieldInvalid, "amendments", nil},
		{"a correction corrected", answered, []workflow.Amendment{{Revision: 2, Act: workflow.Act{Action: workflow.ActCorrect, Date: day(t, "2026-03-20")}}}, workflow.FieldInvalid, "action", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := play(t, tt.lines)
			app := r.apps["2026-1"]
			before := clone(*app)
			r.rules.Settings = workflow.Settings{} // what is in force today changes no history
			next, event, err := r.rules.Correct(*app, "登记有误", tt.changes, head, benchToday)
			if diff := diffApplications(before, *app); diff != "" {
				t.Errorf("the case corrected changed in place:\n%s", diff)
			}
			if tt.check == nil {
				no := refusalOf(t, err)
				if no.Reason != tt.reason || no.Field != tt.field {
					t.Errorf("refused with %+v, want %s of %q", no, tt.reason, tt.field)
				}
				if diff := diffApplications(before, next); diff != "" {
					t.Errorf("refused, yet changed:\n%s", diff)
				}
				return
			}
			if err != nil {
				t.Fatalf("refused: %v", err)
			}
			tt.check(t, &next)
			replayed, err := r.rules.Replay(append(r.events["2026-1"], event))
			if err != nil {
				t.Fatal(err)
			}
			replayed.ID = next.ID
			if diff := diffApplications(next, replayed); diff != "" {
				t.Errorf("replay:\n%s", diff)
			}
		})
	}
}

func TestCorrectNeedsASupervisorAndAReason(t *testing.T) {
	r := play(t, received)
	change := []workflow.Amendment{{Revision: 1, Act: workflow.Act{Action: workflow.ActSubmit, Date: day(t, "2026-03-01")}}}
	_, _, err := r.rules.Correct(*r.apps["2026-1"], "登记有误", change, workflow.Person{Role: workflow.Officer}, benchToday)
	if no := refusalOf(t, err); no.Reason != workflow.RoleNotAllowed {
		t.Errorf("an officer: %v", no)
	}
	_, _, err = r.rules.Correct(*r.apps["2026-1"], " ", change, head, benchToday)
	if no := refusalOf(t, err); no.Reason != workflow.FieldInvalid || !strings.Contains(no.ZH, "reason") {
		t.Errorf("without a reason: %v", no)
	}
}
