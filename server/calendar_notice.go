package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow/calendar"
)

// ImportNotice takes in a notice, or shows what it would move.
func (s *Server) ImportNotice(ctx context.Context, req *pb.ImportNoticeRequest) (*pb.ImportNoticeResponse, error) {
	c := callOf(ctx)
	if !req.GetValidateOnly() && c.principal.Agency != "" {
		return nil, failf(pb.Reason_ROLE_NOT_ALLOWED, "放假通知对全部机关生效，只有系统管理员可以导入；您可以加validate_only预览",
			"a notice holds for all agencies: only an administrator of the installation imports it; with validate_only you may look ahead")
	}
	m, err := s.mutate(ctx, "", req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	if earlier, err := s.importedBefore(ctx, m); err != nil {
		return nil, err
	} else if earlier != nil {
		return s.noticePB(c.lang, earlier, true), nil
	}
	if err := s.follow(ctx, true); err != nil {
		return nil, err
	}
	f, seen, err := s.preview(ctx, req)
	if err != nil {
		return nil, err
	}
	if req.GetValidateOnly() {
		return s.noticePB(c.lang, f, false), nil
	}
	if err := s.keepNotice(ctx, m, f, seen); err != nil {
		return nil, err
	}
	if err := s.follow(ctx, true); err != nil {
		return nil, err
	}
	if err := s.rederive(ctx); err != nil && ctx.Err() == nil {
		return nil, err // if time ran out, tendCalendar goes on
	}
	return s.noticePB(c.lang, f, true), nil
}

// importedBefore is what this request recorded before; nil if it is new.
func (s *Server) importedBefore(ctx context.Context, m mutation) (f *noticeFacts, err error) {
	err = s.store.View(ctx, func(r storage.Reader) error {
		e, err := m.done(r)
		if err != nil || e == nil {
			return err
		}
		f = &noticeFacts{}
		return decodeFacts(e, f)
	})
	return f, err
}

// keepNotice records a notice as the next of its year, unless another one came meanwhile.
func (s *Server) keepNotice(ctx context.Context, m mutation, f *noticeFacts, seen int) error {
	return s.update(ctx, "", func(w storage.Writer) error {
		if e, err := m.done(w); err != nil || e != nil {
			return err
		}
		list, err := noticesIn(w)
		if err != nil {
			return err
		}
		switch {
		case len(list) != seen:
			return storage.ErrStale
		case seen >= maxNotices:
			return invalid("text", "已导入%[1]d个通知，达到上限", "%[1]d notices stand already, which is the most", seen)
		}
		n := 1
		for i := range list {
			if list[i].Year == f.Year {
				n++
			}
		}
		_, err = m.keep(w, fmt.Sprintf("%s%d/%02d", noticePrefix, f.Year, n), "import_notice", nil, f)
		return err
	})
}

// preview reads a notice and finds what it moves against the calendar in force, which rests
// on as many notices of the register as it says.
func (s *Server) preview(ctx context.Context, req *pb.ImportNoticeRequest) (f *noticeFacts, seen int, err error) {
	before := s.notices.current.Load()
	if f, err = s.notice(req); err != nil {
		return nil, 0, err
	}
	f.Amends = before.cal.Noticed(f.Year)
	after, err := with(s.notices.base, append(slices.Clone(before.notices), *f))
	if err != nil {
		return nil, 0, unreadableNotice(err)
	}
	if !f.Amends {
		f.Missing = missingFestivals(f.Rest)
	}
	reached, err := s.allAgencies(ctx, callOf(ctx).principal.Agency)
	if err != nil {
		return nil, 0, err
	}
	t := tracker{server: s, before: before.cal, after: after, facts: f}
	return f, len(before.notices), t.run(ctx, reached)
}

// notice reads the notice of a request and the day of its issue. Acts are judged by it from
// tomorrow on, whenever it was issued: somebody may be closing a case today, and what is
// closed keeps the calendar under which it was. Open deadlines follow at once.
func (s *Server) notice(req *pb.ImportNoticeRequest) (*noticeFacts, error) {
	n, err := readNotice(req)
	if err != nil {
		return nil, err
	}
	issue, err := optionalDate("issue_date", req.GetIssueDate())
	if err != nil {
		return nil, err
	}
	if issue = cmp.Or(issue, n.KnownFrom, s.today()); issue > s.today() {
		return nil, invalid("issue_date", "印发日期%[1]s晚于今天（%[2]s）；请填写不晚于今天的日期",
			"the notice was issued on %[1]s, after today, %[2]s; give a day up to today", issue, s.today())
	}
	return &noticeFacts{
		Version: 1, Year: n.Year, Title: n.Title, Issue: issue, KnownFrom: s.today().AddDays(1),
		Rest: factsOfRanges(n.Rest), Work: factsOfRanges(n.Work), Text: req.GetText(),
	}, nil
}

// readNotice reads the notice of a request, text or rows.
func readNotice(req *pb.ImportNoticeRequest) (n calendar.Notice, err error) {
	switch rows := req.GetNotice(); {
	case (req.GetText() == "") == (rows == nil):
		return n, invalid("text", "请填写text（通知全文或者表格）或者notice（各行）之一", "give either text, the notice as published or a table, or notice, its rows")
	case rows != nil:
		n, err = noticeOf(rows)
	default:
		n, err = calendar.ReadNotice(req.GetText())
	}
	if err != nil {
		return n, unreadableNotice(err)
	}
	if title := strings.TrimSpace(req.GetTitle()); title != "" {
		n.Title = title
	}
	return n, checkText("title", n.Title, maxShort, false)
}

// noticeOf reads the rows of a notice.
func noticeOf(rows *pb.Notice) (n calendar.Notice, err error) {
	n.Year, n.Title = int(rows.GetYear()), strings.TrimSpace(rows.GetTitle())
	if n.Title == "" {
		n.Title = fmt.Sprintf("国务院办公厅关于%d年部分节假日安排的通知", n.Year)
	}
	if n.KnownFrom, err = optionalDate("notice.issue_date", rows.GetIssueDate()); err != nil {
		return n, err
	}
	if n.Rest, err = rangesOf("notice.rest", rows.GetRest()); err == nil {
		n.Work, err = rangesOf("notice.work", rows.GetWork())
	}
	if err != nil {
		return n, err
	}
	return n, n.Check()
}

func rangesOf(field string, list []*pb.DayRange) ([]calendar.Range, error) {
	var out []calendar.Range
	for i, r := range list {
		at := fmt.Sprintf("%s[%d]", field, i)
		first, err := parseDate(at+".first_date", r.GetFirstDate())
		if err != nil {
			return nil, err
		}
		last, err := optionalDate(at+".last_date", r.GetLastDate())
		if err != nil {
			return nil, err
		}
		if last.IsZero() {
			last = first
		}
		if err := checkText(at+".festival", r.GetFestival(), maxShort, false); err != nil {
			return nil, err
		}
		out = append(out, calendar.Named(first, last, strings.TrimSpace(r.GetFestival())))
	}
	return out, nil
}

// unreadableNotice says what of a notice is wrong; other errors stay as they are.
func unreadableNotice(err error) error {
	var wrong *calendar.NoticeError
	if !errors.As(err, &wrong) {
		return err
	}
	f := failf(pb.Reason_NOTICE_UNREADABLE, "通知无法采用：%[1]s", "the notice cannot be taken in: %[2]s", wrong.ZH(), wrong.Error())
	f.field = "text"
	return f
}

// missingFestivals are those of 《全国年节及纪念日放假办法》 Art 2 that a yearly notice leaves out.
func missingFestivals(rest []rangeFacts) []string {
	var out []string
	for _, name := range []string{"元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆"} {
		found := false
		for _, r := range rest {
			found = found || strings.Contains(r.Festival, name)
		}
		if !found {
			out = append(out, name)
		}
	}
	return out
}
