package sqlite

import (
	"database/sql/driver"
	"strconv"
	"strings"

	"gongkai/storage/internal/sqlstore"
	"gongkai/workflow/search"
)

// index is FTS5 without texts and positions: lists of ids by token, which it walks
// backwards as fast as forwards. All agencies share it.
type index struct{}

// Put is sqlstore.Index.
func (i index) Put(agency, id int64, tokens []search.Token) (string, []driver.Value) {
	return `INSERT OR REPLACE INTO search (rowid, tokens) VALUES ($1, $2)`, []driver.Value{id, i.Text(agency, tokens)}
}

// Text is sqlstore.Index.
func (index) Text(agency int64, tokens []search.Token) string {
	b := make([]byte, 0, 8*len(tokens))
	for i, t := range tokens {
		if i > 0 {
			b = append(b, ' ')
		}
		b = appendToken(b, t.In(agency))
	}
	return string(b)
}

// Held is sqlstore.Index: FTS5 has documents by token only, and lists them token by token.
func (index) Held() string { return `SELECT doc, term FROM search_held` }

// appendToken appends a token as FTS5 reads it: letters and digits.
func appendToken(b []byte, t search.Token) []byte { return strconv.AppendUint(b, uint64(t), 36) }

// Find is sqlstore.Index.
func (index) Find(agency int64, clauses []search.Clause, span sqlstore.Span, limit int) (string, []driver.Value) {
	return `SELECT rowid FROM search WHERE search MATCH $1 AND rowid > $2 AND rowid < $3 ORDER BY rowid DESC LIMIT $4`,
		[]driver.Value{expression(agency, clauses), span.Above, span.Below, int64(limit)}
}

// expression is a query in the language of FTS5.
func expression(agency int64, clauses []search.Clause) string {
	all := make([]string, len(clauses))
	for i, c := range clauses {
		lists := make([]string, len(c))
		for j, tokens := range c {
			var b []byte
			for k, t := range tokens {
				if k > 0 {
					b = append(b, " AND "...)
				}
				b = appendToken(b, t.In(agency))
			}
			lists[j] = string(b)
		}
		all[i] = "(" + strings.Join(lists, " OR ") + ")"
	}
	return strings.Join(all, " AND ")
}

// Forget is sqlstore.Index: what all share is forgotten for all.
func (index) Forget() []string {
	return []string{`INSERT INTO search (search) VALUES ('delete-all')`, `DELETE FROM search_progress`}
}
