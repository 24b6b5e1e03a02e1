package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
)

// issued is a certificate that an authority signed.
func issued(t *testing.T, by tls.Certificate, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	change(template)
	authority, err := x509.ParseCertificate(by.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, authority, key.Public(), by.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

func naming(names ...string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		for _, name := range names {
			u, err := url.Parse(name)
			if err != nil {
				panic(err)
			}
			c.URIs = append(c.URIs, u)
		}
	}
}

// TestCertificates: which certificates open what.
func TestCertificates(t *testing.T) {
	config, roots := selfSigned(t)
	authority, machines := selfSigned(t)
	config.ClientCAs, config.ClientAuth = machines, tls.VerifyClientCertIfGiven
	trusting := func(own ...tls.Certificate) credentials.TransportCredentials {
		return credentials.NewTLS(&tls.Config{RootCAs: roots, Certificates: own, MinVersion: tls.VersionTLS12})
	}
	e := startBy(t, filepath.Join(t.TempDir(), "gongkai.db"), today, config, trusting())
	dial := func(own ...tls.Certificate) *grpc.ClientConn {
		conn, err := grpc.NewClient(e.target, grpc.WithTransportCredentials(trusting(own...)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	e.agency(t, "jyj", "")
	principals := pb.NewPrincipalServiceClient(e.admin)
	tokens := map[string]string{}
	for id, role := range map[string]pb.Principal_Role{"平台": pb.Principal_OFFICER, "guan": pb.Principal_ADMINISTRATOR, "li": pb.Principal_OFFICER, "removed": pb.Principal_OFFICER} {
		res, err := principals.CreatePrincipal(t.Context(), &pb.CreatePrincipalRequest{Parent: "agencies/jyj", PrincipalId: id, Principal: &pb.Principal{Role: role}})
		if err != nil {
			t.Fatal(err)
		}
		tokens[id] = res.GetToken()
	}
	if err := e.store.Update(t.Context(), "jyj", func(w storage.Writer) error { // a person who signs in
		return w.PutCredential(storage.Credential{Agency: "jyj", Principal: "li", Password: "x", Revision: 2}, storage.Event{Object: storage.PrincipalObject("li"), Revision: 2})
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := principals.DeletePrincipal(t.Context(), &pb.DeletePrincipalRequest{Name: "agencies/jyj/principals/removed"}); err != nil {
		t.Fatal(err)
	}

	own := authority.Certificates[0]
	const platform = "gongkai:agencies/jyj/principals/%E5%B9%B3%E5%8F%B0"
	machine := dial(issued(t, own, naming(platform, "https://platform.example")))
	me, err := pb.NewPrincipalServiceClient(machine).GetPrincipal(t.Context(), &pb.GetPrincipalRequest{Name: "principals/me"})
	if err != nil || me.GetName() != "agencies/jyj/principals/平台" {
		t.Fatalf("the machine is %v, %v", me, err)
	}
	for token, want := range map[string]string{tokens["guan"]: "agencies/jyj/principals/guan", "gk_wrong": ""} {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
		if me, err := pb.NewPrincipalServiceClient(machine).GetPrincipal(ctx, &pb.GetPrincipalRequest{Name: "principals/me"}); me.GetName() != want || (err == nil) != (want != "") {
			t.Errorf("with a token beside its certificate it is %v, %v, want %q", me, err, want)
		}
	}
	stranger, _ := selfSigned(t)
	for name, cert := range map[string]tls.Certificate{
		"an administrator of an agency":     issued(t, own, naming("gongkai:agencies/jyj/principals/guan")),
		"the administrator":                 issued(t, own, naming("gongkai:principals/admin")),
		"a person":                          issued(t, own, naming("gongkai:agencies/jyj/principals/li")),
		"nobody":                            issued(t, own, naming("gongkai:agencies/jyj/principals/nobody")),
		"a principal removed":               issued(t, own, naming("gongkai:agencies/jyj/principals/removed")),
		"two":                               issued(t, own, naming(platform, "gongkai:agencies/jyj/principals/li")),
		"none":                              issued(t, own, naming("https://platform.example")),
		"a path":                            issued(t, own, naming("gongkai:///agencies/jyj/principals/x")),
		"an agency":                         issued(t, own, naming("gongkai:agencies/jyj")),
		"the machine, signed by a stranger": issued(t, stranger.Certificates[0], naming(platform)),
		"the machine, expired":              issued(t, own, func(c *x509.Certificate) { naming(platform)(c); c.NotAfter = time.Now().Add(-time.Minute) }),
		"the machine, made for servers alone": issued(t, own, func(c *x509.Certificate) {
			naming(platform)(c)
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		}),
	} {
		_, err := pb.NewPrincipalServiceClient(dial(cert)).GetPrincipal(t.Context(), &pb.GetPrincipalRequest{Name: "principals/me"})
		if code := codeOf(err); code != codes.Unauthenticated && code != codes.Unavailable {
			t.Errorf("a certificate of %s answered %v", name, err)
		}
	}
	_, err = pb.NewPrincipalServiceClient(dial()).GetPrincipal(t.Context(), &pb.GetPrincipalRequest{Name: "principals/me"})
	wantRefusal(t, err, codes.Unauthenticated, pb.Reason_TOKEN_INVALID)

	if _, err := principals.DeletePrincipal(t.Context(), &pb.DeletePrincipalRequest{Name: "agencies/jyj/principals/平台"}); err != nil {
		t.Fatal(err)
	}
	_, err = pb.NewPrincipalServiceClient(machine).GetPrincipal(t.Context(), &pb.GetPrincipalRequest{Name: "principals/me"})
	wantRefusal(t, err, codes.Unauthenticated, pb.Reason_TOKEN_INVALID)
}
