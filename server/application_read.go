package server

import (
	"context"
	"errors"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
)

// inspect calls fn with one application, folded, within a View.
func (s *Server) inspect(ctx context.Context, name string, fn func(b *bench, a *workflow.Application) error) error {
	agency, key, err := applicationKey(name)
	if err != nil {
		return err
	}
	return s.store.View(ctx, func(r storage.Reader) error {
		b, err := s.bench(ctx, r, agency)
		if err != nil {
			return err
		}
		a, err := b.find(key)
		if err != nil {
			return err
		}
		return fn(b, a)
	})
}

// GetApplication returns one application.
func (s *Server) GetApplication(ctx context.Context, req *pb.GetApplicationRequest) (out *pb.Application, err error) {
	err = s.inspect(ctx, req.GetName(), func(b *bench, a *workflow.Application) error {
		if v := s.view(ctx, b.rules); req.GetMaskApplicant() {
			out = v.masked(a)
		} else {
			out = v.application(a)
		}
		return nil
	})
	return out, err
}

// ListEvents returns the history of one application. What may name persons is for those
// who handle it, not for auditors.
func (s *Server) ListEvents(ctx context.Context, req *pb.ListEventsRequest) (*pb.ListEventsResponse, error) {
	out := &pb.ListEventsResponse{}
	words := callOf(ctx).principal.Role != workflow.Auditor
	err := s.inspect(ctx, req.GetName(), func(b *bench, a *workflow.Application) error {
		stored, list, err := history(b.reader, b.agency, a.ID, 0, words)
		if err != nil {
			return err
		}
		out.Events, err = s.view(ctx, b.rules).eventsPB(ctx, stored, list)
		return err
	})
	return out, err
}

// ListPossibleActions says of every action whether the caller may do it now, and why not.
func (s *Server) ListPossibleActions(ctx context.Context, req *pb.ListPossibleActionsRequest) (*pb.ListPossibleActionsResponse, error) {
	out := &pb.ListPossibleActionsResponse{}
	steps, err := stepsOf(req.GetActions())
	if err != nil {
		return nil, err
	}
	err = s.inspect(ctx, req.GetName(), func(b *bench, a *workflow.Application) error {
		out.Reset()
		after, _, err := b.take(*a, steps)
		if err != nil {
			return err
		}
		v := s.view(ctx, b.rules)
		for _, p := range b.rules.Possible(&after, b.by, b.today) {
			action := &pb.PossibleAction{
				Action: string(p.Spec.Action), Label: v.lang.pick(p.Spec.ZH, p.Spec.EN), Possible: p.Refusal == nil,
				Article: p.Article, LastDate: p.LastDate.String(),
			}
			if p.Refusal != nil {
				action.Refusal = v.lang.pick(p.Refusal.ZH, p.Refusal.EN)
			}
			out.Actions = append(out.Actions, action)
		}
		return nil
	})
	return out, err
}

// onDate is the day from which a request looks at today's facts.
func (s *Server) onDate(text string) (workflow.Date, error) {
	d, err := optionalDate("on_date", text)
	if err == nil && d.IsZero() {
		d = s.today()
	}
	return d, err
}

// ExplainDeadline gives a deadline with each day of its period.
func (s *Server) ExplainDeadline(ctx context.Context, req *pb.ExplainDeadlineRequest) (*pb.ExplainDeadlineResponse, error) {
	on, err := s.onDate(req.GetOnDate())
	if err != nil {
		return nil, err
	}
	var out *pb.ExplainDeadlineResponse
	err = s.inspectDraft(ctx, req, req.GetActions(), func(b *bench, a *workflow.Application) error {
		v := s.view(ctx, b.rules)
		v.today = on
		out = &pb.ExplainDeadlineResponse{ApplicationNo: a.ApplicationNo, Deadline: v.deadline(a)}
		out.Trace, err = v.trace(a)
		return err
	})
	return out, err
}

// trace is the period of an open application day by day; of one at rest that by which its
// first conclusion was judged, with the calendar as it was known then.
func (v view) trace(a *workflow.Application) ([]*pb.TraceDay, error) {
	if a.State == workflow.Void {
		return nil, nil
	}
	if !a.State.Open() {
		v.rules.Calendar = v.rules.Calendar.AsOf(a.Conclusion.Date)
		var err error
		if a, err = v.beforeConclusion(a); err != nil {
			return nil, err
		}
	}
	var out []*pb.TraceDay
	_, steps := v.rules.Explain(a)
	for _, s := range steps {
		out = append(out, &pb.TraceDay{
			Date: s.Date.String(), Counted: s.Counted, N: int32(s.N),
			ReasonZh: s.ReasonZH, ReasonEn: s.ReasonEN, Source: s.Source,
			Kind: enumOf[pb.TraceDay_Kind](pb.TraceDay_Kind_value, s.Kind),
		})
	}
	return out, nil
}

// beforeConclusion is an application as it stood before the act that concluded it first.
func (v view) beforeConclusion(a *workflow.Application) (*workflow.Application, error) {
	for n := len(a.Acts) - 1; n > 0; n-- {
		before := workflow.Application{Acts: a.Acts[:n:n]}
		if err := v.rules.Fold(&before); err != nil {
			return nil, err
		}
		if before.Conclusion.Date.IsZero() {
			return &before, nil
		}
	}
	return nil, errors.New("a closed application was never concluded: " + a.ApplicationNo)
}
