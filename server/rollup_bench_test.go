package server_test

import (
	"flag"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/generate"
	"gongkai/workflow"
)

var rollupAgencies = flag.Int("rollup-agencies", 5000, "agencies of the trees to roll up")

// BenchmarkReportAsOf asks one agency for a report as of an instant: the acts of each of its
// cases up to then are read and played again.
func BenchmarkReportAsOf(b *testing.B) {
	onRegisters(b, 1, func(b *testing.B, e *env) {
		e.trusted(b)
		reports := pb.NewReportServiceClient(e.conn(b, workflow.Statistician, generate.AgencyID(0)))
		req := &pb.ComputeAnnualReportRequest{
			Parent: "agencies/" + generate.AgencyID(0), Year: 2025, Form: "table-2021", AsOfTime: timestamppb.New(time.Now().Add(-time.Minute)),
		}
		b.Run("asof", func(b *testing.B) {
			for b.Loop() {
				if _, err := reports.ComputeAnnualReport(b.Context(), req); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

// BenchmarkRollup sums one form over a tree; the first call finds nothing in memory but
// what the store keeps there.
func BenchmarkRollup(b *testing.B) {
	onRegisters(b, *rollupAgencies, func(b *testing.B, e *env) {
		e.trusted(b)
		rollups := pb.NewRollupServiceClient(e.conn(b, workflow.Statistician, generate.AgencyID(0)))
		req := &pb.ComputeRollupRequest{Parent: "agencies/" + generate.AgencyID(0), Year: 2025, Form: "table-2021"}
		b.Run("year", func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				at := time.Now()
				got, err := rollups.ComputeRollup(b.Context(), req)
				if err != nil || *registerFile == "" && got.GetUnits() != int32(*rollupAgencies) {
					b.Fatal(got.GetUnits(), err)
				}
				took = append(took, time.Since(at))
			}
			b.ReportMetric(float64(took[0].Microseconds())/1000, "first-ms")
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	})
}
