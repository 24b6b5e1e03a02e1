package server_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/server/access"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/report"
)

// goodputShare is what must be served of what can be. The clients of this test take their
// time from the service: a machine with nothing else to do is asked for four fifths.
var goodputShare = flag.Float64("goodput", 0.4, "share of the peak that must be served under ten times the load; 0.8 on a machine of its own")

// tallyTime is what a sum takes on the slow store: so few fit into a second that this
// program itself is no part of what is measured.
const tallyTime = 200 * time.Millisecond

// slowTally is a register so large that sums take their time, with a connection in hand.
type slowTally struct{ storage.Store }

func (s slowTally) View(ctx context.Context, fn func(storage.Reader) error) error {
	return s.Store.View(ctx, func(r storage.Reader) error { return fn(slowReader{r}) })
}

type slowReader struct{ storage.Reader }

func (r slowReader) Tally(agency string, from, to int) (report.Tally, error) {
	<-time.NewTimer(tallyTime).C
	return r.Reader.Tally(agency, from, to)
}

// fate is what came of calls of one kind.
type fate struct {
	mu           sync.Mutex
	served       int
	late, broken int
	refused      []time.Duration // how long each refusal took
}

// note counts one call. A refusal must say when to come again.
func (f *fate) note(err error, took time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch s := status.Convert(err); s.Code() {
	case codes.OK:
		f.served++
	case codes.ResourceExhausted:
		f.refused = append(f.refused, took)
		if !slices.ContainsFunc(s.Details(), func(d any) bool { r, ok := d.(*errdetails.RetryInfo); return ok && r.GetRetryDelay().AsDuration() > 0 }) {
			f.broken++
		}
	case codes.DeadlineExceeded, codes.Canceled:
		f.late++
	default:
		f.broken++
	}
}

func (f *fate) median() time.Duration {
	if len(f.refused) == 0 {
		return 0
	}
	slices.Sort(f.refused)
	return f.refused[len(f.refused)/2]
}

// overload is a service with officers who register and others who ask for reports.
type overload struct {
	t       *testing.T
	office  []pb.ApplicationServiceClient
	reports []pb.ReportServiceClient
}

func newOverload(t *testing.T, limits server.Limits) *overload {
	t.Helper()
	e := start(t, today)
	e.agency(t, "own", "")
	e = e.serveWith(t, slowTally{e.store}, limits)
	o := &overload{t: t}
	for range 4 {
		o.office = append(o.office, pb.NewApplicationServiceClient(e.conn(t, workflow.Officer, "own")))
		o.reports = append(o.reports, pb.NewReportServiceClient(e.conn(t, workflow.Statistician, "own")))
	}
	return o
}

// overloadCall is the deadline of a call.
const overloadCall = 4 * time.Second

func (o *overload) call(f *fate, do func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), overloadCall)
	defer cancel()
	began := time.Now()
	err := do(ctx)
	f.note(err, time.Since(began))
}

func (o *overload) report(i int) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := o.reports[i%len(o.reports)].ComputeAnnualReport(ctx, &pb.ComputeAnnualReportRequest{Parent: "agencies/own", Year: 2025, Form: "table-2021"})
		return err
	}
}

func (o *overload) register(i int) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := o.office[i%len(o.office)].CreateApplication(ctx, &pb.CreateApplicationRequest{Parent: "agencies/own", Application: handedOver("2026-06-01")})
		return err
	}
}

// peak is how many reports a second the service does for clients that wait their turn.
func (o *overload) peak(clients int, length time.Duration) float64 {
	var f fate
	var wg sync.WaitGroup
	end := time.Now().Add(length)
	for i := range clients {
		wg.Go(func() {
			for time.Now().Before(end) {
				o.call(&f, o.report(i))
			}
		})
	}
	wg.Wait()
	return float64(f.served) / length.Seconds()
}

// open sends calls at a rate, whether or not those before them were answered.
func (o *overload) open(f *fate, perSecond float64, length time.Duration, do func(i int) func(context.Context) error) {
	var wg sync.WaitGroup
	began := time.Now()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for sent := 0; ; {
		passed := time.Since(began)
		if passed > length {
			break
		}
		for ; sent < int(perSecond*passed.Seconds()); sent++ {
			wg.Go(func() { o.call(f, do(sent)) })
		}
		<-tick.C
	}
	wg.Wait()
}

// storm asks for ten times as many reports as the service can do while officers register,
// and returns what is wrong with how it fares.
func (o *overload) storm(peak float64, length time.Duration) (problems []error) {
	o.t.Helper()
	var reports, replies fate
	var wg sync.WaitGroup
	wg.Go(func() { o.open(&reports, 10*peak, length, o.report) })
	wg.Go(func() { o.open(&replies, 20, length, o.register) })
	wg.Wait()
	goodput := float64(reports.served) / length.Seconds()
	o.t.Logf("peak %.0f/s; offered ten times: %.0f/s served, %d refused in a median of %v, %d late; registered %d, not %d",
		peak, goodput, len(reports.refused), reports.median(), reports.late, replies.served, replies.late+len(replies.refused))
	if goodput < *goodputShare*peak {
		problems = append(problems, fmt.Errorf("less than %v of the peak is served", *goodputShare))
	}
	if reports.broken+replies.broken > 0 {
		problems = append(problems, errors.New("refused otherwise than for now"))
	}
	if all := replies.served + replies.late + len(replies.refused); replies.served*100 < all*99 {
		problems = append(problems, errors.New("registrations suffer"))
	}
	if reports.late > reports.served {
		problems = append(problems, errors.New("calls wait until it is too late"))
	}
	return problems
}

// TestOverload: under ten times the load the service does nearly what it can, refuses the
// rest at once, and goes on to register.
func TestOverload(t *testing.T) {
	if testing.Short() {
		t.Skip("loads the machine for seconds; run without -short")
	}
	t.Run("admission", func(t *testing.T) {
		o := newOverload(t, server.Limits{})
		for _, p := range o.storm(o.peak(3, 2*time.Second), 5*time.Second) {
			t.Error(p)
		}
		var after fate
		o.call(&after, o.report(0))
		if after.served != 1 {
			t.Errorf("when it is over: %+v", &after)
		}
	})
	t.Run("everybody admitted", func(t *testing.T) {
		o := newOverload(t, server.Limits{Places: map[access.Class]int{access.Report: 1 << 20}, Calls: 1 << 20, Streams: 1 << 20})
		problems := o.storm(o.peak(8, time.Second), 2*time.Second)
		if len(problems) == 0 {
			t.Error("a service without admission was not found out")
		}
		t.Logf("found out: %v", problems)
	})
}
