package sqlstore

import (
	"cmp"
	"crypto/rand"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gongkai/storage"
	"gongkai/workflow/report"
)

// saltSize is that of the key of HMAC-SHA256 for personal data.
const saltSize = 16

// member is one Update within its group: a storage.Writer.
type member struct {
	reader
	registers *registers
	register  *register
	id        string // of the agency
	taken     []number
	wrote     bool
	failed    error // a write that may have done half its work: the member cannot stand
}

// number remembers what NextNumber found, so that a member that writes nothing takes none.
type number struct {
	year string
	last int64
}

// enter locks the register of the member's agency.
func (m *member) enter(agency string) (err error) {
	m.register, err = m.registers.lock(&m.reader, agency)
	if err != nil {
		return err
	}
	m.id, m.agency, m.key = agency, agency, m.register.key
	return nil
}

// undo gives back the numbers of a member that wrote nothing.
func (m *member) undo() {
	for _, n := range slices.Backward(m.taken) {
		m.register.numbers[n.year] = n.last
	}
}

// fail marks the member as one that cannot stand.
func (m *member) fail(err error) error {
	if m.failed == nil {
		m.failed = err
	}
	return err
}

// exec runs a statement that writes.
func (m *member) exec(text string, args ...driver.Value) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended != nil {
		return 0, m.ended
	}
	n, err := m.conn.exec(m.ctx, text, args...)
	if err != nil {
		return 0, m.fail(err)
	}
	if n > 0 {
		m.wrote, m.register.changed = true, true
	}
	return n, nil
}

// insert runs an INSERT … ON CONFLICT DO NOTHING and returns the key of its row, which is
// the column named; ErrExists if it did nothing.
func (m *member) insert(column, text string, args ...driver.Value) (key int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended != nil {
		return 0, m.ended
	}
	key, done, err := m.conn.insert(m.ctx, column, text, args...)
	if err != nil {
		return 0, m.fail(err)
	}
	if !done {
		return 0, storage.ErrExists
	}
	m.wrote, m.register.changed = true, true
	return key, nil
}

// Agency is storage.Reader. Every act asks for its own agency: that is kept with its register.
func (m *member) Agency(id string) (storage.Agency, error) {
	m.mu.Lock()
	kept := m.register.agency
	if m.ended != nil || id != m.id {
		kept = nil
	}
	m.mu.Unlock()
	if kept != nil {
		return *kept, nil
	}
	a, err := m.reader.Agency(id)
	if err == nil && id == m.id {
		m.register.agency = &a
	}
	return a, err
}

// NextNumber is storage.Writer.
func (m *member) NextNumber(year int) (string, error) {
	y := strconv.Itoa(year)
	last := m.register.numbers[y]
	for n := last + 1; ; n++ {
		text := fmt.Sprintf("%s-%05d", y, n)
		taken, err := m.numberTaken(text)
		if err != nil {
			return "", fmt.Errorf("next number of %d: %w", year, err)
		}
		if !taken {
			m.taken = append(m.taken, number{y, last})
			m.register.numbers[y] = n
			return text, nil
		}
	}
}

func (m *member) numberTaken(text string) (bool, error) {
	err := m.one(`SELECT id FROM application WHERE agency = $1 AND number = $2`, func(row) error { return nil }, m.register.key, text)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Tally is storage.Reader, with what this group has yet to write.
func (m *member) Tally(agency string, from, to int) (report.Tally, error) {
	tally, err := m.reader.Tally(agency, from, to)
	if err != nil {
		return nil, err
	}
	if r, ok := m.registers.open[agency]; ok {
		for t, n := range r.tally {
			if from <= t.Year && t.Year <= to {
				tally.Add([]report.Count{{Tuple: t, N: n}}, 1)
			}
		}
	}
	return tally, nil
}

// Record is storage.Writer.
func (m *member) Record(events ...storage.Event) error {
	for i := range events {
		if err := m.record(events[i]); err != nil {
			return fmt.Errorf("record %s of %s: %w", events[i].Action, events[i].Object, err)
		}
	}
	return nil
}

// recordNew stores the events of an object that has just got its id. The caller's
// events stay as they are: he may be called again, and the object get another id.
func (m *member) recordNew(object string, events ...storage.Event) error {
	for _, e := range events {
		e.Object = cmp.Or(e.Object, object)
		if err := m.Record(e); err != nil {
			return err
		}
	}
	return nil
}

// record stores one event. The counter moves with it: n has no gaps.
func (m *member) record(e storage.Event) error {
	e.Agency, e.N, e.Seal = m.id, m.register.events+1, nil
	e.Time = e.Time.Truncate(time.Microsecond)
	var salt []byte
	if e.Personal != nil {
		salt = make([]byte, saltSize)
		rand.Read(salt) // never fails
		e.Seal = storage.Seal(salt, e.Personal)
	}
	e.Leaf = e.Hash()
	seq, err := m.insert("seq", `INSERT INTO event (agency, n, object, revision, time, actor, action, request_id, request_hash, facts, leaf)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`,
		m.register.key, e.N, e.Object, integerValue(e.Revision), e.Time.UnixMicro(), e.Actor, e.Action,
		textValue(e.RequestID), bytesValue(e.RequestHash), string(e.Facts), e.Leaf)
	if err != nil {
		if m.wrote { // a row without its event
			return m.fail(err)
		}
		return err
	}
	m.register.add(&e)
	if salt == nil {
		return nil
	}
	_, err = m.exec(`INSERT INTO event_personal (seq, salt, data) VALUES ($1, $2, $3)`, seq, salt, e.Personal)
	return err
}

// InsertAgency is storage.Writer.
func (m *member) InsertAgency(a storage.Agency, e storage.Event) error {
	if m.id != "" {
		return fmt.Errorf("insert agency %s: only the installation's own register takes agencies", a.ID)
	}
	parent, settings, err := m.agencyValues(a)
	if err != nil {
		return fmt.Errorf("insert agency %s: %w", a.ID, err)
	}
	_, err = m.insert("key", `INSERT INTO agency (id, name, parent, settings, create_time, revision, successor)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
		a.ID, a.DisplayName, parent, settings, a.CreateTime.UnixMicro(), a.Revision, textValue(a.Settings.Lineage.Successor))
	if err != nil {
		return fmt.Errorf("insert agency %s: %w", a.ID, err)
	}
	return m.Record(e)
}

// agencyValues returns the stored forms of the parent and the settings.
func (m *member) agencyValues(a storage.Agency) (parent driver.Value, settings string, err error) {
	if a.Parent != "" {
		key, err := m.keyOf(a.Parent)
		if err != nil {
			return nil, "", fmt.Errorf("parent: %w", err)
		}
		parent = key
	}
	text, err := json.Marshal(a.Settings)
	if err != nil {
		return nil, "", fmt.Errorf("settings: %w", err)
	}
	return parent, string(text), nil
}

// UpdateAgency is storage.Writer.
func (m *member) UpdateAgency(a storage.Agency, e storage.Event) error {
	a.ID, m.register.agency = m.id, nil
	if err := m.checkTree(a); err != nil {
		return fmt.Errorf("update agency %s: %w", a.ID, err)
	}
	parent, settings, err := m.agencyValues(a)
	if err != nil {
		return fmt.Errorf("update agency %s: %w", a.ID, err)
	}
	n, err := m.exec(`UPDATE agency SET name = $3, parent = $4, settings = $5, successor = $6, revision = $2 WHERE key = $1 AND revision = $2 - 1`,
		m.register.key, a.Revision, a.DisplayName, parent, settings, textValue(a.Settings.Lineage.Successor))
	if err == nil && n == 0 {
		err = storage.ErrStale
	}
	if err != nil {
		return fmt.Errorf("update agency %s: %w", a.ID, err)
	}
	return m.Record(e)
}

// checkTree refuses a parent that stands below its child. Two moves at once, neither of
// which sees the other, could close a circle: each locks the installation's row first,
// out of order, so that the engine may have to break a deadlock.
func (m *member) checkTree(a storage.Agency) error {
	if a.Parent == "" {
		return nil
	}
	if lock := m.registers.lockRow; lock != "" {
		err := m.one(`SELECT key FROM agency WHERE key = 0`+lock, func(row) error { return nil })
		if err != nil {
			return fmt.Errorf("lock the tree: %w", err)
		}
	}
	below, err := m.Descendants(a.ID)
	if err == nil && slices.Contains(below, a.Parent) {
		err = fmt.Errorf("below %s: %w", a.Parent, storage.ErrCycle)
	}
	return err
}

// InsertPrincipal is storage.Writer.
func (m *member) InsertPrincipal(p storage.Principal, e storage.Event) error {
	n, err := m.exec(`INSERT INTO principal (agency, id, role, token_hash, create_time, person) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		m.register.key, p.ID, string(p.Role), p.TokenHash, p.CreateTime.UnixMicro(), p.Person)
	if err == nil && n == 0 {
		err = storage.ErrExists
	}
	if err != nil {
		return fmt.Errorf("insert principal %s: %w", p.ID, err)
	}
	return m.Record(e)
}

// RemovePrincipal is storage.Writer.
func (m *member) RemovePrincipal(id string, at time.Time, e storage.Event) error {
	n, err := m.exec(`UPDATE principal SET remove_time = $3 WHERE agency = $1 AND id = $2 AND remove_time IS NULL`,
		m.register.key, id, at.UnixMicro())
	if err == nil && n == 0 {
		err = storage.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("remove principal %s: %w", id, err)
	}
	return m.Record(e)
}

// PutFigure is storage.Writer.
func (m *member) PutFigure(f storage.Figure, e storage.Event) error {
	_, err := m.exec(`INSERT INTO figure (agency, year, code, value) VALUES ($1, $2, $3, $4)
		ON CONFLICT (agency, year, code) DO UPDATE SET value = excluded.value`,
		m.register.key, int64(f.Year), f.Code, int64(f.Value))
	if err != nil {
		return fmt.Errorf("put figure %s of %d: %w", f.Code, f.Year, err)
	}
	return m.Record(e)
}

// Figures is storage.Reader.
func (r *reader) Figures(agency string, year int) ([]storage.Figure, error) {
	var list []storage.Figure
	key, err := r.keyOf(agency)
	if err == nil {
		err = r.query(`SELECT year, code, value FROM figure WHERE agency = $1 AND (year = $2 OR $2 = 0) ORDER BY year, code`,
			func(v row) error {
				list = append(list, storage.Figure{Year: int(v.integer(0)), Code: v.text(1), Value: report.Figure(v.integer(2))})
				return nil
			}, key, int64(year))
	}
	if err != nil {
		return nil, fmt.Errorf("figures of %d: %w", year, err)
	}
	return list, nil
}

// missing tells a row that changed from one that is not there.
func (m *member) missing(table string, id int64) error {
	err := m.one(`SELECT id FROM `+table+` WHERE id = $1 AND agency = $2`, func(row) error { return nil }, id, m.register.key)
	if err == nil {
		return storage.ErrStale
	}
	return err
}

var _ storage.Writer = (*member)(nil)
