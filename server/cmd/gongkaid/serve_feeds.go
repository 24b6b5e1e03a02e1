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

// closeListener closes a listener unless what served on it has.
func closeListener(l net.Listener) {
	if l != nil {
		_ = l.Close() // it is closed already where something served on it
	}
}

// listeners are where a server answers: the API, and, if offered, calendar feeds alone and
// the desk.
type listeners struct{ api, feeds, web net.Listener }

// serveAll says where it serves, and serves until ctx ends or one of the listeners fails.
// The API goes last: the desk calls it until its own last answer.
func (p program) serveAll(ctx context.Context, s *server.Server, l listeners, config *tls.Config, proxied bool) error {
	beside := map[string]func(context.Context) error{}
	if l.feeds != nil {
		fmt.Fprintf(p.stdout, "feeds %s\n", l.feeds.Addr())
		beside["feeds"] = func(ctx context.Context) error { return s.ServeFeeds(ctx, l.feeds, config != nil) }
	}
	if l.web != nil {
		h, end, err := desk(s, p.now, p.log, config != nil, proxied)
		if err != nil {
			return err
		}
		defer end() //nolint:errcheck // nothing calls any more
		fmt.Fprintf(p.stdout, "desk %s\n", deskURL(l.web, config != nil))
		beside["desk"] = func(ctx context.Context) error { return s.ServeWeb(ctx, l.web, h, config) }
	}
	fmt.Fprintf(p.stdout, "serving %s\n", l.api.Addr())
	first, stop := context.WithCancel(ctx)
	defer stop()
	last, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	done := make(chan error, len(beside))
	for _, serve := range beside {
		go func() {
			defer stop()
			done <- serve(first)
		}()
	}
	api := make(chan error, 1)
	go func() {
		defer stop()
		api <- s.Serve(last, l.api)
	}()
	<-first.Done()
	var err error
	for range beside {
		err = errors.Join(err, <-done)
	}
	end()
	return errors.Join(err, <-api)
}

// deskURL is the address that a browser takes.
func deskURL(l net.Listener, secure bool) string {
	if secure {
		return "https://" + l.Addr().String() + "/"
	}
	return "http://" + l.Addr().String() + "/"
}
