package web_test

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
)

// The auditor finds what was read and refused, and takes the same along as a file.
func TestAuditRecords(t *testing.T) {
	o, _ := desk(t)
	conn := o.api(o.hire(pb.Principal_SUPERVISOR, "jyj"))
	a := o.register(conn, "jyj", "示例人𠮷", "不给审计员看的内容", "2026-06-01")
	for range 60 {
		if _, err := pb.NewApplicationServiceClient(conn).GetApplication(t.Context(), &pb.GetApplicationRequest{Name: a.GetName()}); err != nil {
			t.Fatal(err)
		}
	}
	clerk := o.api(o.hire(pb.Principal_STATISTICIAN, "jyj"))
	if _, err := pb.NewApplicationServiceClient(clerk).GetApplication(t.Context(), &pb.GetApplicationRequest{Name: a.GetName()}); err == nil {
		t.Fatal("the statistician reads a case")
	}
	v := o.enter(o.hire(pb.Principal_AUDITOR, "jyj"))
	const row = `<tr><td class="num">`
	first := v.get("/audit?action=read&method=GetApplication")
	second := v.get(first.link("下一页 →"))
	if n, m := strings.Count(first.text, row), strings.Count(second.text, row); n != 50 || m != 10 {
		t.Errorf("the pages hold %d and %d, want 50 and 10:\n%s", n, m, first.text)
	}
	for _, want := range []string{"查阅", "application/1", "agencies/jyj/principals/supervisor-1", "ApplicationService/GetApplication"} {
		if !strings.Contains(first.text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if s := v.get("/audit?action=refuse"); strings.Count(s.text, row) != 1 || !strings.Contains(s.text, "ROLE_NOT_ALLOWED") || !strings.Contains(s.text, "被拒绝") {
		t.Errorf("refusals answered %d:\n%s", s.status, s.text)
	}
	s := v.get("/audit?number=" + a.GetApplicationNo())
	if strings.Contains(s.text, "示例人") || strings.Contains(s.text, "不给审计员看") || !strings.Contains(s.text, "办理过程") {
		t.Errorf("the records of an application say\n%s", s.text)
	}
	for _, query := range []string{"from=2026-02-30", "from=2026-06-02&until=2026-06-01", "page_token=x", "number=2026-99999"} {
		if s := v.get("/audit?" + query); s.status != http.StatusUnprocessableEntity || !strings.Contains(s.text, `role="alert"`) {
			t.Errorf("%s answered %d, want 422 with the reason", query, s.status)
		}
		if s := v.get("/audit/export?" + query); strings.HasPrefix(query, "from") && (s.status != http.StatusUnprocessableEntity || s.header.Get("Content-Disposition") != "") {
			t.Errorf("the file of %s answered %d", query, s.status)
		}
	}
	if s := v.get("/audit?until=2020-01-01"); !strings.Contains(s.text, "没有符合条件的记录") {
		t.Errorf("of a time without records it says\n%s", s.text)
	}
	file := v.get(first.link("导出（CSV）"))
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.text, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 61 || rows[1][3] != "查阅" || rows[1][4] != "read" || rows[1][11] != "编号1" {
		t.Errorf("the file has %d rows, %v: %q", len(rows), err, rows[min(1, len(rows)-1)])
	}
	if name, _ := url.QueryUnescape(file.header.Get("Content-Disposition")); !strings.Contains(name, "审计记录-jyj-") {
		t.Errorf("the file is sent as %q", name)
	}
	if s := o.enter(o.hire(pb.Principal_OFFICER, "jyj")).get("/audit/export"); s.status != http.StatusForbidden {
		t.Errorf("an officer got %d", s.status)
	}
}
