package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
)

// Two change settings at a time: who touches another one undoes nothing, and who touches
// the same one sees both values before either is lost.
func TestSettingsChangedMeanwhile(t *testing.T) {
	o, _ := desk(t)
	a, b := o.enter(o.hire(pb.Principal_ADMINISTRATOR, "jyj")), o.enter(o.hire(pb.Principal_ADMINISTRATOR, "jyj"))
	const path = "/settings/lights"
	save := func(v *visitor, page *sheet, filled url.Values) *sheet {
		return v.post(path, page.fillIn(path, filled))
	}
	first, second, third := a.get(path), b.get(path), b.get(path)
	sent := first.fillIn(path, url.Values{"values[lights.yellow]": {"9"}})
	for range 2 { // a second click
		a.follow(a.post(path, sent))
	}
	b.follow(save(b, second, url.Values{"values[lights.red]": {"2"}}))
	if yellow, red := o.setting("lights.yellow", today), o.setting("lights.red", today); yellow != "9" || red != "2" {
		t.Errorf("yellow is %s and red %s, want 9 and 2", yellow, red)
	}
	s := save(b, third, url.Values{"values[lights.yellow]": {"7"}})
	if s.status != http.StatusUnprocessableEntity || o.setting("lights.yellow", today) != "9" {
		t.Fatalf("changing the same one answered %d, yellow is %s", s.status, o.setting("lights.yellow", today))
	}
	if !strings.Contains(s.text, `name="values[lights.yellow]" value="7"`) || !strings.Contains(s.text, `<blockquote class="prose">9</blockquote>`) || !strings.Contains(s.text, "他人已修改") {
		t.Errorf("not both values are shown:\n%s", s.text)
	}
	b.follow(save(b, s, nil))
	if yellow := o.setting("lights.yellow", today); yellow != "7" {
		t.Errorf("saved again yellow is %s, want 7", yellow)
	}
}

// A version that begins later is no value of today, and is not replaced unseen either.
func TestSettingsToComeChangedMeanwhile(t *testing.T) {
	o, _ := desk(t)
	a := o.enter(o.hire(pb.Principal_ADMINISTRATOR, "jyj"))
	const path = "/settings/lights"
	first, second := a.get(path), a.get(path)
	from := url.Values{"values[lights.yellow]": {"9"}, "effective_date": {"2026-08-01"}}
	a.follow(a.post(path, first.fillIn(path, from)))
	from.Set("values[lights.yellow]", "8")
	s := a.post(path, second.fillIn(path, from))
	if s.status != http.StatusUnprocessableEntity || o.setting("lights.yellow", "2026-08-01") != "9" || !strings.Contains(s.text, `value="8"`) {
		t.Fatalf("answered %d:\n%s", s.status, s.text)
	}
	a.follow(a.post(path, s.fillIn(path, nil)))
	if yellow := o.setting("lights.yellow", "2026-08-01"); yellow != "8" {
		t.Errorf("saved again yellow is %s, want 8", yellow)
	}
}

// chapters are those that are kept.
func (o *office) chapters(token string) map[int32]string {
	o.t.Helper()
	n, err := pb.NewOversightServiceClient(o.api(token)).GetNarrative(o.t.Context(), &pb.GetNarrativeRequest{Parent: "agencies/jyj", Year: 2026})
	if err != nil {
		o.t.Fatal(err)
	}
	return n.GetChapters()
}

func TestTextChangedMeanwhile(t *testing.T) {
	o, token := counted(t)
	a, b := o.enter(token), o.enter(o.hire(pb.Principal_STATISTICIAN, "jyj"))
	const path = "/report/text"
	save := func(v *visitor, page *sheet, filled url.Values) *sheet {
		return v.post(path, page.fillIn(path, filled))
	}
	first, second, third := a.get(path), b.get(path), b.get(path)
	long := strings.Repeat("本机关全年收到申请。\r\n", 50)
	sent := first.fillIn(path, url.Values{"chapters/1": {long}})
	for range 2 {
		a.follow(a.post(path, sent))
	}
	b.follow(save(b, second, url.Values{"chapters/5": {"问题"}}))
	want := strings.ReplaceAll(long, "\r\n", "\n")
	if kept := o.chapters(token); kept[1] != want || kept[5] != "问题" {
		t.Errorf("kept is %q", kept)
	}
	s := save(b, third, url.Values{"chapters/1": {"另一段文字"}})
	if s.status != http.StatusUnprocessableEntity || o.chapters(token)[1] != want {
		t.Fatalf("changing the same chapter answered %d, kept is %q", s.status, o.chapters(token)[1])
	}
	if s.field("chapters/1") != "另一段文字" || !strings.Contains(s.text, `<blockquote class="prose">本机关全年收到申请。`) || s.field("chapters/5") != "问题" {
		t.Errorf("not both texts are shown:\n%s", s.text)
	}
	b.follow(save(b, s, nil))
	if kept := o.chapters(token); kept[1] != "另一段文字" || kept[5] != "问题" {
		t.Errorf("saved again kept is %q", kept)
	}
}

func TestFiguresChangedMeanwhile(t *testing.T) {
	o, token := counted(t)
	a, b := o.enter(token), o.enter(o.hire(pb.Principal_STATISTICIAN, "jyj"))
	const path = "/report/figures"
	figure := func(code string) string {
		t.Helper()
		res, err := pb.NewReportServiceClient(o.api(token)).ListFigures(t.Context(), &pb.ListFiguresRequest{Parent: "agencies/jyj", Year: 2026})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range res.GetFigures() {
			if f.GetCode() == code {
				return f.GetValue()
			}
		}
		return ""
	}
	save := func(v *visitor, page *sheet, filled url.Values) *sheet {
		return v.post(path, page.fillIn(path, filled))
	}
	a.follow(save(a, a.get("/report?edit=figures"), url.Values{"figure/t2.5.licences": {"1"}, "figure/t2.8.fees": {"10.50"}}))
	first, second, third := a.get("/report?edit=figures"), b.get("/report?edit=figures"), b.get("/report?edit=figures")
	sent := first.fillIn(path, url.Values{"figure/t2.5.licences": {"12"}, "figure/t2.8.fees": {"11.50"}})
	for range 2 {
		a.follow(a.post(path, sent))
	}
	b.follow(save(b, second, url.Values{"figure/t2.6.penalties": {"3"}}))
	if l, p, f := figure("t2.5.licences"), figure("t2.6.penalties"), figure("t2.8.fees"); l != "12" || p != "3" || f != "11.5" {
		t.Errorf("kept are %s, %s and %s, want 12, 3 and 11.5", l, p, f)
	}
	s := save(b, third, url.Values{"figure/t2.5.licences": {"13"}})
	if s.status != http.StatusUnprocessableEntity || figure("t2.5.licences") != "12" {
		t.Fatalf("changing the same figure answered %d, kept is %s", s.status, figure("t2.5.licences"))
	}
	if !strings.Contains(s.text, `name="figure/t2.5.licences" value="13"`) || !strings.Contains(s.text, `<blockquote class="prose">12</blockquote>`) {
		t.Errorf("not both figures are shown:\n%s", s.text)
	}
	b.follow(save(b, s, nil))
	if l := figure("t2.5.licences"); l != "13" {
		t.Errorf("saved again it is %s, want 13", l)
	}
}
