package web

import "unicode"

// tongue is the language of a text that may be Chinese on a page in English, such as a
// number that an office gives its letters: a screen reader must know how to speak it.
func (l language) tongue(text string) string {
	if l != english {
		return "zh-CN"
	}
	for _, r := range text {
		if unicode.Is(unicode.Han, r) {
			return "zh-CN"
		}
	}
	return "en"
}
