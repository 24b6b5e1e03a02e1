package workflow_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

func TestCorruptHistories(t *testing.T) {
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	submit := workflow.Act{Action: workflow.ActSubmit, Date: day(t, "2026-03-02"), Channel: workflow.InPerson, Revision: 1}
	deliver := workflow.Act{Action: workflow.ActDeliver, Date: day(t, "2026-03-03"), Revision: 2}
	tests := []struct {
		name   string
		events []workflow.Event
	}{
		{"an act that the table does not allow", []workflow.Event{{Revision: 1, Act: submit}, {Revision: 2, Act: deliver}}},
		{"an order that names an act that is not there", []workflow.Event{{Revision: 1, Act: submit, Order: []int64{7}}}},
		{"an order that leaves an act out", []workflow.Event{{Revision: 1, Act: submit, Order: []int64{}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := rules.Replay(tt.events); !errors.Is(err, workflow.ErrCorrupt) {
				t.Errorf("replay: %v, want ErrCorrupt", err)
			}
		})
	}
	for _, facts := range []string{"", "{", `{"v":2,"act":{"a":"submit","d":"2026-03-02"}}`, `{"v":1,"act":{"a":"submit","d":"yesterday"}}`} {
		if _, err := workflow.DecodeEvent(1, time.Time{}, []byte(facts), nil); err == nil {
			t.Errorf("DecodeEvent accepts %q", facts)
		}
	}
	if _, err := workflow.DecodeEvent(1, time.Time{}, []byte(`{"v":1,"act":{"a":"submit","d":"2026-03-02"}}`), []byte("{")); err == nil {
		t.Error("DecodeEvent accepts a broken personal part")
	}
}

// TestEventsKeepPersonsApart: the facts of an event name nobody, and without the
// personal part nothing but the words is missing.
func TestEventsKeepPersonsApart(t *testing.T) {
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	app := workflow.Application{ApplicationNo: "", Applicant: workflow.Applicant{Name: "张三", Phone: "13800000000"}, Description: "张三的档案", Remark: "张三来过"}
	submit := acts(t, workflow.Entered, "2026-03-02 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON")[0]
	app, first, err := rules.Register(app, submit, workflow.Person{Name: "principals/li", Role: workflow.Officer}, benchToday)
	if err != nil {
		t.Fatal(err)
	}
	consult := acts(t, workflow.Entered, "2026-03-03 consult kind=THIRD_PARTY party=李四")[0]
	consult.Text.Reason = "涉及李四"
	app, second, err := rules.Apply(app, consult, workflow.Person{Name: "principals/li", Role: workflow.Officer}, benchToday)
	if err != nil {
		t.Fatal(err)
	}
	change := consult
	change.Text.Party = "王五"
	_, third, err := rules.Correct(app, "李四应为王五", []workflow.Amendment{{Revision: 2, Act: change}}, workflow.Person{Role: workflow.Supervisor}, benchToday)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []workflow.Event{first, second, third} {
		facts, personal, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"张三", "138", "李四", "王五"} {
			if strings.Contains(string(facts), word) {
				t.Errorf("the facts of revision %d name %s: %s", e.Revision, word, facts)
			}
		}
		if personal == nil {
			t.Errorf("revision %d keeps no words", e.Revision)
		}
		bare, err := workflow.DecodeEvent(e.Revision, e.Time, facts, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bare.Text.Empty() || bare.Act.Date != e.Act.Date || bare.Act.Action != e.Act.Action || (bare.Particulars == nil) != (e.Particulars == nil) {
			t.Errorf("without its words: %+v", bare)
		}
	}
}

// FuzzDecodeEvent: whatever is stored, reading and replaying it ends in an error or a
// case, and what was read is written the same way again.
func FuzzDecodeEvent(f *testing.F) {
	f.Add([]byte(`{"v":1,"no":"2026-1","act":{"a":"submit","d":"2026-03-02","ch":"IN_PERSON"}}`), []byte(`{"applicant":{"Name":"x"}}`))
	f.Add([]byte(`{"v":1,"act":{"a":"fail_delivery","d":"2026-03-02","v":2},"order":[2,1]}`), []byte(`{"text":{"items":["x"]}}`))
	f.Add([]byte(`{"v":1,"act":{"a":"correct","d":"2026-03-02"},"changes":[{"r":1,"strike":true},{"r":0,"act":{"a":"consult"}}]}`), []byte(nil))
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	submit := workflow.Act{Action: workflow.ActSubmit, Date: calendar.New(2026, 3, 2), Channel: workflow.InPerson, Revision: 1}
	f.Fuzz(func(t *testing.T, facts, personal []byte) {
		e, err := workflow.DecodeEvent(2, time.Time{}, facts, personal)
		if err != nil {
			return
		}
		app, err := rules.Replay([]workflow.Event{{Revision: 1, Act: submit}, e})
		if err == nil {
			rules.Deadline(&app)
			rules.Warnings(&app)
		}
		once, words, err := e.Encode()
		if err != nil {
			t.Fatalf("encode: %v", err)
		}
		again, err := workflow.DecodeEvent(2, time.Time{}, once, words)
		if err != nil {
			t.Fatalf("decode of %s, %s: %v", once, words, err)
		}
		twice, _, err := again.Encode()
		if err != nil || string(once) != string(twice) {
			t.Errorf("%s is written again as %s, %v", once, twice, err)
		}
	})
}
