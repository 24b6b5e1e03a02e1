package web_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// wait is how long a look may take before the test fails: half a minute, longer where the
// whole run has more time, as it has under the race detector.
func (b *browser) wait() time.Duration {
	const least, most = 30 * time.Second, 2 * time.Minute
	if b.most > 0 {
		return b.most
	}
	if t, ok := b.t.(interface{ Deadline() (time.Time, bool) }); ok {
		if end, ok := t.Deadline(); ok {
			return min(max(time.Until(end)/15, least), most)
		}
	}
	return least
}

// shows waits until an element is seen.
func (b *browser) shows(selector string) {
	b.t.Helper()
	b.waits("waiting to see", selector, chromedp.WaitVisible(chromedp.CSS(selector)))
}

// ready waits until an element is there, seen or not.
func (b *browser) ready(selector string) {
	b.t.Helper()
	b.waits("waiting for", selector, chromedp.WaitReady(chromedp.CSS(selector)))
}

// waits looks anew now and then: a page that goes may take a look with it.
func (b *browser) waits(doing, selector string, until ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	var err error
	for range 3 {
		ctx, cancel := context.WithTimeout(b.ctx, b.wait()/3)
		err = chromedp.Do(ctx, until...)
		cancel()
		if err == nil {
			return
		}
	}
	b.stuck(doing, selector, err)
}

// stuck ends the test and says where the tab is and what it shows.
func (b *browser) stuck(doing, selector string, err error) {
	b.t.Helper()
	b.picture("stuck")
	b.mu.Lock()
	said := strings.Join(b.said, "\n")
	b.mu.Unlock()
	b.t.Fatalf("%s: %s %s: %v\n%s\nthe console said: %s", b.look, doing, selector, err, b.shown(), said)
}

// shown is the address of the tab and the beginning of what it shows.
func (b *browser) shown() string {
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	at, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return fmt.Sprintf("the tab does not say where it is: %v", err)
	}
	body, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("body")))
	if err != nil {
		return fmt.Sprintf("at %s, which shows nothing: %v", at, err)
	}
	const most = 3000 // characters
	if shown := []rune(body); len(shown) > most {
		body = string(shown[:most]) + " …"
	}
	return fmt.Sprintf("at %s:\n%s", at, body)
}

// failing is a test that is expected to fail, and keeps what it says.
type failing struct {
	testing.TB
	said string
}

func (f *failing) Helper() {}

func (f *failing) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// A look that fails says what it waited for, on which page, and what that page shows, with
// script and without.
func TestLookThatFailsExplainsItself(t *testing.T) {
	c := chromium(t)
	o, token := busy(t)
	for _, l := range []look{looks[0], without(looks[1])} {
		b := o.browse(t, c, l, token)
		b.visit("/remedies/new")
		f := &failing{TB: t}
		b.t, b.most = f, 300*time.Millisecond
		for _, look := range []func(string){b.shows, b.ready, b.press} {
			f.said = ""
			done := make(chan struct{})
			go func() {
				defer close(done)
				look("#never")
			}()
			<-done
			for _, want := range []string{"#never", o.url + "/remedies/new", map[string]string{"zh-CN": "受理之日", "en": "Day it was accepted"}[l.lang]} {
				if !strings.Contains(f.said, want) {
					t.Errorf("%s: the failure does not say %q:\n%s", l, want, f.said)
				}
			}
		}
		b.t = t
	}
}
