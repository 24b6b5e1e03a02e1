package main

import (
	"context"
	"sync/atomic"

	"google.golang.org/grpc/stats"
)

// clockHeader is how a service says that its today is fixed for tests.
const clockHeader = "gongkai-today"

// testClock listens to the headers of answers for the day of a test clock, so that no
// answer from one is taken for an answer of today.
type testClock struct{ day atomic.Pointer[string] }

// HandleRPC keeps the day; the name is gRPC's.
func (t *testClock) HandleRPC(_ context.Context, event stats.RPCStats) {
	if header, ok := event.(*stats.InHeader); ok {
		for _, day := range header.Header.Get(clockHeader) {
			t.day.Store(&day)
		}
	}
}

// HandleConn does nothing.
func (*testClock) HandleConn(context.Context, stats.ConnStats) {}

// TagRPC adds nothing.
func (*testClock) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// TagConn adds nothing.
func (*testClock) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// noteClock says that the answers were those of a test clock.
func (a *app) noteClock() {
	if day := a.clock.day.Load(); day != nil {
		a.note(text{"测试时钟", "test clock"}, text{"服务的今天固定为" + *day, "today of the service is fixed as " + *day}.in(a.lang))
	}
}
