package server

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
)

// recorded brings what an application's acts recorded into the form of the store. The
// last event carries the request id.
func (m mutation) recorded(id int64, list []workflow.Event) ([]storage.Event, error) {
	object := ""
	if id != 0 {
		object = storage.ApplicationObject(id)
	}
	out := make([]storage.Event, 0, len(list)+1)
	for i := range list {
		facts, personal, err := list[i].Encode()
		if err != nil {
			return nil, err
		}
		out = append(out, m.event(object, list[i].Revision, string(list[i].Act.Action), facts, personal))
	}
	if n := len(out); n > 0 {
		out[n-1] = m.mark(out[n-1])
	}
	return out, nil
}

// cachesOf are the columns that the store orders open applications by.
func cachesOf(rules workflow.Rules, a *workflow.Application) storage.Caches {
	if !a.State.Open() {
		return storage.Caches{}
	}
	r := rules.Deadline(a)
	return storage.Caches{Due: r.Due, Safe: r.Safe, Lapse: rules.LapseDate(a)}
}

// history reads the acts on an application up to a revision (0: all), with what may name
// persons or without.
func history(r storage.Reader, agency string, id, upTo int64, words bool) ([]storage.Event, []workflow.Event, error) {
	all, err := r.Events(agency, storage.ApplicationObject(id))
	if err != nil {
		return nil, nil, err
	}
	var stored []storage.Event
	var list []workflow.Event
	for _, e := range all {
		if e.Revision == 0 || upTo != 0 && e.Revision > upTo {
			continue
		}
		if !words {
			e.Personal = nil
		}
		w, err := workflow.DecodeEvent(e.Revision, e.Time, e.Facts, e.Personal)
		if err != nil {
			return nil, nil, err
		}
		stored, list = append(stored, e), append(list, w)
	}
	if len(list) == 0 {
		return nil, nil, storage.ErrNotFound
	}
	return stored, list, nil
}

// replayed is an application as it stood after an event.
func replayed(r storage.Reader, rules workflow.Rules, e *storage.Event) (*workflow.Application, error) {
	id, err := strconv.ParseInt(strings.TrimPrefix(e.Object, "application/"), 10, 64)
	if err != nil {
		return nil, storage.ErrNotFound
	}
	_, list, err := history(r, e.Agency, id, e.Revision, true)
	if err != nil {
		return nil, err
	}
	a, err := rules.Replay(list)
	a.ID, a.Agency = id, e.Agency
	return &a, err
}

// eventsPB renders a history: each act with the state that followed when it was recorded.
func (v view) eventsPB(ctx context.Context, stored []storage.Event, list []workflow.Event) ([]*pb.Event, error) {
	v.shown.history(stored)
	out := make([]*pb.Event, 0, len(list))
	for i := range list {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		a, err := v.rules.Replay(list[:i+1])
		if err != nil {
			return nil, err
		}
		e := &list[i]
		action, err := actionPB(&e.Act, e.Changes)
		if err != nil {
			return nil, err
		}
		article, err := v.article(&a, &e.Act)
		if err != nil {
			return nil, err
		}
		out = append(out, &pb.Event{
			Revision: e.Revision, RecordTime: timestamppb.New(e.Time), Actor: stored[i].Actor, Action: action,
			State: stateOf(a.State), FromLedger: e.Act.Origin == workflow.Ledger, Article: article,
		})
	}
	return out, nil
}

// article is that of the row of the table that an act was: the facts before the act, in
// the order of days, choose among the rows of one action.
func (v view) article(after *workflow.Application, act *workflow.Act) (string, error) {
	before := workflow.Application{}
	at := slices.IndexFunc(after.Acts, func(x workflow.Act) bool { return x.Revision == act.Revision })
	switch {
	case at > 0:
		before.Acts = after.Acts[:at]
	case at < 0:
		before.Acts = after.Acts
	}
	if err := v.rules.Fold(&before); err != nil {
		return "", err
	}
	fallback := ""
	for _, t := range workflow.Transitions(after.Regime) {
		if t.Action != act.Action {
			continue
		}
		if slices.Contains(t.From, before.State) && (t.Case == nil || t.Case(&before, act)) {
			return t.Basis, nil
		}
		fallback = t.Basis
	}
	return fallback, nil
}
