package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

// monthDays are the days of a page of the calendar, and whether each is shown as a day of
// rest.
func (s *sheet) monthDays(year int) map[string]bool {
	out := map[string]bool{}
	month := 0
	for n := range s.root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "section" || attr(n, "class") != "month" {
			continue
		}
		month++
		for d := range n.Descendants() {
			if d.Data != "td" || textOf(d) == "" {
				continue
			}
			var day int
			if _, err := fmt.Sscanf(textOf(d), "%d", &day); err != nil {
				s.t.Fatalf("a day says %q", textOf(d))
			}
			class := attr(d, "class")
			out[time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)] = strings.Contains(class, "weekend") || strings.Contains(class, "holiday") || strings.Contains(class, "statutory")
		}
	}
	return out
}

// Every day of every year is shown as the service judges it: of plain years, of years whose
// notice was amended, of one that no notice fixes.
func TestEveryDayOfTheCalendar(t *testing.T) {
	o, _ := desk(t)
	token := o.hire(pb.Principal_AUDITOR, "jyj")
	v, days := o.enter(token), pb.NewCalendarServiceClient(o.api(token))
	years := []int{2009, 2013, 2019, 2020, 2026, 2027, 2028}
	if testing.Short() {
		years = years[3:6]
	}
	for _, year := range years {
		shown := v.get(fmt.Sprintf("/calendar?year=%d", year)).monthDays(year)
		if len(shown) < 365 {
			t.Errorf("%d has %d days", year, len(shown))
		}
		for day, rest := range shown {
			d, err := days.GetDay(t.Context(), &pb.GetDayRequest{Date: day})
			if err != nil {
				t.Fatal(err)
			}
			if d.GetWorkday() == rest {
				t.Errorf("%s is shown as rest=%t, the service says %v", day, rest, d)
			}
		}
	}
}

func TestCountWorkdays(t *testing.T) {
	o, _ := desk(t)
	v := o.enter(o.hire(pb.Principal_STATISTICIAN, "jyj"))
	for _, x := range []struct {
		name, query string
		status      int
		want        []string
	}{
		{"over a holiday", "date=2026-09-25&workdays=20", 200, []string{"2026年10月29日", "2026-10-07", "2026-10-10", "国庆节"}},
		{"backwards", "date=2026-06-30&workdays=-5", 200, []string{"2026年6月23日", "经过7日"}},
		{"into a year without a notice", "date=2026-12-25&workdays=10", 200, []string{"暂定", "法定，尚无通知", "元旦"}},
		{"no day", "date=2026-02-30&workdays=20", 422, []string{`href="#f-date"`, "2026-02-30"}},
		{"no number", "date=2026-02-03&workdays=x", 422, []string{`href="#f-workdays"`, "应为整数"}},
		{"too many", "date=2026-02-03&workdays=9999", 422, []string{`href="#f-workdays"`, "2000"}},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := v.get("/calendar?" + x.query)
			if s.status != x.status {
				t.Fatalf("answered %d:\n%s", s.status, s.text)
			}
			for _, want := range x.want {
				if !strings.Contains(s.text, want) {
					t.Errorf("the page does not say %q", want)
				}
			}
		})
	}
	if s := v.get("/calendar?year=1900"); !strings.Contains(s.text, "2026年") || s.status != 200 {
		t.Errorf("a year out of range answered %d", s.status)
	}
}

// A notice is pasted, what it moves is shown, and only what was looked at is taken in, once,
// by an administrator of the whole installation.
func TestImportANotice(t *testing.T) {
	o, _ := desk(t)
	token := o.hire(pb.Principal_OFFICER, "jyj")
	officer, root, own := o.enter(token), o.enter(o.token), o.enter(o.hire(pb.Principal_ADMINISTRATOR, "jyj"))
	a := o.register(o.api(token), "jyj", "示例人", "示例", "2026-06-29")
	due := func() string {
		got, err := pb.NewApplicationServiceClient(o.api(token)).GetApplication(t.Context(), &pb.GetApplicationRequest{Name: a.GetName()})
		if err != nil {
			t.Fatal(err)
		}
		return got.GetDeadline().GetDueDate()
	}
	const notice = "/calendar/notice"
	before := due()
	preview := func(v *visitor) *sheet {
		t.Helper()
		s := v.post(notice, v.get(notice).with(url.Values{"text": {amendment2026}, "do": {"preview"}}))
		if s.status != http.StatusOK || !strings.Contains(s.text, before) || !strings.Contains(s.text, "2026-07-13") {
			t.Fatalf("the preview answered %d:\n%s", s.status, s.text)
		}
		return s
	}
	if s := preview(officer); !strings.Contains(s.text, `href="/`+a.GetName()+`"`) || strings.Contains(s.text, `value="import"`) {
		t.Error("to an officer the case is no link, or the import is offered")
	}
	if s := preview(own); strings.Contains(s.text, `value="import"`) || strings.Contains(s.text, `href="/`+a.GetName()) {
		t.Error("to an administrator of an agency the import or a case is offered")
	}
	read := preview(root)
	if due() != before {
		t.Errorf("looking ahead moved the deadline to %s", due())
	}
	for name, filled := range map[string]url.Values{
		"another text": {"text": {notice2027}, "do": {"import"}},
		"another day":  {"issue_date": {"2026-06-01"}, "do": {"import"}},
		"never read":   {"read": {""}, "do": {"import"}},
	} {
		if s := root.post(notice, read.with(filled)); s.status != http.StatusUnprocessableEntity || due() != before {
			t.Errorf("%s: answered %d, due %s", name, s.status, due())
		}
	}
	if s := own.post(notice, read.with(url.Values{"do": {"import"}, "form_token": {own.get(notice).with(nil).Get("form_token")}})); s.status != http.StatusForbidden || due() != before {
		t.Errorf("an administrator of one agency: answered %d, due %s", s.status, due())
	}
	form := read.with(url.Values{"do": {"import"}})
	for range 2 {
		if s := root.follow(root.post(notice, form)); !strings.Contains(s.text, "1件在办申请的期限随之变动") {
			t.Errorf("importing said\n%s", s.text)
		}
	}
	if due() == before {
		t.Error("the deadline did not move")
	}
	res, err := pb.NewCalendarServiceClient(o.admin).ListNotices(t.Context(), &pb.ListNoticesRequest{Year: 2026})
	if err != nil || len(res.GetNotices()) != 2 {
		t.Errorf("there are %d notices on 2026: %v", len(res.GetNotices()), err)
	}
	for _, x := range []struct{ name, text, want string }{
		{"nothing", " ", "请粘贴通知全文"}, {"no notice", "今天天气很好", "f-text"},
	} {
		if s := root.post(notice, root.get(notice).with(url.Values{"text": {x.text}, "do": {"preview"}})); s.status != 422 || !strings.Contains(s.text, x.want) {
			t.Errorf("%s answered %d:\n%s", x.name, s.status, s.text)
		}
	}
}

func TestRunsOfDays(t *testing.T) {
	for want, days := range map[string][]int{"": nil, "4": {4}, "1–3、10": {1, 2, 3, 10}, "1、3、5–6": {1, 3, 5, 6}} {
		if got := web.Runs(days...); got != want {
			t.Errorf("%v is written %q, want %q", days, got, want)
		}
	}
}
