package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"gongkai/server"
	"gongkai/server/gateway"
	"gongkai/server/web"
)

// webFlags say where the desk answers, and what stands before it.
type webFlags struct {
	listen  string
	proxied bool
}

func (f *webFlags) define(c *cobra.Command) {
	c.Flags().StringVar(&f.listen, "http", "", "网页与日历订阅的HTTP监听地址，默认不开放；与--tls-cert同用时为HTTPS · HTTP address of the desk and the calendar feeds; HTTPS with --tls-cert; none by default")
	c.Flags().BoolVar(&f.proxied, "http-behind-proxy", false, "--http前有终止TLS的反向代理：允许监听本机以外的地址，并取X-Forwarded-For的末项为来源地址 · a proxy that ends TLS stands before --http")
}

// listenWeb opens the listener of the desk under the same rules as that of the service,
// unless a proxy ends TLS before it. It is nil if no desk is offered.
func listenWeb(ctx context.Context, f serveFlags) (net.Listener, error) {
	if f.web.listen == "" {
		return nil, nil //nolint:nilnil // no listener is the answer
	}
	if !f.web.proxied {
		f.listen = f.web.listen
		return listen(ctx, f)
	}
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", f.web.listen)
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	return l, nil
}

// desk is the handler of all that is offered over HTTP, and what closes it.
func desk(s *server.Server, now func() time.Time, log *slog.Logger, secure, proxied bool) (http.Handler, func() error, error) {
	conn, err := s.Inside()
	if err != nil {
		return nil, nil, err
	}
	api, err := gateway.New(gateway.Config{Conn: conn, Log: log, Proxied: proxied})
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	h, err := web.New(web.Config{
		Conn: conn, Now: now, Log: log, Secure: secure || proxied, Proxied: proxied, SingleSignOn: s.SingleSignOn(),
		Beside: map[string]http.Handler{"/feeds/": s.Feeds(), "/v1/": api},
	})
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	return h, conn.Close, nil
}
