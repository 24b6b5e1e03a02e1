package web

import (
	"regexp"
	"strings"
)

var (
	citedArticles = regexp.MustCompile(`(?: ?(\d{4}))? ?\bArts? (\d+(?:\(\d+\))*(?:–\d+)?(?:, \d+(?:\(\d+\))*(?:–\d+)?)*)`)
	bareArticles  = regexp.MustCompile(`^\d+(?:\(\d+\))*(?:, \d+(?:\(\d+\))*)*$`)
	articleNumber = regexp.MustCompile(`\d+(?:–\d+)?`)
)

// cited writes the articles that the service names, "Arts 32, 33(3)", as each language has
// them: 第32条、第33条(3).
func cited(l language, text string) string {
	if bareArticles.MatchString(text) {
		text = "Art " + text
	}
	if l == english {
		return text
	}
	return citedArticles.ReplaceAllStringFunc(strings.ReplaceAll(text, "; ", "；"), func(found string) string {
		m := citedArticles.FindStringSubmatch(found)
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
