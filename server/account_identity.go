package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/signon"
	"gongkai/storage"
	"gongkai/workflow"
)

// What of a request to sign in by an identity provider is read at all.
const (
	maxAuthCode = 4096
	maxSubject  = 255 // characters
)

// random are the values that a client makes for one browser.
var random = regexp.MustCompile(`^[A-Za-z0-9_-]{32,128}$`)

func checkRandom(field, value string) error {
	if random.MatchString(value) {
		return nil
	}
	return invalid(field, "%[1]s应为32至128个base64url字符", "%[1]s must be 32 to 128 characters of base64url", field)
}

// provider is the identity provider, if one is configured.
func (s *Server) provider() (*signon.Provider, error) {
	if s.accounts.SingleSignOn == nil {
		return nil, failf(pb.Reason_SINGLE_SIGN_ON_OFF, "未配置单位统一身份认证；请用账号和口令登录", "no identity provider is configured: sign in by account and password")
	}
	return s.accounts.SingleSignOn, nil
}

// SingleSignOn reports whether an identity provider is configured.
func (s *Server) SingleSignOn() bool { return s.accounts.SingleSignOn != nil }

// down tells what the caller can do, and the operator what happened.
func (s *Server) down(ctx context.Context, err error) error {
	s.log.LogAttrs(ctx, slog.LevelWarn, "identity provider does not answer as it should", slog.String("error", err.Error()))
	f := failf(pb.Reason_SINGLE_SIGN_ON_DOWN, "单位统一身份认证暂时不可用；请稍后重试，或者用账号和口令登录", "the identity provider is not available: try again later, or sign in by account and password")
	f.retry = time.Minute
	return f
}

// BeginSingleSignOn says where to sign in.
func (s *Server) BeginSingleSignOn(ctx context.Context, req *pb.BeginSingleSignOnRequest) (*pb.BeginSingleSignOnResponse, error) {
	provider, err := s.provider()
	if err != nil {
		return nil, err
	}
	err = errors.Join(checkRandom("state", req.GetState()), checkRandom("nonce", req.GetNonce()), checkRandom("code_challenge", req.GetCodeChallenge()))
	if err != nil {
		return nil, err
	}
	leave, err := s.abroad.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	uri, err := provider.URI(ctx, req.GetState(), req.GetNonce(), req.GetCodeChallenge())
	if err != nil {
		return nil, s.down(ctx, err)
	}
	return &pb.BeginSingleSignOnResponse{AuthorizationUri: uri}, nil
}

// FinishSingleSignOn signs in whom the identity provider vouches for. It is asked by this
// server itself, so that nobody who calls needs to be believed.
func (s *Server) FinishSingleSignOn(ctx context.Context, req *pb.FinishSingleSignOnRequest) (*pb.SignInResponse, error) {
	provider, err := s.provider()
	if err != nil {
		return nil, err
	}
	if code := req.GetCode(); code == "" || len(code) > maxAuthCode {
		return nil, invalid("code", "请给出认证服务返回的code", "give the code that the identity provider returned")
	}
	if err := errors.Join(checkRandom("code_verifier", req.GetCodeVerifier()), checkRandom("nonce", req.GetNonce())); err != nil {
		return nil, err
	}
	a := &attempt{
		mutation: mutation{actor: stranger, now: s.now().Truncate(time.Microsecond)}, server: s, from: sourceOf(ctx), way: storage.ByIdentity,
	}
	if err := a.barredAbroad(); err != nil {
		return nil, err
	}
	leave, err := s.abroad.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	who, err := provider.Ask(ctx, req.GetCode(), req.GetCodeVerifier(), req.GetNonce())
	if no, ok := errors.AsType[*signon.Refusal](err); ok {
		s.log.LogAttrs(ctx, slog.LevelInfo, "answer of the identity provider refused", slog.String("why", no.Why))
		s.sources.fail(a.abroad(), a.now)
		return nil, a.refuseIdentity(ctx, whyAnswer)
	}
	if err != nil {
		return nil, s.down(ctx, err)
	}
	if who.Factor {
		a.way = storage.ByFactor
	}
	proof := sha256.Sum256([]byte(provider.Issuer() + "\n" + req.GetNonce()))
	a.proof, a.from.subject = proof[:], who.Subject
	return a.recognize(ctx, provider.Issuer())
}

// abroad is the source of an attempt where its failures at the identity provider are
// counted: they bar nobody who has a password.
func (a *attempt) abroad() string { return "abroad " + a.from.address }

func (a *attempt) barredAbroad() error {
	wait := a.server.sources.barred(a.abroad(), a.now)
	if wait == 0 {
		return nil
	}
	minutes := int(wait.Minutes()) + 1
	f := failf(pb.Reason_SOURCE_LOCKED, "您所在的网络地址登录失败次数过多，暂停统一身份认证登录；请%[1]d分钟后再试，或者用账号和口令登录",
		"too many failures came from your address; try again in %[1]d "+workflow.Plural(minutes, "minute", "minutes")+", or sign in by account and password", minutes)
	f.retry = wait
	return f
}

// recognize finds whom the identity is linked to, and signs that principal in.
func (a *attempt) recognize(ctx context.Context, issuer string) (*pb.SignInResponse, error) {
	var c storage.Credential
	err := a.server.store.View(ctx, func(r storage.Reader) (err error) {
		c, err = r.CredentialBySubject(issuer, a.from.subject)
		return err
	})
	if errors.Is(err, storage.ErrNotFound) {
		return nil, a.refuseIdentity(ctx, whyIdentity)
	}
	if err != nil {
		return nil, err
	}
	a.agency, a.id = c.Agency, c.Principal
	token := signInPrefix + rand.Text()
	var out *pb.SignInResponse
	var away error
	err = a.server.update(ctx, a.agency, func(w storage.Writer) error {
		p, now, err := account(w, a.agency, a.id)
		if err != nil {
			return err
		}
		if !p.RemoveTime.IsZero() || now.Issuer != issuer || now.Subject != a.from.subject { // since it was looked for
			return storage.ErrNotFound
		}
		a.principal = p
		if away = a.server.accounts.Terminals.admit(ctx, p.Role); away != nil {
			return nil
		}
		a.actor = principalName(p)
		out, err = a.open(w, now, token)
		return err
	})
	switch {
	case err == nil && away != nil:
		return nil, errors.Join(away, a.recordRefused(ctx, whyTerminal))
	case errors.Is(err, storage.ErrNotFound):
		return nil, a.refuseIdentity(ctx, whyIdentity)
	case errors.Is(err, storage.ErrExists):
		return nil, a.refuseIdentity(ctx, whyReplayed)
	}
	return out, err
}

// recordRefused records that an attempt was refused.
func (a *attempt) recordRefused(ctx context.Context, why string) error {
	a.actor = stranger
	object := "refused/AccountService/FinishSingleSignOn"
	if a.principal.ID != "" {
		object = storage.PrincipalObject(a.id)
	}
	e, err := a.signInEvent(object, actionSignInRefuse, signInFacts{Why: why, Way: string(a.way)}, a.from)
	if err != nil {
		return err
	}
	return a.server.record(ctx, a.agency, e)
}

// refuseIdentity records a refusal, and says what to do.
func (a *attempt) refuseIdentity(ctx context.Context, why string) error {
	if err := a.recordRefused(ctx, why); err != nil {
		return err
	}
	if why == whyIdentity {
		return failf(pb.Reason_IDENTITY_UNKNOWN, "统一身份认证确认您是“%[1]s”，但该标识尚未关联本系统的用户；请管理员在“用户”页打开您的用户，将该标识填入“统一身份认证”",
			"the identity provider knows you as %[1]q, which is linked to no user here; ask an administrator to open your user and enter it under “Single sign-on”", a.from.subject)
	}
	return failf(pb.Reason_SINGLE_SIGN_ON_REFUSED, "统一身份认证的应答无效、已过期或者已使用；请重新登录", "the answer of the identity provider is not valid, has run out or was used: sign in anew")
}

// ExchangeToken signs in with the token of a principal.
func (s *Server) ExchangeToken(ctx context.Context, _ *pb.ExchangeTokenRequest) (*pb.SignInResponse, error) {
	by := callOf(ctx)
	if by.signIn != 0 {
		return nil, failf(pb.Reason_SIGNED_IN_ALREADY, "使用的已经是登录令牌", "the token that calls is that of a sign-in already")
	}
	p := by.principal
	a := &attempt{
		mutation: mutation{agency: p.Agency, actor: principalName(p), now: s.now().Truncate(time.Microsecond)}, server: s,
		id: p.ID, principal: p, from: sourceOf(ctx), way: storage.ByToken,
	}
	token := signInPrefix + rand.Text()
	var out *pb.SignInResponse
	err := s.update(ctx, p.Agency, func(w storage.Writer) error {
		if err := remains(w, p); err != nil {
			return err
		}
		_, c, err := account(w, p.Agency, p.ID)
		if err != nil {
			return err
		}
		out, err = a.open(w, c, token)
		return err
	})
	return out, err
}

// LinkIdentity links an account to an identity at the identity provider.
func (s *Server) LinkIdentity(ctx context.Context, req *pb.LinkIdentityRequest) (*pb.Account, error) {
	provider, err := s.provider()
	if err != nil {
		return nil, err
	}
	agency, id, err := another(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	subject := strings.TrimSpace(req.GetSubject())
	if err := checkSubject(subject); err != nil {
		return nil, err
	}
	m, err := s.mutate(ctx, agency, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	var p storage.Principal
	var c storage.Credential
	err = s.update(ctx, agency, func(w storage.Writer) (err error) {
		if p, c, err = account(w, agency, id); err != nil {
			return err
		}
		if err := mayLink(ctx, p); err != nil {
			return err
		}
		if e, err := m.done(w); err != nil || e != nil {
			return err
		}
		c.Agency, c.Principal = agency, id
		if subject == "" {
			return m.putIdentity(w, &c, "", "")
		}
		return m.putIdentity(w, &c, provider.Issuer(), subject)
	})
	if err != nil {
		return nil, err
	}
	return s.accountPB(p, &c, storage.ByPassword), nil
}

// mayLink refuses to link whom nobody may.
func mayLink(ctx context.Context, p storage.Principal) error {
	if !p.RemoveTime.IsZero() {
		return storage.ErrNotFound
	}
	return apart(ctx, p.Role)
}

// another reads the name of somebody else: nobody vouches for himself.
func another(ctx context.Context, name string) (agency, id string, err error) {
	agency, id, err = principalIn(name)
	if by := callOf(ctx).principal; err == nil && by.Agency == agency && by.ID == id {
		err = failf(pb.Reason_ROLE_NOT_ALLOWED, "不能为自己关联身份；请另一名管理员办理", "not one's own: another administrator does that")
	}
	return agency, id, err
}

func checkSubject(subject string) error {
	if utf8.RuneCountInString(subject) > maxSubject || clippedText(subject, maxSubject) != subject {
		return invalid("subject", "标识应为至多%[1]d个可见字符", "the subject must be at most %[1]d characters that can be seen", maxSubject)
	}
	return nil
}

// putIdentity links a credential, or takes its link away. What held before ends with it.
func (m mutation) putIdentity(w storage.Writer, c *storage.Credential, issuer, subject string) error {
	if c.Issuer == issuer && c.Subject == subject {
		return nil
	}
	action := actionUnlinkIdentity
	if subject != "" {
		action = actionLinkIdentity
		if _, err := w.CredentialBySubject(issuer, subject); !errors.Is(err, storage.ErrNotFound) {
			if err != nil {
				return err
			}
			f := failf(pb.Reason_IDENTITY_TAKEN, "标识“%[1]s”已关联另一名用户；请先解除该关联", "%[1]q is linked to another user: take that link away first", subject)
			f.field = "subject"
			return f
		}
	}
	if c.SetTime.IsZero() {
		c.SetTime = m.now.Truncate(time.Microsecond) // of no password
	}
	c.Issuer, c.Subject = issuer, subject
	return m.setPassword(w, c, action, 0)
}

// unlink frees the identity of a principal that is removed, for the person's next account.
func (m mutation) unlink(w storage.Writer, id string) error {
	c, err := w.Credential(m.agency, id)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return m.putIdentity(w, &c, "", "")
}
