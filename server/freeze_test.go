package server_test

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/workflow"
)

// archive is a service with a clock that a test moves, and one agency in it.
type archive struct {
	*env
	clock                 atomic.Int64 // nanoseconds
	parent                string
	officer, chief, other *grpc.ClientConn // an officer and two supervisors
}

// keeper signs what an archive freezes.
var keeper = ed25519.NewKeyFromSeed([]byte("a seed of thirty-two bytes, fake"))

func newArchive(t *testing.T, on string) *archive {
	t.Helper()
	return archiveIn(t, start(t, on), on)
}

// archiveIn serves a register by a clock of its own.
func archiveIn(t *testing.T, e *env, on string) *archive {
	t.Helper()
	r := &archive{env: e}
	r.look(t, on)
	r.env = r.serving(t)
	return r
}

// serving serves the register by the archive's own clock.
func (r *archive) serving(t *testing.T) *env {
	t.Helper()
	s, err := server.New(server.Config{Store: r.store, Now: r.now, Log: slog.New(slog.DiscardHandler), SigningKey: keeper})
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
		if err := <-done; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	return &env{t: t, store: r.store, target: l.Addr().String(), admin: r.admin}
}

// office makes an agency with its people.
func (r *archive) office(t *testing.T, agency string) *archive {
	t.Helper()
	r.agency(t, agency, "")
	r.parent = "agencies/" + agency
	r.officer = r.conn(t, workflow.Officer, agency)
	r.chief, r.other = r.conn(t, workflow.Supervisor, agency), r.conn(t, workflow.Supervisor, agency)
	return r
}

func (r *archive) now() time.Time { return time.Unix(0, r.clock.Load()) }

// look sets the clock to noon of a day.
func (r *archive) look(t *testing.T, on string) {
	t.Helper()
	d := day(t, on)
	r.clock.Store(time.Date(d.Year(), d.Month(), d.Day(), 4, 0, 0, 0, time.UTC).UnixNano())
}

func (r *archive) create(t *testing.T, a *pb.Application, actions ...*pb.Action) (*pb.Application, error) {
	return pb.NewApplicationServiceClient(r.chief).CreateApplication(t.Context(), &pb.CreateApplicationRequest{Parent: r.parent, Application: a, Actions: actions})
}

func (r *archive) act(t *testing.T, name string, actions ...*pb.Action) (*pb.Application, error) {
	return pb.NewApplicationServiceClient(r.chief).ActOnApplication(t.Context(), &pb.ActOnApplicationRequest{Name: name, Actions: actions})
}

func (r *archive) freeze(t *testing.T, by *grpc.ClientConn, year int32) (*pb.FrozenReport, error) {
	return pb.NewFreezeServiceClient(by).FreezeReport(t.Context(), &pb.FreezeReportRequest{Parent: r.parent, Year: year})
}

func (r *archive) amend(t *testing.T, by *grpc.ClientConn, year int32, reason string) (*pb.FrozenReport, error) {
	return pb.NewFreezeServiceClient(by).AmendReport(t.Context(), &pb.AmendReportRequest{Parent: r.parent, Year: year, Reason: reason})
}

// report computes a report as of an instant, nil for now.
func (r *archive) report(t *testing.T, year int32, form string, at *timestamppb.Timestamp) *pb.AnnualReport {
	t.Helper()
	out, err := pb.NewReportServiceClient(r.chief).ComputeAnnualReport(t.Context(), &pb.ComputeAnnualReportRequest{Parent: r.parent, Year: year, Form: form, AsOfTime: at})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (r *archive) diff(t *testing.T, year, from, to int32, form string) []*pb.CellDifference {
	t.Helper()
	out, err := pb.NewFreezeServiceClient(r.chief).DiffReport(t.Context(), &pb.DiffReportRequest{Parent: r.parent, Year: year, FromVersion: from, ToVersion: to, Form: form})
	if err != nil {
		t.Fatal(err)
	}
	return out.GetCells()
}

// replied concludes an application by providing the information.
func replied(on string) []*pb.Action {
	return []*pb.Action{
		action(&pb.Decide{Basis: "disclosed.provided", DecideDate: on, DocumentNo: "公开〔2026〕1号"}),
		action(&pb.Deliver{Mode: "EMAIL", DeliverDate: on}),
	}
}

// must returns the result of a call that may not fail.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func kindCorrected(to string) *pb.Action {
	return action(&pb.Correct{Reason: "类别登记有误", Amendments: []*pb.Amendment{{Revision: 1, Change: &pb.Amendment_Registration{Registration: &pb.Registration{ApplicantKind: to}}}}})
}

// frozen2025 is an archive whose year 2025 is frozen: one application concluded in it, one
// carried forward.
func frozen2025(t *testing.T) (r *archive, closed, open *pb.Application, v1 *pb.FrozenReport) {
	t.Helper()
	r = newArchive(t, "2026-01-20").office(t, "own")
	closed = must(r.create(t, handedOver("2025-03-03"), replied("2025-03-10")...))(t)
	open = must(r.create(t, handedOver("2025-12-22")))(t)
	return r, closed, open, must(r.freeze(t, r.chief, 2025))(t)
}

func TestFreezeReport(t *testing.T) {
	r, closed, _, v1 := frozen2025(t)
	want := &pb.FrozenReport{
		Name: "agencies/own/frozenReports/2025", Year: 2025, Version: 1, State: pb.FrozenReport_FROZEN, Form: "table-2021",
		Actor: v1.GetActor(), FreezeTime: v1.GetFreezeTime(), Hash: v1.GetHash(), Signature: v1.GetSignature(),
		SigningKey: hex.EncodeToString(keeper.Public().(ed25519.PublicKey)),
	}
	sameMessage(t, "frozen", want, v1)
	if !strings.HasPrefix(v1.GetActor(), "agencies/own/principals/supervisor-") {
		t.Errorf("frozen by %q", v1.GetActor())
	}
	hash, err := hex.DecodeString(v1.GetHash())
	signature, err2 := hex.DecodeString(v1.GetSignature())
	if errors.Join(err, err2) != nil || len(hash) != 32 || !ed25519.Verify(keeper.Public().(ed25519.PublicKey), hash, signature) {
		t.Errorf("hash %s with signature %s", v1.GetHash(), v1.GetSignature())
	}
	sameMessage(t, "read", want, must(pb.NewFreezeServiceClient(r.officer).GetFrozenReport(t.Context(), &pb.GetFrozenReportRequest{Name: v1.GetName()}))(t))

	_, err = r.freeze(t, r.other, 2025)
	wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_ALREADY_FROZEN)
	_, err = r.freeze(t, r.chief, 2026)
	if no := wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_YEAR_NOT_OVER); !strings.Contains(no.zh, "2027年1月1日") || !strings.Contains(no.zh, "第49条") {
		t.Errorf("before the year is over: %s", no.zh)
	}
	_, err = r.amend(t, r.chief, 2024, "理由")
	wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_NOT_FROZEN)
	_, err = r.amend(t, r.chief, 2025, "")
	wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID)
	_, err = pb.NewFreezeServiceClient(r.chief).GetFrozenReport(t.Context(), &pb.GetFrozenReportRequest{Name: "agencies/own/frozenReports/2024"})
	wantRefusal(t, err, codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND)
	_, err = pb.NewFreezeServiceClient(r.chief).GetFrozenReport(t.Context(), &pb.GetFrozenReportRequest{Name: v1.GetName(), Version: 2})
	wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID)

	amending := must(r.amend(t, r.chief, 2025, "类别有误"))(t)
	if amending.GetState() != pb.FrozenReport_AMENDING || amending.GetAmender() != v1.GetActor() || amending.GetVersion() != 1 {
		t.Errorf("amending %v", amending)
	}
	_, err = r.amend(t, r.other, 2025, "再次")
	wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_AMENDMENT_OPEN)
	if _, err = r.act(t, closed.GetName(), kindCorrected("BUSINESS")); err != nil {
		t.Fatal(err)
	}
	_, err = r.freeze(t, r.chief, 2025)
	wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_SECOND_PERSON)
	v2 := must(r.freeze(t, r.other, 2025))(t)
	if v2.GetVersion() != 2 || v2.GetReason() != "类别有误" || v2.GetAmender() != v1.GetActor() || v2.GetActor() == v1.GetActor() || v2.GetHash() == v1.GetHash() {
		t.Errorf("second version %v", v2)
	}
	all := must(pb.NewFreezeServiceClient(r.chief).ListFrozenReports(t.Context(), &pb.ListFrozenReportsRequest{Parent: r.parent}))(t)
	if diff := cmp.Diff([]*pb.FrozenReport{v1, v2}, all.GetReports(), protocmp.Transform()); diff != "" {
		t.Errorf("all versions (-want +got):\n%s", diff)
	}
	cells := map[string]string{}
	for _, c := range r.diff(t, 2025, 1, 2, "table-2021") {
		cells[c.GetCell()] = fmt.Sprintf("%s>%s%v%v", c.GetBefore(), c.GetAfter(), numbersOf(c.GetRemoved()), numbersOf(c.GetAdded()))
	}
	if diff := cmp.Diff(map[string]string{
		"newReceived/naturalPerson": "2>1[2026-00001][]", "newReceived/business": "0>1[][2026-00001]",
		"granted/naturalPerson": "1>0[2026-00001][]", "granted/business": "0>1[][2026-00001]",
		"total/naturalPerson": "1>0[2026-00001][]", "total/business": "0>1[][2026-00001]",
	}, replaced(cells, closed.GetApplicationNo(), "2026-00001")); diff != "" {
		t.Errorf("the diff (-want +got):\n%s", diff)
	}
	if now := r.diff(t, 2025, 2, 0, "codes-2014"); len(now) != 0 {
		t.Errorf("the frozen year differs from the cases: %v", now)
	}
}

func replaced(in map[string]string, old, by string) map[string]string {
	out := map[string]string{}
	for k, v := range in {
		out[k] = strings.ReplaceAll(v, old, by)
	}
	return out
}

func numbersOf(list []*pb.CellEntry) []string {
	out := []string{}
	for _, e := range list {
		out = append(out, e.GetApplicationNo()+e.GetRemedyKind())
	}
	return out
}

// The same request again gives the first result, whatever came since.
func TestFreezeAgain(t *testing.T) {
	r := newArchive(t, "2026-01-20").office(t, "own")
	client := pb.NewFreezeServiceClient(r.chief)
	freeze := &pb.FreezeReportRequest{Parent: r.parent, Year: 2025, RequestId: uuid.NewString()}
	amend := &pb.AmendReportRequest{Parent: r.parent, Year: 2025, Reason: "漏登", RequestId: uuid.NewString()}
	first := must(client.FreezeReport(t.Context(), freeze))(t)
	opened := must(client.AmendReport(t.Context(), amend))(t)
	if _, err := r.create(t, handedOver("2025-12-30")); err != nil {
		t.Fatal(err)
	}
	must(r.freeze(t, r.other, 2025))(t)
	sameMessage(t, "frozen again", first, must(client.FreezeReport(t.Context(), freeze))(t))
	sameMessage(t, "amended again", opened, must(client.AmendReport(t.Context(), amend))(t))
	freeze.Form = "codes-2014"
	_, err := client.FreezeReport(t.Context(), freeze)
	wantRefusal(t, err, codes.AlreadyExists, pb.Reason_REQUEST_ID_REUSED)
}

// A year that does not balance is not frozen; the refusal names the identity.
func TestFreezeAsksForBalance(t *testing.T) {
	r := newArchive(t, "2026-01-20").office(t, "own")
	_, err := pb.NewReportServiceClient(r.chief).SetFigures(t.Context(), &pb.SetFiguresRequest{Parent: r.parent, Figures: []*pb.Figure{
		{Year: 2018, Code: "1100", Value: "1"}, {Year: 2018, Code: "1110", Value: "2"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.freeze(t, r.chief, 2018)
	var failing string
	for _, f := range r.report(t, 2018, "codes-2014", nil).GetFindings() {
		if f.GetStatus() == pb.Finding_FAIL {
			failing = f.GetId()
		}
	}
	if no := wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_REPORT_UNBALANCED); failing == "" || !strings.Contains(no.zh, failing) {
		t.Errorf("%s, and %q fails", no.zh, failing)
	}
}
