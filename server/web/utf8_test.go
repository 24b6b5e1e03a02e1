package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

// What is no text in UTF-8 is refused with words, by whatever way it comes to whatever page.
func TestNotUTF8(t *testing.T) {
	o := open(t, nil)
	f := o.furnish("jyj", "示例局𠮷")
	const gbk = "\xc9\xea\xc7\xeb" // 申请 in GBK
	pages := 0
	for _, row := range web.Table(o.handler) {
		method, path, _ := f.place(row.Pattern)
		for _, role := range roles {
			if !row.Opens(role) || role == pb.Principal_SUPERVISOR && row.Opens(pb.Principal_OFFICER) {
				continue
			}
			pages++
			v := o.enter(o.tokenFor(f, role, path))
			var answers []*sheet
			switch {
			case row.Upload:
				token := filePart{"form_token", "", v.get("/account").with(nil).Get("form_token")}
				answers = append(answers, v.uploads(path, token, filePart{"kind", "", gbk}, filePart{"applications", gbk + ".csv", ledgerFile}, filePart{"file", gbk + ".json", gbk}))
			case method == http.MethodPost:
				page := "/account"
				if row.Open {
					v, page = o.visitor(), "/sign-in"
				}
				form := v.get(page).with(nil)
				for name := range form {
					if name != "form_token" {
						form.Set(name, gbk)
					}
				}
				for _, name := range []string{"reason", "account", "secret", "application.description", "do", "actions[0].extend.reason", gbk} {
					form.Set(name, gbk)
				}
				answers = append(answers, v.post(path, form))
			default:
				answers = append(answers, v.get(path+"?words="+url.QueryEscape(gbk)), v.get(path+"?"+url.QueryEscape(gbk)+"=1"))
			}
			if strings.Contains(row.Pattern, "{") && !strings.Contains(row.Pattern, "{$}") {
				answers = append(answers, v.get(path[:strings.LastIndexByte(path, '/')+1]+url.PathEscape(gbk)))
			}
			for i, s := range answers {
				if s.status != http.StatusBadRequest && !(row.Upload && s.status == http.StatusUnprocessableEntity && strings.Contains(s.text, "UTF-8")) && !(i > 0 && s.status == http.StatusMethodNotAllowed || i > 0 && s.status == http.StatusNotFound) {
					t.Errorf("%s as %s answered %d", row.Pattern, role, s.status)
				}
				if s.status == http.StatusBadRequest && !strings.Contains(s.text, "UTF-8") {
					t.Errorf("%s as %s does not say what is wrong:\n%s", row.Pattern, role, s.text)
				}
			}
			break
		}
	}
	if pages < 60 {
		t.Errorf("only %d pages were asked", pages)
	}
}
