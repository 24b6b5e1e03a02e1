package server

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
)

// others names all sign-ins of an account but the one that asks.
const others = "-"

// SignOut ends the sign-in that calls.
func (s *Server) SignOut(ctx context.Context, _ *pb.SignOutRequest) (*pb.SignOutResponse, error) {
	c := callOf(ctx)
	if c.signIn == 0 {
		return nil, failf(pb.Reason_NOT_SIGNED_IN, "使用的是令牌，没有可以退出的登录", "a token of a principal calls: there is no sign-in to end")
	}
	if _, err := s.endSignIns(ctx, c.principal, func(x *storage.SignIn) bool { return x.ID == c.signIn }); err != nil {
		return nil, err
	}
	return &pb.SignOutResponse{}, nil
}

// endSignIns ends those sign-ins of an account that are meant, with one act.
func (s *Server) endSignIns(ctx context.Context, p storage.Principal, meant func(*storage.SignIn) bool) (ended int, err error) {
	m, err := s.mutate(ctx, p.Agency, "", nil)
	if err != nil {
		return 0, err
	}
	from := sourceOf(ctx)
	err = s.update(ctx, p.Agency, func(w storage.Writer) error {
		list, err := w.SignIns(p.Agency, p.ID)
		if err != nil {
			return err
		}
		n := 0
		for i := range list {
			if s.lasts(&list[i]) && meant(&list[i]) {
				if err := w.EndSignIn(list[i].ID, m.now); err != nil {
					return err
				}
				n++
			}
		}
		ended = n
		if n == 0 {
			return nil
		}
		e, err := m.signInEvent(storage.PrincipalObject(p.ID), actionEndSignIn, signInFacts{Ended: n}, from)
		if err != nil {
			return err
		}
		return w.Record(e)
	})
	return ended, err
}

// lasts reports whether the token of a sign-in is still taken.
func (s *Server) lasts(x *storage.SignIn) bool {
	now := s.now()
	return x.EndTime.IsZero() && now.Before(x.ExpireTime) && now.Sub(x.SeenTime) < signInIdle
}

// ListSignIns lists the sign-ins of an account that last.
func (s *Server) ListSignIns(ctx context.Context, req *pb.ListSignInsRequest) (*pb.ListSignInsResponse, error) {
	p, err := s.accountOf(ctx, req.GetParent())
	if err != nil {
		return nil, err
	}
	var list []storage.SignIn
	err = s.store.View(ctx, func(r storage.Reader) error {
		who, err := r.Principal(p.Agency, p.ID)
		if err != nil || !who.RemoveTime.IsZero() {
			return err
		}
		list, err = r.SignIns(p.Agency, p.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &pb.ListSignInsResponse{}
	for i := range list {
		if x := &list[i]; s.lasts(x) {
			out.SignIns = append(out.SignIns, &pb.SignIn{
				Name: signInName(x), CreateTime: timestamppb.New(x.CreateTime), LastSeenTime: timestamppb.New(x.SeenTime),
				ExpireTime: timestamppb.New(x.ExpireTime), Address: x.Address, UserAgent: x.Agent, Current: x.ID == callOf(ctx).signIn,
			})
		}
	}
	return out, nil
}

// EndSignIn ends a sign-in, or all of an account but the one that asks.
func (s *Server) EndSignIn(ctx context.Context, req *pb.EndSignInRequest) (*pb.EndSignInResponse, error) {
	principal, id, err := signInOf(req.GetName())
	if err != nil {
		return nil, err
	}
	p, err := s.accountOf(ctx, principal)
	if err != nil {
		return nil, err
	}
	own, found := callOf(ctx).signIn, false
	err = s.store.View(ctx, func(r storage.Reader) error {
		if _, err := r.Principal(p.Agency, p.ID); err != nil {
			return err
		}
		list, err := r.SignIns(p.Agency, p.ID)
		for i := range list {
			found = found || list[i].ID == idOf(id)
		}
		return err
	})
	if err == nil && !found && id != others {
		err = notFound()
	}
	if err != nil {
		return nil, err
	}
	n, err := s.endSignIns(ctx, p, func(x *storage.SignIn) bool { return x.ID == idOf(id) || id == others && x.ID != own })
	if err != nil {
		return nil, err
	}
	return &pb.EndSignInResponse{Ended: int32(n)}, nil
}
