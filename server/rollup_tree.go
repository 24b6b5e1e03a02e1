package server

import (
	"cmp"
	"maps"
	"slices"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/report"
)

// unit is an agency in the tree of a year.
type unit struct {
	storage.Agency          // name and parent as they were on 31 December
	registers      []string // whose cases count with it: its own, and those it took over before the year
	loose          bool     // it did not exist in the year: a unit only if something counts

	group   *group
	flows   flows
	figures int          // how many it entered
	intake  *intakeFacts // of the form asked for
	other   bool         // it sent a report in another form
	frozen  bool
}

// treeOf finds the units of a year: an agency and all below it on 31 December, in the
// order of ids. It reads every agency, because a past tree is in no index.
func treeOf(r storage.Reader, top string, year int, own bool) ([]*unit, error) {
	all, err := nodesOf(r, year)
	if err != nil {
		return nil, err
	}
	if _, ok := all[top]; !ok {
		return nil, storage.ErrNotFound
	}
	within := map[string]bool{top: true}
	var units []*unit
	for _, id := range slices.Sorted(maps.Keys(all)) {
		n := all[id]
		host := all.heir(id)
		if host != n {
			host.registers = append(host.registers, id)
			continue
		}
		if own && id != top || !own && !all.below(id, within) {
			continue
		}
		units = append(units, &n.unit)
	}
	return units, nil
}

// node is an agency of any tree in a year.
type node struct {
	unit
	gone bool // abolished before the year
}

type nodes map[string]*node

const agenciesAtOnce = 5000

func nodesOf(r storage.Reader, year int) (nodes, error) {
	last := calendar.New(year, 12, 31)
	all := nodes{}
	for after := ""; ; {
		list, err := r.Agencies(after, agenciesAtOnce)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			l := a.Settings.Lineage
			n := &node{unit: unit{Agency: a, registers: []string{a.ID}}}
			n.DisplayName = workflow.HeldOn(l.Names, a.DisplayName, last)
			n.Parent = workflow.HeldOn(l.Parents, a.Parent, last)
			n.gone = gone(l, year)
			n.loose = n.gone || l.Established > last
			all[a.ID] = n
			after = a.ID
		}
		if len(list) < agenciesAtOnce {
			return all, nil
		}
	}
}

// heir is the agency with which an agency's cases count: itself, or if it was abolished
// before the year, who took it over.
func (n nodes) heir(id string) *node {
	unit := n[id]
	for range maxDepth {
		next := n[unit.Settings.Lineage.Successor]
		if !unit.gone || next == nil {
			return unit
		}
		unit = next
	}
	return n[id]
}

// passes reports whether an agency is another one, or was taken over by it before the year.
func (n nodes) passes(id, by string) bool {
	for range maxDepth {
		unit := n[id]
		if id == by {
			return true
		}
		if unit == nil || !unit.gone {
			return false
		}
		id = unit.Settings.Lineage.Successor
	}
	return false
}

// below reports whether an agency stands below one of those within, and remembers it.
func (n nodes) below(id string, within map[string]bool) bool {
	var path []string
	in := false
	for range maxDepth {
		known, ok := within[id]
		if ok {
			in = known
			break
		}
		path = append(path, id)
		parent := n[n[id].Parent]
		if parent == nil {
			break
		}
		id = n.heir(parent.ID).ID
	}
	for _, id := range path {
		within[id] = in
	}
	return in
}

// flows are what an agency's cases are in a year: enough for the list of units and for
// B1, which the tables of derived figures can fail by no other way.
type flows struct {
	received, concluded, carriedForward int64
	open                                [8]int64 // by kind of applicant: 一 + 二 − 三 − 四
	any                                 bool     // something counts in the year
}

// effect is what one tuple does to the flows.
type effect struct {
	flows
	kind int
}

func effectOf(t *report.Tuple, year int) effect {
	e := effect{kind: max(0, slices.Index(workflow.ApplicantKinds(), t.Kind))}
	in, out := int64(0), int64(0)
	switch t.Flow {
	case report.Received:
		e.received = isYear(t, year)
	case report.Concluded:
		e.concluded = isYear(t, year)
	case report.Carried:
		in, out = isYear(t, year-1), isYear(t, year)
	case report.Open:
		in, out = upTo(t, year-1), upTo(t, year)
	case report.Undecided:
		e.any = t.Year <= year
	default:
		e.any = t.Year == year
	}
	e.carriedForward = out
	e.open[e.kind] = e.received + in - e.concluded - out
	e.any = e.any || e.received+e.concluded+in+out > 0
	return e
}

func isYear(t *report.Tuple, year int) int64 {
	if t.Year == year {
		return 1
	}
	return 0
}

func upTo(t *report.Tuple, year int) int64 {
	if t.Year <= year {
		return 1
	}
	return 0
}

func (f *flows) add(e *effect, n int64) {
	f.received += n * e.received
	f.concluded += n * e.concluded
	f.carriedForward += n * e.carriedForward
	f.open[e.kind] += n * e.open[e.kind]
	f.any = f.any || e.any
}

func (f *flows) merge(other *flows) {
	f.received += other.received
	f.concluded += other.concluded
	f.carriedForward += other.carriedForward
	for i, n := range other.open {
		f.open[i] += n
	}
	f.any = f.any || other.any
}

func (f *flows) balanced() bool { return f.open == [8]int64{} }

// variantOf is how an agency reads cases in a year, and its print of the coded table.
func variantOf(a storage.Agency, year int) report.Variant {
	if len(a.Settings.Values) > 0 {
		return cmp.Or(report.VariantOf(a.Settings, year), report.Shanghai)
	}
	return cmp.Or(report.Variant(a.Settings.CodesVariant), report.Shanghai)
}
