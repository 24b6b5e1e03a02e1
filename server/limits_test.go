package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// TestRemovedWhileStreaming: a person who is removed does nothing more, not even on a
// stream that was open.
func TestRemovedWhileStreaming(t *testing.T) {
	o := newOffice(t, today)
	conn, person := o.person(t, workflow.Officer, "own")
	stream := importing(t, conn, false, &pb.SheetStart{Sheet: "applications", Keys: []string{"application_no", "channel", "receive_date", "applicant_kind"}})
	rows(t, stream, []string{"1", "IN_PERSON", "2026-03-02", "NATURAL_PERSON"})
	if m, err := stream.Recv(); err != nil || m.GetImported() != 1 {
		t.Fatalf("before: %v, %v", m, err)
	}
	if _, err := pb.NewPrincipalServiceClient(o.admin).DeletePrincipal(t.Context(), &pb.DeletePrincipalRequest{Name: person}); err != nil {
		t.Fatal(err)
	}
	o.unchanged(t, func(context.Context) {
		rows(t, stream, []string{"2", "IN_PERSON", "2026-03-02", "NATURAL_PERSON"})
		_, err := stream.Recv()
		wantRefusal(t, err, codes.Unauthenticated, pb.Reason_TOKEN_INVALID)
	})
}

func importing(t *testing.T, conn *grpc.ClientConn, dry bool, sheet *pb.SheetStart) pb.LedgerService_ImportLedgerClient {
	t.Helper()
	stream, err := pb.NewLedgerServiceClient(conn).ImportLedger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	header := &pb.ImportHeader{Parent: "agencies/own", DryRun: dry}
	for _, m := range []*pb.ImportLedgerRequest{{Part: &pb.ImportLedgerRequest_Header{Header: header}}, {Part: &pb.ImportLedgerRequest_Sheet{Sheet: sheet}}} {
		if err := stream.Send(m); err != nil {
			t.Fatal(err)
		}
	}
	return stream
}

func rows(t *testing.T, stream pb.LedgerService_ImportLedgerClient, list ...[]string) {
	t.Helper()
	batch := &pb.RowBatch{}
	for i, cells := range list {
		batch.Rows = append(batch.Rows, &pb.LedgerRow{Row: int32(i + 2), Cells: cells})
	}
	if err := stream.Send(&pb.ImportLedgerRequest{Part: &pb.ImportLedgerRequest_Rows{Rows: batch}}); err != nil {
		t.Fatal(err)
	}
}

// TestRefusalsOfLongTexts puts a megabyte into each text of each request: whatever is
// refused must be refused in a few words, because a status that outgrows the headers
// would end the connection.
func TestRefusalsOfLongTexts(t *testing.T) {
	o := newOffice(t, today)
	o.register(t, handedOver("2026-06-01"))
	const most = 8 << 10
	long := strings.Repeat("长", 300_000)
	if testing.Short() {
		long = long[:len(long)/10]
	}
	conns := []*grpc.ClientConn{o.admin, o.conn(t, workflow.Officer, "own"), o.conn(t, workflow.Supervisor, "own")}
	refused := 0
	for name, m := range methods() {
		for _, path := range textsOf(m.Input(), nil) {
			req := requestFor(m, "own")
			putText(req.ProtoReflect(), path, long)
			for _, conn := range conns {
				err := invoke(t.Context(), conn, name, m, req)
				if err == nil || errors.Is(err, io.EOF) {
					continue
				}
				refused++
				if n := proto.Size(status.Convert(err).Proto()); n > most || status.Code(err) == codes.Unavailable || status.Code(err) == codes.Internal {
					t.Errorf("%s with a long %v: %d bytes, %v", name, path, n, status.Code(err))
				}
			}
		}
	}
	if refused < 100 {
		t.Errorf("only %d requests were refused", refused)
	}
}

// textsOf lists the text fields of a message by the path to each.
func textsOf(m protoreflect.MessageDescriptor, above []protoreflect.FieldDescriptor) (paths [][]protoreflect.FieldDescriptor) {
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		path := append(slices.Clone(above), f)
		switch {
		case f.Kind() == protoreflect.StringKind:
			paths = append(paths, path)
		case f.Message() != nil && len(above) < 4:
			paths = append(paths, textsOf(f.Message(), path)...)
		}
	}
	return paths
}

func putText(m protoreflect.Message, path []protoreflect.FieldDescriptor, text string) {
	f := path[0]
	switch {
	case f.IsMap() && path[1].Number() == 1:
		m.Mutable(f).Map().Set(protoreflect.ValueOfString(text).MapKey(), m.Mutable(f).Map().NewValue())
	case f.IsMap():
		m.Mutable(f).Map().Set(mapKey(f.MapKey()), protoreflect.ValueOfString(text))
	case f.IsList() && f.Message() != nil:
		element := m.Mutable(f).List().AppendMutable().Message()
		putText(element, path[1:], text)
	case f.IsList():
		m.Mutable(f).List().Append(protoreflect.ValueOfString(text))
	case f.Message() != nil:
		putText(m.Mutable(f).Message(), path[1:], text)
	default:
		m.Set(f, protoreflect.ValueOfString(text))
	}
}

// mapKey is some key of a map.
func mapKey(key protoreflect.FieldDescriptor) protoreflect.MapKey {
	if key.Kind() == protoreflect.StringKind {
		return protoreflect.ValueOfString("clerk.grace").MapKey()
	}
	return protoreflect.ValueOfInt32(1).MapKey()
}

// TestProblemsOfLongCells: what an import says of a row stays short, however long the
// file's name, its headings and the cells are.
func TestProblemsOfLongCells(t *testing.T) {
	o := newOffice(t, today)
	long := strings.Repeat("长", 300_000)
	for _, tt := range []struct {
		sheet string
		keys  []string
		cells []string
	}{
		{"applications", []string{"application_no", "consultations"}, []string{"1", long}},
		{"applications", []string{"application_no", "basis"}, []string{"1", long}},
		{"applications", []string{"channel", "application_no"}, []string{long, "1"}},
		{"applications", []string{"application_no", "agency"}, []string{"1", long}},
		{"remedies", []string{"application_no", "kind", "file_date"}, []string{long, "complaint", "2026-01-05"}},
		{"figures", []string{"code", "year", "value"}, []string{long, "2026", "1"}},
		{"figures", []string{"year", "code", "value"}, []string{long, "x", "1"}},
	} {
		t.Run(tt.sheet+" "+tt.keys[0]+" "+tt.keys[1], func(t *testing.T) {
			sheet := &pb.SheetStart{Sheet: tt.sheet, File: long, Keys: tt.keys, Headings: []string{long, long, long}[:len(tt.keys)]}
			stream := importing(t, o.conn(t, workflow.Officer, "own"), true, sheet)
			rows(t, stream, tt.cells)
			m, err := stream.Recv()
			if err != nil || len(m.GetRefused()) == 0 {
				t.Fatalf("got %v, %v", m, err)
			}
			for _, p := range m.GetRefused() {
				if n := proto.Size(p); n > 8<<10 {
					t.Errorf("a problem of column %.20s has %d bytes", p.GetColumn(), n)
				}
			}
		})
	}
}

// TestHistoryIsBounded: who reads a history replays it up to each act.
func TestHistoryIsBounded(t *testing.T) {
	o := newOffice(t, today)
	name := o.register(t, handedOver("2026-06-01")).GetName()
	var list []*pb.Action
	for range 50 {
		list = append(list, action(&pb.Hold{HoldDate: "2026-06-02", Reason: "裁定"}), action(&pb.Release{ReleaseDate: "2026-06-02"}))
	}
	for range 36 { // one call for all would be near its time where the tests are slow
		o.act(t, name, list[:8]...)
	}
	o.act(t, name, list[:10]...)
	o.unchanged(t, func(ctx context.Context) {
		_, err := o.supervisor.ActOnApplication(ctx, &pb.ActOnApplicationRequest{Name: name, Actions: list[:2]})
		if got := wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID); got.field != "actions" || !strings.Contains(got.zh, "300") {
			t.Errorf("at %q: %s", got.field, got.zh)
		}
	})
	o.act(t, name, list[0])
	if n := len(o.history(t, name)); n != 300 {
		t.Errorf("%d acts", n)
	}

	stream := importing(t, o.conn(t, workflow.Officer, "own"), false, &pb.SheetStart{
		Sheet: "applications", Keys: []string{"application_no", "channel", "receive_date", "applicant_kind", "consultations"},
	})
	letters := strings.Repeat("third_party:2026-03-10;", 101)
	rows(t, stream, []string{"many", "IN_PERSON", "2026-03-02", "NATURAL_PERSON", letters})
	if m, err := stream.Recv(); err != nil || len(m.GetRefused()) != 1 || !strings.Contains(m.GetRefused()[0].GetMessage(), "100") {
		t.Errorf("a row of 101 letters: %v, %v", m, err)
	}
}

// TestPagesOfLongTexts: a page ends early rather than outgrow what a client takes.
func TestPagesOfLongTexts(t *testing.T) {
	o := newOffice(t, today)
	const count = 30
	for range count {
		a := handedOver("2026-06-01")
		a.Description = strings.Repeat("长", 100_000)
		o.register(t, a)
	}
	seen, pages := map[string]bool{}, 0
	for req := (&pb.ListApplicationsRequest{Parent: "agencies/own", PageSize: 1000}); ; pages++ {
		out, err := o.officer.ListApplications(t.Context(), req, grpc.MaxCallRecvMsgSize(4<<20))
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range out.GetApplications() {
			seen[a.GetApplicationNo()] = true
		}
		if req.PageToken = out.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	if len(seen) != count || pages == 0 {
		t.Errorf("%d applications on %d pages and one", len(seen), pages)
	}
}

func TestAgencyNames(t *testing.T) {
	o := newOffice(t, today)
	agencies := pb.NewAgencyServiceClient(o.admin)
	for _, name := range []string{"甲\n乙", "甲\x00乙", "甲\x1b[31m乙", "甲\u202e乙"} {
		_, err := agencies.UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{Agency: &pb.Agency{Name: "agencies/own", DisplayName: name}, UpdateMask: "display_name"})
		if got := wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID); got.field != "agency.display_name" {
			t.Errorf("%q: at %q", name, got.field)
		}
	}
}

// TestDeepRing closes a ring that is longer than the walk up the tree.
func TestDeepRing(t *testing.T) {
	e := start(t, today)
	parent := ""
	for i := range 70 {
		id := fmt.Sprintf("d%d", i)
		e.agency(t, id, parent)
		parent = id
	}
	_, err := pb.NewAgencyServiceClient(e.admin).UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{
		Agency: &pb.Agency{Name: "agencies/d0", Parent: "agencies/" + parent}, UpdateMask: "parent",
	})
	if got := wantRefusal(t, err, codes.InvalidArgument, pb.Reason_AGENCY_CYCLE); got.field != "agency.parent" {
		t.Errorf("at %q", got.field)
	}
}

// TestAgencyRetries: a request about an agency that is sent again is answered as it was
// the first time, and does nothing.
func TestAgencyRetries(t *testing.T) {
	e := start(t, today)
	e.agency(t, "top", "")
	agencies := pb.NewAgencyServiceClient(e.conn(t, workflow.Administrator, "top"))
	creating := &pb.CreateAgencyRequest{
		AgencyId: "own", RequestId: uuid.NewString(),
		Agency: &pb.Agency{DisplayName: "甲", Parent: "agencies/top", ReviewSteps: []string{"OFFICER", "SUPERVISOR"}},
	}
	created, err := agencies.CreateAgency(t.Context(), creating)
	if err != nil {
		t.Fatal(err)
	}
	updating := &pb.UpdateAgencyRequest{
		Agency: &pb.Agency{Name: "agencies/own", DisplayName: "乙", CodesVariant: "national"}, UpdateMask: "display_name,codes_variant,review_steps", RequestId: uuid.NewString(),
	}
	updated, err := agencies.UpdateAgency(t.Context(), updating)
	if err != nil || updated.GetDisplayName() != "乙" || len(updated.GetReviewSteps()) != 0 {
		t.Fatalf("updated %v, %v", updated, err)
	}
	last, err := pb.NewAgencyServiceClient(e.admin).UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{
		Agency: &pb.Agency{Name: "agencies/own", DisplayName: "丙"}, UpdateMask: "display_name",
	})
	if err != nil {
		t.Fatal(err)
	}
	again, err := agencies.CreateAgency(t.Context(), creating)
	if err != nil {
		t.Fatal(err)
	}
	sameMessage(t, "creating again", created, again)
	if again, err = agencies.UpdateAgency(t.Context(), updating); err != nil {
		t.Fatal(err)
	}
	sameMessage(t, "updating again", updated, again)
	if again, err = agencies.GetAgency(t.Context(), &pb.GetAgencyRequest{Name: "agencies/own"}); err != nil {
		t.Fatal(err)
	}
	sameMessage(t, "now", last, again)
}

// TestFigureTwice: two values for one figure in one request contradict each other.
func TestFigureTwice(t *testing.T) {
	o := newOffice(t, today)
	reports := pb.NewReportServiceClient(o.conn(t, workflow.Supervisor, "own"))
	_, err := reports.SetFigures(t.Context(), &pb.SetFiguresRequest{Parent: "agencies/own", Figures: []*pb.Figure{
		{Year: 2026, Code: "t2.6.penalties", Value: "3"}, {Year: 2025, Code: "t2.6.penalties", Value: "3"}, {Year: 2026, Code: "t2.6.penalties", Value: "4"},
	}})
	if got := wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID); got.field != "figures[2].code" {
		t.Errorf("at %q", got.field)
	}
}

// TestFigureTwiceInAFile: a second row may repeat the first, not contradict it.
func TestFigureTwiceInAFile(t *testing.T) {
	o := newOffice(t, today)
	stream := importing(t, o.conn(t, workflow.Officer, "own"), false, &pb.SheetStart{Sheet: "figures", Keys: []string{"year", "code", "value"}})
	rows(t, stream, []string{"2026", "t2.6.penalties", "3"}, []string{"2026", "t2.6.penalties", "4"}, []string{"2026", "t2.6.penalties", "3"})
	m, err := stream.Recv()
	if err != nil || m.GetImported() != 1 || m.GetUnchanged() != 1 || len(m.GetRefused()) != 1 {
		t.Fatalf("got %v, %v", m, err)
	}
	if p := m.GetRefused()[0]; p.GetRow() != 3 || p.GetReason() != pb.Reason_LEDGER_CONFLICT.String() || p.GetValue() != "4" {
		t.Errorf("refused %v", p)
	}
}

// TestRowsOfOneNumber: of rows about one application a dry run says what the run then does,
// also once it no longer reads them back.
func TestRowsOfOneNumber(t *testing.T) {
	o := newOffice(t, today)
	conn := o.conn(t, workflow.Officer, "own")
	keys := []string{"application_no", "channel", "receive_date", "applicant_kind", "consultations", "applicant_name"}
	var list [][]string
	letters := ""
	for i := range 25 {
		letters += fmt.Sprintf("organ:2026-03-%02d;", i+3)
		list = append(list, []string{"same", "IN_PERSON", "2026-03-02", "NATURAL_PERSON", letters, ""})
	}
	for range 500 {
		list = append(list, []string{"same", "IN_PERSON", "2026-03-02", "NATURAL_PERSON", letters, ""})
	}
	list = append(list, []string{"same", "IN_PERSON", "2026-03-02", "NATURAL_PERSON", letters, "另一人"})
	var sums [2]*pb.ImportLedgerResponse
	for i, dry := range []bool{true, false} {
		stream := importing(t, conn, dry, &pb.SheetStart{Sheet: "applications", Keys: keys})
		rows(t, stream, list...)
		if err := stream.CloseSend(); err != nil {
			t.Fatal(err)
		}
		for {
			m, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			sums[i] = m
		}
		sums[i].Reports = nil
	}
	sameMessage(t, "the dry run and the run", sums[1], sums[0])
	if s := sums[1]; s.GetImported() != 25 || s.GetUnchanged() != 500 || s.GetRefusedCount() != 1 {
		t.Errorf("got %v", s)
	}
}

// TestNobodyIsNotReadFrom: whoever has no token is refused before the message comes, which
// could be large, or slow, and many.
func TestNobodyIsNotReadFrom(t *testing.T) {
	e := start(t, today)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, method := range []string{pb.CalendarService_GetDay_FullMethodName, pb.LedgerService_ImportLedger_FullMethodName} {
		stream, err := e.dial("gk_nobody").NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, method)
		if err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, stream.RecvMsg(&pb.Day{}), codes.Unauthenticated, pb.Reason_TOKEN_INVALID)
	}
}
