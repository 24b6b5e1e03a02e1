package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
)

// Every item of the menu opens to whoever sees it, with an agency of their own and without;
// who has none chooses one first where a page is of an agency, and finds it there.
func TestEveryItemOfTheMenuOpens(t *testing.T) {
	o := open(t, nil)
	o.agency("jyj")
	menus := 0
	look := func(role pb.Principal_Role, agency string) {
		v := o.enter(o.hire(role, agency))
		for _, lang := range []string{"zh-CN", "en"} {
			v.header.Set("Accept-Language", lang)
			for n := range v.get("/account").nodes("nav") {
				for a := range n.Descendants() {
					if a.Data != "a" {
						continue
					}
					menus++
					s := v.get(attr(a, "href"))
					if s.status != http.StatusOK || s.heading() == "" || strings.Contains(s.text, "agencies/{agency}") {
						t.Errorf("%s of %q in %s: %s answered %d: %s", role, agency, lang, attr(a, "href"), s.status, s.heading())
					}
					for c, text := range s.nodes("a") {
						href := attr(c, "href")
						if agency == "" && strings.HasPrefix(href, attr(a, "href")+"?agency=") && strings.Contains(text, "jyj") {
							if of := v.get(href); of.status != http.StatusOK || !strings.Contains(of.text, "jyj") {
								t.Errorf("%s in %s: %s answered %d: %s", role, lang, href, of.status, of.heading())
							}
						}
					}
				}
			}
		}
	}
	for _, role := range roles {
		look(role, "jyj")
	}
	look(pb.Principal_AUDITOR, "")
	look(pb.Principal_ADMINISTRATOR, "")
	if menus < 60 {
		t.Errorf("only %d items were opened", menus)
	}
	v := o.enter(o.hire(pb.Principal_AUDITOR, ""))
	for _, path := range []string{"/report", "/rollup", "/settings"} {
		if s := v.get(path); !strings.Contains(s.text, `href="`+path+`?agency=jyj"`) || strings.Contains(s.text, `href="/agencies"`) {
			t.Errorf("%s offers no agency to choose, or leads to what does not open:\n%s", path, s.text)
		}
	}
}

// TestAgencyChosenForAPage: what a page was asked for stays when its agency is chosen.
func TestAgencyChosenForAPage(t *testing.T) {
	o := open(t, nil)
	o.agency("jyj")
	v := o.enter(o.hire(pb.Principal_AUDITOR, ""))
	asked := url.Values{"year": {"2025"}, "form": {"codes-2014"}}
	s := v.get("/report?" + asked.Encode() + "&lang=zh-CN")
	if got := s.fillIn("/report", nil); got.Get("year") != "2025" || got.Get("form") != "codes-2014" || got.Has("lang") {
		t.Errorf("the form asks for %v", got)
	}
	asked.Set("agency", "jyj")
	if got := s.hrefs("/report?agency=jyj"); len(got) != 1 || got[0] != "/report?"+asked.Encode() {
		t.Errorf("the links lead to %q, want %q", got, asked.Encode())
	}
}
