package server_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/document"
	"gongkai/workflow"
	"gongkai/workflow/report"
)

// exported is a report that came as a file.
type exported struct {
	name, mediaType string
	data            []byte
}

func exportReport(ctx context.Context, t testing.TB, conn *grpc.ClientConn, req *pb.ExportReportRequest) (exported, error) {
	t.Helper()
	stream, err := pb.NewDocumentServiceClient(conn).ExportReport(ctx, req)
	if err != nil {
		return exported{}, err
	}
	var out exported
	for first := true; ; first = false {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		if n := len(m.GetData()); n == 0 || n > 64<<10 {
			t.Errorf("a piece of %d bytes", n)
		}
		if first != (m.GetFileName() != "") || first != (m.GetMediaType() != "") {
			t.Errorf("first piece: %t, name %q, type %q", first, m.GetFileName(), m.GetMediaType())
		}
		out.name, out.mediaType = out.name+m.GetFileName(), out.mediaType+m.GetMediaType()
		out.data = append(out.data, m.GetData()...)
	}
}

func exportedReport(t testing.TB, conn *grpc.ClientConn, req *pb.ExportReportRequest) exported {
	t.Helper()
	out, err := exportReport(t.Context(), t, conn, req)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// readBack returns the figures that a file holds, by their place in JSON.
func readBack(t testing.TB, x exported) map[string]string {
	t.Helper()
	_, ending, _ := strings.Cut(x.name, ".")
	format, err := document.ParseFormat(ending)
	if err != nil {
		t.Fatal(err)
	}
	d, err := document.Read(bytes.NewReader(x.data), int64(len(x.data)), format)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, line := range d.Report.Lines {
		for _, c := range line.Cells {
			out[strings.Join(c.Path, "/")] = c.Value.String()
		}
	}
	return out
}

// files exports a report and reads it back: the figures are those of the report, and the
// appendix has as many lines for a cell as its figure says.
func (r registry) files(t *testing.T, s *statutory) {
	t.Helper()
	rep := r.compute(t, s.form, s.year)
	want := figuresOf(rep)
	for _, format := range []pb.ExportReportRequest_Format{pb.ExportReportRequest_XLSX, pb.ExportReportRequest_CSV} {
		x := exportedReport(t, r.conn, &pb.ExportReportRequest{
			Parent: "agencies/" + r.agency, Year: int32(s.year), Form: string(s.form), Format: format, Prose: true, Appendix: true, Numbers: true,
		})
		if diff := gocmp.Diff(want, readBack(t, x)); diff != "" {
			t.Errorf("%s (-report +read back):\n%s", x.name, diff)
		}
		if format == pb.ExportReportRequest_CSV {
			checkAppendix(t, rep, appendixOf(t, x.data))
		}
	}
}

// appendixOf reads the appendix of a CSV: what stands behind each cell.
func appendixOf(t testing.TB, data []byte) map[string][]string {
	t.Helper()
	c := csv.NewReader(bytes.NewReader(data))
	c.FieldsPerRecord = -1
	rows, err := c.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(rows, func(r []string) bool { return strings.HasPrefix(r[0], "附录") })
	if at < 0 {
		t.Fatal("no appendix")
	}
	out := map[string][]string{}
	for _, row := range rows[at+2:] {
		out[row[0]] = append(out[row[0]], row[2])
	}
	return out
}

func checkAppendix(t testing.TB, rep *pb.AnnualReport, appendix map[string][]string) {
	t.Helper()
	derived := 0
	for _, row := range rep.GetRows() {
		for _, c := range row.GetCells() {
			name := row.GetKey()
			if c.GetColumn() != "" {
				name += "/" + c.GetColumn()
			}
			if c.GetEntered() || name == "7000" {
				continue
			}
			derived++
			if n := fmt.Sprint(len(appendix[name])); n != c.GetValue() {
				t.Errorf("%s is %s, its appendix has %s lines", name, c.GetValue(), n)
			}
		}
	}
	if derived < 30 {
		t.Errorf("only %d derived cells", derived)
	}
}

// filedOffice has applications and remedies of every kind in 2026.
func filedOffice(t *testing.T) *office {
	t.Helper()
	o := newOffice(t, today)
	brought(t, o.conn(t, workflow.Officer, "own"), "own", false, everyway(), someRemedies, someFigures)
	return o
}

var exportFormats = []pb.ExportReportRequest_Format{
	pb.ExportReportRequest_XLSX, pb.ExportReportRequest_DOCX, pb.ExportReportRequest_HTML, pb.ExportReportRequest_CSV,
}

func TestExportReport(t *testing.T) {
	o := filedOffice(t)
	conn := o.conn(t, workflow.Statistician, "own")
	reports := pb.NewReportServiceClient(conn)
	for _, form := range report.Forms() {
		rep, err := reports.ComputeAnnualReport(t.Context(), &pb.ComputeAnnualReportRequest{Parent: "agencies/own", Year: 2026, Form: string(form)})
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range exportFormats {
			t.Run(string(form)+"/"+format.String(), func(t *testing.T) {
				req := &pb.ExportReportRequest{Parent: "agencies/own", Year: 2026, Form: string(form), Format: format, Prose: true, Appendix: true}
				x := exportedReport(t, conn, req)
				if want := "own-2026-" + string(form) + "." + strings.ToLower(format.String()); x.name != want {
					t.Errorf("the file is called %q, want %q", x.name, want)
				}
				if want := document.Format(strings.ToLower(format.String())).MediaType(); x.mediaType != want {
					t.Errorf("its type is %q, want %q", x.mediaType, want)
				}
				if again := exportedReport(t, conn, req); !bytes.Equal(x.data, again.data) {
					t.Error("the same report gives other bytes")
				}
				text := textOf(t, x)
				for _, secret := range []string{"2026-000", "告3号", "13800000000", "某地块", "征收批复", "a@example.cn", "备注"} {
					if strings.Contains(text, secret) {
						t.Errorf("%q stands in the file", secret)
					}
				}
				if !strings.Contains(text, "申请1") {
					t.Error("no pseudonym stands in the file")
				}
				if prose := "2026年，"; strings.Contains(text, prose) != (format == pb.ExportReportRequest_DOCX || format == pb.ExportReportRequest_HTML) {
					t.Errorf("prose in the file: %t", strings.Contains(text, prose))
				}
				if format == pb.ExportReportRequest_XLSX || format == pb.ExportReportRequest_CSV {
					if diff := gocmp.Diff(figuresOf(rep), readBack(t, x)); diff != "" {
						t.Errorf("(-report +read back):\n%s", diff)
					}
				}
			})
		}
	}
}

// textOf is all the text of a file; that of a package is unpacked.
func textOf(t testing.TB, x exported) string {
	t.Helper()
	if !bytes.HasPrefix(x.data, []byte("PK")) {
		return string(x.data)
	}
	z, err := zip.NewReader(bytes.NewReader(x.data), int64(len(x.data)))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&out, r); err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
	}
	return out.String()
}

// TestExportAppendix holds the appendix against the figures and against the drill-down,
// and the pseudonyms against the numbers: each stands for one number in all the file.
func TestExportAppendix(t *testing.T) {
	o := filedOffice(t)
	conn := o.conn(t, workflow.Auditor, "own")
	reports := pb.NewReportServiceClient(conn)
	for _, form := range report.Forms() {
		for _, year := range []int32{2018, 2025, 2026} {
			req := &pb.ExportReportRequest{Parent: "agencies/own", Year: year, Form: string(form), Format: pb.ExportReportRequest_CSV, Appendix: true}
			hidden := appendixOf(t, exportedReport(t, conn, req).data)
			req.Numbers = true
			open := appendixOf(t, exportedReport(t, conn, req).data)
			rep, err := reports.ComputeAnnualReport(t.Context(), &pb.ComputeAnnualReportRequest{Parent: req.GetParent(), Year: year, Form: req.GetForm()})
			if err != nil {
				t.Fatal(err)
			}
			checkAppendix(t, rep, open)
			checkPseudonyms(t, open, hidden)
			for cell, got := range open {
				list, err := reports.ListCellEntries(t.Context(), &pb.ListCellEntriesRequest{Parent: req.GetParent(), Year: year, Form: req.GetForm(), Cell: cell, PageSize: 1000})
				if err != nil {
					t.Fatal(err)
				}
				var want []string
				for _, e := range list.GetEntries() {
					number := e.GetApplicationNo()
					if number == "" {
						number = "未关联申请"
					}
					if e.GetRemedyKind() != "" {
						number += "（" + e.GetFileDate() + "提起）"
					}
					want = append(want, number)
				}
				if diff := gocmp.Diff(want, got); diff != "" {
					t.Errorf("%s %d %s (-drill-down +appendix):\n%s", form, year, cell, diff)
				}
			}
		}
	}
}

func checkPseudonyms(t testing.TB, open, hidden map[string][]string) {
	t.Helper()
	bare := func(s string) string { s, _, _ = strings.Cut(s, "（"); return s }
	of, back := map[string]string{}, map[string]string{}
	if !slices.Equal(slices.Sorted(maps.Keys(open)), slices.Sorted(maps.Keys(hidden))) {
		t.Fatal("the two appendices list other cells")
	}
	for cell, numbers := range open {
		if len(numbers) != len(hidden[cell]) {
			t.Fatalf("%s: %d numbers, %d pseudonyms", cell, len(numbers), len(hidden[cell]))
		}
		for i, number := range numbers {
			n, p := bare(number), bare(hidden[cell][i])
			if p != "未关联申请" && (n == p || !strings.HasPrefix(p, "申请")) {
				t.Errorf("%q is the pseudonym of %q", p, n)
			}
			if known, ok := of[n]; ok && known != p {
				t.Errorf("%s is both %s and %s", n, known, p)
			}
			if known, ok := back[p]; ok && known != n {
				t.Errorf("%s stands for both %s and %s", p, known, n)
			}
			of[n], back[p] = p, n
		}
	}
}

func TestExportReportRefuses(t *testing.T) {
	o := filedOffice(t)
	o.agency(t, "other", "")
	good := pb.ExportReportRequest{Parent: "agencies/own", Year: 2026, Form: "table-2021", Format: pb.ExportReportRequest_CSV}
	with := func(change func(*pb.ExportReportRequest)) *pb.ExportReportRequest {
		r := &pb.ExportReportRequest{Parent: good.GetParent(), Year: good.GetYear(), Form: good.GetForm(), Format: good.GetFormat()}
		change(r)
		return r
	}
	for _, tt := range []struct {
		name, agency string
		req          *pb.ExportReportRequest
		code         codes.Code
		says         string
	}{
		{"another agency", "other", with(func(*pb.ExportReportRequest) {}), codes.NotFound, "another agency"},
		{"no agency", "own", with(func(r *pb.ExportReportRequest) { r.Parent = "agencies/nobody" }), codes.NotFound, "another agency"},
		{"no form", "own", with(func(r *pb.ExportReportRequest) { r.Form = "table-1999" }), codes.InvalidArgument, "table-2021"},
		{"year too early", "own", with(func(r *pb.ExportReportRequest) { r.Year = 2007 }), codes.InvalidArgument, "2008"},
		{"no format", "own", with(func(r *pb.ExportReportRequest) { r.Format = 0 }), codes.InvalidArgument, "DOCX"},
		{"unknown format", "own", with(func(r *pb.ExportReportRequest) { r.Format = 9 }), codes.InvalidArgument, "DOCX"},
		{"numbers without an appendix", "own", with(func(r *pb.ExportReportRequest) { r.Numbers = true }), codes.InvalidArgument, "appendix"},
		{"appendix of a roll-up", "own", with(func(r *pb.ExportReportRequest) { r.Rollup, r.Appendix = true, true }), codes.InvalidArgument, "roll-up"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn := o.conn(t, workflow.Statistician, tt.agency)
			out, err := exportReport(inEnglish(t.Context()), t, conn, tt.req)
			if status.Code(err) != tt.code || !strings.Contains(status.Convert(err).Message(), tt.says) {
				t.Errorf("answered %v, want %s saying %q", err, tt.code, tt.says)
			}
			if len(out.data) > 0 {
				t.Errorf("%d bytes came before the refusal", len(out.data))
			}
		})
	}
}

// TestExportRollup holds the file of a tree against the roll-up itself.
func TestExportRollup(t *testing.T) {
	o := filedOffice(t)
	o.agency(t, "below", "own")
	o.agency(t, "silent", "own")
	if in := brought(t, o.conn(t, workflow.Officer, "below"), "below", false, applications(answered.with("application_no", "1"))); in.GetImported() != 1 {
		t.Fatal("nothing is below")
	}
	conn := o.conn(t, workflow.Supervisor, "own")
	x := exportedReport(t, conn, &pb.ExportReportRequest{Parent: "agencies/own", Year: 2026, Form: "table-2021", Format: pb.ExportReportRequest_XLSX, Rollup: true})
	if x.name != "own-2026-table-2021-rollup.xlsx" {
		t.Errorf("the file is called %q", x.name)
	}
	sum, err := pb.NewRollupServiceClient(conn).ComputeRollup(t.Context(), &pb.ComputeRollupRequest{Parent: "agencies/own", Year: 2026, Form: "table-2021"})
	if err != nil {
		t.Fatal(err)
	}
	got := readBack(t, x)
	if diff := gocmp.Diff(figuresOf(sum.GetReport()), got); diff != "" {
		t.Errorf("(-roll-up +file):\n%s", diff)
	}
	for _, note := range []string{"共3个单位", "silent"} {
		if !strings.Contains(textOf(t, x), note) {
			t.Errorf("the file does not say %q", note)
		}
	}
	own := readBack(t, exportedReport(t, conn, &pb.ExportReportRequest{Parent: "agencies/own", Year: 2026, Form: "table-2021", Format: pb.ExportReportRequest_XLSX}))
	if own["rows/newReceived/total"] == got["rows/newReceived/total"] {
		t.Errorf("the sum is the agency's own: %s", got["rows/newReceived/total"])
	}
}

// manyRows are applications enough for an appendix that no buffer on the way holds.
func manyRows(n int) page {
	rows := make([]cells, n)
	for i := range rows {
		rows[i] = answered.with("application_no", fmt.Sprintf("2026-%05d", i+1))
	}
	return applications(rows...)
}

// TestExportReportMeanwhile has an act come in between the figures and the end of the
// appendix, whose file would contradict itself; and a reader who goes away.
func TestExportReportMeanwhile(t *testing.T) {
	o := newOffice(t, today)
	conn := o.conn(t, workflow.Officer, "own")
	brought(t, conn, "own", false, manyRows(2500))
	reader := o.conn(t, workflow.Statistician, "own")
	req := &pb.ExportReportRequest{Parent: "agencies/own", Year: 2026, Form: "table-2021", Format: pb.ExportReportRequest_CSV, Appendix: true, Numbers: true}
	begin := func(ctx context.Context) pb.DocumentService_ExportReportClient {
		stream, err := pb.NewDocumentServiceClient(reader).ExportReport(ctx, req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); err != nil {
			t.Fatal(err)
		}
		return stream
	}
	ctx, cancel := context.WithCancel(t.Context())
	gone := begin(ctx)
	cancel()
	if err := drained(gone); status.Code(err) != codes.Canceled {
		t.Errorf("after the cancellation: %v", err)
	}
	stream := begin(t.Context())
	brought(t, conn, "own", false, applications(answered.with("application_no", "late")))
	if err := drained(stream); status.Code(err) != codes.Aborted {
		t.Errorf("a changed register gives %v, want ABORTED", err)
	}
	if got := appendixOf(t, exportedReport(t, reader, req).data); len(got["newReceived/total"]) != 2501 {
		t.Errorf("then %d applications are listed", len(got["newReceived/total"]))
	}
}

func drained(stream pb.DocumentService_ExportReportClient) error {
	for {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
