package server_test

import (
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow/report"
)

// opens lists what is behind every cell of a report, page by page, and holds it against
// what the ledger was made for: as many entries as the figure, those and no others. Of
// the empty cells of a report that is made up every third has its turn.
func (r registry) opens(t *testing.T, s *statutory, l *implied) {
	t.Helper()
	numbers := r.numbers(t)
	if len(numbers) != len(l.cases) {
		t.Errorf("%d applications are listed, %d were imported", len(numbers), len(l.cases))
	}
	turn := s.seed
	for _, row := range r.compute(t, s.form, s.year).GetRows() {
		for _, c := range row.GetCells() {
			if turn++; s.random && c.GetValue() == "0" && turn%3 != 0 {
				continue
			}
			name := row.GetKey()
			if c.GetColumn() != "" {
				name += "/" + c.GetColumn()
			}
			entries := r.entries(t, s, name, c)
			if c.GetEntered() {
				if len(entries) != 0 {
					t.Errorf("%s is entered and has %d entries", name, len(entries))
				}
				continue
			}
			r.amounts(t, s, l, name, c.GetValue(), entries)
			var got []string
			for _, e := range entries {
				if e.GetRemedyKind() != "" {
					got = append(got, e.GetRemedyKind()+" "+e.GetApplicationNo()+" "+e.GetFileDate())
				} else {
					got = append(got, e.GetApplicationNo())
				}
				if no, exists := numbers[e.GetApplication()]; e.GetApplication() != "" && (!exists || no != e.GetApplicationNo()) || e.GetApplication() == "" && e.GetApplicationNo() != "" {
					t.Errorf("%s: entry %v names no application that is listed", name, e)
				}
			}
			slices.Sort(got)
			if diff := gocmp.Diff(l.behind(row.GetKey(), c.GetColumn()), got); diff != "" {
				t.Errorf("%s (-implied +listed):\n%s", name, diff)
			}
		}
	}
}

// amounts holds the figure against the number of entries, of fees against their sum.
func (r registry) amounts(t *testing.T, s *statutory, l *implied, name, value string, entries []*pb.CellEntry) {
	t.Helper()
	figure, err := report.ParseFigure(value)
	if err != nil {
		t.Fatal(err)
	}
	if name != "7000" {
		if figure != report.Whole(int64(len(entries))) {
			t.Errorf("%s is %s, and %d entries are behind it", name, value, len(entries))
		}
		return
	}
	var fen int64
	for _, e := range entries {
		fen += e.GetAmountFen()
	}
	unit := report.Whole(1) / 100
	if s.variant == report.National {
		unit = report.Whole(1) / 1_000_000
	}
	if fen != l.paid() || figure != report.Figure(fen)*unit {
		t.Errorf("7000 is %s, its entries add up to %d fen, %d were paid", value, fen, l.paid())
	}
}

// entries walks the pages of a cell.
func (r registry) entries(t *testing.T, s *statutory, name string, c *pb.ReportCell) []*pb.CellEntry {
	t.Helper()
	most := 3
	if f, err := report.ParseFigure(c.GetValue()); err == nil && !c.GetEntered() && name != "7000" {
		most = min(1000, max(most, int(f/report.Whole(1))/4+1)) // up to four pages and a rest
	}
	req := &pb.ListCellEntriesRequest{Parent: "agencies/" + r.agency, Year: int32(s.year), Form: string(s.form), Cell: name, PageSize: int32(most)}
	if c.GetEntered() && c.GetPath()[0] == "t2" {
		req.Cell = c.GetPath()[1]
	}
	var out []*pb.CellEntry
	for {
		res, err := r.Reports.ListCellEntries(t.Context(), req)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if res.GetValue() != c.GetValue() || res.GetEntered() != c.GetEntered() {
			t.Errorf("%s opens as %s (entered %v), the report has %s (%v)", name, res.GetValue(), res.GetEntered(), c.GetValue(), c.GetEntered())
		}
		n := len(res.GetEntries())
		out = append(out, res.GetEntries()...)
		if req.PageToken = res.GetNextPageToken(); req.PageToken == "" {
			return out
		}
		if n != most {
			t.Fatalf("%s: a page of %d entries, not %d, is not the last", name, n, most)
		}
	}
}

// numbers lists every application of the agency: its number by its resource name.
func (r registry) numbers(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	req := &pb.ListApplicationsRequest{Parent: "agencies/" + r.agency, PageSize: 1000}
	for {
		res, err := r.Applications.ListApplications(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range res.GetApplications() {
			out[a.GetName()] = a.GetApplicationNo()
		}
		if req.PageToken = res.GetNextPageToken(); req.PageToken == "" {
			return out
		}
	}
}
