package postgres_test

import (
	"testing"

	"gongkai/storage"
	"gongkai/storage/postgres"
	"gongkai/storage/storagetest"
	"gongkai/storage/storagetest/pgtest"
)

func TestMigrateRows(t *testing.T) {
	p := pgtest.Start(t)
	prepare(t, p)
	dsn := database(t, p, "holders")
	storagetest.MigrateRows(t, func() storage.Store {
		s, err := postgres.Open(t.Context(), dsn, volatile)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}, func(statement string) {
		if _, err := exec(t, dsn, statement); err != nil {
			t.Fatal(err)
		}
	})
}
