package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

// apiName finds the name of a field of the API in what people read: pages name their inputs.
var apiName = regexp.MustCompile(`[a-z]+(_[a-z]+)+|\b[a-z]+\[[0-9]+\]|[（(](returned|workdays)[）)]|请填[a-z]|[\p{Han}]returned`)

// problems are what a page says is wrong, on top, at inputs and beside the form.
func (s *sheet) problems() (out []string) {
	for n := range s.root.Descendants() {
		class := " " + attr(n, "class") + " "
		if attr(n, "id") == "preview" || strings.Contains(class, " errors ") || strings.Contains(class, " wrong ") || strings.Contains(class, " warnings ") {
			out = append(out, textOf(n))
		}
	}
	return out
}

// mustNameInputs checks that a refused form names no field of the API, and that each link of
// its errors leads to an input with the same error beside it.
func (s *sheet) mustNameInputs(about string) {
	s.t.Helper()
	for _, said := range s.problems() {
		if name := apiName.FindString(said); name != "" {
			s.t.Errorf("%s: the page says %q: %s", about, name, said)
		}
	}
	ids := map[string]bool{}
	for n := range s.root.Descendants() {
		ids[attr(n, "id")] = true
	}
	for n, said := range s.nodes("a") {
		if parent := n.Parent; parent.Data == "li" && strings.HasPrefix(attr(n, "href"), "#f-") {
			id, _ := url.PathUnescape(strings.TrimPrefix(attr(n, "href"), "#"))
			if !ids[id] || !ids[id+"-error"] {
				s.t.Errorf("%s: the error %q leads to %s, where no error stands", about, said, id)
			}
		}
	}
}

// inputs are the inputs of a page's last form, by name, with their labels.
func (s *sheet) inputs() map[string]string {
	labels := map[string]string{}
	for n, said := range s.nodes("label") {
		labels[attr(n, "for")] = strings.TrimSuffix(said, "*")
	}
	out := map[string]string{}
	for n := range s.root.Descendants() {
		if n.Type == html.ElementNode && attr(n, "id") != "" && labels[attr(n, "id")] != "" {
			out[attr(n, "name")] = labels[attr(n, "id")]
		}
	}
	return out
}

// Whatever is wrong in the registration stands beside its input, under its label.
func TestRegistrationErrorsNameInputs(t *testing.T) {
	o := open(t, nil)
	o.agency("jyj")
	v := o.enter(o.hire(pb.Principal_OFFICER, "jyj"))
	for _, lang := range []string{"zh-CN", "en"} {
		v.header.Set("Accept-Language", lang)
		form := v.get("/register")
		for name, label := range form.inputs() {
			for _, bad := range []string{strings.Repeat("长", 100_001), "a\u202eb", "2026-02-30"} {
				if strings.HasSuffix(name, "_date") != (bad == "2026-02-30") || name == "application.channel" {
					continue
				}
				for _, do := range []string{"save", "check"} {
					filled := url.Values{
						"application.applicant.kind": {"NATURAL_PERSON"}, "application.channel": {"POST_ORDINARY"}, "application.arrive_date": {"2026-06-15"},
						"application.applicant.display_name": {"王一"}, "application.description": {"内容"}, "checked": {"1"}, "do": {do},
					}
					filled.Set(name, bad)
					s := v.post("/register", form.with(filled))
					about := lang + " " + do + " " + name
					if s.status != http.StatusUnprocessableEntity {
						t.Errorf("%s answered %d", about, s.status)
						continue
					}
					s.mustNameInputs(about)
					id := "f-" + strings.NewReplacer(".", "-", "[", "-", "]", "").Replace(name)
					at := ""
					for n, said := range s.nodes("span") {
						if attr(n, "id") == id+"-error" {
							at = said
						}
					}
					if !strings.Contains(at, label) {
						t.Errorf("%s: beside %q stands %q", about, label, at)
					}
				}
			}
		}
	}
}

// No dialog of an act names a field of the API, in whatever state the case is and whatever it
// is sent: nothing, days that there are not, days too early or late, texts too long.
func TestActErrorsNameInputs(t *testing.T) {
	b, cases := gallery(t)
	delete(cases, "case") // they stand where others do
	delete(cases, "case-late")
	acts := (&pb.Action{}).ProtoReflect().Descriptor().Oneofs().ByName("action").Fields()
	said := map[string]bool{}
	for _, lang := range []string{"zh-CN", "en"} {
		b.head.header.Set("Accept-Language", lang)
		for name, a := range cases {
			if testing.Short() && name != "case-consulted" {
				continue
			}
			for i := range acts.Len() {
				act := string(acts.Get(i).Name())
				at := "/" + a.GetName() + "/act/" + act
				dialog := b.head.get(at)
				if dialog.status == http.StatusNotFound {
					continue // it has no dialog of its own
				}
				dialog.mustNameInputs(lang + " " + name + " " + act)
				for _, bad := range []map[string]string{
					{"date": "", "text": ""},
					{"date": "2026-02-30", "text": "理由"},
					{"date": "2026-06-29", "text": "理由"},
					{"date": "2019-05-20", "text": "理由"},
					{"date": "2027-01-04", "text": "9"},
					{"date": "2026-06-30", "text": strings.Repeat("长", 10_001)},
				} {
					filled := url.Values{"do": {"try"}}
					for input := range dialog.inputs() {
						if !strings.HasPrefix(input, "actions[0].") {
							continue
						}
						filled.Set(input, bad["text"])
						if strings.HasSuffix(input, "_date") {
							filled.Set(input, bad["date"])
						}
					}
					s := b.head.post(at, dialog.with(filled))
					s.mustNameInputs(lang + " " + name + " " + act + " " + bad["date"])
					for _, text := range s.problems() {
						said[text] = true
					}
				}
			}
		}
	}
	if len(said) < 100 {
		t.Errorf("only %d different errors were said", len(said))
	}
}

// fillable are the forms of a page that ask for something, each with what it holds.
func (s *sheet) fillable() map[string]url.Values {
	out := map[string]url.Values{}
	for form := range s.nodes("form") {
		filled, asks := url.Values{}, false
		for n := range form.Descendants() {
			kind := attr(n, "type")
			if n.Type != html.ElementNode || attr(n, "name") == "" || n.Data != "input" && n.Data != "textarea" && n.Data != "select" {
				continue
			}
			if n.Data == "select" || kind == "radio" || kind == "checkbox" {
				continue
			}
			asks = asks || kind != "hidden"
			if kind == "hidden" {
				filled.Set(attr(n, "name"), attr(n, "value"))
			} else {
				filled[attr(n, "name")] = nil // to be filled
			}
		}
		if asks && attr(form, "method") == "post" && attr(form, "enctype") == "" {
			out[attr(form, "action")] = filled
		}
	}
	return out
}

// No form of any page names a field of the API, sent with what it cannot take.
func TestFormErrorsNameInputs(t *testing.T) {
	o := open(t, nil)
	f := o.furnish("jyj", "示例局𠮷")
	forms := 0
	o.everyPage(f, func(role pb.Principal_Role, path string, _ web.Row) {
		v := o.enter(o.tokenFor(f, role, path))
		for _, lang := range []string{"zh-CN", "en"} {
			v.header.Set("Accept-Language", lang)
			page := v.get(path)
			if page.root == nil || page.status != http.StatusOK {
				continue
			}
			for action, filled := range page.fillable() {
				for _, bad := range []string{"", "?", "a\u202eb", "2026-02-30", "2099-01-01", strings.Repeat("长", 20_001)} {
					sent := url.Values{}
					for name, value := range filled {
						if sent[name] = value; value == nil {
							sent.Set(name, bad)
						}
					}
					s := v.post(action, sent)
					if s.root == nil {
						continue
					}
					forms++
					s.mustNameInputs(lang + " " + action + " " + bad[:min(len(bad), 12)])
				}
			}
		}
	})
	if forms < 100 {
		t.Errorf("only %d forms were sent", forms)
	}
}
