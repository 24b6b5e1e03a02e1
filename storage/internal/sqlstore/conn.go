package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"time"

	"gongkai/storage"
)

// maxStatements bounds the prepared statements of a connection: filters of lists come
// in many forms.
const maxStatements = 256

// conn is one connection with its prepared statements. It stands on the driver itself,
// because database/sql would cost as much as the statements.
type conn struct {
	raw        driver.Conn
	patience   time.Duration
	tellsKey   bool
	byPlace    bool
	statements map[string]statement
	args       []driver.NamedValue
	dest       []driver.Value
}

// statement is prepared. Its nth parameter takes the argument order[n], or the nth if that
// is nil.
type statement struct {
	driver.Stmt
	order []int
}

// dialer makes connections.
type dialer struct {
	driver.Connector
	patience time.Duration // of a connection and of making it; 0: endless
	tellsKey bool          // of what was inserted
	byPlace  bool          // are parameters
}

// dialer makes connections in the ways of an engine.
func (d *Dialect) dialer(to driver.Connector) dialer {
	return dialer{to, d.Patience, d.TellsKey, d.ByPlace}
}

func (d dialer) connect(ctx context.Context) (*conn, error) {
	ctx, cancel := bounded(ctx, d.patience)
	defer cancel()
	raw, err := d.Connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &conn{raw: raw, patience: d.patience, tellsKey: d.tellsKey, byPlace: d.byPlace, statements: map[string]statement{}}, nil
}

// bounded gives a context that nothing ends some patience: what is asked of a dead
// network never returns. No request's context comes near, because nothing asks on
// behalf of one request alone in a group.
func bounded(ctx context.Context, patience time.Duration) (context.Context, context.CancelFunc) {
	if patience == 0 || ctx.Done() != nil {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, patience)
}

func (c *conn) prepare(ctx context.Context, text string) (statement, error) {
	if s, ok := c.statements[text]; ok {
		return s, nil
	}
	if len(c.statements) >= maxStatements {
		if err := c.forget(); err != nil {
			return statement{}, err
		}
	}
	p, ok := c.raw.(driver.ConnPrepareContext)
	if !ok {
		return statement{}, errors.New("prepare: the driver cannot")
	}
	var s statement
	var err error
	asked := text
	if c.byPlace {
		asked, s.order = placed(text)
	}
	if s.Stmt, err = p.PrepareContext(ctx, asked); err != nil {
		return statement{}, fmt.Errorf("prepare %q: %w", text, err)
	}
	c.statements[text] = s
	return s, nil
}

var numbered = regexp.MustCompile(`\$[1-9][0-9]*`)

// placed takes the numbers from parameters: the driver of SQLite looks each up by its name,
// which costs as much as a small statement. No text of ours has a $ otherwise.
func placed(text string) (asked string, order []int) {
	asked = numbered.ReplaceAllStringFunc(text, func(p string) string {
		n, _ := strconv.Atoi(p[1:]) // as the expression says
		order = append(order, n-1)
		return "?"
	})
	return asked, order
}

// forget closes the prepared statements.
func (c *conn) forget() error {
	var errs []error
	for _, s := range c.statements {
		errs = append(errs, s.Close())
	}
	clear(c.statements)
	return errors.Join(errs...)
}

// close ends the connection. Across a network there is nothing to lose by that: the
// server forgets the statements of itself, and a farewell to a dead one is no error.
func (c *conn) close() error {
	if c.patience > 0 {
		_ = c.raw.Close()
		return nil
	}
	return errors.Join(c.forget(), c.raw.Close())
}

func (c *conn) bind(s statement, args []driver.Value) []driver.NamedValue {
	c.args = c.args[:0]
	if s.order == nil {
		for i, a := range args {
			c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: a})
		}
	}
	for i, n := range s.order {
		if n < len(args) { // the driver tells of what is missing
			c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: args[n]})
		}
	}
	return c.args
}

// exec runs a statement and returns how many rows it changed.
func (c *conn) exec(ctx context.Context, text string, args ...driver.Value) (int64, error) {
	result, err := c.run(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (c *conn) run(ctx context.Context, text string, args ...driver.Value) (driver.Result, error) {
	ctx, cancel := bounded(ctx, c.patience)
	defer cancel()
	s, err := c.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	x, ok := s.Stmt.(driver.StmtExecContext)
	if !ok {
		return nil, errors.New("execute: the driver cannot")
	}
	return x.ExecContext(ctx, c.bind(s, args))
}

// insert runs an INSERT of at most one row, and returns the column that is its key, and
// whether there was one. To have a row returned costs as much again where the driver knows
// the key anyway.
func (c *conn) insert(ctx context.Context, column, text string, args ...driver.Value) (key int64, done bool, err error) {
	if !c.tellsKey {
		err = c.query(ctx, text+" RETURNING "+column, func(v row) error {
			key, done = v.integer(0), true
			return nil
		}, args...)
		return key, done, err
	}
	result, err := c.run(ctx, text, args...)
	if err != nil {
		return 0, false, err
	}
	n, err := result.RowsAffected()
	if err != nil || n == 0 {
		return 0, false, err
	}
	key, err = result.LastInsertId()
	return key, true, err
}

// query runs a statement and hands each row to scan, which must not keep it.
func (c *conn) query(ctx context.Context, text string, scan func(row) error, args ...driver.Value) (err error) {
	ctx, cancel := bounded(ctx, c.patience)
	defer cancel()
	s, err := c.prepare(ctx, text)
	if err != nil {
		return err
	}
	q, ok := s.Stmt.(driver.StmtQueryContext)
	if !ok {
		return errors.New("query: the driver cannot")
	}
	rows, err := q.QueryContext(ctx, c.bind(s, args))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	n := len(rows.Columns())
	if cap(c.dest) < n {
		c.dest = make([]driver.Value, n)
	}
	dest := c.dest[:n]
	for {
		if err := rows.Next(dest); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := scan(dest); err != nil {
			return err
		}
	}
}

// pool lends connections for views. A slot is nil until it is first needed, and again
// after its connection broke.
type pool struct {
	dialer  dialer
	slots   chan *conn
	closing chan struct{}
}

func newPool(d dialer, n int) *pool {
	p := &pool{dialer: d, slots: make(chan *conn, n), closing: make(chan struct{})}
	for range n {
		p.slots <- nil
	}
	return p
}

func (p *pool) take(ctx context.Context) (*conn, error) {
	select {
	case <-p.closing:
		return nil, storage.ErrClosed
	default:
	}
	select {
	case c := <-p.slots:
		if c != nil {
			return c, nil
		}
		return p.connect(ctx)
	case <-p.closing:
		return nil, storage.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// connect fills an empty slot, which it gives back if that fails.
func (p *pool) connect(ctx context.Context) (*conn, error) {
	c, err := p.dialer.connect(ctx)
	if err != nil {
		p.slots <- nil
	}
	return c, err
}

// renew replaces a connection that is of no use.
func (p *pool) renew(ctx context.Context, c *conn) (*conn, error) {
	_ = c.close() // it broke
	return p.connect(ctx)
}

// put gives a connection back; one that is not whole is closed.
func (p *pool) put(c *conn, whole bool) {
	if !whole {
		_ = c.close() // it is being thrown away because something failed before
		c = nil
	}
	p.slots <- c
}

// close waits for the views that are open and closes their connections.
func (p *pool) close() error {
	close(p.closing)
	var errs []error
	for range cap(p.slots) {
		if c := <-p.slots; c != nil {
			errs = append(errs, c.close())
		}
	}
	return errors.Join(errs...)
}
