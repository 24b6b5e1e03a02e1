package server

import (
	"maps"
	"slices"
	"sync"

	"gongkai/storage"
	"gongkai/workflow/report"
)

// keptYears are for how many years contributions are kept: that of the report, and those
// beside it.
const keptYears = 3

// contributions keeps what registers contribute to the report of a year, so that a sum over
// a tree reads anew only the registers in which something happened since. A register is
// as it was for as long as it has as many events: nothing changes without one, and the
// number is read in the same View, so that this holds for several servers on one database.
type contributions struct {
	mu    sync.Mutex
	years []*yearKept // the one asked for last at the end
}

// yearKept is what registers contribute to one year. A tuple is kept once, whoever has it.
type yearKept struct {
	year int

	mu      sync.Mutex
	index   map[report.Tuple]int32
	tuples  []report.Tuple // only added to
	effects []effect
	of      map[string]*contribution // by register; these never change
}

// contribution is that of one register when it had so many events.
type contribution struct {
	events int64
	flows  flows
	lines  []tallied

	figures int             // how many were entered
	kept    []storage.Event // that say which reports were taken in, and whether the year is frozen
}

// tallied is how often a register has a tuple of the year.
type tallied struct {
	tuple int32
	n     int64
}

// of finds the year, or makes room for it.
func (c *contributions) of(year int) *yearKept {
	c.mu.Lock()
	defer c.mu.Unlock()
	y := &yearKept{year: year, index: map[report.Tuple]int32{}, of: map[string]*contribution{}}
	if i := slices.IndexFunc(c.years, func(y *yearKept) bool { return y.year == year }); i >= 0 {
		y = c.years[i]
		c.years = slices.Delete(c.years, i, i+1)
	}
	c.years = append(c.years[max(0, len(c.years)-keptYears+1):], y)
	return y
}

// read returns what each of the registers contributes, and the tuples.
func (y *yearKept) read(r storage.Reader, registers []string) ([]*contribution, []report.Tuple, error) {
	events, err := r.EventCounts(registers)
	if err != nil {
		return nil, nil, err
	}
	list, stale := make([]*contribution, len(registers)), map[string]int{}
	y.mu.Lock()
	for i, id := range registers {
		if k := y.of[id]; k != nil && k.events == events[id] {
			list[i] = k
		} else {
			stale[id] = i
			list[i] = &contribution{events: events[id]}
		}
	}
	y.mu.Unlock()
	for some := range slices.Chunk(slices.Sorted(maps.Keys(stale)), registersAtOnce) {
		if err := y.fetch(r, some, stale, list); err != nil {
			return nil, nil, err
		}
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	return list, y.tuples, nil
}

// add counts a tuple for a contribution that nobody else has yet.
func (y *yearKept) add(c *contribution, t *report.Tuple, n int64) {
	i, ok := y.index[*t]
	if !ok {
		i = int32(len(y.tuples))
		y.index[*t] = i
		y.tuples, y.effects = append(y.tuples, *t), append(y.effects, effectOf(t, y.year))
	}
	c.lines = append(c.lines, tallied{i, n})
	c.flows.add(&y.effects[i], n)
}

// What is read at once: fewRegisters are so many that asking for each costs less than for
// the range of all. What registersAtOnce contribute is kept before others are read, so that
// a sum that took too long goes on where it was when it is asked for again.
const (
	fewRegisters    = 100
	registersAtOnce = 1000
)

// fetch reads registers into the places where their contributions stand in a list, and keeps
// them.
func (y *yearKept) fetch(r storage.Reader, registers []string, places map[string]int, list []*contribution) error {
	var lines []lineOf
	size := len(registers)
	if size <= fewRegisters {
		size = 1
	}
	for some := range slices.Chunk(registers, size) {
		err := r.Tallies(some, firstYear, y.year, y.year, func(id string, t *report.Tuple, n int64) error {
			lines = append(lines, lineOf{list[places[id]], t, n})
			return nil
		})
		if err != nil {
			return err
		}
		figures, err := r.FigureCounts(some, y.year)
		if err != nil {
			return err
		}
		for id, n := range figures {
			list[places[id]].figures = n
		}
		for _, prefix := range []string{intakeObject(y.year, ""), frozenObject(y.year)} {
			events, err := r.LatestOf(some, prefix)
			if err != nil {
				return err
			}
			for _, e := range events {
				c := list[places[e.Agency]]
				c.kept = append(c.kept, e)
			}
		}
	}
	y.keep(lines, registers, func(id string) *contribution { return list[places[id]] })
	return nil
}

// keep adds lines to their contributions, and keeps those that are newer than what is kept.
func (y *yearKept) keep(lines []lineOf, registers []string, of func(string) *contribution) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, l := range lines {
		y.add(l.of, l.tuple, l.n)
	}
	for _, id := range registers {
		if k, c := y.of[id], of(id); k == nil || k.events < c.events {
			y.of[id] = c
		}
	}
}

// lineOf is a line of the tally of a register.
type lineOf struct {
	of    *contribution
	tuple *report.Tuple
	n     int64
}
