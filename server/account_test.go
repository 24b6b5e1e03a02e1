package server_test

import (
	"encoding/base32"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/password"
	"gongkai/storage"
)

func secretOf(t testing.TB, text string) []byte {
	t.Helper()
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// TestSetUp attacks the first start: the secret works once, leaves one account, and lets
// nobody do anything before the second factor.
func TestSetUp(t *testing.T) {
	d := startDesk(t, password.DengBao)
	request := &pb.SetUpRequest{Role: pb.Principal_ADMINISTRATOR, Secret: d.secret, PrincipalId: "zhao", Password: good, RequestId: uuid.NewString()}
	for _, tt := range []struct {
		name   string
		change func(*pb.SetUpRequest)
		want   pb.Reason
	}{
		{"another secret", func(r *pb.SetUpRequest) { r.Secret = "gk_AAAAAAAAAAAAAAAAAAAAAAAAAA" }, pb.Reason_SET_UP_OVER},
		{"no secret", func(r *pb.SetUpRequest) { r.Secret = "" }, pb.Reason_FIELD_INVALID},
		{"a shared name", func(r *pb.SetUpRequest) { r.PrincipalId = "admin" }, pb.Reason_FIELD_INVALID},
		{"a weak password", func(r *pb.SetUpRequest) { r.Password = "Admin@123" }, pb.Reason_PASSWORD_WEAK},
		{"a password with the name", func(r *pb.SetUpRequest) { r.Password = "Tq7#zhao-01" }, pb.Reason_PASSWORD_WEAK},
	} {
		r, _ := proto.Clone(request).(*pb.SetUpRequest)
		r.RequestId = ""
		tt.change(r)
		_, err := d.SetUp(d.by(""), r)
		wantReason(t, tt.name, err, tt.want)
	}
	made, err := d.SetUp(d.by(""), request)
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.SetUp(d.by(""), request)
	if diff := cmp.Diff(made, again, protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("sent again (-first +second), %v:\n%s", err, diff)
	}
	other, _ := proto.Clone(request).(*pb.SetUpRequest)
	other.Password = good + "x"
	_, err = d.SetUp(d.by(""), other)
	wantReason(t, "the request with another password", err, pb.Reason_REQUEST_ID_REUSED)
	_, err = d.SetUp(d.by(""), &pb.SetUpRequest{Role: pb.Principal_ADMINISTRATOR, Secret: d.secret, PrincipalId: "qian", Password: good})
	wantReason(t, "the secret again", err, pb.Reason_SET_UP_OVER)
	wantReason(t, "the secret as a token", d.calls(d.secret), pb.Reason_TOKEN_INVALID)

	token := d.enter("zhao", good, "")
	_, err = d.principals.ListPrincipals(d.by(token), &pb.ListPrincipalsRequest{})
	wantReason(t, "without a second factor", err, pb.Reason_ENROLMENT_REQUIRED)
	d.enrol(token)
	list, err := d.principals.ListPrincipals(d.by(token), &pb.ListPrincipalsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list.GetPrincipals() {
		if !p.GetRemoved() && p.GetName() != "principals/zhao" {
			t.Errorf("%s may still call", p.GetName())
		}
	}
}

// TestSetUpIsGuarded: an address has five guesses at the secret.
func TestSetUpIsGuarded(t *testing.T) {
	d := startDesk(t, password.DengBao)
	for i := range 5 {
		_, err := d.SetUp(d.from("198.51.100.7", ""), &pb.SetUpRequest{Role: pb.Principal_ADMINISTRATOR, Secret: fmt.Sprint("gk_", i), PrincipalId: "zhao", Password: good})
		wantReason(t, "a guess", err, pb.Reason_SET_UP_OVER)
	}
	_, err := d.SetUp(d.from("198.51.100.7", ""), &pb.SetUpRequest{Role: pb.Principal_ADMINISTRATOR, Secret: d.secret, PrincipalId: "zhao", Password: good})
	wantReason(t, "the secret after five guesses", err, pb.Reason_SET_UP_OVER)
	_, err = d.SetUp(d.by(""), &pb.SetUpRequest{Role: pb.Principal_ADMINISTRATOR, Secret: d.secret, PrincipalId: "zhao", Password: good})
	wantReason(t, "from elsewhere", err, none)
}

// TestSignInIsNoOracle compares the answer to every way of failing, to the byte, with the
// hashes computed and the events recorded for it.
func TestSignInIsNoOracle(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	d.officer("wjw", "li")
	d.officer("wjw", "sun")
	d.officer("wjw", "locked")
	coded := d.officer("wjw", "coded")
	d.enrol(d.enter(coded, good, ""))
	expired, given := d.person("agencies/wjw", "expired", pb.Principal_OFFICER)
	bare, err := d.principals.CreatePrincipal(d.by(d.secret), &pb.CreatePrincipalRequest{
		Parent: "agencies/wjw", PrincipalId: "bare", Principal: &pb.Principal{Role: pb.Principal_OFFICER},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.principals.DeletePrincipal(d.by(d.secret), &pb.DeletePrincipalRequest{Name: "agencies/wjw/principals/sun"}); err != nil {
		t.Fatal(err)
	}
	d.pass(73 * time.Hour)
	for i := range 5 {
		_, _ = d.SignIn(d.from(fmt.Sprintf("198.51.100.%d", i), ""), &pb.SignInRequest{Account: "wjw/locked", Password: "wrong"})
	}
	var first error
	for i, tt := range []struct{ name, account, password, code string }{
		{"no such agency", "nowhere/li", good, ""},
		{"no such principal", "wjw/nobody", good, ""},
		{"none of the installation", "nobody", good, ""},
		{"removed", "wjw/sun", good, ""},
		{"without a password", bare.GetPrincipal().GetName(), good, ""},
		{"a wrong password", "wjw/li", "wrong", ""},
		{"another case", "wjw/li", strings.ToLower(good), ""},
		{"locked, the right password", "wjw/locked", good, ""},
		{"locked, a wrong one", "wjw/locked", "wrong", ""},
		{"a wrong code", coded, good, "000000"},
		{"a wrong password and no code", coded, "wrong", ""},
		{"one-time, too late", expired, given, ""},
	} {
		before, recorded := d.hasher.Calls(), d.events()
		_, err := d.SignIn(d.from(fmt.Sprintf("203.0.113.%d", i), ""), &pb.SignInRequest{Account: tt.account, Password: tt.password, OneTimeCode: tt.code})
		if first == nil {
			wantReason(t, tt.name, err, pb.Reason_SIGN_IN_REFUSED)
			first = err
		}
		if diff := cmp.Diff(status.Convert(first).Proto(), status.Convert(err).Proto(), protocmp.Transform()); diff != "" {
			t.Errorf("%s is answered otherwise:\n%s", tt.name, diff)
		}
		if n := d.hasher.Calls() - before; n != 1 {
			t.Errorf("%s takes %d hashes", tt.name, n)
		}
		if n := d.events() - recorded; n != 1 {
			t.Errorf("%s makes %d events", tt.name, n)
		}
	}
}

// events counts all events of the register.
func (d *desk) events() (n int64) {
	d.t.Helper()
	err := d.store.View(d.t.Context(), func(r storage.Reader) error {
		heads, err := r.Heads()
		for _, h := range heads {
			n += h.Events
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

func TestAccountLock(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	d.officer("wjw", "li")
	d.enter("wjw/li", good, "") // known at the office from here on
	try := func(password string) error {
		_, err := d.SignIn(d.by(""), &pb.SignInRequest{Account: "wjw/li", Password: password})
		return err
	}
	for range 4 {
		wantReason(t, "a guess", try("wrong"), pb.Reason_SIGN_IN_REFUSED)
	}
	wantReason(t, "after four failures", try(good), none)
	for range 5 {
		wantReason(t, "a guess", try("wrong"), pb.Reason_SIGN_IN_REFUSED)
	}
	wantReason(t, "after five failures", try(good), pb.Reason_SIGN_IN_REFUSED)
	a, err := d.GetAccount(d.by(d.secret), &pb.GetAccountRequest{Name: "agencies/wjw/principals/li"})
	if err != nil || a.GetLockExpireTime().AsTime() != d.now().Add(30*time.Minute) {
		t.Errorf("%v, %v", a, err)
	}
	d.pass(30*time.Minute - time.Second)
	wantReason(t, "a second before the end", try(good), pb.Reason_SIGN_IN_REFUSED)
	d.pass(time.Second)
	wantReason(t, "after half an hour", try(good), none)
	if n := d.acts("wjw", "principal/li")["lock_account"]; n != 1 {
		t.Errorf("%d locks are recorded", n)
	}
	if n := d.acts("wjw", "principal/li")["sign_in_refuse"]; n != 11 {
		t.Errorf("%d refusals are recorded", n)
	}
}

// TestParallelGuesses: of many guesses at once five count; the right password among those
// after them is refused.
func TestParallelGuesses(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	d.officer("wjw", "li")
	var wg sync.WaitGroup
	for i := range 15 { // fewer than wait at a time
		wg.Go(func() {
			_, err := d.SignIn(d.from(fmt.Sprintf("198.51.100.%d", i), ""), &pb.SignInRequest{Account: "wjw/li", Password: "wrong"})
			if r := reasonOf(err); r != "SIGN_IN_REFUSED" {
				t.Errorf("%s", r)
			}
		})
	}
	wg.Wait()
	_, err := d.SignIn(d.by(""), &pb.SignInRequest{Account: "wjw/li", Password: good})
	wantReason(t, "after many guesses at once", err, pb.Reason_SIGN_IN_REFUSED)
	if n := d.acts("wjw", "principal/li")["lock_account"]; n != 1 {
		t.Errorf("%d locks are recorded", n)
	}
}

// TestSourceLock sprays guesses over all staff from one address: five are heard, nobody is
// locked, and those who have worked from there go on.
func TestSourceLock(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	const staff = 12
	for i := range staff {
		d.officer("wjw", fmt.Sprintf("p%02d", i))
	}
	d.enter("wjw/p00", good, "") // works at the office
	guess := func(address, account, password string) error {
		_, err := d.SignIn(d.from(address, ""), &pb.SignInRequest{Account: account, Password: password})
		return err
	}
	heard, before := 0, d.hasher.Calls()
	for i := range 200 {
		switch r := reasonOf(guess(atWork, fmt.Sprintf("wjw/p%02d", 1+i%(staff-1)), "Password1!")); r {
		case "SIGN_IN_REFUSED":
			heard++
		case "SOURCE_LOCKED":
		default:
			t.Fatalf("guess %d: %s", i, r)
		}
	}
	if n := d.hasher.Calls() - before; heard != 5 || n != 5 {
		t.Errorf("%d guesses were heard, %d hashes computed", heard, n)
	}
	wantReason(t, "who has not worked there", guess(atWork, "wjw/p01", good), pb.Reason_SOURCE_LOCKED)
	wantReason(t, "an account that is not there", guess(atWork, "wjw/nobody", good), pb.Reason_SOURCE_LOCKED)
	wantReason(t, "who has worked there", guess(atWork, "wjw/p00", good), none)
	for i := range staff {
		wantReason(t, "all staff from elsewhere", guess("198.51.100.1", fmt.Sprintf("wjw/p%02d", i), good), none)
	}
	d.pass(30 * time.Minute)
	wantReason(t, "after half an hour", guess(atWork, "wjw/p01", good), none)
}

// TestSourceOfIPv6: a machine cannot change its address within its network.
func TestSourceOfIPv6(t *testing.T) {
	d := startDesk(t, password.DengBao)
	for i := range 6 {
		_, err := d.SignIn(d.from(fmt.Sprintf("[2001:db8:1:2::%x]", i), ""), &pb.SignInRequest{Account: "x", Password: "y"})
		want := pb.Reason_SIGN_IN_REFUSED
		if i == 5 {
			want = pb.Reason_SOURCE_LOCKED
		}
		wantReason(t, fmt.Sprint(i), err, want)
	}
	_, err := d.SignIn(d.from("[2001:db8:1:3::1]", ""), &pb.SignInRequest{Account: "x", Password: "y"})
	wantReason(t, "the next network", err, pb.Reason_SIGN_IN_REFUSED)
}

// TestOneTimeCode attacks the second factor.
func TestOneTimeCode(t *testing.T) {
	d := startDesk(t, password.DengBao)
	if _, err := d.SetUp(d.by(""), &pb.SetUpRequest{Role: pb.Principal_ADMINISTRATOR, Secret: d.secret, PrincipalId: "zhao", Password: good}); err != nil {
		t.Fatal(err)
	}
	secret, recovery := d.enrol(d.enter("zhao", good, ""))
	try := func(code string) error {
		_, err := d.SignIn(d.by(""), &pb.SignInRequest{Account: "zhao", Password: good, OneTimeCode: code})
		return err
	}
	wantReason(t, "without the second step", try(""), pb.Reason_ONE_TIME_CODE_REQUIRED)
	wantReason(t, "the code that confirmed the device", try(d.code(secret)), pb.Reason_SIGN_IN_REFUSED)
	d.pass(30 * time.Second)
	code := d.code(secret)
	wantReason(t, "the next code", try(code), none)
	wantReason(t, "the same again", try(code), pb.Reason_SIGN_IN_REFUSED)
	wantReason(t, "a recovery code", try(recovery[0]), none)
	wantReason(t, "the same again", try(recovery[0]), pb.Reason_SIGN_IN_REFUSED)
	wantReason(t, "another as people type it", try(strings.ToLower(strings.ReplaceAll(recovery[1], "-", ""))), none)

	d.pass(time.Minute)
	code = d.code(secret)
	var wg sync.WaitGroup
	var mu sync.Mutex
	admitted := 0
	for range 10 {
		wg.Go(func() {
			if try(code) == nil {
				mu.Lock()
				admitted++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if admitted != 1 {
		t.Errorf("one code admitted %d at once", admitted)
	}
	d.pass(31 * time.Minute)
	a, err := d.GetAccount(d.by(d.enter("zhao", good, d.code(secret))), &pb.GetAccountRequest{})
	if err != nil || a.GetRecoveryCodesLeft() != 8 || !a.GetHasOneTimeCode() || len(a.GetPendingSteps()) != 0 {
		t.Errorf("%v, %v", a, err)
	}
	if got := d.acts("", "credential/zhao"); got["use_recovery_code"] != 2 || got["confirm_one_time_code"] != 1 {
		t.Errorf("recorded: %v", got)
	}
}

// TestEnrolAgain: whoever has taken over a sign-in cannot replace the device.
func TestEnrolAgain(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	d.officer("wjw", "li")
	token := d.enter("wjw/li", good, "")
	secret, recovery := d.enrol(token)
	_, err := d.EnrolOneTimeCode(d.by(token), &pb.EnrolOneTimeCodeRequest{})
	wantReason(t, "without a code", err, pb.Reason_FIELD_INVALID)
	_, err = d.EnrolOneTimeCode(d.by(token), &pb.EnrolOneTimeCodeRequest{OneTimeCode: d.code(secret)})
	wantReason(t, "with a used code", err, pb.Reason_FIELD_INVALID)
	r, err := d.EnrolOneTimeCode(d.by(token), &pb.EnrolOneTimeCodeRequest{OneTimeCode: recovery[0]})
	wantReason(t, "with a recovery code", err, none)
	_, err = d.ConfirmOneTimeCode(d.by(token), &pb.ConfirmOneTimeCodeRequest{OneTimeCode: "000000"})
	wantReason(t, "confirmed by a wrong code", err, pb.Reason_FIELD_INVALID)
	d.pass(time.Minute)
	_, err = d.SignIn(d.by(""), &pb.SignInRequest{Account: "wjw/li", Password: good, OneTimeCode: d.code(secretOf(t, r.GetSecret()))})
	wantReason(t, "a proposed secret", err, pb.Reason_SIGN_IN_REFUSED)
	request := &pb.ConfirmOneTimeCodeRequest{OneTimeCode: d.code(secretOf(t, r.GetSecret())), RequestId: uuid.NewString()}
	for _, what := range []string{"confirmed", "confirmed again"} {
		_, err = d.ConfirmOneTimeCode(d.by(token), request)
		wantReason(t, what, err, none)
	}
	_, err = d.SignIn(d.by(""), &pb.SignInRequest{Account: "wjw/li", Password: good, OneTimeCode: d.code(secret)})
	wantReason(t, "the old device", err, pb.Reason_SIGN_IN_REFUSED)
	_, err = d.SignIn(d.by(""), &pb.SignInRequest{Account: "wjw/li", Password: good, OneTimeCode: recovery[1]})
	wantReason(t, "an old recovery code", err, pb.Reason_SIGN_IN_REFUSED)
	_, err = d.SignIn(d.by(""), &pb.SignInRequest{Account: "wjw/li", Password: good, OneTimeCode: r.GetRecoveryCodes()[0]})
	wantReason(t, "a new recovery code", err, none)
}
