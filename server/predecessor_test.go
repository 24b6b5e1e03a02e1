package server_test

import (
	"slices"
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// TestPredecessors: an agency is told which it took over and which these had taken over,
// from the merger on and as long as it holds.
func TestPredecessors(t *testing.T) {
	e := start(t, today)
	e.agency(t, "top", "")
	for id, parent := range map[string]string{"first": "", "second": "", "third": "top", "aside": ""} {
		e.agency(t, id, parent)
	}
	agencies := pb.NewAgencyServiceClient(e.admin)
	of := pb.NewAgencyServiceClient(e.conn(t, workflow.Officer, "third"))
	for _, step := range []struct {
		from, to string
		want     []string
	}{
		{"", "", nil},
		{"first", "agencies/second", nil},
		{"second", "agencies/third", []string{"agencies/second", "agencies/first"}},
		{"aside", "agencies/third", []string{"agencies/aside", "agencies/second", "agencies/first"}},
		{"first", "", []string{"agencies/aside", "agencies/second"}},
	} {
		if step.from != "" {
			req := &pb.UpdateAgencyRequest{Agency: &pb.Agency{Name: "agencies/" + step.from, Successor: step.to}, UpdateMask: "successor"}
			if step.to == "" {
				req.UpdateMask = "successor,abolish_date"
			}
			if _, err := agencies.UpdateAgency(t.Context(), req); err != nil {
				t.Fatal(err)
			}
		}
		a, err := of.GetAgency(t.Context(), &pb.GetAgencyRequest{Name: "agencies/third"})
		if err != nil || !slices.Equal(a.GetPredecessors(), step.want) {
			t.Errorf("after %s became part of %q: %q, %v; want %q", step.from, step.to, a.GetPredecessors(), err, step.want)
		}
	}
	above := pb.NewAgencyServiceClient(e.conn(t, workflow.Officer, "top"))
	if a, err := above.GetAgency(t.Context(), &pb.GetAgencyRequest{Name: "agencies/third"}); err != nil || len(a.GetPredecessors()) > 0 {
		t.Errorf("whom those above may not see they are told of: %q, %v", a.GetPredecessors(), err)
	}
	verified(t, e.store)
}
