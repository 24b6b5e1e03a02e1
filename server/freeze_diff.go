package server

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow/report"
)

// side is a year at one of the two moments that are compared.
type side struct {
	at  time.Time
	rep report.Report
}

// difference is an application or remedy that counts otherwise at the later moment.
type difference struct {
	entry          *pb.CellEntry
	id             int64 // of an application; 0: a remedy
	removed, added []report.Count
}

// DiffReport compares two versions of a frozen year, or one with what the cases say now.
func (s *Server) DiffReport(ctx context.Context, req *pb.DiffReportRequest) (*pb.DiffReportResponse, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	year, form, err := frozenYear(req.GetYear(), req.GetForm())
	if err != nil {
		return nil, err
	}
	var from, to frozenFacts
	err = s.store.View(ctx, func(r storage.Reader) (err error) {
		if _, err = r.Agency(agency); err != nil {
			return err
		}
		if from, err = frozenVersion(r, agency, year, int(req.GetFromVersion())); err != nil {
			return within("from_version", err)
		}
		if req.GetToVersion() != 0 {
			to, err = frozenVersion(r, agency, year, int(req.GetToVersion()))
		}
		return within("to_version", err)
	})
	if err != nil {
		return nil, err
	}
	before, err := sideOf(&from, form)
	if err != nil {
		return nil, err
	}
	after, err := s.laterSide(ctx, agency, form, &from, &to)
	if err != nil {
		return nil, err
	}
	list, err := s.differences(ctx, agency, year, before.at, after.at)
	if err != nil {
		return nil, err
	}
	return differingCells(callOf(ctx).lang, report.Variant(from.Variant), before, after, list)
}

func sideOf(f *frozenFacts, form report.Form) (side, error) {
	rep, err := f.report(form)
	return side{f.At, rep}, err
}

// laterSide is the version to compare with; without one, what the cases say now.
func (s *Server) laterSide(ctx context.Context, agency string, form report.Form, from, to *frozenFacts) (side, error) {
	if to.Version != 0 {
		to.Variant = from.Variant // cells are named in one print of the form
		return sideOf(to, form)
	}
	at, err := s.settle(ctx, agency, time.Time{})
	if err != nil {
		return side{}, err
	}
	now := frozenFacts{Year: from.Year, Variant: from.Variant, Tally: map[string]int64{}}
	err = s.store.View(ctx, func(r storage.Reader) error {
		now.Figures, err = figuresAt(r, agency, from.Year, at)
		return err
	})
	if err != nil {
		return side{}, err
	}
	err = (&past{server: s, agency: agency, at: []time.Time{at}}).each(ctx, func(x stand) error {
		for _, c := range report.AppendYear(nil, x.counts[0], from.Year) {
			now.Tally[c.Tuple.Key()] += c.N
		}
		return nil
	})
	if err != nil {
		return side{}, err
	}
	now.At = at
	return sideOf(&now, form)
}

// differences lists what counts in a year otherwise at a later instant.
func (s *Server) differences(ctx context.Context, agency string, year int, from, to time.Time) ([]difference, error) {
	var list []difference
	err := (&past{server: s, agency: agency, at: []time.Time{from, to}}).each(ctx, func(x stand) error {
		removed, added := report.Changes(x.counts[0], x.counts[1], year)
		if len(removed)+len(added) == 0 {
			return nil
		}
		d := difference{removed: removed, added: added}
		if x.app != nil {
			d.id = x.app.ID
			d.entry = &pb.CellEntry{ApplicationNo: x.app.ApplicationNo, Application: applicationName(agency, x.app.ID)}
		} else {
			d.entry = remedyEntry(x.remedy)
		}
		list = append(list, d)
		return nil
	})
	return list, err
}

// differingCells holds two reports of one form against each other, cell by cell.
func differingCells(lang language, v report.Variant, before, after side, list []difference) (*pb.DiffReportResponse, error) {
	out := &pb.DiffReportResponse{}
	for i := range before.rep.Lines {
		line := &before.rep.Lines[i]
		for j, c := range line.Cells {
			is := after.rep.Lines[i].Cells[j].Value
			label := cellLabel(line, c)
			d := &pb.CellDifference{Cell: c.Name(), Label: lang.pick(label.ZH, label.EN), Before: c.Value.String(), After: is.String()}
			if !c.Entered {
				sel, err := report.ParseCell(before.rep.Form, v, before.rep.Year, c.Name())
				if err != nil {
					return nil, err
				}
				entriesInto(d, sel, list)
			}
			if c.Value != is || len(d.GetRemoved())+len(d.GetAdded()) > 0 {
				out.Cells = append(out.Cells, d)
			}
		}
	}
	return out, nil
}

// entriesInto sorts what differs in one cell. What counts in the cell before and after is no
// difference, unless the cell adds up money and another amount counts.
func entriesInto(d *pb.CellDifference, sel report.Selector, list []difference) {
	for _, x := range list {
		was, out := matchingCell(sel, x.removed)
		is, in := matchingCell(sel, x.added)
		if out && in && (!sel.Amount || was == is) {
			continue
		}
		if out {
			d.Removed = append(d.Removed, entryOfCell(x.entry, sel, was))
		}
		if in {
			d.Added = append(d.Added, entryOfCell(x.entry, sel, is))
		}
	}
}

func matchingCell(sel report.Selector, counts []report.Count) (n int64, in bool) {
	for _, c := range counts {
		if sel.Matches(c.Tuple) {
			n, in = n+c.N, true
		}
	}
	return n, in
}

func entryOfCell(e *pb.CellEntry, sel report.Selector, amount int64) *pb.CellEntry {
	if !sel.Amount {
		return e
	}
	out := proto.CloneOf(e)
	out.AmountFen = amount
	return out
}
