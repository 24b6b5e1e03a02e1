package server_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	rounds "gongkai/server/clerk"
	"gongkai/storage/sqlite"
	"gongkai/workflow"
)

// clerkOf is a server over the register of an env on another day: what a clerk works with.
func clerkOf(t *testing.T, e *env, on string, now func() time.Time) *server.Server {
	t.Helper()
	s, err := server.New(server.Config{Store: e.store, Now: now, Today: day(t, on), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// oneRound is an office whose clerk ends with the first round that is recorded.
type oneRound struct {
	*server.Server
	stop context.CancelFunc
}

func (o oneRound) RecordRound(ctx context.Context, began, r rounds.Round) error {
	defer o.stop()
	return o.Server.RecordRound(ctx, began, r)
}

// TestLapse: what time does by itself is done on the day after the last, once, in the name
// of the clock, and closes applications only where the agency says so.
func TestLapse(t *testing.T) {
	e := start(t, today)
	e.agency(t, "jyj", "")
	officer := pb.NewApplicationServiceClient(e.conn(t, workflow.Officer, "jyj"))
	settings := pb.NewSettingServiceClient(e.admin)
	create := func(actions ...*pb.Action) string {
		a, err := officer.CreateApplication(t.Context(), &pb.CreateApplicationRequest{
			Parent:      "agencies/jyj",
			Application: &pb.Application{Applicant: &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON}, Channel: pb.Application_IN_PERSON, ArriveDate: "2026-06-01"},
			Actions:     actions,
		})
		if err != nil {
			t.Fatal(err)
		}
		return a.GetName()
	}
	silent := create(action(&pb.Consult{Kind: "THIRD_PARTY", SendDate: "2026-06-02", ReceiveDate: "2026-06-02"})) // until 06-24
	unclear := create(action(&pb.RequestSupplement{NotifyDate: "2026-06-02", NoticeReceiveDate: "2026-06-03", DueDate: "2026-06-24", Items: []string{"名称"}}))
	unproven := create(action(&pb.RequestSupplement{NotifyDate: "2026-06-02", DueDate: "2026-06-24", Items: []string{"名称"}}))
	unpaid := create(action(&pb.NotifyFee{ReceiveDate: "2026-06-02", AmountFen: 10000, Tariff: "PER_PAGE"})) // until 07-01

	state := func(name string) pb.Application_State {
		a, err := officer.GetApplication(t.Context(), &pb.GetApplicationRequest{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		return a.GetState()
	}
	lapse := func(on string, want int) {
		t.Helper()
		n, err := clerkOf(t, e, on, time.Now).Lapse(t.Context())
		if err != nil || n != want {
			t.Fatalf("on %s %d lapsed (%v), want %d", on, n, err, want)
		}
	}
	lapse("2026-06-24", 0)
	lapse("2026-06-25", 1)
	lapse("2026-06-25", 0)
	if got := state(silent); got != pb.Application_PROCESSING {
		t.Errorf("the silent third party left it in %s", got)
	}
	history, err := officer.ListEvents(t.Context(), &pb.ListEventsRequest{Name: silent})
	if err != nil {
		t.Fatal(err)
	}
	if last := history.GetEvents()[len(history.GetEvents())-1]; last.GetActor() != "clock" || last.GetAction().GetLapseOpinion() == nil {
		t.Errorf("the last event is %v", last)
	}
	if got := state(unclear); got != pb.Application_SUPPLEMENT_PENDING {
		t.Errorf("closed without the agency's consent: %s", got)
	}

	_, err = settings.UpdateSettings(t.Context(), &pb.UpdateSettingsRequest{Parent: "agencies/jyj", EffectiveDate: today, Values: map[string]string{
		workflow.SetLapseSupplement: workflow.SwitchOn, workflow.SetLapseFee: workflow.SwitchOn,
	}})
	if err != nil {
		t.Fatal(err)
	}
	lapse(today, 1) // three workdays after 06-24 are over: 25, 26, 29
	if got := state(unclear); got != pb.Application_CLOSED {
		t.Errorf("not closed: %s", got)
	}
	if got := state(unproven); got != pb.Application_SUPPLEMENT_PENDING {
		t.Errorf("closed although nobody knows that the notice arrived: %s", got)
	}
	lapse("2026-07-06", 0) // the third workday after 07-01
	lapse("2026-07-07", 1)
	if a, err := clerkOf(t, e, "2026-07-07", time.Now).LastRound(t.Context()); err != nil || !a.Time.IsZero() {
		t.Errorf("lapses alone are no round: %+v (%v)", a, err)
	}
	_ = unpaid
}

// TestLapseProvisional: where no notice fixes the year, a date may still move, and nothing
// lapses by itself.
func TestLapseProvisional(t *testing.T) {
	e := start(t, "2026-12-31")
	e.agency(t, "jyj", "")
	officer := pb.NewApplicationServiceClient(e.conn(t, workflow.Officer, "jyj"))
	_, err := officer.CreateApplication(t.Context(), &pb.CreateApplicationRequest{
		Parent:      "agencies/jyj",
		Application: &pb.Application{Applicant: &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON}, Channel: pb.Application_IN_PERSON, ArriveDate: "2026-12-01"},
		Actions:     []*pb.Action{action(&pb.Consult{Kind: "THIRD_PARTY", SendDate: "2026-12-02", ReceiveDate: "2026-12-02"})},
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := clerkOf(t, e, "2027-03-01", time.Now).Lapse(t.Context()); n != 0 || err != nil {
		t.Errorf("%d lapsed by provisional dates (%v)", n, err)
	}
}

// TestReminders: the list of a workday names what is late, due or unconfirmed, and is the
// same until it was sent.
func TestReminders(t *testing.T) {
	e := start(t, today)
	e.agency(t, "jyj", "")
	e.agency(t, "quiet", "")
	officer := pb.NewApplicationServiceClient(e.conn(t, workflow.Officer, "jyj"))
	for _, a := range []*pb.Application{
		{ArriveDate: "2026-05-06", Channel: pb.Application_IN_PERSON},   // due 06-02
		{ArriveDate: "2026-06-01", Channel: pb.Application_IN_PERSON},   // due 06-30
		{ArriveDate: "2026-06-26", Channel: pb.Application_IN_PERSON},   // later
		{ArriveDate: "2026-06-29", Channel: pb.Application_ONLINE_FORM}, // unconfirmed
	} {
		a.Applicant = &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON, DisplayName: "甲某"}
		if _, err := officer.CreateApplication(t.Context(), &pb.CreateApplicationRequest{Parent: "agencies/jyj", Application: a}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := pb.NewSettingServiceClient(e.admin).UpdateSettings(t.Context(), &pb.UpdateSettingsRequest{Parent: "agencies/jyj", Values: map[string]string{
		workflow.SetRemindEmail: "office@example.invalid, head@example.invalid",
	}})
	if err != nil {
		t.Fatal(err)
	}
	at := func(hour int) func() time.Time {
		return func() time.Time { return time.Date(2026, 6, 30, hour-8, 0, 0, 0, time.UTC) }
	}
	list, err := clerkOf(t, e, today, at(19)).Reminders(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("%d lists (%v)", len(list), err)
	}
	want := rounds.Reminder{
		Agency: "jyj", Day: today, Subject: "【依申请公开】测试机关jyj待办提醒 2026-06-30",
		Email: []string{"office@example.invalid", "head@example.invalid"},
		Lines: []string{
			"2026-00001 已登记，应于2026-06-02前答复，已超期",
			"2026-00002 已登记，应于2026-06-30前答复，剩余0个工作日",
			"2026-00004 到达2026-06-29，尚未确认收到",
		},
	}
	if diff := cmp.Diff(want, list[0]); diff != "" {
		t.Errorf("list:\n%s", diff)
	}
	again, err := clerkOf(t, e, today, at(20)).Reminders(t.Context())
	want.Quiet = true
	if diff := cmp.Diff([]rounds.Reminder{want}, again); diff != "" || err != nil {
		t.Errorf("in the evening (%v):\n%s", err, diff)
	}
	for _, tt := range []struct{ hour, sent int }{{20, 0}, {19, 1}} {
		ctx, stop := context.WithCancel(t.Context())
		sent := 0
		rounds.Clerk{
			Office: oneRound{clerkOf(t, e, today, at(tt.hour)), stop}, Now: at(tt.hour), Log: slog.New(slog.DiscardHandler),
			Send: func(context.Context, rounds.Reminder) error { sent++; return nil },
		}.Run(ctx)
		if sent != tt.sent {
			t.Errorf("at %d o'clock %d sent, want %d", tt.hour, sent, tt.sent)
		}
	}
	s := clerkOf(t, e, today, at(19))
	for range 2 {
		if err := s.Sent(t.Context(), list[0]); err != nil {
			t.Fatal(err)
		}
	}
	if list, err = s.Reminders(t.Context()); len(list) != 0 || err != nil {
		t.Errorf("sent, and still there: %v (%v)", list, err)
	}
	if list, err = clerkOf(t, e, "2026-07-04", at(19)).Reminders(t.Context()); len(list) != 0 || err != nil {
		t.Errorf("on a Saturday: %v (%v)", list, err)
	}
}

// TestClerk: a clerk goes round by the clock that it is given, says when it stood still,
// and lets nothing lapse once the clock has jumped, until a person says that it is right.
func TestClerk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "gongkai.db"), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}()
		var off time.Duration
		now := func() time.Time { return time.Now().Add(off) }
		s, err := server.New(server.Config{Store: store, Now: now, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		run := func(length time.Duration) rounds.Round {
			ctx, stop := context.WithTimeout(t.Context(), length)
			defer stop()
			rounds.Clerk{Office: s, Now: now, Log: slog.New(slog.DiscardHandler)}.Run(ctx)
			r, err := s.LastRound(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		begin := now()
		if r := run(95 * time.Minute); r.Distrust != "" || !r.DeadTo.IsZero() || r.Time.Sub(begin) < 60*time.Minute {
			t.Errorf("after an hour and a half: %+v", r)
		}
		time.Sleep(5 * time.Hour) //nolint:forbidigo // nobody runs; in a bubble this takes no time
		if r := run(time.Minute); r.Distrust != "" || r.DeadTo.Sub(r.DeadFrom) < 5*time.Hour {
			t.Errorf("after five hours of silence: %+v", r)
		}
		off = -4 * time.Minute
		if r := run(time.Minute); r.Distrust != rounds.JumpedBack {
			t.Errorf("the clock went back: %+v", r)
		}
		off = 0
		if r := run(2 * time.Hour); r.Distrust != rounds.JumpedBack {
			t.Errorf("a clock that jumped is right again by itself: %+v", r)
		}
	})
}

// TestTrustClock: an administrator says how the clock was checked, once.
func TestTrustClock(t *testing.T) {
	e := start(t, today)
	client := pb.NewClerkServiceClient(e.admin)
	never, err := client.GetClerk(t.Context(), &pb.GetClerkRequest{})
	if err != nil || !never.GetDead() || never.GetRunTime() != nil {
		t.Errorf("a clerk that never ran: %v (%v)", never, err)
	}
	s := clerkOf(t, e, today, time.Now)
	if err := s.RecordRound(t.Context(), rounds.Round{}, rounds.Round{Version: 1, Time: time.Now(), Distrust: rounds.JumpedForward}); err != nil {
		t.Fatal(err)
	}
	c, err := client.GetClerk(inEnglish(t.Context()), &pb.GetClerkRequest{})
	if err != nil || c.GetDead() || c.GetDistrust() == "" {
		t.Errorf("a clock that jumped: %v (%v)", c, err)
	}
	e.agency(t, "jyj", "")
	queue := pb.NewQueueServiceClient(e.conn(t, workflow.Officer, "jyj"))
	warned := func() []string {
		list, err := queue.ListQueue(inEnglish(t.Context()), &pb.ListQueueRequest{Parent: "agencies/jyj"})
		if err != nil {
			t.Fatal(err)
		}
		return list.GetWarnings()
	}
	if w := warned(); len(w) != 1 || w[0] != c.GetDistrust() {
		t.Errorf("the queue under a clock that jumped warns of %q", w)
	}
	_, err = client.TrustClock(t.Context(), &pb.TrustClockRequest{})
	wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID)
	req := &pb.TrustClockRequest{Reason: "与授时中心核对", RequestId: "6f9619ff-8b86-d011-b42d-00c04fc964ff"}
	for range 2 {
		c, err = client.TrustClock(t.Context(), req)
		if err != nil || c.GetDistrust() != "" {
			t.Fatalf("trusted: %v (%v)", c, err)
		}
	}
	if w := warned(); len(w) != 0 {
		t.Errorf("the queue warns of %q", w)
	}
	if err := s.RecordRound(t.Context(), rounds.Round{}, rounds.Round{Version: 1, Time: time.Now().Add(-2 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if w := warned(); len(w) != 1 || !strings.Contains(w[0], "has not gone round since") {
		t.Errorf("the queue beside a clerk that stands still warns of %q", w)
	}
	_, err = pb.NewClerkServiceClient(e.conn(t, workflow.Supervisor, "jyj")).TrustClock(t.Context(), req)
	wantRefusal(t, err, codes.PermissionDenied, pb.Reason_ROLE_NOT_ALLOWED)
}
