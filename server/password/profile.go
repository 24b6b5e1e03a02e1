package password

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Profile says which passwords may be set, and for how long one holds.
type Profile struct {
	Name    string
	Length  int           // least number of characters
	Classes int           // of capital letters, small letters, digits and others, how many there must be
	Age     time.Duration // after which it must be changed; 0: never
	History int           // how many of the last may not come again
}

// The profiles. DengBao is what a protection level (GB/T 22239) is assessed by, ASVS what
// OWASP's standard asks: longer, and without rotation, which makes people count upwards.
var (
	DengBao = Profile{Name: "dengbao", Length: 8, Classes: 3, Age: 90 * 24 * time.Hour, History: 5}
	ASVS    = Profile{Name: "asvs", Length: 12, History: 5}
)

// MostLength is the most characters of a password: far above what people type, and it
// bounds what a stranger may have hashed.
const MostLength = 128

// leastEffort is the least number of independent parts of a password: a character, or what
// many people use as one.
const leastEffort = 6

// Lack is what a password lacks, for people to read.
type Lack struct{ ZH, EN string }

// Check returns all that a password lacks; nil: it may be set. words are what everybody
// knows of its holder: names of account and agency.
func (p Profile) Check(password string, words ...string) (lacks []Lack) {
	lack := func(zh, en string, args ...any) {
		lacks = append(lacks, Lack{fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)})
	}
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl):
		return []Lack{{"不能含有控制字符或者无效编码", "no control characters, valid UTF-8"}}
	case n < p.Length:
		lack("至少%[1]d个字符，现有%[2]d个", "at least %[1]d characters, it has %[2]d", p.Length, n)
	case n > MostLength:
		return []Lack{{fmt.Sprintf("至多%d个字符", MostLength), fmt.Sprintf("at most %d characters", MostLength)}}
	}
	if !norm.NFKC.IsNormalString(password) {
		lack("含有输入法可能写成不同形式的字符（如全角字母、组合字符），请改用其他字符", "it has characters that keyboards enter in several forms, such as full-width letters: use others")
	}
	if got := classes(password); got < p.Classes {
		lack("大写字母、小写字母、数字、其他字符四类中至少%[1]d类，现有%[2]d类", "at least %[1]d of capital letters, small letters, digits and others, it has %[2]d", p.Classes, got)
	}
	if word := named(password, words); word != "" {
		lack("不能含有账号或者机关的名称“%[1]s”", "not the name of account or agency, %[1]q", word)
	}
	if effort(password, words) < leastEffort || decorated(password) {
		lack("是常用口令，或者由一个单词加简单后缀、常用词、连续字符、年份拼成，容易被猜中", "many people use it, or it is a word with a simple ending, or made of common words, runs of keys and years")
	}
	return lacks
}

func classes(password string) int {
	var seen [4]bool
	for _, r := range password {
		switch {
		case unicode.IsUpper(r):
			seen[0] = true
		case unicode.IsLower(r):
			seen[1] = true
		case unicode.IsDigit(r):
			seen[2] = true
		default:
			seen[3] = true
		}
	}
	n := 0
	for _, s := range seen {
		if s {
			n++
		}
	}
	return n
}

// leastWord is the least number of bytes of a word that a password may not contain at all:
// two of Chinese, four of ASCII. A shorter one only counts as a single part.
const leastWord = 4

// named finds a word that a password contains, in whatever case.
func named(password string, words []string) string {
	low := strings.ToLower(password)
	for _, w := range words {
		if w = strings.ToLower(w); len(w) >= leastWord && strings.Contains(low, w) {
			return w
		}
	}
	return ""
}
