package audit_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	_ "modernc.org/sqlite" // the driver, for tampering

	"gongkai/server/audit"
	"gongkai/storage"
	"gongkai/storage/sqlite"
)

var (
	seed    = flag.Uint64("audit.seed", 20260630, "seed of the tampering")
	tampers = flag.Int("audit.tampers", 200, "how many registers are tampered with")
)

var noon = time.Date(2026, 6, 30, 4, 0, 0, 0, time.UTC)

// register is a register with checkpoints, and what is needed to verify it.
type register struct {
	testing.TB
	path        string
	checkpoints string
	signer      note.Signer
	keys        note.Verifiers
	covered     map[string]int64 // records of each agency that a checkpoint holds
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// newKey is a key of its own for every text.
func newKey(t testing.TB, text string) (note.Signer, note.Verifiers, string) {
	t.Helper()
	private := ed25519.NewKeyFromSeed([]byte(fmt.Sprintf("%-32.32s", text)))
	public := must(audit.VerifierKey(private.Public()))(t)
	return must(audit.NewSigner(private))(t), must(audit.Verifiers("# key\n" + public + "\n"))(t), public
}

// newRegister writes a register of three agencies in steps, with checkpoints between them
// and some records after the last.
func newRegister(t testing.TB, rnd *rand.Rand, steps int) *register {
	t.Helper()
	dir := t.TempDir()
	r := &register{TB: t, path: filepath.Join(dir, "gongkai.db"), checkpoints: filepath.Join(dir, "audit.checkpoints")}
	r.signer, r.keys, _ = newKey(t, "the register's")
	store := must(sqlite.Open(t.Context(), r.path, sqlite.Options{}))(t)
	agencies := []string{"", "east", "west", "north"}
	begun := noon.Add(time.Duration(rnd.Int64N(1e15)))
	for _, id := range agencies[1:] {
		r.update(store, "", func(w storage.Writer) error {
			a := storage.Agency{ID: id, DisplayName: id, CreateTime: noon, Revision: 1}
			return w.InsertAgency(a, storage.Event{Object: storage.AgencyObject(id), Revision: 1, Time: begun, Action: "create_agency", Facts: []byte(`{"v":1}`)})
		})
	}
	revision := int64(0)
	for step := range steps {
		for range rnd.IntN(12) + 4 {
			revision++
			r.update(store, agencies[rnd.IntN(len(agencies))], func(w storage.Writer) error {
				return w.Record(someEvents(rnd, revision)...)
			})
		}
		if step < steps-1 {
			must(audit.Write(t.Context(), store, r.signer, audit.NewLog(r.checkpoints), noon.Add(time.Duration(step)*time.Minute)))(t)
			r.covered = sizes(t, store)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return r
}

func sizes(t testing.TB, store storage.Viewer) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	err := store.View(context.Background(), func(r storage.Reader) error {
		heads, err := r.Heads()
		for _, h := range heads {
			out[h.Agency] = h.Edge.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (r *register) update(store storage.Store, agency string, fn func(storage.Writer) error) {
	r.Helper()
	if err := store.Update(r.Context(), agency, fn); err != nil {
		r.Fatal(err)
	}
}

// someEvents are an act, often with words, and sometimes a reading after it.
func someEvents(rnd *rand.Rand, revision int64) []storage.Event {
	object := fmt.Sprintf("application/%d", rnd.IntN(5)+1)
	e := storage.Event{
		Object: object, Revision: revision, Time: noon.Add(time.Duration(revision) * time.Second), Actor: "principals/li",
		Action: "act", Facts: fmt.Appendf(nil, `{"v":1,"n":%d}`, revision),
	}
	if rnd.IntN(2) == 0 {
		e.Personal = fmt.Appendf(nil, `{"name":"申请人%d"}`, revision)
	}
	if rnd.IntN(3) == 0 {
		e.RequestID, e.RequestHash = fmt.Sprintf("r-%d", revision), []byte{byte(revision)}
	}
	list := []storage.Event{e}
	if rnd.IntN(4) == 0 {
		list = append(list, storage.Event{Object: "read/" + object, Time: e.Time, Actor: "principals/wang", Action: "read", Facts: []byte(`{"v":1}`)})
	}
	return list
}

// copied is a copy of a register that may be tampered with.
func (r *register) copied(t testing.TB) *tampered {
	t.Helper()
	c := *r
	c.TB, c.path = t, filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(c.path, must(os.ReadFile(r.path))(t), 0o600); err != nil {
		t.Fatal(err)
	}
	db := must(sql.Open("sqlite", c.path+"?_pragma=synchronous(OFF)&_pragma=journal_mode(OFF)"))(t)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return &tampered{&c, db}
}

// files are the checkpoints as they lie on the disk.
func (r *register) files() []io.Reader {
	r.Helper()
	return []io.Reader{bytes.NewReader(must(os.ReadFile(r.checkpoints))(r))}
}

// verify verifies the register against its checkpoints or others; see is what the verifier
// reads through.
func (r *register) verify(see func(storage.Viewer) storage.Viewer, files ...io.Reader) (found []audit.Finding, sum audit.Summary) {
	r.Helper()
	if files == nil {
		files = r.files()
	}
	store := must(sqlite.OpenReadOnly(r.Context(), r.path))(r)
	defer store.Close()
	v := storage.Viewer(store)
	if see != nil {
		v = see(store)
	}
	sum = must(audit.Verify(r.Context(), v, audit.Config{Keys: r.keys, Report: func(f audit.Finding) { found = append(found, f) }}, files...))(r)
	return found, sum
}

func TestVerifySound(t *testing.T) {
	t.Logf("seed %d", *seed)
	rnd := rand.New(rand.NewPCG(*seed, 0))
	for _, steps := range []int{1, 2, 9} {
		r := newRegister(t, rnd, steps)
		if steps == 1 { // nothing is covered yet
			must(audit.Write(t.Context(), must(sqlite.OpenReadOnly(t.Context(), r.path))(t), r.signer, audit.NewLog(r.checkpoints), noon))(t)
			r.covered = sizes(t, must(sqlite.OpenReadOnly(t.Context(), r.path))(t))
		}
		found, sum := r.verify(nil)
		if len(found) > 0 {
			t.Errorf("%d steps: %+v", steps, found)
		}
		covered := int64(0)
		for _, n := range r.covered {
			covered += n
		}
		if sum.Covered != covered || sum.Events < covered || sum.Agencies != 3 || sum.Findings != 0 || sum.Installation == "" {
			t.Errorf("%d steps: summary %+v, want %d records covered", steps, sum, covered)
		}
	}
}

// TestNoCheckpoint: a register that is compared with nothing is not said to be sound,
// whatever else lies in the files.
func TestNoCheckpoint(t *testing.T) {
	r := newRegister(t, rand.New(rand.NewPCG(*seed, 4)), 2)
	raw := must(io.ReadAll(r.files()[0]))(t)
	for name, text := range map[string]string{
		"empty": "", "something else": "# key\n", "signatures cut out": strings.ReplaceAll(string(raw), "— ", ""),
	} {
		found, sum := r.verify(nil, strings.NewReader(text))
		if len(found) != 1 || found[0].Check != audit.Unproven || sum.Covered != 0 {
			t.Errorf("%s: %+v, %+v", name, found, sum)
		}
	}
}

// TestErased: personal data may go, and nothing that was proven falls.
func TestErased(t *testing.T) {
	r := newRegister(t, rand.New(rand.NewPCG(*seed, 1)), 4)
	c := r.copied(t)
	c.erase()
	if found, _ := c.verify(nil); len(found) > 0 {
		t.Errorf("erased: %+v", found)
	}
	c.exec("UPDATE event_personal SET data = zeroblob(32) WHERE seq = (SELECT max(seq) FROM event_personal)")
	if found, _ := c.verify(nil); len(found) != 1 || found[0].Check != audit.Leaf {
		t.Errorf("another seal: %+v", found)
	}
}

// TestCheckpointsOfOthers: only what a known key has signed of this register counts.
func TestCheckpointsOfOthers(t *testing.T) {
	r, other := newRegister(t, rand.New(rand.NewPCG(*seed, 2)), 3), newRegister(t, rand.New(rand.NewPCG(*seed, 3)), 3)
	found, sum := r.verify(nil, other.files()...)
	if len(found) < 2 || found[0].Check != audit.Foreign || sum.Covered != 0 {
		t.Errorf("checkpoints of another register: %+v, %+v", found, sum)
	}
	_, r.keys, _ = newKey(t, "another")
	found, sum = r.verify(nil)
	for _, f := range found {
		if f.Check != audit.Forged {
			t.Errorf("signed by another key: %+v", f)
		}
	}
	if len(found) == 0 || sum.Checkpoints != 0 {
		t.Errorf("signed by another key: %d findings, %d checkpoints", len(found), sum.Checkpoints)
	}
	r.signer, r.keys, _ = newKey(t, "the register's")
	text := string(must(io.ReadAll(r.files()[0]))(t))
	forged := strings.Replace(text, "/agencies/east\n", "/agencies/west\n", 1)
	if found, _ = r.verify(nil, strings.NewReader(forged)); len(found) != 1 || found[0].Check != audit.Forged {
		t.Errorf("agency changed: %+v", found)
	}
}
