package web_test

import (
	"net/url"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
)

// Without a script the deadline with its days and what is like it are seen before anything
// is saved: the first press on "save" shows them, the second saves.
func TestRegisterWithoutScript(t *testing.T) {
	o, _ := desk(t)
	token := o.hire(pb.Principal_OFFICER, "jyj")
	conn := o.api(token)
	before := o.register(conn, "jyj", "示例人𠮷", "2025年度示例预算（示例）", "2026-06-02")
	v := o.enter(token)
	filled := complete()
	filled.Set("application.applicant.phone", "13800000000") // by which it is the same applicant
	filled.Del("checked")
	s := v.post("/register", v.get("/register").with(filled))
	for _, want := range []string{
		"尚未保存", "2026年7月28日", "剩余20个工作日", before.GetApplicationNo(), "同一申请人", "尚未答复，不属于重复申请",
	} {
		if !strings.Contains(s.text, want) {
			t.Errorf("the check does not show %q", want)
		}
	}
	days := 0
	for n := range s.nodes("tr") {
		if strings.Contains(textOf(n), "2026-07-") {
			days++
		}
	}
	if days != 28 {
		t.Errorf("the trace shows %d days of July, want all up to the 28th", days)
	}
	if n := o.count(token, "jyj"); n != 1 {
		t.Fatalf("%d are registered, want the one from before", n)
	}
	filled.Set("checked", s.with(nil).Get("checked"))
	if s = v.post("/register", s.with(filled)); !strings.HasPrefix(s.header.Get("Location"), "/agencies/jyj/applications/") {
		t.Errorf("saving leads to %q, want the case", s.header.Get("Location"))
	}
	if n := o.count(token, "jyj"); n != 2 {
		t.Fatalf("%d are registered, want 2", n)
	}
}

// An earlier applicant is found by a part of the name, and taken over with one press.
func TestTakeAnApplicantOver(t *testing.T) {
	o, _ := desk(t)
	token := o.hire(pb.Principal_OFFICER, "jyj")
	conn := o.api(token)
	a := o.register(conn, "jyj", "示例人𠮷", "一", "2026-06-02")
	o.register(conn, "jyj", "示例人𠮷", "二", "2026-06-03") // the same person need not be offered twice
	o.agency("other")
	stranger := o.register(o.api(o.hire(pb.Principal_OFFICER, "other")), "other", "示例人𠮷", "三", "2026-06-03")
	v := o.enter(token)
	s := v.post("/register", v.get("/register").with(url.Values{"do": {"find"}, "application.applicant.display_name": {"例人𠮷"}}))
	var offered []string
	for n := range s.nodes("button") {
		if attr(n, "name") == "use" {
			offered = append(offered, attr(n, "value"))
		}
	}
	if len(offered) != 1 || !strings.HasPrefix(offered[0], "agencies/jyj/") {
		t.Fatalf("offered are %q, want one of the own agency", offered)
	}
	s = v.post("/register", s.with(url.Values{"use": {a.GetName()}}))
	for _, want := range []string{`value="示例人𠮷"`, `value="13800000000"`} {
		if !strings.Contains(s.text, want) {
			t.Errorf("the form does not hold %s:\n%s", want, s.text)
		}
	}
	if s := v.post("/register", s.with(url.Values{"use": {stranger.GetName()}})); s.status != 404 || strings.Contains(s.text, "13800000000") {
		t.Errorf("an application of another agency answered %d", s.status)
	}
	if s := v.post("/register", s.with(url.Values{"do": {"find"}})); s.status != 422 {
		t.Errorf("looking for nobody answered %d", s.status)
	}
}

// Saved and on with the next: way and day of arrival stay, the applicant does not.
func TestSaveAndNext(t *testing.T) {
	o, _ := desk(t)
	v := o.enter(o.hire(pb.Principal_OFFICER, "jyj"))
	filled := complete()
	filled.Set("do", "next")
	s := v.follow(v.post("/register", v.get("/register").with(filled)))
	if !strings.Contains(s.text, "已登记：2026-00001，答复期限2026年7月28日") {
		t.Errorf("it does not say what was registered:\n%s", s.text)
	}
	if !strings.Contains(s.text, `<option value="IN_PERSON" selected>`) || strings.Contains(s.text, "示例人𠮷") {
		t.Errorf("the next form does not begin as it should:\n%s", s.text)
	}
	if s = v.get("/register"); strings.Contains(s.text, "已登记：") {
		t.Error("what was done is said twice")
	}
}
