package server

import (
	"context"
	"errors"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
)

// maxRows is the most that a store reads at once, textRows that of rows with long texts.
// maxPageText is how much text a page holds before it ends early, which keeps an answer
// below the 4 MiB that clients take unasked.
const (
	maxRows     = 1000
	textRows    = 200
	maxPageText = 2 << 20
)

// ListApplications lists the applications of one agency in the order of registration.
func (s *Server) ListApplications(ctx context.Context, req *pb.ListApplicationsRequest) (*pb.ListApplicationsResponse, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	size, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	sel, err := parseFilter(req.GetFilter())
	if err != nil {
		return nil, err
	}
	if sel.query.After, err = readToken[int64](req, req.GetPageToken()); err != nil {
		return nil, err
	}
	out := &pb.ListApplicationsResponse{}
	err = s.store.View(ctx, func(r storage.Reader) error {
		out.Reset()
		b, err := s.bench(ctx, r, agency)
		if err != nil {
			return err
		}
		list, more, err := b.list(sel, size)
		if err != nil {
			return err
		}
		v := s.view(ctx, b.rules)
		for _, a := range list {
			out.Applications = append(out.Applications, v.masked(a))
		}
		if more {
			out.NextPageToken = nextToken(req, list[len(list)-1].ID)
		}
		return nil
	})
	return out, err
}

// list reads a page of applications, folded, and whether more follow.
func (b *bench) list(sel selection, size int) (list []*workflow.Application, more bool, err error) {
	if sel.number != "" {
		a, err := b.find(numberPrefix + sel.number)
		if errors.Is(err, storage.ErrNotFound) || err == nil && a.ID <= sel.query.After {
			return nil, false, nil
		}
		return []*workflow.Application{a}, false, err
	}
	q := sel.query
	list, more, err = readPage(size, q.After, func(after int64, limit int) ([]*workflow.Application, error) {
		q.After, q.Limit = after, limit
		return b.reader.Applications(b.agency, q)
	}, func(a *workflow.Application) (int64, int) { return a.ID, len(a.Description) + len(a.Remark) })
	for _, a := range list {
		if err := b.rules.Fold(a); err != nil {
			return nil, false, err
		}
	}
	return list, more, err
}

// readPage reads a page after a row, and whether more follow: one row over the size tells,
// which takes a second reading where the store gives no more at once. row says by which
// key a row is found and how much text it holds.
func readPage[T any](size int, after int64, read func(after int64, limit int) ([]T, error), row func(T) (id int64, text int)) (page []T, more bool, err error) {
	total := 0
	for {
		limit := min(size+1-len(page), textRows)
		part, err := read(after, limit)
		if err != nil {
			return nil, false, err
		}
		for _, x := range part {
			if len(page) == size || total > maxPageText {
				return page, true, nil
			}
			id, text := row(x)
			page, after, total = append(page, x), id, total+text
		}
		if len(part) < limit {
			return page, false, nil
		}
	}
}
