package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
)

// Back in the browser and sent again, the same is not recorded twice: the page says what
// was recorded, and records another one only where that is said.
func TestSentAgainAfterGoingBack(t *testing.T) {
	o, _ := desk(t)
	token := o.hire(pb.Principal_OFFICER, "jyj")
	v := o.enter(token)
	first := v.post("/register", v.get("/register").with(complete()))
	back := complete()
	back.Set("do", "next")
	s := v.post("/register", v.get("/register").with(back))
	if s.status != http.StatusConflict || o.count(token, "jyj") != 1 {
		t.Fatalf("sent again it answered %d, and %d are registered:\n%s", s.status, o.count(token, "jyj"), s.text)
	}
	if !strings.Contains(s.text, "相同的内容已经办理过") || !strings.Contains(s.text, `href="`+first.header.Get("Location")+`"`) || !strings.Contains(s.text, "示例人𠮷") {
		t.Errorf("the page does not lead to what was recorded:\n%s", s.text)
	}
	again := s.fillIn("/register", nil)
	for range 2 { // a second click
		if a := v.post("/register", again); a.status != http.StatusSeeOther || o.count(token, "jyj") != 2 {
			t.Errorf("another one answered %d, and %d are registered", a.status, o.count(token, "jyj"))
		}
	}
	other := complete()
	other.Set("application.description", "别的内容")
	if s := v.post("/register", v.get("/register").with(other)); s.status != http.StatusSeeOther || o.count(token, "jyj") != 3 {
		t.Errorf("other content answered %d, and %d are registered", s.status, o.count(token, "jyj"))
	}
	if s := o.enter(o.hire(pb.Principal_OFFICER, "jyj")).get("/register"); s.status != http.StatusOK {
		t.Error(s.status)
	}
	colleague := o.enter(o.hire(pb.Principal_OFFICER, "jyj"))
	if s := colleague.post("/register", colleague.get("/register").with(complete())); s.status != http.StatusSeeOther {
		t.Errorf("a colleague's answered %d", s.status)
	}
}

func TestRemedyAndLetterSentAgainAfterGoingBack(t *testing.T) {
	b := newBureau(t)
	a := b.application("2026-06-15")
	_, err := pb.NewSettingServiceClient(b.admin).UpdateSettings(t.Context(), &pb.UpdateSettingsRequest{Parent: "agencies/jyj", Values: map[string]string{"letter.contact": "示例路1号"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name, path string
		typed      url.Values
		count      func() int
	}{
		{"a remedy", "/remedies/new", url.Values{"remedy.kind": {"COMPLAINT"}, "remedy.file_date": {"2026-06-25"}}, func() int {
			res, err := pb.NewRemedyServiceClient(b.conn).ListRemedies(t.Context(), &pb.ListRemediesRequest{Parent: "agencies/jyj"})
			if err != nil {
				t.Fatal(err)
			}
			return len(res.GetRemedies())
		}},
		{"a letter", "/" + a.GetName() + "/letters/receipt", url.Values{"do": {"issue"}, "fields.received_items": {"申请表"}}, func() int {
			res, err := pb.NewLetterServiceClient(b.conn).ListLetters(t.Context(), &pb.ListLettersRequest{Parent: a.GetName()})
			if err != nil {
				t.Fatal(err)
			}
			return len(res.GetLetters())
		}},
	} {
		if s := b.officer.post(x.path, b.officer.get(x.path).fillIn(x.path, x.typed)); s.status != http.StatusSeeOther || x.count() != 1 {
			t.Fatalf("%s answered %d:\n%s", x.name, s.status, s.text)
		}
		if s := b.officer.post(x.path, b.officer.get(x.path).fillIn(x.path, x.typed)); s.status != http.StatusConflict || x.count() != 1 {
			t.Errorf("%s sent again answered %d, and there are %d", x.name, s.status, x.count())
		}
	}
}
