package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// Where signing in happens.
const (
	signInPath  = "/sign-in"
	signOutPath = "/sign-out"
	setUpPath   = "/set-up"
	accountPath = "/account"
)

func (d *desk) signRoutes() []route {
	sign, setUp := text{"登录", "Sign in"}, text{"首次启动", "First start"}
	return []route{
		{pattern: "GET " + signInPath, title: sign, open: true, handle: showSignIn},
		{pattern: "POST " + signInPath, title: sign, open: true, handle: signIn},
		{pattern: "POST " + signInPath + "/token", title: sign, open: true, handle: signInByToken},
		{pattern: "GET " + singlePath, title: sign, open: true, handle: beginSingle},
		{pattern: "GET " + backPath, title: sign, open: true, handle: finishSingle},
		{pattern: "GET " + setUpPath, title: setUp, open: true, handle: showSetUp},
		{pattern: "POST " + setUpPath, title: setUp, open: true, handle: runSetUp},
		{pattern: "POST " + signOutPath, title: text{"退出", "Sign out"}, open: true, handle: signOut},
	}
}

// ownPath is where to go after a sign-in: a path of ours, or the beginning. Anything by
// which a browser could leave, //host or /\host, is none.
func ownPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}

func showSignIn(p *page) error { return p.showSign() }

// signView is what the page of signing in offers beside a password.
type signView struct{ Single bool }

func (p *page) showSign() error { return p.show("sign-in", signView{p.desk.SingleSignOn}) }

// signIn signs in by account and password.
func signIn(p *page) error {
	p.use("") // what the browser held before says nothing here
	f, req := p.form(), &pb.SignInRequest{}
	req.Account = strings.TrimSpace(f.Value("account"))
	req.Password, req.OneTimeCode = f.Value("password"), strings.TrimSpace(f.Value("one_time_code"))
	res, err := p.accounts().SignIn(p.ctx(), req)
	if err == nil {
		return p.enter(res.GetToken(), res.GetExpireTime(), f.Value("next"))
	}
	at := ""
	if client.ReasonIs(err, pb.Reason_ONE_TIME_CODE_REQUIRED) {
		at = "one_time_code"
	}
	return p.notEntered(at, err)
}

// signInByToken signs in by the token of a principal, such as the one of the first start. The
// browser keeps a sign-in in its place, which ends like any other.
func signInByToken(p *page) error {
	token := strings.TrimSpace(p.form().Value("token"))
	if token == "" || printable(token) != token {
		p.form().wrong("token", text{"请输入令牌", "Enter the token"})
		return p.showSign()
	}
	p.use(token)
	res, err := p.accounts().ExchangeToken(p.ctx(), &pb.ExchangeTokenRequest{})
	switch {
	case client.ReasonIs(err, pb.Reason_SIGNED_IN_ALREADY):
		return p.enter(token, nil, p.form().Value("next"))
	case err != nil:
		return p.notEntered("token", err)
	}
	return p.enter(res.GetToken(), res.GetExpireTime(), p.form().Value("next"))
}

// enter keeps the token of a sign-in and opens the page that was asked for. Where its end is
// not known the cookie lasts as long as the browser.
func (p *page) enter(token string, end *timestamppb.Timestamp, next string) error {
	var age time.Duration
	if end != nil {
		age = max(end.AsTime().Sub(p.desk.Now()), time.Second)
	}
	p.desk.setCookie(p.w, tokenCookie, token, age)
	p.desk.setCookie(p.w, strangerCookie, "", -1)
	p.redirect(ownPath(next))
	return nil
}

// notEntered shows why a sign-in was refused; what is no refusal is an error of the page.
func (p *page) notEntered(at string, err error) error {
	switch status.Code(err) {
	case codes.Unauthenticated:
		p.form().Problems = append(p.form().Problems, problem{at, inputID(at), client.Message(err)})
	default:
		if !p.form().refused(err) {
			return err
		}
	}
	p.status = http.StatusUnprocessableEntity
	return p.showSign()
}

// signOut ends the sign-in at the service, and the browser's in any case.
func signOut(p *page) error {
	signedIn := p.token != ""
	p.desk.setCookie(p.w, tokenCookie, "", -1)
	p.token, p.sent = "", nil
	if signedIn {
		if _, err := p.accounts().SignOut(p.ctx(), &pb.SignOutRequest{}); err != nil {
			switch status.Code(err) { // the token of a principal goes on; one that ended has ended
			case codes.FailedPrecondition, codes.Unauthenticated, codes.Unimplemented:
			default:
				return err
			}
		}
	}
	return p.done(signInPath, text{"您已退出", "You are signed out"})
}

func showSetUp(p *page) error { return p.show("set-up", nil) }

// runSetUp makes the first administrator by the secret of the first start.
func runSetUp(p *page) error {
	p.use("")
	f := p.form()
	if f.Value("password") != f.Value("password_again") {
		f.wrong("password_again", text{"两次输入的口令不一致", "The two passwords differ"})
		return p.show("set-up", nil)
	}
	req := &pb.SetUpRequest{
		Secret: strings.TrimSpace(f.Value("secret")), PrincipalId: strings.TrimSpace(f.Value("principal_id")),
		Password: f.Value("password"), RequestId: f.RequestID, Person: strings.TrimSpace(f.Value("person")),
		Role: pb.Principal_Role(pb.Principal_Role_value[f.Value("role")]),
	}
	if _, err := p.accounts().SetUp(p.ctx(), req); err != nil {
		if f.refused(err) {
			return p.show("set-up", nil)
		}
		return err
	}
	return p.done(signInPath, text{"管理员已创建，请登录", "The administrator has been created; please sign in"})
}

func (p *page) accounts() pb.AccountServiceClient { return pb.NewAccountServiceClient(p.calls) }
