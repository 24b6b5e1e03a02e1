package sqlite_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
)

// table is a table whose every column is spoilt in turn.
type table struct {
	name, where, key string // key: an expression of the object's name
	skip             string // columns that hold nothing that could be told from events
}

var tables = []table{
	{"application", "close_date IS NOT NULL", "'application/' || id", ""},
	{"application", "pending AND due_date IS NOT NULL", "'application/' || id", ""},
	{"application", "paid", "'application/' || id", ""},
	{"application", "ordered", "'application/' || id", ""},
	{"application", "holder <> ''", "'application/' || id", ""},
	{"remedy", "conclude_date IS NOT NULL", "'remedy/' || id", ""},
	{"remedy", "application IS NOT NULL", "'remedy/' || id", ""},
	{"figure", "year = 2025", "'figure/' || year || '/' || code", ""},
	{"principal", "id = 'zhao'", "'principal/' || id", " token_hash "},
	{"agency", "id = 'xian'", "'agency/' || id", " key events "},
	{"agency", "successor IS NOT NULL", "'agency/' || id", " key events idle "}, // no other idle number is 0
	{"event", "request_id IS NULL AND revision = 2 AND object LIKE 'application/%'", "object", " seq "},
	{"event_personal", "seq > 9", "(SELECT object FROM event e WHERE e.seq = t.seq)", " seq "},
	{"tally", "year = 2025", "'tally/' || year", ""},
}

// TestVerifyFindsEveryColumn spoils every column of a row of each table that random lives
// fill, in several ways, and wants the row named.
func TestVerifyFindsEveryColumn(t *testing.T) {
	sound := soundRegister(t, 16)
	ways := []struct{ name, value string }{
		{"changed", "CASE typeof(%[1]s) WHEN 'integer' THEN %[1]s + 100000000 WHEN 'null' THEN 7 WHEN 'blob' THEN CAST(%[1]s || x'00' AS BLOB) ELSE %[1]s || 'x' END"},
		{"other type", "CASE typeof(%[1]s) WHEN 'text' THEN CAST(%[1]s AS BLOB) WHEN 'blob' THEN hex(%[1]s) WHEN 'integer' THEN 'x' ELSE x'00' END"},
		{"emptied", "CASE typeof(%[1]s) WHEN 'integer' THEN CASE %[1]s WHEN 0 THEN 1 ELSE 0 END ELSE CASE %[1]s WHEN '' THEN 'x' ELSE '' END END"},
	}
	if testing.Short() {
		ways = ways[:1] // the others go through the same code
	}
	for _, tb := range tables {
		for _, way := range ways {
			t.Run(tb.name+" "+tb.where+" "+way.name, func(t *testing.T) {
				t.Parallel()
				columns := strings.FieldsSeq(spoil(t, sound).text("SELECT group_concat(name, ' ') FROM pragma_table_info('" + tb.name + "')"))
				for column := range columns {
					if strings.Contains(tb.skip, " "+column+" ") {
						continue
					}
					spoilColumn(t, sound, tb, column, fmt.Sprintf(way.value, column))
				}
			})
		}
	}
}

func spoilColumn(t *testing.T, sound string, tb table, column, value string) {
	t.Helper()
	d := spoil(t, sound)
	defer d.db.Close()
	before := cmp.Or(d.text("SELECT "+tb.key+" FROM "+tb.name+" t WHERE "+tb.where+" LIMIT 1"), "?")
	// The row is found again by its place, whatever becomes of its key.
	where := fmt.Sprintf("%s IN (SELECT %s FROM %s t WHERE %s LIMIT 1)", place(tb.name), place(tb.name), tb.name, tb.where)
	if _, err := d.db.Exec("UPDATE " + tb.name + " SET " + column + " = " + value + " WHERE " + where); err != nil {
		if strings.Contains(err.Error(), "datatype mismatch") || strings.Contains(err.Error(), "constraint") {
			return // SQLite itself refuses it
		}
		t.Fatal(err)
	}
	v := d.verify()
	if !v.names(before, "") {
		t.Errorf("%s of %s: nothing names it:\n%s", column, before, v)
	}
	if tb.name == "application" && !strings.Contains(" id agency ", " "+column+" ") && !v.names(before, column) {
		t.Errorf("%s of %s: the column is not named:\n%s", column, before, v)
	}
}

// place is what tells rows of a table apart.
func place(table string) string {
	switch table {
	case "figure":
		return "agency || '/' || year || code"
	case "principal":
		return "agency || '/' || id"
	case "tally":
		return "agency || '/' || year"
	}
	return "rowid"
}
