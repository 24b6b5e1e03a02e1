package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

// signOutElsewhere ends the sign-in of a browser at the service alone.
func (v *visitor) signOutElsewhere() {
	v.t.Helper()
	at, err := url.Parse(v.office.url)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range v.client.Jar.Cookies(at) {
		if c.Name == "gongkai" {
			if _, err := pb.NewAccountServiceClient(v.office.api(c.Value)).SignOut(v.t.Context(), &pb.SignOutRequest{}); err != nil {
				v.t.Fatal(err)
			}
		}
	}
}

// signInAgain signs a browser in by a token, from where it was sent.
func (v *visitor) signInAgain(s *sheet, token string) *sheet {
	v.t.Helper()
	sign := v.follow(s)
	return v.follow(v.post("/sign-in/token", sign.with(url.Values{"token": {token}})))
}

// What was typed while the sign-in ended is seen after the next one, and done once, however
// often it is sent.
func TestUnsentIsSentOnce(t *testing.T) {
	o, _ := desk(t)
	token := o.hire(pb.Principal_OFFICER, "jyj")
	v := o.enter(token)
	page := v.get("/register")
	v.signOutElsewhere()
	s := v.post("/register", page.with(complete()))
	if s.status != http.StatusSeeOther || !strings.HasPrefix(s.header.Get("Location"), "/sign-in?next=%2Funsent") {
		t.Fatalf("answered %d to %q:\n%s", s.status, s.header.Get("Location"), s.text)
	}
	kept := v.signInAgain(s, token)
	for _, want := range []string{"示例人𠮷", "13800000001", "2025年度示例预算（示例）", "自然人", "联系电话", "尚未保存"} {
		if !strings.Contains(kept.text, want) {
			t.Errorf("the page does not show %q:\n%s", want, kept.text)
		}
	}
	if n := o.count(token, "jyj"); n != 0 {
		t.Fatalf("%d were registered before it was sent", n)
	}
	if s := v.get("/"); !strings.Contains(s.text, `href="/unsent"`) {
		t.Error("the desk does not say that something is unsent")
	}
	form := kept.fillIn("/register", nil)
	first, second := v.post("/register", form), v.post("/register", form)
	if first.status != http.StatusSeeOther || second.header.Get("Location") != first.header.Get("Location") || o.count(token, "jyj") != 1 {
		t.Errorf("answered %d, then %d to %q; %d were registered", first.status, second.status, second.header.Get("Location"), o.count(token, "jyj"))
	}
	if s := v.get("/unsent"); strings.Contains(s.text, "示例人") || !strings.Contains(s.text, "没有尚未提交的内容") {
		t.Errorf("what was sent is still kept:\n%s", s.text)
	}
}

// The browser dropped the cookie, or signed in anew in another tab: the form is kept all the
// same. Another account sees nothing of it.
func TestUnsentOfAnEarlierSignIn(t *testing.T) {
	o, _ := desk(t)
	token, other := o.hire(pb.Principal_OFFICER, "jyj"), o.hire(pb.Principal_OFFICER, "jyj")
	v := o.enter(token)
	page := v.get("/register")
	fresh := o.visitor() // the same browser once its cookies ran out
	if s := fresh.signInAgain(fresh.post("/register", page.with(complete())), other); strings.Contains(s.text, "示例人") {
		t.Fatalf("another account sees it:\n%s", s.text)
	}
	if s := o.enter(other).post("/register", page.with(complete())); s.status != http.StatusForbidden {
		t.Errorf("another account's browser answered %d", s.status)
	}
	again := o.enter(token) // another tab
	s := again.post("/register", page.with(complete()))
	if s.status != http.StatusSeeOther || s.header.Get("Location") != "/unsent" || o.count(token, "jyj") != 0 {
		t.Fatalf("a form of an earlier sign-in answered %d to %q", s.status, s.header.Get("Location"))
	}
	kept := again.follow(s)
	if n := strings.Count(kept.text, `action="/register"`); n != 1 {
		t.Errorf("the same form is kept %d times:\n%s", n, kept.text)
	}
	id := kept.fillIn("/unsent/discard", nil)
	o.enter(other).post("/unsent/discard", o.enter(other).get("/unsent").with(url.Values{"id": id["id"]}))
	if s := again.get("/unsent"); !strings.Contains(s.text, "示例人𠮷") {
		t.Error("another account discarded it")
	}
	if s := again.follow(again.post("/unsent/discard", id)); strings.Contains(s.text, "示例人𠮷") {
		t.Error("what was discarded is still there")
	}
}

// What is kept is bounded in number and time; no file and no password is, and nothing that
// another site sends or that does not come from a page of ours.
func TestUnsentIsBounded(t *testing.T) {
	var late atomic.Int64
	o := open(t, func(c *web.Config) { c.Now = func() time.Time { return time.Now().Add(time.Duration(late.Load())) } })
	o.agency("jyj")
	token := o.hire(pb.Principal_OFFICER, "jyj")
	v := o.enter(token)
	page, account, ledger := v.get("/register"), v.get("/account"), v.get("/import")
	v.signOutElsewhere()
	for name, s := range map[string]*sheet{
		"a password": v.post("/account/password", account.with(url.Values{"current_password": {"geheim-1"}})),
		"a file":     o.visitor().upload("/import", ledger, "applications", "x.csv", []byte(ledgerFile)),
		"a forged":   o.visitor().post("/register", page.with(url.Values{"form_owner": {"YQ.YQ"}})),
		"no token":   o.visitor().post("/register", page.with(url.Values{"form_token": {""}})),
		"of a sibling": func() *sheet {
			w := o.visitor()
			w.header.Set("Sec-Fetch-Site", "same-site")
			return w.post("/register", page.with(complete()))
		}(),
	} {
		if s.status != http.StatusUnauthorized && s.status != http.StatusForbidden {
			t.Errorf("%s answered %d", name, s.status)
		}
	}
	for i := range 6 {
		o.visitor().post("/register", page.with(url.Values{"application.description": {"第" + strconv.Itoa(i) + "件"}, "request_id": {""}, "do": {strconv.Itoa(i)}}))
	}
	for i := range 6 {
		o.visitor().post("/register?n="+strconv.Itoa(i), page.with(url.Values{"application.description": {"第" + strconv.Itoa(i) + "件"}}))
	}
	v = o.enter(token)
	s := v.get("/unsent")
	if n := strings.Count(s.text, `<section class="card">`); n != 4 || strings.Contains(s.text, "第1件") || !strings.Contains(s.text, "第5件") || strings.Contains(s.text, "geheim") {
		t.Errorf("%d are kept:\n%s", n, s.text)
	}
	late.Store(int64(2 * time.Hour))
	if s := v.get("/unsent"); strings.Contains(s.text, "件") && strings.Contains(s.text, `name="unsent"`) {
		t.Errorf("it is kept for two hours:\n%s", s.text)
	}
}

// Every input that takes a password or a code is one of those that are never kept.
func TestSecretInputsAreKnown(t *testing.T) {
	o := open(t, nil)
	f := o.furnish("jyj", "示例局𠮷")
	account, _ := o.account(pb.Principal_OFFICER, "jyj", "Yuangong-2026-x")
	pages := []*sheet{o.visitor().get("/sign-in"), o.visitor().get("/set-up"), account.get("/account")}
	o.everyPage(f, func(role pb.Principal_Role, path string, _ web.Row) {
		pages = append(pages, o.enter(o.tokenFor(f, role, path)).get(path))
	})
	found := 0
	for _, s := range pages {
		for n := range s.nodes("input") {
			if attr(n, "type") == "password" || attr(n, "autocomplete") == "one-time-code" {
				found++
				if !slices.Contains(web.SecretInputs(), attr(n, "name")) {
					t.Errorf("%s may be kept", attr(n, "name"))
				}
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d inputs of secrets were seen", found)
	}
}

// All that is kept is bounded in bytes and in number, whatever accounts send it.
func TestUnsentHasItsBounds(t *testing.T) {
	for _, x := range []struct{ accounts, size, want int }{{300, 10, 256}, {40, 1 << 20, 31}, {5, 1 << 20, 5}} {
		if kept := web.KeepUnsent(x.accounts, x.size); kept != x.want {
			t.Errorf("of %d forms of %d bytes %d are kept, want %d", x.accounts, x.size, kept, x.want)
		}
	}
}
