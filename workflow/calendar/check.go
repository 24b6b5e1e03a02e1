package calendar

import (
	"fmt"
	"time"
)

// maxRest is the longest holiday that is believed; the longest so far had ten days.
const maxRest = 16

// Check finds what in a notice contradicts itself. The error is a *NoticeError.
func (n *Notice) Check() error {
	if n.Year < MinYear+1 || n.Year > MaxYear-1 {
		return wrong(0, "年份%[1]d应在%[2]d年至%[3]d年之间", "year %[1]d must lie between %[2]d and %[3]d", n.Year, MinYear+1, MaxYear-1)
	}
	if len(n.Rest) == 0 {
		return wrong(0, "通知没有写明放假日期，应如“元旦：1月1日（周四）至3日（周六）放假”", "the notice names no rest day; write it like 元旦：1月1日（周四）至3日（周六）放假")
	}
	if n.Title == "" {
		return wrong(0, "缺少标题或者文号，应如“国务院办公厅关于%[1]d年部分节假日安排的通知”", "title and number are missing; write 国务院办公厅关于%[1]d年部分节假日安排的通知 as title", n.Year)
	}
	seen := map[Date]bool{}
	for _, r := range n.Rest {
		if err := n.checkRange(r, seen); err != nil {
			return err
		}
	}
	for _, r := range n.Work {
		if err := n.checkRange(r, seen); err != nil {
			return err
		}
		for d := r.First; d <= r.Last; d++ {
			if w := d.Weekday(); w != time.Saturday && w != time.Sunday {
				return wrong(r.line, "%[1]s是%[2]s，本来就上班，不能是调休上班日；调休上班日应为周六或者周日", "%[1]s is a %[3]s and worked anyway; a make-up day is a Saturday or Sunday", d, weekdayZH(d), w)
			}
		}
	}
	return nil
}

func (n *Notice) checkRange(r Range, seen map[Date]bool) error {
	switch {
	case r.FestivalZH == "":
		return wrong(r.line, "%[1]s没有写明节日", "no festival is named for %[1]s", r.First)
	case r.First.IsZero() || r.Last < r.First:
		return wrong(r.line, "%[1]s的放假或者上班日期%[2]s至%[3]s顺序颠倒，首日应不晚于末日", "%[1]s: %[2]s to %[3]s runs backwards; the first day comes first", r.FestivalZH, r.First, r.Last)
	case r.Last-r.First >= maxRest:
		return wrong(r.line, "%[1]s：%[2]s至%[3]s超过%[4]d天，请核对月份", "%[1]s: %[2]s to %[3]s are more than %[4]d days; check the month", r.FestivalZH, r.First, r.Last, maxRest)
	case r.First < New(n.Year-1, time.December, 1) || r.Last > New(n.Year, time.December, 31):
		return wrong(r.line, "%[1]s：%[2]s至%[3]s不属于%[4]d年的通知，应在上年12月至该年年底之间", "%[1]s: %[2]s to %[3]s is not for the notice of %[4]d; give days from December before to the end of that year", r.FestivalZH, r.First, r.Last, n.Year)
	}
	for d := r.First; d <= r.Last; d++ {
		if seen[d] {
			return wrong(r.line, "%[1]s在通知中出现两次，每日只能放假或者上班一次", "%[1]s stands twice in the notice; a day rests or works once", d)
		}
		seen[d] = true
	}
	return nil
}

// NoticeError says what of a notice cannot be read or contradicts itself.
type NoticeError struct {
	Line   int // of the text; 0: the whole
	zh, en string
	args   []any
}

func wrong(line int, zh, en string, args ...any) *NoticeError {
	return &NoticeError{Line: line, zh: zh, en: en, args: args}
}

func (e *NoticeError) Error() string {
	text := fmt.Sprintf(e.en, e.args...)
	if e.Line > 0 {
		return fmt.Sprintf("line %d: %s", e.Line, text)
	}
	return text
}

// ZH is the message in Chinese.
func (e *NoticeError) ZH() string {
	text := fmt.Sprintf(e.zh, e.args...)
	if e.Line > 0 {
		return fmt.Sprintf("第%d行：%s", e.Line, text)
	}
	return text
}

func weekdayZH(d Date) string { return "星期" + string([]rune("日一二三四五六")[d.Weekday()]) }
