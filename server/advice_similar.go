package server

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/deadline"
	"gongkai/workflow/similar"
)

// The register has no index of texts, so the newest maxScanned applications of the agency
// are compared one by one.
const (
	maxScanned     = 20_000
	defaultSimilar = 20
	maxSimilar     = 100
	likeEnough     = 40 // less is not shown, unless it is the same applicant's
	sameMatter     = 60 // from here on it is suggested as evidence
	freeOfCharge   = 10 // applications in a natural month (109号 Art 4)
)

// received visits, by id, the applications received from a day to a day, both included: at
// most so many, each page in a View of its own. more says that the bound was reached.
func (s *Server) received(ctx context.Context, agency string, from, to workflow.Date, most int, visit func(*workflow.Application) error) (n int, more bool, err error) {
	return s.visit(ctx, agency, storage.Query{ReceiveFrom: from, ReceiveTo: to}, most, visit)
}

func (s *Server) visit(ctx context.Context, agency string, q storage.Query, most int, visit func(*workflow.Application) error) (n int, more bool, err error) {
	for {
		q.Limit = min(maxRows, most-n+1)
		var page []*workflow.Application
		err := s.store.View(ctx, func(r storage.Reader) (err error) {
			page, err = r.Applications(agency, q)
			return err
		})
		if err != nil {
			return n, false, err
		}
		for _, a := range page {
			if n == most {
				return n, true, nil
			}
			q.After = a.ID
			n++
			if err := visit(a); err != nil {
				return n, false, err
			}
		}
		if len(page) < q.Limit {
			return n, false, nil
		}
	}
}

// FindSimilar finds what may be a repeat, or too much, and suggests what to look at.
func (s *Server) FindSimilar(ctx context.Context, req *pb.FindSimilarRequest) (*pb.FindSimilarResponse, error) {
	limit := int(req.GetLimit())
	if limit < 0 || limit > maxSimilar {
		return nil, invalid("limit", "limit应为1至%[1]d，收到%[2]d", "limit must be 1 to %[1]d, got %[2]d", maxSimilar, limit)
	}
	look := likening{limit: cmp.Or(limit, defaultSimilar), lang: callOf(ctx).lang, months: map[string]int32{}}
	err := s.inspectDraft(ctx, req, nil, func(b *bench, a *workflow.Application) error {
		look.rules, look.target = b.rules, *a
		return nil
	})
	if err != nil {
		return nil, err
	}
	look.text = similar.Of(look.target.Description)
	out := &pb.FindSimilarResponse{}
	if err := s.newest(ctx, &look, out); err != nil {
		return nil, err
	}
	look.prune()
	out.Applications = look.found
	for _, month := range slices.Sorted(maps.Keys(look.months)) {
		out.Months = append(out.Months, &pb.MonthCount{Month: month, Count: look.months[month]})
	}
	out.Suggestions = look.suggestions()
	return out, nil
}

// newest visits the unconfirmed applications and then the months of receipt backwards,
// until the bound is reached or the Regulation was not yet in force.
func (s *Server) newest(ctx context.Context, look *likening, out *pb.FindSimilarResponse) error {
	agency := look.target.Agency
	n, more, err := s.visit(ctx, agency, storage.Query{States: []workflow.State{workflow.Submitted}}, maxScanned, look.see)
	today := s.today()
	for month := calendar.New(today.Year(), today.Month(), 1); err == nil && !more && month >= calendar.New(deadline.FirstDay.Year(), deadline.FirstDay.Month(), 1); month = month.AddMonths(-1) {
		seen := 0
		seen, more, err = s.received(ctx, agency, month, month.AddMonths(1).AddDays(-1), maxScanned-n, look.see)
		n += seen
		if seen > 0 {
			out.FirstMonth = monthText(month)
		}
	}
	out.Scanned, out.BoundReached = int32(n), more
	return err
}

// likening collects what is like one application.
type likening struct {
	rules  workflow.Rules
	target workflow.Application
	text   *similar.Text
	limit  int
	lang   language
	found  []*pb.SimilarApplication
	months map[string]int32
	others int // on the same matter, of other applicants
	own    int // on the same matter, of the same applicant
}

// see looks at one application. Only what is kept is folded.
func (l *likening) see(a *workflow.Application) error {
	if a.ID == l.target.ID {
		if !l.target.ReceiveDate.IsZero() {
			l.months[monthText(l.target.ReceiveDate)]++
		}
		return nil
	}
	by, likeness := similar.SameBy(l.target.Applicant, a.Applicant), l.text.Likeness(a.Description)
	if len(by) == 0 && likeness < likeEnough {
		return nil
	}
	if err := l.rules.Fold(a); err != nil {
		return err
	}
	if len(by) > 0 && !a.ReceiveDate.IsZero() {
		l.months[monthText(a.ReceiveDate)]++
	}
	switch {
	case likeness < sameMatter:
	case len(by) > 0:
		l.own++
	default:
		l.others++
	}
	if l.found = append(l.found, similarPB(a, by, likeness)); len(l.found) >= 10*maxSimilar {
		l.prune()
	}
	return nil
}

// prune keeps the most similar: the same applicant's first among equals, then newer ones.
func (l *likening) prune() {
	slices.SortStableFunc(l.found, func(a, b *pb.SimilarApplication) int {
		return cmp.Or(
			cmp.Compare(b.GetLikeness(), a.GetLikeness()), cmp.Compare(len(b.GetSameBy()), len(a.GetSameBy())),
			cmp.Compare(b.GetReceiveDate(), a.GetReceiveDate()), cmp.Compare(a.GetApplicationNo(), b.GetApplicationNo()),
		)
	})
	l.found = l.found[:min(len(l.found), l.limit)]
}

func similarPB(a *workflow.Application, by []similar.By, likeness int) *pb.SimilarApplication {
	out := &pb.SimilarApplication{
		Name: applicationName(a.Agency, a.ID), ApplicationNo: a.ApplicationNo, ReceiveDate: a.ReceiveDate.String(), State: stateOf(a.State),
		Likeness: int32(likeness), CloseDate: a.Conclusion.Date.String(),
	}
	if !a.Conclusion.Date.IsZero() {
		out.Basis = string(a.CountedBasis())
	}
	for _, b := range by {
		out.SameBy = append(out.SameBy, string(b))
	}
	for _, r := range a.Replies {
		if !r.DeliverDate.IsZero() {
			out.AnswerDates = append(out.AnswerDates, r.DeliverDate.String())
			if r.DocumentNo != "" {
				out.ReplyNos = append(out.ReplyNos, r.DocumentNo)
			}
		}
	}
	return out
}

func monthText(d workflow.Date) string { return fmt.Sprintf("%04d-%02d", d.Year(), d.Month()) }

// suggestions say what the evidence may mean. They name articles and leave the judgment
// to the office.
func (l *likening) suggestions() []string {
	var out []string
	add := func(zh, en string, args ...any) { out = append(out, fmt.Sprintf(l.lang.pick(zh, en), args...)) }
	for _, s := range l.found {
		switch {
		case s.GetLikeness() < sameMatter || len(s.GetSameBy()) == 0:
		case len(s.GetAnswerDates()) > 0:
			add("申请%[1]s（相似度%[2]d，本机关已于%[3]s答复）为同一申请人；核对确为相同信息的，可以告知不予重复处理（第36条第（六）项）",
				"application %[1]s (likeness %[2]d, answered by this agency on %[3]s) is the same applicant's; if it is the same information indeed, it need not be handled again (Art 36(6))",
				s.GetApplicationNo(), s.GetLikeness(), s.GetAnswerDates()[0])
		case s.GetCloseDate() == "":
			add("同一申请人的申请%[1]s（相似度%[2]d）尚未答复，不属于重复申请；两件均应答复（第36条第（六）项）",
				"application %[1]s of the same applicant (likeness %[2]d) has no answer yet, so this is no repeat; answer both (Art 36(6))", s.GetApplicationNo(), s.GetLikeness())
		}
	}
	if l.others >= 2 {
		add("另有%d件其他申请人的相近申请；多人申请相同信息且可以公开的，可以纳入主动公开范围（第44条）", "%d applications of others are on a similar matter; what several ask for and may be open can be made public (Art 44)", l.others)
	}
	return append(out, l.excess()...)
}

// excess suggests what number and frequency may mean, for applications of 2019 and later.
func (l *likening) excess() []string {
	if l.target.ReceiveDate.IsZero() || l.target.Regime == workflow.R2008 {
		return nil
	}
	month := monthText(l.target.ReceiveDate)
	n := l.months[month]
	var out []string
	if n > freeOfCharge || l.own >= 3 {
		out = append(out, fmt.Sprintf(l.lang.pick(
			"该申请人%[1]s有%[2]d件申请，此前内容相近的%[3]d件；认为数量、频次明显超过合理范围的，可以要求说明理由（第35条）",
			"the applicant made "+workflow.Plural(int(n), "%[2]d application", "%[2]d applications")+" in %[1]s, and "+workflow.Plural(l.own, "%[3]d other", "%[3]d others")+" on a similar matter; if number or frequency is clearly beyond reason, reasons may be asked for (Art 35)"), month, n, l.own))
	}
	if n > freeOfCharge && l.target.ReceiveDate >= calendar.New(2021, 1, 1) {
		out = append(out, fmt.Sprintf(l.lang.pick("该自然月超过%[1]d件，可以按件收取信息处理费（第42条、109号 第4条）", "over %[1]d in the natural month: the processing fee by request may be charged (Art 42, 109号 Art 4)"), freeOfCharge))
	}
	return out
}
