package sqlstore

import (
	"fmt"
	"strconv"
	"time"

	"gongkai/storage"
)

const attachmentColumns = `t.id, t.application, t.remedy, t.kind, t.name, t.media_type, t.size, t.sum, t.create_time, t.withdraw_time,
	t.reason, t.kept, t.revision FROM attachment t`

func scanAttachment(agency string, v row) (storage.Attachment, error) {
	a := storage.Attachment{
		ID: v.integer(0), Agency: agency, Application: v.integer(1), Remedy: v.integer(2), Kind: v.text(3), Name: v.text(4),
		MediaType: v.text(5), Content: storage.Content{Size: v.integer(6)}, CreateTime: v.instant(8), WithdrawTime: v.instant(9),
		Reason: v.text(10), Kept: v.boolean(11), Revision: v.integer(12),
	}
	sum := v.bytes(7)
	if len(sum) != len(a.Sum) {
		return a, fmt.Errorf("attachment %d: a sum of %d bytes", a.ID, len(sum))
	}
	copy(a.Sum[:], sum)
	return a, nil
}

// Attachment is storage.Reader.
func (r *reader) Attachment(agency string, id int64) (a storage.Attachment, err error) {
	key, err := r.keyOf(agency)
	if err == nil {
		err = r.one(`SELECT `+attachmentColumns+` WHERE t.id = $1 AND t.agency = $2`, func(v row) (err error) {
			a, err = scanAttachment(agency, v)
			return err
		}, id, key)
	}
	if err != nil {
		return storage.Attachment{}, fmt.Errorf("attachment %d: %w", id, err)
	}
	return a, nil
}

// Attachments is storage.Reader.
func (r *reader) Attachments(agency string, q storage.AttachmentQuery) (list []storage.Attachment, err error) {
	key, err := r.keyOf(agency)
	if err != nil {
		return nil, fmt.Errorf("list attachments: %w", err)
	}
	var w where
	w.and("t.agency = ? AND t.id > ?", key, q.After)
	if q.Application != 0 {
		w.and("t.application = ?", q.Application)
	}
	if q.Remedy != 0 {
		w.and("t.remedy = ?", q.Remedy)
	}
	w.args = append(w.args, int64(q.Limit))
	err = r.query(`SELECT `+attachmentColumns+w.text.String()+` ORDER BY t.id LIMIT $`+strconv.Itoa(len(w.args)), func(v row) error {
		a, err := scanAttachment(agency, v)
		list = append(list, a)
		return err
	}, w.args...)
	if err != nil {
		return nil, fmt.Errorf("list attachments: %w", err)
	}
	return list, nil
}

// AttachmentUse is storage.Reader.
func (r *reader) AttachmentUse(agency string, application, remedy int64) (use storage.AttachmentUse, err error) {
	column, id := "application", application
	if id == 0 {
		column, id = "remedy", remedy
	}
	key, err := r.keyOf(agency)
	if err == nil {
		err = r.query(`SELECT count(*), CAST(COALESCE(sum(CASE WHEN withdraw_time IS NULL OR kept THEN size END), 0) AS BIGINT)
			FROM attachment WHERE agency = $1 AND `+column+` = $2`, func(v row) error {
			use = storage.AttachmentUse{Count: v.integer(0), Bytes: v.integer(1)}
			return nil
		}, key, id)
	}
	if err != nil {
		return use, fmt.Errorf("attachments of %s %d: %w", column, id, err)
	}
	return use, nil
}

// Needed is storage.Reader.
func (r *reader) Needed(sum storage.Digest, since time.Time) (needed bool, err error) {
	err = r.query(`SELECT 1 FROM attachment WHERE sum = $1 AND (withdraw_time IS NULL OR kept OR withdraw_time > $2) LIMIT 1`,
		func(row) error {
			needed = true
			return nil
		}, sum[:], since.UnixMicro())
	if err != nil {
		return false, fmt.Errorf("who needs %s: %w", sum, err)
	}
	return needed, nil
}

// InsertAttachment is storage.Writer.
func (m *member) InsertAttachment(a *storage.Attachment, e storage.Event) error {
	var err error
	if a.Application != 0 {
		_, err = m.Application(m.id, a.Application)
	} else {
		_, err = m.Remedy(m.id, a.Remedy)
	}
	if err != nil {
		return fmt.Errorf("insert attachment: %w", err)
	}
	id, err := m.insert("id", `INSERT INTO attachment (agency, application, remedy, kind, name, media_type, size, sum, create_time,
		withdraw_time, reason, kept, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT DO NOTHING`,
		m.register.key, integerValue(a.Application), integerValue(a.Remedy), a.Kind, a.Name, a.MediaType, a.Size, a.Sum[:],
		a.CreateTime.UnixMicro(), instantValue(a.WithdrawTime), a.Reason, a.Kept, a.Revision)
	if err != nil {
		return fmt.Errorf("insert attachment: %w", err)
	}
	if err := m.recordNew(storage.AttachmentObject(id), e); err != nil {
		return err
	}
	a.ID, a.Agency = id, m.id
	return nil
}

// UpdateAttachment is storage.Writer.
func (m *member) UpdateAttachment(before, after storage.Attachment, e storage.Event) error {
	n, err := m.exec(`UPDATE attachment SET withdraw_time = $4, reason = $5, kept = $6, revision = $7
		WHERE id = $1 AND agency = $2 AND revision = $3`,
		before.ID, m.register.key, before.Revision, instantValue(after.WithdrawTime), after.Reason, after.Kept, after.Revision)
	if err == nil && n == 0 {
		err = m.missing("attachment", before.ID)
	}
	if err != nil {
		return fmt.Errorf("update attachment %d: %w", before.ID, err)
	}
	return m.Record(e)
}

func keptAttachment(a storage.Attachment) []storage.Column {
	return []storage.Column{
		{Name: "application", Value: integerValue(a.Application)},
		{Name: "remedy", Value: integerValue(a.Remedy)},
		{Name: "kind", Value: a.Kind},
		{Name: "name", Value: a.Name},
		{Name: "media_type", Value: a.MediaType},
		{Name: "size", Value: a.Size},
		{Name: "sum", Value: a.Sum[:]},
		{Name: "create_time", Value: a.CreateTime.UnixMicro()},
		{Name: "withdraw_time", Value: instantValue(a.WithdrawTime)},
		{Name: "reason", Value: a.Reason},
		{Name: "kept", Value: a.Kept},
		{Name: "revision", Value: a.Revision},
	}
}
