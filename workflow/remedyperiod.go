package workflow

import (
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
)

// Against is what a remedy is sought against; it decides when and how long one may.
type Against string

// What a remedy is sought against.
const (
	AgainstReply   Against = "REPLY"           // counts from proven receipt of the reply
	AgainstSilence Against = "SILENCE"         // counts from the last day for the reply
	AgainstReview  Against = "RECONSIDERATION" // counts from receipt of the decision, or the end of its period
)

// remedyPeriod is one dated row: in which time a remedy is sought. Natural days or
// months; the day of the event does not count (民法典 Art 201).
type remedyPeriod struct {
	kind         RemedyKind
	against      Against
	from         Date // remedies filed from this day on; zero: since ever
	days, months int
	source       string
}

// remedyPeriods are ordered by the day from which they apply. The law in force on the
// day of filing decides.
var remedyPeriods = []remedyPeriod{
	{kind: Reconsideration, against: AgainstReply, days: 60, source: "行政复议法 1999 Art 9"},
	{kind: Reconsideration, against: AgainstReply, from: calendar.New(2024, 1, 1), days: 60, source: "行政复议法 2023 Art 20(1)"},
	{kind: Reconsideration, against: AgainstSilence, days: 60, source: "行政复议法 1999 Art 9; 实施条例 Art 16(1)"},
	{kind: Reconsideration, against: AgainstSilence, from: calendar.New(2024, 1, 1), days: 60, source: "行政复议法 2023 Art 20(1); 实施条例 Art 16(1)"},
	{kind: Litigation, against: AgainstReply, months: 3, source: "行政诉讼法 1989 Art 39"},
	{kind: Litigation, against: AgainstReply, from: calendar.New(2015, 5, 1), months: 6, source: "行政诉讼法 Art 46(1)"},
	{kind: Litigation, against: AgainstSilence, months: 3, source: "行政诉讼法 1989 Art 39"},
	{kind: Litigation, against: AgainstSilence, from: calendar.New(2015, 5, 1), months: 6, source: "行政诉讼法 Art 47; 解释 Art 66"},
	{kind: Litigation, against: AgainstReview, days: 15, source: "行政诉讼法 1989 Art 38"},
	{kind: Litigation, against: AgainstReview, from: calendar.New(2015, 5, 1), days: 15, source: "行政诉讼法 Art 45"},
}

// RemedyPeriod is the time in which a remedy may be sought.
type RemedyPeriod struct {
	Start       Date // the day that does not count
	Natural     Date // the day on which the period ends by count
	Last        Date // the same, moved to the next workday if it is a day of rest (民法典 Art 203)
	Provisional bool // no notice fixes the year yet
	Source      string
}

// RemedyPeriodOf returns the time for a remedy that counts from a day: the receipt of a
// reply or decision, or the last day for the reply that was not given. It is false where
// the law knows no period, as for complaints.
func RemedyPeriodOf(kind RemedyKind, against Against, start Date, cal *calendar.Calendar) (RemedyPeriod, bool) {
	var out RemedyPeriod
	found := false
	for _, row := range remedyPeriods {
		if row.kind != kind || row.against != against || start.IsZero() {
			continue
		}
		end := start.AddDays(row.days)
		if row.months != 0 {
			end = start.AddMonths(row.months)
		}
		last := cal.RollForward(end)
		if last < row.from {
			break // ended before this row's law came into force
		}
		out = RemedyPeriod{Start: start, Natural: end, Last: last, Provisional: cal.Provisional(end) || cal.Provisional(last), Source: row.source}
		found = true
	}
	return out, found
}

// Way says how a person may go on against a reply or against silence.
type Way string

// The ways.
const (
	WayOpen        Way = "OPEN"         // reconsideration or suit, as the applicant chooses
	WayReviewFirst Way = "REVIEW_FIRST" // 复议前置: a suit needs reconsideration first
	WayDoubtful    Way = "DOUBTFUL"     // the norms disagree: warn, do not block
	WayBarred      Way = "BARRED"       // a court does not admit the suit
	WayNone        Way = "NONE"         // nothing to challenge
)

// Access is a way with the norm behind it. A suit filed where the way is barred or
// closed until reconsideration counts as 其他结果.
type Access struct {
	Way    Way
	Source string
	ZH, EN string
}

// accessRule is one dated row of 复议前置 and of what courts do not admit.
type accessRule struct {
	from   Date // of the decision for remedy, of the filing for suit
	remedy string
	suit   string
	access Access
}

var (
	firstSuitRules    = calendar.New(2025, 6, 1)
	firstSilenceRules = calendar.New(2026, 7, 1)
)

// reviewRules say what must come first, by the day of the decision.
var reviewRules = []accessRule{
	{from: firstReviewFirstDay, remedy: outcome.ReviewFirst, access: Access{
		WayReviewFirst, "行政复议法 2023 Art 23(1)(4)", "不予公开的，应当先申请行政复议", "against a refusal reconsideration comes first",
	}},
	{remedy: outcome.NoRemedy, access: Access{WayNone, "-", "没有可以争议的答复", "there is no reply to challenge"}},
}

// suitRules say what a court does not admit, by the day of filing.
var suitRules = []accessRule{
	{from: firstSuitRules, suit: outcome.Barred, access: Access{
		WayBarred, "法释〔2025〕8号 Art 10(2)", "人民法院裁定不予立案；已经立案的，裁定驳回起诉", "a court does not admit the suit, or dismisses it once admitted",
	}},
	{from: firstSuitRules, suit: outcome.BarredIfDisclosed, access: Access{
		WayBarred, "法释〔2025〕8号 Art 10(2)(4)", "该信息此前已经公开的，人民法院裁定不予立案", "a court does not admit the suit, because the information was given before",
	}},
}

// silenceRules are dated rows for 逾期不予答复. The norms disagree throughout; from
// 2026-07-01 the revised 实施条例 is reported by secondary sources only.
var silenceRules = []accessRule{
	{access: Access{WayOpen, "《条例》Art 51", "可以申请行政复议，也可以提起行政诉讼", "reconsideration or suit, as the applicant chooses"}},
	{from: firstReviewFirstDay, access: Access{
		WayDoubtful, "法释〔2025〕8号 Art 2(2); 行政复议法 2023 Art 23(1)(3)", "申请人可以选择，但法院可能要求先申请行政复议", "the applicant may choose, yet a court may ask for reconsideration first",
	}},
	{from: firstSilenceRules, access: Access{
		WayDoubtful, "行政复议法实施条例 2026 §30(1) (reported, text not read)", "据报道逾期不答复也须先申请行政复议，条文待核", "reported: silence needs reconsideration first as well; the text is still to be read",
	}},
}

// ReviewFirst says whether reconsideration comes before a suit against a reply on a
// basis, by the day of the decision (law on 复议前置).
func ReviewFirst(b Basis, decided Date) Access {
	row, _ := outcome.Of(b)
	for _, rule := range reviewRules {
		if rule.remedy != row.Remedy || decided < rule.from {
			continue
		}
		access := rule.access
		if row.Article == "37" { // only for what was withheld under Arts 14–16, which the basis does not say
			access.Way = WayDoubtful
			access.ZH, access.EN = "依据第十四至十六条不予公开的部分，应当先申请行政复议", "for a part withheld under Arts 14–16 reconsideration comes first"
		}
		return access
	}
	return Access{WayOpen, "《条例》Art 51", "可以申请行政复议，也可以提起行政诉讼", "reconsideration or suit, as the applicant chooses"}
}

// Suit is a direct or later suit against a reply.
type Suit struct {
	Basis       Basis
	DecideDate  Date
	FileDate    Date
	AfterReview bool // 复议后起诉
	Disclosed   bool // a repeat: what is asked for was given before, not refused
}

// SuitAccess says whether a court hears a suit against a reply.
func SuitAccess(s Suit) Access {
	row, _ := outcome.Of(s.Basis)
	for _, rule := range suitRules {
		if rule.suit == row.Suit && s.FileDate >= rule.from && (row.Suit != outcome.BarredIfDisclosed || s.Disclosed) {
			return rule.access
		}
	}
	first := ReviewFirst(s.Basis, s.DecideDate)
	if s.AfterReview && (first.Way == WayReviewFirst || first.Way == WayDoubtful) {
		return Access{WayOpen, "行政诉讼法 Art 45", "经过行政复议，可以提起行政诉讼", "after reconsideration a suit is open"}
	}
	return first
}

// SilenceAccess says how a person may go on who got no reply, by the day of filing.
func SilenceAccess(filed Date) Access {
	var out Access
	for _, rule := range silenceRules {
		if filed >= rule.from {
			out = rule.access
		}
	}
	return out
}
