package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/password"
	"gongkai/storage"
)

// TestGivenPassword: a password that was given out opens the way to another one, once and
// for three days.
func TestGivenPassword(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	name, given := d.person("agencies/wjw", "li", pb.Principal_OFFICER)
	r, err := d.SignIn(d.by(""), &pb.SignInRequest{Account: "wjw/li", Password: given})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]pb.Account_Step{pb.Account_CHANGE_PASSWORD}, r.GetAccount().GetPendingSteps()); diff != "" {
		t.Errorf("still to do (-want +got):\n%s", diff)
	}
	ctx := d.by(r.GetToken())
	_, err = d.ChangePassword(ctx, &pb.ChangePasswordRequest{CurrentPassword: given, NewPassword: given})
	wantReason(t, "the same", err, pb.Reason_PASSWORD_WEAK)
	a, err := d.ChangePassword(ctx, &pb.ChangePasswordRequest{CurrentPassword: given, NewPassword: good})
	if err != nil || len(a.GetPendingSteps()) != 0 || a.GetPasswordExpireTime().AsTime() != d.now().Add(90*24*time.Hour) {
		t.Errorf("%v, %v", a, err)
	}
	_, err = pb.NewApplicationServiceClient(d.conn).ListApplications(ctx, &pb.ListApplicationsRequest{Parent: "agencies/wjw"})
	wantReason(t, "the same sign-in afterwards", err, none)
	_, err = d.SignIn(d.by(""), &pb.SignInRequest{Account: "wjw/li", Password: given})
	wantReason(t, "the password that was given out", err, pb.Reason_SIGN_IN_REFUSED)

	reset, err := d.ResetPassword(d.by(d.secret), &pb.ResetPasswordRequest{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.SignIn(d.by(""), &pb.SignInRequest{Account: "wjw/li", Password: good})
	wantReason(t, "the one before a reset", err, pb.Reason_SIGN_IN_REFUSED)
	d.pass(72 * time.Hour)
	_, err = d.SignIn(d.by(""), &pb.SignInRequest{Account: "wjw/li", Password: reset.GetOneTimePassword()})
	wantReason(t, "after three days", err, pb.Reason_SIGN_IN_REFUSED)
}

func TestResetRemovesTheDevice(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	name := d.officer("wjw", "li")
	d.enrol(d.enter(name, good, ""))
	for _, remove := range []bool{false, true} {
		r, err := d.ResetPassword(d.by(d.secret), &pb.ResetPasswordRequest{Name: name, RemoveOneTimeCode: remove})
		if err != nil || r.GetAccount().GetHasOneTimeCode() == remove {
			t.Errorf("%v, %v", r.GetAccount(), err)
		}
		_, err = d.SignIn(d.by(""), &pb.SignInRequest{Account: name, Password: r.GetOneTimePassword()})
		want := pb.Reason_ONE_TIME_CODE_REQUIRED
		if remove {
			want = none
		}
		wantReason(t, fmt.Sprintf("device removed: %v", remove), err, want)
	}
	for _, of := range []string{"agencies/wjw/principals/nobody", "agencies/nowhere/principals/li", "principals/nobody"} {
		_, err := d.ResetPassword(d.by(d.secret), &pb.ResetPasswordRequest{Name: of})
		wantReason(t, of, err, pb.Reason_RESOURCE_NOT_FOUND)
	}
	if _, err := d.principals.DeletePrincipal(d.by(d.secret), &pb.DeletePrincipalRequest{Name: name}); err != nil {
		t.Fatal(err)
	}
	_, err := d.ResetPassword(d.by(d.secret), &pb.ResetPasswordRequest{Name: name})
	wantReason(t, "one that was removed", err, pb.Reason_RESOURCE_NOT_FOUND)
}

func TestChangePassword(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	d.officer("wjw", "zhangwei")
	token := d.enter("wjw/zhangwei", good, "")
	for _, tt := range []struct{ name, current, next, field string }{
		{"a wrong current one", good + "x", "Kp9!wRte-02", "current_password"},
		{"no current one", "", "Kp9!wRte-02", "current_password"},
		{"no new one", good, "", "new_password"},
		{"too short", good, "Kp9!wR", "new_password"},
		{"two classes", good, "kp9kwrte02", "new_password"},
		{"common", good, "P@ssw0rd2026", "new_password"},
		{"with the account", good, "Kp9!Zhangwei-x", "new_password"},
		{"with the agency's name", good, "Kp9!某市wjw局-x", "new_password"},
		{"in full width", good, "Ｋｐ９！ｗＲｔｅ－０２", "new_password"},
		{"the current one", good, good, "new_password"},
		{"enormous", good, strings.Repeat("Kp9!wRte-02", 100), "new_password"},
	} {
		_, err := d.ChangePassword(d.by(token), &pb.ChangePasswordRequest{CurrentPassword: tt.current, NewPassword: tt.next})
		if got := fieldOf(err); got != tt.field {
			t.Errorf("%s: field %q (%v), want %q", tt.name, got, err, tt.field)
		}
	}
	// The last five do not come again, the sixth does.
	current, all := good, []string{good}
	for i := range 6 {
		next := fmt.Sprintf("Kp9!wRte-%02d", i)
		if _, err := d.ChangePassword(d.by(token), &pb.ChangePasswordRequest{CurrentPassword: current, NewPassword: next}); err != nil {
			t.Fatal(err)
		}
		current, all = next, append(all, next)
	}
	for i, old := range all {
		want := pb.Reason_PASSWORD_WEAK
		if i == 0 {
			want = none
		}
		_, err := d.ChangePassword(d.by(token), &pb.ChangePasswordRequest{CurrentPassword: current, NewPassword: old})
		wantReason(t, "again "+old, err, want)
		if err == nil {
			current = old
			break
		}
	}
	_, err := d.ChangePassword(d.by(token), &pb.ChangePasswordRequest{CurrentPassword: current, NewPassword: all[2]})
	wantReason(t, "one of the last five", err, pb.Reason_PASSWORD_WEAK)
}

// fieldOf is the field that a refusal names.
func fieldOf(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetMetadata()["field"]
		}
	}
	return ""
}

// TestChangePasswordGuesses: a sign-in that was taken over is no way to guess the password.
func TestChangePasswordGuesses(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	d.officer("wjw", "li")
	token := d.enter("wjw/li", good, "")
	for range 5 {
		_, err := d.ChangePassword(d.by(token), &pb.ChangePasswordRequest{CurrentPassword: "wrong", NewPassword: "Kp9!wRte-02"})
		wantReason(t, "a guess", err, pb.Reason_FIELD_INVALID)
	}
	_, err := d.ChangePassword(d.by(token), &pb.ChangePasswordRequest{CurrentPassword: good, NewPassword: "Kp9!wRte-02"})
	wantReason(t, "the right one after five guesses", err, pb.Reason_FIELD_INVALID)
	_, err = d.SignIn(d.by(""), &pb.SignInRequest{Account: "wjw/li", Password: good})
	wantReason(t, "signing in after five guesses", err, pb.Reason_SIGN_IN_REFUSED)
}

// TestChangePasswordAgain sends a change again after the server was stopped between the
// commit and the answer: it happened once, and the second answer is the first.
func TestChangePasswordAgain(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	d.officer("wjw", "li")
	token := d.enter("wjw/li", good, "")
	request := &pb.ChangePasswordRequest{CurrentPassword: good, NewPassword: "Kp9!wRte-02", RequestId: uuid.NewString()}
	first, err := d.ChangePassword(d.by(token), request)
	if err != nil {
		t.Fatal(err)
	}
	d.stop()
	d.serve(password.DengBao)
	second, err := d.ChangePassword(d.by(token), request)
	if diff := cmp.Diff(first, second, protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("sent again (-first +second), %v:\n%s", err, diff)
	}
	if got := d.acts("wjw", "credential/li")["set_password"]; got != 2 { // the officer's own first, and this
		t.Errorf("%d changes are recorded", got)
	}
	request.NewPassword = "Kp9!wRte-03"
	_, err = d.ChangePassword(d.by(token), request)
	wantReason(t, "with another password", err, pb.Reason_REQUEST_ID_REUSED)
	if _, err := d.SignIn(d.by(""), &pb.SignInRequest{Account: "wjw/li", Password: "Kp9!wRte-02"}); err != nil {
		t.Error(err)
	}
	// Many at once with one request id are one change.
	request = &pb.ChangePasswordRequest{CurrentPassword: "Kp9!wRte-02", NewPassword: "Kp9!wRte-04", RequestId: uuid.NewString()}
	answers := make(chan error, 8)
	for range cap(answers) {
		go func() {
			_, err := d.ChangePassword(d.by(token), request)
			answers <- err
		}()
	}
	for range cap(answers) {
		if err := <-answers; err != nil {
			t.Errorf("one of many at once: %v", err)
		}
	}
	if got := d.acts("wjw", "credential/li")["set_password"]; got != 3 {
		t.Errorf("%d changes are recorded", got)
	}
}

// TestRotation: under 等保 a password holds 90 days, under ASVS for ever.
func TestRotation(t *testing.T) {
	for _, tt := range []struct {
		profile password.Profile
		want    []pb.Account_Step
	}{{password.DengBao, []pb.Account_Step{pb.Account_CHANGE_PASSWORD}}, {password.ASVS, nil}} {
		t.Run(tt.profile.Name, func(t *testing.T) {
			d := startDesk(t, tt.profile)
			d.tree("wjw")
			name, given := d.person("agencies/wjw", "li", pb.Principal_OFFICER)
			const long = "Tq7#vMxe-01-and-more"
			token := d.enter(name, given, "")
			_, err := d.ChangePassword(d.by(token), &pb.ChangePasswordRequest{CurrentPassword: given, NewPassword: good})
			if weak := reasonOf(err) == "PASSWORD_WEAK"; weak != (tt.profile.Length > len(good)) {
				t.Errorf("%d characters: %v", len(good), err)
			}
			if err != nil {
				_, err = d.ChangePassword(d.by(token), &pb.ChangePasswordRequest{CurrentPassword: given, NewPassword: long})
			} else {
				_, err = d.ChangePassword(d.by(token), &pb.ChangePasswordRequest{CurrentPassword: good, NewPassword: long})
			}
			if err != nil {
				t.Fatal(err)
			}
			d.pass(90 * 24 * time.Hour)
			r, err := d.SignIn(d.by(""), &pb.SignInRequest{Account: name, Password: long})
			if diff := cmp.Diff(tt.want, r.GetAccount().GetPendingSteps()); diff != "" || err != nil {
				t.Errorf("after 90 days (-want +got), %v:\n%s", err, diff)
			}
		})
	}
}

// TestRehash: a password that was hashed at another cost is hashed anew when it is next
// typed in, and its owner notices nothing.
func TestRehash(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	d.officer("wjw", "li")
	first := d.enter("wjw/li", good, "")
	stored := func() (out storage.Credential) {
		err := d.store.View(context.Background(), func(r storage.Reader) (err error) {
			out, err = r.Credential("wjw", "li")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	before := stored()
	d.stop()
	d.hasher = password.NewHasher(password.Cost{Memory: 16, Passes: 1, Threads: 1}, 2)
	d.serve(password.DengBao)
	d.enter("wjw/li", good, "")
	after := stored()
	if !strings.HasPrefix(after.Password, "$argon2id$v=19$m=16,") || after.Revision != before.Revision+1 || !after.SetTime.Equal(before.SetTime) {
		t.Errorf("stored %+v", after)
	}
	d.enter("wjw/li", good, "")
	if got := stored(); got.Password != after.Password {
		t.Errorf("hashed again: %+v", got)
	}
	wantReason(t, "the sign-in before it", d.calls(first), none)
	wantClean(t, d)
}

// TestLastSeen: a call is noted beside it, once a minute.
func TestLastSeen(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	d.officer("wjw", "li")
	token := d.enter("wjw/li", good, "")
	seen := func() time.Time {
		list, err := d.ListSignIns(d.by(token), &pb.ListSignInsRequest{})
		if err != nil || len(list.GetSignIns()) != 1 {
			t.Fatalf("%v, %v", list, err)
		}
		return list.GetSignIns()[0].GetLastSeenTime().AsTime()
	}
	began, recorded := d.now(), d.events()
	d.pass(59 * time.Second)
	for range 20 {
		if got := seen(); !got.Equal(began) {
			t.Fatalf("seen %v after %v", got, d.now().Sub(began))
		}
	}
	d.pass(2 * time.Second)
	d.awaitSeen(token)
	if n := d.events(); n != recorded {
		t.Errorf("calls made %d events", n-recorded)
	}
}

// TestSignInsOfOneAccount: the oldest gives way to the 51st.
func TestSignInsOfOneAccount(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	d.officer("wjw", "li")
	first, second := d.enter("wjw/li", good, ""), d.enter("wjw/li", good, "")
	for range 49 {
		d.enter("wjw/li", good, "")
	}
	wantReason(t, "the first", d.calls(first), pb.Reason_TOKEN_INVALID)
	wantReason(t, "the second", d.calls(second), none)
}

// TestAttackersCostNoMore: while sixteen strangers wait to be let in, the next is told to
// come again, and whoever has a token goes on.
func TestAttackersCostNoMore(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.stop()
	d.hasher = password.NewHasher(quick, 0) // nobody's hash is ever computed
	d.serve(password.DengBao)
	ctx, cancel := context.WithCancel(d.by(""))
	const strangers = 16
	letIn := make(chan int)
	for range strangers {
		go func() {
			// Again and again, since the server ends a call that waits, and who asks below may
			// have come first.
			n := 0
			for ctx.Err() == nil {
				if _, err := d.SignIn(ctx, &pb.SignInRequest{Account: "x", Password: "y"}); err == nil {
					n++
				}
			}
			letIn <- n
		}()
	}
	refused := false
	for range 100 {
		short, end := context.WithTimeout(d.by(""), 200*time.Millisecond)
		_, err := d.SignIn(short, &pb.SignInRequest{Account: "x", Password: "y"})
		end()
		if refused = reasonOf(err) == "OVERLOADED"; refused {
			break
		}
	}
	if !refused {
		t.Error("one more waits")
	}
	wantReason(t, "a token meanwhile", d.calls(d.secret), none)
	cancel()
	for range strangers {
		if n := <-letIn; n != 0 {
			t.Errorf("a stranger was let in %d times", n)
		}
	}
}
