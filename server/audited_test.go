package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/storage"
	"gongkai/storage/sqlite"
	"gongkai/workflow"
)

// recorded is an event that changed nothing, as it is stored.
type recorded struct {
	Action, Object, Actor          string
	Method, Kind, IDs, Fields, Why string
	Name                           string
	Count                          int
}

// since lists the events of an agency that changed nothing, after so many.
func (e *env) since(t testing.TB, agency string, n int64) (list []recorded) {
	t.Helper()
	err := e.store.View(t.Context(), func(r storage.Reader) error {
		rows, err := r.(storage.Inspector).EventRows(0, 100_000)
		for _, x := range rows {
			if x.Agency != agency || x.N <= n || x.Revision != 0 {
				continue
			}
			var f struct {
				Method, Kind, IDs, Fields, Reason, Name string
				Count                                   int
			}
			if err := json.Unmarshal(x.Facts, &f); err != nil {
				return err
			}
			if x.Personal != nil || strings.Contains(string(x.Facts), "测试") {
				t.Errorf("event %d holds personal data: %s %s", x.N, x.Facts, x.Personal)
			}
			list = append(list, recorded{x.Action, x.Object, x.Actor, f.Method, f.Kind, f.IDs, f.Fields, f.Reason, f.Name, f.Count})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// head is how many events an agency has.
func (e *env) head(t testing.TB, agency string) (n int64) {
	t.Helper()
	err := e.store.View(t.Context(), func(r storage.Reader) error {
		heads, err := r.Heads()
		for _, h := range heads {
			if h.Agency == agency {
				n = h.Edge.Size()
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// personal are the messages that may show what names persons.
var personal = []protoreflect.Name{"Application", "Applicant", "Event", "Remedy", "LedgerRow"}

// TestReadingsAreRecorded: every call that shows personal data unmasked leaves one record
// of what of whom, before its answer; others leave none. A method whose answer may show
// them must stand here.
func TestReadingsAreRecorded(t *testing.T) {
	o := newOffice(t, today)
	ctx := t.Context()
	conn, who := o.person(t, workflow.Supervisor, "own")
	apps, remedies, ledgers := pb.NewApplicationServiceClient(conn), pb.NewRemedyServiceClient(conn), pb.NewLedgerServiceClient(conn)
	a, b := o.register(t, handedOver("2026-06-01")), o.register(t, handedOver("2026-06-02"))
	nobody := o.register(t, &pb.Application{Channel: pb.Application_FAX, ArriveDate: "2026-06-02", Applicant: &pb.Applicant{Kind: pb.Applicant_BUSINESS}})
	r := o.remedy(t, suit(a.GetName()))
	export := func(sheet string) func() error {
		return func() error {
			stream, err := ledgers.ExportLedger(ctx, &pb.ExportLedgerRequest{Parent: "agencies/own", Sheet: sheet})
			for err == nil {
				_, err = stream.Recv()
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return err
		}
	}
	called := map[string]bool{}
	particulars, masked, read := "applicant,description,remark", "applicant_masked,description,remark", "read"
	for _, tt := range []struct {
		name   string
		method string
		call   func() error
		want   *recorded
	}{
		{"one application", "ApplicationService/GetApplication", func() error {
			_, err := apps.GetApplication(ctx, &pb.GetApplicationRequest{Name: b.GetName()})
			return err
		}, &recorded{Action: read, Object: "read/application/2", Kind: "application", IDs: "2", Count: 1, Fields: particulars}},
		{"one application, masked", "", func() error {
			_, err := apps.GetApplication(ctx, &pb.GetApplicationRequest{Name: b.GetName(), MaskApplicant: true})
			return err
		}, &recorded{Action: read, Object: "read/application/2", Kind: "application", IDs: "2", Count: 1, Fields: masked}},
		{"one that names nobody", "", func() error {
			_, err := apps.GetApplication(ctx, &pb.GetApplicationRequest{Name: nobody.GetName()})
			return err
		}, nil},
		{"a list", "ApplicationService/ListApplications", func() error {
			_, err := apps.ListApplications(ctx, &pb.ListApplicationsRequest{Parent: "agencies/own"})
			return err
		}, &recorded{Action: read, Object: "read/application", Kind: "application", IDs: "1-2", Count: 2, Fields: masked}},
		{"an empty list", "", func() error {
			_, err := apps.ListApplications(ctx, &pb.ListApplicationsRequest{Parent: "agencies/own", Filter: `state="CLOSED"`})
			return err
		}, nil},
		{"a search", "ApplicationService/SearchApplications", func() error {
			_, err := apps.SearchApplications(ctx, &pb.SearchApplicationsRequest{Parent: "agencies/own", Words: "经费决算"})
			return err
		}, &recorded{Action: read, Object: "read/application", Kind: "application", IDs: "1-2", Count: 2, Fields: masked}},
		{"a history", "ApplicationService/ListEvents", func() error {
			_, err := apps.ListEvents(ctx, &pb.ListEventsRequest{Name: "agencies/own/applications/no:" + a.GetApplicationNo()})
			return err
		}, &recorded{Action: read, Object: "read/application/1", Kind: "application", IDs: "1", Count: 1, Fields: "words"}},
		{"a history without words", "", func() error {
			_, err := o.auditor.ListEvents(ctx, &pb.ListEventsRequest{Name: a.GetName()})
			return err
		}, nil},
		{"an act on trial", "ApplicationService/ActOnApplication", func() error {
			_, err := apps.ActOnApplication(ctx, &pb.ActOnApplicationRequest{Name: a.GetName(), ValidateOnly: true, Actions: []*pb.Action{action(&pb.Hold{HoldDate: today, Reason: "裁定"})}})
			return err
		}, &recorded{Action: read, Object: "read/application/1", Kind: "application", IDs: "1", Count: 1, Fields: particulars}},
		{"an act, which is a record of its own", "", func() error {
			_, err := apps.ActOnApplication(ctx, &pb.ActOnApplicationRequest{Name: a.GetName(), Actions: []*pb.Action{action(&pb.Hold{HoldDate: today, Reason: "裁定"})}})
			return err
		}, nil},
		{"a registration on trial shows what the caller sent", "ApplicationService/CreateApplication", func() error {
			_, err := apps.CreateApplication(ctx, &pb.CreateApplicationRequest{Parent: "agencies/own", ValidateOnly: true, Application: handedOver("2026-06-01")})
			return err
		}, nil},
		{"what is due", "", func() error {
			_, err := apps.ListDueApplications(ctx, &pb.ListDueApplicationsRequest{Parent: "agencies/own"})
			return err
		}, nil},
		{"one remedy", "RemedyService/GetRemedy", func() error {
			_, err := remedies.GetRemedy(ctx, &pb.GetRemedyRequest{Name: r.GetName()})
			return err
		}, &recorded{Action: read, Object: "read/remedy/1", Kind: "remedy", IDs: "1", Count: 1, Fields: "remark"}},
		{"remedies", "RemedyService/ListRemedies", func() error {
			_, err := remedies.ListRemedies(ctx, &pb.ListRemediesRequest{Parent: "agencies/own"})
			return err
		}, &recorded{Action: read, Object: "read/remedy/1", Kind: "remedy", IDs: "1", Count: 1, Fields: "remark"}},
		{"an act on a remedy on trial", "RemedyService/ActOnRemedy", func() error {
			_, err := remedies.ActOnRemedy(ctx, &pb.ActOnRemedyRequest{Name: r.GetName(), ValidateOnly: true, Action: strike("误录")})
			return err
		}, &recorded{Action: read, Object: "read/remedy/1", Kind: "remedy", IDs: "1", Count: 1, Fields: "remark"}},
		{"a new remedy on trial", "RemedyService/CreateRemedy", func() error {
			_, err := remedies.CreateRemedy(ctx, &pb.CreateRemedyRequest{Parent: "agencies/own", ValidateOnly: true, Remedy: suit(a.GetName())})
			return err
		}, nil},
		{
			"the ledger", "LedgerService/ExportLedger", export("applications"),
			&recorded{Action: read, Object: "read/application", Kind: "application", IDs: "1-2", Count: 2, Fields: particulars},
		},
		{
			"the ledger of remedies", "", export("remedies"),
			&recorded{Action: read, Object: "read/remedy/1", Kind: "remedy", IDs: "1", Count: 1, Fields: "remark"},
		},
		{"the ledger of figures", "", export("figures"), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := o.head(t, "own")
			if err := tt.call(); err != nil {
				t.Fatal(err)
			}
			var want []recorded
			got := o.since(t, "own", before)
			if tt.want != nil {
				want = []recorded{*tt.want}
				want[0].Actor, want[0].Method = who, tt.method
				if tt.method == "" && len(got) == 1 {
					want[0].Method = got[0].Method
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("recorded:\n%s", diff)
			}
		})
		called[tt.method] = true
	}
	for _, method := range mayShow(t) {
		if !called[method] {
			t.Errorf("the answer of %s may show personal data, but no case above calls it", method)
		}
	}
}

// TestReadingsOfAttachments: the names of files are recorded as shown, and so are files.
func TestReadingsOfAttachments(t *testing.T) {
	f := newFiling(t, nil)
	a := f.add(t, pdf(10, 0))
	before := f.head(t, "own")
	if _, err := f.files.GetAttachment(t.Context(), &pb.GetAttachmentRequest{Name: a.GetName()}); err != nil {
		t.Fatal(err)
	}
	f.list(t)
	stream, err := f.files.DownloadAttachment(t.Context(), &pb.DownloadAttachmentRequest{Name: a.GetName()})
	for err == nil {
		_, err = stream.Recv()
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	var got []string
	for _, r := range f.since(t, "own", before) {
		got = append(got, r.Action+" "+r.Object+" "+r.Method+" "+r.Fields)
	}
	want := []string{
		"read read/attachment/1 AttachmentService/GetAttachment file_name,reason",
		"read read/attachment/1 AttachmentService/ListAttachments file_name,reason",
		"download_attachment attachment/1  ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("recorded:\n%s", diff)
	}
}

// mayShow lists the methods whose answers hold a message that may show personal data.
func mayShow(t *testing.T) (methods []string) {
	t.Helper()
	protoregistry.GlobalFiles.RangeFilesByPackage(pb.File_disclosure_v1_application_proto.Package(), func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			s := f.Services().Get(i)
			for j := range s.Methods().Len() {
				if m := s.Methods().Get(j); holds(m.Output(), map[protoreflect.FullName]bool{}) {
					methods = append(methods, string(s.Name())+"/"+string(m.Name()))
				}
			}
		}
		return true
	})
	if len(methods) < 10 {
		t.Fatalf("only %d methods show anything: %v", len(methods), methods)
	}
	return methods
}

// holds reports whether a message is, or somewhere holds, one that may show personal data.
func holds(m protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) bool {
	if slices.Contains(personal, m.Name()) {
		return true
	}
	if seen[m.FullName()] {
		return false
	}
	seen[m.FullName()] = true
	for i := range m.Fields().Len() {
		if below := m.Fields().Get(i).Message(); below != nil && holds(below, seen) {
			return true
		}
	}
	return false
}

// TestRefusalsAreRecorded: what the law, the access table or the walls between agencies
// refused is on record, under the caller's name; what was malformed or asked on trial is
// not.
func TestRefusalsAreRecorded(t *testing.T) {
	o := newOffice(t, today)
	o.agency(t, "other", "")
	ctx := t.Context()
	a := o.register(t, handedOver("2026-06-01"))
	officer, who := o.person(t, workflow.Officer, "own")
	stranger, outside := o.person(t, workflow.Officer, "other")
	counter, counts := o.person(t, workflow.Statistician, "own")
	lapse := []*pb.Action{action(&pb.PayFee{PayDate: today})}
	for _, tt := range []struct {
		name string
		by   *grpc.ClientConn
		call func(pb.ApplicationServiceClient) error
		code codes.Code
		of   string // agency in whose register it is
		want *recorded
	}{
		{"by the role", counter, func(c pb.ApplicationServiceClient) error {
			_, err := c.GetApplication(ctx, &pb.GetApplicationRequest{Name: a.GetName()})
			return err
		}, codes.PermissionDenied, "own", &recorded{Actor: counts, Method: "ApplicationService/GetApplication", Why: "ROLE_NOT_ALLOWED", Name: a.GetName()}},
		{"by the wall", stranger, func(c pb.ApplicationServiceClient) error {
			_, err := c.GetApplication(ctx, &pb.GetApplicationRequest{Name: a.GetName()})
			return err
		}, codes.NotFound, "other", &recorded{Actor: outside, Method: "ApplicationService/GetApplication", Why: "RESOURCE_NOT_FOUND", Name: a.GetName()}},
		{"a number by hand is not repeated", stranger, func(c pb.ApplicationServiceClient) error {
			_, err := c.GetApplication(ctx, &pb.GetApplicationRequest{Name: "agencies/other/applications/no:测试甲"})
			return err
		}, codes.NotFound, "other", &recorded{Actor: outside, Method: "ApplicationService/GetApplication", Why: "RESOURCE_NOT_FOUND"}},
		{"by the law", officer, func(c pb.ApplicationServiceClient) error {
			_, err := c.ActOnApplication(ctx, &pb.ActOnApplicationRequest{Name: a.GetName(), Actions: lapse})
			return err
		}, codes.FailedPrecondition, "own", &recorded{Actor: who, Method: "ApplicationService/ActOnApplication", Why: "ACTION_NOT_POSSIBLE", Name: a.GetName()}},
		{"on trial", officer, func(c pb.ApplicationServiceClient) error {
			_, err := c.ActOnApplication(ctx, &pb.ActOnApplicationRequest{Name: a.GetName(), Actions: lapse, ValidateOnly: true})
			return err
		}, codes.FailedPrecondition, "own", nil},
		{"malformed", officer, func(c pb.ApplicationServiceClient) error {
			_, err := c.ListApplications(ctx, &pb.ListApplicationsRequest{Parent: "agencies/own", Filter: "="})
			return err
		}, codes.InvalidArgument, "own", nil},
		{"nobody's token", o.dial("gk_nobody"), func(c pb.ApplicationServiceClient) error {
			_, err := c.GetApplication(ctx, &pb.GetApplicationRequest{Name: a.GetName()})
			return err
		}, codes.Unauthenticated, "own", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := o.head(t, tt.of)
			err := tt.call(pb.NewApplicationServiceClient(tt.by))
			if got := codeOf(err); got != tt.code {
				t.Fatalf("answered %s (%v), want %s", got, err, tt.code)
			}
			var want []recorded
			if tt.want != nil {
				want = []recorded{*tt.want}
				want[0].Action, want[0].Object = "refuse", "refused/"+want[0].Method
			}
			if diff := cmp.Diff(want, o.since(t, tt.of, before)); diff != "" {
				t.Errorf("recorded:\n%s", diff)
			}
		})
	}
}

// TestReadingsKeepSums: a reading is no change, so that what is kept of a register for the
// sums over a tree stays good.
func TestReadingsKeepSums(t *testing.T) {
	o := newOffice(t, today)
	a := o.register(t, handedOver("2026-06-01"))
	counts := func() (out map[string]int64) {
		err := o.store.View(t.Context(), func(r storage.Reader) (err error) {
			out, err = r.EventCounts([]string{"own"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	before, size := counts(), o.head(t, "own")
	for range 3 {
		o.get(t, a.GetName())
	}
	if diff := cmp.Diff(before, counts()); diff != "" {
		t.Errorf("readings count as changes:\n%s", diff)
	}
	if n := o.head(t, "own"); n != size+3 {
		t.Errorf("%d events after three readings, before %d", n, size)
	}
}

// full is a store whose disk is full when it is told so.
type full struct {
	storage.Store
	now atomic.Bool
}

func (f *full) Update(ctx context.Context, agency string, fn func(storage.Writer) error) error {
	if f.now.Load() {
		return storage.ErrFull
	}
	return f.Store.Update(ctx, agency, fn)
}

// TestNothingShownUnrecorded: where a reading cannot be recorded, nothing is shown; what
// shows nobody is answered.
func TestNothingShownUnrecorded(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "gongkai.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	disk := &full{Store: store}
	token := server.NewToken()
	if _, err := server.FirstAdministrator(t.Context(), disk, token, time.Now()); err != nil {
		t.Fatal(err)
	}
	s, err := server.New(server.Config{Store: disk, Now: time.Now, Today: day(t, today), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-done, store.Close()); err != nil {
			t.Error(err)
		}
	})
	e := &env{t: t, store: disk, target: l.Addr().String()}
	e.admin = e.dial(token)
	e.agency(t, "own", "")
	officer := e.conn(t, workflow.Officer, "own")
	apps, ledgers := pb.NewApplicationServiceClient(officer), pb.NewLedgerServiceClient(officer)
	a, err := apps.CreateApplication(t.Context(), &pb.CreateApplicationRequest{Parent: "agencies/own", Application: handedOver("2026-06-01")})
	if err != nil {
		t.Fatal(err)
	}
	disk.now.Store(true)
	got, err := apps.GetApplication(t.Context(), &pb.GetApplicationRequest{Name: a.GetName()})
	if codeOf(err) != codes.ResourceExhausted || got != nil {
		t.Errorf("one application: %v, %v", got, err)
	}
	stream, err := ledgers.ExportLedger(t.Context(), &pb.ExportLedgerRequest{Parent: "agencies/own", Sheet: "applications"})
	if err == nil {
		_, err = stream.Recv()
	}
	if codeOf(err) != codes.ResourceExhausted {
		t.Errorf("the ledger: %v", err)
	}
	if _, err := apps.ListDueApplications(t.Context(), &pb.ListDueApplicationsRequest{Parent: "agencies/own"}); err != nil {
		t.Errorf("what is due: %v", err)
	}
}

func codeOf(err error) codes.Code { return status.Code(err) }
