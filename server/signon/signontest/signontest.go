// Package signontest is an identity provider for tests: discovery, keys, codes with PKCE and
// signed ID tokens over real HTTP on loopback. It signs in whomever a test says, asks nobody
// for a password, and lets a test spoil what it answers. It is for nothing else.
package signontest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// How the service is registered.
const (
	ClientID     = "gongkai"
	ClientSecret = "a secret / with + signs"
)

// Provider is an identity provider.
type Provider struct {
	*httptest.Server
	t testing.TB

	mu      sync.Mutex
	keys    []jose.SigningKey
	codes   map[string]url.Values // the requests that they answer
	subject string
	now     func() time.Time
	spoil   func(claims map[string]any)
	sign    func(payload []byte) string
	lax     bool
}

// Start serves a provider that signs in as a subject.
func Start(t testing.TB, subject string, now func() time.Time) *Provider {
	t.Helper()
	p := &Provider{t: t, codes: map[string]url.Values{}, subject: subject, now: now}
	p.Rotate()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.describe)
	mux.HandleFunc("GET /keys", p.publish)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// As makes the next sign-ins those of another subject.
func (p *Provider) As(subject string) { p.with(func() { p.subject = subject }) }

// Spoil changes the claims of the tokens that follow; nil: none.
func (p *Provider) Spoil(change func(claims map[string]any)) { p.with(func() { p.spoil = change }) }

// Sign signs the tokens that follow in another way; nil: as it should.
func (p *Provider) Sign(sign func(payload []byte) string) { p.with(func() { p.sign = sign }) }

// Lax takes a code more than once, as no provider should.
func (p *Provider) Lax() { p.with(func() { p.lax = true }) }

// Rotate signs with a new key, and no longer shows the old one.
func (p *Provider) Rotate() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	p.with(func() {
		id := "key-" + rand.Text()
		p.keys = []jose.SigningKey{{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: id, Algorithm: "ES256", Use: "sig"}}}
	})
}

func (p *Provider) with(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
}

func (p *Provider) describe(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"ES256", "none", "HS256"}, "response_types_supported": []string{"code"},
		"subject_types_supported": []string{"public"},
	})
}

func (p *Provider) publish(w http.ResponseWriter, _ *http.Request) {
	var set jose.JSONWebKeySet
	p.with(func() {
		for _, k := range p.keys {
			key, _ := k.Key.(jose.JSONWebKey)
			set.Keys = append(set.Keys, key.Public())
		}
	})
	answer(w, http.StatusOK, set)
}

// authorize gives a code at once.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("scope") != "openid" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.with(func() { p.codes[code] = q })
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
}

// token gives an ID token for a code, once, to whoever has secret and verifier.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	if secret, _ = url.QueryUnescape(secret); id != ClientID || secret != ClientSecret {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	code := r.PostFormValue("code")
	asked, known := p.codes[code]
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !known || r.PostFormValue("redirect_uri") != asked.Get("redirect_uri") || base64.RawURLEncoding.EncodeToString(sum[:]) != asked.Get("code_challenge") {
		answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "no such code"})
		return
	}
	if !p.lax {
		delete(p.codes, code)
	}
	now := p.now()
	claims := map[string]any{
		"iss": p.URL, "aud": ClientID, "sub": p.subject, "nonce": asked.Get("nonce"), "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	}
	if p.spoil != nil {
		p.spoil(claims)
	}
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	payload, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	sign := p.sign
	if sign == nil {
		sign = func(payload []byte) string { return Signed(p.t, p.keys[len(p.keys)-1], payload) }
	}
	answer(w, http.StatusOK, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": sign(payload)})
}

// Signed is a token in its compact form.
func Signed(t testing.TB, key jose.SigningKey, payload []byte) string {
	signer, err := jose.NewSigner(key, nil)
	if err != nil {
		t.Error(err)
		return ""
	}
	object, err := signer.Sign(payload)
	if err != nil {
		t.Error(err)
		return ""
	}
	text, err := object.CompactSerialize()
	if err != nil {
		t.Error(err)
	}
	return text
}

// Unsigned is a token that claims to need no signature.
func Unsigned(payload []byte) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"none"}`)) + "." + encode(payload) + "."
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever went away needs none
}

// Visit signs in at an address that the service named and returns the query with which the
// browser is sent back.
func (p *Provider) Visit(uri string) url.Values {
	p.t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, uri, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	back, err := res.Location()
	if err != nil || !slices.Contains([]int{http.StatusFound, http.StatusSeeOther}, res.StatusCode) {
		p.t.Fatalf("the provider answered %d, %v", res.StatusCode, err)
	}
	return back.Query()
}
