package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

// takenOver is an office that took another one over, with an application of each, both
// under one number, and a supervisor of the successor.
func takenOver(t *testing.T) (v *visitor, theirs, own *pb.Application) {
	t.Helper()
	o := open(t, nil)
	for _, id := range []string{"wtj", "wlj"} {
		o.agency(id)
	}
	theirs = o.register(o.api(o.hire(pb.Principal_SUPERVISOR, "wtj")), "wtj", "示例", "原机关的申请", "2026-06-02")
	key := o.hire(pb.Principal_SUPERVISOR, "wlj")
	own = o.register(o.api(key), "wlj", "示例", "承继机关自己的申请", "2026-06-02")
	if theirs.GetApplicationNo() != own.GetApplicationNo() {
		t.Fatalf("the numbers are %s and %s, want the same", theirs.GetApplicationNo(), own.GetApplicationNo())
	}
	_, err := pb.NewAgencyServiceClient(o.admin).UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{
		Agency: &pb.Agency{Name: "agencies/wtj", Successor: "agencies/wlj"}, UpdateMask: "successor", EffectiveDate: "2026-06-10",
	})
	if err != nil {
		t.Fatal(err)
	}
	return o.enter(key), theirs, own
}

// hrefs are where the links of a page lead that begin like this.
func (s *sheet) hrefs(begin string) (out []string) {
	for n := range s.nodes("a") {
		if strings.HasPrefix(attr(n, "href"), begin) {
			out = append(out, attr(n, "href"))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestRemedyOfACaseTakenOver: what a successor records from the page of a case that it took
// over concerns that case, and not its own one of the same number.
func TestRemedyOfACaseTakenOver(t *testing.T) {
	v, theirs, own := takenOver(t)
	for _, a := range []*pb.Application{theirs, own} {
		links := v.get("/" + a.GetName()).hrefs("/remedies/new")
		if len(links) != 1 {
			t.Fatalf("the case %s leads to %q", a.GetName(), links)
		}
		form := v.get(links[0])
		action := ""
		for n := range form.nodes("form") {
			if strings.HasPrefix(attr(n, "action"), "/remedies/new") {
				action = attr(n, "action")
			}
		}
		s := v.post(action, form.fillIn(action, url.Values{"remedy.kind": {"RECONSIDERATION"}, "remedy.file_date": {"2026-06-15"}}))
		if s.status != http.StatusSeeOther {
			t.Fatalf("recording answered %d:\n%s", s.status, s.text)
		}
		if got := v.follow(s).hrefs("/agencies/"); !slices.Contains(got, "/"+a.GetName()) {
			t.Errorf("the remedy leads to %q, want it to concern %s", got, a.GetName())
		}
	}
}

// TestQueueTellsWhatWasTakenOver: the desk of a successor shows how much is open where it took
// over, and leads there and back; nothing is said of what has nothing open.
func TestQueueTellsWhatWasTakenOver(t *testing.T) {
	v, theirs, own := takenOver(t)
	desk := v.get("/")
	if got := desk.hrefs("/?agency="); !slices.Equal(got, []string{"/?agency=wtj"}) {
		t.Fatalf("the desk leads to %q", got)
	}
	for _, want := range []string{"由本机关承继", "在办1件"} {
		if !strings.Contains(desk.text, want) {
			t.Errorf("the desk does not say %q", want)
		}
	}
	there := v.get("/?agency=wtj")
	if !slices.Contains(there.hrefs("/agencies/"), "/"+theirs.GetName()) || !strings.Contains(there.text, "回到本机关") {
		t.Errorf("the other queue does not list the case, or does not lead back:\n%s", there.text)
	}
	act := "/" + theirs.GetName() + "/act/withdraw"
	sent := v.get(act).fillIn(act, url.Values{"do": {"act"}})
	if done := v.post(act, sent); done.status != http.StatusSeeOther {
		t.Fatalf("withdrawing answered %d: %s", done.status, done.refusedWith())
	}
	if desk := v.get("/"); strings.Contains(desk.text, "由本机关承继") || !slices.Contains(desk.hrefs("/agencies/"), "/"+own.GetName()) {
		t.Error("the desk still speaks of what was closed")
	}
}

// TestQueueOfManyTakenOver: the desk looks into a few of the agencies that were taken over and
// leads to each of the others, so that none of them is passed over in silence.
func TestQueueOfManyTakenOver(t *testing.T) {
	o := open(t, nil)
	o.agency("heir")
	var want []string
	for i := range web.MaxTaken + 2 {
		id := fmt.Sprintf("former-%02d", i)
		o.agency(id)
		o.register(o.api(o.hire(pb.Principal_OFFICER, id)), id, "示例", "原机关的申请", "2026-06-02")
		_, err := pb.NewAgencyServiceClient(o.admin).UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{
			Agency: &pb.Agency{Name: "agencies/" + id, Successor: "agencies/heir"}, UpdateMask: "successor", EffectiveDate: "2026-06-10",
		})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, "/?agency="+id)
	}
	v := o.enter(o.hire(pb.Principal_OFFICER, "heir"))
	if got := v.get("/").hrefs("/?agency="); !slices.Equal(got, want) {
		t.Errorf("the desk leads to %q, want %q", got, want)
	}
}

// TestTakenOverInEnglish: on a page in English the name of an agency is marked as Chinese.
func TestTakenOverInEnglish(t *testing.T) {
	v, _, _ := takenOver(t)
	v.header.Set("Accept-Language", "en")
	for n := range v.get("/").nodes("a") {
		if attr(n, "href") == "/?agency=wtj" {
			if got := attr(n, "lang"); got != "zh-CN" {
				t.Errorf("%s is marked as of language %q", textOf(n), got)
			}
			return
		}
	}
	t.Error("the desk does not lead to what was taken over")
}

// TestListsOfAnAgencyTakenOver: from a case that was taken over its trail leads to the list
// that holds it, and what that list offers is of the same agency.
func TestListsOfAnAgencyTakenOver(t *testing.T) {
	v, theirs, own := takenOver(t)
	trail := v.get("/" + theirs.GetName()).hrefs("/ledger?")
	if len(trail) != 1 {
		t.Fatalf("the trail leads to %q", trail)
	}
	for _, path := range []string{trail[0], "/?agency=wtj"} {
		list := v.get(path)
		if got := list.hrefs("/agencies/"); !slices.Contains(got, "/"+theirs.GetName()) || slices.Contains(got, "/"+own.GetName()) {
			t.Errorf("%s lists %q", path, got)
		}
		at, _, _ := strings.Cut(path, "?")
		if got := list.fillIn(at, nil).Get("agency"); got != "wtj" {
			t.Errorf("the search of %s asks of agency %q", path, got)
		}
		for _, link := range slices.Concat(list.hrefs("/ledger/export"), list.hrefs("/?holder=")) {
			if u, err := url.Parse(link); err != nil || u.Query().Get("agency") != "wtj" {
				t.Errorf("%s offers %s", path, link)
			}
		}
	}
	if got := v.get("/" + own.GetName()).hrefs("/ledger"); !slices.Equal(got, []string{"/ledger"}) {
		t.Errorf("the trail of an own case leads to %q", got)
	}
}
