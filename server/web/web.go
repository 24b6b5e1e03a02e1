// Package web is the desk: the pages that officers, supervisors, statisticians, auditors
// and administrators work with, served from inside the one binary. Every page is a client
// of the API: it calls the same methods as any other client, with the caller's own token,
// and shows what they answer. The package knows no rule of the law and opens no store. It
// keeps nothing between two requests but files on their way in (import.go), forms whose
// sign-in ended (unsent.go) and what was lately recorded (made.go); what the service
// refuses, a page shows in its words.
//
// Pages are rendered here and work without JavaScript; script.js only makes them quicker.
//
// # How to add a page
//
// One file for the page and one template, thing.go and templates/thing.html:
//
//	func (d *desk) thingRoutes() []route {
//		return []route{
//			{pattern: "GET /things", title: text{"事项", "Things"}, menu: true, roles: handlers, handle: things},
//			{pattern: "POST /things", title: text{"事项", "Things"}, roles: handlers, handle: createThing},
//		}
//	}
//
//	func things(p *page) error {
//		found, err := p.api.Things.ListThings(p.ctx(), &pb.ListThingsRequest{Parent: p.parent()})
//		if err != nil {
//			return err // becomes the right page: sign in, 403, 404, 409, 500 …
//		}
//		return p.show("thing", found) // templates/thing.html sees it as .Data
//	}
//
//	func createThing(p *page) error {
//		req := &pb.CreateThingRequest{}
//		f := p.form() // values as typed, request_id, token; names of inputs are paths of fields
//		if f.into(req) {
//			req.Parent = p.parent()
//			_, err := p.api.Things.CreateThing(p.ctx(), req)
//			if err == nil {
//				return p.done("/things", text{"已保存", "saved"}) // POST, redirect, GET
//			}
//			if !f.refused(err) {
//				return err
//			}
//		}
//		return p.show("thing", nil) // with the errors on top and at their inputs
//	}
//
// Add thingRoutes to routes below. In templates {{t "中文" "English"}} picks the page's
// language, {{label .State}} names a value of an enum, {{longDay .Date}} and {{left .N}} show
// days, {{tn .N "件" " case" " cases"}} follows a number; {{template "field" …}}, "hidden",
// "errors", "pager", "empty", "badge" are the parts that all pages share
// (templates/parts.html). A page must not make more than 30 calls.
package web

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"google.golang.org/grpc"

	pb "gongkai/proto/disclosure/v1"
)

// Config is what the desk needs. Conn, Now and Log are required.
type Config struct {
	// Conn leads to the service, within the process.
	Conn grpc.ClientConnInterface
	Now  func() time.Time
	Log  *slog.Logger
	// Secure tells that browsers come by TLS, whoever ends it; without it cookies are for
	// loopback.
	Secure bool
	// Proxied tells that a proxy stands before the desk and appends the caller's address to
	// X-Forwarded-For.
	Proxied bool
	// SingleSignOn offers to sign in by the identity provider that the service knows.
	SingleSignOn bool
	// Beside are handlers below paths of their own that are answered under the same headers
	// and without cookies, such as "/feeds/".
	Beside map[string]http.Handler
	// NewID makes the ids by which inner errors are found in the log; nil: random ones.
	NewID func() string
}

// desk is the handler.
type desk struct {
	Config
	table     []route
	mux       *http.ServeMux
	templates map[language]templates
	origins   *http.CrossOriginProtection
	unsent    *unsents
	made      *makings
}

// New makes the desk.
func New(c Config) (http.Handler, error) {
	if c.Conn == nil || c.Now == nil || c.Log == nil {
		return nil, errors.New("making the desk: Conn, Now and Log are required")
	}
	if c.NewID == nil {
		c.NewID = func() string { return rand.Text()[:12] }
	}
	d := &desk{Config: c, mux: http.NewServeMux(), origins: http.NewCrossOriginProtection(), unsent: newUnsents(c.Now), made: &makings{now: c.Now}}
	d.table = d.routes()
	var err error
	if d.templates, err = parse(d.table); err != nil {
		return nil, fmt.Errorf("making the desk: %w", err)
	}
	for _, r := range d.table {
		d.mux.HandleFunc(r.pattern, func(w http.ResponseWriter, q *http.Request) { d.answer(w, q, r) })
	}
	for path, h := range c.Beside {
		d.mux.Handle(path, h)
	}
	d.mux.HandleFunc("GET "+staticPath+"{version}/{file}", serveStatic)
	return d, nil
}

// route is one row of the table of pages.
type route struct {
	pattern string // as http.ServeMux takes it
	title   text
	handle  func(*page) error
	// roles may open it; nil: whoever signed in.
	roles []pb.Principal_Role
	// menu puts it into the menu of those who may open it.
	menu bool
	// open answers without a sign-in.
	open bool
	// upload takes a multipart body as it comes, by page.parts, at most so many bytes.
	upload int64
	// long gives it minutes instead of seconds, for files.
	long bool
	// makes says that it records something anew with each request_id.
	makes bool
}

// Who opens what; the access table of the service decides, these only spare a refusal. A
// test holds the administrative ones against the table of duties.
var (
	handlers = []pb.Principal_Role{pb.Principal_OFFICER, pb.Principal_SUPERVISOR}
	readers  = []pb.Principal_Role{pb.Principal_OFFICER, pb.Principal_SUPERVISOR, pb.Principal_STATISTICIAN, pb.Principal_AUDITOR}
	systems  = []pb.Principal_Role{pb.Principal_ADMINISTRATOR, pb.Principal_SYSTEM_ADMINISTRATOR}
	grantors = []pb.Principal_Role{pb.Principal_ADMINISTRATOR, pb.Principal_SECURITY_ADMINISTRATOR}
	managers = []pb.Principal_Role{pb.Principal_ADMINISTRATOR, pb.Principal_SYSTEM_ADMINISTRATOR, pb.Principal_SECURITY_ADMINISTRATOR}
)

// routes is the whole table, in the order of the menu.
func (d *desk) routes() []route {
	return slices.Concat(
		d.queueRoutes(),
		d.registerRoutes(),
		d.ledgerRoutes(),
		d.reportRoutes(),
		d.rollupRoutes(),
		d.workloadRoutes(),
		d.importRoutes(),
		d.caseRoutes(),
		d.auditRoutes(),
		d.agencyRoutes(),
		d.peopleRoutes(),
		d.settingRoutes(),
		d.clerkRoutes(),
		d.calendarRoutes(),
		d.noticeRoutes(),
		d.feedRoutes(),
		d.accountRoutes(),
		d.unsentRoutes(),
		d.signRoutes(),
	)
}

// opens tells whether a role may open a page.
func (r route) opens(role pb.Principal_Role) bool {
	return r.open || r.roles == nil || slices.Contains(r.roles, role)
}

// home is where a role begins: the first page of its menu.
func (d *desk) home(role pb.Principal_Role) string {
	for _, r := range d.table {
		if r.menu && r.opens(role) {
			return r.path()
		}
	}
	return accountPath
}

// bodyLimit is what a request may send.
func (r route) bodyLimit() int64 { return cmp.Or(r.upload, formLimit) }
