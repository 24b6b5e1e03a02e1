package server

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/access"
	"gongkai/storage"
	"gongkai/workflow"
)

// language is the one that a caller asked for by accept-language.
type language int

const (
	chinese language = iota
	english
)

// pick chooses between the two texts of everything that a person sees.
func (l language) pick(zh, en string) string {
	if l == english {
		return en
	}
	return zh
}

// call is who calls, as the interceptor found out.
type call struct {
	principal storage.Principal
	rule      access.Rule
	lang      language
	shown     *shown // what the answer shows of persons
	signIn    int64  // whose token calls; 0: that of a principal
	way       storage.Way
	pending   []pb.Account_Step
}

type callKey struct{}

// callOf returns who calls; every handler runs behind the interceptor.
func callOf(ctx context.Context) call {
	c, _ := ctx.Value(callKey{}).(call)
	return c
}

// person is the caller as the workflow knows it.
func (c call) person() workflow.Person {
	return workflow.Person{Name: principalName(c.principal), Role: c.principal.Role}
}

func langOf(ctx context.Context) language {
	md, _ := metadata.FromIncomingContext(ctx)
	for _, v := range md.Get("accept-language") {
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(v)), "en") {
			return english
		}
	}
	return chinese
}

func tokenRefused() *fault {
	return failf(pb.Reason_TOKEN_INVALID, "令牌无效或者已被撤销；请使用管理员发放的令牌", "the token is missing, wrong or revoked; use one that an administrator gave out")
}

// remains refuses a principal that was removed while its stream was open.
func remains(r storage.Reader, p storage.Principal) error {
	now, err := r.Principal(p.Agency, p.ID)
	if err == nil && !now.RemoveTime.IsZero() {
		return tokenRefused()
	}
	return err
}

// authenticate finds whose a bearer token is, or, without one, the certificate of the
// connection.
func (s *Server) authenticate(ctx context.Context) (bearer, error) {
	refused := tokenRefused()
	md, _ := metadata.FromIncomingContext(ctx)
	values := md.Get("authorization")
	if len(values) == 0 {
		return s.certified(ctx)
	}
	if len(values) != 1 {
		return bearer{}, refused
	}
	kind, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(kind, "bearer") || token == "" {
		return bearer{}, refused
	}
	if strings.HasPrefix(token, signInPrefix) {
		return s.signedIn(ctx, token)
	}
	hash := hashOf(token)
	known, era, ok := s.bearers.find(hash)
	if ok {
		return known, nil
	}
	b := bearer{asked: machineTime()}
	err := s.store.View(ctx, func(r storage.Reader) (err error) {
		b.principal, err = r.PrincipalByToken(hash)
		return err
	})
	if errors.Is(err, storage.ErrNotFound) {
		return bearer{}, refused
	}
	if err == nil {
		s.bearers.keep(hash, b, era)
	}
	return b, err
}

type admittedKey struct{}

// caller is whose token began a call, asked about again if that was long ago.
func (s *Server) caller(ctx context.Context) (bearer, error) {
	if b, ok := ctx.Value(admittedKey{}).(bearer); ok && b.fresh() {
		return b, nil
	}
	return s.authenticate(ctx)
}

// admit asks the access table: first whether the role may call the method at all, then
// whether the agency that the request names lies within the caller's reach.
func (s *Server) admit(ctx context.Context, method string, req any) (call, error) {
	rule, ok := s.rules[method]
	if !ok {
		return call{}, notFound()
	}
	return s.admitRule(ctx, rule, req)
}

func (s *Server) admitRule(ctx context.Context, rule access.Rule, req any) (call, error) {
	if rule.Allows(access.Stranger) { // whoever it is, and whatever token it sends
		return call{rule: rule, lang: langOf(ctx), shown: &shown{}}, nil
	}
	b, err := s.caller(ctx)
	if err != nil {
		return call{}, err
	}
	p := b.principal
	c := call{principal: p, rule: rule, lang: langOf(ctx), shown: &shown{}, signIn: b.signIn, way: b.way, pending: b.pending}
	if err := s.accounts.Terminals.admit(ctx, p.Role); err != nil {
		return c, err
	}
	if p.Role.Separate() && (c.signIn == 0 || c.way == storage.ByToken) {
		return c, tokenAlone()
	}
	if len(c.pending) > 0 && !openToPending(rule.Method) {
		return c, pendingFault(c.pending[0])
	}
	if !rule.Allows(p.Role) {
		return c, failf(pb.Reason_ROLE_NOT_ALLOWED, "您的角色（%[1]s）不能使用该功能", "your role (%[2]s) may not do this", p.Role.ZH(), p.Role.EN())
	}
	return c, s.reachIn(ctx, c, req)
}

// reachIn asks whether the agency that a request names is within the caller's reach.
func (s *Server) reachIn(ctx context.Context, c call, req any) error {
	if c.rule.Agency == "" {
		return nil
	}
	m, ok := req.(proto.Message)
	if !ok {
		return notFound()
	}
	return s.reach(ctx, c, agencyIn(stringAt(m, c.rule.Agency)))
}

// reach refuses an agency beyond the caller's reach as if it did not exist.
func (s *Server) reach(ctx context.Context, c call, agency string) error {
	ok, err := c.rule.Reaches(c.principal.Role, c.principal.Agency, agency, func() (below bool, err error) {
		err = s.store.View(ctx, func(r storage.Reader) error {
			below, err = isBelow(r, c.principal.Agency, agency)
			return err
		})
		return below, err
	})
	if err == nil && !ok && agency != "" {
		err = s.store.View(ctx, func(r storage.Reader) (err error) {
			ok, err = succeeds(r, c.principal.Agency, agency)
			return err
		})
	}
	if err != nil {
		return err
	}
	if !ok {
		return notFound()
	}
	return nil
}

// maxDepth bounds the walk up the tree of agencies.
const maxDepth = 64

// isBelow walks up from an agency.
func isBelow(r storage.Reader, top, agency string) (bool, error) {
	for range maxDepth {
		a, err := r.Agency(agency)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			return false, nil
		case err != nil:
			return false, err
		case a.Parent == "":
			return false, nil
		case a.Parent == top:
			return true, nil
		}
		agency = a.Parent
	}
	return false, nil
}

// stringAt reads a string field by its path.
func stringAt(m proto.Message, path string) string {
	at := m.ProtoReflect()
	for {
		head, rest, more := strings.Cut(path, ".")
		field := at.Descriptor().Fields().ByName(protoreflect.Name(head))
		if field == nil {
			return ""
		}
		if !more {
			return at.Get(field).String()
		}
		at, path = at.Get(field).Message(), rest
	}
}
