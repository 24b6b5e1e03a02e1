package server_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	pb "gongkai/proto/disclosure/v1"
)

// An act that would change a frozen year is refused on every path, by trial too, and
// leaves no trace; what belongs to the current year is not.
func TestFrozenYearRefuses(t *testing.T) {
	r, closed, open, _ := frozen2025(t)
	before := r.report(t, 2025, "table-2021", nil)
	apps, remedies := pb.NewApplicationServiceClient(r.chief), pb.NewRemedyServiceClient(r.chief)
	suit2025 := &pb.Remedy{Kind: pb.Remedy_LITIGATION, FileDate: "2025-11-03"}
	for _, tt := range []struct {
		name, cell string
		do         func(trial bool) error
	}{
		{"registered late", "本年新收政府信息公开申请数量／自然人+", func(trial bool) error {
			_, err := apps.CreateApplication(t.Context(), &pb.CreateApplicationRequest{Parent: r.parent, Application: handedOver("2025-12-30"), ValidateOnly: trial})
			return err
		}},
		{"kind corrected", "商业企业+", func(trial bool) error {
			_, err := apps.ActOnApplication(t.Context(), &pb.ActOnApplicationRequest{Name: closed.GetName(), Actions: []*pb.Action{kindCorrected("BUSINESS")}, ValidateOnly: trial})
			return err
		}},
		{"concluded before the end of the year", "结转下年度继续办理／自然人−", func(trial bool) error {
			_, err := apps.ActOnApplication(t.Context(), &pb.ActOnApplicationRequest{Name: open.GetName(), Actions: replied("2025-12-29"), ValidateOnly: trial})
			return err
		}},
		{"channel, which the submitted form does not show", "+", func(trial bool) error {
			_, err := apps.ActOnApplication(t.Context(), &pb.ActOnApplicationRequest{Name: closed.GetName(), ValidateOnly: trial, Actions: []*pb.Action{
				action(&pb.Correct{Reason: "渠道有误", Amendments: []*pb.Amendment{{Revision: 1, Change: &pb.Amendment_Registration{Registration: &pb.Registration{Channel: "ORAL"}}}}}),
			}})
			return err
		}},
		{"remedy filed in it", "尚未审结", func(trial bool) error {
			_, err := remedies.CreateRemedy(t.Context(), &pb.CreateRemedyRequest{Parent: r.parent, Remedy: suit2025, ValidateOnly: trial})
			return err
		}},
	} {
		for _, trial := range []bool{true, false} {
			no := wantRefusal(t, tt.do(trial), codes.FailedPrecondition, pb.Reason_YEAR_FROZEN)
			if !strings.Contains(no.zh, "2025年度报告已冻结") || !strings.Contains(no.zh, "gongkai report amend") || tt.cell != "+" && !strings.Contains(no.zh, tt.cell) {
				t.Errorf("%s, trial %v: %s", tt.name, trial, no.zh)
			}
		}
	}
	_, err := pb.NewReportServiceClient(r.chief).SetFigures(t.Context(), &pb.SetFiguresRequest{Parent: r.parent, Figures: []*pb.Figure{{Year: 2025, Code: "t2.5.licences", Value: "3"}}})
	wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_YEAR_FROZEN)

	if _, err := r.act(t, open.GetName(), replied("2026-01-19")...); err != nil {
		t.Errorf("concluding this year what was carried over: %v", err)
	}
	if _, err := r.create(t, handedOver("2026-01-05")); err != nil {
		t.Errorf("registering one of this year: %v", err)
	}
	if _, err := remedies.CreateRemedy(t.Context(), &pb.CreateRemedyRequest{Parent: r.parent, Remedy: &pb.Remedy{Kind: pb.Remedy_LITIGATION, FileDate: "2026-01-05"}}); err != nil {
		t.Errorf("a remedy of this year: %v", err)
	}
	if _, err := r.create(t, handedOver("2024-03-04"), replied("2024-03-11")...); err != nil {
		t.Errorf("a whole case of the year before, which is not frozen: %v", err)
	}
	sameMessage(t, "the frozen year", before, r.report(t, 2025, "table-2021", nil))
	if cells := r.diff(t, 2025, 0, 0, "table-2021"); len(cells) != 0 {
		t.Errorf("it differs: %v", cells)
	}
}

// A ledger row that would change a frozen year is a refused row like any other, in a dry
// run too; the rows beside it are taken in.
func TestFrozenYearRefusesRows(t *testing.T) {
	r, _, _, _ := frozen2025(t)
	late := answered.with("receive_date", "2025-03-03", "reply_date", "2025-03-10", "delivery_date", "2025-03-10", "reply_no", "告〔2025〕1号")
	sheets := []page{
		applications(late.with("application_no", "L-1"), open.with("application_no", "L-2", "receive_date", "2026-01-15")),
		remedies(
			cells{"kind": "行政诉讼", "file_date": "2025-06-02", "result": "维持", "conclude_date": "2026-01-12"},
			cells{"kind": "行政诉讼", "file_date": "2024-06-03", "result": "维持", "conclude_date": "2024-12-12"},
		),
		figures(cells{"year": "2025", "code": "t2.5.licences", "value": "3"}, cells{"year": "2024", "code": "t2.5.licences", "value": "3"}),
	}
	for _, dry := range []bool{true, false} {
		got, err := bring(t.Context(), r.officer, "own", dry, sheets...)
		if err != nil {
			t.Fatal(err)
		}
		var refused []string
		for _, p := range got.refused {
			refused = append(refused, fmt.Sprint(p.GetRow(), p.GetReason()))
			if !strings.Contains(p.GetMessage(), "gongkai report amend") {
				t.Errorf("row %d: %s", p.GetRow(), p.GetMessage())
			}
		}
		if len(refused) != 3 || got.GetImported() != 3 {
			t.Errorf("dry run %v: refused %v, %d imported", dry, refused, got.GetImported())
		}
	}
	if cells := r.diff(t, 2025, 0, 0, "table-2021"); len(cells) != 0 {
		t.Errorf("it differs: %v", cells)
	}
}
