package web

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"gongkai/server/web/chart"
)

// shanghai is the zone of all legal days; it has kept no summer time since 1991.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

var weekdays = [...]text{
	{"星期日", "Sunday"},
	{"星期一", "Monday"},
	{"星期二", "Tuesday"},
	{"星期三", "Wednesday"},
	{"星期四", "Thursday"},
	{"星期五", "Friday"},
	{"星期六", "Saturday"},
}

// longDay writes a day out, as documents do: 2026年3月5日.
func longDay(l language, day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	if l == english {
		return t.Format("2 January 2006")
	}
	return fmt.Sprintf("%d年%d月%d日", t.Year(), int(t.Month()), t.Day())
}

// weekday names the day of the week.
func weekday(l language, day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return weekdays[t.Weekday()].in(l)
}

// moment writes an instant as of Shanghai, to the minute.
func moment(at *timestamppb.Timestamp) string {
	if at == nil {
		return ""
	}
	return at.AsTime().In(shanghai).Format("2006-01-02 15:04")
}

// workdaysLeft says how many workdays remain: 剩余3个工作日, 今日到期, 已超期2个工作日.
func workdaysLeft(l language, n int32) string {
	switch {
	case n > 0:
		return text{fmt.Sprintf("剩余%d个工作日", n), fmt.Sprintf(chart.Plural(n, "%d workday left", "%d workdays left"), n)}.in(l)
	case n == 0:
		return text{"今日到期", "due today"}.in(l)
	}
	return text{fmt.Sprintf("已超期%d个工作日", -n), fmt.Sprintf(chart.Plural(-n, "%d workday overdue", "%d workdays overdue"), -n)}.in(l)
}
