package sqlite_test

import (
	"cmp"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver, for damage

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/server/verify"
	"gongkai/storage"
	"gongkai/storage/sqlite"
)

// damaged is a copy of a sound register that a test may spoil.
type damaged struct {
	*testing.T
	path string
	db   *sql.DB
}

func spoil(t *testing.T, sound string) *damaged {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gongkai.db")
	raw := must(os.ReadFile(sound))(t)
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	db := must(sql.Open("sqlite", path+"?_pragma=synchronous(OFF)"))(t)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return &damaged{t, path, db}
}

// exec spoils; a statement that touches nothing proves nothing.
func (d *damaged) exec(text string, args ...any) {
	d.Helper()
	r := must(d.db.Exec(text, args...))(d)
	if n, err := r.RowsAffected(); err == nil && n == 0 && !strings.HasPrefix(text, "DROP") && !strings.HasPrefix(text, "PRAGMA") {
		d.Fatalf("%s: no row is changed", text)
	}
}

func (d *damaged) text(query string, args ...any) string {
	d.Helper()
	var s string
	if err := d.db.QueryRow(query, args...).Scan(&s); err != nil {
		d.Fatalf("%s: %v", query, err)
	}
	return s
}

// releaf makes every leaf fit its event again and every tree its leaves, as whoever knows
// how would do.
func (d *damaged) releaf() {
	d.Helper()
	store := must(sqlite.OpenReadOnly(d.Context(), d.path))(d)
	defer store.Close()
	leaves := map[int64][]byte{}
	err := store.View(d.Context(), func(r storage.Reader) error {
		rows, err := r.(storage.Inspector).EventRows(0, 1_000_000)
		for _, x := range rows {
			leaves[x.Seq] = x.Hash()
		}
		return err
	})
	if err != nil {
		d.Fatal(err)
	}
	tx := must(d.db.Begin())(d)
	for seq, leaf := range leaves {
		must(tx.Exec("UPDATE event SET leaf = $2 WHERE seq = $1", seq, leaf))(d)
	}
	if err := tx.Commit(); err != nil {
		d.Fatal(err)
	}
	d.regrow()
}

// regrow makes the tree of every agency anew from the leaves that lie there.
func (d *damaged) regrow() {
	d.Helper()
	trees := map[int64]*storage.Edge{}
	rows := must(d.db.Query("SELECT agency, leaf FROM event ORDER BY seq"))(d)
	defer rows.Close()
	for rows.Next() {
		var agency int64
		var leaf []byte
		if err := rows.Scan(&agency, &leaf); err != nil {
			d.Fatal(err)
		}
		if trees[agency] == nil {
			trees[agency] = &storage.Edge{}
		}
		h, _ := storage.LeafHash(leaf)
		trees[agency].Append(h, nil)
	}
	if err := rows.Err(); err != nil {
		d.Fatal(err)
	}
	for agency, tree := range trees {
		must(d.db.Exec("UPDATE agency SET edge = $2 WHERE key = $1", agency, must(tree.MarshalBinary())(d)))(d)
	}
}

// swap exchanges columns of two events.
func (d *damaged) swap(a, b string, columns ...string) {
	d.Helper()
	for _, c := range columns {
		x, y := d.text("SELECT "+c+" FROM event WHERE seq = "+a), d.text("SELECT "+c+" FROM event WHERE seq = "+b)
		if x == y {
			d.Fatalf("%s of events %s and %s is the same", c, a, b)
		}
		d.exec("UPDATE event SET " + c + " = -1 WHERE seq = " + a)
		d.exec("UPDATE event SET "+c+" = $1 WHERE seq = "+b, x)
		d.exec("UPDATE event SET "+c+" = $1 WHERE seq = "+a, y)
	}
}

func (d *damaged) verify() verified {
	d.Helper()
	v, err := verifyFile(d.Context(), d.path)
	if err != nil {
		d.Fatalf("verifying: %v", err)
	}
	return v
}

// names reports whether a finding names an object, and a column if one is asked for.
func (v verified) names(object, column string) bool {
	return slices.ContainsFunc(v.findings, func(f verify.Finding) bool {
		return f.Object == object && (column == "" || f.Column == column)
	})
}

// only returns the check that alone found anything.
func (v verified) only() verify.Check {
	var check verify.Check
	for i, f := range v.findings {
		if i > 0 && f.Check != check {
			return ""
		}
		check = f.Check
	}
	return check
}

// soundRegister is a register of random lives, indexed and closed, whose verification is
// clean.
func soundRegister(t *testing.T, n int) string {
	t.Helper()
	e := serve(t, t.TempDir())
	e.lives(7, n)
	e.office("zhen", "shi")
	must(pb.NewAgencyServiceClient(e.admin).UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{
		Agency: &pb.Agency{Name: "agencies/zhen", Successor: "agencies/xian"}, UpdateMask: "successor",
	}))(t)
	e.close()
	store := must(sqlite.Open(t.Context(), e.path, sqlite.Options{}))(t)
	must(server.Indexing{Store: store, Now: time.Now}.Run(t.Context()))(t)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	wantClean(t, e.path)
	return e.path
}

// closedOne is an application that was concluded; the last two events of figure say the
// same.
const (
	closedOne = "(SELECT min(id) FROM application WHERE close_date IS NOT NULL AND agency = 1)"
	figure    = "figure/2025/t2.5.licences"
)

func eventOf(object string, revision int) string {
	return fmt.Sprintf("(SELECT seq FROM event WHERE agency = 1 AND object = '%s' AND revision = %d)", object, revision)
}

// damages are what a verification must find. only names the check that alone finds it:
// without that check it would go unnoticed.
var damages = []struct {
	name   string
	do     func(*damaged) (object string)
	column string
	only   verify.Check
}{
	{"index that lacks rows", func(d *damaged) string {
		d.exec("PRAGMA writable_schema = ON")
		d.exec("UPDATE sqlite_schema SET sql = replace(sql, 'WHERE pending', 'WHERE NOT pending') WHERE name = 'application_due'")
		return "file"
	}, "", verify.File},
	{"event of no agency", func(d *damaged) string {
		d.exec("INSERT INTO event (agency, n, object, time, actor, action, facts, leaf) VALUES (99, 1, 'application/1', 0, '', 'void', '{}', x'00')")
		return "application/1"
	}, "", verify.Stray},
	{"tally of no agency", func(d *damaged) string {
		d.exec("INSERT INTO tally (agency, year, data) VALUES (99, 2024, '')")
		return "tally/2024"
	}, "", ""},
	{"two events exchanged", func(d *damaged) string {
		object := d.text("SELECT object FROM event WHERE agency = 1 AND n = 10")
		a, b := d.text("SELECT seq FROM event WHERE agency = 1 AND n = 10"), d.text("SELECT seq FROM event WHERE agency = 1 AND n = 11")
		d.swap(a, b, "n")
		d.releaf()
		return object
	}, "", verify.Place},
	{"last event moved to a later place", func(d *damaged) string {
		object := d.text("SELECT object FROM event ORDER BY seq DESC LIMIT 1")
		d.exec("UPDATE event SET n = n + 1 WHERE seq = (SELECT max(seq) FROM event)")
		d.exec("UPDATE agency SET events = events + 1 WHERE key = (SELECT agency FROM event ORDER BY seq DESC LIMIT 1)")
		d.releaf()
		return object
	}, "", verify.Place},
	{"empty hash for none", func(d *damaged) string {
		d.exec("UPDATE event SET request_hash = x'' WHERE seq = 3")
		return d.text("SELECT object FROM event WHERE seq = 3")
	}, "request_hash", verify.Form},
	{"facts as a blob", func(d *damaged) string {
		d.exec("UPDATE event SET facts = CAST(facts AS BLOB) WHERE seq = 3")
		return d.text("SELECT object FROM event WHERE seq = 3")
	}, "facts", ""},
	{"another actor", func(d *damaged) string {
		d.exec("UPDATE event SET actor = 'agencies/shi/principals/li' WHERE seq = 5")
		return d.text("SELECT object FROM event WHERE seq = 5")
	}, "", verify.Leaf},
	{"another leaf", func(d *damaged) string {
		d.exec("UPDATE event SET leaf = zeroblob(32) WHERE seq = 6")
		d.regrow()
		return d.text("SELECT object FROM event WHERE seq = 6")
	}, "", verify.Leaf},
	{"other spacing in the facts", func(d *damaged) string {
		d.exec("UPDATE event SET facts = facts || ' ' WHERE seq = 8")
		return d.text("SELECT object FROM event WHERE seq = 8")
	}, "", verify.Leaf},
	{"facts of two events exchanged", func(d *damaged) string {
		a, b := d.text("SELECT max(seq) FROM event WHERE object LIKE 'application/%' AND revision = 1"), d.text("SELECT min(seq) FROM event WHERE object LIKE 'application/%' AND revision = 1")
		d.swap(a, b, "facts")
		return d.text("SELECT object FROM event WHERE seq = " + a)
	}, "", ""},
	{"salt changed", func(d *damaged) string {
		seq := d.text("SELECT min(seq) FROM event_personal")
		d.exec("UPDATE event_personal SET salt = zeroblob(16) WHERE seq = " + seq)
		return d.text("SELECT object FROM event WHERE seq = " + seq)
	}, "", verify.Leaf},
	{"personal data deleted instead of erased", func(d *damaged) string {
		seq := d.text("SELECT max(seq) FROM event_personal")
		d.exec("DELETE FROM event_personal WHERE seq = " + seq)
		return d.text("SELECT object FROM event WHERE seq = " + seq)
	}, "", ""},
	{"figure deleted", func(d *damaged) string {
		d.exec("DELETE FROM figure WHERE agency = 1 AND year = 2025")
		return figure
	}, "", verify.Gone},
	{"application deleted", func(d *damaged) string {
		id := d.text("SELECT max(id) FROM application t WHERE NOT EXISTS (SELECT 1 FROM remedy r WHERE r.application = t.id) AND number LIKE '手工%'")
		d.exec("DELETE FROM application WHERE id = " + id)
		return "application/" + id
	}, "", verify.Gone},
	{"application moved to another agency", func(d *damaged) string {
		id := d.text("SELECT max(id) FROM application WHERE agency = 1")
		d.exec("UPDATE application SET agency = 2, number = 'x' WHERE id = " + id)
		return "application/" + id
	}, "", ""},
	{"application deleted with its events", func(d *damaged) string {
		id := d.text("SELECT min(id) FROM application")
		n := d.text("SELECT min(n) FROM event WHERE agency = 1 AND object = 'application/' || $1", id)
		d.exec("DELETE FROM event WHERE object = 'application/' || $1", id)
		d.exec("DELETE FROM application WHERE id = " + id)
		return d.text("SELECT object FROM event WHERE agency = 1 AND n > $1 ORDER BY n LIMIT 1", n) // where the gap ends
	}, "", ""},
	{"principal deleted", func(d *damaged) string {
		d.exec("DELETE FROM principal WHERE id = 'zhao' AND agency = 1")
		return "principal/zhao"
	}, "", verify.Gone},
	{"remedy deleted", func(d *damaged) string {
		id := d.text("SELECT min(id) FROM remedy WHERE agency = 1")
		d.exec("DELETE FROM remedy WHERE id = " + id)
		return "remedy/" + id
	}, "", verify.Gone},
	{"personal data of nobody", func(d *damaged) string {
		d.exec("INSERT INTO event_personal (seq, salt, data) VALUES (1000000, zeroblob(16), x'7b7d')")
		return "event_personal/1000000"
	}, "", verify.Words},
	{"tree of other events", func(d *damaged) string {
		d.exec("UPDATE agency SET edge = (SELECT edge FROM agency WHERE key = 2) WHERE key = 1")
		return "agency/shi"
	}, "edge", verify.Tree},
	{"no tree", func(d *damaged) string {
		d.exec("UPDATE agency SET edge = NULL WHERE key = 1")
		return "agency/shi"
	}, "edge", verify.Tree},
	{"idle events counted wrongly", func(d *damaged) string {
		d.exec("UPDATE agency SET idle = idle + 1 WHERE key = 1")
		return "agency/shi"
	}, "idle", verify.Counter},
	{"events counted wrongly", func(d *damaged) string {
		d.exec("UPDATE agency SET events = events + 1 WHERE key = 1")
		return "agency/shi"
	}, "events", verify.Counter},
	{"last event deleted", func(d *damaged) string {
		d.exec("DELETE FROM event WHERE seq = (SELECT max(seq) FROM event WHERE agency = 0)")
		return "agency/"
	}, "events", ""},
	{"event deleted", func(d *damaged) string {
		object := d.text("SELECT object FROM event WHERE agency = 1 AND object LIKE 'application/%' AND revision = 2 LIMIT 1")
		d.exec("DELETE FROM event WHERE agency = 1 AND object = $1 AND revision = 2", object)
		return object
	}, "", ""},
	{"event inserted", func(d *damaged) string {
		d.exec(`INSERT INTO event (agency, n, object, revision, time, actor, action, facts, leaf)
			SELECT 1, max(n) + 1, 'application/1', 99, max(time), '', 'void', '{"v":1,"act":{"a":"void","d":"2026-01-01","v":99}}', zeroblob(32) FROM event WHERE agency = 1`)
		d.exec("UPDATE agency SET events = events + 1 WHERE key = 1")
		d.releaf()
		return "application/1"
	}, "", ""},
	{"revisions exchanged", func(d *damaged) string {
		d.swap(d.text("SELECT "+eventOf(figure, 2)), d.text("SELECT "+eventOf(figure, 3)), "revision")
		d.releaf()
		return figure
	}, "", verify.Revision},
	{"figure nobody entered", func(d *damaged) string {
		d.exec("INSERT INTO figure (agency, year, code, value) VALUES (1, 2023, 't2.5.licences', 1)")
		return "figure/2023/t2.5.licences"
	}, "", verify.History},
	{"application nobody registered", func(d *damaged) string {
		columns := d.text("SELECT group_concat(name) FROM pragma_table_info('application') WHERE name NOT IN ('id', 'number')")
		d.exec("INSERT INTO application (id, number, " + columns + ") SELECT 999, 'x', " + columns + " FROM application WHERE id = 1")
		return "application/999"
	}, "", ""},
	{"figure changed", func(d *damaged) string {
		d.exec("UPDATE figure SET value = value + 1000000 WHERE agency = 1 AND year = 2025")
		return figure
	}, "value", verify.Value},
	{"act changed in the row", func(d *damaged) string {
		id := d.text("SELECT " + closedOne)
		d.exec(`UPDATE application SET acts = json_set(acts, '$[0].ch', 'ORAL') WHERE id = ` + id)
		return "application/" + id
	}, "acts", verify.Value},
	{"spacing of the acts", func(d *damaged) string {
		id := d.text("SELECT " + closedOne)
		d.exec(`UPDATE application SET acts = acts || ' ' WHERE id = ` + id)
		return "application/" + id
	}, "acts", verify.Value},
	{"acts that are none", func(d *damaged) string {
		d.exec(`UPDATE application SET acts = '[' WHERE id = 1`)
		return "application/1"
	}, "acts", verify.Value},
	{"number borne twice", func(d *damaged) string {
		id := d.text("SELECT min(id) FROM application WHERE number LIKE '手工%' AND agency = 1")
		number := d.text("SELECT number FROM application WHERE id = " + id)
		other := d.text("SELECT max(number) FROM application WHERE number NOT LIKE '手工%' AND agency = 1")
		d.exec("DROP INDEX application_number")
		d.exec("UPDATE application SET number = $1 WHERE id = "+id, other)
		d.exec("UPDATE event SET facts = replace(facts, $1, $2) WHERE agency = 1 AND revision = 1 AND object = 'application/' || $3", number, other, id)
		d.releaf()
		return "application/" + id
	}, "number", verify.Number},
	{"application lost from the index", func(d *damaged) string {
		id := d.text("SELECT min(a.id) FROM application a JOIN search_progress p ON p.agency = a.agency AND a.id <= p.upto AND a.agency = 1")
		d.exec("DELETE FROM search WHERE rowid = " + id)
		return "application/" + id
	}, "", verify.Index},
	{"numbers counted too far", func(d *damaged) string {
		d.exec(`UPDATE agency SET numbers = json_set(numbers, '$."2024"', 999) WHERE key = 1`)
		return "agency/shi"
	}, "numbers", verify.Numbers},
	{"numbers that are none", func(d *damaged) string {
		d.exec(`UPDATE agency SET numbers = 'null' WHERE key = 2`)
		return "agency/xian"
	}, "numbers", verify.Numbers},
	{"tally changed", func(d *damaged) string {
		d.exec("UPDATE tally SET data = replace(data, char(9) || '1' || char(10), char(9) || '2' || char(10)) WHERE agency = 1 AND year = 2025")
		return "tally/2025"
	}, "data", verify.Tally},
	{"tally deleted", func(d *damaged) string {
		d.exec("DELETE FROM tally WHERE agency = 2 AND year = 2024")
		return "tally/2024"
	}, "data", verify.Tally},
	{"tally of a year without cases", func(d *damaged) string {
		d.exec("INSERT INTO tally (agency, year, data) SELECT agency, 2019, data FROM tally WHERE agency = 1 AND year = 2025")
		return "tally/2019"
	}, "data", verify.Tally},
}

func TestVerifyFindsDamage(t *testing.T) {
	sound := soundRegister(t, 16)
	caught := map[verify.Check]bool{}
	for _, tc := range damages {
		t.Run(tc.name, func(t *testing.T) {
			d := spoil(t, sound)
			object := tc.do(d)
			v := d.verify()
			if !v.names(object, tc.column) {
				t.Errorf("nothing names %s %s:\n%s", object, tc.column, v)
			}
			if tc.only != "" && v.only() != tc.only {
				t.Errorf("not %s alone found it:\n%s", tc.only, v)
			}
			caught[v.only()] = true
		})
	}
	for _, c := range verify.Checks() {
		if !caught[c] {
			t.Errorf("no damage would go unnoticed without the check %q", c)
		}
	}
}

// TestVerifyToleratesErasure erases personal data as the law may demand: the words go, the
// seal stays, and the columns are blank.
func TestVerifyToleratesErasure(t *testing.T) {
	d := spoil(t, soundRegister(t, 6))
	store := must(sqlite.OpenReadOnly(t.Context(), d.path))(t)
	seals := map[int64][]byte{}
	err := store.View(t.Context(), func(r storage.Reader) error {
		rows, err := r.(storage.Inspector).EventRows(0, 1_000_000)
		for _, x := range rows {
			if x.Seal != nil {
				seals[x.Seq] = x.Seal
			}
		}
		return err
	})
	if err := cmp.Or(err, store.Close()); err != nil {
		t.Fatal(err)
	}
	for seq, seal := range seals {
		d.exec("UPDATE event_personal SET salt = NULL, data = $2 WHERE seq = $1", seq, seal)
	}
	d.exec("UPDATE application SET name = '', id_type = '', id_number = '', phone = '', address = '', postcode = '', email = '', description = '', remark = ''")
	d.exec("UPDATE remedy SET remark = ''")
	if v := d.verify(); len(v.findings) > 0 {
		t.Errorf("erased data are a finding:\n%s", v)
	}
	d.exec("UPDATE application SET state = 'VOID' WHERE id = 1")
	if v := d.verify(); !v.names("application/1", "state") {
		t.Errorf("what is left is not verified:\n%s", v)
	}
}

// TestFindingsNameNobody spoils what may name persons and wants none of it told.
func TestFindingsNameNobody(t *testing.T) {
	d := spoil(t, soundRegister(t, 2))
	d.exec("UPDATE application SET name = '张三', id_number = '11010119000101001X', phone = '13800000000', address = '张三家', email = 'zhang@example.cn', description = '张三的', remark = '张三'")
	d.exec("UPDATE remedy SET remark = '张三'")
	v := d.verify()
	for _, column := range []string{"name", "id_number", "phone", "address", "email", "description", "remark"} {
		if !v.names("application/1", column) {
			t.Errorf("%s is not found", column)
		}
	}
	for _, told := range []string{"张三", "1101", "138", "zhang", "申请人", "010-", "批复"} {
		if strings.Contains(v.String(), told) {
			t.Errorf("the findings tell %q:\n%s", told, v)
		}
	}
}
