package outcome

import (
	"fmt"
	"strings"
)

// ParseError says that a text names no basis, or several with no default among them.
type ParseError struct {
	Text       string
	Candidates []Basis // empty: the text is unknown
}

func (e *ParseError) Error() string {
	if len(e.Candidates) == 0 {
		return fmt.Sprintf("no basis is called %q", e.Text)
	}
	return fmt.Sprintf("%q fits several bases: %s", e.Text, joinBases(e.Candidates))
}

// ZH is the message in Chinese, with the labels that would be right.
func (e *ParseError) ZH() string {
	if len(e.Candidates) == 0 {
		return fmt.Sprintf("没有名为“%s”的答复类型", e.Text)
	}
	labels := make([]string, len(e.Candidates))
	for i, b := range e.Candidates {
		labels[i] = rows[byBasis[b]].LabelZH
	}
	return fmt.Sprintf("“%s”对应多种答复类型，请写明其一：%s", e.Text, strings.Join(labels, "、"))
}

// Parse reads the 答复类型 of a ledger: a basis; else its Chinese label; else the
// label (with or without number) of a row of table 三 or of the coded table, or a
// code, where only one basis fits. Where the coded table alone cannot tell, it falls
// back on the defaults for 3345, 3346, 3370 and 3380 and sets byDefault, so that the
// reader can be shown what was assumed. Otherwise the error is a *ParseError.
//
// Spaces, quotation marks, width and a leading 属于 make no difference.
func Parse(text string) (b Basis, byDefault bool, err error) {
	key := fold(text)
	m, ok := spellings[key]
	if !ok {
		m, ok = spellings[strings.TrimPrefix(key, "属于")]
	}
	if !ok || key == "" {
		return "", false, &ParseError{Text: text}
	}
	if len(m.bases) > 1 {
		return "", false, &ParseError{Text: text, Candidates: append([]Basis(nil), m.bases...)}
	}
	return m.bases[0], m.byDefault, nil
}

// meaning is what one spelling stands for: one basis, or the candidates.
type meaning struct {
	bases     []Basis
	byDefault bool
}

// defaults are the bases assumed for the codes that several bases share.
var defaults = map[string]Basis{
	"3345": "other.not_government_information",
	"3346": "refused.other_statutory",
	"3370": "other.not_supplemented",
	"3380": "other.other_channel",
}

var spellings = indexSpellings()

// indexSpellings enters the strongest reading of a text first: add never replaces.
func indexSpellings() map[string]meaning {
	m := make(map[string]meaning, 512)
	add := func(text string, v meaning) {
		if key := fold(text); key != "" && len(v.bases) > 0 {
			if _, taken := m[key]; !taken {
				m[key] = v
			}
		}
	}
	for _, r := range rows {
		add(string(r.Basis), meaning{bases: []Basis{r.Basis}})
	}
	for _, r := range rows {
		add(r.LabelZH, meaning{bases: []Basis{r.Basis}})
	}
	for _, a := range aliases {
		add(a.text, meaning{bases: []Basis{a.basis}})
	}
	for _, l := range tableLabels {
		v, known := m[fold(l.text)] // the number before a label changes nothing
		if !known {
			v = meaning{bases: basesOf(func(r Row) bool { return strings.HasPrefix(r.Row2021, l.row) })}
		}
		for _, number := range l.numbers() {
			add(number+l.text, v)
		}
	}
	for _, l := range codeLabels {
		addCode(add, l)
	}
	return m
}

func addCode(add func(string, meaning), l codeLabel) {
	v := meaning{bases: basesOf(func(r Row) bool {
		return r.Code2014 != "" && strings.HasPrefix(r.Code2014, strings.TrimSuffix(l.code, "0"))
	})}
	if b, ok := defaults[l.code]; ok {
		v = meaning{bases: []Basis{b}, byDefault: true}
	}
	bare := strings.TrimSuffix(strings.TrimSuffix(l.text, "数"), "答复")
	add(l.code, v)
	for _, text := range []string{l.text, strings.TrimSuffix(l.text, "数"), bare} {
		for _, number := range []string{"", l.number, l.code, l.code + l.number} {
			add(number+text, v)
		}
	}
}

func basesOf(fits func(Row) bool) []Basis {
	var out []Basis
	for _, r := range rows {
		if fits(r) {
			out = append(out, r.Basis)
		}
	}
	return out
}

func joinBases(list []Basis) string {
	parts := make([]string, len(list))
	for i, b := range list {
		parts[i] = string(b)
	}
	return strings.Join(parts, ", ")
}

// fold takes away what spellings of one label differ in: space, quotation marks,
// width, the mark after a number, case.
func fold(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= '！' && r <= '～' { // full-width forms of ASCII
			r -= '！' - '!'
		}
		switch r {
		case ' ', '\t', '\n', '\r', '\u00a0', '\u3000', '\ufeff',
			'"', '\'', '“', '”', '‘', '’', '「', '」', '『', '』':
			continue
		case '、', '．', '。', ',', ';', ':', '.', '，':
			r = '.'
		case '〔', '【', '[':
			r = '('
		case '〕', '】', ']':
			r = ')'
		}
		b.WriteRune(r)
	}
	return strings.TrimRight(strings.ToLower(b.String()), ".")
}
