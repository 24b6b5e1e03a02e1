package server

import (
	"context"

	"google.golang.org/protobuf/proto"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/deadline"
)

// The three parts of the list of open applications, in its order.
const (
	dated       = iota // a last day is fixed and the clock runs on the day asked for
	suspended          // the clock stands on that day
	unconfirmed        // no day of receipt yet
	parts
)

// partOf says in which part of the list a clock belongs.
func partOf(s deadline.Status) int {
	switch {
	case s.Unconfirmed:
		return unconfirmed
	case s.Suspended || s.Due.IsZero():
		return suspended
	}
	return dated
}

// dueStates are the states in which a part of the list is looked for; nil: in all. A
// clock stands only while somebody else is to act.
func dueStates(part int) []workflow.State {
	switch part {
	case suspended:
		return []workflow.State{workflow.SupplementPending, workflow.Consulting, workflow.FeePending}
	case unconfirmed:
		return []workflow.State{workflow.Submitted}
	}
	return nil
}

// dueKey is the last row of a page: its part of the list and its place in the store's
// order, and the day that the list is about.
type dueKey struct {
	Part int           `json:"p,omitempty"`
	Due  workflow.Date `json:"d,omitzero"`
	ID   int64         `json:"i,omitempty"`
	On   workflow.Date `json:"o,omitzero"`
}

// dueRow is one open application with its clock.
type dueRow struct {
	key      dueKey
	a        *workflow.Application
	deadline *pb.Deadline
}

// ListDueApplications lists the open applications of one agency by legal urgency. It
// reads open applications only, each part of the list by an index.
func (s *Server) ListDueApplications(ctx context.Context, req *pb.ListDueApplicationsRequest) (*pb.ListDueApplicationsResponse, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	size, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	key, err := s.keyOf(req, req.GetOnDate(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	out := &pb.ListDueApplicationsResponse{}
	err = s.store.View(ctx, func(r storage.Reader) error {
		out.Reset()
		out.OnDate = key.On.String()
		b, err := s.bench(ctx, r, agency)
		if err != nil {
			return err
		}
		rows, err := b.due(key, size+1)
		if err != nil {
			return err
		}
		if len(rows) > size {
			rows = rows[:size]
			out.NextPageToken = nextToken(req, rows[size-1].key)
		}
		for _, row := range rows {
			out.Applications = append(out.Applications, &pb.DueApplication{
				Name: applicationName(agency, row.a.ID), ApplicationNo: row.a.ApplicationNo, State: stateOf(row.a.State), Deadline: row.deadline,
			})
		}
		return nil
	})
	return out, err
}

// keyOf reads where a page of a list about a day begins. The day stays that of the first
// page, whatever day it is by now.
func (s *Server) keyOf(req proto.Message, onDate, token string) (dueKey, error) {
	on, err := s.onDate(onDate)
	if err != nil {
		return dueKey{}, err
	}
	key, err := readToken[dueKey](req, token)
	key.Part = max(key.Part, 0)
	if key.On.IsZero() {
		key.On = on
	}
	return key, err
}

// due reads at most limit rows after a key.
func (b *bench) due(key dueKey, limit int) ([]dueRow, error) {
	var rows []dueRow
	for key.Part < parts && len(rows) < limit {
		part, err := b.duePart(key, limit-len(rows))
		if err != nil {
			return nil, err
		}
		rows = append(rows, part...)
		key = dueKey{Part: key.Part + 1, On: key.On}
	}
	return rows, nil
}

// duePart reads at most limit rows of one part of the list.
func (b *bench) duePart(key dueKey, limit int) ([]dueRow, error) {
	var rows []dueRow
	q := storage.Query{Order: storage.ByDue, States: dueStates(key.Part), AfterDue: key.Due, After: key.ID}
	for {
		q.Limit = min(limit+1, maxRows)
		list, err := b.reader.Applications(b.agency, q)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			if err := b.rules.Fold(a); err != nil {
				return nil, err
			}
			r := b.rules.Deadline(a)
			q.AfterDue, q.After = r.Due, a.ID
			if key.Part == dated && r.Due.IsZero() {
				return rows, nil // those without a date come last
			}
			status := r.On(key.On, b.rules.Calendar)
			if partOf(status) != key.Part {
				continue
			}
			rows = append(rows, dueRow{dueKey{key.Part, r.Due, a.ID, key.On}, a, deadlinePB(r, status)})
			if len(rows) == limit {
				return rows, nil
			}
		}
		if len(list) < q.Limit {
			return rows, nil
		}
	}
}
