package web

import (
	"strconv"
	"strings"

	"gongkai/client"
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
	In   *field
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
		ch := textChapter{Name: c.name.in(p.lang), Text: kept.GetChapters()[c.number]}
		ch.In = f.watch(f.Field(chapterInput(c.number), ch.Name).Text(c.rows).Most(mostText), ch.Text)
		if c.number == 1 && f.Value("take") != "" {
			ch.In.Value = v.Suggestion
		}
		v.Chapters = append(v.Chapters, ch)
	}
	p.under(s.Link("/report"), p.text("年度报告", "Annual report"))
	return p.show("report-text", v)
}

// keepText sends the chapters that were changed, by the etag of what they are held against.
func (p *page) keepText(s subject) error {
	f := p.form()
	kept, err := p.api.Oversight.GetNarrative(p.ctx(), &pb.GetNarrativeRequest{Parent: p.parent(), Year: int32(s.Year), Form: s.Form})
	if err != nil {
		return err
	}
	req := &pb.SetNarrativeRequest{Parent: p.parent(), Year: int32(s.Year), RequestId: f.RequestID, Etag: kept.GetEtag(), Chapters: map[int32]string{}}
	for _, c := range chapters {
		name := chapterInput(c.number)
		now := kept.GetChapters()[c.number]
		if f.touched(name) && seenAs(f.Value(name)) != seenAs(now) && !f.met(name, now) {
			req.Chapters[c.number] = strings.ReplaceAll(f.Value(name), "\r\n", "\n")
		}
	}
	if len(f.Problems) > 0 || len(req.GetChapters()) == 0 {
		return nil
	}
	_, err = p.api.Oversight.SetNarrative(p.ctx(), req)
	return err
}

func chapterInput(n int32) string { return "chapters/" + strconv.Itoa(int(n)) }

// mostText is how many characters the chapters have together.
const mostText = 100_000

// setReportText keeps the chapters that were changed in the form, unless somebody else
// changed them meanwhile.
func setReportText(p *page) error {
	s := p.subject("/report")
	f := p.form()
	err := p.keepText(s)
	for range 2 { // somebody else may save between the reading and the writing
		if !client.ReasonIs(err, pb.Reason_STALE_ETAG) {
			break
		}
		err = p.keepText(s)
	}
	if err != nil && !f.refused(err) {
		return err
	}
	if len(f.Problems) > 0 {
		return p.showText(s)
	}
	return p.done(s.Link("/report"), text{"报告文字已保存", "The text has been saved"})
}
