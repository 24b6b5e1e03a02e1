package server_test

import (
	"slices"
	"strings"
	"testing"

	"gongkai/workflow/report"
)

// counts reports by the words of the forms whether a row of a year counts a case.
func (c *impliedCase) counts(year int, row string) bool {
	ended := c.closed.Year() == year
	switch {
	case c.received.IsZero():
		return false
	case row == "newReceived" || row == "3100":
		return c.received.Year() == year
	case codeChannels[row] != nil:
		return c.received.Year() == year && slices.Contains(codeChannels[row], c.channel)
	case row == "carriedIn":
		return c.received.Year() < year && (c.closed.IsZero() || c.closed.Year() >= year)
	case row == "carriedForward":
		return c.received.Year() <= year && (c.closed.IsZero() || c.closed.Year() > year)
	case row == "total" || row == "3200":
		return ended
	case row == "3210" || row == "3220":
		return ended && c.delayed == (row == "3220")
	case row == "3300":
		return ended && c.basis.Code2014 != ""
	case row == "3340":
		return ended && strings.HasPrefix(c.basis.Code2014, "334")
	case row == "7000":
		return c.paid.Year() == year
	}
	return ended && slices.Contains([]string{c.basis.Row2021, c.basis.Row2019(), c.basis.Code2014}, row)
}

// counts reports whether a cell of a year counts a remedy.
func (r impliedRemedy) counts(year int, row, column string) bool {
	results := map[string]string{"1": "upheld", "2": "corrected", "3": "other", "0": "total"}
	switch {
	case r.reviewer:
		return false
	case row == "6000":
		return r.kind == "complaint" && r.filed.Year() == year
	case row == "review" || row[0] == '4':
		if r.kind != "reconsideration" {
			return false
		}
	case row[0] == '5':
		if r.kind != "litigation" {
			return false
		}
	default:
		if r.kind != "litigation" || r.afterReview != (row == "litigationAfterReview") {
			return false
		}
	}
	decided := r.concluded.Year() == year
	pending := r.filed.Year() <= year && (r.concluded.IsZero() || r.concluded.Year() > year)
	if column == "" {
		column, pending = results[row[1:2]], false
	}
	return decided && (column == r.result || column == "total") || pending && (column == "pending" || column == "total")
}

// behind lists what a derived cell counts, counted by hand: numbers of applications, or
// keys of remedies.
func (l *implied) behind(row, column string) []string {
	var out []string
	if strings.HasPrefix(row, "review") || strings.HasPrefix(row, "litigation") || strings.ContainsAny(row[:1], "456") {
		for _, r := range l.remedies {
			if r.counts(l.year, row, column) {
				out = append(out, r.key())
			}
		}
		slices.Sort(out)
		return out
	}
	for i := range l.cases {
		c := &l.cases[i]
		in := column == "" || column == "total"
		for _, col := range applicantColumns {
			in = in || col.key == column && col.kind == c.kind
		}
		if in && c.counts(l.year, row) {
			out = append(out, c.no)
		}
	}
	slices.Sort(out)
	return out
}

// paid is what was paid in the year, in fen.
func (l *implied) paid() (fen int64) {
	for i := range l.cases {
		if l.cases[i].counts(l.year, "7000") {
			fen += l.cases[i].fen
		}
	}
	return fen
}

// The ledger that a report implies is held against the report by hand first, so that a
// difference found through the service is the service's.
func TestImpliedLedgers(t *testing.T) {
	for _, form := range report.Forms() {
		filled := map[string]bool{}
		for seed := range randomReports {
			s := randomReport(form, seed)
			checkImplied(t, s, impliedLedger(t, s))
			for path, f := range s.figures {
				filled[path] = filled[path] || f != 0
			}
		}
		for path, ok := range filled {
			if !ok {
				t.Errorf("%s: no report made up has a figure in %s", form, path)
			}
		}
	}
}

// checkImplied recounts a ledger.
func checkImplied(t *testing.T, s *statutory, l *implied) {
	t.Helper()
	for path, want := range s.figures {
		part := strings.Split(path, "/")
		var got report.Figure
		switch {
		case part[0] == "t2" || part[0] == "codes" && l.figures[part[1]] != "":
			continue
		case path == "codes/7000":
			got = report.Figure(l.paid()) * report.Whole(1) / 100
			if s.variant == report.National {
				got = report.Figure(l.paid())
			}
		case part[0] == "codes":
			got = report.Whole(int64(len(l.behind(part[1], ""))))
		case part[0] == "rows":
			got = report.Whole(int64(len(l.behind(part[1], part[2]))))
		default:
			got = report.Whole(int64(len(l.behind(part[0], part[1]))))
		}
		if got != want {
			t.Errorf("%s: the ledger has %s for %s, the report %s", s.name, got, path, want)
		}
	}
	checkLawful(t, l)
}

// checkLawful holds the dates of a ledger against the plainest rules.
func checkLawful(t *testing.T, l *implied) {
	t.Helper()
	seen, lastDay := map[string]bool{}, day(t, today)
	for i := range l.cases {
		c := &l.cases[i]
		if seen[c.no] {
			t.Errorf("%s is in the ledger twice", c.no)
		}
		seen[c.no] = true
		switch {
		case c.received.IsZero():
		case c.received < firstDay, c.received > lastDay, c.closed > lastDay, !c.closed.IsZero() && c.closed < c.received:
			t.Errorf("%s: received %s, closed %s", c.no, c.received, c.closed)
		case c.basis.Only2008 && c.received >= revisionDay, c.basis.Year2021 && c.received < feesFrom, c.fen > 0 && c.received < feesFrom:
			t.Errorf("%s: received %s, basis %s, fee %d", c.no, c.received, c.basis.Basis, c.fen)
		}
	}
	for _, r := range l.remedies {
		if r.filed < firstDay || r.filed > lastDay || r.concluded > lastDay || !r.concluded.IsZero() && r.concluded < r.filed || r.no != "" && !seen[r.no] {
			t.Errorf("remedy %+v", r)
		}
	}
}
