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

// remedy adds the paragraph, and says what it lacks.
func (c Case) remedy(p *Proposal) {
	if p.Row.Remedy == outcome.NoRemedy {
		return
	}
	kind := paragraphEither
	judged := cmp.Or(p.Ground, p.Row.Basis)
	if p.Row.Basis != "disclosed.in_part" || p.Ground != "" {
		p.ReviewFirst = c.Rules.Settings.ReviewFirst(judged, c.Day).Way == workflow.WayReviewFirst
	}
	switch {
	case p.ReviewFirst && p.Ground != "":
		kind = paragraphMixed
	case p.ReviewFirst:
		kind = paragraphFirst
	}
	organ, court := c.Rules.Settings.Text(OrganSetting, c.Day), c.Rules.Settings.Text(CourtSetting, c.Day)
	p.Remedy = strings.NewReplacer(
		"{review}", period(workflow.Reconsideration, workflow.AgainstReply, c.Day),
		"{suit}", period(workflow.Litigation, workflow.AgainstReply, c.Day),
		"{after}", period(workflow.Litigation, workflow.AgainstReview, c.Day),
		"{organ}", cmp.Or(organ, "（行政复议机关）"), "{court}", cmp.Or(court, "（有管辖权的人民法院）"),
	).Replace(paragraphOf(kind, c.Day).text)
	for _, s := range []struct{ key, value, zh, en string }{
		{OrganSetting, organ, "行政复议机关", "reconsideration organ"},
		{CourtSetting, court, "有管辖权的人民法院", "court"},
	} {
		if s.value == "" {
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
