package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// How an import is cut up. A batch is one Update, so that no officer waits long behind
// it; while one commits the next ones are read and judged.
const (
	importBatch   = 200
	importAhead   = 3
	maxBatchRows  = 1000
	busyWait      = 50 * time.Millisecond
	busyWaitLimit = time.Minute
)

// importer is one run over ledgers.
type importer struct {
	server *Server
	agency storage.Agency
	rules  workflow.Rules
	cal    *calendar.Calendar
	who    storage.Principal
	by     workflow.Person
	today  workflow.Date
	lang   language
	trial  *rehearsal // of a dry run; nil: rows are written
	loose  map[ledgerRemedy][]int64
	told   map[string]storage.Figure // figures of the files, by their object
	sum    pb.ImportLedgerResponse
}

// batch is a number of rows of one sheet.
type batch struct {
	sheet  *sheet
	drafts []draft
}

// draft is a row on its way into the register.
type draft struct {
	*pb.LedgerRow
	verdict
	entry   entry
	remedy  remedyRow
	figure  storage.Figure
	settled bool // nothing is left to be done
	events  []storage.Event
	caches  storage.Caches
	notes   []problem // warnings of the row itself
}

// ImportLedger takes rows in. Known numbers are compared, so that a run that broke off
// is finished by running it again.
func (s *Server) ImportLedger(stream pb.LedgerService_ImportLedgerServer) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	m, err := s.newImporter(ctx, stream)
	if err != nil {
		return err
	}
	batches := make(chan *batch, importAhead)
	received := make(chan error, 1)
	go func() {
		defer close(batches)
		received <- m.receive(ctx, stream, batches)
	}()
	for b := range batches {
		if err := m.commit(ctx, b); err != nil {
			return err
		}
		if err := stream.Send(m.answer(b)); err != nil {
			return err
		}
	}
	if err := <-received; err != nil {
		return err
	}
	return m.finish(ctx, stream)
}

// newImporter reads the header and asks whether the caller may import for its agency.
func (s *Server) newImporter(ctx context.Context, stream pb.LedgerService_ImportLedgerServer) (*importer, error) {
	first, err := stream.Recv()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	h := first.GetHeader()
	if h == nil {
		return nil, invalid("header", "第一条消息应为header", "the first message must be the header")
	}
	id, err := parentAgency("header.parent", h.GetParent())
	if err != nil {
		return nil, err
	}
	c := callOf(ctx)
	if err := s.reach(ctx, c, id); err != nil {
		return nil, err
	}
	m := &importer{server: s, told: map[string]storage.Figure{}, cal: s.calendar(), who: c.principal, by: c.person(), today: s.today(), lang: c.lang}
	err = s.store.View(ctx, func(r storage.Reader) error {
		m.agency, err = r.Agency(id)
		return err
	})
	m.rules = s.law(m.agency)
	if h.GetDryRun() {
		m.trial = newRehearsal()
	}
	return m, err
}

// receive reads the stream to its end and prepares the rows.
func (m *importer) receive(ctx context.Context, stream pb.LedgerService_ImportLedgerServer, to chan<- *batch) (err error) {
	defer func() { // the interceptor guards its own goroutine only
		if p := recover(); p != nil {
			err = m.server.panicked(ctx, pb.LedgerService_ImportLedger_FullMethodName, p)
		}
	}()
	var current *sheet
	for {
		msg, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case msg.GetSheet() != nil:
			if current, err = newSheet(msg.GetSheet()); err != nil {
				return err
			}
		case msg.GetRows() != nil && current != nil:
			if err := m.prepareAll(ctx, current, msg.GetRows().GetRows(), to); err != nil {
				return err
			}
		default:
			return invalid("part", "header之后应为sheet，然后是rows", "after the header comes a sheet, then its rows")
		}
	}
}

// prepareAll cuts a message into batches.
func (m *importer) prepareAll(ctx context.Context, current *sheet, rows []*pb.LedgerRow, to chan<- *batch) error {
	if len(rows) > maxBatchRows {
		return invalid("rows.rows", "一条消息最多%[1]d行，收到%[2]d行", "at most %[1]d rows in a message, got %[2]d", maxBatchRows, len(rows))
	}
	for part := range slices.Chunk(rows, importBatch) {
		b, err := m.prepare(ctx, current, part)
		if err != nil {
			return err
		}
		select {
		case to <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// prepare reads and judges rows as far as that is possible outside the register.
func (m *importer) prepare(ctx context.Context, current *sheet, rows []*pb.LedgerRow) (*batch, error) {
	b := &batch{sheet: current, drafts: make([]draft, len(rows))}
	for i, row := range rows {
		d := &b.drafts[i]
		d.LedgerRow = row
		r := &record{sheet: current, row: row.GetRow(), cells: row.GetCells()}
		if len(r.cells) > current.width {
			r.problems = append(r.problems, problemf(-1, "", pb.Reason_FIELD_INVALID, "该行有%[1]d格，表头只有%[2]d列", "the row has %[1]d cells for %[2]d columns", len(r.cells), current.width))
		}
		switch current.name {
		case applicationSheet:
			d.entry, d.notes = readEntry(r, m.agency, m.today)
		case remedySheet:
			d.remedy, d.notes = m.readRemedy(r)
		case figureSheet:
			d.figure = m.readFigure(r)
		}
		d.refused, d.settled = r.problems, len(r.problems) > 0
	}
	if current.name != applicationSheet {
		return b, nil
	}
	return b, m.prejudge(ctx, b)
}

// prejudge judges applications by what is stored now. What is known already is settled;
// the rest is written in an Update, which judges anew what has changed meanwhile.
func (m *importer) prejudge(ctx context.Context, b *batch) error {
	known := make([]*workflow.Application, len(b.drafts))
	err := m.server.store.View(ctx, func(r storage.Reader) (err error) {
		if err = remains(r, m.who); err != nil {
			return err
		}
		for i := range b.drafts {
			if d := &b.drafts[i]; !d.settled {
				if known[i], err = m.stored(r, d.entry.text[colNo]); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	mut := m.mutation()
	for i := range b.drafts {
		d := &b.drafts[i]
		if d.settled {
			continue
		}
		if d.verdict, err = m.judge(known[i], d.entry); err != nil {
			return err
		}
		switch {
		case known[i] != nil:
			d.settled = m.trial == nil && !d.imported && len(d.refused) == 0
		case d.imported && m.trial == nil:
			mut.stamp(d.after)
			if d.events, err = mut.recorded(0, d.verdict.events); err != nil {
				return err
			}
			d.caches = cachesOf(m.rules, d.after)
		}
	}
	return nil
}

// mutation is what the events of this run have in common.
func (m *importer) mutation() mutation {
	return mutation{agency: m.agency.ID, actor: m.by.Name, now: m.server.now()}
}

// commit brings a batch into the register, or rehearses that.
func (m *importer) commit(ctx context.Context, b *batch) error {
	if !slices.ContainsFunc(b.drafts, func(d draft) bool { return !d.settled }) {
		return nil
	}
	if b.sheet.name == remedySheet {
		if err := m.indexLoose(ctx); err != nil {
			return err
		}
	}
	verdicts := make([]verdict, len(b.drafts))
	err := m.transact(ctx, func(r storage.Reader, w storage.Writer) error { return m.write(r, w, b, verdicts) })
	if err != nil {
		return err
	}
	for i := range b.drafts {
		if d := &b.drafts[i]; !d.settled {
			d.verdict = verdicts[i]
		}
	}
	m.noteLoose(b)
	return nil
}

// write brings what is left to be done of a batch into the register; w is nil in a dry
// run. It may be called again.
func (m *importer) write(r storage.Reader, w storage.Writer, b *batch, verdicts []verdict) error {
	if err := remains(r, m.who); err != nil {
		return err
	}
	mut := m.mutation()
	figures := map[int]map[string]storage.Figure{}
	for i := range b.drafts {
		d := &b.drafts[i]
		if d.settled {
			continue
		}
		var err error
		switch b.sheet.name {
		case applicationSheet:
			verdicts[i], err = m.writeApplication(r, w, mut, b.sheet, d)
		case remedySheet:
			verdicts[i], err = m.writeRemedy(r, w, mut, d)
		case figureSheet:
			verdicts[i], err = m.writeFigure(r, w, mut, d, figures)
		}
		if verdicts[i], err = thawed(verdicts[i], err); err != nil {
			return fmt.Errorf("row %d: %w", d.GetRow(), err)
		}
	}
	return nil
}

// transact runs a batch in an Update, patiently; of a dry run in a View.
func (m *importer) transact(ctx context.Context, fn func(storage.Reader, storage.Writer) error) error {
	if m.trial != nil {
		return m.server.store.View(ctx, func(r storage.Reader) error { return fn(r, nil) })
	}
	var waited time.Duration
	for {
		err := m.server.update(ctx, m.agency.ID, func(w storage.Writer) error { return fn(w, w) })
		if !errors.Is(err, storage.ErrBusy) || waited >= busyWaitLimit {
			return err
		}
		timer := time.NewTimer(busyWait)
		select {
		case <-timer.C:
			waited += busyWait
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// writeApplication stores what a row tells; w is nil in a dry run.
func (m *importer) writeApplication(r storage.Reader, w storage.Writer, mut mutation, s *sheet, d *draft) (verdict, error) {
	if w == nil {
		return m.rehearse(r, s, d)
	}
	if d.before == nil && d.imported {
		err := w.InsertApplication(d.after, d.caches, d.events...)
		if err == nil {
			return d.verdict, mut.holdNumbers(w, m.rules, m.today, d.verdict.events)
		}
		if !errors.Is(err, storage.ErrExists) {
			return d.verdict, err
		}
	}
	before, err := m.stored(r, d.entry.text[colNo])
	if before == nil || err != nil {
		return d.verdict, err
	}
	v, err := m.judge(before, d.entry)
	if err != nil || !v.imported {
		return v, err
	}
	mut.stamp(v.after)
	events, err := mut.recorded(v.after.ID, v.events)
	if err != nil {
		return v, err
	}
	if err := w.UpdateApplication(before, v.after, cachesOf(m.rules, v.after), events...); err != nil {
		return v, err
	}
	return v, mut.holdNumbers(w, m.rules, m.today, v.events)
}
