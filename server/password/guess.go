package password

import (
	_ "embed" // the words
	"strings"
	"unicode"
)

// The commonest passwords are not listed one by one: they are made of a few hundred words,
// runs of keys, repetitions and years, decorated with digits and signs. What is listed are
// the words; the rest is rules. A password is worth as many parts as it takes at least to
// put it together.

//go:embed words.txt
var wordList string

// tree finds the listed words that begin at a place.
type tree struct {
	next map[rune]*tree
	word bool
}

var listed = plant(strings.Fields(wordList))

func plant(words []string) *tree {
	root := &tree{}
	for _, w := range words {
		root.add(w)
	}
	return root
}

func (t *tree) add(word string) {
	for _, r := range word {
		if t.next == nil {
			t.next = map[rune]*tree{}
		}
		if t.next[r] == nil {
			t.next[r] = &tree{}
		}
		t = t.next[r]
	}
	t.word = true
}

// spelled are the letters that people write as digits and signs.
var spelled = map[rune]string{
	'0': "o", '1': "il", '2': "z", '3': "e", '4': "a", '5': "s", '6': "g", '7': "t", '8': "b", '9': "g",
	'@': "a", '$': "s", '!': "il", '|': "il", '+': "t", '(': "c",
}

// ends calls add with the end of every word that begins at the start of text, as people
// spell it.
func (t *tree) ends(text []rune, at int, add func(end int)) {
	if t.word {
		add(at)
	}
	if at == len(text) {
		return
	}
	if n := t.next[text[at]]; n != nil {
		n.ends(text, at+1, add)
	}
	for _, r := range spelled[text[at]] {
		if n := t.next[r]; n != nil {
			n.ends(text, at+1, add)
		}
	}
}

// effort is the least number of parts of which a password can be put together.
func effort(password string, words []string) int {
	text := []rune(strings.ToLower(password))
	own := &tree{}
	for _, w := range words {
		for _, part := range strings.FieldsFunc(strings.ToLower(w), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			own.add(part)
		}
	}
	least := make([]int, len(text)+1)
	for i := range text {
		least[i+1] = len(text) + 1
	}
	for i := range text {
		add := func(end int) {
			if end > i {
				least[end] = min(least[end], least[i]+1)
			}
		}
		add(i + 1)
		listed.ends(text, i, add)
		own.ends(text, i, add)
		run(text, i, add)
		repeat(text, i, add)
		year(text, i, add)
	}
	return least[len(text)]
}

// longestWord is the most letters that count as one word.
const longestWord = 12

// decorated reports whether a password is one word, whichever, with what people add to it
// because a rule asks for digits and signs: at most two parts at its ends.
func decorated(password string) bool {
	letter := func(r rune) bool { return unicode.IsLetter(r) && r < unicode.MaxASCII }
	word := strings.TrimFunc(password, func(r rune) bool { return !letter(r) })
	if len(word) > longestWord || strings.ContainsFunc(word, func(r rune) bool { return !letter(r) }) {
		return false
	}
	if rest := word[min(1, len(word)):]; rest != strings.ToLower(rest) && word != strings.ToUpper(word) {
		return false // Capitals within it are a person's own
	}
	before, after, _ := strings.Cut(password, word)
	return effort(before, nil)+effort(after, nil) <= 2
}

// keyboards are the runs of keys: along rows and down columns.
var keyboards = []string{
	"`1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./",
	"1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "0p;/",
	"abcdefghijklmnopqrstuvwxyz", "147", "258", "369", "159", "357", "0123456789",
}

// unshifted are the keys of the signs above the digits and beside the letters.
var unshifted = strings.NewReplacer("!", "1", "@", "2", "#", "3", "$", "4", "%", "5", "^", "6", "&", "7", "*", "8", "(", "9", ")", "0",
	"_", "-", "+", "=", "{", "[", "}", "]", "|", "\\", ":", ";", "\"", "'", "<", ",", ">", ".", "?", "/", "~", "`")

// run adds the ends of runs of at least three keys, in either direction.
func run(text []rune, at int, add func(end int)) {
	keys := unshifted.Replace(string(text[at:]))
	for _, board := range keyboards {
		for _, line := range [...]string{board, reversed(board)} {
			start := strings.IndexByte(line, keys[0])
			if start < 0 {
				continue
			}
			n := 1
			for n < len(keys) && start+n < len(line) && keys[n] == line[start+n] {
				n++
			}
			for m := 3; m <= n; m++ {
				add(at + m)
			}
		}
	}
}

func reversed(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// repeat adds the ends of what repeats one to four characters.
func repeat(text []rune, at int, add func(end int)) {
	for size := 1; size <= 4; size++ {
		end := at + size
		for end < len(text) && text[end] == text[end-size] {
			end++
		}
		if end-at >= max(3, 2*size) {
			add(end)
		}
	}
}

// year adds the ends of a year, of a month within one and of a day within that, and of
// the six digits of a birthday.
func year(text []rune, at int, add func(end int)) {
	text = digitsAt(text, at)
	digits := len(text)
	if digits >= 6 && monthAt(text, 2) && dayAt(text, 4) {
		add(at + 6)
	}
	if digits < 4 || number(text[:4]) < 1930 || number(text[:4]) > 2050 {
		return
	}
	add(at + 4)
	if digits >= 6 && monthAt(text, 4) {
		add(at + 6)
	}
	if digits == 8 && monthAt(text, 4) && dayAt(text, 6) {
		add(at + 8)
	}
}

// digitsAt are up to eight digits.
func digitsAt(text []rune, at int) []rune {
	end := at
	for end < len(text) && end < at+8 && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	return text[at:end]
}

func number(digits []rune) int {
	n := 0
	for _, r := range digits {
		n = n*10 + int(r-'0')
	}
	return n
}

func monthAt(digits []rune, at int) bool {
	n := number(digits[at : at+2])
	return n >= 1 && n <= 12
}

func dayAt(digits []rune, at int) bool {
	n := number(digits[at : at+2])
	return n >= 1 && n <= 31
}
