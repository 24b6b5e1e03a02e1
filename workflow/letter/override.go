package letter

import (
	"regexp"
	"strings"

	"gongkai/workflow/outcome"
)

// override takes a paragraph in other words only if it says why and names what no letter may
// leave out (行政复议法 Art 23(2)).
func (f *filling) override(text string, first bool) {
	organ := f.values["review_organ"]
	if f.given[keyRemedyWhy] == "" {
		f.gap(keyRemedyWhy, "fields."+keyRemedyWhy, "另拟救济告知的，缺少理由：请写明理由和决定人", "the reason for another remedy paragraph is missing: say why and who decided")
	}
	if !strings.Contains(text, "行政复议") || !strings.Contains(text, organ) {
		f.gap(keyRemedyText, "fields."+keyRemedyText, "另拟的救济告知应当写明向"+organ+"申请行政复议", "the remedy paragraph must name reconsideration by "+organ)
	}
	if text = strings.Map(halfWidth, text); !reviewPeriod.MatchString(text) {
		f.gap(keyRemedyText, "fields."+keyRemedyText, "另拟的救济告知应当写明申请行政复议的期限：60日（行政复议法第二十条）", "the remedy paragraph must say within what time: 60日 (行政复议法 Art 20)")
	}
	if first && !comesFirst.MatchString(text) {
		f.gap(keyRemedyText, "fields."+keyRemedyText, "该决定应当先申请行政复议，另拟的救济告知应当写明“应当先……申请行政复议”（行政复议法第二十三条）", "reconsideration comes first against this decision and the paragraph must say so (行政复议法 Art 23)")
	}
	f.out.Override = f.given[keyRemedyWhy]
}

// comesFirst is a sentence that says that reconsideration comes first: not any 先, as in 首先起诉.
var comesFirst = regexp.MustCompile(`[应须]当?先[^，。；\n]*行政复议`)

// reviewPeriod is the time for reconsideration, in figures or in words.
var reviewPeriod = regexp.MustCompile(`(^|[^0-9])60\s*[日天]|(^|[^一二三四五六七八九])六十[日天]`)

// halfWidth turns figures of full width into those of half width.
func halfWidth(r rune) rune {
	if r >= '０' && r <= '９' {
		return r - '０' + '0'
	}
	return r
}

// ground is the first ground of Arts 14 to 16 on which a part is withheld.
func (f *filling) ground() outcome.Basis {
	if f.kind.Basis != inPart {
		return ""
	}
	for n := 1; n <= maxParts; n++ {
		b := outcome.Basis(f.given["ground"+suffixOf(n)])
		if row, ok := outcome.Of(b); ok && row.Remedy == outcome.ReviewFirst {
			return b
		}
	}
	return ""
}
