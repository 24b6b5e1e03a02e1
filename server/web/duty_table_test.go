package web_test

import (
	"slices"
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
	"gongkai/workflow"
)

// The pages know nothing of the table of duties, and offer to the same people what it gives.
func TestPagesFollowTheDuties(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		pages []pb.Principal_Role
		table []workflow.Role
	}{
		{"operators", web.Operators(), workflow.Operators()},
		{"grantors", web.Grantors(), workflow.Grantors()},
		{"managers", web.Managers(), workflow.Managers()},
	} {
		var pages []string
		for _, r := range test.pages {
			pages = append(pages, r.String())
		}
		var table []string
		for _, r := range test.table {
			table = append(table, string(r))
		}
		slices.Sort(pages)
		slices.Sort(table)
		if !slices.Equal(pages, table) {
			t.Errorf("%s are %q in the pages, %q in the table of duties", test.name, pages, table)
		}
	}
}
