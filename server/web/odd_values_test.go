package web_test

import (
	"math/rand/v2"
	"net/http"
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

// TestExportOfALongText: what does not fit into a workbook is said, with what would do,
// whether or not as much as begins a download was written by then; and CSV takes it.
func TestExportOfALongText(t *testing.T) {
	o, _ := desk(t)
	token := o.hire(pb.Principal_OFFICER, "jyj")
	conn := o.api(token)
	source := rand.New(rand.NewPCG(1, 2)) // whose text no archive makes much shorter
	for range 12 {
		text := make([]rune, 8000)
		for i := range text {
			text[i] = rune(0x4e00 + source.IntN(0x5000))
		}
		o.register(conn, "jyj", "示例", string(text), "2026-06-02")
	}
	a := o.register(conn, "jyj", "示例", strings.Repeat("长", 32768), "2026-06-02")
	v := o.enter(token)
	for _, tt := range [][2]string{{"", "请改用CSV导出"}, {"&lang=en", "export it as CSV"}} { // in this order: the language stays
		query, advice := tt[0], tt[1]
		s := v.get("/ledger/export?format=xlsx" + query)
		if s.status != http.StatusUnprocessableEntity || s.header.Get("Content-Disposition") != "" {
			t.Errorf("the workbook answered %d as %q", s.status, s.header.Get("Content-Disposition"))
		}
		if !strings.Contains(s.text, a.GetApplicationNo()) || !strings.Contains(s.text, advice) {
			t.Errorf("the page does not name %s and say %q:\n%s", a.GetApplicationNo(), advice, s.text)
		}
	}
	if s := v.get("/ledger/export?format=csv"); s.status != http.StatusOK || strings.Count(s.text, "\r\n") != 14 {
		t.Errorf("as CSV it answered %d with %d lines", s.status, strings.Count(s.text, "\r\n"))
	}
}

// TestNumberOfOneDigit: an office that counts its applications 1, 2, 3 finds one by its
// number, though no single character is looked for.
func TestNumberOfOneDigit(t *testing.T) {
	o, _ := desk(t)
	token := o.hire(pb.Principal_OFFICER, "jyj")
	conn := o.api(token)
	for _, number := range []string{"5", "55"} {
		_, err := pb.NewApplicationServiceClient(conn).CreateApplication(t.Context(), &pb.CreateApplicationRequest{
			Parent: "agencies/jyj",
			Application: &pb.Application{
				ApplicationNo: number, Channel: pb.Application_IN_PERSON, ArriveDate: "2026-06-02", Applicant: &pb.Applicant{Kind: pb.Applicant_BUSINESS},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	v := o.enter(token)
	s := v.get("/ledger?words=5")
	if got := s.hrefs("/agencies/"); len(got) != 1 || s.status != http.StatusOK {
		t.Fatalf("the ledger answered %d with %q", s.status, got)
	}
	if file := v.get(s.link("导出查询结果（CSV）")); strings.Count(file.text, "\r\n") != 2 {
		t.Errorf("the file of it says\n%s", file.text)
	}
	if s := v.get("/ledger?words=7"); s.status != http.StatusOK || !strings.Contains(s.text, "没有符合条件的申请") {
		t.Errorf("a number that nothing has answered %d", s.status)
	}
	if s := v.get("/ledger?words=" + url.QueryEscape("张")); s.status != http.StatusUnprocessableEntity {
		t.Errorf("a single character answered %d", s.status)
	}
}
