package web

import (
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
)

// rollupUnits is how many units one page lists.
const rollupUnits = 60

// rollupUpload is the most bytes of a received report with what goes around it.
const rollupUpload = 4 << 20

func (d *desk) rollupRoutes() []route {
	title := text{"逐级汇总", "Roll-up"}
	return []route{
		{pattern: "GET /rollup", title: title, roles: overseers, menu: true, handle: showRollup},
		{pattern: "GET /rollup/cell", title: text{"单元格", "Cell"}, roles: overseers, handle: rollupCell},
		{pattern: "GET /rollup/units", title: text{"下级单位", "Units"}, roles: overseers, handle: showUnits},
		{pattern: "GET /rollup/unit", title: text{"收到的报告", "Received report"}, roles: overseers, handle: showUnit},
		{pattern: "POST /rollup/unit", title: text{"收到的报告", "Received report"}, roles: counters, upload: rollupUpload, handle: putReport},
	}
}

// rollupView is what the page of a roll-up shows.
type rollupView struct {
	reportView
	Sum    *pb.ComputeRollupResponse
	Counts []queueCount
}

// showRollup shows the sum over the tree.
func showRollup(p *page) error {
	if p.agency() == "" {
		return p.chooseAgency()
	}
	s := p.subject("/rollup")
	s.AsOf = ""
	v := rollupView{reportView: reportView{subject: s}}
	var err error
	if v.Agencies, err = p.choices(); err != nil {
		return err
	}
	v.Sum, err = p.api.Rollups.ComputeRollup(p.ctx(), &pb.ComputeRollupRequest{Parent: p.parent(), Year: int32(s.Year), Form: s.Form, OwnOnly: s.OwnOnly})
	if err != nil {
		return err
	}
	v.Report = v.Sum.GetReport()
	v.Chapters = layOut(&v.reportView, p.form())
	v.Counts = []queueCount{
		{p.text("单位", "Units"), v.Sum.GetUnits(), "all"},
		{p.text("已报", "Reported"), v.Sum.GetReported(), ""},
		{p.text("未报", "Silent"), v.Sum.GetSilent(), "late"},
		{p.text("勾稽不平", "Unbalanced"), v.Sum.GetUnbalanced(), "late"},
		{p.text("已冻结", "Frozen"), v.Sum.GetFrozen(), ""},
	}
	for i := range v.Counts {
		if v.Counts[i].N == 0 {
			v.Counts[i].Kind = "none"
		}
	}
	p.title = v.Report.GetAgencyDisplayName() + strconv.Itoa(s.Year) + p.text("年度汇总", " roll-up")
	return p.show("rollup", v)
}

// rollupCell lists what is behind a cell of the sum, register by register.
func rollupCell(p *page) error {
	s := p.subject("/rollup")
	res, err := p.api.Rollups.ListRollupEntries(p.ctx(), &pb.ListRollupEntriesRequest{
		Parent: p.parent(), Year: int32(s.Year), Form: s.Form, Cell: p.form().Value("cell"), OwnOnly: s.OwnOnly,
		PageSize: cellPage, PageToken: p.r.URL.Query().Get("page_token"),
	})
	if err != nil {
		return err
	}
	sum, err := p.api.Rollups.ComputeRollup(p.ctx(), &pb.ComputeRollupRequest{Parent: p.parent(), Year: int32(s.Year), Form: s.Form, OwnOnly: s.OwnOnly})
	if err != nil {
		return err
	}
	return p.showCell(s, sum.GetReport(), res)
}

// unitsView lists the units of a tree.
type unitsView struct {
	subject
	Units       []*pb.RollupUnit
	State       string
	Unbalanced  bool
	States      []option
	First, Next string
	Takes       bool // the caller may take reports in
}

// Takable tells whether a report may be taken in for a unit: it has no cases of its own.
func (v unitsView) Takable(u *pb.RollupUnit) bool {
	return u.GetState() == pb.RollupUnit_SILENT || u.GetState() == pb.RollupUnit_ZERO || u.GetState() == pb.RollupUnit_RECEIVED
}

// showUnits lists the units with what each contributed.
func showUnits(p *page) error {
	s := p.subject("/rollup")
	f := p.form()
	v := unitsView{subject: s, State: f.Value("state"), Unbalanced: f.Value("unbalanced") != "", Takes: p.mine(subject{})}
	for n := int32(1); n < int32(len(pb.RollupUnit_State_name)); n++ {
		name := pb.RollupUnit_State(n).String()
		label := labelOf(p.lang, name)
		if name == "RECEIVED" {
			label = p.text("收到的报告", "Report received") // an application's state has the same name
		}
		v.States = append(v.States, option{name, label, name == v.State})
	}
	res, err := p.api.Rollups.ListRollupUnits(p.ctx(), &pb.ListRollupUnitsRequest{
		Parent: p.parent(), Year: int32(s.Year), Form: s.Form, PageSize: rollupUnits, PageToken: p.r.URL.Query().Get("page_token"),
		State: pb.RollupUnit_State(pb.RollupUnit_State_value[v.State]), Unbalanced: v.Unbalanced,
	})
	if err != nil {
		return err
	}
	v.Units = res.GetUnits()
	v.First, v.Next = p.turns(res.GetNextPageToken())
	p.under(s.Link("/rollup"), p.text("逐级汇总", "Roll-up"))
	return p.show("rollup-units", v)
}

// StateOf names what a unit contributed.
func (v unitsView) StateOf(u *pb.RollupUnit) string {
	for _, o := range v.States {
		if o.Value == u.GetState().String() {
			return o.Text
		}
	}
	return ""
}

// unitView is the page of a unit whose report is taken in.
type unitView struct {
	subject
	Unit     *pb.Agency
	Received *pb.ReceivedReport
	Takes    bool
}

func showUnit(p *page) error { return p.showUnit(p.subject("/rollup")) }

func (p *page) showUnit(s subject) error {
	v := unitView{subject: s, Takes: p.mine(subject{})}
	var err error
	if v.Unit, err = p.api.Agencies.GetAgency(p.ctx(), &pb.GetAgencyRequest{Name: p.parent()}); err != nil {
		return err
	}
	v.Received, err = p.api.Rollups.GetReceivedReport(p.ctx(), &pb.GetReceivedReportRequest{Parent: p.parent(), Year: int32(s.Year), Form: s.Form})
	if err != nil && status.Code(err) != codes.NotFound {
		return err
	}
	up := s
	up.Agency = ""
	p.title = v.Unit.GetDisplayName()
	p.under(up.Link("/rollup"), p.text("逐级汇总", "Roll-up"))
	p.under(up.Link("/rollup/units"), p.text("下级单位", "Units"))
	return p.show("rollup-unit", v)
}

// maxReportFile bounds a received report.
const maxReportFile = 3 << 20

// putReport takes a unit's report in, from a file of Excel or JSON. Year and form stand in
// the address, since the body is not read before.
func putReport(p *page) error {
	s := p.subject("/rollup")
	f := p.form()
	req := &pb.PutReceivedReportRequest{Parent: p.parent(), Year: int32(s.Year), Form: s.Form, RequestId: f.RequestID}
	if err := p.readReport(req); err != nil {
		return err
	}
	if len(f.Problems) == 0 && req.GetJson() == "" && len(req.GetXlsx()) == 0 {
		f.wrong("file", text{"请选择下级单位报送的Excel文件或者JSON文件", "Choose the Excel or JSON file that the unit sent"})
	}
	if len(f.Problems) > 0 {
		return p.showUnit(s)
	}
	if _, err := p.api.Rollups.PutReceivedReport(p.ctx(), req); err != nil {
		if !f.refused(err) {
			return err
		}
		f.all("file")
		return p.showUnit(s)
	}
	return p.done(s.Link("/rollup/unit"), text{"已收录该单位的报告", "The unit's report has been received"})
}

// readReport reads the parts of the upload.
func (p *page) readReport(req *pb.PutReceivedReportRequest) error {
	for {
		part, err := p.parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unreadable(err)
		}
		raw, err := io.ReadAll(io.LimitReader(part, maxReportFile+1))
		if err != nil {
			return unreadable(err)
		}
		switch {
		case part.FormName() == requestField && !utf8.Valid(raw):
			return errNotText
		case part.FormName() == requestField:
			req.RequestId = string(raw)
		case part.FormName() != "file":
		case len(raw) > maxReportFile:
			p.form().wrong("file", text{"文件过大：至多3 MiB", "The file is too large: at most 3 MiB"})
		case len(raw) > 3 && string(raw[:2]) == "PK":
			req.Xlsx = raw
		case !utf8.Valid(raw):
			p.form().wrong("file", text{"文件不是UTF-8编码的JSON，也不是Excel文件", "The file is neither JSON in UTF-8 nor a workbook of Excel"})
		default:
			req.Json = string(raw)
		}
	}
}

// all moves what is wrong to one input: that of the file that holds the rest.
func (f *form) all(name string) {
	for i := range f.Problems {
		f.Problems[i].Field, f.Problems[i].ID = name, inputID(name)
	}
}
