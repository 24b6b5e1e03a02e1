package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"gongkai/storage"
	"gongkai/storage/sqlite"
	"gongkai/storage/storagetest"
)

func TestMigrateRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gongkai.db")
	storagetest.MigrateRows(t, func() storage.Store {
		s := must(sqlite.Open(t.Context(), path, sqlite.Options{}))(t)
		t.Cleanup(func() { _ = s.Close() })
		return s
	}, func(statement string) {
		db := must(sql.Open("sqlite", path))(t)
		defer db.Close()
		must(db.ExecContext(t.Context(), statement))(t)
	})
}
