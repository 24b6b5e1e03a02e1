package scenario_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/workflow/calendar"
	"gongkai/workflow/scenario"
)

func TestParse(t *testing.T) {
	const text = `2. 春节前最后一个工作日
当面提交。

-- steps --
# the day before the holidays
application 2026-1
2026-02-14 submit channel=IN_PERSON text="两 个 词" # registered
= state RECEIVED
= refused PERIOD_OVER field=notify_date

? fee tariff=PER_PAGE
= amount_fen 470000 "and more"
today 2026-03-01
setting review_steps=SUPERVISOR
`
	got, err := scenario.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := scenario.Script{
		Title: "2. 春节前最后一个工作日", Words: "当面提交。",
		Steps: []scenario.Step{
			{Line: 6, Kind: scenario.Application, Name: "2026-1"},
			{
				Line: 7, Kind: scenario.Act, Name: "submit", Date: calendar.New(2026, 2, 14),
				Fields: []scenario.Field{{Name: "channel", Value: "IN_PERSON"}, {Name: "text", Value: "两 个 词"}},
				Wants: []scenario.Want{
					{Line: 8, Key: "state", Values: []string{"RECEIVED"}},
					{Line: 9, Key: "refused", Values: []string{"PERIOD_OVER"}, Fields: []scenario.Field{{Name: "field", Value: "notify_date"}}},
				},
			},
			{
				Line: 11, Kind: scenario.Question, Name: "fee", Fields: []scenario.Field{{Name: "tariff", Value: "PER_PAGE"}},
				Wants: []scenario.Want{{Line: 12, Key: "amount_fen", Values: []string{"470000", "and more"}}},
			},
			{Line: 13, Kind: scenario.Today, Name: "today", Date: calendar.New(2026, 3, 1)},
			{Line: 14, Kind: scenario.Setting, Name: "setting", Fields: []scenario.Field{{Name: "review_steps", Value: "SUPERVISOR"}}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
	if v, ok := got.Steps[1].Field("channel"); v != "IN_PERSON" || !ok {
		t.Errorf("Field(channel) = %q, %v", v, ok)
	}
	if v, ok := got.Steps[1].Wants[1].Field("nothing"); v != "" || ok {
		t.Errorf("Field(nothing) = %q, %v", v, ok)
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no section", "title\n", "no section"},
		{"no title", "-- steps --\ntoday 2026-01-01\n", "title"},
		{"no steps", "title\n-- steps --\n\n", "no steps"},
		{"two sections", "title\n-- steps --\n-- steps --\n", "second section"},
		{"other section", "title\n-- files --\n", "no section; there is just one"},
		{"no day", "title\n-- steps --\nsubmit channel=FAX\n", "line 3"},
		{"a day that does not exist", "title\n-- steps --\n2026-02-30 submit\n", "2026-02-30"},
		{"an act without name", "title\n-- steps --\n2026-02-28 channel=FAX\n", "name is missing"},
		{"a bare word", "title\n-- steps --\n2026-02-28 submit FAX\n", "FAX"},
		{"open quotation", "title\n-- steps --\n2026-02-28 submit channel=\"FAX\n", "quotation"},
		{"glued quotation", "title\n-- steps --\n2026-02-28 submit channel=\"FAX\"x\n", "space"},
		{"a want first", "title\n-- steps --\n= state VOID\n", "before"},
		{"a want without key", "title\n-- steps --\ntoday 2026-01-01\n=\n", "key"},
		{"today without day", "title\n-- steps --\ntoday\n", "today"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := scenario.Parse([]byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Parse: %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("title\n-- steps --\n2026-02-14 submit channel=FAX \"a b\"\n= state X y=z\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := scenario.Parse(text)
		if err == nil && (s.Title == "" || len(s.Steps) == 0) {
			t.Errorf("accepted %q as %+v", text, s)
		}
	})
}
