//go:build linux

package sqlite_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"google.golang.org/grpc"

	"gongkai/client/ledger"
	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/storage/blob"
	"gongkai/workflow"
)

// scene is a register in which every mutating call finds what it acts on.
type scene struct {
	path, admin, token, xian string // the file, and the tokens of its people
	applications             []string
	remedy, feed, check      string
	attachment, contents     string // an attachment, and where contents lie
}

// useCase is one mutating call. Sent again with its request id it must have one effect.
type useCase struct {
	name string
	send func(ctx context.Context, c people, sc *scene, id string) error
}

// people are connections as those who call.
type people struct{ admin, shi, xian *grpc.ClientConn }

// newScene builds the register once, through the service.
func newScene(t testing.TB) *scene {
	t.Helper()
	e := serve(t, t.TempDir())
	ctx := t.Context()
	sc := &scene{path: e.path, admin: e.token}
	agencies := pb.NewAgencyServiceClient(e.admin)
	for i, id := range []string{"shi", "xian"} {
		must(agencies.CreateAgency(ctx, &pb.CreateAgencyRequest{AgencyId: id, Agency: &pb.Agency{DisplayName: "某市" + id, Parent: []string{"", "agencies/shi"}[i]}}))(t)
	}
	must(pb.NewSettingServiceClient(e.admin).UpdateSettings(ctx, &pb.UpdateSettingsRequest{Parent: "agencies/shi", Values: map[string]string{"letter.contact": "010-00000000"}}))(t)
	sc.token, sc.xian = e.person("shi", "sun", pb.Principal_SUPERVISOR), e.person("xian", "sun", pb.Principal_SUPERVISOR)
	e.person("shi", "zhao", pb.Principal_OFFICER)
	conn := e.dial(sc.token)
	client := pb.NewApplicationServiceClient(conn)
	for i, actions := range [][]*pb.Action{
		{},
		{},
		{{Action: &pb.Action_Extend{Extend: &pb.Extend{NotifyDate: "2026-05-20", Reason: "涉及面广", Workdays: 10, Approver: "局长"}}}},
		{decideOn("2026-05-20")},
		{decideOn("2026-05-20"), {Action: &pb.Action_Deliver{Deliver: &pb.Deliver{DeliverDate: "2026-05-21", Mode: "POST"}}}},
	} {
		a := must(client.CreateApplication(ctx, &pb.CreateApplicationRequest{Parent: "agencies/shi", Application: handedIn(i), Actions: actions}))(t)
		sc.applications = append(sc.applications, a.GetName())
	}
	sc.remedy = must(pb.NewRemedyServiceClient(conn).CreateRemedy(ctx, &pb.CreateRemedyRequest{Parent: "agencies/shi", Remedy: &pb.Remedy{
		Kind: pb.Remedy_RECONSIDERATION, FileDate: "2026-06-01", Application: sc.applications[4],
	}}))(t).GetName()
	sc.feed = must(pb.NewQueueServiceClient(conn).CreateFeed(ctx, &pb.CreateFeedRequest{Parent: "agencies/shi", Holder: "agencies/shi/principals/sun"}))(t).GetName()
	must(pb.NewFreezeServiceClient(conn).FreezeReport(ctx, &pb.FreezeReportRequest{Parent: "agencies/shi", Year: 2024, Form: "table-2021"}))(t)
	checks := must(pb.NewOversightServiceClient(conn).ListChecks(ctx, &pb.ListChecksRequest{Parent: "agencies/shi", Year: 2026, Form: "table-2021", OpenOnly: true}))(t).GetChecks()
	i := slices.IndexFunc(checks, func(c *pb.Check) bool { return !c.GetHard() })
	if i < 0 {
		t.Fatalf("the scene has no check that could be accepted: %v", checks)
	}
	sc.check = checks[i].GetId()
	sc.attachment, sc.contents = must(attach(ctx, conn, sc, "1f9619ff-8b86-d011-b42d-00c04fc964ff"))(t), blob.Beside(e.path)
	e.close()
	return sc
}

// attach uploads a file to a case of the scene.
func attach(ctx context.Context, conn *grpc.ClientConn, sc *scene, id string) (string, error) {
	text := []byte("%PDF-1.4\n% " + id + "\n%%EOF\n")
	return sendFile(ctx, conn, &pb.UploadAttachmentHeader{
		Parent: "agencies/shi", Application: sc.applications[1], Kind: pb.Attachment_FORM, FileName: "表.pdf",
		Size: int64(len(text)), Sha256: storage.Digest(sha256.Sum256(text)).String(), RequestId: id,
	}, text)
}

func handedIn(i int) *pb.Application {
	return &pb.Application{
		Channel: pb.Application_IN_PERSON, ArriveDate: "2026-05-12", Description: fmt.Sprintf("第%d号批复及其附件", i),
		Applicant: &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON, DisplayName: "申请人", Phone: "010-00000000", Address: "某路1号", IdType: "居民身份证", IdNumber: "11010119000101001X"},
	}
}

func decideOn(day string) *pb.Action {
	return &pb.Action{Action: &pb.Action_Decide{Decide: &pb.Decide{DecideDate: day, Basis: "disclosed.provided", DocumentNo: "示例〔2026〕1号"}}}
}

func create(ctx context.Context, c people, id string, actions ...*pb.Action) error {
	_, err := pb.NewApplicationServiceClient(c.shi).CreateApplication(ctx, &pb.CreateApplicationRequest{
		Parent: "agencies/shi", Application: handedIn(99), RequestId: id, Actions: actions,
	})
	return err
}

// acting is a use case of actions on the application with a number in the scene.
func acting(name string, on int, actions ...*pb.Action) useCase {
	return useCase{name, func(ctx context.Context, c people, sc *scene, id string) error {
		_, err := pb.NewApplicationServiceClient(c.shi).ActOnApplication(ctx, &pb.ActOnApplicationRequest{Name: sc.applications[on], RequestId: id, Actions: actions})
		return err
	}}
}

func remedying(name string, action *pb.RemedyAction) useCase {
	return useCase{name, func(ctx context.Context, c people, sc *scene, id string) error {
		_, err := pb.NewRemedyServiceClient(c.shi).ActOnRemedy(ctx, &pb.ActOnRemedyRequest{Name: sc.remedy, RequestId: id, Action: action})
		return err
	}}
}

// useCases are all calls that change the register, and of those that do more than one thing
// each. TestUseCases compares them with the service.
func useCases() []useCase {
	return slices.Concat([]useCase{
		{"CreateApplication", func(ctx context.Context, c people, _ *scene, id string) error { return create(ctx, c, id) }},
		{"CreateApplication and decide", func(ctx context.Context, c people, _ *scene, id string) error {
			return create(ctx, c, id, decideOn("2026-05-20"), &pb.Action{Action: &pb.Action_Deliver{Deliver: &pb.Deliver{DeliverDate: "2026-05-21", Mode: "POST"}}})
		}},
		acting("ActOnApplication extend", 0, &pb.Action{Action: &pb.Action_Extend{Extend: &pb.Extend{NotifyDate: "2026-05-20", Reason: "涉及面广", Workdays: 10, Approver: "局长"}}}),
		acting("ActOnApplication decide", 2, decideOn("2026-06-02")),
		acting("ActOnApplication deliver", 3, &pb.Action{Action: &pb.Action_Deliver{Deliver: &pb.Deliver{DeliverDate: "2026-05-25", Mode: "POST"}}}),
		acting("ActOnApplication request supplement", 1, &pb.Action{Action: &pb.Action_RequestSupplement{RequestSupplement: &pb.RequestSupplement{NotifyDate: "2026-05-14", Items: []string{"请写明文件名称"}, Workdays: 10}}}),
		acting("ActOnApplication withdraw", 1, &pb.Action{Action: &pb.Action_Withdraw{Withdraw: &pb.Withdraw{WithdrawDate: "2026-05-20"}}}),
		{"CreateRemedy", func(ctx context.Context, c people, sc *scene, id string) error {
			_, err := pb.NewRemedyServiceClient(c.shi).CreateRemedy(ctx, &pb.CreateRemedyRequest{Parent: "agencies/shi", RequestId: id, Remedy: &pb.Remedy{
				Kind: pb.Remedy_LITIGATION, FileDate: "2026-06-10", Application: sc.applications[4],
			}})
			return err
		}},
		remedying("ActOnRemedy conclude", &pb.RemedyAction{Action: &pb.RemedyAction_Conclude{Conclude: &pb.Conclude{Result: pb.Remedy_UPHELD, ConcludeDate: "2026-06-20"}}}),
		remedying("ActOnRemedy strike", &pb.RemedyAction{Action: &pb.RemedyAction_Strike{Strike: &pb.Strike{Reason: "误登记"}}}),
	}, reportCases(), officeCases())
}

func reportCases() []useCase {
	return []useCase{
		{"SetFigures", func(ctx context.Context, c people, _ *scene, id string) error {
			_, err := pb.NewReportServiceClient(c.shi).SetFigures(ctx, &pb.SetFiguresRequest{Parent: "agencies/shi", RequestId: id, Figures: []*pb.Figure{
				{Year: 2025, Code: "t2.5.licences", Value: "3"}, {Year: 2025, Code: "t2.6.penalties", Value: "4"},
			}})
			return err
		}},
		{"FreezeReport", func(ctx context.Context, c people, _ *scene, id string) error {
			_, err := pb.NewFreezeServiceClient(c.shi).FreezeReport(ctx, &pb.FreezeReportRequest{Parent: "agencies/shi", Year: 2025, Form: "table-2021", RequestId: id})
			return err
		}},
		{"AmendReport", func(ctx context.Context, c people, _ *scene, id string) error {
			_, err := pb.NewFreezeServiceClient(c.shi).AmendReport(ctx, &pb.AmendReportRequest{Parent: "agencies/shi", Year: 2024, Reason: "更正", RequestId: id})
			return err
		}},
		{"AcceptCheck", func(ctx context.Context, c people, sc *scene, id string) error {
			_, err := pb.NewOversightServiceClient(c.shi).AcceptCheck(ctx, &pb.AcceptCheckRequest{Parent: "agencies/shi", Year: 2026, Form: "table-2021", Id: sc.check, Reason: "情况属实", RequestId: id})
			return err
		}},
		{"SetNarrative", func(ctx context.Context, c people, _ *scene, id string) error {
			_, err := pb.NewOversightServiceClient(c.shi).SetNarrative(ctx, &pb.SetNarrativeRequest{Parent: "agencies/shi", Year: 2025, Chapters: map[int32]string{1: "总体情况"}, RequestId: id})
			return err
		}},
		{"PutReceivedReport", func(ctx context.Context, c people, _ *scene, id string) error {
			_, err := pb.NewRollupServiceClient(c.shi).PutReceivedReport(ctx, &pb.PutReceivedReportRequest{
				Parent: "agencies/xian", Year: 2025, Form: "table-2021", RequestId: id, Json: `{"t2":{"t2.5.licences":4},"rows":{"newReceived":{"naturalPerson":2,"total":2},"granted":{"naturalPerson":2,"total":2},"total":{"naturalPerson":2,"total":2}}}`,
			})
			return err
		}},
		{"ImportLedger", func(ctx context.Context, c people, _ *scene, _ string) error { return importRows(ctx, c.xian) }},
	}
}

// putTemplate makes our template the office's own.
func putTemplate(ctx context.Context, c people, _ *scene, id string) error {
	letters := pb.NewLetterServiceClient(c.shi)
	name := "agencies/shi/letterTemplates/reply"
	ours, err := letters.GetLetterTemplate(ctx, &pb.GetLetterTemplateRequest{Name: name, Builtin: true})
	if err != nil {
		return err
	}
	_, err = letters.PutLetterTemplate(ctx, &pb.PutLetterTemplateRequest{Name: name, FileName: "答复书.docx", Content: ours.GetContent(), RequestId: id})
	return err
}

func officeCases() []useCase {
	return []useCase{
		{"CreateFeed", func(ctx context.Context, c people, _ *scene, id string) error {
			_, err := pb.NewQueueServiceClient(c.xian).CreateFeed(ctx, &pb.CreateFeedRequest{Parent: "agencies/xian", Holder: "agencies/xian/principals/sun", RequestId: id})
			return err
		}},
		{"DeleteFeed", func(ctx context.Context, c people, sc *scene, _ string) error {
			_, err := pb.NewQueueServiceClient(c.shi).DeleteFeed(ctx, &pb.DeleteFeedRequest{Name: sc.feed})
			return err
		}},
		{"UpdateSettings", func(ctx context.Context, c people, _ *scene, id string) error {
			_, err := pb.NewSettingServiceClient(c.admin).UpdateSettings(ctx, &pb.UpdateSettingsRequest{Parent: "agencies/shi", RequestId: id, Values: map[string]string{workflow.SetLapseGrace: "3"}})
			return err
		}},
		{"TakeNumber", func(ctx context.Context, c people, sc *scene, id string) error {
			_, err := pb.NewSettingServiceClient(c.shi).TakeNumber(ctx, &pb.TakeNumberRequest{Parent: "agencies/shi", Kind: "reply", Application: sc.applications[0], Year: 2026, RequestId: id})
			return err
		}},
		{"UploadAttachment", func(ctx context.Context, c people, sc *scene, id string) error {
			_, err := attach(ctx, c.shi, sc, id)
			return err
		}},
		{"WithdrawAttachment", func(ctx context.Context, c people, sc *scene, id string) error {
			_, err := pb.NewAttachmentServiceClient(c.shi).WithdrawAttachment(ctx, &pb.WithdrawAttachmentRequest{Name: sc.attachment, Reason: "误传", RequestId: id})
			return err
		}},
		{"IssueLetter", func(ctx context.Context, c people, sc *scene, id string) error {
			_, err := pb.NewLetterServiceClient(c.shi).IssueLetter(ctx, &pb.IssueLetterRequest{
				Name: sc.applications[0], Kind: "receipt", Fields: map[string]string{"received_items": "申请表1份"}, RequestId: id,
			})
			return err
		}},
		{"PutLetterTemplate", putTemplate},
		{"LinkIdentity", func(ctx context.Context, c people, _ *scene, id string) error {
			_, err := pb.NewAccountServiceClient(c.admin).LinkIdentity(ctx, &pb.LinkIdentityRequest{Name: "agencies/shi/principals/zhao", Subject: "248289761001", RequestId: id})
			return err
		}},
		{"TrustClock", func(ctx context.Context, c people, _ *scene, id string) error {
			_, err := pb.NewClerkServiceClient(c.admin).TrustClock(ctx, &pb.TrustClockRequest{Reason: "与授时中心核对", RequestId: id})
			return err
		}},
		{"ImportNotice", func(ctx context.Context, c people, _ *scene, id string) error {
			_, err := pb.NewCalendarServiceClient(c.admin).ImportNotice(ctx, &pb.ImportNoticeRequest{RequestId: id, Text: "关于调整2026年国庆节假期安排的通知（合成样本）\n国庆节：9月8日放假。10月1日至8日放假。9月20日（周日）、10月10日（周六）上班。\n2026年6月10日"})
			return err
		}},
		{"CreateAgency", func(ctx context.Context, c people, _ *scene, id string) error {
			_, err := pb.NewAgencyServiceClient(c.admin).CreateAgency(ctx, &pb.CreateAgencyRequest{AgencyId: "xiang", Agency: &pb.Agency{DisplayName: "某乡", Parent: "agencies/xian"}, RequestId: id})
			return err
		}},
		{"UpdateAgency", func(ctx context.Context, c people, _ *scene, id string) error {
			_, err := pb.NewAgencyServiceClient(c.admin).UpdateAgency(ctx, &pb.UpdateAgencyRequest{Agency: &pb.Agency{Name: "agencies/xian", DisplayName: "某县局"}, UpdateMask: "display_name", RequestId: id})
			return err
		}},
		{"CreatePrincipal", func(ctx context.Context, c people, _ *scene, _ string) error {
			_, err := pb.NewPrincipalServiceClient(c.admin).CreatePrincipal(ctx, &pb.CreatePrincipalRequest{Parent: "agencies/shi", PrincipalId: "li", Principal: &pb.Principal{Role: pb.Principal_OFFICER}})
			return err
		}},
		{"DeletePrincipal", func(ctx context.Context, c people, _ *scene, _ string) error {
			_, err := pb.NewPrincipalServiceClient(c.admin).DeletePrincipal(ctx, &pb.DeletePrincipalRequest{Name: "agencies/shi/principals/zhao"})
			return err
		}},
	}
}

// importRows imports three rows, which bear numbers: the same rows again are the same cases.
func importRows(ctx context.Context, conn *grpc.ClientConn) error {
	stream, err := pb.NewLedgerServiceClient(conn).ImportLedger(ctx)
	if err != nil {
		return err
	}
	start, batch := &pb.SheetStart{Sheet: string(ledger.Applications), File: "applications.csv"}, &pb.RowBatch{}
	for _, c := range ledger.Columns(ledger.Applications) {
		start.Keys, start.Headings = append(start.Keys, c.Key), append(start.Headings, c.Headings[0])
	}
	for i := range 3 {
		row := &pb.LedgerRow{Row: int32(i + 2)}
		cells := map[string]string{"application_no": fmt.Sprintf("旧-%d", i), "channel": "当面", "receive_date": "2026-03-02", "applicant_kind": "自然人", "basis": "予以公开", "reply_date": "2026-03-16", "delivery_mode": "邮寄", "delivery_date": "2026-03-17"}
		for _, key := range start.GetKeys() {
			row.Cells = append(row.Cells, cells[key])
		}
		batch.Rows = append(batch.Rows, row)
	}
	for _, m := range []*pb.ImportLedgerRequest{
		{Part: &pb.ImportLedgerRequest_Header{Header: &pb.ImportHeader{Parent: "agencies/xian"}}},
		{Part: &pb.ImportLedgerRequest_Sheet{Sheet: start}},
		{Part: &pb.ImportLedgerRequest_Rows{Rows: batch}},
	} {
		if err := stream.Send(m); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n := len(m.GetRefused()); n > 0 {
			return fmt.Errorf("%d rows are refused: %v", n, m.GetRefused()[0])
		}
	}
}
