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

// sources are the laws and kinds of documents that the service cites, by the names they have
// in English. Those of documents are usually given in pinyin.
var sources = strings.NewReplacer(
	"《条例》", "Regulation ", "行政复议法", "Administrative Reconsideration Law", "行政诉讼法", "Administrative Litigation Law", "民法典", "Civil Code",
	"《国务院关于职工工作时间的规定》", "State Council Provisions on Working Hours",
	"国办公开办函", "Guobangongkaibanhan ", "国办发明电", "Guobanfamingdian ", "国办函", "Guobanhan ", "国办发", "Guobanfa ", "法释", "Fashi ",
	"一(", "I(", "二(", "II(", "三(", "III(", "一)", "1)", "二)", "2)", "三)", "3)", "四)", "4)",
	"；", "; ", "、", ", ", "〔", "[", "〕", "] ",
)

var documentNumber = regexp.MustCompile(`(\d+)号`)

// cited writes the sources that the service names, "《条例》2019 Arts 32, 33(3)", as each
// language has them: 《条例》（2019年）第32条、第33条(3).
func cited(l language, text string) string {
	if bareArticles.MatchString(text) {
		text = "Art " + text
	}
	if l == english {
		return documentNumber.ReplaceAllString(sources.Replace(text), "No. $1")
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
