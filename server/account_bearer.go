package server

import (
	"context"
	"errors"
	"time"

	"gongkai/storage"
)

// signedIn finds the bearer of a sign-in's token.
func (s *Server) signedIn(ctx context.Context, token string) (bearer, error) {
	var x storage.SignIn
	b := bearer{asked: machineTime()}
	hash, now := hashOf(token), s.now()
	err := s.store.View(ctx, func(r storage.Reader) (err error) {
		if x, err = r.SignInByToken(hash); err != nil {
			return err
		}
		p, c, err := account(r, x.Agency, x.Principal)
		b.principal, b.signIn, b.way, b.pending = p, x.ID, x.Way, s.pending(p, &c, x.Way)
		return err
	})
	if errors.Is(err, storage.ErrNotFound) {
		return bearer{}, tokenRefused()
	}
	if err != nil {
		return bearer{}, err
	}
	if !now.Before(x.ExpireTime) || now.Sub(x.SeenTime) >= signInIdle {
		return bearer{}, tokenRefused()
	}
	if now.Sub(x.SeenTime) >= seenEvery {
		s.seen.note(sighting{x.Agency, x.ID, now})
	}
	return b, nil
}

// lasts asks about the sign-in of a stream again, once a second: it may have ended meanwhile.
func (r *readStream) lasts() error {
	now := r.server.now().UnixNano()
	if r.call.signIn == 0 || now-r.asked.Load() < int64(tokenAge) {
		return nil
	}
	r.asked.Store(now)
	_, err := r.server.authenticate(r.ctx)
	return err
}

// sighting is that a sign-in called.
type sighting struct {
	agency string
	id     int64
	at     time.Time
}

// sightings are written beside the calls, so that none waits for it. One that finds no room
// is dropped: the next call of the same sign-in tells as much.
type sightings chan sighting

// roomForSightings is how many wait at most.
const roomForSightings = 1024

func (s sightings) note(x sighting) {
	select {
	case s <- x:
	default:
	}
}

// tendSightings writes down when sign-ins last called, each at most once a minute.
func (s *Server) tendSightings(ctx context.Context) {
	last := map[int64]time.Time{}
	for {
		select {
		case <-ctx.Done():
			return
		case x := <-s.seen:
			if x.at.Sub(last[x.id]) < seenEvery {
				continue
			}
			if len(last) >= roomForSightings {
				clear(last)
			}
			last[x.id] = x.at
			err := s.store.Update(ctx, x.agency, func(w storage.Writer) error { return w.SeeSignIn(x.id, x.at) })
			if err != nil && ctx.Err() == nil {
				delete(last, x.id)
				s.log.WarnContext(ctx, "sighting not written", "error", err.Error())
			}
		}
	}
}
