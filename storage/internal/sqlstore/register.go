package sqlstore

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"gongkai/storage"
	"gongkai/workflow/report"
)

// register is what a group knows of one agency that it has locked: the counters, the edge
// of its tree, and the change of the tallies, which are written once at the group's end.
type register struct {
	key     int64
	events  int64
	idle    int64 // of the events, those that changed nothing
	edge    storage.Edge
	numbers map[string]int64 // last number taken, by year
	rows    map[int]string   // of the tally, by year, as they stand in the store
	tally   report.Tally
	agency  *storage.Agency // as it was read, nil before
	changed bool
}

// maxKept bounds the registers that are kept from one transaction to the next.
const maxKept = 1024

// registers are those of the open transaction, by id of the agency. Where the engine locks
// rows, nothing of them outlives it: in the next one another process may have written.
// Where nobody else can write, they hold until a transaction is undone.
type registers struct {
	lockRow string
	open    map[string]*register
	last    string // of the agencies locked, in their order
	kept    bool   // by the transaction before
}

// begin makes the registers ready for a transaction.
func (s *registers) begin() {
	if !s.kept || len(s.open) > maxKept {
		clear(s.open)
	}
	s.last, s.kept = "", false
}

// keep says that the transaction stands, and with it what the registers hold.
func (s *registers) keep() { s.kept = s.lockRow == "" }

// admit reports whether an agency may be locked now. All lock in one order, so that no
// two transactions wait for each other.
func (s *registers) admit(agency string) bool {
	return s.lockRow == "" || len(s.open) == 0 || agency > s.last || s.open[agency] != nil
}

// flush writes what the group collected, in the order of agencies, which every writer
// keeps, so that none waits for another in a circle.
func (s *registers) flush(c *conn) error {
	for _, id := range slices.Sorted(maps.Keys(s.open)) {
		r := s.open[id]
		if !r.changed {
			continue
		}
		numbers, err := json.Marshal(r.numbers)
		if err != nil {
			return fmt.Errorf("numbers of agency %s: %w", id, err)
		}
		edge, err := r.edge.MarshalBinary()
		if err != nil {
			return fmt.Errorf("edge of agency %s: %w", id, err)
		}
		_, err = c.exec(context.Background(), `UPDATE agency SET events = $2, numbers = $3, edge = $4, idle = $5 WHERE key = $1`,
			r.key, r.events, string(numbers), edge, r.idle)
		if err != nil {
			return fmt.Errorf("counters of agency %s: %w", id, err)
		}
		if err := r.flushTally(c); err != nil {
			return fmt.Errorf("tally of agency %s: %w", id, err)
		}
		r.changed = false
	}
	return nil
}

func (r *register) flushTally(c *conn) error {
	years := map[int]map[string]int64{}
	for t, n := range r.tally {
		if years[t.Year] == nil {
			years[t.Year] = map[string]int64{}
		}
		years[t.Year][t.Key()] += n
	}
	clear(r.tally)
	ctx := context.Background()
	for _, year := range slices.Sorted(maps.Keys(years)) {
		data, known := r.rows[year]
		if !known {
			err := c.query(ctx, `SELECT data FROM tally WHERE agency = $1 AND year = $2`, func(v row) error {
				data = v.text(0)
				return nil
			}, r.key, int64(year))
			if err != nil {
				return fmt.Errorf("read %d: %w", year, err)
			}
		}
		data, err := merge(data, years[year])
		if err != nil {
			return fmt.Errorf("add to %d: %w", year, err)
		}
		_, err = c.exec(ctx, `INSERT INTO tally (agency, year, data) VALUES ($1, $2, $3)
			ON CONFLICT (agency, year) DO UPDATE SET data = excluded.data`, r.key, int64(year), data)
		if err != nil {
			return fmt.Errorf("write %d: %w", year, err)
		}
		if r.rows == nil {
			r.rows = map[int]string{}
		}
		r.rows[year] = data
	}
	return nil
}

// count adds the difference that a member made.
func (r *register) count(before, after []report.Count) {
	if r.tally == nil {
		r.tally = report.Tally{}
	}
	r.tally.Add(before, -1)
	r.tally.Add(after, 1)
	r.changed = true
}

// lock loads the register of an agency, and on engines whose transaction is no lock
// locks its row.
func (s *registers) lock(r *reader, agency string) (*register, error) {
	if g, ok := s.open[agency]; ok {
		return g, nil
	}
	g := &register{}
	err := r.one(`SELECT key, events, numbers, edge, idle FROM agency WHERE id = $1`+s.lockRow, func(v row) error {
		g.key, g.events, g.idle = v.integer(0), v.integer(1), v.integer(4)
		if err := json.Unmarshal(v.bytes(2), &g.numbers); err != nil {
			return fmt.Errorf("numbers: %w", err)
		}
		return g.edge.UnmarshalBinary(v.bytes(3))
	}, driver.Value(agency))
	if err == nil && g.edge.Size() != g.events {
		err = r.grow(map[int64]*register{g.key: g})
	}
	if err != nil {
		return nil, fmt.Errorf("register of agency %q: %w", agency, err)
	}
	s.open[agency], s.last = g, max(s.last, agency)
	return g, nil
}
