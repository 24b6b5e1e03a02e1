package web_test

import (
	"net/http"
	"net/url"
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

// The link to the other language leads somewhere on every page that answers a form, with
// the address of the page that it came from and without.
func TestLanguageAfterAForm(t *testing.T) {
	o := open(t, nil)
	f := o.furnish("jyj", "示例局𠮷")
	links := 0
	for _, row := range web.Table(o.handler) {
		method, path, _ := f.place(row.Pattern)
		if method != http.MethodPost || row.Upload || row.Pattern == "POST /sign-out" {
			continue
		}
		for _, role := range roles {
			if !row.Opens(role) || role == pb.Principal_SUPERVISOR && row.Opens(pb.Principal_OFFICER) {
				continue
			}
			for _, from := range []string{"", "/account?x=1", "https://evil.example/account", "/no/such/page"} {
				v := o.enter(o.tokenFor(f, role, path))
				form := v.get("/account").with(url.Values{"reason": {""}})
				if row.Open {
					v = o.visitor()
					form = v.get("/sign-in").with(nil)
				}
				if from != "" && from[0] == '/' {
					from = o.url + from
				}
				v.header.Set("Referer", from)
				s := v.post(path, form)
				v.header.Del("Referer")
				for n := range s.nodes("a") {
					if attr(n, "hreflang") == "" {
						continue
					}
					links++
					if at := v.get(attr(n, "href")); at.status >= 400 && !(at.status == http.StatusNotFound && s.status == http.StatusNotFound) {
						t.Errorf("%s as %s from %q answered %d and leads to %s, which answers %d", row.Pattern, role, from, s.status, attr(n, "href"), at.status)
					}
				}
			}
			break
		}
	}
	if links < 60 {
		t.Errorf("only %d links were followed", links)
	}
}
