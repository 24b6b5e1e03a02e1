package report_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/workflow/outcome"
	"gongkai/workflow/report"
)

func TestParseCell(t *testing.T) {
	for _, tc := range []struct {
		name string
		form report.Form
		year int
		cell string
		want string
		err  error
	}{
		{"row and column", report.Table2021, 2024, "denied.stateSecret/naturalPerson", "denied.stateSecret/naturalPerson", nil},
		{"row alone", report.Table2021, 2024, "granted", "granted/total", nil},
		{"remedy", report.Table2021, 2024, "review/upheld", "review/upheld", nil},
		{"code", report.Codes2014, 2018, " 3345 ", "3345", nil},
		{"fee counted", report.Codes2014, 2022, "7000", "7000", nil},
		{"fee entered", report.Codes2014, 2020, "7000", "", report.ErrEntered},
		{"entered", report.Codes2014, 2018, "8300", "", report.ErrEntered},
		{"entered, table 二", report.Table2021, 2024, "t2.1.rules.made", "", report.ErrEntered},
		{"entered, with a slash", report.Table2021, 2024, "t2.1.rules/made", "", report.ErrEntered},
		{"no such row", report.Table2021, 2024, "grantde/total", "", report.ErrCell},
		{"no such column", report.Table2021, 2024, "granted/everybody", "", report.ErrCell},
		{"no column in codes", report.Codes2014, 2018, "3345/total", "", report.ErrCell},
		{"row of the other form", report.Table2021, 2024, "other", "", report.ErrCell},
		{"empty", report.Table2021, 2024, "", "", report.ErrCell},
		{"slash alone", report.Table2021, 2024, "/", "", report.ErrCell},
		{"no such form", "x", 2024, "granted", "", report.ErrForm},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := report.ParseCell(tc.form, "", tc.year, tc.cell)
			if !errors.Is(err, tc.err) || s.Cell != tc.want {
				t.Errorf("got %q, %v; want %q, %v", s.Cell, err, tc.want, tc.err)
			}
		})
	}
	_, err := report.ParseCell(report.Table2021, "", 2024, "grantde/total")
	var unknown *report.CellError
	if !errors.As(err, &unknown) || unknown.Near[0] != "granted/total" {
		t.Errorf("nearest cells of %v", err)
	}
}

func TestTermsNarrow(t *testing.T) {
	s, err := report.ParseCell(report.Codes2014, "", 2018, "3340")
	if err != nil {
		t.Fatal(err)
	}
	var want []outcome.Basis
	for _, r := range outcome.Rows() {
		if strings.HasPrefix(r.Code2014, "334") {
			want = append(want, r.Basis)
		}
	}
	terms := s.Terms()
	if len(terms) != 1 || terms[0].Flow != report.Concluded || terms[0].From != 2018 || terms[0].To != 2018 || len(terms[0].Bases) != len(want) || terms[0].Kinds != nil {
		t.Errorf("terms of 3340: %+v, want conclusions of 2018 on %v", terms, want)
	}
	s, err = report.ParseCell(report.Table2021, "", 2024, "review")
	if err != nil {
		t.Fatal(err)
	}
	if got := len(s.Terms()); got != 3 { // decided, pending then, undecided today
		t.Errorf("%d terms of review/total: %+v", got, s.Terms())
	}
}

func TestCheckFigure(t *testing.T) {
	for _, tc := range []struct {
		name  string
		year  int
		key   string
		value string
		err   error
	}{
		{"code", 2018, "8310", "2", nil},
		{"national code", 2018, "8400", "1.5", nil},
		{"key of table 二", 2023, "t2.6.penalties", "12", nil},
		{"key of 2019", 2019, "t2.9.procurement.amount", "12.75", nil},
		{"change may be negative", 2019, "t2.5.licences.change", "-3", nil},
		{"fees before 2021", 2020, "7000", "10.25", nil},
		{"fees from 2021 on", 2021, "7000", "10", report.ErrDerived},
		{"derived", 2018, "3100", "1", report.ErrDerived},
		{"unknown", 2018, "3101", "1", report.ErrFigureKey},
		{"negative", 2018, "8310", "-1", report.ErrFigure},
		{"half a person", 2018, "8310", "1.5", report.ErrFigure},
		{"half a fen", 2018, "7000", "1.005", report.ErrFigure},
		{"too large", 2018, "1100", "90000000000", report.ErrFigure},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, err := report.ParseFigure(tc.value)
			if err != nil {
				t.Fatal(err)
			}
			if err := report.CheckFigure(tc.year, tc.key, f); !errors.Is(err, tc.err) {
				t.Errorf("got %v, want %v", err, tc.err)
			}
		})
	}
}

func TestCellsNameEveryFigure(t *testing.T) {
	for _, f := range forms {
		names, err := f.form.Cells(f.variant)
		if err != nil {
			t.Fatal(err)
		}
		r := compute(t, f.form, f.variant, 2020, nil, nil)
		var got []string
		for _, l := range r.Lines {
			for _, c := range l.Cells {
				got = append(got, c.Name())
				found, err := r.Cell(c.Name())
				if err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(c, found); diff != "" {
					t.Errorf("looking up %s gives another cell:\n%s", c.Name(), diff)
				}
			}
		}
		if diff := cmp.Diff(names, got); diff != "" {
			t.Errorf("%s: cells (-form +report):\n%s", f.form, diff)
		}
	}
	if _, err := report.Cumulative.Cells(""); !errors.Is(err, report.ErrForm) {
		t.Errorf("cells of a form that is only read: %v", err)
	}
}

func TestUnknownCellSaysWhatIsNear(t *testing.T) {
	r := compute(t, report.Codes2014, "", 2018, nil, nil)
	_, err := r.Cell("3344x")
	if err == nil || !strings.Contains(err.Error(), `cell "3344x" of codes-2014: no such cell; near it: 3344`) {
		t.Errorf("error %v", err)
	}
	if _, err := r.Cell(strings.Repeat("9", 1<<20)); !errors.Is(err, report.ErrCell) {
		t.Errorf("a cell of a million digits: %v", err)
	}
}

func TestValuesInJSON(t *testing.T) {
	got, err := json.Marshal([]any{report.Known(1_500_000), report.Value{}, report.Whole(-2), report.Whole(1 << 60)})
	if err != nil {
		t.Fatal(err)
	}
	if want := "[1.5,null,-2,9223372036854.775807]"; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
