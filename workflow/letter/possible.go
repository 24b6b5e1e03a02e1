package letter

import (
	"fmt"
	"slices"
	"strings"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
)

// endings are the bases that another act than a decision records.
var endings = map[outcome.Basis]workflow.Action{
	"other.not_supplemented": workflow.ActLapseSupplement,
	"other.fee_unpaid":       workflow.ActLapseFee,
}

// Recorded is the basis that the case already has: of the reply, the conclusion or the draft.
func (c Case) Recorded() outcome.Basis {
	a := c.Application
	switch {
	case a.State == workflow.Redeciding:
		return ""
	case len(a.Replies) > 0:
		return a.Reply().Basis
	case a.Conclusion.Basis != "":
		return a.Conclusion.Basis
	}
	return a.Draft.Basis
}

// Possible says why a kind may not be sent as the case stands, whatever its elements; none:
// it may.
func (c Case) Possible(k Kind) []Gap {
	f := &filling{Case: c, kind: &k, given: map[string]string{}}
	f.stand()
	if len(f.out.Gaps) == 0 && k.Key == Reply {
		f.same()
	}
	return f.out.Gaps
}

const elementPossible = "possible"

// stand asks of the state and the regime.
func (f *filling) stand() {
	a := f.Application
	allowed := f.kind.states
	if allowed == nil {
		allowed = slices.DeleteFunc(workflow.States(), func(s workflow.State) bool { return s == workflow.Submitted || s == workflow.Void })
	}
	if !slices.Contains(allowed, a.State) {
		var zh, en []string
		for _, s := range allowed {
			zh, en = append(zh, s.ZH()), append(en, s.EN())
		}
		f.gap(elementPossible, "state",
			fmt.Sprintf("申请现为“%s”，不能印发%s；可以印发的状态：%s", a.State.ZH(), f.kind.Label.ZH, strings.Join(zh, "、")),
			fmt.Sprintf("the application is %s, so no %s can be issued; it can when it is: %s", a.State.EN(), f.kind.Label.EN, strings.Join(en, ", ")))
	}
	if f.kind.only2019 && a.Regime == workflow.R2008 {
		f.gap(elementPossible, "receive_date", "2019年5月15日以前收到的申请适用2008年《条例》，没有"+f.kind.Label.ZH, "an application received before 2019-05-15 falls under the Regulation of 2008, which has no "+f.kind.Label.EN)
	}
}

// same asks whether the case is decided, and otherwise.
func (f *filling) same() {
	basis := f.Recorded()
	if row, ok := outcome.Of(basis); ok && basis != f.kind.Basis && f.decided() {
		f.gap("basis", "basis", "该申请已按“"+row.LabelZH+"”办结或者签发，答复书应当使用同一依据", "the application was decided as "+row.LabelEN+"; the letter must have the same basis")
	}
}

func (f *filling) decided() bool {
	return slices.Contains([]workflow.State{workflow.Decided, workflow.Closed, workflow.Archived}, f.Application.State)
}

// possible notes why the letter may not be sent: a reply that is not decided yet needs all
// that its decision needs.
func (f *filling) possible() {
	before := len(f.out.Gaps)
	f.stand()
	if f.kind.Key != Reply || len(f.out.Gaps) > before {
		return
	}
	f.same()
	if f.decided() {
		f.datedAs()
		return
	}
	act := workflow.Act{
		Action: workflow.ActDecide, Date: f.Day, Basis: f.kind.Basis, ReviewFirst: true, Prior: f.given[keyPrior],
		Text: workflow.Text{Reason: f.given[keyFacts]},
	}
	if day, err := calendar.Parse(f.given[keyTold]); err == nil {
		act.Told = day
	}
	if end, ok := endings[f.kind.Basis]; ok {
		act.Action = end
	}
	if f.Application.State == workflow.Redeciding {
		act.Action, act.Mode = workflow.ActDeliverRedecision, workflow.DeliverPost
	}
	for _, no := range f.Rules.Missing(f.Application, act, f.By) {
		if no.Field == "reason" && f.given[keyFacts] == "" {
			continue // the letter lacks its facts, which is said already
		}
		f.gap(elementPossible, "act "+string(act.Action), "尚不能作出该答复："+no.ZH, "this reply cannot be decided yet: "+no.EN)
	}
}

// datedAs holds the letter to the day on which it was signed.
func (f *filling) datedAs() {
	if signed := f.Application.Reply().DecideDate; !signed.IsZero() && signed != f.Day {
		f.gap("letter_date", "letter_date", "成文日期应当是签发之日"+Day(signed), "the date of the letter must be the day of its signature, "+signed.String())
	}
}
