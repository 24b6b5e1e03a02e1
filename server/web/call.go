package web

import (
	"context"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// maxCalls is how many calls a page may make; more are logged, and a test fails.
const maxCalls = 30

// todayHeader says the day of a test clock in every answer.
const todayHeader = "gongkai-today"

// The metadata by which the service is told who calls the desk; it reads them from within
// its process only.
const (
	remoteHeader = "gongkai-remote"
	agentHeader  = "gongkai-agent"
)

// calls sends a page's calls: with the caller's token, language and address, and counted.
type calls struct {
	conn grpc.ClientConnInterface
	md   metadata.MD
	n    atomic.Int32

	mu    sync.Mutex
	today string // of a test clock; empty: the real day
}

// Invoke is grpc.ClientConnInterface's.
func (c *calls) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	c.n.Add(1)
	var header metadata.MD
	err := c.conn.Invoke(metadata.NewOutgoingContext(ctx, c.md), method, args, reply, append(opts, grpc.Header(&header))...)
	c.note(header)
	return err
}

// NewStream is grpc.ClientConnInterface's.
func (c *calls) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	c.n.Add(1)
	return c.conn.NewStream(metadata.NewOutgoingContext(ctx, c.md), desc, method, opts...)
}

func (c *calls) note(header metadata.MD) {
	if v := header.Get(todayHeader); len(v) == 1 {
		c.mu.Lock()
		c.today = v[0]
		c.mu.Unlock()
	}
}

// fixedToday is the day of a test clock, if the service said so.
func (c *calls) fixedToday() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.today
}
