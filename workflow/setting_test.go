package workflow_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
)

var updateSettings = flag.Bool("update-settings", false, "rewrite the golden catalogue of settings")

// since sets one setting from a day on.
func since(day, key, value string) workflow.Settings {
	d, err := calendar.Parse(day)
	if err != nil {
		panic(err)
	}
	return workflow.Settings{}.With(key, workflow.SettingValue{From: d, Value: value})
}

func TestSettingCatalogue(t *testing.T) {
	var b strings.Builder
	for _, r := range workflow.SettingRows() {
		zh, en := r.Allowed()
		fmt.Fprintf(&b, "%s = %q\n  %s / %s\n  %s / %s\n  %s\n", r.Key, r.Default, r.LabelZH, r.LabelEN, zh, en, r.Source)
		if err := r.Check(r.Default); err != nil {
			t.Errorf("%s cannot have its own default: %v", r.Key, err)
		}
		if r.LabelZH == "" || r.LabelEN == "" {
			t.Errorf("%s has no label", r.Key)
		}
		for _, c := range r.Values {
			if err := r.Check(c.Value); err != nil || c.ZH == "" || c.EN == "" {
				t.Errorf("%s=%s: %v, labels %q %q", r.Key, c.Value, err, c.ZH, c.EN)
			}
		}
		if len(r.Values) == 1 {
			t.Errorf("%s offers no choice", r.Key)
		}
	}
	const golden = "testdata/settings.golden"
	if *updateSettings {
		if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != b.String() {
		t.Errorf("the catalogue differs from %s; got:\n%s", golden, b.String())
	}
}

func TestSettingCheckRefuses(t *testing.T) {
	tests := []struct{ name, key, value, says string }{
		{"a value that is none", workflow.SetSecondSupplement, "always", "refused"},
		{"a number too large", "lights.yellow", "61", "0–60"},
		{"a number with a sign", "lights.yellow", "+5", "0–60"},
		{"no number", "lights.yellow", "五", "0–60"},
		{"a code that practice does not know", "mapping.code.unavailable.needs_creation", "3341", "3345"},
		{"a pattern without year", "number.reply", "答{n}号", "{year}"},
		{"no mail address", workflow.SetRemindEmail, "office@example.invalid, head", "comma"},
		{"no web address", workflow.SetRemindWebhook, "office", "https://"},
		{"two lines", "number.word", "沪\n教", "200"},
		{"a word that turns the text", "number.word", "\u202e沪", "200"},
		{"a pattern that turns the text", "number.reply", "\u2067{year}-{n}", "control"},
		{"text too long", "remedy.court", strings.Repeat("院", 201), "200"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			row, ok := workflow.SettingOf(tt.key)
			if !ok {
				t.Fatalf("no setting %s", tt.key)
			}
			err := row.Check(tt.value)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Check(%q) = %v, want a refusal that names %q", tt.value, err, tt.says)
			}
		})
	}
}

func TestSettingVersions(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	s := workflow.Settings{}
	add := func(day, value string, hours int) {
		d, err := calendar.Parse(day)
		if err != nil {
			t.Fatal(err)
		}
		s = s.With("lights.yellow", workflow.SettingValue{From: d, Value: value, Time: at.Add(time.Duration(hours) * time.Hour)})
	}
	add("2026-06-01", "9", 0)
	add("2026-03-01", "7", 1)
	add("2026-06-01", "", 2) // recorded later for the same day: prevails
	tests := []struct {
		name, on string
		want     int
	}{
		{"before any version", "2026-02-28", 5},
		{"the first day", "2026-03-01", 7},
		{"the default again", "2026-06-01", 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := calendar.Parse(tt.on)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Int("lights.yellow", d); got != tt.want {
				t.Errorf("lights.yellow on %s = %d, want %d", tt.on, got, tt.want)
			}
		})
	}
}

// TestSettingsAct shows what each setting of the workflow changes, and that its trace and
// its warnings say so.
func TestSettingsAct(t *testing.T) {
	const person = "2026-03-02 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON\n"
	tests := []struct {
		name, key, value, lines string
		receive, due, safe      string // with the setting
		usualReceive, usualDue  string // without it
		usualReason             workflow.Reason
		traced                  bool
	}{
		{
			name: "the automatic receipt confirms", key: workflow.SetOnlineReceipt, value: "automatic",
			lines:   "2026-03-02 submit channel=ONLINE_FORM applicant_kind=NATURAL_PERSON",
			receive: "2026-03-02", due: "2026-03-30", safe: "2026-03-30", traced: true,
		},
		{
			name: "a late confirmation does not move the day of receipt", key: workflow.SetDelayedConfirm, value: "last_day",
			lines:   "2026-03-02 submit channel=EMAIL applicant_kind=NATURAL_PERSON\n2026-03-10 confirm",
			receive: "2026-03-03", due: "2026-03-31", safe: "2026-03-31", usualReceive: "2026-03-10", usualDue: "2026-04-08", traced: true,
		},
		{
			name: "an ordinary letter is confirmed on its day", key: workflow.SetDelayedConfirm, value: "last_day",
			lines:   "2026-03-02 submit channel=POST_ORDINARY applicant_kind=NATURAL_PERSON\n2026-03-10 confirm",
			receive: "2026-03-02", due: "2026-03-30", safe: "2026-03-30", usualReceive: "2026-03-10", usualDue: "2026-04-08", traced: true,
		},
		{
			name: "a fax before any rule counts from its arrival", key: workflow.SetEarlyReceipt, value: "arrival",
			lines:   "2013-03-04 submit channel=FAX applicant_kind=NATURAL_PERSON\n2013-03-06 confirm",
			receive: "2013-03-04", due: "2013-03-25", safe: "2013-03-25", usualReceive: "2013-03-06", usualDue: "2013-03-27", traced: true,
		},
		{
			name: "a second supplement", key: workflow.SetSecondSupplement, value: "supervisor",
			lines: person + "2026-03-03 request_supplement workdays=5 items=a\n2026-03-04 submit_supplement\n" +
				"2026-03-05 request_supplement workdays=5 items=b\n2026-03-09 submit_supplement",
			receive: "2026-03-02", due: "2026-04-07", safe: "2026-04-07", usualReason: workflow.SecondSupplement,
		},
		{
			name: "a supplement of 2008 restarts the period", key: workflow.SetSupplement2008, value: "restart",
			lines:   "2013-03-04 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON\n2013-03-05 request_supplement workdays=5 items=a\n2013-03-08 submit_supplement",
			receive: "2013-03-04", due: "2013-03-29", safe: "2013-03-28", usualReceive: "2013-03-04", usualDue: "2013-03-28", traced: true,
		},
		{
			name: "an extension outlives a restart", key: workflow.SetExtensionRestart, value: "survives",
			lines:   person + "2026-03-03 extend workdays=10 approver=a\n2026-03-04 request_supplement workdays=5 items=a\n2026-03-09 submit_supplement",
			receive: "2026-03-02", due: "2026-04-21", safe: "2026-04-07", usualReceive: "2026-03-02", usualDue: "2026-04-07", traced: true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			plain, err := entered(t, workflow.Settings{}, tt.lines)
			switch no := refusalIn(err); {
			case tt.usualReason != "":
				if no == nil || no.Reason != tt.usualReason {
					t.Errorf("without the setting: %v, want %s", err, tt.usualReason)
				}
			case err != nil:
				t.Fatal(err)
			default:
				usual := workflow.Rules{Calendar: calendar.Embedded()}
				if got, due := dateText(plain.ReceiveDate), dateText(usual.Deadline(&plain).Due); got != tt.usualReceive || due != tt.usualDue {
					t.Errorf("without the setting: received %s, due %s; want %s, %s", got, due, tt.usualReceive, tt.usualDue)
				}
			}
			s := since("2008-05-01", tt.key, tt.value)
			a, err := entered(t, s, tt.lines)
			if err != nil {
				t.Fatal(err)
			}
			rules := workflow.Rules{Calendar: calendar.Embedded(), Settings: s}
			r, steps := rules.Explain(&a)
			if got := []string{dateText(a.ReceiveDate), dateText(r.Due), dateText(r.Safe)}; got[0] != tt.receive || got[1] != tt.due || got[2] != tt.safe {
				t.Errorf("received, due, safe = %v; want %s %s %s", got, tt.receive, tt.due, tt.safe)
			}
			rule, warned, traced := tt.key+"="+tt.value, false, false
			for _, w := range rules.Warnings(&a) {
				warned = warned || w.Code == "SETTING_APPLIED" && strings.Contains(w.ZH, rule) && strings.Contains(w.EN, rule)
			}
			for _, step := range steps {
				traced = traced || strings.Contains(step.Source, rule)
			}
			if !warned || traced != tt.traced {
				t.Errorf("warned %v, traced %v; want true, %v", warned, traced, tt.traced)
			}
			// What was settled for an act stays, whatever is set afterwards.
			later := workflow.Rules{Calendar: calendar.Embedded()}
			again := a
			if err := later.Fold(&again); err != nil {
				t.Fatal(err)
			}
			if got := later.Deadline(&again).Due; got != r.Due {
				t.Errorf("folded without the setting: due %s, was %s", got, r.Due)
			}
		})
	}
}

func TestSecondSupplementIsTheSupervisors(t *testing.T) {
	const lines = "2026-03-02 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON\n2026-03-03 request_supplement workdays=5 items=a\n2026-03-04 submit_supplement"
	rules := workflow.Rules{Calendar: calendar.Embedded(), Settings: since("2026-01-01", workflow.SetSecondSupplement, "supervisor")}
	a, err := entered(t, rules.Settings, lines)
	if err != nil {
		t.Fatal(err)
	}
	again := acts(t, "", "2026-03-05 request_supplement workdays=5 items=b")[0]
	for role, want := range map[workflow.Role]workflow.Reason{workflow.Officer: workflow.RoleNotAllowed, workflow.Supervisor: ""} {
		_, _, err := rules.Apply(a, again, workflow.Person{Name: "principals/a", Role: role}, calendar.New(2026, 6, 30))
		if no := refusalIn(err); (no == nil) != (want == "") || no != nil && no.Reason != want {
			t.Errorf("%s: %v, want %q", role, err, want)
		}
	}
}

func TestSettingsOnRemedies(t *testing.T) {
	day := calendar.New(2026, 3, 2)
	query := since("2026-01-01", workflow.SetQueryReviewFirst, "yes")
	if w := (workflow.Settings{}).ReviewFirst("refused.registry_query", day).Way; w != workflow.WayOpen {
		t.Errorf("by default a referral to a registry is %s", w)
	}
	if got := query.ReviewFirst("refused.registry_query", day); got.Way != workflow.WayReviewFirst || !strings.Contains(got.Source, workflow.SetQueryReviewFirst) {
		t.Errorf("with the setting: %+v", got)
	}
	if w := query.ReviewFirst("refused.registry_query", calendar.New(2025, 12, 31)).Way; w != workflow.WayOpen {
		t.Errorf("before the setting held: %s", w)
	}
	const decided = "2026-03-02 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON\n2026-03-03 decide basis=refused.registry_query"
	if _, err := entered(t, workflow.Settings{}, decided); err != nil {
		t.Errorf("by default: %v", err)
	}
	if _, err := entered(t, query, decided); refusalIn(err) == nil || refusalIn(err).Reason != workflow.ReviewFirstNotTold {
		t.Errorf("with the setting: %v, want REVIEW_FIRST_NOT_TOLD", err)
	}
	for value, want := range map[string]workflow.Way{"": workflow.WayDoubtful, "open": workflow.WayOpen, "required": workflow.WayReviewFirst} {
		if got := since("2026-01-01", workflow.SetSilenceReview, value).SilenceAccess(day).Way; got != want {
			t.Errorf("silence, set to %q: %s, want %s", value, got, want)
		}
	}
}

func TestReadings(t *testing.T) {
	for _, r := range workflow.SettingRows() {
		prefix, code := strings.CutPrefix(r.Key, "mapping.code.")
		if !code {
			var row bool
			if prefix, row = strings.CutPrefix(r.Key, "mapping.row."); !row {
				continue
			}
		}
		basis := workflow.Basis(prefix)
		usual, ok := outcome.Of(basis)
		if !ok || usual.Exact == outcome.ExactBoth {
			t.Fatalf("%s is about a basis whose cells are fixed", r.Key)
		}
		if want := map[bool]string{true: usual.Code2014, false: usual.Row2021}[code]; r.Default != want {
			t.Errorf("%s: default %s, want %s", r.Key, r.Default, want)
		}
		for _, c := range r.Values[1:] {
			rows, codes := since("2026-07-01", r.Key, c.Value).Readings(calendar.New(2026, 12, 31))
			got, found := rows[basis]
			if code {
				got, found = codes[basis]
			}
			if !found || got != strings.TrimPrefix(c.Value, "none") {
				t.Errorf("%s=%s reads %q", r.Key, c.Value, got)
			}
			rows, codes = since("2026-07-01", r.Key, c.Value).Readings(calendar.New(2025, 12, 31))
			if len(rows)+len(codes) > 0 {
				t.Errorf("%s acts before its day", r.Key)
			}
		}
	}
}

// entered applies the acts of lines one after the other under settings.
func entered(t *testing.T, s workflow.Settings, lines string) (workflow.Application, error) {
	t.Helper()
	rules := workflow.Rules{Calendar: calendar.Embedded(), Settings: s}
	var a workflow.Application
	for i, act := range acts(t, "", lines) {
		var err error
		if i == 0 {
			a, _, err = rules.Register(a, act, workflow.Person{Name: "principals/a"}, calendar.New(2026, 6, 30))
		} else {
			a, _, err = rules.Apply(a, act, workflow.Person{Name: "principals/a"}, calendar.New(2026, 6, 30))
		}
		if err != nil {
			return a, err
		}
	}
	return a, nil
}

func dateText(d workflow.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// refusalIn is the refusal that an error is; nil if it is none.
func refusalIn(err error) *workflow.Refusal {
	no, _ := errors.AsType[*workflow.Refusal](err)
	return no
}
