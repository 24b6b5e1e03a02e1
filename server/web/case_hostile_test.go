package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"

	pb "gongkai/proto/disclosure/v1"
)

// casePayloads are texts that would run, break out of an attribute or turn the line, where a
// page took them for more than text.
var casePayloads = []string{
	`<script>document.title='owned'</script>`,
	`"><img src=x onerror="document.title='owned'">`,
	`'-alert(1)-'`,
	`</textarea><script>document.title='owned'</script>`,
	`<svg onload=document.title='owned'>`,
	`javascript:document.title='owned'`,
	`{{.Token}}${7*7}`,
	"x\u202egnp.exe",
	`--><script>document.title='owned'</script>`,
	`&lt;b&gt;&amp;`,
}

// hostile registers a case with a payload in every text, and does acts with it.
func (b *bureau) hostile(payload string) *pb.Application {
	b.t.Helper()
	c := pb.NewApplicationServiceClient(b.conn)
	visible := strings.ReplaceAll(payload, "\u202e", "") // the service refuses to store what turns lines in names
	a, err := c.CreateApplication(b.t.Context(), &pb.CreateApplicationRequest{
		Parent: "agencies/jyj",
		Application: &pb.Application{
			Channel: pb.Application_IN_PERSON, ArriveDate: "2026-06-01", Description: visible, Remark: visible,
			Applicant: &pb.Applicant{
				Kind: pb.Applicant_OTHER, DisplayName: visible, IdType: visible, IdNumber: visible, Phone: visible, Address: visible, Postcode: visible, Email: visible,
			},
		},
	})
	if err != nil {
		b.t.Fatalf("%q: %v", payload, err)
	}
	a = b.act(b.conn, a,
		&pb.Action{Action: &pb.Action_Assign{Assign: &pb.Assign{AssignDate: "2026-06-02", Holder: visible, Reason: visible}}},
		&pb.Action{Action: &pb.Action_Consult{Consult: &pb.Consult{Kind: "THIRD_PARTY", SendDate: "2026-06-03", Party: visible}}},
		&pb.Action{Action: &pb.Action_ReceiveOpinion{ReceiveOpinion: &pb.ReceiveOpinion{ReceiveDate: "2026-06-05", Opinion: "CONSENT"}}},
		&pb.Action{Action: &pb.Action_Extend{Extend: &pb.Extend{Workdays: 5, NotifyDate: "2026-06-08", Approver: visible, Reason: visible}}},
		&pb.Action{Action: &pb.Action_Decide{Decide: &pb.Decide{Basis: "other.other", DecideDate: "2026-06-20", DocumentNo: visible, Reason: visible}}},
		&pb.Action{Action: &pb.Action_Deliver{Deliver: &pb.Deliver{Mode: "POST", DeliverDate: "2026-06-22", LateCause: visible}}})
	if _, err := pb.NewRemedyServiceClient(b.conn).CreateRemedy(b.t.Context(), &pb.CreateRemedyRequest{
		Parent: "agencies/jyj", Remedy: &pb.Remedy{Kind: pb.Remedy_COMPLAINT, FileDate: "2026-06-25", Application: a.GetName(), Remark: visible},
	}); err != nil {
		b.t.Fatal(err)
	}
	return a
}

// pagesOf are the pages that show what a case holds.
func (b *bureau) pagesOf(a *pb.Application) []string {
	b.t.Helper()
	path := "/" + a.GetName()
	res, err := pb.NewRemedyServiceClient(b.conn).ListRemedies(b.t.Context(), &pb.ListRemediesRequest{Parent: "agencies/jyj", Application: a.GetName()})
	if err != nil {
		b.t.Fatal(err)
	}
	return []string{
		path, path + "/sheet", path + "/history", path + "/text", path + "/similar", path + "/act/fail_delivery", path + "/correct/2", path + "/correct/5", path + "/correct/1",
		path + "/letters/reply", path + "/letters/case_sheet", "/remedies", "/" + res.GetRemedies()[0].GetName(),
	}
}

// TestHostileTextsStayText puts casePayloads into every text of a case and looks at every page
// that shows it: none becomes an element or a handler.
func TestHostileTextsStayText(t *testing.T) {
	b := newBureau(t)
	for _, payload := range casePayloads {
		a := b.hostile(payload)
		for _, path := range b.pagesOf(a) {
			page := b.head.get(path)
			if page.status != http.StatusOK {
				t.Fatalf("%s answered %d", path, page.status)
			}
			page.mustBeOurs(path)
		}
		act := "/" + a.GetName() + "/act/fail_delivery"
		sent := b.head.get(act).fillIn(act, nil)
		sent.Set("actions[0].fail_delivery.reason", payload)
		sent.Set("actions[0].fail_delivery.fail_date", payload)
		refused := b.head.post(act, sent)
		if refused.status != http.StatusUnprocessableEntity {
			t.Errorf("a payload for a day answered %d", refused.status)
		}
		refused.mustBeOurs(act)
	}
}

// mustBeOurs fails where a page holds elements or attributes that no template of ours has.
func (s *sheet) mustBeOurs(path string) {
	s.t.Helper()
	for n := range s.root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "img" || n.Data == "svg" || n.Data == "script" && !strings.HasPrefix(attr(n, "src"), "/static/") {
			s.t.Errorf("%s holds the element %s", path, n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.ToLower(a.Val), "javascript:") && a.Key != "value" && a.Key != "title" {
				s.t.Errorf("%s: %s has %s=%q", path, n.Data, a.Key, a.Val)
			}
		}
	}
}

// TestHostileTextsInABrowser opens the same pages in a browser: nothing runs.
func TestHostileTextsInABrowser(t *testing.T) {
	c := chromium(t)
	b := newBureau(t)
	tab := b.browse(t, c, looks[0], b.token)
	payloads := casePayloads
	if testing.Short() {
		payloads = payloads[:1]
	}
	for _, payload := range payloads {
		for _, path := range b.pagesOf(b.hostile(payload)) {
			tab.visit(path)
			title, err := chromedp.Run(tab.ctx, chromedp.Title())
			if err != nil {
				t.Fatal(err)
			}
			if title == "owned" {
				t.Errorf("%q ran on %s", payload, path)
			}
		}
	}
}
