package verify

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gongkai/server"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/report"
)

// applications replays every application.
func (v *verifier) applications(ctx context.Context) error {
	return v.walk(ctx, storage.ApplicationTable, applicationPage, v.application)
}

func (v *verifier) application(in storage.Inspector, row *storage.Row) error {
	v.sum.Applications++
	if err := v.number(in, row); err != nil {
		return err
	}
	events, err := in.Events(row.Agency, row.Object)
	if err != nil {
		return err
	}
	acts := v.history(row, events)
	if len(acts) == 0 {
		return v.countAsStored(in, row)
	}
	rules := v.law(in, row.Agency)
	a, err := replay(rules, acts)
	if err != nil {
		v.unreadable(row, err)
		return v.countAsStored(in, row)
	}
	want := in.Kept(storage.Cached{Application: &a, Caches: server.CachesOf(rules, &a)})
	if erased(&acts[0]) {
		want = slices.DeleteFunc(want, func(c storage.Column) bool { return slices.Contains(withheld, c.Name) })
	}
	v.differences(row, want)
	if acts[len(acts)-1].N > v.last[row.Agency] { // recorded since the events were looked at
		v.count(row.Agency, v.tuplesOf(in, object{row.Agency, row.Object}, upTo(acts, v.last[row.Agency])), 1)
		return nil
	}
	v.count(row.Agency, report.Tuples(&a), 1)
	return nil
}

// number tells of a number that is borne twice.
func (v *verifier) number(in storage.Inspector, row *storage.Row) error {
	value, _ := row.Value("number")
	number, ok := value.(string)
	if !ok {
		return nil // the comparison of columns says so
	}
	n, err := in.Bearers(row.Agency, number)
	if err == nil && n > 1 {
		v.find(Finding{Agency: row.Agency, Object: row.Object, Column: "number", Check: Number, Stored: number})
	}
	return err
}

// countAsStored counts an application without history by its row, so that the tally, which
// counts it too, is not blamed.
func (v *verifier) countAsStored(in storage.Inspector, row *storage.Row) error {
	id, _ := row.Key[0].(int64)
	a, err := in.Application(row.Agency, id)
	if err != nil {
		return nil //nolint:nilerr // a finding tells of the application already
	}
	if guarded(func() error { return v.law(in, row.Agency).Fold(a) }) == nil {
		v.count(row.Agency, report.Tuples(a), 1)
	}
	return nil
}

// erased reports whether the personal data of an event are gone, as the law may demand.
func erased(e *storage.Event) bool { return e.Personal == nil && e.Seal != nil }

// replay makes an application of its events.
func replay(rules workflow.Rules, acts []storage.Event) (a workflow.Application, err error) {
	list := make([]workflow.Event, 0, len(acts))
	for i := range acts {
		e := &acts[i]
		w, err := workflow.DecodeEvent(e.Revision, e.Time, e.Facts, e.Personal)
		if err != nil {
			return a, err
		}
		list = append(list, w)
	}
	err = guarded(func() (err error) {
		a, err = rules.Replay(list)
		return err
	})
	a.Agency = acts[0].Agency
	a.ID, _ = strconv.ParseInt(strings.TrimPrefix(acts[0].Object, "application/"), 10, 64) // Holds and Rows know it
	return a, err
}

// guarded runs the rules over a history that no program may have written: what they were
// never meant to see must not end the verification.
func guarded(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", workflow.ErrCorrupt, p)
		}
	}()
	return fn()
}
