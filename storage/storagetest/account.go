package storagetest

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gongkai/storage"
	"gongkai/workflow"
)

var accountTests = map[string]func(*testing.T, *fixture){
	"credential":             testCredential,
	"credential of nobody":   testCredentialOfNobody,
	"credential elsewhere":   testCredentialElsewhere,
	"credential sum":         testCredentialSum,
	"credential by subject":  testCredentialBySubject,
	"sign-in":                testSignIn,
	"sign-in by identity":    testSignInByIdentity,
	"sign-in of a removed":   testSignInRemoved,
	"sign-in ended":          testSignInEnded,
	"sign-ins are forgotten": testSignInsForgotten,
}

// addPerson creates a principal of an agency.
func (f *fixture) addPerson(agency, id string) {
	f.t.Helper()
	hash := sha256.Sum256([]byte(agency + "/" + id))
	p := storage.Principal{Agency: agency, ID: id, Role: workflow.Officer, TokenHash: hash[:], CreateTime: noon}
	f.update(agency, func(w storage.Writer) error { return w.InsertPrincipal(p, event(storage.PrincipalObject(id), 1)) })
}

// credential is one with every field set.
func credential(agency, id string) storage.Credential {
	return storage.Credential{
		Agency: agency, Principal: id, Password: "$argon2id$v=19$m=47104,t=1,p=1$c2FsdA$aGFzaA", SetTime: noon, Given: true,
		Previous: []string{"$argon2id$1", "$argon2id$2"}, Failures: 4, LockTime: noon.Add(time.Minute),
		Code: []byte{0, 1, 2}, CodeStep: 7, Recovery: []storage.Digest{{1}, {2}},
		ProposedCode: []byte{3, 0}, ProposedRecovery: []storage.Digest{{3}}, Revision: 1,
		Issuer: "https://idp.example", Subject: agency + "/" + id + " 𠮷",
	}
}

func testCredential(t *testing.T, f *fixture) {
	f.addPerson("east", "li")
	f.addPerson("east", "bare")
	bare := storage.Credential{Agency: "east", Principal: "bare", Password: "x", SetTime: noon, Revision: 1}
	first := credential("east", "li")
	second := first
	second.Password, second.Previous, second.Given, second.Failures, second.Revision = "$argon2id$3", nil, false, 0, 2
	for _, c := range []storage.Credential{bare, first, second} {
		f.update("east", func(w storage.Writer) error {
			return w.PutCredential(c, event(storage.CredentialObject(c.Principal), c.Revision))
		})
	}
	if err := f.store.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	f.reopen()
	f.view(func(r storage.Reader) error {
		for _, want := range []storage.Credential{bare, second} {
			got, err := r.Credential("east", want.Principal)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%s (-want +got), %v:\n%s", want.Principal, err, diff)
			}
		}
		events, err := r.Events("east", storage.CredentialObject("li"))
		if len(events) != 2 {
			t.Errorf("events %+v", events)
		}
		return err
	})
}

func testCredentialOfNobody(t *testing.T, f *fixture) {
	f.addPerson("west", "li")
	for _, id := range []string{"li", "nobody", ""} {
		err := f.store.Update(t.Context(), "east", func(w storage.Writer) error {
			return w.PutCredential(credential("east", id), event(storage.CredentialObject(id), 1))
		})
		wantErr(t, "credential of "+id, err, storage.ErrNotFound)
		err = f.store.Update(t.Context(), "east", func(w storage.Writer) error {
			return w.InsertSignIn(&storage.SignIn{Principal: id, TokenHash: []byte{1}}, time.Time{}, event("principal/x", 0))
		})
		wantErr(t, "sign-in of "+id, err, storage.ErrNotFound)
	}
	f.view(func(r storage.Reader) error {
		_, err := r.Credential("west", "li")
		wantErr(t, "a principal without one", err, storage.ErrNotFound)
		_, err = r.SignInByToken([]byte{1})
		wantErr(t, "a token of nobody", err, storage.ErrNotFound)
		return nil
	})
}

func testCredentialElsewhere(t *testing.T, f *fixture) {
	f.addPerson("east", "li")
	f.addPerson("west", "li")
	f.addPerson("", "li")
	for _, agency := range []string{"east", "west", ""} {
		c := credential(agency, "li")
		c.Password = "of " + agency
		f.update(agency, func(w storage.Writer) error { return w.PutCredential(c, event(storage.CredentialObject("li"), 1)) })
	}
	f.view(func(r storage.Reader) error {
		for _, agency := range []string{"east", "west", ""} {
			c, err := r.Credential(agency, "li")
			if c.Password != "of "+agency || err != nil {
				t.Errorf("%q: %+v, %v", agency, c, err)
			}
		}
		return nil
	})
}

// testCredentialSum changes each field in turn: the sum tells all but those that guesses
// and codes move.
func testCredentialSum(t *testing.T, _ *fixture) {
	first := credential("east", "li")
	was := first.Sum()
	for name, tt := range map[string]struct {
		change func(*storage.Credential)
		moves  bool
	}{
		"password":          {func(c *storage.Credential) { c.Password += "x" }, true},
		"set time":          {func(c *storage.Credential) { c.SetTime = noon.Add(time.Second) }, true},
		"given":             {func(c *storage.Credential) { c.Given = false }, true},
		"previous":          {func(c *storage.Credential) { c.Previous = c.Previous[:1] }, true},
		"code":              {func(c *storage.Credential) { c.Code = nil }, true},
		"proposed code":     {func(c *storage.Credential) { c.ProposedCode = []byte{9} }, true},
		"recovery":          {func(c *storage.Credential) { c.Recovery = c.Recovery[1:] }, true},
		"proposed recovery": {func(c *storage.Credential) { c.ProposedRecovery = nil }, true},
		"codes exchanged":   {func(c *storage.Credential) { c.Code, c.ProposedCode = c.ProposedCode, c.Code }, true},
		"issuer":            {func(c *storage.Credential) { c.Issuer += "x" }, true},
		"subject":           {func(c *storage.Credential) { c.Subject += "x" }, true},
		"subject taken off": {func(c *storage.Credential) { c.Issuer, c.Subject = "", "" }, true},
		"failures":          {func(c *storage.Credential) { c.Failures, c.LockTime = 0, time.Time{} }, false},
		"step":              {func(c *storage.Credential) { c.CodeStep++ }, false},
	} {
		c := first
		tt.change(&c)
		if got := c.Sum() != was; got != tt.moves {
			t.Errorf("%s: the sum moved: %v", name, got)
		}
	}
}

func testCredentialBySubject(t *testing.T, f *fixture) {
	f.addPerson("east", "li")
	f.addPerson("", "zhao")
	bare := storage.Credential{Principal: "zhao", SetTime: noon, Revision: 1}
	put := func(agency string, c storage.Credential) error {
		return f.store.Update(t.Context(), agency, func(w storage.Writer) error { return w.PutCredential(c) })
	}
	li := credential("east", "li")
	for agency, c := range map[string]storage.Credential{"": bare, "east": li} {
		if err := put(agency, c); err != nil {
			t.Fatalf("%q: %v", agency, err)
		}
	}
	taken := bare
	taken.Issuer, taken.Subject = li.Issuer, li.Subject
	if err := put("", taken); err == nil {
		t.Error("one subject became two principals")
	}
	f.view(func(r storage.Reader) error {
		got, err := r.CredentialBySubject(li.Issuer, li.Subject)
		if diff := cmp.Diff(li, got); diff != "" || err != nil {
			t.Errorf("by subject (-want +got), %v:\n%s", err, diff)
		}
		for _, of := range [][2]string{{"https://other.example", li.Subject}, {li.Issuer, "nobody"}, {"", ""}} {
			_, err := r.CredentialBySubject(of[0], of[1])
			wantErr(t, "of "+of[0]+" "+of[1], err, storage.ErrNotFound)
		}
		return nil
	})
	off := li
	off.Issuer, off.Subject = "", ""
	if err := put("east", off); err != nil {
		t.Fatal(err)
	}
	if err := put("", taken); err != nil {
		t.Errorf("the subject is not free again: %v", err)
	}
}

func testSignInByIdentity(t *testing.T, f *fixture) {
	f.addPerson("east", "li")
	f.addPerson("west", "li")
	insert := func(agency, token string) (int64, error) {
		s := storage.SignIn{
			Principal: "li", TokenHash: []byte(token), CreateTime: noon, SeenTime: noon, ExpireTime: noon.Add(time.Hour),
			Way: storage.ByIdentity, Proof: []byte{1, 0, 2},
		}
		err := f.store.Update(t.Context(), agency, func(w storage.Writer) error {
			return w.InsertSignIn(&s, time.Time{}, event(storage.PrincipalObject("li"), 0))
		})
		return s.ID, err
	}
	id, err := insert("east", "a")
	if err != nil {
		t.Fatal(err)
	}
	_, err = insert("west", "b")
	wantErr(t, "the same proof again", err, storage.ErrExists)
	byPassword := f.enter("east", "li", "c", noon, time.Time{})
	strengthen := func(agency string, id int64) error {
		return f.store.Update(t.Context(), agency, func(w storage.Writer) error { return w.StrengthenSignIn(id) })
	}
	wantErr(t, "by another agency", strengthen("west", id), storage.ErrNotFound)
	wantErr(t, "by password", strengthen("east", byPassword.ID), storage.ErrNotFound)
	if err := strengthen("east", id); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "again", strengthen("east", id), storage.ErrNotFound)
	f.view(func(r storage.Reader) error {
		got, err := r.SignInByToken([]byte("a"))
		if got.Way != storage.ByFactor || string(got.Proof) != "\x01\x00\x02" {
			t.Errorf("got %+v", got)
		}
		return err
	})
}

// enter signs a principal in at an instant, with a token of that name.
func (f *fixture) enter(agency, principal, token string, at, forget time.Time) storage.SignIn {
	f.t.Helper()
	var out storage.SignIn
	f.update(agency, func(w storage.Writer) error {
		s := storage.SignIn{
			Principal: principal, TokenHash: []byte(token), CreateTime: at, SeenTime: at, ExpireTime: at.Add(12 * time.Hour),
			Address: "192.0.2.7", Agent: "Firefox '𠮷'", Way: storage.ByPassword,
		}
		err := w.InsertSignIn(&s, forget, event(storage.PrincipalObject(principal), 0))
		out = s
		return err
	})
	return out
}

func testSignIn(t *testing.T, f *fixture) {
	f.addPerson("east", "li")
	f.addPerson("west", "li")
	a := f.enter("east", "li", "a", noon, time.Time{})
	b := f.enter("east", "li", "b", noon.Add(time.Second), time.Time{})
	other := f.enter("west", "li", "c", noon, time.Time{})
	err := f.store.Update(t.Context(), "west", func(w storage.Writer) error {
		s := storage.SignIn{Principal: "li", TokenHash: []byte("a"), CreateTime: noon, SeenTime: noon, ExpireTime: noon}
		return w.InsertSignIn(&s, time.Time{}, event(storage.PrincipalObject("li"), 0))
	})
	wantErr(t, "the same token again", err, storage.ErrExists)
	seen := noon.Add(time.Minute)
	f.update("east", func(w storage.Writer) error { return w.SeeSignIn(a.ID, seen) })
	f.update("east", func(w storage.Writer) error { return w.SeeSignIn(a.ID, noon) })        // late
	f.update("west", func(w storage.Writer) error { return w.SeeSignIn(b.ID, seen) })        // of another agency
	f.update("east", func(w storage.Writer) error { return w.SeeSignIn(other.ID+99, seen) }) // of nobody
	a.SeenTime = seen
	f.view(func(r storage.Reader) error {
		for _, want := range []storage.SignIn{a, b, other} {
			got, err := r.SignInByToken(want.TokenHash)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("by token (-want +got), %v:\n%s", err, diff)
			}
		}
		list, err := r.SignIns("east", "li")
		if diff := cmp.Diff([]storage.SignIn{b, a}, list); diff != "" || err != nil {
			t.Errorf("of east (-want +got), %v:\n%s", err, diff)
		}
		return nil
	})
}

func testSignInRemoved(t *testing.T, f *fixture) {
	f.addPerson("east", "li")
	f.addPerson("west", "li")
	a, other := f.enter("east", "li", "a", noon, time.Time{}), f.enter("west", "li", "b", noon, time.Time{})
	f.update("east", func(w storage.Writer) error {
		return w.RemovePrincipal("li", noon, event(storage.PrincipalObject("li"), 2))
	})
	f.view(func(r storage.Reader) error {
		_, err := r.SignInByToken(a.TokenHash)
		wantErr(t, "of a removed principal", err, storage.ErrNotFound)
		_, err = r.SignInByToken(other.TokenHash)
		return err
	})
}

func testSignInEnded(t *testing.T, f *fixture) {
	f.addPerson("east", "li")
	a, b := f.enter("east", "li", "a", noon, time.Time{}), f.enter("east", "li", "b", noon, time.Time{})
	end := func(agency string, id int64) error {
		return f.store.Update(t.Context(), agency, func(w storage.Writer) error {
			return w.EndSignIn(id, noon.Add(time.Hour), event(storage.PrincipalObject("li"), 0))
		})
	}
	wantErr(t, "ended by another agency", end("west", a.ID), storage.ErrNotFound)
	if err := end("east", a.ID); err != nil {
		t.Fatalf("end: %v", err)
	}
	wantErr(t, "ended again", end("east", a.ID), storage.ErrNotFound)
	f.view(func(r storage.Reader) error {
		_, err := r.SignInByToken(a.TokenHash)
		wantErr(t, "an ended one", err, storage.ErrNotFound)
		if _, err := r.SignInByToken(b.TokenHash); err != nil {
			t.Errorf("the other: %v", err)
		}
		list, err := r.SignIns("east", "li")
		if len(list) != 2 || !list[1].EndTime.Equal(noon.Add(time.Hour)) || !list[0].EndTime.IsZero() {
			t.Errorf("kept: %+v", list)
		}
		return err
	})
}

func testSignInsForgotten(t *testing.T, f *fixture) {
	f.addPerson("east", "li")
	f.addPerson("east", "sun")
	old := f.enter("east", "li", "a", noon, time.Time{})
	others := f.enter("east", "sun", "b", noon, time.Time{})
	later := noon.Add(31 * 24 * time.Hour)
	now := f.enter("east", "li", "c", later, later.Add(-30*24*time.Hour))
	if now.ID == old.ID || now.ID == others.ID {
		t.Errorf("the id %d came again", now.ID)
	}
	f.view(func(r storage.Reader) error {
		list, err := r.SignIns("east", "li")
		if diff := cmp.Diff([]storage.SignIn{now}, list); diff != "" || err != nil {
			t.Errorf("of li (-want +got), %v:\n%s", err, diff)
		}
		_, err = r.SignInByToken(others.TokenHash)
		return err
	})
}
