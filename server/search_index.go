package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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

// Run indexes what the index lacks, and returns how many applications that were. It ends
// where a whole round finds nothing to do: another server may be at it.
func (x Indexing) Run(ctx context.Context) (done int64, err error) {
	for before := int64(-1); before < done && err == nil; {
		before = done
		var agencies []string
		err = x.Store.View(ctx, func(r storage.Reader) (err error) {
			agencies, err = r.Lagging("", maxRows)
			return err
		})
		for len(agencies) > 0 && err == nil {
			n := min(len(agencies), indexAgencies)
			var part int64
			part, err = x.round(ctx, agencies[:n])
			done, agencies = done+part, agencies[n:]
			if x.Progress != nil {
				x.Progress(done)
			}
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

// round indexes one batch of each of some agencies, and rests.
func (x Indexing) round(ctx context.Context, agencies []string) (done int64, err error) {
	at := x.Now()
	var all sync.WaitGroup
	counts, errs := make([]int64, len(agencies)), make([]error, len(agencies))
	for i, agency := range agencies {
		all.Go(func() { counts[i], errs[i] = x.batch(ctx, agency) })
	}
	all.Wait()
	for _, n := range counts {
		done += n
	}
	if err := errors.Join(errs...); err != nil || x.Rest == nil {
		return done, err
	}
	timer := time.NewTimer(x.Rest(x.Now().Sub(at)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return done, ctx.Err()
	case <-timer.C:
		return done, nil
	}
}

// batch indexes some applications of an agency. Where another server was faster, there is
// nothing to do.
func (x Indexing) batch(ctx context.Context, agency string) (int64, error) {
	var u storage.Unindexed
	err := x.Store.View(ctx, func(r storage.Reader) (err error) {
		u, err = r.Unindexed(agency, indexBatch)
		return err
	})
	if err != nil || len(u.Documents) == 0 {
		return 0, err
	}
	err = x.Store.Update(ctx, agency, func(w storage.Writer) error { return w.Index(u) })
	if errors.Is(err, storage.ErrStale) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("index agency %s: %w", agency, err)
	}
	return int64(len(u.Documents)), nil
}

// tendIndex keeps the search index up to date until ctx ends. Half of the time is left to
// others. A fault is told of once, until it is another one.
func (s *Server) tendIndex(ctx context.Context) {
	x := Indexing{Store: s.store, Now: s.now, Rest: func(took time.Duration) time.Duration { return took }}
	tick := time.NewTicker(indexInterval)
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
