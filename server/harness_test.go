package server_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/storage"
	"gongkai/storage/sqlite"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// env is a server on loopback over a real SQLite file.
type env struct {
	t       testing.TB
	store   storage.Store
	target  string
	shown   credentials.TransportCredentials // to the server; nil: none, in plain text
	admin   *grpc.ClientConn
	mu      sync.Mutex
	serials int
}

// today is the day of every test that names no other.
const today = "2026-06-30"

// start serves a fresh register; on names the test clock's day.
func start(t testing.TB, on string) *env {
	t.Helper()
	return startIn(t, t.TempDir(), on)
}

// startIn serves the register in a directory.
func startIn(t testing.TB, dir, on string) *env {
	t.Helper()
	return startOn(t, filepath.Join(dir, "gongkai.db"), on)
}

// startOn serves the register in a file.
func startOn(t testing.TB, path, on string) *env {
	t.Helper()
	return startBy(t, path, on, nil, nil)
}

// startBy serves the register in a file by TLS to clients with credentials, or, without
// both, in plain text.
func startBy(t testing.TB, path, on string, config *tls.Config, shown credentials.TransportCredentials) *env {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	token := server.NewToken()
	fresh, err := server.FirstAdministrator(t.Context(), store, token, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.New(server.Config{Store: store, Now: time.Now, Today: day(t, on), Log: slog.New(slog.DiscardHandler), TLS: config})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	e := &env{t: t, store: store, target: l.Addr().String(), shown: shown}
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serving: %v", err)
		}
		if err := store.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	if fresh {
		e.admin = e.dial(token)
	}
	return e
}

func day(t testing.TB, text string) workflow.Date {
	t.Helper()
	d, err := calendar.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// dial connects with a token.
func (e *env) dial(token string) *grpc.ClientConn {
	e.t.Helper()
	shown := e.shown
	if shown == nil {
		shown = insecure.NewCredentials()
	}
	conn, err := grpc.NewClient(e.target, grpc.WithTransportCredentials(shown),
		grpc.WithPerRPCCredentials(bearer(token)), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (bearer) RequireTransportSecurity() bool { return false }

// agency creates an agency below a parent (empty: at the top).
func (e *env) agency(t testing.TB, id, parent string) {
	t.Helper()
	a := &pb.Agency{DisplayName: "测试机关" + id}
	if parent != "" {
		a.Parent = "agencies/" + parent
	}
	if _, err := pb.NewAgencyServiceClient(e.admin).CreateAgency(t.Context(), &pb.CreateAgencyRequest{AgencyId: id, Agency: a}); err != nil {
		t.Fatal(err)
	}
}

// conn creates a principal with a role in an agency and connects as it. Each call makes
// another person.
func (e *env) conn(t testing.TB, role workflow.Role, agency string) *grpc.ClientConn {
	t.Helper()
	conn, _ := e.person(t, role, agency)
	return conn
}

// person is conn that also tells the resource name of the principal.
func (e *env) person(t testing.TB, role workflow.Role, agency string) (*grpc.ClientConn, string) {
	t.Helper()
	e.mu.Lock()
	e.serials++
	n := e.serials
	e.mu.Unlock()
	parent, number := "", ""
	if agency != "" && !role.Separate() {
		parent = "agencies/" + agency
	}
	if role.Separate() {
		number = strconv.Itoa(n)
	}
	res, err := pb.NewPrincipalServiceClient(e.admin).CreatePrincipal(t.Context(), &pb.CreatePrincipalRequest{
		Parent: parent, PrincipalId: strings.ToLower(string(role)) + "-" + strconv.Itoa(n),
		Principal: &pb.Principal{Role: pb.Principal_Role(pb.Principal_Role_value[string(role)]), Person: number},
	})
	if err != nil {
		t.Fatal(err)
	}
	name := res.GetPrincipal().GetName()
	if role.Separate() {
		return e.dial(e.factors(t, strings.TrimPrefix(name, "principals/"))), name
	}
	return e.dial(res.GetToken()), name
}

// factors signs a principal of the installation in as if it had shown two factors, which
// the tests of accounts do in earnest.
func (e *env) factors(t testing.TB, id string) string {
	t.Helper()
	token := "gs_" + server.NewToken()
	hash := sha256.Sum256([]byte(token))
	now := time.Now()
	err := e.store.Update(t.Context(), "", func(w storage.Writer) error {
		return w.InsertSignIn(&storage.SignIn{Principal: id, TokenHash: hash[:], CreateTime: now, SeenTime: now, ExpireTime: now.Add(time.Hour), Way: storage.ByFactor},
			now.Add(-time.Hour), storage.Event{Object: storage.PrincipalObject(id), Time: now, Actor: "test", Action: "sign_in", Facts: []byte(`{"v":1}`)})
	})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// inEnglish asks for English texts.
func inEnglish(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "accept-language", "en")
}
