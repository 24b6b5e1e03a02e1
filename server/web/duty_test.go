package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

// Two people set up what stands apart, and together they make an auditor of the whole
// installation: the one makes the user and learns no password, the other gives the password
// and makes no user; the auditor sees both.
func TestDutiesApart(t *testing.T) {
	o := open(t, nil)
	o.agency("jyj")
	o.hire(pb.Principal_OFFICER, "jyj")
	const secret = "Anquan-2026-mima"
	setUp := func(id, role, person string) *sheet {
		v := o.visitor()
		s := v.post("/set-up", v.get("/set-up").with(url.Values{
			"secret": {o.token}, "role": {role}, "person": {person}, "principal_id": {id}, "password": {secret}, "password_again": {secret},
		}))
		if s.status == http.StatusSeeOther {
			s = v.follow(s)
		}
		return s
	}
	if s := setUp("qian", "", "1001"); s.status != http.StatusUnprocessableEntity || !strings.Contains(s.text, `href="#f-role"`) {
		t.Errorf("no choice answered %d:\n%s", s.status, s.text)
	}
	if s := setUp("qian", "SYSTEM_ADMINISTRATOR", ""); s.status != http.StatusUnprocessableEntity || !strings.Contains(s.text, `href="#f-person"`) {
		t.Errorf("nobody answered %d:\n%s", s.status, s.text)
	}
	if s := setUp("qian", "SYSTEM_ADMINISTRATOR", "1001"); s.status != http.StatusOK || !strings.Contains(s.text, "管理员已创建") {
		t.Fatalf("the first answered %d:\n%s", s.status, s.text)
	}
	for _, again := range [][3]string{{"sun", "SYSTEM_ADMINISTRATOR", "1002"}, {"sun", "ADMINISTRATOR", "1002"}, {"sun", "SECURITY_ADMINISTRATOR", "1001"}} {
		if s := setUp(again[0], again[1], again[2]); s.status != http.StatusUnprocessableEntity {
			t.Errorf("%v answered %d:\n%s", again, s.status, s.text)
		}
	}
	if s := setUp("sun", "SECURITY_ADMINISTRATOR", "1002"); s.status != http.StatusOK || !strings.Contains(s.text, "管理员已创建") {
		t.Fatalf("the second answered %d:\n%s", s.status, s.text)
	}
	enter := func(account, password string) *visitor {
		v := o.visitor()
		if s := v.signIn(url.Values{"account": {account}, "password": {password}}); s.status != http.StatusSeeOther {
			t.Fatalf("%s signing in answered %d:\n%s", account, s.status, s.text)
		}
		v.enrol(password, account)
		return v
	}
	system, security := enter("qian", secret), enter("sun", secret)
	for _, v := range []*visitor{system, security} {
		s := v.get("/agencies/jyj/principals")
		v.mustGoOn(s)
		if len(s.marked()) != 1 {
			t.Errorf("the users of an agency mark %q", s.marked())
		}
		for _, path := range []string{"/agencies/jyj/principals", "/agencies/jyj/principals/officer-1"} {
			for n, trail := range v.get(path).nodes("nav") {
				if attr(n, "class") == "trail" && strings.Count(trail, "用户") != 1 {
					t.Errorf("the trail of %s names the users other than once: %s", path, trail)
				}
			}
		}
	}

	people := security.get("/principals")
	s := security.post("/principals", people.with(url.Values{"principal_id": {"li"}, "principal.role": {"AUDITOR"}, "principal.person": {"1003"}}))
	if s.status != http.StatusOK || !strings.Contains(s.text, "已新增") || strings.Contains(s.text, "gk_") {
		t.Fatalf("making the auditor answered %d:\n%s", s.status, s.text)
	}
	s = security.post("/principals", people.with(url.Values{"principal_id": {"sun2"}, "principal.role": {"AUDITOR"}, "principal.person": {"1002"}}))
	if s.status != http.StatusUnprocessableEntity || !strings.Contains(s.text, "一人只有一个用户") || !strings.Contains(s.text, `href="#f-principal-person"`) {
		t.Errorf("a second duty answered %d:\n%s", s.status, s.text)
	}
	if strings.Contains(people.text, `value="ADMINISTRATOR"`) || strings.Contains(security.get("/principals/li").text, "发放一次性口令") {
		t.Error("the security administrator is offered a super-user, or to give out passwords")
	}
	if s := system.get("/principals"); s.status != http.StatusOK || strings.Contains(s.text, "新增用户") || strings.Contains(system.get("/principals/li").text, "移除用户") {
		t.Errorf("the system administrator is offered to make or remove users (%d)", s.status)
	}
	s = system.post("/principals/li/reset", system.get("/principals/li").with(nil))
	given := s.textAfter("一次性口令</h2>", `<code class="secret">([^<]+)</code>`)
	auditor := o.visitor()
	if s := auditor.signIn(url.Values{"account": {"li"}, "password": {given}}); s.status != http.StatusSeeOther {
		t.Fatalf("the auditor signing in answered %d:\n%s", s.status, s.text)
	}
	page := auditor.get("/account")
	auditor.follow(auditor.post("/account/password", page.with(url.Values{"current_password": {given}, "new_password": {secret}, "password_again": {secret}})))
	auditor = enter("li", secret)
	s = auditor.get("/audit?action=create_principal")
	for _, want := range []string{"principal/qian", "principal/sun", "principal/li", "principals/sun", "创建用户", "机关代码"} {
		if s.status != http.StatusOK || !strings.Contains(s.text, want) {
			t.Errorf("the auditor's page (%d) does not say %q", s.status, want)
		}
	}
	if s := auditor.get("/audit?agency=jyj"); s.status != http.StatusOK || !strings.Contains(s.text, "冻结") {
		t.Errorf("of an agency the auditor's page answered %d", s.status)
	}
	if s := auditor.get("/audit?number=2026-00001"); s.status != http.StatusUnprocessableEntity || !strings.Contains(s.text, `href="#f-agency"`) {
		t.Errorf("an application of no agency answered %d", s.status)
	}
	for _, row := range web.Table(o.handler) { // what the menu leads to answers
		if method, path, _ := strings.Cut(row.Pattern, " "); method == http.MethodGet && !row.Open && !strings.Contains(path, "{") {
			for name, v := range map[string]*visitor{"system": system, "security": security} {
				if s := v.get(path); s.status >= http.StatusInternalServerError {
					t.Errorf("%s answered the %s administrator %d", path, name, s.status)
				}
			}
		}
	}
}
