package workflow

import (
	"errors"
	"fmt"
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
	r.settle(&a, &act)
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
	act = next.Acts[last]
	e := Event{Revision: act.Revision, Act: act, Text: act.Text}
	if last != len(a.Acts) {
		e.Order = order(next.Acts)
	}
	if act.Action == ActSubmit {
		e.Particulars = particulars(&next)
	}
	return next, e, nil
}

// settle fills in what the service knows of a new act: the length of the chain that is
// in force, what the agency has set, and the letter that the number of a consultation
// means today.
func (r Rules) settle(a *Application, act *Act) {
	act.Letter, act.Steps, act.Setting = 0, 0, r.Settings.choose(a, act)
	if act.Action == ActSubmitForReview {
		act.Steps = len(r.Settings.ReviewSteps)
	}
	if n := act.Consultation; n >= 1 && n <= len(a.Consultations) {
		act.Letter = a.Consultations[n-1].Revision
	}
}

// Enter records acts that follow all that is recorded, as a ledger's row gives them: in
// the order given, which must be that of their days, all or none. The index is that of
// the act refused. The role is asked of acts that are not a ledger's.
func (r Rules) Enter(a Application, acts []Act, by Person, today Date) (next Application, events []Event, index int, err error) {
	list := make([]Act, 0, len(a.Acts)+len(acts))
	list = append(list, a.Acts...)
	for i, act := range acts {
		if err := checkAct(&act, today); err != nil {
			return a, nil, i, err
		}
		act.By, act.Revision = by.Name, a.Revision+int64(i)+1
		r.settle(&a, &act)
		list = append(list, act)
	}
	next = a
	f := fold{rules: r, a: &next, acts: list, judgeFrom: len(a.Acts), fresh: len(a.Acts), freshEnd: len(list), by: by}
	if err := f.run(); err != nil {
		return a, nil, f.at - len(a.Acts), err
	}
	next.Revision = a.Revision + int64(len(acts))
	events = make([]Event, 0, len(acts))
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
	f := fold{rules: r, a: &next, acts: acts, judgeFrom: at, fresh: at, freshEnd: at + 1, by: by}
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
	f := fold{rules: r, a: a, acts: a.Acts, judgeFrom: len(a.Acts)}
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
			a.Acts, err = amend(a.Acts, e.Changes, e.Revision, e.Act.By)
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
