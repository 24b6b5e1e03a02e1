package server_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/password"
)

// TestPendingMayDoNothing calls every method of the API with a sign-in that has still to
// change its password, and with one that has to enrol.
func TestPendingMayDoNothing(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	officer, given := d.person("agencies/wjw", "li", pb.Principal_OFFICER)
	boss, first := d.person("agencies/wjw", "boss", pb.Principal_ADMINISTRATOR)
	d.choose(boss, first, atWork)
	open := map[string]bool{
		pb.AccountService_SetUp_FullMethodName: true, pb.AccountService_SignIn_FullMethodName: true, pb.AccountService_SignOut_FullMethodName: true,
		pb.AccountService_GetAccount_FullMethodName: true, pb.AccountService_ChangePassword_FullMethodName: true,
		pb.AccountService_EnrolOneTimeCode_FullMethodName: true, pb.AccountService_ConfirmOneTimeCode_FullMethodName: true,
		pb.AccountService_VerifyOneTimeCode_FullMethodName: true, pb.AccountService_BeginSingleSignOn_FullMethodName: true,
		pb.AccountService_FinishSingleSignOn_FullMethodName: true, pb.PrincipalService_GetPrincipal_FullMethodName: true,
	}
	for token, want := range map[string]pb.Reason{
		d.enter(officer, given, ""): pb.Reason_PASSWORD_CHANGE_REQUIRED,
		d.enter(boss, good, ""):     pb.Reason_ENROLMENT_REQUIRED,
	} {
		for name, m := range methods() {
			if open[name] {
				continue
			}
			wantReason(t, name, invoke(d.by(token), d.conn, name, m, requestFor(m, "wjw")), want)
		}
		_, err := d.principals.GetPrincipal(d.by(token), &pb.GetPrincipalRequest{Name: officer + "x"})
		wantReason(t, "another principal", err, want)
		_, err = d.GetAccount(d.by(token), &pb.GetAccountRequest{Name: officer + "x"})
		wantReason(t, "another account", err, want)
		wantReason(t, "itself", d.calls(token), none)
	}
	if n := len(methods()); n <= len(open) {
		t.Errorf("%d methods", n)
	}
}

// TestSignInEnds ends sign-ins in every way and uses their tokens afterwards.
func TestSignInEnds(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	for i, tt := range []struct {
		name string
		end  func(name, token string) error
	}{
		{"signed out", func(_, token string) error {
			_, err := d.SignOut(d.by(token), &pb.SignOutRequest{})
			return err
		}},
		{"30 minutes without a call", func(string, string) error { d.pass(30 * time.Minute); return nil }},
		{"12 hours with calls", func(_, token string) error {
			for range 12*4 - 1 {
				d.pass(15 * time.Minute)
				if err := d.calls(token); err != nil {
					return err
				}
				d.awaitSeen(token)
			}
			d.pass(15 * time.Minute)
			return nil
		}},
		{"principal removed", func(name, _ string) error {
			_, err := d.principals.DeletePrincipal(d.by(d.secret), &pb.DeletePrincipalRequest{Name: name})
			return err
		}},
		{"password changed elsewhere", func(name, _ string) error {
			_, err := d.ChangePassword(d.by(d.enter(name, good, "")), &pb.ChangePasswordRequest{CurrentPassword: good, NewPassword: good + "+"})
			return err
		}},
		{"password reset", func(name, _ string) error {
			_, err := d.ResetPassword(d.by(d.secret), &pb.ResetPasswordRequest{Name: name})
			return err
		}},
		{"ended by an administrator", func(name, _ string) error {
			list, err := d.ListSignIns(d.by(d.secret), &pb.ListSignInsRequest{Parent: name})
			if err != nil {
				return err
			}
			if len(list.GetSignIns()) != 1 {
				return fmt.Errorf("listed: %v", list)
			}
			_, err = d.EndSignIn(d.by(d.secret), &pb.EndSignInRequest{Name: list.GetSignIns()[0].GetName()})
			return err
		}},
		{"the others ended", func(name, _ string) error {
			_, err := d.EndSignIn(d.by(d.enter(name, good, "")), &pb.EndSignInRequest{Name: "principals/me/signIns/-"})
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name := d.officer("wjw", fmt.Sprintf("p%d", i))
			token := d.enter(name, good, "")
			if err := d.calls(token); err != nil {
				t.Fatal(err)
			}
			if err := tt.end(name, token); err != nil {
				t.Fatal(err)
			}
			wantReason(t, "used afterwards", d.calls(token), pb.Reason_TOKEN_INVALID)
			_, err := d.ListSignIns(d.by(token), &pb.ListSignInsRequest{})
			wantReason(t, "listing afterwards", err, pb.Reason_TOKEN_INVALID)
		})
	}
}

// awaitSeen waits until it is written down that a sign-in called: that happens beside the
// calls, of which none waits for it.
func (d *desk) awaitSeen(token string) {
	d.t.Helper()
	for range 10_000 {
		list, err := d.ListSignIns(d.by(token), &pb.ListSignInsRequest{})
		if err != nil {
			d.t.Fatal(err)
		}
		for _, s := range list.GetSignIns() {
			if s.GetCurrent() && !s.GetLastSeenTime().AsTime().Before(d.now().Add(-time.Minute)) {
				return
			}
		}
	}
	d.t.Fatal("it was never written down that the sign-in called")
}

func TestListSignIns(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw", "jyj")
	name := d.officer("wjw", "li")
	foreign := d.officer("jyj", "qian")
	boss, given := d.person("agencies/jyj", "boss", pb.Principal_ADMINISTRATOR)
	d.choose(boss, given, atWork)
	bossToken := d.enter(boss, good, "")
	d.enrol(bossToken)
	token := d.enter("wjw/li", good, "")
	d.pass(time.Second)
	if _, err := d.SignIn(d.from("198.51.100.9", ""), &pb.SignInRequest{Account: "wjw/li", Password: good}); err != nil {
		t.Fatal(err)
	}
	list, err := d.ListSignIns(d.by(token), &pb.ListSignInsRequest{Parent: "principals/me"})
	if err != nil || len(list.GetSignIns()) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	stolen, own := list.GetSignIns()[0], list.GetSignIns()[1]
	if stolen.GetAddress() != "198.51.100.9" || stolen.GetCurrent() || !own.GetCurrent() || own.GetUserAgent() != "Firefox/140 (test)" ||
		own.GetExpireTime().AsTime() != own.GetCreateTime().AsTime().Add(12*time.Hour) || !strings.HasPrefix(own.GetName(), name+"/signIns/") {
		t.Errorf("%v", list)
	}
	for _, tt := range []struct {
		name, token, of string
		want            pb.Reason
	}{
		{"a colleague's", token, name + "x", pb.Reason_ROLE_NOT_ALLOWED},
		{"another agency's, by an officer", token, foreign, pb.Reason_ROLE_NOT_ALLOWED},
		{"another agency's, by an administrator", bossToken, name, pb.Reason_RESOURCE_NOT_FOUND},
		{"nobody's there", bossToken, name + "x", pb.Reason_RESOURCE_NOT_FOUND},
		{"nobody's here", bossToken, foreign + "x", pb.Reason_RESOURCE_NOT_FOUND},
		{"one of the installation", bossToken, "principals/admin", pb.Reason_RESOURCE_NOT_FOUND},
		{"one's own agency's", bossToken, foreign, none},
		{"anybody's, by the installation's", d.secret, name, none},
	} {
		_, err := d.ListSignIns(d.by(tt.token), &pb.ListSignInsRequest{Parent: tt.of})
		wantReason(t, "list "+tt.name, err, tt.want)
		_, err = d.GetAccount(d.by(tt.token), &pb.GetAccountRequest{Name: tt.of})
		wantReason(t, "get "+tt.name, err, tt.want)
		_, err = d.EndSignIn(d.by(tt.token), &pb.EndSignInRequest{Name: tt.of + "/signIns/zzzz"})
		end := tt.want
		if end == none {
			end = pb.Reason_RESOURCE_NOT_FOUND
		}
		wantReason(t, "end "+tt.name, err, end)
	}
	end := &pb.EndSignInRequest{Name: stolen.GetName()}
	for _, want := range []int32{1, 0} {
		r, err := d.EndSignIn(d.by(token), end)
		if r.GetEnded() != want || err != nil {
			t.Errorf("ended %v, %v", r, err)
		}
	}
}

// TestTokenOfAPrincipal: machines go on as they did.
func TestTokenOfAPrincipal(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.pass(1000 * time.Hour)
	if err := d.calls(d.secret); err != nil {
		t.Error(err)
	}
	_, err := d.SignOut(d.by(d.secret), &pb.SignOutRequest{})
	wantReason(t, "signing out", err, pb.Reason_NOT_SIGNED_IN)
	_, err = d.ChangePassword(d.by(d.secret), &pb.ChangePasswordRequest{CurrentPassword: "x", NewPassword: good})
	wantReason(t, "changing a password", err, pb.Reason_NOT_SIGNED_IN)
	_, err = d.EnrolOneTimeCode(d.by(d.secret), &pb.EnrolOneTimeCodeRequest{})
	wantReason(t, "enrolling", err, pb.Reason_NOT_SIGNED_IN)
	_, err = d.ResetPassword(d.by(d.secret), &pb.ResetPasswordRequest{Name: "principals/admin"})
	wantReason(t, "giving oneself a password", err, pb.Reason_ROLE_NOT_ALLOWED)
	a, err := d.GetAccount(d.by(d.secret), &pb.GetAccountRequest{})
	if err != nil || a.GetHasPassword() || len(a.GetPendingSteps()) > 0 {
		t.Errorf("%v, %v", a, err)
	}
}

// TestNoSecretIsStored looks for what was typed in and given out in the files themselves.
func TestNoSecretIsStored(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	_, given := d.person("agencies/wjw", "sun", pb.Principal_OFFICER)
	d.officer("wjw", "li")
	token := d.enter("wjw/li", good, "")
	_, recovery := d.enrol(token)
	const typed = "typed-By-mistake-77"
	_, _ = d.SignIn(d.by(""), &pb.SignInRequest{Account: typed, Password: "Typed-elsewhere-78"})
	_, _ = d.ChangePassword(d.by(token), &pb.ChangePasswordRequest{CurrentPassword: good, NewPassword: "Never-To-be-79", RequestId: uuid.NewString()})
	d.stop()
	d.stop = func() {}
	for _, file := range []string{d.path, d.path + "-wal"} {
		raw, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for _, secret := range append([]string{given, good, token, d.secret, typed, "Typed-elsewhere-78", "Never-To-be-79"}, recovery...) {
			if strings.Contains(string(raw), secret) {
				t.Errorf("%s holds %s", file, secret)
			}
		}
	}
}
