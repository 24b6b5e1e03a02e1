// Package clerk drives what time does by itself: it goes round at intervals, has the
// office record what has lapsed, and sends the reminders of the day.
//
// It decides nothing of the law: what has lapsed say the guards of the workflow, and what
// is late follows from the facts whenever it is asked for, whether the clerk lives or not.
package clerk

import (
	"context"
	"log/slog"
	"time"
)

// Office is the register that a clerk serves.
type Office interface {
	// LastRound returns what the last recorded round left.
	LastRound(ctx context.Context) (Round, error)
	// RecordRound records a round that began with what LastRound returned then. The distrust
	// that it began with is not recorded again where a person trusted the clock meanwhile.
	RecordRound(ctx context.Context, began, r Round) error
	// Lapse records what has lapsed and returns how many.
	Lapse(ctx context.Context) (int, error)
	// Reminders makes the reminders of the day that are not made yet, and returns those that
	// were never sent, by all agencies.
	Reminders(ctx context.Context) ([]Reminder, error)
	// Sent records that a reminder was sent.
	Sent(ctx context.Context, r Reminder) error
}

// Round is one time that a clerk went round.
type Round struct {
	Version  int       `json:"v"`
	Time     time.Time `json:"time"`
	Lapses   int       `json:"lapses"`
	Waiting  int       `json:"waiting"` // reminders that could not be sent, or not yet
	Distrust Distrust  `json:"distrust,omitempty"`
	DeadFrom time.Time `json:"dead_from,omitzero"` // the last time that no clerk went round
	DeadTo   time.Time `json:"dead_to,omitzero"`
	Reason   string    `json:"reason,omitempty"` // how the clock was checked, by the person who says so
}

// Reminder is the list of the day for one agency. It names no person.
type Reminder struct {
	Agency  string
	Day     string
	Subject string
	Lines   []string
	Email   []string // addresses; none: not by e-mail
	Webhook string   // address; empty: none
	Quiet   bool     // it is not the hour to send it
}

// Sender carries a reminder. An error means that it is sent again at the next round.
type Sender func(ctx context.Context, r Reminder) error

// Every is how often a clerk goes round, and Silence how long without a round until it
// counts as dead.
const (
	Every   = 10 * time.Minute
	Silence = time.Hour
)

// Clerk goes round. Its fields are required but for Send: without it nothing is sent.
type Clerk struct {
	Office Office
	Now    func() time.Time
	Log    *slog.Logger
	Send   Sender
}

// Run goes round until ctx ends: at once, and then at intervals.
func (c Clerk) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var last time.Time // of the round before in this process
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		now := c.Now()
		if err := c.round(ctx, now, last); err != nil && ctx.Err() == nil {
			c.Log.ErrorContext(ctx, "clerk's round", "error", err)
		}
		last = now
		timer.Reset(Every)
	}
}

// round is one round. The order matters: whether the clock can be trusted is known before
// anything legal happens, and recorded even if what follows fails.
func (c Clerk) round(ctx context.Context, now, last time.Time) error {
	before, err := c.Office.LastRound(ctx)
	if err != nil {
		return err
	}
	r := Round{Version: 1, Time: now, Distrust: before.Distrust, DeadFrom: before.DeadFrom, DeadTo: before.DeadTo}
	if r.Distrust == "" {
		r.Distrust = Judge(now, last, before.Time)
	}
	if !before.Time.IsZero() && now.Sub(before.Time) > Silence {
		r.DeadFrom, r.DeadTo = before.Time, now
	}
	if r.Distrust == "" {
		if r.Lapses, err = c.Office.Lapse(ctx); err != nil {
			c.Log.ErrorContext(ctx, "recording lapses", "error", err)
		}
	} else {
		c.Log.WarnContext(ctx, "the clock is not trusted: nothing lapses by itself", "why", r.Distrust, "now", now, "before", before.Time)
	}
	r.Waiting, err = c.remind(ctx)
	if err != nil {
		c.Log.ErrorContext(ctx, "sending reminders", "error", err)
	}
	if !worthRecording(&r, &before) {
		return nil
	}
	return c.Office.RecordRound(ctx, before, r)
}

// worthRecording spares the register rounds on which nothing happened, but for one in half
// of the time after which a clerk counts as dead.
func worthRecording(r, before *Round) bool {
	return r.Lapses > 0 || r.Waiting != before.Waiting || r.Distrust != before.Distrust || before.Time.IsZero() ||
		r.Time.Sub(before.Time) >= Silence/2 || r.Time.Before(before.Time)
}

// remind sends what waits and returns how many still do. A reminder is recorded as sent
// after it was, so that a crash in between sends it twice rather than never.
func (c Clerk) remind(ctx context.Context) (waiting int, err error) {
	ctx, cancel := context.WithTimeout(ctx, Every/2) // receivers that hang must not stop the clerk
	defer cancel()
	list, err := c.Office.Reminders(ctx)
	if err != nil {
		return 0, err
	}
	for _, r := range list {
		if r.Quiet || c.Send == nil {
			waiting++
			continue
		}
		if err := c.Send(ctx, r); err != nil {
			c.Log.WarnContext(ctx, "sending a reminder", "agency", r.Agency, "day", r.Day, "error", err)
			waiting++
			continue
		}
		if err := c.Office.Sent(ctx, r); err != nil {
			return waiting + 1, err
		}
	}
	return waiting, nil
}
