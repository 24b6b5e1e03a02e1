// Package generate writes made-up registers for trials: of any size, with the mixes and
// sizes of published annual reports, the same ones for the same seed. It writes through
// the store's own writer, so that every event, leaf, tally and number is one that the
// service would have left behind; and the same cases as a ledger, for the import.
//
// All persons, places and papers in it are invented. It is no part of the service: no
// call reaches it.
package generate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"gongkai/server"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// Config says what to write.
type Config struct {
	Cases    int
	Agencies int // at least 1
	Seed     uint64
	Today    workflow.Date  // the last day of the register
	Progress func(done int) // nil: nobody is told
}

// openShare: one in so many is open on the last day, 500,000 of ten million.
const openShare = 20

// The sizes of the pools of lives; smaller ones for small registers.
const (
	leastLives = 2_000
	mostLives  = 20_000
)

// mostCases is how many cases one Update takes.
const mostCases = 500

// errHeld refuses to write into a register.
var errHeld = errors.New("it holds a register already; only an empty one is filled")

// AgencyID is the id of the i-th agency, the largest first. The first one is at the top
// of the tree; each has ten below it while there are more.
func AgencyID(i int) string { return fmt.Sprintf("a%05d", i) }

// Register fills an empty store. What was written before an error stays.
func Register(ctx context.Context, store storage.Store, c Config) error {
	g, err := newGenerator(c)
	if err != nil {
		return err
	}
	if err := g.agencies(ctx, store); err != nil {
		return fmt.Errorf("writing the agencies: %w", err)
	}
	batches, failed := g.batches(ctx)
	done := 0
	for b := range batches {
		if err := store.Update(ctx, b.agency, b.write); err != nil {
			return fmt.Errorf("writing cases of %s: %w", b.agency, err)
		}
		if done += len(b.cases); c.Progress != nil {
			c.Progress(done)
		}
	}
	return <-failed
}

// generator holds what a register is made of.
type generator struct {
	Config
	rnd          *rand.Rand
	closed, open []month
	shares       []float64 // of the agencies, summed up to each
	numbers      []map[int]int
}

// month are the lives of which the application arrived within one month.
type month struct {
	key   int
	lives []life
}

func newGenerator(c Config) (*generator, error) {
	if c.Cases < 0 || c.Agencies < 1 {
		return nil, fmt.Errorf("%d cases of %d agencies cannot be made", c.Cases, c.Agencies)
	}
	if c.Today < first.AddDays(365) {
		return nil, fmt.Errorf("the last day %s is within a year of the first, %s", c.Today, first)
	}
	rnd := rand.New(rand.NewPCG(c.Seed, 0)) //nolint:gosec // the same for the same seed is what is asked for
	g := &generator{Config: c, rnd: rnd, shares: shares(c.Agencies), numbers: make([]map[int]int, c.Agencies)}
	for i := range g.numbers {
		g.numbers[i] = map[int]int{}
	}
	m := &maker{rnd: g.rnd, today: c.Today, rules: workflow.Rules{Calendar: calendar.Embedded()}, bases: basesOf()}
	n := min(max(c.Cases, leastLives), mostLives)
	closed, err := m.pool(n, m.closed)
	if err != nil {
		return nil, fmt.Errorf("making up closed cases: %w", err)
	}
	open, err := m.pool(n/4, m.open)
	if err != nil {
		return nil, fmt.Errorf("making up open cases: %w", err)
	}
	g.closed, g.open = months(closed), months(open)
	return g, nil
}

// months sorts lives by the month in which they began.
func months(lives []life) []month {
	byKey := map[int][]life{}
	for _, l := range lives {
		d := l.app.ArriveDate
		byKey[d.Year()*12+int(d.Month())-1] = append(byKey[d.Year()*12+int(d.Month())-1], l)
	}
	out := make([]month, 0, len(byKey))
	for key, list := range byKey {
		out = append(out, month{key, list})
	}
	slices.SortFunc(out, func(x, y month) int { return cmp.Compare(x.key, y.key) })
	return out
}

// agencies writes the tree.
func (g *generator) agencies(ctx context.Context, store storage.Store) error {
	const step = 500
	made := calendarTime(first)
	for from := 0; from < g.Agencies; from += step {
		var list []storage.Agency
		for i := from; i < min(g.Agencies, from+step); i++ {
			a := storage.Agency{ID: AgencyID(i), DisplayName: agencyName(g.rnd, i), CreateTime: made, Revision: 1}
			if i > 0 {
				a.Parent = AgencyID((i - 1) / 10)
			}
			list = append(list, a)
		}
		err := store.Update(ctx, "", func(w storage.Writer) error {
			if held, err := w.Agencies("", 1); from == 0 && (err != nil || len(held) > 0) {
				return cmp.Or(err, errHeld)
			}
			for _, a := range list {
				e, err := server.AgencyCreated(a, actor)
				if err != nil {
					return err
				}
				if err := w.InsertAgency(a, e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// number is the next application number of an agency, as the store will give it.
func (g *generator) number(agency, year int) string {
	g.numbers[agency][year]++
	n := strconv.Itoa(g.numbers[agency][year])
	return strconv.Itoa(year) + "-" + "00000"[min(len(n), 5):] + n
}
