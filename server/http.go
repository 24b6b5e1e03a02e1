package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// What a request over HTTP may cost. A page that takes in or gives out large files gives
// itself more time.
const (
	httpHeaderTimeout = 10 * time.Second
	httpReadTimeout   = 30 * time.Second
	httpWriteTimeout  = time.Minute
	httpIdleTimeout   = 2 * time.Minute
	httpHeaderBytes   = 16 << 10
)

// ServeWeb answers with a handler until ctx ends, then lets requests that have begun
// finish. Its connections are bounded as those of the service are. With a nil config it
// speaks plainly; whether it may is for its caller to say, who knows what stands before it.
func (s *Server) ServeWeb(ctx context.Context, l net.Listener, h http.Handler, config *tls.Config) error {
	d := newDoor(l, s.limits.Connections)
	s.webDoor.Store(d)
	if config == nil {
		return s.serveHTTP(ctx, d, h)
	}
	config = config.Clone()
	config.NextProtos, config.ClientAuth = []string{"h2", "http/1.1"}, tls.NoClientCert // no browser is asked for one
	return s.serveHTTP(ctx, tls.NewListener(d, config), h)
}

func (s *Server) serveHTTP(ctx context.Context, l net.Listener, handler http.Handler) error {
	h := http.Server{
		Handler: handler, ReadHeaderTimeout: httpHeaderTimeout, ReadTimeout: httpReadTimeout,
		WriteTimeout: httpWriteTimeout, IdleTimeout: httpIdleTimeout, MaxHeaderBytes: httpHeaderBytes,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // of handshakes that strangers broke off
	}
	done := make(chan error, 1)
	go func() { done <- h.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("serving HTTP: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	err := h.Shutdown(drain)
	if err != nil {
		err = errors.Join(err, h.Close())
	}
	if e := <-done; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}
