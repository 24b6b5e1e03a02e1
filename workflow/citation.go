package workflow

import (
	"regexp"
	"strings"
)

var (
	citedArticles = regexp.MustCompile(`(?: ?(\d{4}))? ?\bArts? (\d+(?:\(\d+\))*(?:–\d+)?(?:, \d+(?:\(\d+\))*(?:–\d+)?)*)`)
	articleNumber = regexp.MustCompile(`\d+(?:–\d+)?`)
)

// CiteZH is a citation as the rows of the tables have it, "109号 Arts 2–6; 行政复议法 2023
// Art 23(1)", as a Chinese text has it: 109号第2–6条；行政复议法（2023年）第23条(1). Numbers in
// brackets stay as they are, because paragraphs and items are both written so.
func CiteZH(text string) string {
	text = strings.ReplaceAll(text, "; ", "；")
	return citedArticles.ReplaceAllStringFunc(text, func(cited string) string {
		m := citedArticles.FindStringSubmatch(cited)
		var b strings.Builder
		if m[1] != "" {
			b.WriteString("（" + m[1] + "年）")
		}
		for i, one := range strings.Split(m[2], ", ") {
			if i > 0 {
				b.WriteString("、")
			}
			number := articleNumber.FindString(one)
			b.WriteString("第" + number + "条" + one[len(number):])
		}
		return b.String()
	})
}
