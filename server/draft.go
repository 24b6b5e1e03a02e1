package server

import (
	"context"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
)

// draftKey stands for the id that an application has not got yet.
const draftKey = "-"

// drafting is a request about an application, or about one that is not registered yet.
type drafting interface {
	GetName() string
	GetDraft() *pb.Application
}

// inspectDraft calls fn with the application that a request names, or with its draft as it
// would stand once it were registered, after further actions. Nothing is recorded.
func (s *Server) inspectDraft(ctx context.Context, req drafting, actions []*pb.Action, fn func(b *bench, a *workflow.Application) error) error {
	steps, err := stepsOf(actions)
	if err != nil {
		return err
	}
	if req.GetDraft() == nil {
		return s.inspect(ctx, req.GetName(), func(b *bench, a *workflow.Application) error {
			after, _, err := b.take(*a, steps)
			if err != nil {
				return err
			}
			return fn(b, &after)
		})
	}
	agency, key, err := applicationKey(req.GetName())
	if err != nil {
		return err
	}
	if key != draftKey {
		return invalid("name", "草稿没有编号，name应以/applications/-结尾", "a draft has no id: the name must end with /applications/-")
	}
	a, act, err := registrationOf(req.GetDraft())
	if err != nil {
		return within("draft", err)
	}
	a.Agency = agency
	return s.store.View(ctx, func(r storage.Reader) error {
		b, err := s.bench(ctx, r, agency)
		if err != nil {
			return err
		}
		a, _, err := b.rules.Register(a, act, b.by, b.today)
		if err != nil {
			return within("draft", placed(err, workflow.ActSubmit))
		}
		if a, _, err = b.take(a, steps); err != nil {
			return err
		}
		return fn(b, &a)
	})
}
