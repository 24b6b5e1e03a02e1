package server

import (
	"cmp"
	"context"
	"slices"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/similar"
)

// The most that a fee is computed for: 109号 knows no end, an answer must have one.
const (
	maxCharged = 10_000
	maxPages   = 1_000_000
)

// ComputeFee computes the processing fee by the tariffs asked for.
func (s *Server) ComputeFee(ctx context.Context, req *pb.ComputeFeeRequest) (*pb.ComputeFeeResponse, error) {
	for _, f := range []struct {
		field   string
		n, most int32
	}{
		{"applications", req.GetApplications(), maxCharged},
		{"pages", req.GetPages(), maxPages},
		{"ordinal", req.GetOrdinal(), maxCharged},
	} {
		if f.n < 0 || f.n > f.most {
			return nil, invalid(f.field, "%[1]s应为0至%[2]d，收到%[3]d（109号 第4、5条）", "%[1]s must be 0 to %[2]d, got %[3]d (109号 Arts 4, 5)", f.field, f.most, f.n)
		}
	}
	lang := callOf(ctx).lang
	if _, _, ok := child(req.GetParent(), "applications"); ok {
		return s.applicationFee(ctx, req, lang)
	}
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	if req.GetApplications() == 0 && req.GetPages() == 0 && req.GetOrdinal() == 0 {
		return nil, invalid("applications", "请写明件数（applications）、第几件（ordinal）或者页数（pages）", "give a number of applications, an ordinal or a number of pages")
	}
	if err := s.store.View(ctx, func(r storage.Reader) error {
		_, err := r.Agency(agency)
		return err
	}); err != nil {
		return nil, err
	}
	return feeResponse(lang, calculations(req.GetApplications(), req.GetOrdinal(), req.GetPages())), nil
}

// feeResponse holds calculations, with what must be said of two tariffs.
func feeResponse(lang language, list []*pb.FeeCalculation) *pb.ComputeFeeResponse {
	out := &pb.ComputeFeeResponse{Calculations: list}
	if slices.ContainsFunc(list, func(c *pb.FeeCalculation) bool { return c.GetTariff() != list[0].GetTariff() }) {
		out.Warnings = append(out.Warnings, lang.pick("每件申请只能按件或者按量计收，不得同时使用（109号 第3条）", "an application is charged by request or by page, never both (109号 Art 3)"))
	}
	return out
}

// calculations are those that are asked for: 0 is not asked.
func calculations(applications, ordinal, pages int32) []*pb.FeeCalculation {
	var out []*pb.FeeCalculation
	if ordinal > 0 {
		out = append(out, nthRequest(int(ordinal)))
	}
	if applications > 0 {
		out = append(out, calculation(workflow.PerRequest, "per_item", "month", int(applications)))
	}
	if pages > 0 {
		out = append(out, calculation(workflow.PerPage, "per_page", "application", int(pages)))
	}
	return out
}

func calculation(t workflow.Tariff, name, scope string, n int) *pb.FeeCalculation {
	total, lines := t.Fee(n)
	out := &pb.FeeCalculation{Tariff: name, AmountFen: total, Scope: scope}
	for _, l := range lines {
		out.Article = l.Article
		out.Tiers = append(out.Tiers, feeTier(l.First, l.Last, l.Price))
	}
	return out
}

// nthRequest is what the k-th application of a month costs.
func nthRequest(k int) *pb.FeeCalculation {
	price := workflow.PerRequest.Price(k)
	_, lines := workflow.PerRequest.Fee(k)
	return &pb.FeeCalculation{
		Tariff: "per_item", AmountFen: price, Scope: "application", Article: lines[len(lines)-1].Article,
		Tiers: []*pb.FeeTier{feeTier(k, k, price)},
	}
}

func feeTier(first, last int, price int64) *pb.FeeTier {
	units := last - first + 1
	return &pb.FeeTier{First: int32(first), Last: int32(last), Units: int32(units), PriceFen: price, AmountFen: int64(units) * price}
}

// applicationFee computes the fee of one application, whose applicant's others of the
// month are counted.
func (s *Server) applicationFee(ctx context.Context, req *pb.ComputeFeeRequest, lang language) (*pb.ComputeFeeResponse, error) {
	var target workflow.Application
	var refusals []*workflow.Refusal
	var rules workflow.Rules
	err := s.inspect(ctx, req.GetParent(), func(b *bench, a *workflow.Application) error {
		target, rules = *a, b.rules
		refusals = feeRefusals(b, a, req.GetPages() > 0)
		return b.failed
	})
	if err != nil {
		return nil, err
	}
	var month monthly
	if !target.ReceiveDate.IsZero() {
		if month, err = s.monthOf(ctx, rules, &target); err != nil {
			return nil, err
		}
	}
	out := feeResponse(lang, nil)
	if !feeImpossible(&target, refusals) {
		ordinal := cmp.Or(req.GetOrdinal(), int32(month.ordinal))
		out = feeResponse(lang, calculations(cmp.Or(req.GetApplications(), int32(month.count)), ordinal, req.GetPages()))
	}
	for _, no := range refusals {
		out.Warnings = append(out.Warnings, lang.refusal(no))
	}
	month.fill(out, lang)
	return out, nil
}

// feeRefusals are what stands against a notice of a fee today, by each tariff asked for.
func feeRefusals(b *bench, a *workflow.Application, pages bool) []*workflow.Refusal {
	tariffs := []workflow.Tariff{workflow.PerRequest}
	if pages {
		tariffs = append(tariffs, workflow.PerPage)
	}
	var out []*workflow.Refusal
	for _, t := range tariffs {
		act := workflow.Act{Action: workflow.ActNotifyFee, Date: b.today, Amount: 1, Tariff: t}
		for _, no := range b.rules.Missing(a, act, b.by) {
			if !slices.ContainsFunc(out, func(o *workflow.Refusal) bool { return o.ZH == no.ZH }) {
				out = append(out, no)
			}
		}
	}
	return out
}

// feeImpossible reports whether no fee can ever be charged, so that a sum would mislead:
// before the rules on fees, and under the Regulation of 2008 (Art 42(2); 109号).
func feeImpossible(a *workflow.Application, refusals []*workflow.Refusal) bool {
	return a.Regime == workflow.R2008 || slices.ContainsFunc(refusals, func(no *workflow.Refusal) bool {
		return no.Reason == workflow.FeeNotAllowed && no.Field == "" && len(a.Payments) == 0
	})
}

// monthly are the applications of one applicant in a natural month.
type monthly struct {
	month          string
	count, ordinal int
	by             []similar.By
	bound          bool
}

// monthOf counts the applications that the applicant of one made in the month of its
// receipt, and its place among them by day of receipt and order of registration.
func (s *Server) monthOf(ctx context.Context, rules workflow.Rules, target *workflow.Application) (monthly, error) {
	first := calendar.New(target.ReceiveDate.Year(), target.ReceiveDate.Month(), 1)
	out := monthly{month: monthText(first)}
	_, more, err := s.received(ctx, target.Agency, first, first.AddMonths(1).AddDays(-1), maxScanned, func(a *workflow.Application) error {
		by := similar.SameBy(target.Applicant, a.Applicant)
		if a.ID != target.ID && len(by) == 0 {
			return nil
		}
		if err := rules.Fold(a); err != nil {
			return err
		}
		out.count++
		if a.ReceiveDate < target.ReceiveDate || a.ReceiveDate == target.ReceiveDate && a.ID <= target.ID {
			out.ordinal++
		}
		if a.ID != target.ID && !slices.Contains(out.by, by[0]) {
			out.by = append(out.by, by[0])
		}
		return nil
	})
	out.bound = more
	return out, err
}

// fill says how the applications were counted.
func (m monthly) fill(out *pb.ComputeFeeResponse, lang language) {
	out.Month, out.Applications, out.Ordinal = m.month, int32(m.count), int32(m.ordinal)
	for _, by := range []similar.By{similar.ByIDNumber, similar.ByPhone, similar.ByName} {
		if slices.Contains(m.by, by) {
			out.CountedBy = append(out.CountedBy, string(by))
		}
	}
	if slices.Contains(m.by, similar.ByPhone) || slices.Contains(m.by, similar.ByName) {
		out.Warnings = append(out.Warnings, lang.pick("部分申请只凭电话或者姓名认作同一申请人，收费前请核对（109号 第4条）", "some were taken for the same applicant's by phone or name only; check before charging (109号 Art 4)"))
	}
	if m.bound {
		out.Warnings = append(out.Warnings, lang.pick("当月申请过多，只计其中一部分；请写明件数（applications）", "too many applications in the month, counted in part; give their number (applications)"))
	}
	if m.month == "" {
		out.Warnings = append(out.Warnings, lang.pick("尚未确认收到，不能确定所属自然月（第31条）", "receipt is not confirmed, so the month is open (Art 31)"))
	}
}
