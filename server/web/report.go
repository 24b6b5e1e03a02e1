package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
)

// Who opens what of reports.
var (
	counters  = []pb.Principal_Role{pb.Principal_SUPERVISOR, pb.Principal_STATISTICIAN}
	overseers = []pb.Principal_Role{pb.Principal_SUPERVISOR, pb.Principal_STATISTICIAN, pb.Principal_AUDITOR}
)

func (d *desk) reportRoutes() []route {
	title := text{"年度报告", "Annual report"}
	return []route{
		{pattern: "GET /report", title: title, roles: readers, menu: true, handle: showReport},
		{pattern: "GET /report/cell", title: text{"单元格", "Cell"}, roles: readers, handle: reportCell},
		{pattern: "POST /report/figures", title: title, roles: counters, handle: setFigures},
		{pattern: "GET /report/checks", title: text{"校验", "Checks"}, roles: readers, handle: reportChecks},
		{pattern: "POST /report/checks", title: text{"校验", "Checks"}, roles: counters, handle: acceptCheck},
		{pattern: "GET /report/text", title: text{"报告文字", "Text of the report"}, roles: readers, handle: reportText},
		{pattern: "POST /report/text", title: text{"报告文字", "Text of the report"}, roles: counters, handle: setReportText},
		{pattern: "GET /report/freeze", title: text{"报送与更正", "Submit and amend"}, roles: readers, handle: reportFreeze},
		{pattern: "POST /report/freeze", title: text{"报送与更正", "Submit and amend"}, roles: counters, handle: freezeReport},
		{pattern: "POST /report/amend", title: text{"报送与更正", "Submit and amend"}, roles: counters, handle: amendReport},
		{pattern: "GET /report/diff", title: text{"版本差异", "Differences"}, roles: readers, handle: reportDiff},
		{pattern: "GET /report/carry-over", title: text{"结转核对", "Carry-over"}, roles: readers, handle: reportCarryOver},
		{pattern: "GET /report/charts", title: text{"图表", "Charts"}, roles: handlers, handle: reportCharts},
		{pattern: "GET /report/export", title: title, roles: readers, long: true, handle: exportReport},
	}
}

// reportForms are the forms in the order of their years, with their names and documents.
var reportForms = []struct {
	key  string
	name text
}{
	{"table-2021", text{"年度报告格式（2021年起）", "format since 2021"}},
	{"table-2019", text{"年度报告格式（2019、2020年）", "format of 2019 and 2020"}},
	{"codes-2014", text{"情况统计表（2014—2018年，代码表）", "coded table, 2014 to 2018"}},
}

// formOf is the form prescribed for a year; a report on any year may be had in any form.
func formOf(year int) string {
	switch {
	case year < 2019:
		return "codes-2014"
	case year < 2021:
		return "table-2019"
	}
	return "table-2021"
}

// subject is the report that a page is about.
type subject struct {
	Path     string // of the page that leads to it, /report or /rollup
	Year     int
	Form     string
	Agency   string // in the address, where it is not the caller's own
	OwnOnly  bool   // of a roll-up: 本级
	AsOf     string // as in the address
	language language
}

// subject reads which report is asked for; what is no year or form the service refuses.
func (p *page) subject(path string) subject {
	values := p.r.URL.Query()
	if p.r.PostForm != nil {
		values = p.r.PostForm
	}
	s := subject{
		Path: path, Form: values.Get("form"), Agency: p.r.URL.Query().Get("agency"), language: p.lang,
		OwnOnly: values.Get("own_only") != "", AsOf: strings.TrimSpace(values.Get("as_of")),
	}
	if s.Year = yearIn(values.Get("year"), reportYear(p.today())); s.Form == "" {
		s.Form = formOf(s.Year)
	}
	return s
}

// yearIn reads a year, or takes the usual one where none is given. What is none is one
// that the service refuses: nobody gets another year than he asked for.
func yearIn(value string, usual int) int {
	if value = strings.TrimSpace(value); value == "" {
		return usual
	}
	year, err := strconv.ParseInt(value, 10, 32)
	if err != nil || year <= 0 {
		return -1
	}
	return int(year)
}

// reportYear is the year whose report is worked on: in January the one that has ended, for
// its report is published by the 31st (Art 49).
func reportYear(today string) int {
	day, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return 0 // which the service refuses
	}
	return day.AddDate(0, -1, 0).Year()
}

// Link is the address of a page about the same report; pairs are further names and values.
func (s subject) Link(path string, pairs ...string) string {
	query := url.Values{"year": {strconv.Itoa(s.Year)}, "form": {s.Form}}
	if s.Agency != "" {
		query.Set("agency", s.Agency)
	}
	if s.OwnOnly {
		query.Set("own_only", "true")
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			query.Del(pairs[i])
		} else {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	return path + "?" + query.Encode()
}

// To is the address of the same report of another year, in the form of that year.
func (s subject) To(year int) string {
	s.Year, s.Form = year, formOf(year)
	return s.Link(s.Path)
}

// Post is where a form about the report is sent: the agency is part of the address.
func (s subject) Post(path string) string {
	if s.Agency == "" {
		return path
	}
	return path + "?agency=" + url.QueryEscape(s.Agency)
}

// Forms are the forms to choose from.
func (s subject) Forms() []option {
	var out []option
	for _, f := range reportForms {
		out = append(out, option{f.key, f.name.in(s.language), f.key == s.Form})
	}
	return out
}

// Years are those to choose from: about the one that is shown.
func (s subject) Years() []int {
	var out []int
	for y := min(s.Year+3, 2099); y >= max(s.Year-12, 2008); y-- {
		out = append(out, y)
	}
	return out
}

// Plus adds.
func (s subject) Plus(a, b int) int { return a + b }

// instant reads as of when a report is asked for: the end of a day, or an instant.
func (s subject) instant(f *form) *timestamppb.Timestamp {
	if s.AsOf == "" {
		return nil
	}
	if at, err := time.Parse(time.RFC3339Nano, s.AsOf); err == nil {
		return timestamppb.New(at)
	}
	day, err := time.ParseInLocation(time.DateOnly, s.AsOf, shanghai)
	if err != nil {
		f.wrong("as_of", text{"“" + s.AsOf + "”不是有效日期，应为YYYY-MM-DD", "“" + s.AsOf + "” is no day; write YYYY-MM-DD"})
		return nil
	}
	return timestamppb.New(day.AddDate(0, 0, 1).Add(-time.Microsecond))
}

// reportView is what the page of a report shows.
type reportView struct {
	subject
	Report    *pb.AnnualReport
	Chapters  []chapter
	Agencies  []*pb.Agency // to choose from; none where there is only one
	Mine      bool         // the caller may change it
	Edit      bool         // figures are being entered
	Open      []*pb.Check  // what does not pass and is not accepted
	Failing   int
	Cases     bool // the caller may open cases
	Narrative *pb.Narrative
	Versions  []*pb.FrozenReport // of the year, the latest first
	Charts    []drawing

	before map[string]string // of what is tried: the figures that stand now, by cell
}

// Frozen is the latest version, nil if the year was never frozen.
func (v reportView) Frozen() *pb.FrozenReport {
	if len(v.Versions) == 0 {
		return nil
	}
	return v.Versions[0]
}

// showReport shows a report on one screen: figures, checks, text and versions.
func showReport(p *page) error { return p.showReport(p.subject("/report")) }

func (p *page) showReport(s subject) error {
	if p.agency() == "" {
		return p.chooseAgency()
	}
	f := p.form()
	v := reportView{subject: s, Mine: p.mine(s), Cases: p.opensCases(s.Agency)}
	v.Edit = v.Mine && s.AsOf == "" && (f.Value("edit") != "" || p.r.Method == http.MethodPost)
	at := s.instant(f)
	var err error
	if v.Agencies, err = p.choices(); err != nil {
		return err
	}
	v.Report, err = p.api.Reports.ComputeAnnualReport(p.ctx(), &pb.ComputeAnnualReportRequest{
		Parent: p.parent(), Year: int32(s.Year), Form: s.Form, AsOfTime: at,
	})
	if err != nil {
		if p.r.Method == http.MethodGet && f.refused(err) {
			return p.show("report", v)
		}
		return err
	}
	if err := p.aroundReport(&v); err != nil {
		return err
	}
	v.Chapters = layOut(&v, f)
	p.title = v.Report.GetAgencyDisplayName() + strconv.Itoa(s.Year) + p.text("年度报告", " annual report")
	return p.show("report", v)
}

// aroundReport reads what stands around the figures.
func (p *page) aroundReport(v *reportView) error {
	checks, err := p.api.Oversight.ListChecks(p.ctx(), &pb.ListChecksRequest{Parent: p.parent(), Year: int32(v.Year), Form: v.Form, OpenOnly: true})
	if err != nil {
		return err
	}
	v.Open = checks.GetChecks()
	for _, c := range v.Open {
		if c.GetHard() && c.GetStatus() == pb.Finding_FAIL {
			v.Failing++
		}
	}
	if v.Narrative, err = p.api.Oversight.GetNarrative(p.ctx(), &pb.GetNarrativeRequest{Parent: p.parent(), Year: int32(v.Year), Form: v.Form}); err != nil {
		return err
	}
	if v.Versions, err = p.versions(v.Year); err != nil {
		return err
	}
	v.Charts = []drawing{p.outcomes(v)}
	return nil
}

// versions are those of a year, the latest first.
func (p *page) versions(year int) ([]*pb.FrozenReport, error) {
	res, err := p.api.Freezes.ListFrozenReports(p.ctx(), &pb.ListFrozenReportsRequest{Parent: p.parent()})
	if err != nil {
		return nil, err
	}
	var out []*pb.FrozenReport
	for _, r := range res.GetReports() {
		if int(r.GetYear()) == year {
			out = append(out, r)
		}
	}
	slices.Reverse(out)
	return out, nil
}

// mine tells whether the caller may change what the report rests on.
func (p *page) mine(s subject) bool {
	return slices.Contains(counters, p.me.GetRole()) && (s.Agency == "" || s.Agency == p.ownAgency())
}

// opensCases tells whether the caller may open applications of an agency.
func (p *page) opensCases(agency string) bool {
	return slices.Contains(handlers, p.me.GetRole()) && (agency == "" || agency == p.ownAgency())
}

// maxChoices is how many agencies a list offers; of more, the address names one.
const maxChoices = 200

// choices are the agencies whose reports the caller may read, if they are several.
func (p *page) choices() ([]*pb.Agency, error) {
	if !slices.Contains(overseers, p.me.GetRole()) {
		return nil, nil
	}
	res, err := p.api.Agencies.ListAgencies(p.ctx(), &pb.ListAgenciesRequest{PageSize: maxChoices})
	if err != nil {
		return nil, err
	}
	if len(res.GetAgencies()) < 2 {
		return nil, nil
	}
	return res.GetAgencies(), nil
}
