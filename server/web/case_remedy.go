package web

import (
	"slices"

	pb "gongkai/proto/disclosure/v1"
)

// Where remedies lie.
const (
	remediesPath = "/remedies"
	remedyPath   = "/agencies/{agency}/remedies/{remedy}"
)

// remediesPage is how many remedies a page lists.
const remediesPage = 50

func (d *desk) remedyRoutes() []route {
	title := text{"复议诉讼", "Remedies"}
	fresh := text{"登记复议、诉讼、举报", "Record a remedy"}
	return []route{
		{pattern: "GET " + remediesPath, title: title, roles: handlers, menu: true, handle: listRemedies},
		{pattern: "GET " + remediesPath + "/new", title: fresh, roles: handlers, handle: newRemedy},
		{pattern: "POST " + remediesPath + "/new", title: fresh, roles: handlers, makes: true, handle: createRemedy},
		{pattern: "GET " + remedyPath, title: title, roles: handlers, handle: showRemedy},
		{pattern: "GET " + remedyPath + "/act/{action}", title: title, roles: handlers, handle: showRemedyAct},
		{pattern: "POST " + remedyPath + "/act/{action}", title: title, roles: handlers, handle: actOnRemedy},
	}
}

// remedyInputs are those of a new remedy.
var remedyInputs = []input{
	choice("kind", "种类", "Kind", "RECONSIDERATION", "LITIGATION", "COMPLAINT"),
	theDay("file_date", "受理之日", "Day it was accepted").hinted("举报投诉为收到之日", "of a complaint: received"),
	{name: "application", label: text{"申请编号", "Number of the application"}, length: shortLength, hint: text{"不涉及申请的留空", "empty where none is concerned"}},
	{name: "after_reconsideration", label: text{"复议后起诉", "After reconsideration"}, kind: checkInput, hint: text{"仅行政诉讼", "litigation only"}},
	{name: "capacity", label: text{"本机关的身份", "Capacity"}, kind: choiceInput, choices: []string{"ORIGINAL", "REVIEWER"}, hint: text{"作为复议机关共同被告的不计入年报（〔2016〕201号）", "as co-defendant it is counted nowhere (document [2016] No. 201)"}},
	{name: "remark", label: text{"备注", "Remark"}, kind: areaInput, length: wordsLength},
}

const newRemedyPath = "remedy"

// remediesView is the list of an agency's remedies.
type remediesView struct {
	Remedies []*pb.Remedy
	Next     string
}

func listRemedies(p *page) error {
	query := p.r.URL.Query()
	res, err := p.api.Remedies.ListRemedies(p.ctx(), &pb.ListRemediesRequest{Parent: p.parent(), PageSize: remediesPage, PageToken: query.Get("page_token")})
	if err != nil {
		return err
	}
	v := remediesView{Remedies: res.GetRemedies()}
	if next := res.GetNextPageToken(); next != "" {
		query.Del("lang")
		query.Set("page_token", next)
		v.Next = remediesPath + "?" + query.Encode()
	}
	return p.show("remedies", v)
}

// newRemedyView is the form of a new remedy.
type newRemedyView struct {
	Inputs stepForm
	About  string // number of the application, if it comes from one
}

func newRemedy(p *page) error {
	if no := p.r.URL.Query().Get("no"); no != "" {
		p.form().set(newRemedyPath+".application", no)
	}
	return p.showNewRemedy()
}

func (p *page) showNewRemedy() error {
	p.under(p.here(remediesPath), p.text("复议诉讼", "Remedies"))
	v := newRemedyView{Inputs: p.fields(newRemedyPath, remedyInputs, nil)}
	for i, d := range v.Inputs.More { // it is filled in from the case, or to be filled in
		if d.Name == newRemedyPath+".application" {
			v.Inputs.Needed = append(v.Inputs.Needed, d)
			v.Inputs.More = slices.Delete(slices.Clone(v.Inputs.More), i, i+1)
			break
		}
	}
	v.Inputs.Open = slices.ContainsFunc(v.Inputs.More, func(d *field) bool { return d.Value != "" || d.Wrong() != "" })
	return p.show("remedy-new", v)
}

func createRemedy(p *page) error {
	f := p.form()
	req := &pb.CreateRemedyRequest{}
	if !p.readStep(req, newRemedyPath, remedyInputs) {
		return p.showNewRemedy()
	}
	req.Parent, req.RequestId = p.parent(), f.RequestID
	if no := req.GetRemedy().GetApplication(); no != "" {
		req.Remedy.Application = p.parent() + "/applications/no:" + no
	}
	r, err := p.api.Remedies.CreateRemedy(p.ctx(), req)
	if err != nil {
		if isMissing(err) && req.GetRemedy().GetApplication() != "" {
			f.wrong(newRemedyPath+".application", text{"没有该编号的申请", "no application has this number"})
			return p.showNewRemedy()
		}
		if f.refused(err) {
			return p.showNewRemedy()
		}
		return err
	}
	return p.done(pathOf(r.GetName()), text{"已登记", "Recorded"})
}

// remedyName is the resource name of the remedy that a page is about.
func (p *page) remedyName() string { return p.parent() + "/remedies/" + p.r.PathValue("remedy") }

// remedyView is one remedy.
type remedyView struct {
	*pb.Remedy
	Acts      []remedyAct
	Files     []*pb.Attachment
	FilesOff  string
	FilesTurn turn
	Form      *form
}

// remedyAct is an act on a remedy.
type remedyAct struct{ Title, Path string }

// remedyActs are the acts that the state of a remedy suggests; the service decides.
func (p *page) remedyActs(r *pb.Remedy) []remedyAct {
	var names []string
	switch {
	case r.GetVoid():
		return nil
	case r.GetKind() == pb.Remedy_COMPLAINT: // counts by its receipt
	case r.GetResult() == pb.Remedy_PENDING:
		names = append(names, "conclude")
	case r.GetKind() == pb.Remedy_LITIGATION:
		names = append(names, "remand")
	}
	if p.me.GetRole() == pb.Principal_SUPERVISOR {
		names = append(names, "strike")
	}
	var out []remedyAct
	for _, name := range names {
		out = append(out, remedyAct{remedySteps[name].title.in(p.lang), pathOf(r.GetName()) + "/act/" + name})
	}
	return out
}

func showRemedy(p *page) error { return p.showRemedy() }

func (p *page) readRemedy() (*pb.Remedy, error) {
	r, err := p.api.Remedies.GetRemedy(p.ctx(), &pb.GetRemedyRequest{Name: p.remedyName()})
	if err != nil {
		return nil, err
	}
	p.under(p.here(remediesPath), p.text("复议诉讼", "Remedies"))
	if r.GetApplication() != "" {
		p.under(pathOf(r.GetApplication()), r.GetApplicationNo())
	}
	return r, nil
}

func (p *page) showRemedy() error {
	r, err := p.readRemedy()
	if err != nil {
		return err
	}
	p.title = labelOf(p.lang, r.GetKind())
	v := remedyView{Remedy: r, Acts: p.remedyActs(r), Form: p.form()}
	res, err := p.api.Attachments.ListAttachments(p.ctx(), &pb.ListAttachmentsRequest{Parent: p.parent(), Remedy: r.GetName(), PageSize: shownFiles, PageToken: p.r.URL.Query().Get(filesTurn)})
	if v.FilesOff = filesOff(err); v.FilesOff == "" && err != nil {
		return err
	}
	v.Files, v.FilesTurn = res.GetAttachments(), p.turn(filesTurn, "attachments", res.GetNextPageToken())
	return p.show("remedy", v)
}

// remedyActView is the dialog of an act on a remedy.
type remedyActView struct {
	*pb.Remedy
	Action string
	Inputs stepForm
}

func showRemedyAct(p *page) error {
	if _, ok := remedySteps[p.r.PathValue("action")]; !ok {
		return missing()
	}
	return p.showRemedyAct()
}

func (p *page) showRemedyAct() error {
	r, err := p.readRemedy()
	if err != nil {
		return err
	}
	name := p.r.PathValue("action")
	p.under(pathOf(r.GetName()), labelOf(p.lang, r.GetKind()))
	p.title = remedySteps[name].title.in(p.lang)
	v := remedyActView{Remedy: r, Action: name, Inputs: p.fields("action."+name, remedySteps[name].inputs, nil)}
	return p.show("remedy-act", v)
}

func actOnRemedy(p *page) error {
	name := p.r.PathValue("action")
	s, ok := remedySteps[name]
	if !ok {
		return missing()
	}
	req := &pb.ActOnRemedyRequest{}
	if !p.readStep(req, "action."+name, s.inputs) {
		return p.showRemedyAct()
	}
	f := p.form()
	req.Name, req.Etag, req.RequestId = p.remedyName(), f.Value("etag"), f.RequestID
	r, err := p.api.Remedies.ActOnRemedy(p.ctx(), req)
	if err != nil {
		if f.refused(err) {
			return p.showRemedyAct()
		}
		return err
	}
	return p.done(pathOf(r.GetName()), text{"已办理：" + s.title.zh, "Done: " + s.title.en})
}
