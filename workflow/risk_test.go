package workflow_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// standing folds the acts of lines and looks at the case from a day.
func standing(t *testing.T, settings map[string]string, lines, day string) workflow.Standing {
	t.Helper()
	a, rules := riskCase(t, settings, lines)
	on, err := calendar.Parse(day)
	if err != nil {
		t.Fatal(err)
	}
	return rules.Watch(on).Standing(a)
}

func riskCase(t *testing.T, settings map[string]string, lines string) (*workflow.Application, workflow.Rules) {
	t.Helper()
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	rules.Settings.Values = map[string][]workflow.SettingValue{}
	for key, value := range settings {
		rules.Settings.Values[key] = []workflow.SettingValue{{From: calendar.New(2020, 1, 1), Value: value}}
	}
	a, _, i, err := rules.Enter(workflow.Application{ID: 1}, acts(t, workflow.Ledger, lines), workflow.Person{}, benchToday)
	if err != nil {
		t.Fatalf("act %d: %v", i, err)
	}
	return &a, rules
}

const (
	handed = "2026-06-01 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON\n" // due 2026-06-30
	posted = "2026-06-01 submit channel=POST_ORDINARY applicant_kind=NATURAL_PERSON\n"
	faxed  = "2026-06-01 submit channel=FAX applicant_kind=NATURAL_PERSON\n"
	signed = handed + "2026-06-10 decide basis=disclosed.provided\n"
	redone = signed + "2026-06-11 deliver mode=POST\n2026-07-01 order_redecision workdays=10\n" // due 2026-07-15
)

// TestRisks looks at each risk the day before it begins, on its first and last day and
// after it. Every first line of a case is its own limit.
func TestRisks(t *testing.T) {
	internal := map[string]string{"internal.days_before": "7"}
	tests := []struct {
		name     string
		settings map[string]string
		lines    string
		day      string
		risk     workflow.Risk
		light    workflow.Light
		date     string
		left     int
	}{
		{"plenty of time", nil, handed, "2026-06-12", workflow.RiskNone, workflow.Green, "2026-06-30", 11},
		{"six left", nil, handed, "2026-06-22", workflow.RiskNone, workflow.Green, "2026-06-30", 6},
		{"five left", nil, handed, "2026-06-23", workflow.RiskDueSoon, workflow.Yellow, "2026-06-30", 5},
		{"four left", nil, handed, "2026-06-24", workflow.RiskDueSoon, workflow.Yellow, "2026-06-30", 4},
		{"three left", nil, handed, "2026-06-25", workflow.RiskDueSoon, workflow.Red, "2026-06-30", 3},
		{"a weekend before", nil, handed, "2026-06-28", workflow.RiskDueSoon, workflow.Red, "2026-06-30", 2},
		{"the day before", nil, handed, "2026-06-29", workflow.RiskDueSoon, workflow.Red, "2026-06-30", 1},
		{"the last day", nil, handed, "2026-06-30", workflow.RiskDueToday, workflow.Red, "2026-06-30", 0},
		{"the day after", nil, handed, "2026-07-01", workflow.RiskOverdue, workflow.Black, "2026-06-30", -1},

		{"own thresholds, green", map[string]string{"lights.yellow": "2", "lights.red": "1"}, handed, "2026-06-25", workflow.RiskNone, workflow.Green, "2026-06-30", 3},
		{"own thresholds, yellow", map[string]string{"lights.yellow": "2", "lights.red": "1"}, handed, "2026-06-26", workflow.RiskDueSoon, workflow.Yellow, "2026-06-30", 2},
		{"own thresholds, red", map[string]string{"lights.yellow": "2", "lights.red": "1"}, handed, "2026-06-29", workflow.RiskDueSoon, workflow.Red, "2026-06-30", 1},
		{"no thresholds, today is red", map[string]string{"lights.yellow": "0", "lights.red": "0"}, handed, "2026-06-30", workflow.RiskDueToday, workflow.Red, "2026-06-30", 0},

		{"window open for long", nil, handed, "2026-06-04", workflow.RiskNone, workflow.Green, "2026-06-30", 17},
		{"window closes in three", nil, handed, "2026-06-05", workflow.RiskSupplementWindow, workflow.Green, "2026-06-10", 3},
		{"window closes today", nil, handed, "2026-06-10", workflow.RiskSupplementWindow, workflow.Green, "2026-06-10", 0},
		{"window closed", nil, handed, "2026-06-11", workflow.RiskNone, workflow.Green, "2026-06-30", 12},
		{"no window once supplemented", nil, handed + "2026-06-02 request_supplement due_date=2026-06-04\n2026-06-03 submit_supplement", "2026-06-10", workflow.RiskNone, workflow.Green, "2026-07-02", 15},
		{"no window once extended", nil, handed + "2026-06-02 extend workdays=10", "2026-06-10", workflow.RiskNone, workflow.Green, "2026-07-14", 23},

		{"fax within a workday", nil, faxed, "2026-06-02", workflow.RiskNone, workflow.Yellow, "2026-06-02", 0},
		{"fax after a workday", nil, faxed, "2026-06-03", workflow.RiskUnconfirmed, workflow.Red, "2026-06-02", -1},
		{"fax, two workdays allowed", map[string]string{"confirm.workdays": "2"}, faxed, "2026-06-03", workflow.RiskNone, workflow.Yellow, "2026-06-03", 0},
		{"ordinary post on its day", nil, posted, "2026-06-01", workflow.RiskNone, workflow.Yellow, "2026-06-01", 0},
		{"ordinary post the day after", nil, posted, "2026-06-02", workflow.RiskUnconfirmed, workflow.Red, "2026-06-01", -1},
		{"ordinary post on a Saturday", nil, "2026-06-06 submit channel=POST_ORDINARY applicant_kind=NATURAL_PERSON", "2026-06-08", workflow.RiskNone, workflow.Yellow, "2026-06-08", 0},

		{"third party has time", nil, handed + "2026-06-02 consult kind=THIRD_PARTY receive_date=2026-06-03", "2026-06-25", workflow.RiskNone, workflow.Grey, "2026-06-25", 0},
		{"third party silent", nil, handed + "2026-06-02 consult kind=THIRD_PARTY receive_date=2026-06-03", "2026-06-26", workflow.RiskPartySilent, workflow.Green, "2026-06-25", -1},
		{"third party silent, but overdue", nil, handed + "2026-06-02 consult kind=THIRD_PARTY receive_date=2026-06-03", "2026-07-27", workflow.RiskOverdue, workflow.Black, "2026-07-22", -3},
		{"co-maker silent", nil, handed + "2026-06-02 consult kind=CO_MAKER receive_date=2026-06-03", "2026-06-26", workflow.RiskPartySilent, workflow.Green, "2026-06-25", -1},
		{"organ until its day", nil, handed + "2026-06-02 consult kind=ORGAN due_date=2026-06-12", "2026-06-12", workflow.RiskNone, workflow.Grey, "2026-06-12", 0},
		{"organ silent", nil, handed + "2026-06-02 consult kind=ORGAN due_date=2026-06-12", "2026-06-15", workflow.RiskPartySilent, workflow.Green, "2026-06-12", -1},
		{"organ without a day", nil, handed + "2026-06-02 consult kind=ORGAN", "2026-09-01", workflow.RiskNone, workflow.Grey, "", 0},

		{"supplement awaited", nil, handed + "2026-06-03 request_supplement due_date=2026-06-17", "2026-06-17", workflow.RiskNone, workflow.Grey, "2026-06-17", 0},
		{"supplement lapsed", nil, handed + "2026-06-03 request_supplement due_date=2026-06-17", "2026-06-18", workflow.RiskApplicantLapsed, workflow.Grey, "2026-06-17", -1},
		{"supplement without a day", nil, handed + "2026-06-03 request_supplement", "2026-12-01", workflow.RiskNone, workflow.Grey, "", 0},
		{"fee awaited", nil, handed + "2026-06-03 notify_fee amount_fen=100 tariff=PER_PAGE", "2026-07-02", workflow.RiskNone, workflow.Grey, "2026-07-02", 0},
		{"fee lapsed", nil, handed + "2026-06-03 notify_fee amount_fen=100 tariff=PER_PAGE", "2026-07-03", workflow.RiskApplicantLapsed, workflow.Grey, "2026-07-02", -1},

		{"on the internal day", internal, handed, "2026-06-18", workflow.RiskNone, workflow.Green, "2026-06-30", 7},
		{"past the internal day", internal, handed, "2026-06-22", workflow.RiskInternal, workflow.Green, "2026-06-18", -1},
		{"past the internal day and due soon", internal, handed, "2026-06-29", workflow.RiskInternal, workflow.Red, "2026-06-18", -6},
		{"signed, so the internal limit is kept", internal, signed, "2026-06-22", workflow.RiskUndelivered, workflow.Green, "2026-06-30", 6},

		{"signed, not delivered", nil, signed, "2026-06-22", workflow.RiskUndelivered, workflow.Green, "2026-06-30", 6},
		{"signed and due soon", nil, signed, "2026-06-23", workflow.RiskDueSoon, workflow.Yellow, "2026-06-30", 5},
		{"signed and due today", nil, signed, "2026-06-30", workflow.RiskDueToday, workflow.Red, "2026-06-30", 0},
		{"signed and overdue", nil, signed, "2026-07-01", workflow.RiskOverdue, workflow.Black, "2026-06-30", -1},

		{"order with time", nil, redone, "2026-07-07", workflow.RiskNone, workflow.Green, "2026-07-15", 6},
		{"order ends soon", nil, redone, "2026-07-08", workflow.RiskOrder, workflow.Yellow, "2026-07-15", 5},
		{"order ends today", nil, redone, "2026-07-15", workflow.RiskOrder, workflow.Red, "2026-07-15", 0},
		{"order overdue", nil, redone, "2026-07-16", workflow.RiskOverdue, workflow.Black, "2026-07-15", -1},
		{"own replacement ends soon", nil, signed + "2026-06-11 deliver mode=POST\n2026-06-12 order_redecision due_date=2026-06-18", "2026-06-15", workflow.RiskDueSoon, workflow.Red, "2026-06-18", 3},
		{"own replacement due today", nil, signed + "2026-06-11 deliver mode=POST\n2026-06-12 order_redecision due_date=2026-06-18", "2026-06-18", workflow.RiskDueToday, workflow.Red, "2026-06-18", 0},
		{"order to answer an open case", nil, handed + "2026-09-01 order_redecision due_date=2026-09-15", "2026-09-14", workflow.RiskOrder, workflow.Red, "2026-09-15", 1},
		{"order while a supplement is awaited", nil, handed + "2026-06-03 request_supplement due_date=2026-06-17\n2026-09-01 order_redecision due_date=2026-09-30", "2026-09-02", workflow.RiskNone, workflow.Green, "2026-09-30", 20},
	}
	seen := map[workflow.Risk]bool{}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := standing(t, tt.settings, tt.lines, tt.day)
			seen[s.Risk] = true
			type answer struct {
				Risk  workflow.Risk
				Light workflow.Light
				Date  string
				Left  int
			}
			if diff := cmp.Diff(answer{tt.risk, tt.light, tt.date, tt.left}, answer{s.Risk, s.Light, s.Date.String(), s.Left}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if s.ZH == "" || s.EN == "" || strings.Contains(s.ZH+s.EN, "%") {
				t.Errorf("advice %q %q", s.ZH, s.EN)
			}
			if tt.risk != workflow.RiskNone && (!strings.Contains(s.ZH, tt.date) || !strings.Contains(s.EN, tt.date)) {
				t.Errorf("the advice does not tell %s: %q %q", tt.date, s.ZH, s.EN)
			}
		})
	}
	for _, r := range workflow.Risks() {
		if !seen[r] {
			t.Errorf("no case is at risk of %s", r)
		}
	}
}

// TestSupplementLight: the window has a light of its own while a notice is possible.
func TestSupplementLight(t *testing.T) {
	for _, tt := range []struct {
		name, lines, day string
		last             string
		light            workflow.Light
	}{
		{"first day", handed, "2026-06-01", "2026-06-10", workflow.Green},
		{"five left", handed, "2026-06-03", "2026-06-10", workflow.Yellow},
		{"three left", handed, "2026-06-05", "2026-06-10", workflow.Red},
		{"last day", handed, "2026-06-10", "2026-06-10", workflow.Red},
		{"over", handed, "2026-06-11", "", ""},
		{"signed", signed, "2026-06-10", "", ""},
		{"unconfirmed", faxed, "2026-06-05", "", ""},
		{"asked for", handed + "2026-06-03 request_supplement due_date=2026-06-17", "2026-06-05", "", ""},
		{"2008", "2018-06-01 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON", "2018-06-05", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := standing(t, nil, tt.lines, tt.day)
			if s.Supplement.String() != tt.last || s.SupplementLight != tt.light {
				t.Errorf("%s %s, want %s %s", s.Supplement, s.SupplementLight, tt.last, tt.light)
			}
		})
	}
}

// TestHeldAdvice: nobody is told to deliver what a court stays.
func TestHeldAdvice(t *testing.T) {
	for _, day := range []string{"2026-06-15", "2026-07-01"} {
		s := standing(t, nil, signed+"2026-06-11 hold reason=裁定", day)
		if !strings.Contains(s.ZH, "不得送达") || !strings.Contains(s.EN, "stays") {
			t.Errorf("on %s: %q %q", day, s.ZH, s.EN)
		}
	}
}

// TestStandingOfAnyCase walks through random cases: risk, light and the limits of the
// lists agree with the deadline itself, on every day around it.
func TestStandingOfAnyCase(t *testing.T) {
	seen := map[workflow.Risk]int{}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 5))
		w, err := newWalker(r.IntN)
		if err != nil {
			t.Fatal(err)
		}
		if seed%2 == 0 {
			w.rules.Settings.Values = map[string][]workflow.SettingValue{"internal.days_before": {{From: 1, Value: "8"}}}
		}
		for range 12 {
			act, by := w.next(r.IntN)
			w.try(t, act, by)
			if !w.app.State.Open() {
				continue
			}
			day := w.app.Acts[len(w.app.Acts)-1].Date.AddDays(r.IntN(60) - 10)
			checkStanding(t, w, day, seen)
		}
	}
	for _, risk := range workflow.Risks() {
		if seen[risk] == 0 {
			t.Errorf("no random case is at risk of %s", risk)
		}
	}
}

func checkStanding(t *testing.T, w *walker, day workflow.Date, seen map[workflow.Risk]int) {
	t.Helper()
	watch, cal := w.rules.Watch(day), w.rules.Calendar
	s := watch.Standing(&w.app)
	seen[s.Risk]++
	due, status := s.Deadline.Due, s.Status
	runs := !due.IsZero() && !status.Suspended
	want := workflow.Grey
	switch left := cal.WorkdaysBetween(day, due); {
	case status.Unconfirmed:
		want = s.Light
	case !runs:
	case day > due:
		want = workflow.Black
	case left <= 3:
		want = workflow.Red
	case left <= 5:
		want = workflow.Yellow
	default:
		want = workflow.Green
	}
	if s.Light != want || status.Unconfirmed && s.Light != workflow.Red && s.Light != workflow.Yellow {
		t.Fatalf("%s on %s: light %s, want %s", due, day, s.Light, want)
	}
	overdue := !due.IsZero() && day > due
	if overdue != (s.Risk == workflow.RiskOverdue) || status.Overdue != overdue {
		t.Fatalf("%s on %s: risk %s, overdue %t", due, day, s.Risk, status.Overdue)
	}
	near := runs && !overdue && due <= watch.SoonLast()
	if near != (s.Light == workflow.Red || s.Light == workflow.Yellow) && !status.Unconfirmed {
		t.Fatalf("%s on %s: light %s, soon until %s", due, day, s.Light, watch.SoonLast())
	}
	listed, ok := watch.ListedStatus(w.app.State, due)
	if listed.Remaining = status.Remaining; ok && listed != status {
		t.Fatalf("%s, %s on %s: lists tell %+v, the case %+v", w.app.State, due, day, listed, status)
	}
	first, last := watch.WindowDues()
	if s.Risk == workflow.RiskSupplementWindow && (due < first || due > last) {
		t.Fatalf("%s on %s: window of last days %s to %s", due, day, first, last)
	}
	if !slices.Contains(workflow.Risks(), s.Risk) || s.Left != cal.WorkdaysBetween(day, s.Date) {
		t.Fatalf("%+v", s)
	}
}

// TestStints: the workdays of the holders add up to those of the whole time.
func TestStints(t *testing.T) {
	lines := handed + "2026-06-03 assign holder=法制科\n2026-06-04 send_back reason=不归口\n2026-06-08 assign holder=规划科\n2026-06-08 assign holder=财务科"
	a, rules := riskCase(t, nil, lines)
	var got []string
	sum := 0
	until := calendar.New(2026, 7, 3)
	for _, s := range a.Stints(until, rules.Calendar) {
		got = append(got, s.Holder+" "+s.First.String()+" "+s.Last.String()+" "+strconv.Itoa(s.Workdays))
		sum += s.Workdays
	}
	want := []string{
		" 2026-06-01 2026-06-03 2", "法制科 2026-06-03 2026-06-04 1", " 2026-06-04 2026-06-08 2", "财务科 2026-06-08  18",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if whole := rules.Calendar.WorkdaysBetween(a.ReceiveDate, until); sum != whole {
		t.Errorf("%d workdays of %d", sum, whole)
	}
	early := a.Stints(calendar.New(2026, 6, 3), rules.Calendar)
	if last := early[len(early)-1]; last.Workdays != 0 || early[0].Workdays != 2 {
		t.Errorf("up to 2026-06-03: %+v", early)
	}
}
