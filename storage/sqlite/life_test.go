package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/server/verify"
	"gongkai/storage"
	"gongkai/storage/blob"
	"gongkai/storage/sqlite"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
)

// service is the real server on loopback over a file.
type service struct {
	t      testing.TB
	path   string
	target string
	token  string // of the administrator
	admin  *grpc.ClientConn
	close  func()
}

func serve(t testing.TB, dir string) *service {
	t.Helper()
	path := filepath.Join(dir, "gongkai.db")
	return serveOn(t, path, must(sqlite.Open(t.Context(), path, sqlite.Options{}))(t), 0)
}

// serveOn serves a store that was opened on a file, whose search index follows every so
// often; 0: as usual.
func serveOn(t testing.TB, path string, store storage.Store, indexEvery time.Duration) *service {
	t.Helper()
	files, err := blob.OpenDir(blob.Beside(path), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	token := server.NewToken()
	if _, err := server.FirstAdministrator(t.Context(), store, token, time.Now()); err != nil {
		t.Fatal(err)
	}
	s, err := server.New(server.Config{
		Store: store, Now: time.Now, Today: calendar.New(2026, 6, 30), Log: slog.New(slog.DiscardHandler),
		Attachments: server.Attachments{Blobs: files}, IndexEvery: indexEvery,
	})
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
	e := &service{t: t, path: path, target: l.Addr().String(), token: token}
	closed := false
	e.close = func() {
		if closed {
			return
		}
		closed = true
		stop()
		if err := <-done; err != nil {
			t.Errorf("serving: %v", err)
		}
		if err := errors.Join(store.Close(), files.Close()); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	}
	t.Cleanup(e.close)
	e.admin = e.dial(token)
	return e
}

type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (bearer) RequireTransportSecurity() bool { return false }

func (e *service) dial(token string) *grpc.ClientConn {
	e.t.Helper()
	conn, err := grpc.NewClient(e.target, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithPerRPCCredentials(bearer(token)),
		grpc.WithStaticStreamWindowSize(1<<20), grpc.WithStaticConnWindowSize(1<<20)) // as package client does
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// office creates an agency and connects as its supervisor.
func (e *service) office(id, parent string) *grpc.ClientConn {
	e.t.Helper()
	a := &pb.Agency{DisplayName: "某市" + id}
	if parent != "" {
		a.Parent = "agencies/" + parent
	}
	must(pb.NewAgencyServiceClient(e.admin).CreateAgency(e.t.Context(), &pb.CreateAgencyRequest{AgencyId: id, Agency: a}))(e.t)
	return e.dial(e.person(id, "sun", pb.Principal_SUPERVISOR))
}

func (e *service) person(agency, id string, role pb.Principal_Role) (token string) {
	e.t.Helper()
	parent := ""
	if agency != "" {
		parent = "agencies/" + agency
	}
	return must(pb.NewPrincipalServiceClient(e.admin).CreatePrincipal(e.t.Context(), &pb.CreatePrincipalRequest{
		Parent: parent, PrincipalId: id, Principal: &pb.Principal{Role: role},
	}))(e.t).GetToken()
}

// must returns what a call answered, which must not be a refusal.
func must[T any](answer T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
}

// lives fills a register with random lives of everything that is kept, n applications an
// agency. What the service refuses is no part of them.
func (e *service) lives(seed uint64, n int) {
	e.t.Helper()
	ctx := e.t.Context()
	rnd := rand.New(rand.NewPCG(seed, 1))
	agencies, principals := pb.NewAgencyServiceClient(e.admin), pb.NewPrincipalServiceClient(e.admin)
	for i, id := range []string{"shi", "xian"} {
		conn := e.office(id, []string{"", "shi"}[i])
		e.person(id, "zhao", pb.Principal_OFFICER)
		must(principals.DeletePrincipal(ctx, &pb.DeletePrincipalRequest{Name: "agencies/" + id + "/principals/zhao"}))(e.t)
		l := &lives{service: e, rnd: rnd, agency: id, conn: conn}
		l.applications(n)
		must(agencies.UpdateAgency(ctx, &pb.UpdateAgencyRequest{
			Agency:     &pb.Agency{Name: "agencies/" + id, DisplayName: "某市" + id + "局", ReviewSteps: []string{"SUPERVISOR"}},
			UpdateMask: "display_name,review_steps",
		}))(e.t)
		l.applications(n / 2)
		l.remedies(n)
		l.figures()
	}
	e.person("", "second", pb.Principal_ADMINISTRATOR)
}

// lives are those of one agency.
type lives struct {
	*service
	rnd    *rand.Rand
	agency string
	conn   *grpc.ClientConn
	names  []string
	days   []calendar.Date
}

func (l *lives) pick(list ...string) string { return list[l.rnd.IntN(len(list))] }

func (l *lives) applications(n int) {
	l.t.Helper()
	client := pb.NewApplicationServiceClient(l.conn)
	for i := range n {
		at := calendar.New(2024, 1, 2).AddDays(l.rnd.IntN(860))
		a := &pb.Application{
			Channel:    pb.Application_Channel(1 + l.rnd.IntN(len(workflow.Channels()))),
			ArriveDate: at.String(), Description: fmt.Sprintf("第%d号批复及其附件", i), Remark: l.pick("", "急"),
			Applicant: &pb.Applicant{
				Kind: pb.Applicant_Kind(1 + l.rnd.IntN(len(workflow.ApplicantKinds()))), DisplayName: fmt.Sprintf("申请人%d", i),
				Phone: "010-00000000", Address: "某路1号", Email: l.pick("", "a@example.cn"), Postcode: "100000",
			},
		}
		if l.rnd.IntN(4) == 0 {
			a.ApplicationNo = fmt.Sprintf("手工-%d-%d", len(l.names), i)
		}
		got := must(client.CreateApplication(l.t.Context(), &pb.CreateApplicationRequest{Parent: "agencies/" + l.agency, Application: a}))(l.t)
		l.names, l.days = append(l.names, got.GetName()), append(l.days, at)
		l.live(client, got.GetName(), at)
	}
}

// live tries actions one after another, each some days after the last that was taken.
func (l *lives) live(client pb.ApplicationServiceClient, name string, at calendar.Date) {
	l.t.Helper()
	for range 6 + l.rnd.IntN(40) {
		day := at.AddDays(l.rnd.IntN(14))
		_, err := client.ActOnApplication(l.t.Context(), &pb.ActOnApplicationRequest{Name: name, Actions: []*pb.Action{l.action(day)}})
		switch status.Code(err) {
		case codes.OK:
			at = day
		case codes.FailedPrecondition, codes.InvalidArgument, codes.PermissionDenied:
		default:
			l.t.Fatalf("acting on %s: %v", name, err)
		}
	}
}

// action is a random action on a day.
func (l *lives) action(day calendar.Date) *pb.Action {
	out := &pb.Action{}
	m := out.ProtoReflect()
	choices := m.Descriptor().Oneofs().Get(0).Fields()
	field := choices.Get(l.rnd.IntN(choices.Len()))
	if l.rnd.IntN(2) == 0 { // those that lead on
		field = choices.ByName(protoreflect.Name(l.pick("confirm", "decide", "deliver", "submit_for_review", "approve", "notify_fee", "pay_fee", "archive")))
	}
	message := m.NewField(field).Message()
	l.fill(message, day)
	m.Set(field, protoreflect.ValueOfMessage(message))
	return out
}

func (l *lives) fill(m protoreflect.Message, day calendar.Date) {
	bases := outcome.Rows()
	values := map[string]string{
		"basis": string(bases[l.rnd.IntN(len(bases))].Basis), "mode": l.pick("POST", "IN_PERSON", "EMAIL"),
		"kind": l.pick("THIRD_PARTY", "CO_MAKER", "ORGAN"), "opinion": l.pick("CONSENT", "OBJECTION"), "tariff": "PER_PAGE",
		"document_no": "示例〔2026〕1号", "reason": "理由", "party": "某公司", "approver": "局长", "good_cause": "洪水", "prior_application_no": "", "holder": "法规科",
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		name := string(f.Name())
		switch {
		case name == "amendments":
			list := m.Mutable(f).List()
			amendment := &pb.Amendment{Revision: 1, Change: &pb.Amendment_Registration{Registration: &pb.Registration{
				ArriveDate: day.AddDays(-l.rnd.IntN(3)).String(), Channel: "EMAIL", ApplicantKind: "BUSINESS",
			}}}
			list.Append(protoreflect.ValueOfMessage(amendment.ProtoReflect()))
		case name == "items":
			m.Mutable(f).List().Append(protoreflect.ValueOfString("请写明文件名称"))
		case strings.HasSuffix(name, "_date") && (f.Number() <= 2 || l.rnd.IntN(3) == 0):
			m.Set(f, protoreflect.ValueOfString(day.String()))
		case values[name] != "":
			m.Set(f, protoreflect.ValueOfString(values[name]))
		case f.Kind() == protoreflect.BoolKind:
			m.Set(f, protoreflect.ValueOfBool(l.rnd.IntN(2) == 0))
		case name == "workdays":
			m.Set(f, protoreflect.ValueOfInt32(int32(5+l.rnd.IntN(16))))
		case name == "amount_fen":
			m.Set(f, protoreflect.ValueOfInt64(int64(100*(1+l.rnd.IntN(90)))))
		}
	}
}

func (l *lives) remedies(n int) {
	l.t.Helper()
	client := pb.NewRemedyServiceClient(l.conn)
	for range n {
		i := l.rnd.IntN(len(l.names))
		filed := l.days[i].AddDays(40)
		r := &pb.Remedy{Kind: pb.Remedy_Kind(1 + l.rnd.IntN(3)), FileDate: filed.String(), Remark: l.pick("", "电话询问")}
		if l.rnd.IntN(4) > 0 {
			r.Application = l.names[i]
		}
		got := must(client.CreateRemedy(l.t.Context(), &pb.CreateRemedyRequest{Parent: "agencies/" + l.agency, Remedy: r}))(l.t)
		for _, act := range []*pb.RemedyAction{
			{Action: &pb.RemedyAction_Conclude{Conclude: &pb.Conclude{Result: pb.Remedy_UPHELD, ConcludeDate: filed.AddDays(30).String()}}},
			{Action: &pb.RemedyAction_Remand{Remand: &pb.Remand{RemandDate: filed.AddDays(60).String(), Reason: "发回"}}},
			{Action: &pb.RemedyAction_Strike{Strike: &pb.Strike{Reason: "误登记"}}},
		}[:l.rnd.IntN(4)] {
			_, err := client.ActOnRemedy(l.t.Context(), &pb.ActOnRemedyRequest{Name: got.GetName(), Action: act})
			if err != nil && status.Code(err) != codes.FailedPrecondition && status.Code(err) != codes.InvalidArgument {
				l.t.Fatal(err)
			}
		}
	}
}

func (l *lives) figures() {
	l.t.Helper()
	client := pb.NewReportServiceClient(l.conn)
	for _, value := range []string{"3", "4", "4"} {
		must(client.SetFigures(l.t.Context(), &pb.SetFiguresRequest{Parent: "agencies/" + l.agency, Figures: []*pb.Figure{
			{Year: 2025, Code: "t2.5.licences", Value: value}, {Year: 2024, Code: "t2.6.penalties", Value: value},
		}}))(l.t)
	}
}

// verified is what a verification of a file says.
type verified struct {
	verify.Summary
	findings []verify.Finding
}

func (v verified) String() string {
	var b strings.Builder
	for _, f := range v.findings {
		fmt.Fprintf(&b, "%+v\n", f)
	}
	return b.String()
}

// verifyFile verifies a file, as the command does.
func verifyFile(ctx context.Context, path string) (v verified, err error) {
	store, err := sqlite.OpenReadOnly(ctx, path)
	if err != nil {
		return v, err
	}
	defer store.Close()
	return verifyStore(ctx, store)
}

func verifyStore(ctx context.Context, store *sqlite.ReadOnly) (v verified, err error) {
	v.Summary, err = verify.Verify(ctx, store, verify.Config{
		Rules: rulesOf, Sound: store.Check,
		Report: func(f verify.Finding) { v.findings = append(v.findings, f) },
	})
	return v, err
}

var embedded = calendar.Embedded()

func rulesOf(a storage.Agency) workflow.Rules {
	return workflow.Rules{Calendar: embedded, Settings: a.Settings}
}

// wantClean fails unless a file verifies without a finding.
func wantClean(t testing.TB, path string) verified {
	t.Helper()
	v, err := verifyFile(t.Context(), path)
	if err != nil || len(v.findings) > 0 || v.Findings != 0 {
		t.Fatalf("verifying %s: %v\n%s", filepath.Base(path), err, v)
	}
	return v
}

// TestVerifyLives verifies registers full of random lives, while they are served and after.
func TestVerifyLives(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			e := serve(t, t.TempDir())
			wantClean(t, e.path)
			e.lives(seed, 20)
			v := wantClean(t, e.path)
			if v.Agencies != 2 || v.Principals != 6 || v.Applications != 60 || v.Remedies != 40 || v.Figures != 4 || v.Tallies < 6 || v.Events < 250 {
				t.Errorf("looked at %+v", v.Summary)
			}
			states := map[workflow.State]int{}
			must(0, viewApplications(t.Context(), e.path, func(a *workflow.Application) { states[a.State]++ }))(t)
			if len(states) < 6 {
				t.Errorf("the lives led to %v only", states)
			}
			e.close()
			wantClean(t, e.path)
		})
	}
}

func viewApplications(ctx context.Context, path string, each func(*workflow.Application)) error {
	store, err := sqlite.OpenReadOnly(ctx, path)
	if err != nil {
		return err
	}
	defer store.Close()
	return store.View(ctx, func(r storage.Reader) error {
		for _, agency := range []string{"shi", "xian"} {
			list, err := r.Applications(agency, storage.Query{Limit: 1000})
			if err != nil {
				return err
			}
			for _, a := range list {
				if err := rulesOf(storage.Agency{}).Fold(a); err != nil {
					return err
				}
				each(a)
			}
		}
		return nil
	})
}

// TestVerifyPages verifies more rows than one View looks at, written through the store.
func TestVerifyPages(t *testing.T) {
	path := filled(t, 1100, 3)
	if v := wantClean(t, path); v.Applications != 1100 || v.Agencies != 3 || v.Events < 4000 {
		t.Errorf("looked at %+v", v.Summary)
	}
	d := spoil(t, path)
	d.exec("UPDATE application SET due_date = '2026-01-01' WHERE id = 1100")
	d.exec("UPDATE event SET actor = 'x' WHERE seq = (SELECT max(seq) FROM event)")
	if v := d.verify(); len(v.findings) != 2 || !v.names("application/1100", "due_date") {
		t.Errorf("damage at the end is told as\n%s", v)
	}
}
