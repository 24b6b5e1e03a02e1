// Command gongkaid serves the register of disclosure applications: it opens the store,
// listens, and stops without losing what it has acknowledged.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// headroom is memory that is never touched, so that it takes none, but counts as alive: the
// collector then comes once that much garbage lies about. Little else lives here, and by
// itself it would come many times a second while officers wait.
const headroom = 40 << 20

func main() {
	var idle []byte
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" { // else somebody has thought about it
		idle = make([]byte, headroom)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], time.Now, os.Stdout, os.Stderr)
	stop()
	runtime.KeepAlive(idle)
	os.Exit(code)
}
