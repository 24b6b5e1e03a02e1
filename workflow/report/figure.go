package report

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Figure is an exact decimal in millionths: amounts in 万元 have decimals, and binary
// fractions would not add up.
type Figure int64

// unit is the Figure 1.
const unit = 1_000_000

// ErrFigure says that a text is no decimal number that a Figure can hold exactly.
var ErrFigure = errors.New("not a decimal number with at most six decimals")

// plural picks between the English words for one and for several.
func (f Figure) plural(one, several string) string {
	if f == unit {
		return one
	}
	return several
}

// Whole returns n as a figure; beyond nine million millions it saturates.
func Whole(n int64) Figure {
	switch {
	case n > math.MaxInt64/unit:
		return math.MaxInt64
	case n < math.MinInt64/unit:
		return math.MinInt64
	}
	return Figure(n * unit)
}

// ParseFigure reads a plain decimal: digits, an optional sign and at most six decimals;
// no exponent, no grouping.
func ParseFigure(s string) (Figure, error) {
	text := strings.TrimSpace(s)
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if point {
		fraction = strings.TrimRight(fraction, "0")
	}
	if whole == "" || len(fraction) > 6 || point && strings.HasSuffix(digits, ".") || !isDigits(whole) || !isDigits(fraction) {
		return 0, fmt.Errorf("%q: %w", s, ErrFigure)
	}
	n, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", 6-len(fraction)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is too large: %w", s, ErrFigure)
	}
	if negative {
		n = -n
	}
	return Figure(n), nil
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// IsWhole reports whether the figure has no decimals.
func (f Figure) IsWhole() bool { return f%unit == 0 }

// String writes the figure without needless zeros: 12, 0.5, -3.
func (f Figure) String() string {
	sign, n := "", uint64(f)
	if f < 0 {
		sign, n = "-", -n
	}
	s := sign + strconv.FormatUint(n/unit, 10)
	if rest := n % unit; rest != 0 {
		s += "." + strings.TrimRight(fmt.Sprintf("%06d", rest), "0")
	}
	return s
}

// MarshalJSON writes a JSON number.
func (f Figure) MarshalJSON() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalJSON reads a JSON number; an exponent is taken if the value stays exact.
func (f *Figure) UnmarshalJSON(data []byte) error {
	v, err := parseJSONNumber(string(data))
	if err != nil {
		return err
	}
	*f = v
	return nil
}

// parseJSONNumber takes the exponent out by moving the point, at most 24 places: a
// huge exponent must cost nothing.
func parseJSONNumber(s string) (Figure, error) {
	mantissa, exponent, found := strings.Cut(strings.ToLower(s), "e")
	if !found {
		return ParseFigure(s)
	}
	shift, err := strconv.Atoi(exponent)
	if err != nil || shift < -24 || shift > 24 {
		return 0, fmt.Errorf("%q: %w", s, ErrFigure)
	}
	digits, sign := strings.TrimPrefix(mantissa, "-"), ""
	if digits != mantissa {
		sign = "-"
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	padded := strings.Repeat("0", 25) + whole + fraction + strings.Repeat("0", 25)
	point := 25 + len(whole) + shift
	return ParseFigure(sign + strings.TrimLeft(padded[:point], "0") + pad(padded[:point]) + "." + padded[point:] + "0")
}

// pad supplies the zero before the point when nothing else is left there.
func pad(whole string) string {
	if strings.Trim(whole, "0") == "" {
		return "0"
	}
	return ""
}

// Value is a figure that may be unknown; the zero value is.
type Value struct {
	Figure Figure
	Known  bool
}

// Known returns the value of a figure.
func Known(f Figure) Value { return Value{f, true} }

// String writes the figure; an unknown one is empty.
func (v Value) String() string {
	if !v.Known {
		return ""
	}
	return v.Figure.String()
}

// MarshalJSON writes a number; an unknown value is null.
func (v Value) MarshalJSON() ([]byte, error) {
	if !v.Known {
		return []byte("null"), nil
	}
	return v.Figure.MarshalJSON()
}
