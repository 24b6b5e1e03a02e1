// Package search says by what an application can be found: its number, its texts and its
// applicant's name in part, the number of an identity document and a phone as a whole.
//
// Chinese is written without blanks between words, so whatever stands in a text can be
// asked for, from two characters on: an index keeps each pair of neighbouring characters.
// Tokens narrow what is looked at and Finder.Matches decides, so an index may hold too
// much and never too little. The package knows no storage, no order and no case's state.
package search

import (
	"encoding/binary"
	"hash/crc32"
	"slices"

	"gongkai/workflow"
	"gongkai/workflow/similar"
)

// Version tells indexes apart: one that other rules wrote is of no use.
const Version = 1

// Token is what an index keeps: a hash, so that neither the number of an identity document
// nor a phone can be read there, and every engine compares the same bytes. Two things that
// share one are told apart by Matches.
type Token uint32

// The kinds of tokens. The kind is hashed with what it is of.
const (
	ofText     = 'g' // two neighbouring characters, or four of a number or Latin word
	ofName     = 'n' // one character of a name
	ofIDNumber = 'i'
	ofPhone    = 'p'
)

// quad is how many neighbouring ASCII characters make a token of their own: two digits
// stand in every application, four in few.
const quad = 4

func token(kind byte, text []byte) Token {
	return Token(crc32.Update(crc32.ChecksumIEEE([]byte{kind}), crc32.IEEETable, text))
}

// In is the token within the agency of a key: an index of many agencies finds what one of
// them has as fast as if it were alone, however often others have it.
func (t Token) In(agency int64) Token {
	var b [12]byte
	binary.BigEndian.PutUint32(b[:], uint32(t))
	binary.BigEndian.PutUint64(b[4:], uint64(agency))
	return Token(crc32.ChecksumIEEE(b[:]))
}

// texts are what can be found in part.
func texts(a *workflow.Application) [4]string {
	return [4]string{a.ApplicationNo, a.Applicant.Name, a.Description, a.Remark}
}

// Tokens are those of an application, each once, in order.
func Tokens(a *workflow.Application) []Token {
	var list []Token
	for _, text := range texts(a) {
		list = grams(list, similar.Fold(text))
	}
	list = characters(list, similar.Fold(a.Applicant.Name))
	if id := similar.IDNumber(a.Applicant.IDNumber); id != "" {
		list = append(list, token(ofIDNumber, []byte(id)))
	}
	if phone := similar.Phone(a.Applicant.Phone); phone != "" {
		list = append(list, token(ofPhone, []byte(phone)))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Same reports whether two states of an application have the same tokens for sure.
func Same(a, b *workflow.Application) bool {
	return texts(a) == texts(b) && a.Applicant.IDNumber == b.Applicant.IDNumber && a.Applicant.Phone == b.Applicant.Phone
}

// grams adds the tokens of a folded text.
func grams(list []Token, folded string) []Token {
	return each(list, folded, func(list []Token, pair, four []byte) []Token {
		if four != nil {
			list = append(list, token(ofText, four))
		}
		return append(list, token(ofText, pair))
	})
}

// asked adds the tokens by which a folded text is looked for: of a run of ASCII characters
// the fours alone where it has some, because the pairs in them would tell nothing more.
func asked(list []Token, folded string) []Token {
	covered := false // the run has fours
	return each(list, folded, func(list []Token, pair, four []byte) []Token {
		covered = four != nil || covered && pair[0] < utf8Self
		switch {
		case four != nil:
			return append(list, token(ofText, four))
		case covered && len(pair) == 2: // both are of the run
			return list
		}
		return append(list, token(ofText, pair))
	})
}

// utf8Self is the first byte value that is no character by itself.
const utf8Self = 0x80

// each visits every two neighbouring characters of a folded text, and the four of which
// they are the first two where all four are ASCII.
func each(list []Token, folded string, visit func(list []Token, pair, four []byte) []Token) []Token {
	text := []byte(folded)
	starts := make([]int, 0, len(text)+1)
	for i := range folded {
		starts = append(starts, i)
	}
	starts = append(starts, len(text))
	for i := 0; i+2 < len(starts); i++ {
		var four []byte
		if i+quad < len(starts) && starts[i+quad]-starts[i] == quad && ascii(text[starts[i]:starts[i+quad]]) {
			four = text[starts[i]:starts[i+quad]]
		}
		list = visit(list, text[starts[i]:starts[i+2]], four)
	}
	return list
}

func ascii(text []byte) bool {
	return !slices.ContainsFunc(text, func(b byte) bool { return b >= utf8Self })
}

// characters adds the tokens of the characters of a folded name.
func characters(list []Token, folded string) []Token {
	for _, r := range folded {
		list = append(list, token(ofName, []byte(string(r))))
	}
	return list
}
