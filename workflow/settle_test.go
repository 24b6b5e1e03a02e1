package workflow_test

import (
	"testing"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// TestCorrectionSettles: a corrected act is settled by all that it is, also by what the
// correction leaves out; and a ledger's row says the days itself.
func TestCorrectionSettles(t *testing.T) {
	tests := []struct {
		name, key, value string
		origin           workflow.Origin
		lines            string
		change           workflow.Act
		received         string
	}{
		{
			"another arrival, the channel left out", workflow.SetOnlineReceipt, "automatic", workflow.Entered,
			"2026-03-02 submit channel=ONLINE_FORM applicant_kind=NATURAL_PERSON",
			workflow.Act{Action: workflow.ActSubmit, Date: calendar.New(2026, 3, 3)},
			"2026-03-03",
		},
		{
			"a ledger's confirmation", workflow.SetDelayedConfirm, "last_day", workflow.Ledger,
			"2026-03-02 submit channel=EMAIL applicant_kind=NATURAL_PERSON\n2026-03-10 confirm",
			workflow.Act{Action: workflow.ActConfirm, Date: calendar.New(2026, 3, 11)},
			"2026-03-11",
		},
	}
	by := workflow.Person{Name: "x", Role: workflow.Supervisor}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rules := workflow.Rules{Calendar: calendar.Embedded(), Settings: since("2008-05-01", tt.key, tt.value)}
			a, _, _, err := rules.Enter(workflow.Application{}, acts(t, tt.origin, tt.lines), by, benchToday)
			if err != nil {
				t.Fatal(err)
			}
			last := a.Acts[len(a.Acts)-1].Revision
			next, _, err := rules.Correct(a, "typo", []workflow.Amendment{{Revision: last, Act: tt.change}}, by, benchToday)
			if got := dateText(next.ReceiveDate); err != nil || got != tt.received {
				t.Errorf("received %s (%v), want %s", got, err, tt.received)
			}
		})
	}
}

// TestSendBackLimitIsTheAgencys: the limit is the one that held on the day of assignment.
func TestSendBackLimitIsTheAgencys(t *testing.T) {
	const lines = "2026-03-02 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON\n2026-03-06 assign holder=甲处\n2026-03-10 send_back reason=不属本处"
	for from, want := range map[string]workflow.Reason{"2026-03-06": "", "2026-03-07": workflow.PeriodOver} {
		_, err := entered(t, since(from, "assign.accept_workdays", "2"), lines)
		if no := refusalIn(err); (no == nil) != (want == "") || no != nil && no.Reason != want {
			t.Errorf("set from %s: %v, want %q", from, err, want)
		}
	}
}
