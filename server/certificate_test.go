package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"math/big"
	"net"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/storage"
	"gongkai/storage/sqlite"
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
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "gongkai.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	token := server.NewToken()
	if _, err := server.FirstAdministrator(t.Context(), store, token, time.Now()); err != nil {
		t.Fatal(err)
	}
	config, roots := selfSigned(t)
	authority, machines := selfSigned(t)
	config.ClientCAs, config.ClientAuth = machines, tls.VerifyClientCertIfGiven
	s, err := server.New(server.Config{Store: store, Now: time.Now, Today: day(t, today), Log: slog.New(slog.DiscardHandler), TLS: config})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	dial := func(own ...tls.Certificate) *grpc.ClientConn {
		conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: roots, Certificates: own, MinVersion: tls.VersionTLS12})))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	bearing := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
	plain := dial()
	principals := pb.NewPrincipalServiceClient(plain)
	if _, err := pb.NewAgencyServiceClient(plain).CreateAgency(bearing, &pb.CreateAgencyRequest{AgencyId: "jyj", Agency: &pb.Agency{DisplayName: "某局"}}); err != nil {
		t.Fatal(err)
	}
	for id, role := range map[string]pb.Principal_Role{"平台": pb.Principal_OFFICER, "guan": pb.Principal_ADMINISTRATOR, "li": pb.Principal_OFFICER, "removed": pb.Principal_OFFICER} {
		if _, err := principals.CreatePrincipal(bearing, &pb.CreatePrincipalRequest{Parent: "agencies/jyj", PrincipalId: id, Principal: &pb.Principal{Role: role}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Update(t.Context(), "jyj", func(w storage.Writer) error { // a person who signs in
		return w.PutCredential(storage.Credential{Agency: "jyj", Principal: "li", Password: "x", Revision: 2}, storage.Event{Object: storage.PrincipalObject("li"), Revision: 2})
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := principals.DeletePrincipal(bearing, &pb.DeletePrincipalRequest{Name: "agencies/jyj/principals/removed"}); err != nil {
		t.Fatal(err)
	}

	own := authority.Certificates[0]
	const platform = "gongkai:agencies/jyj/principals/%E5%B9%B3%E5%8F%B0"
	machine := dial(issued(t, own, naming(platform, "https://platform.example")))
	me, err := pb.NewPrincipalServiceClient(machine).GetPrincipal(t.Context(), &pb.GetPrincipalRequest{Name: "principals/me"})
	if err != nil || me.GetName() != "agencies/jyj/principals/平台" {
		t.Fatalf("the machine is %v, %v", me, err)
	}
	if _, err := principals.GetPrincipal(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer gk_wrong"), &pb.GetPrincipalRequest{Name: "principals/me"}); err == nil {
		t.Error("a wrong token was let in")
	}
	if me, err := pb.NewPrincipalServiceClient(machine).GetPrincipal(bearing, &pb.GetPrincipalRequest{Name: "principals/me"}); err != nil || me.GetName() != "principals/admin" {
		t.Errorf("with a token beside its certificate it is %v, %v", me, err)
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
	_, err = pb.NewPrincipalServiceClient(plain).GetPrincipal(t.Context(), &pb.GetPrincipalRequest{Name: "principals/me"})
	wantRefusal(t, err, codes.Unauthenticated, pb.Reason_TOKEN_INVALID)

	if _, err := principals.DeletePrincipal(bearing, &pb.DeletePrincipalRequest{Name: "agencies/jyj/principals/平台"}); err != nil {
		t.Fatal(err)
	}
	_, err = pb.NewPrincipalServiceClient(machine).GetPrincipal(t.Context(), &pb.GetPrincipalRequest{Name: "principals/me"})
	wantRefusal(t, err, codes.Unauthenticated, pb.Reason_TOKEN_INVALID)
}
