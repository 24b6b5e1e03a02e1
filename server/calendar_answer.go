package server

import (
	"fmt"
	"strings"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// changedDay is a day that a notice changes.
type changedDay struct {
	Date  workflow.Date `json:"date"`
	After bool          `json:"work"` // it is a workday now
}

// noticePB renders what a notice says and moves, as it was found when it was taken in.
func (s *Server) noticePB(lang language, f *noticeFacts, imported bool) *pb.ImportNoticeResponse {
	n := f.notice()
	out := &pb.ImportNoticeResponse{
		Notice: &pb.Notice{
			Year: int32(f.Year), Title: f.Title, KnownFromDate: f.KnownFrom.String(), IssueDate: f.Issue.String(), Imported: imported,
			Rest: ranges(n.Rest), Work: ranges(n.Work),
		},
		MovedCount: int32(f.MovedCount), FirmCount: int32(f.FirmCount), Imported: imported,
		Warnings: f.warnings(lang), Pending: imported && s.notices.pending.Load(),
	}
	for _, d := range f.Changed {
		out.ChangedDays = append(out.ChangedDays, &pb.ChangedDay{Date: d.Date.String(), Before: !d.After, After: d.After})
	}
	for _, m := range f.Moved {
		row := &pb.MovedDeadline{
			Name: applicationName(m.Agency, m.ID), ApplicationNo: m.Number, BeforeDate: m.Before.String(), AfterDate: m.After.String(),
		}
		for _, q := range m.Letters {
			row.Letters = append(row.Letters, q.text(lang))
		}
		out.Moved = append(out.Moved, row)
	}
	return out
}

// warnings are what to look at before, or after, a notice is taken in.
func (f *noticeFacts) warnings(lang language) []string {
	var out []string
	warn := func(zh, en string, args ...any) { out = append(out, fmt.Sprintf(lang.pick(zh, en), args...)) }
	if len(f.Missing) > 0 {
		warn("通知没有写明这些节日：%[1]s（《全国年节及纪念日放假办法》第2条）；请核对是否漏贴",
			"the notice does not name %[1]s (全国年节及纪念日放假办法 Art 2); check that nothing was left out", strings.Join(f.Missing, "、"))
	}
	if f.Issue < f.KnownFrom.AddDays(-1) {
		warn("通知于%[1]s印发，今天才导入：已办结的仍按办结时的日历，通知自%[2]s起用于判定办理行为，未办结的期限立即随之变动",
			"the notice was issued on %[1]s and is taken in today: what was closed keeps the calendar under which it closed; acts are judged by the notice from %[2]s, open deadlines follow at once",
			f.Issue, f.KnownFrom)
	}
	letters := 0
	for _, m := range f.Moved {
		letters += len(m.Letters)
	}
	if letters > 0 {
		warn("有%[1]d份已发出的文书写明了原来的日期，请考虑另行告知申请人", workflow.Plural(letters, "%[1]d letter that was sent quotes the date before; consider telling the applicant", "%[1]d letters that were sent quote the date before; consider telling the applicants"), letters)
	}
	if f.MovedCount > len(f.Moved) {
		warn("共%[1]d个期限变动，只列出前%[2]d个", "%[1]d deadlines move; the first %[2]d are listed", f.MovedCount, len(f.Moved))
	}
	return out
}

// noticesPB lists the notices of a year (0: of all), those of the register marked.
func (k *known) noticesPB(year int) []*pb.Notice {
	type key struct {
		year int
		from workflow.Date
	}
	own := map[key]*noticeFacts{}
	for i := range k.notices {
		own[key{k.notices[i].Year, k.notices[i].KnownFrom}] = &k.notices[i]
	}
	var out []*pb.Notice
	for _, n := range k.cal.Notices() {
		if year != 0 && year != n.Year {
			continue
		}
		row := &pb.Notice{Year: int32(n.Year), Title: n.Title, KnownFromDate: n.KnownFrom.String(), Rest: ranges(n.Rest), Work: ranges(n.Work)}
		if f := own[key{n.Year, n.KnownFrom}]; f != nil && f.Title == n.Title {
			row.IssueDate, row.Imported = f.Issue.String(), true
		}
		out = append(out, row)
	}
	return out
}

func ranges(list []calendar.Range) []*pb.DayRange {
	var out []*pb.DayRange
	for _, r := range list {
		out = append(out, &pb.DayRange{
			FirstDate: r.First.String(), LastDate: r.Last.String(), Festival: r.FestivalZH, KnownToDate: r.KnownTo.String(),
		})
	}
	return out
}

// CalendarOf is a calendar with the notices of a register.
func CalendarOf(r storage.Reader, base *calendar.Calendar) (*calendar.Calendar, error) {
	list, err := noticesIn(r)
	if err != nil {
		return nil, err
	}
	return with(base, list)
}
