package main

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"io"
	"strings"

	"github.com/rivo/uniseg"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// sampleTable is the table of the sample report as its agency published it.
//
//go:embed sample-2019.tsv
var sampleTable string

const (
	sampleAgency     = "shjyj"
	sampleAgencyName = "上海市监狱管理局"
	sampleYear       = 2019
	sampleForm       = "codes-2014"
	supervisorToken  = "supervisor.token"
	noFigure         = "——"
)

// publishedRow is a line of the published table.
type publishedRow struct {
	code, unit, figure string
	label              []string // lines
}

func (r publishedRow) heading() bool { return r.code == noFigure }

func readSample() ([]publishedRow, error) {
	var rows []publishedRow
	for i, line := range strings.Split(strings.TrimSpace(sampleTable), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != 4 {
			return nil, fmt.Errorf("reading the sample: line %d has %d cells", i+1, len(cells))
		}
		rows = append(rows, publishedRow{cells[0], cells[1], cells[2], strings.Split(cells[3], `\n`)})
	}
	return rows, nil
}

// appoint creates the agency and its supervisor, and returns the supervisor's token.
func appoint(ctx context.Context, admin *client.Client) (string, error) {
	_, err := admin.Agencies.CreateAgency(ctx, &pb.CreateAgencyRequest{
		AgencyId: sampleAgency, Agency: &pb.Agency{DisplayName: sampleAgencyName},
	})
	if err != nil {
		return "", fmt.Errorf("creating the agency: %w", err)
	}
	res, err := admin.Principals.CreatePrincipal(ctx, &pb.CreatePrincipalRequest{
		Parent: "agencies/" + sampleAgency, PrincipalId: "supervisor", Principal: &pb.Principal{Role: pb.Principal_SUPERVISOR},
	})
	if err != nil {
		return "", fmt.Errorf("creating the supervisor: %w", err)
	}
	return res.GetToken(), nil
}

// play registers what the sample's own account tells: one application by letter, found to
// be no government information, upheld in a reconsideration and in the suit after it. The
// report gives no dates; these are invented.
func play(ctx context.Context, office *client.Client) error {
	parent := "agencies/" + sampleAgency
	app, err := office.Applications.CreateApplication(ctx, &pb.CreateApplicationRequest{
		Parent: parent,
		Application: &pb.Application{
			Channel: pb.Application_POST_ORDINARY, ArriveDate: "2019-03-04",
			Applicant:   &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON, DisplayName: "示例申请人"},
			Description: "（示例）",
		},
		Actions: []*pb.Action{
			{Action: &pb.Action_Confirm{Confirm: &pb.Confirm{ReceiveDate: "2019-03-04"}}},
			{Action: &pb.Action_Decide{Decide: &pb.Decide{Basis: "other.not_government_information", DecideDate: "2019-03-20"}}},
			{Action: &pb.Action_Deliver{Deliver: &pb.Deliver{Mode: pb.Delivery_POST.String(), DeliverDate: "2019-03-21"}}},
		},
	})
	if err != nil {
		return fmt.Errorf("registering the application: %w", err)
	}
	for _, r := range []struct {
		remedy    *pb.Remedy
		concluded string
	}{
		{&pb.Remedy{Kind: pb.Remedy_RECONSIDERATION, FileDate: "2019-04-08"}, "2019-06-05"},
		{&pb.Remedy{Kind: pb.Remedy_LITIGATION, FileDate: "2019-06-18", AfterReconsideration: true}, "2019-11-12"},
	} {
		r.remedy.Application = app.GetName()
		remedy, err := office.Remedies.CreateRemedy(ctx, &pb.CreateRemedyRequest{Parent: parent, Remedy: r.remedy})
		if err != nil {
			return fmt.Errorf("recording a remedy: %w", err)
		}
		_, err = office.Remedies.ActOnRemedy(ctx, &pb.ActOnRemedyRequest{Name: remedy.GetName(), Action: &pb.RemedyAction{
			Action: &pb.RemedyAction_Conclude{Conclude: &pb.Conclude{Result: pb.Remedy_UPHELD, ConcludeDate: r.concluded}},
		}})
		if err != nil {
			return fmt.Errorf("concluding a remedy: %w", err)
		}
	}
	return nil
}

func computed(ctx context.Context, office *client.Client) (*pb.AnnualReport, error) {
	rep, err := office.Reports.ComputeAnnualReport(ctx, &pb.ComputeAnnualReportRequest{
		Parent: "agencies/" + sampleAgency, Year: sampleYear, Form: sampleForm,
	})
	if err != nil {
		return nil, fmt.Errorf("computing the report: %w", err)
	}
	return rep, nil
}

// enterFigures enters what the form says that no case can tell.
func enterFigures(ctx context.Context, office *client.Client, published []publishedRow) error {
	empty, err := computed(ctx, office)
	if err != nil {
		return err
	}
	cells := cellsOf(empty)
	req := &pb.SetFiguresRequest{Parent: "agencies/" + sampleAgency}
	for _, row := range published {
		if c := cells[row.code]; c.GetEntered() {
			req.Figures = append(req.Figures, &pb.Figure{Year: sampleYear, Code: row.code, Value: row.figure})
		}
	}
	if _, err := office.Reports.SetFigures(ctx, req); err != nil {
		return fmt.Errorf("entering the figures: %w", err)
	}
	return nil
}

func cellsOf(rep *pb.AnnualReport) map[string]*pb.ReportCell {
	cells := map[string]*pb.ReportCell{}
	for _, row := range rep.GetRows() {
		if len(row.GetCells()) == 1 {
			cells[row.GetKey()] = row.GetCells()[0]
		}
	}
	return cells
}

// padded fills a text up to a width of columns, of which a Chinese character takes two.
func padded(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-uniseg.StringWidth(text)))
}

// compare prints the table as published, with the computed figure in each line, where it
// comes from and whether it equals the published one.
func compare(out io.Writer, published []publishedRow, rep *pb.AnnualReport) error {
	fmt.Fprintf(out, "%s %d年度 政府信息公开情况统计表\n", sampleAgencyName, sampleYear)
	line := func(label, code, unit, figure, note string) {
		fmt.Fprintf(out, "%s%s%s%s%s  %s\n", padded(label, 76), padded(code, 6), padded(unit, 6), padded("", 8-uniseg.StringWidth(figure)), figure, note)
	}
	line("统计指标", "代码", "单位", "统计数", "核对")
	cells := cellsOf(rep)
	derived, entered, different := 0, 0, 0
	for _, row := range published {
		for _, l := range row.label[:len(row.label)-1] {
			line(l, "", "", "", "")
		}
		label := row.label[len(row.label)-1]
		if row.heading() {
			line(label, row.code, row.unit, row.figure, "")
			continue
		}
		c := cells[row.code]
		origin := "统计 derived"
		if c.GetEntered() {
			origin = "填报 entered"
			entered++
		} else {
			derived++
		}
		note := origin + " = 公布数 published"
		if c == nil || c.GetValue() != row.figure {
			different++
			note = origin + " ≠ 公布数 published " + row.figure
		}
		line(label, row.code, row.unit, cmp.Or(c.GetValue(), noFigure), note)
	}
	fmt.Fprintf(out, "由申请统计%d格，填报%d格，与公布数不同%d格 · %d cells derived from cases, %d entered, %d different\n",
		derived, entered, different, derived, entered, different)
	if different > 0 {
		return errDifference
	}
	return nil
}
