package report_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
	"gongkai/workflow/report"
)

// reading sets one setting for good.
func reading(key, value string) workflow.Settings {
	return workflow.Settings{}.With(key, workflow.SettingValue{From: calendar.New(2008, 5, 1), Value: value})
}

// readingRows are the settings that act in the tables.
func readingRows() []workflow.SettingRow {
	var out []workflow.SettingRow
	for _, r := range workflow.SettingRows() {
		if strings.HasPrefix(r.Key, "mapping.") || r.Key == workflow.SetPendingDisputes {
			out = append(out, r)
		}
	}
	return out
}

// TestEveryReadingMovesItsCases: one case of the basis moves from the default cell to the
// one set, no other cell changes but sums, and the report says so.
func TestEveryReadingMovesItsCases(t *testing.T) {
	const year = 2018
	for _, r := range readingRows() {
		b, code := strings.CutPrefix(r.Key, "mapping.code.")
		form := report.Codes2014
		if !code {
			if b, code = strings.CutPrefix(r.Key, "mapping.row."); !code {
				continue
			}
			form = report.Table2021
		}
		tally := report.Tally{}
		tally.Add([]report.Count{{Tuple: report.Tuple{
			Flow: report.Concluded, Year: year, Kind: workflow.NaturalPerson, Basis: outcome.Basis(b), Timing: workflow.OnTime,
		}, N: 1}}, 1)
		for _, choice := range r.Values {
			rep, err := report.Compute(form, report.VariantOf(reading(r.Key, choice.Value), year), year, tally, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, other := range r.Values {
				if other.Value == "none" {
					continue
				}
				cell, err := rep.Cell(other.Value)
				if err != nil {
					t.Fatal(err)
				}
				if want := report.Whole(map[bool]int64{true: 1}[other.Value == choice.Value]); cell.Value.Figure != want {
					t.Errorf("%s=%s: %s is %s, want %s", r.Key, choice.Value, other.Value, cell.Value, want)
				}
			}
			said := false
			for _, w := range rep.Warnings {
				said = said || strings.Contains(w.EN, "by the agency's setting") && strings.Contains(w.EN, b)
			}
			if said != (choice.Value != r.Default) {
				t.Errorf("%s=%s: the report says so: %v", r.Key, choice.Value, said)
			}
		}
	}
}

func TestPendingDisputes(t *testing.T) {
	tally := report.Tally{}
	suit := func(filed, ended workflow.Date) {
		r := workflow.Remedy{Kind: workflow.Litigation, FileDate: filed, ConcludeDate: ended}
		if !ended.IsZero() {
			r.Result = workflow.Upheld
		}
		tally.Add(report.RemedyTuples(&r), 1)
	}
	suit(calendar.New(2017, 11, 1), 0)
	suit(calendar.New(2017, 11, 2), calendar.New(2018, 3, 1))
	tests := []struct {
		name, value, cell string
		year              int
		want              int64
	}{
		{"by default nothing is counted before it is decided", "", "5000", 2017, 0},
		{"pending at the end of the year", "other", "5300", 2017, 2},
		{"in the sum as well", "other", "5000", 2017, 2},
		{"one decided, one still pending", "other", "5000", 2018, 2},
		{"the decided one has its result", "other", "5100", 2018, 1},
		{"no reconsideration", "other", "4300", 2017, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := report.VariantOf(reading(workflow.SetPendingDisputes, tt.value), tt.year)
			rep, err := report.Compute(report.Codes2014, v, tt.year, tally, nil)
			if err != nil {
				t.Fatal(err)
			}
			cell, err := rep.Cell(tt.cell)
			if err != nil || cell.Value.Figure != report.Whole(tt.want) {
				t.Errorf("%s is %s (%v), want %d", tt.cell, cell.Value, err, tt.want)
			}
		})
	}
}

// TestCellsAndDrillDownReadAlike: whatever an agency sets, a cell is the sum of the tuples
// behind it, and its terms find exactly those.
func TestCellsAndDrillDownReadAlike(t *testing.T) {
	rows := readingRows()
	rapid.Check(t, func(t *rapid.T) {
		tally, _ := register(t)
		year := rapid.IntRange(2016, 2027).Draw(t, "year")
		s := workflow.Settings{CodesVariant: rapid.SampledFrom([]string{"", "national"}).Draw(t, "print")}
		for _, r := range rows {
			v := rapid.SampledFrom(r.Values).Draw(t, r.Key).Value
			from := calendar.New(rapid.IntRange(2016, 2027).Draw(t, "from"), 7, 1)
			s = s.With(r.Key, workflow.SettingValue{From: from, Value: v})
		}
		v := report.VariantOf(s, year)
		for _, f := range report.Forms() {
			rep, err := report.Compute(f, v, year, tally, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range rep.Lines {
				for _, c := range l.Cells {
					checkCell(t, rep, c, tally)
				}
			}
		}
	})
}

func TestVariantOfDefaults(t *testing.T) {
	for _, print := range []string{"", "shanghai", "national"} {
		if got := report.VariantOf(workflow.Settings{CodesVariant: print}, 2018); string(got) != print {
			t.Errorf("VariantOf(%q) = %q", print, got)
		}
	}
	v := report.VariantOf(reading("mapping.code.unavailable.needs_creation", "3360"), 2018)
	if v != "shanghai;code.unavailable.needs_creation=3360" || v.Print() != report.Shanghai {
		t.Errorf("got %q, print %q", v, v.Print())
	}
	for _, bad := range []report.Variant{"shanghai;x", "shanghai;code.nothing=3345", "nowhere;pending=other", "shanghai;pending=yes"} {
		if _, err := report.Codes2014.Tables(bad); !errors.Is(err, report.ErrForm) {
			t.Errorf("variant %q: %v", bad, err)
		}
	}
}
