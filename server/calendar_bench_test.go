package server_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

var noticeOpen = flag.Int("notice-open", 500_000, "open applications that a notice may move")

// BenchmarkNotice takes in a yearly notice that moves the last day of every open
// application of fifty agencies: first only the preview, then for good, until every list is
// in the new order.
func BenchmarkNotice(b *testing.B) {
	e := start(b, onImport)
	fillDue(b, e, *noticeOpen)
	c := e.calendar()
	b.Run(fmt.Sprintf("preview/open=%d", *noticeOpen), func(b *testing.B) {
		for b.Loop() {
			got, err := c.ImportNotice(b.Context(), &pb.ImportNoticeRequest{Text: short2027, ValidateOnly: true})
			if err != nil || int(got.GetMovedCount()) != *noticeOpen {
				b.Fatal(err, got.GetMovedCount())
			}
		}
	})
	at := time.Now()
	got, err := c.ImportNotice(b.Context(), &pb.ImportNoticeRequest{Text: short2027})
	if err != nil || int(got.GetMovedCount()) != *noticeOpen {
		b.Fatal(err, got.GetMovedCount())
	}
	answered := time.Since(at)
	for pending := true; pending; { // where the answer came first, the rest follows by itself
		var header metadata.MD
		if _, err := c.GetDay(b.Context(), &pb.GetDayRequest{Date: onImport}, grpc.Header(&header)); err != nil {
			b.Fatal(err)
		}
		pending = len(header.Get("gongkai-calendar")) > 0
	}
	took := time.Since(at)
	b.Run(fmt.Sprintf("import/open=%d", *noticeOpen), func(b *testing.B) { // it can be done once
		b.ReportMetric(answered.Seconds(), "answered-s")
		b.ReportMetric(took.Seconds(), "done-s")
		b.ReportMetric(0, "ns/op")
	})
}

// fillDue writes open applications that are due in the January after the day of import.
func fillDue(tb testing.TB, e *env, n int) {
	tb.Helper()
	const agencies, batch = 50, 500
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	rnd := rand.New(rand.NewPCG(5, uint64(n)))
	for i := range agencies {
		id := fmt.Sprintf("due%02d", i)
		e.agency(tb, id, "")
		for left := n / agencies; left > 0; left -= batch {
			var apps []workflow.Application
			var events [][]workflow.Event
			for j := range min(batch, left) {
				received := calendar.New(2026, 12, 7).AddDays(rnd.IntN(8))
				a, ev, _, err := rules.Enter(workflow.Application{Agency: id, ApplicationNo: "B-" + strconv.Itoa(left-j), Description: "某项目的批复文件"},
					[]workflow.Act{{Action: workflow.ActSubmit, Channel: workflow.InPerson, Kind: workflow.Business, Date: received}},
					workflow.Person{Name: "agencies/" + id + "/principals/filler"}, day(tb, onImport))
				if err != nil {
					tb.Fatal(err)
				}
				apps, events = append(apps, a), append(events, ev)
			}
			if err := e.store.Update(tb.Context(), id, func(w storage.Writer) error { return insertAll(w, rules, apps, events) }); err != nil {
				tb.Fatal(err)
			}
		}
	}
}
