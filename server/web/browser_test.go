package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	pb "gongkai/proto/disclosure/v1"
)

// busy is an office with cases of many kinds, and the token of its supervisor.
func busy(t *testing.T) (o *office, token string) {
	t.Helper()
	o = open(t, nil)
	o.agency("jyj")
	token = o.hire(pb.Principal_SUPERVISOR, "jyj")
	conn := o.api(token)
	acts := map[string]*pb.Action{
		"2026-06-08": {Action: &pb.Action_Consult{Consult: &pb.Consult{Kind: "THIRD_PARTY", SendDate: "2026-06-10", ReceiveDate: "2026-06-11"}}},
		"2026-06-15": {Action: &pb.Action_RequestSupplement{RequestSupplement: &pb.RequestSupplement{
			NotifyDate: "2026-06-18", DueDate: "2026-07-10", Items: []string{"请明确所需信息的名称或者文号"},
		}}},
		"2026-06-25": {Action: &pb.Action_Assign{Assign: &pb.Assign{AssignDate: "2026-06-26", Holder: "规划财务科"}}},
	}
	for i, day := range []string{"2026-05-06", "2026-05-29", "2026-06-01", "2026-06-02", "2026-06-05", "2026-06-08", "2026-06-15", "2026-06-25", "2026-06-29"} {
		a := o.register(conn, "jyj", fmt.Sprintf("示例人%d", i+1), "关于2025年度信息公开工作经费支出明细的申请（示例）", day)
		if act := acts[day]; act != nil {
			o.act(conn, a, act)
		}
	}
	return o, token
}

func TestPagesInABrowser(t *testing.T) {
	c := chromium(t)
	o, token := busy(t)
	empty := o.hire(pb.Principal_OFFICER, o.another())
	for _, l := range few(looks) {
		t.Run(l.String(), func(t *testing.T) {
			b := o.browse(t, c, l, token)
			for _, page := range []struct{ name, path string }{{"queue", "/"}, {"register", "/register"}, {"account", "/account"}} {
				b.visit(page.path)
				b.inspect(page.name)
			}
			b.expect(404)
			b.visit("/nothing")
			b.inspect("trouble")
			b = o.browse(t, c, l, empty)
			b.visit("/")
			b.inspect("queue-empty")
			b = o.browse(t, c, l, "")
			b.visit("/sign-in")
			b.inspect("sign-in")
			b.visit("/set-up")
			b.inspect("set-up")
		})
	}
}

// Logging a paper application: one screen, its deadline and what is like it visible before
// it is saved, saved and on with the next by the keyboard alone.
func TestRegisterByKeyboard(t *testing.T) {
	c := chromium(t)
	o, token := busy(t)
	for _, l := range few(looks) {
		t.Run(l.String(), func(t *testing.T) {
			b := o.browse(t, c, l, token)
			b.visit("/register")
			b.keys("示例人3") // the cursor stands in the name
			b.shows("#found button[name=use]")
			b.inspect("register-found")
			b.keys(kb.Tab + "13800000000")                // phone
			b.keys(kb.Tab + kb.Tab + kb.Tab)              // identity number, address, the button
			b.tabTo("f-application-channel")              // past the applicants found
			b.keys(kb.ArrowDown)                          // in person
			b.tabTo("f-application-description")          // past the day, which is today
			b.keys("申请公开2025年度信息公开工作经费支出明细" + l.String()) // the same twice would be asked about
			b.shows("#preview .due strong")               // the deadline
			b.shows("#preview .similar .same")            // an application of the same applicant
			b.inspect("register-checked")
			b.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(2))) // Ctrl+Enter
			b.shows(".said")
			if at := b.path(); !strings.HasPrefix(at, "/register?") {
				t.Errorf("saving and going on leads to %s", at)
			}
			want := map[string]string{"zh-CN": "答复期限2026年7月28日", "en": "to be answered by 28 July 2026"}[l.lang]
			if said := b.text(".said"); !strings.Contains(said, want) {
				t.Errorf("it said %q, want %q in it", said, want)
			}
			b.inspect("register-next")
		})
	}
}

// What is missing is listed on top, each with a link that leads to its input.
func TestErrorsLeadToInputs(t *testing.T) {
	c := chromium(t)
	o, token := busy(t)
	for _, l := range few(looks) {
		t.Run(l.String(), func(t *testing.T) {
			b := o.browse(t, c, l, token)
			b.visit("/register")
			b.do(chromedp.Click(chromedp.CSS("button[value=save]")))
			b.shows("#errors")
			b.inspect("register-errors")
			if at := b.focused(); at != "errors" {
				t.Errorf("the focus is on %q, want the errors", at)
			}
			b.do(chromedp.Click(chromedp.CSS("#errors a")))
			if at := b.focused(); !strings.HasPrefix(at, "f-application-") {
				t.Errorf("the link of an error leads to %q", at)
			}
		})
	}
}

// keys types into what has the focus.
func (b *browser) keys(text string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(text))
}

// focused is the id of what has the focus.
func (b *browser) focused() string {
	b.t.Helper()
	id, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.activeElement.id`))
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// tabTo presses Tab until an element has the focus.
func (b *browser) tabTo(id string) {
	b.t.Helper()
	for range 40 {
		if b.focused() == id {
			return
		}
		b.keys(kb.Tab)
	}
	b.t.Fatalf("%s: the keyboard does not reach %s", b.look, id)
}

// The pages that grow are looked at with 5,000 applications.
func TestManyInABrowser(t *testing.T) {
	c := chromium(t)
	o, _, token := crowded(t)
	for _, l := range few(looks) {
		t.Run(l.String(), func(t *testing.T) {
			b := o.browse(t, c, l, token)
			for _, page := range []struct{ name, path string }{
				{"queue-many", "/"},
				{"ledger-many", "/ledger"},
				{"ledger-found", "/ledger?words=验收材料&state=CLOSED"},
				{"report-many", "/report?year=2025"},
				{"report-cell-many", "/report/cell?cell=newReceived/naturalPerson&year=2025&form=table-2021"},
				{"report-charts-many", "/report/charts?year=2025"},
				{"workload-many", "/workload"},
			} {
				b.visit(page.path)
				b.inspect(page.name)
			}
		})
	}
}
