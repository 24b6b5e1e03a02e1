package server_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// lives are ways that a case may have gone, each act some days after the one before.
func lives(received workflow.Date, r *rand.Rand) (pb.Application_Channel, []*pb.Action) {
	at := received
	next := func() string { at = at.AddDays(r.IntN(5)); return at.String() }
	reply := func() []*pb.Action {
		return []*pb.Action{action(&pb.Decide{Basis: "disclosed.provided", DecideDate: next()}), action(&pb.Deliver{Mode: "POST", DeliverDate: next()})}
	}
	supplement := func() *pb.Action {
		return action(&pb.RequestSupplement{NotifyDate: next(), NoticeReceiveDate: at.String(), Workdays: 1, Items: []string{"名称"}})
	}
	switch r.IntN(14) {
	case 0, 1:
		return pb.Application_FAX, nil
	case 2:
		return pb.Application_FAX, []*pb.Action{action(&pb.Confirm{ReceiveDate: next()})}
	case 3:
		return pb.Application_IN_PERSON, []*pb.Action{supplement()}
	case 4:
		return pb.Application_IN_PERSON, []*pb.Action{supplement(), action(&pb.SubmitSupplement{ReceiveDate: at.String()})}
	case 5:
		return pb.Application_IN_PERSON, []*pb.Action{supplement(), action(&pb.LapseSupplement{LapseDate: at.AddDays(12).String()})}
	case 6:
		return pb.Application_IN_PERSON, []*pb.Action{action(&pb.Consult{Kind: "THIRD_PARTY", SendDate: next()})}
	case 7:
		return pb.Application_IN_PERSON, []*pb.Action{
			action(&pb.Consult{Kind: "CO_MAKER", SendDate: next(), ReceiveDate: at.String()}), action(&pb.Consult{Kind: "ORGAN", SendDate: next(), DueDate: at.AddDays(10).String()}),
		}
	case 8:
		return pb.Application_IN_PERSON, []*pb.Action{action(&pb.Extend{Workdays: int32(1 + r.IntN(20)), NotifyDate: next()})}
	case 9:
		return pb.Application_IN_PERSON, []*pb.Action{action(&pb.NotifyFee{ReceiveDate: next(), AmountFen: 10000, Tariff: "PER_PAGE"})}
	case 10:
		return pb.Application_IN_PERSON, reply()
	case 11:
		return pb.Application_IN_PERSON, append(reply(), action(&pb.Replace{ReplaceDate: next(), Reason: "自行纠错"}))
	case 12:
		return pb.Application_IN_PERSON, reply()[:1]
	}
	return pb.Application_IN_PERSON, nil
}

// busyYear fills an office with cases of every kind.
func busyYear(t testing.TB, o *office) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	for range 120 {
		in := handedOver(calendar.New(2026, 1, 5).AddDays(r.IntN(150)).String())
		var actions []*pb.Action
		in.Channel, actions = lives(day(t, in.GetArriveDate()), r)
		o.register(t, in, actions...)
	}
	voided := o.register(t, handedOver("2026-06-01"))
	if _, err := pb.NewApplicationServiceClient(o.conn(t, workflow.Supervisor, "own")).ActOnApplication(t.Context(), &pb.ActOnApplicationRequest{
		Name: voided.GetName(), Actions: []*pb.Action{action(&pb.Void{VoidDate: "2026-06-02", Reason: "误登记"})},
	}); err != nil {
		t.Fatal(err)
	}
}

// naiveDue reads the whole register, asks of every case where it stands on a day, and
// sorts.
func naiveDue(t testing.TB, o *office, on workflow.Date) []string {
	t.Helper()
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	type row struct {
		part int
		due  workflow.Date
		id   int64
		no   string
	}
	var rows []row
	if err := o.store.View(t.Context(), func(r storage.Reader) error {
		rows = nil
		all, err := r.Applications("own", storage.Query{Limit: 1000})
		for _, a := range all {
			if err := rules.Fold(a); err != nil {
				return err
			}
			if !a.State.Open() {
				continue
			}
			due := rules.Deadline(a)
			s := due.On(on, rules.Calendar)
			x := row{0, due.Due, a.ID, a.ApplicationNo}
			switch {
			case a.State == workflow.Submitted:
				x.part = 2
			case s.Suspended:
				x.part = 1
			}
			rows = append(rows, x)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.part, b.part), cmp.Compare(b2i(a.due.IsZero()), b2i(b.due.IsZero())), cmp.Compare(a.due, b.due), cmp.Compare(a.id, b.id))
	})
	out := make([]string, len(rows))
	for i, x := range rows {
		out[i] = x.no
	}
	return out
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// due reads the whole list in pages of a size.
func (o *office) due(t rapid.TB, on string, size int32) []*pb.DueApplication {
	t.Helper()
	var out []*pb.DueApplication
	req := &pb.ListDueApplicationsRequest{Parent: "agencies/own", OnDate: on, PageSize: size}
	for {
		res, err := o.statistician.ListDueApplications(o.t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if n := int32(len(res.GetApplications())); n > size || n < size && res.GetNextPageToken() != "" {
			t.Fatalf("a page of %d with %d entries and token %q", size, n, res.GetNextPageToken())
		}
		out = append(out, res.GetApplications()...)
		if req.PageToken = res.GetNextPageToken(); req.GetPageToken() == "" {
			return out
		}
	}
}

func TestDueListIsTheWholeRegisterSorted(t *testing.T) {
	o := newOffice(t, today)
	busyYear(t, o)
	parts := map[string]int{}
	for _, a := range o.due(t, today, 1000) {
		d := a.GetDeadline()
		parts[fmt.Sprintf("overdue %t suspended %t due %t", d.GetOverdue(), d.GetSuspended(), d.GetDueDate() != "")]++
	}
	if len(parts) != 4 {
		t.Fatalf("the cases are too much alike: %v", parts)
	}
	rapid.Check(t, func(rt *rapid.T) {
		on := calendar.New(2025, 12, 1).AddDays(rapid.IntRange(0, 400).Draw(rt, "day"))
		size := rapid.Int32Range(1, 130).Draw(rt, "size")
		var got []string
		list := o.due(rt, on.String(), size)
		for _, a := range list {
			got = append(got, a.GetApplicationNo())
		}
		if diff := gocmp.Diff(naiveDue(t, o, on), got); diff != "" {
			rt.Fatalf("on %s in pages of %d (-naive +got):\n%s", on, size, diff)
		}
		checkClocks(rt, list, on)
	})
}

// checkClocks holds each clock against the day it is looked at from.
func checkClocks(t rapid.TB, list []*pb.DueApplication, on workflow.Date) {
	t.Helper()
	cal, last := calendar.Embedded(), ""
	for _, a := range list {
		d := a.GetDeadline()
		switch {
		case d.GetSuspended() && (d.GetDueDate() != "" || d.WorkdaysLeft != nil || d.WorkdaysRemaining == nil || d.GetOverdue()),
			a.GetState() == pb.Application_SUBMITTED && !gocmp.Equal(d, &pb.Deadline{}, protocmp.Transform()):
			t.Fatalf("%s: %v", a.GetApplicationNo(), d)
		case d.GetDueDate() == "":
			continue
		}
		due, err := calendar.Parse(d.GetDueDate())
		if err != nil || d.GetDueDate() < last {
			t.Fatalf("%s: %v after %s", a.GetApplicationNo(), d, last)
		}
		last = d.GetDueDate()
		if int(d.GetWorkdaysLeft()) != cal.WorkdaysBetween(on, due) || d.GetOverdue() != (on > due) || d.GetSafeDueDate() == "" || d.GetSafeDueDate() > last {
			t.Fatalf("%s on %s: %v", a.GetApplicationNo(), on, d)
		}
	}
}

func TestDueListOfToday(t *testing.T) {
	o := newOffice(t, today)
	o.register(t, handedOver("2026-06-12"))
	o.register(t, handedOver("2026-05-06"))
	o.register(t, handedOver("2026-06-01"), action(&pb.NotifyFee{ReceiveDate: "2026-06-02", AmountFen: 100, Tariff: "PER_PAGE"}))
	online := handedOver("2026-06-29")
	online.Channel = pb.Application_ONLINE_FORM
	o.register(t, online)
	res, err := o.officer.ListDueApplications(t.Context(), &pb.ListDueApplicationsRequest{Parent: "agencies/own", PageSize: 3})
	if err != nil || res.GetOnDate() != today {
		t.Fatalf("got %v, %v", res, err)
	}
	var got []string
	for _, a := range res.GetApplications() {
		got = append(got, a.GetApplicationNo()+" "+a.GetState().String()+" "+a.GetDeadline().GetDueDate())
	}
	want := []string{"2026-00002 RECEIVED 2026-06-02", "2026-00001 RECEIVED 2026-07-13", "2026-00003 FEE_PENDING "}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, bad := range []*pb.ListDueApplicationsRequest{
		{Parent: "agencies/own", PageToken: res.GetNextPageToken(), OnDate: today},
		{Parent: "agencies/own", PageToken: "e30"},
	} {
		_, err := o.officer.ListDueApplications(t.Context(), bad)
		wantRefusal(t, err, codes.InvalidArgument, pb.Reason_INVALID_PAGE_TOKEN)
	}
	_, err = o.officer.ListDueApplications(t.Context(), &pb.ListDueApplicationsRequest{Parent: "agencies/own", OnDate: "yesterday"})
	if r := wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID); r.field != "on_date" {
		t.Errorf("at %s", r.field)
	}
	res, err = o.officer.ListDueApplications(t.Context(), &pb.ListDueApplicationsRequest{Parent: "agencies/own", PageSize: 3, PageToken: res.GetNextPageToken()})
	if err != nil || len(res.GetApplications()) != 1 || res.GetApplications()[0].GetState() != pb.Application_SUBMITTED || res.GetNextPageToken() != "" {
		t.Errorf("second page %v, %v", res, err)
	}
}

// TestSafeDueDate: time for an organ that no law gives any is not relied on.
func TestSafeDueDate(t *testing.T) {
	o := newOffice(t, today)
	a := o.register(t, handedOver("2026-06-01"),
		action(&pb.Consult{Kind: "ORGAN", SendDate: "2026-06-03", DueDate: "2026-06-12"}), action(&pb.ReceiveOpinion{ReceiveDate: "2026-06-05", Opinion: "CONSENT"}))
	sameMessage(t, "deadline", &pb.Deadline{DueDate: "2026-07-02", SafeDueDate: "2026-06-30", WorkdaysLeft: proto.Int32(2)}, a.GetDeadline())
}
