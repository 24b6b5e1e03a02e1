package verify

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"gongkai/storage"
)

// object is what events are about.
type object struct{ agency, name string }

// events looks at all events in the order in which they were stored.
func (v *verifier) events(ctx context.Context) error {
	for more := true; more; {
		err := v.view(ctx, func(in storage.Inspector) (err error) {
			_, more, err = v.eventPage(in)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eventPage looks at the next events. It returns what they changed.
func (v *verifier) eventPage(in storage.Inspector) (touched map[object]bool, more bool, err error) {
	rows, err := in.EventRows(v.seq, pageSize)
	if err != nil {
		return nil, false, err
	}
	touched = map[object]bool{}
	before := v.seq
	for i := range rows {
		x := &rows[i]
		if x.Seq <= v.seq {
			return nil, false, fmt.Errorf("event %d follows %d: the file is damaged", x.Seq, v.seq)
		}
		v.seq = x.Seq
		if err := v.event(in, x, touched); err != nil {
			return nil, false, err
		}
	}
	return touched, len(rows) == pageSize, v.looseWords(in, before, v.seq)
}

// looseWords tells of personal data between two places that belong to no event.
func (v *verifier) looseWords(in storage.Inspector, after, upTo int64) error {
	list, err := in.LooseWords(after, upTo)
	for _, seq := range list {
		v.find(Finding{Object: fmt.Sprintf("event_personal/%d", seq), Check: Words})
	}
	return err
}

// event looks at one event.
func (v *verifier) event(in storage.Inspector, x *storage.EventRow, touched map[object]bool) error {
	v.sum.Events++
	if x.Row.Stray {
		if !v.strays[x.Agency] {
			v.strays[x.Agency] = true
			v.find(Finding{Agency: x.Agency, Object: x.Object, Event: x.N, Check: Stray})
		}
		return nil
	}
	at := Finding{Agency: x.Agency, Object: x.Object, Event: x.N}
	if want := v.last[x.Agency] + 1; x.N != want {
		f := at
		f.Check, f.Stored, f.Derived = Place, fmt.Sprint(x.N), fmt.Sprint(want)
		v.find(f)
	}
	v.last[x.Agency] = x.N
	v.grow(&x.Event)
	for _, d := range append(x.Row.Diff(in.Kept(x.Event)), wordsForm(&x.Row)...) {
		f := at
		f.Check, f.Column = Form, d.Column
		f.Stored, f.Derived = shown(d, "")
		v.find(f)
	}
	if hash := x.Hash(); !bytes.Equal(x.Leaf, hash) {
		f := at
		f.Check, f.Stored, f.Derived = Leaf, text(x.Leaf), text(hash)
		v.find(f)
	}
	o := object{x.Agency, x.Object}
	if x.Revision == 0 || touched[o] {
		return nil
	}
	touched[o] = true
	return v.present(in, o, x)
}

// saltSize is that of a salt. A longer one that ends in zeros would seal alike.
const saltSize = 16

// wordsForm compares the forms, never the contents, of what is stored apart.
func wordsForm(row *storage.Row) (list []storage.Difference) {
	salt, _ := row.Value("salt")
	data, _ := row.Value("data")
	if salt != nil && len(bytesOf(salt)) != saltSize {
		list = append(list, storage.Difference{Column: "salt", Stored: length(salt), Derived: length(make([]byte, saltSize))})
	}
	if data != nil && bytesOf(data) == nil {
		list = append(list, storage.Difference{Column: "data", Stored: length(data), Derived: "BLOB"})
	}
	return list
}

// present tells of an object that is gone, at the first event that tells of it, and of a
// name that can be nobody's.
func (v *verifier) present(in storage.Inspector, o object, x *storage.EventRow) error {
	holds, known, err := in.Holds(o.agency, o.name)
	if err != nil || holds || !known && storage.Rowless(o.name) {
		return err
	}
	if known {
		all, err := in.Events(o.agency, o.name)
		if err != nil {
			return err
		}
		acts := changes(all)
		if len(acts) > 0 && acts[0].Seq != x.Seq {
			return nil
		}
		v.count(o.agency, v.tuplesOf(in, o, acts), 1) // the tally is right to count it
	}
	v.find(Finding{Agency: o.agency, Object: o.name, Event: x.N, Check: Gone})
	return nil
}

// changes are the events that changed their object.
func changes(events []storage.Event) []storage.Event {
	list := make([]storage.Event, 0, len(events))
	for _, e := range events {
		if e.Revision != 0 {
			list = append(list, e)
		}
	}
	return list
}

// upTo are the events up to a place in the history of their agency.
func upTo(events []storage.Event, n int64) []storage.Event {
	list := make([]storage.Event, 0, len(events))
	for _, e := range events {
		if e.N <= n {
			list = append(list, e)
		}
	}
	return list
}

// kind is that of an object, by its name.
func (o object) kind() string {
	kind, _, _ := strings.Cut(o.name, "/")
	return kind
}
