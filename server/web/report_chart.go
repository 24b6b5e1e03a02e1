package web

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web/chart"
)

// drawing is a chart with its table.
type drawing struct{ Chart template.HTML }

// drawn makes a drawing in the page's language.
func (p *page) drawn(f chart.Figure) drawing {
	if p.lang == english {
		return drawing{f.EnglishHTML()}
	}
	return drawing{f.HTML()}
}

func (p *page) chartOptions(id string) chart.Options {
	return chart.Options{ID: id, English: p.lang == english}
}

// outcomeGroups are the outcomes of table 三 in its order, by the beginning of their rows'
// keys, and those of the coded table.
var outcomeGroups = []struct {
	name text
	keys []string
}{
	{text{"予以公开", "disclosed"}, []string{"granted", "3310", "3320"}},
	{text{"部分公开", "in part"}, []string{"partial", "3330"}},
	{text{"不予公开", "not disclosed"}, []string{"denied", "3341", "3342", "3343", "3344", "3345", "3346"}},
	{text{"无法提供", "cannot be provided"}, []string{"unable", "3350", "3360", "3370"}},
	{text{"不予处理", "not processed"}, []string{"notProcessed"}},
	{text{"其他处理", "other"}, []string{"other", "3380"}},
}

// outcomes draws how the applications of a report ended.
func (p *page) outcomes(v *reportView) drawing {
	var bars []chart.Bar
	for _, g := range outcomeGroups {
		bar := chart.Bar{Label: g.name.in(p.lang)}
		for _, r := range v.Report.GetRows() {
			for _, key := range g.keys {
				if r.GetKey() == key || strings.HasPrefix(r.GetKey(), key+".") {
					bar.Cases += totalOf(r)
				}
			}
		}
		bars = append(bars, bar)
	}
	return p.drawn(chart.Outcomes(p.text(fmt.Sprintf("%d年办理结果", v.Year), fmt.Sprintf("Outcomes of %d", v.Year)), bars, p.chartOptions("outcomes")))
}

// totalOf is the total of a row that counts applications.
func totalOf(r *pb.ReportRow) int64 {
	for _, c := range r.GetCells() {
		if c.GetColumn() == "total" || c.GetColumn() == "" {
			n, err := strconv.ParseInt(c.GetValue(), 10, 64)
			if err == nil {
				return n
			}
		}
	}
	return 0
}

// rowTotal is the total of the row of a key.
func rowTotal(report *pb.AnnualReport, key string) int64 {
	for _, r := range report.GetRows() {
		if r.GetKey() == key {
			return totalOf(r)
		}
	}
	return 0
}

// drawWorkload draws who has how much in hand.
func (p *page) drawWorkload(loads []*pb.Workload) []drawing {
	if len(loads) == 0 {
		return nil
	}
	var rows []chart.Load
	for _, l := range loads {
		row := chart.Load{Name: l.GetHolder(), Open: int64(l.GetOpen()), Overdue: int64(l.GetOverdue()), Soon: int64(l.GetRed() + l.GetYellow())}
		if row.Name == "" {
			row.Name = p.text("未分办", "nobody")
		}
		rows = append(rows, row)
	}
	return []drawing{p.drawn(chart.Workload(p.text("各承办在办申请", "Open applications by holder"), rows, p.chartOptions("workload")))}
}

// What the charts of a year read at most: of a larger year they say that it is too large.
const (
	chartRows  = 1000
	chartPages = 10
)

// chartsView is what the page of charts shows.
type chartsView struct {
	subject
	Charts  []drawing
	Large   bool // the year has more applications than are read
	Longest []*pb.Application
}

// reportCharts draws a year: what came in and went out by month, what was open, how it
// ended, and how it stood to the limit. The API counts nothing by month, so the
// applications of the year are read.
func reportCharts(p *page) error {
	s := p.subject("/report")
	s.Form = formOf(max(s.Year, 2021)) // which has the rows of carry-over
	v := chartsView{subject: s}
	report, err := p.api.Reports.ComputeAnnualReport(p.ctx(), &pb.ComputeAnnualReportRequest{Parent: p.parent(), Year: int32(s.Year), Form: s.Form})
	if err != nil {
		return err
	}
	received, large, err := p.ofYear("receive_date", s.Year)
	if err != nil {
		return err
	}
	closed, more, err := p.ofYear("close_date", s.Year)
	if err != nil {
		return err
	}
	if v.Large = large || more; !v.Large {
		v.Charts = append(v.Charts, p.flow(s.Year, rowTotal(report, "carriedIn"), received, closed), p.timings(s.Year, closed), p.days(s.Year, closed))
		v.Longest = longest(closed)
	}
	v.Charts = append(v.Charts, p.outcomes(&reportView{subject: s, Report: report}))
	p.under(s.Link("/report"), p.text("年度报告", "Annual report"))
	return p.show("report-charts", v)
}

// ofYear reads the applications with a day in the year, void ones left out.
func (p *page) ofYear(day string, year int) (list []*pb.Application, large bool, err error) {
	req := &pb.ListApplicationsRequest{
		Parent: p.parent(), PageSize: chartRows,
		Filter: fmt.Sprintf("%[1]s >= %[2]d-01-01 AND %[1]s <= %[2]d-12-31", day, year),
	}
	for range chartPages {
		res, err := p.api.Applications.ListApplications(p.ctx(), req)
		if err != nil {
			return nil, false, err
		}
		for _, a := range res.GetApplications() {
			if a.GetState() != pb.Application_VOID {
				list = append(list, a)
			}
		}
		if req.PageToken = res.GetNextPageToken(); req.GetPageToken() == "" {
			return list, false, nil
		}
	}
	return nil, true, nil
}

// flow draws the year by months; what is open at the end of a month follows from what was
// carried in.
func (p *page) flow(year int, open int64, received, closed []*pb.Application) drawing {
	var periods [12]chart.Period
	for _, a := range received {
		periods[monthOf(a.GetReceiveDate())].In++
	}
	for _, a := range closed {
		periods[monthOf(a.GetConclusion().GetCloseDate())].Out++
	}
	for m := range periods {
		q := &periods[m]
		q.Label = p.text(strconv.Itoa(m+1)+"月", strconv.Itoa(m+1))
		q.Ahead = fmt.Sprintf("%04d-%02d-01", year, m+1) > p.today()
		open += q.In - q.Out
		q.Open = open
	}
	return p.drawn(chart.Flow(p.text(fmt.Sprintf("%d年收到、办结与在办", year), fmt.Sprintf("Received, concluded and open, %d", year)), periods[:], p.chartOptions("flow")))
}

// monthOf is the month of a day, from 0.
func monthOf(day string) int {
	if len(day) < len("2026-01") {
		return 0
	}
	m, err := strconv.Atoi(day[5:7])
	if err != nil || m < 1 || m > 12 {
		return 0
	}
	return m - 1
}

// timings draws how conclusions stood to the time limit.
func (p *page) timings(year int, closed []*pb.Application) drawing {
	counts := map[pb.Application_Timing]int64{}
	for _, a := range closed {
		counts[a.GetConclusion().GetTiming()]++
	}
	var bars []chart.Bar
	for _, t := range []pb.Application_Timing{pb.Application_ON_TIME, pb.Application_EXTENDED, pb.Application_OVERDUE} {
		bars = append(bars, chart.Bar{Label: labelOf(p.lang, t), Cases: counts[t]})
	}
	return p.drawn(chart.Outcomes(p.text(fmt.Sprintf("%d年办结与期限", year), fmt.Sprintf("Conclusions against the limit, %d", year)), bars, p.chartOptions("timings")))
}

// The limits for a reply in workdays, without and with an extension.
var (
	limits2008 = chart.Limits{Ordinary: 15, Extended: 30} // 2008 Art 24
	limits2019 = chart.Limits{Ordinary: 20, Extended: 40} // 2019 Art 33
)

// days draws how many workdays of the period the conclusions of a year took. Both limits
// were in force in 2019: the later one is drawn.
func (p *page) days(year int, closed []*pb.Application) drawing {
	limits := limits2019
	if year < 2019 {
		limits = limits2008
	}
	counts := map[int]int64{}
	for _, a := range closed {
		counts[int(a.GetConclusion().GetWorkdaysTaken())]++
	}
	var taken []chart.Taken
	for _, n := range slices.Sorted(maps.Keys(counts)) {
		taken = append(taken, chart.Taken{Workdays: n, Cases: counts[n]})
	}
	return p.drawn(chart.Days(p.text(fmt.Sprintf("%d年办结所用工作日", year), fmt.Sprintf("Workdays taken by the conclusions of %d", year)), taken, limits, p.chartOptions("days")))
}

// longestShown is how many of the conclusions that took longest are named.
const longestShown = 10

// longest are the conclusions that took the most workdays.
func longest(closed []*pb.Application) []*pb.Application {
	list := slices.SortedStableFunc(slices.Values(closed), func(a, b *pb.Application) int {
		return cmp.Compare(b.GetConclusion().GetWorkdaysTaken(), a.GetConclusion().GetWorkdaysTaken())
	})
	return list[:min(len(list), longestShown)]
}
