package workflow_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
	"gongkai/workflow/report"
	"gongkai/workflow/scenario"
)

// scenarios is the number of scenarios that the specification answers.
const scenarios = 50

// TestCases runs every scenario file against the machine alone.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, file := range files {
		number, err := strconv.Atoi(filepath.Base(file)[:2])
		if err != nil || seen[number] || number < 1 || number > scenarios {
			t.Errorf("%s: want one file for each number from 01 to %d", file, scenarios)
		}
		seen[number] = true
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			script, err := scenario.Parse(text)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if !strings.HasPrefix(script.Title, strconv.Itoa(number)+". ") {
				t.Errorf("title %q does not begin with the number %d", script.Title, number)
			}
			run := newRun(t, file)
			for _, step := range script.Steps {
				run.step(step)
			}
		})
	}
	if len(seen) != scenarios {
		t.Errorf("%d scenarios, want %d", len(seen), scenarios)
	}
}

// run plays one script.
type run struct {
	t        *testing.T
	file     string
	rules    workflow.Rules
	today    workflow.Date
	apps     map[string]*workflow.Application
	events   map[string][]workflow.Event
	current  string
	remedies []workflow.Remedy
	answer   map[string][]string // of the latest question, by key
	lines    []string            // of a fee
	last     error               // of the latest act
	reasons  []workflow.Reason   // of all refusals
}

func newRun(t *testing.T, file string) *run {
	r := &run{t: t, file: file, apps: map[string]*workflow.Application{}, events: map[string][]workflow.Event{}}
	r.rules = workflow.Rules{Calendar: calendar.Embedded(), Prior: func(no string) *workflow.Application { return r.apps[no] }}
	return r
}

func (r *run) errorf(line int, format string, args ...any) {
	r.t.Helper()
	r.t.Errorf("%s:%d: %s", r.file, line, fmt.Sprintf(format, args...))
}

func (r *run) step(s scenario.Step) {
	r.t.Helper()
	switch s.Kind {
	case scenario.Application:
		r.current = s.Name
		if r.apps[s.Name] == nil {
			name, ok := s.Field("display_name")
			if !ok {
				name = "申请人"
			}
			r.apps[s.Name] = &workflow.Application{
				ID: int64(len(r.apps) + 1), ApplicationNo: s.Name, Applicant: workflow.Applicant{Name: name},
			}
		}
	case scenario.Today:
		r.today = s.Date
	case scenario.Setting:
		steps, _ := s.Field("review_steps")
		for role := range strings.SplitSeq(steps, ",") {
			r.rules.Settings.ReviewSteps = append(r.rules.Settings.ReviewSteps, workflow.Role(role))
		}
	case scenario.Question:
		r.ask(s)
		r.wantAnswers(s)
		return
	case scenario.Act:
		r.today = max(r.today, s.Date)
		r.act(s)
	}
	refused := false
	for _, w := range s.Wants {
		if w.Key == "refused" {
			refused = true
			r.wantRefusal(w)
			continue
		}
		r.want(w)
	}
	if r.last != nil && !refused {
		r.errorf(s.Line, "%s refused: %v", s.Name, r.last)
	}
	r.last = nil
}

// person is who does an act: as the script says, else whoever of the handlers may.
func person(s scenario.Step) workflow.Person {
	if by, ok := s.Field("by"); ok {
		return workflow.Person{Name: "principals/" + strings.ToLower(by), Role: workflow.Role(by)}
	}
	for _, row := range workflow.Transitions(workflow.R2019) {
		if string(row.Action) == s.Name && slices.Contains(row.Roles, workflow.Officer) {
			return workflow.Person{Name: "principals/officer", Role: workflow.Officer}
		}
	}
	return workflow.Person{Name: "principals/supervisor", Role: workflow.Supervisor}
}

func (r *run) act(s scenario.Step) {
	r.t.Helper()
	if r.remedy(s) {
		return
	}
	app := r.apps[r.current]
	if app == nil {
		r.t.Fatalf("%s:%d: no application before the act", r.file, s.Line)
	}
	act, err := actOf(s)
	if err != nil {
		r.t.Fatalf("%s:%d: %v", r.file, s.Line, err)
	}
	before := clone(*app)
	apply := r.rules.Apply
	if act.Action == workflow.ActSubmit {
		apply = r.rules.Register
	}
	next, event, err := apply(*app, act, person(s), r.today)
	if r.last = err; err != nil {
		r.same(s.Line, before, *app)
		return
	}
	*app = next
	r.events[r.current] = append(r.events[r.current], event)
	replayed, err := r.rules.Replay(r.events[r.current])
	if err != nil {
		r.errorf(s.Line, "replay: %v", err)
	}
	replayed.ID = app.ID
	r.same(s.Line, *app, replayed)
}

func (r *run) same(line int, want, got workflow.Application) {
	r.t.Helper()
	if diff := diffApplications(want, got); diff != "" {
		r.errorf(line, "applications differ (-want +got):\n%s", diff)
	}
}

// remedy plays the steps of remedies, each on the latest one.
func (r *run) remedy(s scenario.Step) bool {
	if s.Name == "file" {
		kind, _ := s.Field("kind")
		capacity, _ := s.Field("capacity")
		after, _ := s.Field("after_reconsideration")
		m := workflow.Remedy{
			Kind: workflow.RemedyKind(kind), FileDate: s.Date, AfterReview: after == "true", Capacity: workflow.Capacity(capacity),
			ApplicationNo: r.current, Result: workflow.Pending,
		}
		if r.last = workflow.CheckRemedy(m, r.today); r.last == nil {
			r.remedies = append(r.remedies, m)
		}
		return true
	}
	if !slices.ContainsFunc(workflow.RemedyTransitions(), func(t workflow.RemedyTransition) bool { return string(t.Action) == s.Name }) {
		return false
	}
	if len(r.remedies) == 0 {
		r.t.Fatalf("%s:%d: no remedy before %s", r.file, s.Line, s.Name)
	}
	result, _ := s.Field("result")
	reason, _ := s.Field("reason")
	latest := &r.remedies[len(r.remedies)-1]
	act := workflow.RemedyAct{Action: workflow.RemedyAction(s.Name), Date: s.Date, Result: workflow.RemedyResult(result), Reason: reason}
	var next workflow.Remedy
	if next, r.last = latest.Apply(act, workflow.Person{}, r.today); r.last == nil {
		*latest = next
	}
	return true
}

func (r *run) wantRefusal(w scenario.Want) {
	r.t.Helper()
	var no *workflow.Refusal
	if !errors.As(r.last, &no) {
		r.errorf(w.Line, "got %v, want the refusal %s", r.last, w.Value())
		return
	}
	field, _ := w.Field("field")
	if string(no.Reason) != w.Value() || no.Field != field {
		r.errorf(w.Line, "refused with %s (field %q): %v, want %s (field %q)", no.Reason, no.Field, no, w.Value(), field)
	}
	zh, _ := w.Field("zh")
	en, _ := w.Field("en")
	if !strings.Contains(no.ZH, zh) || !strings.Contains(no.EN, en) {
		r.errorf(w.Line, "texts %q and %q, want them to say %q and %q", no.ZH, no.EN, zh, en)
	}
	checkTexts(r.t, no)
	r.reasons = append(r.reasons, no.Reason)
}

// want compares one fact of the current application.
func (r *run) want(w scenario.Want) {
	r.t.Helper()
	app := r.apps[r.current]
	var got string
	switch w.Key {
	case "warning", "no_warning":
		has := slices.ContainsFunc(r.rules.Warnings(app), func(x workflow.Warning) bool { return x.Code == w.Value() })
		if has != (w.Key == "warning") {
			r.errorf(w.Line, "%s %s does not hold: %v", w.Key, w.Value(), r.rules.Warnings(app))
		}
		return
	case "last_date", "possible", "impossible":
		r.wantPossible(w)
		return
	case "consultation":
		n, _ := strconv.Atoi(w.Value())
		opinion, _ := w.Field("opinion")
		if n < 1 || n > len(app.Consultations) || string(app.Consultations[n-1].Opinion) != opinion {
			r.errorf(w.Line, "consultations are %+v", app.Consultations)
		}
		return
	case "due_date", "safe_due_date", "suspended", "provisional", "overdue", "workdays_left", "workdays_remaining":
		got = r.clock(w)
	default:
		var known bool
		if got, known = fact(app, w.Key); !known {
			r.t.Fatalf("%s:%d: nothing is called %q", r.file, w.Line, w.Key)
		}
	}
	if want := strings.TrimSuffix(w.Value(), "none"); got != want {
		r.errorf(w.Line, "%s is %q, want %q", w.Key, got, want)
	}
}

// clock is a value of the deadline as one sees it on a day.
func (r *run) clock(w scenario.Want) string {
	r.t.Helper()
	on := r.today
	if day, ok := w.Field("on"); ok {
		on = r.day(w.Line, day)
	}
	result := r.rules.Deadline(r.apps[r.current])
	status := result.On(on, r.rules.Calendar)
	switch w.Key {
	case "due_date":
		return status.Due.String()
	case "safe_due_date":
		return result.Safe.String()
	case "suspended":
		return strconv.FormatBool(status.Suspended)
	case "provisional":
		return strconv.FormatBool(result.Provisional)
	case "overdue":
		return strconv.FormatBool(status.Overdue)
	case "workdays_left":
		return strconv.Itoa(status.Left)
	}
	return strconv.Itoa(status.Remaining)
}

func (r *run) day(line int, text string) workflow.Date {
	r.t.Helper()
	d, err := calendar.Parse(text)
	if err != nil {
		r.t.Fatalf("%s:%d: %v", r.file, line, err)
	}
	return d
}

// fact is what a case says of itself.
func fact(a *workflow.Application, key string) (string, bool) {
	row, _ := outcome.Of(a.CountedBasis())
	switch key {
	case "state":
		return string(a.State), true
	case "receive_date":
		return a.ReceiveDate.String(), true
	case "regime":
		return strconv.Itoa(int(a.Regime)), true
	case "close_date":
		return a.Conclusion.Date.String(), true
	case "concluded_due_date":
		return a.Conclusion.DueDate.String(), true
	case "timing":
		return string(a.Conclusion.Timing), true
	case "basis":
		return string(a.Conclusion.Basis), true
	case "row":
		return row.Row2021, true
	case "code":
		return row.Code2014, true
	case "supplement_due_date":
		return a.Supplement.DueDate.String(), true
	case "fee_due_date":
		return a.Fee.DueDate.String(), true
	}
	return "", false
}

func (r *run) wantPossible(w scenario.Want) {
	r.t.Helper()
	by := workflow.Person{Name: "principals/supervisor", Role: workflow.Supervisor}
	for _, p := range r.rules.Possible(r.apps[r.current], by, r.today) {
		if string(p.Spec.Action) != w.Value() {
			continue
		}
		got := p.LastDate.String()
		switch {
		case w.Key != "last_date" && p.Refusal == nil:
			got = ""
		case w.Key != "last_date":
			got = string(p.Refusal.Reason)
		}
		if want := strings.Join(w.Values[1:], " "); got != want {
			r.errorf(w.Line, "%s %s: got %q, want %q", w.Key, w.Value(), got, want)
		}
		return
	}
	r.errorf(w.Line, "no action is called %s", w.Value())
}

// cell computes one figure from all cases of the script.
func (r *run) cell(s scenario.Step) string {
	r.t.Helper()
	form, _ := s.Field("form")
	year, _ := s.Field("year")
	cell, _ := s.Field("cell")
	y, err := strconv.Atoi(year)
	if err != nil {
		r.t.Fatalf("%s:%d: %v", r.file, s.Line, err)
	}
	tally := report.Tally{}
	for _, a := range r.apps {
		tally.Add(report.Tuples(a), 1)
	}
	for i := range r.remedies {
		tally.Add(report.RemedyTuples(&r.remedies[i]), 1)
	}
	computed, err := report.Compute(report.Form(form), "", y, tally, nil)
	if err != nil {
		r.t.Fatalf("%s:%d: %v", r.file, s.Line, err)
	}
	c, err := computed.Cell(cell)
	if err != nil {
		r.t.Fatalf("%s:%d: %v", r.file, s.Line, err)
	}
	return c.Value.String()
}
