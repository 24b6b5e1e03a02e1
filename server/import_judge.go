package server

import (
	"errors"
	"slices"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
)

// verdict is what becomes of one row.
type verdict struct {
	refused, warnings []problem
	due               *pb.DueDateDifference
	imported          bool
	dated, classified bool
	before, after     *workflow.Application
	events            []workflow.Event
}

// judge applies an entry to an application, nil for an unknown number: what is new in it
// follows what is stored, all or nothing. An error is a fault of the service.
func (m *importer) judge(before *workflow.Application, e entry) (verdict, error) {
	v := verdict{before: before}
	e.letters = slices.Clone(e.letters) // matched below; the caller may come again
	var old entry
	if before != nil {
		if before.State == workflow.Void {
			v.refused = append(v.refused, conflictf(colNo, e.text[colNo], "作废", "void"))
			return v, nil
		}
		old = entryOf(before, m.rules)
		if v.refused = e.conflicts(&old); len(v.refused) > 0 {
			return v, nil
		}
	}
	given := e.given
	e.complete(&old)
	if given&^old.given == 0 && !e.newLetters() {
		v.after = before
		m.describe(&v, &e)
		return v, nil
	}
	if v.refused = e.check(); len(v.refused) > 0 {
		return v, nil
	}
	b := actsOf{cal: m.cal, e: &e, old: &old}
	acts := b.build()
	if before != nil {
		if v.refused = e.uncovered(given&^old.given, acts); len(v.refused) > 0 {
			return v, nil
		}
	}
	if err := m.apply(&v, &e, acts); err != nil || len(v.refused) > 0 {
		return v, err
	}
	v.imported = len(acts) > 0
	m.describe(&v, &e)
	if v.imported {
		v.warnings = append(b.warnings, e.warningsOf(v.after, m.rules)...)
	}
	return v, nil
}

// apply enters the acts.
func (m *importer) apply(v *verdict, e *entry, acts []ledgerAct) error {
	a := workflow.Application{Agency: m.agency.ID}
	var last workflow.Date
	if v.before != nil {
		a = *v.before
		last = a.Acts[len(a.Acts)-1].Date
	} else {
		e.register(&a)
	}
	if a.Revision+int64(len(acts)) > maxHistory {
		v.refused = append(v.refused, problemf(colConsultations, e.text[colConsultations], pb.Reason_FIELD_INVALID, "一件申请最多登记%d个步骤", "an application holds at most %d acts", maxHistory))
		return nil
	}
	var at int
	var err error
	if len(acts) > 0 && acts[0].Date < last {
		at, err = m.insert(v, a, acts)
	} else {
		list := make([]workflow.Act, len(acts))
		for i := range acts {
			list[i] = acts[i].Act
		}
		var next workflow.Application
		next, v.events, at, err = m.rules.Enter(a, list, m.by, m.today)
		v.after = &next
	}
	if err != nil {
		p, fatal := e.refusedAct(&acts[at], err)
		v.refused, v.after = append(v.refused, p), nil
		return fatal
	}
	return nil
}

// insert enters acts of which some lie before what is stored, each in its place.
func (m *importer) insert(v *verdict, a workflow.Application, acts []ledgerAct) (int, error) {
	for i, act := range acts {
		if l := act.letter; l != nil {
			for n, c := range a.Consultations {
				if c.Kind == l.kind && c.SendDate == l.sent {
					act.Consultation = n + 1
				}
			}
		}
		next, event, err := m.rules.Apply(a, act.Act, m.by, m.today)
		if err != nil {
			return i, err
		}
		a, v.events = next, append(v.events, event)
	}
	v.after = &a
	return 0, nil
}

// register fills in the particulars that no act carries.
func (e *entry) register(a *workflow.Application) {
	a.ApplicationNo, a.Description, a.Remark = e.text[colNo], e.text[colDescription], e.text[colRemark]
	a.Applicant = workflow.Applicant{
		Name: e.text[colName], IDType: e.text[colIDType], IDNumber: e.text[colIDNumber], Phone: e.text[colPhone],
		Address: e.text[colAddress], Postcode: e.text[colPostcode], Email: e.text[colEmail],
	}
}

// describe notes what the balance sheet counts, and whether the file gives another due
// date than the one that follows from the law.
func (m *importer) describe(v *verdict, e *entry) {
	a := v.after
	v.dated, v.classified = !a.ReceiveDate.IsZero(), e.basis() != ""
	given := e.day[colDue]
	if given.IsZero() {
		return
	}
	if computed := ledgerDue(a, m.rules); computed != given {
		v.due = &pb.DueDateDifference{ApplicationNo: a.ApplicationNo, GivenDate: given.String(), ComputedDate: computed.String()}
	}
}

// ignored are columns that are written and never taken over.
var ignored = setOf(colAgency, colDue, colOnTime, colState, colConsultations)

// conflictf makes the problem of a cell that contradicts what is stored.
func conflictf(at column, given, storedZH, storedEN string) problem {
	given, storedZH, storedEN = clip(given), clip(storedZH), clip(storedEN)
	return problemf(at, given, pb.Reason_LEDGER_CONFLICT, "已登记的内容为“%[2]s”，台账为“%[1]s”；请核对台账，登记有误的请更正记录",
		"stored is %[3]q, the ledger gives %[1]q; check the ledger, or correct the record if it is wrong", given, storedZH, storedEN)
}

// conflicts compares what both give. An empty cell is not known and contradicts nothing.
func (e *entry) conflicts(old *entry) []problem {
	var out []problem
	var written, stored []string
	both := e.given & old.given &^ ignored
	for c := range columns {
		if !both.has(c) || e.text[c] == old.text[c] && e.day[c] == old.day[c] {
			continue
		}
		if written == nil {
			written, stored = e.cells(false), old.cells(false)
		}
		out = append(out, conflictf(c, written[c], stored[c], stored[c]))
	}
	if e.given.has(colConsultations) && !e.matchLetters(old) {
		out = append(out, conflictf(colConsultations, lettersText(e.letters, false), lettersText(old.letters, false), lettersText(old.letters, true)))
	}
	return out
}

// matchLetters finds each stored consultation in the row and notes what is new of it;
// false if one is missing or differs.
func (e *entry) matchLetters(old *entry) bool {
	for _, o := range old.letters {
		found := false
		for i := range e.letters {
			l := &e.letters[i]
			if l.known || l.kind != o.kind || l.sent != o.sent {
				continue
			}
			if found = l.follows(o); found {
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// follows takes over what is stored of a consultation; false if the row contradicts it.
func (l *letterEntry) follows(o letterEntry) bool {
	ends := !l.ended.IsZero() && o.ended.IsZero()
	switch {
	case !l.received.IsZero() && !o.received.IsZero() && l.received != o.received:
		return false
	case !l.ended.IsZero() && !o.ended.IsZero() && l.ended != o.ended:
		return false
	case !l.received.IsZero() && o.received.IsZero():
		if !ends || !o.open {
			return false
		}
		l.told = l.received
	}
	l.received = max(l.received, o.received)
	l.number, l.known, l.open, l.late = o.number, true, o.open, ends && !o.open
	if !ends {
		l.ended = o.ended
	}
	return true
}

// newLetters reports whether the row tells a consultation, or the end of one, that is not
// stored.
func (e *entry) newLetters() bool {
	for _, l := range e.letters {
		if !l.known || l.late || l.open && !l.ended.IsZero() {
			return true
		}
	}
	return false
}

// complete fills the empty cells of a row with what is stored, so that it can be judged
// as a whole.
func (e *entry) complete(old *entry) {
	for c := range columns {
		if c != colDue && !e.given.has(c) && old.given.has(c) {
			e.text[c], e.day[c] = old.text[c], old.day[c]
		}
	}
	if !e.given.has(colConsultations) {
		e.letters = slices.Clone(old.letters)
	}
	if e.extension == 0 {
		e.extension = old.extension
	}
	if e.fee == 0 {
		e.fee = old.fee
	}
	e.given |= old.given
}

// uncovered refuses new cells that no step can add to what is stored: a name that was
// left out, the last day of a notice sent before.
func (e *entry) uncovered(fresh columnSet, acts []ledgerAct) []problem {
	covered := ignored
	for _, a := range acts {
		covered |= a.uses
	}
	var out []problem
	if rest := fresh &^ covered; rest != 0 {
		written := e.cells(false)
		for c := range columns {
			if rest.has(c) {
				out = append(out, conflictf(c, written[c], "", ""))
			}
		}
	}
	return out
}

// stored reads an application by its number and folds it; nil if there is none.
func (m *importer) stored(r storage.Reader, number string) (*workflow.Application, error) {
	a, err := r.ApplicationByNumber(m.agency.ID, number)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil //nolint:nilnil // none is the answer
	}
	if err != nil {
		return nil, err
	}
	return a, m.rules.Fold(a)
}
