package faults_test

import (
	"bytes"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// proxy is the network between two programs on this machine, which breaks as it is told.
type proxy struct {
	listener net.Listener
	target   atomic.Pointer[string]
	frozen   [2]atomic.Bool  // towards the target, and back
	left     [2]atomic.Int64 // bytes until all is cut; 0: never
	slow     atomic.Int64    // nanoseconds that each piece takes
	pieces   atomic.Int64    // to the target until all is cut; 0: never
	rewrite  func([]byte)    // what goes to the target; nil: nothing is changed

	mu    sync.Mutex
	conns map[net.Conn]bool
	work  sync.WaitGroup
}

func startProxy(t testing.TB, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, conns: map[net.Conn]bool{}}
	p.target.Store(&target)
	p.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.work.Go(func() { p.serve(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.cut()
		p.work.Wait()
	})
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) serve(c net.Conn) {
	up, err := net.Dial("tcp", *p.target.Load())
	if err != nil {
		c.Close()
		return
	}
	p.mu.Lock()
	p.conns[c], p.conns[up] = true, true
	p.mu.Unlock()
	p.work.Go(func() { p.carry(0, up, c) })
	p.carry(1, c, up)
}

// carry takes bytes one way. Frozen, it takes them and gives nothing on.
func (p *proxy) carry(way int, to, from net.Conn) {
	defer func() {
		from.Close()
		to.Close()
		p.mu.Lock()
		delete(p.conns, from)
		delete(p.conns, to)
		p.mu.Unlock()
	}()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if d := p.slow.Load(); d > 0 {
			<-time.NewTimer(time.Duration(d)).C
		}
		if p.frozen[way].Load() {
			continue
		}
		if way == 0 && p.pieces.Load() > 0 && p.pieces.Add(-1) == 0 {
			p.pieces.Store(1) // and nothing more comes through
			return
		}
		piece, cut := p.admit(way, buffer[:n])
		if way == 0 && p.rewrite != nil {
			p.rewrite(piece)
		}
		if _, err := to.Write(piece); err != nil || cut {
			if cut {
				p.cut()
			}
			return
		}
	}
}

// admit counts bytes down to the cut, which may come in the middle of a message.
func (p *proxy) admit(way int, piece []byte) (rest []byte, cut bool) {
	if p.left[way].Load() == 0 {
		return piece, false
	}
	after := p.left[way].Add(-int64(len(piece)))
	if after > 0 {
		return piece, false
	}
	p.left[way].Store(0)
	return piece[:max(0, len(piece)+int(after))], true
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.Close()
	}
}

// heal lets everything through again. What was frozen lost bytes and is of no use.
func (p *proxy) heal() {
	p.slow.Store(0)
	for way := range p.frozen {
		p.left[way].Store(0)
		p.frozen[way].Store(false)
	}
	p.cut()
}

// trouble is one fault of the network, chosen by chance.
func (p *proxy) trouble(r *rand.Rand) string {
	switch way := r.IntN(2); r.IntN(4) {
	case 0:
		p.left[way].Store(1 + r.Int64N(20_000))
		return "cut after some bytes"
	case 1:
		p.frozen[0].Store(true)
		p.frozen[1].Store(true)
		return "frozen"
	case 2:
		p.frozen[way].Store(true)
		return "frozen one way"
	default:
		p.slow.Store(int64(50 * time.Millisecond))
		return "slow"
	}
}

// through leads a data source name through a proxy.
func through(t testing.TB, dsn string, p *proxy) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Del("host")
	q.Del("port")
	u.Host, u.RawQuery = p.address(), q.Encode()
	return u.String()
}

// without replaces a text by spaces, so that lengths stay.
func without(text string) func([]byte) {
	return func(piece []byte) {
		for {
			i := bytes.Index(piece, []byte(text))
			if i < 0 {
				return
			}
			copy(piece[i:], bytes.Repeat([]byte(" "), len(text)))
		}
	}
}
