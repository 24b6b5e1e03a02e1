package server_test

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protowire"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/workflow"
)

var update = flag.Bool("update", false, "write the golden files")

func TestTokens(t *testing.T) {
	e := start(t, today)
	e.agency(t, "own", "")
	principals := pb.NewPrincipalServiceClient(e.admin)
	conn, name := e.person(t, workflow.Officer, "own")
	calendars := pb.NewCalendarServiceClient(conn)
	if _, err := calendars.GetDay(t.Context(), &pb.GetDayRequest{Date: "2026-05-09"}); err != nil {
		t.Fatalf("with its token: %v", err)
	}
	if _, err := principals.DeletePrincipal(t.Context(), &pb.DeletePrincipalRequest{Name: name}); err != nil {
		t.Fatal(err)
	}
	_, err := calendars.GetDay(t.Context(), &pb.GetDayRequest{Date: "2026-05-09"})
	wantRefusal(t, err, codes.Unauthenticated, pb.Reason_TOKEN_INVALID)
	if _, err := principals.DeletePrincipal(t.Context(), &pb.DeletePrincipalRequest{Name: name}); err != nil {
		t.Errorf("removing again: %v", err)
	}
	_, err = principals.CreatePrincipal(t.Context(), &pb.CreatePrincipalRequest{
		Parent: "agencies/own", PrincipalId: name[strings.LastIndex(name, "/")+1:], Principal: &pb.Principal{Role: pb.Principal_OFFICER},
	})
	wantRefusal(t, err, codes.AlreadyExists, pb.Reason_PRINCIPAL_EXISTS)
	for _, token := range []string{"", "gk_wrong", "Bearer"} {
		_, err = pb.NewCalendarServiceClient(e.dial(token)).GetDay(t.Context(), &pb.GetDayRequest{Date: "2026-05-09"})
		wantRefusal(t, err, codes.Unauthenticated, pb.Reason_TOKEN_INVALID)
	}
	_, err = principals.DeletePrincipal(t.Context(), &pb.DeletePrincipalRequest{Name: "principals/admin"})
	wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_LAST_ADMINISTRATOR)
}

func TestAgencies(t *testing.T) {
	e := start(t, today)
	e.agency(t, "top", "")
	e.agency(t, "mid", "top")
	e.agency(t, "leaf", "mid")
	agencies := pb.NewAgencyServiceClient(e.admin)
	for _, tt := range []struct {
		name   string
		id     string
		agency *pb.Agency
		code   codes.Code
		reason pb.Reason
	}{
		{"taken", "top", &pb.Agency{DisplayName: "甲"}, codes.AlreadyExists, pb.Reason_AGENCY_EXISTS},
		{"capital letters", "Top", &pb.Agency{DisplayName: "甲"}, codes.InvalidArgument, pb.Reason_FIELD_INVALID},
		{"no name", "new", &pb.Agency{}, codes.InvalidArgument, pb.Reason_FIELD_INVALID},
		{"unknown parent", "new", &pb.Agency{DisplayName: "甲", Parent: "agencies/nowhere"}, codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND},
		{"bad step", "new", &pb.Agency{DisplayName: "甲", ReviewSteps: []string{"AUDITOR"}}, codes.InvalidArgument, pb.Reason_FIELD_INVALID},
		{"bad variant", "new", &pb.Agency{DisplayName: "甲", CodesVariant: "lunar"}, codes.InvalidArgument, pb.Reason_FIELD_INVALID},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := agencies.CreateAgency(t.Context(), &pb.CreateAgencyRequest{AgencyId: tt.id, Agency: tt.agency})
			wantRefusal(t, err, tt.code, tt.reason)
		})
	}
	_, err := agencies.UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{
		Agency: &pb.Agency{Name: "agencies/top", Parent: "agencies/leaf"}, UpdateMask: "parent",
	})
	wantRefusal(t, err, codes.InvalidArgument, pb.Reason_AGENCY_CYCLE)
	_, err = agencies.UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{
		Agency: &pb.Agency{Name: "agencies/leaf", DisplayName: "新名", Etag: `"9"`}, UpdateMask: "display_name",
	})
	wantRefusal(t, err, codes.Aborted, pb.Reason_STALE_ETAG)
	a, err := agencies.UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{
		Agency: &pb.Agency{Name: "agencies/leaf", DisplayName: "新名", ReviewSteps: []string{"SUPERVISOR"}}, UpdateMask: "display_name,review_steps",
	})
	if err != nil || a.GetDisplayName() != "新名" || len(a.GetReviewSteps()) != 1 || a.GetParent() != "agencies/mid" {
		t.Errorf("updated to %v, %v", a, err)
	}
	list, err := pb.NewAgencyServiceClient(e.conn(t, workflow.Officer, "mid")).ListAgencies(t.Context(), &pb.ListAgenciesRequest{PageSize: 1})
	if err != nil || len(list.GetAgencies()) != 1 || list.GetNextPageToken() == "" {
		t.Fatalf("first page %v, %v", list, err)
	}
	list, err = pb.NewAgencyServiceClient(e.conn(t, workflow.Officer, "mid")).ListAgencies(t.Context(), &pb.ListAgenciesRequest{PageSize: 5, PageToken: list.GetNextPageToken()})
	if err != nil || len(list.GetAgencies()) != 1 || list.GetNextPageToken() != "" {
		t.Errorf("second page %v, %v", list, err)
	}
}

// broken is a codec that sends a request whose text is not UTF-8.
type broken struct{ encoding.CodecV2 }

func (broken) Name() string { return "proto" }

func (broken) Marshal(any) (mem.BufferSlice, error) {
	raw := protowire.AppendTag(nil, 1, protowire.BytesType)
	raw = protowire.AppendBytes(raw, []byte{'2', 0xff, 0xfe})
	return mem.BufferSlice{mem.SliceBuffer(raw)}, nil
}

func TestUnreadableMessages(t *testing.T) {
	e := start(t, today)
	e.agency(t, "own", "")
	conn := e.conn(t, workflow.Officer, "own")
	err := conn.Invoke(t.Context(), pb.CalendarService_GetDay_FullMethodName, &pb.GetDayRequest{}, &pb.Day{},
		grpc.ForceCodecV2(broken{encoding.GetCodecV2("proto")}))
	wantRefusal(t, err, codes.InvalidArgument, pb.Reason_MESSAGE_MALFORMED)
	_, err = pb.NewReportServiceClient(conn).CheckReport(t.Context(), &pb.CheckReportRequest{Json: strings.Repeat("x", 5<<20)})
	wantRefusal(t, err, codes.ResourceExhausted, pb.Reason_MESSAGE_TOO_LARGE)
}

func TestLanguage(t *testing.T) {
	e := start(t, today)
	e.agency(t, "own", "")
	c := pb.NewCalendarServiceClient(e.conn(t, workflow.Officer, "own"))
	var header metadata.MD
	zh, err := c.GetDay(t.Context(), &pb.GetDayRequest{Date: "2026-05-09"}, grpc.Header(&header))
	if err != nil || !zh.GetWorkday() || zh.GetReason() != "劳动节调休上班" {
		t.Errorf("got %v, %v", zh, err)
	}
	if got := header.Get("gongkai-today"); len(got) != 1 || got[0] != today {
		t.Errorf("the test clock is said as %v", got)
	}
	en, err := c.GetDay(inEnglish(t.Context()), &pb.GetDayRequest{Date: "2026-05-09"})
	if err != nil || !strings.HasPrefix(en.GetReason(), "make-up workday") {
		t.Errorf("got %v, %v", en, err)
	}
	days, err := c.AddWorkdays(t.Context(), &pb.AddWorkdaysRequest{Date: "2026-12-14", Workdays: 20})
	if err != nil || days.GetDate() != "2027-01-12" || !days.GetProvisional() {
		t.Errorf("got %v, %v", days, err)
	}
	_, err = c.AddWorkdays(t.Context(), &pb.AddWorkdaysRequest{Date: "2026-02-30", Workdays: 1})
	wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID)
}

func TestPlaintextBeyondLoopbackIsRefused(t *testing.T) {
	store := start(t, today).store
	s, err := server.New(server.Config{Store: store, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l := beyond{}
	if err := s.Serve(t.Context(), l); !errors.Is(err, server.ErrPlaintext) {
		t.Errorf("got %v", err)
	}
	s, err = server.New(server.Config{Store: store, Now: time.Now, Log: slog.New(slog.DiscardHandler), TLS: &tls.Config{MinVersion: tls.VersionTLS12}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context(), l); errors.Is(err, server.ErrPlaintext) {
		t.Errorf("with TLS: %v", err)
	}
}

// beyond is a listener whose address is not on loopback; it accepts nobody.
type beyond struct{}

func (beyond) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (beyond) Close() error              { return nil }
func (beyond) Addr() net.Addr            { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9443} }

func TestHealthNeedsNoToken(t *testing.T) {
	e := start(t, today)
	conn, err := grpc.NewClient(e.target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	got, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{})
	if err != nil || got.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("got %v, %v", got, err)
	}
}
