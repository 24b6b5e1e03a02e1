package advice_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/workflow"
	"gongkai/workflow/advice"
	"gongkai/workflow/calendar"
)

var addressees = workflow.Settings{Values: map[string][]workflow.SettingValue{
	advice.OrganSetting: {{From: calendar.New(2008, 5, 1), Value: "某县人民政府"}},
	advice.CourtSetting: {{From: calendar.New(2008, 5, 1), Value: "某县人民法院"}},
}}

func none(ground string) map[string]string {
	return map[string]string{"handling": "proceed", "kind": "information", "held": "ready", "give": "none", "ground": ground}
}

func part(ground string) map[string]string {
	return map[string]string{"handling": "proceed", "kind": "information", "held": "ready", "give": "part", "withheld": ground}
}

func kind(k string) map[string]string { return map[string]string{"handling": "proceed", "kind": k} }

const (
	firstText  = "应当先自收到本答复之日起60日内向某县人民政府申请行政复议；对行政复议决定不服的，可以自收到行政复议决定书之日起15日内向某县人民法院提起行政诉讼；复议机关逾期不作决定的，可以自复议期满之日起15日内提起行政诉讼。"
	eitherText = "可以自收到本答复之日起60日内向某县人民政府申请行政复议，或者自收到本答复之日起6个月内向某县人民法院提起行政诉讼。"
	threeText  = "可以自收到本答复之日起60日内向某县人民政府申请行政复议，或者自收到本答复之日起3个月内向某县人民法院提起行政诉讼。"
)

func TestRemedyText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		arrived, day string
		answers      map[string]string
		article      string
		want         string
		first        bool
		warning      string
	}{
		{"before 2015", "2015-04-01", "2015-04-30", none("state_secret"), "第36条第（三）项、第14条", "如对本答复不服，" + threeText, false, "2008年《条例》"},
		{"from 2015", "2015-04-20", "2015-05-01", none("state_secret"), "第36条第（三）项、第14条", "如对本答复不服，" + eitherText, false, "国家"},
		{"refused in 2023", "2023-12-04", "2023-12-29", none("trade_secret"), "第36条第（三）项、第15条", "如对本答复不服，" + eitherText, false, "尚未书面征求第三方意见"},
		{"refused from 2024", "2023-12-04", "2024-01-01", none("trade_secret"), "第36条第（三）项、第15条", "如对本不予公开决定不服，" + firstText, true, "第32条"},
		{"internal", "2026-03-02", "2026-03-20", none("internal_affairs"), "第36条第（三）项、第16条第一款", "如对本不予公开决定不服，" + firstText, true, "可以不予公开"},
		{
			"in part, withheld under Art 14", "2026-03-02", "2026-03-20", part("state_secret"), "第36条第（二）项、第37条、第36条第（三）项、第14条",
			"如对本答复中依据《中华人民共和国政府信息公开条例》第十四条至第十六条不予公开的部分不服，" + firstText + "如对本答复的其他部分不服，" + eitherText, true, "只计“部分公开”",
		},
		{"in part in 2023", "2023-12-04", "2023-12-29", part("state_secret"), "第36条第（二）项、第37条、第36条第（三）项、第14条", "如对本答复不服，" + eitherText, false, "部分公开"},
		{"in part, the rest no information", "2026-03-02", "2026-03-20", part("other"), "第36条第（二）项、第37条", "如对本答复不服，" + eitherText, false, "部分公开"},
		{"registry query", "2026-03-02", "2026-03-20", kind("registry"), "第36条第（七）项", "如对本答复不服，" + eitherText, false, "不予立案"},
		{"registry query before the rules on suits", "2025-05-06", "2025-05-20", kind("registry"), "第36条第（七）项", "如对本答复不服，" + eitherText, false, "法制人员"},
		{"petition", "2026-03-02", "2026-03-20", kind("petition"), "第39条第一款", "如对本答复不服，" + eitherText, false, "法释〔2025〕8号 Art 10(2)"},
		{"late, in doubt whether silence needs reconsideration first", "2026-06-01", "2026-07-20", kind("petition"), "第39条第一款", "如对本答复不服，" + eitherText, false, "据报道逾期不答复也须先申请行政复议"},
		{"withdrawn", "2026-03-02", "2026-03-20", map[string]string{"handling": "withdrawn"}, "没有条款", "", false, "默认归类"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := given(t, addressees, test.arrived, test.day).Advise(test.answers)
			if err != nil || got.Proposal == nil {
				t.Fatal(err, got.Question)
			}
			p := got.Proposal
			if diff := cmp.Diff(test.want, p.Remedy); diff != "" {
				t.Errorf("remedy (-want +got):\n%s", diff)
			}
			if p.ReviewFirst != test.first || p.Article.ZH != test.article {
				t.Errorf("review first %t, article %s; want %t, %s", p.ReviewFirst, p.Article.ZH, test.first, test.article)
			}
			if all := zh(p.Warnings) + zh(p.Elements); !strings.Contains(all, test.warning) {
				t.Errorf("%s does not say %q", all, test.warning)
			}
		})
	}
}

func zh(list []advice.Text) string {
	var out strings.Builder
	for _, w := range list {
		out.WriteString(w.ZH + "\n")
	}
	return out.String()
}

// TestRemedySettings says that an empty setting is named, and that the version of the
// day of the letter holds.
func TestRemedySettings(t *testing.T) {
	t.Parallel()
	got, err := given(t, workflow.Settings{}, "2026-03-02", "2026-03-20").Advise(kind("petition"))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{advice.OrganSetting, advice.CourtSetting} {
		if !strings.Contains(zh(got.Proposal.Warnings), key) {
			t.Errorf("no warning names %s: %v", key, got.Proposal.Warnings)
		}
	}
	moved := workflow.Settings{Values: map[string][]workflow.SettingValue{
		advice.OrganSetting: {{From: calendar.New(2020, 1, 1), Value: "旧机关"}, {From: calendar.New(2026, 3, 20), Value: "新机关"}},
	}}
	for day, want := range map[string]string{"2026-03-19": "旧机关", "2026-03-20": "新机关"} {
		got, err := given(t, moved, "2026-03-02", day).Advise(kind("petition"))
		if err != nil || !strings.Contains(got.Proposal.Remedy, want) {
			t.Errorf("on %s: %v, %+v", day, err, got.Proposal)
		}
	}
}

// TestRemedyLength compares the times in letters with those that the workflow counts
// for remedies filed while the law of the letter was still in force.
func TestRemedyLength(t *testing.T) {
	t.Parallel()
	cal := calendar.Embedded()
	for _, day := range []workflow.Date{calendar.New(2010, 3, 1), calendar.New(2014, 1, 6), calendar.New(2015, 5, 4), calendar.New(2024, 1, 2), calendar.New(2026, 3, 2)} {
		for _, kind := range []workflow.RemedyKind{workflow.Reconsideration, workflow.Litigation} {
			days, months, source := workflow.RemedyLength(kind, workflow.AgainstReply, day)
			want, ok := workflow.RemedyPeriodOf(kind, workflow.AgainstReply, day, cal)
			end := day.AddDays(days)
			if months > 0 {
				end = day.AddMonths(months)
			}
			if !ok || end != want.Natural || source != want.Source {
				t.Errorf("%s, %s: %s by %s, want %s by %s", kind, day, end, source, want.Natural, want.Source)
			}
		}
	}
	if days, months, _ := workflow.RemedyLength(workflow.Complaint, workflow.AgainstReply, calendar.New(2026, 3, 2)); days != 0 || months != 0 {
		t.Errorf("a complaint has no period, got %d days, %d months", days, months)
	}
}

// TestReadings says that the agency's own reading is proposed, and named as such.
func TestReadings(t *testing.T) {
	t.Parallel()
	own := workflow.Settings{Values: map[string][]workflow.SettingValue{
		"mapping.code.not_processed.petition": {{From: calendar.New(2026, 12, 31), Value: "3345"}},
	}}
	for _, test := range []struct{ name, day, code, warning string }{
		{"the year of the setting", "2026-03-20", "3345", "本机关设置的归类"},
		{"the year before", "2025-12-31", "3380", "默认归类"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := given(t, own, "2025-12-22", test.day).Advise(kind("petition"))
			if err != nil {
				t.Fatal(err)
			}
			if p := got.Proposal; p.Row.Code2014 != test.code || !strings.Contains(zh(p.Warnings), test.warning) {
				t.Errorf("code %s, warnings %v; want %s, %s", p.Row.Code2014, p.Warnings, test.code, test.warning)
			}
		})
	}
}

// TestRegistryByTheAgencysSetting: where an agency treats the referral to a registry as one
// against which reconsideration comes first, the paragraph still calls it no 不予公开.
func TestRegistryByTheAgencysSetting(t *testing.T) {
	t.Parallel()
	day := calendar.New(2026, 3, 20)
	set := addressees.With(workflow.SetQueryReviewFirst, workflow.SettingValue{From: calendar.New(2008, 5, 1), Value: "yes"})
	text, first := advice.Paragraph(set, day, "refused.registry_query", "")
	if !first || strings.Contains(text, "不予公开") || !strings.HasPrefix(text, "如对本答复不服，应当先") {
		t.Errorf("first %t: %s", first, text)
	}
	if text, _ := advice.Paragraph(set, day, "refused.state_secret", ""); !strings.HasPrefix(text, "如对本不予公开决定不服，应当先") {
		t.Error(text)
	}
}
