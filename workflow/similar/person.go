package similar

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"gongkai/workflow"
)

// By is what shows that two applicants are one.
type By string

// What shows it, strongest first.
const (
	ByIDNumber By = "id_number"
	ByPhone    By = "phone"
	ByName     By = "name"
)

// IDNumber brings the number of an identity document into one form: X for x, one width,
// without blanks and strokes.
func IDNumber(text string) string {
	return strings.ToUpper(kept(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }))
}

// Phone brings a phone number into one form: its digits, without the code of China.
func Phone(text string) string {
	digits := kept(text, func(r rune) bool { return r >= '0' && r <= '9' })
	if strings.HasPrefix(kept(text, func(r rune) bool { return !unicode.IsSpace(r) }), "+86") {
		return strings.TrimPrefix(digits, "86")
	}
	return strings.TrimPrefix(digits, "0086")
}

// Name brings a name into one form: one width and case, without blanks and points.
func Name(text string) string {
	return strings.ToLower(kept(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }))
}

func kept(text string, keep func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if keep(r) {
			return r
		}
		return -1
	}, norm.NFKC.String(text))
}

// SameBy says what shows that two applicants are one, strongest first; empty: nothing
// does. The number of the document decides where both have one, else the phone, else the
// name with the kind of applicant: a namesake with another document is another person.
func SameBy(p, q workflow.Applicant) []By {
	id, phone, name := alike(p.IDNumber, q.IDNumber, IDNumber), alike(p.Phone, q.Phone, Phone), alike(p.Name, q.Name, Name)
	if p.Kind != q.Kind && name == same {
		name = unknown
	}
	switch {
	case id == differs, id == unknown && phone == differs:
		return nil
	}
	var out []By
	for _, e := range []struct {
		is verdict
		by By
	}{{id, ByIDNumber}, {phone, ByPhone}, {name, ByName}} {
		if e.is == same {
			out = append(out, e.by)
		}
	}
	return out
}

type verdict int

const (
	unknown verdict = iota // one of the two is not on record
	same
	differs
)

func alike(a, b string, form func(string) string) verdict {
	a, b = form(a), form(b)
	switch {
	case a == "" || b == "":
		return unknown
	case a == b:
		return same
	}
	return differs
}
