package report

import (
	"slices"
	"strings"
)

// The identities of the forms. None of the coded table's was ever published; they follow
// from its hierarchy. Those of the later forms are printed in them.

// one is a part for each cell.
func one(keys ...string) []part {
	parts := make([]part, len(keys))
	for i, key := range keys {
		parts[i] = part{keys: []string{key}}
	}
	return parts
}

var replyCodes = []string{"3310", "3320", "3330", "3340", "3350", "3360", "3370", "3380"}

var codeRules = []rule{
	{id: "A1", left: one("3110", "3120", "3130", "3140"), right: one("3100"), zh: "各渠道申请数之和＝收到申请数3100", en: "applications by channel = received 3100"},
	{id: "A2", left: one("3210", "3220"), right: one("3200"), zh: "按时办结3210＋延期办结3220＝申请办结数3200", en: "in time 3210 + extended 3220 = concluded 3200"},
	{id: "A3", left: one(replyCodes...), right: one("3300"), zh: "各类答复数之和＝申请答复数3300", en: "replies by kind = replies 3300"},
	{id: "A4", left: one("3341", "3342", "3343", "3344", "3345", "3346"), right: one("3340"), zh: "各不同意理由数之和＝不同意公开答复数3340", en: "refusals by ground = refusals 3340"},
	{id: "A5/4000", left: one("4100", "4200", "4300"), right: one("4000"), zh: "各复议结果数之和＝行政复议数量4000", en: "reconsiderations by result = reconsiderations 4000"},
	{id: "A5/5000", left: one("5100", "5200", "5300"), right: one("5000"), zh: "各诉讼结果数之和＝行政诉讼数量5000", en: "suits by result = suits 5000"},
	{id: "A6", left: one("8310", "8320"), right: one("8300"), zh: "专职8310＋兼职8320＝工作人员数8300", en: "full time 8310 + part time 8320 = staff 8300"},
	{id: "A7/2211", left: one("2211"), right: one("2210"), relation: atMost, zh: "主要负责同志参加新闻发布会2211≤新闻发布会2210", en: "press conferences with the principal 2211 ≤ all 2210"},
	{id: "A7/2221", left: one("2221"), right: one("2220"), relation: atMost, zh: "主要负责同志在线访谈2221≤在线访谈2220", en: "interviews with the principal 2221 ≤ all 2220"},
	{id: "A7/1110", left: one("1110"), right: one("1100"), relation: atMost, zh: "其中1110≤主动公开政府信息数1100", en: "of these 1110 ≤ items disclosed 1100"},
}

var lateCodeRules = []rule{
	{id: "A9", left: one("3200"), right: one("3300"), soft: true, zh: "申请办结数3200与申请答复数3300", en: "concluded 3200 and replies 3300"},
	{id: "A10", left: one("backlogIn", "3100"), right: one("3200", "backlogOut"), zh: "年初未办结＋收到申请数3100＝申请办结数3200＋年末未办结", en: "open at the start + received 3100 = concluded 3200 + open at the end"},
}

// rulesForCodes adds A8, whose rows depend on the variant: Shanghai prints the gazette
// under 1110. One item disclosed in two ways counts once in 1100.
func rulesForCodes(g grid) []rule {
	ways := []string{"1110", "1220", "1230", "1240", "1250"}
	for _, national := range []string{"1120", "1210", "8400"} {
		if _, ok := g[national]; ok {
			ways[0] = "1210"
		}
	}
	rules := append(slices.Clone(codeRules), rule{
		id: "A8", left: one(ways...), right: one("1100"), relation: atLeast, soft: true,
		zh: "各渠道公开数之和≥主动公开政府信息数1100", en: "items by way ≥ items disclosed 1100",
	})
	for _, way := range ways {
		if way == "1110" {
			continue // A7 asks the same
		}
		rules = append(rules, rule{
			id: "A8/" + way, left: one(way), right: one("1100"), relation: atMost, soft: true,
			zh: "分渠道公开数" + way + "≤主动公开政府信息数1100", en: "items by one way " + way + " ≤ items disclosed 1100",
		})
	}
	return append(rules, lateCodeRules...)
}

// blocks are the groups of rows of table 三 that older files give as one sum.
var blocks = []struct {
	name, zh string
	rows     []string
}{
	{"denied", "不予公开", rowsOf("denied.")},
	{"unable", "无法提供", rowsOf("unable.")},
	{"notProcessed", "不予处理", rowsOf("notProcessed.")},
	{"other", "其他处理", []string{"other.notCorrectedInTime", "other.feeNotPaid", "other.other"}},
}

func rowsOf(prefix string) []string {
	var keys []string
	for _, r := range resultRows {
		if len(r.Key) > len(prefix) && r.Key[:len(prefix)] == prefix {
			keys = append(keys, r.Key)
		}
	}
	return keys
}

// block is a group of rows in one column, or what stands for it there.
func block(i int, column string) part {
	b := blocks[i]
	p := part{keys: make([]string, len(b.rows)), standIn: []string{b.name + "/" + column, sumKey(b.name, column)}}
	for j, row := range b.rows {
		p.keys[j] = row + "/" + column
	}
	return p
}

// sumKey is the place of a blockSums entry.
func sumKey(block, column string) string { return "blockSums." + block + "/" + column }

// earlier is the place of a figure of the report of the year before.
func earlier(key string) string { return "year before: " + key }

func rulesForTables(g grid, form Form, withEarlier bool) []rule {
	var rules []rule
	for _, c := range applicantColumns {
		rules = append(rules, rule{
			id: "B1/" + c.Key, left: one("newReceived/"+c.Key, "carriedIn/"+c.Key), right: one("total/"+c.Key, "carriedForward/"+c.Key),
			zh: c.LabelZH + "：本年新收＋上年结转＝办理总计＋结转下年", en: c.LabelEN + ": new + carried over = handled + carried forward",
		})
	}
	for _, c := range applicantColumns {
		parts := one("granted/"+c.Key, "partial/"+c.Key)
		for i := range blocks {
			parts = append(parts, block(i, c.Key))
		}
		rules = append(rules, rule{
			id: "B2/" + c.Key, left: parts, right: one("total/" + c.Key),
			zh: c.LabelZH + "：各类办理结果之和＝办理总计", en: c.LabelEN + ": results = handled",
		})
	}
	rules = append(rules, blockRules(g)...)
	rules = append(rules, columnRules(g, form)...)
	for _, r := range remedyRows {
		if !r.Heading() {
			rules = append(rules, rule{
				id: "C1/" + r.Key, left: one(r.Key+"/upheld", r.Key+"/corrected", r.Key+"/other", r.Key+"/pending"),
				right: one(r.Key + "/total"), zh: r.LabelZH + "：各类结果之和＝总计", en: r.LabelEN + ": results = total",
			})
		}
	}
	if withEarlier {
		rules = append(rules, earlierRules(g, form)...)
	}
	return rules
}

// blockRules compares a block's printed sum with its rows where a file gives both.
func blockRules(g grid) []rule {
	var rules []rule
	for i, b := range blocks {
		for _, c := range applicantColumns {
			p := block(i, c.Key)
			if f := g.side([]part{{keys: p.keys}}); !f.known {
				continue
			}
			for _, key := range p.standIn {
				if _, ok := g[key]; ok {
					rules = append(rules, rule{
						id: "B2/" + b.name + "/" + c.Key, left: one(p.keys...), right: one(key),
						zh: b.zh + "（" + c.LabelZH + "）：各项之和＝合计", en: b.name + ", " + c.LabelEN + ": rows = printed sum",
					})
				}
			}
		}
	}
	return rules
}

// columnRules is B3 for each row of the form. Where 其他处理 is printed as one row, that
// row takes the place of the three, and the other way round.
func columnRules(g grid, form Form) []rule {
	single, split := g.given("other"), false
	for _, key := range blocks[len(blocks)-1].rows {
		split = split || g.given(key)
	}
	if !single && !split {
		single, split = form == Table2019, form == Table2021
	}
	var rules []rule
	for _, r := range readRows {
		switch {
		case r.Heading(), r.Key == "other" && !single, strings.HasPrefix(r.Key, "other.") && !split:
			continue
		}
		rules = append(rules, rule{
			id: "B3/" + r.Key, left: one(kindCells(r.Key)...), right: one(r.Key + "/total"),
			zh: r.Title() + "：各类申请人之和＝总计", en: r.LabelEN + ": applicants = total",
		})
	}
	return rules
}

// readRows are the rows that a published table 三 may have: 其他处理 in both prints.
var readRows = applicationRows(slices.Concat(other2019, other2021))

// given reports whether a row has any figure.
func (g grid) given(row string) bool {
	_, total := g[row+"/total"]
	return total || slices.ContainsFunc(kindCells(row), func(key string) bool { _, ok := g[key]; return ok })
}

// kindCells are the cells of a row but the total.
func kindCells(row string) []string {
	keys := make([]string, 0, len(applicantColumns))
	for _, c := range applicantColumns {
		if len(c.Sum) == 0 {
			keys = append(keys, row+"/"+c.Key)
		}
	}
	return keys
}

// earlierRules compare with the report of the year before: what it carried forward, and
// which documents it had in force (soft: corrections of earlier counts are lawful).
func earlierRules(g grid, form Form) []rule {
	var rules []rule
	for _, c := range applicantColumns {
		rules = append(rules, rule{
			id: "B4/" + c.Key, left: one(earlier("carriedForward/" + c.Key)), right: one("carriedIn/" + c.Key),
			zh: c.LabelZH + "：上年报告的结转下年＝本年报告的上年结转", en: c.LabelEN + ": carried forward by last year's report = carried over here",
		})
	}
	if form != Table2021 {
		return rules
	}
	for _, r := range proactive2021[0].Rows {
		if _, ok := g[r.Key+".inForce"]; !ok {
			continue
		}
		rules = append(rules, rule{
			id: "T2/" + r.Key, left: one(earlier(r.Key+".inForce"), r.Key+".made"), right: one(r.Key+".inForce", r.Key+".repealed"), soft: true,
			zh: r.LabelZH + "：上年现行有效＋本年制发＝现行有效＋本年废止", en: r.LabelEN + ": in force last year + made = in force + repealed",
		})
	}
	return rules
}

// The provincial layout before 2019 (Fujian): each row for the year and since 2008.

var cumulativeRows = []struct{ key, zh, en string }{
	{"proactiveDocs", "主动公开政府信息数", "items disclosed"},
	{"proactiveDocs.website", "政府网站公开数", "items on the website"},
	{"proactiveDocs.gazette", "政府公报公开数", "items in the gazette"},
	{"received", "收到申请数", "applications received"},
	{"received.inPerson", "当面申请数", "received in person"},
	{"received.online", "网络申请数", "received online"},
	{"received.letterFax", "信函、传真申请数", "received by letter or fax"},
	{"replies", "答复数", "replies"},
	{"replies.granted", "同意公开答复数", "disclosed"},
	{"replies.partial", "同意部分公开答复数", "disclosed in part"},
	{"replies.denied", "不予公开答复数", "refused"},
	{"replies.otherTypes", "其他类型答复数", "other replies"},
	{"feeWaivedYuan", "减免费用（元）", "fees waived (yuan)"},
	{"complaints", "举报投诉数", "complaints"},
	{"review", "行政复议数", "reconsiderations"},
	{"litigation", "行政诉讼数", "suits"},
}

var cumulativeSums = []struct {
	id, total string
	parts     []string
	zh, en    string
}{
	{"F1", "received", []string{"received.inPerson", "received.online", "received.letterFax"}, "当面＋网络＋信函传真＝收到申请数", "in person + online + letter or fax = received"},
	{"F2", "replies", []string{"replies.granted", "replies.partial", "replies.denied", "replies.otherTypes"}, "同意＋部分＋不予＋其他＝答复数", "disclosed + in part + refused + other = replies"},
	{"F3", "proactiveDocs", []string{"proactiveDocs.website", "proactiveDocs.gazette"}, "网站＋公报＝主动公开政府信息数", "website + gazette = items disclosed"},
}

var cumulativeColumns = []Column{
	{Key: "year", LabelZH: "年度", LabelEN: "year"},
	{Key: "cumulative", LabelZH: "历年累计", LabelEN: "since 2008"},
}

func rulesForCumulative() []rule {
	var rules []rule
	for _, s := range cumulativeSums {
		for _, c := range cumulativeColumns {
			parts := make([]string, len(s.parts))
			for i, key := range s.parts {
				parts[i] = key + "/" + c.Key
			}
			rules = append(rules, rule{
				id: s.id + "/" + c.Key, left: one(parts...), right: one(s.total + "/" + c.Key),
				zh: c.LabelZH + "：" + s.zh, en: c.LabelEN + ": " + s.en,
			})
		}
	}
	for _, r := range cumulativeRows {
		rules = append(rules, rule{
			id: "F4/" + r.key, left: one(earlier(r.key+"/cumulative"), r.key+"/year"), right: one(r.key + "/cumulative"),
			zh: r.zh + "：上年累计＋本年＝累计", en: r.en + ": total of last year's report + this year = total",
		})
	}
	return rules
}
