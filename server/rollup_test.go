package server_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/report"
)

// pathFigures are the figures of a report by path; what is missing is left out.
func pathFigures(t testing.TB, r *pb.AnnualReport) map[string]report.Figure {
	t.Helper()
	out := map[string]report.Figure{}
	for _, row := range r.GetRows() {
		for _, c := range row.GetCells() {
			if c.GetValue() == "" {
				continue
			}
			f, err := report.ParseFigure(c.GetValue())
			if err != nil {
				t.Fatal(err)
			}
			out[fmt.Sprint(c.GetPath())] = f
		}
	}
	return out
}

// addCases stores random cases of an agency.
func addCases(t testing.TB, e *env, rnd *rand.Rand, agency string, n int) {
	t.Helper()
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	var apps []workflow.Application
	var events [][]workflow.Event
	for i := range n {
		a, ev, _, err := rules.Enter(workflow.Application{
			Agency: agency, ApplicationNo: fmt.Sprintf("R-%05d", i), Description: "申请公开某项目的批复文件",
			Applicant: workflow.Applicant{Name: "申请人", Phone: "010-00000000"},
		}, randomCase(rnd), workflow.Person{Name: "agencies/" + agency + "/principals/filler"}, day(t, today))
		if err != nil {
			t.Fatal(err)
		}
		apps, events = append(apps, a), append(events, ev)
	}
	if err := e.store.Update(t.Context(), agency, func(w storage.Writer) error { return insertAll(w, rules, apps, events) }); err != nil {
		t.Fatal(err)
	}
}

// treeChange is one change of the tree: a move, or a merger.
type treeChange struct {
	on     workflow.Date
	agency string
	to     string
	merger bool
}

// forest is what a tree of agencies should be, told by its changes alone.
type forest struct {
	parents map[string]string // at the start
	changes []treeChange
}

// at plays the changes up to the end of a year: where each agency stands, and who took
// over those that had gone before the year began.
func (f forest) at(year int) (parents, heirs map[string]string) {
	parents, heirs = map[string]string{}, map[string]string{}
	maps.Copy(parents, f.parents)
	for _, c := range f.changes {
		switch {
		case c.on > calendar.New(year, 12, 31):
		case !c.merger:
			parents[c.agency] = c.to
		case c.on <= calendar.New(year, 1, 1):
			heirs[c.agency] = c.to
		}
	}
	return parents, heirs
}

// host is the unit with which an agency counts in a year.
func host(heirs map[string]string, id string) string {
	for heirs[id] != "" {
		id = heirs[id]
	}
	return id
}

// under are the agencies that count in the tree of an agency in a year, and how many
// units they are.
func (f forest) under(top string, year int) (members []string, units int) {
	parents, heirs := f.at(year)
	for id := range f.parents {
		at := host(heirs, id)
		for at != top && at != "" {
			if at = parents[at]; at != "" {
				at = host(heirs, at)
			}
		}
		if at != top {
			continue
		}
		members = append(members, id)
		if heirs[id] == "" {
			units++
		}
	}
	return members, units
}

// grow makes up a tree and changes of it in 2024 and 2025.
func grow(rnd *rand.Rand, n int) forest {
	f := forest{parents: map[string]string{"root": ""}}
	ids := []string{"root"}
	for i := range n {
		id := "u" + strconv.Itoa(i)
		f.parents[id] = ids[rnd.IntN(len(ids))]
		ids = append(ids, id)
	}
	on := calendar.New(2024, 1, 1)
	for range n {
		on = on.AddDays(1 + rnd.IntN(60))
		c := treeChange{on: on, agency: ids[1+rnd.IntN(n)], to: ids[rnd.IntN(len(ids))], merger: rnd.IntN(2) == 0}
		if f.lawful(c) {
			f.changes = append(f.changes, c)
		}
	}
	return f
}

// lawful reports whether a change is one that the service should take.
func (f forest) lawful(c treeChange) bool {
	_, heirs := f.at(2030)
	if c.on > calendar.New(2026, 6, 1) || c.agency == c.to || heirs[c.agency] != "" || heirs[c.to] != "" {
		return false
	}
	with := forest{f.parents, append(slices.Clone(f.changes), c)}
	for year := 2024; year <= 2027; year++ {
		if with.ringed(year) {
			return false
		}
	}
	return true
}

// ringed reports whether somebody stands below itself in a year.
func (f forest) ringed(year int) bool {
	parents, heirs := f.at(year)
	for id := range f.parents {
		steps := 0
		for at := host(heirs, id); at != ""; steps++ {
			if steps > len(f.parents) {
				return true
			}
			if at = parents[at]; at != "" {
				at = host(heirs, at)
			}
		}
	}
	return false
}

func (f forest) plant(t testing.TB, e *env) {
	t.Helper()
	ids := []string{"root"}
	for i := range len(f.parents) - 1 {
		ids = append(ids, "u"+strconv.Itoa(i))
	}
	for _, id := range ids {
		e.agency(t, id, f.parents[id])
	}
	agencies := pb.NewAgencyServiceClient(e.admin)
	for _, c := range f.changes {
		req := &pb.UpdateAgencyRequest{Agency: &pb.Agency{Name: "agencies/" + c.agency}, EffectiveDate: c.on.String()}
		if c.merger {
			req.UpdateMask, req.Agency.Successor = "successor", "agencies/"+c.to
		} else {
			req.UpdateMask, req.Agency.Parent = "parent", "agencies/"+c.to
		}
		if _, err := agencies.UpdateAgency(t.Context(), req); err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
	}
}

// TestRollupIsTheSumOfItsParts grows random trees with moves and mergers in two years,
// and adds up the reports of the agencies that a plain replay puts into each tree.
func TestRollupIsTheSumOfItsParts(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewPCG(seed, 7))
			e := start(t, today)
			f := grow(rnd, 9)
			f.plant(t, e)
			for id := range f.parents {
				if rnd.IntN(4) > 0 {
					addCases(t, e, rnd, id, 5+rnd.IntN(25))
				}
			}
			conn := e.conn(t, workflow.Statistician, "root")
			for _, form := range []report.Form{report.Table2021, report.Codes2014} {
				for year := 2022; year <= 2026; year++ {
					for top := range f.parents {
						checkRollup(t, conn, f, top, year, form)
					}
				}
			}
			carriedAcross(t, conn)
		})
	}
}

// sumOf adds up the reports of agencies by themselves.
func sumOf(t testing.TB, conn *grpc.ClientConn, agencies []string, year int, form report.Form) map[string]report.Figure {
	t.Helper()
	want := map[string]report.Figure{}
	for _, id := range agencies {
		one, err := pb.NewReportServiceClient(conn).ComputeAnnualReport(t.Context(), &pb.ComputeAnnualReportRequest{Parent: "agencies/" + id, Year: int32(year), Form: string(form)})
		if err != nil {
			t.Fatal(err)
		}
		for path, v := range pathFigures(t, one) {
			want[path] += v
		}
	}
	return want
}

func checkRollup(t *testing.T, conn *grpc.ClientConn, f forest, top string, year int, form report.Form) {
	t.Helper()
	members, units := f.under(top, year)
	_, heirs := f.at(year)
	if heirs[top] != "" { // it had gone
		members, units = nil, 0
	}
	got, err := pb.NewRollupServiceClient(conn).ComputeRollup(t.Context(), &pb.ComputeRollupRequest{Parent: "agencies/" + top, Year: int32(year), Form: string(form)})
	if err != nil {
		t.Fatal(err)
	}
	if got.GetUnits() != int32(units) || got.GetReported()+got.GetSilent() != got.GetUnits() || got.GetUnbalanced() != 0 {
		t.Errorf("%s in %d: units %d (reported %d, silent %d, unbalanced %d), want %d", top, year, got.GetUnits(), got.GetReported(), got.GetSilent(), got.GetUnbalanced(), units)
	}
	if len(members) > 0 {
		if diff := gocmp.Diff(sumOf(t, conn, members, year, form), pathFigures(t, got.GetReport())); diff != "" {
			t.Errorf("%s of %s in %d is not the sum of %v:\n%s", form, top, year, members, diff)
		}
	}
	for _, finding := range got.GetReport().GetFindings() {
		if finding.GetStatus() == pb.Finding_FAIL {
			t.Errorf("%s of %s in %d: %s %s", form, top, year, finding.GetId(), finding.GetMessage())
		}
	}
	if top == "root" && year > 2024 {
		opensTree(t, conn, got.GetReport(), &pb.ListRollupEntriesRequest{Parent: "agencies/" + top, Year: int32(year), Form: string(form)})
	}
	checkUnits(t, conn, got, &pb.ListRollupUnitsRequest{Parent: "agencies/" + top, Year: int32(year), Form: string(form), PageSize: 4})
}

// opensTree counts what is behind each cell of a roll-up, in small pages.
func opensTree(t *testing.T, conn *grpc.ClientConn, rep *pb.AnnualReport, req *pb.ListRollupEntriesRequest) {
	t.Helper()
	for _, row := range rep.GetRows() {
		for _, c := range row.GetCells() {
			if c.GetEntered() || row.GetKey() == "7000" {
				continue
			}
			req.Cell, req.PageToken, req.PageSize = row.GetKey(), "", 7
			if c.GetColumn() != "" {
				req.Cell += "/" + c.GetColumn()
			}
			seen := map[string]bool{}
			for {
				res, err := pb.NewRollupServiceClient(conn).ListRollupEntries(t.Context(), req)
				if err != nil {
					t.Fatal(err)
				}
				if n := len(res.GetEntries()); res.GetValue() != c.GetValue() || n > 7 {
					t.Fatalf("%s is %s, opened it is %s with %d entries on a page", req.GetCell(), c.GetValue(), res.GetValue(), n)
				}
				for _, e := range res.GetEntries() {
					if !strings.HasPrefix(e.GetApplication(), e.GetAgency()+"/") {
						t.Errorf("%s holds %v", req.GetCell(), e)
					}
					seen[e.GetApplication()] = true
				}
				if req.PageToken = res.GetNextPageToken(); req.GetPageToken() == "" {
					break
				}
			}
			if n := strconv.Itoa(len(seen)); n != c.GetValue() {
				t.Errorf("%s of %d is %s, and %s cases are behind it", req.GetCell(), req.GetYear(), c.GetValue(), n)
			}
		}
	}
}

// checkUnits holds the list of units, page by page, against the sum.
func checkUnits(t *testing.T, conn *grpc.ClientConn, sum *pb.ComputeRollupResponse, req *pb.ListRollupUnitsRequest) {
	t.Helper()
	var received, units, silent int
	for {
		page, err := pb.NewRollupServiceClient(conn).ListRollupUnits(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range page.GetUnits() {
			units++
			if u.GetState() == pb.RollupUnit_SILENT {
				silent++
				continue
			}
			n, err := strconv.Atoi(u.GetReceived())
			if err != nil {
				t.Fatal(err)
			}
			received += n
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	name := map[string]string{"table-2021": "[rows newReceived total]", "codes-2014": "[codes 3100]"}[req.GetForm()]
	if want := pathFigures(t, sum.GetReport())[name]; report.Whole(int64(received)) != want || units != int(sum.GetUnits()) || silent != int(sum.GetSilent()) {
		t.Errorf("%s in %d: the units received %d, the sum has %s; %d units, %d silent", req.GetParent(), req.GetYear(), received, want, units, silent)
	}
}

// carriedAcross asks whether the whole tree carries in what it carried forward.
func carriedAcross(t *testing.T, conn *grpc.ClientConn) {
	t.Helper()
	rows := map[int]map[string]report.Figure{}
	for year := 2022; year <= 2026; year++ {
		got, err := pb.NewRollupServiceClient(conn).ComputeRollup(t.Context(), &pb.ComputeRollupRequest{Parent: "agencies/root", Year: int32(year), Form: "table-2021"})
		if err != nil {
			t.Fatal(err)
		}
		rows[year] = pathFigures(t, got.GetReport())
		for _, kind := range []string{"naturalPerson", "business", "total"} {
			was, is := rows[year-1]["[rows carriedForward "+kind+"]"], rows[year]["[rows carriedIn "+kind+"]"]
			if year > 2022 && was != is {
				t.Errorf("%s carried forward in %d: %s, carried in the next year: %s", kind, year-1, was, is)
			}
		}
	}
}

// TestRollupStates lists who has not reported, and how a zero report is told.
func TestRollupStates(t *testing.T) {
	t.Parallel()
	e := start(t, today)
	e.agency(t, "city", "")
	for _, id := range []string{"cases", "figures", "quiet", "sent", "sent0", "wrong", "other"} {
		e.agency(t, id, "city")
	}
	addCases(t, e, rand.New(rand.NewPCG(1, 1)), "cases", 30)
	supervisor := e.conn(t, workflow.Supervisor, "city")
	rollups := pb.NewRollupServiceClient(supervisor)
	_, err := pb.NewReportServiceClient(e.conn(t, workflow.Supervisor, "figures")).SetFigures(t.Context(), &pb.SetFiguresRequest{
		Parent: "agencies/figures", Figures: []*pb.Figure{{Year: 2025, Code: "t2.5.licences", Value: "0"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	put := func(id, form, figures string) *pb.ReceivedReport {
		t.Helper()
		got, err := rollups.PutReceivedReport(t.Context(), &pb.PutReceivedReportRequest{Parent: "agencies/" + id, Year: 2025, Form: form, Json: figures})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	put("sent", "table-2021", `{"t2":{"t2.5.licences":4},"rows":{"newReceived":{"naturalPerson":2,"total":2},"granted":{"naturalPerson":2,"total":2},"total":{"naturalPerson":2,"total":2},"carriedIn":{"naturalPerson":0,"total":null}}}`)
	put("sent0", "table-2021", `{"rows":{"newReceived":{"total":0}}}`)
	put("wrong", "table-2021", `{"rows":{"newReceived":{"naturalPerson":2,"business":0,"research":0,"socialOrg":0,"legalService":0,"other":0,"total":3}}}`)
	put("other", "codes-2014", `{"codes":{"3100":1,"3110":1}}`)
	list, err := rollups.ListRollupUnits(t.Context(), &pb.ListRollupUnitsRequest{Parent: "agencies/city", Year: 2025, Form: "table-2021"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]pb.RollupUnit_State{}
	for _, u := range list.GetUnits() {
		got[u.GetAgency()[len("agencies/"):]] = u.GetState()
	}
	want := map[string]pb.RollupUnit_State{
		"city": pb.RollupUnit_SILENT, "cases": pb.RollupUnit_DERIVED, "figures": pb.RollupUnit_ZERO, "quiet": pb.RollupUnit_SILENT,
		"sent": pb.RollupUnit_RECEIVED, "sent0": pb.RollupUnit_ZERO, "wrong": pb.RollupUnit_RECEIVED, "other": pb.RollupUnit_SILENT,
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("states differ:\n%s", diff)
	}
	sum, err := rollups.ComputeRollup(inEnglish(t.Context()), &pb.ComputeRollupRequest{Parent: "agencies/city", Year: 2025, Form: "table-2021"})
	if err != nil {
		t.Fatal(err)
	}
	if sum.GetUnits() != 8 || sum.GetSilent() != 3 || sum.GetUnbalanced() != 1 || sum.GetFrozen() != 0 {
		t.Errorf("counters: %v", []int32{sum.GetUnits(), sum.GetSilent(), sum.GetUnbalanced(), sum.GetFrozen()})
	}
	if !slices.ContainsFunc(sum.GetReport().GetWarnings(), func(w string) bool {
		return w == "1 unit reported in another form, which cannot be converted; it counts as silent in this one: other"
	}) {
		t.Errorf("warnings: %q", sum.GetReport().GetWarnings())
	}
	parts := sumOf(t, supervisor, []string{"cases", "figures"}, 2025, report.Table2021)
	parts["[rows newReceived naturalPerson]"] += report.Whole(4)
	parts["[rows newReceived total]"] += report.Whole(4)
	for _, row := range []string{"granted", "total"} {
		parts["[rows "+row+" naturalPerson]"] += report.Whole(2)
		parts["[rows "+row+" total]"] += report.Whole(2)
	}
	parts["[t2 t2.5.licences]"] += report.Whole(4)
	if diff := gocmp.Diff(parts, pathFigures(t, sum.GetReport())); diff != "" {
		t.Errorf("the sum differs:\n%s", diff)
	}
	own, err := rollups.ComputeRollup(t.Context(), &pb.ComputeRollupRequest{Parent: "agencies/city", Year: 2025, Form: "table-2021", OwnOnly: true})
	if err != nil || own.GetUnits() != 1 || own.GetSilent() != 1 {
		t.Errorf("the agency itself: %v, %v", own, err)
	}
	bad, err := rollups.ListRollupUnits(t.Context(), &pb.ListRollupUnitsRequest{Parent: "agencies/city", Year: 2025, Form: "table-2021", Unbalanced: true})
	if err != nil || len(bad.GetUnits()) != 1 || bad.GetUnits()[0].GetAgency() != "agencies/wrong" || len(bad.GetUnits()[0].GetFindings()) == 0 {
		t.Errorf("unbalanced units: %v, %v", bad, err)
	}
	received, err := rollups.GetReceivedReport(t.Context(), &pb.GetReceivedReportRequest{Parent: "agencies/sent", Year: 2025, Form: "table-2021"})
	if err != nil || received.GetActor() == "" || time.Since(received.GetRecordTime().AsTime()) > time.Hour {
		t.Errorf("the received report: %v, %v", received, err)
	}
	const figures = `{"rows":{"carriedIn":{"naturalPerson":0,"total":null},"granted":{"naturalPerson":2,"total":2},"newReceived":{"naturalPerson":2,"total":2},"total":{"naturalPerson":2,"total":2}},"t2":{"t2.5.licences":4}}`
	if received.GetJson() != figures {
		t.Errorf("figures %s, want %s", received.GetJson(), figures)
	}
}
