// Package letter holds the letters and forms of a case (文书) as data: which there are, when
// each may be sent, what it must say, and its standard wording. It composes a letter from
// the facts of an application and the fields that an officer gave, and says what it lacks.
//
// What the law fixes stands in the wording and cannot be changed by a field. The package
// writes no file and takes no number; it knows no clock, no storage and no protobuf.
package letter

import (
	"gongkai/workflow"
	"gongkai/workflow/outcome"
)

// Text is something to read, in both languages.
type Text struct{ ZH, EN string }

// Reply is the key of the kind that answers an application; it has a row for each basis.
const Reply = "reply"

// Addressee is to whom a letter goes.
type Addressee string

// The addressees.
const (
	Applicant  Addressee = "APPLICANT"
	ThirdParty Addressee = "THIRD_PARTY"
	Organ      Addressee = "ORGAN"
	File       Addressee = "FILE" // it stays on file, or somebody else fills it in
)

// Remedy is what a letter says on how to go on against it.
type Remedy string

// The remedies.
const (
	NoRemedy Remedy = "NO_REMEDY" // it decides nothing
	ByBasis  Remedy = "BY_BASIS"
	Either   Remedy = "EITHER" // reconsideration or suit
)

// Source is where an element comes from.
type Source string

// The sources.
const (
	FromField   Source = "FIELD"
	FromCase    Source = "CASE"
	FromSetting Source = "SETTING"
	FromEither  Source = "CASE_OR_FIELD" // of the case, unless a field says otherwise
)

// Choice is a value that an element may have, and what a letter writes for it.
type Choice struct {
	Value string
	Text
}

// Element is something that a letter says.
type Element struct {
	Key      string
	Label    Text
	Hint     Text
	Source   Source
	Required bool
	Lines    bool // several lines, each a paragraph
	Date     bool
	Choices  []Choice
	Setting  string // of FromSetting
	Place    string // of FromCase: the act or field of the case that says it
	most     int    // of a whole number, the greatest; 0: it is a text
}

// paragraph is one paragraph of the wording. In its text {key} is an element. It stands only
// if all elements of when are there and none of unless is.
type paragraph struct {
	text   string
	when   []string
	unless []string
}

// row is a line of a form; a text of which nothing is known is left open.
type row struct{ label, text string }

// Kind is one kind of letter or form. Its data are not to be changed.
type Kind struct {
	Key       string
	Basis     outcome.Basis // of a reply
	Label     Text
	Title     string
	Addressee Addressee
	Article   Text
	Remedy    Remedy
	Number    string // series of its number; empty: it bears none
	When      Text
	Elements  []Element

	states   []workflow.State // in which it may be sent; nil: in all but SUBMITTED and VOID
	only2019 bool
	body     []paragraph
	rows     []row
	cite     string // of the Regulation of 2019, as the wording writes it
	cite2008 string
	grounds  string              // what a remedy calls the letter: 本答复, 本告知
	decides  func(*filling) bool // of Either: whether it decides against somebody; nil: always
}

// ID is how templates name the kind.
func (k *Kind) ID() string {
	if k.Basis == "" {
		return k.Key
	}
	return k.Key + "." + string(k.Basis)
}

// Role is what a block of a letter is.
type Role string

// The roles, from the head to the foot of a letter.
const (
	Head      Role = "HEAD"
	Number    Role = "NUMBER"
	Title     Role = "TITLE"
	To        Role = "ADDRESSEE"
	Body      Role = "BODY"
	Remedies  Role = "REMEDY"
	Enclosure Role = "ENCLOSURE"
	Contact   Role = "CONTACT"
	Signature Role = "SIGNATURE"
	Dated     Role = "DATE"
	Row       Role = "ROW"
)

// Block is a piece of a letter.
type Block struct {
	Role  Role
	Label string // of a Row
	Text  string
}

// Gap is something that a letter lacks: what, where it belongs, and what would be right.
type Gap struct {
	Element string
	Place   string
	Text
}

// Letter is what was composed.
type Letter struct {
	Blocks      []Block
	Values      map[string]string // of the elements and of what every template may hold, as the letter writes them
	Raw         map[string]string // of the elements, as fields have them
	Gaps        []Gap
	Warnings    []Text
	ReviewFirst bool
	Override    string // why the remedy paragraph is another than that of the rows
}

// Case is what a letter is about.
type Case struct {
	Application *workflow.Application
	Rules       workflow.Rules
	By          workflow.Person
	Agency      string // as it was called on the day
	Day         workflow.Date
	Number      string // empty: not yet taken
}

// Kinds returns every kind in the order of a case's life; the reply once for each basis.
func Kinds() []Kind {
	var out []Kind
	for _, k := range kinds {
		if k.Key != Reply {
			out = append(out, k)
			continue
		}
		out = append(out, replies...)
	}
	return out
}

// Of finds a kind; a reply by its basis.
func Of(key string, basis outcome.Basis) (Kind, bool) {
	for _, k := range Kinds() {
		if k.Key == key && k.Basis == basis {
			return k, true
		}
	}
	return Kind{}, false
}
