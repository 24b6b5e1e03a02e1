package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"gongkai/storage"
)

// maxRetries bounds how often the engine may ask to run one group again.
const maxRetries = 5

// writer runs updates one after another, a group of them in one transaction. Nobody is
// answered before the transaction ended that he saw.
type writer struct {
	store   *Store
	queue   chan *job
	stopped chan struct{}
	dialer  dialer

	conn      *conn
	ended     func() bool
	lost      bool // the transaction is over, though nobody here ended it
	timer     *time.Timer
	registers registers
	todo      []*job // to run, or to run again
	later     []*job // to run in the next group
	ran       []*job // members of the open transaction that stand
	held      []*job // failed and undone; their failure may rest on what others wrote
	retries   int
	broken    error
}

func startWriter(ctx context.Context, s *Store, d dialer, queue int) (*writer, error) {
	w := &writer{
		store: s, queue: make(chan *job, queue), stopped: make(chan struct{}), dialer: d, timer: time.NewTimer(s.dialect.GroupTime),
		registers: registers{lockRow: s.dialect.LockRow, open: map[string]*register{}},
	}
	if err := w.open(ctx); err != nil {
		return nil, err
	}
	go w.loop()
	return w, nil
}

// open connects, or connects anew after the connection broke.
func (w *writer) open(ctx context.Context) error {
	if w.conn != nil {
		_ = w.conn.close() // it is broken already
		w.conn = nil
	}
	c, err := w.dialer.connect(ctx)
	if err != nil {
		return err
	}
	if w.ended, err = w.store.dialect.Watch(c.raw); err != nil {
		return errors.Join(err, c.close())
	}
	w.conn = c
	return nil
}

// loop lives until the queue is closed and empty.
func (w *writer) loop() {
	defer close(w.stopped)
	for j := range w.queue {
		if !j.start() {
			continue
		}
		for w.todo = append(w.todo, j); len(w.todo) > 0; {
			w.timer.Reset(w.store.dialect.GroupTime)
			w.retries = 0
			for len(w.todo)+len(w.held) > 0 {
				w.group()
			}
			w.todo, w.later = append(w.todo, w.later...), w.later[:0]
			w.rest()
		}
	}
}

// rest gives the engine its turn between groups.
func (w *writer) rest() {
	if w.broken != nil || w.conn == nil || w.store.dialect.Rest == nil {
		return
	}
	err := w.store.dialect.Rest(context.Background(), w.conn.raw)
	if err != nil && w.store.dialect.Fault(err, false) != FaultFull { // it comes again when there is room
		w.broken = fmt.Errorf("%w: it must be opened again after: %w", storage.ErrFull, err)
	}
}

// close ends the connection of a stopped writer.
func (w *writer) close() error {
	if w.conn == nil {
		return nil
	}
	var err error
	if last := w.store.dialect.Last; last != nil && w.broken == nil {
		err = last(context.Background(), w.conn.raw)
	}
	return errors.Join(err, w.conn.close())
}

// group runs what is to do, and who else has come, in one transaction. If a member must
// be undone, the others stand in todo afterwards.
func (w *writer) group() {
	w.ran = w.ran[:0]
	w.registers.begin()
	if err := w.begin(); err != nil {
		w.gather() // or each of them would wait as long to hear the same
		w.answerAll(err)
		return
	}
	again := len(w.held) > 0 || w.retries > 0
	if !again {
		w.gather()
	}
	w.sort()
	for j := w.next(again); j != nil; j = w.next(again) {
		if !w.run(j) {
			return
		}
	}
	w.commit()
}

func (w *writer) begin() error {
	if w.broken != nil {
		return w.broken
	}
	err := errors.New("not connected")
	if w.conn != nil {
		_, err = w.conn.exec(context.Background(), w.store.dialect.BeginWrite)
	}
	if err != nil {
		if again := w.open(context.Background()); again != nil {
			return fmt.Errorf("begin: %w", errors.Join(err, w.classed(again, false)))
		}
		if _, err = w.conn.exec(context.Background(), w.store.dialect.BeginWrite); err != nil {
			return fmt.Errorf("begin: %w", w.classed(err, false))
		}
	}
	w.lost = false
	w.ended() // what happened before does not concern this transaction
	return nil
}

// run runs one member and reports whether the transaction goes on.
func (w *writer) run(j *job) bool {
	m := &member{reader: reader{conn: w.conn, ctx: context.Background(), tuples: &w.store.tuples, index: w.store.dialect.Index}, registers: &w.registers}
	err := m.enter(j.agency)
	if err == nil {
		err = call(j.fn, m)
	}
	m.close()
	w.lost = w.ended()
	if err == nil {
		err = m.failed
	}
	if err == nil && w.lost {
		err = errors.New("the transaction ended within the update")
	}
	if err == nil && len(m.taken) > 0 { // a number is taken even if nothing bears it
		m.wrote, m.register.changed = true, true
	}
	j.err, j.wrote = err, m.wrote
	if w.lost { // since the first fault, whatever came of it
		w.undo(j, cmp.Or(m.fault, m.failed, err))
		return false
	}
	if err != nil && (m.wrote || m.failed != nil) {
		w.undo(j, cmp.Or(m.failed, err))
		return false
	}
	if err != nil {
		m.undo()
	}
	w.ran = append(w.ran, j)
	return true
}

// call runs fn; a panic becomes an error that says where.
func call(fn func(storage.Writer) error, w storage.Writer) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("update panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(w)
}

// undo rolls the transaction back because of j. The others run again without it; if the
// engine cannot write, those who wrote are told so, because trying again one by one
// would only ask it as often.
func (w *writer) undo(j *job, cause error) {
	w.rollback()
	others := w.ran
	switch w.store.dialect.Fault(cause, false) {
	case FaultRetry:
		if w.retries++; w.retries <= maxRetries {
			w.runAgain(append(others, j))
			return
		}
		j.err = w.classed(cause, false)
	case FaultFull, FaultFatal:
		j.err = w.classed(cause, false)
		others = w.fail(others, j.err)
	case FaultAway: // it may be his agency alone that somebody holds
		j.err = w.classed(cause, false)
	case FaultNone:
	}
	w.held = append(w.held, j)
	w.runAgain(others)
}

// runAgain puts jobs before what is still to do.
func (w *writer) runAgain(jobs []*job) {
	w.todo = slices.Concat(jobs, w.todo)
	w.ran = w.ran[:0]
}

// fail holds those who wrote with an error and returns the others, whose own answers
// rested on what is gone.
func (w *writer) fail(jobs []*job, err error) (others []*job) {
	for _, j := range jobs {
		if j.wrote {
			j.err = err
			w.held = append(w.held, j)
		} else {
			others = append(others, j)
		}
	}
	return others
}

func (w *writer) rollback() {
	if w.lost {
		return
	}
	if _, err := w.conn.exec(context.Background(), "ROLLBACK"); err != nil {
		_ = w.conn.close() // a connection that cannot roll back is of no use
		w.conn = nil
	}
}

// commit writes what was collected, commits and answers everybody.
func (w *writer) commit() {
	if slices.ContainsFunc(w.ran, func(j *job) bool { return j.wrote }) {
		if err := w.registers.flush(w.conn); err != nil {
			w.rollback()
			w.settle(fmt.Errorf("write the counters: %w", w.classed(err, false)), err, false)
			return
		}
	}
	_, err := w.conn.exec(context.Background(), "COMMIT")
	if w.lost = w.ended(); w.lost && err == nil {
		err = errors.New("the engine does not confirm it")
	}
	if err != nil {
		w.rollback()
		w.settle(fmt.Errorf("commit: %w", w.classed(err, true)), err, true)
		return
	}
	w.registers.keep()
	w.answer(w.ran)
	w.answer(w.held)
	w.ran, w.held = w.ran[:0], w.held[:0]
}

// settle answers a group whose end failed: those who wrote get the error, the others
// run again, because they may have seen what is not there.
func (w *writer) settle(answer, cause error, committing bool) {
	w.retries++
	if w.retries > maxRetries {
		for _, j := range w.ran {
			j.err = answer
		}
		w.answer(w.ran)
		w.answer(w.held)
		w.ran, w.held = w.ran[:0], w.held[:0]
		return
	}
	if w.store.dialect.Fault(cause, committing) == FaultRetry {
		w.runAgain(w.ran)
		return
	}
	undone := w.held
	w.held = nil
	others := w.fail(w.ran, answer)
	w.answer(w.held)
	w.held = w.held[:0]
	w.runAgain(slices.Concat(others, undone))
}

// classed turns a fault of the engine into the error of the contract.
func (w *writer) classed(err error, committing bool) error {
	switch w.store.dialect.Fault(err, committing) {
	case FaultFull:
		return fmt.Errorf("%w: %w", storage.ErrFull, err)
	case FaultFatal:
		w.broken = fmt.Errorf("%w: it must be opened again after: %w", storage.ErrFull, err)
	case FaultRetry:
		if !committing {
			return fmt.Errorf("%w: %w", storage.ErrBusy, err)
		}
	case FaultAway:
		return fmt.Errorf("%w: %w", storage.ErrUnreachable, err)
	case FaultNone:
	}
	if committing {
		return fmt.Errorf("%w: %w", storage.ErrOutcomeUnknown, err)
	}
	return err
}

func (w *writer) answer(jobs []*job) {
	for _, j := range jobs {
		close(j.done)
	}
}

// answerAll answers all who are in the writer's hands with err. So it does those undone
// before: what they failed by may be what another member wrote, which is not there.
func (w *writer) answerAll(err error) {
	for _, j := range w.todo {
		j.err = err
	}
	for _, j := range w.held {
		if !w.byEngine(j.err) {
			j.err = err
		}
	}
	w.answer(w.todo)
	w.answer(w.held)
	w.todo, w.held = w.todo[:0], w.held[:0]
}

// byEngine reports whether a member failed by the engine and not by what it saw.
func (*writer) byEngine(err error) bool {
	return errors.Is(err, storage.ErrFull) || errors.Is(err, storage.ErrBusy) || errors.Is(err, storage.ErrUnreachable)
}
