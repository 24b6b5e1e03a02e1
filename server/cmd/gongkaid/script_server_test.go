package main_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

type (
	rootKey    struct{}
	serversKey struct{}
)

// patience is how long a script waits for a program before it fails.
const patience = 30 * time.Second

// background is a program that a script left running.
type background struct {
	cmd    *exec.Cmd
	copied chan struct{} // closed once all output is in its files
	line   chan string   // the first line that begins with "serving "
}

// start DIR [FLAG…] serves the register in DIR on a free port, waits until it is ready and
// sets GONGKAI_SERVER. Its output goes to DIR.stdout and DIR.stderr.
func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: start DIR [FLAG…]")
	}
	line := []string{"serve", "--data", ts.MkAbs(args[0])}
	if !slices.Contains(args, "--listen") {
		line = append(line, "--listen", "127.0.0.1:0")
	}
	launch(ts, args[0], append(line, args[1:]...))
}

// demo runs the demo in the background, as start does a register of one's own.
func demo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: demo")
	}
	launch(ts, "demo", []string{"demo"})
}

// launch starts gongkaid and waits for its ready line.
func launch(ts *testscript.TestScript, name string, args []string) {
	b := &background{
		cmd:    exec.Command(filepath.Join(binaries, "gongkaid"), args...), // ended by stop, crash or the end of the script
		copied: make(chan struct{}), line: make(chan string, 1),
	}
	b.cmd.Dir = ts.Getenv("WORK")
	b.cmd.Env = append(os.Environ(), "TMPDIR="+ts.Getenv("TMPDIR"))
	stdout, err := b.cmd.StdoutPipe()
	ts.Check(err)
	stderr, err := b.cmd.StderrPipe()
	ts.Check(err)
	ts.Check(b.cmd.Start())
	var copies sync.WaitGroup
	copies.Go(func() { record(stdout, ts.MkAbs(name+".stdout"), b.line) })
	copies.Go(func() { record(stderr, ts.MkAbs(name+".stderr"), nil) })
	go func() { copies.Wait(); close(b.copied) }()
	servers(ts)[name] = b
	ts.Defer(func() {
		if servers(ts)[name] == b {
			_ = b.cmd.Process.Kill()
			_ = b.end()
		}
	})
	select {
	case address := <-b.line:
		ts.Setenv("GONGKAI_SERVER", address)
	case <-b.copied:
		err := b.cmd.Wait()
		delete(servers(ts), name)
		ts.Fatalf("gongkaid ended before it was ready: %v\n%s", err, ts.ReadFile(name+".stderr"))
	case <-time.After(patience):
		ts.Fatalf("gongkaid is not ready after %v", patience)
	}
}

// record appends output to a file and sends on the address of the ready line.
func record(from io.Reader, path string, ready chan<- string) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return
	}
	defer file.Close()
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		fmt.Fprintln(file, lines.Text())
		if address, ok := strings.CutPrefix(lines.Text(), "serving "); ok && ready != nil {
			ready <- address
			ready = nil
		}
	}
}

func servers(ts *testscript.TestScript) map[string]*background {
	running, ok := ts.Value(serversKey{}).(map[string]*background)
	if !ok {
		ts.Fatalf("the script was not set up")
	}
	return running
}

// end waits until all output is written and the program has ended.
func (b *background) end() error {
	<-b.copied
	return b.cmd.Wait()
}

// halt DIR ends the server as a service manager would, and demands that it exits with 0.
func halt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: halt DIR")
	}
	ts.Check(signalled(ts, args[0], syscall.SIGTERM))
}

// crash DIR ends the server as a loss of power would.
func crash(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: crash DIR")
	}
	if err := signalled(ts, args[0], syscall.SIGKILL); err == nil {
		ts.Fatalf("the server ended by itself")
	}
}

func signalled(ts *testscript.TestScript, name string, signal os.Signal) error {
	b := servers(ts)[name]
	if b == nil {
		return fmt.Errorf("no server %s", name)
	}
	delete(servers(ts), name)
	if err := b.cmd.Process.Signal(signal); err != nil {
		return fmt.Errorf("signalling: %w", err)
	}
	timer := time.AfterFunc(patience, func() { _ = b.cmd.Process.Kill() })
	defer timer.Stop()
	if err := b.end(); err != nil {
		return fmt.Errorf("gongkaid: %w\n%s", err, ts.ReadFile(name+".stderr"))
	}
	return nil
}

// await FILE TEXT waits until a file that a server writes holds a text.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await FILE TEXT")
	}
	path, end := ts.MkAbs(args[0]), time.Now().Add(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for ; time.Now().Before(end); <-tick.C {
		content, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(content), args[1]) {
			return
		}
	}
	ts.Fatalf("%s does not say %s after %v", args[0], args[1], patience)
}

// exitcode N PROGRAM [ARG…] runs a program and demands its exit code.
func exitcode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N PROGRAM [ARG…]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%s: %v", args[1], err)
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// office AGENCY creates an agency with the supervisor sun and the officer wu, whose token
// becomes that of the script.
func office(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: office DIR AGENCY [FLAG…]")
	}
	admin, agency := ts.MkAbs(filepath.Join(args[0], "admin.token")), args[1]
	ts.Check(ts.Exec("gongkai", append([]string{"--token-file", admin, "agency", "create", agency, "--name", "某市" + agency}, args[2:]...)...))
	for _, user := range []struct{ name, role string }{{"sun", "supervisor"}, {"wu", "officer"}} {
		ts.Check(ts.Exec("gongkai", "--token-file", admin, "user", "create", user.name, "--role", user.role,
			"--agency", agency, "--token-file", ts.MkAbs(args[0]+"-"+agency+"."+user.name)))
	}
	ts.Setenv("GONGKAI_TOKEN_FILE", ts.MkAbs(args[0]+"-"+agency+".sun"))
	ts.Setenv("SUPERVISOR", ts.MkAbs(args[0]+"-"+agency+".sun"))
	ts.Setenv("OFFICER", ts.MkAbs(args[0]+"-"+agency+".wu"))
	ts.Setenv("ADMIN", admin)
}
