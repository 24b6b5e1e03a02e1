package server

import (
	"testing"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// ordinary are the changes of a year that is running: none may even ask which years are
// frozen.
func ordinary() map[string][2]*workflow.Application {
	received := func(on workflow.Date) *workflow.Application {
		return &workflow.Application{ReceiveDate: on, Channel: workflow.Email, Applicant: workflow.Applicant{Kind: workflow.NaturalPerson}}
	}
	concluded := func(a *workflow.Application) *workflow.Application {
		out := *a
		out.Conclusion = workflow.Conclusion{Date: calendar.New(2026, 1, 12), Basis: "disclosed.provided", Timing: workflow.OnTime}
		return &out
	}
	this, last := received(calendar.New(2026, 1, 5)), received(calendar.New(2025, 12, 22))
	return map[string][2]*workflow.Application{
		"registered this year":              {nil, this},
		"concluded this year":               {this, concluded(this)},
		"concluded this year, carried over": {last, concluded(last)},
		"an act that counts nothing":        {last, last},
	}
}

func TestFrostAsksNothingOfThisYear(t *testing.T) {
	for name, change := range ordinary() {
		f := &frost{nil, "own", 2026} // no reader: looking would panic
		if err := f.application(change[0], change[1]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// BenchmarkFrost is what an ordinary act pays so that frozen years stay as they are.
func BenchmarkFrost(b *testing.B) {
	for name, change := range ordinary() {
		b.Run(name, func(b *testing.B) {
			f := &frost{nil, "own", 2026}
			for b.Loop() {
				if err := f.application(change[0], change[1]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
