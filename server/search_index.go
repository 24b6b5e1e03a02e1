package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"gongkai/storage"
)

// How the search index follows: looked at every so often, so many applications at once of
// each of so many agencies. The batches of several agencies share one commit.
const (
	indexInterval = 2 * time.Second
	indexBatch    = 200
	indexAgencies = 8
)

// Indexing brings the search index of a store up to date.
type Indexing struct {
	Store storage.Store
	Now   func() time.Time
	// Rest says how long to leave the store alone after work that took so long; nil: not
	// at all. Officers write in between.
	Rest func(took time.Duration) time.Duration
	// Progress hears how many applications were indexed since the start; nil: nobody does.
	Progress func(done int64)
}

// Run indexes what the index lacked when it came by, and returns how many applications that
// were. What is logged meanwhile waits for the next run: many documents at once cost the
// index little more than a few.
func (x Indexing) Run(ctx context.Context) (done int64, err error) {
	left := false
	for after, more := "", true; more && err == nil; {
		var agencies []string
		err = x.Store.View(ctx, func(r storage.Reader) (err error) {
			agencies, err = r.Lagging(after, maxRows)
			return err
		})
		full := len(agencies) == maxRows
		for len(agencies) > 0 && err == nil {
			n := min(len(agencies), indexAgencies)
			var part int64
			var some bool
			part, some, err = x.round(ctx, agencies[:n])
			done, left, after, agencies = done+part, left || some, agencies[n-1], agencies[n:]
			if x.Progress != nil {
				x.Progress(done)
			}
		}
		if more = full || left; !full { // all have had their turn
			after, left = "", false
		}
	}
	return done, err
}

// Forget lets the index of every agency be made anew.
func (x Indexing) Forget(ctx context.Context) error {
	for after, more := "", true; more; {
		var agencies []storage.Agency
		err := x.Store.View(ctx, func(r storage.Reader) (err error) {
			agencies, err = r.Agencies(after, maxRows)
			return err
		})
		if err != nil {
			return err
		}
		for _, a := range agencies {
			after = a.ID
			if err := x.Store.Update(ctx, a.ID, func(w storage.Writer) error { return w.ForgetIndex() }); err != nil {
				return fmt.Errorf("forget the index: %w", err)
			}
		}
		more = len(agencies) == maxRows
	}
	return nil
}

// round indexes one batch of each of some agencies, and rests; more says that it left some.
func (x Indexing) round(ctx context.Context, agencies []string) (done int64, more bool, err error) {
	at := x.Now()
	var all sync.WaitGroup
	counts, left, errs := make([]int64, len(agencies)), make([]bool, len(agencies)), make([]error, len(agencies))
	for i, agency := range agencies {
		all.Go(func() { counts[i], left[i], errs[i] = x.batch(ctx, agency) })
	}
	all.Wait()
	for _, n := range counts {
		done += n
	}
	more = slices.Contains(left, true)
	if err := errors.Join(errs...); err != nil || x.Rest == nil {
		return done, more, err
	}
	timer := time.NewTimer(x.Rest(x.Now().Sub(at)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return done, more, ctx.Err()
	case <-timer.C:
		return done, more, nil
	}
}

// batch indexes some applications of an agency. Where another server was faster, nothing is
// done, and it is to be looked at again.
func (x Indexing) batch(ctx context.Context, agency string) (done int64, more bool, err error) {
	var u storage.Unindexed
	err = x.Store.View(ctx, func(r storage.Reader) (err error) {
		u, err = r.Unindexed(agency, indexBatch)
		return err
	})
	if err != nil || len(u.Documents) == 0 {
		return 0, false, err
	}
	err = x.Store.Update(ctx, agency, func(w storage.Writer) error { return w.Index(u) })
	if errors.Is(err, storage.ErrStale) {
		return 0, true, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("index agency %s: %w", agency, err)
	}
	return int64(len(u.Documents)), u.More, nil
}

// tendIndex keeps the search index up to date until ctx ends. Half of the time is left to
// others. A fault is told of once, until it is another one.
func (s *Server) tendIndex(ctx context.Context) {
	x := Indexing{Store: s.store, Now: s.now, Rest: func(took time.Duration) time.Duration { return took }}
	tick := time.NewTicker(s.indexEvery)
	defer tick.Stop()
	for told := ""; ; {
		_, err := x.Run(ctx)
		if ctx.Err() != nil {
			return
		}
		now := ""
		if err != nil {
			now = err.Error()
		}
		if now != told && err != nil {
			s.log.LogAttrs(ctx, slog.LevelError, "search index", slog.String("error", now))
		}
		told = now
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
