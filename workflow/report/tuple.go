package report

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	"gongkai/workflow"
	"gongkai/workflow/outcome"
)

// Flow is the way in which an application or remedy touches the statistics of a year.
type Flow string

// The flows. The two standing ones (Carried, Pending) hold one tuple for each year end
// that a case now ended stood open over; what is open today has a single tuple instead
// (Open, Undecided) that counts at every year end from its own year on.
const (
	Received  Flow = "RECEIVED"  // 收到申请之日 in Year
	Concluded Flow = "CONCLUDED" // first conclusion in Year
	Carried   Flow = "CARRIED"   // stood open over 31 December of Year, concluded since
	Open      Flow = "OPEN"      // open today, received in Year
	Decided   Flow = "DECIDED"   // remedy ended in Year
	Pending   Flow = "PENDING"   // remedy stood undecided over 31 December of Year, decided since
	Undecided Flow = "UNDECIDED" // remedy undecided today, filed in Year
	Filed     Flow = "FILED"     // complaint received in Year
	Fee       Flow = "FEE"       // processing fee paid in Year; counts are fen
)

// Tuple is what one application or remedy contributes to the counts: its basis and
// dimensions, never a cell, so that a stored tally outlives every change of a form.
// Dimensions without meaning for the flow are empty.
type Tuple struct {
	Flow        Flow
	Year        int
	Channel     workflow.Channel       // Received
	Kind        workflow.ApplicantKind // Received, Concluded, Carried, Open
	Basis       outcome.Basis          // Concluded
	Timing      workflow.Timing        // Concluded
	Remedy      workflow.RemedyKind    // Decided, Pending, Undecided, Filed
	AfterReview bool                   // of a litigation: 复议后起诉
	Result      workflow.RemedyResult  // Decided
}

// Count is a tuple and how often it counts: once a case, or the fen of a fee.
type Count struct {
	Tuple Tuple
	N     int64
}

// Tuples returns what an application contributes. A case that never was an application
// (VOID, or not yet received) contributes nothing; a later reply or re-decision changes
// nothing, because each application is one row, in the year of its first conclusion.
func Tuples(a *workflow.Application) []Count { return AppendTuples(nil, a) }

// AppendTuples is Tuples into a slice of the caller's, for loops over many cases.
func AppendTuples(dst []Count, a *workflow.Application) []Count {
	if a.State == workflow.Void || a.ReceiveDate.IsZero() {
		return dst
	}
	kind, year := a.Applicant.Kind, a.ReceiveDate.Year()
	dst = append(dst, Count{Tuple{Flow: Received, Year: year, Channel: a.Channel, Kind: kind}, 1})
	if a.Conclusion.Date.IsZero() {
		dst = append(dst, Count{Tuple{Flow: Open, Year: year, Kind: kind}, 1})
	} else {
		end := a.Conclusion.Date.Year()
		for y := year; y < end; y++ {
			dst = append(dst, Count{Tuple{Flow: Carried, Year: y, Kind: kind}, 1})
		}
		dst = append(dst, Count{Tuple{
			Flow: Concluded, Year: end, Kind: kind, Basis: a.CountedBasis(), Timing: a.Conclusion.Timing,
		}, 1})
	}
	for _, p := range a.Payments {
		if p.Amount != 0 && !p.Date.IsZero() {
			dst = append(dst, Count{Tuple{Flow: Fee, Year: p.Date.Year()}, p.Amount})
		}
	}
	return dst
}

// RemedyTuples returns what a remedy contributes: its result in the year it took
// effect, and one pending tuple for each year end before it. As the reviewing authority
// an agency counts nothing (〔2016〕201号).
func RemedyTuples(r *workflow.Remedy) []Count {
	if r.Void || r.Capacity == workflow.ReviewOrgan || r.FileDate.IsZero() {
		return nil
	}
	t := Tuple{Year: r.FileDate.Year(), Remedy: r.Kind}
	if r.Kind == workflow.Complaint {
		t.Flow = Filed
		return []Count{{t, 1}}
	}
	t.AfterReview = r.Kind == workflow.Litigation && r.AfterReview
	if r.ConcludeDate.IsZero() || r.Result == workflow.Pending || r.Result == "" {
		t.Flow = Undecided
		return []Count{{t, 1}}
	}
	var out []Count
	for t.Flow = Pending; t.Year < r.ConcludeDate.Year(); t.Year++ {
		out = append(out, Count{t, 1})
	}
	t.Flow, t.Year, t.Result = Decided, r.ConcludeDate.Year(), r.Result
	return append(out, Count{t, 1})
}

// Tally is a sum of tuples. It never holds a zero.
type Tally map[Tuple]int64

// Add adds n times the counts; n is -1 to take a former state of a case away.
func (t Tally) Add(counts []Count, n int64) {
	for _, c := range counts {
		t.plus(c.Tuple, n*c.N)
	}
}

// Merge adds another tally, such as a subordinate agency's or another year's.
func (t Tally) Merge(other Tally) {
	for tuple, n := range other {
		t.plus(tuple, n)
	}
}

// Clone returns an independent copy.
func (t Tally) Clone() Tally { return maps.Clone(t) }

func (t Tally) plus(tuple Tuple, n int64) {
	if n += t[tuple]; n != 0 {
		t[tuple] = n
	} else {
		delete(t, tuple)
	}
}

// Key is the stored form of a tuple: flow and year, then the dimensions, each but the
// basis one letter, with empty ones at the end left out: "C2019||n|disclosed.provided|t".
func (t Tuple) Key() string {
	parts := [...]string{
		letterOf(channelCodes[:], string(t.Channel)), letterOf(kindCodes[:], string(t.Kind)), string(t.Basis),
		letterOf(timingCodes[:], string(t.Timing)), letterOf(remedyCodes[:], string(t.Remedy)), "",
		letterOf(resultCodes[:], string(t.Result)),
	}
	if t.AfterReview {
		parts[5] = "a"
	}
	key := letterOf(flowCodes[:], string(t.Flow)) + strconv.Itoa(t.Year) + "|" + strings.Join(parts[:], "|")
	return strings.TrimRight(key, "|")
}

// ParseKey reads what Key wrote, and refuses everything else.
func ParseKey(s string) (Tuple, error) {
	parts := strings.Split(s, "|")
	if len(parts) > 8 || len(parts[0]) < 2 {
		return Tuple{}, fmt.Errorf("tuple key %q is malformed", s)
	}
	year, err := strconv.Atoi(parts[0][1:])
	if err != nil {
		return Tuple{}, fmt.Errorf("tuple key %q: year: %w", s, err)
	}
	var f [8]string
	copy(f[:], parts)
	t := Tuple{
		Year: year, Flow: Flow(nameOf(flowCodes[:], f[0][:1])), Channel: workflow.Channel(nameOf(channelCodes[:], f[1])),
		Kind: workflow.ApplicantKind(nameOf(kindCodes[:], f[2])), Basis: outcome.Basis(f[3]),
		Timing: workflow.Timing(nameOf(timingCodes[:], f[4])), Remedy: workflow.RemedyKind(nameOf(remedyCodes[:], f[5])),
		AfterReview: f[6] == "a", Result: workflow.RemedyResult(nameOf(resultCodes[:], f[7])),
	}
	if _, ok := outcome.Of(t.Basis); t.Basis != "" && !ok {
		return Tuple{}, fmt.Errorf("tuple key %q: unknown basis %q", s, t.Basis)
	}
	if t.Flow == "" || t.Key() != s {
		return Tuple{}, fmt.Errorf("tuple key %q names no known value or is not in its shortest form", s)
	}
	return t, nil
}

// letter is one stored code; a letter once used is never used for something else.
type letter struct{ code, name string }

var (
	flowCodes = [...]letter{
		{"R", string(Received)},
		{"C", string(Concluded)},
		{"K", string(Carried)},
		{"O", string(Open)},
		{"D", string(Decided)},
		{"P", string(Pending)},
		{"U", string(Undecided)},
		{"F", string(Filed)},
		{"M", string(Fee)},
	}
	channelCodes = [...]letter{
		{"p", string(workflow.InPerson)},
		{"o", string(workflow.Oral)},
		{"s", string(workflow.PostSigned)},
		{"m", string(workflow.PostOrdinary)},
		{"w", string(workflow.OnlineForm)},
		{"e", string(workflow.Email)},
		{"f", string(workflow.Fax)},
	}
	kindCodes = [...]letter{
		{"n", string(workflow.NaturalPerson)},
		{"b", string(workflow.Business)},
		{"r", string(workflow.Research)},
		{"p", string(workflow.PublicInterest)},
		{"l", string(workflow.LegalService)},
		{"o", string(workflow.OtherKind)},
	}
	timingCodes = [...]letter{{"t", string(workflow.OnTime)}, {"e", string(workflow.Extended)}, {"l", string(workflow.Late)}}
	remedyCodes = [...]letter{
		{"r", string(workflow.Reconsideration)}, {"l", string(workflow.Litigation)}, {"c", string(workflow.Complaint)},
	}
	resultCodes = [...]letter{
		{"u", string(workflow.Upheld)}, {"c", string(workflow.Corrected)}, {"o", string(workflow.OtherResult)},
	}
)

// letterOf returns the letter of a value. One without a letter stands in full, which
// ParseKey refuses.
func letterOf(table []letter, name string) string {
	for _, l := range table {
		if l.name == name {
			return l.code
		}
	}
	return name
}

// nameOf returns the value of a letter, or nothing, which no longer writes the letter:
// ParseKey compares.
func nameOf(table []letter, code string) string {
	for _, l := range table {
		if l.code == code {
			return l.name
		}
	}
	return ""
}
