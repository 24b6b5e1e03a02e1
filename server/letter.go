package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/letter"
	"gongkai/workflow/outcome"
)

// letterFacts is an issued letter as its event keeps it; its bytes are an attachment. What
// may name persons stands apart in issuedWords.
type letterFacts struct {
	Version     int           `json:"v"`
	Application int64         `json:"application"`
	Attachment  int64         `json:"attachment"`
	Kind        string        `json:"kind"`
	Basis       outcome.Basis `json:"basis,omitempty"`
	Number      string        `json:"number,omitempty"`
	Date        workflow.Date `json:"date"`
	Sum         string        `json:"sha256"`
	Size        int64         `json:"size"`
	Template    string        `json:"template,omitempty"` // its id; empty: ours
	TemplateNo  int64         `json:"template_version,omitempty"`
	Decision    int           `json:"decision,omitempty"` // of a reply: which decision of the case it tells, from 1; 0: an old event
	Replaces    int64         `json:"replaces,omitempty"` // the attachment of the withdrawn letter whose number it took over
}

type issuedWords struct {
	Fields   map[string]string `json:"fields,omitempty"` // as the officer gave them
	Override string            `json:"override,omitempty"`
}

const actIssueLetter = "issue_letter"

// letterObject names a letter among those of its application; the ids sort as they count.
func letterObject(application, attachment int64) string {
	return fmt.Sprintf("%s%012d", issuedLetters(application), attachment)
}

func issuedLetters(application int64) string { return fmt.Sprintf("letter/%d/", application) }

func letterName(agency string, attachment int64) string {
	return agencyName(agency) + "/letters/" + idText(attachment)
}

// kindOf finds a kind by the names in a request; without a basis, a reply has that of the
// case.
func kindOf(c letter.Case, key, basis string) (letter.Kind, error) {
	found := outcome.Basis(basis)
	if key == letter.Reply && found == "" {
		found = c.Recorded()
		if found == "" {
			return letter.Kind{}, invalid("basis", "申请尚未作出决定，请写明答复的依据（basis），如disclosed.provided", "nothing is decided yet: give the basis of the reply, such as disclosed.provided")
		}
	}
	k, ok := letter.Of(key, found)
	if ok {
		return k, nil
	}
	var keys, bases []string
	for _, k := range letter.Kinds() {
		if k.Key == letter.Reply {
			bases = append(bases, string(k.Basis))
		}
		if len(keys) == 0 || keys[len(keys)-1] != k.Key {
			keys = append(keys, k.Key)
		}
	}
	switch {
	case key == letter.Reply && found == "other.withdrawn":
		return k, invalid("basis", "申请人撤回的不作答复；请使用撤回申请确认书（withdrawal）", "an application that was withdrawn has no reply; use withdrawal")
	case key == letter.Reply:
		return k, invalid("basis", "没有名为“%[1]s”的答复依据；有：%[2]s", "no reply has the basis %[1]q; there are %[2]s", found, joined(bases))
	case found != "" && slices.Contains(keys, key):
		return k, invalid("basis", "只有答复书（reply）有依据", "only a reply has a basis")
	}
	return k, invalid("kind", "没有名为“%[1]s”的文书；有：%[2]s", "no letter is called %[1]q; there are %[2]s", key, joined(keys))
}

// letterCase is an application for letters, with the agency as it was called on the day.
func (b *bench) letterCase(a *workflow.Application, day workflow.Date) (letter.Case, error) {
	agency, err := b.reader.Agency(b.agency)
	name := workflow.HeldOn(agency.Settings.Lineage.Names, agency.DisplayName, day)
	return letter.Case{Application: a, Rules: b.rules, By: b.by, Agency: name, Day: day}, err
}

// letterDay is the date of a letter: that of a request, of the signature, or today.
func (b *bench) letterDay(a *workflow.Application, kind, text string) (workflow.Date, error) {
	day, err := optionalDate("letter_date", text)
	if err != nil {
		return 0, err
	}
	if signed := a.Reply().DecideDate; day.IsZero() && kind == letter.Reply && a.State != workflow.Redeciding {
		day = signed
	}
	if day.IsZero() {
		day = b.today
	}
	switch {
	case day > b.today:
		f := failf(pb.Reason_DATE_IN_FUTURE, "成文日期%[1]s晚于今天%[2]s", "the date of the letter, %[1]s, is after today, %[2]s", day, b.today)
		f.field = "letter_date"
		return 0, f
	case day < a.ArriveDate:
		return 0, invalid("letter_date", "成文日期%[1]s早于申请到达日期%[2]s", "the date of the letter, %[1]s, is before the application arrived on %[2]s", day, a.ArriveDate)
	}
	return day, nil
}

// The most characters of a field of a letter, and the most fields.
const (
	maxLetterField  = 4000
	maxLetterFields = 60
)

func checkLetterFields(fields map[string]string) error {
	if len(fields) > maxLetterFields {
		return invalid("fields", "字段有%[1]d个，最多%[2]d个", "there are %[1]d fields; at most %[2]d", len(fields), maxLetterFields)
	}
	for key, text := range fields {
		if err := checkText("fields."+clip(key), text, maxLetterField, true); err != nil {
			return err
		}
	}
	return nil
}

// composed writes a letter as far as it goes.
func composed(c letter.Case, k letter.Kind, fields map[string]string) (letter.Letter, error) {
	l, err := c.Compose(k, fields)
	if wrong, ok := errors.AsType[*letter.FieldError](err); ok {
		return l, invalid("fields."+clip(wrong.Key), "%[1]s", "%[2]s", wrong.ZH, wrong.EN)
	}
	return l, err
}

// ListLetterKinds lists the kinds, and for an application whether each is possible.
func (s *Server) ListLetterKinds(ctx context.Context, req *pb.ListLetterKindsRequest) (*pb.ListLetterKindsResponse, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	lang, out := callOf(ctx).lang, &pb.ListLetterKindsResponse{}
	err = s.store.View(ctx, func(r storage.Reader) error {
		out.Reset()
		b, err := s.bench(ctx, r, agency)
		if err != nil {
			return err
		}
		var c letter.Case
		if id, _, err := concerned(r, agency, "application", req.GetApplication()); err != nil {
			return err
		} else if id != 0 {
			a, err := b.find(idText(id))
			if err != nil {
				return err
			}
			if c, err = b.letterCase(a, b.today); err != nil {
				return err
			}
		}
		for _, k := range letter.Kinds() {
			if req.GetKind() == "" || req.GetKind() == k.Key {
				out.Kinds = append(out.Kinds, lang.letterKind(k, k.Elements, c))
			}
		}
		if len(out.GetKinds()) == 0 {
			_, err = kindOf(letter.Case{Application: &workflow.Application{}}, req.GetKind(), "-")
		}
		return err
	})
	return out, err
}

// PreviewLetter composes a letter and says what it lacks.
func (s *Server) PreviewLetter(ctx context.Context, req *pb.PreviewLetterRequest) (*pb.PreviewLetterResponse, error) {
	if err := checkLetterFields(req.GetFields()); err != nil {
		return nil, err
	}
	agency, _, err := applicationKey(req.GetName())
	if err != nil {
		return nil, err
	}
	m := mutation{agency: agency, year: s.today().Year()}
	var out *pb.PreviewLetterResponse
	err = s.inspect(ctx, req.GetName(), func(b *bench, a *workflow.Application) error {
		p, err := s.prepare(b, m, a, &pb.IssueLetterRequest{Kind: req.GetKind(), Basis: req.GetBasis(), LetterDate: req.GetLetterDate(), Fields: req.GetFields(), Replaces: req.GetReplaces()})
		if err != nil {
			return err
		}
		callOf(ctx).shown.application(a, shownApplication)
		out = callOf(ctx).lang.preview(p)
		return nil
	})
	return out, err
}

func (l language) preview(p *prepared) *pb.PreviewLetterResponse {
	c := p.letterCase
	out := &pb.PreviewLetterResponse{
		Blocks: blocksPB(p.letter.Blocks), Kind: l.letterKind(p.kind, c.Elements(&p.kind, p.fields), c), LetterDate: c.Day.String(), DocumentNo: c.Number,
		ReviewFirst: p.letter.ReviewFirst, Etag: etag(c.Application.Revision), TemplateVersion: int32(p.template.Revision),
	}
	for _, e := range out.GetKind().GetElements() {
		e.Value = p.letter.Raw[e.GetKey()]
	}
	for _, g := range p.letter.Gaps {
		out.Missing = append(out.Missing, &pb.LetterGap{Element: g.Element, Place: g.Place, Message: l.pick(g.ZH, g.EN)})
	}
	for _, w := range p.letter.Warnings {
		out.Warnings = append(out.Warnings, l.pick(w.ZH, w.EN))
	}
	return out
}

func blocksPB(list []letter.Block) []*pb.LetterBlock {
	out := make([]*pb.LetterBlock, len(list))
	for i, b := range list {
		out[i] = &pb.LetterBlock{Role: enumOf[pb.LetterBlock_Role](pb.LetterBlock_Role_value, b.Role), Label: b.Label, Text: b.Text}
	}
	return out
}

func (l language) letterKind(k letter.Kind, elements []letter.Element, c letter.Case) *pb.LetterKind {
	out := &pb.LetterKind{
		Kind: k.Key, Basis: string(k.Basis), Label: l.pick(k.Label.ZH, k.Label.EN), Title: k.Title,
		Addressee: enumOf[pb.LetterKind_Addressee](pb.LetterKind_Addressee_value, k.Addressee), Article: l.pick(k.Article.ZH, k.Article.EN),
		Remedy: enumOf[pb.LetterKind_Remedy](pb.LetterKind_Remedy_value, k.Remedy), NumberKind: k.Number, When: l.pick(k.When.ZH, k.When.EN),
	}
	for _, e := range elements {
		x := &pb.LetterElement{
			Key: e.Key, Label: l.pick(e.Label.ZH, e.Label.EN), Hint: l.pick(e.Hint.ZH, e.Hint.EN), Required: e.Required, Multiline: e.Lines, Date: e.Date, Setting: e.Setting,
			Source: enumOf[pb.LetterElement_Source](pb.LetterElement_Source_value, e.Source),
		}
		for _, choice := range e.Choices {
			x.Choices = append(x.Choices, &pb.LetterChoice{Value: choice.Value, Label: l.pick(choice.ZH, choice.EN)})
		}
		out.Elements = append(out.Elements, x)
	}
	if c.Application != nil {
		var why []string
		for _, g := range c.Possible(k) {
			why = append(why, l.pick(g.ZH, g.EN))
		}
		out.Possible, out.Refusal = len(why) == 0, strings.Join(why, l.pick("；", "; "))
	}
	return out
}

// letterPB renders a letter by its event and its attachment.
func (l language) letterPB(e *storage.Event, a *storage.Attachment) (*pb.Letter, error) {
	var f letterFacts
	if err := decodeFacts(e, &f); err != nil {
		return nil, err
	}
	var words issuedWords
	if len(e.Personal) > 0 {
		if err := json.Unmarshal(e.Personal, &words); err != nil {
			return nil, fmt.Errorf("decoding event %d of %s: %w", e.Revision, e.Object, err)
		}
	}
	k, _ := letter.Of(f.Kind, f.Basis)
	out := &pb.Letter{
		Name: letterName(e.Agency, f.Attachment), Application: applicationName(e.Agency, f.Application), Kind: f.Kind, Basis: string(f.Basis), Label: l.pick(k.Label.ZH, k.Label.EN),
		DocumentNo: f.Number, LetterDate: f.Date.String(), FileName: a.Name, Size: f.Size, Sha256: f.Sum, Attachment: attachmentName(e.Agency, f.Attachment),
		TemplateVersion: int32(f.TemplateNo), Actor: e.Actor, CreateTime: timestamppb.New(e.Time), WithdrawReason: a.Reason, RemedyReason: words.Override, Etag: etag(a.Revision),
	}
	if f.Template != "" {
		out.Template = letterTemplateName(e.Agency, f.Template)
	}
	if f.Replaces != 0 {
		out.Replaces = letterName(e.Agency, f.Replaces)
	}
	if !a.WithdrawTime.IsZero() {
		out.WithdrawTime = timestamppb.New(a.WithdrawTime)
	}
	return out, nil
}
