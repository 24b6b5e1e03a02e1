package calendar_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gongkai/workflow/calendar"
)

// written are notices in the form in which they are published, with what varied over the
// years: full-width digits, 与周末连休, 放假1天, days of the year before, a part of a line.
var written = []struct {
	name string
	year int
	nth  int // which of the year's notices
	text string
}{
	{name: "2008: dash and 星期", year: 2008, text: `测试：关于2008年部分节假日安排的通知
一、元旦：2007年12月30日—2008年1月1日放假，共3天。12月29日（星期六）上班。
二、春节：2月6日至12日放假，共7天。2月2日（星期六）、2月3日（星期日）照常上班。
三、清明节：4月4日至6日放假，共3天。
四、“五一”国际劳动节：5月1日至3日放假，共3天。5月4日（星期日）上班。
五、端午节：6月7日至9日放假。
六、中秋节：9月13日至15日放假。
七、国庆节：9月29日至10月5日放假，共7天。9月27日（星期六）、9月28日（星期日）上班。`},
	{name: "2019: joined to the weekend", year: 2019, text: `国务院办公厅关于2019年
部分节假日安排的通知（合成样本，2019年部分节假日）
国办发明电[2018]15号
一、元旦：2018年12月30日至2019年1月1日放假调休，共3天。2018年12月29日（星期六）上班。
二、春节：2月4日至10日放假调休，共7天。2月2日（星期六）、2月3日（星期日）上班。
三、清明节：4月5日放假，与周末连休。
四、劳动节：5月1日放假。
五、端午节：6月7日放假，与周末连休。
六、中秋节：9月13日放假，与周末连休。
七、国庆节：10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。
各单位应妥善安排值班。
国务院办公厅
二〇一八年十二月一日`},
	{name: "2019: amendment", year: 2019, nth: 1, text: `关于调整2019年劳动节假期安排的通知
国办发明电〔2019〕3号
现将2019年劳动节的放假日期改为如下：
一、２０１９年５月１日至４日放假调休，共４天。４月２８日（星期日）、５月５日（星期日）上班。
2019年3月22日`},
	{name: "2025: 放假1天 and 农历", year: 2025, text: `关于2025年部分节假日安排的通知
一、元旦：1月1日（周三）放假1天，不调休。
二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。1月26日（周日）、2月8日（周六）上班。
三、清明节：4月4日（周五）至6日（周日）放假，共3天。
四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。
五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。
六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。`},
	{name: "2026: brackets of a keyboard, blanks", year: 2026, text: "关于2026年部分节假日安排的通知\r\n国办发明电〔2025〕7号\r\n" +
		"一、元旦: 1 月 1 日(周四)至 3 日(周六)放假调休, 共 3 天。1 月 4 日(周日)上班。\r\n" +
		"二、春节: 2月15日(周日)至23日(周一)放假调休，共9天。2月14日(周六)、2月28日(周六)上班。\r\n" +
		"三、清明节：4月4日至6日放假，共3天。\r\n" +
		"四、劳动节：5月1日至5日放假调休，共5天。\r\n5月9日（周六）上班。\r\n" +
		"五、端午节：6月19日至21日放假，共3天。\r\n六、国庆节：10月1日至7日放假调休，共7天。9月20日（周日）、10月10日（周六）上班。\r\n" +
		"七、中秋节：9月25日至27日放假，共3天。\r\n2025年11月4日\r\n"},
}

func TestReadNoticeAsEmbedded(t *testing.T) {
	for _, tt := range written {
		t.Run(tt.name, func(t *testing.T) {
			got, err := calendar.ReadNotice(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			want := of(tt.year, calendar.Embedded())[tt.nth]
			for i := range want.Rest {
				want.Rest[i].KnownTo = 0
			}
			for i := range want.Work {
				want.Work[i].KnownTo = 0
			}
			byDay := cmpopts.SortSlices(func(a, b calendar.Range) bool { return a.First < b.First })
			ignored := cmpopts.IgnoreFields(calendar.Notice{}, "Title", "KnownFrom", "Amends")
			if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(calendar.Range{}), byDay, ignored); diff != "" {
				t.Errorf("(-embedded +read)\n%s", diff)
			}
			if strings.HasPrefix(want.Title, "国办") && got.Title != want.Title {
				t.Errorf("title %q, want %q", got.Title, want.Title)
			}
		})
	}
	for i, want := range map[int]string{1: "2018-12-01", 2: "2019-03-22", 3: "", 4: "2025-11-04"} {
		if got, _ := calendar.ReadNotice(written[i].text); got.KnownFrom.String() != want {
			t.Errorf("%s was issued on %q, want %q", written[i].name, got.KnownFrom, want)
		}
	}
}

// TestReadTable writes each embedded notice as a table and reads it back.
func TestReadTable(t *testing.T) {
	for _, want := range calendar.Embedded().Notices() {
		got, err := calendar.ReadNotice(table(want))
		if err != nil {
			t.Fatalf("%s: %v", want.Title, err)
		}
		want.Title, want.Amends = got.Title, false
		for _, list := range [][]calendar.Range{want.Rest, want.Work} {
			for i := range list {
				list[i].KnownTo, list[i].FestivalEN = 0, ""
			}
		}
		same := cmpopts.IgnoreFields(calendar.Range{}, "FestivalEN")
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(calendar.Range{}), same); diff != "" {
			t.Errorf("%s (-want +got)\n%s", want.Title, diff)
		}
	}
}

const tableHeader = "notice_year\tfestival\tkind\tfirst_date\tlast_date\tknown_from\tknown_to\n"

func table(n calendar.Notice) string {
	var b strings.Builder
	b.WriteString("# rows\n" + tableHeader)
	for kind, list := range map[string][]calendar.Range{"rest": n.Rest, "work": n.Work} {
		for _, r := range list {
			fmt.Fprintf(&b, "%d\t%s\t%s\t%s\t%s\t%s\t\n", n.Year, r.FestivalZH, kind, r.First, r.Last, n.KnownFrom)
		}
	}
	return b.String()
}

func TestReadNoticeRefuses(t *testing.T) {
	const head = "关于2027年部分节假日安排的通知\n"
	tests := []struct {
		name, text string
		line       int
		zh, en     string
	}{
		{"weekday", head + "一、元旦：1月1日（周四）至3日放假，共3天。", 2, "第2行：2027-01-01是星期五，通知写作“周四”；请核对日期和年份", "is a Friday"},
		{"count", head + "一、元旦：1月1日（周五）至3日（周日）放假调休，共4天。", 2, "第2行：所列放假日期共3天，通知写作4天；请核对起止日期", "are 3, the notice says 4"},
		{"count before", head + "一、元旦：1月1日（周五）至3日（周日）放假2天。", 2, "第2行：所列放假日期共3天，通知写作2天；请核对起止日期", "are 3, the notice says 2"},
		{"make-up on a workday", head + "元旦：1月1日放假。\n1月4日上班。", 3, "第3行：2027-01-04是星期一，本来就上班，不能是调休上班日；调休上班日应为周六或者周日", "worked anyway"},
		{"no year", "一、元旦：1月1日（周五）至3日放假。", 1, "第1行：没有写明年份，首行应如“国务院办公厅关于2027年部分节假日安排的通知”", "year is missing"},
		{"no day", head + "元旦：2月30日放假。", 2, "第2行：日期“2月30日”不存在，应为该月实有的一日", "is no day"},
		{"nothing", head, 0, "通知没有写明放假日期，应如“元旦：1月1日（周四）至3日（周六）放假”", "names no rest day"},
		{"verb missing", head + "元旦：1月1日（周五）至3日。", 2, "第2行：2027-01-01之后应写明“放假”或者“上班”", "there should be"},
		{"festival missing", head + "1月1日放假。", 2, "第2行：2027-01-01没有写明节日，应如“劳动节：5月1日至5日放假”", "no festival is named"},
		{"twice", head + "元旦：1月1日至3日放假。\n春节：1月3日至5日放假。", 3, "第3行：2027-01-03在通知中出现两次，每日只能放假或者上班一次", "stands twice"},
		{"backwards", head + "元旦：1月3日至1日放假。", 2, "第2行：元旦的放假或者上班日期2027-01-03至2027-01-01顺序颠倒，首日应不晚于末日", "runs backwards"},
		{"too long", head + "春节：2月5日至3月5日放假。", 2, "第2行：春节：2027-02-05至2027-03-05超过16天，请核对月份", "check the month"},
		{"prolonged", head + "一、延长2027年春节假期至2月12日，2月13日起正常上班。", 2, "第2行：“延长”应改写为完整的起止日期，如“1月24日至2月2日放假”，并写明仍需上班的日期", "prolonged"},
		{"other year", head + "元旦：2029年1月1日放假。", 2, "第2行：元旦：2029-01-01至2029-01-01不属于2027年的通知，应在上年12月至该年年底之间", "not for the notice of 2027"},
		{"table kind", tableHeader + "2027\t元旦\toff\t2027-01-01\t\t\t", 2, "第2行：kind“off”应为rest（放假）或者work（上班）", "should be rest or work"},
		{"table years", tableHeader + "2027\t元旦\trest\t2027-01-01\t\t\t\n2028\t元旦\trest\t2028-01-01\t\t\t", 3, "第3行：notice_year“2028”应为年份，并与其他行相同；一次导入一个年度的通知", "one notice at a time"},
		{"table day", tableHeader + "2027\t元旦\trest\t2027-1-1\t\t\t", 2, "第2行：first_date“2027-1-1”应为YYYY-MM-DD的日期", "should be a day"},
		{"table header", "notice_year\tday\n", 1, "第1行：表头应为notice_year festival kind first_date last_date known_from known_to，以制表符分隔", "header should be"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := calendar.ReadNotice(tt.text)
			var wrong *calendar.NoticeError
			if !errors.As(err, &wrong) {
				t.Fatalf("reads as %+v, %v", n, err)
			}
			if wrong.Line != tt.line || wrong.ZH() != tt.zh || !strings.Contains(wrong.Error(), tt.en) {
				t.Errorf("line %d: %s\n%s", wrong.Line, wrong.ZH(), wrong.Error())
			}
		})
	}
}

// FuzzReadNotice holds whatever is read to what the calendar needs.
func FuzzReadNotice(f *testing.F) {
	for _, w := range written {
		f.Add(w.text)
	}
	f.Add(tableHeader + "2027\t元旦\trest\t2027-01-01\t2027-01-03\t2026-11-04\t")
	if raw, err := os.ReadFile("../../../shared/law/holidays.tsv"); err == nil {
		f.Add(string(raw))
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := calendar.ReadNotice(text)
		var wrong *calendar.NoticeError
		if err != nil {
			if !errors.As(err, &wrong) || wrong.ZH() == "" || strings.Contains(wrong.ZH()+wrong.Error(), "%!") {
				t.Fatalf("%v", err)
			}
			return
		}
		again, err := calendar.ReadNotice(table(n))
		if err != nil || len(again.Rest) != len(n.Rest) || len(again.Work) != len(n.Work) {
			t.Fatalf("%+v as a table is %+v, %v", n, again, err)
		}
		n.KnownFrom = calendar.New(2026, 11, 4)
		cal, err := calendar.Embedded().With(n)
		if err != nil {
			return
		}
		for _, r := range n.Rest {
			if cal.IsWorkday(r.First) || cal.IsWorkday(r.Last) {
				t.Fatalf("%s to %s is no rest", r.First, r.Last)
			}
		}
	})
}
