package calendar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gongkai/workflow/calendar"
)

// on reads a date of a test table.
func on(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// days expands "2019-02-04" and "2019-02-04/2019-02-10".
func days(t *testing.T, s string) []calendar.Date {
	t.Helper()
	first, last, ranged := strings.Cut(s, "/")
	if !ranged {
		last = first
	}
	var out []calendar.Date
	for d := on(t, first); d <= on(t, last); d++ {
		out = append(out, d)
	}
	return out
}

func TestWorkdaysOfYears(t *testing.T) {
	cal := calendar.Embedded()
	want := []int{
		251, 250, 250, 250, 249, 250, 250, 249, 250, 249, // 2008 to 2017
		250, 250, 249, 250, 249, 249, 251, 248, 248, // 2018 to 2026
	}
	for i, n := range want {
		year := 2008 + i
		got := cal.WorkdaysBetween(calendar.New(year-1, 12, 31), calendar.New(year, 12, 31))
		if got != n {
			t.Errorf("%d has %d workdays, want %d", year, got, n)
		}
	}
}

func TestYearsInDetail(t *testing.T) {
	tests := []struct {
		name       string
		year       int
		rest, work string
	}{
		{
			name: "2019 with both notices", year: 2019,
			rest: "2019-01-01 2019-02-04/2019-02-10 2019-04-05 2019-05-01/2019-05-04 2019-06-07 2019-09-13 2019-10-01/2019-10-07",
			work: "2019-02-02/2019-02-03 2019-04-28 2019-05-05 2019-09-29 2019-10-12",
		},
		{
			name: "2026", year: 2026,
			rest: "2026-01-01/2026-01-03 2026-02-15/2026-02-23 2026-04-04/2026-04-06 2026-05-01/2026-05-05 2026-06-19/2026-06-21 2026-09-25/2026-09-27 2026-10-01/2026-10-07",
			work: "2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10",
		},
	}
	cal := calendar.Embedded()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := map[calendar.Date]calendar.Kind{}
			for f := range strings.FieldsSeq(tt.rest) {
				for _, d := range days(t, f) {
					want[d] = calendar.Rest
				}
			}
			for f := range strings.FieldsSeq(tt.work) {
				for _, d := range days(t, f) {
					want[d] = calendar.MakeUp
				}
			}
			for d := calendar.New(tt.year, 1, 1); d.Year() == tt.year; d++ {
				kind, listed := want[d]
				weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
				switch {
				case !listed && weekend:
					kind = calendar.Weekend
				case !listed:
					kind = calendar.Weekday
				}
				got := cal.Day(d)
				if got.Kind != kind || got.Workday != (kind == calendar.Weekday || kind == calendar.MakeUp) || got.Provisional {
					t.Errorf("%s = %+v, want %s, firm", d, got, kind)
				}
				if (got.Notice != "") != listed || (got.FestivalZH != "") != listed || (got.FestivalEN != "") != listed {
					t.Errorf("%s: notice %q, festival %q %q", d, got.Notice, got.FestivalZH, got.FestivalEN)
				}
			}
		})
	}
}

func TestDay(t *testing.T) {
	tests := []struct {
		name string
		date string
		want calendar.Day
	}{
		{name: "days of the year before, rest", date: "2018-12-30", want: calendar.Day{Kind: calendar.Rest, FestivalZH: "元旦", FestivalEN: "New Year's Day", Notice: "国办发明电〔2018〕15号"}},
		{name: "days of the year before, work", date: "2018-12-29", want: calendar.Day{Workday: true, Kind: calendar.MakeUp, FestivalZH: "元旦", FestivalEN: "New Year's Day", Notice: "国办发明电〔2018〕15号"}},
		{name: "weekend joined to a holiday", date: "2019-04-06", want: calendar.Day{Kind: calendar.Weekend}},
		{name: "amended", date: "2019-05-05", want: calendar.Day{Workday: true, Kind: calendar.MakeUp, FestivalZH: "劳动节", FestivalEN: "Labour Day", Notice: "国办发明电〔2019〕3号"}},
		{name: "year without a number", date: "2014-10-01", want: calendar.Day{Kind: calendar.Rest, FestivalZH: "国庆节", FestivalEN: "National Day", Notice: "国务院办公厅关于2014年部分节假日安排的通知"}},
		{name: "two festivals", date: "2025-10-06", want: calendar.Day{Kind: calendar.Rest, FestivalZH: "国庆节、中秋节", FestivalEN: "National Day and Mid-Autumn Festival", Notice: "国务院办公厅关于2025年部分节假日安排的通知"}},
		{name: "first noticed day", date: "2007-12-29", want: calendar.Day{Workday: true, Kind: calendar.MakeUp, FestivalZH: "元旦", FestivalEN: "New Year's Day", Notice: "国务院办公厅关于2008年部分节假日安排的通知"}},
		{name: "before the notices", date: "2007-12-28", want: calendar.Day{Workday: true, Kind: calendar.Weekday, Provisional: true}},
		{name: "statute before the notices", date: "2007-10-01", want: calendar.Day{Kind: calendar.Statutory, FestivalZH: "国庆节", FestivalEN: "National Day", Provisional: true}},
		{name: "last noticed day", date: "2026-12-31", want: calendar.Day{Workday: true, Kind: calendar.Weekday}},
		{name: "statute after the notices", date: "2027-01-01", want: calendar.Day{Kind: calendar.Statutory, FestivalZH: "元旦", FestivalEN: "New Year's Day", Provisional: true}},
		{name: "除夕", date: "2027-02-05", want: calendar.Day{Kind: calendar.Statutory, FestivalZH: "春节", FestivalEN: "Spring Festival", Provisional: true}},
		{name: "初三", date: "2027-02-08", want: calendar.Day{Kind: calendar.Statutory, FestivalZH: "春节", FestivalEN: "Spring Festival", Provisional: true}},
		{name: "初四", date: "2027-02-09", want: calendar.Day{Workday: true, Kind: calendar.Weekday, Provisional: true}},
		{name: "中秋 within 国庆", date: "2028-10-03", want: calendar.Day{Kind: calendar.Statutory, FestivalZH: "国庆节、中秋节", FestivalEN: "National Day and Mid-Autumn Festival", Provisional: true}},
		{name: "端午 by statute", date: "2040-06-14", want: calendar.Day{Kind: calendar.Statutory, FestivalZH: "端午节", FestivalEN: "Dragon Boat Festival", Provisional: true}},
		{name: "beyond the lunar table", date: "2041-05-02", want: calendar.Day{Kind: calendar.Statutory, FestivalZH: "劳动节", FestivalEN: "Labour Day", Provisional: true}},
		{name: "provisional weekend", date: "2041-05-04", want: calendar.Day{Kind: calendar.Weekend, Provisional: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.Date = on(t, tt.date)
			if diff := cmp.Diff(tt.want, calendar.Embedded().Day(tt.want.Date)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	if got := calendar.Embedded().Day(0); got != (calendar.Day{}) {
		t.Errorf("the unknown day is %+v", got)
	}
}

// TestStatutoryDays holds the thirteen days against the calendar of each year; where
// 中秋节 falls within 国庆节 there are twelve.
func TestStatutoryDays(t *testing.T) {
	for year := 2027; year <= 2045; year++ {
		n := 0
		for d := calendar.New(year, 1, 1); d.Year() == year; d++ {
			if calendar.Embedded().Day(d).Kind == calendar.Statutory {
				n++
			}
		}
		want := 13
		switch {
		case year == 2028 || year == 2031 || year == 2039:
			want = 12
		case year > 2040:
			want = 6
		}
		if n != want {
			t.Errorf("%d has %d statutory days, want %d", year, n, want)
		}
	}
}

func TestAmendments(t *testing.T) {
	tests := []struct {
		name   string
		issued string
		date   string
		before calendar.Kind
		after  calendar.Kind
	}{
		{name: "2015 Thursday", issued: "2015-05-13", date: "2015-09-03", before: calendar.Weekday, after: calendar.Rest},
		{name: "2015 Friday", issued: "2015-05-13", date: "2015-09-04", before: calendar.Weekday, after: calendar.Rest},
		{name: "2015 Saturday", issued: "2015-05-13", date: "2015-09-05", before: calendar.Weekend, after: calendar.Rest},
		{name: "2015 Sunday worked", issued: "2015-05-13", date: "2015-09-06", before: calendar.Weekend, after: calendar.MakeUp},
		{name: "2019 Sunday worked before", issued: "2019-03-22", date: "2019-04-28", before: calendar.Weekend, after: calendar.MakeUp},
		{name: "2019 the day itself", issued: "2019-03-22", date: "2019-05-01", before: calendar.Rest, after: calendar.Rest},
		{name: "2019 Thursday", issued: "2019-03-22", date: "2019-05-02", before: calendar.Weekday, after: calendar.Rest},
		{name: "2019 Friday", issued: "2019-03-22", date: "2019-05-03", before: calendar.Weekday, after: calendar.Rest},
		{name: "2019 Saturday", issued: "2019-03-22", date: "2019-05-04", before: calendar.Weekend, after: calendar.Rest},
		{name: "2019 Sunday worked after", issued: "2019-03-22", date: "2019-05-05", before: calendar.Weekend, after: calendar.MakeUp},
		{name: "2020 Sunday worked before", issued: "2020-01-27", date: "2020-01-19", before: calendar.MakeUp, after: calendar.MakeUp},
		{name: "2020 first day", issued: "2020-01-27", date: "2020-01-24", before: calendar.Rest, after: calendar.Rest},
		{name: "2020 Friday prolonged", issued: "2020-01-27", date: "2020-01-31", before: calendar.Weekday, after: calendar.Rest},
		{name: "2020 Saturday no longer worked", issued: "2020-01-27", date: "2020-02-01", before: calendar.MakeUp, after: calendar.Rest},
		{name: "2020 Sunday", issued: "2020-01-27", date: "2020-02-02", before: calendar.Weekend, after: calendar.Rest},
		{name: "2020 Monday works again", issued: "2020-01-27", date: "2020-02-03", before: calendar.Weekday, after: calendar.Weekday},
	}
	cal := calendar.Embedded()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			issued, d := on(t, tt.issued), on(t, tt.date)
			if got := cal.AsOf(issued - 1).Day(d).Kind; got != tt.before {
				t.Errorf("before the notice %s, want %s", got, tt.before)
			}
			if got := cal.AsOf(issued).Day(d).Kind; got != tt.after {
				t.Errorf("on the day of the notice %s, want %s", got, tt.after)
			}
			if got := cal.Day(d).Kind; got != tt.after {
				t.Errorf("finally %s, want %s", got, tt.after)
			}
		})
	}
}

func TestAsOf(t *testing.T) {
	cal := calendar.Embedded()
	tests := []struct {
		name     string
		day      calendar.Date
		revision string
	}{
		{name: "before all amendments", day: calendar.New(2015, 5, 12), revision: "2026-246fe2fd"},
		{name: "after that of 2015", day: calendar.New(2015, 5, 13), revision: "2026-076d30f8"},
		{name: "before that of 2019", day: calendar.New(2019, 3, 21), revision: "2026-076d30f8"},
		{name: "after that of 2019", day: calendar.New(2019, 3, 22), revision: "2026-0698aec6"},
		{name: "before that of 2020", day: calendar.New(2020, 1, 26), revision: "2026-0698aec6"},
		{name: "after that of 2020", day: calendar.New(2020, 1, 27), revision: "2026-7793649b"},
		{name: "unknown: all that is known", day: 0, revision: "2026-7793649b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := cal.AsOf(tt.day).Revision(); got != tt.revision {
				t.Errorf("revision %s, want %s", got, tt.revision)
			}
		})
	}
	if old := cal.AsOf(calendar.New(2018, 1, 1)); old.AsOf(calendar.New(2026, 1, 1)) != old {
		t.Error("an old plan learned of later amendments")
	}
}

// TestScenarios counts the periods of the commented scenarios that need nothing but
// workdays.
func TestScenarios(t *testing.T) {
	tests := []struct {
		name  string
		from  string
		n     int
		known string // empty: all
		want  string
	}{
		{name: "1 last workday before 春节, 2008 regime", from: "2019-02-03", n: 15, want: "2019-03-01"},
		{name: "2 last workday before 春节, 2019 regime", from: "2026-02-14", n: 20, want: "2026-03-20"},
		{name: "3 confirmed after 劳动节", from: "2026-05-06", n: 20, want: "2026-06-02"},
		{name: "4 confirmed on a make-up Sunday", from: "2026-09-20", n: 20, want: "2026-10-23"},
		{name: "5 supplement notice", from: "2026-04-03", n: 7, want: "2026-04-15"},
		{name: "5 answer", from: "2026-04-03", n: 20, want: "2026-05-07"},
		{name: "6 restart", from: "2026-04-30", n: 20, want: "2026-06-01"},
		{name: "18 answer", from: "2019-04-26", n: 15, want: "2019-05-20"},
		{name: "18 by the wrong regime", from: "2019-04-26", n: 20, want: "2019-05-27"},
		{name: "18 extended", from: "2019-04-26", n: 30, want: "2019-06-11"},
		{name: "20 old plan", from: "2019-04-08", n: 15, known: "2019-03-21", want: "2019-04-29"},
		{name: "20 new plan", from: "2019-04-08", n: 15, known: "2019-03-22", want: "2019-04-28"},
		{name: "20 later, old plan", from: "2019-04-11", n: 15, known: "2019-03-21", want: "2019-05-03"},
		{name: "20 later, new plan", from: "2019-04-11", n: 15, known: "2019-03-22", want: "2019-05-05"},
		{name: "21 first plan", from: "2020-01-16", n: 20, known: "2020-01-26", want: "2020-02-18"},
		{name: "21 prolonged", from: "2020-01-16", n: 20, known: "2020-01-27", want: "2020-02-20"},
		{name: "22 across the year", from: "2025-12-22", n: 20, want: "2026-01-20"},
		{name: "23 confirmed on a make-up Sunday", from: "2026-01-04", n: 20, want: "2026-01-30"},
		{name: "25 into a year without notice", from: "2026-12-14", n: 20, want: "2027-01-12"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cal := calendar.Embedded()
			if tt.known != "" {
				cal = cal.AsOf(on(t, tt.known))
			}
			got := cal.AddWorkdays(on(t, tt.from), tt.n)
			if got != on(t, tt.want) {
				t.Errorf("%d workdays after %s is %s, want %s", tt.n, tt.from, got, tt.want)
			}
			if provisional := got.Year() > 2026; cal.Provisional(got) != provisional {
				t.Errorf("%s: provisional is %v", got, !provisional)
			}
		})
	}
}

func TestRollForward(t *testing.T) {
	tests := []struct{ name, date, want string }{
		{name: "workday", date: "2026-03-30", want: "2026-03-30"},
		{name: "weekend", date: "2026-03-28", want: "2026-03-30"},
		{name: "holiday", date: "2026-10-02", want: "2026-10-08"},
		{name: "make-up Saturday does not roll", date: "2026-10-10", want: "2026-10-10"},
		{name: "rest before a make-up Sunday", date: "2026-01-01", want: "2026-01-04"},
		{name: "unknown", date: "", want: ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d calendar.Date
			if tt.date != "" {
				d = on(t, tt.date)
			}
			if got := calendar.Embedded().RollForward(d).String(); got != tt.want {
				t.Errorf("rolls to %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEdges(t *testing.T) {
	cal := calendar.Embedded()
	first, last := calendar.New(1900, 1, 2), calendar.New(2200, 12, 31)
	if got := cal.AddWorkdays(calendar.New(2026, 1, 1), 1<<62); got != last {
		t.Errorf("counting beyond the end gives %s, want %s", got, last)
	}
	if got := cal.AddWorkdays(calendar.New(2026, 1, 1), -1<<62); got != first {
		t.Errorf("counting before the beginning gives %s, want %s", got, first)
	}
	if got := cal.AddWorkdays(0, 5); got != 0 {
		t.Errorf("counting from no day gives %s", got)
	}
	if got := cal.WorkdaysBetween(0, first) + cal.WorkdaysBetween(last, 0); got != 0 {
		t.Errorf("%d workdays from no day", got)
	}
	saturday := calendar.New(2026, 10, 10) + 7
	if got := cal.AddWorkdays(saturday, 0); got != saturday {
		t.Errorf("no workdays after %s is %s", saturday, got)
	}
	if cal.IsWorkday(0) || cal.IsWorkday(last+1) || cal.IsWorkday(calendar.New(1899, 12, 29)) || cal.Provisional(0) {
		t.Error("a day outside the calendar is a workday, or the unknown day provisional")
	}
}

// step counts workdays one day at a time.
func step(cal *calendar.Calendar, d calendar.Date, n int) calendar.Date {
	dir := 1
	if n < 0 {
		dir, n = -1, -n
	}
	for n > 0 {
		d = d.AddDays(dir)
		if cal.Day(d).Workday {
			n--
		}
	}
	return d
}

func TestCountingAgreesWithSteps(t *testing.T) {
	from, to := int32(calendar.New(2007, 1, 1)), int32(calendar.New(2045, 1, 1))
	amended := rapid.SampledFrom([]calendar.Date{
		0, calendar.New(2015, 1, 1), calendar.New(2016, 1, 1), calendar.New(2019, 4, 1), calendar.New(2020, 2, 1),
	})
	rapid.Check(t, func(t *rapid.T) {
		cal := calendar.Embedded().AsOf(amended.Draw(t, "known"))
		d := calendar.Date(rapid.Int32Range(from, to).Draw(t, "day"))
		n := rapid.IntRange(-400, 400).Draw(t, "n")
		got := cal.AddWorkdays(d, n)
		if want := step(cal, d, n); got != want {
			t.Fatalf("%d workdays from %s is %s, by steps %s", n, d, got, want)
		}
		if n >= 0 || cal.IsWorkday(d) {
			if back := cal.WorkdaysBetween(d, got); back != n {
				t.Fatalf("%d workdays from %s to %s, want %d", back, d, got, n)
			}
		}
		if a, b := cal.WorkdaysBetween(d, got), cal.WorkdaysBetween(got, d); a != -b {
			t.Fatalf("%d workdays there, %d back", a, b)
		}
		if r := cal.RollForward(d); !cal.IsWorkday(r) || cal.WorkdaysBetween(d, r) > 1 || r < d {
			t.Fatalf("%s rolls to %s", d, r)
		}
		if cal.IsWorkday(d) != cal.Day(d).Workday {
			t.Fatalf("%s is a workday by one method only", d)
		}
	})
}

func TestCountingDoesNotAllocate(t *testing.T) {
	cal, d := calendar.Embedded(), calendar.New(2026, 2, 14)
	got := testing.AllocsPerRun(100, func() {
		old := cal.AsOf(d - 3000)
		due := old.AddWorkdays(d, 20)
		if old.WorkdaysBetween(d, due) != 20 || !old.IsWorkday(due) || old.RollForward(due) != due ||
			old.Day(due).Date != due || old.Provisional(due) {
			t.Fatal("the count is wrong")
		}
	})
	if got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func BenchmarkAddWorkdays(b *testing.B) {
	cal, d := calendar.Embedded(), calendar.New(2026, 2, 14)
	b.ReportAllocs()
	for b.Loop() {
		cal.AddWorkdays(d, 20)
	}
}

func BenchmarkWorkdaysBetween(b *testing.B) {
	cal, from, to := calendar.Embedded(), calendar.New(2026, 2, 14), calendar.New(2026, 3, 20)
	b.ReportAllocs()
	for b.Loop() {
		cal.WorkdaysBetween(from, to)
	}
}

func BenchmarkDay(b *testing.B) {
	cal, d := calendar.Embedded(), calendar.New(2026, 2, 14)
	b.ReportAllocs()
	for b.Loop() {
		cal.Day(d)
	}
}
