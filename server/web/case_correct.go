package web

import (
	"strconv"

	pb "gongkai/proto/disclosure/v1"
)

// correctView is the dialog that corrects one act of the history, or adds one.
type correctView struct {
	caseHead
	Revision int64
	Event    *eventLine // nil: an act is added
	Add      string     // the act that is added
	Choices  []option   // of acts that may be added
	Reason   stepForm
	Inputs   stepForm
	Strike   bool // it may be struck
	Would    *would
}

const (
	correctPath   = firstAct + "correct"
	amendmentPath = correctPath + ".amendments[0]"
)

// target is what a correction is about: the inputs, the path below which they lie, and the
// act as it was recorded.
func (p *page) target(v *correctView) (path string, inputs []input) {
	switch {
	case v.Event == nil:
		return amendmentPath + ".action." + v.Add, steps[v.Add].inputs
	case v.Revision == registered:
		return amendmentPath + ".registration", registrationInputs
	}
	name, _ := actOf(v.Event.GetAction())
	return amendmentPath + ".action." + name, steps[name].inputs
}

// readCorrect finds what is to be corrected; revision 0 adds an act.
func (p *page) readCorrect() (*correctView, error) {
	n, err := strconv.ParseInt(p.r.PathValue("revision"), 10, 64)
	if err != nil || n < 0 {
		return nil, missing()
	}
	h, err := p.head()
	if err != nil {
		return nil, err
	}
	p.under(h.Path(), h.A.GetApplicationNo())
	p.title = p.text("更正记录", "Correct the record")
	v := &correctView{caseHead: h, Revision: n}
	if n == 0 {
		v.Add = p.form().Value("add")
		if _, ok := steps[v.Add]; !ok || v.Add == "correct" {
			v.Add = ""
		}
		return v, nil
	}
	lines, err := p.events(h)
	if err != nil {
		return nil, err
	}
	for i := range lines {
		if lines[i].GetRevision() == n && lines[i].Correct != "" {
			v.Event, v.Strike = &lines[i], n != registered
			return v, nil
		}
	}
	return nil, missing()
}

func showCorrect(p *page) error {
	v, err := p.readCorrect()
	if err != nil {
		return err
	}
	if v.Event != nil {
		path, inputs := p.target(v)
		if _, m := actOf(v.Event.GetAction()); m != nil {
			p.form().fill(path, m, inputs)
		}
		if v.Revision == registered {
			p.fillRegistration(path, v.A)
		}
	}
	return p.showCorrect(v)
}

// fillRegistration begins with the particulars as they stand.
func (p *page) fillRegistration(path string, a *pb.Application) {
	f := p.form()
	f.set(path+".arrive_date", a.GetArriveDate())
	f.set(path+".channel", a.GetChannel().String())
	f.set(path+".applicant_kind", a.GetApplicant().GetKind().String())
}

func (p *page) showCorrect(v *correctView) error {
	v.Reason = p.fields(correctPath, steps["correct"].inputs, v.A)
	if v.Event == nil && v.Add == "" {
		for _, name := range stepNames() {
			v.Choices = append(v.Choices, option{Value: name, Text: steps[name].title.in(p.lang)})
		}
	} else {
		path, inputs := p.target(v)
		v.Inputs = p.fields(path, inputs, v.A)
		if v.Event != nil { // what was not recorded is not filled in by the desk
			for _, d := range v.Inputs.Needed {
				if d.Kind == "date" && !p.form().values.Has(d.Name) {
					d.Value = ""
				}
			}
		}
	}
	return p.show("case-correct", v)
}

// stepNames are the acts in the order of the interface, without the correction itself.
func stepNames() []string {
	fields := (&pb.Action{}).ProtoReflect().Descriptor().Oneofs().Get(0).Fields()
	var names []string
	for i := range fields.Len() {
		if name := string(fields.Get(i).Name()); name != "correct" {
			names = append(names, name)
		}
	}
	return names
}

// correct records a correction, or asks what would come of it.
func correct(p *page) error {
	v, err := p.readCorrect()
	if err != nil {
		return err
	}
	p.trail = nil // it is read again where the form is shown again
	if v.Event == nil && v.Add == "" {
		return missing()
	}
	req := &pb.ActOnApplicationRequest{}
	ok := p.readStep(req, correctPath, steps["correct"].inputs)
	c := req.GetActions()[0].GetCorrect()
	if p.form().Value("do") == "strike" && v.Strike {
		c.Amendments = []*pb.Amendment{{Change: &pb.Amendment_Strike{Strike: true}}}
	} else {
		path, inputs := p.target(v)
		ok = p.readStep(req, path, inputs) && ok
	}
	c.Amendments[0].Revision = v.Revision
	return p.actOn(req, ok, steps["correct"], func(w *would) error {
		v.Would = w
		p.underLedger()
		p.under(v.Path(), v.A.GetApplicationNo())
		return p.showCorrect(v)
	})
}
