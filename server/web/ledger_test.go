package web_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
	"gongkai/workflow/outcome"
)

// upload sends a file with the form of a page.
func (v *visitor) upload(path string, s *sheet, field, name string, content []byte) *sheet {
	v.t.Helper()
	hidden := s.with(nil)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("form_token", hidden.Get("form_token"))
	_ = w.WriteField("request_id", hidden.Get("request_id"))
	part, err := w.CreateFormFile(field, name)
	if err != nil {
		v.t.Fatal(err)
	}
	if _, err := part.Write(content); err != nil {
		v.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		v.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.office.url+path, &body)
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	res, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	out := &sheet{t: v.t, status: res.StatusCode, header: res.Header, text: string(raw)}
	return out.parsed()
}

// parsed reads a page that was got otherwise than by do.
func (s *sheet) parsed() *sheet {
	s.t.Helper()
	var err error
	if s.root, err = html.Parse(strings.NewReader(s.text)); err != nil {
		s.t.Fatal(err)
	}
	return s
}

func TestBasesAreTheServices(t *testing.T) {
	got := web.Bases()
	rows := outcome.Rows()
	if len(got) != len(rows) {
		t.Fatalf("%d bases, want %d", len(got), len(rows))
	}
	for i, r := range rows {
		if want := [3]string{string(r.Basis), r.LabelZH, r.LabelEN}; got[i] != want {
			t.Errorf("basis %d is %v, want %v", i, got[i], want)
		}
	}
}

func TestLedgerSearchAndFilters(t *testing.T) {
	o, token := counted(t)
	v := o.enter(token)
	for _, test := range []struct {
		name, query string
		want        int
	}{
		{"all", "", 9},
		{"state", "state=RECEIVED", 3},
		{"outcome", "basis=disclosed.provided", 1},
		{"channel", "channel=IN_PERSON", 9},
		{"another channel", "channel=FAX", 0},
		{"kind", "kind=NATURAL_PERSON&state=DECIDED", 3},
		{"dates", "receive_from=2026-05-06&receive_to=2026-05-06", 9},
		{"later", "receive_from=2026-05-07", 0},
		{"number", "words=2026-00003", 1},
		{"name with a rare character", "words=示例人5𠮷", 1},
		{"words and state", "words=经费支出&state=RECEIVED", 3},
		{"holder", "holder=nobody", 0},
		{"quotes", "holder=%22%5C", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := v.get("/ledger?" + test.query)
			if got := strings.Count(s.text, `<tr><th scope="row"><a href="/agencies/jyj/applications/`); s.status != http.StatusOK || got != test.want {
				t.Errorf("answered %d with %d applications, want %d:\n%s", s.status, got, test.want, s.text)
			}
			if strings.Contains(s.text, "<script>alert") {
				t.Error("a description is shown as code")
			}
		})
	}
	for _, query := range []string{"words=一", "receive_from=2026-02-30", "state=x", "page_token=x", "basis=x%22"} {
		if s := v.get("/ledger?" + query); s.status != http.StatusUnprocessableEntity || !strings.Contains(s.text, `role="alert"`) {
			t.Errorf("%s answered %d, want 422 with the reason", query, s.status)
		}
	}
}

func TestLedgerPages(t *testing.T) {
	o := open(t, nil)
	o.agency("jyj")
	token := o.hire(pb.Principal_OFFICER, "jyj")
	conn := o.api(token)
	for i := range 35 {
		a := o.register(conn, "jyj", fmt.Sprintf("示例人%d", i), "经费", "2026-05-06")
		if i%17 == 0 { // the first, one on the second page, and one that was sent back
			o.act(conn, a, &pb.Action{Action: &pb.Action_Assign{Assign: &pb.Assign{AssignDate: "2026-05-06", Holder: "规划\"科\""}}})
		}
		if i == 17 {
			o.act(conn, a, &pb.Action{Action: &pb.Action_SendBack{SendBack: &pb.SendBack{ReturnDate: "2026-05-06", Reason: "职责不符"}}})
		}
	}
	v := o.enter(token)
	first := v.get("/ledger?channel=IN_PERSON")
	second := v.get(first.link("下一页 →"))
	const row = `<tr><th scope="row">`
	if a, b := strings.Count(first.text, row), strings.Count(second.text, row); a != 30 || b != 5 {
		t.Errorf("the pages hold %d and %d, want 30 and 5", a, b)
	}
	held := "/ledger?holder=" + url.QueryEscape(`规划"科"`)
	for _, query := range []string{held, held + "&words=" + url.QueryEscape("经费")} {
		if n := strings.Count(v.get(query).text, row); n != 2 {
			t.Errorf("%s lists %d, want 2 on one page", query, n)
		}
	}
	if got := second.link("← 回到第一页"); got != "/ledger?channel=IN_PERSON" {
		t.Errorf("the first page is %s", got)
	}
}

// A file holds what was found, and nothing in it runs.
func TestLedgerExport(t *testing.T) {
	o, token := counted(t)
	conn := o.api(token)
	o.register(conn, "jyj", "=HYPERLINK(\"http://x\")", "+1+cmd|' /C calc'!A0", "2026-06-01")
	v := o.enter(token)
	s := v.get("/ledger/export?receive_from=2026-06-01&format=csv")
	if !strings.HasPrefix(s.header.Get("Content-Disposition"), "attachment; filename*=utf-8''") {
		t.Errorf("sent as %q", s.header.Get("Content-Disposition"))
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(s.text, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v; want the heading and one", len(rows), err)
	}
	for _, cell := range rows[1] {
		if strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "+") {
			t.Errorf("a cell runs: %q", cell)
		}
	}
	for query, want := range map[string]int{"": 11, "words=2026-00003": 2, "state=RECEIVED": 5, "state=VOID": 1, "basis=not_processed.publication": 3, "sheet=remedies": 2} {
		s := v.get("/ledger/export?format=xlsx&" + query)
		f, err := excelize.OpenReader(strings.NewReader(s.text))
		if err != nil {
			t.Fatalf("%q answered %d: %v", query, s.status, err)
		}
		got, err := f.GetRows(f.GetSheetName(0))
		if err != nil || len(got) != want {
			t.Errorf("%q gives %d rows, %v; want %d", query, len(got), err, want)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	for query, want := range map[string]int{"words=一": http.StatusBadRequest, "sheet=x": http.StatusNotFound, "receive_from=x": http.StatusUnprocessableEntity} {
		if s := v.get("/ledger/export?" + query); s.status != want || s.header.Get("Content-Disposition") != "" {
			t.Errorf("%q answered %d as %q, want %d", query, s.status, s.header.Get("Content-Disposition"), want)
		}
	}
}
