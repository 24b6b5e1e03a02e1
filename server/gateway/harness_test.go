package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"gongkai/server"
	"gongkai/server/gateway"
	"gongkai/storage"
	"gongkai/storage/blob"
	"gongkai/storage/sqlite"
	"gongkai/workflow/calendar"
)

// today is the day of the test clock.
const today = "2026-06-30"

// office is a server over a real SQLite file with the gateway before it, an agency "own"
// with principals of every role, and another one, "other".
type office struct {
	t       testing.TB
	url     string
	target  string // of gRPC
	store   storage.Store
	conn    *grpc.ClientConn // within the process
	blobs   string           // where attachments lie
	handler http.Handler
	admin   string // token
	tokens  map[string]string
}

// newOffice starts one; change may alter the configurations.
func newOffice(t testing.TB, change func(*server.Config, *gateway.Config)) *office {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "gongkai.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, admin: server.NewToken(), tokens: map[string]string{}, store: store}
	if _, err := server.FirstAdministrator(t.Context(), store, o.admin, time.Now()); err != nil {
		t.Fatal(err)
	}
	day, err := calendar.Parse(today)
	if err != nil {
		t.Fatal(err)
	}
	o.blobs = t.TempDir()
	blobs, err := blob.OpenDir(o.blobs, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	sc := server.Config{Store: store, Now: time.Now, Today: day, Log: slog.New(slog.DiscardHandler), Attachments: server.Attachments{Blobs: blobs}}
	gc := gateway.Config{Log: slog.New(slog.DiscardHandler), Dir: t.TempDir()}
	if change != nil {
		change(&sc, &gc)
	}
	s, err := server.New(sc)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := s.Inside()
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
	gc.Conn, o.conn = conn, conn
	handler, err := gateway.New(gc)
	if err != nil {
		t.Fatal(err)
	}
	hs := httptest.NewServer(handler)
	o.handler, o.url, o.target = handler, hs.URL, l.Addr().String()
	t.Cleanup(func() {
		hs.Close()
		_ = conn.Close()
		stop()
		if err := <-done; err != nil {
			t.Errorf("serving: %v", err)
		}
		if err := store.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	o.people()
	return o
}

// people makes the agencies and their principals, over JSON.
func (o *office) people() {
	o.t.Helper()
	for _, id := range []string{"own", "other"} {
		o.want(http.StatusOK, o.admin, "POST", "/v1/agencies", `{"agency_id":"`+id+`","agency":{"display_name":"测试机关`+id+`"}}`)
		for _, role := range []string{"OFFICER", "SUPERVISOR", "STATISTICIAN", "AUDITOR", "ADMINISTRATOR"} {
			made := o.want(http.StatusOK, o.admin, "POST", "/v1/agencies/"+id+"/principals", `{"principal_id":"p-`+strings.ToLower(role)+`","principal":{"role":"`+role+`"}}`)
			o.tokens[id+"/"+role] = text(made["token"])
		}
	}
}

// text is a string of an answer.
func text(v any) string {
	s, _ := v.(string)
	return s
}

// quoted writes a value as JSON.
func quoted(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// answer is what came back.
type answer struct {
	*http.Response
	body []byte
	json map[string]any
}

// call sends a request as curl would. headers come in pairs.
func (o *office) call(token, method, path string, body io.Reader, headers ...string) answer {
	o.t.Helper()
	r, err := http.NewRequestWithContext(o.t.Context(), method, o.url+path, body)
	if err != nil {
		o.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	a := answer{Response: res}
	if a.body, err = io.ReadAll(res.Body); err != nil {
		o.t.Fatalf("%s %s: %v", method, path, err)
	}
	if res.Header.Get("Content-Type") == "application/json" && method != http.MethodHead {
		if err := json.Unmarshal(a.body, &a.json); err != nil {
			o.t.Fatalf("%s %s: %v in %q", method, path, err, a.body)
		}
	}
	return a
}

// want sends a request and fails on another status.
func (o *office) want(code int, token, method, path, body string, headers ...string) map[string]any {
	o.t.Helper()
	var from io.Reader
	if body != "" {
		from = bytes.NewReader([]byte(body))
	}
	a := o.call(token, method, path, from, headers...)
	if a.StatusCode != code {
		o.t.Fatalf("%s %s answered %d, want %d: %s", method, path, a.StatusCode, code, a.body)
	}
	return a.json
}

const draft = `{"application":{"channel":"IN_PERSON","arrive_date":"2026-06-01","applicant":{"kind":"NATURAL_PERSON","display_name":"王𠮷","phone":"13800000000"},"description":"2025年度公务用车购置明细"}}`

// registered makes an application and returns its name.
func (o *office) registered() string {
	o.t.Helper()
	return text(o.want(http.StatusOK, o.tokens["own/OFFICER"], "POST", "/v1/agencies/own/applications", draft)["name"])
}

// dial calls the API as any program does.
func (o *office) dial(token string) *grpc.ClientConn {
	o.t.Helper()
	conn, err := grpc.NewClient(o.target, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithUnaryInterceptor(
		func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			return invoke(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), method, req, reply, cc, opts...)
		}))
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// before puts another gateway before a connection in the place of the office's own.
func (o *office) before(t testing.TB, conn grpc.ClientConnInterface) {
	t.Helper()
	handler, err := gateway.New(gateway.Config{Conn: conn, Log: slog.New(slog.DiscardHandler), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	hs := httptest.NewServer(handler)
	t.Cleanup(hs.Close)
	o.url = hs.URL
}
