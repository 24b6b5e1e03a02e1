package server_test

import (
	"database/sql"
	"testing"

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
