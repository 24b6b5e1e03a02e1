package server_test

import (
	"crypto/sha256"
	"net/netip"
	"sync"
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/server/password"
	"gongkai/server/signon"
	"gongkai/storage"
	"gongkai/workflow"
)

// apart is an installation whose duties stand apart: each administrator has signed in.
type apart struct {
	*desk
	system, security string // tokens of their sign-ins
}

// setUpApart sets both administrators up with the secret of the first start.
func setUpApart(t *testing.T, terminals ...netip.Prefix) *apart {
	t.Helper()
	a := &apart{desk: startDeskBy(t, password.DengBao, func(d *desk) *signon.Provider {
		d.terminals = server.Terminals(terminals)
		return nil
	})}
	a.tree("wjw")
	for id, role := range map[string]pb.Principal_Role{"qian": pb.Principal_SYSTEM_ADMINISTRATOR, "sun": pb.Principal_SECURITY_ADMINISTRATOR} {
		if _, err := a.SetUp(a.by(""), &pb.SetUpRequest{Role: role, Person: "no-" + id, Secret: a.secret, PrincipalId: id, Password: good}); err != nil {
			t.Fatal(err)
		}
	}
	a.system, a.security = a.enter("qian", good, ""), a.enter("sun", good, "")
	for _, token := range []string{a.system, a.security} {
		_, err := a.principals.ListPrincipals(a.by(token), &pb.ListPrincipalsRequest{})
		wantReason(t, "before the second factor", err, pb.Reason_ENROLMENT_REQUIRED)
		a.enrol(token)
	}
	return a
}

// make is a principal that somebody tries to make.
func (a *apart) make(token, parent, id string, role pb.Principal_Role, person string) (*pb.CreatePrincipalResponse, error) {
	return a.principals.CreatePrincipal(a.by(token), &pb.CreatePrincipalRequest{Parent: parent, PrincipalId: id, Principal: &pb.Principal{Role: role, Person: person}})
}

// TestDutiesApart: makes an office of three administrators and attacks what separates them.
func TestDutiesApart(t *testing.T) {
	a := setUpApart(t)
	wantReason(t, "the secret after the second", a.calls(a.secret), pb.Reason_TOKEN_INVALID)
	_, err := a.SetUp(a.by(""), &pb.SetUpRequest{Role: pb.Principal_ADMINISTRATOR, Secret: a.secret, PrincipalId: "zhao", Password: good})
	wantReason(t, "setting up a third", err, pb.Reason_SET_UP_OVER)

	made, err := a.make(a.security, "", "li", pb.Principal_AUDITOR, "1003")
	if err != nil || made.GetToken() != "" || made.GetPrincipal().GetPerson() != "1003" {
		t.Fatalf("the auditor was made as %v, %v", made, err)
	}
	auditor := made.GetPrincipal().GetName()
	for _, tt := range []struct {
		name, token, parent, id string
		role                    pb.Principal_Role
		person                  string
		want                    pb.Reason
	}{
		{"the security administrator himself", a.security, "", "sun2", pb.Principal_SYSTEM_ADMINISTRATOR, "no-sun", pb.Reason_PERSON_TAKEN},
		{"in other letters", a.security, "", "sun2", pb.Principal_AUDITOR, " NO-SUN ", pb.Reason_PERSON_TAKEN},
		{"in an agency", a.security, "agencies/wjw", "sun", pb.Principal_OFFICER, "no-sun", pb.Reason_PERSON_TAKEN},
		{"the auditor for the system", a.security, "", "li2", pb.Principal_SYSTEM_ADMINISTRATOR, "1003", pb.Reason_PERSON_TAKEN},
		{"nobody", a.security, "", "wu", pb.Principal_SYSTEM_ADMINISTRATOR, "", pb.Reason_FIELD_INVALID},
		{"an auditor who is nobody", a.security, "agencies/wjw", "wu", pb.Principal_AUDITOR, "", pb.Reason_FIELD_INVALID},
		{"signs that look alike", a.security, "", "wu", pb.Principal_SYSTEM_ADMINISTRATOR, "ｎo-sun", pb.Reason_FIELD_INVALID},
		{"a super-user", a.security, "", "wu", pb.Principal_ADMINISTRATOR, "1009", pb.Reason_ROLE_NOT_ALLOWED},
		{"a super-user of an agency", a.security, "agencies/wjw", "wu", pb.Principal_ADMINISTRATOR, "1009", pb.Reason_ROLE_NOT_ALLOWED},
		{"a duty of one agency", a.security, "agencies/wjw", "wu", pb.Principal_SECURITY_ADMINISTRATOR, "1009", pb.Reason_FIELD_INVALID},
		{"an officer of everything", a.security, "", "wu", pb.Principal_OFFICER, "1009", pb.Reason_FIELD_INVALID},
		{"by the system administrator", a.system, "", "wu", pb.Principal_SECURITY_ADMINISTRATOR, "1009", pb.Reason_ROLE_NOT_ALLOWED},
	} {
		_, err := a.make(tt.token, tt.parent, tt.id, tt.role, tt.person)
		wantReason(t, tt.name, err, tt.want)
	}

	t.Run("whoever makes an account may not use it", func(t *testing.T) {
		_, err := a.ResetPassword(a.by(a.security), &pb.ResetPasswordRequest{Name: auditor})
		wantReason(t, "a password by the security administrator", err, pb.Reason_ROLE_NOT_ALLOWED)
		made, err := a.make(a.security, "agencies/wjw", "zhou", pb.Principal_OFFICER, "")
		if err != nil || made.GetToken() != "" {
			t.Errorf("an officer was made with the token %q, %v", made.GetToken(), err)
		}
	})
	given, err := a.ResetPassword(a.by(a.system), &pb.ResetPasswordRequest{Name: auditor})
	if err != nil {
		t.Fatal(err)
	}
	a.choose(auditor, given.GetOneTimePassword(), atWork)
	reads := a.enter(auditor, good, "")
	log := func(token string) error {
		_, err := pb.NewAuditServiceClient(a.conn).ListAuditRecords(a.by(token), &pb.ListAuditRecordsRequest{})
		return err
	}
	wantReason(t, "the auditor before the second factor", log(reads), pb.Reason_ENROLMENT_REQUIRED)
	a.enrol(reads)
	wantReason(t, "the auditor", log(reads), none)

	t.Run("nobody takes another's duty over", func(t *testing.T) {
		for _, name := range []string{"principals/sun", auditor} {
			_, err := a.ResetPassword(a.by(a.system), &pb.ResetPasswordRequest{Name: name, RemoveOneTimeCode: true})
			wantReason(t, "the second factor of "+name, err, pb.Reason_ROLE_NOT_ALLOWED)
		}
		for token, want := range map[string]pb.Reason{a.system: pb.Reason_ROLE_NOT_ALLOWED, a.security: pb.Reason_ROLE_NOT_ALLOWED} {
			wantReason(t, "reading the audit log", log(token), want)
			_, err := pb.NewApplicationServiceClient(a.conn).ListApplications(a.by(token), &pb.ListApplicationsRequest{Parent: "agencies/wjw"})
			wantReason(t, "reading a case", err, want)
		}
		_, err := pb.NewAgencyServiceClient(a.conn).CreateAgency(a.by(a.security), &pb.CreateAgencyRequest{AgencyId: "jyj", Agency: &pb.Agency{DisplayName: "某局"}})
		wantReason(t, "an agency by the security administrator", err, pb.Reason_ROLE_NOT_ALLOWED)
		for name, by := range map[string]string{"principals/qian": reads, "principals/sun": a.system, auditor: a.system} {
			_, err := a.principals.DeletePrincipal(a.by(by), &pb.DeletePrincipalRequest{Name: name})
			wantReason(t, "removing "+name, err, pb.Reason_ROLE_NOT_ALLOWED)
		}
		for _, name := range []string{"principals/qian", "principals/sun"} {
			_, err := a.principals.DeletePrincipal(a.by(a.security), &pb.DeletePrincipalRequest{Name: name})
			wantReason(t, "removing the last of a duty, "+name, err, pb.Reason_LAST_ADMINISTRATOR)
		}
	})
	t.Run("a person who left one duty may take another", func(t *testing.T) {
		if _, err := a.principals.DeletePrincipal(a.by(a.security), &pb.DeletePrincipalRequest{Name: auditor}); err != nil {
			t.Fatal(err)
		}
		_, err := a.make(a.security, "", "li2", pb.Principal_SYSTEM_ADMINISTRATOR, "1003")
		wantReason(t, "after removal", err, none)
	})
	wantClean(t, a.desk)
}

// TestDutiesAtOnce: of many accounts of one person made at once, in different agencies, one
// is made.
func TestDutiesAtOnce(t *testing.T) {
	a := setUpApart(t)
	parents := []string{"", "agencies/wjw"}
	var wg sync.WaitGroup
	errs := make([]error, 10)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = a.make(a.security, parents[i%2], "x"+string(rune('a'+i)), pb.Principal_AUDITOR, "77")
		})
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
			continue
		}
		wantReason(t, "another at once", err, pb.Reason_PERSON_TAKEN)
	}
	if made != 1 {
		t.Errorf("%d accounts of one person were made", made)
	}
}

// TestDutyByToken: the token of a principal with a duty that stands apart opens nothing,
// not even a sign-in, wherever it comes from.
func TestDutyByToken(t *testing.T) {
	a := setUpApart(t)
	token := server.NewToken()
	hash := sha256.Sum256([]byte(token))
	err := a.store.Update(t.Context(), "", func(w storage.Writer) error { // as an older register or a thief would have it
		return w.InsertPrincipal(storage.Principal{ID: "wu", Role: workflow.SecurityAdministrator, TokenHash: hash[:], CreateTime: a.now(), Person: "1009"},
			storage.Event{Object: storage.PrincipalObject("wu"), Revision: 1, Time: a.now(), Actor: "test", Action: "create_principal", Facts: []byte(`{"v":1,"role":"SECURITY_ADMINISTRATOR","person":"1009"}`)})
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.make(token, "", "zhao", pb.Principal_AUDITOR, "1010")
	wantReason(t, "making a principal", err, pb.Reason_SECOND_FACTOR_REQUIRED)
	_, err = a.ExchangeToken(a.by(token), &pb.ExchangeTokenRequest{})
	wantReason(t, "a sign-in for it", err, pb.Reason_SECOND_FACTOR_REQUIRED)
}

// TestDutyTerminals: every administrative duty, the auditor's too, is bound to the networks
// that are set for it.
func TestDutyTerminals(t *testing.T) {
	a := setUpApart(t, netip.MustParsePrefix("192.0.2.0/28"))
	made, err := a.make(a.security, "agencies/wjw", "li", pb.Principal_AUDITOR, "1003")
	if err != nil {
		t.Fatal(err)
	}
	given, err := a.ResetPassword(a.by(a.system), &pb.ResetPasswordRequest{Name: made.GetPrincipal().GetName()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.SignIn(a.from("203.0.113.9", ""), &pb.SignInRequest{Account: "wjw/li", Password: given.GetOneTimePassword()})
	wantReason(t, "the auditor from elsewhere", err, pb.Reason_TERMINAL_NOT_ALLOWED)
	reads := a.enter("wjw/li", given.GetOneTimePassword(), "")
	for name, token := range map[string]string{"system": a.system, "security": a.security, "auditor": reads} {
		_, err := a.principals.GetPrincipal(a.from("203.0.113.9", token), &pb.GetPrincipalRequest{Name: "principals/me"})
		wantReason(t, name+" from elsewhere", err, pb.Reason_TERMINAL_NOT_ALLOWED)
		wantReason(t, name+" from there", a.calls(token), none)
	}
}

// TestOneAdministratorParts: a register that one administrator ran goes over to duties that
// stand apart and locks nobody out; until then it refuses to lose its last administrator.
func TestOneAdministratorParts(t *testing.T) {
	d := startDesk(t, password.DengBao)
	a := &apart{desk: d}
	d.tree("wjw")
	for _, x := range []struct {
		id   string
		role pb.Principal_Role
	}{{"qian", pb.Principal_SYSTEM_ADMINISTRATOR}, {"sun", pb.Principal_SECURITY_ADMINISTRATOR}} {
		_, err := d.principals.DeletePrincipal(d.by(d.secret), &pb.DeletePrincipalRequest{Name: "principals/admin"})
		wantReason(t, "the last administrator", err, pb.Reason_LAST_ADMINISTRATOR)
		made, err := a.make(d.secret, "", x.id, x.role, "no-"+x.id)
		if err != nil || made.GetToken() != "" {
			t.Fatal(made, err)
		}
		r, err := d.ResetPassword(d.by(d.secret), &pb.ResetPasswordRequest{Name: "principals/" + x.id})
		if err != nil {
			t.Fatal(err)
		}
		d.choose(x.id, r.GetOneTimePassword(), atWork)
	}
	a.security = d.enter("sun", good, "")
	d.enrol(a.security)
	if _, err := d.principals.DeletePrincipal(d.by(a.security), &pb.DeletePrincipalRequest{Name: "principals/admin"}); err != nil {
		t.Fatal(err)
	}
	_, err := a.make(a.security, "agencies/wjw", "li", pb.Principal_AUDITOR, "1003")
	wantReason(t, "afterwards", err, none)
	wantClean(t, d)
}
