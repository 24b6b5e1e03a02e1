package generate

import (
	"math/rand/v2"

	"gongkai/workflow"
	"gongkai/workflow/outcome"
)

// The weights of this file are sums over fourteen published annual reports of the years
// 2019 to 2025, from subdistricts with one application to a city with 3,830: 9,313
// applications received, 5,283 concluded, 741 reconsiderations and suits. What reports do
// not print, such as how many applications are extended or supplemented, is estimated
// and says so.

// weight is one choice and how often it is met.
type weight[T any] struct {
	of T
	n  int
}

// pick draws one of the choices.
func pick[T any](rnd *rand.Rand, list []weight[T]) T {
	sum := 0
	for _, w := range list {
		sum += w.n
	}
	at := rnd.IntN(sum)
	for _, w := range list {
		if at -= w.n; at < 0 {
			return w.of
		}
	}
	panic("the sum of the weights is wrong")
}

// channels are those of the form: online 60, by letter 30, in person 9, by fax 1; how
// each of them is divided further is estimated.
var channels = []weight[workflow.Channel]{
	{workflow.OnlineForm, 54},
	{workflow.Email, 6},
	{workflow.PostSigned, 18},
	{workflow.PostOrdinary, 12},
	{workflow.InPerson, 8},
	{workflow.Oral, 1},
	{workflow.Fax, 1},
}

// kinds are the columns of table 三. The reports show no research institution at all.
var kinds = []weight[workflow.ApplicantKind]{
	{workflow.NaturalPerson, 9097},
	{workflow.Business, 179},
	{workflow.LegalService, 25},
	{workflow.OtherKind, 9},
	{workflow.PublicInterest, 3},
	{workflow.Research, 1},
}

// outcomes are the rows of table 三. Each stands for its bases in equal parts.
var outcomes = []weight[string]{
	{"granted", 1870},
	{"partial", 536},
	{"denied.stateSecret", 11},
	{"denied.lawForbidden", 1},
	{"denied.threeSecurityOneStability", 5},
	{"denied.thirdPartyRights", 20},
	{"denied.internalAffairs", 63},
	{"denied.processInfo", 13},
	{"denied.enforcementFile", 30},
	{"denied.adminQuery", 20},
	{"unable.notHeld", 1610},
	{"unable.needsCreation", 91},
	{"unable.stillUnclear", 16},
	{"notProcessed.petition", 150},
	{"notProcessed.duplicate", 47},
	{"notProcessed.publication", 1},
	{"notProcessed.massiveRepeated", 4},
	{"other.notCorrectedInTime", 121},
	{"other.feeNotPaid", 38},
	{"other.other", 636},
}

// basesOf are the bases of today's law that a row counts.
func basesOf() map[string][]workflow.Basis {
	out := map[string][]workflow.Basis{}
	for _, r := range outcome.Rows() {
		if !r.Only2008 {
			out[r.Row2021] = append(out[r.Row2021], r.Basis)
		}
	}
	return out
}

// received is the number of applications that the remedies below go with.
const received = 9313

// remedyMix is a column of table 四: how many there are to the applications received,
// and how they ended.
type remedyMix struct {
	kind    workflow.RemedyKind
	after   bool // a suit after the reconsideration
	n       int
	results []weight[workflow.RemedyResult]
}

var remedies = []remedyMix{
	{workflow.Reconsideration, false, 527, []weight[workflow.RemedyResult]{
		{workflow.Upheld, 263}, {workflow.Corrected, 49}, {workflow.OtherResult, 153}, {workflow.Pending, 73},
	}},
	{workflow.Litigation, false, 80, []weight[workflow.RemedyResult]{
		{workflow.Upheld, 28}, {workflow.OtherResult, 33}, {workflow.Pending, 19},
	}},
	{workflow.Litigation, true, 134, []weight[workflow.RemedyResult]{
		{workflow.Upheld, 80}, {workflow.Corrected, 3}, {workflow.OtherResult, 26}, {workflow.Pending, 30},
	}},
}

// Estimates, in a hundred applications.
const (
	extended     = 14
	supplemented = 6
	consulted    = 3
	charged      = 1
	late         = 1
)

// stage is where an open application stands.
type stage int

const (
	unconfirmed stage = iota
	examined
	longExamined // with an extension
	supplementing
	consulting
	feePending
	explaining
	signed
	overdue
)

// stages are estimated.
var stages = []weight[stage]{
	{unconfirmed, 6}, {examined, 56}, {longExamined, 12}, {supplementing, 7}, {consulting, 5}, {feePending, 1}, {explaining, 1}, {signed, 9}, {overdue, 3},
}

// published are the most and the fewest applications a year in the reports. Between
// them the sizes of agencies lie evenly on a logarithmic scale.
const (
	publishedMost   = 3830
	publishedFewest = 1
)
