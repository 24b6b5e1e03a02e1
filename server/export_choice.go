package server

import (
	"errors"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/search"
)

// chosen says which applications an export writes; the zero value: all.
type chosen struct {
	selection selection
	find      *search.Finder // nil: nothing is looked for
}

// chosenBy reads which applications are asked for.
func chosenBy(req *pb.ExportLedgerRequest) (c chosen, err error) {
	if req.GetFilter() == "" && req.GetWords() == "" {
		return c, nil
	}
	if req.GetSheet() != applicationSheet {
		return c, invalid("filter", "只有applications表可以按条件导出", "only the sheet applications can be narrowed by filter or words")
	}
	if c.selection, err = parseFilter(req.GetFilter()); err != nil {
		return c, err
	}
	if req.GetWords() == "" {
		return c, nil
	}
	if c.selection.number != "" {
		return c, badFilter("application_no不能与words合用", "application_no cannot narrow a search")
	}
	c.find, err = finderOf(&pb.SearchApplicationsRequest{Words: req.GetWords()})
	return c, err
}

// page reads applications after one of the page before, and says where it ended and
// whether more may follow.
func (c *chosen) page(r storage.Reader, agency string, after int64) (page []*workflow.Application, next int64, more bool, err error) {
	if c.find != nil {
		q := storage.SearchQuery{Find: c.find, Query: c.selection.query}
		q.After, q.Limit = after, textRows
		found, err := r.Search(agency, q)
		return found.Applications, found.Next, found.Next != 0, err
	}
	if c.selection.number != "" {
		a, err := r.ApplicationByNumber(agency, c.selection.number)
		if errors.Is(err, storage.ErrNotFound) {
			return nil, 0, false, nil
		}
		return []*workflow.Application{a}, 0, false, err
	}
	q := c.selection.query
	q.After, q.Limit = after, exportRows
	if page, err = r.Applications(agency, q); err != nil || len(page) == 0 {
		return nil, 0, false, err
	}
	return page, page[len(page)-1].ID, len(page) == q.Limit, nil
}
