package calendar_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gongkai/workflow/calendar"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, text string
		want       calendar.Date
		zh, en     string // parts of the message; empty: no error
	}{
		{name: "plain", text: "2026-02-14", want: calendar.New(2026, 2, 14)},
		{name: "leap day", text: "2024-02-29", want: calendar.New(2024, 2, 29)},
		{name: "first", text: "1900-01-01", want: calendar.New(1900, 1, 1)},
		{name: "last", text: "2200-12-31", want: calendar.New(2200, 12, 31)},
		{name: "empty", text: "", zh: "YYYY-MM-DD", en: "YYYY-MM-DD"},
		{name: "short", text: "2026-2-14", zh: "YYYY-MM-DD", en: "YYYY-MM-DD"},
		{name: "slashes", text: "2026/02/14", zh: "YYYY-MM-DD", en: "YYYY-MM-DD"},
		{name: "sign", text: "2026-+2-14", zh: "YYYY-MM-DD", en: "YYYY-MM-DD"},
		{name: "space", text: " 2026-02-14", zh: "YYYY-MM-DD", en: "YYYY-MM-DD"},
		{name: "time", text: "2026-02-14T00:00:00Z", zh: "YYYY-MM-DD", en: "YYYY-MM-DD"},
		{name: "full width", text: "２026-02-1", zh: "YYYY-MM-DD", en: "YYYY-MM-DD"},
		{name: "no leap day", text: "2026-02-29", zh: "不存在", en: "does not exist"},
		{name: "no leap day in 1900", text: "1900-02-29", zh: "不存在", en: "does not exist"},
		{name: "month 13", text: "2026-13-01", zh: "不存在", en: "does not exist"},
		{name: "month 0", text: "2026-00-01", zh: "不存在", en: "does not exist"},
		{name: "day 0", text: "2026-01-00", zh: "不存在", en: "does not exist"},
		{name: "before", text: "1899-12-31", zh: "1900年至2200年", en: "1900 to 2200"},
		{name: "after", text: "2201-01-01", zh: "1900年至2200年", en: "1900 to 2200"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := calendar.Parse(tt.text)
			if got != tt.want || (err == nil) != (tt.en == "") {
				t.Fatalf("Parse(%q) = %v, %v, want %v", tt.text, got, err, tt.want)
			}
			if tt.en == "" {
				return
			}
			var problem *calendar.ParseError
			if !errors.As(err, &problem) || problem.Text != tt.text {
				t.Fatalf("the error is %#v", err)
			}
			if !strings.Contains(problem.ZH(), tt.zh) || !strings.Contains(problem.Error(), tt.en) {
				t.Errorf("the error says %q, %q", problem.ZH(), problem.Error())
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "2026-02-14", "2024-02-29", "2026-02-30", "1900-01-01", "2200-12-31", "2026-1-01", "-026-01-01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := calendar.Parse(s)
		want, stdErr := time.Parse(time.DateOnly, s)
		valid := stdErr == nil && want.Year() >= 1900 && want.Year() <= 2200
		if (err == nil) != valid {
			t.Fatalf("Parse(%q) = %v, %v; by package time %v, %v", s, d, err, want, stdErr)
		}
		if valid && (d.String() != s || d.IsZero()) {
			t.Fatalf("Parse(%q) reads %q", s, d)
		}
	})
}

func TestDateRoundTrip(t *testing.T) {
	day := 24 * time.Hour
	want := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	for d := calendar.New(1900, 1, 1); d <= calendar.New(2200, 12, 31); d++ {
		y, m, n := want.Date()
		if d.Year() != y || d.Month() != m || d.Day() != n || d.Weekday() != want.Weekday() || calendar.New(y, m, n) != d {
			t.Fatalf("%s is not %s", d, want)
		}
		back, err := calendar.Parse(d.String())
		if err != nil || back != d {
			t.Fatalf("%s reads %v, %v", d, back, err)
		}
		want = want.Add(day)
	}
}

func TestDateJSON(t *testing.T) {
	type facts struct {
		Known   calendar.Date `json:"known"`
		Unknown calendar.Date `json:"unknown"`
		Omitted calendar.Date `json:"omitted,omitzero"`
	}
	in := facts{Known: calendar.New(2026, 1, 4)}
	data, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"known":"2026-01-04","unknown":""}`, string(data)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	out := facts{Unknown: 5}
	if err := json.Unmarshal(data, &out); err != nil || out != in {
		t.Errorf("reads %+v, %v", out, err)
	}
	if err := json.Unmarshal([]byte(`{"known":"2026-02-30"}`), &out); err == nil || !strings.Contains(err.Error(), "2026-02-30") {
		t.Errorf("a day that does not exist gives %v", err)
	}
	if _, err := json.Marshal(calendar.New(2201, 1, 1)); err == nil {
		t.Error("a day that cannot be read back was written")
	}
}

func TestOf(t *testing.T) {
	newYork := time.FixedZone("", -5*60*60)
	tests := []struct {
		name string
		time time.Time
		want calendar.Date
	}{
		{name: "zero", time: time.Time{}, want: 0},
		{name: "last second of a day", time: time.Date(2026, 1, 3, 15, 59, 59, 999, time.UTC), want: calendar.New(2026, 1, 3)},
		{name: "midnight in Shanghai", time: time.Date(2026, 1, 3, 16, 0, 0, 0, time.UTC), want: calendar.New(2026, 1, 4)},
		{name: "another zone", time: time.Date(2026, 1, 3, 11, 0, 0, 0, newYork), want: calendar.New(2026, 1, 4)},
		{name: "before 1970", time: time.Date(1969, 12, 31, 15, 59, 59, 0, time.UTC), want: calendar.New(1969, 12, 31)},
		{name: "1970 in Shanghai", time: time.Date(1969, 12, 31, 16, 0, 0, 0, time.UTC), want: calendar.New(1970, 1, 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := calendar.Of(tt.time); got != tt.want {
				t.Errorf("%s is %s, want %s", tt.time, got, tt.want)
			}
		})
	}
}

func TestAddMonths(t *testing.T) {
	tests := []struct {
		name, date string
		n          int
		want       string
	}{
		{name: "corresponding day", date: "2026-03-30", n: 6, want: "2026-09-30"},
		{name: "none: last of the month", date: "2026-08-31", n: 6, want: "2027-02-28"},
		{name: "leap year", date: "2027-08-31", n: 6, want: "2028-02-29"},
		{name: "across the year", date: "2026-12-15", n: 1, want: "2027-01-15"},
		{name: "back", date: "2026-03-31", n: -1, want: "2026-02-28"},
		{name: "back across the year", date: "2026-01-31", n: -2, want: "2025-11-30"},
		{name: "none at all", date: "2026-01-31", n: 0, want: "2026-01-31"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := on(t, tt.date).AddMonths(tt.n).String(); got != tt.want {
				t.Errorf("%s and %d months is %s, want %s", tt.date, tt.n, got, tt.want)
			}
		})
	}
}

func TestUnknownDayStaysUnknown(t *testing.T) {
	var d calendar.Date
	if !d.IsZero() || d.AddDays(3) != 0 || d.AddMonths(3) != 0 || d.String() != "" {
		t.Errorf("the unknown day became %v, %v, %q", d.AddDays(3), d.AddMonths(3), d)
	}
}

func TestDateArithmetic(t *testing.T) {
	from, to := int32(calendar.New(1950, 1, 1)), int32(calendar.New(2150, 1, 1))
	rapid.Check(t, func(t *rapid.T) {
		d := calendar.Date(rapid.Int32Range(from, to).Draw(t, "day"))
		n := rapid.IntRange(-9000, 9000).Draw(t, "n")
		want := time.Date(d.Year(), d.Month(), d.Day()+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		if got := d.AddDays(n); got.String() != want || got.AddDays(-n) != d {
			t.Fatalf("%s and %d days is %s, want %s", d, n, got, want)
		}
		months := rapid.IntRange(-400, 400).Draw(t, "months")
		m := d.AddMonths(months)
		apart := (m.Year()-d.Year())*12 + int(m.Month()) - int(d.Month())
		if apart != months || m.Day() != d.Day() && m.AddDays(1).Day() != 1 {
			t.Fatalf("%s and %d months is %s", d, months, m)
		}
	})
}
