package server

import (
	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
	"gongkai/workflow/letter"
)

// numberLetter finds the number that a letter would bear: that of the letter it replaces, of
// its decision, or the next of its series.
func (s *Server) numberLetter(b *bench, m mutation, p *prepared, replaces string) (err error) {
	a := p.letterCase.Application
	switch {
	case replaces != "":
		p.replaces, p.letterCase.Number, err = b.takenOver(a, &p.kind, p.letterCase.Day, replaces)
		return err
	case p.kind.Number == "":
		return nil
	}
	if p.letterCase.Number = givenNumber(a, &p.kind); p.letterCase.Number != "" {
		return nil
	}
	if a.State == workflow.Void { // which the letter says of itself
		return nil
	}
	if p.letterCase.Number, err = b.numberBefore(a, &p.kind); err != nil || p.letterCase.Number != "" {
		return err
	}
	d, err := m.drawNumber(b.reader, s, p.kind.Number, applicationName(b.agency, a.ID), p.letterCase.Day.Year())
	if err != nil {
		return err
	}
	p.number, p.letterCase.Number = &d, d.facts.Number
	return nil
}

// givenNumber is the number that the decision or its draft bears already.
func givenNumber(a *workflow.Application, k *letter.Kind) string {
	switch {
	case k.Key != letter.Reply || a.State == workflow.Redeciding:
		return ""
	case a.State == workflow.UnderReview:
		return a.Draft.DocumentNo
	}
	if r := a.Reply(); r.Basis == k.Basis {
		return r.DocumentNo
	}
	return ""
}

// decisionOf says which decision of the case a reply written now tells, from 1: one that is
// ordered, or that replaces another, is a decision of its own.
func decisionOf(a *workflow.Application, k *letter.Kind) int {
	if k.Key != letter.Reply {
		return 0
	}
	n := 1
	for _, act := range a.Acts {
		if act.Action == workflow.ActOrderRedecision || act.Action == workflow.ActReplace {
			n++
		}
	}
	return n
}

// numberBefore is the number under which a reply on the same decision was issued before: it
// may be mended and issued anew, but a decision has one number. Empty: it has none yet.
func (b *bench) numberBefore(a *workflow.Application, k *letter.Kind) (found string, err error) {
	if k.Key != letter.Reply {
		return "", nil
	}
	err = b.eachLetter(a, func(f *letterFacts) {
		if f.Kind == letter.Reply && f.Number != "" && max(f.Decision, 1) == decisionOf(a, k) {
			found = f.Number
		}
	})
	return found, err
}

// eachLetter visits the letters of a case in the order in which they were issued.
func (b *bench) eachLetter(a *workflow.Application, visit func(*letterFacts)) error {
	const page = 100
	for after := ""; ; {
		list, err := b.reader.Latest(b.agency, issuedLetters(a.ID), after, page)
		if err != nil {
			return err
		}
		for i := range list {
			var f letterFacts
			if err := decodeFacts(&list[i], &f); err != nil {
				return err
			}
			visit(&f)
			after = list[i].Object
		}
		if len(list) < page {
			return nil
		}
	}
}

// takenOver is the number of a withdrawn letter that another takes the place of, with its
// attachment. Only what no other letter bears any more is taken over.
func (b *bench) takenOver(a *workflow.Application, k *letter.Kind, day workflow.Date, name string) (id int64, number string, err error) {
	agency, text, ok := child(name, "letters")
	switch {
	case !ok:
		return 0, "", invalid("replaces", "replaces应为agencies/{机关}/letters/{文书}，收到“%s”", "replaces must be agencies/{agency}/letters/{letter}, got %q", name)
	case k.Key == letter.Reply:
		return 0, "", invalid("replaces", "一个答复决定只有一个文号，重新印发时自动沿用，请勿填写replaces", "a decision has one number, which a reply issued again bears by itself; leave replaces out")
	case k.Number == "":
		return 0, "", invalid("replaces", "%[1]s没有文号，无号可沿用，请勿填写replaces", "the %[2]s bears no number to take over; leave replaces out", k.Label.ZH, k.Label.EN)
	}
	var old, next *letterFacts
	err = b.eachLetter(a, func(f *letterFacts) {
		switch id := idOf(text); {
		case f.Attachment == id:
			old = f
		case f.Replaces == id:
			next = f
		}
	})
	switch {
	case err != nil:
		return 0, "", err
	case agency != b.agency || old == nil:
		return 0, "", within("replaces", notFound())
	case old.Kind != k.Key || old.Number == "":
		return 0, "", invalid("replaces", "被替换的文书不是%[1]s，文号不能沿用", "the letter to be replaced is no %[2]s; its number cannot be taken over", k.Label.ZH, k.Label.EN)
	}
	if err := b.replaceable(k, day, old, next); err != nil {
		return 0, "", within("replaces", err)
	}
	return old.Attachment, old.Number, nil
}

// replaceable refuses a letter that stands or was replaced before, and one of another year
// where the number counts the year's letters (GB/T 9704).
func (b *bench) replaceable(k *letter.Kind, day workflow.Date, old, next *letterFacts) error {
	kept, err := b.reader.Attachment(b.agency, old.Attachment)
	if err != nil {
		return err
	}
	pattern, _, err := b.rules.Settings.NumberPattern(k.Number, b.today)
	switch {
	case err != nil:
		return err
	case next != nil:
		return failf(pb.Reason_LETTER_NOT_POSSIBLE, "文号“%[1]s”已由另一份文书沿用；再次更正的，请先撤下那一份，再替换它", "another letter took over the number %[1]q; to mend it again, withdraw and replace that one", old.Number)
	case kept.WithdrawTime.IsZero():
		return failf(pb.Reason_LETTER_NOT_POSSIBLE, "文书“%[1]s”尚未撤下，文号不能沿用；请先写明理由撤下", "the letter %[1]q is not withdrawn; say why and withdraw it first", old.Number)
	case pattern.Serial() && old.Date.Year() != day.Year():
		return failf(pb.Reason_LETTER_NOT_POSSIBLE, "文号“%[1]s”属%[2]d年，%[3]d年的文书请另行编号，不填replaces", "the number %[1]q is of %[2]d; a letter of %[3]d takes one of its own: leave replaces out", old.Number, old.Date.Year(), day.Year())
	}
	return nil
}
