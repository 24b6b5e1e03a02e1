package sqlstore

import (
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"

	"gongkai/storage"
	"gongkai/workflow"
)

// where collects the conditions of a list and their arguments.
type where struct {
	text strings.Builder
	args []driver.Value
}

// and adds a condition in which each ? stands for the next argument.
func (w *where) and(condition string, args ...driver.Value) {
	if w.text.Len() == 0 {
		w.condition(" WHERE ", condition, args...)
	} else {
		w.condition(" AND ", condition, args...)
	}
}

func (w *where) condition(word, condition string, args ...driver.Value) {
	w.text.WriteString(word)
	for _, a := range args {
		before, after, _ := strings.Cut(condition, "?")
		w.args = append(w.args, a)
		w.text.WriteString(before + "$" + strconv.Itoa(len(w.args)))
		condition = after
	}
	w.text.WriteString(condition)
}

// in adds a condition that a column has one of some values; none admits all.
func in[T ~string](w *where, column string, values []T) {
	if len(values) == 0 {
		return
	}
	args := make([]driver.Value, len(values))
	for i, v := range values {
		args[i] = string(v)
	}
	w.and(column+" IN ("+strings.Repeat(", ?", len(values))[2:]+")", args...)
}

// between adds a condition that a date lies between two days, each of which may be open.
func (w *where) between(column string, from, to workflow.Date) {
	if !from.IsZero() {
		w.and(column+" >= ?", from.String())
	}
	if !to.IsZero() {
		w.and(column+" <= ?", to.String())
	}
}

// closed adds the WHERE of a subquery that finds the cases of a cell in their index
// alone. Without it engines walk through the whole agency, because that is in order.
func (w *where) closed(key int64, q storage.Query) {
	w.condition(" WHERE ", "agency = ?", key)
	from, to := int64(q.CloseFrom.Year()), int64(q.CloseTo.Year())
	switch {
	case q.CloseTo.IsZero():
		w.and("close_year >= ?", from)
	case q.CloseFrom.IsZero():
		w.and("close_year <= ?", to)
	case from == to:
		w.and("close_year = ?", from)
	default:
		w.and("close_year >= ? AND close_year <= ?", from, to)
	}
	in(w, "basis", q.Bases)
	in(w, "kind", q.Kinds)
}

// Applications is storage.Reader.
func (r *reader) Applications(agency string, q storage.Query) (list []*workflow.Application, err error) {
	key, err := r.keyOf(agency)
	if err == nil && q.Order == storage.ByDue {
		list, err = r.byDue(agency, key, q)
	} else if err == nil {
		list, err = r.page(agency, key, q, func(w *where) {
			if q.After != 0 {
				w.and("t.id > ?", q.After)
			}
		}, "t.id", q.Limit)
	}
	if err != nil {
		return nil, fmt.Errorf("list applications: %w", err)
	}
	return list, nil
}

// byHolder reports a list by due date that the index of a holder's due dates shall serve.
// Orders have an index of their own, which holds few.
func byHolder(q storage.Query) bool { return q.Holder != "" && !q.Ordered }

// byDue reads first those with a due date, then those without: engines differ in where
// they put NULL, and neither finds it in an index when it is told to.
func (r *reader) byDue(agency string, key int64, q storage.Query) ([]*workflow.Application, error) {
	var dated []*workflow.Application
	var err error
	due, from := "t.due_date", q.DueFrom
	if byHolder(q) {
		due = "t.due_date || ''" // as the index of a holder's due dates says it
		if q.After != 0 {
			from = max(from, q.AfterDue) // SQLite finds no pair with an expression in an index
		}
	}
	if !q.Undated && (q.After == 0 || !q.AfterDue.IsZero()) {
		dated, err = r.page(agency, key, q, func(w *where) {
			w.and("t.pending AND " + due + " IS NOT NULL")
			w.between(due, from, q.DueTo)
			if q.After != 0 {
				w.and("("+due+", t.id) > (?, ?)", q.AfterDue.String(), q.After)
			}
		}, due+", t.id", q.Limit)
		if err != nil || len(dated) == q.Limit {
			return dated, err
		}
		q.After = 0
	}
	if q.DueFrom|q.DueTo != 0 {
		return dated, nil
	}
	undated, err := r.page(agency, key, q, func(w *where) {
		w.and("t.pending AND " + due + " IS NULL")
		if q.After != 0 {
			w.and("t.id > ?", q.After)
		}
	}, "t.id", q.Limit-len(dated))
	return append(dated, undated...), err
}

// pendings count open applications with a due date, and those without. They read the index
// of states alone: the first of each state, and of these the first. An engine asked for all
// states at once would read the rows, or sort whatever is open.
var pendings = [...]string{pendingText("due_date IS NOT NULL"), pendingText("due_date IS NULL")}

func pendingText(dated string) string {
	var first []string
	for _, s := range workflow.States() {
		if s.Open() {
			first = append(first, `SELECT * FROM (SELECT state, due_date, id FROM application
				WHERE agency = $1 AND pending AND state = '`+string(s)+`' AND `+dated+` ORDER BY due_date, id LIMIT $2) t`)
		}
	}
	return `SELECT state, due_date, count(*) FROM (SELECT state, due_date FROM (` + strings.Join(first, ` UNION ALL `) + `) t
		ORDER BY due_date, id LIMIT $2) t GROUP BY state, due_date`
}

// Pending is storage.Reader.
func (r *reader) Pending(agency string, limit int) (list []storage.Pending, err error) {
	key, err := r.keyOf(agency)
	for _, text := range pendings {
		if err != nil || limit == 0 {
			break
		}
		err = r.query(text, func(v row) error {
			due, err := v.date(1)
			p := storage.Pending{State: workflow.State(v.text(0)), Due: due, N: int(v.integer(2))}
			list, limit = append(list, p), limit-p.N
			return err
		}, key, int64(limit))
	}
	if err != nil {
		return nil, fmt.Errorf("count open applications: %w", err)
	}
	return list, nil
}

// page reads one page of a list: its own conditions, those of the query, its order.
func (r *reader) page(
	agency string, key int64, q storage.Query, own func(*where), order string, limit int,
) ([]*workflow.Application, error) {
	var w where
	w.and("t.agency = ?", key)
	own(&w)
	narrow(&w, key, q)
	w.args = append(w.args, int64(limit))
	text := `SELECT ` + applicationColumns + w.text.String() + ` ORDER BY ` + order + ` LIMIT $` + strconv.Itoa(len(w.args))
	var list []*workflow.Application
	err := r.query(text, func(v row) error {
		a, err := scanApplication(agency, v)
		list = append(list, a)
		return err
	}, w.args...)
	return list, err
}

// narrow adds the filters of a query, and the indexes by which those are found.
func narrow(w *where, key int64, q storage.Query) {
	if q.Order == storage.ByDue {
		w.and("t.state NOT IN ('CLOSED', 'ARCHIVED')")
	}
	w.filter(q)
	if q.CloseFrom|q.CloseTo != 0 {
		w.and("t.id IN (SELECT id FROM application")
		w.closed(key, q)
		w.text.WriteString(")")
	}
	if d := q.OpenOver; !d.IsZero() {
		// Those few stand in two indexes; the conditions above would read all cases before d.
		w.and(`t.id IN (SELECT id FROM application WHERE agency = ? AND pending
			UNION ALL SELECT id FROM application WHERE agency = ? AND close_year >= ?)`, key, key, int64(d.Year()))
	}
}

// filter adds the filters of a query as conditions on the row alone.
func (w *where) filter(q storage.Query) {
	if q.Order == storage.ByDue && (len(q.States) > 1 || byHolder(q)) {
		// The index of states has each state in order, not all of them, and everybody's: an
		// engine that took it would sort whatever is open, or read it.
		in(w, "t.state || ''", q.States)
	} else {
		in(w, "t.state", q.States)
	}
	in(w, "t.channel", q.Channels)
	in(w, "t.kind", q.Kinds)
	in(w, "t.basis", q.Bases)
	in(w, "t.timing", q.Timings)
	w.between("t.receive_date", q.ReceiveFrom, q.ReceiveTo)
	w.between("t.close_date", q.CloseFrom, q.CloseTo)
	if d := q.OpenOver; !d.IsZero() {
		w.and("t.receive_date <= ? AND (t.close_date IS NULL OR t.close_date > ?)", d.String(), d.String())
	}
	if q.ReceiveFrom|q.ReceiveTo|q.CloseFrom|q.CloseTo|q.OpenOver != 0 {
		w.and("t.state <> 'VOID'")
	}
	if q.Paid {
		w.and("t.paid")
	}
	if q.Ordered {
		w.and("t.ordered")
	}
	if q.Holder != "" {
		w.and("t.holder = ? AND t.holder <> ''", q.Holder) // the second as the index says it
	}
	if !q.LapsedBefore.IsZero() {
		w.and("t.lapse_date < ?", q.LapsedBefore.String())
	}
}
