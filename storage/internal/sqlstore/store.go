// Package sqlstore is the store on any engine that speaks the SQL written here: the
// queries, the writer that commits waiting updates in groups, and the migrations.
//
// What differs between engines is a Dialect; opening files, pragmas and connection
// strings belong to the packages of the engines. It judges no case and reads no clock.
package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"gongkai/storage"
)

// viewTime bounds a View: a read transaction that stays open lets the log grow.
const viewTime = 5 * time.Second

// Fault classes the errors of a driver by what must follow.
type Fault int

// The faults.
const (
	FaultNone  Fault = iota // the update's own affair
	FaultFull               // cannot be written at present; nothing was
	FaultFatal              // the disk can no longer be trusted to keep what it took
	FaultRetry              // run the transaction again: serialization, deadlock, a lost connection
	FaultAway               // nobody answers, or not in time; nothing was written
)

// Dialect is what differs between engines.
type Dialect struct {
	Goose  goose.Dialect
	Schema fs.FS // migrations
	// MigrateLock lets one process migrate at a time; nil: the engine has only one.
	MigrateLock lock.SessionLocker
	// BeginWrite opens the writer's transaction, BeginRead one that sees one moment.
	BeginWrite, BeginRead string
	// LockRow follows the SELECT of an agency by the writer: FOR UPDATE, where the
	// transaction itself is no lock. Groups then lock in the order of agencies.
	LockRow string
	// GroupTime bounds how long a group takes in more members, so that the first one does
	// not wait for long: a member takes longer where each statement is a message.
	GroupTime time.Duration
	// Patience bounds connecting, and each statement that no caller bounds; 0: the engine
	// is no network away.
	Patience time.Duration
	// TellsKey says that the driver knows the key of a row it inserted.
	TellsKey bool
	// ByPlace says that the driver is faster with parameters that have no number.
	ByPlace bool
	// Fault classes an error; committing if it came from COMMIT.
	Fault func(err error, committing bool) Fault
	// Watch returns a function that says whether the transaction on a connection ended
	// otherwise than by our COMMIT or ROLLBACK since it was last asked. One that can only
	// be rolled back it rolls back; a COMMIT that does not hold what it says counts as well.
	Watch func(driver.Conn) (ended func() bool, err error)
	// Rest runs on the writer's connection after a group was acknowledged; nil: nothing
	// to do. An error stops the writer for good.
	Rest func(context.Context, driver.Conn) error
	// Last runs on the writer's connection before it closes; nil: nothing to do.
	Last func(context.Context, driver.Conn) error
	// Index keeps what is searched.
	Index Index
}

// Config says what to open.
type Config struct {
	Dialect
	Write, Read driver.Connector
	Readers     int // connections for views
	Writers     int // groups in flight at once; agencies are spread over them
	Queue       int // updates that may wait for a writer
}

// Store is a storage.Store.
type Store struct {
	dialect Dialect
	pool    *pool
	writers []*writer
	tuples  tupleCache

	mu     sync.RWMutex // guards closed, and the writers' queues against sends after it
	closed bool
}

// Open migrates the schema and starts the writers.
func Open(ctx context.Context, c Config) (*Store, error) {
	if err := migrate(ctx, c.Dialect, c.Write); err != nil {
		return nil, fmt.Errorf("migrate the schema: %w", err)
	}
	s := &Store{dialect: c.Dialect, pool: newPool(c.dialer(c.Read), c.Readers)}
	if err := growAll(ctx, c); err != nil {
		return nil, errors.Join(fmt.Errorf("make the trees of the events: %w", err), s.Close())
	}
	for range c.Writers {
		w, err := startWriter(ctx, s, c.dialer(c.Write), c.Queue)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("start a writer: %w", err), s.Close())
		}
		s.writers = append(s.writers, w)
	}
	return s, nil
}

// View is storage.Store.
func (s *Store) View(ctx context.Context, fn func(storage.Reader) error) error {
	ctx, cancel := context.WithTimeout(ctx, viewTime)
	defer cancel()
	c, err := s.begin(ctx)
	if err != nil {
		return fmt.Errorf("open a view: %w", s.unreachable(err))
	}
	r := &reader{conn: c, ctx: ctx, tuples: &s.tuples, index: s.dialect.Index}
	stop := context.AfterFunc(ctx, func() { r.end(ctx.Err()) })
	defer func() {
		stop()
		s.pool.put(c, r.end(errEnded))
	}()
	return s.unreachable(fn(r))
}

// unreachable tells what a view failed by for want of a connection: it may be asked again.
func (s *Store) unreachable(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	switch s.dialect.Fault(err, false) {
	case FaultFull, FaultRetry, FaultAway:
		return fmt.Errorf("%w: %w", storage.ErrUnreachable, err)
	case FaultNone, FaultFatal:
	}
	return err
}

// begin opens a transaction for a view. A connection that broke since it was last used
// is replaced, once.
func (s *Store) begin(ctx context.Context) (*conn, error) {
	c, err := s.pool.take(ctx)
	if err != nil {
		return nil, err
	}
	_, err = c.exec(ctx, s.dialect.BeginRead)
	if err != nil && ctx.Err() == nil {
		if c, err = s.pool.renew(ctx, c); err != nil {
			return nil, err
		}
		_, err = c.exec(ctx, s.dialect.BeginRead)
	}
	if err != nil {
		s.pool.put(c, false)
		return nil, err
	}
	return c, nil
}

// Update is storage.Store.
func (s *Store) Update(ctx context.Context, agency string, fn func(storage.Writer) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("wait for the register: %w", err)
	}
	j := &job{agency: agency, fn: fn, done: make(chan struct{})}
	if err := s.enqueue(j); err != nil {
		return err
	}
	select {
	case <-j.done:
	case <-ctx.Done():
		if j.leave() {
			return fmt.Errorf("wait for the register: %w", ctx.Err())
		}
		<-j.done
	}
	return j.err
}

// enqueue hands a job to the writer of its agency, which is the same one in every
// process that shares the database: two of them then wait for each other's group only
// where they have an agency in common.
func (s *Store) enqueue(j *job) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return storage.ErrClosed
	}
	w := s.writers[0]
	if len(s.writers) > 1 {
		w = s.writers[crc32.ChecksumIEEE([]byte(j.agency))%uint32(len(s.writers))]
	}
	select {
	case w.queue <- j:
		return nil
	default:
		return storage.ErrBusy
	}
}

// Close is storage.Store.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return storage.ErrClosed
	}
	s.closed = true
	for _, w := range s.writers {
		close(w.queue)
	}
	s.mu.Unlock()
	for _, w := range s.writers {
		<-w.stopped
	}
	err := s.pool.close()
	for _, w := range s.writers {
		err = errors.Join(err, w.close())
	}
	if err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}
