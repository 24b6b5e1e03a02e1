package web

import (
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// field is one input with its label, as template "field" shows it. Its methods return it,
// so that a template builds it in one line:
//
//	{{template "field" ((.Form.Field "application.arrive_date" (t "到达日期" "Arrived on")).Day.Must)}}
type field struct {
	Name, ID, Label string
	Value           string
	Note            string // a hint below the label
	Kind            string // of the input: text, date, number, password, area, select, radio, check, file
	Required        bool
	Options         []option
	Rows            int
	Length          int    // most characters
	Fill            string // autocomplete; empty: off
	Keys            string // inputmode
	Wide            bool
	Focused         bool    // takes the focus when the page opens
	Seen            *string // what it showed, to be sent along; nil: nothing is (see meanwhile.go)
	Crossed         bool    // somebody else changed it while it was changed in the form
	Meanwhile       string  // to what

	form *form
}

type option struct {
	Value, Text string
	Chosen      bool
}

// Field begins an input of the form: its name is the path of the field of the request.
func (f *form) Field(name, label string) *field {
	if f.labels == nil {
		f.labels = map[string]string{}
	}
	f.labels[name] = label
	return &field{Name: name, ID: inputID(name), Label: label, Value: f.Value(name), Kind: "text", form: f}
}

// Wrong is what is wrong with it, empty if nothing.
func (d *field) Wrong() string { return d.form.Problem(d.Name) }

// Must marks it as required.
func (d *field) Must() *field { d.Required = true; return d }

// Hint adds a note.
func (d *field) Hint(note string) *field { d.Note = note; return d }

// Day takes a date. What was typed and is none stays as text, for an input of dates would
// show nothing.
func (d *field) Day() *field {
	if _, err := time.Parse(time.DateOnly, d.Value); err == nil || d.Value == "" {
		d.Kind = "date"
	}
	return d
}

// Number takes a whole number.
func (d *field) Number() *field { d.Kind, d.Keys = "text", "numeric"; return d }

// Secret takes a password. What was typed is never shown again.
func (d *field) Secret(fill string) *field {
	d.Kind, d.Fill, d.Value = "password", fill, ""
	return d
}

// Code takes a one-time code.
func (d *field) Code() *field {
	d.Fill, d.Keys, d.Value, d.Length = "one-time-code", "numeric", "", 16
	return d
}

// Text takes lines.
func (d *field) Text(rows int) *field { d.Kind, d.Rows, d.Wide = "area", rows, true; return d }

// File takes a file.
func (d *field) File() *field { d.Kind, d.Value = "file", ""; return d }

// Most bounds the characters.
func (d *field) Most(n int) *field { d.Length = n; return d }

// Known is what the browser may fill in, such as username.
func (d *field) Known(fill string) *field { d.Fill = fill; return d }

// Full takes the whole width.
func (d *field) Full() *field { d.Wide = true; return d }

// First takes the focus when the page opens.
func (d *field) First() *field { d.Focused = true; return d }

// Check is a box to tick.
func (d *field) Check() *field { d.Kind = "check"; return d }

// Ticked tells whether a box is ticked.
func (d *field) Ticked() bool { return d.Value == "true" || d.Value == "on" }

// Default is what it holds if nothing was entered.
func (d *field) Default(value string) *field {
	if d.Value == "" {
		d.Value = value
	}
	for i := range d.Options {
		d.Options[i].Chosen = d.Options[i].Value == d.Value
	}
	return d
}

// Radio shows the options side by side instead of in a list.
func (d *field) Radio() *field { d.Kind = "radio"; return d }

// Option adds a choice.
func (d *field) Option(value, text string) *field {
	d.Kind = "select"
	d.Options = append(d.Options, option{value, text, value == d.Value})
	return d
}

// labelled are the values of an enum of the API as choices, without the one that is none.
func (d *field) enum(l language, name string, but string) *field {
	found, err := protoregistry.GlobalTypes.FindEnumByName(protoreflect.FullName("disclosure.v1." + name))
	if err != nil {
		panic("a template asks for an enum that the API does not have: " + name)
	}
	values := found.Descriptor().Values()
	for i := range values.Len() {
		v := string(values.Get(i).Name())
		if values.Get(i).Number() == 0 || strings.Contains(" "+but+" ", " "+v+" ") {
			continue
		}
		d.Option(v, labels[v].in(l))
	}
	return d
}

// Described is the ids of what describes the input, for screen readers.
func (d *field) Described() string {
	var ids []string
	if d.Note != "" {
		ids = append(ids, d.ID+"-hint")
	}
	if d.Wrong() != "" {
		ids = append(ids, d.ID+"-error")
	}
	return strings.Join(ids, " ")
}
