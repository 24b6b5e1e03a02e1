package ledger

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// isSpace tells what does not belong to a cell at its ends. It includes the ideographic
// space U+3000 and the byte order mark that a joined file carries in its middle.
func isSpace(r rune) bool {
	return r == '\ufeff' || unicode.IsSpace(r)
}

// trim cuts white space off both ends.
func trim(text string) string {
	if text == "" || inked(text[0]) && inked(text[len(text)-1]) {
		return text
	}
	return strings.TrimFunc(text, isSpace)
}

// inked tells that a byte is a visible ASCII character, which ends most cells.
func inked(b byte) bool { return b > ' ' && b < utf8.RuneSelf }

// escape makes a text safe to stand in a cell. A spreadsheet runs text that begins with
// a formula character; an apostrophe in front keeps it text. So that unescape can tell
// that apostrophe from one of the text, a text that begins with apostrophes and then a
// formula character gets one more. White space at the ends is not part of a cell and is
// cut off, save a tab or line break in front, which the apostrophe protects.
func escape(text string) string {
	text = strings.TrimRightFunc(text, isSpace)
	text = strings.TrimLeftFunc(text, func(r rune) bool { return isSpace(r) && !isFormula(r) })
	if isEscapable(text) {
		return "'" + text
	}
	return text
}

// unescape removes exactly the apostrophe that escape put in front.
func unescape(text string) string {
	if len(text) > 1 && text[0] == '\'' && isEscapable(text) {
		return text[1:]
	}
	return text
}

// isEscapable tells whether a text is any number of apostrophes and a formula character.
func isEscapable(text string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(text, "'"))
	return isFormula(r)
}

// isFormula tells whether a spreadsheet may run a text that begins with r. The
// full-width forms count because input methods and imports fold them.
func isFormula(r rune) bool {
	switch r {
	case '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠':
		return true
	}
	return false
}
