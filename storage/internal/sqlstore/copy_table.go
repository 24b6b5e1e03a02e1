package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"

	"gongkai/storage"
)

// leftOut names the tables that are not copied as rows.
func leftOut(name string) bool {
	switch name {
	case versions, copying:
		return true
	case "content", "chunk": // what is attached: package blob carries it to wherever the engine keeps it
		return true
	}
	return strings.HasPrefix(name, "search") // the index, which a server makes anew
}

// class is what a column holds on either engine.
type class byte

const (
	integers class = iota + 1
	texts
	blobs
	booleans
)

// classes gives the class of each type that the schemas use.
var classes = map[string]class{
	"INTEGER": integers, "BIGINT": integers, "TEXT": texts, "BLOB": blobs, "BYTEA": blobs, "BOOLEAN": booleans,
}

type column struct {
	name  string
	class class
}

// table is a table as the catalog of its database shows it.
type table struct {
	name    string
	columns []column // by name
	key     []string // primary key
}

// tables reads the catalog: what is to be copied, by name.
func (b Bulk) tables(ctx context.Context, c *conn) ([]table, error) {
	var list []table
	keys := map[string]map[int64]string{} // columns by their place in the key
	err := c.query(ctx, b.Columns, func(v row) error {
		name := v.text(0)
		if leftOut(name) {
			return nil
		}
		if keys[name] == nil {
			keys[name], list = map[int64]string{}, append(list, table{name: name})
		}
		col := column{v.text(1), classes[strings.ToUpper(v.text(2))]}
		if col.class == 0 {
			return fmt.Errorf("column %s.%s is of type %s, which cannot be copied", name, col.name, v.text(2))
		}
		if place := v.integer(3); place > 0 {
			keys[name][place] = col.name
		}
		t := &list[len(list)-1] // the rows of a table come together
		t.columns = append(t.columns, col)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	for i := range list {
		t := &list[i]
		for _, place := range slices.Sorted(maps.Keys(keys[t.name])) {
			t.key = append(t.key, keys[t.name][place])
		}
		if len(t.key) == 0 {
			return nil, fmt.Errorf("table %s has no primary key, so that it cannot be copied", t.name)
		}
		slices.SortFunc(t.columns, func(a, b column) int { return strings.Compare(a.name, b.name) })
	}
	slices.SortFunc(list, func(a, b table) int { return strings.Compare(a.name, b.name) })
	return list, nil
}

// alike compares two catalogs, and names what differs.
func alike(from, to []table) error {
	var errs []error
	wanted := map[string]table{}
	for _, t := range from {
		wanted[t.name] = t
	}
	for _, t := range to {
		switch w, ok := wanted[t.name]; {
		case !ok:
			errs = append(errs, fmt.Errorf("table %s is only in the target", t.name))
		case !slices.Equal(w.key, t.key) || !slices.Equal(w.columns, t.columns):
			errs = append(errs, fmt.Errorf("table %s has columns %v, key %v in the source, %v, key %v in the target", t.name, w.columns, w.key, t.columns, t.key))
		}
		delete(wanted, t.name)
	}
	for name := range wanted {
		errs = append(errs, fmt.Errorf("table %s is only in the source", name))
	}
	return errors.Join(errs...)
}

// text is the SELECT of all rows in the order of keys. COALESCE hides from the driver what SQLite
// declared, so that it shows what a boolean holds.
func (t table) text() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
		if c.class == booleans {
			names[i] = "COALESCE(" + c.name + ", " + c.name + ")"
		}
	}
	return "SELECT " + strings.Join(names, ", ") + " FROM " + t.name + " ORDER BY " + strings.Join(t.key, ", ")
}

// sum reads a table, hands out each row with its size, and sums it by agencies.
func (t table) sum(ctx context.Context, c *conn, agencies map[int64]string, each func(values []driver.Value, size int) error) ([]storage.CopySum, error) {
	sums := map[string]*storage.CopySum{}
	digests := map[string]hash.Hash{}
	var code []byte
	err := c.query(ctx, t.text(), func(v row) (err error) {
		values := make([]driver.Value, len(t.columns))
		code = code[:0]
		for i, c := range t.columns {
			if values[i], err = c.value(v[i]); err != nil {
				return fmt.Errorf("row with %s: %w", t.where(v), err)
			}
			code = encode(code, values[i])
		}
		group := t.group(values, agencies)
		if sums[group] == nil {
			sums[group], digests[group] = &storage.CopySum{Table: t.name, Agency: group}, sha256.New()
		}
		sums[group].Rows++
		_, _ = digests[group].Write(binary.AppendUvarint(nil, uint64(len(code)))) // a hash takes everything
		_, _ = digests[group].Write(code)
		return each(values, len(code))
	})
	if err != nil {
		return nil, err
	}
	var list []storage.CopySum
	for _, group := range slices.Sorted(maps.Keys(sums)) {
		s := sums[group]
		s.Digest = [sha256.Size]byte(digests[group].Sum(nil))
		list = append(list, *s)
	}
	return list, nil
}

// group names the agency of a row: "*" where rows tell none, "#7" if there is no agency 7.
func (t table) group(values []driver.Value, agencies map[int64]string) string {
	owner := slices.IndexFunc(t.columns, func(c column) bool { return c.name == "agency" || t.name == "agency" && c.name == "key" })
	if owner < 0 {
		return "*"
	}
	key, _ := values[owner].(int64)
	if id, ok := agencies[key]; ok {
		return id
	}
	return fmt.Sprintf("#%d", key)
}

// where names a row by its key, which names nobody.
func (t table) where(v row) string {
	var parts []string
	for _, k := range t.key {
		i := slices.IndexFunc(t.columns, func(c column) bool { return c.name == k })
		parts = append(parts, fmt.Sprintf("%s %v", k, v[i]))
	}
	return strings.Join(parts, ", ")
}

// value is a value as both engines hold it, and as it outlives the row. One of another
// type than its column's is a damage, which SQLite admits.
func (c column) value(v driver.Value) (driver.Value, error) {
	switch x := v.(type) {
	case nil:
		return v, nil
	case int64:
		if c.class == integers {
			return x, nil
		}
		if c.class == booleans && (x == 0 || x == 1) {
			return x == 1, nil
		}
	case bool:
		if c.class == booleans {
			return x, nil
		}
	case string:
		if c.class == texts && !strings.Contains(x, "\x00") { // which PostgreSQL cannot hold
			return strings.Clone(x), nil
		}
	case []byte:
		if c.class == blobs {
			return append([]byte{}, x...), nil // never nil, which would be NULL
		}
	}
	return nil, fmt.Errorf("column %s holds what is not of its type (%T): run gongkaid verify", c.name, v)
}

// encode appends a value so that no two rows have one encoding.
func encode(b []byte, v driver.Value) []byte {
	switch x := v.(type) {
	case int64:
		return binary.BigEndian.AppendUint64(append(b, byte(integers)), uint64(x))
	case bool:
		if x {
			return append(b, byte(booleans), 1)
		}
		return append(b, byte(booleans), 0)
	case string:
		return append(binary.AppendUvarint(append(b, byte(texts)), uint64(len(x))), x...)
	case []byte:
		return append(binary.AppendUvarint(append(b, byte(blobs)), uint64(len(x))), x...)
	}
	return append(b, 0)
}

// compare names every part of the copy that differs.
func compare(want, got []storage.CopySum) error {
	type part struct{ table, agency string }
	held := map[part]storage.CopySum{}
	for _, s := range got {
		held[part{s.Table, s.Agency}] = s
	}
	var errs []error
	for _, w := range want {
		p := part{w.Table, w.Agency}
		if g := held[p]; g != w {
			errs = append(errs, fmt.Errorf("table %s of agency %q: the source has %d rows, digest %x, the copy %d rows, digest %x",
				w.Table, w.Agency, w.Rows, w.Digest[:8], g.Rows, g.Digest[:8]))
		}
		delete(held, p)
	}
	for p, g := range held {
		errs = append(errs, fmt.Errorf("table %s of agency %q: %d rows are only in the copy", p.table, p.agency, g.Rows))
	}
	return errors.Join(errs...)
}
