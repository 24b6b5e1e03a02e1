package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

// unreached loses calls of one method on their way to the service.
type unreached struct {
	grpc.ClientConnInterface
	method string
}

func (u unreached) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	if method == u.method {
		return status.Error(codes.Unavailable, "lost on its way")
	}
	return u.ClientConnInterface.Invoke(ctx, method, args, reply, opts...)
}

// keeps tells whether a browser keeps a sign-in.
func (v *visitor) keeps() bool {
	v.t.Helper()
	at, err := url.Parse(v.office.url)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range v.client.Jar.Cookies(at) {
		if c.Name == "gongkai" {
			return true
		}
	}
	return false
}

// Signing out takes the sign-in from the browser, whether the service could be told or not,
// and from whichever page it is asked.
func TestSignOutTakesTheCookie(t *testing.T) {
	o := open(t, func(c *web.Config) { c.Conn = unreached{c.Conn, pb.AccountService_SignOut_FullMethodName} })
	o.agency("jyj")
	token := o.hire(pb.Principal_OFFICER, "jyj")
	v := o.enter(token)
	if s := v.post("/sign-out", v.get("/").with(nil)); s.status != http.StatusServiceUnavailable || v.keeps() {
		t.Errorf("where the service was not told it answered %d; the browser keeps the sign-in: %v", s.status, v.keeps())
	}

	o, _ = desk(t)
	token = o.hire(pb.Principal_OFFICER, "jyj")
	old := o.enter(token)
	page := old.get("/")
	v = o.enter(token) // the same browser, signed in anew
	if s := v.post("/sign-out", page.with(nil)); s.status != http.StatusSeeOther || v.keeps() || !strings.HasPrefix(s.header.Get("Location"), "/sign-in") {
		t.Errorf("from an earlier page it answered %d; the browser keeps the sign-in: %v", s.status, v.keeps())
	}
	v = o.enter(token)
	if s := v.post("/sign-out", url.Values{"form_token": {"x"}}); s.status != http.StatusForbidden || !v.keeps() {
		t.Errorf("what is no page of ours answered %d", s.status)
	}
	if s := v.post("/sign-out", v.get("/").with(nil)); s.status != http.StatusSeeOther || v.keeps() {
		t.Errorf("signing out answered %d; the browser keeps the sign-in: %v", s.status, v.keeps())
	}
	if s := v.get("/"); s.status != http.StatusSeeOther {
		t.Errorf("after it the desk answered %d", s.status)
	}
}
