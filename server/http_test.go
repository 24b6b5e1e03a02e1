package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/storage/sqlite"
)

// selfSigned is a certificate for loopback.
func selfSigned(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, roots
}

// By TLS both the service and the pages answer, the connection within the process does
// without it, and a request that has begun is answered when the server is asked to stop.
func TestWebByTLS(t *testing.T) {
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
	s, err := server.New(server.Config{Store: store, Now: time.Now, TLS: config, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := s.Inside()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	api, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	begun := make(chan struct{})
	last, end := context.WithCancel(context.WithoutCancel(t.Context()))
	first, stop := context.WithCancel(last)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-first.Done() // it was asked to stop while this request runs
		ctx := metadata.AppendToOutgoingContext(r.Context(), "authorization", "Bearer "+token)
		me, err := pb.NewPrincipalServiceClient(conn).GetPrincipal(ctx, &pb.GetPrincipalRequest{Name: "principals/me"})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, r.Proto+" "+me.GetName())
	})
	served, answered := make(chan error, 1), make(chan error, 1)
	go func() { served <- s.Serve(last, api) }()
	go func() { answered <- s.ServeWeb(first, pages, handler, config) }()
	go func() { <-begun; stop() }()
	browser := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}}
	res, err := browser.Get("https://" + pages.Addr().String() + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(body), "HTTP/2.0 principals/admin"; got != want {
		t.Errorf("answered %q, want %q", got, want)
	}
	if err := <-answered; err != nil {
		t.Errorf("the pages ended with %v", err)
	}
	end()
	if err := <-served; err != nil {
		t.Errorf("the service ended with %v", err)
	}
}
