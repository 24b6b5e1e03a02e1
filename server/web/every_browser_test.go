package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

// Every page of the table in a browser, in both languages, wide and narrow: names, contrast,
// width, console. At the first look and the last the keyboard walks through it as well.
func TestEveryPageInABrowser(t *testing.T) {
	c := chromium(t)
	o := open(t, nil)
	f := o.furnish("jyj", "示例局𠮷")
	empty := &furniture{agency: "empty", tokens: map[pb.Principal_Role]string{}}
	if _, err := pb.NewAgencyServiceClient(o.admin).CreateAgency(t.Context(), &pb.CreateAgencyRequest{AgencyId: empty.agency, Agency: &pb.Agency{
		DisplayName: strings.Repeat("很长的名称", 12) + strings.Repeat("W", 60),
	}}); err != nil {
		t.Fatal(err)
	}
	for _, role := range roles {
		empty.tokens[role] = o.hire(role, empty.agency)
	}
	for i, l := range few(looks) {
		t.Run(l.String(), func(t *testing.T) {
			tabs := map[string]*browser{}
			if i == 0 || i == len(looks)-1 {
				o.everyEmptyPage(t, c, l, f, empty)
			}
			o.everyPage(f, func(role pb.Principal_Role, path string, row web.Row) {
				token := o.tokenFor(f, role, path)
				if !o.isPage(token, path) || role != pb.Principal_SUPERVISOR && row.Opens(pb.Principal_SUPERVISOR) {
					return
				}
				if tabs[token] == nil {
					tabs[token] = o.browse(t, c, l, token)
					tabs[token].expect(4) // an import that is over
				}
				tabs[token].visit(path)
				tabs[token].inspect(pictureName("every" + path))
				if i == 0 || i == len(looks)-1 {
					tabs[token].walk(path)
				}
			})
		})
	}
}

// everyEmptyPage looks at the pages that show something also where nothing is registered, of
// an agency whose name is long: they are held to the same, and the lists say what to do first.
func (o *office) everyEmptyPage(t testing.TB, chromium context.Context, l look, f, empty *furniture) {
	t.Helper()
	tabs := map[pb.Principal_Role]*browser{}
	o.everyPage(f, func(role pb.Principal_Role, path string, row web.Row) {
		token := empty.tokens[role]
		if strings.Contains(strings.TrimSuffix(row.Pattern, "{$}"), "{") || role != pb.Principal_SUPERVISOR && row.Opens(pb.Principal_SUPERVISOR) || !o.isPage(token, path) {
			return
		}
		if tabs[role] == nil {
			tabs[role] = o.browse(t, chromium, l, token)
			tabs[role].expect(4)
		}
		tabs[role].visit(path)
		tabs[role].inspect(pictureName("empty" + path))
		if path == "/" || path == "/ledger" || path == "/remedies" {
			tabs[role].shows(".empty a[href]")
		}
	})
}

// pictureName is a path as the name of a file.
func pictureName(path string) string {
	return strings.Trim(strings.NewReplacer("/", "-", "?", "-", "=", "-", "&", "-").Replace(path), "-")
}

// focusing numbers what can take the focus, in the order of the document.
const focusing = `(() => {
  const all = [...document.querySelectorAll("a[href],button,input:not([type=hidden]),select,textarea,summary,[tabindex='0']")].filter((n) => !n.disabled && n.checkVisibility());
  all.forEach((n, i) => { n.dataset.walk = String(i); });
  window.scrollTo(0, 0); document.activeElement.blur();
  return all.length;
})()`

// walking tells which has the focus, and whether that is seen: by a ring that stands out from
// what is behind it, and with nothing lying on it.
const walking = `(() => {
  const n = document.activeElement, s = getComputedStyle(n);
  if (n === document.body || n === document.documentElement) return "";
  const rgb = (text) => (text.match(/[\d.]+/g) || []).map(Number);
  const part = (v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  let behind = [255, 255, 255];
  for (let at = parseFloat(s.outlineOffset) < 0 ? n : n.parentElement; at; at = at.parentElement) {
    const c = rgb(getComputedStyle(at).backgroundColor);
    if (c.length === 3) { behind = c; break; }
  }
  const a = light(rgb(s.outlineColor)), b = light(behind);
  const ring = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 && (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) >= 3;
  const box = n.getClientRects()[0] || n.getBoundingClientRect();
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const under = n.offsetHeight < innerHeight && !(top && (n.contains(top) || top.contains(n)));
  return n.dataset.walk + " " + (box.width === 0 || box.height === 0 ? "unseen" : under ? "covered" : ring ? "seen" : "faint") + " " + n.outerHTML.slice(0, 90);
})()`

// stops is how many stops of the keyboard are looked at on a page.
const stops = 45

// walk goes through a page by the keyboard: in the order of the document, each stop seen.
func (b *browser) walk(path string) {
	b.t.Helper()
	n, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](focusing))
	if err != nil {
		b.t.Fatal(err)
	}
	before := -1
	for range min(n, stops) {
		b.keys(kb.Tab)
		at, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](walking))
		if err != nil {
			b.t.Fatal(err)
		}
		if at == "" {
			break // beyond the last one
		}
		var number int
		var seen string
		if _, err := fmt.Sscanf(at, "%d %s", &number, &seen); err != nil {
			continue // a part of a date
		}
		if number < before || seen != "seen" {
			b.t.Errorf("%s: after stop %d the keyboard goes to %s", path, before, at)
		}
		before = number
	}
	if before < 3 {
		b.t.Errorf("%s: the keyboard reaches only stop %d of %d", path, before, n)
	}
}

// hostileTexts would run if any page took them for markup, or hide what they are.
var hostileTexts = []string{
	`<script>window.hit=1</script>"><img src=x onerror=window.hit=1>`,
	`javascript:window.hit=1`,
	`</title></textarea><svg onload=window.hit=1>' onfocus='window.hit=1' autofocus='&lt;b&gt;{{.X}}` + "𠮷\u200b\u200d",
}

// Hostile texts stand in every text field of an agency, a case, a remedy, a feed, a file and
// a letter, and every page of the table shows them to every role, in both languages, with
// the policy off: nothing runs. Direction marks in a name are refused where it is entered.
func TestEveryPageWithHostileTexts(t *testing.T) {
	c := chromium(t)
	o := open(t, nil)
	o.unguard()
	for i, said := range few(hostileTexts) {
		f := o.furnish(fmt.Sprintf("h%d", i), said)
		tabs := map[string]*browser{}
		o.everyPage(f, func(role pb.Principal_Role, path string, _ web.Row) {
			token := o.tokenFor(f, role, path)
			if !o.isPage(token, path) {
				return
			}
			v := o.enter(token)
			for _, lang := range []string{"zh-CN", "en"} {
				v.header.Set("Accept-Language", lang)
				v.get(path).mustHoldNoMarkup(path)
			}
			if tabs[token] == nil {
				tabs[token] = o.browse(t, c, looks[0], token)
				tabs[token].expect(4)
			}
			tabs[token].visit(path)
			tabs[token].untouched(path)
		})
	}
	_, err := pb.NewAgencyServiceClient(o.admin).CreateAgency(t.Context(), &pb.CreateAgencyRequest{AgencyId: "bidi", Agency: &pb.Agency{DisplayName: "示例\u202egnp.exe"}})
	if err == nil {
		t.Log("the service keeps direction marks in names: they are shown as they are")
	}
}

// mustHoldNoMarkup fails where a page holds what no template of ours has.
func (s *sheet) mustHoldNoMarkup(path string) {
	s.t.Helper()
	for n := range s.root.Descendants() {
		switch n.Data {
		case "img", "iframe", "object", "base":
			s.t.Errorf("%s holds the element %s", path, n.Data)
		case "script":
			if !strings.HasPrefix(attr(n, "src"), "/static/") {
				s.t.Errorf("%s holds a script", path)
			}
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || (a.Key == "href" || a.Key == "src" || a.Key == "action") && strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
				s.t.Errorf("%s: %s has %s=%q", path, n.Data, a.Key, a.Val)
			}
		}
	}
}

// An administrator takes a notice in by the keyboard alone, without and with script.
func TestNoticeInABrowser(t *testing.T) {
	c := chromium(t)
	for _, l := range few([]look{looks[0], looks[3], {lang: "zh-CN", width: 1280, height: 720, noScript: true}}) {
		t.Run(l.String(), func(t *testing.T) {
			o := open(t, nil)
			o.agency("jyj")
			o.register(o.api(o.hire(pb.Principal_OFFICER, "jyj")), "jyj", "示例人𠮷", "示例", "2026-06-29")
			b := o.browse(t, c, l, o.token)
			if l.noScript {
				v := o.enter(o.token)
				s := v.post("/calendar/notice", v.get("/calendar/notice").with(url.Values{"text": {amendment2026}, "do": {"preview"}}))
				if s = v.post("/calendar/notice", s.with(url.Values{"do": {"import"}})); s.status != http.StatusSeeOther {
					t.Fatalf("importing answered %d", s.status)
				}
				b.visit("/calendar?year=2026")
				b.inspect("calendar-noscript")
				return
			}
			b.visit("/calendar/notice")
			b.do(chromedp.Focus(chromedp.CSS("#f-text")))
			b.do(chromedp.SetValue(chromedp.CSS("#f-text"), amendment2026))
			b.do(chromedp.Focus(chromedp.CSS("button[value=preview]")))
			b.keys(kb.Enter)
			b.shows(".would")
			b.inspect("notice-preview")
			b.do(chromedp.Focus(chromedp.CSS("button[value=import]")))
			b.keys(kb.Enter)
			b.shows(".said")
			b.inspect("notice-imported")
			if at := b.path(); at != "/calendar?year=2026" {
				t.Errorf("importing leads to %s", at)
			}
		})
	}
}
