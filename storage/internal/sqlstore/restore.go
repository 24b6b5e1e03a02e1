package sqlstore

import (
	"context"
	"fmt"

	"gongkai/storage"
)

// Last returns the last event of all, the newest thing that a register holds; storage.ErrNotFound
// if it holds none.
func (v *Views) Last(ctx context.Context) (e storage.Event, err error) {
	err = v.store.View(ctx, func(r storage.Reader) error {
		reader, ok := r.(*reader)
		if !ok {
			return fmt.Errorf("last event: %T is another's reader", r)
		}
		return reader.one(`SELECT COALESCE(g.id, ''), `+eventOf+` FROM event e LEFT JOIN event_personal p ON p.seq = e.seq
			LEFT JOIN agency g ON g.key = e.agency ORDER BY e.seq DESC LIMIT 1`, func(v row) error {
			e = scanEvent(v.text(0), v[1:])
			return nil
		})
	})
	if err != nil {
		return e, fmt.Errorf("last event: %w", err)
	}
	return e, nil
}
