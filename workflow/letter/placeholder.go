package letter

import "slices"

// Placeholder is what a template may hold in {{ }}.
type Placeholder struct {
	Name     string
	Label    Text
	Required bool // every template of the kind must hold it
}

const (
	placeBody   = "body"
	placeRows   = "rows"
	placeRemedy = "remedy"
)

// common are those of every kind; the applicant stands in none that goes to a third party.
var common = []Placeholder{
	{"organ", Text{"发文机关", "agency"}, false},
	{"title", Text{"标题", "title"}, false},
	{"date", Text{"成文日期", "date"}, false},
	{"application_no", Text{"申请编号", "application number"}, false},
	{"receive_date", Text{"收到申请之日", "day of receipt"}, false},
	{"channel", Text{"申请方式", "channel"}, false},
	{"arrive_date", Text{"到达日期", "day of arrival"}, false},
	{"due", Text{"答复期限", "last day for the reply"}, false},
	{"you", Text{"对收件人的称呼", "how the addressee is called"}, false},
}

// Placeholders are those that a template of a kind may hold. Where the text of the letter is
// left to the template, in place of {{body}} or the rows, each required element must stand in
// it: see Lacks.
func Placeholders(k Kind) []Placeholder {
	var out []Placeholder
	add := func(name, zh, en string, required bool) {
		if !slices.ContainsFunc(out, func(p Placeholder) bool { return p.Name == name }) {
			out = append(out, Placeholder{name, Text{zh, en}, required})
		}
	}
	if k.Addressee == File {
		add(placeRows, "表格的行", "rows of the form", false)
		add("label", "行的名称，用于{{#rows}}与{{/rows}}之间", "name of a row, between {{#rows}} and {{/rows}}", false)
		add("value", "行的内容，用于{{#rows}}与{{/rows}}之间", "text of a row, between {{#rows}} and {{/rows}}", false)
	} else {
		add("organ", "发文机关", "agency", true)
		add("date", "成文日期", "date", true)
		add("number", "发文字号", "document number", k.Number != "")
		add(keyAddressee, "主送", "addressee", true)
		add(placeBody, "正文：含依据、事实和决定", "text with basis, facts and decision", k.Key == Reply)
		add(placeRemedy, "救济告知", "remedy paragraph", k.Remedy != NoRemedy)
		add(keyEnclosures, "附件说明", "list of enclosures", false)
		add(keyContact, "联系方式", "contact", false)
	}
	for _, p := range common {
		add(p.Name, p.Label.ZH, p.Label.EN, false)
	}
	if k.Addressee == Applicant || k.Addressee == File {
		add("applicant", "申请人", "applicant", false)
		add("address", "申请人地址", "address of the applicant", false)
	}
	if k.Key == Reply && k.Basis == "" {
		return out
	}
	for _, e := range k.Elements {
		if e.Key != keyRemedyText && e.Key != keyRemedyWhy {
			add(e.Key, e.Label.ZH, e.Label.EN, false)
		}
	}
	return out
}

// Lacks are the placeholders that a template of a kind must hold and does not, given those
// that it holds.
func Lacks(k Kind, has []string) []Placeholder {
	var out []Placeholder
	free := !slices.Contains(has, placeBody) && !slices.Contains(has, placeRows)
	for _, p := range Placeholders(k) {
		e := slices.IndexFunc(k.Elements, func(e Element) bool { return e.Key == p.Name })
		said := e >= 0 && k.Elements[e].Required && k.Elements[e].Source != FromSetting
		if (p.Required || free && said) && !slices.Contains(has, p.Name) {
			out = append(out, p)
		}
	}
	return out
}

// AnyReply is the kind of a template for the replies on every basis that has none of its own.
func AnyReply() Kind {
	k := replies[0]
	k.Basis, k.Elements, k.body, k.Label = "", nil, nil, Text{"答复书", "reply"}
	return k
}
