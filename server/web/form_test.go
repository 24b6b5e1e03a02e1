package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

// count is how many applications an agency has.
func (o *office) count(token, agency string) int {
	o.t.Helper()
	res, err := pb.NewApplicationServiceClient(o.api(token)).ListApplications(o.t.Context(), &pb.ListApplicationsRequest{Parent: "agencies/" + agency, PageSize: 1000})
	if err != nil {
		o.t.Fatal(err)
	}
	return len(res.GetApplications())
}

// complete is a registration with all that it needs.
func complete() url.Values {
	return url.Values{
		"application.applicant.kind":         {"NATURAL_PERSON"},
		"application.applicant.display_name": {"示例人𠮷"},
		"application.applicant.phone":        {"13800000001"},
		"application.channel":                {"IN_PERSON"},
		"application.arrive_date":            {today},
		"application.description":            {"2025年度示例预算（示例）"},
		"checked":                            {"1"},
		"do":                                 {"save"},
	}
}

// No other site, and no page that is too old, makes a browser send a form. Each attack is
// one that would register something if it came through, as the last row shows.
func TestForeignForms(t *testing.T) {
	o, table := desk(t)
	token := o.hire(pb.Principal_OFFICER, "jyj")
	other := o.enter(o.hire(pb.Principal_OFFICER, "jyj")).get("/register")
	mine := func() (*visitor, url.Values) {
		v := o.enter(token)
		return v, v.get("/register").with(complete())
	}
	for _, x := range []struct {
		name   string
		header map[string]string
		change func(url.Values)
		want   int
	}{
		{"another site's form", map[string]string{"Sec-Fetch-Site": "cross-site"}, nil, http.StatusForbidden},
		{"a sibling's form", map[string]string{"Sec-Fetch-Site": "same-site"}, nil, http.StatusForbidden},
		{"another origin, no fetch metadata", map[string]string{"Origin": "https://evil.example"}, nil, http.StatusForbidden},
		{"no origin", map[string]string{"Origin": "null"}, nil, http.StatusForbidden},
		{"an old browser without the form's token", nil, func(f url.Values) { f.Del("form_token") }, http.StatusForbidden},
		{"an empty token", nil, func(f url.Values) { f.Set("form_token", "") }, http.StatusForbidden},
		{"somebody else's token", nil, func(f url.Values) { f.Set("form_token", other.with(nil).Get("form_token")) }, http.StatusForbidden},
		{"a body that is no form", map[string]string{"Content-Type": "text/plain"}, nil, http.StatusForbidden},
		{"JSON", map[string]string{"Content-Type": "application/json"}, nil, http.StatusForbidden},
		{"our own page", map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": o.url}, nil, http.StatusSeeOther},
	} {
		t.Run(x.name, func(t *testing.T) {
			v, form := mine()
			for name, value := range x.header {
				v.header.Set(name, value)
			}
			if x.change != nil {
				x.change(form)
			}
			before := o.count(token, "jyj")
			s := v.post("/register", form)
			if s.status != x.want {
				t.Errorf("answered %d, want %d:\n%s", s.status, x.want, s.text)
			}
			registered := 0
			if x.want == http.StatusSeeOther {
				registered = 1
			}
			if got := o.count(token, "jyj") - before; got != registered {
				t.Errorf("%d were registered, want %d", got, registered)
			}
		})
	}
	// Nothing that changes anything answers GET.
	v, form := mine()
	for _, row := range table {
		method, path := placed(row.Pattern, "jyj")
		if method != http.MethodPost || has(table, "GET "+strings.TrimPrefix(row.Pattern, "POST ")) {
			continue
		}
		if s := v.get(path + "?" + form.Encode()); s.status != http.StatusMethodNotAllowed && s.status != http.StatusNotFound {
			t.Errorf("GET %s answered %d", path, s.status)
		}
	}
	before := o.count(token, "jyj")
	if s := v.get("/register?" + form.Encode()); s.status != http.StatusOK || o.count(token, "jyj") != before {
		t.Errorf("GET /register answered %d and registered %d", s.status, o.count(token, "jyj")-before)
	}
}

func has(table []web.Row, pattern string) bool {
	for _, r := range table {
		if r.Pattern == pattern {
			return true
		}
	}
	return false
}

// Every form of every page is refused without its token, whoever sends it.
func TestEveryFormNeedsItsToken(t *testing.T) {
	o, table := desk(t)
	for _, role := range roles {
		v := o.enter(o.hire(role, "jyj"))
		for _, row := range table {
			if method, path := placed(row.Pattern, "jyj"); method == http.MethodPost {
				s := v.post(path, url.Values{"form_token": {"x"}})
				if want := http.StatusForbidden; s.status != want && !(row.Upload && s.status == http.StatusBadRequest) {
					t.Errorf("%s as %s answered %d, want %d", row.Pattern, role, s.status, want)
				}
			}
		}
	}
}

// A second click, a reload, or the same form from two tabs registers once.
func TestSentTwice(t *testing.T) {
	o, _ := desk(t)
	token := o.hire(pb.Principal_OFFICER, "jyj")
	v := o.enter(token)
	form := v.get("/register").with(complete())
	first, second := v.post("/register", form), v.post("/register", form)
	if first.status != http.StatusSeeOther || second.status != http.StatusSeeOther {
		t.Fatalf("answered %d and %d:\n%s", first.status, second.status, second.text)
	}
	if a, b := first.header.Get("Location"), second.header.Get("Location"); a != b {
		t.Errorf("the first leads to %s, the second to %s", a, b)
	}
	if n := o.count(token, "jyj"); n != 1 {
		t.Errorf("%d were registered, want 1", n)
	}
	form.Set("application.applicant.display_name", "示例人乙")
	s := v.post("/register", form)
	if s.status != http.StatusUnprocessableEntity || o.count(token, "jyj") != 1 {
		t.Fatalf("other content under the same id answered %d", s.status)
	}
	other := complete()
	other.Set("application.applicant.display_name", "示例人乙")
	if s = v.post("/register", s.with(other)); s.status != http.StatusSeeOther || o.count(token, "jyj") != 2 {
		t.Errorf("sent again from the new page it answered %d:\n%s", s.status, s.text)
	}
}

// What is wrong stands on top, in order, with links to the inputs, and at them; what was
// typed stays.
func TestErrorsOfAForm(t *testing.T) {
	o, _ := desk(t)
	v := o.enter(o.hire(pb.Principal_OFFICER, "jyj"))
	for _, x := range []struct {
		name   string
		change url.Values
		want   map[string]string // by link
	}{
		{"nothing entered", url.Values{"application.channel": {""}, "application.arrive_date": {" "}}, map[string]string{
			"#f-application-channel": "请选择到达方式", "#f-application-arrive_date": "请填写到达日期",
		}},
		{"no day", url.Values{"application.arrive_date": {"昨天"}}, map[string]string{
			"#f-application-arrive_date": "“到达日期”的值“昨天”不是有效日期，应为YYYY-MM-DD",
		}},
		{"a day to come", url.Values{"application.arrive_date": {"2026-07-01"}}, map[string]string{
			"#f-application-arrive_date": "",
		}},
		{"no such channel", url.Values{"application.channel": {"PIGEON"}}, map[string]string{
			"#f-application-channel": "请从列出的选项中选择",
		}},
		{"a day of a further act", url.Values{"actions[0].confirm.receive_date": {"2026-06-29"}}, map[string]string{
			"#f-actions-0-confirm-receive_date": "",
		}},
	} {
		t.Run(x.name, func(t *testing.T) {
			filled := complete()
			maps.Copy(filled, x.change)
			s := v.post("/register", v.get("/register").with(filled))
			if s.status != http.StatusUnprocessableEntity {
				t.Fatalf("answered %d:\n%s", s.status, s.text)
			}
			links := map[string]string{}
			for n, text := range s.nodes("a") {
				if href := attr(n, "href"); strings.HasPrefix(href, "#f-") {
					links[href] = text
					if x.want[href] == "" && text != "" {
						links[href] = ""
					}
					if !strings.Contains(s.text, `id="`+href[1:]+`"`) || !strings.Contains(s.text, `id="`+href[1:]+`-error"`) {
						t.Errorf("%s leads nowhere, or to an input that does not say what is wrong", href)
					}
				}
			}
			if diff := cmp.Diff(x.want, links); diff != "" {
				t.Errorf("errors (-want +got):\n%s\n%s", diff, s.text)
			}
			if !strings.Contains(s.text, "示例人𠮷") || !strings.Contains(s.text, "<title>有误：") {
				t.Error("what was typed is gone, or the title does not say that something is wrong")
			}
		})
	}
}

// A body beyond the limit is refused before it is read whole.
func TestTooLarge(t *testing.T) {
	o, _ := desk(t)
	v := o.enter(o.hire(pb.Principal_OFFICER, "jyj"))
	form := v.get("/register").with(url.Values{"application.description": {strings.Repeat("大", 400<<10)}})
	if s := v.post("/register", form); s.status != http.StatusRequestEntityTooLarge {
		t.Errorf("1.2 MB answered %d", s.status)
	}
}
