package server_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

var (
	rollupCases    = flag.String("rollup-cases", "10000,100000", "cases of the trees to roll up, such as 1000000,10000000")
	rollupAgencies = flag.Int("rollup-agencies", 5000, "agencies of the trees to roll up")
)

// fillTree writes a tree of agencies, ten below each, with cases spread over all of them.
// Cases of one agency come from a few hundred lives, because a made-up life costs more
// than storing it.
func fillTree(tb testing.TB, e *env, agencies, cases int) {
	tb.Helper()
	id := func(i int) string { return fmt.Sprintf("t%05d", i) }
	for i := 0; i < agencies; i += 500 {
		err := e.store.Update(tb.Context(), "", func(w storage.Writer) error {
			for n := i; n < min(agencies, i+500); n++ {
				a := storage.Agency{ID: id(n), DisplayName: "测试机关", CreateTime: time.Unix(1_780_000_000, 0), Revision: 1}
				if n > 0 {
					a.Parent = id((n - 1) / 10)
				}
				err := w.InsertAgency(a, storage.Event{Object: storage.AgencyObject(a.ID), Revision: 1, Time: a.CreateTime, Action: "create_agency", Facts: []byte(`{"v":1}`)})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	rnd := rand.New(rand.NewPCG(1, uint64(cases)))
	lives := make([]workflow.Application, 2000)
	events := make([][]workflow.Event, len(lives))
	for i := range lives {
		var err error
		lives[i], events[i], _, err = rules.Enter(workflow.Application{Agency: "x", ApplicationNo: "x", Description: "申请公开某项目的批复文件", Applicant: workflow.Applicant{Name: "申请人"}},
			randomCase(rnd), workflow.Person{Name: "agencies/x/principals/filler"}, day(tb, today))
		if err != nil {
			tb.Fatal(err)
		}
	}
	for i := range agencies {
		n := cases / agencies
		apps, ev := make([]workflow.Application, n), make([][]workflow.Event, n)
		for k := range n {
			life := rnd.IntN(len(lives))
			apps[k], ev[k] = lives[life], events[life]
			apps[k].Agency, apps[k].ApplicationNo = id(i), "B-"+strconv.Itoa(k)
		}
		for len(apps) > 0 {
			k := min(500, len(apps))
			if err := e.store.Update(tb.Context(), id(i), func(w storage.Writer) error { return insertAll(w, rules, apps[:k], ev[:k]) }); err != nil {
				tb.Fatal(err)
			}
			apps, ev = apps[k:], ev[k:]
		}
	}
}

// BenchmarkReportAsOf asks one agency for a report as of an instant: the acts of each of its
// cases up to then are read and played again.
func BenchmarkReportAsOf(b *testing.B) {
	for _, n := range registerSizes(b) {
		e := start(b, today)
		fillTree(b, e, 1, n)
		reports := pb.NewReportServiceClient(e.conn(b, workflow.Statistician, "t00000"))
		b.Run(fmt.Sprintf("cases=%d", n), func(b *testing.B) {
			for b.Loop() {
				_, err := reports.ComputeAnnualReport(b.Context(), &pb.ComputeAnnualReportRequest{
					Parent: "agencies/t00000", Year: 2025, Form: "table-2021", AsOfTime: timestamppb.New(time.Unix(1_780_000_100, 0)),
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRollup sums one form over a tree; the first call finds nothing in memory but
// what the store keeps there.
func BenchmarkRollup(b *testing.B) {
	for text := range strings.SplitSeq(*rollupCases, ",") {
		n, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		e := start(b, today)
		fillTree(b, e, *rollupAgencies, n)
		rollups := pb.NewRollupServiceClient(e.conn(b, workflow.Statistician, "t00000"))
		req := &pb.ComputeRollupRequest{Parent: "agencies/t00000", Year: 2025, Form: "table-2021"}
		b.Run(fmt.Sprintf("agencies=%d/cases=%d", *rollupAgencies, n), func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				at := time.Now()
				got, err := rollups.ComputeRollup(b.Context(), req)
				if err != nil || got.GetUnits() != int32(*rollupAgencies) {
					b.Fatal(got.GetUnits(), err)
				}
				took = append(took, time.Since(at))
			}
			b.ReportMetric(float64(took[0].Microseconds())/1000, "first-ms")
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
