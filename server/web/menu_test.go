package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
)

// An error speaks of what its page has: of the menu only where there is one, which whoever
// is signed in always has, and of the first page, to which a link leads.
func TestErrorsNameWhatIsThere(t *testing.T) {
	o := open(t, nil)
	o.agency("jyj")
	stranger, officer := o.visitor(), o.enter(o.hire(pb.Principal_OFFICER, "jyj"))
	for _, c := range []struct {
		about  string
		v      *visitor
		method string
		path   string
		status int
		menu   bool
	}{
		{"a stranger's address without page", stranger, http.MethodGet, "/no/such/page", http.StatusNotFound, false},
		{"a stranger's form where none is taken", stranger, http.MethodPost, "/ledger", http.StatusMethodNotAllowed, false},
		{"an address without page", officer, http.MethodGet, "/no/such/page", http.StatusNotFound, true},
		{"a form where none is taken", officer, http.MethodPost, "/ledger", http.StatusMethodNotAllowed, true},
		{"an act that there is not", officer, http.MethodGet, "/agencies/jyj/applications/1/act/none", http.StatusNotFound, true},
		{"a page of another role", officer, http.MethodGet, "/audit", http.StatusForbidden, true},
	} {
		for lang, menu := range map[string]string{"zh-CN": "菜单", "en": "menu"} {
			c.v.header.Set("Accept-Language", lang)
			s := c.v.do(c.method, c.path, url.Values{})
			if s.status != c.status {
				t.Errorf("%s in %s answered %d, want %d", c.about, lang, s.status, c.status)
			}
			main, hasMenu, home := "", false, false
			for _, text := range s.nodes("main") {
				main = text
			}
			for n := range s.nodes("nav") {
				hasMenu = hasMenu || attr(n, "class") == "menu"
			}
			for n := range s.nodes("a") {
				home = home || attr(n, "href") == "/" && attr(n, "class") == ""
			}
			if hasMenu != c.menu || !home {
				t.Errorf("%s in %s: menu %v, link to the first page %v", c.about, lang, hasMenu, home)
			}
			if strings.Contains(main, menu) && !hasMenu {
				t.Errorf("%s in %s speaks of a menu that is not there: %s", c.about, lang, main)
			}
		}
	}
}
