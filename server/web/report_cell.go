package web

import (
	"fmt"
	"strconv"
	"strings"

	pb "gongkai/proto/disclosure/v1"
)

// cellPage is how many entries one page lists.
const cellPage = 200

// cellView is what is behind a cell.
type cellView struct {
	subject
	Cell        string
	Label       string
	Value       string
	Entered     bool
	Entries     []*pb.CellEntry
	From        int
	Cases       bool // the caller may open cases
	Own         string
	Fees        bool // an entry has an amount
	Remedies    bool // an entry is a remedy
	First, Next string
}

// Opens tells whether the caller may open the application of an entry.
func (v cellView) Opens(e *pb.CellEntry) bool {
	return v.Cases && e.GetApplication() != "" && agencyOf(e.GetApplication()) == v.Own
}

// remedyKinds are the kinds of remedies as entries name them.
var remedyKinds = map[string]text{
	"reconsideration": {"行政复议", "Reconsideration"}, "litigation": {"行政诉讼", "Litigation"}, "complaint": {"举报投诉", "Complaint"},
}

// Remedy names the kind of a remedy.
func (s subject) Remedy(kind string) string {
	if t, ok := remedyKinds[strings.ToLower(kind)]; ok {
		return t.in(s.language)
	}
	return kind
}

// Yuan writes an amount of fen in yuan.
func (v cellView) Yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

// reportCell lists what is behind a cell: as many entries as its figure.
func reportCell(p *page) error {
	s := p.subject("/report")
	f := p.form()
	res, err := p.api.Reports.ListCellEntries(p.ctx(), &pb.ListCellEntriesRequest{
		Parent: p.parent(), Year: int32(s.Year), Form: s.Form, Cell: f.Value("cell"),
		PageSize: cellPage, PageToken: p.r.URL.Query().Get("page_token"),
	})
	if err != nil {
		return err
	}
	report, err := p.api.Reports.ComputeAnnualReport(p.ctx(), &pb.ComputeAnnualReportRequest{Parent: p.parent(), Year: int32(s.Year), Form: s.Form})
	if err != nil {
		return err
	}
	return p.showCell(s, report, res)
}

// showCell shows a page of entries, of a report or of a roll-up.
func (p *page) showCell(s subject, report *pb.AnnualReport, res *pb.ListCellEntriesResponse) error {
	name := p.form().Value("cell")
	v := cellView{
		subject: s, Cell: name, Label: cellLabel(p.lang, report, name), Value: res.GetValue(), Entered: res.GetEntered(),
		Entries: res.GetEntries(), Cases: p.opensCases(""), Own: p.ownAgency(),
	}
	for _, e := range v.Entries {
		v.Fees = v.Fees || e.GetAmountFen() != 0
		v.Remedies = v.Remedies || e.GetRemedyKind() != ""
	}
	v.First, v.Next = p.turns(res.GetNextPageToken())
	p.title = v.Label
	p.under(s.Link(s.Path), report.GetAgencyDisplayName()+" "+strconv.Itoa(s.Year))
	return p.show("report-cell", v)
}

// cellLabel names a cell by the headings of its row and its column.
func cellLabel(l language, report *pb.AnnualReport, name string) string {
	var above []*pb.ReportRow // headings that the row stands under
	for _, r := range report.GetRows() {
		for len(above) > 0 && above[len(above)-1].GetLevel() >= r.GetLevel() {
			above = above[:len(above)-1]
		}
		if r.GetKey() == "" {
			above = append(above, r)
			continue
		}
		for _, c := range r.GetCells() {
			if cellName(c) != name && r.GetKey() != name {
				continue
			}
			label := text{r.GetLabelZh(), r.GetLabelEn()}.in(l)
			if n := len(above); n > 0 && above[n-1].GetLevel() > 1 {
				label = text{above[n-1].GetLabelZh(), above[n-1].GetLabelEn()}.in(l) + " " + label
			}
			if c.GetColumn() != "" && cellName(c) == name {
				label += " · " + c.GetColumnLabel()
			}
			return label
		}
	}
	return name
}
