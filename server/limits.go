package server

import (
	"cmp"
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/access"
)

// Limits bound what callers may cost. A field that is zero has the default that stands
// beside it.
type Limits struct {
	Connections int           // open at a time: 1,024
	Streams     uint32        // calls at a time on one connection: 128
	Calls       int           // of one principal at a time: 256
	Rate        float64       // calls of one principal a second: unbounded
	Idle        time.Duration // between two messages of a stream: two minutes
	// Places is how many calls of a class run at a time; see defaultPlaces.
	Places map[access.Class]int
}

// What a call and a connection may cost; grpc's own defaults are open.
const (
	maxConnections = 1024
	maxStreams     = 128
	maxCalls       = 256
	maxHeaderBytes = 16 << 10
	// window is what a stream and a connection may send ahead of its reader. Where it is left
	// to grpc to find out, each call costs a ping on either side.
	window           = 1 << 20
	handshakeTimeout = 10 * time.Second
	connectionIdle   = 15 * time.Minute
	connectionAge    = 30 * time.Minute
	connectionGrace  = 30 * time.Second
	pingEvery        = time.Minute // of a connection on which nothing comes
	pingTimeout      = 20 * time.Second
	leastPing        = 30 * time.Second  // between a client's pings
	streamIdle       = 2 * busyWaitLimit // an import may wait that long to write
	drainTimeout     = 10 * time.Second
)

// The time that a call has: who names none gets callTimeout, who names more than
// maxCallTime gets that, and who has less than leastCallTime left is told so at once.
const (
	callTimeout   = 10 * time.Second
	maxCallTime   = time.Minute
	leastCallTime = 100 * time.Millisecond
)

// defaultPlaces has room for many who wait for one commit together, and keeps those few
// who read much from taking every connection for reading.
func defaultPlaces(c access.Class) int {
	switch c {
	case access.Reply:
		return 256
	case access.Work:
		return 64
	case access.Bulk:
		return 16
	case access.Search:
		return 4
	case access.Report:
		return 3
	}
	return 1
}

// limits is what holds callers to the Limits.
type limits struct {
	Limits
	gates  map[access.Class]*gate
	quotas quotas
	memory memory
}

func newLimits(c Limits) *limits {
	l := &limits{Limits: c, gates: map[access.Class]*gate{}}
	l.Connections, l.Streams = cmp.Or(c.Connections, maxConnections), cmp.Or(c.Streams, maxStreams)
	l.Idle = cmp.Or(c.Idle, streamIdle)
	l.quotas = quotas{perSecond: c.Rate, atOnce: cmp.Or(c.Calls, maxCalls), callers: map[string]*quota{}}
	for _, class := range access.Classes() {
		l.gates[class] = newGate(class, cmp.Or(c.Places[class], defaultPlaces(class)))
	}
	return l
}

// options are those of grpc that hold a connection to the limits.
func (l *limits) options() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(maxReceived), grpc.MaxConcurrentStreams(l.Streams), grpc.MaxHeaderListSize(maxHeaderBytes),
		grpc.StaticStreamWindowSize(window), grpc.StaticConnWindowSize(window),
		grpc.ConnectionTimeout(handshakeTimeout), grpc.WaitForHandlers(true),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: leastPing, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionIdle: connectionIdle, MaxConnectionAge: connectionAge, MaxConnectionAgeGrace: connectionGrace,
			Time: pingEvery, Timeout: pingTimeout,
		}),
	}
}

// enter admits a call that may be made: its principal must not have too many running,
// and its class must have a place.
func (l *limits) enter(ctx context.Context, c call) (leave func(), err error) {
	if c.rule.Class >= access.Search && l.memory.short() {
		return nil, overloaded(time.Second, "系统内存不足，暂不受理检索、统计和批量业务；请稍后重试", "the service is short of memory and takes no searches, reports and bulk work for now; try again later")
	}
	who := principalKey(c.principal)
	end, err := l.quotas.begin(who)
	if err != nil {
		return nil, err
	}
	done, err := l.gates[c.rule.Class].enter(ctx, who)
	if err != nil {
		end()
		return nil, err
	}
	return func() { done(); end() }, nil
}

// withDeadline gives a call the time that it may take.
func withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithTimeout(ctx, maxCallTime)
	}
	return context.WithTimeout(ctx, callTimeout)
}

// tooLate refuses a call whose caller will be gone before it can be answered: to begin it
// would take the time of others.
func tooLate(ctx context.Context) error {
	end, ok := ctx.Deadline()
	if !ok || end.Sub(machineTime()) >= leastCallTime {
		return nil
	}
	return failf(pb.Reason_DEADLINE_TOO_SHORT, "剩余时间不足%d毫秒，没有办理；请给出更长的时限", "less than %d ms are left, nothing was done; set a longer deadline", leastCallTime.Milliseconds())
}

// machineTime is what deadlines and loads are measured by, whatever day a test clock sets.
func machineTime() time.Time {
	return time.Now() //nolint:forbidigo // a deadline runs by the machine's clock and decides nothing of the law
}

// within runs one receipt or sending of a stream, for as long as a stream may stand still.
// One that takes longer ends when the handler returns, which ends the stream.
func (l *limits) within(ctx context.Context, carry func() error) error {
	done := make(chan error, 1)
	go func() { done <- carry() }()
	timer := time.NewTimer(l.Idle)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return <-done
	case <-timer.C:
		return failf(pb.Reason_STREAM_IDLE, "数据流超过%v没有进展，已经中断；请重新开始", "the stream stood still for %v and was ended; begin again", l.Idle)
	}
}
