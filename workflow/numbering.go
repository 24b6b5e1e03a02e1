package workflow

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// DefaultApplicationPattern is the number of an application where the agency has set no
// other.
const DefaultApplicationPattern = "{year}-{n:5}"

const (
	maxPattern = 60 // characters of a pattern
	maxDigits  = 9  // of {n:digits}
)

// A NumberPattern says how registration and document numbers are written: literal text
// and the placeholders {year}, {n} (the serial), {n:5} (with leading zeros), {word} (the
// agency's 机关代字) and {case} (the serial of the application, for offices whose
// documents all bear it). Two different serials of one pattern never give one number.
type NumberPattern struct {
	text  string
	parts []numberPart
}

// numberPart is literal text, or a placeholder with its digits.
type numberPart struct {
	name    string // empty: literal
	literal string
	digits  int
}

// The names of placeholders.
const (
	partYear = "year"
	partN    = "n"
	partWord = "word"
	partCase = "case"
)

// PatternError says what is wrong with a pattern.
type PatternError struct{ ZH, EN string }

// Error implements error.
func (e *PatternError) Error() string { return e.EN }

func patternError(zh, en string, args ...any) *PatternError {
	return &PatternError{fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)}
}

func patternZH(err error) string {
	if bad, ok := errors.AsType[*PatternError](err); ok {
		return bad.ZH
	}
	return err.Error()
}

// ParseNumberPattern reads a pattern. What it refuses is a *PatternError.
func ParseNumberPattern(text string) (NumberPattern, error) {
	p := NumberPattern{text: text}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || strings.TrimSpace(text) != text {
		return p, patternError("不能含控制字符，首尾不能有空格", "it may hold no control characters, and no space at its ends")
	}
	if n := utf8.RuneCountInString(text); n == 0 || n > maxPattern {
		return p, patternError("应为1至%d个字符", "it must have 1 to %d characters", maxPattern)
	}
	for rest := text; rest != ""; {
		at := strings.IndexAny(rest, "{}")
		if at < 0 {
			p.parts = append(p.parts, numberPart{literal: rest})
			break
		}
		if at > 0 {
			p.parts = append(p.parts, numberPart{literal: rest[:at]})
		}
		end := strings.IndexByte(rest, '}')
		if rest[at] == '}' || end < 0 {
			return p, patternError("花括号不成对", "a brace has no partner")
		}
		part, err := placeholder(rest[at+1 : end])
		if err != nil {
			return p, err
		}
		p.parts = append(p.parts, part)
		rest = rest[end+1:]
	}
	return p, p.check()
}

func placeholder(text string) (numberPart, error) {
	name, digits, counted := strings.Cut(text, ":")
	part := numberPart{name: name}
	switch name {
	case partYear, partWord:
		if counted {
			return part, patternError("只有{n}和{case}可以带位数", "only {n} and {case} take digits")
		}
	case partN, partCase:
		if !counted {
			return part, nil
		}
		n, err := strconv.Atoi(digits)
		if err != nil || n < 1 || n > maxDigits || strconv.Itoa(n) != digits {
			return part, patternError("位数应为1至%d", "the digits must be 1 to %d", maxDigits)
		}
		part.digits = n
	default:
		return part, patternError("没有占位符{%[1]s}，可用：{year}、{n}、{n:位数}、{word}、{case}", "there is no {%[1]s}; there are {year}, {n}, {n:digits}, {word} and {case}", text)
	}
	return part, nil
}

// check asks that a number tells year and serial.
func (p NumberPattern) check() error {
	years, serials, cases, apart := 0, 0, 0, true
	for _, part := range p.parts {
		switch part.name {
		case partYear:
			years++
		case partN, partCase:
			if !apart {
				return patternError("{case}和{n}之间须有非数字的文字", "between {case} and {n} there must be text that is no digit")
			}
			apart = false
			if part.name == partN {
				serials++
			} else {
				cases++
			}
		case partWord:
		default:
			apart = apart || strings.ContainsFunc(part.literal, func(r rune) bool { return !unicode.IsDigit(r) })
		}
	}
	switch {
	case years != 1:
		return patternError("应有且只有一个{year}，编号按年度重新起算", "it must hold {year} once, because serials begin anew each year")
	case serials > 1 || cases > 1:
		return patternError("{n}、{case}最多各一个", "{n} and {case} may stand once each")
	case serials+cases == 0:
		return patternError("应有{n}或者{case}", "it must hold {n} or {case}")
	}
	return nil
}

// String is the pattern as it was written.
func (p NumberPattern) String() string { return p.text }

// Serial reports whether the pattern counts documents itself.
func (p NumberPattern) Serial() bool { return p.holds(partN) }

// Case reports whether the pattern asks for the serial of the application.
func (p NumberPattern) Case() bool { return p.holds(partCase) }

func (p NumberPattern) holds(name string) bool {
	for _, part := range p.parts {
		if part.name == name {
			return true
		}
	}
	return false
}

// NumberOf is what the placeholders of a number stand for.
type NumberOf struct {
	Year   int
	Serial int64
	Word   string
	Case   int64
}

// Format writes a number, without blanks around it: an agency's word may bring some, and
// one that is not set leaves what stands beside it.
func (p NumberPattern) Format(of NumberOf) string {
	var b strings.Builder
	for _, part := range p.parts {
		switch part.name {
		case partYear:
			fmt.Fprintf(&b, "%04d", of.Year)
		case partN:
			fmt.Fprintf(&b, "%0*d", part.digits, of.Serial)
		case partWord:
			b.WriteString(of.Word)
		case partCase:
			fmt.Fprintf(&b, "%0*d", part.digits, of.Case)
		default:
			b.WriteString(part.literal)
		}
	}
	return Trim(b.String())
}

// Read finds the serial in a number that Format wrote with this year and word; false for
// any other text, and for a pattern with {case}.
func (p NumberPattern) Read(number string, year int, word string) (int64, bool) {
	if p.Case() {
		return 0, false
	}
	const mark = "\x00" // in no pattern and no word
	at := p
	at.parts = make([]numberPart, len(p.parts))
	for i, part := range p.parts {
		if part.name == partN {
			part = numberPart{literal: mark}
		}
		at.parts[i] = part
	}
	before, after, _ := strings.Cut(at.Format(NumberOf{Year: year, Word: word}), mark)
	number = Trim(number)
	rest, ok := strings.CutPrefix(number, before)
	if !ok {
		return 0, false
	}
	digits, ok := strings.CutSuffix(rest, after)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 1 || p.Format(NumberOf{Year: year, Serial: n, Word: word}) != number {
		return 0, false
	}
	return n, true
}

// NumberPattern is the pattern of a kind of number that holds on a day, with the agency's
// word.
func (s Settings) NumberPattern(kind string, on Date) (NumberPattern, string, error) {
	p, err := ParseNumberPattern(s.Text("number."+kind, on))
	if err != nil {
		return p, "", fmt.Errorf("pattern of the number of a %s: %w", kind, err)
	}
	return p, s.Text("number.word", on), nil
}
