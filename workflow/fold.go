package workflow

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gongkai/workflow/calendar"
)

// fold runs acts through the table from the beginning.
type fold struct {
	rules     Rules
	a         *Application
	acts      []Act
	judgeFrom int // acts before it were judged when they were recorded
	fresh     int // the acts from fresh to before freshEnd are being entered
	freshEnd  int
	changed   []int64 // revisions of acts that a correction changes
	by        Person  // who enters them
	at        int     // the act that runs
}

// run leaves in a what follows from the acts, or says which act is refused and why.
func (f *fold) run() error {
	f.a.reset()
	for i := range f.acts {
		f.at = i
		if err := f.step(i); err != nil {
			return err
		}
	}
	f.a.follow(f.rules.Calendar)
	f.a.Acts = f.acts
	return nil
}

// follow counts anew what an applicant has time for, by what is known of workdays: a
// notice may have come since the letter that named a number of them.
func (a *Application) follow(cal *calendar.Calendar) {
	switch a.State {
	case FeePending:
		a.Fee.DueDate = cal.AddWorkdays(a.Fee.ReceiveDate, feeWorkdays)
	case SupplementPending:
		a.Supplement.DueDate = a.Supplement.due(0, cal)
	default:
	}
}

// reset takes away all that is derived from acts.
func (a *Application) reset() {
	*a = Application{
		ID: a.ID, Agency: a.Agency, ApplicationNo: a.ApplicationNo, Revision: a.Revision,
		CreateTime: a.CreateTime, UpdateTime: a.UpdateTime,
		Applicant: a.Applicant, Description: a.Description, Remark: a.Remark,
		Regime: R2019,
	}
	a.Applicant.Kind = ""
}

func (f *fold) step(i int) error {
	act := &f.acts[i]
	regime := f.a.Regime
	if act.Action == ActSubmit {
		regime = R2019 // its row is the same in both; the day of receipt decides later
	}
	m := MachineOf(regime)
	f.a.address(act)
	f.a.follow(f.rules.Calendar.AsOf(act.Date))
	if i >= f.judgeFrom && i > 0 && act.Date < f.acts[i-1].Date {
		return f.blame(i, f.outOfOrder(i))
	}
	t := m.row(f.a, act)
	if t == nil {
		return f.blame(i, f.notPossible(act))
	}
	if i >= f.judgeFrom {
		if err := f.judge(i, t); err != nil {
			return f.blame(i, err)
		}
	}
	next, err := m.Fire(f.a.State, t.Name)
	if err != nil {
		return err
	}
	if apply := effects[act.Action]; apply != nil {
		apply(f.a, act, f.rules.Calendar.AsOf(act.Date))
	}
	f.a.State = next
	if act.Action == ActVoid {
		f.a.Hold = false
	}
	return nil
}

// enters reports whether an act is new, not recorded before.
func (f *fold) enters(i int) bool { return i >= f.fresh && i < f.freshEnd }

// outOfOrder says that an act lies before the one that it follows.
func (f *fold) outOfOrder(i int) *Refusal {
	act, before := &f.acts[i], &f.acts[i-1]
	spec, _ := SpecOf(act.Action)
	prior, _ := SpecOf(before.Action)
	return refuse(DateOrder, spec.Date, "", "“%[1]s”的日期%[3]s早于其前一步骤“%[4]s”（%[6]s）；请核对日期",
		"%[2]s on %[3]s is before the step that it follows, %[5]s of %[6]s; check the date", spec.ZH, spec.EN, act.Date, prior.ZH, prior.EN, before.Date)
}

// judge asks the guards of a row. Evidence that a ledger has no column for is not asked
// of it.
func (f *fold) judge(i int, t *Transition) error {
	act := &f.acts[i]
	fresh := f.enters(i)
	if fresh && f.by.Role != "" && act.Origin != Ledger {
		if err := f.role(t, act); err != nil {
			return err
		}
	}
	j := judging{settings: f.rules.Settings, a: f.a, act: act, cal: f.rules.Calendar.AsOf(act.Date)}
	if fresh || slices.Contains(f.changed, act.Revision) {
		j.prior = f.rules.Prior
	}
	for _, g := range t.Guards {
		if g.Evidence && act.Origin == Ledger || g.Fresh && !fresh {
			continue
		}
		if no := g.Check(&j); no != nil {
			if no.Article == "" {
				no.Article = t.Basis
			}
			return no
		}
	}
	return nil
}

// role asks whether who enters an act may do it.
func (f *fold) role(t *Transition, act *Act) error {
	if !slices.Contains(t.Roles, f.by.Role) {
		return roleRefused(act.Action)
	}
	if again := act.Action == ActRequestSupplement && !f.a.Supplement.NotifyDate.IsZero(); again && f.by.Role != Supervisor &&
		f.rules.Settings.Text(SetSecondSupplement, act.Date) == choseSupervisor {
		return roleRefused(act.Action)
	}
	if act.Action != ActApprove {
		return nil
	}
	steps := f.rules.Settings.ReviewSteps
	if step := f.a.Draft.Step; step < len(steps) && steps[step] != f.by.Role {
		return refuse(StepRole, "", "Art 45", "该审核步骤由%[1]s办理", "this step of the chain is for role %[2]s", steps[step].ZH(), steps[step])
	}
	return nil
}

func roleRefused(action Action) *Refusal {
	spec, _ := SpecOf(action)
	return refuse(RoleNotAllowed, "", "Art 45", "您的角色不能办理“%[1]s”；请由负责人办理", "your role may not %[2]s; a supervisor may", spec.ZH, spec.EN)
}

// notPossible says from which states an action starts.
func (f *fold) notPossible(act *Act) *Refusal {
	spec, ok := SpecOf(act.Action)
	if !ok {
		return refuse(FieldInvalid, "action", "", "没有名为“%s”的步骤", "no action is called %q", act.Action)
	}
	var zh, en []string
	article := ""
	for _, t := range MachineOf(f.a.Regime).table {
		if t.Action != act.Action {
			continue
		}
		article = t.Basis
		for _, s := range t.From {
			if !slices.Contains(en, string(s)) {
				zh, en = append(zh, s.ZH()), append(en, string(s))
			}
		}
	}
	if f.a.State == "" {
		return refuse(ActionNotPossible, "", article, "申请尚未登记，不能办理“%[1]s”；请先登记", "%[2]s is not possible before the application is registered", spec.ZH, spec.EN)
	}
	if len(en) == 0 {
		return refuse(ActionNotPossible, "", "Art 35; 109号", "2019年5月15日以前收到的申请不适用“%[1]s”", "%[2]s does not exist for applications received before 2019-05-15", spec.ZH, spec.EN)
	}
	return refuse(ActionNotPossible, "", article, "申请处于“%[1]s”，不能办理“%[2]s”；须处于：%[3]s", "%[4]s is not possible in state %[5]s; possible in %[6]s",
		f.a.State.ZH(), spec.ZH, strings.Join(zh, "、"), spec.EN, f.a.State, strings.Join(en, ", "))
}

// blame tells apart the act that is entered from one recorded before, which it would
// contradict.
func (f *fold) blame(i int, err error) error {
	var no *Refusal
	if f.fresh >= f.freshEnd || i < f.freshEnd || !errors.As(err, &no) {
		if i < f.judgeFrom {
			return fmt.Errorf("act %d (%s): %w: %w", i+1, f.acts[i].Action, ErrCorrupt, err)
		}
		return err
	}
	spec, _ := SpecOf(f.acts[i].Action)
	return refuse(ContradictsLaterFact, dateField(f.acts[f.fresh].Action), no.Article,
		"与已登记的“%[1]s”（%[3]s）矛盾：%[4]s；如该步骤登记有误，请更正记录", "contradicts %[2]s of %[3]s, recorded already: %[5]s; if that is wrong, correct it",
		spec.ZH, spec.EN, f.acts[i].Date, no.ZH, no.EN)
}
