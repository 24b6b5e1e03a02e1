package letter_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"gongkai/workflow"
	"gongkai/workflow/letter"
	"gongkai/workflow/outcome"
)

func reply(t testing.TB, basis outcome.Basis) letter.Kind {
	t.Helper()
	k, ok := letter.Of(letter.Reply, basis)
	if !ok {
		t.Fatalf("no reply on %s", basis)
	}
	return k
}

func part(l letter.Letter, role letter.Role) string {
	var out []string
	for _, b := range l.Blocks {
		if b.Role == role {
			out = append(out, b.Text)
		}
	}
	return strings.Join(out, "\n")
}

// TestRemedyByDate follows the paragraph of one basis through the changes of the law.
func TestRemedyByDate(t *testing.T) {
	t.Parallel()
	const (
		facts = "已依法定密"
		three = "或者自收到本答复之日起3个月内向某县人民法院提起行政诉讼"
		six   = "或者自收到本答复之日起6个月内向某县人民法院提起行政诉讼"
		first = "应当先自收到本答复之日起60日内向某县人民政府申请行政复议"
	)
	for _, test := range []struct {
		name         string
		basis        outcome.Basis
		arrived, day string
		want, not    string
		first        bool
	}{
		{"before 2015-05-01", "refused.state_secret", "2015-04-20", "2015-04-30", three, "应当先", false},
		{"from 2015-05-01", "refused.state_secret", "2015-04-20", "2015-05-01", six, "应当先", false},
		{"to 2023-12-31", "refused.state_secret", "2023-12-25", "2023-12-31", six, "应当先", false},
		{"from 2024-01-01", "refused.state_secret", "2023-12-25", "2024-01-01", first, "或者自收到", true},
		{"no refusal under Arts 14 to 16", "unavailable.nonexistent", "2026-03-02", "2026-03-20", six, "应当先", false},
		{"registry query", "refused.registry_query", "2026-03-02", "2026-03-20", six, "不予公开", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := given(t, settings("letter.online_review"), test.arrived, test.day)
			fields := scenarios(t)["reply."+string(test.basis)].fields
			if c.Application.Regime == workflow.R2008 && test.basis != "refused.state_secret" {
				t.Fatal("the test knows no basis of 2008 for it")
			}
			l, err := c.Compose(reply(t, test.basis), fields)
			if err != nil || len(l.Gaps) > 0 {
				t.Fatal(err, l.Gaps)
			}
			got := part(l, letter.Remedies)
			if !strings.Contains(got, test.want) || strings.Contains(got, test.not) || l.ReviewFirst != test.first {
				t.Errorf("first %v: %s", l.ReviewFirst, got)
			}
		})
	}
}

// TestPartsWithheld: reconsideration comes first only if a part falls under Arts 14 to 16,
// and each further part needs its ground and reason.
func TestPartsWithheld(t *testing.T) {
	t.Parallel()
	k := reply(t, "disclosed.in_part")
	base := func() map[string]string {
		return map[string]string{"given": "正文", "form": "纸质", "withheld": "附件", "ground": "other.not_government_information", "reason": "是党务信息"}
	}
	c := given(t, settings(), "2026-03-02", "2026-03-20")
	l, err := c.Compose(k, base())
	if err != nil || len(l.Gaps) > 0 || l.ReviewFirst || strings.Contains(text(l), "不予公开") {
		t.Errorf("no part under Arts 14 to 16: %v %v\n%s", err, l.Gaps, text(l))
	}
	more := base()
	more["withheld_2"] = "批注"
	if l, err = c.Compose(k, more); err != nil || len(l.Gaps) != 2 || l.Gaps[0].Element != "ground_2" || l.Gaps[1].Element != "reason_2" {
		t.Errorf("a part without ground and reason: %v %v", err, l.Gaps)
	}
	more["ground_2"], more["reason_2"] = "refused.deliberative", "是讨论记录"
	if l, err = c.Compose(k, more); err != nil || len(l.Gaps) > 0 || !l.ReviewFirst || !strings.Contains(part(l, letter.Remedies), "应当先") || !strings.Contains(part(l, letter.Remedies), "其他部分") {
		t.Errorf("mixed: %v %v\n%s", err, l.Gaps, text(l))
	}
}

// TestRegimeOf2008 cites the Regulation that binds, and asks for a basis where it has none.
func TestRegimeOf2008(t *testing.T) {
	t.Parallel()
	c := given(t, settings(), "2019-05-06", "2019-05-20")
	l, err := c.Compose(reply(t, "unavailable.nonexistent"), scenarios(t)["reply.unavailable.nonexistent"].fields)
	if err != nil || len(l.Gaps) > 0 || strings.Contains(text(l), "2008年") || !strings.Contains(text(l), "《中华人民共和国政府信息公开条例》第三十六条第四项") { // law.md 1.14: by the date of the decision
		t.Errorf("%v %v\n%s", err, l.Gaps, text(l))
	}
	before := given(t, settings(), "2019-05-06", "2019-05-14")
	l, err = before.Compose(reply(t, "unavailable.nonexistent"), scenarios(t)["reply.unavailable.nonexistent"].fields)
	if err != nil || len(l.Gaps) > 0 || !strings.Contains(text(l), "2008年施行的《中华人民共和国政府信息公开条例》第二十一条第三项") || strings.Contains(text(l), "第三十六条") {
		t.Errorf("%v %v\n%s", err, l.Gaps, text(l))
	}
	if l, err = c.Compose(reply(t, "other.other"), map[string]string{"facts": "并案", "decision": "并案办理"}); err != nil || !named(l, "legal_basis") {
		t.Errorf("a reply without a basis: %v %v", err, l.Gaps)
	}
	k, _ := letter.Of("extension", "")
	if gaps := c.Possible(k); len(gaps) != 1 || !strings.Contains(gaps[0].ZH, "2008年") {
		t.Errorf("a letter of 2019: %v", gaps)
	}
}

func named(l letter.Letter, element string) bool {
	return slices.ContainsFunc(l.Gaps, func(g letter.Gap) bool { return g.Element == element })
}

// TestPossible: by state, and of a reply by what the workflow would say of its decision.
func TestPossible(t *testing.T) {
	t.Parallel()
	d := func(s string) workflow.Date { return date(t, s) }
	decide := workflow.Act{Action: workflow.ActDecide, Date: d("2026-03-10"), Basis: "disclosed.provided", Document: "某教公开答〔2026〕3号"}
	chain := settings()
	chain.ReviewSteps = []workflow.Role{workflow.Supervisor}
	void := workflow.Act{Action: workflow.ActVoid, Date: d("2026-03-10"), Text: workflow.Text{Reason: "重复登记"}}
	for _, test := range []struct {
		name, id, day string
		set           workflow.Settings
		acts          []workflow.Act
		want          string // part of what is said; empty: possible
	}{
		{"supplement while it is examined", "supplement", "2026-03-20", settings(), nil, ""},
		{"supplement once decided", "supplement", "2026-03-20", settings(), []workflow.Act{decide}, "已签发待送达"},
		{"reply as decided", "reply.disclosed.provided", "2026-03-10", settings(), []workflow.Act{decide}, ""},
		{"reply on another basis", "reply.refused.state_secret", "2026-03-10", settings(), []workflow.Act{decide}, "予以公开"},
		{"reply of another day", "reply.disclosed.provided", "2026-03-11", settings(), []workflow.Act{decide}, "签发之日2026年3月10日"},
		{"reply before the chain is through", "reply.disclosed.provided", "2026-03-10", chain, nil, "尚不能作出该答复"},
		{"excessive without asking", "reply.not_processed.excessive", "2026-03-20", settings(), nil, "尚不能作出该答复"},
		{"lapse before the period is over", "reply.other.not_supplemented", "2026-03-04", settings(), []workflow.Act{{Action: workflow.ActRequestSupplement, Date: d("2026-03-03"), Receive: d("2026-03-04"), Workdays: 5, Text: workflow.Text{Items: []string{"名称"}}}}, "尚不能作出该答复"},
		{"void", "receipt", "2026-03-20", settings(), []workflow.Act{void}, "作废"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := given(t, test.set, "2026-03-02", test.day, test.acts...)
			key, basis, _ := strings.Cut(test.id, ".")
			k, ok := letter.Of(key, outcome.Basis(basis))
			if !ok {
				t.Fatal("no kind " + test.id)
			}
			l, err := c.Compose(k, scenarios(t)[test.id].fields)
			if err != nil {
				t.Fatal(err)
			}
			if len(l.Gaps) == 0 != (test.want == "") || test.want != "" && !slices.ContainsFunc(l.Gaps, func(g letter.Gap) bool { return strings.Contains(g.ZH, test.want) && g.EN != "" && g.Place != "" }) {
				t.Errorf("%v", l.Gaps)
			}
		})
	}
}

// TestFields refuses what a letter does not have, and what is malformed.
func TestFields(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, id, key, value string }{
		{"unknown", "receipt", "colour", "red"},
		{"of another kind", "receipt", "points", "名称"},
		{"of the case alone", "receipt", "receive_date", "2026-03-01"},
		{"of the setting alone", "receipt", "contact", "电话"},
		{"no day", "reasons", "reasons_due", "2026-02-30"},
		{"no number", "extension", "extension_workdays", "十"},
		{"too many workdays", "extension", "extension_workdays", "21"},
		{"no choice", "fee", "tariff", "FREE"},
		{"two lines", "receipt", "received_items", "甲\n乙"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			k, _ := letter.Of(test.id, "")
			fields := scenarios(t)[test.id].fields
			fields[test.key] = test.value
			_, err := given(t, settings(), "2026-03-02", "2026-03-20").Compose(k, fields)
			var wrong *letter.FieldError
			if !errors.As(err, &wrong) || wrong.Key != test.key || wrong.ZH == "" || strings.Contains(wrong.ZH+wrong.EN, "%!") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestThirdPartyIsNotTold who applied.
func TestThirdPartyIsNotTold(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"consultation", "overrule"} {
		k, _ := letter.Of(id, "")
		s := scenarios(t)[id]
		l := compose(t, k, s, settings())
		if strings.Contains(text(l), applicant) || strings.Contains(text(l), "2026-00012") {
			t.Errorf("%s names the applicant or the application:\n%s", id, text(l))
		}
		s.fields["extra"] = "申请人" + applicant + "来信所述"
		if l = compose(t, k, s, settings()); len(l.Warnings) == 0 {
			t.Errorf("%s: nothing warns of it", id)
		}
		for _, p := range letter.Placeholders(k) {
			if p.Name == "applicant" || p.Name == "address" {
				t.Errorf("a template of %s may hold %s", id, p.Name)
			}
		}
	}
}

// TestValuesAreNotExpanded: what a field holds is text, whatever it looks like.
func TestValuesAreNotExpanded(t *testing.T) {
	t.Parallel()
	s := scenarios(t)["reply.refused.internal_affairs"]
	s.fields["facts"] = "{legal_basis}{{title}}&<b>"
	if got := text(compose(t, reply(t, "refused.internal_affairs"), s, settings())); !strings.Contains(got, "{legal_basis}{{title}}&<b>") {
		t.Error(got)
	}
}

// TestExtensionOnRecord takes the days from the act, not from the fields.
func TestExtensionOnRecord(t *testing.T) {
	t.Parallel()
	extend := workflow.Act{Action: workflow.ActExtend, Date: date(t, "2026-03-20"), Workdays: 20, Text: workflow.Text{Reason: "需要检索的档案较多", Approver: "负责人"}}
	k, _ := letter.Of("extension", "")
	l, err := given(t, settings(), "2026-03-02", "2026-03-20", extend).Compose(k, nil)
	if got := text(l); err != nil || len(l.Gaps) > 0 || !strings.Contains(got, "至2026年3月30日届满。因需要检索的档案较多") || !strings.Contains(got, "延长20个工作日") || !strings.Contains(got, "至2026年4月28日届满") {
		t.Errorf("%v %v\n%s", err, l.Gaps, got)
	}
}

// TestExtensionAgainstRecord: a letter that tells other days than those on record, beside the
// last day that follows from the record, is not issued.
func TestExtensionAgainstRecord(t *testing.T) {
	t.Parallel()
	extend := workflow.Act{Action: workflow.ActExtend, Date: date(t, "2026-03-20"), Workdays: 20, Text: workflow.Text{Reason: "需要检索的档案较多", Approver: "负责人"}}
	k, _ := letter.Of("extension", "")
	c := given(t, settings(), "2026-03-02", "2026-03-20", extend)
	if l, err := c.Compose(k, map[string]string{"extension_workdays": "10"}); err != nil || !named(l, "extension_workdays") {
		t.Errorf("10 days where 20 are on record: %v %v\n%s", err, l.Gaps, text(l))
	}
	if l, err := c.Compose(k, map[string]string{"extension_workdays": "20"}); err != nil || len(l.Gaps) > 0 {
		t.Errorf("the days on record: %v %v", err, l.Gaps)
	}
}

// TestSeparateTemplates: a template that leaves the text to itself must hold all that the
// kind requires.
func TestSeparateTemplates(t *testing.T) {
	t.Parallel()
	k, _ := letter.Of("extension", "")
	has := []string{"organ", "date", "number", "addressee"}
	var lacks []string
	for _, p := range letter.Lacks(k, has) {
		lacks = append(lacks, p.Name)
	}
	if got := strings.Join(lacks, " "); got != "application_no receive_date subject original_due extension_reason extension_workdays head_agreed" {
		t.Errorf("without {{body}} it lacks %s", got)
	}
	if got := letter.Lacks(k, append(has, "body")); len(got) > 0 {
		t.Errorf("with {{body}} it lacks %v", got)
	}
	if got := letter.Lacks(letter.AnyReply(), append(has, "body")); len(got) != 1 || got[0].Name != "remedy" {
		t.Errorf("a reply lacks %v", got)
	}
}

// TestWarnings: each warning comes where it should, and nowhere else.
func TestWarnings(t *testing.T) {
	t.Parallel()
	d := func(s string) workflow.Date { return date(t, s) }
	fee := workflow.Act{Action: workflow.ActNotifyFee, Date: d("2026-03-03"), Amount: 100_00, Tariff: workflow.PerPage}
	asked := []workflow.Act{
		{Action: workflow.ActConsult, Date: d("2026-03-03"), Consulted: workflow.ThirdParty, Receive: d("2026-03-04")},
		{Action: workflow.ActReceiveOpinion, Date: d("2026-03-10"), Opinion: workflow.Consent, Consultation: 1},
	}
	for _, test := range []struct {
		name, id string
		change   func(*letter.Case, map[string]string)
		acts     []workflow.Act
		want     string
	}{
		{"online", "reply.disclosed.provided", func(c *letter.Case, _ map[string]string) {
			c.Application.Channel = workflow.Email
			c.Rules.Settings = settings("letter.online_review")
		}, nil, "letter.online_review"},
		{"other words", "reply.disclosed.provided", func(_ *letter.Case, f map[string]string) {
			f["remedy_text"], f["remedy_reason"] = "可以自收到本答复之日起60日内向某县人民政府申请行政复议，或者提起行政诉讼。", "法制科要求"
		}, nil, "另拟的文字"},
		{"another fee", "fee", func(*letter.Case, map[string]string) {}, []workflow.Act{fee}, "不一致"},
		{"late", "reply.disclosed.provided", func(c *letter.Case, _ map[string]string) { c.Day = d("2026-05-06") }, nil, "已超过答复期限"},
		{"no word", "receipt", func(c *letter.Case, _ map[string]string) { c.Rules.Settings = settings("number.word") }, nil, "number.word"},
		{"a word too much", "reply.unavailable.nonexistent", func(_ *letter.Case, f map[string]string) { f["search_result"] = "不存在，不予公开" }, nil, "请不要写"},
		{"consent", "reply.refused.trade_secret", func(*letter.Case, map[string]string) {}, asked, "第三方同意"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			key, basis, _ := strings.Cut(test.id, ".")
			k, _ := letter.Of(key, outcome.Basis(basis))
			c, fields := given(t, settings(), "2026-03-02", "2026-03-20", test.acts...), scenarios(t)[test.id].fields
			test.change(&c, fields)
			l, err := c.Compose(k, fields)
			if err != nil || len(l.Warnings) != 1 || !strings.Contains(l.Warnings[0].ZH, test.want) || l.Warnings[0].EN == "" {
				t.Errorf("%v %v", err, l.Warnings)
			}
		})
	}
}

// TestClearedField: what an officer emptied is missing; the case's own words do not come back.
func TestClearedField(t *testing.T) {
	t.Parallel()
	cleared := 0
	for id, s := range scenarios(t) {
		key, basis, _ := strings.Cut(id, ".")
		k, ok := letter.Of(key, outcome.Basis(basis))
		if !ok {
			t.Fatalf("no letter %s", id)
		}
		for _, e := range k.Elements {
			if e.Source != letter.FromEither {
				continue
			}
			fields := maps.Clone(s.fields)
			if fields == nil {
				fields = map[string]string{}
			}
			fields[e.Key] = " "
			c := given(t, settings(), s.arrived, s.day, s.acts...)
			l, err := c.Compose(k, fields)
			if err != nil {
				t.Fatalf("%s: %v", id, err)
			}
			if l.Raw[e.Key] != "" || e.Required && !named(l, e.Key) {
				t.Errorf("%s: %s was cleared and is %q again", id, e.Key, l.Raw[e.Key])
			}
			cleared++
		}
	}
	if cleared < 30 {
		t.Errorf("only %d fields were cleared", cleared)
	}
}
