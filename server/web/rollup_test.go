package web_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
)

// grow builds a tree: a bureau, a school and a prison below it.
func grow(t testing.TB) (o *office, token string) {
	t.Helper()
	o, token = counted(t)
	for _, id := range []string{"school", "prison"} {
		_, err := pb.NewAgencyServiceClient(o.admin).CreateAgency(t.Context(), &pb.CreateAgencyRequest{
			AgencyId: id, Agency: &pb.Agency{DisplayName: "示例" + id, Parent: "agencies/jyj"},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	officer := o.hire(pb.Principal_OFFICER, "school")
	o.register(o.api(officer), "school", "学生", "招生计划", "2026-05-08")
	return o, token
}

func TestRollupOpensAndTakesReportsIn(t *testing.T) {
	o, token := grow(t)
	v := o.enter(token)
	s := v.get("/rollup?year=2026")
	if got := s.cells()["/rollup/cell?cell=newReceived%2FnaturalPerson&form=table-2021&year=2026"]; got != "10" {
		t.Fatalf("the sum of new applications is %q, want 10:\n%s", got, s.text)
	}
	if n := strings.Count(v.get("/rollup/cell?cell=newReceived%2FnaturalPerson&form=table-2021&year=2026").text, `<tr><th scope="row">`); n != 10 {
		t.Errorf("the cell lists %d, want 10", n)
	}
	own := v.get("/rollup?year=2026&own_only=true")
	if got := own.cells()["/rollup/cell?cell=newReceived%2FnaturalPerson&form=table-2021&own_only=true&year=2026"]; got != "9" {
		t.Errorf("the own sum is %q, want 9", got)
	}
	units := v.get("/rollup/units?year=2026&form=table-2021&state=SILENT")
	if !strings.Contains(units.text, "示例prison") || strings.Contains(units.text, "示例school") {
		t.Errorf("the prison alone is silent:\n%s", units.text)
	}
	page := v.get(units.link("收录报告"))
	empty := v.upload("/rollup/unit?agency=prison&form=table-2021&year=2026", page, "file", "", nil)
	if empty.status != http.StatusUnprocessableEntity {
		t.Errorf("no file answered %d", empty.status)
	}
	bad := v.upload("/rollup/unit?agency=prison&form=table-2021&year=2026", page, "file", "a.json", []byte("{"))
	if bad.status != http.StatusUnprocessableEntity {
		t.Errorf("a broken file answered %d", bad.status)
	}
	report, err := v.office.report(token, "school")
	if err != nil {
		t.Fatal(err)
	}
	taken := v.follow(v.upload("/rollup/unit?agency=prison&form=table-2021&year=2026", page, "file", "报告.xlsx", report))
	if !strings.Contains(taken.text, "已收录该单位的报告") {
		t.Errorf("it was not taken in:\n%s", taken.text)
	}
	if got := v.get("/rollup?year=2026").cells()["/rollup/cell?cell=newReceived%2FnaturalPerson&form=table-2021&year=2026"]; got != "11" {
		t.Errorf("the sum is %q after it, want 11", got)
	}
	below := v.get("/report?agency=school")
	if below.status != http.StatusOK || strings.Contains(below.text, `name="figure/`) || strings.Contains(below.text, "/report?agency=school&amp;edit") {
		t.Errorf("the report below answered %d, and must not be changed from above", below.status)
	}
	if cell := v.get("/report/cell?agency=school&cell=newReceived/total&year=2026&form=table-2021"); cell.status != http.StatusOK || strings.Contains(cell.text, `href="/agencies/school`) {
		t.Errorf("a case below must not be linked: %d\n%s", cell.status, cell.text)
	}
}

// report is an annual report as a workbook.
func (o *office) report(token, agency string) ([]byte, error) {
	stream, err := pb.NewDocumentServiceClient(o.api(token)).ExportReport(context.Background(), &pb.ExportReportRequest{
		Parent: "agencies/" + agency, Year: 2026, Form: "table-2021", Format: pb.ExportReportRequest_XLSX,
	})
	if err != nil {
		return nil, err
	}
	var out []byte
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, part.GetData()...)
	}
}
