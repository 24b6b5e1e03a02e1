// Package verify holds a register against its own history: it replays what was recorded
// and names every row that says something else, every event that is not the one that was
// recorded, and every sum that is not the sum.
//
// It mends nothing and reads no clock. It may run beside the server that writes: what it
// sums, it sums as of one event and then follows the events recorded since. Damaged pages
// and indexes are for the engine to find. Whoever rewrote events and recomputed all that
// rests on them is found by a checkpoint kept elsewhere, not here.
package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/report"
)

// How many rows one View looks at: with their events an application takes longest.
const (
	pageSize        = 1000
	applicationPage = 250
)

// Config says how to verify.
type Config struct {
	// Rules are those by which the cases of an agency are replayed.
	Rules func(storage.Agency) workflow.Rules
	// Sound is the engine's own check of its files, which returns what is wrong with them;
	// nil: it has none.
	Sound func(context.Context) ([]string, error)
	// Report hears of each finding as it is made.
	Report func(Finding)
	// Progress hears of what has been looked at so far, after each page; nil: nobody does.
	Progress func(Summary)
}

// Summary is what was looked at, and how much was found.
type Summary struct {
	Agencies     int64 `json:"agencies"`
	Principals   int64 `json:"principals"`
	Applications int64 `json:"applications"`
	Remedies     int64 `json:"remedies"`
	Figures      int64 `json:"figures"`
	Attachments  int64 `json:"attachments"`
	Tallies      int64 `json:"tallies"`
	Events       int64 `json:"events"`
	Findings     int64 `json:"findings"`

	Contents ContentSummary `json:"contents"` // where Contents were verified as well
}

// Verify looks at the whole register. An error says that it could not be read to its end.
func Verify(ctx context.Context, store storage.Viewer, c Config) (Summary, error) {
	v := &verifier{
		Config: c, store: store, last: map[string]int64{}, strays: map[string]bool{}, told: map[string]bool{}, grown: map[string]*grown{},
		tallies: map[string]report.Tally{}, rules: map[string]workflow.Rules{},
	}
	for _, step := range []func(context.Context) error{
		v.file, v.events, v.agencies, v.principals, v.credentials, v.applications, v.remedies, v.figures, v.attachments, v.index, v.settle,
	} {
		if err := step(ctx); err != nil {
			return v.sum, fmt.Errorf("verify: %w", err)
		}
	}
	return v.sum, nil
}

// verifier is one run.
type verifier struct {
	Config
	store   storage.Viewer
	sum     Summary
	seq     int64            // place in the store of the last event looked at
	last    map[string]int64 // and its place in the history of its agency
	grown   map[string]*grown
	told    map[string]bool // agencies and objects of which something was found
	strays  map[string]bool // agencies that are not there, whose events were told of
	tallies map[string]report.Tally
	rules   map[string]workflow.Rules
}

func (v *verifier) find(f Finding) {
	v.sum.Findings++
	v.told[f.Agency+" "+f.Object] = true
	v.Report(f)
}

// file asks the engine what it finds wrong with its files.
func (v *verifier) file(ctx context.Context) error {
	if v.Sound == nil {
		return nil
	}
	faults, err := v.Sound(ctx)
	for _, f := range faults {
		v.find(Finding{Object: "file", Check: File, Stored: f})
	}
	return err
}

// view reads within one View.
func (v *verifier) view(ctx context.Context, fn func(storage.Inspector) error) error {
	err := v.store.View(ctx, func(r storage.Reader) error {
		in, ok := r.(storage.Inspector)
		if !ok {
			return errors.New("the engine offers no inspection")
		}
		return fn(in)
	})
	if err == nil && v.Progress != nil {
		v.Progress(v.sum)
	}
	return err
}

// walk hands every row of a table to each, with what its page's View sees.
func (v *verifier) walk(ctx context.Context, table storage.Table, size int, each func(storage.Inspector, *storage.Row) error) error {
	var after storage.Key
	for more := true; more; {
		err := v.view(ctx, func(in storage.Inspector) (err error) {
			after, more, err = page(in, table, after, size, func(row *storage.Row) error {
				if row.Stray {
					v.find(Finding{Agency: row.Agency, Object: row.Object, Check: Stray})
					return nil
				}
				return each(in, row)
			})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// page hands one page of rows to each and returns where the next one begins.
func page(in storage.Inspector, table storage.Table, after storage.Key, size int, each func(*storage.Row) error) (storage.Key, bool, error) {
	rows, err := in.Rows(table, after, size)
	if err != nil {
		return nil, false, err
	}
	for i := range rows {
		if after != nil && !less(after, rows[i].Key) {
			return nil, false, fmt.Errorf("%s: row %v follows %v: the file is damaged", table, rows[i].Key, after)
		}
		if err := each(&rows[i]); err != nil {
			return nil, false, err
		}
		after = rows[i].Key
	}
	return after, len(rows) == size, nil
}

// less reports whether one key stands before another. Without that a damaged tree could
// lead in a circle.
func less(a, b storage.Key) bool {
	for i := range a {
		c := 0
		x, isNumber := a[i].(int64)
		y, too := b[i].(int64)
		switch {
		case isNumber && too:
			c = cmp.Compare(x, y)
		case isNumber != too: // numbers sort before texts
			return isNumber
		default:
			c = strings.Compare(text(a[i]), text(b[i]))
		}
		if c != 0 {
			return c < 0
		}
	}
	return false
}

// law returns the rules of an agency. One that cannot be read is told of elsewhere.
func (v *verifier) law(in storage.Inspector, agency string) workflow.Rules {
	rules, ok := v.rules[agency]
	if !ok {
		a, err := in.Agency(agency)
		if err != nil {
			a = storage.Agency{ID: agency}
		}
		rules = v.Rules(a)
		v.rules[agency] = rules
	}
	return rules
}

// differences tells of each column that does not hold what it should.
func (v *verifier) differences(row *storage.Row, want []storage.Column) {
	for _, d := range row.Diff(want) {
		stored, derived := shown(d, row.Object)
		v.find(Finding{Agency: row.Agency, Object: row.Object, Column: d.Column, Check: Value, Stored: stored, Derived: derived})
	}
}

// history returns the events that changed an object, oldest first. If they are not its
// revisions from 1 on, it tells of the first that is not.
func (v *verifier) history(row *storage.Row, events []storage.Event) []storage.Event {
	acts := make([]storage.Event, 0, len(events))
	told := false
	for _, e := range events {
		if e.Revision == 0 {
			continue
		}
		acts = append(acts, e)
		if want := int64(len(acts)); e.Revision != want && !told {
			told = true
			v.find(Finding{
				Agency: row.Agency, Object: row.Object, Event: e.N, Check: Revision, Stored: fmt.Sprint(e.Revision), Derived: fmt.Sprint(want),
			})
		}
	}
	if len(acts) == 0 {
		v.find(Finding{Agency: row.Agency, Object: row.Object, Check: History})
	}
	return acts
}

// unreadable tells of a history that makes no object.
func (v *verifier) unreadable(row *storage.Row, err error) {
	v.find(Finding{Agency: row.Agency, Object: row.Object, Check: History, Stored: part(err.Error(), 0)})
}
