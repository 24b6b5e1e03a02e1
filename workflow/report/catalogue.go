package report

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gongkai/workflow"
)

// Verdict is one check of the catalogue with its evidence on both sides.
type Verdict struct {
	Finding
	Hard   bool   // a failure must be mended
	Source string // article or document that it rests on
	Cells  []string
	Cases  []Case
	// Terms find the cases that are the evidence, where a count of them is known.
	Terms []Term
}

// Case is an application or remedy by name.
type Case struct {
	Application   int64
	ApplicationNo string
	Remedy        workflow.RemedyKind // empty: the application itself
	FileDate      workflow.Date       // of the remedy
}

// Evidence is all that the catalogue looks at: this report, the one of the year before,
// the chapters of both and what is known of the cases. What is nil or zero is not known,
// and the checks that need it are not assessable.
type Evidence struct {
	Form           Form
	Variant        Variant
	Year           int // 0: not said
	Chapters       map[int]string
	ChaptersBefore map[int]string
	Others         []Chapters // of other units, for texts that were copied
	Cases          *CaseEvidence

	grid       grid
	comparable bool // figures of the year before stand in the grid
	blank      []string
	faults     []Finding
}

// Chapters are those of another unit.
type Chapters struct {
	Agency string
	Text   map[int]string
}

// CaseEvidence is what the cases behind a computed report say.
type CaseEvidence struct {
	Tally Tally // the stored counts
	// Recount is what the applications concluded in the year count one by one; nil:
	// there are too many to be counted for a single answer.
	Recount Tally
	// Unreasoned ended in 其他 without a text that says why.
	Unreasoned []Case
	// DirectSuits went to court over a refusal under Arts 14 to 16 without the
	// reconsideration that the law asks for first.
	DirectSuits []Case
}

// Evidence takes the figures of a computed report as evidence.
func (r *Report) Evidence() *Evidence {
	return &Evidence{Form: r.Form, Variant: r.Variant, Year: r.Year, grid: r.grid(), blank: r.Missing}
}

// PublishedEvidence reads a report given as data, as Check does.
func PublishedEvidence(data []byte, form Form) (*Evidence, error) {
	p, err := readPublished(data, form)
	if err != nil {
		return nil, fmt.Errorf("read a report: %w", err)
	}
	if len(specsOf(p.form)) == 0 {
		return nil, fmt.Errorf("read a report in the form %q: %w", p.formName, ErrForm)
	}
	if err := p.read(); err != nil {
		return nil, fmt.Errorf("read a report: %w", err)
	}
	e := p.evidence()
	e.faults = p.faults()
	return e, nil
}

// Against puts the report of the year before, as it was published or frozen, beside this
// one. A report of another year or kind changes nothing: ErrForm.
func (e *Evidence) Against(before []byte) error {
	p := &published{form: e.Form, year: e.Year, grid: e.grid}
	ok, err := p.compare(before)
	if err != nil {
		return fmt.Errorf("compare with the report of the year before: %w", err)
	}
	if !ok {
		return fmt.Errorf("compare with the report of the year before: %w", ErrForm)
	}
	e.comparable = true
	return nil
}

// Know adds what the cases say. Fees are no cell of tables 三 and 四, yet chapter 六 reports
// what was collected.
func (e *Evidence) Know(c *CaseEvidence) {
	e.Cases = c
	if !tabular(e.Form) {
		return
	}
	n := int64(0)
	for t, paid := range c.Tally {
		if t.Flow == Fee && t.Year == e.Year {
			n += paid
		}
	}
	e.grid[feeKey] = Figure(n) * fen
}

// CheckRow is one row of the catalogue. A verdict's id is that of its row, or begins with
// it and a slash.
type CheckRow struct {
	ID     string
	Hard   bool
	Source string
	ZH, EN string
	judge  func(*Evidence) []Verdict // nil: an identity of the form
}

const (
	sourceCodes = "国办发〔2014〕32号"
	sourceForms = source2021 + "、" + source2019
	sourceOwn   = "Art 50"
)

// Catalogue returns every check in the order of the catalogue. The slice is the caller's.
func Catalogue() []CheckRow { return slices.Clone(catalogueRows()) }

func catalogueRows() []CheckRow { //nolint:funlen // a row for each check
	return []CheckRow{
		{"VALUE", true, sourceOwn, "单元格的值有效", "cells hold valid figures", nil},
		{"BLANK", false, source2021, "单元格不留空", "no cell is blank", blanks},
		{"KEYS", false, sourceOwn, "名称属于该表式", "names are of the form", nil},
		{"A1", true, sourceCodes, "渠道合计", "channels add up", nil},
		{"A2", true, sourceCodes, "办结合计", "conclusions add up", nil},
		{"A3", true, sourceCodes, "答复合计", "replies add up", nil},
		{"A4", true, sourceCodes, "不同意公开合计", "refusals add up", nil},
		{"A5", true, sourceCodes, "复议诉讼合计", "remedies add up", nil},
		{"A6", true, sourceCodes, "人员合计", "staff adds up", nil},
		{"A7", true, sourceCodes, "其中不大于总数", "parts do not exceed the whole", nil},
		{"A8", false, sourceCodes, "分渠道公开与总数", "ways of disclosure against the whole", nil},
		{"A9", false, sourceCodes, "办结与答复", "concluded against replies", nil},
		{"A10", true, sourceCodes, "年初年末未办结", "open at both ends of the year", nil},
		{"B1", true, sourceForms, "恒等式", "received and handled balance", nil},
		{"B2", true, sourceForms, "分项合计", "results add up", nil},
		{"B3", true, sourceForms, "列合计", "columns add up", nil},
		{"B4", true, sourceForms, "跨年结转", "carried over as last year carried forward", nil},
		{"C1", true, sourceForms, "复议诉讼合计", "remedies add up", nil},
		{"T2", false, source2021, "现行有效", "documents in force", nil},
		{"F1", true, sourceOwn, "申请合计", "applications add up", nil},
		{"F2", true, sourceOwn, "答复合计", "replies add up", nil},
		{"F3", true, sourceOwn, "主动公开合计", "items add up", nil},
		{"F4", true, sourceOwn, "累计", "totals since 2008", nil},
		{"P", true, "Art 50, " + source2021, "文表一致", "prose agrees with the tables", proseAgainstTables},
		{"X.noCell", true, "Art 50(1)(2)", "案件不属于任何单元格", "cases that fall into no cell", casesInNoCell},
		{"X.twoCells", true, "Art 50(1)(2)", "案件属于两个单元格", "cases that fall into two cells", casesInTwoCells},
		{"X.register", true, "Art 50(1)(2)", "台账一致", "the table is the count of the cases", registerAgrees},
		{"X.overdue", false, sourceCodes, "超期办结计入3220", "late conclusions counted in 3220", lateClosings},
		{"X.otherNoReason", false, source2019 + "一（三）", "“其他”未写明理由", "其他 without a reason", otherWithoutReason},
		{"X.otherShare", false, source2019 + "一（三）", "“其他处理”超过5%", "其他处理 above 5%", shareOfOther},
		{"X.ambiguousBasis", false, sourceForms, "归类有争议的情形", "bases whose place is a default", ambiguousBases},
		{"X.directSuit", false, "行政复议法（2023） Art 23(1)(4)", "复议前置而直接起诉", "suits without the reconsideration that comes first", directSuits},
		{"X.remediesWithoutRefusal", false, "Art 51", "有复议诉讼而无不利答复", "remedies without any adverse reply", remediesWithoutRefusal},
		{"X.yearOnYear", false, sourceOwn, "同比变化过大", "a large change on the year before", yearOnYear},
		{"X.form", false, source2021, "表式与年度", "form of the year", usualForm},
		{"X.feesVersusChapter6", true, "国办函〔2020〕109号 Art 8, " + source2021, "收费与第六部分", "fees against chapter 6", feesAgainstChapter6},
		{"X.chapter5Empty", true, source2021, "第五部分不得为“无”", "chapter 5 names problems", problemsNamed},
		{"X.chapter1Length", false, source2021, "第一部分不超过1000字", "chapter 1 has at most 1,000 characters", overviewLength},
		{"X.sameText", false, source2021, "文字雷同", "text copied", copiedText},
	}
}

// Assess runs the whole catalogue: every check gives at least one verdict, also one that
// passes, unless the form has no place for it.
func Assess(e *Evidence) []Verdict {
	families := e.identities()
	var out []Verdict
	for _, row := range catalogueRows() {
		list := families[row.ID]
		if row.judge != nil {
			list = append(list, row.judge(e)...)
		}
		for _, v := range list {
			v.Hard, v.Source = row.Hard, row.Source
			if v.ID == "" {
				v.ID = row.ID
			}
			if v.Message.ZH == "" {
				v.Message = Message{row.ZH + "：" + statusZH[v.Status] + "。", row.EN + ": " + statusEN[v.Status] + "."}
			}
			out = append(out, v)
		}
	}
	return out
}

var (
	statusZH = map[Status]string{Pass: "相符", Fail: "不符", Uncertain: "请人工核对", NotAssessable: "数据不全，无法判断"}
	statusEN = map[Status]string{Pass: "holds", Fail: "does not hold", Uncertain: "look at it", NotAssessable: "cannot be assessed, something is missing"}
)

// identities judges the rules of the form by family.
func (e *Evidence) identities() map[string][]Verdict {
	out := map[string][]Verdict{}
	for _, f := range e.faults {
		out[family(f.ID)] = append(out[family(f.ID)], Verdict{Finding: f})
	}
	rules := e.grid.rules(e.Form, e.comparable)
	for i := range rules {
		r := &rules[i]
		v := Verdict{Finding: e.grid.check(r), Cells: e.names(slices.Concat(r.left, r.right))}
		out[family(r.id)] = append(out[family(r.id)], v)
	}
	if tabular(e.Form) && !e.comparable {
		out["B4"] = []Verdict{{Finding: Finding{Status: NotAssessable}}}
	}
	return out
}

func tabular(f Form) bool { return f == Table2019 || f == Table2021 }

func family(id string) string {
	head, _, _ := strings.Cut(id, "/")
	return head
}

// names are the cells of parts as the form calls them, each once; what is no cell of the
// form is left out.
func (e *Evidence) names(parts []part) []string {
	known := e.cellNames()
	var out []string
	for _, p := range parts {
		keys := p.keys
		if e.Form == Table2019 && len(p.standIn) > 0 && p.keys[0] != p.standIn[0] {
			keys = append(slices.Clone(keys), p.standIn[0])
		}
		for _, key := range keys {
			if known[key] && !slices.Contains(out, key) {
				out = append(out, key)
			}
		}
	}
	return out
}

func (e *Evidence) cellNames() map[string]bool {
	names, err := e.Form.Cells(e.Variant)
	if errors.Is(err, ErrForm) { // read only
		return maps.Collect(func(yield func(string, bool) bool) {
			for key := range e.grid {
				if !yield(key, true) {
					return
				}
			}
		})
	}
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}

// one verdict of a row.
func verdict(s Status, zh, en string) []Verdict {
	return []Verdict{{Finding: Finding{Status: s, Message: Message{zh, en}}}}
}

func unassessable() []Verdict { return verdict(NotAssessable, "", "") }

func blanks(e *Evidence) []Verdict {
	if len(e.faults) > 0 || len(e.blank) == 0 {
		if slices.ContainsFunc(e.faults, func(f Finding) bool { return f.ID == "BLANK" }) {
			return nil
		}
		return verdict(Pass, "", "")
	}
	list := verdict(Uncertain, fmt.Sprintf("%d个数值待填：%s。", len(e.blank), few(e.blank, "、")), fmt.Sprintf(workflow.Plural(len(e.blank), "%d figure is", "%d figures are")+" still to be entered: %s.", len(e.blank), few(e.blank, ", ")))
	list[0].Cells = slices.Clone(e.blank)
	return list
}
