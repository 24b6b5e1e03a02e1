package server

import (
	"context"
	"maps"
	"strconv"
	"unicode/utf8"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow/report"
)

// narrativeObject names the chapters of a year in the history of their agency.
func narrativeObject(year int) string { return "narrative/" + strconv.Itoa(year) }

// narrativeFacts is the chapters of a year. They are written for publication.
type narrativeFacts struct {
	Version  int            `json:"v"`
	Chapters map[int]string `json:"chapters"`
}

func (f *narrativeFacts) pb(revision int64) *pb.Narrative {
	out := &pb.Narrative{Chapters: map[int32]string{}, Etag: etag(revision)}
	for n, text := range f.Chapters {
		out.Chapters[int32(n)] = text
	}
	return out
}

// chaptersOf reads the chapters of a year; nil if none were kept.
func chaptersOf(r storage.Reader, agency string, year int) (map[int]string, error) {
	f, _, err := kept[narrativeFacts](r, agency, narrativeObject(year))
	return f.Chapters, err
}

// chapters of the report: 一 to 六.
const chapters = 6

// SetNarrative keeps the text of chapters of a year.
func (s *Server) SetNarrative(ctx context.Context, req *pb.SetNarrativeRequest) (*pb.Narrative, error) {
	id, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	year, _, err := reportOn(req.GetYear(), string(report.DefaultForm(int(req.GetYear()))))
	if err != nil {
		return nil, err
	}
	if len(req.GetChapters()) == 0 {
		return nil, invalid("chapters", "请给出至少一个部分的文字", "give the text of at least one chapter")
	}
	for n, text := range req.GetChapters() {
		if n < 1 || n > chapters {
			return nil, invalid("chapters", "没有第%[1]d部分；年度报告有第1至第%[2]d部分", "there is no chapter %[1]d; a report has chapters 1 to %[2]d", n, chapters)
		}
		if !utf8.ValidString(text) {
			return nil, invalid("chapters", "第%[1]d部分不是UTF-8文本", "chapter %[1]d is no UTF-8 text", n)
		}
	}
	m, err := s.mutate(ctx, id, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	var out *pb.Narrative
	err = s.update(ctx, id, func(w storage.Writer) error {
		out, err = m.narrative(w, year, req)
		return err
	})
	return out, err
}

// narrative puts chapters beside those that are kept.
func (m mutation) narrative(w storage.Writer, year int, req *pb.SetNarrativeRequest) (*pb.Narrative, error) {
	e, err := m.done(w)
	if err != nil {
		return nil, err
	}
	if e != nil {
		var facts narrativeFacts
		err = decodeFacts(e, &facts)
		return facts.pb(e.Revision), err
	}
	old, before, err := kept[narrativeFacts](w, m.agency, narrativeObject(year))
	if err != nil {
		return nil, err
	}
	if err := checkEtag(req.GetEtag(), revisionOf(before)); err != nil {
		return nil, err
	}
	facts := narrativeFacts{Version: 1, Chapters: map[int]string{}}
	maps.Copy(facts.Chapters, old.Chapters)
	for n, text := range req.GetChapters() {
		facts.Chapters[int(n)] = text
	}
	total := 0
	for _, text := range facts.Chapters {
		total += utf8.RuneCountInString(text)
	}
	if total > report.MostNarrative {
		return nil, invalid("chapters", "各部分共%[1]d字，最多%[2]d字", "the chapters have %[1]d characters together; at most %[2]d", total, report.MostNarrative)
	}
	now, err := m.keep(w, narrativeObject(year), "set_narrative", before, facts)
	return facts.pb(now.Revision), err
}

// GetNarrative returns the chapters of a year, with chapter 一 as the figures suggest it.
func (s *Server) GetNarrative(ctx context.Context, req *pb.GetNarrativeRequest) (*pb.Narrative, error) {
	id, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	form := req.GetForm()
	if form == "" {
		form = string(report.DefaultForm(int(req.GetYear())))
	}
	year, f, err := reportOn(req.GetYear(), form)
	if err != nil {
		return nil, err
	}
	var out *pb.Narrative
	err = s.store.View(ctx, func(r storage.Reader) error {
		a, err := r.Agency(id)
		if err != nil {
			return err
		}
		rep, err := compute(r, a, year, f)
		if err != nil {
			return err
		}
		text, newest, err := kept[narrativeFacts](r, id, narrativeObject(year))
		out = text.pb(revisionOf(newest))
		out.Suggestion = report.Prose(&rep)
		return err
	})
	return out, err
}
