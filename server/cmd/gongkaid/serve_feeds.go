package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"gongkai/server"
)

// listenFeeds opens the listener of calendar feeds, under the same rules as that of the
// service: beyond loopback it speaks TLS. It is nil if no feeds are offered.
func listenFeeds(ctx context.Context, f serveFlags, config *tls.Config) (net.Listener, error) {
	if f.feedListen == "" {
		return nil, nil //nolint:nilnil // no listener is the answer
	}
	f.listen = f.feedListen
	l, err := listen(ctx, f)
	if err != nil || config == nil {
		return l, err
	}
	return tls.NewListener(l, config), nil
}

// closeFeeds closes the listener unless ServeFeeds has.
func closeFeeds(l net.Listener) {
	if l != nil {
		_ = l.Close() // it is closed already where ServeFeeds ran
	}
}

// serveBoth says where it serves, and serves until ctx ends or one of the two listeners
// fails.
func (p program) serveBoth(ctx context.Context, s *server.Server, l, feeds net.Listener, secure bool) error {
	if feeds == nil {
		fmt.Fprintf(p.stdout, "serving %s\n", l.Addr())
		return s.Serve(ctx, l)
	}
	fmt.Fprintf(p.stdout, "feeds %s\nserving %s\n", feeds.Addr(), l.Addr())
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() {
		defer stop()
		done <- s.ServeFeeds(ctx, feeds, secure)
	}()
	err := s.Serve(ctx, l)
	stop()
	return errors.Join(err, <-done)
}
