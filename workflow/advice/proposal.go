package advice

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
)

// Text is something to read, in both languages.
type Text struct{ ZH, EN string }

// Proposal is a basis with what follows from it. The office decides.
type Proposal struct {
	Row    outcome.Row   // with the agency's own reading where the law leaves it open
	Ground outcome.Basis // of the part that is withheld; empty: none, or no ground of Arts 14 to 16
	// Action is the act that records it: a decision, or the lapse or withdrawal that ends
	// an application without one.
	Action      workflow.Action
	Article     Text
	Elements    []Text
	Remedy      string // paragraph for the letter, in Chinese; empty: nothing to challenge
	ReviewFirst bool   // 复议前置
	Warnings    []Text
	Missing     []*workflow.Refusal

	own bool // the agency reads the row or code otherwise than the default
}

// The settings that a remedy paragraph names.
const (
	OrganSetting = "remedy.review_organ"
	CourtSetting = "remedy.court"
)

// endings are the bases that another act than a decision records.
var endings = map[outcome.Basis]workflow.Action{
	"other.not_supplemented": workflow.ActLapseSupplement,
	"other.fee_unpaid":       workflow.ActLapseFee,
	"other.withdrawn":        workflow.ActWithdraw,
}

// propose is what the last answer leads to.
func (c Case) propose(steps []Settled) Proposal {
	choice := steps[len(steps)-1].Choice
	row, _ := outcome.Of(choice.Basis)
	p := Proposal{Row: row, Ground: choice.Ground, Action: c.action(row.Basis), Elements: elementsOf(row.Basis)}
	p.Article = articleOf(row, choice.Ground)
	c.read(&p)
	p.Missing = c.missing(&p)
	c.remedy(&p)
	if p.ReviewFirst && p.Row.Basis != "disclosed.in_part" {
		p.Elements = append(p.Elements, Text{"告知先申请行政复议；签发时确认review_first_told（行政复议法 第23条）", "that reconsideration comes first; the act sets review_first_told (行政复议法 Art 23)"})
	}
	p.Warnings = append(p.Warnings, c.warnings(&p)...)
	return p
}

// action is the act that records a basis: where the agency has a chain of approvals, a
// draft goes into it, and a new decision has an act of its own.
func (c Case) action(b outcome.Basis) workflow.Action {
	switch end, ok := endings[b]; {
	case c.Application.State == workflow.Redeciding:
		return workflow.ActDeliverRedecision
	case ok:
		return end
	case len(c.Rules.Settings.ReviewSteps) > 0:
		return workflow.ActSubmitForReview
	}
	return workflow.ActDecide
}

// missing asks the workflow what stands against the act today. That a letter names 复议前置
// is no fact to record first but a thing to write, which the remedy paragraph does.
func (c Case) missing(p *Proposal) []*workflow.Refusal {
	act := workflow.Act{Action: p.Action, Date: c.Day, Basis: p.Row.Basis, ReviewFirst: true}
	if p.Action == workflow.ActDeliverRedecision {
		act.Mode = workflow.DeliverPost // any valid way: how it is delivered is not asked here
	}
	return c.Rules.Missing(c.Application, act, c.By)
}

// warnings are things to look at first.
func (c Case) warnings(p *Proposal) []Text {
	var out []Text
	for _, w := range warningRows {
		if slices.Contains(w.bases, p.Row.Basis) || p.Ground != "" && slices.Contains(w.bases, p.Ground) {
			if w.when == nil || w.when(c) {
				out = append(out, w.text)
			}
		}
	}
	if of2008(c.Application) && !p.Row.Only2008 {
		out = append(out, Text{"申请收到于2019年5月15日以前，适用2008年《条例》：条款请按第14、21、22条核对", "received before 2019-05-15, so the Regulation of 2008 applies: cite its Arts 14, 21 or 22"})
	}
	if w, ok := p.ambiguous(); ok {
		out = append(out, w)
	}
	suit := workflow.Suit{Basis: p.Row.Basis, DecideDate: c.Day, FileDate: c.Day, Disclosed: true}
	if access := workflow.SuitAccess(suit); access.Way == workflow.WayBarred {
		out = append(out, Text{
			access.ZH + "（" + access.Source + "）；救济段落仍须写明复议和诉讼，归类须准确",
			access.EN + " (" + access.Source + "); the letter names both remedies all the same, and the classification must be right",
		})
	}
	if due := c.Rules.Deadline(c.Application).Due; !due.IsZero() && due < c.Day && c.Application.State.Open() {
		silence := c.Rules.Settings.SilenceAccess(c.Day)
		out = append(out, Text{
			fmt.Sprintf("已超过答复期限%s（第33条）；逾期不答复：%s（%s）", due, silence.ZH, silence.Source),
			fmt.Sprintf("the last day for the reply was %s (Art 33); against silence: %s (%s)", due, silence.EN, silence.Source),
		})
	}
	return out
}

// read puts the agency's own reading in the place of a row or code that the law leaves
// open, as the tables of the year will count it.
func (c Case) read(p *Proposal) {
	rows, codes := c.Rules.Settings.Readings(calendar.New(c.Day.Year(), time.December, 31))
	if row, ok := rows[p.Row.Basis]; ok {
		p.Row.Row2021, p.own = row, true
	}
	if code, ok := codes[p.Row.Basis]; ok {
		p.Row.Code2014, p.own = code, true
	}
}

// ambiguous says which of the two mappings of a basis neither law nor form fixes.
func (p *Proposal) ambiguous() (Text, bool) {
	by := Text{"默认归类", "a default"}
	if p.own {
		by = Text{"本机关设置的归类", "the agency's own setting"}
	}
	switch p.Row.Exact {
	case outcome.ExactRow:
		if p.Row.Code2014 == "" && !p.own {
			return Text{}, false
		}
		return Text{
			"统计表代码" + cmp.Or(p.Row.Code2014, "（无）") + "为" + by.ZH + "，法律和表样没有明确；表三的行是明确的",
			"code " + cmp.Or(p.Row.Code2014, "(none)") + " of the coded table is " + by.EN + " that neither law nor form fixes; the row of table 三 is fixed",
		}, true
	case outcome.ExactCode:
		return Text{"表三的行“" + p.Row.Row2021 + "”为" + by.ZH + "，统计表代码" + p.Row.Code2014 + "是明确的", "row " + p.Row.Row2021 + " of table 三 is " + by.EN + "; code " + p.Row.Code2014 + " is fixed"}, true
	case outcome.ExactNone:
		return Text{"表三的行和统计表代码均为默认归类", "both the row of table 三 and the code are defaults"}, true
	}
	return Text{}, false
}

// warningRow is something to look at before a basis is used.
type warningRow struct {
	bases []outcome.Basis
	when  func(Case) bool
	text  Text
}

var thirdPartyBases = []outcome.Basis{"refused.trade_secret", "refused.personal_privacy", "refused.third_party_other"}

var warningRows = []warningRow{
	{thirdPartyBases, Case.neverAsked, Text{"尚未书面征求第三方意见（第32条）", "no third party has been asked in writing yet (Art 32)"}},
	{thirdPartyBases, Case.silent, Text{"第三方逾期未答复，由本机关依法决定是否公开（第32条）", "a third party was silent, so the agency decides on the merits (Art 32)"}},
	{thirdPartyBases, nil, Text{"不公开会对公共利益造成重大影响的，予以公开（第15条）", "what must be open lest the public interest suffers gravely is disclosed (Art 15)"}},
	{[]outcome.Basis{"refused.state_secret"}, nil, Text{"核对定密依据、密级和保密期限；不能确定的，依第17条第三款报请确定", "check who classified it, how and until when; if in doubt, report it under Art 17(3)"}},
	{[]outcome.Basis{"refused.prohibited_by_law"}, nil, Text{"须有法律、行政法规的具体条款；规章和以下文件不足", "it takes an article of a law or an administrative regulation; rules below do not do"}},
	{[]outcome.Basis{"refused.security_stability"}, nil, Text{"会商记录、审查材料和风险评估报告须在卷（国办公开办函〔2020〕2号 四(二)3）", "minutes, review papers and a risk report must be on file (国办公开办函〔2020〕2号)"}},
	{[]outcome.Basis{"refused.internal_affairs"}, nil, Text{"“可以不予公开”，须说明为何不公开（第16条第一款）", "the refusal is a discretion: say why it is used (Art 16(1))"}},
	{[]outcome.Basis{"refused.deliberative", "refused.enforcement_file"}, nil, Text{"法律、法规、规章规定应当公开的，从其规定（第16条第二款）", "where a law, regulation or rule orders disclosure, that prevails (Art 16(2))"}},
	{[]outcome.Basis{"refused.registry_query"}, nil, Text{"不是第14至16条的不予公开，默认复议、诉讼均可；请法制人员确认（第36条第（七）项）", "no refusal under Arts 14 to 16; reconsideration or suit by default, let legal staff confirm (Art 36(7))"}},
	{[]outcome.Basis{"unavailable.nonexistent"}, nil, Text{"检索记录（人员、时间、范围、方式、结果）须先在卷；举证责任在本机关（法释〔2025〕8号 第5条）", "the record of the search must be on file first; the proof is the agency's (法释〔2025〕8号 Art 5)"}},
	{[]outcome.Basis{"unavailable.needs_creation"}, nil, Text{"单纯检索、复制、遮盖不是加工、分析；容易做到的可以提供（第38条）", "searching, copying or blacking out is no compiling; what is easy may be supplied (Art 38)"}},
	{[]outcome.Basis{"not_processed.repeat"}, nil, Text{"仅限本机关已答复的；前件未办结的，两件均应答复（第36条第（六）项）", "only where this agency has answered; while the earlier one is open, answer both (Art 36(6))"}},
	{[]outcome.Basis{"not_processed.excessive"}, Case.reasonsSilent, Text{"申请人未说明理由，法律没有规定后果，由本机关决定（第35条）", "the applicant gave no reasons, for which the law has no consequence: the agency decides (Art 35)"}},
	{[]outcome.Basis{"other.not_government_information"}, nil, Text{"请法制人员确认没有其他情形适用（第2条）", "let legal staff confirm that no other basis fits (Art 2)"}},
	{[]outcome.Basis{"other.other"}, nil, Text{"仅限极少数特殊情况，须写明理由（60号 一(三)）", "a last resort that needs its reason in words (60号)"}},
	{[]outcome.Basis{"disclosed.in_part"}, nil, Text{"不公开的部分逐项写明依据和理由；该件只计“部分公开”（第37条）", "give ground and reasons part by part; it counts as disclosed in part only (Art 37)"}},
}

// heard reports whether a letter to a third party satisfies a condition.
func (c Case) heard(is func(workflow.Consultation) bool) bool {
	return slices.ContainsFunc(c.Application.Consultations, func(l workflow.Consultation) bool {
		return l.Kind == workflow.ThirdParty && is(l)
	})
}

func (c Case) neverAsked() bool {
	return !c.heard(func(workflow.Consultation) bool { return true })
}

func (c Case) silent() bool {
	return c.heard(func(l workflow.Consultation) bool { return l.Lapsed || l.Opinion == workflow.NoAnswer })
}

func (c Case) reasonsSilent() bool { return c.Application.Reasons.Lapsed }
