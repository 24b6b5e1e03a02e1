package web

import (
	"net/url"
	"slices"
	"strings"

	pb "gongkai/proto/disclosure/v1"
)

// answerPrefix begins the names of answers in the address of the questions: a.kind=reply.
const answerPrefix = "a."

// outcomeView asks the next question on the way to a reply, or proposes one.
type outcomeView struct {
	caseHead
	Question *pb.Question
	Answers  []option // given so far: hidden inputs of the next question
	Settled  []settledLine
	Proposal *pb.Proposal
	Basis    string
	Row      string
	Act      string // the act that records it
	Title    string
	Inputs   stepForm
	Then     stepForm
	Letter   string // path of the reply's letter
}

// settledLine is an answer, with the way back to its question.
type settledLine struct {
	*pb.Settled
	Back string
}

// showOutcome asks for the outcome, one question a page: the answers stand in the address,
// so that the browser's own way back leads to the question before.
func showOutcome(p *page) error {
	h, err := p.head()
	if err != nil {
		return err
	}
	p.under(h.Path(), h.A.GetApplicationNo())
	p.title = p.text("答复方式", "Outcome")
	answers := map[string]string{}
	query := p.r.URL.Query()
	for name, values := range query {
		if id, ok := strings.CutPrefix(name, answerPrefix); ok && len(values) > 0 {
			answers[id] = values[len(values)-1]
		}
	}
	res, err := p.api.Advice.AdviseOutcome(p.ctx(), &pb.AdviseOutcomeRequest{Name: h.A.GetName(), Answers: answers, DecideDate: query.Get("decide_date")})
	if err != nil {
		return err
	}
	v := &outcomeView{caseHead: h, Question: res.GetQuestion(), Proposal: res.GetProposal()}
	v.settle(res.GetSettled(), answers)
	if v.Proposal != nil {
		v.propose(p)
	}
	return p.show("case-outcome", v)
}

// settle lists the answers. Going back to one forgets it and those after it.
func (v *outcomeView) settle(settled []*pb.Settled, answers map[string]string) {
	kept := url.Values{}
	for _, s := range settled {
		line := settledLine{Settled: s}
		if choice, given := answers[s.GetQuestion()]; given {
			line.Back = v.Path() + "/outcome?" + kept.Encode()
			kept.Set(answerPrefix+s.GetQuestion(), choice)
			v.Answers = append(v.Answers, option{Value: choice, Text: answerPrefix + s.GetQuestion()})
		}
		v.Settled = append(v.Settled, line)
	}
}

// propose makes the form of the act that records the proposal, with its basis settled and
// only what this basis needs.
func (v *outcomeView) propose(p *page) {
	v.Basis = basisLabel(p.lang, v.Proposal.GetBasis())
	v.Row = p.text(rowText(v.Proposal), v.Proposal.GetRow())
	v.Letter = v.Path() + "/letters/reply?basis=" + url.QueryEscape(v.Proposal.GetBasis())
	v.Act = v.Proposal.GetAction()
	s, ok := steps[v.Act]
	if !ok {
		return
	}
	v.Title = s.title.in(p.lang)
	if !slices.Contains(answering, v.Act) {
		v.Inputs = p.fields(firstAct+v.Act, s.inputs, v.A)
		return
	}
	v.Inputs = p.fields(firstAct+v.Act, v.relevant(p, s.inputs), v.A)
	if s.then != "" {
		v.Then = p.follow(secondAct+s.then, steps[s.then].inputs, v.A)
	}
}

func rowText(m *pb.Proposal) string {
	if m.GetCode() == "" {
		return m.GetRow()
	}
	return m.GetRow() + "（" + m.GetCode() + "）"
}

// relevant leaves out what this proposal does not ask for.
func (v *outcomeView) relevant(p *page, inputs []input) []input {
	var out []input
	for _, in := range inputs {
		switch in.name {
		case "basis":
			continue
		case "prior_application_no":
			if v.Proposal.GetBasis() != "not_processed.repeat" {
				continue
			}
			in.must = true
		case "review_first_told":
			if !v.Proposal.GetReviewFirst() {
				continue
			}
			in.must, in.start = true, "true"
		case "reason":
			if v.Proposal.GetBasis() != "other.other" {
				continue
			}
			in.must = true
		case "third_party_notify_date":
			if len(v.A.GetConsultations()) == 0 {
				continue
			}
		}
		out = append(out, in)
	}
	return out
}
