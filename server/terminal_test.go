package server_test

import (
	"net/netip"
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/server/password"
	"gongkai/server/signon"
	"gongkai/server/signon/signontest"
)

// TestTerminals: an administrator signs in and acts from the networks that are set, and from
// this machine; elsewhere he is refused, which stands on record. Others work where they like.
func TestTerminals(t *testing.T) {
	d := startDeskBy(t, password.DengBao, func(d *desk) *signon.Provider {
		d.terminals = server.Terminals{netip.MustParsePrefix("192.0.2.0/28"), netip.MustParsePrefix("2001:db8::/64")}
		return nil
	})
	d.tree("wjw")
	d.officer("wjw", "li")
	name, given := d.person("", "zhao", pb.Principal_ADMINISTRATOR)
	d.choose(name, given, atWork)
	token := d.enter(name, good, "")
	secret, _ := d.enrol(token)
	acts := func(address string) error {
		_, err := d.principals.ListPrincipals(d.from(address, token), &pb.ListPrincipalsRequest{})
		return err
	}
	for address, want := range map[string]pb.Reason{
		"192.0.2.15": none, "192.0.2.16": pb.Reason_TERMINAL_NOT_ALLOWED, "203.0.113.9": pb.Reason_TERMINAL_NOT_ALLOWED,
		"127.0.0.1": none, "[::1]": none, "[::ffff:192.0.2.3]": none, "[2001:db8::9]": none, "[2001:db8:0:1::9]": pb.Reason_TERMINAL_NOT_ALLOWED,
		"nowhere": pb.Reason_TERMINAL_NOT_ALLOWED, "": pb.Reason_TERMINAL_NOT_ALLOWED,
	} {
		wantReason(t, "from "+address, acts(address), want)
	}
	if got := d.acts("", "refused/PrincipalService/ListPrincipals")["refuse"]; got != 5 {
		t.Errorf("%d refusals are on record, want 5", got)
	}
	_, err := d.ExchangeToken(d.from("203.0.113.9", d.secret), &pb.ExchangeTokenRequest{})
	wantReason(t, "a token from elsewhere", err, pb.Reason_TERMINAL_NOT_ALLOWED)
	_, err = d.SetUp(d.from("203.0.113.9", ""), &pb.SetUpRequest{Role: pb.Principal_ADMINISTRATOR, Secret: d.secret, PrincipalId: "qian", Password: good})
	wantReason(t, "setting up from elsewhere", err, pb.Reason_TERMINAL_NOT_ALLOWED)

	d.pass(60e9)
	_, err = d.SignIn(d.from("203.0.113.9", ""), &pb.SignInRequest{Account: "zhao", Password: good, OneTimeCode: d.code(secret)})
	wantReason(t, "signing in from elsewhere", err, pb.Reason_TERMINAL_NOT_ALLOWED)
	_, err = d.SignIn(d.from("203.0.113.9", ""), &pb.SignInRequest{Account: "zhao", Password: "wrong"})
	wantReason(t, "a guess from elsewhere", err, pb.Reason_SIGN_IN_REFUSED)
	if got := d.acts("", "principal/zhao")["sign_in_refuse"]; got != 2 {
		t.Errorf("%d refusals to sign in are on record, want 2", got)
	}
	_, err = d.SignIn(d.from("203.0.113.9", ""), &pb.SignInRequest{Account: "wjw/li", Password: good})
	wantReason(t, "an officer from elsewhere", err, none)
	wantClean(t, d)
}

// TestTerminalsOfSingleSignOn: whoever vouches for an administrator, the network counts.
func TestTerminalsOfSingleSignOn(t *testing.T) {
	j := &joined{}
	j.desk = startDeskBy(t, password.DengBao, func(d *desk) *signon.Provider {
		d.terminals = server.Terminals{netip.MustParsePrefix("192.0.2.0/28")}
		j.idp = signontest.Start(t, "9", d.now)
		p, err := signon.New(signon.Config{
			Issuer: j.idp.URL, ClientID: signontest.ClientID, ClientSecret: signontest.ClientSecret, RedirectURL: j.idp.URL + "/back", Now: d.now,
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	})
	j.hire("", "zhao", pb.Principal_ADMINISTRATOR)
	j.link("principals/zhao", "9")
	_, err := j.FinishSingleSignOn(j.from("203.0.113.9", ""), j.begin())
	wantReason(t, "from elsewhere", err, pb.Reason_TERMINAL_NOT_ALLOWED)
	if got := j.acts("", "principal/zhao"); got["sign_in_refuse"] != 1 || got["sign_in"] != 0 {
		t.Errorf("on record are %v", got)
	}
	_, err = j.FinishSingleSignOn(j.by(""), j.begin())
	wantReason(t, "from there", err, none)
}
