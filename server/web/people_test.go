package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
)

// An administrator builds the tree: adds agencies, renames one since a day, merges two.
func TestAgencies(t *testing.T) {
	o, _ := desk(t)
	root, own := o.enter(o.token), o.enter(o.hire(pb.Principal_ADMINISTRATOR, "jyj"))
	add := func(v *visitor, id, name, parent string) *sheet {
		return v.post("/agencies", v.get("/agencies").with(url.Values{"agency_id": {id}, "agency.display_name": {name}, "agency.parent": {parent}, "chain": {"OFFICER,SUPERVISOR"}}))
	}
	for _, id := range []string{"yzx", "ezx"} {
		if s := own.follow(add(own, id, "示例中学𠮷"+id, "jyj")); !strings.Contains(s.text, "已新增机关示例中学𠮷"+id) || !strings.Contains(s.text, "经办人 → 负责人") {
			t.Fatalf("adding said\n%s", s.text)
		}
	}
	for _, x := range []struct{ name, id, display, parent, want string }{
		{"taken", "jyj", "又一个", "", "f-agency_id"},
		{"no id", " ", "又一个", "", "f-agency_id"},
		{"no name", "abc", "", "", "f-agency-display_name"},
		{"no such parent", "abc", "又一个", "nobody", "没有代码为“nobody”的机关"},
	} {
		if s := add(root, x.id, x.display, x.parent); s.status != http.StatusUnprocessableEntity || !strings.Contains(s.text, x.want) {
			t.Errorf("%s answered %d:\n%s", x.name, s.status, s.text)
		}
	}
	change := func(filled url.Values) *sheet {
		s := own.get("/agencies/ezx")
		base := url.Values{"agency.display_name": {"示例中学𠮷ezx"}, "agency.parent": {"jyj"}, "chain": {"OFFICER,SUPERVISOR"}, "agency.codes_variant": {"shanghai"}}
		maps.Copy(base, filled)
		return own.post("/agencies/ezx", s.with(base))
	}
	if s := change(nil); s.status != 422 || !strings.Contains(s.text, "没有改动") {
		t.Errorf("no change answered %d", s.status)
	}
	if s := change(url.Values{"agency.successor": {"ezx"}}); s.status != 422 || !strings.Contains(s.text, "f-agency-successor") {
		t.Errorf("its own successor answered %d:\n%s", s.status, s.text)
	}
	if s := change(url.Values{"agency.etag": {"W/1"}, "agency.display_name": {"新名"}}); s.status != 422 {
		t.Errorf("a stale page answered %d", s.status)
	}
	if s := own.follow(change(url.Values{"agency.successor": {"yzx"}, "effective_date": {"2026-03-01"}})); !strings.Contains(s.text, "2026年3月1日撤销") {
		t.Errorf("the merger said\n%s", s.text)
	}
	a, err := pb.NewAgencyServiceClient(o.admin).GetAgency(t.Context(), &pb.GetAgencyRequest{Name: "agencies/ezx"})
	if err != nil || a.GetSuccessor() != "agencies/yzx" || a.GetAbolishDate() != "2026-03-01" || a.GetDisplayName() != "示例中学𠮷ezx" || len(a.GetReviewSteps()) != 2 {
		t.Errorf("the agency became %v, %v", a, err)
	}
	if s := root.get("/agencies?under=jyj"); strings.Contains(s.text, "示例市jyj局</a>") || !strings.Contains(s.text, "示例中学𠮷yzx") {
		t.Errorf("what lies below is not shown alone:\n%s", s.text)
	}
	if s := root.get("/agencies?under=nobody"); s.status != http.StatusNotFound {
		t.Errorf("below nobody answered %d", s.status)
	}
}

// A tree of many agencies is folded, and unfolds below each.
func TestManyAgencies(t *testing.T) {
	o, _ := desk(t)
	c := pb.NewAgencyServiceClient(o.admin)
	for i := range 230 {
		id, parent := "a"+string(rune('a'+i/26))+string(rune('a'+i%26)), "agencies/jyj"
		if i > 10 {
			parent = "agencies/aa" + string(rune('a'+i%10))
		}
		if _, err := c.CreateAgency(t.Context(), &pb.CreateAgencyRequest{AgencyId: id, Agency: &pb.Agency{DisplayName: "示例" + id, Parent: parent}}); err != nil {
			t.Fatal(err)
		}
	}
	v := o.enter(o.token)
	s := v.get("/agencies")
	if n := len(s.nodes("tr")); n != 13 || !strings.Contains(s.text, `href="/agencies?under=aaa"`) {
		t.Errorf("%d rows are shown", n)
	}
	if n := len(v.get("/agencies?under=aaa").nodes("tr")); n != 22 {
		t.Errorf("%d rows are shown below one", n)
	}
}

// A user is added, the token shown once; gets a password for one use, shown once; is signed
// out, and removed for good.
func TestPeople(t *testing.T) {
	o, _ := desk(t)
	root := o.enter(o.token)
	const people, person = "/agencies/jyj/principals", "/agencies/jyj/principals/%E5%BC%A0%F0%A0%AE%B7"
	s := root.post(people, root.get(people).with(url.Values{"principal_id": {"张𠮷"}, "principal.role": {"OFFICER"}}))
	token := s.textAfter("只显示这一次", `(gk_[A-Z0-9]+)`)
	if s.status != http.StatusOK || token == "" || !strings.Contains(s.text, `href="`+person+`"`) {
		t.Fatalf("adding answered %d:\n%s", s.status, s.text)
	}
	worker := o.enter(token)
	for _, path := range []string{people, person} {
		if s := root.get(path); strings.Contains(s.text, token) || !strings.Contains(s.text, "张𠮷") {
			t.Errorf("%s shows the token again, or not the name", path)
		}
	}
	for _, x := range []struct{ name, id, role, want string }{
		{"taken", "张𠮷", "OFFICER", "已被使用"}, {"no name", "", "OFFICER", "f-principal_id"}, {"no role", "李", "", "f-principal-role"}, {"an ill name", "a b", "OFFICER", "f-principal_id"},
	} {
		if s := root.post(people, root.get(people).with(url.Values{"principal_id": {x.id}, "principal.role": {x.role}})); s.status != 422 || !strings.Contains(s.text, x.want) {
			t.Errorf("%s answered %d:\n%s", x.name, s.status, s.text)
		}
	}
	s = root.post(person+"/reset", root.get(person).with(nil))
	if s.status != http.StatusOK || !strings.Contains(s.text, "只显示这一次") {
		t.Fatalf("the password answered %d:\n%s", s.status, s.text)
	}
	password := ""
	for n, text := range s.nodes("code") {
		if attr(n, "class") == "secret" {
			password = text
		}
	}
	him := o.visitor()
	if s := him.signIn(url.Values{"account": {"jyj/张𠮷"}, "password": {password}}); s.status != http.StatusSeeOther {
		t.Fatalf("signing in by the password answered %d:\n%s", s.status, s.text)
	}
	page := root.get(person)
	if strings.Contains(page.text, password) || !strings.Contains(page.text, "结束全部登录") {
		t.Errorf("the page shows the password again, or no sign-in")
	}
	foreign := page.with(url.Values{"name": {"principals/admin/signIns/-"}})
	if s := root.post(person+"/end", foreign); s.status != http.StatusNotFound {
		t.Errorf("ending somebody else's sign-ins by this page answered %d", s.status)
	}
	if s := root.follow(root.post(person+"/end", page.with(url.Values{"name": {"agencies/jyj/principals/张𠮷/signIns/-"}}))); !strings.Contains(s.text, "登录已结束") {
		t.Errorf("ending said\n%s", s.text)
	}
	if s := him.get("/account"); s.status != http.StatusSeeOther {
		t.Errorf("after his sign-in was ended he got %d", s.status)
	}
	if s := worker.get("/"); s.status != http.StatusSeeOther {
		t.Errorf("his sign-in by token answers %d after all were ended", s.status)
	}
	worker = o.enter(token)
	if s := root.post(person+"/remove", root.get(person).with(nil)); s.status != 422 || worker.get("/").status != http.StatusOK {
		t.Errorf("removing without the tick answered %d", s.status)
	}
	if s := root.follow(root.post(person+"/remove", root.get(person).with(url.Values{"sure": {"true"}}))); !strings.Contains(s.text, "已移除") {
		t.Errorf("removing said\n%s", s.text)
	}
	if s := worker.get("/"); s.status != http.StatusSeeOther {
		t.Errorf("after he was removed his token got %d", s.status)
	}
	if s := root.post("/principals/admin/remove", root.get("/principals").with(url.Values{"sure": {"true"}})); s.status == http.StatusSeeOther {
		t.Errorf("the last administrator was removed: %d", s.status)
	}
}

// The auditor reads the history of a case without the words of it, and the frozen reports.
func TestAudit(t *testing.T) {
	o, _ := desk(t)
	conn := o.api(o.hire(pb.Principal_SUPERVISOR, "jyj"))
	a := o.register(conn, "jyj", "示例人𠮷", "不给审计员看的内容", "2026-06-01")
	a = o.act(conn, a, &pb.Action{Action: &pb.Action_Extend{Extend: &pb.Extend{Workdays: 10, NotifyDate: "2026-06-20", Reason: "不给审计员看的理由"}}})
	if _, err := pb.NewFreezeServiceClient(conn).FreezeReport(t.Context(), &pb.FreezeReportRequest{Parent: "agencies/jyj", Year: 2025}); err != nil {
		t.Fatal(err)
	}
	v := o.enter(o.hire(pb.Principal_AUDITOR, "jyj"))
	s := v.get("/audit?number=" + a.GetApplicationNo())
	for _, want := range []string{"延期", "2026-06-20", "agencies/jyj/principals/supervisor-1", "第33条", "已冻结"} {
		if s.status != 200 || !strings.Contains(s.text, want) {
			t.Errorf("the page (%d) does not say %q", s.status, want)
		}
	}
	for _, secret := range []string{"示例人", "不给审计员看"} {
		if strings.Contains(s.text, secret) {
			t.Errorf("the page shows %q", secret)
		}
	}
	other := o.another()
	foreign := o.register(o.api(o.hire(pb.Principal_SUPERVISOR, other)), other, "别人", "别处", "2026-06-01")
	for _, number := range []string{"2026-99999", "x y", foreign.GetApplicationNo() + "9"} {
		if s := v.get("/audit?number=" + url.QueryEscape(number)); s.status != 422 || !strings.Contains(s.text, `href="#f-number"`) {
			t.Errorf("%s answered %d:\n%s", number, s.status, s.text)
		}
	}
	if s := v.get("/audit?agency=" + other); s.status != http.StatusNotFound {
		t.Errorf("another agency answered %d", s.status)
	}
}

// A feed's address is shown once and dies when the feed is revoked; a reload makes no other.
func TestFeeds(t *testing.T) {
	o, _ := desk(t)
	v := o.enter(o.hire(pb.Principal_OFFICER, "jyj"))
	const feeds = "/calendar/feeds"
	form := v.get(feeds).with(url.Values{"holder": {"规划财务科𠮷"}})
	s := v.post(feeds, form)
	address := ""
	for n, text := range s.nodes("code") {
		if attr(n, "class") == "secret" {
			address = text
		}
	}
	path, ok := strings.CutPrefix(address, o.url)
	if s.status != http.StatusOK || !ok {
		t.Fatalf("creating answered %d with %q", s.status, address)
	}
	if s := o.visitor().get(path); s.status != http.StatusOK || !strings.Contains(s.text, "BEGIN:VCALENDAR") {
		t.Errorf("the feed answered %d:\n%s", s.status, s.text)
	}
	if s := v.post(feeds, form); s.status != 422 || strings.Contains(s.text, address) {
		t.Errorf("the same form again answered %d", s.status)
	}
	page := v.get(feeds)
	if strings.Contains(page.text, address) || !strings.Contains(page.text, "规划财务科𠮷") {
		t.Error("the address is shown again, or the holder is not")
	}
	if s := v.follow(v.post(feeds+"/revoke", page.with(nil))); !strings.Contains(s.text, "已撤销") {
		t.Errorf("revoking said\n%s", s.text)
	}
	if s := o.visitor().get(path); s.status != http.StatusNotFound {
		t.Errorf("the revoked feed answered %d", s.status)
	}
}

// The clock of a service that never went astray needs no trust, and only an administrator
// of the whole installation could give it.
func TestClerk(t *testing.T) {
	o, _ := desk(t)
	root, own := o.enter(o.token), o.enter(o.hire(pb.Principal_ADMINISTRATOR, "jyj"))
	if s := root.get("/clerk"); s.status != 200 || !strings.Contains(s.text, "尚未运行") {
		t.Errorf("the clerk answered %d:\n%s", s.status, s.text)
	}
	if s := root.post("/clerk", root.get("/clerk").with(nil)); s.status != 422 || !strings.Contains(s.text, "请写明如何核对了时钟") || strings.Contains(s.text, "#f-reason") {
		t.Errorf("no reason answered %d", s.status)
	}
	if s := own.post("/clerk", own.get("/clerk").with(url.Values{"reason": {"核对过"}})); s.status != http.StatusForbidden {
		t.Errorf("an administrator of one agency answered %d", s.status)
	}
	if s := root.follow(root.post("/clerk", root.get("/clerk").with(url.Values{"reason": {"与授时中心核对"}}))); !strings.Contains(s.text, "已确认时钟正确") {
		t.Errorf("trusting said\n%s", s.text)
	}
}
