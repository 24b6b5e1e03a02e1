package server

import (
	"context"
	"errors"
	"slices"

	"google.golang.org/protobuf/proto"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
)

// firstAdministrator is the principal that the first start makes, whose token is the secret
// by which a person takes its place.
const firstAdministrator = "admin"

func setUpOver() *fault {
	return failf(pb.Reason_SET_UP_OVER, "初始密钥不正确或者已经使用；请用账号登录", "that is not the secret, or it was used: sign in with an account")
}

// SetUp makes the first administrator of a fresh installation.
func (s *Server) SetUp(ctx context.Context, req *pb.SetUpRequest) (*pb.Account, error) {
	if err := s.accounts.Terminals.admit(ctx, workflow.Administrator); err != nil {
		return nil, err
	}
	role := workflow.Role(req.GetRole().String())
	if role != workflow.Administrator && !role.Separate() {
		return nil, invalid("role", "请选择由一人管理（ADMINISTRATOR），还是分设系统管理员（SYSTEM_ADMINISTRATOR）和安全管理员（SECURITY_ADMINISTRATOR）",
			"choose one administrator (ADMINISTRATOR), or system and security apart (SYSTEM_ADMINISTRATOR, SECURITY_ADMINISTRATOR)")
	}
	person, err := personIn("person", role.Separate(), req.GetPerson())
	if err != nil {
		return nil, err
	}
	from := sourceOf(ctx)
	if s.sources.barred(from.address, s.now()) > 0 {
		return nil, setUpOver()
	}
	if err := errors.Join(checkSecret("secret", req.GetSecret()), checkSecret("password", req.GetPassword())); err != nil {
		return nil, err
	}
	id := req.GetPrincipalId()
	if !principalID.MatchString(id) || id == "me" || id == firstAdministrator {
		return nil, invalid("principal_id", "请为本人设置用户名：1至60个字母、汉字、数字、点、连字符或下划线，不能是admin",
			"give an id of your own: 1 to 60 letters, digits, hyphens, dots or underscores, not admin")
	}
	leave, err := s.strangers.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	clean, _ := proto.Clone(req).(*pb.SetUpRequest)
	clean.Password = ""
	ctx = context.WithValue(ctx, callKey{}, call{principal: storage.Principal{ID: firstAdministrator}, lang: callOf(ctx).lang})
	m, err := s.mutate(ctx, "", req.GetRequestId(), clean)
	if err != nil {
		return nil, err
	}
	made := storage.Principal{ID: id, Role: role, TokenHash: hashOf(NewToken()), CreateTime: m.now, Person: person}
	return s.setUp(ctx, m, made, req, from)
}

func (s *Server) setUp(ctx context.Context, m mutation, made storage.Principal, req *pb.SetUpRequest, from source) (*pb.Account, error) {
	known, before, words, err := s.beforeSetUp(ctx, m, req)
	switch {
	case err != nil:
		return nil, err
	case before.Revision > 0:
		return s.changedBefore(ctx, made, &before, req.GetPassword())
	case !known:
		s.sources.fail(from.address, m.now)
		return nil, setUpOver()
	}
	if err := s.weak("password", req.GetPassword(), words); err != nil {
		return nil, err
	}
	hash, err := s.accounts.Hasher.Hash(ctx, req.GetPassword())
	if err != nil {
		return nil, err
	}
	c := renewed(storage.Credential{Principal: made.ID}, hash, m.now)
	err = s.update(ctx, "", func(w storage.Writer) error { return m.takePlace(w, made, c, req.GetSecret()) })
	s.bearers.forget() // the secret was a token
	if err != nil {
		return nil, err
	}
	c.Revision = 1
	return s.accountPB(made, &c, storage.ByPassword), nil
}

// beforeSetUp reads whether the secret holds, and what a request that is sent again made.
func (s *Server) beforeSetUp(ctx context.Context, m mutation, req *pb.SetUpRequest) (known bool, made storage.Credential, words []string, err error) {
	err = s.store.View(ctx, func(r storage.Reader) error {
		e, err := m.done(r)
		if err != nil {
			return err
		}
		if e != nil {
			_, made, err = account(r, "", req.GetPrincipalId())
			return err
		}
		if known, err = setUpWith(r, req.GetSecret()); err != nil {
			return err
		}
		words, err = wordsAbout(r, "", req.GetPrincipalId())
		return err
	})
	return known, made, words, err
}

// setUpWith reports whether a secret is the token of the principal of the first start.
func setUpWith(r storage.Reader, secret string) (bool, error) {
	p, err := r.PrincipalByToken(hashOf(secret))
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return err == nil && p.Agency == "" && p.ID == firstAdministrator, err
}

// takePlace puts a person in the place of the principal of the first start, or two where the
// duties stand apart: with the last its token is found no more, and no further account
// remains.
func (m mutation) takePlace(w storage.Writer, p storage.Principal, c storage.Credential, secret string) error {
	known, err := setUpWith(w, secret)
	if err != nil {
		return err
	}
	if !known {
		return setUpOver()
	}
	list, err := w.Principals("")
	if err != nil {
		return err
	}
	other := slices.IndexFunc(list, func(q storage.Principal) bool { return q.Role.Separate() && q.RemoveTime.IsZero() })
	if other >= 0 && (!p.Role.Separate() || list[other].Role == p.Role) {
		return invalid("role", "已选择分设，且%[1]s已设立；请设立另一类管理员", "the duties stand apart here, and there is a %[2]s: set up the other one", list[other].Role.ZH(), list[other].Role.EN())
	}
	last := !p.Role.Separate() || other >= 0
	unmarked := m
	unmarked.requestID, unmarked.hash = "", nil
	if err := insertPrincipal(w, unmarked, p); err != nil {
		return err
	}
	if !last {
		return m.putCredential(w, c, actionSetPassword, 0)
	}
	if err := unmarked.putCredential(w, c, actionSetPassword, 0); err != nil {
		return err
	}
	e := m.event(storage.PrincipalObject(firstAdministrator), 2, "delete_principal", []byte(`{"v":1}`), nil)
	return w.RemovePrincipal(firstAdministrator, m.now, m.mark(e))
}
