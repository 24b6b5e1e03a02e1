package transfer_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gongkai/storage"
	"gongkai/storage/blob"
	"gongkai/storage/sqlite"
	"gongkai/workflow"
)

var noon = time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)

func now() time.Time { return noon }

// fill makes a small register through the store: east with 40 cases, and west with none.
func fill(t testing.TB, path string) {
	t.Helper()
	s := must(sqlite.Open(t.Context(), path, sqlite.Options{}))(t)
	for _, id := range []string{"east", "west"} {
		err := s.Update(t.Context(), "", func(w storage.Writer) error {
			return w.InsertAgency(storage.Agency{ID: id, DisplayName: id, Revision: 1}, storage.Event{Object: storage.AgencyObject(id), Revision: 1})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 40 {
		err := s.Update(t.Context(), "east", func(w storage.Writer) error {
			number, err := w.NextNumber(2026)
			if err != nil {
				return err
			}
			return w.InsertApplication(&workflow.Application{
				ApplicationNo: number, Revision: 1, CreateTime: noon, UpdateTime: noon, State: workflow.Received, Channel: workflow.OnlineForm,
				Applicant: workflow.Applicant{Kind: workflow.NaturalPerson, Name: fmt.Sprintf("王𠮷%d", i)},
			}, storage.Caches{}, storage.Event{
				Revision: 1, Time: noon, RequestID: fmt.Sprint("request ", i), Facts: []byte(`{"v":1}`), Personal: []byte(`{"name":"王"}`),
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// column is a column of a file's table as its catalog shows it.
type column struct {
	table, name, kind string
	required          bool
	key               int
	refers            string // table
}

// columns lists those of all tables that are copied, tables before those that refer to them.
func columns(ctx context.Context, t fatal, db *sql.DB) (tables []string, of map[string][]column) {
	rows, err := db.QueryContext(ctx, `SELECT t.name, c.name, c.type, c."notnull" OR c.pk > 0, c.pk, COALESCE(f."table", '')
		FROM pragma_table_list t JOIN pragma_table_info(t.name) c LEFT JOIN pragma_foreign_key_list(t.name) f ON f."from" = c.name
		WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE 'goose%' AND t.name NOT LIKE 'search%'
		ORDER BY t.name = 'attachment', t.name, c.cid`)
	if err != nil {
		t.Fatalf("catalog: %v", err)
	}
	defer rows.Close()
	of = map[string][]column{}
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.table, &c.name, &c.kind, &c.required, &c.key, &c.refers); err != nil {
			t.Fatalf("catalog: %v", err)
		}
		if of[c.table] == nil {
			tables = append(tables, c.table)
		}
		of[c.table] = append(of[c.table], c)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("catalog: %v", err)
	}
	return tables, of
}

type fatal interface {
	Fatalf(format string, args ...any)
}

// fillRandomly makes a file whose tables hold anything that their types admit.
func fillRandomly(ctx context.Context, t *rapid.T, path string) {
	s, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatalf("make a register: %v", err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer db.Close()
	tables, of := columns(ctx, t, db)
	keys := map[string][]int64{"agency": {0}}
	for _, table := range tables {
		for range rapid.IntRange(0, 8).Draw(t, "rows of "+table) {
			insertRandomly(ctx, t, db, of[table], keys)
		}
	}
	attachRandomly(ctx, t, db, path)
}

// attachRandomly gives every attachment a content.
func attachRandomly(ctx context.Context, t *rapid.T, db *sql.DB, path string) {
	files, err := blob.OpenDir(blob.Beside(path), now)
	if err != nil {
		t.Fatalf("attachments: %v", err)
	}
	defer files.Close()
	var last int64
	if err := db.QueryRowContext(ctx, "SELECT COALESCE(max(id), 0) FROM attachment").Scan(&last); err != nil {
		t.Fatalf("attachments: %v", err)
	}
	for id := int64(0); id < last; {
		if err := db.QueryRowContext(ctx, "SELECT min(id) FROM attachment WHERE id > $1", id).Scan(&id); err != nil {
			t.Fatalf("attachments: %v", err)
		}
		content := keepContent(ctx, t, files, rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "content"))
		if _, err := db.ExecContext(ctx, "UPDATE attachment SET sum = $1, size = $2 WHERE id = $3", content.Sum[:], content.Size, id); err != nil {
			t.Fatalf("attachments: %v", err)
		}
	}
}

// keepContent keeps a content beside a file.
func keepContent(ctx context.Context, t fatal, files blob.Store, bytes []byte) storage.Content {
	draft, err := files.Draft()
	if err == nil {
		_, err = draft.Write(bytes)
	}
	var content storage.Content
	if err == nil {
		content = draft.Content()
		err = files.Keep(ctx, draft)
	}
	if err != nil {
		t.Fatalf("attachments: %v", err)
	}
	return content
}

// insertRandomly inserts a row. What a constraint refuses is no row.
func insertRandomly(ctx context.Context, t *rapid.T, db *sql.DB, columns []column, keys map[string][]int64) {
	var names, places []string
	var values []any
	var key int64
	for i, c := range columns {
		v := c.random(t, keys)
		if c.key == 1 {
			key, _ = v.(int64)
		}
		names, places, values = append(names, c.name), append(places, fmt.Sprintf("$%d", i+1)), append(values, v)
	}
	table := columns[0].table
	text := fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(names, ", "), strings.Join(places, ", "))
	if _, err := db.ExecContext(ctx, text, values...); err == nil {
		keys[table] = append(keys[table], key)
	} else if !strings.Contains(err.Error(), "constraint") {
		t.Fatalf("%s: %v", text, err)
	}
}

var strange = []string{"", "王𠮷", "a'b\"c", "%s $1 \\", "\t\r\n", "{}", "NULL", "e\u0301", "\ufeff", "\U0010ffff", "Z", "a", "ä"}

func (c column) random(t *rapid.T, keys map[string][]int64) any {
	if !c.required && rapid.IntRange(0, 3).Draw(t, "null") == 0 {
		return nil
	}
	if c.refers != "" {
		if len(keys[c.refers]) == 0 {
			return nil
		}
		return rapid.SampledFrom(keys[c.refers]).Draw(t, c.name)
	}
	switch c.kind {
	case "INTEGER", "BIGINT":
		if c.key > 0 {
			return rapid.Int64Range(1, 1<<40).Draw(t, c.name)
		}
		return rapid.Int64().Draw(t, c.name)
	case "BOOLEAN":
		return rapid.IntRange(0, 1).Draw(t, c.name)
	case "BLOB":
		return rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, c.name)
	case "TEXT":
		if c.name == "settings" { // which are read to list agencies
			return "{}"
		}
		return rapid.SampledFrom(strange).Draw(t, c.name) + rapid.StringMatching(`[a-z一-龥]{0,6}`).Draw(t, c.name)
	}
	t.Fatalf("column %s.%s is of type %s, of which this test knows no values", c.table, c.name, c.kind)
	return nil
}

// dump is what the tables of a file hold, with the type of every value, row by row.
func dump(ctx context.Context, t fatal, path string) (lines []string) {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatalf("dump: %v", err)
	}
	defer db.Close()
	tables, of := columns(ctx, t, db)
	for _, table := range tables {
		var parts []string
		for _, c := range of[table] {
			parts = append(parts, fmt.Sprintf("'%[1]s:' || typeof(%[1]s) || ':' || COALESCE(quote(%[1]s), '')", c.name))
		}
		rows, err := db.QueryContext(ctx, fmt.Sprintf("SELECT %s FROM %s", strings.Join(parts, " || ' ' || "), table))
		if err != nil {
			t.Fatalf("dump %s: %v", table, err)
		}
		var of []string
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatalf("dump %s: %v", table, err)
			}
			of = append(of, table+" "+line)
		}
		if err := rows.Err(); err != nil {
			t.Fatalf("dump %s: %v", table, err)
		}
		_ = rows.Close() //nolint:sqlclosecheck // before the next table is read
		lines = append(lines, of...)
	}
	return lines
}
