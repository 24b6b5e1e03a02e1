package letter_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/letter"
	"gongkai/workflow/outcome"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func date(t testing.TB, text string) workflow.Date {
	t.Helper()
	d, err := calendar.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// settings are those of an office that has set all that letters need.
func settings(without ...string) workflow.Settings {
	out := workflow.Settings{}
	for key, value := range map[string]string{
		"remedy.review_organ": "某县人民政府", "remedy.court": "某县人民法院", "number.word": "某教",
		"letter.contact":       "联系人李某，电话0000-1234567，地址某县某路1号，邮编100000",
		"letter.online_review": "https://fuyi.example.gov.cn",
	} {
		if !slices.Contains(without, key) {
			out = out.With(key, workflow.SettingValue{From: calendar.New(2008, 5, 1), Value: value})
		}
	}
	return out
}

const applicant = "张𠮷"

// given is an application that arrived on a day, with acts.
func given(t testing.TB, s workflow.Settings, arrived, day string, acts ...workflow.Act) letter.Case {
	t.Helper()
	rules := workflow.Rules{Calendar: calendar.Embedded(), Settings: s}
	rules.Prior = func(number string) *workflow.Application {
		if number != "2025-00007" {
			return nil
		}
		return &workflow.Application{ID: 7, ApplicationNo: number, Applicant: workflow.Applicant{Kind: workflow.NaturalPerson, Name: applicant}, State: workflow.Closed, Replies: []workflow.Reply{{
			Basis: "disclosed.provided", DocumentNo: "某教公开答〔2025〕8号", DecideDate: date(t, "2025-06-10"), DeliverDate: date(t, "2025-06-12"),
		}}}
	}
	today := date(t, "2026-12-31")
	submit := workflow.Act{Action: workflow.ActSubmit, Date: date(t, arrived), Channel: workflow.InPerson, Kind: workflow.NaturalPerson}
	a, _, err := rules.Register(workflow.Application{
		Agency: "own", ApplicationNo: "2026-00012", Applicant: workflow.Applicant{Kind: workflow.NaturalPerson, Name: applicant, Address: "某县某路2号", Postcode: "100001"},
		Description: "2025年全县中小学校舍安全\n检查报告。",
	}, submit, workflow.Person{}, today)
	if err != nil {
		t.Fatal(err)
	}
	for _, act := range acts {
		if a, _, err = rules.Apply(a, act, workflow.Person{}, today); err != nil {
			t.Fatalf("%s: %v", act.Action, err)
		}
	}
	by := workflow.Person{Name: "agencies/own/principals/zhao", Role: workflow.Supervisor}
	return letter.Case{Application: &a, Rules: rules, By: by, Agency: "某县教育局", Day: date(t, day), Number: "某教公开答〔2026〕3号"}
}

// scenario is a case in which a kind is possible, with fields that make it whole.
type scenario struct {
	arrived, day string
	acts         []workflow.Act
	fields       map[string]string
}

// scenarios has one for each kind, by its ID.
func scenarios(t testing.TB) map[string]scenario {
	t.Helper()
	d := func(s string) workflow.Date { return date(t, s) }
	asked := workflow.Act{Action: workflow.ActRequestSupplement, Date: d("2026-03-03"), Receive: d("2026-03-04"), Workdays: 5, Text: workflow.Text{Items: []string{"“有关材料”的名称不明确", "没有写明年度"}}}
	supplemented := workflow.Act{Action: workflow.ActSubmitSupplement, Date: d("2026-03-10")}
	consult := workflow.Act{Action: workflow.ActConsult, Date: d("2026-03-03"), Consulted: workflow.ThirdParty, Receive: d("2026-03-04"), Text: workflow.Text{Party: "某建设有限公司"}}
	objected := workflow.Act{Action: workflow.ActReceiveOpinion, Date: d("2026-03-10"), Opinion: workflow.Objection, Consultation: 1}
	askReasons := workflow.Act{Action: workflow.ActAskReasons, Date: d("2026-03-03"), Due: d("2026-03-12")}
	gave := func(good bool) workflow.Act {
		return workflow.Act{Action: workflow.ActReceiveReasons, Date: d("2026-03-10"), Accepted: good}
	}
	fee := workflow.Act{Action: workflow.ActNotifyFee, Date: d("2026-03-03"), Receive: d("2026-03-04"), Amount: 100_00, Tariff: workflow.PerRequest}
	f := func(pairs ...string) map[string]string {
		out := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i]] = pairs[i+1]
		}
		return out
	}
	const arrived, day = "2026-03-02", "2026-03-20"
	plain := func(pairs ...string) scenario { return scenario{arrived, day, nil, f(pairs...)} }
	after := func(acts []workflow.Act, pairs ...string) scenario { return scenario{arrived, day, acts, f(pairs...)} }
	old := func(pairs ...string) scenario { return scenario{"2019-05-06", "2019-05-20", nil, f(pairs...)} }
	third := []workflow.Act{consult, objected}
	return map[string]scenario{
		"receipt":           plain("received_items", "申请表1份、身份证明复印件1份"),
		"supplement":        plain("points", "“有关材料”的名称不明确\n没有写明年度", "guidance", "请写明文件的名称或者文号，以及所属年度", "supplement_period", "收到本告知书之日起10个工作日内"),
		"reasons":           plain("count", "2026年1月至2月向本机关提出政府信息公开申请120件", "reasons_due", "2026-04-03"),
		"deferral":          after([]workflow.Act{askReasons, gave(true)}, "defer_due", "2026-06-30"),
		"extension":         plain("extension_reason", "申请的信息分散在12个年度的档案中，检索、核对工作量大", "extension_workdays", "10", "head_agreed", "yes"),
		"consulting_notice": after([]workflow.Act{consult}),
		"consultation":      after([]workflow.Act{consult}, "information", "《某工程施工合同》（某建〔2025〕3号）", "enclosures", "政府信息公开意见回函"),
		"opinion_form":      after([]workflow.Act{consult}, "information", "《某工程施工合同》（某建〔2025〕3号）"),
		"overrule":          after(third, "information", "《某工程施工合同》（某建〔2025〕3号）", "interest_reasons", "该工程关系学生人身安全，公众需要了解工程质量责任"),
		"co_maker":          plain("addressee", "某县发展和改革局", "information", "《关于某项目的联合批复》（某发改〔2025〕9号）"),
		"inquiry":           plain("addressee", "某县教育局基建科", "information", "2025年校舍安全检查报告", "request", "检索是否保存该信息\n提出能否公开的意见及其依据", "answer_due", "2026-03-27"),
		"secrecy_review":    plain("information", "2025年校舍安全检查报告"),
		"fee":               plain("tariff", "PER_PAGE", "quantity", "250", "pay_way", "某县财政非税收入专户，缴费码0000"),
		"correction":        plain("record", "《学籍登记表》中的出生日期", "evidence", "户口簿复印件1份", "facts", "经核对户籍信息，记录的出生日期有误", "decision", "corrected"),
		"transfer":          plain("addressee", "某县信访局", "matter", "反映某小学教师违规补课，要求查处"),
		"withdrawal":        plain(), "case_sheet": after([]workflow.Act{asked, supplemented}),
		"delivery_receipt": plain("document", "政府信息公开申请答复书，某教公开答〔2026〕3号", "document_copies", "1份，附件2页"),
		"approval":         plain("proposal", "拟予以公开\n依据：《条例》第三十六条第二项"),

		"reply.disclosed.already_public":         plain("way", "某县政府网站“政府信息公开”栏目，https://www.example.gov.cn/a/1.html", "since", "2026-01-15"),
		"reply.disclosed.provided":               plain("information", "《2025年全县中小学校舍安全检查报告》，12页", "form", "纸质复印件", "enclosures", "2025年全县中小学校舍安全检查报告（12页）"),
		"reply.disclosed.in_part":                after(third, "given", "《某工程施工合同》正文，20页", "form", "电子文件", "withheld", "附件三报价明细", "ground", "refused.trade_secret", "reason", "属于第三方商业秘密", "withheld_2", "批注的手写意见", "ground_2", "refused.deliberative", "reason_2", "属于作出批复前的讨论记录"),
		"reply.refused.state_secret":             plain("facts", "该信息已依法确定为国家秘密，尚在保密期限内"),
		"reply.refused.prohibited_by_law":        plain("law", "《中华人民共和国某法》第二十条", "facts", "该信息是依照上述法律取得的统计调查资料"),
		"reply.refused.security_stability":       plain("interest", "public", "facts", "该信息载明校园安防设施的位置和薄弱环节，公开后可能被用于实施侵害"),
		"reply.refused.trade_secret":             after(third, "facts", "该合同的报价构成不为公众知悉，第三方采取了保密措施"),
		"reply.refused.personal_privacy":         after(third, "facts", "该名册载有学生的健康信息"),
		"reply.refused.third_party_other":        after(third, "right", "著作权", "facts", "该设计图为未发表的作品"),
		"reply.refused.internal_affairs":         plain("internal_kind", "logistics", "facts", "该信息为本机关车辆使用登记，不对外产生影响"),
		"reply.refused.deliberative":             plain("process_kind", "discussion", "final_act", "《某规划》批准", "facts", "公开讨论记录将影响坦率的意见交换"),
		"reply.refused.enforcement_file":         plain("case_file", "某培训机构违法办学案", "facts", "该信息为调查笔录", "inspection", "依照《中华人民共和国行政处罚法》向本机关申请查阅"),
		"reply.refused.registry_query":           plain("registry_kind", "不动产登记资料", "law", "《不动产登记暂行条例》第二十七条", "registry", "某县不动产登记中心，某路8号，查询人须携带身份证明"),
		"reply.unavailable.not_our_remit":        plain("facts", "校舍竣工验收备案由住房和城乡建设部门负责，本机关未获取该信息", "responsible_organ", "某县住房和城乡建设局，电话0000-7654321"),
		"reply.unavailable.nonexistent":          plain("search", "在本机关档案室和办公系统以“校舍安全”“检查报告”为关键词，检索2025年1月至12月的全部文件", "search_result", "本机关未制作也未获取该信息"),
		"reply.unavailable.needs_creation":       plain("needed", "需要从36所学校的报表中逐项汇总、统计", "existing", "《2025年教育事业统计简报》"),
		"reply.unavailable.still_unclear":        after([]workflow.Act{asked, supplemented}, "supplement_content", "申请“2025年的全部材料”", "facts", "“全部材料”仍不能指向特定的政府信息，经电话沟通仍未明确"),
		"reply.not_processed.petition":           plain("facts", "申请内容为要求查处某教师违规补课", "channel_for", "某县信访局，电话0000-2222222"),
		"reply.not_processed.repeat":             plain("prior_application_no", "2025-00007", "facts", "两次申请的内容相同"),
		"reply.not_processed.publication":        plain("publication", "《某县年鉴（2025）》", "where", "某县图书馆、新华书店"),
		"reply.not_processed.excessive":          after([]workflow.Act{askReasons, gave(false)}, "count", "2026年1月至2月向本机关提出政府信息公开申请120件", "reasons_given", "“想了解情况”", "facts", "没有说明获取120件信息的正当用途"),
		"reply.not_processed.reissue":            plain("obtained", "《2024年校舍安全检查报告》", "obtained_date", "2025-05-06", "legal_basis", "本机关《政府信息公开申请办理规则》第十二条的规定"),
		"reply.other.not_supplemented":           after([]workflow.Act{asked}),
		"reply.other.fee_unpaid":                 {arrived, "2026-04-20", []workflow.Act{fee}, nil},
		"reply.other.not_government_information": plain("facts", "该信息为某学校党支部的会议记录，不是在履行行政管理职能过程中制作或者获取", "party_affairs", "yes"),
		"reply.refused.no_special_need":          old("facts", "没有说明与自身的关系"),
		"reply.refused.other_statutory":          old("law", "《某条例》第九条", "facts", "该信息为审计工作底稿"),
		"reply.other.other_channel":              old("facts", "该信息可以通过档案利用获取", "channel_for", "某县档案馆，某路3号"),
		"reply.other.other":                      plain("facts", "本件与2026-00011号申请的申请人、内容相同", "legal_basis", "本机关《政府信息公开申请办理规则》第五条的规定", "decision", "将本件并入2026-00011号申请一并答复"),
	}
}

func compose(t testing.TB, k letter.Kind, s scenario, set workflow.Settings) letter.Letter {
	t.Helper()
	l, err := given(t, set, s.arrived, s.day, s.acts...).Compose(k, s.fields)
	if err != nil {
		t.Fatalf("%s: %v", k.ID(), err)
	}
	return l
}

// text is a letter as it is read.
func text(l letter.Letter) string {
	var b strings.Builder
	for _, x := range l.Blocks {
		if x.Role == letter.Row {
			fmt.Fprintf(&b, "| %s | %s |\n", x.Label, strings.ReplaceAll(x.Text, "\n", " ⏎ "))
			continue
		}
		fmt.Fprintf(&b, "[%s] %s\n", x.Role, x.Text)
	}
	for _, w := range l.Warnings {
		fmt.Fprintf(&b, "! %s\n! %s\n", w.ZH, w.EN)
	}
	return b.String()
}

// TestWording holds the whole text of every kind and basis to its golden file.
func TestWording(t *testing.T) {
	t.Parallel()
	given := scenarios(t)
	var seen []string
	for _, k := range letter.Kinds() {
		seen = append(seen, k.ID())
		s, ok := given[k.ID()]
		if !ok {
			t.Errorf("no scenario for %s", k.ID())
			continue
		}
		t.Run(k.ID(), func(t *testing.T) {
			t.Parallel()
			l := compose(t, k, s, settings())
			for _, g := range l.Gaps {
				t.Errorf("lacks %s at %s: %s / %s", g.Element, g.Place, g.ZH, g.EN)
			}
			got := text(l)
			if strings.ContainsAny(got, "{}") || strings.Contains(got, "待补") || strings.Contains(got, "。。") {
				t.Errorf("unfinished wording:\n%s", got)
			}
			path := filepath.Join("testdata", k.ID()+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
	for id := range maps.Keys(given) {
		if !slices.Contains(seen, id) {
			t.Errorf("a scenario for %s, which is no kind", id)
		}
	}
}

// TestEveryBasis: each basis has a reply, but for the withdrawal, which nobody answers.
func TestEveryBasis(t *testing.T) {
	t.Parallel()
	for _, row := range outcome.Rows() {
		if _, ok := letter.Of(letter.Reply, row.Basis); ok == (row.Basis == "other.withdrawn") {
			t.Errorf("%s: a reply is there: %v", row.Basis, ok)
		}
	}
}

// TestMissing takes away one required element after the other: each is named, with its
// place, and nothing else is.
func TestMissing(t *testing.T) {
	t.Parallel()
	for _, k := range letter.Kinds() {
		s := scenarios(t)[k.ID()]
		c := given(t, settings(), s.arrived, s.day, s.acts...)
		for _, e := range c.Elements(&k, s.fields) {
			if !e.Required {
				continue
			}
			t.Run(k.ID()+"/"+e.Key, func(t *testing.T) {
				t.Parallel()
				set, fields := settings(), maps.Clone(s.fields)
				c := given(t, set, s.arrived, s.day, s.acts...)
				switch e.Source {
				case letter.FromField:
					delete(fields, e.Key)
				case letter.FromSetting:
					c.Rules.Settings = settings(e.Setting)
				case letter.FromEither:
					delete(fields, e.Key)
					forget(&c)
				case letter.FromCase:
					forget(&c)
				}
				l, err := c.Compose(k, fields)
				if err != nil {
					t.Fatal(err)
				}
				found := slices.IndexFunc(l.Gaps, func(g letter.Gap) bool { return g.Element == e.Key })
				if found < 0 {
					t.Fatalf("nothing is said of %s: %v\n%s", e.Key, l.Gaps, text(l))
				}
				if g := l.Gaps[found]; g.Place == "" || !strings.Contains(g.ZH, e.Label.ZH) || !strings.Contains(g.EN, e.Label.EN) {
					t.Errorf("it does not say what and where: %+v", g)
				}
				if e.Source == letter.FromField || e.Source == letter.FromSetting {
					for _, g := range l.Gaps {
						if g.Element != e.Key && g.Element != "possible" && !strings.Contains(g.EN, "fields."+e.Key) {
							t.Errorf("and says of %s: %s", g.Element, g.EN)
						}
					}
				}
			})
		}
	}
}

// forget leaves of a case nothing that a letter could tell.
func forget(c *letter.Case) {
	*c.Application = workflow.Application{State: c.Application.State, Regime: c.Application.Regime}
	c.Rules.Prior = nil
}
