package sqlstore

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"gongkai/storage"
	"gongkai/workflow"
)

// errEnded is what a Reader or Writer says after its function returned.
var errEnded = errors.New("the view or update is over")

// reader reads on one connection until it is ended.
type reader struct {
	conn   *conn
	ctx    context.Context //nolint:containedctx // bounds the one view whose methods take none
	tuples *tupleCache
	index  Index

	mu    sync.Mutex // an expiring view is ended while its function still runs
	ended error
	fault error // the first of a query

	agency string // whose key is known
	key    int64
}

// query runs a statement unless the reader is ended. scan must not query.
func (r *reader) query(text string, scan func(row) error, args ...driver.Value) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended != nil {
		return r.ended
	}
	if slices.ContainsFunc(args, inNoRow) {
		return nil
	}
	err := r.conn.query(r.ctx, text, scan, args...)
	if r.fault == nil {
		r.fault = err
	}
	return err
}

// inNoRow reports a text with NUL, which PostgreSQL cannot keep: asked for one, it breaks off.
func inNoRow(arg driver.Value) bool {
	text, ok := arg.(string)
	return ok && strings.IndexByte(text, 0) >= 0
}

// one is query for at most one row; ErrNotFound if there is none.
func (r *reader) one(text string, scan func(row) error, args ...driver.Value) error {
	found := false
	err := r.query(text, func(v row) error {
		found = true
		return scan(v)
	}, args...)
	if err == nil && !found {
		return storage.ErrNotFound
	}
	return err
}

// end ends the transaction of a view and reports whether its connection is still good.
func (r *reader) end(why error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended != nil {
		return false
	}
	r.ended = why
	_, err := r.conn.exec(context.Background(), "ROLLBACK")
	return err == nil
}

// close ends the reader but not the transaction, which is its group's.
func (r *reader) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = errEnded
}

// keyOf finds the key of an agency; the installation's register counts as one.
func (r *reader) keyOf(agency string) (int64, error) {
	if agency == "" {
		return 0, nil
	}
	if agency == r.agency {
		return r.key, nil
	}
	var key int64
	err := r.one(`SELECT key FROM agency WHERE id = $1`, func(v row) error {
		key = v.integer(0)
		return nil
	}, agency)
	if err != nil {
		return 0, fmt.Errorf("agency %s: %w", agency, err)
	}
	r.agency, r.key = agency, key
	return key, nil
}

const agencyColumns = `a.id, a.name, COALESCE(p.id, ''), a.settings, a.create_time, a.revision
	FROM agency a LEFT JOIN agency p ON p.key = a.parent`

func scanAgency(v row) (storage.Agency, error) {
	a := storage.Agency{
		ID: v.text(0), DisplayName: v.text(1), Parent: v.text(2), CreateTime: v.instant(4), Revision: v.integer(5),
	}
	if err := json.Unmarshal(v.bytes(3), &a.Settings); err != nil {
		return a, fmt.Errorf("settings of agency %s: %w", a.ID, err)
	}
	return a, nil
}

// Agency is storage.Reader.
func (r *reader) Agency(id string) (a storage.Agency, err error) {
	err = r.one(`SELECT `+agencyColumns+` WHERE a.id = $1 AND a.key <> 0`, func(v row) (err error) {
		a, err = scanAgency(v)
		return err
	}, id)
	if err != nil {
		return storage.Agency{}, fmt.Errorf("agency %s: %w", id, err)
	}
	return a, nil
}

// Agencies is storage.Reader.
func (r *reader) Agencies(after string, limit int) ([]storage.Agency, error) {
	var list []storage.Agency
	err := r.query(`SELECT `+agencyColumns+` WHERE a.key <> 0 AND a.id > $1 ORDER BY a.id LIMIT $2`, func(v row) error {
		a, err := scanAgency(v)
		list = append(list, a)
		return err
	}, after, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list agencies: %w", err)
	}
	return list, nil
}

// Predecessors is storage.Reader.
func (r *reader) Predecessors(id string) ([]storage.Agency, error) {
	var list []storage.Agency
	err := r.query(`SELECT `+agencyColumns+` WHERE a.successor = $1 ORDER BY a.id`, func(v row) error {
		a, err := scanAgency(v)
		list = append(list, a)
		return err
	}, id)
	if err != nil {
		return nil, fmt.Errorf("predecessors of agency %s: %w", id, err)
	}
	return list, nil
}

// Descendants is storage.Reader. UNION visits each agency once, so that even a cycle
// comes to an end.
func (r *reader) Descendants(id string) ([]string, error) {
	key, err := r.keyOf(id)
	if err == nil && key == 0 {
		err = storage.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("descendants: %w", err)
	}
	var ids []string
	err = r.query(`WITH RECURSIVE below(key) AS (
		VALUES (CAST($1 AS BIGINT)) UNION SELECT a.key FROM agency a JOIN below b ON a.parent = b.key)
		SELECT a.id FROM agency a JOIN below b ON b.key = a.key ORDER BY a.id`, func(v row) error {
		ids = append(ids, v.text(0))
		return nil
	}, key)
	if err != nil {
		return nil, fmt.Errorf("descendants of agency %s: %w", id, err)
	}
	return ids, nil
}

const principalColumns = `a.id, p.id, p.role, p.token_hash, p.create_time, p.remove_time, p.person
	FROM principal p JOIN agency a ON a.key = p.agency`

func scanPrincipal(v row) storage.Principal {
	return storage.Principal{
		Agency: v.text(0), ID: v.text(1), Role: workflow.Role(v.text(2)), TokenHash: v.bytes(3),
		CreateTime: v.instant(4), RemoveTime: v.instant(5), Person: v.text(6),
	}
}

// Principal is storage.Reader.
func (r *reader) Principal(agency, id string) (p storage.Principal, err error) {
	key, err := r.keyOf(agency)
	if err == nil {
		err = r.one(`SELECT `+principalColumns+` WHERE p.agency = $1 AND p.id = $2`, func(v row) error {
			p = scanPrincipal(v)
			return nil
		}, key, id)
	}
	if err != nil {
		return p, fmt.Errorf("principal %s: %w", id, err)
	}
	return p, nil
}

// Principals is storage.Reader.
func (r *reader) Principals(agency string) ([]storage.Principal, error) {
	var list []storage.Principal
	key, err := r.keyOf(agency)
	if err == nil {
		err = r.query(`SELECT `+principalColumns+` WHERE p.agency = $1 ORDER BY p.id`, func(v row) error {
			list = append(list, scanPrincipal(v))
			return nil
		}, key)
	}
	if err != nil {
		return nil, fmt.Errorf("list principals: %w", err)
	}
	return list, nil
}

// PrincipalByToken is storage.Reader.
func (r *reader) PrincipalByToken(hash []byte) (p storage.Principal, err error) {
	err = r.one(`SELECT `+principalColumns+` WHERE p.token_hash = $1 AND p.remove_time IS NULL`, func(v row) error {
		p = scanPrincipal(v)
		return nil
	}, hash)
	if err != nil {
		return p, fmt.Errorf("principal of a token: %w", err)
	}
	return p, nil
}

const eventOf = `e.seq, e.n, e.object, e.revision, e.time, e.actor, e.action, e.request_id, e.request_hash, e.facts, e.leaf,
	p.salt, p.data`

const eventColumns = eventOf + ` FROM event e LEFT JOIN event_personal p ON p.seq = e.seq`

func scanEvent(agency string, v row) storage.Event {
	e := storage.Event{
		Seq: v.integer(0), Agency: agency, N: v.integer(1), Object: v.text(2), Revision: v.integer(3), Time: v.instant(4),
		Actor: v.text(5), Action: v.text(6), RequestID: v.text(7), RequestHash: v.bytes(8), Facts: v.bytes(9), Leaf: v.bytes(10),
	}
	switch salt, data := v.bytes(11), v.bytes(12); {
	case salt != nil:
		e.Personal, e.Seal = data, storage.Seal(salt, data)
	case data != nil: // erased
		e.Seal = data
	}
	return e
}

// Events is storage.Reader.
func (r *reader) Events(agency, object string) ([]storage.Event, error) {
	var list []storage.Event
	key, err := r.keyOf(agency)
	if err == nil {
		err = r.query(`SELECT `+eventColumns+` WHERE e.agency = $1 AND e.object = $2 ORDER BY e.seq`, func(v row) error {
			list = append(list, scanEvent(agency, v))
			return nil
		}, key, object)
	}
	if err != nil {
		return nil, fmt.Errorf("events of %s: %w", object, err)
	}
	return list, nil
}

// LastEvents is storage.Reader. The index tells which they are; only those are read.
func (r *reader) LastEvents(agency, object string, limit int) ([]storage.Event, error) {
	var list []storage.Event
	key, err := r.keyOf(agency)
	if err == nil {
		err = r.query(`SELECT `+eventColumns+` WHERE e.seq IN (SELECT x.seq FROM event x WHERE x.agency = $1 AND x.object = $2
			ORDER BY x.seq DESC LIMIT $3) ORDER BY e.seq`, func(v row) error {
			list = append(list, scanEvent(agency, v))
			return nil
		}, key, object, int64(limit))
	}
	if err != nil {
		return nil, fmt.Errorf("last events of %s: %w", object, err)
	}
	return list, nil
}

// Latest is storage.Reader. Names of objects are ASCII, so that the last byte above all of
// them ends the range of a prefix.
func (r *reader) Latest(agency, prefix, after string, limit int) ([]storage.Event, error) {
	var list []storage.Event
	key, err := r.keyOf(agency)
	if err == nil {
		err = r.query(`SELECT `+eventColumns+` WHERE e.agency = $1 AND e.object >= $2 AND e.object < $3 AND e.object > $4
			AND e.revision = (SELECT MAX(x.revision) FROM event x WHERE x.agency = $1 AND x.object = e.object)
			ORDER BY e.object LIMIT $5`, func(v row) error {
			list = append(list, scanEvent(agency, v))
			return nil
		}, key, prefix, prefix+"\x7f", after, int64(limit))
	}
	if err != nil {
		return nil, fmt.Errorf("latest events of %s…: %w", prefix, err)
	}
	return list, nil
}

// recordedLook is at how many places Recorded looks: no index has the events of one agency
// in their order, because it would cost every act a page.
const recordedLook = 20_000

// Recorded is storage.Reader.
func (r *reader) Recorded(agency string, q storage.EventQuery) (list []storage.Event, next int64, err error) {
	key, err := r.keyOf(agency)
	if err == nil && q.Before == 0 {
		err = r.one(`SELECT MAX(seq) FROM event`, func(v row) error {
			q.Before = v.integer(0) + 1
			return nil
		})
	}
	from, to := int64(0), int64(math.MaxInt64)
	if !q.From.IsZero() {
		from = q.From.UnixMicro()
	}
	if !q.To.IsZero() {
		to = q.To.UnixMicro()
	}
	next = max(q.Before-recordedLook, 0)
	if err == nil {
		err = r.query(`SELECT `+eventColumns+` WHERE e.seq < $1 AND e.seq >= $2 AND e.agency = $3 AND e.time >= $4 AND e.time <= $5
			AND ($6 = '' OR e.actor = $6) AND ($7 = '' OR e.action = $7) ORDER BY e.seq DESC LIMIT $8`, func(v row) error {
			list = append(list, scanEvent(agency, v))
			return nil
		}, q.Before, next, key, from, to, q.Actor, q.Action, int64(q.Limit))
	}
	if err != nil {
		return nil, 0, fmt.Errorf("recorded events: %w", err)
	}
	if n := len(list); n > 0 && list[n-1].N == 1 {
		return list, 0, nil
	} else if n == q.Limit {
		return list, list[n-1].Seq, nil
	}
	if next == 1 { // places begin at 1
		next = 0
	}
	return list, next, nil
}

// EventByRequest is storage.Reader.
func (r *reader) EventByRequest(agency, requestID string) (e storage.Event, err error) {
	key, err := r.keyOf(agency)
	var seq int64
	if err == nil { // hardly ever is there one, and to look for all that it holds would cost twice as much
		err = r.one(`SELECT seq FROM event WHERE agency = $1 AND request_id = $2`, func(v row) error {
			seq = v.integer(0)
			return nil
		}, key, requestID)
	}
	if err == nil {
		err = r.one(`SELECT `+eventColumns+` WHERE e.seq = $1`, func(v row) error {
			e = scanEvent(agency, v)
			return nil
		}, seq)
	}
	if err != nil {
		return e, fmt.Errorf("event of request %s: %w", requestID, err)
	}
	return e, nil
}
