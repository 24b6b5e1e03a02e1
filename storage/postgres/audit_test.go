package postgres_test

import (
	"bytes"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"gongkai/server/audit"
	"gongkai/storage"
	"gongkai/storage/postgres"
	"gongkai/storage/storagetest/pgtest"
)

// heads are the trees of a store, by their roots.
func heads(t *testing.T, store storage.Viewer) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := store.View(t.Context(), func(r storage.Reader) error {
		list, err := r.Heads()
		for _, h := range list {
			out[h.Agency] = h.Edge.Root().String()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestAudit verifies a register on PostgreSQL against a checkpoint: sound as written and
// with its trees made anew; what is changed behind the store's back is named.
func TestAudit(t *testing.T) {
	dsn, err := pgtest.Start(t).Create(t.Context(), "audit")
	if err != nil {
		t.Fatal(err)
	}
	store, err := postgres.Open(t.Context(), dsn, volatile)
	if err != nil {
		t.Fatal(err)
	}
	write(t, store)
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	signer, err := audit.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "checkpoints")
	if _, err := audit.Write(t.Context(), store, signer, audit.NewLog(path), time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	before := heads(t, store)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	exec := func(text string) {
		t.Helper()
		if tag, err := conn.Exec(t.Context(), text); err != nil || tag.RowsAffected() == 0 {
			t.Fatalf("%s: %v, %v", text, tag, err)
		}
	}
	exec("UPDATE agency SET edge = NULL")
	if store, err = postgres.Open(t.Context(), dsn, volatile); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, heads(t, store)); diff != "" {
		t.Errorf("trees made anew:\n%s", diff)
	}
	exec("UPDATE agency SET edge = NULL WHERE id = 'east'") // while it is served
	err = store.Update(t.Context(), "east", func(w storage.Writer) error {
		return w.Record(storage.Event{Object: "read/application", Action: "read", Facts: []byte(`{"v":1}`)})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	verified := func() (found []audit.Finding) {
		t.Helper()
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		public, err := audit.VerifierKey(key.Public())
		if err != nil {
			t.Fatal(err)
		}
		keys, err := audit.Verifiers(public)
		if err != nil {
			t.Fatal(err)
		}
		readOnly, err := postgres.OpenReadOnly(t.Context(), dsn, volatile)
		if err != nil {
			t.Fatal(err)
		}
		defer readOnly.Close()
		sum, err := audit.Verify(t.Context(), readOnly, audit.Config{Keys: keys, Report: func(f audit.Finding) { found = append(found, f) }}, bytes.NewReader(raw))
		if err != nil || sum.Covered == 0 {
			t.Fatalf("%+v, %v", sum, err)
		}
		if _, err := audit.Prove(t.Context(), readOnly, keys, "east", 1, bytes.NewReader(raw)); err != nil {
			t.Errorf("proof: %v", err)
		}
		return found
	}
	if found := verified(); len(found) > 0 {
		t.Errorf("sound: %+v", found)
	}
	exec("UPDATE event SET actor = 'x' WHERE n = 2 AND agency = (SELECT key FROM agency WHERE id = 'east')")
	if found := verified(); len(found) != 1 || found[0].Check != audit.Leaf || !found[0].Covers("east", 2) {
		t.Errorf("actor changed: %+v", found)
	}
}
