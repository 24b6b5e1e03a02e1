package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/letter"
)

// prepared is a letter that is ready to be issued, and what it rests on: the case, the
// agency's settings, the number that comes next and the template.
type prepared struct {
	letterCase letter.Case
	kind       letter.Kind
	fields     map[string]string
	letter     letter.Letter
	number     *drawn // nil: it bears none, that of the decision or that of the letter it replaces
	replaces   int64  // the attachment of that letter
	template   officeTemplate
	settings   int64 // revision of the agency
	row        storage.Attachment
	file       []byte
}

// sameAs reports whether two preparations would write the same bytes.
func (p *prepared) sameAs(q *prepared) bool {
	return p.letterCase.Application.Revision == q.letterCase.Application.Revision && p.settings == q.settings && p.letterCase.Number == q.letterCase.Number &&
		p.template.ID == q.template.ID && p.template.Revision == q.template.Revision
}

// prepare composes a letter with the number that it would bear. It takes nothing.
func (s *Server) prepare(b *bench, m mutation, a *workflow.Application, req *pb.IssueLetterRequest) (*prepared, error) {
	p, err := s.standing(b, m, a, req)
	if err != nil {
		return nil, err
	}
	p.fields = req.GetFields()
	p.letter, err = composed(p.letterCase, p.kind, p.fields)
	if b.failed != nil {
		err = b.failed
	}
	return p, err
}

// standing finds what a letter rests on.
func (s *Server) standing(b *bench, m mutation, a *workflow.Application, req *pb.IssueLetterRequest) (*prepared, error) {
	day, err := b.letterDay(a, req.GetKind(), req.GetLetterDate())
	if err != nil {
		return nil, err
	}
	p := &prepared{}
	if p.letterCase, err = b.letterCase(a, day); err != nil {
		return nil, err
	}
	if p.kind, err = kindOf(p.letterCase, req.GetKind(), req.GetBasis()); err != nil {
		return nil, err
	}
	agency, err := b.reader.Agency(b.agency)
	if err != nil {
		return nil, err
	}
	p.settings = agency.Revision
	if p.template, err = templateInUse(b.reader, b.agency, p.kind); err != nil {
		return nil, err
	}
	return p, s.numberLetter(b, m, p, req.GetReplaces())
}

// incomplete refuses a letter that lacks something, naming each.
func incomplete(gaps []letter.Gap) error {
	if len(gaps) == 0 {
		return nil
	}
	reason, zh, en := pb.Reason_LETTER_INCOMPLETE, "文书缺少必备内容，没有印发", "the letter lacks what it must say and was not issued"
	if slices.ContainsFunc(gaps, func(g letter.Gap) bool { return g.Element == "possible" }) {
		reason, zh, en = pb.Reason_LETTER_NOT_POSSIBLE, "案件现状不能印发该文书", "as the case stands, this letter cannot be issued"
	}
	const told = 5 // a status travels in headers
	var names, linesZH, linesEN []string
	for i, g := range gaps {
		names = append(names, g.Element)
		if i < told {
			linesZH, linesEN = append(linesZH, g.ZH), append(linesEN, g.EN)
		}
	}
	if n := len(gaps) - told; n > 0 {
		linesZH, linesEN = append(linesZH, fmt.Sprintf("另有%d项", n)), append(linesEN, fmt.Sprintf("and %d more", n))
	}
	f := failf(reason, "%[1]s：%[3]s", "%[2]s: %[4]s", zh, en, listed(strings.Join(linesZH, "；")), listed(strings.Join(linesEN, "; ")))
	f.field = gaps[0].Place
	f.meta = map[string]string{"elements": strings.Join(names, ",")}
	return f
}

// errLetterMoved says that something a letter rests on changed while it was written.
var errLetterMoved = errors.New("what the letter rests on has changed")

// letterTries is how often a letter is written anew because another process took its number
// or the case changed.
const letterTries = 20

// IssueLetter issues a letter: it is composed and written with the number that comes next,
// its bytes are put on the disk, and only then number, row and event are recorded together,
// if nothing has changed meanwhile.
func (s *Server) IssueLetter(ctx context.Context, req *pb.IssueLetterRequest) (*pb.Letter, error) {
	agency, key, err := applicationKey(req.GetName())
	if err != nil {
		return nil, err
	}
	if err := checkLetterFields(req.GetFields()); err != nil {
		return nil, err
	}
	if err := s.attachmentsKept(); err != nil {
		return nil, err
	}
	m, err := s.mutate(ctx, agency, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	select { // one after the other: of two at once the second would be written in vain
	case s.issuing <- struct{}{}:
		defer func() { <-s.issuing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for range letterTries {
		out, err := s.issueOnce(ctx, m, key, req)
		if !errors.Is(err, errLetterMoved) {
			return out, err
		}
	}
	return nil, overloaded(time.Second, "同时印发的文书太多，没有印发；请稍后重试", "too many letters are issued at once and this one was not; try again later")
}

func (s *Server) issueOnce(ctx context.Context, m mutation, key string, req *pb.IssueLetterRequest) (out *pb.Letter, err error) {
	var p *prepared
	err = s.store.View(ctx, func(r storage.Reader) error {
		if out, err = s.letterAgain(ctx, m, r); err != nil || out != nil {
			return err
		}
		p, err = s.ready(ctx, r, m, key, req)
		return err
	})
	if err != nil || out != nil {
		return out, err
	}
	callOf(ctx).shown.application(p.letterCase.Application, shownApplication)
	if req.GetValidateOnly() {
		return callOf(ctx).lang.unissued(p), nil
	}
	if out, err = s.keepLetter(ctx, m, p, req); err == nil {
		out.Blocks = blocksPB(p.letter.Blocks)
	}
	return out, err
}

// ready prepares a letter, and refuses one that may not be issued.
func (s *Server) ready(ctx context.Context, r storage.Reader, m mutation, key string, req *pb.IssueLetterRequest) (*prepared, error) {
	b, err := s.bench(ctx, r, m.agency)
	if err != nil {
		return nil, err
	}
	a, err := b.find(key)
	if err != nil {
		return nil, err
	}
	if err := checkEtag(req.GetEtag(), a.Revision); err != nil {
		return nil, err
	}
	p, err := s.prepare(b, m, a, req)
	if err == nil {
		err = incomplete(p.letter.Gaps)
	}
	if err == nil {
		err = p.write(r)
	}
	if err == nil {
		err = s.room(r, &p.row)
	}
	return p, err
}

// keepLetter puts the content on the disk, and only then records it.
func (s *Server) keepLetter(ctx context.Context, m mutation, p *prepared, req *pb.IssueLetterRequest) (out *pb.Letter, err error) {
	draft, err := s.attachments.Blobs.Draft()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := draft.Discard(); err != nil { // it is swept once it is old
			s.log.ErrorContext(ctx, "discarding a draft", "error", err)
		}
	}()
	if _, err := draft.Write(p.file); err != nil {
		return nil, fmt.Errorf("writing a letter: %w", err)
	}
	err = ordered(func() error { return s.attachments.Blobs.Keep(ctx, draft) }, func() error {
		return s.update(ctx, m.agency, func(w storage.Writer) (err error) {
			out, err = s.recordLetter(ctx, m, w, p, req)
			return err
		})
	})
	return out, err
}

// recordLetter writes number, row and event, if the letter still rests on what it did.
func (s *Server) recordLetter(ctx context.Context, m mutation, w storage.Writer, p *prepared, req *pb.IssueLetterRequest) (*pb.Letter, error) {
	if out, err := s.letterAgain(ctx, m, w); err != nil || out != nil {
		return out, err
	}
	number, err := s.redrawn(ctx, m, w, p, req)
	if err != nil {
		return nil, err
	}
	once := m
	once.requestID, once.hash = "", nil // the event of the letter bears it
	if number != nil {
		if err := once.takeDrawn(w, *number); err != nil {
			return nil, err
		}
	}
	row := p.row
	row.CreateTime = s.instants.next(m.now)
	e, err := once.attachmentEvent(&row, actIssueLetter, row.CreateTime)
	if err != nil {
		return nil, err
	}
	if err := w.InsertAttachment(&row, e); err != nil {
		return nil, err
	}
	return m.letterIssued(w, callOf(ctx).lang, p, &row)
}

// redrawn draws the number anew and asks whether all is as it was when the letter was
// written; else it is errLetterMoved.
func (s *Server) redrawn(ctx context.Context, m mutation, w storage.Writer, p *prepared, req *pb.IssueLetterRequest) (*drawn, error) {
	if err := remains(w, callOf(ctx).principal); err != nil {
		return nil, err
	}
	c := p.letterCase
	a, err := w.Application(m.agency, c.Application.ID)
	if err != nil {
		return nil, err
	}
	if a.Revision != c.Application.Revision {
		return nil, errLetterMoved
	}
	b := &bench{reader: w, agency: m.agency, rules: c.Rules, by: c.By, today: s.today()}
	now, err := s.standing(b, m, c.Application, req)
	if err != nil {
		return nil, err
	}
	if !now.sameAs(p) {
		return nil, errLetterMoved
	}
	return now.number, s.room(w, &p.row)
}

// letterIssued records the letter itself.
func (m mutation) letterIssued(w storage.Writer, lang language, p *prepared, row *storage.Attachment) (*pb.Letter, error) {
	c := p.letterCase
	facts, err := json.Marshal(letterFacts{
		1, c.Application.ID, row.ID, p.kind.Key, p.kind.Basis, c.Number, c.Day, row.Sum.String(), row.Size, p.template.ID, p.template.Revision, decisionOf(c.Application, &p.kind), p.replaces,
	})
	if err != nil {
		return nil, fmt.Errorf("encoding the letter: %w", err)
	}
	words, err := json.Marshal(issuedWords{p.fields, p.letter.Override})
	if err != nil {
		return nil, fmt.Errorf("encoding the letter: %w", err)
	}
	e := m.mark(m.event(letterObject(c.Application.ID, row.ID), 1, actIssueLetter, facts, words))
	e.Time = row.CreateTime
	if err := w.Record(e); err != nil {
		return nil, err
	}
	return lang.letterPB(&e, row)
}

// letterAgain is the letter that the request issued before; nil if it is new.
func (s *Server) letterAgain(ctx context.Context, m mutation, r storage.Reader) (*pb.Letter, error) {
	e, err := m.done(r)
	if err != nil || e == nil {
		return nil, err
	}
	var f letterFacts
	if err := decodeFacts(e, &f); err != nil {
		return nil, err
	}
	a, err := r.Attachment(m.agency, f.Attachment)
	if err != nil {
		return nil, err
	}
	return callOf(ctx).lang.letterPB(e, &a)
}

// unissued is a letter as it would be issued.
func (l language) unissued(p *prepared) *pb.Letter {
	c := p.letterCase
	out := &pb.Letter{
		Application: applicationName(c.Application.Agency, c.Application.ID), Kind: p.kind.Key, Basis: string(p.kind.Basis), Label: l.pick(p.kind.Label.ZH, p.kind.Label.EN),
		DocumentNo: c.Number, LetterDate: c.Day.String(), FileName: p.row.Name, Size: p.row.Size, Sha256: p.row.Sum.String(), TemplateVersion: int32(p.template.Revision),
		RemedyReason: p.letter.Override, Blocks: blocksPB(p.letter.Blocks),
	}
	if p.template.ID != "" {
		out.Template = letterTemplateName(c.Application.Agency, p.template.ID)
	}
	if p.replaces != 0 {
		out.Replaces = letterName(c.Application.Agency, p.replaces)
	}
	return out
}
