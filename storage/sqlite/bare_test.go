package sqlite_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"gongkai/storage"
	"gongkai/storage/sqlite"
	"gongkai/storage/storagetest"
)

// bareConnector connects as the store's writer does.
type bareConnector struct {
	driver.Connector
	path string
}

func (c bareConnector) Connect(ctx context.Context) (driver.Conn, error) {
	return sqlite.Connect(ctx, c.path)
}
func (c bareConnector) Driver() driver.Driver { return nil }

// bare opens a file without the store.
func bare(t testing.TB, path string) *sql.DB {
	t.Helper()
	db := sql.OpenDB(bareConnector{path: path})
	db.SetMaxOpenConns(1)
	return db
}

// BenchmarkBare writes the rows of a logged application in a bare loop, 64 and 1 to a
// commit: what the store is measured against.
func BenchmarkBare(b *testing.B) {
	for _, batch := range []int{1, 64} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) { benchmarkBare(b, batch) })
	}
}

func benchmarkBare(b *testing.B, batch int) {
	path := filepath.Join(b.TempDir(), "register.db")
	s, err := sqlite.Open(b.Context(), path, sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := storagetest.Fill(b.Context(), s, *size, *agencies); err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	db := bare(b, path)
	defer func() { _ = db.Close() }()
	l := newLoop(b, db, testRow)
	b.ResetTimer()
	for done := 0; done < b.N; done += batch {
		l.commit(b, done, batch, *agencies)
		if done%2048 < batch {
			if _, err := db.ExecContext(b.Context(), "PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "applications/s")
}

// row is what a logged application leaves in the long columns.
type row struct{ acts, actor, action, facts, personal string }

// testRow is that of an application that storagetest logs, servedRow that of one that an
// officer logs over gRPC.
var (
	testRow = row{
		acts:  `[{"a":"submit","d":"2026-03-02","v":1,"by":"li","ch":"ONLINE_FORM","k":"NATURAL_PERSON"},{"a":"confirm","d":"2026-03-02","v":1}]`,
		actor: "agencies/east/principals/li", action: "test", facts: `{"v":1}`, personal: `{"name":"王𠮷"}`,
	}
	servedRow = row{
		acts:  `[{"a":"submit","d":"2026-06-29","v":1,"by":"agencies/a00037/principals/sun","ch":"IN_PERSON","k":"NATURAL_PERSON"}]`,
		actor: "agencies/a00037/principals/sun", action: "submit",
		facts: `{"v":1,"no":"2026-00049","act":{"a":"submit","d":"2026-06-29","v":1,"by":"agencies/a00037/principals/sun","ch":"IN_PERSON","k":"NATURAL_PERSON"}}`,
		personal: `{"applicant":{"Kind":"NATURAL_PERSON","Name":"王𠮷","IDType":"居民身份证","IDNumber":"11010119000101001X","Phone":"010-00000000","Address":"某市某路'1'号",` +
			`"Postcode":"100000","Email":"w@example.cn"},"description":"关于\"征地\"补偿的文件; DROP TABLE application; --\n第二行"}`,
	}
)

// loop holds the statements of the bare loop, and the tallies that it adds to.
type loop struct {
	db                                         *sql.DB
	number, application, event, personal, head *sql.Stmt
	tally                                      *sql.Stmt
	row                                        row
	n                                          []int
	counts                                     map[int]string // by key of the agency
}

func newLoop(b *testing.B, db *sql.DB, r row) *loop {
	l := &loop{db: db, row: r, n: make([]int, *agencies), counts: map[int]string{}}
	rows, err := db.QueryContext(b.Context(), `SELECT agency, data FROM tally WHERE year = 2026`)
	if err != nil {
		b.Fatal(err)
	}
	for rows.Next() {
		var agency int
		var data string
		if err := rows.Scan(&agency, &data); err != nil {
			b.Fatal(err)
		}
		l.counts[agency] = data
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		b.Fatal(err)
	}
	prepare := func(text string) *sql.Stmt {
		s, err := db.PrepareContext(b.Context(), text)
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	l.number = prepare(`SELECT id FROM application WHERE agency = ?1 AND number = ?2`)
	l.application = prepare(`INSERT INTO application (agency, number, revision, create_time, update_time, state, pending, channel, kind,
		receive_date, basis, timing, due_date, safe_date, paid, acts, name, id_type, id_number, phone, address, postcode, email, description, remark)
		VALUES (?1, ?2, 1, 1772424000123456, 1772424000123456, 'RECEIVED', 1, 'ONLINE_FORM', 'NATURAL_PERSON',
		'2026-03-02', '', '', '2026-03-30', '2026-03-30', 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, '')`)
	l.event = prepare(`INSERT INTO event (agency, n, object, revision, time, actor, action, request_id, request_hash, facts, leaf)
		VALUES (?1, ?2, ?3, 1, 1772424000123456, ?4, ?5, ?6, ?7, ?8, ?9)`)
	l.personal = prepare(`INSERT INTO event_personal (seq, salt, data) VALUES (?1, ?2, ?3)`)
	l.head = prepare(`UPDATE agency SET events = ?2, numbers = ?3, edge = ?4, idle = 0 WHERE key = ?1`)
	l.tally = prepare(`INSERT INTO tally (agency, year, data) VALUES (?1, 2026, ?2) ON CONFLICT (agency, year) DO UPDATE SET data = excluded.data`)
	return l
}

// edgeSize is what the right edge of the tree of a few thousand events takes.
const edgeSize = 8 + 6*32

// commit writes one batch, spread over the agencies as officers would spread it.
func (l *loop) commit(b *testing.B, from, batch, agencies int) {
	tx, err := l.db.BeginTx(b.Context(), nil)
	if err != nil {
		b.Fatal(err)
	}
	must := func(r sql.Result, err error) int64 {
		if err != nil {
			b.Fatal(err)
		}
		id, _ := r.LastInsertId()
		return id
	}
	hash := make([]byte, 32)
	touched := map[int]bool{}
	for i := from; i < from+batch; i++ {
		a := i % agencies
		touched[a] = true
		l.n[a]++
		key, no := a+1, fmt.Sprintf("2027-%05d", l.n[a])
		var taken int64
		if err := tx.Stmt(l.number).QueryRow(key, no).Scan(&taken); err != sql.ErrNoRows {
			b.Fatal(err)
		}
		id := must(tx.Stmt(l.application).Exec(key, no, l.row.acts, "王𠮷", "居民身份证", "11010119000101001X", "010-00000000",
			"某市某路'1'号", "100000", `"w"@example.cn`, "关于\"征地\"补偿的文件; DROP TABLE application; --\n第二行"))
		seq := must(tx.Stmt(l.event).Exec(key, l.n[a], storage.ApplicationObject(id), l.row.actor, l.row.action, uuid.NewString(), hash, l.row.facts, hash))
		must(tx.Stmt(l.personal).Exec(seq, hash[:16], []byte(l.row.personal)))
	}
	for a := range touched {
		must(tx.Stmt(l.head).Exec(a+1, l.n[a], fmt.Sprintf(`{"2027":%d}`, l.n[a]), make([]byte, edgeSize)))
		must(tx.Stmt(l.tally).Exec(a+1, l.counts[a+1]+strings.Repeat(fmt.Sprintf("R2026|w|n\t%d\n", l.n[a]), 3)))
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}
