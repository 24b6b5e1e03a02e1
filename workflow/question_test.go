package workflow_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gongkai/workflow"
	"gongkai/workflow/scenario"
)

// ask puts a question of a script to the function that answers it.
func (r *run) ask(s scenario.Step) {
	r.t.Helper()
	text := func(name string) string { v, _ := s.Field(name); return v }
	date := func(name string) workflow.Date {
		if v := text(name); v != "" {
			return r.day(s.Line, v)
		}
		return 0
	}
	number := func(name string) int {
		n, err := strconv.Atoi(text(name))
		if err != nil {
			r.t.Fatalf("%s:%d: %s: %v", r.file, s.Line, name, err)
		}
		return n
	}
	r.answer, r.lines = map[string][]string{}, nil
	set := func(key string, values ...string) { r.answer[key] = values }
	access := func(a workflow.Access) { set("way", string(a.Way)); set("source", a.Source) }
	basis := workflow.Basis(text("basis"))
	switch s.Name {
	case "add_workdays":
		set("date", r.rules.Calendar.AsOf(date("as_of")).AddWorkdays(date("date"), number("workdays")).String())
	case "fee":
		total, lines := workflow.Tariff(text("tariff")).Fee(number("count"))
		set("amount_fen", strconv.FormatInt(total, 10))
		for _, l := range lines {
			r.lines = append(r.lines, fmt.Sprint(l.First, l.Last, l.Price, l.Amount))
		}
	case "last_day":
		p, ok := workflow.RemedyPeriodOf(workflow.RemedyKind(text("kind")), workflow.Against(text("against")), date("start"), r.rules.Calendar)
		if !ok {
			r.errorf(s.Line, "the law knows no such period")
		}
		set("date", p.Last.String())
		set("natural", p.Natural.String())
		set("source", p.Source)
	case "review_first":
		access(workflow.ReviewFirst(basis, date("decide_date")))
	case "suit":
		access(workflow.SuitAccess(workflow.Suit{
			Basis: basis, DecideDate: date("decide_date"), FileDate: date("file_date"),
			AfterReview: text("after_reconsideration") == "true", Disclosed: text("disclosed") == "true",
		}))
	case "silence":
		access(workflow.SilenceAccess(date("file_date")))
	case "cell":
		set("value", r.cell(s))
	default:
		r.t.Fatalf("%s:%d: no question is called %q", r.file, s.Line, s.Name)
	}
}

func (r *run) wantAnswers(s scenario.Step) {
	r.t.Helper()
	if len(s.Wants) == 0 {
		r.errorf(s.Line, "a question without an answer")
	}
	for _, w := range s.Wants {
		if w.Key == "line" {
			if want := strings.Join(w.Values, " "); !slices.Contains(r.lines, want) {
				r.errorf(w.Line, "no line %q in %q", want, r.lines)
			}
			continue
		}
		got, ok := r.answer[w.Key]
		if !ok || !slices.Equal(got, w.Values) {
			r.errorf(w.Line, "%s is %q, want %q", w.Key, got, w.Values)
		}
	}
}
