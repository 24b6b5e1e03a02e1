package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

// payloads would set window.hit if they were ever taken for markup.
var payloads = []string{
	`<script>window.hit=1</script>`, `<img src=x onerror="window.hit=1">`, `<svg onload="window.hit=1">`,
	`"><script>window.hit=1</script>`, `' onmouseover='window.hit=1' autofocus onfocus='window.hit=1`, `javascript:window.hit=1`,
	`</title><script>window.hit=1</script>`, `</textarea><script>window.hit=1</script>`, `{{.}}<iframe srcdoc="<script>parent.hit=1</script>">`,
	"<scr\u200bipt>window.hit=1</script>", `&lt;script&gt;window.hit=1&lt;/script&gt;`,
	`<a href="javascript:window.hit=1">x</a>`, `<math><mtext></form><form><mglyph><style></math><img src onerror=window.hit=1>`,
	`<meta http-equiv="refresh" content="0;url=javascript:window.hit=1">`, `<base href="https://evil.example/">`, `𠮷<details open ontoggle=window.hit=1>`,
}

// What applicants and officers write is shown as text on every page, in both languages, and
// runs nowhere; with the guarding headers taken off it is still text.
func TestTextsDoNotRun(t *testing.T) {
	c := chromium(t)
	for _, bare := range few([]bool{true, false}) {
		t.Run(map[bool]string{false: "guarded", true: "without the policy"}[bare], func(t *testing.T) {
			o := open(t, nil)
			if bare {
				o.unguard()
			}
			all := strings.Join(payloads, " ")
			if _, err := pb.NewAgencyServiceClient(o.admin).CreateAgency(t.Context(), &pb.CreateAgencyRequest{
				AgencyId: "jyj", Agency: &pb.Agency{DisplayName: payloads[0] + payloads[3]},
			}); err != nil {
				t.Fatal(err)
			}
			token := o.hire(pb.Principal_SUPERVISOR, "jyj")
			conn := o.api(token)
			a, err := pb.NewApplicationServiceClient(conn).CreateApplication(t.Context(), &pb.CreateApplicationRequest{
				Parent: "agencies/jyj",
				Application: &pb.Application{
					Channel: pb.Application_IN_PERSON, ArriveDate: "2026-06-01", Description: all, Remark: all,
					Applicant: &pb.Applicant{
						Kind: pb.Applicant_NATURAL_PERSON, DisplayName: payloads[1] + payloads[4], IdType: payloads[2], IdNumber: payloads[1],
						Phone: payloads[2], Address: payloads[1] + payloads[2], Postcode: "<b>", Email: payloads[2],
					},
				},
				Actions: []*pb.Action{{Action: &pb.Action_Assign{Assign: &pb.Assign{AssignDate: "2026-06-02", Holder: payloads[1]}}}},
			})
			if err != nil {
				t.Fatal(err)
			}
			b := o.browse(t, c, look{lang: "zh-CN", width: 1280, height: 720}, token)
			b.expect(4) // pages that want something in their query refuse
			pages := 0
			for _, row := range web.Table(o.handler) {
				method, path := placed(strings.ReplaceAll(row.Pattern, "{application}", a.GetName()[strings.LastIndexByte(a.GetName(), '/')+1:]), "jyj")
				if method != http.MethodGet || !row.Opens(pb.Principal_SUPERVISOR) || !o.isPage(token, path) {
					continue
				}
				pages++
				for _, query := range []string{"", "?lang=en", "?holder=" + `%22%3E%3Cscript%3Ewindow.hit=1%3C/script%3E`} {
					b.visit(path + query)
					b.untouched(path + query)
				}
			}
			if pages < 3 {
				t.Errorf("only %d pages were looked at", pages)
			}
			b.visit("/register")
			b.keys("img")
			b.shows("#found button[name=use]")
			b.untouched("the applicants found")
			b.do(chromedp.Click(chromedp.CSS("#found button[name=use]")))
			b.shows("#preview p") // what is still missing
			b.untouched("the applicant taken over")
		})
	}
}

// isPage tells whether a path answers with a page rather than a file or a redirect.
func (o *office) isPage(token, path string) bool {
	o.t.Helper()
	s := o.enter(token).get(path)
	return strings.HasPrefix(s.header.Get("Content-Type"), "text/html") && s.status != http.StatusSeeOther
}

// untouched fails if a text became part of the page.
func (b *browser) untouched(where string) {
	b.t.Helper()
	hit, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`"hit" in window || document.querySelector("script:not([src]),img[src=x],iframe,base,math,[onerror],[onload],[onfocus],[ontoggle],a[href^='javascript']") !== null`))
	if err != nil {
		b.t.Fatal(err)
	}
	if hit {
		b.t.Errorf("%s: a text became markup", where)
	}
}

// Style and script stay small, load nothing from elsewhere, and keep nothing in the browser.
// A browser asks for a version once.
func TestStyleAndScript(t *testing.T) {
	o := open(t, nil)
	v := o.visitor()
	page := v.get("/sign-in")
	for _, x := range []struct {
		element, attribute, kind string
		most                     int
	}{{"link", "href", "text/css; charset=utf-8", 30 << 10}, {"script", "src", "text/javascript; charset=utf-8", 8 << 10}} {
		for n := range page.nodes(x.element) {
			s := v.get(attr(n, x.attribute))
			if s.header.Get("Content-Type") == "image/svg+xml" {
				continue
			}
			if s.status != http.StatusOK || s.header.Get("Content-Type") != x.kind || !strings.Contains(s.header.Get("Cache-Control"), "immutable") {
				t.Errorf("%s answered %d, %v", attr(n, x.attribute), s.status, s.header)
			}
			if len(s.text) > x.most || len(s.text) < 1000 {
				t.Errorf("%s has %d bytes, at most %d are allowed", attr(n, x.attribute), len(s.text), x.most)
			}
			for _, bad := range []string{"http:", "https:", "@import", "url(", "eval(", "innerHTML", "localStorage", "sessionStorage", "document.write"} {
				if strings.Contains(s.text, bad) {
					t.Errorf("%s contains %s", attr(n, x.attribute), bad)
				}
			}
		}
	}
	if s := v.get("/static/0/style.css"); s.status != http.StatusOK || s.header.Get("Cache-Control") != "no-store" {
		t.Errorf("an old address answered %d, %s", s.status, s.header.Get("Cache-Control"))
	}
}

// Journeys without script: what is due, and logging an application.
func TestWithoutScript(t *testing.T) {
	c := chromium(t)
	o, token := busy(t)
	for _, l := range few(looks) {
		l.noScript = true
		t.Run(l.String(), func(t *testing.T) {
			b := o.browse(t, c, l, token)
			b.visit("/")
			if first := b.text(".queue tbody th a"); first != "2026-00001" {
				t.Errorf("the queue begins with %q", first)
			}
			b.visit("/register")
			b.do(chromedp.SendKeys(chromedp.CSS("#f-application-applicant-display_name"), "示例人无脚本"))
			b.do(chromedp.SendKeys(chromedp.CSS("#f-application-channel"), map[string]string{"zh-CN": "当面", "en": "In person"}[l.lang]))
			b.do(chromedp.SendKeys(chromedp.CSS("#f-application-description"), "示例内容"+l.String())) // the same twice would be asked about
			b.do(chromedp.Click(chromedp.CSS("button#next")))
			b.shows("#preview .due strong")
			b.picture("register-noscript")
			b.do(chromedp.Click(chromedp.CSS("button#next")))
			b.shows(".said")
		})
	}
}
