package report_test

import (
	"os"
	"testing"

	"gongkai/workflow"
	"gongkai/workflow/outcome"
	"gongkai/workflow/report"
)

// dense is the tally of a large roll-up: every combination that can occur in two years.
func dense() report.Tally {
	tally := report.Tally{}
	for _, year := range []int{2023, 2024} {
		for _, kind := range workflow.ApplicantKinds() {
			for _, c := range workflow.Channels() {
				tally[report.Tuple{Flow: report.Received, Year: year, Channel: c, Kind: kind}] = 7
			}
			for _, b := range outcome.Rows() {
				for _, timing := range []workflow.Timing{workflow.OnTime, workflow.Extended, workflow.Late} {
					tally[report.Tuple{Flow: report.Concluded, Year: year, Kind: kind, Basis: b.Basis, Timing: timing}] = 2
				}
			}
			tally[report.Tuple{Flow: report.Carried, Year: year, Kind: kind}] = 3
			tally[report.Tuple{Flow: report.Open, Year: year, Kind: kind}] = 1
		}
	}
	return tally
}

func BenchmarkCompute(b *testing.B) {
	tally := dense()
	for _, form := range report.Forms() {
		b.Run(string(form), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := report.Compute(form, "", 2024, tally, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendTuples(b *testing.B) {
	a := &workflow.Application{
		State: workflow.Closed, Channel: workflow.Fax, ReceiveDate: day(b, "2023-12-01"),
		Applicant:  workflow.Applicant{Kind: workflow.Business},
		Conclusion: workflow.Conclusion{Date: day(b, "2024-01-10"), Basis: "disclosed.provided", Timing: workflow.OnTime},
		Replies:    []workflow.Reply{{Basis: "disclosed.provided", DeliverDate: day(b, "2024-01-10")}},
	}
	var counts []report.Count
	b.ReportAllocs()
	for b.Loop() {
		counts = report.AppendTuples(counts[:0], a)
	}
}

func BenchmarkCheck(b *testing.B) {
	data, err := os.ReadFile("testdata/check/table-2021-whole.json")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := report.Check(data, ""); err != nil {
			b.Fatal(err)
		}
	}
}
