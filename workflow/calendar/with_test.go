package calendar_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/workflow/calendar"
)

const synthetic2027 = `国务院办公厅关于2027年部分节假日安排的通知（合成样本）
一、元旦：1月1日（周五）至3日（周日）放假，共3天。
二、春节：2月5日（周五）至11日（周四）放假调休，共7天。1月30日（周六）、2月14日（周日）上班。
三、清明节：4月3日（周六）至5日（周一）放假，共3天。
四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。5月8日（周六）上班。
五、端午节：6月9日（周三）放假1天。
六、中秋节：9月15日（周三）放假1天。
七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。9月26日（周日）、10月9日（周六）上班。
2026年11月4日`

func read(t testing.TB, text string) calendar.Notice {
	t.Helper()
	n, err := calendar.ReadNotice(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWith(t *testing.T) {
	embedded := calendar.Embedded()
	year := read(t, synthetic2027)
	amendment := read(t, "关于调整2027年劳动节假期的通知\n劳动节：5月1日至6日放假调休，共6天。5月8日（周六）、5月9日（周日）上班。\n2027年3月10日")
	amendment.Amends = true
	cal, err := embedded.With(amendment, year) // in any order
	if err != nil {
		t.Fatal(err)
	}
	d := func(m, day int) calendar.Date { return calendar.New(2027, 1, 1).AddMonths(m-1) + calendar.Date(day-1) }
	if embedded.Revision() != "2026-7793649b" || embedded.IsWorkday(d(5, 8)) || embedded.Noticed(2027) {
		t.Error("the embedded calendar learned of a notice")
	}
	if !cal.Noticed(2027) || cal.Provisional(d(12, 31)) || !cal.Provisional(d(12, 31)+1) || !embedded.Provisional(d(1, 1)) {
		t.Error("the notice does not fix its year, or more than that")
	}
	tests := []struct {
		known          string
		on5th, on6th   bool
		on8th, on9th   bool
		provisional    bool
		revisionPrefix string
	}{
		{"2026-11-03", true, true, false, false, true, "2026-7793649b"},
		{"2026-11-04", false, true, true, false, false, "2027-"},
		{"2027-03-09", false, true, true, false, false, "2027-"},
		{"2027-03-10", false, false, true, true, false, "2027-"},
	}
	for _, tt := range tests {
		c := cal.AsOf(on(t, tt.known))
		got := []bool{c.IsWorkday(d(5, 5)), c.IsWorkday(d(5, 6)), c.IsWorkday(d(5, 8)), c.IsWorkday(d(5, 9)), c.Provisional(d(6, 1))}
		if diff := cmp.Diff([]bool{tt.on5th, tt.on6th, tt.on8th, tt.on9th, tt.provisional}, got); diff != "" || !strings.HasPrefix(c.Revision(), tt.revisionPrefix) {
			t.Errorf("known on %s, revision %s (-want +got)\n%s", tt.known, c.Revision(), diff)
		}
	}
	notices := of(2027, cal)
	if len(notices) != 2 || notices[0].Amends || !notices[1].Amends || notices[0].Rest[3].KnownTo != on(t, "2027-03-10") || notices[0].Rest[2].KnownTo != 0 {
		t.Errorf("2027 has the notices %+v", notices)
	}
	var moved []string
	for _, c := range cal.Changes(cal.AsOf(on(t, "2027-03-09"))) {
		moved = append(moved, c.Date.String())
		if c.Before == c.After {
			t.Errorf("%s did not change", c.Date)
		}
	}
	if diff := cmp.Diff([]string{"2027-05-06", "2027-05-09"}, moved); diff != "" {
		t.Errorf("changed days (-want +got)\n%s", diff)
	}
}

// TestWithKeepsTheRegistersYear: a later program that embeds the year as always known does
// not change what a register judged by its own notice.
func TestWithKeepsTheRegistersYear(t *testing.T) {
	own := of(2026, calendar.Embedded())[0]
	own.KnownFrom, own.Rest = on(t, "2025-11-20"), own.Rest[:len(own.Rest)-1] // without 中秋节
	cal, err := calendar.Embedded().With(own)
	if err != nil {
		t.Fatal(err)
	}
	if !cal.IsWorkday(on(t, "2026-09-25")) || !cal.AsOf(on(t, "2025-11-19")).Provisional(on(t, "2026-03-02")) {
		t.Error("the embedded year stands beside that of the register")
	}
}

func TestWithRefuses(t *testing.T) {
	year := read(t, synthetic2027)
	late := func(text string) calendar.Notice {
		n := read(t, text)
		n.Amends = true
		if n.KnownFrom.IsZero() {
			n.KnownFrom = calendar.New(2026, 12, 1)
		}
		return n
	}
	tests := []struct {
		name string
		n    calendar.Notice
		zh   string
	}{
		{"gap", late("关于2029年部分节假日的通知\n元旦：1月1日放假。"), "2029年的通知之前缺少2028年的通知；请先导入后者"},
		{"half of two", late("关于2025年节假日的通知\n中秋节：10月6日放假。"), "原通知将“国庆节、中秋节”一并安排，修改通知只写了其中一个；请一并写明"},
		{"over another", late("关于2027年节假日的通知\n抗战胜利纪念日：10月2日放假。"), "2027-10-02同时由“国庆节”和“抗战胜利纪念日”安排；修改通知应写明两者"},
		{"make-up only", calendar.Notice{
			Year: 2027, Title: "合成", KnownFrom: calendar.New(2026, 12, 1), Amends: true, Rest: year.Rest[:1], Work: year.Work[:1],
		}, "2027-01-30为“春节”上班，但通知未写明该节日的放假日期"},
		{"unknown since", calendar.Notice{Year: 2027, Title: "合成", Rest: year.Rest, Work: year.Work}, "通知缺少印发日期，应写明自哪一日起知悉"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := calendar.Embedded().With(year, tt.n)
			var wrong *calendar.NoticeError
			if !errors.As(err, &wrong) || wrong.ZH() != tt.zh {
				t.Errorf("%v", err)
			}
		})
	}
}
