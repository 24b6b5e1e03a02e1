package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gongkai/storage/storagetest/pgtest"
)

// TestServeOnPostgres plays the 2019 sample into a register that lies in PostgreSQL.
func TestServeOnPostgres(t *testing.T) {
	dsn, err := pgtest.StartOwn(t).Create(t.Context(), "serve")
	if err != nil {
		t.Fatal(err)
	}
	dir, out := t.TempDir(), &strings.Builder{}
	reader, writer := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() {
		args := []string{"serve", "--data", dir, "--listen", "127.0.0.1:0", "--database", dsn}
		code <- run(ctx, args, time.Now, writer, io.Discard)
		writer.Close()
	}()
	line, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		t.Fatalf("the server said %q: %v", line, err)
	}
	target, ok := strings.CutPrefix(strings.TrimSpace(line), "serving ")
	if !ok {
		t.Fatalf("the server said %q", line)
	}
	p := program{now: time.Now, stdout: out, stderr: io.Discard, log: slog.New(slog.DiscardHandler)}
	if err := p.playAndCompare(ctx, target, dir); err != nil {
		t.Errorf("playing the sample: %v\n%s", err, out)
	}
	stop()
	if got := <-code; got != exitOK {
		t.Errorf("exit code %d after a stop", got)
	}
	wantAudited(t, dsn, dir)
}
