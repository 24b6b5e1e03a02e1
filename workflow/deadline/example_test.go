package deadline_test

import (
	"fmt"

	"gongkai/workflow/calendar"
	"gongkai/workflow/deadline"
)

// A third party was asked on 10 March and answered on 23 March: nine workdays do not
// count (《条例》2019 Art 33(3)).
func ExampleCompute() {
	cal := calendar.Embedded()
	f := deadline.Facts{
		Regime:  deadline.R2019,
		Receive: calendar.New(2026, 3, 2),
		Pauses: []deadline.Pause{{
			Kind: deadline.ThirdParty, Send: calendar.New(2026, 3, 10), End: calendar.New(2026, 3, 23),
		}},
	}
	r := deadline.Compute(f, cal)
	fmt.Println("due", r.Due)

	last := r.On(r.Due, cal)
	fmt.Println("on the last day:", last.Left, last.Overdue)
	after := r.On(r.Due.AddDays(1), cal)
	fmt.Println("on the day after:", after.Left, after.Overdue)
	// Output:
	// due 2026-04-13
	// on the last day: 0 false
	// on the day after: -1 true
}

// Saturday 28 February 2026 is a make-up workday and counts.
func ExampleExplain() {
	f := deadline.Facts{Regime: deadline.R2019, Receive: calendar.New(2026, 2, 14)}
	_, steps := deadline.Explain(f, calendar.Embedded())
	for _, s := range steps[10:15] {
		fmt.Println(s.Date, s.Counted, s.N, s.ReasonZH, s.ReasonEN)
	}
	// Output:
	// 2026-02-24 true 1 工作日，第1日 workday 1
	// 2026-02-25 true 2 工作日，第2日 workday 2
	// 2026-02-26 true 3 工作日，第3日 workday 3
	// 2026-02-27 true 4 工作日，第4日 workday 4
	// 2026-02-28 true 5 工作日，第5日，调休上班 workday 5, make-up workday
}
