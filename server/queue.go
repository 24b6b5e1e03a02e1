package server

import (
	"context"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/clerk"
	"gongkai/storage"
	"gongkai/workflow"
)

// queueRead is one part of the queue: a risk, and where in the store's order the
// applications that may have it lie. Within a part the store's order is kept.
type queueRead struct {
	risk  workflow.Risk
	query storage.Query
}

// queueReads lists the parts of the queue, the gravest risk first. Each reads a range of
// the due dates or the applications without one, narrowed by states where these tell, so
// that a page costs what it holds and not what is open. Together they hold every open
// application once: an application belongs to the parts of its risk, whose ranges do not
// overlap.
func queueReads(w workflow.Watch, on workflow.Date) []queueRead {
	soon := w.SoonLast()
	windowFrom, windowTo := w.WindowDues()
	dated := func(from, to workflow.Date, states ...workflow.State) storage.Query {
		return storage.Query{Order: storage.ByDue, DueFrom: from, DueTo: to, States: states}
	}
	undated := func(states ...workflow.State) storage.Query {
		return storage.Query{Order: storage.ByDue, Undated: true, States: states}
	}
	ordered := dated(on, soon)
	ordered.Ordered = true
	lapsed := func(q storage.Query) storage.Query {
		q.LapsedBefore = on
		return q
	}
	reads := []queueRead{
		{workflow.RiskOverdue, dated(0, on.AddDays(-1))},
		{workflow.RiskOrder, ordered},
		{workflow.RiskDueToday, dated(on, on)},
		{workflow.RiskSupplementWindow, dated(windowFrom, windowTo, workflow.Received, workflow.Processing)},
		{workflow.RiskUnconfirmed, undated(workflow.Submitted)},
		{workflow.RiskPartySilent, lapsed(dated(on, 0, workflow.Consulting))},
		{workflow.RiskPartySilent, lapsed(undated(workflow.Consulting))},
		{workflow.RiskApplicantLapsed, lapsed(undated(workflow.SupplementPending))},
		{workflow.RiskApplicantLapsed, lapsed(undated(workflow.FeePending))},
	}
	if last := w.InternalLast(); !last.IsZero() {
		reads = append(reads, queueRead{workflow.RiskInternal, dated(on, last)})
	}
	return append(reads,
		queueRead{workflow.RiskDueSoon, dated(on, soon)},
		queueRead{workflow.RiskUndelivered, dated(soon.AddDays(1), 0, workflow.Decided)},
		// Only a consultation lets the clock stand while a last day is fixed.
		queueRead{workflow.RiskNone, dated(on, soon, workflow.Consulting)},
		queueRead{workflow.RiskNone, dated(soon.AddDays(1), 0)},
		queueRead{workflow.RiskNone, undated()},
	)
}

// queueRow is one open application with how it stands.
type queueRow struct {
	a        *workflow.Application
	standing workflow.Standing
}

// maxLooked bounds the rows that one page looks at: far down the queue a page may end early,
// and the next goes on where it stopped.
const (
	maxLooked = 5000
	leastRead = 32 // rows read at once, where few more are wanted
)

// ListQueue lists open applications by legal risk.
func (s *Server) ListQueue(ctx context.Context, req *pb.ListQueueRequest) (*pb.ListQueueResponse, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	if err := checkText("holder", req.GetHolder(), maxShort, false); err != nil {
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
	if req.GetName() != "" {
		return s.queueOf(ctx, agency, req.GetName(), key.On)
	}
	out := &pb.ListQueueResponse{}
	err = s.store.View(ctx, func(r storage.Reader) error {
		out.Reset()
		round, _, err := kept[clerk.Round](r, "", clerkObject)
		if err != nil {
			return err
		}
		out.Warnings = s.clerkWarnings(callOf(ctx).lang, round)
		b, err := s.bench(ctx, r, agency)
		if err != nil {
			return err
		}
		return b.listQueue(req, key, size, callOf(ctx).lang, out)
	})
	return out, err
}

// listQueue fills in a page, and the counts if they are asked for.
func (b *bench) listQueue(req *pb.ListQueueRequest, key dueKey, size int, lang language, out *pb.ListQueueResponse) error {
	out.OnDate = key.On.String()
	q := b.queue(key, req.GetHolder(), size)
	rows, more, err := q.page()
	if err != nil {
		return err
	}
	if req.GetCount() {
		if out.Counts, err = b.queueCounts(key.On, req.GetHolder()); err != nil {
			return err
		}
	}
	for _, row := range rows {
		out.Entries = append(out.Entries, queueEntry(b.agency, row, lang))
	}
	if more {
		out.NextPageToken = nextToken(req, q.key)
	}
	return nil
}

// queue is the reading of one page.
type queue struct {
	*bench
	watch  workflow.Watch
	reads  []queueRead
	key    dueKey
	holder string
	size   int
	looked int
	rows   []queueRow
}

func (b *bench) queue(key dueKey, holder string, size int) *queue {
	w := b.rules.Watch(key.On)
	return &queue{bench: b, watch: w, reads: queueReads(w, key.On), key: key, holder: holder, size: size}
}

// page reads until it is full, has looked at enough or is at the end, and says whether
// more may follow. The key is then that of the last row looked at.
func (q *queue) page() (rows []queueRow, more bool, err error) {
	for q.key.Part < len(q.reads) {
		full, err := q.part()
		if err != nil || full {
			return q.rows, full, err
		}
		q.key = dueKey{Part: q.key.Part + 1, On: q.key.On}
	}
	return q.rows, false, nil
}

// part reads one part from the key on; full tells that the page ends within it.
func (q *queue) part() (full bool, err error) {
	read := q.reads[q.key.Part]
	query := read.query
	query.Holder = q.holder
	for {
		query.AfterDue, query.After = q.key.Due, q.key.ID
		query.Limit = min(max(q.size-len(q.rows)+1, leastRead), maxRows)
		list, err := q.reader.Applications(q.agency, query)
		if err != nil {
			return false, err
		}
		for _, a := range list {
			if len(q.rows) == q.size || q.looked >= maxLooked {
				return true, nil
			}
			if err := q.look(a, read.risk); err != nil {
				return false, err
			}
		}
		if len(list) < query.Limit {
			return false, nil
		}
	}
}

// look takes a row into the page if it has the risk of the part.
func (q *queue) look(a *workflow.Application, risk workflow.Risk) error {
	if err := q.rules.Fold(a); err != nil {
		return err
	}
	q.looked++
	standing := q.watch.Standing(a)
	q.key.Due, q.key.ID = standing.Deadline.Due, a.ID
	if standing.Risk == risk {
		q.rows = append(q.rows, queueRow{a, standing})
	}
	return nil
}

func queueEntry(agency string, row queueRow, lang language) *pb.QueueEntry {
	s := row.standing
	return &pb.QueueEntry{
		Name: applicationName(agency, row.a.ID), ApplicationNo: row.a.ApplicationNo, State: stateOf(row.a.State),
		Light: lightOf(s.Light), Risk: enumOf[pb.QueueEntry_Risk](pb.QueueEntry_Risk_value, s.Risk),
		Advice: lang.pick(s.ZH, s.EN), RiskDate: s.Date.String(), WorkdaysLeft: int32(s.Left),
		Deadline: deadlinePB(s.Deadline, s.Status), Holder: row.a.Holder(), InternalDate: s.Internal.String(),
		SupplementDate: s.Supplement.String(), SupplementLight: lightOf(s.SupplementLight),
	}
}

func lightOf(l workflow.Light) pb.QueueEntry_Light {
	return enumOf[pb.QueueEntry_Light](pb.QueueEntry_Light_value, l)
}
