package chart

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// Plural picks between the words for one and for several, of English: Chinese has no plural.
func Plural[N int | int32 | int64](n N, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}

// extent is about how wide words are drawn: a Chinese character takes its size, a Latin
// letter somewhat more than half of it.
func extent(words string, size float64) float64 {
	return float64(uniseg.StringWidth(words)) * size * 0.53
}

// cut shortens words to a width, between characters as people see them.
func cut(words string, size, room float64) string {
	if extent(words, size) <= room {
		return words
	}
	var out strings.Builder
	used := extent("…", size)
	for g := uniseg.NewGraphemes(words); g.Next(); {
		if used += extent(g.Str(), size); used > room {
			break
		}
		out.WriteString(g.Str())
	}
	return strings.TrimSpace(out.String()) + "…"
}

// plain takes characters out that would turn around what stands beside them, or that are
// not seen at all.
func plain(words string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, words)
}

// count writes a number with separators.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var out strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteByte(',')
		}
		out.WriteRune(d)
	}
	return out.String()
}

// brief writes a number for an axis.
func (o Options) brief(n int64) string {
	scales := []struct {
		from  int64
		words text
		unit  [2]float64
	}{
		{1e16, text{"亿亿", "E"}, [2]float64{1e16, 1e18}},
		{1e12, text{"万亿", "T"}, [2]float64{1e12, 1e12}},
		{1e9, text{"亿", "G"}, [2]float64{1e8, 1e9}},
		{1e8, text{"亿", "M"}, [2]float64{1e8, 1e6}},
		{1e6, text{"万", "M"}, [2]float64{1e4, 1e6}},
		{1e4, text{"万", "k"}, [2]float64{1e4, 1e3}},
	}
	for _, s := range scales {
		if n < s.from {
			continue
		}
		unit := s.unit[0]
		if o.English {
			unit = s.unit[1]
		}
		return significant(float64(n)/unit) + o.pick(s.words)
	}
	return count(n)
}

// significant writes a number with about four digits.
func significant(v float64) string {
	digits := 3
	for bound := 10.0; digits > 0 && v >= bound; bound *= 10 {
		digits--
	}
	words := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Contains(words, ".") {
		words = strings.TrimRight(strings.TrimRight(words, "0"), ".")
	}
	return words
}

// share writes a part of a whole in percent.
func share(part, whole int64) string {
	if whole == 0 {
		return "0%"
	}
	return strconv.FormatFloat(float64(part)/float64(whole)*100, 'f', 1, 64) + "%"
}

// atLeastNone takes a count that cannot be for nothing.
func atLeastNone(n int64) int64 { return max(0, n) }

// sum adds counts, and stays at the largest number where they grow beyond it.
func sum(counts ...int64) (total int64) {
	for _, n := range counts {
		if total += atLeastNone(n); total < 0 {
			return 1<<63 - 1
		}
	}
	return total
}
