package server_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/server/verify"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// notice2027 is synthetic: the real one would have moved the deadline of a case received
// on 2026-12-14 otherwise, or not at all.
const notice2027 = `国务院办公厅关于2027年部分节假日安排的通知（合成样本）
一、元旦：1月1日（周五）至5日（周二）放假调休，共5天。1月9日（周六）、1月10日（周日）上班。
二、春节：2月5日（周五）至11日（周四）放假调休，共7天。1月30日（周六）、2月14日（周日）上班。
三、清明节：4月3日（周六）至5日（周一）放假，共3天。
四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。5月8日（周六）上班。
五、端午节：6月9日（周三）放假1天。
六、中秋节：9月15日（周三）放假1天。
七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。9月26日（周日）、10月9日（周六）上班。
2026年12月15日`

// short2027 rests longer and makes up later: 2027-01-12 becomes 2027-01-14.
var short2027 = strings.Replace(notice2027, "1月9日（周六）、1月10日（周日）上班", "1月16日（周六）、1月17日（周日）上班", 1)

const onImport = "2026-12-15"

func (e *env) calendar() pb.CalendarServiceClient { return pb.NewCalendarServiceClient(e.admin) }

// dues are the due dates of the open applications, in the order of the list.
func (o *office) dues(t testing.TB) []string {
	t.Helper()
	list, err := o.officer.ListDueApplications(t.Context(), &pb.ListDueApplicationsRequest{Parent: "agencies/own"})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, a := range list.GetApplications() {
		text := a.GetApplicationNo() + " " + a.GetDeadline().GetDueDate()
		if a.GetDeadline().GetProvisional() {
			text += " provisional"
		}
		out = append(out, text)
	}
	return out
}

// verified holds the register to its history, the caches under the calendar in force.
func verified(t testing.TB, store storage.Store) {
	t.Helper()
	var cal *calendar.Calendar
	err := store.View(t.Context(), func(r storage.Reader) (err error) {
		cal, err = server.CalendarOf(r, calendar.Embedded())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = verify.Verify(t.Context(), store, verify.Config{
		Rules:  func(a storage.Agency) workflow.Rules { return workflow.Rules{Calendar: cal, Settings: a.Settings} },
		Report: func(f verify.Finding) { t.Errorf("verify: %+v", f) },
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestImportNotice(t *testing.T) {
	o := newOffice(t, onImport)
	first := o.register(t, handedOver("2026-12-14"))
	extended := o.register(t, handedOver("2026-12-01"), action(&pb.Extend{Workdays: 10, NotifyDate: "2026-12-10"}))
	o.register(t, handedOver("2026-11-02")) // overdue: nothing moves
	want := []string{"2026-00003 2026-11-30", "2026-00001 2027-01-12 provisional", "2026-00002 2027-01-13 provisional"}
	if diff := cmp.Diff(want, o.dues(t)); diff != "" {
		t.Fatalf("before the notice (-want +got)\n%s", diff)
	}
	req := &pb.ImportNoticeRequest{Text: short2027, ValidateOnly: true}
	preview, err := o.calendar().ImportNotice(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	moved := []*pb.MovedDeadline{
		{
			Name: first.GetName(), ApplicationNo: "2026-00001", BeforeDate: "2027-01-12", AfterDate: "2027-01-14",
			Letters: []string{"登记回执2026-12-14，写明2027-01-12"},
		},
		{
			Name: extended.GetName(), ApplicationNo: "2026-00002", BeforeDate: "2027-01-13", AfterDate: "2027-01-15",
			Letters: []string{"登记回执2026-12-01，写明2026-12-29", "延期答复告知书2026-12-10，写明2027-01-13"},
		},
	}
	if diff := cmp.Diff(moved, preview.GetMoved(), protocmp.Transform()); diff != "" {
		t.Errorf("moved (-want +got)\n%s", diff)
	}
	if preview.GetImported() || preview.GetMovedCount() != 2 || preview.GetFirmCount() != 2 || len(preview.GetWarnings()) != 1 {
		t.Errorf("the preview says %v", preview)
	}
	if d := preview.GetChangedDays()[0]; d.GetDate() != "2027-01-04" || !d.GetBefore() || d.GetAfter() {
		t.Errorf("the first changed day is %v", d)
	}
	if diff := cmp.Diff(want, o.dues(t)); diff != "" {
		t.Errorf("the preview moved something (-before +after)\n%s", diff)
	}

	req = &pb.ImportNoticeRequest{Text: short2027, RequestId: "11111111-1111-4111-8111-111111111111"}
	done, err := o.calendar().ImportNotice(t.Context(), req)
	if err != nil || !done.GetImported() || done.GetPending() {
		t.Fatalf("%v, %v", done, err)
	}
	if diff := cmp.Diff(preview.GetMoved(), done.GetMoved(), protocmp.Transform()); diff != "" {
		t.Errorf("the preview promised otherwise (-preview +done)\n%s", diff)
	}
	firm := []string{"2026-00003 2026-11-30", "2026-00001 2027-01-14", "2026-00002 2027-01-15"}
	if diff := cmp.Diff(firm, o.dues(t)); diff != "" {
		t.Errorf("after the notice (-want +got)\n%s", diff)
	}
	verified(t, o.store)

	again, err := o.calendar().ImportNotice(t.Context(), req)
	if diff := cmp.Diff(done, again, protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("the retry answers otherwise (%v)\n%s", err, diff)
	}
	req.Text += "\n"
	if _, err = o.calendar().ImportNotice(t.Context(), req); refusalOf(err).reason != "REQUEST_ID_REUSED" {
		t.Errorf("the id with other content: %v", err)
	}
	list, err := o.calendar().ListNotices(t.Context(), &pb.ListNoticesRequest{Year: 2027})
	if err != nil || len(list.GetNotices()) != 1 || !list.GetNotices()[0].GetImported() || list.GetNotices()[0].GetIssueDate() != "2026-12-15" {
		t.Errorf("2027 has the notices %v, %v", list, err)
	}
	restarted := serveOn(t, o.env)
	if day, err := restarted.GetDay(t.Context(), &pb.GetDayRequest{Date: "2027-01-05"}); err != nil || day.GetWorkday() || day.GetProvisional() {
		t.Errorf("a server that starts on the register says %v, %v", day, err)
	}
}

// TestAmendmentKeepsClosed: an amendment moves what is open, and nothing that was closed
// between its issue and its import.
func TestAmendmentKeepsClosed(t *testing.T) {
	o := newOffice(t, "2026-09-10")
	closed := o.register(t, handedOver("2026-08-12"), // due 09-09
		action(&pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-09-09"}), action(&pb.Deliver{Mode: "IN_PERSON", DeliverDate: "2026-09-09"}))
	late := o.register(t, handedOver("2026-08-11"), // due 09-08
		action(&pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-09-09"}), action(&pb.Deliver{Mode: "IN_PERSON", DeliverDate: "2026-09-09"}))
	open := o.register(t, handedOver("2026-09-09"))
	before := open.GetDeadline().GetDueDate()
	// The 8th of September becomes a day of rest after the fact, and one more in October.
	const amendment = "关于调整2026年国庆节假期安排的通知（合成样本）\n国庆节：9月8日放假。10月1日至8日放假。9月20日（周日）、10月10日（周六）上班。\n2026年9月7日"
	done, err := o.calendar().ImportNotice(t.Context(), &pb.ImportNoticeRequest{Text: amendment})
	if err != nil {
		t.Fatal(err)
	}
	n := done.GetNotice()
	if n.GetIssueDate() != "2026-09-07" || n.GetKnownFromDate() != "2026-09-11" || done.GetMovedCount() != 1 {
		t.Errorf("the amendment is %v", done)
	}
	if got := o.get(t, open.GetName()).GetDeadline().GetDueDate(); got != "2026-10-14" || before != "2026-10-13" {
		t.Errorf("the open one was due %s and is due %s", before, got)
	}
	for _, was := range []*pb.Application{closed, late} {
		if diff := cmp.Diff(was, o.get(t, was.GetName()), protocmp.Transform()); diff != "" {
			t.Errorf("closed, and changed (-before +after)\n%s", diff)
		}
	}
	verified(t, o.store)
	if _, err := o.calendar().ImportNotice(t.Context(), &pb.ImportNoticeRequest{Text: amendment}); refusalOf(err).reason != "NOTICE_UNREADABLE" {
		t.Errorf("the same amendment again: %v", err)
	}
}

func TestImportNoticeRefuses(t *testing.T) {
	o := newOffice(t, onImport)
	tests := []struct {
		name   string
		req    *pb.ImportNoticeRequest
		reason pb.Reason
		says   string
	}{
		{"nothing", &pb.ImportNoticeRequest{}, pb.Reason_FIELD_INVALID, "之一"},
		{"both", &pb.ImportNoticeRequest{Text: notice2027, Notice: &pb.Notice{Year: 2027}}, pb.Reason_FIELD_INVALID, "之一"},
		{"weekday", &pb.ImportNoticeRequest{Text: strings.Replace(notice2027, "周五", "周四", 1)}, pb.Reason_NOTICE_UNREADABLE, "第2行：2027-01-01是星期五"},
		{"future", &pb.ImportNoticeRequest{Text: notice2027, IssueDate: "2026-12-16"}, pb.Reason_FIELD_INVALID, "晚于今天"},
		{"gap", &pb.ImportNoticeRequest{Notice: &pb.Notice{Year: 2028, Rest: []*pb.DayRange{{FirstDate: "2028-01-01", Festival: "元旦"}}}}, pb.Reason_NOTICE_UNREADABLE, "先导入"},
		{"no festival", &pb.ImportNoticeRequest{Notice: &pb.Notice{Year: 2027, Rest: []*pb.DayRange{{FirstDate: "2027-01-01"}}}}, pb.Reason_NOTICE_UNREADABLE, "没有写明节日"},
		{"bad day", &pb.ImportNoticeRequest{Notice: &pb.Notice{Year: 2027, Rest: []*pb.DayRange{{FirstDate: "2027-1-1"}}}}, pb.Reason_FIELD_INVALID, "notice.rest[0].first_date"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := o.calendar().ImportNotice(t.Context(), tt.req)
			if got := wantRefusal(t, err, codes.InvalidArgument, tt.reason); !strings.Contains(got.zh, tt.says) {
				t.Errorf("says %s", got.zh)
			}
		})
	}
	for _, role := range workflow.Roles() {
		if role.Separate() { // they belong to no agency
			continue
		}
		own := pb.NewCalendarServiceClient(o.conn(t, role, "own"))
		if _, err := own.ImportNotice(t.Context(), &pb.ImportNoticeRequest{Text: notice2027}); status.Code(err) != codes.PermissionDenied {
			t.Errorf("%s of an agency imports: %v", role, err)
		}
	}
}

// TestPreviewOfAgency: the administrator of an agency looks ahead, at what it reaches only.
func TestPreviewOfAgency(t *testing.T) {
	o := newOffice(t, onImport)
	o.register(t, handedOver("2026-12-14"))
	o.agency(t, "other", "")
	for agency, want := range map[string]int32{"own": 1, "other": 0} {
		c := pb.NewCalendarServiceClient(o.conn(t, workflow.Administrator, agency))
		got, err := c.ImportNotice(t.Context(), &pb.ImportNoticeRequest{Text: short2027, ValidateOnly: true})
		if err != nil || got.GetMovedCount() != want || len(got.GetMoved()) != int(want) {
			t.Errorf("%s: %v, %v", agency, got, err)
		}
	}
}

// TestTwoServersShareNotices: a server learns of the notice that another one took in, and
// one that starts does what was interrupted.
func TestTwoServersShareNotices(t *testing.T) {
	o := newOffice(t, onImport)
	e := o.env
	o.register(t, handedOver("2026-12-14"))
	early := serveOn(t, e) // knows nothing of the notice yet
	if _, err := e.calendar().ImportNotice(t.Context(), &pb.ImportNoticeRequest{Text: short2027}); err != nil {
		t.Fatal(err)
	}
	// Undo the order of the list, and forget that it was put right: as after a kill.
	err := e.store.Update(t.Context(), "own", func(w storage.Writer) error {
		return w.Recache(1, 1, storage.Caches{Due: day(t, "2027-01-12")})
	})
	if err != nil {
		t.Fatal(err)
	}
	forgetOrder(t, e)
	late := serveOn(t, e)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	for cachesIn(t, e).Due != day(t, "2027-01-14") { // whoever starts puts it in order
		if _, err := late.GetDay(ctx, &pb.GetDayRequest{Date: "2027-01-05"}); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]pb.CalendarServiceClient{"early": early, "late": late} {
		for rest := false; !rest; { // the early one looks once a second
			got, err := c.GetDay(ctx, &pb.GetDayRequest{Date: "2027-01-05"})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			rest = !got.GetWorkday() && !got.GetProvisional()
		}
	}
	verified(t, e.store)
}

// TestListsOfAFormerProgram: what a program before this one did not derive is derived when
// a server starts, though the calendar is the same.
func TestListsOfAFormerProgram(t *testing.T) {
	o := newOffice(t, onImport)
	e := o.env
	a := o.register(t, handedOver("2026-12-01"), action(&pb.Consult{Kind: "THIRD_PARTY", SendDate: "2026-12-02", ReceiveDate: "2026-12-02"}))
	want := cachesIn(t, e)
	if want.Lapse.IsZero() {
		t.Fatal("the consultation has no end")
	}
	err := e.store.Update(t.Context(), "own", func(w storage.Writer) error {
		app, err := w.Application("own", 1)
		if err != nil {
			return err
		}
		return w.Recache(1, app.Revision, storage.Caches{Due: want.Due, Safe: want.Safe, Lapse: day(t, "1900-01-01")})
	})
	if err != nil {
		t.Fatalf("%s: %v", a.GetName(), err)
	}
	recordOrder(t, e, func(facts string) string { return strings.Replace(facts, `"v":2`, `"v":1`, 1) })
	c := serveOn(t, e)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	for cachesIn(t, e) != want {
		if _, err := c.GetDay(ctx, &pb.GetDayRequest{Date: "2027-01-05"}); err != nil {
			t.Fatal(err)
		}
	}
}

// cachesIn are the caches of the first application.
func cachesIn(t *testing.T, e *env) (c storage.Caches) {
	t.Helper()
	err := e.store.View(t.Context(), func(r storage.Reader) (err error) {
		c, err = r.Caches("own", 1)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// forgetOrder records that the lists were last put in order under another calendar.
func forgetOrder(t *testing.T, e *env) {
	t.Helper()
	recordOrder(t, e, func(string) string { return `{"v":2,"revision":"another"}` })
}

// recordOrder records how the lists were last put in order, as a change of what is recorded.
func recordOrder(t *testing.T, e *env, change func(facts string) string) {
	t.Helper()
	err := e.store.Update(t.Context(), "", func(w storage.Writer) error {
		last, err := w.Latest("", "calendar/caches", "", 1)
		if err != nil || len(last) != 1 {
			return fmt.Errorf("%d orders were recorded: %w", len(last), err)
		}
		facts := change(string(last[0].Facts))
		if facts == string(last[0].Facts) {
			return fmt.Errorf("nothing changed in %s", facts)
		}
		return w.Record(storage.Event{Object: "calendar/caches", Revision: last[0].Revision + 1, Time: time.Now(), Action: "order_lists", Facts: []byte(facts)})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// serveOn is another server on the register of an env, and a client of it.
func serveOn(t *testing.T, e *env) pb.CalendarServiceClient {
	t.Helper()
	s := clerkOf(t, e, onImport, time.Now)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	e.mu.Lock()
	e.serials++
	id := fmt.Sprintf("elsewhere-%d", e.serials)
	e.mu.Unlock()
	p, err := pb.NewPrincipalServiceClient(e.admin).CreatePrincipal(t.Context(), &pb.CreatePrincipalRequest{
		PrincipalId: id, Principal: &pb.Principal{Role: pb.Principal_ADMINISTRATOR},
	})
	if err != nil {
		t.Fatal(err)
	}
	there := &env{t: t, store: e.store, target: l.Addr().String()}
	return pb.NewCalendarServiceClient(there.dial(p.GetToken()))
}
