package server

import (
	"context"
	"errors"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/onetime"
	"gongkai/storage"
)

// issuer is how an authenticator names the service.
const issuer = "公开 gongkai"

// EnrolOneTimeCode proposes a secret for one-time codes to the caller's account.
func (s *Server) EnrolOneTimeCode(ctx context.Context, req *pb.EnrolOneTimeCodeRequest) (*pb.EnrolOneTimeCodeResponse, error) {
	if len(req.GetOneTimeCode()) > maxCode {
		return nil, wrongCode()
	}
	p := callOf(ctx).principal
	m, err := s.mutate(ctx, p.Agency, "", req)
	if err != nil {
		return nil, err
	}
	secret, codes := onetime.NewSecret(), make([]string, onetime.RecoveryCodes)
	sums := make([]storage.Digest, len(codes))
	for i := range codes {
		codes[i] = onetime.NewRecovery()
		sums[i] = onetime.Sum(codes[i])
	}
	guessed := false
	err = s.update(ctx, p.Agency, func(w storage.Writer) error {
		guessed = false
		c, err := credentialOf(w, p)
		if err != nil {
			return err
		}
		if c.Code != nil && (m.now.Before(c.LockTime) || takeFactor(&c, req.GetOneTimeCode(), m.now) == "") {
			guessed = req.GetOneTimeCode() != "" && !m.now.Before(c.LockTime)
			return wrongCode()
		}
		c.ProposedCode, c.ProposedRecovery = secret, sums
		return m.putCredential(w, c, actionProposeCode, 0)
	})
	if guessed {
		err = errors.Join(s.failed(ctx, m, p.ID, whyCode), err)
	}
	if err != nil {
		return nil, err
	}
	name := p.ID
	if p.Agency != "" {
		name = p.Agency + "/" + p.ID
	}
	return &pb.EnrolOneTimeCodeResponse{Uri: onetime.URI(issuer, name, secret), Secret: onetime.Text(secret), RecoveryCodes: codes}, nil
}

func wrongCode() *fault {
	return invalid("one_time_code", "动态验证码不正确、已用过或者已过期；请核对手机时间后输入下一个", "the one-time code is wrong, used or expired; check the clock of the device and give the next one")
}

// credentialOf reads what a caller signs in with, who must have a password.
func credentialOf(r storage.Reader, p storage.Principal) (storage.Credential, error) {
	c, err := r.Credential(p.Agency, p.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return c, noPassword()
	}
	return c, err
}

// ConfirmOneTimeCode puts the proposed secret into force.
func (s *Server) ConfirmOneTimeCode(ctx context.Context, req *pb.ConfirmOneTimeCodeRequest) (*pb.Account, error) {
	if len(req.GetOneTimeCode()) > maxCode {
		return nil, wrongCode()
	}
	p := callOf(ctx).principal
	m, err := s.mutate(ctx, p.Agency, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	var out storage.Credential
	way := callOf(ctx).way
	err = s.update(ctx, p.Agency, func(w storage.Writer) error {
		c, err := credentialOf(w, p)
		if err != nil {
			return err
		}
		if e, err := m.done(w); err != nil || e != nil {
			out = c
			return err
		}
		if c.ProposedCode == nil {
			return failf(pb.Reason_NOT_SIGNED_IN, "没有待确认的验证器；请先绑定", "no device waits to be confirmed: enrol one first")
		}
		step, ok := onetime.Match(c.ProposedCode, req.GetOneTimeCode(), m.now, 0)
		if !ok {
			return wrongCode()
		}
		c.Code, c.CodeStep, c.Recovery = c.ProposedCode, step, c.ProposedRecovery
		c.ProposedCode, c.ProposedRecovery = nil, nil
		out = c
		out.Revision++
		return m.confirm(w, c, callOf(ctx))
	})
	if err == nil && way == storage.ByIdentity {
		way = storage.ByFactor
	}
	if err != nil {
		return nil, err
	}
	return s.accountPB(p, &out, way), nil
}

// confirm stores a device that was shown, which is a second factor of the sign-in too.
func (m mutation) confirm(w storage.Writer, c storage.Credential, by call) error {
	if err := m.putCredential(w, c, actionConfirmCode, 0); err != nil || by.way != storage.ByIdentity {
		return err
	}
	return w.StrengthenSignIn(by.signIn)
}

// VerifyOneTimeCode shows the second factor of whoever signed in by an identity elsewhere.
func (s *Server) VerifyOneTimeCode(ctx context.Context, req *pb.VerifyOneTimeCodeRequest) (*pb.Account, error) {
	if req.GetOneTimeCode() == "" || len(req.GetOneTimeCode()) > maxCode {
		return nil, wrongCode()
	}
	c := callOf(ctx)
	if c.way != storage.ByIdentity {
		return s.GetAccount(ctx, &pb.GetAccountRequest{})
	}
	m, err := s.mutate(ctx, c.principal.Agency, "", req)
	if err != nil {
		return nil, err
	}
	from := sourceOf(ctx)
	var out storage.Credential
	guessed := false
	err = s.update(ctx, m.agency, func(w storage.Writer) (err error) {
		guessed = false
		if out, err = credentialOf(w, c.principal); err != nil {
			return err
		}
		if out.Code == nil {
			return pendingFault(pb.Account_ENROL_ONE_TIME_CODE)
		}
		if m.now.Before(out.LockTime) {
			return wrongCode()
		}
		factor := takeFactor(&out, req.GetOneTimeCode(), m.now)
		if guessed = factor == ""; guessed {
			return wrongCode()
		}
		return m.keepFactor(w, &out, c.signIn, factor, from)
	})
	if guessed {
		err = errors.Join(s.failed(ctx, m, c.principal.ID, whyCode), err)
	}
	if err != nil {
		return nil, err
	}
	return s.accountPB(c.principal, &out, storage.ByFactor), nil
}

// keepFactor stores that a second factor was shown and is spent.
func (m mutation) keepFactor(w storage.Writer, c *storage.Credential, signIn int64, factor string, from source) error {
	c.Failures = 0
	if factor == factorRecovery {
		if err := m.putCredential(w, *c, actionUseRecovery, 0); err != nil {
			return err
		}
		c.Revision++
	} else if err := w.PutCredential(*c); err != nil {
		return err
	}
	if err := w.StrengthenSignIn(signIn); err != nil {
		return err
	}
	e, err := m.signInEvent(storage.PrincipalObject(c.Principal), actionShowFactor, signInFacts{Factor: factor}, from)
	if err != nil {
		return err
	}
	return w.Record(e)
}
