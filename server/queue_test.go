package server_test

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// settle gives the agency "own" settings from 2020 on, as its record says.
func (o *office) settle(t testing.TB, values map[string]string) workflow.Rules {
	t.Helper()
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	rules.Settings.Values = map[string][]workflow.SettingValue{}
	for key, value := range values {
		rules.Settings.Values[key] = []workflow.SettingValue{{From: calendar.New(2020, 1, 1), Value: value}}
	}
	if err := o.store.Update(t.Context(), "own", func(w storage.Writer) error {
		a, err := w.Agency("own")
		if err != nil {
			return err
		}
		a.Settings, a.Revision = rules.Settings, a.Revision+1
		return w.UpdateAgency(a, storage.Event{
			Agency: "own", Object: storage.AgencyObject("own"), Revision: a.Revision, Time: time.Unix(1_780_000_000, 0), Actor: "principals/admin",
			Action: "update_agency", Facts: []byte(`{"v":1}`),
		})
	}); err != nil {
		t.Fatal(err)
	}
	return rules
}

// handOut assigns some applications, one of them twice, and orders two.
func (o *office) handOut(t testing.TB) {
	t.Helper()
	page, err := o.supervisor.ListApplications(t.Context(), &pb.ListApplicationsRequest{Parent: "agencies/own", PageSize: 1000})
	if err != nil {
		t.Fatal(err)
	}
	orders := 0
	for i, a := range page.GetApplications() {
		switch a.GetState() {
		case pb.Application_CLOSED:
			if orders++; orders <= 3 {
				o.act(t, a.GetName(), action(&pb.OrderRedecision{ReceiveDate: "2026-06-29", Workdays: int32(orders * 4)}))
			}
			continue
		case pb.Application_VOID, pb.Application_SUBMITTED:
			continue
		case pb.Application_RECEIVED:
			if i%9 == 0 {
				o.act(t, a.GetName(), action(&pb.OrderRedecision{ReceiveDate: "2026-06-30", DueDate: calendar.New(2026, 7, 1).AddDays(i % 20).String()}))
			}
		default:
		}
		if i%3 == 0 {
			o.act(t, a.GetName(), action(&pb.Assign{AssignDate: "2026-06-29", Holder: []string{"规划科", "法制科"}[i%2]}))
		}
	}
}

// queueLine is what of an entry the order depends on.
type queueLine struct {
	Risk, Light, Due, No, Holder string
}

// naiveQueue asks of every open case how it stands, and sorts.
func naiveQueue(t rapid.TB, o *office, rules workflow.Rules, on workflow.Date) []queueLine {
	t.Helper()
	type row struct {
		queueLine
		risk int
		due  workflow.Date
		id   int64
	}
	var rows []row
	watch := rules.Watch(on)
	if err := o.store.View(o.t.Context(), func(r storage.Reader) error {
		rows = nil
		all, err := r.Applications("own", storage.Query{Limit: 1000})
		for _, a := range all {
			if err := rules.Fold(a); err != nil {
				return err
			}
			if !a.State.Open() {
				continue
			}
			s := watch.Standing(a)
			due := s.Deadline.Due
			rows = append(rows, row{
				queueLine{string(s.Risk), string(s.Light), due.String(), a.ApplicationNo, a.Holder()},
				slices.Index(workflow.Risks(), s.Risk)*2 + b2i(s.Risk == workflow.RiskApplicantLapsed && a.State == workflow.FeePending), due, a.ID,
			})
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.risk, b.risk),
			cmp.Compare(b2i(a.due.IsZero()), b2i(b.due.IsZero())), cmp.Compare(a.due, b.due), cmp.Compare(a.id, b.id))
	})
	out := make([]queueLine, len(rows))
	for i, x := range rows {
		out[i] = x.queueLine
	}
	return out
}

// queue reads the whole queue in pages of a size.
func queue(t rapid.TB, ctx context.Context, c pb.QueueServiceClient, req *pb.ListQueueRequest) []*pb.QueueEntry {
	t.Helper()
	var out []*pb.QueueEntry
	for {
		res, err := c.ListQueue(ctx, req)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(res.GetEntries()); n > int(req.GetPageSize()) {
			t.Fatalf("a page of %d with %d entries", req.GetPageSize(), n)
		}
		out = append(out, res.GetEntries()...)
		if req.PageToken = res.GetNextPageToken(); req.GetPageToken() == "" {
			return out
		}
	}
}

func TestQueueIsTheWholeRegisterByRisk(t *testing.T) {
	o := newOffice(t, today)
	busyYear(t, o)
	o.handOut(t)
	c := pb.NewQueueServiceClient(o.conn(t, workflow.Supervisor, "own"))
	seen := map[string]int{}
	compare := func(rt rapid.TB, rules workflow.Rules, on workflow.Date, size int32, holder string) {
		want := slices.DeleteFunc(naiveQueue(rt, o, rules, on), func(l queueLine) bool { return holder != "" && l.Holder != holder })
		var got []queueLine
		for _, e := range queue(rt, t.Context(), c, &pb.ListQueueRequest{Parent: "agencies/own", OnDate: on.String(), PageSize: size, Holder: holder}) {
			seen[e.GetRisk().String()]++
			due := e.GetDeadline().GetDueDate()
			if e.GetDeadline().GetSuspended() || e.GetDeadline().GetDueDate() == "" {
				due = "?" // the answer tells no date while the clock stands
			}
			got = append(got, queueLine{e.GetRisk().String(), e.GetLight().String(), due, e.GetApplicationNo(), e.GetHolder()})
			checkEntry(rt, e, on)
		}
		for i := range want {
			if i < len(got) && got[i].Due == "?" {
				want[i].Due = "?"
			}
		}
		checkCounts(rt, o, rules, c, on, holder)
		if diff := gocmp.Diff(want, got); diff != "" && len(want)+len(got) > 0 {
			rt.Fatalf("on %s in pages of %d (-naive +got):\n%s", on, size, diff)
		}
	}
	first := calendar.New(2026, 1, 1)
	check := func(rules workflow.Rules) func(*rapid.T) {
		return func(rt *rapid.T) {
			on := first.AddDays(rapid.IntRange(0, 260).Draw(rt, "day"))
			size := rapid.Int32Range(1, 130).Draw(rt, "size")
			compare(rt, rules, on, size, rapid.SampledFrom([]string{"", "", "规划科", "法制科", "nobody"}).Draw(rt, "holder"))
		}
	}
	rapid.Check(t, check(workflow.Rules{Calendar: calendar.Embedded()}))
	rules := o.settle(t, map[string]string{"lights.yellow": "8", "lights.red": "2", "internal.days_before": "10", "confirm.workdays": "2"})
	rapid.Check(t, check(rules))
	for d := 0; d <= 260 && len(seen) < len(workflow.Risks()); d++ { // what chance has not met
		compare(t, rules, first.AddDays(d), 1000, "")
	}
	for _, r := range workflow.Risks() {
		if seen[string(r)] == 0 {
			t.Errorf("no case of the register was at risk of %s: %v", r, seen)
		}
	}
}

// checkCounts holds the figures above the queue against a look at each open application.
func checkCounts(t rapid.TB, o *office, rules workflow.Rules, c pb.QueueServiceClient, on workflow.Date, holder string) {
	t.Helper()
	want, watch := &pb.QueueCounts{}, rules.Watch(on)
	sunday := on
	for sunday.Weekday() != time.Sunday {
		sunday = sunday.AddDays(1)
	}
	if err := o.store.View(o.t.Context(), func(r storage.Reader) error {
		want.Reset()
		all, err := r.Applications("own", storage.Query{Limit: 1000})
		for _, a := range all {
			if err := rules.Fold(a); err != nil {
				return err
			}
			if !a.State.Open() || holder != "" && a.Holder() != holder {
				continue
			}
			s := watch.Standing(a)
			ahead := !s.Status.Suspended && !s.Status.Unconfirmed && s.Status.Due >= on
			for n, is := range map[*int32]bool{
				&want.Open: true, &want.UnderReview: a.State == workflow.UnderReview, &want.Undelivered: a.State == workflow.Decided,
				&want.Suspended: s.Status.Suspended, &want.Overdue: s.Status.Overdue, &want.DueToday: ahead && s.Status.Due == on,
				&want.DueNext: ahead && s.Status.Due != on && s.Status.Left == 1, &want.DueThisWeek: ahead && s.Status.Due <= sunday,
			} {
				if is {
					*n++
				}
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	res, err := c.ListQueue(o.t.Context(), &pb.ListQueueRequest{Parent: "agencies/own", OnDate: on.String(), Holder: holder, Count: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, res.GetCounts(), protocmp.Transform()); diff != "" {
		t.Fatalf("figures on %s of %q (-naive +got):\n%s", on, holder, diff)
	}
}

// checkEntry holds light and days left of one entry against its dates.
func checkEntry(t rapid.TB, e *pb.QueueEntry, on workflow.Date) {
	t.Helper()
	cal, d := calendar.Embedded(), e.GetDeadline()
	if e.GetAdvice() == "" || e.GetRisk() == 0 || e.GetLight() == 0 {
		t.Fatalf("%v", e)
	}
	if text := e.GetRiskDate(); text != "" {
		day, err := calendar.Parse(text)
		if err != nil || int(e.GetWorkdaysLeft()) != cal.WorkdaysBetween(on, day) {
			t.Fatalf("on %s: %v", on, e)
		}
	}
	if d.GetOverdue() != (e.GetLight() == pb.QueueEntry_BLACK) || d.GetOverdue() != (e.GetRisk() == pb.QueueEntry_OVERDUE) || d.GetSuspended() != (e.GetLight() == pb.QueueEntry_GREY) {
		t.Fatalf("on %s: %v", on, e)
	}
	if (e.GetSupplementDate() == "") != (e.GetSupplementLight() == 0) {
		t.Fatalf("on %s: %v", on, e)
	}
}

func TestQueueOfToday(t *testing.T) {
	o := newOffice(t, today)
	o.register(t, handedOver("2026-06-12"))
	overdue := o.register(t, handedOver("2026-05-06"))
	o.register(t, handedOver("2026-06-01")) // today
	c := pb.NewQueueServiceClient(o.conn(t, workflow.Officer, "own"))
	res, err := c.ListQueue(inEnglish(t.Context()), &pb.ListQueueRequest{Parent: "agencies/own", PageSize: 2})
	if err != nil || res.GetOnDate() != today || len(res.GetEntries()) != 2 {
		t.Fatalf("got %v, %v", res, err)
	}
	want := &pb.QueueEntry{
		Name: overdue.GetName(), ApplicationNo: "2026-00002", State: pb.Application_RECEIVED, Light: pb.QueueEntry_BLACK, Risk: pb.QueueEntry_OVERDUE,
		Advice:   "the last day was 2026-06-02: reply now (Art 33) and give the cause on closing",
		RiskDate: "2026-06-02", WorkdaysLeft: -19, Deadline: overdue.GetDeadline(),
	}
	sameMessage(t, "overdue", want, res.GetEntries()[0])
	if e := res.GetEntries()[1]; e.GetRisk() != pb.QueueEntry_DUE_TODAY || e.GetLight() != pb.QueueEntry_RED {
		t.Errorf("second: %v", e)
	}
	for _, bad := range []*pb.ListQueueRequest{
		{Parent: "agencies/own", PageToken: res.GetNextPageToken(), Holder: "x"},
		{Parent: "agencies/own", PageToken: "e30"},
	} {
		_, err := c.ListQueue(t.Context(), bad)
		wantRefusal(t, err, codes.InvalidArgument, pb.Reason_INVALID_PAGE_TOKEN)
	}
	_, err = c.ListQueue(t.Context(), &pb.ListQueueRequest{Parent: "agencies/own", OnDate: "soon"})
	wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID)
	o.agency(t, "other", "")
	other := pb.NewQueueServiceClient(o.conn(t, workflow.Supervisor, "other"))
	for name, call := range map[string]func() error{
		"queue": func() error {
			_, err := other.ListQueue(t.Context(), &pb.ListQueueRequest{Parent: "agencies/own"})
			return err
		},
		"workload": func() error {
			_, err := other.ListWorkload(t.Context(), &pb.ListWorkloadRequest{Parent: "agencies/own"})
			return err
		},
		"late": func() error {
			_, err := other.ListLate(t.Context(), &pb.ListLateRequest{Parent: "agencies/own"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { wantRefusal(t, call(), codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND) })
	}
	_, err = pb.NewQueueServiceClient(o.conn(t, workflow.Auditor, "own")).ListQueue(t.Context(), &pb.ListQueueRequest{Parent: "agencies/own"})
	wantRefusal(t, err, codes.PermissionDenied, pb.Reason_ROLE_NOT_ALLOWED)
}

// TestWorkloadAddsUp: the counts of the holders are those of the queue.
func TestWorkloadAddsUp(t *testing.T) {
	o := newOffice(t, today)
	busyYear(t, o)
	o.handOut(t)
	c := pb.NewQueueServiceClient(o.conn(t, workflow.Supervisor, "own"))
	res, err := c.ListWorkload(t.Context(), &pb.ListWorkloadRequest{Parent: "agencies/own"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]*pb.Workload{}
	for _, e := range queue(t, t.Context(), c, &pb.ListQueueRequest{Parent: "agencies/own", PageSize: 1000}) {
		w := want[e.GetHolder()]
		if w == nil {
			w = &pb.Workload{Holder: e.GetHolder()}
			want[e.GetHolder()] = w
		}
		w.Open++
		switch e.GetLight() {
		case pb.QueueEntry_BLACK:
			w.Overdue++
		case pb.QueueEntry_RED:
			w.Red++
		case pb.QueueEntry_YELLOW:
			w.Yellow++
		case pb.QueueEntry_GREY:
			w.Suspended++
		default:
		}
	}
	if len(want) != 3 || len(res.GetWorkloads()) != 3 || res.GetWorkloads()[0].GetHolder() != "" {
		t.Fatalf("%d holders: %v", len(want), res)
	}
	for _, w := range res.GetWorkloads() {
		sameMessage(t, "workload of "+strconv.Quote(w.GetHolder()), want[w.GetHolder()], w)
	}
}

func TestLate(t *testing.T) {
	o := newOffice(t, today)
	c := pb.NewQueueServiceClient(o.conn(t, workflow.Officer, "own"))
	open := o.register(t, handedOver("2026-05-06"), action(&pb.Assign{AssignDate: "2026-05-11", Holder: "规划科"}), action(&pb.Assign{AssignDate: "2026-06-01", Holder: "法制科"}))
	closed := o.register(t, handedOver("2026-04-01"), action(&pb.Assign{AssignDate: "2026-04-03", Holder: "规划科"}),
		action(&pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-05-08"}), action(&pb.Deliver{Mode: "POST", DeliverDate: "2026-05-11", LateCause: "检索耗时"}))
	o.register(t, handedOver("2026-06-01"), action(&pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-06-08"}), action(&pb.Deliver{Mode: "POST", DeliverDate: "2026-06-09"}))
	o.register(t, handedOver("2026-06-01")) // due today
	again := o.register(t, handedOver("2026-03-02"), action(&pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-04-08"}), action(&pb.Deliver{Mode: "POST", DeliverDate: "2026-04-09"}),
		action(&pb.OrderRedecision{ReceiveDate: "2026-05-06", Workdays: 5}))
	var got []*pb.LateApplication
	req := &pb.ListLateRequest{Parent: "agencies/own", PageSize: 1}
	for {
		res, err := c.ListLate(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, res.GetApplications()...)
		if req.PageToken = res.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	if len(got) != 3 {
		t.Fatalf("got %d: %v", len(got), got)
	}
	if got[0].GetName() != again.GetName() || got[0].GetDueDate() != "2026-05-12" || got[0].GetCloseDate() != "" {
		t.Errorf("first: %v", got[0])
	}
	sameMessage(t, "open", &pb.LateApplication{
		Name: open.GetName(), ApplicationNo: "2026-00001", DueDate: "2026-06-02", WorkdaysLate: 19,
		Holdings: []*pb.Holding{
			{FirstDate: "2026-05-06", LastDate: "2026-05-11", Workdays: 4},
			{Holder: "规划科", FirstDate: "2026-05-11", LastDate: "2026-06-01", Workdays: 15},
			{Holder: "法制科", FirstDate: "2026-06-01", Workdays: 20},
		},
	}, got[1])
	sameMessage(t, "closed", &pb.LateApplication{
		Name: closed.GetName(), ApplicationNo: "2026-00002", DueDate: "2026-04-30", CloseDate: "2026-05-11", WorkdaysLate: 5, Cause: "检索耗时",
		Holdings: []*pb.Holding{
			{FirstDate: "2026-04-01", LastDate: "2026-04-03", Workdays: 2},
			{Holder: "规划科", FirstDate: "2026-04-03", LastDate: "2026-05-11", Workdays: 23},
		},
	}, got[2])
	for year, n := range map[int32]int{2025: 0, 2027: 0, 2026: 3} {
		res, err := c.ListLate(t.Context(), &pb.ListLateRequest{Parent: "agencies/own", Year: year})
		if err != nil || len(res.GetApplications()) != n {
			t.Errorf("%d: %v, %v", year, res, err)
		}
	}
	_, err := c.ListLate(t.Context(), &pb.ListLateRequest{Parent: "agencies/own", Year: 26})
	wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID)
}
