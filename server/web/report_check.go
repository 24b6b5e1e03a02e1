package web

import (
	"net/http"
	"slices"

	pb "gongkai/proto/disclosure/v1"
)

// checksPage is how many checks one page shows.
const checksPage = 25

// checksView is what the page of checks shows.
type checksView struct {
	subject
	Checks      []*pb.Check
	Counts      []queueCount
	Mine        bool
	Cases       bool
	Own         string
	At          string // id of the check whose reason has to be mended
	First, Next string

	report *pb.AnnualReport
}

// Label names a cell that is evidence.
func (v checksView) Label(cell string) string { return cellLabel(v.language, v.report, cell) }

// Opens tells whether the caller may open the application of an entry.
func (v checksView) Opens(e *pb.CellEntry) bool {
	return cellView{Cases: v.Cases, Own: v.Own}.Opens(e)
}

// Few are the first of the applications that are evidence; the cells hold them all.
func (v checksView) Few(list []*pb.CellEntry) []*pb.CellEntry { return list[:min(len(list), diffFew)] }

// More says how many others there are.
func (v checksView) More(list []*pb.CellEntry) string {
	return diffView{subject: v.subject}.More(list)
}

// Acceptable tells whether a check may be accepted with a reason.
func (v checksView) Acceptable(c *pb.Check) bool {
	return v.Mine && c.GetAcceptReason() == "" && c.GetStatus() != pb.Finding_PASS && (!c.GetHard() || c.GetStatus() != pb.Finding_FAIL)
}

// reportChecks lists the whole catalogue with its evidence.
func reportChecks(p *page) error { return p.showChecks(p.subject("/report")) }

func (p *page) showChecks(s subject) error {
	res, err := p.api.Oversight.ListChecks(p.ctx(), &pb.ListChecksRequest{Parent: p.parent(), Year: int32(s.Year), Form: s.Form})
	if err != nil {
		return err
	}
	v := checksView{subject: s, Mine: p.mine(s), Cases: p.opensCases(s.Agency), Own: p.ownAgency(), At: p.form().Value("id")}
	v.report, err = p.api.Reports.ComputeAnnualReport(p.ctx(), &pb.ComputeAnnualReportRequest{Parent: p.parent(), Year: int32(s.Year), Form: s.Form})
	if err != nil {
		return err
	}
	counts := map[pb.Finding_Status]int32{}
	accepted := int32(0)
	for _, c := range res.GetChecks() {
		if c.GetAcceptReason() != "" {
			accepted++
		} else {
			counts[c.GetStatus()]++
		}
		if p.form().Value("all") != "" || c.GetStatus() != pb.Finding_PASS {
			v.Checks = append(v.Checks, c)
		}
	}
	slices.SortStableFunc(v.Checks, func(a, b *pb.Check) int { return checkOrder(a) - checkOrder(b) })
	from, to, first, next := p.part(len(v.Checks), checksPage)
	v.Checks, v.First, v.Next = v.Checks[from:to], first, next
	v.Counts = []queueCount{
		{labelOf(p.lang, pb.Finding_FAIL), counts[pb.Finding_FAIL], "late"},
		{labelOf(p.lang, pb.Finding_UNCERTAIN), counts[pb.Finding_UNCERTAIN], "soon"},
		{labelOf(p.lang, pb.Finding_NOT_ASSESSABLE), counts[pb.Finding_NOT_ASSESSABLE], ""},
		{p.text("已说明", "Accepted"), accepted, ""},
		{labelOf(p.lang, pb.Finding_PASS), counts[pb.Finding_PASS], ""},
	}
	for i := range v.Counts {
		if v.Counts[i].N == 0 {
			v.Counts[i].Kind = "none"
		}
	}
	p.under(s.Link("/report"), p.text("年度报告", "Annual report"))
	return p.show("report-checks", v)
}

// checkOrder puts what has to be mended first.
func checkOrder(c *pb.Check) int {
	switch {
	case c.GetAcceptReason() != "":
		return 3
	case c.GetStatus() == pb.Finding_FAIL:
		return 0
	case c.GetStatus() == pb.Finding_UNCERTAIN:
		return 1
	case c.GetStatus() == pb.Finding_NOT_ASSESSABLE:
		return 2
	}
	return 4
}

// acceptCheck accepts a warning with its reason.
func acceptCheck(p *page) error {
	s := p.subject("/report")
	f := p.form()
	_, err := p.api.Oversight.AcceptCheck(p.ctx(), &pb.AcceptCheckRequest{
		Parent: p.parent(), Year: int32(s.Year), Form: s.Form, Id: f.Value("id"), Reason: f.Value("reason"), RequestId: f.RequestID,
	})
	if err != nil {
		if !f.refused(err) {
			return err
		}
		p.status = http.StatusUnprocessableEntity
		return p.showChecks(s)
	}
	return p.done(s.Link("/report/checks"), text{"已记录理由", "The reason has been recorded"})
}
