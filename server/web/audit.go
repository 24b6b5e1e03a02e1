package web

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

const auditPath = "/audit"

// auditPage is how many records one page lists.
const auditPage = 50

// auditRoutes are the pages of auditors: what was recorded, the history of one application,
// and the frozen reports.
func (d *desk) auditRoutes() []route {
	title, auditors := text{"审计", "Audit"}, []pb.Principal_Role{pb.Principal_AUDITOR}
	return []route{
		{pattern: "GET " + auditPath, title: title, roles: auditors, menu: true, handle: showAudit},
		{pattern: "GET " + auditPath + "/export", title: title, roles: auditors, long: true, handle: exportAudit},
	}
}

// auditView is what was recorded, the history of one application, and the reports that were
// frozen.
type auditView struct {
	Number  string
	Events  []auditLine
	Actors  int // persons who acted
	Records []auditRecord
	Asked   bool // something was asked for
	All     bool // the caller chooses the agency
	Frozen  []*pb.FrozenReport

	First, Next, CSV string
}

// auditLine is one act with everything that is recorded of it.
type auditLine struct {
	*pb.Event
	Title string
	Facts []fact
}

// auditRecord is one record as people read it.
type auditRecord struct {
	*pb.AuditRecord
	Title string
	On    string // the object, or what a reading showed
}

// recordTitles name what was done beside the acts on cases.
var recordTitles = map[string]text{
	"read":                  {"查阅", "Read"},
	"refuse":                {"被拒绝", "Refused"},
	"submit":                {"登记", "Register"},
	"sign_in":               {"登录", "Sign in"},
	"sign_in_refuse":        {"登录被拒绝", "Sign-in refused"},
	"end_sign_in":           {"结束登录", "Sign out"},
	"lock_account":          {"锁定账号", "Account locked"},
	"set_password":          {"设置口令", "Password set"},
	"give_password":         {"发放一次性口令", "Password given out"},
	"confirm_one_time_code": {"启用动态验证码", "One-time codes enrolled"},
	"use_recovery_code":     {"使用恢复码", "Recovery code used"},
	"link_identity":         {"关联统一身份", "Identity linked"},
	"unlink_identity":       {"取消统一身份关联", "Identity unlinked"},
	"create_principal":      {"创建用户", "User created"},
	"delete_principal":      {"移除用户", "User removed"},
	"update_agency":         {"变更机关", "Agency changed"},
	"freeze_report":         {"冻结年度报告", "Report frozen"},
	"amend_report":          {"更正年度报告", "Report amended"},
	"upload_attachment":     {"上传附件", "Attachment stored"},
	"download_attachment":   {"下载附件", "Attachment read"},
	"withdraw_attachment":   {"撤下附件", "Attachment withdrawn"},
}

// recordTitle names what was done; what has no name in words keeps that of the API.
func (p *page) recordTitle(action string) string {
	if t, ok := recordTitles[action]; ok {
		return t.in(p.lang)
	}
	return p.actTitle(action, 0)
}

// auditAsked reads the form; what is wrong is noted at its input.
func (p *page) auditAsked() *pb.ListAuditRecordsRequest {
	f := p.form()
	value := func(name string) string { return strings.TrimSpace(f.Value(name)) }
	day := func(name string, days int) *timestamppb.Timestamp {
		if value(name) == "" {
			return nil
		}
		at, err := time.ParseInLocation(time.DateOnly, value(name), shanghai)
		if err != nil {
			f.wrong(name, text{"“" + value(name) + "”不是有效日期，应为YYYY-MM-DD", "“" + value(name) + "” is no day; write YYYY-MM-DD"})
			return nil
		}
		return timestamppb.New(at.AddDate(0, 0, days).Add(-time.Duration(days) * time.Microsecond))
	}
	req := &pb.ListAuditRecordsRequest{
		Parent: p.recordsOf(), Actor: value("actor"), Action: value("action"), Method: value("method"),
		FromTime: day("from", 0), UntilTime: day("until", 1),
	}
	switch number := value("number"); {
	case number == "":
	case p.agency() == "":
		f.wrong("agency", text{"申请属于某一机关，请填写机关代码", "An application belongs to an agency: give its id"})
	default:
		req.Application = p.parent() + "/applications/no:" + number
	}
	if req.GetFromTime() != nil && req.GetUntilTime() != nil && req.GetUntilTime().AsTime().Before(req.GetFromTime().AsTime()) {
		f.wrong("until", text{"截止日期早于起始日期，应不早于它", "The last day lies before the first; it must not"})
	}
	return req
}

// recordsOf is whose records are asked for: those of an agency or, empty, of the whole
// installation.
func (p *page) recordsOf() string {
	if p.agency() == "" {
		return ""
	}
	return p.parent()
}

// frozenReports are those of the agency, the newest first.
func (p *page) frozenReports() ([]*pb.FrozenReport, error) {
	if p.agency() == "" {
		return nil, nil
	}
	res, err := p.api.Freezes.ListFrozenReports(p.ctx(), &pb.ListFrozenReportsRequest{Parent: p.parent()})
	list := res.GetReports()
	slices.Reverse(list)
	return list, err
}

func showAudit(p *page) error {
	f, req := p.form(), p.auditAsked()
	v := auditView{Number: strings.TrimSpace(f.Value("number")), All: p.ownAgency() == ""}
	v.Asked = v.Number+req.GetActor()+req.GetAction()+req.GetMethod() != "" || req.GetFromTime() != nil || req.GetUntilTime() != nil
	var err error
	if v.Frozen, err = p.frozenReports(); err != nil {
		return err
	}
	if err := p.auditHistory(&v); err != nil || len(f.Problems) > 0 {
		if err != nil {
			return err
		}
		return p.show("audit", v)
	}
	query := p.asked()
	req.PageSize, req.PageToken = auditPage, query.Get("page_token")
	res, err := p.api.Audit.ListAuditRecords(p.ctx(), req)
	if err != nil {
		if !f.refused(err) {
			return err
		}
		return p.show("audit", v)
	}
	for _, r := range res.GetAuditRecords() {
		v.Records = append(v.Records, p.auditRecord(r))
	}
	v.First, v.Next = p.turns(res.GetNextPageToken())
	query.Del("page_token")
	v.CSV = auditPath + "/export?" + query.Encode()
	return p.show("audit", v)
}

// auditHistory reads the history of the application that is asked for, if one is.
func (p *page) auditHistory(v *auditView) error {
	if v.Number == "" || p.agency() == "" {
		return nil
	}
	res, err := p.api.Applications.ListEvents(p.ctx(), &pb.ListEventsRequest{Name: p.parent() + "/applications/no:" + v.Number})
	switch {
	case status.Code(err) == codes.NotFound:
		p.form().wrong("number", text{"没有编号为“" + v.Number + "”的申请", "There is no application " + v.Number})
	case err != nil && !p.form().refused(err):
		return err
	}
	who := map[string]bool{}
	for _, e := range res.GetEvents() {
		who[e.GetActor()] = true
		v.Events = append(v.Events, p.auditLine(e))
	}
	v.Actors = len(who)
	return nil
}

func (p *page) auditLine(e *pb.Event) auditLine {
	name, m := actOf(e.GetAction())
	line := auditLine{Event: e, Title: p.actTitle(name, e.GetRevision())}
	if m != nil {
		line.Facts = append(p.factsOf(m, steps[name].inputs), p.amendments(e.GetAction().GetCorrect())...)
	}
	return line
}

func (p *page) auditRecord(r *pb.AuditRecord) auditRecord {
	line := auditRecord{AuditRecord: r, Title: p.recordTitle(r.GetAction()), On: r.GetObject()}
	if r.GetShownCount() > 0 { // a reading; of one thing its name stands in the object
		line.On = strings.TrimPrefix(r.GetObject(), "read/")
		if r.GetShownCount() > 1 {
			line.On += p.text("，", ", ") + strconv.Itoa(int(r.GetShownCount())) + p.text("项", " of them")
		}
	}
	return line
}

// exportAudit sends the records that were asked for as a file. No cell of it can begin like
// a formula: names of users begin with a letter or digit, all else is the service's own. The
// ids of what was shown have a word before them, lest a spreadsheet make days of them.
func exportAudit(p *page) error {
	req := p.auditAsked()
	if len(p.form().Problems) > 0 {
		return p.show("audit", auditView{Asked: true})
	}
	req.PageSize = 1000
	file := &download{w: p.w, name: fmt.Sprintf("%s-%s-%s.csv", p.text("审计记录", "audit"), cmp.Or(p.agency(), "all"), p.today()), kind: csvType}
	if _, err := file.Write([]byte("\ufeff")); err != nil {
		return err
	}
	w := csv.NewWriter(file)
	if err := w.Write(p.auditHead()); err != nil {
		return file.end(err)
	}
	for r, err := range client.List(p.ctx(), p.api.Audit.ListAuditRecords, req, (*pb.ListAuditRecordsResponse).GetAuditRecords) {
		if err == nil {
			err = w.Write(p.auditRow(r))
		}
		if err != nil {
			return file.end(err)
		}
	}
	w.Flush()
	return file.end(w.Error())
}

// auditHead are the headings of the file.
func (p *page) auditHead() []string {
	row := []string{}
	for _, t := range []text{
		{"序号", "No."},
		{"记录时间", "Recorded"},
		{"何人", "Who"},
		{"行为", "Act"},
		{"行为代码", "Action"},
		{"对象", "Object"},
		{"版次", "Revision"},
		{"方法", "Method"},
		{"拒绝原因", "Reason"},
		{"请求的资源", "Asked for"},
		{"查阅条数", "Shown"},
		{"查阅的编号", "Ids"},
		{"查阅的内容", "Fields"},
	} {
		row = append(row, t.in(p.lang))
	}
	return row
}

// auditRow is one record of the file.
func (p *page) auditRow(r *pb.AuditRecord) []string {
	ids := r.GetShownIds()
	if ids != "" {
		ids = p.text("编号", "id ") + ids
	}
	return []string{
		strconv.FormatInt(r.GetN(), 10), r.GetRecordTime().AsTime().In(shanghai).Format(time.DateTime), r.GetActor(), p.recordTitle(r.GetAction()), r.GetAction(),
		r.GetObject(), strconv.FormatInt(r.GetRevision(), 10), r.GetMethod(), r.GetReason(), r.GetAskedName(), strconv.Itoa(int(r.GetShownCount())), ids, r.GetShownFields(),
	}
}
