// Package report holds the statutory tables of the annual report as data: which case
// counts in which cell, what the cells are called, and which sums must agree.
//
// A case contributes tuples (bases and dimensions), a form interprets them: every
// figure is the size of a list of cases, and the list can be had for every cell. The
// package also checks tables that others published. It reads no store and knows no
// clock. Of the prose it writes chapter 一, which says in words what the tables say in
// figures.
//
// Sources: 国办发〔2014〕32号 (coded table), 国办公开办函〔2019〕60号 and
// 国办公开办函〔2021〕30号 (formats under Art 50 of the Regulation of 2019).
package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Form is a version of the annual tables. Any form may be computed for any year.
type Form string

// The forms. Cumulative is a provincial layout before 2019 that is only ever read.
const (
	Codes2014  Form = "codes-2014" // 政府信息公开情况统计表, with Shanghai's codes
	Table2019  Form = "table-2019" // 格式（试行）, for 2019 and 2020
	Table2021  Form = "table-2021" // 格式, from 2021
	Cumulative Form = "fujian-cumulative"
)

// Variant distinguishes the two prints of the coded table; the other forms have one.
type Variant string

// The variants. The empty variant is Shanghai. VariantOf adds how an agency reads bases.
const (
	Shanghai Variant = "shanghai" // 1110 is 政府公报; no 1120, 1210, 8400; 7000 in 元
	National Variant = "national" // 7000 in 万元
)

// Errors of a caller's choice of form, cell and figure.
var (
	ErrForm      = errors.New("no such form")
	ErrCell      = errors.New("no such cell")
	ErrEntered   = errors.New("the figure is entered, no case counts in it")
	ErrFigureKey = errors.New("no such figure")
	ErrDerived   = errors.New("the figure is derived from cases and cannot be entered")
)

// Forms returns the forms that can be computed.
func Forms() []Form { return []Form{Codes2014, Table2019, Table2021} }

// ParseForm reads the name of a form; case and underscores make no difference.
func ParseForm(s string) (Form, error) {
	f := Form(strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), "_", "-"))
	if f == Cumulative || slices.Contains(Forms(), f) {
		return f, nil
	}
	return "", fmt.Errorf("form %q: %w; known are %s, %s and %s", s, ErrForm, Codes2014, Table2019, Table2021)
}

// DefaultForm is the form prescribed for a year. For 2019 that is the new table, which
// was encouraged only: a report on 2019 may as well use the coded one.
func DefaultForm(year int) Form {
	switch {
	case year < 2019:
		return Codes2014
	case year < 2021:
		return Table2019
	}
	return Table2021
}

// Usual reports whether the form was in use for reports on the year.
func (f Form) Usual(year int) bool {
	if f == Codes2014 {
		return year >= 2014 && year <= 2019
	}
	return f == DefaultForm(year)
}

// Table is one grid of a form, or (without rows) a chapter of prose.
type Table struct {
	Member               string // of "figures" in JSON: codes, rows, t2; empty: each row is a member itself
	ChapterZH, ChapterEN string // empty: continues the chapter above
	TitleZH, TitleEN     string // a line above the grid
	Columns              []Column
	Rows                 []Row
}

// Column is a column of a grid. One with an empty key is the only column of its grid.
type Column struct {
	Key              string
	LabelZH, LabelEN string
	GroupZH, GroupEN string // heading shared with the neighbours
	Signed           bool   // an entered figure that may be negative (本年增/减)
	Money            bool   // may have decimals
	Where            Where
	Sum              []string // keys of the columns it adds up; empty: counted by Where
}

// Row is a line of a grid: a heading, a figure to be entered, a sum, or a count.
type Row struct {
	Key              string // empty: a heading
	Number           string // printed before the label: （一）, 1., 其中：
	LabelZH, LabelEN string
	UnitZH, UnitEN   string
	Source           string // article, or instrument that created the row
	Level            int    // depth of indentation, from 0
	Entered          bool   // no case can tell
	EnteredBefore    int    // entered for years before this one, counted from then on
	Money            bool   // may have decimals
	Where            Where
	Also             *Where   // what an agency's reading counts here as well; nil: nothing
	Sum              []string // keys of rows, per column
	Scale            Figure   // what 1 counted is worth in the row's unit; zero: 1
}

// Heading reports whether the line has no figures.
func (r Row) Heading() bool { return r.Key == "" }

// Title is number and label as printed.
func (r Row) Title() string { return r.Number + r.LabelZH }

// Tables returns the whole form in the order of print, headings and chapters of prose
// included. The tables are shared: treat them as read-only.
func (f Form) Tables(v Variant) ([]Table, error) {
	switch f {
	case Codes2014:
		read, err := v.readings()
		if err != nil {
			return nil, err
		}
		switch v.Print() {
		case Shanghai, "":
			return read.tables(shanghaiTables), nil
		case National:
			return read.tables(nationalTables), nil
		}
		return nil, fmt.Errorf("variant %q: %w; known are %s and %s", v, ErrForm, Shanghai, National)
	case Table2019:
		return tables2019, nil
	case Table2021:
		return tables2021, nil
	case Cumulative:
		return nil, fmt.Errorf("form %q can be checked, not computed: %w", f, ErrForm)
	}
	return nil, fmt.Errorf("form %q: %w", f, ErrForm)
}

// entered reports whether the row's figures are typed in for the year.
func (r Row) entered(year int) bool { return r.Entered || year < r.EnteredBefore }
