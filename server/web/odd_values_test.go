package web_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
)

// lengthOf is the most characters that an input of a page takes.
func lengthOf(t *testing.T, s *sheet, name string) int {
	t.Helper()
	for _, kind := range []string{"input", "textarea"} {
		for n := range s.nodes(kind) {
			if attr(n, "name") == name {
				most, err := strconv.Atoi(attr(n, "maxlength"))
				if err != nil {
					t.Fatalf("%s has no most characters: %v", name, err)
				}
				return most
			}
		}
	}
	t.Fatalf("no input is called %s", name)
	return 0
}

// TestInputsTakeWhatTheServiceTakes: a browser lets in a number or an address as long as the
// service allows, and no longer one.
func TestInputsTakeWhatTheServiceTakes(t *testing.T) {
	o, _ := desk(t)
	v := o.enter(o.hire(pb.Principal_OFFICER, "jyj"))
	empty := v.get("/register")
	for _, name := range []string{
		"application.application_no", "application.applicant.display_name", "application.applicant.id_type", "application.applicant.id_number",
		"application.applicant.phone", "application.applicant.address", "application.applicant.postcode", "application.applicant.email",
		"application.description", "application.remark",
	} {
		t.Run(name, func(t *testing.T) {
			most := lengthOf(t, empty, name)
			for more, refused := range []bool{false, true} {
				filled := complete()
				filled.Set("do", "check")
				filled.Set(name, strings.Repeat("字", most+more))
				s := v.post("/register", empty.with(filled))
				if got := strings.Contains(s.text, "个字符，最多"); got != refused {
					t.Errorf("%d characters: refused is %v, want %v", most+more, got, refused)
				}
			}
		})
	}
	number := strings.Repeat("号", lengthOf(t, empty, "application.application_no"))
	auditor := o.enter(o.hire(pb.Principal_AUDITOR, "jyj"))
	if most := lengthOf(t, auditor.get("/audit"), "number"); most != len([]rune(number)) {
		t.Errorf("an auditor may ask for a number of %d characters, want %d", most, len([]rune(number)))
	}
}

// TestHolderWithBlanks: a holder that was copied with blanks is found on the desk as in the
// ledger.
func TestHolderWithBlanks(t *testing.T) {
	o, _ := desk(t)
	conn := o.api(o.hire(pb.Principal_OFFICER, "jyj"))
	a := o.register(conn, "jyj", "示例", "示例", "2026-06-02")
	_, err := pb.NewApplicationServiceClient(conn).ActOnApplication(t.Context(), &pb.ActOnApplicationRequest{
		Name: a.GetName(), Actions: []*pb.Action{{Action: &pb.Action_Assign{Assign: &pb.Assign{Holder: "规划“一”科", AssignDate: "2026-06-03"}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	v := o.enter(o.hire(pb.Principal_SUPERVISOR, "jyj"))
	query := url.Values{"holder": {"\u3000规划“一”科 "}}.Encode()
	for _, path := range []string{"/?", "/ledger?"} {
		if s := v.get(path + query); !strings.Contains(s.text, a.GetApplicationNo()) {
			t.Errorf("%s lists no application of the holder", path)
		}
	}
}
