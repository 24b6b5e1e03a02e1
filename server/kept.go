package server

import (
	"encoding/json"
	"errors"
	"fmt"

	"gongkai/storage"
)

// What has no row of its own, such as a frozen year or an accepted warning, is what the
// newest event of its object says: history and state are one.

// kept reads what an object without a row became, with the event that says so. The event
// is nil if there is no such object.
func kept[T any](r storage.Reader, agency, object string) (T, *storage.Event, error) {
	var out T
	list, err := r.Latest(agency, object, "", 1)
	if err != nil || len(list) == 0 || list[0].Object != object {
		return out, nil, err
	}
	return out, &list[0], decodeFacts(&list[0], &out)
}

// revisionOf is that of an object by its newest event, 0 if it has none.
func revisionOf(newest *storage.Event) int64 {
	if newest == nil {
		return 0
	}
	return newest.Revision
}

// keep records what an object without a row becomes; before is its newest event, nil if
// there was none. Facts should carry their version as "v".
func (m mutation) keep(w storage.Writer, object, action string, before *storage.Event, facts any) (storage.Event, error) {
	raw, err := json.Marshal(facts)
	if err != nil {
		return storage.Event{}, fmt.Errorf("encoding %s: %w", object, err)
	}
	e := m.mark(m.event(object, revisionOf(before)+1, action, raw, nil))
	if err := w.Record(e); err != nil {
		if errors.Is(err, storage.ErrExists) {
			return e, storage.ErrStale
		}
		return e, err
	}
	return e, nil
}
