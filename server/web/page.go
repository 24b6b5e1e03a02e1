package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// page is one request for a page and its answer.
type page struct {
	desk   *desk
	w      http.ResponseWriter
	r      *http.Request
	route  route
	lang   language
	token  string        // the bearer token of the cookie; empty: not signed in
	me     *pb.Principal // nil: not signed in
	api    *client.Client
	calls  *calls
	parts  multipartRest // of an upload, what follows the token
	typist string        // the account that the form which was sent was made for

	status int
	title  string // empty: that of the route
	trail  []crumb
	sent   *form
	went   string // where a form that succeeded led
}

// crumb is one step of the trail above the title.
type crumb struct{ Path, Text string }

func (p *page) ctx() context.Context { return p.r.Context() }

// text picks a text in the page's language.
func (p *page) text(zh, en string) string { return text{zh, en}.in(p.lang) }

// agency is the id of the agency that the page is about: the one in its path or in
// ?agency=, for who may see others, else the caller's.
func (p *page) agency() string {
	return cmp.Or(p.r.PathValue("agency"), p.r.URL.Query().Get("agency"), p.ownAgency())
}

func (p *page) ownAgency() string { return agencyOf(p.me.GetName()) }

// parent is the agency as requests name it.
func (p *page) parent() string { return "agencies/" + p.agency() }

// elsewhere is the agency that the page is about, if it is not the caller's own.
func (p *page) elsewhere() string {
	if a := p.agency(); a != p.ownAgency() {
		return a
	}
	return ""
}

// here is the address of a page about the same agency as this one; pairs are names and
// values of its query.
func (p *page) here(path string, pairs ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		query.Set(pairs[i], pairs[i+1])
	}
	if a := p.elsewhere(); a != "" {
		query.Set("agency", a)
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// agencyOf is the agency of a resource name; empty where it has none.
func agencyOf(name string) string {
	rest, ok := strings.CutPrefix(name, "agencies/")
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, "/")
	return id
}

// lastOf is the last part of a resource name.
func lastOf(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// under puts a step into the trail, between the beginning and this page.
func (p *page) under(path, text string) { p.trail = append(p.trail, crumb{path, text}) }

// today is the civil day, or that of the service's test clock.
func (p *page) today() string {
	if day := p.calls.fixedToday(); day != "" {
		return day
	}
	return p.desk.Now().In(shanghai).Format(time.DateOnly)
}

// redirect sends the browser on by GET.
func (p *page) redirect(path string) {
	http.Redirect(p.w, p.r, path, http.StatusSeeOther)
}

// done sends the browser on after a form that succeeded, and has the next page say so.
func (p *page) done(path string, said text) error {
	p.say(said)
	p.went = path
	p.redirect(path)
	return nil
}

// say has the next page say something, once.
func (p *page) say(said text) {
	p.desk.setCookie(p.w, doneCookie, base64.RawURLEncoding.EncodeToString([]byte(said.in(p.lang))), doneAge)
}

// said takes what the last form did, to be shown once.
func (p *page) said() string {
	value := p.desk.cookie(p.r, doneCookie)
	if value == "" {
		return ""
	}
	p.desk.setCookie(p.w, doneCookie, "", -1)
	raw, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return ""
	}
	return string(raw)
}

// menuItem is one entry of the menu.
type menuItem struct {
	Path, Text string
	Current    bool
}

// view is what templates see: .Data is the page's own.
type view struct {
	Lang   string // of the document
	Title  string
	Trail  []crumb
	Menu   []menuItem
	Form   *form
	Data   any
	Said   string // what the last form did
	Unsent bool   // a form of the account is kept, to be sent
	Who    *pb.Principal
	Office string // the agency's name
	Today  string
	Clock  bool // today is that of a test clock
	Switch string
	Path   string
	Name   string // of the template
	Away   string // the agency that the page is about, if it is not the caller's own

	page *page
}

// Here is the address of a page about the same agency.
func (v *view) Here(path string, pairs ...string) string { return v.page.here(path, pairs...) }

// show renders a template as the page. The answer is written whole or not at all.
func (p *page) show(name string, data any) error {
	v := p.view(data)
	v.Name = name
	t, ok := p.desk.templates[p.lang][name]
	if !ok {
		return fmt.Errorf("showing %s: no such template", name)
	}
	var out bytes.Buffer
	err := t.ExecuteTemplate(&out, "layout", v)
	if err == nil && v.Form.nameInputs(out.Bytes()) { // which are known once the page is written
		out.Reset()
		err = t.ExecuteTemplate(&out, "layout", v)
	}
	if err != nil {
		return fmt.Errorf("showing %s: %w", name, err)
	}
	h := p.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.lang.tag())
	h.Add("Vary", "Cookie, Accept-Language")
	if p.status == http.StatusOK && p.sent != nil && len(p.sent.Problems) > 0 {
		p.status = http.StatusUnprocessableEntity
	}
	p.w.WriteHeader(p.status)
	if _, err := p.w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("sending %s: %w", name, context.Canceled) // whoever asked has gone
	}
	return nil
}

// view fills what every page shows.
func (p *page) view(data any) *view {
	v := &view{
		Lang: p.lang.tag(), Title: p.title, Trail: p.trail, Form: p.form(), Data: data, Said: p.said(),
		Who: p.me, Path: p.r.URL.Path, Switch: p.other(), Away: p.elsewhere(), page: p,
	}
	if v.Title == "" {
		v.Title = p.route.title.in(p.lang)
	}
	if p.me != nil {
		v.Form.Owner = p.desk.unsent.stamp(p.me.GetName(), v.Form.Token)
		v.Unsent = v.Path != unsentPath && len(p.desk.unsent.of(p.me.GetName())) > 0
		v.Menu = p.menu()
		p.office(v)
	}
	v.Today, v.Clock = p.today(), p.calls.fixedToday() != ""
	return v
}

// office names the agency of whoever signed in: by its id, if the service does not say.
func (p *page) office(v *view) {
	v.Office = p.ownAgency()
	if v.Office == "" {
		v.Office = p.text("全部机关", "all agencies")
		return
	}
	a, err := p.api.Agencies.GetAgency(p.ctx(), &pb.GetAgencyRequest{Name: "agencies/" + v.Office})
	if err == nil {
		v.Office = a.GetDisplayName()
	}
}

// menu is what the caller's role opens. Marked is the page itself, or what it lies below:
// by its path, else by its trail.
func (p *page) menu() []menuItem {
	var menu []menuItem
	for _, r := range p.desk.table {
		if r.menu && r.opens(p.me.GetRole()) {
			menu = append(menu, menuItem{Path: r.path(), Text: r.title.in(p.lang)})
		}
	}
	best := itemOf(menu, p.r.URL.Path)
	for _, step := range p.trail {
		if best < 0 {
			path, _, _ := strings.Cut(step.Path, "?")
			best = itemOf(menu, path)
		}
	}
	if best >= 0 {
		menu[best].Current = true
	}
	return menu
}

// itemOf is the item of a menu that a path lies below, the nearest; -1: none.
func itemOf(menu []menuItem, path string) int {
	best := -1
	for i, item := range menu {
		if below(path, item.Path) && (best < 0 || len(item.Path) > len(menu[best].Path)) {
			best = i
		}
	}
	return best
}

// below tells whether a path is another or lies below it.
func below(path, top string) bool {
	return path == top || top != "/" && strings.HasPrefix(path, strings.TrimSuffix(top, "/")+"/")
}

// path is where a page without variables lies.
func (r route) path() string {
	_, path, _ := strings.Cut(r.pattern, " ")
	return strings.TrimSuffix(path, "{$}")
}

// other is this page's address in the other language. What a form did is not repeated:
// it leads to where the form stands.
func (p *page) other() string {
	at := p.shownAt()
	query := at.Query()
	query.Set("lang", text{"en", "zh-CN"}.in(p.lang))
	return (&url.URL{Path: at.Path, RawQuery: query.Encode()}).RequestURI()
}

// shownAt is where a page can be asked for. One that answers a form may have an address
// that takes forms only: then it is the page that the form came from, or one above.
func (p *page) shownAt() *url.URL {
	if p.r.Method == http.MethodGet || p.r.Method == http.MethodHead || p.desk.shows(p.r.URL.Path) {
		return p.r.URL
	}
	if from, err := url.Parse(p.r.Referer()); err == nil && from.Host == p.r.Host && p.desk.shows(from.Path) {
		return from
	}
	path := p.r.URL.Path
	for len(path) > 1 && !p.desk.shows(path) {
		path = path[:strings.LastIndexByte(path, '/')]
	}
	return &url.URL{Path: cmp.Or(path, "/"), RawQuery: p.r.URL.RawQuery}
}

// shows tells whether a path can be asked for.
func (d *desk) shows(path string) bool {
	_, pattern := d.mux.Handler(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}})
	return strings.HasPrefix(pattern, http.MethodGet+" ")
}

// templates are those of one language, by name.
type templates map[string]*template.Template
