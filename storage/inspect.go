package storage

import (
	"bytes"
	"context"
	"fmt"

	"gongkai/workflow"
)

// Inspector reads the register as it lies in the store, column by column and whoever it
// belongs to. Only a verification asks for that; every Reader of our engines is one.
type Inspector interface {
	Reader

	// Rows lists at most limit rows of a table after a key, in the order of keys.
	Rows(table Table, after Key, limit int) ([]Row, error)
	// EventRows lists at most limit events of all agencies after a place in the store.
	EventRows(after int64, limit int) ([]EventRow, error)
	// LooseWords lists places between two, the first not included, at which personal data
	// lie without an event.
	LooseWords(after, upTo int64) ([]int64, error)
	// Counters lists what agencies count by, the installation's own register included.
	Counters() ([]Counter, error)
	// Holds reports whether a row is there that events of an agency may be about. known
	// tells that such objects have rows at all.
	Holds(agency, object string) (holds, known bool, err error)
	// Bearers counts the applications of an agency under a number.
	Bearers(agency, number string) (int64, error)
	// Taken counts numbers of a year, from the first to the nth, that applications bear.
	Taken(agency, year string, n int64) (int64, error)
	// IndexSums reads all that the search index holds, once through: it is sorted by tokens,
	// so that asking for one document after another would read it as often.
	IndexSums() (IndexSums, error)
	// IndexFaults looks at most limit applications after an id up, of those that the search
	// index said it knows, and lists those that it does not find by all of their tokens; those
	// whose sums agree are not looked for. last is the id to go on after; 0: none is left.
	IndexFaults(sums IndexSums, after int64, limit int) (faults []IndexFault, last int64, err error)
	// Kept is what the store keeps of an Agency, Principal, Event, Figure, Cached, Attachment,
	// workflow.Remedy or one year's report.Tally; anything else is a programming error.
	Kept(thing any) []Column
}

// Viewer is a store that can be read.
type Viewer interface {
	View(ctx context.Context, fn func(Reader) error) error
}

// Table is a kind of rows that can be inspected.
type Table int

// The tables, in the order in which they refer to each other.
const (
	AgencyTable Table = iota
	PrincipalTable
	ApplicationTable
	RemedyTable
	FigureTable
	TallyTable
	AttachmentTable
	CredentialTable
)

// Key is the place of a row in its table; nil is before all.
type Key []any

// Column is a value as it is stored: a string, int64, bool, []byte, or nil for NULL. What
// the engine hands over in another form stays in that, so that it equals no other value.
type Column struct {
	Name  string
	Value any
}

// Row is a row as it lies in the store.
type Row struct {
	Key     Key
	Agency  string // "#7" if the row is Stray
	Stray   bool   // the row belongs to agency 7, which does not exist
	Object  string // as its events name it
	Columns []Column
}

// EventRow is an event, as it reads and as it is stored.
type EventRow struct {
	Event
	Row Row
}

// Cached is an application with its caches.
type Cached struct {
	*workflow.Application
	Caches
}

// Counter is what an agency counts by.
type Counter struct {
	Agency  string
	Events  int64
	Idle    int64            // of the events, those that changed nothing
	Edge    Edge             // of the tree over the leaves of the events
	Torn    error            // the edge cannot be read
	Numbers map[string]int64 // last number given by the store, by year
	Fault   error            // the numbers cannot be read
}

// Difference is a column that does not hold what it should.
type Difference struct {
	Column          string
	Stored, Derived any
}

// Diff compares the columns of a row with those that it should have. What want does not
// name is not compared.
func (r *Row) Diff(want []Column) []Difference {
	var list []Difference
	for _, w := range want {
		if got, ok := r.Value(w.Name); !ok || !equal(got, w.Value) {
			list = append(list, Difference{w.Name, got, w.Value})
		}
	}
	return list
}

// Value is the value of a column, if there is one.
func (r *Row) Value(column string) (any, bool) {
	for i := range r.Columns {
		if r.Columns[i].Name == column {
			return r.Columns[i].Value, true
		}
	}
	return nil, false
}

func equal(a, b any) bool {
	x, ok := a.([]byte)
	y, too := b.([]byte)
	if ok != too {
		return false
	}
	if ok {
		return bytes.Equal(x, y)
	}
	return a == b
}

// String names a table as the schema does.
func (t Table) String() string {
	names := [...]string{"agency", "principal", "application", "remedy", "figure", "tally", "attachment", "credential"}
	if t < 0 || int(t) >= len(names) {
		return fmt.Sprintf("table %d", int(t))
	}
	return names[t]
}
