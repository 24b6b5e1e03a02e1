package server

import (
	"context"
	"errors"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
	"gongkai/workflow/advice"
)

// AdviseOutcome asks the next question on the way to a reply, or proposes a basis.
func (s *Server) AdviseOutcome(ctx context.Context, req *pb.AdviseOutcomeRequest) (*pb.AdviseOutcomeResponse, error) {
	day, err := optionalDate("decide_date", req.GetDecideDate())
	if err != nil {
		return nil, err
	}
	if day.IsZero() {
		day = s.today()
	}
	lang := callOf(ctx).lang
	var out *pb.AdviseOutcomeResponse
	err = s.inspect(ctx, req.GetName(), func(b *bench, a *workflow.Application) error {
		if day < a.ReceiveDate {
			return invalid("decide_date", "decide_date %[1]s早于收到申请之日%[2]s，答复不能早于收到（第33条）", "decide_date %[1]s is before the day of receipt %[2]s (Art 33)", day, a.ReceiveDate)
		}
		c := advice.Case{Application: a, Rules: b.rules, By: b.by, Day: day}
		found, err := c.Advise(req.GetAnswers())
		if b.failed != nil {
			return b.failed
		}
		if err != nil {
			return answerFault(err)
		}
		out = lang.advice(found)
		return nil
	})
	return out, err
}

// answerFault says which answer is wrong, with what could be given.
func answerFault(err error) error {
	var wrong *advice.AnswerError
	if !errors.As(err, &wrong) {
		return err
	}
	offered := joined(wrong.Offered)
	if wrong.Unknown {
		return invalid("answers", "没有名为“%[1]s”的问题；有：%[2]s", "no question is called %[1]q; there are: %[2]s", wrong.Question, offered)
	}
	return invalid("answers."+clip(wrong.Question), "“%[2]s”不是问题“%[1]s”在本件中的选项；可选：%[3]s", "%[2]q is no answer to %[1]q in this case; there are: %[3]s",
		wrong.Question, wrong.Choice, offered)
}

// advice renders what was found in the caller's language.
func (l language) advice(found advice.Advice) *pb.AdviseOutcomeResponse {
	out := &pb.AdviseOutcomeResponse{}
	for _, st := range found.Settled {
		out.Settled = append(out.Settled, &pb.Settled{
			Question: st.Question.ID, Choice: st.Choice.ID, FromFacts: st.FromFacts, Text: l.settled(st),
		})
	}
	if q := found.Question; q != nil {
		out.Question = &pb.Question{Id: q.ID, Text: l.pick(q.ZH, q.EN), Article: q.Article}
		for _, c := range q.Choices {
			out.Question.Choices = append(out.Question.Choices, &pb.Choice{Id: c.ID, Text: l.pick(c.ZH, c.EN)})
		}
	}
	if p := found.Proposal; p != nil {
		out.Proposal = l.proposal(p)
		for _, st := range found.Settled {
			out.Proposal.Reasons = append(out.Proposal.Reasons, l.settled(st))
		}
	}
	return out
}

func (l language) settled(st advice.Settled) string {
	return l.pick(st.Question.ZH+" "+st.Choice.ZH, st.Question.EN+" "+st.Choice.EN)
}

func (l language) proposal(p *advice.Proposal) *pb.Proposal {
	out := &pb.Proposal{
		Basis: string(p.Row.Basis), Label: l.pick(p.Row.LabelZH, p.Row.LabelEN), Article: l.pick(p.Article.ZH, p.Article.EN),
		Row: p.Row.Row2021, Code: p.Row.Code2014, Elements: l.texts(p.Elements), RemedyText: p.Remedy, ReviewFirst: p.ReviewFirst,
		Warnings: l.texts(p.Warnings), Action: string(p.Action), WithheldBasis: string(p.Ground),
	}
	for _, no := range p.Missing {
		out.Missing = append(out.Missing, l.refusal(no))
	}
	return out
}

func (l language) texts(list []advice.Text) []string {
	var out []string
	for _, t := range list {
		out = append(out, l.pick(t.ZH, t.EN))
	}
	return out
}

// refusal is what the law says no to, with its article.
func (l language) refusal(no *workflow.Refusal) string {
	if no.Article == "" {
		return l.pick(no.ZH, no.EN)
	}
	return l.pick(no.ZH+"（"+no.Article+"）", no.EN+" ("+no.Article+")")
}
