//go:build linux

package sqlite_test

import (
	"context"
	"database/sql/driver"
	"flag"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"modernc.org/sqlite"

	"gongkai/server"
	"gongkai/server/signon"
	"gongkai/storage/blob"
	gongkai "gongkai/storage/sqlite"
	"gongkai/storage/storagetest/faults"
	"gongkai/workflow/calendar"
)

var sweep = flag.Bool("sweep", false, "let every write, truncation and sync of every use case fail, in every way")

// swallowing answers a commit that failed as if it had not, and hears of no rollback.
var swallowing = wrongStore{name: "swallows the error of a commit", wrap: func(c driver.Connector) driver.Connector {
	return deafConnector{tamperedConnector{c, tamper{exec: func(text string, run func(context.Context) (driver.Result, error)) (driver.Result, error) {
		r, err := run(context.Background())
		if text == "COMMIT" && err != nil {
			return driver.RowsAffected(0), nil
		}
		return r, err
	}}}}
}}

type deafConnector struct{ driver.Connector }

func (c deafConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return deafConn{conn.(rawConn)}, nil
}

type deafConn struct{ rawConn }

func (deafConn) RegisterRollbackHook(sqlite.RollbackHookFn) {}

// accident is one fault under one use case.
type accident struct {
	use     useCase
	n       int  // the operation that fails
	once    bool // and no other after it
	full    bool // ENOSPC rather than EIO
	cut     bool // then the power goes
	again   int  // and this operation of the recovery fails; 0: none
	wrong   wrongStore
	retried bool // a sync that failed is tried again, and then says that all is well
}

func (a accident) String() string {
	kind, often, after := "EIO", "for ever", "restart"
	if a.full {
		kind = "ENOSPC"
	}
	if a.once {
		often = "once"
	}
	if a.cut {
		after = "power cut"
	}
	return fmt.Sprintf("%s: %s at operation %d %s, then %s, recovery fails at %d", a.use.name, kind, a.n, often, after, a.again)
}

// stage is a service on a copy of the scene.
type stage struct {
	*watched
	path  string
	scene *scene
	start []byte // the file as it was at the start
}

func newStage(t testing.TB, sc *scene, dir string, keep bool) *stage {
	t.Helper()
	s := &stage{path: filepath.Join(dir, "gongkai.db"), scene: sc, start: must(os.ReadFile(sc.path))(t)}
	s.place(t, map[string][]byte{"gongkai.db": s.start})
	s.watched = watch(t, dir, keep)
	return s
}

// place makes the files of the stage those given.
func (s *stage) place(t testing.TB, files map[string][]byte) {
	t.Helper()
	dir := filepath.Dir(s.path)
	for _, e := range must(os.ReadDir(dir))(t) {
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// serve runs fn while the service is served on the stage.
func (s *stage) serve(t testing.TB, wrap func(driver.Connector) driver.Connector, fn func(people)) (err error) {
	t.Helper()
	store, err := gongkai.OpenWith(t.Context(), s.path, wrap)
	if err != nil {
		return err
	}
	now := time.Date(2026, 6, 30, 2, 0, 0, 0, time.UTC)
	contents := must(blob.OpenDir(s.scene.contents, time.Now))(t)
	defer contents.Close()
	provider := must(signon.New(signon.Config{ // which nobody asks: identities are only linked
		Issuer: "http://127.0.0.1:1", ClientID: "gongkai", ClientSecret: "secret", RedirectURL: "http://127.0.0.1:1/back", Now: func() time.Time { return now },
	}))(t)
	srv := must(server.New(server.Config{
		Store: store, Now: func() time.Time { return now }, Today: calendar.New(2026, 6, 30), Log: slog.New(slog.DiscardHandler),
		Attachments: server.Attachments{Blobs: contents}, Accounts: server.Accounts{SingleSignOn: provider},
	}))(t)
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ctx, l) }()
	c := people{admin: dialAs(t, l.Addr().String(), s.scene.admin), shi: dialAs(t, l.Addr().String(), s.scene.token), xian: dialAs(t, l.Addr().String(), s.scene.xian)}
	fn(c)
	for _, conn := range []*grpc.ClientConn{c.admin, c.shi, c.xian} {
		_ = conn.Close()
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("serving: %v", err)
	}
	_ = store.Close() // of a disk that fails it cannot say otherwise
	return nil
}

// said is what the register says but for what is drawn by lot each time, which are salts,
// and with them seals and leaves, and tokens; and but for what a server does in the background
// after a calendar was imported, and the places of events that depend on that.
func (s *stage) said(t testing.TB) string {
	t.Helper()
	whole := dumped
	defer func() { dumped = whole }()
	dumped = append([]string{`SELECT key, id, name, parent, settings, revision FROM agency`}, whole[1:len(whole)-1]...)
	dumped = append(dumped, `SELECT agency, object, revision, actor, action, request_id, request_hash, CASE WHEN object LIKE 'feed/%' THEN '' ELSE facts END, data IS NULL
		FROM event e LEFT JOIN event_personal p ON p.seq = e.seq WHERE object <> 'calendar/caches'`)
	text := must(dump(t.Context(), s.path))(t)
	return moments.ReplaceAllString(text, "[now]")
}

// moments are the clock's, which stands still; what comes later is put a microsecond after it.
var moments = regexp.MustCompile(`178278480000[0-9]{4}\b|2026-06-30T02:00:00(\.[0-9]+)?Z`)

const requestOfAccident = "6f9619ff-8b86-d011-b42d-00c04fc964ff"

// happen lets an accident happen. It returns how many operations the call made, and what was
// wrong afterwards; want is what the register must say in the end.
func (s *stage) happen(t testing.TB, a accident, want string, rnd *rand.Rand) (count int, wrong string) {
	t.Helper()
	s.place(t, map[string][]byte{"gongkai.db": s.start})
	s.ops, s.retried = nil, a.retried
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second)
	defer cancel()
	var first, second error
	failed, marked := 0, 0
	err := s.serve(t, a.wrong.wrap, func(c people) {
		s.arm(a.n, a.once, a.full)
		first = a.use.send(ctx, c, s.scene, requestOfAccident)
		marked = len(s.ops)
		if a.cut {
			return // it stays as broken as it is
		}
		count, failed = s.disarm()
		second = a.use.send(ctx, c, s.scene, requestOfAccident)
	})
	if err != nil {
		t.Fatal(err)
	}
	if a.cut {
		count, failed = s.disarm()
		count = min(count, marked)
		s.place(t, s.left(rnd, marked))
	}
	if want == "" { // the call itself, without an accident
		return count, s.settled(t, first)
	}
	if failed == 0 {
		return count, ""
	}
	for _, err := range []error{first, second} {
		if kind := status.Code(err); kind != codes.OK && kind != codes.Unavailable && kind != codes.ResourceExhausted && !repeated(err) {
			return count, fmt.Sprintf("the caller was told: %v", err)
		}
	}
	if a.again > 0 {
		s.arm(a.again, a.once, a.full)
		if err := s.serve(t, rightStore.wrap, func(people) {}); err == nil {
			_ = err // the fault came later, or never
		}
		s.disarm()
	}
	return count, s.recover(t, ctx, a, first, second, want)
}

// left are the files after a power cut right after an answer.
func (s *stage) left(rnd *rand.Rand, upTo int) map[string][]byte {
	v := faults.NewVolume(rnd)
	v.Put("gongkai.db", s.start)
	for _, op := range s.ops[:upTo] {
		v.Apply(op)
	}
	return v.Crash(faults.Lot)
}

// recover starts the service on a sound disk again. What was acknowledged is there; sent
// again, the call has had one effect in all.
func (s *stage) recover(t testing.TB, ctx context.Context, a accident, first, second error, want string) string {
	t.Helper()
	if v, err := verifyFile(ctx, s.path); err != nil || len(v.findings) > 0 {
		return fmt.Sprintf("verifying: %v %v", err, v)
	}
	if first == nil || second == nil && !a.cut {
		if err := s.sealed(t); err != nil {
			return err.Error()
		}
		if got := s.said(t); got != want {
			return "acknowledged, and lost or changed:\n" + firstDifference(want, got)
		}
	}
	var last error
	if err := s.serve(t, rightStore.wrap, func(c people) { last = a.use.send(ctx, c, s.scene, requestOfAccident) }); err != nil {
		return fmt.Sprintf("opening after the repair: %v", err)
	}
	if last != nil && !repeated(last) {
		return fmt.Sprintf("sent again: %v", last)
	}
	return s.differs(t, want)
}

// sealed opens and closes the file, so that no log is left beside it.
func (s *stage) sealed(t testing.TB) error {
	t.Helper()
	store, err := gongkai.OpenWith(t.Context(), s.path, rightStore.wrap)
	if err != nil {
		return fmt.Errorf("opening after the repair: %w", err)
	}
	return store.Close()
}

func (s *stage) differs(t testing.TB, want string) string {
	t.Helper()
	if got := s.said(t); got != want {
		return "in the end:\n" + firstDifference(want, got)
	}
	return ""
}

func (s *stage) settled(t testing.TB, err error) string {
	t.Helper()
	if err != nil {
		t.Fatalf("without a fault: %v", err)
	}
	return s.said(t)
}

// repeated reports whether a call without a request id was refused because it has had its
// effect before.
func repeated(err error) bool {
	kind := status.Code(err)
	return kind == codes.AlreadyExists || kind == codes.NotFound || kind == codes.FailedPrecondition
}

// accidents are those of a use case that makes so many operations: some of each kind, or all.
func accidents(u useCase, count int, rnd *rand.Rand) []accident {
	var list []accident
	for n := 1; n <= count; n++ {
		for kind := range 8 {
			a := accident{use: u, n: n, once: kind&1 != 0, full: kind&2 != 0, cut: kind&4 != 0, wrong: rightStore}
			if a.cut && rnd.IntN(2) == 0 {
				a.again = 1 + rnd.IntN(12)
			}
			list = append(list, a)
		}
	}
	if !*sweep {
		rnd.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		list = list[:min(len(list), 5)]
	}
	return list
}

// TestIOErrors lets writes, truncations and syncs fail under every call that changes the
// register: nothing acknowledged is lost, no failed commit is answered with success, and the
// same call sent again has one effect.
func TestIOErrors(t *testing.T) {
	short(t, 0)
	sc := newScene(t)
	runs := 0
	for _, u := range useCases() {
		t.Run(u.name, func(t *testing.T) {
			h := fnv.New64a()
			h.Write([]byte(u.name))
			rnd := rand.New(rand.NewPCG(*faultSeed, h.Sum64()))
			s, want, count := rehearse(t, sc, u, rnd)
			list := accidents(u, count, rnd)
			for _, a := range list {
				if _, wrong := s.happen(t, a, want, rnd); wrong != "" {
					t.Errorf("again: go test ./storage/sqlite -run '%s' -seed %d -sweep=%v\n%v: %.1200s", t.Name(), *faultSeed, *sweep, a, wrong)
				}
			}
			runs += len(list)
			if count < 3 {
				t.Errorf("the call made %d operations: the test shows nothing", count)
			}
		})
	}
	t.Logf("seed %d: %d accidents under %d use cases", *faultSeed, runs, len(useCases()))
}

// rehearse runs a use case without a fault and learns how many operations it makes.
func rehearse(t testing.TB, sc *scene, u useCase, rnd *rand.Rand) (s *stage, want string, count int) {
	t.Helper()
	s = newStage(t, sc, faults.Memory(t), true)
	count, want = s.happen(t, accident{use: u, n: 1 << 30, wrong: rightStore}, "", rnd)
	return s, want, count
}

// TestCanaryIOErrors: a store that swallows the error of a commit is caught, and a system
// that tries a failed sync again and believes it.
func TestCanaryIOErrors(t *testing.T) {
	short(t, 0)
	sc := newScene(t)
	u := useCases()[0]
	for _, tc := range []accident{{wrong: swallowing, cut: true}, {wrong: wrongStore{"retries a sync", rightStore.wrap, false}, retried: true, cut: true}} {
		t.Run(tc.wrong.name, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(*faultSeed, 8))
			s, want, count := rehearse(t, sc, u, rnd)
			caught, tried := 0, 0
			for round := 0; round < 10 && caught == 0; round++ { // one sync in all is what matters, and luck what is lost
				for n := 1; n <= count; n++ {
					a := tc
					a.use, a.n, a.once = u, n, true
					if _, wrong := s.happen(t, a, want, rnd); strings.Contains(wrong, "acknowledged, and lost") {
						caught++
					}
					tried++
				}
			}
			if t.Logf("%d of %d accidents were caught", caught, tried); caught == 0 {
				t.Error("the harness did not notice")
			}
		})
	}
}

// TestUseCases: every call that takes a request id is among the use cases.
func TestUseCases(t *testing.T) {
	// Passwords and codes need a sign-in of their own: the story "account" kills the server
	// and sends them again.
	covered := map[string]bool{"SetUp": true, "ChangePassword": true, "ConfirmOneTimeCode": true}
	for _, u := range useCases() {
		name, _, _ := strings.Cut(u.name, " ")
		covered[name] = true
	}
	protoregistry.GlobalFiles.RangeFilesByPackage("disclosure.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			methods := f.Services().Get(i).Methods()
			for j := range methods.Len() {
				m := methods.Get(j)
				if m.Input().Fields().ByName("request_id") != nil && !covered[string(m.Name())] {
					t.Errorf("%s changes the register and is no use case of the fault tests", m.Name())
				}
			}
		}
		return true
	})
}
