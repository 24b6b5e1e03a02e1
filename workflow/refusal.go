package workflow

import "fmt"

// Reason says why something was refused; the interface carries it as a code.
type Reason string

// The reasons.
const (
	FieldInvalid         Reason = "FIELD_INVALID"
	DateInFuture         Reason = "DATE_IN_FUTURE"
	DateOrder            Reason = "DATE_ORDER"
	OutOfScope           Reason = "OUT_OF_SCOPE"
	RoleNotAllowed       Reason = "ROLE_NOT_ALLOWED"
	ActionNotPossible    Reason = "ACTION_NOT_POSSIBLE"
	PeriodOver           Reason = "PERIOD_OVER"
	PeriodRunning        Reason = "PERIOD_RUNNING"
	SecondSupplement     Reason = "SECOND_SUPPLEMENT"
	SecondExtension      Reason = "SECOND_EXTENSION"
	ExtensionTooLong     Reason = "EXTENSION_TOO_LONG"
	AlreadyExtended      Reason = "ALREADY_EXTENDED"
	ReasonsNotAccepted   Reason = "REASONS_NOT_ACCEPTED"
	FeeNotAllowed        Reason = "FEE_NOT_ALLOWED"
	FeeNotFull           Reason = "FEE_NOT_FULL"
	EvidenceMissing      Reason = "EVIDENCE_MISSING"
	BasisNotAllowed      Reason = "BASIS_NOT_ALLOWED"
	RepeatNotProven      Reason = "REPEAT_NOT_PROVEN"
	SupplementMissing    Reason = "SUPPLEMENT_MISSING"
	ReviewFirstNotTold   Reason = "REVIEW_FIRST_NOT_TOLD"
	ThirdPartyNotTold    Reason = "THIRD_PARTY_NOT_TOLD"
	ChainRequired        Reason = "CHAIN_REQUIRED"
	ChainEmpty           Reason = "CHAIN_EMPTY"
	StepRole             Reason = "STEP_ROLE"
	NeedsSecondPerson    Reason = "SECOND_PERSON"
	CourierNotValid      Reason = "COURIER_NOT_VALID"
	Held                 Reason = "HELD"
	ContradictsLaterFact Reason = "CONTRADICTS_LATER_FACT"
	ConsultationUnknown  Reason = "CONSULTATION_UNKNOWN"
)

// RefusalReasons returns every reason.
func RefusalReasons() []Reason {
	return []Reason{
		FieldInvalid, DateInFuture, DateOrder, OutOfScope, RoleNotAllowed, ActionNotPossible, PeriodOver,
		PeriodRunning, SecondSupplement, SecondExtension, ExtensionTooLong, AlreadyExtended,
		ReasonsNotAccepted, FeeNotAllowed, FeeNotFull, EvidenceMissing, BasisNotAllowed, RepeatNotProven,
		SupplementMissing, ReviewFirstNotTold, ThirdPartyNotTold, ChainRequired, ChainEmpty, StepRole,
		NeedsSecondPerson, CourierNotValid, Held, ContradictsLaterFact, ConsultationUnknown,
	}
}

// Refusal is the law's no: what was asked, why it is not possible, where the law says
// so, and what would be possible. It is an error in both languages.
type Refusal struct {
	Reason  Reason
	Field   string // name of the field of the interface that is at fault; may be empty
	Article string
	ZH, EN  string
}

// Error returns the English text with the article.
func (r *Refusal) Error() string {
	if r.Article == "" {
		return r.EN
	}
	return r.EN + " (" + r.Article + ")"
}

// Plural picks between the words for one and for several, of English: Chinese has no plural.
func Plural(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}

// refuse makes a refusal; zh and en take the same arguments.
func refuse(reason Reason, field, article, zh, en string, args ...any) *Refusal {
	return &Refusal{Reason: reason, Field: field, Article: article, ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}
}
