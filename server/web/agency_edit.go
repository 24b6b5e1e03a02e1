package web

import (
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
)

// agencyInputs are the inputs of an agency.
type agencyInputs struct {
	Name, Parent, Chain, Variant, Established *field
	Successor, Abolished                      *field // of one that stands
}

// chains are the chains of approvals that offices have.
var chains = []struct {
	value string
	name  text
}{
	{"SUPERVISOR", text{"负责人审批", "a supervisor"}},
	{"OFFICER,SUPERVISOR", text{"经办人复核、负责人审批", "an officer, then a supervisor"}},
	{"SUPERVISOR,SUPERVISOR", text{"两名负责人先后审批", "two supervisors in turn"}},
	{"OFFICER,SUPERVISOR,SUPERVISOR", text{"经办人复核、两名负责人先后审批", "an officer, then two supervisors"}},
}

// agencyInputs makes the inputs, filled with what an agency is.
func (p *page) agencyInputs(a *pb.Agency) agencyInputs {
	f := p.form()
	filled := func(name string, label text, value string) *field {
		in := f.Field(name, label.in(p.lang))
		if !f.values.Has(name) {
			in.Value = value
		}
		return in
	}
	id := func(name string) string { return strings.TrimPrefix(name, "agencies/") }
	in := agencyInputs{
		Name:        filled("agency.display_name", text{"机关名称", "Name"}, a.GetDisplayName()).Must().Most(200),
		Parent:      filled("agency.parent", text{"上级机关（代码）", "Reporting parent (id)"}, id(a.GetParent())),
		Chain:       filled("chain", text{"审批环节", "Chain of approvals"}, strings.ToUpper(strings.Join(a.GetReviewSteps(), ","))),
		Variant:     filled("agency.codes_variant", text{"2014年统计表版式", "Layout of the 2014 table"}, a.GetCodesVariant()),
		Established: filled("agency.establish_date", text{"设立日期", "Established on"}, a.GetEstablishDate()).Day(),
		Successor:   filled("agency.successor", text{"承继机关（代码）", "Successor (id)"}, id(a.GetSuccessor())),
		Abolished:   filled("agency.abolish_date", text{"撤销日期", "Abolished on"}, a.GetAbolishDate()).Day(),
	}
	in.Parent.Note = p.text("年度报告向其汇总；没有的留空", "its reports are rolled up there; empty at the top")
	in.Chain.Note = p.text("拟办结果依次由谁审批；空为不需要", "who approves a draft, in turn; empty: nobody")
	in.Established.Note = p.text("不清楚的留空", "empty where it is not known")
	in.Successor.Note = p.text("被合并的填写；原案件由其继续办理", "for a merged agency: its cases continue there")
	in.Abolished.Note = p.text("合并、撤销之日；不晚于今天", "day of the merger; not after today")
	known := in.Chain.Value == ""
	for _, c := range chains {
		in.Chain.Option(c.value, c.name.in(p.lang))
		known = known || c.value == in.Chain.Value
	}
	if !known {
		in.Chain.Option(in.Chain.Value, p.chain(strings.Split(in.Chain.Value, ",")))
	}
	in.Variant.Option("shanghai", p.text("上海（市）", "Shanghai")).Option("national", p.text("全国", "national"))
	return in
}

// chain writes a chain of approvals out.
func (p *page) chain(steps []string) string {
	var words []string
	for _, s := range steps {
		words = append(words, labelOf(p.lang, strings.ToUpper(s)))
	}
	return strings.Join(words, " → ")
}

// agencyView is one agency, to be changed.
type agencyView struct {
	*pb.Agency
	ID    string
	Chain string
	Form  agencyInputs
}

func (p *page) showAgency(a *pb.Agency) error {
	if a == nil {
		var err error
		if a, err = p.api.Agencies.GetAgency(p.ctx(), &pb.GetAgencyRequest{Name: p.parent()}); err != nil {
			return err
		}
	}
	p.under(agenciesPath, p.text("机关", "Agencies"))
	p.title = a.GetDisplayName()
	return p.show("agency", agencyView{a, lastOf(a.GetName()), p.chain(a.GetReviewSteps()), p.agencyInputs(a)})
}

// updateAgency changes what was changed in the form, from a day on.
func updateAgency(p *page) error {
	before, err := p.api.Agencies.GetAgency(p.ctx(), &pb.GetAgencyRequest{Name: p.parent()})
	if err != nil {
		return err
	}
	f, req := p.form(), &pb.UpdateAgencyRequest{Agency: &pb.Agency{}}
	show := func(p *page) error { return p.showAgency(before) }
	f.need("agency.display_name", text{"请填写机关名称", "Give the agency a name"})
	if !f.into(req) || len(f.Problems) > 0 {
		return show(p)
	}
	p.readAgency(req.GetAgency())
	req.Agency.Name = before.GetName()
	mask := changes(before, req.GetAgency())
	if len(mask) == 0 {
		f.wrong("", text{"没有改动：请先修改要变更的内容", "Nothing was changed: edit a value first"})
		return show(p)
	}
	req.UpdateMask = strings.Join(mask, ",")
	if _, err := p.api.Agencies.UpdateAgency(p.ctx(), req); err != nil {
		return p.agencyRefused(err, show)
	}
	return p.done(pathOf(before.GetName()), text{"已保存", "Saved"})
}

// unknownAgency notes that the parent or successor that a form names is none. The agency
// of the page itself was found before.
func (p *page) unknownAgency(err error) bool {
	if status.Code(err) != codes.NotFound {
		return false
	}
	f := p.form()
	for _, name := range []string{"agency.successor", "agency.parent"} {
		if f.Value(name) != "" {
			f.wrong(name, text{"没有代码为“" + f.Value(name) + "”的机关", "There is no agency " + f.Value(name)})
			return true
		}
	}
	return false
}
