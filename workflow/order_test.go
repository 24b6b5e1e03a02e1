package workflow_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/workflow"
)

// TestOrderOfEntry: the same facts entered in any lawful order give the same date and the
// same conclusion.
func TestOrderOfEntry(t *testing.T) {
	complete, reordered := 0, 0
	for seed := range uint64(1500) {
		rng := rand.New(rand.NewPCG(seed, 2))
		w, err := newWalker(rng.IntN)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for range 12 {
			act, by := w.next(rng.IntN)
			act.Date = w.app.Acts[len(w.app.Acts)-1].Date.AddDays(1 + rng.IntN(6)) // one act a day
			if act.Action == workflow.ActVoid {
				continue
			}
			if next, _, err := w.rules.Apply(w.app, act, by, w.today); err == nil {
				w.app = next
			}
		}
		got, moved, ok := enterShuffled(t, w, rng)
		if !ok {
			continue
		}
		complete++
		if moved {
			reordered++
		}
		want, have := w.rules.Deadline(&w.app), w.rules.Deadline(&got)
		if !reflect.DeepEqual(want, have) {
			t.Fatalf("seed %d: the order of entry changes the deadline:\n%+v\n%+v", seed, want, have)
		}
		if diff := cmp.Diff(w.app.Conclusion, got.Conclusion); diff != "" || w.app.State != got.State || w.app.CountedBasis() != got.CountedBasis() {
			t.Fatalf("seed %d: the order of entry changes the conclusion, %s or %s:\n%s", seed, w.app.State, got.State, diff)
		}
	}
	t.Logf("%d of 1500 histories entered again, %d in another order", complete, reordered)
	if complete < 500 || reordered < 300 {
		t.Errorf("only %d of 1500 histories could be entered, %d in another order", complete, reordered)
	}
}

// enterShuffled enters the acts of a case again in a random order, the refused ones later
// once more, until all are in or none goes on.
func enterShuffled(t *testing.T, w *walker, rng *rand.Rand) (got workflow.Application, moved, ok bool) {
	t.Helper()
	rules := w.rules
	first, rest := w.app.Acts[0], slices.Clone(w.app.Acts[1:])
	rng.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	got, _, err := rules.Register(workflow.Application{ID: 7}, first, workflow.Person{Name: first.By}, w.today)
	if err != nil {
		t.Fatalf("register again: %v", err)
	}
	last := workflow.Date(0)
	for len(rest) > 0 {
		i := slices.IndexFunc(rest, func(act workflow.Act) bool {
			act.Consultation = numberOf(&got, &w.app, act)
			next, _, err := rules.Apply(got, act, workflow.Person{Name: act.By}, w.today)
			if err == nil {
				got = next
			}
			return err == nil
		})
		if i < 0 {
			return got, moved, false
		}
		moved = moved || rest[i].Date < last
		last = max(last, rest[i].Date)
		rest = slices.Delete(rest, i, i+1)
	}
	return got, moved, true
}

// numberOf is the number that a letter has in the half-entered case; days tell letters
// apart, because each act has its own.
func numberOf(half, whole *workflow.Application, act workflow.Act) int {
	if act.Letter == 0 {
		return 0
	}
	for _, c := range whole.Consultations {
		if c.Revision != act.Letter {
			continue
		}
		for i, h := range half.Consultations {
			if h.SendDate == c.SendDate {
				return i + 1
			}
		}
	}
	return 99 // its letter is not entered yet
}
