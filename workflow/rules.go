package workflow

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gongkai/workflow/calendar"
	"gongkai/workflow/deadline"
)

// Rules judges acts by a calendar and by what an agency has settled where the law leaves
// it free.
type Rules struct {
	Calendar *calendar.Calendar
	Settings Settings
	// Prior finds an earlier application of the agency by its number, for the proof that
	// a repeat was answered; nil: the number is taken as given.
	Prior func(number string) *Application
}

// Person is who acts, in which role. The zero Person is a ledger's row or a replay, whose
// role nobody asks.
type Person struct {
	Name string // resource name of a principal
	Role Role
}

// noLimit is the day after which no fact lies: a replay asks nothing of the day.
const noLimit Date = math.MaxInt32

// ErrCorrupt says that a stored history is none that this package could have made.
var ErrCorrupt = errors.New("history contradicts the transition table")

// Register opens an application: the act that registers it, on the day it arrived.
// Particulars other than channel and kind of applicant are taken from a.
func (r Rules) Register(a Application, act Act, by Person, today Date) (Application, Event, error) {
	act.Action = ActSubmit
	if err := checkAct(&act, today); err != nil {
		return a, Event{}, err
	}
	a.Acts, a.Revision = nil, 0
	return r.enter(a, act, by)
}

// Apply records an act. It is judged on its own day, among the acts recorded already: an
// act entered late takes its place before those of later days, and is refused if one of
// them would not have been possible then. The result shares nothing with a.
func (r Rules) Apply(a Application, act Act, by Person, today Date) (Application, Event, error) {
	if err := checkAct(&act, today); err != nil {
		return a, Event{}, err
	}
	if act.Date < a.ArriveDate {
		return a, Event{}, refuse(DateOrder, dateField(act.Action), "", "%s早于申请到达日期%s", "%s is before the application arrived on %s", act.Date, a.ArriveDate)
	}
	return r.enter(a, act, by)
}

// enter puts a new act into its place and judges it and all after it.
func (r Rules) enter(a Application, act Act, by Person) (Application, Event, error) {
	act.By, act.Revision = by.Name, a.Revision+1
	if act.Action == ActSubmitForReview {
		act.Steps = len(r.Settings.ReviewSteps)
	}
	last, ranked := places(a.Acts, &act)
	next, err := r.judgeAt(a, act, last, by)
	if err != nil && ranked != last {
		if other, again := r.judgeAt(a, act, ranked, by); again == nil {
			next, err, last = other, nil, ranked
		}
	}
	if err != nil {
		return a, Event{}, err
	}
	next.Revision = act.Revision
	e := Event{Revision: act.Revision, Act: act, Text: act.Text}
	if last != len(a.Acts) {
		e.Order = order(next.Acts)
	}
	if act.Action == ActSubmit {
		e.Particulars = particulars(&next)
	}
	return next, e, nil
}

// Enter records acts that follow all that is recorded, as a ledger's row gives them: in
// the order given, all or none. The index is that of the act refused.
func (r Rules) Enter(a Application, acts []Act, by Person, today Date) (next Application, events []Event, index int, err error) {
	list := make([]Act, 0, len(a.Acts)+len(acts))
	list = append(list, a.Acts...)
	for i, act := range acts {
		if err := checkAct(&act, today); err != nil {
			return a, nil, i, err
		}
		act.By, act.Revision = by.Name, a.Revision+int64(i)+1
		list = append(list, act)
	}
	next = a
	f := fold{rules: r, a: &next, acts: list, judgeFrom: len(a.Acts), fresh: len(list)}
	if err := f.run(); err != nil {
		return a, nil, f.at - len(a.Acts), err
	}
	next.Revision = a.Revision + int64(len(acts))
	for i := range acts {
		act := list[len(a.Acts)+i]
		e := Event{Revision: act.Revision, Act: act, Text: act.Text}
		if act.Action == ActSubmit {
			e.Particulars = particulars(&next)
		}
		events = append(events, e)
	}
	return next, events, 0, nil
}

// places returns where among acts a new one belongs: after those of its day, or, where
// that does not do, by the rank of actions within the day.
func places(acts []Act, act *Act) (last, ranked int) {
	last = len(acts)
	for last > 0 && acts[last-1].Date > act.Date {
		last--
	}
	rank := func(a Action) int { s, _ := SpecOf(a); return s.Rank }
	ranked = last
	for ranked > 0 && acts[ranked-1].Date == act.Date && rank(acts[ranked-1].Action) > rank(act.Action) {
		ranked--
	}
	return last, ranked
}

// judgeAt folds the history with the act at a place.
func (r Rules) judgeAt(a Application, act Act, at int, by Person) (Application, error) {
	acts := make([]Act, 0, len(a.Acts)+1)
	acts = append(append(append(acts, a.Acts[:at]...), act), a.Acts[at:]...)
	next := a
	f := fold{rules: r, a: &next, acts: acts, judgeFrom: at, fresh: at, by: by}
	if err := f.run(); err != nil {
		return a, r.late(a, act, at, err)
	}
	return next, nil
}

// late makes the refusal of an act entered late say so: it may be impossible on its day
// only.
func (r Rules) late(a Application, act Act, at int, err error) error {
	var no *Refusal
	if !errors.As(err, &no) || no.Reason != ActionNotPossible || at == len(a.Acts) {
		return err
	}
	if MachineOf(a.Regime).row(&a, &act) == nil {
		return err
	}
	spec, _ := SpecOf(act.Action)
	before := a.Acts[at]
	prior, _ := SpecOf(before.Action)
	return refuse(DateOrder, dateField(act.Action), no.Article, "“%[1]s”的日期%[3]s早于它所依据的步骤“%[4]s”（%[6]s）；请核对日期",
		"%[2]s on %[3]s is before the step that it follows, %[5]s of %[6]s; check the date", spec.ZH, spec.EN, act.Date, prior.ZH, prior.EN, before.Date)
}

// Correct changes what was recorded; the corrected history is judged anew as a whole.
func (r Rules) Correct(a Application, reason string, changes []Amendment, by Person, today Date) (Application, Event, error) {
	if !slices.Contains(supervisors, by.Role) && by.Role != "" {
		return a, Event{}, roleRefused(ActCorrect)
	}
	acts, err := amend(a.Acts, changes, a.Revision+1, by, today)
	if err != nil {
		return a, Event{}, err
	}
	next := a
	f := fold{rules: r, a: &next, acts: acts, fresh: len(acts)}
	err = f.run()
	if err != nil {
		byRank := slices.Clone(acts)
		slices.SortStableFunc(byRank, func(x, y Act) int {
			sx, _ := SpecOf(x.Action)
			sy, _ := SpecOf(y.Action)
			return cmp.Or(cmp.Compare(x.Date, y.Date), cmp.Compare(sx.Rank, sy.Rank), cmp.Compare(x.Revision, y.Revision))
		})
		other := a
		if f = (fold{rules: r, a: &other, acts: byRank, fresh: len(acts)}); f.run() != nil {
			return a, Event{}, err
		}
		next = other
	}
	next.Revision = a.Revision + 1
	act := Act{Action: ActCorrect, Date: today, By: by.Name, Revision: next.Revision, Text: Text{Reason: reason}}
	return next, Event{Revision: next.Revision, Act: act, Text: act.Text, Changes: changes, Order: order(next.Acts)}, nil
}

// amend returns the acts with the changes made, in the order of their days.
func amend(acts []Act, changes []Amendment, revision int64, by Person, today Date) ([]Act, error) {
	out := slices.Clone(acts)
	added := false
	for _, c := range changes {
		i := slices.IndexFunc(out, func(a Act) bool { return a.Revision == c.Revision })
		switch {
		case c.Revision == 0 && added:
			return nil, refuse(FieldInvalid, "amendments", "Art 45", "一次更正只能补录一个步骤；请分次更正", "one correction adds one act; make another for the next")
		case c.Revision != 0 && i < 0:
			return nil, refuse(FieldInvalid, "amendments", "Art 45", "没有编号为%d的步骤", "no act has revision %d", c.Revision)
		case c.Strike && out[max(i, 0)].Action == ActSubmit:
			return nil, refuse(FieldInvalid, "amendments", "Art 45", "登记本身不能删除；误登记的请作废", "the registration itself cannot be struck; void the application")
		case c.Strike:
			out = slices.Delete(out, i, i+1)
			continue
		}
		act := c.Act
		act.By, act.Revision = by.Name, c.Revision
		if c.Revision == 0 {
			act.Revision, added = revision, true
		} else {
			act.Origin = out[i].Origin
			if out[i].Action == ActSubmit {
				act = mergeSubmit(out[i], act)
			}
			out = slices.Delete(out, i, i+1)
		}
		if err := checkAct(&act, today); err != nil {
			return nil, err
		}
		at, _ := places(out, &act)
		if act.Action == ActSubmit {
			at = 0
		}
		out = slices.Insert(out, at, act)
	}
	return out, nil
}

// mergeSubmit keeps what a corrected registration leaves out; who registered stays.
func mergeSubmit(was, now Act) Act {
	out := was
	if !now.Date.IsZero() {
		out.Date = now.Date
	}
	out.Channel = cmp.Or(now.Channel, was.Channel)
	out.Kind = cmp.Or(now.Kind, was.Kind)
	return out
}

func order(acts []Act) []int64 {
	out := make([]int64, len(acts))
	for i, a := range acts {
		out[i] = a.Revision
	}
	return out
}

// Fold derives from the acts of an application all that follows from them. It judges
// nothing but the table: what was recorded stands.
func (r Rules) Fold(a *Application) error {
	f := fold{rules: r, a: a, acts: a.Acts, judgeFrom: len(a.Acts), fresh: len(a.Acts)}
	return f.run()
}

// Replay makes an application from its events, oldest first.
func (r Rules) Replay(events []Event) (Application, error) {
	var a Application
	for i := range events {
		e := &events[i]
		if e.Particulars != nil {
			e.Particulars.fill(&a)
		}
		var err error
		if e.Act.Action == ActCorrect {
			a.Acts, err = amend(a.Acts, e.Changes, e.Revision, Person{Name: e.Act.By}, noLimit)
		} else {
			a.Acts = append(a.Acts, e.Act)
		}
		if err != nil {
			return a, fmt.Errorf("replaying revision %d: %w", e.Revision, err)
		}
		if e.Order != nil {
			if a.Acts, err = reorder(a.Acts, e.Order); err != nil {
				return a, fmt.Errorf("replaying revision %d: %w", e.Revision, err)
			}
		}
		a.Revision, a.UpdateTime = e.Revision, e.Time
		if i == 0 {
			a.CreateTime = e.Time
		}
	}
	return a, r.Fold(&a)
}

func reorder(acts []Act, want []int64) ([]Act, error) {
	out := make([]Act, 0, len(acts))
	for _, revision := range want {
		i := slices.IndexFunc(acts, func(a Act) bool { return a.Revision == revision })
		if i < 0 {
			return nil, fmt.Errorf("no act of revision %d: %w", revision, ErrCorrupt)
		}
		out = append(out, acts[i])
	}
	if len(out) != len(acts) {
		return nil, fmt.Errorf("order names %d of %d acts: %w", len(out), len(acts), ErrCorrupt)
	}
	return out, nil
}

// Deadline is the answer period as the facts fix it, with all that is known of the
// calendar. A closed case has that of its first closing in its Conclusion.
func (r Rules) Deadline(a *Application) deadline.Result {
	return deadline.Compute(a.Facts(), r.Calendar)
}

// Explain is the answer period with each of its days.
func (r Rules) Explain(a *Application) (deadline.Result, []deadline.Step) {
	return deadline.Explain(a.Facts(), r.Calendar)
}
