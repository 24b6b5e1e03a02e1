package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitOK    = 0
	exitDiff  = 1 // the demo found a difference, the verification a damage
	exitUsage = 2
	exitFault = 7
)

// errDifference says that the demo's table is not the published one.
var errDifference = errors.New("the table differs from the published one")

// misuse says which flag asks for what cannot be had, and what would be right.
type misuse struct {
	zh  string
	err error
}

func (m *misuse) Error() string { return m.err.Error() }
func (m *misuse) Unwrap() error { return m.err }

// program is what the commands share.
type program struct {
	now    func() time.Time
	stdout io.Writer
	stderr io.Writer
	log    *slog.Logger
}

// run runs the command line and returns the exit code.
func run(ctx context.Context, args []string, now func() time.Time, stdout, stderr io.Writer) int {
	p := program{now: now, stdout: stdout, stderr: stderr, log: slog.New(slog.NewTextHandler(stderr, nil))}
	root := &cobra.Command{
		Use:           "gongkaid",
		Short:         "政府信息公开申请办理服务 · serves the register of disclosure applications",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	started := false // what fails before a command runs is an error of usage
	for _, c := range []*cobra.Command{p.serveCommand(), p.demoCommand(), p.verifyCommand(), p.backupCommand(), p.copyCommand(), p.restoreCommand(), p.generateCommand(), p.auditCommand(), p.reindexCommand()} {
		noteStart(c, &started)
		root.AddCommand(c)
	}
	err := root.ExecuteContext(ctx)
	var m *misuse
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errDifference), errors.Is(err, errFindings), errors.Is(err, errProof):
		return exitDiff
	case !started:
		fmt.Fprintf(stderr, "用法有误 · usage: %v\n", err)
		return exitUsage
	case errors.As(err, &m):
		fmt.Fprintf(stderr, "用法有误：%s · usage: %v\n", m.zh, m.err)
		return exitUsage
	}
	fmt.Fprintf(stderr, "出错 · error: %v\n", err)
	return exitFault
}

// noteStart has a command, and those below it, note that they began to run.
func noteStart(c *cobra.Command, started *bool) {
	for _, below := range c.Commands() {
		noteStart(below, started)
	}
	if do := c.RunE; do != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			*started = true
			return do(c, args)
		}
	}
}
