package workflow

import "errors"

// Missing asks every guard of an act, where Apply stops at the first: what must be
// recorded, or said in the act, before it is possible on its day, of the case as it
// stands. Nothing is changed.
func (r Rules) Missing(a *Application, act Act, by Person) []*Refusal {
	r.settle(a, &act)
	act.By = by.Name
	f := fold{rules: r, a: a, by: by}
	var out []*Refusal
	var no *Refusal
	if errors.As(checkAct(&act, act.Date), &no) {
		out = append(out, no)
	}
	t := MachineOf(a.Regime).row(a, &act)
	if t == nil {
		return append(out, f.notPossible(&act))
	}
	if by.Role != "" && errors.As(f.role(t, &act), &no) {
		out = append(out, no)
	}
	j := judging{settings: r.Settings, prior: r.Prior, a: a, act: &act, cal: r.Calendar.AsOf(act.Date)}
	for _, g := range t.Guards {
		no := g.Check(&j)
		if no == nil {
			continue
		}
		if no.Article == "" {
			no.Article = t.Basis
		}
		out = append(out, no)
	}
	return out
}

// RemedyLength is how long a remedy of a kind may be sought when the letter is dated on a
// day: natural days or months, with the norm. Both are 0 where the law knows no period.
func RemedyLength(kind RemedyKind, against Against, letter Date) (days, months int, source string) {
	for _, row := range remedyPeriods {
		if row.kind == kind && row.against == against && row.from <= letter {
			days, months, source = row.days, row.months, row.source
		}
	}
	return days, months, source
}
