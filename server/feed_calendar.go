package server

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/deadline"
)

// maxEntries bounds the events of a feed, maxFeedRows the applications looked at for it.
// The earliest last days come first, so that what is left out is far away.
const (
	maxEntries  = 1000
	maxFeedRows = 20_000
)

// ics writes iCalendar (RFC 5545): lines of at most 75 octets, the longer ones folded,
// each ended by CRLF.
type ics struct{ strings.Builder }

const maxOctets = 75

// line writes one content line. Folds never fall into a character.
func (c *ics) line(name, value string) {
	text := name + ":" + value
	for room := maxOctets; len(text) > room; room = maxOctets - 1 {
		cut := room
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		c.WriteString(text[:cut] + "\r\n ")
		text = text[cut:]
	}
	c.WriteString(text + "\r\n")
}

var icsEscaper = strings.NewReplacer("\\", "\\\\", ";", "\\;", ",", "\\,", "\r\n", "\\n", "\n", "\\n", "\r", "\\n")

// text writes a value of the type TEXT.
func (c *ics) text(name, value string) { c.line(name, icsEscaper.Replace(value)) }

// day is a civil day as a value of the type DATE.
func icsDay(d workflow.Date) string { return strings.ReplaceAll(d.String(), "-", "") }

func icsInstant(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// morning is nine o'clock of a day in Shanghai, which is one o'clock UTC.
func morning(d workflow.Date) string { return icsDay(d) + "T010000Z" }

// alarmWorkdays are how long before the last day a calendar reminds.
var alarmWorkdays = []int{3, 1}

// feedCalendar is the calendar of a feed as of a day. The same facts give the same bytes.
func (b *bench) feedCalendar(holder string, on workflow.Date) (string, error) {
	var c ics
	c.line("BEGIN", "VCALENDAR")
	c.line("VERSION", "2.0")
	c.line("PRODID", "-//gongkai//deadlines//ZH")
	c.line("CALSCALE", "GREGORIAN")
	c.line("METHOD", "PUBLISH")
	name := "政府信息公开答复期限 " + b.agency
	if holder != "" {
		name += " " + holder
	}
	c.text("X-WR-CALNAME", name)
	c.line("REFRESH-INTERVAL;VALUE=DURATION", "PT1H")
	c.line("X-PUBLISHED-TTL", "PT1H")
	err := b.feedRows(holder, func(a *workflow.Application, s workflow.Standing) { b.feedEntry(&c, a, s, on) }, on)
	c.line("END", "VCALENDAR")
	return c.String(), err
}

// feedRows visits the open applications with a last day, of one holder or all.
func (b *bench) feedRows(holder string, visit func(*workflow.Application, workflow.Standing), on workflow.Date) error {
	w := b.rules.Watch(on)
	q := storage.Query{Order: storage.ByDue, DueFrom: deadline.FirstDay, Holder: holder, Limit: maxRows}
	entries, rows := 0, 0
	for {
		list, err := b.reader.Applications(b.agency, q)
		if err != nil {
			return err
		}
		for _, a := range list {
			if err := b.rules.Fold(a); err != nil {
				return err
			}
			s := w.Standing(a)
			q.AfterDue, q.After = s.Deadline.Due, a.ID
			if s.Deadline.Due.IsZero() {
				continue
			}
			visit(a, s)
			if entries++; entries == maxEntries {
				return nil
			}
		}
		if rows += len(list); len(list) < q.Limit || rows >= maxFeedRows {
			return nil
		}
	}
}

// feedEntry writes the last day of one application: its number, where it stands and what
// is to be done, never who applied or for what.
func (b *bench) feedEntry(c *ics, a *workflow.Application, s workflow.Standing, on workflow.Date) {
	due := s.Deadline.Due
	c.line("BEGIN", "VEVENT")
	c.line("UID", idText(a.ID)+"."+b.agency+"@gongkai")
	c.line("DTSTAMP", icsInstant(a.UpdateTime))
	c.line("SEQUENCE", strconv.FormatInt(a.Revision-1, 10))
	c.line("DTSTART;VALUE=DATE", icsDay(due))
	c.line("DTEND;VALUE=DATE", icsDay(due.AddDays(1)))
	c.text("SUMMARY", feedSummary(a, s))
	c.text("DESCRIPTION", s.ZH)
	c.line("CATEGORIES", "DEADLINE,"+string(s.Light))
	status := "CONFIRMED"
	if s.Deadline.Provisional || s.Status.Suspended {
		status = "TENTATIVE"
	}
	c.line("STATUS", status)
	c.line("TRANSP", "TRANSPARENT")
	for _, n := range alarmWorkdays {
		// One that is past would go off at once when the calendar is read anew.
		if at := b.rules.Calendar.AddWorkdays(due, -n); at >= on {
			c.line("BEGIN", "VALARM")
			c.line("ACTION", "DISPLAY")
			c.text("DESCRIPTION", a.ApplicationNo+" 答复期限还有"+strconv.Itoa(n)+"个工作日")
			c.line("TRIGGER;VALUE=DATE-TIME", morning(at))
			c.line("END", "VALARM")
		}
	}
	c.line("END", "VEVENT")
}

// feedSummary is the number and the step, with what makes the date doubtful.
func feedSummary(a *workflow.Application, s workflow.Standing) string {
	out := a.ApplicationNo + " 答复期限（" + a.State.ZH() + "）"
	switch {
	case s.Light == workflow.Black:
		out = "【超期】" + out
	case s.Status.Suspended:
		out += "，期限停计，最迟日"
	}
	if s.Deadline.Provisional {
		out += "，暂定"
	}
	return out
}
