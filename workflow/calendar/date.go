package calendar

import (
	"fmt"
	"time"
)

// Date is a civil day in Asia/Shanghai, where a day has been eight hours ahead of UTC
// throughout the life of the Regulation. Later days are greater, so that <, min and
// max apply. The zero value means "not known" and stays so under arithmetic.
//
// It counts days from 31 December of the year 0; Sundays are the multiples of seven.
type Date int32

// The first and last year that a date may be written in.
const (
	MinYear = 1900
	MaxYear = 2200
)

const (
	unixEpoch       = 719_163 // 1970-01-01
	secondsPerDay   = 24 * 60 * 60
	shanghaiSeconds = 8 * 60 * 60
)

// New returns a day; as with time.Date, a month or day outside its usual range carries
// over into the next or previous ones.
func New(y int, m time.Month, d int) Date {
	return Date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()/secondsPerDay + unixEpoch)
}

// Of returns the day that it is in Asia/Shanghai at an instant; a zero instant gives a
// zero date. It needs no time zone data.
func Of(t time.Time) Date {
	if t.IsZero() {
		return 0
	}
	return Date((t.Unix() + shanghaiSeconds + unixEpoch*secondsPerDay) / secondsPerDay)
}

// ParseError says that a text is not a date.
type ParseError struct {
	Text string
	zh   string
	en   string
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("date %q %s", e.Text, e.en)
}

// ZH is the message in Chinese.
func (e *ParseError) ZH() string {
	return fmt.Sprintf("日期“%s”%s", e.Text, e.zh)
}

// Parse reads a day written YYYY-MM-DD, with every digit, of the years 1900 to 2200.
// The error is a *ParseError.
func Parse(s string) (Date, error) {
	if len(s) != len(time.DateOnly) || s[4] != '-' || s[7] != '-' {
		return 0, malformed(s)
	}
	y, okY := digits(s[:4])
	m, okM := digits(s[5:7])
	d, okD := digits(s[8:])
	if !okY || !okM || !okD {
		return 0, malformed(s)
	}
	if y < MinYear || y > MaxYear {
		return 0, &ParseError{Text: s, zh: "的年份应在1900年至2200年之间", en: "must lie in the years 1900 to 2200"}
	}
	date := New(y, time.Month(m), d)
	if date.Month() != time.Month(m) || date.Day() != d {
		return 0, &ParseError{Text: s, zh: "不存在，应为该月实有的一日", en: "does not exist: name a day that the month has"}
	}
	return date, nil
}

func malformed(s string) error {
	return &ParseError{Text: s, zh: "应写作YYYY-MM-DD，例如2026-01-05", en: "must be written YYYY-MM-DD, for example 2026-01-05"}
}

func digits(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// IsZero reports whether the day is not known.
func (d Date) IsZero() bool { return d == 0 }

// Year returns the year.
func (d Date) Year() int { return d.time().Year() }

// Month returns the month.
func (d Date) Month() time.Month { return d.time().Month() }

// Day returns the day of the month.
func (d Date) Day() int { return d.time().Day() }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.time().Weekday() }

// AddDays counts natural days; d itself does not count (民法典 Art 201).
func (d Date) AddDays(n int) Date {
	if d.IsZero() {
		return 0
	}
	return d + Date(n)
}

// AddMonths returns the corresponding day n months later, or the last day of that
// month if it has none (民法典 Art 202).
func (d Date) AddMonths(n int) Date {
	if d.IsZero() {
		return 0
	}
	y, m, day := d.time().Date()
	last := New(y, m+time.Month(n)+1, 0)
	return min(New(y, m+time.Month(n), day), last)
}

// String returns YYYY-MM-DD, or nothing for a day that is not known.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.time().Format(time.DateOnly)
}

// MarshalText writes the day as String does. A day that Parse would refuse is an
// error: what is stored must be readable.
func (d Date) MarshalText() ([]byte, error) {
	if !d.IsZero() && (d < firstDay || d > lastDay) {
		return nil, fmt.Errorf("write date %s: it must lie in the years %d to %d", d, MinYear, MaxYear)
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = 0
		return nil
	}
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// time is midnight UTC of the day, for its calendar arithmetic only.
func (d Date) time() time.Time {
	return time.Unix((int64(d)-unixEpoch)*secondsPerDay, 0).UTC()
}
