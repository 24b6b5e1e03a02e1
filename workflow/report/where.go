package report

import (
	"slices"

	"gongkai/workflow"
)

// When says how a flow meets the year of the report.
type When int

// The three moments.
const (
	During  When = iota // in the year
	AtEnd               // standing open over 31 December of the year
	AtStart             // standing open over 31 December of the year before
)

// Suit divides litigation by whether a reconsideration came first (table 四).
type Suit int

// The two kinds of suit.
const (
	AnySuit     Suit = iota
	DirectSuit       // 未经复议直接起诉
	AfterReview      // 复议后起诉
)

// Where is a condition on tuples; an empty field admits everything. Of a row and its
// column both must hold, and the flow is given by one of them. A standing flow (Carried,
// Pending) takes in what is open today (Open, Undecided).
type Where struct {
	Flow     Flow
	When     When
	Channels []workflow.Channel
	Kind     workflow.ApplicantKind
	Outcomes []string // rows of table 三 (2021) that the basis belongs to
	Code     string   // cell of the coded table that the basis belongs to
	Timings  []workflow.Timing
	Remedy   workflow.RemedyKind
	Suit     Suit
	Result   workflow.RemedyResult
}

// admits is the only place where a tuple is held against a condition.
func (w *Where) admits(s sighted, year int) bool {
	t := &s.tuple
	return w.meets(t, year) &&
		(w.Kind == "" || w.Kind == t.Kind) &&
		(len(w.Outcomes) == 0 || slices.Contains(w.Outcomes, s.outcome)) &&
		(w.Code == "" || w.Code == s.code) &&
		admitted(w.Channels, t.Channel) && admitted(w.Timings, t.Timing) && w.admitsRemedy(t)
}

func (w *Where) admitsRemedy(t *Tuple) bool {
	return (w.Remedy == "" || w.Remedy == t.Remedy) &&
		(w.Result == "" || w.Result == t.Result) &&
		(w.Suit == AnySuit || (w.Suit == AfterReview) == t.AfterReview)
}

// meets reports whether the tuple is of the flow, at the moment asked for.
func (w *Where) meets(t *Tuple, year int) bool {
	switch {
	case w.Flow == "":
		return true
	case w.When == AtEnd:
		return standing(w.Flow, year, *t)
	case w.When == AtStart:
		return standing(w.Flow, year-1, *t)
	}
	return t.Flow == w.Flow && t.Year == year
}

// standing reports whether a tuple stood open over 31 December of the year: ended since,
// or open today and begun by then.
func standing(flow Flow, year int, t Tuple) bool {
	return t.Flow == flow && t.Year == year || t.Flow == openOf(flow) && t.Year <= year
}

// openOf is the flow of what still stands open today.
func openOf(flow Flow) Flow {
	if flow == Pending {
		return Undecided
	}
	return Open
}
