package server

import (
	"context"
	"sync"
	"time"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/report"
)

// instants gives every change of a row an instant of its own, later than that of each before
// it: what is changed from now on can never belong to a moment that was already reported
// on. A notice, which has no row, holds from the day after its import instead.
type instants struct {
	mu   sync.Mutex
	last time.Time
}

// next is the instant of an act that is recorded now, in the precision of the store.
func (i *instants) next(now time.Time) time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	now = now.Truncate(time.Microsecond)
	if !now.After(i.last) {
		now = i.last.Add(time.Microsecond)
	}
	i.last = now
	return now
}

// pass makes every later act come after an instant.
func (i *instants) pass(at time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if at.After(i.last) {
		i.last = at
	}
}

// settled is how long ago an instant must be to be past without asking: no Update that
// had begun by then still runs.
const settled = time.Minute

// settle closes an instant: what was recorded up to it is in the store once settle
// returns, and nothing will be recorded at or before it. The zero instant is now.
func (s *Server) settle(ctx context.Context, agency string, at time.Time) (time.Time, error) {
	now := s.now()
	if !at.IsZero() && now.Sub(at) > settled {
		return at, nil
	}
	var out time.Time
	err := s.store.Update(ctx, agency, func(storage.Writer) error {
		if out = at; at.IsZero() {
			out = s.instants.next(now)
		}
		s.instants.pass(out)
		return nil
	})
	return out, err
}

// past reads the register of an agency as it stood at instants, by the times at which
// acts were recorded.
type past struct {
	server *Server
	agency string
	at     []time.Time
	rules  []workflow.Rules // at each instant; each sets them
}

// pastPage is how many rows are read in one View. What stood at an instant never changes,
// so that pages of different moments agree.
const pastPage = 500

// stand is an application or remedy with what it counted at each instant.
type stand struct {
	app    *workflow.Application
	remedy *workflow.Remedy
	counts [][]report.Count
}

// agencyAt is an agency as it stood at an instant: its name and settings.
func agencyAt(r storage.Reader, id string, at time.Time) (storage.Agency, error) {
	a, err := r.Agency(id)
	if err != nil || a.Revision == 1 {
		return a, err
	}
	created, err := r.Events("", storage.AgencyObject(id))
	if err != nil {
		return a, err
	}
	changed, err := r.Events(id, storage.AgencyObject(id))
	if err != nil {
		return a, err
	}
	var last *storage.Event
	for _, list := range [][]storage.Event{created, changed} {
		for i := range list {
			if e := &list[i]; e.Revision > 0 && (last == nil || !e.Time.After(at)) {
				last = e
			}
		}
	}
	if last == nil {
		return a, nil
	}
	then, err := AgencyAfter(last)
	then.CreateTime = a.CreateTime
	return then, err
}

// calendarAt is the plan of workdays as it was known at an instant: by the notices that
// were taken in up to it and issued up to its day.
func (s *Server) calendarAt(r storage.Reader, at time.Time) (*calendar.Calendar, error) {
	events, err := r.Latest("", noticePrefix, "", maxNotices)
	if err != nil {
		return nil, err
	}
	var list []noticeFacts
	for i := range events {
		if events[i].Time.After(at) {
			continue
		}
		var facts noticeFacts
		if err := decodeFacts(&events[i], &facts); err != nil {
			return nil, err
		}
		list = append(list, facts)
	}
	cal, err := with(s.notices.base, list)
	if err != nil {
		return nil, err
	}
	return cal.AsOf(calendar.Of(at)), nil
}

// laws are the rules at each instant.
func (p past) laws(r storage.Reader) ([]workflow.Rules, error) {
	out := make([]workflow.Rules, len(p.at))
	for i, at := range p.at {
		a, err := agencyAt(r, p.agency, at)
		if err != nil {
			return nil, err
		}
		out[i] = p.server.law(a)
		if out[i].Calendar, err = p.server.calendarAt(r, at); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// each hands over every application and then every remedy, in the order of their entry.
func (p *past) each(ctx context.Context, visit func(stand) error) error {
	err := p.server.store.View(ctx, func(r storage.Reader) (err error) {
		p.rules, err = p.laws(r)
		return err
	})
	if err != nil {
		return err
	}
	if err := p.pages(ctx, p.applications, visit); err != nil {
		return err
	}
	return p.pages(ctx, p.remedies, visit)
}

// pages reads page after page, each in its own View.
func (p past) pages(ctx context.Context, read func(storage.Reader, int64) ([]stand, int64, bool, error), visit func(stand) error) error {
	var after int64
	for more := true; more; {
		var page []stand
		next := after
		err := p.server.store.View(ctx, func(r storage.Reader) (err error) {
			page, next, more, err = read(r, after)
			return err
		})
		if err != nil {
			return err
		}
		after = next
		for i := range page {
			if err := visit(page[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p past) applications(r storage.Reader, after int64) ([]stand, int64, bool, error) {
	list, err := r.Applications(p.agency, storage.Query{After: after, Limit: pastPage})
	if err != nil {
		return nil, after, false, err
	}
	page := make([]stand, 0, len(list))
	for _, a := range list {
		one, err := p.application(r, a)
		if err != nil {
			return nil, after, false, err
		}
		after, page = a.ID, append(page, one)
	}
	return page, after, len(list) == pastPage, nil
}

// application is an application at each instant. One that was not touched since needs no
// history.
func (p past) application(r storage.Reader, a *workflow.Application) (stand, error) {
	out := stand{app: a, counts: make([][]report.Count, len(p.at))}
	var list []workflow.Event
	for i, at := range p.at {
		var then workflow.Application
		switch {
		case a.CreateTime.After(at):
			continue
		case !a.UpdateTime.After(at):
			if err := p.rules[i].Fold(a); err != nil {
				return out, err
			}
			then = *a
		default:
			var err error
			if list == nil {
				_, list, err = history(r, p.agency, a.ID, 0, false)
			}
			if err == nil {
				then, err = p.rules[i].Replay(until(list, at))
			}
			if err != nil {
				return out, err
			}
		}
		out.counts[i] = report.Tuples(&then)
	}
	return out, nil
}

// until is the part of a history that was recorded up to an instant.
func until(list []workflow.Event, at time.Time) []workflow.Event {
	for i := range list {
		if list[i].Time.After(at) {
			return list[:i:i]
		}
	}
	return list
}

func (p past) remedies(r storage.Reader, after int64) ([]stand, int64, bool, error) {
	list, err := r.Remedies(p.agency, storage.RemedyQuery{After: after, Limit: pastPage})
	if err != nil {
		return nil, after, false, err
	}
	page := make([]stand, 0, len(list))
	for i := range list {
		events, err := r.Events(p.agency, storage.RemedyObject(list[i].ID))
		if err != nil {
			return nil, after, false, err
		}
		one := stand{remedy: &list[i], counts: make([][]report.Count, len(p.at))}
		for j, at := range p.at {
			e := latestUntil(events, at)
			if e == nil {
				continue
			}
			then, err := remedyAfter(e)
			if err != nil {
				return nil, after, false, err
			}
			one.counts[j] = report.RemedyTuples(&then)
		}
		after, page = list[i].ID, append(page, one)
	}
	return page, after, len(list) == pastPage, nil
}

// latestUntil is the event that made an object what it was at an instant; nil if it was
// not there yet.
func latestUntil(events []storage.Event, at time.Time) *storage.Event {
	var last *storage.Event
	for i := range events {
		if e := &events[i]; e.Revision > 0 && !e.Time.After(at) {
			last = e
		}
	}
	return last
}

// figuresAt are the figures that were entered for a year up to an instant.
func figuresAt(r storage.Reader, agency string, year int, at time.Time) (map[string]report.Figure, error) {
	list, err := r.Figures(agency, year)
	if err != nil {
		return nil, err
	}
	out := map[string]report.Figure{}
	for _, f := range list {
		events, err := r.Events(agency, storage.FigureObject(f.Year, f.Code))
		if err != nil {
			return nil, err
		}
		e := latestUntil(events, at)
		if e == nil {
			continue
		}
		then, err := FigureAfter(e)
		if err != nil {
			return nil, err
		}
		out[f.Code] = then.Value
	}
	return out, nil
}

// reportAt computes a report as the register stood at an instant that is settled.
func (s *Server) reportAt(ctx context.Context, agency string, year int, form report.Form, at time.Time) (report.Report, storage.Agency, *calendar.Calendar, error) {
	var a storage.Agency
	var figures map[string]report.Figure
	err := s.store.View(ctx, func(r storage.Reader) (err error) {
		if a, err = agencyAt(r, agency, at); err == nil {
			figures, err = figuresAt(r, agency, year, at)
		}
		return err
	})
	if err != nil {
		return report.Report{}, a, nil, err
	}
	tally := report.Tally{}
	p := past{server: s, agency: agency, at: []time.Time{at}}
	err = p.each(ctx, func(x stand) error {
		tally.Add(x.counts[0], 1)
		return nil
	})
	if err != nil {
		return report.Report{}, a, nil, err
	}
	rep, err := fill(a, year, form, tally, figures)
	return rep, a, p.rules[0].Calendar, err
}
