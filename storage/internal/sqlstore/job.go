package sqlstore

import (
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"gongkai/storage"
)

// groupSize is how many members close a group. Whoever comes later joins the next one.
const groupSize = 256

// job is one Update from the queue to its answer.
type job struct {
	agency string
	fn     func(storage.Writer) error
	state  atomic.Int32
	done   chan struct{}
	err    error // read after done
	wrote  bool
}

// The states of a job: it waits until either the writer starts it or its caller leaves.
const (
	waiting int32 = iota
	started
	left
)

func (j *job) start() bool {
	return j.state.CompareAndSwap(waiting, started) || j.state.Load() == started
}
func (j *job) leave() bool { return j.state.CompareAndSwap(waiting, left) }

// next returns the next member. Nobody joins a group that runs again: its members have
// waited once already. When the time is up, who has not run yet waits for the next group.
func (w *writer) next(again bool) *job {
	for {
		if !again && len(w.ran) > 0 && w.timeUp() {
			w.later = append(w.later, w.todo...)
			w.todo = w.todo[:0]
			return nil
		}
		if len(w.todo) == 0 && (again || !w.gather()) {
			return nil
		}
		j := w.todo[0]
		w.todo = w.todo[1:]
		if j.start() {
			return j
		}
	}
}

func (w *writer) timeUp() bool {
	select {
	case <-w.timer.C:
		return true
	default:
		return false
	}
}

// gather takes in who has come, and reports whether there is anybody to run.
func (w *writer) gather() bool {
	yielded := false
	for room := groupSize - len(w.ran) - len(w.todo); room > 0; {
		select {
		case j, ok := <-w.queue:
			if !ok {
				room = 0
				continue
			}
			room--
			if w.registers.admit(j.agency) {
				w.todo = append(w.todo, j)
			} else {
				w.later = append(w.later, j)
			}
		default:
			// Those whom the last commit answered may be about to come back.
			if yielded || len(w.todo) > 0 {
				room = 0
				continue
			}
			yielded = true
			runtime.Gosched()
		}
	}
	w.sort()
	return len(w.todo) > 0
}

// sort brings those to run into the order in which agencies are locked.
func (w *writer) sort() {
	if w.registers.lockRow != "" {
		slices.SortStableFunc(w.todo, func(a, b *job) int { return strings.Compare(a.agency, b.agency) })
	}
}
