package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gongkai/storage"
)

var eventTests = map[string]func(*testing.T, *fixture){
	"event round trip":              eventRoundTrip,
	"event order":                   eventOrder,
	"latest events":                 eventLatest,
	"events that change nothing":    eventRecords,
	"events from the newest":        eventRecorded,
	"event leaves are recomputable": eventLeaves,
	"request id is unique":          requestUnique,
	"request id of two agencies":    requestApart,
	"event of a failed update":      eventOfFailure,
}

// setByStore are the fields of an event that the store fills in.
var setByStore = cmpopts.IgnoreFields(storage.Event{}, "Seq", "N", "Seal", "Leaf")

func eventRoundTrip(t *testing.T, f *fixture) {
	full := withRequest(event("object/1", 1), "r-1")
	bare := storage.Event{Object: "object/1", Time: noon, Action: "bare"}
	f.update("east", func(w storage.Writer) error { return w.Record(full, bare) })
	full.Agency, bare.Agency = "east", "east"
	f.view(func(r storage.Reader) error {
		got, err := r.Events("east", "object/1")
		if diff := cmp.Diff([]storage.Event{full, bare}, got, setByStore); diff != "" || err != nil {
			t.Errorf("events differ (%v):\n%s", err, diff)
		}
		one, err := r.EventByRequest("east", "r-1")
		if diff := cmp.Diff(full, one, setByStore); diff != "" || err != nil {
			t.Errorf("event by request differs (%v):\n%s", err, diff)
		}
		for _, id := range []string{"", "r-2"} {
			_, err = r.EventByRequest("east", id)
			wantErr(t, "request "+id, err, storage.ErrNotFound)
		}
		none, err := r.Events("west", "object/1")
		if len(none) != 0 {
			t.Errorf("the other agency has %d events of the object", len(none))
		}
		return err
	})
}

func eventLatest(t *testing.T, f *fixture) {
	f.update("east", func(w storage.Writer) error {
		return w.Record(event("kept/2", 1), event("kept/10", 1), event("kept/2", 2), event("keptx/1", 1), event("kept/2", 0))
	})
	f.update("west", func(w storage.Writer) error { return w.Record(event("kept/3", 1)) })
	f.view(func(r storage.Reader) error {
		for _, c := range []struct {
			prefix, after string
			limit         int
			want          []string
		}{
			{"kept/", "", 10, []string{"kept/10 1", "kept/2 2"}},
			{"kept/", "", 1, []string{"kept/10 1"}},
			{"kept/", "kept/10", 10, []string{"kept/2 2"}},
			{"kept", "kept/2", 10, []string{"keptx/1 1"}},
			{"kept/3", "", 10, nil},
		} {
			list, err := r.Latest("east", c.prefix, c.after, c.limit)
			var got []string
			for _, e := range list {
				got = append(got, fmt.Sprint(e.Object, " ", e.Revision))
			}
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("latest %q after %q differ (%v):\n%s", c.prefix, c.after, err, diff)
			}
		}
		return nil
	})
}

func eventOrder(t *testing.T, f *fixture) {
	a := f.add("east", received("2026-03-02"))
	other := f.add("east", received("2026-03-02"))
	for revision := int64(2); revision < 12; revision += 2 {
		b := *a
		b.Revision = revision + 1
		f.update("east", func(w storage.Writer) error {
			object := storage.ApplicationObject(a.ID)
			return w.UpdateApplication(a, &b, storage.Caches{}, event(object, revision), event(object, revision+1))
		})
		a = &b
	}
	f.view(func(r storage.Reader) error {
		events, err := r.Events("east", storage.ApplicationObject(a.ID))
		if len(events) != 11 {
			t.Fatalf("%d events, want 11", len(events))
		}
		for i := range events {
			if events[i].Revision != int64(i+1) {
				t.Errorf("event %d has revision %d", i, events[i].Revision)
			}
			if i > 0 && (events[i].N <= events[i-1].N || events[i].Seq <= events[i-1].Seq) {
				t.Errorf("event %d does not follow event %d", i, i-1)
			}
		}
		if events[1].N != events[0].N+2 {
			t.Errorf("places %d and %d leave no room for the other application", events[0].N, events[1].N)
		}
		second, err2 := r.Events("east", storage.ApplicationObject(other.ID))
		if len(second) != 1 || err2 != nil {
			t.Errorf("events of the other application: %d, %v", len(second), err2)
		}
		return err
	})
}

func eventRecords(t *testing.T, f *fixture) {
	refusal := event("application/1", 0)
	for range 3 {
		f.update("east", func(w storage.Writer) error { return w.Record(refusal, refusal) })
	}
	f.view(func(r storage.Reader) error {
		events, err := r.Events("east", "application/1")
		if len(events) != 6 {
			t.Fatalf("%d refusals, want 6", len(events))
		}
		for i, e := range events {
			if e.N != int64(i+1) || e.Revision != 0 {
				t.Errorf("refusal %d has place %d and revision %d", i, e.N, e.Revision)
			}
		}
		return err
	})
}

func eventLeaves(t *testing.T, f *fixture) {
	var events []storage.Event
	for _, e := range []storage.Event{
		event("object/1", 1), withRequest(event("object/1", 2), "r"),
		{Object: "object/1", Revision: 3, Time: noon, Facts: []byte(`{}`)},
		event("object/1", 4),
	} {
		f.update("east", func(w storage.Writer) error { return w.Record(e) })
	}
	f.view(func(r storage.Reader) (err error) {
		events, err = r.Events("east", "object/1")
		return err
	})
	for _, e := range events {
		if !bytes.Equal(e.Leaf, e.Hash()) {
			t.Errorf("leaf of event %d is not its hash", e.N)
		}
		if (e.Seal == nil) != (e.Personal == nil) {
			t.Errorf("event %d: seal %x of personal data %q", e.N, e.Seal, e.Personal)
		}
		e.Personal = nil // erased
		if !bytes.Equal(e.Leaf, e.Hash()) {
			t.Errorf("leaf of event %d does not outlive its personal data", e.N)
		}
		changed := e
		changed.Facts = append([]byte(" "), e.Facts...)
		if bytes.Equal(e.Leaf, changed.Hash()) {
			t.Errorf("leaf of event %d does not commit to the facts", e.N)
		}
	}
	if bytes.Equal(events[0].Seal, events[3].Seal) {
		t.Error("the same personal data have the same seal twice: no salt")
	}
}

func requestUnique(t *testing.T, f *fixture) {
	first := func(w storage.Writer) error { return w.Record(withRequest(event("object/1", 1), "r")) }
	f.update("east", first)
	again := func(w storage.Writer) error { return w.Record(withRequest(event("object/2", 1), "r")) }
	wantErr(t, "the request again", f.store.Update(t.Context(), "east", again), storage.ErrExists)
	swallow := func(w storage.Writer) error {
		a := received("2026-03-02")
		a.ApplicationNo = "甲-1"
		_ = w.InsertApplication(a, storage.Caches{}, withRequest(event("", 1), "r"))
		return nil
	}
	wantErr(t, "an error after a write that fn did not heed", f.store.Update(t.Context(), "east", swallow), storage.ErrExists)
	f.view(func(r storage.Reader) error {
		_, err := r.ApplicationByNumber("east", "甲-1")
		wantErr(t, "application without its event", err, storage.ErrNotFound)
		e, err := r.EventByRequest("east", "r")
		if e.Object != "object/1" {
			t.Errorf("the request is event of %s", e.Object)
		}
		return err
	})
}

func requestApart(t *testing.T, f *fixture) {
	for _, agency := range []string{"", "east", "west"} {
		f.update(agency, func(w storage.Writer) error { return w.Record(withRequest(event("object/1", 1), "r")) })
	}
	f.view(func(r storage.Reader) error {
		e, err := r.EventByRequest("west", "r")
		if e.Agency != "west" || e.N != 1 {
			t.Errorf("event of west is of %q, place %d", e.Agency, e.N)
		}
		return err
	})
}

func eventOfFailure(t *testing.T, f *fixture) {
	err := f.store.Update(t.Context(), "east", func(w storage.Writer) error {
		if err := w.Record(event("object/1", 1)); err != nil {
			return err
		}
		return errRefused
	})
	wantErr(t, "refusal", err, errRefused)
	f.update("east", func(w storage.Writer) error { return w.Record(event("object/2", 1)) })
	f.view(func(r storage.Reader) error {
		none, err := r.Events("east", "object/1")
		if len(none) != 0 || err != nil {
			t.Errorf("a failed update left %d events (%v)", len(none), err)
		}
		next, err := r.Events("east", "object/2")
		if len(next) != 1 || next[0].N != 1 {
			t.Errorf("the next event is %+v, want place 1", next)
		}
		return err
	})
}

// eventRecorded reads the events of one agency back from the newest, past those of another
// that fill more places than are looked at at once.
func eventRecorded(t *testing.T, f *fixture) {
	const between = 21_000
	at := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	record := func(agency string, n, of int) {
		list := make([]storage.Event, 0, of)
		for i := range of {
			e := event("read/x", 0)
			e.Personal, e.Time, e.Action = nil, at(n+i), []string{"read", "refuse"}[(n+i)%2]
			list = append(list, e)
		}
		f.update(agency, func(w storage.Writer) error { return w.Record(list...) })
	}
	record("east", 1, 3)
	for range between / 1000 {
		record("west", 1, 1000)
	}
	record("east", 4, 3)
	for _, tt := range []struct {
		name string
		q    storage.EventQuery
		want []int64
	}{
		{"all", storage.EventQuery{Limit: 1000}, []int64{6, 5, 4, 3, 2, 1}},
		{"one at a time", storage.EventQuery{Limit: 1}, []int64{6, 5, 4, 3, 2, 1}},
		{"of an action", storage.EventQuery{Limit: 2, Action: "refuse"}, []int64{5, 3, 1}},
		{"of a person", storage.EventQuery{Limit: 1000, Actor: "agencies/east/principals/li", From: at(5)}, []int64{6, 5}},
		{"of another person", storage.EventQuery{Limit: 1000, Actor: "agencies/east/principals/wang"}, nil},
		{"of a time", storage.EventQuery{Limit: 1000, From: at(2), To: at(4)}, []int64{4, 3, 2}},
	} {
		var got []int64
		looks := 0
		for more := true; more; looks++ {
			f.view(func(r storage.Reader) error {
				list, next, err := r.Recorded("east", tt.q)
				for i := range list {
					got = append(got, list[i].N)
				}
				if len(list) > tt.q.Limit || more && next == tt.q.Before {
					t.Fatalf("%s: %d events, next %d after %d", tt.name, len(list), next, tt.q.Before)
				}
				tt.q.Before, more = next, next != 0
				return err
			})
		}
		if !slices.Equal(got, tt.want) || looks < 2 {
			t.Errorf("%s: events %v in %d looks, want %v", tt.name, got, looks, tt.want)
		}
	}
	f.view(func(r storage.Reader) error {
		if _, _, err := r.Recorded("nowhere", storage.EventQuery{Limit: 1}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("no agency: %v", err)
		}
		list, next, err := r.Recorded("", storage.EventQuery{Limit: 1000, From: at(100_000)})
		if len(list) != 0 || err != nil {
			t.Errorf("nothing: %v, %d, %v", list, next, err)
		}
		return nil
	})
}
