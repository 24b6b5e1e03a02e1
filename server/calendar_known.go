package server

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/metadata"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// noticePrefix begins the objects of imported notices in the installation's own register:
// notice/2027/01 is the first for 2027.
const noticePrefix = "notice/"

// maxNotices is how many notices a register may hold; a year has one or two.
const maxNotices = 500

// noticeFacts is an imported notice as its event keeps it, with what it moved then.
type noticeFacts struct {
	Version    int           `json:"v"`
	Year       int           `json:"year"`
	Title      string        `json:"title"`
	Issue      workflow.Date `json:"issue"`
	KnownFrom  workflow.Date `json:"known_from"`
	Amends     bool          `json:"amends,omitempty"`
	Rest       []rangeFacts  `json:"rest"`
	Work       []rangeFacts  `json:"work,omitempty"`
	Text       string        `json:"text,omitempty"` // as it was pasted
	Changed    []changedDay  `json:"changed,omitempty"`
	Moved      []moved       `json:"moved,omitempty"`
	MovedCount int           `json:"moved_count,omitempty"`
	FirmCount  int           `json:"firm_count,omitempty"`
	Missing    []string      `json:"missing,omitempty"`
}

type rangeFacts struct {
	First    workflow.Date `json:"first"`
	Last     workflow.Date `json:"last"`
	Festival string        `json:"festival"`
	English  string        `json:"english,omitempty"`
}

func (f *noticeFacts) notice() calendar.Notice {
	n := calendar.Notice{Year: f.Year, Title: f.Title, KnownFrom: f.KnownFrom, Amends: f.Amends}
	n.Rest, n.Work = f.ranges(f.Rest), f.ranges(f.Work)
	return n
}

func (*noticeFacts) ranges(list []rangeFacts) []calendar.Range {
	var out []calendar.Range
	for _, r := range list {
		out = append(out, calendar.Range{First: r.First, Last: r.Last, FestivalZH: r.Festival, FestivalEN: r.English})
	}
	return out
}

func factsOfRanges(list []calendar.Range) []rangeFacts {
	var out []rangeFacts
	for _, r := range list {
		out = append(out, rangeFacts{r.First, r.Last, r.FestivalZH, r.FestivalEN})
	}
	return out
}

// known is the calendar in force: that of the program with the notices of the register.
type known struct {
	cal     *calendar.Calendar
	notices []noticeFacts
}

// notices holds what is known of workdays. Several servers may share one register: each
// looks for new notices at the first call of every second.
type notices struct {
	base    *calendar.Calendar
	current atomic.Pointer[known]
	reading sync.Mutex
	read    atomic.Int64 // when the register was last asked, in nanoseconds; 0: never
	pending atomic.Bool  // lists are not yet in the order of the calendar in force
	tending sync.WaitGroup
	working sync.Mutex // whoever holds it re-derives
	done    string     // the revision that was last re-derived
}

// begin starts with the program's own calendar, which may be another than the one under which
// the lists were last put in order.
func (n *notices) begin(base *calendar.Calendar) {
	n.base = base
	n.pending.Store(true)
	n.current.Store(&known{cal: base})
}

// calendar is the calendar in force.
func (s *Server) calendar() *calendar.Calendar { return s.notices.current.Load().cal }

// noticesAge is for how long the answer about new notices holds.
const noticesAge = time.Second

// follow takes in the notices that the register has and this server does not know yet. If
// it asked less than a second ago, or somebody else is asking, it asks only if it must.
func (s *Server) follow(ctx context.Context, must bool) error {
	n := &s.notices
	read := n.read.Load()
	if age := s.now().UnixNano() - read; !must && read != 0 && age >= 0 && age < int64(noticesAge) {
		return nil
	}
	if must || read == 0 {
		n.reading.Lock()
	} else if !n.reading.TryLock() {
		return nil
	}
	defer n.reading.Unlock()
	at := s.now().UnixNano()
	var list []noticeFacts
	err := s.store.View(ctx, func(r storage.Reader) (err error) {
		list, err = noticesIn(r)
		return err
	})
	if err != nil {
		return err
	}
	if len(list) != len(n.current.Load().notices) {
		cal, err := with(n.base, list)
		if err != nil {
			return err
		}
		n.pending.Store(true) // before the calendar, so that no answer comes between
		n.current.Store(&known{cal: cal, notices: list})
	}
	n.read.Store(at)
	return nil
}

// noticesIn reads the imported notices of a register.
func noticesIn(r storage.Reader) ([]noticeFacts, error) {
	events, err := r.Latest("", noticePrefix, "", maxNotices)
	if err != nil {
		return nil, err
	}
	list := make([]noticeFacts, len(events))
	for i := range events {
		if err := decodeFacts(&events[i], &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func with(base *calendar.Calendar, list []noticeFacts) (*calendar.Calendar, error) {
	all := make([]calendar.Notice, len(list))
	for i := range list {
		all[i] = list[i].notice()
	}
	cal, err := base.With(all...)
	if err != nil {
		return nil, fmt.Errorf("taking in the notices of the register: %w", err)
	}
	return cal, nil
}

// calendarHeader says in an answer that lists by due date are still being put in order.
const calendarHeader = "gongkai-calendar"

// onCalendar brings the calendar up to date before a call is handled.
func (s *Server) onCalendar(ctx context.Context, set func(metadata.MD) error) error {
	if err := s.follow(ctx, false); err != nil {
		return err
	}
	if !s.notices.pending.Load() {
		return nil
	}
	if err := set(metadata.Pairs(calendarHeader, "pending")); err != nil {
		return fmt.Errorf("setting the header: %w", err)
	}
	return nil
}
