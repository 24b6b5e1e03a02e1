// Package workflow is the law of an application for government information as
// data and pure functions: what an application is, which acts may follow which,
// what each act changes, and what follows for the clock and for the annual report.
//
// It knows no clock, no storage, no network and no protobuf: whoever calls it says
// what day it is. Articles without a name are those of 《政府信息公开条例》 in the
// version of the regime named beside them (2008: State Council order 492; 2019:
// order 711).
package workflow

import (
	"time"

	"gongkai/workflow/calendar"
	"gongkai/workflow/deadline"
	"gongkai/workflow/outcome"
)

// Date is a civil day in Asia/Shanghai; the zero value means "not known".
type Date = calendar.Date

// Regime is the version of the Regulation whose periods bind an application. The
// day of receipt decides it: to 2019-05-14 the rules of 2008, then those of 2019.
type Regime = deadline.Regime

// Basis is the fine legal ground on which an application was concluded.
type Basis = outcome.Basis

// The two regimes.
const (
	R2008 = deadline.R2008
	R2019 = deadline.R2019
)

// State is where an application stands. A state excludes all others; whatever may
// hold beside another (extended, overdue, held by a court) is a fact instead.
type State string

// The states, with who acts next. Stored strings never change.
const (
	Submitted         State = "SUBMITTED"          // the agency: confirm receipt with the applicant (Art 31(3))
	Received          State = "RECEIVED"           // the agency: examine; the answer clock runs
	SupplementPending State = "SUPPLEMENT_PENDING" // the applicant: correct the application (Art 30)
	Processing        State = "PROCESSING"         // the agency: examine and decide
	Consulting        State = "CONSULTING"         // a third party or another organ: give its opinion (Arts 32, 34)
	ReasonsPending    State = "REASONS_PENDING"    // the applicant: say why so many (Art 35)
	Deferred          State = "DEFERRED"           // the agency: decide by the deferred date (Art 35)
	FeePending        State = "FEE_PENDING"        // the applicant: pay (Art 42)
	UnderReview       State = "UNDER_REVIEW"       // the next step of the agency's own chain of approvals
	Decided           State = "DECIDED"            // the agency: deliver
	Closed            State = "CLOSED"             // nobody; remedies may follow
	Redeciding        State = "REDECIDING"         // the agency: decide anew
	Archived          State = "ARCHIVED"           // nobody
	Void              State = "VOID"               // nobody: never an application, or registered by mistake
)

// States returns every state in the order of a case's life.
func States() []State {
	return []State{
		Submitted, Received, SupplementPending, Processing, Consulting, ReasonsPending, Deferred,
		FeePending, UnderReview, Decided, Closed, Redeciding, Archived, Void,
	}
}

// Open reports whether somebody still owes an act, so that the case belongs on the
// agency's list of open cases.
func (s State) Open() bool {
	switch s {
	case Closed, Archived, Void:
		return false
	case Submitted, Received, SupplementPending, Processing, Consulting, ReasonsPending, Deferred,
		FeePending, UnderReview, Decided, Redeciding:
		return true
	}
	return false
}

// Channel is the way an application arrived; Art 31 fixes the day of receipt by it.
type Channel string

// The channels of arrival.
const (
	InPerson     Channel = "IN_PERSON"     // 当面
	Oral         Channel = "ORAL"          // 口头, filled in by the agency (Art 29)
	PostSigned   Channel = "POST_SIGNED"   // 挂号信, EMS: signed for
	PostOrdinary Channel = "POST_ORDINARY" // 平常信函: nobody signs
	OnlineForm   Channel = "ONLINE_FORM"   // 网络
	Email        Channel = "EMAIL"         // 电子邮件
	Fax          Channel = "FAX"           // 传真
)

// Channels returns every channel.
func Channels() []Channel {
	return []Channel{InPerson, Oral, PostSigned, PostOrdinary, OnlineForm, Email, Fax}
}

// ApplicantKind is the column of table 三 in which an application counts.
type ApplicantKind string

// The six columns of table 三, without the total.
const (
	NaturalPerson  ApplicantKind = "NATURAL_PERSON"
	Business       ApplicantKind = "BUSINESS"
	Research       ApplicantKind = "RESEARCH"
	PublicInterest ApplicantKind = "PUBLIC_INTEREST"
	LegalService   ApplicantKind = "LEGAL_SERVICE"
	OtherKind      ApplicantKind = "OTHER"
)

// ApplicantKinds returns every kind in the order of the table's columns.
func ApplicantKinds() []ApplicantKind {
	return []ApplicantKind{NaturalPerson, Business, Research, PublicInterest, LegalService, OtherKind}
}

// Timing says how the first conclusion stood to the time limit.
type Timing string

// The three timings; the coded table counts OnTime in 3210, the others in 3220.
const (
	OnTime   Timing = "ON_TIME"  // 按时: not after the date without extension or deferral
	Extended Timing = "EXTENDED" // 延期: not after the lawfully extended or deferred date
	Late     Timing = "OVERDUE"  // 超期
)

// Applicant is who applied. All but Kind is personal data (Art 29(2)(1)).
type Applicant struct {
	Kind     ApplicantKind
	Name     string
	IDType   string
	IDNumber string
	Phone    string
	Address  string
	Postcode string
	Email    string
}

// ConsultationKind is whom the agency asks; it decides whether and for how long the
// clock stands.
type ConsultationKind = deadline.ConsultationKind

// Opinion is what a consulted party answered.
type Opinion string

// The opinions.
const (
	Consent   Opinion = "CONSENT"
	Objection Opinion = "OBJECTION"
	NoAnswer  Opinion = "NO_ANSWER"
)

// Supplement is the one request to correct an unclear application (Art 30).
type Supplement struct {
	NotifyDate  Date // the notice was sent
	NoticeDate  Date // the applicant received it, if proven
	DueDate     Date // last day for the applicant
	Workdays    int  // the same as a length from its receipt of the notice; 0: a day was named
	ReceiveDate Date // the corrected application was received
	Late        bool // the notice was later than seven workdays after receipt
	Lapsed      bool
	Restarts    bool // the period of 2008 starts anew with it, as the agency has set
}

// Consultation is one letter that asks for an opinion.
type Consultation struct {
	Revision    int64 // of the act that sent it
	Kind        ConsultationKind
	SendDate    Date
	ReceiveDate Date // the party received the letter, if proven
	DueDate     Date // the day named in the letter, where the law sets no period
	EndDate     Date // the opinion arrived, or the letter came back
	LateDate    Date // an opinion arrived after the period
	Opinion     Opinion
	Lapsed      bool
}

// Open reports whether the agency still waits for this opinion.
func (c Consultation) Open() bool { return c.EndDate.IsZero() && !c.Lapsed }

// Extension is the one prolongation of the answer period (2019 Art 33, 2008 Art 24).
type Extension struct {
	Workdays   int
	NotifyDate Date
	Survives   bool // it outlives a restart of the period, as the agency has set
}

// Reasons is the request to explain number or frequency (Art 35).
type Reasons struct {
	NotifyDate  Date
	DueDate     Date
	ReceiveDate Date
	Accepted    bool
	Lapsed      bool
}

// Deferral is the later date fixed after accepted reasons (Art 35).
type Deferral struct {
	NotifyDate Date
	DueDate    Date
}

// Fee is a notice to pay the information processing fee (Art 42, 国办函〔2020〕109号).
type Fee struct {
	ReceiveDate Date   // the applicant received the notice
	DueDate     Date   // last day to pay: 20 workdays
	Amount      int64  // fen
	Tariff      Tariff // empty: a ledger does not say
	PayDate     Date
	Paid        int64 // fen
	Lapsed      bool
}

// Draft is a reply that waits in the agency's chain of approvals.
type Draft struct {
	Basis      Basis
	DocumentNo string
	By         string // who drafted; may not approve
	Step       int    // index of the step whose turn it is
	Steps      int    // length of the chain when the draft was put in
}

// Reply is one answer to the applicant; a re-decision adds another.
type Reply struct {
	Basis       Basis
	DecideDate  Date // signed
	DocumentNo  string
	Mode        DeliveryMode
	DeliverDate Date // the day that counts for the time limit (〔2016〕235号)
	Redecision  bool // a new decision after an order or an own replacement
}

// Conclusion is the first closing of an application: what the annual tables count.
type Conclusion struct {
	Date     Date
	Basis    Basis
	Timing   Timing
	DueDate  Date   // with the calendar as known on Date; zero while the clock was void
	Calendar string // revision of that calendar
	// Workdays are those that it took of the period, without what does not count.
	Workdays int
	// LateCause is the cause that was given for concluding it late; empty: none.
	LateCause string
}

// Holding is a time during which a department or officer has an application in hand
// (转办, 承办). The days with each holder say who had a late case how long.
type Holding struct {
	Holder   string
	Since    Date
	Accepted Date // signed for; zero: deemed accepted once the time to send it back is over
	Returned bool // sent back: whoever had it before has it again
}

// Redecision is the time for a new decision after an order or an own replacement.
type Redecision struct {
	OrderDate Date
	DueDate   Date // ordered; zero: Workdays after OrderDate
	Workdays  int
}

// DeliveryMode is the way a reply reached the applicant.
type DeliveryMode string

// The modes. OtherCourier never closes a case: only 邮政企业 may carry a reply.
const (
	DeliverInPerson  DeliveryMode = "IN_PERSON"
	DeliverPost      DeliveryMode = "POST"
	DeliverEmail     DeliveryMode = "EMAIL"
	DeliverCourier   DeliveryMode = "OTHER_COURIER"
	DeliverOtherwise DeliveryMode = "OTHER"
)

// Application is one 件 with all facts that follow from its acts. The acts are the
// truth; every other field but the registered particulars is derived from them by
// folding, so that a correction of one act corrects everything.
type Application struct {
	ID            int64
	Agency        string
	ApplicationNo string // unique in the agency, default YYYY-NNNNN
	Revision      int64
	CreateTime    time.Time
	UpdateTime    time.Time
	Applicant     Applicant
	Description   string
	Remark        string

	Acts []Act

	State         State
	Regime        Regime
	Channel       Channel
	ArriveDate    Date
	ReceiveDate   Date   // 收到申请之日; zero while SUBMITTED
	ReceiveRule   string // setting that fixed the day of receipt, KEY=VALUE; empty: the default
	RegisteredBy  string
	Supplement    Supplement
	Consultations []Consultation
	Resume        State // where CONSULTING returns to
	Extension     Extension
	Reasons       Reasons
	Deferral      Deferral
	Fee           Fee
	Payments      []Payment
	ReopenDate    Date // taken up again for good cause after a lapse
	Draft         Draft
	Replies       []Reply
	Conclusion    Conclusion
	Redecision    Redecision
	Holdings      []Holding // in order; the last is the present one
	Hold          bool      // a court stays the disclosure (法释〔2025〕8号 Art 13)
}

// Payment is a processing fee received.
type Payment struct {
	Date   Date
	Amount int64  // fen
	Tariff Tariff // of the notice
}

// Reply returns the latest reply, or a zero one.
func (a *Application) Reply() Reply {
	if len(a.Replies) == 0 {
		return Reply{}
	}
	return a.Replies[len(a.Replies)-1]
}

// CountedBasis is the basis under which table 三 counts the application: that of the
// last reply delivered in the year of the first conclusion ("最终处理结果",
// 国办公开办函〔2021〕30号). Later replies change no published year.
func (a *Application) CountedBasis() Basis {
	basis := a.Conclusion.Basis
	for _, r := range a.Replies {
		if !r.DeliverDate.IsZero() && r.DeliverDate >= a.Conclusion.Date &&
			r.DeliverDate.Year() == a.Conclusion.Date.Year() {
			basis = r.Basis
		}
	}
	return basis
}
