package workflow_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
)

// source draws numbers: from rapid, or from a seed.
type source func(n int) int

func pick[T any](draw source, list []T) T { return list[draw(len(list))] }

// someDay is a day near another, never before it but for one in ten.
func someDay(draw source, near workflow.Date, spread int) workflow.Date {
	return near.AddDays(draw(spread))
}

var bases = func() []workflow.Basis {
	var out []workflow.Basis
	for _, r := range outcome.Rows() {
		out = append(out, r.Basis)
	}
	return out
}()

// someAct is an act with every field that it may have, lawful or not.
func someAct(draw source, action workflow.Action, on workflow.Date) workflow.Act {
	act := workflow.Act{Action: action, Date: on, Text: workflow.Text{Reason: "理由"}}
	switch action {
	case workflow.ActSubmit:
		act.Channel, act.Kind = pick(draw, workflow.Channels()), pick(draw, workflow.ApplicantKinds())
	case workflow.ActRequestSupplement:
		act.Text.Items = []string{"文号"}
		act.Workdays = draw(12)
		if draw(2) == 0 {
			act.Due = someDay(draw, on, 25)
		}
		if draw(3) == 0 {
			act.Receive = on
		}
	case workflow.ActSubmitSupplement:
		act.GoodCause = draw(3) == 0
	case workflow.ActLapseSupplement:
		act.Receive = on.AddDays(-draw(20))
	case workflow.ActConsult:
		act.Consulted = pick(draw, workflow.ConsultationKinds())
		act.Due = someDay(draw, on, 30)
	case workflow.ActReceiveOpinion, workflow.ActRecordLateOpinion:
		act.Opinion = pick(draw, []workflow.Opinion{workflow.Consent, workflow.Objection})
		act.Consultation = draw(3)
	case workflow.ActLapseOpinion:
		act.Consultation, act.Returned = draw(3), draw(4) == 0
	case workflow.ActExtend:
		act.Workdays = draw(23)
	case workflow.ActReceiveReasons:
		act.Accepted = draw(3) > 0
	case workflow.ActAskReasons, workflow.ActDefer:
		act.Due = someDay(draw, on, 60)
	case workflow.ActNotifyFee:
		act.Amount, act.Tariff = int64(draw(900)), workflow.PerPage
	case workflow.ActDecide, workflow.ActSubmitForReview:
		act.Basis, act.ReviewFirst, act.Told, act.Prior = pick(draw, bases), draw(5) > 0, on, "2026-9"
	case workflow.ActDeliver:
		act.Mode = pick(draw, workflow.DeliveryModes())
	case workflow.ActDeliverRedecision:
		act.Basis, act.Mode = pick(draw, bases), pick(draw, workflow.DeliveryModes())
	case workflow.ActOrderRedecision:
		act.Workdays = draw(30)
	default:
	}
	return act
}

// people act in turn, so that a second person is at hand.
var people = []workflow.Person{
	{Name: "principals/li", Role: workflow.Supervisor},
	{Name: "principals/wang", Role: workflow.Supervisor},
	{Name: "principals/zhao", Role: workflow.Officer},
}

// walker walks through a case, one act a step.
type walker struct {
	rules  workflow.Rules
	app    workflow.Application
	events []workflow.Event
	today  workflow.Date
	since  workflow.Date
	tried  map[workflow.Reason]int
}

// newWalker registers a case on some day of either regime.
func newWalker(draw source) (*walker, error) {
	w := &walker{tried: map[workflow.Reason]int{}}
	w.rules.Calendar = calendar.Embedded()
	if draw(4) == 0 {
		w.rules.Settings.ReviewSteps = []workflow.Role{workflow.Officer, workflow.Supervisor}
	}
	start := calendar.New(2026, 2, 1)
	if draw(3) == 0 {
		start = calendar.New(2018, 9, 1)
	}
	w.since = someDay(draw, start, 40)
	w.today = w.since.AddDays(400)
	w.app = workflow.Application{ID: 7, Agency: "a", ApplicationNo: "2026-1", Applicant: workflow.Applicant{Name: "甲"}, Description: "某某信息"}
	next, e, err := w.rules.Register(w.app, someAct(draw, workflow.ActSubmit, w.since), people[0], w.today)
	if err != nil {
		return nil, err
	}
	w.app, w.events = next, []workflow.Event{e}
	return w, nil
}

// next draws an act: mostly one that is possible, on a day after the latest.
func (w *walker) next(draw source) (workflow.Act, workflow.Person) {
	by := people[draw(len(people))]
	on := someDay(draw, w.app.Acts[len(w.app.Acts)-1].Date, 12)
	if draw(8) == 0 {
		on = someDay(draw, w.since.AddDays(-5), 60) // entered late, or wrong
	}
	var likely []workflow.Action
	for _, p := range w.rules.Possible(&w.app, by, on) {
		if p.Refusal == nil && (!slices.Contains(seldom, p.Spec.Action) || draw(12) == 0) {
			likely = append(likely, p.Spec.Action)
		}
	}
	var action workflow.Action
	if len(likely) > 0 && draw(5) > 0 {
		action = pick(draw, likely)
	} else {
		action = pick(draw, workflow.Specs()).Action
	}
	return someAct(draw, action, on), by
}

// seldom are the acts that end a walk or lead nowhere.
var seldom = []workflow.Action{
	workflow.ActCorrect, workflow.ActVoid, workflow.ActWithdraw, workflow.ActClose, workflow.ActHold,
	workflow.ActOrderRedecision, workflow.ActReplace, workflow.ActArchive,
}

// fataler is what rapid's and the standard tests share.
type fataler interface {
	Helper()
	Errorf(string, ...any)
	Fatalf(string, ...any)
}

// try enters an act and checks what must hold whether it is accepted or not.
func (w *walker) try(t fataler, act workflow.Act, by workflow.Person) {
	t.Helper()
	before := clone(w.app)
	next, e, err := w.rules.Apply(w.app, act, by, w.today)
	w.took(t, before, next, e, err)
}

func (w *walker) took(t fataler, before, next workflow.Application, e workflow.Event, err error) {
	t.Helper()
	if diff := diffApplications(before, w.app); diff != "" {
		t.Fatalf("the case that was asked about changed (-before +after):\n%s", diff)
	}
	if err != nil {
		var no *workflow.Refusal
		if !errors.As(err, &no) {
			t.Fatalf("an error that is no refusal: %v", err)
		}
		checkTexts(t, no)
		w.tried[no.Reason]++
		if diff := diffApplications(before, next); diff != "" {
			t.Fatalf("a refused act returns a changed case:\n%s", diff)
		}
		return
	}
	if next.Revision != before.Revision+1 || e.Revision != next.Revision {
		t.Fatalf("revision %d after %d, event %d", next.Revision, before.Revision, e.Revision)
	}
	e.Time = time.Unix(1_700_000_000+e.Revision, 0)
	next.UpdateTime = e.Time
	if e.Revision == 1 {
		next.CreateTime = e.Time
	}
	w.app, w.events = next, append(w.events, e)
}

// verify replays the history, as it is and as it is stored.
func (w *walker) verify(t fataler) {
	t.Helper()
	want := clone(w.app)
	want.ID, want.Agency = 0, ""
	want.CreateTime, want.UpdateTime = w.events[0].Time, w.events[len(w.events)-1].Time
	replayed, err := w.rules.Replay(w.events)
	if err != nil {
		t.Fatalf("replay: %v", err)
	}
	if diff := diffApplications(want, replayed); diff != "" {
		t.Fatalf("replay differs (-case +replay):\n%s", diff)
	}
	var stored []workflow.Event
	for i := range w.events {
		e := &w.events[i]
		facts, personal, err := e.Encode()
		if err != nil {
			t.Fatalf("encode: %v", err)
		}
		back, err := workflow.DecodeEvent(e.Revision, e.Time, facts, personal)
		if err != nil {
			t.Fatalf("decode: %v", err)
		}
		if diff := diffEvents(*e, back); diff != "" {
			t.Fatalf("event %d as stored (-event +stored):\n%s", i, diff)
		}
		stored = append(stored, back)
	}
	if replayed, err = w.rules.Replay(stored); err != nil {
		t.Fatalf("replay of what is stored: %v", err)
	}
	if diff := diffApplications(want, replayed); diff != "" {
		t.Fatalf("replay of what is stored differs:\n%s", diff)
	}
	again := clone(w.app)
	if err := w.rules.Fold(&again); err != nil {
		t.Fatalf("fold: %v", err)
	}
	if diff := diffApplications(w.app, again); diff != "" {
		t.Fatalf("a second fold changes the case:\n%s", diff)
	}
}

func diffEvents(want, got workflow.Event) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}

// amend draws a correction: another act instead, none, or one more.
func (w *walker) amend(t fataler, draw source) {
	t.Helper()
	was := pick(draw, w.app.Acts)
	c := workflow.Amendment{Revision: was.Revision}
	switch draw(3) {
	case 0:
		c.Strike = true
	case 1:
		c.Act = was
		c.Act.Date = was.Date.AddDays(draw(9) - 4)
		c.Act.By, c.Act.Origin, c.Act.Letter, c.Act.Steps = "", "", 0, 0
	default:
		c.Revision = 0
		c.Act, _ = w.next(draw)
	}
	before := clone(w.app)
	next, e, err := w.rules.Correct(w.app, "登记有误", []workflow.Amendment{c}, people[draw(2)], w.today)
	w.took(t, before, next, e, err)
}

// TestWalk: whatever is done to a case, lawful or not, its history makes it again.
func TestWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 1<<30)
		draw := func(limit int) int { return n.Draw(t, "n") % limit }
		w, err := newWalker(draw)
		if err != nil {
			t.Fatalf("register: %v", err)
		}
		w.events[0].Time = time.Unix(1_700_000_000, 0)
		for range 30 {
			if draw(7) == 0 {
				w.amend(t, draw)
			} else {
				act, by := w.next(draw)
				w.try(t, act, by)
			}
		}
		w.verify(t)
	})
}

// TestManyWalks walks far from fixed seeds and says how much of the law they reached.
func TestManyWalks(t *testing.T) {
	states := map[workflow.State]int{}
	corrections := 0
	for seed := range uint64(600) {
		rng := rand.New(rand.NewPCG(seed, 1))
		w, err := newWalker(rng.IntN)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		w.events[0].Time = time.Unix(1_700_000_000, 0)
		for range 25 {
			if rng.IntN(9) == 0 {
				w.amend(t, rng.IntN)
			} else {
				act, by := w.next(rng.IntN)
				w.try(t, act, by)
			}
			states[w.app.State]++
		}
		w.verify(t)
		for _, e := range w.events {
			if e.Act.Action == workflow.ActCorrect {
				corrections++
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	for _, s := range workflow.States() {
		if states[s] == 0 && s != workflow.Void {
			t.Errorf("no walk came to %s: %v", s, states)
		}
	}
	if corrections < 300 {
		t.Errorf("only %d corrections were accepted", corrections)
	}
}
