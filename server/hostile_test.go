package server_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/server/access"
	"gongkai/workflow"
)

// raw is a connection on which a client says what it likes.
type raw struct {
	net.Conn
	*http2.Framer
	head bytes.Buffer
	hp   *hpack.Encoder
}

// rawTo opens a connection and, unless it is to stay silent, greets.
func rawTo(t *testing.T, target string, greet bool) *raw {
	t.Helper()
	c, err := net.Dial("tcp", target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	r := &raw{Conn: c, Framer: http2.NewFramer(c, c)}
	r.hp = hpack.NewEncoder(&r.head)
	if greet {
		if _, err := io.WriteString(c, http2.ClientPreface); err != nil {
			t.Fatal(err)
		}
		if err := r.WriteSettings(); err != nil {
			t.Fatal(err)
		}
		err := r.hear(func(f http2.Frame) bool { // and answered, so that from here on reading writes nothing
			s, ok := f.(*http2.SettingsFrame)
			return ok && !s.IsAck()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// headers are those of a call; more are added as they are.
func (r *raw) headers(method, token string, more ...string) []byte {
	r.head.Reset()
	fields := []string{
		":method", "POST", ":scheme", "http", ":path", method, ":authority", "server", "content-type", "application/grpc", "te", "trailers",
		"authorization", "Bearer " + token,
	}
	for pair := range slices.Chunk(append(fields, more...), 2) {
		_ = r.hp.WriteField(hpack.HeaderField{Name: pair[0], Value: pair[1]}) // to a buffer
	}
	return r.head.Bytes()
}

// begin opens a stream.
func (r *raw) begin(id uint32, block []byte) error {
	return r.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block, EndHeaders: true})
}

// hear reads frames until one is what is waited for, or the connection ends.
func (r *raw) hear(want func(http2.Frame) bool) error {
	for {
		f, err := r.ReadFrame()
		if err != nil {
			return err
		}
		if s, ok := f.(*http2.SettingsFrame); ok && !s.IsAck() {
			if err := r.WriteSettingsAck(); err != nil {
				return err
			}
		}
		if want(f) {
			return nil
		}
	}
}

// ended reports whether a connection was closed from the other side.
func (r *raw) ended(patience time.Duration) bool {
	if err := r.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return true
	}
	_, err := io.Copy(io.Discard, r.Conn)
	var timeout net.Error
	return !errors.As(err, &timeout) || !timeout.Timeout()
}

// besieged is a service under attack, with an officer who goes on working.
type besieged struct {
	*env
	t       *testing.T
	token   string
	officer pb.ApplicationServiceClient
}

func besiege(t *testing.T, limits server.Limits) *besieged {
	t.Helper()
	e := start(t, today)
	e.agency(t, "own", "")
	e = e.serveWith(t, e.store, limits)
	res, err := pb.NewPrincipalServiceClient(e.admin).CreatePrincipal(t.Context(), &pb.CreatePrincipalRequest{
		Parent: "agencies/own", PrincipalId: "attacker", Principal: &pb.Principal{Role: pb.Principal_OFFICER},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := &besieged{env: e, t: t, token: res.GetToken(), officer: pb.NewApplicationServiceClient(e.conn(t, workflow.Officer, "own"))}
	b.works("before")
	return b
}

// works demands that the officer can work, and that another can come.
func (b *besieged) works(when string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
	defer cancel()
	for _, c := range []pb.ApplicationServiceClient{b.officer, pb.NewApplicationServiceClient(b.dial(b.token))} {
		if _, err := c.ListDueApplications(ctx, &pb.ListDueApplicationsRequest{Parent: "agencies/own"}); err != nil {
			b.t.Errorf("%s: an officer's call: %v", when, err)
		}
	}
}

// TestIdleConnections opens more connections than are allowed and says nothing on them.
func TestIdleConnections(t *testing.T) {
	const most, many = 50, 200
	open := func(t *testing.T, limits server.Limits) (left int) {
		b := besiege(t, limits)
		var conns []*raw
		for i := range many {
			conns = append(conns, rawTo(t, b.target, i%2 == 0))
		}
		b.works("with idle connections")
		for i, c := range conns {
			if !c.ended(50 * time.Millisecond) {
				left++
			}
			if left > most || left+many-1-i <= most {
				break
			}
		}
		return left
	}
	t.Run("bounded", func(t *testing.T) {
		if left := open(t, server.Limits{Connections: most}); left > most {
			t.Errorf("more than %d connections are open", most)
		}
	})
	t.Run("unbounded is found", func(t *testing.T) {
		if left := open(t, server.Limits{Connections: 1 << 20}); left <= most {
			t.Errorf("only %d connections were left by a server without bounds", left)
		}
	})
}

// TestConnectionsOfOne: whoever shows his token on every connection that there may be keeps
// nobody else out.
func TestConnectionsOfOne(t *testing.T) {
	const most = 40
	b := besiege(t, server.Limits{Connections: most})
	for range most + 10 {
		client := pb.NewApplicationServiceClient(b.dial(b.token))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		_, _ = client.ListDueApplications(ctx, &pb.ListDueApplicationsRequest{Parent: "agencies/own"}) // he may be refused
		cancel()
	}
	late := pb.NewApplicationServiceClient(b.conn(t, workflow.Officer, "own"))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := late.ListDueApplications(ctx, &pb.ListDueApplicationsRequest{Parent: "agencies/own"}, grpc.WaitForReady(true)); err != nil {
		t.Errorf("another officer, who comes later: %v", err)
	}
	b.works("with the connections of one")
}

// TestManyStreams opens more streams on one connection than are allowed.
func TestManyStreams(t *testing.T) {
	const many = 300
	refused := func(t *testing.T, limits server.Limits) (n int) {
		b := besiege(t, limits)
		c := rawTo(t, b.target, true)
		for i := range many {
			if err := c.begin(uint32(2*i+1), c.headers(pb.LedgerService_ImportLedger_FullMethodName, b.token)); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.WritePing(false, [8]byte{'l', 'a', 's', 't'}); err != nil {
			t.Fatal(err)
		}
		err := c.hear(func(f http2.Frame) bool {
			if r, ok := f.(*http2.RSTStreamFrame); ok && r.ErrCode == http2.ErrCodeRefusedStream {
				n++
			}
			p, ok := f.(*http2.PingFrame)
			return ok && p.IsAck()
		})
		if err != nil {
			t.Errorf("the connection ended: %v", err)
		}
		b.works("with many streams")
		return n
	}
	t.Run("bounded", func(t *testing.T) {
		if n := refused(t, server.Limits{}); n < many-128-20 { // some ended by themselves
			t.Errorf("only %d of %d streams were refused", n, many)
		}
	})
	t.Run("unbounded is found", func(t *testing.T) {
		if n := refused(t, server.Limits{Streams: 1 << 20, Calls: 1 << 20}); n != 0 {
			t.Errorf("%d streams were refused by a server without bounds", n)
		}
	})
}

// TestHostile says things that no client should, each on connections of its own, while an
// officer works.
func TestHostile(t *testing.T) {
	b := besiege(t, server.Limits{})
	list := pb.ApplicationService_ListDueApplications_FullMethodName
	tests := []struct {
		name   string
		attack func(t *testing.T)
	}{
		{"headers that never end", func(t *testing.T) {
			for range 50 {
				c := rawTo(t, b.target, true)
				block := c.headers(list, b.token)
				if err := c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block[:len(block)/2]}); err != nil {
					t.Error(err)
				}
			}
		}},
		{"headers that are too long", func(t *testing.T) {
			c := rawTo(t, b.target, true)
			block := c.headers(list, b.token, "x-long", strings.Repeat("长", 4000), "x-longer", strings.Repeat("长", 4000))
			err := c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block[:len(block)/2]})
			if err == nil {
				err = c.WriteContinuation(1, true, block[len(block)/2:])
			}
			if err != nil {
				t.Error(err)
			}
			err = c.hear(func(f http2.Frame) bool {
				_, reset := f.(*http2.RSTStreamFrame)
				_, away := f.(*http2.GoAwayFrame)
				return reset || away
			})
			if err != nil && !errors.Is(err, io.EOF) {
				t.Errorf("long headers: %v", err)
			}
		}},
		{"streams that are reset at once", func(t *testing.T) {
			c := rawTo(t, b.target, true)
			go func() { _ = c.hear(func(http2.Frame) bool { return false }) }()
			for i := range uint32(3000) {
				err := c.begin(2*i+1, c.headers(list, b.token))
				if err == nil {
					err = c.WriteRSTStream(2*i+1, http2.ErrCodeCancel)
				}
				if err != nil {
					break // it was thrown out
				}
			}
		}},
		{"pings without end", func(t *testing.T) {
			c := rawTo(t, b.target, true)
			go func() {
				for range 10_000 {
					if c.WritePing(false, [8]byte{}) != nil {
						return
					}
				}
			}()
			err := c.hear(func(f http2.Frame) bool {
				g, ok := f.(*http2.GoAwayFrame)
				return ok && g.ErrCode == http2.ErrCodeEnhanceYourCalm
			})
			if err != nil {
				t.Errorf("nobody was told to calm down: %v", err)
			}
		}},
		{"no gRPC at all", func(t *testing.T) {
			c := rawTo(t, b.target, false)
			if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: server\r\n\r\n"); err != nil {
				t.Error(err)
			}
			if !c.ended(20 * time.Second) {
				t.Error("who speaks something else is kept")
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.attack(t)
			b.works(test.name)
		})
	}
}

// TestEndlessStream: an import on which nothing comes gives its place back.
func TestEndlessStream(t *testing.T) {
	imports := func(t *testing.T, limits server.Limits) error {
		b := besiege(t, limits)
		idle := importing(t, b.conn(t, workflow.Officer, "own"), false, &pb.SheetStart{Sheet: "applications", Keys: []string{"application_no"}})
		if limits.Idle < time.Second {
			_, err := idle.Recv()
			wantRefusal(t, err, codes.DeadlineExceeded, pb.Reason_STREAM_IDLE)
		} else if !b.taken() {
			t.Error("the idle import takes no place")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		stream, err := pb.NewLedgerServiceClient(b.conn(t, workflow.Officer, "own")).ImportLedger(ctx)
		if err != nil {
			return err
		}
		if err := stream.Send(&pb.ImportLedgerRequest{Part: &pb.ImportLedgerRequest_Header{Header: &pb.ImportHeader{Parent: "agencies/own"}}}); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err := stream.CloseSend(); err != nil {
			return err
		}
		for {
			if _, err := stream.Recv(); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
		}
	}
	one := map[access.Class]int{access.Bulk: 1}
	t.Run("ended", func(t *testing.T) {
		if err := imports(t, server.Limits{Places: one, Idle: 300 * time.Millisecond}); err != nil {
			t.Errorf("another import: %v", err)
		}
	})
	t.Run("kept is found", func(t *testing.T) {
		err := imports(t, server.Limits{Places: one, Idle: time.Hour})
		wantRefusal(t, err, codes.ResourceExhausted, pb.Reason_OVERLOADED)
	})
}

// taken waits until the only place for ledgers is taken.
func (b *besieged) taken() bool {
	c := pb.NewLedgerServiceClient(b.dial(b.token))
	for range 1000 {
		ctx, cancel := context.WithTimeout(b.t.Context(), 500*time.Millisecond)
		stream, err := c.ExportLedger(ctx, &pb.ExportLedgerRequest{Parent: "agencies/own"})
		if err == nil {
			_, err = stream.Recv()
		}
		cancel()
		if refusalOf(err).reason == pb.Reason_OVERLOADED.String() {
			return true
		}
	}
	return false
}
