package server

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/document"
	"gongkai/storage"
	"gongkai/workflow/report"
)

// piece is how many bytes one answer of an export carries at most.
const piece = 64 << 10

var fileFormats = map[pb.ExportReportRequest_Format]document.Format{
	pb.ExportReportRequest_XLSX: document.XLSX, pb.ExportReportRequest_DOCX: document.DOCX,
	pb.ExportReportRequest_HTML: document.HTML, pb.ExportReportRequest_CSV: document.CSV,
}

// reportFile is a report on its way into a file. Of the applications it keeps no more
// than a page and, for the pseudonyms, a number each.
type reportFile struct {
	server  *Server
	who     storage.Principal
	agency  storage.Agency
	report  report.Report
	numbers bool
	notes   []string
	named   map[string]int // pseudonyms by application
	text    map[int]string // chapters as they were written; of a sum there are none
}

// ExportReport streams one report as a file.
func (s *Server) ExportReport(req *pb.ExportReportRequest, stream pb.DocumentService_ExportReportServer) error {
	ctx := stream.Context()
	id, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return err
	}
	year, form, err := reportOn(req.GetYear(), req.GetForm())
	if err != nil {
		return err
	}
	format, ok := fileFormats[req.GetFormat()]
	if !ok {
		return invalid("format", "应为XLSX、DOCX、HTML或者CSV", "give XLSX, DOCX, HTML or CSV")
	}
	if err := fileFault(req); err != nil {
		return err
	}
	f := &reportFile{server: s, who: callOf(ctx).principal, numbers: req.GetNumbers(), named: map[string]int{}}
	if err := f.compute(ctx, id, year, form, req.GetRollup()); err != nil {
		return err
	}
	out := &pieces{send: stream.Send, next: &pb.ExportReportResponse{
		FileName: fileName(id, year, form, format, req.GetRollup()), MediaType: format.MediaType(),
	}}
	err = document.Write(out, format, f.document(ctx, req))
	if errors.Is(err, document.ErrTooLarge) {
		return invalid("format", "附录的行数超过%[1]s所能容纳的数量，请改用CSV", "the appendix is longer than %[1]s can hold; ask for CSV", req.GetFormat().String())
	}
	if err != nil {
		return err
	}
	return out.flush()
}

// document is what the file holds.
func (f *reportFile) document(ctx context.Context, req *pb.ExportReportRequest) document.Document {
	d := document.Document{
		Report: f.report, AgencyName: f.agency.DisplayName, Provisional: f.server.provisional(f.report.Year), Notes: f.notes,
		Prose: f.text[1], Problems: f.text[5], Others: f.text[6],
	}
	if req.GetProse() {
		d.Prose = report.Prose(&f.report)
	}
	if req.GetAppendix() {
		d.Appendix = f.entries(ctx)
	}
	return d
}

// fileFault refuses what goes together in no file.
func fileFault(req *pb.ExportReportRequest) error {
	switch {
	case req.GetNumbers() && !req.GetAppendix():
		return invalid("numbers", "申请编号只写入附录，请同时要求附录（appendix）", "numbers stand in the appendix only; ask for the appendix too")
	case req.GetAppendix() && req.GetRollup():
		return invalid("appendix", "汇总报告没有附录；请分别导出各机关的报告，附录在其中", "a roll-up has no appendix; export the reports of the agencies, each with its own")
	}
	return nil
}

// fileName holds nothing but letters, digits, hyphens and one dot: so does an agency's id.
func fileName(agency string, year int, form report.Form, format document.Format, rollup bool) string {
	sum := ""
	if rollup {
		sum = "-rollup"
	}
	return fmt.Sprintf("%s-%d-%s%s.%s", agency, year, form, sum, format)
}

// compute takes the figures, of the agency or of the tree below it.
func (f *reportFile) compute(ctx context.Context, id string, year int, form report.Form, rollup bool) error {
	return f.view(ctx, func(r storage.Reader) (err error) {
		if rollup {
			u, err := f.server.rollUp(r, id, year, form, false)
			if err != nil {
				return err
			}
			f.agency = u.top
			return f.sum(r, u)
		}
		if f.agency, err = r.Agency(id); err != nil {
			return err
		}
		if f.text, err = chaptersOf(r, id, year); err != nil {
			return err
		}
		f.report, err = compute(r, f.agency, year, form)
		return err
	})
}

// sum takes the figures of a tree, and what a reader must know of its units.
func (f *reportFile) sum(r storage.Reader, u *rollup) error {
	var about []report.Message
	var err error
	if f.report, about, err = u.report(r); err != nil {
		return err
	}
	f.notes = append(f.notes, fmt.Sprintf("汇总报告，含本机关及下级机关共%d个单位。", len(u.units)))
	for _, m := range about {
		f.notes = append(f.notes, m.ZH+"。")
	}
	return nil
}

// view reads a page for as long as the caller may.
func (f *reportFile) view(ctx context.Context, fn func(storage.Reader) error) error {
	return f.server.store.View(ctx, func(r storage.Reader) error {
		if err := remains(r, f.who); err != nil {
			return err
		}
		return fn(r)
	})
}

// entries is what is behind the derived cells, in the order of print.
func (f *reportFile) entries(ctx context.Context) iter.Seq2[document.Entry, error] {
	return func(yield func(document.Entry, error) bool) {
		for _, line := range f.report.Lines {
			for _, c := range line.Cells {
				if c.Entered || c.Value.Figure == 0 {
					continue
				}
				if on, err := f.cell(ctx, c, yield); err != nil {
					yield(document.Entry{}, err)
					return
				} else if !on {
					return
				}
			}
		}
	}
}

// cell yields what is behind one cell, page by page. The pages are read after the
// figures: an act in between would make a file whose appendix belies its tables, so that
// the entries are counted and a difference ends the export.
func (f *reportFile) cell(ctx context.Context, c report.Cell, yield func(document.Entry, error) bool) (on bool, err error) {
	sel, err := report.ParseCell(f.report.Form, f.report.Variant, f.report.Year, c.Name())
	if err != nil {
		return false, err
	}
	key, counted, fen := cellKey{}, int64(0), int64(0)
	for more := true; more; more = key != (cellKey{}) {
		b := behind{agency: f.agency, law: f.server.law(f.agency), terms: sel.Terms(), size: maxRows}
		err := f.view(ctx, func(r storage.Reader) (err error) {
			b.reader = r
			key, err = b.page(key)
			return err
		})
		if err != nil {
			return false, err
		}
		for _, e := range b.entries {
			counted, fen = counted+1, fen+e.GetAmountFen()
			if !yield(document.Entry{Cell: c.Name(), Number: f.label(e)}, nil) {
				return false, nil
			}
		}
	}
	figure := report.Whole(counted)
	if sel.Amount {
		figure = sel.Value(report.Tally{{Flow: report.Fee, Year: sel.Year}: fen})
	}
	if figure != c.Value.Figure {
		return false, failf(pb.Reason_STALE_ETAG, "导出期间登记数据有变动（%[1]s）；请重新导出", "the register changed while the file was written (%[1]s); export again", c.Name())
	}
	return true, nil
}

// label is all that the file says of an application or remedy: its number if asked for,
// otherwise a pseudonym that is the same throughout the file.
func (f *reportFile) label(e *pb.CellEntry) string {
	name := e.GetApplicationNo()
	switch {
	case name == "":
		name = "未关联申请"
	case !f.numbers:
		name = f.pseudonym(e)
	}
	if e.GetRemedyKind() != "" {
		name += "（" + e.GetFileDate() + "提起）"
	}
	return name
}

func (f *reportFile) pseudonym(e *pb.CellEntry) string {
	key := e.GetApplication()
	key = key[strings.LastIndexByte(key, '/')+1:]
	if key == "" {
		key = "no. " + e.GetApplicationNo() // of an application that is not in the register
	}
	n, ok := f.named[key]
	if !ok {
		n = len(f.named) + 1
		f.named[key] = n
	}
	return fmt.Sprintf("申请%d", n)
}

// pieces cuts a file into answers; the first one bears its name.
type pieces struct {
	send func(*pb.ExportReportResponse) error
	next *pb.ExportReportResponse
}

// Write implements io.Writer. An answer is sent before the next one is begun, so that a
// slow reader holds the writer up, not the memory.
func (p *pieces) Write(data []byte) (int, error) {
	written := 0
	for len(data) > 0 {
		n := min(piece-len(p.next.GetData()), len(data))
		p.next.Data = append(p.next.Data, data[:n]...)
		data, written = data[n:], written+n
		if len(p.next.GetData()) == piece {
			if err := p.flush(); err != nil {
				return written, err
			}
		}
	}
	return written, nil
}

// flush sends what there is.
func (p *pieces) flush() error {
	if len(p.next.GetData()) == 0 {
		return nil
	}
	err := p.send(p.next)
	p.next = &pb.ExportReportResponse{}
	return err
}
