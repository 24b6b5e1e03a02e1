package calendar_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gongkai/workflow/calendar"
)

func TestNoticesOf2019(t *testing.T) {
	labour := func(first, last calendar.Date) calendar.Range {
		return calendar.Range{First: first, Last: last, FestivalZH: "劳动节", FestivalEN: "Labour Day"}
	}
	issued := calendar.New(2019, 3, 22)
	superseded := labour(calendar.New(2019, 5, 1), calendar.New(2019, 5, 1))
	standing := superseded
	superseded.KnownTo = issued
	spring := calendar.Range{First: calendar.New(2019, 2, 2), Last: calendar.New(2019, 2, 3), FestivalZH: "春节", FestivalEN: "Spring Festival"}
	amendment := calendar.Notice{
		Year: 2019, Title: "国办发明电〔2019〕3号", KnownFrom: issued, Amends: true,
		Rest: []calendar.Range{labour(calendar.New(2019, 5, 1), calendar.New(2019, 5, 4))},
		Work: []calendar.Range{
			labour(calendar.New(2019, 4, 28), calendar.New(2019, 4, 28)),
			labour(calendar.New(2019, 5, 5), calendar.New(2019, 5, 5)),
		},
	}

	got := of(2019, calendar.Embedded())
	if len(got) != 2 || got[0].Title != "国办发明电〔2018〕15号" || !got[0].KnownFrom.IsZero() {
		t.Fatalf("2019 has the notices %+v", got)
	}
	if diff := cmp.Diff(amendment, got[1], cmpopts.IgnoreUnexported(calendar.Range{})); diff != "" {
		t.Errorf("amendment (-want +got)\n%s", diff)
	}
	if !slices.Contains(got[0].Rest, superseded) || !slices.Contains(got[0].Work, spring) {
		t.Errorf("the yearly notice says %+v", got[0])
	}

	got = of(2019, calendar.Embedded().AsOf(issued-1))
	if len(got) != 1 || !slices.Contains(got[0].Rest, standing) {
		t.Errorf("before the amendment, 2019 has the notices %+v", got)
	}
}

func of(year int, cal *calendar.Calendar) []calendar.Notice {
	return slices.DeleteFunc(cal.Notices(), func(n calendar.Notice) bool { return n.Year != year })
}

// TestNoticesAreSound holds the table of notices to what every notice fulfils, and
// each day to the notice that it cites.
func TestNoticesAreSound(t *testing.T) {
	cal := calendar.Embedded()
	year, known := 2007, calendar.Date(0)
	for _, n := range cal.Notices() {
		switch {
		case n.KnownFrom.IsZero() && n.Year != year+1:
			t.Errorf("notice of %d after that of %d", n.Year, year)
		case !n.KnownFrom.IsZero() && (n.Year != year || n.KnownFrom <= known):
			t.Errorf("amendment %s of %d out of order", n.Title, n.Year)
		}
		year, known = n.Year, max(known, n.KnownFrom)
		if n.Title == "" || len(n.Rest) == 0 {
			t.Errorf("notice of %d lacks title or days", n.Year)
		}
		for _, r := range n.Rest {
			checkRange(t, cal, n, r, calendar.Rest)
		}
		for _, r := range n.Work {
			checkRange(t, cal, n, r, calendar.MakeUp)
			for d := r.First; d <= r.Last; d++ {
				if d%7 != 0 && d%7 != 6 {
					t.Errorf("%s makes up on the %s %s", n.Title, d.Weekday(), d)
				}
			}
		}
	}
	if year != 2026 {
		t.Errorf("the last notice is for %d", year)
	}
}

func checkRange(t *testing.T, cal *calendar.Calendar, n calendar.Notice, r calendar.Range, kind calendar.Kind) {
	t.Helper()
	inYear := r.Last.Year() == n.Year || r.Last < calendar.New(n.Year, 1, 1) && r.First >= calendar.New(n.Year-1, 12, 29)
	if r.Last < r.First || r.Last-r.First > 9 || !inYear || r.FestivalZH == "" || r.FestivalEN == "" {
		t.Errorf("%s has the range %+v", n.Title, r)
	}
	if !r.KnownTo.IsZero() {
		cal = cal.AsOf(r.KnownTo - 1)
	}
	for d := r.First; d <= r.Last; d++ {
		want := calendar.Day{
			Date: d, Workday: kind == calendar.MakeUp, Kind: kind,
			FestivalZH: r.FestivalZH, FestivalEN: r.FestivalEN, Notice: n.Title,
		}
		if diff := cmp.Diff(want, cal.Day(d)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", n.Title, diff)
		}
	}
}
