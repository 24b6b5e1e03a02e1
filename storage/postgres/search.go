package postgres

import (
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"

	"gongkai/storage/internal/sqlstore"
	"gongkai/workflow/search"
)

// index is a table of token lists under a GIN index. Its lists are in no order: all that
// match are found and sorted, which takes long where many do.
type index struct{}

// near is how many of the newest documents are looked at one by one first: where many
// match, they fill the page, and where they do not, few match in all.
const near = 2000

// Put is sqlstore.Index.
func (i index) Put(agency, id int64, tokens []search.Token) (string, []driver.Value) {
	return `INSERT INTO search_document (agency, id, tokens) VALUES ($1, $2, string_to_array($3, ' ')::integer[])
		ON CONFLICT (agency, id) DO UPDATE SET tokens = excluded.tokens`,
		[]driver.Value{agency, id, i.Text(agency, tokens)}
}

// Text is sqlstore.Index: PostgreSQL's integers have a sign.
func (index) Text(agency int64, tokens []search.Token) string {
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.Itoa(int(int32(t.In(agency)))))
	}
	return b.String()
}

// Held is sqlstore.Index. The lists stand in the table; its GIN index is PostgreSQL's own.
func (index) Held() string { return `SELECT id, array_to_string(tokens, ' ') FROM search_document` }

// Find is sqlstore.Index.
func (i index) Find(agency int64, clauses []search.Clause, span sqlstore.Span, limit int) (string, []driver.Value) {
	args := []driver.Value{agency, span.Above, span.Below, int64(limit)}
	var all []string
	for _, c := range clauses {
		var lists []string
		for _, tokens := range c {
			args = append(args, i.Text(agency, tokens))
			lists = append(lists, fmt.Sprintf(`tokens @> string_to_array($%d, ' ')::integer[]`, len(args)))
		}
		all = append(all, "("+strings.Join(lists, " OR ")+")")
	}
	return fmt.Sprintf(`WITH newest AS MATERIALIZED (
			SELECT id, tokens FROM search_document WHERE agency = $1 AND id > $2 AND id < $3 ORDER BY id DESC LIMIT %d),
		hit AS MATERIALIZED (SELECT id FROM newest WHERE %[2]s),
		rest AS MATERIALIZED (SELECT id FROM search_document WHERE %[2]s AND agency = $1 AND id > $2
			AND id < (SELECT min(id) FROM newest) AND (SELECT count(*) FROM hit) < $4)
		SELECT id FROM (SELECT id FROM hit UNION ALL SELECT id FROM rest) found ORDER BY id DESC LIMIT $4`, near, strings.Join(all, " AND ")), args
}

// Forget is sqlstore.Index.
func (index) Forget() []string {
	return []string{`DELETE FROM search_document WHERE agency = $1`, `DELETE FROM search_progress WHERE agency = $1`}
}
