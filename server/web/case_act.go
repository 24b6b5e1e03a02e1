package web

import (
	"slices"

	pb "gongkai/proto/disclosure/v1"
)

// actView is the dialog of one act.
type actView struct {
	caseHead
	Action  string
	Title   string
	Article string
	Last    string // last day for it
	Refusal string // why it is not possible now
	Inputs  stepForm
	Then    stepForm // of the act that may be recorded with it
	Basis   string   // settled by the questions before; empty: to be chosen
	Would   *would
	Fee     *pb.ComputeFeeResponse
}

// would is what an act would lead to.
type would struct {
	Before, After *pb.Application
	Strip         clockStrip
}

// Moves tells whether the day of the reply would move.
func (w would) Moves() bool {
	return w.Before.GetDeadline().GetDueDate() != w.After.GetDeadline().GetDueDate()
}

const (
	firstAct  = "actions[0]."
	secondAct = "actions[1]."
)

func showAct(p *page) error {
	name := p.r.PathValue("action")
	if _, ok := steps[name]; !ok || name == "correct" {
		return missing()
	}
	return p.showAct(name, nil)
}

// showAct shows the dialog, with what would be if it was asked for.
func (p *page) showAct(name string, w *would) error {
	h, err := p.head()
	if err != nil {
		return err
	}
	p.under(h.Path(), h.A.GetApplicationNo())
	s := steps[name]
	v := actView{caseHead: h, Action: name, Title: s.title.in(p.lang), Would: w}
	p.title = v.Title
	if err := v.readPossible(p); err != nil {
		return err
	}
	if err := v.readFee(p); err != nil {
		return err
	}
	v.Inputs = p.fields(firstAct+name, s.inputs, h.A)
	if s.then != "" {
		v.Then = p.follow(secondAct+s.then, steps[s.then].inputs, h.A)
	}
	return p.show("case-act", v)
}

// follow are the inputs of an act that may be recorded with another: none is needed, and
// none begins filled in.
func (p *page) follow(path string, inputs []input, about *pb.Application) stepForm {
	loose := slices.Clone(inputs)
	for i := range loose {
		loose[i].must, loose[i].now = false, false
	}
	return p.fields(path, loose, about)
}

func (v *actView) readPossible(p *page) error {
	res, err := p.api.Applications.ListPossibleActions(p.ctx(), &pb.ListPossibleActionsRequest{Name: v.A.GetName()})
	if err != nil {
		return err
	}
	for _, a := range res.GetActions() {
		if a.GetAction() == v.Action {
			v.Article, v.Last, v.Refusal = a.GetArticle(), a.GetLastDate(), a.GetRefusal()
		}
	}
	return nil
}

// readFee computes what a notice of a fee may ask for, and fills it in.
func (v *actView) readFee(p *page) error {
	if v.Action != "notify_fee" {
		return nil
	}
	fee, err := p.api.Advice.ComputeFee(p.ctx(), &pb.ComputeFeeRequest{Parent: v.A.GetName()})
	if err != nil {
		return nil //nolint:nilerr // the office may still enter the amount
	}
	v.Fee = fee
	f := p.form()
	for _, c := range fee.GetCalculations() {
		if c.GetScope() == "application" && c.GetTariff() == "per_item" && c.GetAmountFen() > 0 && p.r.Method == "GET" {
			f.set(firstAct+"notify_fee.amount_fen", yuanOf(c.GetAmountFen()))
			f.set(firstAct+"notify_fee.tariff", "PER_REQUEST")
		}
	}
	return nil
}

// act records an act, or asks what would come of it.
func act(p *page) error {
	name := p.r.PathValue("action")
	s, known := steps[name]
	if !known || name == "correct" {
		return missing()
	}
	req := &pb.ActOnApplicationRequest{}
	ok := p.readStep(req, firstAct+name, s.inputs)
	if s.then != "" && p.form().filled(secondAct+s.then, steps[s.then].inputs) {
		ok = p.readStep(req, secondAct+s.then, steps[s.then].inputs) && ok
	}
	return p.actOn(req, ok, s, func(w *would) error { return p.showAct(name, w) })
}

// actOn sends the acts of a form, and goes on to the case, or shows the form again.
func (p *page) actOn(req *pb.ActOnApplicationRequest, read bool, s step, again func(*would) error) error {
	if !read {
		return again(nil)
	}
	f := p.form()
	req.Name, req.Etag, req.RequestId = p.caseName(), f.Value("etag"), f.RequestID
	if f.Value("do") == "try" {
		w, err := p.whatIf(req)
		if err != nil && !f.refused(err) {
			return err
		}
		return again(w)
	}
	a, err := p.api.Applications.ActOnApplication(p.ctx(), req)
	if err != nil {
		if f.refused(err) {
			return again(nil)
		}
		return err
	}
	path := pathOf(a.GetName())
	if s.letter != "" {
		path += "?letter=" + s.letter
	}
	return p.done(path, p.acted(s, a))
}

// acted says what an act led to.
func (p *page) acted(s step, a *pb.Application) text {
	said := text{"已办理：" + s.title.zh + "。现为" + labelOf(chinese, a.GetState()), "Done: " + s.title.en + ". It is now: " + labelOf(english, a.GetState())}
	if due := a.GetDeadline().GetDueDate(); due != "" && a.GetConclusion() == nil {
		said.zh += "，答复期限" + longDay(chinese, due)
		said.en += ", to be answered by " + longDay(english, due)
	}
	return said
}

// whatIf asks what would come of acts: the case as it would stand, with its clock.
func (p *page) whatIf(req *pb.ActOnApplicationRequest) (*would, error) {
	req.RequestId, req.ValidateOnly = "", true
	before, err := p.api.Applications.GetApplication(p.ctx(), &pb.GetApplicationRequest{Name: req.GetName(), MaskApplicant: true})
	if err != nil {
		return nil, err
	}
	w := &would{Before: before}
	if w.After, err = p.api.Applications.ActOnApplication(p.ctx(), req); err != nil {
		return nil, err
	}
	e, err := p.api.Applications.ExplainDeadline(p.ctx(), &pb.ExplainDeadlineRequest{Name: req.GetName(), Actions: req.GetActions()})
	if err != nil {
		return nil, err
	}
	w.Strip = p.stripOf(e)
	return w, nil
}
