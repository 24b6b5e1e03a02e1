package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

// counted is an office whose report of 2026 has figures in many cells.
func counted(t testing.TB) (o *office, supervisor string) {
	t.Helper()
	o = open(t, nil)
	o.agency("jyj")
	supervisor = o.hire(pb.Principal_SUPERVISOR, "jyj")
	conn := o.api(supervisor)
	for i := range 9 {
		a := o.register(conn, "jyj", fmt.Sprintf("示例人%d𠮷", i+1), "<script>alert(1)</script>关于经费支出明细的申请", "2026-05-06")
		if i%3 == 0 {
			continue
		}
		basis := []string{"", "disclosed.provided", "not_processed.publication"}[i%3]
		a = o.act(conn, a, &pb.Action{Action: &pb.Action_Decide{Decide: &pb.Decide{Basis: basis, DecideDate: "2026-05-20"}}})
		if i > 4 {
			o.act(conn, a, &pb.Action{Action: &pb.Action_Deliver{Deliver: &pb.Deliver{Mode: "POST", DeliverDate: "2026-05-21"}}})
		}
	}
	_, err := pb.NewRemedyServiceClient(conn).CreateRemedy(t.Context(), &pb.CreateRemedyRequest{Parent: "agencies/jyj", Remedy: &pb.Remedy{
		Kind: pb.Remedy_RECONSIDERATION, FileDate: "2026-06-10", Application: "agencies/jyj/applications/no:2026-00006",
	}})
	if err != nil {
		t.Fatal(err)
	}
	return o, supervisor
}

// link finds the address of the first link whose text is so.
func (s *sheet) link(text string) string {
	s.t.Helper()
	for n, said := range s.nodes("a") {
		if said == text {
			return attr(n, "href")
		}
	}
	s.t.Fatalf("no link says %q:\n%s", text, s.text)
	return ""
}

// cells are the links of the figures of a report, with what they show.
func (s *sheet) cells() map[string]string {
	out := map[string]string{}
	for n := range s.nodes("td") {
		for a := range n.ChildNodes() {
			if a.Type == html.ElementNode && a.Data == "a" && strings.Contains(attr(a, "href"), "/cell?") {
				out[attr(a, "href")] = textOf(a)
			}
		}
	}
	return out
}

func TestEveryCellOpensIntoAsManyEntries(t *testing.T) {
	o, token := counted(t)
	v := o.enter(token)
	for _, form := range []string{"table-2021", "table-2019", "codes-2014"} {
		t.Run(form, func(t *testing.T) {
			s := v.get("/report?year=2026&form=" + form)
			if s.status != http.StatusOK {
				t.Fatalf("answered %d:\n%s", s.status, s.text)
			}
			filled := 0
			cells := s.cells()
			for path, figure := range cells {
				n, err := strconv.Atoi(figure)
				if err != nil || n == 0 {
					continue
				}
				filled++
				cell := v.get(path)
				rows := 0
				for tr := range cell.nodes("tr") {
					if tr.Parent.Data == "tbody" {
						rows++
					}
				}
				if rows != n {
					t.Errorf("%s shows %d and lists %d", path, n, rows)
				}
			}
			if filled < 4 || len(cells) < 50 {
				t.Errorf("only %d of %d cells hold anything", filled, len(cells))
			}
		})
	}
}

// Why 4 in this cell? One click leads to the list, another to the case.
func TestFromCellToCase(t *testing.T) {
	o, token := counted(t)
	v := o.enter(token)
	s := v.get("/report")
	var at string
	for path, figure := range s.cells() {
		if strings.Contains(path, "newReceived%2FnaturalPerson") {
			if figure != "9" {
				t.Errorf("received by natural persons: %s, want 9", figure)
			}
			at = path
		}
	}
	cell := v.get(at)
	if got := cell.link("2026-00001"); got != "/agencies/jyj/applications/1" && !strings.HasPrefix(got, "/agencies/jyj/applications/") {
		t.Errorf("the entry leads to %s", got)
	}
	auditor := o.enter(o.hire(pb.Principal_AUDITOR, "jyj")).get(at)
	if auditor.status != http.StatusOK || strings.Contains(auditor.text, `href="/agencies/jyj/applications/`) || !strings.Contains(auditor.text, "2026-00001") {
		t.Errorf("an auditor sees numbers, no links to cases; answered %d:\n%s", auditor.status, auditor.text)
	}
}

// The page has the form's own shape: every row is as wide as the table.
func TestReportGridsHaveNoHoles(t *testing.T) {
	o, token := counted(t)
	for _, form := range []string{"table-2021", "table-2019", "codes-2014"} {
		s := o.enter(token).get("/report?form=" + form)
		tables := 0
		for table := range s.nodes("table") {
			if !strings.HasPrefix(attr(table, "class"), "form ") {
				continue
			}
			tables++
			if hole := holes(table); hole != "" {
				t.Errorf("%s, %s: %s", form, attr(table, "class"), hole)
			}
		}
		if tables == 0 {
			t.Errorf("%s shows no table", form)
		}
	}
}

// holes fills a table's places by its spans, and tells where they do not fit.
func holes(table *html.Node) string {
	var taken []map[int]bool
	width, row := 0, 0
	for tr := range table.Descendants() {
		if tr.Type != html.ElementNode || tr.Data != "tr" {
			continue
		}
		col := 0
		for cell := range tr.ChildNodes() {
			if cell.Type != html.ElementNode {
				continue
			}
			w, h := span(cell, "colspan"), span(cell, "rowspan")
			for len(taken) < row+h {
				taken = append(taken, map[int]bool{})
			}
			for taken[row][col] {
				col++
			}
			for r := range h {
				for c := range w {
					if taken[row+r][col+c] {
						return fmt.Sprintf("two boxes at row %d, column %d", row+r, col+c)
					}
					taken[row+r][col+c] = true
				}
			}
		}
		if row == 0 {
			width = len(taken[0])
		}
		row++
	}
	for r := range taken {
		if len(taken[r]) != width || r >= row {
			return fmt.Sprintf("row %d has %d of %d columns", r, len(taken[r]), width)
		}
	}
	return ""
}

func span(n *html.Node, name string) int {
	v, err := strconv.Atoi(attr(n, name))
	if err != nil {
		return 1
	}
	return v
}

func TestFiguresAreEntered(t *testing.T) {
	o, token := counted(t)
	v := o.enter(token)
	edit := v.get("/report?edit=figures")
	bad := v.post("/report/figures", edit.with(url.Values{"figure/t2.5.licences": {"十二"}, "figure/t2.6.penalties": {"3"}}))
	if bad.status != http.StatusUnprocessableEntity || !strings.Contains(bad.text, `id="f-figure/t2-5-licences" name="figure/t2.5.licences" value="十二"`) || !strings.Contains(bad.text, "十进制数") {
		t.Fatalf("a value that is no number answered %d:\n%s", bad.status, bad.text)
	}
	done := v.follow(v.post("/report/figures", edit.with(url.Values{"figure/t2.5.licences": {"12"}, "figure/t2.6.penalties": {"3"}})))
	if !strings.Contains(done.text, "已保存2项填报数据") {
		t.Errorf("it does not say that two were saved:\n%s", done.text)
	}
	if got := done.cells()["/report/cell?cell=t2.5.licences&form=table-2021&year=2026"]; got != "12" {
		t.Errorf("licences show %q, want 12", got)
	}
	officer := o.enter(o.hire(pb.Principal_OFFICER, "jyj"))
	if s := officer.get("/report?edit=figures"); strings.Contains(s.text, `name="figure/`) {
		t.Error("an officer sees inputs of figures")
	}
}

func TestTextIsWrittenFromFigures(t *testing.T) {
	o, token := counted(t)
	v := o.enter(token)
	s := v.get("/report/text?take=1")
	suggestion := s.field("chapters/1")
	if !strings.Contains(suggestion, "9件") {
		t.Fatalf("the suggestion does not tell the figures: %q", suggestion)
	}
	kept := v.follow(v.post("/report/text", s.with(url.Values{"chapters/1": {suggestion}, "chapters/5": {"<img src=x onerror=alert(1)>"}})))
	if !strings.Contains(kept.text, "报告文字已保存") || strings.Contains(kept.text, "<img") || !strings.Contains(kept.text, "&lt;img") {
		t.Errorf("the text is not shown as text:\n%s", kept.text)
	}
}

// field is what a text area holds.
func (s *sheet) field(name string) string {
	for n := range s.nodes("textarea") {
		if attr(n, "name") == name && n.FirstChild != nil {
			return n.FirstChild.Data
		}
	}
	return ""
}

// A year is frozen, amended by one person and frozen again by another; the diff names the case.
func TestFreezeAmendAndDiff(t *testing.T) {
	o := open(t, nil)
	o.agency("jyj")
	first, second := o.hire(pb.Principal_SUPERVISOR, "jyj"), o.hire(pb.Principal_STATISTICIAN, "jyj")
	conn := o.api(first)
	o.register(conn, "jyj", "示例人", "经费支出明细", "2025-12-01")
	v := o.enter(first)
	early := v.get("/report/freeze?year=2026")
	if strings.Contains(early.text, "确定冻结") {
		t.Error("a year that is not over can be frozen")
	}
	page := v.get("/report/freeze?year=2025")
	frozen := v.post("/report/freeze", page.with(nil))
	again := v.post("/report/freeze", page.with(nil)) // a second click
	if frozen.status != http.StatusSeeOther || again.status != http.StatusSeeOther {
		t.Fatalf("freezing answered %d and %d:\n%s\n%s", frozen.status, again.status, frozen.text, again.text)
	}
	shown := v.follow(frozen)
	if !strings.Contains(shown.text, "2025年度已冻结，第1版") || strings.Count(shown.text, "<code>") != 1 {
		t.Fatalf("there is one version:\n%s", shown.text)
	}
	refused := v.post("/report/amend", shown.with(url.Values{"reason": {""}}))
	if refused.status != http.StatusUnprocessableEntity {
		t.Errorf("an amendment without a reason answered %d", refused.status)
	}
	amended := v.follow(v.post("/report/amend", shown.with(url.Values{"reason": {"漏登一件"}})))
	if !strings.Contains(amended.text, "更正已开启") {
		t.Fatalf("the amendment is not open:\n%s", amended.text)
	}
	b := o.register(conn, "jyj", "漏登人", "漏登的申请", "2025-12-15")
	diff := v.get("/report/diff?year=2025&from=1")
	if !strings.Contains(diff.text, b.GetApplicationNo()) {
		t.Errorf("the diff does not name the case:\n%s", diff.text)
	}
	same := v.post("/report/freeze", amended.with(nil))
	if same.status != http.StatusUnprocessableEntity {
		t.Errorf("whoever opened the amendment froze it: %d", same.status)
	}
	w := o.enter(second)
	done := w.follow(w.post("/report/freeze", w.get("/report/freeze?year=2025").with(nil)))
	if !strings.Contains(done.text, "第2版") || strings.Count(done.text, "<code>") != 2 {
		t.Errorf("the second version is not there:\n%s", done.text)
	}
	if carried := w.get("/report/carry-over?year=2026"); carried.status != http.StatusOK || !strings.Contains(carried.text, "一致") {
		t.Errorf("the carry-over answered %d:\n%s", carried.status, carried.text)
	}
}

func TestReportAsOf(t *testing.T) {
	o, token := counted(t)
	v := o.enter(token)
	s := v.get("/report?year=2026&as_of=2026-01-05")
	if s.status != http.StatusOK || len(s.cells()) != 0 || !strings.Contains(s.text, "截至该时点") {
		t.Errorf("a report of the past answered %d with %d cells that open", s.status, len(s.cells()))
	}
	if bad := v.get("/report?as_of=2026-02-30"); bad.status != http.StatusUnprocessableEntity || !strings.Contains(bad.text, "不是有效日期") {
		t.Errorf("a day that does not exist answered %d", bad.status)
	}
	for _, path := range []string{"/report?year=1999", "/report?form=x", "/report?year=2026&as_of=2099-01-01"} {
		if bad := v.get(path); bad.status != http.StatusUnprocessableEntity {
			t.Errorf("%s answered %d, want 422", path, bad.status)
		}
	}
}

func TestReportFiles(t *testing.T) {
	o, token := counted(t)
	v := o.enter(token)
	for format, begins := range map[string]string{"xlsx": "PK", "docx": "PK", "csv": "\ufeff", "html": "<!DOCTYPE html>"} {
		s := v.get("/report/export?year=2026&form=table-2021&appendix=true&format=" + format)
		if s.status != http.StatusOK || !strings.HasPrefix(s.text, begins) {
			t.Errorf("%s answered %d: %.40q", format, s.status, s.text)
		}
		if got := s.header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment;") {
			t.Errorf("%s is sent as %q", format, got)
		}
	}
	if s := v.get("/report/export?year=2026&form=table-2021&format=exe"); s.status != http.StatusNotFound {
		t.Errorf("an unknown format answered %d", s.status)
	}
	if s := v.get("/report/export?year=1900&form=table-2021&format=csv"); s.status != http.StatusBadRequest || s.header.Get("Content-Disposition") != "" {
		t.Errorf("an unknown year answered %d as %q", s.status, s.header.Get("Content-Disposition"))
	}
}

// What belongs to another agency answers exactly as what does not exist.
func TestReportsOfOthers(t *testing.T) {
	o, token := counted(t)
	o.agency("other")
	v := o.enter(token)
	id := regexp.MustCompile(`other|nobody`)
	for _, path := range []string{
		"/report?agency=%s", "/report/checks?agency=%s", "/report/text?agency=%s", "/report/freeze?agency=%s", "/report/diff?agency=%s",
		"/report/carry-over?agency=%s", "/report/cell?cell=granted/total&agency=%s", "/report/export?format=csv&agency=%s",
		"/rollup?agency=%s", "/rollup/units?agency=%s", "/rollup/unit?agency=%s", "/rollup/cell?cell=granted/total&agency=%s", "/ledger?agency=%s", "/ledger/export?agency=%s",
	} {
		a, b := v.get(fmt.Sprintf(path, "other")), v.get(fmt.Sprintf(path, "nobody"))
		if a.status != http.StatusNotFound || b.status != http.StatusNotFound {
			t.Errorf("%s answered %d and %d, want 404", path, a.status, b.status)
		}
		if x, y := id.ReplaceAllString(plain(a.text), ""), id.ReplaceAllString(plain(b.text), ""); x != y {
			t.Errorf("%s tells the two apart:\n%s\n%s", path, x, y)
		}
	}
}

// plain is a page without what is new in each.
func plain(text string) string {
	return regexp.MustCompile(`name="request_id" value="[^"]*"`).ReplaceAllString(text, "")
}

func TestChecksAreAccepted(t *testing.T) {
	o, token := counted(t)
	v := o.enter(token)
	s := v.get("/report/checks?year=2026")
	if !strings.Contains(s.text, "说明理由") {
		t.Fatalf("there is nothing to accept:\n%s", s.text)
	}
	var id string
	for n := range s.nodes("input") {
		if attr(n, "name") == "id" {
			id = attr(n, "value")
		}
	}
	refused := v.post("/report/checks", s.with(url.Values{"id": {id}, "reason": {""}}))
	if refused.status != http.StatusUnprocessableEntity {
		t.Errorf("no reason answered %d", refused.status)
	}
	done := v.follow(v.post("/report/checks", s.with(url.Values{"id": {id}, "reason": {"已逐件核对<b>"}})))
	if !strings.Contains(done.text, "已逐件核对&lt;b&gt;") {
		t.Errorf("the reason is not shown:\n%s", done.text)
	}
	officer := o.enter(o.hire(pb.Principal_OFFICER, "jyj")).get("/report/checks?year=2026")
	if officer.status != http.StatusOK || strings.Contains(officer.text, `name="reason"`) {
		t.Errorf("an officer may accept checks: %d", officer.status)
	}
}

func TestWorkloadAndLate(t *testing.T) {
	o, token := counted(t)
	s := o.enter(token).get("/workload")
	if s.status != http.StatusOK || !strings.Contains(s.text, "未分办") || !strings.Contains(s.text, "2026-00001") {
		t.Errorf("answered %d:\n%s", s.status, s.text)
	}
}

// In January the report of the year that has ended is due.
func TestReportYear(t *testing.T) {
	for today, want := range map[string]int{"2026-06-30": 2026, "2026-12-31": 2026, "2027-01-01": 2026, "2027-01-31": 2026, "2027-02-01": 2027} {
		if got := web.ReportYear(today); got != want {
			t.Errorf("on %s the report of %d opens, want %d", today, got, want)
		}
	}
}

// The charts show how many workdays conclusions took, and name those that took longest.
func TestDaysTaken(t *testing.T) {
	o, token := counted(t)
	s := o.enter(token).get("/report/charts?year=2026")
	// From 7 to 21 May 2026, with Saturday the 9th, a make-up workday.
	if !strings.Contains(s.text, `<th scope="row">12日</th><td class="number">3</td>`) {
		t.Errorf("the drawing does not say that three took 12 workdays:\n%s", s.text)
	}
	for _, number := range []string{"2026-00006", "2026-00008", "2026-00009"} {
		if at := s.link(number); !strings.HasPrefix(at, "/agencies/jyj/applications/") {
			t.Errorf("%s leads to %q", number, at)
		}
	}
	if got := strings.Count(s.text, `<td class="num">12</td>`); got != 3 {
		t.Errorf("%d applications are named, want 3", got)
	}
}
