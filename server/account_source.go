package server

import (
	"context"
	"hash/fnv"
	"net/netip"
	"sync"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
)

// AgentHeader names the caller's program in the metadata of a call that comes from inside
// the process, as RemoteHeader does its address.
const AgentHeader = "gongkai-agent"

// source is from where somebody signs in.
type source struct {
	address, agent string
	subject        string // as whom an identity provider knows the person
}

func sourceOf(ctx context.Context) source {
	header := "user-agent"
	if p, ok := peer.FromContext(ctx); ok {
		if _, within := p.Addr.(insideAddress); within {
			header = AgentHeader
		}
	}
	var agent string
	md, _ := metadata.FromIncomingContext(ctx)
	if v := md.Get(header); len(v) > 0 {
		agent = clippedText(v[0], maxAgent)
	}
	return source{address: networkOf(remoteAddress(ctx)), agent: agent}
}

// networkOf is the address without its port. Of IPv6 a whole /64 counts as one: any
// machine there has as many addresses as it likes.
func networkOf(remote string) string {
	at, err := netip.ParseAddrPort(remote)
	address := at.Addr()
	if err != nil {
		if address, err = netip.ParseAddr(remote); err != nil {
			return ""
		}
	}
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	prefix, _ := address.Prefix(64) // of IPv6, which has as many bits
	return prefix.String()
}

// mostSources is how many addresses are remembered.
const mostSources = 16384

// sources counts failures to sign in by address. It is kept in memory: a restart forgives
// sources, while the locks of accounts stand in the store.
//
// Only strangers count: whoever signs in from where the account did before counts for the
// account alone. So an office behind one address is not shut out by one of its own who
// mistypes, nor by a stranger in the same building, and a stranger has five guesses, over
// however many accounts: locking out all staff takes as many addresses.
type sources struct {
	mu    sync.Mutex
	list  map[string]*failures
	turns [64]sync.Mutex
}

// turn makes the attempts of an address follow one another where they are judged, so that
// those made at once are counted like others. Some addresses share a turn.
func (s *sources) turn(address string) (leave func()) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(address)) // a hash takes everything
	m := &s.turns[h.Sum32()%uint32(len(s.turns))]
	m.Lock()
	return m.Unlock
}

type failures struct {
	count int
	until time.Time // when they are forgotten
}

// barred returns how long an address is still refused.
func (s *sources) barred(address string, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.list[address]
	if f == nil || f.count < mostFailures || !now.Before(f.until) {
		return 0
	}
	return f.until.Sub(now)
}

// fail counts a failure. It is forgotten half an hour after the last one.
func (s *sources) fail(address string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.list[address]
	if f == nil || !now.Before(f.until) {
		s.forget(now)
		f = &failures{}
		s.list[address] = f
	}
	f.count++
	f.until = now.Add(lockAge)
}

// forget makes room: for those whose time is over, or else for the one whose is next.
func (s *sources) forget(now time.Time) {
	if len(s.list) < mostSources {
		return
	}
	var first string
	for address, f := range s.list {
		if !now.Before(f.until) {
			delete(s.list, address)
		} else if first == "" || f.until.Before(s.list[first].until) {
			first = address
		}
	}
	if len(s.list) >= mostSources {
		delete(s.list, first)
	}
}
