package calendar_test

import (
	"fmt"

	"gongkai/workflow/calendar"
)

// An application received on the make-up Saturday before 春节 2026 must be answered
// within 20 workdays.
func ExampleCalendar_AddWorkdays() {
	cal := calendar.Embedded()
	receive := calendar.New(2026, 2, 14)
	due := cal.AddWorkdays(receive, 20)
	fmt.Println(due, due.Weekday(), cal.Provisional(due))
	// Output: 2026-03-20 Friday false
}

// An amendment in mid-year made 28 April 2019, a Sunday, a workday.
func ExampleCalendar_AsOf() {
	cal := calendar.Embedded()
	receive := calendar.New(2019, 4, 8)
	fmt.Println(cal.AsOf(calendar.New(2019, 3, 21)).AddWorkdays(receive, 15))
	fmt.Println(cal.AsOf(calendar.New(2019, 3, 22)).AddWorkdays(receive, 15))
	// Output:
	// 2019-04-29
	// 2019-04-28
}

func ExampleCalendar_Day() {
	day := calendar.Embedded().Day(calendar.New(2026, 5, 9))
	fmt.Println(day.Date, day.Workday, day.Kind, day.FestivalZH, day.FestivalEN, day.Notice)
	// Output: 2026-05-09 true MAKE_UP 劳动节 Labour Day 国办发明电〔2025〕7号
}

// A period of 60 natural days that would end within 国庆节 ends on the workday after it.
func ExampleCalendar_RollForward() {
	deliver := calendar.New(2026, 8, 3)
	fmt.Println(calendar.Embedded().RollForward(deliver.AddDays(60)))
	// Output: 2026-10-08
}

func ExampleDate_AddMonths() {
	fmt.Println(calendar.New(2026, 8, 31).AddMonths(6))
	// Output: 2027-02-28
}
