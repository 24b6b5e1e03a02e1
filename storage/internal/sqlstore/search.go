package sqlstore

import (
	"cmp"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/search"
)

// Index is how an engine keeps the tokens of documents and finds documents by them.
type Index interface {
	// Text is how the engine writes the tokens of a document: apart by a blank.
	Text(agency int64, tokens []search.Token) string
	// Held is the query of all that is held: an id, and tokens as Text writes them. An id may
	// come many times.
	Held() string
	// Put is the statement that keeps a document, in place of what was kept of it.
	Put(agency, id int64, tokens []search.Token) (text string, args []driver.Value)
	// Forget are the statements that forget an agency's index, and how far it reaches; $1 is
	// the agency.
	Forget() []string
	// Find is the query of the ids of an agency's documents that meet the clauses: at most
	// limit of those in a span, the highest first.
	Find(agency int64, clauses []search.Clause, span Span, limit int) (text string, args []driver.Value)
}

// Span are the ids between two, neither included.
type Span struct{ Above, Below int64 }

// What a search may cost before it answers with what it has: each candidate counts, and
// one whose row is read and compared counts as costRow more.
const (
	maxCost  = 10_000
	costRow  = 4
	maxChunk = 1024 // candidates at once
)

// Search is storage.Reader.
func (r *reader) Search(agency string, q storage.SearchQuery) (storage.Found, error) {
	key, err := r.keyOf(agency)
	if err == nil && q.Limit < 1 {
		err = errors.New("a page has at least one row")
	}
	if err != nil {
		return storage.Found{}, fmt.Errorf("search: %w", err)
	}
	s := &searching{r: r, agency: agency, key: key, query: q, below: q.After, chunk: q.Limit + 1}
	if s.below == 0 {
		s.below = math.MaxInt64
	}
	if err := s.run(); err != nil {
		return storage.Found{}, fmt.Errorf("search: %w", err)
	}
	return s.found, nil
}

// searching is one search. It walks down the ids: first those that the index does not
// reach yet, then those that it finds, with those that it may hold as they were.
type searching struct {
	r      *reader
	agency string
	key    int64
	query  storage.SearchQuery

	upTo  int64 // the index reaches
	below int64 // what is left to look at
	chunk int
	cost  int
	found storage.Found
}

func (s *searching) run() (err error) {
	if s.upTo, err = s.r.progress(s.key); err == nil {
		err = s.behind()
	}
	for more := err == nil; more && len(s.found.Applications) <= s.query.Limit && s.cost < maxCost; {
		if s.below > s.upTo+1 {
			err = s.tail()
		} else {
			more, err = s.indexed()
		}
		if err != nil {
			return err
		}
		if !more {
			s.below = 0
		}
		s.chunk = min(4*s.chunk, maxChunk)
	}
	s.found.Next = s.below
	if list := s.found.Applications; len(list) > s.query.Limit {
		s.found.Applications = list[:s.query.Limit]
		s.found.Next = list[s.query.Limit-1].ID
	}
	return err
}

// behind counts what the index lacks.
func (s *searching) behind() error {
	return s.r.one(`SELECT (SELECT COUNT(*) FROM (SELECT id FROM application WHERE agency = $1 AND id > $2 LIMIT $3) a)
		+ (SELECT COUNT(*) FROM (SELECT id FROM search_changed WHERE agency = $1 AND id <= $2 LIMIT $3) c)`, func(v row) error {
		s.found.Behind = min(v.integer(0), storage.MaxBehind)
		return nil
	}, s.key, s.upTo, int64(storage.MaxBehind))
}

// tail looks at the next applications beyond the index, one by one.
func (s *searching) tail() error {
	var n, least int64
	err := s.r.one(`SELECT COUNT(*), MIN(w.id) FROM (
		SELECT id FROM application WHERE agency = $1 AND id > $2 AND id < $3 ORDER BY id DESC LIMIT $4) w`, func(v row) error {
		n, least = v.integer(0), v.integer(1)
		return nil
	}, s.key, s.upTo, s.below, int64(s.chunk))
	if err != nil {
		return err
	}
	if n < int64(s.chunk) {
		least = s.upTo + 1
	}
	var w where
	w.and("t.agency = ?", s.key)
	w.and("t.id >= ? AND t.id < ?", least, s.below)
	s.cost += int(n)
	s.below = least
	return s.rows(&w)
}

// indexed looks at the next candidates of the index and reports whether there may be more.
func (s *searching) indexed() (more bool, err error) {
	below := min(s.below, s.upTo+1)
	var ids []int64
	take := func(v row) error {
		ids = append(ids, v.integer(0))
		return nil
	}
	text, args := s.r.index.Find(s.key, s.query.Find.Clauses(), Span{0, below}, s.chunk)
	if err := s.r.query(text, take, args...); err != nil {
		return false, err
	}
	err = s.r.query(`SELECT id FROM search_changed WHERE agency = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, take, s.key, below, int64(s.chunk))
	if err != nil || len(ids) == 0 {
		return false, err
	}
	slices.SortFunc(ids, func(a, b int64) int { return cmp.Compare(b, a) })
	ids = slices.Compact(ids)
	more = len(ids) >= s.chunk // either list may go on behind its last
	ids = ids[:min(len(ids), s.chunk)]
	s.cost += len(ids)
	s.below = ids[len(ids)-1]
	return more, s.rows(s.among(ids))
}

// among is the condition that an application is one of some. Their number goes by powers
// of two, so that few statements are prepared.
func (s *searching) among(ids []int64) *where {
	n := 8
	for n < len(ids) {
		n *= 2
	}
	args := make([]driver.Value, n)
	for i := range args {
		args[i] = ids[min(i, len(ids)-1)]
	}
	var w where
	w.and("t.agency = ?", s.key)
	w.and("t.id IN ("+strings.Repeat(", ?", n)[2:]+")", args...)
	return &w
}

// rows reads rows that meet the filters and keeps what is looked for.
func (s *searching) rows(w *where) error {
	w.filter(s.query.Query)
	return s.r.query(`SELECT `+applicationColumns+w.text.String()+` ORDER BY t.id DESC`, func(v row) error {
		s.cost += costRow
		if len(s.found.Applications) > s.query.Limit || !s.query.Find.Matches(textsOf(row{v[1], v[7], v[9], v[10], v[14], v[15]})) {
			return nil
		}
		a, err := scanApplication(s.agency, v)
		s.found.Applications = append(s.found.Applications, a)
		return err
	}, w.args...)
}

// textColumns are what is searched, without the acts.
const textColumns = `t.number, t.name, t.id_number, t.phone, t.description, t.remark`

// textsOf reads a row of textColumns.
func textsOf(v row) *workflow.Application {
	return &workflow.Application{
		ApplicationNo: v.text(0), Applicant: workflow.Applicant{Name: v.text(1), IDNumber: v.text(2), Phone: v.text(3)},
		Description: v.text(4), Remark: v.text(5),
	}
}

// progress is the id up to which an agency's applications are in the index.
func (r *reader) progress(key int64) (upTo int64, err error) {
	err = r.query(`SELECT upto FROM search_progress WHERE agency = $1 AND version = $2`, func(v row) error {
		upTo = v.integer(0)
		return nil
	}, key, int64(search.Version))
	return upTo, err
}
