package advice

import (
	"cmp"
	"fmt"
	"strings"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
)

// paragraph is one dated row of what a letter says on remedies. In its text {review} and
// {suit} are the times for reconsideration and suit, {after} that for a suit after
// reconsideration, {organ} and {court} where to go.
type paragraph struct {
	kind   string
	from   workflow.Date // of the letter; zero: since ever
	text   string
	source string
}

// The kinds of paragraph.
const (
	paragraphEither = "either" // reconsideration or suit
	paragraphFirst  = "first"  // reconsideration first (复议前置)
	paragraphMixed  = "mixed"  // first for the part that is withheld
)

const first = "应当先自收到本答复之日起{review}内向{organ}申请行政复议；对行政复议决定不服的，可以自收到行政复议决定书之日起{after}内向{court}提起行政诉讼；复议机关逾期不作决定的，可以自复议期满之日起{after}内提起行政诉讼"

const either = "可以自收到本答复之日起{review}内向{organ}申请行政复议，或者自收到本答复之日起{suit}内向{court}提起行政诉讼"

// paragraphs are ordered by the day from which they apply.
var paragraphs = []paragraph{
	{kind: paragraphEither, text: "如对本答复不服，" + either + "。", source: "《条例》Art 51; 行政复议法; 行政诉讼法"},
	{
		kind: paragraphFirst, from: calendar.New(2024, 1, 1), text: "如对本不予公开决定不服，" + first + "。",
		source: "行政复议法 2023 Arts 20, 23(1)(4), 23(2), 34; 行政诉讼法 Art 45",
	},
	{
		kind: paragraphMixed, from: calendar.New(2024, 1, 1),
		text:   "如对本答复中依据《中华人民共和国政府信息公开条例》第十四条至第十六条不予公开的部分不服，" + first + "。如对本答复的其他部分不服，" + either + "。",
		source: "行政复议法 2023 Art 23(1)(4); 《条例》Arts 37, 51",
	},
}

// paragraphOf finds the row of a kind in force on the day of a letter; before it came,
// the applicant could choose.
func paragraphOf(kind string, letter workflow.Date) paragraph {
	out := paragraphs[0]
	for _, p := range paragraphs {
		if p.kind == kind && p.from <= letter {
			out = p
		}
	}
	return out
}

// Paragraph is the remedy paragraph of a letter dated on a day: by its basis and, for a
// disclosure in part, the ground of Arts 14 to 16 on which a part is withheld, if one is. It
// is empty where there is nothing to challenge, and names in brackets what the agency has
// not set. reviewFirst says that it tells of 复议前置.
func Paragraph(s workflow.Settings, day workflow.Date, basis, ground outcome.Basis) (text string, reviewFirst bool) {
	row, _ := outcome.Of(basis)
	if row.Remedy == outcome.NoRemedy {
		return "", false
	}
	if basis != "disclosed.in_part" || ground != "" {
		reviewFirst = s.ReviewFirst(cmp.Or(ground, basis), day).Way == workflow.WayReviewFirst
	}
	kind := paragraphEither
	switch {
	case reviewFirst && ground != "":
		kind = paragraphMixed
	case reviewFirst:
		kind = paragraphFirst
	}
	wording := paragraphOf(kind, day).text
	if row.Remedy != outcome.ReviewFirst { // by the agency's setting: it is no 不予公开
		wording = strings.Replace(wording, "本不予公开决定", "本答复", 1)
	}
	return strings.NewReplacer(
		"{review}", period(workflow.Reconsideration, workflow.AgainstReply, day),
		"{suit}", period(workflow.Litigation, workflow.AgainstReply, day),
		"{after}", period(workflow.Litigation, workflow.AgainstReview, day),
		"{organ}", cmp.Or(s.Text(OrganSetting, day), "（行政复议机关）"), "{court}", cmp.Or(s.Text(CourtSetting, day), "（有管辖权的人民法院）"),
	).Replace(wording), reviewFirst
}

// remedy adds the paragraph, and says what it lacks.
func (c Case) remedy(p *Proposal) {
	p.Remedy, p.ReviewFirst = Paragraph(c.Rules.Settings, c.Day, p.Row.Basis, p.Ground)
	if p.Remedy == "" {
		return
	}
	for _, s := range []struct{ key, zh, en string }{
		{OrganSetting, "行政复议机关", "reconsideration organ"},
		{CourtSetting, "有管辖权的人民法院", "court"},
	} {
		if c.Rules.Settings.Text(s.key, c.Day) == "" {
			p.Warnings = append(p.Warnings, Text{
				fmt.Sprintf("本机关没有设置%s；请设置%s，救济段落才完整（行政复议法 第20条第三款）", s.zh, s.key),
				fmt.Sprintf("the agency has set no %s; set %s to complete the remedy paragraph (行政复议法 Art 20(3))", s.en, s.key),
			})
		}
	}
}

// period is a time as a letter writes it.
func period(kind workflow.RemedyKind, against workflow.Against, letter workflow.Date) string {
	days, months, _ := workflow.RemedyLength(kind, against, letter)
	if months > 0 {
		return fmt.Sprintf("%d个月", months)
	}
	return fmt.Sprintf("%d日", days)
}
