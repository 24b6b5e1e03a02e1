package ledger

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrDate is wrapped by ParseDate when a text is not a day of the calendar.
var ErrDate = errors.New("not a date")

// ParseDate reads a day as ledgers write it and returns it in ISO 8601: 2026-03-02,
// 2026/3/2, 2026.3.2, 2026年3月2日 and 20260302, with digits and marks of either width.
// A time of day after it, which Excel adds when it saves a date cell as CSV, is checked
// and left out, because every period of the Regulation counts in days.
func ParseDate(text string) (iso string, err error) {
	if plain(text) {
		return text, nil
	}
	narrow := strings.Map(narrowDate, strings.TrimFunc(text, isSpace))
	day, clock, timed := cutClock(narrow)
	year, month, date, ok := dateParts(day)
	if !ok || timed && !isClock(clock) {
		return "", fmt.Errorf("%w: %.40q is not of the form 2026-03-02", ErrDate, text)
	}
	t := time.Date(year, time.Month(month), date, 0, 0, 0, 0, time.UTC)
	if year < 1 || t.Year() != year || int(t.Month()) != month || t.Day() != date {
		return "", fmt.Errorf("%w: %.40q is not a day of the calendar", ErrDate, text)
	}
	return t.Format(time.DateOnly), nil
}

// plain tells whether the text is a possible ISO date already, without allocating.
func plain(text string) bool {
	if len(text) != 10 || text[4] != '-' || text[7] != '-' {
		return false
	}
	year, ok1 := digits(text[:4], 4, 4)
	month, ok2 := digits(text[5:7], 2, 2)
	day, ok3 := digits(text[8:], 2, 2)
	return ok1 && ok2 && ok3 && year > 0 && month >= 1 && month <= 12 && day >= 1 &&
		(day <= 28 || day <= time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day())
}

// dateParts takes a day apart; the marks between its parts must agree.
func dateParts(day string) (year, month, date int, ok bool) {
	var parts []string
	switch {
	case strings.Contains(day, "年"):
		rest, found := strings.CutSuffix(day, "日")
		y, rest, _ := strings.Cut(rest, "年")
		m, d, _ := strings.Cut(rest, "月")
		if !found {
			return 0, 0, 0, false
		}
		parts = []string{y, m, d}
	case len(day) == 8 && !strings.ContainsAny(day, "-/."):
		parts = []string{day[:4], day[4:6], day[6:]}
	default:
		i := strings.IndexAny(day, "-/.")
		if i < 0 {
			return 0, 0, 0, false
		}
		parts = strings.SplitN(day, day[i:i+1], 4)
	}
	if len(parts) != 3 {
		return 0, 0, 0, false
	}
	year, ok1 := digits(parts[0], 4, 4)
	month, ok2 := digits(parts[1], 1, 2)
	date, ok3 := digits(parts[2], 1, 2)
	return year, month, date, ok1 && ok2 && ok3
}

// cutClock cuts a time of day off.
func cutClock(text string) (day, clock string, found bool) {
	i := strings.IndexAny(text, " T")
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}

// isClock accepts a time of day as spreadsheets and databases write it.
func isClock(clock string) bool {
	for _, layout := range []string{"15:04", "15:04:05", "15:04:05Z07:00"} {
		if _, err := time.Parse(layout, clock); err == nil {
			return true
		}
	}
	return false
}

// digits reads a number of low to high ASCII digits.
func digits(text string, low, high int) (n int, ok bool) {
	if len(text) < low || len(text) > high {
		return 0, false
	}
	for i := range len(text) {
		c := text[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// narrowDate maps the full-width characters that occur in dates to ASCII.
func narrowDate(r rune) rune {
	switch {
	case r >= '０' && r <= '９':
		return r - '０' + '0'
	case r == '／' || r == '－' || r == '．' || r == '：':
		return r - '！' + '!'
	case r == '　' || r == '\u00a0':
		return ' '
	}
	return r
}
