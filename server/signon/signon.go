// Package signon asks an identity provider (OpenID Connect) who somebody is: by the code
// flow with PKCE, so that a code is of use only to the browser that asked for it. It verifies
// what comes back and says under which name the provider knows the person. Whose account
// that is, and what of it is kept, is not its business.
package signon

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Config says which provider it is, and as whom it knows the service.
type Config struct {
	Issuer       string // exactly as the provider names itself
	ClientID     string
	ClientSecret string
	RedirectURL  string   // where it sends browsers back to
	Claim        string   // by which it names a person; empty: sub
	Factors      []string // values of acr or amr that tell of a second factor; nil: none does
	Now          func() time.Time
}

// What an answer of the provider may take. An ID token is fetched for a code at once: one
// that was issued long ago is none of ours, and clocks may differ a little.
const (
	answerTimeout = 5 * time.Second
	answerBytes   = 1 << 20
	tokenAge      = 10 * time.Minute
	mostSubject   = 255
)

// Provider is an identity provider. What it says of itself is fetched when it is first
// needed, and again until it answers: the service starts without it.
type Provider struct {
	config Config
	client *http.Client
	found  atomic.Pointer[discovered]
}

type discovered struct {
	code     oauth2.Config
	verifier *oidc.IDTokenVerifier
}

// New checks a configuration; it asks nobody.
func New(c Config) (*Provider, error) {
	c.Claim = cmp.Or(c.Claim, "sub")
	if c.ClientID == "" || c.ClientSecret == "" || c.Now == nil {
		return nil, errors.New("client id, client secret and clock are required")
	}
	if c.Claim == "email" {
		return nil, errors.New("an e-mail address changes hands: name persons by sub or by a number of their own")
	}
	for name, text := range map[string]string{"issuer": c.Issuer, "redirect URL": c.RedirectURL} {
		if err := checkURL(text); err != nil {
			return nil, fmt.Errorf("%s %q: %w", name, text, err)
		}
	}
	return &Provider{config: c, client: &http.Client{Timeout: answerTimeout, Transport: bounded{http.DefaultTransport}}}, nil
}

// checkURL takes https, and http on this machine alone.
func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return err
	case u.Host == "" || u.User != nil || u.Fragment != "" || u.RawQuery != "":
		return errors.New("it must be https://host/path")
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return errors.New("it must be https")
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// bounded reads no more of an answer than one can have to say.
type bounded struct{ http.RoundTripper }

// RoundTrip is http.RoundTripper's.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, answerBytes), res.Body}
	}
	return res, err
}

// Issuer is how the provider names itself.
func (p *Provider) Issuer() string { return p.config.Issuer }

// discover asks the provider what it offers, once.
func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	if d := p.found.Load(); d != nil {
		return d, nil
	}
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.config.Issuer)
	if err != nil {
		return nil, fmt.Errorf("asking %s what it offers: %w", p.config.Issuer, err)
	}
	var offered struct {
		Auth []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := provider.Claims(&offered); err != nil {
		return nil, fmt.Errorf("reading what %s offers: %w", p.config.Issuer, err)
	}
	d := &discovered{
		code: oauth2.Config{
			ClientID: p.config.ClientID, ClientSecret: p.config.ClientSecret, RedirectURL: p.config.RedirectURL,
			Endpoint: provider.Endpoint(), Scopes: []string{oidc.ScopeOpenID},
		},
		verifier: provider.Verifier(&oidc.Config{ClientID: p.config.ClientID, Now: p.config.Now}),
	}
	d.code.Endpoint.AuthStyle = oauth2.AuthStyleInHeader // the default of the standard; trying both would spend the code
	if len(offered.Auth) > 0 && !slices.Contains(offered.Auth, "client_secret_basic") {
		d.code.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	for _, text := range []string{d.code.Endpoint.AuthURL, d.code.Endpoint.TokenURL} {
		if err := checkURL(text); err != nil {
			return nil, fmt.Errorf("%s names the address %q: %w", p.config.Issuer, text, err)
		}
	}
	p.found.Store(d)
	return d, nil
}

// URI is where a browser signs in. An error says that the provider does not answer.
func (p *Provider) URI(ctx context.Context, state, nonce, challenge string) (string, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{
		oidc.Nonce(nonce), oauth2.SetAuthURLParam("code_challenge", challenge), oauth2.SetAuthURLParam("code_challenge_method", "S256"),
	}
	if len(p.config.Factors) > 0 {
		options = append(options, oauth2.SetAuthURLParam("acr_values", strings.Join(p.config.Factors, " ")))
	}
	return d.code.AuthCodeURL(state, options...), nil
}

// Person is whom the provider vouches for.
type Person struct {
	Subject string // the value of the claim
	Factor  bool   // a second factor was shown there
}

// Refusal says why what the provider answered is not taken.
type Refusal struct{ Why string }

func (r *Refusal) Error() string { return "refused: " + r.Why }

func refuse(format string, args ...any) error { return &Refusal{fmt.Sprintf(format, args...)} }

// Ask fetches the ID token for a code and verifies it. The error is a Refusal, or says that
// the provider does not answer as it should.
func (p *Provider) Ask(ctx context.Context, code, verifier, nonce string) (Person, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return Person{}, err
	}
	answer, err := d.code.Exchange(oidc.ClientContext(ctx, p.client), code, oauth2.VerifierOption(verifier))
	if said, ok := errors.AsType[*oauth2.RetrieveError](err); ok && said.ErrorCode == "invalid_grant" {
		return Person{}, refuse("the code is not taken: %s", said.ErrorDescription)
	}
	if err != nil {
		return Person{}, fmt.Errorf("asking %s for the token: %w", p.config.Issuer, err)
	}
	raw, _ := answer.Extra("id_token").(string)
	if raw == "" {
		return Person{}, refuse("no ID token came")
	}
	token, err := d.verifier.Verify(ctx, raw)
	if _, away := errors.AsType[*url.Error](err); away {
		return Person{}, fmt.Errorf("asking %s for its keys: %w", p.config.Issuer, err)
	}
	if err != nil {
		return Person{}, refuse("%v", err)
	}
	return p.read(token, nonce)
}

// read checks what the verifier of the library leaves to its caller.
func (p *Provider) read(token *oidc.IDToken, nonce string) (Person, error) {
	age := p.config.Now().Sub(token.IssuedAt)
	var claims map[string]json.RawMessage
	switch err := token.Claims(&claims); {
	case err != nil:
		return Person{}, refuse("its claims cannot be read")
	case nonce == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1:
		return Person{}, refuse("it has another nonce")
	case age > tokenAge || age < -tokenAge:
		return Person{}, refuse("it was issued at %s", token.IssuedAt.UTC().Format(time.RFC3339))
	}
	if party := textOf(claims["azp"]); party != p.config.ClientID && (party != "" || len(token.Audience) > 1) {
		return Person{}, refuse("it was issued to %q", party)
	}
	who := Person{Subject: textOf(claims[p.config.Claim])}
	if who.Subject == "" || len(who.Subject) > mostSubject {
		return Person{}, refuse("its claim %s names nobody", p.config.Claim)
	}
	said := []string{textOf(claims["acr"])}
	var methods []string
	if json.Unmarshal(claims["amr"], &methods) == nil {
		said = append(said, methods...)
	}
	who.Factor = slices.ContainsFunc(said, func(v string) bool { return v != "" && slices.Contains(p.config.Factors, v) })
	return who, nil
}

// textOf is a claim that is a text; whatever else it is names nobody.
func textOf(raw json.RawMessage) (text string) {
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}
