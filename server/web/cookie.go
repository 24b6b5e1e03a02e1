package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// The cookies. All are HttpOnly and SameSite=Lax; by TLS they are Secure and bound to the
// host by their prefix, which no other host can forge.
const (
	tokenCookie    = "gongkai"      // the bearer token of the sign-in
	strangerCookie = "gongkai-form" // a random secret of a browser that has not signed in
	languageCookie = "gongkai-lang"
	doneCookie     = "gongkai-done" // what the last form did, shown once
)

const (
	doneAge     = time.Minute
	languageAge = 365 * 24 * time.Hour
)

func (d *desk) cookieName(name string) string {
	if d.Secure {
		return "__Host-" + name
	}
	return name
}

func (d *desk) cookie(r *http.Request, name string) string {
	c, err := r.Cookie(d.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// signInToken is the token that a browser keeps: of a sign-in, which ends by itself. That of
// a principal, which does not, is none to be kept in a browser.
func (d *desk) signInToken(r *http.Request) string {
	if token := d.cookie(r, tokenCookie); strings.HasPrefix(token, signInPrefix) {
		return token
	}
	return ""
}

// signInPrefix begins the token of a sign-in.
const signInPrefix = "gs_"

// setCookie sets a cookie; an age of zero lasts as long as the browser, a negative one
// ends it.
func (d *desk) setCookie(w http.ResponseWriter, name, value string, age time.Duration) {
	c := http.Cookie{ //nolint:gosec // without TLS it is for loopback, where a browser takes no Secure one
		Name: d.cookieName(name), Value: value, Path: "/",
		Secure: d.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	switch {
	case age > 0:
		c.MaxAge = int(age / time.Second)
	case age < 0:
		c.MaxAge = -1
	}
	http.SetCookie(w, &c)
}

// stranger is the secret of a browser that has not signed in; it gets one if it has none.
func (d *desk) stranger(w http.ResponseWriter, r *http.Request) string {
	if secret := d.cookie(r, strangerCookie); secret != "" {
		return secret
	}
	secret := rand.Text()
	d.setCookie(w, strangerCookie, secret, 0)
	return secret
}

// formToken is what every form carries so that no other site can send it: it follows from
// the secret that only this browser and the desk know.
func formToken(secret string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte("gongkai form"))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:18])
}

// formTokenIs compares in constant time.
func formTokenIs(given, secret string) bool {
	return secret != "" && hmac.Equal([]byte(given), []byte(formToken(secret)))
}
