// Command gongkaid serves the register of disclosure applications: it opens the store,
// listens, and stops without losing what it has acknowledged.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

// garbage is by how much the heap may grow, in percent, before it is collected. Little of it
// lives, so that the default of 100 collects many times a second while officers wait.
const garbage = 300

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], time.Now, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
