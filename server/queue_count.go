package server

import (
	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
)

// queueCounts counts what is open, of one holder or of all: the first page in the order of
// the due dates, so that it costs the same however much is open.
func (b *bench) queueCounts(on workflow.Date, holder string) (*pb.QueueCounts, error) {
	list, err := b.reader.Applications(b.agency, storage.Query{Order: storage.ByDue, Limit: maxRows})
	if err != nil {
		return nil, err
	}
	watch := b.rules.Watch(on)
	weekEnd := on.AddDays(int(7-on.Weekday()) % 7) // Sunday
	out := &pb.QueueCounts{BoundReached: len(list) == maxRows}
	for _, a := range list {
		if err := b.rules.Fold(a); err != nil {
			return nil, err
		}
		if holder != "" && a.Holder() != holder {
			continue
		}
		countStanding(out, a, watch.Standing(a), on, weekEnd)
	}
	return out, nil
}

// countStanding adds one open application. What is overdue is late, not due.
func countStanding(out *pb.QueueCounts, a *workflow.Application, s workflow.Standing, on, weekEnd workflow.Date) {
	out.Open++
	if a.State == workflow.UnderReview {
		out.UnderReview++
	}
	if a.State == workflow.Decided {
		out.Undelivered++
	}
	due := s.Deadline.Due
	switch {
	case s.Status.Suspended:
		out.Suspended++
	case due.IsZero():
	case s.Status.Overdue:
		out.Overdue++
	default:
		if due <= weekEnd {
			out.DueThisWeek++
		}
		switch {
		case due == on:
			out.DueToday++
		case s.Status.Left == 1:
			out.DueNext++
		}
	}
}
