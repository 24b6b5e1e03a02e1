package report

import (
	"fmt"
	"strings"
)

// MostProse is how many characters chapter 一 may have (国办公开办函〔2021〕30号).
const MostProse = 1000

// Prose writes chapter 一, 总体情况, from the figures of the report and from nothing else:
// a paragraph each for what was made public, the applications, and the remedies. Every
// figure stands between its label and its unit. A clause whose figure is unknown is left
// out, and so is a part that is 0. The text stays below MostProse whatever the figures are.
func Prose(r *Report) string {
	p := prose{report: r}
	if r.Form == Codes2014 {
		p.codes()
	} else {
		p.tables()
	}
	return strings.Join(p.paragraphs, "\n")
}

// prose collects the paragraphs.
type prose struct {
	report     *Report
	paragraphs []string
}

// clause is a label before the sum of cells.
type clause struct {
	label, unit string
	cells       []string
}

// cases is a clause that counts applications or remedies.
func cases(label string, cells ...string) clause { return clause{label, "件", cells} }

// figure adds up cells; it is unknown if one of them is.
func (p *prose) figure(cells []string) Value {
	sum := Known(0)
	for _, name := range cells {
		c, err := p.report.Cell(name)
		if err != nil || !c.Value.Known {
			return Value{}
		}
		sum.Figure += c.Value.Figure
	}
	return sum
}

// sentence is the clauses whose figures are known, one after the other.
func (p *prose) sentence(list ...clause) string { return p.say(list, false) }

func (p *prose) say(list []clause, positive bool) string {
	said := make([]string, 0, len(list))
	for _, c := range list {
		if v := p.figure(c.cells); v.Known && (v.Figure != 0 || !positive) {
			said = append(said, c.label+v.String()+c.unit)
		}
	}
	return strings.Join(said, "，")
}

// divided is a total followed by the parts that are not 0.
func (p *prose) divided(total clause, parts ...clause) string {
	text, of := p.sentence(total), p.say(parts, true)
	if text == "" || of == "" {
		return text
	}
	return text + "，其中" + of
}

// add makes a paragraph of the sentences that say something.
func (p *prose) add(sentences ...string) {
	var text strings.Builder
	for _, s := range sentences {
		if s != "" {
			text.WriteString(s + "。")
		}
	}
	if text.String() != "" {
		p.paragraphs = append(p.paragraphs, text.String())
	}
}

func (p *prose) year() string { return fmt.Sprintf("%d年，", p.report.Year) }

// tables writes the chapter of the formats under Art 50.
func (p *prose) tables() {
	documents, made, total, decisions := "规范性文件", "本年新制作", "对外公开总数量", ".decisions"
	standing := "t2.1.documents.total"
	if p.report.Form == Table2021 {
		documents, made, total, decisions = "行政规范性文件", "本年制发", "现行有效", ""
		standing = "t2.1.documents.inForce"
	}
	p.add(
		p.sentence(cases(made+documents, "t2.1.documents.made"), cases(total, standing)),
		p.sentence(cases("作出行政许可决定", "t2.5.licences"+decisions), cases("行政处罚决定", "t2.6.penalties"+decisions), cases("行政强制决定", "t2.6.coercion"+decisions)),
	)
	p.add(
		p.sentence(cases(p.year()+"新收政府信息公开申请", "newReceived"), cases("上年结转政府信息公开申请", "carriedIn")),
		p.say([]clause{
			cases("新收申请中，自然人申请", "newReceived/naturalPerson"), cases("法人或其他组织申请", organisations("newReceived")...),
		}, true),
		p.divided(cases("办结政府信息公开申请", "total"), p.outcomes()...),
		p.sentence(cases("结转下年度继续办理", "carriedForward")),
	)
	p.add(
		p.divided(cases("政府信息公开行政复议", "review"), results("review")...),
		p.divided(cases("政府信息公开行政诉讼", "litigationDirect", "litigationAfterReview"), results("litigationDirect", "litigationAfterReview")...),
		p.say([]clause{cases("未经复议直接起诉", "litigationDirect"), cases("复议后起诉", "litigationAfterReview")}, true),
	)
}

// organisations are the cells of a row that the form heads 法人或其他组织.
func organisations(row string) []string {
	var cells []string
	for _, c := range applicantColumns {
		if c.GroupZH != "" {
			cells = append(cells, row+"/"+c.Key)
		}
	}
	return cells
}

// outcomes are the six kinds of result of table 三.
func (p *prose) outcomes() []clause {
	list := []clause{cases("予以公开", "granted"), cases("部分公开", "partial")}
	for _, b := range blocks {
		rows := b.rows
		if b.name == "other" && p.report.Form == Table2019 {
			rows = []string{"other"}
		}
		list = append(list, cases(b.zh, rows...))
	}
	return list
}

// results are the columns of table 四 over some of its rows.
func results(rows ...string) []clause {
	var list []clause
	for _, c := range resultColumns {
		if len(c.Sum) > 0 {
			continue
		}
		part := cases(c.LabelZH)
		for _, row := range rows {
			part.cells = append(part.cells, row+"/"+c.Key)
		}
		list = append(list, part)
	}
	return list
}

// codes writes the chapter before the coded table, which has no cell for what is carried
// over: a case that is open over the turn of a year is counted by the report itself.
func (p *prose) codes() {
	p.add(p.sentence(clause{p.year() + "主动公开政府信息", "条", []string{"1100"}}))
	p.add(
		p.divided(cases(p.year()+"收到政府信息公开申请", "3100"), cases("当面申请", "3110"), cases("传真申请", "3120"), cases("网络申请", "3130"), cases("信函申请", "3140")),
		p.divided(cases("办结政府信息公开申请", "3200"), cases("按时办结", "3210"), cases("延期办结", "3220")),
		p.divided(cases("申请答复", "3300"), cases("属于已主动公开范围", "3310"), cases("同意公开", "3320"), cases("同意部分公开", "3330"), cases("不同意公开", "3340"),
			cases("不属于本行政机关公开", "3350"), cases("申请信息不存在", "3360"), cases("告知作出更改补充", "3370"), cases("告知通过其他途径办理", "3380")),
		p.backlog(),
	)
	p.add(
		p.divided(cases("政府信息公开行政复议", "4000"), cases("维持具体行政行为", "4100"), cases("被依法纠错", "4200"), cases("其他情形", "4300")),
		p.divided(cases("政府信息公开行政诉讼", "5000"), cases("维持具体行政行为或者驳回原告诉讼请求", "5100"), cases("被依法纠错", "5200"), cases("其他情形", "5300")),
		p.sentence(cases("举报投诉", "6000")),
	)
}

func (p *prose) backlog() string {
	if p.report.BacklogIn == 0 && p.report.BacklogOut == 0 {
		return ""
	}
	return fmt.Sprintf("上年结转%d件，结转下年度继续办理%d件", p.report.BacklogIn, p.report.BacklogOut)
}
