package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// lastResort is the cell of 其他; empty: the form has none.
func (e *Evidence) lastResort() string {
	switch e.Form {
	case Table2021:
		return "other.other/total"
	case Table2019:
		return "other/total"
	case Codes2014, Cumulative:
	}
	return ""
}

// tooMany reports whether 其他处理 is more than one in twenty: it is for a very few
// special cases (国办公开办函〔2019〕60号).
func tooMany(last, all Figure) bool { return last > all/20 }

func shareOfOther(e *Evidence) []Verdict {
	cell := e.lastResort()
	if cell == "" {
		return nil
	}
	last, all := e.grid.side(one(cell)), e.grid.side(one("total/total"))
	if !last.complete || !all.complete {
		return unassessable()
	}
	v := Verdict{Finding: Finding{Status: Pass, Left: last.value(), Right: all.value()}, Cells: []string{cell, "total/total"}}
	if tooMany(last.sum, all.sum) {
		v.Status = Uncertain
		v.Message = Message{
			fmt.Sprintf("“其他处理”的兜底情形%s件，超过办理总数%s件的5%%，请逐件核对归类。", last.sum, all.sum),
			fmt.Sprintf("%s of %s ended in the last resort of 其他处理, more than 5%%: check each one's class.", last.sum, all.sum),
		}
	}
	return []Verdict{v}
}

func usualForm(e *Evidence) []Verdict {
	if e.Year == 0 || e.Form == Cumulative {
		return nil
	}
	if e.Form.Usual(e.Year) {
		return verdict(Pass, "", "")
	}
	return verdict(Uncertain, fmt.Sprintf("%d年度报告通常采用%s，不采用%s。", e.Year, DefaultForm(e.Year), e.Form), fmt.Sprintf("reports on %d usually follow %s, not %s.", e.Year, DefaultForm(e.Year), e.Form))
}

// remediesWithoutRefusal asks where the remedies come from, if nothing adverse was
// answered in this year or the one before.
func remediesWithoutRefusal(e *Evidence) []Verdict {
	remedies := one("4000", "5000")
	adverse := one("3330", "3340", "3350", "3360", "3370", "3380")
	if tabular(e.Form) {
		remedies = one("review/total", "litigationDirect/total", "litigationAfterReview/total")
		adverse = one("partial/total")
		for i := range blocks {
			adverse = append(adverse, block(i, "total"))
		}
	}
	if e.Form == Cumulative {
		return nil
	}
	left, right := e.grid.side(remedies), e.grid.side(adverse)
	if !left.complete || !right.complete {
		return unassessable()
	}
	then := make([]part, len(adverse))
	for i, p := range adverse {
		then[i] = before(p)
	}
	v := Verdict{Finding: Finding{Status: Pass, Left: left.value(), Right: right.value()}, Cells: e.names(slices.Concat(remedies, adverse))}
	if left.sum > 0 && right.sum+e.grid.side(then).sum == 0 {
		v.Status = Uncertain
		v.Message = Message{
			fmt.Sprintf("有复议诉讼%s件，而没有任何不予公开、无法提供、不予处理的答复，请核对。", left.sum),
			fmt.Sprintf("%s remedies, yet no reply was adverse to anyone; look at it.", left.sum),
		}
	}
	return []Verdict{v}
}

// leastChange is the smallest difference that is called a large change: among a few
// cases every year differs by a multiple.
const leastChange = 5 * unit

// yearOnYear asks about totals that became more than five times or less than a fifth.
func yearOnYear(e *Evidence) []Verdict {
	if !e.comparable {
		return unassessable()
	}
	var out []Verdict
	for _, key := range e.trendCells() {
		now, known := e.grid[key]
		then, knownThen := e.grid[earlier(key)]
		if !known || !knownThen {
			continue
		}
		v := Verdict{Finding: Finding{ID: "X.yearOnYear/" + family(key), Status: Pass, Left: Known(then), Right: Known(now)}, Cells: e.names(one(key))}
		if (now > 5*then || now < then/5) && (now-then >= leastChange || then-now >= leastChange) {
			v.Status = Uncertain
			v.Message = Message{
				fmt.Sprintf("%s由上年的%s变为%s，超过5倍或者不足五分之一，请确认。", key, then, now),
				fmt.Sprintf("%s went from %s last year to %s, more than five times or less than a fifth: confirm it.", key, then, now),
			}
		}
		out = append(out, v)
	}
	if out == nil {
		return unassessable()
	}
	return out
}

// trendCells are the totals of the form.
func (e *Evidence) trendCells() []string {
	names, err := e.Form.Cells(e.Variant)
	if err != nil {
		return nil
	}
	var out []string
	for _, name := range names {
		_, column, split := strings.Cut(name, "/")
		if !split || column == "total" && !strings.HasPrefix(name, "carried") {
			out = append(out, name)
		}
	}
	return out
}

// feesAgainstChapter6 compares what was collected with what chapter 六 says of it
// (国办公开办函〔2021〕30号 has it reported there).
func feesAgainstChapter6(e *Evidence) []Verdict {
	collected, known := e.collected()
	text, given := e.Chapters[6]
	if !known || !given {
		return unassessable()
	}
	v := Verdict{Finding: Finding{Status: Pass, Right: Known(collected)}}
	if e.Form == Codes2014 {
		v.Cells = []string{"7000"}
	}
	stated := e.statedFees(text)
	switch {
	case stated.Known:
		v.Left = stated
		if stated.Figure != collected {
			v.Status = Fail
			v.Message = Message{fmt.Sprintf("第六部分写明收取信息处理费%s元，实际收取%s元，请更正。", stated, Known(collected)), fmt.Sprintf("chapter 6 says %s yuan of fees, %s were collected; mend it.", stated, Known(collected))}
		}
	case collected == 0:
	case empty(text), strings.Contains(text, "未收取"):
		v.Status, v.Left = Fail, Known(0)
		v.Message = Message{fmt.Sprintf("本年收取信息处理费%s元，而第六部分写“无”；应在第六部分报告。", Known(collected)), fmt.Sprintf("%s yuan of fees were collected, yet chapter 6 says there were none; they are reported there.", Known(collected))}
	default:
		v.Status = Uncertain
		v.Message = Message{fmt.Sprintf("本年收取信息处理费%s元，第六部分未见金额，请核对。", Known(collected)), fmt.Sprintf("%s yuan of fees were collected; chapter 6 names no amount, look at it.", Known(collected))}
	}
	return []Verdict{v}
}

// collected is what was collected in the year, in yuan.
func (e *Evidence) collected() (Figure, bool) {
	if f, ok := e.grid[feeKey]; ok {
		return f, true
	}
	f, ok := e.grid["7000"]
	if e.Variant.Print() == National {
		f = scaled(f, "万元")
	}
	return f, ok
}

// statedFees is the amount that a text names, if there is one and no other.
func (e *Evidence) statedFees(text string) Value {
	var found Value
	for _, s := range sentencesOf(readable(text)) {
		last := 0
		for _, q := range quantities(s) {
			label := string(s[last:q.start])
			last = q.end
			if !strings.HasSuffix(q.unit, "元") || !containsAny(label, "处理费", "费用", "收费", "收取") || q.rough {
				continue
			}
			if q.unit != "元" {
				q.value = scaled(q.value, q.unit)
			}
			if found.Known && found.Figure != q.value {
				return Value{}
			}
			found = Known(q.value)
		}
	}
	return found
}

// empty reports whether a chapter says nothing.
func empty(text string) bool {
	words := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, text)
	return slices.Contains([]string{"", "无", "暂无", "没有", "无问题", "不存在问题", "无存在问题", "没有问题", "无其他需要报告的事项", "没有其他需要报告的事项", "无其他事项"}, words)
}

func problemsNamed(e *Evidence) []Verdict {
	text, given := e.Chapters[5]
	switch {
	case !given || e.Form == Codes2014:
		return unassessable()
	case empty(text):
		return verdict(Fail, "第五部分“存在的主要问题及改进情况”为空或者为“无”，应写明问题及改进情况。", "chapter 5, problems and improvements, is empty or says there are none; it must name them.")
	}
	return verdict(Pass, "", "")
}

func overviewLength(e *Evidence) []Verdict {
	text, given := e.Chapters[1]
	if !given || !tabular(e.Form) {
		return unassessable()
	}
	n := int64(len([]rune(text)))
	v := Verdict{Finding: Finding{Status: Pass, Left: Known(Whole(n)), Right: Known(Whole(MostProse))}}
	if n > MostProse {
		v.Status = Uncertain
		v.Message = Message{fmt.Sprintf("第一部分有%d字，不宜超过%d字。", n, MostProse), fmt.Sprintf("chapter 1 has %d characters; it should have at most %d.", n, MostProse)}
	}
	return []Verdict{v}
}

// The texts of two chapters are nearly equal if nine tenths of their groups of characters
// are, numbers left aside. Short ones say too little to be compared.
const (
	leastText = 60
	shingle   = 4
	mostAlike = 90 * unit
)

// copiedText compares each chapter with last year's and with those of other units.
func copiedText(e *Evidence) []Verdict {
	own := map[int]map[string]bool{}
	for _, n := range []int{1, 5, 6} {
		own[n] = shingles(e.Chapters[n])
	}
	out := e.copies(own, "yearBefore", Message{"上年", "last year"}, e.ChaptersBefore)
	for _, o := range e.Others {
		out = append(out, e.copies(own, o.Agency, Message{o.Agency, o.Agency}, o.Text)...)
	}
	if out == nil {
		return unassessable()
	}
	return out
}

// copies compares the chapters with those of one other report.
func (e *Evidence) copies(own map[int]map[string]bool, place string, of Message, other map[int]string) []Verdict {
	var out []Verdict
	for _, n := range []int{1, 5, 6} {
		a := own[n]
		if a == nil || len(other[n]) < leastText {
			continue
		}
		share := Figure(0)
		if like(len(e.Chapters[n]), len(other[n])) {
			b := shingles(other[n])
			if b == nil {
				continue
			}
			share = resemblance(a, b)
		}
		v := Verdict{Finding: Finding{ID: fmt.Sprintf("X.sameText/%s.%d", place, n), Status: Pass, Left: Known(share), Right: Known(mostAlike)}}
		if share >= mostAlike {
			v.Status = Uncertain
			v.Message = Message{fmt.Sprintf("第%d部分与%s的文字有%s%%相同，请核对是否照抄。", n, of.ZH, share), fmt.Sprintf("%s%% of chapter %d is the text of %s; was it copied?", share, n, of.EN)}
		}
		out = append(out, v)
	}
	return out
}

// like reports whether two texts are near enough in length to be nearly equal; the one
// may have more numbers and signs than the other.
func like(a, b int) bool { return 2*a >= b && 2*b >= a }

// shingles are the groups of characters of a text, without numbers and signs.
func shingles(text string) map[string]bool {
	var letters []rune
	for _, r := range text {
		if unicode.IsLetter(r) {
			letters = append(letters, r)
		}
	}
	if len(letters) < leastText {
		return nil
	}
	out := make(map[string]bool, len(letters))
	for i := 0; i+shingle <= len(letters); i++ {
		out[string(letters[i:i+shingle])] = true
	}
	return out
}

// resemblance is the share of the groups of both that are in both, in whole hundredths.
func resemblance(a, b map[string]bool) Figure {
	both := 0
	for s := range a {
		if b[s] {
			both++
		}
	}
	return Whole(int64(100 * both / (len(a) + len(b) - both)))
}
