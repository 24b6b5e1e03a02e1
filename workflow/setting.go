package workflow

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// SettingValue is what a setting holds from a day on. Versions are only ever added, so
// that what held at an earlier instant can be told.
type SettingValue struct {
	From  Date      `json:"from"`
	Value string    `json:"value"` // empty: the default again
	By    string    `json:"by,omitempty"`
	Time  time.Time `json:"time,omitzero"` // of the record
}

// SettingRow is one thing that an agency may set, where the law leaves it free.
type SettingRow struct {
	Key              string
	Default          string
	LabelZH, LabelEN string
	Values           []SettingChoice // the values that it may have; nil: free text, or a number
	Min, Max         int             // of a number; both 0: no number
	Pattern          bool            // a pattern of numbers, see ParseNumberPattern
	Form             *SettingForm    // of text that has one; nil: any text
	Source           string          // article or document that leaves it open
}

// SettingChoice is one value of a setting, with what it means.
type SettingChoice struct {
	Value, ZH, EN string
}

// SettingForm is what a text must look like.
type SettingForm struct {
	ZH, EN string
	Match  *regexp.Regexp
}

// maxSettingText is the most characters of a setting that is free text.
const maxSettingText = 200

// SettingRows returns the catalogue of settings. The slice is the caller's.
func SettingRows() []SettingRow { return slices.Clone(settingRows) }

// SettingOf returns the row of a key.
func SettingOf(key string) (SettingRow, bool) {
	i, ok := settingIndex[key]
	if !ok {
		return SettingRow{}, false
	}
	return settingRows[i], true
}

var settingIndex = indexSettings()

func indexSettings() map[string]int {
	m := make(map[string]int, len(settingRows))
	for i, r := range settingRows {
		m[r.Key] = i
	}
	return m
}

// Number reports whether the setting is a number.
func (r SettingRow) Number() bool { return r.Max > 0 }

// Check says why a value is none that the setting may have. The empty value, which is
// the default, always is one.
func (r SettingRow) Check(value string) error {
	if value == "" {
		return nil
	}
	zh, en := r.Allowed()
	no := refuse(FieldInvalid, "values["+r.Key+"]", r.Source, "设置%[1]s的值“%[2]s”无效，可用：%[3]s", "setting %[1]s cannot be %[2]q; it may be: %[4]s", r.Key, value, zh, en)
	switch {
	case len(r.Values) > 0:
		if slices.ContainsFunc(r.Values, func(c SettingChoice) bool { return c.Value == value }) {
			return nil
		}
		return no
	case r.Number():
		if n, err := strconv.Atoi(value); err == nil && n >= r.Min && n <= r.Max && strconv.Itoa(n) == value {
			return nil
		}
		return no
	case r.Pattern:
		return r.checkPattern(value)
	}
	if r.fits(value) {
		return nil
	}
	return no
}

// Allowed says in words which values the setting may have.
func (r SettingRow) Allowed() (zh, en string) {
	switch {
	case len(r.Values) > 0:
		partsZH, partsEN := make([]string, len(r.Values)), make([]string, len(r.Values))
		for i, c := range r.Values {
			partsZH[i], partsEN[i] = c.Value+"（"+c.ZH+"）", c.Value+" ("+c.EN+")"
		}
		return strings.Join(partsZH, "、"), strings.Join(partsEN, ", ")
	case r.Number():
		span := strconv.Itoa(r.Min) + "–" + strconv.Itoa(r.Max)
		return span + "的整数", "a whole number of " + span
	case r.Pattern:
		return "编号规则，占位符为{year}、{n}、{n:位数}、{word}、{case}", "a pattern with the placeholders {year}, {n}, {n:digits}, {word} and {case}"
	case r.Form != nil:
		return r.Form.ZH, r.Form.EN
	}
	return "文字，最多200字", "text of at most 200 characters"
}

func (r SettingRow) fits(value string) bool {
	return utf8.ValidString(value) && utf8.RuneCountInString(value) <= maxSettingText && strings.TrimSpace(value) != "" &&
		!strings.ContainsFunc(value, Hidden) && (r.Form == nil || r.Form.Match.MatchString(value))
}

// checkPattern refuses what is no pattern, or cannot number what its key is for.
func (r SettingRow) checkPattern(value string) error {
	p, err := ParseNumberPattern(value)
	if err == nil && strings.ContainsFunc(value, Hidden) {
		err = patternError("不能含控制字符和改变文字方向的字符", "it may hold no control characters and none that turn the text")
	}
	if err == nil && r.Key == "number.application" && (!p.Serial() || p.Case()) {
		err = patternError("申请编号须含{n}，不能含{case}", "the number of an application must hold {n} and cannot hold {case}")
	}
	if err != nil {
		return refuse(FieldInvalid, "values["+r.Key+"]", r.Source, "编号规则“%[1]s”无效：%[2]s", "number pattern %[1]q: %[3]s", value, patternZH(err), err.Error())
	}
	return nil
}

// Text is what a setting holds on a day; its default where nothing is set. A key that is
// not in the catalogue is a programming error.
func (s Settings) Text(key string, on Date) string {
	row, ok := SettingOf(key)
	if !ok {
		panic("no setting is called " + key)
	}
	value := ""
	for _, v := range s.Values[key] { // in the order of days, of one day in that of record
		if v.From <= on {
			value = v.Value
		}
	}
	if value == "" {
		return row.Default
	}
	return value
}

// Int is a setting that is a number.
func (s Settings) Int(key string, on Date) int {
	n, err := strconv.Atoi(s.Text(key, on))
	if err != nil {
		return 0
	}
	return n
}

// With returns the settings with another version of a setting. What s holds stays as it
// was.
func (s Settings) With(key string, v SettingValue) Settings {
	values := make(map[string][]SettingValue, len(s.Values)+1)
	maps.Copy(values, s.Values)
	list := values[key]
	at := len(list)
	for at > 0 && list[at-1].From > v.From {
		at--
	}
	values[key] = slices.Insert(slices.Clone(list), at, v)
	s.Values = values
	return s
}
