package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// Where signing in by the identity provider begins, and where it sends browsers back to.
const (
	singlePath = signInPath + "/single"
	backPath   = singlePath + "/back"
)

// singleCookie binds what the identity provider answers to the browser that asked: a random
// secret, from which state, nonce and verifier follow, and the page that was asked for.
const (
	singleCookie = "gongkai-single"
	singleAge    = 10 * time.Minute
)

// follows is what of a browser's secret is for one use.
func follows(secret, use string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte("gongkai single sign-on " + use))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// beginSingle sends the browser to the identity provider. It is a link, because no form may
// lead a browser away from here.
func beginSingle(p *page) error {
	p.use("") // what the browser held before says nothing here
	secret := rand.Text() + rand.Text()
	challenge := sha256.Sum256([]byte(follows(secret, "verifier")))
	res, err := p.accounts().BeginSingleSignOn(p.ctx(), &pb.BeginSingleSignOnRequest{
		State: follows(secret, "state"), Nonce: follows(secret, "nonce"), CodeChallenge: base64.RawURLEncoding.EncodeToString(challenge[:]),
	})
	if err != nil {
		return p.notSingle(err)
	}
	next := base64.RawURLEncoding.EncodeToString([]byte(ownPath(p.form().Value("next"))))
	p.desk.setCookie(p.w, singleCookie, secret+"."+next, singleAge)
	p.redirect(res.GetAuthorizationUri())
	return nil
}

// finishSingle takes the browser back. Its cookie is spent, whatever comes of it.
func finishSingle(p *page) error {
	p.use("")
	secret, next, _ := strings.Cut(p.desk.cookie(p.r, singleCookie), ".")
	p.desk.setCookie(p.w, singleCookie, "", -1)
	q := p.r.URL.Query()
	p.form().values = nil // they are the provider's, and no input of ours
	if secret == "" || !hmac.Equal([]byte(q.Get("state")), []byte(follows(secret, "state"))) {
		p.form().wrong("", text{"统一身份认证登录已过期、已使用，或者不是由本浏览器发起；请重新登录", "This sign-in has run out, was used, or was begun by another browser: sign in anew"})
		p.status = http.StatusUnprocessableEntity
		return p.showSign()
	}
	if q.Get("error") != "" {
		p.form().wrong("", text{"统一身份认证没有确认您的身份；请重新登录，或者用账号和口令登录", "The identity provider did not vouch for you: sign in anew, or by account and password"})
		p.status = http.StatusUnprocessableEntity
		return p.showSign()
	}
	res, err := p.accounts().FinishSingleSignOn(p.ctx(), &pb.FinishSingleSignOnRequest{
		Code: q.Get("code"), CodeVerifier: follows(secret, "verifier"), Nonce: follows(secret, "nonce"),
	})
	if err != nil {
		return p.notSingle(err)
	}
	path, err := base64.RawURLEncoding.DecodeString(next)
	if err != nil {
		path = nil
	}
	return p.enter(res.GetToken(), res.GetExpireTime(), string(path))
}

// notSingle shows why it did not succeed beside the other ways to sign in.
func (p *page) notSingle(err error) error {
	if status.Code(err) != codes.Unavailable {
		return p.notEntered("", err)
	}
	p.form().Problems = append(p.form().Problems, problem{Message: client.Message(err)})
	p.status = http.StatusServiceUnavailable
	return p.showSign()
}
