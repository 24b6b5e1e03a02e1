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

// Hidden reports a character that is not seen and changes what is: controls, and those
// that turn the direction of writing, by which a name or number shows as another one.
func Hidden(r rune) bool {
	return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
