package sqlite_test

import (
	"testing"

	"gongkai/storage/sqlite"
)

// TestMigrateQueue takes a register back to the first schema and forward again: what the
// migration can tell stands there as it did, and for every case that waits a day of lapse
// that lets it be looked at.
func TestMigrateQueue(t *testing.T) {
	d := spoil(t, soundRegister(t, 16))
	orders, waiting := "SELECT group_concat(id) FROM application WHERE ordered", "SELECT group_concat(id) FROM application WHERE lapse_date IS NOT NULL"
	ordered, lapsing := d.text(orders), d.text(waiting) // fails if there is none
	for _, text := range []string{
		"DROP INDEX agency_successor", "ALTER TABLE agency DROP COLUMN successor",
		"DROP INDEX application_held", "DROP INDEX application_held_due", "ALTER TABLE application DROP COLUMN holder",
		"DROP INDEX application_ordered", "DROP INDEX application_state",
		"ALTER TABLE application DROP COLUMN ordered", "ALTER TABLE application DROP COLUMN lapse_date",
		"ALTER TABLE agency DROP COLUMN edge", "ALTER TABLE agency DROP COLUMN idle",
		"DROP TABLE search", "DROP TABLE search_held", "DROP TABLE search_progress", "DROP TABLE search_changed", "DROP TABLE attachment", "DROP TABLE sign_in", "DROP TABLE credential",
		"DROP INDEX principal_person", "ALTER TABLE principal DROP COLUMN person",
		"DELETE FROM goose_db_version WHERE version_id > 1",
	} {
		if _, err := d.db.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	store, err := sqlite.Open(t.Context(), d.path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if got := d.text(orders); got != ordered {
		t.Errorf("ordered are %s, were %s", got, ordered)
	}
	if got := d.text(waiting + " AND id IN (" + lapsing + ")"); got != lapsing {
		t.Errorf("a day of lapse have %s, had %s", got, lapsing)
	}
	for _, f := range d.verify().findings {
		if f.Column != "lapse_date" {
			t.Errorf("the migration left %+v", f)
		}
	}
}
