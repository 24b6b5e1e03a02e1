package server_test

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/server/generate"
	"gongkai/storage"
	"gongkai/storage/sqlite"
	"gongkai/workflow"
)

// The registers that benchmarks run on.
var (
	sizes        = flag.String("sizes", "10000", "applications of the registers to benchmark on, such as 10000,100000,1000000")
	agencies     = flag.Int("agencies", 200, "agencies of the registers to benchmark on")
	registerFile = flag.String("register", "", "register of that size, made by gongkaid generate, to benchmark on; it gets a few principals")
)

// seed is that of all registers that are generated here.
const seed = 7

// registerSizes reads the flag.
func registerSizes(b *testing.B) []int {
	var out []int
	for text := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		out = append(out, n)
	}
	return out
}

// onRegisters serves each of the registers to benchmark on.
func onRegisters(b *testing.B, agencies int, bench func(b *testing.B, e *env)) {
	for _, n := range registerSizes(b) {
		b.Run("applications="+strconv.Itoa(n), func(b *testing.B) {
			if *registerFile != "" {
				bench(b, startOn(b, *registerFile, today))
			} else {
				bench(b, generated(b, n, agencies))
			}
		})
	}
}

// generated serves a register that is made up.
func generated(tb testing.TB, n, agencies int) *env {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "gongkai.db")
	store, err := sqlite.OpenBulk(tb.Context(), path)
	if err != nil {
		tb.Fatal(err)
	}
	err = generate.Register(tb.Context(), store, generate.Config{Cases: n, Agencies: agencies, Seed: seed, Today: day(tb, today)})
	if err != nil {
		tb.Fatal(err)
	}
	if err := store.Close(); err != nil {
		tb.Fatal(err)
	}
	return startOn(tb, path, today)
}

// trusted makes sure that the environment has an administrator: a register that has been
// served before has one whose token nobody here knows.
func (e *env) trusted(tb testing.TB) {
	tb.Helper()
	if e.admin != nil {
		return
	}
	token := server.NewToken()
	hash := sha256.Sum256([]byte(token))
	p := storage.Principal{ID: "bench-" + strings.ToLower(token[len(token)-10:]), Role: workflow.Administrator, TokenHash: hash[:], CreateTime: time.Now()}
	err := e.store.Update(tb.Context(), "", func(w storage.Writer) error {
		return w.InsertPrincipal(p, storage.Event{
			Object: storage.PrincipalObject(p.ID), Revision: 1, Time: p.CreateTime, Actor: "principals/bench", Action: "create_principal",
			Facts: []byte(`{"v":1,"role":"ADMINISTRATOR"}`),
		})
	})
	if err != nil {
		tb.Fatal(err)
	}
	e.admin = e.dial(token)
	e.serials = int(time.Now().Unix()) // the names of the last run are taken
}

// sample is how many agencies are asked in turn: those of the upper quarter by size,
// because the small ones would flatter.
const sample = 40

// asked are a supervisor's connections to agencies that are asked in turn.
type asked struct {
	parents []string
	conns   []*grpc.ClientConn
}

func askInTurn(b *testing.B, e *env) asked {
	b.Helper()
	e.trusted(b)
	n := 0
	err := e.store.View(b.Context(), func(r storage.Reader) error {
		list, err := r.Descendants(generate.AgencyID(0))
		n = len(list)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	var a asked
	for i := range min(sample, max(n/4, 1)) {
		id := generate.AgencyID(i * (n / 4) / sample)
		a.parents, a.conns = append(a.parents, "agencies/"+id), append(a.conns, e.conn(b, workflow.Supervisor, id))
	}
	return a
}

// reportTimes reports the median and the 99th percentile.
func reportTimes(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// timed asks until the benchmark is over.
func timed(b *testing.B, ask func(i int) error) {
	took := make([]time.Duration, 0, b.N)
	for i := 0; b.Loop(); i++ {
		at := time.Now()
		if err := ask(i); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(at))
	}
	reportTimes(b, took)
}

// reading is what is asked of an agency.
type reading struct {
	name string
	ask  func(ctx context.Context, conn *grpc.ClientConn, parent string) error
}

var readings = []reading{
	{"report", func(ctx context.Context, conn *grpc.ClientConn, parent string) error {
		_, err := pb.NewReportServiceClient(conn).ComputeAnnualReport(ctx, &pb.ComputeAnnualReportRequest{Parent: parent, Year: 2025, Form: "table-2021"})
		return err
	}},
	{"cell", func(ctx context.Context, conn *grpc.ClientConn, parent string) error {
		_, err := pb.NewReportServiceClient(conn).ListCellEntries(ctx, &pb.ListCellEntriesRequest{Parent: parent, Year: 2025, Form: "table-2021", Cell: "granted/total"})
		return err
	}},
	{"due", func(ctx context.Context, conn *grpc.ClientConn, parent string) error {
		_, err := pb.NewApplicationServiceClient(conn).ListDueApplications(ctx, &pb.ListDueApplicationsRequest{Parent: parent})
		return err
	}},
	{"list", func(ctx context.Context, conn *grpc.ClientConn, parent string) error {
		_, err := pb.NewApplicationServiceClient(conn).ListApplications(ctx, &pb.ListApplicationsRequest{Parent: parent})
		return err
	}},
	{"get", func(ctx context.Context, conn *grpc.ClientConn, parent string) error {
		_, err := pb.NewApplicationServiceClient(conn).GetApplication(ctx, &pb.GetApplicationRequest{Name: parent + "/applications/no:2025-00001"})
		return err
	}},
	{"queue", func(ctx context.Context, conn *grpc.ClientConn, parent string) error {
		_, err := pb.NewQueueServiceClient(conn).ListQueue(ctx, &pb.ListQueueRequest{Parent: parent})
		return err
	}},
}

// BenchmarkRead asks for what is read most, of agencies in turn.
func BenchmarkRead(b *testing.B) {
	onRegisters(b, *agencies, func(b *testing.B, e *env) {
		a := askInTurn(b, e)
		for _, q := range readings {
			b.Run(q.name, func(b *testing.B) {
				timed(b, func(i int) error { return q.ask(b.Context(), a.conns[i%len(a.conns)], a.parents[i%len(a.parents)]) })
			})
		}
	})
}

// BenchmarkLog logs applications durably over gRPC: one officer alone, and 64 at once in
// 16 agencies.
func BenchmarkLog(b *testing.B) {
	for _, officers := range []int{1, 64} {
		b.Run("officers="+strconv.Itoa(officers), func(b *testing.B) {
			e := start(b, today)
			conns := make([]*grpc.ClientConn, officers)
			for i := range min(16, officers) {
				e.agency(b, agencyNo(i), "")
			}
			for i := range conns {
				conns[i] = e.conn(b, workflow.Officer, agencyNo(i%16))
			}
			var next atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for i, conn := range conns {
				wg.Go(func() {
					c := pb.NewApplicationServiceClient(conn)
					req := &pb.CreateApplicationRequest{Parent: "agencies/" + agencyNo(i%16), Application: newApplication()}
					for next.Add(1) <= int64(b.N) {
						if _, err := c.CreateApplication(b.Context(), req); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "applications/s")
		})
	}
}

// spread is over how many agencies a register goes that is made up otherwise.
const spread = 200

func agencyNo(i int) string { return fmt.Sprintf("a%03d", i%spread) }

func newApplication() *pb.Application {
	return &pb.Application{
		Channel: pb.Application_IN_PERSON, ArriveDate: "2026-06-29", Description: "申请公开某项目批复文件",
		Applicant: &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON, DisplayName: "示例", Phone: "010-00000000"},
	}
}
