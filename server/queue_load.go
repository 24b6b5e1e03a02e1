package server

import (
	"context"
	"slices"
	"strings"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// rowsInView is how many open applications one View reads where all are to be counted:
// a count over a large agency is made of several, each within the time that a View has.
const rowsInView = 20_000

// ListWorkload counts open applications by holder. It reads all that are open.
func (s *Server) ListWorkload(ctx context.Context, req *pb.ListWorkloadRequest) (*pb.ListWorkloadResponse, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	on, err := s.onDate(req.GetOnDate())
	if err != nil {
		return nil, err
	}
	loads := map[string]*pb.Workload{"": {}}
	after := storage.Query{Order: storage.ByDue}
	for more := true; more; {
		var part []heldLight
		next := after
		err := s.store.View(ctx, func(r storage.Reader) error {
			b, err := s.bench(ctx, r, agency)
			if err != nil {
				return err
			}
			part, next, more, err = b.lights(after, on)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, x := range part {
			x.count(loads)
		}
		after = next
	}
	out := &pb.ListWorkloadResponse{OnDate: on.String()}
	for holder, load := range loads {
		load.Holder = holder
		out.Workloads = append(out.Workloads, load)
	}
	slices.SortFunc(out.Workloads, func(a, b *pb.Workload) int { return strings.Compare(a.GetHolder(), b.GetHolder()) })
	return out, nil
}

// heldLight is what of an open application its holder's workload counts.
type heldLight struct {
	holder string
	light  workflow.Light
}

// lights reads open applications after a row, at most those of one View, and whether more
// follow.
func (b *bench) lights(after storage.Query, on workflow.Date) (out []heldLight, next storage.Query, more bool, err error) {
	w := b.rules.Watch(on)
	after.Limit = maxRows
	for len(out) < rowsInView {
		list, err := b.reader.Applications(b.agency, after)
		if err != nil {
			return nil, after, false, err
		}
		for _, a := range list {
			if err := b.rules.Fold(a); err != nil {
				return nil, after, false, err
			}
			s := w.Standing(a)
			after.AfterDue, after.After = s.Deadline.Due, a.ID
			out = append(out, heldLight{a.Holder(), s.Light})
		}
		if len(list) < after.Limit {
			return out, after, false, nil
		}
	}
	return out, after, true, nil
}

func (x heldLight) count(loads map[string]*pb.Workload) {
	load := loads[x.holder]
	if load == nil {
		load = &pb.Workload{}
		loads[x.holder] = load
	}
	load.Open++
	switch x.light {
	case workflow.Black:
		load.Overdue++
	case workflow.Red:
		load.Red++
	case workflow.Yellow:
		load.Yellow++
	case workflow.Grey:
		load.Suspended++
	case workflow.Green:
	}
}

// The parts of the list of late applications.
const (
	lateOpen      = iota // late on the day asked for, in the order of due dates
	lateConcluded        // concluded late in the year, in the order of registration
	lateParts
)

// ListLate lists applications that were late or are, with the workdays of each holder.
func (s *Server) ListLate(ctx context.Context, req *pb.ListLateRequest) (*pb.ListLateResponse, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	size, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	if y := req.GetYear(); y != 0 && (y < 2008 || y > 2100) {
		return nil, invalid("year", "year应为2008至2100，收到%d", "year must be 2008 to 2100, got %d", y)
	}
	key, err := s.keyOf(req, req.GetOnDate(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	year := int(req.GetYear())
	if year == 0 {
		year = key.On.Year()
	}
	out := &pb.ListLateResponse{}
	err = s.store.View(ctx, func(r storage.Reader) error {
		out.Reset()
		b, err := s.bench(ctx, r, agency)
		if err != nil {
			return err
		}
		rows, next, err := b.late(key, year, size+1)
		if err != nil {
			return err
		}
		if len(rows) > size {
			rows, next = rows[:size], next[:size]
			out.NextPageToken = nextToken(req, next[size-1])
		}
		out.Applications = rows
		return nil
	})
	return out, err
}

// late reads at most limit rows after a key, each with its own key.
func (b *bench) late(key dueKey, year, limit int) (rows []*pb.LateApplication, keys []dueKey, err error) {
	for ; key.Part < lateParts && len(rows) < limit; key = (dueKey{Part: key.Part + 1, On: key.On}) {
		if key.Part == lateOpen && year != key.On.Year() {
			continue
		}
		list, err := b.latePart(key, year, limit-len(rows))
		if err != nil {
			return nil, nil, err
		}
		for _, a := range list {
			due := b.rules.Deadline(a).Due
			rows = append(rows, b.lateApplication(a, due, key))
			keys = append(keys, dueKey{Part: key.Part, Due: due, ID: a.ID, On: key.On})
		}
	}
	return rows, keys, nil
}

// latePart reads at most limit applications of one part. One that is open and late again
// stands in the first part alone.
func (b *bench) latePart(key dueKey, year, limit int) ([]*workflow.Application, error) {
	q := storage.Query{Order: storage.ByDue, DueTo: key.On.AddDays(-1), AfterDue: key.Due, After: key.ID}
	if key.Part == lateConcluded {
		first, last := calendar.New(year, 1, 1), calendar.New(year, 12, 31)
		if first > key.On {
			return nil, nil
		}
		q = storage.Query{After: key.ID, Timings: []workflow.Timing{workflow.Late}, CloseFrom: first, CloseTo: min(last, key.On)}
	}
	var out []*workflow.Application
	for q.Limit = min(limit, maxRows); ; {
		list, err := b.reader.Applications(b.agency, q)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			if err := b.rules.Fold(a); err != nil {
				return nil, err
			}
			due := b.rules.Deadline(a).Due
			q.AfterDue, q.After = due, a.ID
			again := a.State.Open() && !due.IsZero() && key.On > due
			if key.Part == lateConcluded && again && year == key.On.Year() {
				continue
			}
			if out = append(out, a); len(out) == limit {
				return out, nil
			}
		}
		if len(list) < q.Limit {
			return out, nil
		}
	}
}

// lateApplication shows one: by the deadline that it has missed, or by which its first
// conclusion was judged.
func (b *bench) lateApplication(a *workflow.Application, due workflow.Date, key dueKey) *pb.LateApplication {
	cal := b.rules.Calendar
	out := &pb.LateApplication{Name: applicationName(b.agency, a.ID), ApplicationNo: a.ApplicationNo}
	until := key.On
	if key.Part == lateConcluded {
		due, until = a.Conclusion.DueDate, a.Conclusion.Date
		out.CloseDate, out.Cause = until.String(), a.Conclusion.LateCause
	}
	out.DueDate, out.WorkdaysLate = due.String(), int32(cal.WorkdaysBetween(due, until))
	for _, h := range a.Stints(until, cal) {
		last := h.Last
		if key.Part == lateConcluded && last.IsZero() {
			last = until
		}
		out.Holdings = append(out.Holdings, &pb.Holding{
			Holder: h.Holder, FirstDate: h.First.String(), LastDate: last.String(), Workdays: int32(h.Workdays),
		})
	}
	return out
}
