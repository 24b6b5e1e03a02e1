package advice_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/workflow"
	"gongkai/workflow/advice"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// path is one way through the questions to a basis.
type path struct {
	answers map[string]string
	text    string
	last    advice.Choice
	steps   int
}

// walk visits every way from a question on, with the choices that keep admits.
func walk(t *testing.T, id string, before path, keep func(advice.Question) advice.Question, visit func(path)) {
	t.Helper()
	if before.steps > 10 {
		t.Fatalf("the questions go in a circle: %s", before.text)
	}
	q, ok := advice.QuestionOf(id)
	if !ok {
		t.Fatalf("dead end: %s leads to no question %q", before.text, id)
	}
	q = keep(q)
	if len(q.Choices) == 0 {
		t.Fatalf("dead end: %s leaves no choice at %q", before.text, id)
	}
	for _, c := range q.Choices {
		p := path{answers: map[string]string{}, text: strings.TrimSpace(before.text + " " + id + "=" + c.ID), last: c, steps: before.steps + 1}
		maps.Copy(p.answers, before.answers)
		p.answers[id] = c.ID
		if c.Next != "" {
			walk(t, c.Next, p, keep, visit)
		} else {
			visit(p)
		}
	}
}

func all(q advice.Question) advice.Question { return q }

// TestTree walks every way: no dead ends, no circle, five answers to any basis, and every
// basis of the Regulation of 2019 exactly where the golden file says.
func TestTree(t *testing.T) {
	t.Parallel()
	var lines []string
	reached := map[outcome.Basis]bool{}
	walk(t, advice.First, path{}, all, func(p path) {
		row, ok := outcome.Of(p.last.Basis)
		if !ok {
			t.Errorf("%s leads to no basis: %q", p.text, p.last.Basis)
		}
		if p.steps > 5 {
			t.Errorf("%s takes %d answers", p.text, p.steps)
		}
		reached[row.Basis] = true
		line := fmt.Sprintf("%s: %s", row.Basis, p.text)
		if p.last.Ground != "" {
			line += " (" + string(p.last.Ground) + ")"
		}
		lines = append(lines, line)
	})
	for _, row := range outcome.Rows() {
		if !reached[row.Basis] {
			t.Errorf("no way leads to %s", row.Basis)
		}
	}
	slices.Sort(lines)
	got := strings.Join(lines, "\n") + "\n"
	const golden = "testdata/paths.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("ways (-golden +got):\n%s", diff)
	}
}

// TestQuestions says that every question is reached, has its words and one way on from
// each choice.
func TestQuestions(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{advice.First: true}
	for _, q := range advice.Questions() {
		for _, c := range q.Choices {
			asked[c.Next] = true
			if (c.Next == "") == (c.Basis == "") {
				t.Errorf("%s=%s leads to a question and a basis, or to neither", q.ID, c.ID)
			}
			if c.ZH == "" || c.EN == "" {
				t.Errorf("%s=%s has no words", q.ID, c.ID)
			}
		}
		if q.ZH == "" || q.EN == "" || q.Article == "" {
			t.Errorf("%s has no words or article", q.ID)
		}
	}
	for _, q := range advice.Questions() {
		if !asked[q.ID] {
			t.Errorf("%s is never asked", q.ID)
		}
	}
}

func date(t *testing.T, text string) workflow.Date {
	t.Helper()
	d, err := calendar.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// given is a case of an office: one application with its acts.
func given(t *testing.T, settings workflow.Settings, arrived, day string, acts ...workflow.Act) advice.Case {
	t.Helper()
	rules := workflow.Rules{Calendar: calendar.Embedded(), Settings: settings}
	today := date(t, "2026-12-31")
	submit := workflow.Act{Action: workflow.ActSubmit, Date: date(t, arrived), Channel: workflow.InPerson, Kind: workflow.NaturalPerson}
	a, _, err := rules.Register(workflow.Application{Agency: "own", ApplicationNo: "1"}, submit, workflow.Person{}, today)
	if err != nil {
		t.Fatal(err)
	}
	for _, act := range acts {
		if a, _, err = rules.Apply(a, act, workflow.Person{}, today); err != nil {
			t.Fatalf("%s: %v", act.Action, err)
		}
	}
	return advice.Case{Application: &a, Rules: rules, By: workflow.Person{Name: "agencies/own/principals/zhao", Role: workflow.Officer}, Day: date(t, day)}
}

// cases are applications at the points where the facts say something.
func cases(t *testing.T) map[string]advice.Case {
	t.Helper()
	d := func(s string) workflow.Date { return date(t, s) }
	asked := workflow.Act{Action: workflow.ActRequestSupplement, Date: d("2026-03-03"), Receive: d("2026-03-04"), Workdays: 5, Text: workflow.Text{Items: []string{"名称"}}}
	consult := workflow.Act{Action: workflow.ActConsult, Date: d("2026-03-03"), Consulted: workflow.ThirdParty, Receive: d("2026-03-04")}
	opinion := func(o workflow.Opinion) workflow.Act {
		return workflow.Act{Action: workflow.ActReceiveOpinion, Date: d("2026-03-10"), Opinion: o, Consultation: 1}
	}
	reasons := func(accepted bool) []workflow.Act {
		return []workflow.Act{
			{Action: workflow.ActAskReasons, Date: d("2026-03-03"), Due: d("2026-03-12")},
			{Action: workflow.ActReceiveReasons, Date: d("2026-03-10"), Accepted: accepted},
		}
	}
	fee := workflow.Act{Action: workflow.ActNotifyFee, Date: d("2026-03-10"), Amount: 10000, Tariff: workflow.PerRequest}
	none := workflow.Settings{}
	return map[string]advice.Case{
		"received":      given(t, none, "2026-03-02", "2026-03-20"),
		"supplemented":  given(t, none, "2026-03-02", "2026-03-20", asked, workflow.Act{Action: workflow.ActSubmitSupplement, Date: d("2026-03-09")}),
		"pending":       given(t, none, "2026-03-02", "2026-03-20", asked),
		"pending early": given(t, none, "2026-03-02", "2026-03-06", asked),
		"lapsed":        given(t, none, "2026-03-02", "2026-03-20", asked, workflow.Act{Action: workflow.ActLapseSupplement, Date: d("2026-03-19")}),
		"consulting":    given(t, none, "2026-03-02", "2026-03-20", consult),
		"objection":     given(t, none, "2026-03-02", "2026-03-20", consult, opinion(workflow.Objection)),
		"consent":       given(t, none, "2026-03-02", "2026-03-20", consult, opinion(workflow.Consent)),
		"refused":       given(t, none, "2026-03-02", "2026-03-20", reasons(false)...),
		"accepted":      given(t, none, "2026-03-02", "2026-03-20", reasons(true)...),
		"fee":           given(t, none, "2026-03-02", "2026-04-30", fee),
		"fee lapsed":    given(t, none, "2026-03-02", "2026-05-30", fee, workflow.Act{Action: workflow.ActLapseFee, Date: d("2026-05-20")}),
		"withdrawn":     given(t, none, "2026-03-02", "2026-03-20", workflow.Act{Action: workflow.ActWithdraw, Date: d("2026-03-09")}),
		"chain":         given(t, workflow.Settings{ReviewSteps: []workflow.Role{workflow.Supervisor}}, "2026-03-02", "2026-03-20"),
		"replaced": given(t, none, "2026-03-02", "2026-03-30",
			workflow.Act{Action: workflow.ActDecide, Date: d("2026-03-10"), Basis: "disclosed.provided"},
			workflow.Act{Action: workflow.ActDeliver, Date: d("2026-03-11"), Mode: workflow.DeliverPost},
			workflow.Act{Action: workflow.ActReplace, Date: d("2026-03-20"), Text: workflow.Text{Reason: "自行纠错"}}),
		"2008": given(t, none, "2018-03-05", "2018-03-20"),
	}
}

// TestMissing walks every case on every way left open: a proposal says that something is
// missing exactly where the workflow refuses the act.
func TestMissing(t *testing.T) {
	t.Parallel()
	for name, c := range cases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			offered := func(q advice.Question) advice.Question { return q.Offered(c.Application) }
			n := 0
			walk(t, advice.First, path{}, offered, func(p path) {
				n++
				found, err := c.Advise(p.answers)
				if err != nil || found.Proposal == nil {
					t.Fatalf("%s: no proposal: %v", p.text, err)
				}
				got := found.Proposal
				if got.Row.Basis != p.last.Basis || got.Article.ZH == "" || len(got.Elements) == 0 {
					t.Errorf("%s: %+v", p.text, got)
				}
				act := workflow.Act{Action: got.Action, Date: c.Day, Basis: got.Row.Basis, ReviewFirst: true}
				if got.Action == workflow.ActDeliverRedecision {
					act.Mode = workflow.DeliverPost
				}
				_, _, err = c.Rules.Apply(*c.Application, act, c.By, date(t, "2026-12-31"))
				if (err == nil) != (len(got.Missing) == 0) {
					t.Errorf("%s: the workflow says %v, missing says %v", p.text, err, got.Missing)
				}
				var no *workflow.Refusal
				if errors.As(err, &no) && no.Article != got.Missing[0].Article {
					t.Errorf("%s: refused by %s, missing by %s", p.text, no.Article, got.Missing[0].Article)
				}
			})
			if n < 20 {
				t.Errorf("only %d ways were open", n)
			}
		})
	}
}

// TestFacts says what is not asked because the facts settle it, and what they rule out.
func TestFacts(t *testing.T) {
	t.Parallel()
	list := cases(t)
	for _, test := range []struct {
		name     string
		answers  map[string]string
		settled  string // question=choice, with ! from facts
		question string
		basis    string
		missing  workflow.Reason
		wrong    string // question that is answered wrongly
	}{
		{name: "received", question: "handling"},
		{name: "received", answers: map[string]string{"handling": "unclear"}, settled: "handling=unclear", basis: "unavailable.still_unclear", missing: workflow.SupplementMissing},
		{name: "supplemented", answers: map[string]string{"handling": "unclear"}, settled: "handling=unclear", basis: "unavailable.still_unclear"},
		{name: "received", answers: map[string]string{"handling": "fee_unpaid"}, wrong: "handling"},
		{name: "received", answers: map[string]string{"handling": "proceed", "kind": "other_channel"}, wrong: "kind"},
		{name: "received", answers: map[string]string{"nothing": "x"}, wrong: "nothing"},
		{name: "received", answers: map[string]string{"give": "all"}, question: "handling"},
		{name: "lapsed", settled: "!handling=not_supplemented", basis: "other.not_supplemented", missing: workflow.ActionNotPossible},
		{name: "pending early", answers: map[string]string{"handling": "not_supplemented"}, settled: "handling=not_supplemented", basis: "other.not_supplemented", missing: workflow.PeriodRunning},
		{name: "pending", answers: map[string]string{"handling": "not_supplemented"}, settled: "handling=not_supplemented", basis: "other.not_supplemented"},
		{name: "fee lapsed", settled: "!handling=fee_unpaid", basis: "other.fee_unpaid", missing: workflow.ActionNotPossible},
		{name: "fee", answers: map[string]string{"handling": "fee_unpaid"}, settled: "handling=fee_unpaid", basis: "other.fee_unpaid"},
		{name: "withdrawn", settled: "!handling=withdrawn", basis: "other.withdrawn", missing: workflow.ActionNotPossible},
		{name: "refused", answers: map[string]string{"handling": "proceed"}, settled: "handling=proceed !kind=excessive", basis: "not_processed.excessive"},
		{name: "refused", answers: map[string]string{"handling": "proceed", "kind": "petition"}, settled: "handling=proceed kind=petition", basis: "not_processed.petition"},
		{name: "accepted", answers: map[string]string{"handling": "proceed", "kind": "excessive"}, wrong: "kind"},
		{name: "received", answers: map[string]string{"handling": "proceed", "kind": "excessive"}, settled: "handling=proceed kind=excessive", basis: "not_processed.excessive", missing: workflow.EvidenceMissing},
		{name: "received", answers: map[string]string{"handling": "proceed", "kind": "repeat"}, settled: "handling=proceed kind=repeat", basis: "not_processed.repeat", missing: workflow.RepeatNotProven},
		{name: "consent", answers: map[string]string{"handling": "proceed", "kind": "information", "held": "ready", "give": "none", "ground": "trade_secret"}, wrong: "ground"},
		{
			name: "objection", answers: map[string]string{"handling": "proceed", "kind": "information", "held": "ready", "give": "all"},
			settled: "handling=proceed kind=information held=ready give=all", basis: "disclosed.provided", missing: workflow.ThirdPartyNotTold,
		},
		{name: "2008", answers: map[string]string{"handling": "proceed", "kind": "other_channel"}, settled: "handling=proceed kind=other_channel", basis: "other.other_channel"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := list[test.name].Advise(test.answers)
			var wrong *advice.AnswerError
			if errors.As(err, &wrong) != (test.wrong != "") || wrong != nil && (wrong.Question != test.wrong || len(wrong.Offered) == 0 || wrong.Error() == "") {
				t.Fatalf("error %v, want one about %q", err, test.wrong)
			}
			if err != nil {
				return
			}
			var settled []string
			for _, s := range got.Settled {
				mark := ""
				if s.FromFacts {
					mark = "!"
				}
				settled = append(settled, mark+s.Question.ID+"="+s.Choice.ID)
			}
			if diff := cmp.Diff(test.settled, strings.Join(settled, " ")); diff != "" {
				t.Errorf("settled (-want +got):\n%s", diff)
			}
			if q := got.Question; (q != nil) != (test.question != "") || q != nil && q.ID != test.question {
				t.Errorf("question %+v, want %q", q, test.question)
			}
			if p := got.Proposal; (p != nil) != (test.basis != "") {
				t.Errorf("proposal %+v, want %q", p, test.basis)
			} else if p != nil {
				reason := workflow.Reason("")
				if len(p.Missing) > 0 {
					reason = p.Missing[0].Reason
				}
				if string(p.Row.Basis) != test.basis || reason != test.missing {
					t.Errorf("proposal %s, missing %q; want %s, %q", p.Row.Basis, reason, test.basis, test.missing)
				}
			}
		})
	}
}
