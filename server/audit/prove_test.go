package audit_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"gongkai/server/audit"
	"gongkai/storage"
	"gongkai/storage/sqlite"
)

// TestProofs proves every record that a checkpoint holds; with anything about it changed,
// no proof holds.
func TestProofs(t *testing.T) {
	t.Logf("seed %d", *seed)
	rnd := rand.New(rand.NewPCG(*seed, 20))
	r := newRegister(t, rnd, 3)
	store := must(sqlite.OpenReadOnly(t.Context(), r.path))(t)
	defer store.Close()
	for agency, size := range r.covered {
		for n := int64(1); n <= size; n++ {
			p := must(audit.Prove(t.Context(), store, r.keys, agency, n, r.files()...))(t)
			p = must(audit.ParseProof(must(json.Marshal(p))(t)))(t) // as it travels
			c := must(p.Check(r.keys))(t)
			if c.Agency != agency || p.Record.N != n || c.Size < n {
				t.Fatalf("record %d of %q is proven as %d of %+v", n, agency, p.Record.N, c)
			}
			if changed := falsify(rnd, &p); n%5 == 0 {
				if _, err := p.Check(r.keys); err == nil {
					t.Errorf("record %d of %q with another %s is proven", n, agency, changed)
				}
			}
		}
		for _, n := range []int64{0, -1, size + 1} {
			if _, err := audit.Prove(t.Context(), store, r.keys, agency, n, r.files()...); !errors.Is(err, audit.ErrNoProof) {
				t.Errorf("record %d of %d of %q: %v", n, size, agency, err)
			}
		}
	}
	_, foreign, _ := newKey(t, "another")
	p := must(audit.Prove(t.Context(), store, r.keys, "", 1, r.files()...))(t)
	if _, err := p.Check(foreign); err == nil {
		t.Error("a proof holds by a key that signed nothing")
	}
}

// falsify changes one thing in a proof and says which.
func falsify(rnd *rand.Rand, p *audit.Proof) string {
	x := &p.Record
	changes := []struct {
		name string
		do   func()
	}{
		{"agency", func() { x.Agency += "x" }},
		{"place", func() { x.N++ }},
		{"object", func() { x.Object += "x" }},
		{"revision", func() { x.Revision++ }},
		{"time", func() { x.Time = x.Time.Add(1000) }},
		{"actor", func() { x.Actor += "x" }},
		{"action", func() { x.Action += "x" }},
		{"request", func() { x.RequestID += "x" }},
		{"hash of the request", func() { x.RequestHash = append(x.RequestHash, 0) }},
		{"facts", func() { x.Facts += " " }},
		{"seal", func() { x.Seal = append(x.Seal, 0) }},
		{"path", func() { p.Path = append(p.Path, tlog.Hash{}) }},
		{"size", func() { p.Checkpoint = strings.Replace(p.Checkpoint, "\n", "\n1", 1) }},
	}
	c := changes[rnd.IntN(len(changes))]
	c.do()
	return c.name
}

// TestProofOfTampered: what was changed after the checkpoint cannot be proven.
func TestProofOfTampered(t *testing.T) {
	r := newRegister(t, rand.New(rand.NewPCG(*seed, 21)), 3)
	for name, skill := range map[string]int{"record changed": 0, "leaf made anew": 1, "tree made anew": 2} {
		c := r.copied(t)
		c.exec("UPDATE event SET facts = '{}' WHERE n = 2 AND agency = 0")
		if skill > 0 {
			c.remake(skill > 1)
		}
		store := must(sqlite.OpenReadOnly(t.Context(), c.path))(t)
		if _, err := audit.Prove(t.Context(), store, r.keys, "", 2, r.files()...); !errors.Is(err, audit.ErrNoProof) {
			t.Errorf("%s: %v", name, err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestEdge compares the edge, at every size, with trees that keep every hash.
func TestEdge(t *testing.T) {
	var e storage.Edge
	stored := map[int64]tlog.Hash{}
	read := tlog.HashReaderFunc(func(indexes []int64) (list []tlog.Hash, err error) {
		for _, i := range indexes {
			list = append(list, stored[i])
		}
		return list, nil
	})
	for n := range int64(300) {
		leaf := tlog.RecordHash(fmt.Append(nil, n))
		want := must(tlog.StoredHashesForRecordHash(n, leaf, read))(t)
		for i, h := range want {
			stored[tlog.StoredHashIndex(0, n)+int64(i)] = h
		}
		var got []tlog.Hash
		e.Append(leaf, func(level int, n int64, h tlog.Hash) {
			got = append(got, h)
			if h != stored[tlog.StoredHashIndex(level, n)] {
				t.Fatalf("hash %d of level %d differs", n, level)
			}
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("complete with leaf %d:\n%s", n, diff)
		}
		if root := must(tlog.TreeHash(n+1, read))(t); root != e.Root() {
			t.Fatalf("root at %d is %s, want %s", n+1, e.Root(), root)
		}
		var again storage.Edge
		if err := again.UnmarshalBinary(must(e.MarshalBinary())(t)); err != nil || again.Root() != e.Root() || again.Size() != n+1 {
			t.Fatalf("stored at %d: %v", n+1, err)
		}
	}
	if from, to := e.Parting(&e); from != 0 || to != 0 {
		t.Errorf("a tree parts from itself at %d–%d", from, to)
	}
}

// TestParting: where one leaf differs, two trees part around it.
func TestParting(t *testing.T) {
	for size := int64(1); size < 70; size++ {
		for n := int64(1); n <= size; n++ {
			var a, b storage.Edge
			for i := int64(1); i <= size; i++ {
				leaf := tlog.RecordHash(fmt.Append(nil, i))
				a.Append(leaf, nil)
				if i == n {
					leaf = tlog.Hash{}
				}
				b.Append(leaf, nil)
			}
			if from, to := a.Parting(&b); n < from || to < n || to > size {
				t.Fatalf("of %d leaves %d differs, told %d–%d", size, n, from, to)
			}
		}
	}
}

func TestEdgeOfDamaged(t *testing.T) {
	for name, b := range map[string][]byte{
		"short": make([]byte, 7), "negative": {0xff, 0, 0, 0, 0, 0, 0, 0}, "no roots": {0, 0, 0, 0, 0, 0, 0, 1},
		"a root too many": make([]byte, 8+32),
	} {
		var e storage.Edge
		if err := e.UnmarshalBinary(b); err == nil {
			t.Errorf("%s: taken for a tree of %d", name, e.Size())
		}
	}
	var e storage.Edge
	if err := e.UnmarshalBinary(nil); err != nil || e.Size() != 0 {
		t.Errorf("nothing: %v", err)
	}
}

func FuzzCheckpoint(f *testing.F) {
	c := audit.Checkpoint{Installation: "0123456789abcdef", Agency: "jyj", Size: 17, Time: noon}
	f.Add(c.Text())
	c.Agency = ""
	f.Add(c.Text() + "later\n")
	f.Add("gongkai//agencies/\n0\n\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := audit.ParseCheckpoint(text)
		if err != nil {
			return
		}
		again, err := audit.ParseCheckpoint(c.Text())
		if diff := cmp.Diff(c, again); diff != "" || err != nil {
			t.Errorf("%q is another checkpoint once it is written (%v):\n%s", text, err, diff)
		}
	})
}

func FuzzProof(f *testing.F) {
	f.Add([]byte(`{"v":1,"record":{"agency":"jyj","n":1,"facts":"{}"},"path":["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],"checkpoint":"x"}`))
	_, keys, _ := newKey(f, "the register's")
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := audit.ParseProof(text)
		if err != nil {
			return
		}
		if _, err := p.Check(keys); err == nil {
			t.Errorf("%q proves something, though nobody signed anything", text)
		}
	})
}
