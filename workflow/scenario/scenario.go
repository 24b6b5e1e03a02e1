// Package scenario reads legal scenarios: dated acts on applications and remedies with
// what the law says must follow. It knows the form of the files only, neither the names
// of acts nor their meaning, so that the same files run against the state machine and
// through the interface.
//
// A file is a txtar archive: first words for the reader, whose first line is the title,
// then one section "-- steps --" with a line each of
//
//	application 2026-1                        the application that the next lines are about
//	2026-03-02 submit channel=IN_PERSON …     an act on its day, fields named as in the interface
//	? last_day kind=LITIGATION …              a question to the law
//	today 2026-12-31                          the day on which one looks, from here on
//	setting review_steps=SUPERVISOR           a setting of the agency
//	= due_date 2026-03-20                     what must follow from the line above
//
// Values with spaces stand in quotation marks; # begins a comment. "by" names the role
// that acts; without it whoever may acts, an officer before a supervisor. Unless a line
// says today, one looks from the day of the latest act.
//
// Runners agree on these keys after =. Of the application at hand: state, receive_date,
// regime, close_date, timing, basis, row (of table 三), code (of the table of 2014),
// supplement_due_date, fee_due_date, concluded_due_date, consultation N opinion=…,
// warning and no_warning CODE; of its clock, as seen from today or on=…: due_date,
// safe_due_date, suspended, provisional, overdue, workdays_left, workdays_remaining; of
// what a supervisor may do: last_date ACTION DATE, impossible ACTION REASON. Of the act
// itself: refused REASON field=… zh=… en=…; an act without it must be accepted. "none"
// is an empty value. Remedies are acts too: file, conclude, remand, strike, each on the
// latest one. Questions are add_workdays, fee, last_day, review_first, suit, silence and
// cell, the last over all cases of the file.
package scenario

import (
	"fmt"
	"strings"

	"gongkai/workflow/calendar"
)

// Script is one scenario.
type Script struct {
	Title string // first line of the words
	Words string // the rest
	Steps []Step
}

// Kind says what a step is.
type Kind string

// The kinds of step.
const (
	Application Kind = "application" // Name: its number
	Act         Kind = "act"         // Name, Date, Fields
	Question    Kind = "question"    // Name, Fields
	Today       Kind = "today"       // Date
	Setting     Kind = "setting"     // Fields
)

// Step is one line with what must follow from it.
type Step struct {
	Line   int // in the file, from 1
	Kind   Kind
	Name   string
	Date   calendar.Date
	Fields []Field
	Wants  []Want
}

// Field is one name=value.
type Field struct{ Name, Value string }

// Field returns the value of a field, and whether it is given.
func (s Step) Field(name string) (string, bool) {
	return find(s.Fields, name)
}

// Want is one thing that must follow: a key with values and, maybe, named details.
type Want struct {
	Line   int
	Key    string
	Values []string
	Fields []Field
}

// Value returns the first value, or nothing.
func (w Want) Value() string {
	if len(w.Values) == 0 {
		return ""
	}
	return w.Values[0]
}

// Field returns the value of a detail, and whether it is given.
func (w Want) Field(name string) (string, bool) {
	return find(w.Fields, name)
}

func find(fields []Field, name string) (string, bool) {
	for _, f := range fields {
		if f.Name == name {
			return f.Value, true
		}
	}
	return "", false
}

// Parse reads one file. An error names the line.
func Parse(text []byte) (Script, error) {
	words, steps, first, err := sections(string(text))
	if err != nil {
		return Script{}, err
	}
	title, rest, _ := strings.Cut(strings.TrimSpace(words), "\n")
	s := Script{Title: strings.TrimSpace(title), Words: strings.TrimSpace(rest)}
	if s.Title == "" {
		return Script{}, fmt.Errorf("line 1: a title is missing")
	}
	for i, line := range strings.Split(steps, "\n") {
		if err := s.line(first+i, line); err != nil {
			return Script{}, fmt.Errorf("line %d: %w", first+i, err)
		}
	}
	if len(s.Steps) == 0 {
		return Script{}, fmt.Errorf("line %d: no steps", first)
	}
	return s, nil
}

// sections splits a file into its words and its steps; first is the line on which the
// steps begin.
func sections(text string) (words, steps string, first int, err error) {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, "-- ") || !strings.HasSuffix(line, " --") {
			continue
		}
		switch {
		case line != "-- steps --":
			return "", "", 0, fmt.Errorf("line %d: %q is no section; there is just one, -- steps --", i+1, line)
		case first != 0:
			return "", "", 0, fmt.Errorf("line %d: a second section of steps", i+1)
		}
		words, first = strings.Join(lines[:i], "\n"), i+2
	}
	if first == 0 {
		return "", "", 0, fmt.Errorf("line %d: no section -- steps --", len(lines))
	}
	return words, strings.Join(lines[first-1:], "\n"), first, nil
}

func (s *Script) line(n int, line string) error {
	tokens, err := split(line)
	if err != nil || len(tokens) == 0 {
		return err
	}
	if tokens[0].bare() == "=" {
		return s.want(n, tokens[1:])
	}
	step := Step{Line: n}
	rest := tokens[1:]
	switch head := tokens[0].bare(); head {
	case "application":
		step.Kind, step.Name, rest = Application, word(rest), drop(rest)
	case "?":
		step.Kind, step.Name, rest = Question, word(rest), drop(rest)
	case "setting":
		step.Kind, step.Name = Setting, head
	case "today":
		step.Kind, step.Name = Today, head
		if step.Date, err = calendar.Parse(word(rest)); err != nil {
			return fmt.Errorf("today: %w", err)
		}
		rest = drop(rest)
	default:
		if step.Date, err = calendar.Parse(head); err != nil {
			return fmt.Errorf("a line begins with a day, application, today, setting, ? or =: %w", err)
		}
		step.Kind, step.Name, rest = Act, word(rest), drop(rest)
	}
	if step.Name == "" {
		return fmt.Errorf("%s: a name is missing", step.Kind)
	}
	values, fields := sorted(rest)
	if len(values) > 0 {
		return fmt.Errorf("%q is no name=value", values[0])
	}
	step.Fields = fields
	s.Steps = append(s.Steps, step)
	return nil
}

func (s *Script) want(n int, tokens []token) error {
	if len(s.Steps) == 0 {
		return fmt.Errorf("nothing stands before the first =")
	}
	if word(tokens) == "" {
		return fmt.Errorf("= needs a key")
	}
	values, fields := sorted(tokens[1:])
	last := &s.Steps[len(s.Steps)-1]
	last.Wants = append(last.Wants, Want{Line: n, Key: word(tokens), Values: values, Fields: fields})
	return nil
}

// token is one word of a line, or name=value.
type token struct {
	name, value string
	named       bool
}

// bare is the word, or nothing if it is a name=value.
func (t token) bare() string {
	if t.named {
		return ""
	}
	return t.value
}

func word(tokens []token) string {
	if len(tokens) == 0 {
		return ""
	}
	return tokens[0].bare()
}

func drop(tokens []token) []token { return tokens[min(1, len(tokens)):] }

func sorted(tokens []token) (values []string, fields []Field) {
	for _, t := range tokens {
		if t.named {
			fields = append(fields, Field{Name: t.name, Value: t.value})
		} else {
			values = append(values, t.value)
		}
	}
	return values, fields
}

// split cuts a line into tokens. A name is letters, digits and _ before =.
func split(line string) ([]token, error) {
	var out []token
	for {
		line = strings.TrimLeft(line, " \t")
		if line == "" || line[0] == '#' {
			return out, nil
		}
		var t token
		if i := strings.IndexFunc(line, func(r rune) bool { return !nameRune(r) }); i > 0 && line[i] == '=' {
			t.name, t.named, line = line[:i], true, line[i+1:]
		}
		if strings.HasPrefix(line, `"`) {
			end := strings.IndexByte(line[1:], '"')
			if end < 0 {
				return nil, fmt.Errorf("a quotation mark is missing")
			}
			t.value, line = line[1:1+end], line[2+end:]
			if line != "" && line[0] != ' ' && line[0] != '\t' {
				return nil, fmt.Errorf("a space is missing after the quotation mark")
			}
		} else {
			end := strings.IndexAny(line, " \t")
			if end < 0 {
				end = len(line)
			}
			t.value, line = line[:end], line[end:]
		}
		out = append(out, t)
	}
}

func nameRune(r rune) bool {
	return r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}
