package web

import (
	"net/url"
	"strconv"
	"time"

	pb "gongkai/proto/disclosure/v1"
)

// Where the calendar lies, and what it is fed with.
const (
	calendarPath = "/calendar"
	noticePath   = calendarPath + "/notice"
)

// The years that a page of the calendar may show: from the year of the first regulation on.
const (
	firstCalendarYear = 2008
	lastCalendarYear  = 2099
)

// usualWorkdays is the period of a reply, with which the calculator begins.
const usualWorkdays = "20"

func (d *desk) calendarRoutes() []route {
	return []route{
		{pattern: "GET " + calendarPath, title: text{"工作日历", "Calendar"}, menu: true, handle: showCalendar},
	}
}

// calendarView is a year as months, and the calculator.
type calendarView struct {
	Year, Before, After int
	Columns             []column
	Months              []month
	Notices             []*pb.Notice // of the year
	Fixed               bool         // a notice fixes the year
	Workdays            int          // of the year
	Count               *counted
	MayImport, MayFeed  bool
}

// showCalendar shows the year that is asked for, or that in which a count ends.
func showCalendar(p *page) error {
	f := p.form()
	today, err := time.Parse(time.DateOnly, p.today())
	if err != nil {
		return err
	}
	v := calendarView{Columns: columnsIn(p.lang), MayImport: noticeReader(p.me.GetRole()), MayFeed: handler(p.me.GetRole())}
	v.Year = yearOf(f.Value("year"), today.Year())
	v.Before, v.After = yearOf(strconv.Itoa(v.Year-1), 0), yearOf(strconv.Itoa(v.Year+1), 0)
	days, err := p.almanac(v.Year)
	if err != nil {
		return err
	}
	v.Notices, v.Fixed = days.noticesOf(v.Year)
	v.Months, v.Workdays = days.months(p.lang, v.Year, p.today())
	if f.Value("date") == "" {
		f.set("date", p.today())
	}
	if f.Value("workdays") == "" {
		f.set("workdays", usualWorkdays)
		return p.show("calendar", v)
	}
	if v.Count, err = p.count(days); err != nil && !f.refused(err) {
		return err
	}
	return p.show("calendar", v)
}

// yearOf reads a year of the calendar; anything else is another one.
func yearOf(value string, otherwise int) int {
	if n, err := strconv.Atoi(value); err == nil && n >= firstCalendarYear && n <= lastCalendarYear {
		return n
	}
	return otherwise
}

// counted is what the calculator found, and why.
type counted struct {
	From, To    *pb.Day
	Workdays    int32
	Provisional bool
	Weekends    int        // days of rest between that are plain weekends
	Special     []plainDay // days between that a notice or the statute names
	Cut         int        // of them that are not shown
}

// shownSpecial is how many named days a count lists.
const shownSpecial = 60

// count counts workdays from a day and says what lies between. What is wrong with the
// inputs stands in the form, and no count is made.
func (p *page) count(days *almanac) (*counted, error) {
	f, req := p.form(), &pb.AddWorkdaysRequest{}
	f.need("date", text{"请填写起算之日（不计入）", "Give the day from which to count"})
	if !f.into(req) || len(f.Problems) > 0 {
		return nil, nil //nolint:nilnil // what is wrong stands in the form
	}
	res, err := p.api.Calendar.AddWorkdays(p.ctx(), req)
	if err != nil {
		return nil, err
	}
	c := &counted{Workdays: req.GetWorkdays(), Provisional: res.GetProvisional()}
	if c.From, err = p.api.Calendar.GetDay(p.ctx(), &pb.GetDayRequest{Date: req.GetDate()}); err != nil {
		return nil, err
	}
	if c.To, err = p.api.Calendar.GetDay(p.ctx(), &pb.GetDayRequest{Date: res.GetDate()}); err != nil {
		return nil, err
	}
	first, last, ok := between(c.From.GetDate(), c.To.GetDate())
	if !ok {
		return c, nil
	}
	if c.Provisional {
		if err := p.addStatutory(days, first.Year(), last.Year()); err != nil {
			return nil, err
		}
	}
	c.explain(days, first, last)
	return c, nil
}

// between are the days after the one from which is counted, up to the one that is reached,
// or, backwards, from the one that is reached on.
func between(from, to string) (first, last time.Time, ok bool) {
	a, errA := time.Parse(time.DateOnly, from)
	b, errB := time.Parse(time.DateOnly, to)
	if errA != nil || errB != nil {
		return a, b, false
	}
	if b.Before(a) {
		return b, a.AddDate(0, 0, -1), true
	}
	return a.AddDate(0, 0, 1), b, true
}

func (c *counted) explain(days *almanac, first, last time.Time) {
	for at := first; !at.After(last); at = at.AddDate(0, 0, 1) {
		d := days.day(at)
		switch {
		case d.Festival == "" && d.Rest:
			c.Weekends++
		case d.Festival != "" && len(c.Special) == shownSpecial:
			c.Cut++
		case d.Festival != "":
			c.Special = append(c.Special, d)
		}
	}
}

// Sum is in how many days so many workdays lie, for the page's sentence.
func (c *counted) Sum() int {
	first, last, ok := between(c.From.GetDate(), c.To.GetDate())
	if !ok {
		return 0
	}
	return int(last.Sub(first).Hours()/24) + 1
}

// yearPath is the page of a year.
func (v calendarView) yearPath(year int) string {
	return calendarPath + "?" + url.Values{"year": {strconv.Itoa(year)}}.Encode()
}

// Earlier and Later are the pages of the years before and after; empty where none is.
func (v calendarView) Earlier() string {
	if v.Before == 0 {
		return ""
	}
	return v.yearPath(v.Before)
}

// Later is the page of the year after.
func (v calendarView) Later() string {
	if v.After == 0 {
		return ""
	}
	return v.yearPath(v.After)
}
