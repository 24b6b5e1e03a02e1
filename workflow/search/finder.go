package search

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"gongkai/workflow"
	"gongkai/workflow/similar"
)

// What is wrong with a query.
var (
	// ErrEmpty: it holds no letter and no number.
	ErrEmpty = errors.New("nothing to look for")
	// ErrShort: single characters alone, which stand in nearly every text, are in no index.
	ErrShort = errors.New("single characters cannot be looked for alone")
	// ErrLong: it has more than MaxWords words, or one of more than MaxLength characters.
	ErrLong = errors.New("too long")
)

// The most that a query may ask for.
const (
	MaxWords  = 10
	MaxLength = 100
)

// maxTokens bounds the tokens of one word: as many narrow down to itself what there is.
const maxTokens = 32

// least is how many characters a word needs to be taken for the number of a document or a
// phone as well.
const least = 5

// Query is what to look for: all that is not empty must be there.
type Query struct {
	// Words stand apart by blanks. Each is part of the number, the name, the description
	// or the remark, or is the whole number of the identity document or the whole phone.
	Words    string
	Name     string // part of the name
	IDNumber string // the whole number
	Phone    string // the whole number
}

// Clause is a condition on the tokens of a document: it holds all of at least one list.
type Clause [][]Token

// Finder is a query as it is compared with applications.
type Finder struct {
	words           []word
	name, id, phone string
	clauses         []Clause
}

// word is one word in the forms in which it may occur.
type word struct{ text, id, phone string }

// Finder reads a query.
func (q Query) Finder() (*Finder, error) {
	f := &Finder{name: similar.Fold(q.Name), id: similar.IDNumber(q.IDNumber), phone: similar.Phone(q.Phone)}
	words := strings.Fields(q.Words)
	if len(words) > MaxWords {
		return nil, ErrLong
	}
	for _, text := range append(words, q.Name, q.IDNumber, q.Phone) {
		if utf8.RuneCountInString(text) > MaxLength {
			return nil, ErrLong
		}
	}
	for _, given := range []struct{ text, form string }{
		{q.Name, f.name}, {q.IDNumber, f.id}, {q.Phone, f.phone},
	} {
		if strings.TrimSpace(given.text) != "" && given.form == "" {
			return nil, ErrEmpty // or everything would be found by it
		}
	}
	for _, text := range words {
		if w := wordOf(text); w.text != "" {
			f.words = append(f.words, w)
		}
	}
	if f.clauses = f.clausesOf(); len(f.clauses) > 0 {
		return f, nil
	}
	if len(f.words) > 0 {
		return nil, ErrShort
	}
	return nil, ErrEmpty
}

// wordOf reads a word. Short ones and those without a digit are no numbers.
func wordOf(text string) word {
	w := word{text: similar.Fold(text)}
	if id := similar.IDNumber(text); len(id) >= least && strings.ContainsAny(id, "0123456789") {
		w.id = id
	}
	if phone := similar.Phone(text); len(phone) >= least {
		w.phone = phone
	}
	return w
}

func (f *Finder) clausesOf() []Clause {
	var list []Clause
	for _, w := range f.words {
		tokens := asked(nil, w.text)
		if len(tokens) == 0 {
			continue // a single character
		}
		c := Clause{few(tokens)}
		if w.id != "" {
			c = append(c, []Token{token(ofIDNumber, []byte(w.id))})
		}
		if w.phone != "" {
			c = append(c, []Token{token(ofPhone, []byte(w.phone))})
		}
		list = append(list, c)
	}
	if f.name != "" {
		list = append(list, Clause{few(asked(characters(nil, f.name), f.name))})
	}
	if f.id != "" {
		list = append(list, Clause{{token(ofIDNumber, []byte(f.id))}})
	}
	if f.phone != "" {
		list = append(list, Clause{{token(ofPhone, []byte(f.phone))}})
	}
	return list
}

func few(tokens []Token) []Token {
	slices.Sort(tokens)
	tokens = slices.Compact(tokens)
	return tokens[:min(len(tokens), maxTokens)]
}

// Clauses are conditions that the tokens of every application meet which Matches: at least
// one, each of at least one list, each of at least one token.
func (f *Finder) Clauses() []Clause { return f.clauses }

// Matches reports whether an application is what is looked for.
func (f *Finder) Matches(a *workflow.Application) bool {
	if f.id != "" && f.id != similar.IDNumber(a.Applicant.IDNumber) || f.phone != "" && f.phone != similar.Phone(a.Applicant.Phone) {
		return false
	}
	if f.name != "" && !strings.Contains(similar.Fold(a.Applicant.Name), f.name) {
		return false
	}
	if len(f.words) == 0 {
		return true
	}
	folded := texts(a)
	for i := range folded {
		folded[i] = similar.Fold(folded[i])
	}
	for _, w := range f.words {
		if !w.in(folded[:]) && !w.is(a.Applicant) {
			return false
		}
	}
	return true
}

func (w word) in(folded []string) bool {
	return slices.ContainsFunc(folded, func(text string) bool { return strings.Contains(text, w.text) })
}

func (w word) is(p workflow.Applicant) bool {
	return w.id != "" && w.id == similar.IDNumber(p.IDNumber) || w.phone != "" && w.phone == similar.Phone(p.Phone)
}
