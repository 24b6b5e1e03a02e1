package web

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	pb "gongkai/proto/disclosure/v1"
)

// noticeRoutes are the pages on which a notice is taken in: whoever handles cases may look
// ahead, and an administrator of the whole installation confirms.
func (d *desk) noticeRoutes() []route {
	title := text{"导入放假通知", "Import a notice"}
	roles := append(slices.Clone(handlers), systems...)
	return []route{
		{pattern: "GET " + noticePath, title: title, roles: roles, handle: func(p *page) error { return p.showNotice(nil) }},
		{pattern: "POST " + noticePath, title: title, roles: roles, handle: takeNotice},
	}
}

func handler(role pb.Principal_Role) bool { return slices.Contains(handlers, role) }

func noticeReader(role pb.Principal_Role) bool {
	return handler(role) || slices.Contains(systems, role)
}

// What a preview lists; the rest is counted.
const (
	shownMoved   = 100
	shownChanged = 80
)

// noticeView is a notice as it was read, and what it moves.
type noticeView struct {
	Found   *pb.ImportNoticeResponse // nil: nothing was read yet
	Read    string                   // tells what was looked at, so that nothing else is confirmed
	Days    []changedDay
	Moved   []movedDeadline
	Rest    int32 // of the moved deadlines that are not shown
	Letters int   // that quote another date
	Opens   bool  // cases are open to who looks
	Confirm bool  // who looks may confirm
}

type changedDay struct {
	*pb.ChangedDay
	Festival string
}

type movedDeadline struct {
	*pb.MovedDeadline
	Agency string
}

func (p *page) showNotice(found *pb.ImportNoticeResponse) error {
	p.under(calendarPath, p.text("工作日历", "Calendar"))
	v := noticeView{Found: found, Confirm: p.installation(), Opens: handler(p.me.GetRole())}
	if found == nil {
		return p.show("calendar-notice", v)
	}
	v.Read = p.noticeRead()
	days := &almanac{named: map[string]plainDay{}}
	days.name(found.GetNotice().GetRest(), plainDay{Rest: true})
	days.name(found.GetNotice().GetWork(), plainDay{})
	for _, d := range found.GetChangedDays()[:min(len(found.GetChangedDays()), shownChanged)] {
		v.Days = append(v.Days, changedDay{d, days.named[d.GetDate()].Festival})
	}
	for i, m := range found.GetMoved() {
		v.Letters += len(m.GetLetters())
		if i < shownMoved {
			v.Moved = append(v.Moved, movedDeadline{m, agencyOf(m.GetName())})
		}
	}
	v.Rest = found.GetMovedCount() - int32(len(v.Moved))
	return p.show("calendar-notice", v)
}

// installation tells whether an administrator of the whole installation looks.
func (p *page) installation() bool {
	return slices.Contains(systems, p.me.GetRole()) && p.ownAgency() == ""
}

// noticeRead is a fingerprint of what stands in the form; a browser may change the ends of
// lines between two pages.
func (p *page) noticeRead() string {
	f := p.form()
	h := sha256.New()
	for _, name := range []string{"text", "title", "issue_date"} {
		fmt.Fprintf(h, "%s\x00", strings.ReplaceAll(f.Value(name), "\r\n", "\n"))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:12])
}

// takeNotice shows what a notice would move, or takes in what was looked at.
func takeNotice(p *page) error {
	f, req := p.form(), &pb.ImportNoticeRequest{}
	f.need("text", text{"请粘贴通知全文", "Paste the notice"})
	if !f.into(req) || len(f.Problems) > 0 {
		return p.showNotice(nil)
	}
	req.ValidateOnly = f.Value("do") != "import"
	if !req.ValidateOnly && f.Value("read") != p.noticeRead() {
		f.wrong("text", text{"通知内容在核对之后有改动，请重新核对", "The notice was changed after its effect was shown; preview it again"})
		return p.showNotice(nil)
	}
	res, err := p.api.Calendar.ImportNotice(p.ctx(), req)
	if err != nil {
		if f.refused(err) {
			return p.showNotice(nil)
		}
		return err
	}
	if req.GetValidateOnly() {
		return p.showNotice(res)
	}
	year := strconv.Itoa(int(res.GetNotice().GetYear()))
	moved := strconv.Itoa(int(res.GetMovedCount()))
	return p.done(calendarPath+"?year="+year, text{
		"已导入" + year + "年放假通知，" + moved + "件在办申请的期限随之变动",
		"The notice on " + year + " stands; " + moved + " open deadlines followed",
	})
}

// Ranges writes the days of a notice: 元旦 1月1日–3日.
func (noticeView) Ranges(list []*pb.DayRange) string {
	var out []string
	for _, r := range list {
		one := r.GetFirstDate()
		if r.GetLastDate() != r.GetFirstDate() {
			one += " – " + r.GetLastDate()
		}
		out = append(out, strings.TrimSpace(r.GetFestival()+" "+one))
	}
	return strings.Join(out, "\n")
}
