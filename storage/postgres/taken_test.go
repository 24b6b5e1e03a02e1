package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"gongkai/storage"
	"gongkai/storage/storagetest/pgtest"
)

// TestTakenByAnotherServer: two servers find the same identity free. Whoever is later looks
// again and learns that it is taken.
func TestTakenByAnotherServer(t *testing.T) {
	p := pgtest.Start(t)
	prepare(t, p)
	dsn := database(t, p, "taken")
	stores := []storage.Store{open(t, dsn, volatile, asIs), open(t, dsn, volatile, asIs)}
	agencies := []string{"east", "west"}
	for _, id := range agencies {
		addAgency(t, stores[0], id, "")
		err := stores[0].Update(t.Context(), id, func(w storage.Writer) error {
			return w.InsertPrincipal(storage.Principal{Agency: id, ID: "li", TokenHash: []byte(id)}, storage.Event{Object: storage.PrincipalObject("li"), Revision: 1})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var looked, done sync.WaitGroup
	looked.Add(len(agencies))
	errs := make([]error, len(agencies))
	for i, id := range agencies {
		done.Go(func() {
			first := true
			errs[i] = stores[i].Update(t.Context(), id, func(w storage.Writer) error {
				_, err := w.CredentialBySubject("https://id.example", "4711")
				if first {
					first = false
					looked.Done()
					looked.Wait()
				}
				if err == nil {
					return storage.ErrExists
				}
				if !errors.Is(err, storage.ErrNotFound) {
					return err
				}
				c := storage.Credential{Agency: id, Principal: "li", Issuer: "https://id.example", Subject: "4711", Revision: 1}
				return w.PutCredential(c, storage.Event{Object: storage.PrincipalObject("li"), Revision: 2})
			})
		})
	}
	done.Wait()
	slices.SortFunc(errs, func(a, b error) int { return len(fmt.Sprint(a)) - len(fmt.Sprint(b)) })
	if taken := errs[1]; errs[0] != nil || !errors.Is(taken, storage.ErrExists) {
		t.Errorf("want one linked and one told that it is taken, got %v", errs)
	}
}
