package web_test

import (
	"testing"

	pb "gongkai/proto/disclosure/v1"
)

// notice2027 is synthetic: the real one may say something else.
const notice2027 = `国务院办公厅关于2027年部分节假日安排的通知（合成样本）
一、元旦：1月1日（周五）至3日（周日）放假，共3天。
二、春节：2月5日（周五）至11日（周四）放假调休，共7天。1月30日（周六）、2月14日（周日）上班。
三、清明节：4月3日（周六）至5日（周一）放假，共3天。
四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。5月8日（周六）上班。
五、端午节：6月9日（周三）放假1天。
六、中秋节：9月15日（周三）放假1天。
七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。9月26日（周日）、10月9日（周六）上班。
2026年6月29日`

// amendment moves a holiday of the present year, and with it deadlines.
const amendment2026 = `国务院办公厅关于调整2026年部分节假日安排的通知（合成样本）
一、国庆节、中秋节：7月13日（周一）至17日（周五）放假，共5天。
2026年6月29日`

// ministry is an office with a tree of agencies, a setting that was changed, people and a
// feed, and the tokens of one of each role.
func ministry(t testing.TB) (o *office, tokens map[pb.Principal_Role]string) {
	t.Helper()
	o = open(t, nil)
	o.agency("jyj")
	tokens = map[pb.Principal_Role]string{}
	for _, role := range roles {
		tokens[role] = o.hire(role, "jyj")
	}
	agencies := pb.NewAgencyServiceClient(o.admin)
	for _, a := range []struct{ id, name, parent string }{
		{"yzx", "示例市第一中学𠮷分校", "jyj"}, {"ezx", "示例市第二中学", "jyj"}, {"fjf", "示例市第二中学附属小学", "ezx"},
	} {
		_, err := agencies.CreateAgency(t.Context(), &pb.CreateAgencyRequest{AgencyId: a.id, Agency: &pb.Agency{DisplayName: a.name, Parent: "agencies/" + a.parent}})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := agencies.UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{
		Agency: &pb.Agency{Name: "agencies/ezx", Successor: "agencies/yzx"}, UpdateMask: "successor", EffectiveDate: "2026-03-01",
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = pb.NewSettingServiceClient(o.admin).UpdateSettings(t.Context(), &pb.UpdateSettingsRequest{
		Parent: "agencies/jyj", Values: map[string]string{"lights.yellow": "7", "number.word": "示教", "law.second_supplement": "supervisor"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return o, tokens
}

// Every page of the administrators is looked at: empty, filled, with an error.
func TestAdministrationInABrowser(t *testing.T) {
	c := chromium(t)
	o, tokens := ministry(t)
	conn := o.api(tokens[pb.Principal_OFFICER])
	a := o.register(conn, "jyj", "示例人𠮷", "2025年度示例预算（示例）", "2026-06-25")
	if _, err := pb.NewQueueServiceClient(conn).CreateFeed(t.Context(), &pb.CreateFeedRequest{Parent: "agencies/jyj", Holder: "规划财务科"}); err != nil {
		t.Fatal(err)
	}
	pages := []struct {
		name, path string
		role       pb.Principal_Role // unspecified: an administrator of the installation
	}{
		{"calendar", "/calendar", pb.Principal_OFFICER},
		{"calendar-count", "/calendar?date=2026-09-25&workdays=20", pb.Principal_OFFICER},
		{"calendar-open-year", "/calendar?year=2027&date=2026-12-15&workdays=20", pb.Principal_OFFICER},
		{"calendar-error", "/calendar?date=2026-02-30&workdays=20", pb.Principal_OFFICER},
		{"feeds", "/calendar/feeds", pb.Principal_OFFICER},
		{"notice", "/calendar/notice", 0},
		{"settings", "/settings", pb.Principal_ADMINISTRATOR},
		{"settings-changed", "/settings?changed=1", pb.Principal_OFFICER},
		{"settings-choose", "/settings", 0},
		{"settings-numbers", "/settings/number", pb.Principal_ADMINISTRATOR},
		{"settings-law", "/settings/law?agency=jyj", 0},
		{"settings-lights", "/settings/lights", pb.Principal_OFFICER},
		{"agencies", "/agencies", 0},
		{"agency", "/agencies/yzx", 0},
		{"agency-abolished", "/agencies/ezx", pb.Principal_ADMINISTRATOR},
		{"people", "/agencies/jyj/principals", pb.Principal_ADMINISTRATOR},
		{"people-installation", "/principals", 0},
		{"person", "/agencies/jyj/principals/officer-1", 0},
		{"clerk", "/clerk", 0},
		{"audit", "/audit", pb.Principal_AUDITOR},
		{"audit-history", "/audit?number=" + a.GetApplicationNo(), pb.Principal_AUDITOR},
		{"audit-error", "/audit?number=2026-99999", pb.Principal_AUDITOR},
	}
	for _, l := range few(looks) {
		t.Run(l.String(), func(t *testing.T) {
			tabs := map[pb.Principal_Role]*browser{}
			for _, page := range pages {
				token := tokens[page.role]
				if page.role == 0 {
					token = o.token
				}
				if tabs[page.role] == nil {
					tabs[page.role] = o.browse(t, c, l, token)
				}
				tabs[page.role].visit(page.path)
				tabs[page.role].inspect(page.name)
			}
		})
	}
}
