package audit

import (
	"context"
	"log/slog"
	"maps"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gongkai/storage"
)

// look is how often a keeper looks whether checkpoints are due, endTime how long the last
// ones may take while the server stops.
const (
	look    = time.Second
	endTime = 5 * time.Second
)

// Keeper writes checkpoints while a server runs. Its fields are required.
type Keeper struct {
	Store  storage.Viewer
	Signer note.Signer
	File   *Log
	Now    func() time.Time
	Log    *slog.Logger
	// Written grows with what is recorded through this server.
	Written func() int64
	// Every is how long after a checkpoint of an agency the next one is due, if anything was
	// recorded; Records is how many records make it due sooner.
	Every   time.Duration
	Records int64
}

// kept is the last checkpoint of an agency.
type kept struct {
	size int64
	at   time.Time
}

// Run writes checkpoints until ctx ends, and then the last ones. What fails is logged and
// tried again: a register is served though the disk of its checkpoints is full.
func (k *Keeper) Run(ctx context.Context) {
	last := map[string]kept{}
	if err := k.recall(context.WithoutCancel(ctx), last); err != nil { // the last ones need it too
		k.Log.ErrorContext(ctx, "checkpoints of before", "error", err)
	}
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	written, looked := int64(-1), k.Now()
	for {
		select {
		case <-ctx.Done():
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
			defer cancel()
			if err := k.round(end, last, true); err != nil {
				k.Log.ErrorContext(end, "last checkpoints", "error", err)
			}
			return
		case <-ticker.C:
		}
		// Another server on the database may have written what this one did not.
		w, now := k.Written(), k.Now()
		if w == written && k.soon(looked, now) {
			continue
		}
		if err := k.round(ctx, last, false); err != nil && ctx.Err() == nil {
			k.Log.ErrorContext(ctx, "checkpoints", "error", err)
			continue
		}
		written, looked = w, now
	}
}

// recall reads what the file holds, and says if the register is older than that.
func (k *Keeper) recall(ctx context.Context, last map[string]kept) error {
	before, err := k.File.last()
	if err != nil {
		return err
	}
	heads, _, err := heads(ctx, k.Store)
	for i := range heads {
		h := &heads[i]
		c, ok := before[h.Agency]
		if !ok {
			continue
		}
		last[h.Agency] = kept{c.Size, c.Time}
		if c.Size > h.Edge.Size() || c.Size == h.Edge.Size() && c.Root != h.Edge.Root() {
			k.Log.ErrorContext(ctx, "the register is not the one of its checkpoints: verify it (gongkaid audit verify)",
				"agency", h.Agency, "records", h.Edge.Size(), "checkpoint", c.Size)
			last[h.Agency] = kept{}
		}
	}
	return err
}

// round writes the checkpoints that are due; all means of every register that has grown.
func (k *Keeper) round(ctx context.Context, last map[string]kept, all bool) error {
	list, origin, err := heads(ctx, k.Store)
	if err != nil || origin == nil {
		return err
	}
	now := k.Now()
	var msgs [][]byte
	due := map[string]kept{}
	for i := range list {
		h := &list[i]
		before, size := last[h.Agency], h.Edge.Size()
		grown := size - before.size
		if grown == 0 || !all && grown > 0 && grown < k.Records && k.soon(before.at, now) {
			continue
		}
		c := of(Installation(origin), h, now)
		msg, err := c.Sign(k.Signer)
		if err != nil {
			return err
		}
		msgs, due[h.Agency] = append(msgs, msg), kept{size, now}
	}
	if err := k.File.add(msgs); err != nil {
		return err
	}
	maps.Copy(last, due)
	return nil
}

// soon reports whether a checkpoint is too young for the next one. One that lies ahead is
// not: the clock was wrong then, or is now.
func (k *Keeper) soon(at, now time.Time) bool {
	age := now.Sub(at)
	return age >= 0 && age < k.Every
}

// heads reads the trees of a register that can be read, and its origin; nil before there
// is one.
func heads(ctx context.Context, store storage.Viewer) (list []storage.Head, origin []byte, err error) {
	err = store.View(ctx, func(r storage.Reader) error {
		all, err := r.Heads()
		if err != nil {
			return err
		}
		list = list[:0]
		for _, h := range all {
			if h.Fault == nil && h.Edge.Size() > 0 {
				list = append(list, h)
			}
		}
		if len(list) == 0 {
			return nil
		}
		origin, err = r.Origin()
		return err
	})
	return list, origin, err
}

// Write adds the checkpoints of all registers that have grown since the last one in the
// file, and returns those of all as they stand.
func Write(ctx context.Context, store storage.Viewer, s note.Signer, file *Log, now time.Time) (msgs [][]byte, err error) {
	list, origin, err := heads(ctx, store)
	if err != nil {
		return nil, err
	}
	before, err := file.last()
	if err != nil {
		return nil, err
	}
	var fresh [][]byte
	for i := range list {
		c := of(Installation(origin), &list[i], now)
		msg, err := c.Sign(s)
		if err != nil {
			return nil, err
		}
		msgs = append(msgs, msg)
		if was := before[c.Agency]; was.Size != c.Size || was.Root != c.Root {
			fresh = append(fresh, msg)
		}
	}
	return msgs, file.add(fresh)
}
