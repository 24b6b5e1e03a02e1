package server

import (
	"context"
	"errors"
	"slices"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow/report"
)

// ListRollupEntries lists what is behind a cell of a roll-up: unit by unit the figure that
// stands for itself, because it was entered or came in a report, then the cases, register
// by register. Registers that have nothing in the cell are not read.
func (s *Server) ListRollupEntries(ctx context.Context, req *pb.ListRollupEntriesRequest) (*pb.ListCellEntriesResponse, error) {
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
		u, err := s.rollUp(r, id, year, form, req.GetOwnOnly())
		if err != nil {
			return err
		}
		w := walk{server: s, reader: r, rollup: u, cell: req.GetCell(), size: size, selectors: map[*group]*selected{}}
		out, err = w.page(req, key)
		return cellFault(err)
	})
	return out, err
}

// walk goes over the registers of a roll-up and collects a page.
type walk struct {
	server  *Server
	reader  storage.Reader
	rollup  *rollup
	cell    string
	size    int
	entries []*pb.CellEntry

	selectors map[*group]*selected
}

// page is the answer from a place on.
func (w *walk) page(req *pb.ListRollupEntriesRequest, key cellKey) (*pb.ListCellEntriesResponse, error) {
	rep, _, err := w.rollup.report(w.reader)
	if err != nil {
		return nil, err
	}
	cell, err := rep.Cell(w.cell)
	if err != nil {
		return nil, err
	}
	next, err := w.from(key)
	out := &pb.ListCellEntriesResponse{Value: cell.Value.String(), Entered: cell.Entered, Entries: w.entries}
	if next != (cellKey{}) {
		out.NextPageToken = nextToken(req, next)
	}
	return out, err
}

// from fills a page and returns where the next one begins; the zero key at the end.
func (w *walk) from(key cellKey) (cellKey, error) {
	for i := range w.rollup.shares {
		share := &w.rollup.shares[i]
		if key.Register != "" && key.Register != share.register {
			continue
		}
		if key.Register == "" && share.register == share.unit.ID {
			if len(w.entries) == w.size {
				return cellKey{Register: share.register, Term: beforeTerms}, nil
			}
			key.Term = beforeTerms
		}
		if key.Term == beforeTerms {
			if err := w.figure(share.unit); err != nil {
				return cellKey{}, err
			}
			key.Term = 0
		}
		next, err := w.cases(share, key)
		if err != nil || next != (cellKey{}) {
			return next, err
		}
		key = cellKey{}
	}
	return cellKey{}, nil
}

// beforeTerms is the place of a unit's own figure, before its cases.
const beforeTerms = -1

// selected is what the cell counts in a group.
type selected struct {
	report.Selector
	entered bool // by hand: it counts no case
}

// selector reads the cell in the print of a group. One that only the print of the top has
// counts no case in the others.

func (w *walk) selector(g *group) (*selected, error) {
	if sel, ok := w.selectors[g]; ok {
		return sel, nil
	}
	sel, err := report.ParseCell(w.rollup.form, g.variant, w.rollup.year, w.cell)
	out := &selected{sel, errors.Is(err, report.ErrEntered) || errors.Is(err, report.ErrCell)}
	if err != nil && !out.entered {
		return nil, err
	}
	w.selectors[g] = out
	return out, nil
}

// figure adds the figure of a unit that no case of its own accounts for.
func (w *walk) figure(x *unit) error {
	sel, err := w.selector(x.group)
	if err != nil {
		return err
	}
	if !x.takenIn() && (!sel.entered || x.figures == 0) {
		return nil
	}
	// As in the sum: read in the unit's own print, shown in that of the top.
	alone := rollup{year: w.rollup.year, form: w.rollup.form, units: []*unit{x}}
	alone.groups = []*group{{variant: w.rollup.groups[0].variant}, {variant: x.group.variant, units: alone.units}}
	rep, _, err := alone.report(w.reader)
	if err != nil {
		return err
	}
	cell, err := rep.Cell(w.cell)
	if err == nil && cell.Value.Figure != 0 {
		w.entries = append(w.entries, &pb.CellEntry{Agency: agencyName(x.ID), Figure: cell.Value.String()})
	}
	return err
}

// cases adds the cases of one register.
func (w *walk) cases(share *share, key cellKey) (cellKey, error) {
	sel, err := w.selector(share.unit.group)
	if err != nil || sel.entered {
		return cellKey{}, err
	}
	if !slices.ContainsFunc(share.lines, func(l tallied) bool { return l.n != 0 && sel.Matches(share.unit.group.tuples[l.tuple]) }) {
		return cellKey{}, nil
	}
	if len(w.entries) == w.size {
		return cellKey{Register: share.register, Term: key.Term, After: key.After}, nil
	}
	a, err := w.reader.Agency(share.register)
	if err != nil {
		return cellKey{}, err
	}
	b := behind{reader: w.reader, agency: a, law: w.server.law(a), terms: sel.Terms(), size: w.size - len(w.entries)}
	next, err := b.page(cellKey{Term: key.Term, After: key.After})
	for _, e := range b.entries {
		e.Agency = agencyName(a.ID)
	}
	w.entries = append(w.entries, b.entries...)
	if next != (cellKey{}) {
		next.Register = share.register
	}
	return next, err
}
