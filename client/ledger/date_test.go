package ledger_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gongkai/client/ledger"
)

func TestParseDate(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"iso", "2026-03-02", "2026-03-02"},
		{"iso, short", "2026-3-2", "2026-03-02"},
		{"slashes", "2026/3/2", "2026-03-02"},
		{"slashes, long", "2026/03/02", "2026-03-02"},
		{"points", "2026.3.2", "2026-03-02"},
		{"Chinese", "2026年3月2日", "2026-03-02"},
		{"Chinese, long", "2026年03月02日", "2026-03-02"},
		{"compact", "20260302", "2026-03-02"},
		{"full width", "２０２６－０３－０２", "2026-03-02"},
		{"full width slashes", "２０２６／３／２", "2026-03-02"},
		{"full width points", "２０２６．３．２", "2026-03-02"},
		{"full width Chinese", "２０２６年３月２日", "2026-03-02"},
		{"full width compact", "２０２６０３０２", "2026-03-02"},
		{"spaces around", "\u3000 2026-03-02\t", "2026-03-02"},
		{"midnight", "2026/3/2 0:00", "2026-03-02"},
		{"time of day", "2026-03-02 14:05:33", "2026-03-02"},
		{"time after T", "2026-03-02T14:05:33.5Z", "2026-03-02"},
		{"leap day", "2024-02-29", "2024-02-29"},
		{"no leap day", "2026-02-29", ""},
		{"century", "1900/2/29", ""},
		{"31 April", "2026年4月31日", ""},
		{"month 13", "20261301", ""},
		{"month 0", "2026-00-10", ""},
		{"day 0", "2026-01-00", ""},
		{"year 0", "0000-01-01", ""},
		{"short year", "26/3/2", ""},
		{"long year", "12026-03-02", ""},
		{"day first", "2/3/2026", ""},
		{"mixed marks", "2026-3/2", ""},
		{"four parts", "2026-3-2-1", ""},
		{"no day", "2026-03", ""},
		{"no 日", "2026年3月2", ""},
		{"text behind", "2026-03-02x", ""},
		{"impossible time", "2026-03-02 25:00", ""},
		{"T alone", "2026-03-02T", ""},
		{"serial", "46083", ""},
		{"words", "昨天", ""},
		{"empty", "", ""},
		{"sign", "2026-+3-02", ""},
		{"broken", "2026-03-0\xff", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ledger.ParseDate(tt.text)
			if got != tt.want || (err != nil) != (tt.want == "") {
				t.Errorf("%q → %q, %v", tt.text, got, err)
			}
			if err != nil && !errors.Is(err, ledger.ErrDate) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestParseDateOfEveryForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(1, 1, 1+rapid.IntRange(0, 3652058).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
		form := rapid.SampledFrom([]string{"2006-01-02", "2006/1/2", "2006.1.2", "2006年1月2日", "20060102", "2006/1/2 15:04"}).Draw(t, "form")
		got, err := ledger.ParseDate(day.Format(form))
		if want := day.Format(time.DateOnly); err != nil || got != want {
			t.Fatalf("%s → %s, %v", day.Format(form), got, err)
		}
	})
}
