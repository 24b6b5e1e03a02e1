package main_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"gongkai/storage/storagetest/pgtest"
)

// documented is the part of the procedure for PostgreSQL that bears a name.
func documented(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "storage", "postgres", "RESTORE.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```sh " + name + "\n(.*?)```").FindSubmatch(text)
	if found == nil {
		t.Fatalf("no part %s is documented", name)
	}
	return string(found[1])
}

// town is a register in PostgreSQL with one agency, served by the real program.
type town struct {
	t    *testing.T
	dir  string
	env  []string
	stop func()
}

// serveTown serves a database, and creates the agency unless it is there.
func serveTown(t *testing.T, database string, programs string) *town {
	t.Helper()
	o := &town{t: t, dir: t.TempDir()}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), // ended by stop
		filepath.Join(binaries, "gongkaid"), "serve", "--data", o.dir, "--listen", "127.0.0.1:0", "--database", database)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("gongkaid: %v\n%s", err, said.String())
	}
	o.stop = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("gongkaid: %v\n%s", err, said.String())
		}
	})
	t.Cleanup(o.stop)
	o.env = append(os.Environ(), "PATH="+binaries+":"+programs+":"+os.Getenv("PATH"), "GONGKAI_SERVER="+strings.TrimSpace(strings.TrimPrefix(line, "serving ")))
	return o
}

// run runs a script with the programs of both on the path.
func (o *town) run(script string, env ...string) (string, error) {
	cmd := exec.CommandContext(o.t.Context(), "sh", "-euc", script)
	cmd.Dir, cmd.Env = o.dir, append(append([]string{}, o.env...), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", script, err, out)
	}
	return string(out), err
}

func (o *town) must(script string, env ...string) string {
	o.t.Helper()
	out, err := o.run(script, env...)
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}

const (
	appoint = `gongkai --token-file admin.token agency create jyj --name 某市教育局
gongkai --token-file admin.token user create sun --role supervisor --agency jyj --token-file sun.token`
	logOne = `gongkai --token-file sun.token application create --agency jyj --channel in_person --applicant-kind natural_person --arrive-date 2026-06-01 --applicant-name 张三 --description 某文件 -o json`
	list   = `gongkai --token-file sun.token application list --agency jyj -o json`
)

var numbered = regexp.MustCompile(`20\d\d-\d{5}`)

// TestRestorePostgres runs the documented procedure word for word while officers log
// applications: the restored register verifies, and holds all that was acknowledged before
// the dump began.
func TestRestorePostgres(t *testing.T) {
	p := pgtest.StartOwn(t)
	database, err := p.Create(t.Context(), "register")
	if err != nil {
		t.Fatal(err)
	}
	o := serveTown(t, database, p.Programs())
	o.must(appoint)
	var acked []string
	for range 3 {
		acked = append(acked, numbered.FindString(o.must(logOne)))
	}
	ctx, stop := context.WithCancel(t.Context())
	var officers sync.WaitGroup
	officers.Go(func() {
		for ctx.Err() == nil {
			if _, err := o.run(logOne); err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
		}
	})
	o.must(documented(t, "dump"), "DATABASE="+database)
	p.Shell(t, documented(t, "base"), "SERVER="+p.DSN("postgres"), "BASE="+filepath.Join(p.Dir(), "base"))
	stop()
	officers.Wait()
	restored := p.DSN("gongkai_restored")
	said := o.must(documented(t, "restore"), "SERVER="+p.DSN("postgres"), "RESTORED="+restored)
	if !strings.Contains(said, " 0 findings") {
		t.Errorf("the restored register: %s", said)
	}
	o.stop()
	again := serveTown(t, restored, p.Programs())
	again.must("cp " + filepath.Join(o.dir, "sun.token") + " .")
	have := again.must(list)
	for _, number := range acked {
		if number == "" || !strings.Contains(have, number) {
			t.Errorf("%q, acknowledged before the dump, is not restored", number)
		}
	}
	again.must(logOne)
}

// TestStandbyPostgres runs the documented procedure for a standby word for word, kills the
// primary, and promotes: what was acknowledged is there.
func TestStandbyPostgres(t *testing.T) {
	p := pgtest.StartOwn(t)
	database, err := p.Create(t.Context(), "register")
	if err != nil {
		t.Fatal(err)
	}
	standby := []string{"PRIMARY=" + p.DSN("postgres"), "STANDBY=" + filepath.Join(p.Dir(), "standby"), "SOCKET=" + filepath.Join(p.Dir(), "s")}
	if err := p.Exec(t.Context(), "ALTER SYSTEM SET max_connections = 300"); err != nil { // of which the test's server was told otherwise
		t.Fatal(err)
	}
	p.Shell(t, "mkdir s; "+documented(t, "standby"), standby...)
	t.Cleanup(func() { p.Shell(t, `pg_ctl --pgdata="$STANDBY" --mode=immediate stop`, standby...) })
	p.Synchronize(t, "standby1") // waits until it is
	both := strings.Replace(database, "host=", "host="+filepath.Join(p.Dir(), "s")+",", 1)
	both = strings.Replace(both, "port=5432", "port=5432,5432", 1) + "&target_session_attrs=read-write&connect_timeout=2"
	o := serveTown(t, both, p.Programs())
	o.must(appoint)
	acked := []string{numbered.FindString(o.must(logOne)), numbered.FindString(o.must(logOne))}
	p.Kill(t)
	p.Shell(t, documented(t, "promote"), standby...)
	p.Shell(t, `psql --quiet --command="ALTER SYSTEM RESET synchronous_standby_names" --command="SELECT pg_reload_conf()" "$NOW"`,
		"NOW=postgres:///postgres?user=test&host="+filepath.Join(p.Dir(), "s"))
	have := o.must("until " + list + "; do :; done 2>failed")
	for _, number := range acked {
		if number == "" || !strings.Contains(have, number) {
			t.Errorf("%q, acknowledged before the primary was killed, is lost:\n%s", number, have)
		}
	}
	o.must("until " + logOne + "; do :; done 2>failed")
}
