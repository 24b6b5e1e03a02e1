package workflow

import (
	"cmp"
	"slices"
	"strings"
)

// Correct changes what was recorded; the corrected history is judged anew as a whole.
func (r Rules) Correct(a Application, reason string, changes []Amendment, by Person, today Date) (Application, Event, error) {
	if !slices.Contains(supervisors, by.Role) && by.Role != "" {
		return a, Event{}, roleRefused(ActCorrect)
	}
	changes, err := r.amendments(&a, reason, changes, today)
	if err != nil {
		return a, Event{}, err
	}
	revision := a.Revision + 1
	acts, err := amend(a.Acts, changes, revision, by.Name)
	if err != nil {
		return a, Event{}, err
	}
	next, err := r.judgeAll(a, acts, changes, revision)
	if err != nil {
		slices.SortStableFunc(acts, byRank)
		var again error
		if next, again = r.judgeAll(a, acts, changes, revision); again != nil {
			return a, Event{}, err
		}
	}
	addressChanges(changes, next.Acts, revision)
	next.Revision = revision
	act := Act{Action: ActCorrect, Date: today, By: by.Name, Revision: revision, Text: Text{Reason: reason}}
	return next, Event{Revision: revision, Act: act, Text: act.Text, Changes: changes, Order: order(next.Acts)}, nil
}

// judgeAll folds a history in which every act is judged anew, the changed ones with
// proof that lies outside the case.
func (r Rules) judgeAll(a Application, acts []Act, changes []Amendment, revision int64) (Application, error) {
	next := a
	f := fold{rules: r, a: &next, acts: slices.Clone(acts)}
	for _, c := range changes {
		f.changed = append(f.changed, cmp.Or(c.Revision, revision))
	}
	if err := f.run(); err != nil {
		return a, err
	}
	return next, nil
}

// byRank orders acts by day, those of one day as a ledger would.
func byRank(x, y Act) int {
	sx, _ := SpecOf(x.Action)
	sy, _ := SpecOf(y.Action)
	return cmp.Or(cmp.Compare(x.Date, y.Date), cmp.Compare(sx.Rank, sy.Rank), cmp.Compare(x.Revision, y.Revision))
}

// amendments checks the changes of a correction and returns them with what the service
// itself knows of each act: what the caller cannot say stays as it was recorded.
func (r Rules) amendments(a *Application, reason string, changes []Amendment, today Date) ([]Amendment, error) {
	switch {
	case strings.TrimSpace(reason) == "":
		return nil, refuse(FieldInvalid, "reason", "Art 45", "“更正记录”缺少必填项reason", "correct needs reason")
	case len(changes) == 0:
		return nil, refuse(FieldInvalid, "amendments", "Art 45", "请写明更正的内容（amendments）", "say what to change (amendments)")
	}
	out := make([]Amendment, 0, len(changes))
	added := false
	for _, c := range changes {
		i := slices.IndexFunc(a.Acts, func(act Act) bool { return act.Revision == c.Revision })
		if c.Revision == 0 && added {
			return nil, refuse(FieldInvalid, "amendments", "Art 45", "一次更正只能补录一个步骤；请分次更正", "one correction adds one act; make another for the next")
		}
		if no := amendable(a, c, i); no != nil {
			return nil, no
		}
		change := Amendment{Revision: c.Revision, Strike: c.Strike}
		if !c.Strike {
			change.Act = c.Act
			if i >= 0 {
				carry(a.Acts[i], &change.Act)
			}
			r.settle(a, &change.Act)
			if i >= 0 {
				keep(a.Acts[i], &change.Act)
			}
			if err := checkAct(&change.Act, today); err != nil {
				return nil, err
			}
		}
		added = added || c.Revision == 0
		out = append(out, change)
	}
	return out, nil
}

// amendable says why a change cannot be one of the act at an index.
func amendable(a *Application, c Amendment, i int) *Refusal {
	switch {
	case c.Revision == 0 && (c.Strike || c.Act.Action == ActSubmit):
		return refuse(FieldInvalid, "amendments", "Art 45", "请写明所更正步骤的编号（revision）", "name the act to change (revision)")
	case c.Revision == 0:
		return nil
	case i < 0:
		return refuse(FieldInvalid, "amendments", "Art 45", "没有编号为%d的步骤", "no act has revision %d", c.Revision)
	case c.Strike && a.Acts[i].Action == ActSubmit:
		return refuse(FieldInvalid, "amendments", "Art 45", "登记本身不能删除；误登记的请作废", "the registration itself cannot be struck; void the application")
	case !c.Strike && (a.Acts[i].Action == ActSubmit) != (c.Act.Action == ActSubmit):
		return refuse(FieldInvalid, "amendments", "Art 45", "登记事项只能以登记事项更正，步骤只能以步骤更正", "registered particulars are corrected by such, an act by an act")
	}
	return nil
}

// carry fills in from the recorded act what a correction leaves out or cannot say. Who did
// an act stays who did it; the event of the correction names who corrected.
func carry(was Act, now *Act) {
	now.Origin, now.By, now.Revision = was.Origin, was.By, was.Revision
	if was.Action == ActSubmit {
		now.Date, now.Channel, now.Kind = cmp.Or(now.Date, was.Date), cmp.Or(now.Channel, was.Channel), cmp.Or(now.Kind, was.Kind)
	}
}

// keep leaves settled what was settled for the recorded act and the correction does not
// touch.
func keep(was Act, now *Act) {
	if now.Action != was.Action {
		return
	}
	now.Steps = was.Steps
	if now.Date == was.Date && now.Channel == was.Channel {
		now.Setting = was.Setting
	}
	if now.Consultation == 0 {
		now.Letter = was.Letter
	}
}

// amend returns the acts with the changes made, in the order of their days; the
// registration stays first. It judges nothing: what a recorded correction changed stands.
func amend(acts []Act, changes []Amendment, revision int64, by string) ([]Act, error) {
	out := slices.Clone(acts)
	for _, c := range changes {
		act := c.Act
		if c.Revision == 0 {
			act.By, act.Revision = by, revision
		} else {
			i := slices.IndexFunc(out, func(a Act) bool { return a.Revision == c.Revision })
			if i < 0 {
				return nil, refuse(FieldInvalid, "amendments", "Art 45", "编号为%d的步骤已在同一更正中删除", "act %d is struck by the same correction", c.Revision)
			}
			act.Revision = c.Revision
			out = slices.Delete(out, i, i+1)
		}
		if c.Strike {
			continue
		}
		at, _ := places(out, &act)
		if act.Action == ActSubmit {
			at = 0
		} else if len(out) > 0 && out[0].Action == ActSubmit {
			at = max(at, 1)
		}
		out = slices.Insert(out, at, act)
	}
	return out, nil
}

// addressChanges writes back into the changes which consultation each means, so that a
// replay need not find out again.
func addressChanges(changes []Amendment, acts []Act, revision int64) {
	for i := range changes {
		c := &changes[i]
		if c.Strike {
			continue
		}
		want := cmp.Or(c.Revision, revision)
		if j := slices.IndexFunc(acts, func(a Act) bool { return a.Revision == want }); j >= 0 {
			c.Act.Letter = acts[j].Letter
		}
	}
}
