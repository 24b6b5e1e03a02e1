package web

import (
	"fmt"
	"strings"
	"time"

	pb "gongkai/proto/disclosure/v1"
)

// almanac is what the notices say of days. A day that none names follows its weekday; a
// test holds it to the service's own answer for each day of all years.
type almanac struct {
	notices []*pb.Notice
	named   map[string]plainDay
	asked   map[int]bool // years whose statutory days are known
}

// plainDay is one day.
type plainDay struct {
	Date      string
	Rest      bool
	Festival  string // for which one rests or makes up; empty: the weekday decides
	Notice    string
	Statutory bool // no notice fixes it yet
}

// almanac reads the notices of all years, which name days of their neighbours too, and
// what the statute says of one.
func (p *page) almanac(year int) (*almanac, error) {
	res, err := p.api.Calendar.ListNotices(p.ctx(), &pb.ListNoticesRequest{})
	if err != nil {
		return nil, err
	}
	a := &almanac{notices: res.GetNotices(), named: map[string]plainDay{}, asked: map[int]bool{}}
	for _, n := range a.notices {
		a.name(n.GetRest(), plainDay{Rest: true, Notice: n.GetTitle()})
		a.name(n.GetWork(), plainDay{Notice: n.GetTitle()})
	}
	return a, p.addStatutory(a, year, year)
}

// addStatutory asks for the statutory days of years that no notice fixes, at most four.
func (p *page) addStatutory(a *almanac, first, last int) error {
	for year := first; year <= min(last, first+3); year++ {
		if _, fixed := a.noticesOf(year); fixed || a.asked[year] {
			continue
		}
		res, err := p.api.Calendar.ListNotices(p.ctx(), &pb.ListNoticesRequest{Year: int32(year)})
		if err != nil {
			return err
		}
		a.asked[year] = true
		a.name(res.GetStatutory(), plainDay{Rest: true, Statutory: true})
	}
	return nil
}

// name notes the days of ranges that were not superseded.
func (a *almanac) name(ranges []*pb.DayRange, like plainDay) {
	for _, r := range ranges {
		first, errA := time.Parse(time.DateOnly, r.GetFirstDate())
		last, errB := time.Parse(time.DateOnly, r.GetLastDate())
		if r.GetKnownToDate() != "" || errA != nil || errB != nil {
			continue
		}
		for at := first; !at.After(last); at = at.AddDate(0, 0, 1) {
			like.Date, like.Festival = at.Format(time.DateOnly), r.GetFestival()
			a.named[like.Date] = like
		}
	}
}

// noticesOf are the notices of a year; fixed tells whether there is one.
func (a *almanac) noticesOf(year int) (list []*pb.Notice, fixed bool) {
	for _, n := range a.notices {
		if int(n.GetYear()) == year {
			list = append(list, n)
		}
	}
	return list, len(list) > 0
}

func (a *almanac) day(at time.Time) plainDay {
	if d, ok := a.named[at.Format(time.DateOnly)]; ok {
		return d
	}
	return plainDay{Date: at.Format(time.DateOnly), Rest: at.Weekday() == time.Saturday || at.Weekday() == time.Sunday}
}

// month is one month as weeks from Monday on.
type month struct {
	Name     string
	Workdays int
	Weeks    [][7]cell
	Said     []festival
}

// column heads the days of the week.
type column struct{ Short, Long string }

func columnsIn(l language) []column {
	out := make([]column, 0, len(weekdays))
	for i := range weekdays {
		long := weekdays[(i+1)%len(weekdays)].in(l)
		short := []rune(long)
		out = append(out, column{text{string(short[len(short)-1:]), string(short[:2])}.in(l), long})
	}
	return out
}

// cell is a day in a month; one of a neighbour is empty.
type cell struct {
	Day   int
	Class string
	Mark  text // 休, 班
	Title string
	Today bool
}

// festival is what of a month a notice names, in words.
type festival struct {
	Name       string
	Rest, Work runs
}

// runs are days of a month in words, those that follow each other as one: 1–3、10.
type runs struct {
	text        string
	first, last int
}

func (r *runs) add(day int) {
	if r.last == day-1 && r.first != 0 {
		r.last = day
		return
	}
	r.text, r.first, r.last = r.String(), day, day
}

// String writes them.
func (r runs) String() string {
	if r.first == 0 {
		return ""
	}
	out := fmt.Sprint(r.first)
	if r.last != r.first {
		out += "–" + fmt.Sprint(r.last)
	}
	if r.text != "" {
		out = r.text + "、" + out
	}
	return out
}

// months lays a year out and counts its workdays.
func (a *almanac) months(l language, year int, today string) (list []month, workdays int) {
	for m := time.January; m <= time.December; m++ {
		one := month{Name: text{fmt.Sprintf("%d月", m), m.String()}.in(l)}
		at := time.Date(year, m, 1, 0, 0, 0, 0, time.UTC)
		var week [7]cell
		for ; at.Month() == m; at = at.AddDate(0, 0, 1) {
			column := (int(at.Weekday()) + 6) % 7
			d := a.day(at)
			week[column] = d.cell(l, at, today)
			if !d.Rest {
				one.Workdays++
			}
			one.say(d, at.Day())
			if column == 6 || at.AddDate(0, 0, 1).Month() != m {
				one.Weeks = append(one.Weeks, week)
				week = [7]cell{}
			}
		}
		workdays += one.Workdays
		list = append(list, one)
	}
	return list, workdays
}

func (d plainDay) cell(l language, at time.Time, today string) cell {
	c := cell{Day: at.Day(), Today: d.Date == today}
	switch {
	case d.Festival != "" && d.Rest:
		c.Class, c.Mark, c.Title = "holiday", text{"休", "off"}, l.festival(d.Festival)
	case d.Festival != "":
		c.Class, c.Mark, c.Title = "makeup", text{"班", "work"}, l.festival(d.Festival)+text{"调休上班", ", made up"}.in(l)
	case d.Rest:
		c.Class = "weekend"
	}
	if d.Statutory {
		c.Class = "statutory"
	}
	return c
}

// Word is the mark in the page's language.
func (c cell) Word(lang string) string { return c.Mark.in(languageBy(lang)) }

// say adds a named day to the words below a month.
func (m *month) say(d plainDay, day int) {
	if d.Festival == "" {
		return
	}
	if n := len(m.Said); n == 0 || m.Said[n-1].Name != d.Festival {
		m.Said = append(m.Said, festival{Name: d.Festival})
	}
	last := &m.Said[len(m.Said)-1]
	if d.Rest {
		last.Rest.add(day)
	} else {
		last.Work.add(day)
	}
}

// festivals are the public holidays (《全国年节及纪念日放假办法》 Art 2) in English.
var festivals = strings.NewReplacer(
	"元旦", "New Year", "春节", "Spring Festival", "清明节", "Tomb-Sweeping Day", "劳动节", "Labour Day", "端午节", "Dragon Boat Festival",
	"中秋节", "Mid-Autumn Festival", "国庆节", "National Day", "、", ", ",
)

// festival is the name of a festival in the language, as a notice gives it where it has no
// other.
func (l language) festival(name string) string {
	if l == english {
		return festivals.Replace(name)
	}
	return name
}
