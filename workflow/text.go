package workflow

import (
	"strings"
	"unicode"
)

// Trim cuts white space off both ends of a number or name, and the byte order mark that
// what is copied out of a file may bring along: the same as off the cells of a ledger.
func Trim(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' })
}
