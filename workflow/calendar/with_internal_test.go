package calendar

import "testing"

// TestWithUnderALaterProgram: a register took in the notice of a year; a later program has
// embedded that notice and its amendment of March. The amendment holds from then on.
func TestWithUnderALaterProgram(t *testing.T) {
	first := Notice{
		Year: 2027, Title: "关于2027年部分节假日安排的通知（合成样本）", KnownFrom: day(20261125),
		Rest: []Range{Named(day(20270101), day(20270103), "元旦"), Named(day(20270501), day(20270502), "劳动节")},
	}
	embedded := append(clone(notices),
		notice{2027, "通知", 0, []holiday{{newYear, 20270101, 20270103, nil, 0}, {labour, 20270501, 20270502, nil, 20270322}}},
		notice{2027, "修改通知", 20270322, []holiday{{labour, 20270501, 20270505, []int{20270508}, 0}}})
	with, err := chain(embedded).With(first)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		known   Date
		workday bool
	}{{day(20270321), true}, {day(20270322), false}} {
		if got := with.AsOf(test.known).IsWorkday(day(20270503)); got != test.workday {
			t.Errorf("known on %s, 2027-05-03 is a workday: %v", test.known, got)
		}
	}
}
