//go:build linux

package sqlite_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/storage/blob"
	"gongkai/storage/sqlite"
	"gongkai/workflow/calendar"
)

var rounds = flag.Int("rounds", 3, "backups to make, restore and compare while clients write")

// uploads attaches files to a case until it is stopped.
type uploads struct {
	*service
	mu    sync.Mutex
	acked []storage.Content
}

func (e *service) uploads() (_ *uploads, stop func()) {
	e.t.Helper()
	u := &uploads{service: e}
	conn := e.office("fu", "")
	a := must(pb.NewApplicationServiceClient(conn).CreateApplication(e.t.Context(), &pb.CreateApplicationRequest{
		Parent: "agencies/fu", Application: &pb.Application{
			Channel: pb.Application_IN_PERSON, ArriveDate: calendar.New(2026, 6, 1).String(), Description: "附件",
			Applicant: &pb.Applicant{Kind: pb.Applicant_BUSINESS, DisplayName: "某公司"},
		},
	}))(e.t)
	ctx, cancel := context.WithCancel(e.t.Context())
	var wg sync.WaitGroup
	client := pb.NewAttachmentServiceClient(conn)
	wg.Go(func() {
		for n := 0; ctx.Err() == nil && n < 900; n++ { // a case has a thousand at most
			text := fmt.Appendf(nil, "%%PDF-1.4\n1 0 obj << /N %d >> endobj\ntrailer << /Root 1 0 R >>\n%%%%EOF\n", n)
			c := storage.Content{Sum: sha256.Sum256(text), Size: int64(len(text))}
			if err := upload(ctx, client, a.GetName(), text, c); err == nil {
				u.mu.Lock()
				u.acked = append(u.acked, c)
				u.mu.Unlock()
			} else if ctx.Err() == nil && status.Code(err) != codes.Canceled {
				e.t.Errorf("uploading: %v", err)
				return
			}
		}
	})
	stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	e.t.Cleanup(stop)
	return u, stop
}

func upload(ctx context.Context, client pb.AttachmentServiceClient, application string, text []byte, c storage.Content) error {
	stream, err := client.UploadAttachment(ctx)
	if err != nil {
		return err
	}
	header := &pb.UploadAttachmentHeader{
		Parent: "agencies/fu", Application: application, Kind: pb.Attachment_FORM, FileName: "表.pdf", Size: c.Size, Sha256: c.Sum.String(),
	}
	for _, m := range []*pb.UploadAttachmentRequest{{Part: &pb.UploadAttachmentRequest_Header{Header: header}}, {Part: &pb.UploadAttachmentRequest_Data{Data: text}}} {
		if err := stream.Send(m); err != nil {
			break // the answer says why
		}
	}
	_, err = stream.CloseAndRecv()
	return err
}

func (u *uploads) sofar() []storage.Content {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clip(u.acked)
}

// backUp makes a backup as the command does.
func backUp(ctx context.Context, path, to string) error {
	return sqlite.BackupWith(ctx, path, to, func(int, int) {}, func(ctx context.Context, copied *sqlite.ReadOnly) error {
		from, err := blob.OpenDirReadOnly(blob.Beside(path))
		if err != nil {
			return err
		}
		files, err := blob.OpenDir(blob.Beside(to), time.Now)
		if err != nil {
			return err
		}
		sum, err := blob.CopyAll(ctx, copied, from, files, nil)
		if len(sum.Faults) > 0 {
			err = errors.Join(err, fmt.Errorf("attachments: %v", sum.Faults))
		}
		return errors.Join(err, files.Close(), from.Close())
	})
}

// restoreOptions verify as the command does.
func restoreOptions(aside string) sqlite.RestoreOptions {
	return sqlite.RestoreOptions{
		Aside: aside, Now: time.Now,
		Verify: func(ctx context.Context, r *sqlite.ReadOnly) error {
			v, err := verifyStore(ctx, r)
			if err == nil && len(v.findings) > 0 {
				err = fmt.Errorf("findings: %s", v)
			}
			return err
		},
	}
}

// TestRestoreUnderLoad backs up while clients write, restores each backup, and compares:
// what was acknowledged before the backup began is there, every attachment with its content.
func TestRestoreUnderLoad(t *testing.T) {
	random := rand.New(rand.NewPCG(*faultSeed, 18))
	applications, attachments := 0, 0
	for i := range *rounds {
		a, f := restoreUnderLoad(t, 5+random.IntN(80), i == 0)
		if applications, attachments = applications+a, attachments+f; t.Failed() {
			t.Fatalf("round %d, seed %d", i, *faultSeed)
		}
	}
	if attachments == 0 {
		t.Error("no attachment was acknowledged before any backup")
	}
	t.Logf("seed %d: %d rounds, %d applications and %d attachments acknowledged before the backups began, 0 lost", *faultSeed, *rounds, applications, attachments)
}

// restoreUnderLoad is one round: it backs up after n acknowledgements, while clients go on.
// It returns what had been acknowledged.
func restoreUnderLoad(t *testing.T, n int, serveAgain bool) (applications, attachments int) {
	dir := t.TempDir()
	served := filepath.Join(dir, "served")
	if err := os.Mkdir(served, 0o700); err != nil {
		t.Fatal(err)
	}
	e := serve(t, served)
	l := e.load(4)
	u, stop := e.uploads()
	acked, attached := l.after(n), u.sofar()
	backup, to := filepath.Join(dir, "backup.db"), filepath.Join(dir, "gongkai.db")
	if err := backUp(t.Context(), e.path, backup); err != nil {
		t.Fatal(err)
	}
	l.end()
	stop()
	if err := sqlite.Restore(t.Context(), backup, to, restoreOptions("")); err != nil {
		t.Fatal(err)
	}
	if list, err := missing(t.Context(), to, acked); err != nil || len(list) > 0 {
		t.Errorf("%d of %d acknowledged applications are lacking (%v)", len(list), len(acked), err)
	}
	files := must(blob.OpenDirReadOnly(blob.Beside(to)))(t)
	for _, c := range attached {
		if err := blob.Check(t.Context(), files, c); err != nil {
			t.Errorf("acknowledged attachment %x: %v", c.Sum[:4], err)
		}
	}
	must(0, files.Close())(t)
	if serveAgain {
		restored := serve(t, dir)
		restored.admin = restored.dial(e.token) // its principals are those of the original
		restored.lives(1, 2)
		wantClean(t, to)
		return len(acked), len(attached)
	}
	e.close()
	must(0, os.RemoveAll(dir))(t)
	return len(acked), len(attached)
}

// TestPlainCopyIsNotRestored holds the test above to its purpose: what cp makes of a
// register that is being written is refused or lacks what was acknowledged.
func TestPlainCopyIsNotRestored(t *testing.T) {
	e := serve(t, t.TempDir())
	l := e.load(4)
	for i := range 3 {
		acked := l.after(20)
		dir := t.TempDir()
		backup, to := filepath.Join(dir, "backup.db"), filepath.Join(dir, "gongkai.db")
		write(t, backup, string(must(os.ReadFile(e.path))(t)))
		err := sqlite.Restore(t.Context(), backup, to, restoreOptions(""))
		if err != nil {
			t.Logf("round %d: %v", i, err)
			continue
		}
		if list, err := missing(t.Context(), to, acked); err == nil && len(list) == 0 {
			t.Errorf("round %d: a plain copy passes for a backup", i)
		}
	}
}

// TestRestoreAside moves a register out of the way that was killed: with its log it is
// whole where it then lies.
func TestRestoreAside(t *testing.T) {
	backup := soundRegister(t, 3)
	e := serve(t, t.TempDir())
	l := e.load(2)
	u, stop := e.uploads()
	acked := l.after(30)
	l.end()
	stop()
	dir := t.TempDir()
	to, aside := filepath.Join(dir, "gongkai.db"), filepath.Join(dir, "old.db")
	for _, suffix := range []string{"", "-wal"} { // as a kill leaves them
		write(t, to+suffix, string(must(os.ReadFile(e.path+suffix))(t)))
	}
	must(0, os.CopyFS(blob.Beside(to), os.DirFS(blob.Beside(e.path))))(t)
	err := sqlite.Restore(t.Context(), backup, to, restoreOptions(""))
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("without aside: %v, want %v", err, fs.ErrExist)
	}
	if err := sqlite.Restore(t.Context(), backup, to, restoreOptions(aside)); err != nil {
		t.Fatal(err)
	}
	if list, err := missing(t.Context(), aside, acked); err != nil || len(list) > 0 {
		t.Errorf("what was moved lacks %d of %d acknowledged applications (%v)", len(list), len(acked), err)
	}
	files := must(blob.OpenDirReadOnly(blob.Beside(aside)))(t)
	defer files.Close()
	for _, c := range u.sofar() {
		if err := blob.Check(t.Context(), files, c); err != nil {
			t.Error(err)
		}
	}
	if v := wantClean(t, to); v.Applications != wantClean(t, backup).Applications {
		t.Errorf("restored: %+v", v.Summary)
	}
	if err := sqlite.Restore(t.Context(), backup, to, restoreOptions(aside)); !errors.Is(err, fs.ErrExist) {
		t.Errorf("aside that is taken: %v, want %v", err, fs.ErrExist)
	}
}

// TestRestoreRefuses: what is no whole backup is not put in place, and leaves nothing.
func TestRestoreRefuses(t *testing.T) {
	e := serve(t, t.TempDir())
	u, stop := e.uploads()
	for l := e.load(1); len(u.sofar()) == 0; l.after(1) {
	}
	stop()
	sound := filepath.Join(t.TempDir(), "sound.db")
	must(0, backUp(t.Context(), e.path, sound))(t)
	for _, tc := range []struct {
		name  string
		spoil func(d *damaged)
		want  string
	}{
		{"a changed row", func(d *damaged) { d.exec("UPDATE application SET remark = 'x'") }, "remark"},
		{"a changed event", func(d *damaged) { d.exec("UPDATE event SET actor = 'x' WHERE n = 1") }, "leaf"},
		{"a missing attachment", func(d *damaged) { must(0, os.RemoveAll(blob.Beside(d.path)))(d) }, "attachment/1"},
		{"a later schema", func(d *damaged) {
			d.exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
		}, "newer program"},
		{"no register", func(d *damaged) { d.exec("DROP TABLE goose_db_version") }, "no register"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := spoil(t, sound)
			must(0, os.CopyFS(blob.Beside(d.path), os.DirFS(blob.Beside(sound))))(t)
			tc.spoil(d)
			dir := t.TempDir()
			to := filepath.Join(dir, "gongkai.db")
			err := sqlite.Restore(t.Context(), d.path, to, restoreOptions(""))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one that says %s", err, tc.want)
			}
			must(0, os.Remove(to+".lock"))(t)
			if list := must(os.ReadDir(dir))(t); len(list) > 0 {
				t.Errorf("it left %v", list)
			}
		})
	}
}

// TestRestoreAmong restores to where contents lie already: one that can no longer be copied
// among them keeps the register from appearing.
func TestRestoreAmong(t *testing.T) {
	e := serve(t, t.TempDir())
	u, stop := e.uploads()
	for l := e.load(1); len(u.sofar()) == 0; l.after(1) {
	}
	stop()
	dir := t.TempDir()
	backup, to := filepath.Join(dir, "backup.db"), filepath.Join(dir, "gongkai.db")
	must(0, backUp(t.Context(), e.path, backup))(t)
	must(0, os.Mkdir(blob.Beside(to), 0o700))(t)
	o := restoreOptions("")
	o.Verify = func(context.Context, *sqlite.ReadOnly) error { return os.RemoveAll(blob.Beside(to + ".restoring")) }
	if err := sqlite.Restore(t.Context(), backup, to, o); !errors.Is(err, blob.ErrMissing) {
		t.Errorf("contents are lacking: %v, want %v", err, blob.ErrMissing)
	}
	if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the register is there: %v", err)
	}
	must(0, sqlite.Restore(t.Context(), backup, to, restoreOptions("")))(t)
	files := must(blob.OpenDirReadOnly(blob.Beside(to)))(t)
	defer files.Close()
	for _, c := range u.sofar() {
		if err := blob.Check(t.Context(), files, c); err != nil {
			t.Error(err)
		}
	}
}

// TestRestoreKilled kills a restore in the middle: no register is there, and the next
// restore is whole.
func TestRestoreKilled(t *testing.T) {
	if dir := os.Getenv(childVariable); dir != "" {
		where, dir, _ := strings.Cut(dir, ":")
		die := func(at string) {
			if at == where {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		}
		o := restoreOptions("")
		o.Progress = func(what string, _ int64) { die(what) }
		o.Verify = func(context.Context, *sqlite.ReadOnly) error { die("verify"); return nil }
		t.Error(sqlite.Restore(context.Background(), filepath.Join(dir, "backup.db"), filepath.Join(dir, "gongkai.db"), o))
		return
	}
	sound := soundRegister(t, 3)
	for _, where := range []string{"page", "verify"} {
		dir := t.TempDir()
		backup, to := filepath.Join(dir, "backup.db"), filepath.Join(dir, "gongkai.db")
		write(t, backup, string(must(os.ReadFile(sound))(t)))
		if out, err := child(t, "TestRestoreKilled", where+":"+dir).CombinedOutput(); err == nil || bytes.Contains(out, []byte("FAIL")) {
			t.Fatalf("the child was not killed at a %s: %v\n%s", where, err, out)
		}
		if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("killed at a %s, a register is there: %v", where, err)
		}
		if _, err := os.Stat(to + ".restoring"); err != nil {
			t.Errorf("killed at a %s: %v", where, err)
		}
		if s, err := sqlite.Open(t.Context(), to, sqlite.Options{}); err == nil {
			t.Fatalf("killed at a %s, an empty register is served, %v", where, s.Close())
		} else if !strings.Contains(err.Error(), "broken off") {
			t.Errorf("killed at a %s, it refuses: %v", where, err)
		}
		if err := sqlite.Restore(t.Context(), backup, to, restoreOptions("")); err != nil {
			t.Errorf("after a kill at a %s: %v", where, err)
		}
		if _, err := os.Stat(to + ".restoring"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the rest of the killed one: %v", err)
		}
		if diff := cmp.Diff(must(dump(t.Context(), backup))(t), must(dump(t.Context(), to))(t)); diff != "" {
			t.Errorf("restored after a kill at a %s, it differs:\n%s", where, diff)
		}
	}
}

// TestRestoreOlder restores what the first program would have backed up.
func TestRestoreOlder(t *testing.T) {
	dir := t.TempDir()
	backup, to := filepath.Join(dir, "backup.db"), filepath.Join(dir, "gongkai.db")
	db := must(sql.Open("sqlite", "file:"+backup))(t)
	p := must(goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("schema"), goose.WithDisableGlobalRegistry(true)))(t)
	must(p.UpTo(t.Context(), 1))(t)
	must(0, db.Close())(t)
	if _, err := sqlite.OpenReadOnly(t.Context(), backup); err == nil || !strings.Contains(err.Error(), "serve it once") {
		t.Fatalf("the backup is not of an older program: %v", err)
	}
	if err := sqlite.Restore(t.Context(), backup, to, restoreOptions("")); err != nil {
		t.Fatal(err)
	}
	wantClean(t, to)
}
