package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// MostNarrative is how many characters the chapters of a report may have together.
const MostNarrative = 100_000

// mostClaims is how many numbers of a text are compared, which is more than any report has.
const mostClaims = 2000

// claim is a number that a text states of something that the tables count.
type claim struct {
	concept *concept
	quantity
	quote string
	// sure says that the sentence is about applications for information, so that a
	// generic word can mean nothing else.
	sure bool
	// several says that other words share the number.
	several bool
}

// sentence is one sentence as it is read: what it has said so far decides what the next
// number means.
type sentence struct {
	text   []rune
	form   Form
	year   int // of the report; 0: unknown
	about  int // the year that the sentence speaks of; 0: the report's
	from   int // where it begins to be about applications for information
	remedy string
	claims []claim
	p      *proseReader
}

// proseReader holds the chapters against the tables.
type proseReader struct {
	e        *Evidence
	counts   map[string]int // of the ids given so far
	verdicts []Verdict
}

// proseAgainstTables reads the numbers out of the chapters and compares each with its
// cells. What it cannot assign to a cell it leaves alone; what may mean several things
// is UNCERTAIN.
func proseAgainstTables(e *Evidence) []Verdict {
	p := &proseReader{e: e, counts: map[string]int{}}
	for _, chapter := range slices.Sorted(maps.Keys(e.Chapters)) {
		for _, text := range sentencesOf(readable(e.Chapters[chapter])) {
			if len(p.verdicts) > mostClaims {
				return p.verdicts
			}
			s := &sentence{text: text, form: e.Form, year: e.Year, from: aboutApplications(text), p: p}
			s.read()
		}
	}
	return p.verdicts
}

// sentencesOf divides a text where a sentence ends.
func sentencesOf(text []rune) [][]rune {
	return slices.DeleteFunc(split(text, "。；;！!？?\n"), func(s []rune) bool { return len(s) == 0 })
}

func split(text []rune, at string) [][]rune {
	var out [][]rune
	start := 0
	for i, r := range text {
		if strings.ContainsRune(at, r) {
			out = append(out, text[start:i])
			start = i + 1
		}
	}
	return append(out, text[start:])
}

func (s *sentence) read() {
	list := quantities(s.text)
	list = list[:min(len(list), mostClaims)]
	last := 0
	for i, q := range list {
		label := string(s.text[last:q.start])
		last = q.end
		switch {
		case i > 0 && q.unit == "%":
			s.percentage(label, q)
			continue
		case q.unit == "?" || q.unit == "%":
			s.mentions(q)
			continue
		}
		following := s.text[q.end:]
		if i+1 < len(list) {
			following = s.text[q.end:list[i+1].start]
		}
		s.number(label, q, string(following))
	}
	s.nothing()
	s.parts(list)
}

// mentions notes the year that a sentence speaks of.
func (s *sentence) mentions(q quantity) {
	if q.value >= Whole(1900) && q.value < Whole(2100) && q.value.IsWhole() && q.end < len(s.text) && s.text[q.end] == '年' {
		s.about = int(q.value / unit)
	}
}

// number reads one number with what stands before and behind it.
func (s *sentence) number(label string, q quantity, following string) {
	near := lastClause(label)
	if q.unit == "" { // a bare number belongs to the word that it touches
		near = near[strings.LastIndexByte(near, ' ')+1:]
		label = near
	}
	c := s.together(label, near, q)
	if c == nil {
		c = s.concept(near, q)
	}
	if c == nil && q.unit != "" {
		c = s.concept(label, q)
	}
	if c == nil && q.unit != "" && idle(near) {
		c = s.concept(string(split([]rune(following), "，,。、:：()")[0]), q)
	}
	if c == nil || s.elsewhere(label, c) {
		return
	}
	several := near != "" && !c.joined && s.several(label, near, c, q)
	s.claim(claim{concept: c, quantity: q, quote: quote(label, string(s.text[q.start:q.end]), following), sure: s.from <= q.end && q.unit != "", several: several})
}

// listing is a label without its last stop but 、, which joins words to one number.
func listing(label string) string {
	return lastClause(strings.ReplaceAll(strings.TrimLeft(label, "、 "), "、", "\x00"))
}

// together finds a concept that joins several kinds over a 、, as in 行政复议、行政诉讼案件.
func (s *sentence) together(label, near string, q quantity) *concept {
	whole := listing(label)
	if whole == near || q.unit == "" {
		return nil
	}
	if c := s.concept(whole, q); c != nil && c.joined {
		return c
	}
	return nil
}

// several reports whether words of another concept share the number: what it counts is
// then more than the last of them.
func (s *sentence) several(label, near string, c *concept, q quantity) bool {
	for word := range strings.SplitSeq(strings.TrimSuffix(listing(label), near), "\x00") {
		if o := s.concept(word, q); o != nil && o.key != c.key && !o.generic {
			return true
		}
	}
	return false
}

// lastClause is what stands behind the last stop of a label.
func lastClause(label string) string {
	at := strings.LastIndexFunc(label, func(r rune) bool { return r != ' ' && stops(r) })
	if at < 0 {
		return label
	}
	_, size := utf8.DecodeRuneInString(label[at:])
	return label[at+size:]
}

// idle reports whether a label says nothing itself, as in “，1件结转下年度”.
func idle(label string) bool {
	return slices.Contains([]string{"", "另有", "有", "尚有", "还有", "共", "其中", "剩余", "余", "其余"}, strings.TrimSpace(label))
}

// concept finds what a label means in this form; nil: nothing that the tables count.
func (s *sentence) concept(label string, q quantity) *concept {
	label = strings.ReplaceAll(label, " ", "")
	s.context(label)
	money := strings.HasSuffix(q.unit, "元")
	for i := range concepts {
		c := &concepts[i]
		if c.money != money || c.within != "" && c.within != s.remedy || !c.said(label) && !slices.Contains(c.exact, label) {
			continue
		}
		if c.generic && slices.ContainsFunc(foreign, func(w string) bool { return strings.Contains(label, w) }) {
			return nil
		}
		if c.cells(s.form) == nil {
			return nil
		}
		return c
	}
	return nil
}

// context notes which remedy a sentence speaks of: its results follow.
func (s *sentence) context(label string) {
	for _, c := range remedyConcepts {
		if c.said(label) {
			s.remedy = c.key
			return
		}
	}
	switch {
	case strings.Contains(label, "诉讼"):
		s.remedy = "litigation"
	case strings.Contains(label, "复议"):
		s.remedy = "review"
	}
}

// elsewhere reports whether the number is about another time, or is a difference.
func (s *sentence) elsewhere(label string, c *concept) bool {
	carried := strings.HasPrefix(c.key, "carried")
	if s.about != 0 && s.year != 0 && s.about != s.year && !carried {
		return true
	}
	if strings.HasPrefix(label, "月") || strings.HasPrefix(label, "-") {
		return true
	}
	for _, word := range []string{"增加", "减少", "增长", "下降", "上升", "同比", "环比", "较上", "较去", "累计", "历年", "以来", "季度", "半年", "平均"} {
		if strings.Contains(label, word) {
			return true
		}
	}
	return !carried && (strings.Contains(label, "上年") || strings.Contains(label, "去年") || strings.Contains(label, "上一年"))
}

// aboutApplications is the place behind the first words that say that a sentence is about
// applications for information; behind its end if none do.
func aboutApplications(text []rune) int {
	first := len(text) + 1
	for _, word := range []string{"公开申请", "申请公开", "依申请"} {
		if i := strings.Index(string(text), word); i >= 0 {
			first = min(first, utf8.RuneCountInString(string(text)[:i])+utf8.RuneCountInString(word))
		}
	}
	return first
}

// quote is the words around a number, for a person to find them again.
func quote(label, number, following string) string {
	const most = 24
	before, after := []rune(strings.TrimLeft(label, "，,、 ")), []rune(split([]rune(following), "，,。、:：()")[0])
	return string(before[max(0, len(before)-most):]) + number + string(after[:min(len(after), most)])
}

// claim compares a claim with the cells.
func (s *sentence) claim(c claim) {
	s.claims = append(s.claims, c)
	s.p.add(s.p.judge(&c))
}

// add gives a verdict its id: the concept and its turn, so that what is accepted stays
// accepted when something else is added behind it.
func (p *proseReader) add(v Verdict) {
	p.counts[v.ID]++
	v.ID = fmt.Sprintf("P/%s.%d", v.ID, p.counts[v.ID])
	p.verdicts = append(p.verdicts, v)
}

// nothing reads the sentences that say that there was none.
func (s *sentence) nothing() {
	for _, part := range split(s.text, "，,") {
		text := strings.ReplaceAll(string(part), " ", "")
		if len(quantitiesOf(part)) > 0 || s.about != 0 && s.year != 0 && s.about != s.year {
			continue
		}
		for _, none := range nones {
			if none.said(text) {
				c := conceptOf(none.key)
				if c.cells(s.form) != nil {
					s.claim(claim{concept: c, quote: quote("", text, ""), sure: true})
				}
			}
		}
	}
}

// quantitiesOf are those that count something.
func quantitiesOf(s []rune) []quantity {
	return slices.DeleteFunc(quantities(s), func(q quantity) bool { return q.unit == "?" })
}

// nones are the ways to say that there was none.
var nones = []concept{
	{key: "received", words: []string{"未收到+公开申请!补正", "没有收到+公开申请!补正", "未接到+公开申请!补正", "没有接到+公开申请!补正", "无政府信息公开申请"}},
	{key: "review", words: []string{"未发生+复议", "没有发生+复议", "未出现+复议", "未产生+复议", "无行政复议", "没有行政复议", "未收到+复议", "未被申请行政复议"}},
	{key: "litigation", words: []string{"未发生+诉讼", "没有发生+诉讼", "未出现+诉讼", "未产生+诉讼", "无行政诉讼", "没有行政诉讼", "未收到+诉讼", "无行政复议+行政诉讼", "没有行政复议+行政诉讼", "未被提起行政诉讼"}},
	{key: "fee", words: []string{"未收取+费"}},
}

func conceptOf(key string) *concept {
	i := slices.IndexFunc(concepts, func(c concept) bool { return c.key == key })
	return &concepts[i]
}
