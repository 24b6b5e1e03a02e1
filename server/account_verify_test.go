package server_test

import (
	"database/sql"
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/password"
	"gongkai/server/verify"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// wantClean verifies the register.
func wantClean(t *testing.T, d *desk) {
	t.Helper()
	if got := findings(t, d); len(got) > 0 {
		t.Errorf("found %v", got)
	}
}

func findings(t *testing.T, d *desk) (list []verify.Finding) {
	t.Helper()
	_, err := verify.Verify(t.Context(), d.store, verify.Config{
		Rules: func(a storage.Agency) workflow.Rules {
			return workflow.Rules{Calendar: calendar.Embedded(), Settings: a.Settings}
		},
		Report: func(f verify.Finding) { list = append(list, f) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestForgedCredential writes what nobody did into the store itself: each is found.
func TestForgedCredential(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	d.officer("wjw", "li")
	d.enrol(d.enter("wjw/li", good, ""))
	wantClean(t, d)
	known, err := d.hasher.Hash(t.Context(), "known")
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+d.path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, tt := range []struct{ name, column, value string }{
		{"a known password", "password", "'" + known + "'"},
		{"the device taken away", "code", "NULL"},
		{"another device", "code", "x'00'"},
		{"a password kept for longer", "set_time", "set_time + 1"},
		{"a given one made one's own", "given", "NOT given"},
		{"no history", "previous", "''"},
		{"recovery codes", "recovery", "zeroblob(32)"},
		{"a proposed device", "proposed_code", "x'00'"},
		{"a revision", "revision", "revision + 1"},
	} {
		run := func(text string) {
			if _, err := db.ExecContext(t.Context(), text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
		run("DROP TABLE IF EXISTS kept_credential")
		run("CREATE TABLE kept_credential AS SELECT * FROM credential")
		run("UPDATE credential SET " + tt.column + " = " + tt.value)
		if got := findings(t, d); len(got) == 0 || got[0].Object != "credential/li" {
			t.Errorf("%s: found %v", tt.name, got)
		}
		run("DELETE FROM credential")
		if got := findings(t, d); len(got) == 0 || got[0].Object != "credential/li" {
			t.Errorf("deleted: found %v", got)
		}
		run("INSERT INTO credential SELECT * FROM kept_credential")
	}
	if _, err := db.ExecContext(t.Context(), "DROP TABLE kept_credential"); err != nil {
		t.Fatal(err)
	}
	wantClean(t, d)
}

// TestForgedDuty writes duties into the store itself that nobody gave: each is found.
func TestForgedDuty(t *testing.T) {
	a := setUpApart(t)
	if _, err := a.make(a.security, "", "li", pb.Principal_AUDITOR, "1003"); err != nil {
		t.Fatal(err)
	}
	wantClean(t, a.desk)
	db, err := sql.Open("sqlite", "file:"+a.path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, tt := range []struct{ name, object, do, undo string }{
		{"another role", "principal/li", "UPDATE principal SET role = 'SECURITY_ADMINISTRATOR' WHERE id = 'li'", "UPDATE principal SET role = 'AUDITOR' WHERE id = 'li'"},
		{"another person", "principal/li", "UPDATE principal SET person = '1004' WHERE id = 'li'", "UPDATE principal SET person = '1003' WHERE id = 'li'"},
		{"nobody", "principal/sun", "UPDATE principal SET person = '' WHERE id = 'sun'", "UPDATE principal SET person = 'NO-SUN' WHERE id = 'sun'"},
		{
			"one that was never made", "principal/wu", `INSERT INTO principal (agency, id, role, token_hash, create_time, person)
				SELECT agency, 'wu', role, x'00', create_time, '1009' FROM principal WHERE id = 'sun'`, "DELETE FROM principal WHERE id = 'wu'",
		},
		{"one that was removed", "principal/admin", "UPDATE principal SET remove_time = NULL WHERE id = 'admin'", ""},
	} {
		if _, err := db.ExecContext(t.Context(), tt.do); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if got := findings(t, a.desk); len(got) == 0 || got[0].Object != tt.object {
			t.Errorf("%s: found %v", tt.name, got)
		}
		if tt.undo == "" {
			continue
		}
		if _, err := db.ExecContext(t.Context(), tt.undo); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE principal SET person = 'NO-SUN' WHERE id = 'li'"); err == nil {
		t.Error("two duties of one person can be written")
	}
}
