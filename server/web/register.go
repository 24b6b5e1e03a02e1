package web

import (
	"net/url"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

func (d *desk) registerRoutes() []route {
	title := text{"登记", "Register"}
	return []route{
		{pattern: "GET /register", title: title, roles: handlers, menu: true, handle: showRegister},
		{pattern: "POST /register", title: title, roles: handlers, makes: true, handle: register},
	}
}

// registerView is what the screen shows beside the form.
type registerView struct {
	Found   []*pb.Application // one for each applicant that was found
	Looked  bool              // applicants were looked for
	Preview *preview
	Again   bool // it was to be saved, and has to be looked at first
}

// preview is what would be registered.
type preview struct {
	Would   *pb.Application // nil: the service refused it
	Missing string          // why
	Trace   []*pb.TraceDay
	Similar *pb.FindSimilarResponse
}

func showRegister(p *page) error {
	f := p.form()
	if f.Value("application.arrive_date") == "" {
		f.set("application.arrive_date", p.today())
	}
	return p.show("register", registerView{})
}

// register is one form with several buttons: look the applicant up, take one over, check,
// save, save and go on with the next.
func register(p *page) error {
	f := p.form()
	v := registerView{}
	if do := f.Value("do"); do == "check" || do == "save" || do == "next" {
		f.need("application.applicant.kind", text{"请选择申请人类别", "Choose the kind of applicant"})
		f.need("application.channel", text{"请选择到达方式", "Choose the way of arrival"})
		f.need("application.arrive_date", text{"请填写到达日期", "Enter the day of arrival"})
		if len(f.Problems) > 0 {
			return p.show("register", v)
		}
	}
	if use := f.Value("use"); use != "" {
		return p.takeOver(use)
	}
	switch f.Value("do") {
	case "find":
		if err := p.findApplicants(&v); err != nil {
			return err
		}
	case "check":
		if err := p.previewInto(&v); err != nil {
			return err
		}
	default:
		return p.saveApplication(&v)
	}
	return p.show("register", v)
}

// maxFound is how many applications are looked through for applicants.
const maxFound = 30

// findApplicants looks for earlier applicants by name, identity number or phone.
func (p *page) findApplicants(v *registerView) error {
	f := p.form()
	v.Looked = true
	req := &pb.SearchApplicationsRequest{
		Parent: p.parent(), PageSize: maxFound,
		DisplayName: strings.TrimSpace(f.Value("application.applicant.display_name")),
		IdNumber:    strings.TrimSpace(f.Value("application.applicant.id_number")),
		Phone:       strings.TrimSpace(f.Value("application.applicant.phone")),
	}
	if req.GetDisplayName() == "" && req.GetIdNumber() == "" && req.GetPhone() == "" {
		f.wrong("application.applicant.display_name", text{"请先填写姓名、证件号码或者电话的一部分，再查找", "Enter part of a name, an identity number or a phone to search for"})
		return nil
	}
	res, err := p.api.Applications.SearchApplications(p.ctx(), req)
	if err != nil {
		if f.refused(err) {
			return nil
		}
		return err
	}
	for _, a := range res.GetApplications() {
		if !slices.ContainsFunc(v.Found, func(b *pb.Application) bool { return samePerson(a.GetApplicant(), b.GetApplicant()) }) {
			v.Found = append(v.Found, a)
		}
	}
	return nil
}

// samePerson tells whether two entries need not both be offered.
func samePerson(a, b *pb.Applicant) bool {
	return a.GetDisplayName() == b.GetDisplayName() && a.GetIdNumber() == b.GetIdNumber() && a.GetPhone() == b.GetPhone()
}

// takeOver fills the applicant in from an earlier application.
func (p *page) takeOver(name string) error {
	a, err := p.api.Applications.GetApplication(p.ctx(), &pb.GetApplicationRequest{Name: name})
	if err != nil {
		return err
	}
	f, who := p.form(), a.GetApplicant()
	for name, value := range map[string]string{
		"kind": who.GetKind().String(), "display_name": who.GetDisplayName(), "id_type": who.GetIdType(), "id_number": who.GetIdNumber(),
		"phone": who.GetPhone(), "address": who.GetAddress(), "postcode": who.GetPostcode(), "email": who.GetEmail(),
	} {
		f.set("application.applicant."+name, value)
	}
	v := registerView{}
	if err := p.previewInto(&v); err != nil {
		return err
	}
	f.Problems = nil // the rest of the form may still be empty
	return p.show("register", v)
}

// registration is the request that the form makes; ok tells whether it could be read.
func (p *page) registration() (req *pb.CreateApplicationRequest, ok bool) {
	req = &pb.CreateApplicationRequest{}
	ok = p.form().into(req)
	req.Parent = p.parent()
	if req.Application == nil {
		req.Application = &pb.Application{}
	}
	return req, ok
}

// previewInto asks the service what would come of the form, and for what is like it.
func (p *page) previewInto(v *registerView) error {
	v.Preview = &preview{}
	req, ok := p.registration()
	if !ok {
		return nil
	}
	req.RequestId, req.ValidateOnly = "", true
	var err error
	if v.Preview.Would, err = p.api.Applications.CreateApplication(p.ctx(), req); err != nil {
		if p.form().refused(err) {
			v.Preview.Missing = client.Message(err)
			return nil
		}
		return err
	}
	draft := p.parent() + "/applications/-"
	explained, err := p.api.Applications.ExplainDeadline(p.ctx(), &pb.ExplainDeadlineRequest{Name: draft, Draft: req.GetApplication(), Actions: req.GetActions()})
	if err != nil {
		return err
	}
	v.Preview.Trace = explained.GetTrace()
	v.Preview.Similar, err = p.api.Advice.FindSimilar(p.ctx(), &pb.FindSimilarRequest{Name: draft, Draft: req.GetApplication(), Limit: 6})
	if status.Code(err) == codes.ResourceExhausted { // a busy service still registers
		v.Preview.Similar = &pb.FindSimilarResponse{Suggestions: []string{client.Message(err)}}
		return nil
	}
	return err
}

// saveApplication registers. What is like it and when it is due was to be seen before: a
// browser without script sees it now and saves again.
func (p *page) saveApplication(v *registerView) error {
	f := p.form()
	req, ok := p.registration()
	if !ok {
		return p.show("register", *v)
	}
	if f.Value("checked") == "" {
		if err := p.previewInto(v); err != nil {
			return err
		}
		v.Again = v.Preview.Would != nil
		return p.show("register", *v)
	}
	a, err := p.api.Applications.CreateApplication(p.ctx(), req)
	if err != nil {
		if f.refused(err) {
			return p.show("register", *v)
		}
		return err
	}
	said := text{"已登记：" + a.GetApplicationNo(), "Registered: " + a.GetApplicationNo()}
	if due := a.GetDeadline().GetDueDate(); due != "" {
		said.zh += "，答复期限" + longDay(chinese, due)
		said.en += ", to be answered by " + longDay(english, due)
	}
	if f.Value("do") != "next" {
		return p.done(pathOf(a.GetName()), said)
	}
	keep := url.Values{}
	for _, name := range []string{"application.channel", "application.arrive_date"} {
		keep.Set(name, f.Value(name))
	}
	err = p.done("/register?"+keep.Encode(), said)
	p.went = pathOf(a.GetName())
	return err
}
