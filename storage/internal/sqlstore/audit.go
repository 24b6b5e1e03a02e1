package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"gongkai/storage"
)

// growTime bounds the making of the trees of a register that had none; growPage is how
// many leaves are read at once for it.
const (
	growTime = 30 * time.Minute
	growPage = 10_000
)

// add counts an event that was stored, and puts its leaf into the tree.
func (r *register) add(e *storage.Event) {
	r.edge.Append(tlog.Hash(e.Leaf), nil)
	r.events++
	if e.Revision == 0 {
		r.idle++
	}
}

// growAll makes the trees of the agencies whose events were recorded before there was one,
// in one transaction and one pass over all leaves.
func growAll(ctx context.Context, c Config) (err error) {
	ctx, cancel := context.WithTimeout(ctx, growTime) // another server may be at it
	defer cancel()
	conn, err := c.dialer(c.Write).connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.close()) }()
	found := false
	err = conn.query(ctx, treeless+` LIMIT 1`, func(row) error {
		found = true
		return nil
	})
	if err != nil || !found {
		return err
	}
	if _, err := conn.exec(ctx, c.BeginWrite); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := growTreeless(ctx, conn, c.LockRow); err != nil {
		_, undone := conn.exec(ctx, "ROLLBACK")
		return errors.Join(err, undone)
	}
	_, err = conn.exec(ctx, "COMMIT")
	return err
}

// treeless selects the agencies that have events and no tree.
const treeless = `SELECT key, events FROM agency WHERE edge IS NULL AND events > 0`

// growTreeless makes the trees of agencies that have none, within a transaction.
func growTreeless(ctx context.Context, conn *conn, lockRow string) error {
	list := map[int64]*register{}
	err := conn.query(ctx, treeless+` ORDER BY id`+lockRow, func(v row) error {
		list[v.integer(0)] = &register{key: v.integer(0), events: v.integer(1)}
		return nil
	})
	if err != nil {
		return err
	}
	if err := (&reader{conn: conn, ctx: ctx}).grow(list); err != nil {
		return err
	}
	for key, g := range list {
		edge, err := g.edge.MarshalBinary()
		if err != nil {
			return err
		}
		if _, err := conn.exec(ctx, `UPDATE agency SET edge = $2 WHERE key = $1`, key, edge); err != nil {
			return fmt.Errorf("write a tree: %w", err)
		}
	}
	return nil
}

// grow brings the trees of agencies, by their keys, up to their events. The leaves of an
// agency lie in the order of its events, because its row was locked while each was stored.
// A register that has other events than it counts is damaged, and nothing is built on it.
func (r *reader) grow(list map[int64]*register) error {
	seen := make(map[int64]int64, len(list))
	for after, rows := int64(0), growPage; rows == growPage; {
		rows = 0
		err := r.query(`SELECT seq, agency, n, leaf FROM event WHERE seq > $1 ORDER BY seq LIMIT $2`, func(v row) error {
			rows++
			after = v.integer(0)
			g := list[v.integer(1)]
			if g == nil {
				return nil
			}
			seen[g.key]++
			leaf, ok := storage.LeafHash(v.bytes(3))
			if n := seen[g.key]; !ok || v.integer(2) != n {
				return fmt.Errorf("the event at %d should be the agency's %d. and have a leaf: verify the register", after, n)
			}
			if seen[g.key] <= g.edge.Size() {
				return nil
			}
			g.edge.Append(leaf, nil)
			return nil
		}, after, int64(growPage))
		if err != nil {
			return fmt.Errorf("read the leaves: %w", err)
		}
	}
	for key, g := range list {
		if seen[key] != g.events || g.edge.Size() != g.events {
			return fmt.Errorf("the agency with key %d counts %d events and has %d, its tree %d: verify the register", key, g.events, seen[key], g.edge.Size())
		}
	}
	return nil
}

// Heads is storage.Reader.
func (r *reader) Heads() ([]storage.Head, error) {
	var list []storage.Head
	err := r.query(`SELECT id, edge, events FROM agency ORDER BY id`, func(v row) error {
		h := storage.Head{Agency: v.text(0), Events: v.integer(2)}
		h.Fault = h.Edge.UnmarshalBinary(v.bytes(1))
		list = append(list, h)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("trees of the agencies: %w", err)
	}
	return list, nil
}

// Origin is storage.Reader.
func (r *reader) Origin() (leaf []byte, err error) {
	err = r.one(`SELECT leaf FROM event WHERE agency = 0 ORDER BY seq LIMIT 1`, func(v row) error {
		leaf = v.bytes(0)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("origin of the register: %w", err)
	}
	return leaf, nil
}
