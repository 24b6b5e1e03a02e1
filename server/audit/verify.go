package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"gongkai/storage"
)

// pageSize is how many events one View looks at.
const pageSize = 1000

// Config says what to verify a register against.
type Config struct {
	Keys     note.Verifiers
	Report   func(Finding)
	Progress func(Summary) // may be nil
}

// Verify reads all events of a register, makes the trees of all agencies anew and compares
// them with the register's own and with every checkpoint in the files. What was recorded
// while it reads is not looked at, so that it may run beside a server.
//
// The leaf of a record is compared with the record, and the tree with the leaves: whatever
// was changed, put in, left out, moved or cut off behind the store's back is found. If
// that was done with the leaves and the tree made anew, a checkpoint older than the deed
// finds it, and says between which records it lies.
func Verify(ctx context.Context, store storage.Viewer, c Config, files ...io.Reader) (Summary, error) {
	v := &verifier{Config: c, store: store, registers: map[string]*register{}, strays: map[string]bool{}}
	for _, step := range []func(context.Context) error{
		v.heads, func(context.Context) error { return v.checkpoints(files) }, v.events, v.settle,
	} {
		if err := step(ctx); err != nil {
			return v.sum, fmt.Errorf("verify the audit: %w", err)
		}
	}
	return v.sum, nil
}

// verifier is one run.
type verifier struct {
	Config
	store     storage.Viewer
	sum       Summary
	registers map[string]*register
	strays    map[string]bool
}

// register is what is known of the register of one agency.
type register struct {
	head    storage.Head // when the verification began
	edge    storage.Edge // of the leaves read
	last    int64        // place of the event read last
	beyond  int64        // the last place after those of the head
	known   []Checkpoint // still to be compared
	agrees  int64        // size of the last checkpoint that agrees
	differs bool
	gone    bool // no such agency is there
}

func (v *verifier) find(f Finding) {
	v.sum.Findings++
	v.Report(f)
}

// view reads within one View.
func (v *verifier) view(ctx context.Context, fn func(storage.Inspector) error) error {
	err := v.store.View(ctx, func(r storage.Reader) error {
		in, ok := r.(storage.Inspector)
		if !ok {
			return errors.New("the engine offers no inspection")
		}
		return fn(in)
	})
	if err == nil && v.Progress != nil {
		v.Progress(v.sum)
	}
	return err
}

// heads reads the trees as they stand.
func (v *verifier) heads(ctx context.Context) error {
	return v.view(ctx, func(in storage.Inspector) error {
		list, err := in.Heads()
		if err != nil {
			return err
		}
		for _, h := range list {
			v.registers[h.Agency] = &register{head: h}
			switch {
			case h.Fault != nil:
				v.find(Finding{Agency: h.Agency, Check: Unreadable, Detail: h.Fault.Error()})
			case h.Edge.Size() != h.Events:
				v.find(Finding{Agency: h.Agency, Check: Count, Detail: fmt.Sprintf("tree %d, count %d", h.Edge.Size(), h.Events)})
			}
		}
		v.sum.Agencies = int64(len(list)) - 1 // the installation's own register is none
		origin, err := in.Origin()
		if errors.Is(err, storage.ErrNotFound) {
			return nil
		}
		v.sum.Installation = Installation(origin)
		return err
	})
}

// checkpoints reads the files of checkpoints.
func (v *verifier) checkpoints(files []io.Reader) error {
	foreign, forged := map[string]bool{}, false
	for _, f := range files {
		torn, err := notes(f, func(msg []byte) error {
			c, err := open(msg, v.Keys)
			switch {
			case errors.Is(err, errMalformed):
				v.sum.Torn++
			case err != nil:
				forged = true
				v.find(Finding{Agency: c.Agency, Check: Forged, Checkpoint: c.Size, Detail: err.Error()})
			default:
				v.checkpoint(c, foreign)
			}
			return nil
		})
		if err != nil {
			return err
		}
		v.sum.Torn += int64(torn)
	}
	if v.sum.Checkpoints == 0 && !forged && v.sum.Installation != "" {
		v.find(Finding{Check: Unproven})
	}
	for _, r := range v.registers {
		bySize(r.known)
	}
	return nil
}

// checkpoint takes in one checkpoint. Of each foreign register it tells once.
func (v *verifier) checkpoint(c Checkpoint, foreign map[string]bool) {
	v.sum.Checkpoints++
	if c.Installation != v.sum.Installation && !foreign[c.Installation] {
		foreign[c.Installation] = true
		v.find(Finding{Agency: c.Agency, Check: Foreign, Checkpoint: c.Size, Detail: c.Installation + " ≠ " + v.sum.Installation})
	}
	if v.registers[c.Agency] == nil {
		v.registers[c.Agency] = &register{head: storage.Head{Agency: c.Agency}, gone: true}
		v.find(Finding{Agency: c.Agency, From: 1, To: c.Size, Check: Gone, Checkpoint: c.Size})
	}
	r := v.registers[c.Agency]
	r.known = append(r.known, c)
}

// events looks at all events in the order in which they were stored.
func (v *verifier) events(ctx context.Context) error {
	for seq, more := int64(0), true; more; {
		err := v.view(ctx, func(in storage.Inspector) error {
			rows, err := in.EventRows(seq, pageSize)
			if err != nil {
				return err
			}
			for i := range rows {
				if rows[i].Seq <= seq {
					return fmt.Errorf("event %d follows %d: the file is damaged", rows[i].Seq, seq)
				}
				seq = rows[i].Seq
				v.event(&rows[i])
			}
			more = len(rows) == pageSize
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// event looks at one event.
func (v *verifier) event(x *storage.EventRow) {
	r := v.registers[x.Agency]
	switch {
	case x.Row.Stray:
		v.stray(x)
		return
	case r == nil: // an agency that is younger than this verification
		return
	case x.N > r.limit():
		r.beyond = max(r.beyond, x.N)
		return
	}
	v.sum.Events++
	switch want := r.last + 1; {
	case x.N > want:
		v.find(Finding{Agency: x.Agency, From: want, To: x.N - 1, Check: Missing})
		r.last = x.N
	case x.N < want:
		v.find(Finding{Agency: x.Agency, From: x.N, To: x.N, Check: Order, Detail: x.Object})
	default:
		r.last = x.N
	}
	hash := x.Hash()
	if !bytes.Equal(x.Leaf, hash) {
		v.find(Finding{Agency: x.Agency, From: x.N, To: x.N, Check: Leaf, Detail: x.Object})
	}
	leaf, ok := storage.LeafHash(x.Leaf)
	if !ok {
		leaf = tlog.Hash(hash)
	}
	r.edge.Append(leaf, nil)
	v.compare(r)
}

// limit is up to which place the events of a register were there when the verification
// began. What a damaged tree says is no measure.
func (r *register) limit() int64 { return max(r.head.Edge.Size(), r.head.Events) }

func (v *verifier) stray(x *storage.EventRow) {
	if !v.strays[x.Agency] {
		v.strays[x.Agency] = true
		v.find(Finding{Agency: x.Agency, From: x.N, To: x.N, Check: Stray, Detail: x.Object})
	}
}

// compare compares a tree that has grown with the register's own and with the checkpoints
// of that size. Once one differs, so do all later ones.
func (v *verifier) compare(r *register) {
	size := r.edge.Size()
	if r.head.Fault == nil && size == r.head.Edge.Size() {
		if from, to := r.edge.Parting(&r.head.Edge); from != 0 {
			v.find(Finding{Agency: r.head.Agency, From: from, To: to, Check: Edge})
		}
	}
	for len(r.known) > 0 && r.known[0].Size <= size {
		c := r.known[0]
		r.known = r.known[1:]
		switch {
		case r.differs:
		case c.Root == r.edge.Root():
			r.agrees = size
		default:
			r.differs = true
			v.find(Finding{Agency: r.head.Agency, From: r.agrees + 1, To: size, Check: Differs, Checkpoint: c.Size, Detail: c.Time.UTC().Format(time.RFC3339)})
		}
	}
}

// settle tells of what is missing at the end.
func (v *verifier) settle(ctx context.Context) error {
	now := map[string]int64{}
	err := v.view(ctx, func(in storage.Inspector) error {
		list, err := in.Heads()
		for i := range list {
			now[list[i].Agency] = list[i].Edge.Size()
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(v.registers)) {
		r := v.registers[id]
		v.sum.Covered += r.agrees
		size := r.edge.Size()
		switch {
		case size < r.limit():
			v.find(Finding{Agency: id, From: r.last + 1, To: max(r.last+1, r.limit()), Check: Count, Detail: fmt.Sprintf("tree %d, records %d", r.limit(), size)})
		case r.beyond > now[id]:
			v.find(Finding{Agency: id, From: now[id] + 1, To: r.beyond, Check: Count, Detail: fmt.Sprintf("tree %d, records %d", now[id], r.beyond)})
		}
		if n := len(r.known); n > 0 && !r.differs && !r.gone {
			// Of those after the last checkpoint that agrees, none can be told to be there.
			c := r.known[n-1]
			v.find(Finding{Agency: id, From: r.agrees + 1, To: c.Size, Check: Truncated, Checkpoint: c.Size, Detail: c.Time.UTC().Format(time.RFC3339)})
		}
	}
	return nil
}
