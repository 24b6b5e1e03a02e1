package report

import (
	"fmt"
	"slices"
	"strings"
)

// partsOf are the cells of a concept as sides of a rule.
func partsOf(c *concept, cells []string, form Form) []part {
	if i := slices.IndexFunc(blocks, func(b struct {
		name, zh string
		rows     []string
	},
	) bool {
		return b.name == c.key
	}); i >= 0 && (form == Table2019 || form == Table2021) {
		return []part{block(i, "total")}
	}
	out := make([]part, len(cells))
	for i, cell := range cells {
		if (form == Table2019 || form == Table2021) && !strings.Contains(cell, "/") && cell != feeKey {
			cell += "/total"
		}
		out[i] = part{keys: []string{cell}}
	}
	return out
}

// readings are a number in a text against the tables.
func (p *proseReader) judge(c *claim) Verdict {
	form := p.e.Form
	cells := c.concept.cells(form)
	parts := partsOf(c.concept, cells, form)
	table := p.e.grid.side(parts)
	if c.unit == "万元" || c.unit == "亿元" {
		c.value = scaled(c.value, c.unit)
	}
	stated := side{sum: c.value, known: true, complete: true}
	v := Verdict{
		Finding: Finding{ID: c.concept.key, Left: stated.value(), Right: table.value(), Status: equality(stated, table)},
		Cells:   p.e.names(parts),
	}
	note := ""
	switch {
	case v.Status == NotAssessable:
	case c.concept.joined:
		v.Status, note = Uncertain, "joined"
	case v.Status == Pass:
	case c.rough:
		v.Status, note = roughly(c.value, table.sum), "rough"
	case len(cells) > 0 && p.agrees(c, stated):
		v.Status, note = Uncertain, "other"
	case c.vague():
		v.Status, note = Uncertain, "loose"
	}
	v.Message = proseMessage(c, &v, note)
	return v
}

// scaled is an amount in yuan.
func scaled(f Figure, unit string) Figure {
	scale := Figure(10_000)
	if unit == "亿元" {
		scale = 100_000_000
	}
	if f > mostFigure/scale {
		return mostFigure
	}
	return f * scale
}

// vague reports whether the words may be about something else.
func (c *claim) vague() bool {
	return c.several || c.concept.loose || c.concept.generic && !c.sure || c.unit == "" && c.quantity != (quantity{})
}

// agrees reports whether the other lawful reading of a claim, if there is one, fits.
func (p *proseReader) agrees(c *claim, stated side) bool {
	if c.concept.other == nil || p.e.Form == Codes2014 || p.e.Form == Cumulative {
		return false
	}
	return equality(stated, p.e.grid.side(partsOf(&concept{}, c.concept.other, p.e.Form))) == Pass
}

// roughly judges a rough number: within a tenth it may well be the one of the table.
func roughly(stated, table Figure) Status {
	if d := stated - table; d <= table/10 && d >= -table/10 {
		return Pass
	}
	return Uncertain
}

// proseNotes say why a number is not simply right or wrong.
var proseNotes = map[string]Message{
	"joined": {"文字把几类案件合并表述，按合计理解，请改为分别表述", "the text runs several kinds together; read as their sum, better stated one by one"},
	"rough":  {"文字用的是约数", "the text gives a rough number"},
	"other":  {"按另一种合法口径（含上年结转）相符，请写明口径", "it agrees if what was carried over is included; say which is meant"},
	"loose":  {"措辞也可能指别的事项，请人工核对", "the wording may be about something else; look at it"},
}

func proseMessage(c *claim, v *Verdict, note string) Message {
	cells := strings.Join(c.concept.cellsShown(v), "＋")
	zh := fmt.Sprintf("文字“%s”为%s，表中%s为%s", c.quote, v.Left, cells, v.Right)
	en := fmt.Sprintf("the text %q says %s, the table has %s = %s", c.quote, v.Left, strings.Join(c.concept.cellsShown(v), " + "), v.Right)
	switch {
	case v.Status == NotAssessable:
		zh, en = fmt.Sprintf("文字“%s”为%s，表中%s数据不全，无法比较", c.quote, v.Left, cells), fmt.Sprintf("the text %q says %s; the table lacks figures of %s to compare", c.quote, v.Left, cells)
	case note != "":
		zh, en = zh+"；"+proseNotes[note].ZH, en+"; "+proseNotes[note].EN
	case v.Status == Pass:
		zh, en = zh+"，相符", en+", which agree"
	case v.Status == Fail:
		zh, en = zh+"，不一致，请更正文字或者核对表格", en+", which disagree: mend the text or check the table"
	}
	return Message{zh + "。", en + "."}
}

// cellsShown are the cells of the evidence; what has no cell is called by the concept.
func (c *concept) cellsShown(v *Verdict) []string {
	if len(v.Cells) == 0 {
		return []string{c.key}
	}
	return v.Cells
}

// percentage judges a share or a growth that follows a claim.
func (s *sentence) percentage(label string, q quantity) {
	if len(s.claims) == 0 || s.claims[len(s.claims)-1].end > q.start {
		return
	}
	c := &s.claims[len(s.claims)-1]
	label = strings.ReplaceAll(label, " ", "")
	switch {
	case containsAny(label, "同比", "增长", "上升", "下降", "比上年", "较上年", "比去年"):
		s.growth(c, q, label)
	case strings.Contains(label, "占") || label == "(":
		s.share(c, q, label)
	}
}

func containsAny(text string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// share judges the share of a result in all that was concluded. Whole may be meant
// otherwise where the text does not say it.
func (s *sentence) share(c *claim, q quantity, label string) {
	outcomes := joinConcepts(groundConcepts, outcomeConcepts)
	if !slices.ContainsFunc(outcomes, func(o concept) bool { return o.key == c.concept.key }) {
		return
	}
	wholes := []string{"handled", "replied", "received", "takenUp"}
	said := true
	switch {
	case containsAny(label, "办结", "答复"):
		wholes = []string{"handled", "replied"}
	case containsAny(label, "收到", "受理", "新收", "申请总"):
		wholes = []string{"received"}
	default:
		said = false
	}
	v := Verdict{Finding: Finding{ID: "share", Left: Known(q.value), Status: NotAssessable}}
	for i, key := range wholes {
		whole := conceptOf(key)
		parts := partsOf(whole, whole.cells(s.form), s.form)
		all := s.p.e.grid.side(parts)
		if len(parts) == 0 || !all.complete || all.sum == 0 {
			continue
		}
		fits := percentFits(c.value, all.sum, q)
		if fits || !v.assessed() {
			v.Right, v.Cells = Known(percent(c.value, all.sum)), s.p.e.names(parts)
		}
		v.Status = shareStatus(fits, said, i == 0 || said)
		if fits {
			break
		}
	}
	s.p.add(v.percentMessage(c, "占比", "share"))
}

// shareStatus judges a share of one of the wholes that may be meant. usual says that the
// whole is what the words say, or what is meant where they say nothing.
func shareStatus(fits, said, usual bool) Status {
	switch {
	case fits && usual:
		return Pass
	case !fits && said:
		return Fail
	}
	return Uncertain
}

func (v *Verdict) assessed() bool { return v.Status != NotAssessable }

// percent is a share in hundredths, to four places.
func percent(part, whole Figure) Figure {
	return Figure(float64(part)*100/float64(whole)*10_000+0.5) * (unit / 10_000)
}

// percentFits reports whether a printed percentage is the share, as rounded or cut.
func percentFits(part, whole Figure, q quantity) bool {
	step := 1.0
	for range q.decimals {
		step /= 10
	}
	exact := float64(part) * 100 / float64(whole)
	d := exact - float64(q.value)/unit
	return d > -step/2-1e-9 && d < step-1e-9
}

func (v *Verdict) percentMessage(c *claim, zh, en string) Verdict {
	if v.Status == Fail && (c.rough || c.vague() || c.concept.joined) {
		v.Status = Uncertain // of a number that may be about something else
	}
	v.Message = Message{
		fmt.Sprintf("“%s”之后的%s为%s%%，按表计算为%s%%：", c.quote, zh, v.Left, v.Right),
		fmt.Sprintf("the %s behind %q is %s%%; from the tables it is %s%%: ", en, c.quote, v.Left, v.Right),
	}
	switch v.Status {
	case Pass:
		v.Message.ZH, v.Message.EN = v.Message.ZH+"相符。", v.Message.EN+"they agree."
	case Fail:
		v.Message.ZH, v.Message.EN = v.Message.ZH+"不一致，请更正。", v.Message.EN+"they disagree, mend it."
	case Uncertain:
		v.Message.ZH, v.Message.EN = v.Message.ZH+"分母不明或者口径不同，请人工核对。", v.Message.EN+"the whole is not said, or another one is meant; look at it."
	case NotAssessable:
		v.Message.ZH, v.Message.EN = v.Message.ZH+"数据不全，无法判断。", v.Message.EN+"figures are missing."
	}
	return *v
}

// growth judges a change against the year before.
func (s *sentence) growth(c *claim, q quantity, label string) {
	v := Verdict{Finding: Finding{ID: "growth", Left: Known(q.value), Status: NotAssessable}}
	parts := partsOf(c.concept, c.concept.cells(s.form), s.form)
	now := s.p.e.grid.side(parts)
	for i := range parts {
		parts[i] = before(parts[i])
	}
	if then := s.p.e.grid.side(parts); now.complete && then.complete && then.sum > 0 {
		change := now.sum - then.sum
		if containsAny(label, "下降", "减少") {
			change = -change
		}
		v.Right, v.Status = Known(percent(change, then.sum)), Fail
		if percentFits(change, then.sum, q) {
			v.Status = Pass
		}
	}
	s.p.add(v.percentMessage(c, "同比变化", "change on the year before"))
}

// before is the part in the report of the year before.
func before(p part) part {
	out := part{}
	for _, k := range p.keys {
		out.keys = append(out.keys, earlier(k))
	}
	for _, k := range p.standIn {
		out.standIn = append(out.standIn, earlier(k))
	}
	return out
}

// parts judges an enumeration that claims to divide a number: “9件申请中：同意7、部分1”.
func (s *sentence) parts(list []quantity) {
	for i, whole := range list {
		if i+2 >= len(list) || !slices.Contains(countUnits, whole.unit) {
			continue
		}
		between := string(s.text[whole.end:list[i+1].start])
		if !containsAny(between, "中：", "中:") {
			continue
		}
		sum, n := Figure(0), 0
		for j := i + 1; j < len(list) && s.divides(list, j, i+1); j++ {
			if q := list[j]; q.unit == "" || q.unit == whole.unit {
				sum, n = sum+q.value, n+1
			}
		}
		if n < 2 {
			continue
		}
		v := Verdict{Finding: Finding{ID: "parts", Left: Known(whole.value), Right: Known(sum), Status: Pass}}
		text := string(s.text[whole.start:min(len(s.text), whole.end+12)])
		v.Message = Message{fmt.Sprintf("“%s…”所列各项之和为%s，与%s相符。", text, sum, whole.value), fmt.Sprintf("the parts listed behind %q add up to %s.", text, sum)}
		if sum != whole.value {
			v.Status = Uncertain
			if sum > whole.value {
				v.Status = Fail
			}
			v.Message = Message{
				fmt.Sprintf("“%s…”所列各项之和为%s，而总数为%s，请核对。", text, sum, whole.value),
				fmt.Sprintf("the parts listed behind %q add up to %s, yet the whole is %s; check them.", text, sum, whole.value),
			}
		}
		s.p.add(v)
	}
}

// divides reports whether a number goes on with an enumeration.
func (s *sentence) divides(list []quantity, j, first int) bool {
	if list[j].unit == "?" || list[j].unit == "%" {
		return false
	}
	if j == first {
		return true
	}
	between := string(s.text[list[j-1].end:list[j].start])
	return !containsAny(between, "其中", "含") && (strings.HasPrefix(between, "、") || strings.HasPrefix(between, "，") || strings.HasPrefix(between, ","))
}
