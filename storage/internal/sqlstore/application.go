package sqlstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/report"
	"gongkai/workflow/search"
)

const applicationColumns = `t.id, t.number, t.revision, t.create_time, t.update_time, t.acts, t.kind, t.name, t.id_type, t.id_number,
	t.phone, t.address, t.postcode, t.email, t.description, t.remark FROM application t`

// actKey stands in each act, and at most seldom elsewhere.
var actKey = []byte(`"a":`)

func scanApplication(agency string, v row) (*workflow.Application, error) {
	a := &workflow.Application{
		ID: v.integer(0), Agency: agency, ApplicationNo: v.text(1), Revision: v.integer(2),
		CreateTime: v.instant(3), UpdateTime: v.instant(4),
		Applicant: workflow.Applicant{
			Kind: workflow.ApplicantKind(v.text(6)), Name: v.text(7), IDType: v.text(8), IDNumber: v.text(9),
			Phone: v.text(10), Address: v.text(11), Postcode: v.text(12), Email: v.text(13),
		},
		Description: v.text(14), Remark: v.text(15),
	}
	acts := v.bytes(5)
	a.Acts = make([]workflow.Act, 0, bytes.Count(acts, actKey)) // growing costs more than counting
	if err := json.Unmarshal(acts, &a.Acts); err != nil {
		return nil, fmt.Errorf("acts of application %s: %w", a.ApplicationNo, err)
	}
	return a, nil
}

// Application is storage.Reader.
func (r *reader) Application(agency string, id int64) (*workflow.Application, error) {
	a, err := r.application(agency, ` WHERE t.id = $1 AND t.agency = $2`, id)
	if err != nil {
		return nil, fmt.Errorf("application %d: %w", id, err)
	}
	return a, nil
}

// ApplicationByNumber is storage.Reader.
func (r *reader) ApplicationByNumber(agency, number string) (*workflow.Application, error) {
	a, err := r.application(agency, ` WHERE t.number = $1 AND t.agency = $2`, number)
	if err != nil {
		return nil, fmt.Errorf("application %s: %w", number, err)
	}
	return a, nil
}

func (r *reader) application(agency, where string, arg any) (a *workflow.Application, err error) {
	key, err := r.keyOf(agency)
	if err != nil {
		return nil, err
	}
	err = r.one(`SELECT `+applicationColumns+where, func(v row) (err error) {
		a, err = scanApplication(agency, v)
		return err
	}, arg, key)
	return a, err
}

// InsertApplication is storage.Writer.
func (m *member) InsertApplication(a *workflow.Application, c storage.Caches, events ...storage.Event) error {
	acts, err := json.Marshal(a.Acts)
	if err != nil {
		return fmt.Errorf("insert application %s: acts: %w", a.ApplicationNo, err)
	}
	p, s := &a.Applicant, standingOf(a)
	id, err := m.insert("id", `INSERT INTO application (agency, number, kind, channel, receive_date, create_time,
		name, id_type, id_number, phone, address, postcode, email, description, remark,
		revision, update_time, acts, state, pending, close_date, close_year, basis, timing, due_date, safe_date, paid, ordered, lapse_date, holder)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30)
		ON CONFLICT DO NOTHING`,
		m.register.key, a.ApplicationNo, string(p.Kind), string(a.Channel), dateValue(a.ReceiveDate), a.CreateTime.UnixMicro(),
		p.Name, p.IDType, p.IDNumber, p.Phone, p.Address, p.Postcode, p.Email, a.Description, a.Remark,
		a.Revision, a.UpdateTime.UnixMicro(), string(acts), string(a.State), s.pending, dateValue(s.close), integerValue(s.closeYear),
		s.basis, s.timing, dateValue(c.Due), dateValue(c.Safe), s.paid, s.ordered, dateValue(c.Lapse), a.Holder())
	if err != nil {
		return fmt.Errorf("insert application %s: %w", a.ApplicationNo, err)
	}
	if err := m.recordNew(storage.ApplicationObject(id), events...); err != nil {
		return err
	}
	a.ID, a.Agency = id, m.id
	m.register.count(nil, report.Tuples(a))
	return nil
}

// standing are the columns that follow from the acts. An order that was struck out still
// shows in ordered: it tells where to look.
type standing struct {
	pending, paid, ordered bool
	close                  workflow.Date
	closeYear              int64
	basis, timing          string
}

func standingOf(a *workflow.Application) standing {
	s := standing{close: a.Conclusion.Date}
	s.pending = a.State.Open() || a.State != workflow.Void && s.close.IsZero()
	if !s.close.IsZero() {
		s.closeYear = int64(s.close.Year())
		s.basis, s.timing = string(a.CountedBasis()), string(a.Conclusion.Timing)
	}
	s.ordered = s.pending && slices.ContainsFunc(a.Acts, func(act workflow.Act) bool {
		return act.Action == workflow.ActOrderRedecision || act.Action == workflow.ActReplace
	})
	for _, p := range a.Payments {
		s.paid = s.paid || p.Amount != 0
	}
	return s
}

// UpdateApplication is storage.Writer. What changes rarely, and stands in indexes or is
// long, is written only if it changed.
func (m *member) UpdateApplication(before, after *workflow.Application, c storage.Caches, events ...storage.Event) error {
	err := m.checkNumber(before, after)
	if err == nil {
		err = m.updateStanding(before, after, c)
	}
	if err == nil && particularsOf(before) != particularsOf(after) {
		err = m.updateParticulars(after)
	}
	if err == nil && !search.Same(before, after) {
		err = m.unindex(after)
	}
	if err != nil {
		return fmt.Errorf("update application %d: %w", before.ID, err)
	}
	m.register.count(report.Tuples(before), report.Tuples(after))
	return m.Record(events...)
}

// checkNumber refuses a new number that is taken, before anything is written.
func (m *member) checkNumber(before, after *workflow.Application) error {
	if before.ApplicationNo == after.ApplicationNo {
		return nil
	}
	taken, err := m.numberTaken(after.ApplicationNo)
	if err == nil && taken {
		err = storage.ErrExists
	}
	return err
}

func (m *member) updateStanding(before, after *workflow.Application, c storage.Caches) error {
	acts, err := json.Marshal(after.Acts)
	if err != nil {
		return fmt.Errorf("acts: %w", err)
	}
	s := standingOf(after)
	n, err := m.exec(`UPDATE application SET revision = $4, update_time = $5, acts = $6, state = $7, pending = $8, close_date = $9,
		close_year = $10, basis = $11, timing = $12, due_date = $13, safe_date = $14, paid = $15, ordered = $16, lapse_date = $17,
		holder = $18
		WHERE id = $1 AND agency = $2 AND revision = $3`,
		before.ID, m.register.key, before.Revision, after.Revision, after.UpdateTime.UnixMicro(), string(acts), string(after.State), s.pending,
		dateValue(s.close), integerValue(s.closeYear), s.basis, s.timing, dateValue(c.Due), dateValue(c.Safe), s.paid, s.ordered,
		dateValue(c.Lapse), after.Holder())
	if err == nil && n == 0 {
		return m.missing("application", before.ID)
	}
	return err
}

// particulars are what seldom changes.
type particulars struct {
	number, description, remark string
	applicant                   workflow.Applicant
	channel                     workflow.Channel
	receive                     workflow.Date
}

func particularsOf(a *workflow.Application) particulars {
	return particulars{a.ApplicationNo, a.Description, a.Remark, a.Applicant, a.Channel, a.ReceiveDate}
}

func (m *member) updateParticulars(a *workflow.Application) error {
	p := &a.Applicant
	n, err := m.exec(`UPDATE application SET number = $2, kind = $3, channel = $4, receive_date = $5, name = $6, id_type = $7, id_number = $8,
		phone = $9, address = $10, postcode = $11, email = $12, description = $13, remark = $14 WHERE id = $1`,
		a.ID, a.ApplicationNo, string(p.Kind), string(a.Channel), dateValue(a.ReceiveDate), p.Name, p.IDType, p.IDNumber,
		p.Phone, p.Address, p.Postcode, p.Email, a.Description, a.Remark)
	if err == nil && n != 1 {
		return m.fail(errors.New("the row is gone"))
	}
	return err
}
