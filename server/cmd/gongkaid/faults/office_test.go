package faults_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/verify"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// callTime is the deadline of every call here.
const callTime = 3 * time.Second

// agency is the one that everything happens in.
const agency = "agencies/east"

type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (bearer) RequireTransportSecurity() bool { return false }

// dial connects with a token; a connection that broke is tried again soon, a call never is.
func dial(t testing.TB, target, token string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithPerRPCCredentials(bearer(token)),
		grpc.WithDisableRetry(), grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{BaseDelay: 10 * time.Millisecond, Multiplier: 1.5, MaxDelay: 100 * time.Millisecond}, MinConnectTimeout: time.Second,
		}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// found creates the agency.
func found(t testing.TB, s *process) {
	t.Helper()
	admin := dial(t, s.address, s.token())
	_, err := pb.NewAgencyServiceClient(admin).CreateAgency(t.Context(), &pb.CreateAgencyRequest{AgencyId: "east", Agency: &pb.Agency{DisplayName: "某市东区"}})
	if err != nil {
		t.Fatal(err)
	}
}

// supervisors creates so many and returns their tokens.
func supervisors(t testing.TB, s *process, prefix string, n int) (tokens []string) {
	t.Helper()
	admin := pb.NewPrincipalServiceClient(dial(t, s.address, s.token()))
	for i := range n {
		res, err := admin.CreatePrincipal(t.Context(), &pb.CreatePrincipalRequest{
			Parent: agency, PrincipalId: fmt.Sprintf("%s-%d", prefix, i), Principal: &pb.Principal{Role: pb.Principal_SUPERVISOR},
		})
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, res.GetToken())
	}
	return tokens
}

// handedOver is an application brought in person, with a remark of its own.
func handedOver(remark string) *pb.Application {
	return &pb.Application{
		Applicant: &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON, DisplayName: "测试甲"},
		Channel:   pb.Application_IN_PERSON, ArriveDate: "2026-06-15", Description: "经费决算", Remark: remark,
	}
}

// unclear reports whether a call may or may not have been done.
func unclear(err error) bool {
	return slices.Contains([]codes.Code{codes.Unavailable, codes.DeadlineExceeded, codes.Canceled}, status.Code(err))
}

// refusedForNow reports whether nothing was done and may be done later.
func refusedForNow(err error) bool { return status.Code(err) == codes.ResourceExhausted }

// all lists every application.
func all(t testing.TB, target, token string) (list []*pb.Application) {
	t.Helper()
	c := pb.NewApplicationServiceClient(dial(t, target, token))
	req := &pb.ListApplicationsRequest{Parent: agency, PageSize: 1000}
	for {
		res, err := c.ListApplications(t.Context(), req, grpc.WaitForReady(true), grpc.MaxCallRecvMsgSize(64<<20))
		if err != nil {
			t.Fatalf("list: %v", err)
		}
		list = append(list, res.GetApplications()...)
		if req.PageToken = res.GetNextPageToken(); req.GetPageToken() == "" {
			return list
		}
	}
}

// findings holds a register against its own history, and tells what differs.
func findings(t testing.TB, store storage.Viewer) (list []string) {
	t.Helper()
	_, err := verify.Verify(t.Context(), store, verify.Config{
		Rules: func(a storage.Agency) workflow.Rules {
			return workflow.Rules{Calendar: calendar.Embedded(), Settings: a.Settings}
		},
		Report: func(f verify.Finding) { list = append(list, fmt.Sprintf("%+v", f)) },
	})
	if err != nil {
		t.Errorf("verify: %v", err)
	}
	return list
}

// checkRegister verifies the register of a server that has ended, or of PostgreSQL beside it.
func checkRegister(t testing.TB, s *process) {
	t.Helper()
	store, err := openStore(t.Context(), s.data, s.database)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings(t, store) {
		t.Errorf("verify: %s", f)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}
