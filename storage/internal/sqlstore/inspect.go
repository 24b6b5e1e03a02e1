package sqlstore

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gongkai/storage"
)

// Views is a store that is only read: it migrates nothing and writes nothing.
type Views struct{ store *Store }

// OpenViews makes a store of which only views can be had. The schema must be the one that
// this program knows; the engine's package has seen to that.
func OpenViews(c Config) *Views {
	return &Views{&Store{dialect: c.Dialect, pool: newPool(c.dialer(c.Read), c.Readers)}}
}

// View is that of storage.Store.
func (v *Views) View(ctx context.Context, fn func(storage.Reader) error) error {
	return v.store.View(ctx, fn)
}

// Close waits for the views that are open.
func (v *Views) Close() error { return v.store.Close() }

// layout says how a table is read for inspection. A column of one's own name is selected
// as it stands, so that the engine tells what it holds and not what was declared.
type layout struct {
	agency  string // expression of the agency's key
	key     []string
	object  func(r *storage.Row) string
	columns []string
	flags   string // names of those that are booleans, each between blanks
}

func objectOf(kind string, at int) func(*storage.Row) string {
	return func(r *storage.Row) string { return fmt.Sprintf("%s/%v", kind, r.Key[at]) }
}

var layouts = map[storage.Table]layout{
	storage.AgencyTable: {
		"t.key",
		[]string{"t.key"},
		func(r *storage.Row) string { return fmt.Sprintf("agency/%s", r.Columns[0].Value) },
		strings.Fields("id name parent settings create_time revision successor"), "",
	},
	storage.PrincipalTable: {
		"t.agency",
		[]string{"t.agency", "t.id"},
		objectOf("principal", 1),
		strings.Fields("role token_hash create_time remove_time person"), "",
	},
	storage.ApplicationTable: {
		"t.agency", []string{"t.id"}, objectOf("application", 0), strings.Fields(`number kind channel receive_date create_time
			name id_type id_number phone address postcode email description remark revision update_time acts state pending
			close_date close_year basis timing due_date safe_date lapse_date paid ordered holder`), " pending paid ordered ",
	},
	storage.RemedyTable: {
		"t.agency", []string{"t.id"}, objectOf("remedy", 0), strings.Fields(`application kind file_date after_review capacity
			result conclude_date remark void revision create_time`), " after_review void ",
	},
	storage.FigureTable: {
		"t.agency",
		[]string{"t.agency", "t.year", "t.code"},
		func(r *storage.Row) string { return fmt.Sprintf("figure/%v/%v", r.Key[1], r.Key[2]) },
		strings.Fields("value"), "",
	},
	storage.AttachmentTable: {
		"t.agency", []string{"t.id"}, objectOf("attachment", 0), strings.Fields(`application remedy kind name media_type size sum
			create_time withdraw_time reason kept revision`), " kept ",
	},
	storage.CredentialTable: {
		"t.agency", []string{"t.agency", "t.principal"}, objectOf("credential", 1), strings.Fields("revision"), "",
	},
	storage.TallyTable: {"t.agency", []string{"t.agency", "t.year"}, objectOf("tally", 1), strings.Fields("data"), ""},
}

// text is the SELECT of a page: the agency's id and key, the row's key, its columns.
func (l layout) text(table storage.Table, first bool) string {
	var b strings.Builder
	b.WriteString("SELECT g.id, " + l.agency + ", " + strings.Join(l.key, ", "))
	for _, c := range l.columns {
		switch {
		case table == storage.AgencyTable && c == "parent":
			b.WriteString(", CASE WHEN t.parent IS NULL THEN NULL ELSE COALESCE((SELECT p.id FROM agency p WHERE p.key = t.parent), '?') END")
		case strings.Contains(l.flags, " "+c+" "):
			b.WriteString(", COALESCE(t." + c + ", t." + c + ")") // SQLite would show any number as a boolean
		default:
			b.WriteString(", t." + c)
		}
	}
	fmt.Fprintf(&b, " FROM %s t LEFT JOIN agency g ON g.key = %s", table, l.agency)
	limit := "$1"
	if !first {
		places := make([]string, len(l.key))
		for i := range l.key {
			places[i] = "$" + strconv.Itoa(i+1)
		}
		fmt.Fprintf(&b, " WHERE (%s) > (%s)", strings.Join(l.key, ", "), strings.Join(places, ", "))
		limit = "$" + strconv.Itoa(len(l.key)+1)
	}
	b.WriteString(" ORDER BY " + strings.Join(l.key, ", ") + " LIMIT " + limit)
	return b.String()
}

// Rows is storage.Inspector.
func (r *reader) Rows(table storage.Table, after storage.Key, limit int) ([]storage.Row, error) {
	l, ok := layouts[table]
	if !ok {
		return nil, fmt.Errorf("inspect %s: there is no such table", table)
	}
	args := make([]driver.Value, 0, len(after)+1)
	for _, k := range after {
		args = append(args, k)
	}
	var list []storage.Row
	err := r.query(l.text(table, after == nil), func(v row) error {
		x := storage.Row{Key: make(storage.Key, len(l.key)), Columns: make([]storage.Column, len(l.columns))}
		x.Agency, x.Stray = v.owner()
		for i := range l.key {
			x.Key[i] = held(v[2+i])
		}
		for i, c := range l.columns {
			value := held(v[2+len(l.key)+i])
			if strings.Contains(l.flags, " "+c+" ") {
				value = flag(value)
			}
			x.Columns[i] = storage.Column{Name: c, Value: value}
		}
		x.Object = l.object(&x)
		list = append(list, x)
		return nil
	}, append(args, int64(limit))...)
	if err != nil {
		return nil, fmt.Errorf("inspect %s after %v: %w", table, after, err)
	}
	return list, nil
}

// owner reads the id of a row's agency or, if there is none by which it could be found,
// its key.
func (r row) owner() (agency string, stray bool) {
	if id, ok := r[0].(string); ok {
		return id, false
	}
	return fmt.Sprintf("#%v", r[1]), true
}

// held is a value that outlives the row.
func held(v driver.Value) any {
	if b, ok := v.([]byte); ok {
		return bytes.Clone(b)
	}
	return v
}

// flag reads the two numbers that SQLite keeps booleans as.
func flag(v any) any {
	switch v {
	case int64(0):
		return false
	case int64(1):
		return true
	}
	return v
}

// The columns of an event as it is inspected, in the order of eventColumns.
var eventNames = strings.Fields("seq n object revision time actor action request_id request_hash facts leaf salt data")

// EventRows is storage.Inspector.
func (r *reader) EventRows(after int64, limit int) ([]storage.EventRow, error) {
	columns, from, _ := strings.Cut(eventColumns, "FROM")
	var list []storage.EventRow
	err := r.query(`SELECT g.id, e.agency, `+columns+` FROM `+from+` LEFT JOIN agency g ON g.key = e.agency
		WHERE e.seq > $1 ORDER BY e.seq LIMIT $2`, func(v row) error {
		x := storage.EventRow{}
		x.Row.Agency, x.Row.Stray = v.owner()
		x.Event = scanEvent(x.Row.Agency, v[2:])
		x.Row.Object, x.Row.Key = x.Object, storage.Key{x.Seq}
		x.Row.Columns = make([]storage.Column, len(eventNames))
		for i, name := range eventNames {
			x.Row.Columns[i] = storage.Column{Name: name, Value: held(v[2+i])}
		}
		list = append(list, x)
		return nil
	}, after, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("inspect events after %d: %w", after, err)
	}
	return list, nil
}

// LooseWords is storage.Inspector.
func (r *reader) LooseWords(after, upTo int64) (list []int64, err error) {
	err = r.query(`SELECT p.seq FROM event_personal p LEFT JOIN event e ON e.seq = p.seq
		WHERE p.seq > $1 AND p.seq <= $2 AND e.seq IS NULL ORDER BY p.seq LIMIT 1000`, func(v row) error {
		list = append(list, v.integer(0))
		return nil
	}, after, upTo)
	if err != nil {
		return nil, fmt.Errorf("inspect personal data after %d: %w", after, err)
	}
	return list, nil
}

// Counters is storage.Inspector.
func (r *reader) Counters() ([]storage.Counter, error) {
	var list []storage.Counter
	err := r.query(`SELECT id, events, numbers, idle, edge FROM agency ORDER BY id`, func(v row) error {
		id, ok := v[0].(string)
		if !ok { // nobody finds it by that
			return nil
		}
		c := storage.Counter{Agency: id, Events: v.integer(1), Idle: v.integer(3)}
		c.Torn = c.Edge.UnmarshalBinary(v.bytes(4))
		c.Fault = json.Unmarshal(v.bytes(2), &c.Numbers)
		if text, err := json.Marshal(c.Numbers); c.Fault == nil && (err != nil || c.Numbers == nil || string(text) != v[2]) {
			c.Fault = fmt.Errorf("%q is not how the store writes %s", v.text(2), text)
		}
		list = append(list, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("inspect counters: %w", err)
	}
	return list, nil
}

// Holds is storage.Inspector.
func (r *reader) Holds(agency, object string) (holds, known bool, err error) {
	key, err := r.keyOf(agency)
	if err != nil {
		return false, false, fmt.Errorf("look for %s: %w", object, err)
	}
	kind, id, _ := strings.Cut(object, "/")
	var text string
	args := []driver.Value{key, id}
	switch kind {
	case "application", "remedy", "attachment":
		n, _ := strconv.ParseInt(id, 10, 64) // no row has 0
		text, args[1] = `SELECT id FROM `+kind+` WHERE agency = $1 AND id = $2`, n
	case "principal":
		text = `SELECT id FROM principal WHERE agency = $1 AND id = $2`
	case "credential":
		text = `SELECT principal FROM credential WHERE agency = $1 AND principal = $2`
	case "agency":
		text, args = `SELECT id FROM agency WHERE id = $1`, []driver.Value{id}
	case "figure":
		year, code, _ := strings.Cut(id, "/")
		n, _ := strconv.ParseInt(year, 10, 64) // nor has one of a year 0
		text, args = `SELECT code FROM figure WHERE agency = $1 AND year = $2 AND code = $3`, []driver.Value{key, n, code}
	default:
		return false, false, nil
	}
	err = r.one(text, func(row) error { return nil }, args...)
	if errors.Is(err, storage.ErrNotFound) {
		return false, true, nil
	}
	return err == nil, true, err
}

// Bearers is storage.Inspector.
func (r *reader) Bearers(agency, number string) (n int64, err error) {
	key, err := r.keyOf(agency)
	if err == nil {
		err = r.query(`SELECT count(*) FROM application WHERE agency = $1 AND number = $2`, func(v row) error {
			n = v.integer(0)
			return nil
		}, key, number)
	}
	if err != nil {
		return 0, fmt.Errorf("bearers of number %s: %w", number, err)
	}
	return n, nil
}

// Taken is storage.Inspector. Numbers of one length sort as texts.
func (r *reader) Taken(agency, year string, n int64) (taken int64, err error) {
	key, err := r.keyOf(agency)
	for from := int64(1); err == nil && from <= n; {
		to, size := int64(99_999), 5
		for ; to < from; size++ {
			to = to*10 + 9
		}
		err = r.query(`SELECT count(*) FROM application WHERE agency = $1 AND number >= $2 AND number <= $3 AND length(number) = $4`,
			func(v row) error {
				taken += v.integer(0)
				return nil
			}, key, fmt.Sprintf("%s-%05d", year, from), fmt.Sprintf("%s-%05d", year, min(n, to)), int64(len(year)+1+size))
		from = to + 1
	}
	if err != nil {
		return 0, fmt.Errorf("numbers taken in %s: %w", year, err)
	}
	return taken, nil
}

var _ storage.Inspector = (*reader)(nil)
