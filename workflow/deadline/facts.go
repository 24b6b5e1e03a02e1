// Package deadline computes the last day for an answer, and says why.
//
// It is a pure function of facts and calendar: no clock, no storage. What is stored
// of a deadline anywhere is a cache. The package judges no act (whether an extension
// was lawful is package workflow's question); it counts.
package deadline

import "gongkai/workflow/calendar"

// Date is a civil day; the zero value means "not known".
type Date = calendar.Date

// Regime is the version of the Regulation whose periods bind an application.
type Regime int

// The two regimes, by the day of receipt.
const (
	R2008 Regime = 2008 // 国务院令第492号, receipt to 2019-05-14: 15 + 15 workdays
	R2019 Regime = 2019 // 国务院令第711号, receipt from 2019-05-15: 20 + 20 workdays
)

// ConsultationKind is whom the agency asks.
type ConsultationKind string

// The kinds of consultation.
const (
	ThirdParty ConsultationKind = "THIRD_PARTY" // 2019 Art 32, 2008 Art 23
	CoMaker    ConsultationKind = "CO_MAKER"    // 2019 Art 34
	Organ      ConsultationKind = "ORGAN"       // 2019 Arts 11, 17(3)
)

// Pause is one consultation as the clock sees it.
type Pause struct {
	Kind    ConsultationKind
	Send    Date // the letter left; this day still counts
	Receive Date // the party received it; zero: not proven
	Due     Date // the day named in the letter, where the law sets no period
	End     Date // the opinion arrived or the letter came back; this day does not count
	Lapsed  bool // its period ran out, and nobody waits any more
}

// Facts is all that the answer period depends on. The order in which the facts
// became known never matters.
type Facts struct {
	Regime  Regime
	Receive Date // 收到申请之日; zero: not confirmed, no clock

	// The supplement (Art 30). Under the regime of 2019 its receipt restarts the
	// period; under that of 2008 the time between notice and receipt is not counted.
	SupplementNotify  Date
	SupplementReceive Date
	SupplementOpen    bool // notice sent, nothing received, not lapsed
	// SupplementRestarts says that the agency has the period of 2008 start anew as well.
	SupplementRestarts bool
	// ReceiveRule is the setting by which the day of receipt is not that of the
	// confirmation; for the explanation only.
	ReceiveRule string

	// The processing fee (国办函〔2020〕109号): paying in full restarts the period.
	FeeOpen bool // notice served, not paid, not lapsed, not cancelled
	FeePaid Date

	// Reopened restarts the period: a lapse excused for good cause.
	Reopened Date

	Pauses []Pause

	ExtensionWorkdays int
	ExtensionNotify   Date
	// ExtensionSurvives says that the agency adds an extension to a period that starts
	// anew; by default it is used up with the old one.
	ExtensionSurvives bool

	// Deferral (Art 35): DeferralDue replaces the period.
	DeferralNotify Date
	DeferralDue    Date

	// An order of a reviewing authority or court, or the agency's own replacement:
	// OrderDue, else OrderWorkdays after OrderDate, replaces the period.
	OrderDate     Date
	OrderDue      Date
	OrderWorkdays int
}
