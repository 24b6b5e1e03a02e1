package web_test

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"google.golang.org/grpc"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

// held keeps the first call of a method until its caller goes away.
type held struct {
	grpc.ClientConnInterface
	method string
	once   *sync.Once
	begun  chan struct{}
}

func (h held) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	if method == h.method {
		h.once.Do(func() {
			close(h.begun)
			<-ctx.Done()
		})
	}
	return h.ClientConnInterface.Invoke(ctx, method, args, reply, opts...)
}

// A form whose sending was stopped by Esc can be sent again. While a page is being left a
// browser takes no keys from a test: the page presses Esc itself, once the form is on its way.
func TestButtonAfterEsc(t *testing.T) {
	c := chromium(t)
	begun := make(chan struct{})
	o := open(t, func(c *web.Config) {
		c.Conn = held{c.Conn, pb.QueueService_CreateFeed_FullMethodName, &sync.Once{}, begun}
		c.Beside = map[string]http.Handler{"/begun/": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-begun:
			case <-r.Context().Done():
			}
			w.WriteHeader(http.StatusNoContent)
		})}
	})
	o.agency("jyj")
	b := o.browse(t, c, looks[0], o.hire(pb.Principal_OFFICER, "jyj"))
	b.visit("/calendar/feeds")
	_, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`(() => {
		const click = () => document.querySelector("main form[action='/calendar/feeds'] button").click();
		fetch("/begun/").then(() => {
			window.stop();
			document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true}));
			setTimeout(click, 0);
		});
		setTimeout(click, 0);
		return true;
	})()`))
	if err != nil {
		t.Fatal(err)
	}
	b.shows("main code.secret")
}
