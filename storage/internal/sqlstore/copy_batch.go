package sqlstore

import (
	"context"
	"database/sql/driver"
	"strconv"
	"strings"
)

// What bounds a copy: parameters of a statement, which no engine takes more of, and bytes
// of a statement and of a transaction.
const (
	batchParameters  = 32_000
	batchBytes       = 1 << 20
	transactionBytes = 16 << 20
)

// batch collects rows of one table for one statement.
type batch struct {
	target *Target
	table  table
	args   []driver.Value
	rows   int
	bytes  int
}

// add takes in a row and reports whether that led to a commit.
func (b *batch) add(ctx context.Context, values []driver.Value, size int) (committed bool, err error) {
	b.args = append(b.args, values...)
	b.rows, b.bytes = b.rows+1, b.bytes+size
	if b.rows < b.target.bulk.Rows && b.bytes < batchBytes && len(b.args)+len(values) <= batchParameters {
		return false, nil
	}
	return b.write(ctx)
}

// write writes what was collected, and commits if that has become much.
func (b *batch) write(ctx context.Context) (committed bool, err error) {
	if b.rows == 0 {
		return false, nil
	}
	t := b.target
	if err := t.begin(ctx); err != nil {
		return false, err
	}
	if _, err := t.conn.exec(ctx, b.text(), b.args...); err != nil {
		return false, err
	}
	t.bytes += b.bytes
	b.args, b.rows, b.bytes = b.args[:0], 0, 0
	if t.bytes < transactionBytes {
		return false, nil
	}
	return true, t.commit(ctx)
}

// text is the INSERT of as many rows as were collected.
func (b *batch) text() string {
	var s strings.Builder
	s.WriteString("INSERT INTO " + b.table.name + " (")
	for i, c := range b.table.columns {
		if i > 0 {
			s.WriteString(", ")
		}
		s.WriteString(c.name)
	}
	s.WriteString(") VALUES ")
	for i := range b.args {
		switch {
		case i == 0:
			s.WriteString("(")
		case i%len(b.table.columns) == 0:
			s.WriteString("), (")
		default:
			s.WriteString(", ")
		}
		s.WriteString("$" + strconv.Itoa(i+1))
	}
	s.WriteString(")")
	return s.String()
}
