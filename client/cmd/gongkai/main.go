// Command gongkai works with a disclosure service from the command line: every method of
// the API has a command, and every action of the law one of its own.
//
// It is a client like any other: it knows how to name, send and show things, and leaves
// it to the service to judge them. Results go to stdout as tables, JSON or CSV, all else
// to stderr; the exit code tells the kind of failure (see exit.go).
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)) //nolint:gocritic // the process ends
}

// run executes one command and returns the exit code.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr, now: time.Now}
	return a.exit(a.execute(ctx, args))
}
