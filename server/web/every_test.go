package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

// Whatever stands in the table of pages is held to what holds for all of them. A page that
// is added is covered by itself; one whose path has a new variable, or that wants something
// in its query, needs a row in the two maps below.

// wants are the queries of pages that answer nothing without one.
var wants = map[string]string{
	"/report/cell":   "?cell=newReceived/naturalPerson&year=2026&form=table-2021",
	"/rollup/cell":   "?cell=newReceived/total&year=2026&form=table-2021",
	"/rollup/unit":   "?unit=jyj&year=2025&form=table-2021",
	"/report/diff":   "?year=2025",
	"/report/export": "?year=2026&form=table-2021&format=xlsx",
	"/ledger/export": "?format=csv",
}

// furniture is an agency with one of everything that has a page.
type furniture struct {
	agency string
	ids    map[string]string // by the variables of the patterns
	tokens map[pb.Principal_Role]string
}

// furnish fills an agency; every text holds what is given.
func (o *office) furnish(agency, said string) *furniture {
	o.t.Helper()
	ctx, t := o.t.Context(), o.t
	fail := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := pb.NewAgencyServiceClient(o.admin).CreateAgency(ctx, &pb.CreateAgencyRequest{AgencyId: agency, Agency: &pb.Agency{DisplayName: said}})
	fail(err)
	f := &furniture{agency: agency, tokens: map[pb.Principal_Role]string{}}
	for _, role := range roles {
		f.tokens[role] = o.hire(role, agency)
	}
	parent, conn := "agencies/"+agency, o.api(f.tokens[pb.Principal_SUPERVISOR])
	_, err = pb.NewSettingServiceClient(o.admin).UpdateSettings(ctx, &pb.UpdateSettingsRequest{Parent: parent, Values: map[string]string{
		"remedy.court": said, "remedy.review_organ": said, "letter.contact": said,
	}})
	fail(err)
	a, err := pb.NewApplicationServiceClient(conn).CreateApplication(ctx, &pb.CreateApplicationRequest{Parent: parent, Application: &pb.Application{
		Channel: pb.Application_IN_PERSON, ArriveDate: "2026-06-15", Description: said, Remark: said,
		Applicant: &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON, DisplayName: said, IdType: said, IdNumber: said, Phone: said, Address: said, Postcode: said, Email: said},
	}})
	fail(err)
	a = o.act(conn, a, &pb.Action{Action: &pb.Action_Assign{Assign: &pb.Assign{AssignDate: "2026-06-16", Holder: said, Reason: said}}},
		&pb.Action{Action: &pb.Action_Consult{Consult: &pb.Consult{Kind: "THIRD_PARTY", SendDate: "2026-06-17", Party: said}}})
	r, err := pb.NewRemedyServiceClient(conn).CreateRemedy(ctx, &pb.CreateRemedyRequest{Parent: parent, Remedy: &pb.Remedy{
		Kind: pb.Remedy_COMPLAINT, FileDate: "2026-06-25", Application: a.GetName(), Remark: said,
	}})
	fail(err)
	_, err = pb.NewQueueServiceClient(conn).CreateFeed(ctx, &pb.CreateFeedRequest{Parent: parent, Holder: said})
	fail(err)
	v := o.enter(f.tokens[pb.Principal_SUPERVISOR])
	at := "/" + a.GetName()
	hidden := v.get(at).with(nil)
	name := strings.NewReplacer("/", " ", `\`, " ").Replace(said) + ".pdf"
	v.follow(v.uploads(at+"/attachments", filePart{"form_token", "", hidden.Get("form_token")}, filePart{"kind", "", "FORM"}, filePart{"file", name, casePDF}))
	files, err := pb.NewAttachmentServiceClient(conn).ListAttachments(ctx, &pb.ListAttachmentsRequest{Parent: parent, Application: a.GetName()})
	fail(err)
	l, err := pb.NewLetterServiceClient(conn).IssueLetter(ctx, &pb.IssueLetterRequest{Name: a.GetName(), Kind: "receipt", Fields: map[string]string{"received_items": said}})
	fail(err)
	last := func(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
	people, err := pb.NewPrincipalServiceClient(o.admin).ListPrincipals(ctx, &pb.ListPrincipalsRequest{Parent: parent})
	fail(err)
	f.ids = map[string]string{
		"agency": agency, "application": last(a.GetName()), "remedy": last(r.GetName()), "attachment": last(files.GetAttachments()[0].GetName()),
		"letter": last(l.GetName()), "principal": last(people.GetPrincipals()[0].GetName()),
		"action": "extend", "kind": "receipt", "revision": "2", "group": "lights", "run": "none", "day": "2026-06-30",
	}
	return f
}

var variable = regexp.MustCompile(`\{([a-z_]+)\}`)

// place fills a pattern with the ids of the furniture; without is what it does not know.
func (f *furniture) place(pattern string) (method, path, without string) {
	method, path, _ = strings.Cut(pattern, " ")
	ids := f.ids["action"]
	if strings.Contains(path, "/remedies/") {
		ids = "conclude"
	}
	path = variable.ReplaceAllStringFunc(strings.TrimSuffix(path, "{$}"), func(found string) string {
		name := found[1 : len(found)-1]
		switch id, ok := f.ids[name]; {
		case name == "action":
			return ids
		case !ok:
			without = name
		case name == "principal" && !strings.Contains(path, "{agency}"):
			return "admin" // of the whole installation
		default:
			return url.PathEscape(id)
		}
		return found
	})
	return method, path, without
}

// everyPage calls look for each page of the table with each role that opens it.
func (o *office) everyPage(f *furniture, look func(role pb.Principal_Role, path string, row web.Row)) {
	o.t.Helper()
	for _, row := range web.Table(o.handler) {
		method, path, without := f.place(row.Pattern)
		if without != "" {
			o.t.Errorf("%s has the variable %s: add it to furnish", row.Pattern, without)
		}
		if method != http.MethodGet || row.Open {
			continue
		}
		for _, role := range roles {
			if !row.Opens(role) || role == pb.Principal_OFFICER && row.Opens(pb.Principal_SUPERVISOR) {
				continue // a supervisor sees what an officer does, and more, at the same pages
			}
			look(role, path+wants[path], row)
		}
	}
}

// token is that of a role; the pages of the whole installation are its administrator's.
func (o *office) tokenFor(f *furniture, role pb.Principal_Role, path string) string {
	if path == "/principals/admin" {
		return o.token
	}
	return f.tokens[role]
}

// Every page answers everybody who may open it with whole HTML: one heading, landmarks, no
// forced order of focus, headings of tables that say what they head; within its size; the
// name of the agency with its rare character on it.
func TestEveryPageIsWhole(t *testing.T) {
	o := open(t, nil)
	f := o.furnish("jyj", "示例𠮷")
	pages := 0
	o.everyPage(f, func(role pb.Principal_Role, path string, row web.Row) {
		v := o.enter(o.tokenFor(f, role, path))
		for _, lang := range []string{"zh-CN", "en"} {
			v.header.Set("Accept-Language", lang)
			s := v.get(path)
			if s.root == nil {
				continue // a file
			}
			pages++
			if s.status >= 500 || s.status >= 400 && strings.Contains(row.Pattern, "{") && !strings.Contains(row.Pattern, "{run}") {
				t.Errorf("%s as %s answered %d: %s", path, role, s.status, s.heading())
			}
			for _, wrong := range s.wrong(lang) {
				t.Errorf("%s as %s in %s: %s", path, role, lang, wrong)
			}
			if len(s.text) > 60<<10 {
				t.Errorf("%s has %d bytes", path, len(s.text))
			}
			if path != "/principals/admin" && !strings.Contains(s.text, "示例𠮷") {
				t.Errorf("%s as %s does not show the name 示例𠮷", path, role)
			}
		}
	})
	if pages < 60 {
		t.Errorf("only %d pages were looked at", pages)
	}
}

func (s *sheet) heading() string {
	for _, text := range s.nodes("h1") {
		return text
	}
	return ""
}

// wrong is what of a page holds for no page.
func (s *sheet) wrong(lang string) (out []string) {
	count := map[string]int{}
	for n := range s.root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data != "title" || n.Parent.Data == "head" { // a drawing has titles too
			count[n.Data]++
		}
		if i, err := strconv.Atoi(attr(n, "tabindex")); err == nil && i > 0 {
			out = append(out, "a tabindex of "+attr(n, "tabindex"))
		}
		if n.Data == "th" && attr(n, "scope") == "" {
			out = append(out, "a heading of a table without a scope: "+textOf(n))
		}
		if n.Data == "nav" && attr(n, "aria-label") == "" {
			out = append(out, "a navigation without a name")
		}
		if n.Data == "html" && attr(n, "lang") != lang {
			out = append(out, "its language is "+attr(n, "lang"))
		}
		if n.Data == "form" && strings.EqualFold(attr(n, "method"), "post") && !strings.Contains(formText(n), `form_token`) {
			out = append(out, "a form without its token: "+attr(n, "action"))
		}
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				out = append(out, "an inline "+a.Key)
			}
		}
	}
	for name, want := range map[string]int{"main": 1, "h1": 1, "header": 1, "title": 1} {
		if count[name] != want {
			out = append(out, strconv.Itoa(count[name])+" of "+name)
		}
	}
	return out
}

// formText names the inputs of a form.
func formText(form *html.Node) string {
	var b strings.Builder
	for n := range form.Descendants() {
		if n.Data == "input" {
			b.WriteString(attr(n, "name") + " ")
		}
	}
	return b.String()
}

// What another agency has answers exactly as what nobody has, for every route with an id,
// by GET and by POST, and to every role; an id of one's own in the path of another does not
// help either.
func TestEveryForeignIDIsUnknown(t *testing.T) {
	o := open(t, nil)
	own, other := o.furnish("jyj", "示例局𠮷"), o.furnish("wjw", "别的局")
	routes := 0
	for _, row := range web.Table(o.handler) {
		if !strings.Contains(row.Pattern, "{agency}") || row.Open {
			continue
		}
		method, foreign, _ := other.place(row.Pattern)
		nobody := *other
		nobody.ids = map[string]string{}
		maps.Copy(nobody.ids, other.ids)
		nobody.ids["agency"] = "xyz" // as long as the other's
		_, unknown, _ := nobody.place(row.Pattern)
		mixed := *own
		mixed.ids = map[string]string{}
		maps.Copy(mixed.ids, other.ids)
		mixed.ids["agency"] = own.agency
		_, strange, _ := mixed.place(row.Pattern)
		_, mine, _ := own.place(row.Pattern)
		for _, role := range roles {
			if !row.Opens(role) {
				continue
			}
			routes++
			v := o.enter(own.tokens[role])
			ask := func(path string) *sheet {
				if method == http.MethodGet {
					return v.get(path)
				}
				form := v.get("/account").with(url.Values{"agency.display_name": {"改名"}, "principal_id": {"新人"}, "principal.role": {"OFFICER"}, "sure": {"true"}, "reason": {"理由"}})
				if row.Upload {
					return v.uploads(path, filePart{"form_token", "", form.Get("form_token")}, filePart{"kind", "", "FORM"}, filePart{"file", "a.pdf", casePDF})
				}
				return v.post(path, form)
			}
			a, b := ask(foreign), ask(unknown)
			if a.status != http.StatusNotFound || b.status != a.status || blank(a.text) != blank(b.text) {
				t.Errorf("%s as %s: of another agency %d, of none %d", row.Pattern, role, a.status, b.status)
			}
			if method != http.MethodGet || strange == mine {
				continue
			}
			if s := ask(strange); s.status != http.StatusNotFound {
				t.Errorf("%s as %s answered %d", strange, role, s.status)
			}
		}
	}
	if routes < 40 {
		t.Errorf("only %d routes were asked", routes)
	}
}

var changing = regexp.MustCompile(`wjw|xyz|name="request_id" value="[^"]*"`)

// blank leaves out of an answer what differs from one to the next.
func blank(text string) string { return changing.ReplaceAllString(text, "") }

// Every form of every page, sent by another site with all that a browser would add, is
// refused, and takes nothing with it.
func TestEveryFormFromAnotherSite(t *testing.T) {
	o := open(t, nil)
	f := o.furnish("jyj", "示例局𠮷")
	forms := 0
	for _, row := range web.Table(o.handler) {
		method, path, _ := f.place(row.Pattern)
		if method != http.MethodPost {
			continue
		}
		for _, role := range roles {
			if !row.Opens(role) {
				continue
			}
			for _, from := range []http.Header{
				{"Sec-Fetch-Site": {"cross-site"}},
				{"Sec-Fetch-Site": {"same-site"}},
				{"Origin": {"https://evil.example"}},
				{"Origin": {"null"}},
			} {
				forms++
				v := o.enter(f.tokens[role])
				form := v.get("/account").with(nil)
				v.header = from
				if s := v.post(path, form); s.status != http.StatusForbidden {
					t.Errorf("%s as %s from %v answered %d", path, role, from, s.status)
				}
			}
			if role == pb.Principal_OFFICER {
				break
			}
		}
	}
	if forms < 100 {
		t.Errorf("only %d forms were sent", forms)
	}
	// Nothing was done: whoever was to be removed, revoked, signed out or withdrawn is there.
	v := o.enter(f.tokens[pb.Principal_SUPERVISOR])
	if s := v.get("/calendar/feeds"); strings.Contains(s.text, "已撤销") || v.get("/").status != http.StatusOK {
		t.Error("a form of another site did something")
	}
}
