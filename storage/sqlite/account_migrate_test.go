package sqlite_test

import (
	"testing"

	"gongkai/storage"
	"gongkai/storage/sqlite"
)

// TestMigrateAccounts takes a register back to before people could sign in and forward
// again: nothing else moves, nobody has a password, and one can be set.
func TestMigrateAccounts(t *testing.T) {
	sound := soundRegister(t, 4)
	want := must(dump(t.Context(), sound))(t)
	d := spoil(t, sound)
	for _, text := range []string{
		"DROP INDEX agency_successor", "ALTER TABLE agency DROP COLUMN successor",
		"DROP INDEX application_held", "DROP INDEX application_held_due", "ALTER TABLE application DROP COLUMN holder",
		"DROP TABLE sign_in", "DROP TABLE credential", "DROP INDEX principal_person", "ALTER TABLE principal DROP COLUMN person", "DELETE FROM goose_db_version WHERE version_id >= 6",
	} {
		if _, err := d.db.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	store, err := sqlite.Open(t.Context(), d.path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	defer func() {
		if !closed {
			_ = store.Close()
		}
	}()
	err = store.View(t.Context(), func(r storage.Reader) error {
		list, err := r.Principals("shi")
		for _, p := range list {
			if _, err := r.Credential("shi", p.ID); err == nil {
				t.Errorf("%s has a password", p.ID)
			}
		}
		if len(list) == 0 {
			t.Error("the register has no principals")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	closed = true
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if got := must(dumpBeside(t.Context(), d.path))(t); got != want {
		t.Errorf("the migration moved %s", firstDifference(want, got))
	}
	for _, f := range d.verify().findings {
		t.Errorf("the migration left %+v", f)
	}
	store = must(sqlite.Open(t.Context(), d.path, sqlite.Options{}))(t)
	closed = false
	err = store.Update(t.Context(), "shi", func(w storage.Writer) error {
		list, err := w.Principals("shi")
		if err != nil {
			return err
		}
		return w.PutCredential(storage.Credential{Principal: list[0].ID, Password: "x", Revision: 1})
	})
	if err != nil {
		t.Error(err)
	}
}
