package server

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
)

// A request that carries a password is hashed without it: the hash of a request is a fast
// one, by which passwords could be guessed. That a retry carries the same password shows
// in the slow hash that the first one stored.

// mostPrevious is how many passwords before the present one are kept.
const mostPrevious = 5

// weak says all that a password lacks; nil: it may be set.
func (s *Server) weak(field, password string, words []string) error {
	lacks := s.accounts.Profile.Check(password, words...)
	if len(lacks) == 0 {
		return nil
	}
	zh, en := make([]string, len(lacks)), make([]string, len(lacks))
	for i, l := range lacks {
		zh[i], en[i] = l.ZH, l.EN
	}
	return &fault{
		reason: pb.Reason_PASSWORD_WEAK, field: field,
		zh: "口令不符合要求：" + strings.Join(zh, "；"), en: "the password will not do: " + strings.Join(en, "; "),
	}
}

// wordsAbout are what everybody knows of a person: names of account and agency.
func wordsAbout(r storage.Reader, agency, id string) ([]string, error) {
	words := []string{id, agency, "gongkai", "公开"}
	if agency == "" {
		return words, nil
	}
	a, err := r.Agency(agency)
	return append(words, a.DisplayName), err
}

// noPassword refuses what only an account with a password can do.
func noPassword() *fault {
	return failf(pb.Reason_NOT_SIGNED_IN, "该账号没有口令；请管理员发放一次性口令", "the account has no password: an administrator gives out a first one")
}

// ChangePassword changes the caller's own password.
func (s *Server) ChangePassword(ctx context.Context, req *pb.ChangePasswordRequest) (*pb.Account, error) {
	if err := errors.Join(checkSecret("current_password", req.GetCurrentPassword()), checkSecret("new_password", req.GetNewPassword())); err != nil {
		return nil, err
	}
	c := callOf(ctx)
	m, err := s.mutate(ctx, c.principal.Agency, req.GetRequestId(), &pb.ChangePasswordRequest{RequestId: req.GetRequestId()})
	if err != nil {
		return nil, err
	}
	seen, words, done, err := s.beforeChange(ctx, m, c.principal)
	if err != nil {
		return nil, err
	}
	if done {
		return s.changedBefore(ctx, c.principal, &seen, req.GetNewPassword())
	}
	if err := s.confirmPassword(ctx, m, seen, req.GetCurrentPassword()); err != nil {
		return nil, err
	}
	hash, err := s.chosen(ctx, &seen, req.GetNewPassword(), words)
	if err != nil {
		return nil, err
	}
	var out storage.Credential
	err = s.update(ctx, m.agency, func(w storage.Writer) error {
		now, err := w.Credential(m.agency, c.principal.ID)
		if err == nil && now.Password != seen.Password {
			err = storage.ErrStale
		}
		if err != nil {
			return err
		}
		out = renewed(now, hash, m.now)
		return m.setPassword(w, &out, actionSetPassword, c.signIn)
	})
	return s.accountAfter(ctx, m, c.principal, out, req.GetNewPassword(), err)
}

// chosen hashes a password that somebody chose, if it may be set.
func (s *Server) chosen(ctx context.Context, seen *storage.Credential, password string, words []string) (string, error) {
	if err := s.weak("new_password", password, words); err != nil {
		return "", err
	}
	if err := s.unused(ctx, seen, password); err != nil {
		return "", err
	}
	return s.accounts.Hasher.Hash(ctx, password)
}

// accountAfter answers a change. Of two that were sent at once with one request id the
// second finds the password changed by the first.
func (s *Server) accountAfter(ctx context.Context, m mutation, p storage.Principal, c storage.Credential, password string, err error) (*pb.Account, error) {
	if errors.Is(err, storage.ErrStale) || errors.Is(err, storage.ErrExists) {
		seen, _, done, again := s.beforeChange(ctx, m, p)
		if again == nil && done {
			return s.changedBefore(ctx, p, &seen, password)
		}
	}
	if err != nil {
		return nil, err
	}
	return s.accountPB(p, &c, storage.ByPassword), nil
}

// setPassword stores a password, and ends the sign-ins that came before it but one.
func (m mutation) setPassword(w storage.Writer, c *storage.Credential, action string, but int64) error {
	ended, err := m.endSignIns(w, c.Principal, but)
	if err != nil {
		return err
	}
	if err := m.putCredential(w, *c, action, ended); err != nil {
		return err
	}
	c.Revision++
	return nil
}

// renewed is a credential with another password of the person's own choice.
func renewed(c storage.Credential, hash string, now time.Time) storage.Credential {
	if c.Password != "" {
		c.Previous = append([]string{c.Password}, c.Previous...)
		c.Previous = c.Previous[:min(len(c.Previous), mostPrevious)]
	}
	c.Password, c.SetTime, c.Given = hash, now.Truncate(time.Microsecond), false
	c.Failures, c.LockTime = 0, time.Time{}
	return c
}

// beforeChange reads what a change of password needs to know, and whether it was done.
func (s *Server) beforeChange(ctx context.Context, m mutation, p storage.Principal) (c storage.Credential, words []string, done bool, err error) {
	err = s.store.View(ctx, func(r storage.Reader) error {
		e, err := m.done(r)
		if err != nil {
			return err
		}
		done = e != nil
		if _, c, err = account(r, p.Agency, p.ID); err != nil {
			return err
		}
		words, err = wordsAbout(r, p.Agency, p.ID)
		return err
	})
	if err == nil && c.Password == "" {
		err = noPassword()
	}
	return c, words, done, err
}

// changedBefore answers a request that was sent again: if it carries the same password.
func (s *Server) changedBefore(ctx context.Context, p storage.Principal, c *storage.Credential, password string) (*pb.Account, error) {
	same, err := s.accounts.Hasher.Matches(ctx, c.Password, password)
	if err != nil {
		return nil, err
	}
	if !same {
		return nil, failf(pb.Reason_REQUEST_ID_REUSED, "该request_id已用于设置另一个口令；请换用新的UUID", "the request_id was used to set another password; take a new UUID")
	}
	return s.accountPB(p, c, storage.ByPassword), nil
}

// confirmPassword asks for the present password; a wrong one counts as a failure to sign in.
func (s *Server) confirmPassword(ctx context.Context, m mutation, seen storage.Credential, password string) error {
	wrong := invalid("current_password", "当前口令不正确，或者账号已锁定", "the current password is wrong, or the account is locked")
	right, err := s.accounts.Hasher.Matches(ctx, seen.Password, password)
	if err != nil {
		return err
	}
	if m.now.Before(seen.LockTime) {
		return wrong
	}
	if right {
		return nil
	}
	if err := s.failed(ctx, m, seen.Principal, whyPassword); err != nil {
		return err
	}
	return wrong
}

// failed counts a guess at the account of somebody who has signed in.
func (s *Server) failed(ctx context.Context, m mutation, principal, why string) error {
	from := sourceOf(ctx)
	return s.update(ctx, m.agency, func(w storage.Writer) error {
		c, err := w.Credential(m.agency, principal)
		if err != nil {
			return err
		}
		e, err := m.signInEvent(storage.PrincipalObject(principal), actionSignInRefuse, signInFacts{Why: why}, from)
		if err != nil {
			return err
		}
		return m.countFailure(w, c, from, e)
	})
}

// unused refuses one of the last passwords, the present one included.
func (s *Server) unused(ctx context.Context, c *storage.Credential, password string) error {
	before := append([]string{c.Password}, c.Previous...)
	for _, old := range before[:min(len(before), s.accounts.Profile.History+1)] {
		same, err := s.accounts.Hasher.Matches(ctx, old, password)
		if err != nil {
			return err
		}
		if same {
			f := failf(pb.Reason_PASSWORD_WEAK, "口令不符合要求：不能与当前口令或者最近%[1]d次的口令相同", "the password will not do: it is the present one, or one of the last %[1]d", s.accounts.Profile.History)
			f.field = "new_password"
			return f
		}
	}
	return nil
}

// newGivenPassword makes a password of 80 random bits that can be read aloud.
func newGivenPassword() string {
	text := rand.Text()
	return strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:16]}, "-")
}

// ResetPassword gives an account a password for one use.
func (s *Server) ResetPassword(ctx context.Context, req *pb.ResetPasswordRequest) (*pb.ResetPasswordResponse, error) {
	agency, id, err := principalIn(req.GetName())
	if err != nil {
		return nil, err
	}
	if by := callOf(ctx).principal; by.Agency == agency && by.ID == id {
		return nil, failf(pb.Reason_ROLE_NOT_ALLOWED, "不能为自己重置口令；请另一名管理员办理，或者凭当前口令修改", "not one's own: another administrator does that, or change it with the present one")
	}
	m, err := s.mutate(ctx, agency, "", req)
	if err != nil {
		return nil, err
	}
	password := newGivenPassword()
	hash, err := s.accounts.Hasher.Hash(ctx, password)
	if err != nil {
		return nil, err
	}
	var p storage.Principal
	var out storage.Credential
	err = s.update(ctx, agency, func(w storage.Writer) error {
		who, now, err := account(w, agency, id)
		if err == nil && !who.RemoveTime.IsZero() {
			err = storage.ErrNotFound
		}
		if err == nil && req.GetRemoveOneTimeCode() {
			err = apart(ctx, who.Role)
		}
		if err != nil {
			return err
		}
		p, out = who, renewed(now, hash, m.now)
		out.Agency, out.Principal, out.Given = agency, id, true
		if req.GetRemoveOneTimeCode() {
			out.Code, out.Recovery, out.ProposedCode, out.ProposedRecovery = nil, nil, nil, nil
		}
		return m.setPassword(w, &out, actionGivePassword, 0)
	})
	if err != nil {
		return nil, err
	}
	return &pb.ResetPasswordResponse{OneTimePassword: password, Account: s.accountPB(p, &out, storage.ByPassword)}, nil
}
