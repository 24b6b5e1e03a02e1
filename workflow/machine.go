package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/looplab/fsm"
)

// Machine says which moves the table of one regime allows. It holds nobody's state
// between calls and is safe for concurrent use.
type Machine struct {
	table []Transition
	pool  sync.Pool
}

// Two machines serve the whole process, because making one costs more than a move.
var machines = map[Regime]*Machine{R2008: newMachine(Transitions(R2008)), R2019: newMachine(Transitions(R2019))}

// MachineOf returns the machine of a regime.
func MachineOf(r Regime) *Machine { return machines[r] }

// newMachine panics on a table in which two rows answer for one move: looplab/fsm would
// silently keep the last.
func newMachine(table []Transition) *Machine {
	m := &Machine{table: table}
	var events fsm.Events
	seen := map[string]bool{}
	rows, always := map[string]int{}, map[string]bool{}
	for _, t := range m.table {
		for _, from := range t.From {
			key, move := t.Name+" from "+string(from), string(t.Action)+" from "+string(from)
			rows[move]++
			always[move] = always[move] || t.Case == nil
			if seen[key] || always[move] && rows[move] > 1 {
				panic("two transitions for " + key)
			}
			seen[key] = true
			to := t.To
			if t.Stay {
				to = from
			}
			events = append(events, fsm.EventDesc{Name: t.Name, Src: []string{string(from)}, Dst: string(to)})
		}
	}
	m.pool.New = func() any { return fsm.NewFSM("", events, nil) }
	return m
}

// Fire returns the state after the named transition. It never fails half-way: the
// machine works on a state of its own, and no caller's context reaches it, because a
// cancelled one would block it for ever.
func (m *Machine) Fire(from State, transition string) (State, error) {
	f, ok := m.pool.Get().(*fsm.FSM)
	if !ok {
		return from, errors.New("pool of machines holds something else")
	}
	defer m.pool.Put(f)
	f.SetState(string(from))
	err := f.Event(context.Background(), transition)
	var stays fsm.NoTransitionError
	if err != nil && (!errors.As(err, &stays) || stays.Err != nil) {
		return from, fmt.Errorf("%s from %q: %w", transition, from, err)
	}
	return State(f.Current()), nil
}

// row finds the transition that an act is, from a state: of several with one action the
// facts choose.
func (m *Machine) row(a *Application, act *Act) *Transition {
	for i := range m.table {
		t := &m.table[i]
		if t.Action == act.Action && slices.Contains(t.From, a.State) && (t.Case == nil || t.Case(a, act)) {
			return t
		}
	}
	return nil
}
