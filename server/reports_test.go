package server_test

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	"gongkai/client"
	"gongkai/client/ledger"
	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
	"gongkai/workflow/report"
)

// publishedReport is a file of a published report.
type publishedReport struct {
	Format  string
	Year    *int
	Partial bool
	Figures map[string]map[string]json.RawMessage

	Identities struct {
		Fails []struct {
			ID          string
			Left, Right report.Figure
		}
		BlankReadAsZero int
	}
}

// publishedReports reads the published reports beside the repository.
func publishedReports(t *testing.T) map[string][]byte {
	t.Helper()
	dir := filepath.Join("..", "..", "shared", "reports")
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		if os.Getenv("CI") != "" {
			t.Fatalf("there are no published reports in %s", dir)
		}
		t.Skipf("there are no published reports in %s beside the repository", dir)
	}
	out := map[string][]byte{}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(path), ".json")] = data
	}
	return out
}

// statutory reads the figures of a file. A blank is 0; of a figure to be entered it is
// nothing at all.
func (p *publishedReport) statutory(t *testing.T, name string) *statutory {
	t.Helper()
	form, err := report.ParseForm(p.Format)
	if err != nil {
		t.Fatal(err)
	}
	s := &statutory{name: name, form: form, figures: map[string]report.Figure{}}
	s.year = map[report.Form]int{report.Codes2014: 2017, report.Table2019: 2020, report.Table2021: 2023}[form]
	if p.Year != nil {
		s.year = *p.Year
	}
	for member, rows := range p.Figures {
		for row, data := range rows {
			var columns map[string]*report.Figure
			if json.Unmarshal(data, &columns) == nil && columns != nil {
				for column, f := range columns {
					s.take(f, member, row, column)
				}
				continue
			}
			var f *report.Figure
			if err := json.Unmarshal(data, &f); err != nil {
				t.Fatalf("%s/%s: %v", member, row, err)
			}
			s.take(f, member, row)
		}
	}
	for _, code := range []string{"1120", "1210", "8400"} {
		if _, national := s.figures["codes/"+code]; national {
			s.variant = report.National
		}
	}
	return s
}

func (s *statutory) take(f *report.Figure, path ...string) {
	switch {
	case f != nil:
		s.figures[strings.Join(path, "/")] = *f
	case report.CheckFigure(s.year, path[len(path)-1], 0) != nil:
		s.figures[strings.Join(path, "/")] = 0
	}
}

// registers are two servers: what one exports the other imports.
type registers struct{ first, second *env }

func startRegisters(t *testing.T) registers { return registers{start(t, today), start(t, today)} }

// TestPublishedReports holds every complete report without errors of its own against
// what the service derives from a ledger that implies it.
func TestPublishedReports(t *testing.T) {
	files := publishedReports(t)
	both := startRegisters(t)
	t.Run("all", func(t *testing.T) {
		for name, data := range files {
			var p publishedReport
			if err := json.Unmarshal(data, &p); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			form, _ := report.ParseForm(p.Format)
			if p.Partial || len(p.Identities.Fails) > 0 || !slices.Contains(report.Forms(), form) {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				both.follows(t, name, p.statutory(t, name))
			})
		}
	})
}

// TestRandomReports does the same with reports that are made up, in which every cell of
// every form has its turn; with -short, one of each habit.
func TestRandomReports(t *testing.T) {
	seeds := randomReports
	if testing.Short() {
		seeds = 5
	}
	both := startRegisters(t)
	t.Run("all", func(t *testing.T) {
		for _, form := range report.Forms() {
			for seed := range seeds {
				s := randomReport(form, seed)
				t.Run(s.name, func(t *testing.T) {
					t.Parallel()
					both.follows(t, s.name, s)
				})
			}
		}
	})
}

// TestPublishedErrors checks every file as it was printed: its errors are found, each
// with both sides, and none is invented.
func TestPublishedErrors(t *testing.T) {
	files := publishedReports(t)
	e := start(t, today)
	e.agency(t, "check", "")
	reports := pb.NewReportServiceClient(e.conn(t, "STATISTICIAN", "check"))
	for name, data := range files {
		t.Run(name, func(t *testing.T) {
			var p publishedReport
			if err := json.Unmarshal(data, &p); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			for _, f := range p.Identities.Fails {
				want[findingID(f.ID)] = f.Left.String() + " / " + f.Right.String()
			}
			res, err := reports.CheckReport(t.Context(), &pb.CheckReportRequest{Json: string(data)})
			if err != nil {
				t.Fatal(err)
			}
			got, held, blank := map[string]string{}, 0, false
			for _, f := range res.GetFindings() {
				switch {
				case f.GetStatus() == pb.Finding_FAIL:
					got[f.GetId()] = f.GetLeft() + " / " + f.GetRight()
				case f.GetStatus() == pb.Finding_PASS:
					held++
				}
				blank = blank || f.GetId() == "BLANK"
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("errors of the report (-printed +found):\n%s", diff)
			}
			if held == 0 {
				t.Error("nothing was found to hold")
			}
			if blank != (p.Identities.BlankReadAsZero > 0) {
				t.Errorf("BLANK: %v, blank cells: %d", blank, p.Identities.BlankReadAsZero)
			}
		})
	}
}

// findingID translates the names that the files use for identities.
func findingID(id string) string {
	name, rest, _ := strings.Cut(id, ":")
	switch {
	case strings.HasPrefix(rest, " 4 outcomes"):
		return "C1/" + name
	case strings.HasPrefix(id, "3300="):
		return "A3"
	}
	return id
}

// follows imports the ledger that a report implies and holds the service's report
// against it; then again from what was exported.
func (r registers) follows(t *testing.T, agency string, s *statutory) {
	l := impliedLedger(t, s)
	checkImplied(t, s, l)
	office := r.first.registry(t, agency, s)
	dir := t.TempDir()
	applications, remedies, figures := l.rows()
	headings := []string{"zh", "key"}[len(l.cases)%2]
	sheets := []ledger.Sheet{ledger.Applications, ledger.Remedies, ledger.Figures}
	for i, rows := range [][]map[string]string{applications, remedies, figures} {
		writeSheet(t, dir, sheets[i], headings, rows)
	}
	office.imports(t, dir, len(applications)+len(remedies)+len(figures))
	office.yields(t, s)
	office.opens(t, s, l)
	office.checks(t, s)
	office.files(t, s)
	for _, form := range report.Forms() {
		if rep := office.compute(t, form, s.year); rep == nil || len(rep.GetRows()) < 40 {
			t.Errorf("%s: %d rows", form, len(rep.GetRows()))
		}
	}

	again := t.TempDir()
	for _, sheet := range sheets {
		office.exports(t, again, sheet, headings)
	}
	second := r.second.registry(t, agency, s)
	second.imports(t, again, len(applications)+len(remedies)+len(figures))
	second.yields(t, s)
	for _, form := range report.Forms() {
		before, after := figuresOf(office.compute(t, form, s.year)), figuresOf(second.compute(t, form, s.year))
		if diff := gocmp.Diff(before, after); diff != "" {
			t.Errorf("%s from what was exported (-first +second):\n%s", form, diff)
		}
	}
}

func writeSheet(t *testing.T, dir string, sheet ledger.Sheet, headings string, rows []map[string]string) {
	t.Helper()
	file, err := os.Create(filepath.Join(dir, string(sheet)+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	w := ledger.NewCSV(file, sheet, ledger.Options{Headings: headings})
	for _, row := range rows {
		err = cmp.Or(err, w.Write(row))
	}
	if err := cmp.Or(err, w.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
}

// registry is an agency as its supervisor reaches it.
type registry struct {
	*client.Client
	agency string
	conn   *grpc.ClientConn
}

// registry sets up an agency of its own for a report.
func (e *env) registry(t *testing.T, agency string, s *statutory) registry {
	t.Helper()
	_, err := pb.NewAgencyServiceClient(e.admin).CreateAgency(t.Context(), &pb.CreateAgencyRequest{
		AgencyId: agency, Agency: &pb.Agency{DisplayName: s.name, CodesVariant: string(cmp.Or(s.variant, report.Shanghai))},
	})
	if err != nil {
		t.Fatal(err)
	}
	conn := e.conn(t, workflow.Supervisor, agency)
	return registry{client.New(conn, client.English), agency, conn}
}

// imports takes in a directory of three sheets, of which no row may be refused.
func (r registry) imports(t *testing.T, dir string, rows int) {
	t.Helper()
	run := client.Import{Agency: r.agency}
	for _, sheet := range []ledger.Sheet{ledger.Applications, ledger.Remedies, ledger.Figures} {
		name := string(sheet) + ".csv"
		reader, err := ledger.Open(filepath.Join(dir, name), sheet)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = reader.Close() }()
		run.Sources = append(run.Sources, client.Source{Name: name, Sheet: sheet, Reader: reader})
	}
	b, err := r.Import(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range b.Refused {
		if i < 5 {
			t.Errorf("refused: %s row %d, %s %q: %s %s", p.GetFile(), p.GetRow(), p.GetColumn(), p.GetValue(), p.GetReason(), p.GetMessage())
		}
	}
	if int(b.Read) != rows || int(b.Imported) != rows || b.RefusedRows != 0 {
		t.Fatalf("of %d rows %d were read, %d imported, %d refused", rows, b.Read, b.Imported, b.RefusedRows)
	}
	for _, d := range b.DueDateDifferences {
		t.Errorf("due date of %s: given %s, computed %s", d.GetApplicationNo(), d.GetGivenDate(), d.GetComputedDate())
	}
}

func (r registry) exports(t *testing.T, dir string, sheet ledger.Sheet, headings string) {
	t.Helper()
	file, err := os.Create(filepath.Join(dir, string(sheet)+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Export(t.Context(), client.Export{Agency: r.agency, Sheet: sheet, Headings: headings}, file)
	if err := cmp.Or(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}

func (r registry) compute(t *testing.T, form report.Form, year int) *pb.AnnualReport {
	t.Helper()
	rep, err := r.Reports.ComputeAnnualReport(t.Context(), &pb.ComputeAnnualReportRequest{Parent: "agencies/" + r.agency, Year: int32(year), Form: string(form)})
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// figuresOf assembles the figures of a computed report by their place in JSON.
func figuresOf(rep *pb.AnnualReport) map[string]string {
	out := map[string]string{}
	for _, row := range rep.GetRows() {
		for _, c := range row.GetCells() {
			out[strings.Join(c.GetPath(), "/")] = c.GetValue()
		}
	}
	return out
}

// yields compares the computed report with the one printed, cell by cell.
func (r registry) yields(t *testing.T, s *statutory) {
	t.Helper()
	rep := r.compute(t, s.form, s.year)
	got, want := figuresOf(rep), map[string]string{}
	for path, f := range s.figures {
		want[path] = f.String()
	}
	for path, value := range got {
		if _, printed := want[path]; !printed && value == "" && slices.Contains(rep.GetMissing(), path[strings.LastIndex(path, "/")+1:]) {
			delete(got, path)
		}
	}
	if _, single := want["rows/other/total"]; single && s.form == report.Table2021 {
		mergeOther(t, got)
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("%s on %d (-printed +computed):\n%s", s.form, s.year, diff)
	}
	for _, f := range rep.GetFindings() {
		if f.GetStatus() == pb.Finding_FAIL {
			t.Errorf("%s fails: %s / %s", f.GetId(), f.GetLeft(), f.GetRight())
		}
	}
}

// mergeOther adds up the three rows that some reports print as the one of 2019.
func mergeOther(t *testing.T, got map[string]string) {
	t.Helper()
	sums := map[string]report.Figure{}
	for path, value := range got {
		row, column, _ := strings.Cut(strings.TrimPrefix(path, "rows/"), "/")
		if !strings.HasPrefix(row, "other.") {
			continue
		}
		f, err := report.ParseFigure(value)
		if err != nil {
			t.Fatal(err)
		}
		sums[column] += f
		delete(got, path)
	}
	for column, sum := range sums {
		got["rows/other/"+column] = sum.String()
	}
}

// checks has the report checked as data: as printed, and with one figure more in a sum,
// which must be found.
func (r registry) checks(t *testing.T, s *statutory) {
	t.Helper()
	if failed := r.failures(t, s, ""); len(failed) != 0 {
		t.Errorf("errors were invented: %v", failed)
	}
	sums := []string{"rows/granted/total", "rows/total/business", "rows/newReceived/other", "review/total", "litigationAfterReview/total"}
	if s.form == report.Codes2014 {
		sums = []string{"codes/3100", "codes/3200", "codes/3300", "codes/3340", "codes/4000", "codes/5000", "codes/8300"}
	}
	for _, sum := range sums {
		if len(r.failures(t, s, sum)) == 0 {
			t.Errorf("one more in %s is not found", sum)
		}
	}
}

// failures are the checks that fail on a report with one more in a figure.
func (r registry) failures(t *testing.T, s *statutory, more string) (ids []string) {
	t.Helper()
	figures := map[string]any{}
	for path, f := range s.figures {
		if path == more {
			f += report.Whole(1)
		}
		at, part := figures, strings.Split(path, "/")
		for _, member := range part[:len(part)-1] {
			if at[member] == nil {
				at[member] = map[string]any{}
			}
			at = at[member].(map[string]any)
		}
		at[part[len(part)-1]] = f
	}
	data, err := json.Marshal(map[string]any{"figures": figures, "year": s.year})
	if err != nil {
		t.Fatal(err)
	}
	res, err := r.Reports.CheckReport(t.Context(), &pb.CheckReportRequest{Json: string(data), Form: string(s.form)})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range res.GetFindings() {
		if f.GetStatus() == pb.Finding_FAIL {
			ids = append(ids, f.GetId())
		}
	}
	return ids
}
