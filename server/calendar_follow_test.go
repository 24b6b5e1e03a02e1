package server_test

import (
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	pb "gongkai/proto/disclosure/v1"
	rounds "gongkai/server/clerk"
	"gongkai/storage"
	"gongkai/workflow"
)

// amended rests on a day after the fact: 2026-09-08.
const amended = "关于调整2026年国庆节假期安排的通知（合成样本）\n国庆节：9月8日放假。10月1日至8日放假。9月20日（周日）、10月10日（周六）上班。\n2026年9月10日"

// TestNoticeJudgesFromTomorrow: whoever closes a case on the day of an import is judged by
// the plan before, and stays so.
func TestNoticeJudgesFromTomorrow(t *testing.T) {
	o := newOffice(t, "2026-09-10")
	late := o.register(t, handedOver("2026-08-12")) // due 09-09
	done, err := o.calendar().ImportNotice(t.Context(), &pb.ImportNoticeRequest{Text: amended})
	if err != nil || done.GetNotice().GetKnownFromDate() != "2026-09-11" {
		t.Fatalf("%v, %v", done, err)
	}
	_, err = o.officer.ActOnApplication(t.Context(), &pb.ActOnApplicationRequest{Name: late.GetName(), Actions: []*pb.Action{
		action(&pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-09-10"}), action(&pb.Deliver{Mode: "IN_PERSON", DeliverDate: "2026-09-10"}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := o.get(t, late.GetName()).GetConclusion(); got.GetTiming() != pb.Application_OVERDUE || got.GetDueDate() != "2026-09-09" {
		t.Errorf("closed a day late: %v", got)
	}
	verified(t, o.store)
}

// TestApplicantsPeriodsFollowNotice: a period in workdays that runs for the applicant ends
// later too, and nothing lapses before.
func TestApplicantsPeriodsFollowNotice(t *testing.T) {
	o := newOffice(t, onImport)
	fee := o.register(t, handedOver("2026-12-14"), action(&pb.NotifyFee{ReceiveDate: "2026-12-14", AmountFen: 10000, Tariff: "PER_PAGE"}))
	supplement := o.register(t, handedOver("2026-12-14"),
		action(&pb.RequestSupplement{NotifyDate: "2026-12-14", NoticeReceiveDate: "2026-12-14", Workdays: 20, Items: []string{"名称"}}))
	if _, err := o.calendar().ImportNotice(t.Context(), &pb.ImportNoticeRequest{Text: short2027}); err != nil {
		t.Fatal(err)
	}
	if got := o.get(t, fee.GetName()).GetFee().GetDueDate(); got != "2027-01-14" || fee.GetFee().GetDueDate() != "2027-01-12" {
		t.Errorf("the fee was due %s and is due %s", fee.GetFee().GetDueDate(), got)
	}
	if got := o.get(t, supplement.GetName()).GetSupplement().GetDueDate(); got != "2027-01-14" {
		t.Errorf("the supplement is due %s", got)
	}
	_, err := pb.NewSettingServiceClient(o.admin).UpdateSettings(t.Context(), &pb.UpdateSettingsRequest{Parent: "agencies/own", Values: map[string]string{
		workflow.SetLapseFee: workflow.SwitchOn, workflow.SetLapseSupplement: workflow.SwitchOn, workflow.SetLapseGrace: "0",
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		on   string
		want int
	}{{"2027-01-14", 0}, {"2027-01-15", 2}} {
		n, err := clerkOf(t, o.env, test.on, time.Now).Lapse(t.Context()) // a clerk that has only begun
		if err != nil || n != test.want {
			t.Errorf("on %s lapsed %d (%v), want %d", test.on, n, err, test.want)
		}
	}
	verified(t, o.store)
}

// TestListsOfAnotherProgram: a server that starts puts right what one with another calendar
// left behind, so that no overdue case hides in the list.
func TestListsOfAnotherProgram(t *testing.T) {
	o := newOffice(t, onImport)
	o.register(t, handedOver("2026-12-14"))
	for pending := true; pending; { // until the first server has put its lists in order
		var header metadata.MD
		if _, err := o.calendar().GetDay(t.Context(), &pb.GetDayRequest{Date: onImport}, grpc.Header(&header)); err != nil {
			t.Fatal(err)
		}
		pending = len(header.Get("gongkai-calendar")) > 0
	}
	err := o.store.Update(t.Context(), "own", func(w storage.Writer) error {
		return w.Recache(1, 1, storage.Caches{Due: day(t, "2027-01-14"), Safe: day(t, "2027-01-14")})
	})
	if err != nil {
		t.Fatal(err)
	}
	forgetOrder(t, o.env)
	c := serveOn(t, o.env)
	for {
		var caches storage.Caches
		err := o.store.View(t.Context(), func(r storage.Reader) (err error) {
			caches, err = r.Caches("own", 1)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if caches.Due == day(t, "2027-01-12") {
			break
		}
		if _, err := c.GetDay(t.Context(), &pb.GetDayRequest{Date: onImport}); err != nil {
			t.Fatal(err)
		}
	}
	verified(t, o.store)
}

// TestTrustOutlastsARound: a round that began before a person trusted the clock does not
// take that back.
func TestTrustOutlastsARound(t *testing.T) {
	e := start(t, today)
	s := clerkOf(t, e, today, time.Now)
	began := rounds.Round{Version: 1, Time: time.Now().Add(-time.Hour), Distrust: rounds.JumpedForward}
	if err := s.RecordRound(t.Context(), rounds.Round{}, began); err != nil {
		t.Fatal(err)
	}
	if _, err := pb.NewClerkServiceClient(e.admin).TrustClock(t.Context(), &pb.TrustClockRequest{Reason: "与授时中心核对"}); err != nil {
		t.Fatal(err)
	}
	ends := began
	ends.Time = time.Now()
	if err := s.RecordRound(t.Context(), began, ends); err != nil {
		t.Fatal(err)
	}
	if r, err := s.LastRound(t.Context()); err != nil || r.Distrust != "" || !r.Time.Equal(ends.Time) {
		t.Errorf("%+v, %v", r, err)
	}
}
