// Package advice asks what is still open on the way to a reply and proposes a basis for
// it, with what the letter must contain and how the applicant may go on. Its questions,
// elements and remedy paragraphs are rows with their articles; a change of the law is a
// change of a row.
//
// It decides nothing and keeps no copy of a rule of the workflow: whether a basis may be
// used now, it asks package workflow. It knows no clock, no storage and no protobuf.
package advice

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gongkai/workflow"
	"gongkai/workflow/outcome"
)

// Question is one thing that must be known before a basis can be proposed.
type Question struct {
	ID      string
	ZH, EN  string
	Article string // of the Regulation, or none
	Choices []Choice
	// settled is the choice that the facts of an application make, empty if none does.
	settled func(*workflow.Application) string
}

// Choice is one answer; it leads to another question or to a basis.
type Choice struct {
	ID     string
	ZH, EN string
	Next   string
	Basis  outcome.Basis
	// Ground is the basis that the withheld part of a disclosure would have alone.
	Ground outcome.Basis
	// fits reports whether the facts of an application leave the choice open; nil: always.
	fits func(*workflow.Application) bool
}

// Case is the application that is asked about, and who is to decide it on which day.
type Case struct {
	Application *workflow.Application
	Rules       workflow.Rules
	By          workflow.Person
	Day         workflow.Date
}

// Settled is one question that is answered.
type Settled struct {
	Question  Question
	Choice    Choice
	FromFacts bool
}

// Advice is where the answers lead: to a Question that is open, or to a Proposal.
type Advice struct {
	Settled  []Settled
	Question *Question
	Proposal *Proposal
}

// AnswerError says that an answer is none that may be given.
type AnswerError struct {
	Question, Choice string
	Offered          []string // what could be given instead
	Unknown          bool     // there is no such question
}

// Error says which answer is wrong and what would be right.
func (e *AnswerError) Error() string {
	if e.Unknown {
		return fmt.Sprintf("no question is called %q; there are: %s", e.Question, strings.Join(e.Offered, ", "))
	}
	return fmt.Sprintf("%q is no answer to %s here; there are: %s", e.Choice, e.Question, strings.Join(e.Offered, ", "))
}

// First is the id of the question that is asked first.
const First = "handling"

// QuestionOf returns a question by its id, with all its choices.
func QuestionOf(id string) (Question, bool) {
	for _, q := range questions {
		if q.ID == id {
			q.Choices = slices.Clone(q.Choices)
			return q, true
		}
	}
	return Question{}, false
}

// Questions returns every question in the order of the steps of the law.
func Questions() []Question {
	out := make([]Question, 0, len(questions))
	for _, q := range questions {
		q, _ = QuestionOf(q.ID)
		out = append(out, q)
	}
	return out
}

// Offered returns a question with the choices that the facts of an application leave open.
func (q Question) Offered(a *workflow.Application) Question {
	q.Choices = slices.DeleteFunc(slices.Clone(q.Choices), func(c Choice) bool { return c.fits != nil && !c.fits(a) })
	return q
}

// pick finds a choice by its id.
func (q Question) pick(id string) (Choice, bool) {
	i := slices.IndexFunc(q.Choices, func(c Choice) bool { return c.ID == id })
	if i < 0 {
		return Choice{}, false
	}
	return q.Choices[i], true
}

func (q Question) ids() []string {
	var out []string
	for _, c := range q.Choices {
		out = append(out, c.ID)
	}
	return out
}

// Advise follows the answers from the first question as far as they go. What the facts
// settle is not asked, but an answer that they leave open stands against them: whoever
// answers has looked again. Answers to questions that are not reached do not matter yet.
func (c Case) Advise(answers map[string]string) (Advice, error) {
	for _, id := range slices.Sorted(maps.Keys(answers)) {
		if _, ok := QuestionOf(id); !ok {
			return Advice{}, &AnswerError{Question: id, Offered: questionIDs(), Unknown: true}
		}
	}
	var out Advice
	for id := First; ; {
		q, _ := QuestionOf(id)
		q = q.Offered(c.Application)
		s, settled, err := c.settle(q, answers)
		if err != nil {
			return out, err
		}
		if !settled {
			out.Question = &q
			return out, nil
		}
		out.Settled = append(out.Settled, s)
		if s.Choice.Next == "" {
			p := c.propose(out.Settled)
			out.Proposal = &p
			return out, nil
		}
		id = s.Choice.Next
	}
}

// settle answers a question by an answer given, or by the facts; false if it is open.
func (c Case) settle(q Question, answers map[string]string) (s Settled, settled bool, err error) {
	if id, ok := answers[q.ID]; ok {
		choice, ok := q.pick(id)
		if !ok {
			return s, false, &AnswerError{Question: q.ID, Choice: id, Offered: q.ids()}
		}
		return Settled{Question: q, Choice: choice}, true, nil
	}
	if q.settled == nil {
		return s, false, nil
	}
	choice, settled := q.pick(q.settled(c.Application))
	return Settled{Question: q, Choice: choice, FromFacts: true}, settled, nil
}

func questionIDs() []string {
	var out []string
	for _, q := range questions {
		out = append(out, q.ID)
	}
	return out
}
