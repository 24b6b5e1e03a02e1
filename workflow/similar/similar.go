// Package similar compares applications: how alike two Chinese texts are, and whether two
// applicants are one. It suggests evidence for Arts 35 and 36(6) of the Regulation and
// decides nothing: whether the same information is asked for is the office's judgment.
//
// It knows no storage and keeps no index; whoever calls it brings the texts.
package similar

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxRunes is how much of a text is compared. What is asked for stands at its beginning,
// and a text of 100,000 characters must not make a search dear.
const maxRunes = 2000

// phrases are what applicants write around what they ask for. They make any two
// applications look alike, so they do not count.
var phrases = strings.NewReplacer(
	"申请公开", "", "请求公开", "", "依法公开", "", "予以公开", "", "要求公开", "", "信息公开", "",
	"申请获取", "", "请求获取", "", "请提供", "", "特此申请", "", "政府信息", "", "贵局", "", "贵机关", "", "贵单位", "",
)

// Fold brings a text into the form in which texts are compared and found: one width and
// one case, letters and numbers only, without blanks, punctuation and signs.
func Fold(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(strings.ToValidUTF8(text, " "))) // beside a byte that is no text the library leaves characters as they are
}

// Normalize is Fold of the beginning of a text, which is all that is compared.
func Normalize(text string) string {
	n := 0
	text = Fold(head(text))
	for i := range text {
		if n == maxRunes {
			return text[:i]
		}
		n++
	}
	return text
}

// head cuts a text before it is normalized: what follows is not compared anyway, but for
// the blanks and signs that fall out.
func head(text string) string {
	n := 0
	for i := range text {
		if n == 2*maxRunes {
			return text[:i]
		}
		n++
	}
	return text
}

// Text is a text to which others are compared.
type Text struct {
	pairs map[[2]rune]int
	size  int
}

// Of reads a text to which others are compared.
func Of(text string) *Text {
	t := &Text{pairs: map[[2]rune]int{}}
	t.size = each(text, func(p [2]rune) { t.pairs[p]++ })
	return t
}

// each visits the pairs of neighbouring characters of a text and says how many there are.
// A text of one character is one pair of it and nothing.
func each(text string, visit func([2]rune)) int {
	text = Normalize(text)
	if short := phrases.Replace(text); short != "" {
		text = short
	}
	runes := []rune(text)
	if len(runes) == 1 {
		visit([2]rune{runes[0], 0})
		return 1
	}
	for i := 1; i < len(runes); i++ {
		visit([2]rune{runes[i-1], runes[i]})
	}
	return max(0, len(runes)-1)
}

// Likeness is how alike a text is to t, from 0 to 100: twice the pairs of neighbouring
// characters that both have over all pairs of both (Dice). Chinese is written without
// words between blanks, so pairs stand for them. Texts without content are alike to none.
func (t *Text) Likeness(text string) int {
	shared, seen := 0, map[[2]rune]int{}
	n := each(text, func(p [2]rune) {
		if have := t.pairs[p]; have > seen[p] {
			seen[p]++
			shared++
		}
	})
	if n == 0 || t.size == 0 {
		return 0
	}
	return 200 * shared / (n + t.size)
}
