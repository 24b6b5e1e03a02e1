package client_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"gongkai/client"
	"gongkai/client/internal/grpctest"
	pb "gongkai/proto/disclosure/v1"
)

// dial connects to a test server.
func dial(t *testing.T, address string, opts ...client.Option) *client.Client {
	t.Helper()
	c, err := client.Dial(t.Context(), address, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func answer(messages ...proto.Message) grpctest.Answer {
	return func(grpctest.Call) ([]proto.Message, error) { return messages, nil }
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	token := write(t, "token", "gk_secret\n")
	tests := []struct {
		name                string
		opts                []client.Option
		language, authority []string
	}{
		{"defaults", nil, []string{"zh-CN"}, nil},
		{"token and English", []client.Option{client.WithTokenFile(token), client.WithLanguage(client.English)}, []string{"en"}, []string{"Bearer gk_secret"}},
		{"the last token counts", []client.Option{client.WithTokenFile(token), client.WithToken("other")}, []string{"zh-CN"}, []string{"Bearer other"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := grpctest.Serve(t, answer(&pb.Day{}))
			c := dial(t, server.Address, test.opts...)
			if _, err := c.Calendar.GetDay(t.Context(), &pb.GetDayRequest{Date: "2026-03-02"}); err != nil {
				t.Fatal(err)
			}
			header := server.Calls()[0].Header
			if diff := cmp.Diff(test.language, header.Get("accept-language")); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.authority, header.Get("authorization")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDialRefuses(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name   string
		ctx    context.Context
		target string
		option client.Option
		want   string
	}{
		{"empty target", t.Context(), " ", nil, "HOST:PORT"},
		{"ended context", ended, "localhost:1", nil, "context canceled"},
		{"missing token file", t.Context(), "localhost:1", client.WithTokenFile(filepath.Join(t.TempDir(), "none")), "no such file"},
		{"empty token file", t.Context(), "localhost:1", client.WithTokenFile(write(t, "empty", "\n")), "empty"},
		{"token of two lines", t.Context(), "localhost:1", client.WithToken("a\nb"), "one line"},
		{"token that is no ASCII", t.Context(), "localhost:1", client.WithToken("令牌"), "ASCII"},
		{"missing CA file", t.Context(), "localhost:1", client.WithCAFile(filepath.Join(t.TempDir(), "none")), "no such file"},
		{"CA file without certificate", t.Context(), "localhost:1", client.WithCAFile(write(t, "ca", "text")), "no PEM"},
		{"unknown language", t.Context(), "localhost:1", client.WithLanguage("fr"), "neither"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var opts []client.Option
			if test.option != nil {
				opts = append(opts, test.option)
			}
			_, err := client.Dial(test.ctx, test.target, opts...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

// certificate makes a self-signed certificate for 127.0.0.1.
func certificate(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"office.example"}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile = write(t, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	return certFile, write(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
}

// TestTransport checks that a token never leaves the machine in plain text unless that
// was asked for.
func TestTransport(t *testing.T) {
	t.Parallel()
	certFile, keyFile := certificate(t)
	secure, err := credentials.NewServerTLSFromFile(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	encrypted := grpctest.Serve(t, answer(&pb.Day{}), grpc.Creds(secure))
	plain := grpctest.Serve(t, answer(&pb.Day{}))
	// elsewhere is a target that is not loopback by name and ends at a test server.
	elsewhere := func(s *grpctest.Server) client.Option {
		return client.WithDialOptions(grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", s.Address)
		}))
	}
	tests := []struct {
		name   string
		target string
		opts   []client.Option
		want   codes.Code
	}{
		{"loopback is plain", plain.Address, nil, codes.OK},
		{"loopback with CA file is TLS", encrypted.Address, []client.Option{client.WithCAFile(certFile)}, codes.OK},
		{"plain to a TLS port fails", encrypted.Address, nil, codes.Unavailable},
		{"other hosts are TLS", "passthrough:///office.example:443", []client.Option{elsewhere(plain)}, codes.Unavailable},
		{"other hosts plain on demand", "passthrough:///office.example:443", []client.Option{elsewhere(plain), client.WithInsecure()}, codes.OK},
		{"other hosts by CA file", "passthrough:///office.example:443", []client.Option{elsewhere(encrypted), client.WithCAFile(certFile)}, codes.OK},
		{"unknown certificate is refused", "passthrough:///office.example:443", []client.Option{elsewhere(encrypted)}, codes.Unavailable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, test.target, append(test.opts, client.WithToken("secret"))...)
			_, err := c.Calendar.GetDay(t.Context(), &pb.GetDayRequest{})
			if got := status.Code(err); got != test.want {
				t.Errorf("got %v (%v), want %v", got, err, test.want)
			}
		})
	}
}

// TestRetry calls every method of a service that is not there: those that can be sent
// again safely are, with the same request_id each time, and the others are not.
func TestRetry(t *testing.T) {
	t.Parallel()
	once := map[string]bool{
		"CreatePrincipal": true, "DeletePrincipal": true, "DeleteFeed": true,
		"SignIn": true, "SignOut": true, "EndSignIn": true, "EnrolOneTimeCode": true, "ResetPassword": true,
		"ExchangeToken": true, "BeginSingleSignOn": true, "FinishSingleSignOn": true, "VerifyOneTimeCode": true,
	}
	unavailable := func(grpctest.Call) ([]proto.Message, error) {
		return nil, status.Error(codes.Unavailable, "gone")
	}
	server := grpctest.Serve(t, unavailable)
	c := dial(t, server.Address)
	var all sync.WaitGroup
	sent, ids := map[string]int{}, map[string]map[string]bool{}
	want, wantIDs := map[string]int{}, map[string]int{}
	for _, method := range grpctest.Methods(t, "disclosure.v1") {
		name := string(method.Name())
		if method.IsStreamingClient() || method.IsStreamingServer() {
			continue
		}
		want[name], wantIDs[name] = 4, 0
		if once[name] {
			want[name] = 1
		}
		if method.Input().Fields().ByName("request_id") != nil {
			wantIDs[name] = 1
		}
		all.Go(func() {
			if err := invoke(t, c, name); status.Code(err) != codes.Unavailable {
				t.Errorf("%s: got %v, want UNAVAILABLE", name, err)
			}
		})
	}
	all.Wait()
	for _, call := range server.Calls() {
		sent[call.Method]++
		if ids[call.Method] == nil {
			ids[call.Method] = map[string]bool{}
		}
		if r, ok := call.Requests[0].(interface{ GetRequestId() string }); ok && r.GetRequestId() != "" {
			ids[call.Method][r.GetRequestId()] = true
		}
	}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("times sent: %s", diff)
	}
	for name, n := range wantIDs {
		if len(ids[name]) != n {
			t.Errorf("%s: request ids %v, want %d", name, ids[name], n)
		}
	}
}

// invoke calls a method by its name with an empty request.
func invoke(t *testing.T, c *client.Client, method string) error {
	t.Helper()
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		if m := v.Field(i).Elem().MethodByName(method); m.IsValid() {
			request := reflect.New(m.Type().In(1).Elem())
			out := m.Call([]reflect.Value{reflect.ValueOf(t.Context()), request})
			err, _ := reflect.TypeAssert[error](out[1])
			return err
		}
	}
	return fmt.Errorf("no service of the client has the method %s", method)
}

func TestRequestIDOfTheCaller(t *testing.T) {
	t.Parallel()
	server := grpctest.Serve(t, answer(&pb.Application{}))
	c := dial(t, server.Address)
	mine := &pb.ActOnApplicationRequest{Name: "n", RequestId: client.NewRequestID()}
	none := &pb.ActOnApplicationRequest{Name: "n"}
	for _, request := range []*pb.ActOnApplicationRequest{mine, none} {
		if _, err := c.Applications.ActOnApplication(t.Context(), request); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(proto.Message(mine), server.Calls()[0].Requests[0], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if none.GetRequestId() != "" {
		t.Error("the message of the caller was changed")
	}
}
