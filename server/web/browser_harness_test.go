package web_test

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// shots is where pictures of the pages go; empty: none are taken.
var shots = flag.String("shots", "", "directory for pictures of the pages")

// audit is what every page is asked; see there.
//
//go:embed testdata/audit.js
var audit string

// look is how a browser looks at the desk.
type look struct {
	lang          string // zh-CN or en
	width, height int64
	noScript      bool
}

// looks are the four that every page is looked at in.
var looks = []look{
	{lang: "zh-CN", width: 1280, height: 720},
	{lang: "en", width: 1280, height: 720},
	{lang: "zh-CN", width: 390, height: 844},
	{lang: "en", width: 390, height: 844},
}

// few are all of a list, or with -short, which the race detector's run has, the first alone.
func few[T any](list []T) []T {
	if testing.Short() {
		return list[:1]
	}
	return list
}

func (l look) String() string {
	name := fmt.Sprintf("%s-%dx%d", l.lang, l.width, l.height)
	if l.noScript {
		name += "-noscript"
	}
	return name
}

// browser is a tab of Chromium that is signed in.
type browser struct {
	t      testing.TB
	ctx    context.Context
	office *office
	look   look
	most   time.Duration // that a look waits; 0: as the test's own time allows

	mu      sync.Mutex
	said    []string // on the console: errors, warnings, what the policy stopped
	refused string   // the status that a page is to answer with, such as 404
}

// chromium starts a browser, whose tabs browse opens. A machine without one skips the
// test, unless CI is set.
func chromium(t testing.TB) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("Chromium is missing: apt-get install chromium fonts-noto-cjk")
		}
		t.Skip("Chromium is missing: apt-get install chromium fonts-noto-cjk")
	}
	ctx, cancel := chromedp.NewContext(context.WithoutCancel(t.Context()), chromedp.WithAllocatorOptions(
		chromedp.Env("LANGUAGE=zh_CN"), // inputs of dates are written as this says
		chromedp.Flag("lang", "zh-CN"), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true)))
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	return ctx
}

// browse opens a tab that is signed in by a token; an empty one is a stranger's.
func (o *office) browse(t testing.TB, chromium context.Context, l look, token string) *browser {
	t.Helper()
	var options []chromedp.ContextOption
	options = append(options, chromedp.WithNewBrowserContext())
	ctx, cancel := chromedp.NewContext(chromium, options...)
	b := &browser{t: t, ctx: ctx, office: o, look: l}
	t.Cleanup(func() {
		cancel()
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.said) > 0 {
			t.Errorf("the console of %s said:\n%s", l, strings.Join(b.said, "\n"))
		}
	})
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			b.hear(m)
		}
	}()
	b.do(chromedp.EmulateViewport(l.width, l.height))
	b.cookie("gongkai-lang", l.lang)
	if token != "" {
		b.cookie("gongkai", o.signIn(token))
	}
	if l.noScript {
		if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
			t.Fatalf("switching scripts off: %v", err)
		}
	}
	return b
}

// cookie sets one of the desk's.
func (b *browser) cookie(name, value string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: b.office.url, HTTPOnly: new(true)})
	if err != nil {
		b.t.Fatalf("setting a cookie: %v", err)
	}
}

// expect names the status of an error that the test provokes, or its first digits; the
// console mentions it.
func (b *browser) expect(status int) {
	b.mu.Lock()
	b.refused = fmt.Sprintf("status of %d", status)
	b.mu.Unlock()
}

// hear keeps what is wrong. That a form was refused with 422 is no fault of the page.
func (b *browser) hear(m chromedp.ConsoleMessage) {
	if m.Type != chromedp.ConsoleError && m.Type != chromedp.ConsoleWarning && !m.IsException() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if m.Source == "network" && (strings.Contains(m.Text, "status of 422") || b.refused != "" && strings.Contains(m.Text, b.refused)) {
		return
	}
	b.said = append(b.said, m.String()+" "+m.URL)
}

// do runs steps in the tab.
func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v", b.look, err)
	}
}

// visit opens a page.
func (b *browser) visit(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.office.url + path))
}

// text is what an element shows.
func (b *browser) text(selector string) string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS(selector)))
	if err != nil {
		b.t.Fatalf("%s: reading %s: %v", b.look, selector, err)
	}
	return text
}

// path is where the tab is.
func (b *browser) path() string {
	b.t.Helper()
	at, err := chromedp.Run(b.ctx, chromedp.Location())
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.TrimPrefix(at, b.office.url)
}

// inspect audits the page as it stands, and takes its picture under a name.
func (b *browser) inspect(name string) {
	b.t.Helper()
	b.picture(name)
	if b.look.noScript {
		return // nothing can be asked of it
	}
	wrong, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](audit))
	if err != nil {
		b.t.Fatalf("auditing %s: %v", name, err)
	}
	if wrong != "" {
		b.t.Errorf("%s in %s:\n%s", name, b.look, wrong)
	}
}

// picture takes the picture of the whole page, if pictures are taken.
func (b *browser) picture(name string) {
	b.t.Helper()
	if *shots == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatalf("taking a picture: %v", err)
	}
	b.keep(name, ".png", png)
}

// keep writes what was seen beside the other pictures, if they are taken.
func (b *browser) keep(name, kind string, seen []byte) {
	b.t.Helper()
	if *shots == "" {
		return
	}
	err := os.MkdirAll(*shots, 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(*shots, name+"-"+b.look.String()+kind), seen, 0o644)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}
