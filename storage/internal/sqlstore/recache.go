package sqlstore

import (
	"fmt"

	"gongkai/storage"
	"gongkai/workflow"
)

// Caches is storage.Reader.
func (r *reader) Caches(agency string, id int64) (c storage.Caches, err error) {
	key, err := r.keyOf(agency)
	if err == nil {
		err = r.one(`SELECT t.due_date, t.safe_date, t.lapse_date FROM application t WHERE t.id = $1 AND t.agency = $2`, func(v row) (err error) {
			for i, d := range []*workflow.Date{&c.Due, &c.Safe, &c.Lapse} {
				if *d, err = v.date(i); err != nil {
					return err
				}
			}
			return nil
		}, id, key)
	}
	if err != nil {
		return c, fmt.Errorf("caches of application %d: %w", id, err)
	}
	return c, nil
}

// Recache is storage.Writer.
func (m *member) Recache(id, revision int64, c storage.Caches) error {
	n, err := m.exec(`UPDATE application SET due_date = $4, safe_date = $5, lapse_date = $6 WHERE id = $1 AND agency = $2 AND revision = $3`,
		id, m.register.key, revision, dateValue(c.Due), dateValue(c.Safe), dateValue(c.Lapse))
	if err == nil && n == 0 {
		err = m.missing("application", id)
	}
	if err != nil {
		return fmt.Errorf("recache application %d: %w", id, err)
	}
	return nil
}
