package server_test

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"gongkai/server"
	"gongkai/storage"
)

// serveWith serves the same register a second time, through a store around it and under
// other limits.
func (e *env) serveWith(t testing.TB, store storage.Store, limits server.Limits) *env {
	t.Helper()
	s, err := server.New(server.Config{Store: store, Now: time.Now, Today: day(t, today), Log: slog.New(slog.DiscardHandler), Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	return &env{t: t, store: e.store, target: l.Addr().String(), admin: e.admin}
}
