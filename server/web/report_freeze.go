package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	pb "gongkai/proto/disclosure/v1"
)

// freezeView is what the page of versions shows.
type freezeView struct {
	subject
	Versions []*pb.FrozenReport // the latest first
	Over     bool               // the year has ended
	Mine     bool
	Open     []*pb.Check // what stands against freezing
}

// Amending tells whether an amendment is open.
func (v freezeView) Amending() bool {
	return len(v.Versions) > 0 && v.Versions[0].GetState() == pb.FrozenReport_AMENDING
}

// AsOf is the instant as of which a version was frozen, as an address names it.
func (v freezeView) At(r *pb.FrozenReport) string {
	return r.GetFreezeTime().AsTime().Format(time.RFC3339Nano)
}

// reportFreeze shows the versions of a year, and what can be done next.
func reportFreeze(p *page) error { return p.showFreeze(p.subject("/report")) }

func (p *page) showFreeze(s subject) error {
	v := freezeView{subject: s, Mine: p.mine(s)}
	var err error
	if v.Versions, err = p.versions(s.Year); err != nil {
		return err
	}
	checks, err := p.api.Oversight.ListChecks(p.ctx(), &pb.ListChecksRequest{Parent: p.parent(), Year: int32(s.Year), Form: s.Form, OpenOnly: true})
	if err != nil {
		return err
	}
	v.Open = checks.GetChecks()
	year, _ := strconv.Atoi(p.today()[:4])
	v.Over = s.Year < year
	p.under(s.Link("/report"), p.text("年度报告", "Annual report"))
	return p.show("report-freeze", v)
}

// freezeReport freezes a year as it stands.
func freezeReport(p *page) error {
	s := p.subject("/report")
	f := p.form()
	r, err := p.api.Freezes.FreezeReport(p.ctx(), &pb.FreezeReportRequest{Parent: p.parent(), Year: int32(s.Year), Form: s.Form, RequestId: f.RequestID})
	if err != nil {
		return p.freezeRefused(s, err)
	}
	n := strconv.Itoa(int(r.GetVersion()))
	return p.done(s.Link("/report/freeze"), text{strconv.Itoa(s.Year) + "年度已冻结，第" + n + "版", strconv.Itoa(s.Year) + " is frozen, version " + n})
}

// amendReport opens a frozen year.
func amendReport(p *page) error {
	s := p.subject("/report")
	f := p.form()
	_, err := p.api.Freezes.AmendReport(p.ctx(), &pb.AmendReportRequest{Parent: p.parent(), Year: int32(s.Year), Reason: f.Value("reason"), RequestId: f.RequestID})
	if err != nil {
		return p.freezeRefused(s, err)
	}
	return p.done(s.Link("/report/freeze"), text{"更正已开启：改正后由另一人再次冻结", "The amendment is open: after the corrections another person freezes the year again"})
}

func (p *page) freezeRefused(s subject, err error) error {
	if !p.form().refused(err) {
		return err
	}
	p.status = http.StatusUnprocessableEntity
	return p.showFreeze(s)
}

// What one page of differences names; the rest is counted.
const (
	diffPage = 30
	diffFew  = 12
)

// Few are the first of the applications that came or went.
func (v diffView) Few(list []*pb.CellEntry) []*pb.CellEntry { return list[:min(len(list), diffFew)] }

// More says how many others there are.
func (v diffView) More(list []*pb.CellEntry) string {
	if n := len(list) - diffFew; n > 0 {
		return text{fmt.Sprintf("等，另有%d件", n), fmt.Sprintf("and %d more", n)}.in(v.language)
	}
	return ""
}

// diffView is what differs between versions.
type diffView struct {
	subject
	From, To string
	Versions []*pb.FrozenReport
	Cells    []*pb.CellDifference
	cellView
}

// reportDiff compares a version with another, or with what the cases say now.
func reportDiff(p *page) error {
	s := p.subject("/report")
	f := p.form()
	v := diffView{subject: s, From: f.Value("from"), To: f.Value("to"), cellView: cellView{Cases: p.opensCases(s.Agency), Own: p.ownAgency()}}
	var err error
	if v.Versions, err = p.versions(s.Year); err != nil {
		return err
	}
	p.under(s.Link("/report"), p.text("年度报告", "Annual report"))
	p.under(s.Link("/report/freeze"), p.text("报送与更正", "Submit and amend"))
	if len(v.Versions) == 0 {
		return p.show("report-diff", v)
	}
	from, _ := strconv.ParseInt(v.From, 10, 32)
	to, _ := strconv.ParseInt(v.To, 10, 32)
	res, err := p.api.Freezes.DiffReport(p.ctx(), &pb.DiffReportRequest{Parent: p.parent(), Year: int32(s.Year), Form: s.Form, FromVersion: int32(from), ToVersion: int32(to)})
	if err != nil {
		if !f.refused(err) {
			return err
		}
	}
	low, high, first, next := p.part(len(res.GetCells()), diffPage)
	v.Cells, v.First, v.Next = res.GetCells()[low:high], first, next
	return p.show("report-diff", v)
}

// carryView compares what was carried forward with what is carried in.
type carryView struct {
	subject
	Carry       *pb.CompareCarryOverResponse
	Differences []*pb.CarryOverDifference
	cellView
}

// reportCarryOver names every application by which the carry-over of two years differs.
func reportCarryOver(p *page) error {
	s := p.subject("/report")
	v := carryView{subject: s, cellView: cellView{Cases: p.opensCases(s.Agency), Own: p.ownAgency()}}
	var err error
	v.Carry, err = p.api.Freezes.CompareCarryOver(p.ctx(), &pb.CompareCarryOverRequest{Parent: p.parent(), Year: int32(s.Year)})
	if err != nil {
		return err
	}
	from, to, first, next := p.part(len(v.Carry.GetDifferences()), cellPage)
	v.Differences, v.First, v.Next = v.Carry.GetDifferences()[from:to], first, next
	p.under(s.Link("/report"), p.text("年度报告", "Annual report"))
	return p.show("report-carry", v)
}
