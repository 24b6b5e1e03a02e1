package server_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
)

// sizes are the registers that benchmarks run on, in applications.
var sizes = flag.String("sizes", "10000", "sizes of the registers to benchmark on, such as 10000,100000,1000000")

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

// spread is over how many agencies a filled register goes.
const spread = 200

func agencyNo(i int) string { return fmt.Sprintf("a%03d", i%spread) }

// fill writes a register of n applications over 200 agencies: two in a hundred open, the
// others closed in 2021–2026 with the mixes of published reports.
func fill(tb testing.TB, e *env, n int) {
	tb.Helper()
	for i := range spread {
		e.agency(tb, agencyNo(i), "")
	}
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	rnd := rand.New(rand.NewPCG(1, uint64(n)))
	const batch = 200
	numbers := map[string]int{}
	for i := 0; i < n; i += batch {
		agency := agencyNo(i / batch)
		var apps []workflow.Application
		var events [][]workflow.Event
		for range min(batch, n-i) {
			numbers[agency]++
			a, ev, _, err := rules.Enter(workflow.Application{
				Agency: agency, ApplicationNo: fmt.Sprintf("B-%07d", numbers[agency]),
				Applicant:   workflow.Applicant{Name: "申请人" + strconv.Itoa(rnd.IntN(100000)), Phone: "010-00000000"},
				Description: "申请公开本机关某年度某项目的批复文件及其附件",
			}, randomCase(rnd), workflow.Person{Name: "agencies/" + agency + "/principals/filler"}, day(tb, today))
			if err != nil {
				tb.Fatal(err)
			}
			apps, events = append(apps, a), append(events, ev)
		}
		if err := e.store.Update(tb.Context(), agency, func(w storage.Writer) error { return insertAll(w, rules, apps, events) }); err != nil {
			tb.Fatal(err)
		}
	}
}

func insertAll(w storage.Writer, rules workflow.Rules, apps []workflow.Application, events [][]workflow.Event) error {
	for i := range apps {
		list := make([]storage.Event, 0, len(events[i]))
		for _, ev := range events[i] {
			facts, personal, err := ev.Encode()
			if err != nil {
				return err
			}
			list = append(list, storage.Event{
				Agency: apps[i].Agency, Revision: ev.Revision, Time: time.Unix(1_780_000_000, 0), Actor: ev.Act.By,
				Action: string(ev.Act.Action), Facts: facts, Personal: personal,
			})
		}
		r := rules.Deadline(&apps[i])
		if err := w.InsertApplication(&apps[i], storage.Caches{Due: r.Due, Safe: r.Safe, Lapse: rules.LapseDate(&apps[i])}, list...); err != nil {
			return err
		}
	}
	return nil
}

// randomCase is a lawful life of five acts, or of two for an open case.
func randomCase(rnd *rand.Rand) []workflow.Act {
	pick := func(list ...workflow.Channel) workflow.Channel { return list[rnd.IntN(len(list))] }
	kinds := workflow.ApplicantKinds()
	submit := workflow.Act{
		Action: workflow.ActSubmit, Kind: kinds[min(rnd.IntN(12), len(kinds)-1)%len(kinds)],
		Channel: pick(workflow.OnlineForm, workflow.OnlineForm, workflow.OnlineForm, workflow.PostOrdinary),
	}
	if rnd.IntN(50) == 0 {
		submit.Date = calendar.New(2026, 6, 1).AddDays(rnd.IntN(28))
		return []workflow.Act{submit, {Action: workflow.ActConfirm, Date: submit.Date.AddDays(1)}}
	}
	submit.Date = calendar.New(2021, 1, 4).AddDays(rnd.IntN(1900))
	bases := slices.DeleteFunc(outcome.Rows(), func(r outcome.Row) bool {
		return r.Only2008 || strings.HasPrefix(r.Row2021, "other") || r.Row2021 == "unable.stillUnclear"
	})
	decide := workflow.Act{
		Action: workflow.ActDecide, Date: submit.Date.AddDays(12), Basis: bases[rnd.IntN(len(bases))].Basis,
		Document: "示例〔2026〕1号", Origin: workflow.Ledger,
	}
	return []workflow.Act{
		submit,
		{Action: workflow.ActConfirm, Date: submit.Date.AddDays(1)},
		{Action: workflow.ActExtend, Date: submit.Date.AddDays(10), Workdays: 10, Origin: workflow.Ledger},
		decide,
		{Action: workflow.ActDeliver, Date: decide.Date.AddDays(1), Mode: workflow.DeliverPost},
	}
}

func newApplication() *pb.Application {
	return &pb.Application{
		Channel: pb.Application_IN_PERSON, ArriveDate: "2026-06-29", Description: "申请公开某项目批复文件",
		Applicant: &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON, DisplayName: "示例", Phone: "010-00000000"},
	}
}

// BenchmarkLog logs applications durably over gRPC: one officer alone, and 64 at once in
// 16 agencies.
func BenchmarkLog(b *testing.B) {
	for _, officers := range []int{1, 64} {
		b.Run(fmt.Sprintf("officers=%d", officers), func(b *testing.B) {
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

// BenchmarkRead asks for what is read most, on registers of several sizes.
func BenchmarkRead(b *testing.B) {
	for _, n := range registerSizes(b) {
		e := start(b, today)
		fill(b, e, n)
		conn := e.conn(b, workflow.Supervisor, agencyNo(0))
		parent := "agencies/" + agencyNo(0)
		apps, reports := pb.NewApplicationServiceClient(conn), pb.NewReportServiceClient(conn)
		for _, q := range []struct {
			name string
			ask  func(context.Context) error
		}{
			{"report", func(ctx context.Context) error {
				_, err := reports.ComputeAnnualReport(ctx, &pb.ComputeAnnualReportRequest{Parent: parent, Year: 2025, Form: "table-2021"})
				return err
			}},
			{"cell", func(ctx context.Context) error {
				_, err := reports.ListCellEntries(ctx, &pb.ListCellEntriesRequest{Parent: parent, Year: 2025, Form: "table-2021", Cell: "granted/business"})
				return err
			}},
			{"due", func(ctx context.Context) error {
				_, err := apps.ListDueApplications(ctx, &pb.ListDueApplicationsRequest{Parent: parent})
				return err
			}},
			{"list", func(ctx context.Context) error {
				_, err := apps.ListApplications(ctx, &pb.ListApplicationsRequest{Parent: parent})
				return err
			}},
			{"get", func(ctx context.Context) error {
				_, err := apps.GetApplication(ctx, &pb.GetApplicationRequest{Name: parent + "/applications/no:B-0000001"})
				return err
			}},
		} {
			b.Run(fmt.Sprintf("%s/applications=%d", q.name, n), func(b *testing.B) {
				took := make([]time.Duration, 0, b.N)
				for b.Loop() {
					at := time.Now()
					if err := q.ask(b.Context()); err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(at))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			})
		}
	}
}
