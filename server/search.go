package server

import (
	"context"
	"errors"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow/search"
)

// maxViews is how often a search goes on where it found nothing, each time in a View of its
// own, before it answers with an empty page.
const maxViews = 10

// SearchApplications finds applications of one agency by what they say, newest first.
func (s *Server) SearchApplications(ctx context.Context, req *pb.SearchApplicationsRequest) (*pb.SearchApplicationsResponse, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := searchQuery(req)
	if err != nil {
		return nil, err
	}
	out := &pb.SearchApplicationsResponse{}
	for range maxViews {
		if q.After, err = s.searchPage(ctx, agency, q, out); err != nil {
			return nil, err
		}
		if len(out.GetApplications()) > 0 || q.After == 0 {
			break
		}
	}
	if q.After != 0 {
		out.NextPageToken = nextToken(req, q.After)
	}
	return out, nil
}

// searchPage fills a page and returns after which id the next one begins; 0: there is none.
func (s *Server) searchPage(ctx context.Context, agency string, q storage.SearchQuery, out *pb.SearchApplicationsResponse) (next int64, err error) {
	err = s.store.View(ctx, func(r storage.Reader) error {
		out.Reset()
		b, err := s.bench(ctx, r, agency)
		if err != nil {
			return err
		}
		found, err := r.Search(agency, q)
		if err != nil {
			return err
		}
		next, out.UnindexedCount = found.Next, found.Behind
		v, total := s.view(ctx, b.rules), 0
		for _, a := range found.Applications {
			if total > maxPageText {
				next = q.After
				break
			}
			if err := b.rules.Fold(a); err != nil {
				return err
			}
			q.After, total = a.ID, total+len(a.Description)+len(a.Remark)
			out.Applications = append(out.Applications, v.masked(a))
		}
		return nil
	})
	return next, err
}

// searchQuery reads what is looked for.
func searchQuery(req *pb.SearchApplicationsRequest) (q storage.SearchQuery, err error) {
	if q.Find, err = finderOf(req); err != nil {
		return q, err
	}
	size, err := pageSize(req.GetPageSize())
	if err != nil {
		return q, err
	}
	sel, err := parseFilter(req.GetFilter())
	if err != nil {
		return q, err
	}
	if sel.number != "" {
		return q, badFilter("按编号查找请用words或者ListApplications", "application_no cannot narrow a search; look for it by words, or list it")
	}
	q.Query, q.Limit = sel.query, min(size, textRows)
	q.After, err = readToken[int64](req, req.GetPageToken())
	return q, err
}

func finderOf(req *pb.SearchApplicationsRequest) (*search.Finder, error) {
	f, err := search.Query{
		Words: req.GetWords(), Name: req.GetDisplayName(), IDNumber: req.GetIdNumber(), Phone: req.GetPhone(),
	}.Finder()
	switch {
	case errors.Is(err, search.ErrShort):
		return nil, invalid("words", "单个字几乎每件申请都有，不能单独查找；请至少写两个相连的字，或者用display_name按姓名查找",
			"a single character stands in nearly every application and cannot be looked for alone; write two that follow each other, or look for a name by display_name")
	case errors.Is(err, search.ErrLong):
		return nil, invalid("words", "最多查找%[1]d个词，每个词最多%[2]d个字符", "at most %[1]d words can be looked for, of at most %[2]d characters each", search.MaxWords, search.MaxLength)
	case errors.Is(err, search.ErrEmpty):
		return nil, invalid("words", "请写明要查找什么：words、display_name、id_number或者phone中至少一项应含有文字或者数字；按状态、日期列出全部申请请用ListApplications",
			"say what to look for: at least one of words, display_name, id_number and phone must hold letters or numbers; to list all by state or date, use ListApplications")
	}
	return f, err
}
