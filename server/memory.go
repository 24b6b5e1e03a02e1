package server

import (
	"math"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// memoryAge is how long a look at the memory holds.
const memoryAge = 100 * time.Millisecond

// memory says when the process nears the limit that GOMEMLIMIT sets; without one it never
// does.
type memory struct {
	mu    sync.Mutex
	at    time.Time
	tight bool
}

// short reports whether what is alive fills more than four fifths of the limit. Beyond it
// the collector takes the time that the calls need.
func (m *memory) short() bool {
	now := machineTime()
	m.mu.Lock()
	defer m.mu.Unlock()
	if age := now.Sub(m.at); age >= 0 && age < memoryAge {
		return m.tight
	}
	m.at = now
	limit := debug.SetMemoryLimit(-1) // reads it
	if limit == math.MaxInt64 {
		m.tight = false
		return false
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	m.tight = live[0].Value.Uint64() > uint64(limit)/5*4
	return m.tight
}
