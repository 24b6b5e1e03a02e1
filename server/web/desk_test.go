package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

var roles = []pb.Principal_Role{
	pb.Principal_OFFICER, pb.Principal_SUPERVISOR, pb.Principal_STATISTICIAN, pb.Principal_AUDITOR, pb.Principal_ADMINISTRATOR,
}

// placed fills the variables of a pattern in: the agency by one that exists, the rest by
// something that does not.
func placed(pattern, agency string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	path = strings.ReplaceAll(strings.TrimSuffix(path, "{$}"), "{agency}", agency)
	return method, regexp.MustCompile(`\{[a-z_.]+\}`).ReplaceAllString(path, "2025")
}

// desk opens an office with one agency and gives its table.
func desk(t *testing.T) (*office, []web.Row) {
	t.Helper()
	o := open(t, nil)
	o.agency("jyj")
	return o, web.Table(o.handler)
}

// Every page asks for a sign-in, is shown to the roles of the table, and refused to others.
func TestPagesAndRoles(t *testing.T) {
	o, table := desk(t)
	for _, role := range roles {
		agency := "jyj"
		v := o.enter(o.hire(role, agency))
		for _, row := range table {
			method, path := placed(row.Pattern, agency)
			if method != http.MethodGet || row.Open {
				continue
			}
			t.Run(role.String()+path, func(t *testing.T) {
				s := v.get(path)
				switch {
				case row.Opens(role):
					if s.status >= 500 || s.status == http.StatusForbidden && s.nodes("h1") == nil {
						t.Errorf("answered %d:\n%s", s.status, s.text)
					}
				case path == "/":
					if at := s.header.Get("Location"); s.status != http.StatusSeeOther || at == "/" {
						t.Errorf("answered %d to %q, want a redirect to the role's own page", s.status, at)
					}
				case s.status != http.StatusForbidden:
					t.Errorf("answered %d, want 403", s.status)
				}
			})
		}
	}
	stranger := o.visitor()
	for _, row := range table {
		method, path := placed(row.Pattern, "jyj")
		if row.Open || method != http.MethodGet {
			continue
		}
		s := stranger.get(path)
		if want := "/sign-in?next=" + url.QueryEscape(path); s.status != http.StatusSeeOther || s.header.Get("Location") != want {
			t.Errorf("%s without a sign-in answered %d to %s, want 303 to %s", path, s.status, s.header.Get("Location"), want)
		}
	}
}

// guards are the headers of every answer.
var guards = map[string]string{
	"Content-Security-Policy":      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "same-origin",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
}

// Every answer carries the guarding headers, whatever the method, and whether it is a page,
// an error, a file or of another handler.
func TestHeadersOnEveryAnswer(t *testing.T) {
	secure := func(c *web.Config) {
		c.Secure = true
		c.Beside["/broken/"] = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("broken on purpose") })
	}
	o := open(t, secure)
	o.agency("jyj")
	o.log.allowed = "panic"
	v := o.enter(o.hire(pb.Principal_SUPERVISOR, "jyj"))
	paths := []string{"/nothing", "/broken/x", "/feeds/jyj/x/y.ics", "/static/0/style.css", "/static/0/nothing.css", "//x", "/a/../b"}
	for _, row := range web.Table(o.handler) {
		_, path := placed(row.Pattern, "jyj")
		paths = append(paths, path)
	}
	for _, path := range paths {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"} {
			s := v.do(method, path, nil)
			for name, want := range guards {
				if got := s.header.Get(name); got != want {
					t.Errorf("%s %s (%d): %s is %q, want %q", method, path, s.status, name, got, want)
				}
			}
			if s.header.Get("Strict-Transport-Security") == "" {
				t.Errorf("%s %s (%d): no HSTS", method, path, s.status)
			}
			kept := s.header.Get("Cache-Control")
			if want := "no-store"; kept != want && !strings.HasPrefix(path, "/feeds/") {
				t.Errorf("%s %s (%d): Cache-Control is %q, want %q", method, path, s.status, kept, want)
			}
		}
	}
	if s := v.get("/broken/x"); s.status != http.StatusInternalServerError || !strings.Contains(s.text, "编号") {
		t.Errorf("a panic answered %d:\n%s", s.status, s.text)
	}
}

// Errors are pages too: they say what to do, in the visitor's language.
func TestTroublePages(t *testing.T) {
	o, _ := desk(t)
	v := o.enter(o.hire(pb.Principal_OFFICER, "jyj"))
	for _, x := range []struct {
		name, method, path string
		status             int
		zh, en             string
	}{
		{"no such page", "GET", "/nothing", 404, "没有找到该页面或者记录", "There is no such page or record"},
		{"no such method", "PUT", "/register", 405, "该地址不支持这种请求方式", "This address does not take such a request"},
		{"not of the role", "GET", "/?agency=other", 404, "没有找到该页面或者记录", "There is no such page or record"},
	} {
		t.Run(x.name, func(t *testing.T) {
			for lang, want := range map[string]string{"zh-CN": x.zh, "en": x.en} {
				path := x.path + "?lang=" + lang
				if strings.Contains(x.path, "?") {
					path = x.path + "&lang=" + lang
				}
				s := v.do(x.method, path, nil)
				if s.status != x.status || !strings.Contains(s.text, want) {
					t.Errorf("%s answered %d, want %d with %q:\n%s", path, s.status, x.status, want, s.text)
				}
				if !strings.Contains(s.text, `<html lang="`+lang+`">`) {
					t.Errorf("%s names another language than %s", path, lang)
				}
			}
		})
	}
	if s := v.do("PUT", "/register", nil); s.header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("Allow is %q", s.header.Get("Allow"))
	}
	if s := v.do("HEAD", "/", nil); s.status != 200 || s.text != "" {
		t.Errorf("HEAD answered %d with %d bytes", s.status, len(s.text))
	}
}

// The page chooses its language by ?lang=, else the cookie, else Accept-Language, else
// Chinese, and remembers a choice.
func TestLanguage(t *testing.T) {
	o, _ := desk(t)
	for _, x := range []struct {
		name, accept string
		paths        []string
		want         string
	}{
		{"nothing said", "", []string{"/sign-in"}, "zh-CN"},
		{"the browser's", "en-GB,en;q=0.9", []string{"/sign-in"}, "en"},
		{"another", "fr-FR,en;q=0.5", []string{"/sign-in"}, "zh-CN"},
		{"asked for", "", []string{"/sign-in?lang=en"}, "en"},
		{"remembered", "", []string{"/sign-in?lang=en", "/sign-in"}, "en"},
		{"asked for again", "en", []string{"/sign-in?lang=en", "/sign-in?lang=zh-CN", "/sign-in"}, "zh-CN"},
	} {
		t.Run(x.name, func(t *testing.T) {
			v := o.visitor()
			v.header.Set("Accept-Language", x.accept)
			var s *sheet
			for _, path := range x.paths {
				s = v.get(path)
			}
			for n := range s.nodes("html") {
				if got := attr(n, "lang"); got != x.want {
					t.Errorf("the page is in %q, want %q", got, x.want)
				}
			}
		})
	}
}

// The cookie holds the token so that no script and no other site gets it.
func TestCookies(t *testing.T) {
	for _, x := range []struct {
		name   string
		secure bool
		want   string
	}{
		{"by TLS", true, `^__Host-gongkai=gs_[A-Z2-7]{26}; Path=/; Max-Age=43[12]\d\d; HttpOnly; Secure; SameSite=Lax$`},
		{"on loopback", false, `^gongkai=gs_[A-Z2-7]{26}; Path=/; Max-Age=43[12]\d\d; HttpOnly; SameSite=Lax$`},
	} {
		t.Run(x.name, func(t *testing.T) {
			o := open(t, func(c *web.Config) { c.Secure = x.secure })
			v := o.visitor()
			sign := v.get("/sign-in")
			res := v.post("/sign-in/token", sign.with(url.Values{"token": {o.token}}))
			if got := res.header.Values("Set-Cookie"); len(got) == 0 || !regexp.MustCompile(x.want).MatchString(got[0]) {
				t.Errorf("cookies are\n%s\nwant\n%s", strings.Join(got, "\n"), x.want)
			}
			for _, c := range append(res.header.Values("Set-Cookie"), sign.header.Values("Set-Cookie")...) {
				if !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") || strings.Contains(c, "Secure") != x.secure || strings.Contains(c, "Domain") {
					t.Errorf("cookie %s", c)
				}
			}
		})
	}
}

// A sign-in leads only to a path of the desk.
func TestNextStaysHere(t *testing.T) {
	for next, want := range map[string]string{
		"":                         "/",
		"/register?x=1":            "/register?x=1",
		"//evil.example":           "/",
		`/\evil.example`:           "/",
		"https://evil.example":     "/",
		"javascript:alert(1)":      "/",
		"register":                 "/",
		"/a\r\nSet-Cookie: x=1":    "/",
		"/agencies/a/applications": "/agencies/a/applications",
	} {
		if got := web.OwnPath(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}

// Whoever signs out, or is removed, is out at once.
func TestSignOutAndRemoval(t *testing.T) {
	o, _ := desk(t)
	v := o.enter(o.hire(pb.Principal_OFFICER, "jyj"))
	page := v.get("/")
	if s := v.follow(v.post("/sign-out", page.with(nil))); !strings.Contains(s.text, "您已退出") {
		t.Errorf("signing out said nothing:\n%s", s.text)
	}
	if s := v.get("/"); s.status != http.StatusSeeOther {
		t.Errorf("after signing out the desk answered %d", s.status)
	}
	token := o.hire(pb.Principal_OFFICER, "jyj")
	v = o.enter(token)
	me, err := pb.NewPrincipalServiceClient(o.api(token)).GetPrincipal(t.Context(), &pb.GetPrincipalRequest{Name: "principals/me"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pb.NewPrincipalServiceClient(o.admin).DeletePrincipal(t.Context(), &pb.DeletePrincipalRequest{Name: me.GetName()}); err != nil {
		t.Fatal(err)
	}
	s := v.get("/register")
	if want := "/sign-in?next=%2Fregister"; s.header.Get("Location") != want {
		t.Errorf("after its removal the desk answered %d to %q, want %q", s.status, s.header.Get("Location"), want)
	}
	if c := s.header.Get("Set-Cookie"); !strings.Contains(c, "gongkai=; ") || !strings.Contains(c, "Max-Age=0") {
		t.Errorf("the cookie stays: %q", c)
	}
}

func TestSignInByTokenRefused(t *testing.T) {
	o, _ := desk(t)
	v := o.visitor()
	for _, token := range []string{"", "gk_WRONG", "密钥不对", "a b"} {
		s := v.post("/sign-in/token", v.get("/sign-in").with(url.Values{"token": {token}}))
		if s.status != http.StatusUnprocessableEntity || !strings.Contains(s.text, `href="#f-token"`) {
			t.Errorf("token %q answered %d:\n%s", token, s.status, s.text)
		}
		if token != "" && strings.Contains(s.text, token) {
			t.Errorf("the page shows the token %q", token)
		}
	}
}

func TestWords(t *testing.T) {
	var got []string
	for _, n := range []int32{3, 1, 0, -1, -12} {
		got = append(got, web.WorkdaysLeft(false, n), web.WorkdaysLeft(true, n))
	}
	want := []string{
		"剩余3个工作日", "3 workdays left", "剩余1个工作日", "1 workday left", "今日到期", "due today",
		"已超期1个工作日", "1 workday overdue", "已超期12个工作日", "12 workdays overdue",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("days left (-want +got):\n%s", diff)
	}
	if got := web.LongDay(false, "2026-03-05") + web.LongDay(true, "2026-03-05") + web.LongDay(false, "?"); got != "2026年3月5日5 March 2026?" {
		t.Errorf("days are written %s", got)
	}
}

// Every value of the enums that pages show has a label.
func TestLabelsOfEnums(t *testing.T) {
	known := fmt.Sprintf(" %s ", strings.Join(web.Labels(), " "))
	for _, values := range []map[string]int32{
		pb.Application_State_value, pb.Application_Channel_value, pb.Application_Timing_value, pb.Applicant_Kind_value,
		pb.Principal_Role_value, pb.QueueEntry_Light_value, pb.QueueEntry_Risk_value, pb.Consultation_Kind_value, pb.Consultation_Opinion_value,
	} {
		for name, n := range values {
			if n != 0 && !strings.Contains(known, " "+name+" ") {
				t.Errorf("%s has no label", name)
			}
		}
	}
}
