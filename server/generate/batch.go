package generate

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"gongkai/server"
	"gongkai/storage"
	"gongkai/workflow"
)

// oneCase is an application as it will be stored.
type oneCase struct {
	app    workflow.Application
	life   *life
	events []storage.Event
}

// batch are cases of one agency that arrived within one month.
type batch struct {
	agency string
	cases  []oneCase
}

// shares are the parts that agencies have of all cases, summed up: e to the power of a
// straight line between the most and the fewest of the reports.
func shares(n int) []float64 {
	out := make([]float64, n)
	sum := 0.0
	for i := range out {
		at := float64(i) / float64(max(n-1, 1))
		sum += math.Exp(math.Log(publishedMost) + at*math.Log(float64(publishedFewest)/publishedMost))
		out[i] = sum
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

// batches makes the cases in the order in which they came in: month by month, and within
// one agency by agency. It makes the next ones while the last are written.
func (g *generator) batches(ctx context.Context) (<-chan batch, <-chan error) {
	out, failed := make(chan batch, 8), make(chan error, 1)
	go func() {
		defer close(failed)
		defer close(out)
		err := g.each(func(b batch) error {
			select {
			case out <- b:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		if err != nil {
			failed <- err
		}
	}()
	return out, failed
}

// each makes the batches one after another.
func (g *generator) each(yield func(batch) error) error {
	open := g.Cases / openShare
	closed := newDealer(g.closed, g.Cases-open)
	waiting := newDealer(g.open, open)
	for key := g.closed[0].key; key <= g.Today.Year()*12+int(g.Today.Month())-1; key++ {
		for agency, upTo := range g.shares {
			lives := append(closed.deal(g, key, upTo), waiting.deal(g, key, upTo)...)
			slices.SortStableFunc(lives, func(x, y *life) int { return cmp.Compare(x.app.ArriveDate, y.app.ArriveDate) })
			for part := range slices.Chunk(lives, mostCases) {
				b, err := g.batch(agency, part)
				if err == nil {
					err = yield(b)
				}
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// dealer deals a number of cases out over months and agencies, exactly.
type dealer struct {
	months      []month
	total, size int // cases to deal, lives of all months
	before      int // lives of the months before
	dealt       int
}

func newDealer(months []month, total int) *dealer {
	d := &dealer{months: months, total: total}
	for _, m := range months {
		d.size += len(m.lives)
	}
	return d
}

// deal draws the lives of the agency that takes the part of a month up to a share.
func (d *dealer) deal(g *generator, key int, upTo float64) []*life {
	for len(d.months) > 0 && d.months[0].key < key {
		d.before += len(d.months[0].lives)
		d.months = d.months[1:]
	}
	if len(d.months) == 0 || d.months[0].key != key {
		return nil
	}
	lives := d.months[0].lives
	due := int(math.Round(float64(d.total) * (float64(d.before) + upTo*float64(len(lives))) / float64(d.size)))
	out := make([]*life, 0, due-d.dealt)
	for ; d.dealt < due; d.dealt++ {
		out = append(out, &lives[g.rnd.IntN(len(lives))])
	}
	return out
}

// batch makes cases of lives.
func (g *generator) batch(agency int, lives []*life) (batch, error) {
	b := batch{agency: AgencyID(agency), cases: make([]oneCase, len(lives))}
	for i, l := range lives {
		c := &b.cases[i]
		c.life, c.app, c.events = l, l.app, slices.Clone(l.events)
		c.app.Agency, c.app.ApplicationNo = b.agency, g.number(agency, l.app.ArriveDate.Year())
		c.app.Applicant, c.app.Description = applicant(g.rnd, l.app.Applicant.Kind), description(g.rnd)
		e := l.register
		e.Particulars = &workflow.Particulars{ApplicationNo: c.app.ApplicationNo, Applicant: c.app.Applicant, Description: c.app.Description}
		var err error
		if c.events[0].Facts, c.events[0].Personal, err = e.Encode(); err != nil {
			return b, err
		}
	}
	return b, nil
}

// write stores the batch.
func (b batch) write(w storage.Writer) error {
	for i := range b.cases {
		c := &b.cases[i]
		no, err := w.NextNumber(c.app.ArriveDate.Year())
		if err == nil && no != c.app.ApplicationNo {
			err = fmt.Errorf("the store gives number %s, not %s", no, c.app.ApplicationNo)
		}
		if err == nil {
			err = w.InsertApplication(&c.app, c.life.caches, c.events...)
		}
		if err == nil {
			err = c.writeRemedies(w)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *oneCase) writeRemedies(w storage.Writer) error {
	for _, last := range c.life.remedies {
		r := last
		r.Agency, r.ApplicationID, r.ApplicationNo = c.app.Agency, c.app.ID, c.app.ApplicationNo
		r.Result, r.ConcludeDate, r.Revision, r.CreateTime = workflow.Pending, 0, 1, calendarTime(r.FileDate)
		e, err := server.RemedyRecorded(r, nil, actor, r.CreateTime)
		if err == nil {
			err = w.InsertRemedy(&r, e)
		}
		if err == nil && last.Result != workflow.Pending {
			err = conclude(w, r, last)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func conclude(w storage.Writer, before, last workflow.Remedy) error {
	act := workflow.RemedyAct{Action: workflow.RemedyConclude, Date: last.ConcludeDate, Result: last.Result}
	after, err := before.Apply(act, workflow.Person{Name: actor}, act.Date)
	if err != nil {
		return err
	}
	after.Revision++
	e, err := server.RemedyRecorded(after, &act, actor, calendarTime(act.Date))
	if err != nil {
		return err
	}
	return w.UpdateRemedy(before, after, e)
}

// calendarTime is nine in the morning of a day in China.
func calendarTime(d workflow.Date) time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), 1, 0, 0, 0, time.UTC)
}
