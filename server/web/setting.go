package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	pb "gongkai/proto/disclosure/v1"
)

const settingsPath = "/settings"

func (d *desk) settingRoutes() []route {
	title := text{"设置", "Settings"}
	return []route{
		{pattern: "GET " + settingsPath, title: title, menu: true, handle: showSettings},
		{pattern: "GET " + settingsPath + "/{group}", title: title, handle: showSettingGroup},
		{pattern: "POST " + settingsPath + "/{group}", title: title, roles: systems, handle: updateSettings},
	}
}

// settingGroups name the first parts of the keys of settings, with what they are about.
var settingGroups = []struct {
	key  string
	name text
	note text
}{
	{"lights", text{"灯色", "Lights"}, text{"剩余几个工作日时变黄、变红", "from how many workdays left on a case turns yellow or red"}},
	{"internal", text{"内部期限", "Internal limit"}, text{"机关自己提前的期限", "the office's own earlier limit"}},
	{"confirm", text{"确认收到", "Confirming receipt"}, text{}},
	{"assign", text{"转办", "Assignments"}, text{}},
	{"law", text{"法律未定事项", "Open questions of the law"}, text{"法律没有写明、由机关选定读法的事项；每项注明依据", "what the law leaves open and the office settles; each with its source"}},
	{"mapping", text{"统计口径", "Rows of the tables"}, text{"表中归入哪一行没有规定的事项", "where a table does not say which row a basis belongs to"}},
	{"remedy", text{"救济机关", "Remedy organs"}, text{"写入答复书的复议机关和法院", "the organ and the court that letters name"}},
	{"letter", text{"文书", "Letters"}, text{"写入文书的机关信息", "what letters say of the office"}},
	{"number", text{"编号规则", "Numbers"}, text{"占位符：{year}年度，{n}流水号，{n:4}补足四位，{word}机关代字，{case}申请的流水号；编号连续，不重复使用", "placeholders: {year}, {n} the serial, {n:4} with four digits, {word} the agency's word, {case} the serial of the application; without gaps, never used again"}},
	{"clerk", text{"自动办理", "The clerk"}, text{"期限届满时由系统记录的事项", "what is recorded by itself when a period ends"}},
	{"reminders", text{"提醒", "Reminders"}, text{}},
}

// settingGroup is the settings of one group.
type settingGroup struct {
	Key, Name, Note string
	Settings        []settingRow
	Path            string
}

// settingRow is one setting in words.
type settingRow struct {
	*pb.Setting
	Now, Usual string // in words: what holds, and the default
	Since      string // from when it holds; empty: it is the default
	Example    string // of a number pattern
	Input      *field
	Seen       string // etag of what the form showed
}

// Changed tells whether it holds something else than the default.
func (r settingRow) Changed() bool { return r.GetValue() != r.GetDefaultValue() }

// settingsView is all settings of an agency.
type settingsView struct {
	Agency  string
	Groups  []settingGroup
	Mayset  bool
	On      string
	Changed bool // only those that differ from the default
}

// showSettings lists the settings as they hold on a day.
func showSettings(p *page) error {
	if p.agency() == "" {
		return p.chooseAgency()
	}
	v := settingsView{Agency: p.agency(), Mayset: slices.Contains(systems, p.me.GetRole()), On: p.r.URL.Query().Get("on_date")}
	v.Changed = p.r.URL.Query().Get("changed") != ""
	list, err := p.settings(v.On)
	if err != nil {
		if p.form().refused(err) {
			v.On, v.Groups = p.form().Value("on_date"), nil
			return p.show("settings", v)
		}
		return err
	}
	v.On = cmp.Or(v.On, p.today())
	for _, g := range p.grouped(list) {
		if v.Changed {
			g.Settings = slices.DeleteFunc(g.Settings, func(r settingRow) bool { return !r.Changed() })
		}
		if len(g.Settings) > 0 {
			v.Groups = append(v.Groups, g)
		}
	}
	return p.show("settings", v)
}

func (p *page) settings(on string) ([]*pb.Setting, error) {
	res, err := p.api.Settings.ListSettings(p.ctx(), &pb.ListSettingsRequest{Parent: p.parent(), OnDate: on})
	return res.GetSettings(), err
}

// grouped puts settings into groups; one of a group that has no name here stands under its
// key.
func (p *page) grouped(list []*pb.Setting) []settingGroup {
	var out []settingGroup
	for _, s := range list {
		key, _, _ := strings.Cut(s.GetKey(), ".")
		at := slices.IndexFunc(out, func(g settingGroup) bool { return g.Key == key })
		if at < 0 {
			at = len(out)
			g := settingGroup{Key: key, Name: key, Path: p.settingPath(key)}
			for _, known := range settingGroups {
				if known.key == key {
					g.Name, g.Note = known.name.in(p.lang), known.note.in(p.lang)
				}
			}
			out = append(out, g)
		}
		out[at].Settings = append(out[at].Settings, p.settingRow(s))
	}
	if at := slices.IndexFunc(out, func(g settingGroup) bool { return g.Key == "number" }); at >= 0 {
		examples(out[at].Settings, p.today()[:4])
	}
	return out
}

func (p *page) settingPath(group string) string {
	return p.here(settingsPath + "/" + group)
}

func (p *page) settingRow(s *pb.Setting) settingRow {
	r := settingRow{Setting: s, Now: inWords(s, s.GetValue()), Usual: inWords(s, s.GetDefaultValue())}
	if v := holding(s, p.form().Value("on_date"), p.today()); v != nil {
		r.Since = v.GetEffectiveDate()
	}
	return r
}

// holding is the version that holds on a day: the last that begins by then, of those that
// begin together the one that was recorded last.
func holding(s *pb.Setting, on, today string) *pb.SettingVersion {
	var out *pb.SettingVersion
	for _, v := range s.GetVersions() {
		if v.GetEffectiveDate() <= cmp.Or(on, today) && (out == nil || v.GetEffectiveDate() >= out.GetEffectiveDate()) {
			out = v
		}
	}
	return out
}

// inWords is a value as its choices name it.
func inWords(s *pb.Setting, value string) string {
	for _, c := range s.GetChoices() {
		if c.GetValue() == value {
			return choiceWords(c)
		}
	}
	return value
}

// choiceWords names a choice; a cell of a table goes by its number or name first.
func choiceWords(c *pb.SettingChoice) string {
	switch value := c.GetValue(); {
	case c.GetLabel() == "" || c.GetLabel() == value:
		return value
	case strings.ContainsAny(value, "0123456789.") || value != strings.ToLower(value):
		return value + " " + c.GetLabel()
	}
	return c.GetLabel()
}

// exampleSerial is the serial of the examples.
const exampleSerial = "12"

// examples show what the patterns of numbers give.
func examples(rows []settingRow, year string) {
	word := ""
	for _, r := range rows {
		if r.GetKey() == "number.word" {
			word = r.GetValue()
		}
	}
	for i, r := range rows {
		if !strings.ContainsRune(r.GetValue(), '{') {
			continue
		}
		rows[i].Example = example(r.GetValue(), word, year)
	}
}

func example(pattern, word, year string) string {
	out := strings.NewReplacer("{year}", year, "{word}", word, "{case}", exampleSerial, "{n}", exampleSerial).Replace(pattern)
	for digits := 1; digits <= 9; digits++ {
		n := strconv.Itoa(digits)
		out = strings.ReplaceAll(out, "{n:"+n+"}", strings.Repeat("0", max(0, digits-len(exampleSerial)))+exampleSerial)
	}
	return out
}
