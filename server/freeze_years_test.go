package server_test

import (
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// How many random years are lived through, and with how many cases at most.
var (
	randomYears = flag.Int("years", 2, "random years to live through")
	firstSeed   = flag.Int("first-seed", 0, "seed of the first random year")
	yearCases   = flag.Int("cases", 100, "cases of a random year at most; at least 10")
)

// life is an agency to which random things happen over three years, late ones too.
type life struct {
	*archive
	rnd      *rand.Rand
	apps     []*pb.Application
	remedies []*pb.Remedy
	seen     map[string]int // acts that were accepted, and refusals, by name
	frozen   map[int32]*pb.AnnualReport
	open     map[int32]bool // an amendment is open
	reports  []pastReport
	stride   int // steps between two looks at the frozen years
}

// pastReport is a report as of an instant, as it was first given.
type pastReport struct {
	at   *timestamppb.Timestamp
	year int32
	form string
	raw  []byte
}

// TestRandomYears lives through random years with late registrations and corrections,
// with freezing and amending, and holds the reports against what was promised.
func TestRandomYears(t *testing.T) {
	e := start(t, today)
	seen := map[string]int{}
	for seed := *firstSeed; seed < *firstSeed+*randomYears; seed++ {
		l := &life{
			archive: archiveIn(t, e, "2025-10-01").office(t, "y"+strconv.Itoa(seed)), rnd: rand.New(rand.NewPCG(uint64(seed), 7)), seen: seen,
			frozen: map[int32]*pb.AnnualReport{}, open: map[int32]bool{},
		}
		cases := l.size()
		// A report costs what the year holds: of a large year some hundred are asked for.
		l.stride = max(cases/100, 1)
		for n := 0; len(l.apps) < cases || n < 60; n++ {
			l.clock.Add(int64(time.Minute) * int64(1+l.rnd.IntN(max(720_000/cases, 2))))
			l.step(t)
			if n%l.stride == 0 {
				l.unchanged(t)
			}
			if n%(7*l.stride) == 0 {
				l.remember(t)
			}
			if t.Failed() {
				t.Fatalf("seed %d, step %d", seed, n)
			}
		}
		l.end(t)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	for _, name := range []string{"registered", "concluded", "kind corrected", "concluded late", "struck", "void", "remedy", "remedy concluded", "figure", "frozen", "amended", "YEAR_FROZEN"} {
		if seen[name] == 0 {
			t.Errorf("never happened: %s; it happened: %v", name, slices.Sorted(maps.Keys(seen)))
		}
	}
}

// size draws how many cases the year has: as with agencies, small ones are the most.
func (l *life) size() int {
	return int(10 * math.Pow(max(float64(*yearCases)/10, 1), l.rnd.Float64()))
}

// today is the day of the clock.
func (l *life) today() workflow.Date { return calendar.Of(l.now()) }

// back is a day before today, mostly near.
func (l *life) back(far int) string {
	return max(l.today().AddDays(-l.rnd.IntN(far)), calendar.New(2024, 1, 2)).String()
}

// step does one random thing. What is refused must be refused for a reason of the law or
// because a year is frozen.
func (l *life) step(t *testing.T) {
	t.Helper()
	name, err := l.happen(t)
	switch status.Code(err) {
	case codes.OK:
		l.seen[name]++
	case codes.FailedPrecondition, codes.InvalidArgument:
		l.seen[refusalOf(err).reason]++
	default:
		t.Fatalf("%s: %v", name, err)
	}
}

// unchanged asks that no act since changed a year that is frozen.
func (l *life) unchanged(t *testing.T) {
	t.Helper()
	for year, want := range l.frozen {
		if l.open[year] {
			continue
		}
		got := l.report(t, year, "table-2021", nil)
		if !proto.Equal(&pb.AnnualReport{Rows: want.GetRows()}, &pb.AnnualReport{Rows: got.GetRows()}) {
			t.Fatalf("the frozen year %d changed:\n%s", year, cmp.Diff(want.GetRows(), got.GetRows(), protocmp.Transform()))
		}
	}
}

func (l *life) happen(t *testing.T) (string, error) {
	t.Helper()
	dice := l.rnd.IntN(100)
	switch {
	case dice < 45 || len(l.apps) == 0:
		return "registered", l.registers(t)
	case dice < 60:
		return l.acts(t)
	case dice < 75:
		return l.corrects(t)
	case dice < 88:
		return l.appeals(t)
	case dice < 91:
		code := []string{"t2.5.licences", "t2.6.penalties"}[l.rnd.IntN(2)]
		_, err := pb.NewReportServiceClient(l.chief).SetFigures(t.Context(), &pb.SetFiguresRequest{Parent: l.parent, Figures: []*pb.Figure{
			{Year: int32(l.today().Year() - l.rnd.IntN(2)), Code: code, Value: strconv.Itoa(l.rnd.IntN(9))},
		}})
		return "figure", err
	}
	if l.rnd.IntN(l.stride) > 0 {
		return l.acts(t) // a large year is not frozen more often than a small one
	}
	return l.archives(t)
}

// registers registers an application that arrived lately, or long ago, and may have ended.
func (l *life) registers(t *testing.T) error {
	a := handedOver(l.back([]int{20, 20, 400}[l.rnd.IntN(3)]))
	a.Applicant.Kind = pb.Applicant_Kind(1 + l.rnd.IntN(6))
	var actions []*pb.Action
	if l.rnd.IntN(3) == 0 {
		on := max(day(t, a.GetArriveDate()), l.today().AddDays(-l.rnd.IntN(40))).String()
		actions = replied(on)
	}
	got, err := l.create(t, a, actions...)
	if err == nil {
		l.apps = append(l.apps, got)
	}
	return err
}

// one picks an application, of the latest ones mostly.
func (l *life) one() *pb.Application {
	return l.apps[max(l.rnd.IntN(len(l.apps)), l.rnd.IntN(len(l.apps)))]
}

// acts concludes an application, by a reply of today or one that nobody recorded before.
func (l *life) acts(t *testing.T) (string, error) {
	name, on := "concluded", l.today().String()
	if l.rnd.IntN(3) == 0 {
		name, on = "concluded late", l.back(120)
	}
	_, err := l.act(t, l.one().GetName(), replied(on)...)
	return name, err
}

// corrects changes what was recorded wrongly.
func (l *life) corrects(t *testing.T) (string, error) {
	a := l.one()
	switch l.rnd.IntN(3) {
	case 0:
		_, err := l.act(t, a.GetName(), kindCorrected([]string{"BUSINESS", "RESEARCH", "LEGAL_SERVICE"}[l.rnd.IntN(3)]))
		return "kind corrected", err
	case 1:
		_, err := l.act(t, a.GetName(), action(&pb.Correct{Reason: "误登", Amendments: []*pb.Amendment{
			{Revision: 2, Change: &pb.Amendment_Strike{Strike: true}}, {Revision: 3, Change: &pb.Amendment_Strike{Strike: true}},
		}}))
		return "struck", err
	}
	_, err := pb.NewApplicationServiceClient(l.other).ActOnApplication(t.Context(), &pb.ActOnApplicationRequest{
		Name: a.GetName(), Actions: []*pb.Action{action(&pb.Void{VoidDate: l.today().String(), Reason: "重复登记"})},
	})
	return "void", err
}

// appeals records a remedy, or what became of one.
func (l *life) appeals(t *testing.T) (string, error) {
	client := pb.NewRemedyServiceClient(l.chief)
	if len(l.remedies) == 0 || l.rnd.IntN(2) == 0 {
		got, err := client.CreateRemedy(t.Context(), &pb.CreateRemedyRequest{Parent: l.parent, Remedy: &pb.Remedy{
			Kind: pb.Remedy_Kind(1 + l.rnd.IntN(3)), FileDate: l.back([]int{30, 300}[l.rnd.IntN(2)]),
		}})
		if err == nil {
			l.remedies = append(l.remedies, got)
		}
		return "remedy", err
	}
	name := l.remedies[l.rnd.IntN(len(l.remedies))].GetName()
	act := conclude(pb.Remedy_UPHELD, l.back(60))
	if l.rnd.IntN(5) == 0 {
		act = strike("误登")
	}
	_, err := client.ActOnRemedy(t.Context(), &pb.ActOnRemedyRequest{Name: name, Action: act})
	return "remedy concluded", err
}

// archives freezes a year, or opens an amendment of one.
func (l *life) archives(t *testing.T) (string, error) {
	year := int32(l.today().Year() - 1 - l.rnd.IntN(2))
	if _, ok := l.frozen[year]; ok && !l.open[year] {
		_, err := l.amend(t, l.chief, year, "漏登或误登")
		if err == nil {
			l.open[year] = true
		}
		return "amended", err
	}
	frozen, err := l.freeze(t, l.other, year)
	if err == nil {
		l.frozen[year], l.open[year] = l.report(t, year, "table-2021", nil), false
		as := l.report(t, year, "table-2021", frozen.GetFreezeTime())
		if diff := cmp.Diff(l.frozen[year].GetRows(), as.GetRows(), protocmp.Transform()); diff != "" {
			t.Errorf("as of the freeze %d is another report:\n%s", year, diff)
		}
	}
	return "frozen", err
}

// remember keeps a report as of now, or as of an instant before.
func (l *life) remember(t *testing.T) {
	t.Helper()
	at := timestamppb.New(l.now().Add(-time.Duration(l.rnd.Int64N(int64(2000 * time.Hour)))))
	if l.rnd.IntN(2) == 0 {
		at = timestamppb.New(l.now())
	}
	p := pastReport{at: at, year: int32(l.today().Year() - l.rnd.IntN(2)), form: []string{"table-2021", "codes-2014"}[l.rnd.IntN(2)]}
	p.raw = l.bytes(t, p)
	l.reports = append(l.reports, p)
}

func (l *life) bytes(t *testing.T, p pastReport) []byte {
	t.Helper()
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(l.report(t, p.year, p.form, p.at))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// end asks that every report of the past is what it was, and that the present ones open
// into their cases, balance, and follow one on another.
func (l *life) end(t *testing.T) {
	t.Helper()
	l.unchanged(t)
	for _, p := range l.reports {
		if string(l.bytes(t, p)) != string(p.raw) {
			t.Errorf("the report on %d as of %v has changed", p.year, p.at.AsTime())
		}
	}
	for year := int32(2024); year <= int32(l.today().Year()); year++ {
		for _, form := range []string{"table-2021", "codes-2014"} {
			l.opens(t, year, form)
		}
		forward, in := l.behind(t, year-1, "table-2021", "carriedForward"), l.behind(t, year, "table-2021", "carriedIn")
		if diff := cmp.Diff(forward, in); diff != "" {
			t.Errorf("carried forward by %d and into %d (-forward +in):\n%s", year-1, year, diff)
		}
		l.carries(t, year, in)
	}
	l.versions(t)
}

// opens counts what is behind each cell, and asks that the identities hold.
func (l *life) opens(t *testing.T, year int32, form string) {
	t.Helper()
	rep := l.report(t, year, form, nil)
	for _, f := range rep.GetFindings() {
		if f.GetStatus() == pb.Finding_FAIL {
			t.Errorf("%d: %s: %s", year, f.GetId(), f.GetMessage())
		}
	}
	for _, row := range rep.GetRows() {
		for _, c := range row.GetCells() {
			name := row.GetKey()
			if c.GetColumn() != "" {
				name += "/" + c.GetColumn()
			}
			if c.GetEntered() || name == "7000" {
				continue
			}
			if n := strconv.Itoa(len(l.behind(t, year, form, name))); n != c.GetValue() {
				t.Errorf("%d %s %s is %s, and %s entries are behind it", year, form, name, c.GetValue(), n)
			}
		}
	}
}

func (l *life) behind(t *testing.T, year int32, form, cell string) []string {
	t.Helper()
	out := []string{}
	req := &pb.ListCellEntriesRequest{Parent: l.parent, Year: year, Form: form, Cell: cell, PageSize: 1000}
	for {
		res, err := pb.NewReportServiceClient(l.chief).ListCellEntries(t.Context(), req)
		if err != nil {
			t.Fatalf("%s of %d: %v", cell, year, err)
		}
		out = append(out, numbersOf(res.GetEntries())...)
		if req.PageToken = res.GetNextPageToken(); req.PageToken == "" {
			slices.Sort(out)
			return out
		}
	}
}

// carries asks that the differences of the carry-over are all the differences there are,
// each with its reason.
func (l *life) carries(t *testing.T, year int32, in []string) {
	t.Helper()
	got, err := pb.NewFreezeServiceClient(l.chief).CompareCarryOver(t.Context(), &pb.CompareCarryOverRequest{Parent: l.parent, Year: year})
	if err != nil {
		t.Fatal(err)
	}
	if got.GetCarriedIn() != strconv.Itoa(len(in)) {
		t.Errorf("%s are carried into %d, %d by the cell", got.GetCarriedIn(), year, len(in))
	}
	forward, err := strconv.Atoi(got.GetCarriedForward())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range got.GetDifferences() {
		if d.GetAdded() {
			forward++
		} else {
			forward--
		}
		if d.GetReason() == "" || d.GetActor() == "" || !d.GetRecordTime().IsValid() || d.GetEntry().GetApplicationNo() == "" {
			t.Errorf("a difference without its reason: %v", d)
		}
		if d.GetAdded() != slices.Contains(in, d.GetEntry().GetApplicationNo()) && d.GetAdded() {
			t.Errorf("%v is not carried in", d)
		}
	}
	if forward != len(in) {
		t.Errorf("with its differences %d are carried into %d, by the cell %d", forward, year, len(in))
	}
	if rep, ok := l.frozen[year-1]; ok && !l.open[year-1] {
		if len(got.GetDifferences()) > 0 || !got.GetFrozen() {
			t.Errorf("%d is frozen with %v, and its carry-over differs: %v", year-1, rep.GetYear(), got.GetDifferences())
		}
	}
}

// versions asks that the diff between two versions of a year accounts for every figure.
func (l *life) versions(t *testing.T) {
	t.Helper()
	all, err := pb.NewFreezeServiceClient(l.chief).ListFrozenReports(t.Context(), &pb.ListFrozenReportsRequest{Parent: l.parent})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range all.GetReports() {
		to := v.GetVersion() + 1
		if !slices.ContainsFunc(all.GetReports(), func(w *pb.FrozenReport) bool { return w.GetYear() == v.GetYear() && w.GetVersion() == to }) {
			to = 0
		}
		cells := l.diff(t, v.GetYear(), v.GetVersion(), to, "table-2021")
		if to == 0 && v.GetState() == pb.FrozenReport_FROZEN && len(cells) > 0 {
			t.Errorf("%d is frozen, and differs from its cases: %v", v.GetYear(), cells)
		}
		for _, c := range cells {
			before, errBefore := strconv.Atoi(c.GetBefore())
			after, errAfter := strconv.Atoi(c.GetAfter())
			if errBefore != nil || errAfter != nil || c.GetLabel() == "" {
				if len(c.GetAdded())+len(c.GetRemoved()) > 0 {
					t.Errorf("an entered figure has entries: %v", c)
				}
				continue
			}
			if n := len(c.GetAdded()) - len(c.GetRemoved()); c.GetCell()[:3] != "t2." && before+n != after {
				t.Errorf("%d %s: %d and %+d is not %d: %v", v.GetYear(), c.GetCell(), before, n, after, fmt.Sprint(c))
			}
		}
	}
}
