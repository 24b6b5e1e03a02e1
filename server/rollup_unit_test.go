package server_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
	"gongkai/workflow/report"
)

// reasonIn is the reason of a refusal, and the field that it names.
func reasonIn(err error) (reason, field string) {
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			reason = info.GetReason()
		}
		if bad, ok := d.(*errdetails.BadRequest); ok && len(bad.GetFieldViolations()) > 0 {
			field = bad.GetFieldViolations()[0].GetField()
		}
	}
	return reason, field
}

// partsOf adds up what published figures say, part by part: totals are left to the form.
func partsOf(t *testing.T, data []byte) map[string]report.Figure {
	t.Helper()
	var p struct {
		Figures map[string]map[string]json.RawMessage `json:"figures"`
	}
	if err := json.Unmarshal(data, &p); err != nil {
		t.Fatal(err)
	}
	out := map[string]report.Figure{}
	add := func(row, column string, value *report.Figure) {
		if value != nil && column != "total" && row != "total" && row != "other" {
			out[row+"/"+column] = *value
		}
	}
	for member, rows := range p.Figures {
		for row, raw := range rows {
			switch member {
			case "rows":
				var columns map[string]*report.Figure
				if err := json.Unmarshal(raw, &columns); err != nil {
					t.Fatal(err)
				}
				for column, v := range columns {
					add(row, column, v)
				}
			case "review", "litigationDirect", "litigationAfterReview":
				var v *report.Figure
				if err := json.Unmarshal(raw, &v); err != nil {
					t.Fatal(err)
				}
				add(member, row, v)
			}
		}
	}
	return out
}

// TestRollupOfPublishedReports takes published reports in as units and compares each part
// of the sum with the plain sum over the files, and each total with the sum of its parts.
func TestRollupOfPublishedReports(t *testing.T) {
	t.Parallel()
	files := publishedReports(t)
	e := start(t, today)
	e.agency(t, "city", "")
	rollups := pb.NewRollupServiceClient(e.conn(t, workflow.Supervisor, "city"))
	want := map[string]report.Figure{}
	units := int32(1)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		var head struct {
			Format string
			Year   int
		}
		if err := json.Unmarshal(files[name], &head); err != nil {
			t.Fatal(err)
		}
		if head.Format != "table-2021" || head.Year != 2023 && head.Year != 0 {
			continue
		}
		units++
		id := strings.ToLower(name)[:min(40, len(name))]
		e.agency(t, id, "city")
		if _, err := rollups.PutReceivedReport(t.Context(), &pb.PutReceivedReportRequest{Parent: "agencies/" + id, Year: 2023, Form: head.Format, Json: string(files[name])}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for cell, f := range partsOf(t, files[name]) {
			want[cell] += f
		}
	}
	sum, err := rollups.ComputeRollup(t.Context(), &pb.ComputeRollupRequest{Parent: "agencies/city", Year: 2023, Form: "table-2021"})
	if err != nil {
		t.Fatal(err)
	}
	if units < 4 || sum.GetUnits() != units || sum.GetReported() != units-1 || sum.GetUnbalanced() != 1 {
		t.Errorf("units %d, reported %d, unbalanced %d; want %d with one unbalanced", sum.GetUnits(), sum.GetReported(), sum.GetUnbalanced(), units)
	}
	got := map[string]report.Figure{}
	totals := map[string][2]report.Figure{}
	for _, row := range sum.GetReport().GetRows() {
		for _, c := range row.GetCells() {
			f, err := report.ParseFigure(c.GetValue())
			if err != nil || row.GetKey() == "total" || strings.HasPrefix(row.GetKey(), "t2.") {
				continue
			}
			x := totals[row.GetKey()]
			if c.GetColumn() == "total" {
				x[1] = f
			} else {
				x[0] += f
				if f != 0 {
					got[row.GetKey()+"/"+c.GetColumn()] = f
				}
			}
			totals[row.GetKey()] = x
		}
	}
	maps.DeleteFunc(want, func(_ string, f report.Figure) bool { return f == 0 })
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("parts differ:\n%s", diff)
	}
	for row, x := range totals {
		if x[0] != x[1] {
			t.Errorf("%s: the parts are %s, the total %s", row, x[0], x[1])
		}
	}
}

func TestReceivedReportRefusals(t *testing.T) {
	t.Parallel()
	e := start(t, today)
	e.agency(t, "city", "")
	e.agency(t, "unit", "city")
	e.agency(t, "busy", "city")
	e.agency(t, "alien", "")
	addCases(t, e, rand.New(rand.NewPCG(3, 3)), "busy", 30)
	rollups := pb.NewRollupServiceClient(e.conn(t, workflow.Supervisor, "city"))
	const good = `{"form":"table-2021","year":2025,"figures":{"rows":{"newReceived":{"naturalPerson":1,"total":1}}}}`
	base := &pb.PutReceivedReportRequest{Parent: "agencies/unit", Year: 2025, Form: "table-2021", Json: good}
	for _, c := range []struct {
		name   string
		change func(*pb.PutReceivedReportRequest)
		reason pb.Reason
		field  string
	}{
		{"a unit with cases", func(r *pb.PutReceivedReportRequest) { r.Parent = "agencies/busy" }, pb.Reason_UNIT_HAS_CASES, ""},
		{"an agency of others", func(r *pb.PutReceivedReportRequest) { r.Parent = "agencies/alien" }, pb.Reason_RESOURCE_NOT_FOUND, ""},
		{"an agency that is nowhere", func(r *pb.PutReceivedReportRequest) { r.Parent = "agencies/nowhere" }, pb.Reason_RESOURCE_NOT_FOUND, ""},
		{"another year", func(r *pb.PutReceivedReportRequest) { r.Year = 2024 }, pb.Reason_FIELD_INVALID, "json"},
		{"another form", func(r *pb.PutReceivedReportRequest) { r.Form = "codes-2014" }, pb.Reason_FIELD_INVALID, "json"},
		{"an unknown form", func(r *pb.PutReceivedReportRequest) { r.Form = "fujian-cumulative" }, pb.Reason_FIELD_INVALID, "form"},
		{"no data", func(r *pb.PutReceivedReportRequest) { r.Json = "" }, pb.Reason_FIELD_INVALID, "json"},
		{"both", func(r *pb.PutReceivedReportRequest) { r.Xlsx = []byte("PK") }, pb.Reason_FIELD_INVALID, "json"},
		{"no figure of the form", func(r *pb.PutReceivedReportRequest) { r.Json = `{"figures":{"rows":{"nonsense":{"total":1}}}}` }, pb.Reason_FIELD_INVALID, "json"},
		{"a workbook that is none", func(r *pb.PutReceivedReportRequest) { r.Json, r.Xlsx = "", []byte("PK\x03\x04") }, pb.Reason_FIELD_INVALID, "xlsx"},
		{"too much", func(r *pb.PutReceivedReportRequest) { r.Json = strings.Repeat(" ", 1<<20) + good }, pb.Reason_FIELD_INVALID, "json"},
		{"a year that is none", func(r *pb.PutReceivedReportRequest) { r.Year = 1999 }, pb.Reason_FIELD_INVALID, "year"},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := proto.CloneOf(base)
			c.change(req)
			_, err := rollups.PutReceivedReport(t.Context(), req)
			if reason, field := reasonIn(err); reason != c.reason.String() || field != c.field {
				t.Errorf("%v in %q, want %s in %q: %v", reason, field, c.reason, c.field, err)
			}
		})
	}
	if _, err := rollups.GetReceivedReport(t.Context(), &pb.GetReceivedReportRequest{Parent: "agencies/unit", Year: 2025, Form: "table-2021"}); status.Code(err).String() != "NotFound" {
		t.Errorf("a report that was refused is there: %v", err)
	}
	putTwice(t, rollups, base)
}

// putTwice sends a request again: the first result comes back, also after a later report.
func putTwice(t *testing.T, rollups pb.RollupServiceClient, base *pb.PutReceivedReportRequest) {
	t.Helper()
	first := proto.CloneOf(base)
	first.RequestId = uuid.NewString()
	a, err := rollups.PutReceivedReport(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	later := proto.CloneOf(base)
	later.Json = `{"rows":{"newReceived":{"naturalPerson":5,"total":5}}}`
	b, err := rollups.PutReceivedReport(t.Context(), later)
	if err != nil || b.GetJson() == a.GetJson() {
		t.Errorf("a later report does not replace the first: %v, %v", b, err)
	}
	again, err := rollups.PutReceivedReport(t.Context(), first)
	if err != nil || !proto.Equal(a, again) {
		t.Errorf("the same request again: %v, %v", again, err)
	}
}

// TestDatedAgency records moves, names and mergers late, and asks what holds when.
func TestDatedAgency(t *testing.T) {
	t.Parallel()
	e := start(t, today)
	for id, parent := range map[string]string{"a": "", "b": ""} {
		e.agency(t, id, parent)
	}
	agencies := pb.NewAgencyServiceClient(e.admin)
	if _, err := agencies.CreateAgency(t.Context(), &pb.CreateAgencyRequest{AgencyId: "u", Agency: &pb.Agency{DisplayName: "旧名", Parent: "agencies/a", EstablishDate: "2023-05-01"}}); err != nil {
		t.Fatal(err)
	}
	update := func(mask, on string, change func(*pb.Agency)) error {
		u := &pb.Agency{Name: "agencies/u"}
		change(u)
		_, err := agencies.UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{Agency: u, UpdateMask: mask, EffectiveDate: on})
		return err
	}
	for _, c := range []struct {
		name, mask, on string
		change         func(*pb.Agency)
		reason         pb.Reason
		field          string
	}{
		{"tomorrow", "parent", "2026-07-01", func(u *pb.Agency) { u.Parent = "agencies/b" }, pb.Reason_FIELD_INVALID, "effective_date"},
		{"before it existed", "parent", "2023-04-30", func(u *pb.Agency) { u.Parent = "agencies/b" }, pb.Reason_FIELD_INVALID, "effective_date"},
		{"a successor that is nowhere", "successor", "", func(u *pb.Agency) { u.Successor = "agencies/nowhere" }, pb.Reason_RESOURCE_NOT_FOUND, ""},
		{"itself as successor", "successor", "", func(u *pb.Agency) { u.Successor = "agencies/u" }, pb.Reason_FIELD_INVALID, "agency.successor"},
		{"abolished tomorrow", "abolish_date", "", func(u *pb.Agency) { u.AbolishDate = "2026-07-01" }, pb.Reason_FIELD_INVALID, "agency.abolish_date"},
		{"abolished before it existed", "abolish_date", "", func(u *pb.Agency) { u.AbolishDate = "2023-05-01" }, pb.Reason_FIELD_INVALID, "agency.abolish_date"},
		{"a name of 2024", "display_name", "2024-03-01", func(u *pb.Agency) { u.DisplayName = "新名" }, 0, ""},
		{"a move of 2025", "parent", "2025-03-01", func(u *pb.Agency) { u.Parent = "agencies/b" }, 0, ""},
		{"the same move earlier", "parent", "2024-12-31", func(u *pb.Agency) { u.Parent = "agencies/b" }, 0, ""},
		{"merged", "successor", "2026-02-01", func(u *pb.Agency) { u.Successor = "agencies/a" }, 0, ""},
	} {
		err := update(c.mask, c.on, c.change)
		if reason, field := reasonIn(err); (c.reason == 0) != (err == nil) || c.reason != 0 && (reason != c.reason.String() || field != c.field) {
			t.Errorf("%s: %v in %q, want %s in %q: %v", c.name, reason, field, c.reason, c.field, err)
		}
	}
	if _, err := agencies.UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{Agency: &pb.Agency{Name: "agencies/b", Parent: "agencies/u"}, UpdateMask: "parent"}); err == nil {
		t.Error("an agency was put under one that is abolished")
	}
	addCases(t, e, rand.New(rand.NewPCG(5, 5)), "u", 40)
	for _, c := range []struct {
		top  string
		year int32
		name string // of u in that tree; empty: it is none
		want int32
	}{
		{"a", 2023, "旧名", 2},
		{"b", 2023, "", 1},
		{"a", 2024, "", 1},
		{"b", 2024, "新名", 2},
		{"b", 2026, "新名", 2},
		{"a", 2026, "", 1},
		{"b", 2027, "", 1},
		{"a", 2027, "", 1},
	} {
		list, err := pb.NewRollupServiceClient(e.conn(t, workflow.Auditor, c.top)).ListRollupUnits(t.Context(), &pb.ListRollupUnitsRequest{Parent: "agencies/" + c.top, Year: c.year, Form: "table-2021"})
		if err != nil {
			t.Fatal(err)
		}
		name := ""
		for _, u := range list.GetUnits() {
			if u.GetAgency() == "agencies/u" {
				name = u.GetDisplayName()
			}
		}
		if name != c.name || len(list.GetUnits()) != int(c.want) {
			t.Errorf("%s in %d: u is %q among %d units, want %q among %d", c.top, c.year, name, len(list.GetUnits()), c.name, c.want)
		}
	}
}

// TestSuccessorActs lets the successor's officer act on a case of the abolished agency.
func TestSuccessorActs(t *testing.T) {
	t.Parallel()
	e := start(t, today)
	for _, id := range []string{"old", "new", "third"} {
		e.agency(t, id, "")
	}
	apps := pb.NewApplicationServiceClient(e.conn(t, workflow.Officer, "old"))
	made, err := apps.CreateApplication(t.Context(), &pb.CreateApplicationRequest{Parent: "agencies/old", Application: newApplication()})
	if err != nil {
		t.Fatal(err)
	}
	heir, third := e.conn(t, workflow.Officer, "new"), e.conn(t, workflow.Officer, "third")
	get := func() error {
		_, err := pb.NewApplicationServiceClient(heir).GetApplication(t.Context(), &pb.GetApplicationRequest{Name: made.GetName()})
		return err
	}
	if reason, _ := reasonIn(get()); reason != pb.Reason_RESOURCE_NOT_FOUND.String() {
		t.Errorf("before the merger: %v", reason)
	}
	if _, err := pb.NewAgencyServiceClient(e.admin).UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{
		Agency: &pb.Agency{Name: "agencies/old", Successor: "agencies/new"}, UpdateMask: "successor",
	}); err != nil {
		t.Fatal(err)
	}
	if err := get(); err != nil {
		t.Errorf("after the merger: %v", err)
	}
	acted, err := pb.NewApplicationServiceClient(heir).ActOnApplication(t.Context(), &pb.ActOnApplicationRequest{
		Name: made.GetName(), Etag: made.GetEtag(), Actions: []*pb.Action{{Action: &pb.Action_Withdraw{Withdraw: &pb.Withdraw{WithdrawDate: "2026-06-30"}}}},
	})
	if err != nil {
		t.Errorf("acting: %v, %v", acted, err)
	}
	_, err = pb.NewApplicationServiceClient(third).GetApplication(t.Context(), &pb.GetApplicationRequest{Name: made.GetName()})
	if reason, _ := reasonIn(err); reason != pb.Reason_RESOURCE_NOT_FOUND.String() {
		t.Errorf("a third agency: %v", err)
	}
}
