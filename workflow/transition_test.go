package workflow_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

var update = flag.Bool("update", false, "write golden files anew")

// golden compares a text with a file, or writes it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs; -update writes it anew (-want +got):\n%s", file, diff)
	}
}

// stops lead to one application in each state, under each regime that knows it. Days are
// written MM-DD of 2026, under the Regulation of 2008 of 2018.
var stops = []struct {
	state    workflow.State
	only2019 bool
	lines    string
}{
	{workflow.Submitted, false, ""},
	{workflow.Received, false, "Y-09-17 confirm\n"},
	{workflow.SupplementPending, false, "Y-09-17 confirm\nY-09-18 request_supplement due_date=Y-10-30 items=文号\n"},
	{workflow.Processing, false, "Y-09-17 confirm\nY-09-18 consult kind=THIRD_PARTY due_date=Y-10-30\nY-09-19 receive_opinion opinion=CONSENT\n"},
	{workflow.Consulting, false, "Y-09-17 confirm\nY-09-18 consult kind=THIRD_PARTY due_date=Y-10-30\n"},
	{workflow.ReasonsPending, true, "Y-09-17 confirm\nY-09-18 ask_reasons due_date=Y-10-30\n"},
	{workflow.Deferred, true, "Y-09-17 confirm\nY-09-18 ask_reasons\nY-09-19 receive_reasons accepted=true\nY-09-19 defer due_date=Y-12-01 reason=数量大\n"},
	{workflow.FeePending, true, "Y-09-17 confirm\nY-09-18 notify_fee amount_fen=100 tariff=PER_PAGE\n"},
	{workflow.UnderReview, false, "Y-09-17 confirm\nsetting review_steps=SUPERVISOR\nY-09-18 submit_for_review basis=disclosed.provided by=OFFICER\n"},
	{workflow.Decided, false, "Y-09-17 confirm\nY-09-18 decide basis=disclosed.provided\n"},
	{workflow.Closed, false, "Y-09-17 confirm\nY-09-18 decide basis=disclosed.provided\nY-09-19 deliver mode=POST\n"},
	{workflow.Redeciding, false, "Y-09-17 confirm\nY-09-18 decide basis=disclosed.provided\nY-09-19 deliver mode=POST\nY-09-20 replace reason=自行纠错\n"},
	{workflow.Archived, false, "Y-09-17 confirm\nY-09-18 decide basis=disclosed.provided\nY-09-19 deliver mode=POST\nY-09-20 archive\n"},
	{workflow.Void, false, "Y-09-17 void reason=误登记\n"},
}

func years(regime workflow.Regime) string {
	if regime == workflow.R2008 {
		return "2018"
	}
	return "2026"
}

// at brings an application into a state.
func at(t *testing.T, regime workflow.Regime, lines string) *run {
	t.Helper()
	head := "application 1\nY-09-17 submit channel=POST_ORDINARY applicant_kind=NATURAL_PERSON by=OFFICER\n"
	return play(t, strings.ReplaceAll(head+lines, "Y-", years(regime)+"-"))
}

// TestTransitionsGolden writes the whole law of the machine on a page: what each state
// allows to whom, by which article, and why the rest is not possible.
func TestTransitionsGolden(t *testing.T) {
	var b strings.Builder
	b.WriteString("申请办理步骤一览：状态 × 步骤 × 角色。What each state allows, to whom, by which article.\n")
	b.WriteString("各状态以一件典型案件为例，办理日为到达后第五日。One typical case stands for each state, five days after its arrival.\n")
	for _, regime := range []workflow.Regime{workflow.R2008, workflow.R2019} {
		fmt.Fprintf(&b, "\n==== 《政府信息公开条例》%d ====\n", regime)
		for _, stop := range stops {
			if stop.only2019 && regime == workflow.R2008 {
				continue
			}
			r := at(t, regime, stop.lines)
			app := r.apps["1"]
			if app.State != stop.state || app.Regime != regime {
				t.Fatalf("the case of %s under %d is %s under %d", stop.state, regime, app.State, app.Regime)
			}
			page(&b, r, app)
		}
	}
	golden(t, "testdata/transitions.golden", b.String())
}

func page(b *strings.Builder, r *run, app *workflow.Application) {
	fmt.Fprintf(b, "\n## %s %s (%s)\n", app.State, app.State.ZH(), app.State.EN())
	today := app.ArriveDate.AddDays(5)
	for _, spec := range workflow.Specs() {
		if spec.Action == workflow.ActSubmit {
			continue
		}
		yes, article := []string{}, ""
		why := map[workflow.Reason][]string{}
		var reasons []workflow.Reason
		for _, role := range workflow.Roles() {
			by := workflow.Person{Name: "principals/" + string(role) + "-2", Role: role}
			for _, p := range r.rules.Possible(app, by, today) {
				if p.Spec.Action != spec.Action {
					continue
				}
				article = p.Article
				if p.Refusal == nil {
					yes = append(yes, role.ZH())
					continue
				}
				if why[p.Refusal.Reason] == nil {
					reasons = append(reasons, p.Refusal.Reason)
				}
				why[p.Refusal.Reason] = append(why[p.Refusal.Reason], role.ZH())
			}
		}
		if len(why[workflow.ActionNotPossible]) == len(workflow.Roles()) {
			fmt.Fprintf(b, "%-20s  —  %s\n", spec.Action, spec.ZH)
			continue
		}
		fmt.Fprintf(b, "%-20s  %s → %s  [%s]  可办：%s", spec.Action, spec.ZH, targets(app, spec.Action), article, strings.Join(yes, " "))
		for _, reason := range reasons {
			fmt.Fprintf(b, "；%s：%s", reason, strings.Join(why[reason], " "))
		}
		b.WriteString("\n")
	}
}

// targets names the states after an action, as the table has them.
func targets(app *workflow.Application, action workflow.Action) string {
	var out []string
	for _, row := range workflow.Transitions(app.Regime) {
		if row.Action != action || !slices.Contains(row.From, app.State) {
			continue
		}
		to := string(row.To)
		if row.Stay {
			to = "不变"
		}
		if !slices.Contains(out, to) {
			out = append(out, to)
		}
	}
	return strings.Join(out, " | ")
}

func TestDiagramGolden(t *testing.T) {
	golden(t, "testdata/application.mmd", workflow.MachineOf(workflow.R2019).Diagram())
	for _, state := range []string{"REASONS_PENDING -->", "DEFERRED -->", "FEE_PENDING -->"} {
		if strings.Contains(workflow.MachineOf(workflow.R2008).Diagram(), state) {
			t.Errorf("the diagram of 2008 has an arrow from a state of 2019: %s", state)
		}
	}
}

// TestReadmeShowsTheDiagram keeps the page that strangers read first true.
func TestReadmeShowsTheDiagram(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := "```mermaid\n" + workflow.MachineOf(workflow.R2019).Diagram() + "```\n"
	if !strings.Contains(string(readme), block) {
		t.Error("README.md does not show the present diagram; copy testdata/application.mmd into its mermaid block")
	}
}

// TestTableIsSound asks of both tables what a lawyer would: every row has an article,
// somebody who may, and a name of its own; every state can be reached and every open one
// can end.
func TestTableIsSound(t *testing.T) {
	for _, regime := range []workflow.Regime{workflow.R2008, workflow.R2019} {
		next := map[workflow.State][]workflow.State{}
		names := map[string]bool{}
		for _, row := range workflow.Transitions(regime) {
			if row.Basis == "" || len(row.Roles) == 0 || len(row.From) == 0 || names[row.Name] {
				t.Errorf("%d %s: lacks an article, a role, a start or a name of its own: %+v", regime, row.Name, row)
			}
			if row.Stay != (row.To == "") {
				t.Errorf("%d %s: stays and leads to %q", regime, row.Name, row.To)
			}
			names[row.Name] = true
			for _, from := range row.From {
				if row.To != "" {
					next[from] = append(next[from], row.To)
				}
			}
		}
		unknown := []workflow.State{}
		if regime == workflow.R2008 {
			unknown = []workflow.State{workflow.ReasonsPending, workflow.Deferred, workflow.FeePending}
		}
		start := reachable(next, "")
		for _, s := range workflow.States() {
			if start[s] == slices.Contains(unknown, s) {
				t.Errorf("%d: %s reachable: %v", regime, s, start[s])
			}
			ends := reachable(next, s)
			if s.Open() && start[s] && !ends[workflow.Closed] && !ends[workflow.Void] {
				t.Errorf("%d: %s never ends", regime, s)
			}
		}
	}
}

func reachable(next map[workflow.State][]workflow.State, from workflow.State) map[workflow.State]bool {
	seen := map[workflow.State]bool{}
	todo := []workflow.State{from}
	for len(todo) > 0 {
		s := todo[0]
		todo = todo[1:]
		for _, to := range next[s] {
			if !seen[to] {
				seen[to] = true
				todo = append(todo, to)
			}
		}
	}
	return seen
}

// TestMachineRefusesAmbiguousTables: looplab/fsm would keep the last of two rows.
func TestMachineRefusesAmbiguousTables(t *testing.T) {
	always := func(*workflow.Application, *workflow.Act) bool { return true }
	row := func(name string, fits func(*workflow.Application, *workflow.Act) bool) workflow.Transition {
		return workflow.Transition{Name: name, Action: workflow.ActExtend, From: []workflow.State{workflow.Received}, To: workflow.Closed, Case: fits}
	}
	tests := []struct {
		name   string
		table  []workflow.Transition
		panics bool
	}{
		{"the same name twice", []workflow.Transition{row("extend", always), row("extend", always)}, true},
		{"two rows without a case", []workflow.Transition{row("extend", nil), row("again", nil)}, true},
		{"a case beside a row without", []workflow.Transition{row("extend", always), row("again", nil)}, true},
		{"two cases", []workflow.Transition{row("extend", always), row("again", always)}, false},
		{"the table of 2019", workflow.Transitions(workflow.R2019), false},
		{"the table of 2008", workflow.Transitions(workflow.R2008), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defer func() {
				if got := recover(); (got != nil) != tt.panics {
					t.Errorf("panic: %v, want one: %v", got, tt.panics)
				}
			}()
			workflow.NewMachine(tt.table)
		})
	}
}

// TestMachineFires asks the machine itself, which looplab/fsm drives, for every row.
func TestMachineFires(t *testing.T) {
	for _, regime := range []workflow.Regime{workflow.R2008, workflow.R2019} {
		m := workflow.MachineOf(regime)
		for _, row := range workflow.Transitions(regime) {
			for _, from := range append(workflow.States(), "") {
				got, err := m.Fire(from, row.Name)
				want := row.To
				if row.Stay {
					want = from
				}
				allowed := slices.Contains(row.From, from)
				if allowed && (err != nil || got != want) {
					t.Errorf("%d: %s from %q: %q, %v, want %q", regime, row.Name, from, got, err, want)
				}
				if !allowed && (err == nil || got != from) {
					t.Errorf("%d: %s from %q: %q, want an error and no move", regime, row.Name, from, got)
				}
			}
		}
	}
}

// TestCasesAreExclusive: whatever the facts, exactly one row answers for an action in a
// state that knows it.
func TestCasesAreExclusive(t *testing.T) {
	tables := map[workflow.Regime][]workflow.Transition{
		workflow.R2008: workflow.Transitions(workflow.R2008), workflow.R2019: workflow.Transitions(workflow.R2019),
	}
	rapid.Check(t, func(t *rapid.T) {
		regime := rapid.SampledFrom([]workflow.Regime{workflow.R2008, workflow.R2019}).Draw(t, "regime")
		resume := []workflow.State{workflow.Processing, workflow.Deferred}
		if regime == workflow.R2008 {
			resume = resume[:1] // nothing is deferred
		}
		app := workflow.Application{
			Regime: regime, Resume: rapid.SampledFrom(resume).Draw(t, "resume"),
			Draft: workflow.Draft{Step: rapid.IntRange(0, 3).Draw(t, "step"), Steps: rapid.IntRange(1, 4).Draw(t, "steps")},
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "consultations") {
			app.Consultations = append(app.Consultations, workflow.Consultation{
				Revision: int64(i + 1), Lapsed: rapid.Bool().Draw(t, "lapsed"), EndDate: workflow.Date(rapid.IntRange(0, 1).Draw(t, "ended")),
			})
		}
		for range rapid.IntRange(0, 2).Draw(t, "replies") {
			app.Replies = append(app.Replies, workflow.Reply{Redecision: rapid.Bool().Draw(t, "redecision")})
		}
		act := workflow.Act{
			Date:    calendar.New(rapid.IntRange(2015, 2026).Draw(t, "year"), 3, 2),
			Channel: rapid.SampledFrom(workflow.Channels()).Draw(t, "channel"),
		}
		act.Consultation = rapid.IntRange(0, 4).Draw(t, "consultation")
		act.Letter = int64(act.Consultation)
		for _, state := range append(workflow.States(), "") {
			for _, spec := range workflow.Specs() {
				app.State, act.Action = state, spec.Action
				rows, fit := 0, []string{}
				for _, row := range tables[regime] {
					if row.Action == spec.Action && slices.Contains(row.From, state) {
						rows++
						if row.Case == nil || row.Case(&app, &act) {
							fit = append(fit, row.Name)
						}
					}
				}
				if rows > 0 && len(fit) != 1 {
					t.Fatalf("%d: %s in %q: %d of %d rows fit: %v", regime, spec.Action, state, len(fit), rows, fit)
				}
			}
		}
	})
}

// TestRolesStandInTheTable: whoever the table names may, nobody else may, in every state.
func TestRolesStandInTheTable(t *testing.T) {
	for _, regime := range []workflow.Regime{workflow.R2008, workflow.R2019} {
		for _, stop := range stops {
			if stop.only2019 && regime == workflow.R2008 {
				continue
			}
			r := at(t, regime, stop.lines)
			app := r.apps["1"]
			for _, role := range workflow.Roles() {
				for _, p := range r.rules.Possible(app, workflow.Person{Name: "x", Role: role}, app.ArriveDate.AddDays(5)) {
					named, known := false, false
					for _, row := range workflow.Transitions(regime) {
						if row.Action == p.Spec.Action && slices.Contains(row.From, app.State) {
							known, named = true, named || slices.Contains(row.Roles, role)
						}
					}
					refused := p.Refusal != nil && p.Refusal.Reason == workflow.RoleNotAllowed
					if known && refused == named {
						t.Errorf("%d %s: %s by %s: named in the table %v, refusal %+v", regime, app.State, p.Spec.Action, role, named, p.Refusal)
					}
					if !known && (p.Refusal == nil || p.Refusal.Reason != workflow.ActionNotPossible) {
						t.Errorf("%d %s: %s has no row, yet %+v", regime, app.State, p.Spec.Action, p.Refusal)
					}
					if p.Refusal != nil {
						checkTexts(t, p.Refusal)
					}
				}
			}
		}
	}
}
