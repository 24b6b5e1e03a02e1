// Package storage is the contract of the register: what a store keeps, in which order
// it answers, and what a caller may rely on when it fails. The engines stand below;
// package storagetest holds every one of them to this contract.
//
// A store keeps facts and events and counts tuples. It judges nothing: whether an act
// is lawful, what a deadline is and which cell counts a case is for package workflow.
package storage

import (
	"context"
	"errors"
	"time"

	"gongkai/workflow"
	"gongkai/workflow/report"
)

// What a store answers when it cannot do as asked. Everything else is a fault of the
// store itself.
var (
	// ErrNotFound: it does not exist, or belongs to another agency, which is the same.
	ErrNotFound = errors.New("not found")
	// ErrExists: a number, id or request id is taken. Nothing was written.
	ErrExists = errors.New("exists already")
	// ErrStale: the row has another revision than the one that was read.
	ErrStale = errors.New("changed since it was read")
	// ErrCycle: the new parent of an agency is the agency itself or stands below it.
	// Nothing was written.
	ErrCycle = errors.New("agency would stand below itself")
	// ErrOutcomeUnknown: the commit failed; what was written may stand or not. Whoever
	// sends the same request id again is told. If the disk can no longer be trusted to
	// keep what it acknowledged, later updates are ErrFull until the store is reopened.
	ErrOutcomeUnknown = errors.New("outcome of the commit unknown")
	// ErrFull: the disk or quota is full, or the store is read-only. Nothing was written.
	ErrFull = errors.New("store cannot be written")
	// ErrUnreachable: a view found no connection to the engine, or lost it; an update found
	// none, or waited too long for what others hold. Nothing was written.
	ErrUnreachable = errors.New("store cannot be reached")
	// ErrBusy: too many updates wait. Nothing was written.
	ErrBusy = errors.New("too many updates wait")
	// ErrClosed: the store is closed.
	ErrClosed = errors.New("store is closed")
)

// Store is a register on one engine. All methods are safe for concurrent use.
type Store interface {
	// View calls fn with the store as it is at one moment, for at most five seconds;
	// after that, reads fail with context.DeadlineExceeded. Nothing is sent to a client
	// inside fn: a long list is read in pages, each page in its own View. fn must not
	// keep the Reader.
	View(ctx context.Context, fn func(Reader) error) error

	// Update calls fn alone in the register of one agency ("" is the installation's own)
	// and returns after the commit, whether fn succeeded or not: even a refusal may rest
	// on what an earlier member of the group wrote. fn decides first and writes last; it
	// may be called again, so it assigns results only at its end, does no I/O and takes
	// under a millisecond. It runs on the writer's goroutine and must return or panic:
	// runtime.Goexit, and so t.FailNow, would take the writer along. An error or panic of
	// fn undoes all that fn wrote and nothing else; a panic comes back as an error. ctx
	// bounds the wait in the queue only: once begun, an Update runs to its end.
	// ErrNotFound if there is no such agency.
	Update(ctx context.Context, agency string, fn func(Writer) error) error

	// Close waits for updates that have begun and closes the store.
	Close() error
}

// Reader reads the register as of one moment. An agency is the first argument of
// whatever belongs to one: what belongs to another is ErrNotFound. No row has a text with
// NUL, which PostgreSQL cannot keep: whatever is asked for by one is not there.
type Reader interface {
	// Agency returns an agency.
	Agency(id string) (Agency, error)
	// Agencies lists at most limit agencies after an id, in the order of ids.
	Agencies(after string, limit int) ([]Agency, error)
	// Predecessors lists the agencies that an agency took over, in the order of ids.
	Predecessors(id string) ([]Agency, error)
	// Descendants lists the ids of an agency and of all below it, in the order of ids.
	Descendants(id string) ([]string, error)

	// Principal returns a principal of an agency, removed ones too.
	Principal(agency, id string) (Principal, error)
	// Principals lists the principals of an agency in the order of ids.
	Principals(agency string) ([]Principal, error)
	// PrincipalByToken finds a principal that is not removed by the SHA-256 of its token.
	PrincipalByToken(hash []byte) (Principal, error)
	// Credential returns what a principal signs in with.
	Credential(agency, principal string) (Credential, error)
	// CredentialBySubject finds whom an identity provider knows as a subject, removed
	// principals too.
	CredentialBySubject(issuer, subject string) (Credential, error)
	// SignInByToken finds a sign-in that was not ended, of a principal that is not removed,
	// by the SHA-256 of its token. It may have expired.
	SignInByToken(hash []byte) (SignIn, error)
	// SignIns lists the sign-ins of a principal that are kept, ended and expired ones too,
	// the newest first, at most 1,000.
	SignIns(agency, principal string) ([]SignIn, error)

	// Application returns an application: identity, particulars and acts. What follows
	// from the acts is not stored; fold them (workflow.Rules.Fold).
	Application(agency string, id int64) (*workflow.Application, error)
	// ApplicationByNumber finds an application by its number.
	ApplicationByNumber(agency, number string) (*workflow.Application, error)
	// Applications lists applications of an agency in the order that the query names.
	Applications(agency string, q Query) ([]*workflow.Application, error)
	// Pending counts what comes first among the open applications of an agency in the order
	// of ByDue, at most limit of them, by state and due date as lists hold them.
	Pending(agency string, limit int) ([]Pending, error)
	// Caches returns the caches of an application as they are stored, by which lists place it.
	Caches(agency string, id int64) (Caches, error)

	// Search finds applications of an agency, newest first. It looks at a bounded number of
	// them, so that a page may have fewer than asked for, or none, though more follow. What
	// the index lacks or holds as it was is looked at one by one: the answer is exact.
	Search(agency string, q SearchQuery) (Found, error)
	// Unindexed reads at most limit applications of an agency that the search index lacks
	// or holds as they were.
	Unindexed(agency string, limit int) (Unindexed, error)
	// Lagging lists agencies of which the search index lacks something, in the order of ids.
	Lagging(after string, limit int) ([]string, error)

	// Events lists the events of an object, oldest first.
	Events(agency, object string) ([]Event, error)
	// LastEvents returns the last events of an object, at most limit, in their order.
	LastEvents(agency, object string, limit int) ([]Event, error)
	// Latest lists, in the order of objects, the newest event that changed each object whose
	// name begins with prefix and comes after the object given: what an object became
	// stands in its newest event where no row keeps it. At most limit.
	Latest(agency, prefix, after string, limit int) ([]Event, error)
	// Recorded lists events of an agency, the newest first. It looks at a bounded number of
	// places, so that there may be fewer than asked for, or none, though more follow: then
	// next is where to go on, else 0.
	Recorded(agency string, q EventQuery) (list []Event, next int64, err error)
	// EventByRequest finds the event that a request id recorded.
	EventByRequest(agency, requestID string) (Event, error)

	// Remedy returns a remedy.
	Remedy(agency string, id int64) (workflow.Remedy, error)
	// Remedies lists remedies in the order of their entry.
	Remedies(agency string, q RemedyQuery) ([]workflow.Remedy, error)

	// Attachment returns an attachment, withdrawn ones too.
	Attachment(agency string, id int64) (Attachment, error)
	// Attachments lists attachments in the order of their entry, withdrawn ones too.
	Attachments(agency string, q AttachmentQuery) ([]Attachment, error)
	// AttachmentUse counts the attachments of an application or, if that is 0, of a remedy.
	AttachmentUse(agency string, application, remedy int64) (AttachmentUse, error)
	// Needed reports whether an attachment of any agency needs a content: one that stands,
	// one that was withdrawn and kept, or one that was withdrawn after an instant.
	Needed(sum Digest, since time.Time) (bool, error)

	// Figures lists the entered figures of a year (0: of all years) by year and code.
	Figures(agency string, year int) ([]Figure, error)
	// Tally sums what the applications and remedies of an agency contribute to the years
	// from and to, both included.
	Tally(agency string, from, to int) (report.Tally, error)

	// Tallies hands out what each of the agencies contributes to the years from and to, tuple
	// by tuple: before the year whole only what stood open over its end or does today
	// (report.Carried, Open, Pending, Undecided), for all else counts in its own year. The same tuple comes under the same
	// pointer each time, so that a sum need not compare tuples; it must not be changed. In no
	// order; an agency that is not there contributes nothing.
	Tallies(agencies []string, from, to, whole int, add func(agency string, t *report.Tuple, n int64) error) error
	// EventCounts counts the events of each of the agencies that changed something. Nothing
	// of an agency's register changes without one more; a refusal or reading is none.
	EventCounts(agencies []string) (map[string]int64, error)
	// FigureSums sums the figures that the agencies entered for a year, by code.
	FigureSums(agencies []string, year int) (map[string]FigureSum, error)
	// FigureCounts counts the figures that each of the agencies entered for a year.
	FigureCounts(agencies []string, year int) (map[string]int, error)
	// LatestOf lists the newest events of the objects whose name begins with prefix, as Latest
	// does, of each of the agencies; in no order.
	LatestOf(agencies []string, prefix string) ([]Event, error)

	// Heads lists the trees over the events of all agencies, the installation's own register
	// first, in the order of ids.
	Heads() ([]Head, error)
	// Origin is the leaf of the first event of the installation's own register, by which it
	// is told from any other; ErrNotFound before there is one.
	Origin() ([]byte, error)
}

// Writer writes to the register of the agency that its Update named. Each write records
// its events in the same transaction, in the order given; the store sets their Seq, N
// and Leaf, and the Object of what it has just given an id. An Event may carry a request
// id; ErrExists if that is taken. A write that is refused with ErrNotFound, ErrExists,
// ErrStale or ErrCycle before it changed anything leaves the Update as it was; after any
// other error of a write the Update fails, even if fn returns nil.
type Writer interface {
	Reader

	// NextNumber takes the next application number of a year, YYYY-NNNNN. It skips
	// numbers that were given by hand.
	NextNumber(year int) (string, error)
	// InsertApplication stores a new application and sets its ID. ErrExists if the
	// number is taken. The caches are those of the application as folded.
	InsertApplication(a *workflow.Application, c Caches, events ...Event) error
	// UpdateApplication stores what became of an application; ErrStale unless the stored
	// row has before's revision. The difference of their tuples goes to the tally.
	UpdateApplication(before, after *workflow.Application, c Caches, events ...Event) error
	// Recache stores the caches of an application anew, because the calendar changed and no
	// fact did: it records no event. ErrStale unless the stored row has the revision.
	Recache(id, revision int64, c Caches) error
	// Index takes what Unindexed read of the agency into the search index. It records no
	// event: the index can be made anew from the rows. ErrStale if the index has moved on.
	Index(u Unindexed) error
	// ForgetIndex lets the index of the agency be made anew; on an engine that keeps all
	// agencies in one, that of all.
	ForgetIndex() error
	// InsertRemedy stores a new remedy and sets its ID.
	InsertRemedy(r *workflow.Remedy, e Event) error
	// UpdateRemedy stores what became of a remedy; ErrStale as above.
	UpdateRemedy(before, after workflow.Remedy, e Event) error
	// InsertAttachment stores a new attachment, whose content must lie on the disk already,
	// and sets its ID. ErrNotFound if its application or remedy is not the agency's.
	InsertAttachment(a *Attachment, e Event) error
	// UpdateAttachment stores that an attachment was withdrawn, which is all that becomes of
	// one; ErrStale as above.
	UpdateAttachment(before, after Attachment, e Event) error
	// PutFigure stores a figure, replacing an older value.
	PutFigure(f Figure, e Event) error
	// InsertAgency creates an agency; only in the installation's own register. ErrExists
	// if the id is taken.
	InsertAgency(a Agency, e Event) error
	// UpdateAgency changes the agency of the Update; ErrStale unless a.Revision is one
	// more than the stored one.
	UpdateAgency(a Agency, e Event) error
	// InsertPrincipal creates a principal of the agency. ErrExists if the id was ever taken, or
	// if its person has another that is not removed, in any agency.
	InsertPrincipal(p Principal, e Event) error
	// RemovePrincipal removes a principal: its token is found no more, its name stays.
	RemovePrincipal(id string, at time.Time, e Event) error
	// PutCredential stores what a principal of the agency signs in with, in place of what it
	// did. ErrNotFound if there is no such principal.
	PutCredential(c Credential, events ...Event) error
	// InsertSignIn stores a new sign-in and sets its ID. Those of its principal that were made
	// before an instant are forgotten.
	InsertSignIn(s *SignIn, forget time.Time, e Event) error
	// StrengthenSignIn stores that whoever signed in by an identity has shown a second factor.
	// ErrNotFound if it is no such sign-in, or has ended.
	StrengthenSignIn(id int64) error
	// SeeSignIn stores when a sign-in last called. It records no event.
	SeeSignIn(id int64, at time.Time) error
	// EndSignIn ends a sign-in: its token is found no more. ErrNotFound if it has ended.
	EndSignIn(id int64, at time.Time, events ...Event) error
	// Record stores events that change no row: refusals, reading of personal data.
	Record(events ...Event) error
}

// Agency is one administrative organ in the tree.
type Agency struct {
	ID          string
	DisplayName string
	Parent      string // id of the reporting parent; empty at the top
	Settings    workflow.Settings
	CreateTime  time.Time
	Revision    int64 // 1 on creation
}

// Principal is a person or program that may call the service.
type Principal struct {
	Agency     string // empty: of the whole installation
	ID         string
	Role       workflow.Role
	TokenHash  []byte // SHA-256
	CreateTime time.Time
	RemoveTime time.Time // zero: may call
	Person     string    // number by which the office knows the person; empty: not told
}

// Event is one recorded act: history, idempotency record and audit record at once.
type Event struct {
	Seq         int64 // place in the store; set by it
	Agency      string
	N           int64  // place among the agency's events, from 1; set by the store
	Object      string // ApplicationObject(id) and so on; may be empty where Insert… sets the id
	Revision    int64  // of the object after it, each revision once; 0: it changed nothing
	Time        time.Time
	Actor       string // resource name of a principal
	Action      string
	RequestID   string // empty: none
	RequestHash []byte // of the request's content; nil: none
	Facts       []byte // versioned JSON without personal data, kept as stored
	Personal    []byte // JSON of what may name persons; nil: none, or erased. Stored apart
	Seal        []byte // commits to Personal and outlives its erasure; set by the store, nil: none
	Leaf        []byte // commits to all of the above but Seq and Personal; set by the store, see Hash
}

// EventQuery selects events; an empty field admits everything. Instants are inclusive.
type EventQuery struct {
	Before        int64 // Seq before which to look; 0: from the newest
	Limit         int   // 1 to 1,000
	Actor, Action string
	From, To      time.Time
}

// Caches are columns derived from an application as it is stored. They order and narrow
// lists; answers derive them anew.
type Caches struct {
	Due  workflow.Date // last day as far as it is known; zero: none
	Safe workflow.Date // the same without what may be disputed
	// Lapse is the last day of those whom the application waits for; zero: it waits for
	// nobody, or no day is known.
	Lapse workflow.Date
}

// Order is the order of a list of applications.
type Order int

// The orders. ByDue lists open applications only: by due date, those without one last.
const (
	ByID Order = iota
	ByDue
)

// Pending counts open applications of an agency that are in one state with one due date.
type Pending struct {
	State workflow.State
	Due   workflow.Date // zero: none is fixed
	N     int
}

// Query selects applications; an empty field admits everything. Dates are inclusive.
type Query struct {
	Order    Order
	AfterDue workflow.Date // ByDue: key of the last row of the page before, with After
	After    int64         // id of the last row of the page before; 0: from the start
	Limit    int           // 1 to 1,000

	DueFrom, DueTo workflow.Date // ByDue: only those with a due date between them
	Undated        bool          // ByDue: only those without one

	States                 []workflow.State
	Channels               []workflow.Channel
	Kinds                  []workflow.ApplicantKind
	Bases                  []workflow.Basis // counted basis of the first conclusion
	Timings                []workflow.Timing
	ReceiveFrom, ReceiveTo workflow.Date
	CloseFrom, CloseTo     workflow.Date // first conclusion
	OpenOver               workflow.Date // received up to this day and not first concluded up to it
	Paid                   bool          // with a fee payment on record
	LapsedBefore           workflow.Date // open, and the period of those whom it waits for ended before this day
	Holder                 string        // who has it in hand
	Ordered                bool          // open, with an order to decide anew or a replacement on record, even if struck out
}

// RemedyQuery selects remedies; an empty field admits everything.
type RemedyQuery struct {
	After         int64 // id of the last row of the page before
	Limit         int   // 1 to 1,000
	Application   int64
	NoApplication bool // only those that concern no application
}

// Figure is an entered figure: what no case can tell.
type Figure struct {
	Year  int
	Code  string
	Value report.Figure
}

// FigureSum is the sum of one figure over the agencies that entered it.
type FigureSum struct {
	Value    report.Figure
	Agencies int
}
