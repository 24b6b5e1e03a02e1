package web

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The service names its fields as programs know them, applicant.display_name; who reads a
// page knows the labels of its inputs.

// identifier may be the name of a field, or of a basis.
var identifier = regexp.MustCompile(`[a-z]+(?:[._][a-z]+)*`)

// labelFinder is the label of the input that a field has on the page; empty: it has none.
type labelFinder func(field string) string

// named puts labels for the fields that a message names. A word that is no field elsewhere,
// such as reason, is one where a message of the service has its field: at the beginning,
// in brackets or next to Chinese.
func named(l language, message string, label labelFinder) string {
	var out strings.Builder
	last := 0
	for _, at := range identifier.FindAllStringIndex(message, -1) {
		name := message[at[0]:at[1]]
		if !strings.ContainsAny(name, "._") && !standsAlone(message, at) {
			continue
		}
		found := label(name)
		if found == "" {
			if found = basisLabel(l, name); found == name {
				continue
			}
		}
		out.WriteString(message[last:at[0]] + "“" + found + "”")
		last = at[1]
	}
	return out.String() + message[last:]
}

// standsAlone tells whether a word of a message is its field.
func standsAlone(message string, at []int) bool {
	before, _ := utf8.DecodeLastRuneInString(message[:at[0]])
	after, _ := utf8.DecodeRuneInString(message[at[1]:])
	foreign := func(r rune) bool {
		return unicode.Is(unicode.Han, r) || strings.ContainsRune("（）()：，；。", r)
	}
	return foreign(before) || foreign(after) || at[0] == 0 && (after == ':' || after == ' ')
}

// labelElsewhere is the label that a field has wherever it is entered; empty where acts
// differ in it.
func labelElsewhere(l language, field string) string {
	var found string
	for _, s := range steps {
		for _, in := range s.inputs {
			if in.name != field {
				continue
			}
			if label := in.label.in(l); found == "" || found == label {
				found = label
			} else {
				return ""
			}
		}
	}
	if found == "" {
		found = inputLabels[field].in(l)
	}
	return found
}

// Named puts labels into a message about a field: that of the field itself first.
func (f *form) Named(about, message string) string {
	names := append([]string{about}, slices.Sorted(maps.Keys(f.labels))...)
	return named(f.lang, message, func(field string) string {
		for _, name := range names {
			if f.labels[name] != "" && (name == field || strings.HasSuffix(name, "."+field)) {
				return f.labels[name]
			}
		}
		return labelElsewhere(f.lang, field)
	})
}

// nameInputs puts the labels of the inputs into what is wrong, and sends what is wrong with an
// input that the page does not show to the whole form, so that no link leads nowhere. It
// tells whether that changed anything.
func (f *form) nameInputs(page []byte) bool {
	changed := false
	for i := range f.Problems {
		at := &f.Problems[i]
		before := *at
		at.Message = f.Named(at.Field, at.Message)
		if !bytes.Contains(page, []byte(`id="`+at.ID+`"`)) {
			at.ID = ""
		}
		changed = changed || *at != before
	}
	return changed
}
