// Package outcome holds the bases on which an application can end, as data: one row
// a basis, with its article, its row of table 三, its cell of the coded table of 2014
// and the remedies open against it.
//
// It reads the ways in which registers spell a basis. It decides nothing: which basis
// is lawful for a case is package workflow's question, what counts where is package
// report's.
package outcome

import "slices"

// Basis is the fine legal ground of an outcome, such as "disclosed.provided". It is
// the stored datum; every statistic is derived from it. Stored strings never change.
type Basis string

// How far the law or the printed label itself fixes the two mappings of a row; what
// it does not fix is this project's default.
const (
	ExactBoth = "both" // the row of table 三 and the code
	ExactRow  = "row"  // the row only; the code is a default
	ExactCode = "code" // the code only; the row is a default
	ExactNone = "no"   // neither
)

// Remedies against a decision on a basis.
const (
	ReviewFirst = "review_first" // 复议前置, for decisions dated from 2024-01-01 (行政复议法 2023 Art 23)
	Either      = "either"       // 复议 or 诉讼, as the applicant chooses
	NoRemedy    = "none"         // nothing to challenge
)

// What a court does with a suit filed from 2025-06-01 (法释〔2025〕8号 Art 10(2)).
const (
	Heard             = "heard"
	AfterReview       = "after_review"
	Barred            = "barred"
	BarredIfDisclosed = "barred_if_disclosed" // only if the information was given before
	NoSuit            = ""                    // there is nothing to sue over
)

// Row is what is known of one basis.
type Row struct {
	Basis    Basis
	LabelZH  string // as written in ledgers
	LabelEN  string
	Article  string // of the Regulation of 2019; "2008:13" is one of 2008, "109号 6" of 国办函〔2020〕109号, "-" none
	Row2021  string // row of table 三 in the version of 2021
	Code2014 string // cell of the coded table; empty: closed without a reply, so only 3200 counts it
	Exact    string
	Remedy   string
	Suit     string
	Only2008 bool // for applications received to 2019-05-14 only
	Year2021 bool // not before 2021, when the processing fee came into force
}

// Row2019 is the row of table 三 in the version of 2019, which had one row 其他处理
// where that of 2021 has three.
func (r Row) Row2019() string {
	switch r.Row2021 {
	case "other.notCorrectedInTime", "other.feeNotPaid", "other.other":
		return "other"
	}
	return r.Row2021
}

// Rows returns every basis in the order of the law's own classes: disclosed, refused,
// unavailable, not processed, other. The slice is the caller's.
func Rows() []Row { return slices.Clone(rows) }

// Of returns the row of a basis. It does not allocate.
func Of(b Basis) (Row, bool) {
	i, ok := byBasis[b]
	if !ok {
		return Row{}, false
	}
	return rows[i], true
}

var byBasis = indexBases()

func indexBases() map[Basis]int {
	m := make(map[Basis]int, len(rows))
	for i, r := range rows {
		m[r.Basis] = i
	}
	return m
}
