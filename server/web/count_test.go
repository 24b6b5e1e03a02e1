package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

// oneMany finds one of something in the plural. A year or an article before a word is no
// count of it.
var oneMany = regexp.MustCompile(`(^|[^0-9.,–-])1 (workdays|days|weeks|months|applications|cases|remedies|letters|rows|steps|people|checks|figures|reports?s|replies|units|others|[a-z]+s (are|were|have|differ))\b`)

// Where there is one of something, no page speaks of it in the plural: the agency has one of
// everything.
func TestOneIsSingular(t *testing.T) {
	o := open(t, nil)
	f := o.furnish("jyj", "示例局𠮷")
	o.everyPage(f, func(role pb.Principal_Role, path string, _ web.Row) {
		v := o.enter(o.tokenFor(f, role, path))
		v.header.Set("Accept-Language", "en")
		s := v.get(path)
		if s.root == nil {
			return
		}
		if wrong := oneMany.FindString(textOf(s.root)); wrong != "" {
			t.Errorf("%s as %s says %q", path, role, wrong)
		}
	})
}

// None, one and two of something, in English and in Chinese.
func TestCountsInflect(t *testing.T) {
	o := open(t, nil)
	o.agency("jyj")
	token := o.hire(pb.Principal_SUPERVISOR, "jyj")
	conn, v := o.api(token), o.enter(token)
	reads := func(path, zh, en string) {
		t.Helper()
		for lang, want := range map[string]string{"zh-CN": zh, "en": en} {
			v.header.Set("Accept-Language", lang)
			if s := v.get(path); s.status != http.StatusOK || !strings.Contains(textOf(s.root), want) {
				t.Errorf("%s in %s answered %d without %q:\n%s", path, lang, s.status, want, textOf(s.root))
			}
		}
	}
	for n, words := range []struct{ days, en string }{{"0个工作日", "0 workdays"}, {"1个工作日", "1 workday:"}, {"2个工作日", "2 workdays"}} {
		reads("/calendar?start_date=2026-06-15&workdays="+strconv.Itoa(n), words.days, words.en)
	}
	for n, words := range []struct{ list, en string }{{"没有", "No applications"}, {"1件", "1 application "}, {"2件", "2 applications"}} {
		if n > 0 {
			o.register(conn, "jyj", "王"+strconv.Itoa(n), "内容", "2026-06-15")
		}
		reads("/ledger", words.list, words.en)
	}
	for n, words := range map[string][2]string{"1": {"1个工作日，告知", "1 workday, notified on"}, "2": {"2个工作日，告知", "2 workdays, notified on"}} {
		a := o.register(conn, "jyj", "李"+n, "内容", "2026-06-15")
		act := "/" + a.GetName() + "/act/extend"
		v.header.Set("Accept-Language", "zh-CN")
		v.follow(v.post(act, v.get(act).with(url.Values{"actions[0].extend.workdays": {n}, "actions[0].extend.notify_date": {"2026-06-20"}, "do": {"act"}})))
		reads("/"+a.GetName(), words[0], words[1])
		// A second extension is refused, and the refusal counts as well.
		reads(act, "延期"+n+"个工作日", strings.Split(words[1], ",")[0]+" already")
	}
}
