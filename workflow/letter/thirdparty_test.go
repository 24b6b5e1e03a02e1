package letter_test

import (
	"maps"
	"strings"
	"testing"

	"gongkai/workflow"
	"gongkai/workflow/letter"
)

// thirdPartySays is an application of which the third party gave an opinion.
func thirdPartySays(t testing.TB, arrived, day string, opinion workflow.Opinion) letter.Case {
	t.Helper()
	consult := workflow.Act{Action: workflow.ActConsult, Date: date(t, arrived), Consulted: workflow.ThirdParty, Receive: date(t, arrived), Text: workflow.Text{Party: "某建设有限公司"}}
	if arrived < "2019-05-15" { // the Regulation of 2008 sets no period
		consult.Due = date(t, day)
	}
	return given(t, settings(), arrived, day, consult,
		workflow.Act{Action: workflow.ActReceiveOpinion, Date: date(t, day), Opinion: opinion, Consultation: 1})
}

// TestPartOfAThirdParty: a part withheld for a third party's sake says that it was asked and
// what it answered, also where it answered nothing that is on record.
func TestPartOfAThirdParty(t *testing.T) {
	t.Parallel()
	k := reply(t, "disclosed.in_part")
	fields := func(ground string) map[string]string {
		return map[string]string{"given": "正文", "form": "纸质", "withheld": "附件", "ground": ground, "reason": "含报价构成"}
	}
	c := thirdPartySays(t, "2026-03-02", "2026-03-10", workflow.Objection)
	for _, ground := range []string{"refused.trade_secret", "refused.personal_privacy", "refused.third_party_other"} {
		l, err := c.Compose(k, fields(ground))
		if err != nil || len(l.Gaps) > 0 || !strings.Contains(text(l), "附件：本机关已书面征求第三方的意见，第三方不同意公开。含报价构成。根据") {
			t.Errorf("%s: %v %v\n%s", ground, err, l.Gaps, text(l))
		}
	}
	unasked := given(t, settings(), "2026-03-02", "2026-03-10")
	if l, err := unasked.Compose(k, fields("refused.trade_secret")); err != nil || !named(l, "third_party_opinion") {
		t.Errorf("nobody was asked: %v %v", err, l.Gaps)
	}
	if l, err := unasked.Compose(k, fields("refused.deliberative")); err != nil || len(l.Gaps) > 0 || strings.Contains(text(l), "第三方") {
		t.Errorf("no third party is concerned: %v %v\n%s", err, l.Gaps, text(l))
	}
}

// TestOverruledObjection: what is disclosed against a third party's objection says why.
func TestOverruledObjection(t *testing.T) {
	t.Parallel()
	const told, why = "third_party_notify_date", "overrule_reasons"
	for _, test := range []struct {
		name, basis, day string
		opinion          workflow.Opinion
		fields           map[string]string
		lacks, want      string
	}{
		{"no reason", "disclosed.provided", "2026-03-10", workflow.Objection, map[string]string{told: "2026-03-09"}, why, ""},
		{
			"reason", "disclosed.provided", "2026-03-10", workflow.Objection,
			map[string]string{told: "2026-03-09", why: "该工程关系公共安全。"},
			"",
			"第三方不同意公开。经审查，该工程关系公共安全。根据《中华人民共和国政府信息公开条例》第三十二条的规定，本机关决定予以公开，并已于2026年3月9日将",
		},
		{"consent", "disclosed.provided", "2026-03-10", workflow.Consent, nil, "", "决定予以公开，现以纸质的形式"},
		{"in part, told", "disclosed.in_part", "2026-03-10", workflow.Objection, map[string]string{told: "2026-03-09"}, why, ""},
		{"in part, not overruled", "disclosed.in_part", "2026-03-10", workflow.Objection, nil, "", "部分公开"},
		{
			"in 2019 before the new Regulation", "disclosed.provided", "2019-05-14", workflow.Objection,
			map[string]string{told: "2019-05-13", why: "关系公共安全", "form_reason": "原件易损"},
			"",
			"根据2008年施行的《中华人民共和国政府信息公开条例》第二十三条的规定",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			arrived := test.day[:4] + "-05-06"
			if test.day > "2019-12-31" {
				arrived = "2026-03-02"
			}
			fields := map[string]string{"form": "纸质"}
			if test.basis == "disclosed.in_part" {
				fields = map[string]string{"given": "正文", "form": "纸质", "withheld": "附件", "ground": "refused.deliberative", "reason": "是讨论记录"}
			} else {
				fields["information"] = "合同"
			}
			maps.Copy(fields, test.fields)
			l, err := thirdPartySays(t, arrived, test.day, test.opinion).Compose(reply(t, workflow.Basis(test.basis)), fields)
			if err != nil || test.lacks == "" && len(l.Gaps) > 0 || test.lacks != "" && !named(l, test.lacks) || !strings.Contains(text(l), test.want) {
				t.Fatalf("%v %v\n%s", err, l.Gaps, text(l))
			}
			if test.day < "2019-05-15" && (strings.Contains(text(l), "第四十条") || !strings.Contains(text(l), "第二十六条的规定，改以上述形式提供")) {
				t.Errorf("it cites the Regulation of 2019:\n%s", text(l))
			}
		})
	}
}

// TestPartOf2008: a ground for which the Regulation of 2008 has no article is named, not cited
// as nothing.
func TestPartOf2008(t *testing.T) {
	t.Parallel()
	fields := map[string]string{"given": "正文", "form": "纸质", "withheld": "附件", "ground": "refused.deliberative", "reason": "是讨论记录"}
	if l, err := given(t, settings(), "2019-05-06", "2019-05-14").Compose(reply(t, "disclosed.in_part"), fields); err != nil || !named(l, "ground") {
		t.Errorf("%v %v\n%s", err, l.Gaps, text(l))
	}
	if l, err := given(t, settings(), "2019-05-06", "2019-05-15").Compose(reply(t, "disclosed.in_part"), fields); err != nil || len(l.Gaps) > 0 {
		t.Errorf("from 15 May 2019: %v %v\n%s", err, l.Gaps, text(l))
	}
}
