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
// waits for confirmation, one that consults and one that is signed, and in five hundred one
// that an office of few has in hand.
func openCase(rnd *rand.Rand) []workflow.Act {
	received := calendar.New(2026, 6, 2).AddDays(rnd.IntN(29))
	submit := workflow.Act{Action: workflow.ActSubmit, Channel: workflow.InPerson, Kind: workflow.Business, Date: received}
	if rnd.IntN(500) == 0 {
		return []workflow.Act{submit, {Action: workflow.ActAssign, Holder: "信访科", Date: received}}
	}
	switch rnd.IntN(20) {
	case 0:
		submit.Channel = workflow.Fax
		return []workflow.Act{submit}
	case 1:
		return []workflow.Act{submit, {Action: workflow.ActConsult, Consulted: workflow.ConsultationKinds()[0], Date: received, Origin: workflow.Ledger}}
	case 2:
		return []workflow.Act{submit, {Action: workflow.ActDecide, Date: received, Basis: "disclosed.provided", Document: "示例〔2026〕1号", Origin: workflow.Ledger}}
	}
	return []workflow.Act{submit}
}

// fillOpen writes open cases into one agency.
func fillOpen(tb testing.TB, e *env, n int) {
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
				openCase(rnd), workflow.Person{Name: "agencies/own/principals/filler"}, day(tb, today))
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
		fillOpen(b, e, n)
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

// BenchmarkQueueOfHolder asks the same agency for what one office has: all of it, page by
// page, with its counts.
func BenchmarkQueueOfHolder(b *testing.B) {
	for _, n := range registerSizes(b) {
		e := start(b, today)
		fillOpen(b, e, n)
		c := pb.NewQueueServiceClient(e.conn(b, workflow.Supervisor, "own"))
		b.Run(fmt.Sprintf("open=%d", n), func(b *testing.B) {
			held := 0
			for b.Loop() {
				held = 0
				for token, more := "", true; more; more = token != "" {
					res, err := c.ListQueue(b.Context(), &pb.ListQueueRequest{Parent: "agencies/own", Holder: "信访科", Count: true, PageToken: token})
					if err != nil {
						b.Fatal(err)
					}
					held += len(res.GetEntries())
					token = res.GetNextPageToken()
				}
			}
			if held < n/1000 {
				b.Fatalf("%d of %d", held, n)
			}
			b.ReportMetric(float64(held), "held")
		})
	}
}
