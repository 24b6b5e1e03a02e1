package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"gongkai/storage"
)

// Record is an event as a proof shows it: all that its leaf commits to. Personal data are
// there as a seal only, from which nothing follows about them.
type Record struct {
	Agency      string    `json:"agency"`
	N           int64     `json:"n"`
	Object      string    `json:"object"`
	Revision    int64     `json:"revision"`
	Time        time.Time `json:"time"`
	Actor       string    `json:"actor"`
	Action      string    `json:"action"`
	RequestID   string    `json:"request_id,omitempty"`
	RequestHash []byte    `json:"request_hash,omitempty"`
	Facts       string    `json:"facts"`
	Seal        []byte    `json:"seal,omitempty"`
}

// Proof shows that a record stood in a register when a checkpoint was made: the hashes
// beside the way from its leaf to the root.
type Proof struct {
	Version    int              `json:"v"`
	Record     Record           `json:"record"`
	Path       tlog.RecordProof `json:"path"`
	Checkpoint string           `json:"checkpoint"` // the signed note
}

const proofVersion = 1

// ErrNoProof says that there is nothing that could be proven.
var ErrNoProof = errors.New("it cannot be proven")

// Prove proves that a record stands in a register. It takes the smallest checkpoint of the
// agency in the files that covers the record: nobody can have changed it later than that.
func Prove(ctx context.Context, store storage.Viewer, keys note.Verifiers, agency string, n int64, files ...io.Reader) (Proof, error) {
	c, msg, err := covering(keys, agency, n, files)
	if err != nil {
		return Proof{}, fmt.Errorf("prove record %d: %w", n, err)
	}
	p := &prover{agency: agency, n: n, size: c.Size, wanted: map[int64]tlog.Hash{}}
	path, err := tlog.ProveRecord(c.Size, n-1, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		return p.hashes(ctx, store, indexes)
	}))
	if err == nil && len(path) == 0 { // a tree of one leaf asks for no hashes
		_, err = p.hashes(ctx, store, nil)
	}
	if err == nil && p.edge.Root() != c.Root {
		err = fmt.Errorf("%w: the register is not the one of the checkpoint of %s: verify it", ErrNoProof, c.Time.UTC().Format(time.RFC3339))
	}
	if err != nil {
		return Proof{}, fmt.Errorf("prove record %d: %w", n, err)
	}
	return Proof{proofVersion, p.record, path, string(msg)}, nil
}

// covering finds the smallest checkpoint of an agency that covers a record.
func covering(keys note.Verifiers, agency string, n int64, files []io.Reader) (best Checkpoint, msg []byte, err error) {
	for _, f := range files {
		_, err = notes(f, func(m []byte) error {
			c, err := open(m, keys)
			if err == nil && c.Agency == agency && c.Size >= n && (msg == nil || c.Size < best.Size) {
				best, msg = c, m
			}
			return nil // what is not signed proves nothing
		})
		if err != nil {
			return best, nil, err
		}
	}
	if msg == nil || n < 1 {
		return best, nil, fmt.Errorf("%w: no checkpoint in the files covers it", ErrNoProof)
	}
	return best, msg, nil
}

// prover reads the leaves of one agency for one proof.
type prover struct {
	agency string
	n      int64
	size   int64
	wanted map[int64]tlog.Hash
	edge   storage.Edge
	record Record
	found  bool
}

// hashes makes hashes of the tree, by their places among all, from the leaves.
func (p *prover) hashes(ctx context.Context, store storage.Viewer, indexes []int64) ([]tlog.Hash, error) {
	for _, i := range indexes {
		p.wanted[i] = tlog.Hash{}
	}
	for seq, more := int64(0), true; more && p.edge.Size() < p.size; {
		err := store.View(ctx, func(r storage.Reader) error {
			in, ok := r.(storage.Inspector)
			if !ok {
				return errors.New("the engine offers no inspection")
			}
			rows, err := in.EventRows(seq, pageSize)
			for i := range rows {
				seq = rows[i].Seq
				if err := p.take(&rows[i]); err != nil {
					return err
				}
			}
			more = len(rows) == pageSize
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if !p.found {
		return nil, fmt.Errorf("%w: it is not in the register", ErrNoProof)
	}
	list := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		list[i] = p.wanted[index]
	}
	return list, nil
}

// take puts the leaf of an event into the tree.
func (p *prover) take(x *storage.EventRow) error {
	if x.Row.Stray || x.Agency != p.agency || p.edge.Size() == p.size {
		return nil
	}
	leaf, ok := storage.LeafHash(x.Leaf)
	if !ok {
		return fmt.Errorf("%w: record %d has no leaf", ErrNoProof, x.N)
	}
	if x.N == p.n {
		if !bytes.Equal(x.Leaf, x.Hash()) {
			return fmt.Errorf("%w: the record is not the one that its leaf was made of", ErrNoProof)
		}
		p.record, p.found = recordOf(&x.Event), true
	}
	p.edge.Append(leaf, func(level int, n int64, root tlog.Hash) {
		index := tlog.StoredHashIndex(level, n)
		if _, ok := p.wanted[index]; ok {
			p.wanted[index] = root
		}
	})
	return nil
}

func recordOf(e *storage.Event) Record {
	return Record{
		Agency: e.Agency, N: e.N, Object: e.Object, Revision: e.Revision, Time: e.Time.UTC(), Actor: e.Actor, Action: e.Action,
		RequestID: e.RequestID, RequestHash: e.RequestHash, Facts: string(e.Facts), Seal: e.Seal,
	}
}

// leaf is the leaf of a record.
func (r *Record) leaf() tlog.Hash {
	e := storage.Event{
		Agency: r.Agency, N: r.N, Object: r.Object, Revision: r.Revision, Time: r.Time, Actor: r.Actor, Action: r.Action,
		RequestID: r.RequestID, RequestHash: r.RequestHash, Facts: []byte(r.Facts), Seal: r.Seal,
	}
	return tlog.Hash(e.Hash())
}

// ParseProof reads a proof.
func ParseProof(text []byte) (p Proof, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields() // what is not known is not checked
	if err := d.Decode(&p); err != nil {
		return p, fmt.Errorf("read a proof: %w", err)
	}
	if p.Version != proofVersion {
		return p, fmt.Errorf("read a proof: it has the form %d, this program knows %d", p.Version, proofVersion)
	}
	return p, nil
}

// Check verifies a proof without a register: that the checkpoint is signed by a known key,
// that it is one of the record's agency, and that the record stood in its tree.
func (p *Proof) Check(keys note.Verifiers) (Checkpoint, error) {
	c, err := open([]byte(p.Checkpoint), keys)
	if err != nil {
		return c, fmt.Errorf("checkpoint of the proof: %w", err)
	}
	if c.Agency != p.Record.Agency {
		return c, fmt.Errorf("%w: the checkpoint is of agency %q, the record of %q", ErrNoProof, c.Agency, p.Record.Agency)
	}
	if p.Record.N < 1 || p.Record.N > c.Size {
		return c, fmt.Errorf("%w: record %d in a tree of %d", ErrNoProof, p.Record.N, c.Size)
	}
	if err := tlog.CheckRecord(p.Path, c.Size, c.Root, p.Record.N-1, p.Record.leaf()); err != nil {
		return c, fmt.Errorf("%w: the record does not stand in the tree of the checkpoint: %w", ErrNoProof, err)
	}
	return c, nil
}
