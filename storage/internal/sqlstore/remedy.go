package sqlstore

import (
	"fmt"
	"strconv"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/report"
)

const remedyColumns = `r.id, r.application, COALESCE(t.number, ''), r.kind, r.file_date, r.after_review, r.capacity, r.result,
	r.conclude_date, r.remark, r.void, r.revision, r.create_time FROM remedy r LEFT JOIN application t ON t.id = r.application`

func scanRemedy(agency string, v row) (workflow.Remedy, error) {
	r := workflow.Remedy{
		ID: v.integer(0), Agency: agency, ApplicationID: v.integer(1), ApplicationNo: v.text(2), Kind: workflow.RemedyKind(v.text(3)),
		AfterReview: v.boolean(5), Capacity: workflow.Capacity(v.text(6)), Result: workflow.RemedyResult(v.text(7)),
		Remark: v.text(9), Void: v.boolean(10), Revision: v.integer(11), CreateTime: v.instant(12),
	}
	var err error
	if r.FileDate, err = v.date(4); err == nil {
		r.ConcludeDate, err = v.date(8)
	}
	return r, err
}

// Remedy is storage.Reader.
func (r *reader) Remedy(agency string, id int64) (x workflow.Remedy, err error) {
	key, err := r.keyOf(agency)
	if err == nil {
		err = r.one(`SELECT `+remedyColumns+` WHERE r.id = $1 AND r.agency = $2`, func(v row) (err error) {
			x, err = scanRemedy(agency, v)
			return err
		}, id, key)
	}
	if err != nil {
		return workflow.Remedy{}, fmt.Errorf("remedy %d: %w", id, err)
	}
	return x, nil
}

// Remedies is storage.Reader.
func (r *reader) Remedies(agency string, q storage.RemedyQuery) ([]workflow.Remedy, error) {
	key, err := r.keyOf(agency)
	if err != nil {
		return nil, fmt.Errorf("list remedies: %w", err)
	}
	var w where
	w.and("r.agency = ? AND r.id > ?", key, q.After)
	if q.Application != 0 {
		w.and("r.application = ?", q.Application)
	}
	if q.NoApplication {
		w.and("r.application IS NULL")
	}
	w.args = append(w.args, int64(q.Limit))
	var list []workflow.Remedy
	err = r.query(`SELECT `+remedyColumns+w.text.String()+` ORDER BY r.id LIMIT $`+strconv.Itoa(len(w.args)), func(v row) error {
		x, err := scanRemedy(agency, v)
		list = append(list, x)
		return err
	}, w.args...)
	if err != nil {
		return nil, fmt.Errorf("list remedies: %w", err)
	}
	return list, nil
}

// InsertRemedy is storage.Writer.
func (m *member) InsertRemedy(r *workflow.Remedy, e storage.Event) error {
	if r.ApplicationID != 0 {
		if _, err := m.Application(m.id, r.ApplicationID); err != nil {
			return fmt.Errorf("insert remedy: %w", err)
		}
	}
	id, err := m.insert("id", `INSERT INTO remedy (agency, application, kind, file_date, after_review, capacity, result, conclude_date,
		remark, void, revision, create_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT DO NOTHING`,
		m.register.key, integerValue(r.ApplicationID), string(r.Kind), dateValue(r.FileDate), r.AfterReview, string(r.Capacity),
		string(r.Result), dateValue(r.ConcludeDate), r.Remark, r.Void, r.Revision, r.CreateTime.UnixMicro())
	if err != nil {
		return fmt.Errorf("insert remedy: %w", err)
	}
	if err := m.recordNew(storage.RemedyObject(id), e); err != nil {
		return err
	}
	r.ID, r.Agency = id, m.id
	m.register.count(nil, report.RemedyTuples(r))
	return nil
}

// UpdateRemedy is storage.Writer.
func (m *member) UpdateRemedy(before, after workflow.Remedy, e storage.Event) error {
	n, err := m.exec(`UPDATE remedy SET application = $4, kind = $5, file_date = $6, after_review = $7, capacity = $8, result = $9,
		conclude_date = $10, remark = $11, void = $12, revision = $13 WHERE id = $1 AND agency = $2 AND revision = $3`,
		before.ID, m.register.key, before.Revision, integerValue(after.ApplicationID), string(after.Kind), dateValue(after.FileDate),
		after.AfterReview, string(after.Capacity), string(after.Result), dateValue(after.ConcludeDate), after.Remark, after.Void, after.Revision)
	if err == nil && n == 0 {
		err = m.missing("remedy", before.ID)
	}
	if err != nil {
		return fmt.Errorf("update remedy %d: %w", before.ID, err)
	}
	m.register.count(report.RemedyTuples(&before), report.RemedyTuples(&after))
	return m.Record(e)
}
