package faults_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	pb "gongkai/proto/disclosure/v1"
)

// storm is officers who register and move on applications, who send a fifth of what they
// send again: at once, late, or with other content. What has no clear outcome they send
// until it has one.
type storm struct {
	t       *testing.T
	token   string // of one of them
	target  string
	clients sync.WaitGroup
	stop    chan struct{}
	end     func()
	limit   int64 // of acknowledged operations; 0: until end

	acknowledged, unknown, refused, repeated, reused atomic.Int64
	slowest                                          atomic.Int64 // call, in nanoseconds

	mu       sync.Mutex
	problems []string
	answers  map[string]*pb.Application // by request
	created  []string                   // requests that created an application
}

// stormClients is how many officers there are: so many commits meet in one group.
const stormClients = 16

// storms starts clients on several ways to the service, which may lead through proxies.
func storms(t *testing.T, r *rand.Rand, s *process, limit int, targets ...string) *storm {
	t.Helper()
	tokens := supervisors(t, s, "storm", stormClients)
	l := &storm{t: t, token: tokens[0], target: s.address, stop: make(chan struct{}), limit: int64(limit), answers: map[string]*pb.Application{}}
	l.end = sync.OnceFunc(func() {
		close(l.stop)
		l.clients.Wait()
	})
	t.Cleanup(l.end)
	for i, token := range tokens {
		c := &officer{storm: l, random: forked(r), service: pb.NewApplicationServiceClient(dial(t, targets[i%len(targets)], token))}
		l.clients.Go(c.work)
	}
	return l
}

func (l *storm) complain(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}

// over reports whether enough was done.
func (l *storm) over() bool {
	select {
	case <-l.stop:
		return true
	default:
		return l.limit > 0 && l.acknowledged.Load() >= l.limit
	}
}

// await waits until n more operations were acknowledged, or all are.
func (l *storm) await(n int64) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for until := l.acknowledged.Load() + n; l.acknowledged.Load() < until && !l.over(); {
		<-tick.C
	}
}

// finish lets the clients do what is left of the limit.
func (l *storm) finish() {
	if l.limit > 0 {
		l.clients.Wait()
	}
	l.end()
}

// officer is one client.
type officer struct {
	*storm
	random  *rand.Rand
	service pb.ApplicationServiceClient
	done    []proto.Message // its acknowledged requests
	own     []*pb.Application
}

func (c *officer) work() {
	for !c.over() {
		req := c.next()
		switch c.random.IntN(20) {
		case 0: // at once
			c.repeated.Add(1)
			var twin sync.WaitGroup
			twin.Go(func() { c.settle(req) })
			c.settle(req)
			twin.Wait()
		case 1, 2: // late
			c.settle(req)
			c.repeated.Add(1)
			c.settle(c.done[c.random.IntN(len(c.done))])
		case 3: // with other content
			c.settle(req)
			c.repeated.Add(1)
			c.reuse(c.done[c.random.IntN(len(c.done))])
		default:
			c.settle(req)
		}
	}
}

// next makes a request that was not sent before: an application, or an act on one.
func (c *officer) next() (req proto.Message) {
	if len(c.own) > 0 && c.random.IntN(4) == 0 {
		a := c.own[c.random.IntN(len(c.own))]
		id := c.uuid()
		req = &pb.ActOnApplicationRequest{
			Name: a.GetName(), RequestId: id,
			Actions: []*pb.Action{{Action: &pb.Action_Assign{Assign: &pb.Assign{AssignDate: "2026-06-16", Holder: "科室" + id}}}},
		}
	} else {
		id := c.uuid()
		req = &pb.CreateApplicationRequest{Parent: agency, Application: handedOver(id), RequestId: id}
	}
	c.done = append(c.done, req)
	return req
}

// uuid makes a request id out of the seed.
func (c *officer) uuid() string {
	a, b := c.random.Uint64(), c.random.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0xfff, b&0xffffffffffff)
}

func requestOf(req proto.Message) string {
	switch r := req.(type) {
	case *pb.CreateApplicationRequest:
		return r.GetRequestId()
	case *pb.ActOnApplicationRequest:
		return r.GetRequestId()
	}
	return ""
}

// send sends a request once.
func (c *officer) send(req proto.Message) (a *pb.Application, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	began := time.Now()
	switch r := req.(type) {
	case *pb.CreateApplicationRequest:
		a, err = c.service.CreateApplication(ctx, r)
	case *pb.ActOnApplicationRequest:
		a, err = c.service.ActOnApplication(ctx, r)
	}
	took := int64(time.Since(began))
	for old := c.slowest.Load(); took > old && !c.slowest.CompareAndSwap(old, took); {
		old = c.slowest.Load()
	}
	return a, err
}

// settle sends a request until it is answered, and compares with what it was answered
// before.
func (c *officer) settle(req proto.Message) {
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for {
		a, err := c.send(req)
		switch {
		case err == nil:
			c.note(req, a)
			return
		case unclear(err):
			c.unknown.Add(1)
		case refusedForNow(err):
			c.refused.Add(1)
		default:
			c.complain("request %s: %v", requestOf(req), err)
			c.note(req, nil)
			return
		}
		<-pause.C
	}
}

// note keeps the first answer to a request.
func (c *officer) note(req proto.Message, a *pb.Application) {
	id := requestOf(req)
	c.mu.Lock()
	first, again := c.answers[id]
	if !again {
		c.answers[id] = a
	}
	c.mu.Unlock()
	if again {
		if diff := cmp.Diff(first, a, protocmp.Transform()); diff != "" {
			c.complain("request %s was answered differently (-first +again):\n%s", id, diff)
		}
		return
	}
	c.acknowledged.Add(1)
	if _, ok := req.(*pb.CreateApplicationRequest); ok && a != nil {
		c.mu.Lock()
		c.created = append(c.created, id)
		c.own = append(c.own, a)
		c.mu.Unlock()
	}
}

// reuse sends other content under an id that was used, which must be refused.
func (c *officer) reuse(req proto.Message) {
	other := proto.Clone(req)
	switch r := other.(type) {
	case *pb.CreateApplicationRequest:
		r.Application.Description = "别的内容"
	case *pb.ActOnApplicationRequest:
		r.Actions = append(r.Actions, &pb.Action{Action: &pb.Action_Hold{Hold: &pb.Hold{HoldDate: "2026-06-16", Reason: "裁定"}}})
	}
	for !c.over() {
		_, err := c.send(other)
		if unclear(err) || refusedForNow(err) {
			continue
		}
		if status.Code(err) != codes.AlreadyExists {
			c.complain("request %s with other content: %v", requestOf(req), err)
		}
		c.reused.Add(1)
		return
	}
}

// check compares what is stored with what was acknowledged: each request once, numbers
// without gaps. It returns what is wrong.
func (l *storm) check() []string {
	l.t.Helper()
	l.finish()
	l.t.Logf("%d acknowledged, %d repeated, %d refused with other content; %d unknown and %d refused on the way; the slowest call took %v",
		l.acknowledged.Load(), l.repeated.Load(), l.reused.Load(), l.unknown.Load(), l.refused.Load(), time.Duration(l.slowest.Load()))
	list := all(l.t, l.target, l.token)
	var numbers, want []string
	stored := map[string]*pb.Application{}
	for i, a := range list {
		if twin := stored[a.GetRemark()]; twin != nil {
			l.complain("request %s is stored twice: %s and %s", a.GetRemark(), twin.GetApplicationNo(), a.GetApplicationNo())
		}
		stored[a.GetRemark()] = a
		numbers, want = append(numbers, a.GetApplicationNo()), append(want, fmt.Sprintf("2026-%05d", i+1))
	}
	slices.Sort(numbers)
	if diff := cmp.Diff(want, numbers); diff != "" {
		l.complain("numbers differ:\n%s", diff)
	}
	acts := map[string]int64{}
	for _, a := range l.answers {
		acts[a.GetName()]++
	}
	for _, id := range l.created {
		a := l.answers[id]
		got := stored[id]
		if got.GetName() != a.GetName() || got.GetApplicationNo() != a.GetApplicationNo() {
			l.complain("request %s was answered with %s, is stored as %q", id, a.GetApplicationNo(), got.GetApplicationNo())
		} else if n := acts[a.GetName()]; got.GetRevision() != a.GetRevision()+n-1 {
			l.complain("%s has revision %d after %d acts beside its registration", a.GetApplicationNo(), got.GetRevision(), n-1)
		}
	}
	if len(list) != len(l.created) {
		l.complain("%d applications are stored, %d were acknowledged", len(list), len(l.created))
	}
	return l.problems
}

// report fails the test of what is wrong.
func report(t *testing.T, problems []string) {
	t.Helper()
	for i, p := range problems {
		if i == 10 {
			t.Errorf("and %d more", len(problems)-10)
			return
		}
		t.Error(p)
	}
}

// wantProblems demands that a broken variant was found out.
func wantProblems(t *testing.T, problems []string) {
	t.Helper()
	if len(problems) == 0 {
		t.Error("the broken variant was not found out")
		return
	}
	first, _, _ := strings.Cut(problems[0], "\n")
	t.Logf("found out by %d problems, such as: %s", len(problems), first)
}
