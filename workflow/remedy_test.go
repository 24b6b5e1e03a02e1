package workflow_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

var remedyToday = calendar.New(2026, 12, 31)

func suit() workflow.Remedy {
	return workflow.Remedy{Kind: workflow.Litigation, FileDate: calendar.New(2026, 6, 1), AfterReview: true}
}

func refusalOf(t *testing.T, err error) *workflow.Refusal {
	t.Helper()
	var no *workflow.Refusal
	if err == nil || !errors.As(err, &no) {
		t.Fatalf("got %v, want a refusal", err)
	}
	checkTexts(t, no)
	return no
}

func TestCheckRemedy(t *testing.T) {
	tests := []struct {
		name   string
		change func(*workflow.Remedy)
		reason workflow.Reason // empty: accepted
		field  string
		zh     string
	}{
		{"a suit after reconsideration", func(*workflow.Remedy) {}, "", "", ""},
		{"a complaint", func(r *workflow.Remedy) { r.Kind, r.AfterReview = workflow.Complaint, false }, "", "", ""},
		{"as reviewing authority", func(r *workflow.Remedy) { r.Capacity = workflow.ReviewOrgan }, "", "", ""},
		{"on the first day", func(r *workflow.Remedy) { r.FileDate = calendar.New(2008, 5, 1) }, "", "", ""},
		{"today", func(r *workflow.Remedy) { r.FileDate = remedyToday }, "", "", ""},
		{"no kind", func(r *workflow.Remedy) { r.Kind = "" }, workflow.FieldInvalid, "kind", "行政复议"},
		{"a kind that does not exist", func(r *workflow.Remedy) { r.Kind = "PRAYER" }, workflow.FieldInvalid, "kind", "PRAYER"},
		{"no day", func(r *workflow.Remedy) { r.FileDate = 0 }, workflow.FieldInvalid, "file_date", "file_date"},
		{"tomorrow", func(r *workflow.Remedy) { r.FileDate = remedyToday.AddDays(1) }, workflow.DateInFuture, "file_date", "2027-01-01"},
		{"before any Regulation", func(r *workflow.Remedy) { r.FileDate = calendar.New(2008, 4, 30) }, workflow.OutOfScope, "file_date", "2008-04-30"},
		{"a reconsideration after reconsideration", func(r *workflow.Remedy) { r.Kind = workflow.Reconsideration }, workflow.FieldInvalid, "after_reconsideration", "行政诉讼"},
		{"a capacity that does not exist", func(r *workflow.Remedy) { r.Capacity = "JUDGE" }, workflow.FieldInvalid, "capacity", "JUDGE"},
		{"with a result", func(r *workflow.Remedy) { r.Result = workflow.Upheld }, workflow.FieldInvalid, "result", "审结"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := suit()
			tt.change(&r)
			err := workflow.CheckRemedy(r, remedyToday)
			if tt.reason == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if no := refusalOf(t, err); no.Reason != tt.reason || no.Field != tt.field || !strings.Contains(no.ZH, tt.zh) {
				t.Errorf("refused with %+v, want %s of %s", no, tt.reason, tt.field)
			}
		})
	}
}

func TestRemedyApply(t *testing.T) {
	may := calendar.New(2026, 7, 1)
	conclude := workflow.RemedyAct{Action: workflow.RemedyConclude, Date: may, Result: workflow.Corrected}
	officer := workflow.Person{Name: "principals/li", Role: workflow.Officer}
	supervisor := workflow.Person{Name: "principals/wang", Role: workflow.Supervisor}
	concluded := suit()
	concluded.Result, concluded.ConcludeDate = workflow.Corrected, may
	reconsideration := concluded
	reconsideration.Kind, reconsideration.AfterReview = workflow.Reconsideration, false
	void := suit()
	void.Void = true
	complaint := workflow.Remedy{Kind: workflow.Complaint, FileDate: may}
	with := func(a workflow.RemedyAct, change func(*workflow.RemedyAct)) workflow.RemedyAct {
		change(&a)
		return a
	}
	remand := workflow.RemedyAct{Action: workflow.RemedyRemand, Date: may, Reason: "发回重审"}
	strike := workflow.RemedyAct{Action: workflow.RemedyStrike, Reason: "误登记"}
	tests := []struct {
		name   string
		from   workflow.Remedy
		act    workflow.RemedyAct
		by     workflow.Person
		reason workflow.Reason
		field  string
		want   func(*workflow.Remedy)
	}{
		{"concluded", suit(), conclude, officer, "", "", func(r *workflow.Remedy) { r.Result, r.ConcludeDate = workflow.Corrected, may }},
		{"concluded on the day of filing", suit(), with(conclude, func(a *workflow.RemedyAct) { a.Date = suit().FileDate }), officer, "", "", func(r *workflow.Remedy) { r.Result, r.ConcludeDate = workflow.Corrected, suit().FileDate }},
		{"remanded", concluded, remand, officer, "", "", func(r *workflow.Remedy) { r.Result, r.ConcludeDate = workflow.Pending, 0 }},
		{"struck", concluded, strike, supervisor, "", "", func(r *workflow.Remedy) { r.Void = true }},
		{"a complaint struck", complaint, strike, supervisor, "", "", func(r *workflow.Remedy) { r.Void = true }},
		{"struck by an officer", suit(), strike, officer, workflow.RoleNotAllowed, "", nil},
		{"a complaint concluded", complaint, conclude, officer, workflow.ActionNotPossible, "", nil},
		{"a reconsideration remanded", reconsideration, remand, officer, workflow.ActionNotPossible, "", nil},
		{"concluded twice", concluded, conclude, officer, workflow.ActionNotPossible, "", nil},
		{"remanded while pending", suit(), remand, officer, workflow.ActionNotPossible, "", nil},
		{"struck twice", void, strike, supervisor, workflow.ActionNotPossible, "", nil},
		{"pending is no result", suit(), with(conclude, func(a *workflow.RemedyAct) { a.Result = workflow.Pending }), officer, workflow.FieldInvalid, "result", nil},
		{"without a day", suit(), with(conclude, func(a *workflow.RemedyAct) { a.Date = 0 }), officer, workflow.FieldInvalid, "conclude_date", nil},
		{"before it was filed", suit(), with(conclude, func(a *workflow.RemedyAct) { a.Date = calendar.New(2026, 5, 29) }), officer, workflow.DateOrder, "conclude_date", nil},
		{"tomorrow", suit(), with(conclude, func(a *workflow.RemedyAct) { a.Date = remedyToday.AddDays(1) }), officer, workflow.DateInFuture, "conclude_date", nil},
		{"remanded before it was concluded", concluded, with(remand, func(a *workflow.RemedyAct) { a.Date = may.AddDays(-1) }), officer, workflow.DateOrder, "remand_date", nil},
		{"remanded without a reason", concluded, with(remand, func(a *workflow.RemedyAct) { a.Reason = " " }), officer, workflow.FieldInvalid, "reason", nil},
		{"an action that does not exist", suit(), workflow.RemedyAct{Action: "appeal"}, officer, workflow.FieldInvalid, "action", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := tt.from
			got, err := tt.from.Apply(tt.act, tt.by, remedyToday)
			if tt.want != nil {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				tt.want(&want)
			} else if no := refusalOf(t, err); no.Reason != tt.reason || no.Field != tt.field {
				t.Errorf("refused with %+v, want %s of %q", no, tt.reason, tt.field)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the remedy (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRemedyPeriods(t *testing.T) {
	cal := calendar.Embedded()
	tests := []struct {
		name    string
		kind    workflow.RemedyKind
		against workflow.Against
		start   string
		last    string
		source  string
	}{
		{"sixty days ending on a workday", workflow.Reconsideration, workflow.AgainstReply, "2026-03-02", "2026-05-06", "2023"},
		{"under the law of 1999", workflow.Reconsideration, workflow.AgainstReply, "2019-03-04", "2019-05-05", "1999"},
		{"six months to a day that the month lacks", workflow.Litigation, workflow.AgainstReply, "2025-08-31", "2026-02-28", "Art 46(1)"},
		{"three months before 2015-05-01", workflow.Litigation, workflow.AgainstReply, "2014-10-20", "2015-01-20", "1989"},
		{"the new period for whoever may still sue", workflow.Litigation, workflow.AgainstReply, "2015-02-10", "2015-08-10", "Art 46(1)"},
		{"silence", workflow.Litigation, workflow.AgainstSilence, "2026-03-30", "2026-09-30", "Art 47"},
		{"a make-up Saturday is no day of rest", workflow.Litigation, workflow.AgainstReview, "2026-09-25", "2026-10-10", "Art 45"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := workflow.RemedyPeriodOf(tt.kind, tt.against, day(t, tt.start), cal)
			if !ok || got.Last != day(t, tt.last) || !strings.Contains(got.Source, tt.source) {
				t.Errorf("%+v, %v; want %s by %s", got, ok, tt.last, tt.source)
			}
		})
	}
	if p, ok := workflow.RemedyPeriodOf(workflow.Complaint, workflow.AgainstReply, day(t, "2026-03-02"), cal); ok {
		t.Errorf("complaints have no period, got %+v", p)
	}
	if p, ok := workflow.RemedyPeriodOf(workflow.Litigation, workflow.AgainstReply, 0, cal); ok {
		t.Errorf("an unknown day gives no period, got %+v", p)
	}
	if p, _ := workflow.RemedyPeriodOf(workflow.Litigation, workflow.AgainstReply, day(t, "2026-12-01"), cal); !p.Provisional {
		t.Errorf("a period that ends in a year without a notice is provisional: %+v", p)
	}
}

func TestAccess(t *testing.T) {
	before, after := day(t, "2025-05-30"), day(t, "2025-06-02")
	tests := []struct {
		name string
		suit workflow.Suit
		want workflow.Way
	}{
		{"disclosed", workflow.Suit{Basis: "disclosed.provided", DecideDate: after, FileDate: after}, workflow.WayOpen},
		{"a secret, direct", workflow.Suit{Basis: "refused.state_secret", DecideDate: before, FileDate: before}, workflow.WayReviewFirst},
		{"a secret, after reconsideration", workflow.Suit{Basis: "refused.state_secret", DecideDate: before, FileDate: after, AfterReview: true}, workflow.WayOpen},
		{"a secret before 2024", workflow.Suit{Basis: "refused.state_secret", DecideDate: day(t, "2023-12-29"), FileDate: day(t, "2024-01-05")}, workflow.WayOpen},
		{"a registry query before the rules", workflow.Suit{Basis: "refused.registry_query", DecideDate: before, FileDate: before}, workflow.WayOpen},
		{"a registry query", workflow.Suit{Basis: "refused.registry_query", DecideDate: before, FileDate: after, AfterReview: true}, workflow.WayBarred},
		{"a repeat of what was disclosed", workflow.Suit{Basis: "not_processed.repeat", DecideDate: after, FileDate: after, Disclosed: true}, workflow.WayBarred},
		{"a repeat of what was refused", workflow.Suit{Basis: "not_processed.repeat", DecideDate: after, FileDate: after}, workflow.WayOpen},
		{"in part", workflow.Suit{Basis: "disclosed.in_part", DecideDate: after, FileDate: after}, workflow.WayDoubtful},
		{"withdrawn", workflow.Suit{Basis: "other.withdrawn", DecideDate: after, FileDate: after}, workflow.WayNone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := workflow.SuitAccess(tt.suit)
			if got.Way != tt.want || got.ZH == "" || got.EN == "" || got.Source == "" {
				t.Errorf("%+v, want %s", got, tt.want)
			}
		})
	}
	for date, want := range map[string]workflow.Way{"2020-06-01": workflow.WayOpen, "2024-01-02": workflow.WayDoubtful, "2026-07-01": workflow.WayDoubtful} {
		if got := workflow.SilenceAccess(day(t, date)); got.Way != want || got.Source == "" {
			t.Errorf("silence on %s: %+v, want %s", date, got, want)
		}
	}
	if a, b := workflow.SilenceAccess(day(t, "2026-06-30")), workflow.SilenceAccess(day(t, "2026-07-01")); a.Source == b.Source {
		t.Error("the reported rule of 2026-07-01 has no row of its own")
	}
}

func TestFee(t *testing.T) {
	requests := []struct{ k, yuan int64 }{{1, 0}, {10, 0}, {11, 100}, {30, 100}, {31, 200}, {40, 200}, {41, 300}, {50, 300}, {51, 400}, {61, 500}}
	for _, tt := range requests {
		if got := workflow.PerRequest.Price(int(tt.k)); got != tt.yuan*100 {
			t.Errorf("request %d costs %d fen, want %d yuan", tt.k, got, tt.yuan)
		}
	}
	clamp := func(n, most int) int64 { return int64(min(max(n, 0), most)) }
	sum := int64(0)
	for n := range 400 {
		sum += workflow.PerRequest.Price(n)
		if got, lines := workflow.PerRequest.Fee(n); got != sum {
			t.Fatalf("%d requests cost %d fen, want %d: %+v", n, got, sum, lines)
		}
		want := 1000*clamp(n-30, 70) + 2000*clamp(n-100, 100) + 4000*clamp(n-200, 1000)
		got, lines := workflow.PerPage.Fee(n)
		if got != want {
			t.Fatalf("%d pages cost %d fen, want %d: %+v", n, got, want, lines)
		}
		next, total := 1, int64(0)
		for _, l := range lines {
			if l.First != next || l.Amount != int64(l.Last-l.First+1)*l.Price || l.Article == "" {
				t.Fatalf("%d pages: line %+v", n, l)
			}
			next, total = l.Last+1, total+l.Amount
		}
		if total != got || next != n+1 && n > 0 {
			t.Fatalf("%d pages: the lines add up to %d and end at %d", n, total, next-1)
		}
	}
	if got, lines := workflow.Tariff("").Fee(100); got != 0 || lines != nil {
		t.Errorf("no tariff costs %d: %+v", got, lines)
	}
}
