package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc/metadata"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/remote"
)

// What a request may take.
const (
	formLimit   = 1 << 20
	pageTimeout = 30 * time.Second
	longTimeout = 15 * time.Minute
	agentLimit  = 400
	partLimit   = 4 << 10 // of the form token in a multipart body
	partsMost   = 16      // of a multipart body
)

// policy lets a page load its own style, script and pictures and send its forms home, and
// nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"

// guard sets the headers of every answer. The referrer goes to no other site; to the own
// one it must, because under no-referrer a browser without Sec-Fetch-Site sends its forms
// with the origin "null".
func (d *desk) guard(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	h.Set("Cache-Control", "no-store")
	if d.Secure {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
}

// ServeHTTP is http.Handler's.
func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.guard(w.Header())
	defer d.recovered(w, r)
	h, pattern := d.mux.Handler(r)
	if pattern == "" {
		d.unmatched(w, r, h)
		return
	}
	d.mux.ServeHTTP(w, r)
}

// recovered answers for a handler that panicked.
func (d *desk) recovered(w http.ResponseWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v) // the server's own way to end an answer
	}
	id := d.NewID()
	d.Log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.String("id", id), slog.String("page", r.Pattern), slog.String("stack", string(debug.Stack())))
	d.page(w, r, route{}).halt(internal(id))
}

// unmatched answers where no page is: the mux knows whether another method would do.
func (d *desk) unmatched(w http.ResponseWriter, r *http.Request, h http.Handler) {
	ctx, cancel := context.WithTimeout(r.Context(), pageTimeout)
	defer cancel()
	p := d.page(w, r.WithContext(ctx), route{})
	_ = p.recognize() // a stranger's has no menu
	var said recorder
	h.ServeHTTP(&said, r)
	if allow := said.Header().Get("Allow"); said.status == http.StatusMethodNotAllowed && allow != "" {
		w.Header().Set("Allow", allow)
		p.halt(&trouble{http.StatusMethodNotAllowed, text{"该地址不支持这种请求方式", "This address does not take such a request"}, text{"请从首页重新进入。", "Start again from the first page."}})
		return
	}
	p.halt(missing())
}

// recorder keeps the head of an answer only.
type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header {
	if r.header == nil {
		r.header = http.Header{}
	}
	return r.header
}
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }
func (r *recorder) WriteHeader(status int)      { r.status = status }

// page begins a page: language, token and the calls that carry them.
func (d *desk) page(w http.ResponseWriter, r *http.Request, rt route) *page {
	lang, chosen := languageOf(r, d.cookie(r, languageCookie))
	if chosen {
		d.setCookie(w, languageCookie, lang.tag(), languageAge)
	}
	p := &page{desk: d, w: w, r: r, route: rt, lang: lang, token: d.signInToken(r), status: http.StatusOK}
	p.use(p.token)
	return p
}

// use makes the calls of a page carry a token.
func (p *page) use(token string) {
	p.calls = &calls{conn: p.desk.Conn, md: metadata.Pairs("accept-language", p.lang.tag())}
	if token != "" {
		p.calls.md.Set("authorization", "Bearer "+token)
	}
	p.calls.md.Set(remoteHeader, remote.Address(p.r, p.desk.Proxied))
	p.calls.md.Set(agentHeader, printable(p.r.UserAgent()))
	p.api = client.New(p.calls, client.Language(p.lang.tag()))
}

// printable leaves of a header what metadata may hold.
func printable(value string) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, value)
	return clean[:min(len(clean), agentLimit)]
}

// answer runs a page.
func (d *desk) answer(w http.ResponseWriter, r *http.Request, rt route) {
	limit := pageTimeout
	if rt.long || rt.upload > 0 {
		limit = longTimeout
	}
	ctx, cancel := context.WithTimeout(r.Context(), limit)
	defer cancel()
	r = r.WithContext(ctx)
	r.Body = http.MaxBytesReader(w, r.Body, rt.bodyLimit())
	p := d.page(w, r, rt)
	err := p.admit()
	if err == nil {
		if limit == longTimeout {
			moreTime(w)
		}
		if rt.makes {
			err = p.madeOnce()
		} else {
			err = rt.handle(p)
		}
	}
	switch {
	case errors.Is(err, errElsewhere):
		p.redirect(d.home(p.me.GetRole()))
	case errors.Is(err, errKept):
		p.redirect(unsentPath)
	case err != nil:
		p.halt(err)
	case p.me != nil && r.PostForm.Has(unsentField):
		d.unsent.drop(p.me.GetName(), r.PostForm.Get(unsentField))
	}
	if n := p.calls.n.Load(); n > maxCalls {
		d.Log.LogAttrs(ctx, slog.LevelWarn, "page makes too many calls", slog.String("page", rt.pattern), slog.Int("calls", int(n)))
	}
}

// moreTime lets a long page read and write for as long as its context lasts, which stops
// neither where the other side is silent. Nobody gets it before it is known who he is.
func moreTime(w http.ResponseWriter) {
	control, until := http.NewResponseController(w), time.Now().Add(longTimeout)     //nolint:forbidigo // the clock of the connection
	_ = errors.Join(control.SetReadDeadline(until), control.SetWriteDeadline(until)) // what has no deadline has its own bounds
}

// admit asks who calls and whether the page is theirs, and refuses what another site sent.
func (p *page) admit() error {
	stale, err := p.ownForm()
	if err == nil && !(utf8.ValidString(p.r.URL.Path) && textual(p.r.URL.Query()) && textual(p.r.PostForm)) {
		err = errNotText
	}
	if err != nil || p.route.open {
		return err
	}
	if err := p.recognize(); err != nil {
		return err
	}
	if stale { // of an earlier sign-in: whoever typed it sees it and sends it anew
		if p.keepUnsent() {
			return errKept
		}
		return errForeign
	}
	if p.route.opens(p.me.GetRole()) {
		return nil
	}
	if p.r.URL.Path == "/" {
		return errElsewhere
	}
	return &trouble{http.StatusForbidden, text{"您的角色不能使用该页面", "This page is not for your role"}, text{"请从菜单选择您的工作。", "Choose from the menu."}}
}

// errElsewhere says that a role does not begin with the first page but with its own.
var errElsewhere = errors.New("the role begins on another page")

// textual tells whether names and values are text, which is all that the service takes.
func textual(values url.Values) bool {
	for name, list := range values {
		if !utf8.ValidString(name) || !utf8.ValidString(strings.Join(list, "")) {
			return false
		}
	}
	return true
}

// errKept says that a form was kept, to be looked at and sent again.
var errKept = errors.New("the form is kept")

// recognize asks the service who holds the token.
func (p *page) recognize() error {
	if p.token == "" {
		return errSignIn
	}
	me, err := p.api.Principals.GetPrincipal(p.ctx(), &pb.GetPrincipalRequest{Name: "principals/me"})
	if err != nil {
		return err
	}
	p.me = me
	return nil
}

// ownForm refuses a form that does not come from a page of ours; stale tells that it comes
// from one, of an earlier sign-in.
func (p *page) ownForm() (stale bool, err error) {
	if p.r.Method == http.MethodGet || p.r.Method == http.MethodHead {
		return false, nil
	}
	if p.desk.origins.Check(p.r) != nil {
		return false, errForeign
	}
	given, err := p.sentToken()
	if err != nil {
		return false, err
	}
	if p.route.upload == 0 {
		p.typist = p.desk.unsent.owner(p.r.PostForm.Get(ownerField), given)
	}
	secret := p.token
	if secret == "" {
		secret = p.desk.cookie(p.r, strangerCookie)
	}
	// A page of an earlier sign-in may end whatever sign-in the browser has now.
	if stale = !formTokenIs(given, secret); stale && (p.typist == "" || p.route.open && p.r.URL.Path != signOutPath) {
		return true, errForeign
	}
	return stale, nil
}

// sentToken reads the form token: of an upload the first part, so that a body is read no
// further before it is known to be ours.
func (p *page) sentToken() (string, error) {
	if p.route.upload == 0 {
		if err := p.r.ParseForm(); err != nil {
			return "", unreadable(err)
		}
		return p.r.PostForm.Get(tokenField), nil
	}
	if kind, _, err := mime.ParseMediaType(p.r.Header.Get("Content-Type")); err != nil || kind != "multipart/form-data" {
		return "", unreadable(errors.New("no multipart body"))
	}
	parts, err := p.r.MultipartReader()
	if err != nil {
		return "", unreadable(err)
	}
	first, err := parts.NextPart()
	if err != nil || first.FormName() != tokenField {
		return "", errForeign
	}
	var token bytes.Buffer
	if _, err := io.Copy(&token, io.LimitReader(first, partLimit)); err != nil {
		return "", unreadable(err)
	}
	p.parts = multipartRest{Reader: parts}
	return token.String(), nil
}

// multipartRest is what follows the token in an upload.
type multipartRest struct {
	*multipart.Reader
	n int // parts that were read
}

// NextPart reads no more parts than any form of ours has.
func (m *multipartRest) NextPart() (*multipart.Part, error) {
	if m.n++; m.n > partsMost {
		return nil, errParts
	}
	return m.Reader.NextPart()
}

var errParts = errors.New("too many parts")
