package faults_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"google.golang.org/grpc"

	pb "gongkai/proto/disclosure/v1"
)

// desk is a server as the people of the agency use it.
type desk struct {
	supervisor, admin *grpc.ClientConn
	cases             []string // that all act on
	serial            *atomic.Int64
}

// fresh is a name that nobody has.
func (d desk) fresh(prefix string) string { return fmt.Sprintf("%s-%d", prefix, d.serial.Add(1)) }

// shared is one of the cases that all act on.
func (d desk) shared() string { return d.cases[int(d.serial.Add(1))%len(d.cases)] }

func (d desk) act(ctx context.Context, actions ...*pb.Action) error {
	_, err := pb.NewApplicationServiceClient(d.supervisor).ActOnApplication(ctx, &pb.ActOnApplicationRequest{Name: d.shared(), Actions: actions})
	return err
}

// useCases is what happens in a register at the same time. The law may refuse a case; each
// must succeed at least once.
var useCases = []struct {
	name string
	do   func(context.Context, desk) error
}{
	{"register", func(ctx context.Context, d desk) error {
		_, err := pb.NewApplicationServiceClient(d.supervisor).CreateApplication(ctx, &pb.CreateApplicationRequest{Parent: agency, Application: handedOver("")})
		return err
	}},
	{"assign", func(ctx context.Context, d desk) error {
		return d.act(ctx, &pb.Action{Action: &pb.Action_Assign{Assign: &pb.Assign{AssignDate: "2026-06-16", Holder: d.fresh("科室")}}})
	}},
	{"extend", func(ctx context.Context, d desk) error { return d.act(ctx, extend(10)) }},
	{"hold and release", func(ctx context.Context, d desk) error {
		return d.act(ctx, &pb.Action{Action: &pb.Action_Hold{Hold: &pb.Hold{HoldDate: "2026-06-16", Reason: "裁定"}}},
			&pb.Action{Action: &pb.Action_Release{Release: &pb.Release{ReleaseDate: "2026-06-16"}}})
	}},
	{"close", func(ctx context.Context, d desk) error {
		c := pb.NewApplicationServiceClient(d.supervisor)
		a, err := c.CreateApplication(ctx, &pb.CreateApplicationRequest{Parent: agency, Application: handedOver("")})
		if err == nil {
			withdraw := &pb.Action{Action: &pb.Action_Withdraw{Withdraw: &pb.Withdraw{WithdrawDate: "2026-06-16"}}}
			_, err = c.ActOnApplication(ctx, &pb.ActOnApplicationRequest{Name: a.GetName(), Actions: []*pb.Action{withdraw}})
		}
		return err
	}},
	{"remedy", func(ctx context.Context, d desk) error {
		c := pb.NewRemedyServiceClient(d.supervisor)
		r, err := c.CreateRemedy(ctx, &pb.CreateRemedyRequest{Parent: agency, Remedy: &pb.Remedy{Kind: pb.Remedy_RECONSIDERATION, Application: d.shared(), FileDate: "2026-06-17"}})
		if err == nil {
			conclude := &pb.RemedyAction{Action: &pb.RemedyAction_Conclude{Conclude: &pb.Conclude{Result: pb.Remedy_UPHELD, ConcludeDate: "2026-06-20"}}}
			_, err = c.ActOnRemedy(ctx, &pb.ActOnRemedyRequest{Name: r.GetName(), Action: conclude})
		}
		return err
	}},
	{"figure", func(ctx context.Context, d desk) error {
		_, err := pb.NewReportServiceClient(d.supervisor).SetFigures(ctx, &pb.SetFiguresRequest{Parent: agency, Figures: []*pb.Figure{{Year: 2026, Code: "t2.6.penalties", Value: fmt.Sprint(d.serial.Add(1))}}})
		return err
	}},
	{"document number", func(ctx context.Context, d desk) error {
		_, err := pb.NewSettingServiceClient(d.supervisor).TakeNumber(ctx, &pb.TakeNumberRequest{Parent: agency, Kind: "reply"})
		return err
	}},
	{"setting", func(ctx context.Context, d desk) error {
		_, err := pb.NewSettingServiceClient(d.admin).UpdateSettings(ctx, &pb.UpdateSettingsRequest{Parent: agency, Values: map[string]string{"lights.yellow": fmt.Sprint(1 + d.serial.Add(1)%50)}})
		return err
	}},
	{"agency", func(ctx context.Context, d desk) error {
		_, err := pb.NewAgencyServiceClient(d.admin).UpdateAgency(ctx, &pb.UpdateAgencyRequest{Agency: &pb.Agency{Name: agency, DisplayName: d.fresh("东区")}, UpdateMask: "display_name"})
		return err
	}},
	{"person", func(ctx context.Context, d desk) error {
		c := pb.NewPrincipalServiceClient(d.admin)
		res, err := c.CreatePrincipal(ctx, &pb.CreatePrincipalRequest{Parent: agency, PrincipalId: d.fresh("person"), Principal: &pb.Principal{Role: pb.Principal_OFFICER}})
		if err == nil {
			_, err = c.DeletePrincipal(ctx, &pb.DeletePrincipalRequest{Name: res.GetPrincipal().GetName()})
		}
		return err
	}},
	{"feed", func(ctx context.Context, d desk) error {
		_, err := pb.NewQueueServiceClient(d.supervisor).CreateFeed(ctx, &pb.CreateFeedRequest{Parent: agency})
		return err
	}},
	{"narrative", func(ctx context.Context, d desk) error {
		_, err := pb.NewOversightServiceClient(d.supervisor).SetNarrative(ctx, &pb.SetNarrativeRequest{Parent: agency, Year: 2026, Chapters: map[int32]string{1: d.fresh("总体情况")}})
		return err
	}},
	{"freeze and amend", func(ctx context.Context, d desk) error {
		c := pb.NewFreezeServiceClient(d.supervisor)
		_, frozen := c.FreezeReport(ctx, &pb.FreezeReportRequest{Parent: agency, Year: 2025})
		_, amended := c.AmendReport(ctx, &pb.AmendReportRequest{Parent: agency, Year: 2025, Reason: "更正"})
		if frozen == nil || amended == nil {
			return nil
		}
		return errors.Join(frozen)
	}},
	{"import", importRows},
	{"report", func(ctx context.Context, d desk) error {
		_, err := pb.NewReportServiceClient(d.supervisor).ComputeAnnualReport(ctx, &pb.ComputeAnnualReportRequest{Parent: agency, Year: 2026, Form: "table-2021"})
		return err
	}},
	{"queue", func(ctx context.Context, d desk) error {
		_, err := pb.NewQueueServiceClient(d.supervisor).ListQueue(ctx, &pb.ListQueueRequest{Parent: agency})
		return err
	}},
}

// importRows takes a small ledger in.
func importRows(ctx context.Context, d desk) error {
	stream, err := pb.NewLedgerServiceClient(d.supervisor).ImportLedger(ctx)
	if err != nil {
		return err
	}
	batch := &pb.RowBatch{}
	for i := range 5 {
		batch.Rows = append(batch.Rows, &pb.LedgerRow{Row: int32(i + 2), Cells: []string{d.fresh("台账"), "IN_PERSON", "2026-03-02", "NATURAL_PERSON"}})
	}
	for _, m := range []*pb.ImportLedgerRequest{
		{Part: &pb.ImportLedgerRequest_Header{Header: &pb.ImportHeader{Parent: agency}}},
		{Part: &pb.ImportLedgerRequest_Sheet{Sheet: &pb.SheetStart{Sheet: "applications", Keys: []string{"application_no", "channel", "receive_date", "applicant_kind"}}}},
		{Part: &pb.ImportLedgerRequest_Rows{Rows: batch}},
	} {
		if err := stream.Send(m); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	var last *pb.ImportLedgerResponse
	for {
		m, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF) && last.GetImported() == 5:
			return nil
		case errors.Is(err, io.EOF):
			return fmt.Errorf("5 rows were sent: %v", last)
		case err != nil:
			return err
		}
		last = m
	}
}
