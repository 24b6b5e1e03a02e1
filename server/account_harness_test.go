package server_test

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/server/onetime"
	"gongkai/server/password"
	"gongkai/server/signon"
	"gongkai/storage"
	"gongkai/storage/sqlite"
)

// desk is a server within the process, over a real SQLite file, with a clock that tests set.
// What calls it names its own address, as the web does for its browsers.
type desk struct {
	t      testing.TB
	path   string
	secret string // that of the first start
	hasher *password.Hasher
	store  storage.Store
	conn   *grpc.ClientConn
	stop   func()

	pb.AccountServiceClient
	principals pb.PrincipalServiceClient
	clock      atomic.Int64
	single     *signon.Provider
	terminals  server.Terminals
}

// quick is a cost for tests that do not measure it.
var quick = password.Cost{Memory: 8, Passes: 1, Threads: 1}

func startDesk(t testing.TB, profile password.Profile) *desk {
	t.Helper()
	return startDeskBy(t, profile, func(*desk) *signon.Provider { return nil })
}

// startDeskBy serves with an identity provider.
func startDeskBy(t testing.TB, profile password.Profile, single func(*desk) *signon.Provider) *desk {
	t.Helper()
	d := &desk{t: t, path: filepath.Join(t.TempDir(), "gongkai.db"), secret: server.NewToken(), hasher: password.NewHasher(quick, 2)}
	d.clock.Store(time.Date(2026, 6, 30, 1, 0, 0, 0, time.UTC).UnixNano())
	d.single = single(d)
	d.serve(profile)
	t.Cleanup(func() { d.stop() })
	return d
}

func (d *desk) now() time.Time { return time.Unix(0, d.clock.Load()).UTC() }

func (d *desk) pass(by time.Duration) { d.clock.Add(int64(by)) }

// serve opens the register and serves it.
func (d *desk) serve(profile password.Profile) {
	d.t.Helper()
	store, err := sqlite.Open(context.Background(), d.path, sqlite.Options{})
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := server.FirstAdministrator(context.Background(), store, d.secret, d.now()); err != nil {
		d.t.Fatal(err)
	}
	s, err := server.New(server.Config{
		Store: store, Now: d.now, Today: day(d.t, today), Log: slog.New(slog.DiscardHandler),
		Accounts: server.Accounts{Profile: profile, Hasher: d.hasher, SingleSignOn: d.single, Terminals: d.terminals},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		d.t.Fatal(err)
	}
	conn, err := s.Inside()
	if err != nil {
		d.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	d.store, d.conn = store, conn
	d.AccountServiceClient, d.principals = pb.NewAccountServiceClient(conn), pb.NewPrincipalServiceClient(conn)
	d.stop = func() {
		_ = conn.Close()
		cancel()
		if err := <-done; err != nil {
			d.t.Errorf("serving: %v", err)
		}
		if err := store.Close(); err != nil {
			d.t.Errorf("closing the store: %v", err)
		}
	}
}

// from is a call from an address, by whoever has the token; empty: by nobody.
func (d *desk) from(address, token string) context.Context {
	ctx := metadata.AppendToOutgoingContext(d.t.Context(), server.RemoteHeader, address+":4711", server.AgentHeader, "Firefox/140 (test)")
	if token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	return ctx
}

// atWork is where everybody of these tests works.
const atWork = "192.0.2.1"

func (d *desk) by(token string) context.Context { return d.from(atWork, token) }

// tree makes agencies with the token of the first start.
func (d *desk) tree(ids ...string) {
	d.t.Helper()
	for _, id := range ids {
		_, err := pb.NewAgencyServiceClient(d.conn).CreateAgency(d.by(d.secret), &pb.CreateAgencyRequest{AgencyId: id, Agency: &pb.Agency{DisplayName: "某市" + id + "局"}})
		if err != nil {
			d.t.Fatal(err)
		}
	}
}

// person makes a principal and gives it a first password.
func (d *desk) person(parent, id string, role pb.Principal_Role) (name, given string) {
	d.t.Helper()
	p, err := d.principals.CreatePrincipal(d.by(d.secret), &pb.CreatePrincipalRequest{Parent: parent, PrincipalId: id, Principal: &pb.Principal{Role: role}})
	if err != nil {
		d.t.Fatal(err)
	}
	name = p.GetPrincipal().GetName()
	r, err := d.ResetPassword(d.by(d.secret), &pb.ResetPasswordRequest{Name: name})
	if err != nil {
		d.t.Fatal(err)
	}
	return name, r.GetOneTimePassword()
}

// good is a password that may be set, and others are those after it.
const good = "Tq7#vMxe-01"

// officer makes an officer of an agency with a password of his own, who has signed in
// nowhere.
func (d *desk) officer(agency, id string) (name string) {
	d.t.Helper()
	name, given := d.person("agencies/"+agency, id, pb.Principal_OFFICER)
	d.choose(name, given, "203.0.113.200")
	return name
}

// choose signs in with a password that was given out, sets a good one and signs out.
func (d *desk) choose(name, given, address string) {
	d.t.Helper()
	r, err := d.SignIn(d.from(address, ""), &pb.SignInRequest{Account: name, Password: given})
	if err != nil {
		d.t.Fatal(err)
	}
	ctx := d.from(address, r.GetToken())
	if _, err := d.ChangePassword(ctx, &pb.ChangePasswordRequest{CurrentPassword: given, NewPassword: good}); err != nil {
		d.t.Fatal(err)
	}
	if _, err := d.SignOut(ctx, &pb.SignOutRequest{}); err != nil {
		d.t.Fatal(err)
	}
}

// enter signs in and returns the token.
func (d *desk) enter(name, password, code string) string {
	d.t.Helper()
	r, err := d.SignIn(d.by(""), &pb.SignInRequest{Account: name, Password: password, OneTimeCode: code})
	if err != nil {
		d.t.Fatal(err)
	}
	return r.GetToken()
}

// enrol enrols a device and returns its secret and the recovery codes.
func (d *desk) enrol(token string) (secret []byte, recovery []string) {
	d.t.Helper()
	r, err := d.EnrolOneTimeCode(d.by(token), &pb.EnrolOneTimeCodeRequest{})
	if err != nil {
		d.t.Fatal(err)
	}
	secret = secretOf(d.t, r.GetSecret())
	if _, err := d.ConfirmOneTimeCode(d.by(token), &pb.ConfirmOneTimeCodeRequest{OneTimeCode: d.code(secret)}); err != nil {
		d.t.Fatal(err)
	}
	return secret, r.GetRecoveryCodes()
}

func (d *desk) code(secret []byte) string { return onetime.Code(secret, onetime.Step(d.now())) }

// calls reports whether a token is still taken. A second passes, which is as long as an
// answer about a token may hold.
func (d *desk) calls(token string) error {
	_, err := d.principals.GetPrincipal(d.by(token), &pb.GetPrincipalRequest{Name: "principals/me"})
	return err
}

// reasonOf is the reason of a refusal; empty: there is none.
func reasonOf(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	if err != nil {
		return status.Code(err).String()
	}
	return ""
}

func wantReason(t testing.TB, what string, err error, want pb.Reason) {
	t.Helper()
	name := want.String()
	if want == pb.Reason_REASON_UNSPECIFIED {
		name = ""
	}
	if got := reasonOf(err); got != name {
		t.Errorf("%s: %q (%v), want %q", what, got, err, name)
	}
}

// none is that a call succeeds.
const none = pb.Reason_REASON_UNSPECIFIED

// acts counts the events of an object by action.
func (d *desk) acts(agency, object string) map[string]int {
	d.t.Helper()
	out := map[string]int{}
	err := d.store.View(context.Background(), func(r storage.Reader) error {
		list, err := r.Events(agency, object)
		for _, e := range list {
			out[e.Action]++
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}
