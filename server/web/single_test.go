package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/signon"
	"gongkai/server/signon/signontest"
)

// The page through which the provider sends browsers back.
const singleBack = "/sign-in/single/back"

// single opens an office with an identity provider that knows an officer as "7".
func single(t *testing.T) (*office, *signontest.Provider, string) {
	t.Helper()
	idp := signontest.Start(t, "7", time.Now)
	p, err := signon.New(signon.Config{
		Issuer: idp.URL, ClientID: signontest.ClientID, ClientSecret: signontest.ClientSecret, RedirectURL: "https://gk.example" + singleBack, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	o := openBy(t, p, nil)
	o.agency("jyj")
	res, err := pb.NewPrincipalServiceClient(o.admin).CreatePrincipal(t.Context(), &pb.CreatePrincipalRequest{
		Parent: "agencies/jyj", PrincipalId: "li", Principal: &pb.Principal{Role: pb.Principal_OFFICER},
	})
	if err != nil {
		t.Fatal(err)
	}
	return o, idp, res.GetPrincipal().GetName()
}

// away begins at the page of signing in and returns the query that the provider sends back.
func (v *visitor) away(idp *signontest.Provider, next string) url.Values {
	v.t.Helper()
	sign := v.get("/sign-in?" + url.Values{"next": {next}}.Encode())
	link := ""
	for n, words := range sign.nodes("a") {
		if words == "单位统一身份认证" {
			link = attr(n, "href")
		}
	}
	if link == "" {
		v.t.Fatalf("the page does not offer it:\n%s", sign.text)
	}
	s := v.get(link)
	if s.status != http.StatusSeeOther || !strings.HasPrefix(s.header.Get("Location"), idp.URL+"/authorize?") {
		v.t.Fatalf("the browser is sent to %q (%d)", s.header.Get("Location"), s.status)
	}
	return idp.Visit(s.header.Get("Location"))
}

func (v *visitor) back(q url.Values) *sheet { return v.get(singleBack + "?" + q.Encode()) }

// TestSingleSignOn: an administrator links a user, who signs in by the provider and lands on
// the page that he asked for.
func TestSingleSignOn(t *testing.T) {
	o, idp, name := single(t)
	v := o.visitor()
	s := v.back(v.away(idp, "/"))
	if s.status != http.StatusUnprocessableEntity || !strings.Contains(s.text, "尚未关联") || !strings.Contains(s.text, "“7”") {
		t.Errorf("an identity that is not linked answered %d:\n%s", s.status, s.text)
	}
	admin := o.enter(o.token)
	page := admin.get("/" + name)
	if s := admin.follow(admin.post("/"+name+"/link", page.with(url.Values{"subject": {"7"}}))); !strings.Contains(s.text, "<code>7</code>") {
		t.Fatalf("the link is not shown:\n%s", s.text)
	}
	q := v.away(idp, "/account?x=1")
	s = v.back(q)
	if s.status != http.StatusSeeOther || s.header.Get("Location") != "/account?x=1" {
		t.Fatalf("coming back answered %d, %q:\n%s", s.status, s.header.Get("Location"), s.text)
	}
	if s := v.follow(s); s.status != http.StatusOK || !strings.Contains(s.text, "127.0.0.1") || !strings.Contains(s.text, "<code>7</code>") {
		t.Errorf("the desk answered %d:\n%s", s.status, s.text)
	}
	if s := v.back(q); s.status != http.StatusUnprocessableEntity {
		t.Errorf("coming back again answered %d", s.status)
	}
	v.post("/sign-out", v.get("/account").with(nil))
	if s := v.get("/account"); s.status != http.StatusSeeOther {
		t.Errorf("after signing out the desk answered %d", s.status)
	}
	if s := v.back(v.away(idp, "//evil.example/")); s.header.Get("Location") != "/" {
		t.Errorf("the browser was led to %q", s.header.Get("Location"))
	}
}

// TestSingleSignOnIsBoundToTheBrowser: what one browser began no other finishes.
func TestSingleSignOnIsBoundToTheBrowser(t *testing.T) {
	o, idp, name := single(t)
	if _, err := pb.NewAccountServiceClient(o.admin).LinkIdentity(t.Context(), &pb.LinkIdentityRequest{Name: name, Subject: "7"}); err != nil {
		t.Fatal(err)
	}
	attacker, victim := o.visitor(), o.visitor()
	q := attacker.away(idp, "/")
	for what, v := range map[string]*visitor{"that began nothing": o.visitor(), "that began another": victim} {
		if v == victim {
			v.away(idp, "/")
		}
		if s := v.back(q); s.status != http.StatusUnprocessableEntity || strings.Contains(s.header.Get("Set-Cookie"), "gs_") {
			t.Errorf("a browser %s was signed in: %d", what, s.status)
		}
	}
	v := o.visitor()
	forged := v.away(idp, "/")
	forged.Set("code", q.Get("code")) // of the attacker, in the victim's own answer
	if s := v.back(forged); s.status != http.StatusUnprocessableEntity {
		t.Errorf("another's code was taken: %d", s.status)
	}
	refused := v.away(idp, "/")
	refused.Del("code")
	refused.Set("error", "access_denied")
	if s := v.back(refused); s.status != http.StatusUnprocessableEntity || !strings.Contains(s.text, "没有确认") {
		t.Errorf("a refusal of the provider answered %d:\n%s", s.status, s.text)
	}
}

// TestSingleSignOnDown: without the provider the page says so, and passwords go on.
func TestSingleSignOnDown(t *testing.T) {
	o, idp, _ := single(t)
	idp.Close()
	v := o.visitor()
	s := v.get("/sign-in/single")
	if s.status != http.StatusServiceUnavailable || !strings.Contains(s.text, "暂时不可用") || !strings.Contains(s.text, `name="password"`) {
		t.Errorf("answered %d:\n%s", s.status, s.text)
	}
	if s := o.enter(o.token).get("/account"); s.status != http.StatusOK {
		t.Errorf("another way to sign in answered %d", s.status)
	}
}

// TestSingleSignOnAsksForTheCode: an administrator gives the one-time code here.
func TestSingleSignOnAsksForTheCode(t *testing.T) {
	o, idp, _ := single(t)
	res, err := pb.NewPrincipalServiceClient(o.admin).CreatePrincipal(t.Context(), &pb.CreatePrincipalRequest{PrincipalId: "zhao", Principal: &pb.Principal{Role: pb.Principal_ADMINISTRATOR}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pb.NewAccountServiceClient(o.admin).LinkIdentity(t.Context(), &pb.LinkIdentityRequest{Name: res.GetPrincipal().GetName(), Subject: "9"}); err != nil {
		t.Fatal(err)
	}
	idp.As("9")
	v := o.visitor()
	s := v.follow(v.back(v.away(idp, "/principals")))
	if s.status != http.StatusSeeOther || s.header.Get("Location") != "/account" {
		t.Fatalf("one factor opened the page: %d", s.status)
	}
	shown := v.post("/account/code", v.get("/account").with(nil))
	if !strings.Contains(shown.text, "启用动态验证码") {
		t.Fatalf("no device was offered:\n%s", shown.text)
	}
}

// TestCookieHoldsNoToken: a browser keeps a sign-in in place of the token by which it signed
// in, and a token in its place opens nothing.
func TestCookieHoldsNoToken(t *testing.T) {
	o := open(t, nil)
	v := o.enter(o.token)
	at, err := url.Parse(o.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range v.client.Jar.Cookies(at) {
		if strings.Contains(c.Value, o.token) || c.Name == "gongkai" && !strings.HasPrefix(c.Value, "gs_") {
			t.Errorf("the cookie %s is %q", c.Name, c.Value)
		}
	}
	if s := v.get("/account"); !strings.Contains(s.text, "127.0.0.1") {
		t.Errorf("the sign-in is not listed:\n%s", s.text)
	}
	bare := o.visitor()
	bare.header.Set("Cookie", "gongkai="+o.token)
	if s := bare.get("/account"); s.status != http.StatusSeeOther {
		t.Errorf("a token in the cookie opened the page: %d", s.status)
	}
}
