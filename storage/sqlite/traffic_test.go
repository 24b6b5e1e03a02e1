//go:build linux

package sqlite_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/storage"
	"gongkai/storage/blob"
	gongkai "gongkai/storage/sqlite"
	"gongkai/workflow/calendar"
)

var programPath = flag.String("gongkaid", "", "the program that is cut; empty: it is built")

const agencyOfLoad = "shi"

// process is a server in a process of its own.
type process struct {
	cmd    *exec.Cmd
	target string
	said   *bytes.Buffer
	copied chan struct{}
}

// starter starts a server on a directory and returns once it is ready.
type starter func(t testing.TB, dir string) *process

// program is the real one.
func program(t testing.TB) starter {
	t.Helper()
	path := *programPath
	if path == "" {
		path = filepath.Join(t.TempDir(), "gongkaid")
		if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "gongkai/server/cmd/gongkaid").CombinedOutput(); err != nil {
			t.Fatalf("build the program: %v\n%s", err, out)
		}
	}
	return func(t testing.TB, dir string) *process {
		t.Helper()
		return launch(t, exec.Command(path, "serve", "--data", dir, "--listen", "127.0.0.1:0", "--today", "2026-06-30"))
	}
}

// thisProgram serves a wrong store.
func thisProgram(wrong string) starter {
	return func(t testing.TB, dir string) *process {
		t.Helper()
		cmd := exec.Command(os.Args[0], "-test.run=^TestCanaryCuts$", "-test.timeout=0")
		cmd.Env = append(os.Environ(), childVariable+"="+dir, canaryVariable+"="+wrong)
		return launch(t, cmd)
	}
}

func launch(t testing.TB, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, said: &bytes.Buffer{}, copied: make(chan struct{})}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = p.said
	if err := cmd.Start(); err != nil {
		t.Fatalf("start the server: %v", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	ready := make(chan string, 1)
	go func() {
		defer close(p.copied)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if address, ok := strings.CutPrefix(lines.Text(), "serving "); ok {
				ready <- address
				break
			}
		}
		_, _ = io.Copy(io.Discard, out) // until it is killed
	}()
	select {
	case p.target = <-ready:
	case <-p.copied:
		_ = cmd.Wait()
		t.Fatalf("the server ended before it was ready: %s", p.said)
	case <-time.After(30 * time.Second):
		p.kill()
		t.Fatalf("the server is not ready after 30 s: %s", p.said)
	}
	return p
}

// kill ends the server as nothing could prevent, and waits until it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.copied
	_ = p.cmd.Wait()
}

// late answers for an attachment before its content is on the disk.
var late = wrongStore{name: "keeps contents late", wrap: rightStore.wrap}

type lateContents struct{ blob.Store }

func (l lateContents) Keep(_ context.Context, d *blob.Draft) error {
	text := make([]byte, d.Size())
	if _, err := d.ReadAt(text, 0); err != nil {
		return err
	}
	time.AfterFunc(time.Minute, func() {
		again, err := l.Draft()
		if err != nil {
			return
		}
		if _, err = again.Write(text); err == nil {
			_ = l.Store.Keep(context.Background(), again)
		}
		_ = again.Discard()
	})
	return nil
}

// serveWrong is the server of a canary: the same service on a store that is wrong.
func serveWrong(t *testing.T, dir, name string) {
	t.Helper()
	var wrong wrongStore
	for _, w := range []wrongStore{normal, off, hasty, halved, sticky, late} {
		if w.name == name {
			wrong = w
		}
	}
	store := must(gongkai.OpenResting(t.Context(), filepath.Join(dir, "gongkai.db"), wrong.wrap, func() bool { return false }))(t)
	if must(server.Fresh(t.Context(), store))(t) {
		token := server.NewToken()
		write(t, filepath.Join(dir, "admin.token"), token+"\n")
		must(server.FirstAdministrator(t.Context(), store, token, time.Now()))(t)
	}
	var contents blob.Store = must(blob.OpenDir(blob.Beside(filepath.Join(dir, "gongkai.db")), time.Now))(t)
	if name == late.name {
		contents = lateContents{contents}
	}
	s := must(server.New(server.Config{
		Store: store, Now: time.Now, Today: calendar.New(2026, 6, 30), Log: slog.New(slog.DiscardHandler), Attachments: server.Attachments{Blobs: contents},
	}))(t)
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	fmt.Println("serving", l.Addr())
	if err := s.Serve(t.Context(), l); err != nil {
		t.Error(err)
	}
}

// traffic is clients that work on one agency and remember what they were told.
type traffic struct {
	rnd     *rand.Rand
	begun   bool
	token   string
	checked int // calls that were counted
	conn    *grpc.ClientConn

	answered atomic.Int64
	mu       sync.Mutex
	ended    bool // what is acknowledged from now on may be lost
	calls    []call
	open     []call // of unknown outcome
	last     int    // the first of the calls of this round
	names    []string
	broken   error
}

// call is one mutating call, which can be sent again.
type call struct {
	id      string
	name    string // of what the answer told
	creates bool
	content *storage.Content // of an attachment
	send    func(context.Context, *grpc.ClientConn) (name string, err error)
}

func newTraffic(seed uint64) *traffic { return &traffic{rnd: rand.New(rand.NewPCG(seed, 6))} }

// connect lets the clients in; the first time it makes their agency.
func (l *traffic) connect(t testing.TB, p *process, dir string) {
	t.Helper()
	if !l.begun {
		token := strings.TrimSpace(string(must(os.ReadFile(filepath.Join(dir, "admin.token")))(t)))
		admin := dialAs(t, p.target, token)
		must(pb.NewAgencyServiceClient(admin).CreateAgency(t.Context(), &pb.CreateAgencyRequest{AgencyId: agencyOfLoad, Agency: &pb.Agency{DisplayName: "某市"}}))(t)
		l.token = must(pb.NewPrincipalServiceClient(admin).CreatePrincipal(t.Context(), &pb.CreatePrincipalRequest{
			Parent: "agencies/" + agencyOfLoad, PrincipalId: "sun", Principal: &pb.Principal{Role: pb.Principal_SUPERVISOR},
		}))(t).GetToken()
		l.begun = true
		_ = admin.Close()
	}
	l.conn = dialAs(t, p.target, l.token)
}

func dialAs(t testing.TB, target, token string) *grpc.ClientConn {
	t.Helper()
	conn := must(grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithPerRPCCredentials(bearer(token))))(t)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// again sends what was sent in the last round: what was acknowledged is answered as before,
// what was of unknown outcome is settled.
func (l *traffic) again(sum *toll) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, c := range l.calls[l.last:] {
		name, err := c.send(ctx, l.conn)
		if err != nil {
			sum.lost++
			sum.tell("%s was acknowledged as %s; sent again: %v", c.id, c.name, err)
		} else if name != c.name {
			sum.doubled++
			sum.tell("%s was acknowledged as %s; sent again: %s", c.id, c.name, name)
		}
	}
	l.last = len(l.calls)
	for _, c := range l.open {
		name, err := c.send(ctx, l.conn)
		if err == nil {
			c.name = name
			l.calls = append(l.calls, c)
			continue
		}
		if kind := status.Code(err); kind != codes.FailedPrecondition && kind != codes.InvalidArgument {
			sum.found++
			sum.tell("%s of unknown outcome cannot be settled: %v", c.id, err)
		}
	}
	l.checked, l.last, l.open = len(l.calls), len(l.calls), nil
}

// run lets eight clients work until stop.
func (l *traffic) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	l.ended = false
	l.answered.Store(0)
	var clients sync.WaitGroup
	for range 8 {
		seed := l.rnd.Uint64()
		clients.Go(func() { l.work(ctx, rand.New(rand.NewPCG(seed, 7))) })
	}
	return func() {
		cancel()
		clients.Wait()
		_ = l.conn.Close()
	}
}

// work sends one call after another until one gets no answer.
func (l *traffic) work(ctx context.Context, rnd *rand.Rand) {
	for ctx.Err() == nil {
		c := l.next(rnd)
		name, err := c.send(ctx, l.conn)
		l.mu.Lock()
		switch kind := status.Code(err); {
		case err == nil && !l.ended:
			c.name = name
			l.calls = append(l.calls, c)
			if c.creates && strings.Contains(name, "/applications/") {
				l.names = append(l.names, name)
			}
			l.answered.Add(1)
		case kind == codes.FailedPrecondition, kind == codes.InvalidArgument:
		case l.ended:
			l.open = append(l.open, c)
			l.mu.Unlock()
			return
		default:
			l.broken = err
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
	}
}

// await waits for n acknowledgements; an error tells what a client was answered that it
// should not have been.
func (l *traffic) await(n int) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); l.answered.Load() < int64(n); <-tick.C {
		l.mu.Lock()
		err := l.broken
		l.mu.Unlock()
		if err != nil || time.Since(began) > time.Minute {
			return fmt.Errorf("%d calls were answered in %v, then: %w", l.answered.Load(), time.Since(began), cmp.Or(err, context.DeadlineExceeded))
		}
	}
	return nil
}

// freeze ends the calls that must survive: those answered from now on are of unknown outcome.
func (l *traffic) freeze() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
}

func (l *traffic) frozen() []call {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls
}

// next is a call: a new application, an action on one that is known, a remedy or figures.
func (l *traffic) next(rnd *rand.Rand) call {
	id := uuid.Must(uuid.NewRandomFromReader(fromRand{rnd})).String()
	l.mu.Lock()
	name := ""
	if len(l.names) > 0 {
		name = l.names[rnd.IntN(len(l.names))]
	}
	l.mu.Unlock()
	parent := "agencies/" + agencyOfLoad
	v := &lives{rnd: rnd}
	switch kind := rnd.IntN(20); {
	case name == "" || kind < 10:
		req := &pb.CreateApplicationRequest{Parent: parent, RequestId: id, Application: &pb.Application{
			Channel: pb.Application_Channel(1 + rnd.IntN(7)), ArriveDate: calendar.New(2026, 5, 6).AddDays(rnd.IntN(9)).String(),
			Description: strings.Repeat("某某批复及其附件", 1+rnd.IntN(40)),
			Applicant:   &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON, DisplayName: "申请人", Phone: "010-00000000", Address: "某路1号", Email: "a@example.cn", IdType: "居民身份证", IdNumber: "11010119000101001X"},
		}}
		return call{id: id, creates: true, send: func(ctx context.Context, conn *grpc.ClientConn) (string, error) {
			a, err := pb.NewApplicationServiceClient(conn).CreateApplication(ctx, req)
			return a.GetName(), err
		}}
	case kind < 16:
		req := &pb.ActOnApplicationRequest{Name: name, RequestId: id, Actions: []*pb.Action{v.action(calendar.New(2026, 5, 18).AddDays(rnd.IntN(30)))}}
		return call{id: id, send: func(ctx context.Context, conn *grpc.ClientConn) (string, error) {
			a, err := pb.NewApplicationServiceClient(conn).ActOnApplication(ctx, req)
			return a.GetName(), err
		}}
	case kind < 18:
		return attachmentCall(name, id, rnd)
	case kind < 19:
		req := &pb.CreateRemedyRequest{Parent: parent, RequestId: id, Remedy: &pb.Remedy{Kind: pb.Remedy_Kind(1 + rnd.IntN(3)), FileDate: "2026-06-20", Application: name}}
		return call{id: id, creates: true, send: func(ctx context.Context, conn *grpc.ClientConn) (string, error) {
			r, err := pb.NewRemedyServiceClient(conn).CreateRemedy(ctx, req)
			return r.GetName(), err
		}}
	default:
		req := &pb.SetFiguresRequest{Parent: parent, RequestId: id, Figures: []*pb.Figure{{Year: 2025, Code: "t2.5.licences", Value: fmt.Sprint(rnd.IntN(99))}}}
		return call{id: id, send: func(ctx context.Context, conn *grpc.ClientConn) (string, error) {
			_, err := pb.NewReportServiceClient(conn).SetFigures(ctx, req)
			return "figures", err
		}}
	}
}

// attachmentCall uploads a file of some kilobytes.
func attachmentCall(application, id string, rnd *rand.Rand) call {
	text := fmt.Appendf(nil, "%%PDF-1.4\n%% %s\n%s\n%%%%EOF\n", id, strings.Repeat("x", rnd.IntN(20_000)))
	content := &storage.Content{Sum: sha256.Sum256(text), Size: int64(len(text))}
	header := &pb.UploadAttachmentHeader{
		Parent: "agencies/" + agencyOfLoad, Application: application, Kind: pb.Attachment_FORM, FileName: "表.pdf",
		Size: content.Size, Sha256: content.Sum.String(), RequestId: id,
	}
	return call{id: id, creates: true, content: content, send: func(ctx context.Context, conn *grpc.ClientConn) (string, error) {
		return sendFile(ctx, conn, header, text)
	}}
}

// sendFile uploads a file in one piece and returns the name of the attachment.
func sendFile(ctx context.Context, conn *grpc.ClientConn, header *pb.UploadAttachmentHeader, text []byte) (string, error) {
	stream, err := pb.NewAttachmentServiceClient(conn).UploadAttachment(ctx)
	if err != nil {
		return "", err
	}
	for _, m := range []*pb.UploadAttachmentRequest{{Part: &pb.UploadAttachmentRequest_Header{Header: header}}, {Part: &pb.UploadAttachmentRequest_Data{Data: text}}} {
		if err := stream.Send(m); err != nil {
			break // the answer says why
		}
	}
	a, err := stream.CloseAndRecv()
	return a.GetName(), err
}

// fromRand makes request ids of a seed.
type fromRand struct{ *rand.Rand }

func (r fromRand) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return len(p), nil
}
