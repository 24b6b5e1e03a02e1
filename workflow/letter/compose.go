package letter

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gongkai/workflow"
	"gongkai/workflow/advice"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
)

// FieldError says which field is none that the letter has, or has a value that it may not
// have.
type FieldError struct {
	Key string
	Text
}

// Error is the English text.
func (e *FieldError) Error() string { return e.EN }

func wrong(key, zh, en string, args ...any) *FieldError {
	return &FieldError{key, Text{fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)}}
}

// filling is a letter on its way.
type filling struct {
	Case
	kind     *Kind
	elements []Element
	given    map[string]string // fields, without blanks around them
	cleared  map[string]bool   // fields that were emptied: what the case tells does not stand in for them
	raw      map[string]string // of the elements, as fields have them
	values   map[string]string // as the letter writes them
	out      Letter
}

// Elements are what a letter needs, given what the fields say so far: a second part that is
// withheld needs a ground of its own.
func (c Case) Elements(k *Kind, fields map[string]string) []Element {
	out := slices.Clone(k.Elements)
	if k.Key != Reply {
		return out
	}
	at := slices.IndexFunc(out, func(e Element) bool { return e.Key == keyExtra })
	var more []Element
	if k.Basis == inPart {
		for n := 2; n <= maxParts; n++ {
			part := partElements("_" + strconv.Itoa(n))
			if !slices.ContainsFunc(part, func(e Element) bool { return fields[e.Key] != "" }) {
				for i := range part {
					part[i].Required = false
				}
			}
			more = append(more, part...)
		}
	}
	more = append(more, c.thirdParty(k, fields)...)
	if c.cite(k) == "" {
		more = append(more, field(keyBasis, "法律依据", "legal basis", "法律没有专门条款：写明所依据的规定及条款，如“《某某规定》第五条的规定”", "the law has no article for it: name the rule and its article"))
	}
	if c.redeciding() {
		more = append(more, field(keyRedecision, "重新作出答复的原因", "why it is decided anew", "如：根据某县人民政府某复决〔2026〕1号行政复议决定", "such as the decision that ordered it"))
	}
	return slices.Insert(out, at, more...)
}

// inPart is the disclosure in part, of which each part withheld has a ground of its own.
const inPart outcome.Basis = "disclosed.in_part"

// maxParts is how many withheld parts one letter may tell.
const maxParts = 4

// cite is the article of the regulation in force on the day of the letter: a reply to an old
// application from 15 May 2019 on cites that of 2019, unless its basis is of 2008 only.
func (c Case) cite(k *Kind) string {
	if c.before2019() || c.Application.Regime == workflow.R2008 && k.cite == "" {
		return k.cite2008
	}
	return k.cite
}

// before2019 says that the letter cites the Regulation of 2008.
func (c Case) before2019() bool {
	return c.Application.Regime == workflow.R2008 && c.Day < calendar.New(2019, 5, 15)
}

// thirdParty are what a reply must tell of a third party: its answer, where a part is
// withheld for its sake, and why its objection did not prevail, where it is overruled.
func (c Case) thirdParty(k *Kind, fields map[string]string) (out []Element) {
	for n := 1; n <= maxParts && k.Basis == inPart; n++ {
		if slices.Contains(thirdPartyGrounds, outcome.Basis(fields["ground"+suffixOf(n)])) {
			out = append(out, thirdParty)
			break
		}
	}
	objects := slices.ContainsFunc(c.Application.Consultations, func(x workflow.Consultation) bool {
		return x.Kind == workflow.ThirdParty && x.Opinion == workflow.Objection
	})
	told := fields[keyTold] != ""
	if k.Basis == "disclosed.provided" && (objects || told) || k.Basis == inPart && told {
		out = append(out, field(keyOverruled, "不采纳第三方意见的理由", "why the third party's objection does not prevail",
			"第三方的理由为何不成立，或者不公开对公共利益有何重大影响；不写第三方身份", "why its reasons fail, or how secrecy would harm the public interest; not who it is"))
	}
	return out
}

func (c Case) redeciding() bool {
	return c.Application.State == workflow.Redeciding || c.Application.Reply().Redecision
}

// Compose writes a letter as far as its elements are known and says what it lacks. A field
// that is malformed is a *FieldError.
func (c Case) Compose(k Kind, fields map[string]string) (Letter, error) {
	f := &filling{Case: c, kind: &k, given: map[string]string{}, cleared: map[string]bool{}, raw: map[string]string{}, values: map[string]string{}}
	for key, text := range fields {
		if text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")); text != "" {
			f.given[key] = text
		} else {
			f.cleared[key] = true
		}
	}
	f.elements = c.Elements(&k, f.given)
	if err := f.check(); err != nil {
		return Letter{}, err
	}
	f.fill()
	f.possible()
	f.compose()
	f.out.Values, f.out.Raw = f.values, f.raw
	f.warn()
	return f.out, nil
}

// check refuses fields that the letter does not have, and malformed ones.
func (f *filling) check() error {
	var known []string
	for _, e := range f.elements {
		if e.Source == FromField || e.Source == FromEither {
			known = append(known, e.Key)
		}
	}
	for _, key := range sortedKeys(f.given) {
		if !slices.Contains(known, key) {
			return wrong(key, "该文书没有字段“%s”；有：%s", "the letter has no field %q; there are: %s", key, strings.Join(known, "、"))
		}
	}
	for _, e := range f.elements {
		if text := f.given[e.Key]; text != "" {
			if err := e.check(text); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Element) check(text string) error {
	switch {
	case e.Date:
		if _, err := calendar.Parse(text); err != nil {
			return wrong(e.Key, "%[1]s应写作YYYY-MM-DD，收到“%[2]s”", "%[3]s must be a day written YYYY-MM-DD, got %[2]q", e.Label.ZH, text, e.Label.EN)
		}
	case e.most > 0:
		if n, err := strconv.Atoi(text); err != nil || n < 1 || n > e.most {
			return wrong(e.Key, "%s应为1至%[3]d的整数，收到“%[2]s”", "%[4]s must be a whole number from 1 to %[3]d, got %[2]q", e.Label.ZH, text, e.most, e.Label.EN)
		}
	case len(e.Choices) > 0:
		if !slices.ContainsFunc(e.Choices, func(c Choice) bool { return c.Value == text }) {
			var offered []string
			for _, c := range e.Choices {
				offered = append(offered, c.Value)
			}
			return wrong(e.Key, "%s没有“%[2]s”这一项；可选：%[3]s", "%[4]s may not be %[2]q; there are: %[3]s", e.Label.ZH, text, strings.Join(offered, ", "), e.Label.EN)
		}
	case !e.Lines && strings.Contains(text, "\n"):
		return wrong(e.Key, "%[1]s只能有一行", "%[2]s must be one line", e.Label.ZH, e.Label.EN)
	}
	return nil
}

// fill finds what each element is, and notes those that are missing.
func (f *filling) fill() {
	f.facts()
	facts := f.raw
	f.raw = map[string]string{}
	for _, e := range f.elements {
		text := facts[e.Key]
		switch e.Source {
		case FromField:
			text = f.given[e.Key]
		case FromEither:
			if f.cleared[e.Key] {
				text = ""
			}
			text = cmp.Or(f.given[e.Key], text)
		case FromSetting:
			text = f.Rules.Settings.Text(e.Setting, f.Day)
		case FromCase:
		}
		f.raw[e.Key] = text
		if f.values[e.Key] = e.written(text); text == "" && e.Required {
			f.values[e.Key] = "（待补：" + e.Label.ZH + "）"
			f.miss(&e)
		}
	}
	if basis := f.cite(f.kind); basis != "" {
		f.values[keyBasis] = basis
	}
	f.derive()
}

// written is a value as a letter writes it.
func (e *Element) written(text string) string {
	if e.Date {
		if day, err := calendar.Parse(text); err == nil {
			return Day(day)
		}
	}
	for _, c := range e.Choices {
		if c.Value == text {
			return c.ZH
		}
	}
	return text
}

// Day is a day as an official document writes it: Arabic figures without leading zeros (GB/T
// 9704 7.3.5).
func Day(d workflow.Date) string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%d年%d月%d日", d.Year(), int(d.Month()), d.Day())
}

// miss notes that an element is missing, where it belongs and what would be right.
func (f *filling) miss(e *Element) {
	g := Gap{Element: e.Key}
	zh, en := "", ""
	switch e.Source {
	case FromField:
		g.Place, zh, en = "fields."+e.Key, "请填写", "fill it in"
	case FromEither:
		if f.cleared[e.Key] {
			g.Place, zh, en = "fields."+e.Key, "该项已清空，请填写", "it was emptied, fill it in"
			break
		}
		g.Place, zh, en = "fields."+e.Key, "案件没有记录（"+e.Place+"），请登记或者填写", "the case does not tell it ("+e.Place+"): record it or fill it in"
	case FromCase:
		g.Place, zh, en = e.Place, "请先登记（"+e.Place+"）", "record it first ("+e.Place+")"
	case FromSetting:
		g.Place, zh, en = "setting "+e.Setting, "成文之日"+Day(f.Day)+"没有设置"+e.Setting, e.Setting+" was not set on "+f.Day.String()
	}
	g.ZH = fmt.Sprintf("缺少%s：%s。%s", e.Label.ZH, zh, e.Hint.ZH)
	g.EN = fmt.Sprintf("%s is missing: %s; %s", e.Label.EN, en, e.Hint.EN)
	f.out.Gaps = append(f.out.Gaps, g)
}

func (f *filling) gap(element, place, zh, en string) {
	f.out.Gaps = append(f.out.Gaps, Gap{element, place, Text{zh, en}})
}

// compose lays the letter out from head to foot.
func (f *filling) compose() {
	add := func(role Role, label, text string) {
		if text != "" || role == Row {
			f.out.Blocks = append(f.out.Blocks, Block{role, label, text})
		}
	}
	f.values["title"] = f.Agency + f.kind.Title
	f.values["organ"] = f.Agency
	f.values["date"] = Day(f.Day)
	f.values["number"] = f.Number
	if f.kind.Addressee == File {
		add(Title, "", f.values["title"])
		for _, r := range f.kind.rows {
			add(Row, r.label, f.expand(r.text))
		}
		return
	}
	add(Head, "", f.Agency)
	if f.kind.Number != "" {
		add(Number, "", cmp.Or(f.Number, "（印发时编号）"))
	}
	add(Title, "", f.values["title"])
	add(To, "", f.values[keyAddressee]+"：")
	for _, p := range f.kind.body {
		if f.stands(p) {
			f.paragraphs(add, Body, f.expand(p.text))
		}
	}
	f.paragraphs(add, Remedies, f.remedy())
	for _, line := range numbered(f.values[keyEnclosures]) {
		add(Enclosure, "", line)
	}
	add(Signature, "", f.Agency)
	add(Dated, "", f.values["date"])
	add(Contact, "", "（联系方式："+f.values[keyContact]+"）")
}

func (f *filling) paragraphs(add func(Role, string, string), role Role, text string) {
	for line := range strings.SplitSeq(text, "\n") {
		add(role, "", strings.TrimSpace(line))
	}
}

// numbered are the lines of a list of enclosures, with numbers where there are several (GB/T
// 9704 7.3.4).
func numbered(text string) []string {
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	if len(lines) == 1 {
		return []string{"附件：" + lines[0]}
	}
	for i := range lines {
		lines[i] = fmt.Sprintf("附件%d：%s", i+1, strings.TrimSpace(lines[i]))
	}
	return lines
}

func (f *filling) stands(p paragraph) bool {
	there := func(key string) bool { return f.values[key] != "" }
	return !slices.ContainsFunc(p.when, func(k string) bool { return !there(k) }) && !slices.ContainsFunc(p.unless, there)
}

// expand puts values into a wording in one pass: what a value holds is never expanded. A
// value that ends as its sentence does, does not end it twice.
func (f *filling) expand(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		key, after, _ := strings.Cut(rest, "}")
		value := f.values[key]
		if after != "" {
			value = strings.TrimRight(value, "。；;.， \n")
		}
		b.WriteString(value)
		text = after
	}
}

// remedy is the paragraph by basis and date, or the one that was put in its place.
func (f *filling) remedy() string {
	if f.kind.Remedy == NoRemedy || f.kind.decides != nil && !f.kind.decides(f) {
		return ""
	}
	basis, ground := f.kind.Basis, f.ground()
	if f.kind.Remedy == Either {
		basis, ground = "disclosed.provided", ""
	}
	text, first := advice.Paragraph(f.Rules.Settings, f.Day, basis, ground)
	f.out.ReviewFirst = first
	text = strings.ReplaceAll(text, "本答复", f.kind.grounds)
	if online := f.values["online_review"]; online != "" && text != "" {
		text += "\n申请行政复议，也可以通过" + strings.TrimRight(online, "。 ") + "提出。"
	}
	if text == "" {
		f.gap("remedy", "basis", "缺少救济告知：该依据没有救济段落，不能作为答复印发", "the remedy paragraph is missing: the basis has none, so it is no reply")
	}
	if other := f.given[keyRemedyText]; other != "" {
		f.override(other, first)
		text = other
	}
	f.values["remedy"] = text
	return text
}

func suffixOf(part int) string {
	if part == 1 {
		return ""
	}
	return "_" + strconv.Itoa(part)
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
