package web

import (
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	pb "gongkai/proto/disclosure/v1"
)

// eventLine is one act of the history in words.
type eventLine struct {
	*pb.Event
	Title   string
	Who     string
	Facts   []fact
	Correct string // path of the page on which it is corrected; empty for those that may not
}

// registered is the act that begins every history and is none of Action.
const registered = 1

// events is the history, the newest act first.
func (p *page) events(h caseHead) ([]eventLine, error) {
	res, err := p.api.Applications.ListEvents(p.ctx(), &pb.ListEventsRequest{Name: h.A.GetName()})
	if err != nil {
		return nil, err
	}
	lines := make([]eventLine, 0, len(res.GetEvents()))
	for _, e := range res.GetEvents() {
		line := eventLine{Event: e, Who: lastOf(e.GetActor())}
		name, m := actOf(e.GetAction())
		line.Title = p.actTitle(name, e.GetRevision())
		if m != nil {
			line.Facts = p.factsOf(m, steps[name].inputs)
			line.Facts = append(line.Facts, p.amendments(e.GetAction().GetCorrect())...)
		}
		if p.me.GetRole() == pb.Principal_SUPERVISOR && name != "correct" {
			line.Correct = h.Path() + "/correct/" + strconv.FormatInt(e.GetRevision(), 10)
		}
		lines = append(lines, line)
	}
	slices.Reverse(lines)
	return lines, nil
}

// actTitle names an act of the history.
func (p *page) actTitle(name string, revision int64) string {
	if s, ok := steps[name]; ok {
		return s.title.in(p.lang)
	}
	if revision == registered {
		return p.text("登记", "Register")
	}
	return name
}

// actOf is the act that an Action holds, with its name.
func actOf(a *pb.Action) (string, protoreflect.Message) {
	if a == nil {
		return "", nil
	}
	m := a.ProtoReflect()
	d := m.WhichOneof(m.Descriptor().Oneofs().Get(0))
	if d == nil {
		return "", nil
	}
	return string(d.Name()), m.Get(d).Message()
}

// amendments say what a correction changed.
func (p *page) amendments(c *pb.Correct) []fact {
	var out []fact
	for _, m := range c.GetAmendments() {
		at := fact{Label: p.text("更正", "Corrected")}
		if m.GetRevision() > 0 {
			at.Label = p.text("更正第"+strconv.FormatInt(m.GetRevision(), 10)+"步", "Step "+strconv.FormatInt(m.GetRevision(), 10))
		}
		switch {
		case m.GetStrike():
			at.Text = p.text("删去", "struck")
		case m.GetRegistration() != nil:
			at.Text = factText(p.factsOf(m.GetRegistration().ProtoReflect(), registrationInputs))
		default:
			name, act := actOf(m.GetAction())
			at.Text = p.actTitle(name, 0)
			if act != nil {
				at.Text += "\n" + factText(p.factsOf(act, steps[name].inputs))
			}
		}
		out = append(out, at)
	}
	return out
}

func factText(facts []fact) string {
	var out strings.Builder
	for i, f := range facts {
		if i > 0 {
			out.WriteString("\n")
		}
		out.WriteString(f.Label + " " + f.Text)
	}
	return out.String()
}

// historyView is the whole history.
type historyView struct {
	caseHead
	Events []eventLine
}

func showHistory(p *page) error {
	h, err := p.head()
	if err != nil {
		return err
	}
	p.under(h.Path(), h.A.GetApplicationNo())
	p.title = p.text("办理过程", "History")
	v := historyView{caseHead: h}
	if v.Events, err = p.events(h); err != nil {
		return err
	}
	return p.show("case-history", v)
}
