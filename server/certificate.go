package server

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"net/url"
	"slices"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
)

// certificateScheme is that of the URI by which a certificate names its principal, such as
// gongkai:agencies/jyj/principals/platform.
const certificateScheme = "gongkai"

// certified finds the machine that the certificate of a connection names. Whether that is
// genuine the handshake has found out; whoever can issue certificates must not become an
// administrator, or a person who signs in, by that.
func (s *Server) certified(ctx context.Context) (bearer, error) {
	cert := certificateOf(ctx)
	if cert == nil {
		return bearer{}, tokenRefused()
	}
	if now := s.now(); now.After(cert.NotAfter) { // since the connection was opened
		return bearer{}, failf(pb.Reason_TOKEN_INVALID, "客户端证书已于%[1]s过期；请换用新的证书", "the certificate expired at %[1]s: use a new one",
			cert.NotAfter.UTC().Format("2006-01-02 15:04:05Z"))
	}
	sum := sha256.Sum256(cert.Raw)
	known, era, ok := s.bearers.find(sum[:])
	if ok {
		return known, nil
	}
	agency, id, err := namedBy(cert)
	if err != nil {
		return bearer{}, err
	}
	b := bearer{asked: machineTime()}
	var c storage.Credential
	err = s.store.View(ctx, func(r storage.Reader) (err error) {
		b.principal, c, err = account(r, agency, id)
		return err
	})
	switch {
	case errors.Is(err, storage.ErrNotFound) || err == nil && !b.principal.RemoveTime.IsZero():
		return bearer{}, tokenRefused()
	case err != nil:
		return bearer{}, err
	case c.Principal != "" || slices.Contains(workflow.Managers(), b.principal.Role):
		return bearer{}, failf(pb.Reason_TOKEN_INVALID, "客户端证书只用于机器；管理员和有账号的用户请登录", "certificates are for machines: an administrator, and whoever has an account, signs in")
	}
	s.bearers.keep(sum[:], b, era)
	return b, nil
}

// certificateOf is the certificate of a connection that was verified, not merely shown.
func certificateOf(ctx context.Context) *x509.Certificate {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return nil
	}
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok || len(info.State.VerifiedChains) == 0 {
		return nil
	}
	return info.State.VerifiedChains[0][0]
}

// namedBy reads the principal that a certificate names by one URI.
func namedBy(cert *x509.Certificate) (agency, id string, err error) {
	var names []string
	for _, u := range cert.URIs {
		if u.Scheme == certificateScheme {
			names = append(names, u.Opaque)
		}
	}
	if len(names) == 1 {
		if name, e := url.PathUnescape(names[0]); e == nil {
			agency, id, err = principalIn(name)
		}
	}
	if id == "" || err != nil {
		return "", "", failf(pb.Reason_TOKEN_INVALID, "客户端证书应有一个URI（subjectAltName）说明用户，如gongkai:agencies/jyj/principals/platform",
			"a certificate must name its principal by one URI (subjectAltName), such as gongkai:agencies/jyj/principals/platform")
	}
	return agency, id, nil
}
