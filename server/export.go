package server

import (
	"context"
	"strconv"
	"strings"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
)

// What one answer of an export holds at most; a page is read in a View of its own.
const (
	exportRows = 1000
	exportText = 1 << 20
)

// exporter writes one sheet.
type exporter struct {
	server *Server
	who    storage.Principal
	agency storage.Agency
	shown  *shown
	keys   bool // enum keys instead of Chinese values
	send   func(*pb.ExportLedgerResponse) error
	chosen chosen

	out  pb.ExportLedgerResponse
	text int
	row  int32
}

// ExportLedger writes one sheet as rows that import again to the same reports.
func (s *Server) ExportLedger(req *pb.ExportLedgerRequest, stream pb.LedgerService_ExportLedgerServer) error {
	ctx := stream.Context()
	id, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return err
	}
	specs := columnsOf(req.GetSheet())
	if specs == nil {
		return invalid("sheet", "没有名为“%s”的表，应为applications、remedies或者figures", "no sheet is called %q; give applications, remedies or figures", req.GetSheet())
	}
	x := &exporter{server: s, who: callOf(ctx).principal, shown: callOf(ctx).shown, keys: req.GetHeadings() == "key", send: stream.Send, row: 1}
	if !x.keys && req.GetHeadings() != "" && req.GetHeadings() != "zh" {
		return invalid("headings", "“%s”无效，应为zh或者key", "%q: give zh or key", req.GetHeadings())
	}
	if x.chosen, err = chosenBy(req); err != nil {
		return err
	}
	err = x.view(ctx, func(r storage.Reader) (err error) {
		x.agency, err = r.Agency(id)
		return err
	})
	if err != nil {
		return err
	}
	x.out.Keys = columnKeys(specs)
	switch req.GetSheet() {
	case applicationSheet:
		err = x.applications(ctx)
	case remedySheet:
		err = x.remedies(ctx)
	case figureSheet:
		err = x.figures(ctx)
	}
	if err != nil {
		return err
	}
	return x.flush()
}

// view reads a page for as long as the caller may.
func (x *exporter) view(ctx context.Context, fn func(storage.Reader) error) error {
	return x.server.store.View(ctx, func(r storage.Reader) error {
		if err := remains(r, x.who); err != nil {
			return err
		}
		return fn(r)
	})
}

// add puts a row into the answer, and sends it once it is full.
func (x *exporter) add(cells []string) error {
	x.row++
	x.out.Rows = append(x.out.Rows, &pb.LedgerRow{Row: x.row, Cells: cells})
	for _, c := range cells {
		x.text += len(c)
	}
	if len(x.out.GetRows()) < exportRows && x.text < exportText {
		return nil
	}
	return x.flush()
}

// flush sends what there is; the first answer tells the columns, also of an empty sheet.
func (x *exporter) flush() error {
	if len(x.out.GetRows()) == 0 && len(x.out.GetKeys()) == 0 {
		return nil
	}
	err := x.send(&pb.ExportLedgerResponse{Keys: x.out.GetKeys(), Rows: x.out.GetRows()})
	x.out.Keys, x.out.Rows, x.text = nil, nil, 0
	return err
}

// applications writes the applications that were chosen, void ones left out: in the order
// of their registration, or, where they were searched for, the newest first.
func (x *exporter) applications(ctx context.Context) error {
	rules := x.server.law(x.agency)
	for after, more := int64(0), true; more; {
		var page []*workflow.Application
		err := x.view(ctx, func(r storage.Reader) (err error) {
			page, after, more, err = x.chosen.page(r, x.agency.ID, after)
			return err
		})
		if err != nil {
			return err
		}
		for _, a := range page {
			if err := rules.Fold(a); err != nil {
				return err
			}
			if a.State == workflow.Void {
				continue
			}
			x.shown.application(a, shownApplication)
			e := entryOf(a, rules)
			if err := x.add(e.cells(x.keys)); err != nil {
				return err
			}
		}
	}
	return nil
}

// remedies writes the remedies in the order of their entry, struck ones left out.
func (x *exporter) remedies(ctx context.Context) error {
	q := storage.RemedyQuery{Limit: exportRows}
	for full := true; full; {
		var page []workflow.Remedy
		err := x.view(ctx, func(r storage.Reader) (err error) {
			page, err = r.Remedies(x.agency.ID, q)
			return err
		})
		if err != nil {
			return err
		}
		full = len(page) == q.Limit
		for i := range page {
			q.After = page[i].ID
			if page[i].Void {
				continue
			}
			x.shown.remedy(&page[i])
			if err := x.add(x.remedy(&page[i])); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *exporter) remedy(r *workflow.Remedy) []string {
	after, result := answer(""), r.Result
	if r.Kind == workflow.Litigation {
		after = no
		if r.AfterReview {
			after = yes
		}
	}
	if r.Kind == workflow.Complaint {
		result = ""
	}
	return []string{
		colRemedyNo: r.ApplicationNo, colRemedyKind: remedyKindWords.text(r.Kind, x.keys), colRemedyFile: r.FileDate.String(),
		colRemedyAfter: answerWords.text(after, x.keys), colRemedyCapacity: capacityWords.text(r.Capacity, x.keys),
		colRemedyResult: resultWords.text(result, x.keys), colRemedyConclude: r.ConcludeDate.String(),
		colRemedyAgency: x.agency.ID, colRemedyRemark: strings.TrimSpace(r.Remark),
	}
}

// figures writes the entered figures.
func (x *exporter) figures(ctx context.Context) error {
	var list []storage.Figure
	err := x.view(ctx, func(r storage.Reader) (err error) {
		list, err = r.Figures(x.agency.ID, 0)
		return err
	})
	if err != nil {
		return err
	}
	for _, f := range list {
		if err := x.add([]string{colYear: strconv.Itoa(f.Year), colCode: f.Code, colValue: f.Value.String()}); err != nil {
			return err
		}
	}
	return nil
}
