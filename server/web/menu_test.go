package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
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

// homes are the items of the menu that pages belong to whose path says another, or none, by
// the longest beginning of the pattern.
var homes = map[string]string{
	"/{$}":                             "/",
	"/agencies/{agency}/applications/": "/ledger",
	"/agencies/{agency}/attachments/":  "/ledger",
	"/agencies/{agency}/remedies/":     "/remedies",
	"/unsent":                          "", // of every page
}

// homeOf is the item that a page marks: that of the map, else that of its first step.
func homeOf(pattern string) string {
	_, path, _ := strings.Cut(pattern, " ")
	best, home := "", "/"+strings.SplitN(path, "/", 3)[1]
	for beginning, item := range homes {
		if strings.HasPrefix(path, beginning) && len(beginning) > len(best) {
			best, home = beginning, item
		}
	}
	return home
}

// marked are the items that the menu of a page marks.
func (s *sheet) marked() (items []string) {
	for n := range s.nodes("nav") {
		if attr(n, "class") != "menu" {
			continue
		}
		for a := range n.Descendants() {
			if a.Data == "a" && attr(a, "aria-current") == "page" {
				items = append(items, attr(a, "href"))
			}
		}
	}
	return items
}

// Every page, opened or answering a form that was sent empty, marks the one item of the menu
// that it belongs to.
func TestEveryPageMarksItsItem(t *testing.T) {
	o := open(t, nil)
	f := o.furnish("jyj", "示例局𠮷")
	pages := map[string]int{}
	look := func(pattern string, role pb.Principal_Role, s *sheet) {
		if s.root == nil || s.status != http.StatusOK && s.status != http.StatusUnprocessableEntity {
			return // a file, or an error that belongs nowhere
		}
		pages[strings.Fields(pattern)[0]]++
		want := []string{homeOf(pattern)}
		if want[0] == "" {
			want = nil
		}
		if got := s.marked(); !slices.Equal(got, want) {
			t.Errorf("%s as %s marks %q, want %q", pattern, role, got, want)
		}
	}
	o.everyPage(f, func(role pb.Principal_Role, path string, row web.Row) {
		v := o.enter(o.tokenFor(f, role, path))
		s := v.get(path)
		look(row.Pattern, role, s)
		v.mustGoOn(s)
	})
	for _, row := range web.Table(o.handler) {
		method, path, _ := f.place(row.Pattern)
		if method != http.MethodPost || row.Open || row.Upload {
			continue
		}
		for _, role := range roles {
			if row.Opens(role) {
				v := o.enter(o.tokenFor(f, role, path))
				look(row.Pattern, role, v.post(path, v.get("/account").with(nil)))
				break
			}
		}
	}
	if pages[http.MethodGet] < 50 || pages[http.MethodPost] < 15 {
		t.Errorf("looked at too few pages: %v", pages)
	}
}

// The page of a file marks what the file belongs to.
func TestFilesOfRemediesMarkRemedies(t *testing.T) {
	o := open(t, nil)
	f := o.furnish("jyj", "示例局𠮷")
	v := o.enter(f.tokens[pb.Principal_SUPERVISOR])
	_, at, _ := f.place("GET /agencies/{agency}/remedies/{remedy}")
	hidden := v.get(at).with(nil)
	s := v.follow(v.uploads(at+"/attachments", filePart{"form_token", "", hidden.Get("form_token")}, filePart{"kind", "", "REMEDY_DOCUMENT"}, filePart{"file", "a.pdf", casePDF}))
	for n := range s.nodes("a") {
		if href := attr(n, "href"); strings.Contains(href, "/attachments/") && !strings.HasSuffix(href, "/file") {
			if got := v.get(href).marked(); !slices.Equal(got, []string{"/remedies"}) {
				t.Errorf("%s marks %q", href, got)
			}
			return
		}
	}
	t.Fatalf("the page of the remedy names no file:\n%s", s.text)
}

// mustGoOn checks that what the menu and the trail of a page lead to opens to whoever sees it.
func (v *visitor) mustGoOn(s *sheet) {
	v.t.Helper()
	for n := range s.nodes("nav") {
		for a := range n.Descendants() {
			if a.Data == "a" && v.get(attr(a, "href")).status != http.StatusOK {
				v.t.Errorf("%s leads to %s, which does not open", s.heading(), attr(a, "href"))
			}
		}
	}
}
