package sqlstore

import (
	"fmt"

	"gongkai/storage"
)

// Caches is storage.Reader.
func (r *reader) Caches(agency string, id int64) (c storage.Caches, err error) {
	key, err := r.keyOf(agency)
	if err == nil {
		err = r.one(`SELECT t.due_date, t.safe_date FROM application t WHERE t.id = $1 AND t.agency = $2`, func(v row) (err error) {
			if c.Due, err = v.date(0); err == nil {
				c.Safe, err = v.date(1)
			}
			return err
		}, id, key)
	}
	if err != nil {
		return c, fmt.Errorf("caches of application %d: %w", id, err)
	}
	return c, nil
}

// Recache is storage.Writer.
func (m *member) Recache(id, revision int64, c storage.Caches) error {
	n, err := m.exec(`UPDATE application SET due_date = $4, safe_date = $5 WHERE id = $1 AND agency = $2 AND revision = $3`,
		id, m.register.key, revision, dateValue(c.Due), dateValue(c.Safe))
	if err == nil && n == 0 {
		err = m.missing("application", id)
	}
	if err != nil {
		return fmt.Errorf("recache application %d: %w", id, err)
	}
	return nil
}
