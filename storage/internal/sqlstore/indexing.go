package sqlstore

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/search"
)

// maxTokens bounds the tokens of the documents that are indexed at once: the writer must
// not be held up long by a few applications of many pages.
const maxTokens = 8000

// Unindexed is storage.Reader. The ids of an agency rise in the order of commits, because
// each is given under the lock of its register: none will appear below the last one read.
func (r *reader) Unindexed(agency string, limit int) (u storage.Unindexed, err error) {
	u.Agency = agency
	key, err := r.keyOf(agency)
	if err == nil {
		u.From, err = r.progress(key)
	}
	if err == nil {
		u.UpTo = u.From
		err = r.documents(&u, limit, `JOIN search_changed c ON c.agency = t.agency AND c.id = t.id
			WHERE c.agency = $1 AND c.id <= $2 ORDER BY c.id LIMIT $3`, key)
	}
	changed := len(u.Documents)
	if err == nil && !u.More {
		err = r.documents(&u, limit-changed, `WHERE t.agency = $1 AND t.id > $2 ORDER BY t.id LIMIT $3`, key)
	}
	if err != nil {
		return u, fmt.Errorf("applications that the index lacks: %w", err)
	}
	if n := len(u.Documents); n > changed {
		u.UpTo = u.Documents[n-1].ID
	}
	return u, nil
}

// documents adds documents up to a limit, and says in More whether there were others.
func (r *reader) documents(u *storage.Unindexed, limit int, where string, key int64) error {
	total := 0
	for _, d := range u.Documents {
		total += len(d.Tokens)
	}
	return r.query(`SELECT t.id, t.revision, `+textColumns+` FROM application t `+where, func(v row) error {
		if limit == 0 || total >= maxTokens {
			u.More = true
			return nil
		}
		limit--
		d := storage.Document{ID: v.integer(0), Revision: v.integer(1), Tokens: search.Tokens(textsOf(v[2:]))}
		total += len(d.Tokens)
		u.Documents = append(u.Documents, d)
		return nil
	}, key, u.From, int64(limit)+1)
}

// Lagging is storage.Reader.
func (r *reader) Lagging(after string, limit int) (list []string, err error) {
	err = r.query(`SELECT g.id FROM agency g LEFT JOIN search_progress p ON p.agency = g.key AND p.version = $1
		WHERE g.key <> 0 AND g.id > $2
		AND (EXISTS (SELECT 1 FROM application t WHERE t.agency = g.key AND t.id > COALESCE(p.upto, 0))
			OR EXISTS (SELECT 1 FROM search_changed c WHERE c.agency = g.key))
		ORDER BY g.id LIMIT $3`, func(v row) error {
		list = append(list, v.text(0))
		return nil
	}, int64(search.Version), after, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("agencies whose index lags: %w", err)
	}
	return list, nil
}

// Index is storage.Writer.
func (m *member) Index(u storage.Unindexed) error {
	from, err := m.progress(m.register.key)
	if err == nil && (from != u.From || u.Agency != m.id) {
		err = storage.ErrStale
	}
	for _, d := range u.Documents {
		if err == nil {
			err = m.put(d, d.ID <= u.From)
		}
	}
	if err == nil && u.UpTo > u.From {
		err = m.setProgress(u.UpTo)
	}
	if err != nil {
		return fmt.Errorf("index applications of agency %s: %w", m.id, err)
	}
	return nil
}

// put keeps a document in the index. One that changed is written only while that stands
// noted: else it changed again, or another server wrote it, perhaps as it is by now.
func (m *member) put(d storage.Document, changed bool) error {
	if changed {
		n, err := m.exec(`DELETE FROM search_changed WHERE agency = $1 AND id = $2 AND revision <= $3`, m.register.key, d.ID, d.Revision)
		if err != nil || n == 0 {
			return err
		}
	}
	text, args := m.index.Put(m.register.key, d.ID, d.Tokens)
	_, err := m.exec(text, args...)
	return err
}

// ForgetIndex is storage.Writer. What changed stays noted: another server may be about to
// write it as it read it before.
func (m *member) ForgetIndex() error {
	for _, text := range m.index.Forget() {
		var args []driver.Value
		if strings.Contains(text, "$1") {
			args = append(args, m.register.key)
		}
		if _, err := m.exec(text, args...); err != nil {
			return fmt.Errorf("forget the index of agency %s: %w", m.id, err)
		}
	}
	return nil
}

func (m *member) setProgress(upTo int64) error {
	_, err := m.exec(`INSERT INTO search_progress (agency, version, upto) VALUES ($1, $2, $3)
		ON CONFLICT (agency) DO UPDATE SET version = excluded.version, upto = excluded.upto`,
		m.register.key, int64(search.Version), upTo)
	return err
}

// unindex notes that the index holds an application as it was.
func (m *member) unindex(a *workflow.Application) error {
	_, err := m.exec(`INSERT INTO search_changed (agency, id, revision) VALUES ($1, $2, $3)
		ON CONFLICT (agency, id) DO UPDATE SET revision = excluded.revision`, m.register.key, a.ID, a.Revision)
	return err
}

// By how many tokens a document is looked for at once, and how many documents in one View.
const (
	holdsAtOnce = 32
	mostDoubts  = 25
)

// IndexSums is storage.Inspector.
func (r *reader) IndexSums() (storage.IndexSums, error) {
	sums := storage.IndexSums{UpTo: map[int64]int64{}}
	err := r.query(`SELECT agency, upto FROM search_progress WHERE version = $1`, func(v row) error {
		sums.UpTo[v.integer(0)] = v.integer(1)
		return nil
	}, int64(search.Version))
	if err == nil {
		err = r.query(r.index.Held(), func(v row) error {
			sums.Add(v.integer(0), v.text(1))
			return nil
		})
	}
	if err != nil {
		return storage.IndexSums{}, fmt.Errorf("read the search index: %w", err)
	}
	return sums, nil
}

// doubtful is an application whose sum differs.
type doubtful struct {
	storage.IndexFault
	key    int64
	tokens []search.Token
}

// IndexFaults is storage.Inspector. A sum that differs may be of a document that changed
// since the sums were taken, or that the index holds with more than it says: that one alone
// is looked for. What was indexed since is left to the next verification.
func (r *reader) IndexFaults(sums storage.IndexSums, after int64, limit int) (faults []storage.IndexFault, last int64, err error) {
	doubts, last, err := r.doubts(sums, after, limit)
	for _, d := range doubts {
		var holds bool
		if err == nil {
			if holds, err = r.indexHolds(d.key, storage.Document{ID: d.ID, Tokens: d.tokens}); err == nil && !holds {
				faults = append(faults, d.IndexFault)
			}
		}
	}
	if err != nil {
		return nil, 0, fmt.Errorf("inspect the search index after %d: %w", after, err)
	}
	return faults, last, nil
}

// doubts compares at most limit applications after an id with their sums. last is the id to
// go on after; 0: none is left.
func (r *reader) doubts(sums storage.IndexSums, after int64, limit int) (doubts []doubtful, last int64, err error) {
	n, more := 0, false
	err = r.query(`SELECT g.id, t.agency, t.id, `+textColumns+`,
		p.agency IS NOT NULL AND NOT EXISTS (SELECT 1 FROM search_changed c WHERE c.agency = t.agency AND c.id = t.id)
		FROM application t JOIN agency g ON g.key = t.agency
		LEFT JOIN search_progress p ON p.agency = t.agency AND p.version = $1 AND p.upto >= t.id
		WHERE t.id > $2 ORDER BY t.id LIMIT $3`, func(v row) error {
		if more = more || len(doubts) == mostDoubts; more {
			return nil
		}
		n, last = n+1, v.integer(2)
		key := v.integer(1)
		if !v.boolean(9) || last > sums.UpTo[key] {
			return nil
		}
		tokens := search.Tokens(textsOf(v[3:]))
		if !sums.Agree(last, r.index.Text(key, tokens)) {
			doubts = append(doubts, doubtful{storage.IndexFault{Agency: v.text(0), ID: last}, key, tokens})
		}
		return nil
	}, int64(search.Version), after, int64(limit))
	if n < limit && !more {
		last = 0
	}
	return doubts, last, err
}

// indexHolds reports whether the index finds a document by each of its tokens.
func (r *reader) indexHolds(agency int64, d storage.Document) (holds bool, err error) {
	holds = true
	for part := range slices.Chunk(d.Tokens, holdsAtOnce) {
		holds = false
		text, args := r.index.Find(agency, []search.Clause{{part}}, Span{d.ID - 1, d.ID + 1}, 1)
		err := r.query(text, func(row) error {
			holds = true
			return nil
		}, args...)
		if err != nil || !holds {
			return false, err
		}
	}
	return true, nil
}
