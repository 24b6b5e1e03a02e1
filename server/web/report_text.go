package web

import (
	"strconv"
	"strings"

	pb "gongkai/proto/disclosure/v1"
)

// chapters are those of prose, with their names.
var chapters = []struct {
	number int32
	name   text
	rows   int
}{
	{1, text{"一、总体情况", "1. Overview"}, 12},
	{5, text{"五、存在的主要问题及改进情况", "5. Main problems and improvements"}, 8},
	{6, text{"六、其他需要报告的事项", "6. Other matters to report"}, 6},
}

// textView is what the page of the text shows.
type textView struct {
	subject
	Mine       bool
	Suggestion string
	Chapters   []textChapter
}

type textChapter struct {
	Name string
	Text string
	Rows int
	In   string // name of the input
}

// reportText shows the text of the chapters, to be read or changed.
func reportText(p *page) error { return p.showText(p.subject("/report")) }

func (p *page) showText(s subject) error {
	kept, err := p.api.Oversight.GetNarrative(p.ctx(), &pb.GetNarrativeRequest{Parent: p.parent(), Year: int32(s.Year), Form: s.Form})
	if err != nil {
		return err
	}
	f := p.form()
	v := textView{subject: s, Mine: p.mine(s), Suggestion: kept.GetSuggestion()}
	for _, c := range chapters {
		ch := textChapter{Name: c.name.in(p.lang), Text: kept.GetChapters()[c.number], Rows: c.rows, In: chapterInput(c.number)}
		if !f.values.Has(ch.In) {
			f.set(ch.In, ch.Text)
		}
		if c.number == 1 && f.Value("take") != "" {
			f.set(ch.In, v.Suggestion)
		}
		v.Chapters = append(v.Chapters, ch)
	}
	p.under(s.Link("/report"), p.text("年度报告", "Annual report"))
	return p.show("report-text", v)
}

func chapterInput(n int32) string { return "chapters/" + strconv.Itoa(int(n)) }

// setReportText keeps the chapters that were sent.
func setReportText(p *page) error {
	s := p.subject("/report")
	f := p.form()
	req := &pb.SetNarrativeRequest{Parent: p.parent(), Year: int32(s.Year), RequestId: f.RequestID, Chapters: map[int32]string{}}
	for _, c := range chapters {
		if name := chapterInput(c.number); f.values.Has(name) {
			req.Chapters[c.number] = strings.ReplaceAll(f.Value(name), "\r\n", "\n")
		}
	}
	if _, err := p.api.Oversight.SetNarrative(p.ctx(), req); err != nil {
		if !f.refused(err) {
			return err
		}
		return p.showText(s)
	}
	return p.done(s.Link("/report"), text{"报告文字已保存", "The text has been saved"})
}
