package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

// setting is one as the API has it on a day.
func (o *office) setting(key, day string) string {
	o.t.Helper()
	res, err := pb.NewSettingServiceClient(o.admin).ListSettings(o.t.Context(), &pb.ListSettingsRequest{Parent: "agencies/jyj", Key: key, OnDate: day})
	if err != nil {
		o.t.Fatal(err)
	}
	return res.GetSettings()[0].GetValue()
}

// Settings are shown with default and source to all, and changed from a day on by
// administrators; only what was changed in the form is saved.
func TestSettings(t *testing.T) {
	o, _ := desk(t)
	admin, officer := o.enter(o.hire(pb.Principal_ADMINISTRATOR, "jyj")), o.enter(o.hire(pb.Principal_OFFICER, "jyj"))
	s := officer.get("/settings")
	for _, want := range []string{"lights.yellow", "国办公开办函〔2020〕2号", "沿革", "2026-00012"} {
		if !strings.Contains(s.text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if s := officer.get("/settings/lights"); s.status != 200 || strings.Contains(s.text, "values[lights.yellow]") {
		t.Errorf("an officer is offered a form (%d)", s.status)
	}
	form := admin.get("/settings/lights").with(url.Values{"values[lights.yellow]": {"9"}, "values[lights.red]": {"3"}, "effective_date": {"2026-07-15"}})
	if s := admin.follow(admin.post("/settings/lights", form)); !strings.Contains(s.text, "已保存1项设置") || !strings.Contains(s.text, "2026-07-15") {
		t.Errorf("saving said\n%s", s.text)
	}
	if a, b := o.setting("lights.yellow", "2026-07-14"), o.setting("lights.yellow", "2026-07-15"); a != "5" || b != "9" {
		t.Errorf("lights.yellow is %s before and %s after", a, b)
	}
	for _, x := range []struct {
		name, group string
		filled      url.Values
		want        string
	}{
		{"not changed", "lights", url.Values{"values[lights.yellow]": {"5"}, "values[lights.red]": {"3"}}, "没有改动"},
		{"no number", "lights", url.Values{"values[lights.red]": {"viele"}}, `href="#f-values-lights-red"`},
		{"not offered", "law", url.Values{"values[law.second_supplement]": {"vielleicht"}}, `href="#f-values-law-second_supplement"`},
		{"no pattern", "number", url.Values{"values[number.reply]": {"{x}"}}, `href="#f-values-number-reply"`},
		{"no day", "lights", url.Values{"values[lights.red]": {"2"}, "effective_date": {"2026-13-01"}}, "2026-13-01"},
	} {
		t.Run(x.name, func(t *testing.T) {
			path := "/settings/" + x.group
			if s := admin.post(path, admin.get(path).with(x.filled)); s.status != http.StatusUnprocessableEntity || !strings.Contains(s.text, x.want) {
				t.Errorf("answered %d:\n%s", s.status, s.text)
			}
		})
	}
	if s := admin.get("/settings/nothing"); s.status != http.StatusNotFound {
		t.Errorf("no such group answered %d", s.status)
	}
	root := o.enter(o.token)
	if s := root.get("/settings"); !strings.Contains(s.text, `href="/settings?agency=jyj"`) {
		t.Errorf("an administrator of the installation cannot choose:\n%s", s.text)
	}
	form = root.get("/settings/number?agency=jyj").with(url.Values{"values[number.word]": {"𠮷教"}})
	if s := root.follow(root.post("/settings/number?agency=jyj", form)); !strings.Contains(s.text, "𠮷教公开答〔2026〕12号") {
		t.Errorf("the example of a number is missing:\n%s", s.text)
	}
}

func TestExampleOfNumbers(t *testing.T) {
	for pattern, want := range map[string]string{
		"{year}-{n:5}": "2026-00012", "{word}公开〔{year}〕第{case}号-{n}": "示教公开〔2026〕第12号-12", "{n:1}": "12",
	} {
		if got := web.NumberLike(pattern, "示教", "2026"); got != want {
			t.Errorf("%s gives %s, want %s", pattern, got, want)
		}
	}
}
