package ledger

import (
	"regexp"
	"strings"
)

// postcodeLen is the length of a Chinese postcode. Those of some provinces begin with 0.
const postcodeLen = 6

// scientific is how a spreadsheet shows a long number and then saves it as CSV.
var scientific = regexp.MustCompile(`^(\d)(?:\.(\d+))?[eE]\+(\d{1,3})$`)

// date brings a day to ISO.
func (c *cell) date(text string) (string, flaw) {
	iso, err := ParseDate(unescape(text))
	if err != nil {
		return "", flawDate
	}
	return iso, flawNone
}

// digits checks that a number that names something is whole.
func (c *cell) digits(text, key string) (string, flaw) {
	switch {
	case c.form == formDate:
		return "", flawDateCell
	case c.form == formNumber && key == "postcode" && len(text) < postcodeLen:
		return "", flawZero
	case c.form == formText && strings.Contains(text, "+"):
		return expand(text)
	}
	return text, flawNone
}

// expand writes out a number in scientific notation that still has all its digits, and
// finds fault with one that has not.
func expand(text string) (string, flaw) {
	m := scientific.FindStringSubmatch(text)
	if m == nil {
		return text, flawNone
	}
	exponent, _ := digits(m[3], 1, 3)
	if len(m[2]) != exponent || len(m[1])+len(m[2]) > maxExact {
		return "", flawDigits
	}
	return m[1] + m[2], flawNone
}
