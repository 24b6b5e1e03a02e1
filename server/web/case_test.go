package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"google.golang.org/grpc"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
)

// bureau is an office with one officer and one supervisor, each at a desk.
type bureau struct {
	*office
	officer, head     *visitor
	conn              *grpc.ClientConn // the head's, by the API
	officerKey, token string
}

func newBureau(t testing.TB) *bureau {
	t.Helper()
	o := open(t, nil)
	o.agency("jyj")
	b := &bureau{office: o}
	b.token, b.officerKey = o.hire(pb.Principal_SUPERVISOR, "jyj"), o.hire(pb.Principal_OFFICER, "jyj")
	b.head, b.officer, b.conn = o.enter(b.token), o.enter(b.officerKey), o.api(b.token)
	return b
}

// enter registers an application with particulars.
func (b *bureau) application(day string) *pb.Application {
	b.t.Helper()
	a, err := pb.NewApplicationServiceClient(b.conn).CreateApplication(b.t.Context(), &pb.CreateApplicationRequest{
		Parent: "agencies/jyj",
		Application: &pb.Application{
			Channel: pb.Application_IN_PERSON, ArriveDate: day, Description: "2025年度信息公开工作经费支出明细（示例）", Remark: "示例备注",
			Applicant: &pb.Applicant{
				Kind: pb.Applicant_NATURAL_PERSON, DisplayName: "𠮷田示例", IdType: "居民身份证", IdNumber: "11010519491231002X",
				Phone: "13800001234", Address: "示例市示例路1号", Postcode: "100000", Email: "shili@example.com",
			},
		},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

// read is an application as the API has it.
func (b *bureau) read(name string) *pb.Application {
	b.t.Helper()
	a, err := pb.NewApplicationServiceClient(b.conn).GetApplication(b.t.Context(), &pb.GetApplicationRequest{Name: name})
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

// fillIn is what a form of the page holds as it opens: all its inputs, as a browser would
// send them. The form is the one with the action.
func (s *sheet) fillIn(action string, typed url.Values) url.Values {
	s.t.Helper()
	out := url.Values{}
	found := false
	for form := range s.nodes("form") {
		if attr(form, "action") != action {
			continue
		}
		found = true
		for n := range form.Descendants() {
			switch {
			case n.Data == "input" && (attr(n, "type") == "radio" || attr(n, "type") == "checkbox"):
				if marked(n, "checked") {
					out.Set(attr(n, "name"), attr(n, "value"))
				}
			case n.Data == "input":
				out.Set(attr(n, "name"), attr(n, "value"))
			case n.Data == "textarea":
				out.Set(attr(n, "name"), s.field(attr(n, "name")))
			case n.Data == "option" && marked(n, "selected"):
				out.Set(attr(n.Parent, "name"), attr(n, "value"))
			}
		}
	}
	if !found {
		s.t.Fatalf("no form of the page sends to %s:\n%s", action, s.text)
	}
	maps.Copy(out, typed)
	return out
}

func TestCasePage(t *testing.T) {
	b := newBureau(t)
	a := b.application("2026-06-15")
	page := b.officer.get("/" + a.GetName())
	if page.status != http.StatusOK {
		t.Fatalf("the case answered %d:\n%s", page.status, page.text)
	}
	for _, want := range []string{
		a.GetApplicationNo(), "𠮷田示例", "110105••••••••002X", "138••••1234", "2026年6月15日", "2026年7月1", "剩余", "示例备注", "办理过程",
		"现在可以办理", "延期", "现在不能办理的", "《条例》（2019年）第31条", "示例路1号", "收件回执", "添加附件",
	} {
		if !strings.Contains(page.text, want) {
			t.Errorf("the case does not show %q", want)
		}
	}
	for _, hidden := range []string{"11010519491231002X", "13800001234"} {
		if strings.Contains(page.text, hidden) {
			t.Errorf("the case shows %s though nobody asked for it", hidden)
		}
	}
	if len(page.text) > 60<<10 {
		t.Errorf("the page is %d bytes", len(page.text))
	}
	full := b.officer.post("/"+a.GetName()+"/applicant", page.with(nil))
	if full.status != http.StatusOK || !strings.Contains(full.text, "11010519491231002X") || !strings.Contains(full.text, "13800001234") {
		t.Errorf("asked for, the particulars do not show: %d", full.status)
	}
}

// marked tells whether an element has an attribute, whatever its value.
func marked(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// No list shows an identity number or a phone in full; the page of one application does when
// it is asked to, and the audit log tells that look from all others.
func TestListsAreMasked(t *testing.T) {
	b := newBureau(t)
	a := b.application("2026-06-15")
	lists := map[string]*sheet{
		"the ledger": b.officer.get("/ledger"), "a search": b.officer.get("/ledger?words=" + url.QueryEscape("𠮷田示例")), "the desk": b.officer.get("/"),
		"similar ones": b.officer.get("/" + a.GetName() + "/similar"), "the sheet": b.officer.get("/" + a.GetName() + "/sheet"),
		"applicants": b.officer.post("/register", b.officer.get("/register").with(url.Values{"do": {"find"}, "application.applicant.display_name": {"𠮷田示例"}})),
	}
	for name, s := range lists {
		if s.status != http.StatusOK || strings.Contains(s.text, "11010519491231002X") || strings.Contains(s.text, "13800001234") {
			t.Errorf("%s answered %d and shows a number in full:\n%s", name, s.status, s.text)
		}
	}
	if !strings.Contains(lists["the ledger"].text, "138••••1234") || !strings.Contains(lists["applicants"].text, "110105••••••••002X") {
		t.Error("the lists do not show the masked numbers")
	}
	looks := func() (n int) {
		t.Helper()
		err := b.store.View(t.Context(), func(r storage.Reader) error {
			n = 0
			rows, err := r.(storage.Inspector).EventRows(0, 10_000)
			for _, e := range rows {
				if strings.HasPrefix(e.Object, "read/application/") && strings.Contains(string(e.Facts), `"fields":"applicant,`) {
					n++
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := looks()
	page := b.officer.get("/" + a.GetName())
	if n := looks(); n != before {
		t.Errorf("the page of the case counts as %d looks at the full numbers", n-before)
	}
	if s := b.officer.post("/"+a.GetName()+"/applicant", page.with(nil)); !strings.Contains(s.text, "13800001234") {
		t.Errorf("asked for it answered %d:\n%s", s.status, s.text)
	}
	if n := looks(); n != before+1 {
		t.Errorf("%d looks at the full numbers are recorded, want 1", n-before)
	}
}
