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

// Whoever may do a part of the administration may look at the accounts of others; to read
// the audit log is no such part.
func TestWhoManages(t *testing.T) {
	all, system, security := workflow.Administrator, workflow.SystemAdministrator, workflow.SecurityAdministrator
	for _, test := range []struct {
		name      string
		got, want []workflow.Role
	}{
		{"operators", workflow.Operators(), []workflow.Role{system, all}},
		{"grantors", workflow.Grantors(), []workflow.Role{security, all}},
		{"managers", workflow.Managers(), []workflow.Role{system, security, all}},
	} {
		if !slices.Equal(test.got, test.want) {
			t.Errorf("%s are %q, want %q", test.name, test.got, test.want)
		}
	}
}
