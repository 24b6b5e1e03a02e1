package workflow

import (
	"slices"

	"gongkai/workflow/deadline"
)

// Possibility is one action and whether it may be done today.
type Possibility struct {
	Spec     Spec
	Refusal  *Refusal // nil: possible
	Article  string
	LastDate Date // last day for it, where the law sets one
}

// Possible asks of every action whether a person could do it today, before the fields of
// the act are known. Possible ones come first, each group in the order of the interface.
func (r Rules) Possible(a *Application, by Person, today Date) []Possibility {
	var yes, no []Possibility
	for _, spec := range Specs() {
		if spec.Action == ActSubmit {
			continue
		}
		p := r.possible(a, spec, by, today)
		if p.Refusal == nil {
			yes = append(yes, p)
		} else {
			no = append(no, p)
		}
	}
	return append(yes, no...)
}

func (r Rules) possible(a *Application, spec Spec, by Person, today Date) Possibility {
	p := Possibility{Spec: spec}
	act := Act{Action: spec.Action, Date: max(today, a.ArriveDate), By: by.Name}
	f := fold{rules: r, a: a, by: by}
	var t *Transition
	for i := range MachineOf(a.Regime).table {
		row := &MachineOf(a.Regime).table[i]
		if row.Action == spec.Action && slices.Contains(row.From, a.State) {
			t = row
			break
		}
	}
	if t == nil {
		p.Refusal = f.notPossible(&act)
		p.Article = p.Refusal.Article
		return p
	}
	p.Article, p.LastDate = t.Basis, r.lastDate(a, spec.Action)
	if by.Role != "" {
		if err := f.role(t, &act); err != nil {
			p.Refusal, _ = err.(*Refusal) //nolint:errorlint // role makes it
			return p
		}
	}
	j := judging{settings: r.Settings, a: a, act: &act, cal: r.Calendar}
	for _, g := range t.Guards {
		if !g.Early {
			continue
		}
		if no := g.Check(&j); no != nil {
			if no.Article == "" {
				no.Article = t.Basis
			}
			p.Refusal = no
			return p
		}
	}
	return p
}

// lastDate is the last day for an action: of the applicant's or party's period, of the
// notice of a supplement, or of the reply.
func (r Rules) lastDate(a *Application, action Action) Date {
	switch action {
	case ActSubmitSupplement:
		return a.Supplement.DueDate
	case ActPayFee:
		return a.Fee.DueDate
	case ActReceiveReasons:
		return a.Reasons.DueDate
	case ActRequestSupplement:
		if a.Regime == R2019 && !a.ReceiveDate.IsZero() {
			return r.Calendar.AddWorkdays(a.ReceiveDate, supplementNoticeWorkdays)
		}
	case ActExtend, ActDefer, ActNotifyFee, ActConsult, ActAskReasons, ActDecide, ActDeliver, ActSubmitForReview, ActDeliverRedecision:
		return deadline.Compute(a.Facts(), r.Calendar).Due
	default:
	}
	return 0
}
