package faults_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
)

// What a client does to a case: read it, give it to somebody, or extend its period, which
// is allowed once. The last two may depend on what the client saw.
const (
	kindRead = iota
	kindAssign
	kindExtend
)

// input is one call.
type input struct {
	object   string
	kind     int
	etag     string // of what the client saw; empty: it does not mind
	holder   string
	workdays int32
}

// outcomes of a call.
const (
	outcomeOK = iota
	outcomeStale
	outcomeExtendedBefore
	outcomeUnknown
)

type output struct {
	outcome int
	state   standing
}

// standing is what a case is, as a client sees it.
type standing struct {
	etag, number, holder, due, state string
}

func standingOf(a *pb.Application) standing {
	return standing{a.GetEtag(), a.GetApplicationNo(), a.GetHolder(), a.GetDeadline().GetDueDate(), a.GetState().String()}
}

// register is the model: one case, each call at one moment between its sending and its
// answer. due are the dates that an extension leads to.
type register struct {
	due map[int32]string
}

// situation is the state of the model.
type situation struct {
	standing
	revision int64
	extended bool
}

// step asserts types that nothing else in these histories has.
func (m register) step(state, in, out any) (bool, any) {
	s, call, got := state.(situation), in.(input), out.(output)
	if call.kind == kindRead {
		return got.state == s.standing, s
	}
	next, want := m.apply(s, call)
	switch got.outcome {
	case outcomeUnknown: // done or not: if not, it takes its place at the very end
		return true, next
	case outcomeOK:
		return want == outcomeOK && got.state == next.standing, next
	}
	return got.outcome == want, s
}

// apply is what a call makes of a case.
func (m register) apply(s situation, call input) (next situation, outcome int) {
	switch {
	case call.etag != "" && call.etag != s.etag:
		return s, outcomeStale
	case call.kind == kindExtend && s.extended:
		return s, outcomeExtendedBefore
	}
	s.revision++
	s.etag = fmt.Sprintf(`"%d"`, s.revision)
	if call.kind == kindAssign {
		s.holder = call.holder
	} else {
		s.extended, s.due = true, m.due[call.workdays]
	}
	return s, outcomeOK
}

// histories are those of several cases.
type histories struct {
	t     *testing.T
	model register
	begun time.Time
	limit int64
	cases []*pb.Application

	calls, done, unknown atomic.Int64

	mu   sync.Mutex
	list map[string][]porcupine.Operation
	errs []string
}

// linearClients is how many clients work on hotCases cases.
const (
	linearClients = 16
	hotCases      = 40
)

// newHistories registers the hot cases, and finds out what extensions lead to.
func newHistories(t *testing.T, s *process, limit int) *histories {
	t.Helper()
	h := &histories{t: t, begun: time.Now(), limit: int64(limit), model: register{due: map[int32]string{}}, list: map[string][]porcupine.Operation{}}
	c := pb.NewApplicationServiceClient(dial(t, s.address, supervisors(t, s, "founder", 1)[0]))
	create := func() *pb.Application {
		a, err := c.CreateApplication(t.Context(), &pb.CreateApplicationRequest{Parent: agency, Application: handedOver("")})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, days := range []int32{5, 10, 20} {
		a, err := c.ActOnApplication(t.Context(), &pb.ActOnApplicationRequest{Name: create().GetName(), Actions: []*pb.Action{extend(days)}})
		if err != nil {
			t.Fatal(err)
		}
		h.model.due[days] = a.GetDeadline().GetDueDate()
	}
	// A history holds 300 acts at most, some two fifths of the calls are acts.
	for range max(hotCases, limit/400) {
		h.cases = append(h.cases, create())
	}
	return h
}

func extend(days int32) *pb.Action {
	return &pb.Action{Action: &pb.Action_Extend{Extend: &pb.Extend{Workdays: days, NotifyDate: today, Reason: "情况复杂"}}}
}

// client is one of them.
type client struct {
	*histories
	id      int
	random  *rand.Rand
	service pb.ApplicationServiceClient
	seen    map[string]string // etags
	blind   bool              // broken: the version is not checked
}

func (h *histories) now() int64 { return int64(time.Since(h.begun)) }

func (c *client) work() {
	for n := 0; c.done.Load() < c.limit; n++ {
		a := c.cases[c.random.IntN(len(c.cases))]
		in := input{object: a.GetName()}
		switch k := c.random.IntN(100); {
		case k < 60:
			in.kind = kindRead
		case k < 95:
			in.kind, in.holder = kindAssign, fmt.Sprintf("科室%d-%d", c.id, n)
		default:
			in.kind, in.workdays = kindExtend, []int32{5, 10, 20}[c.random.IntN(3)]
		}
		if in.kind != kindRead && c.random.IntN(2) == 0 {
			in.etag = c.seen[in.object]
		}
		c.do(in)
	}
}

// do carries one call through and adds it to the history. Half of those without a clear
// outcome are sent again under the same key until they have one, the others never return.
func (c *client) do(in input) {
	op := porcupine.Operation{ClientId: c.id, Input: in, Call: c.now()}
	key := c.key()
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	again := c.random.IntN(2) == 0
	for {
		c.calls.Add(1)
		a, err := c.send(in, key)
		out, known := c.read(a, err)
		if !known {
			<-pause.C
			c.unknown.Add(1)
			if in.kind == kindRead || !again {
				out = output{outcome: outcomeUnknown}
			} else {
				continue
			}
		}
		if in.kind == kindRead && !known {
			return // it did nothing and told nothing
		}
		op.Output, op.Return = out, c.now()
		if !known {
			op.Return = math.MaxInt64
		}
		if known && out.outcome == outcomeOK {
			c.seen[in.object] = out.state.etag
		}
		c.mu.Lock()
		c.list[in.object] = append(c.list[in.object], op)
		c.mu.Unlock()
		c.done.Add(1)
		return
	}
}

func (c *client) key() string {
	o := officer{random: c.random}
	return o.uuid()
}

func (c *client) send(in input, key string) (*pb.Application, error) {
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	if in.kind == kindRead {
		return c.service.GetApplication(ctx, &pb.GetApplicationRequest{Name: in.object})
	}
	action := extend(in.workdays)
	if in.kind == kindAssign {
		action = &pb.Action{Action: &pb.Action_Assign{Assign: &pb.Assign{AssignDate: "2026-06-16", Holder: in.holder}}}
	}
	if c.blind {
		in.etag = ""
	}
	return c.service.ActOnApplication(ctx, &pb.ActOnApplicationRequest{Name: in.object, Etag: in.etag, RequestId: key, Actions: []*pb.Action{action}})
}

// read tells what an answer says; false: nothing clear.
func (c *client) read(a *pb.Application, err error) (out output, known bool) {
	switch code := status.Code(err); {
	case err == nil:
		return output{outcomeOK, standingOf(a)}, true
	case unclear(err), refusedForNow(err):
		return output{}, false
	case code == codes.Aborted:
		return output{outcome: outcomeStale}, true
	case code == codes.FailedPrecondition:
		return output{outcome: outcomeExtendedBefore}, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs = append(c.errs, err.Error())
	return output{outcome: outcomeUnknown}, true
}

// run has the clients work while faults happen, until there are enough calls.
func (h *histories) run(r *rand.Rand, s *process, blind bool, fault func()) {
	h.t.Helper()
	tokens := supervisors(h.t, s, "linear", linearClients)
	var clients sync.WaitGroup
	for i, token := range tokens {
		c := &client{histories: h, id: i, random: forked(r), seen: map[string]string{}, blind: blind, service: pb.NewApplicationServiceClient(dial(h.t, s.address, token))}
		clients.Go(c.work)
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for each := min(max(h.limit/5, 200), 1000); fault != nil; {
		for until := h.done.Load() + each; h.done.Load() < min(until, h.limit); {
			<-tick.C
		}
		if h.done.Load() >= h.limit {
			break
		}
		fault()
	}
	clients.Wait()
}

// checkTime bounds the check of one case; what is not known by then counts as a failure.
const checkTime = 2 * time.Minute

// check returns the cases whose history no order of the calls explains.
func (h *histories) check() (bad []string) {
	h.t.Helper()
	h.t.Logf("%d calls, %d in histories of %d cases, %d without a clear outcome", h.calls.Load(), h.done.Load(), len(h.cases), h.unknown.Load())
	for _, e := range h.errs {
		bad = append(bad, "an answer that should not be: "+e)
	}
	for _, a := range h.cases {
		start := situation{standing: standingOf(a), revision: a.GetRevision()}
		model := porcupine.Model{Init: func() any { return start }, Step: h.model.step}
		if got := porcupine.CheckOperationsTimeout(model, h.list[a.GetName()], checkTime); got != porcupine.Ok {
			bad = append(bad, fmt.Sprintf("%s, %d calls: %v", a.GetName(), len(h.list[a.GetName()]), got))
		}
	}
	return bad
}
