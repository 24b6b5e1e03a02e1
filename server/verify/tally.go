package verify

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"gongkai/server"
	"gongkai/storage"
	"gongkai/workflow/report"
)

// count adds to what the tally of an agency should be.
func (v *verifier) count(agency string, counts []report.Count, n int64) {
	if v.tallies[agency] == nil {
		v.tallies[agency] = report.Tally{}
	}
	v.tallies[agency].Add(counts, n)
}

// tuplesOf is what an object contributes by its events; nothing if they cannot be
// replayed, of which a finding tells.
func (v *verifier) tuplesOf(in storage.Inspector, o object, acts []storage.Event) []report.Count {
	if len(acts) == 0 {
		return nil
	}
	switch o.kind() {
	case "application":
		if a, err := replay(v.law(in, o.agency), acts); err == nil {
			return report.Tuples(&a)
		}
	case "remedy":
		if r, err := server.RemedyAfter(&acts[len(acts)-1]); err == nil {
			return report.RemedyTuples(&r)
		}
	}
	return nil
}

// sums is what the register sums, as of one event.
type sums struct {
	counters []storage.Counter
	tallies  map[object]storage.Row
}

// settle follows the events recorded since the first were looked at, until none is left,
// and compares the sums as they are at that moment.
func (v *verifier) settle(ctx context.Context) error {
	var s sums
	for more := true; more; {
		err := v.view(ctx, func(in storage.Inspector) (err error) {
			if more, err = v.follow(in); err == nil && !more {
				s, err = v.readSums(in)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := v.view(ctx, func(in storage.Inspector) error {
		v.compareTallies(in, s.tallies)
		return nil
	}); err != nil {
		return err
	}
	for _, c := range s.counters {
		if last := v.last[c.Agency]; c.Events != last {
			v.find(Finding{Agency: c.Agency, Object: storage.AgencyObject(c.Agency), Column: "events", Check: Counter, Stored: fmt.Sprint(c.Events), Derived: fmt.Sprint(last)})
		}
		v.tree(&c)
		if err := v.view(ctx, func(in storage.Inspector) error { return v.numbers(in, c) }); err != nil {
			return err
		}
	}
	return nil
}

// grown is what the events of an agency make of its tree and its count of idle ones.
type grown struct {
	edge storage.Edge
	idle int64
}

// grow adds an event to the tree of its agency.
func (v *verifier) grow(e *storage.Event) {
	g := v.grown[e.Agency]
	if g == nil {
		g = &grown{}
		v.grown[e.Agency] = g
	}
	if e.Revision == 0 {
		g.idle++
	}
	leaf, _ := storage.LeafHash(e.Leaf) // another finding tells of one that is none
	g.edge.Append(leaf, nil)
}

// tree compares the tree of an agency with the one that its events make.
func (v *verifier) tree(c *storage.Counter) {
	g := v.grown[c.Agency]
	if g == nil {
		g = &grown{}
	}
	f := Finding{Agency: c.Agency, Object: storage.AgencyObject(c.Agency)}
	if c.Idle != g.idle {
		f.Column, f.Check, f.Stored, f.Derived = "idle", Counter, fmt.Sprint(c.Idle), fmt.Sprint(g.idle)
		v.find(f)
	}
	root, want := c.Edge.Root(), g.edge.Root()
	if c.Torn == nil && c.Edge.Size() == g.edge.Size() && root == want {
		return
	}
	f.Column, f.Check = "edge", Tree
	f.Stored, f.Derived = fmt.Sprintf("%d %s", c.Edge.Size(), root), fmt.Sprintf("%d %s", g.edge.Size(), want)
	v.find(f)
}

// follow looks at the next events and counts what they changed.
func (v *verifier) follow(in storage.Inspector) (more bool, err error) {
	before := maps.Clone(v.last)
	touched, more, err := v.eventPage(in)
	if err != nil {
		return false, err
	}
	for o := range touched {
		events, err := in.Events(o.agency, o.name)
		if err != nil {
			return false, err
		}
		acts := changes(events)
		v.count(o.agency, v.tuplesOf(in, o, upTo(acts, before[o.agency])), -1)
		v.count(o.agency, v.tuplesOf(in, o, upTo(acts, v.last[o.agency])), 1)
	}
	return more, nil
}

func (v *verifier) readSums(in storage.Inspector) (s sums, err error) {
	if err = v.looseWords(in, v.seq, math.MaxInt64); err != nil {
		return s, err
	}
	if s.counters, err = in.Counters(); err != nil {
		return s, err
	}
	s.tallies = map[object]storage.Row{}
	var after storage.Key
	for more := true; more; {
		after, more, err = page(in, storage.TallyTable, after, pageSize, func(row *storage.Row) error {
			v.sum.Tallies++
			if row.Stray {
				v.find(Finding{Agency: row.Agency, Object: row.Object, Check: Stray})
				return nil
			}
			s.tallies[object{row.Agency, row.Object}] = *row
			return nil
		})
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// compareTallies tells of each year of an agency whose tally is not the sum. The tallies
// were read in the last View; here nothing is read any more.
func (v *verifier) compareTallies(in storage.Inspector, stored map[object]storage.Row) {
	derived := map[object]report.Tally{}
	for o := range stored {
		derived[o] = report.Tally{}
	}
	for agency, t := range v.tallies {
		for tuple, n := range t {
			o := object{agency, fmt.Sprintf("tally/%d", tuple.Year)}
			if derived[o] == nil {
				derived[o] = report.Tally{}
			}
			derived[o].Add([]report.Count{{Tuple: tuple, N: n}}, 1)
		}
	}
	for _, o := range slices.SortedFunc(maps.Keys(derived), before) {
		want := in.Kept(derived[o])
		row, ok := stored[o]
		if !ok {
			row.Columns = []storage.Column{{Name: "data", Value: ""}} // nothing is counted
		}
		for _, d := range row.Diff(want) {
			a, b := apart(fmt.Sprint(d.Stored), fmt.Sprint(d.Derived))
			v.find(Finding{Agency: o.agency, Object: o.name, Column: "data", Check: Tally, Stored: a, Derived: b})
		}
	}
}

func before(a, b object) int {
	if c := strings.Compare(a.agency, b.agency); c != 0 {
		return c
	}
	return strings.Compare(a.name, b.name)
}

// apart returns the lines that only one of two texts has.
func apart(a, b string) (onlyA, onlyB string) {
	rest := func(from, without string) string {
		have := map[string]bool{}
		for line := range strings.Lines(without) {
			have[line] = true
		}
		var list []string
		for line := range strings.Lines(from) {
			if !have[line] {
				list = append(list, strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", " "))
			}
		}
		return part(strings.Join(list, "; "), 0)
	}
	return rest(a, b), rest(b, a)
}

// numbers looks at the numbers that an agency has given: they begin with 1, and those that
// were given by hand are skipped, so that applications bear them all. That a counter lags
// behind cannot be told from numbers given by hand, and does no harm.
func (v *verifier) numbers(in storage.Inspector, c storage.Counter) error {
	f := Finding{Agency: c.Agency, Object: storage.AgencyObject(c.Agency), Column: "numbers", Check: Numbers}
	if c.Fault != nil {
		f.Stored = part(c.Fault.Error(), 0)
		v.find(f)
		return nil
	}
	for _, year := range slices.Sorted(maps.Keys(c.Numbers)) {
		n := c.Numbers[year]
		taken, err := in.Taken(c.Agency, year, n)
		if err != nil {
			return err
		}
		if n < 0 || taken < n {
			f.Stored, f.Derived = fmt.Sprintf("%s: %d", year, n), fmt.Sprintf("%s: %d", year, taken)
			v.find(f)
		}
	}
	return nil
}
