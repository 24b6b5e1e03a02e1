package server

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"gongkai/storage"
)

// mostIdle is how many callers are remembered that have not called lately.
const mostIdle = 4096

// quotas bound what one principal asks for, however many connections it asks on.
type quotas struct {
	perSecond float64 // 0: unbounded
	atOnce    int

	mu      sync.Mutex
	callers map[string]*quota
}

type quota struct {
	tokens  *rate.Limiter
	running int
}

// principalKey names a principal within the installation.
func principalKey(p storage.Principal) string { return p.Agency + "/" + p.ID }

// spend takes a call off what a principal may ask for in a second.
func (q *quotas) spend(who string) error {
	if q.perSecond <= 0 {
		return nil
	}
	now := machineTime()
	q.mu.Lock()
	ok := q.of(who, now).tokens.AllowN(now, 1)
	q.mu.Unlock()
	if ok {
		return nil
	}
	return overloaded(leastRetry, "您的请求过于频繁：每秒至多%v次；请稍后重试", "you call too often: at most %v calls a second; try again later", q.perSecond)
}

// begin counts a call among those that a principal has running, until end.
func (q *quotas) begin(who string) (end func(), err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	c := q.of(who, machineTime())
	if c.running >= q.atOnce {
		return nil, overloaded(leastRetry, "您同时进行的请求过多：至多%d个；请等前面的完成", "you have too many calls running: at most %d at once; let some finish", q.atOnce)
	}
	c.running++
	return func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		c.running--
	}, nil
}

// of finds what is known of a caller; q.mu is held. A second's calls may come at once,
// and another second's after a pause.
func (q *quotas) of(who string, now time.Time) *quota {
	c, ok := q.callers[who]
	if !ok {
		q.forget(now)
		c = &quota{tokens: rate.NewLimiter(rate.Limit(q.perSecond), int(2*q.perSecond)+1)}
		q.callers[who] = c
	}
	return c
}

// forget drops callers of whom nothing need be known.
func (q *quotas) forget(now time.Time) {
	if len(q.callers) < mostIdle {
		return
	}
	for who, c := range q.callers {
		if c.running == 0 && (q.perSecond <= 0 || c.tokens.TokensAt(now) >= float64(c.tokens.Burst())) {
			delete(q.callers, who)
		}
	}
}
