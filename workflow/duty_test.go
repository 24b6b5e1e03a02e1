package workflow_test

import (
	"slices"
	"strings"
	"testing"

	"gongkai/workflow"
)

// TestDuties: every duty names its requirement, and none may do anything with a case or is
// a step of its approval.
func TestDuties(t *testing.T) {
	seen := map[workflow.Role]bool{}
	for _, d := range workflow.Duties() {
		if seen[d.Role] || !slices.Contains(workflow.Roles(), d.Role) || !strings.HasPrefix(d.Source, "GB/T 22239-2019 ") || d.ZH == "" || d.EN == "" {
			t.Errorf("the row %+v", d)
		}
		seen[d.Role] = true
		for _, regime := range []workflow.Regime{workflow.R2008, workflow.R2019} {
			for _, row := range workflow.Transitions(regime) {
				if slices.Contains(row.Roles, d.Role) {
					t.Errorf("%s may %s a case", d.Role, row.Action)
				}
			}
		}
	}
	for _, r := range workflow.Roles() {
		if strings.HasSuffix(string(r), "ADMINISTRATOR") != (seen[r] && r != workflow.Auditor) || r.Administers() != seen[r] {
			t.Errorf("%s is a duty: %t", r, r.Administers())
		}
	}
}
