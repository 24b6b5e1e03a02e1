package workflow_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// acts reads the acts of lines, without entering them.
func acts(t *testing.T, origin workflow.Origin, lines string) []workflow.Act {
	t.Helper()
	var out []workflow.Act
	for line := range strings.SplitSeq(strings.TrimSpace(lines), "\n") {
		script := parse(t, line)
		act, err := actOf(script)
		if err != nil {
			t.Fatal(err)
		}
		act.Origin = origin
		out = append(out, act)
	}
	return out
}

func TestEnterLedger(t *testing.T) {
	const submit = "2026-03-02 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON\n"
	tests := []struct {
		name   string
		lines  string
		reason workflow.Reason // empty: accepted
		index  int             // of the act refused
		state  workflow.State
		warn   []string
	}{
		{"answered", submit + "2026-03-10 decide basis=disclosed.provided\n2026-03-11 deliver mode=POST", "", 0, workflow.Closed, nil},
		{"who agreed to the extension is unknown", submit + "2026-03-10 extend workdays=10", "", 0, workflow.Received, []string{"APPROVER_UNKNOWN"}},
		{"the earlier reply is unknown", submit + "2026-03-10 decide basis=not_processed.repeat", "", 0, workflow.Decided, []string{"REPEAT_NOT_PROVEN"}},
		{"whether 复议前置 was told is unknown", submit + "2026-03-10 decide basis=refused.deliberative", "", 0, workflow.Decided, []string{"REVIEW_FIRST_NOT_TOLD"}},
		{"the letter before not_processed.excessive is unknown", submit + "2026-03-10 decide basis=not_processed.excessive", "", 0, workflow.Decided, []string{"EVIDENCE_MISSING"}},
		{"whether the third party was told is unknown", submit + "2026-03-03 consult kind=THIRD_PARTY\n2026-03-09 receive_opinion opinion=OBJECTION\n2026-03-10 decide basis=disclosed.provided", "", 0, workflow.Decided, []string{"THIRD_PARTY_NOT_TOLD"}},
		{"what was to be corrected is unknown", submit + "2026-03-03 request_supplement due_date=2026-03-20\n2026-03-23 lapse_supplement", "", 0, workflow.Closed, []string{"EVIDENCE_MISSING"}},
		{"no period of the supplement either", submit + "2026-03-03 request_supplement\n2026-03-23 submit_supplement", "", 0, workflow.Processing, nil},
		{"why a supplement is late is unknown", submit + "2026-03-03 request_supplement due_date=2026-03-20\n2026-03-23 submit_supplement", "", 0, workflow.Processing, []string{"GOOD_CAUSE_UNKNOWN"}},
		{"an organ asked without a day", submit + "2026-03-03 consult kind=ORGAN\n2026-03-09 receive_opinion opinion=CONSENT", "", 0, workflow.Processing, nil},
		{"which tariff is unknown", submit + "2026-03-10 notify_fee amount_fen=100\n2026-03-12 pay_fee", "", 0, workflow.Processing, nil},
		{"why it was deferred is unknown", submit + "2026-03-03 ask_reasons\n2026-03-09 defer due_date=2026-05-06", "", 0, workflow.Deferred, nil},
		{"the chain is none of the ledger's", submit + "2026-03-10 decide basis=disclosed.provided", "", 0, workflow.Decided, nil},
		{"answered before it was received", "2026-03-10 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON\n2026-03-09 decide basis=disclosed.provided", workflow.DateOrder, 1, "", nil},
		{"decided without registration", "2026-03-09 decide basis=disclosed.provided", workflow.ActionNotPossible, 0, "", nil},
		{"out of order", submit + "2026-03-10 decide basis=disclosed.provided\n2026-03-09 deliver mode=POST", workflow.DateOrder, 2, "", nil},
		{"a second supplement", submit + "2026-03-03 request_supplement\n2026-03-04 submit_supplement\n2026-03-05 request_supplement", workflow.SecondSupplement, 3, "", nil},
		{"a supplement due before its notice", submit + "2026-03-03 request_supplement due_date=2026-03-02", workflow.DateOrder, 1, "", nil},
		{"an extension after the due day", submit + "2026-03-31 extend workdays=5", workflow.PeriodOver, 1, "", nil},
		{"an extension too long", submit + "2026-03-30 extend workdays=21", workflow.ExtensionTooLong, 1, "", nil},
		{"unclear without a supplement", submit + "2026-03-10 decide basis=unavailable.still_unclear", workflow.SupplementMissing, 1, "", nil},
		{"a fact after today", submit + "2027-03-10 decide basis=disclosed.provided", workflow.DateInFuture, 1, "", nil},
		{"before any Regulation", "2008-04-30 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON", workflow.OutOfScope, 0, "", nil},
		{"another courier", submit + "2026-03-10 decide basis=disclosed.provided\n2026-03-11 deliver mode=OTHER_COURIER", workflow.CourierNotValid, 2, "", nil},
	}
	rules := workflow.Rules{Calendar: calendar.Embedded(), Settings: workflow.Settings{ReviewSteps: []workflow.Role{workflow.Supervisor}}}
	officer := workflow.Person{Name: "principals/li", Role: workflow.Officer}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			blank := workflow.Application{ApplicationNo: "2026-1"}
			list := acts(t, workflow.Ledger, tt.lines)
			given := slices.Clone(list)
			app, events, index, err := rules.Enter(blank, list, officer, benchToday)
			if diff := cmp.Diff(given, list); diff != "" {
				t.Errorf("the acts given changed:\n%s", diff)
			}
			if tt.reason != "" {
				no := refusalOf(t, err)
				if no.Reason != tt.reason || index != tt.index || events != nil {
					t.Errorf("refused with %s at %d and %d events, want %s at %d", no.Reason, index, len(events), tt.reason, tt.index)
				}
				if diff := diffApplications(blank, app); diff != "" {
					t.Errorf("half a row was entered:\n%s", diff)
				}
				return
			}
			if err != nil {
				t.Fatalf("act %d: %v", index, err)
			}
			replayed, err := rules.Replay(events)
			if err != nil || app.State != tt.state || app.Revision != int64(len(list)) {
				t.Fatalf("%s after revision %d, replay %v, want %s", app.State, app.Revision, err, tt.state)
			}
			if diff := diffApplications(app, replayed); diff != "" {
				t.Errorf("replay:\n%s", diff)
			}
			var codes []string
			for _, w := range rules.Warnings(&app) {
				codes = append(codes, w.Code)
			}
			for _, code := range tt.warn {
				if !slices.Contains(codes, code) {
					t.Errorf("warnings %v lack %s", codes, code)
				}
			}
		})
	}
}

// TestEnterAsksTheRole: only a ledger's rows, which a register's head stands for, are
// entered whoever imports them.
func TestEnterAsksTheRole(t *testing.T) {
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	list := acts(t, workflow.Entered, "2026-03-02 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON\n2026-03-10 extend workdays=10")
	_, _, index, err := rules.Enter(workflow.Application{}, list, workflow.Person{Name: "x", Role: workflow.Officer}, benchToday)
	if no := refusalOf(t, err); no.Reason != workflow.RoleNotAllowed || index != 1 {
		t.Errorf("refused with %s at %d", no.Reason, index)
	}
	list = acts(t, workflow.Entered, "2026-03-02 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON\n2026-03-10 submit_for_review basis=disclosed.provided")
	if _, _, _, err = rules.Enter(workflow.Application{}, list, workflow.Person{Name: "x", Role: workflow.Officer}, benchToday); refusalOf(t, err).Reason != workflow.ChainEmpty {
		t.Errorf("without a chain: %v", err)
	}
}

// TestLateLetterKeepsOpinions: an opinion stays with the letter that it answers when an
// earlier letter is entered late and the numbers move.
func TestLateLetterKeepsOpinions(t *testing.T) {
	r := play(t, received+`2026-03-12 consult kind=THIRD_PARTY party=甲
2026-03-20 receive_opinion consultation=1 opinion=OBJECTION
2026-03-04 consult kind=THIRD_PARTY party=乙
= state CONSULTING
= consultation 1 opinion=
= consultation 2 opinion=OBJECTION
2026-03-18 receive_opinion consultation=1 opinion=CONSENT
= state PROCESSING
= consultation 1 opinion=CONSENT
= consultation 2 opinion=OBJECTION
`)
	app := r.apps["2026-1"]
	if got := app.Consultations[1].EndDate; got != day(t, "2026-03-20") {
		t.Errorf("the second letter was answered on %s", got)
	}
	if got := app.Acts[3].Consultation; got != 1 {
		t.Errorf("the opinion of 03-18 is of consultation %d", got)
	}
}

func TestFailedDelivery(t *testing.T) {
	tests := []struct{ name, lines string }{
		{"the reply came back: the case is open again", closed + `2026-03-20 fail_delivery reason=地址写错
= state DECIDED
= close_date none
2026-03-23 deliver mode=POST
= state CLOSED
= close_date 2026-03-23`},
		{"a redecision came back: the first conclusion stands", closed + `2026-06-12 replace reason=自行纠错
2026-06-15 deliver_redecision basis=refused.deliberative mode=POST
= row denied.processInfo
2026-06-25 fail_delivery reason=地址写错
= state REDECIDING
= close_date 2026-03-11
= row granted
2026-06-26 deliver_redecision basis=refused.deliberative mode=POST
= state CLOSED
= row denied.processInfo`},
		{"a redecision after a lapse came back: the lapse stays the conclusion", received + `2026-03-04 request_supplement due_date=2026-03-20 items=文号
2026-03-23 lapse_supplement notice_receive_date=2026-03-05
2026-06-12 order_redecision
2026-06-15 deliver_redecision basis=disclosed.provided mode=POST
2026-06-25 fail_delivery reason=地址写错
= state REDECIDING
= close_date 2026-03-23
= basis other.not_supplemented`},
		{"ordered before the first reply: that reply came back", received + `2026-03-20 order_redecision workdays=10
= state RECEIVED
= due_date 2026-04-03
2026-03-30 decide basis=disclosed.provided
2026-03-31 deliver mode=POST
2026-04-01 fail_delivery reason=地址写错
= state DECIDED
= close_date none`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { play(t, tt.lines) })
	}
}

func TestClockOfClosings(t *testing.T) {
	tests := []struct{ name, lines string }{
		{"a lapse under the Regulation of 2008 is on time: the clock stood", received2008 + `2018-09-20 request_supplement due_date=2018-10-15 items=文号
2018-10-16 lapse_supplement notice_receive_date=2018-09-21
= timing ON_TIME
= concluded_due_date none`},
		{"answered late, within the time that a court set: overdue stays", received + `2026-06-12 order_redecision workdays=20
= state RECEIVED
= due_date 2026-07-13
= overdue false
2026-07-01 decide basis=disclosed.provided
2026-07-02 deliver mode=POST
= timing OVERDUE
= concluded_due_date 2026-03-30`},
		{"withdrawn while overdue", received + `2026-04-01 withdraw
= timing OVERDUE
= concluded_due_date 2026-03-30`},
		{"withdrawn while the fee is awaited", received + `2026-03-24 notify_fee amount_fen=100 tariff=PER_PAGE
2026-04-10 withdraw
= timing ON_TIME
= concluded_due_date none`},
		{"extended, yet answered within the plain period", received + `2026-03-20 extend workdays=10
2026-03-30 decide basis=disclosed.provided
2026-03-30 deliver mode=POST
= timing ON_TIME
= concluded_due_date 2026-04-14`},
		{"answered within a deferral", received + `2026-03-04 ask_reasons
2026-03-10 receive_reasons accepted=true
2026-03-11 defer due_date=2026-06-30 reason=数量大
2026-06-29 decide basis=disclosed.in_part
2026-06-30 deliver mode=POST
= timing EXTENDED`},
		{"a second notice withdrawn leaves the clock with the payment", received + `2026-03-24 notify_fee amount_fen=100 tariff=PER_PAGE
2026-04-10 pay_fee
= due_date 2026-05-12
2026-04-13 notify_fee amount_fen=100 tariff=PER_PAGE
= due_date none
2026-04-14 cancel_fee reason=计算有误
= due_date 2026-05-12`},
		{"a first notice withdrawn: as if never sent", received + `2026-03-24 notify_fee amount_fen=100 tariff=PER_PAGE
2026-03-25 cancel_fee reason=计算有误
= state PROCESSING
= due_date 2026-03-30`},
		{"a letter that came back ends the pause", received + `2026-03-10 consult kind=THIRD_PARTY
2026-03-13 lapse_opinion returned=true
= state PROCESSING
= consultation 1 opinion=NO_ANSWER
= due_date 2026-04-02`},
		{"confirmed on the first day of the new Regulation", `application 1
2019-05-10 submit channel=POST_ORDINARY applicant_kind=NATURAL_PERSON
= regime 2008
2019-05-15 confirm
= regime 2019
= due_date 2019-06-13`},
		{"e-mail under the rules before: the day it arrived", `application 1
2019-05-14 submit channel=EMAIL applicant_kind=NATURAL_PERSON
= state RECEIVED
= receive_date 2019-05-14
application 2
2019-05-15 submit channel=EMAIL applicant_kind=NATURAL_PERSON
= state SUBMITTED`},
		{"the chain of approvals", chained + `2026-03-04 submit_for_review basis=disclosed.provided by=STATISTICIAN
= refused ROLE_NOT_ALLOWED
2026-03-04 submit_for_review basis=disclosed.provided by=SUPERVISOR
= state UNDER_REVIEW
2026-03-05 return_draft reason=理由不足
= state PROCESSING
2026-03-06 submit_for_review basis=disclosed.provided by=SUPERVISOR
2026-03-09 approve by=OFFICER
= state UNDER_REVIEW
2026-03-10 approve by=SUPERVISOR
= refused SECOND_PERSON`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { play(t, tt.lines) })
	}
}

func TestWarnings(t *testing.T) {
	tests := []struct{ name, lines string }{
		{"a long period for the supplement", received + `2026-03-04 request_supplement workdays=16 items=文号
= warning SUPPLEMENT_PERIOD_LONG
= no_warning SUPPLEMENT_NOTICE_LATE`},
		{"a usual one", received + `2026-03-11 request_supplement workdays=15 items=文号
= no_warning SUPPLEMENT_PERIOD_LONG
= no_warning SUPPLEMENT_NOTICE_LATE`},
		{"stayed by a court", decided + `2026-03-11 hold reason=裁定
= warning HELD
2026-03-12 release
= no_warning HELD`},
		{"an article later than the decision", received2008 + `2018-09-20 decide basis=unavailable.needs_creation
= warning BASIS_LATER_THAN_DECISION`},
		{"the last resort", received + `2026-03-10 decide basis=other.other reason=党务信息
= warning LAST_RESORT`},
		{"a short deferral", received + `2026-03-04 ask_reasons
2026-03-10 receive_reasons accepted=true
2026-03-11 defer due_date=2026-04-07 reason=数量大
= no_warning DEFERRAL_LONG`},
		{"nothing", closed + `= no_warning OVERDUE
= no_warning HELD
= no_warning LAST_RESORT`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := play(t, tt.lines)
			for _, app := range r.apps {
				for _, w := range r.rules.Warnings(app) {
					if w.Code == "" || w.ZH == "" || w.EN == "" {
						t.Errorf("warning %+v", w)
					}
				}
			}
		})
	}
}

// TestExplain: the trace ends on the last day, with all workdays of the period counted.
func TestExplain(t *testing.T) {
	r := play(t, received+`2026-03-10 consult kind=THIRD_PARTY
2026-03-23 receive_opinion opinion=CONSENT
2026-04-10 extend workdays=10
`)
	result, trace := r.rules.Explain(r.apps["2026-1"])
	last := trace[len(trace)-1]
	if result.Due != day(t, "2026-04-27") || last.Date != result.Due || last.N != 30 || !last.Counted {
		t.Errorf("due on %s, the trace ends with %+v", result.Due, last)
	}
	n := 0
	for _, step := range trace {
		if step.Counted {
			n++
		}
		if step.N != n || step.ReasonZH == "" || step.Source == "" {
			t.Errorf("step %+v after %d", step, n)
		}
	}
}

func TestPossibleToStatisticians(t *testing.T) {
	r := play(t, received)
	for _, p := range r.rules.Possible(r.apps["2026-1"], workflow.Person{Role: workflow.Statistician}, r.today) {
		if p.Refusal == nil {
			t.Errorf("a statistician may %s", p.Spec.Action)
		}
	}
}
