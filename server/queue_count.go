package server

import (
	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/deadline"
)

// queueTally counts what is open on a day.
type queueTally struct {
	*bench
	watch       workflow.Watch
	on, weekEnd workflow.Date // the week ends on its Sunday
	out         *pb.QueueCounts
}

// queueCounts counts what is open, of one holder or of all: the first page in the order of
// the due dates, so that it costs the same however much is open.
func (b *bench) queueCounts(on workflow.Date, holder string) (*pb.QueueCounts, error) {
	t := queueTally{bench: b, watch: b.rules.Watch(on), on: on, weekEnd: on.AddDays(int(7-on.Weekday()) % 7), out: &pb.QueueCounts{}}
	if holder == "" {
		return t.out, t.all()
	}
	n, err := t.rows(storage.Query{Holder: holder, Limit: maxRows})
	t.out.BoundReached = n == maxRows
	return t.out, err
}

// all reads states and due dates as lists hold them, and only of consultations the rows.
func (t *queueTally) all() error {
	list, err := t.reader.Pending(t.agency, maxRows)
	if err != nil {
		return err
	}
	n, consulting := 0, 0
	for _, p := range list {
		n += p.N
		if status, ok := t.watch.ListedStatus(p.State, p.Due); ok {
			t.count(p.State, p.Due, status, p.N)
		} else {
			consulting += p.N
		}
	}
	t.out.BoundReached = n == maxRows
	if consulting == 0 {
		return nil
	}
	_, err = t.rows(storage.Query{States: []workflow.State{workflow.Consulting}, Limit: consulting})
	return err
}

// rows counts the applications of a query one by one, and returns how many.
func (t *queueTally) rows(q storage.Query) (int, error) {
	q.Order = storage.ByDue
	list, err := t.reader.Applications(t.agency, q)
	if err != nil {
		return 0, err
	}
	for _, a := range list {
		if err := t.rules.Fold(a); err != nil {
			return 0, err
		}
		r := t.rules.Deadline(a)
		t.count(a.State, r.Due, r.On(t.on, t.rules.Calendar), 1)
	}
	return len(list), nil
}

// count adds n open applications that stand alike. What is overdue is late, not due.
func (t *queueTally) count(state workflow.State, due workflow.Date, status deadline.Status, applications int) {
	n := int32(applications)
	t.out.Open += n
	if state == workflow.UnderReview {
		t.out.UnderReview += n
	}
	if state == workflow.Decided {
		t.out.Undelivered += n
	}
	switch {
	case status.Suspended:
		t.out.Suspended += n
	case due.IsZero():
	case status.Overdue:
		t.out.Overdue += n
	default:
		if due <= t.weekEnd {
			t.out.DueThisWeek += n
		}
		switch {
		case due == t.on:
			t.out.DueToday += n
		case status.Left == 1:
			t.out.DueNext += n
		}
	}
}
