package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/storage/sqlite"
	"gongkai/workflow/calendar"
)

// load writes to a served register until it is stopped.
type load struct {
	*service
	mu    sync.Mutex
	acked []string
	more  *sync.Cond
	stop  context.CancelFunc
	wg    sync.WaitGroup
}

func (e *service) load(clients int) *load {
	e.t.Helper()
	l := &load{service: e}
	l.more = sync.NewCond(&l.mu)
	var ctx context.Context
	ctx, l.stop = context.WithCancel(e.t.Context())
	for i := range clients {
		id := fmt.Sprintf("ju-%d", i)
		client := pb.NewApplicationServiceClient(e.office(id, ""))
		l.wg.Go(func() { l.write(ctx, client, id) })
	}
	e.t.Cleanup(l.end)
	return l
}

func (l *load) end() {
	l.stop()
	l.wg.Wait()
}

// write registers applications, and answers each.
func (l *load) write(ctx context.Context, client pb.ApplicationServiceClient, agency string) {
	day := calendar.New(2026, 6, 1).String()
	for ctx.Err() == nil {
		a, err := client.CreateApplication(ctx, &pb.CreateApplicationRequest{Parent: "agencies/" + agency, Application: &pb.Application{
			Channel: pb.Application_IN_PERSON, ArriveDate: day, Description: "批复", Applicant: &pb.Applicant{Kind: pb.Applicant_BUSINESS, DisplayName: "某公司"},
		}})
		if err == nil {
			l.acknowledge(a.GetApplicationNo() + " of " + agency)
			_, err = client.ActOnApplication(ctx, &pb.ActOnApplicationRequest{Name: a.GetName(), Actions: []*pb.Action{
				{Action: &pb.Action_Decide{Decide: &pb.Decide{Basis: "disclosed.provided", DecideDate: day}}},
				{Action: &pb.Action_Deliver{Deliver: &pb.Deliver{Mode: "IN_PERSON", DeliverDate: day}}},
			}})
		}
		if err != nil && ctx.Err() == nil && status.Code(err) != codes.Canceled {
			l.t.Errorf("writing: %v", err)
			return
		}
	}
}

func (l *load) acknowledge(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked = append(l.acked, what)
	l.more.Broadcast()
}

// after waits for n more acknowledgements and returns all so far.
func (l *load) after(n int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n += len(l.acked); len(l.acked) < n; {
		l.more.Wait()
	}
	return slices.Clip(l.acked)
}

// missing lists what was acknowledged and is not in a file.
func missing(ctx context.Context, path string, acked []string) (list []string, err error) {
	store, err := sqlite.OpenReadOnly(ctx, path)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	err = store.View(ctx, func(r storage.Reader) error {
		for _, a := range acked {
			number, agency, _ := strings.Cut(a, " of ")
			if _, err := r.ApplicationByNumber(agency, number); errors.Is(err, storage.ErrNotFound) {
				list = append(list, a)
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// TestBackupUnderLoad backs up while clients write. Each copy is a register of its own
// that holds all that was acknowledged before it was begun; it can be served.
func TestBackupUnderLoad(t *testing.T) {
	e := serve(t, t.TempDir())
	l := e.load(6)
	var last string
	for i := range 5 {
		acked := l.after(60)
		last = filepath.Join(t.TempDir(), "gongkai.db")
		steps, done, total := 0, 0, 0
		err := sqlite.Backup(t.Context(), e.path, last, func(d, n int) {
			if d < done {
				t.Errorf("progress goes back from %d to %d", done, d)
			}
			steps, done, total = steps+1, d, n
		})
		if err != nil {
			t.Fatal(err)
		}
		if steps == 0 || done != total {
			t.Errorf("progress ended at %d of %d", done, total)
		}
		if list, err := missing(t.Context(), last, acked); err != nil || len(list) > 0 {
			t.Errorf("copy %d lacks %d of %d acknowledged applications (%v)", i, len(list), len(acked), err)
		}
		if v := wantClean(t, last); v.Applications < int64(len(acked)) {
			t.Errorf("copy %d: %d applications verified, %d acknowledged", i, v.Applications, len(acked))
		}
	}
	l.end()
	restored := serve(t, filepath.Dir(last))
	restored.admin = restored.dial(e.token) // its principals are those of the original
	restored.lives(1, 3)
	wantClean(t, restored.path)
}

// TestPlainCopyIsNoBackup holds the test above to its purpose: a copy of the file alone
// lacks what lies in the log.
func TestPlainCopyIsNoBackup(t *testing.T) {
	e := serve(t, t.TempDir())
	acked := e.load(2).after(20)
	to := filepath.Join(t.TempDir(), "gongkai.db")
	if err := os.WriteFile(to, must(os.ReadFile(e.path))(t), 0o600); err != nil {
		t.Fatal(err)
	}
	if list, err := missing(t.Context(), to, acked); err == nil && len(list) == 0 {
		t.Error("a plain copy passes for a backup")
	}
}

// TestVerifyUnderLoad verifies beside a server that writes: what changes meanwhile is no
// finding.
func TestVerifyUnderLoad(t *testing.T) {
	e := serve(t, t.TempDir())
	e.lives(4, 10)
	l := e.load(3)
	for range 6 {
		l.after(30)
		wantClean(t, e.path)
	}
}

func TestBackupRefuses(t *testing.T) {
	sound := soundRegister(t, 3)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tc := range []struct {
		name   string
		ctx    context.Context
		before func(d *damaged, to string)
		want   string
		is     error
	}{
		{name: "a name that is taken", before: func(d *damaged, to string) { write(d, to, "kept") }, is: fs.ErrExist},
		{name: "a log beside the name", before: func(d *damaged, to string) { write(d, to+"-wal", "kept") }, is: fs.ErrExist},
		{name: "a register that is not there", before: func(d *damaged, _ string) { must(0, os.Remove(d.path))(d) }, is: fs.ErrNotExist},
		{name: "a file that is no register", before: func(d *damaged, _ string) { d.exec("DROP TABLE goose_db_version") }, want: "no register"},
		{name: "a later schema", before: func(d *damaged, _ string) {
			d.exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
		}, want: "newer program"},
		{name: "an earlier schema", before: func(d *damaged, _ string) { d.exec("UPDATE goose_db_version SET version_id = 0") }, want: "serve it once"},
		{name: "a damaged file", before: func(d *damaged, _ string) {
			d.exec("PRAGMA writable_schema = ON")
			d.exec("UPDATE sqlite_schema SET sql = replace(sql, 'WHERE pending', 'WHERE NOT pending') WHERE name = 'application_due'")
		}, want: "damaged"},
		{name: "when told to stop", ctx: cancelled, before: func(*damaged, string) {}, is: context.Canceled},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := spoil(t, sound)
			dir := t.TempDir()
			to := filepath.Join(dir, "copy.db")
			tc.before(d, to)
			there := files(t, dir)
			ctx := tc.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			err := sqlite.Backup(ctx, d.path, to, nil)
			if err == nil || tc.is != nil && !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %v %s", err, tc.is, tc.want)
			}
			if got := files(t, dir); got != there {
				t.Errorf("it left %q where %q was", got, there)
			}
		})
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// files lists a directory with what its files say.
func files(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	for _, f := range must(os.ReadDir(dir))(t) {
		fmt.Fprintf(&b, "%s %q\n", f.Name(), must(os.ReadFile(filepath.Join(dir, f.Name())))(t))
	}
	return b.String()
}

// TestBackupFile looks at the file itself: for its owner alone, alone in its directory, as
// it was, and without a log, so that it can be read where nothing can be written.
func TestBackupFile(t *testing.T) {
	e := serve(t, t.TempDir())
	e.lives(5, 3)
	dir := t.TempDir()
	to := filepath.Join(dir, "copy.db")
	if err := sqlite.Backup(t.Context(), e.path, to, nil); err != nil {
		t.Fatal(err)
	}
	entries := must(os.ReadDir(dir))(t)
	info := must(entries[0].Info())(t)
	if len(entries) != 1 || info.Mode() != 0o600 {
		t.Errorf("the directory holds %v, mode %v", entries, info.Mode())
	}
	raw := must(os.ReadFile(to))(t)
	if !bytes.Equal(raw[18:20], []byte{1, 1}) {
		t.Errorf("the copy needs a log: %v", raw[18:20])
	}
	wantClean(t, to)
	if !bytes.Equal(raw, must(os.ReadFile(to))(t)) || len(must(os.ReadDir(dir))(t)) != 1 {
		t.Error("verifying changes the copy or leaves something beside it")
	}
	e.close()
	if got, want := must(dump(t.Context(), to))(t), must(dump(t.Context(), e.path))(t); got != want {
		t.Errorf("the copy differs:\n%s", firstDifference(want, got))
	}
}

// TestReadOnlyMedium verifies where nothing can be written, a file that would want a log.
func TestReadOnlyMedium(t *testing.T) {
	if os.Geteuid() == 0 { // root may write anywhere
		asNobody(t)
		return
	}
	d := spoil(t, soundRegister(t, 3))
	dir := filepath.Dir(d.path)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(0, os.Chmod(dir, 0o700))(t) })
	wantClean(t, d.path)
}

// nobody is a user that owns nothing.
const nobody = 65534

// asNobody runs the calling test again in a process of another user.
func asNobody(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "gongkai-nobody-") //nolint:usetesting // t.TempDir lies in a folder that others may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(0, os.RemoveAll(dir))(t) })
	program := filepath.Join(dir, "test")
	for _, err := range []error{os.Chmod(dir, 0o755), copyFile(must(os.Executable())(t), program), os.Chmod(program, 0o755)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c := exec.CommandContext(t.Context(), program, "-test.run=^"+t.Name()+"$", "-test.v")
	c.Dir = "/"
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as another user: %v\n%s", err, out)
	}
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}
