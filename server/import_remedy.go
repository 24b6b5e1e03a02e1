package server

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
)

// ledgerRemedy is what a remedy is known by, together with its place among its equals in
// the file.
type ledgerRemedy struct {
	no   string
	kind workflow.RemedyKind
	file workflow.Date
}

// remedyRow is one row of remedies.
type remedyRow struct {
	ledgerRemedy
	nth      int // from 1
	after    answer
	capacity workflow.Capacity
	result   workflow.RemedyResult
	conclude workflow.Date
	remark   string
	loose    int64 // id of a new one that concerns no application
}

// readRemedy reads a row of remedies.
func (m *importer) readRemedy(r *record) (remedyRow, []problem) {
	r.agency(colRemedyAgency, m.agency)
	e := remedyRow{
		ledgerRemedy: ledgerRemedy{no: r.free(colRemedyNo), kind: choice(r, colRemedyKind, remedyKindWords), file: r.past(colRemedyFile, m.today)},
		after:        choice(r, colRemedyAfter, answerWords),
		capacity:     choice(r, colRemedyCapacity, capacityWords),
		result:       choice(r, colRemedyResult, resultWords),
		conclude:     r.past(colRemedyConclude, m.today),
		remark:       r.free(colRemedyRemark),
	}
	r.required(colRemedyKind)
	r.required(colRemedyFile)
	var notes []problem
	if e.kind == workflow.Complaint && (e.result != "" && e.result != workflow.Pending || !e.conclude.IsZero()) {
		notes = append(notes, problem{
			colRemedyResult, r.text(colRemedyResult), notStoredReason, "举报投诉按收到计数，结果未登记", "a complaint counts by its receipt; its result is not stored",
		})
		e.result, e.conclude = "", 0
	}
	pending := e.result == "" || e.result == workflow.Pending
	switch {
	case pending && !e.conclude.IsZero():
		r.refuse(colRemedyConclude, pb.Reason_FIELD_INVALID, "尚未审结的案件不应有审结日期；请填写结果", "a pending case has no conclude_date; give the result")
	case !pending && e.conclude.IsZero() && r.text(colRemedyConclude) == "":
		r.refuse(colRemedyConclude, pb.Reason_FIELD_INVALID, "已有结果的案件须填审结日期", "a result needs conclude_date, the day it took effect")
	}
	if len(r.problems) == 0 {
		r.sheet.nth[e.ledgerRemedy]++
		e.nth = r.sheet.nth[e.ledgerRemedy]
	}
	return e, notes
}

// writeRemedy stores what a row tells; w is nil in a dry run.
func (m *importer) writeRemedy(r storage.Reader, w storage.Writer, mut mutation, d *draft) (verdict, error) {
	e := &d.remedy
	v := verdict{}
	var application int64
	if e.no != "" {
		a, err := m.expected(r, e.no)
		if err != nil {
			return v, err
		}
		if a == nil {
			v.refused = append(v.refused, problemf(colRemedyNo, e.no, pb.Reason_RESOURCE_NOT_FOUND, "没有申请编号为“%[1]s”的申请；请先导入该申请，或者留空", "no application has number %[1]q; import it first, or leave the cell empty", e.no))
			return v, nil
		}
		if from := max(a.ArriveDate, a.ReceiveDate); e.file < from {
			v.warnings = append(v.warnings, problemf(colRemedyFile, e.file.String(), pb.Reason_DATE_ORDER, "早于收到该申请的日期（%[1]s）；请核对日期", "before the application was received on %[1]s; check the dates", from))
		}
		application = a.ID
	}
	before, err := m.knownRemedy(r, e, application)
	if err != nil {
		return v, err
	}
	var steps []remedyStep
	if before == nil {
		steps, err = m.newRemedy(e, application)
	} else {
		steps, err = m.laterRemedy(*before, e)
	}
	if err != nil {
		return refusedRemedy(e, err)
	}
	if v.imported = len(steps) > 0; v.imported {
		if err := m.frost(r).remedy(before, &steps[len(steps)-1].Remedy); err != nil {
			return v, err
		}
	}
	if w == nil {
		m.trial.remedy(e, before, steps)
		return v, nil
	}
	return v, m.storeRemedy(judged(w), mut, e, before, steps)
}

// remedyStep is a remedy after a step; the act is nil where it is recorded first.
type remedyStep struct {
	workflow.Remedy
	act *workflow.RemedyAct
}

// newRemedy records a remedy, and its result if the row has one.
func (m *importer) newRemedy(e *remedyRow, application int64) ([]remedyStep, error) {
	r := workflow.Remedy{
		Agency: m.agency.ID, ApplicationID: application, ApplicationNo: e.no, Kind: e.kind, FileDate: e.file, AfterReview: e.after == yes,
		Capacity: e.capacity, Result: workflow.Pending, Remark: e.remark, Revision: 1, CreateTime: m.server.now().Truncate(time.Microsecond),
	}
	if r.Capacity == "" {
		r.Capacity = workflow.OriginalOrgan
	}
	if err := workflow.CheckRemedy(r, m.today); err != nil {
		return nil, err
	}
	steps := []remedyStep{{Remedy: r}}
	if e.conclude.IsZero() {
		return steps, nil
	}
	return m.concluded(steps, r, e)
}

func (m *importer) concluded(steps []remedyStep, r workflow.Remedy, e *remedyRow) ([]remedyStep, error) {
	act := workflow.RemedyAct{Action: workflow.RemedyConclude, Date: e.conclude, Result: e.result}
	next, err := r.Apply(act, workflow.Person{Name: m.by.Name}, m.today)
	if err != nil {
		return nil, err
	}
	next.Revision = r.Revision + 1
	return append(steps, remedyStep{next, &act}), nil
}

// laterRemedy compares a row with what is stored: pending may become concluded.
func (m *importer) laterRemedy(r workflow.Remedy, e *remedyRow) ([]remedyStep, error) {
	after := no
	if r.AfterReview {
		after = yes
	}
	pending := r.Stage() == workflow.RemedyPending
	for _, c := range []struct {
		at            column
		given, stored string
		known         bool
	}{
		{colRemedyNo, "", "作废", r.Void},
		{colRemedyAfter, answerWords.text(e.after, false), answerWords.text(after, false), e.after != ""},
		{colRemedyCapacity, capacityWords.text(e.capacity, false), capacityWords.text(r.Capacity, false), e.capacity != ""},
		{colRemedyResult, resultWords.text(e.result, false), resultWords.text(r.Result, false), !pending && e.result != ""},
		{colRemedyConclude, e.conclude.String(), r.ConcludeDate.String(), !pending && !e.conclude.IsZero()},
		{colRemedyRemark, e.remark, r.Remark, e.remark != ""},
	} {
		if c.known && c.given != c.stored {
			return nil, &remedyConflict{conflictf(c.at, c.given, c.stored, c.stored)}
		}
	}
	if pending && !e.conclude.IsZero() {
		return m.concluded(nil, r, e)
	}
	return nil, nil
}

// remedyConflict is a row that contradicts what is stored.
type remedyConflict struct{ problem }

func (c *remedyConflict) Error() string { return c.en }

// refusedRemedy tells a refusal as a problem of the row.
func refusedRemedy(e *remedyRow, err error) (verdict, error) {
	if c, ok := err.(*remedyConflict); ok { //nolint:errorlint // laterRemedy makes it
		return verdict{refused: []problem{c.problem}}, nil
	}
	f := faultOf(err)
	if f == nil {
		return verdict{}, err
	}
	at := column(slices.IndexFunc(remedyColumns, func(c columnSpec) bool { return c.key == f.field }))
	if at < 0 {
		at = colRemedyResult
	}
	values := map[column]string{
		colRemedyFile: e.file.String(), colRemedyAfter: string(e.after), colRemedyCapacity: string(e.capacity),
		colRemedyResult: resultWords.text(e.result, false), colRemedyConclude: e.conclude.String(),
	}
	return verdict{refused: []problem{{at, values[at], f.reason.String(), f.zh, f.en}}}, nil
}

// storeRemedy writes the steps of a remedy, each with its record.
func (m *importer) storeRemedy(w storage.Writer, mut mutation, e *remedyRow, before *workflow.Remedy, steps []remedyStep) error {
	for _, s := range steps {
		next := s.Remedy
		if before != nil {
			next.ID = before.ID
		}
		event, err := mut.remedyEvent(next, s.act)
		if err != nil {
			return err
		}
		if before == nil {
			err = w.InsertRemedy(&next, event)
			e.loose = next.ID
		} else {
			err = w.UpdateRemedy(*before, next, event)
		}
		if err != nil {
			return err
		}
		before = &next
	}
	return nil
}

// knownRemedy finds the n-th remedy that a row may mean. Struck ones come last, so that
// they are not recorded again.
func (m *importer) knownRemedy(r storage.Reader, e *remedyRow, application int64) (*workflow.Remedy, error) {
	list, err := m.equals(r, e, application)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(x, y workflow.Remedy) int {
		if x.Void == y.Void {
			return 0
		}
		if x.Void {
			return 1
		}
		return -1
	})
	if m.trial != nil {
		list = m.trial.overlay(e.ledgerRemedy, list)
	}
	if e.nth > len(list) {
		return nil, nil //nolint:nilnil // none is the answer
	}
	return &list[e.nth-1], nil
}

// equals lists the stored remedies of the row's application, kind and day.
func (m *importer) equals(r storage.Reader, e *remedyRow, application int64) ([]workflow.Remedy, error) {
	var out []workflow.Remedy
	if e.no == "" {
		for _, id := range m.loose[e.ledgerRemedy] {
			one, err := r.Remedy(m.agency.ID, id)
			if err != nil {
				return nil, err
			}
			out = append(out, one)
		}
		return out, nil
	}
	if application == 0 { // known to the dry run only
		return nil, nil
	}
	for q := (storage.RemedyQuery{Application: application, Limit: maxBatchRows}); ; {
		page, err := r.Remedies(m.agency.ID, q)
		if err != nil {
			return nil, err
		}
		for _, one := range page {
			if one.Kind == e.kind && one.FileDate == e.file {
				out = append(out, one)
			}
			q.After = one.ID
		}
		if len(page) < q.Limit {
			return out, nil
		}
	}
}

// indexLoose lists once the remedies that concern no application, which no query finds by
// kind and day.
func (m *importer) indexLoose(ctx context.Context) error {
	if m.loose != nil {
		return nil
	}
	loose := map[ledgerRemedy][]int64{}
	q := storage.RemedyQuery{NoApplication: true, Limit: maxBatchRows}
	for full := true; full; {
		err := m.server.store.View(ctx, func(r storage.Reader) error {
			page, err := r.Remedies(m.agency.ID, q)
			for _, one := range page {
				key := ledgerRemedy{"", one.Kind, one.FileDate}
				loose[key] = append(loose[key], one.ID)
				q.After = one.ID
			}
			full = len(page) == q.Limit
			return err
		})
		if err != nil {
			return err
		}
	}
	m.loose = loose
	return nil
}

// noteLoose adds what a committed batch recorded.
func (m *importer) noteLoose(b *batch) {
	if b.sheet.name != remedySheet || m.trial != nil {
		return
	}
	for i := range b.drafts {
		if e := &b.drafts[i].remedy; e.no == "" && e.loose != 0 {
			m.loose[e.ledgerRemedy] = append(m.loose[e.ledgerRemedy], e.loose)
		}
	}
}

// readFigure reads a row of figures. Two values for one figure contradict each other.
func (m *importer) readFigure(r *record) storage.Figure {
	r.required(colYear)
	code, value := r.required(colCode), r.required(colValue)
	if len(r.problems) > 0 {
		return storage.Figure{}
	}
	year, err := strconv.ParseInt(strings.TrimSuffix(r.text(colYear), "年"), 10, 32)
	if err != nil {
		r.refuse(colYear, pb.Reason_FIELD_INVALID, "应为四位年份，例如2025", "give a year, such as 2025")
		return storage.Figure{}
	}
	f, err := parseFigure(&pb.Figure{Year: int32(year), Code: code, Value: value})
	if fault := faultOf(err); fault != nil {
		at := max(slices.IndexFunc(figureColumns, func(c columnSpec) bool { return c.key == fault.field }), 0)
		r.problems = append(r.problems, problem{column(at), r.text(column(at)), fault.reason.String(), fault.zh, fault.en})
		return f
	}
	key := storage.FigureObject(f.Year, f.Code)
	if before, ok := m.told[key]; ok && before != f {
		r.refuse(colValue, pb.Reason_LEDGER_CONFLICT, "台账前面已填为%[1]s；请只保留正确的一行", "the ledger gives %[1]s before; keep the right row only", before.Value.String())
		return f
	}
	m.told[key] = f
	return f
}

// writeFigure stores a figure unless it is stored already; w is nil in a dry run.
func (m *importer) writeFigure(r storage.Reader, w storage.Writer, mut mutation, d *draft, have map[int]map[string]storage.Figure) (verdict, error) {
	f := d.figure
	if have[f.Year] == nil {
		list, err := r.Figures(m.agency.ID, f.Year)
		if err != nil {
			return verdict{}, err
		}
		have[f.Year] = map[string]storage.Figure{}
		for _, one := range list {
			have[f.Year][one.Code] = one
		}
		if m.trial != nil {
			m.trial.figures(f.Year, have[f.Year])
		}
	}
	if one, ok := have[f.Year][f.Code]; ok && one == f {
		return verdict{}, nil
	}
	if err := m.frost(r).figure(f); err != nil {
		return verdict{}, err
	}
	have[f.Year][f.Code] = f
	if w == nil {
		m.trial.figure(f)
		return verdict{imported: true}, nil
	}
	return verdict{imported: true}, putFigure(w, mut, f, false)
}
