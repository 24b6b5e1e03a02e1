package server

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"gongkai/storage"
	"gongkai/workflow"
)

// cachesObject says under which calendar the lists by due date were last put in order.
const cachesObject = "calendar/caches"

// cachesVersion is 2 since the caches hold the day of lapse.
const cachesVersion = 2

type cachesFacts struct {
	Version  int    `json:"v"`
	Revision string `json:"revision"`
	Moved    int    `json:"moved"`
}

// How much is read in one View and written in one Update: reading waits for nobody, and
// the writer of all agencies is held for well under a millisecond at a time.
const (
	movePage  = 1000
	moveBatch = 100
)

// allAgencies lists an agency and those below it, or all.
func (s *Server) allAgencies(ctx context.Context, top string) ([]string, error) {
	var out []string
	if top != "" {
		err := s.store.View(ctx, func(r storage.Reader) (err error) {
			out, err = r.Descendants(top)
			return err
		})
		return out, err
	}
	err := s.eachAgency(ctx, func(a storage.Agency) error {
		out = append(out, a.ID)
		return nil
	})
	return out, err
}

// openCase is an open application as a page reads it, with the rules of its agency.
type openCase struct {
	reader storage.Reader
	law    workflow.Rules
	app    *workflow.Application
}

// eachOpen hands over the open applications of an agency that are due from a day on (zero:
// all), earliest first as the lists have them, each page in a View of its own. begin is
// called before each page, which may be read again, and end after it.
func (s *Server) eachOpen(ctx context.Context, agency string, from workflow.Date, begin func(), visit func(openCase) error, end func() error) error {
	q := storage.Query{Order: storage.ByDue, DueFrom: from, Limit: movePage}
	for more := true; more; {
		next := q
		err := s.store.View(ctx, func(r storage.Reader) error {
			begin()
			a, err := r.Agency(agency)
			if err != nil {
				return err
			}
			list, err := r.Applications(agency, q)
			if err != nil {
				return err
			}
			law := s.law(a)
			for _, app := range list {
				if err := visit(openCase{r, law, app}); err != nil {
					return err
				}
			}
			if more = len(list) == q.Limit; !more {
				return nil
			}
			last := list[len(list)-1].ID
			c, err := r.Caches(agency, last)
			next.AfterDue, next.After = c.Due, last
			return err
		})
		if err != nil {
			return err
		}
		if err := end(); err != nil {
			return err
		}
		q = next
	}
	return nil
}

// recached is what is to be written of one application.
type recached struct {
	id, revision int64
	caches       storage.Caches
}

// rederive puts the lists by due date in the order of the calendar in force, and records
// that it did. What it was interrupted in, it does again: only what moves is written.
func (s *Server) rederive(ctx context.Context) error {
	n := &s.notices
	n.working.Lock()
	defer n.working.Unlock()
	now := n.current.Load()
	revision := now.cal.Revision()
	if n.done == revision {
		n.pending.Store(false)
		return nil
	}
	var last cachesFacts
	err := s.store.View(ctx, func(r storage.Reader) (err error) {
		last, _, err = kept[cachesFacts](r, "", cachesObject)
		return err
	})
	if err == nil && (last.Revision != revision || last.Version < cachesVersion) {
		err = s.rederiveAll(ctx, revision)
	}
	if err != nil {
		return err
	}
	n.done = revision
	n.pending.Store(s.calendar() != now.cal)
	return nil
}

func (s *Server) rederiveAll(ctx context.Context, revision string) error {
	moved, err := s.recacheAll(ctx)
	if err != nil {
		return err
	}
	return s.update(ctx, "", func(w storage.Writer) error {
		_, before, err := kept[cachesFacts](w, "", cachesObject)
		if err != nil {
			return err
		}
		_, err = s.byClock("").keep(w, cachesObject, "order_lists", before, cachesFacts{cachesVersion, revision, moved})
		return err
	})
}

// recacheAll writes the caches of whatever moved, and counts it.
func (s *Server) recacheAll(ctx context.Context) (moved int, err error) {
	err = s.eachAgency(ctx, func(a storage.Agency) error {
		n, err := s.recacheAgency(ctx, a.ID)
		moved += n
		return err
	})
	return moved, err
}

// recacheAgency writes the caches of those applications of an agency that moved.
func (s *Server) recacheAgency(ctx context.Context, agency string) (int, error) {
	var page []recached
	moved := 0
	err := s.eachOpen(ctx, agency, 0, func() { page = page[:0] }, func(c openCase) error {
		if err := c.law.Fold(c.app); err != nil {
			return err
		}
		stored, err := c.reader.Caches(agency, c.app.ID)
		if derived := cachesOf(c.law, c.app); err == nil && stored != derived {
			page = append(page, recached{c.app.ID, c.app.Revision, derived})
		}
		return err
	}, func() error {
		for batch := range slices.Chunk(page, moveBatch) {
			err := s.store.Update(ctx, agency, func(w storage.Writer) error { return recache(w, batch) })
			if err != nil {
				return err
			}
		}
		moved += len(page)
		return nil
	})
	return moved, err
}

// recache writes a batch. Whatever was acted upon since was derived anew by that act.
func recache(w storage.Writer, batch []recached) error {
	for _, c := range batch {
		if err := w.Recache(c.id, c.revision, c.caches); err != nil && !errors.Is(err, storage.ErrStale) {
			return err
		}
	}
	return nil
}

// tendInterval is how often a server looks for notices that another one took in, and for
// work that was interrupted.
const tendInterval = 10 * time.Second

// tendCalendar follows the notices of the register until ctx ends.
func (s *Server) tendCalendar(ctx context.Context) {
	tick := time.NewTicker(tendInterval)
	defer tick.Stop()
	var sweep sweep
	for {
		err := s.follow(ctx, false)
		if err == nil && s.notices.pending.Load() {
			err = s.rederive(ctx)
		}
		if err == nil && sweep.due(s.notices.current.Load(), s.now()) {
			if _, err = s.recacheAll(ctx); err == nil {
				sweep.at = time.Time{}
			}
		}
		if err != nil && ctx.Err() == nil {
			s.log.LogAttrs(ctx, slog.LevelError, "calendar", slog.String("error", err.Error()))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// sweep is one more pass over the lists after the calendar changed. A call that began
// under the calendar before, here or in a server that has not looked yet, may write a
// place of the old order behind the first pass.
type sweep struct {
	last *known
	at   time.Time // when no call under the calendar before can be running any more; zero: not due
}

func (w *sweep) due(k *known, now time.Time) bool {
	if k != w.last {
		if w.last != nil {
			w.at = now.Add(noticesAge + callTimeout)
		}
		w.last = k
	}
	return !w.at.IsZero() && !now.Before(w.at)
}
