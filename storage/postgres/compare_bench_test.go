package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/server/generate"
	"gongkai/storage/postgres"
	"gongkai/storage/storagetest/pgtest"
	"gongkai/workflow/calendar"
)

// atOnce is how many officers log at once, and how many clients pgbench has.
const atOnce = 64

// pgbenchScript is what the store does to log one application, a transaction for each as
// hand-written code would have it. Its values are as long as those of the officers.
const pgbenchScript = `\set agency random(1, %d)
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SELECT key, events AS n, numbers, edge, idle FROM agency WHERE key = :agency FOR NO KEY UPDATE \gset
SELECT count(*) AS taken FROM application WHERE agency = :agency AND number = '2027-' || :n \gset
INSERT INTO application (agency, number, revision, create_time, update_time, state, pending, channel, kind,
	receive_date, basis, timing, due_date, paid, acts, name, id_type, id_number, phone, address, postcode, email, description, remark)
	VALUES (:agency, '2027-' || :n, 1, 1772424000123456, 1772424000123456, 'RECEIVED', true, 'IN_PERSON', 'NATURAL_PERSON',
	'2026-06-29', '', '', '2026-07-27', false, '[{"a":"submit","d":"2026-06-29","v":1,"by":"agencies/a00000/principals/sun","ch":"IN_PERSON","k":"NATURAL_PERSON"}]',
	'王𠮷', '居民身份证', '11010119000101001X', '010-00000000', '某市某路1号', '100000', 'w@example.cn', '关于征地补偿的文件', '')
	ON CONFLICT DO NOTHING RETURNING id \gset
INSERT INTO event (agency, n, object, revision, time, actor, action, request_id, request_hash, facts, leaf)
	VALUES (:agency, :n + 1, 'application/' || :id, 1, 1772424000123456, 'agencies/a00000/principals/sun', 'submit', gen_random_uuid()::text,
	sha256('request'), '{"v":1,"no":"2027-00001","act":{"a":"submit","d":"2026-06-29","v":1,"by":"agencies/a00000/principals/sun","ch":"IN_PERSON","k":"NATURAL_PERSON"}}',
	sha256('leaf')) ON CONFLICT DO NOTHING RETURNING seq \gset
INSERT INTO event_personal (seq, salt, data) VALUES (:seq, '\x00112233445566778899aabbccddeeff', '{"applicant":{"Kind":"NATURAL_PERSON","Name":"王𠮷","Phone":"010-00000000"}}');
UPDATE agency SET events = :n + 1, numbers = '{"2027":' || :n || '}', edge = decode(repeat('00', 200), 'hex'), idle = 0 WHERE key = :agency;
SELECT count(data) AS had FROM tally WHERE agency = :agency AND year = 2026 \gset
INSERT INTO tally (agency, year, data) SELECT agency, year, data FROM tally WHERE agency = :agency AND year = 2026
	ON CONFLICT (agency, year) DO UPDATE SET data = excluded.data;
COMMIT;
`

// served is a register on PostgreSQL, over gRPC.
type served struct {
	target   string
	officers []pb.ApplicationServiceClient
	parents  []string
}

// serve opens the database and makes an officer in each of the first agencies.
func serve(b *testing.B, dsn string) *served {
	b.Helper()
	store, err := postgres.Open(b.Context(), dsn, postgres.Options{})
	if err != nil {
		b.Fatal(err)
	}
	err = generate.Register(b.Context(), store, generate.Config{Cases: *size, Agencies: *agencies, Seed: 7, Today: calendar.New(2026, 6, 30)})
	if err != nil {
		b.Fatal(err)
	}
	token := server.NewToken()
	if _, err := server.FirstAdministrator(b.Context(), store, token, time.Now()); err != nil {
		b.Fatal(err)
	}
	s, err := server.New(server.Config{Store: store, Now: time.Now, Today: calendar.New(2026, 6, 30), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(b.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	b.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	e := &served{target: l.Addr().String()}
	people := pb.NewPrincipalServiceClient(e.dial(b, token))
	for i := range min(atOnce, *agencies) {
		parent := "agencies/" + generate.AgencyID(i)
		p, err := people.CreatePrincipal(b.Context(), &pb.CreatePrincipalRequest{Parent: parent, PrincipalId: "sun", Principal: &pb.Principal{Role: pb.Principal_OFFICER}})
		if err != nil {
			b.Fatal(err)
		}
		e.parents, e.officers = append(e.parents, parent), append(e.officers, pb.NewApplicationServiceClient(e.dial(b, p.GetToken())))
	}
	return e
}

type bearer string

func (t bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(t)}, nil
}

func (bearer) RequireTransportSecurity() bool { return false }

func (e *served) dial(b *testing.B, token string) *grpc.ClientConn {
	b.Helper()
	conn, err := grpc.NewClient(e.target, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithPerRPCCredentials(bearer(token)))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	return conn
}

// log has all officers log n applications each.
func (e *served) log(b *testing.B, n int) {
	b.Helper()
	var wg sync.WaitGroup
	var failed atomic.Pointer[error]
	for i := range atOnce {
		i %= len(e.officers)
		wg.Go(func() {
			for range n {
				_, err := e.officers[i].CreateApplication(b.Context(), &pb.CreateApplicationRequest{
					Parent: e.parents[i], RequestId: uuid.NewString(),
					Application: &pb.Application{
						Channel: pb.Application_IN_PERSON, ArriveDate: "2026-06-29", Description: "关于征地补偿的文件",
						Applicant: &pb.Applicant{
							Kind: pb.Applicant_NATURAL_PERSON, DisplayName: "王𠮷", IdType: "居民身份证", IdNumber: "11010119000101001X",
							Phone: "010-00000000", Address: "某市某路1号", Postcode: "100000", Email: "w@example.cn",
						},
					},
				})
				if err != nil {
					failed.Store(&err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
}

// pgbench runs the script n times for each client and returns the transactions a second.
func pgbench(b *testing.B, dsn, script string, n int) float64 {
	b.Helper()
	cmd := osexec.CommandContext(b.Context(), "pgbench", "-n", "-M", "prepared", "-c", strconv.Itoa(atOnce), "-j", "2", "-t", strconv.Itoa(n), "-f", script, dsn)
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	found := regexp.MustCompile(`tps = ([0-9.]+) \(without initial`).FindSubmatch(out)
	if found == nil {
		b.Fatalf("pgbench tells no rate: %s", out)
	}
	rate, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return rate
}

// BenchmarkOfficersAgainstPgbench has 64 officers log over gRPC and then 64 clients of
// pgbench run the same statements against a database like it, in turn; an iteration is
// 1,024 rows of each. The goal is a ratio of at least 0.6.
func BenchmarkOfficersAgainstPgbench(b *testing.B) {
	if _, err := osexec.LookPath("pgbench"); err != nil {
		b.Skipf("pgbench comes with PostgreSQL: %v", err)
	}
	const each = 16
	p := pgtest.StartOwn(b)
	prepare(b, p)
	dsn, err := p.Clone(b.Context(), template, "served")
	if err != nil {
		b.Fatal(err)
	}
	rival, err := p.Clone(b.Context(), template, "pgbench")
	if err != nil {
		b.Fatal(err)
	}
	other, err := postgres.Open(b.Context(), rival, postgres.Options{})
	if err != nil {
		b.Fatal(err)
	}
	err = generate.Register(b.Context(), other, generate.Config{Cases: *size, Agencies: *agencies, Seed: 7, Today: calendar.New(2026, 6, 30)})
	if err != nil {
		b.Fatal(err)
	}
	if err := other.Close(); err != nil {
		b.Fatal(err)
	}
	script := filepath.Join(b.TempDir(), "log.sql")
	if err := os.WriteFile(script, fmt.Appendf(nil, pgbenchScript, *agencies), 0o600); err != nil {
		b.Fatal(err)
	}
	e := serve(b, dsn)
	var took time.Duration
	var theirs float64 // seconds
	for b.Loop() {
		at := time.Now()
		e.log(b, each)
		took += time.Since(at)
		theirs += each * atOnce / pgbench(b, rival, script, each)
	}
	n := float64(b.N * each * atOnce)
	b.ReportMetric(n/took.Seconds(), "officers/s")
	b.ReportMetric(n/theirs, "pgbench/s")
	b.ReportMetric(theirs/took.Seconds(), "ratio")
}
