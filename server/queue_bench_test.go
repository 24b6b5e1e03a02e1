package server_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// openCase is an open case that is not overdue on the day of tests: in twenty one that
// waits for confirmation, one that consults and one that is signed. Of so many one is in
// the hands of one office.
func openCase(rnd *rand.Rand, ofMany int) []workflow.Act {
	received := calendar.New(2026, 6, 2).AddDays(rnd.IntN(29))
	acts := []workflow.Act{{Action: workflow.ActSubmit, Channel: workflow.InPerson, Kind: workflow.Business, Date: received}}
	if rnd.IntN(ofMany) == 0 {
		acts = append(acts, workflow.Act{Action: workflow.ActAssign, Holder: "信访科", Date: received})
	}
	switch rnd.IntN(20) {
	case 0:
		acts[0].Channel = workflow.Fax
	case 1:
		acts = append(acts, workflow.Act{Action: workflow.ActConsult, Consulted: workflow.ConsultationKinds()[0], Date: received, Origin: workflow.Ledger})
	case 2:
		acts = append(acts, workflow.Act{Action: workflow.ActDecide, Date: received, Basis: "disclosed.provided", Document: "示例〔2026〕1号", Origin: workflow.Ledger})
	}
	return acts
}

// fillOpen writes open cases into one agency.
func fillOpen(tb testing.TB, e *env, n, ofMany int) {
	tb.Helper()
	e.agency(tb, "own", "")
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	rnd := rand.New(rand.NewPCG(3, uint64(n)))
	const batch = 500
	for i := 0; i < n; i += batch {
		var apps []workflow.Application
		var events [][]workflow.Event
		for j := range min(batch, n-i) {
			a, ev, _, err := rules.Enter(workflow.Application{Agency: "own", ApplicationNo: "B-" + strconv.Itoa(i+j), Description: "某项目的批复文件"},
				openCase(rnd, ofMany), workflow.Person{Name: "agencies/own/principals/filler"}, day(tb, today))
			if err != nil {
				tb.Fatal(err)
			}
			apps, events = append(apps, a), append(events, ev)
		}
		if err := e.store.Update(tb.Context(), "own", func(w storage.Writer) error { return insertAll(w, rules, apps, events) }); err != nil {
			tb.Fatal(err)
		}
	}
}

// BenchmarkQueue asks an agency in which everything is open: the worst that can be. The
// first page holds what is due today, or, a day before anything is due, what is next.
func BenchmarkQueue(b *testing.B) {
	for _, n := range registerSizes(b) {
		e := start(b, today)
		fillOpen(b, e, n, 500)
		c := pb.NewQueueServiceClient(e.conn(b, workflow.Supervisor, "own"))
		for _, on := range []string{"2026-07-01", "2026-06-29", "2026-06-24"} {
			b.Run(fmt.Sprintf("on=%s/open=%d", on, n), func(b *testing.B) {
				took := make([]time.Duration, 0, b.N)
				for b.Loop() {
					at := time.Now()
					res, err := c.ListQueue(b.Context(), &pb.ListQueueRequest{Parent: "agencies/own", OnDate: on})
					if err != nil || len(res.GetEntries()) != 50 {
						b.Fatal(err, len(res.GetEntries()))
					}
					took = append(took, time.Since(at))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			})
		}
	}
}

// BenchmarkQueueOfHolder asks the same agency for what one office has, page by page with
// the counts: all of a few, or the first page where it has everything.
func BenchmarkQueueOfHolder(b *testing.B) {
	for _, n := range registerSizes(b) {
		for _, of := range []struct {
			name          string
			ofMany, pages int
		}{{"few", 500, n}, {"everything", 1, 1}} {
			e := start(b, today)
			fillOpen(b, e, n, of.ofMany)
			c := pb.NewQueueServiceClient(e.conn(b, workflow.Supervisor, "own"))
			for _, on := range []string{"2026-07-01", "2026-06-24"} {
				b.Run(fmt.Sprintf("%s/on=%s/open=%d", of.name, on, n), func(b *testing.B) {
					held := 0
					for b.Loop() {
						held = 0
						req := &pb.ListQueueRequest{Parent: "agencies/own", Holder: "信访科", OnDate: on, Count: true}
						for more, page := true, 0; more && page < of.pages; page++ {
							res, err := c.ListQueue(b.Context(), req)
							if err != nil {
								b.Fatal(err)
							}
							held += len(res.GetEntries())
							req.PageToken = res.GetNextPageToken()
							more = req.GetPageToken() != ""
						}
					}
					if held < min(50, n/1000) {
						b.Fatalf("%d of %d", held, n)
					}
					b.ReportMetric(float64(held), "held")
				})
			}
		}
	}
}
