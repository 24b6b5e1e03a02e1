package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"gongkai/storage"
)

// Bulk says how a whole register is read from an engine, or loaded into it.
type Bulk struct {
	Config
	// Begin runs on the connection of a source before its transaction begins to see, on
	// that of a target before anything else.
	Begin []string
	// Refuse lists who stands in the way, a line each.
	Refuse string
	// Columns lists tables and their columns: names, type, place in the primary key or 0.
	Columns string
	// Aside lists what is dropped for the time of the load and made again after it, by
	// the statements of both: indexes, references, triggers.
	Aside string
	// Rows is how many rows one statement inserts: more where each is a message, few where
	// binding many values is slow.
	Rows int
	// End lists statements that run after the load: counters of new keys go on where they
	// stopped.
	End string
}

// Source is a register that is copied. Nobody writes it meanwhile: what was acknowledged
// after the copy began would be missing from it.
type Source struct {
	bulk     Bulk
	conn     *conn
	tables   []table
	agencies map[int64]string
}

// OpenSource opens a register that this program knows, as it is at one moment.
func OpenSource(ctx context.Context, b Bulk) (_ *Source, err error) {
	c, err := b.dialer(b.Read).connect(ctx)
	if err != nil {
		return nil, err
	}
	s := &Source{bulk: b, conn: c, agencies: map[int64]string{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := b.refuse(ctx, c); err != nil {
		return nil, err
	}
	if err := c.all(ctx, append([]string{b.BeginRead}, b.Begin...)...); err != nil {
		return nil, err
	}
	if err := checkVersion(ctx, b.Dialect, c); err != nil {
		return nil, err
	}
	if s.tables, err = b.tables(ctx, c); err != nil {
		return nil, err
	}
	err = c.query(ctx, `SELECT key, id FROM agency`, func(v row) error {
		s.agencies[v.integer(0)] = v.text(1)
		return nil
	})
	return s, err
}

// Close gives the register free.
func (s *Source) Close() error { return s.conn.close() }

// Target is a database that becomes a copy. Until Finish it is none, and no program that
// serves registers takes it for one: its migrations are recorded under another name.
type Target struct {
	bulk  Bulk
	conn  *conn
	aside []string // statements that make again what was dropped
	bytes int      // written in the open transaction
}

// OpenTarget connects to a database that is to hold a copy.
func OpenTarget(ctx context.Context, b Bulk) (_ *Target, err error) {
	c, err := b.dialer(b.Write).connect(ctx)
	if err != nil {
		return nil, err
	}
	t := &Target{bulk: b, conn: c}
	if err := c.all(ctx, b.Begin...); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// State tells what lies in a database.
type State int

// The states.
const (
	Empty      State = iota
	Unfinished       // a copy that was broken off
	Taken            // anything else
)

// State tells what lies in the target.
func (t *Target) State(ctx context.Context) (State, error) {
	names := map[string]bool{}
	err := t.conn.query(ctx, t.bulk.Columns, func(v row) error {
		names[v.text(0)] = true
		return nil
	})
	switch {
	case err != nil:
		return Taken, fmt.Errorf("look into the target: %w", err)
	case len(names) == 0:
		return Empty, nil
	case names[copying] && !names[versions]:
		return Unfinished, nil
	}
	return Taken, nil
}

// Refused returns who stands in the way of a copy to the target, as an error.
func (t *Target) Refused(ctx context.Context) error { return t.bulk.refuse(ctx, t.conn) }

// Do runs statements.
func (t *Target) Do(ctx context.Context, statements ...string) error {
	return t.conn.all(ctx, statements...)
}

// Clear drops all tables of an unfinished copy, the one by which it is known last.
func (t *Target) Clear(ctx context.Context) error {
	names := map[string]bool{}
	err := t.conn.query(ctx, t.bulk.Columns, func(v row) error {
		names[v.text(0)] = true
		return nil
	})
	delete(names, copying)
	for _, name := range append(slices.Sorted(maps.Keys(names)), copying) {
		if err == nil {
			err = t.Do(ctx, "DROP TABLE "+name+" CASCADE")
		}
	}
	if err != nil {
		return fmt.Errorf("remove the unfinished copy: %w", err)
	}
	return nil
}

// Views reads the copy while it is unfinished.
func (t *Target) Views() *Views { return OpenViews(t.bulk.Config) }

// Load fills the target with what the source holds and proves that it holds the same. The
// target must be empty. progress hears of rows committed.
func (t *Target) Load(ctx context.Context, from *Source, progress func(table string, rows int64)) ([]storage.CopySum, error) {
	if err := migrateAs(ctx, t.bulk.Dialect, t.bulk.Write, copying); err != nil {
		return nil, fmt.Errorf("make the tables of the copy: %w", err)
	}
	if err := t.prepare(ctx, from); err != nil {
		return nil, err
	}
	var wanted, got []storage.CopySum
	for _, tb := range from.tables {
		sums, err := t.fill(ctx, from, tb, progress)
		if err != nil {
			return nil, fmt.Errorf("copy table %s: %w", tb.name, err)
		}
		wanted = append(wanted, sums...)
	}
	if err := t.complete(ctx); err != nil {
		return nil, err
	}
	for _, tb := range from.tables {
		sums, err := tb.sum(ctx, t.conn, from.agencies, func([]driver.Value, int) error { return nil })
		if err != nil {
			return nil, fmt.Errorf("read table %s of the copy: %w", tb.name, err)
		}
		got = append(got, sums...)
	}
	return wanted, compare(wanted, got)
}

// prepare finds the tables of the target like those of the source, and empties them.
func (t *Target) prepare(ctx context.Context, from *Source) error {
	tables, err := t.bulk.tables(ctx, t.conn)
	if err == nil {
		err = alike(from.tables, tables)
	}
	if err == nil {
		err = t.empty(ctx, tables)
	}
	return err
}

// empty clears what the migrations wrote, and sets aside what would slow the load or
// depends on its order.
func (t *Target) empty(ctx context.Context, tables []table) error {
	var drop []string
	err := t.conn.query(ctx, t.bulk.Aside, func(v row) error {
		drop, t.aside = append(drop, v.text(0)), append(t.aside, v.text(1))
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the indexes of the copy: %w", err)
	}
	for _, tb := range tables {
		drop = append(drop, "DELETE FROM "+tb.name)
	}
	return t.conn.all(ctx, drop...)
}

// fill copies one table.
func (t *Target) fill(ctx context.Context, from *Source, tb table, progress func(string, int64)) ([]storage.CopySum, error) {
	b := batch{target: t, table: tb}
	done := int64(0)
	sums, err := tb.sum(ctx, from.conn, from.agencies, func(values []driver.Value, size int) error {
		done++
		committed, err := b.add(ctx, values, size)
		if committed {
			progress(tb.name, done)
		}
		return err
	})
	if err == nil {
		_, err = b.write(ctx)
	}
	if err == nil {
		err = t.commit(ctx)
	}
	if err != nil {
		return nil, err
	}
	progress(tb.name, done)
	return sums, nil
}

// begin opens a transaction unless one is open.
func (t *Target) begin(ctx context.Context) error {
	if t.bytes > 0 {
		return nil
	}
	return t.conn.all(ctx, t.bulk.BeginWrite)
}

// commit ends a transaction if one is open, and gives the engine its turn.
func (t *Target) commit(ctx context.Context) error {
	if t.bytes == 0 {
		return nil
	}
	if err := t.conn.all(ctx, "COMMIT"); err != nil {
		return err
	}
	t.bytes = 0
	if t.bulk.Rest == nil {
		return nil
	}
	return t.bulk.Rest(ctx, t.conn.raw)
}

// complete makes again what was set aside.
func (t *Target) complete(ctx context.Context) error {
	for _, text := range t.aside {
		if err := t.conn.all(ctx, text); err != nil {
			return err
		}
		if t.bulk.Rest != nil {
			if err := t.bulk.Rest(ctx, t.conn.raw); err != nil {
				return err
			}
		}
	}
	var end []string
	err := t.conn.query(ctx, t.bulk.End, func(v row) error {
		end = append(end, v.text(0))
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the counters of the copy: %w", err)
	}
	return t.conn.all(ctx, end...)
}

// Finish makes the target a register.
func (t *Target) Finish(ctx context.Context) error {
	if err := t.conn.all(ctx, "ALTER TABLE "+copying+" RENAME TO "+versions); err != nil {
		return err
	}
	if t.bulk.Last == nil {
		return nil
	}
	return t.bulk.Last(ctx, t.conn.raw)
}

// Close ends the connection. What is unfinished stays unfinished.
func (t *Target) Close() error { return t.conn.close() }

// all runs statements one after another.
func (c *conn) all(ctx context.Context, statements ...string) error {
	for _, text := range statements {
		if _, err := c.exec(ctx, text); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return nil
}

// A server that was just stopped may still be leaving.
const (
	leaving     = 20
	leavingTime = 100 * time.Millisecond
)

// refuse says who stands in the way, and goes on doing so.
func (b Bulk) refuse(ctx context.Context, c *conn) error {
	tick := time.NewTicker(leavingTime)
	defer tick.Stop()
	for n := 1; ; n++ {
		var errs []error
		err := c.query(ctx, b.Refuse, func(v row) error {
			errs = append(errs, errors.New(v.text(0)))
			return nil
		})
		if err != nil || len(errs) == 0 || n == leaving {
			return errors.Join(append(errs, err)...)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
