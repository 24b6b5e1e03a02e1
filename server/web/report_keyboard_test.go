package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Why this figure? Without script and without a mouse: one link from the report to the
// list, and one more to the case.
func TestWhyThisFigureByKeyboard(t *testing.T) {
	c := chromium(t)
	o, token := counted(t)
	for _, noScript := range []bool{false, true} {
		b := o.browse(t, c, look{lang: "zh-CN", width: 1280, height: 720, noScript: noScript}, token)
		b.visit("/report")
		b.do(chromedp.Focus(chromedp.CSS(`a[href*="newReceived%2FnaturalPerson"]`)), chromedp.KeyEvent(kb.Enter))
		const entry = `table.entries tbody a`
		b.shows(entry)
		if got := b.path(); !strings.HasPrefix(got, "/report/cell?cell=newReceived") {
			t.Fatalf("the cell leads to %s", got)
		}
		b.do(chromedp.Focus(chromedp.CSS(entry)), chromedp.KeyEvent(kb.Enter))
		b.shows(".case-head")
		if got := b.path(); !strings.HasPrefix(got, "/agencies/jyj/applications/") {
			t.Errorf("the entry leads to %s", got)
		}
	}
}
