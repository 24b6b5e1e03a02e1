package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/password"
	"gongkai/server/signon"
	"gongkai/server/signon/signontest"
	"gongkai/storage"
)

// joined is a desk with an identity provider.
type joined struct {
	*desk
	idp *signontest.Provider
}

// join starts both; one person of wjw, li, is linked to the subject "7".
func join(t *testing.T, change ...func(*signon.Config)) *joined {
	t.Helper()
	j := &joined{}
	j.desk = startDeskBy(t, password.DengBao, func(d *desk) *signon.Provider {
		j.idp = signontest.Start(t, "7", d.now)
		c := signon.Config{
			Issuer: j.idp.URL, ClientID: signontest.ClientID, ClientSecret: signontest.ClientSecret, RedirectURL: "https://gk.example/sign-in/single/back", Now: d.now,
		}
		for _, do := range change {
			do(&c)
		}
		p, err := signon.New(c)
		if err != nil {
			t.Fatal(err)
		}
		return p
	})
	j.tree("wjw", "jyj")
	j.hire("agencies/wjw", "li", pb.Principal_OFFICER)
	j.link("agencies/wjw/principals/li", "7")
	return j
}

func (j *joined) hire(parent, id string, role pb.Principal_Role) string {
	j.t.Helper()
	p, err := j.principals.CreatePrincipal(j.by(j.secret), &pb.CreatePrincipalRequest{Parent: parent, PrincipalId: id, Principal: &pb.Principal{Role: role}})
	if err != nil {
		j.t.Fatal(err)
	}
	return p.GetPrincipal().GetName()
}

func (j *joined) link(name, subject string) {
	j.t.Helper()
	a, err := j.LinkIdentity(j.by(j.secret), &pb.LinkIdentityRequest{Name: name, Subject: subject})
	if err != nil || a.GetIdentitySubject() != subject || a.GetHasPassword() {
		j.t.Fatalf("linking %s: %v, %v", name, a, err)
	}
}

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// begin signs in at the provider, and returns what finishes it here.
func (j *joined) begin() *pb.FinishSingleSignOnRequest {
	j.t.Helper()
	r := &pb.FinishSingleSignOnRequest{CodeVerifier: rand.Text() + rand.Text(), Nonce: rand.Text() + rand.Text()}
	state := rand.Text() + rand.Text()
	b, err := j.BeginSingleSignOn(j.by(""), &pb.BeginSingleSignOnRequest{State: state, Nonce: r.GetNonce(), CodeChallenge: challenge(r.GetCodeVerifier())})
	if err != nil {
		j.t.Fatal(err)
	}
	q := j.idp.Visit(b.GetAuthorizationUri())
	if q.Get("state") != state {
		j.t.Errorf("state %q came back as %q", state, q.Get("state"))
	}
	r.Code = q.Get("code")
	return r
}

// TestSingleSignOn: who is linked signs in, as listed and ended as others are; who is
// removed, or no longer linked, does not.
func TestSingleSignOn(t *testing.T) {
	j := join(t)
	in, err := j.FinishSingleSignOn(j.by(""), j.begin())
	if err != nil {
		t.Fatal(err)
	}
	if got := in.GetAccount(); got.GetPrincipal() != "agencies/wjw/principals/li" || len(got.GetPendingSteps()) > 0 || !strings.HasPrefix(in.GetToken(), "gs_") {
		t.Errorf("signed in as %v", got)
	}
	wantReason(t, "its token", j.calls(in.GetToken()), none)
	list, err := j.ListSignIns(j.by(in.GetToken()), &pb.ListSignInsRequest{})
	if err != nil || len(list.GetSignIns()) != 1 || list.GetSignIns()[0].GetAddress() != atWork {
		t.Errorf("listed are %v, %v", list, err)
	}
	j.pass(30 * time.Minute)
	wantReason(t, "after half an hour without a call", j.calls(in.GetToken()), pb.Reason_TOKEN_INVALID)

	j.link("agencies/wjw/principals/li", "8")
	_, err = j.FinishSingleSignOn(j.by(""), j.begin())
	wantReason(t, "no longer linked", err, pb.Reason_IDENTITY_UNKNOWN)
	if !strings.Contains(err.Error(), `"7"`) || !strings.Contains(err.Error(), "administrator") {
		t.Errorf("the refusal does not say what to do: %v", err)
	}
	j.idp.As("8")
	in, err = j.FinishSingleSignOn(j.by(""), j.begin())
	wantReason(t, "linked anew", err, none)
	other := j.hire("agencies/jyj", "li", pb.Principal_OFFICER)
	_, err = j.LinkIdentity(j.by(j.secret), &pb.LinkIdentityRequest{Name: other, Subject: "8"})
	wantReason(t, "the identity of another", err, pb.Reason_IDENTITY_TAKEN)
	if _, err := j.principals.DeletePrincipal(j.by(j.secret), &pb.DeletePrincipalRequest{Name: "agencies/wjw/principals/li"}); err != nil {
		t.Fatal(err)
	}
	wantReason(t, "the sign-in of a removed one", j.calls(in.GetToken()), pb.Reason_TOKEN_INVALID)
	_, err = j.FinishSingleSignOn(j.by(""), j.begin())
	wantReason(t, "a removed one", err, pb.Reason_IDENTITY_UNKNOWN)
	j.link(other, "8") // the person works there now
	in, err = j.FinishSingleSignOn(j.by(""), j.begin())
	if err != nil || in.GetAccount().GetPrincipal() != other {
		t.Errorf("signed in as %v, %v", in, err)
	}
	if got := j.acts("", "refused/AccountService/FinishSingleSignOn")["sign_in_refuse"]; got != 2 {
		t.Errorf("%d refusals are on record, want 2", got)
	}
	wantClean(t, j.desk)
}

// TestSingleSignOnRefuses has the provider answer in every way that must not be taken.
func TestSingleSignOnRefuses(t *testing.T) {
	j := join(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, value any) func(map[string]any) {
		return func(c map[string]any) { c[name] = value }
	}
	for i, tt := range []struct {
		name  string
		spoil func(map[string]any)
		sign  func([]byte) string
		want  pb.Reason
	}{
		{"as it should be", nil, nil, none},
		{"for another client", set("aud", "other"), nil, pb.Reason_SINGLE_SIGN_ON_REFUSED},
		{"for two clients, issued to the other", func(c map[string]any) { c["aud"], c["azp"] = []string{signontest.ClientID, "other"}, "other" }, nil, pb.Reason_SINGLE_SIGN_ON_REFUSED},
		{"for two clients, issued to nobody", set("aud", []string{signontest.ClientID, "other"}), nil, pb.Reason_SINGLE_SIGN_ON_REFUSED},
		{"for two clients, issued to us", func(c map[string]any) {
			c["aud"], c["azp"] = []string{signontest.ClientID, "other"}, signontest.ClientID
		}, nil, none},
		{"another issuer", set("iss", "https://other.example"), nil, pb.Reason_SINGLE_SIGN_ON_REFUSED},
		{"another nonce", set("nonce", "other"), nil, pb.Reason_SINGLE_SIGN_ON_REFUSED},
		{"no nonce", set("nonce", nil), nil, pb.Reason_SINGLE_SIGN_ON_REFUSED},
		{"expired", set("exp", j.now().Add(-time.Second).Unix()), nil, pb.Reason_SINGLE_SIGN_ON_REFUSED},
		{"issued long ago", set("iat", j.now().Add(-time.Hour).Unix()), nil, pb.Reason_SINGLE_SIGN_ON_REFUSED},
		{"issued later", set("iat", j.now().Add(time.Hour).Unix()), nil, pb.Reason_SINGLE_SIGN_ON_REFUSED},
		{"nobody", set("sub", nil), nil, pb.Reason_SINGLE_SIGN_ON_REFUSED},
		{"a number for a name", set("sub", 7), nil, pb.Reason_SINGLE_SIGN_ON_REFUSED},
		{"unsigned", nil, signontest.Unsigned, pb.Reason_SINGLE_SIGN_ON_REFUSED},
		{"signed by the client's secret", nil, func(b []byte) string {
			return signontest.Signed(t, jose.SigningKey{Algorithm: jose.HS256, Key: []byte(strings.Repeat(signontest.ClientSecret, 2))}, b)
		}, pb.Reason_SINGLE_SIGN_ON_REFUSED},
		{"signed by a stranger", nil, func(b []byte) string {
			return signontest.Signed(t, jose.SigningKey{Algorithm: jose.ES256, Key: key}, b)
		}, pb.Reason_SINGLE_SIGN_ON_REFUSED},
		{"no token", nil, func([]byte) string { return "" }, pb.Reason_SINGLE_SIGN_ON_REFUSED},
		{"as it should be again", nil, nil, none},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j.idp.Spoil(tt.spoil)
			j.idp.Sign(tt.sign)
			before := j.acts("", "refused/AccountService/FinishSingleSignOn")["sign_in_refuse"]
			_, err := j.FinishSingleSignOn(j.from(fmt.Sprintf("198.51.100.%d", i), ""), j.begin())
			wantReason(t, "answer", err, tt.want)
			after := j.acts("", "refused/AccountService/FinishSingleSignOn")["sign_in_refuse"]
			if (after > before) != (tt.want != none) {
				t.Errorf("%d refusals are on record after %d", after, before)
			}
		})
	}
}

// TestSingleSignOnIsBound: a code that leaked is of use to nobody, and nothing is taken twice.
func TestSingleSignOnIsBound(t *testing.T) {
	j := join(t)
	at := 0
	finish := func(r *pb.FinishSingleSignOnRequest) error {
		at++
		_, err := j.FinishSingleSignOn(j.from(fmt.Sprintf("198.51.100.%d", at), ""), r)
		return err
	}
	r := j.begin()
	stolen := &pb.FinishSingleSignOnRequest{Code: r.GetCode(), CodeVerifier: rand.Text() + rand.Text(), Nonce: r.GetNonce()}
	wantReason(t, "a code without its verifier", finish(stolen), pb.Reason_SINGLE_SIGN_ON_REFUSED)
	r = j.begin()
	stolen = &pb.FinishSingleSignOnRequest{Code: r.GetCode(), CodeVerifier: r.GetCodeVerifier(), Nonce: rand.Text() + rand.Text()}
	wantReason(t, "a code without its nonce", finish(stolen), pb.Reason_SINGLE_SIGN_ON_REFUSED)
	wantReason(t, "a code of nobody's", finish(&pb.FinishSingleSignOnRequest{Code: "x", CodeVerifier: r.GetCodeVerifier(), Nonce: r.GetNonce()}), pb.Reason_SINGLE_SIGN_ON_REFUSED)
	for _, bad := range []*pb.FinishSingleSignOnRequest{
		{CodeVerifier: r.GetCodeVerifier(), Nonce: r.GetNonce()}, {Code: "x", Nonce: r.GetNonce()}, {Code: "x", CodeVerifier: r.GetCodeVerifier()},
	} {
		wantReason(t, "something left out", finish(bad), pb.Reason_FIELD_INVALID)
	}
	r = j.begin()
	wantReason(t, "a code", finish(r), none)
	wantReason(t, "the code again", finish(r), pb.Reason_SINGLE_SIGN_ON_REFUSED)
	j.idp.Lax()
	r = j.begin()
	wantReason(t, "a code of a lax provider", finish(r), none)
	wantReason(t, "the code of a lax provider again", finish(r), pb.Reason_SINGLE_SIGN_ON_REFUSED)

	for range 5 {
		_, err := j.FinishSingleSignOn(j.from("203.0.113.5", ""), &pb.FinishSingleSignOnRequest{Code: "x", CodeVerifier: r.GetCodeVerifier(), Nonce: r.GetNonce()})
		wantReason(t, "a guess", err, pb.Reason_SINGLE_SIGN_ON_REFUSED)
	}
	_, err := j.FinishSingleSignOn(j.from("203.0.113.5", ""), j.begin())
	wantReason(t, "after five guesses", err, pb.Reason_SOURCE_LOCKED)
}

// TestSingleSignOnRotatesAndFails: new keys are fetched; a provider that is gone is said to
// be, and passwords go on.
func TestSingleSignOnRotatesAndFails(t *testing.T) {
	j := join(t)
	for range 3 {
		_, err := j.FinishSingleSignOn(j.by(""), j.begin())
		wantReason(t, "by the key of the day", err, none)
		j.idp.Rotate()
	}
	j.officer("wjw", "sun")
	r := j.begin()
	j.idp.Close()
	_, err := j.FinishSingleSignOn(j.by(""), r)
	wantReason(t, "the provider is gone", err, pb.Reason_SINGLE_SIGN_ON_DOWN)
	j.enter("wjw/sun", good, "")

	down := startDeskBy(t, password.DengBao, func(d *desk) *signon.Provider {
		p, err := signon.New(signon.Config{Issuer: j.idp.URL, ClientID: "x", ClientSecret: "x", RedirectURL: j.idp.URL, Now: d.now})
		if err != nil {
			t.Fatal(err)
		}
		return p
	})
	v := strings.Repeat("a", 43)
	_, err = down.BeginSingleSignOn(down.by(""), &pb.BeginSingleSignOnRequest{State: v, Nonce: v, CodeChallenge: v})
	wantReason(t, "the provider was never there", err, pb.Reason_SINGLE_SIGN_ON_DOWN)
	off := startDesk(t, password.DengBao)
	_, err = off.BeginSingleSignOn(off.by(""), &pb.BeginSingleSignOnRequest{State: v, Nonce: v, CodeChallenge: v})
	wantReason(t, "none is configured", err, pb.Reason_SINGLE_SIGN_ON_OFF)
}

// TestSingleSignOnOfAdministrators: one factor is not enough for them, whoever vouches for it.
func TestSingleSignOnOfAdministrators(t *testing.T) {
	j := join(t, func(c *signon.Config) { c.Factors = []string{"mfa", "urn:two"} })
	j.hire("", "zhao", pb.Principal_ADMINISTRATOR)
	j.link("principals/zhao", "9")
	j.idp.As("9")
	use := func(token string) error {
		_, err := j.principals.ListPrincipals(j.by(token), &pb.ListPrincipalsRequest{})
		return err
	}
	first, err := j.FinishSingleSignOn(j.by(""), j.begin())
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, "no device", use(first.GetToken()), pb.Reason_ENROLMENT_REQUIRED)
	secret, recovery := j.enrol(first.GetToken())
	wantReason(t, "the device was shown", use(first.GetToken()), none)

	second, err := j.FinishSingleSignOn(j.by(""), j.begin())
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, "one factor", use(second.GetToken()), pb.Reason_SECOND_FACTOR_REQUIRED)
	verify := func(code string) error {
		_, err := j.VerifyOneTimeCode(j.by(second.GetToken()), &pb.VerifyOneTimeCodeRequest{OneTimeCode: code})
		return err
	}
	wantReason(t, "the code that was taken", verify(j.code(secret)), pb.Reason_FIELD_INVALID)
	wantReason(t, "after a wrong code", use(second.GetToken()), pb.Reason_SECOND_FACTOR_REQUIRED)
	j.pass(30 * time.Second)
	wantReason(t, "the next code", verify(j.code(secret)), none)
	wantReason(t, "two factors", use(second.GetToken()), none)

	third, err := j.FinishSingleSignOn(j.by(""), j.begin())
	if err != nil {
		t.Fatal(err)
	}
	second = third
	wantReason(t, "a recovery code", verify(recovery[0]), none)
	wantReason(t, "by a recovery code", use(third.GetToken()), none)
	third, err = j.FinishSingleSignOn(j.by(""), j.begin())
	if err != nil {
		t.Fatal(err)
	}
	second = third
	for range 5 {
		wantReason(t, "a guess", verify("000000"), pb.Reason_FIELD_INVALID)
	}
	j.pass(30 * time.Second)
	wantReason(t, "the right one after five guesses", verify(j.code(secret)), pb.Reason_FIELD_INVALID)

	for name, value := range map[string]any{"acr": "urn:two", "amr": []string{"pwd", "mfa"}} {
		j.idp.Spoil(func(c map[string]any) { c[name] = value })
		in, err := j.FinishSingleSignOn(j.by(""), j.begin())
		if err != nil {
			t.Fatal(err)
		}
		wantReason(t, "vouched for by "+name, use(in.GetToken()), none)
	}
	j.idp.Spoil(func(c map[string]any) { c["acr"], c["amr"] = "urn:one", []string{"pwd"} })
	in, err := j.FinishSingleSignOn(j.by(""), j.begin())
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, "vouched for one", use(in.GetToken()), pb.Reason_SECOND_FACTOR_REQUIRED)
	wantClean(t, j.desk)
}

// TestLinkIdentity: nobody links himself, and the link stands in the history.
func TestLinkIdentity(t *testing.T) {
	j := join(t)
	officer, err := j.FinishSingleSignOn(j.by(""), j.begin())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, token string
		req         *pb.LinkIdentityRequest
		want        pb.Reason
	}{
		{"an officer", officer.GetToken(), &pb.LinkIdentityRequest{Name: "agencies/wjw/principals/li", Subject: "x"}, pb.Reason_ROLE_NOT_ALLOWED},
		{"oneself", j.secret, &pb.LinkIdentityRequest{Name: "principals/admin", Subject: "x"}, pb.Reason_ROLE_NOT_ALLOWED},
		{"nobody", j.secret, &pb.LinkIdentityRequest{Name: "agencies/wjw/principals/x", Subject: "x"}, pb.Reason_RESOURCE_NOT_FOUND},
		{"too long", j.secret, &pb.LinkIdentityRequest{Name: "agencies/wjw/principals/li", Subject: strings.Repeat("汉", 256)}, pb.Reason_FIELD_INVALID},
		{"what cannot be seen", j.secret, &pb.LinkIdentityRequest{Name: "agencies/wjw/principals/li", Subject: "a\nb"}, pb.Reason_FIELD_INVALID},
	} {
		_, err := j.LinkIdentity(j.by(tt.token), tt.req)
		wantReason(t, tt.name, err, tt.want)
	}
	req := &pb.LinkIdentityRequest{Name: "agencies/wjw/principals/li", Subject: "张三·𠮷", RequestId: uuid.NewString()}
	for range 2 {
		if _, err := j.LinkIdentity(j.by(j.secret), req); err != nil {
			t.Fatal(err)
		}
	}
	wantReason(t, "the sign-in before it", j.calls(officer.GetToken()), pb.Reason_TOKEN_INVALID)
	j.link("agencies/wjw/principals/li", "")
	if got := j.acts("wjw", "credential/li"); got["link_identity"] != 2 || got["unlink_identity"] != 1 {
		t.Errorf("acts: %v", got)
	}
	var words []string
	err = j.store.View(t.Context(), func(r storage.Reader) error {
		list, err := r.Events("wjw", "credential/li")
		for _, e := range list {
			var w struct{ Subject string }
			if e.Personal != nil && json.Unmarshal(e.Personal, &w) == nil {
				words = append(words, w.Subject)
			}
		}
		return err
	})
	if err != nil || strings.Join(words, " ") != "7 张三·𠮷" {
		t.Errorf("on record are %q, %v", words, err)
	}
	wantClean(t, j.desk)
}

// TestExchangeToken: a browser gets a sign-in for a token, which ends by itself; the token
// goes on.
func TestExchangeToken(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	p, err := d.principals.CreatePrincipal(d.by(d.secret), &pb.CreatePrincipalRequest{Parent: "agencies/wjw", PrincipalId: "li", Principal: &pb.Principal{Role: pb.Principal_OFFICER}})
	if err != nil {
		t.Fatal(err)
	}
	exchange := func(token string) (string, error) {
		r, err := d.ExchangeToken(d.by(token), &pb.ExchangeTokenRequest{})
		return r.GetToken(), err
	}
	idle, err := exchange(p.GetToken())
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, "the sign-in", d.calls(idle), none)
	_, err = exchange(idle)
	wantReason(t, "a sign-in for a sign-in", err, pb.Reason_SIGNED_IN_ALREADY)
	_, err = exchange("gk_x")
	wantReason(t, "for nothing", err, pb.Reason_TOKEN_INVALID)
	d.pass(30 * time.Minute)
	wantReason(t, "half an hour idle", d.calls(idle), pb.Reason_TOKEN_INVALID)
	wantReason(t, "the token", d.calls(p.GetToken()), none)
	last, err := exchange(p.GetToken())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.principals.DeletePrincipal(d.by(d.secret), &pb.DeletePrincipalRequest{Name: "agencies/wjw/principals/li"}); err != nil {
		t.Fatal(err)
	}
	wantReason(t, "of a removed one", d.calls(last), pb.Reason_TOKEN_INVALID)
	wantClean(t, d)
}
