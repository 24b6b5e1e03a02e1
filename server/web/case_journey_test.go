package web_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	pb "gongkai/proto/disclosure/v1"
)

// click clicks an element and waits for what it leads to.
func (b *browser) click(selector, leads string) {
	b.t.Helper()
	b.press(selector)
	b.shows(leads)
}

// press clicks an element. A page that goes just then takes the click's node with it: the
// click is then tried again on the page that came.
func (b *browser) press(selector string) {
	b.t.Helper()
	b.waits("clicking", selector, chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
}

// TestCaseJourneysByMouse does the journeys of a case in a browser, with script and
// without, and counts the clicks: extending is two on the dialog's way and one in it,
// preparing the reply at most five answers and one to sign.
func TestCaseJourneysByMouse(t *testing.T) {
	c := chromium(t)
	b := newBureau(t)
	b.settle()
	for _, l := range few([]look{looks[0], looks[3], without(looks[0]), without(looks[3])}) {
		t.Run(l.String(), func(t *testing.T) {
			tab := b.browse(t, c, l, b.token)
			a := b.application("2026-06-15")
			path := "/" + a.GetName()
			tab.visit(path)
			tab.click(`.acts a[href$="/act/extend"]`, "button[value=try]")
			tab.click("button[value=try]", ".would")
			tab.inspect("act-tried")
			tab.click("button[value=act]", ".said")
			tab.inspect("case-extended")
			if got := b.read(a.GetName()).GetExtension().GetWorkdays(); got != 20 {
				t.Errorf("extended by %d workdays", got)
			}
			tab.click(".next a", ".paper")
			tab.do(chromedp.SendKeys(chromedp.CSS("#f-fields-extension_reason"), "需要向多个部门检索"))
			tab.click("button[value=issue]", ".said")
			tab.visit(path + "/outcome")
			for n := range 4 { // of at most five: the fourth settles it
				tab.press(".answers button")
				if n < 3 {
					tab.ready(fmt.Sprintf(".question input:nth-of-type(%d)", n+1)) // it carries the answers so far
					tab.inspect(fmt.Sprintf("outcome-%d", n+1))
				}
			}
			tab.shows("dd code")
			tab.inspect("outcome-proposal")
			tab.click("button[value=act]", ".said")
			if got := b.read(a.GetName()).GetState(); got != pb.Application_DECIDED {
				t.Errorf("signed, it is %s", got)
			}
			tab.click(`.acts a[href$="/act/deliver"]`, "button[value=act]")
			tab.click("input[value=POST]", "button[value=act]")
			tab.click("button[value=act]", ".said")
			if got := b.read(a.GetName()).GetState(); got != pb.Application_CLOSED {
				t.Errorf("delivered, it is %s", got)
			}
			tab.inspect("case-delivered")
		})
	}
}

// without is a look without script.
func without(l look) look {
	l.noScript = true
	return l
}

// reach presses Tab until what has the focus says a text.
func (b *browser) reach(says string) {
	b.t.Helper()
	for range 80 {
		text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.activeElement.textContent.trim()`))
		if err != nil {
			b.t.Fatal(err)
		}
		if strings.HasPrefix(text, says) && len(text) < len(says)+60 {
			return
		}
		b.keys(kb.Tab)
	}
	b.t.Fatalf("%s: the keyboard does not reach %q", b.look, says)
}

// TestCaseByKeyboard extends, asks what would be and adds a remedy by the keyboard alone.
func TestCaseByKeyboard(t *testing.T) {
	c := chromium(t)
	b := newBureau(t)
	for _, l := range few(looks[:2]) {
		t.Run(l.String(), func(t *testing.T) {
			say := func(zh, en string) string { return map[string]string{"zh-CN": zh, "en": en}[l.lang] }
			tab := b.browse(t, c, l, b.token)
			a := b.application("2026-06-15")
			tab.visit("/" + a.GetName())
			tab.reach(say("延期", "Extend"))
			tab.keys(kb.Enter)
			tab.shows("button[value=try]")
			tab.tabTo("f-actions-0-extend-workdays")
			tab.keys("15")
			tab.keys(kb.Enter)
			tab.shows(".said")
			if got := b.read(a.GetName()).GetExtension().GetWorkdays(); got != 15 {
				t.Errorf("extended by %d workdays, want what was typed", got)
			}
			tab.visit("/" + a.GetName() + "/act/assign")
			tab.tabTo("f-actions-0-assign-holder")
			tab.keys("规划科")
			tab.reach(say("试算", "What if"))
			tab.keys(kb.Enter)
			tab.shows(".would")
			if b.read(a.GetName()).GetHolder() != "" {
				t.Error("a trial was recorded")
			}
		})
	}
}

// TestUploadInABrowser chooses a file, stores it and finds it in the list.
func TestUploadInABrowser(t *testing.T) {
	c := chromium(t)
	b := newBureau(t)
	file := filepath.Join(t.TempDir(), "信封𠮷.pdf")
	if err := os.WriteFile(file, []byte(casePDF), 0o600); err != nil {
		t.Fatal(err)
	}
	tab := b.browse(t, c, looks[0], b.officerKey)
	a := b.application("2026-06-15")
	tab.visit("/" + a.GetName())
	tab.do(chromedp.Click(chromedp.CSS("section[aria-labelledby=attachments] summary")))
	tab.shows("#f-kind")
	tab.do(chromedp.SendKeys(chromedp.CSS("#f-kind"), "信封"), chromedp.SetUploadFiles(chromedp.CSS("#f-file"), []string{file}))
	tab.click(".upload button", ".said")
	if list := tab.text("section[aria-labelledby=attachments]"); !strings.Contains(list, "信封𠮷.pdf") {
		t.Errorf("the case lists %q", list)
	}
	tab.inspect("case-file")
	tab.click(".files a", ".buttons a[download]")
	tab.inspect("attachment")
}
