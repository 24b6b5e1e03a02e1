package server_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// TestRolledCellOfOtherSources: what was typed in, or came with a report, stands behind a
// cell of the sum under the name of its unit, beside the cases of the others.
func TestRolledCellOfOtherSources(t *testing.T) {
	t.Parallel()
	e := start(t, today)
	e.agency(t, "city", "")
	for _, id := range []string{"cases", "figures", "sent", "quiet"} {
		e.agency(t, id, "city")
	}
	addCases(t, e, rand.New(rand.NewPCG(1, 1)), "cases", 800)
	_, err := pb.NewReportServiceClient(e.conn(t, workflow.Supervisor, "figures")).SetFigures(t.Context(), &pb.SetFiguresRequest{
		Parent: "agencies/figures", Figures: []*pb.Figure{{Year: 2025, Code: "t2.5.licences", Value: "3"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	supervisor := e.conn(t, workflow.Supervisor, "city")
	_, err = pb.NewRollupServiceClient(supervisor).PutReceivedReport(t.Context(), &pb.PutReceivedReportRequest{
		Parent: "agencies/sent", Year: 2025, Form: "table-2021",
		Json: `{"t2":{"t2.5.licences":4},"rows":{"newReceived":{"naturalPerson":2,"total":2},"granted":{"naturalPerson":2,"total":2},"total":{"naturalPerson":2,"total":2}}}`,
	})
	if err != nil {
		t.Fatal(err)
	}
	reports := pb.NewRollupServiceClient(supervisor)
	open := func(req *pb.ListRollupEntriesRequest) *pb.ListCellEntriesResponse {
		t.Helper()
		req.Parent, req.Year, req.Form, req.PageSize = "agencies/city", 2025, "table-2021", 1000
		got, err := reports.ListRollupEntries(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, cell := range []string{"granted/naturalPerson", "granted/total", "granted", "total/naturalPerson"} {
		got := open(&pb.ListRollupEntriesRequest{Cell: cell})
		sum, figures := 0, map[string]string{}
		for _, entry := range got.GetEntries() {
			if entry.GetFigure() == "" {
				sum++
				continue
			}
			n, err := strconv.Atoi(entry.GetFigure())
			if err != nil {
				t.Fatal(err)
			}
			figures[entry.GetAgency()] = entry.GetFigure()
			sum += n
		}
		if strconv.Itoa(sum) != got.GetValue() || sum < 2 || cell == "granted" && sum < 3 || got.GetEntered() {
			t.Errorf("%s is %s, behind it are %d", cell, got.GetValue(), sum)
		}
		if diff := gocmp.Diff(map[string]string{"agencies/sent": "2"}, figures); diff != "" {
			t.Errorf("figures in %s:\n%s", cell, diff)
		}
	}
	got := open(&pb.ListRollupEntriesRequest{Cell: "t2.5.licences"})
	var entries []string
	for _, entry := range got.GetEntries() {
		entries = append(entries, entry.GetAgency()+" "+entry.GetFigure()+entry.GetApplication())
	}
	if want := []string{"agencies/figures 3", "agencies/sent 4"}; !slices.Equal(entries, want) || got.GetValue() != "7" || !got.GetEntered() {
		t.Errorf("the licences are %s by %q (entered %t), want %q", got.GetValue(), entries, got.GetEntered(), want)
	}
	// The other print of the coded table has other codes for the same figure.
	e.agency(t, "state", "city")
	if _, err := pb.NewAgencyServiceClient(e.admin).UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{
		Agency: &pb.Agency{Name: "agencies/state", CodesVariant: "national"}, UpdateMask: "codes_variant",
	}); err != nil {
		t.Fatal(err)
	}
	addCases(t, e, rand.New(rand.NewPCG(2, 2)), "state", 100)
	for id, code := range map[string]string{"figures": "1110", "state": "1210"} {
		_, err := pb.NewReportServiceClient(e.conn(t, workflow.Supervisor, id)).SetFigures(t.Context(), &pb.SetFiguresRequest{
			Parent: "agencies/" + id, Figures: []*pb.Figure{{Year: 2025, Code: code, Value: "5"}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for top, want := range map[string][]string{
		"city":  {"1110 10", "agencies/figures 5", "agencies/state 5"}, // of the gazette
		"state": {"1210 5", "agencies/state 5"},
	} {
		cell, _, _ := strings.Cut(want[0], " ")
		res, err := reports.ListRollupEntries(t.Context(), &pb.ListRollupEntriesRequest{Parent: "agencies/" + top, Year: 2025, Form: "codes-2014", Cell: cell})
		if err != nil {
			t.Fatal(err)
		}
		entries := []string{cell + " " + res.GetValue()}
		for _, entry := range res.GetEntries() {
			entries = append(entries, entry.GetAgency()+" "+entry.GetFigure())
		}
		if !slices.Equal(entries, want) || !res.GetEntered() {
			t.Errorf("%q (entered %t), want %q", entries, res.GetEntered(), want)
		}
	}
	if own := open(&pb.ListRollupEntriesRequest{Cell: "granted", OwnOnly: true}); own.GetValue() != "0" || len(own.GetEntries()) > 0 {
		t.Errorf("the agency itself: %v", own)
	}
	_, err = reports.ListRollupEntries(t.Context(), &pb.ListRollupEntriesRequest{Parent: "agencies/city", Year: 2025, Form: "table-2021", Cell: "nothing"})
	wantRefusal(t, err, codes.InvalidArgument, pb.Reason_CELL_UNKNOWN)
	officer := pb.NewRollupServiceClient(e.conn(t, workflow.Officer, "city"))
	_, err = officer.ListRollupEntries(t.Context(), &pb.ListRollupEntriesRequest{Parent: "agencies/city", Year: 2025, Form: "table-2021", Cell: "granted"})
	wantRefusal(t, err, codes.PermissionDenied, pb.Reason_ROLE_NOT_ALLOWED)
}
