package server

import (
	"context"

	pb "gongkai/proto/disclosure/v1"
)

// answer tells what became of a batch.
func (m *importer) answer(b *batch) *pb.ImportLedgerResponse {
	out := &pb.ImportLedgerResponse{}
	for i := range b.drafts {
		d := &b.drafts[i]
		m.sum.Read++
		switch {
		case len(d.refused) > 0:
			m.sum.RefusedCount++
		case d.imported:
			m.sum.Imported++
			for _, p := range append(d.notes, d.warnings...) {
				out.Warnings = append(out.Warnings, b.sheet.problemPB(d.LedgerRow, p, m.lang))
			}
		default:
			m.sum.Unchanged++
		}
		for _, p := range d.refused {
			out.Refused = append(out.Refused, b.sheet.problemPB(d.LedgerRow, p, m.lang))
		}
		if len(d.refused) > 0 {
			continue
		}
		if d.dated {
			m.sum.Dated++
		}
		if d.classified {
			m.sum.Classified++
		}
		if d.due != nil {
			d.due.File, d.due.Row = b.sheet.file, d.GetRow()
			out.DueDateDifferences = append(out.DueDateDifferences, d.due)
		}
	}
	m.count(out)
	return out
}

// count puts the sums into an answer.
func (m *importer) count(out *pb.ImportLedgerResponse) {
	out.Read, out.Imported, out.Unchanged, out.RefusedCount = m.sum.GetRead(), m.sum.GetImported(), m.sum.GetUnchanged(), m.sum.GetRefusedCount()
	out.Dated, out.Classified = m.sum.GetDated(), m.sum.GetClassified()
}

// finish sends the summary, of a dry run with the reports that would follow.
func (m *importer) finish(ctx context.Context, stream pb.LedgerService_ImportLedgerServer) error {
	out := &pb.ImportLedgerResponse{Done: true}
	m.count(out)
	if m.trial != nil {
		var err error
		if out.Reports, err = m.reports(ctx); err != nil {
			return err
		}
	}
	return stream.Send(out)
}
