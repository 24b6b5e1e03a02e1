package server

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gongkai/server/clerk"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// shanghai is where all offices are, eight hours ahead of UTC since 1991.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// maxReminded is the most applications with a last day, and the most without, that a daily
// list names; where there are more it says so.
const maxReminded = 200

// reminded is the daily list of an agency as its event keeps it: numbers and days, nobody's
// name.
type reminded struct {
	Version int      `json:"v"`
	Lines   []string `json:"lines"`
	Sent    bool     `json:"sent,omitempty"`
}

// reminderObject names the list of a day in the agency's own register.
func reminderObject(day workflow.Date) string { return "reminder/" + day.String() }

// Reminders is clerk.Office. An agency has reminders on workdays, if it says where to.
func (s *Server) Reminders(ctx context.Context) ([]clerk.Reminder, error) {
	if err := s.follow(ctx, true); err != nil {
		return nil, err
	}
	today := s.today()
	var out []clerk.Reminder
	err := s.eachAgency(ctx, func(a storage.Agency) error {
		r := s.reminder(a, today)
		if len(r.Email) == 0 && r.Webhook == "" || !s.law(a).Calendar.IsWorkday(today) {
			return nil
		}
		list, err := s.listOfDay(ctx, a, today)
		if err != nil || list.Sent || len(list.Lines) == 0 {
			return err
		}
		r.Lines = list.Lines
		out = append(out, r)
		return nil
	})
	return out, err
}

// reminder is where and when the list of a day goes, by the agency's settings. What is no
// address was refused when it was set.
func (s *Server) reminder(a storage.Agency, today workflow.Date) clerk.Reminder {
	set := a.Settings
	r := clerk.Reminder{
		Agency: a.ID, Day: today.String(),
		Subject: fmt.Sprintf("【依申请公开】%s待办提醒 %s", a.DisplayName, today),
	}
	if list := set.Text(workflow.SetRemindEmail, today); list != "" {
		for address := range strings.SplitSeq(list, ",") {
			r.Email = append(r.Email, strings.TrimSpace(address))
		}
	}
	r.Webhook = set.Text(workflow.SetRemindWebhook, today)
	hour := s.now().In(shanghai).Hour()
	r.Quiet = hour < set.Int(workflow.SetRemindFrom, today) || hour >= set.Int(workflow.SetRemindTo, today)
	return r
}

// listOfDay is the list of a day as it was first made, so that it is sent as one however
// often it is tried.
func (s *Server) listOfDay(ctx context.Context, a storage.Agency, today workflow.Date) (list reminded, err error) {
	object := reminderObject(today)
	var found bool
	err = s.store.View(ctx, func(r storage.Reader) error {
		var e *storage.Event
		list, e, err = kept[reminded](r, a.ID, object)
		found = e != nil
		return err
	})
	if err != nil || found {
		return list, err
	}
	if list.Lines, err = s.remindLines(ctx, a, today); err != nil {
		return list, err
	}
	list.Version = 1
	err = s.update(ctx, a.ID, func(w storage.Writer) error {
		was, e, err := kept[reminded](w, a.ID, object)
		if err != nil || e != nil { // another clerk was first
			list = was
			return err
		}
		_, err = s.byClock(a.ID, object).keep(w, object, "make_reminder", nil, list)
		return err
	})
	return list, err
}

// remindLines are the applications that are late, due soon or unconfirmed.
func (s *Server) remindLines(ctx context.Context, a storage.Agency, today workflow.Date) (lines []string, err error) {
	yellow := a.Settings.Int("lights.yellow", today)
	err = s.store.View(ctx, func(r storage.Reader) error {
		lines = nil
		b, err := s.bench(ctx, r, a.ID)
		if err != nil {
			return err
		}
		more := false
		for _, part := range []int{dated, unconfirmed} {
			rows, err := b.duePart(dueKey{Part: part, On: today}, maxReminded+1)
			if err != nil {
				return err
			}
			for i, row := range rows {
				if part == dated && int(row.deadline.GetWorkdaysLeft()) > yellow {
					break // the rest is due later still
				}
				if more = more || i == maxReminded; i < maxReminded {
					lines = append(lines, reminderLine(row))
				}
			}
		}
		if more {
			lines = append(lines, "名单未列全，其余请在系统中查看")
		}
		return nil
	})
	return slices.Clip(lines), err
}

func reminderLine(row dueRow) string {
	d, head := row.deadline, row.a.ApplicationNo+" "
	switch {
	case row.key.Part == unconfirmed:
		return head + fmt.Sprintf("到达%s，尚未确认收到", row.a.ArriveDate)
	case d.GetOverdue():
		return head + fmt.Sprintf("%s，应于%s前答复，已超期", row.a.State.ZH(), d.GetDueDate())
	}
	return head + fmt.Sprintf("%s，应于%s前答复，剩余%d个工作日", row.a.State.ZH(), d.GetDueDate(), d.GetWorkdaysLeft())
}

// Sent is clerk.Office.
func (s *Server) Sent(ctx context.Context, r clerk.Reminder) error {
	day, err := calendar.Parse(r.Day)
	if err != nil {
		return err
	}
	object := reminderObject(day)
	return s.update(ctx, r.Agency, func(w storage.Writer) error {
		list, before, err := kept[reminded](w, r.Agency, object)
		if err != nil || before == nil || list.Sent {
			return err
		}
		list.Sent = true
		_, err = s.byClock(r.Agency, object, "sent").keep(w, object, "send_reminder", before, list)
		return err
	})
}
