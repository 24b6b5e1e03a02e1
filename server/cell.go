package server

import (
	"context"
	"errors"
	"strings"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/report"
)

// cellKey is where a page of what is behind a cell ended: within which term of the cell,
// and after which row.
type cellKey struct {
	Register string `json:"r,omitempty"` // of a roll-up
	Term     int    `json:"t"`
	After    int64  `json:"a"`
}

// ListCellEntries lists what is behind one cell.
func (s *Server) ListCellEntries(ctx context.Context, req *pb.ListCellEntriesRequest) (*pb.ListCellEntriesResponse, error) {
	id, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	year, form, err := reportOn(req.GetYear(), req.GetForm())
	if err != nil {
		return nil, err
	}
	size, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	key, err := readToken[cellKey](req, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	var out *pb.ListCellEntriesResponse
	err = s.store.View(ctx, func(r storage.Reader) error {
		a, err := r.Agency(id)
		if err != nil {
			return err
		}
		sel, err := report.ParseCell(form, report.VariantOf(a.Settings, year), year, req.GetCell())
		if errors.Is(err, report.ErrEntered) {
			out, err = enteredCell(r, a, year, form, req.GetCell())
			return err
		}
		if err != nil {
			return cellFault(err)
		}
		b := behind{reader: r, agency: a, law: s.law(a), terms: sel.Terms(), size: size}
		out, err = b.answer(sel, req, key)
		return err
	})
	return out, err
}

// enteredCell is the answer for a cell that no case counts in.
func enteredCell(r storage.Reader, a storage.Agency, year int, form report.Form, name string) (*pb.ListCellEntriesResponse, error) {
	rep, err := compute(r, a, year, form)
	if err != nil {
		return nil, err
	}
	cell, err := rep.Cell(name)
	return &pb.ListCellEntriesResponse{Value: cell.Value.String(), Entered: true}, err
}

// answer is a page of what a derived cell counts, with its figure.
func (b *behind) answer(sel report.Selector, req *pb.ListCellEntriesRequest, key cellKey) (*pb.ListCellEntriesResponse, error) {
	tally, err := b.reader.Tally(b.agency.ID, firstYear, sel.Year)
	if err != nil {
		return nil, err
	}
	next, err := b.page(key)
	out := &pb.ListCellEntriesResponse{Value: sel.Value(tally).String(), Entries: b.entries}
	if next != (cellKey{}) {
		out.NextPageToken = nextToken(req, next)
	}
	return out, err
}

// law is the rules by which an agency's cases are judged.
func (s *Server) law(a storage.Agency) workflow.Rules {
	return workflow.Rules{Calendar: s.calendar(), Settings: a.Settings}
}

// cellFault names the cells that would be right.
func cellFault(err error) error {
	var unknown *report.CellError
	if !errors.As(err, &unknown) {
		return err
	}
	f := failf(pb.Reason_CELL_UNKNOWN, "表式%[1]s没有单元格“%[2]s”；相近的有：%[3]s", "form %[1]s has no cell %[2]q; near it are: %[3]s",
		unknown.Form, unknown.Cell, joined(unknown.Near))
	f.field = "cell"
	return f
}

// behind collects a page of the cases that a cell counts.
type behind struct {
	reader  storage.Reader
	agency  storage.Agency
	law     workflow.Rules
	terms   []report.Term
	size    int
	entries []*pb.CellEntry
}

// scanBatch is how many rows are read at a time at most, where a term is narrower than a
// query. The first read takes what the page lacks, and each further one twice as many.
const scanBatch = 500

func (b *behind) lacks() int { return min(b.size-len(b.entries)+1, scanBatch) }

// page fills a page and returns where the next one begins; the zero key at the end.
func (b *behind) page(from cellKey) (cellKey, error) {
	for i := max(from.Term, 0); i < len(b.terms); i++ {
		after := int64(0)
		if i == from.Term {
			after = from.After
		}
		read := b.applications
		switch b.terms[i].Flow {
		case report.Decided, report.Pending, report.Undecided, report.Filed:
			read = b.remedies
		case report.Received, report.Concluded, report.Carried, report.Open, report.Fee:
		}
		last, full, err := read(b.terms[i], after)
		if err != nil {
			return cellKey{}, err
		}
		if full {
			return cellKey{Term: i, After: last}, nil
		}
	}
	return cellKey{}, nil
}

// applications adds those that a term counts. full says that the page ended before the
// list did.
func (b *behind) applications(t report.Term, after int64) (last int64, full bool, err error) {
	q := queryOf(t)
	q.After, q.Limit = after, b.lacks()
	var counts []report.Count
	for ; ; q.Limit = min(2*q.Limit, scanBatch) {
		list, err := b.reader.Applications(b.agency.ID, q)
		if err != nil {
			return 0, false, err
		}
		for _, a := range list {
			if err := b.law.Fold(a); err != nil {
				return 0, false, err
			}
			counts = report.AppendTuples(counts[:0], a)
			amount, in := matching(t, counts)
			if in {
				if len(b.entries) == b.size {
					return q.After, true, nil
				}
				e := &pb.CellEntry{ApplicationNo: a.ApplicationNo, Application: applicationName(b.agency.ID, a.ID)}
				if t.Flow == report.Fee {
					e.AmountFen = amount
				}
				b.entries = append(b.entries, e)
			}
			q.After = a.ID
		}
		if len(list) < q.Limit {
			return 0, false, nil
		}
	}
}

// matching sums the tuples that meet a term.
func matching(t report.Term, counts []report.Count) (n int64, in bool) {
	for _, c := range counts {
		if t.Matches(c.Tuple) {
			n, in = n+c.N, true
		}
	}
	return n, in
}

// queryOf narrows the store's search to what a term can count.
func queryOf(t report.Term) storage.Query {
	first, last := calendar.New(t.From, 1, 1), calendar.New(t.To, 12, 31)
	q := storage.Query{Channels: t.Channels, Kinds: t.Kinds}
	switch t.Flow {
	case report.Received:
		q.ReceiveFrom, q.ReceiveTo = first, last
	case report.Concluded:
		q.CloseFrom, q.CloseTo, q.Bases, q.Timings = first, last, t.Bases, t.Timings
	case report.Carried, report.Open:
		q.OpenOver = last
	case report.Fee:
		q.Paid = true
	case report.Decided, report.Pending, report.Undecided, report.Filed:
	}
	return q
}

// remedies adds those that a term counts.
func (b *behind) remedies(t report.Term, after int64) (last int64, full bool, err error) {
	q := storage.RemedyQuery{After: after, Limit: b.lacks()}
	for ; ; q.Limit = min(2*q.Limit, scanBatch) {
		list, err := b.reader.Remedies(b.agency.ID, q)
		if err != nil {
			return 0, false, err
		}
		for i := range list {
			r := &list[i]
			if _, in := matching(t, report.RemedyTuples(r)); in {
				if len(b.entries) == b.size {
					return q.After, true, nil
				}
				b.entries = append(b.entries, remedyEntry(r))
			}
			q.After = r.ID
		}
		if len(list) < q.Limit {
			return 0, false, nil
		}
	}
}

func remedyEntry(r *workflow.Remedy) *pb.CellEntry {
	e := &pb.CellEntry{
		ApplicationNo: r.ApplicationNo, FileDate: r.FileDate.String(), RemedyKind: strings.ToLower(string(r.Kind)),
	}
	if r.ApplicationID != 0 {
		e.Application = applicationName(r.Agency, r.ApplicationID)
	}
	return e
}
