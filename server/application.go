package server

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
)

// change runs a mutating call: in an Update, or, to check only, in a View without a
// Writer. fn decides first and writes last, and must be able to run again.
func (s *Server) change(ctx context.Context, agency string, checkOnly bool, fn func(r storage.Reader, w storage.Writer) error) error {
	if checkOnly {
		return s.store.View(ctx, func(r storage.Reader) error { return fn(r, nil) })
	}
	return s.update(ctx, agency, func(w storage.Writer) error { return fn(w, w) })
}

// bench is where acts on one agency's applications are judged within a transaction.
type bench struct {
	reader storage.Reader
	agency string
	rules  workflow.Rules
	by     workflow.Person
	today  workflow.Date
	failed error // of a look-up that the rules asked for
}

func (s *Server) bench(ctx context.Context, r storage.Reader, agency string) (*bench, error) {
	a, err := r.Agency(agency)
	if err != nil {
		return nil, err
	}
	b := &bench{reader: r, agency: agency, rules: s.law(a), by: callOf(ctx).person(), today: s.today()}
	plain := b.rules
	b.rules.Prior = func(number string) *workflow.Application {
		p, err := r.ApplicationByNumber(agency, number)
		if err == nil {
			err = plain.Fold(p)
		}
		if err != nil {
			if !errors.Is(err, storage.ErrNotFound) {
				b.failed = err
			}
			return nil
		}
		return p
	}
	return b, nil
}

// judge changes an application on the bench, and shows what came of it once the writer is
// free for others.
func (s *Server) judge(ctx context.Context, agency string, checkOnly bool, fn func(b *bench, w storage.Writer) (*workflow.Application, error)) (*pb.Application, error) {
	var v view
	var result *workflow.Application
	err := s.change(ctx, agency, checkOnly, func(r storage.Reader, w storage.Writer) error {
		b, err := s.bench(ctx, r, agency)
		if err != nil {
			return err
		}
		v = s.view(ctx, b.rules)
		result, err = fn(b, w)
		return err
	})
	if err != nil {
		return nil, err
	}
	return v.application(result), nil
}

// find reads an application by the last part of its name and folds it.
func (b *bench) find(key string) (*workflow.Application, error) {
	a, err := applicationBy(b.reader, b.agency, key)
	if err != nil {
		return nil, err
	}
	return a, b.rules.Fold(a)
}

// applicationBy reads an application by the last part of its name: an id, or no: and the
// number.
func applicationBy(r storage.Reader, agency, key string) (*workflow.Application, error) {
	if number, ok := strings.CutPrefix(key, numberPrefix); ok {
		return r.ApplicationByNumber(agency, number)
	}
	return r.Application(agency, idOf(key))
}

// take applies steps in order.
func (b *bench) take(a workflow.Application, steps []step) (workflow.Application, []workflow.Event, error) {
	events := make([]workflow.Event, 0, len(steps))
	for _, s := range steps {
		next, e, err := b.one(a, s)
		if b.failed != nil {
			return a, nil, b.failed
		}
		if err != nil {
			return a, nil, within(s.path, placed(err, s.act.Action))
		}
		a, events = next, append(events, e)
	}
	return a, events, nil
}

func (b *bench) one(a workflow.Application, s step) (workflow.Application, workflow.Event, error) {
	if s.act.Action == workflow.ActCorrect {
		return b.rules.Correct(a, s.act.Text.Reason, s.changes, b.by, b.today)
	}
	return b.rules.Apply(a, s.act, b.by, b.today)
}

// placed says which field is at fault where the rules do not, or name one of another
// message: whatever a correction is refused for lies in its amendments, and a day that no
// Regulation covers is that of the act.
func placed(err error, action workflow.Action) error {
	var no *workflow.Refusal
	if !errors.As(err, &no) {
		return err
	}
	out := *no
	switch spec, _ := workflow.SpecOf(action); {
	case action == workflow.ActCorrect && no.Reason != workflow.RoleNotAllowed:
		out.Field = "amendments"
	case action == workflow.ActSubmit && no.Field == "applicant_kind":
		out.Field = "applicant.kind"
	case no.Reason == workflow.OutOfScope:
		out.Field = cmp.Or(no.Field, spec.Date)
	}
	return &out
}

// stamp sets the times of a changed application, in the precision of the store.
func (m mutation) stamp(a *workflow.Application) {
	a.UpdateTime = m.now.Truncate(time.Microsecond)
	if a.CreateTime.IsZero() {
		a.CreateTime = a.UpdateTime
	}
}

func (s *Server) view(ctx context.Context, rules workflow.Rules) view {
	return view{rules: rules, today: s.today(), lang: callOf(ctx).lang, shown: callOf(ctx).shown}
}

// CreateApplication registers one application and applies further actions to it, all or
// none.
func (s *Server) CreateApplication(ctx context.Context, req *pb.CreateApplicationRequest) (*pb.Application, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	a, act, err := registrationOf(req.GetApplication())
	if err != nil {
		return nil, within("application", err)
	}
	a.Agency = agency
	steps, err := stepsOf(req.GetActions())
	if err != nil {
		return nil, err
	}
	m, err := s.mutate(ctx, agency, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	return s.judge(ctx, agency, req.GetValidateOnly(), func(b *bench, w storage.Writer) (*workflow.Application, error) {
		return b.register(m, w, a, act, steps)
	})
}

// register registers an application; w is nil to check only.
func (b *bench) register(m mutation, w storage.Writer, a workflow.Application, act workflow.Act, steps []step) (*workflow.Application, error) {
	if e, err := m.done(b.reader); err != nil || e != nil {
		return b.again(e, err)
	}
	a, first, err := b.rules.Register(a, act, b.by, b.today)
	if err != nil {
		return nil, within("application", placed(err, workflow.ActSubmit))
	}
	if err := b.numberFree(a.ApplicationNo); err != nil {
		return nil, err
	}
	a, further, err := b.take(a, steps)
	if err != nil {
		return nil, err
	}
	m.stamp(&a)
	if w == nil {
		return &a, b.frost().application(nil, &a)
	}
	if a.ApplicationNo == "" {
		if a.ApplicationNo, err = b.nextNumber(m, w, a.ArriveDate); err != nil {
			return nil, err
		}
		first.Particulars.ApplicationNo = a.ApplicationNo
	}
	events, err := m.recorded(0, append([]workflow.Event{first}, further...))
	if err != nil {
		return nil, err
	}
	if err := m.holdNumbers(w, b.rules, b.today, further); err != nil {
		return nil, err
	}
	return &a, w.InsertApplication(&a, cachesOf(b.rules, &a), events...)
}

// numberFree refuses a number that was given by hand and is taken.
func (b *bench) numberFree(number string) error {
	if number == "" {
		return nil
	}
	_, err := b.reader.ApplicationByNumber(b.agency, number)
	switch {
	case err == nil:
		f := failf(pb.Reason_NUMBER_TAKEN, "申请编号“%s”已被使用（包括已作废的）；请换用其他编号，或者留空由系统编号",
			"application number %q is taken, perhaps by a void one; give another, or none to have one made", number)
		f.field = "application.application_no"
		return f
	case errors.Is(err, storage.ErrNotFound):
		return nil
	}
	return err
}

// again is the application as it was after the event of a request that came before.
func (b *bench) again(e *storage.Event, err error) (*workflow.Application, error) {
	if err != nil {
		return nil, err
	}
	return replayed(b.reader, b.rules, e)
}

// applicationKey splits the name of an application.
func applicationKey(name string) (agency, key string, err error) {
	agency, key, ok := child(name, "applications")
	if !ok {
		return "", "", invalid("name", "name应为agencies/{机关}/applications/{申请}或者…/no:{申请编号}，收到“%s”",
			"name must be agencies/{agency}/applications/{application} or …/no:{application_no}, got %q", name)
	}
	return agency, key, nil
}

// ActOnApplication applies actions in order, all or none.
func (s *Server) ActOnApplication(ctx context.Context, req *pb.ActOnApplicationRequest) (*pb.Application, error) {
	agency, key, err := applicationKey(req.GetName())
	if err != nil {
		return nil, err
	}
	steps, err := stepsOf(req.GetActions())
	if err != nil {
		return nil, err
	}
	if len(steps) == 0 {
		return nil, invalid("actions", "请写明至少一个步骤", "give at least one action")
	}
	m, err := s.mutate(ctx, agency, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	return s.judge(ctx, agency, req.GetValidateOnly(), func(b *bench, w storage.Writer) (*workflow.Application, error) {
		return b.act(m, w, key, req.GetEtag(), steps)
	})
}

// maxHistory is the most acts of an application. Whoever reads a history replays it up to
// each of them, which no real case makes dear.
const maxHistory = 300

// act applies steps to an application; w is nil to check only.
func (b *bench) act(m mutation, w storage.Writer, key, seen string, steps []step) (*workflow.Application, error) {
	if e, err := m.done(b.reader); err != nil || e != nil {
		return b.again(e, err)
	}
	before, err := b.find(key)
	if err != nil {
		return nil, err
	}
	if err := checkEtag(seen, before.Revision); err != nil {
		return nil, err
	}
	if before.Revision+int64(len(steps)) > maxHistory {
		return nil, invalid("actions", "一件申请最多登记%d个步骤", "an application holds at most %d acts", maxHistory)
	}
	after, list, err := b.take(*before, steps)
	if err != nil {
		return nil, err
	}
	m.stamp(&after)
	if w == nil {
		return &after, b.frost().application(before, &after)
	}
	events, err := m.recorded(after.ID, list)
	if err != nil {
		return nil, err
	}
	if err := m.holdNumbers(w, b.rules, b.today, list); err != nil {
		return nil, err
	}
	return &after, w.UpdateApplication(before, &after, cachesOf(b.rules, &after), events...)
}
