package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gongkai/workflow"
)

// MaxPublished is the largest report that is read.
const MaxPublished = 4 << 20

// ErrPublished says that data is no report in the JSON shape of the exchange. The error
// that wraps it is a *PublishedError.
var ErrPublished = errors.New("not a report in JSON")

// PublishedError says where data is no report, and why.
type PublishedError struct {
	Message Message
}

// Error gives the English text; a screen shows the Chinese one beside it.
func (e *PublishedError) Error() string { return e.Message.EN }

// Unwrap lets errors.Is find ErrPublished.
func (e *PublishedError) Unwrap() error { return ErrPublished }

// notPublished says what is wrong at a place of the data, a name of the file or empty.
func notPublished(place, zh, en string) error {
	if place != "" {
		zh, en = "“"+place+"”"+zh, strconv.Quote(place)+" "+en
	}
	return &PublishedError{Message{zh, en}}
}

// notJSON says so of a place. What the decoder found is in English alone, and only where
// it stands helps.
func notJSON(place string) error {
	return notPublished(place, "不是完整有效的JSON", "is not complete and valid JSON")
}

// Check checks a report given as data: a file with a member "figures", or the figures
// alone. A form overrides the one that the data names. Every check gives a finding,
// also one that passes, in the same order each time; the data's own faults come first.
//
// A member "chapters", the texts by number, is held against the figures: P.
//
// An unknown form gives one NOT_ASSESSABLE finding FORM. Data that is no report at all
// is ErrPublished.
func Check(data []byte, form Form) ([]Finding, error) { return CheckAgainst(data, nil, form) }

// CheckAgainst is Check with the report of the year before beside it (nil: none), which
// adds what carries over from year to year: B4, F4 and the documents in force.
func CheckAgainst(data, before []byte, form Form) ([]Finding, error) {
	p, err := readPublished(data, form)
	if err != nil {
		return nil, fmt.Errorf("check a report: %w", err)
	}
	if !slices.Contains([]Form{Codes2014, Table2019, Table2021, Cumulative}, p.form) {
		return []Finding{unknownForm(p.formName)}, nil
	}
	if err := p.read(); err != nil {
		return nil, fmt.Errorf("check a report: %w", err)
	}
	findings := p.faults()
	comparable := false
	if before != nil {
		if comparable, err = p.compare(before); err != nil {
			return nil, fmt.Errorf("check a report against the one of the year before: %w", err)
		}
		if !comparable {
			findings = append(findings, notTheYearBefore())
		}
	}
	findings = append(findings, p.grid.findings(p.form, comparable)...)
	for _, v := range proseAgainstTables(p.evidence()) {
		findings = append(findings, v.Finding)
	}
	return findings, nil
}

// evidence is what the catalogue looks at.
func (p *published) evidence() *Evidence {
	return &Evidence{Form: p.form, Year: p.year, Chapters: p.chapters, grid: p.grid}
}

func unknownForm(name string) Finding {
	if name == "" {
		name = "?"
	}
	return Finding{ID: "FORM", Status: NotAssessable, Message: Message{
		"表式“" + name + "”无法识别，未作勾稽校验；可识别的有codes-2014、table-2019、table-2021、fujian-cumulative。",
		"the form " + strconv.Quote(name) + " is unknown, nothing was checked; known are codes-2014, table-2019, table-2021 and fujian-cumulative.",
	}}
}

func notTheYearBefore() Finding {
	return Finding{ID: "B4", Status: NotAssessable, Message: Message{
		"所附报告不是同类表式的上一年度报告，未作跨年校验。",
		"the other report is not last year's in a form of the same kind; nothing was compared across years.",
	}}
}

// published is a report as read.
type published struct {
	form     Form
	formName string
	year     int // 0: not said
	figures  []member
	missing  []string
	chapters map[int]string // of prose, by number
	grid     grid
	blank    []string
	unknown  []string
	bad      []Finding
}

// member is one member of a JSON object, in the order of the file.
type member struct {
	name  string
	value json.RawMessage
}

// object reads one level of a JSON object. A name that occurs twice is refused: which of
// the two figures is meant cannot be told.
func object(data []byte, place string) ([]member, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil {
		return nil, notJSON(place)
	} else if t != json.Delim('{') {
		return nil, notPublished(place, "应为花括号中的JSON对象", "must be a JSON object in braces")
	}
	var out []member
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, notJSON(place)
		}
		m := member{name: t.(string)} // the decoder admits no other token here
		if err := d.Decode(&m.value); err != nil {
			return nil, notJSON(clip(m.name))
		}
		if seen[m.name] {
			return nil, notPublished(clip(m.name), "出现两次，无法判断以哪个为准", "stands twice; which one counts cannot be told")
		}
		seen[m.name] = true
		out = append(out, m)
	}
	if _, err := d.Token(); err != nil {
		return nil, notJSON(place)
	}
	if len(bytes.TrimSpace(data[d.InputOffset():])) > 0 {
		return nil, notPublished(place, "之后还有其他内容", "is followed by something else")
	}
	return out, nil
}

// clip keeps names from outside short in messages.
func clip(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func readPublished(data []byte, form Form) (*published, error) {
	if len(data) > MaxPublished {
		return nil, notPublished("", fmt.Sprintf("报告有%d字节，最多读取%d字节", len(data), MaxPublished),
			fmt.Sprintf("the report has %d bytes, at most %d are read", len(data), MaxPublished))
	}
	top, err := object(data, "JSON")
	if err != nil {
		return nil, err
	}
	p := &published{grid: grid{}}
	named := string(form)
	i := slices.IndexFunc(top, func(m member) bool { return m.name == "figures" })
	if i < 0 {
		p.figures = top
	} else {
		if p.figures, err = object(top[i].value, "figures"); err != nil {
			return nil, err
		}
		for _, m := range top {
			p.about(m, &named)
		}
	}
	p.formName = clip(named)
	p.form, _ = ParseForm(named)
	return p, nil
}

// about takes what is said beside the figures. A member of an unexpected type says
// nothing: only the figures are judged.
func (p *published) about(m member, form *string) {
	switch m.name {
	case "format", "form":
		if *form == "" && json.Unmarshal(m.value, form) != nil {
			*form = ""
		}
	case "year":
		if json.Unmarshal(m.value, &p.year) != nil {
			p.year = 0
		}
	case "missing":
		if json.Unmarshal(m.value, &p.missing) != nil {
			p.missing = nil
		}
	case "chapters":
		if json.Unmarshal(m.value, &p.chapters) != nil {
			p.chapters = nil
		}
	}
}

// compare puts the figures of the year before beside these. It reports whether the two
// can be compared at all.
func (p *published) compare(before []byte) (bool, error) {
	b, err := readPublished(before, "")
	if err != nil {
		return false, err
	}
	if b.form == "" && b.formName == "" {
		b.form = p.form // figures alone
	}
	if !p.follows(b) {
		return false, nil
	}
	if err := b.read(); err != nil {
		return false, err
	}
	for key, f := range b.grid {
		p.grid[earlier(key)] = f
	}
	return true, nil
}

// follows reports whether b is the report of the year before, in a comparable form.
func (p *published) follows(b *published) bool {
	tables := func(f Form) bool { return f == Table2019 || f == Table2021 }
	return (p.year == 0 || b.year == 0 || p.year == b.year+1) &&
		(tables(p.form) && tables(b.form) || p.form == Cumulative && b.form == Cumulative)
}

// read fills the grid from the figures.
func (p *published) read() error {
	specs := specsOf(p.form)
	for _, m := range p.figures {
		var err error
		switch m.name {
		case "codes", "t2":
			err = p.leaves(m, "", specs)
		case "review", "litigationDirect", "litigationAfterReview":
			err = p.leaves(m, m.name+"/", specs)
		case "rows":
			err = p.nested(m, "", specs)
		case "blockSums":
			err = p.nested(m, "blockSums.", specs)
		default:
			p.unknown = append(p.unknown, m.name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// nested reads an object of rows. A sum of a block may be the figure of its total alone.
func (p *published) nested(m member, prefix string, specs map[string]spec) error {
	rows, err := m.members()
	if err != nil {
		return err
	}
	for _, row := range rows {
		if prefix != "" && !isObject(row.value) {
			p.leaf(prefix+row.name+"/total", row.value, specs)
			continue
		}
		if err := p.leaves(row, prefix+row.name+"/", specs); err != nil {
			return err
		}
	}
	return nil
}

func (p *published) leaves(m member, prefix string, specs map[string]spec) error {
	list, err := m.members()
	if err != nil {
		return err
	}
	for _, c := range list {
		p.leaf(prefix+c.name, c.value, specs)
	}
	return nil
}

// members reads a member as an object; null is one without members.
func (m member) members() ([]member, error) {
	if string(m.value) == "null" {
		return nil, nil
	}
	return object(m.value, clip(m.name))
}

func isObject(value json.RawMessage) bool { return len(value) > 0 && value[0] == '{' }

// leaf takes one figure. null is 0, unless the report itself says that the figure is
// still missing.
func (p *published) leaf(key string, value json.RawMessage, specs map[string]spec) {
	s, ok := specs[key]
	if !ok {
		p.unknown = append(p.unknown, key)
		return
	}
	if string(value) == "null" {
		if !slices.Contains(p.missing, key) {
			p.blank = append(p.blank, key)
			p.grid[key] = 0
		}
		return
	}
	var f Figure
	if json.Unmarshal(value, &f) != nil || f > mostFigure || f < -mostFigure {
		p.fault(key, "不是可识别的数字", "is not a number that can be read: "+clip(string(value)))
		return
	}
	if m := s.fault(f); m.ZH != "" {
		p.fault(key, m.ZH, m.EN)
		return
	}
	p.grid[key] = f
}

func (p *published) fault(key, zh, en string) {
	p.bad = append(p.bad, Finding{ID: "VALUE/" + key, Status: Fail, Message: Message{"单元格" + key + zh + "。", "cell " + key + " " + en + "."}})
}

// faults are the findings on the data itself.
func (p *published) faults() []Finding {
	findings := p.bad
	if len(p.blank) > 0 {
		findings = append(findings, Finding{ID: "BLANK", Status: Uncertain, Message: Message{
			fmt.Sprintf("%d个单元格为空，按0计：%s。", len(p.blank), few(p.blank, "、")),
			fmt.Sprintf(workflow.Plural(len(p.blank), "%d cell is blank and reads", "%d cells are blank and read")+" as 0: %s.", len(p.blank), few(p.blank, ", ")),
		}})
	}
	if len(p.unknown) > 0 {
		findings = append(findings, Finding{ID: "KEYS", Status: Uncertain, Message: Message{
			fmt.Sprintf("%d个名称不属于该表式，未采用：%s。", len(p.unknown), few(p.unknown, "、")),
			fmt.Sprintf(workflow.Plural(len(p.unknown), "%d name is not of the form and was", "%d names are not of the form and were")+" not used: %s.", len(p.unknown), few(p.unknown, ", ")),
		}})
	}
	return findings
}

// few names the first of a list.
func few(list []string, separator string) string {
	const most = 5
	names := make([]string, 0, most+1)
	for _, name := range list[:min(len(list), most)] {
		names = append(names, clip(name))
	}
	if len(list) > most {
		names = append(names, "…")
	}
	return strings.Join(names, separator)
}
