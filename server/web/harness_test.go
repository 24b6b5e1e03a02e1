package web_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/server/signon"
	"gongkai/server/web"
	"gongkai/storage"
	"gongkai/storage/blob"
	"gongkai/storage/sqlite"
	"gongkai/workflow/calendar"
)

// today is the day of every test.
const today = "2026-06-30"

// office is a desk over a real server with a fresh register.
type office struct {
	t       testing.TB
	server  *server.Server
	store   storage.Store
	url     string
	admin   *grpc.ClientConn
	token   string // of the first administrator
	handler http.Handler
	log     *logged
	bare    atomic.Bool // see unguard
	serials int
}

// unguard takes the policy off every answer, to see what holds without it.
func (o *office) unguard() { o.bare.Store(true) }

// unguarded drops the policy before the head is written.
type unguarded struct{ http.ResponseWriter }

func (u unguarded) WriteHeader(status int) {
	u.Header().Del("Content-Security-Policy")
	u.ResponseWriter.WriteHeader(status)
}

// logged keeps what is logged; a page that makes too many calls, or panics, fails the test.
type logged struct {
	allowed string // what the test provokes

	mu  sync.Mutex
	out bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String()
}

// open opens an office; change, if not nil, changes the desk's configuration.
func open(t testing.TB, change func(*web.Config)) *office {
	t.Helper()
	return openBy(t, nil, change)
}

// openBy opens an office with an identity provider.
func openBy(t testing.TB, single *signon.Provider, change func(*web.Config)) *office {
	t.Helper()
	return openOn(t, filepath.Join(t.TempDir(), "gongkai.db"), single, change)
}

// openOn opens an office on a register that nobody has served yet.
func openOn(t testing.TB, path string, single *signon.Provider, change func(*web.Config)) *office {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.OpenDir(blob.Beside(path), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, token: server.NewToken(), log: &logged{}, store: store}
	if _, err := server.FirstAdministrator(t.Context(), store, o.token, time.Now()); err != nil {
		t.Fatal(err)
	}
	day, err := calendar.Parse(today)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if o.server, err = server.New(server.Config{Store: store, Now: time.Now, Today: day, Log: log, Attachments: server.Attachments{Blobs: blobs}, Accounts: server.Accounts{SingleSignOn: single}}); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- o.server.Serve(ctx, l) }()
	conn, err := o.server.Inside()
	if err != nil {
		t.Fatal(err)
	}
	config := web.Config{Conn: conn, Now: time.Now, Log: log, SingleSignOn: single != nil, Beside: map[string]http.Handler{"/feeds/": o.server.Feeds()}}
	if change != nil {
		change(&config)
	}
	desk, err := web.New(config)
	if err != nil {
		t.Fatal(err)
	}
	hs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.bare.Load() {
			w = unguarded{w}
		}
		desk.ServeHTTP(w, r)
	}))
	o.handler, o.url = desk, hs.URL
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
		for _, bad := range []string{"too many calls", "panic", "showing an error"} {
			if bad != o.log.allowed && strings.Contains(o.log.String(), bad) {
				t.Errorf("the desk logged %q:\n%s", bad, o.log)
			}
		}
	})
	o.admin = o.dial(l.Addr().String(), o.token)
	return o
}

// dial calls the API as any program does.
func (o *office) dial(target, token string) *grpc.ClientConn {
	o.t.Helper()
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithPerRPCCredentials(bearer(token)))
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (bearer) RequireTransportSecurity() bool { return false }

// agency creates an agency at the top.
func (o *office) agency(id string) {
	o.t.Helper()
	_, err := pb.NewAgencyServiceClient(o.admin).CreateAgency(o.t.Context(), &pb.CreateAgencyRequest{
		AgencyId: id, Agency: &pb.Agency{DisplayName: "示例市" + id + "局"},
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

// hire creates a principal and returns its token.
func (o *office) hire(role pb.Principal_Role, agency string) string {
	o.t.Helper()
	o.serials++
	req := &pb.CreatePrincipalRequest{
		PrincipalId: strings.ToLower(role.String()) + "-" + strconv.Itoa(o.serials), Principal: &pb.Principal{Role: role},
	}
	if agency != "" {
		req.Parent = "agencies/" + agency
	}
	res, err := pb.NewPrincipalServiceClient(o.admin).CreatePrincipal(o.t.Context(), req)
	if err != nil {
		o.t.Fatal(err)
	}
	return res.GetToken()
}

// api calls the service as whoever holds a token.
func (o *office) api(token string) *grpc.ClientConn { return o.dial(o.admin.Target(), token) }

// signIn begins a sign-in with the token of a principal: nothing else opens the desk.
func (o *office) signIn(token string) string {
	o.t.Helper()
	res, err := pb.NewAccountServiceClient(o.api(token)).ExchangeToken(o.t.Context(), &pb.ExchangeTokenRequest{})
	if err != nil {
		o.t.Fatal(err)
	}
	return res.GetToken()
}

// register enters an application that arrived on a day.
func (o *office) register(conn *grpc.ClientConn, agency, name, description, day string) *pb.Application {
	o.t.Helper()
	a, err := pb.NewApplicationServiceClient(conn).CreateApplication(o.t.Context(), &pb.CreateApplicationRequest{
		Parent: "agencies/" + agency,
		Application: &pb.Application{
			Channel: pb.Application_IN_PERSON, ArriveDate: day, Description: description,
			Applicant: &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON, DisplayName: name, Phone: "13800000000"},
		},
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return a
}

// visitor is a browser without script.
type visitor struct {
	t      testing.TB
	office *office
	client *http.Client
	header http.Header // sent with every request
}

func (o *office) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	return &visitor{t: o.t, office: o, header: http.Header{}, client: &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// enter is a visitor that signed in by a token.
func (o *office) enter(token string) *visitor {
	o.t.Helper()
	v := o.visitor()
	sign := v.get("/sign-in")
	res := v.post("/sign-in/token", sign.with(url.Values{"token": {token}}))
	if res.status != http.StatusSeeOther {
		o.t.Fatalf("signing in by token answered %d:\n%s", res.status, res.text)
	}
	return v
}

// sheet is an answer.
type sheet struct {
	t      testing.TB
	status int
	header http.Header
	text   string
	root   *html.Node
}

func (v *visitor) get(path string) *sheet { return v.do(http.MethodGet, path, nil) }

// post sends a form.
func (v *visitor) post(path string, form url.Values) *sheet {
	return v.do(http.MethodPost, path, form)
}

func (v *visitor) do(method, path string, form url.Values) *sheet {
	v.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.office.url+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	maps.Copy(req.Header, v.header)
	res, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	s := &sheet{t: v.t, status: res.StatusCode, header: res.Header, text: string(raw)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		if s.root, err = html.Parse(bytes.NewReader(raw)); err != nil {
			v.t.Fatal(err)
		}
	}
	return s
}

// follow gets the page that an answer leads to.
func (v *visitor) follow(s *sheet) *sheet {
	v.t.Helper()
	if s.status != http.StatusSeeOther {
		v.t.Fatalf("the answer leads nowhere: %d\n%s", s.status, s.text)
	}
	return v.get(s.header.Get("Location"))
}

// with are the hidden inputs of the page's last form with a token, and what is filled in.
func (s *sheet) with(filled url.Values) url.Values {
	s.t.Helper()
	out := url.Values{}
	for n := range s.root.Descendants() { // in their order: the form of the page comes after that of the menu
		if n.Type == html.ElementNode && n.Data == "input" && attr(n, "type") == "hidden" {
			out.Set(attr(n, "name"), attr(n, "value"))
		}
	}
	if out.Get("form_token") == "" {
		s.t.Fatalf("the page has no form:\n%s", s.text)
	}
	maps.Copy(out, filled)
	return out
}

// nodes are the elements of a name, with their text.
func (s *sheet) nodes(name string) map[*html.Node]string {
	out := map[*html.Node]string{}
	if s.root == nil {
		return out
	}
	for n := range s.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			out[n] = textOf(n)
		}
	}
	return out
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// act applies actions to an application.
func (o *office) act(conn *grpc.ClientConn, a *pb.Application, actions ...*pb.Action) *pb.Application {
	o.t.Helper()
	out, err := pb.NewApplicationServiceClient(conn).ActOnApplication(o.t.Context(), &pb.ActOnApplicationRequest{Name: a.GetName(), Actions: actions})
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}

// another creates another agency and returns its id.
func (o *office) another() string {
	o.serials++
	id := "other-" + strconv.Itoa(o.serials)
	o.agency(id)
	return id
}
