package server

import (
	"context"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// parseDate reads a required civil day.
func parseDate(field, text string) (workflow.Date, error) {
	if text == "" {
		return 0, invalid(field, "请填写%[1]s（YYYY-MM-DD）", "give %[1]s as YYYY-MM-DD", field)
	}
	return optionalDate(field, text)
}

// optionalDate reads a civil day that may be left out.
func optionalDate(field, text string) (workflow.Date, error) {
	if text == "" {
		return 0, nil
	}
	d, err := calendar.Parse(text)
	if err != nil {
		return 0, invalid(field, "%[1]s的值“%[2]s”不是有效日期，应为YYYY-MM-DD", "%[1]s: %[2]q is no day of the calendar; write YYYY-MM-DD", field, text)
	}
	return d, nil
}

// calendarOn is the calendar as it was known on a day; all that is known if none is given.
func (s *Server) calendarOn(text string) (*calendar.Calendar, error) {
	d, err := optionalDate("known_on_date", text)
	if err != nil || d.IsZero() {
		return s.calendar(), err
	}
	return s.calendar().AsOf(d), nil
}

// dayKinds are the words for why a day is a workday or not.
var dayKinds = map[calendar.Kind]struct{ zh, en string }{
	calendar.Weekday:   {"工作日", "weekday"},
	calendar.Weekend:   {"休息日", "weekend"},
	calendar.Rest:      {"放假", "public holiday"},
	calendar.MakeUp:    {"调休上班", "make-up workday"},
	calendar.Statutory: {"法定节日（尚无放假通知）", "statutory holiday, no notice yet"},
}

// GetDay says whether a day is a workday, and why.
func (s *Server) GetDay(ctx context.Context, req *pb.GetDayRequest) (*pb.Day, error) {
	d, err := parseDate("date", req.GetDate())
	if err != nil {
		return nil, err
	}
	cal, err := s.calendarOn(req.GetKnownOnDate())
	if err != nil {
		return nil, err
	}
	day, lang := cal.Day(d), callOf(ctx).lang
	kind := dayKinds[day.Kind]
	reason := lang.pick(day.FestivalZH+kind.zh, kind.en)
	if lang == english && day.FestivalEN != "" {
		reason += ": " + day.FestivalEN
	}
	return &pb.Day{Date: d.String(), Workday: day.Workday, Provisional: day.Provisional, Reason: reason, Notice: day.Notice}, nil
}

// maxWorkdays bounds a count of workdays.
const maxWorkdays = 2000

// AddWorkdays counts workdays from a day, which does not count itself.
func (s *Server) AddWorkdays(_ context.Context, req *pb.AddWorkdaysRequest) (*pb.AddWorkdaysResponse, error) {
	d, err := parseDate("date", req.GetDate())
	if err != nil {
		return nil, err
	}
	if n := req.GetWorkdays(); n < -maxWorkdays || n > maxWorkdays {
		return nil, invalid("workdays", "工作日数%[1]d超出范围，应在-%[2]d至%[2]d之间", "%[1]d workdays: give -%[2]d to %[2]d", n, maxWorkdays)
	}
	cal, err := s.calendarOn(req.GetKnownOnDate())
	if err != nil {
		return nil, err
	}
	end := cal.AddWorkdays(d, int(req.GetWorkdays()))
	return &pb.AddWorkdaysResponse{Date: end.String(), Provisional: cal.Provisional(d) || cal.Provisional(end)}, nil
}

// ListNotices lists the State Council's notices.
func (s *Server) ListNotices(_ context.Context, req *pb.ListNoticesRequest) (*pb.ListNoticesResponse, error) {
	k := s.notices.current.Load()
	return &pb.ListNoticesResponse{Notices: k.noticesPB(int(req.GetYear())), Statutory: statutoryPB(k.cal, int(req.GetYear()))}, nil
}

// statutoryPB lists the holidays of a year that the statute alone names.
func statutoryPB(cal *calendar.Calendar, year int) []*pb.DayRange {
	var out []*pb.DayRange
	if year < firstYear || year > lastYear {
		return nil
	}
	for d := calendar.New(year, 1, 1); d.Year() == year; d++ {
		day := cal.Day(d)
		if day.Kind != calendar.Statutory {
			continue
		}
		if n := len(out); n > 0 && out[n-1].GetFestival() == day.FestivalZH && out[n-1].GetLastDate() == d.AddDays(-1).String() {
			out[n-1].LastDate = d.String()
			continue
		}
		out = append(out, &pb.DayRange{FirstDate: d.String(), LastDate: d.String(), Festival: day.FestivalZH})
	}
	return out
}
