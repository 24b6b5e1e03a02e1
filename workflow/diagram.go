package workflow

import (
	"fmt"
	"slices"
	"strings"
)

// arrow is a pair of states in a diagram.
type arrow struct{ from, to State }

// nearlyAnywhere is from how many states on an action is said in a note rather than drawn:
// its arrows would hide all others.
const nearlyAnywhere = 9

// Diagram draws the regime as a Mermaid state diagram, one arrow for each pair of
// states, the actions beside it. Acts that stay in a state are left out; what may be done
// in nearly every state stands in a note beside the state that it leads to.
func (m *Machine) Diagram() string {
	labels, notes := m.moves()
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, s := range States() {
		fmt.Fprintf(&b, "    %s: %s\n", s, s.ZH())
	}
	for _, a := range inOrder(labels) {
		from := string(a.from)
		if from == "" {
			from = "[*]"
		}
		fmt.Fprintf(&b, "    %s --> %s: %s\n", from, a.to, strings.Join(labels[a], "、"))
	}
	for _, s := range States() {
		if !s.Open() {
			fmt.Fprintf(&b, "    %s --> [*]\n", s)
		}
	}
	for _, s := range States() {
		if len(notes[s]) > 0 {
			fmt.Fprintf(&b, "    note right of %s: 由其余在办状态均可 from nearly any state: %s\n", s, strings.Join(notes[s], "、"))
		}
	}
	return b.String()
}

// moves collects the labels of each arrow, and of the notes by the state led to.
func (m *Machine) moves() (labels map[arrow][]string, notes map[State][]string) {
	labels, notes = map[arrow][]string{}, map[State][]string{}
	for _, t := range m.table {
		spec, _ := SpecOf(t.Action)
		label := spec.ZH + " " + string(t.Action)
		switch {
		case t.Stay:
		case len(t.From) >= nearlyAnywhere:
			notes[t.To] = append(notes[t.To], label)
		default:
			for _, from := range t.From {
				if a := (arrow{from, t.To}); !slices.Contains(labels[a], label) {
					labels[a] = append(labels[a], label)
				}
			}
		}
	}
	return labels, notes
}

// inOrder sorts arrows by the order of a case's life.
func inOrder(labels map[arrow][]string) []arrow {
	rank := func(s State) int { return slices.Index(States(), s) }
	list := make([]arrow, 0, len(labels))
	for a := range labels {
		list = append(list, a)
	}
	slices.SortFunc(list, func(x, y arrow) int {
		if x.from != y.from {
			return rank(x.from) - rank(y.from)
		}
		return rank(x.to) - rank(y.to)
	})
	return list
}
