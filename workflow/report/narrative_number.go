package report

import (
	"slices"
	"strings"
	"unicode"
)

// quantity is a number in a text, with the unit behind it.
type quantity struct {
	value      Figure
	decimals   int    // digits behind the point, for percentages
	unit       string // empty: a bare number
	start, end int    // in runes; end is behind the unit
	rough      bool   // 约, 近, 余: not the exact number
}

// countUnits are the measure words with which applications, remedies and items are counted.
var countUnits = []string{"人次", "件", "起", "宗", "条", "份", "例", "次", "桩"}

// units are all that are told apart, longer ones first.
var units = append([]string{"万元", "亿元", "元", "%"}, countUnits...)

// readable brings digits and signs of full width into the plain ones. Offsets in runes
// stay what they were.
func readable(text string) []rune {
	out := []rune(text)
	for i, r := range out {
		switch {
		case r >= '！' && r <= '～' && r != '，' && r != '；' && r != '：':
			out[i] = r - '！' + '!'
		case r == '　', r == '\t', r == '\r', r == '\u00a0':
			out[i] = ' '
		}
	}
	return out
}

// quantities finds the numbers of a sentence: digits, which may be grouped in threes, and
// Chinese numerals that a unit follows. The number of an article or an ordinal is none.
func quantities(s []rune) []quantity {
	var out []quantity
	for i := 0; i < len(s); {
		q, ok := digitsAt(s, i)
		if !ok {
			q, ok = numeralAt(s, i)
		}
		if !ok {
			i++
			continue
		}
		i = q.end
		if !ordinal(s, q.start) {
			out = append(out, q)
		}
	}
	return out
}

// ordinal reports whether the number at a place counts nothing: 第37条, 同一件, B12.
func ordinal(s []rune, at int) bool {
	for at > 0 && s[at-1] == ' ' {
		at--
	}
	return at > 0 && (strings.ContainsRune("第同每任某这那逐哪〔-–—.", s[at-1]) || s[at-1] < unicode.MaxASCII && unicode.IsLetter(s[at-1]))
}

// mostDigits bounds the numbers that are read at all.
const mostDigits = 10

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// digitsAt reads a number in digits. One that is longer than any figure is passed over.
func digitsAt(s []rune, start int) (quantity, bool) {
	if !isDigit(s[start]) {
		return quantity{}, false
	}
	q, i, whole := quantity{start: start}, start, ""
	for i < len(s) && (isDigit(s[i]) || groups(s, i)) {
		if s[i] != ',' {
			whole += string(s[i])
		}
		i++
	}
	var fraction strings.Builder
	if i+1 < len(s) && s[i] == '.' && isDigit(s[i+1]) {
		for i++; i < len(s) && isDigit(s[i]); i++ {
			fraction.WriteString(string(s[i]))
		}
	}
	q.end, q.decimals = i, len(fraction.String())
	text := whole
	if fraction.String() != "" {
		text += "." + fraction.String()
	}
	value, err := ParseFigure(text)
	if err != nil || len(whole) > mostDigits {
		q.unit = "?" // a number, but none that counts anything
		return q, true
	}
	q.value = value
	q.measure(s, i)
	return q, true
}

// groups reports whether a comma divides thousands: digits stand before it, and exactly
// three behind.
func groups(s []rune, i int) bool {
	if s[i] != ',' || i == 0 || !isDigit(s[i-1]) || i+3 >= len(s) {
		return false
	}
	return isDigit(s[i+1]) && isDigit(s[i+2]) && isDigit(s[i+3]) && (i+4 == len(s) || !isDigit(s[i+4]))
}

func afterSpaces(s []rune, i int) int {
	for i < len(s) && s[i] == ' ' {
		i++
	}
	return i
}

// measure reads what stands behind the digits: 万, 余 and the unit.
func (q *quantity) measure(s []rune, i int) {
	rough := func() {
		if i < len(s) && strings.ContainsRune("余多来", s[i]) {
			q.rough = true
			i++
		}
	}
	i = afterSpaces(s, i)
	rough()
	unit := unitAt(s, i)
	if unit == "" && i < len(s) && (s[i] == '万' || s[i] == '亿') {
		scale := Figure(10_000)
		if s[i] == '亿' {
			scale = 100_000_000
		}
		if q.value > mostFigure/scale {
			q.unit, q.end = "?", i+1
			return
		}
		q.value *= scale
		i++
		q.end = i
		rough()
		unit = unitAt(s, i)
	}
	if unit == "" && i < len(s) && s[i] != ' ' && !stops(s[i]) {
		q.unit = "?" // 年, 月, 家, 小时: counts something else
	}
	if unit == "" {
		return
	}
	q.unit, q.end = unit, i+len([]rune(unit))
	q.rough = q.rough || roughBefore(s[:q.start])
}

// unitAt is the unit that stands at a place.
func unitAt(s []rune, i int) string {
	rest := string(s[min(i, len(s)):min(i+2, len(s))])
	at := slices.IndexFunc(units, func(u string) bool { return strings.HasPrefix(rest, u) })
	if at < 0 {
		return ""
	}
	return units[at]
}

// roughBefore reports whether a word before the number makes it a rough one.
func roughBefore(before []rune) bool {
	text := strings.TrimRight(string(before[max(0, len(before)-3):]), " ")
	for _, word := range []string{"约", "近", "超", "逾", "超过", "不足", "不到", "至少", "将近"} {
		if strings.HasSuffix(text, word) {
			return true
		}
	}
	return false
}

// stops reports whether a sign ends what belongs to a number.
func stops(r rune) bool { return strings.ContainsRune("，,、。；;：:()！!？?\n%/", r) }

const numerals = "〇零○一二两三四五六七八九十百千万亿"

// numeralAt reads a Chinese numeral that a unit follows; without one it may be any word
// (一是, 三公).
func numeralAt(s []rune, start int) (quantity, bool) {
	i := start
	for i < len(s) && strings.ContainsRune(numerals, s[i]) {
		i++
	}
	if i == start {
		return quantity{}, false
	}
	n, ok := numeral(s[start:i])
	q := quantity{value: Whole(n), start: start, end: i}
	if i < len(s) && strings.ContainsRune("余多", s[i]) {
		q.rough = true
		i++
	}
	if q.unit = unitAt(s, i); !ok || q.unit == "" {
		return quantity{}, false
	}
	q.end = i + len([]rune(q.unit))
	q.rough = q.rough || roughBefore(s[:start])
	return q, true
}

// numeral is the value of a Chinese numeral: 一百二十三, 两千零四, 十五, or digit by digit
// 二〇一九.
func numeral(s []rune) (int64, bool) {
	if len(s) > mostDigits {
		return 0, false
	}
	if !strings.ContainsAny(string(s), "十百千万亿") {
		n := int64(0)
		for _, r := range s {
			n = n*10 + digitOf(r)
		}
		return n, true
	}
	total, section, digit := int64(0), int64(0), int64(-1)
	for _, r := range s {
		scale := scaleOf(r)
		switch {
		case scale == 0:
			if digit > 0 {
				return 0, false // two digits side by side beside 十, 百 or 千
			}
			digit = digitOf(r)
		case scale < 10_000:
			if digit < 0 {
				digit = 1 // 十五
			}
			section, digit = section+digit*scale, -1
		default:
			total, section, digit = (total+section+max(digit, 0))*scale, 0, -1
		}
		if total > int64(mostFigure/unit) {
			return 0, false
		}
	}
	return total + section + max(digit, 0), true
}

func digitOf(r rune) int64 {
	switch r {
	case '〇', '零', '○':
		return 0
	case '两':
		return 2
	}
	return int64(slices.Index([]rune("一二三四五六七八九"), r)) + 1
}

func scaleOf(r rune) int64 {
	switch r {
	case '十':
		return 10
	case '百':
		return 100
	case '千':
		return 1_000
	case '万':
		return 10_000
	case '亿':
		return 100_000_000
	}
	return 0
}
